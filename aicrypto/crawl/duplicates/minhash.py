"""MinHash: how much two texts share, from 128 numbers each.

The *shingles* of a text are its runs of k consecutive words. Two texts are as similar as their sets
of shingles: intersection over union (Jaccard). Hash all shingles of a text and keep the smallest
value: two texts have the same smallest value with probability equal to their similarity. Repeat
with 128 different hash functions, and the share of equal minima estimates it, to about 4 points.

Functions are drawn as the package datasketch draws them, whose signatures are stored the world
over: `legacy` is its default up to 1.x (the product overflows 64 bits, so it is no true field
hash), `affine32` its default since 2.0. Signatures of different schemes must never be compared.

On CPU a compiled loop does the work, on other devices torch, with the same values; the tests
compare. Signatures are int64 tensors of shape (texts, permutations) with values below 2^32.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

Scheme = Literal["legacy", "affine32"]
Signatures = Int64[Tensor, "texts permutations"]

# What is no letter a-z and no digit becomes a blank.
BLANKED = bytes(c if chr(c).isalnum() and c < 128 else 32 for c in range(256))
MERSENNE_61 = (1 << 61) - 1
EMPTY = 0xFFFFFFFF
N_PERMUTATIONS = 128
CHUNK = 1 << 16  # shingles that a device hashes at a time
TEXTS_AT_A_TIME = 1 << 12


@dataclass(frozen=True)
class Permutations:
    """Coefficients of the hash functions x -> a·x + b, one pair for each number of a signature."""

    scheme: Scheme
    a: np.ndarray
    b: np.ndarray

    @classmethod
    def draw(
        cls, n: int = N_PERMUTATIONS, seed: int = 1, scheme: Scheme = "affine32"
    ) -> "Permutations":
        """The n functions that datasketch draws from numpy's frozen RandomState stream.

        Raises:
            ValueError: for another scheme.
        """
        stream = np.random.RandomState(seed)
        if scheme == "affine32":
            a = 2 * stream.randint(0, 2**31, n, np.uint32) + np.uint32(1)
            return cls(scheme, a, stream.randint(0, 2**32, n, np.uint32))
        if scheme != "legacy":
            raise ValueError(f"scheme is {scheme!r}, must be legacy or affine32")
        pairs = [
            (
                stream.randint(1, MERSENNE_61, dtype=np.uint64),
                stream.randint(0, MERSENNE_61, dtype=np.uint64),
            )
            for _ in range(n)
        ]
        a, b = np.array(pairs, np.uint64).reshape(n, 2).T.copy()
        return cls(scheme, a, b)


def words_of(text: str) -> list[bytes]:
    """The words that count: runs of a-z and 0-9 in the lower-cased text."""
    return text.lower().encode("ascii", "replace").translate(BLANKED).split()


def shingles(text: str, k: int) -> set[bytes]:
    """All runs of k words; of fewer words one run of all; of none the empty set.

    Raises:
        ValueError: if k is below 1.

    >>> sorted(shingles("The page, the PROOF!", 2))
    [b'page the', b'the page', b'the proof']
    """
    if k < 1:
        raise ValueError(f"k is {k}, must be at least 1")
    words = words_of(text)
    runs = [words[i : i + k] for i in range(max(1, len(words) - k + 1))]
    return {b" ".join(run) for run in runs if run}


def jaccard(a: set[bytes], b: set[bytes]) -> float:
    """Intersection over union; two empty sets are alike."""
    return len(a & b) / len(a | b) if a or b else 1.0


def estimate(a: Int64[Tensor, " permutations"], b: Int64[Tensor, " permutations"]) -> float:
    """The share of equal numbers in two signatures, which estimates `jaccard`."""
    return int((a == b).sum()) / max(1, len(a))


def signatures(
    texts: Sequence[str], permutations: Permutations, k: int, device: str = "cpu"
) -> Signatures:
    """The signature of every text, on the device.

    Raises:
        ValueError: if k is below 1.
    """
    if k < 1:
        raise ValueError(f"k is {k}, must be at least 1")
    parts = [
        _signatures(_hashed(texts[i : i + TEXTS_AT_A_TIME], k), permutations, device)
        for i in range(0, len(texts), TEXTS_AT_A_TIME)
    ]
    return torch.cat(parts) if parts else torch.empty(0, len(permutations.a), dtype=torch.int64)


def _hashed(texts: Sequence[str], k: int) -> list[np.ndarray]:
    """For each text the hash values of its shingles: first 4 bytes of SHA-1, little-endian."""
    from aicrypto.crawl.duplicates import loops

    found = []
    for text in texts:
        data = np.frombuffer(b" ".join(words_of(text)), np.uint8)
        out = np.empty(loops.count(data, 0, len(data), k), np.uint32)
        loops.values(data, 0, len(data), k, out)
        found.append(out)
    return found


def _signatures(hashed: list[np.ndarray], permutations: Permutations, device: str) -> Signatures:
    if torch.device(device).type != "cpu":
        return signatures_on_tensors(hashed, permutations, device)
    from aicrypto.crawl.duplicates import loops

    smallest = loops.smallest_affine
    if permutations.scheme == "legacy":
        smallest = loops.smallest_legacy
    out = np.empty((len(hashed), len(permutations.a)), np.uint32)
    for values, line in zip(hashed, out, strict=True):
        smallest(values, permutations.a, permutations.b, line)
    return torch.from_numpy(out.astype(np.int64))


def signatures_on_tensors(
    hashed: Sequence[np.ndarray], permutations: Permutations, device: str
) -> Signatures:
    """The signatures of texts whose shingles have these hash values, by torch on any device."""
    n_texts, n = len(hashed), len(permutations.a)
    out = torch.full((n_texts, n), EMPTY, dtype=torch.int64, device=device)
    a, b = (
        torch.from_numpy(x.astype(np.int64)).to(device) for x in (permutations.a, permutations.b)
    )
    for values, owner in _chunks(hashed):
        v, to = values.to(device)[:, None], owner.to(device)[:, None].expand(-1, n)
        hashes = _affine(v, a, b) if permutations.scheme == "affine32" else _legacy(v, a, b)
        out.scatter_reduce_(0, to, hashes, "amin")
    return out


def _chunks(hashed: Sequence[np.ndarray]) -> Iterator[tuple[Tensor, Tensor]]:
    """All values, some at a time, each with the number of its text."""
    if not hashed:
        return
    values = torch.from_numpy(np.concatenate(hashed).astype(np.int64))
    sizes = torch.tensor([len(part) for part in hashed])
    owner = torch.repeat_interleave(torch.arange(len(hashed)), sizes)
    yield from zip(values.split(CHUNK), owner.split(CHUNK), strict=True)


def _affine(v: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """a·v + b mod 2^32 of mixed v; int64 wraps around at 2^64, which 2^32 divides."""
    for factor, shift in ((0x85EBCA6B, 16), (0xC2B2AE35, 13)):
        v = ((v ^ (v >> shift)) * factor) & EMPTY
    return (a * (v ^ (v >> 16)) + b) & EMPTY


def _legacy(v: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """(a·v + b mod 2^64) mod (2^61-1), low 32 bits; the top three bits are brought down by hand."""
    x = a * v + b
    x = (x & MERSENNE_61) + ((x >> 61) & 7)
    return torch.where(x >= MERSENNE_61, x - MERSENNE_61, x) & EMPTY
