"""Suites models.smollm2 and models.minilm; skipped where the packages with weights are absent."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from aicrypto.conform import NotInstalled
from aicrypto.conform.encoding import enhex
from aicrypto.models import Missing, minilm, one_thread, smollm2

Json = dict[str, Any]
N_FIRST_WEIGHTS, N_TOP_LOGITS, N_FIRST_COORDINATES = 4, 8, 8
MARGIN_TOLERANCE = 2e-3  # two logits, each of the suite's tolerance / 2


def smollm2_suite(case: Json) -> Json:
    """Suite models.smollm2."""
    with one_thread(), torch.no_grad():
        return SMOLLM2_OPS[case["op"]](_loaded(smollm2.load), case)


def minilm_suite(case: Json) -> Json:
    """Suite models.minilm."""
    with one_thread():
        return MINILM_OPS[case["op"]](_loaded(minilm.load), case)


def judge_margin(got: Json, expected: Json) -> Json:
    """The answer with its `min_margin` rounded to the suite's, where it is the same number.

    The suite gives it as information: how far the likeliest token was before the second.
    """
    theirs = expected.get("min_margin")
    if theirs is None or abs(got["min_margin"] - theirs) > MARGIN_TOLERANCE:
        return got
    return {**got, "min_margin": theirs}


@lru_cache(maxsize=2)  # the two models, which take seconds to load
def _loaded(load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Missing as missing:
        raise NotInstalled(f"{missing}, or ./course models") from None


def _encode(loaded: Any, case: Json) -> Json:
    return {"ids": loaded.tokenizer.encode(case["text"])}


def _tensor(loaded: smollm2.Loaded, case: Json) -> Json:
    info, values = loaded.file.tensors[case["name"]], loaded.file.tensor(case["name"])
    return {
        "shape": list(info.shape),
        "ggml_type": info.kind,
        "first": values.ravel()[:N_FIRST_WEIGHTS].tolist(),
        "sha256": enhex(hashlib.sha256(values.astype("<f4").tobytes()).digest()),
    }


def _generate(loaded: smollm2.Loaded, case: Json) -> Json:
    chat = loaded.tokenizer.chat
    prompt = chat(case["messages"]) if "messages" in case else case["prompt"]
    ids = loaded.tokenizer.encode(prompt)
    said = smollm2.generate(loaded.model, ids, case["max_new_tokens"], tuple(case["stop"]))
    best = _logits(loaded, [*ids, *said])[len(ids) - 1 : -1].topk(2).values
    return {
        "prompt_ids": ids,
        "ids": said,
        "text": loaded.tokenizer.decode(said),
        "min_margin": float((best[:, 0] - best[:, 1]).min()),
    }


def _logits(loaded: smollm2.Loaded, ids: list[int]) -> Tensor:
    logits: Tensor = loaded.model(torch.tensor([ids]))[0]
    return logits


def _last_logits(loaded: smollm2.Loaded, case: Json) -> Json:
    last = _logits(loaded, case["ids"])[-1].double()
    top = last.topk(N_TOP_LOGITS)
    return {
        "top_ids": top.indices.tolist(),
        "top_logits": top.values.tolist(),
        "logsumexp": float(last.logsumexp(0)),
        "mean": float(last.mean()),
    }


def _nll(loaded: smollm2.Loaded, case: Json) -> Json:
    ids = loaded.tokenizer.encode(case["text"])
    log_p = _logits(loaded, ids[:-1]).double().log_softmax(-1)
    nll = -log_p.gather(1, torch.tensor(ids[1:])[:, None]).sum()
    return {"tokens": len(ids) - 1, "nll": float(nll)}


def _embed(loaded: minilm.Embedder, case: Json) -> Json:
    [direction] = loaded.embed([case["text"]])
    return {
        "first8": direction[:N_FIRST_COORDINATES].tolist(),
        "sum": float(direction.double().sum()),
    }


def _cosine(loaded: minilm.Embedder, case: Json) -> Json:
    directions = loaded.embed(case["texts"])
    return {"matrix": (directions @ directions.T).tolist()}


def _retrieve(loaded: minilm.Embedder, case: Json) -> Json:
    best = (loaded.embed(case["queries"]) @ loaded.embed(case["documents"]).T).max(1)
    return {"top1": best.indices.tolist(), "scores": best.values.tolist()}


SMOLLM2_OPS: dict[str, Callable[[smollm2.Loaded, Json], Json]] = {
    "tokenize": _encode,
    "tensor": _tensor,
    "generate": _generate,
    "logits": _last_logits,
    "nll": _nll,
}
MINILM_OPS: dict[str, Callable[[minilm.Embedder, Json], Json]] = {
    "tokenize": _encode,
    "embed": _embed,
    "cosine": _cosine,
    "retrieve": _retrieve,
}
