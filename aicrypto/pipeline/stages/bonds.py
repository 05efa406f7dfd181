"""The service's contracts on the run's chain: how they come about, and what a stranger finds there.

    makers -> components, agent (OlasUnits)       operators -> bonds (OlasServices) -> multisig

The four instances command the multisig (OlasSafe) together. The registry is the one *with* its two
bugs mended (lesson 18). Bonds stay where they are: the service goes on. Amounts are wei.
"""

from typing import Any

from aicrypto.agents import olas
from aicrypto.agents.olas.onchain import ServiceChain
from aicrypto.agents.services.fsm.certificates import take_apart
from aicrypto.crawl.signing import public_key
from aicrypto.evm import Account, Chain, Contract
from aicrypto.pipeline.receipts import Facts, Json, demand
from aicrypto.pipeline.stages import genuine, makers
from aicrypto.pipeline.stages.agent import acts_of
from aicrypto.pipeline.stages.agreement import OPERATORS, THRESHOLD
from aicrypto.pipeline.stages.makers import AGENT_ID

NAME = "service"  # of the stage whose facts these are
UNITS, SERVICES, SAFE = "OlasUnits", "OlasServices", "OlasSafe"
FEE_WEI, BOND_WEI = 10**15, 10**16  # of one answer; of each operator, and as much of the owner
DEPLOYED = 4  # the registry's word for a service that runs


def register(chain: Chain, facts: Facts, coordinator: Account) -> Contract:
    """Three components by their makers, each made of the one before, and an agent of them."""
    units, last = chain.deploy(UNITS, sender=coordinator), 0
    hashes = makers.hashes_of(facts)
    for component, (name, _) in makers.makers_of(facts).items():
        maker = chain.account(name)
        named = maker, hashes[component], [last] if last else []
        last = units.createComponent(*named, sender=maker)
    units.createAgent(coordinator, makers.agent_hash(), [last], sender=coordinator)
    return units


def bond(net: ServiceChain, owner: Account) -> int:
    """The number of a service that runs, its four operators bonded."""
    slots = {AGENT_ID: olas.Slots(len(OPERATORS), BOND_WEI)}
    number = net.create(owner, makers.agent_hash(), slots, THRESHOLD)
    net.services.activateRegistration(number, sender=owner, value=BOND_WEI)
    for name in OPERATORS:
        payer, instance = accounts(net.chain, name)
        given = number, [instance], [AGENT_ID]
        net.services.registerAgents(*given, sender=payer, value=BOND_WEI)
    net.services.deploy(number, sender=owner)
    return number


def accounts(chain: Chain, name: str) -> tuple[Account, Account]:
    """An operator's account, and the key that its instance of the agent has."""
    return chain.account(f"operator {name}"), chain.account(f"instance of {name}")


def operator(chain: Chain, name: str, seed: bytes) -> Json:
    """What evidence tells of an operator: its addresses, and the key of its messages."""
    owner, instance = accounts(chain, name)
    key = public_key(seed).hex()
    return {"address": owner.address, "instance": instance.address, "key": key}


def claim(chain: Chain, facts: Facts, units: Contract, coordinator: Account) -> None:
    """Everybody takes what his unit has earned."""
    for number, (name, _) in enumerate(makers.makers_of(facts).values(), 1):
        units.claim([olas.UnitType.COMPONENT], [number], sender=chain.account(name))
    units.claim([olas.UnitType.AGENT], [AGENT_ID], sender=coordinator)


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which the service is not this one, or did not pay so."""
    told = facts[NAME]
    services, units = _contracts(chain, told)
    _check_service(chain, services, told)
    _check_units(chain, units, facts)
    account, acts = chain.at(SAFE, told["account"]), acts_of(chain, facts["order"]["account"])
    fees = [act.wei for act in acts if act.to == account.address]
    demand(fees == [told["fee"]], "the agent paid another fee")
    _check_account(chain, account, told)
    shares = told["shares"]
    paid = [(act.to, act.wei) for act in acts if act.to in shares]
    demand(sorted(paid) == sorted(shares.items()), "the makers of widgets were not paid so")


def _check_service(chain: Chain, services: Contract, told: Json) -> None:
    """It runs, its operators command its account, and their bonds are there."""
    account = chain.at(SAFE, told["account"])
    listed = services.getService(told["service"])
    running = listed[1] == told["account"] and listed[6] == DEPLOYED
    demand(running, "the service does not run, or has another account")
    instances = [told["operators"][name]["instance"] for name in OPERATORS]
    commanded = list(account.getOwners()) == instances and account.threshold() == THRESHOLD
    demand(commanded, "others command the service's account")
    for name in OPERATORS:
        bonded = services.getOperatorBalance(told["operators"][name]["address"], told["service"])
        demand(bonded == BOND_WEI, f"{name} has put down another bond")
    held = chain.balance(services)
    demand(held == (len(OPERATORS) + 1) * BOND_WEI, "the registry does not hold the bonds")


def _contracts(chain: Chain, told: Json) -> tuple[Contract, Contract]:
    """Registry of services and of units, made from the library's code."""
    where, coordinator = told["contracts"], told["coordinator"]
    made: dict[str, tuple[str, tuple[Any, ...]]] = {
        told["safe"]: (SAFE, ()),
        where["services"]: (SERVICES, (coordinator, told["safe"], True)),
        where["units"]: (UNITS, ()),
    }
    for address, (kind, given) in made.items():
        demand(genuine.is_made(chain, address, kind, *given), f"not the library's {kind}")
    return chain.at(SERVICES, where["services"]), chain.at(UNITS, where["units"])


def _check_units(chain: Chain, units: Contract, facts: Facts) -> None:
    """Three components of these makers and the agent; what they earned is the split, and taken."""
    told, hashes = facts[NAME], makers.hashes_of(facts)
    inside: list[int] = []
    for number, component in enumerate(hashes, 1):
        inside.append(number)
        owner = told["makers"][component]
        unit = _unit(units, olas.UnitType.COMPONENT, number)
        same = unit == (owner, hashes[component], inside, 0)
        demand(same, f"{component} is registered otherwise, or has not been paid out")
    unit = _unit(units, olas.UnitType.AGENT, AGENT_ID)
    same = unit == (told["coordinator"], makers.agent_hash(), inside, 0)
    demand(same, "the agent is registered otherwise, or has not been paid out")
    due = makers.split(facts, told["coordinator"], told["fee"])
    earned = [dict(event.arguments) for event in units.events("Earned")]
    wanted = [
        {"unitType": int(kind), "unitId": number, "amount": wei}
        for (kind, number), wei in due.by_unit.items()
    ]
    demand(earned == wanted and not chain.balance(units), "the units earned something else")


def _unit(units: Contract, kind: olas.UnitType, number: int) -> tuple[str, bytes, list[int], int]:
    """Owner, hash, components inside and what has not been taken."""
    owner, digest, inside, earned = units.getUnit(kind, number)
    return owner, digest, list(inside), earned


def _check_account(chain: Chain, account: Contract, told: Json) -> None:
    """The service's account acted once, by this certificate, and holds what rounding left."""
    signatures = take_apart(bytes.fromhex(told["certificate"]))
    call = told["contracts"]["units"], told["fee"], bytes.fromhex(told["operation"])
    data = account.execute.encode(*call, signatures)
    sent = [r for r in chain.receipts if r.message.to == account.address and not r.halt]
    once = [r.message.data for r in sent] == [data] and account.nonce() == 1
    demand(once, "the service did something else")
    demand(chain.balance(account) == told["left"], "the service's account holds another amount")
