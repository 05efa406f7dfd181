"""Answers of the suites sumcheck.transcript and logup.fraction_sum."""

from collections.abc import Callable
from typing import Any

from aicrypto.algebra import Fp2, m61x2
from aicrypto.commit.transcript import Transcript
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.conform.foundations.fields import pair, scalars, vector
from aicrypto.proof import logup, sumcheck

Json = dict[str, Any]


def transcript(case: Json) -> Json:
    """Suite sumcheck.transcript: `op` selects a conversation, a proof or a verdict."""
    return _OPS[case["op"]](case)


def fraction_sum(case: Json) -> Json:
    """Suite logup.fraction_sum: `op` selects a proof or a verdict."""
    return _FRACTION_SUM[case["op"]](case)


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


def _prove_fractions(case: Json) -> Json:
    conversation = Transcript(case["label"])
    numerators = None if case["p"] == "ones" else vector(case["p"])
    tags = logup.Tags(*case["tags"])
    proof, left = logup.prove(numerators, vector(case["q"]), conversation, tags)
    return {
        "proof": enhex(proof.to_bytes()),
        **_claims(left),
        "state": enhex(conversation.state),
    }


def _verify_fractions(case: Json) -> Json:
    log_leaves, ones = case["log_leaves"], case["ones"]
    try:
        proof = logup.FractionSumProof.from_bytes(unhex(case["proof"]), log_leaves, ones)
    except ValueError:
        return {"valid": False}
    conversation = Transcript(case["label"])
    left = logup.verify(log_leaves, ones, proof, conversation, logup.Tags(*case["tags"]))
    if left is None:
        return {"valid": False}
    return {"valid": True, "fraction": _pairs(proof.total), **_claims(left)}


def _claims(left: logup.Leaves) -> Json:
    return {
        "point": [pair(coordinate) for coordinate in left.point],
        "claims": _pairs(left.leaf),
    }


def _pairs(fraction: logup.Fraction) -> list[list[int]]:
    return [pair(fraction.numerator), pair(fraction.denominator)]


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

_FRACTION_SUM: dict[str, Callable[[Json], Json]] = {
    "prove": _prove_fractions,
    "verify": _verify_fractions,
}
