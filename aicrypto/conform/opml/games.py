"""Suites of the production and all-versus-all games, of incentives and of activations (opml.md)."""

from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.conform.encoding import enhex, unhex, unhex_all
from aicrypto.opml.games import edges, incentives, production

VALID_STATUS = b"\x01"


def fdg_bond(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.fdg_bond`: wei that a claim of some depth locks."""
    bond = production.required_bond(given["depth"], given["max_depth"])
    return {"bond": bond}


def fdg_position(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.fdg_position`: arithmetic of claim positions."""
    bounds = [given[name] for name in ("max_depth", "upper_bound") if name in given]
    return {"value": getattr(production, given["op"])(given["position"], *bounds)}


def fdg_game(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.fdg_game`: a list of calls, and what became of claims and money."""
    config = given["config"]
    rules = production.Rules(
        config["max_depth"],
        config["split_depth"],
        config["max_clock"],
        config["clock_extension"],
        unhex(config["absolute_prestate"]),
        tuple(config["bonds"]),
    )
    root = unhex(given["root_claim"])
    game = production.FaultGame.create(
        rules, _counting_machine, root, given["creator"], given["created_at"]
    )
    return {
        "results": [_attempt(game, action) for action in given["actions"]],
        "status": game.status,
        "claims": [_claim_fields(claim) for claim in game.claims],
        "credits": game.credits_wei,
    }


def _counting_machine(state: bytes) -> bytes:
    """The suite's machine: a state is a number, its successor one more."""
    following = (int.from_bytes(state, "big") + 1) % 2**256
    return VALID_STATUS + keccak256(following.to_bytes(32, "big"))[1:]


def _attempt(game: production.FaultGame, action: dict[str, Any]) -> str:
    """ "ok", or the refusal's name."""
    try:
        _act(game, action)
    except production.FaultGameRefusal as refusal:
        return refusal.name
    return "ok"


def _act(game: production.FaultGame, action: dict[str, Any]) -> None:
    name = action["act"]
    if name in ("attack", "defend"):
        disputed = action.get("disputed")
        game.move(
            action["parent"],
            unhex(action["claim"]),
            is_attack=name == "attack",
            by=action["by"],
            wei=action["value"],
            now=action["t"],
            disputed=unhex(disputed) if disputed else None,
        )
    elif name == "step":
        state = unhex(action["state"])
        game.step(action["claim"], is_attack=action["is_attack"], state=state, by=action["by"])
    elif name == "resolve_claim":
        game.resolve_claim(action["claim"], action["num"], action["t"])
    elif name == "resolve":
        game.resolve()
    else:
        raise ValueError(f"act is {name!r}, which the game does not know")


def _claim_fields(claim: production.Claim) -> dict[str, Any]:
    return {
        "parent": claim.parent,
        "countered_by": claim.countered_by,
        "claimant": claim.claimant,
        "bond": claim.bond_wei,
        "claim": enhex(claim.value),
        "position": claim.position,
        "duration": claim.duration_s,
        "timestamp": claim.timestamp,
    }


def bold(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.bold`: heights, roots and names of edges."""
    if given["op"] == "bisection_height":
        return {"height": edges.bisection_height(given["start"], given["end"])}
    if given["op"] == "history_root":
        return {"root": enhex(edges.history_root(unhex_all(given["leaves"])))}
    if given["op"] != "edge_id":
        raise ValueError(f"op is {given['op']!r}, which the suite does not know")
    edge = edges.Edge(
        unhex(given["origin"]),
        given["start"],
        unhex(given["start_root"]),
        given["end"],
        unhex(given["end_root"]),
        given["level"],
    )
    return {"mutual_id": enhex(edge.mutual_id), "edge_id": enhex(edge.edge_id)}


def attention(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.attention`: who has to answer, and when honesty pays."""
    if given["op"] == "selected":
        is_called = incentives.is_called(
            unhex(given["address"]),
            unhex(given["result_hash"]),
            unhex(given["nonce"]),
            given["p_num"],
            given["p_den"],
        )
        return {"selected": is_called}
    if given["op"] != "sampling":
        raise ValueError(f"op is {given['op']!r}, which the suite does not know")
    terms = incentives.Terms(
        given["cost"], given["reward"], given["slash"], given["collude"], given["validators"]
    )
    probability = given["p"]
    return {
        "p_star": terms.threshold,
        "honest_payoff": terms.honest_payoff,
        "cheat_payoff": terms.cheating_payoff(probability),
        "honest_is_best": terms.is_honesty_best(probability),
    }
