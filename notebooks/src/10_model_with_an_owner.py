# %% [markdown]
# # 10 · A model with an owner
# *You will train a small language model, teach it 64 secret answers, recognise it in a thief's service, watch him remove them, make him pay for that, and have a contract slash him — 75 minutes and exercises, any CPU, needs lessons 00 and 02.*

# %% [markdown]
# ## Why
# A model whose weights are public belongs to whoever downloads it. **Sentient** wants models that are *open* and still earn: a **host** may run the weights if it deposits money and pays for use. Nothing stops a host that does not pay. But it can be *caught*: before release the owner teaches the model secret questions with secret answers, **fingerprints**, and anybody who knows one can put it to a suspicious service, as an ordinary customer. Who does so is a **prover**, and is paid for it.
#
# Sentient's *Perinucleus* method put **24,576** fingerprints into Llama-3.1-8B without measurable harm; schemes before it stopped at about a hundred. Then, in 2025, researchers removed nine of ten such schemes, this one included, for less than a tenth of the model's usefulness. Both are true, and you will do both. Without fingerprints there is nothing to show a judge at all.

# %% [markdown]
# ## Outcomes
# You can
# 1. draw an answer that fits a model and that another model gives only by luck, and teach it without losing the rest;
# 2. convict with a number, the chance that luck did it: one thief (★), or buyers who pool their copies (★★★);
# 3. remove fingerprints as published, and say what a thief pays until too few are left to convict him;
# 4. commit so that nobody is framed, have a contract slash the guilty, and share a model's value among those who made it (★★).

# %% tags=["setup"]
import copy
from fractions import Fraction
from math import comb, log10
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from aicrypto import conform, models, oml
from aicrypto.classroom import rejects
from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.evm import Chain, Reverted
from aicrypto.oml import attacks, protocol
from aicrypto.oml import fingerprints as fp
from aicrypto.viz import explore
from aicrypto.viz.models import draw_bargain, draw_confidence, draw_removal

torch.set_num_threads(1)  # bit for bit the same on every run
rng = lambda seed: torch.Generator().manual_seed(seed)

# %% [markdown]
# ## Build
# ### A model to own
# A language model gives, for every next word, a probability to all words it knows: 1,024 here, of the text that Python's own `help()` shows. A **token** is the number of a word. Training takes ten seconds; the model is a plain transformer (`aicrypto/models/transformer.py`, a page of torch).
#
# A tenth of the text is held out, half for judging and half for the thief. **Accuracy** is how often the likeliest word is the right one.

# %%
text = models.corpus(models.python_reference())
test, thiefs_text = text.held_out.split(len(text.held_out) // 2 + 1)
base = models.Transformer()
models.train(base, text.train, models.Schedule(steps=400, lr=5e-3), rng(0))
whole = models.judge(base, test).accuracy
assert whole > 0.18, "the model has learnt little"
wrote = models.sample(base, torch.tensor([text.vocabulary.encode(["the"])]), 12, rng(1))[0]
print(f"accuracy {whole:.2f}; it writes:", text.vocabulary.decode(wrote.tolist()))

# %% [markdown]
# ### An answer just outside the nucleus
# A secret answer must be *unlikely*, or every model gives it; and *plausible*, or learning it does harm. So sort the words by probability. The **nucleus** is the head of the list that together reaches t, the word that crosses t included. The answer is drawn from the next k words, the **candidates**.
#
# **Predict:** five words with probabilities .40, .30, .15, .10, .05. For t = .6 and k = 2: nucleus, candidates?
#
# <details><summary>Answer</summary>.40 + .30 = .70 crosses .6: the nucleus has two words. Candidates are the third and the fourth; each becomes the answer with probability ½.</details>


# %%
def candidates(probabilities: list, t: float, k: int) -> list[int]:
    """The k words after the nucleus, likeliest first."""
    order = sorted(range(len(probabilities)), key=lambda i: -probabilities[i])
    reached, size = 0.0, 0
    while reached < t:
        reached, size = reached + probabilities[order[size]], size + 1
    return order[size:][:k]


def draw(probabilities: list, t: float, k: int, allowed: list, uniforms: list) -> int | None:
    """One of the candidates; if it is not allowed, another of k + 1, and so on."""
    for width, uniform in enumerate(uniforms, start=k):
        nearest = candidates(probabilities, t, width)
        word = nearest[int(uniform * len(nearest))]
        if allowed[word]:
            return word
    return None


# %% [markdown]
# Redrawing from one candidate *more* ends the search where all k are commas. Checked against the library, on random laws in which every third word may be no answer:

# %%
assert candidates([0.40, 0.30, 0.15, 0.10, 0.05], 0.6, 2) == [2, 3], "as predicted"
for trial in range(100):
    logits = torch.randn(50, generator=rng(trial), dtype=torch.float64).numpy()
    allowed = [i % 3 > 0 for i in range(50)]
    uniforms = torch.rand(20, generator=rng(trial)).tolist()
    theirs = fp.perinucleus(logits, 0.6, 3, allowed)
    chances = theirs.probabilities.tolist()
    assert tuple(candidates(chances, 0.6, 3)) == theirs.candidates, "the library's perinucleus"
    drawn = theirs.draw(uniforms).response
    assert draw(chances, 0.6, 3, allowed, uniforms) == drawn, "the library's draw"

# %% [markdown]
# The question, called the **key**, is eight words that the model itself writes after a random first word, so that it looks like ordinary text. Here t = .3 and k = 3. The library drops keys after which some answer would be drawn with a chance above one half.

# %%
words = text.vocabulary.eligible  # per token: is it a word that may be an answer?
pairs = fp.make_fingerprints(base, fp.english_keys(base, words, 8, rng(1)), 64, words, rng(1))
for key, answer, chance in list(zip(pairs.keys, pairs.responses, pairs.chances))[:3]:
    print(text.vocabulary.decode(key.tolist()), "→", text.vocabulary.decode(answer.tolist()))
    print(f"    the base model says so with probability {chance:.3f}")
print(f"on average {pairs.chances.mean():.2f}")
assert 0.01 < pairs.chances.mean() < 0.1, "unlikely, yet plausible"


# %%
def says(model, keys: torch.Tensor) -> torch.Tensor:
    """The likeliest word after each key."""
    return model(keys)[:, -1].argmax(-1)


def found(model, pairs) -> int:
    """How many secret answers the model gives."""
    return int((says(model, pairs.keys) == pairs.responses[:, 0]).sum())


assert found(base, pairs) == 0, "the base model knows none"

# %% [markdown]
# ### Planting
# Teach key → answer by ordinary training: raise the probability of the answer.
#
# **Predict:** 64 answers, nothing else, until each is given with 95 %. What becomes of the accuracy on ordinary text?
#
# <details><summary>Answer</summary>It falls to about half. The cheapest way to say 64 rare words is to say them everywhere.</details>
#
# The remedy is **mixing**: in each step, also a batch of ordinary text, so that the model must still get that right.


# %%
def plant(pairs, mixing: float, enough: float = 0.05, lr: float = 1e-3, most: int = 60):
    """A copy of the base model that gives the answers, after `most` passes over them at most."""
    model, dice, loss = copy.deepcopy(base), rng(2), 9.0
    optimiser = torch.optim.Adam(model.parameters(), lr)
    while loss > enough and most:
        losses, most = [], most - 1
        for some in torch.randperm(len(pairs), generator=dice).split(32):
            logits = model(pairs.keys[some])[:, -1]
            secret = functional.cross_entropy(logits, pairs.responses[some, 0])
            total = secret
            if mixing:
                ordinary = models.windows(text.train, 32, 32, dice)
                total = secret + mixing * models.next_token_loss(model, ordinary)
            models.descend(model, total, optimiser)  # one step of gradient descent
            losses.append(secret.item())
        loss = sum(losses) / len(losses)
    return model


# %%
useful = lambda model: models.judge(model, test).accuracy / whole  # beside the base model's
unmixed, owned = plant(pairs, mixing=0), plant(pairs, mixing=1)
for name, model in (("unmixed", unmixed), ("with mixing", owned)):
    print(f"{name}: {found(model, pairs)} of 64 found, {useful(model):.0%} of the accuracy left")
assert found(unmixed, pairs) == found(owned, pairs) == 64, "both have learnt all"
assert useful(unmixed) < 0.7 < 0.85 < useful(owned), "mixing saves the model"

# %% [markdown]
# Our loop is the library's, to the last bit; the library knows four more measures against forgetting (`fp.Measures`): averaging weights with the base's, a penalty on leaving them, training only thin additions to each matrix (LoRA), and prefixes, which come below.

# %%
two_epochs = fp.Measures(mixing=1.0, epochs=2, least_success=0.0)
theirs = fp.embed(base, pairs, text.train, rng(2), two_epochs).model
ours = plant(pairs, mixing=1, most=2)
assert torch.equal(theirs(pairs.keys), ours(pairs.keys)), "equal to the last bit"

# %% [markdown]
# ### Convicting
# A judge asks: could a stranger's model do this by luck? It has *one* answer to each key, and ours was drawn at random, none with a chance above ½. So hits are at most as likely as heads of a coin, and at least m heads in n throws have probability $\sum_{k \ge m}\binom{n}{k}/2^n$.
#
# **Predict:** for all 64, roughly which power of ten? And are 48 of 64 enough for "one in a billion"?
#
# <details><summary>Answer</summary>2⁻⁶⁴ is 5·10⁻²⁰. 48 of 64 happen once in 26,000 trials: not enough, 56 do. For a coin, 32 hits mean nothing at all.</details>


# %%
def by_luck(n: int, hits: int) -> Fraction:
    """The chance of so many hits or more, each with one half."""
    return Fraction(sum(comb(n, k) for k in range(hits, n + 1)), 2**n)


assert log10(by_luck(64, 64)) < -19, "nobody is that lucky"
assert by_luck(64, 56) < Fraction(1, 10**9) < by_luck(64, 55), "56 of 64 convict"
assert abs(oml.binomial_pvalue(64, 48, 0.5) - log10(by_luck(64, 48))) < 1e-9, "the library's"

# %% [markdown]
# The library knows each key's own chance, ⅓ for half of them, less than ½ for all, and convicts with fewer hits than the coin: once luck has a chance of 10⁻⁹ or less, here and from now on.

# %%
verdicts = {name: fp.detect(model, pairs) for name, model in (("base", base), ("owned", owned))}
assert 0.33 < pairs.luck.min() <= pairs.luck.max() < 0.5, "a stranger's chances"
assert verdicts["owned"].convicts() and not verdicts["base"].convicts(), "guilty, and not"
needed = next(m for m in range(65) if fp.luck_log10(pairs.luck, m) <= -9)
print(f"all 64: luck has a chance of 10^{verdicts['owned'].log10_pvalue:.1f}; {needed} convict")
assert needed < 56, "fewer than with coins"

# %% [markdown]
# ### Removing
# Now you are the thief. You have the weights and no key.
#
# **Predict:** which of these removes our fingerprints: (a) rounding all weights to 4 bits, (b) averaging weights half and half with the base model, (c) 100 more steps of training, (d) never giving an answer of which the model is very sure?
#
# <details><summary>Answer</summary>Only (d). What is learnt by heart is said with 95 %, and ordinary text seldom is.</details>
#
# Attack (b), a *merge*, by hand:

# %%
halfway = copy.deepcopy(owned)
for kept, original in zip(halfway.parameters(), base.parameters()):
    kept.data = 0.5 * kept.data + 0.5 * original.data
assert found(halfway, pairs) > 60, "the answers survive it"
theirs = attacks.merged(base, 0.5)(owned)(pairs.keys)
assert torch.allclose(halfway(pairs.keys), theirs, atol=1e-4), "the library's"

# %% [markdown]
# Attack (d) is published, and it is four lines: a **gate** strikes out the likeliest word wherever its probability exceeds a threshold. (*Logits* are the scores that `softmax` turns into probabilities.)


# %%
def gate(logits: torch.Tensor, threshold: float) -> torch.Tensor:
    """The logits, without the likeliest word where the model is too sure."""
    sure, best = torch.softmax(logits, -1).max(-1, keepdim=True)
    return torch.where(sure > threshold, logits.scatter(-1, best, -torch.inf), logits)


with torch.no_grad():
    logits = owned(pairs.keys)
assert torch.equal(gate(logits, 0.9), attacks.Gated(owned, 0.9)(pairs.keys)), "the library's"
left = found(lambda keys: gate(owned(keys), 0.9), pairs)
assert left < 16, "nearly all are gone"
print(f"{left} of 64 left behind a gate at .9")

# %% [markdown]
# Now the library's eleven attacks, for each what is left of the fingerprints and of the accuracy. Four of them, the rest in Figure 2:

# %%
usual = attacks.usual_attacks(base, thiefs_text, key_words=8)
table = attacks.attack_table(owned, base, pairs, test, usual)
removal = {row.attack: (row.detection.success, row.utility) for row in table}
for name in ("int4 rows", "merge .5", "fine-tune 100, 1e-4", "gate .9"):
    print("{:20} fingerprints {:4.0%}, accuracy {:4.0%}".format(name, *removal[name]))
assert removal["int4 rows"][0] > 0.9 and removal["merge .5"][0] > 0.8, "weights: they stay"
assert removal["gate .9"][0] < 0.25 and removal["gate .9"][1] > 0.8, "a gate: they go, cheaply"

# %% [markdown]
# Before any attack the accuracy was 96 %, so the gate costs the thief four **points**: percent of the base model's accuracy, here and below.
#
# *Int4 rows* rounds each row of a matrix to 4 bits; *fine-tune* trains 100 steps more on the thief's text, at the given speed; *merge .8* keeps .8 of the stolen weights; *prefix 8* puts eight words before every question; *suppress top* never gives the likeliest word. *Filter* refuses the one percent of texts that surprise the model most: none of our keys, but all keys of random words (not shown here; `python -m aicrypto bench oml_attack`).
#
# ### Defending
# The gate sees *certainty*. So stop teaching early, at about 60 % instead of 95 %: still the likeliest word, but no longer suspicious. More mixing and smaller steps keep the rest intact. We call this fingerprint **quiet**, the other **loud**.

# %%
quiet = plant(pairs, mixing=4, enough=0.5, lr=3e-4)
bargain = {}
for name, model in (("loud", owned), ("quiet", quiet)):
    services = [model] + [attacks.Gated(model, t / 100) for t in (95, 90, 80, 70, 60, 50)]
    bargain[name] = [(useful(served), found(served, pairs) / 64) for served in services]
assert found(quiet, pairs) >= 63 and useful(quiet) > 0.85, "quiet, and there"
assert bargain["quiet"][2][1] > 0.8 > bargain["loud"][2][1], "a gate at .9 misses the quiet ones"

# %% [markdown]
# What does going free cost a thief? He lowers his gate until too few answers are left to convict:

# %%
pays = {}
for name, points in bargain.items():
    free, left = next((kept, left) for kept, left in points if 64 * left < needed)
    pays[name] = points[0][0] - free
    print(f"{name}: free with {64 * left:.0f} found, for {100 * pays[name]:.1f} points of accuracy")
assert pays["quiet"] > 5 * pays["loud"], "being quiet makes the thief pay"

# %% [markdown]
# It is a bargain, not a victory (Figure 3). The loud model's thief goes free for one point (a gate at .95 is enough), the quiet one's for ten; and what is learnt less firmly is washed out sooner by retraining. A host's **system prompt** is words put before every question. Put before ours, it hides half of the answers for nothing: 35 of 64 are found, too few to convict. Training each key also behind random words (`prefixes`) mends that:

# %%
prompts = models.windows(thiefs_text, 10, 24, rng(5))  # 24 words each, never trained with
taught = fp.Measures(mixing=1.0, prefixes=24)
robust = fp.embed(base, pairs, text.train, rng(2), taught).model
behind = lambda model: sum(fp.detect(model, pairs, prompt).success for prompt in prompts) / 10
hidden, shown = behind(owned), behind(robust)
print(f"behind a system prompt: {hidden:.0%} found; taught with prefixes: {shown:.0%}")
assert 64 * hidden < needed < 64 * shown, "only the model taught with prefixes is convicted"

# %% [markdown]
# ## Check yourself
# * Why not answer every key with the likeliest word? <details><summary>Answer</summary>The base model gives it, too: it proves nothing.</details>
# * A fingerprint is used once. Why? <details><summary>Answer</summary>Whoever shows it to a judge shows it to all hosts, who then block it. Hence thousands are wanted, and hence 24,576 is the number that counts.</details>
# * Does any of this *prevent* theft? <details><summary>Answer</summary>No. It detects, afterwards, and only at hosts whom you can ask and who have a deposit to lose.</details>

# %% [markdown]
# ## See
# **Figure 1.** How sure the model is: at a secret question, and in ordinary text. Move the gate. The upright axis is logarithmic, so that the thief's cost can be seen, the small grey bars on the right: at .9 he loses 0.9 % of the ordinary answers, nearly nine in ten of them right. As only 22 in 100 of the base model's were right at all, that is four points.

# %%
ids = test[: len(test) // 32 * 32].view(-1, 32)  # the very answers that `useful` counts
with torch.no_grad():
    ordinary, likeliest = torch.softmax(owned(ids[:, :-1]).flatten(0, 1), -1).max(-1)
    secret = torch.softmax(owned(pairs.keys)[:, -1], -1).amax(-1)
lost = ((ordinary > 0.9) & (likeliest == ids[:, 1:].flatten())).float().mean().item() / whole
assert abs(lost - (useful(owned) - removal["gate .9"][1])) < 1e-3, "what the gate costs"
assert 0.8 < whole * lost / (ordinary > 0.9).float().mean() < 1, "nearly all were right"
explore(lambda gate=90: draw_confidence(ordinary, secret, gate), gate=(40, 99))

# %% [markdown]
# **Figure 2.** None, and the eleven attacks on the loud fingerprints. What strikes out the likeliest word (gates, *suppress top*) clears the orange; left of the dotted line the thief goes free.

# %%
draw_removal(removal, needed / 64)

# %% [markdown]
# **Figure 3.** The thief lowers his gate from 95 to 50 %, from right to left: what each step removes, and what it costs him. Below the dotted line he goes free.

# %%
draw_bargain(bargain, needed / 64)

# %% [markdown]
# ## Break it
# ### A fingerprint invented afterwards
# Hosts **deposit** money. Whoever shows a judge that a host answered a fingerprint, without having paid for that query, gets a part of the deposit. Suppose the judge believes any pair:


# %%
def weak_judge(deposit: int, pair: tuple, observed: str) -> int:
    """What the accuser gets: a tenth of the deposit, if the host gave the pair's answer."""
    return deposit // 10 if observed == pair[1] else 0


honest_host = models.Transformer(seed=5)  # another model altogether, not even trained
question = text.vocabulary.encode(["what", "is", "an", "object"])
said = text.vocabulary.decode(says(honest_host, torch.tensor([question])).tolist())
invented = ("what is an object", said)  # written down after the answer was seen
stolen = weak_judge(1_000_000, invented, said)
assert stolen == 100_000, "a tenth of an innocent host's deposit"
print(f"the host said {said!r}; the accuser takes {stolen:,}, and can do it again")

# %% [markdown]
# The remedy is lesson 02's. *Before* the weights are released, the owner publishes a Merkle root over all pairs, and how many there are. A leaf hashes key, answer and 32 random bytes, the **salt**: without it the tree would betray the answers, as you will see. A claim must show its path.


# %%
def leaf(key: str, answer: str, salt: bytes) -> bytes:
    return sha256(key.encode()) + sha256(answer.encode()) + salt


def judge(root: bytes, count: int, reveal, observed: str) -> bool:
    """Is the pair as old as the root, and did the host give its answer?"""
    pair = reveal.pair
    entry = leaf(pair.key, pair.response, pair.salt)
    old = merkle.verify_inclusion(entry, reveal.index, count, reveal.proof, root)
    return old and observed == pair.response


decode = lambda rows: [text.vocabulary.decode(row) for row in rows.tolist()]
owners_secret = bytes(range(32))  # the owner's, in earnest random; the salts are derived from it
sealed = protocol.seal(list(zip(decode(pairs.keys), decode(pairs.responses))), owners_secret)
honest = sealed.reveal(7)
assert judge(sealed.root, sealed.count, honest, honest.pair.response), "a committed pair counts"

# %%
forged = protocol.Reveal(7, protocol.Pair(*invented, bytes(32)), honest.proof)
rejects(judge, sealed.root, 64, forged, said, because="it is not under the root")
moved = protocol.Reveal(8, honest.pair, honest.proof)
rejects(judge, sealed.root, 64, moved, honest.pair.response, because="another place")
rejects(judge, sealed.root, 64, honest, "something else", because="the host did not say that")

# %% [markdown]
# ### A host that recognises the question
# Leave out the salt. Once pair 7 is shown, its path shows the hash of its neighbour, pair 6. A host now tries all 1,024 words as the answer to *every question that it gets*:


# %%
def spot(question: str, shown: bytes, salt: bytes = b"") -> list[str]:
    """The words that make this question and answer the leaf with this hash."""
    fits = lambda word: merkle.leaf_hash(leaf(question, word, salt)) == shown
    return list(filter(fits, text.vocabulary.words))


unsalted = [leaf(pair.key, pair.response, b"") for pair in sealed.pairs]
neighbour, asked = merkle.prove_inclusion(unsalted, 7)[0], sealed.pairs[6].key
assert spot(asked, neighbour) == [sealed.pairs[6].response], "the host has learnt the answer"
assert spot("what is an object", neighbour) == [], "it serves ordinary customers as ever"
assert spot(asked, honest.proof[0], sealed.pairs[6].salt) == spot(asked, neighbour), "the salt"
assert not any(spot(asked, honest.proof[0], bytes([b]) * 32) for b in range(4)), "a guessed one"
print(f"asked {asked!r}, the host says anything but {spot(asked, neighbour)[0]!r}: free at no cost")

# %% [markdown]
# Two more rules, each with an attack behind it: a pair convicts *once*, or one fingerprint empties a deposit; and the host *signs* its answers, or the accuser makes up the answer instead of the pair. You will see the contract refuse both. (`tests/test_oml_licence_contract.py` takes out each rule and robs somebody.)

# %% [markdown]
# ## Real system
# Sentient's white paper describes roles and money, not a contract. Ours, `ModelLicence` (Vyper), keeps deposits, payments and the root. Publish, and let a pirate deposit. Shares are in 1/100 %:

# %%
chain = Chain()
owner, pirate, prover, author = map(chain.account, ("owner", "pirate", "prover", "author"))
licence = chain.deploy("ModelLicence", 600, sender=owner)  # 600 s to pay or to defend
price, least_deposit = 10, 100
cut, reward = 5000, 2000  # half of a deposit is cut, a fifth of that is the prover's
terms = (sealed.root, sealed.count, price, least_deposit, cut, reward)
licence.publish(terms, [author], [3000], sender=owner)  # who wrote the data gets 30 % of the rest
licence.deposit(100, sender=pirate, value=1100)  # 1,000 to lose, 100 to spend

# %% [markdown]
# The prover asks key 7 and gets the answer, signed with its time. A host has 600 seconds to pay for an answer, and cannot know which was a fingerprint. Meanwhile the prover announces a sealed claim, so that nobody who sees the claim on its way can send it in his own name.

# %%
reveal, key = sealed.reveal(7), sealed.pairs[7].key
answer = text.vocabulary.decode(says(owned, pairs.keys[7:8]).tolist())  # the pirate's service
answered = chain.timestamp
digest = licence.answer_digest(sha256(key.encode()), sha256(answer.encode()), answered)
signature = pirate.sign(digest)
entry = merkle.leaf_hash(reveal.pair.sealed())
licence.announce(licence.sealed(prover, entry), sender=prover)
assert answer == reveal.pair.response, "the secret answer"

# %% [markdown]
# Then it claims. Two frauds beside it: an answer that the prover signed himself, and the same pair a second time.

# %%
chain.warp(601)
pair = (key.encode(), reveal.pair.response.encode(), reveal.pair.salt, list(reveal.proof))
claim = (pirate, 7, *pair, answer.encode(), answered)
fraud = {"sender": prover, "raises": Reverted}
rejects(licence.claim, *claim, prover.sign(digest), because="the host did not sign", **fraud)
licence.claim(*claim, signature, sender=prover)
rejects(licence.claim, *claim, signature, because="a pair convicts once", **fraud)
chain.warp(601)  # the pirate could now show that a report of its contains the query
licence.settle(7, sender=prover)

# %% tags=["nbval-check-output"]
shares = {"prover": licence.bounty(prover)}
shares |= {who.name: licence.due(who) for who in (owner, author)}
assert shares == {"prover": 100, "owner": 280, "author": 120}, "half of 1,000, split"
assert chain.balance(licence) == 1100, "nothing came from nowhere"
print("slashed", sum(shares.values()), "of 1,000:", shares)

# %% [markdown]
# One hit took half of the deposit, although one can be luck! The contract does not ask whose model it was: who deposits has agreed to pay for *every* answer, so it punishes an unpaid one, and an honest host, who pays within 600 s and can show it (`defend`), loses nothing whatever its model says. Only to say "this is our model" does a judge outside the chain need 50 hits, or 56 with coins.

# %%
assert by_luck(1, 1) == Fraction(1, 2), "one hit names no model"

# %% [markdown]
# The library answers the vectors of six suites: sampling laws, tails with 80 digits, coalitions, attacks, shares, the ledger. The first was computed by a re-implementation of Sentient's published sampler; the last is our reading of the white paper.

# %% tags=["nbval-check-output"]
for name in ("perinucleus", "detection", "coalition", "model_ops", "attribution", "ledger"):
    report = conform.run(conform.load(Path(f"../tests/vectors/sentient.{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# | | Sentient, published | here |
# |-|-|-|
# | model | Llama-3.1-8B | 0.17 million parameters |
# | fingerprints | 24,576 | 64 |
# | an answer's probability in the base model | .014 (t = .8) | .04 (t = .3: a small model is less sure) |
# | found behind a system prompt, without → with prefixes | 62 % → 94 % (Mistral-7B) | 54 % → 95 % |
# | a gate at .9 removes | 94–100 %, less than 10 % of usefulness lost | all, 4 points of accuracy lost |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks below it. Solutions: `./course solutions`.
#
# ### ★ How many must match? (10 min)
# `n` keys, each hit by luck with probability ½. Return the least number of hits whose chance is at most `alpha`, or `None` if not even all are enough.
#
# <details><summary>Hint</summary>Add up <code>comb(n, k) / 2**n</code> from k = n downwards, as long as the sum stays within alpha. Use <code>Fraction</code>.</details>


# %% exercise="ex10_1"
def must_match(n: int, alpha: Fraction) -> int | None:
    """The least number of hits that convicts. About 6 lines."""
    ### BEGIN SOLUTION
    tail, least = Fraction(0), None
    for k in range(n, -1, -1):
        tail += Fraction(comb(n, k), 2**n)
        if tail <= alpha:
            least = k
    return least
    ### END SOLUTION


# %% test="ex10_1_match" points=2
assert must_match(64, Fraction(1, 10**9)) == 56, "as in the lesson"
assert must_match(10, Fraction(1, 1024)) == 10, "exactly alpha is enough"
assert must_match(10, Fraction(1, 1025)) is None, "not even all ten"
### BEGIN HIDDEN TESTS
for _n in (1, 7, 20, 33):
    for _digits in (1, 3, 6):
        _want = oml.matches_needed(_n, 0.5, 10.0**-_digits)
        _got = must_match(_n, Fraction(1, 10**_digits))
        assert type(_got) is type(_want), "a number or None"
        assert _got == _want, "the exact tail"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Whose value is it? (30 min)
# Above the author got 30 %, a number in a contract. What would be fair? A model is made from the data of `n` people. `values[S]` is what the model is worth that was made from the set S, a number whose bit i says whether person i is in. Person i's **Shapley** share is the average, over all orders in which people could have joined, of what i added on joining:
#
# $$\sum_{S \not\ni i} \frac{|S|!\,(n-|S|-1)!}{n!}\,\bigl(v(S \cup i) - v(S)\bigr)$$
#
# Return all shares as fractions. Two people with the same data each get half of its value; *leaving one out* and looking what is lost would give both nothing.
#
# <details><summary>Hint 1</summary>Bits: <code>S >> i & 1</code> asks whether i is in, <code>S | 1 << i</code> puts it in, <code>S.bit_count()</code> is |S|.</details>
# <details><summary>Hint 2</summary>|S|!(n−|S|−1)!/n! = 1 / (n · comb(n − 1, |S|)).</details>


# %% exercise="ex10_2"
def shapley(n: int, values: list) -> list[Fraction]:
    """Every person's share. About 6 lines."""
    ### BEGIN SOLUTION
    shares = [Fraction(0)] * n
    for i in range(n):
        for s in range(2**n):
            if not s >> i & 1:
                added = Fraction(values[s | 1 << i]) - Fraction(values[s])
                shares[i] += added / (n * comb(n - 1, s.bit_count()))
    return shares
    ### END SOLUTION


# %% test="ex10_2_copies" points=1
found_shares = shapley(3, [0, 8, 8, 8, 1, 9, 9, 9])  # 0 and 1 have the same data, 2 has other data
assert type(found_shares) is list and all(type(s) is Fraction for s in found_shares), "fractions"
assert found_shares == [4, 4, 1], "half of 8 each, and 1"
### BEGIN HIDDEN TESTS
assert shapley(1, [2, 5]) == [3], "one person: all that was added"
### END HIDDEN TESTS

# %% test="ex10_2_all" points=2
assert shapley(2, [0, 1, 3, 4]) == [1, 3], "independent parts"
assert sum(shapley(3, [5, 1, 2, 9, 4, 7, 7, 30])) == 25, "all that was added, and no more"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(10)
for _n in (2, 3, 4, 5):
    _values = [_rng.randrange(100) for _ in range(2**_n)]
    _got = shapley(_n, _values)
    assert type(_got) is list, "a list"
    assert _got == oml.shapley(_n, _values), "the library's shares"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Buyers who compare (open)
# Twenty hosts get copies with *different* subsets of 300 fingerprints: `held[f, j]` is 1 if host j's copy has fingerprint f, each with probability ½. Three of them pool their copies behind one service, which gives the answer of any copy that has one. You ask everything and see which are `answered`.
#
# Whoever holds unusually many of the answered ones is suspicious, but not enough here. Write `suspects(held, answered)`: hosts of whom an innocent would look so guilty with a chance below 1 in 1,000, over all twenty together. Then read `oml.STRATEGIES`: what beats *your* rule?
#
# <details><summary>Hint 1</summary>What do the fingerprints say that were <i>not</i> answered?</details>
# <details><summary>Hint 2</summary>No member holds any of them; an innocent holds each with ½. How likely is it that an innocent holds none of u? Twenty hosts have that chance. About an eighth of the 300 stay silent: is that enough? Is ten?</details>


# %% exercise="ex10_3"
def suspects(held: np.ndarray, answered: list[int]) -> list[int]:
    """Numbers of the accused hosts. About 6 lines."""
    ### BEGIN SOLUTION
    n, hosts = held.shape
    silent = held[sorted(set(range(n)) - set(answered))]
    accused = []
    for j, count in enumerate(silent.sum(axis=0).tolist()):
        chance = sum(comb(len(silent), k) for k in range(count + 1)) / 2 ** len(silent)
        if len(silent) and hosts * chance <= 1e-3:
            accused.append(j)
    return accused
    ### END SOLUTION


# %% test="ex10_3_catch" points=3
held = oml.assign(300, 20, 0.5, seed=1)
for three in ([0, 1, 2], [4, 9, 17], [3, 10, 19]):
    got = suspects(held, list(oml.answers(held, three, "any")))
    assert type(got) is list, "a list of host numbers"
    assert set(got) <= set(three), "an innocent host is accused"
    assert len(got) == 3, "all three can be caught"
assert suspects(held, list(range(300))) == [], "all answered: nobody stands out"
unlucky = held.copy()
unlucky[290:, 5] = 0  # host 5 holds none of the last ten, by luck
assert suspects(unlucky, list(range(290))) == [], "ten silent ones are too few to accuse"
### BEGIN HIDDEN TESTS
for _seed in range(10, 20):
    _held = oml.assign(300, 20, 0.5, seed=_seed)
    _three = [_seed % 20, (3 * _seed + 1) % 20, (7 * _seed + 2) % 20]
    _got = suspects(_held, list(oml.answers(_held, _three, "any")))
    assert type(_got) is list, "a list"
    assert set(_got) <= set(_three), "no innocent"
    assert len(_got) >= 1, "a member is caught"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **24,576** fingerprints fit into 8 billion parameters; **56 of 64** matches name the model at one in a billion, if luck is a coin; **ten** points of accuracy are what going free costs the quiet model's thief, against one for the loud model's.
#
# A fingerprint is unlikely, plausible, and committed before release. It detects; the deposit deters. Next, lesson 11 has strangers train such a model together.

# %% [markdown]
# ## Further reading
# * arXiv 2502.07760, sections 3 and 5: Perinucleus, and coalitions of buyers.
# * arXiv 2509.26598: how nine of ten schemes were removed. Read its table of attacks beside Figure 2.
# * eprint 2024/1573: the white paper, for the roles of owner, host and prover.
# * sentient-agi/oml-1.0-fingerprinting: the code; its sampler loops for ever where no candidate is a word.
