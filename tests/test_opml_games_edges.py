"""The all-versus-all game: the honest root wins within its bound, however many lie."""

import random

import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.opml.games import edges
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
from tests.opml_runs import weakened

HEIGHT, PERIOD = 16, 120
TRUE = honest_history(bytes(32), keccak256, HEIGHT)
GENESIS_ROOT = history_root(TRUE[:1])
CHECKED = "if len(roots) != edge.end + 1 or ends != (edge.start_root, edge.end_root):"


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
    outcome = play(
        EdgeChallenge(HEIGHT, keccak256, PERIOD, GENESIS_ROOT), honest, liars(count, seed)
    )
    assert PERIOD <= outcome.confirmed_at <= outcome.bound
    assert outcome.bound == delay_bound(PERIOD, HEIGHT, 4)
    assert outcome.liars_confirmed == ()


def test_delay_does_not_grow_with_liars_but_a_tournament_does() -> None:
    slowest = [
        play(
            EdgeChallenge(HEIGHT, keccak256, PERIOD, GENESIS_ROOT),
            [Party("h", TRUE, response=3)],
            liars(count),
        ).confirmed_at
        for count in (1, 5)
    ]
    assert slowest[1] <= delay_bound(PERIOD, HEIGHT, 3) < tournament_delay(5, PERIOD)


def test_two_honest_parties_share_their_edges() -> None:
    def n_edges(n_honest: int) -> int:
        honest = [Party(f"h{i}", TRUE, response=3) for i in range(n_honest)]
        return play(
            EdgeChallenge(HEIGHT, keccak256, PERIOD, GENESIS_ROOT), honest, liars(2)
        ).n_edges

    assert n_edges(3) == n_edges(1)


def test_an_unanswered_liar_is_confirmed() -> None:
    silent = Party("asleep", TRUE, response=10_000)
    challenge = EdgeChallenge(HEIGHT, keccak256, PERIOD, GENESIS_ROOT)
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
    challenge = EdgeChallenge(1, keccak256, PERIOD, GENESIS_ROOT)
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
    challenge = EdgeChallenge(2, keccak256, PERIOD, GENESIS_ROOT)
    root = challenge.add_root(GENESIS_ROOT, history_root(TRUE[:3]), 0)
    with pytest.raises(EdgeRefused, match="no rival"):
        challenge.bisect(root, TRUE[:3], 1)


def test_a_root_starts_from_the_challenge_s_genesis() -> None:
    """Elsewhere it would have no rival, and be confirmed by mere time."""
    challenge = EdgeChallenge(2, keccak256, PERIOD, GENESIS_ROOT)
    with pytest.raises(EdgeRefused, match="genesis_root"):
        challenge.add_root(history_root([bytes([7] * 32)]), bytes([1] * 32), 0)
    assert challenge.edges == {}


def test_nobody_bisects_an_honest_edge_with_a_history_that_is_not_its_own() -> None:
    """A false middle would leave the honest edge with children whose steps nobody can prove."""
    false = lying_history(TRUE, keccak256, 3, bytes([5] * 32))

    def quarrel(rules) -> tuple:
        challenge = rules.EdgeChallenge(HEIGHT, keccak256, PERIOD, GENESIS_ROOT)
        ends = history_root(TRUE), history_root(false)
        return challenge, *(challenge.add_root(GENESIS_ROOT, end, 0) for end in ends)

    challenge, honest, _ = quarrel(edges.challenge)
    for wrong in (false, TRUE[:-1], (*TRUE, TRUE[0]), (TRUE[1], *TRUE[1:]), ()):
        with pytest.raises(EdgeRefused, match="history"):
            challenge.bisect(honest, wrong, 1)
    assert challenge.edges[honest].children is None
    challenge.bisect(honest, TRUE, 1)
    weak = weakened("aicrypto.opml.games.edges.challenge", (CHECKED, "if bool(0):"))
    challenge, honest, _ = quarrel(weak)
    lower, _ = challenge.bisect(honest, false, 1)
    assert challenge.edges[lower].edge.end_root == history_root(false[: HEIGHT // 2 + 1])


def test_a_history_needs_states() -> None:
    with pytest.raises(ValueError, match="leaves is empty"):
        history_root([])
    with pytest.raises(ValueError, match=r"leaves\[0\]"):
        history_root([b"short"])
