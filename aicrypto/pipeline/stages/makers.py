"""Whose work is in an answer, and what each maker gets of what is paid for it.

Two systems of the course divide money among makers of parts. Olas registers what a service is made
of: crawler <- brain <- prover <- agent, and of a payment gives 83 % to the components, equally, and
17 % to the agent. MyShell composes *widgets* to an app, and every use pays the makers of those
it ran; its rates are not published, so **these are ours** (`RATES_BPS`).

The three makers are parties of the run: the node that delivered most, the miner whose network won,
the compute node that was hired to prove it. Amounts are wei.
"""

from collections.abc import Mapping
from typing import Any

from aicrypto.agents import myshell, olas
from aicrypto.agents.myshell import economy
from aicrypto.agents.olas.earnings import Split
from aicrypto.agents.olas.units import UnitRegistry
from aicrypto.commit.hashes import sha256
from aicrypto.pipeline.receipts import Facts, Json, demand, encode

CRAWLER, BRAIN, PROVER = "crawler", "brain", "prover"
AGENT_ID = 1  # of the only agent unit
RATES_BPS = {"Reader": 2_000, "Brain": 2_500, "Checker": 1_000}  # of each use; ours
WIDGETS = {"Reader": CRAWLER, "Brain": BRAIN, "Checker": PROVER}  # whose each is
USE_WEI = 10**14 + 1  # for one use of the workflow: not to be divided evenly
WORKFLOW: Json = {
    "type": "automata",
    "initial": "lobby",
    "context": {},
    "blocks": {
        "lobby": {"render": {"text": "Which page?"}, "transitions": {"CHAT": "answer"}},
        "answer": {
            "inputs": {"page": {"type": "text", "source": "IM", "user_input": True}},
            "blocks": {
                "read": {
                    "type": "task",
                    "widget_class_name": "Reader",
                    "inputs": {"page": "{{page}}"},
                },
                "think": {
                    "type": "task",
                    "widget_class_name": "Brain",
                    "inputs": {"x": "{{read.x}}"},
                },
                "check": {
                    "type": "task",
                    "widget_class_name": "Checker",
                    "inputs": {"logits": "{{think.logits}}"},
                },
            },
            "render": {"text": "{{page}} is about {{check.topic}}"},
            "transitions": {"CHAT": "answer"},
        },
    },
}


def makers_of(facts: Facts) -> dict[str, tuple[str, str]]:
    """The maker of each component: what the run calls it, and its address."""
    delivered, winner = facts["crawl"]["bytes_by_node"], facts["quantise"]["winner"]
    node = max(sorted(delivered), key=delivered.__getitem__)
    hired = facts["market"]["jobs"]["prove"]
    return {
        CRAWLER: (node, facts["crawl"]["nodes"][node]),
        BRAIN: (winner, facts["train"]["miners"][winner]),
        PROVER: (hired["node"], hired["address"]),
    }


def hashes_of(facts: Facts) -> dict[str, bytes]:
    """What each component is registered with: data set, network and proof, by their digests."""
    found = facts["dataset"]["root"], facts["quantise"]["digest"], facts["prove"]["proof"]
    return dict(zip((CRAWLER, BRAIN, PROVER), map(bytes.fromhex, found), strict=True))


def agent_hash() -> bytes:
    """What the agent unit is registered with: its workflow."""
    return sha256(encode(WORKFLOW))


def split(facts: Facts, coordinator: str, wei: int) -> Split:
    """What a payment to the service brings each unit and owner."""
    units, last = UnitRegistry(), 0
    hashes = hashes_of(facts)
    for component, (_, owner) in makers_of(facts).items():
        last = units.create_component(owner, hashes[component], [last] if last else [])
    units.create_agent(coordinator, agent_hash(), [last])
    return olas.split(units, [AGENT_ID], wei)


def widgets(
    facts: Facts, question: Mapping[str, list[int]], network: Any
) -> dict[str, myshell.Part]:
    """The three parts of the workflow.

    Args:
        facts: of the run so far.
        question: the recorded question by its page.
        network: the committed one.
    """

    def read(given: Mapping[str, Any]) -> Json:
        """The page as the network reads it."""
        return {"x": question[given["page"]]}

    def think(given: Mapping[str, Any]) -> Json:
        """The network's output."""
        return {"logits": network.run([given["x"]]).logits[0].tolist()}

    def check(given: Mapping[str, Any]) -> Json:
        """The topic, which must be the proven one."""
        logits = given["logits"]
        label = logits.index(max(logits))
        demand(label == facts["prove"]["label"], "the widget says something else than was proven")
        return {"topic": facts["dataset"]["topics"][label]}

    steps = {"Reader": read, "Brain": think, "Checker": check}
    who = makers_of(facts)
    return {name: myshell.Part(name, who[WIDGETS[name]][1], step) for name, step in steps.items()}


def use(
    facts: Facts, creator: str, page: str, parts: dict[str, myshell.Part]
) -> tuple[str, dict[str, int]]:
    """What the workflow says of a page, and what each maker (address) earns by that."""
    app = economy.publish(WORKFLOW, parts, economy.Policy(creator, RATES_BPS))
    one = app.use(facts["order"]["account"], USE_WEI)
    one.take(one.session.start())
    turn = one.take(one.session.say(page))
    demand(set(one.used) == set(RATES_BPS), "a widget was not used")
    shares = app.settle(one)
    demand(app.purse.is_solvent, "the purse is not what it owes")
    return str(turn.render["text"]), shares


def shares_of(facts: Facts, creator: str) -> dict[str, int]:
    """What a use that runs all three widgets brings each maker's address; the sum is `USE_WEI`."""
    who = makers_of(facts)
    makers = {widget: who[component][1] for widget, component in WIDGETS.items()}
    return economy.Policy(creator, RATES_BPS).split(USE_WEI, WIDGETS, makers, [])
