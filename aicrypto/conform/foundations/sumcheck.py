"""Answers of the suite sumcheck.transcript."""

from collections.abc import Callable
from typing import Any

from aicrypto.algebra import Fp2, m61x2
from aicrypto.commit.transcript import Transcript
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.conform.foundations.fields import pair, scalars, vector
from aicrypto.proof import sumcheck

Json = dict[str, Any]


def transcript(case: Json) -> Json:
    """Suite sumcheck.transcript: `op` selects a conversation, a proof or a verdict."""
    return _OPS[case["op"]](case)


def _converse(case: Json) -> Json:
    conversation = Transcript(case["label"])
    results = []
    for name, *arguments in case["ops"]:
        if name == "absorb":
            tag, data = arguments
            conversation.absorb(tag, unhex(data))
        else:
            results.append(_DRAW[name](conversation, *arguments))
    return {"results": results, "state": enhex(conversation.state)}


def _prove(case: Json) -> Json:
    conversation = Transcript(case["label"])
    f, g = vector(case["f"]), vector(case["g"])
    proof, left = sumcheck.prove(f, g, conversation, case["tag"])
    return {
        "claim": pair(m61x2.to_scalar(m61x2.dot(f, g))),
        "messages": enhex(b"".join(message.to_bytes() for message in proof.rounds)),
        "point": [pair(coordinate) for coordinate in left.point],
        "final": [pair(left.f_value), pair(left.g_value)],
        "state": enhex(conversation.state),
    }


def _verify(case: Json) -> Json:
    try:
        final = b"".join(value.to_bytes() for value in scalars(case["final"]))
        proof = sumcheck.SumcheckProof.from_bytes(unhex(case["messages"]) + final)
        claim = Fp2(*case["claim"])
    except ValueError:
        return {"valid": False}
    conversation = Transcript(case["label"])
    left = sumcheck.verify(claim, case["rounds"], proof, conversation, case["tag"])
    return {"valid": left is not None}


_DRAW: dict[str, Callable[..., Any]] = {
    "challenge": lambda conversation: pair(conversation.challenge()),
    "squeeze": lambda conversation: enhex(conversation.squeeze()),
    "indices": Transcript.indices,
}

_OPS: dict[str, Callable[[Json], Json]] = {
    "transcript": _converse,
    "prove": _prove,
    "verify": _verify,
}
