"""Proofs made in one compiled call, rounds and transcript included, and when that may be done.

A round of a short sumcheck is a few hundred multiplications: less work than the calls from Python
that order it. On CPU a whole conversation therefore runs in one call. Readers look at the loops of
`sumcheck` and `logup`, which run on every other device and say the same.
"""

from collections.abc import Callable, Iterable
from types import ModuleType

import numpy as np
from torch import Tensor

from aicrypto.algebra import kernels
from aicrypto.algebra.kernels.spoken import Numbers, Spoken, State
from aicrypto.algebra.plain import Fp2, canonical
from aicrypto.commit.transcript import Transcript


def protocols_for(transcript: Transcript, *tensors: Tensor) -> ModuleType | None:
    """The compiled protocols for these tensors, None where the readable loops must do.

    They know one transcript: of a class of its own, nobody knows what it hears.
    """
    return kernels.protocols_for(*tensors) if type(transcript) is Transcript else None


def speak(
    transcript: Transcript, protocol: Callable[..., Spoken], *arguments: object
) -> tuple[list[Fp2], list[Fp2]]:
    """What was said and what is left to check; the transcript has heard it all."""
    spoken = protocol(*arguments, State(transcript.state, transcript.squeezed))
    transcript.resume(spoken.state.digest, spoken.state.squeezed)
    return _elements(spoken.said), _elements(spoken.left)


def _elements(flat_numbers: Numbers) -> list[Fp2]:
    flat: list[int] = flat_numbers.tolist()
    return list(map(canonical, flat[::2], flat[1::2]))


def numbers(elements: Iterable[Fp2]) -> Numbers:
    """Elements as compiled protocols hear them: two numbers each."""
    return np.array([number for e in elements for number in (e.re, e.im)], np.int64)
