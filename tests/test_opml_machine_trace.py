"""Traces: any state of a long run, liars, witnesses; images, and files that are none."""

import struct

import pytest

from aicrypto.opml.code import assemble
from aicrypto.opml.machine import (
    CODE,
    MODEL,
    OUTPUT,
    BadImage,
    Image,
    MemoryTree,
    State,
    Trace,
    cannon,
    framed,
    output_of,
    run,
    step,
)
from aicrypto.opml.machine import trace as traces
from aicrypto.opml.machine.image import ELF_HEADER, PROGRAM_HEADER

# Writes to a new page every 64 steps or so, then exits with a sum.
SOURCE = """
    li   s0, 0x00400000
    li   s1, 200
    li   s2, 0
loop:
    sw   s2, 0(s0)
    lw   t0, -4(s0)
    add  s2, s2, t0
    addi s2, s2, 3
    lui  t1, 1
    add  s0, s0, t1
    addi s1, s1, -1
    bnez s1, loop
    mv   a0, s2
    li   a7, 93
    ecall
"""
IMAGE = Image([(CODE, assemble(SOURCE))])


@pytest.fixture(scope="module")
def every_state() -> list[State]:
    """By single steps of the readable machine."""
    machine = run(IMAGE, 0).machine(0)
    states = [machine.state(machine.memory.tree().root)]
    while not machine.exited:
        traces.interpreter.advance(machine)
        states.append(machine.state(machine.memory.tree().root))
    return states


@pytest.fixture
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "SNAPSHOT_EVERY", 50)


@pytest.mark.usefixtures("short_stretches")
@pytest.mark.parametrize("engine", ["fast", "readable"])
def test_every_state_of_a_run(engine: str, every_state: list[State]) -> None:
    trace = run(IMAGE, engine=engine)
    assert trace.n_steps == len(every_state) - 1
    assert len(trace.moments) > 30
    for index in (*range(0, trace.n_steps, 7), 49, 50, 51, trace.n_steps):
        assert trace.state(index) == every_state[index]
        assert trace.commitment(index) == every_state[index].hash
    assert trace.final == every_state[-1] == trace.state(10**9)
    assert IMAGE.start == every_state[0]


def test_a_run_stops_where_it_must() -> None:
    endless = Image([(CODE, assemble("here: j here"))])
    trace = run(endless, 1_000_003)
    assert (trace.n_steps, trace.final.exited, trace.final.step) == (1_000_003, 0, 1_000_003)
    assert run(endless, 0).n_steps == 0


@pytest.mark.parametrize(
    ("arguments", "match"), [((IMAGE, -1), "max_steps"), ((IMAGE, 1, "quick"), "engine")]
)
def test_bad_arguments_are_named(arguments: tuple, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        run(*arguments)


def test_no_step_before_the_first() -> None:
    for ask in (Trace.state, Trace.commitment, Trace.witness, Trace.tree, Trace.machine):
        with pytest.raises(IndexError, match="-1"):
            ask(run(IMAGE), -1)


def test_witnesses_convince_at_every_step(every_state: list[State]) -> None:
    trace = run(IMAGE)
    for index in (*range(0, trace.n_steps, 23), *range(trace.n_steps - 9, trace.n_steps + 3)):
        w = trace.witness(index)
        expected = every_state[min(index + 1, trace.n_steps)]
        assert step(w.state, w.insn_proof, w.mem_proof) == expected


@pytest.mark.parametrize("text", ["lw a0, 2(zero)", "sh a0, 1(zero)", ".word 0", "nop", "ecall"])
def test_no_proof_of_memory_where_none_is_wanted(text: str) -> None:
    witness = run(Image([(CODE, assemble(text))])).witness(0)
    assert witness.insn_proof is not None
    assert witness.mem_proof is None
    after = run(Image([(CODE, assemble("ebreak"))])).witness(1)
    assert (after.insn_proof, after.mem_proof) == (None, None)


def flip(machine: traces.Hart) -> None:
    machine.regs[24] ^= 4


@pytest.mark.usefixtures("short_stretches")
@pytest.mark.parametrize("at", [0, 1, 49, 50, 51, 700, 1605, 1606])
def test_a_liar_agrees_until_the_lie(at: int) -> None:
    honest = run(IMAGE)
    liar = honest.altered(at, flip)
    for index in {0, 1, 48, 49, 50, 51, 52, 699, 700, 701, honest.n_steps - 1, honest.n_steps}:
        assert (honest.commitment(index) == liar.commitment(index)) == (index < at), index
    w = liar.witness(at)
    if not liar.state(at).exited:
        follows = step(w.state, w.insn_proof, w.mem_proof)
        assert follows == liar.state(at + 1)


def test_a_lie_about_memory_and_one_after_the_end() -> None:
    honest = run(IMAGE)
    liar = honest.altered(100, lambda m: m.memory.write(0x00500001, b"\x01"))
    assert liar.state(100).mem_root != honest.state(100).mem_root
    assert liar.tree(100).read(0x00500001, 1) == b"\x01"
    late = honest.altered(10**6, lambda m: setattr(m, "code", 77))
    assert late.n_steps == honest.n_steps
    assert (late.final.code, honest.final.code) == (77, honest.final.code)


def test_a_lie_that_never_ends_is_cut_off() -> None:
    honest = run(IMAGE, 5_000)
    endless = honest.altered(100, lambda m: m.regs.__setitem__(9, 0))
    assert (endless.n_steps, endless.final.exited) == (5_000, 0)


def test_the_second_machine_stands_behind_the_same_interface() -> None:
    code = bytes.fromhex("2408006424090000012848212508ffff1500fffd0000000024040000240210960000000c")
    trace = run(Image([(CODE, code)]), engine="cannon")
    assert trace.final.exited == 1
    w = trace.witness(3)
    assert cannon.step(w.state.to_bytes(), w.insn_proof) == trace.commitment(4)
    liar = trace.altered(9, lambda m: m.regs.__setitem__(8, 1))
    assert liar.commitment(8) == trace.commitment(8) != liar.commitment(9)
    assert liar.n_steps < trace.n_steps


# Images


@pytest.mark.parametrize(
    ("segments", "entry", "regs"),
    [
        ([(2**32 - 1, b"ab")], 0, {}),
        ([(-1, b"a")], 0, {}),
        ([], 2**32, {}),
        ([], -4, {}),
        ([], 0, {0: 1}),
        ([], 0, {32: 1}),
        ([], 0, {1: 2**32}),
        ([], 0, {1: -1}),
    ],
)
def test_bad_images_are_refused(segments: list, entry: int, regs: dict) -> None:
    with pytest.raises(BadImage):
        Image(segments, entry, regs)


def test_later_segments_stay() -> None:
    image = Image([(10, b"aaaa"), (12, b"bbbb")])
    assert image.tree.read(8, 10) == b"\0\0aabbbb\0\0"


def test_output() -> None:
    tree = MemoryTree.of([(OUTPUT, framed(b"answer"))])
    assert output_of(tree) == b"answer"
    with pytest.raises(ValueError, match="2\\^32"):
        output_of(MemoryTree.of([(OUTPUT, b"\xff\xff\xff\xff")]))


def elf(order: str = "<", kind: int = 2, machine: int = 243, bits: int = 1) -> bytes:
    """An executable file: one segment to load, one of another kind."""
    code = assemble(SOURCE)
    identity = b"\x7fELF" + bytes((bits, {"<": 1, ">": 2}[order], 1)) + bytes(9)
    size, each = struct.calcsize(order + ELF_HEADER), struct.calcsize(order + PROGRAM_HEADER)
    fields = (kind, machine, 1, CODE, size, 0, 0, size, each, 2, 0, 0, 0)
    start = size + 2 * each
    return b"".join(
        (
            struct.pack(order + ELF_HEADER, identity, *fields),
            struct.pack(order + PROGRAM_HEADER, 0x6474E551, 0, 0, 0, 0, 0, 6, 16),
            struct.pack(
                order + PROGRAM_HEADER, 1, start, CODE, CODE, len(code), len(code) + 9, 5, 4
            ),
            code,
        )
    )


def test_a_compiled_file_is_loaded() -> None:
    image = Image.from_elf(elf(), (MODEL, b"model"))
    assert image.tree.read(MODEL, 5) == b"model"
    without = Image(image.segments[:1], image.entry)
    assert without.start == IMAGE.start
    assert run(without).final == run(IMAGE).final
    assert Image.from_elf(elf(">", machine=8)).entry == CODE


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "no ELF"),
        (b"\x7fELF", "no ELF"),
        (b"MZ" + elf()[2:], "no ELF"),
        (elf(bits=2), "32-bit"),
        (elf(kind=3), "type 3"),
        (elf(machine=62), "machine 62"),
        (elf(">"), "machine 243"),
        (elf()[:40], "header"),
        (elf()[:60], "header"),
        (elf()[:-1], "wants"),
    ],
)
def test_files_that_are_no_program_for_us(data: bytes, match: str) -> None:
    with pytest.raises(BadImage, match=match):
        Image.from_elf(data)
