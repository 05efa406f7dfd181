"""circom's files: what we write is read back, and nothing else is read."""

import json
import random
from pathlib import Path

import pytest

from aicrypto.algebra.primes import BLS12_381_R, BN254_R
from aicrypto.proof import r1cs
from aicrypto.proof.r1cs.files import read_sections, write_sections

CASES = json.loads((Path(__file__).parent / "vectors" / "r1cs.parse.json").read_text())["cases"]
FILES = {c["id"]: bytes.fromhex(c["in"]["bytes"][2:]) for c in CASES if "bytes" in c["in"]}


@pytest.mark.parametrize("name", ["r1cs_mul", "r1cs_mlp"])
def test_circoms_files_survive_reading_and_writing(name):
    system = r1cs.read_r1cs(FILES[name])
    assert r1cs.read_r1cs(r1cs.write_r1cs(system)) == system


def test_our_circuits_survive_too():
    circuit = r1cs.Circuit()
    x = circuit.private("x")
    circuit.output("y", circuit.product(x, x, "square") - 5)
    system, witness = circuit.system(), circuit.witness({"x": -3})
    again = r1cs.read_r1cs(r1cs.write_r1cs(system))
    rows = [c.rows for c in system.constraints]
    assert [c.rows for c in again.constraints] == rows
    assert (again.n_wires, again.n_outputs, again.labels) == (system.n_wires, 1, system.labels)
    read = r1cs.read_wtns(r1cs.write_wtns(witness))
    assert (list(read.values), read.prime) == (witness, BN254_R)
    assert r1cs.solves(read, again)
    assert not r1cs.solves(r1cs.Witness(read.values, BLS12_381_R), again)
    assert not r1cs.solves(r1cs.Witness(read.values[:-1]), again)


def parts(name="r1cs_mul"):
    """The sections of a file as bytes."""
    data, magic = FILES[name], b"r1cs" if name.startswith("r1cs") else b"wtns"
    version = int.from_bytes(data[4:8], "little")
    sections = read_sections(data, magic, version)
    return magic, version, {kind: reader._data for kind, reader in sections.items()}


def test_unknown_sections_are_skipped():
    magic, version, sections = parts()
    written = write_sections(magic, version, {99: b"anything", **sections})
    assert r1cs.read_r1cs(written) == r1cs.read_r1cs(FILES["r1cs_mul"])


def test_each_section_is_needed_once():
    magic, version, sections = parts()
    for kind in (1, 2, 3):
        rest = {k: v for k, v in sections.items() if k != kind}
        with pytest.raises(ValueError, match=f"section {kind} is missing"):
            r1cs.read_r1cs(write_sections(magic, version, rest))
        data = write_sections(magic, version, sections)
        twice = data[:8] + (len(sections) + 1).to_bytes(4, "little") + data[12:]
        twice += kind.to_bytes(4, "little") + len(sections[kind]).to_bytes(8, "little")
        with pytest.raises(ValueError, match=f"section {kind} twice"):
            r1cs.read_r1cs(twice + sections[kind])


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (1, lambda s: (31).to_bytes(4, "little") + s[4:], "field size 31"),
        (1, lambda s: s + b"\0", "1 bytes left over"),
        (2, lambda s: s + b"\0", "1 bytes left over"),
        (2, lambda s: s[:-1], "bytes more"),
        (3, lambda s: s + bytes(8), "8 bytes left over"),
        (3, lambda s: s[:-8], "bytes more"),
        (2, lambda s: s[:4] + (6).to_bytes(4, "little") + s[8:], "has wire 6"),
        (2, lambda s: s[:8] + BN254_R.to_bytes(32, "little") + s[40:], "must be below"),
    ],
)
def test_damaged_sections_are_refused(kind, change, message):
    magic, version, sections = parts()
    sections[kind] = change(sections[kind])
    with pytest.raises(ValueError, match=message):
        r1cs.read_r1cs(write_sections(magic, version, sections))


def test_witness_values_are_canonical():
    magic, version, sections = parts("wtns_mul")
    sections[2] = BN254_R.to_bytes(32, "little") + sections[2][32:]
    with pytest.raises(ValueError, match="must be below"):
        r1cs.read_wtns(write_sections(magic, version, sections))


@pytest.mark.parametrize("name", ["r1cs_mul", "wtns_mul"])
def test_every_cut_is_refused_and_no_flip_crashes(name):
    data, rng = FILES[name], random.Random(0)
    read = r1cs.read_r1cs if name.startswith("r1cs") else r1cs.read_wtns
    for size in range(len(data)):
        with pytest.raises(ValueError, match=r"."):
            read(data[:size])
    original = read(data)
    for _ in range(300):
        at = rng.randrange(len(data))
        flipped = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        try:
            assert read(flipped) != original
        except ValueError:
            continue
