# pragma version ~=0.4.3
"""
@title   Proofs of another chain's storage
@license MIT
@notice  Checks Merkle-Patricia proofs (EIP-1186) under a root: what is held under a key, or that
         nothing is. Twin of `aicrypto.evm.tries`, with the same refusals.
@dev     Nodes of state and storage tries have up to 532 bytes; a proof has as many nodes as the key
         shares nibbles with others, and one or two more. RLP is read in place: `at` is where an
         item begins, and the word of 32 bytes from there on tells what it is. A node inside a node
         is read when the way leads into it; beside the way only its borders are.
"""

MAX_NODE: constant(uint256) = 576  # bytes
MAX_NODES: constant(uint256) = 12
MAX_VALUE: constant(uint256) = 128
MAX_KEY: constant(uint256) = 32
MAX_HEADER: constant(uint256) = 1024
MAX_FIELDS: constant(uint256) = 32
MAX_STEPS: constant(uint256) = 2 * MAX_KEY + 2
WIDTH: constant(uint256) = 16
EMPTY_ROOT: constant(bytes32) = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421

# First bytes of RLP.
STRING: constant(uint256) = 128
LIST: constant(uint256) = 192
LONG: constant(uint256) = 55  # lengths up to it go into the first byte

# Fields of a header and of an account.
STATE_ROOT: constant(uint256) = 3
NUMBER: constant(uint256) = 8
TIMESTAMP: constant(uint256) = 11
MIN_FIELDS: constant(uint256) = 15
STORAGE_ROOT: constant(uint256) = 2


# Where an item of RLP lies in its bytes; begin and end are those of its content.
struct Item:
    is_list: bool
    begin: uint256
    end: uint256


@external
@pure
def value_of(
    root: bytes32, key: Bytes[MAX_KEY], proof: DynArray[Bytes[MAX_NODE], MAX_NODES]
) -> (bool, Bytes[MAX_VALUE]):
    """
    @notice Whether the trie with this root holds something under a key, and what.
    @param  key The trie's own: of a secure trie already hashed.
    """
    padded: bytes32 = extract32(concat(key, empty(bytes32)), 0)
    return self._value_of(root, convert(padded, uint256), 2 * len(key), proof)


@external
@pure
def slot_of(
    state_root: bytes32,
    account: address,
    account_proof: DynArray[Bytes[MAX_NODE], MAX_NODES],
    slot: uint256,
    slot_proof: DynArray[Bytes[MAX_NODE], MAX_NODES],
) -> uint256:
    """
    @notice What a slot of an account holds; 0 is proven by absence.
    """
    exists: bool = False
    leaf: Bytes[MAX_VALUE] = b""
    exists, leaf = self._value_of(state_root, self._account_key(account), 64, account_proof)
    storage_root: bytes32 = self._storage_root(exists, leaf)
    exists, leaf = self._value_of(storage_root, self._slot_key(slot), 64, slot_proof)
    return self._number(exists, leaf)


@external
@pure
def header_of(header: Bytes[MAX_HEADER]) -> (bytes32, bytes32, uint256, uint256):
    """
    @notice A block's hash, state root, number and time.
    """
    root: bytes32 = empty(bytes32)
    number: uint256 = 0
    timestamp: uint256 = 0
    root, number, timestamp = self._read_header(header)
    return keccak256(header), root, number, timestamp


@internal
@pure
def _account_key(account: address) -> uint256:
    return convert(keccak256(concat(convert(account, bytes20), b"")), uint256)


@internal
@pure
def _slot_key(slot: uint256) -> uint256:
    return convert(keccak256(convert(slot, bytes32)), uint256)


@internal
@pure
def _read_header(header: Bytes[MAX_HEADER]) -> (bytes32, uint256, uint256):
    """
    @dev State root, number and time.
    """
    padded: Bytes[MAX_HEADER + 32] = concat(header, empty(bytes32))
    root: bytes32 = empty(bytes32)
    numbers: uint256[2] = [0, 0]
    top: Item = self._item(convert(extract32(padded, 0), uint256), 0, len(header))
    assert top.is_list and top.end == len(header), "BadRlp"
    at: uint256 = top.begin
    n: uint256 = 0
    for i: uint256 in range(MAX_FIELDS):
        if at == top.end:
            break
        field: Item = self._item(convert(extract32(padded, at), uint256), at, top.end)
        size: uint256 = field.end - field.begin
        if i == STATE_ROOT:
            assert not field.is_list and size == 32, "BadRlp"
            root = extract32(padded, field.begin)
        elif i in [NUMBER, TIMESTAMP]:
            assert not field.is_list and size <= 8, "BadRlp"
            numbers[i // TIMESTAMP] = self._integer(
                convert(extract32(padded, field.begin), uint256), size, "BadRlp"
            )
        at = field.end
        n += 1
    assert at == top.end and n >= MIN_FIELDS, "BadRlp"
    return root, numbers[0], numbers[1]


@internal
@pure
def _storage_root(exists: bool, leaf: Bytes[MAX_VALUE]) -> bytes32:
    """
    @dev Of an account as the state trie holds it; of an absent one the empty trie's.
    """
    if not exists:
        return EMPTY_ROOT
    padded: Bytes[MAX_VALUE + 32] = concat(leaf, empty(bytes32))
    top: Item = self._leaf_item(padded, len(leaf))
    assert top.is_list, "BadAccount"
    root: bytes32 = empty(bytes32)
    at: uint256 = top.begin
    for i: uint256 in range(4):
        assert at < top.end, "BadAccount"
        field: Item = self._item(convert(extract32(padded, at), uint256), at, top.end)
        size: uint256 = field.end - field.begin
        assert not field.is_list and size <= 32, "BadAccount"
        if i < STORAGE_ROOT:
            shown: uint256 = convert(extract32(padded, field.begin), uint256)
            shown = self._integer(shown, size, "BadAccount")
        else:
            assert size == 32, "BadAccount"
        if i == STORAGE_ROOT:
            root = extract32(padded, field.begin)
        at = field.end
    assert at == top.end, "BadAccount"
    return root


@internal
@pure
def _number(exists: bool, leaf: Bytes[MAX_VALUE]) -> uint256:
    """
    @dev Of a slot as the storage trie holds it.
    """
    if not exists:
        return 0
    padded: Bytes[MAX_VALUE + 32] = concat(leaf, empty(bytes32))
    item: Item = self._leaf_item(padded, len(leaf))
    size: uint256 = item.end - item.begin
    assert not item.is_list and 0 < size and size <= 32, "BadValue"
    return self._integer(convert(extract32(padded, item.begin), uint256), size, "BadValue")


@internal
@pure
def _value_of(
    root: bytes32,
    key: uint256,
    n_key: uint256,
    proof: DynArray[Bytes[MAX_NODE], MAX_NODES],
) -> (bool, Bytes[MAX_VALUE]):
    """
    @dev Walks from the root: a node is the next of the proof, or lies inside the one before.
    @param key Its nibbles, the first one on top.
    @param n_key How many there are.
    """
    nothing: Bytes[MAX_VALUE] = b""
    if len(proof) == 0 and root == EMPTY_ROOT:
        return False, nothing
    n_used: uint256 = 0
    depth: uint256 = 0  # nibbles of the key that are behind us
    expected: bytes32 = root
    node: Bytes[MAX_NODE + 32] = b""  # with zeros behind, so that a word begins everywhere
    top: Item = empty(Item)
    is_inside: bool = False
    for step: uint256 in range(MAX_STEPS):
        if not is_inside:
            assert n_used < len(proof), "ProofTooShort"
            assert keccak256(proof[n_used]) == expected, "HashMismatch"
            if step == 0 and root == EMPTY_ROOT:
                assert len(proof) == 1, "ExtraNodes"
                return False, nothing
            node = concat(proof[n_used], empty(bytes32))
            top = self._item(convert(extract32(node, 0), uint256), 0, len(proof[n_used]))
            assert top.end == len(proof[n_used]), "BadRlp"
            n_used += 1
        assert top.is_list, "BadNode"

        # Read all items; keep the first two, and the one that the key asks of a branch.
        first: Item = empty(Item)
        second: Item = empty(Item)
        child: Item = empty(Item)
        asked: uint256 = WIDTH
        if depth < n_key:
            asked = (key << (4 * depth)) >> 252
        n_odd: uint256 = 0  # items that no branch holds as a child
        n_items: uint256 = 0
        at: uint256 = top.begin
        for i: uint256 in range(WIDTH + 1):
            if at == top.end:
                break
            item: Item = Item(is_list=False, begin=at + 1, end=at + 1)
            word: uint256 = convert(extract32(node, at), uint256)
            if word >> 248 == STRING + 32:
                item.end = at + 33
                assert item.end <= top.end, "BadRlp"
            elif word >> 248 != STRING:
                item = self._item(word, at, top.end)
                if i < WIDTH and not self._is_reference(item, at):
                    n_odd += 1
            if i == 0:
                first = item
            elif i == 1:
                second = item
            if i == asked:
                child = item
            at = item.end
            n_items += 1
        assert at == top.end, "BadNode"

        is_value: bool = False
        is_absent: bool = False
        if n_items == 2:
            # A leaf or an extension.
            size: uint256 = first.end - first.begin
            assert not first.is_list and size > 0, "BadNode"
            shown: uint256 = convert(extract32(node, first.begin), uint256)
            flag: uint256 = shown >> 252
            assert flag <= 3, "BadNode"
            n_path: uint256 = 2 * size - 1
            if flag & 1 == 0:
                assert (shown >> 248) & 15 == 0, "BadNode"
                n_path -= 1
                shown = convert(extract32(node, first.begin + 1), uint256)
            else:
                shown <<= 4
            is_value = flag >= 2
            child = second
            if is_value:
                assert not child.is_list, "BadNode"
                is_absent = depth + n_path != n_key
            else:
                assert self._is_reference(child, first.end), "BadNode"
                assert n_path > 0 and child.begin < child.end, "BadNode"
                is_absent = depth + n_path > n_key
            if not is_absent:
                is_absent = shown >> (256 - 4 * n_path) != (key << (4 * depth)) >> (256 - 4 * n_path)
            depth += n_path
        else:
            assert n_items == WIDTH + 1 and n_odd == 0, "BadNode"
            is_absent = child.begin == child.end
            is_value = asked == WIDTH
            if is_value:
                assert not child.is_list, "BadNode"
            depth += 1
        if is_absent or is_value:
            assert n_used == len(proof), "ExtraNodes"
            if is_absent:
                return False, nothing
            found: Bytes[MAX_NODE + 32] = slice(node, child.begin, child.end - child.begin)
            return True, abi_decode(abi_encode(found), Bytes[MAX_VALUE])
        is_inside = child.is_list
        top = child
        expected = extract32(node, child.begin)
    raise "BadNode"


@internal
@pure
def _is_reference(item: Item, at: uint256) -> bool:
    """
    @dev Whether a node may hold this as a child: nothing, a hash, or a node shorter than one.
    """
    if item.is_list:
        return item.end - at < 32
    size: uint256 = item.end - item.begin
    return size == 0 or size == 32


@internal
@pure
def _leaf_item(padded: Bytes[MAX_VALUE + 32], size: uint256) -> Item:
    """
    @dev The one item of a value; a refusal names what it should be.
    """
    item: Item = self._item(convert(extract32(padded, 0), uint256), 0, size)
    assert item.end == size, "BadRlp"
    return item


@internal
@pure
def _item(word: uint256, at: uint256, limit: uint256) -> Item:
    """
    @dev What begins at `at` with this word, and must end by `limit`; shorter forms are refused.
    """
    assert at < limit, "BadRlp"
    first: uint256 = word >> 248
    second: uint256 = (word >> 240) & 255
    if first < STRING:
        return Item(is_list=False, begin=at, end=at + 1)
    is_list: bool = first >= LIST
    size: uint256 = first & 63
    begin: uint256 = at + 1
    if size > LONG:
        n_length: uint256 = size - LONG
        begin += n_length
        size = (word << 8) >> (256 - 8 * n_length)
        assert second != 0 and size > LONG, "BadRlp"
    assert begin <= limit and size <= limit - begin, "BadRlp"
    assert is_list or size != 1 or second >= STRING, "BadRlp"
    return Item(is_list=is_list, begin=begin, end=begin + size)


@internal
@pure
def _integer(word: uint256, size: uint256, refusal: String[10]) -> uint256:
    """
    @dev The number in the first `size` bytes of a word, without a leading zero.
    """
    if size == 0:
        return 0
    assert word >> 248 != 0, refusal
    return word >> (256 - 8 * size)
