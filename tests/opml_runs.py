"""Small runs for the tests of disputes: a counting loop, and weakened copies of modules."""

import importlib
import inspect
import sys
import types

from aicrypto.opml import machine
from aicrypto.opml.code import assemble
from aicrypto.opml.games import Fault, Terms, lie

LOOP = """
    li   a0, 0
    li   t0, {n}
again:
    add  a0, a0, t0
    sw   a0, 0(a1)
    addi t0, t0, -1
    bnez t0, again
    li   a7, 93
    ecall
"""
SCRATCH = 0x00100000
UNUSED = 0x00180000  # memory that the loop never touches: a fault there lasts


def loop_run(n: int = 100) -> machine.Trace:
    """An honest run of about 4n steps that writes memory."""
    image = machine.Image([(0x1000, assemble(LOOP.format(n=n)))], regs={11: SCRATCH})
    return machine.run(image)


def lasting(at: int) -> Fault:
    """A lie about memory which nothing overwrites."""
    return Fault("mem", at=at, addr=UNUSED, xor=1)


def liar_at(honest: machine.Trace, at: int) -> machine.Trace:
    """A run that is false from state `at` on."""
    return lie(honest, lasting(at))


def terms_of(honest: machine.Trace, **changes: int) -> Terms:
    """Terms of a dispute about the run's task."""
    return Terms(honest.commitment(0), **changes)


def weakened(name: str, *changes: tuple[str, str]) -> types.ModuleType:
    """A copy of a module of the library in which some text is replaced."""
    original = importlib.import_module(name)
    source = inspect.getsource(original)
    for old, new in changes:
        assert source.count(old) >= 1, f"{name} has no {old!r}"
        source = source.replace(old, new)
    copy = types.ModuleType(name + "_weakened")
    copy.__package__ = original.__package__
    copy.__file__ = original.__file__
    sys.modules[copy.__name__] = copy  # dataclasses look their module up
    exec(compile(source, copy.__name__, "exec"), copy.__dict__)
    return copy
