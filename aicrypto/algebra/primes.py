"""Big prime fields on Python integers: the scalars and coordinates of pairing-friendly curves.

Contracts and SNARKs on Ethereum compute modulo the 254-bit primes of BN254, its signatures and blob
commitments modulo those of BLS12-381. Python's integers do this exactly and fast enough for curve
arithmetic, where one operation on a point costs a thousand times what the loop around it costs.

An element is an integer 0 <= value < modulus. Whatever comes from outside is refused if it is not:
reducing silently would give one element many names, and a verifier that reduces lets a nullifier be
spent twice (foundations, "public-input aliasing"). Nothing here runs in constant time: no secrets.

Sources: EIP-196/197 (BN254), draft-irtf-cfrg-pairing-friendly-curves (BLS12-381); every constant is
computed from the curve's one parameter and compared in the tests with py_ecc.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aicrypto.algebra.plain import BadLength, NonCanonical, NonResidue, NoSuchRoot, ZeroInverse

Order = Literal["big", "little"]

MONTGOMERY_BITS = 256  # the word size of circom's files; snarkjs stores value·2^256

# BN254: u = 4965661367192848881, two polynomials of degree 4 in it.
BN254_U = 4965661367192848881
BN254_Q = 36 * BN254_U**4 + 36 * BN254_U**3 + 24 * BN254_U**2 + 6 * BN254_U + 1
BN254_R = BN254_Q - 6 * BN254_U**2
# BLS12-381: x is negative and has few ones, which makes its pairing short.
BLS12_381_X = -0xD201000000010000
BLS12_381_R = BLS12_381_X**4 - BLS12_381_X**2 + 1
BLS12_381_P = (BLS12_381_X - 1) ** 2 * BLS12_381_R // 3 + BLS12_381_X


@dataclass(frozen=True, slots=True)
class PrimeField:
    """The integers modulo a prime.

    Attributes:
        name: for messages.
        modulus: the prime, below 2^(8·n_bytes).
        generator: a non-square; its powers give the roots of unity of order 2, 4, 8, ...
        n_bytes: bytes of an encoded element.
    """

    name: str
    modulus: int
    generator: int
    n_bytes: int = 32

    def element(self, value: int, argument: str = "value") -> int:
        """`value`, if it is an element.

        Raises:
            NonCanonical: naming the argument, if it lies outside 0..modulus-1.
        """
        if not 0 <= value < self.modulus:
            raise NonCanonical(f"{argument} is {value}, must be in 0..{self.modulus - 1}")
        return value

    def elements(self, values: Sequence[int], argument: str = "values") -> list[int]:
        """The values as a list, if all are elements; NonCanonical naming the first that is not."""
        return [self.element(value, f"{argument}[{i}]") for i, value in enumerate(values)]

    def add(self, a: int, b: int) -> int:
        """The sum a + b."""
        return (self.element(a, "a") + self.element(b, "b")) % self.modulus

    def sub(self, a: int, b: int) -> int:
        """The difference a - b."""
        return (self.element(a, "a") - self.element(b, "b")) % self.modulus

    def mul(self, a: int, b: int) -> int:
        """The product a·b."""
        return self.element(a, "a") * self.element(b, "b") % self.modulus

    def power(self, a: int, exponent: int) -> int:
        """The power a^exponent; negative exponents need a != 0, and 0^0 is 1."""
        return pow(
            self.inverse(a) if exponent < 0 else self.element(a, "a"), abs(exponent), self.modulus
        )

    def inverse(self, a: int) -> int:
        """The inverse 1/a.

        Raises:
            ZeroInverse: if a is 0.
        """
        if self.element(a, "a") == 0:
            raise ZeroInverse("a is 0, which has no inverse")
        return pow(a, -1, self.modulus)

    def batch_inverse(self, values: Sequence[int]) -> list[int]:
        """All inverses for one inversion and three products a value (Montgomery's trick).

        With the products of everything before each value, the inverse of the whole product unrolls
        from the end: at value a it is 1/(before·a), so times `before` it is 1/a.

        Raises:
            ZeroInverse: naming the first value that is 0.
        """
        before, product = [], 1
        for i, value in enumerate(self.elements(values)):
            if value == 0:
                raise ZeroInverse(f"values[{i}] is 0, which has no inverse")
            before.append(product)
            product = product * value % self.modulus
        inverses, inverse = [0] * len(before), pow(product, -1, self.modulus)
        for i in reversed(range(len(before))):
            inverses[i] = inverse * before[i] % self.modulus
            inverse = inverse * values[i] % self.modulus
        return inverses

    def sqrt(self, a: int) -> int:
        """The smaller square root, for a modulus that is 3 modulo 4 (all base fields here).

        Raises:
            NonResidue: if a is no square.
            ValueError: if the modulus is 1 modulo 4, where the formula does not hold.
        """
        if self.modulus % 4 != 3:
            raise ValueError(f"{self.name} has a modulus of 1 modulo 4, sqrt needs 3 modulo 4")
        root = pow(self.element(a, "a"), (self.modulus + 1) // 4, self.modulus)
        if root * root % self.modulus != a:
            raise NonResidue(f"a is {a}, no square in {self.name}")
        return min(root, self.modulus - root) if root else 0

    def signed(self, a: int) -> int:
        """The representative nearest to zero: values above modulus/2 stand for negative numbers."""
        return a - self.modulus if self.element(a, "a") > self.modulus // 2 else a

    def from_int(self, a: int) -> int:
        """Any integer, reduced: the one place where reduction is asked for by name."""
        return a % self.modulus

    def to_bytes(self, a: int, order: Order = "big") -> bytes:
        """The element in n_bytes bytes."""
        return self.element(a, "a").to_bytes(self.n_bytes, order)

    def from_bytes(self, data: bytes, order: Order = "big") -> int:
        """The element that `to_bytes` wrote.

        Raises:
            BadLength: if there are not n_bytes bytes.
            NonCanonical: if they hold the modulus or more.
        """
        if len(data) != self.n_bytes:
            raise BadLength(f"data has {len(data)} bytes, an element has {self.n_bytes}")
        return self.element(int.from_bytes(data, order), "data")

    def to_montgomery(self, a: int) -> int:
        """a·2^256, the form in which circom's files store elements."""
        return (self.element(a, "a") << MONTGOMERY_BITS) % self.modulus

    def from_montgomery(self, a: int) -> int:
        """The element whose `to_montgomery` is a."""
        return self.element(a, "a") * pow(2, -MONTGOMERY_BITS, self.modulus) % self.modulus

    def root_of_unity(self, n: int) -> int:
        """The root generator^((modulus-1)/n), of order n.

        Raises:
            NoSuchRoot: if n is no power of two that divides modulus - 1.
        """
        if n < 1 or n & (n - 1) or (self.modulus - 1) % n:
            limit = (self.modulus - 1) & -(self.modulus - 1)
            raise NoSuchRoot(f"n is {n}, must be a power of two up to {limit} in {self.name}")
        return pow(self.generator, (self.modulus - 1) // n, self.modulus)


BN254_FR = PrimeField("the scalar field of BN254", BN254_R, generator=5)
BN254_FQ = PrimeField("the base field of BN254", BN254_Q, generator=3)
BLS12_381_FR = PrimeField("the scalar field of BLS12-381", BLS12_381_R, generator=7)
BLS12_381_FP = PrimeField("the base field of BLS12-381", BLS12_381_P, generator=2, n_bytes=48)
