"""Proofs of inference in a contract: Python's values bit for bit, its refusals by name, and gas."""

import dataclasses
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.plain import P
from aicrypto.commit.hashes import sha256
from aicrypto.commit.tensor import ligero
from aicrypto.commit.tensor.ligero import Folds
from aicrypto.evm import MAX_TRANSACTION_GAS, Chain, Contract, Receipt, Reverted
from aicrypto.evm.abi import Interface
from aicrypto.evm.compiler import CONTRACTS, compile_source
from aicrypto.zkml import Network, explain, prove
from aicrypto.zkml.circuit import witness
from aicrypto.zkml.network import ShapeMismatch
from aicrypto.zkml.onchain import calldata, clear
from aicrypto.zkml.onchain.sums import Left
from aicrypto.zkml.proof import HEADER_BYTES, Proof

VECTORS = Path(__file__).parent / "vectors"
DIGITS = next(
    case["in"]
    for case in json.loads((VECTORS / "zkml.mlp.json").read_text())["cases"]
    if case["id"] == "digits_64_32_10"
)


class Tiny(NamedTuple):
    """A network whose proofs a contract checks as a whole."""

    network: Network
    x: Tensor
    logits: Tensor
    proof: clear.ClearProof
    left: Left
    chain: Chain
    contract: Contract

    def arguments(self, proof: clear.ClearProof | None = None) -> list[Any]:
        proof = proof or self.proof
        return list(calldata.clear_arguments(self.network, self.x, self.logits, proof, self.left))

    def refusal(self, arguments: list[Any]) -> str:
        with pytest.raises(Reverted) as caught:
            self.contract.verify(*arguments)
        return caught.value.reason


def random_network(dims: tuple[int, ...], seed: int, shift: int) -> Network:
    rng = np.random.default_rng(seed)
    return Network.from_integers(
        {
            "W": np.clip(rng.normal(0, 25, (n_out, n_in)), -127, 127).astype(int),
            "b": rng.integers(-500, 500, n_out),
            "shift": shift,
        }
        for n_in, n_out in pairwise(dims)
    )


def tiny(network: Network, x: Tensor) -> Tiny:
    logits = network.run(x).logits
    proof = clear.prove(network, x)
    left = clear.follow_proof(network, x, logits, proof.to_bytes())
    chain = Chain()
    contract = calldata.deploy(chain, chain.account("owner"), proof.header, network)
    return Tiny(network, x, logits, proof, left, chain, contract)


@pytest.fixture(scope="module")
def digits() -> Tiny:
    x = torch.tensor(DIGITS["x"][:1], dtype=torch.int8)
    return tiny(Network.from_integers(DIGITS["layers"]), x)


def send(contract: Contract, name: str, *arguments: Any) -> Receipt:
    data = contract.function(name).encode(*arguments)
    return contract.chain.send(contract, sender=contract.chain.account("owner"), data=data)


def whole_gas(receipt: Receipt) -> int:
    return max(receipt.gas_used, receipt.floor_gas)


# The whole proof of a tiny network -----------------------------------------------------------


def test_the_digits_network_is_verified_whole(digits: Tiny) -> None:
    assert digits.network.dims == (64, 32, 10)
    assert clear.verify(digits.network, digits.x, digits.logits, digits.proof)
    assert digits.contract.verify(*digits.arguments()) is True
    deployed = digits.chain.receipts[-1]
    assert deployed.gas_used < MAX_TRANSACTION_GAS
    receipt = send(digits.contract, "verify", *digits.arguments())
    assert whole_gas(receipt) < 1_000_000


@pytest.mark.parametrize(
    ("dims", "shift"),
    [
        ((4, 8, 3), 6),
        ((33, 20, 9, 5, 1), 7),
        ((64, 3, 20, 32), 6),
        ((5, 64, 2), 6),
        ((1, 1, 1), 4),
    ],
)
def test_other_shapes(dims: tuple[int, ...], shift: int) -> None:
    rng = np.random.default_rng(1)
    x = torch.from_numpy(rng.integers(-30, 60, (1, dims[0])).astype(np.int8))
    case = tiny(random_network(dims, 5, shift), x)
    assert case.contract.verify(*case.arguments()) is True
    arguments = case.arguments()
    arguments[2] = (int.from_bytes(arguments[2], "little") ^ 1).to_bytes(4 * dims[-1], "little")
    assert case.refusal(arguments) == "LayerCheck"


def test_every_coordinate_counts_and_both_verifiers_name_the_same_check(digits: Tiny) -> None:
    data = digits.proof.to_bytes()
    size = clear.layout_of(digits.network).size
    n_words = len(digits.arguments()[5])
    start = len(data) - 32 * n_words
    reasons = set()
    for number in range(2 * n_words):  # elements
        at = start + 16 * number + 8 * (number % 2)
        changed = bytearray(data)
        value = int.from_bytes(changed[at : at + 8], "little")
        changed[at : at + 8] = ((value + 1) % P).to_bytes(8, "little")
        proof = clear.ClearProof.from_bytes(bytes(changed), size)
        expected = clear.explain(digits.network, digits.x, digits.logits, bytes(changed))
        assert digits.refusal(digits.arguments(proof)) == expected, number
        reasons.add(expected)
    assert reasons >= {"LayerCheck", "LeafClaim", "Matmul", "Merge"}


def test_every_byte_of_the_statement_and_of_the_witness_counts(digits: Tiny) -> None:
    honest = digits.arguments()
    for position in (0, 1, 2, 3, 4):  # model, x, logits, witness, multiplicities
        for at in range(0, len(honest[position]), 1 + len(honest[position]) // 12):
            arguments = list(honest)
            changed = bytearray(honest[position])
            changed[at] ^= 1
            arguments[position] = bytes(changed)
            assert digits.refusal(arguments) in {"Statement", "LayerCheck", "NonCanonical"}


def test_lengths_are_checked(digits: Tiny) -> None:
    for position, reason in ((1, "Statement"), (2, "Statement"), (3, "Shape"), (5, "Shape")):
        for change in (lambda v: v[:-1], lambda v: v + v[-1:]):
            arguments = digits.arguments()
            arguments[position] = change(arguments[position])
            assert digits.refusal(arguments) == reason


@pytest.mark.parametrize("lane", range(4))
def test_second_encodings_are_refused(digits: Tiny, lane: int) -> None:
    for number in range(0, len(digits.arguments()[5]), 9):
        for added in (P, 2**64 - 1):
            arguments = digits.arguments()
            word = bytearray(arguments[5][number].to_bytes(32, "big"))
            value = int.from_bytes(word[8 * lane : 8 * lane + 8], "little")
            other = value + added if added == P else added
            word[8 * lane : 8 * lane + 8] = other.to_bytes(8, "little")
            arguments[5] = [*arguments[5]]
            arguments[5][number] = int.from_bytes(word, "big")
            assert digits.refusal(arguments) == "NonCanonical"


def test_claims_of_the_caller_are_computed_again(digits: Tiny) -> None:
    for number, reason in enumerate(("LogUpTable", "Matmul", "Matmul", "Matmul")):
        arguments = digits.arguments()
        claims = list(arguments[6])
        claims[number] += 1
        arguments[6] = tuple(claims)
        assert digits.refusal(arguments) == reason


def cheat(case: Tiny, found: witness.Witness) -> Tiny:
    """A prover who follows every step on a false witness; claims are true at his challenges."""
    proof = clear.prove_witness(case.network, found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aicrypto.zkml.circuit.refusal.demand", lambda *_: None)
        left = clear.follow_proof(case.network, case.x, found.logits, proof.to_bytes())
    return case._replace(proof=proof, logits=found.logits, left=left)


def false_activation(case: Tiny, found: witness.Witness) -> witness.Witness:
    """One activation wrong by one, and the logits that follow from it."""
    columns = found.columns.clone()
    columns[0, 3] ^= 1
    last = case.network.layers[-1]
    logits = (columns[0, :32].T @ last.weights.T.long() + last.bias).int()
    return dataclasses.replace(found, columns=columns, logits=logits)


def false_limb(case: Tiny, found: witness.Witness) -> witness.Witness:
    """A limb out of its range, with the quotient one less: the accumulator stays the same."""
    columns, quotients = found.columns.clone(), found.quotients.clone()
    columns[2, 3] += 64
    quotients[3] -= 1
    return dataclasses.replace(found, columns=columns, quotients=quotients)


def false_logit(case: Tiny, found: witness.Witness) -> witness.Witness:
    logits = found.logits.clone()
    logits[0, 2] += 1
    return dataclasses.replace(found, logits=logits)


def false_bytes(case: Tiny, found: witness.Witness) -> witness.Witness:
    """Nothing false in the proof, but another witness is shown: see the patch."""
    return found


@pytest.mark.parametrize(
    ("falsify", "reason"),
    [
        (false_activation, "LogUpSum"),
        (false_limb, "LogUpSum"),
        (false_logit, "Matmul"),
        (false_bytes, "Opening"),
    ],
)
def test_false_statements_are_refused_by_one_check_and_pass_without_it(
    digits: Tiny, falsify: Any, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = witness.compute(digits.network, clear.layout_of(digits.network), digits.x)
    if falsify is false_bytes:
        shown = bytearray(clear.columns_of(found))
        shown[5] ^= 1
        monkeypatch.setattr(clear, "columns_of", lambda _: bytes(shown))
    case = cheat(digits, falsify(digits, found))
    assert clear.explain(case.network, case.x, case.logits, case.proof) == reason
    assert case.refusal(case.arguments()) == reason

    safe = (CONTRACTS / "GkrVerifier.vy").read_text()
    weak = re.sub(rf'self\._demand\([^\n]*, "{reason}"\)', "pass", safe)
    assert weak != safe
    contract = digits.chain.deploy(
        compile_source(weak, "WeakVerifier"),
        digits.proof.header.to_bytes(),
        list(digits.network.dims),
        sender=digits.chain.account("owner"),
    )
    assert contract.verify(*case.arguments()) is True


def test_proofs_for_another_model_or_kind_are_refused(digits: Tiny) -> None:
    other = random_network((64, 32, 10), 3, 9)
    contract = calldata.deploy(
        digits.chain, digits.chain.account("owner"), clear.header_of(other), other
    )
    case = digits._replace(contract=contract)
    assert case.refusal(case.arguments()) == "Statement"
    arguments = case.arguments()
    arguments[0] = other.to_bytes()
    assert case.refusal(arguments) == "LayerCheck"
    data = digits.proof.to_bytes()
    assert clear.explain(other, digits.x, digits.logits, data) == "Statement"
    assert explain(digits.network, digits.x, digits.logits, data) == "Statement"
    plain = prove(digits.network, digits.x)
    clear_data = plain.to_bytes()
    assert clear.explain(digits.network, digits.x, digits.logits, clear_data) == "Statement"
    for dims in ([64, 32, 11], [64, 32, 32, 10], [32, 32, 10]):
        wrong = digits.chain.deploy(
            calldata.CONTRACT,
            digits.proof.header.to_bytes(),
            dims,
            sender=digits.chain.account("owner"),
        )
        with pytest.raises(Reverted):
            wrong.verify(*digits.arguments())


def test_deployment_is_refused_where_the_contract_could_not_verify() -> None:
    chain = Chain()
    owner = chain.account("owner")
    network = random_network((4, 8, 3), 5, 6)
    good = clear.header_of(network)
    dims = [4, 8, 3]
    for header, widths, reason in (
        (good, [4, 3], "no network with a hidden layer"),
        (good, [65, 8, 3], "too wide"),
        (good, [4, 64, 8, 3], "too wide"),
        (good, [4, 8, 33], "outputs"),
        (dataclasses.replace(good, flags=0, log_columns=1), dims, "inv_rate"),
        (dataclasses.replace(good, flags=0), [1025, 8, 3], "too wide"),
        (dataclasses.replace(good, flags=0, log_inv_rate=2), dims, "columns"),
        (dataclasses.replace(good, flags=0, log_columns=9, log_inv_rate=2), dims, "columns"),
        (dataclasses.replace(good, flags=0, log_columns=3, log_inv_rate=2), dims, "columns"),
        (dataclasses.replace(good, flags=1), dims, "flags"),
        (dataclasses.replace(good, profile=1), dims, "only profile 0"),
        (dataclasses.replace(good, log_batch=1), dims, "only profile 0"),
    ):
        with pytest.raises(Reverted, match=reason):
            chain.deploy(calldata.CONTRACT, header.to_bytes(), widths, sender=owner)
    with pytest.raises(Reverted, match="Version"):
        chain.deploy(calldata.CONTRACT, b"AIZK\x02" + good.to_bytes()[5:], dims, sender=owner)


def test_clear_proofs_as_bytes(digits: Tiny) -> None:
    data = digits.proof.to_bytes()
    size = clear.layout_of(digits.network).size
    assert clear.ClearProof.from_bytes(data, size).to_bytes() == data
    for other in (data[:-1], data + b"\0", data[: HEADER_BYTES + 5], b"AIZK\x01", b""):
        assert clear.explain(digits.network, digits.x, digits.logits, other) in {"Shape", "Version"}
    assert not clear.verify(digits.network, digits.x, digits.logits.flip(1), data)
    with pytest.raises(ShapeMismatch, match="x has 2 rows, must have 1"):
        clear.prove(digits.network, torch.cat((digits.x, digits.x)))


# The sums of a larger network's proof, and one column ------------------------------------------


class Posted(NamedTuple):
    """A proof whose sums and folds a contract has checked."""

    network: Network
    x: Tensor
    logits: Tensor
    proof: Proof
    left: Left
    committed: ligero.Committed
    contract: Contract
    receipts: tuple[Receipt, Receipt]


@pytest.fixture(scope="module")
def posted() -> Posted:
    network = random_network((784, 512, 512, 10), 1, 9)
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.integers(0, 80, (1, 784)).astype(np.int8))
    logits, proof = network.run(x).logits, prove(network, x)
    left = calldata.follow_sums(network, x, logits, proof)
    layout = clear.layout_of(network)
    found = witness.compute(network, layout, x)
    shape = proof.header.parameters.opening(layout.size).shape
    committed = ligero.commit(found.committed_values(), shape)
    chain = Chain()
    contract = calldata.deploy(chain, chain.account("owner"), proof.header, network)
    receipts = (
        send(contract, "post_sums", *calldata.sums_arguments(x, logits, proof, left)),
        send(contract, "post_folds", *calldata.folds_arguments(proof, left)),
    )
    return Posted(network, x, logits, proof, left, committed, contract, receipts)


def test_sums_leave_what_python_says_for_less_than_700_000_gas(posted: Posted) -> None:
    interface: Interface = posted.contract.interface
    [function] = interface.find("post_sums")
    sums, folds = posted.receipts
    assert function.decode_output(sums.output) == calldata.answer_of(posted.left)
    assert explain(posted.network, posted.x, posted.logits, posted.proof) is None
    assert whole_gas(sums) < 700_000
    assert whole_gas(folds) < 700_000
    transcript_state = sha256(
        posted.left.state + b"\x30" + (8192).to_bytes(8, "little") + posted.proof.folds.to_bytes()
    )
    assert folds.output == transcript_state
    names = [event.name for event in posted.contract.events()]
    assert names[:2] == ["SumsPosted", "FoldsPosted"]


def test_public_claims_can_be_computed_on_chain(posted: Posted) -> None:
    arguments = calldata.sums_arguments(posted.x, posted.logits, posted.proof, posted.left)
    points = calldata.pack_point(posted.left.place), calldata.pack_point(posted.left.row)
    counts, inputs, *_ = calldata.pack_public(posted.left.public)
    answer = posted.contract.public_values(arguments[0], arguments[3], *points)
    assert list(answer) == [counts, inputs]


def test_multiplicities_have_one_encoding(posted: Posted) -> None:
    numbers = calldata.said_in(calldata.messages_of(posted.proof))[0]
    assert numbers[0] & 128, "limb 0 is looked up more than 127 times: the zeros"
    points = calldata.pack_point(posted.left.place), calldata.pack_point(posted.left.row)
    x = posted.x.numpy().tobytes()
    for changed, reason in (
        (numbers[:2] + bytes([numbers[2] | 128, 0]) + numbers[3:], "NonCanonical"),
        (bytes([numbers[0], numbers[1] | 128, 1]) + numbers[2:], "NonCanonical"),
        (numbers + b"\0", "Shape"),
        (numbers[:-1], "Shape"),
        (b"", "Shape"),
    ):
        with pytest.raises(Reverted, match=reason):
            posted.contract.public_values(x, changed, *points)


def test_sums_tampered_with_are_refused(posted: Posted) -> None:
    chain = posted.contract.chain
    honest = list(calldata.sums_arguments(posted.x, posted.logits, posted.proof, posted.left))
    for number in range(0, len(honest[4]), 5):
        arguments = list(honest)
        arguments[4] = [*honest[4]]
        arguments[4][number] ^= 1 << 200
        data = posted.contract.post_sums.encode(*arguments)
        with pytest.raises(Reverted, match=r"LayerCheck|LogUp|LeafClaim|Matmul|Merge|NonCanon"):
            chain.call(posted.contract, data)
    for position in (0, 1, 3):
        arguments = list(honest)
        arguments[position] = bytes([honest[position][0] ^ 1]) + honest[position][1:]
        with pytest.raises(Reverted, match=r"LayerCheck|NonCanonical"):
            chain.call(posted.contract, posted.contract.post_sums.encode(*arguments))
    for number, reason in enumerate(("LogUpTable", "Matmul", "Matmul", "Matmul")):
        claims = list(honest[5])
        claims[number] += 1
        arguments = [*honest[:5], tuple(claims)]
        with pytest.raises(Reverted, match=reason):
            chain.call(posted.contract, posted.contract.post_sums.encode(*arguments))
    with pytest.raises(Reverted, match="Statement"):
        posted.contract.verify(b"", honest[0], honest[1], b"", honest[3], honest[4], honest[5])


def test_folds_belong_to_posted_sums(posted: Posted) -> None:
    chain = posted.contract.chain
    honest = list(calldata.folds_arguments(posted.proof, posted.left))
    for position, value, reason in (
        (0, bytes(32), "Statement"),
        (1, bytes(32), "Statement"),
        (3, honest[3] + 1, "Statement"),
        (4, honest[4][:-32], "Shape"),
        (4, bytes([honest[4][0] ^ 1]) + honest[4][1:], "Opening"),
        (4, (P).to_bytes(8, "little") + honest[4][8:], "NonCanonical"),
    ):
        arguments = list(honest)
        arguments[position] = value
        with pytest.raises(Reverted, match=reason):
            chain.call(posted.contract, posted.contract.post_folds.encode(*arguments))


def test_an_honest_owner_answers_for_every_column(posted: Posted) -> None:
    n = posted.committed.shape.n_places
    for index in (0, 1, 77, n // 2, n - 1):
        arguments = calldata.column_arguments(posted.proof, posted.left, posted.committed, index)
        assert posted.contract.check_column(*arguments) is True
        folds = posted.proof.folds.to_bytes()
        assert list(posted.contract.encoded(folds, index)) == arguments[4]
    receipt = send(posted.contract, "check_column", *arguments)
    assert 25_000 < whole_gas(receipt) < 60_000
    for index in (n, 2**200):
        assert posted.contract.check_column(*arguments[:3], index, *arguments[4:]) is False


def test_a_false_column_convicts(posted: Posted) -> None:
    honest = list(calldata.column_arguments(posted.proof, posted.left, posted.committed, 77))
    column, path = honest[5], honest[6]
    values = honest[4]
    for position, value in (
        (3, 78),
        (4, [values[0] + 1, values[1]]),
        (4, [values[0], values[1] + 1]),
        (4, values[::-1]),
        (5, bytes([column[0] ^ 1]) + column[1:]),
        (5, column[:-16]),
        (5, column + bytes(16)),
        (6, path[:-1]),
        (6, [*path, path[0]]),
        (6, path[::-1]),
        (6, [bytes(32), *path[1:]]),
    ):
        arguments = list(honest)
        arguments[position] = value
        assert posted.contract.check_column(*arguments) is False, position
    for position in (0, 1, 2):
        arguments = list(honest)
        arguments[position] = [1] * 13 if position == 1 else bytes(32)
        with pytest.raises(Reverted, match="Statement"):
            posted.contract.check_column(*arguments)


def test_an_owner_who_forges_folds_cannot_answer(posted: Posted) -> None:
    """Folds with the right value at t, but not of the committed rows: columns tell."""
    shape, left = posted.committed.shape, posted.left
    _, column_point, _ = shape.split(left.point)
    weights = multilinear.eq_table(column_point)
    u1 = posted.proof.folds.u1.clone()
    moved = torch.stack((weights[:, 1], m61x2.sub(torch.zeros(2, 1).long(), weights[:, :1])[:, 0]))
    u1[:, :2] = m61x2.add(u1[:, :2], moved.T)
    forged = Folds(u1, posted.proof.folds.u2)
    proof = dataclasses.replace(posted.proof, folds=forged)
    assert forged.value(column_point, left.point[-1]) == left.value
    send(posted.contract, "post_folds", *calldata.folds_arguments(proof, left))
    n_false = 0
    for index in range(0, shape.n_places, 64):
        arguments = list(calldata.column_arguments(proof, left, posted.committed, index))
        says = list(posted.contract.encoded(forged.to_bytes(), index))
        lies = says != arguments[4]
        assert posted.contract.check_column(*arguments) is True, "agrees with what he says of u"
        arguments[4] = says
        assert posted.contract.check_column(*arguments) is not lies
        n_false += lies
    assert n_false > shape.n_places // 64 // 3
