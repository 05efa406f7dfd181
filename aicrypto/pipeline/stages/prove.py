"""Stage 6, prove: the committed network really gave these answers, shown layer by layer.

The prover publishes every layer's accumulators and proves each matrix product with Thaler's
sumcheck; the verifier rounds and clamps the accumulators itself. It never multiplies matrices: it
reads the weights once, whatever the number of questions.

Said honestly: activations travel in the clear (four bytes each), the model is public, and nothing
is hidden. That is the first rung of a ladder (SafetyNets, arXiv 1706.10268); the zkML room climbs
the rest.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.commit.hashes import sha256
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import dataset, train
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import features
from aicrypto.pipeline.stages.int8 import MAX_ACTIVATION, MAX_INT32, IntegerNetwork, integers
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State
from aicrypto.proof import matmul
from aicrypto.proof.sumcheck import ROUND_BYTES

NAME = "prove"
N_QUESTIONS = 16
ACCUMULATOR_BYTES = 4


@dataclass(frozen=True)
class InferenceProof:
    """Every layer's accumulators, shape (batch, out), and the proof of its matrix product."""

    accumulators: tuple[Int64[Tensor, "batch out"], ...]
    products: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Layer by layer: accumulators as little-endian int32, then the product's proof."""
        parts = []
        for acc, product in zip(self.accumulators, self.products, strict=True):
            parts += [acc.to(torch.int32).numpy().astype("<i4").tobytes(), product]
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes, network: IntegerNetwork, batch: int) -> "InferenceProof":
        """The proof in these bytes; every length follows from the network and the batch.

        Raises:
            ValueError: if the number of bytes is another.
        """
        sizes = [
            (ACCUMULATOR_BYTES * batch * n_out, product_bytes(n_in))
            for n_in, n_out in pairwise(network.shape)
        ]
        expected = sum(map(sum, sizes))
        if len(data) != expected:
            raise ValueError(f"data has {len(data)} bytes, a proof of this network has {expected}")
        accumulators, products = list[Tensor](), list[bytes]()
        for n_accumulators, n_product in sizes:
            numbers = torch.frombuffer(bytearray(data[:n_accumulators]), dtype=torch.int32)
            accumulators.append(numbers.long().reshape(batch, -1))
            products.append(data[n_accumulators : n_accumulators + n_product])
            data = data[n_accumulators + n_product :]
        return cls(tuple(accumulators), tuple(products))


def product_bytes(n_in: int) -> int:
    """Length of one matrix product's proof: a round per bit of the inner index, and two values."""
    return ROUND_BYTES * ((n_in - 1).bit_length() + 1)


def prove(network: IntegerNetwork, x: Int64[Tensor, "batch in"]) -> InferenceProof:
    """The proof that the network gives its logits for the rows of x."""
    accumulators, products, a = network.accumulators(x), list[bytes](), x
    for layer, acc in zip(network.layers, accumulators, strict=True):
        products.append(matmul.prove(a, layer.weight.T, acc - layer.bias).to_bytes())
        a = layer.activate(acc) if acc is not accumulators[-1] else acc
    return InferenceProof(tuple(accumulators), tuple(products))


def verify(
    network: IntegerNetwork,
    x: Int64[Tensor, "batch in"],
    logits: Int64[Tensor, "batch out"],
    proof: bytes,
) -> bool:
    """Whether the proof shows that the network gives these logits for the rows of x."""
    if x.dtype != torch.int64 or logits.dtype != torch.int64:  # floats would compare rounded
        return False
    try:
        parts = InferenceProof.from_bytes(proof, network, len(x))
    except ValueError:
        return False
    a = x
    for layer, acc, product in zip(network.layers, parts.accumulators, parts.products, strict=True):
        if not matmul.verify(a, layer.weight.T, acc - layer.bias, product):
            return False
        a = layer.activate(acc) if layer is not network.layers[-1] else acc
    return bool(torch.equal(a, logits))


def run(state: State) -> State:
    """The state with a proof of some held-out pages' classes, the result on chain, the receipt."""
    data, models, network = state.get(Dataset), state.get(Models), state.get(IntegerNetwork)
    rows = data.split()[1][:N_QUESTIONS]
    x = features(rows, models.words)
    proof = prove(network, x)
    evidence = {
        "layers": network.to_json(),
        "paths": [row.path for row in rows],
        "x": x.tolist(),
        "logits": proof.accumulators[-1].tolist(),
        "proof": proof.to_bytes().hex(),
    }
    after = state.publish(STAGE, proof, evidence)
    facts = after.receipts[-1].facts
    digests = bytes.fromhex(facts["input"]), bytes.fromhex(facts["proof"])
    state.job.post_result(digests[0], facts["label"], digests[1])
    return after


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The proof verifies for the committed network, and the questions are the held-out rows."""
    network = IntegerNetwork.from_json(evidence["layers"])
    x = integers("x", evidence["x"], 2, 0, MAX_ACTIVATION)
    logits = integers("logits", evidence["logits"], 2, -MAX_INT32, MAX_INT32)
    proof = bytes.fromhex(evidence["proof"])
    digest = facts["quantise"]["digest"]
    demand(network.digest.hex() == digest, "the network is not the committed one")
    demand(verify(network, x, logits, proof), "the proof does not verify")
    rows, trained = inputs.get("dataset"), inputs.get("train")
    if rows is not None and trained is not None:
        asked = dataset.load(rows).split()[1][:N_QUESTIONS]
        demand([row.path for row in asked] == evidence["paths"], "these are not the questions")
        wanted = features(asked, train.load(trained).words)
        demand(torch.equal(wanted, x), "the questions are not these held-out rows")
    label = int(logits[0].argmax())
    return Conclusion(
        f"the committed network classified {len(x)} held-out pages, the first,"
        f" {evidence['paths'][0]}, as {facts['dataset']['topics'][label]}"
        f" (sumcheck proof, {len(proof):,} bytes)",
        {
            "input": sha256(x.numpy().astype("<i8").tobytes()).hex(),
            "label": label,
            "proof": sha256(proof).hex(),
        },
    )


STAGE = Stage(
    NAME,
    assumes="sound to 2^-115 (random oracle); activations in the clear, not zero-knowledge",
    run=run,
    conclude=conclude,
)
