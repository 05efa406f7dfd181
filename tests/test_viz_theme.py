"""Figures for every reader: colours that all tell apart, on white and on black; and words."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from aicrypto.viz import described, explore, figure, theme

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9][0-9]_*.ipynb"))
PLOTLY = "application/vnd.plotly.v1+json"
# What a dichromat sees of linear RGB, at full severity. Source: Machado, Oliveira and Fernandes,
# "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), table of
# matrices for severity 1.0.
SEEN = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "trichromacy": np.eye(3),
}
# sRGB to CIE XYZ under D65 (IEC 61966-2-1), and its white point.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ.sum(axis=1)
JUST_NOTICED = 2.3  # distance in CIELAB that a trained eye tells side by side
DARK = "#111111"


def linear(colour):
    """A colour like "#0072B2" as linear RGB from 0 to 1."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear RGB."""
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    small = 24389 / 27 * ratio / 116 + 16 / 116
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), small)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, seen):
    """How far two colours lie apart for who sees through the matrix `seen`."""
    first, second = (lab(np.array(seen) @ linear(colour)) for colour in (one, other))
    return float(np.linalg.norm(first - second))


def contrast(one, other):
    """WCAG's ratio of luminances, from 1 to 21."""
    dark, light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("eye", SEEN)
def test_every_two_colours_are_told_apart(eye):
    pairs = itertools.combinations((*theme.PALETTE, theme.GREY), 2)
    near = {pair: distance(*pair, SEEN[eye]) for pair in pairs}
    assert min(near.values()) > 4 * JUST_NOTICED, min(near, key=near.get)
    lines = itertools.combinations(theme.PALETTE, 2)
    assert min(distance(*pair, SEEN[eye]) for pair in lines) > 6 * JUST_NOTICED


def test_the_distance_knows_bad_palettes():
    """Red and green of equal lightness: far apart, but not for a protanope or a deuteranope."""
    red, green = "#C85046", "#7F8F35"
    assert distance(red, green, SEEN["trichromacy"]) > 50
    assert distance(red, green, SEEN["deuteranopia"]) < 4 * JUST_NOTICED
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_text_and_marks_stand_out_on_light_and_dark():
    assert min(contrast(theme.GREY, page) for page in ("#FFFFFF", DARK)) > 4
    assert min(contrast(colour, DARK) for colour in theme.PALETTE) > 3
    first = (theme.BLUE, theme.GREEN, theme.PURPLE, theme.RED)  # thin lines on white take these
    assert min(contrast(colour, "#FFFFFF") for colour in first) > 3


def figures(path):
    """The figures that a lesson stores."""
    cells = json.loads(path.read_text())["cells"]
    bundles = [out.get("data", {}) for cell in cells for out in cell.get("outputs", [])]
    return [bundle[PLOTLY] for bundle in bundles if PLOTLY in bundle]


def channels(colour):
    """Red, green and blue of a colour in plotly's JSON, from 0 to 255."""
    if colour.startswith("#"):
        return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return tuple(map(int, re.findall(r"\d+", colour)[:3]))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_lessons_use_the_palette_and_greys(path):
    """Colours of the palette, at any opacity, and greys; no other."""
    known = {channels(colour) for colour in theme.PALETTE}
    drawn = figures(path)
    for picture in drawn:
        picture["layout"].pop("template", None)
    text = json.dumps(drawn)
    found = re.findall(r'"(#[0-9A-Fa-f]{6}|rgba?\([\d., ]+\))"', text)
    foreign = {c for c in found if len(set(channels(c))) > 1 and channels(c) not in known}
    assert foreign == set()
    named = re.findall(r'"(?:color|fillcolor)": "([a-z]+)"', text)
    assert set(named) <= {"white", "black"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_figures_of_lessons_can_be_told_in_words(path):
    drawn = figures(path)
    assert drawn, "a lesson shows something"
    for picture in drawn:
        said = described(picture)
        assert len(said) > 15, said
        assert "<" not in said
        several = [trace.get("name") for trace in picture["data"] if trace.get("showlegend", True)]
        if len([name for name in several if name]) > 1:
            assert ": " in said, "the names of what is drawn"


def test_what_explore_shows_is_told_in_words_too(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: shown.append(args))
    monkeypatch.setattr(
        "IPython.display.DisplayHandle.display", lambda self, bundle, raw: shown.append(bundle)
    )
    explore(lambda n=1: figure(title=f"{n} rows", x="row", y="value"), n=(1, 3))
    assert shown[-1]["text/plain"] == "1 rows. Across: row. Upwards: value."
