"""Keys and proofs of Groth16, and their snarkjs JSON.

    Proof          A in G1, B in G2, C in G1: 256 bytes, whatever was proven
    VerifyingKey   alpha, beta, gamma, delta, and IC: one point for 1 and for every public input
    ProvingKey     points for every wire and for the quotient; a few hundred bytes a constraint

[s]1 is s·G, [s]2 is s·G2. With u_i, v_i, w_i the columns of the constraints as polynomials and
k_i = beta·u_i(tau) + alpha·v_i(tau) + w_i(tau), the points are those of section 3.2 of the paper.

A key from outside may be well-formed and worthless. `weaknesses` names what can be seen: delta =
gamma, which a ceremony leaves behind that nobody contributed to (then A = alpha, B = beta, C =
-IC·publics proves anything; iden3/snarkjs#620), any two of beta, gamma and delta that are equal or
opposite (where beta is gamma, A = alpha + IC·publics does), and public inputs that are bound to
nothing. Loaders refuse such keys.

Sources: eprint 2016/260; file layout of npm snarkjs 0.7.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.commit.kzg import BN254
from aicrypto.proof.groth16.points import (
    CURVE_NAME,
    field_of,
    g1_from_json,
    g1_to_json,
    g2_from_json,
    g2_from_words,
    g2_to_json,
    require_protocol,
)
from aicrypto.proof.r1cs.system import Row

PROTOCOL = "groth16"
PROOF_BYTES = 256


class WeakKey(ValueError):
    """A verifying key under which false statements have proofs that anyone can make."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof: A = `a` in G1, B = `b` in G2, C = `c` in G1."""

    a: Affine
    b: Affine
    c: Affine

    @classmethod
    def from_bytes(cls, data: bytes) -> Proof:
        """The proof that `to_bytes` wrote.

        Raises:
            ValueError: if there are not 256 bytes; naming the part that is no point of its group.
        """
        if len(data) != PROOF_BYTES:
            raise BadLength(f"data has {len(data)} bytes, a proof has {PROOF_BYTES}")
        b = g2_from_words(data[64:192], "b")
        return cls(BN254.g1_from_bytes(data[:64], "a"), b, BN254.g1_from_bytes(data[192:], "c"))

    def to_bytes(self) -> bytes:
        """256 bytes: the words that a contract is given, B with imaginary parts first."""
        a, c = map(BN254.g1_to_bytes, (self.a, self.c))
        return a + BN254.g2_to_bytes(self.b) + c

    @classmethod
    def from_json(cls, value: Any) -> Proof:
        """The proof in proof.json.

        Raises:
            ValueError: naming the field that is missing, malformed, or no point of its group.
        """
        fields = require_protocol(value, PROTOCOL, "proof")
        return cls(
            g1_from_json(field_of(fields, "pi_a", "proof"), "pi_a"),
            g2_from_json(field_of(fields, "pi_b", "proof"), "pi_b"),
            g1_from_json(field_of(fields, "pi_c", "proof"), "pi_c"),
        )

    def to_json(self) -> dict[str, Any]:
        """The proof as snarkjs writes it."""
        points = {"pi_a": g1_to_json(self.a), "pi_b": g2_to_json(self.b)}
        return {**points, "pi_c": g1_to_json(self.c), "protocol": PROTOCOL, "curve": CURVE_NAME}


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """What a verifier needs.

    Attributes:
        alpha: [alpha]1.
        beta, gamma, delta: in G2.
        ic: [k_i/gamma]1 for wire 0 and the public wires.
    """

    alpha: Affine
    beta: Affine
    gamma: Affine
    delta: Affine
    ic: tuple[Affine, ...]

    @property
    def n_public(self) -> int:
        """How many public inputs there are."""
        return len(self.ic) - 1

    @classmethod
    def from_json(cls, value: Any, *, even_weak: bool = False) -> VerifyingKey:
        """The key in verification_key.json; snarkjs's precomputed pairing is not looked at.

        Raises:
            ValueError: naming the field that is missing, malformed, or no point of its group.
            WeakKey: naming the weakness, unless `even_weak`.
        """
        fields = require_protocol(value, PROTOCOL, "vkey")
        beta, gamma, delta = (
            g2_from_json(field_of(fields, name, "vkey"), name)
            for name in ("vk_beta_2", "vk_gamma_2", "vk_delta_2")
        )
        alpha = g1_from_json(field_of(fields, "vk_alpha_1", "vkey"), "vk_alpha_1")
        key = cls(alpha, beta, gamma, delta, _ic_from_json(fields))
        if not even_weak:
            require_strong(key)
        return key

    def to_json(self) -> dict[str, Any]:
        """The key as snarkjs writes it, less the precomputed pairing."""
        named = {"vk_beta_2": self.beta, "vk_gamma_2": self.gamma, "vk_delta_2": self.delta}
        return {
            "protocol": PROTOCOL,
            "curve": CURVE_NAME,
            "nPublic": self.n_public,
            "vk_alpha_1": g1_to_json(self.alpha),
            **{name: g2_to_json(point) for name, point in named.items()},
            "IC": [g1_to_json(point) for point in self.ic],
        }


def _ic_from_json(fields: Any) -> tuple[Affine, ...]:
    listed, n_public = (field_of(fields, name, "vkey") for name in ("IC", "nPublic"))
    if not isinstance(listed, list) or type(n_public) is not int or len(listed) != n_public + 1:
        raise BadLength(f"vkey.IC must be a list of nPublic + 1 points, nPublic is {n_public!r}")
    return tuple(g1_from_json(point, f"IC[{i}]") for i, point in enumerate(listed))


def weaknesses(key: VerifyingKey) -> Iterator[str]:
    """What makes a key worthless, in words; nothing for a key that a setup can have made."""
    if key.delta == key.gamma:
        yield "delta equals gamma: no contribution to phase 2, every statement has a proof"
    for name, other in _related(key):
        yield f"{name} is {other} or its opposite: one pairing takes the place of two"
    if None in (key.alpha, key.beta, key.gamma, key.delta):
        yield "a point is infinity: A = IC·publics, B = gamma, C = 0 is a proof where alpha is"
    yield from _unbound(key.ic[1:])


def _unbound(publics: Sequence[Affine]) -> Iterator[str]:
    """Which public inputs may be changed, alone or together."""
    if None in publics:
        yield f"IC[{publics.index(None) + 1}] is infinity: that public input is bound to nothing"
    if len(set(publics)) < len(publics):
        yield "two points of IC are equal: only the sum of these public inputs is bound"
    elif len({point and point[0] for point in publics}) < len(publics):
        yield "two points of IC are opposite: only the difference of these public inputs is bound"


def _related(key: VerifyingKey) -> Iterator[tuple[str, str]]:
    """Which of delta, beta and gamma are known multiples of each other: equal or opposite."""
    named = {"delta": key.delta, "beta": key.beta, "gamma": key.gamma}
    for (name, point), (other, twin) in combinations(named.items(), 2):
        if point is not None and twin is not None and point[0] == twin[0]:
            yield name, other


def require_strong(key: VerifyingKey) -> None:
    """Nothing, for a key without visible weakness; WeakKey naming the first otherwise."""
    for weakness in weaknesses(key):
        raise WeakKey(f"vkey: {weakness}")


@dataclass(frozen=True, slots=True)
class Matrices:
    """The rows that a prover evaluates, those of the public wires included.

    Attributes:
        a, b: a row for every constraint, then w_i·0 = 0 for wire 0 and the public wires.
        c: the same, or None where the file has none: then a·b stands for it.
    """

    a: tuple[Row, ...]
    b: tuple[Row, ...]
    c: tuple[Row, ...] | None


@dataclass(frozen=True, slots=True)
class ProvingKey:
    """What a prover needs.

    Attributes:
        verifying: the verifying key, which shares alpha, beta and delta.
        beta_1, delta_1: [beta]1, [delta]1.
        a, b_1, b_2: [u_i]1, [v_i]1, [v_i]2 at tau for every wire; None where zero.
        private: [k_i/delta]1 for the wires after the public ones.
        quotient: points for h: of its n - 1 coefficients, [tau^j·Z(tau)/delta]1; or, in keys of
            snarkjs, n points for a·b - c on the odd coset.
        matrices: the constraints.
        domain: n, a power of two.
        names: name and source line of each constraint, for messages.
    """

    verifying: VerifyingKey
    beta_1: Affine
    delta_1: Affine
    a: tuple[Affine, ...]
    b_1: tuple[Affine, ...]
    b_2: tuple[Affine, ...]
    private: tuple[Affine, ...]
    quotient: tuple[Affine, ...]
    matrices: Matrices
    domain: int
    names: Sequence[str] = ()

    @property
    def n_wires(self) -> int:
        """Length of a witness."""
        return len(self.a)

    @property
    def on_coset(self) -> bool:
        """Whether `quotient` wants values on the odd coset instead of coefficients."""
        return len(self.quotient) == self.domain
