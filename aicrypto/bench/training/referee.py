"""A dispute about a training run: what it costs the referee, and what exact operators cost all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch

from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.training.diloco import AdamW, Moments, inner_steps
from aicrypto.training.language import Language, Model, Pages
from aicrypto.training.refereed import Fault, Job, Provider, dispute, program

N_STEPS, N_ROWS = 64, 32
SIZE = Model(16, 64)
RULE = AdamW(lr=2e-3)
FAULT = Fault(41, 14, lambda tensor: tensor * 1.001)


def refereed() -> Iterator[Record]:
    """`training.dispute_rounds`, `training.referee_ms` and `training.exact_step_ms`.

    The referee's share is running one operator and checking proofs; its peer is running the job
    again. The peer of an exact step is autograd's on the library's own products.
    """
    job = _job()
    honest = Provider("honest", job, bytes(32))
    ruling = dispute(job, honest, Provider("liar", job, bytes(32), FAULT))
    yield Record("training.dispute_rounds", ruling.rounds, "rounds", "steps", N_STEPS)
    before = program.run_step(job, FAULT.step, honest.states[FAULT.step - 1])
    judge = partial(upholds, job, question_of(before))
    if not judge():
        raise ValueError(f"operator {FAULT.operator} of an honest step {FAULT.step} was refused")
    with one_thread():
        ours = best_seconds(judge, 15)
        again = best_seconds(lambda: Provider("again", job, bytes(32)).hashes, 3)
        exact = best_seconds(partial(program.run_step, job, 1, job.start), 15)
        free = best_seconds(partial(_autograd_step, job.batches[0]), 15)
    yield Record("training.referee_ms", 1e3 * ours, "ms", "the whole job", 1e3 * again)
    yield Record("training.exact_step_ms", 1e3 * exact, "ms", "autograd", 1e3 * free)


@dataclass(frozen=True)
class Question:
    """What a dispute has come down to: an operator, an opening, and hashes before and after it."""

    op: program.Op
    opening: program.Opening
    agreed: bytes
    claimed: bytes


def question_of(states: Sequence[program.State]) -> Question:
    """The question about the fault's operator, from the states around the operators of its step."""
    agreed, after = states[FAULT.operator - 1], states[FAULT.operator]
    op = program.PROGRAM[FAULT.operator - 1]
    opening = program.open_state(agreed, op)
    return Question(op, opening, program.state_hash(agreed), program.state_hash(after))


def upholds(job: Job, question: Question) -> bool:
    """The referee's work: whether one operator, and the proofs around it, give what is claimed."""
    op, opening = question.op, question.opening
    is_shown = program.check_opening(op, opening, question.agreed)
    return is_shown and program.leads_to(job, FAULT.step, op, opening, question.claimed)


def _job() -> Job:
    x, y = Language().pages(0, N_STEPS * N_ROWS // 32)
    rows = [slice(i * N_ROWS, (i + 1) * N_ROWS) for i in range(N_STEPS)]
    return Job(SIZE.layout.split(SIZE.start(0)), [(x[r], y[r]) for r in rows], RULE)


def _autograd_step(batch: Pages) -> torch.Tensor:
    theta = SIZE.start(0)
    gradient = partial(_gradient, batch)
    return inner_steps(theta, gradient, 1, RULE, Moments.fresh(theta))[0]


def _gradient(batch: Pages, theta: torch.Tensor, _: int) -> torch.Tensor:
    return SIZE.gradient(theta, batch)
