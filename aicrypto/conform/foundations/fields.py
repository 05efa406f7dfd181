"""Answers of the suites field.m61 and field.m61x2."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aicrypto.algebra import Fp2, fourier, multilinear
from aicrypto.algebra import m61 as base
from aicrypto.algebra import m61x2 as extension
from aicrypto.commit.transcript import challenge_from_blocks
from aicrypto.conform.encoding import enhex, unhex, unhex_all

Json = dict[str, Any]


def m61(case: Json) -> Json:
    """Suite field.m61: `op` selects the operation on integers modulo p."""
    return _M61[case["op"]](case)


def m61x2(case: Json) -> Json:
    """Suite field.m61x2: `op` selects the operation on pairs [re, im]."""
    return _M61X2[case["op"]](case)


def _word(value: int) -> Tensor:
    """One coordinate as it stands, so that the library meets non-canonical ones."""
    return torch.tensor(value, dtype=torch.int64)


def _unary(operation: Callable[[Tensor], Tensor]) -> Callable[[Json], Json]:
    return lambda case: {"value": int(operation(_word(case["a"])))}


def _binary(operation: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Json], Json]:
    return lambda case: {"value": int(operation(_word(case["a"]), _word(case["b"])))}


def _int8_dot(case: Json) -> Json:
    weights = torch.tensor([case["w"]], dtype=torch.int8)
    return {"value": int(base.int_matmul(weights, base.from_ints(case["a"])))}


def _decode(case: Json) -> Json:
    (value,) = base.to_ints(base.from_bytes(unhex(case["bytes"])))
    return {"value": value}


_M61: dict[str, Callable[[Json], Json]] = {
    "add": _binary(base.add),
    "sub": _binary(base.sub),
    "mul": _binary(base.mul),
    "neg": _unary(base.neg),
    "inv": _unary(base.inverse),
    "sqrt": _unary(base.sqrt),
    "signed": _unary(base.signed),
    "reduce": lambda case: {"value": base.to_ints(base.from_ints([case["a"]]))[0]},
    "pow": lambda case: {"value": int(base.power(_word(case["a"]), case["e"]))},
    "sum": lambda case: {"value": int(base.sum(base.from_ints(case["a"])))},
    "dot": lambda case: {
        "value": int(base.dot(base.from_ints(case["a"]), base.from_ints(case["b"])))
    },
    "int8_dot": _int8_dot,
    "mul_many": lambda case: {
        "values": base.to_ints(base.mul(base.from_ints(case["a"]), base.from_ints(case["b"])))
    },
    "batch_inv": lambda case: {"values": base.to_ints(base.inverse(base.from_ints(case["a"])))},
    "encode": lambda case: {"bytes": enhex(base.to_bytes(_word(case["a"])))},
    "decode": _decode,
}


def pair(value: Fp2) -> list[int]:
    """The suites' way of writing an element: [re, im]."""
    return [value.re, value.im]


def scalars(pairs: list[list[int]]) -> list[Fp2]:
    """The elements that pairs [re, im] stand for."""
    return [Fp2(*coordinates) for coordinates in pairs]


def vector(pairs: list[list[int]]) -> Tensor:
    """The elements that pairs [re, im] stand for, as a tensor."""
    return extension.from_scalars(scalars(pairs))


def _value(a: Tensor) -> Json:
    return {"value": pair(extension.to_scalar(a))}


def _values(a: Tensor) -> Json:
    return {"values": [pair(value) for value in extension.to_scalars(a)]}


def _element(case: Json, name: str = "a") -> Tensor:
    return extension.from_scalar(Fp2(*case[name]))


def _decode_pair(case: Json) -> Json:
    (value,) = extension.to_scalars(extension.from_bytes(unhex(case["bytes"])))
    return {"value": pair(value)}


def _challenge(case: Json) -> Json:
    return {"value": pair(challenge_from_blocks(iter(unhex_all(case["blocks"]))))}


_M61X2: dict[str, Callable[[Json], Json]] = {
    "add": lambda case: _value(extension.add(_element(case), _element(case, "b"))),
    "sub": lambda case: _value(extension.sub(_element(case), _element(case, "b"))),
    "mul": lambda case: _value(extension.mul(_element(case), _element(case, "b"))),
    "inv": lambda case: _value(extension.inverse(_element(case))),
    "conj": lambda case: _value(extension.conj(_element(case))),
    "pow": lambda case: _value(extension.power(_element(case), case["e"])),
    "norm": lambda case: {"value": int(extension.norm(_element(case)))},
    "root": lambda case: {"value": pair(extension.root_of_unity(case["k"]))},
    "encode": lambda case: {"bytes": enhex(extension.to_bytes(torch.tensor(case["a"])))},
    "decode": _decode_pair,
    "challenge": _challenge,
    "dot": lambda case: _value(extension.dot(vector(case["a"]), vector(case["b"]))),
    "mul_many": lambda case: _values(extension.mul(vector(case["a"]), vector(case["b"]))),
    "fft": lambda case: _values(fourier.fft(vector(case["a"]))),
    "ifft": lambda case: _values(fourier.inverse_fft(vector(case["a"]))),
    "rs_encode": lambda case: _values(fourier.reed_solomon_encode(vector(case["a"]), case["n"])),
    "eq": lambda case: {"value": pair(multilinear.eq(scalars(case["a"]), scalars(case["b"])))},
    "eq_table": lambda case: _values(multilinear.eq_table(scalars(case["point"]))),
    "mle": lambda case: {
        "value": pair(multilinear.evaluate(vector(case["values"]), scalars(case["point"])))
    },
}
