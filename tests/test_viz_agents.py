"""Figures of owned agents: each shows what the library computes."""

import pytest

from aicrypto.evm.token_bound import TokenBound
from aicrypto.viz.agents import draw_address, draw_circle, draw_powers
from aicrypto.viz.agents.ownership import APES, V3_PROXY


@pytest.mark.parametrize("number", [0, 1, 255, 256, 257])
def test_changed_bytes_are_marked(number):
    codes = [TokenBound(V3_PROXY, 1, APES, n).deployed_code for n in (0, number)]
    differ = sum(a != b for a, b in zip(*codes, strict=True))
    drawn = draw_address(number)
    assert drawn.layout.title.text.startswith(f"Ape {number}: {differ} of 173 bytes")
    code = [bar for bar in drawn.data if bar.y[0] == "code"]
    address = [bar for bar in drawn.data if bar.y[0] == "address"]
    assert sum(bar.x[0] for bar in code) == 173 + differ, "the parts, and the marks on them"
    digits = "".join(bar.text[0] for bar in address)
    assert "0x" + digits == TokenBound(V3_PROXY, 1, APES, number).address()


def test_another_salt_is_another_address():
    drawn = draw_address(0, salt=3)
    digits = "".join(bar.text[0] for bar in drawn.data if bar.y[0] == "address")
    assert "0x" + digits == TokenBound(V3_PROXY, 1, APES, 0, bytes(31) + b"\x03").address()
    assert drawn.layout.title.text.startswith("Ape 0: 1 of 173 bytes")


def hours(drawn, name):
    return [b for bar in drawn.data if bar.y and bar.y[0] == name for b in bar.base]


@pytest.mark.parametrize(
    ("away", "for_good", "carol"), [(8, False, 16), (8, True, 6), (0, False, 6)]
)
def test_who_may_act_when(away, for_good, carol):
    drawn = draw_powers(6, away, for_good)
    assert len(hours(drawn, "Carol")) == carol
    assert len(hours(drawn, "Bob")) == (away or 18)
    assert len(hours(drawn, "Alice")) == 24 - (away or 18)
    assert ("again" in drawn.layout.title.text) == (carol == 16)


@pytest.mark.parametrize("gifts", range(4))
def test_a_circle_closes_with_the_last_gift(gifts):
    drawn = draw_circle(gifts)
    assert drawn.layout.title.text.startswith("Nobody" if gifts == 3 else "Alice commands")
    assert len(drawn.layout.annotations) == 3, "everybody is owned"
    assert len(drawn.layout.shapes) == (gifts == 3), "the long way back"
    assert sum("agent" in owner for owner in drawn.data[0].hovertext) == gifts
