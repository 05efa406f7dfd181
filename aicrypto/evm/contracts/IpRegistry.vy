# pragma version ~=0.4.3
"""
@title   Registry of works
@license MIT
@notice  Gives every NFT the account that is its identity as IP (ERC-6551, salt 0). Anybody may
         register any NFT, also one of another chain; a second time does nothing.
"""

interface Account:
    def owner() -> address: view


event IPRegistered:
    ip: indexed(address)
    chain_id: uint256
    token_contract: indexed(address)
    token_id: uint256


CREATION_HEADER: constant(Bytes[20]) = x"3d60ad80600a3d3981f3363d3d373d3d3d363d73"
PROXY_FOOTER: constant(Bytes[15]) = x"5af43d82803e903d91602b57fd5bf3"
NO_SALT: constant(bytes32) = empty(bytes32)

IMPLEMENTATION: public(immutable(address))
registered: public(HashMap[address, uint256])  # seconds since 1970


@deploy
def __init__(implementation: address):
    IMPLEMENTATION = implementation


@external
def register(chain_id: uint256, token_contract: address, token_id: uint256) -> address:
    """
    @notice Register a work.
    @return Its id, the address of the NFT's account.
    """
    code: Bytes[183] = self._creation_code(chain_id, token_contract, token_id)
    ip: address = self._address(code)
    if self.registered[ip] == 0:
        made: address = raw_create(code, salt=NO_SALT)
        assert made == ip, "account is elsewhere"
        self.registered[ip] = block.timestamp
        log IPRegistered(
            ip=ip, chain_id=chain_id, token_contract=token_contract, token_id=token_id
        )
    return ip


@external
@view
def ip_id(chain_id: uint256, token_contract: address, token_id: uint256) -> address:
    """
    @notice The id that a work has, registered or not.
    """
    return self._address(self._creation_code(chain_id, token_contract, token_id))


@external
@view
def may_act(ip: address, who: address) -> bool:
    """
    @notice Whether somebody is the IP's account or its owner; false for what is no IP.
    """
    if self.registered[ip] == 0:
        return False
    return who == ip or (who != empty(address) and who == staticcall Account(ip).owner())


@internal
@view
def _creation_code(chain_id: uint256, token_contract: address, token_id: uint256) -> Bytes[183]:
    return concat(
        CREATION_HEADER,
        convert(IMPLEMENTATION, bytes20),
        PROXY_FOOTER,
        NO_SALT,
        convert(chain_id, bytes32),
        convert(convert(token_contract, uint256), bytes32),
        convert(token_id, bytes32),
    )


@internal
@view
def _address(code: Bytes[183]) -> address:
    digest: bytes32 = keccak256(
        concat(b"\xff", convert(self, bytes20), NO_SALT, keccak256(code))
    )
    return convert(convert(digest, uint256) & convert(max_value(uint160), uint256), address)
