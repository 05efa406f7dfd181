"""Real work: in each family of scoring the cheater earns less than the honest within ten epochs."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch

from aicrypto.subnet.scoring import Lead, image_score, storage
from aicrypto.subnet.work import (
    Answers,
    Contest,
    Frames,
    Inference,
    LossTournament,
    Outcome,
    Scraping,
    Storage,
    play,
)

CONTESTS: list[Callable[[int], Contest]] = [
    LossTournament,
    Answers,
    Storage,
    Inference,
    Scraping,
    Frames,
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def earned(contest: Contest) -> tuple[Outcome, int, list[int]]:
    outcome = play(contest, n_epochs=10)
    honest = [outcome.total(miner) for miner in contest.miners if miner != contest.cheater]
    return outcome, outcome.total(contest.cheater), honest


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seed", [0, 1])
def test_cheating_does_not_pay(contest: Callable[[int], Contest], seed: int) -> None:
    outcome, cheater, honest = earned(contest(seed))
    assert cheater < min(honest)
    assert outcome.subnet.ledger.is_conserved()


def test_without_the_lead_a_copy_earns_as_much_as_its_original() -> None:
    outcome, cheater, _ = earned(LossTournament(lead=Lead(0, 0)))
    assert cheater == pytest.approx(outcome.total("ada"), rel=1e-6)


def test_a_validator_that_believes_the_answer_pays_whoever_kept_nothing() -> None:
    _, cheater, honest = earned(Storage(believe=True))
    assert cheater == pytest.approx(max(honest), rel=1e-6)


def test_a_storage_answer_is_checked_in_every_part() -> None:
    points = storage.parameters()
    chunks = [bytes([k]) * 8 for k in range(5)]
    blindings = list(range(1, 6))
    for at in range(5):
        answer = storage.hold(points, chunks, b"seed", blindings, at)
        assert storage.check(points, answer, b"seed", at, answer.root)
        assert not storage.check(points, answer, b"other", at, answer.root)
        assert not storage.check(points, answer, b"seed", (at + 1) % 5, answer.root)
        assert not storage.check(points, answer, b"seed", at, bytes(32))
        assert storage.check(points, answer, b"seed", at, answer.root, 5)
        assert not storage.check(points, answer, b"seed", at, answer.root, 9)
        assert not storage.check(points, replace(answer, blinding=-1), b"seed", at, answer.root)
    assert storage.chained(b"a", b"b") != storage.chained(b"b", b"a")


@pytest.mark.parametrize("n_chunks", [2, 4, 5, 6, 7])
def test_one_kept_chunk_passes_for_others_only_where_the_trees_shape_is_unknown(
    n_chunks: int,
) -> None:
    """Empty siblings move the place and hash nothing, until chunk 0's own path fits any index."""
    points = storage.parameters()
    chunks, blindings = [bytes([k]) * 8 for k in range(n_chunks)], list(range(n_chunks))
    kept = storage.hold(points, chunks, b"seed", blindings, 0)
    for at in range(n_chunks):
        honest = storage.hold(points, chunks, b"seed", blindings, at)
        assert storage.check(points, honest, b"seed", at, kept.root, n_chunks)
        shifted = (b"",) * at.bit_length() + kept.path
        forged = replace(kept, index=at, path=shifted)
        assert storage.check(points, forged, b"seed", at, kept.root)
        assert storage.check(points, forged, b"seed", at, kept.root, n_chunks) == (at == 0)
    outside = replace(kept, index=n_chunks, path=(b"",) * n_chunks.bit_length() + kept.path)
    assert not storage.check(points, outside, b"seed", n_chunks, kept.root, n_chunks)


def test_sizes_meet_the_wrong_miner_as_deployed() -> None:
    """The slow miner moved a thousand times more data, and is paid as if it had not."""
    times, sizes, rewards = [0.5, 4.0, 1.0], [1e3, 1e9, 1e3], [0.6] * 3
    deployed = storage.scaled_rewards(times, sizes, rewards)
    mended = storage.scaled_rewards(times, sizes, rewards, pair_sizes=True)
    assert mended[1] > deployed[1]
    assert sum(mended) == pytest.approx(sum(deployed)) == pytest.approx(1.8)
    with pytest.raises(ValueError, match="data_sizes holds 0"):
        storage.scaled_rewards([1.0], [0.0], [1.0])


def test_images_are_compared_by_their_start() -> None:
    assert image_score("a" * 60, "a" * 50 + "b" * 10, 0.5) == 0.5
    assert image_score("a" * 60, "b" * 60, 0.5) == 0
