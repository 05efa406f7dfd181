"""What parties bring to `ProofDispute.vy`: proofs with a bond, questions, answers, objections.

A contract can follow the sums of a proof, and look at one column of what was committed to, but
cannot afford the opening, and knows no network. So a proof is posted with a bond, and stands unless
somebody shows that it is false. Six things may be:

| what | who shows it | how |
|-|-|-|
| the folds | whoever asks for a column | no answer, or a column that disagrees |
| the value of folds that an answer says | anybody | the folds, encoded on chain |
| the claim about all weights | whoever asks what it is a sum of | one place of the sum is false |
| the claim about all biases | anybody | all biases |
| the claims about input and multiplicities | anybody | both, evaluated on chain |
| that bytes posted as multiplicities are some | anybody | the bytes, read on chain |

The network is known by two digests: a Merkle root over its weights, column by column, and the hash
of its biases. A column holds what one place of the matrices' sum is multiplied with: for an input,
its weight in every neuron of the first layer; for a neuron, its weight in every neuron of the next.

Source: protocol zkml-1 of this project, section 15, option (b); the game is our own.
"""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Int8, Int32
from torch import Tensor

from aicrypto.algebra import m61x2
from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.evm import Artifact, Chain, Contract, Party
from aicrypto.zkml.circuit import products, weights
from aicrypto.zkml.circuit.layout import Layout
from aicrypto.zkml.circuit.lookups import Place
from aicrypto.zkml.circuit.products import Outputs
from aicrypto.zkml.network import Network
from aicrypto.zkml.onchain import calldata
from aicrypto.zkml.onchain.clear import layout_of
from aicrypto.zkml.onchain.sums import Left
from aicrypto.zkml.proof import Header, Proof

CONTRACT = "ProofDispute"


@dataclass(frozen=True)
class Terms:
    """Money and time of all disputes over a network's proofs.

    Attributes:
        bond_wei: what the owner of a proof risks.
        stake_wei: what a question costs if it is answered.
        window_s: how long a proof may be doubted.
        response_s: how long each next step may take.
    """

    bond_wei: int
    stake_wei: int
    window_s: int
    response_s: int


def deploy(
    chain: Chain,
    verifier: Contract,
    sender: Party,
    header: Header,
    network: Network,
    terms: Terms,
    contract: str | Artifact = CONTRACT,
) -> Contract:
    """Disputes over proofs with this header; `verifier` is that of `calldata.deploy`.

    `contract` is another one only to see what its checks are good for.
    """
    return chain.deploy(
        contract,
        verifier.address,
        header.to_bytes(),
        list(network.dims),
        list(network.shifts),
        merkle.root(weight_columns(network)),
        sha256(bias_bytes(network)),
        terms.bond_wei,
        terms.stake_wei,
        terms.window_s,
        terms.response_s,
        sender=sender,
    )


def weight_columns(network: Network) -> list[bytes]:
    """For each place of the matrices' sum the weights that belong to it, a byte each."""
    layout = layout_of(network)
    columns = [b""] * (2 * layout.size.half)
    for start, layer in zip(layout.input_offsets, network.layers, strict=True):
        for number, column in enumerate(layer.weights.T.cpu()):
            columns[start + number] = column.numpy().tobytes()
    return columns


def bias_bytes(network: Network) -> bytes:
    """All biases, four bytes each, low byte first."""
    return b"".join(layer.bias.cpu().numpy().astype("<i4").tobytes() for layer in network.layers)


def post_arguments(
    x: Int8[Tensor, "1 in"], logits: Int32[Tensor, "1 out"], proof: Proof, left: Left
) -> tuple[Any, ...]:
    """The arguments of `post`; left as `calldata.follow_sums` gives it."""
    return (*calldata.sums_arguments(x, logits, proof, left), proof.folds.to_bytes())


def weight_table(network: Network, left: Left) -> list[int]:
    """What the claim about all weights is a sum of: the answer to `ask_weight`."""
    layout = layout_of(network)
    outputs = Outputs(left.output, left.gamma)
    layers = weights.fold_network(network, layout.points(left.neuron, left.output))
    table = products.weight_table(layout, layers, Place(left.neuron, ()), outputs)
    return [calldata.pack(value) for value in m61x2.to_scalars(table[:, : _n_used(layout)])]


def weight_objection(network: Network, place: int) -> tuple[int, bytes, list[bytes]]:
    """The last arguments of `object_to_weight`: a place, its weights, and their path."""
    columns = weight_columns(network)
    return place, columns[place], merkle.prove_inclusion(columns, place)


def _n_used(layout: Layout) -> int:
    """Places up to the last one that has weights."""
    return max(
        start + width for start, width in zip(layout.input_offsets, layout.dims, strict=False)
    )
