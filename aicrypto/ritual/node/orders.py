"""What a node could serve: subscriptions of the chain, and signed ones that it brings there.

`Reading` keeps up with the coordinator: it trails the newest block, because a block may still be
replaced, and reads subscriptions in batches. A `Known` order has a number there, a `Signed` one
comes with the signature that creates it.

A signed order whose owner and nonce the chain has already is compared with what is there, field by
field: the coordinator itself looks at owner and nonce only, and would serve another order.

Source: ritual-net/infernet-node@05fd1f2 listener.py, @02e75fa processor.py; the comparison is ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain, Contract, Reverted
from aicrypto.evm.signing import InvalidSignature, recover
from aicrypto.oracle import selector
from aicrypto.ritual.delegation import Domain
from aicrypto.ritual.market import Market
from aicrypto.ritual.node.containers import Output
from aicrypto.ritual.node.guardian import Unwanted
from aicrypto.ritual.node.messages import Created, DelegatedJob
from aicrypto.ritual.subscriptions import Subscription

TRAIL_BLOCKS = 5  # behind the newest
BATCH = 200  # subscriptions read at once
CREATED = "SubscriptionCreated"
INPUTS = "getContainerInputs(uint32,uint32,uint32,address)"
ADDRESS_BYTES = 20
TAKEN = "Nonce used for another subscription"

Key = int | tuple[str, int]  # of an order: its number, or owner and nonce


class Reading:
    """How far the coordinator's subscriptions have been read."""

    def __init__(self, market: Market, trail_blocks: int = TRAIL_BLOCKS) -> None:
        self.market, self.trail_blocks = market, trail_blocks
        self._newest = self._last = self._n_receipts = 0

    def new(self) -> Iterator[Created]:
        """Subscriptions that have become deep enough since the last time, in order."""
        self._look()
        while self._last < self._newest:
            first, end = self._last + 1, min(self._last + BATCH, self._newest) + 1
            batch = self.market.reader.readSubscriptionBatch(first, end)
            self._last = end - 1
            for number, fields in zip(range(first, end), batch, strict=True):
                yield Created(number, Subscription(*fields))

    def _look(self) -> None:
        chain, coordinator = self.market.chain, self.market.coordinator
        deep = chain.block.number - self.trail_blocks
        for receipt in chain.receipts[self._n_receipts :]:
            if receipt.block.number > deep:
                break
            self._n_receipts += 1
            for event in chain.events(receipt):
                if (event.address, event.name) == (coordinator.address, CREATED):
                    self._newest = event.arguments["id"]


@dataclass(frozen=True)
class Known:
    """An order that has a number, and its containers in line."""

    market: Market
    number: int
    line: tuple[str, ...]

    @property
    def key(self) -> Key:
        """What a node knows it by."""
        return self.number

    @property
    def subscription(self) -> Subscription:
        """As it is now: it may have been cancelled."""
        return self.market.subscription(self.number)

    def calldata(self, interval: int, data: bytes, output: Output, purse: Contract) -> bytes:
        """The call that delivers."""
        answer = data, output.data, output.proof
        return self.market.coordinator.deliverCompute.encode(self.number, interval, *answer, purse)

    def read_input(self, owner: str, interval: int, node: str) -> bytes:
        """What the consumer wants worked on; nothing if it does not say so in ABI's bytes."""
        from eth_abi.abi import decode
        from eth_abi.exceptions import DecodingError

        asked = self.number, interval, self.market.chain.timestamp, node
        try:
            return bytes(decode(["bytes"], ask(self.market.chain, owner, INPUTS, *asked))[0])
        except DecodingError:  # the consumer is a stranger's
            return b""


@dataclass(frozen=True)
class Signed:
    """An order by signature, and its containers in line."""

    market: Market
    job: DelegatedJob
    line: tuple[str, ...]

    @property
    def key(self) -> Key:
        """What a node knows it by."""
        return self.subscription.owner.lower(), self.job.delegation.nonce

    @property
    def subscription(self) -> Subscription:
        """As it was signed."""
        return self.job.delegation.subscription

    @property
    def number(self) -> int:
        """Its number if the chain has it, 0 if not; Unwanted if that is another order."""
        owner = bytes.fromhex(self.subscription.owner.removeprefix("0x")).rjust(32, b"\0")
        key = keccak256(owner, self.job.delegation.nonce.to_bytes(32, "big"))
        number: int = self.market.coordinator.delegateCreatedIds(key)
        if number and not _is_same(self.market.subscription(number), self.subscription):
            raise Unwanted(TAKEN, number=number)
        return number

    def calldata(self, interval: int, data: bytes, output: Output, purse: Contract) -> bytes:
        """The call that creates, unless it exists, and delivers."""
        signed = self.job.delegation
        head = signed.nonce, signed.expiry_s, signed.subscription.fields
        answer = data, output.data, output.proof
        deliver = self.market.coordinator.deliverComputeDelegatee
        return deliver.encode(*head, *self.job.signature.fields, interval, *answer, purse)

    def read_input(self, owner: str, interval: int, node: str) -> bytes:
        """What came with it."""
        return self.job.data

    def check(self) -> None:
        """Nothing; Unwanted unless the chain has it, or would create it from this signature."""
        if self.number:
            return
        place = Domain(self.market.chain.chain_id, self.market.coordinator.address)
        try:
            signer = recover(self.job.delegation.digest(place), self.job.signature)
        except InvalidSignature:
            raise Unwanted("InvalidSignature") from None
        answer = ask(self.market.chain, self.subscription.owner, "getSigner()")
        if answer[-ADDRESS_BYTES:].hex() != signer.removeprefix("0x"):
            raise Unwanted("SignerMismatch", signer=signer)


Order = Known | Signed


def ask(chain: Chain, contract: str, signature: str, *arguments: int | str) -> bytes:
    """What a view of a stranger's contract returns; nothing if it has no such function."""
    from eth_abi.abi import encode

    kinds = signature[signature.index("(") + 1 : -1]
    data = encode(kinds.split(","), arguments) if kinds else b""
    try:
        return chain.call(contract, selector(signature) + data)
    except Reverted:
        return b""


def _is_same(ours: Subscription, theirs: Subscription) -> bool:
    """Whether two orders are one; addresses may be written in either case."""
    fields = zip(ours.fields, theirs.fields, strict=True)
    return all(str(one).lower() == str(other).lower() for one, other in fields)
