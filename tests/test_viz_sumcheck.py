"""The figures of lesson 04 show what the protocol computes."""

import pytest

from aicrypto.algebra import Fp2, m61x2
from aicrypto.proof import sumcheck
from aicrypto.viz.proofs import sumcheck as pictures

TRUTH = sum(a * b for a, b in zip(pictures.LEFT, pictures.RIGHT, strict=True))


class Scripted:
    """A transcript whose challenges are given."""

    def __init__(self, challenges):
        self.challenges = iter(challenges)

    def absorb(self, tag, data):
        """Forgets."""

    def challenge(self):
        return Fp2(0) + next(self.challenges)


def element(value):
    return Fp2(0) + int(value)


def test_the_honest_game_is_the_librarys():
    challenges = [4, -1, 3]
    f, g = (m61x2.from_scalars([Fp2(v) for v in t]) for t in (pictures.LEFT, pictures.RIGHT))
    proof, left = sumcheck.prove(f, g, Scripted(challenges), tag=1)
    rounds, product = pictures.play(0, challenges)
    said = [(element(one.said[0]), element(one.said[2])) for one in rounds]
    assert said == [(message.at_zero, message.leading) for message in proof.rounds]
    assert element(product) == left.f_value * left.g_value
    assert rounds[-1].next_claim == product


@pytest.mark.parametrize("lie", [0, 8, 40])
def test_every_round_gives_its_claim_at_0_and_1(lie):
    rounds, _ = pictures.play(lie, (0.5, 0.25, 0.75))
    assert rounds[0].claim == TRUTH + lie
    assert [one.terms for one in rounds] == [8, 4, 2]
    for one in rounds:
        assert pictures.at(one.said, 0) + pictures.at(one.said, 1) == one.claim
        assert (one.said == one.true) is (lie == 0)


@pytest.mark.parametrize("lucky", pictures.LUCKY)
@pytest.mark.parametrize("place", range(3))
def test_a_lucky_challenge_lets_the_lie_pass_and_no_other_does(lucky, place):
    challenges = [0.5, 0.25, 0.75]
    assert "refused" in pictures.draw_game(40, *challenges).layout.title.text
    challenges[place] = lucky
    assert "accepted" in pictures.draw_game(40, *challenges).layout.title.text
    rounds, _ = pictures.play(40, challenges)
    assert [one.said == one.true for one in rounds] == [n > place for n in range(3)]


def test_all_other_places_of_the_sliders_catch_the_lie():
    steps = [k / 4 - 0.5 for k in range(9)]
    passing = {x for x in steps if pictures.play(40, [x])[0][0].next_claim == _true_at(x)}
    assert passing == set(pictures.LUCKY)


def _true_at(x):
    return pictures.play(0, [x])[0][0].next_claim


def test_a_panel_a_round_with_its_own_axes():
    drawn = pictures.draw_game()
    assert [trace.xaxis for trace in drawn.data] == ["x"] * 4 + ["x2"] * 4 + ["x3"] * 4
    assert len({trace.name for trace in drawn.data if trace.showlegend}) == 4
    assert [note.text.split(",")[0] for note in drawn.layout.annotations] == [
        "round 1: 8 terms",
        "round 2: 4 terms",
        "round 3: 2 terms",
    ]


def test_the_chance_is_to_win_one_of_three_bets():
    chance, dots = pictures.draw_luck({8: 0.5, 64: 0.1}, n_rounds=3).data
    assert chance.y == pytest.approx((37 / 64, 1 - (31 / 32) ** 3))
    assert (dots.x, dots.y) == ((8, 64), (0.5, 0.1))


def test_calls_are_counted_and_the_result_handed_on():
    def double(v):
        return v + v

    found = pictures.calls(double, lambda n: [double(v) for v in range(n)], 5)
    assert found == (5, [0, 2, 4, 6, 8])
    assert pictures.calls(double, sorted, [2, 1]) == (0, [1, 2])


def test_costs_are_a_line_for_each_who_multiplies():
    product, prover = FIGURES["costs"].data
    assert (product.name, product.x, product.y) == ("product", (2, 4), (8, 64))
    assert (prover.name, prover.y) == ("prover", (9, 36))


FIGURES = {
    "game": pictures.draw_game(),
    "luck": pictures.draw_luck({8: 0.5, 16: 0.3}, 3),
    "costs": pictures.draw_costs(
        {2: {"product": 8, "prover": 9}, 4: {"product": 64, "prover": 36}}
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_axes_say_what_they_measure(name):
    layout = FIGURES[name].layout
    assert layout.title.text
    assert layout.xaxis.title.text
    assert layout.yaxis.title.text
