"""The mech marketplace: agents ask other agents for work, pay in advance, and keep a memory.

A request names a *priority mech* and a time limit. Until the limit only that mech may deliver;
after it anybody of the same kind of payment may, and then the one who let the task lie loses a
point of *karma* while the rescuer wins one. A mech that asks for less than the price set aside
gives the rest back; one that asks for more is passed over (`False`), not refused, so that a batch
cannot be blocked by one bad item.

Nobody checks what is delivered: the marketplace counts deliveries. Who hires a mech twice is
served by `requester_karma`, and quality is the business of validators (`aicrypto.agents.trust`).

Refusals have the deployed names in the deployed order. Times are in seconds since 1970.
Source: valory-xyz/ai-registry-mech@53811b7e, MechMarketplace.sol v1.1.0, Karma.sol.
"""

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from aicrypto.agents.refusals import Refusal, demand
from aicrypto.agents.services.mech.balances import BalanceTracker
from aicrypto.agents.services.mech.requests import FIXED_PRICE_NATIVE, request_id
from aicrypto.evm.accounts import NOBODY

LAST_TIME = 2**32 - 1
NO_PAYMENT = bytes(32)
P = ParamSpec("P")
R = TypeVar("R")


class Status(IntEnum):
    """What has become of a request."""

    NONE = 0
    PRIORITY = 1
    EXPIRED = 2
    DELIVERED = 3


@dataclass(frozen=True)
class Mech:
    """An agent for hire: its address, price in wei, kind of payment, and who runs it."""

    address: str
    rate_wei: int
    payment_type: bytes = FIXED_PRICE_NATIVE
    operator: str = NOBODY


@dataclass
class Request:
    """A request that is known; `deliverer` is nobody until it is delivered."""

    priority_mech: str
    requester: str
    rate_wei: int
    payment_type: bytes
    deadline: int
    deliverer: str = NOBODY


@dataclass
class Karma:
    """Points: of mechs, and of requesters with mechs."""

    mechs: Counter[str] = field(default_factory=Counter)
    requesters: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class Counts:
    """How much has been asked for and delivered, by account."""

    nonces: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    mech_deliveries: Counter[str] = field(default_factory=Counter)
    undelivered: int = 0
    total: int = 0


def whole(
    call: Callable[Concatenate["Marketplace", P], R],
) -> Callable[Concatenate["Marketplace", P], R]:
    """The call, after whose refusal all is as it was before: half a request is work for nothing."""

    @wraps(call)
    def attempted(market: "Marketplace", /, *args: P.args, **named: P.kwargs) -> R:
        """What the call returns."""
        result: R = market.attempt(lambda: call(market, *args, **named))
        return result

    return attempted


@dataclass
class Marketplace:
    """One marketplace on one chain.

    Attributes:
        chain_id: of its chain.
        address: of the marketplace.
        fee_bps: its part of what mechs earn, in basis points.
        min_timeout: shortest time limit of a request, in seconds.
        max_timeout: longest one.
        timestamp: the time.
        mechs: registered ones by address.
        requests: by id.
        trackers: balances by kind of payment.
    """

    chain_id: int
    address: str
    fee_bps: int
    min_timeout: int
    max_timeout: int
    timestamp: int
    mechs: dict[str, Mech] = field(default_factory=dict)
    requests: dict[bytes, Request] = field(default_factory=dict)
    trackers: dict[bytes, BalanceTracker] = field(
        default_factory=lambda: {FIXED_PRICE_NATIVE: BalanceTracker()}
    )
    karma: Karma = field(default_factory=Karma)
    counts: Counts = field(default_factory=Counts)

    def attempt(self, action: Callable[[], Any]) -> Any:
        """What the action returns; after a refusal all is as it was before, but for the time.

        Raises:
            Refusal: the action's.
        """
        kept = copy.deepcopy((self.requests, self.trackers, self.karma, self.counts))
        try:
            return action()
        except Refusal:
            self.requests, self.trackers, self.karma, self.counts = kept
            raise

    def register(self, mech: Mech) -> None:
        """Lists a mech."""
        self.mechs[mech.address] = mech

    @whole
    def request(
        self,
        sender: str,
        datas: Sequence[bytes],
        max_rate_wei: int,
        payment_type: bytes,
        priority_mech: str,
        timeout: int,
        wei: int = 0,
    ) -> list[bytes]:
        """Ids of new requests to one mech; they cost its own price each, however much is allowed.

        Raises:
            Refusal: `Overflow`, `OutOfBounds`, `ZeroValue`, `ZeroAddress`, `UnauthorizedAccount`,
                `WrongPaymentType`, `InsufficientBalance`.
        """
        deadline = self.timestamp + timeout
        demand(deadline <= LAST_TIME, "Overflow")
        demand(self.min_timeout <= timeout <= self.max_timeout, "OutOfBounds")
        demand(max_rate_wei > 0 and payment_type != NO_PAYMENT and len(datas) > 0, "ZeroValue")
        mech = self.mech(priority_mech)
        demand(mech.rate_wei <= max_rate_wei, "Overflow")
        demand(mech.payment_type == payment_type, "WrongPaymentType")
        ids = [self._list(mech, sender, data, deadline) for data in datas]
        self.tracker(payment_type).charge(sender, mech.rate_wei * len(ids), wei)
        self.karma.requesters[sender, mech.address] += len(ids)
        self.counts.requests[sender] += len(ids)
        self.counts.undelivered += len(ids)
        self.counts.total += len(ids)
        return ids

    @whole
    def deliver(
        self, mech: str, request_ids: Sequence[bytes], rates_wei: Sequence[int]
    ) -> list[bool]:
        """Which of the requests count as delivered by the mech now, at the prices it asks.

        Raises:
            Refusal: `WrongArrayLength`, `UnauthorizedAccount`, `ZeroAddress`, `WrongPaymentType`,
                `ZeroValue`.
        """
        demand(len(request_ids) > 0 and len(request_ids) == len(rates_wei), "WrongArrayLength")
        worker = self.mech(mech)
        delivered, charged = [], []
        for number, asked in zip(request_ids, rates_wei, strict=True):
            found = self._deliver_one(worker, number, asked)
            delivered.append(found is not None)
            if found is not None:
                charged.append((found.requester, found.rate_wei, asked))
        if charged:
            self.counts.undelivered -= len(charged)
            self.credit_delivery(worker.address, len(charged))
            self.tracker(worker.payment_type).settle(worker.address, charged)
        return delivered

    def status(self, number: bytes) -> Status:
        """What has become of a request."""
        found = self.requests.get(number)
        if found is None:
            return Status.NONE
        if found.deliverer != NOBODY:
            return Status.DELIVERED
        return Status.EXPIRED if self.timestamp > found.deadline else Status.PRIORITY

    def withdraw(self, mech: str, sender: str) -> tuple[int, int]:
        """What a mech is paid out, and the fee; the mech or whoever runs it asks for it.

        Raises:
            Refusal: `UnauthorizedAccount`, `ZeroValue`.
        """
        known = self.mech(mech)
        demand(sender in (known.address, known.operator), "UnauthorizedAccount")
        tracker = self.trackers.get(known.payment_type, BalanceTracker())
        return tracker.withdraw(known.address, self.fee_bps)

    def mech(self, address: str) -> Mech:
        """The registered mech there; refused if nobody (`ZeroAddress`) or none is."""
        demand(address != NOBODY, "ZeroAddress")
        demand(address in self.mechs, "UnauthorizedAccount")
        return self.mechs[address]

    def tracker(self, payment_type: bytes) -> BalanceTracker:
        """The balances of a kind of payment; `ZeroAddress` if nobody keeps them."""
        demand(payment_type in self.trackers, "ZeroAddress")
        return self.trackers[payment_type]

    def next_id(self, mech: Mech, requester: str, data: bytes, rate_wei: int) -> bytes:
        """The id that the requester's next request would have."""
        nonce = self.counts.nonces[requester]
        where = self.chain_id, self.address, mech.address
        return request_id(*where, requester, data, rate_wei, mech.payment_type, nonce)

    def credit_delivery(self, mech: str, n: int) -> None:
        """A mech's counts after n deliveries."""
        self.counts.mech_deliveries[mech] += n
        self.karma.mechs[mech] += n

    def _list(self, mech: Mech, sender: str, data: bytes, deadline: int) -> bytes:
        demand(len(data) > 0, "ZeroValue")
        number = self.next_id(mech, sender, data, mech.rate_wei)
        demand(number not in self.requests, "AlreadyRequested")
        self.requests[number] = Request(
            mech.address, sender, mech.rate_wei, mech.payment_type, deadline
        )
        self.counts.nonces[sender] += 1
        return number

    def _deliver_one(self, worker: Mech, number: bytes, asked: int) -> Request | None:
        """The request, now delivered, or None if it is passed over."""
        demand(number in self.requests, "ZeroAddress")
        found = self.requests[number]
        demand(found.payment_type == worker.payment_type, "WrongPaymentType")
        if found.deliverer != NOBODY or asked > found.rate_wei:
            return None
        if found.priority_mech != worker.address:
            if self.timestamp <= found.deadline:
                return None
            self.karma.mechs[found.priority_mech] -= 1
        found.deliverer = worker.address
        self.counts.deliveries[found.requester] += 1
        return found
