"""Lies about a run: what a dishonest party's trace looks like.

A fault changes one thing in the state after `at` steps, and the machine runs on honestly from
there: so every later state may differ, and the first that does is number `at`. Two faults are lies
about the length: `halt` ends a run early, `pad` pretends that it went on.

Indices of states count from 0; `xor` is applied to a register, a program counter, an exit code
(32 bits) or a byte of memory.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from aicrypto.opml.machine import State, Trace, Witness

EXITED = 1
WORD = 0xFFFFFFFF


class Run(Protocol):
    """What a player knows of a run, true or not: states, their hashes, and witnesses of steps."""

    @property
    def n_steps(self) -> int:
        """Steps until the machine stops."""

    def state(self, index: int) -> State:
        """The state after so many steps; beyond the end, the last one."""

    def commitment(self, index: int) -> bytes:
        """Hash of that state."""

    def witness(self, index: int) -> Witness:
        """What the arbiter needs to execute the step from that state."""


@dataclass(frozen=True)
class Fault:
    """One lie.

    Attributes:
        kind: "reg", "mem", "pc", "code", "halt" or "pad".
        at: first state that is false; 0 for "pad".
        reg, addr: which register or byte.
        xor: bits that are flipped in it.
        code: exit code of a "halt".
        extra: steps that "pad" adds.
    """

    kind: str
    at: int = 0
    reg: int = 0
    addr: int = 0
    xor: int = 0
    code: int = 0
    extra: int = 0

    def __post_init__(self) -> None:
        if self.kind not in (*_CHANGES, "pad"):
            raise ValueError(f"kind is {self.kind!r}, must be one of {sorted(_CHANGES)} or 'pad'")
        if self.at < 0 or self.extra < 0:
            raise ValueError(f"at is {self.at}, extra is {self.extra}: must be >= 0")

    def change(self, machine: Any) -> None:
        """Does to a machine what the lie is about."""
        _CHANGES[self.kind](self, machine)


def _reg(fault: Fault, machine: Any) -> None:
    machine.regs[fault.reg] ^= fault.xor & WORD


def _mem(fault: Fault, machine: Any) -> None:
    old = machine.memory.read(fault.addr, 1)[0]
    machine.memory.write(fault.addr, bytes([old ^ fault.xor & 0xFF]))


def _pc(fault: Fault, machine: Any) -> None:
    machine.pc ^= fault.xor & WORD


def _code(fault: Fault, machine: Any) -> None:
    machine.code ^= fault.xor & WORD


def _halt(fault: Fault, machine: Any) -> None:
    machine.exited, machine.code = EXITED, fault.code & WORD


_CHANGES: dict[str, Callable[[Fault, Any], None]] = {
    "reg": _reg,
    "mem": _mem,
    "pc": _pc,
    "code": _code,
    "halt": _halt,
}


@dataclass(frozen=True)
class PaddedRun:
    """A run whose owner claims `extra` more steps: the last state again, with higher counters."""

    run: Trace
    extra: int

    @property
    def n_steps(self) -> int:
        """The claimed length."""
        return self.run.n_steps + self.extra

    def state(self, index: int) -> State:
        """The state after so many steps."""
        true: State = self.run.state(min(index, self.run.n_steps))
        return true if index <= self.run.n_steps else replace(true, step=min(index, self.n_steps))

    def commitment(self, index: int) -> bytes:
        """Hash of that state."""
        return self.state(index).hash

    def witness(self, index: int) -> Witness:
        """The true witness, with the false state where there is one."""
        true = self.run.witness(min(index, self.run.n_steps))
        return replace(true, state=self.state(index))


def lie(honest: Trace, fault: Fault) -> Run:
    """The trace of a party that commits this fault."""
    if fault.kind == "pad":
        return PaddedRun(honest, fault.extra)
    return honest.altered(fault.at, fault.change)
