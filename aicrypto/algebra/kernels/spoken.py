"""What a protocol that runs in one call takes and gives."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

Numbers = Int64[np.ndarray, " n"]  # two for an element


@dataclass(frozen=True, slots=True)
class State:
    """A transcript between two messages: its digest, and the blocks squeezed from it."""

    digest: bytes
    squeezed: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said, what is left to check, and the transcript afterwards."""

    said: Numbers
    left: Numbers
    state: State
