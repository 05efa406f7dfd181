# pragma version ~=0.4.3
"""
@title   Phase boundary
@license MIT
@notice  The hand-over of a dispute from a graph of operators to the machine, proven both ways: the
         start state of a node's machine is derived from roots that both parties agree on, and its
         final state must hold the output that the graph's state claims.

         Memory is 128 slots of 32 MiB: 0 code, 24 descriptor, 25 output, 26 + k input k. A tensor's
         root is the root of the slot that begins with its bytes.

@dev     Twin of `aicrypto.opml.phases.boundary`. Nothing is stored: a game asks before it opens the
         second phase, and before it accepts the second phase's end.
"""

N_SLOTS: constant(uint256) = 128
MAX_INPUTS: constant(uint256) = 8
MAX_LEVELS: constant(uint256) = 32
CODE_SLOT: constant(uint256) = 0
DESCRIPTOR_SLOT: constant(uint256) = 24
OUTPUT_SLOT: constant(uint256) = 25
FIRST_INPUT_SLOT: constant(uint256) = 26
SLOT_LEVELS: constant(uint256) = 20

EMPTY_SLOT: immutable(bytes32)


@deploy
def __init__():
    """
    @notice Computes the root of a slot of zeros.
    """
    node: bytes32 = empty(bytes32)
    for level: uint256 in range(SLOT_LEVELS):
        node = keccak256(concat(node, node))
    EMPTY_SLOT = node


@external
@view
def prestate_hash(
    code_root: bytes32,
    entry: uint256,
    descriptor_root: bytes32,
    inputs: DynArray[bytes32, MAX_INPUTS],
) -> bytes32:
    """
    @notice Hash of the machine's state before a node.
    @param  code_root Root of slot 0, which holds the operator's program.
    @param  inputs Roots of the tensors that the node reads.
    """
    nodes: bytes32[N_SLOTS] = empty(bytes32[N_SLOTS])
    for i: uint256 in range(N_SLOTS):
        nodes[i] = EMPTY_SLOT
    nodes[CODE_SLOT] = code_root
    nodes[DESCRIPTOR_SLOT] = descriptor_root
    for k: uint256 in range(len(inputs), bound=MAX_INPUTS):
        nodes[FIRST_INPUT_SLOT + k] = inputs[k]
    width: uint256 = N_SLOTS // 2
    for level: uint256 in range(7):
        for i: uint256 in range(width, bound=64):
            nodes[i] = keccak256(concat(nodes[2 * i], nodes[2 * i + 1]))
        width //= 2
    registers: uint256[4] = empty(uint256[4])
    return keccak256(abi_encode(nodes[0], entry, registers))


@external
@pure
def is_poststate(
    root: bytes32, meta: uint256, claimed: bytes32, siblings: bytes32[7]
) -> bool:
    """
    @notice Whether a final state exited with code 0 and holds the claimed output.
    @param  meta pc, step, exited and code of the final state.
    @param  claimed Root of the output that the graph's state claims.
    """
    if (meta >> 96) & 255 != 1 or meta >> 104 != 0:
        return False
    node: bytes32 = claimed
    for level: uint256 in range(7):
        if (OUTPUT_SLOT >> level) & 1 == 0:
            node = keccak256(concat(node, siblings[level]))
        else:
            node = keccak256(concat(siblings[level], node))
    return node == root


@external
@pure
def has_output(
    graph_root: bytes32,
    n_nodes: uint256,
    index: uint256,
    output: bytes32,
    siblings: DynArray[bytes32, MAX_LEVELS],
) -> bool:
    """
    @notice Whether a graph root holds this tensor root as a node's output.
    """
    if index >= n_nodes or n_nodes > 1 << len(siblings):
        return False
    if len(siblings) > 0 and n_nodes <= 1 << (len(siblings) - 1):
        return False
    node: bytes32 = output
    for level: uint256 in range(len(siblings), bound=MAX_LEVELS):
        if (index >> level) & 1 == 0:
            node = keccak256(concat(node, siblings[level]))
        else:
            node = keccak256(concat(siblings[level], node))
    return node == graph_root


@external
@pure
def graph_state(graph_root: bytes32, n_done: uint256) -> bytes32:
    """
    @notice Hash of the graph's state after so many nodes: what the first phase bisects.
    """
    return keccak256(abi_encode(graph_root, n_done))
