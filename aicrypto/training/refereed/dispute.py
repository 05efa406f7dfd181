"""The game between two providers, with a referee who runs one operator and has hardly any memory.

1. Both have handed in commitments; they reveal salt and root of their checkpoint hashes.
2. If the last checkpoints agree there is nothing to settle.
3. Bisection over checkpoints: every answer is shown to belong to the committed root.
4. Bisection over the states inside the step found. Its ends are the checkpoints around it.
5. One provider opens the agreed state; the referee runs the operator, and whoever's hash does not
   follow has cheated.

Whoever does not answer, or answers with what it has not committed to, has lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from aicrypto.commit import merkle
from aicrypto.opml.games import search
from aicrypto.training.refereed.program import (
    PROGRAM,
    Job,
    Opening,
    check_opening,
    leads_to,
)
from aicrypto.training.refereed.provider import SALT_BYTES, Provider, commitment
from aicrypto.training.refereed.transcript import BOTH, A, B

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Ruling:
    """Who is to blame, and why.

    Attributes:
        cheater: "A", "B", "both", or None where both runs end alike.
        reason: "agree", "operator", "silent", "not committed" or "inconsistent".
        step, operator: where the runs part, counted from 1, if it came to that.
        rounds: questions that each provider answered in both bisections.
    """

    cheater: str | None
    reason: str
    step: int | None = None
    operator: int | None = None
    rounds: int = 0


class _Lost(Exception):
    """A provider has lost by its behaviour."""

    def __init__(self, who: str, reason: str) -> None:
        super().__init__(who, reason)
        self.who, self.reason = who, reason


@dataclass(frozen=True)
class _Witness:
    """One provider under questioning: what it says is held against what it committed to."""

    who: str
    provider: Provider
    root: bytes
    n_steps: int

    @classmethod
    def called(cls, who: str, provider: Provider, committed: bytes, job: Job) -> "_Witness":
        """The provider after it has revealed what it had committed to."""
        salt, root = _answered(who, provider.reveal())
        if len(salt) != SALT_BYTES or commitment(provider.name, salt, root) != committed:
            raise _Lost(who, "not committed")
        witness = cls(who, provider, root, job.n_steps)
        if witness.checkpoint(0) != job.start_hash:
            raise _Lost(who, "inconsistent")
        return witness

    def checkpoint(self, number: int) -> bytes:
        """The hash of a checkpoint, shown to be the committed one."""
        digest, path = _answered(self.who, self.provider.checkpoint(number))
        if not merkle.verify_inclusion(digest, number, self.n_steps + 1, path, self.root):
            raise _Lost(self.who, "not committed")
        return digest

    def operator(self, step: int, number: int) -> bytes:
        """The state hash after an operator; at the step's ends, the checkpoint it belongs to."""
        digest = _answered(self.who, self.provider.operator(step, number))
        ends = {0: step - 1, len(PROGRAM): step}
        if number in ends and digest != self.checkpoint(ends[number]):
            raise _Lost(self.who, "inconsistent")
        return digest


def dispute(
    job: Job, a: Provider, b: Provider, commitments: tuple[bytes, bytes] | None = None
) -> Ruling:
    """The ruling on two providers of the job.

    Args:
        job: registered beforehand; the referee reads the start's hash and at most one batch.
        a: one provider.
        b: the other.
        commitments: as handed in; those that the providers have now, if left out.
    """
    committed = commitments or (a.commitment, b.commitment)
    try:
        first, second = (
            _Witness.called(who, provider, digest, job)
            for who, provider, digest in zip((A, B), (a, b), committed, strict=True)
        )
        return _questioned(job, first, second)
    except _Lost as lost:
        return Ruling(lost.who, lost.reason)


def _questioned(job: Job, a: _Witness, b: _Witness) -> Ruling:
    if a.checkpoint(job.n_steps) == b.checkpoint(job.n_steps):
        return Ruling(None, "agree")
    steps = search(a.checkpoint, b.checkpoint, job.n_steps)
    step, n_ops = steps.hi, len(PROGRAM)
    inside = [partial(witness.operator, step) for witness in (a, b)]
    for answer in inside:  # the ends must be the checkpoints
        answer(0)
        answer(n_ops)
    operators = search(inside[0], inside[1], n_ops)
    rounds, number = len(steps.rounds) + len(operators.rounds), operators.hi
    opening, op = _opened(a, b, step, number), PROGRAM[number - 1]
    right = [leads_to(job, step, op, opening, answer(number)) for answer in inside]
    cheater = BOTH if not any(right) else B if right[0] else A
    return Ruling(cheater, "operator", step, number, rounds)


def _opened(a: _Witness, b: _Witness, step: int, number: int) -> Opening:
    """An opening of the agreed state, by either of the two: the honest one can give it."""
    agreed = a.operator(step, number - 1)
    for witness in (a, b):
        opening = witness.provider.open(step, number)
        if opening is not None and check_opening(PROGRAM[number - 1], opening, agreed):
            return opening
    raise _Lost(BOTH, "silent")


def _answered(who: str, answer: Answer | None) -> Answer:
    if answer is None:
        raise _Lost(who, "silent")
    return answer


def tournament(job: Job, providers: Sequence[Provider]) -> Provider | None:
    """The provider that nobody could convict: one honest among them wins against all others.

    Cost: one dispute for each further provider.
    """
    left: Provider | None = None
    for challenger in providers:
        if left is None:
            left = challenger
            continue
        cheater = dispute(job, left, challenger).cheater
        left = {None: left, B: left, A: challenger, BOTH: None}[cheater]
    return left
