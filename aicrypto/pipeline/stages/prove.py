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
from aicrypto.pipeline.receipts import Evidence, Facts, Json, demand
from aicrypto.pipeline.stages import dataset, train
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import features
from aicrypto.pipeline.stages.int8 import IntegerNetwork
from aicrypto.pipeline.stages.quantise import from_json, to_json
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
    logits, data_bytes = proof.accumulators[-1], proof.to_bytes()
    facts = _facts(x, logits, data_bytes)
    digests = bytes.fromhex(facts["input"]), bytes.fromhex(facts["proof"])
    state.job.post_result(digests[0], facts["label"], digests[1])
    return state.publish(
        NAME,
        proof,
        claim=f"the committed network classified {len(rows)} held-out pages; the first,"
        f" {rows[0].path}, as {data.topics[facts['label']]}"
        f" (sumcheck proof, {len(data_bytes):,} bytes)",
        facts=facts,
        evidence={
            "layers": to_json(network),
            "paths": [row.path for row in rows],
            "x": x.tolist(),
            "logits": logits.tolist(),
            "proof": data_bytes.hex(),
        },
        assumes="sound to 2^-115 (random oracle); activations in the clear, not zero-knowledge",
    )


def check(evidence: Json, facts: Facts, inputs: Evidence) -> None:
    """The network is the committed one, the questions are held-out rows, and the proof verifies."""
    network = from_json(evidence["layers"])
    x, logits = torch.tensor(evidence["x"]), torch.tensor(evidence["logits"])
    proof = bytes.fromhex(evidence["proof"])
    demand(
        network.digest.hex() == facts["quantise"]["digest"], "the network is not the committed one"
    )
    demand(_facts(x, logits, proof) == facts[NAME], "another input, answer or proof was published")
    demand(verify(network, x, logits, proof), "the proof does not verify")
    if "dataset" in inputs and "train" in inputs:
        asked = {row.path: row for row in dataset.load(inputs["dataset"]).split()[1]}
        rows = [asked[path] for path in evidence["paths"]]
        words = train.load(inputs["train"]).words
        demand(torch.equal(features(rows, words), x), "the questions are not these held-out rows")


def _facts(x: Tensor, logits: Tensor, proof: bytes) -> Json:
    """What goes on chain: digest of the questions, class of the first, digest of the proof."""
    return {
        "input": sha256(x.numpy().astype("<i8").tobytes()).hex(),
        "label": int(logits[0].argmax()),
        "proof": sha256(proof).hex(),
        "n_bytes": len(proof),
    }
