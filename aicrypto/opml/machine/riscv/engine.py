"""Around the compiled loop: registers in and out, and a page of memory whenever it wants one.

The loop stops before a store to a page that is not there. Like an operating system at a page fault,
this gives the page and lets the same instruction run again.
"""

import numpy as np

from aicrypto.opml.machine.memory import Memory
from aicrypto.opml.machine.riscv import interpreter
from aicrypto.opml.machine.riscv.interpreter import Hart
from aicrypto.opml.machine.riscv.loop import (
    CODE,
    EXITED,
    MASK,
    NOWHERE,
    PC,
    WANTED,
    Cpu,
    Regs,
    run_loop,
)
from aicrypto.opml.machine.riscv.state import EXITED as LEFT
from aicrypto.opml.machine.riscv.state import MAX_U64, RUNNING


def run(hart: Hart, n_steps: int) -> int:
    """Steps done of `n_steps`: fewer if the machine exits. Its memory must be a `Memory`."""
    memory = hart.memory
    assert isinstance(memory, Memory), "only the readable machine runs on proofs"
    if hart.pc & 3 or hart.exited:
        return interpreter.run(hart, n_steps)
    regs = np.array([*hart.regs, 0], np.uint32)
    cpu = np.array([hart.pc, RUNNING, hart.code, 0], np.uint64)
    done = _loop(cpu, regs, memory, n_steps)
    hart.pc, hart.exited, hart.code = (int(cpu[place]) for place in (PC, EXITED, CODE))
    hart.regs[:] = regs[:NOWHERE].tolist()
    if hart.exited:
        done += 1  # the step that stopped it
    if hart.exited == LEFT:
        hart.pc = (hart.pc + 4) & MASK
    hart.step = (hart.step + done) & MAX_U64
    return done


def _loop(cpu: Cpu, regs: Regs, memory: Memory, n_steps: int) -> int:
    """Steps that the loop counts, in stretches between page faults."""
    done = 0
    while True:
        arrays = memory.table, memory.words, memory.dirty
        done += int(run_loop(cpu, regs, *arrays, n_steps - done))
        if done == n_steps or cpu[EXITED]:
            return done
        memory.provide(int(cpu[WANTED]))
