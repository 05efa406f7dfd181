"""One step of the Cannon machine as the contract decides it: state, proof, pre-images in; hash out.

Source: MIPS v1.0.1, npm @eth-optimism/contracts-bedrock 0.17.3, `step`, `readMem`.
"""

from collections.abc import Iterable

from aicrypto.opml.machine.cannon import mips, syscalls
from aicrypto.opml.machine.cannon.instructions import Revert
from aicrypto.opml.machine.cannon.state import CannonState
from aicrypto.opml.machine.image import Image
from aicrypto.opml.machine.memory import PROOF_BYTES, InsnProof, MemProof, ProvenMemory

WORD_BYTES = 32  # calldata is padded to


def step(state: bytes, proof: bytes, preimages: Iterable[bytes] = ()) -> bytes:
    """The hash of the state after one step.

    `proof` is 896 bytes for the instruction and, where a word of memory is needed, 896 for that.

    Raises:
        ValueError: if the state has another length than 226 bytes.
        Revert: with the contract's reason.
    """
    start = CannonState.from_bytes(state)
    padded = proof + bytes(-len(proof) % WORD_BYTES)
    first, second = padded[:PROOF_BYTES], padded[PROOF_BYTES : 2 * PROOF_BYTES]
    memory = ProvenMemory(start.mem_root, first, second)
    machine = mips.Mips.of(start, memory, syscalls.keyed(preimages))
    try:
        mips.advance(machine)
    except (InsnProof, MemProof) as error:
        used = first if isinstance(error, InsnProof) else second
        short = len(used) < PROOF_BYTES
        reason = "check that there is enough calldata" if short else "bad proof"
        raise Revert(reason) from None
    return machine.state(memory.root).hash


def start_of(image: Image) -> CannonState:
    """The state before the first step of an image's run."""
    regs = image.start.regs
    return CannonState(image.tree.root, pc=image.entry, next_pc=image.entry + 4, regs=regs)
