"""Suite olas.tokenomics."""

from collections.abc import Callable
from typing import Any

from aicrypto.agents import olas
from aicrypto.agents.olas import Tokenomics, UnitType
from aicrypto.agents.refusals import Refusal
from aicrypto.conform.agents.olas_services import answer
from aicrypto.conform.agents.traces import Json, address_in, address_out


def tokenomics(case: Json) -> Json:
    """Suite olas.tokenomics."""
    return OPS[case["op"]](case)


def _inflation(case: Json) -> Json:
    tables = {
        "supplyCap": olas.supply_cap,
        "inflation": olas.inflation,
        "actualSupplyCap": olas.actual_supply_cap,
        "actualInflation": olas.actual_inflation,
    }
    return {name: [of(year) for year in case["years"]] for name, of in tables.items()}


def _bond_payout(case: Json) -> Json:
    try:
        return {"amount": olas.bond_payout(case["idf"], case["priceLP"], case["tokenAmount"])}
    except Refusal as refusal:
        return {"error": refusal.name}


def _run(case: Json) -> Json:
    times = (case["timeLaunch"], case["t0"], case["epochLen"])
    try:
        economy = Tokenomics.start(_ecosystem(case), *times)
    except Refusal as refusal:
        return {"error": refusal.name}
    return {"steps": [_step(economy, step) for step in case["steps"]]}


OPS: dict[str, Callable[[Json], Json]] = {
    "inflation": _inflation,
    "bondPayout": _bond_payout,
    "run": _run,
}


def _ecosystem(case: Json) -> olas.Ecosystem:
    tables = {UnitType.COMPONENT: case["componentOwners"], UnitType.AGENT: case["agentOwners"]}
    owners = {
        (kind, int(unit_id)): address_in(owner)
        for kind, table in tables.items()
        for unit_id, owner in table.items()
    }
    services = {int(i): _service(service) for i, service in case["services"].items()}
    votes = {address_in(voter): wei for voter, wei in case["votes"].items()}
    return olas.Ecosystem(owners, services, votes)


def _service(given: Json) -> olas.DonatedService:
    components, agents = tuple(given["components"]), tuple(given["agents"])
    return olas.DonatedService(address_in(given["owner"]), components, agents)


def _step(economy: Tokenomics, step: Json) -> Json:
    done = answer(lambda: STEPS[step["op"]](economy, step), lambda: _post(economy))
    if step["op"] == "checkpoint" and done.get("result"):
        done["post"] |= {"settled": _settled(economy), "owners": _owners(economy)}
    return done


def _post(economy: Tokenomics) -> Json:
    return {
        "epoch": economy.epoch,
        "inflationPerSecond": economy.inflation_per_second,
        "maxBond": economy.max_bond,
        "effectiveBond": economy.effective_bond,
        "epochLen": economy.epoch_len,
        "currentYear": economy.year,
        "veOLASThreshold": economy.threshold,
        "idf": economy.current.idf,
    }


def _settled(economy: Tokenomics) -> Json:
    past = economy.epochs[economy.epoch - 1]
    return {
        "donations": past.donations,
        "topUps": past.top_ups,
        "newOwners": past.n_new_owners,
        "sumUnitTopUps": past.sum_top_ups,
        "newUnits": past.n_new_units,
        "stakingIncentive": past.staking_incentive,
    }


def _owners(economy: Tokenomics) -> Json:
    owners = set(economy.ecosystem.owners.values())
    return {address_out(owner): _all_of(economy, owner) for owner in owners}


def _all_of(economy: Tokenomics, owner: str) -> list[int]:
    keys = economy.ecosystem.units_of(owner)
    kinds, ids = [kind for kind, _ in keys], [unit_id for _, unit_id in keys]
    return list(olas.owner_incentives(economy, owner, kinds, ids))


def _donate(economy: Tokenomics, step: Json) -> None:
    donor, ids, amounts = address_in(step["donor"]), step["serviceIds"], step["amounts"]
    olas.donate(economy, donor, ids, amounts, step["block"])


def _change_parameters(economy: Tokenomics, step: Json) -> None:
    names = ("devsPerCapital", "codePerDev", "epsilonRate", "epochLen", "veOLASThreshold")
    olas.change_parameters(economy, *(step[name] for name in names))


def _incentives(economy: Tokenomics, step: Json) -> list[int]:
    is_paid = step["op"] == "accountOwnerIncentives"
    ask = olas.account_owner_incentives if is_paid else olas.owner_incentives
    account = address_in(step["account"])
    return list(ask(economy, account, step["unitTypes"], step["unitIds"]))


STEPS: dict[str, Callable[[Tokenomics, Json], Any]] = {
    "donate": _donate,
    "checkpoint": lambda economy, step: olas.checkpoint(economy, step["t"], step["block"]),
    "changeTokenomicsParameters": _change_parameters,
    "changeIncentiveFractions": lambda economy, step: olas.change_fractions(
        economy, step["fractions"]
    ),
    "changeStakingParams": lambda economy, step: olas.change_staking(
        economy, step["maxStakingIncentive"], step["minStakingWeight"]
    ),
    "reserveAmountForBondProgram": lambda economy, step: olas.reserve_bond(economy, step["amount"]),
    "refundFromBondProgram": lambda economy, step: olas.refund_bond(economy, step["amount"]),
    "refundFromStaking": lambda economy, step: olas.refund_staking(economy, step["amount"]),
    "updateInflationPerSecondAndFractions": lambda economy, step: olas.update_inflation(
        economy, step["fractions"], step["t"]
    ),
    "getOwnerIncentives": _incentives,
    "accountOwnerIncentives": _incentives,
}
