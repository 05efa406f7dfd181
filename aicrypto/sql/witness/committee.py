"""One signature for k of n: attestors as a threshold committee, beside counted signatures.

The deployed network counts ECDSA signatures: n keys in the contract, k signatures in the call. A
committee that shares one BLS key gives one signature of 96 bytes, whoever of it signed, checked
under one key of 48 bytes; the contract would not even learn which k signed. The price is a common
key generation, and that nobody can be blamed for what the group signed.

Beside the real thing, for comparison: the talk says "threshold signature", the contracts count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicrypto.commit.bls import threshold as bls
from aicrypto.commit.bls.signature import verify
from aicrypto.sql.witness.attestation import message


@dataclass(frozen=True)
class Committee:
    """What all may know of a committee: its key, and the key share of every member."""

    group_public_key: bytes
    key_shares: Mapping[int, bytes]


def committee_of(dealing: bls.Dealing) -> Committee:
    """The public part of a dealing."""
    shares = dict(zip(dealing.ids, dealing.public_key_shares, strict=True))
    return Committee(dealing.group_public_key, shares)


def attest(share: int, state_root: bytes, block: int) -> bytes:
    """A member's part of the committee's signature on a block's root."""
    return bls.partial_sign(share, message(state_root, block))


def combine(
    committee: Committee, parts: Mapping[int, bytes], state_root: bytes, block: int
) -> bytes:
    """The committee's signature from members' parts.

    Raises:
        ValueError: naming the members whose parts are wrong, or if there are too few.
    """
    ids, signed = list(parts), message(state_root, block)
    bad = [i for i in ids if not verify(committee.key_shares.get(i, b""), signed, parts[i])]
    if bad:
        raise ValueError(f"parts of members {bad} are wrong")
    signature = bls.combine(ids, [parts[i] for i in ids])
    if not verify(committee.group_public_key, signed, signature):
        raise ValueError(f"{len(ids)} parts are too few")
    return signature


def attested(committee: Committee, state_root: bytes, block: int, signature: bytes) -> bool:
    """Whether the committee signed this root for this block: two pairings, whatever k and n."""
    return verify(committee.group_public_key, message(state_root, block), signature)
