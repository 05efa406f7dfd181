"""The production game: money is conserved, the left-most counter earns, extensions matter."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit.hashes import keccak256
from aicrypto.opml.games import production
from aicrypto.opml.games.production import FaultGame, FaultGameRefusal, Rules, path_bond
from tests.opml_runs import weakened

BONDS = tuple(production.required_bond(d, 8) for d in range(9))
RULES = Rules(8, 4, 1000, 100, keccak256(bytes(32)), BONDS)
START = 1_700_000_000
positions = st.integers(1, 2**72 - 1).map(lambda g: 2 * g)  # all but the root are even


def machine(state: bytes) -> bytes:
    return b"\1" + keccak256((int.from_bytes(state, "big") + 1).to_bytes(32, "big"))[1:]


def game(rules: Rules = RULES, module: object = production) -> FaultGame:
    return module.FaultGame.create(rules, machine, b"\1" * 32, "creator", START)  # type: ignore[attr-defined]


def refusal_of(call: object) -> str:
    try:
        call()  # type: ignore[operator]
    except FaultGameRefusal as refusal:
        return refusal.name
    return "ok"


@given(positions)
def test_moves_go_one_level_down_and_ancestors_speak_of_the_same_state(position: int) -> None:
    deep = 80
    assert production.depth(production.attack(position)) == production.depth(position) + 1
    assert production.trace_index(production.attack(position), deep) < production.trace_index(
        position, deep
    )
    behind = production.trace_index(production.defend(position), deep)
    assert behind > production.trace_index(position, deep)
    ancestor = production.trace_ancestor(position)
    assert production.trace_index(ancestor, deep) == production.trace_index(position, deep)


def test_refused_positions_are_named() -> None:
    with pytest.raises(ValueError, match="position is 0"):
        production.depth(0)
    with pytest.raises(ValueError, match="max_depth is 1"):
        production.right_index(8, 1)
    with pytest.raises(production.ClaimAboveSplit):
        production.trace_ancestor_bounded(3, 1)


def test_a_full_quarrel_of_the_deployed_depth_locks_hundreds_of_ether() -> None:
    assert 690 < path_bond(73) / 10**18 < 692
    assert production.required_bond(73, 73) < 60 * 10**18


def test_random_games_conserve_money() -> None:
    rng = random.Random(5)
    for _ in range(40):
        played, now, paid = game(), START, BONDS[0]
        for _ in range(60):
            now += rng.choice([1, 30, 30, 300])
            parent, attack = rng.randrange(len(played.claims)), rng.random() < 0.7
            depth = production.depth(played.claims[parent].position) + 1
            wei = BONDS[min(depth, 8)]
            value = bytes([rng.randrange(3)]) + rng.randbytes(31)
            moved = refusal_of(
                lambda g=played, p=parent, v=value, a=attack, w=wei, n=now: g.move(
                    p, v, is_attack=a, by=f"p{rng.randrange(4)}", wei=w, now=n
                )
            )
            paid += wei if moved == "ok" else 0
            assert sum(played.credits_wei.values()) + played.locked_wei == paid
        now += 10_000
        for index in reversed(range(len(played.claims))):
            played.resolve_claim(index, 0, now)
        assert played.resolve() in ("challenger_wins", "defender_wins")
        assert sum(played.credits_wei.values()) == paid
        assert played.locked_wei == 0


def test_a_freeloader_on_the_right_earns_nothing() -> None:
    played = game()
    played.move(0, b"\2" * 32, is_attack=True, by="liar", wei=BONDS[1], now=START + 1)
    played.move(1, b"\3" * 32, is_attack=False, by="freeloader", wei=BONDS[2], now=START + 2)
    played.move(1, b"\4" * 32, is_attack=True, by="honest", wei=BONDS[2], now=START + 3)
    for index in (3, 2, 1, 0):
        played.resolve_claim(index, 0, START + 10_000)
    assert played.credits_wei["honest"] == BONDS[1] + BONDS[2]
    assert played.credits_wei["freeloader"] == BONDS[2]
    first_come = weakened(
        "aicrypto.opml.games.production.fault_game",
        ("seen.position is None or claim.position < seen.position", "seen.position is None"),
    )
    naive = game(module=first_come)
    for by, attack, parent in (("liar", True, 0), ("freeloader", False, 1), ("honest", True, 1)):
        bond = BONDS[1 if parent == 0 else 2]
        naive.move(parent, by.encode() * 5, is_attack=attack, by=by, wei=bond, now=START + 1)
    for index in (3, 2, 1, 0):
        naive.resolve_claim(index, 0, START + 10_000)
    assert naive.credits_wei["freeloader"] > BONDS[2], "who joins from the right takes the bond"


def test_who_moved_late_can_still_answer_thanks_to_the_extension() -> None:
    def answer(rules: Rules) -> str:
        played = game(rules)
        late = START + 999
        played.move(0, b"\2" * 32, is_attack=True, by="a", wei=BONDS[1], now=late)
        played.move(1, b"\3" * 32, is_attack=True, by="b", wei=BONDS[2], now=late + 1)
        return refusal_of(
            lambda: played.move(2, b"\4" * 32, is_attack=True, by="a", wei=BONDS[3], now=late + 90)
        )

    assert answer(RULES) == "ok"
    assert answer(replace(RULES, clock_extension_s=0)) == "ClockTimeExceeded"


def test_after_the_end_nothing_moves() -> None:
    played = game()
    assert refusal_of(played.resolve) == "OutOfOrderResolution"
    played.resolve_claim(0, 0, START + 1000)
    assert played.resolve() == "defender_wins"
    assert refusal_of(played.resolve) == "GameNotInProgress"
    assert refusal_of(lambda: played.resolve_claim(0, 0, START + 2000)) == "GameNotInProgress"
