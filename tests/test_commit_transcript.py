"""The transcript: everything said binds, challenges are uniform, nothing is confused."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.algebra import Fp2
from aicrypto.algebra.plain import P
from aicrypto.commit.transcript import Transcript, challenge_from_blocks

MESSAGES = st.lists(st.tuples(st.integers(0, 254), st.binary(max_size=40)), min_size=1, max_size=6)


def challenge_after(messages: list[tuple[int, bytes]], label: str = "test") -> Fp2:
    transcript = Transcript(label)
    for tag, data in messages:
        transcript.absorb(tag, data)
    return transcript.challenge()


@given(MESSAGES, st.data())
def test_every_message_binds(messages: list[tuple[int, bytes]], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(messages) - 1))
    tag, content = messages[i]
    said = challenge_after(messages)
    for changed in ((tag, content + b"\0"), ((tag + 1) % 255, content)):
        assert challenge_after([*messages[:i], changed, *messages[i + 1 :]]) != said
    assert challenge_after(messages[:i] + messages[i + 1 :]) != said
    assert challenge_after(messages, label="other") != said


def test_bytes_cannot_wander_between_messages() -> None:
    assert challenge_after([(1, b"ab"), (1, b"c")]) != challenge_after([(1, b"a"), (1, b"bc")])
    assert challenge_after([(1, b"ab")]) != challenge_after([(1, b"a"), (1, b"b")])


def test_a_word_equal_to_p_is_skipped_not_reduced() -> None:
    words = [P, 5, P + (7 << 61), 9]  # third: p once the upper three bits are cut
    block = b"".join(word.to_bytes(8, "little") for word in words)
    assert challenge_from_blocks(iter([block])) == Fp2(5, 9)


def test_more_blocks_are_drawn_when_words_are_rejected() -> None:
    rejected = P.to_bytes(8, "little") * 4
    good = b"".join(i.to_bytes(8, "little") for i in (1, 2, 3, 4))
    assert challenge_from_blocks(iter([rejected, good])) == Fp2(1, 2)


def test_squeezing_twice_gives_other_bytes_and_absorbing_resets() -> None:
    transcript = Transcript("test")
    first, second = transcript.squeeze(), transcript.squeeze()
    transcript.absorb(0, b"")
    assert len({first, second, transcript.squeeze()}) == 3


def test_indices_are_in_range_and_cover_it() -> None:
    drawn = Transcript("test").indices(2000, 64)
    assert len(drawn) == 2000
    assert set(drawn) == set(range(64))


def test_challenges_are_drawn_one_after_the_other() -> None:
    a, b = Transcript("test"), Transcript("test")
    assert a.challenges(3) == [b.challenge() for _ in range(3)]


@pytest.mark.parametrize("tag", [-1, 255, 1000])
def test_reserved_tags_are_refused(tag: int) -> None:
    with pytest.raises(ValueError, match=f"tag is {tag}, must be in 0..254"):
        Transcript("test").absorb(tag, b"")


@pytest.mark.parametrize("n", [0, 3, -4, 2**65])
def test_indices_want_a_power_of_two(n: int) -> None:
    with pytest.raises(ValueError, match=f"n is {n}, must be a power of two"):
        Transcript("test").indices(1, n)


def test_mean_of_challenges_is_the_middle() -> None:
    transcript = Transcript("mean")
    mean = sum(transcript.challenge().re for _, _ in zip(range(4000), count(), strict=False)) / 4000
    assert abs(mean / P - 0.5) < 0.02
