"""What a licence says beyond the contract's fields: region, channel, attribution, and who asks.

The 17 fields of `Terms` steer money and derivation; where a work may be used and through which
channel is prose to a contract, a text behind `uri`. Here that text is an object as well, so that a
program can answer the six questions that a licensee has: where, through what, until when, can it be
taken away, can it be sold on, must the author be named. The `uri` binds the text by its SHA-256.
"""

import json
from dataclasses import asdict, dataclass, replace

from aicrypto.commit.hashes import sha256
from aicrypto.ip.terms.terms import Terms

SCHEME = "urn:sha256:"


@dataclass(frozen=True)
class OffChain:
    """The part of a licence that contracts do not read; empty tuples mean no restriction.

    Attributes:
        regions: where the work may be used, as ISO 3166 codes.
        channels: through what, for instance "web" or "training".
        attribution: how the author is to be named.
        revocable: whether the licensor may end it at will; the protocol's own terms are not, and
            what the contract enforces is expiry and disputes.
    """

    regions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    attribution: str = ""
    revocable: bool = False

    def to_json(self) -> str:
        """The text, in one canonical form."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    def uri(self) -> str:
        """Name of the text that changes with every letter of it."""
        return SCHEME + sha256(self.to_json().encode()).hex()


@dataclass(frozen=True)
class Use:
    """What somebody wants to do with a work, `age_s` seconds after he got his licence."""

    region: str = ""
    channel: str = ""
    age_s: int = 0
    is_commercial: bool = False
    is_derivative: bool = False
    names_author: bool = True


def with_text(terms: Terms, text: OffChain) -> Terms:
    """The terms, bound to that text."""
    return replace(terms, uri=text.uri())


def describe(terms: Terms, text: OffChain) -> dict[str, str]:
    """Answers to the six questions, in words.

    Raises:
        ValueError: if the terms are bound to another text.
    """
    _check_bound(terms, text)
    named = _asks_attribution(terms)
    return {
        "region": ", ".join(text.regions) or "everywhere",
        "channel": ", ".join(text.channels) or "any",
        "validity": f"{terms.expiration_s} s" if terms.expiration_s else "for ever",
        "revocability": "at will" if text.revocable else "only by an upheld dispute",
        "transferability": "may be sold on" if terms.transferable else "stays with its buyer",
        "attribution": (text.attribution or "the author is named") if named else "none",
    }


def objections(terms: Terms, text: OffChain, use: Use) -> tuple[str, ...]:
    """Reasons why the licence does not cover the use; none means that it does.

    Raises:
        ValueError: if the terms are bound to another text.
    """
    _check_bound(terms, text)
    covered = {
        "region": use.region in (text.regions or (use.region,)),
        "channel": use.channel in (text.channels or (use.channel,)),
        "validity": use.age_s <= (terms.expiration_s or use.age_s),
        "commerce": terms.commercial_use >= use.is_commercial,
        "derivation": terms.derivatives_allowed >= use.is_derivative,
        "attribution": use.names_author >= _asks_attribution(terms),
    }
    return tuple(name for name, is_covered in covered.items() if not is_covered)


def _asks_attribution(terms: Terms) -> bool:
    return terms.commercial_attribution or terms.derivatives_attribution


def _check_bound(terms: Terms, text: OffChain) -> None:
    if terms.uri != text.uri():
        raise ValueError(f"terms.uri is {terms.uri!r}, the text's is {text.uri()!r}")
