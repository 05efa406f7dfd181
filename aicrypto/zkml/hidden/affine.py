"""Affine forms: what a verifier knows of numbers that he is not told.

He hears s = v + pad, where v is the prover's true message and pad a random number that the prover
has committed to. So he knows v as the form s - pad, and every sum of messages times numbers he
knows as such a form, too: a constant and a factor for each committed number that occurs in it.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from aicrypto.algebra.plain import Fp2

MINUS_ONE = -Fp2(1)

# Names a committed number, or a sum of committed numbers with factors that are known later.
Name = Hashable


@dataclass(frozen=True)
class Affine:
    """constant + sum of factors[name]·(the number of that name)."""

    constant: Fp2
    factors: Mapping[Name, Fp2] = field(default_factory=dict)

    def __add__(self, other: "Affine | Fp2") -> "Affine":
        if isinstance(other, Fp2):
            return Affine(self.constant + other, self.factors)
        factors = dict(self.factors)
        for name, factor in other.factors.items():
            factors[name] = factors.get(name, Fp2(0)) + factor
        return Affine(self.constant + other.constant, factors)

    def __sub__(self, other: "Affine | Fp2") -> "Affine":
        return self + other * MINUS_ONE

    def __mul__(self, scalar: Fp2) -> "Affine":
        factors = {name: factor * scalar for name, factor in self.factors.items()}
        return Affine(self.constant * scalar, factors)


def named(name: Name) -> Affine:
    """The form of one committed number, or of one sum of them."""
    return Affine(Fp2(0), {name: Fp2(1)})
