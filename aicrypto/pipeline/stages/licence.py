"""The licence of a marked model on the run's chain: who paid, who is caught, who gets what.

A contract (`ModelLicence`) holds the root of the sealed sheets, the price of a query, and money of
two hosts. Both serve the model. One reports what it was asked and pays; the other, a pirate, does
not. A prover asks each of them a secret sheet among other questions, keeps the signed answers, and
claims when the time to pay is over. The paying host shows that its report contains the question.
The pirate has nothing to show: half of its deposit goes to the prover, the owner and those whose
pages the model was trained on.

The amounts that must come out are those of the ledger in `aicrypto.oml.protocol`, which shares no
line with the contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.evm import ETHER, Account, Chain, Contract
from aicrypto.evm.chain import SECONDS_PER_BLOCK
from aicrypto.oml.protocol import Ledger, Reveal, Terms, ledger
from aicrypto.pipeline.receipts import Json, demand
from aicrypto.pipeline.stages import genuine

CONTRACT = "ModelLicence"
WINDOW_S = 600
PRICE_WEI = ETHER // 997  # no round number: shares have to be rounded
COLLATERAL_WEI = ETHER // 3
SLASH_BPS, PROVER_BPS, SOURCES_BPS = 5000, 2000, 4000
PIRATE, HOST, PROVER = "pirate", "licensed host", "prover"
ASKED = {PIRATE: 0, HOST: 1}  # the sheet that each host is asked


@dataclass(frozen=True)
class Money:
    """What comes out, in wei: slashed from the pirate, to the prover, to owner and sources."""

    cut: int
    bounty: int
    owner: int
    sources: dict[str, int]


def terms_of(root: bytes, count: int) -> Terms:
    """The owner's terms for so many sheets under a root."""
    return Terms(root, count, PRICE_WEI, COLLATERAL_WEI, SLASH_BPS, PROVER_BPS)


def money_of(
    terms: Terms, reveals: Mapping[str, Reveal], queries: Sequence[bytes], shares: Mapping[str, int]
) -> Money:
    """What the ledger's rules give, for the queries (hashes) that the licensed host pays for."""
    books = ledger.publish(Ledger(), terms)
    books = ledger.deposit(books, PIRATE, COLLATERAL_WEI, 0)
    books = ledger.deposit(books, HOST, COLLATERAL_WEI, len(queries) * PRICE_WEI)
    total = books.total
    for query in queries:
        books = ledger.authorise(books, HOST, query)
    fates = {}
    for host, reveal in reveals.items():
        books, fates[host] = ledger.claim(books, PROVER, host, reveal, reveal.pair.response)
    demand(fates == {PIRATE: ledger.SLASHED, HOST: ledger.PAID}, f"the claims end as {fates}")
    demand(books.total == total, "wei were made or lost")
    sources = {name: books.owner * bps // ledger.BPS for name, bps in shares.items()}
    cut, bounty = COLLATERAL_WEI - books.hosts[PIRATE].collateral, books.provers[PROVER]
    return Money(cut, bounty, books.owner - sum(sources.values()), sources)


@dataclass(frozen=True)
class Case:
    """What a run does on chain.

    Attributes:
        owner, payees: accounts of the owner and of the sources, with the sources' shares.
        reveals, said: by host, the sheet that it is asked and its answer.
        queries: hashes of the queries that the licensed host reports, the prover's the last.
    """

    owner: Account
    payees: Sequence[Account]
    shares: Sequence[int]
    terms: Terms
    reveals: Mapping[str, Reveal]
    said: Mapping[str, str]
    queries: Sequence[bytes]


def play(chain: Chain, case: Case) -> Contract:
    """The contract after all that happened, everybody paid."""
    licence, terms = chain.deploy(CONTRACT, WINDOW_S, sender=case.owner), case.terms
    published = (terms.root, terms.count, PRICE_WEI, COLLATERAL_WEI, SLASH_BPS, PROVER_BPS)
    licence.publish(published, list(case.payees), list(case.shares), sender=case.owner)
    host, prover = chain.account(HOST), chain.account(PROVER)
    licence.deposit(0, sender=chain.account(PIRATE), value=COLLATERAL_WEI)
    credit = len(case.queries) * PRICE_WEI
    licence.deposit(credit, sender=host, value=COLLATERAL_WEI + credit)
    answered, hashes = chain.timestamp, list(case.queries)
    number = licence.report(merkle.root(hashes), len(hashes), sender=host)
    chain.warp(WINDOW_S + 1)
    for name, reveal in case.reveals.items():
        _claim(licence, name, reveal, case.said[name], answered)
    proof = merkle.prove_inclusion(hashes, len(hashes) - 1)
    licence.defend(ASKED[HOST], number, len(hashes) - 1, proof, sender=host)
    chain.warp(WINDOW_S + 1)
    licence.settle(ASKED[PIRATE], sender=prover)
    licence.take_bounty(sender=prover)
    for payee in (case.owner, *case.payees):
        if licence.due(payee):
            licence.collect(payee, sender=prover)
    return licence


def _claim(licence: Contract, name: str, reveal: Reveal, said: str, answered: int) -> None:
    """The prover announces and shows what a host answered, with the host's signature."""
    chain, pair = licence.chain, reveal.pair
    host, prover = chain.account(name), chain.account(PROVER)
    digest = licence.answer_digest(sha256(pair.key.encode()), sha256(said.encode()), answered)
    seal = licence.sealed(prover, merkle.leaf_hash(pair.sealed()))
    licence.announce(seal, sender=prover)
    chain.warp(SECONDS_PER_BLOCK)
    shown = pair.key.encode(), pair.response.encode(), pair.salt, list(reveal.proof), said.encode()
    signed = answered, host.sign(digest)
    licence.claim(host, reveal.index, *shown, *signed, sender=prover)


def gas_of(chain: Chain, licence: str) -> int:
    """The gas of every transaction that made the contract or called it."""
    called = (r for r in chain.receipts if licence in (r.message.to, r.created))
    return sum(receipt.gas_used for receipt in called)


def check(chain: Chain, told: Json) -> None:
    """Refuses a chain on which the library's contract did not end as the facts tell."""
    address = told["licence"]
    made = genuine.is_made(chain, address, CONTRACT, WINDOW_S)
    demand(made, "not the library's licence contract")
    licence, parties = chain.at(CONTRACT, address), told["parties"]
    _check_terms(licence, told)
    pirate, host, prover = (parties[name] for name in (PIRATE, HOST, PROVER))
    reports = [licence.reports(i)[:3] for i in range(licence.n_reports())]
    due = (host, bytes.fromhex(told["report"]), told["queries"])
    demand(reports == [due], "another use was reported")
    cut, bounty = told["cut"], told["bounty"]
    slashed = {"index": ASKED[PIRATE], "host": pirate, "cut": cut, "bounty": bounty}
    demand(_told(licence, "Slashed") == [slashed], "somebody else was slashed, or for more or less")
    acquitted = {"index": ASKED[HOST], "host": host}
    demand(_told(licence, "Paid") == [acquitted], "the licensed host was not acquitted")
    challenged = [
        {"index": index, "host": parties[name], "prover": prover} for name, index in ASKED.items()
    ]
    demand(_told(licence, "Challenged") == challenged, "other claims were made")
    _check_payments(chain, licence, told)
    demand(gas_of(chain, address) == told["gas"], "the transactions used another amount of gas")


def _told(licence: Contract, event: str) -> list[dict[str, object]]:
    return [dict(found.arguments) for found in licence.events(event)]


def _check_terms(licence: Contract, told: Json) -> None:
    """Owner, terms and the sources' shares on chain are those of the facts."""
    demand(licence.OWNER() == told["owner"], "another owns the licence")
    kept = (bytes.fromhex(told["root"]), told["sheets"], PRICE_WEI, COLLATERAL_WEI)
    demand(licence.terms() == (*kept, SLASH_BPS, PROVER_BPS), "other terms are on chain")
    shares = [
        (told["payees"][name], told["shares_bps"][name]) for name in sorted(told["shares_bps"])
    ]
    held = [(licence.payees(i), licence.shares_bps(i)) for i in range(len(shares))]
    demand(held == shares, "the sources have other shares on chain")


def _check_payments(chain: Chain, licence: Contract, told: Json) -> None:
    """Everybody fetched what is due, and the contract holds what is left of the deposits."""
    due = {told["payees"][name]: wei for name, wei in told["paid"].items() if wei}
    due[told["owner"]] = told["owner_paid"]
    collected = _told(licence, "Collected")
    paid = {str(event["payee"]): event["amount"] for event in collected}
    demand(paid == due and len(collected) == len(due), "the income was shared out otherwise")
    left = licence.bounty(told["parties"][PROVER]), chain.balance(licence)
    held = 2 * COLLATERAL_WEI - told["cut"]
    demand(left == (0, held), "wei were made or lost, or not fetched")
