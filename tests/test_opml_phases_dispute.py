"""The two-phase game: the false node, then the false instruction; the boundary trusts nobody."""

import random

import pytest
import torch

from aicrypto.opml import phases
from aicrypto.opml.games import Fault
from aicrypto.opml.phases import ActivationProof, Deviation, Tolerance, activations
from aicrypto.opml.phases.cost import dispute_cost
from tests.opml_runs import weakened

DISPUTE = "aicrypto.opml.phases.dispute"
RNG = torch.Generator().manual_seed(0)
X = torch.randint(-3000, 3000, (5, 16), generator=RNG).int()
BLOCK = phases.Block(width=16, n_heads=2, hidden=24, n_tokens=5)
GRAPH, INPUTS = phases.graph_of(BLOCK, X), phases.model_inputs([X])
HONEST = phases.honest_party(GRAPH, INPUTS)
N = len(GRAPH.nodes)


def lie_in(node: int, at: int = 200, xor: int = 3) -> phases.Party:
    """A party that flips bits of a node's output slot at some step of the machine."""
    return phases.lying_party(
        GRAPH, INPUTS, node, Fault("mem", at=at, addr=phases.slot_address(25), xor=xor)
    )


@pytest.mark.parametrize("node", range(N))
def test_a_lie_in_any_node_is_found_and_located(node: int) -> None:
    steps = HONEST.trace(node).n_steps
    verdict = phases.dispute(GRAPH, INPUTS, lie_in(node, steps - 2), HONEST)
    assert verdict.nodes is not None
    assert verdict.steps is not None
    assert verdict.steps.search is not None
    assert (verdict.nodes.lo, verdict.winner) == (node, "challenger")
    assert verdict.steps.search.hi == steps - 2
    assert verdict.is_bound, "the liar's machine does hold the output it claims"
    assert verdict.n_rounds <= dispute_cost(GRAPH).rounds


def test_a_lying_challenger_loses() -> None:
    verdict = phases.dispute(GRAPH, INPUTS, HONEST, lie_in(7))
    assert verdict.nodes is not None
    assert (verdict.nodes.lo, verdict.winner) == (7, "proposer")


def test_random_nodes_and_arities() -> None:
    rng = random.Random(2)
    for _ in range(10):
        node, arity = rng.randrange(N), rng.randint(2, 6)
        at = rng.randint(1, HONEST.trace(node).n_steps)
        fault = Fault("mem", at=at, addr=phases.slot_address(26), xor=rng.randint(1, 255))
        liar = phases.lying_party(GRAPH, INPUTS, node, fault)
        verdict = phases.dispute(GRAPH, INPUTS, liar, HONEST, arity)
        if verdict.nodes is None:
            assert liar.run.outputs == HONEST.run.outputs, "a lie without effect on any output"
            continue
        assert verdict.steps is not None
        assert verdict.steps.search is not None
        assert (verdict.nodes.lo, verdict.steps.search.hi) == (node, at)


def test_honest_parties_have_no_dispute() -> None:
    verdict = phases.dispute(GRAPH, INPUTS, HONEST, HONEST)
    assert (verdict.nodes, verdict.winner) == (None, None)
    assert len(verdict.states) == N + 1


def test_swapped_weights_enter_only_where_the_boundary_is_trusted() -> None:
    other = [bytes(reversed(w)) for w in GRAPH.weights]
    swapped = phases.honest_party(phases.Graph(GRAPH.nodes, other), INPUTS)
    verdict = phases.dispute(GRAPH, INPUTS, swapped, HONEST)
    assert (verdict.is_bound, verdict.winner) == (False, "challenger")
    check = "if claimed.commitment(0) != before.state.hash:"
    trusting = weakened(DISPUTE, (check, "if False:"))
    assert trusting.dispute(GRAPH, INPUTS, swapped, HONEST).winner == "proposer"


def test_swapped_inputs_are_refused_alike() -> None:
    lie = phases.honest_party(GRAPH, [bytes(len(INPUTS[0]))])
    verdict = phases.dispute(GRAPH, INPUTS, lie, HONEST)
    assert (verdict.is_bound, verdict.winner) == (False, "challenger")


def test_an_output_out_of_thin_air_enters_only_where_the_boundary_is_trusted() -> None:
    false = bytes(len(HONEST.run.outputs[4]))
    invented = phases.Party(phases.execute(GRAPH, INPUTS, {4: false}))
    verdict = phases.dispute(GRAPH, INPUTS, invented, HONEST)
    assert (verdict.is_bound, verdict.winner) == (False, "challenger")
    check = "is_bound = is_valid_poststate("
    trusting = weakened(DISPUTE, (check, "is_bound = bool(1) or is_valid_poststate("))
    assert trusting.dispute(GRAPH, INPUTS, invented, HONEST).winner == "proposer"


def test_a_node_that_traps_has_no_output() -> None:
    halted = phases.lying_party(GRAPH, INPUTS, 4, Fault("halt", at=300, code=5))
    verdict = phases.dispute(GRAPH, INPUTS, halted, HONEST)
    assert (verdict.is_bound, verdict.winner) == (False, "challenger")


def test_float_noise_makes_an_honest_party_lose_unless_the_order_is_fixed() -> None:
    a = torch.randn(32, 512, generator=RNG)
    b = torch.randn(512, 32, generator=RNG)
    order = torch.randperm(512, generator=RNG)
    roots = [
        phases.tensor_root(product.numpy().tobytes()) for product in (a @ b, a[:, order] @ b[order])
    ]
    assert roots[0] != roots[1], "the same model, another machine: a false accusation"
    fixed = [phases.tensor_root(phases.ordered_matmul(a, b).numpy().tobytes()) for _ in range(2)]
    assert fixed[0] == fixed[1]


# Commitments to activations


def hidden_states(seed: int, noise: float = 0.0, n_tokens: int = 70) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    states = torch.randn(n_tokens, 96, generator=rng) * 3
    return states * (1 + noise * torch.randn(n_tokens, 96, generator=rng))


def test_the_same_model_passes_and_another_does_not() -> None:
    proofs = phases.commit(hidden_states(1))
    assert [len(proof) for proof in proofs] == [258] * 3
    assert phases.verify(hidden_states(1), proofs)
    assert phases.verify(hidden_states(1, noise=1e-3), proofs), "another GPU's last bits"
    assert not phases.verify(hidden_states(2), proofs), "another model or prompt"
    coarse = (hidden_states(1) / 0.4).round() * 0.4
    assert not phases.verify(coarse, proofs), "a precision of a few bits"
    assert not phases.verify(hidden_states(1, n_tokens=64), proofs), "a token short"


def test_sign_flips_are_not_seen() -> None:
    assert phases.verify(-hidden_states(1), phases.commit(hidden_states(1)))


def test_broken_proofs_are_refused_and_never_raise() -> None:
    states, rng = hidden_states(3, n_tokens=32), random.Random(0)
    [proof] = phases.commit(states)
    assert not phases.verify(states, [])
    assert not phases.verify(states, [proof, proof])
    for broken in (b"", proof[:-1], proof[:-2], proof + b"\0\0", bytes(258), b"\xff" * 258):
        assert not phases.verify(states, [broken])
    refused = 0
    for _ in range(40):
        place = rng.randrange(len(proof))
        changed = bytearray(proof)
        changed[place] ^= 1 << rng.randrange(8)
        refused += not phases.verify(states, [bytes(changed)])
    assert refused == 40


def test_a_batch_smaller_than_k_is_refused_and_never_raises() -> None:
    [proof] = phases.commit(hidden_states(3, n_tokens=2))
    assert phases.verify(hidden_states(3, n_tokens=2), [proof])
    for few in (hidden_states(3, n_tokens=1), torch.zeros(0, 96)):
        assert not phases.verify(few, [proof])


def test_indices_are_reduced_before_they_are_compared() -> None:
    bits = [0] * 131_000
    bits[5], bits[5 + activations.FIELD] = 0x4110, 0x4220
    proof = phases.commit_bits(bits, 2)
    assert proof.modulus < activations.FIELD
    assert phases.compare(proof, bits) == Deviation(0, 0.0, 0.0)
    unreduced = weakened(
        "aicrypto.opml.phases.activations",
        ("self.evaluate(index % self.modulus)", "self.evaluate(index)"),
    )
    copy = unreduced.ActivationProof(proof.modulus, proof.coefficients)
    assert unreduced.compare(copy, bits).exp_mismatches > 0, "an honest proof, flagged"


def test_encodings_are_canonical() -> None:
    proof = phases.build([3, 9], [100, 200])
    assert ActivationProof.from_bytes(proof.to_bytes()) == proof
    with pytest.raises(ValueError, match="indices repeat"):
        phases.build([1, 1], [2, 3])
    with pytest.raises(ValueError, match="k is 3"):
        phases.commit_bits([1, 2], 3)
    assert Tolerance().allows(Deviation(16, 4.0, 3))
    assert not Tolerance().allows(Deviation(17, 0.0, 0))
