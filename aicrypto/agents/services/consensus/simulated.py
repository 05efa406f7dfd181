"""Operators in one process, under a clock of their own: quick, and the same every time.

`launch` gives each operator a process and sockets. Here they are objects, messages lie in a queue
until they are due, and time passes only when one is delivered. How long each is under way is drawn
from the given generator, so that a run can be done again to the byte.

Times are in milliseconds.
"""

import heapq
import random
from collections.abc import Callable, Mapping
from typing import Any

from aicrypto.agents.services.consensus.faults import behaving, distortion
from aicrypto.agents.services.consensus.operators import Operator
from aicrypto.agents.services.consensus.replica import Identity
from aicrypto.agents.services.fsm.periods import Behaviour, Period
from aicrypto.crawl.signing import public_key

SLOWEST_MS = 30  # that a message is under way
LIMIT_MS = 120_000  # after which nothing more is waited for
PATIENCE_MS = 400  # of an operator's first attempt: many times what a message takes

Maker = Callable[[str], tuple[Period, dict[str, Behaviour]]]


class Simulation:
    """Operators and the messages between them.

    Args:
        make: an operator's copy of the service, and how it behaves, by its name.
        seeds: the key of each.
        faults: what is wrong with some (`faults`).
        rng: draws how long messages take.
        start_ms: when it begins.
    """

    def __init__(
        self,
        make: Maker,
        seeds: Mapping[str, bytes],
        faults: Mapping[str, str],
        rng: random.Random,
        start_ms: int,
    ) -> None:
        keys = {name: public_key(seed) for name, seed in seeds.items()}
        self._rng, self._now, self._end = rng, start_ms, start_ms + LIMIT_MS
        self._queue: list[tuple[int, int, str, bool, Any]] = []
        self._count = 0
        self._faults = faults
        self.operators: dict[str, Operator] = {}
        self._distort = {}
        for name, seed in seeds.items():
            me, fault = Identity(name, seed, keys), faults.get(name)
            period, behaviours = make(name)
            self.operators[name] = Operator(me, period, behaving(fault, behaviours), PATIENCE_MS)
            self._distort[name] = distortion(fault, me)

    @property
    def honest(self) -> list[Operator]:
        """The operators without a fault."""
        return [one for name, one in self.operators.items() if name not in self._faults]

    def run(self) -> list[Operator]:
        """The honest operators, when all of them have finished or the time is up."""
        for name, operator in self.operators.items():
            operator.start(self._now)
            self._send(name)
        while self._queue and self._now < self._end:
            if all(one.period.is_finished for one in self.honest):
                break
            self._now, _, name, is_alarm, what = heapq.heappop(self._queue)
            operator = self.operators[name]
            (operator.alarm if is_alarm else operator.receive)(what, self._now)
            self._send(name)
        return self.honest

    def _send(self, name: str) -> None:
        """Puts on its way what an operator has to say, and sets its alarms."""
        messages, timers = self.operators[name].drain()
        for after, timer in timers:
            self._push(after, name, True, timer)
        peers = [peer for peer in self.operators if peer != name]
        for text, peer in ((text, peer) for text in messages for peer in peers):
            for told in self._distort[name](text, peer):
                self._push(self._rng.randint(1, SLOWEST_MS), peer, False, told)

    def _push(self, after: int, name: str, is_alarm: bool, what: Any) -> None:
        self._count += 1
        heapq.heappush(self._queue, (self._now + after, self._count, name, is_alarm, what))
