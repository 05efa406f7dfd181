"""The memory tree: equal to a naive one, proofs of exactly 27 levels, snapshots that stay."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.commit.hashes import keccak256
from aicrypto.opml.machine import (
    EMPTY_ROOTS,
    PROOF_BYTES,
    Memory,
    MemoryTree,
    MemProof,
    State,
    fold,
    fold_proof,
    root_of_bytes,
    step,
)
from aicrypto.opml.machine.memory import InsnProof, ProvenMemory
from aicrypto.opml.machine.memory.hashing import hash_levels
from aicrypto.opml.machine.riscv import Hart, advance

DEPTH = 27
addresses = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 3 << 12), st.just(2**32 - 1))
writes = st.lists(st.tuples(addresses, st.binary(min_size=1, max_size=70)), max_size=8)


def naive_root(leaves: dict[int, bytes]) -> bytes:
    """Level by level with dictionaries: the definition."""
    nodes = {index: leaf for index, leaf in leaves.items() if any(leaf)}
    for level in range(DEPTH):
        parents = {}
        for index in {index >> 1 for index in nodes}:
            pair = (nodes.get(2 * index + side, EMPTY_ROOTS[level]) for side in (0, 1))
            parents[index] = keccak256(*pair)
        nodes = parents
    return nodes.get(0, EMPTY_ROOTS[DEPTH])


def leaves_after(segments: list[tuple[int, bytes]]) -> dict[int, bytes]:
    content: dict[int, bytearray] = {}
    for address, data in segments:
        for at, byte in enumerate(data, address):
            content.setdefault(at >> 5, bytearray(32))[at & 31] = byte
    return {index: bytes(leaf) for index, leaf in content.items()}


def fitting(segments: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    return [(min(address, 2**32 - len(data)), data) for address, data in segments]


def test_empty_roots() -> None:
    assert EMPTY_ROOTS[0] == bytes(32)
    assert EMPTY_ROOTS[1].hex().startswith("ad3228b6")
    assert MemoryTree().root == EMPTY_ROOTS[27]


@pytest.mark.parametrize("depth", range(1, 9))
def test_the_compiled_hash_is_keccak(depth: int) -> None:
    data = random.Random(depth).randbytes(16 << depth) + bytes(16 << depth)
    nodes = np.empty(4 * ((1 << depth) - 1), np.uint64)
    empty = np.frombuffer(bytearray(b"".join(EMPTY_ROOTS)), np.uint64)
    hash_levels(np.frombuffer(bytearray(data), np.uint64), empty, nodes)
    level, expected = [data[i : i + 32] for i in range(0, len(data), 32)], b""
    while len(level) > 1:
        level = [keccak256(*level[i : i + 2]) for i in range(0, len(level), 2)]
        expected += b"".join(level)
    assert nodes.tobytes() == expected


@settings(max_examples=40, deadline=None)
@given(writes)
def test_equal_to_the_naive_tree(segments: list[tuple[int, bytes]]) -> None:
    segments = fitting(segments)
    leaves = leaves_after(segments)
    tree = MemoryTree.of(segments)
    memory = Memory()
    for address, data in segments:
        memory.write(address, data)
    assert tree.root == memory.tree().root == naive_root(leaves)
    for index, leaf in leaves.items():
        assert tree.read(32 * index, 32) == leaf
        proof = tree.proof(32 * index + 7)
        assert len(proof) == PROOF_BYTES
        assert proof[:32] == leaf
        assert fold_proof(proof, 32 * index + 31) == tree.root


@settings(max_examples=25, deadline=None)
@given(writes, writes)
def test_snapshots_stay(before: list[tuple[int, bytes]], after: list[tuple[int, bytes]]) -> None:
    memory = Memory.of(fitting(before))
    first = memory.tree()
    for address, data in fitting(after):
        memory.write(address, data)
    second = memory.tree()
    assert first.root == MemoryTree.of(fitting(before)).root
    assert second.root == MemoryTree.of(fitting(before) + fitting(after)).root
    assert Memory(second).tree().root == second.root


def test_memory_grows() -> None:
    memory, rng = Memory(), random.Random(3)
    numbers = rng.sample(range(1 << 20), 300)
    for number in numbers:
        memory.store(number << 12 | 8, number)
    assert [memory.load(number << 12 | 8) for number in numbers] == numbers
    assert memory.tree().root == naive_root(
        {number << 7: bytes(8) + number.to_bytes(4, "little") + bytes(20) for number in numbers}
    )


@pytest.mark.parametrize("depth", [0, 1, 6, 7, 8, 12])
def test_the_root_of_a_tensor(depth: int) -> None:
    data = random.Random(depth).randbytes(min(32 << depth, 5000) - 3)
    level = [data.ljust(32 << depth, b"\0")[i : i + 32] for i in range(0, 32 << depth, 32)]
    while len(level) > 1:
        level = [keccak256(*level[i : i + 2]) for i in range(0, len(level), 2)]
    assert root_of_bytes(data, depth) == level[0]
    with pytest.raises(ValueError, match="holds"):
        root_of_bytes(bytes((32 << depth) + 1), depth)


@pytest.mark.parametrize("depth", [-1, 28])
def test_no_tensor_of_other_depths(depth: int) -> None:
    with pytest.raises(ValueError, match="depth"):
        root_of_bytes(b"", depth)


def test_a_slot_of_memory_is_the_root_of_its_tensor() -> None:
    data = random.Random(1).randbytes(10_000)
    tree = MemoryTree.of([(26 << 25, data), (0x1000, b"code")])
    assert tree.node(20, 26) == root_of_bytes(data, 20)
    siblings = [tree.node(20 + k, (26 >> k) ^ 1) for k in range(7)]
    assert fold(tree.node(20, 26), 26, siblings) == tree.root


@pytest.mark.parametrize(("address", "data"), [(-1, b"a"), (2**32, b"a"), (2**32 - 1, b"ab")])
def test_nothing_outside_the_tree(address: int, data: bytes) -> None:
    with pytest.raises(ValueError, match="2\\^32"):
        MemoryTree().with_bytes(address, data)
    with pytest.raises(ValueError, match="2\\^32"):
        Memory().write(address, data)
    with pytest.raises(ValueError, match="2\\^32"):
        MemoryTree().read(address, len(data))


@pytest.mark.parametrize(("level", "index"), [(-1, 0), (28, 0), (27, 1), (20, 128), (0, -1)])
def test_no_node_outside_the_tree(level: int, index: int) -> None:
    with pytest.raises(IndexError, match="level"):
        MemoryTree().node(level, index)


# Tampering

TREE = MemoryTree.of([(0x1000, (0x0004A503).to_bytes(4, "little")), (0x40, b"\x2a" + bytes(31))])
LOADING = State(TREE.root, 0x1000, regs=(*([0] * 9), 0x40, *([0] * 22)))  # lw a0, 0(s1)


def test_every_bit_of_both_proofs_counts() -> None:
    insn, mem = TREE.proof(0x1000), TREE.proof(0x40)
    assert step(LOADING, insn, mem).regs[10] == 0x2A
    for bit in range(0, 8 * PROOF_BYTES, 31):
        for position, refusal in enumerate((InsnProof, MemProof)):
            proofs = [bytearray(insn), bytearray(mem)]
            proofs[position][bit // 8] ^= 1 << bit % 8
            with pytest.raises(refusal):
                step(LOADING, *map(bytes, proofs))


@pytest.mark.parametrize("n_bytes", [0, 31, 32, 864, 895, 897, 928])
def test_proofs_of_other_lengths_are_refused(n_bytes: int) -> None:
    insn, mem = TREE.proof(0x1000), TREE.proof(0x40)
    with pytest.raises(InsnProof):
        step(LOADING, (insn + bytes(64))[:n_bytes], mem)
    with pytest.raises(MemProof):
        step(LOADING, insn, (mem + bytes(64))[:n_bytes])
    for missing, refusal in (((None, mem), InsnProof), ((insn, None), MemProof)):
        with pytest.raises(refusal):
            step(LOADING, *missing)


def test_the_proof_of_another_address_is_refused() -> None:
    with pytest.raises(MemProof):
        step(LOADING, TREE.proof(0x1000), TREE.proof(0x60))
    with pytest.raises(InsnProof):
        step(LOADING, TREE.proof(0x1020), TREE.proof(0x40))


class AnyDepth(ProvenMemory):
    """The weakened copy: folds as many siblings as there are."""

    def _shows(self, proof: bytes | None, address: int) -> bool:
        leaf, *siblings = (proof[i : i + 32] for i in range(0, len(proof or b""), 32))
        return fold(leaf, address >> 5, siblings) == self.root


def step_of_any_depth(state: State, insn_proof: bytes, mem_proof: bytes) -> State:
    memory = AnyDepth(state.mem_root, insn_proof, mem_proof)
    hart = Hart.of(state, memory)
    advance(hart)
    return hart.state(memory.root)


def shallow_proof(tree: MemoryTree, address: int) -> bytes:
    """26 levels: the node above two leaves, whose number there is the leaf's number wanted."""
    index = address >> 5
    siblings = [tree.node(1 + level, (index >> level) ^ 1) for level in range(26)]
    return tree.node(1, index) + b"".join(siblings)


def test_attack_a_node_passes_as_a_leaf_where_depth_is_not_checked() -> None:
    insn, forged = TREE.proof(0x1000), shallow_proof(TREE, 0x40)
    assert len(forged) == PROOF_BYTES - 32
    fooled = step_of_any_depth(LOADING, insn, forged)
    node = TREE.node(1, 2)
    assert fooled.regs[10] == int.from_bytes(node[:4], "little") != 0x2A
    with pytest.raises(MemProof):
        step(LOADING, insn, forged)


def test_attack_a_program_can_hide_leaves_below_a_leaf() -> None:
    """It stores the hash of two leaves of its choice; 28 levels then lead one deeper."""
    secret = b"\x07" + bytes(31), bytes(32)
    tree = TREE.with_bytes(0x80, keccak256(*secret))
    # The fold begins one level lower: the address 0x80 must be twice as far down.
    state = State(tree.root, 0x1000, regs=(*([0] * 9), 0x100, *([0] * 22)))
    honest = tree.proof(0x80)
    forged = secret[0] + secret[1] + honest[32:]
    assert step_of_any_depth(state, tree.proof(0x1000), forged).regs[10] == 7
    assert tree.read(0x100, 4) == bytes(4)
    with pytest.raises(MemProof):
        step(state, tree.proof(0x1000), forged)
