"""An agent's mind: how often a question finds its tool, how quickly, and what a handover costs.

Thirty questions that were written for this, five to each of six tools, none with a rare word of its
tool's sentence in it but by accident. MiniLM chooses by meaning, BM25 (Robertson and Zaragoza 2009,
k1 = 1.2, b = 0.75) by shared words, and so does the stand-in, which knows no rare words. The set is
small: a difference of two questions says nothing.
"""

import math
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple
from functools import partial
from random import Random

from aicrypto import models
from aicrypto.agents import memory
from aicrypto.agents.agency import Agency
from aicrypto.agents.brain import HashedWords, Router, Sentences, Tool
from aicrypto.agents.brain.routing import Encoder, words_of
from aicrypto.bench import Record, best_seconds
from aicrypto.evm import Chain
from aicrypto.models import minilm

K1, B = 1.2, 0.75
TOOLS = {
    "run a SQL query over the table of trades": (
        "How many trades were there per day in March?",
        "What was the average price last week?",
        "Which customer bought the most?",
        "Count all rows with a volume above 100",
        "Show me the total revenue by month",
    ),
    "search web pages for facts": (
        "Who wrote the Python language reference?",
        "Find out when the bridge was built",
        "What does the manual say about indexes?",
        "Look up the population of Norway",
        "Is there an article about whales?",
    ),
    "send tokens to an address": (
        "Send 5 USDC to Alice",
        "Pay Bob what I owe him",
        "Transfer half of my balance to the treasury",
        "Move 2 ETH into my cold wallet",
        "Reimburse Carol for the dinner",
    ),
    "generate an image from a text prompt": (
        "Draw a cat wearing a hat",
        "Make a picture of a sunset over the sea",
        "I need a logo with a blue whale",
        "Paint our house in the style of Monet",
        "Create an illustration for my blog post",
    ),
    "verify a zero knowledge proof": (
        "Is this SNARK valid?",
        "Check whether the prover was honest",
        "Does the Groth16 proof match the public inputs?",
        "Can you confirm that this computation was proven correctly?",
        "Verify the attached certificate of inference",
    ),
    "stake tokens and earn rewards": (
        "Lock up my coins for a year to get interest",
        "How can I earn yield on my savings?",
        "Delegate 100 coins to a validator",
        "Put my holdings to work and collect the rewards",
        "Start staking with the operator that pays best",
    ),
}


def routing() -> Iterator[Record]:
    """`agents.routed_percent`: questions that find their tool; the peer is BM25. Chance is 17 %."""
    baseline = _percent([_bm25(question) for question, _ in _asked()])
    for name, encoder in _encoders():
        router = Router(_tools(), encoder)
        chosen = [router.route(question).tool for question, _ in _asked()]
        yield Record(f"agents.routed_percent.{name}", _percent(chosen), "%", "BM25", baseline)


def speed() -> Iterator[Record]:
    """`agents.route_ms`: a question's way to its tool; the peer begins at the features."""
    question = _asked()[0][0]
    for name, encoder in _encoders():
        router = Router(_tools(), encoder)
        seconds = best_seconds(partial(router.route, question))
        features = encoder.encode([question])[0]
        decided = best_seconds(partial(router.decide, features))
        peer = "from the features alone, which is what can be disputed"
        yield Record(f"agents.route_ms.{name}", 1e3 * seconds, "ms", peer, 1e3 * decided)


def handover() -> Iterator[Record]:
    """`agents.handover_gas`: token and memory to another owner; the peer moves the token alone."""
    chain = Chain()
    seller, buyer, tee = (chain.account(name) for name in ("seller", "buyer", "tee"))
    agency = Agency.deploy(chain, seller)
    vault = chain.deploy("AgentVault", agency.identities.address, tee.address, sender=seller)
    model = memory.Vault(chain.chain_id, vault.address, tee.address)
    agent_id, _ = agency.register(seller)
    random, context = Random(1).randbytes, memory.context_of(agent_id)
    sealed = memory.lock(b"[]", memory.public_key(seller.private_key), random, context)
    model.mint(seller.address.lower(), agent_id, sealed)
    vault.keep(agent_id, sealed.digest, sealed.key, sender=seller)
    key = memory.open_key(sealed.key, seller.private_key, context)
    to = buyer.address, memory.public_key(buyer.private_key)
    terms, _ = memory.reencrypt(model, agent_id, sealed.blob, key, to, random)
    signers = {memory.ACCESS: buyer, memory.OWNERSHIP: tee}
    proofs = [memory.sign_proof(model, kind, terms, by) for kind, by in signers.items()]
    agency.identities.approve(vault, agent_id, sender=seller)
    vault.transfer(astuple(terms), *proofs, sender=seller)
    with_memory = chain.gas_used
    agency.identities.transferFrom(buyer, seller, agent_id, sender=buyer)
    yield Record("agents.handover_gas", with_memory, "gas", "the token alone", chain.gas_used)


def _encoders() -> Iterator[tuple[str, Encoder]]:
    yield "stand_in", HashedWords()
    if models.available()["minilm"]:
        yield "minilm", Sentences(minilm.load())
    else:
        warnings.warn("MiniLM is not installed: no records of it", stacklevel=2)


def _tools() -> tuple[Tool, ...]:
    return tuple(Tool(about, about, lambda: None) for about in TOOLS)


def _asked() -> list[tuple[str, str]]:
    """Every question, and the tool that it is meant for."""
    return [(question, about) for about, questions in TOOLS.items() for question in questions]


def _percent(chosen: list[str | None]) -> float:
    hits = sum(tool == about for tool, (_, about) in zip(chosen, _asked(), strict=True))
    return 100 * hits / len(chosen)


def _bm25(question: str) -> str | None:
    """The tool whose sentence shares the most telling words with the question; None for none."""
    documents = {about: Counter(words_of(about)) for about in TOOLS}
    mean = sum(d.total() for d in documents.values()) / len(documents)
    scores = dict.fromkeys(TOOLS, 0.0)
    for word in words_of(question):
        holders = [about for about, words in documents.items() if word in words]
        telling = math.log(1 + (len(documents) - len(holders) + 0.5) / (len(holders) + 0.5))
        for about in holders:
            count, length = documents[about][word], documents[about].total()
            scores[about] += telling * count * (K1 + 1) / (count + K1 * (1 - B + B * length / mean))
    best = max(scores, key=lambda about: scores[about])
    return best if scores[best] > 0 else None
