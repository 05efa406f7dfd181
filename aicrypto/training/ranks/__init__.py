r"""Training over processes and hosts: torch.distributed, and what happens when a rank dies.

`circle` is who takes part and how messages go round, `script` what one rank does, `launch` starts
ranks on this machine. The same script runs over hosts:

    torchrun --nnodes 4 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint HOST:PORT \
        -m aicrypto.training.ranks --windows 20 --on-loss go-on
"""

from aicrypto.training.ranks.circle import GO_ON, STOP, Circle, RankLost
from aicrypto.training.ranks.launch import Ended, launch
from aicrypto.training.ranks.script import Outcome, Plan, run

__all__ = ["GO_ON", "STOP", "Circle", "Ended", "Outcome", "Plan", "RankLost", "launch", "run"]
