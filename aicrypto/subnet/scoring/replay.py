"""Deterministic replay (Fractal): same seed, same frames; a validator runs it again and compares.

Generation is expensive and a hash of its result is short. Who skips steps or takes another seed
ends with other bytes and scores nothing. The toy generator smooths seeded noise step by step with
integer arithmetic, so that any machine has the same frames.

Source: the Fractal subnet's README (seed-matched generation, mismatch punished); the generator is
ours.
"""

import numpy as np
from jaxtyping import Int64

from aicrypto.commit.hashes import sha256

FRAMES, SIDE, STEPS = 4, 16, 20
LEVELS = 256
WEIGHTS = (1, 2, 1)  # of a cell's neighbours and itself, over 4


def generate(
    seed: int, steps: int = STEPS, frames: int = FRAMES, side: int = SIDE
) -> Int64[np.ndarray, "frames side side"]:
    """Frames of 0..255 made from seeded noise; each step mixes cells with their neighbours."""
    video = np.random.default_rng(seed).integers(0, LEVELS, (frames, side, side), dtype=np.int64)
    before, middle, after = WEIGHTS
    for _ in range(steps):
        for axis in range(3):
            shifted = np.roll(video, 1, axis), np.roll(video, -1, axis)
            video = (before * shifted[0] + middle * video + after * shifted[1] + 1) // sum(WEIGHTS)
    return video


def frames_digest(video: Int64[np.ndarray, "frames side side"]) -> bytes:
    """32 bytes that stand for the frames."""
    shape = b"".join(n.to_bytes(4, "big") for n in video.shape)
    return sha256(shape, video.astype(">i8").tobytes())


def replay_score(digest: bytes, seed: int, steps: int = STEPS, weight: float = 1.0) -> float:
    """The weight if a re-run ends with this digest, or 0."""
    return weight if frames_digest(generate(seed, steps)) == digest else 0.0
