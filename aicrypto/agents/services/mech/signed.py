"""Requests that never were on the chain: signed, served at once, and brought there by the mech.

The requester signs the id that the request would have, sends it to the mech (over HTTP, say), and
gets the work. The mech collects such signatures and cashes them in one call. The id binds the mech,
the price and the requester's nonce: nobody else can cash it, not for more, and not twice.

A contract that asks is believed by ERC-1271. A person's signature has 65 bytes; v may be 0 or 1
instead of 27 or 28, as some hardware wallets write it, and s must be in the lower half.
Source: valory-xyz/ai-registry-mech@53811b7e, MechMarketplace.sol v1.1.0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aicrypto.agents.refusals import demand
from aicrypto.agents.services.mech.marketplace import Marketplace, Mech, Request, whole
from aicrypto.evm.accounts import GROUP_ORDER, NOBODY
from aicrypto.evm.signing import SIGNATURE_BYTES, V_OFFSET, InvalidSignature, Signature, recover

LOW_V = 4  # below it v is an offset
AsksWallet = Callable[[str, bytes, bytes], bool | None]  # ERC-1271; None: no contract there


@dataclass(frozen=True)
class SignedRequest:
    """The data of a request, and its requester's signature of the id."""

    data: bytes
    signature: bytes


def no_wallet(address: str, digest: bytes, signature: bytes) -> bool | None:
    """What is said where no contract is: nothing."""
    return None


@whole
def deliver_signed(
    market: Marketplace,
    mech: str,
    requester: str,
    signed: Sequence[SignedRequest],
    rates_wei: Sequence[int],
    asks_wallet: AsksWallet = no_wallet,
) -> list[bytes]:
    """Ids of the requests, which are made, delivered and paid for at once.

    Raises:
        Refusal: `WrongArrayLength`, `UnauthorizedAccount`, `ZeroValue`, `ZeroAddress`,
            `IncorrectSignatureLength`, `SignatureNotValidated`, `AlreadyRequested`,
            `InsufficientBalance`.
    """
    demand(len(signed) > 0 and len(signed) == len(rates_wei), "WrongArrayLength")
    worker = market.mech(mech)
    pairs = zip(signed, rates_wei, strict=True)
    ids = [_take(market, worker, requester, one, rate, asks_wallet) for one, rate in pairs]
    tracker = market.tracker(worker.payment_type)
    demand(sum(rates_wei) > 0, "ZeroValue")
    tracker.charge(requester, sum(rates_wei))
    tracker.settle(worker.address, [(requester, rate, rate) for rate in rates_wei])
    market.karma.requesters[requester, worker.address] += len(ids)
    market.counts.requests[requester] += len(ids)
    market.counts.deliveries[requester] += len(ids)
    market.counts.total += len(ids)
    market.credit_delivery(worker.address, len(ids))
    return ids


def _take(
    market: Marketplace,
    worker: Mech,
    requester: str,
    signed: SignedRequest,
    rate_wei: int,
    asks_wallet: AsksWallet,
) -> bytes:
    """The id of one signed request, now listed as delivered."""
    demand(len(signed.data) > 0, "ZeroValue")
    number = market.next_id(worker, requester, signed.data, rate_wei)
    _demand_signed(requester, number, signed.signature, asks_wallet)
    demand(number not in market.requests, "AlreadyRequested")
    market.requests[number] = Request(
        worker.address, requester, rate_wei, worker.payment_type, 0, worker.address
    )
    market.counts.nonces[requester] += 1
    return number


def _demand_signed(requester: str, number: bytes, signature: bytes, asks: AsksWallet) -> None:
    demand(requester != NOBODY, "ZeroAddress")
    verdict = asks(requester, number, signature)
    if verdict is None:
        demand(len(signature) == SIGNATURE_BYTES, "IncorrectSignatureLength")
        verdict = _is_by(requester, number, Signature.from_bytes(signature))
    demand(verdict, "SignatureNotValidated")


def _is_by(requester: str, number: bytes, given: Signature) -> bool:
    """Whether a person signed, in the form that the marketplace takes."""
    v = given.v + V_OFFSET if given.v < LOW_V else given.v
    if given.s > GROUP_ORDER // 2:
        return False
    try:
        return recover(number, replace(given, v=v)) == requester
    except InvalidSignature:
        return False
