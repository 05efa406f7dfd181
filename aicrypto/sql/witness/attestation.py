"""Attestations: signatures of the tree of table commitments, and how many of them are enough.

At every block each attestor signs state root and block number. A contract believes a root if k of n
listed attestors signed it; the client library demands all of a list that the user chose. Both are
plain ECDSA signatures, counted; one signature of a group would be a threshold signature, which
`committee` puts beside it.

The contract walks over signatures and sorted attestors with one pointer that only moves forward, so
a signature repeated counts once. The price is that honest signatures out of order do not count.

Sources: spaceandtimefdn/sxt-node-op-contracts@6998066c, SubstrateSignatureValidator.sol; the audit
that found duplicates counted: Pashov, 2025-03-31, C-01; sxt-proof-of-sql-sdk@a906285 (client rule).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from aicrypto.sql.witness import tree
from aicrypto.sql.witness.recovery import (
    NOBODY,
    Signature,
    ecrecover,
    message_digest,
    recover,
)

BLOCK_BYTES = 8
ROOT_BYTES = 32
DOMAIN = b"\x00"  # first byte of roots in the current revision
MAX_PER_BLOCK = 64


class InvalidThreshold(ValueError):
    """The threshold is zero."""


class EmptyAttestorsList(ValueError):
    """There are no attestors."""


class InvalidAttestorAddress(ValueError):
    """An attestor is the zero address."""


class AttestorsLengthLessThanThreshold(ValueError):
    """There are fewer attestors than the threshold."""


class InvalidAttestorList(ValueError):
    """The attestors are not in strictly ascending order."""


class MissingAttestor(ValueError):
    """A required attestor did not sign."""


class InvalidPublicKeyRecovered(ValueError):
    """A signature is not from the attestor that it names."""


class FailureToVerifyMerkleProof(ValueError):
    """A table's commitment is not in the attested tree."""


class CannotAttestCurrentBlock(ValueError):
    """A block is attested after it, not in it."""


class CannotAttestFutureBlock(ValueError):
    """A block that does not exist cannot be attested."""


class AttestationAlreadyRecordedError(ValueError):
    """The attestor has attested this block, or the block has 64 attestations."""


def message(state_root: bytes, block: int) -> bytes:
    """What attestors sign: the root, of 32 bytes or of 33 with its domain, and the block."""
    return state_root + block.to_bytes(BLOCK_BYTES, "big")


def check_attestors(attestors: Sequence[str], threshold: int) -> None:
    """Passes if a contract may be set up like this.

    Raises:
        InvalidThreshold, EmptyAttestorsList, InvalidAttestorAddress,
        AttestorsLengthLessThanThreshold, InvalidAttestorList: checked in this order.
    """
    if threshold == 0:
        raise InvalidThreshold("threshold is 0, must be at least 1")
    if not attestors:
        raise EmptyAttestorsList("there are no attestors")
    if attestors[0] == NOBODY:
        raise InvalidAttestorAddress("the first attestor is the zero address")
    if len(attestors) < threshold:
        raise AttestorsLengthLessThanThreshold(f"{len(attestors)} attestors for {threshold}")
    if any(a >= b for a, b in pairwise(attestors)):
        raise InvalidAttestorList("attestors are not in strictly ascending order")


def enough_signed(
    attestors: Sequence[str],
    threshold: int,
    state_root: bytes,
    block: int,
    signatures: Sequence[Signature],
) -> bool:
    """Whether k of n attestors signed, by the contract's rule; errors as in `check_attestors`."""
    listed = [attestor.lower() for attestor in attestors]
    check_attestors(listed, threshold)
    digest = message_digest(message(state_root, block))
    pointer = count = 0
    for signature in signatures:
        signer = ecrecover(digest, signature)
        while pointer < len(listed) and listed[pointer] < signer:
            pointer += 1
        if pointer < len(listed) and listed[pointer] == signer:
            pointer, count = pointer + 1, count + 1
            if count == threshold:
                return True
    return False


@dataclass(frozen=True)
class Attestation:
    """One attestor's word on a block's root."""

    address: str
    state_root: bytes
    signature: Signature


@dataclass(frozen=True)
class AttestedTable:
    """A table's commitment and its path to the attested root."""

    commitment: bytes
    path: tuple[bytes, ...]


def check_attested(
    required: Sequence[str],
    scheme: int,
    block: int,
    attestations: Sequence[Attestation],
    tables: Mapping[str, AttestedTable],
) -> None:
    """Passes if all required attestors signed, and every table is in every root that was signed.

    Attestations of roots without the domain byte are of another revision, and ignored.

    Raises:
        MissingAttestor: if one of them did not.
        InvalidRecoveryIdError, SignatureRecoveryError, KeyRecoveryError,
        InvalidPublicKeyRecovered, FailureToVerifyMerkleProof: for the first attestation at fault.
    """
    current = [a for a in attestations if _is_current(a.state_root)]
    missing = {who.lower() for who in required} - {a.address.lower() for a in current}
    if missing:
        raise MissingAttestor(f"{min(missing)} did not attest block {block}")
    for attestation in current:
        _check_signer(attestation, block)
        _check_tables(attestation.state_root[len(DOMAIN) :], scheme, tables)


def _check_tables(root: bytes, scheme: int, tables: Mapping[str, AttestedTable]) -> None:
    for name, table in tables.items():
        leaf = tree.leaf_bytes(name, scheme, table.commitment)
        if not tree.verify(leaf, table.path, root):
            raise FailureToVerifyMerkleProof(f"table {name} is not in the root")


def _check_signer(attestation: Attestation, block: int) -> None:
    digest = message_digest(message(attestation.state_root, block))
    if (signer := recover(digest, attestation.signature)) != attestation.address.lower():
        raise InvalidPublicKeyRecovered(f"{signer} signed for {attestation.address}")


def _is_current(state_root: bytes) -> bool:
    return len(state_root) == len(DOMAIN) + ROOT_BYTES and state_root.startswith(DOMAIN)


@dataclass
class AttestationLog:
    """The chain's record of attestations, block by block; attestors in lower case."""

    recorded: dict[int, dict[str, Attestation]] = field(default_factory=dict)

    def record(self, now: int, block: int, attestation: Attestation) -> None:
        """Adds an attestation of a past block.

        Raises:
            CannotAttestCurrentBlock, CannotAttestFutureBlock: if the block is not past.
            AttestationAlreadyRecordedError: if the attestor's is there, or 64 are.
            InvalidPublicKeyRecovered: if the signature is somebody else's.
        """
        if block == now:
            raise CannotAttestCurrentBlock(f"block {block} is the current one")
        if block > now:
            raise CannotAttestFutureBlock(f"block {block} is after the current block {now}")
        others = self.recorded.setdefault(block, {})
        who = attestation.address.lower()
        if who in others or len(others) == MAX_PER_BLOCK:
            raise AttestationAlreadyRecordedError(f"block {block}: {attestation.address}")
        _check_signer(attestation, block)
        others[who] = attestation
