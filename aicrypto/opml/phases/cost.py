"""What a dispute costs at any size: rounds, hashes, bytes and gas, before anything is run.

Everything follows from the graph: the number of nodes n, the instructions m of the largest one, and
the size of the tensors. Gas per action was measured with this project's contracts (arity 2, no move
bonds); the hand-over is priced by the hashes that it takes on chain.

    rounds = ceil(log_k n) + ceil(log_k m)        instead of ceil(log_k (n · m)) with n · m states

The rounds hardly grow; what grows is the work of the parties, and two phases keep that at native
speed: nothing but one node ever runs in the machine.
"""

from dataclasses import dataclass

from aicrypto.opml.phases.boundary import N_SLOT_LEVELS, N_SLOTS, SLOT_LEVELS
from aicrypto.opml.phases.graph import Graph, Node

LEAF_BYTES = 32
DIGEST_BYTES = 32
SELECTOR_BYTES, WORD_BYTES = 4, 32
PROVE_BYTES = SELECTOR_BYTES + 63 * WORD_BYTES  # game, state and two proofs
MACHINE_STEPS_PER_S = 50e6  # of the compiled machine, at least


@dataclass(frozen=True)
class GasTable:
    """Gas per action, measured on the contracts here (`tests/test_opml_dispute_game.py`)."""

    propose: int = 170_000
    challenge: int = 237_000
    post: int = 46_000
    choose: int = 47_000
    prove: int = 150_000
    hash_pair: int = 550  # keccak of two words, with its loop


@dataclass(frozen=True)
class DisputeCost:
    """The cost of one dispute about one run of a model.

    Attributes:
        n_nodes: of the graph.
        max_steps: instructions of the largest node, a bound from above.
        total_steps: of all nodes, what a single phase would have to run in the machine.
        rounds_nodes, rounds_steps: of the two phases.
        rounds_one_phase: of a single phase.
        n_hashes: keccak calls of a party that commits to all node outputs.
        calldata_bytes: of all transactions.
        gas: of all transactions.
        machine_s: seconds of the compiled machine for the largest node.
        machine_s_one_phase: the same for the whole model.
    """

    n_nodes: int
    max_steps: int
    total_steps: int
    rounds_nodes: int
    rounds_steps: int
    rounds_one_phase: int
    n_hashes: int
    calldata_bytes: int
    gas: int
    machine_s: float
    machine_s_one_phase: float

    @property
    def rounds(self) -> int:
        """Of both phases."""
        return self.rounds_nodes + self.rounds_steps


def node_steps(node: Node) -> int:
    """Instructions that a node takes at most."""
    return node.operator.n_steps(node.params)


def output_hashes(node: Node) -> int:
    """Keccak calls for the tensor root of a node's output."""
    leaves = -(-node.operator.output_bytes(node.params) // LEAF_BYTES)
    count, levels = 0, SLOT_LEVELS
    while levels:  # a level at a time: a single node still meets an empty neighbour
        leaves = -(-leaves // 2)
        count, levels = count + leaves, levels - 1
    return count


def n_rounds(size: int, arity: int) -> int:
    """Rounds that narrow an interval of `size` steps to one: the smallest r with arity^r >= size.

    Raises:
        ValueError: if the size is below 1 or the arity below 2.
    """
    if size < 1 or arity < 2:
        raise ValueError(f"size is {size}, arity {arity}: must be >= 1 and >= 2")
    rounds = 0
    while arity**rounds < size:
        rounds += 1
    return rounds


def dispute_cost(graph: Graph, arity: int = 2, gas: GasTable | None = None) -> DisputeCost:
    """What a dispute about a run of the graph costs, at most."""
    table = gas or GasTable()
    steps = [node_steps(node) for node in graph.nodes]
    n_nodes, total = len(steps), sum(steps)
    rounds = n_rounds(n_nodes, arity), n_rounds(max(steps), arity)
    hashes = sum(output_hashes(node) for node in graph.nodes)
    inputs = max(len(node.inputs) for node in graph.nodes)
    boundary = _boundary_hashes(n_nodes, inputs)
    moves = sum(rounds) * (table.post + (arity - 2) * _word_gas() + table.choose)
    fixed = table.propose + 2 * table.challenge + table.prove
    return DisputeCost(
        n_nodes,
        max(steps),
        total,
        *rounds,
        n_rounds(total, arity),
        hashes,
        sum(rounds) * _round_bytes(arity) + PROVE_BYTES + DIGEST_BYTES * boundary,
        fixed + moves + boundary * table.hash_pair,
        max(steps) / MACHINE_STEPS_PER_S,
        total / MACHINE_STEPS_PER_S,
    )


def _boundary_hashes(n_nodes: int, n_inputs: int) -> int:
    """Hashes on chain of the hand-over: inputs opened in the graph root, slots folded, output."""
    levels = (n_nodes - 1).bit_length()
    return n_inputs * levels + N_SLOTS - 1 + SLOT_LEVELS + N_SLOT_LEVELS


def _round_bytes(arity: int) -> int:
    """Calldata of a post (number, array of arity - 1 hashes) and a choice (number, segment)."""
    return 2 * SELECTOR_BYTES + WORD_BYTES * (3 + arity - 1 + 2)


def _word_gas() -> int:
    """Gas of one more posted hash: its storage slot, overwritten, and its calldata."""
    return 5_000 + 16 * DIGEST_BYTES
