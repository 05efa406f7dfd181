"""The figures of lesson 06 show what reports and receipts say."""

from dataclasses import replace

import pytest

from aicrypto.crawl.metering import Receipt
from aicrypto.crawl.players import Line, Report, cast
from aicrypto.viz.networks import draw_capture, draw_earnings, draw_nodes
from aicrypto.viz.networks.crawling import capture

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
    assert [list(line.y) for line in drawn.data] == [[0, 2, 2], [0, 0, 1]]


def test_a_majority_of_copies():
    assert capture(0.3, 1) == pytest.approx(0.3)
    assert capture(0.5, 9) == pytest.approx(0.5)
    assert capture(0.1, 3) == pytest.approx(0.028)
    assert "2.80%" in draw_capture(3).layout.title.text
    assert draw_capture(5).data[1].name == "5 copies"
