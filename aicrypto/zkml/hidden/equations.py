"""Many linear equations about a committed vector as one: the combination that is opened.

An equation says that an affine form is 0. Forms name single numbers of the vector, or sums over
parts of it; here every name becomes the factors it stands for, equations are joined by powers of a
random tau, and what remains is "this combination of the vector has this value".

Products are tested by sacrifice: with a random triple (x, y, z), z = x·y, committed to beside the
pads' product c = a·b, the prover says e = rho·a - x and f = b - y, which are random, and

    rho·c - z - f·x - e·y - e·f = 0

holds for at most one rho, unless c = a·b and z = x·y.

Two evaluations of vectors at a random s are said in the clear, each hidden by a pad of its own: of
the weights, to compare them with the model's commitment, and of the whole vector, so that the
combination is random in every entry, as `commit.tensor.hiding` asks for.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.plain import Fp2
from aicrypto.zkml.circuit.layout import Layout
from aicrypto.zkml.hidden.affine import Affine, Name, named
from aicrypto.zkml.hidden.following import BIAS, COUNTS, WEIGHT, WITNESS, Followed
from aicrypto.zkml.hidden.vector import Places, Script, n_weights

Elements = Int64[Tensor, "2 n"]
Sums = Mapping[Name, tuple[int, Elements, Fp2]]  # where a sum begins, its factors, a known summand


def sums_of(layout: Layout, places: Places, left: Followed) -> Sums:
    """What the names of sums stand for."""
    counts = multilinear.eq_table(left.row)
    n_columns = places.counts - places.columns
    columns = multilinear.eq_table(left.point)[:, :n_columns]
    weight, bias, rounding = _model_factors(layout, left)
    return {
        COUNTS: (places.counts, counts, Fp2(0)),
        WITNESS: (places.columns, columns, Fp2(0)),
        WEIGHT: (0, weight, Fp2(0)),
        BIAS: (0, bias, rounding),
    }


def triples(script: Script, rho: Fp2, masked: Sequence[tuple[Fp2, Fp2]]) -> list[Affine]:
    """The equations that test every product, for the numbers e, f that were said."""
    equations = list[Affine]()
    for number, ((i, j), (e, f)) in enumerate(zip(script.products, masked, strict=True)):
        x, y, z = (named(("triple", 3 * number + k)) for k in range(3))
        equations.append(named(("pad", i)) * rho - x - e)
        equations.append(named(("pad", j)) - y - f)
        product = named(("product", number)) * rho
        equations.append(product - z - x * f - y * e - e * f)
    return equations


def join(
    places: Places, equations: Sequence[Affine], sums: Sums, powers: Sequence[Fp2]
) -> tuple[list[Fp2], Fp2]:
    """The combination of the vector and what it must be, evaluations not counted.

    `powers` are tau, tau², ... for the equations.
    """
    total = Affine(Fp2(0))
    for equation, power in zip(equations, powers, strict=True):
        total += equation * power
    starts = {"pad": places.pads, "product": places.products, "triple": places.triples}
    combination = torch.zeros(2, places.n_secrets, dtype=torch.int64)
    single = dict[int, Fp2]()
    constant = total.constant
    for name, factor in total.factors.items():
        if isinstance(name, tuple):
            single[starts[name[0]] + name[1]] = factor
            continue
        start, factors, known = sums[name]
        here = slice(start, start + factors.shape[1])
        scaled = m61x2.mul(factors, m61x2.from_scalar(factor)[:, None])
        combination[:, here] = m61x2.add(combination[:, here], scaled)
        constant += factor * known
    where = list(single)
    combination[:, where] = m61x2.add(
        combination[:, where], m61x2.from_scalars(list(single.values()))
    )
    return m61x2.to_scalars(combination), -constant


def _model_factors(layout: Layout, left: Followed) -> tuple[Elements, Elements, Fp2]:
    """What every weight counts in WEIGHT, and every bias in BIAS; what rounding adds to BIAS."""
    points = layout.points(left.place.neuron, left.outputs.point)
    coefficients = layout.coefficients(left.place.neuron, left.outputs.gamma)
    at_places = multilinear.eq_table(left.matrix)
    weight = torch.zeros(2, n_weights(layout.dims), dtype=torch.int64)
    bias, rounding, start = torch.zeros_like(weight), Fp2(0), 0
    last = len(points) - 1
    for number, (point, coefficient) in enumerate(zip(points, coefficients, strict=True)):
        n_in, n_out = layout.dims[number : number + 2]
        rows = multilinear.eq_table(point)[:, :n_out].clone()
        rows = m61x2.mul(rows, m61x2.from_scalar(coefficient)[:, None])
        first = layout.input_offsets[number]
        products = m61x2.mul(rows[:, :, None], at_places[:, None, first : first + n_in])
        weight[:, start : start + n_in * n_out] = products.flatten(1)
        start += n_in * n_out
        bias[:, start : start + n_out] = rows
        start += n_out
        half = 1 << layout.shifts[number] >> 1 if number < last else 0
        rounding += Fp2(half) * sum(m61x2.to_scalars(rows), Fp2(0))
    return weight, bias, rounding
