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
# 1. check a run of seventeen stages from its files alone, without trusting who ran it;
# 2. say which receipt fails if a given party lies, and why no other does;
# 3. rob a checker that verifies every proof, but not what the proofs are about;
# 4. name what a completely verified run still asks you to believe, and where that is thinnest.

# %% tags=["setup"]
import copy
import json
import random
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
# An *agent* (lesson 17) orders a service that tells which part of a site a page belongs to, and pays for one answer. Nodes crawl the site: Python's own documentation, served on this machine. Indexers commit to the pages, a proved query chooses the training rows, miners train, validators rank, the winner is marked, quantised and proved; an oracle gives the answer, owners are paid, and in the end the agent is sold with all it has earned. `Watcher` only writes down what happens.


# %% tags=["nbval-ignore-output"]
class Watcher:
    start = progress = lambda self, *told: None

    def finish(self, receipt) -> None:
        print(f"{receipt.stage:10} {receipt.seconds:5.1f} s")


runs = Path(tempfile.mkdtemp())
result = run(Options(topics=("ctypes", "xml")), runs, Watcher())
assert result.ok, "every receipt holds, here and in a fresh process"

# %% [markdown]
# What is left of a run is a folder. For every stage there is one file of **evidence**, and in `receipts.json` one **receipt**: a *claim* in words, *facts* for the stages after it, what it *assumes*, and the digest of its evidence.
#
# **Predict:** who chose the words of the claim?
#
# <details><summary>Answer</summary>Nobody who profits: claim and facts are <i>computed</i> from the evidence, by the stage's function <code>conclude</code>, when the receipt is made and again by whoever checks it. A receipt with other words is false.</details>

# %% tags=["nbval-ignore-output"]
told, _ = receipts.load(result.folder / "receipts.json")
for receipt in told[5:8]:
    print(f"{receipt.stage}: {receipt.claim}\n")

# %% [markdown]
# ### Bytes that can be written in one way only
# A digest fixes bytes, but a reader acts on their *meaning*. If `{"a":1}` and `{"a": 1}` mean the same, one claim has two digests; if a key stands twice, two readers see two claims. So evidence must be **canonical**: read it, write it in the one agreed way (keys sorted, no spaces), and compare.


# %%
def canonical(told) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(data: bytes) -> dict:
    told = json.loads(data)
    if type(told) is not dict or canonical(told) != data:
        raise ValueError("not canonical")
    return told


rejects(read, b'{"pay":1,"pay":2}', raises=ValueError, because="two readers, two payments")
evidence = {r.stage: read((result.folder / r.file).read_bytes()) for r in told}
assert canonical(evidence["rank"]) == receipts.encode(evidence["rank"]), "as the library writes it"
print(f"{sum(len(canonical(e)) for e in evidence.values()):,} bytes of evidence")

# %% [markdown]
# ### A checker
# To check a receipt: its evidence has the digest; `conclude` finds the same claim and facts in it. `conclude` sees the facts of *earlier* stages, and their evidence where it is intact. (Each stage's `conclude` is a verifier that an earlier lesson built: signatures, quorums, proofs of SQL, GKR, Groth16, a replay of the chain. New here is only how they hang together.)
#
# **Predict:** the crawl's file is damaged, all others are fine. Which receipts should fail?
#
# <details><summary>Answer</summary>The crawl's alone. Nobody else is to blame for what that file has become: later stages are compared with what is intact. That is why <code>check</code> gives <code>Inputs</code> only files whose digest fits.</details>


# %%
CONCLUDE = {stage.name: stage.conclude for stage in STAGES}


def intact(receipt, evidence: dict):
    found = evidence.get(receipt.stage)
    good = found is not None and sha256(canonical(found)).hexdigest() == receipt.sha256
    return found if good else None


def check(receipt, earlier: list, facts: dict, evidence: dict) -> tuple:
    found = intact(receipt, evidence)
    if found is None:
        return "not the published bytes", receipt.facts
    inputs = Inputs({r.stage: intact(r, evidence) for r in earlier}.get)
    try:
        follows = CONCLUDE[receipt.stage](found, facts, inputs)
    except Exception as error:  # whatever malformed evidence provokes is a refusal
        return str(error), receipt.facts
    same = (receipt.claim, canonical(receipt.facts)) == (follows.claim, canonical(follows.facts))
    return "" if same else f"the evidence shows: {follows.claim}", follows.facts


# %% [markdown]
# A run is checked receipt by receipt. The facts that later stages are given are those that *follow*, not those that are written down. We start at stage `since`, and stop at the first failure unless we are `patient`.


# %%
def failures(told, evidence: dict, since: str = "order", patient: bool = False) -> dict:
    found, facts, started = {}, {}, False
    for at, receipt in enumerate(told):
        started = started or receipt.stage == since
        reason, facts[receipt.stage] = (
            check(receipt, told[:at], facts, evidence) if started else ("", receipt.facts)
        )
        if reason:
            found[receipt.stage] = reason
            if not patient:
                break
    return found


assert failures(told, evidence) == {}, "we agree with the library: all receipts hold"
damaged = {**evidence, "train": {"words": []}}
assert set(failures(told, damaged, "train", patient=True)) == {"train"}, "and only one fails"

# %% [markdown]
# **Figure 1.** Each system of the course is lit by its receipts. Dark: no part in this run.

# %%
draw_lit(trust.lit(told))

# %% [markdown]
# ### What if this party lies?
# A liar is no vandal. He changes his evidence, publishes its new digest, and writes down whatever now seems to follow. `lie` does all of that for him.


# %%
def lie(stage: str, change) -> tuple:
    forged = {**evidence, stage: copy.deepcopy(evidence[stage])}
    change(forged[stage])
    at = [r.stage for r in told].index(stage)
    digest = sha256(canonical(forged[stage])).hexdigest()
    new = replace(told[at], sha256=digest)
    facts = {r.stage: r.facts for r in told[:at]}
    try:
        follows = CONCLUDE[stage](forged[stage], facts, Inputs(forged.get))
        new = replace(new, claim=follows.claim, facts=follows.facts)
    except Exception:
        pass  # nothing follows: he keeps the old words
    return [*told[:at], new, *told[at + 1 :]], forged


# %% [markdown]
# Nine parties, nine wishes. Four need more than a line:


# %%
def longer_page(e) -> None:
    page = e["answers"][3]
    page["text"] += "<p>buy this"
    body = page["text"].encode()
    page["session"] |= {"resp_bytes": len(body), "body_sha256": sha256(body).hexdigest()}


def agreed(e) -> None:
    e["submissions"][0]["hashes"] = e["submissions"][1]["hashes"]


def lifted(e) -> None:
    given = e["weights"]["val-1"]
    given.update(dict.fromkeys(given, 0) | {"drew": sum(given.values())})


def more(numbers, at, by=1) -> None:
    numbers[at] += by


# %% [markdown]
# Each wish: who, at which stage, and what changes in the evidence.

# %%
facts = {r.stage: r.facts for r in told}
topic = facts["dataset"]["topics"][0]
LIES = {
    "a node adds words": ("crawl", longer_page),
    "an indexer hides a dissent": ("witness", agreed),
    "a coach trains on the exam": ("dataset", lambda e: e["rows"][0].update(lot=255)),
    "a miner takes another's model": (
        "train",
        lambda e: e["models"]["drew"].update(weights=e["models"]["ada"]["weights"]),
    ),
    "a validator lifts a friend": ("rank", lifted),
    "a server changes an answer": ("prove", lambda e: more(e["logits"][0], 0, 1_000)),
    "an oracle says something else": ("inference", lambda e: more(e["logits"], 0)),
    "an owner takes others' pages": (
        "royalty",
        lambda e: e["sections"][topic].update(owner="0x" + "66" * 20),
    ),
    "a search leaves a source out": ("context", lambda e: e["sources"].pop()),
}

# %% [markdown]
# **Predict:** eight are caught in their own stage. Whose lie passes its own check, and is caught only on the chain?
#
# <details><summary>Answer</summary>The owner's: evidence of <i>royalty</i> names who owns which pages, and nothing in the file contradicts another address. But the transactions that paid were signed, and their replay in <i>settle</i> finds other owners.</details>

# %%
caught, starts = {}, {who: stage for who, (stage, _) in LIES.items()}
for who, (stage, change) in LIES.items():
    found = failures(*lie(stage, change), since=stage)
    assert found, f"{who}: somebody must notice"
    [caught[who]] = found.items()
    print(f"{who:30} {stage:10} -> {caught[who][0]:10} {caught[who][1][:48]}")
own = [who for who in LIES if caught[who][0] == starts[who]]
assert len(own) == 8, "all but one are caught in their own stage"

# %% [markdown]
# ### Every wei
# Money is where lies pay, so it is counted twice: by the contracts, and here from facts alone. The reward is shared by rule: each group's percentage, inside a group in proportion to its work, rounded down; what rounding leaves goes to the coordinator.
#
# **Predict:** three miners earned equal ranks, the pot is 0.4 ETH. Who gets the last wei?
#
# <details><summary>Answer</summary>Nobody of them: each gets 133…333 wei, and 1 wei is left for the coordinator. A rule that rounds up would pay out more than there is.</details>


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
# **Figure 2.** All money of the run.

# %%
flow.draw_value(value.payments(facts))

# %% [markdown]
# ### How thin is trust?
# Some receipts rest on mathematics, some on people. Suppose each party lies with chance p, by itself. A rule that needs k liars of n fails with probability
# $$\sum_{i \ge k} \binom{n}{i} p^i (1-p)^{n-i}.$$


# %%
def at_least(k: int, n: int, p: float) -> float:
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


assert at_least(3, 5, 0.1) == pictures.chances(0.1)["3 of 5 indexers"], "as the figure counts"
parts = [facts["dataset"]["soundness_bits"], facts["prove"]["soundness_bits"]]
by_luck = sum(2.0**-bits for bits in parts)  # a union bound: one of the proofs is false
print(f"a proof is false: {by_luck:.0e}; 3 of 5 indexers lie: {at_least(3, 5, 0.1):.1%}")
assert by_luck < 1e-20 < at_least(3, 5, 0.1), "people are the thin place"

# %% [markdown]
# ## Check yourself
# 1. A receipt's `seconds` are changed. Which receipt fails? <details><summary>Answer</summary>None. Nobody claims them, nothing is paid by them. What is not checked must not be believed.</details>
# 2. All seventeen receipts hold. Is the answer right? <details><summary>Answer</summary>It is the network's. In the run above it may well be wrong: a proof shows <i>who</i> said so.</details>
# 3. Why does the check of <i>prove</i> not read the model? <details><summary>Answer</summary>The commitment in the facts of <i>quantise</i> is enough, and a model may be large or secret.</details>
# 4. One process plays all parties here. Which receipts lose their meaning? <details><summary>Answer</summary>Those that need independent people: quorums, stake, auditors. Proofs keep theirs, whoever runs them.</details>

# %% [markdown]
# ## See
# **Figure 3.** Move the slider: one party is as good as its honesty, three of five are better, until they are not.
#
# **Predict:** from which share of liars on is one party the safer choice?
#
# <details><summary>Answer</summary>From one half on: the majority that protects you then protects the lie.</details>

# %%
explore(pictures.draw_thin, dishonest=(1, 60))

# %% [markdown]
# **Figure 4.** Switch from liar to liar (0: nobody): green receipts hold, at the cross the checker stops.

# %%
names = [pictures.NOBODY, *LIES]


def draw_liar(liar: int = 8):
    return pictures.draw_caught(caught, [r.stage for r in told], starts, names[liar])


explore(draw_liar, liar=(0, len(LIES)))

# %% [markdown]
# ## Break it
# ### True about something else
# A weakened checker verifies every proof, *with the commitment that the same file brings along*. Mallory answers with a network of his own: one bias is raised, and every page is about his topic. His proof is perfectly valid.


# %%
layers = [
    {"W": layer.weights.tolist(), "b": layer.bias.tolist(), "shift": layer.shift}
    for layer in Network.from_bytes(bytes.fromhex(evidence["quantise"]["network"])).layers
]
honest = torch.tensor(evidence["prove"]["logits"]).argmax(1)
layers[-1]["b"][honest.bincount(minlength=2).argmin()] += 10**6  # what is answered least so far
his, x = commit(Network.from_integers(layers)), torch.tensor(evidence["prove"]["x"]).to(torch.int8)
said = his.network.run(x).logits
proof = prove(his, x).to_bytes()
assert verify(his.commitment, x, said, proof), "the weakened checker is content"
n_pages = len(evidence["prove"]["paths"])
flipped = int((honest != said.argmax(1))[:n_pages].sum())
print(f"{flipped} of {n_pages} answers are Mallory's now, with a proof for each")


# %% [markdown]
# **Predict:** what stops him in the real checker?
#
# <details><summary>Answer</summary>The commitment comes from the facts of <i>quantise</i>, before any answer. For that network he has no proof.</details>


# %%
def sell_answers(e) -> None:
    e.update(logits=said.tolist(), proof=proof.hex())


found = failures(*lie("prove", sell_answers), since="prove")
assert found == {"prove": "the proof does not verify"}, "a proof for another network"
assert flipped > 0, "though he changed answers"

# %% [markdown]
# ### Digests of lies
# Another weakened checker compares digests, and never asks what follows. Mallory, who coordinates, writes the last receipts himself: all of the reward is his.


# %%
def only_digests(told, evidence) -> bool:
    return all(intact(receipt, evidence) is not None for receipt in told)


at = [r.stage for r in told].index("settle")
mine = told[at].facts | {"payouts": {"coordinator": ETH}}
robbed = [*told[:at], replace(told[at], facts=mine), *told[at + 1 :]]
assert only_digests(robbed, evidence), "every file is as published"
gain = mine["payouts"]["coordinator"] - paid["coordinator"]
print(f"Mallory gains {gain / ETH:.2f} ETH from whoever pays by such receipts")
assert set(failures(robbed, evidence, since="settle")) == {"settle"}, "the evidence shows another"

# %% [markdown]
# ## Real system
# Nothing in the folder needs our software to be read. The chain's history is a list of raw Ethereum transactions: any wallet library finds who signed them, and here Ethereum's `eth-account` does.

# %%
from eth_account import Account

journal = Journal.from_bytes(bytes.fromhex(evidence["settle"]["journal"]))
signers = {Account.recover_transaction(raw).lower() for raw in journal.transactions[::4]}
parties = {a.lower() for r in told for a in str(r.facts).split("'") if a.startswith("0x")}
assert facts["order"]["client"] in signers, "who ordered, signed"
assert len(signers & parties) > 5, "addresses of the receipts, found by foreign software"
print(f"{len(journal.transactions)} transactions, {len(signers)} signers in every fourth of them")

# %% [markdown]
# `python -m aicrypto pipeline` runs the same on 250 pages, `--tamper random --times 100` changes its files at random, and each time exactly the right receipts fail. Against what is deployed:
#
# | |here |deployed |
# |-|-|-|
# |who plays the parties |one process |thousands of strangers |
# |who keeps the chain |the same process |Ethereum's validators |
# |key of the payouts' proof |one party |ceremonies of many |
# |pages |62 |Grass crawls the web |
# |what is joined |all of it, in one folder |nothing is: each system stands alone |

# %% [markdown]
# The end of the course in one table: **what you still have to believe.** *hash, signature, pairing*: mathematics that everybody uses. *setup*: who made a key forgot its secret. *chain*: most of its keepers are honest. *one awake*: one of many looks in time. *most honest*: so many of a group. *a word*: one party says so.

# %%
table = trust.table(told)
assert len(table) == len(told), "every receipt says what it rests on"
pictures.draw_trust(table, list(trust.KINDS))

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ Share out (10 min)
# Write `payouts(reward, percent, work)`. `percent` gives each group's share of the reward in whole percent; `work` gives each group a `dict` of names and amounts (a group without any work at all gets nothing). Within a group in proportion, always rounded down. What is left goes to `"coordinator"`, so that all payouts sum to `reward`. Integers only.
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
# Three numbers to remember: **17 receipts** from an order to a sold agent; **2⁻¹⁰⁰** is the chance that a proof among them is false, where three of five people at 10 % fail once in **117**; **0 wei** are lost.
#
# Every claim is computed from bytes; facts that follow go on, files that are broken blame nobody else; and every proof is checked against what was fixed *before* it.

# %% [markdown]
# ## Further reading
# * `aicrypto/pipeline/receipts.py`: what a verdict is, in 250 lines.
# * RFC 8785, *JSON Canonicalization Scheme*: why one way to write is not trivial.
# * SLSA and in-toto: receipts for the making of software, without money.
# * *Verifiable evaluations of machine learning models using zkSNARKs*, arXiv 2402.02675.
