"""Refusals of the production dispute game: one exception per error of the contract.

A refused call changes nothing. `name` is the error as the contract spells it: the class's own name,
except for Solidity's panic, which is no identifier.

Source: npm @eth-optimism/contracts-bedrock 0.17.3, `DisputeErrors.sol`.
"""

from typing import ClassVar


class FaultGameRefusal(ValueError):
    """A call that the production game's rules forbid."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.name = cls.name or cls.__name__


class GameNotInProgress(FaultGameRefusal):
    """The game has been resolved."""


class NoSuchClaim(FaultGameRefusal):
    """An array index out of range."""

    name = "Panic(0x32)"


class InvalidDisputedClaimIndex(FaultGameRefusal):
    """The claim at this index is not the one the mover meant (a reorganised chain)."""


class CannotDefendRootClaim(FaultGameRefusal):
    """A root, of the game or of an execution trace, can only be attacked."""


class GameDepthExceeded(FaultGameRefusal):
    """There is nothing below the greatest depth."""


class UnexpectedRootClaim(FaultGameRefusal):
    """An execution trace's root has a status byte that contradicts the side that posts it."""


class IncorrectBondAmount(FaultGameRefusal):
    """The money sent is not exactly the bond of the claim's depth."""


class ClockTimeExceeded(FaultGameRefusal):
    """The mover's clock has run out."""


class ClaimAlreadyExists(FaultGameRefusal):
    """The same claim stands at the same place under the same parent."""


class InvalidParent(FaultGameRefusal):
    """A step is made against a claim at the greatest depth only."""


class InvalidPrestate(FaultGameRefusal):
    """The state shown is not the one that both sides agree on."""


class ValidStep(FaultGameRefusal):
    """The step shows that the claim is right, so it counters nothing."""


class DuplicateStep(FaultGameRefusal):
    """The claim has been countered by a step before."""


class ClockNotExpired(FaultGameRefusal):
    """Somebody may still answer the claim."""


class ClaimAlreadyResolved(FaultGameRefusal):
    """The claim's bond has been paid out."""


class OutOfOrderResolution(FaultGameRefusal):
    """A claim is resolved after everything below it."""
