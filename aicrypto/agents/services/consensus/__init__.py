"""How operators agree on a common history although some are silent, and some lie.

    run_service("module:function", arguments, faults={"carol": "lying"})

starts an operator as a process for each name, lets them run a service (`aicrypto.agents.services.
fsm`) and gives back what the honest ones ended with. `Operator` is one of them without sockets or
clock, `Replica` his part in agreeing on blocks.
"""

from aicrypto.agents.services.consensus.faults import behaving, distortion
from aicrypto.agents.services.consensus.launch import Outcome, run_service
from aicrypto.agents.services.consensus.operators import Operator, replay
from aicrypto.agents.services.consensus.replica import Identity, Replica
from aicrypto.agents.services.consensus.sealed import Message, seal, unseal
from aicrypto.agents.services.consensus.simulated import Simulation

__all__ = [
    "Identity",
    "Message",
    "Operator",
    "Outcome",
    "Replica",
    "Simulation",
    "behaving",
    "distortion",
    "replay",
    "run_service",
    "seal",
    "unseal",
]
