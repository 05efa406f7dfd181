"""Threshold BLS: any t of n, never fewer; shares and partials checked; keys without a dealer."""

import random
from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.bls import G2ProofOfPossession as Peer

from aicrypto.algebra import BadLength, NonCanonical
from aicrypto.algebra.curves import bls12_381
from aicrypto.algebra.primes import BLS12_381_R as R
from aicrypto.commit import bls
from aicrypto.commit.bls import SHORT_SIGNATURES, threshold

MESSAGE = b"the root of table 7"
RNG = random.Random(1)
POLYNOMIAL = threshold.random_polynomial(123456789, 3, RNG.randrange)
IDS = [1, 2, 5, 77, R - 1]
GROUP = threshold.deal(POLYNOMIAL, IDS)
KEY = GROUP.group_public_key
PARTIALS = [threshold.partial_sign(share, MESSAGE) for share in GROUP.shares]
SIGNATURE = bls.sign((123456789).to_bytes(32, "big"), MESSAGE)
INFINITY = bls12_381.g2_to_bytes(None)

scalars = st.integers(0, R - 1)
quick = settings(max_examples=20, deadline=None)


@st.composite
def sharings(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Coefficients and at least as many ids."""
    coefficients = draw(st.lists(scalars, min_size=1, max_size=4))
    size = len(coefficients)
    ids = st.integers(1, 9) | st.integers(1, R - 1)
    return coefficients, draw(st.lists(ids, min_size=size, max_size=size + 3, unique=True))


@given(sharings(), scalars)
def test_enough_values_give_the_polynomial(sharing: tuple[list[int], list[int]], at: int) -> None:
    coefficients, ids = sharing

    def f(x: int) -> int:
        return sum(c * pow(x, k, R) for k, c in enumerate(coefficients)) % R

    shares = [f(member) for member in ids]
    assert threshold.recover(ids, shares) == coefficients[0]
    assert threshold.recover(ids, shares, at) == f(at)
    weights = threshold.lagrange(ids, at)
    assert sum(w * s for w, s in zip(weights, shares, strict=True)) % R == f(at)
    assert sum(weights) % R == 1  # interpolates constants


@given(sharings())
@quick
def test_dealings_check_out(sharing: tuple[list[int], list[int]]) -> None:
    coefficients, ids = sharing
    dealing = threshold.deal(coefficients, ids)
    for member, share, key in zip(ids, dealing.shares, dealing.public_key_shares, strict=True):
        assert threshold.verify_share(dealing.commitments, member, share)
        assert not threshold.verify_share(dealing.commitments, member, (share + 1) % R)
        assert threshold.public_key_share(dealing.commitments, member) == key
    if coefficients[0]:
        assert dealing.group_public_key == bls.sk_to_pk(coefficients[0].to_bytes(32, "big"))


def test_every_three_of_five_make_the_one_signature() -> None:
    for chosen in combinations(range(5), 3):
        ids, partials = [IDS[i] for i in chosen], [PARTIALS[i] for i in chosen]
        assert threshold.combine(ids, partials) == SIGNATURE
        assert threshold.combine(ids[::-1], partials[::-1]) == SIGNATURE
    assert threshold.combine(IDS, PARTIALS) == SIGNATURE
    assert bls.verify(KEY, MESSAGE, SIGNATURE)
    assert Peer.Verify(KEY, MESSAGE, SIGNATURE)


def test_two_of_five_make_a_wrong_signature_silently() -> None:
    """`combine` alone is the weakened copy: it cannot know t."""
    for chosen in combinations(range(5), 2):
        ids, partials = [IDS[i] for i in chosen], [PARTIALS[i] for i in chosen]
        wrong = threshold.combine(ids, partials)
        assert len(wrong) == 96
        assert wrong != SIGNATURE
        assert bls12_381.g2_from_bytes(wrong) is not None  # a point like any other
        assert threshold.combine_and_verify(ids, partials, MESSAGE, KEY) is False


def test_two_shares_say_nothing_about_the_secret() -> None:
    """For every candidate secret there is a polynomial that fits them: here, for five of them."""
    known = [(IDS[0], GROUP.shares[0]), (IDS[1], GROUP.shares[1])]
    for secret in (0, 1, 42, 123456789, R - 1):
        weights = threshold.lagrange([1, 2, 3])
        third = secret - sum(w * s for w, (_, s) in zip(weights, known, strict=False))
        third = third * pow(weights[2], -1, R) % R
        assert threshold.recover([1, 2, 3], [known[0][1], known[1][1], third]) == secret


@pytest.mark.parametrize("suite", [bls.ETHEREUM, SHORT_SIGNATURES], ids=["keys48", "keys96"])
def test_both_suites(suite: bls.Suite) -> None:
    dealing = threshold.deal([5, 6], [3, 4, 9], suite)
    for member, share in zip(dealing.ids, dealing.shares, strict=True):
        assert threshold.verify_share(dealing.commitments, member, share, suite)
    partials = [threshold.partial_sign(share, MESSAGE, suite) for share in dealing.shares[1:]]
    key = dealing.group_public_key
    assert threshold.combine_and_verify([4, 9], partials, MESSAGE, key, suite)
    assert threshold.find_bad([4, 9], dealing.public_key_shares[1:], partials, MESSAGE, suite) == []
    assert threshold.find_bad([4, 9], dealing.public_key_shares[:2], partials, MESSAGE, suite) == [
        *(4, 9)
    ]


# Tampering.
def test_combinations_that_are_refused() -> None:
    def valid(ids: list, partials: list, message: bytes = MESSAGE, key: bytes = KEY) -> bool:
        return threshold.combine_and_verify(ids, partials, message, key)

    ids, partials = IDS[:3], PARTIALS[:3]
    assert valid(ids, partials) is True
    assert valid([2, 1, 5], partials) is False
    assert valid([1, 2, 6], partials) is False
    assert valid([1, 1, 5], partials) is False
    assert valid([0, 2, 5], partials) is False
    assert valid([1, 2, 5 + R], partials) is False
    assert valid([], []) is False
    assert valid(ids, partials[:2]) is False
    assert valid(ids, [*partials[:2], INFINITY]) is False
    assert valid(ids, partials, MESSAGE + b"!") is False
    assert valid(ids, partials, MESSAGE, GROUP.public_key_shares[0]) is False
    assert valid(ids, partials, MESSAGE, bls12_381.g1_to_bytes(None)) is False
    assert valid(["1", 2, 5], partials) is False
    assert valid(ids, [*partials[:2], None]) is False


def test_a_flipped_bit_is_refused_and_found() -> None:
    rng = random.Random(2)
    for _ in range(15):
        place = rng.randrange(3)
        flipped = bytearray(PARTIALS[place])
        flipped[rng.randrange(96)] ^= 1 << rng.randrange(8)
        partials = [*PARTIALS[:place], bytes(flipped), *PARTIALS[place + 1 : 3]]
        assert threshold.combine_and_verify(IDS[:3], partials, MESSAGE, KEY) is False
        found = threshold.find_bad(IDS[:3], GROUP.public_key_shares[:3], partials, MESSAGE)
        assert found == [IDS[place]]


def test_all_bad_ones_are_found() -> None:
    keys = GROUP.public_key_shares
    swapped = [PARTIALS[1], PARTIALS[0], *PARTIALS[2:4], PARTIALS[4][:-1]]
    assert threshold.find_bad(IDS, keys, PARTIALS, MESSAGE) == []
    assert threshold.find_bad(IDS, keys, swapped, MESSAGE) == [1, 2, R - 1]
    assert threshold.find_bad(IDS, keys, PARTIALS, b"another message") == IDS
    assert threshold.find_bad(IDS, [b"", *keys[1:]], PARTIALS, MESSAGE) == [1]


def test_cancelling_errors_are_found_by_random_weights_alone() -> None:
    group = bls12_381.G2
    points = [bls12_381.g2_from_bytes(partial) for partial in PARTIALS[:2]]
    error = group.multiply(group.generator, 99)
    wrong = [
        bls12_381.g2_to_bytes(group.add(points[0], error)),
        bls12_381.g2_to_bytes(group.add(points[1], group.negate(error))),
    ]
    case = (IDS[:2], GROUP.public_key_shares[:2], wrong, MESSAGE)
    assert threshold.find_bad(*case, random_bits=lambda n_bits: 1) == []
    assert threshold.find_bad(*case) == [1, 2]


def test_shares_that_are_refused() -> None:
    commitments, share = GROUP.commitments, GROUP.shares[1]
    assert threshold.verify_share(commitments, 2, share) is True
    for member in (0, -2, 1, 3, R + 2):
        assert threshold.verify_share(commitments, member, share) is False
    for other in (share + 1, share - 1, share + R, share - R, -1, R):
        assert threshold.verify_share(commitments, 2, other) is False
    rng = random.Random(3)
    for place in range(3):
        flipped = bytearray(commitments[place])
        flipped[rng.randrange(48)] ^= 1 << rng.randrange(8)
        wrong = [*commitments[:place], bytes(flipped), *commitments[place + 1 :]]
        assert threshold.verify_share(wrong, 2, share) is False
    assert threshold.verify_share(commitments[:2], 2, share) is False
    assert threshold.verify_share([*commitments, commitments[0]], 2, share) is False
    assert threshold.verify_share(commitments[::-1], 2, share) is False
    assert threshold.verify_share([], 2, share) is False
    for nonsense in (None, "5", [share], 2.5):
        assert threshold.verify_share(commitments, 2, nonsense) is False
        assert threshold.verify_share(commitments, nonsense, share) is False
        assert threshold.verify_share([nonsense], 2, share) is False
    assert threshold.verify_share(None, 2, share) is False


REFUSALS: list[tuple[Callable[[], object], type[ValueError], str]] = [
    (lambda: threshold.deal([1, 2], [0, 1]), NonCanonical, r"ids\[0\] is 0, must be in 1"),
    (lambda: threshold.deal([1, 2], [1, R]), NonCanonical, r"ids\[1\] is"),
    (lambda: threshold.deal([1, 2], [3, 4, 3]), ValueError, "holds an id twice"),
    (lambda: threshold.deal([1, 2], []), BadLength, "ids is empty"),
    (lambda: threshold.deal([], [1]), BadLength, "coefficients is empty"),
    (lambda: threshold.deal([1, R], [1]), NonCanonical, r"coefficients\[1\] is"),
    (lambda: threshold.joint_deal([], [1]), BadLength, "dealings is empty"),
    (lambda: threshold.joint_deal([[1, 2], [3]], [1]), BadLength, r"dealings\[1\] has ids \(1,\)"),
    (lambda: threshold.lagrange([]), BadLength, "ids is empty"),
    (lambda: threshold.lagrange([1, 1]), ValueError, "twice"),
    (lambda: threshold.lagrange([1, 2], R), NonCanonical, "at is"),
    (lambda: threshold.lagrange([1, 2], -1), NonCanonical, "at is"),
    (lambda: threshold.recover([1, 2], [3]), BadLength, "there are 2 ids and 1 shares"),
    (lambda: threshold.recover([1], [R]), NonCanonical, r"shares\[0\] is"),
    (lambda: threshold.recover([], []), BadLength, "ids is empty"),
    (lambda: threshold.combine([], []), BadLength, "ids is empty"),
    (lambda: threshold.combine([1], PARTIALS[:2]), BadLength, "1 ids and 2 partials"),
    (lambda: threshold.combine([1], [b""]), BadLength, r"partials\[0\] has 0 bytes"),
    (lambda: threshold.find_bad([], [], [], b""), BadLength, "ids is empty"),
    (lambda: threshold.find_bad([1], [], PARTIALS[:1], b""), BadLength, "0 public_key_shares"),
    (lambda: threshold.find_bad([1, 1], [KEY] * 2, PARTIALS[:2], b""), ValueError, "twice"),
    (lambda: threshold.partial_sign(0, b""), ValueError, "sk is 0"),
    (lambda: threshold.partial_sign(R, b""), NonCanonical, "must be in"),
    (lambda: threshold.public_key_share([], 1), BadLength, "commitments is empty"),
    (lambda: threshold.random_polynomial(1, 0), ValueError, "threshold is 0"),
    (lambda: threshold.random_polynomial(R, 2), NonCanonical, "secret is"),
    (lambda: threshold.refresh(GROUP, [1, 2, 3]), ValueError, r"coefficients\[0\] is 1"),
    (lambda: threshold.refresh(GROUP, [0, 2]), BadLength, "threshold 2, must have"),
    (lambda: threshold.refresh(GROUP, []), BadLength, "coefficients is empty"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSALS)
def test_refusals(call: Callable[[], object], error: type[ValueError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# Without a dealer, over time, and after losses.
def test_nobody_knows_the_secret_of_a_joint_dealing() -> None:
    polynomials = [threshold.random_polynomial(s, 2, RNG.randrange) for s in (10, 20, 30)]
    joint = threshold.joint_deal(polynomials, [1, 2, 3])
    assert threshold.recover([1, 3], [joint.shares[0], joint.shares[2]]) == 60
    assert joint.group_public_key == bls.sk_to_pk((60).to_bytes(32, "big"))
    for i, member in enumerate(joint.ids):
        assert threshold.verify_share(joint.commitments, member, joint.shares[i])
    partials = [threshold.partial_sign(share, MESSAGE) for share in joint.shares]
    key = joint.group_public_key
    assert threshold.combine_and_verify([2, 3], partials[1:], MESSAGE, key)
    assert threshold.find_bad([1, 2, 3], joint.public_key_shares, partials, MESSAGE) == []


def test_refreshed_shares_sign_the_same_and_do_not_mix_with_old_ones() -> None:
    refreshed = threshold.refresh(GROUP, [0, *(RNG.randrange(1, R) for _ in range(2))])
    assert refreshed.group_public_key == KEY
    assert threshold.recover(IDS[:3], refreshed.shares[:3]) == 123456789
    assert all(a != b for a, b in zip(refreshed.shares, GROUP.shares, strict=True))
    assert threshold.verify_share(refreshed.commitments, 2, refreshed.shares[1])
    stolen = [GROUP.shares[0], GROUP.shares[1], refreshed.shares[2]]
    assert threshold.recover(IDS[:3], stolen) != 123456789
    partials = [threshold.partial_sign(share, MESSAGE) for share in stolen]
    assert not threshold.combine_and_verify(IDS[:3], partials, MESSAGE, KEY)


def test_a_lost_share_is_recovered_by_the_others() -> None:
    recovered = threshold.recover(IDS[:3], GROUP.shares[:3], at=77)
    assert recovered == GROUP.shares[3]
    assert threshold.verify_share(GROUP.commitments, 77, recovered)


def test_the_last_dealer_chooses_a_bit_of_the_key() -> None:
    """Plain Feldman: who deals last tries secrets until the key is to its liking (GJKR)."""
    others = threshold.joint_deal([[11, 1], [22, 2]], [1, 2])
    for secret in range(1, 100):
        total = threshold.add_dealings([others, threshold.deal([secret, 3], [1, 2])])
        if total.group_public_key[-1] % 4 == 0:
            break
    assert total.group_public_key[-1] % 4 == 0
    assert secret < 60  # a key with two chosen bits, in about four tries
