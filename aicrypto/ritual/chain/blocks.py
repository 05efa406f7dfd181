"""A small chain with asynchronous calls: execute once, verify many, replay without executing.

    submit      a user's call waits in the pool
    propose     a block: settlements of what was included before, calls whose output has come,
                commitments to new calls
    fulfil      the executor broadcasts an output
    replay      anybody, from the blocks alone, reaches the same state roots

A block carries each output as it was recorded, so replay is deterministic though the work (a model,
a proof, a web page) is not. What replay alone cannot see is whether a recorded output was right:
for that a proof travels beside it, and `replay` takes the function that checks it.

Everything in a block is bytes (RLP); the state root is that of a Merkle-Patricia trie. Wallets are
in wei, signatures are left out. Source of the life of a call: ritual-net/ritual-scan@66eb449.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.tries import Trie, encode, integer
from aicrypto.evm.tries.rlp import Item
from aicrypto.ritual.chain.asynchronous import Fees

Check = Callable[["Call", bytes, bytes], bool]  # call, output, proof


class BadBlock(Exception):
    """A block that breaks a rule, or whose state root is not what it leads to."""


@dataclass(frozen=True)
class Call:
    """A user's asynchronous call of a precompile."""

    sender: str
    nonce: int
    precompile: str
    data: bytes
    ttl: int

    @property
    def hash(self) -> bytes:
        """What it is known by."""
        return keccak256(encode(self.items))

    @property
    def items(self) -> list[Item]:
        """Its fields as RLP takes them."""
        who, where = self.sender.encode(), self.precompile.encode()
        return [who, integer(self.nonce), where, self.data, integer(self.ttl)]


@dataclass(frozen=True)
class Commitment:
    """A promise to wait for a call's output; it carries the whole call."""

    call: Call
    executor: str


@dataclass(frozen=True)
class Fulfilled:
    """A call again, with the output that was recorded for it, and its proof."""

    call_hash: bytes
    output: bytes
    proof: bytes
    block: int  # in which the executor broadcast it


@dataclass(frozen=True)
class Settlement:
    """Payment for a call."""

    call_hash: bytes


Transaction = Commitment | Fulfilled | Settlement


@dataclass(frozen=True)
class Block:
    """A block; `state_root` is what the state must be after it."""

    number: int
    proposer: str
    transactions: tuple[Transaction, ...]
    state_root: bytes


@dataclass(frozen=True)
class Open:
    """A call on its way: committed in a block by a proposer, maybe included by another."""

    call: Call
    executor: str
    commit_block: int
    committer: str
    includer: str = ""
    inclusion_block: int = 0


@dataclass
class State:
    """Everything that blocks change.

    Attributes:
        wallets: wei by account.
        open: calls that are not settled.
        outputs: latest output that each user's contract received.
        seen: calls ever committed, so that none is twice.
    """

    wallets: dict[str, int]
    fees: Fees
    open: dict[bytes, Open] = field(default_factory=dict)
    outputs: dict[str, bytes] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)

    @property
    def root(self) -> bytes:
        """32 bytes that stand for it."""
        items = {b"w" + who.encode(): b"\1" + integer(wei) for who, wei in self.wallets.items()}
        items |= {b"o" + who.encode(): b"\1" + output for who, output in self.outputs.items()}
        items |= {b"s" + call: b"\1" for call in self.seen}
        items |= {b"c" + key: encode(_open_items(one)) for key, one in self.open.items()}
        return Trie(items.items(), secure=True).root

    def free_wei(self, account: str) -> int:
        """What a wallet holds beyond the fees of its calls on their way."""
        n_open = sum(one.call.sender == account for one in self.open.values())
        return self.wallets.get(account, 0) - n_open * self.fees.total

    def drop_expired(self, number: int) -> None:
        """Forget calls whose output did not come in time; they cost nothing."""
        late = [
            key
            for key, one in self.open.items()
            if not one.includer and number > one.commit_block + one.call.ttl + 1
        ]
        for key in late:
            del self.open[key]


@dataclass
class AsyncChain:
    """A proposer's view: the blocks so far, the state after them, and the two pools.

    Attributes:
        pool: calls that no block has.
        results: outputs that were broadcast and are in no block.
    """

    state: State
    executor: str
    blocks: list[Block] = field(default_factory=list)
    pool: list[Call] = field(default_factory=list)
    results: dict[bytes, Fulfilled] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The newest block's, 0 before the first."""
        return len(self.blocks)

    def submit(self, call: Call) -> bytes:
        """Hash of a call that now waits in the pool."""
        self.pool.append(call)
        return call.hash

    def fulfil(self, call_hash: bytes, output: bytes, proof: bytes = b"") -> None:
        """Broadcast an output for a call that is committed; of several the first counts."""
        if call_hash not in self.state.open:
            raise ValueError(f"call_hash 0x{call_hash.hex()} is of no call on its way")
        self.results.setdefault(call_hash, Fulfilled(call_hash, output, proof, self.number))

    def propose(self, proposer: str) -> Block:
        """The next block, with all that the rules allow now."""
        number = self.number + 1
        self.state.drop_expired(number)
        waiting = [*self._settlements(), *self._fulfilled(), *self._commitments()]
        done: list[Transaction] = []
        for transaction in waiting:
            try:
                _apply(self.state, transaction, number, proposer)
                done.append(transaction)
            except BadBlock:
                continue  # such a call is dropped from the pools
        self.pool, self.results = [], {}
        block = Block(number, proposer, tuple(done), self.state.root)
        self.blocks.append(block)
        return block

    def _settlements(self) -> list[Transaction]:
        return [Settlement(key) for key, one in self.state.open.items() if one.includer]

    def _fulfilled(self) -> list[Transaction]:
        return list(self.results.values())

    def _commitments(self) -> list[Transaction]:
        return [Commitment(call, self.executor) for call in self.pool]


def replay(genesis: State, blocks: Iterable[Block], check: Check | None = None) -> bytes:
    """State root after the blocks; nothing is executed, recorded outputs are taken.

    Args:
        genesis: state before the first block; it is changed.
        blocks: in order; the first has number 1.
        check: says whether a proof shows that an output is right; None takes every output.

    Raises:
        BadBlock: if a block breaks a rule, or its number or its state root is wrong.
    """
    for number, block in enumerate(blocks, 1):
        if block.number != number:  # a number left out would make calls expire
            raise BadBlock(f"number is {block.number}, must be {number}")
        genesis.drop_expired(block.number)
        for transaction in block.transactions:
            if check is not None and isinstance(transaction, Fulfilled):
                _check(genesis, transaction, check)
            _apply(genesis, transaction, block.number, block.proposer)
        if genesis.root != block.state_root:
            raise BadBlock(f"block {block.number} leads to another state root than it says")
    return genesis.root


def _check(state: State, fulfilled: Fulfilled, check: Check) -> None:
    one = state.open.get(fulfilled.call_hash)
    if one is None or not check(one.call, fulfilled.output, fulfilled.proof):
        raise BadBlock(f"output of 0x{fulfilled.call_hash.hex()} is not proven")


def _apply(state: State, transaction: Transaction, number: int, proposer: str) -> None:
    if isinstance(transaction, Commitment):
        _commit(state, transaction, number, proposer)
    elif isinstance(transaction, Fulfilled):
        _include(state, transaction, number, proposer)
    else:
        _settle(state, transaction, number)


def _commit(state: State, commitment: Commitment, number: int, proposer: str) -> None:
    call = commitment.call
    if call.hash in state.seen:
        raise BadBlock(f"call 0x{call.hash.hex()} was committed before")
    if state.free_wei(call.sender) < state.fees.total:
        raise BadBlock(f"wallet of {call.sender} cannot pay {state.fees.total} wei")
    state.seen.add(call.hash)
    state.open[call.hash] = Open(call, commitment.executor, number, proposer)


def _include(state: State, fulfilled: Fulfilled, number: int, proposer: str) -> None:
    one = state.open.get(fulfilled.call_hash)
    if one is None or one.includer:
        raise BadBlock(f"call 0x{fulfilled.call_hash.hex()} does not wait for an output")
    if not one.commit_block <= fulfilled.block < number:
        raise BadBlock(f"block {number} has an output of block {fulfilled.block}")
    if fulfilled.block > one.commit_block + one.call.ttl:
        raise BadBlock(f"output of block {fulfilled.block} came too late")
    state.outputs[one.call.sender] = fulfilled.output
    state.open[fulfilled.call_hash] = replace(one, includer=proposer, inclusion_block=number)


def _settle(state: State, settlement: Settlement, number: int) -> None:
    one = state.open.get(settlement.call_hash)
    if one is None or not one.includer or one.inclusion_block >= number:
        raise BadBlock(f"call 0x{settlement.call_hash.hex()} is not due")
    fees, wallets = state.fees, state.wallets
    wallets[one.call.sender] -= fees.total
    legs = (
        (one.executor, fees.executor),
        (one.committer, fees.commitment),
        (one.includer, fees.inclusion),
    )
    for account, wei in legs:
        wallets[account] = wallets.get(account, 0) + wei
    del state.open[settlement.call_hash]


def _open_items(one: Open) -> list[Item]:
    names = [name.encode() for name in (one.executor, one.committer, one.includer)]
    return [one.call.items, *names, integer(one.commit_block), integer(one.inclusion_block)]
