"""Accounts that sign: secp256k1 keys, signed messages (EIP-191), signed transactions (EIP-1559).

A key is derived from a seed and a name, so that a lesson has the same addresses on every machine.
Such keys are public knowledge: never send real money to them.

A signed transaction carries no sender. Whoever receives the bytes recovers the public key from the
signature; its hash is the sender's address. The transactions are of type 2 with all fees zero, as
money moves only by value here. Signing takes about 8 ms, recovering about 10 ms (pure Python).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.machine import Message

GROUP_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # SEC 2, 2.4.1
DYNAMIC_FEE_TYPE = 2  # EIP-1559
MEMORY = 1024  # transactions: a history is replayed more than once, and recovering is what it costs
NOBODY = "0x" + 40 * "0"  # the zero address, which nobody has the key of
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class Addressed(Protocol):
    """Whatever has an address: an account or a contract."""

    @property
    def address(self) -> str:
        """Lower-case `0x` hex, 20 bytes."""


Party = str | Addressed


@dataclass(frozen=True)
class Account:
    """A key holder. `address` is lower-case hex, like every address that this room returns."""

    name: str
    address: str
    private_key: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """65-byte signature (r, s, v) of a message, as wallets sign it: EIP-191, version 0x45."""
        from eth_account import Account as Signer
        from eth_account.messages import encode_defunct

        return bytes(Signer.sign_message(encode_defunct(message), self.private_key).signature)

    def sign_transaction(self, message: Message, chain_id: int, nonce: int) -> bytes:
        """Raw type-2 transaction that carries the message.

        Raises:
            ValueError: if the message names another sender, or a gas price.
        """
        from eth_account import Account as Signer

        if message.gas_price_wei:
            raise ValueError(f"gas price is {message.gas_price_wei}, signed transactions have 0")
        if message.sender != self.address:
            raise ValueError(f"message.sender is {message.sender}, {self.name} is {self.address}")
        fields = {
            "type": DYNAMIC_FEE_TYPE,
            "chainId": chain_id,
            "nonce": nonce,
            "maxPriorityFeePerGas": 0,
            "maxFeePerGas": 0,
            "gas": message.gas_limit,
            "to": b"" if message.to is None else bytes.fromhex(message.to[2:]),
            "value": message.value_wei,
            "data": message.data,
        }
        return bytes(Signer.sign_transaction(fields, self.private_key).raw_transaction)


@dataclass(frozen=True)
class SignedMessage:
    """What a raw transaction says, its sender recovered from the signature."""

    chain_id: int
    nonce: int
    message: Message


def derive_account(seed: str, name: str) -> Account:
    """The account of that name in the world of that seed."""
    from eth_keys.datatypes import PrivateKey

    digest = keccak256(b"aicrypto.evm.account", *(keccak256(s.encode()) for s in (seed, name)))
    key = 1 + int.from_bytes(digest, "big") % (GROUP_ORDER - 1)
    private_key = key.to_bytes(32, "big")
    return Account(name, PrivateKey(private_key).public_key.to_address(), private_key)


def address_of(who: Party, argument: str = "address") -> str:
    """Lower-case address of an account, of a contract, or of an address in any case.

    Raises:
        ValueError: naming the argument, if it is none of these.
    """
    text = who if isinstance(who, str) else getattr(who, "address", None)
    if not isinstance(text, str) or not ADDRESS.fullmatch(text):
        raise ValueError(f"{argument} is {who!r}, must be an account, a contract or 0x and 40 hex")
    return text.lower()


def recover_signer(message: bytes, signature: bytes) -> str:
    """Address whose key made this EIP-191 signature of the message.

    A signature of something else gives some other address: compare it with the expected one.

    Raises:
        ValueError: if the bytes are not a signature.
    """
    from eth_account import Account as Signer
    from eth_account.messages import encode_defunct

    try:
        return str(Signer.recover_message(encode_defunct(message), signature=signature)).lower()
    except Exception as error:  # eth-account lets through whatever its layers raise
        raise ValueError(f"signature 0x{signature.hex()} is not valid: {error}") from None


@lru_cache(maxsize=MEMORY)
def recover_transaction(raw: bytes) -> SignedMessage:
    """What a raw transaction says and who signed it; the latest ones are remembered.

    Raises:
        ValueError: unless it is a canonical type-2 transaction without fees and access list, whose
            signature is valid and of the two equivalent ones has the smaller s (EIP-2).
    """
    from eth_account import Account as Signer
    from eth_account.typed_transactions.typed_transaction import TypedTransaction
    from hexbytes import HexBytes

    try:
        fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        sender = Signer.recover_transaction(raw).lower()
    except Exception as error:  # eth-account lets through whatever its layers raise
        raise ValueError(f"raw transaction 0x{raw[:8].hex()}... is not valid: {error}") from None
    _check_fields(fields)
    message = Message(
        sender,
        "0x" + fields["to"].hex() if fields["to"] else None,
        bytes(fields["data"]),
        fields["value"],
        fields["gas"],
    )
    return SignedMessage(fields["chainId"], fields["nonce"], message)


def _check_fields(fields: Mapping[str, Any]) -> None:
    """ValueError unless the bytes are the only ones that say what they say, free of charge."""
    expected = {"type": DYNAMIC_FEE_TYPE, "maxPriorityFeePerGas": 0, "maxFeePerGas": 0}
    for name, value in {**expected, "accessList": ()}.items():
        if fields.get(name) != value:
            raise ValueError(f"raw transaction has {name} {fields.get(name)!r}, must be {value!r}")
    if fields["v"] not in (0, 1):
        raise ValueError(f"raw transaction has v {fields['v']}, must be 0 or 1")
    if fields["s"] > GROUP_ORDER // 2:
        raise ValueError(f"raw transaction has s {fields['s']}, must be <= {GROUP_ORDER // 2}")
