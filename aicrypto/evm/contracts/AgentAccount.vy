# pragma version ~=0.4.3
"""
@title   Account of an agent
@license MIT
@notice  What the proxies of ERC-6551 delegate to where the NFT is an agent: its owner, the owner's
         owner through accounts of this kind, and whom that root owner allows, act for it. The root
         owner can lock it, which protects a buyer. Signatures are the owner's (ERC-1271).
@dev     Rules of Tokenbound's AccountV3 for calls. It also refuses every circle of accounts that a
         safe transfer would close; and where the collection counts `transfers`, permissions die for
         good when a token above changes hands, and do not wake when it comes back. The NFT is
         written behind the proxy's code, so `self` must be a proxy made by the registry. The state
         is hashed over canonically encoded calls.
"""

import Signatures


VALID_SIGNER: constant(bytes4) = 0x523e3260
VALID_SIGNATURE: constant(bytes4) = 0x1626ba7e
RECEIVED: constant(bytes4) = 0x150b7a02
CODE_BYTES: constant(uint256) = 173
CREATION_HEADER: constant(Bytes[10]) = x"3d60ad80600a3d3981f3"
PROXY_HEADER: constant(Bytes[10]) = x"363d3d373d3d3d363d73"
MAX_LOCK_S: constant(uint256) = 365 * 24 * 3600
MAX_DEPTH: constant(uint256) = 16  # accounts between an account and its root owner
MAX_CALLERS: constant(uint256) = 16

IMPLEMENTATION: immutable(address)
REGISTRY: immutable(address)

state: public(uint256)
lockedUntil: public(uint256)
permissions: HashMap[bytes32, HashMap[address, bool]]  # standing -> caller -> may act


@deploy
def __init__(registry: address):
    """
    @notice The code of all accounts that this registry makes from it.
    """
    IMPLEMENTATION = self
    REGISTRY = registry


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
    return self._token(self)


@external
@view
def owner() -> address:
    """
    @notice Who owns the NFT; nobody, if it does not exist here.
    """
    return self._owner(self)


@external
@view
def rootOwner() -> address:
    """
    @notice Who owns the last of the accounts that own each other up from here.
    """
    return self._standing()[0]


@external
@view
def isLocked() -> bool:
    """
    @notice Whether the account refuses to act now.
    """
    return self.lockedUntil > block.timestamp


@external
@view
def isValidSigner(signer: address, context: Bytes[1024]) -> bytes4:
    """
    @notice Whether somebody may act for the account; never trust it for the zero address.
    """
    if self._is_signer(signer):
        return VALID_SIGNER
    return 0x00000000


@external
@view
def isValidSignature(digest: bytes32, signature: Bytes[1024]) -> bytes4:
    """
    @notice Whether somebody who may act for the account signed; `v` = 0 asks a contract who may.
    """
    assert len(signature) >= 65, "Panic"
    if convert(slice(signature, 64, 1), uint256) != 0:
        signer: address = Signatures._recover(digest, signature)
        if signer != empty(address) and self._is_signer(signer):
            return VALID_SIGNATURE
        return 0x00000000
    asked: address = convert(
        convert(slice(signature, 0, 32), uint256) % 2**160, address
    )
    offset: uint256 = convert(slice(signature, 32, 32), uint256)
    assert offset <= len(signature), "offset is beyond the end"
    if asked != self and not self._is_signer(asked):
        return 0x00000000
    rest: Bytes[1024] = slice(signature, offset, len(signature) - offset)
    if Signatures._ask(asked, digest, rest):
        return VALID_SIGNATURE
    return 0x00000000


@external
@payable
def execute(to: address, amount: uint256, data: Bytes[16384], operation: uint8) -> Bytes[4096]:
    """
    @notice Call something in the account's name.
    """
    assert self._is_signer(msg.sender), "NotAuthorized"
    self._touch(
        abi_encode(
            to,
            amount,
            data,
            operation,
            method_id=method_id("execute(address,uint256,bytes,uint8)"),
        )
    )
    assert operation == 0, "InvalidOperation"
    return raw_call(to, data, value=amount, max_outsize=4096)


@external
def lock(until: uint256):
    """
    @notice Let the account refuse to act before a time, at most a year ahead.
    """
    assert self._is_root(msg.sender), "NotAuthorized"
    assert until <= block.timestamp + MAX_LOCK_S, "ExceedsMaxLockTime"
    self._touch(abi_encode(until, method_id=method_id("lock(uint256)")))
    self.lockedUntil = until


@external
def setPermissions(
    callers: DynArray[address, MAX_CALLERS], allowed: DynArray[bool, MAX_CALLERS]
):
    """
    @notice Let others act for the account, as long as the caller is its root owner.
    """
    root: address = empty(address)
    standing: bytes32 = empty(bytes32)
    root, standing = self._standing()
    assert msg.sender == root and root != empty(address), "NotAuthorized"
    self._touch(
        abi_encode(
            callers, allowed, method_id=method_id("setPermissions(address[],bool[])")
        )
    )
    assert len(callers) == len(allowed), "InvalidInput"
    for i: uint256 in range(len(callers), bound=MAX_CALLERS):
        self.permissions[standing][callers[i]] = allowed[i]


@external
@view
def onERC721Received(
    operator: address, source: address, tokenId: uint256, data: Bytes[1024]
) -> bytes4:
    """
    @notice Take an NFT, unless the account would own itself through it.
    """
    at: address = self
    for i: uint256 in range(MAX_DEPTH):
        chain_id: uint256 = 0
        collection: address = empty(address)
        number: uint256 = 0
        chain_id, collection, number = self._token(at)
        is_received: bool = collection == msg.sender and number == tokenId
        assert chain_id != chain.id or not is_received, "OwnershipCycle"
        at = self._owner(at)
        assert at != self, "OwnershipCycle"
        if not self._is_account(at):
            return RECEIVED
    raise "OwnershipTooDeep"


@external
@view
def supportsInterface(interfaceId: bytes4) -> bool:
    """
    @notice ERC-165: itself, account, executable, and receiver of ERC-721.
    """
    return interfaceId in [0x01ffc9a7, 0x6faff5f1, 0x51945447, RECEIVED]


@internal
@view
def _token(account: address) -> (uint256, address, uint256):
    data: Bytes[96] = slice(account.code, 77, 96)
    return (
        convert(slice(data, 0, 32), uint256),
        convert(convert(slice(data, 32, 32), uint256), address),
        convert(slice(data, 64, 32), uint256),
    )


@internal
@view
def _owner(account: address) -> address:
    chain_id: uint256 = 0
    collection: address = empty(address)
    tokenId: uint256 = 0
    chain_id, collection, tokenId = self._token(account)
    if chain_id != chain.id or not collection.is_contract:
        return empty(address)
    answer: uint256 = self._ask_collection(
        collection, abi_encode(tokenId, method_id=method_id("ownerOf(uint256)"))
    )
    return convert(answer, address)


@internal
@view
def _ask_collection(collection: address, question: Bytes[36]) -> uint256:
    """
    @dev The collection's answer; 0 where it gives none.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        collection, question, max_outsize=32, is_static_call=True, revert_on_failure=False
    )
    if not success or len(answer) < 32:
        return 0
    return convert(answer, uint256)


@internal
@view
def _is_account(account: address) -> bool:
    """
    @dev Whether the registry made it from this very implementation.
    """
    if account.codesize != CODE_BYTES:
        return False
    code: Bytes[CODE_BYTES] = slice(account.code, 0, CODE_BYTES)
    if slice(code, 0, 30) != concat(PROXY_HEADER, convert(IMPLEMENTATION, bytes20)):
        return False
    digest: bytes32 = keccak256(
        concat(
            b"\xff",
            convert(REGISTRY, bytes20),
            slice(code, 45, 32),
            keccak256(concat(CREATION_HEADER, code)),
        )
    )
    return convert(convert(digest, uint256) % 2**160, address) == account


@internal
@view
def _standing() -> (address, bytes32):
    """
    @dev Root owner, and a hash of him and of how often each token up to his has changed hands.
    """
    at: address = self
    path: bytes32 = empty(bytes32)
    for i: uint256 in range(MAX_DEPTH):
        path = keccak256(abi_encode(path, at, self._transfers(at)))
        above: address = self._owner(at)
        if not self._is_account(above):
            return above, keccak256(abi_encode(path, above))
        at = above
    raise "OwnershipTooDeep"


@internal
@view
def _transfers(account: address) -> uint256:
    """
    @dev How often the account's token has changed hands; 0 where the collection does not count.
    """
    chain_id: uint256 = 0
    collection: address = empty(address)
    tokenId: uint256 = 0
    chain_id, collection, tokenId = self._token(account)
    return self._ask_collection(
        collection, abi_encode(tokenId, method_id=method_id("transfers(uint256)"))
    )


@internal
@view
def _is_root(who: address) -> bool:
    return who != empty(address) and who == self._standing()[0]


@internal
@view
def _is_signer(who: address) -> bool:
    if who == self._owner(self):
        return True
    root: address = empty(address)
    standing: bytes32 = empty(bytes32)
    root, standing = self._standing()
    return who == root or self.permissions[standing][who]


@internal
def _touch(calldata: Bytes[17408]):
    assert self.lockedUntil <= block.timestamp, "AccountLocked"
    self.state = convert(keccak256(abi_encode(self.state, calldata)), uint256)
