"""KZG: properties, an independent pairing, Ethereum's blobs, tamper sweeps, and the attacks."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.curves import bls12_381
from aicrypto.algebra.plain import BadLength, NonCanonical
from aicrypto.algebra.primes import BLS12_381_FR as FR
from aicrypto.commit import kzg
from aicrypto.commit.kzg import deployed, eip4844, scheme
from aicrypto.commit.kzg import setup as setups
from aicrypto.commit.kzg.setup import BLS12_381, BN254, Setup, is_consistent

TAU = 0x1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF
CURVES = {"BLS12-381": BLS12_381, "BN254": BN254}
INVISIBLE = (0, 2)  # on the curve of BLS12-381, of order 3, outside G1
both_curves = pytest.mark.parametrize("name", CURVES)
scalars = st.integers(0, BN254.scalars.modulus - 1)  # canonical on both curves


@lru_cache
def made(name: str) -> Setup:
    return Setup.from_secret(CURVES[name], TAU, 12, 6)


def forged(setup: Setup, tau: int, commitment: object, z: int, y: int) -> object:
    """A proof of any value for any commitment, by whoever knows tau: (C - y·G)/(tau - z)."""
    g1, order = setup.curve.g1, setup.curve.scalars.modulus
    difference = g1.add(commitment, g1.negate(g1.multiply(g1.generator, y)))
    return g1.multiply(difference, pow(tau - z, -1, order))


@both_curves
@settings(max_examples=8, deadline=None)
@given(coefficients=st.lists(scalars, max_size=12), z=scalars, d=st.integers(1, 9))
def test_honest_openings_are_accepted_and_other_values_refused(
    name: str, coefficients: list[int], z: int, d: int
) -> None:
    setup, field = made(name), CURVES[name].scalars
    commitment = kzg.commit(setup, coefficients)
    y, proof = kzg.open_at(setup, coefficients, z)
    assert y == poly.evaluate(field, coefficients, z)
    assert kzg.verify(setup, commitment, z, y, proof) is True
    assert kzg.verify(setup, commitment, z, (y + d) % field.modulus, proof) is False


@both_curves
def test_commitment_is_the_value_at_the_secret(name: str) -> None:
    setup, p = made(name), [3, 1, 4, 1, 5, 9, 2, 6]
    g1, field = setup.curve.g1, setup.curve.scalars
    assert kzg.commit(setup, p) == g1.multiply(g1.generator, poly.evaluate(field, p, TAU))
    assert kzg.commit(setup, [0, 0]) is kzg.commit(setup, []) is None
    q = [2, 7, 1, 8]
    both = kzg.commit(setup, poly.add(field, p, q))
    assert g1.add(kzg.commit(setup, p), kzg.commit(setup, q)) == both


def test_py_ecc_agrees_on_commitment_and_pairing_equation() -> None:
    from py_ecc import optimized_bls12_381 as ecc
    from py_ecc.fields import optimized_bls12_381_FQ as Fq
    from py_ecc.fields import optimized_bls12_381_FQ2 as Fq2

    setup, p, z = deployed.ethereum(4, 2), [11, 22, 33, 44], 5
    y, proof = kzg.open_at(setup, p, z)

    def g1(point: tuple) -> tuple:
        return Fq(point[0]), Fq(point[1]), Fq(1)

    def g2(point: tuple) -> tuple:
        return *(Fq2([c.re, c.im]) for c in point), Fq2([1, 0])

    total = ecc.Z1
    for coefficient, point in zip(p, setup.g1, strict=True):
        total = ecc.add(total, ecc.multiply(g1(point), coefficient))
    assert ecc.eq(total, g1(kzg.commit(setup, p)))
    value = ecc.add(ecc.add(total, ecc.multiply(g1(proof), z)), ecc.neg(ecc.multiply(ecc.G1, y)))
    left = ecc.pairing(g2(setup.g2[1]), g1(proof), final_exponentiate=False)
    right = ecc.pairing(ecc.G2, ecc.neg(value), final_exponentiate=False)
    assert ecc.final_exponentiate(left * right) == ecc.FQ12.one()


@both_curves
@settings(max_examples=5, deadline=None)
@given(
    coefficients=st.lists(scalars, max_size=12),
    points=st.lists(scalars, max_size=5, unique=True),
)
def test_many_points(name: str, coefficients: list[int], points: list[int]) -> None:
    setup = made(name)
    ys, proof = kzg.open_many(setup, coefficients, points)
    assert ys == [kzg.open_at(setup, coefficients, z)[0] for z in points]
    commitment = kzg.commit(setup, coefficients)
    assert kzg.verify_many(setup, commitment, points, ys, proof) is True
    for k in range(len(ys)):
        wrong = [*ys[:k], ys[k] ^ 1, *ys[k + 1 :]]
        assert kzg.verify_many(setup, commitment, points, wrong, proof) is False


def test_one_of_many_points_is_the_plain_opening() -> None:
    setup, p = made("BN254"), [5, 6, 7]
    y, proof = kzg.open_at(setup, p, 9)
    assert kzg.open_many(setup, p, [9]) == ([y], proof)


@both_curves
def test_many_polynomials_fold_into_one(name: str) -> None:
    setup, rng = made(name), random.Random(1)
    polynomials = [[rng.randrange(2**250) for _ in range(n)] for n in (3, 0, 12, 1)]
    commitments = [kzg.commit(setup, p) for p in polynomials]
    z = rng.randrange(2**250)
    ys = [poly.evaluate(setup.curve.scalars, p, z) for p in polynomials]
    gamma = kzg.fold_challenge(setup, commitments, z, ys)
    opened, proof = kzg.open_fold(setup, polynomials, z, gamma)
    assert opened == ys
    assert kzg.verify_fold(setup, commitments, z, ys, gamma, proof) is True
    assert kzg.verify_fold(setup, commitments, z, [*ys[1:], ys[0]], gamma, proof) is False
    assert kzg.verify_fold(setup, commitments[:-1], z, ys, gamma, proof) is False
    assert kzg.verify_fold(setup, commitments, z, ys, gamma + 1, proof) is False


def openings(setup: Setup, n: int = 3) -> tuple[list, list, list, list]:
    """Commitments, points, values and proofs of n polynomials."""
    rng = random.Random(n)
    polynomials = [[rng.randrange(2**250) for _ in range(8)] for _ in range(n)]
    zs = [rng.randrange(2**250) for _ in range(n)]
    opened = [kzg.open_at(setup, p, z) for p, z in zip(polynomials, zs, strict=True)]
    return [kzg.commit(setup, p) for p in polynomials], zs, *map(list, zip(*opened, strict=True))


@both_curves
def test_batch(name: str) -> None:
    setup = made(name)
    commitments, zs, ys, proofs = openings(setup)
    assert kzg.verify_batch(setup, commitments, zs, ys, proofs) is True
    assert kzg.verify_batch(setup, [], [], [], []) is True
    for part in range(4):
        lists = [list(part) for part in (commitments, zs, ys, proofs)]
        lists[part][0], lists[part][1] = lists[part][1], lists[part][0]
        assert kzg.verify_batch(setup, *lists) is False
        lists[part].pop()
        assert kzg.verify_batch(setup, *lists) is False


def malformed_points(setup: Setup, good: tuple) -> list[object]:
    """What is no point of G1: off the curve, not reduced, or no pair of integers at all."""
    (x, y), q = good, setup.curve.g1.q
    bad = [(x + q, y), (x, y - q), (x, y + 1), (y, x), (x,), (x, y, 1), [x, y]]
    return [*bad, "point", 7, (str(x), y), (float(x), y), (None, None), setup.g2[1]]


@both_curves
def test_tamper_sweep_of_verify(name: str) -> None:
    setup, p, z = made(name), [1, 2, 3, 4], 77
    order, g1 = setup.curve.scalars.modulus, setup.curve.g1
    commitment = kzg.commit(setup, p)
    y, proof = kzg.open_at(setup, p, z)
    good = [commitment, z, y, proof]
    assert kzg.verify(setup, *good)
    for at in (0, 3):
        other = [None, g1.negate(good[at]), g1.generator, good[3 - at]]
        for bad in [*other, *malformed_points(setup, good[at])]:
            assert kzg.verify(setup, *good[:at], bad, *good[at + 1 :]) is False, (at, bad)
    for at in (1, 2):
        for bad in (good[at] + 1, good[3 - at], good[at] + order, -1, order, None, "7", 7.0, b"7"):
            assert kzg.verify(setup, *good[:at], bad, *good[at + 1 :]) is False, (at, bad)


def test_tamper_sweep_of_many_and_batch() -> None:
    setup, p = made("BLS12-381"), [1, 2, 3, 4]
    order, commitment = setup.curve.scalars.modulus, kzg.commit(setup, p)
    ys, proof = kzg.open_many(setup, p, [5, 6])
    many = ([5, 6], ys, proof)
    assert kzg.verify_many(setup, commitment, *many)
    for points, values in (
        ([5, 5], [ys[0], ys[0]]),
        ([6, 5], ys),
        ([5], ys),
        ([5, 6, 7], ys),
        ([5, 6 + order], ys),
        ([5, 6], [ys[0], ys[1] + order]),
        (list(range(6)), [poly.evaluate(FR, p, z) for z in range(6)]),  # too few powers in G2
        ([5, "6"], ys),
    ):
        assert kzg.verify_many(setup, commitment, points, values, proof) is False, points
    for bad in malformed_points(setup, proof):
        assert kzg.verify_many(setup, commitment, [5, 6], ys, bad) is False
        assert kzg.verify_batch(setup, [commitment], [5], [ys[0]], [bad]) is False
        assert kzg.verify_fold(setup, [bad], 5, [ys[0]], 3, proof) is False


def test_bit_flips_in_ethereums_bytes_are_refused() -> None:
    setup, rng = deployed.ethereum(8, 2), random.Random(9)
    p = [rng.randrange(FR.modulus) for _ in range(8)]
    y, proof = kzg.open_at(setup, p, 9)
    points = [BLS12_381.g1_to_bytes(point) for point in (kzg.commit(setup, p), proof)]
    good = [points[0], FR.to_bytes(9), FR.to_bytes(y), points[1]]
    assert eip4844.verify_at(setup, *good) is True
    for at, part in enumerate(good):
        length = len(part)
        for bit in [*range(3), *rng.sample(range(3, 8 * length), 12)]:
            flipped = bytearray(part)
            flipped[bit // 8] ^= 0x80 >> bit % 8
            assert eip4844.verify_at(setup, *good[:at], bytes(flipped), *good[at + 1 :]) is False
        for bad in (b"", part[:-1], part + b"\0", bytes(length), b"\xff" * length, None, 7):
            assert eip4844.verify_at(setup, *good[:at], bad, *good[at + 1 :]) is False


# --- attacks --------------------------------------------------------------------------------------


def test_invisible_point_passes_without_subgroup_check_and_is_refused_with_it() -> None:
    setup, p, z = made("BLS12-381"), [1, 2, 3], 5
    commitment, (y, proof) = kzg.commit(setup, p), kzg.open_at(setup, p, z)
    weak = replace(setup, curve=replace(BLS12_381, in_g1=BLS12_381.g1.contains))
    add = BLS12_381.g1.add
    assert BLS12_381.g1.contains(INVISIBLE)
    assert not bls12_381.in_g1(INVISIBLE)
    other = add(commitment, INVISIBLE)
    assert kzg.verify(weak, other, z, y, proof) is True
    assert kzg.verify(setup, other, z, y, proof) is False
    assert kzg.verify(weak, commitment, z, y, add(proof, INVISIBLE)) is True
    assert kzg.verify(setup, commitment, z, y, add(proof, INVISIBLE)) is False


def test_errors_cancel_in_a_plain_sum_and_not_under_random_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setup = made("BN254")
    commitments, zs, ys, proofs = openings(setup)
    ys = [ys[0] + 5, ys[1] - 5, ys[2]]
    assert kzg.verify_batch(setup, commitments, zs, ys, proofs) is False
    monkeypatch.setattr(scheme, "batch_challenge", lambda *_: 1)
    assert kzg.verify_batch(setup, commitments, zs, ys, proofs) is True


def test_a_challenge_drawn_before_the_claims_proves_false_ones() -> None:
    setup, polynomials, z = made("BN254"), [[1, 2], [3, 4]], 10
    field, commitments = setup.curve.scalars, [kzg.commit(setup, p) for p in polynomials]
    ys = [poly.evaluate(field, p, z) for p in polynomials]
    early = kzg.fold_challenge(setup, commitments, z, [0, 0])  # binds no claim
    lies = [(ys[0] - early) % field.modulus, ys[1] + 1]
    _, proof = kzg.open_fold(setup, polynomials, z, early)
    assert kzg.verify_fold(setup, commitments, z, lies, early, proof) is True
    late = kzg.fold_challenge(setup, commitments, z, lies)
    _, proof = kzg.open_fold(setup, polynomials, z, late)
    assert kzg.verify_fold(setup, commitments, z, lies, late, proof) is False


@both_curves
def test_whoever_kept_tau_opens_to_anything(name: str) -> None:
    setup, p, z = made(name), [1, 2, 3], 5
    commitment, lie = kzg.commit(setup, p), 42
    assert kzg.verify(setup, commitment, z, lie, forged(setup, TAU, commitment, z, lie)) is True
    guess = forged(setup, TAU + 1, commitment, z, lie)
    assert kzg.verify(setup, commitment, z, lie, guess) is False


# --- setups ---------------------------------------------------------------------------------------


@both_curves
def test_consistent_setups_and_all_others(name: str) -> None:
    setup = made(name)
    assert is_consistent(setup) is True
    add, generator = setup.curve.g1.add, setup.curve.g1.generator
    g1, g2 = list(setup.g1), list(setup.g2)
    for k in range(len(g1)):
        assert (
            is_consistent(replace(setup, g1=(*g1[:k], add(g1[k], generator), *g1[k + 1 :])))
            is False
        )
    for k in range(len(g2)):
        doubled = setup.curve.g2.add(g2[k], g2[k])
        assert is_consistent(replace(setup, g2=(*g2[:k], doubled, *g2[k + 1 :]))) is False
    for bad in ((*g1[1:],), (*g1[::-1],), (g1[0], *g1[2:]), (*g1[:-1], (1, 1)), (*g1[:-1], None)):
        assert is_consistent(replace(setup, g1=bad)) is False
    for group, points in ((setup.curve.g1, g1), (setup.curve.g2, g2)):
        key = "g1" if points is g1 else "g2"
        scaled = tuple(group.multiply(point, 5) for point in points)  # another generator
        assert is_consistent(replace(setup, **{key: scaled})) is False
    assert is_consistent(Setup.from_secret(setup.curve, 0, 4)) is False
    mixed = replace(setup, g2=Setup.from_secret(setup.curve, TAU + 1, 2, 6).g2)
    assert is_consistent(mixed) is False


def test_setup_with_a_point_outside_the_subgroup_is_refused() -> None:
    setup = made("BLS12-381")
    shifted = BLS12_381.g1.add(setup.g1[3], INVISIBLE)
    assert is_consistent(replace(setup, g1=(*setup.g1[:3], shifted, *setup.g1[4:]))) is False


def test_setup_errors_cancel_in_a_plain_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = made("BN254")
    g1, (a, b) = setup.curve.g1, setup.g1[2:4]
    moved = g1.add(a, g1.generator), g1.add(b, g1.negate(g1.generator))
    wrong = replace(setup, g1=(*setup.g1[:2], *moved, *setup.g1[4:]))
    assert is_consistent(wrong) is False
    monkeypatch.setattr(setups, "_weights", lambda seed, label, count: [1] * count)
    assert is_consistent(wrong) is True


def test_ethereums_setup_is_consistent_and_decoded_right() -> None:
    setup = deployed.ethereum()
    assert (len(setup.g1), len(setup.g2)) == (64, 65)
    assert is_consistent(setup)
    lines = deployed._ethereum_lines()
    for k in (0, 1, 2, 63):
        data = bytes.fromhex(lines[deployed.FIRST_G1 + k])
        assert setup.g1[k] == bls12_381.g1_from_bytes(data)
        data = bytes.fromhex(lines[deployed.FIRST_G2 + k])
        assert setup.g2[k] == bls12_381.g2_from_bytes(data)
    assert deployed.ethereum(3, 2).g1 == setup.g1[:3]


def test_lagrange_points_are_those_of_the_monomial_ones() -> None:
    lagrange, setup = deployed.ethereum_lagrange(), deployed.ethereum(2, 2)
    assert BLS12_381.g1.sum(lagrange) == setup.g1[0]
    root = FR.root_of_unity(4096)
    powers = [pow(root, j, FR.modulus) for j in range(4096)]
    assert scheme.msm(BLS12_381.g1, lagrange, powers) == setup.g1[1]


@pytest.mark.parametrize("sizes", [(1, 2), (4097, 2), (2, 1), (2, 66)])
def test_sizes_that_ethereum_does_not_have_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"n_g[12] is \d+, must be in 2\.\."):
        deployed.ethereum(*sizes)


def test_a_changed_ceremony_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points"
    path.write_bytes(bytes(64))
    with pytest.raises(ValueError, match=r"has SHA-256 f5a5fd42.*, must have 0d55b407"):
        deployed.space_and_time(65, path)


def test_space_and_times_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = deployed.space_and_time()
    assert len(setup.g1) == 64
    assert setup.g1[1][0] == 0x163AECDCF5BE147D51E37468E14EE9E017226CB5A4AD2A1E084E30DCBE31BB9B
    assert is_consistent(setup)
    monkeypatch.delenv(deployed.PPOT_VARIABLE, raising=False)
    with pytest.raises(ValueError, match=r"n_g1 is 65, .* AICRYPTO_PPOT"):
        deployed.space_and_time(65)
    with pytest.raises(ValueError, match="n_g1 is 1, must be at least 2"):
        deployed.space_and_time(1)


def test_more_of_space_and_times_setup_from_the_file() -> None:
    path = os.environ.get(deployed.PPOT_VARIABLE)
    if not path:
        pytest.skip("the ceremony's file is not here: set AICRYPTO_PPOT to its path")
    setup = deployed.space_and_time(1025)
    assert setup.g1[:64] == deployed.space_and_time().g1
    assert is_consistent(setup)
    with pytest.raises(ValueError, match=r"n_g1 is 1026, the file .* has 1025"):
        deployed.space_and_time(1026)


def test_the_room_is_light_to_import() -> None:
    heavy = {"torch", "numpy", "numba", "py_ecc", "eth_account", "ckzg", "Crypto"}
    code = f"import sys, aicrypto.commit.kzg; print(*sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- blobs ----------------------------------------------------------------------------------------


@lru_cache
def blob() -> bytes:
    rng = random.Random(4844)
    return b"".join(FR.to_bytes(rng.randrange(FR.modulus)) for _ in range(4096))


@lru_cache
def commitment_of_blob() -> bytes:
    return eip4844.commit(blob(), deployed.ethereum_lagrange())


def test_blob_commits_as_the_polynomial_through_its_elements() -> None:
    values = eip4844.bit_reversed(eip4844.elements(blob()))
    coefficients = poly.inverse_ntt(FR, values)
    committed = kzg.commit(deployed.ethereum(4096, 2), coefficients)
    assert BLS12_381.g1_to_bytes(committed) == commitment_of_blob()
    assert eip4844.evaluate(blob(), 12345) == poly.evaluate(FR, coefficients, 12345)


@pytest.mark.parametrize("z", [98765, eip4844.domain()[2111]], ids=["elsewhere", "on the domain"])
def test_blob_opens_everywhere(z: int) -> None:
    y, proof = eip4844.open_at(blob(), z, deployed.ethereum_lagrange())
    if z in eip4844.domain():
        assert y == eip4844.elements(blob())[2111]
    scalars = FR.to_bytes(z), FR.to_bytes(y)
    setup, commitment = deployed.ethereum(2, 2), commitment_of_blob()
    assert eip4844.verify_at(setup, commitment, *scalars, proof) is True
    data = eip4844.versioned_hash(commitment) + b"".join(scalars) + commitment + proof
    answer, gas = eip4844.point_evaluation(setup, data)
    assert answer == (4096).to_bytes(32, "big") + FR.modulus.to_bytes(32, "big")
    assert gas == 50_000
    for at, message in ((31, "versioned hash"), (95, "does not verify"), (191, "does not verify")):
        wrong = bytearray(data)
        wrong[at] ^= 1
        with pytest.raises(ValueError, match=message):
            eip4844.point_evaluation(setup, bytes(wrong))
    with pytest.raises(BadLength, match="data has 191 bytes, must be 192"):
        eip4844.point_evaluation(setup, data[:-1])


def test_blob_proof_and_its_tampering() -> None:
    setup, commitment = deployed.ethereum(2, 2), commitment_of_blob()
    proof = eip4844.prove(blob(), commitment, deployed.ethereum_lagrange())
    assert eip4844.verify(setup, blob(), commitment, proof) is True
    changed = bytes([blob()[0]]) + bytes([blob()[1] ^ 1]) + blob()[2:]
    for bad in (changed, blob()[:-1], blob() + b"\0", b"", b"\xff" * len(blob()), None):
        assert eip4844.verify(setup, bad, commitment, proof) is False
    infinity = bytes([0xC0]) + bytes(47)
    for bad in (infinity, proof, bytes(48), commitment[:-1], None):
        assert eip4844.verify(setup, blob(), bad, proof) is False
    for bad in (infinity, commitment, bytes(48), proof[:-1], None):
        assert eip4844.verify(setup, blob(), commitment, bad) is False


def test_ckzg_agrees_on_blobs() -> None:
    ckzg = pytest.importorskip("ckzg")
    from importlib.util import find_spec

    folder = Path(find_spec("eth_account").submodule_search_locations[0])
    theirs = ckzg.load_trusted_setup(str(folder / deployed.ETHEREUM_FILE), 0)
    commitment = commitment_of_blob()
    assert ckzg.blob_to_kzg_commitment(blob(), theirs) == commitment
    proof = eip4844.prove(blob(), commitment, deployed.ethereum_lagrange())
    assert ckzg.compute_blob_kzg_proof(blob(), commitment, theirs) == proof
    assert ckzg.verify_blob_kzg_proof(blob(), commitment, proof, theirs)


def test_bit_reversal_is_its_own_inverse() -> None:
    for n in (1, 2, 8, 64):
        assert eip4844.bit_reversed(eip4844.bit_reversed(range(n))) == list(range(n))
    with pytest.raises(BadLength, match="there are 3 values, must be a power of two"):
        eip4844.bit_reversed([1, 2, 3])


# --- refusals -------------------------------------------------------------------------------------


def test_refusals_name_argument_value_and_bound() -> None:
    setup, r = made("BN254"), BN254.scalars.modulus
    for length_error, call in (
        ("coefficients has 13 entries, the setup has 12", lambda: kzg.commit(setup, [1] * 13)),
        ("coefficients has 13 entries", lambda: kzg.open_at(setup, [1] * 13, 1)),
        (r"polynomials\[1\] has 13", lambda: kzg.open_fold(setup, [[1], [1] * 13], 1, 1)),
        ("6 points, the setup allows 5", lambda: kzg.open_many(setup, [1], list(range(6)))),
        ("1 commitments and 2 ys", lambda: kzg.fold_challenge(setup, [None], 1, [1, 2])),
        ("1 powers in G1 and 2 in G2", lambda: Setup(BN254, setup.g1[:1], setup.g2[:2])),
        ("blob has 3 bytes, must be 131072", lambda: eip4844.elements(b"abc")),
        ("blob has 3 and commitment 4 bytes", lambda: eip4844.challenge(b"abc", b"abcd")),
    ):
        with pytest.raises(BadLength, match=length_error):
            call()
    for range_error, call in (
        (rf"coefficients\[1\] is {r}, must be in 0", lambda: kzg.commit(setup, [1, r])),
        ("z is -1, must be in 0", lambda: kzg.open_at(setup, [1], -1)),
        (f"factor is {r}", lambda: kzg.open_fold(setup, [[1]], 1, r)),
        (f"tau is {r}", lambda: Setup.from_secret(BN254, r, 2)),
        (r"blob\[4095\] is", lambda: eip4844.elements(bytes(131040) + b"\xff" * 32)),
    ):
        with pytest.raises(NonCanonical, match=range_error):
            call()
    with pytest.raises(ValueError, match=r"points \[4, 4\] hold one twice"):
        kzg.open_many(setup, [1, 2], [4, 4])
    with pytest.raises(ValueError, match=r"z is \d+, must be in 0\.\.2\^256-1"):
        kzg.batch_challenge(setup, [b""], [1 << 256], [0], [b""])
    with pytest.raises(ValueError, match="lists have 1, 2, 1 and 1 entries"):
        kzg.batch_challenge(setup, [b""], [1, 2], [0], [b""])
