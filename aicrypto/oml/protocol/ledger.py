"""The licence ledger: who may use the model, who has paid, who is slashed. Rules without a chain.

Operations act on a `Ledger` and give a new one, or raise the reason for which nothing happens. The
contract `ModelLicence` keeps the same rules with real money, signatures and time.

Amounts are integers in the smallest unit; shares are in 1/10,000 (bps). A query counts as its
SHA-256. Source: the protocol of eprint 2024/1573 in a small exact form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aicrypto.commit.hashes import sha256
from aicrypto.oml.protocol.sealing import Reveal, verify_reveal

BPS = 10_000
PAID, SLASHED = "Paid", "Slashed"


class Refused(ValueError):
    """An operation that changes nothing; the class is the reason."""


class NotPublished(Refused):
    """There are no terms yet."""


class AlreadyPublished(Refused):
    """Terms are published once."""


class UnknownHost(Refused):
    """Nobody of that name ever deposited."""


class InsufficientCollateral(Refused):
    """Less collateral than the terms demand, or than is there."""


class InsufficientCredit(Refused):
    """Less credit than a query costs."""


class AlreadyRevealed(Refused):
    """A fingerprint convicts once."""


class NotCommitted(Refused):
    """This pair was not sealed at this place."""


class ResponseMismatch(Refused):
    """The host said something else."""


@dataclass(frozen=True)
class Terms:
    """What the owner publishes, once."""

    root: bytes
    count: int
    price: int
    min_collateral: int
    slash_bps: int
    prover_bps: int

    def __post_init__(self) -> None:
        for name in ("count", "price", "min_collateral"):
            _check_amount(name, getattr(self, name))
        for name in ("slash_bps", "prover_bps"):
            if not 0 <= getattr(self, name) <= BPS:
                raise ValueError(f"{name} is {getattr(self, name)}, must be in 0..{BPS}")


@dataclass(frozen=True)
class Host:
    """Money of a host, and the hashes of the queries it paid for."""

    collateral: int = 0
    credit: int = 0
    authorised: frozenset[bytes] = frozenset()


@dataclass(frozen=True)
class Ledger:
    """The whole state."""

    terms: Terms | None = None
    hosts: Mapping[str, Host] = field(default_factory=dict)
    owner: int = 0
    provers: Mapping[str, int] = field(default_factory=dict)
    revealed: frozenset[int] = frozenset()

    @property
    def total(self) -> int:
        """All money in it: rises by deposits, falls by withdrawals, and no other way."""
        held = sum(host.collateral + host.credit for host in self.hosts.values())
        return self.owner + sum(self.provers.values()) + held


def publish(ledger: Ledger, terms: Terms) -> Ledger:
    """The ledger with terms; AlreadyPublished if it has some."""
    if ledger.terms:
        raise AlreadyPublished("terms are published once")
    return replace(ledger, terms=terms)


def deposit(ledger: Ledger, host: str, collateral: int, credit: int) -> Ledger:
    """The ledger with more of a host's money, who is created by it."""
    _terms(ledger)
    _check_amount("collateral", collateral)
    _check_amount("credit", credit)
    old = ledger.hosts.get(host, Host())
    more = replace(old, collateral=old.collateral + collateral, credit=old.credit + credit)
    return _with_host(ledger, host, more)


def authorise(ledger: Ledger, host: str, query_hash: bytes) -> Ledger:
    """The ledger after a host paid for one query.

    Raises:
        InsufficientCollateral: for an unknown host, or one with less than the terms demand.
        InsufficientCredit: if its credit is below the price.
    """
    terms, old = _terms(ledger), ledger.hosts.get(host)
    if old is None or old.collateral < terms.min_collateral:
        raise InsufficientCollateral(f"{host} has less than {terms.min_collateral}")
    if old.credit < terms.price:
        raise InsufficientCredit(f"{host} has {old.credit}, a query costs {terms.price}")
    paid = replace(old, credit=old.credit - terms.price, authorised=old.authorised | {query_hash})
    return replace(_with_host(ledger, host, paid), owner=ledger.owner + terms.price)


def claim(
    ledger: Ledger, prover: str, host: str, reveal: Reveal, observed: str
) -> tuple[Ledger, str]:
    """The ledger after a fingerprint was revealed against a host, and PAID or SLASHED.

    Raises:
        UnknownHost, AlreadyRevealed, NotCommitted, ResponseMismatch: looked for in this order.
    """
    terms, accused = _terms(ledger), _host(ledger, host)
    if reveal.index in ledger.revealed:
        raise AlreadyRevealed(f"fingerprint {reveal.index} was revealed before")
    if not verify_reveal(terms.root, terms.count, reveal):
        raise NotCommitted(f"fingerprint {reveal.index} of {terms.count} is another one")
    if observed != reveal.pair.response:
        raise ResponseMismatch(f"{host} said {observed!r}, not {reveal.pair.response!r}")
    ledger = replace(ledger, revealed=ledger.revealed | {reveal.index})
    if sha256(reveal.pair.key.encode()) in accused.authorised:
        return ledger, PAID
    cut = accused.collateral * terms.slash_bps // BPS
    bounty = cut * terms.prover_bps // BPS
    provers = {**ledger.provers, prover: ledger.provers.get(prover, 0) + bounty}
    ledger = replace(ledger, owner=ledger.owner + cut - bounty, provers=provers)
    return _with_host(ledger, host, replace(accused, collateral=accused.collateral - cut)), SLASHED


def withdraw(ledger: Ledger, host: str, collateral: int) -> Ledger:
    """The ledger after a host took collateral back; UnknownHost or InsufficientCollateral."""
    _terms(ledger)
    old = _host(ledger, host)
    _check_amount("collateral", collateral)
    if collateral > old.collateral:
        raise InsufficientCollateral(f"{host} has {old.collateral}, asks for {collateral}")
    return _with_host(ledger, host, replace(old, collateral=old.collateral - collateral))


def _terms(ledger: Ledger) -> Terms:
    if ledger.terms is None:
        raise NotPublished("the owner has published no terms yet")
    return ledger.terms


def _host(ledger: Ledger, name: str) -> Host:
    if name not in ledger.hosts:
        raise UnknownHost(f"{name} has never deposited")
    return ledger.hosts[name]


def _with_host(ledger: Ledger, name: str, host: Host) -> Ledger:
    return replace(ledger, hosts={**ledger.hosts, name: host})


def _check_amount(name: str, value: int) -> None:
    if value < 0:
        raise ValueError(f"{name} is {value}, must be at least 0")
