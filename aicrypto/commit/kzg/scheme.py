"""KZG: commit to a polynomial in one point of G1, open it anywhere with one more point.

    commitment C = p(tau)·G        proof that p(z) = y:  pi = q(tau)·G,  q(X) = (p(X) - y)/(X - z)

The quotient is a polynomial exactly if p(z) = y. The verifier checks q(X)·(X - z) = p(X) - y at the
hidden tau by a pairing, and the right side costs no product in G2:

    e(pi, tau·G2) = e(C - y·G + z·pi, G2)

48 or 64 bytes and two pairings, whatever the degree: that is why rollups post blobs under KZG and
SNARKs open witnesses with it. Binding rests on tau being unknown (q-strong Diffie-Hellman). Nothing
is hidden: equal polynomials have equal commitments, and few candidates can be tried.

Coefficients stand lowest first. Points come as affine pairs or None, `setup.curve` turns them into
bytes and back. Verifiers check that points are in the group and scalars canonical; they answer
False to anything malformed. Sources: Kate, Zaverucha, Goldberg, ASIACRYPT 2010; many points and
polynomials: Boneh, Drake, Fisch, Gabizon (eprint 2020/081), sections 3-4; batch: Ethereum
consensus-specs, deneb/polynomial-commitments, verify_kzg_proof_batch.
"""

from collections.abc import Sequence

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.polynomials import Coefficients
from aicrypto.commit.hashes import sha256
from aicrypto.commit.kzg.setup import Setup

BATCH_DOMAIN = b"RCKZGBATCH___V1_"  # consensus-specs, RANDOM_CHALLENGE_KZG_BATCH_DOMAIN
FOLD_DOMAIN = b"aicrypto.kzg.fold"
FIELD_ELEMENTS_PER_BLOB = 4096
WORD_BYTES = 8
SCALAR_BYTES = 32


def commit(setup: Setup, coefficients: Sequence[int]) -> Affine:
    """p(tau)·G, one multi-scalar multiplication; the zero polynomial gives infinity.

    Commitments add: those of p and q sum to that of p + q.

    Raises:
        BadLength: if there are more coefficients than the setup has powers.
        NonCanonical: naming the first coefficient that is not in 0..r-1.
    """
    p = _coefficients(setup, coefficients, "coefficients")
    return msm(setup.curve.g1, setup.g1[: len(p)], p)


def open_at(setup: Setup, coefficients: Sequence[int], z: int) -> tuple[int, Affine]:
    """The value y = p(z) and the proof of it; errors as for `commit`.

    >>> from aicrypto.commit.kzg.setup import BN254
    >>> setup = Setup.from_secret(BN254, tau=12345, n_g1=4)
    >>> y, proof = open_at(setup, [1, 2, 3], 10)
    >>> y, verify(setup, commit(setup, [1, 2, 3]), 10, y, proof)
    (321, True)
    """
    p = _coefficients(setup, coefficients, "coefficients")
    quotient, y = poly.divide_by_linear(setup.curve.scalars, p, z)
    return y, commit(setup, quotient)


def verify(setup: Setup, commitment: Affine, z: int, y: int, proof: Affine) -> bool:
    """Whether the polynomial under the commitment takes the value y at z."""
    if not _well_formed(setup, [commitment, proof], [z, y]):
        return False
    value = msm(setup.curve.g1, [commitment, setup.g1[0], proof], [1, -y, z])
    return _quotient_fits(setup, proof, value)


def open_many(
    setup: Setup, coefficients: Sequence[int], points: Sequence[int]
) -> tuple[list[int], Affine]:
    """The values at all points, and one proof for them together: (p - I)/Z at tau.

    Z vanishes on the points and I takes the values there; since I has a lower degree than Z, the
    quotient is that of p divided by X - z for one point z after the other, remainders dropped.

    Raises:
        ValueError: as for `commit`, if a point repeats, or if there are as many points as the
            setup has powers in G2 (the verifier needs one more power than points).
    """
    field, quotient = setup.curve.scalars, _coefficients(setup, coefficients, "coefficients")
    if len(points) >= len(setup.g2):
        limit = len(setup.g2) - 1
        raise BadLength(f"there are {len(points)} points, the setup allows {limit}")
    if len(set(points)) < len(points):
        raise ValueError(f"points {list(points)} hold one twice, they must differ")
    ys = [poly.evaluate(field, coefficients, z) for z in points]
    for z in points:
        quotient, _ = poly.divide_by_linear(field, quotient, z)
    return ys, commit(setup, quotient)


def verify_many(
    setup: Setup, commitment: Affine, points: Sequence[int], ys: Sequence[int], proof: Affine
) -> bool:
    """Whether the polynomial takes the values ys at the points.

    With Z and I as in `open_many`: e(C - I(tau)·G, G2) = e(pi, Z(tau)·G2).
    Points must differ, and be fewer than the setup's powers in G2. No points claim nothing, and
    are accepted with the one proof that `open_many` gives.
    """
    if len(points) != len(ys) or len(points) >= min(len(setup.g1), len(setup.g2)):
        return False
    if not _well_formed(setup, [commitment, proof], [*points, *ys]):
        return False
    curve, field, n = setup.curve, setup.curve.scalars, len(points)
    if len(set(points)) < n:
        return False
    through = poly.interpolate(field, points, ys)
    divisor = msm(curve.g2, setup.g2[: n + 1], poly.vanishing(field, points))
    value = msm(curve.g1, [commitment, *setup.g1[:n]], [1, *(-c for c in through)])
    return curve.product_is_one([(proof, divisor), (curve.g1.negate(value), setup.g2[0])])


def fold_challenge(setup: Setup, commitments: Sequence[Affine], z: int, ys: Sequence[int]) -> int:
    """The factor gamma that folds several openings at z: a hash of all that is claimed.

    A gamma known before the claims are fixed is worthless: ys can be moved by amounts whose sum
    weighted with its powers is zero.

    Raises:
        ValueError: if z or a y is not canonical, or there are not as many ys as commitments.
    """
    if len(commitments) != len(ys):
        raise BadLength(f"there are {len(commitments)} commitments and {len(ys)} ys")
    field, count = setup.curve.scalars, len(ys).to_bytes(WORD_BYTES, "big")
    points = map(setup.curve.g1_to_bytes, commitments)
    digest = sha256(FOLD_DOMAIN, count, *points, *map(field.to_bytes, [z, *ys]))
    return int.from_bytes(digest, "big") % field.modulus


def open_fold(
    setup: Setup, polynomials: Sequence[Sequence[int]], z: int, gamma: int
) -> tuple[list[int], Affine]:
    """The values of all polynomials at z, and one proof: that of p_0 + gamma·p_1 + gamma²·p_2 + ...

    Raises:
        ValueError: as for `commit`, naming the polynomial, or if z or gamma is not canonical.
    """
    field = setup.curve.scalars
    folded: Coefficients = []
    checked = [_coefficients(setup, p, f"polynomials[{k}]") for k, p in enumerate(polynomials)]
    for p in reversed(checked):
        folded = poly.add(field, p, poly.scale(field, folded, gamma))
    _, proof = open_at(setup, folded, z)
    return [poly.evaluate(field, p, z) for p in checked], proof


def verify_fold(
    setup: Setup,
    commitments: Sequence[Affine],
    z: int,
    ys: Sequence[int],
    gamma: int,
    proof: Affine,
) -> bool:
    """Whether the folded polynomial takes the folded value at z.

    That implies every single value, up to probability n/r, only if gamma was drawn after the
    commitments, z and ys were fixed, as by `fold_challenge`.
    """
    if len(commitments) != len(ys) or not _well_formed(setup, commitments, [*ys, gamma]):
        return False
    powers = _powers(gamma, len(ys), setup.curve.scalars.modulus)
    folded = msm(setup.curve.g1, commitments, powers)
    y = sum(power * y for power, y in zip(powers, ys, strict=True)) % setup.curve.scalars.modulus
    return verify(setup, folded, z, y, proof)


def batch_challenge(
    setup: Setup,
    commitments: Sequence[bytes],
    zs: Sequence[int],
    ys: Sequence[int],
    proofs: Sequence[bytes],
) -> int:
    """The weight r of a batch of encoded openings: a hash of every one of them in full.

    Raises:
        ValueError: if the lists differ in length, or a scalar does not fit 32 bytes.
    """
    lengths = [len(part) for part in (commitments, zs, ys, proofs)]
    if len(set(lengths)) > 1:
        raise BadLength("lists have {}, {}, {} and {} entries".format(*lengths))
    sizes = (n.to_bytes(WORD_BYTES, "big") for n in (FIELD_ELEMENTS_PER_BLOB, lengths[0]))
    parts = [BATCH_DOMAIN, *sizes]
    for commitment, z, y, proof in zip(commitments, zs, ys, proofs, strict=True):
        parts += [commitment, _word(z, "z"), _word(y, "y"), proof]
    return int.from_bytes(sha256(*parts), "big") % setup.curve.scalars.modulus


def verify_batch(
    setup: Setup,
    commitments: Sequence[Affine],
    zs: Sequence[int],
    ys: Sequence[int],
    proofs: Sequence[Affine],
) -> bool:
    """Whether all openings hold, by one pairing check: true of none, false of unequal lists.

    Opening k gets the weight r^k. Added up plainly, two wrong values y + d and y - d would pass.
    """
    if len({len(commitments), len(zs), len(ys), len(proofs)}) != 1:
        return False
    if not _well_formed(setup, [*commitments, *proofs], [*zs, *ys]):
        return False
    curve, n, order = setup.curve, len(zs), setup.curve.scalars.modulus
    encoded = [[curve.g1_to_bytes(point) for point in part] for part in (commitments, proofs)]
    powers = _powers(batch_challenge(setup, encoded[0], zs, ys, encoded[1]), n, order)
    total_y = sum(power * y for power, y in zip(powers, ys, strict=True))
    turned = [power * z % order for power, z in zip(powers, zs, strict=True)]
    scalars = [*powers, *turned, -total_y % order]
    value = msm(curve.g1, [*commitments, *proofs, setup.g1[0]], scalars)
    return _quotient_fits(setup, msm(curve.g1, proofs, powers), value)


def _quotient_fits(setup: Setup, proof: Affine, value: Affine) -> bool:
    """Whether e(proof, tau·G2) = e(value, G2)."""
    pairs = [(proof, setup.g2[1]), (setup.curve.g1.negate(value), setup.g2[0])]
    return setup.curve.product_is_one(pairs)


def _well_formed(setup: Setup, points: Sequence[object], scalars: Sequence[object]) -> bool:
    """Whether all are what they should be; each check costs less than the pairing it protects."""
    return all(map(setup.curve.is_scalar, scalars)) and all(map(setup.curve.is_g1, points))


def _coefficients(setup: Setup, coefficients: Sequence[int], argument: str) -> Coefficients:
    if len(coefficients) > len(setup.g1):
        raise BadLength(
            f"{argument} has {len(coefficients)} entries, the setup has {len(setup.g1)} powers"
        )
    return setup.curve.scalars.elements(coefficients, argument)


def _powers(base: int, count: int, modulus: int) -> list[int]:
    return [pow(base, k, modulus) for k in range(count)]


def _word(value: int, argument: str) -> bytes:
    if not 0 <= value < 1 << 8 * SCALAR_BYTES:
        raise ValueError(f"{argument} is {value}, must be in 0..2^{8 * SCALAR_BYTES}-1")
    return value.to_bytes(SCALAR_BYTES, "big")
