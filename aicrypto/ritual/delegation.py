"""Subscriptions by signature: a consumer's signer signs, a node brings it on chain (EIP-712).

The digest binds chain, coordinator, nonce, expiry and every field of the subscription. The nonce
is what stops a replay: the same owner and nonce always give the same subscription, and that is
looked up before anything else. So a node that is handed a delegation must compare it with the
subscription of that number before it works.

`Ledger` says what the coordinator's contract says, without a chain.

Source: ritual-net/infernet-sdk@b183dc3, EIP712Coordinator; EIP-712.
"""

from dataclasses import dataclass, field

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Account
from aicrypto.evm.accounts import GROUP_ORDER
from aicrypto.ritual.subscriptions import KINDS, TIME_MASK, Subscription

NAME, VERSION = "InfernetCoordinator", "1"
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
SUBSCRIPTION_TYPE = (
    "Subscription(address owner,uint32 activeAt,uint32 period,uint32 frequency,"
    "uint16 redundancy,bytes32 containerId,bool lazy,address verifier,uint256 paymentAmount,"
    "address paymentToken,address wallet)"
)
DELEGATION_TYPE = (
    f"DelegateSubscription(uint32 nonce,uint32 expiry,Subscription sub){SUBSCRIPTION_TYPE}"
)
SIGNATURE_VERSIONS = (27, 28)


class SignatureExpired(Exception):
    """The delegation came at or after its expiry."""


class InvalidSignature(Exception):
    """The numbers are no signature of anybody."""


class SignerMismatch(Exception):
    """Somebody signed, but not the one who signs for the owner."""


@dataclass(frozen=True)
class Domain:
    """Where a delegation holds: one coordinator on one chain."""

    chain_id: int
    coordinator: str

    @property
    def separator(self) -> bytes:
        """32 bytes that stand for it."""
        names = [keccak256(text.encode()) for text in (DOMAIN_TYPE, NAME, VERSION)]
        kinds = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
        return _hash(kinds, [*names, self.chain_id, self.coordinator])


@dataclass(frozen=True)
class Delegation:
    """An order that only its signature makes valid."""

    nonce: int
    expiry_s: int
    subscription: Subscription

    @property
    def subscription_hash(self) -> bytes:
        """32 bytes that stand for the subscription."""
        values = [keccak256(SUBSCRIPTION_TYPE.encode()), *self.subscription.fields]
        return _hash(["bytes32", *KINDS], values)

    @property
    def struct_hash(self) -> bytes:
        """32 bytes that stand for nonce, expiry and subscription."""
        head = keccak256(DELEGATION_TYPE.encode())
        values = [head, self.nonce, self.expiry_s, self.subscription_hash]
        return _hash(["bytes32", "uint32", "uint32", "bytes32"], values)

    def digest(self, domain: Domain) -> bytes:
        """32 bytes that are signed."""
        return keccak256(b"\x19\x01" + domain.separator + self.struct_hash)


@dataclass(frozen=True)
class Signature:
    """An ECDSA signature on secp256k1; `v` is 27 or 28."""

    v: int
    r: int
    s: int

    @property
    def fields(self) -> tuple[int, bytes, bytes]:
        """As the contract takes it."""
        return self.v, self.r.to_bytes(32, "big"), self.s.to_bytes(32, "big")

    @property
    def twin(self) -> "Signature":
        """The other signature of the same message, which anybody can compute."""
        return Signature(sum(SIGNATURE_VERSIONS) - self.v, self.r, GROUP_ORDER - self.s)


@dataclass
class Ledger:
    """Delegations that one coordinator has seen.

    Attributes:
        subscriptions: what was created; number n stands at n - 1.
        created: number by owner and nonce.
    """

    domain: Domain
    subscriptions: list[Subscription] = field(default_factory=list)
    created: dict[tuple[str, int], int] = field(default_factory=dict)

    def create(self, delegation: Delegation, signature: Signature, now_s: int, signer: str) -> int:
        """Number of the subscription, old or new; `signer` signs for the owner at this time.

        Raises:
            SignatureExpired: if it is too late.
            InvalidSignature: if nobody can have signed this.
            SignerMismatch: if somebody else did.
        """
        key = delegation.subscription.owner.lower(), delegation.nonce
        if key in self.created:
            return self.created[key]
        if now_s & TIME_MASK >= delegation.expiry_s:
            raise SignatureExpired(f"expiry_s is {delegation.expiry_s}, now_s is {now_s}")
        found = recover(delegation.digest(self.domain), signature)
        if found != signer.lower():
            raise SignerMismatch(f"signed by {found}, not by {signer}")
        self.subscriptions.append(delegation.subscription)
        self.created[key] = len(self.subscriptions)
        return self.created[key]


def sign(delegation: Delegation, domain: Domain, signer: Account) -> Signature:
    """The signer's signature of a delegation."""
    from eth_keys.datatypes import PrivateKey

    made = PrivateKey(signer.private_key).sign_msg_hash(delegation.digest(domain))
    return Signature(SIGNATURE_VERSIONS[made.v], made.r, made.s)


def recover(digest: bytes, signature: Signature) -> str:
    """Address whose key signed the digest; both values of s are taken, as on chain.

    Raises:
        InvalidSignature: if there is none.
    """
    from eth_keys.datatypes import Signature as Numbers
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    is_in_range = 0 < signature.r < GROUP_ORDER and 0 < signature.s < GROUP_ORDER
    if signature.v not in SIGNATURE_VERSIONS or not is_in_range:
        raise InvalidSignature(f"{signature} is outside the group's range, or v is not 27 or 28")
    try:
        numbers = Numbers(vrs=(signature.v - SIGNATURE_VERSIONS[0], signature.r, signature.s))
        return str(numbers.recover_public_key_from_msg_hash(digest).to_address())
    except (BadSignature, ValidationError) as error:
        raise InvalidSignature(f"{signature}: {error}") from None


def _hash(kinds: list[str], values: list[object]) -> bytes:
    from eth_abi.abi import encode

    return keccak256(encode(kinds, values))
