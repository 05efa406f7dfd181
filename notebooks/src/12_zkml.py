# %% [markdown]
# # 12 · zkML with GKR
# *You will train a classifier of handwritten digits, prove an answer layer by layer, have a contract check one, and prove false ones where a link is missing — 90 minutes and exercises, any CPU, needs lessons 01 to 04.*

# %% [markdown]
# ## Why
# Upshot prices thousands of NFTs an hour with a model. You lend money on such a price. Did the published model make it, or the borrower's cousin?
#
# Each hour is proven with *Remainder*, Modulus Labs' prover, and the result reaches Ethereum. For a forest of 128 decision trees, proving took 180 times as long as running (published; wall time over multithreaded Rust). The general-purpose EZKL took 1,690,000 times as long as torch for a network of 669,706 parameters (measured for this course). Much of the difference is a prover made for models: **zkML** in the style of Goldwasser, Kalai and Rothblum (**GKR**), built here.

# %% [markdown]
# ## Outcomes
# You can
# 1. turn a trained network into whole numbers, and say what that costs;
# 2. check a ReLU by a sum of fractions, and walk down a tree of them;
# 3. chain layers to one commitment, and say what breaks where a link is missing;
# 4. say where a prover's time goes, when a proof pays, and what it gives away.

# %% tags=["setup"]
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
# 1,797 handwritten digits of 8 × 8 pixels, a third held out; 128 hidden neurons.

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
# Floats differ in the last digit from machine to machine. So weights and activations become integers of 8 bits (**int8**). Each layer has a unit, the real value that the integer 1 stands for, found from the training pictures (*calibration*).
#
# **Predict:** each weight loses 24 of its 32 bits. How many points of accuracy?

# %% tags=["nbval-ignore-output"]
floats = importing.from_torch(trained(width=128))
quantised = quantise.quantise(floats, pixels[train])
network, pictures = quantised.network, quantised.encode(pixels[held_out], clip=True)
report = quantise.report(floats, quantised, pixels[held_out], labels[held_out])
assert report.int8_accuracy >= 0.96, "the int8 network should read 96 % of unseen digits"
print(report)

# %% [markdown]
# <details><summary>Answer</summary>Next to none: the last line. (The integers printed are those before the cut to 0 … 127; the last layer is not cut, so its shift plays no part below.)</details>
#
# ### The rule of one neuron
# acc = weights · inputs + bias, exactly (the *accumulator*). Back to 8 bits: divide by 2^s, round half up, cut below 0 (that is ReLU) and above 127. (s is the layer's **shift**.) Rounding half up is adding 2^(s−1) and dropping s bits: the **quotient** q stays, the **remainder** goes, and the cut q is the **activation** y.
#
# **Predict,** for shift 3: q, remainder and y for acc = 21, and −21.


# %%
def requantise(acc: int, shift: int) -> tuple[int, int, int]:
    q, remainder = divmod(acc + (1 << shift >> 1), 1 << shift)
    return q, remainder, min(max(q, 0), 127)


assert requantise(21, 3) == (3, 1, 3), "25 = 3·8 + 1"
assert requantise(-21, 3) == (-3, 7, 0), "-17 = -3·8 + 7: remainders are never negative"

# %% [markdown]
# Two matrix products with this rule between them:


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
# For each hidden neuron the prover must show
#
# * a **sum**: acc + 2^(s−1) = 2^s·q + remainder, where acc is an entry of a matrix product: lesson 04;
# * a **range**: the remainder is one of 0 … 2^s − 1;
# * a **table**: (q, y) stands in the list of all pairs that the rule makes.
#
# **Predict:** why the range? Make acc = 21 yield y = 4, with the sum intact.
#
# <details><summary>Answer</summary>25 = 4·8 + (−7), and (4, 4) is in the table. Only the remainder −7 betrays it.</details>
#
# Range and table are **lookups**: do all these values stand in that list?
#
# ### Lookups by fractions
# Do 7, 1, 7, 4 stand in the list 0 … 7? The prover says how often each entry is used, its **multiplicity**: 1 and 4 once, 7 twice. Then, for every α,
#
# $$\frac1{\alpha-7}+\frac1{\alpha-1}+\frac1{\alpha-7}+\frac1{\alpha-4} \;=\; \frac1{\alpha-1}+\frac1{\alpha-4}+\frac2{\alpha-7}.$$
#
# Put an 8 for a 7, and the left side has a **pole** at 8: it is infinite there, which no counts on the right can be. Times all denominators, the sides are polynomials; different ones agree at few α (lesson 01). So one *random* α decides: **LogUp**.


# %%
def over_values(values: list, alpha: Fp2) -> Fp2:
    return sum(1 / (alpha - v) for v in values)


def over_table(counts: list[int], table, alpha: Fp2) -> Fp2:
    return sum(m / (alpha - entry) for m, entry in zip(counts, table) if m)


dice = Transcript("dice").challenge()
used = over_table([0, 1, 0, 0, 1, 0, 0, 2], range(8), dice)
assert over_values([7, 1, 7, 4], dice) == used, "every value is an entry"
assert over_values([8, 1, 7, 4], dice) != used, "8 is none"

# %% [markdown]
# **Figure 1.** The same with real numbers: the fourth value moves. For which values of the slider do the curves coincide? (The table counts the entry next to it.)
#
# <details><summary>Answer</summary>At 0, 1, 2, 3, 4, the entries; elsewhere the value has its own pole.</details>

# %%
explore(figures.draw_poles, moved=(0, 4, 0.25))

# %% [markdown]
# Pairs must become numbers: (q, y) becomes its **fingerprint** q + βy + β², β random. For β = 10 both (4, 4) and (14, 3) become 144: bad luck at *one* β. (β² keeps pairs apart from the single limbs in the same table.)
#
# One range must do for all shifts up to 12: remainders are scaled to 12 bits, then cut in two **limbs** of 6. (25 = 3·8 + 1 has remainder 1 of 3 bits: scaled 512, limbs 0 and 8.) The table has 64 range values, and 960 pairs fill it up to 1,024: q = −640 … 319, more than calibrated layers reach. For other q the prover refuses (`QuantRange`).

# %%
QUOTIENTS = range(-640, 320)
scaled = [remainder << 12 - hidden.shift for remainder in remainders]
low, high = [v & 63 for v in scaled], [v >> 6 for v in scaled]


def fingerprint(q, y, beta: Fp2) -> Fp2:
    return q + y * beta + beta * beta


def table_of(beta: Fp2) -> list:
    return [*range(64), *(fingerprint(q, min(max(q, 0), 127), beta) for q in QUOTIENTS)]


# %% [markdown]
# We look up 128 low limbs, 128 high ones, 128 pairs, and 128 zeros: a power of two.


# %%
def looked_up(ys: list[int], beta: Fp2) -> list:
    pairs = [fingerprint(q, y, beta) for q, y in zip(quotients, ys)]
    return [*low, *high, *pairs, *[0] * 128]


in_range = [*low, *high, *[0] * 128]
counts = [*map(in_range.count, range(64)), *map(quotients.count, QUOTIENTS)]
proof = zkml.prove(network, pictures[:1])
assert counts == proof.multiplicities.tolist(), "the library counts the same"

# %% [markdown]
# α and β are drawn after all that must not be fitted to them: statement (header with the model's digest, picture, logits), values, multiplicities. To the values the prover *commits* as in lesson 03: the transcript hears 32 bytes, the **root** over three columns of 128 numbers, activations, low limbs, high limbs. (Not q: sum and limbs leave only one.) We take the root from the library's proof.


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
# The verifier has not seen the values, so the *sum* must be proven. Add fractions in a tree, i and i + half, until one is left. a/b + c/d is the pair (ad + cb, bd).


# %%
def add(left: tuple, right: tuple) -> tuple:
    (a, b), (c, d) = left, right
    return a * d + c * b, b * d


four = [(1, 2), (1, 3), (1, 4), (1, 6)]
two = [*map(add, four[:2], four[2:])]
assert two == [(6, 8), (9, 18)] and add(*two) == (180, 144), "½ + ⅓ + ¼ + ⅙ = 180/144"

# %% [markdown]
# The verifier knows 180/144 and goes *down*. The prover says the two fractions below, 6/8 and 9/18, which do add up to it. Now a random τ, say 2, picks a place on the line through them, a + τ·(b − a) as in lesson 01: numerator 6 + 2·3 = 12, denominator 8 + 2·10 = 28. A lie about the two stays a lie at almost every τ.
#
# So on the level of two, the numerators have the value 12 at 2. Left and right weigh 1 − τ = −1 and τ = 2 there, which says something about the level of four:


# %%
(a0, b0), (a1, b1), (c0, d0), (c1, d1) = four
assert -1 * (a0 * d0 + c0 * b0) + 2 * (a1 * d1 + c1 * b1) == 12, "numerators"
assert -1 * b0 * d0 + 2 * b1 * d1 == 28, "denominators"

# %% [markdown]
# **One claim.** Both are sums of weight · product; a random λ joins them. For λ = 1: 12 + 28 = 40.
#
# **One sumcheck** (lesson 04). Fold the four numbers at X, and let g(X) = ad + cb + λbd = 14 + 11X + 2X²:
#
# | X | a, b, c, d | g(X) |
# |-|-|-|
# | 0 | 1, 2, 1, 4 | 14 |
# | 1 | 1, 3, 1, 6 | 27 |
# | 3 | 1, 5, 1, 10 | 65 |
#
# Indeed −1·g(0) + 2·g(1) = 40.
#
# **One message:** the step g(1) − g(0) = 13 and the leading coefficient 2. The weights add up to 1, so the claim is g(0) + 2·13, and g(0) = 14 need not be said. At the challenge 3 the claim becomes g(3) = 65; the prover says a, b, c, d there, and the verifier compares.


# %%
message = logup.Round(step=Fp2(13), leading=Fp2(2))
assert message.next_claim(Fp2(40), Fp2(2), Fp2(3)) == Fp2(65), "claim 40, weights for 2, at 3"

# %% [markdown]
# A new τ picks a place between 1/5 and 1/10, and so on to the leaves. That is GKR: *a claim about a level becomes one about the level below, at one random place*.
#
# **Predict:** level k has k rounds of two numbers, then four values. How many bytes prove a sum of 512 fractions? (The total has two numbers more, the leaves two less: their numerators are 1.)
#
# <details><summary>Answer</summary>2 + Σ (2k + 4) − 2 for k = 0 … 8, each of 16 bytes: 108 · 16 = 1,728.</details>
#
# Its verifier is the second exercise.

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
# What is left is *one* number: the leaves' denominators at a point of nine coordinates. (For the table the verifier computes it.) Two choose among low limb, high limb, pair, zero; seven, **r**, are a place among 128 neurons. The prover says what low, high, q, y are there. `at` is lesson 01's folding.


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
# The verifier now holds four *claims* instead of 512 values. The sum, scaled to 12 bits, holds at r as for each neuron:

# %%
transcript.absorb(0x20, encode(low_r, high_r, q_r, y_r))
scale, rounding = 1 << 12 - hidden.shift, 1 << hidden.shift >> 1
acc_r = at(accs, r)
assert scale * (acc_r + rounding) == 4096 * q_r + 64 * high_r + low_r, "the sum, at r"

# %% [markdown]
# ### From layer to layer
# So low, high and q are a claim about the *first matrix product* at r. By hand: weights (1, 2) and (3, 4), inputs (5, 6), hence accumulators 17 and 39. At r = 2 they have the value 17 + 2·22 = 61. Fold the neurons' *weights* at 2: (1, 2) + 2·(2, 2) = (5, 6), and 5·5 + 6·6 = 61:

# %%
folded_r = [at(column, r) for column in hidden.weights.T.tolist()]
assert acc_r == dot(folded_r, picture) + at(hidden.bias.tolist(), r), "layer 1 at r"
r_out = transcript.challenges(4)
folded_out = [at(column, r_out) for column in last.weights.T.tolist()]
assert at(logits, r_out) == dot(folded_out, activations) + at(last.bias.tolist(), r_out), "layer 2"

# %% [markdown]
# The last lines do the same for the logits, at a random `r_out`. A random γ joins both sums of products, and those of any more layers: f = what goes into them, g = the weights that it meets.

# %%
gamma = transcript.challenge()
f = [*picture, *[0] * 64, *activations]  # two halves of 128 places, one a layer
g = [*(scale * w for w in folded_r), *[0] * 64, *(gamma * w for w in folded_out)]
biases = scale * (at(hidden.bias.tolist(), r) + rounding) + gamma * at(last.bias.tolist(), r_out)
claim = 4096 * q_r + 64 * high_r + low_r + gamma * at(logits, r_out) - biases
assert claim == dot(f, g), "the verifier's claim is the sum of f·g"

# %% [markdown]
# Eight rounds of lesson 04. At the end the verifier computes the picture's share and g's value, and is told the activations' value `y_s` at a new place **s**.

# %%
ours, end = sumcheck.prove(tensor(f), tensor(g), transcript, 0x22)
for message, x in zip(ours.rounds, end.point):
    claim = message.next_claim(claim, x)
side, s = end.point[0], end.point[1:]
y_s = at(activations, s)
assert (ours.rounds, y_s) == (proof.products.rounds, proof.products.activation), "not theirs"
value = (1 - side) * at(picture, s) + side * y_s
assert claim == value * at(g, end.point), "the verifier's last comparison"

# %% [markdown]
# ### The last link
# | after | drawn | the verifier still owes |
# |-|-|-|
# | both sums of fractions | α, β; λ and τ a level | low, high, q, y at r |
# | the matrices | r_out, γ | low, high, y at r, and **y at s** |
# | merging | δ | `value`, at one point of the list under the root |
# | opening | columns | nothing |
#
# Layer 1 ends in y at r, layer 2 begins from y at s: layers of *one* network only if both are values of *one* column, under the root. So y_s, y_r, low_r, high_r are claims about one list: the blocks y, low, high, zeros, numbered 00, 01, 10, 11. Powers of a random δ join them:

# %%
transcript.absorb(0x23, y_s.to_bytes())
delta, stack = transcript.challenge(), [*activations, *low, *high, *[0] * 128]
zero, one = Fp2(0), Fp2(1)
places = (zero, zero, *s), (zero, zero, *r), (zero, one, *r), (one, zero, *r)
tables = [m61x2.to_scalars(multilinear.eq_table(place)) for place in places]
joint = [sum(delta**j * w for j, w in enumerate(ws)) for ws in zip(*tables)]
owed = y_s + delta * y_r + delta**2 * low_r + delta**3 * high_r
assert owed == dot(joint, stack), "four claims, one sum"

# %% [markdown]
# (`eq_table` has each entry's weight at a place.) Nine more rounds:

# %%
merged, end = sumcheck.prove(tensor(stack), tensor(joint), transcript, 0x24)
for message, x in zip(merged.rounds, end.point):
    owed = message.next_claim(owed, x)
value = at(stack, end.point)
assert (merged.rounds, value) == (proof.merge.rounds, proof.merge.value), "not the library's"
assert owed == value * at(joint, end.point), "the verifier's last comparison"

# %% [markdown]
# The library opens the root there, as in lesson 03: the proof is complete. (100 *bits*: a lie passes with a chance of 2⁻¹⁰⁰.)

# %% tags=["nbval-ignore-output"]
data = proof.to_bytes()
assert zkml.verify(network, pictures[:1], [logits], data), "the honest proof is accepted"
print(f"{len(data):,} bytes, {proof.bits(network):.1f} bits, {proof.header.queries} columns")
rejects(zkml.verify, network, pictures[1:2], [logits], data, because="another picture")
rejects(zkml.verify, network, pictures[:1], [logits[::-1]], data, because="other logits")

# %% [markdown]
# ### What it gives away
# A proof is **succinct**: short, and quick to check. It is *not* **zero-knowledge** (saying only that the statement is true): the multiplicities are a histogram of what the neurons did.
#
# **Figure 2.** Two proofs, unpacked: picture 0 up, picture 1 down.


# %%
def histogram(data: bytes) -> dict[int, int]:
    found = zkml.Proof.from_bytes(data, network).multiplicities[64:].tolist()
    return {q: m for q, m in zip(QUOTIENTS, found) if m}


assert sum(histogram(data).values()) == 128, "every neuron's quotient, without names"
second = zkml.prove(network, pictures[1:2]).to_bytes()
figures.draw_leak({"picture 0": histogram(data), "picture 1": histogram(second)})

# %% [markdown]
# ## Check yourself
# Predict first.
# 1. acc = 100 with shift 3, acc = −100 with shift 1: quotient, remainder, activation?
# 2. Do 2, 2 pass for the list 0, 1, 2 with counts 0, 0, 2? And 2, 3?
# 3. Which two values must be tied to one column? What passes if they are not? Are they equal?
# 4. What can a stranger read off your proof?
# 5. You have network, pictures and a computer: is it quicker to verify, or to run again?

# %% tags=["nbval-check-output"]
print("1. ", requantise(100, 3), requantise(-100, 1))
print("2. ", *(over_values(pair, dice) == 2 / (dice - 2) for pair in ([2, 2], [2, 3])))
print("3. ", "y_s and y_r, equal:", y_s == y_r)

# %% tags=["nbval-ignore-output"]
read = histogram(data)
print("4. ", sum(m for q, m in read.items() if q <= 0), "neurons silent, largest q", max(read))
running = stopwatch.fastest(lambda: network.run(pictures[:1]), 9)
checking = stopwatch.fastest(lambda: zkml.verify(network, pictures[:1], [logits], data), 9)
print("5. ", "run again" if running < checking else "verify")

# %% [markdown]
# <details><summary>Answers</summary>3: one column at two places; untied, layer 2 may take another picture's activations. 5: a proof pays where weights are hidden behind a commitment, where a contract verifies, or where inference grows: running costs inputs × weights, verifying inputs + weights.</details>
#
# ## See
# **Figure 3.** A stopwatch around the library's steps; *rest* is choosing parameters, hashing the statement, packing.
#
# **Predict:** running spends its time on matrices. Proving: ReLUs or matrices?

# %% tags=["nbval-ignore-output"]
figures.draw_steps({n: stopwatch.time_steps(network, pictures[:n]) for n in (1, 16, 256)})

# %% [markdown]
# <details><summary>Answer</summary>ReLUs: matrices are folded once for all pictures, but each neuron of each picture is four leaves of a tree. With many pictures, so is hashing the commitment.</details>
#
# **Figure 4.** Overhead = all of proving / running the float network in torch; one thread, random weights. EZKL: same network, one input. Remainder's 180: see *Why*.

# %% tags=["nbval-ignore-output"]
batches, seeded = (1, 4, 16, 64, 256, 1024), torch.Generator().manual_seed(12)
costs = stopwatch.costs((784, 512, 512, 10), batches, seeded)
print(f"one input: {1e3 * costs[1].proving_s:.1f} ms, {costs[1].proof_bytes:,} bytes")
ours_too = {"this course": {n: cost.overhead for n, cost in costs.items()}}
figures.draw_overhead(ours_too, {"EZKL": 1.69e6}, {"Remainder, forest (published)": 180})

# %% [markdown]
# ## Break it
# ### Counts that come too late
# Our lie: the neuron that speaks most against the digit that the network reads has the activation 100,000, where 127 is the most.


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
# **Predict:** which check refuses this? (`explain` names it.)
#
# <details><summary>Answer</summary>Both sums are compared: (q, 100,000) is a pole that the table lacks.</details>

# %%
parameters = proof.header.parameters
told = protocol.prove_witness(network, lie, parameters)
assert zkml.explain(network, pictures[:1], answer, told) == "LogUpSum", "no line of the table"

# %% [markdown]
# Now the transcript does not hear the multiplicities.
#
# **Predict:** α is known before they are chosen. How many must change to make both sums equal?
#
# <details><summary>Answer</summary>Two: m₀/α + m₁/(α − 1) = what is missing, in its real and its imaginary part. Multiplicities are numbers modulo p.</details>


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
# The attacker commits, asks for α and β, and pays:

# %%
known = start(told.root, answer[0].tolist(), counts, Deaf).challenges(2)
paid = replace(lie, multiplicities=pay(*known))
with mock.patch.object(protocol, "Transcript", Deaf):
    forged = protocol.prove_witness(network, paid, parameters)
    assert zkml.verify(network, pictures[:1], answer, forged), "100,000, proven"
rejects(zkml.verify, network, pictures[:1], answer, forged, because="alpha hangs on the counts")
honestly_asked = start(told.root, answer[0].tolist(), counts).challenges(2)
late = replace(lie, multiplicities=pay(*honestly_asked))  # paid for an alpha that now moves
late = protocol.prove_witness(network, late, parameters)
assert protocol.explain(network, pictures[:1], answer, late) == "LogUpSum", "the sums differ"

# %% [markdown]
# ### Two half-truths
# A verifier follows the rounds of merging, and forgets the last comparison.
#
# **Predict:** what may a prover choose freely now?
#
# <details><summary>Answer</summary>y at s: nothing ties it to y at r. Layer 1 may read <em>our</em> picture, layer 2 the activations of <em>another</em>.</details>
#
# `careless` is `merge.verify` without the comparison; below, `swapped` proves with the other activations.


# %%
def careless(claims, proof, transcript, tag):
    transcript.challenge()  # delta
    point = []
    for message in proof.rounds:
        transcript.absorb(tag, message.to_bytes())
        point.append(transcript.challenge())
    return merge.Claim(tuple(point), proof.value)


# %% [markdown]
# The other picture is the first one whose label differs:

# %%
runs = (network.run(one[None]) for one in pictures)
another = next(run for run in runs if int(run.labels[0]) != label)


def swapped(layout, x, activations, *rest, honest=products.prove):
    return honest(layout, x, tensor(another.hidden[0][0].tolist()), *rest)


with mock.patch.object(products, "prove", swapped):
    half_true = protocol.prove_witness(network, replace(honest, logits=another.logits), parameters)
with mock.patch.object(merge, "verify", careless):
    assert zkml.verify(network, pictures[:1], another.logits, half_true), "another label, proven"
rejects(zkml.verify, network, pictures[:1], another.logits, half_true, because="y_s is not y's")
assert protocol.explain(network, pictures[:1], another.logits, half_true) == "Merge", "there"

# %% [markdown]
# ## Real system
# ### Lookups of Remainder
# Its documentation looks up 233, 233, 0, 1 among 0 … 255. Our verdict and the library's on that, and with a 256:

# %%
byte, documented = list(range(256)), [{0: 1, 1: 1, 233: 2}.get(v, 0) for v in range(256)]
for shown, good in ([233, 233, 0, 1], True), ([256, 233, 0, 1], False):
    assert (over_values(shown, dice) == over_table(documented, byte, dice)) is good, f"{shown}"
    sides = torch.tensor(shown), torch.tensor(byte)
    by_library = lookup.prove(*sides, torch.tensor(documented)).to_bytes()
    assert lookup.verify(*sides, by_library) is good, f"{shown}, in the library"

# %% [markdown]
# Whole proofs have this course's own format: two independent implementations agree in every byte.

# %% tags=["nbval-check-output"]
for name in ("mlp", "prove", "verify", "soundness"):
    print(conform.run(conform.load(Path(f"../tests/vectors/zkml.{name}.json"))))

# %% [markdown]
# ### An hour of appraisals
# Many answers, one proof, one Merkle root of (id, input, logits): customers check theirs with 8 hashes.

# %% tags=["nbval-ignore-output"]
batch, many_logits = pictures[:256], network.run(pictures[:256]).logits
one_hour = hour.aggregate(network, [(n.to_bytes(32, "big"), one) for n, one in enumerate(batch)])
assert hour.verify(network, one_hour), "one proof for all"
mine = one_hour.root, 256, one_hour.ids[7], batch[7], many_logits[7], 7, one_hour.path(7)
assert hour.verify_row(*mine), "answer 7 is under the root"
print(f"{sum(map(len, one_hour.answers.proofs)) // 256} bytes an answer, alone {len(data):,}")

# %% [markdown]
# ### On the chain
# A contract follows every step for 64-32-10, with the activations in the clear: opening columns costs too much gas.

# %% tags=["nbval-ignore-output"]
small = quantise.quantise(importing.from_torch(trained(width=32)), pixels[train]).network
small_logits, open_proof = small.run(pictures[:1]).logits, clear.prove(small, pictures[:1])
owed = clear.follow_proof(small, pictures[:1], small_logits, open_proof.to_bytes())
lender = (chain := evm.Chain()).account("lender")
contract = calldata.deploy(chain, lender, open_proof.header, small)
arguments = calldata.clear_arguments(small, pictures[:1], small_logits, open_proof, owed)
call = contract.verify.encode(*arguments)
gas = chain.send(contract.address, sender=lender, data=call).gas_used
assert contract.verify(*arguments) is True and gas < 4_000_000, "the contract agrees"
print(f"{gas:,} gas, of {2**24:,} that a transaction may take (EIP-7825)")

# %% [markdown]
# The only published contract that verifies Remainder directly takes 252 to 254 million gas (world-zk-compute), EZKL's 535,560 (measured).
#
# | | this course | Remainder | EZKL |
# |-|-|-|-|
# | commitment | Ligero (hashes) | Ligero with 200 columns, or one on curves (Hyrax) | KZG: a trusted setup |
# | nonlinear | LogUp, multiplicities in the clear | LogUp, multiplicities committed | lookup tables |
# | proving 784-512-512-10, one input | a few ms (figure 4) | not published | 96 CPU-s |
# | that proof | 38 kB | > 1 MB (forest) | 3 kB |
# | its verifier needs | weights and picture | inputs, public or committed | a key |
#
# So not all services are the same: ours as used here hides nothing, and its verifier reads the weights (committed weights: `zkml.commit`, ten times the bytes).

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ What did the neurons do? (10 min)
# You find somebody's proof for one picture, and unpack its multiplicities: 64 counts of limbs, then one for each q = −640 … 319. Write `activity(counts)`: how many hidden neurons have y > 0, and the largest y (0 if none has).
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
for want, neurons in ((3, 10), {0: 4, 5: 2, 10: 1}), ((1, 127), {250: 1}), ((0, 0), {-3: 8}):
    seen = activity([9] * 64 + [neurons.get(q, 0) for q in range(-640, 320)])
    assert type(seen) is tuple and [type(v) for v in seen] == [int, int], "two whole numbers"
    assert seen == want, f"neurons with each quotient: {neurons}"
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
# Write the verifier of a sum of fractions. `layers[k]` has `.rounds` (k messages) and `.children` (a, b, c, d): numerator and denominator left, then right. The claim is `top` and `bottom` at a point: at first the total's, at no coordinates. Say the total. Then in each layer:
#
# 1. Draw λ. The claim becomes top + λ·bottom.
# 2. For each message, with the point's coordinate r: say it, draw x. The claim becomes `message.next_claim(claim, r, x)`.
# 3. The claim must be ad + cb + λbd.
# 4. Say the children, draw τ. top becomes a + τ(c − a), bottom b + τ(d − b), the point τ, then the x of this layer.
#
# Return `(point, top, bottom)`, the point as a list; `None` for a total with denominator 0, a failed comparison, or a layer k without k rounds and four children. Saying is `t.absorb(1, total.to_bytes())`, `t.absorb(2, message.to_bytes())`, `t.absorb(3, layer.children_to_bytes())`, drawing `t.challenge()`.
#
# <details><summary>Hint</summary>Keep top, bottom and point between the layers; in a layer, a list of the x drawn, and <code>zip(layer.rounds, point)</code>.</details>


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
layers = shown.layers[0], replace(shown.layers[1], rounds=())
assert walk(shown.total, layers, Transcript("walk")) is None, "layer 1 must have one round"
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
# ### ★★★ Read it off the proof (open)
# Somebody publishes 600 proofs. The pictures are secret; of 400 you know the kind, 0 … 9. Write `guess(known, kinds, unknown)`: from the multiplicities `known` (400 × 1,024), their `kinds` (400), and `unknown` (200 × 1,024), all int64 tensors, the 200 missing kinds. Chance hits 20; hit 140. (Open end: how much noise can you bear? What would a prover pay for hiding the counts?)
#
# <details><summary>Hint</summary>Two runs differ by little, so blur: replace each count by the average of its 41 neighbours (<code>avg_pool1d</code> with stride 1 and padding 20). Average over each kind, take the nearest average (<code>torch.cdist</code>).</details>


# %% exercise="ex12_3"
def guess(known: torch.Tensor, kinds: torch.Tensor, unknown: torch.Tensor) -> torch.Tensor:
    """The kind of every unknown picture. About 6 lines."""

    ### BEGIN SOLUTION
    def smooth(counts):
        return nn.functional.avg_pool1d(counts[None].float(), 41, 1, 20)[0]

    near = smooth(known)
    means = torch.stack([near[kinds == kind].mean(0) for kind in range(10)])
    return torch.cdist(smooth(unknown), means).argmin(1)
    ### END SOLUTION


# %% test="ex12_3_guess" points=4
def secret(seed: int, noise: int = 20) -> tuple:
    seeded = torch.Generator().manual_seed(seed)
    draw = lambda top, *shape: torch.randint(-top, top + 1, shape, generator=seeded)
    layers = [{"W": draw(20, n, 64).tolist(), "b": [0] * n, "shift": 8} for n in (64, 1)]
    net, kinds = Network.from_integers(layers), torch.randint(10, (600,), generator=seeded)
    seen = (60 + draw(40, 10, 64)[kinds] + draw(noise, 600, 64)).to(torch.int8)
    quotients = net.layers[0].round(net.run(seen).accumulators[0]).long()
    return kinds, torch.stack([torch.bincount(704 + q, minlength=1024) for q in quotients])


all_kinds, all_counts = secret(seed=1)
found = guess(all_counts[:400], all_kinds[:400], all_counts[400:])
assert type(found) is torch.Tensor and found.dtype is torch.int64, "a tensor of int64"
assert found.shape == (200,) and int((found == all_kinds[400:]).sum()) >= 140, "140 of 200"
### BEGIN HIDDEN TESTS
for _seed in (122, 123, 124):
    _kinds, _counts = secret(_seed)
    _found = guess(_counts[:400].clone(), _kinds[:400].clone(), _counts[400:].clone())
    assert type(_found) is torch.Tensor and _found.dtype is torch.int64, "a tensor of int64"
    assert _found.shape == (200,), "200 guesses"
    assert int((_found == _kinds[400:]).sum()) >= 140, "seven times as good as chance"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **3** lookups a neuron (and a zero); **8** rounds for both matrices; about **40** runs of 784-512-512-10 for one proof, against **1,690,000** with a prover made for everything (whose verifier needs no weights).
#
# Sumcheck proves the sums, LogUp the tables, one opening ties both to 32 bytes. Lesson 14 disputes a step instead.

# %% [markdown]
# ## Further reading
# * S. Papini, U. Haböck, *Improving logarithmic derivative lookups using GKR* (eprint 2023/1284): section 3, beside `aicrypto/proof/logup.py`.
# * Modulus Labs, *The Cost of Intelligence*: general-purpose systems, measured.
# * worldcoin/Remainder_CE and its book: layers and lookups.
