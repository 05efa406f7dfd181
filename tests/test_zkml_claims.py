"""Claims made of many proofs: hours of appraisals, a model's accuracy; and lies about both."""

import dataclasses
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from aicrypto.algebra import BadLength
from aicrypto.commit import merkle
from aicrypto.evm import ETHER, Chain
from aicrypto.zkml import model
from aicrypto.zkml.claims import accuracy, hour, rows
from aicrypto.zkml.claims.accuracy import AccuracyClaim, AccuracyProof, HeldOutSet
from aicrypto.zkml.claims.hour import Hour
from aicrypto.zkml.claims.rows import ProvenRows
from aicrypto.zkml.network import InputRange, Layer, Network

VECTORS = Path(__file__).parent / "vectors"
CASES = {
    case["id"]: case["in"]
    for case in json.loads((VECTORS / "zkml.prove.json").read_text())["cases"]
}
NETWORK = Network.from_integers(CASES["digits_4_8_3_small"]["layers"])
OWNER = model.commit(NETWORK)
NONCE = bytes(range(32))


def random_rows(n: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-60, 100, (n, 4), generator=generator, dtype=torch.int8)


def requests(n: int) -> list[tuple[bytes, list[int]]]:
    numbers = [number.to_bytes(32, "big") for number in range(1, n + 1)]
    return list(zip(numbers, random_rows(n).tolist(), strict=True))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 4)


@pytest.fixture(scope="module")
def published() -> Hour:
    """Seven answers, a proof of four and one of three."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "MAX_ROWS", 4)
        return hour.aggregate(NETWORK, requests(7))


# Hours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 3, 4, 5, 9])
@pytest.mark.parametrize("hidden", [False, True])
def test_hours_of_any_length(n: int, hidden: bool) -> None:
    owner, statement = (OWNER, OWNER.commitment) if hidden else (NETWORK, NETWORK)
    made = hour.aggregate(owner, requests(n))
    assert len(made.answers.proofs) == -(-n // 4)
    assert hour.verify(statement, made)
    data = made.to_bytes()
    assert hour.verify(statement, data)
    assert Hour.from_bytes(data).to_bytes() == data
    assert not hour.verify(NETWORK if hidden else OWNER.commitment, made)
    for index, (request_id, x) in enumerate(requests(n)):
        logits = NETWORK.run([x]).logits[0]
        path = made.path(index)
        assert hour.verify_row(made.root, n, request_id, x, logits, index, path)
        assert hour.verify_row(made.root, n, request_id, np.array(x), logits.tolist(), index, path)
        assert not hour.verify_row(made.root, n, request_id, x, logits + 1, index, path)


def test_leaves_are_those_of_the_specification(published: Hour) -> None:
    request_id, x, logits = published.ids[2], published.answers.x[2], published.answers.logits[2]
    data = request_id + bytes(v % 256 for v in x.tolist())
    data += b"".join(v.to_bytes(4, "little", signed=True) for v in logits.tolist())
    assert hour.leaf(request_id, x, logits) == data
    path = published.path(2)
    assert merkle.verify_inclusion(data, 2, 7, path, published.root)


def test_an_executor_gives_the_same_hour(published: Hour) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert hour.aggregate(NETWORK, requests(7), executor=executor).to_bytes() == (
            published.to_bytes()
        )


def test_pieces_leave_100_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert rows.rows_per_proof(NETWORK) == 1024
    wide = dataclasses.replace(OWNER.commitment, dims=(4, 4096, 3))
    assert rows.rows_per_proof(wide) == 256
    assert rows.rows_per_proof(dataclasses.replace(wide, dims=(4, 2**21, 3))) == 1


def test_bad_requests_are_refused_by_name() -> None:
    good = requests(2)
    for bad, error, text in (
        ([], ValueError, "ids: there are 0, 0 different ones, must be 1"),
        ([good[0], good[0]], ValueError, "ids: there are 2, 1 different ones, must be 2"),
        ([(b"short", good[0][1])], ValueError, "must have 32 bytes"),
        ([good[0], (good[1][0], [1, 2])], ValueError, "shape"),
        ([(good[0][0], [1, 2])], ValueError, "x has shape"),
        ([(good[0][0], [1, 2, 3, 400])], InputRange, "x holds 400"),
        ([(good[0][0], [1, 2, 3, 0.5])], InputRange, "x holds"),
    ):
        with pytest.raises(error, match=text):
            hour.aggregate(NETWORK, bad)


def rebuilt(made: Hour, **changes: object) -> Hour:
    """An hour with other answers, and the root that belongs to them."""
    answers = dataclasses.replace(
        made.answers, **{k: v for k, v in changes.items() if k in ("x", "logits", "proofs")}
    )
    ids = changes.get("ids", made.ids)
    return Hour(made.digest, merkle.root(hour._leaves(ids, answers)), ids, answers)


def tampered_hours(made: Hour) -> dict[str, Hour]:
    a, swap = made.answers, [1, 0, *range(2, 7)]
    one, two = a.proofs
    logits, x = a.logits.clone(), a.x.clone()
    logits[6, 0] += 1
    x[5, 2] += 1
    without_last = {"ids": made.ids[:6], "x": a.x[:6], "logits": a.logits[:6]}
    return {
        "digest": dataclasses.replace(made, digest=bytes(32)),
        "root": dataclasses.replace(made, root=bytes(32)),
        "an id": dataclasses.replace(made, ids=(bytes(32), *made.ids[1:])),
        "ids in another order": dataclasses.replace(made, ids=made.ids[::-1]),
        "a logit": rebuilt(made, logits=logits),
        "an input": rebuilt(made, x=x),
        "rows exchanged": rebuilt(made, x=a.x[swap], logits=a.logits[swap]),
        "answers exchanged": rebuilt(made, logits=a.logits[swap]),
        "a row less": rebuilt(made, **without_last),
        "a proof less": rebuilt(made, proofs=(one,)),
        "a proof more": rebuilt(made, proofs=(one, two, two)),
        "proofs exchanged": rebuilt(made, proofs=(two, one)),
        "one proof twice": rebuilt(made, proofs=(one, one)),
        "no proof": rebuilt(made, proofs=()),
        "proof cut": rebuilt(made, proofs=(one[:-1], two)),
        "proof longer": rebuilt(made, proofs=(one, two + b"\0")),
    }


def test_every_tampered_part_is_refused(published: Hour) -> None:
    for name, bad in tampered_hours(published).items():
        assert not hour.verify(NETWORK, bad), name
        assert not hour.verify(NETWORK, bad.to_bytes()), name


def test_no_flipped_bit_is_accepted(published: Hour) -> None:
    data = published.to_bytes()
    rng = np.random.default_rng(0)
    starts = 8 * np.arange(0, 400, 3)  # everything before the proofs, then anywhere
    for bit in [*starts.tolist(), *rng.integers(0, 8 * len(data), 200).tolist()]:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not hour.verify(NETWORK, bytes(flipped))
    for length in (0, 4, 40, 70, 200, 300, len(data) - 1):
        assert not hour.verify(NETWORK, data[:length])
    assert not hour.verify(NETWORK, data + b"\0")
    for nonsense in (None, 7, "text", []):
        assert not hour.verify(NETWORK, nonsense)
        assert not hour.verify(nonsense, data)


def test_a_row_is_bound_to_all_its_parts(published: Hour) -> None:
    [(request_id, x), *_] = requests(1)
    logits, path, root = published.answers.logits[0].tolist(), published.path(0), published.root
    honest = [root, 7, request_id, x, logits, 0, path]
    assert hour.verify_row(*honest)
    others = {
        0: [bytes(32), b"", None],
        1: [4, 9, 0, -1, None],  # 6 gives the same path: size is published with the root
        2: [bytes(32), b"short", None, 5],
        3: [x[:3], [*x, 0], [1, 2, 3, 400], [0.5] * 4, [x], "x", None],
        4: [logits[:2], [*logits, 0], [2**40] * 3, None],
        5: [1, 7, -1, None],
        6: [path[:-1], [*path, path[0]], path[::-1], [], [b"short"], None],
    }
    for place, values in others.items():
        for value in values:
            assert not hour.verify_row(*honest[:place], value, *honest[place + 1 :]), (place, value)


def test_attack_one_answer_proven_and_another_under_the_root(published: Hour) -> None:
    """A verifier who does not rebuild the root lets the service tell a customer a false price."""
    false = published.answers.logits.clone()
    false[3, 1] += 1000
    two_faced = dataclasses.replace(published, root=rebuilt(published, logits=false).root)
    leaves = hour._leaves(published.ids, dataclasses.replace(published.answers, logits=false))
    request_id, x = requests(4)[3]
    path = merkle.prove_inclusion(leaves, 3)
    assert hour.verify_row(two_faced.root, 7, request_id, x, false[3], 3, path)

    careless = two_faced.digest == NETWORK.digest and two_faced.answers.verify(NETWORK)
    assert careless
    assert not hour.verify(NETWORK, two_faced)


def test_attack_two_answers_for_one_request(published: Hour) -> None:
    with pytest.raises(ValueError, match="different"):
        dataclasses.replace(published, ids=(published.ids[1], *published.ids[1:]))
    data = published.to_bytes()
    start = len(hour.MAGIC) + 64 + 4
    twice = data[:start] + data[start + 32 : start + 64] + data[start + 32 :]
    answers = published.answers
    ids = (published.ids[1], *published.ids[1:])
    root = merkle.root(hour._leaves(ids, answers))
    assert not hour.verify(NETWORK, twice[:37] + root + twice[69:])


def test_attack_the_border_between_input_and_logits_is_moved(published: Hour) -> None:
    """The leaf does not say where x ends: a customer must compare with what he asked."""
    answers, path = published.answers, published.path(0)
    data = hour.leaf(published.ids[0], answers.x[0], answers.logits[0])[32:]
    longer = np.frombuffer(data[:8], np.int8).copy()
    shorter = np.frombuffer(data[8:], "<i4").copy()
    assert hour.verify_row(published.root, 7, published.ids[0], longer, shorter, 0, path)
    assert longer.tolist() != requests(1)[0][1]


def test_attack_another_model_for_one_piece(published: Hour) -> None:
    """A cheaper model answers a part of the hour: its proof names it."""
    last = NETWORK.layers[-1]
    cheap = Network((NETWORK.layers[0], Layer(last.weights, last.bias + 1, last.shift)))
    made = rows.prove(cheap, random_rows(7)[4:])
    logits = torch.cat((published.answers.logits[:4], made.logits))
    proofs = (published.answers.proofs[0], *made.proofs)
    mixed = rebuilt(published, logits=logits, proofs=proofs)
    assert made.verify(cheap)
    assert not hour.verify(NETWORK, mixed)
    assert not hour.verify(cheap, mixed)


def test_the_root_on_chain(published: Hour) -> None:
    """The registry keeps root and size; a customer needs nothing else but his path."""
    chain = Chain()
    client, coordinator = (chain.account(name) for name in ("client", "coordinator"))
    registry = chain.deploy("WorkRegistry", sender=client)
    job = registry.open(coordinator, chain.timestamp + 3600, sender=client, value=ETHER)
    registry.post_dataset(job, published.root, len(published), sender=coordinator)
    root, n = registry.jobs(job)[5:7]
    assert hour.verify(NETWORK, published)
    assert (root, n) == (published.root, len(published))
    request_id, x = requests(3)[2]
    assert hour.verify_row(root, n, request_id, x, NETWORK.run([x]).logits[0], 2, published.path(2))


def test_rows_are_checked() -> None:
    x, logits = random_rows(2), torch.zeros(2, 3, dtype=torch.int32)
    for bad in (
        (x[:0], logits[:0]),
        (x, logits[:1]),
        (x.long(), logits),
        (x, logits.long()),
        (x[0], logits[0]),
    ):
        with pytest.raises(ValueError, match="rows"):
            ProvenRows(*bad, ())
    data = rows.prove(NETWORK, x).to_bytes()
    for length in (0, 3, 16, 20, len(data) - 1):
        with pytest.raises(BadLength):
            ProvenRows.from_bytes(data[:length])


# Accuracy ------------------------------------------------------------------------------------


def held_out(n: int = 6, n_wrong: int = 2) -> HeldOutSet:
    x = random_rows(n, seed=5)
    labels = NETWORK.run(x).labels
    labels[:n_wrong] = (labels[:n_wrong] + 1) % 3
    return HeldOutSet(x, labels, NONCE)


@pytest.fixture(scope="module")
def shown() -> tuple[AccuracyClaim, AccuracyProof]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "MAX_ROWS", 4)
        return accuracy.prove(OWNER, held_out())


def test_accuracy_is_counted_and_proven(shown: tuple[AccuracyClaim, AccuracyProof]) -> None:
    claim, proof = shown
    assert claim == AccuracyClaim(held_out().root, n_rows=6, n_correct=4)
    assert claim.accuracy == 4 / 6
    assert accuracy.verify(OWNER.commitment, claim, proof)
    data = proof.to_bytes()
    assert accuracy.verify(OWNER.commitment, claim, data)
    assert AccuracyProof.from_bytes(data).to_bytes() == data
    assert not accuracy.verify(NETWORK, claim, proof)
    assert accuracy.verify(NETWORK, *accuracy.prove(NETWORK, held_out()))
    for n_correct in (0, 3, 5, 6):
        better = dataclasses.replace(claim, n_correct=n_correct)
        assert not accuracy.verify(OWNER.commitment, better, proof)


def test_a_digit_network_keeps_its_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with np.load(VECTORS / "zkml.mlp.digits_784_128_10.npz") as archive:
        a = {name: torch.from_numpy(archive[name]) for name in archive}
    layers = [{"W": a[f"W{i}"], "b": a[f"b{i}"], "shift": int(a["shift"][i])} for i in range(2)]
    owner = model.commit(Network.from_integers(layers))
    digits = HeldOutSet(a["X"], a["y"].long(), secrets.token_bytes(32))
    claim, proof = accuracy.prove(owner, digits)
    assert claim.accuracy >= 0.96
    assert accuracy.verify(owner.commitment, claim, proof.to_bytes())


def test_the_label_is_the_first_maximum() -> None:
    layers = [{"W": [[1]], "b": [0], "shift": 1}, {"W": [[1], [1]], "b": [0, 0], "shift": 0}]
    tied = Network.from_integers(layers)
    x = torch.tensor([[10], [20]], dtype=torch.int8)
    for label, n_correct in ((0, 2), (1, 0), (7, 0)):
        labels = torch.full((2,), label)
        claim, proof = accuracy.prove(tied, HeldOutSet(x, labels, NONCE))
        assert claim.n_correct == n_correct
        assert accuracy.verify(tied, claim, proof)


def test_leaves_of_the_held_out() -> None:
    known = held_out(2, 1)
    data = [
        NONCE + bytes(v % 256 for v in x.tolist()) + label.to_bytes(4, "little")
        for x, label in zip(known.x, known.labels.tolist(), strict=True)
    ]
    assert known.root == merkle.root(data)
    assert len(known) == 2


def test_bad_test_sets_are_refused_by_name() -> None:
    good = held_out()
    for name, value in (
        ("x", good.x.long()),
        ("x", good.x[:0]),
        ("labels", good.labels[:-1]),
        ("labels", good.labels.int()),
        ("labels", good.labels - 5),
        ("labels", good.labels + 2**31),
        ("nonce", b"short"),
    ):
        with pytest.raises(ValueError, match=name):
            dataclasses.replace(good, **{name: value})


def lies(proof: AccuracyProof) -> dict[str, AccuracyProof]:
    """What the owner of the model may try: each raises the count, or drops a row that is wrong."""
    labels, answers, keep = proof.labels.clone(), proof.answers, slice(2, None)
    labels[0] = answers.logits[0].argmax()
    logits = answers.logits.clone()
    logits[0, proof.labels[0]] = logits[0].max() + 1
    chosen = dataclasses.replace(answers, x=answers.x[keep], logits=answers.logits[keep])
    made = rows.prove(OWNER, answers.x[keep])
    replaced = torch.cat((answers.x[2:4], answers.x[keep]))
    return {
        "label changed": dataclasses.replace(proof, labels=labels),
        "logits changed": dataclasses.replace(
            proof, answers=dataclasses.replace(answers, logits=logits)
        ),
        "rows dropped, old proofs": AccuracyProof(proof.labels[keep], NONCE, chosen),
        "rows dropped, new proofs": AccuracyProof(proof.labels[keep], NONCE, made),
        "rows chosen after the model": AccuracyProof(
            NETWORK.run(replaced).labels, NONCE, rows.prove(OWNER, replaced)
        ),
        "another nonce": dataclasses.replace(proof, nonce=bytes(32)),
    }


def test_every_lie_about_the_test_set_is_refused(
    shown: tuple[AccuracyClaim, AccuracyProof],
) -> None:
    claim, proof = shown
    for name, lie in lies(proof).items():
        assert not accuracy.verify(OWNER.commitment, claim, lie), name
        assert not accuracy.verify(OWNER.commitment, claim, lie.to_bytes()), name
        # The published root and size do not fit either, whatever count is claimed with them.
        better = dataclasses.replace(claim, n_correct=lie.claim.n_correct)
        assert not accuracy.verify(OWNER.commitment, better, lie), name


def test_attack_rows_chosen_or_dropped_where_the_root_comes_with_the_proof(
    shown: tuple[AccuracyClaim, AccuracyProof],
) -> None:
    """A verifier who takes root and size from the prover is shown a perfect model."""
    claim, proof = shown
    for name in ("rows dropped, new proofs", "rows chosen after the model"):
        lie = lies(proof)[name]
        assert lie.claim.accuracy == 1
        careless = accuracy.verify(OWNER.commitment, lie.claim, lie)
        assert careless, name
        published = dataclasses.replace(claim, n_correct=lie.claim.n_correct)
        assert not accuracy.verify(OWNER.commitment, published, lie), name


def test_attack_another_model_than_the_committed_one(
    shown: tuple[AccuracyClaim, AccuracyProof],
) -> None:
    """A model fitted to the shown rows gets all labels right, and has another commitment."""
    wanted = held_out()
    last = NETWORK.layers[-1]
    fitted = model.commit(
        Network((NETWORK.layers[0], Layer(last.weights.flip(0), last.bias.flip(0), last.shift)))
    )
    claim, proof = accuracy.prove(fitted, wanted)
    assert accuracy.verify(fitted.commitment, claim, proof)
    assert not accuracy.verify(OWNER.commitment, claim, proof)
    assert not accuracy.verify(fitted.commitment, shown[0], shown[1])


def test_attack_guessing_rows_before_they_are_shown() -> None:
    """Without the nonce a root tells whether a guess is right, and a model can be fitted to it."""
    x = torch.tensor([[0, 0, 9, 0]], dtype=torch.int8)

    def found_under(root: bytes, nonce: bytes) -> list[list[int]]:
        guesses = torch.zeros(128, 4, dtype=torch.int8)
        guesses[:, 2] = torch.arange(128)
        sets = [HeldOutSet(guess[None], torch.tensor([1]), nonce) for guess in guesses]
        return [known.x[0].tolist() for known in sets if known.root == root]

    weak = HeldOutSet(x, torch.tensor([1]), bytes(32))
    assert found_under(weak.root, bytes(32)) == x.tolist()
    secret = dataclasses.replace(weak, nonce=secrets.token_bytes(32))
    assert found_under(secret.root, bytes(32)) == []


def test_the_registry_keeps_the_order_of_commitments(
    shown: tuple[AccuracyClaim, AccuracyProof],
) -> None:
    claim, proof = shown
    chain = Chain()
    client, coordinator = (chain.account(name) for name in ("client", "coordinator"))
    registry = chain.deploy("WorkRegistry", sender=client)
    job = registry.open(coordinator, chain.timestamp + 3600, sender=client, value=ETHER)
    registry.post_dataset(job, claim.test_root, claim.n_rows, sender=coordinator)
    registry.post_model(job, OWNER.commitment.digest, sender=coordinator)
    root, n_rows, commitment = registry.jobs(job)[5:8]
    assert commitment == OWNER.commitment.digest
    published = AccuracyClaim(root, n_rows, claim.n_correct)
    assert accuracy.verify(OWNER.commitment, published, proof)


def test_no_flipped_bit_of_a_proof_of_accuracy_is_accepted(
    shown: tuple[AccuracyClaim, AccuracyProof],
) -> None:
    claim, proof = shown
    data = proof.to_bytes()
    rng = np.random.default_rng(1)
    for bit in [*(8 * np.arange(0, 160)).tolist(), *rng.integers(0, 8 * len(data), 150).tolist()]:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not accuracy.verify(OWNER.commitment, claim, bytes(flipped))
    for length in (0, 4, 36, 50, 100, len(data) - 1):
        assert not accuracy.verify(OWNER.commitment, claim, data[:length])
    assert not accuracy.verify(OWNER.commitment, claim, data + b"\0")
    for nonsense in (None, 7, "text", []):
        assert not accuracy.verify(OWNER.commitment, claim, nonsense)
        assert not accuracy.verify(nonsense, claim, data)
        assert not accuracy.verify(OWNER.commitment, nonsense, data)
