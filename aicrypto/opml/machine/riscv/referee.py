"""One step decided from a state and two proofs: what a contract does, in Python.

The referee knows no memory, only its root in the state. Whoever wants a step decided brings the
leaf that holds the instruction, and where the instruction loads or stores, that leaf too. What is
not needed is not looked at: a trap on a misaligned address wants no proof of it.
"""

from dataclasses import dataclass

from aicrypto.opml.machine.memory import LEAF_BYTES, PROOF_BYTES, ProvenMemory
from aicrypto.opml.machine.riscv.interpreter import Hart, advance
from aicrypto.opml.machine.riscv.state import State


@dataclass(frozen=True)
class Witness:
    """All that a referee needs to execute one step.

    Attributes:
        insn_proof: 896 bytes for the instruction's address; None where none is fetched.
        mem_proof: 896 bytes for the address loaded or stored; None where there is none.
    """

    state: State
    insn_proof: bytes | None
    mem_proof: bytes | None

    def call_arguments(self) -> tuple[bytes, int, list[int], list[bytes], list[bytes]]:
        """The arguments of `OneStep.step`: root, meta, registers, two proofs of 28 words.

        A missing proof is all zeros, which fold to no root that anybody knows.
        """
        return *self.state.words(), _words(self.insn_proof), _words(self.mem_proof)


def step(state: State, insn_proof: bytes | None, mem_proof: bytes | None) -> State:
    """The state after one step.

    Raises:
        BadState: if the state is not well formed.
        InsnProof: if the first proof is needed and does not show the instruction.
        MemProof: if the second proof is needed and does not show the word.
    """
    state.check()
    memory = ProvenMemory(state.mem_root, insn_proof, mem_proof)
    hart = Hart.of(state, memory)
    advance(hart)
    return hart.state(memory.root)


def _words(proof: bytes | None) -> list[bytes]:
    data = proof or bytes(PROOF_BYTES)
    return [data[i : i + LEAF_BYTES] for i in range(0, PROOF_BYTES, LEAF_BYTES)]
