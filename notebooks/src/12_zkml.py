# %% [markdown]
# # 12 · zkML with GKR
# *You will train a classifier of handwritten digits, prove an answer of it byte by byte, have a contract check one, and prove any label you like where a hash comes too late — 90 minutes and exercises, any CPU, needs lessons 02 to 04.*

# %% [markdown]
# ## Why
# Upshot prices thousands of NFTs an hour with a model. Suppose you lend money on such a price. Who says that the published model made it, and not a cheaper one, or the borrower's cousin?
#
# Upshot has each hour proven with *Remainder*, the prover of Modulus Labs, and checked on Ethereum. For a forest of 128 decision trees, Remainder's proving took 180 times as long as running it (published; wall time over multithreaded Rust). General-purpose tools prove any computation, at a price: EZKL took 1,690,000 times as long as torch for a network of 669,706 parameters (measured for this course). The difference is a prover made for the model: **zkML** in the style of Goldwasser, Kalai and Rothblum (**GKR**). This lesson builds it.

# %% [markdown]
# ## Outcomes
# You can
# 1. turn a trained network into whole numbers, and say what that costs;
# 2. check a ReLU by a sum of fractions, and say which lies it catches;
# 3. prove a network layer by layer, and say what the verifier does at the end of each step;
# 4. say where a prover's time goes, and when a proof pays;
# 5. read off from a proof what it gives away.

# %% tags=["setup"]
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from sympy import ZZ
from sympy.polys.matrices import DomainMatrix
from torch import nn

from aicrypto import conform, evm, zkml
from aicrypto.algebra import Fp2, P
from aicrypto.classroom import rejects
from aicrypto.commit.tensor import ligero
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import lookup
from aicrypto.viz import explore
from aicrypto.viz.proofs import zkml as figures
from aicrypto.zkml import Layer, Network, importing, protocol, quantise
from aicrypto.zkml.circuit import lookups, opening, products, varints, weights, witness
from aicrypto.zkml.claims import hour
from aicrypto.zkml.onchain import calldata, clear

torch.manual_seed(3)
torch.set_num_threads(1)

# %% [markdown]
# ## Build
# ### A network of whole numbers
# 1,797 handwritten digits of 8 × 8 pixels; a third is held out. One hidden layer of 128 neurons.

# %%
digits = np.load("../data/digits.npz")
pixels = torch.tensor(digits["images"]).flatten(1).float() / 16
labels = torch.tensor(digits["labels"]).long()
order = torch.randperm(len(labels))
train, held_out = order[:1198], order[1198:]


def trained(width: int) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(pixels[train]), labels[train]).backward()
        optimiser.step()
    return model


model = trained(width=128)

# %% [markdown]
# A proof has no room for "nearly": floats differ in the last digit from machine to machine. So weights and activations become integers of 8 bits (**int8**). Each layer has a unit, the real value of 1, found from the training pictures (*calibration*).
#
# **Predict:** 24 of 32 bits of each weight go. How many points of accuracy?

# %% tags=["nbval-ignore-output"]
floats = importing.from_torch(model)
quantised = quantise.quantise(floats, pixels[train])
network, x = quantised.network, quantised.encode(pixels[held_out], clip=True)
calibration = quantise.report(floats, quantised, pixels[held_out], labels[held_out])
assert calibration.int8_accuracy >= 0.96, "the int8 network should read 96 % of unseen digits"
lost = calibration.float_accuracy - calibration.int8_accuracy
assert abs(lost) < 0.01, "integers should lose next to nothing"
print(calibration)

# %% [markdown]
# <details><summary>Answer</summary>Next to none, see the last line.</details>
#
# The units were chosen so that rescaling to the next layer is a division by 2^s; s is the layer's **shift**.
#
# ### The rule of one neuron
# acc = weights · inputs + bias, exactly. Divide by 2^s, round half up, cut below 0 (ReLU) and above 127. Rounding half up is adding 2^(s−1) and dropping bits: the **quotient** q stays, the **remainder** goes, and the cut q is the activation y.
#
# **Predict,** for shift 3: q, remainder and y for acc = 21, and for acc = −21.


# %%
def requantise(acc: int, shift: int) -> tuple[int, int, int]:
    q, remainder = divmod(acc + (1 << shift >> 1), 1 << shift)
    return q, remainder, min(max(q, 0), 127)


assert requantise(21, 3) == (3, 1, 3), "25 = 3·8 + 1"
assert requantise(-21, 3) == (-3, 7, 0), "-17 = -3·8 + 7: remainders are never negative"

# %% [markdown]
# The whole network is two matrix products with this rule between them. Picture 0, by hand:


# %%
def affine(layer: Layer, a: list[int]) -> list[int]:
    rows = zip(layer.weights.tolist(), layer.bias.tolist())
    return [sum(w * v for w, v in zip(row, a)) + bias for row, bias in rows]


hidden, last = network.layers
picture = x[0].tolist()
accs = affine(hidden, picture)
q, remainder, y = map(list, zip(*(requantise(acc, hidden.shift) for acc in accs)))
logits = affine(last, y)
run = network.run(x[:1])
assert [y, logits] == [run.hidden[0][0].tolist(), run.logits[0].tolist()], "as the library"
label = int(run.labels[0])

# %% [markdown]
# ### What must be shown
# A verifier is told picture and logits. For each hidden neuron the prover must show
#
# * a **sum**: acc + 2^(s−1) = 2^s·q + remainder, where acc is a row of a matrix product: lesson 04;
# * a **range**: the remainder is one of 0 … 2^s − 1;
# * a **table**: (q, y) is a line of the table of "cut below 0 and above 127".
#
# **Predict:** why the range? Forge an activation that is too large by one, with the sum intact.
#
# <details><summary>Answer</summary>q + 1 and remainder − 2^s have the same sum, and (q + 1, y + 1) is a line of the table.</details>
#
# Range and table ask the same question: do all these values stand in that list? It is called a **lookup**.
#
# ### Lookups by fractions (LogUp)
# For values v and table entries t compare, as functions of α,
#
# $$\sum_i \frac{1}{\alpha - v_i} = \sum_j \frac{m_j}{\alpha - t_j},$$
#
# where the **multiplicity** m says how often an entry is used. A value outside the table makes a **pole**, a place where the left side is infinite and the right one is not. So the sides are different functions, and differ at almost every α. One random α decides.


# %%
def both_sums(values: list, counts: list[int], table, alpha: Fp2) -> tuple[Fp2, Fp2]:
    used = [(m, t) for m, t in zip(counts, table) if m]
    return sum(1 / (alpha - v) for v in values), sum(m / (alpha - t) for m, t in used)


alpha = Transcript("dice").challenge()
tiny = [7, 1, 7, 4]  # four remainders with shift 3
left, right = both_sums(tiny, [0, 1, 0, 0, 1, 0, 0, 2], range(8), alpha)
assert left == right, "1, 4 and twice 7"
for lie, counts in (([8, 1, 7, 4], [0, 1, 0, 0, 1, 0, 0, 2]), (tiny, [0, 1, 0, 0, 2, 0, 0, 1])):
    left, right = both_sums(lie, counts, range(8), alpha)
    assert left != right, "8 is no remainder; or a count stands at the wrong entry"

# %% [markdown]
# **Figure 1.** The same with real numbers. Move the fourth value off the table's whole numbers.

# %%
explore(figures.draw_poles, moved=(0, 4, 0.25))

# %% [markdown]
# ### All lookups of a picture
# Pairs must become numbers too: (q, y) becomes the **fingerprint** q + βy + β² with another random β. Two different pairs have the same fingerprint for at most one β, and β² keeps them apart from range values.
#
# For one range whatever the shift, remainders are scaled to 12 bits and cut in two **limbs** of 6, low and high. The table has 64 range values, then pairs for q = −640 … 319. We look up 128 low limbs, 128 high ones, 128 pairs, and 128 zeros to reach a power of two.

# %%
scaled = [r << 12 - hidden.shift for r in remainder]
low, high = [r & 63 for r in scaled], [r >> 6 for r in scaled]
QS = range(-640, 320)
ranges, pairs = Counter([*low, *high, *[0] * 128]), Counter(q)
counts = [*(ranges[v] for v in range(64)), *(pairs[v] for v in QS)]


def fingerprint(q: int, y: int, beta: Fp2) -> Fp2:
    return q + y * beta + beta * beta


def table_of(beta: Fp2) -> list:
    return [*range(64), *(fingerprint(v, min(max(v, 0), 127), beta) for v in QS)]


def looked_up(y: list[int], beta: Fp2) -> list:
    return [*low, *high, *(fingerprint(*pair, beta) for pair in zip(q, y)), *[0] * 128]


# %% [markdown]
# When may α and β be drawn? After everything that must not be fitted to them: statement (the model's digest stands in the header), values and multiplicities. The prover commits to y and the limbs as in lesson 03 (rows encoded, columns hashed); the root goes into the transcript. From the library's proof we take header and root, and compute everything else.


# %%
def start(proof: zkml.Proof, logits: list[int], kind=Transcript) -> Transcript:
    t = kind("aicrypto.zkml.v1")
    said = [proof.header.to_bytes(), x[0].numpy().tobytes(), np.array(logits, "<i4").tobytes()]
    said += [proof.root, varints.encode(proof.multiplicities.numpy())]
    for tag, data in enumerate(said, start=1):
        t.absorb(tag, data)
    return t


proof = zkml.prove(network, x[:1])
assert counts == proof.multiplicities.tolist(), "the library counts the same"
t = start(proof, logits)
alpha, beta = t.challenge(), t.challenge()
values, table = looked_up(y, beta), table_of(beta)
left, right = both_sums(values, counts, table, alpha)
assert left == right, "512 lookups, 1,024 lines"

# %% [markdown]
# ### GKR: adding up without looking
# The verifier never sees the 512 values. So the *sum* is proven, in a tree: fractions i and i + half are added, again and again, numerators p and denominators q apart (p₀/q₀ + p₁/q₁ = (p₀q₁ + p₁q₀)/q₀q₁: nobody divides), up to the root P/Q.


# %%
def tree(p: list, q: list) -> list[tuple]:
    levels = [(p, q)]
    while len(q) > 1:
        half = len(q) // 2
        p0, q0, p1, q1 = p[:half], q[:half], p[half:], q[half:]
        p = [a * d + c * b for a, b, c, d in zip(p0, q0, p1, q1)]
        q = [b * d for b, d in zip(q0, q1)]
        levels.append((p, q))
    return levels[::-1]


witness_leaves = [Fp2(1)] * 512, [alpha - v for v in values]
(top,), (bottom,) = tree(*witness_leaves)[0]
assert top / bottom == left, "the root is the sum"

# %% [markdown]
# The verifier is told P and Q, and goes *down*. Each level turns a claim about itself at one random point r, p(r) and q(r), into one about the next. A random λ joins the two claims:
#
# $$p(r) + \lambda q(r) = \sum_x \mathrm{eq}(r, x)\,\big(p_0q_1 + p_1q_0 + \lambda q_0q_1\big)(x).$$
#
# `eq(r, x)` is the weight of corner x in a multilinear extension (lesson 01). That is a sumcheck. One trick keeps the messages short: in round j leave out the factor of eq that belongs to variable j itself. What remains, g(X), is quadratic, and the claim says (1 − r_j)·g(0) + r_j·g(1). So the prover sends only g(1) − g(0) and the leading coefficient.


# %%
def weights_at(point: list[Fp2]) -> list[Fp2]:
    table = [Fp2(1)]
    for r in point:
        table = [e * w for e in table for w in (1 - r, r)]
    return table


def at(values: list, point: list[Fp2]) -> Fp2:
    return sum((e * v for e, v in zip(weights_at(point), values)), Fp2(0))


encode = lambda numbers: b"".join((Fp2(0) + n).to_bytes() for n in numbers)
fold = lambda halves, r: [a + r * (b - a) for a, b in zip(*halves)]
split = lambda table: (table[: len(table) // 2], table[len(table) // 2 :])


# %% [markdown]
# The rounds of one level; `tables` are p₀, q₀, p₁, q₁. After the last round each has a single value left.


# %%
def rounds_of(tables: list, point: list[Fp2], lam: Fp2, t: Transcript, tag: int):
    said, asked = [], []
    for j in range(len(point)):
        rest, halves = weights_at(point[j + 1 :]), [split(table) for table in tables]
        slopes = [[b - a for a, b in zip(*pair)] for pair in halves]
        g = lambda four, e=rest: sum(
            e * (a * d + c * b + lam * b * d) for e, a, b, c, d in zip(e, *four)
        )
        lows, highs = zip(*halves)
        message = [g(highs) - g(lows), g(slopes)]
        t.absorb(tag, encode(message))
        said, asked = said + message, [*asked, t.challenge()]
        tables = [fold(pair, asked[-1]) for pair in halves]
    return said, asked, [value for (value,) in tables]


# %% [markdown]
# Then the four values are sent, and a random τ picks a place between left child and right child: the claim about the next level. Where all numerators are 1 (`ones`), the last level sends only q₀ and q₁.


# %%
def prove_sum(p: list, q: list, t: Transcript, tags: tuple, ones: bool):
    top, *levels = tree(p, q)
    said, point = [top[0][0], top[1][0]], []
    t.absorb(tags[0], encode(said))
    for p, q in levels:
        tables = [half for pair in zip(split(p), split(q)) for half in pair]
        rounds, asked, values = rounds_of(tables, point, t.challenge(), t, tags[1])
        values = values[1::2] if ones and p is levels[-1][0] else values
        t.absorb(tags[2], encode(values))
        said, point = said + rounds + values, [t.challenge(), *asked]
    return said, point


TAGS = (0x10, 0x11, 0x12), (0x18, 0x19, 0x1A)
table_leaves = [Fp2(m) for m in counts], [alpha - entry for entry in table]
left_said, place = prove_sum(*witness_leaves, t, TAGS[0], ones=True)
right_said, _ = prove_sum(*table_leaves, t, TAGS[1], ones=False)
assert encode(left_said + right_said) == proof.sums.to_bytes(), "our bytes are the library's"

# %% [markdown]
# **Predict:** how many bytes prove the sum of 512 fractions? Level k has k rounds of two numbers and four values more.
#
# <details><summary>Answer</summary>2 + Σ (2k + 4) for k = 0 … 8, less 2, numbers of 16 bytes: 108 · 16 = 1,728.</details>
#
# The verifier computes g(0) from the claim, and compares once a level.


# %%
def check_sum(said: list[Fp2], n_levels: int, t: Transcript, tags: tuple, ones: bool):
    """The point that is left, and what p and q must be there; None is a refusal."""
    heard = iter(said)

    def take(n: int, tag: int) -> list[Fp2]:
        numbers = [next(heard) for _ in range(n)]
        t.absorb(tag, encode(numbers))
        return numbers

    (p, q), point = take(2, tags[0]), []
    if q == Fp2(0):
        return None
    for k in range(n_levels):
        lam, asked = t.challenge(), []
        claim = p + lam * q
        for r in point:
            step, leading = take(2, tags[1])
            x = t.challenge()
            claim = claim - r * step + x * (step - leading + x * leading)
            asked.append(x)
        values = take(2 if ones and k == n_levels - 1 else 4, tags[2])
        p0, q0, p1, q1 = values if len(values) == 4 else (Fp2(1), values[0], Fp2(1), values[1])
        if claim != p0 * q1 + p1 * q0 + lam * q0 * q1:
            return None
        tau = t.challenge()
        p, q, point = p0 + tau * (p1 - p0), q0 + tau * (q1 - q0), [tau, *asked]
    return point, p, q


# %% [markdown]
# A proof of nothing but zeros fits every level and equals every other sum, since 0·Q = P·0. Only the check of Q refuses it:

# %%
nothing = check_sum([Fp2(0)] * 108, 9, Transcript("dice"), TAGS[0], ones=True)
assert nothing is None, "0/0 is no number"

# %% [markdown]
# What is left are claims about leaves. The table's side the verifier computes alone. For the lookups the point has nine coordinates: two choose low limb, high limb, pair or zero, the other seven, **r**, a neuron. The prover *claims* the values of four columns at r: low, high, q, y (`claims`); they must add up to the leaf. Whether they are true, the next steps show.

# %%
decode = lambda data: [Fp2.from_bytes(data[i : i + 16]) for i in range(0, len(data), 16)]


def step_1(proof: zkml.Proof, logits: list[int], kind=Transcript):
    """Transcript, r and claims after the lookups; None is a refusal."""
    t = start(proof, logits, kind)
    alpha, beta = t.challenges(2)
    one, two = (decode(part.to_bytes()) for part in (proof.sums.witness, proof.sums.table))
    left = check_sum(one, 9, t, TAGS[0], ones=True)
    right = check_sum(two, 10, t, TAGS[1], ones=False)
    if left is None or right is None or one[0] * two[1] != two[0] * one[1]:
        return None
    place, p, q = right
    m, entry = at(proof.multiplicities.tolist(), place), at(table_of(beta), place)
    claims = decode(proof.claims.to_bytes())
    kinds = [*claims[:2], fingerprint(*claims[2:], beta), Fp2(0)]
    if (p, q) != (m, alpha - entry) or left[2] != alpha - at(kinds, left[0][:2]):
        return None
    t.absorb(0x20, encode(claims))
    return t, left[0][2:], claims


t, r, claims = step_1(proof, logits)
assert r == place[2:] and claims[3] == at(y, r), "both sides end at the same neurons"
false_claim = {"claims": replace(proof.claims, activation=claims[2])}
for change in ({"multiplicities": proof.multiplicities.roll(1)}, {"root": bytes(32)}, false_claim):
    assert step_1(replace(proof, **change), logits) is None, f"accepted: {change}"

# %% [markdown]
# ### All matrices in one sumcheck
# Now low, high and q at r *are* a claim about the first matrix product, since 2^(12−s)·(acc + 2^(s−1)) = 4096·q + low + 64·high for each neuron, hence also at r. The logits are public: their value at a random point `r_out` is a claim about the second product. A random γ joins both:
#
# $$4096\,q + \mathrm{low} + 64\,\mathrm{high} + \gamma\cdot\mathrm{logits} - \mathrm{biases} = \sum_k f_k\, g_k,$$
#
# f = picture and activations, one after the other; g = the weights that meet them: columns of both matrices at r and r_out. Eight rounds of lesson 04, for a network of any depth.


# %%
def matrices(r: list[Fp2], r_out: list[Fp2], gamma: Fp2) -> tuple[list, Fp2]:
    """g, and all biases together."""
    scale, half = 1 << 12 - hidden.shift, 1 << hidden.shift >> 1
    first = [scale * at(column, r) for column in hidden.weights.T.tolist()]
    second = [gamma * at(column, r_out) for column in last.weights.T.tolist()]
    biases = scale * at([b + half for b in hidden.bias.tolist()], r)
    return first + [Fp2(0)] * 64 + second, biases + gamma * at(last.bias.tolist(), r_out)


r_out, gamma = t.challenges(4), t.challenge()
g, biases = matrices(r, r_out, gamma)
f = [Fp2(v) for v in picture] + [Fp2(0)] * 64 + [Fp2(v) for v in y]
total = sum((a * b for a, b in zip(f, g)), Fp2(0))
claim = 4096 * claims[2] + claims[0] + 64 * claims[1] + gamma * at(logits, r_out) - biases
assert total == claim, "both layers in one sum"

# %% [markdown]
# The rounds, prover and verifier side by side. At the end the verifier computes g's value from the weights and the picture's from the picture. The activations' value at the last point, `y_end`, is claimed once more.

# %%
said, point, f_k, g_k = [], [], f, g
while len(f_k) > 1:
    (a, b), (c, d) = split(f_k), split(g_k)
    slope = sum((v - u) * (z - w) for u, v, w, z in zip(a, b, c, d))
    at_zero = sum((u * w for u, w in zip(a, c)), Fp2(0))
    t.absorb(0x22, encode([at_zero, slope]))
    point.append(t.challenge())
    said += [at_zero, slope]
    claim = at_zero + point[-1] * (claim - 2 * at_zero - slope + point[-1] * slope)
    f_k, g_k = fold((a, b), point[-1]), fold((c, d), point[-1])
by_library = b"".join(message.to_bytes() for message in proof.products.rounds)
assert encode(said) == by_library, "our bytes are the library's"
y_end = at(y, point[1:])
assert y_end == proof.products.activation, "claimed by the library, too"
value = (1 - point[0]) * at(picture + [0] * 64, point[1:]) + point[0] * y_end
assert claim == value * at(g, point), "the verifier's last comparison"

# %% [markdown]
# ### The rest: one opening
# Four claims are left, all about columns under the root: low, high and y at r, and y at the last point. One more sumcheck merges them into one value at one point, and the commitment is opened there, with random columns (lesson 03). The library does that. The verifier has seen no activation, and multiplied no matrix.

# %% tags=["nbval-ignore-output"]
data = proof.to_bytes()
assert zkml.verify(network, x[:1], [logits], data), "the honest proof is accepted"
print(f"{len(data):,} bytes, {proof.bits(network):.1f} bits, {proof.header.queries} columns")
flipped = bytearray(data)
flipped[len(data) // 2] ^= 1
rejects(zkml.verify, network, x[:1], [logits], bytes(flipped), because="a bit was flipped")
rejects(zkml.verify, network, x[1:2], [logits], data, because="another picture")
rejects(zkml.verify, network, x[:1], [[v + 1 for v in logits]], data, because="other logits")
bigger = Layer(last.weights, last.bias + 1, last.shift)
other = Network((hidden, bigger))
rejects(zkml.verify, other, x[:1], [logits], data, because="another network")

# %% [markdown]
# ### What it gives away
# A proof is **succinct**: short, and quick to check. It is *not* **zero-knowledge**: the multiplicities are a histogram of what the neurons did, and everybody who has the proof can read it.
#
# **Figure 2.** Two proofs, unpacked from their bytes.


# %%
def histogram(data: bytes) -> dict[int, int]:
    found = zkml.Proof.from_bytes(data, network).multiplicities[64:].tolist()
    return {q: m for q, m in zip(QS, found) if m}


assert histogram(data) == Counter(q), "every neuron's quotient, without names"
second = zkml.prove(network, x[1:2]).to_bytes()
figures.draw_leak({"picture 0": histogram(data), "picture 1": histogram(second)})

# %% [markdown]
# Where that is not wanted, Remainder hides values in Pedersen commitments (lesson 02).
#
# ## Check yourself
# Predict each line first.

# %% tags=["nbval-check-output"]
print("1.  100 with shift 3, -100 with shift 1:", requantise(100, 3), requantise(-100, 1))
halves = (
    both_sums([2, 2], [0, 0, 2], range(3), alpha),
    both_sums([2, 3], [0, 0, 2], range(3), alpha),
)
print("2.  sums equal for values 2, 2 and for 2, 3:", *(a == b for a, b in halves))
sizes = [
    len(prove_sum([Fp2(1)] * 2**k, [Fp2(3)] * 2**k, Transcript("x"), TAGS[0], True)[0])
    for k in (9, 10)
]
print("3.  numbers sent for 512 and 1,024 lookups:", *sizes)
print("4.  matrix rounds:", len(point), "; table lines beside 128 neurons:", len(table))
print("5.  all counts together:", sum(counts), "= lookups:", len(values))

# %% [markdown]
# ## See
# **Figure 3.** We put a stopwatch around the library's steps.

# %%
STEPS = [
    ("running the network", witness, "compute"),
    ("commitment", ligero, "commit"),
    ("lookups", lookups, "prove"),
    ("matrices", weights, "fold_network"),
    ("matrices", products, "prove"),
    ("opening", opening, "prove_merge"),
    ("opening", ligero, "open_columns"),
]


def seconds(rows: torch.Tensor) -> dict[str, float]:
    """Time of each step, and of all that is left."""
    spent = dict.fromkeys([name for name, *_ in STEPS] + ["rest"], 0.0)

    def timed(step, function):
        def run(*arguments):
            start = time.perf_counter()
            result = function(*arguments)
            spent[step] += time.perf_counter() - start
            return result

        return run

    with ExitStack() as stack:
        for step, module, name in STEPS:
            watched = timed(step, getattr(module, name))
            stack.enter_context(mock.patch.object(module, name, watched))
        timed("rest", protocol.prove)(network, rows)
    return spent | {"rest": 2 * spent["rest"] - sum(spent.values())}


# %% tags=["nbval-ignore-output"]
shares = {
    n: min((seconds(x[:n]) for _ in range(3)), key=lambda s: sum(s.values())) for n in (1, 16, 256)
}
figures.draw_steps(shares)

# %% [markdown]
# **Figure 4.** Overhead = proving (running, committing, proving, opening) / running the float network in torch; one thread, the fastest of several runs. For our network torch needs microseconds, so fixed costs weigh; beside it a larger one with random weights. Remainder's 180 has another definition (see *Why*).


# %% tags=["nbval-ignore-output"]
def fastest(times: int, function, *arguments) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        function(*arguments)
        spent.append(time.perf_counter() - start)
    return min(spent)


# %% tags=["nbval-ignore-output"]
big32 = nn.Sequential(
    nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
)
noise = torch.rand(256, 784)
big = quantise.quantise(importing.from_torch(big32), noise)
ratios, sizes = {}, (1, 4, 16, 64, 256)
for name, net32, net, given in (
    ("64-128-10", model, network, x),
    ("784-512-512-10", big32, big.network, big.encode(noise)),
):
    ratios[name] = {}
    for n in sizes:
        with torch.no_grad():
            running = fastest(50, net32, given[:n].float())
        ratios[name][n] = fastest(3, zkml.prove, net, given[:n]) / running
published = {"EZKL, 784-512-512-10 (measured for this course)": 1.69e6, "Remainder, forest": 180}
figures.draw_overhead(ratios, published)

# %% [markdown]
# **Predict:** proving is many times dearer than running. When does a proof pay?
#
# <details><summary>Answer</summary>Not where the verifier has weights, picture and a computer: at this size running again is cheaper than verifying, see below. It pays where weights are hidden behind a commitment, where the verifier is a contract or a phone, or where inference grows: running costs rows × weights; verifying one pass over each, and the square root of rows × neurons.</details>

# %% tags=["nbval-ignore-output"]
batch = x[:256]
many_logits = network.run(batch).logits
many = zkml.prove(network, batch).to_bytes()
assert zkml.verify(network, batch, many_logits, many), "256 pictures in one proof"
again = 1000 * fastest(5, network.run, batch)
checking = 1000 * fastest(5, zkml.verify, network, batch, many_logits, many)
print(f"256 pictures: run again {again:.1f} ms, verify {checking:.1f} ms, {len(many):,} bytes")

# %% [markdown]
# ## Break it
# ### Counts that come too late
# Here is a lie: one neuron's activation is 100,000, where 127 is the most. It is the neuron that speaks most against the true digit. Everything else is computed as the protocol says.

# %%
honest = witness.compute(network, proof.header.layout(network), x[:1])
neuron = int(last.weights[label].argmin())
false_y = [100_000 if j == neuron else v for j, v in enumerate(y)]
false_columns = honest.columns.clone()
false_columns[0, neuron] = 100_000
false_logits = torch.tensor([affine(last, false_y)], dtype=torch.int32)
lie = replace(honest, columns=false_columns, logits=false_logits)
assert int(false_logits.argmax()) != label, "the lie changes the label"
parameters = proof.header.parameters
told = protocol.prove_witness(network, lie, parameters)
reason = zkml.explain(network, x[:1], false_logits, told)
assert reason == "LogUpSum", "100,000 is in no line of the table"

# %% [markdown]
# `explain` names the check that refused. But suppose the transcript hears the multiplicities only *after* α and β. Multiplicities are numbers modulo p. With α known, two of them can pay for any difference of the sums: m₀/α + m₁/(α − 1) = difference. The difference has a real and an imaginary part: two equations, two unknowns.


# %%
class Late(Transcript):
    def absorb(self, tag: int, data: bytes) -> None:
        if tag == protocol.MULTIPLICITIES_TAG:
            self.held = [(tag, data)]
        else:
            super().absorb(tag, data)

    def challenges(self, n: int) -> list[Fp2]:
        drawn = super().challenges(n)
        while self.held:
            super().absorb(*self.held.pop())
        return drawn


# %% [markdown]
# The attacker asks for α and β, then chooses:


# %%
def pay(alpha: Fp2, beta: Fp2) -> torch.Tensor:
    left, right = both_sums(looked_up(false_y, beta), counts, table_of(beta), alpha)
    ratio, wanted = (alpha - 1) / alpha, (left - right) * (alpha - 1)
    m_0 = wanted.im * pow(ratio.im, -1, P) % P
    m_1 = (wanted.re - m_0 * ratio.re) % P
    paid = [(counts[0] + m_0) % P, (counts[1] + m_1) % P, *counts[2:]]
    return torch.tensor(paid)


with mock.patch.object(protocol, "Transcript", Late):
    draft = protocol.prove_witness(network, lie, parameters)
    known = start(draft, false_logits[0].tolist(), Late).challenges(2)
    paid = replace(lie, multiplicities=pay(*known))
    forged = protocol.prove_witness(network, paid, parameters)
    assert zkml.verify(network, x[:1], false_logits, forged), "any label, proven"
rejects(zkml.verify, network, x[:1], false_logits, forged, because="alpha depends on the counts")
mended = protocol.prove_witness(network, paid, parameters)
rejects(zkml.verify, network, x[:1], false_logits, mended, because="alpha is drawn afterwards")

# %% [markdown]
# ### An answer that nobody hashed
# "Frozen Heart" again (lesson 04): this transcript forgets the logits. Then r_out is known beforehand, and only Σ logit_j·eq(r_out, j) is checked. Small whole numbers d with Σ d_j·eq(r_out, j) = 0 may be added, found by lattice reduction as in lesson 04's last exercise. The *same bytes* prove them.


# %%
class Deaf(Transcript):
    def absorb(self, tag: int, data: bytes) -> None:
        if tag != protocol.LOGITS_TAG:
            super().absorb(tag, data)


def small_relation(seen: list[Fp2]) -> torch.Tensor:
    n, K = len(seen), 2**61
    rows = [[int(i == j) for j in range(n)] + [K * w.re, K * w.im] for i, w in enumerate(seen)]
    rows += [[0] * n + [K * P, 0], [0] * n + [0, K * P]]
    lattice = DomainMatrix([[ZZ(v) for v in row] for row in rows], (n + 2, n + 2), ZZ)
    return torch.tensor([int(v) for v in lattice.lll().to_list()[0][:n]])


with mock.patch.object(protocol, "Transcript", Deaf):
    same = zkml.prove(network, x[:1])
    heard, _, _ = step_1(same, logits, Deaf)
    d = small_relation(weights_at(heard.challenges(4))[:10])
    others = (torch.tensor(logits) + k * d for k in range(1, 1000))
    other = next(one for one in others if int(one.argmax()) != label)
    assert zkml.verify(network, x[:1], [logits], same), "the true logits are accepted"
    assert zkml.verify(network, x[:1], other[None], same), "the same proof, another label"
honest_proof = zkml.prove(network, x[:1])
rejects(zkml.verify, network, x[:1], other[None], same, because="the logits are absorbed")
rejects(zkml.verify, network, x[:1], other[None], honest_proof, because="and r_out hangs on them")

# %% [markdown]
# ## Real system
# ### Lookups of Remainder
# Its documentation looks up 233, 233, 0, 1 among 0 … 255, with multiplicities 1 for 0 and 1, 2 for 233:

# %%
theirs, byte = [233, 233, 0, 1], list(range(256))
m = [theirs.count(v) for v in byte]
assert (m[0], m[1], m[233]) == (1, 1, 2), "as documented"
too_few = [1 if v == 233 else n for v, n in enumerate(m)]
for shown, n, good in ((theirs, m, True), (theirs, too_few, False), ([256, 233, 0, 1], m, False)):
    left, right = both_sums(shown, n, byte, alpha)
    sides = torch.tensor(shown), torch.tensor(byte)
    by_library = lookup.verify(*sides, lookup.prove(*sides, torch.tensor(n)).to_bytes())
    assert (left == right) is by_library is good, f"{shown} with {n[233]} times 233"

# %% [markdown]
# The bytes of whole proofs have this course's own format, so the suites `zkml.*` are the project's own; two independent implementations agree in every byte.

# %% tags=["nbval-check-output"]
for name in ("mlp", "prove", "verify", "soundness"):
    print(conform.run(conform.load(Path(f"../tests/vectors/zkml.{name}.json"))))

# %% [markdown]
# ### An hour of appraisals
# Like Upshot's service, we prove many answers together, and publish one Merkle root of (id, input, logits). A customer checks a row with 8 hashes; one honest party must verify the proof.

# %% tags=["nbval-ignore-output"]
ids = [n.to_bytes(32, "big") for n in range(256)]
one_hour = hour.aggregate(network, list(zip(ids, batch)))
assert hour.verify(network, one_hour), "one proof for all"
size = sum(map(len, one_hour.answers.proofs))
print(f"{size:,} bytes for 256 answers: {size // 256} bytes each, one picture alone {len(data):,}")
mine = (one_hour.root, 256, ids[7], batch[7], many_logits[7])
assert hour.verify_row(*mine, 7, one_hour.path(7)), "row 7 is under the root"
rejects(hour.verify_row, *mine[:4], many_logits[8], 7, one_hour.path(7), because="other logits")

# %% [markdown]
# ### On the chain
# This contract follows every step for a 64-32-10 network. It is given the activations in the clear (`clear`) where our proof opens a commitment: checking columns costs too much gas.

# %% tags=["nbval-ignore-output"]
shrunk = importing.from_torch(trained(width=32))
small = quantise.quantise(shrunk, pixels[train]).network
answer = small.run(x[:1]).logits
open_proof = clear.prove(small, x[:1])
left = clear.follow_proof(small, x[:1], answer, open_proof.to_bytes())
chain = evm.Chain()
lender = chain.account("lender")
contract = calldata.deploy(chain, lender, open_proof.header, small)
arguments = calldata.clear_arguments(small, x[:1], answer, open_proof, left)
call = contract.verify.encode(*arguments)
gas = chain.send(contract.address, sender=lender, data=call).gas_used
assert contract.verify(*arguments) is True, "the contract agrees"
false = calldata.clear_arguments(small, x[:1], answer + 1, open_proof, left)
rejects(contract.verify, *false, raises=evm.Reverted, because="other logits")
assert gas < 2**24, "a transaction may take no more (EIP-7825)"
print(f"{gas:,} gas, of {2**24:,} that a transaction may take")

# %% [markdown]
# The only published contract that verifies Remainder directly takes 252 to 254 million gas in 15 transactions (world-zk-compute). EZKL's verifier took 535,560, a Groth16 proof of a small network 255,700 (measured for this course): they pay with proving time.
#
# | | this course | Remainder | EZKL |
# |-|-|-|-|
# | numbers | F_p[i], 2¹²² | BN254's scalars | – |
# | commitment | Ligero (hashes) | Ligero with 200 columns, or Hyrax | KZG: a trusted setup |
# | hash | SHA-256 | Poseidon | – |
# | nonlinear | LogUp, multiplicities in the clear | LogUp, multiplicities committed | lookup tables |
# | CPU time for 784-512-512-10 | figure 4 | not published | 96 s |
# | proof | 16 kB (64-128-10, one row) | > 1 MB (forest) | 3,072 bytes |
#
# Compare with care: hardware and statements differ.

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks below it. Worked notebooks: `./course solutions`.
#
# ### ★ What did the neurons do? (10 min)
# You find somebody's proof for one row, and unpack its multiplicities: 64 counts of limbs, then one for each q = −640 … 319. Write `activity(counts)`: how many hidden neurons have y > 0, and the largest y (0 if none has).
#
# <details><summary>Hint</summary>Only q > 0 counts, and y is the smaller of q and 127.</details>


# %% exercise="ex12_1"
def activity(counts: list[int]) -> tuple[int, int]:
    """Number of active hidden neurons, and the largest activation. About 3 lines."""
    ### BEGIN SOLUTION
    active = {q: m for q, m in zip(range(-640, 320), counts[64:]) if q > 0 and m}
    return sum(active.values()), min(127, max(active, default=0))
    ### END SOLUTION


# %% test="ex12_1_activity" points=2
unpacked = [9] * 64 + [0] * 960
for quotient, neurons in {-15: 1, 0: 4, 5: 2, 10: 1}.items():
    unpacked[64 + 640 + quotient] = neurons
seen = activity(unpacked)
assert type(seen) is tuple and [type(v) for v in seen] == [int, int], "two whole numbers"
assert seen == (3, 10), "twice 5, once 10"
### BEGIN HIDDEN TESTS
_generator = torch.Generator().manual_seed(121)
for _shift, _width, _size in ((4, 5, 20), (6, 16, 60), (7, 30, 99), (5, 8, 0), (4, 12, 70)):
    _draw = lambda *shape: torch.randint(-20, 21, shape, generator=_generator).tolist()
    _first = {"W": _draw(_width, 6), "b": [0] * _width, "shift": _shift}
    _net = Network.from_integers([_first, {"W": _draw(3, _width), "b": _draw(3), "shift": 2}])
    _row = [[_size * v // 20 for v in _draw(6)]]
    _run, _counts = _net.run(_row), [7] * 64 + [0] * 960
    for _q in _net.layers[0].round(_run.accumulators[0])[0].tolist():
        _counts[704 + _q] += 1
    _y = _run.hidden[0]
    _seen = activity(list(_counts))
    assert type(_seen) is tuple and [type(v) for v in _seen] == [int, int], "two numbers"
    assert _seen == (int((_y > 0).sum()), int(_y.max())), f"width {_width}, row {_row}"
for _q, _want in ((250, 127), (127, 127), (126, 126), (1, 1), (0, 0), (-640, 0), (319, 127)):
    _seen = activity([_q == v for v in range(-704, 320)])
    assert type(_seen) is tuple and [type(v) for v in _seen] == [int, int], "two numbers"
    assert _seen == (int(_q > 0), _want), f"one neuron, q = {_q}"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Any function you like (30 min)
# A lookup does not care what the table says: GELU costs what ReLU costs. A line (q, y) becomes the number q + 2²⁰·y here, for y in −128 … 127. Write `lines(f, low, high)`, the numbers of all lines with y = f(q) for q = low … high − 1, and `uses(qs, low, high)`, how often each line is used; it raises `ValueError` if some q is outside.
#
# <details><summary>Hint</summary>Both lists have high − low entries; q stands at place q − low. Beware of negative places, which Python allows.</details>


# %% exercise="ex12_2"
def lines(f, low: int, high: int) -> list[int]:
    """The table of a function, a number a line. About 1 line."""
    ### BEGIN SOLUTION
    return [q + 2**20 * f(q) for q in range(low, high)]
    ### END SOLUTION


def uses(qs: list[int], low: int, high: int) -> list[int]:
    """The multiplicity of each line. About 6 lines."""
    ### BEGIN SOLUTION
    counts = [0] * (high - low)
    for q in qs:
        if not low <= q < high:
            raise ValueError(f"q is {q}, must be in {low}..{high - 1}")
        counts[q - low] += 1
    return counts
    ### END SOLUTION


# %% test="ex12_2_lines" points=1
squares = lines(lambda q: q * q, -2, 3)
assert type(squares) is list and [type(v) for v in squares] == [int] * 5, "5 whole numbers"
assert squares == [4 * 2**20 - 2, 2**20 - 1, 0, 2**20 + 1, 4 * 2**20 + 2], "q + 2²⁰·q²"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(122)
for _ in range(10):
    _low = _rng.randrange(-600, 300)
    _high = _low + _rng.randrange(1, 300)
    _f = {q: _rng.randrange(-128, 128) for q in range(_low, _high)}
    _lines = lines(_f.__getitem__, _low, _high)
    assert type(_lines) is list and {type(v) for v in _lines} == {int}, "whole numbers"
    assert _lines == [q + (y << 20) for q, y in _f.items()], f"q = {_low} to {_high - 1}"
### END HIDDEN TESTS

# %% test="ex12_2_uses" points=2
used = uses([-1, 2, 2, -1], -2, 3)
assert type(used) is list and [type(v) for v in used] == [int] * 5, "5 whole numbers"
assert used == [0, 2, 0, 0, 2], "-1 and 2, twice each"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(123)
for _low, _high in ((-640, 320), (-3, 4), (5, 70), (-90, -20)):
    _qs = [_rng.randrange(_low, _high) for _ in range(64)]
    _used = uses(list(_qs), _low, _high)
    assert type(_used) is list and {type(v) for v in _used} == {int}, "whole numbers"
    _y = {q: _rng.randrange(-128, 128) for q in range(_low, _high)}
    _table = torch.tensor([q + (y << 20) for q, y in _y.items()])
    _values = torch.tensor([q + (_y[q] << 20) for q in _qs])
    assert _used == lookup.count(_values, _table).tolist(), f"q in {_low}..{_high - 1}"
    for _outside in (_low - 1, _high):
        try:
            uses([*_qs[1:], _outside], _low, _high)
        except ValueError:
            pass
        else:
            raise AssertionError(f"{_outside} is outside: ValueError")
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Only the label (open)
# A service wants to prove that the digit is a 7 and keep its logits to itself. The label is the *first* maximum. So for every other class j the difference d = logit[label] − logit[j], less 1 where j < label, must be in 0 … 2³² − 1; that is, have four bytes. Write `label_bytes(logits, label)`: for all j ≠ label, in ascending order, four numbers b₀ … b₃ with b₀ + 2⁸b₁ + 2¹⁶b₂ + 2²⁴b₃ = d; b₀, b₁, b₂ always in 0 … 255, and b₃ outside if the label is false. Logits are int32. (Open end: what ties the bytes to logits that are only committed to?)
#
# <details><summary>Hint</summary>In Python, <code>d &gt;&gt; 24</code> of a negative number is negative, and <code>d &amp; 255</code> is not.</details>


# %% exercise="ex12_3"
def label_bytes(logits: list[int], label: int) -> list[int]:
    """All in 0..255 exactly if the label is the first maximum. About 6 lines."""
    ### BEGIN SOLUTION
    found = []
    for j, logit in enumerate(logits):
        if j != label:
            d = logits[label] - logit - (j < label)
            found += [d & 255, d >> 8 & 255, d >> 16 & 255, d >> 24]
    return found
    ### END SOLUTION


# %% test="ex12_3_true" points=2
parts = label_bytes([5, 300, 300], 1)
assert type(parts) is list and [type(v) for v in parts] == [int] * 8, "8 whole numbers"
assert parts == [38, 1, 0, 0, 0, 0, 0, 0], "294 = 38 + 256, and 0"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(124)
_all = torch.arange(256)
for _n, _size in ((2, 5), (10, 2**31), (10, 300), (7, 3), (16, 2**20)):
    for _ in range(5):
        _logits = [_rng.randrange(-_size, _size) for _ in range(_n)]
        _label = _logits.index(max(_logits))
        _parts = label_bytes(list(_logits), _label)
        assert type(_parts) is list and [type(v) for v in _parts] == [int] * (4 * _n - 4), "ints"
        assert int(lookup.count(torch.tensor(_parts), _all).sum()) >= len(_parts), "all bytes"
        _sums = [int.from_bytes(_parts[i : i + 4], "little") for i in range(0, len(_parts), 4)]
        _want = [_logits[_label] - v - (j < _label) for j, v in enumerate(_logits) if j != _label]
        assert _sums == _want, f"the differences of {_logits}"
### END HIDDEN TESTS

# %% test="ex12_3_false" points=2
parts = label_bytes([5, 300, 300], 2)
assert type(parts) is list and [type(v) for v in parts] == [int] * 8, "8 whole numbers"
assert parts == [38, 1, 0, 0, 255, 255, 255, -1], "-1: class 1 was there before"
### BEGIN HIDDEN TESTS
import random as _random

_rng, _all = _random.Random(125), torch.arange(256)
for _n, _size in ((2, 5), (10, 2**31), (10, 300), (7, 3), (16, 2**20)):
    for _ in range(5):
        _logits = [_rng.randrange(-_size, _size) for _ in range(_n)]
        _first = _logits.index(max(_logits))
        for _label in {0, _n - 1, _rng.randrange(_n)} - {_first}:
            _parts = label_bytes(list(_logits), _label)
            _quads = [_parts[i : i + 4] for i in range(0, len(_parts), 4)]
            assert type(_parts) is list and {type(v) for v in _parts} == {int}, "ints"
            assert all(0 <= v < 256 for quad in _quads for v in quad[:3]), "b₀, b₁, b₂ are bytes"
            _sums = [sum(v << 8 * k for k, v in enumerate(quad)) for quad in _quads]
            _want = [
                _logits[_label] - v - (j < _label) for j, v in enumerate(_logits) if j != _label
            ]
            assert _sums == _want, f"the differences of {_logits}"
            try:
                lookup.count(torch.tensor(_parts), _all)
            except lookup.NotInTable:
                pass
            else:
                raise AssertionError(f"{_label} is not the label of {_logits}")
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **4** lookups a neuron, whatever the function; **log₂** of inputs and neurons rounds for all matrices together, 8 here; **180** against **1,690,000**, a prover made for the model against one made for everything.
#
# A network is sums and tables: sumcheck proves the sums, LogUp the tables, one opening ties both to 32 bytes, and the transcript's order holds it together. Lesson 14 goes the other way: run it, and dispute one step.

# %% [markdown]
# ## Further reading
# * J. Thaler, *Time-Optimal Interactive Proofs for Circuit Evaluation* (eprint 2013/351): the section on matrix multiplication.
# * S. Papini, U. Haböck, *Improving logarithmic derivative lookups using GKR* (eprint 2023/1284): section 3, beside `aicrypto/proof/logup.py`.
# * Modulus Labs, *The Cost of Intelligence*: general-purpose systems measured on networks.
# * worldcoin/Remainder_CE and its book: layers and lookups.
