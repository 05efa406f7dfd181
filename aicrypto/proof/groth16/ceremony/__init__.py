"""The setup of Groth16 by many: safe if one participant forgot their numbers.

Phase 1 (`powers`) serves every circuit up to a size, phase 2 (`circuit`) one of them. Transcripts
are checked by whoever did not take part.
"""

from aicrypto.proof.groth16.ceremony.circuit import (
    KeyCeremony,
    KeyStep,
    contribute_key,
    finish_key,
    initial_key,
    start_key,
    verify_key,
)
from aicrypto.proof.groth16.ceremony.knowledge import Knowledge
from aicrypto.proof.groth16.ceremony.powers import (
    Powers,
    PowersCeremony,
    PowersStep,
    contribute_powers,
    finish_powers,
    start_powers,
    verify_powers,
)

__all__ = [
    "KeyCeremony",
    "KeyStep",
    "Knowledge",
    "Powers",
    "PowersCeremony",
    "PowersStep",
    "contribute_key",
    "contribute_powers",
    "finish_key",
    "finish_powers",
    "initial_key",
    "start_key",
    "start_powers",
    "verify_key",
    "verify_powers",
]
