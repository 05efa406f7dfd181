"""Phase 1, powers of tau: points that serve every circuit of up to n rows.

    tau^i·G for i < 2n - 1      tau^i·G2, alpha·tau^i·G, beta·tau^i·G for i < n      beta·G2

A contribution picks x, a, b, multiplies entry i of the series by x^i, a·x^i, b·x^i, publishes what
`knowledge` asks, and forgets. In the end tau is a product of all x: unknown as long as one
participant forgot theirs. A beacon that nobody could foresee closes the list, so that the last one
cannot try until they like the result.

`verify_powers` reads a transcript from the start: every contributor knew their factors, every step
multiplied by them, and the final series are what they claim. Source: Bowe, Gabizon, Miers (eprint
2017/1050); the series are those of snarkjs's .ptau.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.primes import BN254_R
from aicrypto.commit.kzg import BN254, Setup, is_consistent
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

MAX_LOG = 12  # a Python program takes minutes for 2^12 rows


@dataclass(frozen=True, slots=True)
class Powers:
    """The five series.

    Attributes:
        tau_1: tau^i in G1, 2n - 1 of them.
        tau_2: tau^i in G2, n of them.
        alpha_1, beta_1: alpha·tau^i and beta·tau^i in G1, n each.
        beta_2: beta in G2.
    """

    tau_1: tuple[Affine, ...]
    tau_2: tuple[Affine, ...]
    alpha_1: tuple[Affine, ...]
    beta_1: tuple[Affine, ...]
    beta_2: Affine

    @property
    def n(self) -> int:
        """How many rows a circuit may have."""
        return len(self.tau_2)


@dataclass(frozen=True, slots=True)
class PowersStep:
    """What a contributor leaves: knowledge of x, a, b, and the series' heads afterwards."""

    tau: Knowledge
    alpha: Knowledge
    beta: Knowledge
    heads: tuple[Affine, Affine, Affine]  # tau·G, alpha·G, beta·G

    def to_bytes(self) -> bytes:
        """For histories."""
        known = (part.to_bytes() for part in (self.tau, self.alpha, self.beta))
        return b"".join(chain(known, map(BN254.g1_to_bytes, self.heads)))


@dataclass(frozen=True, slots=True)
class PowersCeremony:
    """The series as they stand, and the record of how they came about."""

    powers: Powers
    steps: tuple[PowersStep, ...] = ()

    @property
    def history(self) -> bytes:
        """A digest of all that was said so far."""
        return _histories(self)[-1]


def start_powers(log_n: int) -> PowersCeremony:
    """The ceremony before anybody came: tau = alpha = beta = 1, for circuits of 2^log_n rows.

    Raises:
        ValueError: if log_n is not in 1..12.
    """
    if not 1 <= log_n <= MAX_LOG:
        raise ValueError(f"log_n is {log_n}, must be in 1..{MAX_LOG}")
    n = 1 << log_n
    return PowersCeremony(Powers((G,) * (2 * n - 1), (G2,) * n, (G,) * n, (G,) * n, G2))


def contribute_powers(ceremony: PowersCeremony, x: int, a: int, b: int) -> PowersCeremony:
    """The ceremony after a contribution of three secrets; about 1 ms a point.

    Raises:
        BadContribution: if one is 0 or 1 modulo r.
    """
    history, old = ceremony.history, ceremony.powers
    tau, alpha, beta = (show(secret, history) for secret in (x, a, b))
    new = Powers(
        _scaled(bn254.G1, old.tau_1, 1, x),
        _scaled(bn254.G2, old.tau_2, 1, x),
        _scaled(bn254.G1, old.alpha_1, a, x),
        _scaled(bn254.G1, old.beta_1, b, x),
        bn254.G2.multiply(old.beta_2, b % BN254_R),
    )
    step = PowersStep(tau, alpha, beta, (new.tau_1[1], new.alpha_1[0], new.beta_1[0]))
    return PowersCeremony(new, (*ceremony.steps, step))


def finish_powers(ceremony: PowersCeremony, beacon: bytes, log_rounds: int = 10) -> PowersCeremony:
    """The ceremony closed by a public beacon, from which all three factors are hashed."""
    return contribute_powers(ceremony, *_beacon_secrets(beacon, log_rounds))


def verify_powers(
    ceremony: PowersCeremony, beacon: bytes | None = None, log_rounds: int = 10
) -> bool:
    """Whether the series came about by the recorded steps, at least one, and are what they claim.

    With a beacon: whether it is the last step, after at least one other.
    """
    if not ceremony.steps or not _sound_steps(ceremony):
        return False
    if beacon is not None and not _ends_with(ceremony, _beacon_secrets(beacon, log_rounds)):
        return False
    return _consistent(ceremony.powers)


def _sound_steps(ceremony: PowersCeremony) -> bool:
    """Whether every head is the one before times a factor whose author knew it."""
    if not all(map(_well_formed, ceremony.steps)):
        return False
    before: tuple[Affine, ...] = (G, G, G)
    factors: set[Affine] = set()
    for history, step in zip(_histories(ceremony), ceremony.steps, strict=False):
        known = (step.tau, step.alpha, step.beta)
        if not all(map(holds, known, repeat(history))) or step.tau.factor_1 in factors:
            return False
        if not all(map(_follows, before, step.heads, known)):
            return False
        factors.add(step.tau.factor_1)
        before = step.heads
    powers = ceremony.powers
    return before == (powers.tau_1[1], powers.alpha_1[0], powers.beta_1[0])


def _well_formed(step: PowersStep) -> bool:
    known = (step.tau, step.alpha, step.beta)
    points = len(step.heads) == len(known) and all(map(BN254.is_g1, step.heads))
    return points and all(map(is_well_formed, known))


def _follows(before: Affine, after: Affine, known: Knowledge) -> bool:
    return same_ratio((before, after), (G2, known.factor_2))


def _consistent(powers: Powers) -> bool:
    """Whether the series are powers of one tau, times alpha and beta: one combination each."""
    n, points = powers.n, (*powers.alpha_1, *powers.beta_1)
    sizes = (len(powers.tau_1), len(powers.alpha_1), len(powers.beta_1))
    if n < 2 or sizes != (2 * n - 1, n, n):
        return False
    if not (all(map(BN254.is_g1, points)) and BN254.is_g2(powers.beta_2)):
        return False
    if not is_consistent(Setup(BN254, powers.tau_1, powers.tau_2)):
        return False
    series = _series_grows(powers.alpha_1, powers) and _series_grows(powers.beta_1, powers)
    return series and same_ratio((G, powers.beta_1[0]), (G2, powers.beta_2))


def _series_grows(series: Sequence[Affine], powers: Powers) -> bool:
    """Whether each point is tau times the one before."""
    seed = digest(b"series", map(BN254.g1_to_bytes, series))
    factors = weights(seed, len(series) - 1)
    low, high = (msm(bn254.G1, part, factors) for part in (series[:-1], series[1:]))
    return same_ratio((low, high), (G2, powers.tau_2[1]))


def _ends_with(ceremony: PowersCeremony, secrets: Sequence[int]) -> bool:
    last = ceremony.steps[-1]
    known = (last.tau, last.alpha, last.beta)
    expected = [bn254.G1.multiply(G, secret) for secret in secrets]
    return len(ceremony.steps) > 1 and [k.factor_1 for k in known] == expected


def _beacon_secrets(beacon: bytes, log_rounds: int) -> list[int]:
    return [beacon_secret(beacon + bytes([i]), log_rounds) for i in range(3)]


def _histories(ceremony: PowersCeremony) -> list[bytes]:
    """The digest before step 0, 1, ..., and after the last."""
    digests = [digest(b"powers of tau", [ceremony.powers.n.to_bytes(8, "big")])]
    for step in ceremony.steps:
        digests.append(digest(digests[-1], [step.to_bytes()]))
    return digests


def _scaled(curve: Curve, points: Sequence[Affine], first: int, x: int) -> tuple[Affine, ...]:
    """Point i times first·x^i."""
    factor, scaled = first % BN254_R, []
    for point in points:
        scaled.append(curve.multiply(point, factor))
        factor = factor * x % BN254_R
    return tuple(scaled)
