"""The five rooms as services: how long a small job takes, and checking its answer."""

import json
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.ritual.routing import Inference, Pages, Programs, Queries, Room, Runs

if TYPE_CHECKING:
    from aicrypto.oracle import MachineModel
    from aicrypto.zkml import Network

WIDTHS, N_PAGES, N_WORDS = (64, 32, 10), 4, 200


def services() -> Iterator[Record]:
    """`ritual.rooms.NAME_ms`: a job, beside checking its answer."""
    with one_thread():
        for room, data in _rooms():
            made = room.work(data)
            work = 1000 * best_seconds(partial(room.work, data), 5)
            check = 1000 * best_seconds(partial(room.check, data, made), 5)
            yield Record(f"ritual.rooms.{room.name}_ms", work, "ms", "checking it", check)


def _rooms() -> Iterator[tuple[Room, bytes]]:
    from aicrypto.sql import Table
    from aicrypto.sql.types import BIGINT

    pages = {f"http://a.example/{i}": _page(i) for i in range(N_PAGES)}
    yield _crawl(pages), json.dumps({"urls": list(pages)}).encode()
    table = Table.of(a=(BIGINT, [i % 7 for i in range(60)]), b=(BIGINT, list(range(60))))
    yield Queries({"t": table}), b"SELECT b FROM t WHERE a = 5"
    yield Inference(_network()), bytes(range(WIDTHS[0]))
    yield Programs(_program()), bytes(range(WIDTHS[0]))
    yield Runs(), b'{"seed": 1, "steps": 6}'


def _crawl(pages: dict[str, bytes]) -> Pages:
    from aicrypto.crawl.pages import Response

    headers = (("content-type", "text/html"),)
    return Pages(lambda url: Response(url, 200, "OK", headers, pages[url]))


def _page(seed: int) -> bytes:
    words = np.random.default_rng(seed).choice(
        ["a", "the", "model", "runs", "far", "well"], N_WORDS
    )
    return f"<html><body><main><p>{' '.join(words)}.</p></main></body></html>".encode()


def _network() -> "Network":
    from aicrypto.zkml import Network

    rng = np.random.default_rng(0)
    layers = [
        {"W": rng.integers(-40, 41, (n_out, n_in)), "b": rng.integers(-9, 9, n_out), "shift": 9}
        for n_in, n_out in pairwise(WIDTHS)
    ]
    return Network.from_integers(layers)


def _program() -> "MachineModel":
    from aicrypto.opml.code import Layer
    from aicrypto.oracle import MachineModel

    rng = np.random.default_rng(0)
    layers = [
        Layer(
            rng.integers(-40, 41, (n_out, n_in), np.int8),
            rng.integers(-500, 500, n_out, np.int32),
            1 << 30,
            7,
        )
        for n_in, n_out in pairwise(WIDTHS)
    ]
    return MachineModel("bench/program", layers)
