"""The token that says whose an answer is (ERC-7007), on a run's chain.

    OptimisticAigc -> ResultLibrary <- OpmlCourt -> the oracle's games and arbiter

The token has a library of results of its own, and a court that knows the same program as the
oracle's: whoever recomputes the model may overturn a token's content within the window. The agent's
program mints it to the agent's account.
"""

from dataclasses import dataclass

from aicrypto.evm import Chain
from aicrypto.oracle import deploy_optimistic_token, game_terms, model_id, token_id
from aicrypto.oracle.contracts import COURT, LIBRARY, OPTIMISTIC_TOKEN
from aicrypto.pipeline.receipts import Facts, Json, demand
from aicrypto.pipeline.stages import genuine
from aicrypto.pipeline.stages.agent import Agent
from aicrypto.pipeline.stages.oracle import OPERATOR, TERMS, WINDOW_S, name_of

NAMES = ("Answers of one run", "ANSWER")
IS_ENUMERABLE, REVEAL_BLOCKS = False, 0


@dataclass(frozen=True)
class Words:
    """What the token says: prompt, content, and members of its metadata as JSON text."""

    prompt: bytes
    content: bytes
    metadata: bytes


def number_of(facts: Facts) -> int:
    """The number of the run's model at the oracle."""
    return model_id(name_of(facts["quantise"]["network"]))


def mint(chain: Chain, agent: Agent, asked: Json, words: Words, facts: Facts) -> Json:
    """The token's contracts and number, once it is final; and the gas of it all.

    `asked` has the oracle's contracts and program.
    """
    operator, n_before, number = chain.account(OPERATOR), len(chain.receipts), number_of(facts)
    token, library = deploy_optimistic_token(
        chain, operator, number, WINDOW_S, IS_ENUMERABLE, REVEAL_BLOCKS, NAMES
    )
    where = asked["contracts"]
    given = library, where["game"], where["arbiter"], game_terms(TERMS)
    court = chain.deploy(COURT, *given, sender=operator)
    library.appoint(number, court, sender=operator)
    court.register(number, bytes.fromhex(asked["program"]), sender=operator)
    said = words.prompt, words.content, words.metadata, b""
    token.mint(agent.address, *said, sender=agent.key)
    chain.warp(WINDOW_S)
    return {
        "owner": agent.address,
        "token": token.address,
        "library": library.address,
        "court": court.address,
        "gas": sum(receipt.gas_used for receipt in chain.receipts[n_before:]),
    }


def facts_of(evidence: Json, words: Words, facts: Facts) -> Json:
    """What a chain must hold of the token that evidence tells of."""
    demand(type(evidence["gas"]) is int, "gas is no integer")
    kept = {name: evidence[name] for name in ("owner", "token", "library", "court", "gas")}
    return {
        **kept,
        "number": hex(token_id(words.prompt)),
        "prompt": words.prompt.hex(),
        "content": words.content.hex(),
        "metadata": words.metadata.decode(),
    }


def check(chain: Chain, told: Json, facts: Facts) -> None:
    """Refuses a chain on which another token is there, or another's, or not final."""
    asked, number = facts["inference"], number_of(facts)
    where, operator = asked["contracts"], asked["contracts"]["operator"]
    settings = *NAMES, IS_ENUMERABLE, REVEAL_BLOCKS, told["library"], number
    judged = told["library"], where["game"], where["arbiter"], game_terms(TERMS)
    for address, name, arguments in (
        (told["token"], OPTIMISTIC_TOKEN, settings),
        (told["library"], LIBRARY, (WINDOW_S,)),
        (told["court"], COURT, judged),
    ):
        made = genuine.is_made(chain, address, name, *arguments)
        demand(made, f"{address} is not the library's {name}")
    token, library, court = (
        chain.at(name, told[key])
        for name, key in ((OPTIMISTIC_TOKEN, "token"), (LIBRARY, "library"), (COURT, "court"))
    )
    heard = library.client(), library.courts(number), court.programs(number).hex()
    due = told["token"], told["court"], asked["program"]
    demand(heard == due and library.owner() == operator, "others decide about the token")
    prompt, content = bytes.fromhex(told["prompt"]), bytes.fromhex(told["content"])
    said = prompt, content, told["metadata"].encode(), b""
    sent = [r.message.data for r in chain.receipts if r.message.to == token.address and not r.halt]
    demand(sent == [token.mint.encode(told["owner"], *said)], "the token says something else")
    demand(token.verify(prompt, content, b""), "the token's content is not final")
    demand(token.ownerOf(int(told["number"], 16)) == told["owner"], "the token is another's")
