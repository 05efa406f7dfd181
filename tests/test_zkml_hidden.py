"""Zero-knowledge proofs: complete, sound against every change, and simulated without a witness."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from aicrypto.algebra import Fp2, m61x2
from aicrypto.algebra.fourier import reed_solomon_encode
from aicrypto.commit.hashes import sha256
from aicrypto.commit.tensor import columns, hiding
from aicrypto.commit.transcript import Transcript, challenge_from_blocks
from aicrypto.zkml import hidden
from aicrypto.zkml.circuit import witness
from aicrypto.zkml.circuit.witness import QuantRange
from aicrypto.zkml.hidden import (
    HiddenCommitment,
    HiddenModel,
    HiddenProof,
    equations,
    following,
    protocol,
    speaking,
    vector,
)
from aicrypto.zkml.network import Network, ShapeMismatch

CASES = {
    case["id"]: case["in"]
    for case in json.loads((Path(__file__).parent / "vectors" / "zkml.prove.json").read_text())[
        "cases"
    ]
}
NETWORK = Network.from_integers(CASES["digits_4_8_3_small"]["layers"])
DEEP = Network.from_integers(CASES["random_5_7_6_3_committed"]["layers"])
DIGITS = Network.from_integers(CASES["digits_64_32_10"]["layers"])
X = NETWORK.inputs(CASES["digits_4_8_3_small"]["x"])
LOGITS = NETWORK.run(X).logits
MODEL_SEED, SEED = sha256(b"model"), sha256(b"proof")


@pytest.fixture(scope="module")
def model() -> HiddenModel:
    return hidden.commit(NETWORK, MODEL_SEED)


@pytest.fixture(scope="module")
def honest(model: HiddenModel) -> HiddenProof:
    proof = hidden.prove(model, X, SEED)
    assert hidden.verify(model.commitment, X, LOGITS, proof)
    return proof


def rows(network: Network, n: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(n)
    return torch.randint(-60, 100, (n, network.dims[0]), generator=generator, dtype=torch.int8)


# Honest use


@pytest.mark.parametrize(("network", "n_rows"), [(NETWORK, 4), (DEEP, 1), (DEEP, 3), (DIGITS, 1)])
def test_proofs_of_hidden_models_verify(network: Network, n_rows: int) -> None:
    owner, x = hidden.commit(network, MODEL_SEED), rows(network, n_rows)
    logits = network.run(witness.pad_batch(x)).logits
    proof = hidden.prove(owner, x, SEED)
    assert hidden.verify(owner.commitment, x, logits, proof.to_bytes())
    assert hidden.verify(owner.commitment, x.tolist(), logits.tolist(), proof)
    wrong = logits.clone()
    wrong[-1, -1] += 1
    assert not hidden.verify(owner.commitment, x, wrong, proof)
    assert 100 <= hidden.bits(owner.commitment, len(logits)) < 103


def test_the_profile_follows_from_the_batch() -> None:
    network = Network.from_integers(
        [{"W": [[1]] * 33, "b": [0] * 33, "shift": 1}, {"W": [[1] * 33], "b": [5], "shift": 0}]
    )
    owner, x = hidden.commit(network, MODEL_SEED), rows(network, 1)
    assert protocol.layout_of(owner.commitment, 1).size.profile.n_limbs == 2
    assert protocol.layout_of(owner.commitment, 128).size.profile.n_limbs == 1
    assert hidden.verify(owner.commitment, x, network.run(x).logits, hidden.prove(owner, x, SEED))


def test_refusals() -> None:
    with pytest.raises(ValueError, match="seed has 5 bytes, must have 32"):
        hidden.commit(NETWORK, b"short")
    with pytest.raises(ShapeMismatch, match="no network with a hidden layer"):
        hidden.commit(Network(NETWORK.layers[:1]), MODEL_SEED)
    owner = hidden.commit(NETWORK, MODEL_SEED)
    with pytest.raises(ValueError, match="seed has 5 bytes, must have 32"):
        hidden.prove(owner, X, b"short")
    with pytest.raises(ShapeMismatch, match=r"x has shape \[1, 3\]"):
        hidden.prove(owner, [[1, 2, 3]], SEED)
    steep = [{"W": [[100], [7]], "b": [0, 0], "shift": 5}, {"W": [[1, 1]], "b": [0], "shift": 0}]
    with pytest.raises(QuantRange, match="quotient is 397"):  # the profile must not depend on x
        hidden.prove(hidden.commit(Network.from_integers(steep), MODEL_SEED), [[127]], SEED)
    with pytest.raises(ValueError, match="root"):
        dataclasses.replace(owner.commitment, root=b"short")


# Lies


def test_every_number_of_a_proof_counts(model: HiddenModel, honest: HiddenProof) -> None:
    def refused(**change: object) -> bool:
        other = dataclasses.replace(honest, **change)
        return not hidden.verify(model.commitment, X, LOGITS, other)

    one = Fp2(1)
    for i in range(0, len(honest.said), 7):
        said = list(honest.said)
        said[i] += one
        assert refused(said=said), i
    for i in range(0, len(honest.masked), 9):
        for change in ((one, Fp2(0)), (Fp2(0), one)):
            masked = list(honest.masked)
            masked[i] = (masked[i][0] + change[0], masked[i][1] + change[1])
            assert refused(masked=masked), i
    weights, whole = honest.evaluations
    assert refused(evaluations=(weights + one, whole))
    assert refused(evaluations=(weights, whole + one))
    assert refused(difference=honest.difference + one)
    assert refused(root=bytes(32))
    assert refused(opening=honest.model_opening, model_opening=honest.opening)
    assert refused(said=honest.said[:-1])
    assert refused(masked=honest.masked[::-1])


def test_no_flipped_byte_is_accepted(model: HiddenModel, honest: HiddenProof) -> None:
    data, rng = honest.to_bytes(), np.random.default_rng(0)
    for at in rng.integers(0, len(data), 80).tolist():
        other = data[:at] + bytes([data[at] ^ rng.integers(1, 256)]) + data[at + 1 :]
        assert not hidden.verify(model.commitment, X, LOGITS, other)
    for other in (data[:-1], data + b"\0", data[:40], b"", b"AIZZ\x02" + data[5:], None, 7):
        assert not hidden.verify(model.commitment, X, LOGITS, other)
    assert not hidden.verify(model.commitment, X + 1, LOGITS, data)
    assert not hidden.verify(model.commitment, X, "x", data)


def false_activation(network: Network, layout: object, x: torch.Tensor) -> witness.Witness:
    found = honest_witness(network, layout, x)
    changed = found.columns.clone()
    changed[0, 0] += 1
    last = network.layers[-1]
    logits = (changed[0, : network.dims[1]].T @ last.weights.long().T + last.bias).int()
    return dataclasses.replace(found, columns=changed, logits=logits)


def false_logits(network: Network, layout: object, x: torch.Tensor) -> witness.Witness:
    found = honest_witness(network, layout, x)
    return dataclasses.replace(found, logits=found.logits + 1)


def false_counts(network: Network, layout: object, x: torch.Tensor) -> witness.Witness:
    found = honest_witness(network, layout, x)
    counts = found.multiplicities.clone()
    counts[5] += 1
    return dataclasses.replace(found, multiplicities=counts)


honest_witness = witness.compute


@pytest.mark.parametrize("falsify", [false_activation, false_logits, false_counts])
def test_a_false_witness(
    model: HiddenModel, falsify: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = falsify(NETWORK, protocol.layout_of(model.commitment, 1), X)
    monkeypatch.setattr(witness, "compute", falsify)
    assert not hidden.verify(model.commitment, X, found.logits, hidden.prove(model, X, SEED))


def test_another_model(model: HiddenModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """All is right for other weights, but the model's commitment does not hold them."""
    first, last = NETWORK.layers
    bias = last.bias.clone()
    bias[0] += 1
    other = Network((first, dataclasses.replace(last, bias=bias)))
    owner = hidden.commit(other, MODEL_SEED)
    logits = other.run(X).logits
    posing = dataclasses.replace(model, network=other)
    proof = hidden.prove(posing, X, SEED)
    assert not hidden.verify(model.commitment, X, logits, proof)
    opened = hiding.verify

    def only_the_vector(root: bytes, *arguments: object) -> bool:
        return root == model.commitment.root or opened(root, *arguments)

    with monkeypatch.context() as careless:
        careless.setattr(hiding, "verify", only_the_vector)
        assert hidden.verify(model.commitment, X, logits, proof)
    posing = dataclasses.replace(owner, commitment=model.commitment)
    proof = hidden.prove(posing, X, SEED)
    assert not hidden.verify(model.commitment, X, logits, proof)
    assert hidden.verify(owner.commitment, X, logits, hidden.prove(owner, X, SEED))


@pytest.mark.parametrize("part", ["products", "triples"])
def test_products_that_are_none(
    model: HiddenModel, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest_vector = vector.assemble

    def assemble(network, found, script, drawn):
        places = vector.Places.of(protocol.layout_of(model.commitment, 1), script)
        made = honest_vector(network, found, script, drawn)
        made[0, getattr(places, part) + 2] ^= 1
        return made

    monkeypatch.setattr(protocol, "assemble", assemble)
    assert not hidden.verify(model.commitment, X, LOGITS, hidden.prove(model, X, SEED))


def test_an_inverse_that_is_none_where_products_are_not_tested(
    model: HiddenModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pads' product + 1 is committed to, and 0 said to be the inverse: the equation holds."""
    honest_vector = vector.assemble

    def assemble(network, found, script, drawn):
        places = vector.Places.of(protocol.layout_of(model.commitment, 1), script)
        made = honest_vector(network, found, script, drawn)
        pair = (script.witness.total[1], script.last[1])
        place = places.products + script.products.index(pair)
        made[:, place] = m61x2.add(made[:, place], m61x2.from_scalar(Fp2(1)))
        return made

    class Lying(speaking.PaddingTranscript):
        def absorb(self, tag: int, data: bytes) -> None:
            if tag == following.LAST_TAG:
                data = data[:16] + bytes(16) + data[32:]
            super().absorb(tag, data)

    monkeypatch.setattr(protocol, "assemble", assemble)
    monkeypatch.setattr(protocol, "PaddingTranscript", Lying)
    proof = hidden.prove(model, X, SEED)
    assert not hidden.verify(model.commitment, X, LOGITS, proof)
    monkeypatch.setattr(equations, "triples", lambda *_: [])
    assert hidden.verify(model.commitment, X, LOGITS, hidden.prove(model, X, SEED))


# Nothing shows


def test_messages_of_different_seeds_have_nothing_in_common(model: HiddenModel) -> None:
    one, two = (hidden.prove(model, X, seed) for seed in (SEED, MODEL_SEED))
    assert not set(one.said) & set(two.said)
    assert not {v for pair in one.masked for v in pair} & {v for pair in two.masked for v in pair}
    again = hidden.prove(model, X, SEED)
    assert again.to_bytes() == one.to_bytes()
    other = hidden.prove(model, X + 1, SEED)
    assert not set(one.said) & set(other.said), "a seed used for two statements"


class Oracle(Transcript):
    """A transcript whose answers are drawn beforehand: the simulator chooses what leads to them."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.count = 0

    def squeeze(self) -> bytes:
        self.count += 1
        return sha256(b"oracle", self.count.to_bytes(4, "little"))

    def challenge(self) -> Fp2:
        return challenge_from_blocks(iter(self.squeeze, None))


def drawn(rng: np.random.Generator, n: int) -> list[Fp2]:
    return [Fp2(*(int(v) for v in rng.integers(0, 2**60, 2))) for _ in range(n)]


def simulated_opening(
    shape: hiding.Shape,
    weights: list[Fp2],
    value: Fp2,
    oracle: Transcript,
    rng: np.random.Generator,
) -> tuple[bytes, hiding.Opening]:
    """A root, and an opening of it, for a combination of which only the value is known."""
    [sigma], beta = drawn(rng, 1), oracle.challenge()
    product = drawn(rng, shape.n_coefficients)
    product[shape.n_secrets - 1] = sigma + beta * value
    places = sorted(set(oracle.indices(shape.queries, shape.n_places)))
    coefficients = m61x2.from_scalars(product)
    secret, mask = (m61x2.from_scalars(drawn(rng, shape.n_places)) for _ in range(2))
    q, c = (
        reed_solomon_encode(row, shape.n_places)
        for row in (coefficients, m61x2.from_scalars(weights[::-1]))
    )
    scaled = m61x2.mul(m61x2.mul(secret, c), m61x2.from_scalar(beta)[:, None])
    mask[:, places] = m61x2.sub(q, scaled)[:, places]
    codewords = torch.stack((secret, mask), dim=1)
    levels = columns.tree(columns.leaves(codewords))
    shown = columns.read(codewords, places) + columns.prove(levels, places)
    return levels[-1], hiding.Opening(sigma, coefficients, shown)


@pytest.mark.parametrize("logits", [LOGITS, LOGITS + 1_000])
def test_the_simulator_needs_no_witness(
    logits: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows widths, shifts, input and logits, be they true or not; verifiers see no difference.

    Only the oracle's answers, which it has chosen, and a prover has not, let it do so.
    """
    rng, oracle = np.random.default_rng(3), Oracle("any")
    unknown = HiddenCommitment(NETWORK.dims, NETWORK.shifts, bytes(32))
    statement = protocol.Statement.of(unknown, X, logits)
    script = statement.script
    places = vector.Places.of(statement.layout, script)
    said, flat = drawn(rng, script.n_messages), drawn(rng, 2 * len(script.products))
    masked = list(zip(flat[::2], flat[1::2], strict=True))
    difference, *evaluations = drawn(rng, 3)
    joined, _, _ = protocol._join(
        statement, said, lambda _: masked, lambda _: tuple(evaluations), oracle
    )
    shape = protocol.shape_of(statement.layout)
    root, opening = simulated_opening(shape, joined.vector, joined.value, oracle, rng)
    weights, value = joined.of_weights(places), evaluations[0] + difference
    model_root, of_model = simulated_opening(unknown.shape, weights, value, oracle, rng)
    proof = HiddenProof(
        root, difference, said, masked, (evaluations[0], evaluations[1]), opening, of_model
    )
    commitment = dataclasses.replace(unknown, root=model_root)
    assert not hidden.verify(commitment, X, logits, proof)
    monkeypatch.setattr(protocol, "Transcript", Oracle)
    assert hidden.verify(commitment, X, logits, proof.to_bytes())
