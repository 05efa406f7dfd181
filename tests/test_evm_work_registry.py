"""WorkRegistry: the order of a job's steps, who may take them, and money to the wei."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aicrypto.evm import ETHER, Chain, Reverted

ROOT, COMMITMENT, INPUT, PROOF = (bytes([i]) * 32 for i in range(1, 5))
ATTACKER = Path(__file__).parent / "contracts" / "ReentrantPayee.vy"
HOUR = 3600
POSTS = {
    "post_dataset": (ROOT, 1000),
    "post_model": (COMMITMENT,),
    "post_result": (INPUT, 3, PROOF),
}
STAGE = 4  # position of the stage in the Job struct


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture
def people(chain):
    return [chain.account(name) for name in ("client", "coordinator", "worker")]


@pytest.fixture
def registry(chain, people):
    return chain.deploy("WorkRegistry", sender=people[0])


@pytest.fixture
def job(chain, people, registry):
    client, coordinator, _ = people
    return registry.open(coordinator, chain.timestamp + HOUR, sender=client, value=ETHER)


def post_all(registry, coordinator, job) -> None:
    for name, arguments in POSTS.items():
        registry.function(name)(job, *arguments, sender=coordinator)


def test_a_job_from_funding_to_payment(chain, people, registry, job):
    client, coordinator, worker = people
    post_all(registry, coordinator, job)
    amounts = [ETHER // 3, ETHER - ETHER // 3]
    registry.settle(job, [coordinator, worker], amounts, sender=coordinator)
    assert [registry.credit(p) for p in (client, coordinator, worker)] == [0, *amounts]
    before = chain.balance(worker)
    assert registry.withdraw(sender=worker) == amounts[1]
    assert chain.balance(worker) == before + amounts[1]
    assert chain.balance(registry) == amounts[0]
    deadline = chain.timestamp + HOUR
    expected = (client.address, coordinator.address, ETHER, deadline, 5)
    assert registry.jobs(job) == (*expected, ROOT, 1000, COMMITMENT, INPUT, 3, PROOF)
    assert registry.n_jobs() == 1


def test_every_step_is_announced(chain, people, registry, job):
    client, coordinator, worker = people
    post_all(registry, coordinator, job)
    registry.settle(job, [worker], [ETHER], sender=coordinator)
    registry.withdraw(sender=worker)
    late = registry.open(coordinator, chain.timestamp + 1, sender=client, value=5)
    chain.warp(2)
    registry.refund(late, sender=client)
    said = [(event.name, event.arguments) for event in registry.events()]
    parties = {"client": client.address, "coordinator": coordinator.address}
    hour, second = chain.timestamp - 2 + HOUR, chain.timestamp - 1
    assert said == [
        ("Opened", {"job": 0, **parties, "reward": ETHER, "deadline": hour}),
        ("DatasetPosted", {"job": 0, "root": ROOT, "n_rows": 1000}),
        ("ModelPosted", {"job": 0, "commitment": COMMITMENT}),
        ("ResultPosted", {"job": 0, "input_hash": INPUT, "label": 3, "proof_hash": PROOF}),
        ("Credited", {"job": 0, "payee": worker.address, "amount": ETHER}),
        ("Settled", {"job": 0, "reward": ETHER}),
        ("Withdrawn", {"payee": worker.address, "amount": ETHER}),
        ("Opened", {"job": 1, **parties, "reward": 5, "deadline": second}),
        ("Credited", {"job": 1, "payee": client.address, "amount": 5}),
        ("Refunded", {"job": 1, "client": client.address, "reward": 5}),
    ]


def test_opening_is_refused_without_reward_coordinator_or_time(chain, people, registry):
    client, coordinator, _ = people
    later = chain.timestamp + HOUR
    for arguments, value, reason in [
        ((coordinator, later), 0, "no reward"),
        (("0x" + 40 * "0", later), 1, "no coordinator"),
        ((coordinator, chain.timestamp), 1, "deadline has passed"),
    ]:
        with pytest.raises(Reverted, match=reason):
            registry.open(*arguments, sender=client, value=value)


def test_posts_come_once_and_in_order(people, registry, job):
    _, coordinator, worker = people
    names = list(POSTS)
    for reached, name in enumerate(names):
        for other in [*names[:reached], *names[reached + 1 :]]:
            with pytest.raises(Reverted, match="wrong stage"):
                registry.function(other)(job, *POSTS[other], sender=coordinator)
        with pytest.raises(Reverted, match="wrong stage"):
            registry.settle(job, [worker], [ETHER], sender=coordinator)
        registry.function(name)(job, *POSTS[name], sender=coordinator)
    with pytest.raises(Reverted, match="wrong stage"):
        registry.post_dataset(job, ROOT, 1, sender=coordinator)


@pytest.mark.parametrize("name", [*POSTS, "settle"])
def test_only_the_coordinator_acts_on_a_job_that_exists(people, registry, job, name):
    client, coordinator, worker = people
    arguments = POSTS.get(name, ([worker], [ETHER]))
    for stranger in (client, worker):
        with pytest.raises(Reverted, match="only the coordinator"):
            registry.function(name)(job, *arguments, sender=stranger)
    with pytest.raises(Reverted, match="no such job"):
        registry.function(name)(job + 1, *arguments, sender=coordinator)


def test_deadline_binds_the_second(chain, people, registry, job):
    client, coordinator, worker = people
    registry.post_dataset(job, ROOT, 1, sender=coordinator)
    chain.warp(HOUR)
    with pytest.raises(Reverted, match="deadline has not passed"):
        registry.refund(job, sender=client)
    registry.post_model(job, COMMITMENT, sender=coordinator)
    chain.warp(1)
    with pytest.raises(Reverted, match="deadline has passed"):
        registry.post_result(job, INPUT, 3, PROOF, sender=coordinator)
    with pytest.raises(Reverted, match="only the client"):
        registry.refund(job, sender=coordinator)
    with pytest.raises(Reverted, match="no such job"):
        registry.refund(job + 1, sender=client)
    registry.refund(job, sender=client)
    assert registry.withdraw(sender=client) == ETHER
    assert chain.balance(registry) == 0
    with pytest.raises(Reverted, match="wrong stage"):
        registry.refund(job, sender=client)
    with pytest.raises(Reverted, match="wrong stage"):
        registry.settle(job, [worker], [ETHER], sender=coordinator)


def test_settled_job_is_not_refunded(chain, people, registry, job):
    client, coordinator, worker = people
    post_all(registry, coordinator, job)
    chain.warp(HOUR + 1)
    registry.settle(job, [worker], [ETHER], sender=coordinator)
    for again in (registry.refund.encode(job), registry.settle.encode(job, [worker], [ETHER])):
        sender = client if again.startswith(registry.refund.encode(job)[:4]) else coordinator
        with pytest.raises(Reverted, match="wrong stage"):
            chain.send(registry, sender=sender, data=again)


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ([], "amounts fall short"),
        ([ETHER - 1], "amounts fall short"),
        ([ETHER + 1], "amounts exceed"),
        ([ETHER, 1], "amounts exceed"),
        ([2**255, 2**255, ETHER], "amounts exceed"),  # whose sum modulo 2^256 is the reward
    ],
)
def test_shares_must_be_the_reward_exactly(people, registry, job, shares, reason):
    _, coordinator, worker = people
    post_all(registry, coordinator, job)
    with pytest.raises(Reverted, match=reason):
        registry.settle(job, [worker] * len(shares), shares, sender=coordinator)
    assert (registry.credit(worker), registry.jobs(job)[STAGE]) == (0, 4)


def test_settle_refuses_lists_that_would_lose_money(people, registry, job):
    _, coordinator, worker = people
    post_all(registry, coordinator, job)
    with pytest.raises(Reverted, match="differ in number"):
        registry.settle(job, [worker, worker], [ETHER], sender=coordinator)
    for nobody in ("0x" + 40 * "0", registry):
        with pytest.raises(Reverted, match="payee cannot withdraw"):
            registry.settle(job, [nobody], [ETHER], sender=coordinator)
    with pytest.raises(Reverted):
        registry.settle(job, [worker] * 65, [0] * 64 + [ETHER], sender=coordinator)
    registry.settle(job, [worker] * 64, [0] * 63 + [ETHER], sender=coordinator)
    assert registry.credit(worker) == ETHER


def test_nothing_enters_or_leaves_by_another_door(chain, people, registry, job):
    client, coordinator, worker = people
    with pytest.raises(Reverted):
        chain.transfer(client, registry, 1)
    with pytest.raises(Reverted):
        registry.post_dataset(job, ROOT, 1, sender=coordinator, value=1)
    with pytest.raises(Reverted, match="nothing to withdraw"):
        registry.withdraw(sender=worker)
    assert chain.balance(registry) == ETHER


def test_reentrant_payee_gets_its_credit_once(chain, people, registry, job):
    client, coordinator, _ = people
    attacker = chain.deploy(ATTACKER, registry, sender=client)
    other = registry.open(coordinator, chain.timestamp + HOUR, sender=client, value=5 * ETHER)
    post_all(registry, coordinator, job)
    registry.settle(job, [attacker], [ETHER], sender=coordinator)
    assert attacker.attack(sender=client) == ETHER
    assert (attacker.n_payments(), attacker.again_succeeded()) == (1, False)
    assert chain.balance(attacker) == ETHER
    assert chain.balance(registry) == registry.jobs(other)[2] == 5 * ETHER


def test_the_attack_works_on_a_registry_that_pays_first(chain, people):
    """The check above can fail: with interaction before effect the attacker is paid again."""
    from aicrypto.evm.compiler import CONTRACTS, compile_source

    safe = (CONTRACTS / "WorkRegistry.vy").read_text()
    cleared = "    self.credit[msg.sender] = 0\n"
    answered = '    assert paid, "payee refused the payment"\n'
    weak = safe.replace(cleared, "").replace(answered, answered + cleared)
    assert weak != safe
    client, coordinator, _ = people
    registry = chain.deploy(compile_source(weak, "WeakRegistry"), sender=client)
    attacker = chain.deploy(ATTACKER, registry, sender=client)
    for value in (ETHER, ETHER):
        registry.open(coordinator, chain.timestamp + HOUR, sender=client, value=value)
    post_all(registry, coordinator, 0)
    registry.settle(0, [attacker], [ETHER], sender=coordinator)
    attacker.attack(sender=client)
    assert chain.balance(attacker) == 2 * ETHER, "one credited, one stolen"


def test_payee_that_refuses_money_keeps_its_credit(chain, people, registry, job):
    client, coordinator, _ = people
    attacker = chain.deploy(ATTACKER, registry, sender=client)
    post_all(registry, coordinator, job)
    registry.settle(job, [attacker], [ETHER], sender=coordinator)
    attacker.refuse(sender=client)
    with pytest.raises(Reverted, match="payee refused the payment"):
        attacker.attack(sender=client)
    assert registry.credit(attacker) == ETHER


class Histories(RuleBasedStateMachine):
    """Random histories beside a model in plain Python."""

    people_names = ("a", "b", "c")

    def __init__(self) -> None:
        super().__init__()
        self.chain = Chain()
        self.people = [self.chain.account(name, 10**6) for name in self.people_names]
        self.registry = self.chain.deploy("WorkRegistry", sender=self.people[0])
        self.jobs: list[dict] = []
        self.credit = dict.fromkeys(self.people, 0)

    def attempt(self, allowed: bool, function, *arguments: object, **options: object) -> None:
        """The contract does it exactly when the model allows it."""
        try:
            function(*arguments, **options)
        except Reverted:
            assert not allowed
        else:
            assert allowed

    @rule(who=st.integers(0, 2), reward=st.integers(0, 1000), seconds=st.integers(0, 50))
    def open(self, who, reward, seconds):
        client, coordinator = self.people[who], self.people[(who + 1) % 3]
        deadline = self.chain.timestamp + seconds
        allowed = reward > 0 and seconds > 0
        self.attempt(
            allowed, self.registry.open, coordinator, deadline, sender=client, value=reward
        )
        if allowed:
            job = {"client": client, "coordinator": coordinator, "reward": reward}
            self.jobs.append({**job, "deadline": deadline, "stage": 1})

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), who=st.integers(0, 2), step=st.integers(0, 2), helpful=st.booleans())
    def post(self, data, who, step, helpful):
        index = data.draw(st.integers(0, len(self.jobs) - 1))
        job = self.jobs[index]
        sender = job["coordinator"] if helpful else self.people[who]
        step = min(job["stage"] - 1, 2) if helpful else step
        name = list(POSTS)[step]
        in_time = self.chain.timestamp <= job["deadline"]
        allowed = sender == job["coordinator"] and job["stage"] == step + 1 and in_time
        self.attempt(allowed, self.registry.function(name), index, *POSTS[name], sender=sender)
        job["stage"] += allowed

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), error=st.sampled_from([0, 0, 0, -1, 1]))
    def settle(self, data, error):
        index = data.draw(st.integers(0, len(self.jobs) - 1))
        job = self.jobs[index]
        cut = data.draw(st.integers(0, job["reward"]))
        amounts = [cut, job["reward"] - cut + error]
        if min(amounts) < 0:
            return
        payees = [self.people[data.draw(st.integers(0, 2))] for _ in amounts]
        allowed = job["stage"] == 4 and error == 0
        sender = job["coordinator"]
        self.attempt(allowed, self.registry.settle, index, payees, amounts, sender=sender)
        if allowed:
            job["stage"] = 5
            for payee, amount in zip(payees, amounts, strict=True):
                self.credit[payee] += amount

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), who=st.integers(0, 2))
    def refund(self, data, who):
        index = data.draw(st.integers(0, len(self.jobs) - 1))
        job, sender = self.jobs[index], self.people[who]
        late = self.chain.timestamp > job["deadline"]
        allowed = sender == job["client"] and late and job["stage"] <= 4
        self.attempt(allowed, self.registry.refund, index, sender=sender)
        if allowed:
            job["stage"] = 6
            self.credit[sender] += job["reward"]

    @rule(who=st.integers(0, 2))
    def withdraw(self, who):
        payee = self.people[who]
        before, credit = self.chain.balance(payee), self.credit[payee]
        self.attempt(credit > 0, self.registry.withdraw, sender=payee)
        assert self.chain.balance(payee) == before + credit, "a pull pays the credit, no more"
        self.credit[payee] = 0

    @rule(seconds=st.integers(0, 30))
    def wait(self, seconds):
        self.chain.warp(seconds)

    @invariant()
    def every_wei_has_an_owner(self):
        open_rewards = sum(job["reward"] for job in self.jobs if job["stage"] <= 4)
        assert self.chain.balance(self.registry) == open_rewards + sum(self.credit.values())
        assert self.chain.total_wei() == self.chain.minted_wei == 3 * 10**6

    @invariant()
    def contract_agrees_with_the_model(self):
        for payee, amount in self.credit.items():
            assert self.registry.credit(payee) == amount
        for index, job in enumerate(self.jobs):
            assert self.registry.jobs(index)[STAGE] == job["stage"]


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
