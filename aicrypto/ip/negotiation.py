"""Two agents close a licence: request, terms, counter-terms, agreement, and a token to prove it.

The messages are terms in JSON, so what is agreed is what is minted. Each message carries the hash
of the one before; the last hash goes into the derivative's metadata, and nobody can later show
another conversation. Neither side sees the other's reservation price: the provider begins high and
comes down, the seeker begins low and comes up, each by a fixed part of the gap to its own limit,
and whoever first hears what it can live with accepts.

Shares are in HP, fees in wei. Source: Story's draft "ATCP/IP" (request, terms, negotiation,
acceptance by minting the agreement token).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.ip.licensing import derive_with_tokens, mint, register, register_terms
from aicrypto.ip.metadata import Metadata
from aicrypto.ip.state import State
from aicrypto.ip.terms.terms import Terms

MAX_ROUNDS = 12
STEP = (1, 2)  # of the gap to one's own limit, per round
KINDS = ("request", "terms", "counter", "accept", "reject")


@dataclass(frozen=True)
class Message:
    """One message; `terms` is their JSON, `previous` the hash of the message before."""

    kind: str
    sender: str
    terms: dict[str, Any]
    previous: bytes

    def to_json(self) -> str:
        """The message in one canonical form."""
        body = {"kind": self.kind, "sender": self.sender, "terms": self.terms}
        chained = body | {"previous": "0x" + self.previous.hex()}
        return json.dumps(chained, sort_keys=True, separators=(",", ":"))

    def hash(self) -> bytes:
        """SHA-256 of the message, and so of all before it."""
        return sha256(self.to_json().encode())


@dataclass(frozen=True)
class Provider:
    """Who owns a work: terms it asks for, and the least fee and share it accepts."""

    name: str
    ip: str
    asking: Terms
    least_fee: int
    least_share: int

    def __post_init__(self) -> None:
        _check_order("least", self.least_fee, self.asking.minting_fee, "fee")
        _check_order("least", self.least_share, self.asking.rev_share, "share")


@dataclass(frozen=True)
class Seeker:
    """Who wants a licence: its first offer, and the most it pays."""

    name: str
    first_fee: int
    first_share: int
    most_fee: int
    most_share: int

    def __post_init__(self) -> None:
        _check_order("first", self.first_fee, self.most_fee, "fee")
        _check_order("first", self.first_share, self.most_share, "share")

    def affords(self, terms: Terms) -> bool:
        """Whether the terms are within its limits."""
        return terms.minting_fee <= self.most_fee and terms.rev_share <= self.most_share


def _check_order(name: str, low: int, high: int, what: str) -> None:
    if not 0 <= low <= high:
        raise ValueError(f"{name}_{what} is {low}, must be in 0..{high}")


@dataclass(frozen=True)
class Agreement:
    """How a negotiation ended: all that was said."""

    messages: tuple[Message, ...]

    @property
    def terms(self) -> Terms | None:
        """Those that the last message accepts; None where they could not agree."""
        last = self.messages[-1]
        return Terms.from_json(last.terms) if last.kind == "accept" else None

    @property
    def log_hash(self) -> bytes:
        """Hash of the last message, which commits to all."""
        return self.messages[-1].hash()


def is_unbroken(messages: tuple[Message, ...]) -> bool:
    """Whether every message carries the hash of the one before, and the kinds are known."""
    is_chained = all(later.previous == earlier.hash() for earlier, later in pairwise(messages))
    starts = bool(messages) and messages[0].previous == bytes(32)
    return starts and is_chained and all(message.kind in KINDS for message in messages)


def negotiate(provider: Provider, seeker: Seeker, max_rounds: int = MAX_ROUNDS) -> Agreement:
    """The conversation; it ends with an acceptance, or a rejection after so many rounds."""
    log = _said((), "request", seeker.name, {})
    bids = _bids(provider, seeker)
    for _, asked, offered in zip(range(max_rounds), _asks(provider), bids, strict=False):
        log = _said(log, "terms", provider.name, asked.to_json())
        if seeker.affords(asked):
            return Agreement(_said(log, "accept", seeker.name, asked.to_json()))
        log = _said(log, "counter", seeker.name, offered.to_json())
        if _suits(provider, offered):
            return Agreement(_said(log, "accept", provider.name, offered.to_json()))
    return Agreement(_said(log, "reject", seeker.name, {}))


def _said(
    log: tuple[Message, ...], kind: str, sender: str, terms: dict[str, Any]
) -> tuple[Message, ...]:
    """The log with one more message, chained to the last."""
    previous = log[-1].hash() if log else bytes(32)
    return (*log, Message(kind, sender, terms, previous))


def _suits(provider: Provider, terms: Terms) -> bool:
    return terms.minting_fee >= provider.least_fee and terms.rev_share >= provider.least_share


def _asks(provider: Provider) -> Iterator[Terms]:
    """The provider's terms, round by round."""
    terms = provider.asking
    while True:
        yield terms
        fee = _towards(terms.minting_fee, provider.least_fee)
        terms = replace(
            terms, minting_fee=fee, rev_share=_towards(terms.rev_share, provider.least_share)
        )


def _bids(provider: Provider, seeker: Seeker) -> Iterator[Terms]:
    """The seeker's counter-terms, round by round."""
    fee, share = seeker.first_fee, seeker.first_share
    while True:
        yield replace(provider.asking, minting_fee=fee, rev_share=share)
        fee, share = _towards(fee, seeker.most_fee), _towards(share, seeker.most_share)


def _towards(value: int, limit: int) -> int:
    """The value, moved by a part of its distance from the limit, at least by one."""
    gap = limit - value
    step = abs(gap) * STEP[0] // STEP[1] or min(1, abs(gap))
    return value + step if gap > 0 else value - step


@dataclass(frozen=True)
class Closed:
    """An agreement on record.

    Attributes:
        terms: number of the agreed terms.
        token: number of the licence.
        paid: its price.
        log_hash: of the negotiation, for the metadata of what is derived.
    """

    terms: int
    token: int
    paid: int
    log_hash: bytes


def close(state: State, provider: Provider, seeker: Seeker, agreement: Agreement) -> Closed:
    """Registers the agreed terms, and mints the licence to the seeker, who pays the fee.

    The provider's account mints, because the terms need not be on offer to everybody.

    Raises:
        ValueError: if nothing was agreed, the log is broken, somebody else speaks in it, or its
            last two messages are not an offer and the other side's yes to just that.
        Refusal: as `mint` would.
    """
    agreed = agreement.terms
    if agreed is None:
        raise ValueError(f"agreement is none: {agreement.messages[-1].kind!r} ended it")
    if not is_unbroken(agreement.messages):
        raise ValueError("agreement.messages are no unbroken chain")
    _check_speakers(agreement.messages, provider.name, seeker.name)
    with state.transaction():
        terms = register_terms(state, agreed)
        minted = mint(state, provider.ip, terms, 1, provider.ip, seeker.name)
        state.move(agreed.currency, minted.paid, seeker.name, provider.ip)
    return Closed(terms, minted.first_token, minted.paid, agreement.log_hash)


def _check_speakers(messages: tuple[Message, ...], provider: str, seeker: str) -> None:
    """All but the last say what is theirs to say; the last is a yes to what the other offered."""
    speakers = {"request": seeker, "terms": provider, "counter": seeker}
    for message in messages[:-1]:
        if message.kind not in speakers or message.sender != speakers[message.kind]:
            raise ValueError(f"agreement.messages has {message.kind!r} from {message.sender!r}")
    answers = {"terms": seeker, "counter": provider}
    offer, accept = messages[-2:] if len(messages) > 1 else messages * 2
    if offer.kind not in answers or accept.sender != answers[offer.kind]:
        said = f"{offer.kind!r} and {accept.kind!r} from {accept.sender!r}"
        raise ValueError(f"agreement.messages ends with {said}, must be an offer and its answer")
    if Terms.from_json(accept.terms) != Terms.from_json(offer.terms):
        raise ValueError("agreement.messages accepts other terms than were offered last")


def use(state: State, closed: Closed, work: str, owner: str, record: Metadata) -> None:
    """Registers the derivative that the licence was for; its record names the negotiation.

    Raises:
        ValueError: if the record does not carry the hash of this negotiation.
        Refusal: as `derive_with_tokens` would.
    """
    if record.negotiation != closed.log_hash:
        named, due = record.negotiation.hex(), closed.log_hash.hex()
        raise ValueError(f"record of {work!r} names negotiation {named!r}, must name {due!r}")
    with state.transaction():
        register(state, work, owner, record.hash())
        derive_with_tokens(state, work, [closed.token], owner)
