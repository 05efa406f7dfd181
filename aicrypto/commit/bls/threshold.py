"""Threshold BLS: any t of n members sign for the group, with one key and one ordinary signature.

The group's secret is f(0) for a polynomial f of degree t - 1; member i holds the share f(i) and
signs with it as with a secret key. Lagrange's coefficients at 0 turn t values of f into f(0), and,
signing being a multiplication, t partial signatures into the group's: no secret is ever assembled.
drand makes its public randomness so; bridges and oracles hold their keys so.

A dealer publishes C_k = a_k·G for the coefficients of f (Feldman), by which each member checks its
share. Nobody need be trusted with f: everybody deals, and shares and commitments add up. The known
weakness of that: the last dealer sees the others' C_0 and can bias the key. Commit to C_0 first.

Not a list of signatures (k of n registered keys): a threshold signature costs one check whatever n
is, but hides who signed, and t members sign anything together without a trace. Fewer than t
partials combine to a wrong signature, silently: always verify the result.

Scalars are integers modulo r, ids distinct integers in 1..r-1. Sources: Shamir 1979; Feldman 1987;
Boldyreva, PKC 2003; weakness: Gennaro, Jarecki, Krawczyk, Rabin, J. Cryptology 2007; refresh:
Herzberg, Jarecki, Krawczyk, Yung, CRYPTO '95.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aicrypto.algebra import polynomials
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength, NonCanonical
from aicrypto.algebra.primes import BLS12_381_FR as FR
from aicrypto.commit.bls.signature import (
    ETHEREUM,
    Suite,
    batch_verify,
    sign,
    signature_point,
    verify,
)


@dataclass(frozen=True)
class Dealing:
    """A shared secret: what each member gets, and what all may know.

    Attributes:
        ids: the members.
        shares: f(id) in their order, secret: member i gets the i-th and no other.
        commitments: C_k = a_k·G, one for each coefficient of f.
        public_key_shares: f(id)·G in their order.
    """

    ids: tuple[int, ...]
    shares: tuple[int, ...]
    commitments: tuple[bytes, ...]
    public_key_shares: tuple[bytes, ...]

    @property
    def group_public_key(self) -> bytes:
        """f(0)·G, under which the group's signatures verify."""
        return self.commitments[0]


def random_polynomial(
    secret: int, threshold: int, random_below: Callable[[int], int] = secrets.randbelow
) -> list[int]:
    """Coefficients of f with f(0) = secret, of which any `threshold` values determine it.

    Raises:
        ValueError: if the secret is not in 0..r-1 or the threshold below 1.
    """
    if threshold < 1:
        raise ValueError(f"threshold is {threshold}, must be at least 1")
    rest = [random_below(FR.modulus) for _ in range(threshold - 1)]
    return [FR.element(secret, "secret"), *rest]


def deal(coefficients: Sequence[int], ids: Sequence[int], suite: Suite = ETHEREUM) -> Dealing:
    """The shares of f, its coefficients lowest first: any len(coefficients) members can sign.

    Raises:
        ValueError: if there are no coefficients or no ids, a coefficient is not in 0..r-1, an id
            not in 1..r-1, or an id repeats.
    """
    _require_ids(ids)
    if not coefficients:
        raise BadLength("coefficients is empty, must hold at least the secret")
    shares = [polynomials.evaluate(FR, coefficients, member) for member in ids]
    commitments = [_times_generator(suite, coefficient) for coefficient in coefficients]
    keys = [_times_generator(suite, share) for share in shares]
    return Dealing(tuple(ids), tuple(shares), tuple(commitments), tuple(keys))


def add_dealings(dealings: Sequence[Dealing], suite: Suite = ETHEREUM) -> Dealing:
    """The dealing of the sum of the secrets: everybody adds up what it got.

    Raises:
        ValueError: if there is none, or they differ in their ids or their thresholds.
    """
    if not dealings:
        raise BadLength("dealings is empty, must hold at least one")
    ids, threshold = dealings[0].ids, len(dealings[0].commitments)
    for i, dealing in enumerate(dealings):
        if (dealing.ids, len(dealing.commitments)) != (ids, threshold):
            raise BadLength(
                f"dealings[{i}] has ids {dealing.ids} and threshold {len(dealing.commitments)}, "
                f"must have {ids} and {threshold} like the first"
            )
    columns = zip(*(dealing.shares for dealing in dealings), strict=True)
    return Dealing(
        ids,
        tuple(sum(column) % FR.modulus for column in columns),
        _sum_columns(suite, [dealing.commitments for dealing in dealings]),
        _sum_columns(suite, [dealing.public_key_shares for dealing in dealings]),
    )


def joint_deal(
    dealers: Sequence[Sequence[int]], ids: Sequence[int], suite: Suite = ETHEREUM
) -> Dealing:
    """The dealing of a secret that no dealer knows: the sum of one polynomial from each.

    Raises:
        ValueError: if there is no dealer, their polynomials differ in length, or one is refused.
    """
    return add_dealings([deal(coefficients, ids, suite) for coefficients in dealers], suite)


def refresh(dealing: Dealing, coefficients: Sequence[int], suite: Suite = ETHEREUM) -> Dealing:
    """New shares of the same secret, worthless together with old ones: adds f with f(0) = 0.

    Shares stolen before and after a refresh do not add up, so a thief must take t in one period.

    Raises:
        ValueError: if coefficients[0] is not 0, or there are not as many as the threshold.
    """
    if coefficients and coefficients[0] != 0:
        raise ValueError(f"coefficients[0] is {coefficients[0]}, must be 0 to keep the secret")
    return add_dealings([dealing, deal(coefficients, dealing.ids, suite)], suite)


def public_key_share(commitments: Sequence[bytes], member: int, suite: Suite = ETHEREUM) -> bytes:
    """The sum of member^k·C_k: f(member)·G by the public commitments alone.

    Raises:
        ValueError: if there is no commitment, one is no point, or the id is not in 1..r-1.
    """
    return suite.keys.to_bytes(_public_key_share(commitments, member, suite))


def verify_share(
    commitments: Sequence[bytes], member: int, share: int, suite: Suite = ETHEREUM
) -> bool:
    """Whether the share that a member got is the one that the dealer committed to."""
    curve = suite.keys.curve
    try:
        expected = _public_key_share(commitments, member, suite)
        return curve.multiply(curve.generator, FR.element(share, "share")) == expected
    except (ValueError, TypeError):  # a stranger's share need not even be a number
        return False


def lagrange(ids: Sequence[int], at: int = 0) -> list[int]:
    """Coefficients by which values of f at the ids give f(at), for any f of degree below len(ids).

    The i-th is the product of (at - id_j)/(id_i - id_j) over all j other than i.

    >>> [FR.signed(coefficient) for coefficient in lagrange([1, 2])]  # f(0) = 2·f(1) - f(2)
    [2, -1]

    Raises:
        ValueError: if there are no ids, one is not in 1..r-1 or repeats, or `at` is not in 0..r-1.
    """
    _require_ids(ids)
    FR.element(at, "at")
    above, below = [], []
    for member in ids:
        numerator = denominator = 1
        for other in ids:
            if other != member:
                numerator = numerator * (at - other) % FR.modulus
                denominator = denominator * (member - other) % FR.modulus
        above.append(numerator)
        below.append(denominator)
    inverses = FR.batch_inverse(below)
    return [a * inverse % FR.modulus for a, inverse in zip(above, inverses, strict=True)]


def recover(ids: Sequence[int], shares: Sequence[int], at: int = 0) -> int:
    """The secret f(0) of at least t shares; with another `at`, that member's lost share.

    With fewer than t shares the answer is wrong, silently, and says nothing about the secret.

    Raises:
        ValueError: for ids that `lagrange` refuses, shares not in 0..r-1, or lists that differ in
            length.
    """
    _require_equal(ids, shares, "shares")
    coefficients = lagrange(ids, at)
    terms = zip(coefficients, FR.elements(shares, "shares"), strict=True)
    return sum(coefficient * share for coefficient, share in terms) % FR.modulus


def partial_sign(share: int, message: bytes, suite: Suite = ETHEREUM) -> bytes:
    """A member's part of the group's signature; it verifies under the member's public key share.

    Raises:
        ValueError: if the share is not in 1..r-1. (An honest one is 0 with probability 2^-255.)
    """
    return sign(FR.to_bytes(share), message, suite)


def combine(ids: Sequence[int], partials: Sequence[bytes], suite: Suite = ETHEREUM) -> bytes:
    """The group's signature, interpolated at 0 through all given partial signatures.

    Which members signed makes no difference to it. Verify the result: fewer than t partials, or a
    wrong one, give a wrong signature and no error.

    Raises:
        ValueError: for ids that `lagrange` refuses, a partial that is no point, or lists that
            differ in length.
    """
    _require_equal(ids, partials, "partials")
    coefficients = lagrange(ids)
    points = [signature_point(p, suite, f"partials[{i}]") for i, p in enumerate(partials)]
    return suite.signatures.to_bytes(msm(suite.signatures.curve, points, coefficients))


def combine_and_verify(
    ids: Sequence[int],
    partials: Sequence[bytes],
    message: bytes,
    group_public_key: bytes,
    suite: Suite = ETHEREUM,
) -> bool:
    """Whether the partial signatures combine to the group's signature over the message."""
    try:
        signature = combine(ids, partials, suite)
    except ValueError:
        return False
    return verify(group_public_key, message, signature, suite)


def find_bad(
    ids: Sequence[int],
    public_key_shares: Sequence[bytes],
    partials: Sequence[bytes],
    message: bytes,
    suite: Suite = ETHEREUM,
    random_bits: Callable[[int], int] = secrets.randbits,
) -> list[int]:
    """The ids whose partial signatures are wrong: one batch check, and one by one if it fails.

    Raises:
        ValueError: for ids that `lagrange` refuses, or lists that differ in length.
    """
    _require_ids(ids)
    _require_equal(ids, public_key_shares, "public_key_shares")
    _require_equal(ids, partials, "partials")
    messages = [message] * len(ids)
    if batch_verify(public_key_shares, messages, partials, suite, random_bits):
        return []
    triples = zip(ids, public_key_shares, partials, strict=True)
    return [i for i, key, partial in triples if not verify(key, message, partial, suite)]


def _times_generator(suite: Suite, scalar: int) -> bytes:
    curve = suite.keys.curve
    return suite.keys.to_bytes(curve.multiply(curve.generator, scalar))


def _public_key_share(commitments: Sequence[bytes], member: int, suite: Suite) -> Affine:
    """Horner's rule on points: ids are short, and so are its multiplications."""
    _require_ids([member])
    if not commitments:
        raise BadLength("commitments is empty, must hold at least one")
    curve, total = suite.keys.curve, None
    for point in reversed(_key_points(suite, commitments)):
        total = curve.add(curve.multiply(total, member), point)
    return total


def _sum_columns(suite: Suite, rows: Sequence[Sequence[bytes]]) -> tuple[bytes, ...]:
    points = [_key_points(suite, row) for row in rows]
    sums = [suite.keys.curve.sum(column) for column in zip(*points, strict=True)]
    return tuple(map(suite.keys.to_bytes, sums))


def _key_points(suite: Suite, encodings: Sequence[bytes]) -> list[Affine]:
    """Points of the keys' group; infinity is one, where a coefficient is 0."""
    return [suite.keys.from_bytes(data, f"commitments[{i}]") for i, data in enumerate(encodings)]


def _require_ids(ids: Sequence[int]) -> None:
    """Refuses what cannot be members: 0 is where the secret lies."""
    if not ids:
        raise BadLength("ids is empty, must hold at least one")
    for i, member in enumerate(ids):
        if not isinstance(member, int) or not 1 <= member < FR.modulus:
            raise NonCanonical(f"ids[{i}] is {member}, must be in 1..{FR.modulus - 1}")
    if len(set(ids)) < len(ids):
        raise ValueError(f"ids {list(ids)} holds an id twice, they must differ")


def _require_equal(ids: Sequence[int], values: Sequence[object], argument: str) -> None:
    if len(values) != len(ids):
        raise BadLength(f"there are {len(ids)} ids and {len(values)} {argument}")
