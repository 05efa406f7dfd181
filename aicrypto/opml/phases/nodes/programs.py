"""The operators once more, as programs of the virtual machine.

A node's program finds its descriptor at 0x30000000 and its input k at 0x34000000 + k·0x02000000,
writes the output to 0x32000000 and exits with code 0. It does instruction by instruction what
`exact` does with tensors; tests hold the two against each other byte for byte.

Parameters stand behind the references of the inputs: at byte 12 + 8·(number of inputs). Each text
is assembled once.
"""

from functools import cache

from aicrypto.opml.code import assemble
from aicrypto.opml.phases.nodes.row_programs import RMS_NORM, SOFTMAX

PROLOGUE = """
    li s0, 0x30000000
    li s1, 0x34000000
    li s2, 0x36000000
    li s3, 0x38000000
    li s4, 0x32000000
"""

EPILOGUE = """
done:
    li a0, 0
    li a7, 93
    ecall
"""

MATMUL = """
    lw s5, 36(s0)          # rows
    lw s6, 40(s0)          # n_in
    lw s7, 44(s0)          # n_out
    lw s8, 48(s0)          # mult
    lw s9, 52(s0)          # shift
    lw s10, 56(s0)         # lowest
    lw s11, 60(s0)         # mode
row:
    mv a3, s2              # weights run through once per row
    mv a4, s3
    mv a5, s7
output:
    lw t0, 0(a4)
    mv a0, s1
    add a1, s1, s6
inner:
    lb t1, 0(a0)
    lb t2, 0(a3)
    mul t1, t1, t2
    add t0, t0, t1
    addi a0, a0, 1
    addi a3, a3, 1
    bne a0, a1, inner
    addi t1, s11, -1
    beq t1, zero, word     # mode 1: the accumulator itself
    mulh t0, t0, s8
    addi t1, s9, -2
    addi t2, zero, 1
    sll t2, t2, t1
    add t0, t0, t2
    addi t1, s9, -1
    sra t0, t0, t1
    bne s11, zero, word    # mode 2: scaled, not clamped
    bge t0, s10, above
    mv t0, s10
above:
    addi t1, zero, 127
    bge t1, t0, below
    mv t0, t1
below:
    sb t0, 0(s4)
    addi s4, s4, 1
    j next
word:
    sw t0, 0(s4)
    addi s4, s4, 4
next:
    addi a4, a4, 4
    addi a5, a5, -1
    bne a5, zero, output
    add s1, s1, s6
    addi s5, s5, -1
    bne s5, zero, row
"""

ADD = """
    lw s5, 28(s0)          # count
loop:
    lw t0, 0(s1)
    lw t1, 0(s2)
    add t0, t0, t1
    sw t0, 0(s4)
    addi s1, s1, 4
    addi s2, s2, 4
    addi s4, s4, 4
    addi s5, s5, -1
    bne s5, zero, loop
"""

GATE = """
    lw s5, 36(s0)          # count
    lw s6, 40(s0)          # shift
    addi t4, s6, -1
    addi t5, zero, 1
    sll t5, t5, t4         # one half
    addi t2, zero, 127
    addi t3, zero, -127
loop:
    lb t0, 0(s1)
    lb t1, 0(s2)
    add t0, t0, s3
    lb t0, 128(t0)
    mul t0, t0, t1
    add t0, t0, t5
    sra t0, t0, s6
    bge t2, t0, not_high
    mv t0, t2
not_high:
    bge t0, t3, not_low
    mv t0, t3
not_low:
    sb t0, 0(s4)
    addi s1, s1, 1
    addi s2, s2, 1
    addi s4, s4, 1
    addi s5, s5, -1
    bne s5, zero, loop
"""

BODIES = {
    "matmul": MATMUL,
    "add": ADD,
    "rms_norm": RMS_NORM,
    "softmax": SOFTMAX,
    "gate": GATE,
}


@cache
def program(name: str) -> bytes:
    """Machine code of an operator, to be put at 0x1000.

    Raises:
        KeyError: if there is no operator of that name.
    """
    return assemble(PROLOGUE + BODIES[name] + EPILOGUE)
