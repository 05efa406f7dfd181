"""Scheduled calls: a contract that is woken every so many blocks, as long as its wallet pays.

Execution i is due at block `initial_block + (i + 1) * frequency`. It runs in the first block with
room from then on; if that is more than `ttl` blocks later, or after `max_block`, it is skipped. The
wallet must hold the greatest possible fee at that moment, and pays what was used.

`executions` follows one job through blocks that are known; `Scheduler` serves many jobs block by
block. Times are block numbers, money is wei.

Source: Ritual Foundation documentation on scheduled transactions; skipping after `max_block` is our
rule.
"""

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What became of an execution."""

    EXECUTED = "executed"
    SKIPPED = "skipped"  # no room in time
    UNFUNDED = "unfunded"


@dataclass(frozen=True)
class Job:
    """A call that repeats.

    Attributes:
        wallet_wei: what its wallet holds at first.
        max_fee_wei: what it must hold for each execution.
        fee_wei: what an execution uses of that.
    """

    initial_block: int
    frequency: int
    max_block: int
    ttl: int
    wallet_wei: int
    max_fee_wei: int
    fee_wei: int

    def __post_init__(self) -> None:
        if self.frequency < 1:
            raise ValueError(f"frequency is {self.frequency}, must be at least 1")
        if not 0 <= self.fee_wei <= self.max_fee_wei:
            raise ValueError(f"fee_wei is {self.fee_wei}, must be in 0..{self.max_fee_wei}")

    def target(self, index: int) -> int:
        """Block at which execution `index` is due."""
        return self.initial_block + (index + 1) * self.frequency

    @property
    def n_executions(self) -> int:
        """How many are due up to `max_block`."""
        return max(0, (self.max_block - self.initial_block) // self.frequency)

    def last_chance(self, index: int) -> int:
        """Last block in which execution `index` may run."""
        last = self.target(index) + self.ttl  # `min` would be a third of a block's time
        return last if last < self.max_block else self.max_block


@dataclass(frozen=True)
class Execution:
    """One execution; `block` is where it ran, if it did."""

    index: int
    target: int
    outcome: Outcome
    block: int | None = None


def executions(job: Job, full_blocks: Collection[int]) -> tuple[list[Execution], int]:
    """All executions of a job in order, and the wei left in its wallet."""
    full, wallet_wei = frozenset(full_blocks), job.wallet_wei
    done: list[Execution] = []
    for index in range(job.n_executions):
        block = job.target(index)
        while block in full and block <= job.last_chance(index):
            block += 1
        execution = _execution(job, index, block, wallet_wei)
        if execution.outcome is Outcome.EXECUTED:
            wallet_wei -= job.fee_wei
        done.append(execution)
    return done, wallet_wei


@dataclass
class Scheduler:
    """Many jobs on one chain, woken at the top of each block, the longest due first.

    Attributes:
        jobs: by name.
        wallets_wei: what their wallets have left.
    """

    jobs: dict[str, Job] = field(default_factory=dict)
    wallets_wei: dict[str, int] = field(default_factory=dict)
    _due: list[tuple[int, int, str, int]] = field(default_factory=list)
    _order: int = 0

    def add(self, name: str, job: Job) -> None:
        """Take a job; ValueError if there is one of that name."""
        if name in self.jobs:
            raise ValueError(f"name is {name!r}, which is taken")
        self.jobs[name], self.wallets_wei[name] = job, job.wallet_wei
        self._push(name, 0)

    def run(
        self,
        block: int,
        room: int,
        condition: Callable[[str, int], bool] | None = None,
    ) -> list[tuple[str, Execution]]:
        """What happens in a block in which `room` executions fit; blocks come in order.

        An execution whose condition does not hold waits, and takes no room. Cost: about log of the
        number of jobs for each one that is due.
        """
        done: list[tuple[str, Execution]] = []
        waiting: list[tuple[int, int, str, int]] = []
        while self._due and self._due[0][0] <= block:
            due = heapq.heappop(self._due)
            _, _, name, index = due
            is_called = room > 0 and (condition is None or condition(name, index))
            if not is_called and block <= self.jobs[name].last_chance(index):
                waiting.append(due)
                continue
            execution = self._execute(name, index, block)
            room -= execution.outcome is Outcome.EXECUTED
            done.append((name, execution))
        for due in waiting:
            heapq.heappush(self._due, due)
        return done

    def _execute(self, name: str, index: int, block: int) -> Execution:
        """What becomes of an execution that does not wait any longer."""
        job = self.jobs[name]
        execution = _execution(job, index, block, self.wallets_wei[name])
        if execution.outcome is Outcome.EXECUTED:
            self.wallets_wei[name] -= job.fee_wei
        self._push(name, index + 1)
        return execution

    def _push(self, name: str, index: int) -> None:
        job = self.jobs[name]
        if index < job.n_executions:
            self._order += 1
            heapq.heappush(self._due, (job.target(index), self._order, name, index))


def _execution(job: Job, index: int, block: int, wallet_wei: int) -> Execution:
    """What happens to an execution that meets room at a block, or is past its last chance."""
    target = job.target(index)
    if block > job.last_chance(index):
        return Execution(index, target, Outcome.SKIPPED)
    if wallet_wei < job.max_fee_wei:
        return Execution(index, target, Outcome.UNFUNDED)
    return Execution(index, target, Outcome.EXECUTED, block)
