# %% [markdown]
# # 12 · zkML with GKR
# *You will train a classifier of handwritten digits, prove an answer of it layer by layer, have a contract check one, and prove false ones where a link of the chain is missing — 90 minutes and exercises, any CPU, needs lessons 01 to 04.*

# %% [markdown]
# ## Why
# Upshot prices thousands of NFTs an hour with a model. You lend money on such a price. Who says that the published model made it, and not the borrower's cousin?
#
# Each hour is proven with *Remainder*, the prover of Modulus Labs, and checked on Ethereum. For a forest of 128 decision trees, proving took 180 times as long as running (published; wall time over multithreaded Rust). General-purpose tools cost more: EZKL took 1,690,000 times as long as torch for a network of 669,706 parameters (measured for this course). The difference is a prover made for the model: **zkML** in the style of Goldwasser, Kalai and Rothblum (**GKR**). This lesson builds it.

# %% [markdown]
# ## Outcomes
# You can
# 1. turn a trained network into whole numbers, and say what that costs;
# 2. check a ReLU by a sum of fractions, and walk down a tree of them;
# 3. chain layers to one commitment, and say what breaks where a link is missing;
# 4. say where a prover's time goes, when a proof pays, and what it gives away.

# %% tags=["setup"]
from collections import Counter
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import nn

from aicrypto import conform, evm, zkml
from aicrypto.algebra import Fp2, P, m61x2, multilinear
from aicrypto.classroom import rejects
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup, lookup, merge, sumcheck
from aicrypto.viz import explore
from aicrypto.viz.proofs import stopwatch
from aicrypto.viz.proofs import zkml as figures
from aicrypto.zkml import Layer, Network, importing, protocol, quantise
from aicrypto.zkml.circuit import products, varints, witness
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
train, held_out = torch.randperm(len(labels)).split([1198, 599])


def trained(width: int) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(pixels[train]), labels[train]).backward()
        optimiser.step()
    return model


# %% [markdown]
# A proof has no room for "nearly": floats differ in the last digit from machine to machine. So weights and activations become integers of 8 bits (**int8**). Each layer has a unit, the real value of 1, found from the training pictures (*calibration*).
#
# **Predict:** of the 32 bits of a weight 24 go. How many points of accuracy?

# %% tags=["nbval-ignore-output"]
floats = importing.from_torch(trained(width=128))
quantised = quantise.quantise(floats, pixels[train])
network, pictures = quantised.network, quantised.encode(pixels[held_out], clip=True)
report = quantise.report(floats, quantised, pixels[held_out], labels[held_out])
assert report.int8_accuracy >= 0.96, "the int8 network should read 96 % of unseen digits"
print(report)

# %% [markdown]
# <details><summary>Answer</summary>Next to none, see the last line.</details>
#
# ### The rule of one neuron
# acc = weights · inputs + bias, exactly (the *accumulator*). Back to 8 bits: divide by 2^s, round half up, cut below 0 (that is ReLU) and above 127. The units were chosen for such a division; s is the layer's **shift**. Rounding half up is adding 2^(s−1) and dropping s bits: the **quotient** q stays, the **remainder** goes, and the cut q is the **activation** y.
#
# **Predict,** for shift 3: q, remainder and y for acc = 21, and for acc = −21.


# %%
def requantise(acc: int, shift: int) -> tuple[int, int, int]:
    q, remainder = divmod(acc + (1 << shift >> 1), 1 << shift)
    return q, remainder, min(max(q, 0), 127)


assert requantise(21, 3) == (3, 1, 3), "25 = 3·8 + 1"
assert requantise(-21, 3) == (-3, 7, 0), "-17 = -3·8 + 7: remainders are never negative"

# %% [markdown]
# The network is two matrix products with this rule between them:


# %%
def dot(a: list, b: list):
    return sum(u * v for u, v in zip(a, b))


def affine(layer: Layer, inputs: list[int]) -> list[int]:
    rows = zip(layer.weights.tolist(), layer.bias.tolist())
    return [dot(row, inputs) + bias for row, bias in rows]


hidden, last = network.layers
picture = pictures[0].tolist()
accs = affine(hidden, picture)
quotients, remainders, activations = zip(*(requantise(acc, hidden.shift) for acc in accs))
logits = affine(last, activations)
assert logits == network.run(pictures[:1]).logits[0].tolist(), "the library runs it as we do"

# %% [markdown]
# ### What must be shown
# A verifier is told picture and logits. For each hidden neuron the prover must show
#
# * a **sum**: acc + 2^(s−1) = 2^s·q + remainder, where acc is a row of a matrix product: lesson 04;
# * a **range**: the remainder is one of 0 … 2^s − 1;
# * a **line of a table**: y is what the rule makes of q.
#
# **Predict:** why the range? Make acc = 21 yield y = 4, with the sum intact.
#
# <details><summary>Answer</summary>25 = 4·8 + (−7), and (q, y) = (4, 4) is a line of the table. Only the remainder −7 betrays it.</details>
#
# Range and table ask the same: do all these values stand in that list? Such a question is a **lookup**.
#
# ### Lookups by fractions
# Do 7, 1, 7, 4 stand in the list 0 … 7? The prover says how often each entry is used, its **multiplicity**: 1 and 4 once, 7 twice. Then, for every α,
#
# $$\frac1{\alpha-7}+\frac1{\alpha-1}+\frac1{\alpha-7}+\frac1{\alpha-4} \;=\; \frac1{\alpha-1}+\frac1{\alpha-4}+\frac2{\alpha-7}.$$
#
# Put an 8 for a 7, and the left side has a **pole** at 8: it is infinite there, and no counts on the right make it so. Multiplied by all denominators, the sides are polynomials; two different ones agree at few α (lesson 01). So one *random* α decides. This is **LogUp**.


# %%
def over_values(values: list, alpha: Fp2) -> Fp2:
    return sum(1 / (alpha - v) for v in values)


def over_table(counts: list[int], table, alpha: Fp2) -> Fp2:
    return sum(m / (alpha - entry) for m, entry in zip(counts, table) if m)


dice = Transcript("dice").challenge()
used = over_table([0, 1, 0, 0, 1, 0, 0, 2], range(8), dice)
assert over_values([7, 1, 7, 4], dice) == used, "every value is an entry"
assert over_values([8, 1, 7, 4], dice) != used, "8 is none"
assert over_values([7, 1, 1, 4], dice) != used, "the counts are of other values"

# %% [markdown]
# **Figure 1.** The same with real numbers: the fourth value moves. Where are both curves one?

# %%
explore(figures.draw_poles, moved=(0, 4, 0.25))

# %% [markdown]
# Pairs must become numbers: (q, y) becomes its **fingerprint** q + βy + β², β random. For β = 10, (4, 4) becomes 144, but (14, 3) as well. Such a pair has bad luck at *one* β; and β² keeps pairs apart from range values.
#
# One range must do for all shifts up to 12: remainders are scaled to 12 bits, then cut in two **limbs** of 6. (25 = 3·8 + 1 has remainder 1 of 3 bits: scaled 512, limbs 0 and 8.) So the table has 64 range values, then 960 pairs, for q = −640 … 319.

# %%
QUOTIENTS = range(-640, 320)
scaled = [remainder << 12 - hidden.shift for remainder in remainders]
low, high = [v & 63 for v in scaled], [v >> 6 for v in scaled]


def fingerprint(q, y, beta: Fp2) -> Fp2:
    return q + y * beta + beta * beta


assert fingerprint(4, 4, 10) == 144 == fingerprint(14, 3, 10), "an unlucky beta"


def table_of(beta: Fp2) -> list:
    return [*range(64), *(fingerprint(q, min(max(q, 0), 127), beta) for q in QUOTIENTS)]


# %% [markdown]
# We look up 128 low limbs, 128 high ones, 128 pairs, and 128 zeros, to reach a power of two.


# %%
def looked_up(ys: list[int], beta: Fp2) -> list:
    pairs = [fingerprint(q, y, beta) for q, y in zip(quotients, ys)]
    return [*low, *high, *pairs, *[0] * 128]


in_range, in_pairs = Counter([*low, *high, *[0] * 128]), Counter(quotients)
counts = [*(in_range[v] for v in range(64)), *(in_pairs[q] for q in QUOTIENTS)]
proof = zkml.prove(network, pictures[:1])
assert counts == proof.multiplicities.tolist(), "the library counts the same"

# %% [markdown]
# When may α and β be drawn? After all that must not be fitted to them: the statement (header with the model's digest, picture, logits), the values, the multiplicities. To the values the prover *commits* as in lesson 03: the transcript hears 32 bytes, the **root** over three columns of 128 numbers, activations, low limbs, high limbs. We take it from the library's proof.


# %%
def start(root: bytes, logits: list[int], counts: list[int], kind=Transcript) -> Transcript:
    transcript = kind("aicrypto.zkml.v1")
    statement = [proof.header.to_bytes(), bytes(pictures[0].numpy()), bytes(np.int32(logits))]
    for tag, said in enumerate([*statement, root, varints.encode(np.array(counts))], start=1):
        transcript.absorb(tag, said)
    return transcript


transcript = start(proof.root, logits, counts)
alpha, beta = transcript.challenges(2)
values, table = looked_up(activations, beta), table_of(beta)
assert over_values(values, alpha) == over_table(counts, table, alpha), "512 lookups, 1,024 entries"

# %% [markdown]
# ### GKR: adding up without looking
# The verifier has not seen the values, so the *sum* must be proven. Add fractions in a tree, i and i + half, until one is left. Nobody divides: a/b + c/d is the pair (ad + cb, bd).


# %%
def add(left: tuple, right: tuple) -> tuple:
    (a, b), (c, d) = left, right
    return a * d + c * b, b * d


def tree(fractions: list[tuple]) -> list[list[tuple]]:
    levels = [fractions]
    while len(levels[0]) > 1:
        half = len(levels[0]) // 2
        levels.insert(0, [*map(add, levels[0][:half], levels[0][half:])])
    return levels


[(top, bottom)], two, four = tree([(1, 2), (1, 3), (1, 4), (1, 6)])
assert two == [(6, 8), (9, 18)] and (top, bottom) == (180, 144), "½ + ⅓ + ¼ + ⅙ = 180/144"

# %% [markdown]
# The verifier knows 180/144 and goes *down*. The prover says the two fractions below: 6/8 and 9/18. They do add up to 180/144. Now a random τ, say 2, picks a place on the line through them (0 is the left, 1 the right one): numerator 6 + 2·3 = 12, denominator 8 + 2·10 = 28. A lie about the two fractions stays a lie at almost every τ.
#
# So the claim is: "on the level of two, the numerators have the value 12 at 2". At the place 2 the corners have the weights −1 and 2 (lesson 03), so this says something about the level of four:


# %%
(a0, b0), (a1, b1), (c0, d0), (c1, d1) = four
assert -1 * (a0 * d0 + c0 * b0) + 2 * (a1 * d1 + c1 * b1) == 12, "numerators"
assert -1 * b0 * d0 + 2 * b1 * d1 == 28, "denominators"

# %% [markdown]
# Both are sums of weight · product: a **sumcheck** (lesson 04), one for both, with a random λ. For λ = 1 the claim is 12 + 28 = 40. Fold the four numbers: a = 1, b = 2 + X, c = 1, d = 4 + 2X. So
#
# $$g(X) = ad + cb + \lambda bd = 14 + 11X + 2X^2.$$
#
# Indeed −1·g(0) + 2·g(1) = −14 + 54 = 40. The prover says the step g(1) − g(0) = 13 and the leading coefficient 2. The claim is g(0) + 2·13, since the weights add up to 1: g(0) = 14, not sent. Challenge 3: g(3) = 65. Now the prover says a, b, c, d there, 1, 5, 1, 10, and 1·10 + 1·5 + 5·10 = 65.


# %%
message = logup.Round(step=Fp2(13), leading=Fp2(2))
assert message.next_claim(Fp2(40), Fp2(2), Fp2(3)) == Fp2(65), "claim 40, weights for 2, at 3"

# %% [markdown]
# A new τ picks a place between the halves, 1/5 and 1/10, and so on to the leaves. That is GKR: *a claim about a level becomes one about the level below, at one random place*.
#
# **Predict:** level k has k rounds of two numbers, then four values. How many bytes prove a sum of 512 fractions? (Add the total's two numbers, and subtract two: the leaves' numerators are all 1.)
#
# <details><summary>Answer</summary>2 + Σ (2k + 4) − 2 for k = 0 … 8, each of 16 bytes: 108 · 16 = 1,728.</details>
#
# The library walks down; you write its verifier in the second exercise.

# %%
tensor = lambda numbers: m61x2.from_scalars([Fp2(0) + number for number in numbers])
bottoms = [tensor([alpha - v for v in column]) for column in (values, table)]
left_sum, left = logup.prove(None, bottoms[0], transcript, lookup.WITNESS_TAGS)
right_sum, _ = logup.prove(tensor(counts), bottoms[1], transcript, lookup.TABLE_TAGS)
assert len(left_sum.to_bytes()) == 1728, "as predicted"
assert left_sum.total.same_value(right_sum.total), "both sums are one number"
assert left_sum.to_bytes() + right_sum.to_bytes() == proof.sums.to_bytes(), "the proof's bytes"

# %% [markdown]
# ### From the leaves to the neurons
# What is left is *one* number: the leaves' denominators at a point of nine coordinates. (For the table the verifier computes it.) Two choose among low limb, high limb, pair, zero; seven, **r**, are a place among 128 neurons. The prover says the values of four columns there: low, high, q, y. `at` is the folding of lesson 01.


# %%
def at(numbers: list, point) -> Fp2:
    numbers = [*numbers, *[0] * (2 ** len(point) - len(numbers))]
    for x in point:
        half = len(numbers) // 2
        numbers = [a + x * (b - a) for a, b in zip(numbers[:half], numbers[half:])]
    return numbers[0]


kinds, r = left.point[:2], left.point[2:]
low_r, high_r, q_r, y_r = (at(column, r) for column in (low, high, quotients, activations))
leaf = alpha - at([low_r, high_r, fingerprint(q_r, y_r, beta), 0], kinds)
assert left.leaf.denominator == leaf, "the four values give the leaf"
encode = lambda *numbers: b"".join(number.to_bytes() for number in numbers)
assert encode(low_r, high_r, q_r, y_r) == proof.claims.to_bytes(), "the library claims them too"

# %% [markdown]
# The verifier now holds four *claims* instead of 512 values. Are they true? The sum of each neuron, scaled to 12 bits, holds at r as it holds for each neuron:

# %%
transcript.absorb(0x20, encode(low_r, high_r, q_r, y_r))
scale, rounding = 1 << 12 - hidden.shift, 1 << hidden.shift >> 1
acc_r = at(accs, r)
assert scale * (acc_r + rounding) == 4096 * q_r + 64 * high_r + low_r, "the sum, at r"

# %% [markdown]
# ### From layer to layer
# So low, high and q are a claim about the *first matrix product* at r. By hand: weights (1, 2) and (3, 4), inputs (5, 6), hence accumulators 17 and 39. At r = 2 they have the value 17 + 2·22 = 61. Fold the *rows* at 2: (1, 2) + 2·(2, 2) = (5, 6), and 5·5 + 6·6 = 61. One row for all neurons:

# %%
row_r = [at(column, r) for column in hidden.weights.T.tolist()]
assert acc_r == dot(row_r, picture) + at(hidden.bias.tolist(), r), "layer 1 at r"
r_out = transcript.challenges(4)
row_out = [at(column, r_out) for column in last.weights.T.tolist()]
assert at(logits, r_out) == dot(row_out, activations) + at(last.bias.tolist(), r_out), "layer 2"

# %% [markdown]
# The second line does the same for the logits, at a random `r_out`. Both are sums of products, and a random γ makes one of them: f = what goes into the layers, g = the rows that it meets, layer after layer. A network of any depth has *one* such sum.

# %%
gamma = transcript.challenge()
f = [*picture, *[0] * 64, *activations]
g = [*(scale * w for w in row_r), *[0] * 64, *(gamma * w for w in row_out)]
biases = scale * (at(hidden.bias.tolist(), r) + rounding) + gamma * at(last.bias.tolist(), r_out)
claim = 4096 * q_r + 64 * high_r + low_r + gamma * at(logits, r_out) - biases
assert claim == dot(f, g), "the verifier's claim is the sum of f·g"

# %% [markdown]
# Eight rounds of lesson 04. The verifier follows the claim to its end, computes the picture's share and g's value alone, and is told the activations' value there, `y_s`, at a new place **s**.

# %%
ours, end = sumcheck.prove(tensor(f), tensor(g), transcript, 0x22)
assert ours.rounds == proof.products.rounds, "our messages are the library's"
for message, x in zip(ours.rounds, end.point):
    claim = message.next_claim(claim, x)
side, s = end.point[0], end.point[1:]
y_s = at(activations, s)
assert y_s == proof.products.activation, "the library claims it, too"
value = (1 - side) * at(picture, s) + side * y_s
assert claim == value * at(g, end.point), "the verifier's last comparison"

# %% [markdown]
# ### The last link
# | after | drawn | the verifier still owes |
# |-|-|-|
# | both sums of fractions | α, β; λ and τ a level | low, high, q, y at r |
# | the matrices | r_out, γ | low, high, y at r, and **y at s** |
# | merging | δ | one value at one point |
# | opening (lesson 03) | columns | nothing |
#
# Layer 1 ends in y at r, layer 2 begins from y at s. They are layers of *one* network only if both are values of the *same* column. Two claims about one list merge with a random δ: y_s + δ·y_r is again a sum of products, so sumcheck leaves one point.

# %%
delta = Fp2(7)  # any number, for the eye
at_s, at_r = (m61x2.to_scalars(multilinear.eq_table(point)) for point in (s, r))
joint = [u + delta * v for u, v in zip(at_s, at_r)]
assert dot(joint, activations) == y_s + delta * y_r, "two claims, one sum"

# %% [markdown]
# At that point the commitment is opened, with random columns. The library does so, and the proof is complete. The verifier has seen no activation. (A proof of 100 *bits* lets a lie pass with a chance of 2⁻¹⁰⁰.)

# %% tags=["nbval-ignore-output"]
data = proof.to_bytes()
assert zkml.verify(network, pictures[:1], [logits], data), "the honest proof is accepted"
print(f"{len(data):,} bytes, {proof.bits(network):.1f} bits, {proof.header.queries} columns")
rejects(zkml.verify, network, pictures[:1], [logits], data[:-1], because="a byte is missing")
rejects(zkml.verify, network, pictures[1:2], [logits], data, because="another picture")
rejects(zkml.verify, network, pictures[:1], [logits[::-1]], data, because="other logits")
other = Network((hidden, Layer(last.weights, last.bias + 1, last.shift)))
rejects(zkml.verify, other, pictures[:1], [logits], data, because="another network")

# %% [markdown]
# ### What it gives away
# A proof is **succinct**: short, and quick to check. It is *not* **zero-knowledge** (saying nothing but that the statement is true): the multiplicities are a histogram of what the neurons did, for everybody to read. Remainder hides such values in Pedersen commitments (lesson 02).
#
# **Figure 2.** Two proofs, unpacked from their bytes: picture 0 upwards, picture 1 downwards.


# %%
def histogram(data: bytes) -> dict[int, int]:
    found = zkml.Proof.from_bytes(data, network).multiplicities[64:].tolist()
    return {q: m for q, m in zip(QUOTIENTS, found) if m}


assert histogram(data) == Counter(quotients), "every neuron's quotient, without names"
second = zkml.prove(network, pictures[1:2]).to_bytes()
figures.draw_leak({"picture 0": histogram(data), "picture 1": histogram(second)})

# %% [markdown]
# ## Check yourself
# Predict each line first: one or two for each outcome.
# 1. acc = 100 with shift 3, acc = −100 with shift 1: quotient, remainder, activation?
# 2. Do 2, 2 pass for the list 0, 1, 2 with counts 0, 0, 2? And 2, 3? How many numbers prove a sum of 1,024 fractions instead of 108?
# 3. How many rounds have the matrices of 784-512-512-10, if f and g have 2,048 places?
# 4. What do all multiplicities add up to?

# %% tags=["nbval-check-output"]
print("1. ", requantise(100, 3), requantise(-100, 1))
twos = over_table([0, 0, 2], range(3), dice)
print("2. ", *(over_values(pair, dice) == twos for pair in ([2, 2], [2, 3])))
print("   ", logup.n_elements(10, ones=True))
print("3. ", multilinear.n_variables(2048), "and here", len(ours.rounds))
print("4. ", sum(counts))
assert sum(counts) == 4 * len(quotients), "4 lookups a neuron"

# %% [markdown]
# ## See
# **Figure 3.** A stopwatch around the library's steps: *lookups* are for the ReLUs, *matrices* for the linear layers.

# %% tags=["nbval-ignore-output"]
figures.draw_steps({n: stopwatch.time_steps(network, pictures[:n]) for n in (1, 16, 256)})

# %% [markdown]
# **Figure 4.** Overhead = proving (running, committing, proving, opening) / running the float network in torch; one thread, the fastest of several runs. The network is the one that EZKL was measured on, with random weights. Remainder's 180 has another definition (see *Why*).

# %% tags=["nbval-ignore-output"]
batches, seeded = (1, 4, 16, 64, 256, 1024), torch.Generator().manual_seed(12)
measured = stopwatch.overheads((784, 512, 512, 10), batches, seeded)
published = {"EZKL, 784-512-512-10 (measured for this course)": 1.69e6, "Remainder, forest": 180}
figures.draw_overhead({"784-512-512-10, here": measured}, published)

# %% [markdown]
# **Predict:** proving is many times dearer than running. When does a proof pay?
#
# <details><summary>Answer</summary>Not where the verifier has weights, picture and a computer: here running again is cheaper than verifying, see below. It pays where weights are hidden behind a commitment, where the verifier is a contract, or where inference grows: running costs rows × weights; verifying one pass over each, and the square root of rows × neurons.</details>

# %% tags=["nbval-ignore-output"]
batch, many_logits = pictures[:256], network.run(pictures[:256]).logits
many = zkml.prove(network, batch).to_bytes()
assert zkml.verify(network, batch, many_logits, many), "256 pictures in one proof"
running = stopwatch.fastest(lambda: network.run(batch), 5)
checking = stopwatch.fastest(lambda: zkml.verify(network, batch, many_logits, many), 5)
print(f"256 pictures: run again {1e3 * running:.1f} ms, verify {1e3 * checking:.1f} ms")

# %% [markdown]
# ## Break it
# ### Counts that come too late
# Our lie: one neuron, the one that speaks most against the true digit, has the activation 100,000, where 127 is the most. All else is computed as the protocol says.


# %%
honest = witness.compute(network, proof.header.layout(network), pictures[:1])
label = int(honest.logits.argmax())
columns = honest.columns.clone()
columns[0, int(last.weights[label].argmin())] = 100_000
false_ys = columns[0, :, 0].tolist()
answer = torch.tensor([affine(last, false_ys)], dtype=torch.int32)
lie = replace(honest, columns=columns, logits=answer)
assert int(answer.argmax()) != label, "the lie changes the label"

# %% [markdown]
# `explain` names the check that refuses a proof. **Predict:** which one refuses this?
#
# <details><summary>Answer</summary>Both sums are compared: (q, 100,000) is a pole that the table's side lacks.</details>

# %%
parameters = proof.header.parameters
told = protocol.prove_witness(network, lie, parameters)
assert zkml.explain(network, pictures[:1], answer, told) == "LogUpSum", "no line of the table"

# %% [markdown]
# Now suppose that the transcript does not hear the multiplicities.
#
# **Predict:** α is known before they are chosen. How many must be changed to make both sums equal?
#
# <details><summary>Answer</summary>Two. m₀/α + m₁/(α − 1) = what is missing: multiplicities are numbers modulo p, and the equation has a real and an imaginary part.</details>


# %%
class Deaf(Transcript):
    def absorb(self, tag: int, data: bytes) -> None:
        if tag != protocol.MULTIPLICITIES_TAG:
            super().absorb(tag, data)


def pay(alpha: Fp2, beta: Fp2) -> torch.Tensor:
    missing = over_values(looked_up(false_ys, beta), alpha)
    missing = (missing - over_table(counts, table_of(beta), alpha)) * (alpha - 1)
    ratio = (alpha - 1) / alpha  # m_0·ratio + m_1 = missing
    m_0 = missing.im * pow(ratio.im, -1, P) % P
    m_1 = (missing.re - m_0 * ratio.re) % P
    return torch.tensor([(counts[0] + m_0) % P, (counts[1] + m_1) % P, *counts[2:]])


# %% [markdown]
# The attacker commits to the lie (`told.root`), asks for α and β, and pays:

# %%
known = start(told.root, answer[0].tolist(), counts, Deaf).challenges(2)
paid = replace(lie, multiplicities=pay(*known))
with mock.patch.object(protocol, "Transcript", Deaf):
    forged = protocol.prove_witness(network, paid, parameters)
    assert zkml.verify(network, pictures[:1], answer, forged), "100,000, proven"
rejects(zkml.verify, network, pictures[:1], answer, forged, because="alpha hangs on the counts")

# %% [markdown]
# ### Two half-truths
# A verifier follows all rounds of merging, and forgets its last comparison.
#
# **Predict:** what may a prover choose freely now?
#
# <details><summary>Answer</summary>y at s: nothing ties it to y at r. Layer 1 may read <em>our</em> picture while layer 2 takes the activations of <em>another</em>, both computed truly.</details>
#
# `careless` is `merge.verify` without the comparison, `swapped` is `products.prove` with the other picture's activations.


# %%
def careless(claims, proof, transcript, tag):
    transcript.challenge()  # delta
    point = []
    for message in proof.rounds:
        transcript.absorb(tag, message.to_bytes())
        point.append(transcript.challenge())
    return merge.Claim(tuple(point), proof.value)


def swapped(layout, x, activations, *rest, honest=products.prove):
    return honest(layout, x, tensor(another.hidden[0][0].tolist()), *rest)


# %% [markdown]
# The other picture is the first one with another label:

# %%
runs = (network.run(one[None]) for one in pictures)
another = next(run for run in runs if int(run.labels[0]) != label)
mixed = replace(honest, logits=another.logits)
with mock.patch.object(products, "prove", swapped):
    half_true = protocol.prove_witness(network, mixed, parameters)
with mock.patch.object(merge, "verify", careless):
    assert zkml.verify(network, pictures[:1], another.logits, half_true), "another label, proven"
rejects(zkml.verify, network, pictures[:1], another.logits, half_true, because="y_s is not y's")

# %% [markdown]
# ## Real system
# ### Lookups of Remainder
# Its documentation looks up 233, 233, 0, 1 among 0 … 255, with multiplicities 1 for 0 and 1, 2 for 233. Ours and the library's verdict on that, on a count too few, and on a 256:

# %%
theirs, byte = [233, 233, 0, 1], list(range(256))
documented = [{0: 1, 1: 1, 233: 2}.get(v, 0) for v in byte]
too_few = theirs, [min(m, 1) for m in documented], False
for shown, said, good in (theirs, documented, True), too_few, ([256, 233, 0, 1], documented, False):
    assert (over_values(shown, dice) == over_table(said, byte, dice)) is good, f"{shown}"
    sides = torch.tensor(shown), torch.tensor(byte)
    by_library = lookup.prove(*sides, torch.tensor(said)).to_bytes()
    assert lookup.verify(*sides, by_library) is good, f"{shown} with {said[233]} times 233"

# %% [markdown]
# Whole proofs have this course's own format, so the suites `zkml.*` are the project's own; two independent implementations agree in every byte.

# %% tags=["nbval-check-output"]
for name in ("mlp", "prove", "verify", "soundness"):
    print(conform.run(conform.load(Path(f"../tests/vectors/zkml.{name}.json"))))

# %% [markdown]
# ### An hour of appraisals
# Many answers are proven together, and one Merkle root of (id, input, logits) is published. A customer checks a row with 8 hashes; one honest party must verify the proof.

# %% tags=["nbval-ignore-output"]
ids = [n.to_bytes(32, "big") for n in range(256)]
one_hour = hour.aggregate(network, list(zip(ids, batch)))
assert hour.verify(network, one_hour), "one proof for all"
size = sum(map(len, one_hour.answers.proofs))
print(f"{size:,} bytes for 256 answers: {size // 256} bytes each, one picture alone {len(data):,}")
mine, path = (one_hour.root, 256, ids[7], batch[7]), one_hour.path(7)
assert hour.verify_row(*mine, many_logits[7], 7, path), "row 7 is under the root"
rejects(hour.verify_row, *mine, many_logits[8], 7, path, because="other logits")

# %% [markdown]
# ### On the chain
# This contract follows every step for a 64-32-10 network. It gets the activations in the clear (`clear`) instead of an opening: checking columns costs too much gas.

# %% tags=["nbval-ignore-output"]
small = quantise.quantise(importing.from_torch(trained(width=32)), pixels[train]).network
small_logits = small.run(pictures[:1]).logits
open_proof = clear.prove(small, pictures[:1])
owed = clear.follow_proof(small, pictures[:1], small_logits, open_proof.to_bytes())
lender = (chain := evm.Chain()).account("lender")
contract = calldata.deploy(chain, lender, open_proof.header, small)
arguments = calldata.clear_arguments(small, pictures[:1], small_logits, open_proof, owed)
assert contract.verify(*arguments) is True, "the contract agrees"
false = calldata.clear_arguments(small, pictures[:1], small_logits + 1, open_proof, owed)
rejects(contract.verify, *false, raises=evm.Reverted, because="other logits")

# %% tags=["nbval-ignore-output"]
data_of_call = contract.verify.encode(*arguments)
gas = chain.send(contract.address, sender=lender, data=data_of_call).gas_used
assert gas < 4_000_000 < 2**24, "a transaction may take 2**24 (EIP-7825)"
print(f"{gas:,} gas, of {2**24:,} that a transaction may take")

# %% [markdown]
# The only published contract that verifies Remainder directly takes 252 to 254 million gas in 15 transactions (world-zk-compute). EZKL's took 535,560 (measured for this course): it pays with proving time.
#
# | | this course | Remainder | EZKL |
# |-|-|-|-|
# | commitment | Ligero (hashes) | Ligero with 200 columns, or Hyrax | KZG: a trusted setup |
# | nonlinear | LogUp, multiplicities in the clear | LogUp, multiplicities committed | lookup tables |
# | CPU time for 784-512-512-10 | figure 4 | not published | 96 s |
# | proof | above | > 1 MB (forest) | 3,072 bytes |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks. Worked notebooks: `./course solutions`.
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
# ### ★★ Walk down the tree (30 min)
# Write the verifier of a sum of fractions. `layers[k]` has `.rounds` (k messages) and `.children` (a, b, c, d): numerator and denominator in the left half, then in the right. The claim is a numerator `top` and a denominator `bottom` at a point of k coordinates; at first `total.numerator` and `total.denominator` at no coordinates. Say the total. Then in each layer:
#
# 1. Draw λ. The claim becomes top + λ·bottom.
# 2. For each message, with the point's coordinate r: say it, draw x. The claim becomes `message.next_claim(claim, r, x)`.
# 3. The claim must be ad + cb + λbd.
# 4. Say the children, draw τ. The new top is a + τ(c − a), the new bottom b + τ(d − b); the new point is τ, then the x of this layer.
#
# Return `(point, top, bottom)`, the point as a list. Return `None` for a total with denominator 0, where a comparison fails, and where layer k has not k rounds and four children. Saying is `t.absorb(1, total.to_bytes())`, `t.absorb(2, message.to_bytes())`, `t.absorb(3, layer.children_to_bytes())`, drawing `t.challenge()`.
#
# <details><summary>Hint 1</summary>Keep top, bottom and point between the layers; in a layer, a list of the x drawn so far, and <code>zip(layer.rounds, point)</code>.</details>
# <details><summary>Hint 2</summary>Layer 0 has no rounds: λ, the comparison, τ. Make the check pass for two fractions first.</details>


# %% exercise="ex12_2"
def walk(total, layers, t: Transcript) -> tuple[list[Fp2], Fp2, Fp2] | None:
    """The claim about the leaves that is left, or None. About 18 lines."""
    ### BEGIN SOLUTION
    top, bottom, point = total.numerator, total.denominator, []
    if bottom == Fp2(0):
        return None
    t.absorb(1, total.to_bytes())
    for k, layer in enumerate(layers):
        if (len(layer.rounds), len(layer.children)) != (k, 4):
            return None
        weight, drawn = t.challenge(), []
        claim = top + weight * bottom
        for message, r in zip(layer.rounds, point):
            t.absorb(2, message.to_bytes())
            drawn.append(t.challenge())
            claim = message.next_claim(claim, r, drawn[-1])
        a, b, c, d = layer.children
        if claim != a * d + c * b + weight * b * d:
            return None
        t.absorb(3, layer.children_to_bytes())
        tau = t.challenge()
        top, bottom, point = a + tau * (c - a), b + tau * (d - b), [tau, *drawn]
    return point, top, bottom
    ### END SOLUTION


# %% test="ex12_2_walks" points=3
def summed(tops, bottoms):
    columns = (m61x2.from_scalars([Fp2(v) for v in column]) for column in (tops, bottoms))
    return logup.prove(*columns, Transcript("walk"), logup.Tags(1, 2, 3))


for bottoms in [2, 4], [2, 3, 4, 6]:  # first make it pass for ½ + ¼
    shown, owed = summed([1] * len(bottoms), bottoms)
    found = walk(shown.total, shown.layers, Transcript("walk"))
    assert type(found) is tuple and [type(v) for v in found] == [list, Fp2, Fp2], "a claim"
    assert found == ([*owed.point], owed.leaf.numerator, owed.leaf.denominator), f"{bottoms}"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(122)
for _v in range(6):
    _columns = [[_rng.randrange(1, 10**6) for _ in range(2**_v)] for _ in range(2)]
    _shown, _left = summed(*_columns)
    _t, _library = Transcript("walk"), Transcript("walk")
    _found = walk(_shown.total, _shown.layers, _t)
    assert type(_found) is tuple and [type(v) for v in _found] == [list, Fp2, Fp2], "a claim"
    assert [type(v) for v in _found[0]] == [Fp2] * _v, f"{_v} coordinates"
    _want = logup.verify(_v, False, _shown, _library, logup.Tags(1, 2, 3))
    _leaf = _want.leaf.numerator, _want.leaf.denominator
    assert (_found[0], *_found[1:]) == ([*_want.point], *_leaf), f"{2**_v} fractions"
    assert _t.challenge() == _library.challenge(), "the transcript heard what the library says"
### END HIDDEN TESTS

# %% test="ex12_2_refuses" points=2
shown, _ = summed([1, 1, 1, 1], [2, 3, 4, 6])
assert type(walk(shown.total, shown.layers, Transcript("walk"))) is tuple, "the true sum"
false_total = replace(shown.total, numerator=shown.total.numerator + 1)
assert walk(false_total, shown.layers, Transcript("walk")) is None, "181/144 is refused"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(123)
_columns = [[_rng.randrange(1, 10**6) for _ in range(16)] for _ in range(2)]
_shown, _ = summed(*_columns)
assert type(walk(_shown.total, _shown.layers, Transcript("walk"))) is tuple, "a true sum"
_layers = list(_shown.layers)
_bad = [replace(_layers[2], rounds=_layers[2].rounds[:1]), replace(_layers[0], children=())]
_bad += [replace(_layers[2], rounds=(*_layers[2].rounds, _layers[2].rounds[0]))]
for _k, _layer in ((2, _bad[0]), (0, _bad[1]), (2, _bad[2])):
    _changed = (*_layers[:_k], _layer, *_layers[_k + 1 :])
    assert walk(_shown.total, _changed, Transcript("walk")) is None, "another shape"
for _k in range(4):
    for _i in range(4):
        _children = list(_layers[_k].children)
        _children[_i] = _children[_i] + 1
        _layer = replace(_layers[_k], children=tuple(_children))
        _changed = (*_layers[:_k], _layer, *_layers[_k + 1 :])
        assert walk(_shown.total, _changed, Transcript("walk")) is None, "a child was changed"
_zero = logup.Fraction(Fp2(0), Fp2(0))
_nothing = logup.Layer((), (Fp2(0),) * 4)
assert walk(_zero, (_nothing,), Transcript("walk")) is None, "0/0 is no number"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Only the label (open)
# A service proves that the digit is a 7, and keeps its logits. The label is the *first* maximum. So for every other class j the difference d = logit[label] − logit[j], less 1 where j < label, must be in 0 … 2³² − 1, that is, have four bytes: a lookup. Write `label_bytes(logits, label)`: for all j ≠ label, in ascending order, four numbers b₀ … b₃ with b₀ + 2⁸b₁ + 2¹⁶b₂ + 2²⁴b₃ = d; b₀, b₁, b₂ always in 0 … 255, b₃ outside if the label is false. Logits are int32. (Open end: what ties the bytes to logits that are only committed to? Which of today's links would you add?)
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
# Three numbers to remember: **4** lookups a neuron, whatever the function; **8** rounds for both matrices, the logarithm of 256 places; **180** against **1,690,000**, a prover made for the model against one made for everything.
#
# A network is sums and tables: sumcheck proves the sums, LogUp the tables, one opening ties both to 32 bytes. Every link counts: claims about one column must be compared, and the transcript must hear everything first. Lesson 14 goes the other way: run it, and dispute one step.

# %% [markdown]
# ## Further reading
# * S. Papini, U. Haböck, *Improving logarithmic derivative lookups using GKR* (eprint 2023/1284): section 3, beside `aicrypto/proof/logup.py`.
# * Modulus Labs, *The Cost of Intelligence*: general-purpose systems measured on networks.
# * worldcoin/Remainder_CE and its book: layers and lookups.
