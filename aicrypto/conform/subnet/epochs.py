"""Answers of the suites bittensor.epoch, sequence, epoch_graph, scenarios and micro."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aicrypto.subnet import yuma
from aicrypto.subnet.fixed import BITS, U16_MAX, divide, fixed, multiply
from aicrypto.subnet.weights import upscaled
from aicrypto.subnet.yuma import Epoch, Neurons, Rows, Rules
from aicrypto.subnet.yuma.consensus import weighted_median
from aicrypto.subnet.yuma.liquid import LiquidAlpha, alpha_sigmoid, exp

Json = dict[str, Any]
GRAPH_RAO = 10**9
RULES = tuple(Rules.__dataclass_fields__)
LISTS = {"stake": "stake", "last_update": "last_update", "block_at_registration": "registered"}
LISTS |= {"validator_permits": "permits", "commit_blocks": "commit_blocks"}
RAW = ("stake", "active_stake", "consensus", "validator_trust", "incentive", "dividends")
STORED = ("stake_weight", "consensus", "incentive", "dividends", "validator_trust")
PAID = {"out_server_emission": "server_rao", "out_validator_emission": "validator_rao"}
PAID |= {"out_emission": "rao"}
OF_A_SEQUENCE = (
    *("new_validator_permits", "consensus", "incentive", "dividends", "out_consensus"),
    *("out_incentive", "out_dividends", "out_validator_trust", "out_server_emission"),
    *("out_validator_emission", "out_emission", "out_bonds"),
)


def epoch(case: Json) -> Json:
    """Suite bittensor.epoch: one epoch from a full state, every step of it."""
    return _answer(_run(case, _neurons(case)))


def sequence(case: Json) -> Json:
    """Suite bittensor.sequence: epochs in a row; each starts from what the one before stored."""
    given = dict(case["initial"])
    neurons = _neurons(given)
    epochs = []
    for step in [{}, *case["steps"]]:
        given |= {name: value for name, value in step.items() if name != "weights"}
        neurons = _changed(neurons, step)
        result = _run(given, neurons)
        answer = _answer(result)
        epochs.append({name: answer[name] for name in OF_A_SEQUENCE})
        neurons = yuma.after(neurons, result)
    return {"epochs": epochs}


def _run(given: Json, neurons: Neurons) -> Epoch:
    rules = Rules(**{name: given[name] for name in RULES})
    return yuma.epoch(neurons, rules, given["current_block"], given["rao_emission"], given["lms"])


def _neurons(given: Json) -> Neurons:
    return Neurons(
        **{ours: tuple(given[theirs]) for theirs, ours in LISTS.items()},
        weights=Rows.of(given["weights"]),
        bonds=Rows.of(given["bonds"]),
        owner_uid=given["owner_uid"],
    )


def _changed(neurons: Neurons, step: Json) -> Neurons:
    """The neurons with a step's replaced fields and events."""
    replaced: Json = {ours: tuple(step[theirs]) for theirs, ours in LISTS.items() if theirs in step}
    if "weights" in step:
        rows = neurons.weights.to_lists()
        for uid, row in step["weights"].items():
            rows[int(uid)] = row
        replaced["weights"] = Rows.of(rows)
    if "owner_uid" in step:
        replaced["owner_uid"] = step["owner_uid"]
    neurons = replace(neurons, **replaced)
    neurons = yuma.without_bonds(neurons, of=step.get("clear_bonds", []))
    neurons = yuma.without_bonds(neurons, in_uids=step.get("drop_bond_column", []))
    return yuma.without_permits(neurons, step.get("revoke_permit", []))


def _answer(result: Epoch) -> Json:
    stored = result.stored
    answer: Json = {name: getattr(result, name).tolist() for name in RAW}
    answer |= {f"out_{name}": getattr(stored, name) for name in STORED}
    answer |= {theirs: getattr(stored, ours) for theirs, ours in PAID.items()}
    if result.bonds_delta is not None:
        answer["bonds_delta"] = result.bonds_delta.to_lists()
    return answer | {
        "inactive": result.inactive,
        "new_validator_permits": [int(permit) for permit in result.permits],
        "weights_norm": result.weights.to_lists(),
        "clipped_weights": result.clipped.to_lists(),
        "ema_bonds": result.bonds.to_lists(),
        "out_bonds": stored.bonds.to_lists(),
    }


def epoch_graph(case: Json) -> Json:
    """Suite bittensor.epoch_graph: one epoch without weights, then some with all of them alike."""
    n, validators = case["n"], case["validators"]
    servers = sorted(set(range(n)) - set(validators))
    per_validator: int = case["stake_per_validator"]
    stake = dict.fromkeys(range(n), 0) | dict.fromkeys(validators, per_validator)
    rules = Rules(
        tempo=U16_MAX - 1,
        max_allowed_validators=len(validators),
        yuma3=case["yuma3"],
        bonds_penalty=case["bonds_penalty"],
    )
    neurons = Neurons.fresh(tuple(stake.values()))
    neurons = yuma.after(neurons, yuma.epoch(neurons, rules, 1, GRAPH_RAO))
    neurons = _all_alike(neurons, servers, case["server_self"])
    for _ in range(case["epochs"]):
        result = yuma.epoch(neurons, rules, 2, GRAPH_RAO)
        neurons = yuma.after(neurons, result)
    return {
        "validator": _row_of(result, validators[0]),
        "server": _row_of(result, servers[0]),
        "bond_to_server": _bond(neurons, validators[0], servers[0]),
        "bond_to_validator": _bond(neurons, validators[0], validators[1]),
    }


def _all_alike(neurons: Neurons, servers: list[int], server_self: bool) -> Neurons:
    """The neurons after every validator wrote 65535 on every server, and servers on themselves."""
    rows = [[[uid, U16_MAX] for uid in servers]] * neurons.n
    for uid in servers:
        rows[uid] = [[uid, U16_MAX]] if server_self else []
    updated = tuple(2 if row else 0 for row in rows)
    return replace(neurons, weights=Rows.of(rows), last_update=updated)


def _row_of(result: Epoch, uid: int) -> Json:
    names = ("consensus", "incentive", "dividends", "validator_trust")
    numbers = {name: getattr(result.stored, name)[uid] for name in names}
    return numbers | {"emission": result.stored.rao[uid]}


def _bond(neurons: Neurons, holder: int, of: int) -> int:
    return next((value for uid, value in neurons.bonds.to_lists()[holder] if uid == of), 0)


def scenarios(case: Json) -> Json:
    """Suite bittensor.scenarios: a story of 40 epochs, with changes of stakes and weights."""
    n, n_validators, played = case["validators"] + case["servers"], case["validators"], []
    rules = Rules(
        max_allowed_validators=n_validators,
        bonds_moving_average=975_000,
        alpha_low=6553,
        alpha_high=19660,
        **{name: case[name] for name in ("yuma3", "liquid_alpha", "bonds_penalty")},
    )
    neurons = Neurons.fresh((0,) * n, (True,) * n_validators + (False,) * case["servers"])
    for number in range(case["epochs"]):
        block = 1000 + rules.tempo * (number + 1)
        dropped = [uid for at, uid in case["drop_bond_column"] if at == number]
        neurons = yuma.without_bonds(neurons, in_uids=dropped)
        neurons = _told(neurons, case, number, block)
        result = yuma.epoch(neurons, rules, block, GRAPH_RAO)
        played.append(result.stored)
        neurons = yuma.after(neurons, result)
    return {
        "dividends": [stored.dividends[:n_validators] for stored in played],
        "incentive": [stored.incentive[n_validators:] for stored in played],
        "final_bonds": neurons.bonds.to_lists()[:n_validators],
    }


def _told(neurons: Neurons, case: Json, number: int, block: int) -> Neurons:
    """The neurons with the stakes and weights that the story tells for this epoch."""
    n_validators, n_servers = case["validators"], case["servers"]
    stakes, given = (
        [value for start, value in case[name] if start <= number][-1]
        for name in ("stakes", "weights")
    )
    servers = range(n_validators, n_validators + n_servers)
    rows = [list(zip(servers, upscaled(row), strict=True)) for row in given]
    return replace(
        neurons,
        stake=(*stakes, *[0] * n_servers),
        weights=Rows.of([*rows, *[[]] * n_servers]),
        last_update=(block,) * n_validators + (1,) * n_servers,
    )


def micro(case: Json) -> Json:
    """Suite bittensor.micro: single functions of the chain's arithmetic."""
    return _MICRO[case["fn"]](case)


def _alpha_sigmoid(case: Json) -> Json:
    liquid = LiquidAlpha(
        fixed([0]), case["alpha_low"], case["alpha_high"], case["steepness"] >> BITS
    )
    state = (fixed([case[name]]) for name in ("consensus", "weight", "bond"))
    return {"value": int(alpha_sigmoid(liquid, *state)[0])}


_MICRO: dict[str, Callable[[Json], Json]] = {
    "mul_div": lambda c: {
        "mul": int(multiply([c["a"]], [c["b"]])[0]),
        "div": int(divide([c["a"]], [c["b"]])[0]),
    },
    "exp_safe": lambda c: {"value": int(exp(fixed([c["x"]]))[0])},
    "alpha_sigmoid": _alpha_sigmoid,
    "weighted_median": lambda c: {
        "value": int(weighted_median(fixed(c["stake"]), fixed(c["score"]), c["minority"]))
    },
    "vec_u16_max_upscale_to_u16": lambda c: {"value": upscaled(c["v"])},
}
