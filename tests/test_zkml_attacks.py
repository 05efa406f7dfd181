"""Every attack of zkml-1's table: it works on a verifier without one check, and is refused by ours.

Lies are told by running the honest prover on a false witness, or with one step replaced; careless
verifiers are ours with a check switched off (`without`) or a transcript that does not listen.
"""

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from sympy import ZZ
from sympy.polys.matrices import DomainMatrix

from aicrypto.algebra import Fp2, P, m61, m61x2, multilinear
from aicrypto.commit import merkle
from aicrypto.commit.tensor import columns, ligero
from aicrypto.commit.tensor import soundness as tensor_soundness
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup, lookup, merge, sumcheck
from aicrypto.zkml import model, protocol, statement
from aicrypto.zkml.circuit import lookups, opening, products, refusal, witness
from aicrypto.zkml.circuit.layout import PROFILES, Layout
from aicrypto.zkml.circuit.products import Products
from aicrypto.zkml.circuit.witness import Witness
from aicrypto.zkml.network import Layer, Network
from aicrypto.zkml.proof import MAGIC, Header, Proof
from aicrypto.zkml.protocol import explain
from aicrypto.zkml.soundness import Parameters

CASES = {
    case["id"]: case["in"]
    for case in json.loads((Path(__file__).parent / "vectors" / "zkml.prove.json").read_text())[
        "cases"
    ]
}
NETWORK = Network.from_integers(CASES["digits_4_8_3_small"]["layers"])
X = NETWORK.inputs(CASES["digits_4_8_3_small"]["x"])
PARAMETERS = Parameters(profile=0, inv_rate=4, columns=1, queries=101)
DIGITS = Network.from_integers(CASES["digits_64_32_10"]["layers"])
LOGITS = NETWORK.run(X).logits


@pytest.fixture(scope="module")
def honest() -> Proof:
    proof = protocol.prove(NETWORK, X, PARAMETERS)
    assert explain(NETWORK, X, LOGITS, proof) is None
    return proof


@contextmanager
def replaced(*changes: tuple[object, str, object]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for owner, name, value in changes:
            patch.setattr(owner, name, value)
        yield


def without(*reasons: str):
    """A verifier that lacks these checks."""

    def demand(condition: bool, reason: refusal.Reason) -> None:
        if not condition and reason not in reasons:
            raise refusal.Refused(reason)

    return replaced((refusal, "demand", demand))


def true_witness(network: Network = NETWORK, x: torch.Tensor = X) -> Witness:
    layout = Layout.of(network.dims, network.shifts, len(x), PROFILES[0])
    return witness.compute(network, layout, x)


def lie(found: Witness, columns_: torch.Tensor, quotients: torch.Tensor) -> Witness:
    """The witness changed, and all that follows from it: the logits, the multiplicities."""
    last = NETWORK.layers[-1]
    activations = columns_[0, : NETWORK.dims[1]].T
    logits = (activations @ last.weights.long().T + last.bias).int()
    counts = witness.count(columns_, quotients, found.layout.size.profile)
    return dataclasses.replace(
        found, columns=columns_, quotients=quotients, logits=logits, multiplicities=counts
    )


def changed(column: int | None = None, by: int = 0, quotient: int = 0, y: int = 0) -> Witness:
    """A lie about one neuron that is active, far from both clamps."""
    found = true_witness()
    q = found.quotients[:, 0]
    neuron = int(((q > 2) & (q < 120)).nonzero()[0])
    false_columns, false_quotients = found.columns.clone(), found.quotients.clone()
    false_columns[0, neuron] += y
    if column is not None:
        false_columns[column, neuron] += by
    false_quotients[neuron] += quotient
    return lie(found, false_columns, false_quotients)


def reason_for(found: Witness) -> str | None:
    proof = protocol.prove_witness(NETWORK, found, PARAMETERS)
    return explain(NETWORK, X, found.logits, proof)


LIES = {
    "wrong ReLU": (lambda: changed(y=1), "LogUpSum"),
    "limb below zero": (lambda: changed(1, -4096, quotient=1, y=1), "LogUpSum"),
    "limb above its range": (lambda: changed(1, 4096, quotient=-1, y=-1), "LogUpSum"),
    "quotient alone": (lambda: changed(quotient=1, y=1), "Matmul"),
    "remainder alone": (lambda: with_counts(remainder_moved()), "Matmul"),
}


def remainder_moved() -> Witness:
    found = true_witness()
    moved = found.columns.clone()
    moved[1, 0] = (moved[1, 0] + 1) % 64
    return dataclasses.replace(found, columns=moved)


def with_counts(found: Witness) -> Witness:
    return lie(found, found.columns, found.quotients)


@pytest.mark.parametrize("name", LIES)
def test_a_false_witness(name: str) -> None:
    make, reason = LIES[name]
    found = make()
    assert reason_for(found) == reason
    with without(reason):
        assert reason_for(found) is None


@pytest.mark.parametrize("moves", [{3: 1, 0: -1}, {0: 1}, {70: -1}, {70: 5}])
def test_multiplicities_moved_or_of_a_wrong_total(moves: dict[int, int]) -> None:
    found = true_witness()
    counts = found.multiplicities.clone()
    for place, by in moves.items():
        counts[place] = (counts[place] + by) % P
    found = dataclasses.replace(found, multiplicities=counts)
    assert reason_for(found) == "LogUpSum"
    with without("LogUpSum"):
        assert reason_for(found) is None


def deaf_to(tag: int) -> type[Transcript]:
    class Deaf(Transcript):
        def absorb(self, name: int, data: bytes) -> None:
            if name != tag:
                super().absorb(name, data)

    return Deaf


def short_relation(weights_: list[Fp2]) -> list[int]:
    """Small integers d, not all zero, with sum d_j·weights_j = 0 in F (lattice reduction)."""
    n, k = len(weights_), 2**40
    rows = [[int(i == j) for j in range(n)] + [k * w.re, k * w.im] for i, w in enumerate(weights_)]
    rows += [[0] * n + [k * P, 0], [0] * n + [0, k * P]]
    reduced = DomainMatrix(rows, (n + 2, n + 2), ZZ).lll().to_list()
    found = [[int(v) for v in row[:n]] for row in reduced if not any(row[n:]) and any(row[:n])]
    assert found, "no relation"
    return found[0]


@contextmanager
def recorded(module: object, name: str) -> Iterator[list]:
    """Results and arguments of every call of a function."""
    calls: list = []
    function = getattr(module, name)

    def recording(*arguments: object) -> object:
        calls.append((arguments, function(*arguments)))
        return calls[-1][1]

    with replaced((module, name, recording)):
        yield calls


def digits_proof() -> tuple[torch.Tensor, torch.Tensor, Proof]:
    x = DIGITS.inputs(CASES["digits_64_32_10"]["x"])
    return x, DIGITS.run(x).logits, protocol.prove(DIGITS, x)


def test_false_logits_for_a_transcript_deaf_to_logits() -> None:
    def forged() -> tuple:
        x, logits, proof = digits_proof()
        with recorded(products, "draw_outputs") as calls:
            explain(DIGITS, x, logits, proof)
        table = multilinear.eq_table(calls[0][1].point)[:, : logits.shape[1]]
        false = logits + torch.tensor([short_relation(m61x2.to_scalars(table))])
        assert not torch.equal(false, logits)
        return x, false, proof

    with replaced((protocol, "Transcript", deaf_to(3))):
        assert explain(DIGITS, *forged()) is None
    assert explain(DIGITS, *forged()) == "LayerCheck"


def test_another_input_for_a_transcript_deaf_to_inputs() -> None:
    def forged() -> tuple:
        x, logits, proof = digits_proof()
        with recorded(products, "_value_at") as calls:
            explain(DIGITS, x, logits, proof)
        point = calls[0][0][-1]
        table = m61x2.to_scalars(multilinear.eq_table(point[1:])[:, : x.shape[1]])
        places = list(range(20, 44))  # 24 pixels: changes of about 2^(122/24)
        false = x.long()
        false[0, places] += torch.tensor(short_relation([table[place] for place in places]))
        assert not torch.equal(DIGITS.run(false.tolist()).logits, logits)
        return false.tolist(), logits, proof

    with replaced((protocol, "Transcript", deaf_to(2))):
        assert explain(DIGITS, *forged()) is None
    assert explain(DIGITS, *forged()) == "LayerCheck"


def late(*tags: int) -> type[Transcript]:
    """A transcript that hears these messages only after alpha and beta."""

    class Late(Transcript):
        drawn: ClassVar[list] = []

        def __init__(self, label: str) -> None:
            super().__init__(label)
            self.held: list = []
            self.count = 0

        def absorb(self, tag: int, data: bytes) -> None:
            if tag in tags and self.count < 2:
                self.held.append((tag, data))
            else:
                super().absorb(tag, data)

        def challenge(self) -> Fp2:
            value = super().challenge()
            self.count += 1
            if self.count <= 2:
                Late.drawn.append(value)
            if self.count == 2:
                for message in self.held:
                    super().absorb(*message)
            return value

    return Late


def solve(matrix: list[list[int]], right: list[int]) -> list[int]:
    """The solution of a square system modulo p."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    n = len(rows)
    for i in range(n):
        pivot = next(r for r in range(i, n) if rows[r][i] % P)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        inverse = pow(rows[i][i], -1, P)
        rows[i] = [v * inverse % P for v in rows[i]]
        for r in set(range(n)) - {i}:
            rows[r] = [(a - rows[r][i] * b) % P for a, b in zip(rows[r], rows[i], strict=True)]
    return [row[n] for row in rows]


def test_lookups_chosen_after_alpha() -> None:
    found = changed(y=1)
    forgetful = late(5)
    with replaced((protocol, "Transcript", forgetful)):
        assert reason_for(found) == "LogUpSum"
        alpha, beta = forgetful.drawn[:2]
        # Two multiplicities pay for the lookup that is not in the table.
        leaves = m61x2.to_scalars(lookups.looked_up(found, beta))
        table = m61x2.to_scalars(lookups.table(PROFILES[0], beta))
        counts = found.multiplicities.tolist()
        missing = sum((1 / (alpha - leaf) for leaf in leaves), Fp2(0))
        for entry, count in zip(table, counts, strict=True):
            missing -= count * (1 / (alpha - entry)) if count else Fp2(0)
        u, v = (1 / (alpha - entry) for entry in table[:2])
        paid = solve([[u.re, v.re], [u.im, v.im]], [missing.re, missing.im])
        counts[:2] = [(count + more) % P for count, more in zip(counts, paid, strict=False)]
        found = dataclasses.replace(found, multiplicities=torch.tensor(counts))
        assert not torch.equal(found.logits, LOGITS)
        assert reason_for(found) is None
    assert reason_for(found) == "LogUpSum"


def careless_sum(checks_layers: bool = True) -> Callable:
    """`logup.verify` without its check of the total, for as many layers as the proof has.

    Coordinates that are missing then are taken to be 0.
    """

    def verify(log_leaves, ones, proof, transcript, tags):
        transcript.absorb(tags.root, proof.total.to_bytes())
        claim, point = proof.total, ()
        for layer in proof.layers:
            weight = transcript.challenge()
            remaining, inner = logup._follow_rounds(
                layer, point, claim.joined(weight), transcript, tags
            )
            left, right = logup._child_fractions(layer)
            if checks_layers and remaining != (left + right).joined(weight):
                return None
            claim, tau = logup._choose_child(layer, transcript, tags)
            point = (tau, *inner)
        missing = [Fp2(0)] * (log_leaves - len(point))
        return logup.Leaves((*missing, *point), claim)

    return verify


def zero_denominators(alpha: Fp2, beta: Fp2, logits: torch.Tensor) -> Witness:
    """Two lookups of alpha itself make 0/0 of the sum, and any other may be false."""
    found = true_witness()
    target = alpha - beta * beta
    y = target.im * pow(beta.im, -1, P) % P
    q = (target.re - y * beta.re) % P
    columns_, quotients = found.columns.clone(), found.quotients.clone()
    acc = quotients * 4096 + columns_[1] + 64 * columns_[2]
    for neuron in (0, 1):
        quotients[neuron], columns_[0, neuron] = q, y
        columns_[1, neuron] = (int(acc[neuron]) - 4096 * q) % P
        columns_[2, neuron] = 0
    last = NETWORK.layers[-1]
    w = last.weights.long().tolist()
    free = (2, 3, 4)  # the other activations are then whatever the logits ask for
    fixed = [
        sum(w[i][j] * int(columns_[0, j]) for j in range(8) if j not in free) for i in range(3)
    ]
    right = [int(logits[0, i]) - int(last.bias[i]) - fixed[i] for i in range(3)]
    solution = solve([[w[i][j] for j in free] for i in range(3)], right)
    for neuron, value in zip(free, solution, strict=True):
        columns_[0, neuron] = value
    return dataclasses.replace(found, columns=columns_, quotients=quotients, logits=logits)


def test_denominator_zero() -> None:
    logits = torch.tensor([[-1, 1_000_000, 7]], dtype=torch.int32)
    forgetful = late(4, 5)
    tolerant_prover = (
        (protocol, "Transcript", forgetful),
        (logup, "_refuse_leaves", lambda p, q: None),
        (witness, "fold_batch", lambda rows, _: m61x2.from_base(m61.reduce(rows[:, 0]))),
    )
    with replaced(*tolerant_prover):
        reason_for(dataclasses.replace(true_witness(), logits=logits))
        found = zero_denominators(*forgetful.drawn[:2], logits)
        assert reason_for(found) == "ZeroDenominator"
        careless = replaced((logup, "verify", careless_sum()))
        with careless, without("ZeroDenominator"):
            assert reason_for(found) is None
    with replaced(*tolerant_prover[1:]):
        assert reason_for(found) == "LogUpSum"  # alpha is drawn afterwards


def other_networks() -> dict[str, Network]:
    def change(edit: Callable[[list], None]) -> Network:
        layers = [
            {"W": layer.weights.tolist(), "b": layer.bias.tolist(), "shift": layer.shift}
            for layer in NETWORK.layers
        ]
        edit(layers)
        return Network.from_integers(layers)

    def weight(layers: list) -> None:
        layers[0]["W"][0][0] += 1

    def last_weight(layers: list) -> None:
        layers[1]["W"][2][7] -= 1

    def bias(layers: list) -> None:
        layers[1]["b"][0] += 1

    def shift(layers: list) -> None:
        layers[0]["shift"] += 1

    edits = {"weight": weight, "last weight": last_weight, "bias": bias, "shift": shift}
    return {name: change(edit) for name, edit in edits.items()}


class Posing(Network):
    """A network under the name of another."""

    digest = NETWORK.digest


@pytest.mark.parametrize("name", other_networks())
def test_another_network(name: str) -> None:
    other = other_networks()[name]
    logits = other.run(X).logits
    assert explain(NETWORK, X, logits, protocol.prove(other, X, PARAMETERS)) == "Statement"
    posing = protocol.prove(Posing(other.layers), X, PARAMETERS)
    assert explain(NETWORK, X, logits, posing) == "Matmul"
    with without("Matmul"):
        assert explain(NETWORK, X, logits, posing) is None


def test_another_network_behind_a_commitment() -> None:
    committed = model.commit(NETWORK)
    other = other_networks()["weight"]
    liar = dataclasses.replace(model.commit(other), commitment=committed.commitment)
    logits = other.run(X).logits
    proof = protocol.prove(liar, X)
    assert explain(committed.commitment, X, logits, proof) == "Merkle"
    with without("Merkle", "Columns"):
        assert explain(committed.commitment, X, logits, proof) is None


def test_weights_beyond_int8_are_not_excluded_by_a_commitment() -> None:
    first = NETWORK.layers[0]
    wide = first.weights.int()
    wide[0, 0] = 300
    network = Network.__new__(Network)
    layers = (Layer(wide, first.bias, 12), NETWORK.layers[1])
    object.__setattr__(network, "layers", layers)
    owner = model.commit(network)
    proof = protocol.prove(owner, X)
    assert explain(owner.commitment, X, network.run(X).logits, proof) is None


Edit = Callable[[Proof], Proof]


def edit_sums(edit: Callable[[tuple], tuple], table: bool = False) -> Edit:
    name = "table" if table else "witness"

    def apply(proof: Proof) -> Proof:
        one = getattr(proof.sums, name)
        one = dataclasses.replace(one, layers=edit(one.layers))
        return dataclasses.replace(proof, sums=dataclasses.replace(proof.sums, **{name: one}))

    return apply


def edit_rounds(field: str, edit: Callable[[tuple], tuple]) -> Edit:
    def apply(proof: Proof) -> Proof:
        part = getattr(proof, field)
        part = dataclasses.replace(part, rounds=edit(part.rounds))
        return dataclasses.replace(proof, **{field: part})

    return apply


def drop(parts: tuple) -> tuple:
    return parts[:-1]


def repeat(parts: tuple) -> tuple:
    return (*parts, parts[-1])


def swap(parts: tuple) -> tuple:
    return (*parts[:-2], parts[-1], parts[-2])


def swap_sums(proof: Proof) -> Proof:
    sums = dataclasses.replace(proof.sums, witness=proof.sums.table, table=proof.sums.witness)
    return dataclasses.replace(proof, sums=sums)


def repeat_column(proof: Proof) -> Proof:
    return dataclasses.replace(proof, openings=proof.openings[:48] + proof.openings)


def swap_columns(proof: Proof) -> Proof:
    one, two, rest = proof.openings[:48], proof.openings[48:96], proof.openings[96:]
    return dataclasses.replace(proof, openings=two + one + rest)


SHAPE_EDITS = {
    "layer dropped": (edit_sums(drop), {"Shape", "NonCanonical", "LayerCheck"}),
    "layer repeated": (edit_sums(repeat), {"LayerCheck", "ZeroDenominator"}),
    "layers exchanged": (edit_sums(swap), {"LayerCheck"}),
    "table layer dropped": (edit_sums(drop, table=True), {"Shape", "NonCanonical", "LayerCheck"}),
    "table layers exchanged": (edit_sums(swap, table=True), {"LayerCheck"}),
    "sums exchanged": (swap_sums, {"LayerCheck"}),
    "matrix round dropped": (edit_rounds("products", drop), {"Matmul", "NonCanonical"}),
    "matrix round repeated": (edit_rounds("products", repeat), {"Matmul"}),
    "matrix rounds exchanged": (edit_rounds("products", swap), {"Matmul"}),
    "merge round dropped": (edit_rounds("merge", drop), {"Merge", "NonCanonical"}),
    "merge round repeated": (edit_rounds("merge", repeat), {"Merge"}),
    "merge rounds exchanged": (edit_rounds("merge", swap), {"Merge"}),
    "column repeated": (repeat_column, {"Shape"}),
    "columns exchanged": (swap_columns, {"Merkle"}),
}


@pytest.mark.parametrize("name", SHAPE_EDITS)
def test_parts_dropped_repeated_exchanged(honest: Proof, name: str) -> None:
    edit, reasons = SHAPE_EDITS[name]
    assert explain(NETWORK, X, LOGITS, edit(honest)) in reasons


# The same where it pays: proofs made for a verifier who lets the proof say how many parts there are
# (`believing`), or who lacks the one check that is named.


def believing(proof: Proof):
    """A verifier who takes the lengths of all parts from the proof."""
    return replaced((Proof, "from_bytes", classmethod(lambda *_: proof)))


def test_a_layer_dropped_and_half_of_the_lookups_with_it() -> None:
    """The lookups of (q, y) are never made: any ReLU will do."""
    found = changed(y=1)
    profile, honest_sum = found.layout.size.profile, logup.prove
    limbs = torch.bincount(found.columns[1:].flatten(), minlength=profile.n_table)
    found = dataclasses.replace(found, multiplicities=limbs)

    def first_half(p, q, transcript, tags):
        if p is not None:
            return honest_sum(p, q, transcript, tags)
        proof, left = honest_sum(None, q.chunk(2, dim=1)[0].contiguous(), transcript, tags)
        return proof, logup.Leaves((Fp2(0), *left.point), left.leaf)

    with replaced((logup, "prove", first_half)):
        proof = protocol.prove_witness(NETWORK, found, PARAMETERS)
    assert explain(NETWORK, X, found.logits, proof) in {"Shape", "NonCanonical", "LayerCheck"}
    with believing(proof):
        assert explain(NETWORK, X, found.logits, proof) == "LayerCheck"
        with replaced((logup, "verify", careless_sum())):
            assert explain(NETWORK, X, found.logits, proof) is None


def test_a_layer_that_does_not_add_up() -> None:
    """The total is the table's, whatever was looked up; the first layer says something else."""
    found = changed(y=1)
    total = protocol.prove_witness(NETWORK, found, PARAMETERS).sums.table.total

    class Forging(Transcript):
        def absorb(self, tag: int, data: bytes) -> None:
            forged = tag == lookup.WITNESS_TAGS.root
            super().absorb(tag, total.to_bytes() if forged else data)

    with replaced((protocol, "Transcript", Forging)):
        proof = protocol.prove_witness(NETWORK, found, PARAMETERS)
    witness_sum = dataclasses.replace(proof.sums.witness, total=total)
    sums = dataclasses.replace(proof.sums, witness=witness_sum)
    proof = dataclasses.replace(proof, sums=sums)
    assert explain(NETWORK, X, found.logits, proof) == "LayerCheck"
    with replaced((logup, "verify", careless_sum(checks_layers=False))):
        assert explain(NETWORK, X, found.logits, proof) is None


def test_the_sum_of_other_lookups() -> None:
    found, true, honest_prove = changed(y=1), true_witness(), lookups.prove
    found = dataclasses.replace(found, multiplicities=true.multiplicities)
    with replaced((lookups, "prove", lambda _, transcript: honest_prove(true, transcript))):
        proof = protocol.prove_witness(NETWORK, found, PARAMETERS)
    assert explain(NETWORK, X, found.logits, proof) == "LeafClaim"
    with without("LeafClaim"):
        assert explain(NETWORK, X, found.logits, proof) is None


def test_the_sum_over_another_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table with the pair that the liar needs, in the place of the right one."""
    monkeypatch.setenv("AICRYPTO_ENGINE", "torch")  # compiled loops write the table themselves
    found, true, honest_table = changed(y=1), true_witness(), lookups.table
    [place] = (found.multiplicities != true.multiplicities).nonzero().flatten().tolist()
    assert true.multiplicities[place] == 1, "only the liar's neuron has this quotient"

    def false_table(profile, beta, device=None):
        entries = honest_table(profile, beta, device).clone()
        entries[:, place] = m61x2.add(entries[:, place], m61x2.from_scalar(beta))
        return entries

    found = dataclasses.replace(found, multiplicities=true.multiplicities)
    with replaced((lookups, "table", false_table)):
        proof = protocol.prove_witness(NETWORK, found, PARAMETERS)
    assert explain(NETWORK, X, found.logits, proof) == "LogUpTable"
    with without("LogUpTable"):
        assert explain(NETWORK, X, found.logits, proof) is None


def verify_all_rounds(layout, x, claim, layers, place, outputs, proof, transcript):
    """`products.verify` for any number of rounds: missing ones are 0, the last ones count."""
    point: list[Fp2] = []
    for message in proof.rounds:
        transcript.absorb(products.ROUND_TAG, message.to_bytes())
        point.append(transcript.challenge())
        claim = message.next_claim(claim, point[-1])
    n = layout.size.n_product_rounds
    point = [*[Fp2(0)] * (n - len(point)), *point][-n:]
    value = products._value_at(layout, x, proof.activation, place, point)
    table = products.weight_table(layout, layers, place, outputs)
    refusal.demand(claim == value * multilinear.evaluate(table, point), "Matmul")
    transcript.absorb(products.ACTIVATION_TAG, proof.activation.to_bytes())
    return products._stack_point(layout, point)


def prove_rounds(choose: Callable) -> Callable:
    """`products.prove` with other rounds: choose(f, g, transcript) gives them, and their point."""

    def prove(layout, x, activations, layers, place, outputs, transcript):
        f = products._value_table(layout, x, activations, place)
        g = products.weight_table(layout, layers, place, outputs)
        rounds, left = choose(f, g, transcript)
        point = products._stack_point(layout, left)
        activation = multilinear.evaluate(activations, point)
        transcript.absorb(products.ACTIVATION_TAG, activation.to_bytes())
        return Products(rounds, activation), point

    return prove


def test_a_round_dropped_and_the_last_layer_with_it() -> None:
    """The first round chooses between inputs and activations: without it, there are only inputs."""

    def inputs_alone(f, g, transcript):
        halves = (table.chunk(2, dim=1)[0].contiguous() for table in (f, g))
        proof, left = sumcheck.prove(*halves, transcript, products.ROUND_TAG)
        return proof.rounds, (Fp2(0), *left.point)

    found = dataclasses.replace(true_witness(), logits=NETWORK.layers[-1].bias[None])
    assert not torch.equal(found.logits, LOGITS)
    with replaced((products, "prove", prove_rounds(inputs_alone))):
        proof = protocol.prove_witness(NETWORK, found, PARAMETERS)
    assert explain(NETWORK, X, found.logits, proof) in {"Shape", "NonCanonical", "Matmul"}
    with believing(proof):
        assert explain(NETWORK, X, found.logits, proof) in {"Matmul", "Shape"}
        with replaced((products, "verify", verify_all_rounds)):
            assert explain(NETWORK, X, found.logits, proof) is None


def test_a_round_too_many_and_everything_counts_twice() -> None:
    """A constant polynomial: its values at 0 and 1 add up to twice the truth."""

    def network(factor: int) -> Network:
        return Network.from_integers(
            {"W": layer.weights.long() // 2 * factor, "b": layer.bias, "shift": layer.shift}
            for layer in NETWORK.layers
        )

    def once_more(f, g, transcript):
        constant = sumcheck.Round(m61x2.to_scalar(m61x2.dot(f, g)), Fp2(0))
        transcript.absorb(products.ROUND_TAG, constant.to_bytes())
        transcript.challenge()
        proof, left = sumcheck.prove(f, g, transcript, products.ROUND_TAG)
        return (constant, *proof.rounds), left.point

    model_, found = network(1), true_witness(network(2))
    assert not torch.equal(model_.run(X).logits, found.logits)
    with replaced((products, "prove", prove_rounds(once_more))):
        proof = protocol.prove_witness(model_, found, PARAMETERS)
    assert explain(model_, X, found.logits, proof) in {"Shape", "NonCanonical", "Matmul", "Merge"}
    with believing(proof):
        assert explain(model_, X, found.logits, proof) in {"Matmul", "Shape"}
        with replaced((products, "verify", verify_all_rounds)):
            assert explain(model_, X, found.logits, proof) is None


def tolerant_merge(claims, proof, transcript, tag):
    """`merge.verify` without its last comparison."""
    transcript.challenge()
    point = tuple(sumcheck._exchange(message, transcript, tag) for message in proof.rounds)
    return merge.Claim(point, proof.value)


@pytest.mark.parametrize(
    ("tag", "reason", "careless"),
    [
        (products.ROUND_TAG, "Matmul", lambda: without("Matmul")),
        (opening.MERGE_TAG, "Merge", lambda: replaced((merge, "verify", tolerant_merge))),
    ],
)
def test_rounds_exchanged(tag: int, reason: str, careless: Callable) -> None:
    """The prover goes on as the transcript then demands: one check is left to see it."""
    honest_sumcheck = sumcheck.prove

    def exchanging(f, g, transcript, name):
        if name != tag:
            return honest_sumcheck(f, g, transcript, name)
        proof, _ = honest_sumcheck(f, g, copy.copy(transcript), name)
        rounds = swap(proof.rounds)
        point = tuple(sumcheck._exchange(message, transcript, name) for message in rounds)
        values = [multilinear.evaluate(table, point) for table in (f, g)]
        proof = sumcheck.SumcheckProof(rounds, *values)
        return proof, sumcheck.Evaluations(point, *values)

    with replaced((sumcheck, "prove", exchanging)):
        proof = protocol.prove(NETWORK, X, PARAMETERS)
    assert explain(NETWORK, X, LOGITS, proof) == reason
    with careless():
        assert explain(NETWORK, X, LOGITS, proof) is None


@pytest.mark.parametrize("n_bytes", [0, 4, 5, 43, 44, 75, 76, 1100, 2000, 4000, -1])
def test_bytes_missing(honest: Proof, n_bytes: int) -> None:
    reason = explain(NETWORK, X, LOGITS, honest.to_bytes()[:n_bytes])
    assert reason == ("Version" if n_bytes in (0, 4) else "Shape")


def test_bytes_left_over(honest: Proof) -> None:
    longer = honest.to_bytes() + b"\0"
    assert explain(NETWORK, X, LOGITS, longer) == "Shape"
    with without("Shape"):
        assert explain(NETWORK, X, LOGITS, longer) is None


def element_offsets(data: bytes, proof: Proof) -> dict[str, int]:
    """Where some field elements of every part begin."""
    lengths = {
        "header": 44,
        "root": 32,
        "counts": len(protocol.varints.encode(proof.multiplicities.numpy())),
        "witness sum": len(proof.sums.witness.to_bytes()),
        "table sum": len(proof.sums.table.to_bytes()),
        "claims": len(proof.claims.to_bytes()),
        "matrix rounds": 32 * len(proof.products.rounds),
        "activation": 16,
        "merge rounds": 32 * len(proof.merge.rounds),
        "value": 16,
        "combinations": len(proof.folds.to_bytes()),
        "columns": len(proof.openings),
    }
    assert sum(lengths.values()) == len(data)
    starts = np.cumsum([0, *lengths.values()])
    return dict(zip(lengths, starts.tolist(), strict=False))


def test_words_of_p_and_more_are_refused_everywhere(honest: Proof) -> None:
    data = honest.to_bytes()
    offsets = element_offsets(data, honest)
    for name in list(offsets)[3:]:
        start = offsets[name]
        word = int.from_bytes(data[start : start + 8], "little") + P
        other = data[:start] + word.to_bytes(8, "little") + data[start + 8 :]
        assert explain(NETWORK, X, LOGITS, other) == "NonCanonical", name

    def reducing(cls: type, data: bytes) -> Fp2:
        re, im = (int.from_bytes(part, "little") for part in (data[:8], data[8:]))
        return Fp2(re % P, im % P)

    start = offsets["value"]
    word = int.from_bytes(data[start : start + 8], "little") + P
    other = data[:start] + word.to_bytes(8, "little") + data[start + 8 :]
    with replaced((Fp2, "from_bytes", classmethod(reducing))):
        assert explain(NETWORK, X, LOGITS, other) is None


def test_padded_varints_are_refused(honest: Proof) -> None:
    data = honest.to_bytes()
    start = element_offsets(data, honest)["counts"]
    assert data[start] < 128
    padded = data[:start] + bytes([data[start] | 128, 0]) + data[start + 1 :]
    assert explain(NETWORK, X, LOGITS, padded) == "NonCanonical"
    huge = data[:start] + b"\xff" * 200 + data[start + 1 :]
    assert explain(NETWORK, X, LOGITS, huge) == "NonCanonical"


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (0, b"B", "Version"),
        (4, b"\x02", "Version"),
        (5, b"\x01", "Statement"),
        (5, b"\x02", "Statement"),
        (6, b"\x02", "Statement"),
        (6, b"\xff", "Statement"),
        (7, b"\x01", "Statement"),
        (7, b"\xff", "Statement"),
        (8, b"\x00", "WeakParameters"),
        (8, b"\x07", "WeakParameters"),
        (8, b"\xff", "WeakParameters"),
        (9, b"\x03", "WeakParameters"),
        (9, b"\xff", "WeakParameters"),
        (10, b"\x14\x00", "WeakParameters"),
        (10, b"\x00\x00", "WeakParameters"),
        (10, b"\x01\x04", "WeakParameters"),
        (12, b"\x00\x00", "Statement"),
    ],
)
def test_the_header_edited(honest: Proof, offset: int, value: bytes, reason: str) -> None:
    data = honest.to_bytes()
    other = data[:offset] + value + data[offset + len(value) :]
    assert explain(NETWORK, X, LOGITS, other) == reason


@pytest.mark.parametrize("offset", [6, 8, 9])
def test_another_circuit_or_code_in_the_header(honest: Proof, offset: int) -> None:
    data = bytearray(honest.to_bytes())
    data[offset] = {6: 1, 8: 3, 9: 1}[offset]
    assert explain(NETWORK, X, LOGITS, bytes(data)) is not None


@pytest.mark.parametrize("version", [b"AIZK\x02", b"ZKML\x01"])
def test_another_version_for_a_verifier_who_skips_it(honest: Proof, version: bytes) -> None:
    read, data = Header.from_bytes, version + honest.to_bytes()[5:]
    assert explain(NETWORK, X, LOGITS, data) == "Version"

    def skipping(cls: type, data: bytes) -> Header:
        return read(MAGIC + data[5:])

    with without("Version"), replaced((Header, "from_bytes", classmethod(skipping))):
        assert explain(NETWORK, X, LOGITS, data) is None


@pytest.mark.parametrize("change", [{"flags": 1}, {"flags": 128}, {"digest": bytes(32)}])
def test_proofs_that_say_to_be_about_something_else(change: dict) -> None:
    """Their makers told the transcript the same, so nothing but the comparison sees it."""
    of = Header.of

    def other(cls: type, *arguments: object) -> Header:
        return dataclasses.replace(of(*arguments), **change)

    with replaced((Header, "of", classmethod(other))):
        proof = protocol.prove(NETWORK, X, PARAMETERS)
    assert explain(NETWORK, X, LOGITS, proof) == "Statement"
    with without("Statement"):
        assert explain(NETWORK, X, LOGITS, proof) is None


def test_few_queries() -> None:
    with replaced((statement, "TARGET_BITS", 0)):
        proof = protocol.prove(NETWORK, X, Parameters(0, 4, 1, 20))
        assert explain(NETWORK, X, LOGITS, proof) is None
    assert explain(NETWORK, X, LOGITS, proof) == "WeakParameters"


def half_wrong(committed: ligero.Committed, rng: np.random.Generator) -> ligero.Committed:
    """The same commitment, with one row that is half-way to another codeword."""
    shape = committed.shape
    noticed = (shape.n_places - shape.columns) // 2 + 1
    places = rng.choice(shape.n_places, noticed, replace=False)
    codewords = committed.codewords.clone()
    codewords[0, 0, places] = (codewords[0, 0, places] + 1) % P
    levels = columns.tree(columns.leaves(codewords))
    return dataclasses.replace(committed, codewords=codewords, levels=levels)


def lying_steps(found: Witness, lie: Sequence[Fp2] = (Fp2(1),)) -> list[tuple[object, str, object]]:
    """The honest prover's steps, changed so that false logits pass all checks but the columns'.

    The second combination is altered by a multiple of the polynomial with these coefficients.
    """
    heard: dict = {}

    def claim(folded, place, transcript):
        heard["claims"] = honest_claim(folded, place, transcript)
        return heard["claims"]

    def prove_products(layout, x, activations, layers, place, outputs, transcript):
        f = products._value_table(layout, x, activations, place)
        g = products.weight_table(layout, layers, place, outputs)
        listener = copy.copy(transcript)
        proof, left = sumcheck.prove(f, g, transcript, products.ROUND_TAG)
        total = products.claim_of(layout, heard["claims"], found.logits, layers, place, outputs)
        for message in proof.rounds:
            listener.absorb(products.ROUND_TAG, message.to_bytes())
            total = message.next_claim(total, listener.challenge())
        at_zero = products._value_at(layout, x, Fp2(0), place, left.point)
        at_one = products._value_at(layout, x, Fp2(1), place, left.point)
        activation = (total / left.g_value - at_zero) / (at_one - at_zero)
        transcript.absorb(products.ACTIVATION_TAG, activation.to_bytes())
        heard["activation"] = activation
        return Products(proof.rounds, activation), products._stack_point(layout, left.point)

    def prove_merge(size, folded, place, stack_point, transcript):
        listener, before = copy.copy(transcript), copy.copy(transcript)
        proof, point = honest_merge(size, folded, place, stack_point, listener)
        delta = before.challenge()
        points = opening._points(size, place, stack_point)
        claims = heard["claims"]
        values = [heard["activation"], claims.activation, *claims.limbs]
        total = merge._join(values, delta)
        for message in proof.rounds:
            before.absorb(opening.MERGE_TAG, message.to_bytes())
            total = message.next_claim(total, before.challenge())
        t = point[: len(points[0])]
        value = total / merge._join([multilinear.eq(p, t) for p in points], delta)
        before.absorb(opening.VALUE_TAG, value.to_bytes())
        transcript.state, heard["value"] = before.state, value
        transcript._squeezed = before._squeezed
        return dataclasses.replace(proof, value=value), point

    def prove_fold(committed, point, transcript):
        folds = honest_fold(committed, point, copy.copy(transcript))
        _, column_point, pair = committed.shape.split(point)
        wrong = heard["value"] - folds.value(column_point, pair)
        # The value depends on u2 through p2 = conj(u2~ at the conjugate point).
        p2 = wrong / ((1 - pair) / 2 - pair / Fp2(0, 2))
        weights = multilinear.eq_table([c.conj() for c in column_point])[:, : len(lie)]
        coefficients = m61x2.from_scalars(lie)
        step = p2.conj() / m61x2.to_scalar(m61x2.dot(weights, coefficients))
        u2 = folds.u2.clone()
        altered = m61x2.mul(coefficients, m61x2.from_scalar(step)[:, None])
        u2[:, : len(lie)] = m61x2.add(u2[:, : len(lie)], altered)
        folds = ligero.Folds(folds.u1, u2)
        transcript.absorb(opening.FOLDS_TAG, folds.to_bytes())
        return folds

    honest_claim, honest_merge, honest_fold = (
        lookups.claim,
        opening.prove_merge,
        opening.prove_fold,
    )
    return [
        (lookups, "claim", claim),
        (products, "prove", prove_products),
        (opening, "prove_merge", prove_merge),
        (opening, "prove_fold", prove_fold),
    ]


def test_any_logits_where_one_combination_is_not_checked() -> None:
    logits = torch.tensor([[1, 2, 3]], dtype=torch.int32)
    found = dataclasses.replace(true_witness(), logits=logits)
    with replaced(*lying_steps(found)):
        proof = protocol.prove_witness(NETWORK, found, PARAMETERS)
    assert explain(NETWORK, X, logits, proof) == "Columns"
    with without("Columns"):
        assert explain(NETWORK, X, logits, proof) is None

    everything = ligero.check_combinations

    def only_u1(root, shape, combinations, indices, answer):
        return everything(root, shape, combinations[:1], indices, answer)

    with replaced((ligero, "check_combinations", only_u1)):
        assert explain(NETWORK, X, logits, proof) is None


def vanishing(places: Sequence[int], n: int) -> list[Fp2]:
    """The coefficients of the polynomial that is 0 at these places of codewords of length n."""
    omega, coefficients = m61x2.root_of_unity(n.bit_length() - 1), [Fp2(1)]
    for place in places:
        low = [-(omega**place) * c for c in coefficients]
        coefficients = [a + b for a, b in zip((*low, Fp2(0)), (Fp2(0), *coefficients), strict=True)]
    return coefficients


FOUR = X.repeat(4, 1)
ANY_LOGITS = torch.tensor([[1, 2, 3]] * 4, dtype=torch.int32)


def attempt(parameters: Parameters, places: Sequence[int], logits: torch.Tensor) -> Proof:
    """A proof of false logits for four rows; at these places of the columns nothing is wrong."""
    found = dataclasses.replace(true_witness(x=FOUR), logits=logits)
    n = parameters.columns * parameters.inv_rate
    with replaced(*lying_steps(found, vanishing(places, n))):
        return protocol.prove_witness(NETWORK, found, parameters)


def test_columns_dropped_for_a_verifier_who_looks_at_those_that_are_there() -> None:
    proof = attempt(Parameters(0, 4, 8, 150), [], ANY_LOGITS)
    assert explain(NETWORK, FOUR, ANY_LOGITS, proof) == "Columns"
    proof = dataclasses.replace(proof, openings=b"")
    assert explain(NETWORK, FOUR, ANY_LOGITS, proof) == "Shape"
    everything = opening.verify_columns

    def those_there(questions, answers):
        return everything(questions, answers) if answers else None

    with replaced((opening, "verify_columns", those_there)):
        assert explain(NETWORK, FOUR, ANY_LOGITS, proof) is None


def test_one_column_repeated_for_a_verifier_who_lets_the_prover_choose() -> None:
    class Told(Transcript):
        def indices(self, t: int, n: int) -> list[int]:
            return [5] * t

    parameters = Parameters(0, 4, 8, 150)
    with replaced((protocol, "Transcript", Told)):
        proof = attempt(parameters, [5], ANY_LOGITS)
        assert explain(NETWORK, FOUR, ANY_LOGITS, proof) is None
    assert explain(NETWORK, FOUR, ANY_LOGITS, proof) == "Shape"
    assert explain(NETWORK, FOUR, ANY_LOGITS, attempt(parameters, [5], ANY_LOGITS)) == "Columns"


def test_columns_exchanged_for_a_verifier_without_columns_and_paths(honest: Proof) -> None:
    other = swap_columns(honest)
    assert explain(NETWORK, X, LOGITS, other) == "Merkle"
    with without("Merkle", "Columns"):
        assert explain(NETWORK, X, LOGITS, other) is None


def tries(parameters: Parameters, n_places: int, most: int) -> int:
    """How many false statements until one passes, each with other logits and places; or `most`."""
    rng, n = np.random.default_rng(1), parameters.columns * parameters.inv_rate
    for number in range(1, most):
        places = rng.choice(n, n_places, replace=False).tolist()
        logits = ANY_LOGITS + number
        if explain(NETWORK, FOUR, logits, attempt(parameters, places, logits)) is None:
            return number
    return most


def test_guessing_the_queries_for_false_logits() -> None:
    """A lie of degree C - 1 is 0 at 7 of 32 places: (7/32)^T of all attempts pass.

    So two queries are 21 attempts, and each more is five times as many; 147, as proofs have them,
    are 2^322. But no proof says that this is the best attack: what is proven is 0.75 bits a query
    against all of them, and the number of queries follows from that.
    """
    with replaced((statement, "TARGET_BITS", 0)):
        assert 2 <= tries(Parameters(0, 4, 8, 2), 7, 200) < 200
        assert tries(Parameters(0, 4, 8, 40), 7, 20) == 20
    logits = ANY_LOGITS
    proof = attempt(Parameters(0, 4, 8, 150), range(7), logits)
    assert explain(NETWORK, FOUR, logits, proof) == "Columns"


def test_guessing_the_queries_with_a_row_half_way_to_another_codeword() -> None:
    """The case that proofs are counted by: 13 of 32 places are wrong, 19 do not tell."""
    rng, commit, logits = np.random.default_rng(1), ligero.commit, NETWORK.run(FOUR).logits

    def outcome(n_queries: int) -> str | None:
        parameters = Parameters(0, 4, 8, n_queries)
        proof = protocol.prove(NETWORK, FOUR, parameters)
        return explain(NETWORK, FOUR, logits, proof)

    form = true_witness(x=FOUR).layout.size.shape(8, 4)
    assert tensor_soundness.query_error(form, 8) == (19 / 32) ** 8
    assert tensor_soundness.choose_queries(form, 100) == 133
    with replaced(
        (statement, "TARGET_BITS", 0),
        (ligero, "commit", lambda values, shape: half_wrong(commit(values, shape), rng)),
    ):
        first = next((i for i in range(400) if outcome(8) is None), 400)
        assert first < 400, "one in 64 passes"
        assert {outcome(133) for _ in range(5)} == {"Columns"}


def test_rate_one_is_no_code() -> None:
    """Every word is a codeword: a lie is wrong in one place of 8, and 20 queries may miss it."""
    accepting = (
        (statement, "TARGET_BITS", 0),
        (Parameters, "__post_init__", lambda _: None),
        (ligero, "check_rate", lambda _: None),
    )
    with replaced(*accepting):
        parameters = Parameters(0, 1, 8, 20)
        assert 2 <= tries(parameters, 7, 200) < 200, "(7/8)^20 is 7 %"
        proof = protocol.prove(NETWORK, FOUR, parameters)
    assert explain(NETWORK, FOUR, NETWORK.run(FOUR).logits, proof) == "WeakParameters"


def test_combinations_and_columns_altered(honest: Proof) -> None:
    data = honest.to_bytes()
    offsets = element_offsets(data, honest)
    for name, reason in (("combinations", "Opening"), ("columns", "Merkle")):
        altered = bytearray(data)
        altered[offsets[name]] ^= 1
        assert explain(NETWORK, X, LOGITS, bytes(altered)) == reason
    with without("Merkle", "Columns"):
        assert explain(NETWORK, X, LOGITS, bytes(altered)) is None


def test_batches_changed() -> None:
    x = NETWORK.inputs([[77, 65, 77, 81], [1, 2, 3, 4]])
    logits = NETWORK.run(x).logits
    proof = protocol.prove(NETWORK, x)
    assert explain(NETWORK, x, logits, proof) is None
    assert explain(NETWORK, x.flip(0), logits.flip(0), proof) == "LayerCheck"
    assert explain(NETWORK, x[:1], logits[:1], proof) == "Statement"
    assert explain(NETWORK, x.repeat(2, 1), logits.repeat(2, 1), proof) == "Statement"
    assert explain(NETWORK, x + 1, logits, proof) == "LayerCheck"


def stale(value: Fp2, n_rounds: int) -> type[Transcript]:
    """A transcript whose answer to the last of so many rounds of the lookups is always the same."""

    class Stale(Transcript):
        heard = 0
        last = 0

        def absorb(self, tag: int, data: bytes) -> None:
            self.last = tag
            self.heard += tag == lookup.WITNESS_TAGS.round
            super().absorb(tag, data)

        def challenge(self) -> Fp2:
            drawn = super().challenge()
            answers_last = self.last == lookup.WITNESS_TAGS.round and self.heard == n_rounds
            return value if answers_last else drawn

    return Stale


@pytest.mark.parametrize("attack", ["rows exchanged", "half of the batch"])
def test_rows_of_a_batch_where_the_batch_challenge_is_stale(attack: str) -> None:
    """r_b = 1/2 proves only the rows' sum, r_b = 0 only the first row."""
    x = NETWORK.inputs([[77, 65, 77, 81], [1, 2, 3, 4]])
    found, r_b = true_witness(x=x), Fp2(1) / 2
    logits = found.logits.flip(0)
    if attack == "half of the batch":
        logits, r_b = found.logits.clone(), Fp2(0)
        logits[1] = torch.tensor([3, 1, 4])
    found = dataclasses.replace(found, logits=logits)
    parameters = protocol.prove(NETWORK, x).header.parameters
    log_leaves = found.layout.size.log_leaves
    weak = stale(r_b, log_leaves * (log_leaves - 1) // 2)
    with replaced((protocol, "Transcript", weak)):
        proof = protocol.prove_witness(NETWORK, found, parameters)
        assert explain(NETWORK, x, logits, proof) is None
    assert explain(NETWORK, x, logits, proof) is not None
    proof = protocol.prove_witness(NETWORK, found, parameters)
    assert explain(NETWORK, x, logits, proof) == "Matmul"


class Recording(Transcript):
    """A transcript that remembers its challenges, and what it heard last."""

    last = 0

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.drawn: list[Fp2] = []

    def absorb(self, tag: int, data: bytes) -> None:
        self.last = tag
        super().absorb(tag, data)

    def challenge(self) -> Fp2:
        self.drawn.append(super().challenge())
        return self.drawn[-1]


class FixedDelta(Recording):
    """A transcript whose delta, the challenge that joins all claims, is always 1."""

    def challenge(self) -> Fp2:
        drawn = super().challenge()
        return Fp2(1) if self.last == products.ACTIVATION_TAG else drawn


def test_false_claims_that_cancel_where_delta_is_stale() -> None:
    """A quotient too large by one, and claims changed so that every other check is content.

    The changes of limb, q and y obey three equations: those of looked-up values, of matrices, and
    of a merge that only adds up.
    """
    found, true = changed(quotient=1, y=1), true_witness()
    profile = found.layout.size.profile

    def claim(folded, place, transcript):
        claims = lookups.Claims.of(folded, place.neuron)
        right = lookups.Claims.of(true.fold(place.batch), place.neuron)
        off = claims.scaled_accumulator(profile) - right.scaled_accumulator(profile)
        beta = transcript.drawn[1]
        kinds = m61x2.to_scalars(multilinear.eq_table(sums[0][1][1].point[:2]))
        limb = kinds[2] * off / 4096 / (kinds[0] - kinds[2] / 4096 - kinds[2] * beta)
        claims = dataclasses.replace(
            claims,
            limbs=(claims.limbs[0] + limb, claims.limbs[1]),
            quotient=claims.quotient - (off + limb) / 4096,
            activation=claims.activation - limb,
        )
        lookups.hear(claims, transcript)
        return claims

    def proof() -> Proof:
        return protocol.prove_witness(NETWORK, found, PARAMETERS)

    with recorded(logup, "prove") as sums:
        with replaced((protocol, "Transcript", FixedDelta)):
            assert explain(NETWORK, X, found.logits, proof()) == "Matmul"
            sums.clear()
            with replaced((lookups, "claim", claim)):
                weak = proof()
            assert explain(NETWORK, X, found.logits, weak) is None
        assert explain(NETWORK, X, found.logits, weak) == "Merge"
        sums.clear()
        with replaced((lookups, "claim", claim), (protocol, "Transcript", Recording)):
            strong = proof()
        assert explain(NETWORK, X, found.logits, strong) == "Merge"


def test_a_node_passes_as_leaf_where_prefixes_are_missing() -> None:
    def node_is_leaf() -> bool:
        level = b"".join(merkle.leaf_hash(bytes([i])) for i in range(4))
        *_, root = columns.tree(level)
        node, siblings = level[:64], merkle.node_hash(level[64:96], level[96:])
        return columns.root_of({0: merkle.leaf_hash(node)}, 2, siblings) == root

    assert not node_is_leaf()
    with replaced((merkle, "LEAF_PREFIX", b""), (merkle, "NODE_PREFIX", b"")):
        assert node_is_leaf()


def flipped(data: bytes, at: int, rng: np.random.Generator) -> bytes:
    """The bytes with one of them changed."""
    return data[:at] + bytes([data[at] ^ rng.integers(1, 256)]) + data[at + 1 :]


def test_no_flipped_byte_is_accepted(honest: Proof) -> None:
    """2,000 bytes, half of them anywhere, half shared out among the parts, as many for each."""
    data, rng = honest.to_bytes(), np.random.default_rng(0)
    starts = [*element_offsets(data, honest).values(), len(data)]
    anywhere = rng.integers(0, len(data), 1000).tolist()
    in_parts = [
        int(rng.integers(low, high))
        for low, high in pairwise(starts)
        for _ in range(-(-1000 // (len(starts) - 1)))
    ]
    reasons = {explain(NETWORK, X, LOGITS, flipped(data, at, rng)) for at in (*anywhere, *in_parts)}
    assert None not in reasons
    assert reasons >= {"Version", "Statement", "NonCanonical", "LayerCheck", "LeafClaim", "Matmul"}
    assert reasons >= {"WeakParameters", "Merge", "Opening", "Merkle"}


def test_no_flipped_byte_is_accepted_with_committed_weights() -> None:
    owner = model.commit(NETWORK)
    data, rng = protocol.prove(owner, X).to_bytes(), np.random.default_rng(1)
    assert explain(owner.commitment, X, LOGITS, data) is None
    for at in rng.integers(0, len(data), 1000).tolist():
        assert explain(owner.commitment, X, LOGITS, flipped(data, at, rng)) is not None


def test_no_flipped_byte_is_accepted_for_a_large_network() -> None:
    rng = np.random.default_rng(2)
    network = Network.from_integers(
        {"W": np.clip(rng.normal(0, 25, (m, n)), -127, 127).astype(int), "b": [0] * m, "shift": 9}
        for n, m in pairwise((784, 512, 512, 10))
    )
    x = network.inputs(rng.integers(0, 80, (1, 784)))
    logits, data = network.run(x).logits, protocol.prove(network, x).to_bytes()
    assert explain(network, x, logits, data) is None
    for at in rng.integers(0, len(data), 200).tolist():
        assert explain(network, x, logits, flipped(data, at, rng)) is not None


def test_nonsense_is_refused_without_a_traceback(honest: Proof) -> None:
    data = honest.to_bytes()
    for x in (None, [], [[]], [[1, 2]], [[1, 2, 3, 400]], [[0.5] * 4], "x", [[2**70] * 4]):
        assert explain(NETWORK, x, LOGITS, data) == "Statement"
        assert explain(NETWORK, X, x, data) == "Statement"
    for proof in (None, 7, "text", [], b""):
        assert explain(NETWORK, X, LOGITS, proof) is not None
    assert explain(None, X, LOGITS, data) == "Statement"
    one_layer = Network(NETWORK.layers[:1])
    assert explain(one_layer, X, NETWORK.layers[0].accumulate(X), data) is not None
    broken = dataclasses.replace(honest, root=None)
    assert explain(NETWORK, X, LOGITS, broken) is not None
