"""Gas of checking inference in a contract: transactions, calldata floor included."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch

from aicrypto.bench import Record
from aicrypto.commit.tensor import ligero
from aicrypto.commit.tensor.ligero import Committed
from aicrypto.evm import Chain, Contract
from aicrypto.zkml import Network, prove
from aicrypto.zkml.circuit import witness
from aicrypto.zkml.onchain import calldata, clear, dispute
from aicrypto.zkml.onchain.dispute import Terms
from aicrypto.zkml.onchain.sums import Left
from aicrypto.zkml.proof import Proof

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
    for name, gas in _dispute(_network(PUBLISHED)).items():
        yield Record(f"zkml.gas.dispute.{name}", gas, "gas")


def _whole(network: Network) -> int:
    """Gas of the whole check."""
    x = _row(network)
    logits, proof = network.run(x).logits, clear.prove(network, x)
    left = clear.follow_proof(network, x, logits, proof.to_bytes())
    chain = Chain()
    verifier = calldata.deploy(chain, chain.account("owner"), proof.header, network)
    return _gas(verifier, "verify", calldata.clear_arguments(network, x, logits, proof, left))


class _Posted(NamedTuple):
    """A proof of one row, what its sums leave to check, and the contract for it."""

    x: torch.Tensor
    logits: torch.Tensor
    proof: Proof
    left: Left
    committed: Committed
    verifier: Contract


def _posted(network: Network) -> _Posted:
    x = _row(network)
    logits, proof = network.run(x).logits, prove(network, x)
    left, layout = calldata.follow_sums(network, x, logits, proof), clear.layout_of(network)
    shape = proof.header.parameters.opening(layout.size).shape
    committed = ligero.commit(witness.compute(network, layout, x).committed_values(), shape)
    chain = Chain()
    verifier = calldata.deploy(chain, chain.account("owner"), proof.header, network)
    return _Posted(x, logits, proof, left, committed, verifier)


def _game(network: Network) -> tuple[int, int, int]:
    """Gas of posting sums, of posting folds, and of the answer for a column."""
    x, logits, proof, left, committed, verifier = _posted(network)
    return (
        _gas(verifier, "post_sums", calldata.sums_arguments(x, logits, proof, left)),
        _gas(verifier, "post_folds", calldata.folds_arguments(proof, left)),
        _gas(verifier, "check_column", calldata.column_arguments(proof, left, committed, 1)),
    )


def _dispute(network: Network) -> dict[str, int]:
    """Gas of a proof with a bond, of a question about a column, and of both kinds of answer."""
    x, logits, proof, left, committed, verifier = _posted(network)
    chain, terms = verifier.chain, Terms(bond_wei=2, stake_wei=1, window_s=60, response_s=60)
    game = dispute.deploy(chain, verifier, chain.account("owner"), proof.header, network, terms)
    post = dispute.post_arguments(x, logits, proof, left)
    root, point, digest, _, *shown = calldata.column_arguments(proof, left, committed, 1)
    table = dispute.weight_table(network, left)
    return {
        "post": _gas(game, "post", post, value=2),
        "ask_column": _gas(game, "ask_column", (0, 1), value=1),
        "answer_column": _gas(game, "answer_column", (0, root, point, digest, *shown)),
        "ask_weight": _gas(game, "ask_weight", (0,), value=1),
        "answer_weight": _gas(game, "answer_weight", (1, calldata.answer_of(left), table)),
    }


def _gas(contract: Contract, name: str, arguments: tuple[Any, ...], value: int = 0) -> int:
    """What a transaction costs on mainnet."""
    data, chain = contract.function(name).encode(*arguments), contract.chain
    receipt = chain.send(contract, sender=chain.account("owner"), data=data, value=value)
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
