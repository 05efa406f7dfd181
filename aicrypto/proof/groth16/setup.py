"""The setup of Groth16 from a known trapdoor: quick, and whoever ran it can forge.

tau hides the point where the identity is checked. alpha and beta force A and B to be made from the
key's points: a product A·B contains alpha·beta only if A is alpha plus, B is beta plus something
linear in the key. k_i = beta·u_i + alpha·v_i + w_i then ties the three to one witness, and the
divisors gamma and delta keep the public part, which the verifier sums, apart from the prover's.

Who knows the five numbers proves anything (`forgery.forge`): hence "toxic waste", and `ceremony`.
snarkjs fixes gamma = 1. Source: eprint 2016/260, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.msm import multiples
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.proof.groth16.keys import ProvingKey, VerifyingKey
from aicrypto.proof.groth16.qap import Columns, columns_at, domain_size, matrices_of
from aicrypto.proof.r1cs.system import R1cs


class BadTrapdoor(ValueError):
    """A trapdoor with gamma or delta 0, or a tau on the domain, where Z vanishes."""


class BadContribution(ValueError):
    """A contribution of 0, which destroys the key."""


@dataclass(frozen=True, slots=True)
class Trapdoor:
    """The toxic waste, integers modulo r.

    Raises:
        BadTrapdoor: if gamma or delta is 0.
        NonCanonical: naming the number that is not in 0..r-1.
    """

    tau: int
    alpha: int
    beta: int
    gamma: int
    delta: int

    def __post_init__(self) -> None:
        for name in self.__slots__:
            BN254_FR.element(getattr(self, name), name)
        if not self.gamma or not self.delta:
            raise BadTrapdoor("gamma and delta must not be 0")

    def contributed(self, factor: int) -> Trapdoor:
        """The trapdoor after a phase-2 contribution: delta times factor; BadContribution for 0."""
        if factor % BN254_R == 0:
            raise BadContribution(f"factor is {factor}, which is 0 modulo r")
        return replace(self, delta=self.delta * factor % BN254_R)


@dataclass(frozen=True, slots=True)
class Exponents:
    """The numbers behind a key's points, which only a trapdoor knows.

    Attributes:
        columns: u_i, v_i, w_i at tau.
        k: beta·u_i + alpha·v_i + w_i, for every wire.
        vanishing: Z(tau).
        domain: n.
    """

    columns: Columns
    k: list[int]
    vanishing: int
    domain: int


def exponents(system: R1cs, trapdoor: Trapdoor) -> Exponents:
    """The system's polynomials at tau.

    Raises:
        BadTrapdoor: if tau is an n-th root of unity.
        ValueError: if the system is over another field.
    """
    matrices = matrices_of(system)
    n = domain_size(len(matrices.a))
    vanishing = (pow(trapdoor.tau, n, BN254_R) - 1) % BN254_R
    if not vanishing:
        raise BadTrapdoor(f"tau is an {n}-th root of unity, where every constraint is invisible")
    lagrange = poly.lagrange_at(BN254_FR, n, trapdoor.tau)
    columns = columns_at(matrices, system.n_wires, lagrange)
    k = [
        (trapdoor.beta * u + trapdoor.alpha * v + w) % BN254_R
        for u, v, w in zip(columns.u, columns.v, columns.w, strict=True)
    ]
    return Exponents(columns, k, vanishing, n)


def setup(system: R1cs, trapdoor: Trapdoor) -> ProvingKey:
    """Both keys, the verifying one inside; about 0.3 ms a constraint and wire.

    Raises:
        BadTrapdoor: as for `exponents`.
        ValueError: if the system is over another field.
    """
    known = exponents(system, trapdoor)
    beta_1, delta_1 = _g1([trapdoor.beta, trapdoor.delta])
    return ProvingKey(
        _verifying_key(system, trapdoor, known),
        beta_1,
        delta_1,
        _g1(known.columns.u),
        _g1(known.columns.v),
        _g2(known.columns.v),
        _g1(private_exponents(system, trapdoor, known)),
        _g1(quotient_exponents(trapdoor, known)),
        matrices_of(system),
        known.domain,
        tuple(f"constraint {k} ({c.name}) {c.source}" for k, c in enumerate(system.constraints)),
    )


def verifying_key(system: R1cs, trapdoor: Trapdoor) -> VerifyingKey:
    """The verifying key alone, much quicker; errors as for `setup`."""
    return _verifying_key(system, trapdoor, exponents(system, trapdoor))


def _verifying_key(system: R1cs, trapdoor: Trapdoor, known: Exponents) -> VerifyingKey:
    inverse = pow(trapdoor.gamma, -1, BN254_R)
    publics = [k * inverse % BN254_R for k in known.k[: system.n_public + 1]]
    alpha, *ic = _g1([trapdoor.alpha, *publics])
    beta, gamma, delta = _g2([trapdoor.beta, trapdoor.gamma, trapdoor.delta])
    return VerifyingKey(alpha, beta, gamma, delta, tuple(ic))


def private_exponents(system: R1cs, trapdoor: Trapdoor, known: Exponents) -> list[int]:
    """k_i/delta for the wires after the public ones."""
    inverse = pow(trapdoor.delta, -1, BN254_R)
    return [k * inverse % BN254_R for k in known.k[system.n_public + 1 :]]


def quotient_exponents(trapdoor: Trapdoor, known: Exponents) -> list[int]:
    """tau^j·Z(tau)/delta, j = 0..n-2."""
    power, exponents_ = known.vanishing * pow(trapdoor.delta, -1, BN254_R) % BN254_R, []
    for _ in range(known.domain - 1):
        exponents_.append(power)
        power = power * trapdoor.tau % BN254_R
    return exponents_


def _g1(scalars: Sequence[int]) -> tuple[Affine, ...]:
    return _multiples(bn254.G1, scalars)


def _g2(scalars: Sequence[int]) -> tuple[Affine, ...]:
    return _multiples(bn254.G2, scalars)


def _multiples(curve: Curve, scalars: Sequence[int]) -> tuple[Affine, ...]:
    """Multiples of the generator; zeros, of which sparse columns are full, cost nothing."""
    points = iter(multiples(curve, curve.generator, [scalar for scalar in scalars if scalar]))
    return tuple(next(points) if scalar else None for scalar in scalars)
