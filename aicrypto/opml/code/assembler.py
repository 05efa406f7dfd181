"""A small assembler: a text with one instruction a line becomes the bytes of a program.

    start:
        li   a0, 0
        li   t0, 10
    again:
        add  a0, a0, t0
        addi t0, t0, -1
        bnez t0, again
        li   a7, 93        # exit with the sum
        ecall

Registers have their numbers (x10) or their names (a0). `#` begins a comment. Branches and jumps go
to labels, or by a number of bytes. Pseudo-instructions are what assemblers usually have: nop li la
mv not neg seqz snez j jr ret call, and branches against zero. `.word` puts a number.

First pass: every line becomes real instructions, so that addresses are known; second: bits.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aicrypto.opml.code import encoding
from aicrypto.opml.code.encoding import REGISTERS

BASE = 0x1000
WORD_BYTES = 4
SMALL = 2048  # what addi can add
LABEL = re.compile(r"\s*([A-Za-z_.][\w.]*)\s*:")
IN_MEMORY = re.compile(r"(.*)\((.*)\)")

Parts = tuple[str, ...]  # mnemonic and operands


class AssemblyError(ValueError):
    """A line that is no instruction, with its number."""


@dataclass(frozen=True)
class Line:
    """One real instruction, with the number of the line it comes from."""

    number: int
    parts: Parts


def assemble(source: str, base: int = BASE) -> bytes:
    """The machine code of a text, to be placed at `base`.

    Raises:
        AssemblyError: naming the line and what is wrong with it.

    >>> assemble("addi x5, x0, 10").hex()
    '9302a000'
    """
    lines, labels = _layout(source, base)
    code = bytearray()
    for line in lines:
        try:
            word = _encode(line.parts, labels, base + len(code))
        except (ValueError, KeyError) as error:
            raise AssemblyError(f"line {line.number}: {' '.join(line.parts)}: {error}") from None
        code += word.to_bytes(WORD_BYTES, "little")
    return bytes(code)


def _layout(source: str, base: int) -> tuple[list[Line], dict[str, int]]:
    """Real instructions in order, and the addresses of labels."""
    lines: list[Line] = []
    labels: dict[str, int] = {}
    for number, text in enumerate(source.splitlines(), 1):
        text = text.partition("#")[0]
        while label := LABEL.match(text):
            if label[1] in labels:
                raise AssemblyError(f"line {number}: label {label[1]} is there already")
            labels[label[1]] = base + WORD_BYTES * len(lines)
            text = text[label.end() :]
        if text.strip():
            lines += [Line(number, parts) for parts in _expanded(number, _split(text))]
    return lines, labels


def _split(text: str) -> Parts:
    name, *rest = text.split(None, 1)
    operands = (operand.strip() for operand in rest[0].split(",")) if rest else ()
    return name.lower(), *operands


def _expanded(number: int, parts: Parts) -> list[Parts]:
    name, *operands = parts
    if name not in PSEUDO:
        return [parts]
    try:
        return PSEUDO[name](*operands)
    except (TypeError, ValueError) as error:
        raise AssemblyError(f"line {number}: {' '.join(parts)}: {error}") from None


def _load_immediate(rd: str, text: str) -> list[Parts]:
    value = int(text, 0)
    if not -(2**31) <= value < 2**32:
        raise ValueError(f"{value} has more than 32 bits")
    value -= (value >> 31 & 1) << 32 if value > 0 else 0  # as a signed number
    if -SMALL <= value < SMALL:
        return [("addi", rd, "zero", str(value))]
    upper, lower = _halves(value)
    first = ("lui", rd, str(upper))
    return [first, ("addi", rd, rd, str(lower))] if lower else [first]


def _halves(value: int) -> tuple[int, int]:
    """What lui and addi add up to the value from: addi's part is signed."""
    lower = (value + SMALL) % (2 * SMALL) - SMALL
    return (value - lower) >> 12 & 0xFFFFF, lower


# Pseudo-instructions as real ones. "%hi(x)" and "%lo(x)" are the halves of a label's address.
PSEUDO: Mapping[str, Callable[..., list[Parts]]] = {
    "li": _load_immediate,
    "la": lambda rd, label: [("lui", rd, f"%hi {label}"), ("addi", rd, rd, f"%lo {label}")],
    "nop": lambda: [("addi", "zero", "zero", "0")],
    "mv": lambda rd, rs: [("addi", rd, rs, "0")],
    "not": lambda rd, rs: [("xori", rd, rs, "-1")],
    "neg": lambda rd, rs: [("sub", rd, "zero", rs)],
    "seqz": lambda rd, rs: [("sltiu", rd, rs, "1")],
    "snez": lambda rd, rs: [("sltu", rd, "zero", rs)],
    "j": lambda target: [("jal", "zero", target)],
    "call": lambda target: [("jal", "ra", target)],
    "jr": lambda rs: [("jalr", "zero", f"0({rs})")],
    "ret": lambda: [("jalr", "zero", "0(ra)")],
    "beqz": lambda rs, target: [("beq", rs, "zero", target)],
    "bnez": lambda rs, target: [("bne", rs, "zero", target)],
    "bltz": lambda rs, target: [("blt", rs, "zero", target)],
    "bgez": lambda rs, target: [("bge", rs, "zero", target)],
    "bgtz": lambda rs, target: [("blt", "zero", rs, target)],
    "blez": lambda rs, target: [("bge", "zero", rs, target)],
    "bgt": lambda a, b, target: [("blt", b, a, target)],
    "ble": lambda a, b, target: [("bge", b, a, target)],
}


def _encode(parts: Parts, labels: Mapping[str, int], address: int) -> int:
    name, *operands = parts
    if name == ".word":
        [value] = operands
        return _number(value, labels) & 0xFFFFFFFF
    if name in encoding.WHOLE:
        return encoding.WHOLE[name]
    if name in encoding.ARITHMETIC:
        rd, rs1, rs2 = operands
        return encoding.encode_r(name, REGISTERS[rd], REGISTERS[rs1], REGISTERS[rs2])
    if name in encoding.BRANCHES:
        a, b, target = operands
        offset = _offset(target, labels, address)
        return encoding.encode_b(name, REGISTERS[a], REGISTERS[b], offset)
    if name == "jal":
        rd, target = operands
        return encoding.encode_j(REGISTERS[rd], _offset(target, labels, address))
    return _encode_immediate(name, operands, labels)


def _encode_immediate(name: str, operands: list[str], labels: Mapping[str, int]) -> int:
    if name in encoding.UPPER:
        rd, upper = operands
        return encoding.encode_u(name, REGISTERS[rd], _number(upper, labels))
    if name in encoding.IMMEDIATE or name in encoding.SHIFTS:
        rd, rs, imm = operands
        return encoding.encode_i(name, REGISTERS[rd], REGISTERS[rs], _number(imm, labels))
    if name not in PLACED:
        raise ValueError("no such instruction")
    register, place = operands
    return _encode_placed(name, register, place, labels)


PLACED = {*encoding.LOADS, *encoding.STORES, "jalr"}  # their second operand is offset(register)


def _encode_placed(name: str, register: str, place: str, labels: Mapping[str, int]) -> int:
    match = IN_MEMORY.fullmatch(place)
    if not match:
        raise ValueError(f"{place} is no place, expected offset(register)")
    offset, base = _number(match[1] or "0", labels), REGISTERS[match[2].strip()]
    encode = encoding.encode_s if name in encoding.STORES else encoding.encode_i
    return encode(name, REGISTERS[register], base, offset)


def _number(text: str, labels: Mapping[str, int]) -> int:
    half, _, label = text.partition(" ")
    if half in ("%hi", "%lo"):
        return _halves(labels[label.strip()])[half == "%lo"]
    return labels[text] if text in labels else int(text, 0)


def _offset(text: str, labels: Mapping[str, int], address: int) -> int:
    """How far a label is, or the number of bytes written there."""
    return labels[text] - address if text in labels else int(text, 0)
