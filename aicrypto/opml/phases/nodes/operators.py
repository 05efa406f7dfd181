"""The registry of operators: each with its number, its tensors' form, and both its implementations.

Number 1, `linear`, is the plain layer on one row; its program belongs to the code room. The others
make up a transformer block. `n_steps` bounds the instructions a program takes from above, for the
cost model; the tests hold it against real runs.

| code | operator | inputs | parameters |
|---|---|---|---|
| 1 | linear | x i8[n_in], W i8[n_out, n_in], b i32[n_out] | n_in, n_out, mult, shift, last |
| 2 | matmul | x i8[rows, n_in], W, b | rows, n_in, n_out, mult, shift, lowest, mode |
| 3 | add | a i32[count], b i32[count] | count |
| 4 | rms_norm | x i32[rows, n], gain i32[n] | rows, n, shift |
| 5 | softmax | scores i32[rows, n], table i32[256] | rows, n, shift, causal |
| 6 | gate | u i8[count], v i8[count], table i8[256] | count, shift |
"""

from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Int

from aicrypto.opml.code import linear_node_program
from aicrypto.opml.phases.graph import Operator
from aicrypto.opml.phases.nodes import exact, programs

INT8, INT32 = torch.int8, torch.int32
STEPS_AROUND = 64  # prologue, epilogue and the like, at most
Params = Sequence[int]


def tensor(
    data: bytes, dtype: torch.dtype, shape: Sequence[int], device: str
) -> Int[torch.Tensor, "..."]:
    """The tensor that the bytes are; missing ones are zero, as in the machine's memory.

    Raises:
        ValueError: if a side is below 1; the programs' loops would count down from 2^32.
    """
    size = dtype.itemsize
    for side in shape:
        if side < 1:
            raise ValueError(f"shape is {tuple(shape)}, every side must be >= 1")
        size *= side
    padded = bytearray(data[:size].ljust(size, b"\0"))
    return torch.frombuffer(padded, dtype=dtype).reshape(*shape).to(device)


def to_bytes(values: Int[torch.Tensor, "..."], dtype: torch.dtype) -> bytes:
    """Row-major little-endian bytes of a tensor."""
    return bytes(values.to(dtype).cpu().contiguous().numpy().tobytes())


def linear_operator(program: bytes | None = None) -> Operator:
    """The plain layer; another program may be given, if it does the same."""
    code = linear_node_program() if program is None else program
    return Operator("linear", 1, _linear, code, _linear_steps, _linear_bytes)


def _linear(inputs: Sequence[bytes], params: Params, device: str) -> bytes:
    n_in, n_out, mult, shift, last = params
    mode = exact.ACCUMULATOR if last else exact.ACTIVATION
    return _matmul(inputs, (1, n_in, n_out, mult, shift, 0, mode), device)


def _linear_steps(params: Params) -> int:
    n_in, n_out = params[:2]
    return n_out * (8 * n_in + 40) + STEPS_AROUND


def _linear_bytes(params: Params) -> int:
    return params[1] * (4 if params[4] else 1)


def _matmul(inputs: Sequence[bytes], params: Params, device: str) -> bytes:
    rows, n_in, n_out, mult, shift, lowest, mode = params
    x = tensor(inputs[0], INT8, (rows, n_in), device)
    w = tensor(inputs[1], INT8, (n_out, n_in), device)
    bias = tensor(inputs[2], INT32, (n_out,), device)
    result = exact.matmul(x, w, bias, _signed(mult), shift, _signed(lowest), mode)
    return to_bytes(result, INT8 if mode == exact.ACTIVATION else INT32)


def _matmul_steps(params: Params) -> int:
    rows, n_in, n_out = params[:3]
    return rows * (n_out * (7 * n_in + 24) + 8) + STEPS_AROUND


def _matmul_bytes(params: Params) -> int:
    return params[0] * params[2] * (1 if params[6] == exact.ACTIVATION else 4)


def _add(inputs: Sequence[bytes], params: Params, device: str) -> bytes:
    a, b = (tensor(data, INT32, params, device) for data in inputs)
    return to_bytes(exact.add(a, b), INT32)


def _rms_norm(inputs: Sequence[bytes], params: Params, device: str) -> bytes:
    rows, n, shift = params
    x = tensor(inputs[0], INT32, (rows, n), device)
    return to_bytes(exact.rms_norm(x, tensor(inputs[1], INT32, (n,), device), shift), INT8)


def _rms_norm_steps(params: Params) -> int:
    rows, n = params[:2]
    return rows * (28 * n + 170) + STEPS_AROUND


def _softmax(inputs: Sequence[bytes], params: Params, device: str) -> bytes:
    rows, n, shift, causal = params
    scores = tensor(inputs[0], INT32, (rows, n), device)
    table = tensor(inputs[1], INT32, (exact.TABLE_SIZE,), device)
    return to_bytes(exact.softmax(scores, table, shift, causal), INT8)


def _softmax_steps(params: Params) -> int:
    rows, n = params[:2]
    return rows * (29 * n + 30) + STEPS_AROUND


def _gate(inputs: Sequence[bytes], params: Params, device: str) -> bytes:
    count, shift = params
    u, v = (tensor(data, INT8, (count,), device) for data in inputs[:2])
    table = tensor(inputs[2], INT8, (exact.TABLE_SIZE,), device)
    return to_bytes(exact.gate(u, v, table, shift), INT8)


def _signed(word: int) -> int:
    """A parameter as the signed number that its 32 bits are."""
    return (word + 2**31) % 2**32 - 2**31


@cache
def _registry() -> dict[str, Operator]:
    make = programs.program
    return {
        "linear": linear_operator(),
        "matmul": Operator("matmul", 2, _matmul, make("matmul"), _matmul_steps, _matmul_bytes),
        "add": Operator(
            "add", 3, _add, make("add"), lambda p: 9 * p[0] + STEPS_AROUND, lambda p: 4 * p[0]
        ),
        "rms_norm": Operator(
            "rms_norm", 4, _rms_norm, make("rms_norm"), _rms_norm_steps, lambda p: p[0] * p[1]
        ),
        "softmax": Operator(
            "softmax", 5, _softmax, make("softmax"), _softmax_steps, lambda p: p[0] * p[1]
        ),
        "gate": Operator(
            "gate", 6, _gate, make("gate"), lambda p: 16 * p[0] + STEPS_AROUND, lambda p: p[0]
        ),
    }


def operator(name: str) -> Operator:
    """The operator of that name.

    Raises:
        KeyError: if there is none.
    """
    return _registry()[name]
