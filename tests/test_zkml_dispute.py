"""Money and deadlines around a proof in a contract: who is right keeps what he risked, and wins."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.hashes import sha256
from aicrypto.commit.tensor import ligero
from aicrypto.commit.tensor.ligero import Folds
from aicrypto.commit.transcript import Transcript
from aicrypto.evm import MAX_TRANSACTION_GAS, Chain, Contract, Receipt, Reverted
from aicrypto.evm.compiler import CONTRACTS, compile_source
from aicrypto.proof import lookup
from aicrypto.zkml import Network, protocol, prove
from aicrypto.zkml.circuit import lookups, witness
from aicrypto.zkml.onchain import calldata, clear, dispute
from aicrypto.zkml.onchain.dispute import Terms
from aicrypto.zkml.onchain.sums import Left
from aicrypto.zkml.proof import Proof
from aicrypto.zkml.soundness import Parameters

TERMS = Terms(bond_wei=10**18, stake_wei=10**16, window_s=86_400, response_s=3_600)
SMALL, LARGE = (20, 12, 9, 5), (784, 512, 512, 10)


class Case(NamedTuple):
    """A proof ready to be posted, and a contract to dispute it in."""

    network: Network
    x: Tensor
    logits: Tensor
    proof: Proof
    left: Left
    committed: ligero.Committed
    chain: Chain
    verifier: Contract
    contract: Contract

    def send(self, who: str, name: str, *arguments: Any, value: int = 0) -> Receipt:
        data = self.contract.function(name).encode(*arguments)
        sender = self.chain.account(who)
        return self.chain.send(self.contract, sender=sender, data=data, value=value)

    def post(self) -> int:
        arguments = dispute.post_arguments(self.x, self.logits, self.proof, self.left)
        self.send("owner", "post", *arguments, value=TERMS.bond_wei)
        return self.contract.n_proofs() - 1

    def ask(self, proof: int, index: int | None, who: str = "carol") -> int:
        name, arguments = (
            ("ask_weight", (proof,)) if index is None else ("ask_column", (proof, index))
        )
        self.send(who, name, *arguments, value=TERMS.stake_wei)
        return self.contract.n_questions() - 1

    def column(self, index: int) -> tuple[Any, ...]:
        root, point, digest, _, *answer = calldata.column_arguments(
            self.proof, self.left, self.committed, index
        )
        return (root, point, digest, *answer)

    def credit(self, who: str) -> int:
        return self.contract.credit(self.chain.account(who))

    def refuses(self, reason: str, who: str, name: str, *arguments: Any, value: int = 0) -> None:
        with pytest.raises(Reverted, match=reason):
            self.send(who, name, *arguments, value=value)

    def holds(self, n_proofs: int = 0, n_questions: int = 0) -> None:
        """Not a wei more or less than open proofs, open questions and credits."""
        credited = sum(self.credit(who) for who in ("owner", "carol", "dave"))
        due = n_proofs * TERMS.bond_wei + n_questions * TERMS.stake_wei + credited
        assert self.chain.balance(self.contract.address) == due

    @property
    def packed(self) -> tuple[Any, ...]:
        return calldata.answer_of(self.left)


def random_network(dims: tuple[int, ...]) -> Network:
    rng = np.random.default_rng(1)
    return Network.from_integers(
        {
            "W": np.clip(rng.normal(0, 25, (n_out, n_in)), -127, 127).astype(int),
            "b": rng.integers(-500, 500, n_out),
            "shift": 6 if n_in < 100 else 9,
        }
        for n_in, n_out in pairwise(dims)
    )


def made(dims: tuple[int, ...]) -> Case:
    network, rng = random_network(dims), np.random.default_rng(0)
    x = torch.from_numpy(rng.integers(0, 80, (1, dims[0])).astype(np.int8))
    parameters = Parameters(0, 4, 4, 150) if dims == SMALL else None
    logits, proof = network.run(x).logits, prove(network, x, parameters)
    left = calldata.follow_sums(network, x, logits, proof)
    layout = clear.layout_of(network)
    shape = proof.header.parameters.opening(layout.size).shape
    values = witness.compute(network, layout, x).committed_values()
    chain = Chain()
    owner = chain.account("owner")
    verifier = calldata.deploy(chain, owner, proof.header, network)
    contract = dispute.deploy(chain, verifier, owner, proof.header, network, TERMS)
    committed = ligero.commit(values, shape)
    return Case(network, x, logits, proof, left, committed, chain, verifier, contract)


@pytest.fixture(scope="module")
def small_once() -> Case:
    return made(SMALL)


@pytest.fixture
def small(small_once: Case) -> Any:
    """A small network's proof; what a test does to the chain is undone."""
    before = small_once.chain.snapshot()
    yield small_once
    small_once.chain.revert(before)


def whole_gas(receipt: Receipt) -> int:
    return max(receipt.gas_used, receipt.floor_gas)


# An honest owner ------------------------------------------------------------------------------


def test_a_proof_that_nobody_doubts_becomes_final(small: Case) -> None:
    proof = small.post()
    small.holds(n_proofs=1)
    small.refuses("deadline has not passed", "owner", "finish", proof)
    small.chain.warp(TERMS.window_s + 1)
    small.refuses("deadline has passed", "carol", "ask_column", proof, 0, value=TERMS.stake_wei)
    small.send("dave", "finish", proof)
    assert small.credit("owner") == TERMS.bond_wei
    small.refuses("proof is not open", "owner", "finish", proof)
    small.holds()
    before = small.chain.balance(small.contract.address)
    small.send("owner", "withdraw")
    assert before - small.chain.balance(small.contract.address) == TERMS.bond_wei
    small.refuses("nothing to withdraw", "owner", "withdraw")


def test_an_owner_who_answers_wins_the_stakes(small: Case) -> None:
    proof = small.post()
    n_places = small.committed.shape.n_places
    for index in (0, 1, n_places - 1):
        question = small.ask(proof, index)
        small.send("owner", "answer_column", question, *small.column(index))
        root, point, _, values, *_ = small.column(index)
        folds = small.proof.folds.to_bytes()
        small.refuses("are right", "dave", "object_to_column", question, root, point, values, folds)
    question = small.ask(proof, None)
    table = dispute.weight_table(small.network, small.left)
    small.send("owner", "answer_weight", question, small.packed, table)
    for place in range(0, 2 * clear.layout_of(small.network).size.half, 3):
        objection = dispute.weight_objection(small.network, place)
        arguments = (question, small.packed, table, *objection)
        small.refuses("values are right", "carol", "object_to_weight", *arguments)
    small.holds(n_proofs=1, n_questions=4)
    small.chain.warp(TERMS.window_s + 1)
    small.refuses("questions are open", "owner", "finish", proof)
    for number in range(4):
        small.send("dave", "settle", number)
    small.refuses("question is not open", "dave", "settle", 0)
    small.send("owner", "finish", proof)
    assert small.credit("owner") == TERMS.bond_wei + 4 * TERMS.stake_wei
    small.holds()


def test_true_claims_cannot_be_convicted(small: Case) -> None:
    proof = small.post()
    x, logits, _, counts, *_ = dispute.post_arguments(
        small.x, small.logits, small.proof, small.left
    )
    digest = sha256(logits)
    public = (proof, small.packed, x, digest, counts)
    small.refuses("values are right", "carol", "convict_public", *public)
    biases = dispute.bias_bytes(small.network)
    small.refuses("values are right", "carol", "convict_bias", proof, small.packed, biases)
    other = bytes([biases[0] ^ 1]) + biases[1:]
    small.refuses("another network", "carol", "convict_bias", proof, small.packed, other)
    other = bytes([x[0] ^ 1]) + x[1:]
    changed = (proof, small.packed, other, digest, counts)
    small.refuses("another statement", "carol", "convict_public", *changed)


# Dishonest ones -------------------------------------------------------------------------------


def lying(case: Case, falsify: Any) -> Case:
    """The case of a prover who follows all steps for a network that is not the contract's."""
    other = falsify(case.network)
    logits = other.run(case.x).logits

    class Posing(Network):
        digest = case.network.digest

    posing = Posing(other.layers)
    proof = prove(posing, case.x, case.proof.header.parameters)
    left = calldata.follow_sums(posing, case.x, logits, proof)
    layout = clear.layout_of(other)
    values = witness.compute(other, layout, case.x).committed_values()
    committed = ligero.commit(values, case.committed.shape)
    return case._replace(network=other, logits=logits, proof=proof, left=left, committed=committed)


def other_weight(network: Network) -> Network:
    first, *rest = network.layers
    weights = first.weights.clone()
    weights[2, 5] ^= 3
    return Network((dataclasses.replace(first, weights=weights), *rest))


def other_bias(network: Network) -> Network:
    *rest, last = network.layers
    bias = last.bias.clone()
    bias[1] += 1
    return Network((*rest, dataclasses.replace(last, bias=bias)))


def test_a_proof_for_other_weights_is_convicted_by_one_column_of_them(small: Case) -> None:
    liar = lying(small, other_weight)
    proof = liar.post()
    question = liar.ask(proof, None)
    table = dispute.weight_table(liar.network, liar.left)
    truth = dispute.weight_table(small.network, liar.left)
    liar.send("owner", "answer_weight", question, liar.packed, table)
    [place] = [k for k, (a, b) in enumerate(zip(table, truth, strict=True)) if a != b]
    assert place == 5
    forged = dispute.weight_objection(liar.network, place)
    liar.refuses("Merkle", "carol", "object_to_weight", question, liar.packed, table, *forged)
    good = dispute.weight_objection(small.network, place)
    liar.refuses("another answer", "carol", "object_to_weight", question, liar.packed, truth, *good)
    liar.send("dave", "object_to_weight", question, liar.packed, table, *good)
    assert liar.credit("carol") == TERMS.bond_wei + TERMS.stake_wei
    assert liar.credit("owner") == 0
    liar.holds()
    liar.chain.warp(TERMS.window_s + 1)
    liar.refuses("proof is not open", "owner", "finish", proof)


def test_a_table_must_add_up_to_the_claim(small: Case) -> None:
    liar = lying(small, other_weight)
    question = liar.ask(liar.post(), None)
    truth = dispute.weight_table(small.network, liar.left)
    liar.refuses("Matmul", "owner", "answer_weight", question, liar.packed, truth)
    liar.chain.warp(TERMS.response_s + 1)
    said = dispute.weight_table(liar.network, liar.left)
    liar.refuses("deadline has passed", "owner", "answer_weight", question, liar.packed, said)
    liar.send("carol", "settle", question)
    assert liar.credit("carol") == TERMS.bond_wei + TERMS.stake_wei
    liar.holds()


def test_a_lie_hidden_in_a_place_without_weights_is_found(small: Case) -> None:
    """Weights for an input that does not exist: its column is empty, and that is shown too."""
    question = small.ask(small.post(), None)
    layout = clear.layout_of(small.network)
    table = dispute.weight_table(small.network, small.left)
    unused = small.network.dims[0]
    equality = m61x2.to_scalars(multilinear.eq_table(small.left.place))
    moved = Fp2(1)
    table[unused] = calldata.pack(moved / equality[unused])
    first = Fp2(table[0] % 2**128, table[0] >> 128)
    table[0] = calldata.pack(first - moved / equality[0])
    small.send("owner", "answer_weight", question, small.packed, table)
    objection = dispute.weight_objection(small.network, unused)
    assert objection[1] == b""
    assert unused < layout.size.half
    small.send("carol", "object_to_weight", question, small.packed, table, *objection)
    assert small.credit("carol") == TERMS.bond_wei + TERMS.stake_wei


def test_a_proof_for_other_biases_is_convicted_at_once(small: Case) -> None:
    liar = lying(small, other_bias)
    proof, question = liar.post(), None
    question = liar.ask(proof, 0, "dave")
    truth = dispute.bias_bytes(small.network)
    liar.send("carol", "convict_bias", proof, liar.packed, truth)
    assert liar.credit("carol") == TERMS.bond_wei
    liar.refuses("proof is not open", "carol", "convict_bias", proof, liar.packed, truth)
    column = liar.column(0)
    liar.refuses("proof is not open", "owner", "answer_column", question, *column)
    liar.send("dave", "settle", question)  # a question that has become pointless
    assert liar.credit("dave") == TERMS.stake_wei
    liar.holds()


@contextmanager
def hearing(tag: int, data: bytes) -> Iterator[None]:
    """A prover whose transcript hears these data under the tag, whatever he computes with."""
    absorb = Transcript.absorb

    def other(self: Transcript, name: int, said: bytes) -> None:
        absorb(self, name, data if name == tag else said)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transcript, "absorb", other)
        yield


@pytest.mark.parametrize("claim", ["counts", "inputs"])
def test_false_public_claims_are_convicted_at_once(small: Case, claim: str) -> None:
    """All steps are made for an input, or for multiplicities, that are not those posted."""
    honest = dispute.post_arguments(small.x, small.logits, small.proof, small.left)
    x, _, _, counts, *_ = honest
    parameters, computed_with = small.proof.header.parameters, small.x.clone()
    if claim == "inputs":
        computed_with[0, 3] += 1
        heard = hearing(protocol.INPUTS_TAG, x)
    else:
        assert counts[70] < 127
        counts = counts[:70] + bytes([counts[70] + 1]) + counts[71:]
        heard = hearing(protocol.MULTIPLICITIES_TAG, counts)
    with heard:
        logits = small.network.run(computed_with).logits
        proof = prove(small.network, computed_with, parameters)
        left = calldata.follow_sums(small.network, computed_with, logits, proof)
    liar = small._replace(logits=logits, proof=proof, left=left)
    arguments = list(dispute.post_arguments(small.x, logits, proof, left))
    arguments[3] = counts if claim == "counts" else arguments[3]
    liar.send("owner", "post", *arguments, value=TERMS.bond_wei)
    digest = sha256(arguments[1])
    liar.send("carol", "convict_public", 0, liar.packed, x, digest, arguments[3])
    assert liar.credit("carol") == TERMS.bond_wei
    liar.holds()


MALFORMED_COUNTS = {
    "none": lambda counts: b"",
    "one too few": lambda counts: counts[:-1],
    "one too many": lambda counts: counts + b"\0",
    "ends inside a number": lambda counts: counts[:-1] + b"\x80",
    "padded": lambda counts: counts[:-1] + b"\x80\0",
    "three bytes": lambda counts: counts[:-1] + b"\x80\x80\1",
    "padded in front": lambda counts: b"\x81\0" + counts[1:],
}


def test_a_lie_behind_multiplicities_that_are_none_is_convicted(small: Case) -> None:
    """Counts chosen when alpha is known make any sum right; bytes that are no counts hide them."""
    last = len(small.network.dims) - 3  # of the hidden layers
    layout = clear.layout_of(small.network)
    place = layout.offsets[last] + 1
    found = witness.compute(small.network, layout, small.x)
    columns, logits = found.columns.clone(), small.logits.clone()
    columns[0, place, 0] += 1  # an activation that is no ReLU of its accumulator
    logits[0] += small.network.layers[-1].weights[:, 1]
    false = dataclasses.replace(found, columns=columns, logits=logits)
    counts: list[Fp2] = []

    def fitting(witnessed: witness.Witness, transcript: Transcript) -> Any:
        alpha, beta = transcript.challenges(2)
        values = lookups.looked_up(witnessed, beta)
        table = lookups.table(layout.size.profile, beta)
        hits = m61x2.from_base(witnessed.multiplicities)
        inverses = [1 / (alpha - value) for value in m61x2.to_scalars(values)]
        hit = zip(m61x2.to_scalars(hits), m61x2.to_scalars(table), strict=True)
        missing = sum(inverses, Fp2(0)) - sum((m / (alpha - t) for m, t in hit), Fp2(0))
        first = m61x2.to_scalar(hits[:, 0]) + missing * (alpha - m61x2.to_scalar(table[:, 0]))
        hits[:, 0] = m61x2.from_scalar(first)
        sums, (left, right) = lookup.prove_sums(values, table, hits, alpha, transcript)
        counts.append(right.leaf.numerator)
        return sums, lookups._place(left, layout.size)

    with hearing(protocol.MULTIPLICITIES_TAG, b""), pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookups, "prove", fitting)
        patch.setattr(lookups, "_check_table", lambda *_: None)
        proof = protocol.prove_witness(small.network, false, small.proof.header.parameters)
        left = calldata.follow_sums(small.network, small.x, logits, proof)
    left = dataclasses.replace(left, public=dataclasses.replace(left.public, counts=counts[0]))
    liar = small._replace(logits=logits, proof=proof, left=left)
    arguments = list(dispute.post_arguments(small.x, logits, proof, left))
    arguments[3] = b""
    liar.send("owner", "post", *arguments, value=TERMS.bond_wei)
    x, digest = arguments[0], sha256(arguments[1])
    liar.send("carol", "convict_public", 0, liar.packed, x, digest, b"")
    assert liar.credit("carol") == TERMS.bond_wei
    liar.holds()


@pytest.mark.parametrize("malformed", MALFORMED_COUNTS.values(), ids=MALFORMED_COUNTS)
def test_multiplicities_in_another_form_are_convicted(small: Case, malformed: Any) -> None:
    arguments = list(dispute.post_arguments(small.x, small.logits, small.proof, small.left))
    assert len(arguments[3]) == 1024 or arguments[3][-1] < 128
    arguments[3] = malformed(arguments[3])
    with hearing(protocol.MULTIPLICITIES_TAG, arguments[3]):
        proof = prove(small.network, small.x, small.proof.header.parameters)
        left = calldata.follow_sums(small.network, small.x, small.logits, proof)
    liar = small._replace(proof=proof, left=left)
    posted = list(dispute.post_arguments(small.x, small.logits, proof, left))
    posted[3] = arguments[3]
    liar.send("owner", "post", *posted, value=TERMS.bond_wei)
    statement = (posted[0], sha256(posted[1]), posted[3])
    liar.send("carol", "convict_public", 0, liar.packed, *statement)
    assert liar.credit("carol") == TERMS.bond_wei


def forged_folds(case: Case) -> Case:
    """Folds with the right value, but not of the committed rows."""
    _, column_point, _ = case.committed.shape.split(case.left.point)
    weights = multilinear.eq_table(column_point)
    u1 = case.proof.folds.u1.clone()
    moved = torch.stack((weights[:, 1], m61x2.neg(weights[:, 0])))
    u1[:, :2] = m61x2.add(u1[:, :2], moved.T)
    folds = Folds(u1, case.proof.folds.u2)
    assert folds.value(column_point, case.left.point[-1]) == case.left.value
    return case._replace(proof=dataclasses.replace(case.proof, folds=folds))


def test_an_owner_who_forges_folds_loses_whatever_he_answers(small: Case) -> None:
    liar = forged_folds(small)
    proof, folds = liar.post(), liar.proof.folds.to_bytes()
    verifier = liar.verifier
    index = next(
        index
        for index in range(liar.committed.shape.n_places)
        if list(verifier.encoded(folds, index)) != liar.column(index)[3]
    )
    question, other = liar.ask(proof, index), liar.ask(proof, index, "dave")
    root, point, digest, values, *rest = liar.column(index)
    said = list(verifier.encoded(folds, index))
    answer = (question, root, point, digest, said, *rest)
    liar.refuses("Columns", "owner", "answer_column", *answer)
    liar.refuses("only the owner", "dave", "answer_column", question, *liar.column(index))
    liar.send("owner", "answer_column", question, *liar.column(index))
    objection = (question, root, point, values, folds)
    wrong = (question, root, point, said, folds)
    liar.refuses("another answer", "carol", "object_to_column", *wrong)
    liar.send("dave", "object_to_column", *objection)
    assert liar.credit("carol") == TERMS.bond_wei + TERMS.stake_wei
    liar.send("dave", "settle", other)
    assert liar.credit("dave") == TERMS.stake_wei
    liar.holds()


def test_silence_loses(small: Case) -> None:
    liar = forged_folds(small)
    question = liar.ask(liar.post(), 3)
    liar.refuses("deadline has not passed", "carol", "settle", question)
    liar.chain.warp(TERMS.response_s + 1)
    liar.refuses("deadline has passed", "owner", "answer_column", question, *liar.column(3))
    liar.send("dave", "settle", question)
    assert liar.credit("carol") == TERMS.bond_wei + TERMS.stake_wei
    assert liar.credit("dave") == 0
    liar.holds()


def test_an_objection_comes_too_late(small: Case) -> None:
    question = small.ask(small.post(), 3)
    small.send("owner", "answer_column", question, *small.column(3))
    root, point, _, values, *_ = small.column(3)
    small.refuses("deadline has not passed", "owner", "settle", question)
    small.chain.warp(TERMS.response_s + 1)
    late = (question, root, point, values, small.proof.folds.to_bytes())
    small.refuses("deadline has passed", "carol", "object_to_column", *late)
    small.send("owner", "settle", question)
    assert small.credit("owner") == TERMS.stake_wei


def test_who_brings_too_little_or_speaks_of_something_else_is_refused(small: Case) -> None:
    arguments = dispute.post_arguments(small.x, small.logits, small.proof, small.left)
    small.refuses("bond", "owner", "post", *arguments, value=TERMS.bond_wei - 1)
    proof = small.post()
    n_places = small.committed.shape.n_places
    stake = TERMS.stake_wei
    small.refuses("stake", "carol", "ask_weight", proof, value=stake + 1)
    small.refuses("no such column", "carol", "ask_column", proof, n_places, value=stake)
    small.refuses("proof is not open", "carol", "ask_weight", proof + 1, value=stake)
    column, weight = small.ask(proof, 1), small.ask(proof, None)
    table = dispute.weight_table(small.network, small.left)
    small.refuses("another question", "owner", "answer_column", weight, *small.column(1))
    small.refuses("another question", "owner", "answer_weight", column, small.packed, table)
    small.refuses("Columns", "owner", "answer_column", column, *small.column(2))
    left = (bytes(32), *small.packed[1:])
    small.refuses("another proof", "owner", "answer_weight", weight, left, table)
    small.refuses("only the owner", "dave", "answer_weight", weight, small.packed, table)
    root, point, digest, *rest = small.column(1)
    other_point = [point[0] + 1, *point[1:]]
    other = (column, root, other_point, digest, *rest)
    small.refuses("another proof", "owner", "answer_column", *other)
    objection = dispute.weight_objection(small.network, 1)
    early = (weight, small.packed, table, *objection)
    small.refuses("wrong stage", "carol", "object_to_weight", *early)


SAME_OPENING = (
    'assert opening == self.proofs[self.questions[question].proof].opening, "another proof"'
)
ONLY_THE_OWNER = 'assert msg.sender == owner, "only the owner"'


@pytest.mark.parametrize("check", [SAME_OPENING, ONLY_THE_OWNER])
def test_what_the_checks_are_good_for(small: Case, check: str) -> None:
    """Without the first, folds of an earlier proof answer; without the second, anybody may lie."""
    safe = (CONTRACTS / "ProofDispute.vy").read_text()
    assert safe.count(check) == 1
    weak = compile_source(safe.replace(check, "pass"), "WeakDispute")
    owner = small.chain.account("owner")
    arguments = (small.verifier, owner, small.proof.header, small.network, TERMS)
    case = small._replace(contract=dispute.deploy(small.chain, *arguments, contract=weak))
    if check == SAME_OPENING:
        liar = forged_folds(case)
        case.post()
        question = liar.ask(liar.post(), 3)
        liar.send("owner", "answer_column", question, *case.column(3))
        root, point, _, values, *_ = case.column(3)
        false = (question, root, point, values, liar.proof.folds.to_bytes())
        liar.refuses("another answer", "carol", "object_to_column", *false)
        case = small._replace(contract=dispute.deploy(small.chain, *arguments))
        case.post()
        question = liar._replace(contract=case.contract).ask(forged_folds(case).post(), 3)
        case.refuses("another proof", "owner", "answer_column", question, *case.column(3))
        return
    question = case.ask(case.post(), None)
    table = dispute.weight_table(case.network, case.left)
    equality = m61x2.to_scalars(multilinear.eq_table(case.left.place))
    for place, sign in ((0, 1), (1, -1)):  # adds up, and is false in two places
        value = Fp2(table[place] % 2**128, table[place] >> 128) + sign / equality[place]
        table[place] = calldata.pack(value)
    case.send("dave", "answer_weight", question, case.packed, table)
    objection = dispute.weight_objection(case.network, 0)
    case.send("carol", "object_to_weight", question, case.packed, table, *objection)
    assert case.credit("carol") == TERMS.bond_wei + TERMS.stake_wei, "an honest owner lost"


# Gas ------------------------------------------------------------------------------------------


def test_gas_of_a_large_network() -> None:
    """Every transaction is within the limit for one; whoever is honest pays little."""
    case = made(LARGE)
    arguments = dispute.post_arguments(case.x, case.logits, case.proof, case.left)
    gas = {}
    gas["post"] = case.send("owner", "post", *arguments, value=TERMS.bond_wei)
    gas["ask_column"] = case.send("carol", "ask_column", 0, 77, value=TERMS.stake_wei)
    gas["ask_weight"] = case.send("carol", "ask_weight", 0, value=TERMS.stake_wei)
    gas["answer_column"] = case.send("owner", "answer_column", 0, *case.column(77))
    table = dispute.weight_table(case.network, case.left)
    gas["answer_weight"] = case.send("owner", "answer_weight", 1, case.packed, table)
    for reason, refused, function, *rest in (
        ("are right", "carol", "object_to_column", 0, *case.column(77)[:2], case.column(77)[3]),
        ("are right", "carol", "object_to_weight", 1, case.packed, table),
        ("are right", "carol", "convict_bias", 0, case.packed),
        ("are right", "carol", "convict_public", 0, case.packed),
    ):
        more = {
            "object_to_column": (case.proof.folds.to_bytes(),),
            "object_to_weight": dispute.weight_objection(case.network, 784 + 240 + 5),
            "convict_bias": (dispute.bias_bytes(case.network),),
            "convict_public": (arguments[0], sha256(arguments[1]), arguments[3]),
        }[function]
        with pytest.raises(Reverted, match=reason) as caught:
            case.send(refused, function, *rest, *more)
        gas[function] = caught.value
    case.chain.warp(TERMS.window_s + 1)
    gas["settle"] = case.send("carol", "settle", 0)
    case.send("carol", "settle", 1)
    gas["finish"] = case.send("owner", "finish", 0)
    used = {
        name: whole_gas(what) if isinstance(what, Receipt) else what.gas_used
        for name, what in gas.items()
    }
    assert max(used.values()) < MAX_TRANSACTION_GAS // 4
    assert used["post"] < 1_500_000
    assert max(used[name] for name in ("ask_column", "answer_column", "settle")) < 200_000
