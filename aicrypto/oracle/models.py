"""Models as a node runs them: bytes in, bytes out, the same on every machine.

`MachineModel` is an int8 network compiled for the verifiable machine: any answer of it can be
disputed down to one instruction. `ProvenModel` is a network whose answers a contract checks by a
proof, at once. `FunctionModel` is any function, a language model for instance: its answers are as
good as the node's word, unless somebody else runs it too.

Input of the first two: the network's inputs, one signed byte each. Output: accumulators of the last
layer, four bytes each, the low one first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.tries import rlp
from aicrypto.opml import code, machine
from aicrypto.opml.code import Layer
from aicrypto.oracle.identifiers import model_id

INVALID_INPUT, INVALID_BATCH_SIZE = 0, 1
BLOCK_BYTES = 512  # of memory, that hold an input and its length: what a court recomputes
BLOCK_LEVEL = 4
MAX_BYTES = BLOCK_BYTES - 4  # of input and of output
MAX_OUTPUT_BYTES = 4096  # `AIOracle.MAX_OUTPUT`


class Unanswerable(ValueError):
    """A request that a model has no answer to.

    Attributes:
        code: what the oracle's error callback says.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Model(Protocol):
    """What a node wants of a model."""

    @property
    def name(self) -> str:
        """As it is registered."""

    def answer(self, data: bytes, n_outputs: int = 1) -> bytes:
        """The output; Unanswerable where there is none."""


@dataclass(frozen=True, eq=False)
class MachineModel:
    """A network as a program of the verifiable machine.

    Raises:
        ValueError: if inputs or outputs are more than a court reads.
    """

    name: str
    layers: Sequence[Layer]

    def __post_init__(self) -> None:
        n_bytes = max(self.layers[0].n_in, 4 * self.layers[-1].n_out)
        if n_bytes > MAX_BYTES:
            raise ValueError(f"input or output has {n_bytes} bytes, must have <= {MAX_BYTES}")

    @property
    def number(self) -> int:
        """Its number at the oracle."""
        return model_id(self.name)

    def answer(self, data: bytes, n_outputs: int = 1) -> bytes:
        """The output, computed at full speed.

        Raises:
            Unanswerable: if the input has another length, or several outputs are wanted.
        """
        _check_batch(self.name, n_outputs)
        return code.evaluate(self.layers, self._row(data)).astype("<i4").tobytes()

    def run(self, data: bytes) -> machine.Trace:
        """The same, step by step, for a dispute; Unanswerable as `answer`."""
        return machine.run(self.image(data))

    def image(self, data: bytes) -> machine.Image:
        """The task: program, network and input in memory; Unanswerable as `answer`."""
        return code.image_of(self.layers, self._row(data))

    @cached_property
    def siblings(self) -> list[bytes]:
        """What a court must know of the memory beside the input: 23 hashes, the lowest first."""
        segments = [(machine.CODE, code.compile_mlp(self.layers))]
        tree = machine.Image([*segments, (machine.MODEL, code.pack(self.layers))]).tree
        levels = range(BLOCK_LEVEL, len(machine.EMPTY_ROOTS) - 1)
        leaf = machine.INPUT // 32
        return [tree.node(level, (leaf >> level) ^ 1) for level in levels]

    @property
    def program_hash(self) -> bytes:
        """Commitment to program and network: what a court registers."""
        return keccak256(b"".join(self.siblings))

    @property
    def model_hash(self) -> bytes:
        """Hash of the network's numbers."""
        return keccak256(code.pack(self.layers))

    def _row(self, data: bytes) -> Any:
        n_in = self.layers[0].n_in
        if len(data) != n_in:
            raise Unanswerable(INVALID_INPUT, f"input has {len(data)} bytes, must have {n_in}")
        return np.frombuffer(data, np.int8)


@dataclass(frozen=True, eq=False)
class ProvenModel:
    """A network small enough that a contract checks all of a proof about it."""

    name: str
    network: Any  # aicrypto.zkml.Network; torch is loaded by whoever makes one

    @property
    def number(self) -> int:
        """Its number at the oracle."""
        return model_id(self.name)

    def answer(self, data: bytes, n_outputs: int = 1) -> bytes:
        """The output; Unanswerable as for other models."""
        _check_batch(self.name, n_outputs)
        logits = self.network.run(self._row(data)).logits
        return bytes(logits.cpu().numpy().astype("<i4").tobytes())

    def prove(self, data: bytes) -> tuple[Any, ...]:
        """The proof of the answer, as `ProofCourt.prove` takes it; Unanswerable as `answer`.

        Cost: about 0.1 s.
        """
        from aicrypto.zkml.onchain import calldata, clear

        x = self._row(data)
        logits, proof = self.network.run(x).logits, clear.prove(self.network, x)
        left = clear.follow_proof(self.network, x, logits, proof.to_bytes())
        return calldata.clear_arguments(self.network, x, logits, proof, left)

    def _row(self, data: bytes) -> Any:
        import torch

        n_in = self.network.dims[0]
        if len(data) != n_in:
            raise Unanswerable(INVALID_INPUT, f"input has {len(data)} bytes, must have {n_in}")
        return torch.frombuffer(bytearray(data), dtype=torch.int8)[None]


@dataclass(frozen=True)
class FunctionModel:
    """Any function of the input and of the output's number in the batch.

    Attributes:
        max_bytes: longest input it takes.
        max_outputs: largest batch; its outputs come back as one RLP list.
    """

    name: str
    function: Callable[[bytes, int], bytes]
    max_bytes: int = 4096
    max_outputs: int = 1

    @property
    def number(self) -> int:
        """Its number at the oracle."""
        return model_id(self.name)

    def answer(self, data: bytes, n_outputs: int = 1) -> bytes:
        """The output; Unanswerable for inputs and outputs too long and batches too large."""
        if len(data) > self.max_bytes:
            message = f"input has {len(data)} bytes, must have <= {self.max_bytes}"
            raise Unanswerable(INVALID_INPUT, message)
        _check_batch(self.name, n_outputs, self.max_outputs)
        outputs = [self.function(data, number) for number in range(n_outputs)]
        output = outputs[0] if n_outputs == 1 else rlp.encode(list(outputs))
        if len(output) > MAX_OUTPUT_BYTES:
            message = f"output has {len(output)} bytes, must have <= {MAX_OUTPUT_BYTES}"
            raise Unanswerable(INVALID_INPUT, message)
        return output


def language_model(n_tokens: int = 32, device: str = "cpu") -> FunctionModel:
    """SmolLM2 as a model of the oracle: a question in, the likeliest answer out, both UTF-8.

    No court executes it: who doubts an answer runs the same weights, on one machine the same bits.

    Raises:
        Missing: if the package with the weights is not installed.
    """
    from aicrypto.models import smollm2

    loaded = smollm2.load(device)

    def say(question: bytes, _: int) -> bytes:
        asked = [{"role": "user", "content": question.decode(errors="replace")}]
        ids = loaded.tokenizer.encode(loaded.tokenizer.chat(asked))
        return loaded.tokenizer.decode(smollm2.generate(loaded.model, ids, n_tokens)).encode()

    return FunctionModel("smollm2-135m-instruct", say)


def _check_batch(name: str, n_outputs: int, limit: int = 1) -> None:
    if not 1 <= n_outputs <= limit:
        raise Unanswerable(
            INVALID_BATCH_SIZE, f"{name} gives 1..{limit} outputs, asked for {n_outputs}"
        )
