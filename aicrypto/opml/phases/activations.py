"""Commitments to activations: a swapped model, precision or prompt shows in the hidden states.

Floating-point results differ in their last bits from machine to machine, so a hash of them commits
to too much. Here a provider commits to the *largest* activations only, and a verifier who runs the
model itself compares with a tolerance. Per 32 tokens the k = 128 largest magnitudes of the last
hidden state become points (index, 16 bits of the bfloat16) of one polynomial over a prime field,
258 bytes in all: the modulus m that keeps the indices apart, then k coefficients.

The verifier takes its own k largest, asks the polynomial for their values and counts: exponents
that differ, and by how much the mantissas of the others do. Another GPU moves mantissas by a few
units; another model, or weights rounded to 8 bits, moves exponents or the choice of indices.

The comparison ignores signs: a provider that flips them passes. `build` reduces every index modulo
m and so does `compare`; the published package's list path forgets to, and flags honest proofs whose
m is below 65497.

Activations are bfloat16 patterns, integers 0..65535: sign bit, 8 exponent bits, 7 mantissa bits.
Source: TOPLOC, arXiv 2501.16007; PyPI toploc 0.1.6 (format).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

FIELD = 65_497  # the prime that values and coefficients live in, and the largest modulus
TOP_K = 128
TOKENS_PER_PROOF = 32
MANTISSA_BITS = 7
MAGNITUDE = 0x7FFF
NOTHING_LEFT = float(2**64)  # both errors, where no exponent agrees
MIN_PROOF_BYTES = 4


class BadProof(ValueError):
    """The bytes are no proof: of odd length, or without a coefficient."""


class BadModulus(ValueError):
    """The modulus is not in 1..65497."""


@dataclass(frozen=True)
class Deviation:
    """How far a verifier's activations are from committed ones.

    Attributes:
        exp_mismatches: how many of the k values have another exponent.
        mant_err_mean, mant_err_median: of the mantissas of the others, in units of the last place.
    """

    exp_mismatches: int
    mant_err_mean: float
    mant_err_median: float


@dataclass(frozen=True)
class Tolerance:
    """What an honest provider on other hardware may deviate by; the values are our own choice."""

    exp_mismatches: int = 16
    mant_err_mean: float = 4.0
    mant_err_median: float = 3.0

    def allows(self, deviation: Deviation) -> bool:
        """Whether all three figures stay within."""
        return (
            deviation.exp_mismatches <= self.exp_mismatches
            and deviation.mant_err_mean <= self.mant_err_mean
            and deviation.mant_err_median <= self.mant_err_median
        )


DEFAULT_TOLERANCE = Tolerance()


@dataclass(frozen=True)
class ActivationProof:
    """A polynomial through the largest activations; coefficients from the constant one upwards."""

    modulus: int
    coefficients: tuple[int, ...]

    def to_bytes(self) -> bytes:
        """The modulus and the coefficients, two bytes each, big-endian."""
        return b"".join(n.to_bytes(2, "big") for n in (self.modulus, *self.coefficients))

    @classmethod
    def from_bytes(cls, data: bytes) -> "ActivationProof":
        """The proof that the bytes encode.

        Raises:
            BadProof: if their number is odd or below 4.
            BadModulus: if the modulus is out of range.
        """
        if len(data) % 2 or len(data) < MIN_PROOF_BYTES:
            raise BadProof(f"proof has {len(data)} bytes, an even number >= {MIN_PROOF_BYTES}")
        modulus, *rest = (int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
        if not 1 <= modulus <= FIELD:
            raise BadModulus(f"modulus is {modulus}, must be in 1..{FIELD}")
        return cls(modulus, tuple(rest))

    def evaluate(self, x: int) -> int:
        """The polynomial's value at x."""
        value = 0
        for coefficient in reversed(self.coefficients):
            value = (value * x + coefficient) % FIELD
        return value

    def bits_at(self, index: int) -> int:
        """The committed pattern of an activation."""
        return self.evaluate(index % self.modulus)


def build(indices: Sequence[int], bits: Sequence[int]) -> ActivationProof:
    """The proof through the points (index mod m, bits).

    Raises:
        ValueError: if there is no point, the counts differ or an index comes twice.
    """
    if not indices or len(indices) != len(bits):
        raise ValueError(f"{len(indices)} indices for {len(bits)} values, must be equal and >= 1")
    modulus = injective_modulus(indices)
    points = [index % modulus for index in indices]
    return ActivationProof(modulus, _interpolate(points, [value % FIELD for value in bits]))


def injective_modulus(indices: Sequence[int]) -> int:
    """The largest m <= 65497 modulo which all indices differ.

    Raises:
        ValueError: if an index comes twice, so that there is none.
    """
    for modulus in range(FIELD, 0, -1):
        if len({index % modulus for index in indices}) == len(indices):
            return modulus
    raise ValueError(f"indices repeat: {len(set(indices))} different ones of {len(indices)}")


def largest(bits: Sequence[int], k: int) -> list[int]:
    """Indices of the k largest magnitudes, the lower index first among equals.

    Raises:
        ValueError: if there are fewer values.
    """
    if not 1 <= k <= len(bits):
        raise ValueError(f"k is {k}, must be in 1..{len(bits)}")
    # Without the sign bit, patterns are ordered as the numbers they stand for.
    return sorted(range(len(bits)), key=lambda i: (-(bits[i] & MAGNITUDE), i))[:k]


def commit_bits(bits: Sequence[int], k: int = TOP_K) -> ActivationProof:
    """The proof of one batch of activations."""
    chosen = largest(bits, k)
    return build(chosen, [bits[i] for i in chosen])


def compare(proof: ActivationProof, bits: Sequence[int]) -> Deviation:
    """How far activations computed by oneself are from the committed ones.

    Raises:
        ValueError: if there are fewer activations than coefficients.
    """
    chosen = largest(bits, len(proof.coefficients))
    pairs = [(bits[i] & MAGNITUDE, proof.bits_at(i) & MAGNITUDE) for i in chosen]
    same = [(a, b) for a, b in pairs if a >> MANTISSA_BITS == b >> MANTISSA_BITS]
    mismatches = len(pairs) - len(same)
    if not same:
        return Deviation(mismatches, NOTHING_LEFT, NOTHING_LEFT)
    errors = [abs(a - b) for a, b in same]
    return Deviation(mismatches, float(mean(errors)), median(errors))


def commit(hidden: "torch.Tensor", k: int = TOP_K) -> tuple[bytes, ...]:
    """Proofs of a run's last hidden states, one per 32 tokens.

    Args:
        hidden: shape (tokens, width), any float type; it is rounded to bfloat16.
        k: activations per proof.
    """
    return tuple(commit_bits(batch, k).to_bytes() for batch in _batches(hidden))


def verify(
    hidden: "torch.Tensor",
    proofs: Sequence[bytes],
    k: int = TOP_K,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
) -> bool:
    """Whether hidden states computed by oneself agree with a provider's proofs; never raises."""
    batches = _batches(hidden)
    if len(batches) != len(proofs) or min(map(len, batches), default=k) < k:
        return False
    try:
        read = [ActivationProof.from_bytes(proof) for proof in proofs]
    except ValueError:
        return False
    if any(len(proof.coefficients) != k for proof in read):
        return False
    pairs = zip(read, batches, strict=True)
    return all(tolerance.allows(compare(proof, bits)) for proof, bits in pairs)


def _batches(hidden: "torch.Tensor") -> list[list[int]]:
    """bfloat16 patterns of every 32 tokens."""
    import torch

    flat = hidden.detach().to(torch.bfloat16).cpu().contiguous().view(torch.int16)
    groups = flat.split(TOKENS_PER_PROOF)
    return [(group.reshape(-1).to(torch.int64) & 0xFFFF).tolist() for group in groups]


def _interpolate(x: Sequence[int], y: Sequence[int]) -> tuple[int, ...]:
    """Coefficients of the polynomial through the points: Newton's divided differences, expanded."""
    table = list(y)
    for order in range(1, len(x)):
        for i in range(len(x) - 1, order - 1, -1):
            gap = pow(x[i] - x[i - order], -1, FIELD)
            table[i] = (table[i] - table[i - 1]) * gap % FIELD
    coefficients = [0] * len(x)
    for i in range(len(x) - 1, -1, -1):  # Horner: p = p * (X - x_i) + table_i
        shifted = [0, *coefficients[:-1]]
        pairs = zip(shifted, coefficients, strict=True)
        coefficients = [(above - x[i] * here) % FIELD for above, here in pairs]
        coefficients[0] = (coefficients[0] + table[i]) % FIELD
    return tuple(coefficients)
