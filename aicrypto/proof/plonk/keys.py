"""Keys and proofs of PLONK, and their snarkjs JSON.

    VerifyingKey   commitments to the selectors Qm Ql Qr Qo Qc and the permutation S1 S2 S3, [tau]2
    Proof          nine points and six values: 768 bytes

Everything is read strictly: a value eval + r would be a second name of one proof (snarkjs 0.7.6
reduces it). Sources: eprint 2019/953, section 8.3; file layout of npm snarkjs 0.7.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.commit.kzg import BN254
from aicrypto.proof.groth16.points import (
    CURVE_NAME,
    field_of,
    g1_from_json,
    g1_to_json,
    g2_from_json,
    g2_to_json,
    number_from_json,
    require_protocol,
)

PROTOCOL = "plonk"
PROOF_BYTES = 768
FIXED = ("Qm", "Ql", "Qr", "Qo", "Qc", "S1", "S2", "S3")  # order of the first challenge
POINTS = ("A", "B", "C", "Z", "T1", "T2", "T3", "Wxi", "Wxiw")
VALUES = ("eval_a", "eval_b", "eval_c", "eval_s1", "eval_s2", "eval_zw")
MAX_POWER = 28  # of roots of unity in F_r


@dataclass(frozen=True, slots=True)
class Evaluations:
    """a, b, c, S1, S2 at xi, and z at xi·omega."""

    a: int
    b: int
    c: int
    s1: int
    s2: int
    zw: int

    def as_list(self) -> list[int]:
        """The six values in the order of the proof."""
        return [self.a, self.b, self.c, self.s1, self.s2, self.zw]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof.

    Attributes:
        wires: commitments to a, b, c.
        z: to the permutation's running product.
        quotient: to T1, T2, T3.
        opening, opening_next: of everything at xi, and of z at xi·omega.
        evaluations: what is opened.
    """

    wires: tuple[Affine, Affine, Affine]
    z: Affine
    quotient: tuple[Affine, Affine, Affine]
    opening: Affine
    opening_next: Affine
    evaluations: Evaluations

    @property
    def points(self) -> tuple[Affine, ...]:
        """The nine points in the order of snarkjs."""
        return (*self.wires, self.z, *self.quotient, self.opening, self.opening_next)

    @classmethod
    def from_bytes(cls, data: bytes) -> Proof:
        """The proof that `to_bytes` wrote.

        Raises:
            ValueError: if there are not 768 bytes, a point is off the curve, or a value is r or
                more.
        """
        if len(data) != PROOF_BYTES:
            raise BadLength(f"data has {len(data)} bytes, a proof has {PROOF_BYTES}")
        a, b, c, z, t1, t2, t3, w, w_next = (
            BN254.g1_from_bytes(data[64 * i : 64 * i + 64], name) for i, name in enumerate(POINTS)
        )
        values = [BN254_FR.from_bytes(data[i : i + 32]) for i in range(576, PROOF_BYTES, 32)]
        return cls((a, b, c), z, (t1, t2, t3), w, w_next, Evaluations(*values))

    def to_bytes(self) -> bytes:
        """768 bytes: the words that a contract is given."""
        points = map(BN254.g1_to_bytes, self.points)
        return b"".join((*points, *map(BN254_FR.to_bytes, self.evaluations.as_list())))

    @classmethod
    def from_json(cls, value: Any) -> Proof:
        """The proof in proof.json.

        Raises:
            ValueError: naming the field that is missing, malformed, off the curve or not canonical.
        """
        fields = require_protocol(value, PROTOCOL, "proof")
        a, b, c, z, t1, t2, t3, w, w_next = (
            g1_from_json(field_of(fields, name, "proof"), name) for name in POINTS
        )
        values = [
            number_from_json(field_of(fields, name, "proof"), BN254_FR, name) for name in VALUES
        ]
        return cls((a, b, c), z, (t1, t2, t3), w, w_next, Evaluations(*values))

    def to_json(self) -> dict[str, Any]:
        """The proof as snarkjs writes it."""
        points = zip(POINTS, map(g1_to_json, self.points), strict=True)
        values = zip(VALUES, map(str, self.evaluations.as_list()), strict=True)
        return {**dict(points), **dict(values), "protocol": PROTOCOL, "curve": CURVE_NAME}


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """What a verifier needs.

    Attributes:
        n_public: number of public inputs.
        power: log2 of n, the number of rows.
        k1, k2: multipliers of the second and third column's cosets.
        fixed: commitments in the order Qm, Ql, Qr, Qo, Qc, S1, S2, S3.
        tau_2: [tau]2 of the setup.

    Raises:
        ValueError: if n does not exist or hold the publics, or two columns' cosets meet.
    """

    n_public: int
    power: int
    k1: int
    k2: int
    fixed: tuple[Affine, ...]
    tau_2: Affine

    def __post_init__(self) -> None:
        if not 3 <= self.power <= MAX_POWER or not 0 <= self.n_public <= self.n:
            raise ValueError(f"power is {self.power} for {self.n_public} publics, must be 3..28")
        ratio = self.k1 * pow(self.k2, -1, BN254_R) if self.k2 % BN254_R else 0
        if any(pow(k, self.n, BN254_R) in (0, 1) for k in (self.k1, self.k2, ratio)):
            raise ValueError(f"k1 {self.k1} and k2 {self.k2} do not make three disjoint cosets")

    @property
    def n(self) -> int:
        """How many rows there are."""
        return 1 << max(self.power, 0)

    @property
    def omega(self) -> int:
        """The n-th root of unity."""
        return BN254_FR.root_of_unity(self.n)

    @classmethod
    def from_json(cls, value: Any) -> VerifyingKey:
        """The key in verification_key.json.

        Raises:
            ValueError: naming the field that is missing, malformed, outside its group or not
                canonical; if w is not the n-th root of unity, or tau is 0, 1 or -1.
        """
        fields = require_protocol(value, PROTOCOL, "vkey")
        n_public, power = (field_of(fields, name, "vkey") for name in ("nPublic", "power"))
        if type(n_public) is not int or type(power) is not int:
            raise ValueError(f"nPublic {n_public!r} and power {power!r} must be integers")
        k1, k2, w = (
            number_from_json(field_of(fields, name, "vkey"), BN254_FR, name)
            for name in ("k1", "k2", "w")
        )
        fixed = tuple(g1_from_json(field_of(fields, name, "vkey"), name) for name in FIXED)
        tau_2 = g2_from_json(field_of(fields, "X_2", "vkey"), "X_2")
        one = bn254.G2.generator
        if tau_2 in (None, one, bn254.G2.negate(one)):
            raise ValueError("X_2 is that of tau = 0, 1 or -1, which everybody knows")
        key = cls(n_public, power, k1, k2, fixed, tau_2)
        if w != key.omega:
            raise ValueError(f"w is {w}, must be the root of unity {key.omega}")
        return key

    def to_json(self) -> dict[str, Any]:
        """The key as snarkjs writes it."""
        return {
            "protocol": PROTOCOL,
            "curve": CURVE_NAME,
            "nPublic": self.n_public,
            "power": self.power,
            "k1": str(self.k1),
            "k2": str(self.k2),
            **dict(zip(FIXED, map(g1_to_json, self.fixed), strict=True)),
            "X_2": g2_to_json(self.tau_2),
            "w": str(self.omega),
        }
