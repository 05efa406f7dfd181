"""The pairing: e(a·P, b·Q) = e(P, Q)^(a·b), the map that lets a verifier multiply hidden numbers.

P lies in G1, Q in G2, the value in F_{q¹²}. Verifiers ask one question, is a product of pairings
equal to 1, so `product_is_one` runs one loop over all pairs and one final exponentiation.

    Miller loop: f_{s,Q}(P), a product of lines through multiples of Q, taken at P; s is short.
    Final exponentiation: to the power (q¹² - 1)/r, so that only the r-th roots of unity remain.

F_{q¹²} is F_{q²}[w] with w⁶ = xi: six Gaussian coefficients, lowest first. G2 is drawn on a
*twist*, a curve over F_{q²}; multiplying coordinates by powers of w carries it to the curve over
F_{q¹²}. On BN254 the twist divides b by xi, (x, y) -> (x·w², y·w³); on BLS12-381 it multiplies,
(x, y) -> (x/w², y/w³). The lines of a fixed Q (a key, a setup) are computed once and remembered.

Which power of the "true" pairing comes out is a choice of each library (the hard part below cubes
it on BLS12-381): compare products with 1, never values between libraries.

Sources: Vercauteren, Optimal pairings (eprint 2008/096); Scott et al., On the final exponentiation
(eprint 2008/490); Hayashida, Hayasaka, Teruya (eprint 2020/875); Granger and Scott, Faster squaring
in the cyclotomic subgroup (eprint 2009/565).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aicrypto.algebra.curves.gaussian import FASTEST, Gaussian, convert, inverse, power
from aicrypto.algebra.curves.weierstrass import Affine

Fq12 = list[Gaussian]  # coefficients of 1, w, ..., w^5
Line = tuple[Gaussian, Gaussian]  # slope and intercept on the twist: y = slope·x + intercept
Track = tuple[tuple[Any, Any], Iterator[Line]]  # a point of G1, and the lines of its partner


@dataclass(frozen=True)
class Pairing:
    """What distinguishes one pairing from another.

    Attributes:
        q: the prime of the base field.
        loop: |s|, the length of the Miller loop.
        xi: w⁶, an element without square or cube root in F_{q²}.
        divides: whether the twist divides b by xi (BN254) or multiplies it (BLS12-381).
        frobenius_lines: whether two more lines close the loop (BN254).
        hard_part: the second half of the final exponentiation.
    """

    q: int
    loop: int
    xi: Gaussian
    divides: bool
    frobenius_lines: bool
    hard_part: Callable[[Pairing, Fq12], Fq12]

    def product_is_one(self, pairs: Iterable[tuple[Affine, Affine]]) -> bool:
        """Whether e(P1, Q1)·e(P2, Q2)·... = 1 for points of G1 and G2; the empty product is.

        The points are trusted to lie in their groups: a point outside r-torsion makes the answer
        meaningless, so decode or check first.
        """
        value = self.final_exponentiation(self.miller_loop(pairs))
        return all(c == int(k == 0) for k, c in enumerate(value))

    def miller_loop(self, pairs: Iterable[tuple[Affine, Affine]]) -> Fq12:
        """The product of the Miller values of all pairs; pairs with infinity count as 1."""
        finite = [(p, q) for p, q in pairs if p is not None and q is not None]
        tracks = [(_coordinates(p), iter(lines(self, q))) for p, q in finite]
        f = _one()
        for bit in f"{self.loop:b}"[1:]:
            f = self.multiply(f, f)
            f = self._times_lines(f, tracks, 1 + int(bit))
        return self._times_lines(f, tracks, 2 if self.frobenius_lines else 0)

    def _times_lines(self, f: Fq12, tracks: Sequence[Track], count: int) -> Fq12:
        """The product of f and the next `count` lines of every pair, each taken at the pair's P."""
        for (x, y), track in tracks:
            for _ in range(count):
                slope, intercept = next(track)
                a, b, c = Gaussian(y), slope * -x, -intercept
                sparse = ((0, a), (1, b), (3, c)) if self.divides else ((0, c), (2, b), (3, a))
                f = self._multiply_terms(f, sparse)
        return f

    def multiply(self, f: Fq12, g: Fq12) -> Fq12:
        """The product of two elements of F_{q¹²}: 36 products of Gaussian integers."""
        return self._multiply_terms(f, enumerate(g))

    def _multiply_terms(self, f: Fq12, terms: Iterable[tuple[int, Gaussian]]) -> Fq12:
        """The product of f and a sum of terms coefficient·w^k, reduced once at the end."""
        re, im = [0] * 11, [0] * 11
        for k, term in terms:
            c, d = term.re, term.im
            for j, coefficient in enumerate(f, start=k):
                a, b = coefficient.re, coefficient.im
                re[j] += a * c - b * d
                im[j] += a * d + b * c
        q, xi = FASTEST(self.q), self.xi
        low = [Gaussian(x, y) for x, y in zip(re[:6], im[:6], strict=True)]
        high = [xi * Gaussian(x, y) for x, y in zip(re[6:], im[6:], strict=True)]
        return [(a + b) % q for a, b in zip(low, [*high, Gaussian(0)], strict=True)]

    def frobenius(self, f: Fq12, times: int = 1) -> Fq12:
        """f^(q^times): conjugates coefficients, and turns w into w·xi^((q-1)/6)."""
        for _ in range(times):
            f = [c.conj() * t % self.q for c, t in zip(f, twist_powers(self), strict=True)]
        return f

    def conjugate(self, f: Fq12) -> Fq12:
        """f^(q⁶): w becomes -w. For elements of norm 1 this is the inverse."""
        return [c if k % 2 == 0 else -c % self.q for k, c in enumerate(f)]

    def invert(self, f: Fq12) -> Fq12:
        """1/f: the other five conjugates over F_{q²}, divided by the norm, which lies in F_{q²}."""
        rest = _one()
        conjugate = f
        for _ in range(5):
            conjugate = self.frobenius(conjugate, 2)
            rest = self.multiply(rest, conjugate)
        norm = self.multiply(f, rest)[0]
        scale = inverse(norm, FASTEST(self.q))
        return [c * scale % self.q for c in rest]

    def square_cyclotomic(self, f: Fq12) -> Fq12:
        """f² for elements with f^(q⁴ - q² + 1) = 1, in 9 Gaussian products instead of 36.

        Over F_{q⁴} = F_{q²}[v], v = w³, write f = A + B·w + C·w²; then
        f² = (3A² - 2Ā) + (3vC² + 2B̄)·w + (3B² - 2C̄)·w², where a bar turns v into -v.
        """
        q, xi = FASTEST(self.q), self.xi

        def square(low: Gaussian, high: Gaussian) -> tuple[Gaussian, Gaussian]:
            product = low * high
            return low * low + xi * (high * high), product + product

        a, b, c = square(f[0], f[3]), square(f[1], f[4]), square(f[2], f[5])
        return [
            (3 * a[0] - 2 * f[0]) % q,
            (3 * (xi * c[1]) + 2 * f[1]) % q,
            (3 * b[0] - 2 * f[2]) % q,
            (3 * a[1] + 2 * f[3]) % q,
            (3 * c[0] - 2 * f[4]) % q,
            (3 * b[1] + 2 * f[5]) % q,
        ]

    def power_cyclotomic(self, f: Fq12, exponent: int) -> Fq12:
        """f^exponent for such elements; a negative exponent costs a conjugation."""
        if exponent < 0:
            return self.conjugate(self.power_cyclotomic(f, -exponent))
        result = _one()
        for bit in f"{exponent:b}":
            result = self.square_cyclotomic(result)
            if bit == "1":
                result = self.multiply(result, f)
        return result

    def final_exponentiation(self, f: Fq12) -> Fq12:
        """The power of f to a multiple of (q¹² - 1)/r that is prime to r.

        Easy part: the power (q⁶ - 1)·(q² + 1), by conjugation and one inversion. Hard part: the
        power (q⁴ - q² + 1)/r or a small multiple, by powers of the curve's parameter.
        """
        f = self.multiply(self.conjugate(f), self.invert(f))
        f = self.multiply(self.frobenius(f, 2), f)
        return self.hard_part(self, f)


@lru_cache(maxsize=128)
def lines(pairing: Pairing, point: Affine) -> tuple[Line, ...]:
    """The lines that the Miller loop of a point of G2 meets, in order.

    Each doubling contributes the tangent, each addition the chord through the running point and
    `point`; on BN254 chords through the images of `point` under Frobenius come last.
    """
    q = FASTEST(pairing.q)
    base = _coordinates(point)
    running, met = base, []

    def step(slope: Gaussian, x_other: Gaussian) -> None:
        nonlocal running
        x, y = running
        met.append((slope, (y - slope * x) % q))
        x_new = (slope * slope - x - x_other) % q
        running = x_new, (slope * (x - x_new) - y) % q

    def chord(other: tuple[Gaussian, Gaussian]) -> None:
        run, rise = running[0] - other[0], running[1] - other[1]
        step(rise * inverse(run % q, q) % q, other[0])

    for bit in f"{pairing.loop:b}"[1:]:
        x, y = running
        step(3 * (x * x) * inverse(2 * y % q, q) % q, x)
        if bit == "1":
            chord(base)
    if pairing.frobenius_lines:
        first = _frobenius_point(pairing, base)
        x, y = _frobenius_point(pairing, first)
        chord(first)
        chord((x, -y % q))
    return tuple(met)


@lru_cache(maxsize=4)
def twist_powers(pairing: Pairing) -> tuple[Gaussian, ...]:
    """The powers 0..5 of xi^((q-1)/6), computed instead of copied from a table."""
    root = power(pairing.xi, (pairing.q - 1) // 6, pairing.q)
    return tuple(power(root, k, pairing.q) for k in range(6))


def _frobenius_point(
    pairing: Pairing, point: tuple[Gaussian, Gaussian]
) -> tuple[Gaussian, Gaussian]:
    """The q-th power of a point, carried back to a twist that divides: the map called psi."""
    powers, (x, y) = twist_powers(pairing), point
    return x.conj() * powers[2] % pairing.q, y.conj() * powers[3] % pairing.q


def _coordinates(point: Affine) -> tuple[Any, Any]:
    assert point is not None
    return convert(point[0], FASTEST), convert(point[1], FASTEST)


def _one() -> Fq12:
    return [Gaussian(1), *(Gaussian(0) for _ in range(5))]
