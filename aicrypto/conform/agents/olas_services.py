"""Suites olas.units, olas.registry and olas.staking."""

from collections.abc import Callable, Sequence
from typing import Any

from aicrypto.agents import olas
from aicrypto.agents.refusals import Refusal
from aicrypto.conform.agents.traces import Json, address_in, address_out
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.evm.accounts import NOBODY

DEFAULT_OWNER = "0x" + 40 * "1"  # of units whose case names none
MULTISIG = "multisig"  # how a case writes the multisig of a service

TERMS = (
    *("maxNumServices", "rewardsPerSecond", "minStakingDeposit", "minNumStakingPeriods"),
    *("maxNumInactivityPeriods", "livenessPeriod", "timeForEmissions", "numAgentInstances"),
)


def units(case: Json) -> Json:
    """Suite olas.units."""
    if case["op"] == "tokenURI":
        return {"uri": olas.token_uri(case["baseURI"], unhex(case["unitHash"]))}
    if case["op"] == "cid":
        digest = olas.content_digest(unhex(case["data"]))
        names = {"cidv0": olas.cid_v0(digest), "cidv1": olas.cid_v1(digest)}
        return {"digest": enhex(digest), **names}
    registry = olas.UnitRegistry()
    return {"steps": [_unit_step(registry, step) for step in case["steps"]]}


def registry(case: Json) -> Json:
    """Suite olas.registry."""
    if case["op"] == "threshold":
        bounds = [olas.threshold_bounds(n) for n in case["maxNumAgentInstances"]]
        return {"min": [least for least, _ in bounds], "max": [most for _, most in bounds]}
    drainer = address_in(case["drainer"]) if case.get("drainer") else None
    services = olas.ServiceRegistry(drainer)
    operators = [address_in(operator) for operator in case["operators"]]
    steps = (_registry_step(services, operators, step) for step in case["steps"])
    return {"steps": list(steps)}


def staking(case: Json) -> Json:
    """Suite olas.staking."""
    given = case["config"]
    try:
        terms = olas.Terms(*(given[name] for name in TERMS))
    except Refusal as refusal:
        return {"error": refusal.name}
    pool = olas.Pool(checked_at=case["t0"])
    services = {service["id"]: _staked_service(service) for service in case["services"]}
    contract = olas.Staking(terms, olas.nonce_ratio(given["livenessRatio"]), pool, services)
    return {"steps": [_staking_step(contract, step) for step in case["steps"]]}


def answer(action: Callable[[], Any], post: Callable[[], Any]) -> Json:
    """What became of a step: its result and the state after it, or the refusal's name."""
    try:
        result = action()
    except Refusal as refusal:
        return {"error": refusal.name}
    return {"result": result, "post": post()}


def _unit_step(registry: olas.UnitRegistry, step: Json) -> Json:
    if step["op"] == "service":
        return {"subComponents": list(registry.sub_components(step["agentIds"]))}
    owner = address_in(step.get("owner") or DEFAULT_OWNER)
    is_agent = step["op"] == "createAgent"
    create = registry.create_agent if is_agent else registry.create_component
    try:
        unit_id = create(owner, unhex(step["unitHash"]), step["dependencies"])
    except Refusal as refusal:
        return {"error": refusal.name}
    made = (registry.agents if is_agent else registry.components)[unit_id - 1]
    return {"id": unit_id, "subComponents": list(made.sub_components)}


def _registry_step(services: olas.ServiceRegistry, operators: Sequence[str], step: Json) -> Json:
    done = answer(lambda: REGISTRY_OPS[step["op"]](services, step), lambda: None)
    if "error" in done:
        return done
    service_id = done["result"] if step["op"] == "create" else step.get("serviceId")
    return {**done, "post": _service_post(services, operators, service_id)}


def _service_post(
    services: olas.ServiceRegistry, operators: Sequence[str], service_id: int | None
) -> Json:
    money = {"contractBalance": services.balance, "slashedFunds": services.slashed}
    if service_id is None:
        nothing = {"operatorBalances": [0] * len(operators), "agentInstances": []}
        return {"service": None, **money, **nothing}
    service = services.services[service_id]
    instances = services.agent_instances(service_id)
    return {
        "service": {
            "securityDeposit": service.deposit,
            "multisigSet": service.multisig != NOBODY,
            "threshold": service.threshold,
            "maxNumAgentInstances": service.max_instances,
            "numAgentInstances": service.n_instances,
            "state": int(service.state),
            "agentIds": list(service.agent_ids),
        },
        **money,
        "operatorBalances": [services.bonds.get((who, service_id), 0) for who in operators],
        "agentInstances": [address_out(instance) for instance in instances],
    }


def _configuration(step: Json) -> tuple[str, bytes, list[int], list[olas.Slots], int]:
    slots = [olas.Slots(n_slots, bond) for n_slots, bond in step["agentParams"]]
    owner, config_hash = address_in(step["owner"]), unhex(step["configHash"])
    return owner, config_hash, step["agentIds"], slots, step["threshold"]


def _activate(services: olas.ServiceRegistry, step: Json) -> bool:
    owner = address_in(step["owner"])
    return olas.activate_registration(services, owner, step["serviceId"], step["value"])


def _register(services: olas.ServiceRegistry, step: Json) -> bool:
    operator, instances = address_in(step["operator"]), list(map(address_in, step["instances"]))
    service_id, agent_ids, wei = (step[name] for name in ("serviceId", "agentIds", "value"))
    return olas.register_agents(services, operator, service_id, instances, agent_ids, wei)


def _deploy(services: olas.ServiceRegistry, step: Json) -> list[str]:
    owners = olas.deploy(services, address_in(step["owner"]), step["serviceId"])
    return [address_out(owner) for owner in owners]


def _slash(services: olas.ServiceRegistry, step: Json) -> bool:
    service = services.services.get(step["serviceId"])
    is_multisig = step["sender"] == MULTISIG and service is not None
    sender = service.multisig if service and is_multisig else address_in(step["sender"])
    instances = [address_in(instance) for instance in step["instances"]]
    return olas.slash(services, sender, step["serviceId"], instances, step["amounts"])


def _transfer(services: olas.ServiceRegistry, step: Json) -> None:
    olas.transfer(services, address_in(step["from"]), address_in(step["to"]), step["serviceId"])


REGISTRY_OPS: dict[str, Callable[[olas.ServiceRegistry, Json], Any]] = {
    "create": lambda services, step: olas.create(services, *_configuration(step)),
    "update": lambda services, step: olas.update(
        services, *_configuration(step), step["serviceId"]
    ),
    "activateRegistration": _activate,
    "registerAgents": _register,
    "deploy": _deploy,
    "slash": _slash,
    "terminate": lambda services, step: olas.terminate(
        services, address_in(step["owner"]), step["serviceId"]
    ),
    "unbond": lambda services, step: olas.unbond(
        services, address_in(step["operator"]), step["serviceId"]
    ),
    "transfer": _transfer,
    "drain": lambda services, step: olas.drain(services, address_in(step["sender"])),
}


def _staked_service(given: Json) -> olas.StakedService:
    operators = tuple(map(address_in, given["instanceOperators"]))
    owner, state = address_in(given["owner"]), olas.State(given["state"])
    multisig = f"{MULTISIG}:{given['id']}"
    return olas.StakedService(owner, operators, given["bond"], multisig, state)


def _staking_step(contract: olas.Staking, step: Json) -> Json:
    return answer(lambda: STAKING_OPS[step["op"]](contract, step), lambda: _pool_post(contract))


def _pool_post(contract: olas.Staking) -> Json:
    pool = contract.pool
    return {
        "serviceIds": list(pool.service_ids),
        "availableRewards": pool.available,
        "balance": contract.balance,
        "epoch": pool.epoch,
        "tsCheckpoint": pool.checked_at,
        "infos": [_info(contract, service_id) for service_id in contract.services],
    }


def _info(contract: olas.Staking, service_id: int) -> list[int]:
    stake = contract.pool.stakes.get(service_id)
    earned = (stake.reward, stake.inactivity) if stake else (0, 0)
    return [service_id, *earned, int(contract.state_of(service_id))]


def _set_nonce(contract: olas.Staking, step: Json) -> None:
    contract.services[step["serviceId"]].counters = (step["nonce"],)


def _checkpoint(contract: olas.Staking, step: Json) -> Json:
    done = contract.checkpoint(step["t"])
    return {
        "serviceIds": list(done.pool.service_ids),
        "eligible": list(done.rewards),
        "rewards": list(done.rewards.values()),
        "evicted": list(done.evicted),
    }


def _stake(contract: olas.Staking, step: Json) -> None:
    distribution = step.get("distribution") or 0
    contract.stake(step["t"], step["serviceId"], address_in(step["sender"]), distribution)


def _claim(contract: olas.Staking, step: Json) -> Json:
    is_checked = step["op"] == "checkpointAndClaim"
    who = (step["t"], step["serviceId"], address_in(step["sender"]))
    return _paid(contract.claim(*who, checkpoint=is_checked))


def _unstake(contract: olas.Staking, step: Json) -> Json:
    is_forced = step["op"] == "forcedUnstake"
    who = (step["t"], step["serviceId"], address_in(step["sender"]))
    return _paid(contract.unstake(*who, forced=is_forced))


def _paid(payments: Sequence[tuple[str, int]]) -> Json:
    shown = [[_payee(to), wei] for to, wei in payments]
    return {"reward": sum(wei for _, wei in payments), "payments": shown}


def _payee(to: str) -> str:
    return to if to.startswith(MULTISIG) else address_out(to)


STAKING_OPS: dict[str, Callable[[olas.Staking, Json], Any]] = {
    "deposit": lambda contract, step: contract.deposit(step["amount"]),
    "setNonce": _set_nonce,
    "checkpoint": _checkpoint,
    "stake": _stake,
    "claim": _claim,
    "checkpointAndClaim": _claim,
    "unstake": _unstake,
    "forcedUnstake": _unstake,
}
