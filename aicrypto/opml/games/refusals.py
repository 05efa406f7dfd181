"""Refusals of the dispute referee, one exception per rule; a refused action changes nothing else.

The same names are the contract's reverts. `BadState`, `InsnProof` and `MemProof`, which concern the
machine's state and its memory proofs, belong to the machine's arbiter.
"""


class Refusal(ValueError):
    """An action that the referee does not accept."""


class TimeReversed(Refusal):
    """The action is older than one that the referee has seen."""


class AlreadyProposed(Refusal):
    """There is a claim; a task has one."""


class WrongBond(Refusal):
    """The money sent is not exactly what the action asks for."""


class WrongStart(Refusal):
    """The claim starts from another state than the registered task: another program or model."""


class EmptyTrace(Refusal):
    """A run of no steps."""


class FinalNotHalted(Refusal):
    """The claimed final state still runs."""


class StepCountMismatch(Refusal):
    """The final state counts other steps than the claim."""


class OutputProof(Refusal):
    """The proofs do not show the claimed output in the final state's memory."""


class NoClaim(Refusal):
    """Nothing has been proposed."""


class ClaimClosed(Refusal):
    """The claim is final or rejected."""


class WindowClosed(Refusal):
    """The time for challenges is over."""


class WindowOpen(Refusal):
    """The time for challenges is not over."""


class AlreadyChallenging(Refusal):
    """This challenger has an open game against the claim."""


class NoSuchGame(Refusal):
    """No game has this number."""


class GameOver(Refusal):
    """The game has a winner, or became void."""


class NotYourRole(Refusal):
    """Somebody who does not play this side."""


class NotYourTurn(Refusal):
    """The game waits for another kind of move."""


class ClockExpired(Refusal):
    """The side to move has used up its time."""


class WrongSplitCount(Refusal):
    """Another number of hashes than the game's segments need."""


class BadSegment(Refusal):
    """There is no such segment."""


class NotSettled(Refusal):
    """The game has not come down to one step."""


class WrongPreState(Refusal):
    """The state shown is not the one that both sides agree on."""


class ClockRunning(Refusal):
    """The side to move still has time."""


class GamesOpen(Refusal):
    """A game about the claim is still open."""
