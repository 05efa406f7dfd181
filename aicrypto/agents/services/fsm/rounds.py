"""A round: each operator sends one payload, a block ends, and the round says what has happened.

Operators of a service do not trust one another, so nearly every round waits for a *threshold* of
equal answers: ceil((2n+1)/3) of n, which is more than two thirds. Two such groups share more than a
third of the operators, hence an honest one as long as less than a third lie; so two different
values can never both reach it. Kinds of rounds differ in what they collect:

    collect_same_until_threshold       one value from a threshold of operators
    voting                             true, false or null, likewise
    collect_different_until_threshold  any values from a threshold of operators (signatures)
    collect_non_empty_until_threshold  the same, where null means nothing to say
    only_keeper_sends                  one value from the operator whose turn it is
    collect_same_until_all, collect_different_until_all   everybody, so one silent one stops them

A value is a tuple of attributes. Equality is Python's, as deployed: True equals 1.
Source: valory-xyz/open-autonomy@b37bc34d, abstract_round_abci/base.py, behaviour only.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "collect_same_until_threshold",
    "voting",
    "collect_different_until_threshold",
    "collect_non_empty_until_threshold",
    "only_keeper_sends",
    "collect_same_until_all",
    "collect_different_until_all",
]
ALL_KINDS = ("collect_same_until_all", "collect_different_until_all")
Values = tuple[Hashable, ...]
DONE, NONE, NEGATIVE, FAIL = "DONE", "NONE", "NEGATIVE", "FAIL"
NO_MAJORITY, THRESHOLD_REACHED = "NO_MAJORITY", "THRESHOLD_REACHED"


class TransactionNotValidError(ValueError):
    """A payload that a round does not take."""


def default_threshold(n: int) -> int:
    """ceil((2n+1)/3): how many of n operators must agree.

    >>> [default_threshold(n) for n in (1, 4, 7, 10)]
    [1, 3, 5, 7]
    """
    return (2 * n + 3) // 3


@dataclass(frozen=True)
class Members:
    """Who takes part.

    Attributes:
        participants: who sends now.
        everybody: all operators of the service, of whom the threshold is counted.
        threshold: how many must agree; None: the default.
    """

    participants: tuple[str, ...]
    everybody: tuple[str, ...] = ()
    threshold: int | None = None

    def __post_init__(self) -> None:
        if not self.everybody:
            object.__setattr__(self, "everybody", self.participants)
        n = len(self.everybody)
        least = default_threshold(n)
        if self.threshold is not None and not least <= self.threshold <= n:
            raise ValueError(f"threshold is {self.threshold}, must be in {least}..{n}")

    @property
    def needed(self) -> int:
        """The threshold."""
        return default_threshold(len(self.everybody)) if self.threshold is None else self.threshold


@dataclass(frozen=True)
class Payload:
    """What an operator sends for the round of that number."""

    sender: str
    values: Values
    round_count: int = 0


@dataclass
class Round:
    """One round under way.

    Attributes:
        kind: what it collects.
        members: from whom.
        round_count: its number; payloads for others are refused.
        keeper: whose turn it is (`only_keeper_sends`).
        confirmations: blocks that must pass after the threshold, so that late ones are heard.
        collection: payloads by sender, in order.
        confirmed: blocks that have passed.
    """

    kind: Kind
    members: Members
    round_count: int = 0
    keeper: str | None = None
    confirmations: int = 0
    collection: dict[str, Values] = field(default_factory=dict)
    confirmed: int = 0

    def check(self, payload: Payload) -> None:
        """Refuses what does not belong here: another round's, a stranger's, a second one.

        Raises:
            TransactionNotValidError: saying why.
        """
        if payload.round_count != self.round_count:
            raise TransactionNotValidError(
                f"round is {payload.round_count}, must be {self.round_count}"
            )
        if payload.sender in self.collection:
            raise TransactionNotValidError(f"{payload.sender} has sent already")
        refusal = _refusal(self, payload)
        if refusal is not None:
            raise TransactionNotValidError(f"{payload.sender} {refusal}")

    def deliver(self, payload: Payload) -> None:
        """Takes a payload.

        Raises:
            TransactionNotValidError: as `check`.
        """
        self.check(payload)
        self.collection[payload.sender] = payload.values

    def end_block(self) -> str | None:
        """The event with which the round ends at this block, if it does."""
        return RULES[self.kind](self)

    @property
    def votes(self) -> Counter[Values]:
        """How many sent each value."""
        return Counter(self.collection.values())

    @property
    def agreed(self) -> Values | None:
        """The value that a threshold of operators sent, if there is one."""
        found = self.votes.most_common(1)
        return found[0][0] if found and found[0][1] >= self.members.needed else None

    @property
    def is_hopeless(self) -> bool:
        """Whether no value can reach the threshold any more."""
        if not self.members.participants:
            return True
        if not self.collection:
            return False
        missing = len(self.members.participants) - len(self.collection)
        return missing + max(self.votes.values()) < self.members.needed


def _refusal(this: Round, payload: Payload) -> str | None:
    """Why this kind of round does not take the payload."""
    if this.kind in ALL_KINDS:
        return _odd_one_out(this, payload)
    if payload.sender not in this.members.participants:
        return "is no participant"
    if this.kind == "only_keeper_sends" and payload.sender != this.keeper:
        return "is not the keeper"
    if this.kind == "voting" and not payload.values:
        return "sends no vote"
    return None


def _odd_one_out(this: Round, payload: Payload) -> str | None:
    """Why a round of everybody, strangers included, does not take the payload."""
    is_there = payload.values in this.votes
    if this.kind == "collect_different_until_all":
        return "sends a value that is there already" if is_there else None
    return None if is_there or not this.collection else "sends another value than the rest"


def _is_empty(values: Values) -> bool:
    return all(value is None for value in values)


def _same(this: Round) -> str | None:
    agreed = this.agreed
    if agreed is not None:
        return NONE if _is_empty(agreed) else DONE
    return NO_MAJORITY if this.is_hopeless else None


def _voting(this: Round) -> str | None:
    votes = Counter(values[0] for values in this.collection.values())
    for vote, event in ((True, DONE), (False, NEGATIVE), (None, NONE)):
        if votes[vote] >= this.members.needed:
            return event
    return NO_MAJORITY if this.is_hopeless else None


def _different(this: Round) -> str | None:
    if len(this.collection) < this.members.needed:
        return None
    this.confirmed += 1
    return DONE if this.confirmed > this.confirmations else None


def _non_empty(this: Round) -> str | None:
    event = _different(this)
    return NONE if event and all(map(_is_empty, this.collection.values())) else event


def _keeper(this: Round) -> str | None:
    if not this.collection:
        return None
    [values] = this.collection.values()
    return FAIL if _is_empty(values) else DONE


def _all(this: Round) -> str | None:
    return THRESHOLD_REACHED if len(this.collection) >= len(this.members.everybody) else None


RULES: dict[Kind, Callable[[Round], str | None]] = {
    "collect_same_until_threshold": _same,
    "voting": _voting,
    "collect_different_until_threshold": _different,
    "collect_non_empty_until_threshold": _non_empty,
    "only_keeper_sends": _keeper,
    "collect_same_until_all": _all,
    "collect_different_until_all": _all,
}
