"""An Ethereum chain inside the process: no node, no network, no waiting.

`Chain` keeps accounts, contracts, a clock and the receipts of all transactions; a `Contract` is
called like a Python object:

    chain = Chain()
    alice, bob = chain.account("alice"), chain.account("bob")
    registry = chain.deploy("WorkRegistry", sender=alice)
    job = registry.open(bob, chain.timestamp + 3600, sender=alice, value=10**18)
    registry.jobs(job)

A function that changes state is a transaction and wants `sender=`; a view is a static call that
leaves no trace. What real chains do by consensus is left out: every transaction is executed at
once, in the current block; `warp` begins later ones. Gas is counted but costs nothing, so that
money moves by value only and every wei stays accounted for (`total_wei`).

With `record=True` every transaction is signed and kept as the bytes a real node would receive.
`journal` hands them out, and `Chain.replay` lets a third party reach the same state from them.

Units: value and balances in wei, time in seconds since 1970, gas as `aicrypto.evm.machine` says.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.evm.abi import Event, Interface
from aicrypto.evm.accounts import (
    NOBODY,
    Account,
    Party,
    address_of,
    derive_account,
    recover_transaction,
)
from aicrypto.evm.compiler import Artifact, compile_contract
from aicrypto.evm.contract import Contract
from aicrypto.evm.journal import Entry, Journal, Mint, Warp
from aicrypto.evm.machine import (
    MAX_TRANSACTION_GAS,
    Block,
    Log,
    Machine,
    Message,
    Outcome,
    State,
    calldata_floor_gas,
)

ETHER = 10**18
SECONDS_PER_BLOCK = 12  # Ethereum's slot


@dataclass(frozen=True)
class Receipt:
    """What became of a transaction.

    Attributes:
        halt: "" after success, otherwise what ended it ("Revert", "OutOfGas", ...).
        gas_used: gas of the whole transaction under Cancun's rules.
        floor_gas: what mainnet, since Prague, would charge at least for its calldata.
        created: address of the contract that it created.
    """

    message: Message
    block: Block
    floor_gas: int
    halt: str
    gas_used: int
    output: bytes
    logs: tuple[Log, ...]
    created: str | None


class Reverted(Exception):
    """A call that failed and changed nothing (a transaction still counts as its sender's).

    Attributes:
        reason: the contract's reason in words.
        data: the bytes it gave.
        gas_used: gas of the failed transaction.
    """

    def __init__(self, reason: str, data: bytes, gas_used: int) -> None:
        super().__init__(f"{reason} (after {gas_used:,} gas)")
        self.reason = reason
        self.data = data
        self.gas_used = gas_used


@dataclass(frozen=True)
class _Snapshot:
    state: State
    block: Block
    accounts: dict[str, Account]
    interfaces: dict[str, Interface]
    n_entries: int
    n_receipts: int


class Chain:
    """One chain. Two made with the same arguments and used alike are alike in every byte.

    Attributes:
        accounts: those that were mentioned, by name; they have had their funds.
        receipts: of all transactions in order, failed ones included.
    """

    def __init__(
        self,
        chain_id: int = 1337,
        timestamp: int = 1_750_000_000,
        seed: str = "aicrypto",
        record: bool = False,
    ) -> None:
        for name, value in {"chain_id": chain_id, "timestamp": timestamp}.items():
            if not 0 <= value < 2**63:
                raise ValueError(f"{name} is {value}, must be in 0..2^63-1")
        self.chain_id = chain_id
        self.seed = seed
        self.record = record
        self.block = Block(1, timestamp)
        self.receipts: list[Receipt] = []
        self._genesis_timestamp = timestamp
        self._machine = Machine(chain_id)
        self.accounts: dict[str, Account] = {}
        self._interfaces: dict[str, Interface] = {}
        self._entries: list[Entry] = []
        self._snapshots: list[_Snapshot] = []

    @classmethod
    def replay(cls, journal: Journal) -> "Chain":
        """A fresh chain on which everything in the journal has happened again.

        Raises:
            ValueError: if a transaction could not have happened: its signature, chain id, nonce,
                sender, value or gas is wrong.
        """
        chain = cls(journal.chain_id, journal.timestamp, record=True)
        for entry in journal.entries:
            if isinstance(entry, Mint):
                chain.mint(entry.address, entry.wei)
            elif isinstance(entry, Warp):
                chain.warp(entry.seconds)
            else:
                with suppress(Reverted):  # a failed transaction is part of history
                    chain.send_raw(entry)
        return chain

    @property
    def journal(self) -> Journal:
        """Everything that has happened, for `replay`.

        Raises:
            ValueError: if the chain was not made with `record=True`.
        """
        if not self.record:
            raise ValueError("record is False: this chain keeps no signed transactions")
        return Journal(self.chain_id, self._genesis_timestamp, tuple(self._entries))

    # Accounts and money

    def account(self, name: str, funds_wei: int = 1_000 * ETHER) -> Account:
        """The account of that name; its first mention makes it and mints its funds."""
        if name not in self.accounts:
            account = derive_account(self.seed, name)
            self.mint(account, funds_wei)
            self.accounts[name] = account
        return self.accounts[name]

    def mint(self, to: Party, wei: int) -> None:
        """Put wei at an address out of nothing: the only way in which money comes to be.

        Raises:
            ValueError: if the amount is negative or the chain would hold 2^256 wei.
        """
        address = address_of(to, "to")
        if not 0 <= wei < 2**256 - self.total_wei():
            raise ValueError(f"wei is {wei}, must be in 0..2^256-1 less what there is")
        account = self.state.account(address)
        self._machine.put_account(address, replace(account, balance_wei=account.balance_wei + wei))
        self._entries.append(Mint(address, wei))

    def transfer(self, sender: Party, to: Party, value: int) -> Receipt:
        """Receipt of a plain payment of `value` wei; ValueError and Reverted as in `send`."""
        return self.send(to, sender=sender, value=value)

    def balance(self, who: Party) -> int:
        """Wei at an address."""
        return self.state.account(address_of(who, "who")).balance_wei

    def total_wei(self) -> int:
        """Wei at all addresses: `minted_wei`, less what contracts that destroy themselves burn."""
        return sum(account.balance_wei for account in self.state.accounts.values())

    @property
    def minted_wei(self) -> int:
        """Wei ever minted."""
        return sum(entry.wei for entry in self._entries if isinstance(entry, Mint))

    # Contracts

    def deploy(
        self,
        contract: str | Path | Artifact,
        *arguments: Any,
        sender: Party,
        value: int = 0,
        gas: int = MAX_TRANSACTION_GAS,
    ) -> Contract:
        """A new contract: one of the library's by name, a `.vy` file, or a compiled artifact.

        Raises:
            ValueError: if there is no such contract, or the arguments do not fit its constructor.
            Reverted: if the constructor fails.
        """
        artifact = contract if isinstance(contract, Artifact) else compile_contract(contract)
        interface = Interface(artifact.name, artifact.abi)
        data = artifact.bytecode + interface.constructor.encode_arguments(arguments)
        receipt = self.send(None, sender=sender, value=value, data=data, gas=gas)
        return self._bind(interface, address_of(receipt.created or "", "receipt.created"))

    def at(self, contract: str | Path | Artifact, address: Party) -> Contract:
        """The contract that is at an address already, seen through the interface of `contract`.

        Raises:
            ValueError: if there is no code at the address.
        """
        artifact = contract if isinstance(contract, Artifact) else compile_contract(contract)
        where = address_of(address)
        if not self.state.account(where).code:
            raise ValueError(f"address is {where}, where there is no contract")
        return self._bind(Interface(artifact.name, artifact.abi), where)

    def events(self, receipt: Receipt | None = None) -> list[Event]:
        """Decoded events of one transaction, or of all, in order; bare logs are in the receipts.

        Logs of contracts that were neither deployed nor bound through this chain are left out.
        """
        receipts = self.receipts if receipt is None else [receipt]
        known = [log for r in receipts for log in r.logs if log.address in self._interfaces]
        events = [self._interfaces[log.address].decode_log(log) for log in known]
        return [event for event in events if event is not None]

    # Transactions and calls

    def send(
        self,
        to: Party | None,
        *,
        sender: Party,
        value: int = 0,
        data: bytes = b"",
        gas: int = MAX_TRANSACTION_GAS,
        gas_price_wei: int = 0,
    ) -> Receipt:
        """Receipt of a transaction; without `to` it creates a contract from `data`.

        An address string as sender acts without a key, which a recording chain refuses; so it does
        a gas price, which contracts are told and nobody is charged.

        Raises:
            ValueError: if sender, value or gas do not fit; nothing has happened then.
            Reverted: if the execution fails; the sender's nonce has risen all the same.
        """
        message = replace(_message(to, sender, value, data, gas), gas_price_wei=gas_price_wei)
        if not self.record:
            return self._transact(message)
        if not isinstance(sender, Account):
            raise ValueError(f"sender is {sender!r}, a recorded transaction needs an account's key")
        raw = sender.sign_transaction(message, self.chain_id, self.nonce(sender))
        return self._transact(message, raw)

    def call(
        self,
        to: Party,
        data: bytes = b"",
        *,
        sender: Party | None = None,
        gas: int = MAX_TRANSACTION_GAS,
        is_static: bool = True,
    ) -> bytes:
        """What a call returns; it leaves no trace, and a static one fails where it would.

        Raises:
            ValueError: if an address or the gas does not fit.
            Reverted: if the execution fails.
        """
        message = _message(to, sender or NOBODY, 0, data, gas)
        outcome = self._machine.call(message, self.block, is_static)
        self._raise_if_failed(message, outcome)
        return outcome.output

    def sign(
        self,
        account: Account,
        to: Party | None,
        *,
        value: int = 0,
        data: bytes = b"",
        gas: int = MAX_TRANSACTION_GAS,
        nonce: int | None = None,
    ) -> bytes:
        """Raw signed transaction, not sent; calldata comes from `contract.function.encode(...)`.

        The nonce is the account's next one unless given. Cost: about 8 ms.
        """
        message = _message(to, account, value, data, gas)
        nonce = self.nonce(account) if nonce is None else nonce
        return account.sign_transaction(message, self.chain_id, nonce)

    def send_raw(self, raw: bytes) -> Receipt:
        """Receipt of a raw transaction, whose sender is recovered from its signature.

        Raises:
            ValueError: if bytes, signature, chain id, nonce, value or gas are wrong, or the sender
                has never been seen here: a damaged signature leads to such a stranger.
            Reverted: if the execution fails.
        """
        signed = recover_transaction(raw)
        sender = signed.message.sender
        if signed.chain_id != self.chain_id:
            raise ValueError(f"raw transaction has chain id {signed.chain_id}, not {self.chain_id}")
        if sender not in self.state.accounts:
            raise ValueError(f"raw transaction comes from {sender}, which has no account here")
        if signed.nonce != self.nonce(sender):
            raise ValueError(
                f"raw transaction has nonce {signed.nonce}, the next is {self.nonce(sender)}"
            )
        return self._transact(signed.message, raw)

    def nonce(self, who: Party) -> int:
        """How many transactions an account has sent, or contracts a contract has created (+1)."""
        return self.state.account(address_of(who, "who")).nonce

    @property
    def gas_used(self) -> int:
        """Gas of the last transaction, 0 before the first."""
        return self.receipts[-1].gas_used if self.receipts else 0

    # Time and state

    @property
    def timestamp(self) -> int:
        """The current block's time in seconds."""
        return self.block.timestamp

    def warp(self, seconds: int) -> None:
        """Let time pass: a later block, one number on for every 12 seconds begun.

        Raises:
            ValueError: if the time is negative or ends at 2^63 or later.
        """
        if not 0 <= seconds < 2**63 - self.timestamp:
            raise ValueError(f"seconds is {seconds}, must be in 0..2^63-1 less the present time")
        n_blocks = -(-seconds // SECONDS_PER_BLOCK)
        self.block = Block(self.block.number + n_blocks, self.timestamp + seconds)
        self._entries.append(Warp(seconds))

    @property
    def state(self) -> State:
        """All accounts and storage slots, for reading."""
        return self._machine.state

    def state_digest(self) -> bytes:
        """32 bytes that two chains share only if state, clock and chain id are the same."""
        numbers = (self.chain_id, self.block.number, self.timestamp)
        return sha256(*(n.to_bytes(8, "little") for n in numbers), self.state.digest())

    def snapshot(self) -> int:
        """Number of a snapshot of everything, for `revert`."""
        lengths = len(self._entries), len(self.receipts)
        names = dict(self.accounts), dict(self._interfaces)
        self._snapshots.append(_Snapshot(self.state.copy(), self.block, *names, *lengths))
        return len(self._snapshots) - 1

    def revert(self, snapshot: int) -> None:
        """Go back to a snapshot, which can be used again; later ones are forgotten.

        Raises:
            ValueError: if there is no such snapshot.
        """
        if not 0 <= snapshot < len(self._snapshots):
            raise ValueError(f"snapshot is {snapshot}, there are {len(self._snapshots)}")
        saved = self._snapshots[snapshot]
        self._machine.restore(saved.state)
        self.block, self.accounts = saved.block, dict(saved.accounts)
        self._interfaces = dict(saved.interfaces)
        del self._entries[saved.n_entries :], self.receipts[saved.n_receipts :]
        del self._snapshots[snapshot + 1 :]

    def _transact(self, message: Message, raw: bytes | None = None) -> Receipt:
        outcome = self._machine.transact(message, self.block)
        if raw is not None:
            self._entries.append(raw)
        floor_gas = calldata_floor_gas(message.data)
        receipt = Receipt(message, self.block, floor_gas, **vars(outcome))
        self.receipts.append(receipt)
        self._raise_if_failed(message, outcome)
        return receipt

    def _raise_if_failed(self, message: Message, outcome: Outcome) -> None:
        if not outcome.halt:
            return
        interface = self._interfaces.get(message.to or "", Interface("unknown", ()))
        reason = f"{outcome.halt} at a limit of {message.gas_limit:,} gas"
        if outcome.halt == "Revert":
            reason = interface.reason(outcome.output)
        raise Reverted(reason, outcome.output, outcome.gas_used)

    def _bind(self, interface: Interface, address: str) -> Contract:
        self._interfaces[address] = interface
        return Contract(self, address, interface)


def _message(to: Party | None, sender: Party, value: int, data: bytes, gas: int) -> Message:
    target = None if to is None else address_of(to, "to")
    return Message(address_of(sender, "sender"), target, bytes(data), value, gas)
