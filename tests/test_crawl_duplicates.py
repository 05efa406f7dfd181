"""Near-duplicates: compiled loop = torch = naive, signatures of datasketch, nothing missed."""

import hashlib
import random
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.crawl import duplicates
from aicrypto.crawl.duplicates import minhash, similar

TEXTS = st.lists(st.text("ab c,\u00e9X9", max_size=40), max_size=6)


def naive_signature(text: str, functions: duplicates.Permutations, k: int) -> list[int]:
    """From the definition, with Python's integers."""
    values = [
        int.from_bytes(hashlib.sha1(run).digest()[:4], "little")
        for run in duplicates.shingles(text, k)
    ]
    pairs = [(int(a), int(b)) for a, b in zip(functions.a, functions.b, strict=True)]
    if functions.scheme == "legacy":
        hashed = [
            [(((a * v + b) % 2**64) % (2**61 - 1)) & 0xFFFFFFFF for v in values] for a, b in pairs
        ]
    else:
        hashed = [[(a * murmur(v) + b) % 2**32 for v in values] for a, b in pairs]
    return [min(line, default=0xFFFFFFFF) for line in hashed]


def murmur(h: int) -> int:
    h = ((h ^ h >> 16) * 0x85EBCA6B) % 2**32
    h = ((h ^ h >> 13) * 0xC2B2AE35) % 2**32
    return h ^ h >> 16


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(1, 4), st.sampled_from(["legacy", "affine32"]))
def test_loop_and_tensors_and_definition_agree(texts: list[str], k: int, scheme: str) -> None:
    functions = duplicates.Permutations.draw(8, 3, scheme)  # type: ignore[arg-type]
    got = duplicates.signatures(texts, functions, k)
    assert got.tolist() == [naive_signature(text, functions, k) for text in texts]
    hashed = minhash._hashed(texts, k)
    assert torch.equal(minhash.signatures_on_tensors(hashed, functions, "cpu"), got)


def test_words_of_any_length_are_hashed_right() -> None:
    texts = [" ".join("x" * (i + j) for j in range(3)) for i in range(1, 140)]
    expected = [
        [int.from_bytes(hashlib.sha1(text.encode()).digest()[:4], "little")] for text in texts
    ]
    assert [values.tolist() for values in minhash._hashed(texts, 3)] == expected


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here")
def test_cuda_gives_the_same_signatures() -> None:
    texts = [" ".join(f"w{i * j % 97}" for j in range(60)) for i in range(200)]
    for scheme in ("legacy", "affine32"):
        functions = duplicates.Permutations.draw(scheme=scheme)  # type: ignore[arg-type]
        there = duplicates.signatures(texts, functions, 5, "cuda")
        assert torch.equal(there.cpu(), duplicates.signatures(texts, functions, 5))


def test_first_functions_are_those_that_everybody_draws() -> None:
    functions = duplicates.Permutations.draw(1, 1, "legacy")
    assert (int(functions.a[0]), int(functions.b[0])) == (775169054918279404, 1758426461858698312)


def test_datasketch_has_the_same_signatures() -> None:
    datasketch = pytest.importorskip("datasketch")
    text = "the node sends the page to the router and the router keeps a count of the bytes"
    theirs = datasketch.MinHash(128, seed=1, scheme="affine32")
    theirs.update_batch(list(duplicates.shingles(text, 3)))
    ours = duplicates.signatures([text], duplicates.Permutations.draw(), 3)
    assert ours[0].tolist() == theirs.hashvalues.tolist()


def corpus(n_texts: int, seed: int) -> list[str]:
    """Texts of 60 words, a third of them earlier ones with some words changed."""
    rng = random.Random(seed)
    words = [f"w{i}" for i in range(300)]
    texts: list[list[str]] = []
    for i in range(n_texts):
        text = rng.choices(words, k=60)
        if texts and i % 3 == 0:
            text = list(rng.choice(texts))
            for _ in range(rng.randrange(4)):
                text[rng.randrange(60)] = rng.choice(words)
        texts.append(text)
    return [" ".join(text) for text in texts]


@pytest.mark.parametrize(("k", "threshold"), [(5, 80), (3, 60), (4, 35), (1, 90)])
def test_all_pairs_are_found_as_by_comparing_each_with_each(k: int, threshold: int) -> None:
    texts = [*corpus(120, k), "", "...", "one", "one", "one two"]
    sets = [duplicates.shingles(text, k) for text in texts]
    exact = [
        (i, j)
        for i, j in combinations(range(len(texts)), 2)
        if 100 * len(sets[i] & sets[j]) >= threshold * len(sets[i] | sets[j])
    ]
    assert len(exact) > 10
    assert duplicates.similar_pairs(texts, k, threshold) == exact


def test_kept_texts_are_not_alike_and_dropped_ones_are_alike_to_a_kept_one() -> None:
    texts = corpus(150, 9)
    sets = [duplicates.shingles(text, 5) for text in texts]
    answer = duplicates.repeats(texts)
    kept = [i for i, original in enumerate(answer) if original is None]
    assert 80 < len(kept) < 150
    alike = duplicates.similar_pairs(texts)
    assert not [(i, j) for i, j in alike if i in kept and j in kept]
    for i, original in enumerate(answer):
        if original is not None:
            assert original in kept
            assert original < i
            assert 100 * duplicates.jaccard(sets[i], sets[original]) >= 80


def test_ten_thousand_copies_cost_ten_thousand_comparisons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []
    alike = similar._Comparison.alike

    def counted(self: similar._Comparison, i: int, j: int) -> bool:
        compared.append((i, j))
        return alike(self, i, j)

    monkeypatch.setattr(similar._Comparison, "alike", counted)
    assert duplicates.repeats(["a b c d e f"] * 10_000) == [None] + [0] * 9_999
    assert len(compared) == 9_999


def test_the_usual_bands_miss_what_ours_find() -> None:
    """9 bands of 13 rows, the usual optimum for 0.8, on pairs that are just above it."""
    rng = np.random.default_rng(1)
    agree = torch.from_numpy(rng.random((2_000, 128)) < 0.8)
    ours = agree[:, :128].reshape(-1, 32, 4).all(2).any(1)
    usual = agree[:, :117].reshape(-1, 9, 13).all(2).any(1)
    assert bool(ours.all())
    assert 0.35 < float(usual.double().mean()) < 0.45


def test_attack_a_word_added_defeats_exact_hashing_and_not_minhash() -> None:
    rng = random.Random(4)
    page = " ".join(rng.choice(["the", "node", "page", "route", "proof"]) for _ in range(200))
    copies = [f"{page} copy{i}" for i in range(50)]
    exact = {hashlib.sha256(text.encode()).digest() for text in copies}
    assert len(exact) == 50, "fifty pages are paid for"
    assert sum(original is None for original in duplicates.repeats(copies)) == 1


@pytest.mark.parametrize("k", [0, -1])
def test_shingles_have_words(k: int) -> None:
    with pytest.raises(ValueError, match=f"k is {k}"):
        duplicates.shingles("a", k)
    with pytest.raises(ValueError, match=f"k is {k}"):
        duplicates.signatures(["a"], duplicates.Permutations.draw(), k)


def test_signatures_that_fit_no_bands_and_unknown_schemes_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        similar.band_keys(torch.zeros(2, 33, dtype=torch.int64))
    with pytest.raises(ValueError, match="scheme is 'md5'"):
        duplicates.Permutations.draw(scheme="md5")  # type: ignore[arg-type]
