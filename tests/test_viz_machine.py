"""The figure of lesson 13 shows what the machine does."""

import pytest

from aicrypto.opml.code import assemble
from aicrypto.opml.machine import CODE, Image, run
from aicrypto.viz.proofs import machine as figures

PROGRAM = """
    addi t0, zero, -7
    sw   t0, 64(zero)
    lw   a0, 64(zero)
    addi a7, zero, 93
    ecall
"""
GAS = [50_000, 70_000, 60_000, 50_001, 50_002]


@pytest.fixture(scope="module")
def film():
    return figures.film(run(Image([(CODE, assemble(PROGRAM))])), GAS)


def test_a_film_has_every_step(film):
    assert [moment.gas for moment in film.moments] == GAS
    assert [moment.touched for moment in film.moments] == [
        (0x1000, None),
        (0x1004, 64),
        (0x1008, 64),
        (0x100C, None),
        (0x1010, None),
    ]


def test_siblings_that_hold_something_are_found(film):
    # Code is in leaf 0x80, data in leaf 2: their paths part at level 7.
    for moment in film.moments[1:3]:
        code, data = moment.held
        assert [level for level, full in enumerate(data) if full] == [7]
        # Before the store, memory beside the code is empty.
        wanted = [] if moment is film.moments[1] else [7]
        assert [level for level, full in enumerate(code) if full] == wanted
    assert film.moments[0].held[1] == ()


@pytest.mark.parametrize("step", range(5))
def test_a_step_marks_its_line_and_its_bar(film, step):
    drawn = figures.draw_step(film, step)
    listing, registers, *rest = drawn.data
    fills = listing.cells.fill.color[0]
    assert [fill == figures.CURRENT for fill in fills] == [i == step for i in range(5)]
    assert list(rest[-1].y) == GAS
    assert rest[-1].marker.color[step] == figures.ORANGE
    assert f"{GAS[step]:,} gas" in drawn.layout.title.text
    assert list(registers.cells.values[0]) == ["t0", "a0", "a7"]


def test_registers_are_signed_and_changes_are_marked(film):
    registers = figures.draw_step(film, 2).data[1]
    assert list(registers.cells.values[1]) == ["-7", "-7", "0"]
    assert [fill == figures.CURRENT for fill in registers.cells.fill.color[0]] == [
        False,
        True,
        False,
    ]


def test_paths_part_where_the_addresses_differ(film):
    code, data = figures.draw_step(film, 2).data[2:4]
    assert (code.name, data.name) == ("instruction", "data")
    places = dict(zip(code.y, code.x, strict=True)), dict(zip(data.y, data.x, strict=True))
    assert [level for level in places[0] if places[0][level] == places[1][level]] == list(
        range(27, 7, -1)
    )
    n_siblings = sum(len(dots.x) for dots in figures.draw_step(film, 2).data[4:6])
    assert n_siblings == 2 * 26
    assert sum(len(dots.x) for dots in figures.draw_step(film, 0).data[3:5]) == 27
