"""The guardian: which messages a node works on at all, each refusal with its reason.

It looks at what a message says, not at the chain: whether a signature is good, a wallet can pay and
a subscription is still open is asked later, by whoever delivers. Checks come in the deployed node's
order, with its words.

Source: ritual-net/infernet-node@0e2d8cf, guardian.py and wallet_checker.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from aicrypto.evm.accounts import NOBODY
from aicrypto.ritual.node.containers import Catalogue, order_of
from aicrypto.ritual.node.messages import Created, DelegatedJob, Message, OffchainJob
from aicrypto.ritual.subscriptions import Subscription

UNSUPPORTED, UNKNOWN_LINE = "Container not supported", "Container-set not supported"
INTERNAL, UNPROVEN = "First container must be external", "Container does not generate proof"
NOT_FOR_YOU, UNDERPAID = "Container not allowed for address", "Invalid payment"
NO_CONTAINERS, NO_CHAIN, EXPIRED = (
    "No containers specified",
    "Chain not enabled",
    "Signature expired",
)


class Unwanted(Exception):
    """A message that the node does not work on.

    Attributes:
        reason: in the deployed node's words.
        params: what it is about.
    """

    def __init__(self, reason: str, **params: Any) -> None:
        super().__init__(reason)
        self.reason, self.params = reason, params


@dataclass(frozen=True)
class Guardian:
    """A node's rules.

    Attributes:
        has_purse: whether the node has a wallet that payments could go to.
        is_on_chain: whether it delivers to a chain.
    """

    catalogue: Catalogue
    has_purse: bool = False
    is_on_chain: bool = False

    def check(self, message: Message, now_s: int) -> tuple[str, ...]:
        """The containers that a message wants, in an order in which they can run.

        Raises:
            Unwanted: with the first reason found.
        """
        if isinstance(message, OffchainJob):
            return self._check_job(message)
        if isinstance(message, DelegatedJob):
            return self._check_delegated(message, now_s)
        return self._check_subscription(message)

    def _check_job(self, job: OffchainJob) -> tuple[str, ...]:
        if not job.graph:
            raise Unwanted(NO_CONTAINERS)
        order = tuple(order_of(job.graph))
        for name in order:
            self._check_known(name, is_first=not job.graph[name])
        self._check_proof(order, job.needs_proof)
        for name in order:
            if not _is_inside(job.ip, self.catalogue[name].allowed_ips):
                raise Unwanted(NOT_FOR_YOU, container=name, address=job.ip)
        return order

    def _check_delegated(self, job: DelegatedJob, now_s: int) -> tuple[str, ...]:
        if not self.is_on_chain:
            raise Unwanted(NO_CHAIN)
        if now_s >= job.delegation.expiry_s:
            raise Unwanted(EXPIRED, expiry=job.delegation.expiry_s)
        sub = job.delegation.subscription
        line = self._check_line(sub)
        for name in line:
            _check_owner(sub.owner, name, self.catalogue[name].allowed_delegates)
        self._check_payment(sub, line)
        return line

    def _check_subscription(self, created: Created) -> tuple[str, ...]:
        sub = created.subscription
        line = self._check_line(sub)
        for name in line:
            _check_owner(sub.owner, name, self.catalogue[name].allowed_addresses)
        self._check_payment(sub, line)
        return line

    def _check_line(self, sub: Subscription) -> tuple[str, ...]:
        line = self.catalogue.line(sub.container_id)
        if not line:
            raise Unwanted(UNKNOWN_LINE, containers="0x" + sub.container_id.hex())
        self._check_known(line[0], is_first=True)
        self._check_proof(line, sub.verifier != NOBODY)
        return line

    def _check_known(self, name: str, is_first: bool) -> None:
        if name not in self.catalogue:
            raise Unwanted(UNSUPPORTED, container=name)
        if is_first and not self.catalogue[name].is_external:
            raise Unwanted(INTERNAL, first_container=name)

    def _check_proof(self, line: Sequence[str], needs_proof: bool) -> None:
        if needs_proof and not self.catalogue[line[-1]].proves:
            raise Unwanted(UNPROVEN, container=line[-1])

    def _check_payment(self, sub: Subscription, line: Sequence[str]) -> None:
        """A payment needs a purse; each container that asks for one wants its least part of it."""
        if sub.amount and not self.has_purse:
            raise Unwanted(UNDERPAID, why="no purse")
        least = 0
        for accepted in (self.catalogue[name].least_payment for name in line):
            if accepted and sub.token not in accepted:
                raise Unwanted(UNDERPAID, token=sub.token)
            least += accepted.get(sub.token, 0)
        if sub.amount < least:
            raise Unwanted(UNDERPAID, amount=sub.amount, least=least)


def _check_owner(owner: str, container: str, allowed: Sequence[str]) -> None:
    if allowed and owner.lower() not in {address.lower() for address in allowed}:
        raise Unwanted(NOT_FOR_YOU, container=container, address=owner)


def _is_inside(ip: str, networks: Sequence[str]) -> bool:
    return not networks or any(
        ip_address(ip) in ip_network(network, strict=False) for network in networks
    )
