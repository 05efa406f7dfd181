"""A run that can be asked about any of its steps: snapshots, and replay from the nearest.

To hash every state of a run would take hours; a dispute asks for twenty. So the run keeps what it
was every 65,536 steps. Snapshots share all memory that did not change, and nothing is hashed until
it is asked for: `commitment(i)` restores the snapshot before i, replays at most 65,535 steps and
hashes the few pages that were written. That takes a millisecond or two.

`altered` is the liar's trace: the same run up to some step, then one change, then honest execution
of what follows from it. It shares its snapshots with the honest one.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aicrypto.opml.machine import cannon
from aicrypto.opml.machine.image import Image
from aicrypto.opml.machine.memory import Memory, MemoryTree
from aicrypto.opml.machine.riscv import Hart, Witness, engine, interpreter

SNAPSHOT_EVERY = 1 << 16
MAX_STEPS = 1 << 27  # a second or so of the compiled machine; who wants more says so
UNHASHED = b""


class Machine(Protocol):
    """What a trace wants of a machine; `Hart` and `cannon.Mips` are such."""

    memory: Memory
    pc: int
    exited: int

    @classmethod
    def of(cls, state: Any, memory: Memory) -> "Machine":
        """A machine in a state."""

    def state(self, mem_root: bytes) -> Any:
        """The state, for a memory of that root."""

    def accessed(self) -> int | None:
        """The address of the word that the next step wants proven beside the instruction."""


@dataclass(frozen=True)
class Engine:
    """A way to run: which machine, and what runs it."""

    of: Callable[[Any, Memory], Any]
    start: Callable[[Image], Any]
    run: Callable[[Any, int], int]


ENGINES = {
    "fast": Engine(Hart.of, lambda image: image.start, engine.run),
    "readable": Engine(Hart.of, lambda image: image.start, interpreter.run),
    "cannon": Engine(cannon.Mips.of, cannon.start_of, cannon.run),
}


@dataclass(frozen=True)
class Moment:
    """A run after some steps. The state's root is left out until somebody wants it hashed."""

    index: int
    unhashed: Any
    tree: MemoryTree


@dataclass(frozen=True)
class Trace:
    """A run from its start to its end or to the last step allowed.

    Attributes:
        moments: snapshots in order, the first and the last step among them.
        max_steps: where a run that does not end is cut off.
    """

    moments: Sequence[Moment]
    engine: Engine
    max_steps: int

    @property
    def n_steps(self) -> int:
        """Steps from the start to the last state."""
        return self.moments[-1].index

    @property
    def final(self) -> Any:
        """The last state."""
        return self.state(self.n_steps)

    def machine(self, index: int) -> Any:
        """A machine of its own, standing where this run stood after `index` steps.

        Beyond the end a trace repeats its last state.

        Raises:
            IndexError: if the index is negative.
        """
        if index < 0:
            raise IndexError(f"index is {index}, must be at least 0")
        index = min(index, self.n_steps)
        nearest = self.moments[bisect_right(self.moments, index, key=lambda m: m.index) - 1]
        machine = self.engine.of(nearest.unhashed, Memory(nearest.tree))
        self.engine.run(machine, index - nearest.index)
        return machine

    def tree(self, index: int) -> MemoryTree:
        """Memory after `index` steps; IndexError as in `machine`."""
        tree: MemoryTree = self.machine(index).memory.tree()
        return tree

    def state(self, index: int) -> Any:
        """The state after `index` steps; IndexError as in `machine`."""
        machine = self.machine(index)
        return machine.state(machine.memory.tree().root)

    def commitment(self, index: int) -> bytes:
        """The hash of the state after `index` steps; IndexError as in `machine`."""
        digest: bytes = self.state(index).hash
        return digest

    def witness(self, index: int) -> Witness:
        """What a referee needs for the step after `index` steps; IndexError as in `machine`."""
        machine = self.machine(index)
        tree, address = machine.memory.tree(), machine.accessed()
        fetched = not machine.exited and machine.pc & 3 == 0
        return Witness(
            machine.state(tree.root),
            tree.proof(machine.pc) if fetched else None,
            None if address is None else tree.proof(address),
        )

    def altered(self, at: int, change: Callable[[Any], object]) -> "Trace":
        """A trace that is this one before `at` steps, and differs from there on by `change`.

        `change` gets the machine after `at` steps and does to it what it likes; then the machine
        runs on. IndexError as in `machine`.
        """
        machine, at = self.machine(at), min(at, self.n_steps)
        change(machine)
        before = [moment for moment in self.moments if moment.index < at]
        return _continued(before, machine, at, self)


def run(image: Image, max_steps: int = MAX_STEPS, engine: str = "fast") -> Trace:
    """The trace of an image's run to its end, or to `max_steps`.

    Engines: "fast" and "readable" are RV32IM, compiled and not, and agree in every state; "cannon"
    is the big-endian MIPS machine.

    Raises:
        ValueError: for an engine that does not exist or a negative number of steps.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}, must be one of {', '.join(ENGINES)}")
    if max_steps < 0:
        raise ValueError(f"max_steps is {max_steps}, must be at least 0")
    chosen = ENGINES[engine]
    machine = chosen.of(chosen.start(image), Memory(image.tree))
    return _continued([], machine, 0, Trace((), chosen, max_steps))


def _continued(before: list[Moment], machine: Any, index: int, trace: Trace) -> Trace:
    """Runs the machine on, keeping a moment now, one every so many steps, and the last."""
    moments = [*before, _moment(machine, index)]
    while index < trace.max_steps and not machine.exited:
        index += trace.engine.run(machine, min(SNAPSHOT_EVERY, trace.max_steps - index))
        moments.append(_moment(machine, index))
    return Trace(moments, trace.engine, trace.max_steps)


def _moment(machine: Any, index: int) -> Moment:
    return Moment(index, machine.state(UNHASHED), machine.memory.tree())
