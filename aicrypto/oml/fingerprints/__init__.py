"""Fingerprints: making them, teaching them to a model, finding them again."""

from aicrypto.oml.fingerprints.detection import Detection, detect, luck_log10
from aicrypto.oml.fingerprints.embedding import (
    Embedded,
    Measures,
    NotEnoughCapacity,
    answered,
    embed,
)
from aicrypto.oml.fingerprints.keys import (
    CollidingKeys,
    Fingerprints,
    Recipe,
    english_keys,
    make_fingerprints,
    random_keys,
    unrelated,
)
from aicrypto.oml.fingerprints.perinucleus import Draw, NoValidToken, Perinucleus, perinucleus

__all__ = [
    "CollidingKeys",
    "Detection",
    "Draw",
    "Embedded",
    "Fingerprints",
    "Measures",
    "NoValidToken",
    "NotEnoughCapacity",
    "Perinucleus",
    "Recipe",
    "answered",
    "detect",
    "embed",
    "english_keys",
    "luck_log10",
    "make_fingerprints",
    "perinucleus",
    "random_keys",
    "unrelated",
]
