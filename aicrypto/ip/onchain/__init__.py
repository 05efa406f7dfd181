"""The protocol as contracts on a chain, and beside the engine."""

from aicrypto.ip.onchain.histories import random_history
from aicrypto.ip.onchain.twins import Disagreement, Twins
from aicrypto.ip.onchain.works import Works

__all__ = ["Disagreement", "Twins", "Works", "random_history"]
