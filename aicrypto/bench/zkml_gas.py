"""Gas of checking inference in a contract: transactions, calldata floor included."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from aicrypto.bench import Record
from aicrypto.commit.tensor import ligero
from aicrypto.evm import Chain, Contract
from aicrypto.zkml import Network, prove
from aicrypto.zkml.circuit import witness
from aicrypto.zkml.onchain import calldata, clear

TINY, PUBLISHED = (64, 32, 10), (784, 512, 512, 10)
SHIFT = 9
# A forest's proof checked whole, 15 transactions: OE-GOD/world-zk-compute@de4314c
REMAINDER_GAS = 252e6
# EZKL's contract with seven public values, Groth16's by snarkjs: measured for protocol zkml-1
EZKL_GAS = 535_560


def contract() -> Iterator[Record]:
    """`zkml.gas.*`: a tiny network whole; a larger one's sums, folds, and one column.

    Weights are random: gas depends on shapes alone, up to the zero bytes in the calldata.
    """
    peer = "Remainder's proof of a forest in a contract (published)"
    yield Record("zkml.gas.mlp64_32_10", _whole(_network(TINY)), "gas", peer, REMAINDER_GAS)
    sums, folds, column = _game(_network(PUBLISHED))
    peer = "EZKL's verifier, whole (published)"
    yield Record("zkml.gas.mlp784_512_512_10.sums", sums, "gas", peer, EZKL_GAS)
    yield Record("zkml.gas.mlp784_512_512_10.folds", folds, "gas")
    yield Record("zkml.gas.mlp784_512_512_10.column", column, "gas")


def _whole(network: Network) -> int:
    """Gas of the whole check."""
    x = _row(network)
    logits, proof = network.run(x).logits, clear.prove(network, x)
    left = clear.follow_proof(network, x, logits, proof.to_bytes())
    chain = Chain()
    verifier = calldata.deploy(chain, chain.account("owner"), proof.header, network)
    return _gas(verifier, "verify", calldata.clear_arguments(network, x, logits, proof, left))


def _game(network: Network) -> tuple[int, int, int]:
    """Gas of posting sums, of posting folds, and of the answer for a column."""
    x = _row(network)
    logits, proof = network.run(x).logits, prove(network, x)
    left = calldata.follow_sums(network, x, logits, proof)
    layout = clear.layout_of(network)
    shape = proof.header.parameters.opening(layout.size).shape
    committed = ligero.commit(witness.compute(network, layout, x).committed_values(), shape)
    chain = Chain()
    verifier = calldata.deploy(chain, chain.account("owner"), proof.header, network)
    return (
        _gas(verifier, "post_sums", calldata.sums_arguments(x, logits, proof, left)),
        _gas(verifier, "post_folds", calldata.folds_arguments(proof, left)),
        _gas(verifier, "check_column", calldata.column_arguments(proof, left, committed, 1)),
    )


def _gas(verifier: Contract, name: str, arguments: tuple[Any, ...]) -> int:
    """What a transaction costs on mainnet."""
    data = verifier.function(name).encode(*arguments)
    receipt = verifier.chain.send(verifier, sender=verifier.chain.account("owner"), data=data)
    return max(receipt.gas_used, receipt.floor_gas)


def _network(dims: tuple[int, ...]) -> Network:
    rng = np.random.default_rng(0)
    return Network.from_integers(
        {
            "W": np.clip(rng.normal(0, 25, (n_out, n_in)), -127, 127).astype(int),
            "b": rng.integers(-500, 500, n_out),
            "shift": SHIFT,
        }
        for n_in, n_out in pairwise(dims)
    )


def _row(network: Network) -> torch.Tensor:
    rng = np.random.default_rng(1)
    return torch.from_numpy(rng.integers(0, 80, (1, network.dims[0])).astype(np.int8))
