"""PLONK's prover: five rounds over KZG, readable before fast.

    1  commit to the columns a, b, c          -> beta, gamma
    2  commit to z, the permutation's product -> alpha
    3  commit to the quotient T1, T2, T3      -> xi
    4  open a, b, c, S1, S2, z                -> v
    5  two opening proofs

The quotient is that of three identities joined by powers of alpha, divided by Z = X^n - 1:

    Ql·a + Qr·b + Qo·c + Qm·a·b + Qc + PI                                     every gate holds
    (a+beta·X+gamma)(b+beta·k1·X+gamma)(c+beta·k2·X+gamma)·z
        - (a+beta·S1+gamma)(b+beta·S2+gamma)(c+beta·S3+gamma)·z(omega·X)      copies are equal
    (z - 1)·L_0                                                               z begins at 1

It is computed by values at 4n points off the roots of unity, where Z takes four values. Columns get
multiples of Z added, as many random coefficients as openings will tell about them; that keeps the
values on the roots, and hides the witness.

Source: eprint 2019/953, section 8.3; cut and blinding as in npm snarkjs 0.7.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.polynomials import Coefficients
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.commit.kzg import Setup, commit, open_at
from aicrypto.proof.plonk.gates import Gates, permutation
from aicrypto.proof.plonk.keys import Evaluations, Proof, VerifyingKey
from aicrypto.proof.plonk.rounds import (
    Challenges,
    alpha_of,
    beta_and_gamma,
    linearise,
    opening_challenge,
    xi_of,
)

K1, K2 = 2, 3  # neither they nor their ratio are n-th powers of unity for any n = 2^k
SHIFT = 5  # no root of unity of order 2^k
N_BLINDING = 11
SELECTORS = ("qm", "ql", "qr", "qo", "qc")
Values = list[int]


@dataclass(frozen=True, slots=True)
class ProvingKey:
    """What a prover needs.

    Attributes:
        verifying: the verifying key.
        gates: the circuit.
        setup: powers of tau, at least n + 6.
        fixed: coefficients of Qm, Ql, Qr, Qo, Qc, S1, S2, S3.
        fixed_values: their values at the 4n points.
        sigma: values of S1, S2, S3 on the roots of unity.
    """

    verifying: VerifyingKey
    gates: Gates
    setup: Setup
    fixed: tuple[Coefficients, ...]
    fixed_values: tuple[Values, ...]
    sigma: tuple[Values, ...]


def preprocess(gates: Gates, setup: Setup) -> ProvingKey:
    """Both keys for a circuit, from powers of tau that any circuit may share.

    Raises:
        BadLength: if the setup has fewer than n + 6 powers.
    """
    n = gates.domain
    if len(setup.g1) < n + 6:
        raise BadLength(f"setup has {len(setup.g1)} powers, the circuit needs {n + 6}")
    sigma = permuted_places(gates)
    columns = (*selector_columns(gates), *sigma)
    fixed = tuple(poly.inverse_ntt(BN254_FR, column) for column in columns)
    points = tuple(commit(setup, coefficients) for coefficients in fixed)
    n_public = gates.system.n_public
    key = VerifyingKey(n_public, n.bit_length() - 1, K1, K2, points, setup.g2[1])
    values = tuple(on_coset(coefficients, n) for coefficients in fixed)
    return ProvingKey(key, gates, setup, fixed, values, tuple(sigma))


def selector_columns(gates: Gates) -> list[Values]:
    """The values of Qm, Ql, Qr, Qo, Qc on the roots of unity."""
    padding = [0] * (gates.domain - len(gates.gates))
    return [[getattr(gate, name) for gate in gates.gates] + padding for name in SELECTORS]


def permuted_places(gates: Gates) -> list[Values]:
    """The values of S1, S2, S3: at each cell the place of its copy, k·omega^row."""
    n = gates.domain
    roots = powers(BN254_FR.root_of_unity(n), n)
    places = [k * root % BN254_R for k in (1, K1, K2) for root in roots]
    return [[places[cell] for cell in column] for column in permutation(gates)]


def prove(key: ProvingKey, witness: Sequence[int], blinding: Sequence[int]) -> Proof:
    """The proof that a witness is known; draw the 11 blinding scalars afresh for every proof.

    Raises:
        Unsatisfied: if the witness does not solve the circuit.
        BadLength: if there are not 11 blinding scalars; NonCanonical if one is not in 0..r-1.
    """
    if len(blinding) != N_BLINDING:
        raise BadLength(f"blinding has {len(blinding)} scalars, must have {N_BLINDING}")
    b = BN254_FR.elements(blinding, "blinding")
    values, publics = wire_values(key.gates, witness), witness[1 : key.verifying.n_public + 1]
    n = key.verifying.n
    wires = [_blinded(v, b[2 * i : 2 * i + 2], n) for i, v in enumerate(values)]
    a, b_point, c = (commit(key.setup, column) for column in wires)
    beta, gamma = beta_and_gamma(key.verifying, publics, (a, b_point, c))
    z = _blinded(running_product(key, values, beta, gamma), b[6:9], n)
    z_point = commit(key.setup, z)
    alpha = alpha_of(beta, gamma, z_point)
    pieces = _pieces(quotient(key, publics, wires, z, (beta, gamma, alpha)), n, b[9:])
    t1, t2, t3 = (commit(key.setup, piece) for piece in pieces)
    drawn = Challenges(beta, gamma, alpha, xi_of(alpha, (t1, t2, t3)))
    opened = _evaluations(key, wires, z, drawn.xi)
    openings = _openings(key, publics, wires, z, pieces, drawn, opened)
    return Proof((a, b_point, c), z_point, (t1, t2, t3), *openings, opened)


def wire_values(gates: Gates, witness: Sequence[int]) -> list[Values]:
    """The columns a, b, c on the roots of unity; Unsatisfied as for `prove`."""
    extended, padding = gates.extended(witness), [0] * (gates.domain - len(gates.gates))
    columns = zip(*(gate.wires for gate in gates.gates), strict=True)
    return [
        [0 if wire is None else extended[wire] for wire in column] + padding for column in columns
    ]


def running_product(key: ProvingKey, values: Sequence[Values], beta: int, gamma: int) -> Values:
    """The values of z: 1, then at each row times (cells at their place)/(at their copy's)."""
    roots, r = powers(key.verifying.omega, key.verifying.n), BN254_R
    tops, bottoms = [1] * len(roots), [1] * len(roots)
    for column, sigma, k in zip(values, key.sigma, (1, K1, K2), strict=True):
        for i, (value, root) in enumerate(zip(column, roots, strict=True)):
            tops[i] = tops[i] * (value + beta * k * root + gamma) % r
            bottoms[i] = bottoms[i] * (value + beta * sigma[i] + gamma) % r
    product, z = 1, []
    for top, inverse in zip(tops, BN254_FR.batch_inverse(bottoms), strict=True):
        z.append(product)
        product = product * top % r * inverse % r
    return z


def quotient(
    key: ProvingKey,
    publics: Sequence[int],
    wires: Sequence[Coefficients],
    z: Coefficients,
    drawn: tuple[int, int, int],
) -> Coefficients:
    """The 4n coefficients of the quotient, of which 3n + 6 are not 0."""
    n, (beta, gamma, alpha), r = key.verifying.n, drawn, BN254_R
    public_values = [-value % r for value in publics] + [0] * (n - len(publics))
    public_part = on_coset(poly.inverse_ntt(BN254_FR, public_values), n)
    first = on_coset([pow(n, -1, r)] * n, n)  # L_0 = (1 + X + ... + X^(n-1))/n
    a, b, c = (on_coset(column, n) for column in wires)
    z_here = on_coset(z, n)
    z_next = z_here[4:] + z_here[:4]  # omega is the fourth power of the step
    points = [SHIFT * power % r for power in powers(BN254_FR.root_of_unity(4 * n), 4 * n)]
    inverses = BN254_FR.batch_inverse([(pow(x, n, r) - 1) % r for x in points[:4]])
    qm, ql, qr, qo, qc, s1, s2, s3 = key.fixed_values
    divided = []
    for i, x in enumerate(points):
        gate = (qm[i] * b[i] + ql[i]) % r * a[i] + qr[i] * b[i] + qo[i] * c[i] + qc[i]
        left, right, out = a[i] + gamma, b[i] + gamma, c[i] + gamma
        bx = beta * x % r
        placed = (left + bx) * (right + K1 * bx) % r * (out + K2 * bx) % r * z_here[i]
        copied = (left + beta * s1[i]) * (right + beta * s2[i]) % r
        copied = copied * (out + beta * s3[i]) % r * z_next[i]
        begun = (z_here[i] - 1) * first[i] % r
        total = gate + public_part[i] + alpha * ((placed - copied) % r + alpha * begun % r)
        divided.append(total * inverses[i % 4] % r)
    return poly.inverse_ntt(BN254_FR, divided, SHIFT)


def _blinded(values: Values, random: Sequence[int], n: int) -> Coefficients:
    """The polynomial with these values on the roots, plus random·Z; random stands lowest first."""
    coefficients = poly.inverse_ntt(BN254_FR, values)
    low = [(c - x) % BN254_R for c, x in zip(coefficients, random, strict=False)]
    return [*low, *coefficients[len(random) :], *random]


def _pieces(t: Coefficients, n: int, random: Sequence[int]) -> list[Coefficients]:
    """T1, T2, T3 with t = T1 + X^n·T2 + X^2n·T3, each but the first borrowing from the one before.

    A quotient that does not end where it should means that the columns break an identity.
    """
    assert not any(t[3 * n + 6 :]), "the identities do not hold"
    first, second = random
    low, middle, high = t[:n], t[n : 2 * n], t[2 * n : 3 * n + 6]
    middle, high = list(middle), list(high)
    middle[0] = (middle[0] - first) % BN254_R
    high[0] = (high[0] - second) % BN254_R
    return [[*low, first], [*middle, second], high]


def _evaluations(
    key: ProvingKey, wires: Sequence[Coefficients], z: Coefficients, xi: int
) -> Evaluations:
    opened = (*wires, *key.fixed[5:7])
    a, b, c, s1, s2 = (poly.evaluate(BN254_FR, p, xi) for p in opened)
    next_xi = xi * key.verifying.omega % BN254_R
    return Evaluations(a, b, c, s1, s2, poly.evaluate(BN254_FR, z, next_xi))


def _openings(
    key: ProvingKey,
    publics: Sequence[int],
    wires: Sequence[Coefficients],
    z: Coefficients,
    pieces: Sequence[Coefficients],
    drawn: Challenges,
    opened: Evaluations,
) -> tuple[Affine, Affine]:
    """Wxi, of the linearised identity and v^k times the rest, and Wxiw, of z."""
    *selectors, s1, s2, s3 = key.fixed
    v = opening_challenge(drawn.xi, opened)
    identity = linearise(key.verifying, publics, drawn, opened)
    polynomials = [*selectors, z, s3, *pieces, *wires, s1, s2]
    factors = [*identity.factors, *(pow(v, k, BN254_R) for k in range(1, 6))]
    joined = [0] * (key.verifying.n + 6)
    for p, factor in zip(polynomials, factors, strict=True):
        for i, coefficient in enumerate(p):
            joined[i] += factor * coefficient
    joined = [value % BN254_R for value in joined]
    _, at_xi = open_at(key.setup, joined, drawn.xi)
    _, at_next = open_at(key.setup, z, drawn.xi * key.verifying.omega % BN254_R)
    return at_xi, at_next


def on_coset(coefficients: Coefficients, n: int) -> Values:
    """The values at the 4n points SHIFT·omega_4n^i."""
    return poly.ntt(BN254_FR, coefficients + [0] * (4 * n - len(coefficients)), SHIFT)


def powers(base: int, count: int) -> Values:
    """1, base, base², ..."""
    result = [1]
    for _ in range(count - 1):
        result.append(result[-1] * base % BN254_R)
    return result
