"""Stage 15, royalty: pages, data set, model and answer are works; what it earns flows back to all.

The agent pays for the answer. Every work behind it (`family`) is registered as an NFT with an
account of its own, the first ones offer terms, the others are derived under them, each by its
owner's signature. The royalty contract splits the payment, everybody's part goes to the work's
account and from there to its owner.

Who checks computes the split by the protocol's engine, and finds on the replayed chain that the
contracts paid the same, to the wei.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto import ip
from aicrypto.crawl import pages
from aicrypto.evm import ETHER, Chain
from aicrypto.evm.token_bound import TokenBound
from aicrypto.ip import onchain
from aicrypto.ip.onchain.works import CONTRACTS
from aicrypto.pipeline.job import COORDINATOR, Posted
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import family, genuine
from aicrypto.pipeline.stages.agent import Agent, gas_of
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.family import ANSWER, DATA, MODEL, TERMS, Work
from aicrypto.pipeline.state import State

NAME = "royalty"
PRICE_WEI = ETHER // 7  # no round number: shares have to be rounded
COLLECTION = "Works behind an answer"


@dataclass(frozen=True)
class Royalty:
    """Wei that reached the owner of each work, by the work's name."""

    earned: dict[str, int]


def run(state: State) -> State:
    """The state with the family registered and the answer paid for, and the receipt."""
    n_before, records = len(state.chain.receipts), [dict(r.record) for r in state.get(Dataset).rows]
    told: Json = {
        "sections": family.sections(records),
        "asked": _asked(state.evidence["prove"], state.evidence["dataset"]),
        "client": state.agent.address,
        "coordinator": state.chain.account(COORDINATOR).address,
        "created_at": state.chain.timestamp,
        "chain_id": state.chain.chain_id,
    }
    for topic, section in told["sections"].items():
        section["owner"] = state.chain.account(family.owner_name(topic)).address
    works = family.family(state.facts, told)
    contracts = onchain.Works.deploy(state.chain, state.chain.account(COORDINATOR), COLLECTION)
    earned = _pay(contracts, works, _register(contracts, works), state.agent)
    told["contracts"] = list(contracts.addresses)
    told["gas"] = sum(receipt.gas_used for receipt in state.chain.receipts[n_before:])
    return state.publish(STAGE, Royalty(earned), told)


def _asked(proven: Json, chosen: Json) -> str:
    """Topic of the page whose answer is sold: the first one that was asked."""
    rows = (row["record"] for row in chosen["rows"])
    labels = {pages.path_of(record["url"]): str(record["label"]) for record in rows}
    return labels[proven["paths"][0]]


def _register(contracts: onchain.Works, works: Sequence[Work]) -> dict[str, str]:
    """The IP ids of the works, which offer the terms or derive under them from now on."""
    chain, ids = contracts.chain, {}
    coordinator = chain.account(COORDINATOR)
    number = contracts.register_terms(TERMS, coordinator)
    for work in works:
        ids[work.name] = contracts.register(work.owner, work.content, coordinator)
        parents, owner = [ids[name] for name in work.parents], chain.account(work.key)
        if parents:
            contracts.derive(ids[work.name], parents, [number] * len(parents), owner)
        else:
            contracts.attach(ids[work.name], number, owner)
    return ids


def _pay(
    contracts: onchain.Works, works: Sequence[Work], ids: dict[str, str], client: Agent
) -> dict[str, int]:
    """What each owner withdrew after the client's payment."""
    chain, earned = contracts.chain, {}
    coordinator = chain.account(COORDINATOR)
    client.act(contracts.royalty.pay, ids[ANSWER], client.address, value=PRICE_WEI)
    contracts.push_all(ip.LAP, ids[ANSWER], coordinator)
    for work in works:
        contracts.claim(ids[work.name], ids[work.name], coordinator)
        earned[work.name] = contracts.withdraw(ids[work.name], chain.account(work.key))
    return earned


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The works are this run's, and the engine's split of the price loses no wei."""
    told = evidence["sections"]
    demand(sorted(told) == facts["dataset"]["topics"], "the sections are not the topics")
    n_pages = sum(section["pages"] for section in told.values())
    demand(n_pages == facts["dataset"]["n_rows"], "the sections have another number of pages")
    _check_pages(evidence, inputs)
    works, gas = family.family(facts, evidence), evidence["gas"]
    demand(type(gas) is int, "gas is no integer")
    earned, dust = family.earnings(works, PRICE_WEI)
    to_pages = sum(earned[family.section_name(topic)] for topic in told)
    return Conclusion(
        f"the agent paid {PRICE_WEI} wei for the answer: {to_pages} went to the owners of"
        f" {n_pages} pages in {len(told)} sections, {earned[DATA]} for the data set,"
        f" {earned[MODEL]} for the model, {earned[ANSWER]} for the answer; {dust} left by rounding"
        f" stay in the pool, none are lost ({gas:,} gas)",
        {
            "price": PRICE_WEI,
            "earned": earned,
            "dust": dust,
            "works": _facts_of(works, evidence),
            "terms": TERMS.hash().hex(),
            "client": evidence["client"],
            "coordinator": evidence["coordinator"],
            "contracts": evidence["contracts"],
            "created_at": evidence["created_at"],
            "gas": gas,
        },
    )


def _check_pages(evidence: Json, inputs: Inputs) -> None:
    """The sections are the data set's pages, and the page that was asked is in the one named."""
    chosen, proven = inputs.get("dataset"), inputs.get("prove")
    if chosen is not None:
        ours = family.sections(row["record"] for row in chosen["rows"])
        told = {
            topic: {name: section[name] for name in ("root", "pages")}
            for topic, section in evidence["sections"].items()
        }
        demand(told == ours, "the sections are not the data set's pages")
    if chosen is not None and proven is not None:
        demand(evidence["asked"] == _asked(proven, chosen), "another page was asked")


def _facts_of(works: Sequence[Work], evidence: Json) -> Json:
    """By name: number and account of each work, owner, content, parents."""
    implementation, collection, registry, *_ = evidence["contracts"]
    where = implementation, evidence["chain_id"], collection
    return {
        work.name: {
            "token": token,
            "ip": TokenBound(*where, token).address(registry),
            "owner": work.owner,
            "content": work.content.hex(),
            "parents": list(work.parents),
        }
        for token, work in enumerate(works)
    }


def check_on_chain(chain: Chain, facts: Facts, held: Posted) -> None:
    """Refuses a chain on which the library's contracts did not register these works and pay so."""
    told = facts[NAME]
    parties = told["client"], told["coordinator"]
    demand(parties == (held.client, held.coordinator), "the parties are not the job's")
    _check_code(chain, told["contracts"])
    contracts = onchain.Works.at(chain, told["contracts"])
    royalty, licensing = contracts.royalty, contracts.licensing
    demand(royalty.licensing() == licensing.address, "another contract may link works")
    only = licensing.n_terms(), licensing.numbers(bytes.fromhex(told["terms"]))
    demand(only == (1, 1), "other terms are on chain")
    for name in told["works"]:
        _check_work(contracts, told, name)
    _check_payment(contracts, told)
    for name in told["works"]:
        _check_withdrawal(contracts, told, name)
    _check_gas(chain, told)


def _check_code(chain: Chain, addresses: Sequence[str]) -> None:
    implementation, _, registry, royalty, _ = addresses
    arguments: tuple[list[object], ...] = (
        [],
        [COLLECTION],
        [implementation],
        [0],
        [registry, royalty],
    )
    for name, address, given in zip(CONTRACTS, addresses, arguments, strict=True):
        made = genuine.is_made(chain, address, name, *given)
        demand(made, f"{address} was not made from the library's {name}")


def _check_work(contracts: onchain.Works, told: Json, name: str) -> None:
    """The work is registered, its owner's, and derives from its parents."""
    work = told["works"][name]
    since = contracts.registry.registered(work["ip"])
    demand(since == told["created_at"], f"{name} was not registered then")
    held = contracts.owner_of(work["ip"]), contracts.collection.content(work["token"]).hex()
    demand(
        held == (work["owner"], work["content"]), f"on chain, {name} has another owner or content"
    )
    parents = [told["works"][parent]["ip"] for parent in work["parents"]]
    derived = list(contracts.royalty.parents_of(work["ip"]))
    demand(derived == parents, f"{name} derives from something else")


def _check_withdrawal(contracts: onchain.Works, told: Json, name: str) -> None:
    """The owner moved exactly what the work earned from its account to himself."""
    chain, work = contracts.chain, told["works"][name]
    account = chain.at(CONTRACTS[0], work["ip"])
    data = account.function("execute").encode(work["owner"], told["earned"][name], b"", 0)
    sent = [
        (receipt.message.sender, receipt.message.data)
        for receipt in chain.receipts
        if receipt.message.to == work["ip"] and not receipt.halt
    ]
    paid = sent == [(work["owner"], data)] and not chain.balance(work["ip"])
    demand(paid, f"{name}'s owner was not paid out")


def _check_payment(contracts: onchain.Works, told: Json) -> None:
    """One payment, by the client; everybody's part claimed once; the contract keeps the dust."""
    chain, royalty, works = contracts.chain, contracts.royalty, told["works"]
    answer = {"ip": works[ANSWER]["ip"], "payer": told["client"], "amount": told["price"], "fee": 0}
    paid = [event.arguments for event in royalty.events("RoyaltyPaid")]
    demand(paid == [answer], "another payment was made")
    claimed = [event.arguments for event in royalty.events("Claimed")]
    due = {work["ip"]: told["earned"][name] for name, work in works.items()}
    shares = {event["ip"]: event["amount"] for event in claimed if event["holder"] == event["ip"]}
    demand(shares == due and len(claimed) == len(due), "the contract split the payment otherwise")
    kept = chain.balance(royalty), royalty.in_vaults()
    demand(kept == (told["dust"], 0) and contracts.is_conserved(), "wei were made or lost")


def _check_gas(chain: Chain, told: Json) -> None:
    """What all transactions with these contracts and accounts used is what was told."""
    ours = {*told["contracts"], *(work["ip"] for work in told["works"].values())}
    gas = gas_of(chain, ours, told["client"])
    demand(gas == told["gas"], "the transactions used another amount of gas")


STAGE = Stage(
    NAME,
    assumes=(
        "a section of the site stands for its authors, here one process plays them all; whoever"
        " registers a work first is believed to own it"
    ),
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: Royalty(state.facts[NAME]["earned"]),
)
