"""A ceremony for powers of tau: safe if a single one of its contributors forgot a number.

    start: tau = 1, known to all      contribution: pick x, make (x·tau)^i·G of tau^i·G, forget x

In the end tau = x_1·x_2·...·x_m, and knowing all factors but one is as good as knowing none. Every
contribution is recorded with two things that anyone can check afterwards:

    ratio      e(x·G, tau·G2) = e(G, x·tau·G2): the new setup is the old one times *this* x
    knowledge  a Schnorr proof for x·G: R = k·G, c = H(history, x·G, tau·G2, R), s = k + c·x,
               checked as s·G = R + c·(x·G)

Without the ratio the last contributor could replace the setup by one of their own. Without a proof
bound to the history they could answer with a factor copied from somebody else: from tau·G, tau²·G,
... everybody can compute the powers of tau² and call x·G = tau·G a contribution. 0 and 1 are
refused: the first destroys the setup, the second contributes nothing.

A *beacon* may come last: a number that nobody could foresee, such as the hash of a block agreed
upon in advance, put through many rounds of hashing. It takes from the last contributor the power to
try secrets until the result has a property they like. It must be last: who contributes after seeing
it has that power back.

Sources: Bowe, Gabizon, Miers (eprint 2017/1050); Nikolaenko, Ragsdale, Bonneau, Boneh (eprint
2022/1592), whose update proof this is; Ethereum's KZG ceremony (ethereum/kzg-ceremony-specs).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.commit.hashes import sha256
from aicrypto.commit.kzg.setup import PairingCurve, Setup, is_consistent

LABEL = b"aicrypto.kzg.ceremony"
COUNT_BYTES = 8
MIN_SECRET = 2


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a contributor publishes.

    Attributes:
        factor: x·G in G1.
        tau_g2: tau·G2 after the contribution.
        nonce: R of the Schnorr proof, in G1.
        response: s of the Schnorr proof, 0..r-1.
    """

    factor: Affine
    tau_g2: Affine
    nonce: Affine
    response: int


@dataclass(frozen=True, slots=True)
class Ceremony:
    """The setup as it stands, and the record of how it came about."""

    setup: Setup
    contributions: tuple[Contribution, ...] = ()

    @property
    def beginning(self) -> bytes:
        """The history before the first contribution: curve and sizes."""
        sizes = (len(self.setup.g1), len(self.setup.g2))
        words = (size.to_bytes(COUNT_BYTES, "big") for size in sizes)
        return sha256(LABEL, self.setup.curve.name.encode(), *words)


def start(curve: PairingCurve, n_g1: int, n_g2: int = 2) -> Ceremony:
    """A ceremony with tau = 1, for n_g1 powers in G1 and n_g2 in G2.

    Raises:
        BadLength: if a number is below 2.
    """
    g1, g2 = curve.g1.generator, curve.g2.generator
    return Ceremony(Setup(curve, (g1,) * n_g1, (g2,) * n_g2))


def contribute(ceremony: Ceremony, secret: int) -> Ceremony:
    """The ceremony after one more contribution; 1 ms a point in G1, 5 in G2.

    `secret` must be drawn uniformly, for instance by `secrets.randbelow`, and forgotten. The nonce
    is a hash of it and of all that the challenge binds, so one secret never meets two challenges
    under one nonce, not even where the same record comes with another setup.

    Raises:
        ValueError: if the secret is not in 2..r-1, or was contributed before.
    """
    curve, r = ceremony.setup.curve, ceremony.setup.curve.scalars.modulus
    if not MIN_SECRET <= secret < r:
        raise ValueError(f"secret is outside {MIN_SECRET}..{r - 1}")  # never print a secret
    generator, history = curve.g1.generator, _histories(ceremony)[-1]
    factor = curve.g1.multiply(generator, secret)
    if factor in (c.factor for c in ceremony.contributions):
        raise ValueError("secret was contributed before, its factor is in the record")
    setup = ceremony.setup.multiplied(secret)
    bound = [history, curve.g2_to_bytes(setup.g2[1])]
    k = _wide_scalar(curve, LABEL, *bound, secret.to_bytes(curve.scalars.n_bytes, "big"))
    nonce = curve.g1.multiply(generator, k)
    challenge = _challenge(curve, history, factor, setup.g2[1], nonce)
    record = Contribution(factor, setup.g2[1], nonce, (k + challenge * secret) % r)
    return Ceremony(setup, (*ceremony.contributions, record))


def verify_ceremony(ceremony: Ceremony) -> bool:
    """Whether the setup came about by the recorded contributions, at least one, and is consistent.

    Says that tau is unknown if one contributor was honest; an auditor should recognise their own
    record in it. Costs one pairing check and three multiplications for a contribution, and
    `is_consistent` at the end.
    """
    curve, records = ceremony.setup.curve, ceremony.contributions
    if not records or not all(map(_well_formed, repeat(curve), records)):
        return False
    factors = [curve.g1.generator, *(record.factor for record in records)]
    if len(set(factors)) < len(factors):  # one of them contributes nothing, or was copied
        return False
    return (
        all(map(_knows_factor, repeat(curve), _histories(ceremony), records))
        and _have_ratios(ceremony)
        and is_consistent(ceremony.setup)
    )


def beacon_secret(curve: PairingCurve, beacon: bytes, log_rounds: int, label: bytes = LABEL) -> int:
    """The secret that a beacon stands for, after 2^log_rounds rounds of SHA-256.

    The rounds take a time that nobody can shorten, longer than the beacon was predictable. `label`
    tells one kind of ceremony from another.

    Raises:
        ValueError: if log_rounds is not in 0..63.
    """
    if not 0 <= log_rounds < 64:
        raise ValueError(f"log_rounds is {log_rounds}, must be in 0..63")
    for _ in range(1 << log_rounds):
        beacon = sha256(beacon)
    return _wide_scalar(curve, label, beacon)


def finish(ceremony: Ceremony, beacon: bytes, log_rounds: int = 10) -> Ceremony:
    """The ceremony closed by a public beacon; errors as for `contribute`."""
    return contribute(ceremony, beacon_secret(ceremony.setup.curve, beacon, log_rounds))


def verify_finished(ceremony: Ceremony, beacon: bytes, log_rounds: int = 10) -> bool:
    """Whether the ceremony holds and the beacon is its last contribution, but not the only one.

    Whoever asks knows from elsewhere which beacon was agreed upon, and when.
    """
    if len(ceremony.contributions) < 2 or not verify_ceremony(ceremony):
        return False
    g1 = ceremony.setup.curve.g1
    secret = beacon_secret(ceremony.setup.curve, beacon, log_rounds)
    return ceremony.contributions[-1].factor == g1.multiply(g1.generator, secret)


def _knows_factor(curve: PairingCurve, history: bytes, record: Contribution) -> bool:
    """Whether the Schnorr proof holds: s·G = R + c·factor."""
    c = _challenge(curve, history, record.factor, record.tau_g2, record.nonce)
    claimed = curve.g1.add(record.nonce, curve.g1.multiply(record.factor, c))
    return curve.g1.multiply(curve.g1.generator, record.response) == claimed


def _have_ratios(ceremony: Ceremony) -> bool:
    """Whether tau·G2 goes from G2 to the setup's own, times one recorded factor after the other."""
    curve = ceremony.setup.curve
    before: Affine = curve.g2.generator
    opposite = curve.g1.negate(curve.g1.generator)
    for record in ceremony.contributions:
        if not curve.product_is_one([(record.factor, before), (opposite, record.tau_g2)]):
            return False
        before = record.tau_g2
    return before == ceremony.setup.g2[1]


def _well_formed(curve: PairingCurve, record: Contribution) -> bool:
    """Whether all parts are group elements and scalars, and the factor is not 0."""
    points = curve.is_g1(record.factor) and curve.is_g1(record.nonce)
    return bool(
        points
        and record.factor is not None
        and curve.is_g2(record.tau_g2)
        and curve.is_scalar(record.response)
    )


def _histories(ceremony: Ceremony) -> list[bytes]:
    """A digest of all that came before contribution 0, 1, ..., and before the next one."""
    curve, digests = ceremony.setup.curve, [ceremony.beginning]
    for record in ceremony.contributions:
        parts = [*map(curve.g1_to_bytes, (record.factor, record.nonce))]
        parts += [curve.g2_to_bytes(record.tau_g2), curve.scalars.to_bytes(record.response)]
        digests.append(sha256(digests[-1], *parts))
    return digests


def _challenge(
    curve: PairingCurve, history: bytes, factor: Affine, tau_g2: Affine, nonce: Affine
) -> int:
    """The Schnorr challenge: bound to everything that must not be chosen to fit it."""
    points: Sequence[bytes] = [*map(curve.g1_to_bytes, (factor, nonce)), curve.g2_to_bytes(tau_g2)]
    digest = sha256(LABEL, history, *points)
    return int.from_bytes(digest, "big") % curve.scalars.modulus


def _wide_scalar(curve: PairingCurve, *parts: bytes) -> int:
    """A scalar from 512 bits: 256 would leave a bias that gives nonces away."""
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "big") % curve.scalars.modulus
