"""The dispute on a chain: the contract rules as the referee in Python does, and quickly."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aicrypto.conform.encoding import unhex
from aicrypto.conform.opml.disputes import state_of
from aicrypto.evm import Chain, Reverted, compile_contract
from aicrypto.opml import machine
from aicrypto.opml.code import fit_classifier, image_of
from aicrypto.opml.games import (
    ChainCourt,
    Challenger,
    Fault,
    GarbagePoster,
    Griefer,
    MalformedProver,
    Proposer,
    Referee,
    Refusal,
    SilentChallenger,
    SilentProposer,
    Terms,
    lie,
    play,
)
from tests.opml_runs import liar_at, loop_run, terms_of

ROOT = Path(__file__).parents[1]
CASES = json.loads((ROOT / "tests/vectors/opml.dispute.json").read_text())["cases"]
BEFORE, START = 1_699_999_000, 1_700_000_000
HONEST = loop_run()
N = HONEST.n_steps
EARLY = lie(HONEST, Fault("reg", at=40, reg=20, xor=1))
ARBITERS: dict[int, Any] = {}
GAS_LIMITS = {
    **{"propose": 200_000, "challenge": 250_000, "post": 160_000, "choose": 110_000},
    **{"prove": 260_000, "timeout": 110_000, "finalize": 70_000, "reclaim": 110_000},
}


def court_of(terms: Terms) -> ChainCourt:
    return ChainCourt.open(Chain(timestamp=BEFORE), terms)


def attempt(court: ChainCourt, action: dict[str, Any]) -> str:
    by, t, number = action["by"], action["t"], action.get("game")
    proofs = [action.get(name) for name in ("insn_proof", "mem_proof")]
    given = [None if proof is None else unhex(proof) for proof in proofs]
    acts = {
        "propose": lambda: court.propose(
            *(by, t, action["value"], unhex(action["s0"]), action["n"], state_of(action["final"])),
            *(() if "output" not in action else (unhex(action["output"]),)),
            *(([unhex(p) for p in action["output_proof"]],) if "output_proof" in action else ()),
        ),
        "challenge": lambda: court.challenge(by, t, action["value"]),
        "post": lambda: court.post(by, t, number, [unhex(h) for h in action["hashes"]]),
        "choose": lambda: court.choose(by, t, number, action["segment"]),
        "prove": lambda: court.prove(by, t, number, state_of(action["state"]), *given),
        "timeout": lambda: court.timeout(by, t, number),
        "finalize": lambda: court.finalize(by, t),
    }
    try:
        acts[action["act"]]()
    except (Refusal, machine.BadState, machine.InsnProof, machine.MemProof) as refusal:
        return type(refusal).__name__
    return "ok"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_contract_answers_every_vector(case: dict[str, Any]) -> None:
    params, expected = case["in"]["params"], case["out"]
    court = court_of(Terms(unhex(params["s0"]), *(params[name] for name in PARAMETERS)))
    assert [attempt(court, action) for action in case["in"]["actions"]] == expected["results"]
    assert court.claim == expected["claim"]
    assert court.credits_wei == expected["credits"]
    assert court.locked_wei == expected["locked"]
    for game, wanted in zip(court.games, expected["games"], strict=True):
        located = list(game.located) if game.located else None
        found = (game.status, game.rounds, game.lo, game.hi, located)
        assert found == tuple(wanted[name] for name in ("status", "rounds", "lo", "hi", "located"))
    assert court.chain.balance(court.contract.address) == court.locked_wei + sum(
        court.credits_wei.values()
    )


PARAMETERS = (
    *("arity", "window", "clock", "extension"),
    *("proposer_bond", "challenger_bond", "burn_bps"),
)

LIAR = liar_at(HONEST, N // 2)
DISPUTES: dict[str, tuple[Any, list[Any]]] = {
    "nobody objects": (Proposer("P", HONEST), [Challenger("C", HONEST)]),
    "liar at the first step": (Proposer("P", liar_at(HONEST, 1)), [Challenger("C", HONEST)]),
    "liar in the middle": (Proposer("P", LIAR), [Challenger("C", HONEST)]),
    "liar at the last step": (Proposer("P", liar_at(HONEST, N)), [Challenger("C", HONEST)]),
    "exit code": (
        Proposer("P", lie(HONEST, Fault("code", at=N, xor=1))),
        [Challenger("C", HONEST)],
    ),
    "step count": (Proposer("P", lie(HONEST, Fault("pad", extra=5))), [Challenger("C", HONEST)]),
    "silent proposer": (SilentProposer("P", LIAR, silent_after=3), [Challenger("C", HONEST)]),
    "silent challenger": (Proposer("P", HONEST), [SilentChallenger("C", HONEST)]),
    "griefing with many moves": (
        Proposer("P", HONEST),
        [Griefer("C", HONEST), Griefer("D", HONEST, arrives_s=150)],
    ),
    "garbage": (GarbagePoster("P", LIAR), [Challenger("C", HONEST)]),
    "malformed proof": (Proposer("P", LIAR), [MalformedProver("C", HONEST)]),
    "stale clock": (Proposer("P", LIAR, delay_s=302_399), [Challenger("C", HONEST)]),
    "two liars and an honest third": (
        Proposer("P", liar_at(HONEST, 90)),
        [Challenger("L", EARLY), Challenger("C", HONEST, arrives_s=500_000)],
    ),
    "two honest challengers": (
        Proposer("P", LIAR),
        [Challenger("C", HONEST), Challenger("D", HONEST, arrives_s=130)],
    ),
}


@pytest.mark.parametrize("arity", [2, 5])
@pytest.mark.parametrize("name", DISPUTES)
def test_contract_and_referee_settle_alike(name: str, arity: int) -> None:
    proposer, challengers = DISPUTES[name]
    terms = terms_of(HONEST, arity=arity, burn_bps=1000, move_bond_wei=10**15, growth_bps=2000)
    settled = []
    court = court_of(terms)
    for judge in (Referee(terms), court):
        if isinstance(proposer, GarbagePoster):
            proposer.rng.seed(7)
        settled.append(play(judge, proposer, challengers, START))
    expected, got = settled
    for field in ("claim", "credits_wei", "locked_wei", "timeline", "seconds"):
        assert getattr(got, field) == getattr(expected, field), field
    for ours, theirs in zip(got.games, expected.games, strict=True):
        for field in ("status", "rounds", "lo", "hi", "located", "staked_wei", "left_s"):
            assert getattr(ours, field) == getattr(theirs, field), field
    for action, gas in court.gas_used.items():
        assert gas / court.n_sent[action] <= GAS_LIMITS[action], f"gas of {action}"


def test_winnings_can_be_fetched_once() -> None:
    court = court_of(terms_of(HONEST))
    play(court, *DISPUTES["liar in the middle"], START)
    before = court.chain.balance(court.chain.account("C"))
    won = court.withdraw("C")
    assert won == court.terms.proposer_bond_wei + court.terms.challenger_bond_wei
    assert court.chain.balance(court.chain.account("C")) == before + won
    assert court.chain.balance(court.contract.address) == 0
    with pytest.raises(Reverted, match="NothingToWithdraw"):
        court.withdraw("C")


def test_only_void_games_are_reclaimed() -> None:
    court = court_of(terms_of(HONEST))
    court.propose("P", START, 10**18, HONEST.commitment(0), N, HONEST.final)
    court.challenge("C", START + 1, 2 * 10**17)
    for number, reason in ((0, "NotVoid"), (1, "NoSuchGame")):
        with pytest.raises(Reverted, match=reason):
            court.contract.reclaim(number, sender=court.chain.account("C"))


def test_terms_out_of_range_are_refused() -> None:
    chain = Chain()
    sender = chain.account("registrar")
    for fields in ((1, 9, 9, 9), (17, 9, 9, 9), (2, 9, 9, 10), (2, 9, 2**40, 9)):
        terms = (bytes(32), *fields, 1, 1, 0, 0, 0)
        with pytest.raises(Reverted):
            chain.deploy("DisputeGame", sender.address, sender.address, terms, sender=sender)


def test_the_contract_fits_on_mainnet() -> None:
    assert compile_contract("DisputeGame").runtime_bytes <= 24_576


def test_a_two_million_step_inference_is_disputed_and_settled_in_two_seconds() -> None:
    digits = np.load(ROOT / "data/digits.npz")
    images = (digits["images"].reshape(-1, 64) * 7).astype(np.int8)
    rng = np.random.default_rng(0)
    layers = fit_classifier(images[:300], digits["labels"][:300].astype(int), 6_000, rng)
    image = image_of(layers, images[1500])
    ChainCourt.open(Chain(), Terms(image.start.hash))  # compiles the contracts
    machine.run(image, 1000)
    best = min(_dispute_seconds(image) for _ in range(3))
    assert best <= 2.0


def _dispute_seconds(image: machine.Image) -> float:
    start = time.process_time()
    honest = machine.run(image)
    false_weight = Fault("mem", at=honest.n_steps // 2, addr=machine.MODEL + 5_000, xor=64)
    court = court_of(Terms(image.start.hash))
    settled = play(
        court, Proposer("P", lie(honest, false_weight)), [Challenger("C", honest)], START
    )
    seconds = time.process_time() - start
    assert honest.n_steps > 2_000_000
    assert settled.games[0].located == (false_weight.at - 1, false_weight.at)
    assert settled.games[0].rounds == 21
    assert (settled.claim, settled.credits_wei) == ("rejected", {"C": 12 * 10**17})
    return seconds
