"""snarkjs's .zkey: a proving key as a file, and proofs from it.

    2  32, q, 32, r, n_wires, n_public, n, alpha1 beta1 beta2 gamma2 delta1 delta2
    3  IC          4  the matrices A and B: count, then (matrix, row, wire, value·2^512 mod r)
    5  A    6  B in G1    7  B in G2    8  private wires    9  quotient, on the odd coset

Points are affine, little-endian, in Montgomery form (times 2^256 modulo q), infinity is zeros. The
file has no matrix C: it writes a·b in its place, so a prover that reads it cannot see an
unsatisfied constraint; its proof is merely refused. That is why `prove_file` verifies what it made.

A key is checked as it is read: every point on its curve, those of G2 in the group. Source: iden3/
snarkjs 0.7.6 (format), with `r1cs.files` for the container.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.gaussian import Gaussian
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.primes import BN254_FQ, BN254_Q, BN254_R
from aicrypto.proof.groth16.keys import Matrices, Proof, ProvingKey, VerifyingKey, require_strong
from aicrypto.proof.groth16.points import require_g2
from aicrypto.proof.groth16.protocol import prove, publics_of, verify
from aicrypto.proof.r1cs.files import Reader, read_sections, read_wtns, section
from aicrypto.proof.r1cs.system import Row, Unsatisfied

MAGIC, VERSION = b"zkey", 1
GROTH16 = 1
FROM_MONTGOMERY = pow(2, -256, BN254_Q)
FROM_DOUBLE_MONTGOMERY = pow(2, -512, BN254_R)


@dataclass(frozen=True, slots=True)
class _Header:
    n_wires: int
    n_public: int
    domain: int
    alpha_1: Affine
    beta_1: Affine
    beta_2: Affine
    gamma_2: Affine
    delta_1: Affine
    delta_2: Affine


def read_zkey(data: bytes, *, even_weak: bool = False) -> ProvingKey:
    """The key in a .zkey file.

    Raises:
        ValueError: naming the section that is missing, repeated, too short or too long, holds
            another protocol or field, a point outside its group, or a wire or row out of range.
        WeakKey: if nobody contributed to phase 2, unless `even_weak`.
    """
    sections = read_sections(data, MAGIC, VERSION)
    protocol = section(sections, 1)
    if (kind := protocol.integer()) != GROTH16:
        raise ValueError(f"protocol is {kind}, must be {GROTH16} (Groth16)")
    protocol.finish()
    header = _read_header(section(sections, 2))
    n, n_private = header.n_wires, header.n_wires - header.n_public - 1
    sizes = {3: header.n_public + 1, 5: n, 6: n, 8: n_private, 9: header.domain}
    g1 = {kind: _points(section(sections, kind), size, kind) for kind, size in sizes.items()}
    b_2 = _twist_points(section(sections, 7), n)
    vk = VerifyingKey(header.alpha_1, header.beta_2, header.gamma_2, header.delta_2, g1[3])
    if not even_weak:
        require_strong(vk)
    matrices = _read_matrices(section(sections, 4), header)
    points = header.beta_1, header.delta_1, g1[5], g1[6], b_2, g1[8], g1[9]
    return ProvingKey(vk, *points, matrices, header.domain)


def prove_file(zkey: bytes, wtns: bytes, r: int, s: int) -> tuple[Proof, tuple[int, ...]]:
    """The proof and its publics, from snarkjs's two files.

    Raises:
        ValueError: as the readers; if the witness is over another field or has another length.
        Unsatisfied: if the witness does not solve the system: the proof would be refused.
    """
    key, witness = read_zkey(zkey), read_wtns(wtns)
    if witness.prime != BN254_R:
        raise ValueError(f"witness has prime {witness.prime}, must be {BN254_R}")
    proof, publics = prove(key, witness.values, r, s), publics_of(key, witness.values)
    if not verify(key.verifying, publics, proof):
        raise Unsatisfied("the witness does not solve the system of the key")
    return proof, publics


def _read_header(reader: Reader) -> _Header:
    for name, expected in (("q", BN254_Q), ("r", BN254_R)):
        if (found := reader.prime()) != expected:
            raise ValueError(f"{name} is {found}, must be BN254's {expected}")
    n_wires, n_public, domain = (reader.integer() for _ in range(3))
    if n_wires <= n_public or domain < 1 or domain & (domain - 1):
        raise ValueError(f"there are {n_wires} wires, {n_public} public, domain {domain}")
    alpha_1, beta_1 = _point(reader, "alpha1"), _point(reader, "beta1")
    beta_2, gamma_2 = _twist_point(reader, "beta2"), _twist_point(reader, "gamma2")
    delta_1, delta_2 = _point(reader, "delta1"), _twist_point(reader, "delta2")
    reader.finish()
    points = alpha_1, beta_1, beta_2, gamma_2, delta_1, delta_2
    return _Header(n_wires, n_public, domain, *points)


def _points(reader: Reader, count: int, kind: int) -> tuple[Affine, ...]:
    points = tuple(_point(reader, f"section {kind} point {i}") for i in range(count))
    reader.finish()
    return points


def _twist_points(reader: Reader, count: int) -> tuple[Affine, ...]:
    points = tuple(_twist_point(reader, f"section 7 point {i}") for i in range(count))
    reader.finish()
    return points


def _point(reader: Reader, argument: str) -> Affine:
    x, y = _coordinate(reader), _coordinate(reader)
    return bn254.G1.require_on_curve((x, y) if x or y else None, argument)


def _twist_point(reader: Reader, argument: str) -> Affine:
    x, y = (Gaussian(_coordinate(reader), _coordinate(reader)) for _ in range(2))
    return require_g2((x, y) if x or y else None, argument)


def _coordinate(reader: Reader) -> int:
    return BN254_FQ.element(reader.element(BN254_Q)) * FROM_MONTGOMERY % BN254_Q


def _read_matrices(reader: Reader, header: _Header) -> Matrices:
    rows: tuple[list[list[tuple[int, int]]], ...]
    rows = tuple([[] for _ in range(header.domain)] for _ in range(2))
    for _ in range(reader.integer()):
        matrix, row, wire = (reader.integer() for _ in range(3))
        value = reader.element(BN254_R) * FROM_DOUBLE_MONTGOMERY % BN254_R
        if matrix > 1 or row >= header.domain or wire >= header.n_wires:
            raise ValueError(f"section 4 has matrix {matrix}, row {row}, wire {wire}")
        rows[matrix][row].append((wire, value))
    reader.finish()
    a, b = map(_frozen, rows)
    return Matrices(a, b, None)


def _frozen(rows: Sequence[Sequence[tuple[int, int]]]) -> tuple[Row, ...]:
    return tuple(tuple(row) for row in rows)
