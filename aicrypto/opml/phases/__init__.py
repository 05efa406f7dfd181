"""Multi-phase disputes: a model is bisected as a graph first, then one node inside the machine.

The hand-over and its two proofs (`boundary`), graphs and native runs (`graph`), the game over both
phases (`dispute`); exact operators in torch and as programs (`exact`, `programs`, `operators`,
`modules`), what a dispute costs at any size (`cost`), and commitments to activations where exact
results can't be had (`activations`).
"""

from aicrypto.opml.phases.activations import (
    ActivationProof,
    BadModulus,
    BadProof,
    Deviation,
    Tolerance,
    build,
    commit,
    commit_bits,
    compare,
    verify,
)
from aicrypto.opml.phases.boundary import (
    Prestate,
    code_root,
    graph_proof,
    graph_root,
    graph_state,
    has_output,
    is_valid_poststate,
    prestate,
    slot_address,
    tensor_root,
)
from aicrypto.opml.phases.dispute import (
    Party,
    TwoPhaseVerdict,
    dispute,
    honest_party,
    lying_party,
    node_image,
    node_prestate,
    output_siblings,
)
from aicrypto.opml.phases.graph import (
    INPUT,
    NODE,
    WEIGHT,
    Graph,
    GraphRun,
    Node,
    Operator,
    Ref,
    execute,
)
from aicrypto.opml.phases.nodes.exact import ordered_matmul
from aicrypto.opml.phases.nodes.modules import Block, Linear, graph_of, model_inputs
from aicrypto.opml.phases.nodes.operators import linear_operator, operator

__all__ = [
    "INPUT",
    "NODE",
    "WEIGHT",
    "ActivationProof",
    "BadModulus",
    "BadProof",
    "Block",
    "Deviation",
    "Graph",
    "GraphRun",
    "Linear",
    "Node",
    "Operator",
    "Party",
    "Prestate",
    "Ref",
    "Tolerance",
    "TwoPhaseVerdict",
    "build",
    "code_root",
    "commit",
    "commit_bits",
    "compare",
    "dispute",
    "execute",
    "graph_of",
    "graph_proof",
    "graph_root",
    "graph_state",
    "has_output",
    "honest_party",
    "is_valid_poststate",
    "linear_operator",
    "lying_party",
    "model_inputs",
    "node_image",
    "node_prestate",
    "operator",
    "ordered_matmul",
    "output_siblings",
    "prestate",
    "slot_address",
    "tensor_root",
    "verify",
]
