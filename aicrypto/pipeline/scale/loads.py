"""Three loads that grow: appraisals to prove, rows to query, nodes to pay.

Each is many independent jobs, done here or by the workers of an executor, with the same bytes as
result. A load is asked for a size and returns a digest of all that was made, so that two ways of
doing it can be compared.

    appraisals   a day of a small network's answers: 24 hourly batches, one proof an hour
    rows         a filter with its proof over shards of 2^20 rows, each committed to by itself
    nodes        a network in regions of 50 nodes over loopback; every node is sent for pages,
                 its receipts are signed by three parties and checked

What a job makes is verified in it: a size costs proving *and* checking.
"""

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

from aicrypto.commit.hashes import DIGEST_BYTES, sha256
from aicrypto.crawl.network import Place, Terms
from aicrypto.crawl.network.protocol import Outcome, WebAnswer, WebRequest
from aicrypto.crawl.players import Part, on_stage
from aicrypto.pipeline.work.executors import alone, to_end
from aicrypto.sql import fast
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import INT
from aicrypto.zkml import Network
from aicrypto.zkml.claims import hour

HOURS = 24
WIDTHS, SHIFT = (256, 64, 32, 8), 8  # the shape of the pipeline's classifier
SHARD_ROWS = 1 << 20
FILTER = "SELECT b FROM t WHERE a = 7"
REGION_NODES, PAGES_A_NODE, COPIES = 50, 2, 2
CLOCK_S = 1_750_000_000.0
PAGE = b"<p>" + b"words " * 500


def appraisals(n: int, executor: Executor | None = None, widths: tuple[int, ...] = WIDTHS) -> bytes:
    """The digest of n appraisals' proofs and roots, in 24 hourly batches."""
    each = -(-n // HOURS)
    sizes = [min(each, n - start) for start in range(0, n, each)]
    return _done(partial(_hour, widths), list(enumerate(sizes)), executor)


def rows(n: int, executor: Executor | None = None) -> bytes:
    """The digest of the proofs of a filter over n rows."""
    sizes = [min(SHARD_ROWS, n - start) for start in range(0, n, SHARD_ROWS)]
    return _done(_shard, list(enumerate(sizes)), executor)


def nodes(n: int, executor: Executor | None = None) -> bytes:
    """The digest of all receipts of a network of n nodes, `PAGES_A_NODE` times n pages."""
    sizes = [min(REGION_NODES, n - start) for start in range(0, n, REGION_NODES)]
    return _done(_region, list(enumerate(sizes)), executor)


def n_parameters(widths: Iterable[int]) -> int:
    """Weights and biases of a network of these widths."""
    return sum(n_out * (n_in + 1) for n_in, n_out in pairwise(widths))


def _done(
    job: Callable[[tuple[int, int]], bytes], parts: list[tuple[int, int]], executor: Executor | None
) -> bytes:
    """The digest of what the job gives for every part, its number and size."""
    if executor is None:
        return sha256(b"".join(map(job, parts)))
    futures = [executor.submit(alone, job, part) for part in parts]
    return sha256(b"".join(future.result() for future in futures))


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"{what} does not verify")


def _hour(widths: tuple[int, ...], part: tuple[int, int]) -> bytes:
    """One hour's digest: the answers proved together, and checked."""
    number, size = part
    network = network_of(widths)
    x = np.random.default_rng(number).integers(0, 128, (size, widths[0])).astype(np.int8)
    requests = [(i.to_bytes(DIGEST_BYTES, "big"), row) for i, row in enumerate(x)]
    made = hour.aggregate(network, requests).to_bytes()
    _demand(hour.verify(network, made), f"hour {number}")
    return sha256(made)


@cache
def network_of(widths: tuple[int, ...]) -> Network:
    """A network with drawn weights: what a proof costs does not depend on them."""
    rng = np.random.default_rng(0)
    return Network.from_integers(
        {"W": rng.integers(-30, 31, (b, a)), "b": rng.integers(-99, 99, b), "shift": SHIFT}
        for a, b in pairwise(widths)
    )


def _shard(part: tuple[int, int]) -> bytes:
    """One shard's digest: commitment, proof, check. One row in 200 passes the filter."""
    number, size = part
    rng = np.random.default_rng(number)
    table = fast.commit(
        Table((_drawn("a", rng, 0, 200, size), _drawn("b", rng, -1000, 1000, size)))
    )
    proof = fast.prove(FILTER, {"t": table}).to_bytes()
    _demand(fast.verify(FILTER, {"t": table.public}, proof), f"shard {number}")
    return sha256(proof)


def _drawn(name: str, rng: np.random.Generator, low: int, high: int, size: int) -> Column:
    values: Any = rng.integers(low, high, size)  # an array, which a column of numbers may be
    return Column(name, INT, values)


class _OnePage:
    """A web on which every address has the same page."""

    async def fetch(self, request: WebRequest) -> Outcome:
        """The page."""
        return WebAnswer(200, "OK", (("content-type", "text/html"),), PAGE)

    async def close(self) -> None:
        """Nothing to end."""


def _region(part: tuple[int, int]) -> bytes:
    """The digest of one region's receipts."""
    return to_end(_play(*part))


async def _play(region: int, size: int) -> bytes:
    parts = [
        Part(f"{region}-{i}", "honest", Place(f"10.{region}.{i}.1", "DE", str(i)))
        for i in range(size)
    ]
    copies = min(COPIES, size)
    terms = Terms(copies=copies, min_votes=copies)
    async with on_stage(parts, terms, seed=region, web=_OnePage, clock=lambda: CLOCK_S) as stage:
        for number in range(PAGES_A_NODE * size):
            url = f"http://site.example/{number}.html"
            await stage.validator.fetch(url, str(uuid.UUID(int=number)))
        await stage.validator.settled()
        expected = copies * PAGES_A_NODE * size
        _demand(len(stage.receipts) == expected, f"region {region}")
        return sha256(b"".join(data for data, _ in stage.receipts))
