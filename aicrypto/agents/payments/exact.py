"""x402's `exact` scheme: does this payload pay exactly what was asked, and can it be settled?

A facilitator answers for the seller: it looks at the payload, the requirements and the chain, and
says yes or names the first thing wrong. It compares only scheme and network of what the payer
`accepted`: whether the rest is what the seller has offered is for the seller to check
(`aicrypto.agents.payments.paywall` does).

Payload and requirements are x402's JSON documents (version 2). Reasons are the deployed ones.
Source: coinbase/x402@dd927a26 and the x402 2.25.0 Python package.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from aicrypto.agents.payments.authorization import (
    BAD_SIGNATURE,
    NOT_AFTER,
    NOT_BEFORE,
    PREFIX,
    Authorization,
    Domain,
)
from aicrypto.agents.refusals import Refusal, demand
from aicrypto.evm.accounts import address_of
from aicrypto.evm.signing import (
    SIGNATURE_BYTES,
    V_OFFSET,
    InvalidSignature,
    Signature,
    recover,
)

NETWORK = re.compile(r"eip155:(\d+)")
WRAPPER_END = bytes.fromhex("6492" * 16)  # ERC-6492: signature of a wallet not yet deployed
SETTLING_S = 6  # a payment must stay valid that long for somebody to settle it

Json = dict[str, Any]


class SettlesPayments(Protocol):
    """A token contract, or a model of one, that checks and settles signed payments."""

    @property
    def domain(self) -> Domain:
        """What its payments are signed for."""

    def check(
        self, now: int, paid: Authorization, signature: bytes, wallets: Mapping[str, str]
    ) -> None:
        """Refuses what could not be settled."""

    def settle(
        self, now: int, paid: Authorization, signature: bytes, wallets: Mapping[str, str]
    ) -> None:
        """Moves the money, or refuses."""


@dataclass
class Facilitator:
    """Who verifies and settles for sellers.

    Attributes:
        tokens: contracts it can settle with, by lower-case address.
        wallets: payers that are contracts, with the owner who signs for each.
    """

    tokens: Mapping[str, SettlesPayments]
    wallets: Mapping[str, str] = field(default_factory=dict)

    def verify(self, now: int, payload: Json, requirements: Json) -> None:
        """Refuses a payment that is not exactly what is required, or could not be settled now.

        Raises:
            Refusal: with x402's reason.
            ValueError: if the payload or the requirements are not complete.
        """
        with _complete():
            token, paid, signature = self._examine(now, payload, requirements)
        token.check(now, paid, signature, self.wallets)

    def settle(self, now: int, payload: Json, requirements: Json) -> None:
        """Moves the money, once; otherwise as `verify`."""
        with _complete():
            token, paid, signature = self._examine(now, payload, requirements)
        token.settle(now, paid, signature, self.wallets)

    def _examine(
        self, now: int, payload: Json, requirements: Json
    ) -> tuple[SettlesPayments, Authorization, bytes]:
        """The checks off chain."""
        paid = Authorization.from_json(payload["payload"]["authorization"])
        domain = _agreed_domain(payload["accepted"], requirements)
        _check_terms(now, paid, requirements)
        signature = bytes.fromhex(str(payload["payload"].get("signature") or "")[2:])
        demand(bool(signature), BAD_SIGNATURE)
        if paid.payer not in self.wallets:
            signature = _check_signature(domain, paid, signature)
        demand(domain.token in self.tokens, "asset_not_deployed_contract")
        return self.tokens[domain.token], paid, signature


def payer_of(payload: Json) -> str:
    """Lower-case address of who pays; ValueError if the payload is not complete."""
    with _complete():
        return Authorization.from_json(payload["payload"]["authorization"]).payer


@contextmanager
def _complete() -> Iterator[None]:
    """Names what documents lack: strangers write them."""
    try:
        yield
    except (AttributeError, KeyError, OverflowError, TypeError) as error:
        raise ValueError(f"payment is not complete: {error!r}") from None


def _agreed_domain(accepted: Json, requirements: Json) -> Domain:
    demand(accepted.get("scheme") == "exact", "unsupported_scheme")
    network = str(requirements.get("network"))
    demand(accepted.get("network") == network, "network_mismatch")
    chain = NETWORK.fullmatch(network)
    if chain is None:
        raise Refusal(PREFIX + "failed_to_get_network_config")
    extra = requirements.get("extra") or {}
    demand(bool(extra.get("name") and extra.get("version")), "missing_eip712_domain")
    asset = address_of(requirements["asset"], "asset")
    return Domain(extra["name"], extra["version"], int(chain[1]), asset)


def _check_terms(now: int, paid: Authorization, requirements: Json) -> None:
    payee = address_of(requirements["payTo"], "payTo")
    demand(paid.payee == payee, PREFIX + "payload_recipient_mismatch")
    is_exact = paid.value == int(requirements["amount"])
    demand(is_exact, PREFIX + "payload_authorization_value_mismatch")
    demand(paid.valid_before >= now + SETTLING_S, NOT_BEFORE)
    demand(paid.valid_after <= now, NOT_AFTER)


def _check_signature(domain: Domain, paid: Authorization, signature: bytes) -> bytes:
    """The payer's signature with v 27 or 28, as token contracts want it; refused if another's."""
    demand(not signature.endswith(WRAPPER_END), "eip6492_factory_not_allowed")
    demand(len(signature) == SIGNATURE_BYTES, PREFIX + "payload_undeployed_smart_wallet")
    v = signature[64]
    demand(v in (0, 1, 27, 28), PREFIX + "failed_to_verify_signature")
    signature = signature[:64] + bytes([v % V_OFFSET + V_OFFSET])
    try:  # either s will do: x402 leaves that to the token
        signer = recover(domain.document(paid).digest, Signature.from_bytes(signature))
    except InvalidSignature:
        raise Refusal(PREFIX + "failed_to_verify_signature") from None
    demand(signer == paid.payer, BAD_SIGNATURE)
    return signature
