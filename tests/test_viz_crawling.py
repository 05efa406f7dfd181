"""The figures of lesson 06 show what reports and receipts say."""

from dataclasses import replace

import pytest

from aicrypto.crawl.metering import Receipt
from aicrypto.crawl.players import Line, Report, cast
from aicrypto.viz.networks import draw_capture, draw_earnings, draw_nodes
from aicrypto.viz.networks.crawling import LABEL_ROOM, capture

HONEST, CHEAT = b"h" * 32, b"c" * 32


def test_caught_nodes_are_apart_and_dots_show_bytes():
    parts = cast(2, ["forger"])
    lines = [
        Line("honest-1", "honest", "DE", 4, 4000, 800, 100, ()),
        Line("honest-2", "honest", "FR", 1, 1000, 200, 100, ()),
        Line("forger", "forger", "JP", 0, 0, 0, 50, ("BadSignature:node x3",)),
    ]
    paid, caught = draw_nodes(parts, Report(tuple(lines), 0)).data
    assert list(paid.x) == ["DE", "FR"]
    assert list(paid.marker.size) == [56, 33]
    assert list(caught.text) == ["forger<br>0"]


def test_lines_add_up_receipts():
    first = Receipt(bytes(16), HONEST, HONEST, HONEST, 1, 0, 0, 500, 1500, bytes(32), bytes(32))
    receipts = [first.to_bytes(), replace(first, node=CHEAT, bytes_down=500).to_bytes()]
    drawn = draw_earnings(receipts, {HONEST: "honest-1", CHEAT: "forger"})
    *lines, ends = drawn.data
    assert [list(line.y) for line in lines] == [[0, 2, 2], [0, 0, 1]]
    assert list(zip(ends.text, ends.y, strict=True)) == [(" forger", 1), (" honest-1", 2)]


def test_names_at_the_ends_of_lines_do_not_cover_each_other():
    keys = {bytes([i]) * 32: f"honest-{i}" for i in range(4)}
    first = Receipt(bytes(16), HONEST, HONEST, HONEST, 1, 0, 0, 0, 0, bytes(32), bytes(32))
    sizes = dict(zip(keys, (1000, 1000, 1500, 100_000), strict=True))
    receipts = [replace(first, node=key, bytes_down=n).to_bytes() for key, n in sizes.items()]
    ends = draw_earnings(receipts, keys).data[-1]
    assert list(ends.text) == [" honest-0, honest-1", " honest-2", " honest-3"]
    assert list(ends.y) == [1, 1 + LABEL_ROOM * 100, 100]


def test_a_majority_of_copies():
    assert capture(0.3, 1) == pytest.approx(0.3)
    assert capture(0.5, 9) == pytest.approx(0.5)
    assert capture(0.1, 3) == pytest.approx(0.028)
    assert "2.80%" in draw_capture(3).layout.title.text
    assert draw_capture(5).data[1].name == "5 copies"
