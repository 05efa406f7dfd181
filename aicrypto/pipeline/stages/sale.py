"""Stage 18, sale: the agent owns what it ordered, earns with it, and is sold with everything.

The answer's work and token are in the agent's account now, and so is what is left of the budget. A
reader buys the answer by x402 and rates it, two validators confirm how it was found, the owner
offers the agent in a market that sells it only as it was offered (`handover`). After the sale the
NFT's new owner commands account, treasury and works; the old owner's signatures, and the key that
he had allowed, are void, though nobody revoked them.

Who checks replays the chain once more, from its beginning to the sale, and finds there who owns and
holds what, to the wei.
"""

from dataclasses import dataclass

from aicrypto.agents.payments import Authorization
from aicrypto.commit.hashes import keccak256, sha256
from aicrypto.evm import Chain, Journal
from aicrypto.evm.accounts import NOBODY
from aicrypto.ip import onchain
from aicrypto.oracle.contracts import OPTIMISTIC_TOKEN
from aicrypto.pipeline.job import COORDINATOR
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
from aicrypto.pipeline.stages import bonds, genuine, handover, oracle, order, prove, service
from aicrypto.pipeline.stages.family import ANSWER
from aicrypto.pipeline.stages.handover import ACCEPTED, COST, PRICE_WEI, Finding
from aicrypto.pipeline.stages.inference import WATCHER, logits_in
from aicrypto.pipeline.state import State
from aicrypto.zkml import CommittedModel

NAME = "sale"
PROVER = "zkml-validator"
ZKML, OPML = "zkml", "opml"
NO, YES, SIGNED = bytes(4), bytes.fromhex("523e3260"), bytes.fromhex("1626ba7e")


@dataclass(frozen=True)
class Sale:
    """Who owns the agent now, and for how many wei."""

    buyer: str
    price: int


def memory_of(facts: Facts) -> bytes:
    """32 bytes that stand for what the agent remembers: the facts of all stages before."""
    return sha256(encode(dict(facts)))


def asked_of(facts: Facts) -> dict[str, tuple[bytes, bytes]]:
    """For each validator which work it is asked about, and what it measures it by."""
    proven, answered = facts["prove"], facts["inference"]
    output = keccak256(bytes.fromhex(answered["answers"][-1]))
    by_proof = bytes.fromhex(proven["proof"]), bytes.fromhex(facts["quantise"]["digest"])
    return {ZKML: by_proof, OPML: (output, bytes.fromhex(answered["program"]))}


def treasury_of(facts: Facts) -> int:
    """Wei that must be left of the budget."""
    paid = facts["order"]["reward"], facts["market"]["paid"], *service.paid_in(facts)
    return int(facts["order"]["budget"] - sum(paid) - oracle.FEE_WEI - facts["royalty"]["price"])


def run(state: State) -> State:
    """The state with the agent sold, and the receipt."""
    chain, agent, facts = state.chain, state.agent, state.facts
    coordinator = chain.account(COORDINATOR)
    n_before = len(chain.receipts)
    handover.hand_over(chain, facts["royalty"], ANSWER, coordinator, agent.address)
    work, nonce = bytes.fromhex(facts["context"]["content"]), state.rng("x402").randbytes(32)
    token, payment = handover.sell_answer(chain, agent.address, coordinator, work, nonce)
    verdicts = {ZKML: prove.holds(state.evidence["prove"], facts), OPML: _is_as_computed(state)}
    validators = {ZKML: chain.account(PROVER), OPML: chain.account(WATCHER)}
    findings = {
        tag: Finding(validators[tag], asked, ACCEPTED * verdicts[tag], looked_at)
        for tag, (asked, looked_at) in asked_of(facts).items()
    }
    handover.rate(agent, chain.account(handover.READER))
    handover.examine(agent, findings)
    handover.sell(agent, token, memory_of(facts))
    buyer = chain.account(handover.BUYER).address
    evidence = {
        "token": token.address,
        "payment": payment,
        "reader": chain.account(handover.READER).address,
        "buyer": buyer,
        "validators": {tag: account.address for tag, account in validators.items()},
        "gas": sum(receipt.gas_used for receipt in chain.receipts[n_before:]),
        "journal": chain.journal.to_bytes().hex(),
    }
    return state.publish(STAGE, Sale(buyer, PRICE_WEI), evidence)


def _is_as_computed(state: State) -> bool:
    """Whether the network, run again, says what the oracle gave out in the end."""
    network = state.get(CommittedModel).network
    output = bytes.fromhex(state.facts["inference"]["answers"][-1])
    again = network.run([state.evidence["inference"]["x"]]).logits[0].tolist()
    return bool(again == logits_in(output))


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """On the replayed chain the agent is sold with all it had, and obeys nobody else."""
    journal = Journal.from_bytes(bytes.fromhex(evidence["journal"]))
    settled = inputs.get("settle")
    if settled is not None:
        before = Journal.from_bytes(bytes.fromhex(settled["journal"]))
        same = journal.entries[: len(before.entries)] == before.entries
        demand(same and journal.chain_id == before.chain_id, "another chain was settled on")
    chain, told = Chain.replay(journal), facts["order"]
    order.check_contracts(chain, told["contracts"])
    demand(evidence["buyer"] not in (told["client"], told["key"]), "the agent was not sold")
    _check_sold(chain, told, evidence["buyer"])
    _check_void(chain, told, evidence["buyer"])
    _check_works(chain, facts)
    _check_reader(chain, evidence, told)
    _check_findings(chain, evidence, facts)
    bonds.check_on_chain(chain, facts)
    treasury = treasury_of(facts)
    demand(chain.balance(told["account"]) == treasury, "the account holds another amount")
    demand(chain.total_wei() == chain.minted_wei, "wei were made or lost")
    gas, found = evidence["gas"], len(asked_of(facts))
    demand(type(gas) is int, "gas is no integer")
    return Conclusion(
        f"agent {told['agent']} was sold for {PRICE_WEI} wei with its account: {treasury} wei, the"
        f" answer's token and work, {COST} units earned from a reader (x402), {found} validations,"
        f" its memory of {len(facts)} stages; former owner and key are refused ({gas:,} gas)",
        {
            "buyer": evidence["buyer"],
            "seller": told["client"],
            "price": PRICE_WEI,
            "treasury": treasury,
            "earned": COST,
            "rating": handover.RATING,
            "token": evidence["token"],
            "reader": evidence["reader"],
            "validators": evidence["validators"],
            "memory": memory_of(facts).hex(),
            "gas": gas,
        },
    )


def _check_sold(chain: Chain, told: Json, buyer: str) -> None:
    """One sale, at this price, and nothing else was paid for the agent."""
    where, number = told["contracts"], told["agent"]
    market = chain.at(order.CONTRACTS["market"], where["market"])
    sold = {"tokenId": number, "seller": told["client"], "buyer": buyer, "price": PRICE_WEI}
    happened = [dict(event.arguments) for event in market.events("Sold")]
    demand(happened == [sold] and not chain.balance(market), "another sale took place")
    registered = chain.at(order.CONTRACTS["identities"], where["identities"])
    demand(registered.ownerOf(number) == buyer, "another owns the agent")
    demand(registered.getAgentWallet(number) == NOBODY, "the seller's wallet is still the agent's")
    demand(registered.tokenURI(number) == told["uri"], "another file is registered")


def _check_void(chain: Chain, told: Json, buyer: str) -> None:
    """The account obeys its new owner alone; who tried otherwise was refused."""
    account = chain.at(order.CONTRACTS["implementation"], told["account"])
    former = told["client"], told["key"]
    obeyed = [who for who in former if account.isValidSigner(who, b"") != NO]
    demand(not obeyed, "the account still obeys a former owner or key")
    owned = account.owner(), account.isValidSigner(buyer, b"")
    demand(owned == (buyer, YES), "the account does not obey its new owner")
    consent = (bytes.fromhex(told["consent"][name]) for name in ("digest", "signature"))
    demand(account.isValidSignature(*consent) != SIGNED, "an old signature still counts")
    refused = [
        receipt.message.sender
        for receipt in chain.receipts
        if receipt.message.to == told["account"] and receipt.halt
    ]
    demand(set(refused) == set(former), "nobody tried what must be refused")


def _check_works(chain: Chain, facts: Facts) -> None:
    """The answer's work and token are the account's, and the memory is the run's."""
    told, royalty, deed = facts["order"], facts["royalty"], facts["context"]
    works, answer = onchain.Works.at(chain, royalty["contracts"]), royalty["works"][ANSWER]
    demand(works.owner_of(answer["ip"]) == told["account"], "the answer's work is another's")
    token = chain.at(OPTIMISTIC_TOKEN, deed["token"])
    owner = token.ownerOf(int(deed["number"], 16))
    demand(owner == told["account"], "the answer's token is another's")
    registered = chain.at(order.CONTRACTS["identities"], told["contracts"]["identities"])
    head = registered.getMetadata(told["agent"], handover.MEMORY)
    demand(head == memory_of(facts), "the agent remembers something else")


def _check_reader(chain: Chain, evidence: Json, told: Json) -> None:
    """The reader paid the account by signature, once; the new owner has taken it out."""
    made = genuine.is_made(
        chain, evidence["token"], handover.TOKEN, handover.LABEL, handover.SUPPLY
    )
    demand(made, "not the library's token")
    token = chain.at(handover.TOKEN, evidence["token"])
    payload = evidence["payment"]
    terms = handover.requirements_of(token.address, chain.chain_id, told["account"])
    demand(payload["accepted"] == terms, "the reader accepted other terms")
    paid = Authorization.from_json(payload["payload"]["authorization"])
    named = paid.payer, paid.payee, paid.value
    demand(named == (evidence["reader"], told["account"], COST), "the reader paid something else")
    used = [dict(event.arguments) for event in token.events("AuthorizationUsed")]
    demand(used == [{"authorizer": paid.payer, "nonce": paid.nonce}], "another payment was made")
    heard = chain.at(order.CONTRACTS["reputation"], told["contracts"]["reputation"])
    rated = heard.getSummary(told["agent"], [paid.payer], handover.RATED, "")
    demand(rated == (1, handover.RATING, 0), "who paid rates the agent otherwise")
    held = token.balanceOf(told["account"]), token.balanceOf(evidence["buyer"])
    demand(held == (0, COST), "the new owner has not taken out what was earned")


def _check_findings(chain: Chain, evidence: Json, facts: Facts) -> None:
    """Both validators accepted this run's work."""
    told, validators = facts["order"], evidence["validators"]
    registry = chain.at(order.CONTRACTS["validation"], told["contracts"]["validation"])
    asked = asked_of(facts)
    demand(set(validators) == set(asked), "other validators")
    heard = [registry.getValidationSummary(told["agent"], [validators[tag]], tag) for tag in asked]
    demand(heard == [(1, ACCEPTED)] * len(asked), "a validator says something else")
    for tag, (request, looked_at) in asked.items():
        status = registry.getValidationStatus(request)
        demand(status[0] == validators[tag], f"another validator was asked for {tag}")
        demand(status[3] == looked_at, f"{tag} was measured by something else")


STAGE = Stage(
    NAME,
    assumes=(
        "buyer, reader and validators are played by this process; what an agent is worth is its"
        " buyer's opinion; the chain is a fresh one that nobody else has confirmed"
    ),
    run=run,
    conclude=conclude,
)
