"""HyperKZG and its Keccak transcript: properties, tamper sweeps, and verifiers with a hole."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.plain import BadLength, NonCanonical
from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.commit import kzg
from aicrypto.commit.kzg import deployed, hyperkzg
from aicrypto.commit.kzg.hyperkzg import Proof
from aicrypto.commit.kzg.keccak_transcript import MASK, SETUP, KeccakTranscript

R = FR.modulus
scalars = st.integers(0, R - 1)


def started() -> KeccakTranscript:
    """A transcript that has absorbed some claim."""
    transcript = KeccakTranscript()
    transcript.append(b"claim")
    return transcript


def opened(values: list[int], point: list[int]) -> tuple[object, int, Proof]:
    """Commitment, value and proof."""
    setup = deployed.space_and_time()
    value, proof = hyperkzg.open_at(setup, values, point, started())
    return kzg.commit(setup, values), value, proof


def accepts(commitment: object, point: object, value: object, proof: Proof) -> bool:
    setup = deployed.space_and_time()
    return hyperkzg.verify(setup, commitment, point, value, proof, started())


def multilinear(values: list[int], point: list[int]) -> int:
    """The definition: each value weighted by the product of x_k or 1 - x_k, by bit k of its row."""
    total = 0
    for row, value in enumerate(values):
        for k, x in enumerate(point):
            value = value * (x if row >> k & 1 else 1 - x)
        total += value
    return total % R


@settings(max_examples=12, deadline=None)
@given(point=st.lists(scalars, min_size=1, max_size=5), data=st.data())
def test_value_is_the_definition_and_proofs_are_accepted(
    point: list[int], data: st.DataObject
) -> None:
    values = data.draw(st.lists(scalars, max_size=2 ** len(point)))
    commitment, value, proof = opened(values, point)
    assert value == multilinear(values, point)
    assert accepts(commitment, point, value, proof) is True
    assert accepts(commitment, point, (value + 1) % R, proof) is False
    data = proof.to_bytes()
    assert Proof.from_bytes(data) == proof
    assert len(data) == 16 + 64 * (len(point) - 1 + 3) + 96 * len(point)


def test_on_the_corners_of_the_cube_the_value_is_the_row() -> None:
    values = [7, 11, 13, 17]
    for row, value in enumerate(values):
        assert opened(values, [row & 1, row >> 1])[1] == value


def test_prover_and_verifier_leave_the_same_transcript() -> None:
    setup, values, point = deployed.space_and_time(), [3, 1, 4, 1], [5, 9]
    ours, theirs = started(), started()
    value, proof = hyperkzg.open_at(setup, values, point, ours)
    assert hyperkzg.verify(setup, kzg.commit(setup, values), point, value, proof, theirs)
    assert ours.state == theirs.state


def tampered(proof: Proof, rng: random.Random) -> list[Proof]:
    """The proof with every part changed, removed, doubled or exchanged."""
    bad = []
    for name in ("steps", "values", "quotients"):
        part = getattr(proof, name)
        bad += [replace(proof, **{name: changed}) for changed in (part[1:], (*part, part[-1]), ())]
        bad.append(replace(proof, **{name: (part[1], part[0], *part[2:])}))
    for name in ("steps", "quotients"):
        points = getattr(proof, name)
        for k, point in enumerate(points):
            x, y = point
            for other in (
                None,
                (1, 2),
                (x, -y % kzg.BN254.g1.q),
                (x + kzg.BN254.g1.q, y),
                (1, 1),
                5,
            ):
                changed = (*points[:k], other, *points[k + 1 :])
                bad.append(replace(proof, **{name: changed}))
    for i, triple in enumerate(proof.values):
        for k, value in enumerate(triple):
            for other in (value ^ 1, value + R, -1, rng.randrange(R), None):
                changed = (*triple[:k], other, *triple[k + 1 :])
                rows = (*proof.values[:i], changed, *proof.values[i + 1 :])
                bad.append(replace(proof, values=rows))
        rows = (*proof.values[:i], triple[:2], *proof.values[i + 1 :])
        bad.append(replace(proof, values=rows))
    return bad


def test_tamper_sweep() -> None:
    point = [5, 6, 7]
    commitment, value, proof = opened([3, 1, 4, 1, 5, 9, 2], point)
    assert accepts(commitment, point, value, proof)
    for number, bad in enumerate(tampered(proof, random.Random(7))):
        assert accepts(commitment, point, value, bad) is False, number
    x, y = commitment
    for bad in (None, (1, 2), (x, -y % kzg.BN254.g1.q), (x + kzg.BN254.g1.q, y), (0, 0), "x"):
        assert accepts(bad, point, value, proof) is False
    for bad in ([5, 6], [5, 6, 7, 8], [6, 5, 7], [5, 6, 7 + R], [], [5, 6, None]):
        assert accepts(commitment, bad, value, proof) is False
    for bad in (value + R, value - 1, -1, None, "3"):
        assert accepts(commitment, point, bad, proof) is False


def test_bit_flips_and_lengths_of_the_bytes_are_refused() -> None:
    point, rng = [5, 6, 7], random.Random(8)
    commitment, value, proof = opened([3, 1, 4, 1, 5, 9, 2], point)
    data = proof.to_bytes()
    flips = [1 << bit for bit in rng.sample(range(8 * len(data)), 60)]
    number = int.from_bytes(data, "big")
    changed = [(number ^ flip).to_bytes(len(data), "big") for flip in flips]
    changed += [b"", data[:-1], data + b"\0", data[:8], data[8:], bytes(len(data)), data * 2]
    for bad in changed:
        try:
            other = Proof.from_bytes(bad)
        except ValueError:
            continue
        assert accepts(commitment, point, value, other) is False
    count = 8 + 2 * 64
    for wrong in (1, 2, 4, 2**63):
        with pytest.raises(BadLength, match="its second count must be 3"):
            Proof.from_bytes(data[:count] + wrong.to_bytes(8, "big") + data[count + 8 :])
    with pytest.raises(BadLength, match="data has 7 bytes"):
        Proof.from_bytes(bytes(7))


def test_another_history_gives_other_challenges() -> None:
    setup, point = deployed.space_and_time(), [5, 6]
    commitment, value, proof = opened([3, 1, 4, 1], point)
    assert hyperkzg.verify(setup, commitment, point, value, proof, started())
    assert not hyperkzg.verify(setup, commitment, point, value, proof, KeccakTranscript())


# --- verifiers with a hole ------------------------------------------------------------------------


def test_without_the_check_of_steps_any_value_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    point = [5, 6]
    commitment, _, proof = opened([3, 1, 4, 1], point)
    assert accepts(commitment, point, 42, proof) is False
    monkeypatch.setattr(hyperkzg, "_steps_agree", lambda *_: True)
    assert accepts(commitment, point, 42, proof) is True


def test_without_the_opening_any_evaluations_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values at r, -r, r² made up to fit the lie, step by step from the end."""
    point, lie = [5, 6], 42
    commitment, _, proof = opened([3, 1, 4, 1], point)
    transcript = started()
    transcript.append(b"".join(map(kzg.BN254.g1_to_bytes, proof.steps)))
    r, rows, after = transcript.draw(), [], lie
    for x in reversed(point):  # with v(-r) = 0: v(r) = 2r·after/(r(1 - x) + x)
        plus = 2 * r * after * pow(r * (1 - x) + x, -1, R) % R
        rows.append((plus, 0, 0))
        after = 0
    invented = replace(proof, values=tuple(rows[::-1]))
    assert accepts(commitment, point, lie, invented) is False
    monkeypatch.setattr(hyperkzg, "_openings_hold", lambda *_: True)
    assert accepts(commitment, point, lie, invented) is True


def test_a_prover_who_commits_to_another_step_is_caught() -> None:
    """The step is a valid commitment with valid openings; it just is no fold of the first."""
    setup, point, values = deployed.space_and_time(), [5, 6], [3, 1, 4, 1]
    chain = [values, [7, 8]]
    value = multilinear(chain[1], point[1:])
    steps = (kzg.commit(setup, chain[1]),)
    transcript = started()
    transcript.append(kzg.BN254.g1_to_bytes(steps[0]))
    at = hyperkzg._evaluation_points(transcript.draw())
    rows = tuple(tuple(poly.evaluate(FR, p, u) for u in at) for p in chain)
    transcript.append(b"".join(FR.to_bytes(v) for row in rows for v in row))
    folded = poly.add(FR, chain[0], poly.scale(FR, chain[1], transcript.draw()))
    quotients = tuple(kzg.open_at(setup, folded, u)[1] for u in at)
    assert accepts(kzg.commit(setup, values), point, value, Proof(steps, rows, quotients)) is False


# --- transcript and refusals ----------------------------------------------------------------------


def test_transcript() -> None:
    assert KeccakTranscript().state.hex().startswith("7c26f909f37b2c61")
    from Crypto.Hash import keccak

    theirs = keccak.new(digest_bits=256, data=SETUP).digest()
    transcript = KeccakTranscript()
    assert transcript.state == theirs
    transcript.append(b"a", b"b")
    theirs = keccak.new(digest_bits=256, data=theirs + b"ab").digest()
    assert transcript.peek() == transcript.draw() == int.from_bytes(theirs, "big") & MASK
    assert transcript.state == keccak.new(digest_bits=256, data=theirs).digest()
    assert MASK < R


def test_messages_do_not_run_into_one_another() -> None:
    apart, joined = KeccakTranscript(), KeccakTranscript()
    apart.append(b"a")
    apart.append(b"b")
    joined.append(b"ab")
    assert apart.state != joined.state


def test_refusals_name_argument_value_and_bound() -> None:
    setup = deployed.space_and_time()
    for length_error, values, point in (
        ("point has no coordinate", [1], []),
        ("there are 5 values, the point has room for 4", [1] * 5, [1, 2]),
        ("coefficients has 64 entries, the setup has 4 powers", [1] * 65, [1] * 7),
    ):
        small = replace(setup, g1=setup.g1[:4])
        with pytest.raises(BadLength, match=length_error):
            hyperkzg.open_at(small, values, point, started())
    with pytest.raises(NonCanonical, match=rf"values\[1\] is {R}, must be in 0"):
        hyperkzg.open_at(setup, [1, R], [1], started())
    with pytest.raises(NonCanonical, match=r"point\[0\] is -1, must be in 0"):
        hyperkzg.open_at(setup, [1, 2], [-1], started())
    with pytest.raises(ValueError, match="state has 31 bytes, a digest has 32"):
        KeccakTranscript(bytes(31))
