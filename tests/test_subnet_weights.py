"""Setting weights, commits and reveals, and the time-lock."""

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import conform
from aicrypto.commit import bls
from aicrypto.subnet import weights
from aicrypto.subnet.refusals import (
    CommitTooLong,
    ExpiredWeightCommit,
    IncorrectCommitRevealVersion,
    NoWeightsCommitFound,
    Refusal,
    RevealTooEarly,
)
from aicrypto.subnet.weights import Call, Caller, Queue, WeightRules, timelock
from aicrypto.subnet.weights.setting import CHECKS

VECTORS = Path(__file__).parent / "vectors"
HOTKEY = bytes(range(32))
BEACON = bls.keygen(b"drand" * 8)
BEACON_KEY = bls.sk_to_pk(BEACON, bls.SHORT_SIGNATURES)


@pytest.mark.parametrize("suite", ["set_weights", "commit_hash", "commit_reveal"])
def test_vectors_of_the_chain(suite: str) -> None:
    report = conform.run(conform.load(VECTORS / f"bittensor.{suite}.json"))
    assert report.ok, report.failures[:3]


@given(st.lists(st.integers(0, 65535), max_size=20))
def test_upscaling_keeps_order_and_reaches_the_top(values: list[int]) -> None:
    got = weights.upscaled(values)
    assert max(got, default=0) == (65535 if any(values) else 0)
    ranked = sorted(zip(values, got, strict=True))
    assert all(a[1] <= b[1] for a, b in pairwise(ranked))


def test_scores_become_weights_with_zeros_kept() -> None:
    assert weights.to_u16_weights([0.0, 0.5, 1.0, -3.0]) == [0, 32768, 65535, 0]
    assert weights.to_u16_weights([0.0]) == [0]


@given(
    st.lists(st.integers(-1, 9), max_size=9),
    st.lists(st.integers(0, 65535), max_size=9),
    st.booleans(),
    st.integers(0, 3),
)
def test_a_stored_row_passed_every_check(
    uids: list[int], values: list[int], permit: bool, minimum: int
) -> None:
    rules = WeightRules(8, min_allowed=minimum, commit_reveal=False)
    call, caller = Call(tuple(uids), tuple(values)), Caller(2, permit, 0, 0)
    passes = [check(rules, caller, call, 5) for check in CHECKS.values()]
    if not all(passes):
        with pytest.raises(list(CHECKS)[passes.index(False)]):
            weights.set_weights(rules, caller, call, 5)
        return
    row = weights.set_weights(rules, caller, call, 5)
    assert [uid for uid, _ in row] == uids, "the order of the call is kept"
    assert len(set(uids)) == len(uids)
    assert permit or uids == [2]


RULES = WeightRules(4, min_allowed=1, rate_limit=0, reveal_period=2)
CALLER = Caller(1, True, 0, 0)
CALL = Call((0, 2), (1, 2))


def digest(salt: int) -> bytes:
    return weights.commit_hash(HOTKEY, 1, CALL.uids, CALL.values, [salt], 0)


def queue_of(*epochs: int) -> Queue:
    queue: Queue = ()
    for epoch in epochs:
        queue = weights.commit(RULES, CALLER, queue, digest(epoch), epoch, 10 * epoch)
    return queue


@pytest.mark.parametrize(
    ("epoch", "salt", "refusal"),
    [(2, 1, RevealTooEarly), (4, 1, ExpiredWeightCommit), (9, 5, NoWeightsCommitFound)],
)
def test_reveals_have_one_epoch(epoch: int, salt: int, refusal: type[Refusal]) -> None:
    queue = queue_of(1) if epoch != 4 else queue_of(1, 3)
    with pytest.raises(refusal):
        weights.reveal(RULES, CALLER, queue, CALL, digest(salt), epoch, 99)
    left, row = weights.reveal(RULES, CALLER, queue_of(1, 1, 2), CALL, digest(1), 3, 99)
    assert row == ((0, 32768), (2, 65535))
    assert [commit.epoch for commit in left] == [1, 2]


def test_a_hash_binds_every_field_and_the_salt_hides() -> None:
    fields = (HOTKEY, 1, [0, 2], [1, 2], [7], 0)
    changed = [HOTKEY[::-1], 2, [0, 3], [1, 3], [8], 1]
    hashes = {weights.commit_hash(*fields)}
    for place, value in enumerate(changed):
        hashes.add(weights.commit_hash(*fields[:place], value, *fields[place + 1 :]))
    assert len(hashes) == 1 + len(changed)
    with pytest.raises(ValueError, match="hotkey has 3 bytes"):
        weights.commit_hash(b"abc", *fields[1:])


def test_the_oldest_open_commit_is_the_time_of_the_vote() -> None:
    queue = queue_of(1, 2)
    assert weights.earliest_block(RULES, queue, 3) == 10
    assert weights.earliest_block(RULES, queue, 4) == 20
    assert weights.earliest_block(RULES, queue, 5) is None


# Time-lock


@given(st.lists(st.integers(0, 65535), max_size=80), st.integers(0, 2**64 - 1))
def test_payloads_come_back(values: list[int], version: int) -> None:
    payload = timelock.Payload(HOTKEY, Call(tuple(range(len(values))), tuple(values), version))
    assert timelock.Payload.from_bytes(payload.to_bytes()) == payload


@given(st.binary(max_size=120))
def test_bytes_that_are_no_payload_are_refused(data: bytes) -> None:
    try:
        payload = timelock.Payload.from_bytes(data)
    except ValueError:
        return
    assert payload.to_bytes() == data


def signature(number: int) -> bytes:
    return bls.sign(BEACON, timelock.round_message(number), bls.SHORT_SIGNATURES)


def sealed(number: int = 7) -> bytes:
    payload = timelock.Payload(HOTKEY, CALL).to_bytes()
    return timelock.encrypt(payload, BEACON_KEY, number, b"e" * 32)


def test_a_round_opens_what_was_locked_to_it() -> None:
    assert timelock.opened(sealed(), signature(7), HOTKEY) == CALL
    assert timelock.opened(sealed(), signature(8), HOTKEY) is None
    assert timelock.opened(sealed(), signature(7), HOTKEY[::-1]) is None, "handed in by another"
    with pytest.raises(ValueError, match="does not open"):
        timelock.decrypt(sealed(), signature(8))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**9))
def test_changed_ciphertexts_are_skipped(place: int) -> None:
    data = bytearray(sealed())
    data[place % len(data)] ^= 1 + place % 255
    assert timelock.opened(bytes(data), signature(7), HOTKEY) is None


def test_threshold_members_sign_the_round_together() -> None:
    rng = random.Random(5)
    secret = int.from_bytes(BEACON, "big")
    coefficients = bls.threshold.random_polynomial(secret, 2, rng.randrange)
    dealing = bls.threshold.deal(coefficients, [1, 2, 3], bls.SHORT_SIGNATURES)
    message = timelock.round_message(7)
    partials = [
        bls.threshold.partial_sign(share, message, bls.SHORT_SIGNATURES)
        for share in dealing.shares[1:]
    ]
    joint = bls.threshold.combine([2, 3], partials, bls.SHORT_SIGNATURES)
    assert timelock.opened(sealed(), joint, HOTKEY) == CALL


def test_what_the_chain_does_not_take() -> None:
    assert timelock.checked(b"x", 4) == b"x"
    with pytest.raises(IncorrectCommitRevealVersion):
        timelock.checked(b"x", 3)
    with pytest.raises(CommitTooLong):
        timelock.checked(bytes(5001), 4)
    with pytest.raises(ValueError, match="entropy has 3 bytes"):
        timelock.encrypt(b"", BEACON_KEY, 1, b"abc")
    assert replace(CALL, version_key=1) != CALL
