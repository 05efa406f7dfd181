"""MIPS32 as production fault proofs run it: the Cannon profile, contract version 1.0.1."""

from aicrypto.opml.machine.cannon.instructions import Revert
from aicrypto.opml.machine.cannon.mips import Mips, advance, run
from aicrypto.opml.machine.cannon.referee import start_of, step
from aicrypto.opml.machine.cannon.state import CannonState

__all__ = ["CannonState", "Mips", "Revert", "advance", "run", "start_of", "step"]
