"""From pages to rows: near-duplicates among 100,000 documents, and a crawl's memory.

The documents are 100 words each, every tenth a copy of another with one word added. The peer is
datasketch with the same permutations and bands, from the same sets of shingles; it is given a tenth
of the documents and its time is multiplied, because it takes minutes for all.
"""

import asyncio
import random
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from aicrypto.bench import Record, one_thread
from aicrypto.commit.hashes import sha256
from aicrypto.crawl import duplicates, pages

N_DOCUMENTS, N_WORDS, VOCABULARY = 100_000, 100, 5_000
PEER_SHARE = 10
SHINGLE = 5
FEW_PAGES, MANY_PAGES, PAGE_BYTES = 250, 1_000, 20_000
SITE = "http://site.test"


def documents(n: int = N_DOCUMENTS) -> list[str]:
    """The texts, from a fixed seed."""
    rng = random.Random(1)
    letters = "abcdefghijklmnop"
    words = ["".join(rng.choices(letters, k=rng.randrange(3, 9))) for _ in range(VOCABULARY)]
    texts = [" ".join(rng.choices(words, k=N_WORDS)) for _ in range(n)]
    return [texts[i + 1] + " more" if i % 10 == 0 else text for i, text in enumerate(texts)]


def near_duplicates() -> Iterator[Record]:
    """`crawl.minhash_100k_s`: signatures, buckets and exact comparison of all candidates."""
    texts = documents()
    duplicates.repeats(texts[:100])  # compiles, or loads what was compiled
    with one_thread():
        start = time.perf_counter()
        answer = duplicates.repeats(texts, SHINGLE)
        seconds = time.perf_counter() - start
    found = sum(original is not None for original in answer)
    if found != N_DOCUMENTS // 10:
        raise ValueError(f"{found} copies were found, there are {N_DOCUMENTS // 10}")
    peer = _datasketch_seconds(texts[: N_DOCUMENTS // PEER_SHARE])
    about = f"datasketch, no exact comparison ({N_DOCUMENTS // PEER_SHARE:,}, times {PEER_SHARE})"
    if peer is None:
        yield Record("crawl.minhash_100k_s", seconds, "s")
    else:
        yield Record("crawl.minhash_100k_s", seconds, "s", about, peer * PEER_SHARE)


def memory() -> Iterator[Record]:
    """`crawl.peak_kb.1000`: most Python memory during a crawl, beside one a quarter as long."""
    peaks = {n: _peak_bytes(n) for n in (1, FEW_PAGES, MANY_PAGES)}  # the first warms up
    few, many = peaks[FEW_PAGES] / 1000, peaks[MANY_PAGES] / 1000
    yield Record(f"crawl.peak_kb.{MANY_PAGES}", many, "kB", f"{FEW_PAGES} pages of 20 kB", few)


def _datasketch_seconds(texts: list[str]) -> float | None:
    """What the peer takes for signatures and buckets; None where it is not installed."""
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        return None
    start = time.perf_counter()
    buckets = MinHashLSH(num_perm=128, params=(32, 4))
    for number, text in enumerate(texts):
        sketch = MinHash(128)
        sketch.update_batch(list(duplicates.shingles(text, SHINGLE)))
        if not buckets.query(sketch):
            buckets.insert(number, sketch)
    return time.perf_counter() - start


def _peak_bytes(n_pages: int) -> int:
    """Most memory that Python had in use while a chain of pages was crawled, bytes."""
    with tempfile.TemporaryDirectory() as folder, pages.Archive(Path(folder)) as archive:
        policy = pages.Policy(frozenset([SITE]), max_pages=n_pages)
        tracemalloc.start()
        try:
            asyncio.run(pages.crawl([f"{SITE}/0"], _fetch, archive, policy))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


async def _fetch(url: str, session: str) -> pages.Fetched:
    """The next page of an endless chain; robots.txt is another one, in which nothing is a rule."""
    path = pages.path_of(url)
    number = int(path[1:]) if path[1:].isdigit() else 0
    body = f"<p>{'x' * PAGE_BYTES}</p><a href='/{number + 1}'>next</a>".encode()
    record = {"session": session, "ts": number, "body_sha256": sha256(body).hex()}
    headers = (("content-type", "text/html"),)
    return pages.Fetched(pages.Response(url, 200, "OK", headers, body), record)
