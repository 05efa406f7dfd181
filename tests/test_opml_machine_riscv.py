"""RV32IM: two machines that agree, beside another emulator, and every refusal."""

import dataclasses
import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.opml.code import Layer, assemble, disassemble, image_of
from aicrypto.opml.code.encoding import ARITHMETIC, BRANCHES, IMMEDIATE, LOADS, SHIFTS, STORES
from aicrypto.opml.machine import BadState, Hart, Image, Memory, State, run
from aicrypto.opml.machine.riscv import advance, engine, interpreter
from aicrypto.opml.machine.riscv.decoding import decode

DATA = 0x00100000
MASK = 0xFFFFFFFF


def hart_of(source: str, **regs: int) -> Hart:
    hart = Hart(Memory.of([(0x1000, assemble(source))]), 0x1000)
    for name, value in regs.items():
        hart.regs[int(name[1:])] = value
    return hart


def both(source: str, n_steps: int, **regs: int) -> Hart:
    """The readable machine after some steps; the compiled one has been compared."""
    readable, fast = hart_of(source, **regs), hart_of(source, **regs)
    assert interpreter.run(readable, n_steps) == engine.run(fast, n_steps)
    roots = [hart.memory.tree().root for hart in (readable, fast)]
    assert readable.state(roots[0]) == fast.state(roots[1])
    return readable


INTERESTING = [0, 1, 2, 3, 31, 32, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF]
numbers = st.one_of(st.sampled_from(INTERESTING), st.integers(0, MASK))


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_at_the_edges(name: str) -> None:
    fast, readable = hart_of(f"{name} a0, a1, a2"), hart_of(f"{name} a0, a1, a2")
    for a in INTERESTING:
        for b in INTERESTING:
            for hart in (fast, readable):
                hart.pc, hart.regs[10], hart.regs[11], hart.regs[12] = 0x1000, 0, a, b
            interpreter.run(readable, 1)
            engine.run(fast, 1)
            assert readable.regs == fast.regs, (a, b)


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        ("div", -(2**31), -1, -(2**31)),
        ("rem", -(2**31), -1, 0),
        ("div", 7, 0, -1),
        ("rem", -7, 0, -7),
        ("divu", 7, 0, -1),
        ("remu", 7, 0, 7),
        ("div", -7, 2, -3),
        ("rem", -7, 2, -1),
        ("rem", 7, -2, 1),
        ("mulh", -(2**31), -(2**31), 2**30),
        ("mulhsu", -1, -1, -1),
        ("mulhu", -1, -1, -2),
        ("sra", -8, 33, -4),
        ("sltu", 1, -1, 1),
        ("slt", 1, -1, 0),
    ],
)
def test_arithmetic_by_the_book(name: str, a: int, b: int, expected: int) -> None:
    hart = both(f"{name} a0, a1, a2", 1, x11=a & MASK, x12=b & MASK)
    assert hart.regs[10] == expected & MASK


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("lb", 0, 0x7F),
        ("lb", 1, 0xFFFFFF80),
        ("lbu", 1, 0x80),
        ("lb", 3, 0xFFFFFFFE),
        ("lbu", 3, 0xFE),
        ("lh", 0, 0xFFFF807F),
        ("lhu", 0, 0x807F),
        ("lh", 2, 0xFFFFFE01),
        ("lhu", 2, 0xFE01),
        ("lw", 0, 0xFE01807F),
    ],
)
def test_loads_by_the_book(name: str, at: int, expected: int) -> None:
    source = f"{name} a0, {at + 12}(zero)\nj out\nnop\n.word 0xfe01807f\nout: ebreak"
    for run_one in (interpreter.run, engine.run):
        hart = Hart(Memory.of([(0, assemble(source, 0))]), 0)
        run_one(hart, 1)
        assert hart.regs[10] == expected


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("sb", 0, "f1111111"),
        ("sb", 1, "11f11111"),
        ("sb", 3, "111111f1"),
        ("sh", 0, "f1e21111"),
        ("sh", 2, "1111f1e2"),
        ("sw", 0, "f1e2d3c4"),
    ],
)
def test_stores_by_the_book(name: str, at: int, expected: str) -> None:
    hart = both(
        f"li t0, 0x11111111\nsw t0, 64(zero)\n{name} a1, {at + 64}(zero)", 4, x11=0xC4D3E2F1
    )
    assert hart.memory.read(64, 4).hex() == expected


WORDS = st.one_of(
    st.integers(0, MASK),
    st.builds(
        lambda opcode, rest: rest & ~0x7F | opcode,
        st.sampled_from([0x37, 0x17, 0x6F, 0x67, 0x63, 0x03, 0x23, 0x13, 0x33, 0x0F, 0x73]),
        st.integers(0, MASK),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=12), st.lists(numbers, min_size=31, max_size=31))
def test_any_words_run_alike(words: list[int], regs: list[int]) -> None:
    code = b"".join(word.to_bytes(4, "little") for word in words)
    image = Image([(0x1000, code)], regs=dict(enumerate(regs, 1)))
    traces = [run(image, 40, engine) for engine in ("fast", "readable")]
    assert traces[0].n_steps == traces[1].n_steps
    for index in range(traces[0].n_steps + 1):
        assert traces[0].state(index) == traces[1].state(index)


@pytest.mark.parametrize(
    ("source", "cause", "n_steps"),
    [
        (".word 0", 2, 1),
        (".word 0xffffffff", 2, 1),
        ("ebreak", 3, 1),
        (".word 0x30200073", 2, 1),  # mret
        ("lw a0, 1(zero)", 4, 1),
        ("lh a0, 3(zero)", 4, 1),
        ("sw a0, 2(zero)", 6, 1),
        ("sh a0, 1(zero)", 6, 1),
        ("nop\njalr ra, 6(zero)", 0, 2),
        ("beq zero, zero, 6", 0, 1),
        ("jal ra, 2", 0, 1),
    ],
)
def test_traps_change_nothing_but_the_end(source: str, cause: int, n_steps: int) -> None:
    hart = both(source, 10, x1=99, x10=98)
    assert (hart.exited, hart.code, hart.step) == (2, cause, n_steps)
    assert (hart.regs[1], hart.regs[10]) == (99, 98)
    assert hart.pc == 0x1000 + 4 * (n_steps - 1)


def test_a_start_at_an_odd_address_traps() -> None:
    for name in ("fast", "readable"):
        trace = run(Image([(0x1000, assemble("nop"))], entry=0x1002), engine=name)
        assert (trace.final.exited, trace.final.code, trace.n_steps) == (2, 0, 1)


def test_system_calls() -> None:
    hart = both("li a7, 64\nli a2, 5\necall\nmv s0, a0\nli a7, 1\necall", 6)
    assert (hart.regs[8], hart.regs[10]) == (5, -38 & MASK)
    hart = both("li a7, 93\nli a0, -1\necall\nnop", 10)
    assert (hart.exited, hart.code, hart.pc, hart.step) == (1, MASK, 0x100C, 3)


def test_a_program_may_write_over_itself() -> None:
    patch = int.from_bytes(assemble("addi a0, a0, 7"), "little")
    hart = both(f"li t0, {patch}\nla t1, here\nsw t0, 0(t1)\nhere: addi a0, a0, 1\nebreak", 20)
    assert hart.regs[10] == 7


def test_the_last_word_of_memory_is_followed_by_the_first() -> None:
    segments = [(0xFFFFFFFC, assemble("addi a0, a0, 1")), (0, assemble("addi a0, a0, 2\nebreak"))]
    for name in ("fast", "readable"):
        trace = run(Image(segments, entry=0xFFFFFFFC), engine=name)
        assert (trace.final.regs[10], trace.final.pc) == (3, 4)


def test_the_step_counter_wraps() -> None:
    hart = hart_of("nop")
    hart.step = 2**64 - 1
    advance(hart)
    assert hart.step == 0


# States


@given(st.binary(min_size=32, max_size=32), numbers, st.integers(0, 2**64 - 1))
def test_a_state_is_192_bytes_and_back(root: bytes, number: int, step: int) -> None:
    for exited, code in ((0, 0), (1, number), (2, number)):
        state = State(root, number, step, exited, code, (0, *range(number % 7, number % 7 + 31)))
        assert len(state.to_bytes()) == 192
        assert State.from_bytes(state.to_bytes()) == state


GOOD = State(bytes(32), 0x1000)


@pytest.mark.parametrize(
    "change",
    [
        {"mem_root": bytes(31)},
        {"regs": (1, *([0] * 31))},
        {"regs": (0, 2**32, *([0] * 30))},
        {"regs": (0, -1, *([0] * 30))},
        {"regs": (0,) * 31},
        {"pc": 2**32},
        {"pc": -1},
        {"step": 2**64},
        {"exited": 3},
        {"exited": -1},
        {"code": 1},
        {"exited": 1, "code": 2**32},
    ],
)
def test_states_that_no_machine_can_be_in(change: dict[str, object]) -> None:
    GOOD.check()
    with pytest.raises(BadState):
        dataclasses.replace(GOOD, **change).check()


def test_bad_registers_are_named_with_their_bound() -> None:
    for number, bound in ((0, "must be 0$"), (1, r"must be in 0\.\.2\^32-1$")):
        regs = [0] * 32
        regs[number] = 2**32
        with pytest.raises(BadState, match=f"x{number} is 4294967296, {bound}"):
            dataclasses.replace(GOOD, regs=tuple(regs)).check()


def test_bits_beyond_meta_are_refused() -> None:
    data = bytearray(GOOD.to_bytes())
    data[40] = 1
    with pytest.raises(BadState):
        State.from_bytes(bytes(data))
    with pytest.raises(ValueError, match="191"):
        State.from_bytes(GOOD.to_bytes()[1:])


# Beside another emulator


def random_program(rng: random.Random, n: int) -> str:
    """Everything but jumps by register, in a loop; s11 holds the data's address, s10 counts."""
    free = [f"x{i}" for i in range(26)]
    lines = [f"li s11, {DATA + 1024}", "li s10, 40", *(
        f"li x{i}, {rng.choice(INTERESTING)}" for i in range(1, 26)
    ), "again:"]  # fmt: skip
    for number in range(n):
        a, b, c = (rng.choice(free) for _ in range(3))
        size = rng.choice((1, 2, 4))
        at = rng.randrange(-16, 16, size)  # few places: loads find what stores left
        load = {1: ("lb", "lbu"), 2: ("lh", "lhu"), 4: ("lw", "lw")}[size]
        store = {1: "sb", 2: "sh", 4: "sw"}[size]
        lines.append(
            rng.choice(
                (
                    f"{rng.choice(list(ARITHMETIC))} {a}, {b}, {c}",
                    f"{rng.choice(list(ARITHMETIC))} {a}, {b}, {c}",
                    f"{rng.choice(list(IMMEDIATE))} {a}, {b}, {rng.randrange(-2048, 2048)}",
                    f"{rng.choice(list(SHIFTS))} {a}, {b}, {rng.randrange(32)}",
                    f"lui {a}, {rng.randrange(1 << 20)}",
                    f"auipc {a}, {rng.randrange(1 << 20)}",
                    f"{rng.choice(load)} {a}, {at}(s11)",
                    f"{store} {a}, {at}(s11)",
                    f"{rng.choice(list(BRANCHES))} {a}, {b}, skip{number}",
                    f"jal {a}, skip{number}",
                )
            )
        )
        if rng.random() < 0.5:
            lines.append("addi x7, x7, 1")
        lines.append(f"skip{number}:")
    return "\n".join([*lines, "addi s10, s10, -1", "beqz s10, out", "j again", "out: ebreak"])


def programs() -> Iterator[Image]:
    rng = np.random.default_rng(5)
    shapes = ((300, 60), (60, 10))
    layers = [
        Layer(rng.integers(-99, 99, (n_out, n_in), np.int8), np.zeros(n_out, np.int32), 1 << 30, 9)
        for n_in, n_out in shapes
    ]
    yield image_of(layers, rng.integers(-128, 127, 300, np.int8))
    for seed in range(4):
        yield Image([(0x1000, assemble(random_program(random.Random(seed), 150)))])


def test_random_programs_run_alike_to_the_last_state() -> None:
    for image in programs():
        fast, readable = run(image), run(image, engine="readable")
        assert fast.n_steps == readable.n_steps > 5_000
        assert fast.final == readable.final
        assert fast.final.exited


def test_lockstep_with_unicorn() -> None:
    unicorn = pytest.importorskip("unicorn", reason="the emulator unicorn is not installed")
    from unicorn import riscv_const as names

    registers = [getattr(names, f"UC_RISCV_REG_X{i}") for i in range(32)]
    compared = 0
    for image in programs():
        other = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        for page in {number >> 8 for number, _ in image.tree.pages()} | {DATA >> 20}:
            other.mem_map(page << 20, 1 << 20)
        other.mem_map(0x32000000, 1 << 20)
        for number, page in image.tree.pages():
            other.mem_write(number << 12, page.data)
        trace = run(image)
        ours = trace.machine(0)

        def compare(uc, address, _size, _data, ours=ours) -> None:
            assert address == ours.pc
            assert [uc.reg_read(register) for register in registers] == ours.regs
            advance(ours)

        failures = []

        def guarded(*arguments, compare=compare, failures=failures) -> None:
            try:
                compare(*arguments)
            except AssertionError as error:
                failures.append(error)
                arguments[0].emu_stop()

        other.hook_add(unicorn.UC_HOOK_CODE, guarded)
        n_steps = trace.n_steps - 1  # the last one leaves the machine
        other.emu_start(image.entry, 0, count=n_steps)
        assert not failures, failures[0]
        assert [other.reg_read(register) for register in registers] == ours.regs
        assert other.reg_read(names.UC_RISCV_REG_PC) == ours.pc
        for number, page in ours.memory.tree().pages():
            if any(page.data):
                assert bytes(other.mem_read(number << 12, 4096)) == page.data
        compared += n_steps
    assert compared >= 100_000


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_what_is_disassembled_assembles_to_what_runs_alike(word: int) -> None:
    text = disassemble(word)
    back = int.from_bytes(assemble(text), "little")
    before, after = decode(word), decode(back)
    if before is None:
        assert back == word
    else:
        kept = before if before.opcode != 0x0F else before._replace(rd=0, rs1=0)
        assert after is not None
        assert (after.opcode, after.funct3, after.operation) == (
            kept.opcode, kept.funct3, kept.operation,
        )  # fmt: skip
        assert after.imm == before.imm or before.opcode == 0x0F


def test_every_name_is_known() -> None:
    assert len(ARITHMETIC) + len(IMMEDIATE) + len(SHIFTS) + len(BRANCHES) == 33
    assert len(LOADS) + len(STORES) == 8
