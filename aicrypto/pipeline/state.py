"""What stages hand to each other: options, the chain, products by type, and the receipts so far."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from aicrypto.commit.hashes import sha256
from aicrypto.evm import Chain
from aicrypto.pipeline.job import Job
from aicrypto.pipeline.receipts import Facts, Inputs, Json, Receipt, Stage, decode, encode

Product = TypeVar("Product")


@dataclass(frozen=True)
class Options:
    """What the caller asked for.

    Attributes:
        site: address of a web site; None is Python's own documentation server, started here.
        topics: topics to keep; none named means the site's largest ones.
        device: torch device for training.
        tamper: stage whose evidence is altered after it was published, or None.
    """

    site: str | None = None
    topics: tuple[str, ...] = ()
    device: str = "cpu"
    seed: int = 0
    tamper: str | None = None


@dataclass(frozen=True)
class State:
    """One run, as far as it has come; stages return a new one."""

    options: Options
    chain: Chain
    job: Job
    folder: Path
    progress: Callable[[int, int], None] = lambda done, total: None
    products: dict[type, Any] = field(default_factory=dict)
    evidence: dict[str, Json] = field(default_factory=dict)
    receipts: tuple[Receipt, ...] = ()

    @property
    def facts(self) -> Facts:
        """The facts of each stage so far."""
        return {receipt.stage: receipt.facts for receipt in self.receipts}

    def get(self, kind: type[Product]) -> Product:
        """The product of that type, made by an earlier stage."""
        product = self.products[kind]
        assert isinstance(product, kind)
        return product

    def rng(self, purpose: str) -> random.Random:
        """A generator that depends on the seed and the purpose alone."""
        return random.Random(f"{self.options.seed}:{purpose}")

    def publish(self, stage: Stage, product: object, evidence: Json) -> "State":
        """The state with a stage's product, its evidence on disk, and the receipt that follows."""
        data = encode(evidence)
        name = f"{len(self.receipts) + 1}_{stage.name}.json"
        (self.folder / name).write_bytes(data)
        published = {**self.evidence, stage.name: decode(data)}
        follows = stage.conclude(published[stage.name], self.facts, Inputs(published.get))
        receipt = Receipt(
            stage.name, follows.claim, follows.facts, stage.assumes, name, sha256(data).hex()
        )
        return replace(
            self,
            products={**self.products, type(product): product},
            evidence=published,
            receipts=(*self.receipts, receipt),
        )


def begin(options: Options, folder: Path, progress: Callable[[int, int], None]) -> State:
    """A new run: a fresh chain that keeps its transactions, with one funded job on it."""
    chain = Chain(seed=f"aicrypto:{options.seed}", record=True)
    return State(options, chain, Job.open(chain), folder, progress)
