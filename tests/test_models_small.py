"""The text, the vocabulary and the small transformer."""

import pytest
import torch

from aicrypto import models


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def text():
    return models.corpus(models.python_reference(), 256)


def test_the_text_is_large_and_its_held_out_part_apart(text):
    words = models.python_reference()
    assert len(words) > 60_000
    assert len(text.train) + len(text.held_out) == len(words)
    assert 0.08 < len(text.held_out) / len(words) < 0.12
    assert int(text.train.max()) < 256


def test_the_vocabulary_knows_the_frequent_words(text):
    vocabulary = text.vocabulary
    assert len(vocabulary) == len(set(vocabulary.words)) == 256
    assert vocabulary.decode(vocabulary.encode(["the", "zygote", "object"])) == "the <unk> object"
    assert vocabulary.eligible[vocabulary.token_of["the"]]
    assert not vocabulary.eligible[vocabulary.token_of["."]]
    assert not vocabulary.eligible[0]


def test_a_short_text_is_refused():
    with pytest.raises(ValueError, match="text has 3 words, must have at least 5120"):
        models.corpus(["a", "b", "c"])
    with pytest.raises(ValueError, match="text has 3 tokens, a window 4"):
        models.windows(torch.arange(3), 2, 4, rng())


def test_windows_are_pieces_of_the_text():
    for window in models.windows(torch.arange(50), 20, 7, rng()).tolist():
        assert window == list(range(window[0], window[0] + 7))


def test_the_transformer_looks_back_only_and_follows_from_its_seed():
    shape = models.Shape(vocabulary=50, width=16, layers=2, heads=2, context=12)
    model = models.Transformer(shape, seed=3)
    ids = torch.randint(50, (3, 12), generator=rng())
    changed = ids.clone()
    changed[:, 7] = (changed[:, 7] + 1) % 50
    before, after = model(ids), model(changed)
    assert before.shape == (3, 12, 50)
    assert torch.allclose(before[:, :7], after[:, :7], atol=1e-6)
    assert not torch.allclose(before[:, 7:], after[:, 7:], atol=1e-3)
    assert torch.equal(before, models.Transformer(shape, seed=3)(ids))
    assert not torch.equal(before, models.Transformer(shape, seed=4)(ids))
    with pytest.raises(ValueError, match="ids have 13 tokens, the context holds 12"):
        model(torch.zeros(1, 13, dtype=torch.long))


def test_training_learns_a_text_with_a_rule_and_repeats_bit_for_bit():
    """The next token is the last plus one: a model that learns gets every one right."""
    shape = models.Shape(vocabulary=16, width=16, layers=1, heads=2, context=16)
    line = torch.arange(4096) % 16
    schedule = models.Schedule(steps=60, lr=1e-2, batch=8, window=12)
    losses: list[list[float]] = [[], []]
    for heard in losses:
        model = models.Transformer(shape)
        models.train(model, line, schedule, rng(1), lambda step, loss, h=heard: h.append(loss))
    assert losses[0] == losses[1]
    assert losses[0][-1] < 0.3 < losses[0][0]
    assert models.judge(model, line, window=12).accuracy == 1
    start = torch.tensor([[3, 4], [9, 10]])
    assert models.sample(model, start, 4, rng(), temperature=0).tolist() == [
        [3, 4, 5, 6, 7, 8],
        [9, 10, 11, 12, 13, 14],
    ]
    assert torch.equal(*(models.sample(model, start, 4, rng(2)) for _ in range(2)))


@pytest.mark.parametrize(("n_tokens", "window"), [(3, 4), (9, 1), (0, 0)])
def test_a_text_with_nothing_to_foretell_is_not_judged(n_tokens, window):
    with pytest.raises(ValueError, match=f"window is {window}"):
        models.judge(torch.nn.Embedding(5, 5), torch.arange(n_tokens) % 5, window)
