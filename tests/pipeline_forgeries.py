"""What somebody might publish of an agent's order, team, market, context and sale.

Each forgery changes evidence of an honest run, or the facts that a chain is asked about; the reason
for which it is refused is what the stage's own check says.
"""

import base64
import copy
from collections.abc import Callable
from typing import Any

from aicrypto.evm import ETHER, Chain, Journal
from aicrypto.evm.accounts import derive_account
from aicrypto.pipeline.job import Job
from aicrypto.pipeline.stages import compute, context, dataset, market, order, train
from aicrypto.sql import fast
from aicrypto.sql.search import index_table

Told = dict[str, Any]
OTHER = "0x" + "11" * 20
BUYER, KEY = (derive_account("aicrypto:0", name) for name in ("buyer", "agent"))
PAIRS = [(kind, job) for kind in ("judges", "consumers") for job in ("prove", "claim")]


def put(*path: Any) -> Callable[[Told], None]:
    """The change that puts the last of the path at the others."""
    *places, last, value = path

    def change(told: Told) -> None:
        for place in places:
            told = told[place]
        told[last] = value

    return change


def one_more(*path: Any) -> Callable[[Told], None]:
    """The change that adds 1 to a number."""

    def change(told: Told) -> None:
        for place in path[:-1]:
            told = told[place]
        told[path[-1]] += 1

    return change


def another_message(told: Told) -> None:
    """A peer's upload of one window is that of another."""
    first, second = told["windows"][:2]
    first[0], second[0] = second[0], first[0]


def other_weights(told: Told) -> None:
    data = bytearray(base64.b64decode(told["weights"]))
    data[2] ^= 64
    told["weights"] = base64.b64encode(bytes(data)).decode()


def a_lazy_peer(told: Told) -> None:
    """One peer is said to be another, which signed."""
    names = list(told["peers"])
    told["peers"][names[0]] = told["peers"][names[1]]


def cheaper(told: Told) -> None:
    """A node's rival is said to have asked for more."""
    told["offers"]["compute-2"]["offer"]["cost"]["claim"] += 1


def nobody_bids(told: Told) -> None:
    told["offers"] = {"compute-3": told["offers"]["compute-3"]}


def two_names(told: Told) -> None:
    """A node bids under two names: the second offer is not signed for that name."""
    told["offers"]["compute-2"] = told["offers"]["compute-1"]


def smaller_radius(told: Told) -> None:
    """Fewer pages, proven with their own radius."""
    radius = told["sources"][0]["distance"] - 1
    prove_again(told, radius)


def wider_radius(told: Told) -> None:
    """More pages than asked for: a searcher who wants its own to be among them."""
    prove_again(told, told["radius"] * 4)


def prove_again(told: Told, radius: int) -> None:
    """A true proof of another question about the same table."""
    table = CONTEXT_TABLE[told["commitment"]]
    index = context.INDEX
    proof = fast.prove(index.sql(told["query"], radius), {index.table: table})
    numbers, far = (column.values for column in proof.result.columns)
    found = sorted(zip(far, numbers, strict=True))
    by_page = {source["page"]: source for source in told["sources"]}
    blank = dict.fromkeys(("path", "topic", "text_sha256"), "")
    told["sources"] = [
        by_page.get(page, blank | {"page": page}) | {"distance": distance}
        for distance, page in found
    ]
    told |= {"radius": radius, "proof": proof.to_bytes().hex()}


CONTEXT_TABLE: dict[str, fast.CommittedTable] = {}  # by commitment, filled by the test


def better_source(told: Told) -> None:
    """A page that pays is said to have been found."""
    told["sources"][0]["path"] = "/boats/sponsored.html"


def never_settled(told: Told) -> None:
    """Another history, in which nothing was settled before the sale."""
    journal = Journal.from_bytes(bytes.fromhex(told["journal"]))
    cut = Journal(journal.chain_id, journal.timestamp, journal.entries[:40])
    told["journal"] = cut.to_bytes().hex()


def after_the_sale(told: Told, act: Callable[[Chain], None]) -> None:
    """Something more happens on the chain."""
    journal = Journal.from_bytes(bytes.fromhex(told["journal"]))
    chain = Chain.replay(journal)
    act(chain)
    told["journal"] = chain.journal.to_bytes().hex()


def not_sold(told: Told) -> None:
    told["buyer"] = CLIENT[0]


def sold_on(told: Told) -> None:
    """The buyer has sold it on to somebody, who is not in the receipt."""

    def act(chain: Chain) -> None:
        identities = [r.created for r in chain.receipts if r.created][1]
        contract = chain.at("AgentIdentity", identities)
        contract.transferFrom(BUYER, OTHER, 0, sender=BUYER)

    after_the_sale(told, act)


def emptied(told: Told) -> None:
    """The new owner has taken the treasury: it is not what the receipt says was sold."""

    def act(chain: Chain) -> None:
        chain.at("AgentAccount", ACCOUNT[0]).execute(BUYER, 7, b"", 0, sender=BUYER)

    after_the_sale(told, act)


ACCOUNT, CLIENT = [""], [""]  # the agent's and its first owner's, filled by the test


def allowed_again(told: Told) -> None:
    """The new owner keeps the old key: then not all that was allowed is void."""

    def act(chain: Chain) -> None:
        account = chain.at("AgentAccount", ACCOUNT[0])
        account.setPermissions([KEY], [True], sender=BUYER)

    after_the_sale(told, act)


# By stage: changes of evidence, and what conclude says.
EVIDENCE: dict[str, dict[str, tuple[Callable[[Told], None], str]]] = {
    "order": {
        "another account": (put("account", OTHER), "the account is not the agent's"),
        "another number": (one_more("agent"), "the account is not the agent's"),
        "less reward": (put("file", "order", "reward_wei", 1), "another reward or budget"),
        "more budget": (put("file", "order", "budget_wei", 5 * ETHER), "another reward or budget"),
        "no words": (put("file", {}), "the order says something else"),
        "a number as text": (put("gas", "7"), "a number is no integer"),
        "a missing contract": (put("contracts", {}), "other contracts"),
    },
    "together": {
        "messages swapped": (another_message, "did not send these messages"),
        "other weights": (other_weights, "did not send these messages"),
        "a peer less": (lambda told: told["windows"][0].pop(), "another number of messages"),
        "a window less": (lambda told: told["windows"].pop(), "another number of messages"),
        "a peer twice": (a_lazy_peer, "two peers share an address"),
        "a signature less": (lambda told: told["signatures"].pop(), "a peer did not sign"),
        "a huge network": (put("shape", 0, 10**9), "weights are missing"),
        "another width": (put("shape", 1, 16), "the network does not fit"),
    },
    "market": {
        "a dearer rival": (cheaper, "compute-2 did not sign this offer"),
        "nobody bids": (nobody_bids, "one node does both jobs"),
        "a name for another": (two_names, "compute-2 did not sign this offer"),
        "another proof": (put("proof", "00" * 448), "another proof was delivered"),
        "half a wei": (put("offers", "compute-1", "offer", "setup", 0.5), "offers something else"),
        "no bid": (put("offers", {}), "a job found no node"),
    },
    "context": {
        "fewer pages": (smaller_radius, "these are not the nearest pages"),
        "more pages": (wider_radius, "these are not the nearest pages"),
        "a paid page": (better_source, "the sources are other pages"),
        "another distance": (one_more("sources", 0, "distance"), "other pages were found"),
        "another query": (one_more("query", 0), "the proof of the search does not verify"),
        "another page": (put("page", "/boats/1.html"), "another page was asked"),
        "another answer": (put("output", "00" * 12), "the oracle gave another answer"),
        "another question": (put("question", "00" * 24), "another question was answered"),
    },
    "sale": {
        "never settled": (never_settled, "another chain was settled on"),
        "kept": (not_sold, "the agent was not sold"),
        "another buyer": (put("buyer", OTHER), "another sale took place"),
        "sold on": (sold_on, "another owns the agent"),
        "emptied": (emptied, "the account holds another amount"),
        "the old key again": (allowed_again, "still obeys a former owner or key"),
        "another price paid": (
            put("payment", "payload", "authorization", "value", "1"),
            "the reader paid something else",
        ),
        "other terms": (put("payment", "accepted", "amount", "1"), "other terms"),
        "another reader": (put("reader", OTHER), "the reader paid something else"),
        "another validator": (put("validators", "zkml", OTHER), "a validator says something else"),
        "a validator less": (lambda told: told["validators"].popitem(), "other validators"),
        "a number as text": (put("gas", "7"), "gas is no integer"),
    },
}

# By stage: changes of facts, and what its check of the chain says.
FACTS: dict[str, dict[str, tuple[Callable[[Told], None], str]]] = {
    "order": {
        "another file": (put("uri", "sha256:00"), "another file is registered"),
        "another client": (put("client", OTHER), "another owns the agent, or the account"),
        "another coordinator": (put("coordinator", OTHER), "another party coordinates"),
        "another budget": (one_more("budget"), "the client paid in something else"),
        "another reward": (one_more("reward"), "the account did not place the job"),
        "another key": (put("key", OTHER), "the account did not place the job"),
    },
    "market": {
        "another node": (put("jobs", "claim", "address", OTHER), "not delivered by the chosen"),
        "another amount": (one_more("jobs", "claim", "amount"), "ordered on other terms"),
        "another pay": (one_more("jobs", "prove", "net"), "was paid otherwise"),
        "another output": (put("jobs", "claim", "output", "00"), "not delivered by the chosen"),
        "another container": (put("jobs", "prove", "container", "x"), "another computation"),
        "an order that is none": (put("contracts", "subscriptions", "claim", 7), "other terms"),
        "a foreign wallet": (put("contracts", "purse", OTHER), "no wallet of the market"),
    },
    "context": {
        "another owner": (put("owner", OTHER), "the token says something else"),
        "other metadata": (put("metadata", ""), "the token says something else"),
        "another content": (put("content", "00"), "the token says something else"),
    },
}
# (stage, where its facts name a contract) of all contracts that must be the library's.
LIBRARYS = [
    *(("order", ("contracts", name)) for name in order.CONTRACTS),
    *(("market", ("contracts", name)) for name in compute.PARTS),
    *(("market", ("contracts", *path)) for path in PAIRS),
    *(("context", (name,)) for name in ("token", "library", "court")),
]


def check(chain: Chain, facts: Told, stage: str) -> None:
    """The stage's check of a chain."""
    if stage == "order":
        job = facts["settle"]
        order.check_on_chain(chain, facts, Job.at(chain, job["contract"], job["job"]).posted())
    else:
        {"market": market, "context": context}[stage].check_on_chain(chain, facts)


def prepare(facts: Told, told: Told) -> None:
    """Tells the forgers what they know of the honest run."""
    ACCOUNT[0], CLIENT[0] = facts["order"]["account"], facts["order"]["client"]
    if not CONTEXT_TABLE:
        words = train.load(told["train"]).words
        rows = dataset.load(told["dataset"]).split()[0]
        table = index_table(range(len(rows)), context.vectors(rows, words), context.INDEX)
        CONTEXT_TABLE[told["context"]["commitment"]] = fast.commit(table)


def changed(told: Told, change: Callable[[Told], None]) -> Told:
    """A copy with the change."""
    copied = copy.deepcopy(told)
    change(copied)
    return copied


def names(table: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """All (stage, change) of a table."""
    return [(stage, name) for stage, changes in table.items() for name in changes]
