"""What a service's operators have signed together, in the form that their multisig account takes.

The account (deployed: a Safe) belongs to all operators and acts on what a threshold of them signs.
A certificate is those signatures, 65 bytes each (r, s, v), one after the other, in the order of the
signers' addresses. The order makes it cheap to see that nobody signed twice.

What is signed is one operation of one account on one chain, with the account's running number: a
certificate can be used once, for that and nothing else. So whoever carries it, the keeper, can
neither change nor repeat it.
Source: safe-global/safe-smart-account, checkNSignatures (the order); the digest is that of our own
account, OlasSafe.vy.
"""

from collections.abc import Collection, Iterable

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.accounts import Party, address_of
from aicrypto.evm.signing import SIGNATURE_BYTES, signer_of


def operation_digest(
    chain_id: int, account: Party, nonce: int, to: Party, wei: int, data: bytes
) -> bytes:
    """32 bytes that stand for one call by one account, which operators sign."""
    where = keccak256(_number(chain_id), _padded(account))
    what = keccak256(_padded(to), _number(wei), keccak256(data), _number(nonce))
    return keccak256(b"\x19\x01", where, what)


def assemble(digest: bytes, signatures: Iterable[bytes]) -> bytes:
    """The certificate of these signatures: one of each signer, in order; others are left out."""
    signed = {signer_of(digest, signature): signature for signature in signatures}
    signed.pop(None, None)
    return b"".join(signature for _, signature in sorted((str(k), v) for k, v in signed.items()))


def is_certificate(
    digest: bytes, certificate: bytes, owners: Collection[str], threshold: int
) -> bool:
    """Whether at least a threshold of the owners have signed, each once, and nobody else."""
    count, rest = divmod(len(certificate), SIGNATURE_BYTES)
    if rest or not max(threshold, 1) <= count <= len(owners):
        return False
    signers = [signer_of(digest, part) or "" for part in take_apart(certificate)]
    return set(signers) <= set(owners) and signers == sorted(set(signers))


def take_apart(certificate: bytes) -> list[bytes]:
    """The signatures in a certificate, as the account takes them."""
    starts = range(0, len(certificate), SIGNATURE_BYTES)
    return [certificate[start : start + SIGNATURE_BYTES] for start in starts]


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _padded(who: Party) -> bytes:
    return bytes(12) + bytes.fromhex(address_of(who)[2:])
