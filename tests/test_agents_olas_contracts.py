"""Services and staking on chain: the contracts against the model, step by step."""

import json
import random
from contextlib import suppress
from pathlib import Path

import pytest

from aicrypto.agents import olas
from aicrypto.agents.olas.onchain import ServiceChain
from aicrypto.agents.refusals import Refusal
from aicrypto.conform.agents.olas_services import REGISTRY_OPS, TERMS, registry, staking
from aicrypto.evm import Chain, Reverted
from aicrypto.evm.compiler import compile_source
from aicrypto.evm.token_bound import checksummed

VECTORS = Path(__file__).parent / "vectors"
# What the real tests use: a multisig that takes every list of owners, and acts for anybody.
LOOSE_SAFE = """
# pragma version ~=0.4.3
nonce: public(uint256)

@external
def setup(owners: DynArray[address, 32], threshold: uint256):
    pass

@external
def act(target: address, data: Bytes[4096]):
    raw_call(target, data)

@external
def setNonce(nonce: uint256):
    self.nonce = nonce

@external
@payable
def __default__():
    pass
"""


def cases(suite):
    return [c for c in json.loads((VECTORS / f"{suite}.json").read_text())["cases"] if steps(c)]


def steps(case):
    return case["in"].get("steps", [])


class Replay:
    """One chain on which the steps of a case happen, sent by whoever a step names."""

    def __init__(self, drainer="0x" + 40 * "d", timestamp=1_700_000_000):
        self.chain = Chain(timestamp=timestamp)
        self.boss = self.chain.account("boss")
        safe = self.chain.deploy(compile_source(LOOSE_SAFE, "LooseSafe"), sender=self.boss)
        arguments = (drainer.lower(), safe, False)
        services = self.chain.deploy("OlasServices", *arguments, sender=self.boss)
        self.network = ServiceChain(self.chain, services, safe)
        self.services = services
        self.rich = set()

    def who(self, address):
        address = address.lower()
        if address not in self.rich:
            self.rich.add(address)
            self.chain.mint(address, 10**30)
        return address

    def loose(self, service_id):
        address = self.services.getService(service_id)[1]
        return self.chain.at(compile_source(LOOSE_SAFE, "LooseSafe"), address)


class ServiceReplay(Replay):
    def answer(self, operators, step):
        try:
            result = getattr(self, step["op"])(step)
        except Reverted as refusal:
            return {"error": refusal.reason}
        service_id = result if step["op"] == "create" else step.get("serviceId")
        return {"result": result, "post": self.post(operators, service_id)}

    def post(self, operators, service_id):
        money = {
            "contractBalance": self.chain.balance(self.services),
            "slashedFunds": self.services.slashedFunds(),
        }
        if service_id is None:
            balances, service, instances = [0] * len(operators), None, []
        else:
            ask = self.services.getOperatorBalance
            balances = [ask(operator, service_id) for operator in operators]
            instances = list(map(checksummed, self.services.getAgentInstances(service_id)))
            deposit, multisig, _, threshold, n_max, n, state, ids = self.services.getService(
                service_id
            )
            service = {
                "securityDeposit": deposit,
                "multisigSet": int(multisig, 16) > 0,
                "threshold": threshold,
                "maxNumAgentInstances": n_max,
                "numAgentInstances": n,
                "state": state,
                "agentIds": list(ids),
            }
        shown = {"operatorBalances": balances, "agentInstances": instances}
        return {"service": service, **money, **shown}

    def configuration(self, step):
        names = ("configHash", "agentIds", "agentParams", "threshold")
        config_hash, *rest = (step[name] for name in names)
        return bytes.fromhex(config_hash[2:]), *rest

    def create(self, step):
        owner = self.who(step["owner"])
        return self.services.create(owner, *self.configuration(step), sender=owner)

    def update(self, step):
        given = (*self.configuration(step), step["serviceId"])
        return self.services.update(*given, sender=self.who(step["owner"]))

    def activateRegistration(self, step):  # noqa: N802
        call, owner = self.services.activateRegistration, self.who(step["owner"])
        return call(step["serviceId"], sender=owner, value=step["value"])

    def registerAgents(self, step):  # noqa: N802
        given = (step["serviceId"], step["instances"], step["agentIds"])
        operator = self.who(step["operator"])
        return self.services.registerAgents(*given, sender=operator, value=step["value"])

    def deploy(self, step):
        self.services.deploy(step["serviceId"], sender=self.who(step["owner"]))
        return list(map(checksummed, self.services.getAgentInstances(step["serviceId"])))

    def slash(self, step):
        given = (step["instances"], step["amounts"], step["serviceId"])
        if step["sender"] != "multisig":
            return self.services.slash(*given, sender=self.who(step["sender"]))
        data, anybody = self.services.slash.encode(*given), self.who("0x" + 40 * "e")
        if not int(self.services.getService(step["serviceId"])[1], 16):
            self.services.slash(*given, sender=anybody)
        self.loose(step["serviceId"]).act(self.services, data, sender=anybody)
        return True

    def terminate(self, step):
        return self.services.terminate(step["serviceId"], sender=self.who(step["owner"]))

    def unbond(self, step):
        return self.services.unbond(step["serviceId"], sender=self.who(step["operator"]))

    def transfer(self, step):
        source = self.who(step["from"])
        self.services.transferFrom(source, step["to"], step["serviceId"], sender=source)

    def drain(self, step):
        return self.services.drain(sender=self.who(step["sender"]))


def replay_services(given):
    chain = ServiceReplay(given["drainer"] or "0x" + 40 * "0")
    return {"steps": [chain.answer(given["operators"], step) for step in given["steps"]]}


@pytest.mark.parametrize("case", cases("olas.registry"), ids=lambda case: case["id"])
def test_the_registrys_contract_answers_the_suite(case):
    assert replay_services(case["in"]) == case["out"]


PEOPLE = ["0x" + f"{0x10 + i:02x}" * 20 for i in range(2)]
OPERATORS = ["0x" + f"{0x30 + i:02x}" * 20 for i in range(3)]
INSTANCES = ["0x" + f"{0x50 + i:02x}" * 20 for i in range(9)]
DRAINER = "0x" + 40 * "d"
LIFE = {  # what may sensibly happen in a state of the life
    1: ("update", "update", "activateRegistration", "activateRegistration", "transfer"),
    2: ("registerAgents",) * 9 + ("terminate",),
    3: ("deploy",) * 9 + ("terminate",),
    4: ("slash", "slash", "terminate", "drain"),
    5: ("unbond",) * 9 + ("drain",),
}


class History:
    """Steps that mostly make sense where the model stands, and some that do not."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.model = olas.ServiceRegistry(DRAINER)

    def steps(self, n):
        for _ in range(n):
            step = self.step()
            with suppress(Refusal):
                REGISTRY_OPS[step["op"]](self.model, step)
            yield step

    def step(self):
        rng = self.rng
        service_id = rng.randint(1, 2)
        service = self.model.services.get(service_id)
        is_lost = service is None or rng.random() < 0.15
        op = (
            rng.choice(sum(LIFE.values(), ("create",)))
            if is_lost
            else rng.choice(LIFE[service.state])
        )
        if service is None and rng.random() < 0.7:
            op = "create"
        if op == "drain":
            return {"op": op, "sender": DRAINER}
        owner = service.owner if service and rng.random() < 0.9 else rng.choice(PEOPLE)
        given = {"op": op, "serviceId": service_id, "owner": owner}
        make = getattr(self, op, None)
        return {**given, **(make(service_id, service) if make else {})}

    def create(self, *_):
        return self.configuration(1)

    def update(self, *_):
        return self.configuration(0)

    def configuration(self, least):
        rng = self.rng
        ids = sorted(rng.sample((1, 2, 3), rng.randint(1, 2)))
        params = [[rng.choice((least, 1, 1, 2)), rng.choice((5, 10))] for _ in ids]
        least, most = olas.threshold_bounds(sum(slots for slots, _ in params))
        names = {"configHash": "0x" + f"{rng.randint(1, 9):064x}"}
        threshold = rng.choice((least, most, most, max(least - 1, 0)))
        return {**names, "agentIds": ids, "agentParams": params, "threshold": threshold}

    def activateRegistration(self, _, service):  # noqa: N802
        return {"value": service.deposit if service else 10}

    def registerAgents(self, service_id, service):  # noqa: N802
        rng = self.rng
        chosen = rng.sample(INSTANCES, rng.randint(1, 2))
        known = [i for s, i in self.model.slots if s == service_id] or [1]
        ids = [rng.choice(known) for _ in chosen]
        bonds = [self.model.slots.get((service_id, i)) for i in ids]
        value = sum(slots.bond for slots in bonds if slots) + (rng.random() < 0.05)
        operator = rng.choice(OPERATORS)
        return {"instances": chosen, "agentIds": ids, "operator": operator, "value": value}

    def slash(self, *_):
        chosen = self.rng.sample(INSTANCES, 2)
        amounts = [self.rng.randint(0, 12) for _ in chosen]
        sender = self.rng.choice(("multisig", "multisig", PEOPLE[0]))
        return {"sender": sender, "instances": chosen, "amounts": amounts}

    def unbond(self, *_):
        return {"operator": self.rng.choice(OPERATORS)}

    def transfer(self, *_):
        return {"from": self.rng.choice(PEOPLE), "to": self.rng.choice(PEOPLE)}


def random_services(seed):
    given = {"op": "trace", "operators": OPERATORS, "drainer": DRAINER}
    return {**given, "steps": list(History(seed).steps(100))}


@pytest.mark.parametrize("seed", range(4))
def test_the_registrys_contract_is_the_model_on_random_histories(seed):
    given = random_services(seed)
    ours, theirs = registry(given)["steps"], replay_services(given)["steps"]
    for step, mine, chains in zip(given["steps"], ours, theirs, strict=True):
        assert mine == chains, step
    assert sum("post" in step for step in ours) > 40, "a history in which something happens"


class StakingReplay(Replay):
    def __init__(self, given):
        super().__init__(timestamp=given["t0"])
        terms = olas.Terms(*(given["config"][name] for name in TERMS))
        ratio = given["config"]["livenessRatio"]
        self.multisigs = {s["id"]: self.set_up(s) for s in given["services"]}
        self.staking = self.network.staking(self.boss, terms, ratio)
        for service in given["services"]:
            owner = self.who(service["owner"])
            self.services.setApprovalForAll(self.staking, True, sender=owner)
        self.ids = [service["id"] for service in given["services"]]
        self.names = {m.address: f"multisig:{i}" for i, m in self.multisigs.items() if m}

    def set_up(self, service):
        """Its life up to the state that the case wants."""
        owner, ids, n = self.who(service["owner"]), [1], len(service["instanceOperators"])
        params, bond = [(n, service["bond"])], service["bond"]
        service_id = self.services.create(owner, bytes([1] * 32), ids, params, n, sender=owner)
        assert service_id == service["id"]
        if service["state"] < 2:
            return None
        self.services.activateRegistration(service_id, sender=owner, value=bond)
        if service["state"] < 3:
            return None
        for i, operator in enumerate(service["instanceOperators"]):
            instances = [f"0x{service_id:020x}{i:020x}"]
            given = {"sender": self.who(operator), "value": bond}
            self.services.registerAgents(service_id, instances, ids, **given)
        if service["state"] < 4:
            return None
        self.services.deploy(service_id, sender=owner)
        return self.loose(service_id)

    def answer(self, step):
        if "t" in step:
            self.chain.warp(step["t"] - self.chain.timestamp)
        try:
            result = self.act(step)
        except Reverted as refusal:
            return {"error": refusal.reason}
        return {"result": result, "post": self.post()}

    def post(self):
        infos = [self.staking.getServiceInfo(i) for i in self.ids]
        states = map(self.staking.getStakingState, self.ids)
        shown = zip(self.ids, infos, states, strict=True)
        return {
            "serviceIds": list(self.staking.getServiceIds()),
            "availableRewards": self.staking.availableRewards(),
            "balance": self.chain.balance(self.staking),
            "epoch": self.staking.epochCounter(),
            "tsCheckpoint": self.staking.tsCheckpoint(),
            "infos": [[i, info[4], info[5], state] for i, info, state in shown],
        }

    def act(self, step):
        op, service_id = step["op"], step.get("serviceId")
        if op == "deposit":
            self.chain.transfer(self.boss, self.staking, step["amount"])
            return None
        if op == "setNonce":
            self.multisigs[service_id].setNonce(step["nonce"], sender=self.boss)
            return None
        if op == "checkpoint":
            names = ("serviceIds", "eligible", "rewards", "evicted")
            done = self.staking.checkpoint(sender=self.boss)
            return dict(zip(names, map(list, done), strict=True))
        sender = self.who(step["sender"])
        if op == "stake":
            return self.staking.stake(service_id, step.get("distribution", 0), sender=sender)
        reward = self.staking.function(op)(service_id, sender=sender)
        events = self.chain.events(self.chain.receipts[-1])
        paid = [event.arguments for event in events if event.name == "Paid"]
        payments = [[self.name(p["payee"]), p["amount"]] for p in paid]
        return {"reward": reward, "payments": payments}

    def name(self, address):
        return self.names.get(address) or checksummed(address)


def replay_staking(given):
    chain = StakingReplay(given)
    return {"steps": [chain.answer(step) for step in given["steps"]]}


@pytest.mark.parametrize("case", cases("olas.staking"), ids=lambda case: case["id"])
def test_the_staking_contract_answers_the_suite(case):
    assert replay_staking(case["in"]) == case["out"]


def random_staking(seed):
    """Services of all kinds, and all ways of paying."""
    rng = random.Random(seed)
    people = ["0x" + f"{0x10 + i:02x}" * 20 for i in range(3)]
    names = dict(zip(TERMS, (3, 7, 10, 2, 2, 100, 1000, 2), strict=True))
    kinds = [(2, 10, 4)] * 4 + [rng.choice([(1, 10, 4), (2, 9, 4), (2, 10, 3)])]
    services = [
        {
            "id": i,
            "owner": rng.choice(people),
            "instanceOperators": [rng.choice(people) for _ in range(n)],
            "bond": bond,
            "state": state,
        }
        for i, (n, bond, state) in enumerate(kinds, 1)
    ]
    steps = list(staking_steps(rng, services))
    config = {**names, "livenessRatio": 10**16}
    return {"config": config, "services": services, "t0": T0, "steps": steps}


def staking_steps(rng, services):
    time, nonces = T0, dict.fromkeys(range(1, 5), 0)
    ways = (0, 0, 1, 2, 4, 3, 3 + 256, 257)
    yield {"op": "deposit", "t": time, "amount": 5000}
    for service in services[:3]:
        yield stake(time, service, 0)
    for _ in range(70):
        op, service = rng.choice(STAKING_OPS), rng.choice(services)
        if op == "setNonce":
            service_id = rng.choice((1, 2, 3, 4))
            nonces[service_id] += rng.randint(1, 9)
            yield {"op": op, "serviceId": service_id, "nonce": nonces[service_id]}
            continue
        time += rng.choice((0, 20, 50, 100, 130))
        if op == "deposit":
            yield {"op": op, "t": time, "amount": rng.choice((1, 3000, 9000))}
        elif op == "stake":
            yield stake(time, service, rng.choice(ways))
        else:
            who = service["owner"] if rng.random() < 0.9 else "0x" + 40 * "e"
            yield {"op": op, "t": time, "serviceId": service["id"], "sender": who}


def stake(time, service, way):
    who = {"serviceId": service["id"], "sender": service["owner"]}
    return {"op": "stake", "t": time, **who, "distribution": way}


T0 = 1_700_000_000
STAKING_OPS = (
    *(["setNonce"] * 8),
    *(["stake"] * 4),
    *("deposit", "checkpoint", "checkpoint", "claim", "checkpointAndClaim"),
    *("unstake", "forcedUnstake"),
)


@pytest.mark.parametrize("seed", range(6))
def test_the_staking_contract_is_the_model_on_random_histories(seed):
    given = random_staking(seed)
    ours, theirs = staking(given)["steps"], replay_staking(given)["steps"]
    for step, mine, chains in zip(given["steps"], ours, theirs, strict=True):
        assert mine == chains, step
    for step in ours:
        post = step.get("post")
        if post:
            rewards = sum(reward for _, reward, _, _ in post["infos"])
            assert post["balance"] == post["availableRewards"] + rewards, "money is conserved"


@pytest.mark.parametrize("way", [1, 2, 3])
def test_a_claim_pays_whom_the_staker_chose(way):
    """Owner, multisig, or a contract; the model names the same one."""
    given = random_staking(0)
    chain = StakingReplay(given)
    chosen = chain.network.safe.address
    distribution = way + (int(chosen, 16) << 8 if way == 3 else 0)
    service = given["services"][0]
    for step in ({"op": "deposit", "t": T0, "amount": 5000}, stake(T0, service, distribution)):
        assert chain.answer(step)["result"] is None
    chain.multisigs[1].setNonce(9, sender=chain.boss)
    who = {"serviceId": 1, "sender": service["owner"]}
    paid = chain.answer({"op": "checkpointAndClaim", "t": T0 + 100, **who})["result"]
    payee = {1: checksummed(service["owner"]), 2: "multisig:1", 3: checksummed(chosen)}[way]
    assert paid == {"reward": 700, "payments": [[payee, 700]]}
    terms = olas.Terms(*(given["config"][name] for name in TERMS))
    operators = tuple(service["instanceOperators"])
    services = {1: olas.StakedService(service["owner"], operators, 10, "multisig:1")}
    model = olas.Staking(terms, olas.nonce_ratio(10**16), olas.Pool(T0), services, {chosen})
    model.deposit(5000)
    model.stake(T0, 1, service["owner"], distribution)
    services[1].counters = (9,)
    [(to, wei)] = model.claim(T0 + 100, 1, service["owner"], checkpoint=True)
    assert (to if way == 2 else checksummed(to), wei) == (payee, 700)
    assert model.balance == model.pool.owed == chain.chain.balance(chain.staking) == 4300


def replay_units(given):
    chain = Chain()
    units = chain.deploy("OlasUnits", sender=chain.account("boss"))
    return {"steps": [unit_step(units, step) for step in given["steps"]]}


def unit_step(units, step):
    if step["op"] == "service":
        return {"subComponents": list(units.subComponents(step["agentIds"]))}
    is_agent = step["op"] == "createAgent"
    create = units.createAgent if is_agent else units.createComponent
    owner = step.get("owner") or "0x" + 40 * "1"
    given = (owner, bytes.fromhex(step["unitHash"][2:]), step["dependencies"])
    try:
        unit_id = create(*given, sender=units.chain.account("boss"))
    except Reverted as refusal:
        return {"error": refusal.reason}
    return {"id": unit_id, "subComponents": list(units.getUnit(int(is_agent), unit_id)[2])}


@pytest.mark.parametrize("case", cases("olas.units"), ids=lambda case: case["id"])
def test_the_units_contract_answers_the_suite(case):
    assert replay_units(case["in"]) == case["out"]


def test_the_units_contract_pays_as_the_model_splits():
    """Every wei is claimable or comes back; what a unit earned goes along when it is sold."""
    rng, chain = random.Random(5), Chain()
    makers = [chain.account(name) for name in ("ann", "ben", "cleo")]
    payer = chain.account("payer")
    model = olas.UnitRegistry()
    units = chain.deploy("OlasUnits", sender=payer)
    for n in range(10):
        maker, depends = rng.choice(makers), sorted(rng.sample(range(1, n + 1), min(n, 2)))
        model.create_component(maker.address, b"x" * 32, depends)
        units.createComponent(maker, b"x" * 32, depends, sender=payer)
    for depends in ([3, 9], [10]):
        maker = rng.choice(makers)
        model.create_agent(maker.address, b"x" * 32, depends)
        units.createAgent(maker, b"x" * 32, depends, sender=payer)
    owed = dict.fromkeys((maker.address for maker in makers), 0)
    for agents, wei in (([1], 10**18 + 7), ([1, 2], 999), ([2], 0)):
        shared = olas.split(model, agents, wei)
        assert units.pay(agents, sender=payer, value=wei) == shared.left_wei
        for owner, share in shared.by_owner.items():
            owed[owner] += share
    assert chain.balance(units) == sum(owed.values())
    for agents, name in (([2, 1], "WrongAgentId"), ([3], "WrongAgentId"), ([], "WrongArrayLength")):
        with pytest.raises(Reverted, match=name):
            units.pay(agents, sender=payer, value=5)
    owned = [(kind, i) for kind, n in ((0, 10), (1, 2)) for i in range(1, n + 1)]
    for maker in makers:
        mine = [key for key in owned if units.ownerOf(*key) == maker.address]
        kinds, ids = [kind for kind, _ in mine], [i for _, i in mine]
        with pytest.raises(Reverted, match="OwnerOnly"):
            units.claim(kinds, ids, sender=payer)
        if maker is makers[0]:
            for key in mine:
                units.transferFrom(maker, payer, *key, sender=maker)
            with pytest.raises(Reverted, match="OwnerOnly"):
                units.claim(kinds, ids, sender=maker)
            assert units.claim(kinds, ids, sender=payer) == owed[maker.address] > 0
            continue
        assert units.claim(kinds, ids, sender=maker) == owed[maker.address]
        assert units.claim(kinds * 2, ids * 2, sender=maker) == 0
    assert chain.balance(units) == 0
    assert chain.total_wei() == chain.minted_wei
