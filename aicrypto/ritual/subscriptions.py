"""What a consumer orders: a subscription, its containers, its intervals, its keys on chain.

A subscription says which computation runs, how often, by how many nodes, for how much, and who
judges. Time is cut into intervals of `period_s` from `active_at` on; in each one at most
`redundancy` nodes answer. Times are seconds since 1970 in 32 bits, which wrap around.

Source: ritual-net/infernet-sdk@b183dc3, Coordinator.
"""

from dataclasses import dataclass
from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.accounts import NOBODY

TIME_MASK = 2**32 - 1
NEVER = TIME_MASK  # `active_at` of a cancelled subscription
PROOF_WINDOW_S = 604_800  # a verifier's time to speak
SEPARATOR = ","  # between containers: the output of one is the input of the next
KINDS = {  # ABI types by name, in the order of the contract's struct
    "owner": "address",
    "activeAt": "uint32",
    "period": "uint32",
    "frequency": "uint32",
    "redundancy": "uint16",
    "containerId": "bytes32",
    "lazy": "bool",
    "verifier": "address",
    "paymentAmount": "uint256",
    "paymentToken": "address",
    "wallet": "address",
}


@dataclass(frozen=True)
class Subscription:
    """A subscription as the coordinator keeps it.

    Attributes:
        frequency: in how many intervals answers are taken.
        redundancy: how many nodes may answer in each.
        is_lazy: answers go to the inbox, and the consumer learns where.
        amount: what one answer costs, fees included, in the token's smallest unit.
        token: what is paid with; nobody: the chain's own money.
    """

    owner: str
    active_at: int
    period_s: int
    frequency: int
    redundancy: int
    container_id: bytes
    is_lazy: bool = False
    verifier: str = NOBODY
    amount: int = 0
    token: str = NOBODY
    wallet: str = NOBODY

    @property
    def fields(self) -> tuple[Any, ...]:
        """The values in the order of the contract's struct."""
        return (
            *(self.owner, self.active_at, self.period_s, self.frequency, self.redundancy),
            *(self.container_id, self.is_lazy, self.verifier, self.amount, self.token),
            self.wallet,
        )


def container_id(containers: str) -> bytes:
    """32 bytes that stand for a line of containers such as "A,B,C": hash of its ABI encoding."""
    from eth_abi.abi import encode

    return keccak256(encode(["string"], [containers]))


def container_line(containers: str) -> list[str]:
    """Containers in the order in which they run; none for an empty string.

    >>> container_line("crawl,rank")
    ['crawl', 'rank']
    """
    return containers.split(SEPARATOR) if containers else []


def interval_at(now_s: int, active_at: int, period_s: int) -> int:
    """Number of the running interval, from 1; always 1 without a period.

    Before `active_at` the difference wraps around as in the contract, which has refused by then.

    >>> interval_at(1_700_000_119, 1_700_000_000, 60)
    2
    """
    if period_s == 0:
        return 1
    elapsed_s = ((now_s & TIME_MASK) - active_at) & TIME_MASK
    return (elapsed_s // period_s + 1) & TIME_MASK


def redundancy_key(subscription: int, interval: int) -> bytes:
    """Where the coordinator counts the answers of an interval."""
    return keccak256(_word(subscription), _word(interval))


def response_key(subscription: int, interval: int, node: str) -> bytes:
    """Where the coordinator keeps whether a node has answered, and its proof request."""
    address = bytes.fromhex(node.removeprefix("0x")).rjust(32, b"\0")
    return keccak256(_word(subscription), _word(interval), address)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
