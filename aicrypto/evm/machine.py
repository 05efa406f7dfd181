"""Ethereum's virtual machine as a function: state and message in, new state and outcome out.

The state is what every node agrees on: per address a balance, a nonce and code, per contract its
storage slots. A message is the inner part of a transaction: who calls whom with which data, wei and
gas. Execution is revm's (the `pyrevm` wheel); this module alone knows it.

Rules: Cancun. pyrevm 0.3.7 runs these whatever fork it is asked for, so there are the BN254
precompiles (addresses 6-8) and no BLS12-381 ones, and no calldata floor (EIP-7623, Prague): that
floor is computed beside, in `calldata_floor_gas`. `gas_used` is that of the whole transaction:
21,000, calldata at 4 gas per zero byte and 16 per other byte, execution, less refunds. Two rules of
later forks are kept: the gas limit of EIP-7825, and money that moves by value only: a gas price is
what contracts are told that gas costs, and nobody is charged.

pyrevm keeps one endless transaction open: a slot that was read stays "warm" and later calls look
2,000 gas cheaper than they are. So each message runs between a snapshot and its revert, and what it
changed is read out before the revert and put below the snapshot. Every message then pays what a
transaction of its own pays.

Units: wei and gas are integers; addresses are lower-case `0x` hex; slots are integers < 2^256.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aicrypto.commit.hashes import keccak256

if TYPE_CHECKING:
    from pyrevm import AccountInfo

FORK = "CANCUN"
MAX_TRANSACTION_GAS = 2**24  # EIP-7825
TRANSACTION_GAS = 21_000  # Yellow paper, G_transaction
FLOOR_GAS_PER_TOKEN = 10  # EIP-7623: a zero byte is one token, any other byte four
EMPTY_CODE_HASH = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
CODE_PADDING_BYTES = 33  # revm appends zeros to new code, so that a PUSH32 at its end can read on

# What pyrevm tells only in words: the journal of a message, and why one failed.
WRITTEN_SLOT = re.compile(r"StorageChange \{ address: (0x\w{40}), key: (\d+), had_value: Some")
DESTROYED = re.compile(r"AccountDestroyed \{ address: (0x\w{40})")
REVERT = re.compile(r"Revert \{ gas_used: (\d+), output: 0x([0-9a-f]*) \}")
HALT = re.compile(r"Halt \{ reason: (\w+).*, gas_used: (\d+) \}")


@dataclass(frozen=True)
class Block:
    """What a contract sees of its block; the timestamp is in seconds since 1970."""

    number: int
    timestamp: int


@dataclass(frozen=True)
class Message:
    """One call, or the creation of a contract from `data` where `to` is None.

    Raises:
        ValueError: if value or gas limit is out of range.
    """

    sender: str
    to: str | None
    data: bytes = b""
    value_wei: int = 0
    gas_limit: int = MAX_TRANSACTION_GAS
    gas_price_wei: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.value_wei < 2**256:
            raise ValueError(f"value is {self.value_wei}, must be in 0..2^256-1")
        if not TRANSACTION_GAS <= self.gas_limit <= MAX_TRANSACTION_GAS:
            bounds = f"{TRANSACTION_GAS:,}..{MAX_TRANSACTION_GAS:,} (EIP-7825)"
            raise ValueError(f"gas is {self.gas_limit:,}, must be in {bounds}")


@dataclass(frozen=True)
class Log:
    """What a contract announced: 0-4 searchable 32-byte topics and free data."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """What a message came to.

    Attributes:
        halt: "" after success, "Revert", or the exception that ended it, such as "OutOfGas".
        gas_used: of the whole transaction; a halt other than a revert takes the whole limit.
        output: what the call returned, or what the revert said.
        created: address of the new contract.
    """

    halt: str
    gas_used: int
    output: bytes = b""
    logs: tuple[Log, ...] = ()
    created: str | None = None


@dataclass(frozen=True)
class AccountState:
    """What the chain holds at an address; all zero means that nothing is there."""

    balance_wei: int = 0
    nonce: int = 0
    code: bytes = b""


@dataclass
class State:
    """Everything that lasts from transaction to transaction.

    Attributes:
        accounts: by address; empty ones are left out (EIP-161).
        storage: by address and slot; zero slots are left out.
    """

    accounts: dict[str, AccountState] = field(default_factory=dict)
    storage: dict[tuple[str, int], int] = field(default_factory=dict)

    def copy(self) -> "State":
        """A state that later changes to this one leave alone."""
        return State(dict(self.accounts), dict(self.storage))

    def account(self, address: str) -> AccountState:
        """The account at an address, empty if there is none."""
        return self.accounts.get(address, AccountState())

    def digest(self) -> bytes:
        """32-byte SHA-256 digest of all accounts and slots, independent of their order."""
        state = hashlib.sha256(len(self.accounts).to_bytes(8, "little"))
        for address, account in sorted(self.accounts.items()):
            state.update(bytes.fromhex(address[2:]) + account.balance_wei.to_bytes(32, "little"))
            state.update(account.nonce.to_bytes(8, "little"))
            state.update(len(account.code).to_bytes(8, "little") + account.code)
        for (address, slot), value in sorted(self.storage.items()):
            state.update(bytes.fromhex(address[2:]))
            state.update(slot.to_bytes(32, "little") + value.to_bytes(32, "little"))
        return state.digest()


def calldata_floor_gas(data: bytes) -> int:
    """Least gas that a call with this data costs since Prague, however little it executes.

    Source: EIP-7623.

    >>> calldata_floor_gas(bytes([0, 1]))
    21050
    """
    n_tokens = 4 * len(data) - 3 * data.count(0)
    return TRANSACTION_GAS + FLOOR_GAS_PER_TOKEN * n_tokens


class Machine:
    """A state and revm's copy of it; `state` is for reading, the methods change both."""

    def __init__(self, chain_id: int) -> None:
        self.chain_id = chain_id
        self.restore(State())

    def restore(self, state: State) -> None:
        """Start over from another state, of which a copy is kept."""
        from pyrevm import EVM, CfgEnv, Env

        self.state = State()
        self._evm = EVM(env=Env(cfg=CfgEnv(chain_id=self.chain_id)), spec_id=FORK)
        for address, account in state.accounts.items():
            self.put_account(address, account)
        for (address, slot), value in state.storage.items():
            self._put_slot(address, slot, value)

    def put_account(self, address: str, account: AccountState) -> None:
        """Overwrite what is held at an address, its storage excepted."""
        from pyrevm import AccountInfo

        info = AccountInfo(  # type: ignore[call-arg]  # pyrevm's stub forgets the balance
            balance=account.balance_wei, nonce=account.nonce, code=account.code or None
        )
        self._evm.insert_account_info(address, info)
        self.state.accounts[address] = account
        if account == AccountState():
            del self.state.accounts[address]

    def transact(self, message: Message, block: Block) -> Outcome:
        """Outcome of a transaction; the sender's nonce rises by one whether it succeeds or not.

        Raises:
            ValueError: if the sender lacks the value, or revm does not even begin (the gas limit is
                below what the calldata costs, a contract as sender); the state is as before.
        """
        before = self.state.account(message.sender)
        if message.value_wei > before.balance_wei:
            raise ValueError(
                f"value is {message.value_wei}, {message.sender} has {before.balance_wei} wei"
            )
        with self._scratch(block):
            outcome = self._run(message, is_static=False)
            accounts, slots = ({}, {}) if outcome.halt else self._changes()
        for address, account in accounts.items():
            if account != self.state.account(address):
                self.put_account(address, account)
        for (address, slot), value in slots.items():
            self._put_slot(address, slot, value)
        after = self.state.account(message.sender)
        self.put_account(message.sender, replace(after, nonce=before.nonce + 1))
        return outcome

    def call(self, message: Message, block: Block, is_static: bool = True) -> Outcome:
        """Outcome of a call that leaves no trace; a static one fails where it would change things.

        Raises:
            ValueError: if revm does not even begin.
        """
        with self._scratch(block):
            return self._run(message, is_static)

    @contextmanager
    def _scratch(self, block: Block) -> Iterator[None]:
        """Undo what happens inside: balances, slots, and which of them count as warm."""
        from pyrevm import BlockEnv

        self._evm.set_block_env(BlockEnv(number=block.number, timestamp=block.timestamp))
        checkpoint = self._evm.snapshot()
        try:
            yield
        finally:
            self._evm.revert(checkpoint)

    def _run(self, message: Message, is_static: bool) -> Outcome:
        sender, to, data = message.sender, message.to, message.data
        value, gas = message.value_wei, message.gas_limit
        created, output = None, b""
        try:
            if to is None:
                created = self._evm.deploy(sender, data, value=value, gas=gas).lower()
            else:
                output = self._evm.message_call(
                    sender,
                    to,
                    data,
                    value=value,
                    gas=gas,
                    gas_price=message.gas_price_wei,
                    is_static=is_static,
                )
        except RuntimeError as error:
            return _failure(str(error))
        result = self._evm.result
        if result is None:
            raise RuntimeError("pyrevm reports no result after a successful message")
        logs = tuple(
            Log(log.address.lower(), tuple(map(bytes, log.data[0])), bytes(log.data[1]))
            for log in result.logs
        )
        return Outcome("", result.gas_used, bytes(output), logs, created)

    def _changes(self) -> tuple[dict[str, AccountState], dict[tuple[str, int], int]]:
        """Accounts touched and slots written since the snapshot."""
        journal = self._evm.journal_str
        if "journal: [" not in journal:
            raise RuntimeError("this pyrevm does not print its journal as 0.3.7 does")
        destroyed = set(DESTROYED.findall(journal))
        written = {(a, int(k)) for a, k in WRITTEN_SLOT.findall(journal) if a not in destroyed}
        touched = {a.lower(): info for a, info in self._evm.journal_state.items()}
        accounts = {a: self._read(a, info) for a, info in touched.items() if a not in destroyed}
        accounts |= dict.fromkeys(destroyed, AccountState())  # what it held is burnt
        return accounts, {(a, slot): self._evm.storage(a, slot) for a, slot in written}

    def _read(self, address: str, info: "AccountInfo") -> AccountState:
        """What pyrevm holds at an address; code is read only where it is new, as it never changes.

        Raises:
            RuntimeError: if new code does not have its own hash.
        """
        code = self.state.account(address).code
        if not code and info.code_hash != EMPTY_CODE_HASH:
            code = bytes(info.code or b"")[:-CODE_PADDING_BYTES]
            if keccak256(code) != info.code_hash:
                raise RuntimeError(f"pyrevm pads the code at {address} otherwise than 0.3.7 does")
        return AccountState(info.balance, info.nonce, code)

    def _put_slot(self, address: str, slot: int, value: int) -> None:
        # The insertion loads the account into the journal, where it would count as warm.
        checkpoint = self._evm.snapshot()
        self._evm.insert_account_storage(address, slot, value)
        self._evm.revert(checkpoint)
        self.state.storage[address, slot] = value
        if value == 0:
            del self.state.storage[address, slot]


def _failure(words: str) -> Outcome:
    """The outcome that pyrevm describes in words; ValueError if there was no execution."""
    if found := REVERT.search(words):
        return Outcome("Revert", int(found[1]), bytes.fromhex(found[2]))
    if found := HALT.search(words):
        return Outcome(found[1], int(found[2]))
    raise ValueError(f"revm refuses the message: {words}")
