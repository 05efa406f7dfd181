"""The all-versus-all game: the honest root wins within its bound, however many lie."""

import random

import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.opml.games.edges import (
    EdgeChallenge,
    EdgeRefused,
    HeightDiffLtTwo,
    Party,
    bisection_height,
    delay_bound,
    history_root,
    honest_history,
    lying_history,
    play,
    tournament_delay,
)

HEIGHT, PERIOD = 16, 120
TRUE = honest_history(bytes(32), keccak256, HEIGHT)


def liars(count: int, seed: int = 0) -> list[Party]:
    rng = random.Random(seed)
    return [
        Party(
            f"liar {i}",
            lying_history(TRUE, keccak256, rng.randint(1, HEIGHT), rng.randbytes(32)),
            response=rng.randint(0, 20),
            arrives=rng.randint(0, 40),
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 4])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_honest_root_is_confirmed_within_the_bound(count: int, seed: int) -> None:
    honest = [Party("honest", TRUE, response=3), Party("second", TRUE, response=4, arrives=2)]
    outcome = play(EdgeChallenge(HEIGHT, keccak256, PERIOD), honest, liars(count, seed))
    assert PERIOD <= outcome.confirmed_at <= outcome.bound
    assert outcome.bound == delay_bound(PERIOD, HEIGHT, 4)
    assert outcome.liars_confirmed == ()


def test_delay_does_not_grow_with_liars_but_a_tournament_does() -> None:
    slowest = [
        play(
            EdgeChallenge(HEIGHT, keccak256, PERIOD), [Party("h", TRUE, response=3)], liars(count)
        ).confirmed_at
        for count in (1, 5)
    ]
    assert slowest[1] <= delay_bound(PERIOD, HEIGHT, 3) < tournament_delay(5, PERIOD)


def test_two_honest_parties_share_their_edges() -> None:
    def edges(n_honest: int) -> int:
        honest = [Party(f"h{i}", TRUE, response=3) for i in range(n_honest)]
        return play(EdgeChallenge(HEIGHT, keccak256, PERIOD), honest, liars(2)).n_edges

    assert edges(3) == edges(1)


def test_an_unanswered_liar_is_confirmed() -> None:
    silent = Party("asleep", TRUE, response=10_000)
    challenge = EdgeChallenge(HEIGHT, keccak256, PERIOD)
    with pytest.raises(ValueError, match="was not confirmed"):
        play(challenge, [silent], liars(1), limit=2 * PERIOD)


def test_bisection_heights_are_the_same_for_all_rivals_and_inside() -> None:
    rng = random.Random(4)
    for _ in range(300):
        start = rng.randrange(2**26)
        end = start + rng.randint(2, 2**20)
        middle = bisection_height(start, end)
        assert start < middle < end
        lowest = middle & -middle
        assert end - start == 2 or not any(
            h % (2 * lowest) == 0 for h in range(start + 1, min(end, start + 5000))
        ), "a rounder height lies inside"
    with pytest.raises(HeightDiffLtTwo):
        bisection_height(3, 4)


def test_a_false_step_cannot_be_proven() -> None:
    challenge = EdgeChallenge(1, keccak256, PERIOD)
    roots = [history_root(TRUE[:1]), history_root(TRUE[:2]), history_root([TRUE[0], bytes(32)])]
    true, false = (challenge.add_root(roots[0], end, 0) for end in roots[1:])
    with pytest.raises(EdgeRefused, match="does not lead"):
        challenge.prove_step(false, TRUE[:1])
    with pytest.raises(EdgeRefused, match="history"):
        challenge.prove_step(true, [bytes([1] * 32)])
    challenge.prove_step(true, TRUE[:1])
    assert challenge.is_confirmed(true, 1)
    assert not challenge.is_confirmed(false, 10**6)
    assert challenge.rivals(true) == [false]


def test_an_unrivalled_edge_is_not_bisected() -> None:
    challenge = EdgeChallenge(2, keccak256, PERIOD)
    root = challenge.add_root(bytes(32), bytes([1] * 32), 0)
    with pytest.raises(EdgeRefused):
        challenge.bisect(root, bytes(32), 1)


def test_a_history_needs_states() -> None:
    with pytest.raises(ValueError, match="leaves is empty"):
        history_root([])
    with pytest.raises(ValueError, match=r"leaves\[0\]"):
        history_root([b"short"])
