"""A node's account at a market: compute what is due, deliver, and know when to stop.

For each order: is it open, can it pay, would a delivery pass? Then compute, rehearse, send. All it
must remember is on the chain, so a node that starts again goes on where it was. Before it computes,
it rehearses a delivery of nothing: what the coordinator refuses anyway is not worth any work. An
answer that has failed three times is given up.

Source: ritual-net/infernet-node@02e75fa processor.py; that money must be unlocked to count is ours.
"""

from collections import Counter
from dataclasses import dataclass

from aicrypto.evm import Account, Contract, Reverted
from aicrypto.evm.accounts import NOBODY
from aicrypto.ritual.errors import refusal
from aicrypto.ritual.market import Market
from aicrypto.ritual.node.containers import Output, line_of, run_graph
from aicrypto.ritual.node.guardian import Guardian, Unwanted
from aicrypto.ritual.node.messages import DelegatedJob
from aicrypto.ritual.node.orders import TRAIL_BLOCKS, Key, Known, Order, Reading, Signed, ask
from aicrypto.ritual.subscriptions import (
    NEVER,
    Subscription,
    interval_at,
    redundancy_key,
    response_key,
)

MAX_ATTEMPTS = 3
DELIVERY_GAS = 5_000_000
MAX_BYTES = 4096  # of an output, of a proof: as the coordinator takes them
WAIT = ""  # why an order is not served now, though it may be later
NOTHING = Output(b"")


@dataclass(frozen=True)
class Delivery:
    """What a node did for an order in an interval.

    Attributes:
        key: the subscription's number; of a signed one owner and nonce.
        error: empty if it delivered; otherwise a refusal's name, or what a container said.
        gas: of the delivery.
    """

    key: Key
    interval: int
    output: Output
    error: str = ""
    gas: int = 0


class Courier:
    """A node that delivers.

    Attributes:
        orders: what it serves.
        ignored: why other orders are not served, or not any more.
    """

    def __init__(
        self,
        market: Market,
        account: Account,
        purse: Contract,
        guardian: Guardian,
        trail_blocks: int = TRAIL_BLOCKS,
        retries: int = 0,
    ) -> None:
        self.market, self.account, self.purse = market, account, purse
        self.guardian, self.retries = guardian, retries
        self.orders: dict[Key, Order] = {}
        self.ignored: dict[Key, str] = {}
        self._reading = Reading(market, trail_blocks)
        self._attempts: Counter[tuple[Key, int]] = Counter()

    def sync(self) -> None:
        """Takes note of the chain's new subscriptions."""
        for created in self._reading.new():
            try:
                line = self.guardian.check(created, self.market.chain.timestamp)
                self.orders[created.number] = Known(self.market, created.number, line)
            except Unwanted as unwanted:
                self.ignored[created.number] = unwanted.reason

    def track(self, job: DelegatedJob) -> None:
        """Takes a signed order, to be served by `work`.

        Raises:
            Unwanted: if the guardian refuses it, the signature is not the owner's signer's, or the
                chain has another subscription under this owner and nonce.
        """
        line = self.guardian.check(job, self.market.chain.timestamp)
        order = Signed(self.market, job, line)
        order.check()
        self.orders[order.key] = order

    def work(self) -> list[Delivery]:
        """What it did: a delivery for each order that is due, or the reason why there is none."""
        self.sync()
        tried = [self.serve(order) for order in list(self.orders.values())]
        return [delivery for delivery in tried if delivery is not None]

    def serve(self, order: Order) -> Delivery | None:
        """What it did for an order; None if that is not due, or no longer served."""
        sub, now = order.subscription, self.market.chain.timestamp
        interval = interval_at(now, sub.active_at, sub.period_s)
        try:
            obstacle = self._obstacle(order, sub, interval)
        except Unwanted as unwanted:
            obstacle = unwanted.reason
        if obstacle is None:
            return self._serve(order, sub, interval)
        if obstacle != WAIT:
            self._drop(order.key, obstacle)
        return None

    def _serve(self, order: Order, sub: Subscription, interval: int) -> Delivery:
        if sub.verifier == NOBODY:  # others may refuse an empty proof
            error = self._rehearse(order.calldata(interval, b"", NOTHING, self.purse))
            if error:
                return self._fail(order, interval, NOTHING, error)
        data = order.read_input(sub.owner, interval, self.account.address)
        result = run_graph(line_of(order.line), self.guardian.catalogue, data, self.retries)[-1]
        if result.output is None:
            return self._fail(order, interval, NOTHING, result.error)
        return self.deliver(order, interval, data, result.output)

    def deliver(self, order: Order, interval: int, data: bytes, output: Output) -> Delivery:
        """An output, sent for an order whatever it is, if the coordinator would take it."""
        if max(len(output.data), len(output.proof)) > MAX_BYTES:
            return self._fail(order, interval, output, f"output or proof is over {MAX_BYTES} bytes")
        calldata = order.calldata(interval, data, output, self.purse)
        if error := self._rehearse(calldata):
            return self._fail(order, interval, output, error)
        chain, coordinator = self.market.chain, self.market.coordinator
        receipt = chain.send(coordinator, sender=self.account, data=calldata, gas=DELIVERY_GAS)
        if isinstance(order, Signed):
            self._drop(order.key, "on chain")  # from now on it is an order like others
        return Delivery(order.key, interval, output, gas=receipt.gas_used)

    def _rehearse(self, calldata: bytes) -> str:
        """Name of the refusal that a delivery would meet, empty if none."""
        chain, to = self.market.chain, self.market.coordinator
        try:
            chain.call(to, calldata, sender=self.account, gas=DELIVERY_GAS, is_static=False)
        except Reverted as reverted:
            return refusal(reverted)
        return ""

    def _fail(self, order: Order, interval: int, output: Output, error: str) -> Delivery:
        self._attempts[order.key, interval] += 1
        return Delivery(order.key, interval, output, error)

    def _drop(self, key: Key, reason: str) -> None:
        self.ignored[key] = reason
        self.orders.pop(key, None)

    # Is it due?

    def _obstacle(self, order: Order, sub: Subscription, interval: int) -> str | None:
        """Why an order is given up; `WAIT` if it is not its time; None if it is due."""
        if sub.active_at == NEVER:
            return "cancelled"
        if self.market.chain.timestamp < sub.active_at:
            return WAIT
        if interval > sub.frequency:
            return "over"
        reason = self._reason_to_rest(order, sub.redundancy, interval)
        if reason:
            return reason if interval == sub.frequency else WAIT
        return None if self._can_pay(sub) else "cannot pay"

    def _reason_to_rest(self, order: Order, redundancy: int, interval: int) -> str:
        """Why nothing more is to be done in this interval, empty if something is."""
        if self._attempts[order.key, interval] >= MAX_ATTEMPTS:
            return "failed too often"
        number, coordinator = order.number, self.market.coordinator
        if not number:
            return ""
        count = coordinator.redundancyCount(redundancy_key(number, interval))
        own = response_key(number, interval, self.account.address)
        is_full = count == redundancy
        return "answered" if is_full or coordinator.nodeResponded(own) else ""

    def _can_pay(self, sub: Subscription) -> bool:
        if not sub.amount:
            return True
        if not self.market.factory.isValidWallet(sub.wallet):
            return False
        unlocked = ask(self.market.chain, sub.wallet, "unlockedBalance(address)", sub.token)
        return int.from_bytes(unlocked, "big") >= sub.amount
