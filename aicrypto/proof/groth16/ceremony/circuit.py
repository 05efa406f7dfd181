"""Phase 2: from powers of tau to the key of one circuit, and contributions to its delta.

`initial_key` needs no secret: a column u_i is a short sum of Lagrange polynomials, their values at
tau are an inverse transform of the powers, and points add as numbers do. In that key gamma and
delta are both 1, under which everybody can prove everything: it must not leave the ceremony.

A contribution d makes delta·d of delta and divides private and quotient points by d, after which
e(point, delta) is what it was. That is the check: against the initial key, which everyone computes
from phase 1 and the circuit, in one random combination. So a transcript is worth as much as the
reader's knowledge of the circuit: recompile it, and compare.

Source: eprint 2017/1050; delta-only phase 2 as in snarkjs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.commit.kzg import BN254
from aicrypto.proof.groth16.ceremony.knowledge import (
    G2,
    G,
    Knowledge,
    beacon_secret,
    digest,
    holds,
    is_well_formed,
    same_ratio,
    show,
    weights,
)
from aicrypto.proof.groth16.ceremony.powers import Powers
from aicrypto.proof.groth16.keys import ProvingKey, VerifyingKey
from aicrypto.proof.groth16.qap import domain_size, matrices_of
from aicrypto.proof.r1cs.files import write_r1cs
from aicrypto.proof.r1cs.system import R1cs, Row

Pairs = list[tuple[Affine, int]]


@dataclass(frozen=True, slots=True)
class KeyStep:
    """What a contributor to phase 2 leaves: knowledge of d, and the new delta in both groups."""

    known: Knowledge
    delta_1: Affine
    delta_2: Affine

    def to_bytes(self) -> bytes:
        """For histories."""
        deltas = BN254.g1_to_bytes(self.delta_1), BN254.g2_to_bytes(self.delta_2)
        return b"".join((self.known.to_bytes(), *deltas))


@dataclass(frozen=True, slots=True)
class KeyCeremony:
    """A circuit's key as it stands, and the record of how it came about.

    Attributes:
        beginning: digest of the circuit and the powers.
    """

    key: ProvingKey
    beginning: bytes
    steps: tuple[KeyStep, ...] = ()


def start_key(system: R1cs, powers: Powers) -> KeyCeremony:
    """Phase 2 before anybody came.

    Raises:
        BadLength: if the powers are too few for the circuit.
    """
    points = (powers.tau_1[1], powers.alpha_1[0], powers.beta_1[0])
    said = [write_r1cs(system), *map(BN254.g1_to_bytes, points)]
    return KeyCeremony(initial_key(system, powers), digest(b"key of a circuit", said))


def initial_key(system: R1cs, powers: Powers) -> ProvingKey:
    """The key with gamma = delta = 1, from public powers alone.

    Raises:
        BadLength: if the powers are too few for the circuit.
    """
    matrices = matrices_of(system)
    n, n_wires = domain_size(len(matrices.a)), system.n_wires
    if n > powers.n:
        raise BadLength(f"the circuit needs powers for {n} rows, there are {powers.n}")
    g1, g2 = bn254.G1, bn254.G2
    tau, tau_2 = _lagrange(g1, powers.tau_1[:n]), _lagrange(g2, powers.tau_2[:n])
    alpha, beta = _lagrange(g1, powers.alpha_1[:n]), _lagrange(g1, powers.beta_1[:n])
    k: list[Pairs] = [[] for _ in range(n_wires)]
    for rows, basis in ((matrices.a, beta), (matrices.b, alpha), (matrices.c or (), tau)):
        _collect(k, rows, basis)
    ks = tuple(_sum(g1, pairs) for pairs in k)
    quotient = [g1.add(high, g1.negate(low)) for low, high in _apart(powers.tau_1, n)]
    clear = system.n_public + 1
    return ProvingKey(
        VerifyingKey(powers.alpha_1[0], powers.beta_2, G2, G2, ks[:clear]),
        powers.beta_1[0],
        G,
        _columns(g1, matrices.a, tau, n_wires),
        _columns(g1, matrices.b, tau, n_wires),
        _columns(g2, matrices.b, tau_2, n_wires),
        ks[clear:],
        tuple(quotient),
        matrices,
        n,
        tuple(f"constraint {i} ({c.name}) {c.source}" for i, c in enumerate(system.constraints)),
    )


def contribute_key(ceremony: KeyCeremony, d: int) -> KeyCeremony:
    """The ceremony after a contribution; about 1 ms a point.

    Raises:
        BadContribution: if d is 0 or 1 modulo r.
    """
    known = show(d, _histories(ceremony)[-1])
    key, g1, inverse = ceremony.key, bn254.G1, pow(d, -1, BN254_R)
    delta_1 = g1.multiply(key.delta_1, d % BN254_R)
    delta_2 = bn254.G2.multiply(key.verifying.delta, d % BN254_R)
    private, quotient = (
        tuple(g1.multiply(point, inverse) for point in points)
        for points in (key.private, key.quotient)
    )
    changed = replace(
        key,
        verifying=replace(key.verifying, delta=delta_2),
        delta_1=delta_1,
        private=private,
        quotient=quotient,
    )
    step = KeyStep(known, delta_1, delta_2)
    return replace(ceremony, key=changed, steps=(*ceremony.steps, step))


def finish_key(ceremony: KeyCeremony, beacon: bytes, log_rounds: int = 10) -> KeyCeremony:
    """The ceremony closed by a public beacon."""
    return contribute_key(ceremony, beacon_secret(beacon, log_rounds))


def verify_key(
    ceremony: KeyCeremony,
    system: R1cs,
    powers: Powers,
    beacon: bytes | None = None,
    log_rounds: int = 10,
) -> bool:
    """Whether the key belongs to this circuit and these powers, by at least one recorded step.

    The powers are asked of `verify_powers`. With a beacon: whether it is the last step, after at
    least one other.
    """
    first = start_key(system, powers)
    if first.beginning != ceremony.beginning or not ceremony.steps or not _sound_steps(ceremony):
        return False
    if beacon is not None and not _ends_with(ceremony, beacon_secret(beacon, log_rounds)):
        return False
    return _same_but_divided(first.key, ceremony.key)


def _same_but_divided(old: ProvingKey, new: ProvingKey) -> bool:
    """Whether all points are those of the initial key, the private ones divided by delta."""
    undone = replace(
        new,
        verifying=replace(new.verifying, delta=old.verifying.delta),
        delta_1=old.delta_1,
        private=old.private,
        quotient=old.quotient,
    )
    divided = [*new.private, *new.quotient]
    before = [*old.private, *old.quotient]
    # each list apart: a point moved from the end of one to the start of the other spoils the key
    kept = (len(new.private), len(new.quotient)) == (len(old.private), len(old.quotient))
    if undone != old or not kept or not all(map(BN254.is_g1, divided)):
        return False
    factors = weights(digest(b"divided", map(BN254.g1_to_bytes, divided)), len(divided))
    whole, part = (msm(bn254.G1, points, factors) for points in (before, divided))
    return same_ratio((part, whole), (G2, new.verifying.delta))


def _sound_steps(ceremony: KeyCeremony) -> bool:
    """Whether every delta is the one before times a factor whose author knew it."""
    if not all(map(_well_formed, ceremony.steps)):
        return False
    delta_1: Affine
    delta_2: Affine
    delta_1, delta_2 = G, G2
    factors: set[Affine] = set()
    for history, step in zip(_histories(ceremony), ceremony.steps, strict=False):
        if not holds(step.known, history) or step.known.factor_1 in factors:
            return False
        grown = same_ratio((delta_1, step.delta_1), (G2, step.known.factor_2))
        if not grown or not same_ratio((G, step.delta_1), (G2, step.delta_2)):
            return False
        factors.add(step.known.factor_1)
        delta_1, delta_2 = step.delta_1, step.delta_2
    return (delta_1, delta_2) == (ceremony.key.delta_1, ceremony.key.verifying.delta)


def _well_formed(step: KeyStep) -> bool:
    points = BN254.is_g1(step.delta_1) and BN254.is_g2(step.delta_2)
    return points and is_well_formed(step.known)


def _ends_with(ceremony: KeyCeremony, secret: int) -> bool:
    last = ceremony.steps[-1].known.factor_1
    return len(ceremony.steps) > 1 and last == bn254.G1.multiply(G, secret)


def _histories(ceremony: KeyCeremony) -> list[bytes]:
    digests = [ceremony.beginning]
    for step in ceremony.steps:
        digests.append(digest(digests[-1], [step.to_bytes()]))
    return digests


def _lagrange(curve: Curve, powers: Sequence[Affine]) -> list[Affine]:
    """[L_j(tau)] from [tau^i]: the inverse transform, on points; n/2·log2(n) multiplications."""
    n = len(powers)
    inverse_root, scale = pow(BN254_FR.root_of_unity(n), -1, BN254_R), pow(n, -1, BN254_R)
    values = _transform(curve, list(powers), inverse_root)
    return [curve.multiply(value, scale) for value in values]


def _transform(curve: Curve, values: list[Affine], root: int) -> list[Affine]:
    if len(values) == 1:
        return values
    square = root * root % BN254_R
    even, odd = (_transform(curve, values[i::2], square) for i in range(2))
    turned = [curve.multiply(point, pow(root, k, BN254_R)) for k, point in enumerate(odd)]
    low = [curve.add(a, b) for a, b in zip(even, turned, strict=True)]
    high = [curve.add(a, curve.negate(b)) for a, b in zip(even, turned, strict=True)]
    return low + high


def _collect(sums: list[Pairs], rows: Sequence[Row], basis: Sequence[Affine]) -> None:
    for row, point in zip(rows, basis, strict=False):
        for wire, coefficient in row:
            sums[wire].append((point, BN254_FR.signed(coefficient)))


def _columns(
    curve: Curve, rows: Sequence[Row], basis: Sequence[Affine], n_wires: int
) -> tuple[Affine, ...]:
    sums: list[Pairs] = [[] for _ in range(n_wires)]
    _collect(sums, rows, basis)
    return tuple(_sum(curve, pairs) for pairs in sums)


def _sum(curve: Curve, pairs: Pairs) -> Affine:
    return msm(curve, [point for point, _ in pairs], [factor for _, factor in pairs])


def _apart(points: Sequence[Affine], n: int) -> list[tuple[Affine, Affine]]:
    """tau^j and tau^(j+n): their difference is tau^j·Z(tau)."""
    return list(zip(points[: n - 1], points[n:], strict=False))
