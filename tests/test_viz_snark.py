"""The figures of lesson 05 show what the proof systems compute."""

from functools import cache
from itertools import pairwise

import pytest

from aicrypto.algebra.primes import BN254_R
from aicrypto.proof import groth16, plonk, r1cs
from aicrypto.viz.proofs import snark as pictures
from aicrypto.viz.theme import GREEN, RED

# w·x = p, (p + bias)·1 = y, over the wires 1, y, x, w, bias, p
NAMES = dict(enumerate(["1", "y", "x", "w", "bias", "p"]))
SYSTEM = r1cs.from_lists(
    [[[[3, 1]], [[2, 1]], [[5, 1]]], [[[5, 1], [4, 1]], [[0, 1]], [[1, 1]]]], 2, 6
)
GATES = plonk.arithmetise(SYSTEM)


@cache
def figures():
    price = {"products": 10, "rows": 14, "additions of points": 1000}
    return {
        "rows": pictures.draw_rows(),
        "copies": pictures.draw_copies(GATES, NAMES, "p"),
        "price": pictures.draw_price(price),
    }


@pytest.mark.parametrize("lie", [0, 1, 6])
def test_curves_meet_everywhere_for_the_truth_and_at_one_row_for_a_lie(lie):
    product, c, bridge, rows = pictures.draw_rows(lie).data
    agree = [a == pytest.approx(b) for a, b in zip(product.y, bridge.y, strict=True)]
    assert sum(agree) == (len(agree) if lie == 0 else 1)
    at = dict(zip(c.x, c.y, strict=True))
    assert (at[1.0], at[-1.0]) == (6, 8 + lie)
    assert rows.marker.color == (GREEN, RED if lie else GREEN)


def test_the_curves_are_the_constraints():
    """At the rows' places a·b has the products that the text computes by hand."""
    assert [pictures.product(x) for x in pictures.ROWS] == [2 * 3, (6 + 2) * 1]
    r1cs.require_satisfied(SYSTEM, [1, 8, 3, 2, 2, 6])
    assert groth16.divide(SYSTEM, [1, 8, 3, 2, 2, 6]).h


def test_a_wires_cells_are_one_cycle_of_the_librarys_permutation():
    table, line = figures()["copies"].data
    cells = {(x, y) for y, row in enumerate(table.z) for x, hit in enumerate(row) if hit}
    assert {
        (x, y) for y, row in enumerate(table.text) for x, t in enumerate(row) if t == "p"
    } == cells
    path = [*zip(line.x, line.y, strict=True)]
    dots = [point for point, size in zip(path, line.marker.size, strict=True) if size]
    assert {(round(x), y) for x, y in dots} == cells
    assert path[0] == path[-1]
    n, columns = GATES.domain, plonk.permutation(GATES)
    moved = {divmod(columns[x][y], n) for x, y in cells}
    assert moved == cells, "the permutation stays among the cells of one wire"
    assert len(cells) == 2


@pytest.mark.parametrize("wire", NAMES.values())
def test_the_cycle_strikes_no_text(wire):
    """Its line is straight, and keeps a third of a cell from the middle of every cell."""
    line = pictures.draw_copies(GATES, NAMES, wire).data[1]
    for (x, y), (next_x, next_y) in pairwise(zip(line.x, line.y, strict=True)):
        assert x == next_x or y == next_y
        beside = x == next_x and abs(x - round(x)) > 1 / 3
        between = y == next_y and abs(y - int(y)) == 0.5
        assert beside or between


def test_every_wire_of_every_gate_is_named():
    said = pictures.draw_copies(GATES, NAMES, "p").layout.yaxis.ticktext
    assert said == ("y = public", "x = public", "w·x − p = 0", "p + bias − y = 0")
    assert "4 gates; p stands in 2 cells" in figures()["copies"].layout.title.text


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (plonk.Gate(1, 2, 3, ql=1, qr=4, qo=BN254_R - 1), "x + 4·y − z = 0"),
        (plonk.Gate(1, 1, None, qm=1, ql=BN254_R - 1), "x·x − x = 0"),
        (plonk.Gate(1, 2, None, ql=BN254_R - 1, qr=1, qc=5), "− x + y + 5 = 0"),
        (plonk.Gate(1, 2, 3, qm=12345, qo=BN254_R - 1), "k·x·y − z = 0"),
        (plonk.Gate(a=1, ql=1), "x = public"),
    ],
)
def test_equations_say_the_gate(gate, words):
    assert pictures.equation(gate, {1: "x", 2: "y", 3: "z"}) == words


def test_the_price_is_told_in_multiples_of_the_first():
    (bars,) = figures()["price"].data
    assert bars.x == (10, 14, 1000)
    assert bars.text == ("10 (1 ×)", "14 (1.4 ×)", "1,000 (100 ×)")
    assert "100 additions of points for each" in figures()["price"].layout.title.text


@pytest.mark.parametrize("name", ["rows", "price", "copies"])
def test_axes_say_what_they_measure(name):
    layout = figures()[name].layout
    assert layout.title.text
    assert layout.xaxis.title.text or layout.xaxis.ticktext
    assert layout.yaxis.title.text or layout.yaxis.ticktext or figures()[name].data[0].y
