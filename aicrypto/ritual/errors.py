"""The market's refusals: names, the four bytes that stand for them, and back.

A contract refuses with the first four bytes of the Keccak-256 hash of an error's signature, here
always a name without arguments; arithmetic that leaves its range says `Panic(0x11)` instead. Tools
and tests compare names, so this module gives the name of what a call came back with.

Source: names and their selectors: ritual-net/infernet-sdk@b183dc3.
"""

from aicrypto.evm import Reverted
from aicrypto.evm.abi import PANIC_SELECTOR, SELECTOR_BYTES
from aicrypto.oracle import selector

DELIVERY_ERRORS = (
    "SubscriptionNotFound",
    "SubscriptionNotActive",
    "IntervalMismatch",
    "SubscriptionCompleted",
    "IntervalCompleted",
    "NodeRespondedAlready",
    "NodeNotAllowed",
)
PAYMENT_ERRORS = (
    "InvalidWallet",
    "InsufficientAllowance",
    "InsufficientFunds",
    "ETHTransferFailed",
    "TransferFailed",
    "UnsupportedVerifierToken",
    "ProofRequestNotFound",
    "UnauthorizedVerifier",
)
SIGNATURE_ERRORS = ("SignatureExpired", "InvalidSignature", "SignerMismatch")
AUTHORITY_ERRORS = ("NotSubscriptionOwner", "NotCoordinator", "Unauthorized")
OUR_ERRORS = ("NotCommitted", "TooEarly", "TooLate", "OutputNotProven")  # of our own consumers


def error_selector(name: str) -> bytes:
    """4 bytes with which an error of that name, which has no arguments, is given.

    >>> error_selector("InvalidSignature").hex()
    '8baa579f'
    """
    return selector(f"{name}()")


NAMES = {
    error_selector(name): name
    for name in (
        *DELIVERY_ERRORS,
        *PAYMENT_ERRORS,
        *SIGNATURE_ERRORS,
        *AUTHORITY_ERRORS,
        *OUR_ERRORS,
    )
}


def refusal(reverted: Reverted) -> str:
    """Name of the error that a call failed with, `Panic(0x11)`, or the reason in words."""
    head, rest = reverted.data[:SELECTOR_BYTES], reverted.data[SELECTOR_BYTES:]
    if head == PANIC_SELECTOR:
        return f"Panic(0x{int.from_bytes(rest, 'big'):02x})"
    return NAMES.get(head, reverted.reason)
