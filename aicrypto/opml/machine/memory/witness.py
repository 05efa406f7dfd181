"""Memory as a referee sees it: a root, and proofs of the two leaves that one step may touch.

The same machine that runs on `Memory` runs one step on `ProvenMemory` and cannot tell: `fetch`
believes the first proof, `load` and `store` the second, each only if it folds to the root. A store
computes the new root from the changed leaf and the same siblings.
"""

from dataclasses import dataclass

from aicrypto.opml.machine.memory.tree import LEAF_BYTES, PROOF_BYTES, fold_proof

IN_LEAF = LEAF_BYTES - 1


class InsnProof(ValueError):
    """The instruction's proof is missing, of wrong length, or folds to another root."""


class MemProof(ValueError):
    """The proof of the word that is loaded or stored is missing, wrong, or of wrong length."""


@dataclass
class ProvenMemory:
    """What can be known of memory from its root and two proofs of 896 bytes."""

    root: bytes
    insn_proof: bytes | None
    mem_proof: bytes | None

    def fetch(self, address: int) -> int:
        """The instruction at an address.

        Raises:
            InsnProof: if the first proof does not show it.
        """
        if not self._shows(self.insn_proof, address):
            raise InsnProof(f"insn_proof does not show the leaf of address {address:#x}")
        return _word(self.insn_proof or b"", address)

    def load(self, address: int) -> int:
        """The word that holds an address, little-endian.

        Raises:
            MemProof: if the second proof does not show it.
        """
        if not self._shows(self.mem_proof, address):
            raise MemProof(f"mem_proof does not show the leaf of address {address:#x}")
        return _word(self.mem_proof or b"", address)

    def store(self, address: int, word: int) -> None:
        """Replace the word that holds an address, which changes the root.

        Raises:
            MemProof: if the second proof does not show what is replaced.
        """
        self.load(address)
        at = address & IN_LEAF & ~3
        changed = bytearray(self.mem_proof or b"")
        changed[at : at + 4] = word.to_bytes(4, "little")
        self.mem_proof = bytes(changed)
        self.root = fold_proof(self.mem_proof, address)

    def _shows(self, proof: bytes | None, address: int) -> bool:
        if proof is None or len(proof) != PROOF_BYTES:
            return False
        return fold_proof(proof, address) == self.root


def _word(proof: bytes, address: int) -> int:
    at = address & IN_LEAF & ~3
    return int.from_bytes(proof[at : at + 4], "little")
