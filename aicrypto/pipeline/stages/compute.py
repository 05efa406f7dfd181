"""The compute market on a run's chain: two orders, two deliveries, each paid for when it is proven.

    agent's account -> its wallet -- locked --> coordinator -- pays --> the node's wallet
                                                    ^
                              proof verifier, or committee of auditors

The payouts' proof is judged by a contract, inside the delivery. The proof of the network's answers
is too long for a chain: its digest is delivered, auditors verify the proof itself, and the money is
released by the vote that reaches the threshold. A node stands surety for what it delivers with as
much as it is paid.

Money is wei, fees are in 1/10000 and per side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicrypto import ritual
from aicrypto.evm import Account, Artifact, Chain, Contract, compile_contract
from aicrypto.oracle.contracts import BLUEPRINT
from aicrypto.pipeline.receipts import Json, demand
from aicrypto.pipeline.stages import claim, genuine
from aicrypto.pipeline.stages.agent import Agent, acts_of
from aicrypto.ritual import NOBODY
from aicrypto.ritual.market import COORDINATOR as COORDINATOR_CONTRACT

OWNER, FEE_BPS = "market-owner", 100
BY_PROOF, COMMITTEE = "RitualProofVerifier", "RitualCommitteeVerifier"
AUDITORS = ("auditor-1", "auditor-2", "auditor-3", "auditor-4", "auditor-5")
BRIBABLE, ALPHA = 0.1, 0.001  # chance that an auditor is bribed; of a lie that passes, at most
THRESHOLD = ritual.threshold_for(len(AUDITORS), BRIBABLE, ALPHA) or len(AUDITORS)
PROVE, CLAIM = "prove", "claim"
INTERVAL = 1  # the only one: each job is ordered once
PARTS = {  # by their names in `ritual.Market`
    "registry": "RitualRegistry",
    "coordinator": COORDINATOR_CONTRACT,
    "inbox": "RitualInbox",
    "reader": "RitualReader",
    "fee": "RitualFee",
    "factory": "RitualWalletFactory",
}
WALLET = "RitualWallet"
CONSUMERS = {PROVE: "RitualConsumer", CLAIM: "RitualProvenConsumer"}


@dataclass(frozen=True)
class Delivery:
    """What a node hands over: input, output, proof."""

    question: bytes
    output: bytes
    proof: bytes


@dataclass(frozen=True)
class Order:
    """One job: who does it, for how much in all, what is to be delivered."""

    job: str
    container: str
    node: Account
    amount: int
    delivery: Delivery


def amount_for(price: int) -> int:
    """Least payment of which at least the price is left when the market has taken its fees.

    >>> amount_for(9800)
    9999
    """
    return (price - 1) * 10_000 // (10_000 - 2 * FEE_BPS) + 1 if price else 0


def net_of(amount: int) -> int:
    """What is left of a payment for the node."""
    return amount - amount * 2 * FEE_BPS // 10_000


def outputs_of(claimed: Json) -> list[int]:
    """The publics of the payouts' proof that are its answer: all but the pot."""
    return [int(claimed["digest"], 16), *claimed["payouts"].values()]


def words_of(numbers: Sequence[int]) -> bytes:
    """Numbers as 32-byte words."""
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def play(
    chain: Chain, agent: Agent, claimed: Json, orders: Sequence[Order], is_proven: bool
) -> Json:
    """The addresses of all contracts and the subscriptions' numbers, everybody paid.

    Args:
        chain: where.
        agent: who orders and pays.
        claimed: facts of the stage whose proof a contract judges.
        orders: the two jobs, as matched to nodes.
        is_proven: what the auditors find when they verify the proof of the answers.
    """
    n_before = len(chain.receipts)
    market = ritual.deploy_market(chain, chain.account(OWNER), FEE_BPS)
    by_job = {order.job: order for order in orders}
    judges = _judges(market, claimed)
    proven = ritual.deploy_proven_consumer(market, agent.key, len(outputs_of(claimed)))
    hired = market.consumer(agent.key, nodes=(by_job[PROVE].node,))
    consumers = {PROVE: hired, CLAIM: proven}
    purse = _purse(market, agent, consumers, by_job)
    numbers, wallets = {}, {}
    for job, order in by_job.items():
        numbers[job] = _subscribe(consumers[job], order, purse, judges[job], agent.key)
        if job == CLAIM:
            asked = ritual.question([claimed["pot"]])
            judges[job].ask(numbers[job], asked, sender=market.owner)
        wallets[job] = _deliver(market, order, numbers[job], judges[PROVE], is_proven)
    return {
        **_addresses({name: getattr(market, name) for name in PARTS}),
        "blueprint": chain.receipts[n_before].created,
        "owner": chain.account(OWNER).address,
        "judges": _addresses(judges),
        "consumers": _addresses(consumers),
        "purse": purse.address,
        "wallets": _addresses(wallets),
        "subscriptions": numbers,
        "auditors": {name: chain.account(name).address for name in AUDITORS},
    }


def _addresses(contracts: Mapping[str, Contract]) -> dict[str, str]:
    return {name: contract.address for name, contract in contracts.items()}


def _subscribe(
    consumer: Contract, order: Order, purse: Contract, judge: Contract, key: Account
) -> int:
    """Number of the order for one computation."""
    work, paid = (order.container, order.delivery.question), (order.amount, purse)
    return int(consumer.requestCompute(*work, 1, NOBODY, *paid, judge, sender=key))


def _judges(market: ritual.Market, claimed: Json) -> dict[str, Contract]:
    """Who judges which job; both work for wei, and for nothing."""
    chain, judge = market.chain, market.owner
    outputs = outputs_of(claimed)
    by_proof = claim.artifact(BY_PROOF, len(outputs) + 1)
    given = market.registry, claimed["verifier"], len(outputs)
    auditors = [chain.account(name) for name in AUDITORS]
    judges = {
        CLAIM: chain.deploy(by_proof, *given, sender=judge),
        PROVE: ritual.deploy_committee(market, judge, auditors, THRESHOLD),
    }
    for contract in judges.values():
        contract.setToken(NOBODY, True, 0, sender=judge)
    return judges


def _purse(
    market: ritual.Market,
    agent: Agent,
    consumers: Mapping[str, Contract],
    orders: Mapping[str, Order],
) -> Contract:
    """The account's wallet in the market, with the wei for these orders and no more."""
    address = market.factory.createWallet(agent.address, sender=agent.key)
    purse = market.chain.at(WALLET, address)
    agent.pay(purse, sum(order.amount for order in orders.values()))
    for job, consumer in consumers.items():
        agent.act(purse.approve, consumer, NOBODY, orders[job].amount)
    return purse


def _deliver(
    market: ritual.Market, order: Order, number: int, committee: Contract, is_proven: bool
) -> Contract:
    """The node's wallet, emptied after it stood surety, delivered, and was paid."""
    chain, node = market.chain, order.node
    wallet = market.wallet(node)
    chain.transfer(node, wallet, order.amount)
    wallet.approve(node, NOBODY, order.amount, sender=node)
    done = order.delivery
    handed = done.question, done.output, done.proof
    market.coordinator.deliverCompute(number, INTERVAL, *handed, wallet, sender=node)
    if order.job == PROVE:
        for name in AUDITORS[:THRESHOLD]:
            committee.vote(number, INTERVAL, node, is_proven, sender=chain.account(name))
    wallet.withdraw(NOBODY, chain.balance(wallet), sender=node)
    return wallet


def check(chain: Chain, told: Json, claimed: Json, client: str) -> None:
    """Refuses a chain on which the market is another, or ordered, delivered, paid otherwise.

    `told` are the facts of the stage that ordered, `claimed` of the one whose proof was bought, and
    `client` is the account that paid.
    """
    where = told["contracts"]
    _check_contracts(chain, told, claimed)
    key = _maker(chain, where["consumers"][PROVE])
    demand(key == _maker(chain, where["consumers"][CLAIM]), "two parties ordered")
    factory = chain.at(PARTS["factory"], where["factory"])
    for wallet in (where["purse"], *where["wallets"].values()):
        demand(factory.isValidWallet(wallet), f"{wallet} is no wallet of the market")
    for job in told["jobs"]:
        _check_order(chain, told, job)
        _check_delivery(chain, told, job)
    _check_money(chain, told, client)


def _maker(chain: Chain, address: str) -> str:
    [made] = [r.message.sender for r in chain.receipts if r.created == address]
    return made


def _check_contracts(chain: Chain, told: Json, claimed: Json) -> None:
    """All were made from the library's code, with each other's addresses."""
    where, n_outputs = told["contracts"], len(outputs_of(claimed))
    registry, parts = where["registry"], [where[name] for name in list(PARTS)[1:]]
    wallet = BLUEPRINT + compile_contract(WALLET).bytecode
    demand(chain.state.account(where["blueprint"]).code == wallet, "wallets have other code")
    by_proof = claim.artifact(BY_PROOF, n_outputs + 1)
    auditors = [where["auditors"][name] for name in AUDITORS]
    node = told["jobs"][PROVE]["address"]
    made: list[tuple[str, str | Artifact, tuple[Any, ...]]] = [
        (registry, PARTS["registry"], tuple(parts)),
        *((where[name], PARTS[name], (registry,)) for name in ("coordinator", "inbox", "reader")),
        (where["fee"], PARTS["fee"], (where["owner"], FEE_BPS)),
        (where["factory"], PARTS["factory"], (registry, where["blueprint"], False)),
        (where["judges"][CLAIM], by_proof, (registry, claimed["verifier"], n_outputs)),
        (where["judges"][PROVE], COMMITTEE, (registry, auditors, THRESHOLD)),
        (where["consumers"][CLAIM], CONSUMERS[CLAIM], (registry, n_outputs)),
        (where["consumers"][PROVE], CONSUMERS[PROVE], (registry, NOBODY, True, [node])),
    ]
    for address, name, arguments in made:
        is_ours = genuine.is_made(chain, address, name, *arguments)
        demand(is_ours, f"{address} was not made from the library's code for this market")


def _check_order(chain: Chain, told: Json, job: str) -> None:
    """The job was ordered by this consumer, for this much, before this judge."""
    where, ordered = told["contracts"], told["jobs"][job]
    coordinator = chain.at(COORDINATOR_CONTRACT, where["coordinator"])
    kept = ritual.Subscription(*coordinator.getSubscription(where["subscriptions"][job]))
    terms = kept.owner, kept.wallet, kept.verifier, kept.amount, kept.token
    due = where["consumers"][job], where["purse"], where["judges"][job], ordered["amount"], NOBODY
    demand(terms == due, f"{job} was ordered on other terms")
    once = kept.frequency, kept.redundancy, kept.is_lazy, kept.container_id
    container = ritual.container_id(ordered["container"])
    demand(once == (1, 1, False, container), f"{job} is another computation, or more than one")


def _check_delivery(chain: Chain, told: Json, job: str) -> None:
    """The chosen node delivered what was told, once; nothing waits for a judge any more."""
    where, ordered = told["contracts"], told["jobs"][job]
    coordinator, number = (
        chain.at(COORDINATOR_CONTRACT, where["coordinator"]),
        where["subscriptions"][job],
    )
    given = [bytes.fromhex(ordered[name]) for name in ("question", "output", "proof")]
    data = coordinator.deliverCompute.encode(number, INTERVAL, *given, where["wallets"][job])
    sent = [
        receipt.message.sender
        for receipt in chain.receipts
        if receipt.message.to == coordinator.address
        and receipt.message.data == data
        and not receipt.halt
    ]
    demand(sent == [ordered["address"]], f"{job} was not delivered by the chosen node")
    consumer = chain.at(CONSUMERS[job], where["consumers"][job])
    asked = consumer.getContainerInputs(number, INTERVAL, 0, NOBODY)
    demand(asked == given[0], f"{job} was ordered for another question")
    waiting = coordinator.proofRequests(ritual.response_key(number, INTERVAL, ordered["address"]))
    demand(waiting[0] == 0, f"the judge of {job} has not spoken")


def _check_money(chain: Chain, told: Json, client: str) -> None:
    """The account paid the amounts and no more; every node took out its surety and its pay."""
    where, jobs = told["contracts"], told["jobs"]
    paid = [act.wei for act in acts_of(chain, client) if act.to == where["purse"] and act.wei]
    demand(paid == [sum(one["amount"] for one in jobs.values())], "the account paid otherwise")
    for job, ordered in jobs.items():
        wallet = chain.at(WALLET, where["wallets"][job])
        taken = [event.arguments["amount"] for event in wallet.events("Withdrawn")]
        demand(wallet.owner() == ordered["address"], f"the wallet for {job} is another's")
        demand(taken == [ordered["amount"] + ordered["net"]], f"{job} was paid otherwise")
    left = [chain.balance(wallet) for wallet in (where["purse"], *where["wallets"].values())]
    demand(not any(left), "wei were left in a wallet")
