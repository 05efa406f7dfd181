"""How an agent earns, is examined and is sold, on a run's chain.

    works, answer's token, wei, tokens earned  ->  account  ->  NFT  ->  buyer

In order: the coordinator hands the answer's work over to the account that paid for it; a reader
buys the answer over HTTP (x402), paid by signature in a token, and rates it; two validators report
on the agent's work (ERC-8004); the owner writes down what the agent remembers, and offers it; a
buyer pays. Then the old key tries to go on, and the new owner takes out what the agent has earned.

Money is wei; the token has 6 decimals.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aicrypto.agents.payments import ChainToken, Facilitator, Paywall, decode_header, pay
from aicrypto.agents.payments.paywall import REQUIRED, SIGNATURE
from aicrypto.evm import ETHER, Account, Chain, Contract, Reverted
from aicrypto.ip import onchain
from aicrypto.pipeline.receipts import Json
from aicrypto.pipeline.stages.agent import Agent

ISSUER, READER, BUYER = "issuer", "reader", "buyer"
TOKEN, LABEL, SUPPLY = "PaymentToken", "Course Dollar", 10**12
COST = 250_000  # of reading the answer, in the token's smallest unit
PRICE_WEI = 5 * ETHER // 4  # of the agent
URL, MAX_S = "https://agent.example/answer", 60
ACCEPTED = 100  # of 100: what a validator says of work that is as it should be
RATING, RATED = 95, "answer"  # of 100, by the reader; and what for
MEMORY = "memory"  # of the metadata entry with the head of what the agent remembers


@dataclass(frozen=True)
class Finding:
    """What a validator was asked, found, and looked at: 0 to 100, and 32 bytes each."""

    validator: Account
    asked: bytes
    response: int
    looked_at: bytes


def hand_over(chain: Chain, royalty: Json, work: str, coordinator: Account, to: str) -> None:
    """Gives a work's NFT, and so the work's account, to whoever paid for it."""
    works = onchain.Works.at(chain, royalty["contracts"])
    token = royalty["works"][work]["token"]
    works.collection.transferFrom(coordinator, to, token, sender=coordinator)


def requirements_of(token: str, chain_id: int, payee: str) -> Json:
    """What the agent's door asks of a reader, as x402 writes it."""
    return {
        "scheme": "exact",
        "network": f"eip155:{chain_id}",
        "asset": token,
        "amount": str(COST),
        "payTo": payee,
        "maxTimeoutSeconds": MAX_S,
        "extra": {"name": LABEL, "version": "2"},
    }


def sell_answer(
    chain: Chain, payee: str, carrier: Account, work: bytes, nonce: bytes
) -> tuple[Contract, Json]:
    """The token, and the payment as it stood in the reader's second request."""
    issuer, reader = chain.account(ISSUER), chain.account(READER)
    token = chain.deploy(TOKEN, LABEL, SUPPLY, sender=issuer)
    token.transfer(reader, COST, sender=issuer)
    facilitator = Facilitator({token.address: ChainToken(token, carrier)})
    terms = requirements_of(token.address, chain.chain_id, payee)
    door = Paywall(terms, facilitator, lambda body: work)
    offer = decode_header(door.answer(chain.timestamp, URL, {}).headers[REQUIRED])
    headers = pay(offer, reader.address, reader.private_key, chain.timestamp, nonce)
    reply = door.answer(chain.timestamp, URL, headers)
    assert (reply.status, reply.body) == (200, work)
    return token, decode_header(headers[SIGNATURE])


def rate(agent: Agent, reader: Account) -> None:
    """A reader says what he thinks of the agent; that he has paid makes him worth hearing."""
    agent.agency.reputation.giveFeedback(agent.number, RATING, 0, RATED, "", sender=reader)


def examine(agent: Agent, findings: Mapping[str, Finding]) -> None:
    """The owner asks the validators about the agent's work, and they answer; tags are the keys."""
    validation = agent.agency.validation
    for tag, found in findings.items():
        asked = found.validator, agent.number, found.asked
        validation.validationRequest(*asked, sender=agent.owner)
        said = found.asked, found.response, found.looked_at, tag
        validation.validationResponse(*said, sender=found.validator)


def sell(agent: Agent, token: Contract, memory: bytes) -> None:
    """The agent is offered with all that it has, and bought; then everybody tries to command it."""
    chain, agency, number = token.chain, agent.agency, agent.number
    buyer = chain.account(BUYER)
    agency.identities.setMetadata(number, MEMORY, memory, sender=agent.owner)
    agency.offer(agent.owner, number, PRICE_WEI, token)
    agency.buy(buyer, number, PRICE_WEI, agency.offer_hash(number))
    for former in (agent.key, agent.owner):
        try_to_take(agent, former)
    earned = token.balanceOf(agent.account)
    collect = token.transfer.encode(buyer, earned)
    agent.account.execute(token, 0, collect, 0, sender=buyer)


def try_to_take(agent: Agent, thief: Account) -> None:
    """Somebody tries to move a wei out of the account; what is refused stays on record."""
    try:
        agent.account.execute(thief, 1, b"", 0, sender=thief)
    except Reverted:
        return
    raise AssertionError(f"{thief.name} still commands the account")
