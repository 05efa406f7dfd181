"""What a proof claims, read and checked before anything is computed from it.

A verifier's first duty is to know what is being proven: this model, these inputs, these logits, and
not what the proof's header says. His second is to refuse proofs too weak to mean anything.

Source: protocol zkml-1 of this project, section 11, step 1.
"""

from typing import Any, Protocol

import torch
from jaxtyping import Int8, Int32
from torch import Tensor

from aicrypto.zkml import soundness
from aicrypto.zkml.circuit import refusal
from aicrypto.zkml.circuit.layout import PROFILES, Layout
from aicrypto.zkml.circuit.refusal import MALFORMED, Refused
from aicrypto.zkml.circuit.witness import pad_batch
from aicrypto.zkml.model import Statement, flags, weight_opening
from aicrypto.zkml.network import Network, ShapeMismatch
from aicrypto.zkml.proof import MAGIC, Header
from aicrypto.zkml.soundness import TARGET_BITS, Opening, Parameters, WeakParameters

INTEGER_TYPES = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)


class WithWidths(Protocol):
    """Whatever is known of a model: its widths at least."""

    @property
    def dims(self) -> tuple[int, ...]:
        """Widths d_0..d_L."""


def read_rows(
    statement: WithWidths, x: Any, logits: Any
) -> tuple[Int8[Tensor, "batch in"], Int32[Tensor, "batch out"]]:
    """Inputs and logits of a whole batch, a power of two of rows.

    Rows of zeros are added to the inputs; a public model says what logits belong to them, those of
    a hidden model must be given.

    Raises:
        Refused: Statement, if these are no integers, out of range, or no rows for this model.
    """
    try:
        rows = _integers("x", x, statement.dims[0], torch.int8)
        answers = _integers("logits", logits, statement.dims[-1], torch.int32)
        batch = pad_batch(rows)
        if len(answers) == len(rows) < len(batch) and isinstance(statement, Network):
            added = statement.run(batch[len(rows) :]).logits.cpu()
            answers = torch.cat((answers, added))
    except MALFORMED:
        raise Refused("Statement") from None
    refusal.demand(len(answers) == len(batch), "Statement")
    return batch, answers


def check_header(statement: Statement, n_rows: int, data: bytes) -> tuple[Layout, Parameters]:
    """The circuit of the statement, and the parameters that the prover has chosen.

    Raises:
        Refused: Version, Shape, Statement or WeakParameters.
    """
    refusal.demand(data.startswith(MAGIC), "Version")
    header = Header.from_bytes(data)
    about = (header.flags, 1 << header.log_batch, header.digest)
    refusal.demand(about == (flags(statement), n_rows, statement.digest), "Statement")
    refusal.demand(header.profile < len(PROFILES), "Statement")
    layout = header.layout(statement)
    try:
        parameters = header.parameters
        strong_opening(statement, layout, parameters)
    except ValueError:
        raise Refused("WeakParameters") from None
    return layout, parameters


def strong_opening(statement: Statement, layout: Layout, parameters: Parameters) -> Opening:
    """The witness's opening, if the whole proof has its 100 bits.

    Raises:
        WeakParameters: naming the parameters and their bits, if it has less.
        BadLength, BadRate: if the parameters fit no code.
    """
    opening = parameters.opening(layout.size)
    bits = soundness.bits(layout.size, opening, weight_opening(statement))
    if bits < TARGET_BITS:
        raise WeakParameters(f"{parameters} give {bits:.2f} bits, must give {TARGET_BITS}")
    return opening


def _integers(name: str, values: Any, n_columns: int, dtype: torch.dtype) -> Tensor:
    """Rows of integers in the range of a type, from nested lists, an array or a tensor."""
    rows = torch.as_tensor(values, device="cpu")
    if rows.ndim != 2 or rows.shape[1] != n_columns or not len(rows):
        raise ShapeMismatch(f"{name} has shape {list(rows.shape)}, must be [rows, {n_columns}]")
    if rows.dtype not in INTEGER_TYPES:
        raise ValueError(f"{name} is of type {rows.dtype}, must be integers")
    exact = rows.to(dtype)
    if not torch.equal(exact.long(), rows.long()):
        raise ValueError(f"{name} has numbers outside {dtype}")
    return exact
