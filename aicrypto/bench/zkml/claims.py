"""Claims about many inferences: what an hour of 1,024 appraisals costs, what hiding costs."""

from collections.abc import Iterator
from itertools import pairwise

import torch

from aicrypto.algebra import m61x2
from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.commit.hashes import DIGEST_BYTES, sha256
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import masked_sumcheck, sumcheck
from aicrypto.zkml import commit, hidden, protocol
from aicrypto.zkml.claims import hour
from aicrypto.zkml.importing import from_torch
from aicrypto.zkml.quantise import quantise

DIMS, N_ROWS = (784, 512, 512, 10), 1024
HIDDEN_DIMS, CALIBRATION_ROWS = (64, 32, 10), 256
LOG_PRODUCTS, TAG = 16, 0x22


def hours() -> Iterator[Record]:
    """`zkml.hour_1024.s`, `zkml.hour_bytes_per_row`: public weights, rate 1/4, 100 proven bits.

    An hour is inference, witness, one proof and the tree over all rows. Its bytes are those of the
    proof; rows and logits are not counted.
    """
    torch.manual_seed(1)
    layers = [torch.nn.Linear(*pair) for pair in pairwise(DIMS)]
    parts = [part for layer in layers for part in (layer, torch.nn.ReLU())]
    model = torch.nn.Sequential(*parts[:-1])
    x = torch.rand(N_ROWS, DIMS[0])
    network = quantise(from_torch(model), x).network
    rows = (127 * x).round().to(torch.int8)
    requests = [(i.to_bytes(DIGEST_BYTES, "big"), row) for i, row in enumerate(rows)]
    with one_thread(), torch.inference_mode():
        seconds = best_seconds(lambda: hour.aggregate(network, requests), repeats=3)
        forward = best_seconds(lambda: model(x), repeats=50)
    made = hour.aggregate(network, requests)
    alone = len(protocol.prove(network, rows[:1]).to_bytes())
    yield Record("zkml.hour_1024.s", seconds, "s", "torch float32 forward of the rows", forward)
    per_row = sum(map(len, made.answers.proofs)) / N_ROWS
    yield Record("zkml.hour_bytes_per_row", per_row, "B", "a proof for each row", alone)


def masked_sums() -> Iterator[Record]:
    """`zkml.masked_sumcheck.ms.2e16`, `zkml.masked_sumcheck.bytes.2e16`: beside the plain one."""
    f, g = (
        m61x2.random((1 << LOG_PRODUCTS,), torch.Generator().manual_seed(seed)) for seed in (1, 2)
    )

    def mask() -> masked_sumcheck.MaskedProof:
        transcript, seed = Transcript("bench"), bytes(32)
        product = masked_sumcheck.PRODUCT
        return masked_sumcheck.prove(product, (f, g), transcript, TAG, seed)[0]

    def plain() -> sumcheck.SumcheckProof:
        return sumcheck.prove(f, g, Transcript("bench"), TAG)[0]

    peer = "plain sumcheck"
    with one_thread():
        seconds = best_seconds(mask), best_seconds(plain)
    sizes = [len(proof.to_bytes()) for proof in (mask(), plain())]
    name = "zkml.masked_sumcheck"
    yield Record(f"{name}.ms.2e16", 1e3 * seconds[0], "ms", peer, 1e3 * seconds[1])
    yield Record(f"{name}.bytes.2e16", sizes[0], "B", peer, sizes[1])


def hidden_models() -> Iterator[Record]:
    """`zkml.hidden.*`: zero-knowledge for 64-32-10, beside a proof with committed weights.

    Milliseconds are those of one proof; the commitment to the model, made once for committed
    weights and once a proof for hidden ones, is not counted.
    """
    torch.manual_seed(1)
    layers = [torch.nn.Linear(*pair) for pair in pairwise(HIDDEN_DIMS)]
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    x = torch.rand(CALIBRATION_ROWS, HIDDEN_DIMS[0])
    network = quantise(from_torch(model), x).network
    row, seed = (127 * x[:1]).round().to(torch.int8), sha256(b"bench")
    secret, committed = hidden.commit(network, seed), commit(network)
    logits = network.run(row).logits
    ours, plain = hidden.prove(secret, row, seed), protocol.prove(committed, row)
    data = ours.to_bytes()
    peer = "committed weights, not zero-knowledge"
    with one_thread():
        proving = best_seconds(lambda: hidden.prove(secret, row, seed))
        plain_proving = best_seconds(lambda: protocol.prove(committed, row))
        checking = best_seconds(lambda: hidden.verify(secret.commitment, row, logits, data))
        plain_data = plain.to_bytes()
        plain_checking = best_seconds(
            lambda: protocol.verify(committed.commitment, row, logits, plain_data)
        )
    name = "zkml.hidden"
    yield Record(f"{name}.prove_ms.b1", 1e3 * proving, "ms", peer, 1e3 * plain_proving)
    yield Record(f"{name}.verify_ms.b1", 1e3 * checking, "ms", peer, 1e3 * plain_checking)
    yield Record(f"{name}.bytes.b1", len(data), "B", peer, len(plain_data))
