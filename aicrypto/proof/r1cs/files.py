"""circom's files: .r1cs holds a system, .wtns a witness; both readers refuse what they do not know.

    magic (4 bytes)  version u32  number of sections u32      little-endian throughout
    section: type u32, length u64, bytes                      in any order, unknown types skipped

    .r1cs 1  1: field size 32, prime, n_wires, outputs, inputs, private, u32 each;
                labels u64, constraints u32
             2: for every constraint A, B, C: count u32, then wire u32 and value in 32 bytes
             3: a label u64 for every wire
    .wtns 2  1: field size 32, prime, count u32         2: the values, 32 bytes each

Reading what circom compiled and writing what `language` built, one can take a circuit from one tool
to the other. Numbers are canonical or the file is refused. A section may not repeat: of two, each
reader would take another. Source: iden3/r1csfile, iden3/snarkjs (formats).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicrypto.algebra.primes import BN254_R
from aicrypto.proof.r1cs.system import Constraint, R1cs, Row, is_satisfied

R1CS_MAGIC, R1CS_VERSION = b"r1cs", 1
WTNS_MAGIC, WTNS_VERSION = b"wtns", 2
FIELD_BYTES = 32
U32, U64 = 4, 8


class Reader:
    """A cursor over bytes that refuses to read past the end.

    Raises:
        ValueError: from each method, naming the part of the file that ends too early.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name, self._at = data, name, 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if self._at + size > len(self._data):
            left = len(self._data) - self._at
            raise ValueError(f"{self._name} needs {size} bytes more, has {left}")
        self._at += size
        return self._data[self._at - size : self._at]

    def integer(self, size: int = U32) -> int:
        """The next number of that many bytes."""
        return int.from_bytes(self.take(size), "little")

    def element(self, prime: int) -> int:
        """The next field element, canonical."""
        value = self.integer(FIELD_BYTES)
        if value >= prime:
            raise ValueError(f"{self._name} has value {value}, must be below {prime}")
        return value

    def prime(self) -> int:
        """The size of field elements, which must be 32, and the modulus."""
        size = self.integer()
        if size != FIELD_BYTES:
            raise ValueError(f"{self._name} has field size {size}, must be {FIELD_BYTES}")
        return self.integer(FIELD_BYTES)

    def finish(self) -> None:
        """Refuses bytes that nobody read."""
        if left := len(self._data) - self._at:
            raise ValueError(f"{self._name} has {left} bytes left over")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness as a .wtns file has it."""

    values: tuple[int, ...]
    prime: int = BN254_R


def read_sections(data: bytes, magic: bytes, version: int) -> dict[int, Reader]:
    """The sections of a file by type.

    Raises:
        ValueError: if magic or version differ, a section repeats or is longer than the file, or
            bytes follow the last.
    """
    name = f".{magic.decode()} file"
    reader = Reader(data, name)
    if (found := reader.take(len(magic))) != magic:
        raise ValueError(f"{name} starts with {found!r}, must start with {magic!r}")
    if (number := reader.integer()) != version:
        raise ValueError(f"{name} has version {number}, must have {version}")
    sections: dict[int, Reader] = {}
    for _ in range(reader.integer()):
        kind, size = reader.integer(), reader.integer(U64)
        if kind in sections:
            raise ValueError(f"{name} has section {kind} twice")
        sections[kind] = Reader(reader.take(size), f"{name}, section {kind},")
    reader.finish()
    return sections


def section(sections: Mapping[int, Reader], kind: int) -> Reader:
    """One section; ValueError if it is missing."""
    if kind not in sections:
        raise ValueError(f"section {kind} is missing, there are {sorted(sections)}")
    return sections[kind]


def write_sections(magic: bytes, version: int, sections: Mapping[int, bytes]) -> bytes:
    """A file of these sections, in the mapping's order."""
    parts = [magic, version.to_bytes(U32, "little"), len(sections).to_bytes(U32, "little")]
    for kind, content in sections.items():
        parts += [kind.to_bytes(U32, "little"), len(content).to_bytes(U64, "little"), content]
    return b"".join(parts)


def read_r1cs(data: bytes) -> R1cs:
    """The system in a .r1cs file.

    Raises:
        ValueError: naming what is wrong: see `read_sections`; besides a field size other than 32, a
            missing section, bytes left in a section, a number of labels that is not n_wires, a
            wire that does not exist, a value that is not canonical.
    """
    sections = read_sections(data, R1CS_MAGIC, R1CS_VERSION)
    header, body, names = (section(sections, kind) for kind in (1, 2, 3))
    prime = header.prime()
    n_wires, n_outputs, n_inputs, n_private = (header.integer() for _ in range(4))
    n_labels, n_constraints = header.integer(U64), header.integer()
    header.finish()
    constraints = tuple(_read_constraint(body, prime, k) for k in range(n_constraints))
    body.finish()
    labels = tuple(names.integer(U64) for _ in range(n_wires))
    names.finish()
    return R1cs(constraints, n_wires, n_outputs, n_inputs, n_private, labels, n_labels, prime)


def _read_constraint(body: Reader, prime: int, k: int) -> Constraint:
    a, b, c = (_read_row(body, prime) for _ in range(3))
    return Constraint(a, b, c, f"constraint {k}")


def _read_row(body: Reader, prime: int) -> Row:
    return tuple((body.integer(), body.element(prime)) for _ in range(body.integer()))


def write_r1cs(system: R1cs) -> bytes:
    """The system as a .r1cs file; wires without labels get their own numbers."""
    header = [_u32(FIELD_BYTES), _field(system.prime), _u32(system.n_wires)]
    header += map(_u32, (system.n_outputs, system.n_inputs, system.n_private))
    labels = system.labels or range(system.n_wires)
    header += [_u64(system.n_labels or system.n_wires), _u32(len(system.constraints))]
    rows = [_write_row(row) for constraint in system.constraints for row in constraint.rows]
    sections = {1: b"".join(header), 2: b"".join(rows), 3: b"".join(map(_u64, labels))}
    return write_sections(R1CS_MAGIC, R1CS_VERSION, sections)


def _write_row(row: Row) -> bytes:
    return _u32(len(row)) + b"".join(_u32(wire) + _field(value) for wire, value in row)


def read_wtns(data: bytes) -> Witness:
    """The witness in a .wtns file; ValueError as for `read_r1cs`."""
    sections = read_sections(data, WTNS_MAGIC, WTNS_VERSION)
    header, body = (section(sections, kind) for kind in (1, 2))
    prime, count = header.prime(), header.integer()
    header.finish()
    values = tuple(body.element(prime) for _ in range(count))
    body.finish()
    return Witness(values, prime)


def write_wtns(values: Sequence[int], prime: int = BN254_R) -> bytes:
    """The witness as a .wtns file."""
    header = _u32(FIELD_BYTES) + _field(prime) + _u32(len(values))
    sections = {1: header, 2: b"".join(map(_field, values))}
    return write_sections(WTNS_MAGIC, WTNS_VERSION, sections)


def solves(witness: Witness, system: R1cs) -> bool:
    """Whether field and length agree, wire 0 is 1 and all constraints hold."""
    return witness.prime == system.prime and is_satisfied(system, witness.values)


def _u32(value: int) -> bytes:
    return value.to_bytes(U32, "little")


def _u64(value: int) -> bytes:
    return value.to_bytes(U64, "little")


def _field(value: int) -> bytes:
    return value.to_bytes(FIELD_BYTES, "little")
