"""The dispute in two phases: first over the nodes of a graph, then over the steps of one node.

n nodes of m instructions need ceil(log2 n) + ceil(log2 m) rounds and n + m commitments instead of
n * m: the first phase is as fast as the hardware, only one node ever runs in the machine. The
names follow opML: *phase 2* bisects the graph, *phase 1* the instructions.

The referee trusts neither party at the boundary. The machine's start state is derived from roots
both agree on (`prestate`); the machine's end must hold the output that the graph state claims
(`is_valid_poststate`). Whoever cannot show that has lost, whatever the instructions say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.opml.games.bisection import Search, Verdict, search
from aicrypto.opml.games.bisection import dispute as dispute_steps
from aicrypto.opml.games.faults import Fault, PaddedRun, Run, lie
from aicrypto.opml.games.terms import CHALLENGER, PROPOSER
from aicrypto.opml.machine import Image, MemoryTree, Trace, run
from aicrypto.opml.phases.boundary import (
    DESCRIPTOR_SLOT,
    FIRST_INPUT_SLOT,
    N_SLOT_LEVELS,
    OUTPUT_SLOT,
    SLOT_LEVELS,
    Prestate,
    code_root,
    is_valid_poststate,
    prestate,
    slot_address,
)
from aicrypto.opml.phases.graph import Graph, GraphRun, Node, execute

CODE_BASE = 0x1000


@dataclass(frozen=True)
class Party:
    """A player of the two-phase game: its run of the graph, and where it lies, if it does.

    Attributes:
        run: native outputs, the false one included.
        node, fault: the lie, told inside the machine run of that node.
    """

    run: GraphRun
    node: int | None = None
    fault: Fault | None = None

    def trace(self, number: int) -> Run:
        """The party's machine run of a node, on the tensors of its own graph run."""
        graph = self.run.graph
        honest = run(node_image(graph.nodes[number], graph.tensors(number, self.run)))
        if self.fault is None or number != self.node:
            return honest
        return lie(honest, self.fault)


@dataclass(frozen=True)
class TwoPhaseVerdict:
    """Outcome of a two-phase dispute.

    Attributes:
        states: the proposer's graph states G_0..G_n.
        nodes: the search over nodes; None where there was nothing to dispute.
        prestate: derived start state of the disputed node's machine.
        is_bound: whether the proposer's machine ends with the output it claimed.
        steps: the dispute inside the machine; None where the start state was another one.
        winner: "proposer" or "challenger", None without dispute.
    """

    states: tuple[bytes, ...]
    nodes: Search | None = None
    prestate: Prestate | None = None
    is_bound: bool = True
    steps: Verdict | None = None
    winner: str | None = None

    @property
    def n_rounds(self) -> int:
        """Rounds of both phases."""
        inner = self.steps.search if self.steps else None
        return sum(len(found.rounds) for found in (self.nodes, inner) if found)


def node_image(node: Node, tensors: Sequence[bytes]) -> Image:
    """The machine's memory before a node: program, descriptor and inputs, each in its slot."""
    data = [
        (CODE_BASE, node.operator.program),
        (slot_address(DESCRIPTOR_SLOT), node.descriptor),
        *((slot_address(FIRST_INPUT_SLOT + k), tensor) for k, tensor in enumerate(tensors)),
    ]
    return Image([segment for segment in data if segment[1]], entry=CODE_BASE)


def honest_party(graph: Graph, inputs: Sequence[bytes], device: str = "cpu") -> Party:
    """A party that computes the graph and says what it found."""
    return Party(execute(graph, inputs, device=device))


def lying_party(graph: Graph, inputs: Sequence[bytes], node: int, fault: Fault) -> Party:
    """A party that lies inside one node's machine run and goes on natively from the result."""
    honest = execute(graph, inputs)
    false = lie(run(node_image(graph.nodes[node], graph.tensors(node, honest))), fault)
    size = len(honest.outputs[node])
    output = final_memory(false).read(slot_address(OUTPUT_SLOT), size)
    return Party(execute(graph, inputs, {node: output}), node, fault)


def final_memory(traced: Run) -> MemoryTree:
    """Memory at the end of a run, a padded one's included."""
    inner = traced.run if isinstance(traced, PaddedRun) else traced
    if not isinstance(inner, Trace):
        raise ValueError(f"traced is {type(inner).__name__}, which keeps no memory")
    return inner.tree(inner.n_steps)


def output_siblings(memory: MemoryTree) -> tuple[bytes, ...]:
    """The seven siblings of the output slot, the lowest level first."""
    levels = range(N_SLOT_LEVELS)
    return tuple(memory.node(SLOT_LEVELS + k, OUTPUT_SLOT >> k ^ 1) for k in levels)


def node_prestate(agreed: GraphRun, number: int) -> Prestate:
    """The start state of a node's machine, from the roots that both parties agree on."""
    node = agreed.graph.nodes[number]
    program = code_root(node.operator.program, CODE_BASE)
    return prestate(program, CODE_BASE, node.descriptor, agreed.roots_read(number))


def dispute(
    graph: Graph,
    inputs: Sequence[bytes],
    proposer: Party,
    challenger: Party,
    arity: int = 2,
) -> TwoPhaseVerdict:
    """The game over both phases; the proposer has claimed its final graph state.

    Graph and inputs are the registered task: weights and inputs are taken from there, whatever a
    party has run; of the parties' outputs only those count that both agree on.
    """
    n_nodes = len(graph.nodes)
    states = tuple(proposer.run.commitment(i) for i in range(n_nodes + 1))
    if challenger.run.commitment(n_nodes) == states[-1]:
        return TwoPhaseVerdict(states)
    nodes = search(states.__getitem__, challenger.run.commitment, n_nodes, arity)
    agreed = GraphRun(graph, tuple(inputs), proposer.run.outputs[: nodes.lo])
    before = node_prestate(agreed, nodes.lo)
    claimed, other = proposer.trace(nodes.lo), challenger.trace(nodes.lo)
    if claimed.commitment(0) != before.state.hash:
        return TwoPhaseVerdict(states, nodes, before, False, None, CHALLENGER)
    output = proposer.run.output_roots[nodes.lo]
    final = claimed.state(claimed.n_steps)
    is_bound = is_valid_poststate(final, output, output_siblings(final_memory(claimed)))
    steps = dispute_steps(claimed, other, arity)
    winner = steps.winner or PROPOSER if is_bound else CHALLENGER
    return TwoPhaseVerdict(states, nodes, before, is_bound, steps, winner)
