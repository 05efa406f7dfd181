# pragma version ~=0.4.3
"""
@title   One step of RV32IM
@license MIT
@notice  Executes any single instruction from a state, and proofs of the two memory leaves that an
         instruction can touch: what is left of a dispute about a run of any length.

         The state is six words: root of memory, meta, 32 registers of four bytes, eight a word,
         x0 in the highest bits of the first. meta holds, from the lowest bit on, pc (32 bits),
         step (64), exited (8) and code (32). A state is named by its hash, keccak256 of the words.

         Reverts are "BadState", "InsnProof" and "MemProof". A proof is a leaf of 32 bytes and its
         27 siblings, the lowest first; one that is not needed may be anything, all zeros for one.
         Everything that a program can do wrong is no revert but an outcome: a trap, with exited 2
         and the cause as code.

@dev     Twin of aicrypto.opml.machine.riscv, in the same order; tests hold them together. Two's
         complement needs no signed type here: a number extended to 256 bits, wrapped, gives the
         right lowest bits in products and right shifts by less than 32.
"""

M32: constant(uint256) = 2**32 - 1
M64: constant(uint256) = 2**64 - 1
SIGN: constant(uint256) = 2**31
TRAP: constant(uint256) = 2**32  # plus a cause, where otherwise the next address stands

EXITED: constant(uint256) = 1
TRAPPED: constant(uint256) = 2

# Causes of traps.
TARGET_MISALIGNED: constant(uint256) = 0
ILLEGAL: constant(uint256) = 2
BREAKPOINT: constant(uint256) = 3
LOAD_MISALIGNED: constant(uint256) = 4
STORE_MISALIGNED: constant(uint256) = 6

# Opcodes: bits 6..0.
LUI: constant(uint256) = 55  # 0x37
AUIPC: constant(uint256) = 23  # 0x17
JAL: constant(uint256) = 111  # 0x6F
JALR: constant(uint256) = 103  # 0x67
BRANCH: constant(uint256) = 99  # 0x63
LOAD: constant(uint256) = 3  # 0x03
STORE: constant(uint256) = 35  # 0x23
OP_IMM: constant(uint256) = 19  # 0x13
OP: constant(uint256) = 51  # 0x33
FENCE: constant(uint256) = 15  # 0x0F
ECALL: constant(uint256) = 115  # 0x00000073
EBREAK: constant(uint256) = 1048691  # 0x00100073

# Bits of immediates where they stand in an instruction, or 20 or 7 bits lower.
BITS_19_12: constant(uint256) = 2**20 - 2**12
BITS_10_1: constant(uint256) = 2**11 - 2
BITS_10_5: constant(uint256) = 2**11 - 2**5
BITS_4_1: constant(uint256) = 2**5 - 2
UPPER: constant(uint256) = 2**32 - 2**12

SYS_EXIT: constant(uint256) = 93
SYS_WRITE: constant(uint256) = 64
NO_SUCH_CALL: constant(uint256) = 2**32 - 38


@external
@pure
def step(
    root: bytes32,
    meta: uint256,
    regs: uint256[4],
    insn_proof: bytes32[28],
    mem_proof: bytes32[28],
) -> bytes32:
    """
    @notice Hash of the state after one step.
    @dev    A state that has exited stays as it is.
    """
    assert self._is_well_formed(meta, regs), "BadState"
    if (meta >> 96) & 255 != 0:
        return self._hash(root, meta, regs)
    pc: uint256 = meta & M32
    # What meta becomes but for pc: one step more, nothing exited.
    counted: uint256 = (unsafe_add(meta >> 32, 1) & M64) << 32
    if pc & 3 != 0:
        return self._hash(root, self._trapped(counted, pc, TARGET_MISALIGNED), regs)
    assert self._fold(insn_proof, pc >> 5) == root, "InsnProof"

    insn: uint256 = self._word(insn_proof[0], pc)
    opcode: uint256 = insn & 127
    a: uint256 = self._register(regs, (insn >> 15) & 31)
    b: uint256 = self._register(regs, (insn >> 20) & 31)
    new_root: bytes32 = root
    following: uint256 = (pc + 4) & M32
    rd: uint256 = (insn >> 7) & 31
    result: uint256 = 0

    if opcode == LOAD:
        following, result = self._address(insn, a, following)
        if following < TRAP:
            assert self._fold(mem_proof, result >> 5) == root, "MemProof"
            result = self._loaded(insn, result, self._word(mem_proof[0], result))
    elif opcode == STORE:
        rd = 0
        following, result = self._address(insn, a, following)
        if following < TRAP:
            leaf: bytes32 = self._stored(insn, result, mem_proof[0], b)
            old_root: bytes32 = empty(bytes32)
            old_root, new_root = self._fold_both(mem_proof, leaf, result >> 5)
            assert old_root == root, "MemProof"
    elif insn == ECALL:
        x17: uint256 = self._register(regs, 17)
        if x17 == SYS_EXIT:
            code: uint256 = self._register(regs, 10)
            return self._hash(root, counted | following | (EXITED << 96) | (code << 104), regs)
        rd = 10
        result = NO_SUCH_CALL
        if x17 == SYS_WRITE:
            result = self._register(regs, 12)
    else:
        following, result = self._computed(insn, pc, a, b)
        if opcode == BRANCH or opcode == FENCE:
            rd = 0

    if following >= TRAP:
        return self._hash(root, self._trapped(counted, pc, following - TRAP), regs)
    if rd == 0:
        return self._hash(new_root, counted | following, regs)
    return self._hash(new_root, counted | following, self._with_register(regs, rd, result & M32))


@external
@pure
def state_hash(root: bytes32, meta: uint256, regs: uint256[4]) -> bytes32:
    """
    @notice The name of a state, well formed or not.
    """
    return self._hash(root, meta, regs)


@external
@pure
def is_well_formed(root: bytes32, meta: uint256, regs: uint256[4]) -> bool:
    """
    @notice Whether a machine can be in this state.
    """
    return self._is_well_formed(meta, regs)


@external
@pure
def root_of(proof: bytes32[28], addr: uint256) -> bytes32:
    """
    @notice The memory root that a proof gives the leaf which holds an address.
    """
    assert addr <= M32, "address"
    return self._fold(proof, addr >> 5)


@internal
@pure
def _is_well_formed(meta: uint256, regs: uint256[4]) -> bool:
    """
    @dev x0 is 0, exited is 0, 1 or 2, code is 0 while the machine runs, nothing beyond code.
    """
    exited: uint256 = (meta >> 96) & 255
    if regs[0] >> 224 != 0 or meta >> 136 != 0 or exited > TRAPPED:
        return False
    return exited != 0 or meta >> 104 == 0


@internal
@pure
def _hash(root: bytes32, meta: uint256, regs: uint256[4]) -> bytes32:
    return keccak256(abi_encode(root, meta, regs))


@internal
@pure
def _trapped(counted: uint256, pc: uint256, cause: uint256) -> uint256:
    return counted | pc | (TRAPPED << 96) | (cause << 104)


# Memory


@internal
@pure
def _fold(proof: bytes32[28], leaf_number: uint256) -> bytes32:
    """
    @dev Exactly 27 levels, neither more nor less: no node can pass as a leaf.
    """
    node: bytes32 = proof[0]
    side: uint256 = leaf_number
    for level: uint256 in range(1, 28):
        if side & 1 == 0:
            node = keccak256(abi_encode(node, proof[level]))
        else:
            node = keccak256(abi_encode(proof[level], node))
        side >>= 1
    return node


@internal
@pure
def _fold_both(proof: bytes32[28], leaf: bytes32, leaf_number: uint256) -> (bytes32, bytes32):
    """
    @dev `_fold` for the proof's own leaf, and for another in its place: the root after a store.
    """
    old: bytes32 = proof[0]
    new: bytes32 = leaf
    side: uint256 = leaf_number
    for level: uint256 in range(1, 28):
        sibling: bytes32 = proof[level]
        if side & 1 == 0:
            old = keccak256(abi_encode(old, sibling))
            new = keccak256(abi_encode(new, sibling))
        else:
            old = keccak256(abi_encode(sibling, old))
            new = keccak256(abi_encode(sibling, new))
        side >>= 1
    return old, new


@internal
@pure
def _swapped(word: uint256) -> uint256:
    """
    @dev Four bytes in the other order.
    """
    outer: uint256 = ((word & 255) << 24) | (word >> 24)
    return outer | ((word & 65280) << 8) | ((word >> 8) & 65280)


@internal
@pure
def _word(leaf: bytes32, addr: uint256) -> uint256:
    """
    @dev The little-endian word of a leaf that holds an address.
    """
    return self._swapped((convert(leaf, uint256) >> (224 - ((addr & 28) << 3))) & M32)


@internal
@pure
def _loaded(insn: uint256, addr: uint256, word: uint256) -> uint256:
    """
    @dev What LB LH LW LBU LHU make of a word.
    """
    funct3: uint256 = (insn >> 12) & 7
    bits: uint256 = 8 << (funct3 & 3)
    result: uint256 = (word >> ((addr & 3) << 3)) & ((1 << bits) - 1)
    if funct3 & 4 != 0:
        return result
    return self._extended(result, bits)


@internal
@pure
def _stored(insn: uint256, addr: uint256, leaf: bytes32, b: uint256) -> bytes32:
    """
    @dev The leaf with the lowest bytes of b in it, at their address, little-endian.
    """
    at: uint256 = (addr & 3) << 3
    mask: uint256 = ((1 << (8 << ((insn >> 12) & 3))) - 1) << at
    old: uint256 = self._word(leaf, addr)
    word: uint256 = self._swapped((old & (M32 ^ mask)) | ((b << at) & mask))
    place: uint256 = 224 - ((addr & 28) << 3)
    return convert((convert(leaf, uint256) & ~(M32 << place)) | (word << place), bytes32)


@internal
@pure
def _address(insn: uint256, a: uint256, following: uint256) -> (uint256, uint256):
    """
    @dev Next address or trap, and the address of a load or store.
    """
    funct3: uint256 = (insn >> 12) & 7
    size_bits: uint256 = funct3 & 3
    offset: uint256 = insn >> 20
    cause: uint256 = LOAD_MISALIGNED
    legal: bool = size_bits != 3 and funct3 != 6
    if insn & 127 == STORE:
        offset = ((insn >> 25) << 5) | ((insn >> 7) & 31)
        cause = STORE_MISALIGNED
        legal = funct3 < 3
    if not legal:
        return TRAP | ILLEGAL, 0
    addr: uint256 = unsafe_add(a, self._extended(offset, 12)) & M32
    if addr & ((1 << size_bits) - 1) != 0:
        return TRAP | cause, 0
    return following, addr


# Registers


@internal
@pure
def _register(regs: uint256[4], number: uint256) -> uint256:
    return (regs[number >> 3] >> (224 - ((number & 7) << 5))) & M32


@internal
@pure
def _with_register(regs: uint256[4], number: uint256, result: uint256) -> uint256[4]:
    changed: uint256[4] = regs
    place: uint256 = 224 - ((number & 7) << 5)
    changed[number >> 3] = (regs[number >> 3] & ~(M32 << place)) | (result << place)
    return changed


# Arithmetic


@internal
@pure
def _extended(result: uint256, bits: uint256) -> uint256:
    """
    @dev A shorter number in two's complement, in 256 bits.
    """
    sign: uint256 = 1 << (bits - 1)
    return unsafe_sub(result ^ sign, sign)


@internal
@pure
def _computed(insn: uint256, pc: uint256, a: uint256, b: uint256) -> (uint256, uint256):
    """
    @dev Next address or trap, and the result for rd, of everything that touches no memory.
    """
    opcode: uint256 = insn & 127
    following: uint256 = (pc + 4) & M32
    funct3: uint256 = (insn >> 12) & 7
    if opcode == OP_IMM:
        funct7: uint256 = 0
        if funct3 & 3 == 1:  # shifts
            funct7 = insn >> 25
            if funct7 != 0 and (funct7 != 32 or funct3 != 5):
                return TRAP | ILLEGAL, 0
        immediate: uint256 = self._extended(insn >> 20, 12) & M32
        return following, self._arithmetic(funct3, funct7, a, immediate)
    if opcode == OP:
        funct7: uint256 = insn >> 25
        if funct7 == 1:
            return following, self._multiplied(funct3, a, b)
        if funct7 == 0 or (funct7 == 32 and (funct3 == 0 or funct3 == 5)):
            return following, self._arithmetic(funct3, funct7, a, b)
        return TRAP | ILLEGAL, 0
    if opcode == BRANCH:
        return self._branch(insn, pc, a, b), 0
    if opcode == LUI:
        return following, insn & UPPER
    if opcode == AUIPC:
        return following, unsafe_add(pc, insn & UPPER)
    if opcode == JAL or opcode == JALR:
        return self._jump(insn, pc, a), following
    if opcode == FENCE and funct3 <= 1:
        return following, 0
    if insn == EBREAK:
        return TRAP | BREAKPOINT, 0
    return TRAP | ILLEGAL, 0


@internal
@pure
def _aligned(target: uint256) -> uint256:
    """
    @dev The next address or a trap, for a jump or a branch that is taken.
    """
    if target & 3 != 0:
        return TRAP | TARGET_MISALIGNED
    return target & M32


@internal
@pure
def _jump(insn: uint256, pc: uint256, a: uint256) -> uint256:
    if insn & 127 == JALR:
        if (insn >> 12) & 7 != 0:
            return TRAP | ILLEGAL
        return self._aligned(unsafe_add(a, self._extended(insn >> 20, 12)) & (M32 - 1))
    offset: uint256 = ((insn >> 31) << 20) | (insn & BITS_19_12)
    offset |= (((insn >> 20) & 1) << 11) | ((insn >> 20) & BITS_10_1)
    return self._aligned(unsafe_add(pc, self._extended(offset, 21)))


@internal
@pure
def _branch(insn: uint256, pc: uint256, a: uint256, b: uint256) -> uint256:
    """
    @dev funct3: bits 2 and 1 say what is compared, bit 0 whether the answer is turned around.
    """
    funct3: uint256 = (insn >> 12) & 7
    kind: uint256 = funct3 >> 1
    holds: bool = a == b
    if kind == 1:
        return TRAP | ILLEGAL
    if kind == 2:
        holds = (a ^ SIGN) < (b ^ SIGN)
    elif kind == 3:
        holds = a < b
    if holds == (funct3 & 1 == 1):
        return (pc + 4) & M32
    offset: uint256 = ((insn >> 31) << 12) | (((insn >> 7) & 1) << 11)
    offset |= ((insn >> 20) & BITS_10_5) | ((insn >> 7) & BITS_4_1)
    return self._aligned(unsafe_add(pc, self._extended(offset, 13)))


@internal
@pure
def _arithmetic(funct3: uint256, funct7: uint256, a: uint256, b: uint256) -> uint256:
    if funct3 == 0:
        if funct7 != 0:
            return unsafe_sub(a, b)
        return a + b
    if funct3 == 1:
        return a << (b & 31)
    if funct3 == 2:
        return convert((a ^ SIGN) < (b ^ SIGN), uint256)
    if funct3 == 3:
        return convert(a < b, uint256)
    if funct3 == 4:
        return a ^ b
    if funct3 == 5:
        if funct7 != 0:
            return self._extended(a, 32) >> (b & 31)
        return a >> (b & 31)
    if funct3 == 6:
        return a | b
    return a & b


@internal
@pure
def _multiplied(funct3: uint256, a: uint256, b: uint256) -> uint256:
    """
    @dev MUL MULH MULHSU MULHU, then the divisions.
    """
    if funct3 == 0:
        return a * b
    if funct3 == 1:
        return unsafe_mul(self._extended(a, 32), self._extended(b, 32)) >> 32
    if funct3 == 2:
        return unsafe_mul(self._extended(a, 32), b) >> 32
    if funct3 == 3:
        return (a * b) >> 32
    return self._divided(funct3, a, b)


@internal
@pure
def _divided(funct3: uint256, a: uint256, b: uint256) -> uint256:
    """
    @dev DIV DIVU REM REMU: toward zero, the remainder with the dividend's sign.
    """
    if b == 0:
        return M32 if funct3 < 6 else a
    if funct3 == 5:
        return a // b
    if funct3 == 7:
        return a % b
    dividend: uint256 = a if a < SIGN else 2**32 - a
    divisor: uint256 = b if b < SIGN else 2**32 - b
    if funct3 == 4:
        quotient: uint256 = dividend // divisor
        return quotient if (a < SIGN) == (b < SIGN) else unsafe_sub(0, quotient)
    rest: uint256 = dividend % divisor
    return rest if a < SIGN else unsafe_sub(0, rest)
