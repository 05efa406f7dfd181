"""Answers of the suites about machines: opml.riscv, rv32_step, mlp, cannon_step, cannon_run."""

import struct
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from aicrypto.conform.encoding import enhex, unhex, unhex_all
from aicrypto.opml.machine import (
    CODE,
    INPUT,
    MODEL,
    Image,
    State,
    Trace,
    cannon,
    framed,
    output_of,
    run,
    step,
)

Json = dict[str, Any]


def riscv(case: Json) -> Json:
    """Suite opml.riscv: where a program ends, with the states at four moments on the way."""
    segments = [(segment["addr"], unhex(segment["data"])) for segment in case["segments"]]
    regs = {int(number): value for number, value in case.get("regs", {}).items()}
    trace = run(Image(segments, case["entry"], regs), case["max_steps"])
    end: State = trace.final
    return {
        "exited": end.exited,
        "code": end.code,
        "steps": trace.n_steps,
        "pc": end.pc,
        "regs": list(end.regs),
        **_ending(trace),
    }


def rv32_step(case: Json) -> Json:
    """Suite opml.rv32_step: what the referee makes of a state and two proofs."""
    fields = case["state"]
    state = State(**{**fields, "mem_root": unhex(fields["mem_root"]), "regs": (*fields["regs"],)})
    proofs = (None if case[name] is None else unhex(case[name]) for name in PROOFS)
    post = step(state, *proofs)
    shown = {**asdict(post), "mem_root": enhex(post.mem_root), "regs": list(post.regs)}
    return {"pre_hash": enhex(state.hash), "post_hash": enhex(post.hash), "post": shown}


PROOFS = ("insn_proof", "mem_proof")


def mlp(case: Json) -> Json:
    """Suite opml.mlp: a program that evaluates a network."""
    numbers = bytes(value & 0xFF for value in case["input"])
    segments = [
        (CODE, unhex(case["program"])),
        (MODEL, unhex(case["model"])),
        (INPUT, framed(numbers)),
    ]
    image = Image(segments)
    trace = run(image)
    end: State = trace.final
    answered = (end.exited, end.code) == (1, 0)
    return {
        "exited": end.exited,
        "exit_code": end.code,
        "output": _int32s(output_of(trace.tree(trace.n_steps))) if answered else None,
        "steps": trace.n_steps,
        "initial_state": enhex(image.start.hash),
        "final_state": enhex(end.hash),
    }


def cannon_step(case: Json) -> Json:
    """Suite opml.cannon_step: the hash after one step, or the contract's reason to refuse it."""
    preimages = unhex_all(case.get("preimages") or ())
    try:
        return {
            "post_hash": enhex(cannon.step(unhex(case["state"]), unhex(case["proof"]), preimages))
        }
    except cannon.Revert as refusal:
        raise type(refusal.reason, (Exception,), {})() from None  # the suite's names have spaces


def cannon_run(case: Json) -> Json:
    """Suite opml.cannon_run: where a program for the Cannon machine ends."""
    image = Image([(case["base"], unhex(case["code"]))], case["entry"])
    trace = run(image, case["max_steps"], "cannon")
    end: cannon.CannonState = trace.final
    return {
        "steps": trace.n_steps,
        "exited": end.exited,
        "exit_code": end.exit_code,
        **{name: getattr(end, name) for name in ("pc", "hi", "lo", "heap")},
        "regs": list(end.regs),
        **_ending(trace),
    }


def _ending(trace: Trace) -> Json:
    """Memory, state, and the states before: at the start, after one step, half-way, at the end."""
    shown = [[index, enhex(trace.commitment(index))] for index in _checkpoints(trace.n_steps)]
    end = trace.final
    return {
        "mem_root": enhex(end.mem_root),
        "state_hash": enhex(end.hash),
        "checkpoints": shown,
    }


def _checkpoints(n_steps: int) -> Iterator[int]:
    """Four moments of a run; none of a run of one step."""
    if n_steps > 1:
        yield from sorted({0, 1, n_steps // 2, n_steps - 1})


def _int32s(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}i", data))
