"""Pedersen: adds up, opens one way, and what becomes of it where somebody knows the generators."""

import hashlib
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra.curves import ristretto255 as group
from aicrypto.algebra.curves.ristretto255 import BASE, IDENTITY, ORDER, Point
from aicrypto.commit import pedersen

POINTS = pedersen.generators(b"aicrypto test", 4)
VECTORS = st.lists(st.integers(-(2**256), 2**256), min_size=4, max_size=4)
BLINDINGS = st.integers(0, ORDER - 1)
QUICK = settings(max_examples=15, deadline=None)


@given(VECTORS, BLINDINGS)
@QUICK
def test_commitment_is_its_formula(messages: list[int], blinding: int) -> None:
    expected = group.multiply(BASE, blinding)
    for message, point in zip(messages, POINTS, strict=True):
        expected = group.add(expected, group.multiply(point, message))
    assert pedersen.commit(messages, blinding, POINTS) == expected


@given(VECTORS, BLINDINGS, VECTORS, BLINDINGS)
@QUICK
def test_commitments_add_up(a: list[int], r: int, b: list[int], s: int) -> None:
    first, second = pedersen.commit(a, r, POINTS), pedersen.commit(b, s, POINTS)
    sums = [x + y for x, y in zip(a, b, strict=True)]
    total = pedersen.sum_commitments([first, second])
    assert total == group.add(first, second)
    assert pedersen.verify_opening(total, sums, r + s, POINTS)
    assert pedersen.verify_opening(group.multiply(first, 3), [3 * x for x in a], 3 * r, POINTS)


def test_nothing_is_a_commitment_to_nothing() -> None:
    assert pedersen.sum_commitments([]) == pedersen.commit([0, 0, 0, 0], 0, POINTS) == IDENTITY
    assert pedersen.commit([], 5, []) == group.multiply(BASE, 5)


def test_messages_are_residues() -> None:
    commitment = pedersen.commit([1, -2, 3, 4], 9, POINTS)
    assert pedersen.verify_opening(commitment, [1 + ORDER, ORDER - 2, 3, 4], 9 - ORDER, POINTS)


def test_tamper_sweep() -> None:
    messages, blinding = [3, 1, 4, 1], 59
    commitment = pedersen.commit(messages, blinding, POINTS)
    assert pedersen.verify_opening(commitment, messages, blinding, POINTS) is True
    changed = [[*messages[:i], m + 1, *messages[i + 1 :]] for i, m in enumerate(messages)]
    for bad in [*changed, messages[1:], messages[:-1], [*messages, 0], [1, 3, 4, 1], []]:
        assert pedersen.verify_opening(commitment, bad, blinding, POINTS) is False
    for bad in (blinding + 1, -blinding, 0):
        assert pedersen.verify_opening(commitment, messages, bad, POINTS) is False
    for bad in (group.negate(commitment), group.add(commitment, BASE), IDENTITY):
        assert pedersen.verify_opening(bad, messages, blinding, POINTS) is False
    for bad in (POINTS[::-1], POINTS[1:], [*POINTS, BASE], [BASE, *POINTS[1:]]):
        assert pedersen.verify_opening(commitment, messages, blinding, bad) is False


class Agreeable:
    """Says that it equals whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


@pytest.mark.parametrize(
    "opening",
    [
        (bytes(32), [1], 2, POINTS[:1]),
        (None, [1], 2, POINTS[:1]),
        (Agreeable(), [1], 2, POINTS[:1]),
        (BASE, ["1"], 2, POINTS[:1]),
        (BASE, [1.0], 2, POINTS[:1]),
        (BASE, [1], None, POINTS[:1]),
        (BASE, [1], 2, [bytes(32)]),
    ],
)
def test_what_is_no_opening_is_refused_without_a_crash(opening: tuple) -> None:
    assert pedersen.verify_opening(*opening) is False


def test_generators_are_named_by_tag_and_place() -> None:
    longer = pedersen.generators(b"tag", 6)
    assert longer[:3] == pedersen.generators(b"tag", 3)
    assert len({*longer, *pedersen.generators(b"other tag", 6), BASE, IDENTITY}) == 14
    assert pedersen.generators(b"tag", 0) == []
    with pytest.raises(ValueError, match="count is -1, must be at least 0"):
        pedersen.generators(b"tag", -1)


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="there are 1 messages and 4 generators"):
        pedersen.commit([1], 2, POINTS)


def test_known_generators_open_to_anything_and_hashed_ones_do_not() -> None:
    """Attack: with G_k = k·B, a change of the messages is paid back in the blinding."""
    known = [group.multiply(BASE, k) for k in (1, 2, 3, 4)]
    promised, claimed, blinding = [10, 0, 0, 0], [0, 0, 0, 10**6], 77

    def pay_back() -> int:
        changes = [p - c for p, c in zip(promised, claimed, strict=True)]
        return blinding + sum(k * change for k, change in enumerate(changes, start=1))

    for points, deceived in ((known, True), (POINTS, False)):
        commitment = pedersen.commit(promised, blinding, points)
        assert pedersen.verify_opening(commitment, promised, blinding, points)
        assert pedersen.verify_opening(commitment, claimed, pay_back(), points) is deceived


def test_a_repeated_generator_binds_only_the_sum() -> None:
    point = POINTS[0]
    for points, deceived in (([point, point], True), (POINTS[:2], False)):
        commitment = pedersen.commit([10, 0], 77, points)
        assert pedersen.verify_opening(commitment, [3, 7], 77, points) is deceived


def test_without_blinding_a_guess_is_confirmed() -> None:
    """Attack: few possible messages, no blinding; with a uniform one all guesses fit equally."""
    for blinding, found in ((0, 42), (random.Random(1).randrange(ORDER), None)):
        commitment = pedersen.commit([42], blinding, POINTS[:1])
        guesses = (m for m in range(100) if pedersen.commit([m], 0, POINTS[:1]) == commitment)
        assert next(guesses, None) == found


# Schnorr's proof of knowing k with Y = k·B: R = x·B, challenge c, s = x + c·k; s·B = R + c·Y.
Challenge = Callable[[Point, Point], int]


def hashed(*points: Point) -> int:
    encoded = b"".join(group.encode(point) for point in points)
    return int.from_bytes(hashlib.sha512(encoded).digest(), "little") % ORDER


def complete(announced: Point, key: Point) -> int:
    return hashed(announced, key)


def forgetful(announced: Point, key: Point) -> int:
    return hashed(announced)


def accepted(key: Point, announced: Point, response: int, challenge: Challenge) -> bool:
    right = group.add(announced, group.multiply(key, challenge(announced, key)))
    return group.multiply(BASE, response) == right


@pytest.mark.parametrize("challenge", [complete, forgetful])
def test_honest_schnorr_proof(challenge: Challenge) -> None:
    secret, nonce = 1234567, 7654321
    key, announced = group.multiply(BASE, secret), group.multiply(BASE, nonce)
    response = nonce + challenge(announced, key) * secret
    assert accepted(key, announced, response, challenge)
    assert not accepted(key, announced, response + 1, challenge)


def test_forgotten_statement_is_forged_and_the_complete_one_is_not() -> None:
    """Attack (Frozen Heart): R and s first, then the key that fits them, Y = (s·B - R)/c.

    R is hashed to the group, so nobody knows its logarithm, nor that of Y.
    """
    announced, response = group.hash_to_group(b"nobody knows", 0), 99
    rest = group.add(group.multiply(BASE, response), group.negate(announced))
    key = group.multiply(rest, pow(hashed(announced), -1, ORDER))
    assert accepted(key, announced, response, forgetful) is True
    assert accepted(key, announced, response, complete) is False
