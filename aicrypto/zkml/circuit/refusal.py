"""Why a proof is refused: a verifier's checks by name.

A verdict is one bit, but whoever writes a prover, or attacks a verifier, wants to know which check
spoke. Every check of the protocol goes through `demand`, so a verifier without one of them, to see
what it was good for, is made by replacing that function.

Names: protocol zkml-1 of this project, section 11.
"""

from collections.abc import Callable
from typing import Literal

from aicrypto.algebra.plain import NonCanonical

Reason = Literal[
    "Version",  # other magic bytes, another version
    "Statement",  # the proof is about another model, batch or circuit
    "WeakParameters",  # below 100 bits
    "NonCanonical",  # a second encoding of the same number
    "Shape",  # bytes missing or left over
    "ZeroDenominator",
    "LayerCheck",  # a layer of a fraction sum does not add up
    "LogUpSum",  # the values looked up are not those of the table
    "LogUpTable",
    "LeafClaim",
    "Matmul",
    "Merge",
    "Opening",
    "Columns",
    "Merkle",
]

# What wrong types, lengths and shapes raise, here and in the libraries below.
MALFORMED = (ValueError, TypeError, IndexError, OverflowError, RuntimeError, AttributeError)


class Refused(Exception):
    """A check failed; `reason` is its name."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def demand(condition: bool, reason: Reason) -> None:
    """Nothing, if the condition holds.

    Raises:
        Refused: with the reason, if it does not.
    """
    if not condition:
        raise Refused(reason)


def reason_of(check: Callable[[], object]) -> Reason | None:
    """The name of the check that refuses, or None if all is well: no proof makes this raise."""
    try:
        check()
    except Refused as refused:
        return refused.reason
    except NonCanonical:
        return "NonCanonical"
    except MALFORMED:  # wrong types and lengths
        return "Shape"
    return None


def holds(check: Callable[[], bool]) -> bool:
    """What the check says; what is malformed does not hold."""
    try:
        return check()
    except MALFORMED:
        return False
