"""Answers of the suites fields.bn254 and bn254.precompile."""

from collections.abc import Callable
from typing import Any

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.curves import precompiles
from aicrypto.algebra.primes import BN254_FQ, BN254_FR, PrimeField
from aicrypto.conform.encoding import enhex, unhex

Json = dict[str, Any]
Fields = dict[str, Callable[[PrimeField, Json], Any]]


def precompile(case: Json) -> Json:
    """Suite bn254.precompile: {op, input} -> {output, gas}."""
    output, gas = _PRECOMPILES[case["op"]](unhex(case["input"]))
    return {"output": enhex(output), "gas": gas}


def bn254_fields(case: Json) -> Json:
    """Suite fields.bn254: `field` is fr or fq, `op` selects the operation and the answer's name."""
    field = {"fr": BN254_FR, "fq": BN254_FQ}[case["field"]]
    for name, operations in _FIELD_OPERATIONS.items():
        if case["op"] in operations:
            return {name: operations[case["op"]](field, case)}
    raise KeyError(f"op {case['op']!r} is unknown")


_PRECOMPILES = {
    "add": precompiles.ec_add,
    "mul": precompiles.ec_multiply,
    "pairing": precompiles.ec_pairing,
}
_VALUE: Fields = {
    "add": lambda f, c: f.add(c["a"], c["b"]),
    "sub": lambda f, c: f.sub(c["a"], c["b"]),
    "mul": lambda f, c: f.mul(c["a"], c["b"]),
    "inv": lambda f, c: f.inverse(c["a"]),
    "pow": lambda f, c: f.power(c["a"], c["e"]),
    "sqrt": lambda f, c: f.sqrt(c["a"]),
    "from_int": lambda f, c: f.from_int(c["a"]),
    "signed": lambda f, c: f.signed(c["a"]),
    "from_bytes": lambda f, c: f.from_bytes(unhex(c["bytes"]), c["order"]),
    "to_montgomery": lambda f, c: f.to_montgomery(c["a"]),
    "from_montgomery": lambda f, c: f.from_montgomery(c["a"]),
    "root_of_unity": lambda f, c: f.root_of_unity(c["n"]),
    "evaluate": lambda f, c: poly.evaluate(f, c["coefficients"], c["x"]),
}
_VALUES: Fields = {
    "batch_inv": lambda f, c: f.batch_inverse(c["values"]),
    "ntt": lambda f, c: poly.ntt(f, c["values"], c.get("shift", 1)),
    "intt": lambda f, c: poly.inverse_ntt(f, c["values"], c.get("shift", 1)),
    "lagrange_at": lambda f, c: poly.lagrange_at(f, c["n"], c["x"]),
}
_FIELD_OPERATIONS: dict[str, Fields] = {
    "value": _VALUE,
    "values": _VALUES,
    "bytes": {"to_bytes": lambda f, c: enhex(f.to_bytes(c["a"], c["order"]))},
    "coefficients": {"interpolate": lambda f, c: poly.interpolate(f, c["xs"], c["ys"])},
}
