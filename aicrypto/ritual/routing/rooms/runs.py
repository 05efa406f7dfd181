"""Training as a service: a run's checkpoints, committed to, and a referee for quarrels (Verde).

A job is a JSON object with "seed" and "steps". The answer is the Merkle root over all checkpoints
and the hash of the last; the operators give the same bits on every machine, so honest providers
give the same answer. Two that differ are questioned: bisection finds the step, then the operator,
and the referee runs that one alone.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aicrypto.commit.untrusted import parse_json
from aicrypto.ritual.node import Output
from aicrypto.ritual.routing.ways import Effort

if TYPE_CHECKING:
    from aicrypto.training.refereed import Job, Provider, Ruling

MAX_STEPS, ROWS = 64, 4
N_KEPT = 16  # runs; strangers name them
WIDTHS = 4, 8  # embedding, hidden
PAGE_TOKENS = 12
LEARNING_RATE = 3e-3
EFFORT = Effort(0.02, has_game=True)  # of a small job on one core; `bench ritual.rooms`


@dataclass(frozen=True)
class Runs:
    """The training room for a small language model."""

    name: str = "training"
    effort: Effort = EFFORT

    def work(self, data: bytes) -> Output:
        """Root and last hash; ValueError if the data is no job."""
        return answer_of(self.provider(data))

    def check(self, data: bytes, output: Output) -> bool:
        """Whether an honest run ends like this."""
        try:
            return output.data == self.work(data).data
        except ValueError:
            return False

    def provider(self, data: bytes, name: str = "honest") -> "Provider":
        """An honest provider of the job; ValueError if the data is no job."""
        from aicrypto.training.refereed import Provider

        return Provider(name, training_job(*_terms(data)))

    def quarrel(self, data: bytes, first: "Provider", second: "Provider") -> "Ruling":
        """Which of two providers of this job has cheated, and at which operator."""
        from aicrypto.training.refereed import dispute

        return dispute(training_job(*_terms(data)), first, second)


@lru_cache(N_KEPT)
def training_job(seed: int, n_steps: int) -> "Job":
    """The run that a seed and a number of steps mean."""
    from aicrypto.training.diloco import AdamW
    from aicrypto.training.language import Language, Model
    from aicrypto.training.refereed import Job

    model = Model(*WIDTHS)
    x, y = Language().pages(seed, -(-ROWS * n_steps // PAGE_TOKENS), PAGE_TOKENS)
    starts = range(0, ROWS * n_steps, ROWS)
    batches = tuple((x[i : i + ROWS], y[i : i + ROWS]) for i in starts)
    return Job(model.layout.split(model.start(seed)), batches, AdamW(lr=LEARNING_RATE))


def answer_of(provider: "Provider") -> Output:
    """What a provider delivers: the root over its checkpoints, and the last one's hash."""
    return Output(provider.root + provider.hashes[-1])


def _terms(data: bytes) -> tuple[int, int]:
    job: Any = parse_json(data)
    seed, steps = (job.get(name) if isinstance(job, dict) else None for name in ("seed", "steps"))
    if type(seed) is not int or not 0 <= seed < 2**31:
        raise ValueError(f"seed is {seed!r}, must be in 0..2^31-1")
    if type(steps) is not int or not 0 < steps <= MAX_STEPS:
        raise ValueError(f"steps is {steps!r}, must be in 1..{MAX_STEPS}")
    return seed, steps
