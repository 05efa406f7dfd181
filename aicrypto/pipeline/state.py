"""What stages hand to each other: options, the chain, products by type, and the receipts so far."""

import random
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from aicrypto.commit.hashes import sha256
from aicrypto.evm import Chain
from aicrypto.pipeline.job import CLIENT, Job
from aicrypto.pipeline.receipts import (
    Facts,
    Inputs,
    Json,
    Receipt,
    Stage,
    decode,
    encode,
    write_whole,
)
from aicrypto.pipeline.stages.agent import Agent, found
from aicrypto.pipeline.work.executors import alone

Product = TypeVar("Product")
Outcome = TypeVar("Outcome")


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
    executor: Executor | None = None
    n_entries: int = 0  # of the chain's journal, before this stage

    @property
    def facts(self) -> Facts:
        """The facts of each stage so far."""
        return {receipt.stage: receipt.facts for receipt in self.receipts}

    @property
    def agent(self) -> Agent:
        """Who ordered the run."""
        return self.get(Agent)

    def get(self, kind: type[Product]) -> Product:
        """The product of that type, made by an earlier stage."""
        product = self.products[kind]
        assert isinstance(product, kind)
        return product

    def spread(self, job: Callable[..., Outcome], *items: Iterable[Any]) -> list[Outcome]:
        """The job's results for all items, in their order, by the run's workers if it has any."""
        if self.executor is None:
            return [job(*arguments) for arguments in zip(*items, strict=True)]
        futures = [
            self.executor.submit(alone, job, *arguments) for arguments in zip(*items, strict=True)
        ]
        return [future.result() for future in futures]

    def rng(self, purpose: str) -> random.Random:
        """A generator that depends on the seed and the purpose alone."""
        return random.Random(f"{self.options.seed}:{purpose}")

    def publish(self, stage: Stage, product: object, evidence: Json) -> "State":
        """The state with a stage's product, its evidence on disk, and the receipt that follows."""
        data = encode(evidence)
        name = f"{len(self.receipts) + 1}_{stage.name}.json"
        write_whole(self.folder / name, data)
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


def begin(
    options: Options,
    folder: Path,
    progress: Callable[[int, int], None],
    executor: Executor | None = None,
) -> State:
    """A new run: a fresh chain that keeps its transactions, on which an agent ordered one job."""
    chain = Chain(seed=seed_of_chain(options), record=True)
    agent = found(chain, chain.account(CLIENT))
    job = Job.open(chain, agent)
    return State(options, chain, job, folder, progress, {Agent: agent}, executor=executor)


def seed_of_chain(options: Options) -> str:
    """What the keys of a run's accounts are derived from."""
    return f"aicrypto:{options.seed}"
