"""What each receipt rests on, in one table, and which system of the course it lights.

The columns are all that a stranger who has checked a receipt must still believe. Fewer dots are
better; a dot further right is dearer, from mathematics that everybody uses to a single party.
"""

from collections.abc import Mapping, Sequence

from aicrypto.pipeline.receipts import Receipt

KINDS = {
    "hash": "nobody finds two texts with one hash",
    "signature": "nobody signs with another's key",
    "pairing": "pairings on BN254 are one-way",
    "setup": "who made the proof's key has forgotten its secret",
    "chain": "most of those who keep the chain are honest (here it is one process)",
    "one awake": "one of all who may look does, in time",
    "most honest": "so many of a group are honest (stake, k of n)",
    "a word": "one party says so, and nobody can check",
}
MATHEMATICS = ("hash", "signature")
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "order": (*MATHEMATICS, "chain"),
    "crawl": (*MATHEMATICS, "most honest", "a word"),
    "witness": (*MATHEMATICS, "chain", "most honest"),
    "dataset": ("hash", "most honest"),
    "together": (*MATHEMATICS, "a word"),
    "train": (*MATHEMATICS, "a word"),
    "rank": (*MATHEMATICS, "most honest"),
    "own": (*MATHEMATICS, "chain", "a word"),
    "quantise": ("hash",),
    "prove": ("hash",),
    "claim": ("hash", "pairing", "setup", "chain"),
    "market": (*MATHEMATICS, "chain", "most honest"),
    "inference": ("hash", "chain", "one awake"),
    "context": ("hash", "chain", "one awake"),
    "royalty": (*MATHEMATICS, "chain", "a word"),
    "settle": (*MATHEMATICS, "chain"),
    "service": (*MATHEMATICS, "chain", "most honest"),
    "sale": (*MATHEMATICS, "chain", "a word"),
}
LIGHTS: Mapping[str, tuple[str, ...]] = {
    "Grass": ("crawl",),
    "Space and Time": ("witness", "dataset", "context"),
    "Story": ("royalty",),
    "Bittensor": ("together", "train", "rank"),
    "Sentient": ("own",),
    "Modulus": ("quantise", "prove"),
    "ORA": ("inference", "context"),
    "Ritual": ("market",),
    "Future Primitive": ("order", "sale"),
    "Olas": ("service",),
    "MyShell": ("service",),
}


def lit(receipts: Sequence[Receipt]) -> dict[str, bool]:
    """For each system with a receipt in the run, whether all of them hold."""
    holds = {receipt.stage: receipt.verified for receipt in receipts}
    found = {
        name: [holds[stage] for stage in stages if stage in holds]
        for name, stages in LIGHTS.items()
    }
    return {name: all(verdicts) for name, verdicts in found.items() if verdicts}


def table(receipts: Sequence[Receipt]) -> list[tuple[str, list[bool], str]]:
    """For each receipt its stage, whether it rests on each of `KINDS`, and that in words."""
    return [
        (receipt.stage, [kind in RESTS_ON[receipt.stage] for kind in KINDS], receipt.assumes)
        for receipt in receipts
        if receipt.stage in RESTS_ON
    ]
