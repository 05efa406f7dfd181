# pragma version ~=0.4.3
"""
@title   Registry of accounts of NFTs
@license MIT
@notice  Makes the account of any NFT, at the address that follows from its description.
@dev     Same account code and CREATE2 address rule as the canonical registry, which is hand-written
         byte code at one address on every chain. Source: ERC-6551.
"""

event ERC6551AccountCreated:
    account: address
    implementation: indexed(address)
    salt: bytes32
    chainId: uint256
    tokenContract: indexed(address)
    tokenId: indexed(uint256)


# Ten bytes that return the 173 behind them, then the proxy's beginning.
HEADER: constant(Bytes[20]) = x"3d60ad80600a3d3981f3363d3d373d3d3d363d73"
PROXY_FOOTER: constant(Bytes[15]) = x"5af43d82803e903d91602b57fd5bf3"


@external
@view
def account(
    implementation: address, salt: bytes32, chainId: uint256, tokenContract: address, tokenId: uint256
) -> address:
    """
    @notice Where the account of an NFT is, or will be.
    """
    return self._address(
        salt, keccak256(self._code(implementation, salt, chainId, tokenContract, tokenId))
    )


@external
def createAccount(
    implementation: address, salt: bytes32, chainId: uint256, tokenContract: address, tokenId: uint256
) -> address:
    """
    @notice Make the account of an NFT; a second call changes nothing.
    """
    code: Bytes[183] = self._code(implementation, salt, chainId, tokenContract, tokenId)
    made: address = self._address(salt, keccak256(code))
    if made.is_contract:
        return made
    assert raw_create(code, salt=salt) == made, "AccountCreationFailed"
    log ERC6551AccountCreated(
        account=made,
        implementation=implementation,
        salt=salt,
        chainId=chainId,
        tokenContract=tokenContract,
        tokenId=tokenId,
    )
    return made


@internal
@pure
def _code(
    implementation: address, salt: bytes32, chainId: uint256, tokenContract: address, tokenId: uint256
) -> Bytes[183]:
    return concat(
        HEADER,
        convert(implementation, bytes20),
        PROXY_FOOTER,
        salt,
        convert(chainId, bytes32),
        convert(tokenContract, bytes32),
        convert(tokenId, bytes32),
    )


@internal
@view
def _address(salt: bytes32, code_hash: bytes32) -> address:
    digest: bytes32 = keccak256(concat(b"\xff", convert(self, bytes20), salt, code_hash))
    return convert(convert(digest, uint256) & (2**160 - 1), address)
