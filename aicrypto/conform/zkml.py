"""Answers of the suite zkml.mlp: exact integer networks."""

from typing import Any

import numpy as np
import torch

from aicrypto.commit.hashes import sha256
from aicrypto.conform.encoding import enhex
from aicrypto.zkml.importing import model_file
from aicrypto.zkml.network import Execution, Network

Json = dict[str, Any]


def mlp(case: Json) -> Json:
    """Suite zkml.mlp: layer by layer in full, or hashes where an array file holds the network."""
    if "npz" in case:
        return _mlp_of_archive(case["npz"])
    network = Network.from_integers(case["layers"])
    execution = network.run(case["x"])
    return {
        "hidden": [activations.tolist() for activations in execution.hidden],
        "logits": execution.logits.tolist(),
        "int8": execution.output.tolist(),
        **_verdict(network, execution),
    }


def _mlp_of_archive(path: str) -> Json:
    network = model_file.load(path)
    with np.load(path, allow_pickle=False) as archive:
        x, y = archive["X"], torch.from_numpy(archive["y"])
    execution = network.run(x)
    return {
        "rows": len(x),
        "hidden_sha256": [_sha256(activations) for activations in execution.hidden],
        "logits_sha256": _sha256(execution.logits),
        "int8_sha256": _sha256(execution.output),
        "correct": int((execution.labels == y).sum()),
        **_verdict(network, execution),
    }


def _verdict(network: Network, execution: Execution) -> Json:
    return {"argmax": execution.labels.tolist(), "digest": enhex(network.digest)}


def _sha256(values: torch.Tensor) -> str:
    """The hash of integers in row-major order, little-endian, in their own width."""
    array = values.numpy()
    return enhex(sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()))
