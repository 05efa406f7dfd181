"""Proofs of inference: the same bytes from a plain-Python twin, and everything an honest user does.

The twin is the specification read once more, with lists of `Fp2` and no tensor.
"""

import dataclasses
import hashlib
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from aicrypto.algebra import BadLength, Fp2, NonCanonical, P, kernels
from aicrypto.algebra.m61x2 import root_of_unity
from aicrypto.commit.tensor import ligero
from aicrypto.commit.tensor.ligero import BadRate
from aicrypto.commit.tensor.soundness import TargetUnreachable
from aicrypto.commit.transcript import Transcript
from aicrypto.zkml import model, soundness
from aicrypto.zkml.circuit import varints, weights
from aicrypto.zkml.circuit.layout import PROFILES, Layout, Size
from aicrypto.zkml.circuit.witness import QuantRange, pad_batch
from aicrypto.zkml.network import Network, ShapeMismatch
from aicrypto.zkml.proof import Proof
from aicrypto.zkml.protocol import explain, prove, verify
from aicrypto.zkml.soundness import Parameters, WeakParameters

VECTORS = Path(__file__).parent / "vectors"
CASES = {
    case["id"]: case["in"]
    for case in json.loads((VECTORS / "zkml.prove.json").read_text())["cases"]
}
NETWORK = Network.from_integers(CASES["digits_4_8_3_small"]["layers"])
DEEP = Network.from_integers(CASES["random_5_7_6_3_committed"]["layers"])


def rows(network: Network, n: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-60, 100, (n, network.dims[0]), generator=generator, dtype=torch.int8)


# The twin ------------------------------------------------------------------------------------


def encode(values: list[Fp2]) -> bytes:
    return b"".join(value.to_bytes() for value in values)


def total(values: list[Fp2]) -> Fp2:
    return sum(values, Fp2(0))


def dot(a: list[Fp2], b: list[Fp2]) -> Fp2:
    return total([x * y for x, y in zip(a, b, strict=True)])


def eq_table(point: list[Fp2]) -> list[Fp2]:
    table = [Fp2(1)]
    for r in point:
        table = [e * side for e in table for side in (1 - r, r)]
    return table


def bind(table: list[Fp2], r: Fp2) -> list[Fp2]:
    half = len(table) // 2
    return [a + r * (b - a) for a, b in zip(table[:half], table[half:], strict=True)]


def product_sumcheck(f: list[Fp2], g: list[Fp2], t: Transcript, tag: int):
    proof, point = b"", []
    while len(f) > 1:
        half = len(f) // 2
        slopes = [[v[half + i] - v[i] for i in range(half)] for v in (f, g)]
        message = encode([dot(f[:half], g[:half]), dot(*slopes)])
        t.absorb(tag, message)
        proof += message
        point.append(t.challenge())
        f, g = bind(f, point[-1]), bind(g, point[-1])
    return proof, point, f[0]


def fraction_sum(p: list[Fp2], q: list[Fp2], t: Transcript, tag: int, ones: bool):
    levels = [(p, q)]
    while len(q) > 1:
        h = len(q) // 2
        p = [p[i] * q[i + h] + p[i + h] * q[i] for i in range(h)]
        q = [q[i] * q[i + h] for i in range(h)]
        levels.append((p, q))
    proof = encode([p[0], q[0]])
    t.absorb(tag, proof)
    cp, cq, r = p[0], q[0], []
    for k, (p, q) in enumerate(reversed(levels[:-1])):
        lam, h = t.challenge(), len(q) // 2
        claim = cp + lam * cq
        parts, xs = [p[:h], q[:h], p[h:], q[h:]], []
        for j in range(k):
            rest = eq_table(r[j + 1 :])

            def g(x: Fp2, parts=parts, rest=rest, lam=lam) -> Fp2:
                p0, q0, p1, q1 = (bind(v, x) for v in parts)
                h = [a * d + c * b + lam * b * d for a, b, c, d in zip(p0, q0, p1, q1, strict=True)]
                return dot(rest, h)

            at0, at1, at2 = g(Fp2(0)), g(Fp2(1)), g(Fp2(2))
            d, e = at1 - at0, (at2 - 2 * at1 + at0) / 2
            assert claim == (1 - r[j]) * at0 + r[j] * at1
            message = encode([d, e])
            t.absorb(tag + 1, message)
            proof += message
            xs.append(t.challenge())
            claim = g(xs[-1])
            parts = [bind(v, xs[-1]) for v in parts]
        p0, q0, p1, q1 = (v[0] for v in parts)
        message = encode([q0, q1] if ones and k == len(levels) - 2 else [p0, q0, p1, q1])
        t.absorb(tag + 2, message)
        proof += message
        tau = t.challenge()
        cp, cq, r = p0 + tau * (p1 - p0), q0 + tau * (q1 - q0), [tau, *xs]
    return proof, r


def leb128(value: int) -> bytes:
    out = b""
    while value >= 128:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def twin(layers: list[dict], x: list[list[int]], profile: int, inv_rate: int, c: int, t_w: int):
    """The bytes of a proof with public weights of a network with two layers."""
    one, two = layers
    dims = [len(one["W"][0]), len(one["W"]), len(two["W"])]
    batch, s = len(x), one["shift"]
    log = [(n - 1).bit_length() for n in (*dims, batch)]
    stack = max(2, 1 << log[1])
    log_stack, log_d1 = stack.bit_length() - 1, log[1]
    half = max(stack, 1 << log[0])
    n_limbs, bits, q_min, q_end = ((2, 6, -640, 320), (1, 12, -2048, 2048))[profile]
    nc = 4 if profile == 0 else 2
    # the network
    cols = [[[0] * batch for _ in range(stack)] for _ in range(nc)]
    qs = [[0] * batch for _ in range(stack)]
    logits = []
    for b, row in enumerate(x):
        ys = []
        for j, (w, bias) in enumerate(zip(one["W"], one["b"], strict=True)):
            acc = sum(map(int.__mul__, w, row)) + bias + (1 << (s - 1))
            q, rem = acc >> s, (acc % (1 << s)) << (12 - s)
            ys.append(min(127, max(0, q)))
            qs[j][b], cols[0][j][b] = q, ys[-1]
            for limb in range(n_limbs):
                cols[1 + limb][j][b] = rem >> (bits * limb) & ((1 << bits) - 1)
        logits.append(
            [sum(map(int.__mul__, w, ys)) + v for w, v in zip(two["W"], two["b"], strict=True)]
        )
    # the commitment
    flat = [v for col in cols for neuron in col for v in neuron]
    z = [Fp2(a, b) for a, b in zip(flat[::2], flat[1::2], strict=True)]
    n_rows = len(z) // c * (n_limbs + 1) // nc
    matrix = [z[r * c : (r + 1) * c] for r in range(n_rows)]
    n = c * inv_rate
    omega = root_of_unity(n.bit_length() - 1)

    def code(row: list[Fp2]) -> list[Fp2]:
        return [total([v * omega ** (i * j) for i, v in enumerate(row)]) for j in range(n)]

    words = [code(row) for row in matrix]
    col_bytes = [
        b"".join(w[j].re.to_bytes(8, "little") for w in words)
        + b"".join(w[j].im.to_bytes(8, "little") for w in words)
        for j in range(n)
    ]
    tree = [[sha(b"\0", col) for col in col_bytes]]
    while len(tree[-1]) > 1:
        tree.append([sha(b"\1", *tree[-1][i : i + 2]) for i in range(0, len(tree[-1]), 2)])
    # the table
    table = [(v, None) for v in range(1 << bits)]
    table += [(q, min(127, max(0, q))) for q in range(q_min, q_end)]
    flat_q = [v for neuron in qs for v in neuron]
    flat_y = [v for neuron in cols[0] for v in neuron]
    hits = [(v, None) for col in cols[1 : 1 + n_limbs] for neuron in col for v in neuron]
    hits += list(zip(flat_q, flat_y, strict=True))
    hits += [(0, None)] * (nc * stack * batch - len(hits))
    counts = dict.fromkeys(table, 0)
    for hit in hits:
        counts[hit] += 1
    multiplicities = b"".join(leb128(counts[entry]) for entry in table)
    # the transcript
    digest = [b"aicrypto.mlp.v1", *(v.to_bytes(4, "little") for v in (2, *dims))]
    for layer in layers:
        digest += [
            layer["shift"].to_bytes(4, "little"),
            b"".join(w.to_bytes(1, "little", signed=True) for row in layer["W"] for w in row),
            b"".join(b.to_bytes(4, "little", signed=True) for b in layer["b"]),
        ]
    logs = [profile, log[3], inv_rate.bit_length() - 1, c.bit_length() - 1]
    header = b"AIZK\1" + bytes([0, *logs]) + t_w.to_bytes(2, "little") + sha(*digest)
    t = Transcript("aicrypto.zkml.v1")
    t.absorb(1, header)
    t.absorb(2, b"".join(v.to_bytes(1, "little", signed=True) for row in x for v in row))
    t.absorb(3, b"".join(v.to_bytes(4, "little", signed=True) for row in logits for v in row))
    t.absorb(4, tree[-1][0])
    t.absorb(5, multiplicities)
    proof = header + tree[-1][0] + multiplicities
    alpha, beta = t.challenge(), t.challenge()

    def fingerprint(a: int, b: int | None) -> Fp2:
        return Fp2(0) + a if b is None else a + beta * b + beta * beta

    denominators = [alpha - fingerprint(*hit) for hit in hits]
    part, point = fraction_sum([Fp2(1)] * len(hits), denominators, t, 0x10, ones=True)
    proof += part
    numerators = [Fp2(counts[entry]) for entry in table]
    part, _ = fraction_sum(
        numerators, [alpha - fingerprint(*e) for e in table], t, 0x18, ones=False
    )
    proof += part
    log_nc = nc.bit_length() - 1
    r_j, r_b = point[log_nc : log_nc + log_stack], point[log_nc + log_stack :]
    at_b, at_j = eq_table(r_b), eq_table(r_j)

    def fold(neurons: list[list[int]]) -> list[Fp2]:
        return [total([e * v for e, v in zip(at_b, row, strict=True)]) for row in neurons]

    folded = [fold(col) for col in cols]
    message = encode([dot(at_j, v) for v in (*folded[1 : 1 + n_limbs], fold(qs), folded[0])])
    t.absorb(0x20, message)
    proof += message
    r_out = t.challenges(log[2])
    gamma = t.challenge()
    # the matrices
    top, r_1 = r_j[: log_stack - log_d1], r_j[log_stack - log_d1 :]
    coefficient = Fp2(1 << (12 - s))
    for r in top:
        coefficient *= 1 - r
    f = [Fp2(0)] * (2 * half)
    g = [Fp2(0)] * (2 * half)
    for k in range(dims[0]):
        f[k] = total([e * row[k] for e, row in zip(at_b, x, strict=True)])
        g[k] = coefficient * total(
            [e * w[k] for e, w in zip(eq_table(r_1), one["W"], strict=False)]
        )
    for k in range(stack):
        f[half + k] = folded[0][k]
    for k in range(dims[1]):
        column = [w[k] for w in two["W"]]
        g[half + k] = gamma * total([e * w for e, w in zip(eq_table(r_out), column, strict=False)])
    part, m, _ = product_sumcheck(f, g, t, 0x22)
    at_s = eq_table(m[len(m) - log_stack :])
    message = dot(at_s, folded[0]).to_bytes()
    t.absorb(0x23, message)
    proof += part + message
    # the merge
    delta = t.challenge()
    weights_ = [a + delta * b for a, b in zip(at_s, at_j, strict=True)]
    for limb in range(nc - 1):
        factor = delta ** (2 + limb) if limb < n_limbs else Fp2(0)
        weights_ += [factor * e for e in at_j]
    part, where, value = product_sumcheck([v for col in folded for v in col], weights_, t, 0x24)
    t.absorb(0x25, value.to_bytes())
    proof += part + value.to_bytes()
    # the opening
    where = [*where, *r_b]
    log_rows = (len(z) // c).bit_length() - 1
    e = eq_table(where[:log_rows])[:n_rows]
    u = [total([k * row[i] for k, row in zip(e, matrix, strict=True)]) for i in range(c)]
    u += [total([k.conj() * row[i] for k, row in zip(e, matrix, strict=True)]) for i in range(c)]
    t.absorb(0x30, encode(u))
    known = sorted(set(t.indices(t_w, n)))
    proof += encode(u)
    proof += b"".join(col_bytes[j] for j in known)
    for level in tree[:-1]:
        proof += b"".join(level[j ^ 1] for j in known if j ^ 1 not in known)
        known = sorted({j // 2 for j in known})
    return proof


@pytest.mark.parametrize(
    ("profile", "n_rows", "parameters"),
    [(0, 1, (4, 1, 101)), (0, 2, (2, 2, 300)), (0, 4, (8, 4, 130)), (1, 1, (4, 1, 101))],
)
def test_the_twin_writes_the_same_bytes(profile: int, n_rows: int, parameters: tuple) -> None:
    layers = CASES["digits_4_8_3_small"]["layers"]
    x = rows(NETWORK, n_rows)
    if profile:  # a table of 8,192 rows is slow in plain Python: once is enough
        layers = CASES["random_3_2_2"]["layers"]
        x = rows(Network.from_integers(layers), n_rows)
    proof = prove(Network.from_integers(layers), x, Parameters(profile, *parameters))
    assert proof.to_bytes() == twin(layers, x.tolist(), profile, *parameters)


# Honest use ----------------------------------------------------------------------------------


@pytest.mark.parametrize("network", [NETWORK, DEEP], ids=["4-8-3", "5-7-6-3"])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 64])
@pytest.mark.parametrize("hidden", [False, True])
def test_batches(network: Network, n_rows: int, hidden: bool) -> None:
    owner = model.commit(network) if hidden else network
    statement = owner.commitment if hidden else network
    x = rows(network, n_rows)
    proof = prove(owner, x)
    logits = network.run(pad_batch(x)).logits
    assert verify(statement, x, logits, proof)
    assert verify(statement, x.numpy(), logits.tolist(), proof.to_bytes())
    # Logits of added rows are known where the weights are.
    assert verify(statement, x, logits[:n_rows], proof) == (not hidden or n_rows != 3)
    logits[0, -1] += 1
    assert not verify(statement, x, logits, proof)


@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize("inv_rate", [2, 4, 8])
def test_profiles_and_rates(profile: int, inv_rate: int) -> None:
    layout = Layout.of(DEEP.dims, DEEP.shifts, 4, PROFILES[profile])
    parameters = soundness.choose(layout.size, None, inv_rate)
    proof = prove(DEEP, rows(DEEP, 4), parameters)
    assert proof.header.parameters == parameters
    assert verify(DEEP, rows(DEEP, 4), DEEP.run(rows(DEEP, 4)).logits, proof)


@pytest.mark.parametrize("log_rows", [0, 1, 2, 3])
@pytest.mark.parametrize("inv_rate", [2, 4])
def test_committed_weights_in_every_shape(log_rows: int, inv_rate: int) -> None:
    owner = model.commit(NETWORK, log_rows, inv_rate)
    x = rows(NETWORK, 2)
    assert verify(owner.commitment, x, NETWORK.run(x).logits, prove(owner, x))
    assert not verify(NETWORK, x, NETWORK.run(x).logits, prove(owner, x))


def test_integers_too_large_for_the_quick_fold_are_left_to_the_other() -> None:
    """512 biases near 2^23 might exceed 63 bits with the limbs of the coefficients."""
    wide = Network.from_integers(
        [
            {"W": [[1, -1]] * 512, "b": [2**23 - 1] * 512, "shift": 12},
            {"W": [[1] * 512] * 2, "b": [0, 0], "shift": 0},
        ]
    )
    for log_rows, is_quick in ((8, True), (9, False)):
        owner = model.commit(wide, log_rows)
        coefficients = owner.commitment.coefficients(Transcript("test").challenges(9))
        whole = kernels.whole_for(owner.integers)
        quick = whole.combine_integers(owner.integers, coefficients, model.MAX_INTEGER)
        assert (quick is not None) == is_quick
        folds = owner.fold(Transcript("test").challenges(9))
        readable = ligero.fold(owner.committed, coefficients)
        assert torch.equal(folds.u1, readable.u1[:, : folds.u1.shape[1]])
        assert torch.equal(folds.u2, readable.u2[:, : folds.u2.shape[1]])


def test_folded_commitments_are_folded_weights() -> None:
    owner = model.commit(DEEP, 2)
    layout = Layout.of(DEEP.dims, DEEP.shifts, 1, PROFILES[0])
    t = Transcript("test")
    neuron = t.challenges(layout.size.log_stack)
    points = layout.points(neuron, neuron[-2:])
    direct = weights.fold_network(DEEP, points)
    opened = weights.fold_columns(DEEP.dims, 2, owner.fold(neuron), points)
    for one, other in zip(direct, opened, strict=True):
        assert torch.equal(one.inputs, other.inputs)
        assert one.bias == other.bias


def test_round_trip() -> None:
    owner = model.commit(DEEP)
    for prover, statement in ((DEEP, DEEP), (owner, owner.commitment)):
        data = prove(prover, rows(DEEP, 2)).to_bytes()
        assert Proof.from_bytes(data, statement).to_bytes() == data
        for length in (0, 3, 20, 60, len(data) // 4):
            with pytest.raises(ValueError, match="proof"):
                Proof.from_bytes(data[:length], statement)


def test_the_small_profile_gives_way_to_the_large_one() -> None:
    layers = [{"W": [[100], [7]], "b": [0, 0], "shift": 5}, {"W": [[1, 1]], "b": [0], "shift": 0}]
    network = Network.from_integers(layers)
    proof = prove(network, [[127]])  # quotient 397
    assert proof.header.profile == 1
    assert verify(network, [[127]], network.run([[127]]).logits, proof)
    assert prove(network, [[10]]).header.profile == 0


def test_a_quotient_out_of_range_is_blamed_on_a_neuron() -> None:
    layers = [
        {"W": [[1]], "b": [0], "shift": 1},
        {"W": [[0], [127]], "b": [0, 0], "shift": 1},
        {"W": [[1, 1]], "b": [0], "shift": 0},
    ]
    network = Network.from_integers(layers)
    message = r"layer 1, neuron 1, row 2: quotient is 2096, must be in -2048\.\.2047"
    with pytest.raises(QuantRange, match=message):
        prove(network, [[0], [1], [66]])


def test_weak_and_impossible_parameters() -> None:
    x = rows(NETWORK, 1)
    with pytest.raises(WeakParameters, match=r"columns=1, queries=20\) give 20.00 bits, must"):
        prove(NETWORK, x, Parameters(0, 4, 1, 20))
    with pytest.raises(WeakParameters, match=r"queries is 1025, must be in 1\.\.1024"):
        Parameters(0, 4, 1, 1025)
    with pytest.raises(WeakParameters, match=r"profile is 2, must be in 0\.\.1"):
        Parameters(2, 4, 1, 100)
    with pytest.raises(BadLength, match="columns is 8, leaves 2 rows, must leave 4"):
        prove(NETWORK, x, Parameters(0, 4, 8, 200))
    with pytest.raises(BadRate, match="inv_rate is 3"):
        prove(NETWORK, x, Parameters(0, 3, 1, 200))
    with pytest.raises(TargetUnreachable):
        soundness.choose(Size(1024, 4096, 1024, PROFILES[1]))
    with pytest.raises(ShapeMismatch, match="must have a hidden one too"):
        prove(Network(NETWORK.layers[:1]), x)
    with pytest.raises(ValueError, match=r"log_rows is 4, must be in 0\.\.3"):
        model.commit(NETWORK, 4)
    few = model.commit(NETWORK, queries=20)
    with pytest.raises(TargetUnreachable):
        prove(few, x)


def test_parameters_of_the_published_network() -> None:
    def size(batch: int) -> Size:
        return Size(1024, batch, 1024, PROFILES[0 if batch == 1 else 1])

    chosen = {batch: soundness.choose(size(batch)) for batch in (1, 64, 1024)}
    assert [(p.columns, p.queries) for p in chosen.values()] == [
        (256, 147),
        (2048, 148),
        (8192, 150),
    ]
    for batch, parameters in chosen.items():
        assert 100 <= soundness.bits(size(batch), parameters.opening(size(batch))) < 101


def test_published_lengths() -> None:
    rng = np.random.default_rng(0)
    dims = (784, 512, 512, 10)
    network = Network.from_integers(
        {"W": np.clip(rng.normal(0, 25, (m, n)), -127, 127).astype(int), "b": [0] * m, "shift": 9}
        for n, m in pairwise(dims)
    )
    x = rng.integers(0, 80, (1, 784)).astype(np.int8)
    logits = network.run(x).logits
    proof = prove(network, x)
    assert len(proof.to_bytes()) <= 40_000
    assert verify(network, x, logits, proof)
    owner = model.commit(network)
    hidden = prove(owner, x)
    assert len(hidden.to_bytes()) <= 410_000
    assert verify(owner.commitment, x, logits, hidden)
    assert 100 <= proof.bits(network) < 101
    assert 100 <= hidden.bits(owner.commitment) < 101


def test_a_fresh_optimised_process_verifies_from_bytes(tmp_path: Path) -> None:
    x = rows(DEEP, 2)
    (tmp_path / "proof").write_bytes(prove(DEEP, x).to_bytes())
    (tmp_path / "network").write_bytes(DEEP.to_bytes())
    statement = {"x": x.tolist(), "logits": DEEP.run(x).logits.tolist()}
    (tmp_path / "statement").write_text(json.dumps(statement))
    program = (
        "import json; from pathlib import Path; from aicrypto.zkml import Network, verify\n"
        "s = json.loads(Path('statement').read_text())\n"
        "n, p = Network.from_bytes(Path('network').read_bytes()), Path('proof').read_bytes()\n"
        "print(verify(n, s['x'], s['logits'], p), verify(n, s['x'], s['logits'][::-1], p))"
    )
    result = subprocess.run(
        [sys.executable, "-O", "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.stdout.split() == ["True", "False"], result.stderr


def test_proofs_do_not_depend_on_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    x = rows(DEEP, 2)
    compiled = prove(DEEP, x).to_bytes()
    monkeypatch.setenv("AICRYPTO_ENGINE", "torch")
    assert prove(DEEP, x).to_bytes() == compiled
    assert explain(DEEP, x, DEEP.run(x).logits, compiled) is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_proofs_do_not_depend_on_the_device() -> None:
    for network, n_rows in ((DEEP, 2), (NETWORK, 64)):
        x = rows(network, n_rows)
        on_gpu = prove(network.to("cuda"), x).to_bytes()
        assert on_gpu == prove(network, x).to_bytes()
        assert verify(network.to("cuda"), x, network.run(x).logits, on_gpu)


def test_varints() -> None:
    numbers = np.array([0, 1, 127, 128, 300, 2**14 - 1, 2**14, 2**35, P - 1])
    data = varints.encode(numbers)
    assert data == b"".join(leb128(int(number)) for number in numbers)
    decoded, length = varints.decode(data + b"\x80\x80", len(numbers))
    assert decoded.tolist() == numbers.tolist()
    assert length == len(data)
    for refused in (
        b"\x80\x00",
        b"\xff" * 8 + b"\x1f",
        b"\xff" * 9 + b"\x01",
        b"\x80" * 10 + b"\1",
    ):
        with pytest.raises(NonCanonical):
            varints.decode(refused, 1)
    with pytest.raises(BadLength):
        varints.decode(b"\x01\x80", 2)
    with pytest.raises(NonCanonical):
        varints.encode(np.array([-1]))


def test_model_commitments_are_checked() -> None:
    good = model.commit(NETWORK).commitment
    for change in (
        {"dims": (4, 3)},
        {"dims": (4, 0, 3)},
        {"shifts": (13, 0)},
        {"shifts": (7,)},
        {"log_rows": -1},
        {"inv_rate": 3},
        {"inv_rate": 128},
        {"queries": 0},
        {"root": b"short"},
    ):
        with pytest.raises(ValueError, match=r"must|has|no network"):
            dataclasses.replace(good, **change)
