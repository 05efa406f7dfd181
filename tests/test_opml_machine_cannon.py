"""The Cannon machine: rules by hand, whole runs, and beside the real contract's bytecode."""

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Artifact, Chain, Reverted
from aicrypto.opml.machine import Image, MemoryTree, cannon, run
from aicrypto.opml.machine.cannon import CannonState, Mips, Revert
from aicrypto.opml.machine.memory import Memory

VECTORS = Path(__file__).parent / "vectors"
PACKAGE = "AICRYPTO_BEDROCK"  # folder of @eth-optimism/contracts-bedrock 0.17.3, unpacked
CODE, DATA = 0x1000, 0x8000


def words(*instructions: int) -> bytes:
    return b"".join(word.to_bytes(4, "big") for word in instructions)


def r_type(function: int, rs: int, rt: int, rd: int, sa: int = 0, opcode: int = 0) -> int:
    return opcode << 26 | rs << 21 | rt << 16 | rd << 11 | sa << 6 | function


def machine(*instructions: int, **fields: object) -> Mips:
    tree = MemoryTree.of([(CODE, words(*instructions)), (DATA, bytes(range(1, 65)))])
    start = CannonState(tree.root, pc=CODE, next_pc=CODE + 4)
    return Mips.of(replace(start, **fields), Memory(tree))


def registers(**values: int) -> tuple[int, ...]:
    regs = [0] * 32
    for name, value in values.items():
        regs[int(name[1:])] = value
    return tuple(regs)


def test_a_state_is_226_bytes_and_back() -> None:
    state = CannonState(bytes(range(32)), bytes(32), 1, 2, 3, 4, 5, 6, 7, 1, 9, tuple(range(32)))
    assert len(state.to_bytes()) == 226
    assert CannonState.from_bytes(state.to_bytes()) == state
    with pytest.raises(ValueError, match="225"):
        CannonState.from_bytes(state.to_bytes()[1:])


@pytest.mark.parametrize(
    ("exited", "code", "status"),
    [(0, 0, 3), (0, 2, 3), (2, 0, 3), (1, 0, 0), (1, 1, 1), (1, 2, 2), (1, 255, 2)],
)
def test_the_hash_begins_with_the_status(exited: int, code: int, status: int) -> None:
    state = CannonState(bytes(32), exited=exited, exit_code=code)
    assert state.hash == bytes((status,)) + keccak256(state.to_bytes())[1:]


@pytest.mark.parametrize(
    ("function", "rs", "rt", "expected"),
    [
        (0x07, 31, 0x80000000, 0xFFFFFFFF),
        (0x07, 32, 0x80000000, 0),  # the real bug
        (0x07, 0xFFFFFFFF, 0x80000000, 0),
        (0x06, 33, 4, 2),  # srlv masks
        (0x04, 33, 4, 8),
        (0x0F, 77, 1, 77),  # sync copies rs
        (0x18, 5, 5, 0),  # mult clears rd
    ],
)
def test_quirks(function: int, rs: int, rt: int, expected: int) -> None:
    mips = machine(r_type(function, 8, 9, 10), regs=registers(r8=rs, r9=rt, r10=123))
    cannon.advance(mips)
    assert mips.regs[10] == expected


def test_a_delay_slot_runs_and_may_not_jump() -> None:
    jump, slot, target = 0x08000000 | (CODE + 16) >> 2, 0x24080005, 0x24090007
    mips = machine(jump, slot, 0, 0, target)
    cannon.run(mips, 3)
    assert (mips.regs[8], mips.regs[9], mips.pc) == (5, 7, CODE + 20)
    twice = machine(jump, jump)
    cannon.advance(twice)
    with pytest.raises(Revert, match="jump in delay slot"):
        cannon.advance(twice)


@pytest.mark.parametrize("count", range(0, 6))
@pytest.mark.parametrize("at", range(4))
def test_a_preimage_is_read_in_parts(at: int, count: int) -> None:
    data = b"the machine's only input"
    key = bytes((2,)) + keccak256(data)[1:]
    mips = machine(
        r_type(0x0C, 0, 0, 0),
        preimage_key=key,
        regs=registers(r2=4003, r4=5, r5=DATA + at, r6=count),
    )
    mips.preimages = {key: data}
    mips.preimage_offset = 6
    before = mips.memory.read(DATA, 4)
    cannon.advance(mips)
    n = min(count, 4 - at)
    stream = len(data).to_bytes(8, "big") + data
    assert mips.memory.read(DATA, 4) == before[:at] + stream[6 : 6 + n] + before[at + n :]
    assert (mips.regs[2], mips.preimage_offset) == (n, 6 + n)


def test_honest_witnesses_convince_the_referee_at_every_step() -> None:
    case = next(
        case
        for case in json.loads((VECTORS / "opml.cannon_run.json").read_text())["cases"]
        if case["id"] == "syscalls"
    )["in"]
    image = Image([(case["base"], bytes.fromhex(case["code"][2:]))], case["entry"])
    trace = run(image, engine="cannon")
    for index in range(trace.n_steps + 1):
        witness = trace.witness(index)
        proof = (witness.insn_proof or b"") + (witness.mem_proof or b"")
        assert cannon.step(witness.state.to_bytes(), proof) == trace.commitment(index + 1)


def test_proofs_that_do_not_fit() -> None:
    tree = MemoryTree.of([(CODE, words(0x8D090000)), (DATA, b"abcd")])  # lw r9, 0(r8)
    state = CannonState(tree.root, pc=CODE, next_pc=CODE + 4, regs=registers(r8=DATA))
    good = tree.proof(CODE) + tree.proof(DATA)
    cannon.step(state.to_bytes(), good)
    for n_bytes in (0, 895, 896, 1000, 1760):
        with pytest.raises(Revert, match="enough calldata"):
            cannon.step(state.to_bytes(), good[: n_bytes // 32 * 32])
    for bit in range(0, 8 * len(good), 97):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Revert, match="bad proof"):
            cannon.step(state.to_bytes(), bytes(changed))


# The real contract


def artifact(name: str) -> Artifact:
    folder = Path(os.environ.get(PACKAGE, "node_modules/@eth-optimism/contracts-bedrock"))
    path = folder / "forge-artifacts" / f"{name}.sol" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"npm package @eth-optimism/contracts-bedrock 0.17.3 is not in {PACKAGE}")
    content = json.loads(path.read_text())
    return Artifact(name, content["abi"], bytes.fromhex(content["bytecode"]["object"][2:]), 0)


class Deployed:
    """MIPS.sol on a chain."""

    def __init__(self) -> None:
        mips, oracle = artifact("MIPS"), artifact("PreimageOracle")
        self.chain = Chain()
        self.me = self.chain.account("challenger")
        self.oracle = self.chain.deploy(oracle, 0, 0, sender=self.me)
        self.mips = self.chain.deploy(mips, self.oracle.address, sender=self.me)

    def step(self, state: bytes, proof: bytes) -> bytes | str:
        data = self.mips.step.encode(state, proof, bytes(32))
        try:
            return self.chain.send(self.mips.address, sender=self.me, data=data).output
        except Reverted as refusal:
            return "bad proof" if refusal.data[-4:] == b"\x0b\xad\xf0\x0d" else refusal.reason


@pytest.fixture(scope="module")
def deployed() -> Deployed:
    return Deployed()


def ours(state: bytes, proof: bytes, preimages: list[bytes]) -> bytes | str:
    try:
        return cannon.step(state, proof, preimages)
    except Revert as refusal:
        return refusal.reason


INTERESTING = (0, 1, 2, 31, 32, 33, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF8000)
SYSCALLS = (4003, 4004, 4045, 4055, 4090, 4120, 4246, 9999)


def random_instruction(rng: random.Random) -> int:
    registers_ = rng.randrange(32) << 21 | rng.randrange(32) << 16
    if rng.random() < 0.5:
        return registers_ | rng.randrange(32) << 11 | rng.randrange(32) << 6 | rng.randrange(64)
    opcode = rng.choice((*range(64), 0x1C, 0x1C))
    low = rng.choice((rng.randrange(1 << 16), 0x0802, 0x4020, 0x4021))
    return opcode << 26 | registers_ | low


def random_step(rng: random.Random) -> tuple[bytes, bytes]:
    """A state and its proofs; sometimes a system call, sometimes a delay slot."""
    insn = 0x0C if rng.random() < 0.15 else random_instruction(rng)
    regs = [rng.choice((rng.getrandbits(32), rng.choice(INTERESTING), DATA + rng.randrange(32)))
            for _ in range(32)]  # fmt: skip
    if insn == 0x0C:
        regs[2], regs[4] = rng.choice(SYSCALLS), rng.choice((*range(8), rng.getrandbits(32)))
        regs[5], regs[6] = rng.choice((3, DATA + rng.randrange(32))), rng.randrange(8)
    regs[0] = 0
    pc = rng.choice((CODE, CODE, CODE, 0xFFFFFFFC))
    following = (pc + 4) & 0xFFFFFFFF if rng.random() < 0.9 else rng.getrandbits(30) << 2
    tree = MemoryTree.of([(DATA, rng.randbytes(64)), (pc, words(insn))])
    state = CannonState(
        tree.root, rng.randbytes(32), 0, pc, following, *(rng.getrandbits(32) for _ in range(3)),
        0, 0, rng.getrandbits(64), tuple(regs),
    )  # fmt: skip
    address = Mips.of(state, Memory(tree)).accessed()
    proof = tree.proof(pc) + (b"" if address is None else tree.proof(address))
    return state.to_bytes(), proof


def test_random_steps_equal_the_contracts(deployed: Deployed) -> None:
    rng = random.Random(17)
    answers = set()
    for _ in range(int(os.environ.get("AICRYPTO_CANNON_STEPS", "1500"))):
        state, proof = random_step(rng)
        theirs = deployed.step(state, proof)
        if theirs == "InvalidPreimage" or (isinstance(theirs, str) and "pre-image" in theirs):
            theirs = "pre-image must exist"
        assert ours(state, proof, []) == theirs, state.hex()
        answers.add(theirs if isinstance(theirs, str) else "")
    assert answers >= {"", "invalid instruction", "MIPS: division by zero", "jump in delay slot"}


def test_preimages_equal_the_contracts(deployed: Deployed) -> None:
    data, rng = b"the machine's only input", random.Random(2)
    key = bytes((2,)) + keccak256(data)[1:]
    for offset in (0, 3, 7, 8, 29, 30, 31, 32):
        if offset < 8 + len(data):
            deployed.oracle.loadKeccak256PreimagePart(offset, data, sender=deployed.me)
        for at in range(4):
            for count in (0, 1, 3, 4, 5, 2**32 - 1):
                tree = MemoryTree.of([(CODE, words(0x0C)), (DATA, rng.randbytes(64))])
                regs = registers(r2=4003, r4=5, r5=DATA + at, r6=count)
                state = CannonState(tree.root, key, offset, CODE, CODE + 4, regs=regs).to_bytes()
                proof = tree.proof(CODE) + tree.proof(DATA)
                assert ours(state, proof, [data]) == deployed.step(state, proof)


@pytest.mark.parametrize("exited", [0, 1, 2, 255])
def test_odd_states_and_lengths_equal_the_contracts(deployed: Deployed, exited: int) -> None:
    rng = random.Random(exited)
    for exit_code in (0, 1, 2, 255):
        state, proof = random_step(rng)
        changed = replace(CannonState.from_bytes(state), exited=exited, exit_code=exit_code)
        for n_bytes in (0, 895, 896, 1791, 1792, 2000):
            arguments = changed.to_bytes(), proof[:n_bytes]
            assert ours(*arguments, []) == deployed.step(*arguments)


def test_a_whole_run_equals_the_contracts(deployed: Deployed) -> None:
    case = next(
        case
        for case in json.loads((VECTORS / "opml.cannon_run.json").read_text())["cases"]
        if case["id"] == "mlp_64_16_10"
    )
    given = case["in"]
    image = Image([(given["base"], bytes.fromhex(given["code"][2:]))], given["entry"])
    trace = run(image, given["max_steps"], "cannon")
    mips = trace.machine(0)
    for _ in range(trace.n_steps):
        tree, address = mips.memory.tree(), mips.accessed()
        proof = tree.proof(mips.pc) + (b"" if address is None else tree.proof(address))
        state = mips.state(tree.root).to_bytes()
        cannon.advance(mips)
        assert deployed.step(state, proof) == mips.state(mips.memory.tree().root).hash
    assert mips.exited
