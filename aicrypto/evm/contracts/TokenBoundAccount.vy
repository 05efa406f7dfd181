# pragma version ~=0.4.3
"""
@title   Account of an NFT
@license MIT
@notice  What the proxies of ERC-6551 delegate to: whoever owns the NFT acts through its account.
@dev     The NFT is written behind the proxy's code, so `self` must be a proxy made by a registry.
"""

interface Collection:
    def ownerOf(token_id: uint256) -> address: view


MAGIC: constant(bytes4) = 0x523e3260  # isValidSigner(address,bytes)
DATA_OFFSET: constant(uint256) = 77  # chain id, token contract, token id: the last 96 bytes

state: public(uint256)


@external
@payable
def __default__():
    """
    @notice The account takes any payment.
    """
    pass


@external
@view
def token() -> (uint256, address, uint256):
    """
    @notice Chain, contract and number of the NFT that owns this account.
    """
    return self._token()


@external
@view
def owner() -> address:
    """
    @notice Who owns the NFT; nobody here, if it lives on another chain.
    """
    return self._owner()


@external
@view
def isValidSigner(signer: address, context: Bytes[1024]) -> bytes4:
    """
    @notice Whether somebody may act for the account; never trust it for the zero address.
    """
    if signer == self._owner():
        return MAGIC
    return 0x00000000


@external
@payable
def execute(to: address, amount: uint256, data: Bytes[65536], operation: uint8) -> Bytes[4096]:
    """
    @notice Call something in the account's name.
    """
    assert msg.sender == self._owner(), "Invalid signer"
    assert operation == 0, "Only call operations are supported"
    self.state += 1
    return raw_call(to, data, value=amount, max_outsize=4096)


@internal
@view
def _token() -> (uint256, address, uint256):
    here: address = self  # the proxy's code, as EXTCODECOPY sees it, not the code that runs
    data: Bytes[96] = slice(here.code, DATA_OFFSET, 96)
    return (
        convert(slice(data, 0, 32), uint256),
        convert(convert(slice(data, 32, 32), uint256), address),
        convert(slice(data, 64, 32), uint256),
    )


@internal
@view
def _owner() -> address:
    chain_id: uint256 = 0
    collection: address = empty(address)
    token_id: uint256 = 0
    chain_id, collection, token_id = self._token()
    if chain_id != chain.id:
        return empty(address)
    return staticcall Collection(collection).ownerOf(token_id)
