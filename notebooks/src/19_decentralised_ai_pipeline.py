# %% [markdown]
# # 19 · The decentralised AI pipeline
# *Run the whole chain of value on real pages, check every claim of it yourself, let each party lie in turn, and say what is left to believe — 75 minutes and exercises, any CPU, needs the Summaries of lessons 02 to 18.*

# %% [markdown]
# ## Why
# Upshot prices up to 10,000 collectibles *an hour* with a forest of more than 2,500 decision trees, and a proof made with Modulus' software shows that this forest gave each price. Whoever lends money on a price still believes a good deal: on which sales was the forest trained? Did the best one win? Are those paid whose work is inside? A proof of the last step says nothing about the steps before.
#
# Every lesson so far replaced *one* belief. Here the pieces are joined, and a join is where honest parts become a false whole: each proof true, but about another model, another data set, another payment.

# %% [markdown]
# ## Outcomes
# You can
# 1. check a run of eighteen stages from its files alone, without trusting who ran it;
# 2. say which receipt fails *first* if a given party lies, and why a broken file blames nobody else;
# 3. rob a checker that verifies every proof, but not what the proofs are about;
# 4. name what a completely verified run still asks you to believe, and where that is thinnest.

# %% tags=["setup"]
import copy
import json
import tempfile
from dataclasses import replace
from hashlib import sha256
from math import comb
from pathlib import Path

import torch

from aicrypto.classroom import rejects
from aicrypto.evm import Journal
from aicrypto.pipeline import Options, receipts, run, shares
from aicrypto.pipeline.receipts import Inputs
from aicrypto.pipeline.report import trust, value
from aicrypto.pipeline.runner import STAGES
from aicrypto.pipeline.stages.choice import HELD_OUT
from aicrypto.viz import explore
from aicrypto.viz.summit import flow
from aicrypto.viz.summit import trust as pictures
from aicrypto.viz.systems import draw_lit
from aicrypto.zkml import Network, commit, prove, verify

torch.set_num_threads(1)
ETH = 10**18  # wei

# %% [markdown]
# ## Build
# ### One run
# An *agent* orders a service that tells which part of a site a page belongs to, and pays for one answer. The site is Python's own documentation, served on this machine. Eighteen stages follow, each the work of an earlier lesson:
#
# | stage |what happens (lesson) |stage |what happens (lesson) |
# |-|-|-|-|
# |order |the agent puts money in escrow (17) |prove |its answers are proved (12) |
# |crawl |nodes fetch pages, and sign (06) |claim |a contract is shown a proof of the payouts (05) |
# |witness |indexers commit to the table of pages (07) |market |hired computers do two jobs (16) |
# |dataset |a proved query chooses the rows (07) |inference |an optimistic oracle answers (15) |
# |together |three peers train one network (11) |context |with sources that a proved search found (07, 15) |
# |train |miners sign their networks (09) |royalty |owners of pages, model, answer are paid (08) |
# |rank |validators test them on held-out pages (09) |settle |the chain is replayed, the reward shared (09) |
# |own |the winner's is marked; a pirate is caught (10) |service |four operators sign it; makers of parts are paid (18) |
# |quantise |it becomes integers, committed to (12) |sale |the agent is sold with all it has (17) |
#
# The pages are those of *your* Python. Another version has others, so another root, which draws the pages that are the exam: another miner may win, though the same one each time (unless another program holds the port of the site).


# %% tags=["nbval-ignore-output"]
class Watcher:
    start = progress = lambda self, *what: None

    def finish(self, receipt) -> None:
        print(f"{receipt.stage:10} {receipt.seconds:5.1f} s")


runs = Path(tempfile.mkdtemp())
result = run(Options(topics=("importlib", "xml")), runs, Watcher())
assert result.ok, f"every receipt holds, here and in a fresh process: {result.said}"

# %% [markdown]
# What is left of a run is a folder. For every stage there is one file of **evidence**, and in `receipts.json` one **receipt**: a *claim* in words, *facts* for the stages after it, what it *assumes*, and the digest of its evidence.
#
# **Predict:** who chose the words of the claim?
#
# <details><summary>Answer</summary>Nobody who profits: claim and facts are <i>computed</i> from the evidence, by the stage's function <code>conclude</code>, when the receipt is made and again by whoever checks it. A receipt with other words is false.</details>

# %% tags=["nbval-ignore-output"]
published, _ = receipts.load(result.folder / "receipts.json")
for receipt in published[3:7]:
    print(f"{receipt.stage}: {receipt.claim}\n")

# %% [markdown]
# ### Bytes that can be written in one way only
# A digest fixes bytes, but a reader acts on their *meaning*. If `{"a":1}` and `{"a": 1}` mean the same, one claim has two digests; if a key stands twice, two readers see two claims. So evidence must be **canonical**: read it, write it in the one agreed way (keys sorted, no spaces), and compare.


# %% tags=["nbval-ignore-output"]
def canonical(value) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(data: bytes) -> dict:
    value = json.loads(data)
    if type(value) is not dict or canonical(value) != data:
        raise ValueError("not canonical")
    return value


rejects(read, b'{"pay":1,"pay":2}', raises=ValueError, because="two readers, two payments")
evidence = {r.stage: read((result.folder / r.file).read_bytes()) for r in published}
assert canonical(evidence["rank"]) == receipts.encode(evidence["rank"]), "as the library writes it"
print(f"{sum(len(canonical(e)) for e in evidence.values()):,} bytes of evidence")

# %% [markdown]
# ### A checker
# To check a receipt: its evidence has the digest; `conclude` finds the same claim and facts in it; and it names the assumptions that its stage has. `conclude` sees the facts of *earlier* stages, and their evidence where it is intact. (Each stage's `conclude` is a verifier that an earlier lesson built: signatures, quorums, proofs of SQL, GKR, Groth16, a replay of the chain. New here is only how they hang together.)
#
# **Predict:** *train*'s file is damaged, all others are fine. Which receipts should fail?
#
# <details><summary>Answer</summary>Train's alone. Nobody else is to blame for what that file has become: later stages are compared with what is intact. That is why <code>check</code> gives <code>Inputs</code> only files whose digest fits.</details>


# %%
STAGE = {stage.name: stage for stage in STAGES}


def intact(receipt, evidence: dict):
    found = evidence.get(receipt.stage)
    good = found is not None and sha256(canonical(found)).hexdigest() == receipt.sha256
    return found if good else None


def check(receipt, earlier: list, facts: dict, evidence: dict) -> tuple:
    found = intact(receipt, evidence)
    if found is None:
        return "not the published bytes", receipt.facts
    before, stage = {r.stage: r for r in earlier}, STAGE[receipt.stage]
    inputs = Inputs(lambda name: intact(before[name], evidence))
    try:
        follows = stage.conclude(found, facts, inputs)
    except Exception as error:  # whatever malformed evidence provokes is a refusal
        return str(error) or repr(error), receipt.facts
    told = receipt.claim, canonical(receipt.facts), receipt.assumes
    if told != (follows.claim, canonical(follows.facts), stage.assumes):
        return f"the evidence shows: {follows.claim}", follows.facts
    return "", follows.facts


# %% [markdown]
# A run is checked receipt by receipt, and must have them all: who leaves out the payouts has not told the truth about them. The facts that later stages are given are those that *follow*, not those that are written down. (Whoever has checked the beginning already can start at stage `since`, and takes from earlier stages what is written.)


# %%
def failures(published, evidence: dict, since: str = "order") -> dict:
    if [r.stage for r in published] != list(STAGE):
        raise ValueError("these are not the stages of a run")
    found, facts, start = {}, {}, list(STAGE).index(since)
    for at, receipt in enumerate(published):
        reason, follows = "", receipt.facts
        if at >= start:
            reason, follows = check(receipt, published[:at], facts, evidence)
        facts[receipt.stage] = follows
        if reason:
            found[receipt.stage] = reason
    return found


failing = failures(published, evidence)
assert failing == {}, "all receipts hold, as the library says"
rejects(failures, published[:-2], evidence, raises=ValueError, because="nobody was paid")
humble = [*published[:-1], replace(published[-1], assumes="nothing")]
assert set(failures(humble, evidence, "sale")) == {"sale"}, "nor may one assume less"
damaged = {**evidence, "train": {"words": []}}
assert set(failures(published, damaged, "train")) == {"train"}, "a broken file blames nobody else"

# %% [markdown]
# **Figure 1.** Each system of the course is lit by its receipts, as *we* have found them. Dark: no part in this run.

# %% tags=["nbval-ignore-output"]
draw_lit(trust.lit([replace(r, verified=r.stage not in failing) for r in published]))

# %% [markdown]
# ### What if this party lies?
# A liar is no vandal. He changes his evidence, publishes its new digest, and writes down whatever now seems to follow. `lie` does all of that for him. One thing it cannot do: sign, for we hold nobody's keys. Who signs his own lie gets further: a miner who signs a copy passes `train`, and only measuring (`rank`) can object. Such words are what the last table counts. First, a node that adds words to a page, and corrects length and digest in its session record (lesson 06).


# %% tags=["nbval-ignore-output"]
def lie(stage: str, change) -> tuple:
    forged = {**evidence, stage: copy.deepcopy(evidence[stage])}
    change(forged[stage])
    at = list(STAGE).index(stage)
    digest = sha256(canonical(forged[stage])).hexdigest()
    new = replace(published[at], sha256=digest)
    earlier = {r.stage: r.facts for r in published[:at]}
    try:
        follows = STAGE[stage].conclude(forged[stage], earlier, Inputs(forged.get))
        new = replace(new, claim=follows.claim, facts=follows.facts)
    except Exception:
        pass  # nothing follows: he keeps the old words
    return [*published[:at], new, *published[at + 1 :]], forged


def longer_page(e) -> None:
    page = [answer for answer in e["answers"] if "text" in answer][-1]
    page["text"] += "<p>buy this"
    body = page["text"].encode()
    page["session"] |= {"resp_bytes": len(body), "body_sha256": sha256(body).hexdigest()}


print(failures(*lie("crawl", longer_page), since="crawl"))

# %% [markdown]
# The page agrees with its record now, but the ledger's signed root is of the old record. Eight more parties have wishes; each line says who, at which stage, and what changes in the evidence.


# %%
def more(numbers, by: int) -> None:
    numbers[0] += by


def trained_on_exam(e) -> None:
    row = next(row for row in e["rows"] if row["lot"] < HELD_OUT)  # low lots are the exam
    row["lot"] += HELD_OUT


def lifted(e) -> None:
    given = e["weights"]["val-1"]  # a validator's marks for all miners
    given.update(dict.fromkeys(given, 0) | {last: sum(given.values())})


# %% [markdown]
# Each of the next lies touches one field: the *weights* that a validator gave the miners, the *logits* (scores) of an answer, the *owner* of a section. `last` is the miner who came last, `best` the one who won.

# %%
facts = {r.stage: r.facts for r in published}
best, last = facts["rank"]["winner"], facts["rank"]["deregistered"]
topic = facts["dataset"]["topics"][0]
LIES = {
    "a node adds words": ("crawl", longer_page),
    "someone hides a dissent": (
        "witness",
        lambda e: e["submissions"][0].update(hashes=e["submissions"][1]["hashes"]),
    ),
    "the client trains on the exam": ("dataset", trained_on_exam),
    "a miner takes the best model": (
        "train",
        lambda e: e["models"][last].update({k: e["models"][best][k] for k in ("shape", "weights")}),
    ),
    "a validator lifts a friend": ("rank", lifted),
    "a server changes an answer": ("prove", lambda e: more(e["logits"][0], 1_000)),
    "an oracle says something else": ("inference", lambda e: more(e["logits"], 1)),
    "an owner takes others' pages": (
        "royalty",
        lambda e: e["sections"][topic].update(owner="0x" + "66" * 20),
    ),
    "a search leaves a source out": ("context", lambda e: e["sources"].pop()),
}

# %% [markdown]
# **Predict:** (a) Eight of these nine lies fail where they are told. Whose passes its own check, and is caught only on the chain? (b) A broken file blamed nobody else. Does a lie?
#
# <details><summary>Answer</summary>(a) The owner's: evidence of <i>royalty</i> names who owns which pages, and nothing in the file contradicts another address. But the transactions that paid were signed, and their replay in <i>settle</i> finds other owners. (b) It may. A broken file says nothing; a lie has a good digest, so later stages are compared with it, and honest work contradicts it. The <i>first</i> failure shows where the lie was told, or where the chain knows better.</details>

# %% tags=["nbval-ignore-output"]
caught, starts = {}, {who: stage for who, (stage, _) in LIES.items()}
for who, (stage, change) in LIES.items():
    found = failures(*lie(stage, change), since=stage)
    assert found, f"{who}: somebody must notice"
    caught[who] = list(found)
    print(f"{who:30} {caught[who][0]:10} {found[caught[who][0]][:64]}")
elsewhere = [who for who in LIES if caught[who][0] != starts[who]]
assert elsewhere == ["an owner takes others' pages"], "all others fail where they are told"
assert len(caught["the client trains on the exam"]) > 1, "honest work contradicts a lie"

# %% [markdown]
# **Figure 2.** All that fails, for each lie (●: told here, ×: fails).

# %% tags=["nbval-ignore-output"]
pictures.draw_blame(caught, list(STAGE), starts)

# %% [markdown]
# ### Every wei
# Money is where lies pay, so it is counted twice: by the contracts, and here from facts alone. The reward is shared by rule: each group's percentage, inside a group in proportion to its work, rounded down; what rounding leaves goes to the coordinator.
#
# **Predict:** three miners earned equal ranks, the pot is 0.4 ETH. Who gets the last wei?
#
# <details><summary>Answer</summary>None of them: each gets 133…333 wei, and 1 wei is left for the coordinator. A rule that rounds up would pay out more than there is.</details>


# %%
def share_out(amounts: dict, wei: int) -> dict:
    total = sum(amounts.values())
    return {name: wei * amount // total if total else 0 for name, amount in amounts.items()}


ranks = facts["rank"]["rank"] | {facts["rank"]["deregistered"]: 0}
miners = share_out(ranks, 40 * ETH // 100)
paid = facts["settle"]["payouts"]
assert {name: paid[name] for name in miners} == miners, "as the contract paid"
assert share_out(ranks, 10**9 + 7) == shares.in_proportion(ranks, 10**9 + 7), "as the library"
assert sum(paid.values()) == ETH, "and not one wei is lost"

# %% [markdown]
# **Figure 3.** All money of the run. Half of the client's budget is the reward; what the agent does not spend goes with it to its buyer.

# %% tags=["nbval-ignore-output"]
flow.draw_value(value.payments(facts))

# %% [markdown]
# ### How thin is trust?
# Some receipts rest on mathematics, some on people. Suppose each party lies with chance p, by itself. A rule that needs k liars of n fails with probability
# $$\sum_{i \ge k} \binom{n}{i} p^i (1-p)^{n-i}.$$


# %% tags=["nbval-ignore-output"]
def at_least(k: int, n: int, p: float) -> float:
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


assert at_least(3, 5, 0.1) == pictures.chances(0.1)["3 of 5 indexers"], "as the figure counts"
parts = [facts["dataset"]["soundness_bits"], facts["prove"]["soundness_bits"]]
by_luck = sum(2.0**-bits for bits in parts)  # a union bound, for query and network
print(f"one of two false proofs passes by luck: {by_luck:.0e} a try, at most")
print(f"3 of 5 indexers lie: 1 in {1 / at_least(3, 5, 0.1):.0f}")
assert by_luck < 2**-99 < at_least(3, 5, 0.1), "people are the thin place"

# %% [markdown]
# ## Check yourself
# 1. A receipt's `seconds` are changed. Which receipt fails? <details><summary>Answer</summary>None. Nobody claims them, nothing is paid by them. What is not checked must not be believed.</details>
# 2. All eighteen receipts hold. Is the answer right? <details><summary>Answer</summary>It is the network's. After so few pages it may well be wrong: a proof shows <i>which network</i> said so.</details>
# 3. Why does the check of <i>prove</i> not read the model? <details><summary>Answer</summary>The commitment in the facts of <i>quantise</i> is enough, and a model may be large or secret.</details>
# 4. One process plays all parties here. Which receipts lose their meaning? <details><summary>Answer</summary>Those that need independent people: quorums, stake, auditors. Proofs keep theirs, whoever runs them.</details>

# %% [markdown]
# ## See
# **Figure 4.** Move the slider: one party is as good as its honesty, three of five are better, until they are not.
#
# **Predict:** from which share of liars on is one party no worse than a majority?
#
# <details><summary>Answer</summary>From one half on: the majority that protects you then protects the lie. (Where one honest party of five is enough, never.)</details>

# %% tags=["nbval-ignore-output"]
explore(pictures.draw_thin, dishonest=(1, 60))

# %% [markdown]
# ## Break it
# ### True about something else
# A weakened checker verifies every proof, *with the commitment that the same file brings along*. Mallory answers with a network of his own: one bias is raised, and every page is about his topic. His proof is perfectly valid.


# %% tags=["nbval-ignore-output"]
layers = [
    {"W": layer.weights.tolist(), "b": layer.bias.tolist(), "shift": layer.shift}
    for layer in Network.from_bytes(bytes.fromhex(evidence["quantise"]["network"])).layers
]
n_pages = len(evidence["prove"]["paths"])  # the batch is padded to a power of two
honest = torch.tensor(evidence["prove"]["logits"]).argmax(1)[:n_pages]
layers[-1]["b"][honest.bincount(minlength=2).argmin()] += 10**6  # what is answered least so far
his, x = commit(Network.from_integers(layers)), torch.tensor(evidence["prove"]["x"]).to(torch.int8)
said = his.network.run(x).logits
proof = prove(his, x).to_bytes()
assert verify(his.commitment, x, said, proof), "the weakened checker is content"
flipped = int((honest != said.argmax(1)[:n_pages]).sum())
print(f"{flipped} of {n_pages} answers are Mallory's now, with a proof for each")


# %% [markdown]
# **Predict:** what stops him in the real checker?
#
# <details><summary>Answer</summary>The commitment comes from the facts of <i>quantise</i>, before any answer. For that network he has no proof.</details>


# %%
def sell_answers(e) -> None:
    e.update(logits=said.tolist(), proof=proof.hex())


found = failures(*lie("prove", sell_answers), since="prove")
assert found["prove"] == "the proof does not verify", "a proof for another network"
assert flipped > 0, "though he changed answers"

# %% [markdown]
# ### Digests of lies
# Another weakened checker compares digests, and never asks what follows. Mallory, who coordinates, writes the last receipts himself: all of the reward is his.


# %% tags=["nbval-ignore-output"]
def only_digests(published, evidence) -> bool:
    return all(intact(receipt, evidence) is not None for receipt in published)


at = list(STAGE).index("settle")
mine = published[at].facts | {"payouts": {"coordinator": ETH}}
robbed = [*published[:at], replace(published[at], facts=mine), *published[at + 1 :]]
assert only_digests(robbed, evidence), "every file is as published"
gain = mine["payouts"]["coordinator"] - paid["coordinator"]
print(f"Mallory gains {gain / ETH:.2f} ETH from whoever pays by such receipts")
assert set(failures(robbed, evidence, since="settle")) == {"settle"}, "the evidence shows another"

# %% [markdown]
# ## Real system
# Nothing in the folder needs our software to be read. The chain's history is a list of raw Ethereum transactions: any wallet's library finds who signed them. Here it is `eth-account`, which also signed them: so this shows that the format is Ethereum's own, not that two programs agree.

# %% tags=["nbval-ignore-output"]
from eth_account import Account

journal = Journal.from_bytes(bytes.fromhex(evidence["settle"]["journal"]))
signers = {Account.recover_transaction(raw).lower() for raw in journal.transactions}
parties = {a.lower() for r in published for a in str(r.facts).split("'") if a.startswith("0x")}
assert facts["order"]["client"] in signers, "who ordered, signed"
assert len(signers & parties) > 5, "so did others whom the receipts name"
print(f"{len(journal.transactions)} transactions, signed by {len(signers)} parties")
print(f"{facts['crawl']['n_pages']} pages, {sum(r.seconds for r in published):.0f} s in all")
print(f"{facts['prove']['proof_bytes']:,} bytes prove {n_pages} answers")

# %% [markdown]
# `python -m aicrypto pipeline` runs the same on 250 pages, `--tamper random --times 100` changes its files at random, and each time exactly the right receipts fail. Against what is deployed:
#
# | |here |deployed |
# |-|-|-|
# |pages |printed above |Grass: over 100 TB a day, through 2.5 million homes (lesson 06) |
# |proved answers |printed above, in one proof |Upshot: up to 10,000 an hour |
# |key of the payouts' proof |one party |Ethereum's ceremony for blobs: 141,416 contributions (lesson 03) |
# |who keeps the chain |the process that plays all parties |Ethereum's validators |
# |what is joined |the work of twelve lessons, and what they rest on |we know of no deployed system that joins all of it |

# %% [markdown]
# The end of the course in one table: **what you still have to believe.** *hash, signature, pairing*: mathematics that everybody uses. *setup*: who made a key forgot its secret. *chain*: most of its keepers are honest. *one awake*: one of many looks in time. *most honest*: so many of a group. *a word*: one party says so. (People made this table: no proof says what a proof assumes.)
#
# **Predict:** which two receipts rest on mathematics alone, without even a signature? And what is the word that *train* takes from a miner?
#
# <details><summary>Answer</summary><i>quantise</i> and <i>prove</i>: who recomputes or verifies believes a hash. A miner signs a network; that it was trained on the chosen rows, and on nothing else, is his word. Lesson 12 proves what a network answers, not how it came to be.</details>

# %%
table = trust.table(published)
assert len(table) == len(STAGE), "every receipt says what it rests on"
rests_on = {stage: {kind for kind, one in zip(trust.KINDS, row) if one} for stage, row, _ in table}
assert [s for s in rests_on if rests_on[s] == {"hash"}] == ["quantise", "prove"], "mathematics"
words = [stage for stage in rests_on if "a word" in rests_on[stage]]
assert words == ["crawl", "together", "train", "own", "royalty", "sale"], "where it is thinnest"

# %% [markdown]
# **Figure 5.** What is left to believe; the last column is the dearest.

# %% tags=["nbval-check-output"]
pictures.draw_trust(table, list(trust.KINDS))

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ Share out (10 min)
# Write `payouts(reward, percent, work)`. `percent` gives each group's share of the reward in whole percent; `work` gives each group a `dict` of names and amounts (a group without any work at all gets nothing). First the group's pot, rounded down, then in proportion each name's part of the pot, rounded down. What is left goes to `"coordinator"`, so that all payouts sum to `reward`. Integers only.
#
# <details><summary>Hint</summary>First the group's pot, <code>reward * percent // 100</code>; then each name's part of that pot.</details>


# %% exercise="ex19_1"
def payouts(reward: int, percent: dict, work: dict) -> dict:
    """Wei by name, the coordinator's last. About 6 lines."""
    ### BEGIN SOLUTION
    found = {}
    for group, amounts in work.items():
        pot, total = reward * percent[group] // 100, sum(amounts.values())
        found |= {name: pot * n // total if total else 0 for name, n in amounts.items()}
    return found | {"coordinator": reward - sum(found.values())}
    ### END SOLUTION


# %% test="ex19_1_pays" points=2
got = payouts(100, {"a": 50, "b": 20}, {"a": {"x": 2, "y": 1}, "b": {"z": 0}})
assert type(got) is dict and got == {"x": 33, "y": 16, "z": 0, "coordinator": 51}, "rounded down"
assert payouts(3, {"a": 50}, {"a": {"x": 2, "y": 1}})["x"] == 0, "the pot is rounded first: 1 wei"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(191)
for _ in range(60):
    _work = {
        g: {
            f"{g}{i}": _rng.choice([0, 1, _rng.randrange(10**9)]) for i in range(_rng.randint(1, 4))
        }
        for g in shares.SHARES
    }
    _wei = _rng.choice([0, 1, 999, ETH, _rng.randrange(ETH)])
    _want = {}
    for _group, _part in shares.SHARES.items():
        _want |= shares.in_proportion(_work[_group], _wei * _part // 100)
    _got = payouts(_wei, dict(shares.SHARES), _work)
    assert type(_got) is dict and _got == _want | {"coordinator": _wei - sum(_want.values())}, "all"
    assert all(type(n) is int for n in _got.values()), "whole wei"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ How many must be bribed? (30 min)
# Votes count by stake. Write `cheapest(stakes, prices, percent)`: the least that an attacker must pay so that the bribed hold *more than* `percent` % of all stake. `stakes` and `prices` are lists of positive integers, at most 12 long. (With equal prices the richest first is right. With others it is not: try all sets.)
#
# <details><summary>Hint</summary>A number from 0 to 2ⁿ − 1 is a set: its bit i says whether validator i is bribed.</details>


# %% exercise="ex19_2"
def cheapest(stakes: list, prices: list, percent: int) -> int:
    """The price of the cheapest set that decides. About 6 lines."""
    ### BEGIN SOLUTION
    sets = [[i for i in range(len(stakes)) if n >> i & 1] for n in range(1 << len(stakes))]
    enough = [
        bribed for bribed in sets if 100 * sum(stakes[i] for i in bribed) > percent * sum(stakes)
    ]
    return min(sum(prices[i] for i in bribed) for bribed in enough)
    ### END SOLUTION


# %% test="ex19_2_bribes" points=3
got = cheapest([40, 30, 15, 15], [9, 5, 2, 2], 50)
assert type(got) is int and got == 9, "30, 15 and 15: not the richest"
assert cheapest([50, 50], [1, 1], 50) == 2, "half is not more than half"
### BEGIN HIDDEN TESTS
import random as _random
from itertools import combinations as _combinations

_rng = _random.Random(192)
for _ in range(40):
    _n, _percent = _rng.randint(1, 8), _rng.choice([0, 33, 50, 66, 99])
    _stakes = [_rng.randint(1, 50) for _ in range(_n)]
    _prices = [_rng.randint(1, 50) for _ in range(_n)]
    _sums = [
        sum(_prices[i] for i in _set)
        for _k in range(_n + 1)
        for _set in _combinations(range(_n), _k)
        if 100 * sum(_stakes[i] for i in _set) > _percent * sum(_stakes)
    ]
    _got = cheapest(_stakes, _prices, _percent)
    assert type(_got) is int and _got == min(_sums), f"{_stakes}, {_prices}, {_percent} %"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ A verifier for any run (open)
# Write `blamed(told, evidence, rules)`: the list of stages, in order, whose receipts fail. A receipt is a `dict` with `stage`, `digest`, `fact`. `evidence` maps stages to bytes (one may be missing), `rules` maps a stage to a function `rule(data, facts, look)` that returns the fact or raises; `facts` holds the facts of earlier stages, and `look(stage)` must give an earlier stage's bytes if they have the published SHA-256 digest (in hex), else `None`. Facts that follow from intact evidence count, whatever a receipt says; where nothing follows, the receipt's own. (Open end: remember findings, so that a second check after one change costs one rule.)
#
# <details><summary>Hint 1</summary>One loop over the receipts, with a growing <code>facts</code> and a growing <code>dict</code> of intact bytes.</details>
# <details><summary>Hint 2</summary>Bytes with another digest: blamed, and the rule is not even called.</details>


# %% exercise="ex19_3"
def blamed(told: list, evidence: dict, rules: dict) -> list:
    """Stages whose receipts fail. About 14 lines."""
    ### BEGIN SOLUTION
    found, facts, good = [], {}, {}
    for receipt in told:
        stage, data = receipt["stage"], evidence.get(receipt["stage"])
        fact, holds = receipt["fact"], False
        if data is not None and sha256(data).hexdigest() == receipt["digest"]:
            try:
                fact = rules[stage](data, dict(facts), good.get)
                holds = fact == receipt["fact"]
            except Exception:
                holds = False
            good[stage] = data
        facts[stage] = fact
        if not holds:
            found.append(stage)
    return found
    ### END SOLUTION


# %% test="ex19_3_blames" points=2
def total(data, facts, look):  # the sum of its bytes, and of the fact before
    return sum(data) + facts.get("a", 0)


def same(data, facts, look):  # repeats what stage a said, if that can be seen
    if look("a") not in (None, data):
        raise ValueError("other bytes")
    return facts["a"]


files, rules = {"a": b"\x05", "b": b"\x05"}, {"a": total, "b": same}
told3 = [{"stage": s, "digest": sha256(d).hexdigest(), "fact": 5} for s, d in files.items()]
got = blamed(told3, files, rules)
assert type(got) is list and got == [], "all is well"
assert blamed(told3, {**files, "a": b"\x06"}, rules) == ["a"], "nobody else is to blame"
assert blamed([{**told3[0], "fact": 6}, told3[1]], files, rules) == ["a"], "facts that follow count"
assert blamed(told3, {"a": b"\x05"}, rules) == ["b"], "a missing file"
assert blamed(told3, files, {"a": same, "b": same}) == ["a"], "a raises, its own fact still counts"

# %% test="ex19_3_any" points=2
lying = [told3[0], {**told3[1], "digest": sha256(b"\x04").hexdigest()}]
got = blamed(lying, {**files, "b": b"\x04"}, rules)
assert type(got) is list and got == ["b"], "a rule that raises"
### BEGIN HIDDEN TESTS
import random as _random

_rng, _folder = _random.Random(193), Path(tempfile.mkdtemp())


def _rule(data, facts, look):
    seen = [look(name) for name in sorted(facts)]
    if any(one is not None and one[:-1] > data for one in seen):
        raise ValueError("out of order")
    return len(data) + sum(facts.values())


def _conclude(evidence, facts, inputs):
    _data = receipts.encode(evidence)
    _facts = {s: f["n"] for s, f in facts.items()}

    def _look(name):
        _seen = inputs.get(name)
        return None if _seen is None else receipts.encode(_seen)

    return receipts.Conclusion("", {"n": _rule(_data, _facts, _look)})


for _ in range(60):
    _names, _files, _told, _facts = ["a", "b", "c", "d"], {}, [], {}
    for _name in _names:
        _files[_name] = receipts.encode({"v": _rng.randrange(10 ** _rng.randint(1, 5))})
        _facts[_name] = len(_files[_name]) + sum(_facts.values()) + _rng.choice([0, 0, 0, 1])
        _digest = sha256(_files[_name]).hexdigest()
        _told.append({"stage": _name, "digest": _digest, "fact": _facts[_name]})
    if _rng.random() < 0.5:
        _files[_rng.choice(_names)] = receipts.encode({"v": 7})
    _earlier, _want = {}, []
    for _one in _told:
        (_folder / _one["stage"]).write_bytes(_files[_one["stage"]])
        _stage = receipts.Stage(_one["stage"], "", print, _conclude)
        _receipt = receipts.Receipt(
            _one["stage"], "", {"n": _one["fact"]}, "", _one["stage"], _one["digest"]
        )
        _fresh, _follows = receipts.verdict(_receipt, _folder, _earlier, _stage)
        _earlier[_one["stage"]] = replace(_fresh, facts=_follows)
        _want += [] if _fresh.verified else [_one["stage"]]
    _got = blamed(_told, _files, dict.fromkeys(_names, _rule))
    assert type(_got) is list and _got == _want, "as the library's verdicts"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **18 receipts** from an order to a sold agent; about **2⁻¹⁰⁰** bounds the chance that a false query or answer passes by luck, where three of five people who lie with 10 % each fail once in **117** (and the payouts' proof is as good as the one who made its key); of an ether of reward, **0 wei** are lost.
#
# Every claim is computed from bytes; facts that follow go on; a broken file blames nobody else, a lie shows at the first receipt that fails; and every proof is checked against what was fixed *before* it. This was the last lesson; the pipeline itself is the text to read next.

# %% [markdown]
# ## Further reading
# * `aicrypto/pipeline/receipts.py`: what a verdict is, in 250 lines.
# * RFC 8785, *JSON Canonicalization Scheme*: why one way to write is not trivial.
# * SLSA and in-toto: receipts for the making of software, without money.
# * *Verifiable evaluations of machine learning models using zkSNARKs*, arXiv 2402.02675.
