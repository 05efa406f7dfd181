"""The program for one node of a graph: a linear layer whose tensors lie each in a slot of memory.

A large model is disputed in two phases: first over the nodes of its graph, then over the steps of
one node. For the second phase the disputed node alone is put into memory, in slots of 32 MiB: a
descriptor at 0x30000000, inputs (activations, weights, biases) from 0x34000000, the output at
0x32000000 without a length. The descriptor, in words: kind 1, three inputs with two words each,
then the number five and n_in, n_out, mult, shift, last.

One program serves all linear nodes, so the code's root is agreed once. Registers as in `mlp`.
"""

from aicrypto.opml.code.assembler import BASE, assemble

DESCRIPTOR, OUTPUT_SLOT, FIRST_INPUT = 0x30000000, 0x32000000, 0x34000000
SLOT_BYTES = 1 << 25
KIND_LINEAR, N_INPUTS = 1, 3
PARAMETERS_AT = 4 * (2 + 2 * N_INPUTS + 1)  # n_in, n_out, mult, shift, last
BAD_KIND, SYS_EXIT = 2, 93

SOURCE = f"""
    li   s8, {DESCRIPTOR}
    li   a0, {BAD_KIND}
    lw   t0, 0(s8)
    li   t1, {KIND_LINEAR}
    bne  t0, t1, exit
    lw   s5, {PARAMETERS_AT}(s8)        # n_in
    lw   s3, {PARAMETERS_AT + 4}(s8)    # n_out
    lw   s6, {PARAMETERS_AT + 8}(s8)    # mult
    lw   s9, {PARAMETERS_AT + 12}(s8)   # shift
    lw   s10, {PARAMETERS_AT + 16}(s8)  # last
    li   s4, {FIRST_INPUT}
    li   s0, {FIRST_INPUT + SLOT_BYTES}
    li   s1, {FIRST_INPUT + 2 * SLOT_BYTES}
    li   s2, {OUTPUT_SLOT}
    add  s5, s5, s4                     # end of the activations
    addi s9, s9, -2
    li   s7, 1
    sll  s7, s7, s9                     # rounding
    addi s9, s9, 1
neuron:
    beqz s3, done
    addi s3, s3, -1
    lw   t0, 0(s1)
    addi s1, s1, 4
    mv   t1, s4
product:
    beq  t1, s5, finish
    lb   t2, 0(t1)
    lb   t3, 0(s0)
    mul  t2, t2, t3
    add  t0, t0, t2
    addi t1, t1, 1
    addi s0, s0, 1
    j    product
finish:
    bnez s10, whole
    mulh t0, t0, s6
    add  t0, t0, s7
    sra  t0, t0, s9
    bgez t0, positive
    li   t0, 0
positive:
    li   t2, 127
    ble  t0, t2, small
    mv   t0, t2
small:
    sb   t0, 0(s2)
    addi s2, s2, 1
    j    neuron
whole:
    sw   t0, 0(s2)
    addi s2, s2, 4
    j    neuron
done:
    li   a0, 0
exit:
    li   a7, {SYS_EXIT}
    ecall
"""


def linear_node_program(base: int = BASE) -> bytes:
    """The program's bytes, to be placed at `base`."""
    return assemble(SOURCE, base)
