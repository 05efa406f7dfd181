"""A network of operators in one process with a clock of its own: quick, and the same every time."""

import heapq
import random

from aicrypto.agents.services.consensus.faults import behaving, distortion
from aicrypto.agents.services.consensus.operators import Operator
from aicrypto.agents.services.consensus.replica import Identity
from aicrypto.commit.hashes import sha256
from aicrypto.crawl.signing import public_key

START_MS = 1_750_000_000_000


def seed_of(name):
    return sha256(b"operator", name.encode())


class Network:
    """Operators, and messages under way; delays and losses are drawn from the seed."""

    def __init__(self, make, names, faults=None, seed=0, delay=(1, 30), lost=0.0, delay_ms=400):
        keys = {name: public_key(seed_of(name)) for name in names}
        self.faults, self.rng, self.lost = faults or {}, random.Random(seed), lost
        self.delay, self.now, self.queue, self.count = delay, START_MS, [], 0
        self.operators, self.distort = {}, {}
        for name in names:
            me = Identity(name, seed_of(name), keys)
            period, behaviours = make(name)
            fault = self.faults.get(name)
            self.operators[name] = Operator(me, period, behaving(fault, behaviours), delay_ms)
            self.distort[name] = distortion(None if fault == "two-faced" else fault, me)

    @property
    def honest(self):
        return [o for name, o in self.operators.items() if name not in self.faults]

    def run(self, limit_ms=120_000, until=None):
        """Lets time pass until all honest operators have finished, or the limit."""
        until = until or (lambda: all(o.period.is_finished for o in self.honest))
        for name, operator in self.operators.items():
            operator.start(self.now)
            self._flush(name)
        while self.queue and not until() and self.now < START_MS + limit_ms:
            self.now, _, name, what, text = heapq.heappop(self.queue)
            operator = self.operators[name]
            if what == "text":
                operator.receive(text, self.now)
            else:
                operator.alarm(text, self.now)
            self._flush(name)
        return self

    def _flush(self, name):
        messages, timers = self.operators[name].drain()
        for after, timer in timers:
            self._push(after, name, "alarm", timer)
        for text in messages:
            for peer in self.operators:
                if peer != name and self.rng.random() >= self.lost:
                    for told in self.distort[name](text, peer):
                        self._push(self.rng.randint(*self.delay), peer, "text", told)

    def _push(self, after, name, what, text):
        self.count += 1
        heapq.heappush(self.queue, (self.now + after, self.count, name, what, text))
