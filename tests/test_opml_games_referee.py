"""The referee: opponents lose, money is conserved, and every check is there for a reason."""

import random
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from aicrypto.opml.games import (
    Challenger,
    Fault,
    GarbagePoster,
    Griefer,
    MalformedProver,
    Proposer,
    Referee,
    SilentChallenger,
    SilentProposer,
    Terms,
    lie,
    play,
    refusals,
)
from aicrypto.opml.machine import State
from tests.opml_runs import liar_at, loop_run, terms_of, weakened

REFEREE = "aicrypto.opml.games.referee"
HONEST = loop_run()
N = HONEST.n_steps
EARLY = lie(HONEST, Fault("reg", at=40, reg=20, xor=1))
TERMS = terms_of(HONEST, burn_bps=1000, move_bond_wei=10**15, growth_bps=2000)


def honest_challenger(**changes: Any) -> Challenger:
    return Challenger("C", HONEST, **changes)


def lying(fault: Fault) -> Proposer:
    return Proposer("P", lie(HONEST, fault))


LIES = {
    "first step": Proposer("P", liar_at(HONEST, 1)),
    "middle step": Proposer("P", liar_at(HONEST, N // 2)),
    "last step": Proposer("P", liar_at(HONEST, N)),
    "exit code": lying(Fault("code", at=N, xor=1)),
    "short step count": lying(Fault("halt", at=N // 2)),
    "long step count": lying(Fault("pad", extra=5)),
    "silent from the start": SilentProposer("P", liar_at(HONEST, 9)),
    "silent after three rounds": SilentProposer("P", liar_at(HONEST, 9), silent_after=3),
    "garbage": GarbagePoster("P", liar_at(HONEST, 9)),
    "stale clock": Proposer("P", liar_at(HONEST, 9), delay_s=302_399),
    "too late": Proposer("P", liar_at(HONEST, 9), delay_s=302_400),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lying_proposer_loses_its_bond_to_one_honest_challenger(name: str) -> None:
    settled = play(Referee(TERMS), LIES[name], [honest_challenger()])
    assert settled.claim == "rejected"
    won = settled.credits_wei["C"] - settled.games[0].staked_wei["challenger"]
    assert won >= TERMS.proposer_bond_wei * 9 // 10
    assert "P" not in settled.credits_wei


ATTACKERS = {
    "silent challenger": [SilentChallenger("A", HONEST)],
    "griefer": [Griefer("A", HONEST)],
    "many griefers": [Griefer(f"A{i}", HONEST, arrives_s=100 + i) for i in range(5)],
    "lying challenger": [Challenger("A", liar_at(HONEST, 77))],
    "stale clock": [Griefer("A", HONEST, delay_s=302_399)],
    "malformed prover": [MalformedProver("A", liar_at(HONEST, 50))],
}


@pytest.mark.parametrize("name", ATTACKERS)
def test_an_honest_proposer_ends_richer_by_its_attackers(name: str) -> None:
    settled = play(Referee(TERMS), Proposer("P", HONEST), ATTACKERS[name])
    assert settled.claim == "final"
    assert settled.credits_wei["P"] > TERMS.proposer_bond_wei
    assert set(settled.credits_wei) <= {"P", "treasury"}


def test_two_liars_and_an_honest_third() -> None:
    third = Challenger("H", HONEST, arrives_s=500_000)
    liars = Proposer("P", liar_at(HONEST, 90)), Challenger("L", EARLY)
    settled = play(Referee(TERMS), liars[0], [liars[1], third])
    assert [game.status for game in settled.games] == ["proposer", "challenger"]
    assert settled.claim == "rejected"
    assert settled.games[1].located == (89, 90)


def test_a_malformed_proof_decides_nothing() -> None:
    settled = play(Referee(TERMS), LIES["middle step"], [MalformedProver("C", HONEST)])
    tried = {a.result for a in settled.timeline if a.act == "prove"}
    assert tried == {"WrongPreState", "BadState", "InsnProof"}
    assert settled.claim == "rejected", "and the silent liar's clock runs out"


def test_delay_is_bounded_by_clocks_and_window() -> None:
    slow = Proposer("P", liar_at(HONEST, 9), delay_s=302_399)
    settled = play(Referee(TERMS), slow, [honest_challenger(delay_s=302_399)])
    rounds = settled.games[0].rounds
    bound = TERMS.window_s + 2 * TERMS.clock_s + 2 * TERMS.extension_s * rounds
    assert settled.seconds <= bound


def test_locked_and_credits_are_all_that_was_paid_in() -> None:
    rng, honest = random.Random(3), HONEST
    for _ in range(30):
        referee, paid, t = Referee(TERMS), 0, 1_700_000_000
        runs = [honest, liar_at(honest, rng.randint(1, N)), liar_at(honest, rng.randint(1, N))]
        for _ in range(60):
            t += rng.choice([0, 60, 60, 60, 200_000])
            paid += _random_action(referee, rng, t, runs)
            assert sum(referee.credits_wei.values()) + referee.locked_wei == paid


def _random_action(referee: Referee, rng: random.Random, t: int, runs: list[Any]) -> int:
    """Wei that an accepted action of any kind has paid in."""
    run, number = rng.choice(runs), rng.randrange(3)
    game = referee.games[number] if number < len(referee.games) else None
    bond = TERMS.move_bond(game.rounds) if game else 0
    shown = run.witness(game.lo if game else 0)
    actions = [
        (TERMS.proposer_bond_wei, lambda w: referee.propose("P", t, w, TERMS.s0, N, run.final)),
        (TERMS.challenger_bond_wei, lambda w: referee.challenge(f"C{number}", t, w)),
        (bond, lambda w: referee.post("P", t, number, [run.commitment(5)], w)),
        (bond, lambda w: referee.choose(f"C{number}", t, number, rng.randrange(2), w)),
        (0, lambda _: referee.prove("X", t, number, shown.state, shown.insn_proof, None)),
        (0, lambda _: referee.timeout("X", t, number)),
        (0, lambda _: referee.finalize("X", t)),
    ]
    wei, act = rng.choices(actions, [1, 2, 8, 8, 2, 1, 1])[0]
    try:
        act(wei)
    except ValueError:
        return 0
    return wei


# Attacks: each succeeds on a referee that lacks one check.

IN_TIME, BONDS = 1_700_000_000, TERMS.proposer_bond_wei


def claims(module: ModuleType | None, **changes: Any) -> str:
    """What a fresh referee says to a claim with something wrong in it."""
    judge = module.Referee(TERMS) if module else Referee(TERMS)
    fields: dict[str, Any] = {"s0": TERMS.s0, "n_steps": N, "final": HONEST.final, **changes}
    try:
        judge.propose("P", IN_TIME, BONDS, **fields)
    except ValueError as refusal:
        return type(refusal).__name__
    return "ok"


SHORT = HONEST.state(N - 5)
FALSE_CLAIMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "WrongStart": ({"s0": bytes(32)}, "if s0 != self.terms.s0:", "if False:"),
    "StepCountMismatch": ({"n_steps": N - 1}, "if final.step != n_steps:", "if False:"),
    "FinalNotHalted": (
        {"final": SHORT, "n_steps": N - 5},
        "if not final.exited:",
        "if False:",
    ),
    "BadState": (
        {"final": replace(HONEST.final, regs=(1, *HONEST.final.regs[1:]))},
        "        final.check()\n        if n_steps",
        "        if n_steps",
    ),
    "OutputProof": (
        {"output": b"another answer", "output_proof": []},
        "if output is not None and not shows_output(final.mem_root, output, output_proof):",
        "if False:",
    ),
}


@pytest.mark.parametrize("name", FALSE_CLAIMS)
def test_a_false_claim_passes_without_its_check_only(name: str) -> None:
    changes, check, nothing = FALSE_CLAIMS[name]
    assert claims(None, **changes) == name
    assert claims(weakened(REFEREE, (check, nothing)), **changes) == "ok"


def test_without_clocks_silence_wins() -> None:
    silent, honest = SilentProposer("P", liar_at(HONEST, 9)), honest_challenger()
    no_clock = weakened(
        REFEREE,
        ("if left > 0:", "if True:"),
        (
            "if any(game.status == OPEN for game in self.games):\n            raise",
            "if False: raise",
        ),
    )
    settled = play(no_clock.Referee(TERMS), silent, [honest])
    assert settled.claim == "final", "a false result, because nobody may end the game"
    assert settled.locked_wei == TERMS.challenger_bond_wei, "and the honest bond is stuck"
    assert play(Referee(TERMS), silent, [honest]).claim == "rejected"


def test_a_straw_man_must_not_close_the_claim() -> None:
    liar = Proposer("P", liar_at(HONEST, 9))
    players = [SilentChallenger("friend", HONEST), honest_challenger(arrives_s=310_000)]
    old = "            self._pay(self.proposer, stakes[PROPOSER], stakes[CHALLENGER])\n"
    closing = old + "            self.claim = FINAL\n"
    naive = weakened(REFEREE, (old, closing))
    assert play(naive.Referee(TERMS), liar, players).claim == "final"
    assert play(Referee(TERMS), liar, players).claim == "rejected"


def test_at_any_instant_either_a_move_or_the_timeout_is_possible() -> None:
    def outcomes(judge: Any, waited: int) -> tuple[bool, bool]:
        results = []
        for act in ("post", "timeout"):
            referee = judge(TERMS)
            liar = liar_at(HONEST, 9)
            referee.propose("P", IN_TIME, BONDS, TERMS.s0, N, liar.final)
            referee.challenge("C", IN_TIME, TERMS.challenger_bond_wei)
            t, move = IN_TIME + waited, [bytes(32)]
            try:
                if act == "post":
                    referee.post("P", t, 0, move, TERMS.move_bond_wei)
                else:
                    referee.timeout("C", t, 0)
                results.append(True)
            except refusals.Refusal:
                results.append(False)
        return results[0], results[1]

    late = weakened(REFEREE, ("if left > 0:", "if left >= 0:"))
    assert outcomes(late.Referee, TERMS.clock_s) == (False, False), "a game that hangs for a second"
    for waited in (0, TERMS.clock_s - 1, TERMS.clock_s, TERMS.clock_s + 1):
        moved, ended = outcomes(Referee, waited)
        assert moved != ended


def test_the_output_is_bound_to_the_final_memory() -> None:
    from aicrypto.opml import machine
    from aicrypto.opml.code import assemble

    program = "li t0, 0x32000000\nli t1, 4\nsw t1, 0(t0)\nli t1, 77\nsw t1, 4(t0)\nli a7, 93\necall"
    run = machine.run(machine.Image([(0x1000, assemble(program))]))
    proof, referee = run.tree(run.n_steps).proof(0x32000000), Referee(terms_of(run))
    bond, s0 = TERMS.proposer_bond_wei, run.commitment(0)
    answer, n = (77).to_bytes(4, "little"), run.n_steps
    for false in (b"\x4e\0\0\0", answer + b"\0", answer[:3]):
        with pytest.raises(refusals.OutputProof):
            referee.propose("P", IN_TIME, bond, s0, n, run.final, false, [proof])
    referee.propose("P", IN_TIME, bond, s0, n, run.final, answer, [proof])
    assert referee.claim == "pending"


def test_terms_out_of_range_are_refused() -> None:
    for changes in ({"arity": 1}, {"extension_s": 400_000}, {"burn_bps": 10_001}):
        with pytest.raises(ValueError, match=next(iter(changes))):
            Terms(bytes(32), **changes)


def test_a_claim_is_a_whole_state() -> None:
    assert isinstance(HONEST.final, State)
    assert Referee(TERMS).claim is None
