# pragma version ~=0.4.3
"""
@title   Data ledger
@license MIT
@notice  A validator posts the heads of its append-only ledger; nodes are paid for what they relayed.

         post     a new head, with the proof by RFC 9162 that the posted history begins it
         includes whether a leaf stands in a posted ledger
         claim    a node's whole reward so far, on a voucher signed by the validator, or,
                  once the validator has been silent for the grace time, by the router

@dev     Vouchers say totals, not increments: each pays what is missing to its total, once, and
         losing all but the last loses nothing. A router's vouchers bring at most `silent_cap`
         in one silence, all nodes together: nodes cost nothing to invent, so a cap for each would
         be none. That much a router can take. Money enters with the constructor and `fund`.
"""

MAX_PATH: constant(uint256) = 64
LEAF_BYTES: constant(Bytes[1]) = b"\x00"
NODE_BYTES: constant(Bytes[1]) = b"\x01"
SIGNED_MESSAGE: constant(String[28]) = "\x19Ethereum Signed Message:\n32"
VOUCHER: constant(String[16]) = "grass-voucher-v1"


struct Head:
    size: uint256
    root: bytes32
    timestamp: uint256  # seconds since 1970, of the block that posted it


event Posted:
    number: indexed(uint256)
    size: uint256
    root: bytes32


event Claimed:
    node: indexed(address)
    total: uint256
    paid: uint256
    silent: bool


validator: public(immutable(address))
router: public(immutable(address))
grace_s: public(immutable(uint256))
silent_cap: public(immutable(uint256))

n_heads: public(uint256)
heads: public(HashMap[uint256, Head])
root_at: public(HashMap[uint256, bytes32])
last_post: public(uint256)
claimed: public(HashMap[address, uint256])
silent_paid: public(HashMap[uint256, uint256])  # by the last post before a silence


@deploy
@payable
def __init__(
    _validator: address, _router: address, _grace_s: uint256, _silent_cap: uint256
):
    """
    @notice Open the ledger; the value sent pays rewards.
    @param  _validator Who posts heads and signs vouchers.
    @param  _router Who signs vouchers when the validator is silent.
    @param  _grace_s Seconds of silence after which the router may.
    @param  _silent_cap Wei that the router may have paid in one silence.
    """
    assert _validator != empty(address) and _router != empty(address), "no such party"
    validator = _validator
    router = _router
    grace_s = _grace_s
    silent_cap = _silent_cap
    self.last_post = block.timestamp


@external
@payable
def fund():
    """
    @notice Add to the rewards.
    """
    assert msg.value > 0, "no value"


@external
def post(size: uint256, root: bytes32, path: DynArray[bytes32, MAX_PATH]):
    """
    @notice Publish a longer ledger.
    @param  size Number of entries.
    @param  root RFC 6962 root over them.
    @param  path Consistency proof from the last posted head; empty for the first.
    """
    assert msg.sender == validator, "only the validator"
    number: uint256 = self.n_heads
    last: Head = empty(Head)
    if number > 0:
        last = self.heads[number - 1]
    assert size > last.size, "the ledger must grow"
    if number > 0:
        assert self._consistent(last.size, size, last.root, root, path), "history was rewritten"
    else:
        assert len(path) == 0, "nothing to be consistent with"
    self.heads[number] = Head(size=size, root=root, timestamp=block.timestamp)
    self.root_at[size] = root
    self.n_heads = number + 1
    self.last_post = block.timestamp
    log Posted(number=number, size=size, root=root)


@external
@view
def includes(
    leaf: bytes32, index: uint256, size: uint256, path: DynArray[bytes32, MAX_PATH]
) -> bool:
    """
    @notice Whether an entry stands at a position of a posted ledger.
    @param  leaf Its leaf hash.
    @param  size A posted size.
    @param  path Inclusion proof, lowest hash first.
    """
    root: bytes32 = self.root_at[size]
    if root == empty(bytes32) or index >= size:
        return False
    node: uint256 = index
    last: uint256 = size - 1
    digest: bytes32 = leaf
    for sibling: bytes32 in path:
        if last == 0:
            return False
        if node % 2 == 1 or node == last:
            digest = self._node(sibling, digest)
            for _: uint256 in range(256):
                if node % 2 == 1 or node == 0:
                    break
                node = node >> 1
                last = last >> 1
        else:
            digest = self._node(digest, sibling)
        node = node >> 1
        last = last >> 1
    return last == 0 and digest == root


@external
def claim(node: address, total: uint256, signature: Bytes[65]) -> uint256:
    """
    @notice Pay a node what is missing to the total of a voucher.
    @param  total Wei earned since the beginning.
    @param  signature Of the voucher by the validator, or by the router in a silence.
    @return Wei paid.
    """
    signer: address = self._signer(node, total, signature)
    silent: bool = signer != validator
    if silent:
        assert signer == router, "neither validator nor router signed"
        assert block.timestamp > self.last_post + grace_s, "the validator is not silent"
    before: uint256 = self.claimed[node]
    assert total > before, "already paid"
    self.claimed[node] = total
    paid: uint256 = total - before
    if silent:
        in_all: uint256 = self.silent_paid[self.last_post] + paid
        assert in_all <= silent_cap, "more than a router may give"
        self.silent_paid[self.last_post] = in_all
    assert paid <= self.balance, "not enough funds"
    log Claimed(node=node, total=total, paid=paid, silent=silent)
    done: bool = raw_call(node, b"", value=paid, revert_on_failure=False)
    assert done, "node refused the payment"
    return paid


@external
@view
def voucher(node: address, total: uint256) -> bytes32:
    """
    @notice The 32 bytes that a signer signs (EIP-191, version 0x45) for this node and total.
    """
    return self._voucher(node, total)


@internal
@view
def _voucher(node: address, total: uint256) -> bytes32:
    return keccak256(
        concat(
            convert(VOUCHER, Bytes[16]),
            convert(chain.id, bytes32),
            convert(self, bytes20),
            convert(node, bytes20),
            convert(total, bytes32),
        )
    )


@internal
@view
def _signer(node: address, total: uint256, signature: Bytes[65]) -> address:
    assert len(signature) == 65, "a signature has 65 bytes"
    digest: bytes32 = keccak256(
        concat(convert(SIGNED_MESSAGE, Bytes[28]), self._voucher(node, total))
    )
    return ecrecover(
        digest,
        convert(slice(signature, 64, 1), uint256),
        convert(slice(signature, 0, 32), uint256),
        convert(slice(signature, 32, 32), uint256),
    )


@internal
@pure
def _node(left: bytes32, right: bytes32) -> bytes32:
    return sha256(concat(NODE_BYTES, left, right))


@internal
@pure
def _consistent(
    first: uint256,
    second: uint256,
    first_root: bytes32,
    second_root: bytes32,
    path: DynArray[bytes32, MAX_PATH],
) -> bool:
    """
    @dev RFC 9162 section 2.1.4.2, for 0 < first < second.
    """
    node: uint256 = first - 1
    last: uint256 = second - 1
    for _: uint256 in range(256):
        if node % 2 == 0:
            break
        node = node >> 1
        last = last >> 1
    old: bytes32 = first_root
    start: uint256 = 0
    if node > 0:  # the old list is no complete tree: the path begins with a part of it
        if len(path) == 0:
            return False
        old = path[0]
        start = 1
    new: bytes32 = old
    for i: uint256 in range(MAX_PATH):
        if i < start:
            continue
        if i >= len(path):
            break
        if last == 0:
            return False
        if node % 2 == 1 or node == last:
            old = self._node(path[i], old)
            new = self._node(path[i], new)
            for _: uint256 in range(256):
                if node % 2 == 1 or node == 0:
                    break
                node = node >> 1
                last = last >> 1
        else:
            new = self._node(new, path[i])
        node = node >> 1
        last = last >> 1
    return last == 0 and old == first_root and new == second_root
