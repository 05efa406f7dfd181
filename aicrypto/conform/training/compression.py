"""Answers of training.sparseloco and training.diloco."""

import math
from typing import Any

import torch
from torch import Tensor

from aicrypto.conform.encoding import enhex
from aicrypto.training import diloco, sparse
from aicrypto.training.layout import Layout

Case = dict[str, Any]


def sparseloco(case: Case) -> Case:
    """Selection, quantisation, packing, aggregation, error feedback and chunks."""
    answers = {
        "compress": _compress,
        "pack_12bit": lambda c: {"bytes": enhex(sparse.pack_12bit(c["indices"]))},
        "aggregate": _aggregate,
        "error_feedback": _error_feedback,
        "chunk": _chunk,
    }
    answer: Case = answers[case["fn"]](case)
    return answer


def _compress(case: Case) -> Case:
    x = torch.tensor(case["x"]) if "x" in case else _formula(**case["formula"])
    kept = sparse.top_k(x[None], case["k"])
    coded = sparse.quantise(kept.values, case["bins"], case["range_sigmas"])
    return {
        "indices": kept.indices[0].tolist(),
        "values": kept.values[0].tolist(),
        "shift": coded.shift,
        "scale": coded.scale,
        "offset": coded.offset,
        "lookup": coded.lookup.tolist(),
        "codes": coded.codes[0].tolist(),
        "dequantised": sparse.dequantise(coded)[0].tolist(),
    }


def _formula(n: int, seed: int) -> Tensor:
    waves = [math.sin(12.9898 * i + seed) * ((7919 * i + seed) % 97) / 97 for i in range(n)]
    return torch.tensor(waves)


def _aggregate(case: Case) -> Case:
    peers = [
        (torch.tensor(peer["indices"], dtype=torch.long), torch.tensor(peer["values"]))
        for peer in case["peers"]
    ]
    return {"dense": sparse.aggregate(case["n"], peers).tolist()}


def _error_feedback(case: Case) -> Case:
    n = len(case["gradients"][0])
    layout = Layout((("x", (n,)),))
    codec = sparse.Codec(layout, case["k"], n, case["bins"], case["range_sigmas"])
    memory = sparse.Feedback(torch.zeros(n), case["beta"], case["lr"])
    rounds = []
    for number, gradient in enumerate(case["gradients"]):
        null_round = number in case["null_rounds"]
        upload, memory = sparse.feed(memory, torch.tensor(gradient), codec, null_round)
        rounds.append({"sent": codec.dense(upload).tolist(), "error": memory.error.tolist()})
    return {"rounds": rounds}


def _chunk(case: Case) -> Case:
    numbered = torch.arange(math.prod(case["shape"])).view(*case["shape"])
    return {"chunks": sparse.to_chunks(numbered, case["target"]).tolist()}


def local_training(case: Case) -> Case:
    """DiLoCo of least-squares workers in float64."""
    inner = dict(case["inner"])
    rule: diloco.Inner
    if inner.pop("name") == "sgd":
        rule = diloco.Sgd(inner["lr"])
    else:
        rule = diloco.AdamW(**inner | {"betas": tuple(inner["betas"])})
    theta = torch.tensor(case["theta"], dtype=torch.float64)
    workers = [_least_squares(worker) for worker in case["workers"]]
    outer = diloco.Outer(**case["outer"])
    thetas = diloco.train(theta, workers, case["H"], case["rounds"], rule, outer)
    return {"theta": [theta.tolist() for theta in thetas]}


def _least_squares(worker: Case) -> diloco.Gradient:
    a, b = (torch.tensor(worker[name], dtype=torch.float64) for name in ("A", "b"))
    return lambda theta, _: a.T @ (a @ theta - b) / len(b)
