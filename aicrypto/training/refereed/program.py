"""A training step of the small language model as a list of operators over named slots.

The state of a run is a table of slots: five parameters, their AdamW moments, and what a step
computes on its way. An operator reads slots and writes one. A state's hash is the Merkle root over
all slots, so that whoever knows it can be shown single tensors, and can follow what writing one
slot makes of the root. The state after a step's last operator is the checkpoint, and the state
before the first one is the checkpoint before.

Batches are registered with the job, and loading one is an operator like others: the referee loads
it itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from aicrypto.commit import merkle
from aicrypto.opml.phases import ordered_matmul
from aicrypto.training.diloco import AdamW
from aicrypto.training.refereed import operators as exact

PARAMETERS = ("embed", "w1", "b1", "w2", "b2")
Batch = tuple[Tensor, Tensor]  # contexts int64 [rows, context], next tokens int64 [rows]
State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Op:
    """Writes `kind` of the slots `inputs` into the slot `output`."""

    kind: str
    inputs: tuple[str, ...]
    output: str


FORWARD_BACKWARD = (
    Op("load x", (), "x"),
    Op("load y", (), "y"),
    Op("look up", ("embed", "x"), "e"),
    Op("multiply", ("e", "w1"), "h"),
    Op("add", ("h", "b1"), "h"),
    Op("relu", ("h",), "h"),
    Op("multiply", ("h", "w2"), "z"),
    Op("add", ("z", "b2"), "z"),
    Op("softmax gradient", ("z", "y"), "gz"),
    Op("left transposed", ("h", "gz"), "w2.g"),
    Op("column sums", ("gz",), "b2.g"),
    Op("right transposed", ("gz", "w2"), "gh"),
    Op("where positive", ("gh", "h"), "gh"),
    Op("left transposed", ("e", "gh"), "w1.g"),
    Op("column sums", ("gh",), "b1.g"),
    Op("right transposed", ("gh", "w1"), "ge"),
    Op("table gradient", ("x", "ge", "embed"), "embed.g"),
)


def _update(name: str) -> tuple[Op, ...]:
    first, second, gradient = f"{name}.first", f"{name}.second", f"{name}.g"
    return (
        Op("first moment", (first, gradient), first),
        Op("second moment", (second, gradient), second),
        Op("adamw", (name, first, second), name),
    )


PROGRAM = FORWARD_BACKWARD + tuple(op for name in PARAMETERS for op in _update(name))
SLOTS = tuple(sorted({name for op in PROGRAM for name in (*op.inputs, op.output)}))

PURE: dict[str, Callable[..., Tensor]] = {
    "look up": exact.look_up,
    "multiply": ordered_matmul,
    "add": torch.add,
    "relu": torch.relu,
    "softmax gradient": exact.softmax_gradient,
    "left transposed": exact.multiply_left_transposed,
    "right transposed": exact.multiply_right_transposed,
    "column sums": exact.column_sums,
    "where positive": exact.where_positive,
    "table gradient": exact.table_gradient,
}


@dataclass(frozen=True)
class Job:
    """What all providers were asked to do: these steps, from these parameters, on these batches.

    Attributes:
        parameters: tensors by name (`PARAMETERS`), float32.
        batches: the batch of step 1, 2, ...
        rule: of AdamW; its products with the state are float32.
    """

    parameters: State
    batches: Sequence[Batch]
    rule: AdamW

    @property
    def n_steps(self) -> int:
        """Steps of the run."""
        return len(self.batches)

    @cached_property
    def start(self) -> dict[str, Tensor]:
        """State 0: parameters and zero moments, other slots empty."""
        state = dict(self.parameters)
        for name in PARAMETERS:
            for moment in ("first", "second"):
                state[f"{name}.{moment}"] = torch.zeros_like(state[name])
        return state

    @cached_property
    def start_hash(self) -> bytes:
        """Hash of state 0, registered with the job."""
        return state_hash(self.start)

    def run(self, number: int, op: Op, tensors: Sequence[Tensor]) -> Tensor:
        """What an operator of step `number` (from 1) writes."""
        if op.kind in PURE:
            return PURE[op.kind](*tensors)
        if op.kind.startswith("load"):
            return self.batches[number - 1]["xy".index(op.output)]
        return _optimise(op.kind, self.rule, number, tensors)


def _optimise(kind: str, rule: AdamW, t: int, tensors: Sequence[Tensor]) -> Tensor:
    """AdamW's formula, operation by operation."""
    b1, b2 = rule.betas
    if kind == "first moment":
        return tensors[0] * b1 + tensors[1] * (1 - b1)
    if kind == "second moment":
        return tensors[0] * b2 + tensors[1] * tensors[1] * (1 - b2)
    theta, first, second = tensors
    scale = (second / (1 - exact.power(b2, t))).sqrt() + rule.eps
    step = first / (1 - exact.power(b1, t)) / scale
    return theta * (1 - rule.lr * rule.weight_decay) - step * rule.lr


def leaf(name: str, tensor: Tensor | None) -> bytes:
    """The Merkle leaf of a slot: name, type and shape, then the bytes; an empty slot has none."""
    if tensor is None:
        return name.encode()
    header = f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode()
    return header + b"\0" + bytes(tensor.detach().cpu().contiguous().numpy().tobytes())


def state_hash(state: State) -> bytes:
    """Merkle root over all slots."""
    return merkle.root([leaf(name, state.get(name)) for name in SLOTS])


def run_step(job: Job, number: int, state: State) -> list[dict[str, Tensor]]:
    """The states around the operators of step `number`: the given one, and one after each."""
    states = [dict(state)]
    for op in PROGRAM:
        now = states[-1]
        written = job.run(number, op, [now[name] for name in op.inputs])
        states.append({**now, op.output: written})
    return states


@dataclass(frozen=True)
class Opening:
    """What a referee needs of a state to run one operator: the slots it touches, with proofs.

    Attributes:
        tensors: of the operator's inputs, in their order.
        proofs: their Merkle paths.
        before: leaf of the output slot before the operator.
        path: its Merkle path, the same before and after.
    """

    tensors: tuple[Tensor, ...]
    proofs: tuple[tuple[bytes, ...], ...]
    before: bytes
    path: tuple[bytes, ...]


def open_state(state: State, op: Op) -> Opening:
    """The opening of a state for an operator."""
    leaves = [leaf(name, state.get(name)) for name in SLOTS]
    place = SLOTS.index(op.output)
    proofs = [tuple(merkle.prove_inclusion(leaves, SLOTS.index(name))) for name in op.inputs]
    path = tuple(merkle.prove_inclusion(leaves, place))
    return Opening(tuple(state[n] for n in op.inputs), tuple(proofs), leaves[place], path)


def check_opening(op: Op, opening: Opening, agreed: bytes) -> bool:
    """Whether an opening shows the slots of the state with the agreed hash."""
    if len(opening.tensors) != len(op.inputs) or len(opening.proofs) != len(op.inputs):
        return False
    shown = [(op.output, opening.before, opening.path)]
    try:
        leaves = list(map(leaf, op.inputs, opening.tensors))
    except (RuntimeError, TypeError, AttributeError):
        return False  # a kind of tensor that has no bytes, so none of this job's
    shown += zip(op.inputs, leaves, opening.proofs, strict=True)
    n = len(SLOTS)
    return all(
        merkle.verify_inclusion(data, SLOTS.index(name), n, proof, agreed)
        for name, data, proof in shown
    )


def leads_to(job: Job, number: int, op: Op, opening: Opening, claimed: bytes) -> bool:
    """Whether running the operator on the opened slots gives the state with the claimed hash."""
    if not all(isinstance(tensor, Tensor) for tensor in opening.tensors):
        return False  # two liars may agree on a slot that is empty
    try:
        written = job.run(number, op, opening.tensors)
    except (RuntimeError, ValueError, IndexError, TypeError):
        return False  # or on slots that no operator can read
    place = SLOTS.index(op.output)
    data = leaf(op.output, written)
    return merkle.verify_inclusion(data, place, len(SLOTS), opening.path, claimed)
