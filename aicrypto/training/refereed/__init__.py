"""Refereed training (Verde): the same job by several providers, a quarrel settled by one operator.

`operators` give the same bits on every machine, `program` is a training step made of them,
`provider` runs the job and commits to it, `transcript` bisects what two have said, `dispute` is the
whole game with its referee.
"""

from aicrypto.training.refereed.dispute import Ruling, dispute, tournament
from aicrypto.training.refereed.operators import exp, softmax_gradient
from aicrypto.training.refereed.program import Job, Op, Opening, State, check_opening, run_step
from aicrypto.training.refereed.provider import Fault, Provider, commitment
from aicrypto.training.refereed.transcript import Transcript, Verdict, settle

__all__ = [
    "Fault",
    "Job",
    "Op",
    "Opening",
    "Provider",
    "Ruling",
    "State",
    "Transcript",
    "Verdict",
    "check_opening",
    "commitment",
    "dispute",
    "exp",
    "run_step",
    "settle",
    "softmax_gradient",
    "tournament",
]
