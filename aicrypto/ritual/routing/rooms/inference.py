"""Inference as a service: a row of int8 in, a network's numbers and their proof out (zkML).

The buyer knows 32 bytes of the network, the node its weights. The answer is the last layer's
numbers, four bytes each, the low one first. The proof is 14 kB long or more; the buyer checks it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from aicrypto.ritual.node import Output
from aicrypto.ritual.routing.ways import Effort

if TYPE_CHECKING:
    import torch

    from aicrypto.zkml import CommittedModel, Network

NUMBER_BYTES = 4
EFFORT = Effort(0.001, 0.01)  # of a small job on one core; `bench ritual.rooms`


@dataclass(frozen=True, eq=False)
class Inference:
    """The zkML room for one network."""

    network: "Network"
    name: str = "zkml"
    effort: Effort = EFFORT

    @cached_property
    def model(self) -> "CommittedModel":
        """The network, committed to; its `commitment` is what a buyer must know."""
        from aicrypto.zkml import commit

        return commit(self.network)

    def work(self, data: bytes) -> Output:
        """The last layer's numbers and the proof; ValueError unless data is one row."""
        from aicrypto.zkml import prove

        row = self._row(data)
        logits = self.network.run(row).logits
        return Output(logits.numpy().astype("<i4").tobytes(), prove(self.model, row).to_bytes())

    def check(self, data: bytes, output: Output) -> bool:
        """Whether the proof shows the numbers."""
        import torch

        from aicrypto.zkml import verify

        n_out = self.network.dims[-1]
        try:
            row = self._row(data)
        except ValueError:
            return False
        if len(output.data) != NUMBER_BYTES * n_out:
            return False
        logits = torch.frombuffer(bytearray(output.data), dtype=torch.int32)[None]
        return verify(self.model.commitment, row, logits, output.proof)

    def _row(self, data: bytes) -> "torch.Tensor":
        import torch

        n_in = self.network.dims[0]
        if len(data) != n_in:
            raise ValueError(f"data has {len(data)} bytes, must have {n_in}")
        return torch.frombuffer(bytearray(data), dtype=torch.int8)[None]
