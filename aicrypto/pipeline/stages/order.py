"""Stage 1, order: an agent orders the knowledge service, and pays the budget in beforehand.

A client has made an agent (`agent`): an NFT in a registry of agents, with an account that the
client fills with a budget. Its program, a key that may act for the account, writes down what is
wanted, registers the digest of that as the agent's file, and places the job: the reward goes from
the account into the job's escrow before anybody works. The rest of the budget stays in the account
and pays for what the job needs on its way.

Who checks recomputes the digest from the words here, and finds on the replayed chain that the agent
is registered with it, that its account is where the standard says, and that this account, not the
client, ordered and paid.
"""

from collections.abc import Mapping
from typing import Any

from aicrypto.agents.agency import Agency
from aicrypto.commit.hashes import sha256
from aicrypto.evm import Account, Chain
from aicrypto.evm.token_bound import TokenBound
from aicrypto.pipeline.job import CLIENT, COORDINATOR, REWARD_WEI, Posted
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
from aicrypto.pipeline.stages import genuine
from aicrypto.pipeline.stages.agent import BUDGET_WEI, KEY, Agent, acts_of
from aicrypto.pipeline.state import Options, State

NAME = "order"
TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
DOCUMENTATION = "the documentation server of Python"  # ordered where no site is named
KEPT = (
    *("agent", "account", "client", "key", "coordinator"),
    *("contracts", "consent", "gas"),
)  # of the evidence, as facts
CONTRACTS = {  # by their names in `Agency`
    "registry": "AccountRegistry",
    "implementation": "AgentAccount",
    "identities": "AgentIdentity",
    "reputation": "AgentReputation",
    "validation": "AgentValidation",
    "market": "AgentMarket",
}


def wanted(options: Options) -> Json:
    """The agent's registration file: what it is, and what it orders."""
    return {
        "type": TYPE,
        "name": "a buyer of knowledge",
        "description": "orders a classifier of a site's pages, and one proven, sourced answer",
        "supportedTrust": ["crypto-economic", "zkml", "opml"],
        "order": {
            "site": options.site or DOCUMENTATION,
            "topics": list(options.topics),
            "reward_wei": REWARD_WEI,
            "budget_wei": BUDGET_WEI,
        },
    }


def uri_of(file: Json) -> str:
    """How the registry names the file: by its digest."""
    return f"sha256:{sha256(encode(file)).hex()}"


def run(state: State) -> State:
    """The state with the order registered, and the receipt."""
    agent, file = state.agent, wanted(state.options)
    agency = agent.agency
    agency.identities.setAgentURI(agent.number, uri_of(file), sender=agent.owner)
    digest, signature = agent.consent
    evidence = {
        "file": file,
        "agent": agent.number,
        "account": agent.address,
        "client": agent.owner.address,
        "key": agent.key.address,
        "coordinator": state.chain.account(COORDINATOR).address,
        "chain_id": state.chain.chain_id,
        "contracts": {name: getattr(agency, name).address for name in CONTRACTS},
        "consent": {"digest": digest.hex(), "signature": signature.hex()},
        "gas": sum(receipt.gas_used for receipt in state.chain.receipts),
    }
    return state.publish(STAGE, agent, evidence)


def restore(state: State, evidence: Json) -> Agent:
    """The agent in this stage's evidence."""
    return agent_at(state.chain, evidence, state.chain.account(CLIENT), state.chain.account(KEY))


def agent_at(chain: Chain, told: Json, owner: Account, key: Account) -> Agent:
    """The agent that evidence or facts tell of, on any chain where it is."""
    contracts = {name: chain.at(kind, told["contracts"][name]) for name, kind in CONTRACTS.items()}
    agency = Agency(chain, **contracts)
    consent = told["consent"]
    signed = bytes.fromhex(consent["digest"]), bytes.fromhex(consent["signature"])
    return Agent(agency, told["agent"], agency.at(told["account"]), owner, key, signed)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The account is the agent's own, and the order is the file that the agent registered."""
    file, contracts = evidence["file"], evidence["contracts"]
    demand(set(contracts) == set(CONTRACTS), "other contracts")
    demand(
        type(evidence["agent"]) is int and type(evidence["gas"]) is int, "a number is no integer"
    )
    where = contracts["implementation"], evidence["chain_id"], contracts["identities"]
    account = TokenBound(*where, evidence["agent"]).address(contracts["registry"])
    demand(account == evidence["account"], "the account is not the agent's")
    demand(set(file) == set(wanted(Options())), "the order says something else")
    ordered = file["order"]
    paid = ordered["reward_wei"], ordered["budget_wei"]
    demand(paid == (REWARD_WEI, BUDGET_WEI), "another reward or budget was ordered")
    parties = [evidence[name] for name in ("account", "client", "key", "coordinator")]
    demand(len(set(parties)) == len(parties), "two parties share an address")
    return Conclusion(
        f"agent {evidence['agent']} ordered a classifier of {ordered['site']} with a proven,"
        f" sourced answer: its account holds a budget of {BUDGET_WEI} wei, {REWARD_WEI} of them are"
        f" in escrow as the reward ({evidence['gas']:,} gas)",
        {name: evidence[name] for name in KEPT}
        | {"uri": uri_of(file), "budget": BUDGET_WEI, "reward": REWARD_WEI}
        | {"site": ordered["site"]},
    )


def check_on_chain(chain: Chain, facts: Facts, held: Posted) -> None:
    """Refuses a chain on which this agent was not registered so, or did not order and pay."""
    told = facts[NAME]
    check_contracts(chain, told["contracts"])
    registered = chain.at(CONTRACTS["identities"], told["contracts"]["identities"])
    demand(registered.tokenURI(told["agent"]) == told["uri"], "another file is registered")
    wallet = registered.getAgentWallet(told["agent"])
    demand(wallet == told["account"], "another wallet is the agent's")
    account = chain.at(CONTRACTS["implementation"], told["account"])
    own = account.token()[1:] == (told["contracts"]["identities"], told["agent"])
    demand(own and account.owner() == told["client"], "another owns the agent, or the account")
    demand(held.client == told["account"], "another ordered the job")
    demand(held.coordinator == told["coordinator"], "another party coordinates the job")
    _check_budget(chain, told)


def check_contracts(chain: Chain, where: Mapping[str, str]) -> None:
    """The agents' contracts were made from the library's code, for each other."""
    made: dict[str, tuple[Any, ...]] = {
        "implementation": (where["registry"],),
        "reputation": (where["identities"],),
        "validation": (where["identities"],),
    }
    for name, kind in CONTRACTS.items():
        is_ours = genuine.is_made(chain, where[name], kind, *made.get(name, ()))
        demand(is_ours, f"{name} is not the library's {kind}")


def _check_budget(chain: Chain, told: Json) -> None:
    """The client paid the budget in once; the account's first act was to place the job."""
    paid = [
        receipt.message.value_wei
        for receipt in chain.receipts
        if receipt.message.to == told["account"] and receipt.message.sender == told["client"]
    ]
    demand(paid == [0, told["budget"]], "the client paid in something else")
    first = acts_of(chain, told["account"])[0]
    by = first.receipt.message.sender
    demand((by, first.wei) == (told["key"], told["reward"]), "the account did not place the job")


STAGE = Stage(
    NAME,
    assumes="whoever owns the agent's NFT commands its account; one process plays client and agent",
    run=run,
    conclude=conclude,
    restore=restore,
)
