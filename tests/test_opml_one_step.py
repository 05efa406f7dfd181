"""OneStep.vy and its Python twin: any instruction, any state, one outcome, under 80,000 gas."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain, Reverted, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.opml.code import Layer, assemble, image_of
from aicrypto.opml.code.encoding import ARITHMETIC, BRANCHES, IMMEDIATE, LOADS, SHIFTS, STORES
from aicrypto.opml.machine import (
    PROOF_BYTES,
    BadState,
    InsnProof,
    MemoryTree,
    MemProof,
    State,
    Witness,
    run,
    step,
)
from aicrypto.opml.machine.memory import Memory
from aicrypto.opml.machine.riscv import Hart

VECTORS = Path(__file__).parent / "vectors"
MAX_GAS = 80_000
MASK = 0xFFFFFFFF


class Court:
    """The contract on a chain of its own; steps are transactions, so that gas is whole."""

    def __init__(self, source: str | None = None) -> None:
        self.chain = Chain()
        self.me = self.chain.account("referee")
        contract = "OneStep" if source is None else compile_source(source, "OneStep")
        self.contract = self.chain.deploy(contract, sender=self.me)
        self.most_gas = 0

    def step(self, witness: Witness) -> bytes | str:
        """The hash, or the revert's name."""
        data = self.contract.step.encode(*witness.call_arguments())
        try:
            receipt = self.chain.send(self.contract.address, sender=self.me, data=data)
        except Reverted as refusal:
            return refusal.reason
        self.most_gas = max(self.most_gas, receipt.gas_used)
        return receipt.output


@pytest.fixture(scope="module")
def court() -> Court:
    return Court()


def ours(witness: Witness) -> bytes | str:
    try:
        return step(witness.state, witness.insn_proof, witness.mem_proof).hash
    except (BadState, InsnProof, MemProof) as refusal:
        return type(refusal).__name__


def cases() -> list[dict]:
    return json.loads((VECTORS / "opml.rv32_step.json").read_text())["cases"]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_suite(case: dict, court: Court) -> None:
    given, out = case["in"], case["out"]
    fields = given["state"]
    root = bytes.fromhex(fields["mem_root"][2:])
    state = State(**{**fields, "mem_root": root, "regs": tuple(fields["regs"])})
    proofs = [
        given[name] and bytes.fromhex(given[name][2:]) for name in ("insn_proof", "mem_proof")
    ]
    if max(state.regs) > MASK:
        pytest.skip("four bytes on chain cannot hold such a register")
    answer = court.step(Witness(state, *proofs))
    assert answer == (out.get("error") or bytes.fromhex(out["post_hash"][2:]))


EDGES = (0, 1, 2, 3, 31, 32, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, MASK)
OPCODES = (0x37, 0x17, 0x6F, 0x67, 0x63, 0x03, 0x23, 0x13, 0x33, 0x0F, 0x73)


def witness_of(rng: random.Random, insn: int, pc: int = 0x1000, **fields: object) -> Witness:
    """A state with this instruction at pc, everything else drawn, and what a prover would show."""
    regs = [rng.choice((rng.choice(EDGES), rng.getrandbits(32), rng.getrandbits(32) & ~3))
            for _ in range(32)]  # fmt: skip
    regs[0] = 0
    state = State(b"", pc, rng.getrandbits(64), 0, 0, tuple(regs))
    state = replace(state, **fields)
    bare = Hart.of(state, Memory.of([(pc & ~3, insn.to_bytes(4, "little"))]))
    address = bare.accessed()
    segments = [(pc & ~3, insn.to_bytes(4, "little"))]
    if address is not None:
        segments.insert(0, (address & ~31, rng.randbytes(32)))
    tree = MemoryTree.of(segments)
    return Witness(
        replace(state, mem_root=tree.root),
        tree.proof(pc),
        None if address is None else tree.proof(address),
    )


def named_instructions(rng: random.Random) -> list[str]:
    a, b, c = (f"x{rng.randrange(32)}" for _ in range(3))
    return [
        *(f"{name} {a}, {b}, {c}" for name in ARITHMETIC),
        *(f"{name} {a}, {b}, {rng.randrange(-2048, 2048)}" for name in IMMEDIATE),
        *(f"{name} {a}, {b}, {rng.randrange(32)}" for name in SHIFTS),
        *(f"{name} {a}, {b}, {rng.randrange(-4096, 4096, 2)}" for name in BRANCHES),
        *(f"{name} {a}, {rng.randrange(-2048, 2048)}({b})" for name in (*LOADS, *STORES, "jalr")),
        f"lui {a}, {rng.randrange(1 << 20)}",
        f"auipc {a}, {rng.randrange(1 << 20)}",
        f"jal {a}, {rng.randrange(-(1 << 20), 1 << 20, 2)}",
        *("ecall", "ebreak", "fence", "fence.i"),
    ]


@pytest.mark.parametrize("seed", range(10))
def test_every_instruction(court: Court, seed: int) -> None:
    rng = random.Random(seed)
    for text in named_instructions(rng):
        witness = witness_of(rng, int.from_bytes(assemble(text), "little"))
        assert court.step(witness) == ours(witness), text
        assert isinstance(ours(witness), bytes)
    assert court.most_gas <= MAX_GAS


def test_any_word_is_executed_or_traps_alike(court: Court) -> None:
    rng = random.Random(5)
    causes = set()
    for _ in range(700):
        insn = rng.getrandbits(32) & ~0x7F | rng.choice((*OPCODES, *OPCODES, rng.randrange(128)))
        if rng.random() < 0.4:  # a funct7 that means something
            insn = insn & ~(0x7F << 25) | rng.choice((0, 1, 0x20)) << 25
        witness = witness_of(rng, insn, rng.choice((0x1000, 0xFFFFFFFC, 0, 0x1002)))
        post = step(witness.state, witness.insn_proof, witness.mem_proof)
        assert court.step(witness) == post.hash, hex(insn)
        causes.add((post.exited, post.code if post.exited == 2 else None))
    assert causes >= {(0, None), (2, 0), (2, 2), (2, 4), (2, 6)}


@pytest.mark.parametrize("number", [93, 64, 0, 94, MASK])
def test_system_calls(court: Court, number: int) -> None:
    regs = (*range(0, 170, 10), number, *range(300, 314))
    witness = witness_of(random.Random(number), 0x73, regs=regs)
    assert court.step(witness) == ours(witness)


@pytest.mark.parametrize("exited", [1, 2])
def test_what_has_exited_stays(court: Court, exited: int) -> None:
    witness = witness_of(random.Random(1), 0x13, exited=exited, code=MASK)
    witness = replace(witness, insn_proof=None)
    assert court.step(witness) == ours(witness) == witness.state.hash


@pytest.mark.parametrize("step_number", [0, 2**64 - 1])
def test_the_counter_wraps(court: Court, step_number: int) -> None:
    witness = witness_of(random.Random(2), 0x13, step=step_number)
    assert court.step(witness) == ours(witness)


@pytest.mark.parametrize("bit", [96, 97, 98, 100, 103, 104, 135, 136, 200, 255])
def test_meta_that_means_nothing_is_refused(court: Court, bit: int) -> None:
    witness = witness_of(random.Random(3), 0x13)
    root, meta, *rest = witness.call_arguments()
    arguments = root, meta ^ 1 << bit, *rest
    well_formed = bit in (96, 97)  # exited is 1 or 2 then
    assert court.contract.is_well_formed(*arguments[:3]) == well_formed
    if well_formed:
        return
    with pytest.raises(Reverted, match="BadState"):
        court.contract.step(*arguments)


def test_x0_is_zero(court: Court) -> None:
    witness = witness_of(random.Random(4), 0x13)
    root, meta, regs, *proofs = witness.call_arguments()
    for bit in (224, 255):
        with pytest.raises(Reverted, match="BadState"):
            court.contract.step(root, meta, [regs[0] | 1 << bit, *regs[1:]], *proofs)


def test_every_part_of_the_proofs_counts(court: Court) -> None:
    for text, refusal in (("lw a0, 64(zero)", "MemProof"), ("sw a0, 64(zero)", "MemProof")):
        witness = witness_of(random.Random(6), int.from_bytes(assemble(text), "little"))
        assert isinstance(court.step(witness), bytes)
        for at in range(0, PROOF_BYTES, 16):
            for name, expected in (("insn_proof", "InsnProof"), ("mem_proof", refusal)):
                changed = bytearray(getattr(witness, name))
                changed[at] ^= 1
                bad = replace(witness, **{name: bytes(changed)})
                assert court.step(bad) == ours(bad) == expected
        for name, expected in (("insn_proof", "InsnProof"), ("mem_proof", refusal)):
            bad = replace(witness, **{name: None})
            assert court.step(bad) == ours(bad) == expected


def test_calldata_that_is_too_short_reverts(court: Court) -> None:
    data = court.contract.step.encode(*witness_of(random.Random(7), 0x13).call_arguments())
    assert len(data) == 1988
    for n_bytes in (4, 1956, 1987):
        with pytest.raises(Reverted):
            court.chain.send(court.contract.address, sender=court.me, data=data[:n_bytes])


def test_hashes_and_roots(court: Court) -> None:
    witness = witness_of(random.Random(8), int.from_bytes(assemble("lw a0, 64(x1)"), "little"),
                         regs=(0, 0x8000, *([0] * 30)))  # fmt: skip
    root, meta, regs, insn, mem = witness.call_arguments()
    assert court.contract.state_hash(root, meta, regs) == witness.state.hash
    assert court.contract.root_of(insn, 0x1000) == root == court.contract.root_of(mem, 0x805F)
    assert court.contract.root_of(mem, 0x8060) != root
    with pytest.raises(Reverted, match="address"):
        court.contract.root_of(mem, 2**32)


def network_trace() -> object:
    rng = np.random.default_rng(9)
    layers = [
        Layer(
            rng.integers(-99, 99, (8, 12), np.int8), rng.integers(-99, 99, 8, np.int32), 1 << 30, 9
        ),
        Layer(rng.integers(-99, 99, (4, 8), np.int8), rng.integers(-99, 99, 4, np.int32)),
    ]
    return run(image_of(layers, rng.integers(-128, 127, 12, np.int8)))


def test_a_whole_inference_step_by_step(court: Court) -> None:
    """Python, compiled and on-chain machine agree on every step."""
    trace = network_trace()
    state = trace.state(0)
    for index in range(trace.n_steps):
        witness = trace.witness(index)
        assert witness.state == state
        state = step(state, witness.insn_proof, witness.mem_proof)
        assert court.step(witness) == state.hash
    assert state == trace.final
    assert state.exited == 1
    assert court.most_gas <= MAX_GAS


def test_the_most_that_a_step_can_cost() -> None:
    """A store where every byte of the calldata is non-zero and every sibling stands on the left."""
    fresh, rng = Court(), random.Random(10)
    top = 0xFFFFFFFF
    for text in ("sb x31, -1(x30)", "sw x31, -4(x30)", "lb x29, -1(x30)", "rem x29, x30, x31"):
        pc = 0xFFFFF7FC
        insn = int.from_bytes(assemble(text), "little").to_bytes(4, "little")
        nonzero = bytes(rng.randrange(1, 256) for _ in range(4096))
        tree = MemoryTree.of([(0xFFFFF000, nonzero), (pc, insn)])
        regs = [0x80818283 + i for i in range(32)]
        regs[0], regs[30], regs[31] = 0, 0x100000000 - 0x400, top
        state = State(tree.root, pc, 2**64 - 2, 0, 0, tuple(regs))
        witness = Witness(state, tree.proof(pc), tree.proof(0xFFFFFBFF))
        assert fresh.step(witness) == ours(witness)
    assert 60_000 < fresh.most_gas <= MAX_GAS


# An attack on a weakened copy


def test_attack_a_proof_one_level_short_where_the_depth_is_the_callers() -> None:
    """The weakened contract stops at a zero sibling, so a node passes as a leaf."""
    source = (CONTRACTS / "OneStep.vy").read_text()
    lines = "    for level: uint256 in range(1, 28):\n        if side & 1 == 0:\n"
    assert source.count(lines) == 1
    stop = "        if proof[level] == empty(bytes32):\n            break\n        if side"
    weakened = Court(source.replace(lines, lines.replace("        if side", stop)))
    real = Court()

    load = int.from_bytes(assemble("lw a0, 64(zero)"), "little")
    code = load.to_bytes(4, "little") + b"\x13" * 60  # no sibling of the code's leaf is zero
    tree = MemoryTree.of([(0x1000, code), (64, b"\x2a" + bytes(31))])
    state = State(tree.root, 0x1000)
    siblings = [tree.node(1 + level, (2 >> level) ^ 1) for level in range(26)]
    forged = tree.node(1, 2) + b"".join(siblings) + bytes(32)
    assert len(forged) == PROOF_BYTES
    witness = Witness(state, tree.proof(0x1000), forged)
    lie = replace(
        state,
        pc=0x1004,
        step=1,
        regs=(*([0] * 10), int.from_bytes(tree.node(1, 2)[:4], "little"), *([0] * 21)),
    )
    assert weakened.step(witness) == lie.hash
    assert real.step(witness) == ours(witness) == "MemProof"
    honest = replace(witness, mem_proof=tree.proof(64))
    assert real.step(honest) == ours(honest) != lie.hash


def test_the_selector_and_the_hash_are_what_a_game_expects() -> None:
    signature = b"step(bytes32,uint256,uint256[4],bytes32[28],bytes32[28])"
    court = Court()
    data = court.contract.step.encode(*witness_of(random.Random(11), 0x13).call_arguments())
    assert data[:4] == keccak256(signature)[:4]
