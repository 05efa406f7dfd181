"""The boundary on a chain decides as the one in Python, for gas that a dispute can afford."""

from typing import Any

import pytest
import torch

from aicrypto.evm import Chain
from aicrypto.opml import phases
from aicrypto.opml.phases.boundary import state_of_root
from aicrypto.opml.phases.dispute import CODE_BASE, final_memory, output_siblings

BLOCK = phases.Block(width=16, n_heads=2, hidden=24, n_tokens=5)
X = torch.randint(-3000, 3000, (5, 16), generator=torch.Generator().manual_seed(0)).int()
GRAPH, INPUTS = phases.graph_of(BLOCK, X), phases.model_inputs([X])
HONEST = phases.honest_party(GRAPH, INPUTS)
N = len(GRAPH.nodes)


@pytest.fixture(scope="module")
def boundary() -> Any:
    chain = Chain()
    return chain.deploy("PhaseBoundary", sender=chain.account("registrar"))


@pytest.mark.parametrize("number", [0, 3, 5, N - 1])
def test_both_ways_of_the_hand_over(boundary: Any, number: int) -> None:
    node, run = GRAPH.nodes[number], HONEST.run
    code = phases.code_root(node.operator.program, CODE_BASE)
    read = run.roots_read(number)
    descriptor = phases.tensor_root(node.descriptor)
    before = phases.node_prestate(run, number).state
    assert boundary.prestate_hash(code, CODE_BASE, descriptor, read) == before.hash
    swapped = [bytes(32), *read[1:]]
    assert boundary.prestate_hash(code, CODE_BASE, descriptor, swapped) != before.hash

    trace = HONEST.trace(number)
    final, siblings = trace.state(trace.n_steps), output_siblings(final_memory(trace))
    root, meta, _ = final.words()
    output = run.output_roots[number]
    assert boundary.is_poststate(root, meta, output, siblings)
    assert not boundary.is_poststate(root, meta, bytes(32), siblings)
    assert not boundary.is_poststate(root, meta | 1 << 104, output, siblings), "exit code"
    assert not boundary.is_poststate(root, meta ^ 3 << 96, output, siblings), "a trap"


@pytest.mark.parametrize("n_done", [1, 7, N])
def test_outputs_are_opened_in_the_agreed_root(boundary: Any, n_done: int) -> None:
    roots = HONEST.run.output_roots[:n_done]
    root, index = phases.graph_root(N, roots), n_done - 1
    proof = phases.graph_proof(N, roots, index)
    assert boundary.has_output(root, N, index, roots[index], proof)
    assert not boundary.has_output(root, N, index, bytes(32), proof)
    assert not boundary.has_output(root, N, index, roots[index], proof[:-1])
    assert not boundary.has_output(root, N, index, roots[index], (*proof, bytes(32)))
    assert not boundary.has_output(root, N, index + 32, roots[index], proof)
    assert boundary.graph_state(root, n_done) == HONEST.run.commitment(n_done)
    assert state_of_root(root, n_done) == HONEST.run.commitment(n_done)


def test_the_hand_over_costs_less_than_two_rounds(boundary: Any) -> None:
    run = HONEST.run
    sender = boundary.chain.account("registrar")
    roots = [bytes(32)] * 3
    data = boundary.prestate_hash.encode(bytes(32), CODE_BASE, bytes(32), roots)
    gas = boundary.chain.send(boundary.address, sender=sender, data=data).gas_used
    proof = phases.graph_proof(N, run.output_roots, 4)
    root = phases.graph_root(N, run.output_roots)
    data = boundary.has_output.encode(root, N, 4, run.output_roots[4], proof)
    gas += boundary.chain.send(boundary.address, sender=sender, data=data).gas_used
    assert gas < 200_000
