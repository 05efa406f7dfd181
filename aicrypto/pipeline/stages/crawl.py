"""Stage 2, crawl: a network of nodes fetches a web site; signed receipts say who is paid for what.

Every page is fetched by three nodes of different neighbourhoods and taken if their copies agree.
Each then bills it with a receipt that node, router and validator sign. One of the nodes here bills
ten times what it carried: its receipts are refused, and because it signed them, they convict it.
The validator enters the pages' session records into a ledger, whose signed head goes on chain.
"""

from dataclasses import asdict, dataclass

from aicrypto.crawl import pages, players, rows
from aicrypto.crawl.ledger import Ledger
from aicrypto.crawl.pages import Fetched, Policy, Response
from aicrypto.crawl.signing import TreeHead, is_signed, sign
from aicrypto.evm import Chain
from aicrypto.pipeline.job import COORDINATOR
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import genuine, metering
from aicrypto.pipeline.stages.metering import MIN_COPIES, Keys, Recorder
from aicrypto.pipeline.stages.nodes import AGENT, NODES, play
from aicrypto.pipeline.stages.order import DOCUMENTATION
from aicrypto.pipeline.stages.pages import ROBOTS_PATH, from_json, is_entry, to_json
from aicrypto.pipeline.stages.site import TOPICS, documentation_site
from aicrypto.pipeline.state import State
from aicrypto.pipeline.work.executors import to_end

NAME = "crawl"
MAX_PAGES = 250
MAX_PER_TOPIC = 40
BACKOFF_S = 0.2
LEDGER = "DataLedger"
OWNER, GRACE_S, SILENT_CAP = "data-validator", 86_400, 0
PAYEE = b"aicrypto.payee.v1"
REDIRECTS = range(300, 400)


@dataclass(frozen=True)
class Crawl:
    """All answers in the order in which they were fetched, robots.txt among them."""

    answers: tuple[Fetched, ...]

    @property
    def entries(self) -> tuple[Fetched, ...]:
        """Those whose sessions are in the ledger, in its order."""
        return tuple(answer for answer in self.answers if is_entry(answer))

    @property
    def robots(self) -> Response:
        """What the site last said about robots.txt; Refused if nobody asked."""
        told = [a.response for a in self.answers if pages.path_of(a.response.url) == ROBOTS_PATH]
        demand(bool(told), "nobody asked for robots.txt")
        return told[-1]

    @property
    def ledger(self) -> Ledger:
        """The ledger of their sessions."""
        return Ledger(rows.canonical("session", entry.session) for entry in self.entries)


def run(state: State) -> State:
    """The state with a crawl of the site, its ledger on chain, and the receipt.

    Raises:
        ValueError: if the site is no http(s) address.
        OSError: if it cannot be read.
    """
    site, topics = state.options.site, state.options.topics
    if site is not None:
        start = _address(site)
        return _crawl(state, site, [start], frozenset(topics))
    topics = topics or TOPICS
    with documentation_site() as site:
        return _crawl(state, site, [f"{site}{topic}.html" for topic in topics], frozenset(topics))


def _address(site: str) -> str:
    """The site's address in its one spelling; ValueError if a crawler cannot open it."""
    try:
        return pages.normalise(site)
    except ValueError:
        raise ValueError(f"site {site!r} is no http:// or https:// address") from None


def _crawl(state: State, site: str, seeds: list[str], topics: frozenset[str]) -> State:
    policy = Policy(
        frozenset([pages.site_of(seeds[0])]),
        AGENT,
        admits=lambda url: not topics or pages.topic_of(url) in topics or url in seeds,
        max_per_label=MAX_PER_TOPIC,
        max_pages=MAX_PAGES,
        backoff_s=BACKOFF_S,
        seed=state.options.seed,
    )
    answers, recorder, keys = to_end(play(state, seeds, policy))
    crawl = Crawl(tuple(answers))
    if not crawl.entries:
        raise OSError(f"site {site!r}: no page could be read there, or robots.txt forbids it")
    if crawl.robots.status in REDIRECTS:
        raise OSError(f"site {site!r}: robots.txt is elsewhere, name the address it leads to")
    return _publish(state, site, crawl, recorder, keys)


def _publish(state: State, site: str, crawl: Crawl, recorder: Recorder, keys: Keys) -> State:
    accounts = {name: state.chain.account(name) for name in NODES}
    seed = state.options.seed
    payees = {
        name: {
            "key": keys.nodes[name].hex(),
            "address": account.address,
            "signature": sign(players.seed_of(seed, name), PAYEE + account.address.encode()).hex(),
        }
        for name, account in accounts.items()
    }
    last_ms = crawl.answers[-1].session["ts"]
    head = crawl.ledger.head(last_ms, players.seed_of(seed, "validator"))
    ledger, gas = _post(state.chain, head)
    evidence = {
        "site": site,
        "nodes": payees,
        "router": keys.router.hex(),
        "answers": [to_json(answer) for answer in crawl.answers],
        "receipts": metering.to_json(recorder.shown, crawl.answers, keys),
        "head": head_json(head),
        "ledger": ledger,
        "gas": gas,
    }
    return state.publish(STAGE, crawl, evidence)


def _post(chain: Chain, head: TreeHead) -> tuple[Json, int]:
    """The contract that keeps the ledger's head, with its parties; and the gas of posting it."""
    owner, sender = chain.account(OWNER), chain.account(COORDINATOR)
    told = {"validator": owner.address, "router": sender.address}
    contract = chain.deploy(LEDGER, *_terms(told), sender=sender)
    contract.post(head.size, head.root, [], sender=owner)
    return {"address": contract.address, **told}, chain.gas_used


def _terms(told: Json) -> list[object]:
    """What the ledger contract is made with."""
    return [told["validator"], told["router"], GRACE_S, SILENT_CAP]


def head_json(head: TreeHead) -> Json:
    """A signed head as evidence."""
    return {k: v.hex() if isinstance(v, bytes) else v for k, v in asdict(head).items()}


def head_in(told: Json) -> TreeHead:
    """The signed head in evidence or facts."""
    parts = (bytes.fromhex(told[name]) for name in ("root", "validator", "signature"))
    return TreeHead(told["size"], told["timestamp_ms"], *parts)


def load(evidence: Json) -> Crawl:
    """The crawl in this stage's evidence; Refused if a body is not the one that was signed for."""
    return Crawl(tuple(from_json(answer) for answer in evidence["answers"]))


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """Pages are the site's and allowed, the ledger is signed, every byte paid for has receipts."""
    crawl, head = load(evidence), head_in(evidence["head"])
    keys = _keys(evidence, head)
    _check_pages(crawl, evidence["site"])
    ordered = facts["order"]["site"]
    demand(ordered in (evidence["site"], DOCUMENTATION), "another site was ordered")
    _check_ledger(crawl, head)
    metered = metering.replay(evidence["receipts"], crawl.answers, keys)
    _check_copies(crawl, metered, keys)
    demand(type(evidence["gas"]) is int, "gas is no integer")
    facts_of_nodes = {
        "nodes": {name: told["address"] for name, told in evidence["nodes"].items()},
        "bytes_by_node": {name: metered.paid_bytes[name] for name in NODES},
        "caught": {name: dict(sorted(v.items())) for name, v in sorted(metered.convicted.items())},
    }
    return Conclusion(
        f"{len(NODES)} nodes fetched {len(crawl.entries)} pages of {evidence['site']}, each at"
        f" least {MIN_COPIES} times, robots.txt obeyed; {len(evidence['receipts'])} receipts,"
        f" {metered.n_false} of them false ({', '.join(metered.convicted) or 'nobody'} earns"
        " nothing)",
        {
            "root": head.root.hex(),
            "head": evidence["head"],
            "router": keys.router.hex(),
            **facts_of_nodes,
            "n_pages": len(crawl.entries),
            "ledger": evidence["ledger"],
            "gas": evidence["gas"],
        },
    )


def _keys(evidence: Json, head: TreeHead) -> Keys:
    """The parties' keys, every node's bound to the address at which it is paid."""
    demand(set(evidence["nodes"]) == set(NODES), "another set of nodes")
    nodes = {name: bytes.fromhex(told["key"]) for name, told in evidence["nodes"].items()}
    router = bytes.fromhex(evidence["router"])
    parties = {*nodes.values(), router, head.validator}
    demand(len(parties) == len(NODES) + 2, "two parties share a key")
    for name, told in evidence["nodes"].items():
        signature, message = bytes.fromhex(told["signature"]), PAYEE + told["address"].encode()
        signed = is_signed(nodes[name], message, signature)
        demand(signed, f"{name} did not sign where it is to be paid")
    return Keys(nodes, router, head.validator)


def _check_pages(crawl: Crawl, site: str) -> None:
    """Pages are of the site, once each, and its robots.txt allows them."""
    home, robots = pages.site_of(_address(site)), crawl.robots
    known = pages.site_of(robots.url) == home and robots.status not in REDIRECTS
    demand(known, "robots.txt is not the site's own")
    rules = pages.rules_after([robots.status], robots.body.decode("utf-8", "replace"))
    urls = [entry.response.url for entry in crawl.entries]
    demand(bool(urls), "there is no page")
    demand(len(set(urls)) == len(urls), "a page is listed twice")
    for url in urls:
        allowed = pages.site_of(url) == home and rules.allows(AGENT, url)
        demand(allowed, f"{url!r} is out of bounds")


def _check_ledger(crawl: Crawl, head: TreeHead) -> None:
    """The head is the validator's word on exactly these sessions."""
    ledger = crawl.ledger
    demand((head.size, head.root) == (len(ledger), ledger.root()), "another ledger was signed")
    demand(head.is_signed(), "the validator did not sign the ledger's head")


def _check_copies(crawl: Crawl, metered: metering.Metered, keys: Keys) -> None:
    """Enough nodes signed for every answer, among them the one that its session names."""
    names = {key.hex(): name for name, key in keys.nodes.items()}
    parties = {"router": keys.router.hex(), "validator": keys.validator.hex()}
    for at, answer in enumerate(crawl.answers):
        session, url, signed = answer.session, answer.response.url, metered.copies[at]
        demand(len(signed) >= MIN_COPIES, f"{url} has receipts of {len(signed)} nodes only")
        paid = names.get(session["node"]) in metered.accepted[at]
        demand(paid, f"the node named for {url} has no receipt")
        same = all(session[party] == key for party, key in parties.items())
        demand(same, f"the session of {url} names other parties")


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which the library's contract does not keep this ledger's head."""
    told, address = facts[NAME], facts[NAME]["ledger"]["address"]
    made = genuine.is_made(chain, address, LEDGER, *_terms(told["ledger"]))
    demand(made, "not the library's ledger contract with these parties")
    kept = chain.at(LEDGER, address).root_at(told["head"]["size"])
    demand(kept.hex() == told["root"], "another ledger is on chain")


STAGE = Stage(
    NAME,
    assumes=(
        "no site and two nodes conspire; the validator tells truly when it asked;"
        " here one process plays all of them"
    ),
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: load(evidence),
)
