"""OpenZeppelin trees: honest proofs pass, tampered ones do not, the flag attack is refused."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit import openzeppelin as oz
from aicrypto.commit.hashes import keccak256

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20)


@given(LEAVES, st.booleans(), st.data())
def test_honest_proofs_are_accepted(
    leaves: list[bytes], ordered: bool, data: st.DataObject
) -> None:
    tree = oz.build(leaves, ordered)
    index = data.draw(st.integers(0, len(leaves) - 1))
    assert oz.verify(leaves[index], oz.prove(tree, index), tree.root)
    chosen = data.draw(st.sets(st.integers(0, len(leaves) - 1)))
    multi = oz.prove_many(tree, sorted(chosen))
    wanted = [leaves[i] for i in multi.order]
    assert oz.verify_many(wanted, multi.proof, multi.flags, tree.root)


@given(LEAVES)
def test_sorted_trees_forget_the_order(leaves: list[bytes]) -> None:
    assert oz.build(leaves).root == oz.build(leaves[::-1]).root


def test_tamper_sweep() -> None:
    rng = random.Random(1)
    leaves = [rng.randbytes(32) for _ in range(11)]
    tree = oz.build(leaves)
    multi = oz.prove_many(tree, [1, 4, 5, 9])
    wanted, proof, flags = [leaves[i] for i in multi.order], list(multi.proof), list(multi.flags)
    assert oz.verify_many(wanted, proof, flags, tree.root)
    for parts in (wanted, proof):
        for i in range(len(parts)):
            good = parts[i]
            for bad in (bytes(32), good[:-1], good + b"\0"):
                parts[i] = bad
                assert oz.verify_many(wanted, proof, flags, tree.root) is False
            parts[i] = good
    for i in range(len(flags)):
        flags[i] = not flags[i]
        assert oz.verify_many(wanted, proof, flags, tree.root) is False
        flags[i] = not flags[i]
    for cut in (
        (wanted[:-1], proof, flags),
        (wanted, proof[1:], flags),
        (wanted, proof, flags[1:]),
    ):
        assert oz.verify_many(*cut, tree.root) is False
    assert oz.verify_many([*wanted, wanted[0]], proof, flags, tree.root) is False


def test_flag_that_reads_beyond_the_queue_is_refused() -> None:
    """Contracts before 4.9.2 read an unset slot here and accepted `evil` (CVE-2023-34459)."""
    leaves = [keccak256(bytes([i])) for i in range(2)]
    root = oz.build(leaves).root
    evil, junk = keccak256(b"evil"), keccak256(b"junk")
    assert oz.verify_many([evil], [root, junk], [True, False], root) is False
    assert oz.verify_many([], [root], [], root) is True  # no claim, hence a true one


def test_a_node_passes_as_simple_leaf_but_not_as_standard_leaf() -> None:
    rows = [[i] for i in range(4)]
    tree = oz.build([oz.standard_leaf(["uint256"], row) for row in rows])
    inner, sibling = tree.nodes[1], tree.nodes[2]
    assert oz.verify(inner, [sibling], tree.root)  # what simple trees leave to the caller
    children = tree.nodes[3] + tree.nodes[4]
    assert keccak256(keccak256(children)) != inner


def test_refusals() -> None:
    tree = oz.build([bytes(32), bytes([1]) * 32])
    with pytest.raises(ValueError, match="leaves is empty"):
        oz.build([])
    with pytest.raises(ValueError, match=r"leaves\[1\] has 31 bytes"):
        oz.build([bytes(32), bytes(31)])
    with pytest.raises(IndexError, match=r"index is 2, must be in 0\.\.1"):
        oz.prove(tree, 2)
    with pytest.raises(ValueError, match="repeat"):
        oz.prove_many(tree, [0, 0])
    with pytest.raises(ValueError, match="values has 1 entries, types has 2"):
        oz.standard_leaf(["address", "uint256"], [5])
    with pytest.raises(ValueError, match="do not fit"):
        oz.standard_leaf(["uint8"], [256])
