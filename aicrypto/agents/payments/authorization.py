"""ERC-3009: a signed payment that anybody may carry to the token contract.

The payer signs who pays whom how much, valid when, under a nonce of his choice. He needs no ether
and sends nothing: whoever holds the signature settles it, once. The token checks everything at that
moment, under its own domain, so a signature for another chain, token or receiver is worthless.

Amounts are in the token's smallest unit, times in seconds. Both times are exclusive.
Source: ERC-3009; Circle's FiatTokenV2_2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aicrypto.agents.refusals import demand
from aicrypto.evm.accounts import address_of
from aicrypto.evm.signing import TypedData, sign_digest, signer_of

PRIMARY = "TransferWithAuthorization"
FIELDS = (
    ("from", "address"),
    ("to", "address"),
    ("value", "uint256"),
    ("validAfter", "uint256"),
    ("validBefore", "uint256"),
    ("nonce", "bytes32"),
)
NONCE_BYTES = 32
PREFIX = "invalid_exact_evm_"  # of most reasons of x402's exact scheme on EVM chains
BAD_SIGNATURE = PREFIX + "payload_signature"
NOT_AFTER = PREFIX + "payload_authorization_valid_after"
NOT_BEFORE = PREFIX + "payload_authorization_valid_before"


@dataclass(frozen=True)
class Authorization:
    """One payment, as signed.

    Raises:
        ValueError: for a number or a nonce that the token has no room for. A nonce that is too
            short would be filled up when it is signed: one signature would have several.

    Attributes:
        payer: who pays.
        payee: who is paid.
        value: how much.
        valid_after: it can be settled after this time ...
        valid_before: ... and before this one.
        nonce: 32 bytes that this payer has not used before.
    """

    payer: str
    payee: str
    value: int
    valid_after: int
    valid_before: int
    nonce: bytes

    def __post_init__(self) -> None:
        for name in ("value", "valid_after", "valid_before"):
            if not 0 <= getattr(self, name) < 2**256:
                raise ValueError(f"{name} must be in 0..2^256-1")
        if len(self.nonce) != NONCE_BYTES:
            raise ValueError(f"nonce has {len(self.nonce)} bytes, must have {NONCE_BYTES}")

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Authorization":
        """The payment in x402's JSON, where amounts and times are decimal strings.

        Raises:
            ValueError: if a field is missing or does not fit.
        """
        try:
            return cls(
                address_of(document["from"]),
                address_of(document["to"]),
                int(document["value"]),
                int(document["validAfter"]),
                int(document["validBefore"]),
                bytes.fromhex(document["nonce"].removeprefix("0x")),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"authorization is not complete: {error!r}") from None

    def to_json(self) -> dict[str, str]:
        """The JSON that `from_json` reads."""
        values = (self.payer, self.payee, self.value, self.valid_after, self.valid_before)
        texts = [str(value) for value in values] + ["0x" + self.nonce.hex()]
        return {name: text for (name, _), text in zip(FIELDS, texts, strict=True)}


@dataclass(frozen=True)
class Domain:
    """For which token a payment is signed: its name and version, chain and address."""

    name: str
    version: str
    chain_id: int
    token: str

    def document(self, authorization: Authorization) -> TypedData:
        """What the payer signs."""
        domain = {
            "name": self.name,
            "version": self.version,
            "chainId": self.chain_id,
            "verifyingContract": self.token,
        }
        fields = [{"name": name, "type": kind} for name, kind in FIELDS]
        return TypedData({PRIMARY: fields}, PRIMARY, domain, authorization.to_json())

    def sign(self, authorization: Authorization, private_key: bytes) -> bytes:
        """The payer's 65-byte signature."""
        return sign_digest(self.document(authorization).digest, private_key)


@dataclass
class Token:
    """A token contract.

    Attributes:
        domain: what its payments are signed for.
        balances: by lower-case address.
        used: (payer, nonce) of settled payments.
    """

    domain: Domain
    balances: dict[str, int] = field(default_factory=dict)
    used: set[tuple[str, bytes]] = field(default_factory=set)

    def check(
        self, now: int, paid: Authorization, signature: bytes, wallets: Mapping[str, str]
    ) -> None:
        """Refuses what the contract would refuse at that time, in its order.

        `wallets` are contracts that pay, with the owner who signs for each (ERC-1271).

        Raises:
            Refusal: with x402's name of the reason.
        """
        demand(now > paid.valid_after, NOT_AFTER)
        demand(now < paid.valid_before, NOT_BEFORE)
        demand((paid.payer, paid.nonce) not in self.used, PREFIX + "nonce_already_used")
        digest = self.domain.document(paid).digest
        signer = signer_of(digest, signature)
        demand(signer == wallets.get(paid.payer, paid.payer), BAD_SIGNATURE)
        has_enough = self.balances.get(paid.payer, 0) >= paid.value
        demand(has_enough, PREFIX + "insufficient_balance")

    def settle(
        self, now: int, paid: Authorization, signature: bytes, wallets: Mapping[str, str]
    ) -> None:
        """Moves the money, once.

        Raises:
            Refusal: as `check` does; nothing has moved then.
        """
        self.check(now, paid, signature, wallets)
        self.used.add((paid.payer, paid.nonce))
        self.balances[paid.payer] -= paid.value
        self.balances[paid.payee] = self.balances.get(paid.payee, 0) + paid.value
