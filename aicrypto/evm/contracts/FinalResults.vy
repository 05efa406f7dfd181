# pragma version ~=0.4.3
"""
@title   Final results of an oracle on another chain
@license MIT
@notice  Takes a result over without running the model again, from a proof of the other chain's
         storage: under a block that the bridge vouches for, the library holds this output, its
         time for doubt was over at that block, and no dispute was open.
@dev     All three are proven; the last by absence. Without the deadline a result that is being
         disproved could be taken over, and would stay here after it fell there.
"""

import StorageProof

MAX_NODE: constant(uint256) = 576  # bytes
MAX_NODES: constant(uint256) = 12
MAX_VALUE: constant(uint256) = 128
MAX_HEADER: constant(uint256) = 1024

# Where `ResultLibrary` keeps its first three mappings.
OUTPUT_HASH: constant(uint256) = 0
DEADLINE: constant(uint256) = 1
N_HOLDS: constant(uint256) = 2

BRIDGE: public(immutable(address))
LIBRARY: public(immutable(address))  # on the other chain
is_trusted: public(HashMap[bytes32, bool])  # hashes of its blocks
output_hash: public(HashMap[uint256, bytes32])  # by request


event Accepted:
    request: indexed(uint256)
    output_hash: bytes32
    block_number: uint256


@deploy
def __init__(bridge: address, library: address):
    """
    @notice Results of one library; the bridge says which blocks its chain has.
    """
    BRIDGE = bridge
    LIBRARY = library


@external
def trust(block_hash: bytes32):
    """
    @notice Vouch for a block of the other chain.
    """
    assert msg.sender == BRIDGE, "NotBridge"
    self.is_trusted[block_hash] = True


@external
def accept(
    request: uint256,
    header: Bytes[MAX_HEADER],
    account_proof: DynArray[Bytes[MAX_NODE], MAX_NODES],
    output_proof: DynArray[Bytes[MAX_NODE], MAX_NODES],
    deadline_proof: DynArray[Bytes[MAX_NODE], MAX_NODES],
    holds_proof: DynArray[Bytes[MAX_NODE], MAX_NODES],
):
    """
    @notice Take a result over; anybody may.
    """
    assert self.is_trusted[keccak256(header)], "UnknownBlock"
    state_root: bytes32 = empty(bytes32)
    number: uint256 = 0
    timestamp: uint256 = 0
    state_root, number, timestamp = StorageProof._read_header(header)
    exists: bool = False
    leaf: Bytes[MAX_VALUE] = b""
    exists, leaf = StorageProof._value_of(
        state_root, StorageProof._account_key(LIBRARY), 64, account_proof
    )
    root: bytes32 = StorageProof._storage_root(exists, leaf)
    exists, leaf = StorageProof._value_of(
        root, self._key(OUTPUT_HASH, request), 64, output_proof
    )
    result: uint256 = StorageProof._number(exists, leaf)
    assert result != 0, "NoResult"
    exists, leaf = StorageProof._value_of(
        root, self._key(DEADLINE, request), 64, deadline_proof
    )
    assert timestamp >= StorageProof._number(exists, leaf), "NotFinal"
    exists, leaf = StorageProof._value_of(root, self._key(N_HOLDS, request), 64, holds_proof)
    assert not exists, "Disputed"
    self.output_hash[request] = convert(result, bytes32)
    log Accepted(
        request=request, output_hash=convert(result, bytes32), block_number=number
    )


@external
@view
def is_answer(request: uint256, output: Bytes[4096]) -> bool:
    """
    @notice Whether this is the final output of a request over there.
    """
    return self.output_hash[request] == keccak256(output)


@internal
@pure
def _key(mapping: uint256, request: uint256) -> uint256:
    """
    @dev The trie's key of a mapping's entry. Vyper hashes slot, then key; Solidity key, then slot.
    """
    return StorageProof._slot_key(convert(keccak256(abi_encode(mapping, request)), uint256))
