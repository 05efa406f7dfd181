"""Suites of disputes: bisection between two traces, and actions before the referee (opml.md)."""

from typing import Any

from aicrypto.conform.encoding import enhex, unhex
from aicrypto.opml import games, machine


def bisect(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.bisect`: two traces of one image, and the step that they part at."""
    segments = [(segment["addr"], unhex(segment["data"])) for segment in given["segments"]]
    honest = machine.run(machine.Image(segments, given["entry"]))
    proposer, challenger = (_trace(honest, given[side]) for side in ("proposer", "challenger"))
    verdict = games.dispute(proposer, challenger, given["arity"])
    if verdict.search is None:
        return {"no_dispute": True, "n": verdict.n_steps, "claimed": enhex(verdict.claimed)}
    return verdict_fields(verdict)


def _trace(honest: machine.Trace, player: dict[str, Any]) -> games.Run:
    return honest if player.get("honest") else games.lie(honest, fault_of(player))


def fault_of(fields: dict[str, Any]) -> games.Fault:
    """The lie that a case spells out."""
    names = ("kind", "at", "reg", "addr", "xor", "code", "extra")
    return games.Fault(**{name: fields[name] for name in names if name in fields})


def verdict_fields(verdict: games.Verdict) -> dict[str, Any]:
    """What a case tells of a two-party dispute."""
    found = verdict.search
    if found is None:
        raise ValueError("the parties agree, there is no step to name")
    return {
        "n": verdict.n_steps,
        "rounds": len(found.rounds),
        "segments": found.segments,
        "lo": found.lo,
        "hi": found.hi,
        "h_lo": enhex(verdict.h_lo),
        "h_hi": enhex(verdict.h_hi),
        "winner": verdict.winner,
    }


def dispute(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.dispute`: actions before the referee, and what became of claim, games and money."""
    params = given["params"]
    terms = games.Terms(
        unhex(params["s0"]),
        params["arity"],
        params["window"],
        params["clock"],
        params["extension"],
        params["proposer_bond"],
        params["challenger_bond"],
        params["burn_bps"],
    )
    referee = games.Referee(terms)
    return {
        "results": [_attempt(referee, action) for action in given["actions"]],
        "claim": referee.claim,
        "games": [_game_fields(game) for game in referee.games],
        "credits": referee.credits_wei,
        "locked": referee.locked_wei,
    }


def _attempt(referee: games.Referee, action: dict[str, Any]) -> str:
    """ "ok", or the refusal's name."""
    try:
        _ACTIONS[action["act"]](referee, action["by"], action["t"], action)
    except (games.Refusal, machine.BadState, machine.InsnProof, machine.MemProof) as refusal:
        return type(refusal).__name__
    return "ok"


def _propose(referee: games.Referee, by: str, t: int, action: dict[str, Any]) -> None:
    final, output = state_of(action["final"]), _bytes(action.get("output"))
    proofs = [unhex(proof) for proof in action.get("output_proof") or []]
    s0 = unhex(action["s0"])
    referee.propose(by, t, action["value"], s0, action["n"], final, output, proofs)


def _challenge(referee: games.Referee, by: str, t: int, action: dict[str, Any]) -> None:
    referee.challenge(by, t, action["value"])


def _post(referee: games.Referee, by: str, t: int, action: dict[str, Any]) -> None:
    referee.post(by, t, action["game"], [unhex(h) for h in action["hashes"]])


def _choose(referee: games.Referee, by: str, t: int, action: dict[str, Any]) -> None:
    referee.choose(by, t, action["game"], action["segment"])


def _prove_step(referee: games.Referee, by: str, t: int, action: dict[str, Any]) -> None:
    proofs = [_bytes(action.get(name)) for name in ("insn_proof", "mem_proof")]
    referee.prove(by, t, action["game"], state_of(action["state"]), *proofs)


def _timeout(referee: games.Referee, by: str, t: int, action: dict[str, Any]) -> None:
    referee.timeout(by, t, action["game"])


def _finalize(referee: games.Referee, by: str, t: int, _: dict[str, Any]) -> None:
    referee.finalize(by, t)


_ACTIONS = {
    "propose": _propose,
    "challenge": _challenge,
    "post": _post,
    "choose": _choose,
    "prove": _prove_step,
    "timeout": _timeout,
    "finalize": _finalize,
}


def state_of(fields: dict[str, Any]) -> machine.State:
    """The machine state that a case spells out."""
    pc, step, exited, code = (fields[name] for name in ("pc", "step", "exited", "code"))
    regs = tuple(fields["regs"])
    return machine.State(unhex(fields["mem_root"]), pc, step, exited, code, regs)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else unhex(text)


def _game_fields(game: games.Game) -> dict[str, Any]:
    return {
        "status": game.status,
        "rounds": game.rounds,
        "lo": game.lo,
        "hi": game.hi,
        "located": game.located and list(game.located),
    }
