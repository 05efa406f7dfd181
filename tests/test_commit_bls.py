"""BLS signatures: equal to py_ecc's, tamper sweeps, and the attacks on weakened copies."""

import hashlib
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.bls import G2ProofOfPossession as Peer

from aicrypto.algebra import BadLength
from aicrypto.algebra.curves import bls12_381
from aicrypto.algebra.curves.bls12_381 import G1, G2
from aicrypto.algebra.primes import BLS12_381_R as R
from aicrypto.commit import bls
from aicrypto.commit.bls import ETHEREUM, SHORT_SIGNATURES, Suite, signature

SECRETS = [bls.keygen(bytes([i]) * 32) for i in range(4)]
KEYS = [bls.sk_to_pk(sk) for sk in SECRETS]
MESSAGES = [b"", b"block 1", b"block 2", b"block 2"]
SIGNATURES = [bls.sign(sk, m) for sk, m in zip(SECRETS, MESSAGES, strict=True)]
suites = pytest.mark.parametrize("suite", [ETHEREUM, SHORT_SIGNATURES], ids=["keys48", "keys96"])
INFINITY = bls12_381.g2_to_bytes(None)


@given(st.binary(min_size=32, max_size=64), st.binary(max_size=100))
@settings(max_examples=5, deadline=None)
def test_everything_made_here_is_what_py_ecc_makes(seed: bytes, message: bytes) -> None:
    sk = bls.keygen(seed)
    scalar = int.from_bytes(sk, "big")
    assert scalar == Peer.KeyGen(seed)
    assert bls.sk_to_pk(sk) == Peer.SkToPk(scalar)
    assert bls.sign(sk, message) == Peer.Sign(scalar, message)
    assert bls.pop_prove(sk) == Peer.PopProve(scalar)


def test_verdicts_are_those_of_py_ecc() -> None:
    total = bls.aggregate(SIGNATURES)
    assert total == Peer.Aggregate(SIGNATURES)
    assert Peer.Verify(KEYS[1], MESSAGES[1], SIGNATURES[1])
    assert Peer.AggregateVerify(KEYS, MESSAGES, total)
    assert Peer.FastAggregateVerify(KEYS[2:], MESSAGES[2], bls.aggregate(SIGNATURES[2:]))
    assert Peer.PopVerify(KEYS[0], bls.pop_prove(SECRETS[0]))


def test_arkworks_accepts_the_equation() -> None:
    arkworks = pytest.importorskip("py_arkworks_bls12381", reason="an independent oracle")
    hashed = arkworks.G2Point.hash_to_curve(MESSAGES[1], ETHEREUM.tag)
    key = arkworks.G1Point.from_compressed_bytes(KEYS[1])
    point = arkworks.G2Point.from_compressed_bytes(SIGNATURES[1])
    left, right = arkworks.GT.pairing(key, hashed), arkworks.GT.pairing(arkworks.G1Point(), point)
    assert left == right


def test_a_round_of_drand_verifies() -> None:
    """Round 1000 of the network "quicknet": a threshold signature of the League of Entropy."""
    key = bytes.fromhex(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
        "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
        "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    )
    beacon = bytes.fromhex(
        "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125"
        "e342b73a8dd2bacbe47e4b6b63ed5e39"
    )
    message = hashlib.sha256((1000).to_bytes(8, "big")).digest()
    assert bls.verify(key, message, beacon, SHORT_SIGNATURES)
    other_round = hashlib.sha256((1001).to_bytes(8, "big")).digest()
    assert not bls.verify(key, other_round, beacon, SHORT_SIGNATURES)
    assert hashlib.sha256(beacon).hexdigest().startswith("fe290beca10872ef")


@suites
def test_one_of_each(suite: Suite) -> None:
    keys = [bls.sk_to_pk(sk, suite) for sk in SECRETS[:3]]
    signed = [bls.sign(sk, m, suite) for sk, m in zip(SECRETS, MESSAGES[:3], strict=False)]
    assert (len(keys[0]), len(signed[0])) == ((48, 96) if suite is ETHEREUM else (96, 48))
    total = bls.aggregate(signed, suite)
    for key, message, one in zip(keys, MESSAGES, signed, strict=False):
        assert bls.verify(key, message, one, suite)
        assert not bls.verify(key, message + b"!", one, suite)
    assert bls.aggregate_verify(keys, MESSAGES[:3], total, suite)
    assert not bls.aggregate_verify(keys, MESSAGES[1:], total, suite)
    assert not bls.aggregate_verify(keys[:2], MESSAGES[:2], total, suite)
    assert bls.batch_verify(keys, MESSAGES[:3], signed, suite)
    assert not bls.batch_verify(keys, MESSAGES[1:], signed, suite)
    assert not bls.batch_verify(keys, MESSAGES[:3], signed[::-1], suite)
    other = SHORT_SIGNATURES if suite is ETHEREUM else ETHEREUM
    assert not bls.verify(keys[0], MESSAGES[0], signed[0], other)


def test_orders_and_numbers_of_signers() -> None:
    total = bls.aggregate(SIGNATURES[::-1])
    assert bls.aggregate_verify(KEYS, MESSAGES, total)
    assert bls.aggregate_verify(KEYS[::-1], MESSAGES[::-1], total)
    assert not bls.aggregate_verify(KEYS[::-1], MESSAGES, total)
    assert bls.aggregate([SIGNATURES[0]]) == SIGNATURES[0]
    same = [bls.sign(sk, b"same") for sk in SECRETS]
    assert bls.fast_aggregate_verify(KEYS, b"same", bls.aggregate(same))
    assert bls.aggregate_verify(KEYS, [b"same"] * 4, bls.aggregate(same))
    assert not bls.fast_aggregate_verify(KEYS[:3], b"same", bls.aggregate(same))
    assert not bls.fast_aggregate_verify(KEYS, b"same", bls.aggregate(same[:3]))


def test_lists_that_fit_nothing_are_refused() -> None:
    total = bls.aggregate(SIGNATURES)
    assert not bls.aggregate_verify([], [], INFINITY)
    assert not bls.fast_aggregate_verify([], b"", INFINITY)
    assert not bls.aggregate_verify(KEYS, MESSAGES[:3], total)
    assert not bls.aggregate_verify(KEYS[:3], MESSAGES, total)
    assert bls.batch_verify([], [], [])
    assert not bls.batch_verify(KEYS, MESSAGES, SIGNATURES[:3])
    assert not bls.batch_verify(KEYS, MESSAGES[:3], SIGNATURES)
    assert not bls.batch_verify([], [], [INFINITY])
    with pytest.raises(BadLength, match="signatures is empty"):
        bls.aggregate([])
    with pytest.raises(BadLength, match=r"signatures\[1\] has 95 bytes, must be 96"):
        bls.aggregate([SIGNATURES[0], SIGNATURES[1][1:]])


def test_infinity_is_no_key_and_signs_nothing() -> None:
    key = bls12_381.g1_to_bytes(None)
    assert not bls.verify(key, b"anything", INFINITY)
    assert not bls.verify(KEYS[0], b"anything", INFINITY)
    assert not bls.pop_verify(key, INFINITY)
    assert not bls.batch_verify([key], [b"anything"], [INFINITY])
    opposite = bls.sk_to_pk((R - int.from_bytes(SECRETS[0], "big")).to_bytes(32, "big"))
    assert not bls.fast_aggregate_verify([KEYS[0], opposite], b"anything", INFINITY)
    assert bls.aggregate([SIGNATURES[0], INFINITY]) == SIGNATURES[0]


@pytest.mark.parametrize(
    ("sk", "message"),
    [
        (bytes(32), "sk is 0, must be in 1"),
        (R.to_bytes(32, "big"), f"must be in 0..{R - 1}"),
        (b"\xff" * 32, "must be in"),
        (bytes(31), "31 bytes"),
        (bytes(33), "33 bytes"),
        (b"", "0 bytes"),
    ],
)
def test_what_is_no_secret_key_is_refused(sk: bytes, message: str) -> None:
    for use in (bls.sk_to_pk, bls.pop_prove, lambda key: bls.sign(key, b"m")):
        with pytest.raises(ValueError, match=message):
            use(sk)


def test_short_seeds_are_refused() -> None:
    with pytest.raises(BadLength, match="seed has 31 bytes, must have at least 32"):
        bls.keygen(bytes(31))


# Tampering.
def kind(value: Any) -> str:
    return type(value).__name__


def flips(data: bytes, rng: random.Random, count: int) -> list[bytes]:
    """Copies with one bit flipped, one byte cut off or added, and things that are no bytes."""
    wrong = [data[:-1], data + b"\0", b"", data[::-1], bytes(len(data))]
    for _ in range(count):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        wrong.append(bytes(flipped))
    return wrong


@suites
def test_tamper_sweep(suite: Suite) -> None:
    rng = random.Random(5)
    key, message = bls.sk_to_pk(SECRETS[0], suite), b"one message"
    good = bls.sign(SECRETS[0], message, suite)
    assert bls.verify(key, message, good, suite)
    for bad in flips(good, rng, 40):
        assert bls.verify(key, message, bad, suite) is False
    for bad in flips(key, rng, 40):
        assert bls.verify(bad, message, good, suite) is False
    for bad in flips(message, rng, 10):
        assert bls.verify(key, bad, good, suite) is False


@pytest.mark.parametrize("wrong", [None, 5, "text", bytearray(48), SIGNATURES], ids=kind)
def test_what_is_no_bytes_is_false_and_no_exception(wrong: Any) -> None:
    assert bls.verify(wrong, MESSAGES[0], SIGNATURES[0]) is False
    assert bls.verify(KEYS[0], wrong, SIGNATURES[0]) is False
    assert bls.verify(KEYS[0], MESSAGES[0], wrong) is False
    assert bls.pop_verify(wrong, SIGNATURES[0]) is False
    assert bls.pop_verify(KEYS[0], wrong) is False
    assert bls.fast_aggregate_verify(KEYS, wrong, SIGNATURES[0]) is False
    assert bls.aggregate_verify([wrong], [b""], SIGNATURES[0]) is False
    assert bls.batch_verify([KEYS[0]], [wrong], [SIGNATURES[0]]) is False
    assert bls.batch_verify([KEYS[0]], [b""], [wrong]) is False


def test_tamper_sweep_of_a_batch_and_a_proof() -> None:
    rng = random.Random(6)
    assert bls.batch_verify(KEYS, MESSAGES, SIGNATURES)
    for i in range(4):
        for values in (KEYS, MESSAGES, SIGNATURES):
            bad = [*values[:i], *flips(values[i] or b"\0", rng, 1)[-1:], *values[i + 1 :]]
            lists = [
                bad if values is original else original for original in (KEYS, MESSAGES, SIGNATURES)
            ]
            assert bls.batch_verify(*lists) is False
    proof = bls.pop_prove(SECRETS[1])
    assert bls.pop_verify(KEYS[1], proof)
    assert not bls.pop_verify(KEYS[0], proof)
    for bad in flips(proof, rng, 10):
        assert bls.pop_verify(KEYS[1], bad) is False


def test_a_proof_of_possession_is_no_signature() -> None:
    assert not bls.verify(KEYS[1], KEYS[1], bls.pop_prove(SECRETS[1]))
    assert not bls.pop_verify(KEYS[1], bls.sign(SECRETS[1], KEYS[1]))


# Attacks.
def rogue_key(victim: bytes, secret: bytes) -> bytes:
    """a·G - victim: together with the victim's key it sums to a·G."""
    own = bls12_381.g1_from_bytes(bls.sk_to_pk(secret))
    return bls12_381.g1_to_bytes(G1.add(own, G1.negate(bls12_381.g1_from_bytes(victim))))


def test_rogue_key_is_accepted_without_proofs_and_has_none() -> None:
    """`fast_aggregate_verify` alone is the weakened copy: it trusts that proofs were checked."""
    rogue = rogue_key(KEYS[0], SECRETS[1])
    forged = bls.sign(SECRETS[1], b"both of us agree")
    keys = [KEYS[0], rogue]

    def accepted(proofs: list[bytes] | None) -> bool:
        checked = proofs is None or all(map(bls.pop_verify, keys, proofs))
        return checked and bls.fast_aggregate_verify(keys, b"both of us agree", forged)

    assert accepted(None) is True
    attempts = [bls.pop_prove(SECRETS[1]), bls.sign(SECRETS[1], rogue), SIGNATURES[0], INFINITY]
    for attempt in attempts:
        assert accepted([bls.pop_prove(SECRETS[0]), attempt]) is False


def test_a_suite_without_proofs_takes_no_equal_messages() -> None:
    keys = [bls.sk_to_pk(sk, SHORT_SIGNATURES) for sk in SECRETS[:2]]
    signed = [bls.sign(sk, b"same", SHORT_SIGNATURES) for sk in SECRETS[:2]]
    total = bls.aggregate(signed, SHORT_SIGNATURES)
    assert not bls.aggregate_verify(keys, [b"same", b"same"], total, SHORT_SIGNATURES)
    assert not bls.fast_aggregate_verify(keys, b"same", total, SHORT_SIGNATURES)
    assert not bls.pop_verify(keys[0], signed[0], SHORT_SIGNATURES)
    with pytest.raises(ValueError, match="NUL_ has no proofs of possession"):
        bls.pop_prove(SECRETS[0], SHORT_SIGNATURES)
    assert bls.batch_verify(keys, [b"same", b"same"], signed, SHORT_SIGNATURES)


def with_invisible_point(encoding: bytes) -> bytes:
    """A second encoding of "the same" key: (0, 2) has order 3, and no pairing sees it."""
    return bls12_381.g1_to_bytes(G1.add(bls12_381.g1_from_bytes(encoding), (0, 2)))


def test_the_invisible_point_passes_without_a_subgroup_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other_key = with_invisible_point(KEYS[1])
    key = bls.sk_to_pk(SECRETS[0], SHORT_SIGNATURES)
    short = bls.sign(SECRETS[0], b"nonce 7", SHORT_SIGNATURES)
    other_signature = with_invisible_point(short)

    def accepted() -> list[bool]:
        signature._remembered_key.cache_clear()
        return [
            bls.verify(other_key, MESSAGES[1], SIGNATURES[1]),
            bls.verify(key, b"nonce 7", other_signature, SHORT_SIGNATURES),
        ]

    assert other_key != KEYS[1]
    assert accepted() == [False, False]
    monkeypatch.setattr(bls12_381, "in_g1", G1.contains)
    assert accepted() == [True, True]
    monkeypatch.undo()
    assert accepted() == [False, False]


def test_cancelling_errors_pass_a_plain_sum_and_no_random_one() -> None:
    error = G2.multiply(G2.generator, 12345)
    points = [bls12_381.g2_from_bytes(s) for s in SIGNATURES[:2]]
    wrong = [
        bls12_381.g2_to_bytes(G2.add(points[0], error)),
        bls12_381.g2_to_bytes(G2.add(points[1], G2.negate(error))),
    ]
    batch = (KEYS[:2], MESSAGES[:2], wrong)
    assert not bls.verify(KEYS[0], MESSAGES[0], wrong[0])
    assert bls.batch_verify(*batch, random_bits=lambda n_bits: 1) is True
    assert bls.batch_verify(*batch) is False
    assert bls.batch_verify(*batch, random_bits=random.Random(1).getrandbits) is False


def test_weights_are_fresh_and_long() -> None:
    asked = []

    def count(n_bits: int) -> int:
        asked.append(n_bits)
        return random.Random(len(asked)).getrandbits(n_bits)

    assert bls.batch_verify(KEYS, MESSAGES, SIGNATURES, random_bits=count)
    assert asked == [128] * 4


def test_a_key_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    check = bls12_381.in_g1
    monkeypatch.setattr(bls12_381, "in_g1", lambda point: calls.append(point) or check(point))
    signature._remembered_key.cache_clear()
    for _ in range(3):
        assert bls.verify(KEYS[1], MESSAGES[1], SIGNATURES[1])
    assert len(calls) == 1
    wrong = with_invisible_point(KEYS[1])  # checks the key again
    before = len(calls)
    for _ in range(2):  # a refusal is not remembered as a key
        assert not bls.verify(wrong, MESSAGES[1], SIGNATURES[1])
    assert len(calls) == before + 2


def test_the_package_loads_no_tensors() -> None:
    code = (
        "import sys; from aicrypto.commit import bls; print({'torch', 'numba'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
