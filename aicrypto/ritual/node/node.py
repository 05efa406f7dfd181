"""A node: containers, a guardian before them, a job store, and an account at a market.

    submit    a job over the web: refused at once, or run and kept in the store
    work      one round at the market: signed orders that came in, then all that is due

Jobs run where the node is called, or in any `concurrent.futures.Executor`. The chain is touched by
`work` alone, so whoever serves the web from other threads leaves it in peace.

Source: ritual-net/infernet-node@3611d2c.
"""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from aicrypto.evm import Account, Contract
from aicrypto.ritual.market import Market
from aicrypto.ritual.node.containers import Catalogue, Container, run_graph
from aicrypto.ritual.node.courier import Courier, Delivery
from aicrypto.ritual.node.guardian import Guardian, Unwanted
from aicrypto.ritual.node.messages import DelegatedJob, OffchainJob, read_message
from aicrypto.ritual.node.orders import TRAIL_BLOCKS
from aicrypto.ritual.node.store import Status, Store

MAX_WAITING = 1_000  # signed orders between two rounds of work


@dataclass(frozen=True)
class Seat:
    """A node's place at a market: who signs its deliveries, and the wallet that it is paid into."""

    market: Market
    account: Account
    purse: Contract
    trail_blocks: int = TRAIL_BLOCKS


class Node:
    """One node.

    Attributes:
        store: jobs from the web.
        courier: its side at the market; None for a node without a seat.
        refused: the newest signed orders that came in and were not taken: id and reason.
    """

    def __init__(
        self,
        containers: Iterable[Container],
        rng: Random,
        seat: Seat | None = None,
        executor: Executor | None = None,
        retries: int = 0,
    ) -> None:
        self.catalogue, self.store = Catalogue(containers), Store()
        on_chain = seat is not None
        self.guardian = Guardian(self.catalogue, has_purse=on_chain, is_on_chain=on_chain)
        self.courier: Courier | None = None
        if seat is not None:
            place = seat.market, seat.account, seat.purse
            self.courier = Courier(*place, self.guardian, seat.trail_blocks, retries)
        self.refused: deque[tuple[str, str]] = deque(maxlen=MAX_WAITING)
        self._rng, self._executor, self._retries = rng, executor, retries
        self._arrived: deque[DelegatedJob] = deque()

    def submit(self, document: Any, ip: str) -> dict[str, str]:
        """`{"id": ...}` of a job that is run now; nothing for an order that goes to the chain.

        Raises:
            ValueError: naming the field of the document that is missing or wrong.
            Unwanted: if the guardian refuses it.
        """
        job = read_message(document, str(UUID(int=self._rng.getrandbits(128), version=4)), ip)
        self.guardian.check(job, self._now_s)
        if isinstance(job, DelegatedJob):
            if len(self._arrived) >= MAX_WAITING:
                raise Unwanted("Too many orders are waiting")
            self._arrived.append(job)
            return {}
        self.store.put(job.id, ip, Status.RUNNING)
        if self._executor is None:
            self._run(job)
        else:
            self._executor.submit(self._run, job)
        return {"id": job.id}

    def work(self) -> list[Delivery]:
        """What it did at the market in this round.

        Raises:
            ValueError: if it has no seat at one.
        """
        if self.courier is None:
            raise ValueError("seat is None: this node is at no market")
        while self._arrived:
            job = self._arrived.popleft()
            try:
                self.courier.track(job)
            except Unwanted as unwanted:
                self.refused.append((job.id, unwanted.reason))
        return self.courier.work()

    def info(self) -> dict[str, Any]:
        """What it tells everybody: containers, jobs under way, its address."""
        containers = [
            {"id": one.name, "external": one.is_external, "description": one.description}
            for one in self.catalogue.values()
        ]
        on_chain = len(self.courier.orders) + len(self._arrived) if self.courier else 0
        address = self.courier.account.address if self.courier else ""
        return {
            "containers": containers,
            "pending": {"offchain": self.store.n_running, "onchain": on_chain},
            "chain": {"enabled": self.courier is not None, "address": address},
        }

    @property
    def _now_s(self) -> int:
        return self.courier.market.chain.timestamp if self.courier else 0

    def _run(self, job: OffchainJob) -> None:
        results = run_graph(job.graph, self.catalogue, job.data, self._retries)
        self.store.finish(job.id, job.ip, results)
