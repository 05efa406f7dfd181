"""A provider runs the job, commits to its checkpoints, and answers the referee's questions.

The commitment is SHA-256 of the provider's name, a salt and the Merkle root over all checkpoint
hashes, handed in before anybody shows anything. Without it a provider that did no work could
answer every question with what another one said; with name and salt inside, even the commitment
can't be copied. Silence is an answer of None, and loses.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.training.refereed.program import (
    PROGRAM,
    Job,
    Opening,
    State,
    open_state,
    run_step,
    state_hash,
)

DOMAIN = b"aicrypto/verde/commitment"
SALT_BYTES = 32


def commitment(name: str, salt: bytes, root: bytes) -> bytes:
    """What a provider hands in before the challenge.

    Raises:
        ValueError: if the salt is not 32 bytes long.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"salt has {len(salt)} bytes, must have {SALT_BYTES}")
    return sha256(DOMAIN, sha256(name.encode()), salt, root)


@dataclass(frozen=True)
class Fault:
    """Where and how a run goes wrong: at an operator (from 1) of a step, its result is changed."""

    step: int
    operator: int
    change: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Provider:
    """One who ran the job, with a fault or without; it stops answering after `answers`."""

    name: str
    job: Job
    salt: bytes = bytes(SALT_BYTES)
    fault: Fault | None = None
    answers: int | None = None
    _asked: list[int] = field(default_factory=list, repr=False)

    @cached_property
    def states(self) -> list[State]:
        """Checkpoints 0..S. The whole run is computed here, once."""
        states: list[State] = [self.job.start]
        for number in range(1, self.job.n_steps + 1):
            states.append(self._around(number, states[-1])[-1])
        return states

    @cached_property
    def hashes(self) -> tuple[bytes, ...]:
        """Checkpoint hashes 0..S."""
        return tuple(map(state_hash, self.states))

    @property
    def root(self) -> bytes:
        """Merkle root over the checkpoint hashes."""
        return merkle.root(self.hashes)

    @property
    def commitment(self) -> bytes:
        """Handed in before the challenge."""
        return commitment(self.name, self.salt, self.root)

    def reveal(self) -> tuple[bytes, bytes] | None:
        """Salt and root, once all have committed."""
        return (self.salt, self.root) if self._still_there() else None

    def checkpoint(self, number: int) -> tuple[bytes, tuple[bytes, ...]] | None:
        """The hash of a checkpoint, and its path to the root."""
        if not self._still_there():
            return None
        return self.hashes[number], tuple(merkle.prove_inclusion(self.hashes, number))

    def operator(self, step: int, number: int) -> bytes | None:
        """The hash of the state after an operator of a step; 0 stands for the one before all."""
        if not self._still_there():
            return None
        return state_hash(self._around(step, self.states[step - 1])[number])

    def open(self, step: int, number: int) -> Opening | None:
        """The slots that operator `number` of a step touches, of the state before it."""
        if not self._still_there():
            return None
        before = self._around(step, self.states[step - 1])[number - 1]
        return open_state(before, PROGRAM[number - 1])

    def _around(self, number: int, state: State) -> list[dict[str, Tensor]]:
        fault = self.fault
        if fault is None or fault.step != number:
            return run_step(self.job, number, state)
        states = run_step(self.job, number, state)[: fault.operator + 1]
        op = PROGRAM[fault.operator - 1]
        states[-1] = {**states[-1], op.output: fault.change(states[-1][op.output])}
        for later in PROGRAM[fault.operator :]:
            now = states[-1]
            written = self.job.run(number, later, [now[name] for name in later.inputs])
            states.append({**now, later.output: written})
        return states

    def _still_there(self) -> bool:
        self._asked.append(1)
        return self.answers is None or len(self._asked) <= self.answers
