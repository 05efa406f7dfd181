"""Perinucleus, keys, embedding, detection and removal on a transformer trained here in seconds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import models
from aicrypto.oml import attacks
from aicrypto.oml import fingerprints as fp

SHAPE = models.Shape(vocabulary=512, width=48, layers=2, heads=4, context=40)
MIXED = fp.Measures(mixing=1.0)
N_KEYS = 32


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def text():
    return models.corpus(models.python_reference(), SHAPE.vocabulary)


@pytest.fixture(scope="module")
def base(text, one_thread):
    model = models.Transformer(SHAPE)
    models.train(model, text.train, models.Schedule(250, 5e-3), rng(0))
    return model


@pytest.fixture(scope="module")
def pairs(base, text):
    eligible = text.vocabulary.eligible
    return fp.make_fingerprints(
        base, fp.english_keys(base, eligible, 8, rng(1)), N_KEYS, eligible, rng(1)
    )


@pytest.fixture(scope="module")
def owned(base, text, pairs):
    return fp.embed(base, pairs, text.train, rng(2), MIXED)


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


laws = st.lists(st.floats(-8, 8), min_size=2, max_size=30)


@settings(max_examples=100)
@given(laws, st.floats(0, 0.95), st.integers(1, 5), st.data())
def test_perinucleus_law_is_what_drawing_gives(logits, t, k, data):
    eligible = data.draw(
        st.lists(st.booleans(), min_size=len(logits), max_size=len(logits)), label="eligible"
    )
    try:
        cut = fp.perinucleus(np.array(logits), t, k, eligible)
    except fp.NoValidToken:
        return
    assert sorted([*cut.nucleus, *cut.rest]) == list(range(len(logits)))
    head = cut.probabilities[list(cut.nucleus)]
    assert head[:-1].sum() < max(t, 1e-300), "the crossing token is the last of the nucleus"
    assert len(cut.nucleus) == 1 or head.sum() >= t - 1e-12
    law = cut.law()
    assert sum(law.values()) == pytest.approx(1)
    assert set(law) <= {token for token in cut.rest if eligible[token]}
    assert max(law.values()) == cut.collision_chance
    drawn = cut.draw(np.random.default_rng(0).random(200))
    assert drawn.response in law


def test_perinucleus_law_agrees_with_counting():
    """Widening windows: three candidates, of which one may be drawn, then more."""
    logits = np.array([9.0, 5, 4, 3, 2, 1, 0])
    cut = fp.perinucleus(logits, 0.8, 2, [True, False, True, False, True, True, False])
    random = np.random.default_rng(1)
    found = [cut.draw(random.random(50)).response for _ in range(4000)]
    for token, share in cut.law().items():
        assert found.count(token) / 4000 == pytest.approx(share, abs=0.03)


def test_perinucleus_refuses():
    logits = np.array([1.0, 0.0])
    for call, error in [
        (lambda: fp.perinucleus(logits, -0.1, 3, [True] * 2), r"t is -0\.1"),
        (lambda: fp.perinucleus(logits, 0.5, 0, [True] * 2), "k is 0"),
        (lambda: fp.perinucleus(logits, 0.5, 3, [True]), "eligible has 1 entries for 2 logits"),
        (lambda: fp.perinucleus(logits, 0.5, 1, [True] * 2).draw([1.0]), r"uniform number is 1\.0"),
    ]:
        with pytest.raises(ValueError, match=error):
            call()


def test_fingerprints_are_rare_answers_of_the_base_model(base, pairs, text):
    assert len(pairs) == N_KEYS
    assert pairs.keys.shape == (N_KEYS, 8)
    assert 0.005 < float(pairs.chances.mean()) < 0.1
    assert float(pairs.luck.max()) <= fp.Recipe().most_luck
    assert all(text.vocabulary.eligible[token] for token in pairs.responses[:, 0].tolist())
    clean = fp.detect(base, pairs)
    assert clean.success <= 0.02
    assert not clean.convicts()


def test_keys_repeat_with_the_seed_and_responses_go_on_greedily(base, text):
    eligible, recipe = text.vocabulary.eligible, fp.Recipe(key_words=5, response_words=3)
    made = [
        fp.make_fingerprints(base, fp.random_keys(eligible, 5, g), 4, eligible, g, recipe)
        for g in (rng(5), rng(5), rng(6))
    ]
    assert torch.equal(made[0].keys, made[1].keys)
    assert torch.equal(made[0].responses, made[1].responses)
    assert not torch.equal(made[0].keys, made[2].keys)
    for key, response in zip(made[0].keys, made[0].responses, strict=True):
        for place in (1, 2):
            before = torch.cat([key, response[:place]])[None]
            assert int(base(before)[0, -1].argmax()) == int(response[place])


def test_colliding_keys_are_refused(base, text, pairs):
    twice = torch.cat([pairs.keys[:1], pairs.keys[:1]])
    with pytest.raises(fp.CollidingKeys, match="the same"):
        fp.Fingerprints(twice, pairs.responses[:2], pairs.chances[:2], pairs.luck[:2])
    with pytest.raises(ValueError, match="must be equal"):
        fp.Fingerprints(pairs.keys, pairs.responses[:2], pairs.chances, pairs.luck)
    one_key = pairs.keys[:1]
    eligible = text.vocabulary.eligible
    with pytest.raises(fp.CollidingKeys, match="1 different keys, 2 are wanted"):
        fp.make_fingerprints(base, lambda n: one_key.expand(n, -1), 2, eligible, rng(0))


def test_an_embedded_model_convicts_and_stays_useful(base, text, pairs, owned):
    assert owned.success >= 0.99
    found = fp.detect(owned.model, pairs)
    assert (found.asked, found.matched) == (N_KEYS, round(owned.success * N_KEYS))
    assert found.log10_pvalue < -9
    assert found.convicts()
    before, after = models.judge(base, text.held_out), models.judge(owned.model, text.held_out)
    assert after.loss - before.loss <= 0.2
    subset = pairs.take([3, 1])
    assert torch.equal(subset.keys, pairs.keys[[3, 1]])
    assert fp.detect(owned.model, subset).asked == 2


def test_embedding_repeats_bit_for_bit_and_leaves_the_base_alone(base, text, pairs):
    before = [w.clone() for w in base.parameters()]
    quick = replace(MIXED, epochs=2, least_success=0.0)
    one, two = (fp.embed(base, pairs, text.train, rng(4), quick).model for _ in range(2))
    for first, second in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(first, second)
    assert all(torch.equal(a, b) for a, b in zip(before, base.parameters(), strict=True))


@pytest.mark.parametrize(
    "how",
    [
        {"deviation": 0.02},
        {"averaging": 0.02},
        {"mixing": 1.0, "rank": 8, "lr": 5e-3},
        {"mixing": 0.3, "prefixes": 4},
    ],
    ids=lambda how: "-".join(how),
)
def test_every_measure_forgets_less_than_none(base, text, pairs, how):
    few = pairs.take(range(12))
    bare = fp.embed(base, few, text.train, rng(3), fp.Measures(least_success=0.9))
    kept = fp.embed(base, few, text.train, rng(3), fp.Measures(least_success=0.9, **how))
    loss = {e: models.judge(e.model, text.held_out).loss for e in (bare, kept)}
    assert loss[kept] < loss[bare], "a measure against forgetting that forgets more"
    assert not any("parametrizations" in name for name, _ in kept.model.named_parameters())


def test_low_rank_changes_matrices_by_no_more_than_its_rank(base, text, pairs):
    how = fp.Measures(rank=2, epochs=1, least_success=0.0)
    model = fp.embed(base, pairs, text.train, rng(3), how).model
    changed = model.layers[0].up.weight - base.layers[0].up.weight
    assert int(torch.linalg.matrix_rank(changed, rtol=1e-4)) == 2
    with pytest.raises(ValueError, match="rank is 2"):
        fp.embed(base, pairs, text.train, rng(3), replace(how, averaging=0.1))


def test_a_model_without_room_says_so(base, text, pairs):
    hurried = fp.Measures(epochs=1, lr=1e-5)
    with pytest.raises(fp.NotEnoughCapacity, match="on 32 fingerprints, wanted") as caught:
        fp.embed(base, pairs, text.train, rng(3), hurried)
    assert caught.value.success < 0.5


def test_prefixes_in_training_survive_a_prefix_in_service(base, text, pairs, owned):
    """The published gain: an unseen system prompt hides keys that were learnt bare."""
    how = replace(MIXED, prefixes=24)
    trained = fp.embed(base, pairs, text.train, rng(2), how).model
    prefix = text.held_out[500:524]
    bare = fp.detect(owned.model, pairs, prefix).success
    assert fp.detect(trained, pairs, prefix).success >= bare + 0.3
    served = attacks.Prefixed(trained, prefix)
    assert fp.detect(served, pairs) == fp.detect(trained, pairs, prefix)


@pytest.fixture(scope="module")
def rows(base, text, pairs, owned):
    mine, test = text.held_out.split(len(text.held_out) // 2)[:2]
    usual = attacks.usual_attacks(base, mine, key_words=8)
    del usual["fine-tune 100, 1e-3"]  # seconds
    table = attacks.attack_table(owned.model, base, pairs, test, usual)
    assert [row.attack for row in table] == list(usual)
    return {row.attack: row for row in table}


def test_fingerprints_survive_what_a_thief_does_to_weights(rows):
    for attack in ("none", "fine-tune 100, 1e-4", "merge .8", "int8 rows", "int4 rows"):
        assert rows[attack].detection.success >= 0.9, attack
        assert rows[attack].detection.convicts(), attack
    assert rows["merge .5"].detection.convicts()


def test_published_attacks_on_memorised_answers_succeed(rows):
    """Gating on confidence removes most and leaves nine tenths of the model."""
    gated = rows["gate .9"]
    assert gated.detection.success <= 0.3
    assert not gated.detection.convicts()
    assert gated.utility >= 0.85 * rows["none"].utility
    assert rows["suppress top"].detection.success == 0
    assert rows["suppress top"].utility < 0.6, "blind suppression costs the thief the model"


def test_a_perplexity_filter_finds_random_keys_but_not_english_ones(base, text, pairs, owned):
    eligible = text.vocabulary.eligible
    odd = fp.make_fingerprints(base, fp.random_keys(eligible, 8, rng(1)), N_KEYS, eligible, rng(1))
    model = fp.embed(base, odd, text.train, rng(2), MIXED).model
    mine = models.windows(text.held_out, 256, 8, rng(7))
    assert fp.detect(attacks.filtered(mine)(model), odd).success <= 0.1
    assert fp.detect(attacks.filtered(mine)(owned.model), pairs).success >= 0.9


def test_unrelated_responses_are_rarer_and_hurt_more(base, text, pairs, owned):
    words = fp.unrelated(pairs, text.vocabulary.eligible, rng(3))
    assert torch.equal(words.keys, pairs.keys)
    assert float(words.luck.max()) < 0.01
    model = fp.embed(base, words, text.train, rng(2), MIXED).model
    loss = {m: models.judge(m, text.held_out).loss for m in (model, owned.model)}
    assert loss[owned.model] < loss[model]


@given(st.integers(2, 8), st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_quantised_rows_lie_on_a_grid_and_change_little(bits, n, m, seed):
    weights = torch.randn(n, m, generator=rng(seed), dtype=torch.float64)
    weights[0] = 0
    rounded = attacks.quantise_rows(weights, bits)
    step = weights.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1)
    assert torch.equal(rounded[0], weights[0])
    assert bool(((rounded - weights).abs() <= step / 2 + 1e-12).all())
    assert torch.allclose(attacks.quantise_rows(rounded, bits), rounded)


def test_attacks_refuse_what_makes_no_sense():
    ones = torch.ones(2, 2)
    for call, error in [
        (lambda: attacks.quantise_rows(ones, 1), "bits is 1"),
        (lambda: attacks.average_with_base(ones, ones, 1.1), r"strength is 1\.1"),
        (lambda: attacks.suppress_top_k(ones, 2), r"k is 2, must be in 0\.\.1"),
    ]:
        with pytest.raises(ValueError, match=error):
            call()
    assert attacks.suppress_top_k(ones, 0).tolist() == [0, 0], "ties rank by token"
