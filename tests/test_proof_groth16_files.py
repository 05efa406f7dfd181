"""snarkjs's .zkey: proofs from its keys, and refusal of everything that is no key."""

import json
import random
from pathlib import Path

import pytest

from aicrypto.algebra.primes import BLS12_381_R
from aicrypto.proof import groth16, r1cs
from aicrypto.proof.r1cs.files import read_sections, write_sections

CASES = json.loads((Path(__file__).parent / "vectors" / "groth16.prove.json").read_text())["cases"]
ZKEY, WTNS = (bytes.fromhex(CASES[0]["in"][name][2:]) for name in ("zkey", "wtns"))
KEY = groth16.read_zkey(ZKEY)


def sections():
    return {kind: reader._data for kind, reader in read_sections(ZKEY, b"zkey", 1).items()}


def rebuilt(**changes):
    """The file with sections s2, s3, ... changed; None leaves one out."""
    kept = {k: changes.get(f"s{k}", content) for k, content in sections().items()}
    return write_sections(b"zkey", 1, {k: c for k, c in kept.items() if c is not None})


def test_a_proof_from_the_file_holds_under_its_key():
    proof, publics = groth16.prove_file(ZKEY, WTNS, 5, 6)
    assert groth16.verify(KEY.verifying, publics, proof)
    assert KEY.on_coset
    assert groth16.read_zkey(rebuilt()) == KEY


def test_an_unsatisfied_witness_is_noticed_though_the_file_has_no_c():
    witness = list(r1cs.read_wtns(WTNS).values)
    for wire in range(1, len(witness)):
        lie = [*witness[:wire], witness[wire] + 1, *witness[wire + 1 :]]
        with pytest.raises(r1cs.Unsatisfied, match="does not solve"):
            groth16.prove_file(ZKEY, r1cs.write_wtns(lie), 1, 1)


def test_witnesses_of_other_fields_and_lengths_are_refused():
    witness = r1cs.read_wtns(WTNS).values
    with pytest.raises(ValueError, match="witness has prime"):
        groth16.prove_file(ZKEY, r1cs.write_wtns(witness, BLS12_381_R), 1, 1)
    with pytest.raises(ValueError, match="the key has 6 wires"):
        groth16.prove_file(ZKEY, r1cs.write_wtns([*witness, 0]), 1, 1)


@pytest.mark.parametrize("kind", range(1, 10))
def test_each_section_is_needed_and_has_one_length(kind):
    content = sections()[kind]
    with pytest.raises(ValueError, match=f"section {kind} is missing"):
        groth16.read_zkey(rebuilt(**{f"s{kind}": None}))
    with pytest.raises(ValueError, match="bytes more"):
        groth16.read_zkey(rebuilt(**{f"s{kind}": content[:-1]}))
    with pytest.raises(ValueError, match="left over"):
        groth16.read_zkey(rebuilt(**{f"s{kind}": content + b"\0"}))


@pytest.mark.parametrize("kind", [3, 5, 6, 7, 8, 9])
def test_points_off_their_curves_are_refused(kind):
    content = bytearray(sections()[kind])
    content[-33] ^= 1  # the top byte of the last x, or of an imaginary part
    with pytest.raises(ValueError, match=r"not on the curve|not in G2|must be below"):
        groth16.read_zkey(rebuilt(**{f"s{kind}": bytes(content)}))


@pytest.mark.parametrize(("offset", "message"), [(4, "matrix 9"), (8, "row 9"), (12, "wire 9")])
def test_coefficients_out_of_range_are_refused(offset, message):
    content = sections()[4]
    changed = content[:offset] + (9).to_bytes(4, "little") + content[offset + 4 :]
    with pytest.raises(ValueError, match=message):
        groth16.read_zkey(rebuilt(s4=changed))


def test_other_protocols_and_unfinished_keys_are_refused():
    with pytest.raises(ValueError, match="protocol is 2"):
        groth16.read_zkey(rebuilt(s1=(2).to_bytes(4, "little")))
    header = sections()[2]
    gamma, delta = header[-320:-192], header[-128:]
    assert len(gamma) == len(delta) == 128
    unfinished = header[:-128] + gamma
    with pytest.raises(groth16.WeakKey, match="delta equals gamma"):
        groth16.read_zkey(rebuilt(s2=unfinished))


def test_random_flips_never_crash():
    rng = random.Random(1)
    for _ in range(40):
        at = rng.randrange(len(ZKEY))
        flipped = ZKEY[:at] + bytes([ZKEY[at] ^ 1 << rng.randrange(8)]) + ZKEY[at + 1 :]
        try:
            assert groth16.read_zkey(flipped) != KEY or at >= len(ZKEY) - len(sections()[10])
        except ValueError:
            continue
