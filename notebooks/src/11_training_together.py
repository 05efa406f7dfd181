# %% [markdown]
# # 11 · Training together
# *Let strangers train one model over a slow line: send a few hundred times less, keep out poison and copies, pay the sleepy less, and convict a provider of one false operator — 75 minutes and exercises, any CPU, needs lessons 02, 09 and 14.*

# %% [markdown]
# ## Why
# Whoever trains a large model owns a data centre, because after every step all machines exchange a whole gradient. For 70 billion weights that is 280 GB: over a line of 500 Mbit/s, 75 *minutes*.
#
# *Templar*, a subnet of Bittensor, trains a model of that size over such lines: 20 strangers, 70 *seconds* of communication per exchange. Without compression that is impossible; without judging it is worse. One stranger who uploads garbage ruins the model for all, and one who copies is paid like one who works.

# %% [markdown]
# ## Outcomes
# You can
# 1. count the bytes that a training step sends, and reach the same loss with a few hundred times fewer;
# 2. compress an update to 14 bits a kept value without ever losing the rest;
# 3. say what one liar does to a mean, and which averages he can't move far;
# 4. score strangers so that poison and copies earn nothing, and sleep less than work;
# 5. find one false operator in a whole training run.

# %% tags=["setup"]
import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from aicrypto import conform
from aicrypto.classroom import rejects
from aicrypto.commit.hashes import sha256
from aicrypto.subnet import work
from aicrypto.training import diloco, federation, gauntlet, refereed, robust, sparse
from aicrypto.training.language import Language, Model
from aicrypto.training.ranks import launch
from aicrypto.training.ranks.script import parse
from aicrypto.training.refereed.program import PROGRAM, leads_to, open_state, state_hash
from aicrypto.viz import explore
from aicrypto.viz.networks import draw_bytes, draw_poison, draw_scores, draw_waiting

torch.set_num_threads(1)

# %% [markdown]
# ## Build
# ### The job
# A made-up language of 32 tokens: the next one is drawn with chances that depend on the last four. *Pages* are drawn from a seed, so "your data" is a number. A small model predicts the next token; its **loss** is the mean of −ln(chance given to the right one), in *nats*. Even somebody who knows all the chances has a loss, the *floor*.
#
# All weights together are one vector, `theta` (θ).

# %%
language, model = Language(seed=0), Model(embedding=16, hidden=64)
rule = diloco.AdamW(lr=3e-3, weight_decay=0.0)
setting = federation.Setting(language, model, rule, n_inner=10, n_rows=128)
theta, test = setting.start(), language.pages(seed=1, n_pages=128)
floor = language.floor(test)
assert len(theta) == 6_752 and theta.nbytes == 27_008, "4 bytes a weight"
assert model.loss(theta, test) > math.log(32) - 0.2 > floor + 1.5, "it knows nothing yet"

# %% [markdown]
# ### Many steps at home
# *Data-parallel* training averages gradients in every step. **DiLoCo** lets each worker make H steps at home, a **window**, and then averages how far each has come: θ − θᵢ, its **pseudo-gradient**.
#
# By hand, with one weight. Ann's data pull it to 1, Ben's to 3: gradients θ − 1 and θ − 3. From θ = 0, learning rate 0.1:
#
# | |step 1 |step 2 |
# |-|-|-|
# |averaged in every step |0.20 |0.38 |
# |Ann at home |0.10 |0.19 |
# |Ben at home |0.30 |0.57 |
#
# **Predict:** average Ann's and Ben's end. Is something lost?
#
# <details><summary>Answer</summary>(0.19 + 0.57)/2 = 0.38: nothing, as both losses bend alike. In general the homes drift apart, the more the larger H is.</details>


# %%
def at_home(theta: float, pull: float, bend: float, n_steps: int) -> float:
    for _ in range(n_steps):
        theta -= 0.1 * bend * (theta - pull)
    return theta


def averaged(pulls: dict, n_steps: int, n_inner: int) -> float:
    theta = 0.0
    for _ in range(n_steps // n_inner):
        theta = sum(at_home(theta, *p, n_inner) for p in pulls.items()) / len(pulls)
    return theta


alike, unlike = {1: 1.0, 3: 1.0}, {1: 1.0, 3: 4.0}  # pull: bend
assert round(averaged(alike, 2, 1), 9) == round(averaged(alike, 2, 2), 9) == 0.38, "as by hand"
assert averaged(unlike, 60, 1) - averaged(unlike, 60, 30) > 0.5, "other bends: they drift apart"

# %% [markdown]
# Real workers step with AdamW, whose memory stays at home. The mean pseudo-gradient D then serves an *outer* optimiser as its gradient, with momentum m: v ← m·v + D, θ ← θ − lr·(D + m·v).


# %%
def adamw(theta: Tensor, g: Tensor, memory: tuple) -> tuple:
    t, first, second = memory[0] + 1, 0.9 * memory[1] + 0.1 * g, 0.95 * memory[2] + 0.05 * g * g
    size = (second / (1 - 0.95**t)).sqrt() + 1e-8
    return theta - rule.lr * (first / (1 - 0.9**t)) / size, (t, first, second)


def window_at_home(theta: Tensor, pages: tuple) -> Tensor:
    # The pseudo-gradient of a worker's first window.
    start, memory = theta, (0, torch.zeros_like(theta), torch.zeros_like(theta))
    for step in range(setting.n_inner):
        theta, memory = adamw(theta, setting.gradient(theta, pages, step), memory)
    return start - theta


mine = setting.pages("ada", 0)
D = window_at_home(theta, mine)
library, _ = setting.trained(theta, mine, diloco.Moments.fresh(theta))
assert torch.allclose(D, library, atol=1e-6), "the library's window"
assert model.loss(theta - D, mine) < model.loss(theta, mine), "ten steps help"


def outer(theta: Tensor, D: Tensor, v: Tensor, lr: float = 0.7, m: float = 0.6) -> tuple:
    v = m * v + D
    return theta - lr * (D + m * v), v


wanted, _ = diloco.outer_step(theta, D, D, diloco.Outer(0.7, 0.6))
assert torch.equal(outer(theta, D, D)[0], wanted), "the library's outer step"

# %% [markdown]
# ### Fourteen bits
# D still has 27,008 bytes. **SparseLoCo** cuts every matrix into chunks of 64 × 64 values and keeps the 64 largest in size of each; a position takes 12 bits. Kept values get *two* bits each: subtract their mean, divide by 6σ/4 (σ: their spread), add 2, round, and cut to 0 … 3. A code stands for the mean of the values that got it.
#
# By hand, keeping 4 of (0.1, −2, 0.3, 2.2, −0.2, 1.8, 0.1, −2): positions 1, 3, 5, 7. Their mean is 0; the negatives get code 1, standing for −2, the positives code 3.
#
# **Predict:** what does 3 stand for? And how many times smaller is a chunk?
#
# <details><summary>Answer</summary>For (2.2 + 1.8)/2 = 2. And 4096 · 32 / (64 · 14) = 146 times.</details>


# %%
def squeeze(x: Tensor, k: int) -> tuple:
    # Positions, and what the receiver takes the values for.
    keep = x.abs().argsort(descending=True, stable=True)[:k].sort().values
    centred = x[keep] - x[keep].mean()
    codes = (centred / (6 * centred.std() / 4) + 2).round().clamp(0, 3).long()
    means = torch.stack([centred[codes == q].mean() for q in codes])
    return keep, means + x[keep].mean()


keep, values = squeeze(torch.tensor([0.1, -2, 0.3, 2.2, -0.2, 1.8, 0.1, -2]), k=4)
assert keep.tolist() == [1, 3, 5, 7] and values.tolist() == [-2, 2, 2, -2], "as by hand"
codec = sparse.Codec(model.layout)  # cuts, keeps and packs all tensors
part, chunk = codec.compress(D).parts[1], sparse.to_chunks(model.layout.split(D)["w1"], 64)[0]
keep, values = squeeze(chunk, k=64)
assert torch.equal(keep, part.indices[0]), "the library keeps the same"
assert torch.allclose(values, sparse.dequantise(part.quantised)[0], atol=1e-6), "at the same values"
assert (codec.n_bytes, 27_008 // codec.n_bytes) == (604, 44), "small tensors keep more of theirs"

# %% [markdown]
# ### Nothing is lost: error feedback
# What was not sent waits: e ← βe + D; send s, the squeezed e; keep e − s. (β = 0.95; it replaces outer momentum.)
#
# By hand with β = 1, two of four kept, and D = (1, 1, 0.3, 0.3) every time: the small ones wait as 0.3, 0.6, 0.9, …
#
# **Predict:** in which round are they sent?
#
# <details><summary>Answer</summary>In the fourth: 1.2 is more than 1.</details>


# %%
def feed(owed: Tensor, D: Tensor, k: int, beta: float = 0.95) -> tuple:
    owed = beta * owed + D
    keep, values = squeeze(owed, k)
    sent = torch.zeros_like(owed).scatter(0, keep, values)
    return sent, owed - sent


owed, rounds = torch.zeros(4), []
for _ in range(4):
    sent, owed = feed(owed, torch.tensor([1.0, 1.0, 0.3, 0.3]), k=2, beta=1.0)
    rounds.append(sent.nonzero().flatten().tolist())
assert rounds == [[0, 1]] * 3 + [[2, 3]], "the fourth round"
sent, owed = feed(torch.zeros(4096), chunk, k=64)
assert torch.allclose(sent + owed, chunk, atol=1e-6), "sent and owed are all there was"

# %% [markdown]
# ### One step for all
# From everybody's uploads all compute the same step. An upload whose norm (length) is above the median norm, the lower middle one, is scaled down to it; then at every position the mean is taken *over those who sent it*.
#
# **Predict:** Ada sends (3, 4) at positions 0 and 1, Lou (0, −50) at 1 and 2. What is the step?
#
# <details><summary>Answer</summary>Norms 5 and 50; Lou is cut to (0, −5). At 0: 3. At 1: (4 + 0)/2 = 2. At 2: Lou is alone, −5.</details>


# %%
def together(n: int, uploads: list) -> Tensor:
    norms = torch.stack([values.norm() for _, values in uploads])
    total, senders = torch.zeros(n), torch.zeros(n)
    for norm, (where, values) in zip(norms, uploads):
        total[where] += values * min(1.0, float(norms.median() / norm))
        senders[where] += 1
    return total / senders.clamp(min=1)


ada = torch.tensor([0, 1]), torch.tensor([3.0, 4.0])
two = [ada, (torch.tensor([1, 2]), torch.tensor([0.0, -50.0]))]
assert torch.allclose(together(3, two), torch.tensor([3.0, 2.0, -5.0])), "as by hand"
assert torch.allclose(together(3, two), sparse.aggregate(3, two), atol=1e-6), "as the library"

# %% [markdown]
# Now three ways to train: four honest workers, 400 steps each, on the same pages.

# %%
curves = {
    "averaged in every step": federation.dense(setting, 4, 40),
    "DiLoCo": federation.diloco(setting, 4, 40, diloco.Outer(0.7, 0.6)),
    "SparseLoCo": federation.sparse_loco(setting, 4, 40),
}
dense, _, compressed = curves.values()
assert compressed.losses[-1] < 1.02 * dense.losses[-1], "the same loss within 2 %"
assert dense.n_bytes // compressed.n_bytes == 447, "447 times fewer bytes"

# %% [markdown]
# **Figure 1.** The same losses over what one worker has sent. A grid step is ten times more.

# %%
draw_bytes(curves, 3.7, floor)

# %% [markdown]
# **Figure 2.** 8 billion weights, a step takes 9 s. How slow may *your* line be?

# %%
explore(draw_waiting, line_mbit=(10, 1000, 10), kept=(16, 512, 16))

# %% [markdown]
# ### Judging strangers
# From here on workers are strangers, called *peers*; what one sends in a window is its *upload*. A validator (lesson 09) applies a fifth of an upload and measures which part of the loss that removes: on *random* pages, and on those *assigned* to the peer. By the first, the peers of a window are ranked. The second is a *bet*: +1 if it is larger than the first, else −1. Whoever trained on the assigned pages mostly wins; whoever didn't is at ±1 by chance. A moving average (a twentieth is new) tells them apart.
#
# **Predict:** Lou sends the opposite, ten times. Does he win his bet?
#
# <details><summary>Answer</summary>No: he harms his own pages most.</details>


# %%
def removed(upload: Tensor, pages: tuple) -> float:
    # The part of the loss that a fifth of an upload removes.
    return float(1 - model.loss(theta - upload / 5, pages) / model.loss(theta, pages))


fair, packed = setting.pages("random", 0), codec.compress(D)
upload = codec.dense(packed)
assert removed(upload, mine) > removed(upload, fair) > 0, "Ada helps, and wins her bet"
assert removed(-10 * upload, mine) < removed(-10 * upload, fair) < 0, "Lou harms, and loses his"
judged = federation.evaluate(federation.Federation(setting, [], "gauntlet"), "ada", packed)
one = gauntlet.gradient_score(judged.random_before, judged.random_after)
assert math.isclose(one, removed(upload, fair), rel_tol=1e-4), "as the library"

# %% [markdown]
# Ranks become ratings, as in chess: *skill* μ and *doubt* σ, 25 and 25/3 for a newcomer. With c² = Σ(σ² + 7²) over all players and strength e^{μ/c}, fill the ranks from the top: the winner of each is drawn, by strength, from those not yet placed. Player i gains σᵢ²/c for its own rank, less the same times its chance in each draw it took part in. (7 is luck; σ first grows a little.)
#
# **Predict:** two newcomers. What does the winner gain?
#
# <details><summary>Answer</summary>c² = 2(69.5 + 49), c = 15.4; 69.5/15.4 · (1 − ½) = 2.26. The loser loses as much.</details>


# %%
def rate(players: list, scores: list) -> list:
    # Players are (mu, sigma); all scores differ.
    doubts = [math.hypot(s, 0.1) for _, s in players]
    c = math.sqrt(sum(s * s + 49 for s in doubts))
    power = [math.exp(mu / c) for mu, _ in players]
    rated = []
    for i, (mu, _) in enumerate(players):
        gain, sure = 0.0, 0.0
        for q in range(len(players)):
            if scores[q] >= scores[i]:
                rest = sum(p for p, s in zip(power, scores) if s <= scores[q])
                chance = power[i] / rest
                gain, sure = gain + (q == i) - chance, sure + chance * (1 - chance)
        s = doubts[i]
        rated.append((mu + gain * s * s / c, s * math.sqrt(1 - sure * (s / c) ** 3)))
    return rated


helped = [0.3, 0.2, 0.1]
ours = rate([(25, 25 / 3)] * 3, helped)
theirs = gauntlet.rate([gauntlet.Rating()] * 3, helped)
for (mu, sigma), wanted in zip(ours, theirs):
    assert math.isclose(mu, wanted.mu) and math.isclose(sigma, wanted.sigma), "as the library"
assert round(rate([(25, 25 / 3)] * 2, [1, 0])[0][0] - 25, 2) == 2.26, "as by hand"

# %% [markdown]
# The **final score** is (μ − 3σ) · max(0, average of bets) · freshness ((1 − steps behind/5)^2.5). So a newcomer starts at 0. Whoever misses a window loses a quarter.
#
# **Copies.** Two who compute apart pick other positions: by chance, 64 of 4096 share *one*. From an overlap of 40 % on, the later upload is the copy; from 50 % on its score is wiped.
#
# **Predict:** Pol copies Ada and changes every value by about 1 %. How many positions do they share?
#
# <details><summary>Answer</summary>All 64: a position is picked by size, and 1 % hardly changes who is largest.</details>
#
# Four strangers: Ada is honest, Lou poisons (sends ten times the opposite), Pol copies, Zed sleeps through two windows of three. Uploads that lowered the loss and copy nobody's are aggregated.

# %%
cast = {"ada": "honest", "lou": "poisoner", "pol": "copier", "zed": "sleeper"}
short = replace(setting, n_pages=16)
peers = [federation.Peer(name, short, how) for name, how in cast.items()]
strangers = federation.play(federation.Federation(short, peers, "gauntlet"), 10)
last = strangers.records[-1]
for name, peer in last.scores.items():
    print(f"{name} {cast[name]:9} skill {peer.rating.mu:4.1f}  final {max(peer.final, 0) + 0:.2f}")
ada = last.scores["ada"]
points = (ada.rating.mu - 3 * ada.rating.sigma) * max(0, ada.binary_ma)  # her weights are fresh
assert math.isclose(points, ada.final), "by formula"
assert last.scores["lou"].final <= 0 and last.scores["pol"].final == 0, (
    "poison and copies score nothing"
)
assert {name for r in strangers.records for name in r.used} == {"ada", "zed"}, (
    "nor are they aggregated"
)

# %% [markdown]
# Scores become weights by *place* (2 : 1 for two who have a score), and Yuma Consensus (lesson 09) pays.
#
# **Predict:** Ada has 4.38 points, Zed 0.12. What is Zed's part?
#
# <details><summary>Answer</summary>A third, as only the place counts. He gets 37 %: in window 1 he even was the first.</details>

# %%
paid = work.play(federation.TrainingContest(strangers, "lou"), n_epochs=10)
earned = {name: paid.total(name) for name in cast}
print({name: f"{100 * rao / sum(earned.values()):.0f} %" for name, rao in earned.items()})
assert earned["lou"] == earned["pol"] == 0 < earned["zed"] < earned["ada"], "by work alone"

# %% [markdown]
# ### A referee for a whole run
# Whoever *orders* a run wants exactly this run. In *Verde* several providers run the same job and commit (lesson 02) to their checkpoints. A quarrel is bisected (lesson 14) twice: to the first step that differs, and in it to the first of 32 **operators**: load a page, look up, multiply, … The referee runs that one.
#
# For that, operators must give the same bits everywhere: sums have a fixed order (lesson 14).

# %%
pages = language.pages(seed=7, n_pages=8, n_tokens=32)
batches = [tuple(t[i : i + 16] for t in pages) for i in range(0, 256, 16)]
job = refereed.Job(model.layout.split(theta), batches, rule)
honest = refereed.Provider("ada", job, salt=bytes(31) + b"a")
fault = refereed.Fault(step=11, operator=4, change=lambda product: product * 1.0001)
liar = refereed.Provider("lou", job, salt=bytes(31) + b"l", fault=fault)
assert honest.hashes[10] == liar.hashes[10] and honest.hashes[11] != liar.hashes[11], "step 11 lies"

# %% [markdown]
# **Predict:** how many questions to each, for 16 steps of 32 operators?
#
# <details><summary>Answer</summary>4 + 5 = 9.</details>


# %%
def first_difference(one, other, n: int) -> tuple:
    lo, hi, asked = 0, n, 0
    while hi - lo > 1:
        middle, asked = (lo + hi) // 2, asked + 1
        lo, hi = (middle, hi) if one(middle) == other(middle) else (lo, middle)
    return hi, asked


step, questions = first_difference(honest.hashes.__getitem__, liar.hashes.__getitem__, 16)
said = [lambda i, p=p: p.operator(step, i) for p in (honest, liar)]
number, more = first_difference(*said, len(PROGRAM))
assert (step, number, questions + more) == (11, 4, 9), "one operator of 512"

# %% [markdown]
# A state's hash is a Merkle root over all tensors. So the referee is shown just the operator's inputs, each proven to be in the agreed state, and sees whether its own result leads to the claimed root.

# %%
agreed = refereed.run_step(job, step, honest.states[step - 1])[number - 1]
op, shown = PROGRAM[number - 1], open_state(agreed, PROGRAM[number - 1])
assert state_hash(agreed) == said[0](number - 1) == said[1](number - 1), "both agree so far"
assert refereed.check_opening(op, shown, state_hash(agreed)), "these are the inputs"
assert leads_to(job, step, op, shown, said[0](number)), "Ada's operator"
rejects(leads_to, job, step, op, shown, said[1](number), because="Lou's product is not this one")
ruling = refereed.dispute(job, honest, liar)
assert (ruling.cheater, ruling.step, ruling.operator) == ("B", 11, 4), "the library agrees"

# %% [markdown]
# ## Check yourself
# Predict, then run the cell.
# 1. Seconds to send 8 billion weights over 500 Mbit/s, whole, and compressed to 64 of 4,096 at 14 bits?
# 2. A component of D is 0.3 and never sent (β = 0.95). What is owed after two windows?
# 3. Four honest values 0.8, 1, 1.1 and 1.2, and Lou's −10: mean and median?
# 4. A final score of 8, then five windows slept through?
# 5. Questions for 1,024 steps of 1,000 operators?

# %% tags=["nbval-check-output"]
print("1.", *(bits / 500e6 for bits in (8e9 * 32, 8e9 * 64 / 4096 * 14)))
print("2.", round(0.95 * 0.3 + 0.3, 3))
values = torch.tensor([[0.8], [1.0], [1.1], [1.2], [-10.0]])
print("3.", *(round(float(f(values)), 2) for f in (robust.mean, robust.coordinate_median)))
print("4.", round(8 * 0.75**5, 2))
print("5.", (1024 - 1).bit_length() + (1000 - 1).bit_length())

# %% [markdown]
# ## See
# **Figure 3.** Who earns a score, window by window. When is Zed awake, and what does a missed window cost?

# %%
explore(partial(draw_scores, strangers.records), window=(1, 10))

# %% [markdown]
# ## Break it
# ### A plain mean
# Three honest peers, and Lou ten times too loud.
#
# **Predict:** the mean is (3 − 10)/4 of an honest step. What happens?
#
# <details><summary>Answer</summary>The model walks uphill: with three quarters of honest work its loss ends far above where it began.</details>

# %%
crew = {"ada": "honest", "ben": "honest", "cai": "honest", "lou": "poisoner"}


def federated(defence: str, cast: dict, **settings) -> federation.Federation:
    peers = [federation.Peer(name, short, how) for name, how in cast.items()]
    return federation.play(federation.Federation(short, peers, defence, **settings), 8)


losses = {defence: federated(defence, crew).losses for defence in federation.DEFENCES}
without_lou = federated("gauntlet", {name: crew[name] for name in ("ada", "ben", "cai")}).losses
assert losses["plain"][-1] > losses["plain"][0] + 1, "one of four ruins the model"
assert losses["limited"][-1] < losses["plain"][-1], "as loud as the median, he does less harm"
assert losses["gauntlet"] == without_lou, "judged, he might as well have stayed at home"

# %% [markdown]
# **Figure 4.** *limited* is the norm rule alone: Lou is no louder than others, and still pulls back.

# %%
draw_poison(losses)

# %% [markdown]
# Without a validator, a *median* helps: in every coordinate the middle value (of an even number, the mean of the two middle ones). Below: how much of the honest step is left in each average (1: all of it; below 0: uphill).
#
# **Predict:** three honest and Lou, made as loud as they. What is left in the mean?
#
# <details><summary>Answer</summary>About (3 − 1)/4, a half. The median keeps nine tenths.</details>

# %%
ends = [setting.trained(theta, setting.pages(n, 0), diloco.Moments.fresh(theta))[0] for n in crew]
rows = torch.stack([*ends[:3], -10 * ends[3]])
wished = rows[:3].mean(0)
left = lambda step: float(step @ wished / (wished @ wished))
for average in (robust.mean, robust.limited_mean, robust.coordinate_median):
    print(f"{average.__name__:17} {left(average(rows)):5.2f}")
assert left(robust.mean(rows)) < 0 < left(robust.limited_mean(rows)) < 0.6, "quiet, but there"
assert left(robust.coordinate_median(rows)) > 0.8, "ignored"

# %% [markdown]
# ### Pay by skill alone
# A validator in a hurry pays by μ − 3σ: no bets, no overlap.
#
# **Predict:** what does Pol gain?
#
# <details><summary>Answer</summary>Everything that Ada has: his upload lowers the loss exactly as hers does. (He even comes first here: his 1 % of noise helped, by chance.)</details>

# %%
names, in_place = sorted(cast), gauntlet.Payroll(burn_rate=0.0, burn_uid=4)


def shares(scores: list) -> dict:
    weights = gauntlet.payroll(dict(enumerate(scores)), 5, in_place)
    return {name: round(100 * w) for name, w in zip(names, weights)}


by_skill = shares([gauntlet.ordinal(last.scores[name].rating) for name in names])
by_final = shares([last.scores[name].final for name in names])
print("by skill:", by_skill)
print("by final score:", by_final)
assert by_skill["pol"] > 0.6 * by_skill["ada"] and by_final["pol"] == 0, "copies pay, or they don't"

# %% [markdown]
# ### A referee without commitments
# Pol, hired for Verde's job, computes nothing. He repeats whatever Ada answers.
#
# **Predict:** when must commitments be handed in, and what must be inside?
#
# <details><summary>Answer</summary>Before anybody speaks; and the name, or he would hand in Ada's.</details>


# %%
class Parrot(refereed.Provider):
    def reveal(self):
        return honest.reveal()

    def checkpoint(self, number):
        return honest.checkpoint(number)


pol = Parrot("pol", job)
late = refereed.commitment("pol", *honest.reveal())  # written when Ada has spoken
ruled = lambda committed: refereed.dispute(job, honest, pol, (honest.commitment, committed))
assert ruled(late).reason == "agree", "he is paid for a run he never made"
assert ruled(honest.commitment).reason == "not committed", "hers doesn't open under his name"

# %% [markdown]
# ## Real system
# Foreign answers: Templar's own code compressed (`sparseloco`), the package openskill rated. The other three suites come from second implementations of papers and source.

# %% tags=["nbval-check-output"]
for name in ("diloco", "sparseloco", "openskill", "gauntlet", "verde"):
    report = conform.run(conform.load(Path(f"../tests/vectors/training.{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# Now four real processes, which talk through `torch.distributed`; over hosts, `torchrun` starts the same script. Each computes everybody's scores and the step for itself. (If one dies, the others stop and name it, or go on without it: `--on-loss`.)

# %%
told = ["--windows", "2", "--inner", "5"]
told += ["--defence", "gauntlet", "--characters", "honest,poisoner"]
ended = launch(told, n_ranks=4)
there = {json.loads(one.text)["weights"] for one in ended}
here = federation.play(parse(told)[0].federation(range(4)), 2).thetas[-1]
assert there == {sha256(here.numpy().tobytes()).hex()}, "all four, and this one, to the bit"

# %% [markdown]
# | |here |Templar |DiLoCo's paper |
# |-|-|-|-|
# |weights |6,752 |70 billion |– |
# |workers |4 |20 strangers |8 of one owner |
# |steps between exchanges |10 |30 |many |
# |kept |64 of 4,096, 2 bits each |the same |everything |
# |less traffic than in every step |447 times |146 · 30 = 4,380 times |500 times |
# |loss |within 2 % |better than DiLoCo, it claims (512 million weights) |as in every step |
# |an exchange takes |milliseconds |70 s |– |
# |whose uploads count |loss fell, no copy (our rule) |chosen by score |all |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ How slow may the line be? (10 min)
# Write `sending(weights, line_mbit, kept, n_steps, step_s)`: which part (0 to 1) of the time goes into sending, if `kept` of each 4,096 values travel, 14 bits each, once in `n_steps` steps of `step_s` seconds, over a line of `line_mbit` million bits a second?
#
# <details><summary>Hint</summary>Seconds of sending, divided by seconds of sending and computing.</details>


# %% exercise="ex11_1"
def sending(weights: float, line_mbit: float, kept: int, n_steps: int, step_s: float) -> float:
    """Part of the time spent sending. About 2 lines."""
    ### BEGIN SOLUTION
    send_s = weights / 4096 * kept * 14 / (line_mbit * 1e6)
    return send_s / (send_s + n_steps * step_s)
    ### END SOLUTION


# %% test="ex11_1_part" points=2
got = sending(8e9, 500, kept=64, n_steps=30, step_s=9)
assert type(got) is float and round(got, 4) == 0.0128, "3.5 s of 273.5 s"
assert sending(4096, 14e-6, kept=1, n_steps=1, step_s=1) == 0.5, "a second each"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(111)
for _ in range(50):
    _w, _line, _kept = _rng.uniform(1e6, 1e11), _rng.uniform(1, 1e4), _rng.randrange(2, 4097)
    _n, _step = _rng.randrange(1, 600), _rng.uniform(0.01, 100)
    _send = _w * _kept * 14 / 4096 / _line / 1e6
    _got = sending(_w, _line, _kept, _n, _step)
    assert type(_got) is float, "a number"
    assert math.isclose(_got, _send / (_send + _n * _step), rel_tol=1e-9), "another setting"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Find the copies (30 min)
# `picks[uid]` is a list of chunks, each the list of positions that this peer kept. The overlap of two peers is the part of one's positions that the other has, too, over all chunks (all are equally long). Write `copies(uids, times, picks)`: look at pairs in the order (first, second), (first, third), …; from an overlap of 0.4 on, the later upload (`times` are in the order of `uids`; if equal, the one listed first) is an offender. Return `{uid: overlap}`; a later pair overwrites.
#
# <details><summary>Hint 1</summary><code>itertools.combinations(range(len(uids)), 2)</code> gives the pairs in order.</details>
# <details><summary>Hint 2</summary><code>len(set(mine) & set(theirs))</code>, chunk by chunk, summed; then divide by all positions of one.</details>


# %% exercise="ex11_2"
def copies(uids: list, times: list, picks: dict) -> dict:
    """Overlap by offender. About 9 lines."""
    ### BEGIN SOLUTION
    found = {}
    for i in range(len(uids)):
        for j in range(i + 1, len(uids)):
            one, other = picks[uids[i]], picks[uids[j]]
            shared = sum(len(set(a) & set(b)) for a, b in zip(one, other))
            overlap = shared / sum(len(chunk) for chunk in one)
            if overlap >= 0.4:
                found[uids[j] if times[j] > times[i] else uids[i]] = overlap
    return found
    ### END SOLUTION


# %% test="ex11_2_pairs" points=2
seen = {7: [[0, 1], [2, 3]], 8: [[0, 1], [2, 9]], 9: [[5, 6], [7, 8]]}
got = copies([7, 8, 9], [10, 11, 5], seen)
assert type(got) is dict and got == {8: 0.75}, "8 came after 7"
assert copies([7, 8], [3, 3], seen) == {7: 0.75}, "at the same time: the one listed first"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(112)
for _ in range(100):
    _n, _k = _rng.randrange(2, 6), _rng.randrange(1, 6)
    _uids = _rng.sample(range(100), _n)
    _times = [_rng.randrange(4) for _ in _uids]
    _picks = {_u: [_rng.sample(range(8), 4) for _ in range(_k)] for _u in _uids}
    _want = gauntlet.find_overlaps(_uids, _times, [_picks]).offenders
    _got = copies(_uids, _times, _picks)
    assert type(_got) is dict and all(type(_x) is float for _x in _got.values()), "uid: overlap"
    assert _got == {_u: _o.overlap for _u, _o in _want.items()}, f"{_uids}, {_times}"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Alone at a position (open)
# The mean is over *senders*: a liar of ordinary norm does the more harm the fewer share his positions. Write `lonely(others, truth, k)`: `others` are honest uploads (positions, values), `truth` the step that all want. Return an upload of k distinct positions, float32, with the lower median of the others' norms, which makes the common step's product with `truth` fall at least *twice* as much as sending the k largest of −truth does, at that norm. (Open end: which rule of averaging stops it, and what does it cost the honest?)
#
# <details><summary>Hint 1</summary>Where nobody else sends, your value counts fully: forbid the others' positions.</details>
# <details><summary>Hint 2</summary>Of the free positions the k with the largest |truth|; values in proportion to −truth there, scaled to the norm.</details>


# %% exercise="ex11_3"
def lonely(others: list, truth: Tensor, k: int) -> tuple:
    """Positions (int64) and values (float32) of a poisoned upload. About 7 lines."""
    ### BEGIN SOLUTION
    free = truth.abs().clone()
    for where, _ in others:
        free[where] = -1
    where = free.topk(k).indices
    values = -truth[where]
    norms = torch.stack([v.norm() for _, v in others])
    return where, values * norms.median() / values.norm()
    ### END SOLUTION


# %% test="ex11_3_harm" points=3
def harm(upload: tuple, others: list, truth: Tensor) -> float:
    n = len(truth)
    without, with_it = (sparse.aggregate(n, x) for x in (others, [*others, upload]))
    return float(truth @ (without - with_it))


seeded = torch.Generator().manual_seed(11)
truth = torch.randn(2000, generator=seeded)
noisy = [truth + 0.3 * torch.randn(2000, generator=seeded) for _ in range(9)]
others = [(where, v[where]) for v in noisy for where in [v.abs().topk(60).indices]]
limit = torch.stack([v.norm() for _, v in others]).median()
where = truth.abs().topk(60).indices
naive = (where, -truth[where] * limit / truth[where].norm())
upload = lonely(others, truth, 60)
assert type(upload) is tuple and len(set(upload[0].tolist())) == 60, "60 distinct positions"
assert type(upload[1]) is Tensor and upload[1].norm() <= limit * 1.0001, "no louder than others"
assert harm(upload, others, truth) > 2 * harm(naive, others, truth), "alone, it hurts more"
### BEGIN HIDDEN TESTS
for _seed in range(5):
    _g = torch.Generator().manual_seed(1100 + _seed)
    _truth = torch.randn(1500, generator=_g)
    _noisy = [_truth + 0.3 * torch.randn(1500, generator=_g) for _ in range(9)]
    _others = [(_w, _v[_w]) for _v in _noisy for _w in [_v.abs().topk(40).indices]]
    _limit = torch.stack([_v.norm() for _, _v in _others]).median()
    _where = _truth.abs().topk(40).indices
    _naive = (_where, -_truth[_where] * _limit / _truth[_where].norm())
    _upload = lonely(_others, _truth, 40)
    assert type(_upload) is tuple and type(_upload[1]) is Tensor, "positions and values"
    assert len(set(_upload[0].tolist())) == 40, "distinct positions"
    assert bool(_upload[1].norm() <= _limit * 1.0001), "no louder than others"
    assert harm(_upload, _others, _truth) > 2 * harm(_naive, _others, _truth), "on other uploads"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: an update shrinks **146** times by keeping 64 of 4,096 values at 14 bits, and 30 times more by 30 steps at home; **one** liar of any number ruins a plain mean; **20** questions find one operator in a run of a million.
#
# Errors that wait are not lost. Norm limits make a liar quiet, medians ignore him, and only measuring what an upload *does* tells work from noise, and from a copy. Lesson 12 proves what such a model answers.

# %% [markdown]
# ## Further reading
# * *DiLoCo*, arXiv 2311.08105: section 2, the two optimisers.
# * *SparseLoCo*, arXiv 2508.15706: why error feedback replaces outer momentum; tplr-ai/templar, `src/tplr/compress.py`.
# * Krum, arXiv 1703.02757: how many liars an average survives; arXiv 1902.06156, how small lies pass.
# * Weng and Lin, JMLR 12 (2011): where the rating's formulas come from.
# * *Verde*, arXiv 2502.19405: refereed training and operators with a fixed order.
