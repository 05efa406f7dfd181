"""Results on another chain: proven from storage instead of computed again.

A result is final on its chain at a block if the library's storage under that block's state root
holds an output hash, a deadline that is not after the block's time, and no open dispute. The last
is proven by absence: a counter at 0 is in no trie.

    proof = prove_result(chain, library, request)          there, by anybody
    read_result(proof, block_hash, library)                here, in Python
    mirror.accept(*proof.arguments, sender=...)            or here, in `FinalResults.vy`
"""

from dataclasses import dataclass
from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Contract
from aicrypto.evm.tries import (
    AccountProof,
    Header,
    header_of,
    prove_account,
    verify_account,
    vyper_slot,
)

OUTPUT_HASH, DEADLINE, N_HOLDS = 0, 1, 2  # slots of the library's first mappings
WORD_BYTES = 32


class NotFinal(ValueError):
    """A result that is missing, may still be doubted, or is disputed at the block shown."""


class UnknownBlock(ValueError):
    """A header whose hash is not the trusted one."""


@dataclass(frozen=True)
class ResultProof:
    """All that shows one result.

    Attributes:
        header: of the block, in RLP.
        account: the library and its three slots.
    """

    request: int
    header: bytes
    account: AccountProof

    @property
    def arguments(self) -> tuple[Any, ...]:
        """As `FinalResults.accept` takes them."""
        slots = [list(nodes) for _, nodes in self.account.storage]
        return (self.request, self.header, list(self.account.account), *slots)

    @property
    def n_bytes(self) -> int:
        """Size of header and nodes."""
        nodes = [self.account.account, *(nodes for _, nodes in self.account.storage)]
        return len(self.header) + sum(len(node) for proof in nodes for node in proof)


def prove_result(library: Contract, request: int) -> ResultProof:
    """The proof of what a library holds of a request now, final or not."""
    chain = library.chain
    account = prove_account(chain.state, library.address, slots_of(request))
    return ResultProof(request, header_of(chain).data, account)


def read_result(proof: ResultProof, block_hash: bytes, library: str) -> bytes:
    """The final result's hash.

    Args:
        proof: from anybody.
        block_hash: of a block that is known to be the other chain's.
        library: its address there.

    Raises:
        UnknownBlock: if the header is another block's.
        NotFinal: if the result is missing, or was not final at that block.
        ValueError: if the proof is of another account or slot, or a node is wrong (`tries`).
    """
    if (known := keccak256(proof.header)) != block_hash:
        raise UnknownBlock(f"header has hash 0x{known.hex()}, not 0x{block_hash.hex()}")
    header = Header.from_bytes(proof.header)
    shown = proof.account.address, [slot for slot, _ in proof.account.storage]
    if shown != (library, slots_of(proof.request)):
        raise ValueError(f"proof is about slots {shown[1]} of {shown[0]}, not of the result")
    _, (output_hash, deadline, n_holds) = verify_account(header.state_root, proof.account)
    if not output_hash:
        raise NotFinal(f"request {proof.request} has no result at block {header.number}")
    if header.timestamp < (deadline or 0):
        raise NotFinal(f"block is of {header.timestamp}, the result is final from {deadline} on")
    if n_holds:
        raise NotFinal(f"request {proof.request} has {n_holds} open disputes")
    return output_hash.to_bytes(WORD_BYTES, "big")


def slots_of(request: int) -> list[int]:
    """Where a library keeps output hash, deadline and disputes of a request."""
    key = request.to_bytes(WORD_BYTES, "big")
    return [vyper_slot(slot, key) for slot in (OUTPUT_HASH, DEADLINE, N_HOLDS)]
