"""Who paid whom, from the facts of the receipts alone; every wei that comes in goes somewhere.

client -> agent's account -> escrow      -> nodes, miners, validators, coordinator
                          -> oracle      -> the model's maker, the operator
                          -> market      -> compute nodes, fees
                          -> the answer  -> its owner, model, data set, owners of pages
hosts  -> licence -> the model's owner, sources, whoever caught the pirate
client -> agent's account -> service -> makers of components, agent
                          -> a use     -> makers of widgets, creator
buyer  -> client, who sold the agent
"""

from collections import Counter
from collections.abc import Sequence

from aicrypto.pipeline.receipts import Facts
from aicrypto.pipeline.stages import family
from aicrypto.pipeline.stages.oracle import MAKERS_PERCENT
from aicrypto.viz.summit.flow import Payment

CLIENT, AGENT, TREASURY = "client", "the agent's account", "stays with the agent"
SELLER = "client, who sold the agent"
ESCROW, ORACLE, MARKET = "reward in escrow", "oracle's fee", "compute market"
SERVICE, WORKFLOW = "service of four operators", "workflow of widgets"
PRICE, LICENCE, OWNER = "answer's price", "licence of the model", "owner of the model"


def payments(facts: Facts) -> list[Payment]:
    """All payments of a run in wei, as far as its stages have come."""
    found: list[Payment] = []
    for stage, made in MADE.items():
        if stage in facts:
            found += made(facts)
    if "order" in facts:
        kept = balance(found)[AGENT]
        found.append(Payment(AGENT, TREASURY, kept, "what is left of the budget"))
    return [payment for payment in found if payment.wei]


def balance(paid: Sequence[Payment]) -> Counter[str]:
    """What each party got more than it gave."""
    found: Counter[str] = Counter()
    for payment in paid:
        found[payment.taker] += payment.wei
        found[payment.giver] -= payment.wei
    return found


def _order(facts: Facts) -> list[Payment]:
    told = facts["order"]
    return [
        Payment(CLIENT, AGENT, told["budget"], "budget"),
        Payment(AGENT, ESCROW, told["reward"], "reward"),
    ]


def _settle(facts: Facts) -> list[Payment]:
    paid = facts["settle"]["payouts"]
    groups = {
        "nodes": facts["crawl"]["nodes"],
        "miners": facts["train"]["miners"],
        "validators": facts["rank"]["validators"],
    }
    rules = {"nodes": "by bytes", "miners": "by rank", "validators": "by dividend"}
    found = [
        Payment(ESCROW, group, sum(paid[name] for name in names), rules[group])
        for group, names in groups.items()
    ]
    rest = sum(paid.values()) - sum(payment.wei for payment in found)
    return [*found, Payment(ESCROW, "coordinator", rest, "the rest")]


def _oracle(facts: Facts) -> list[Payment]:
    fee = facts["inference"]["fee"]
    makers = fee * MAKERS_PERCENT // 100
    return [
        Payment(AGENT, ORACLE, fee, "a request"),
        Payment(ORACLE, OWNER, makers, f"{MAKERS_PERCENT} %"),
        Payment(ORACLE, "operator of the oracle", fee - makers, "the rest"),
    ]


def _market(facts: Facts) -> list[Payment]:
    told = facts["market"]
    nodes = [
        Payment(MARKET, job["node"], job["net"], f"released for {name}")
        for name, job in told["jobs"].items()
    ]
    fees = Payment(MARKET, "fees of the market", told["fees"], "fees")
    return [Payment(AGENT, MARKET, told["paid"], "two jobs"), *nodes, fees]


def _royalty(facts: Facts) -> list[Payment]:
    told = facts["royalty"]
    owners = {family.ANSWER: "owner of the answer", family.MODEL: OWNER}
    shares = [
        Payment(PRICE, owners.get(work, work), wei, f"share of {work}")
        for work, wei in told["earned"].items()
    ]
    dust = Payment(PRICE, "left by rounding", told["dust"], "rounding")
    return [Payment(AGENT, PRICE, told["price"], "one answer"), *shares, dust]


def _licence(facts: Facts) -> list[Payment]:
    told = facts["own"]
    income = sum(told["paid"].values()) + told["owner_paid"]
    fees = income + told["bounty"] - told["cut"]
    sources = [
        Payment(LICENCE, family.section_name(topic), wei, "contributed to the model")
        for topic, wei in told["paid"].items()
    ]
    return [
        Payment("pirate", LICENCE, told["cut"], "half of its deposit"),
        Payment("licensed host", LICENCE, fees, "fees"),
        Payment(LICENCE, "who caught the pirate", told["bounty"], "bounty"),
        Payment(LICENCE, OWNER, told["owner_paid"], "income"),
        *sources,
    ]


def _service(facts: Facts) -> list[Payment]:
    told = facts["service"]
    who = {address: f"maker of the {part}" for part, address in told["makers"].items()}
    who[told["coordinator"]] = "coordinator"
    earned = [
        Payment(SERVICE, who[address], wei, "share of a component")
        for address, wei in told["earned"].items()
    ]
    shares = [
        Payment(WORKFLOW, who[address], wei, "share of a widget")
        for address, wei in told["shares"].items()
    ]
    left = Payment(SERVICE, "left by rounding", told["left"], "rounding")
    fees = (
        Payment(AGENT, SERVICE, told["fee"], "one answer"),
        Payment(AGENT, WORKFLOW, told["use"], "one use"),
    )
    return [*fees, *earned, left, *shares]


def _sale(facts: Facts) -> list[Payment]:
    return [Payment("buyer of the agent", SELLER, facts["sale"]["price"], "the agent's NFT")]


MADE = {
    "service": _service,
    "sale": _sale,
    "order": _order,
    "settle": _settle,
    "inference": _oracle,
    "market": _market,
    "royalty": _royalty,
    "own": _licence,
}
