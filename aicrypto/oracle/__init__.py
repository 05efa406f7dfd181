"""An AI oracle (ORA): contracts ask models; answers are disputed, proven, owned and reused.

`contracts` deploys and joins what is on chain, `node` is who answers, `models` and `painter` what
answers, `disputes` what becomes of lies, `mirror` how another chain reads results. `split` keeps a
part of a network private (opp/ai).
"""

from aicrypto.oracle.contracts import (
    NOBODY,
    Oracle,
    deploy_blueprint,
    deploy_court,
    deploy_optimistic_token,
    deploy_oracle,
    deploy_proven_token,
    game_terms,
)
from aicrypto.oracle.disputes import Case, Ruling, ShownGame, dispute, open_case, shown_output
from aicrypto.oracle.identifiers import (
    event_topic,
    interface_id,
    model_id,
    public_inputs,
    request_id,
    selector,
    token_id,
    token_uri,
)
from aicrypto.oracle.mirror import NotFinal, ResultProof, UnknownBlock, prove_result, read_result
from aicrypto.oracle.models import (
    FunctionModel,
    MachineModel,
    Model,
    ProvenModel,
    Unanswerable,
    language_model,
)
from aicrypto.oracle.node import Node, Reply
from aicrypto.oracle.painter import pixels_of, prompt_of, train_painter
from aicrypto.oracle.requests import Request, answered_in, outputs_of, requests_of

__all__ = [
    "NOBODY",
    "Case",
    "FunctionModel",
    "MachineModel",
    "Model",
    "Node",
    "NotFinal",
    "Oracle",
    "ProvenModel",
    "Reply",
    "Request",
    "ResultProof",
    "Ruling",
    "ShownGame",
    "Unanswerable",
    "UnknownBlock",
    "answered_in",
    "deploy_blueprint",
    "deploy_court",
    "deploy_optimistic_token",
    "deploy_oracle",
    "deploy_proven_token",
    "dispute",
    "event_topic",
    "game_terms",
    "interface_id",
    "language_model",
    "model_id",
    "open_case",
    "outputs_of",
    "pixels_of",
    "prompt_of",
    "prove_result",
    "public_inputs",
    "read_result",
    "request_id",
    "requests_of",
    "selector",
    "shown_output",
    "token_id",
    "token_uri",
    "train_painter",
]
