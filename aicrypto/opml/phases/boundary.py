"""The boundary between two phases of a dispute, proven in both directions.

A large model is not run inside the virtual machine; it is a *graph* of nodes (a matrix product, a
softmax), executed natively. A dispute first finds the first node whose output is wrong, then the
first wrong instruction of that one node's program in the machine. What must never be trusted is the
hand-over. So all of it is derived by hashing:

* A tensor's root T is the root of a 32 MiB slot of the machine's memory that holds its bytes:
  committing to a tensor *is* committing to a piece of memory.
* After i of n nodes the graph's state is G_i = keccak(R_i ‖ be32(i)), where R_i is the root over
  T(output of node 0..i-1) and zeros.
* Before: the machine's start state for node j is folded from 128 slot roots: code, descriptor,
  inputs. Whoever knows the agreed roots can compute it; nobody can smuggle in other weights.
* After: the machine must have exited with code 0, and its slot 25 must be T(claimed output).

Slots: 0 code, 24 descriptor (0x30000000), 25 output (0x32000000), 26 + k input k. All hashes are
keccak-256, 32 bytes; sizes are bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit.hashes import DIGEST_BYTES, checked_digest, keccak256
from aicrypto.opml.machine import EMPTY_ROOTS, State, fold, root_of_bytes

SLOT_LEVELS = 20  # 2^20 leaves of 32 bytes
SLOT_BYTES = 1 << 25
N_SLOT_LEVELS = 7
N_SLOTS = 1 << N_SLOT_LEVELS
CODE_SLOT, DESCRIPTOR_SLOT, OUTPUT_SLOT, FIRST_INPUT_SLOT = 0, 24, 25, 26
MAX_INPUTS = N_SLOTS - FIRST_INPUT_SLOT
EMPTY_SLOT = EMPTY_ROOTS[SLOT_LEVELS]
EXITED = 1
N_REGISTERS = 32


def slot_address(slot: int) -> int:
    """First address of a slot of memory."""
    return slot * SLOT_BYTES


def tensor_root(data: bytes) -> bytes:
    """T(data): root of a slot that begins with these bytes and is zero behind them.

    Raises:
        ValueError: if the data does not fit a slot.
    """
    if len(data) > SLOT_BYTES:
        raise ValueError(f"data has {len(data)} bytes, a slot holds {SLOT_BYTES}")
    return root_of_bytes(data, SLOT_LEVELS)


def graph_root(n_nodes: int, outputs: Sequence[bytes]) -> bytes:
    """R_i: root over the tensor roots of the first i outputs of a graph.

    Raises:
        ValueError: if there are more outputs than nodes, or no node.
    """
    if n_nodes < 1 or len(outputs) > n_nodes:
        raise ValueError(f"{len(outputs)} outputs of {n_nodes} nodes, at least 1 node")
    level = [checked_digest(f"outputs[{i}]", root) for i, root in enumerate(outputs)]
    for depth in range(_levels(n_nodes)):
        level = _parents(level, depth)
    return level[0] if level else EMPTY_ROOTS[_levels(n_nodes)]


def _parents(level: Sequence[bytes], depth: int) -> list[bytes]:
    """The next level of a tree whose missing nodes are empty subtrees."""
    even = [*level, EMPTY_ROOTS[depth]] if len(level) % 2 else level
    return [keccak256(*even[i : i + 2]) for i in range(0, len(even), 2)]


def graph_proof(n_nodes: int, outputs: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Siblings of output `index` under `graph_root`, lowest level first.

    Raises:
        IndexError: if that output is not there.
    """
    if not 0 <= index < len(outputs):
        raise IndexError(f"index is {index}, there are {len(outputs)} outputs")
    level, siblings = list(outputs), []
    for depth in range(_levels(n_nodes)):
        neighbour = index ^ 1
        siblings.append(level[neighbour] if neighbour < len(level) else EMPTY_ROOTS[depth])
        level, index = _parents(level, depth), index >> 1
    return tuple(siblings)


def has_output(
    n_nodes: int, root: bytes, index: int, output: bytes, siblings: Sequence[bytes]
) -> bool:
    """Whether a graph root holds a tensor root as that node's output."""
    if not 0 <= index < n_nodes or len(siblings) != _levels(n_nodes):
        return False
    return _are_digests(output, *siblings) and fold(output, index, siblings) == root


def graph_state(n_nodes: int, outputs: Sequence[bytes]) -> bytes:
    """G_i: hash of the graph's state when the first i outputs are known."""
    return state_of_root(graph_root(n_nodes, outputs), len(outputs))


def state_of_root(root: bytes, n_done: int) -> bytes:
    """G_i from its root and the number of nodes done."""
    return keccak256(root, n_done.to_bytes(32, "big"))


@dataclass(frozen=True)
class Prestate:
    """The machine before a node: derived from roots, never told by a party."""

    code_root: bytes
    state: State


def prestate(code_root: bytes, entry: int, descriptor: bytes, inputs: Sequence[bytes]) -> Prestate:
    """The start state for a node: its program, its descriptor and the roots of its inputs.

    Raises:
        ValueError: if there are more inputs than slots, or a root is not 32 bytes long.
    """
    if len(inputs) > MAX_INPUTS:
        raise ValueError(f"{len(inputs)} inputs, the machine has slots for {MAX_INPUTS}")
    slots = [EMPTY_SLOT] * N_SLOTS
    slots[CODE_SLOT] = checked_digest("code_root", code_root)
    slots[DESCRIPTOR_SLOT] = tensor_root(descriptor)
    for k, root in enumerate(inputs):
        slots[FIRST_INPUT_SLOT + k] = checked_digest(f"inputs[{k}]", root)
    while len(slots) > 1:
        slots = [keccak256(*slots[i : i + 2]) for i in range(0, len(slots), 2)]
    return Prestate(code_root, State(slots[0], entry, 0, 0, 0, (0,) * N_REGISTERS))


def code_root(code: bytes, base: int) -> bytes:
    """Root of the slot that holds a program at `base`.

    Raises:
        ValueError: if it does not fit.
    """
    if base < 0:
        raise ValueError(f"base is {base}, must be >= 0")
    return tensor_root(bytes(base) + code)


def is_valid_poststate(state: State, claimed: bytes, siblings: Sequence[bytes]) -> bool:
    """Whether a node's final machine state has `claimed`, a tensor root, in its output slot.

    Args:
        state: the final state.
        claimed: root of the output that the graph state claims.
        siblings: of slot 25 under the memory root, seven of them, the lowest level first.
    """
    if state.exited != EXITED or state.code != 0 or len(siblings) != N_SLOT_LEVELS:
        return False
    is_cut = _are_digests(claimed, *siblings)
    return is_cut and fold(claimed, OUTPUT_SLOT, siblings) == state.mem_root


def _are_digests(*strings: bytes) -> bool:
    """Whether each has 32 bytes; others could be cut from a pair at another place."""
    return all(len(string) == DIGEST_BYTES for string in strings)


def _levels(n_nodes: int) -> int:
    """Levels of the tree over the nodes: ceil(log2 n)."""
    return (n_nodes - 1).bit_length()
