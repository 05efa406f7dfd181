"""Programs that go through rows: normalisation and softmax, the bodies between start and exit.

Registers as in `programs`: s0 descriptor, s1 and s2 the inputs, s4 the output. Both clear nothing:
memory that a program has not written is zero.
"""

RMS_NORM = """
    lw s5, 28(s0)          # rows
    lw s6, 32(s0)          # n
    lw s7, 36(s0)          # shift
    li s8, 32767
    sub s9, zero, s8
row:
    mv a0, s1
    mv a1, s6
    addi a2, zero, 0       # sum of squares
square:
    lw t0, 0(a0)
    bge t0, s9, not_low
    mv t0, s9
not_low:
    bge s8, t0, not_high
    mv t0, s8
not_high:
    mul t0, t0, t0
    srl t0, t0, s7
    add a2, a2, t0
    addi a0, a0, 4
    addi a1, a1, -1
    bne a1, zero, square
    divu a2, a2, s6
    addi a3, zero, 0       # root, bit by bit
    li a4, 0x40000000
root:
    add t0, a3, a4
    srli a3, a3, 1
    bltu a2, t0, smaller
    sub a2, a2, t0
    add a3, a3, a4
smaller:
    srli a4, a4, 2
    bne a4, zero, root
    bne a3, zero, divide
    addi a3, zero, 1
divide:
    mv a0, s1
    mv a1, s6
    mv a2, s2
    addi t2, zero, 127
    addi t3, zero, -127
quotient:
    lw t0, 0(a0)
    bge t0, s9, q_not_low
    mv t0, s9
q_not_low:
    bge s8, t0, q_not_high
    mv t0, s8
q_not_high:
    lw t1, 0(a2)
    mul t0, t0, t1
    div t0, t0, a3
    bge t2, t0, y_not_high
    mv t0, t2
y_not_high:
    bge t0, t3, y_not_low
    mv t0, t3
y_not_low:
    sb t0, 0(s4)
    addi s4, s4, 1
    addi a0, a0, 4
    addi a2, a2, 4
    addi a1, a1, -1
    bne a1, zero, quotient
    slli t0, s6, 2
    add s1, s1, t0
    addi s5, s5, -1
    bne s5, zero, row
"""

SOFTMAX = """
    lw s5, 28(s0)          # rows
    lw s6, 32(s0)          # n
    lw s7, 36(s0)          # shift
    lw s8, 40(s0)          # causal
    addi s9, zero, 0       # row number
    li s10, 0x00100000     # scratch: this row's exponentials
row:
    mv s11, s6             # columns seen
    beq s8, zero, maximum
    addi s11, s9, 1
    bge s6, s11, maximum
    mv s11, s6
maximum:
    mv a0, s1
    mv a1, s11
    lw a2, 0(s1)
largest:
    lw t0, 0(a0)
    bge a2, t0, not_larger
    mv a2, t0
not_larger:
    addi a0, a0, 4
    addi a1, a1, -1
    bne a1, zero, largest
    mv a0, s1
    mv a1, s11
    mv a3, s10
    addi a4, zero, 0       # sum
exponential:
    lw t0, 0(a0)
    sub t0, a2, t0
    srl t0, t0, s7
    addi t1, zero, 255
    bgeu t1, t0, in_table
    mv t0, t1
in_table:
    slli t0, t0, 2
    add t0, t0, s2
    lw t0, 0(t0)
    sw t0, 0(a3)
    add a4, a4, t0
    addi a0, a0, 4
    addi a3, a3, 4
    addi a1, a1, -1
    bne a1, zero, exponential
    mv a1, s11
    mv a3, s10
    addi t1, zero, 127
share:
    lw t0, 0(a3)
    mul t0, t0, t1
    divu t0, t0, a4
    sb t0, 0(s4)
    addi s4, s4, 1
    addi a3, a3, 4
    addi a1, a1, -1
    bne a1, zero, share
    sub t0, s6, s11        # unseen columns stay zero
    add s4, s4, t0
    slli t0, s6, 2
    add s1, s1, t0
    addi s9, s9, 1
    bne s9, s5, row
"""
