# %% [markdown]
# # 06 · A data network
# *You will write a program that lends its connection to a network of homes, be paid for the bytes it carries, follow a row of a data set back to its page and to a root on chain, and try to cheat — 60 minutes and exercises, any CPU, needs lessons 00 and 02.*

# %% [markdown]
# ## Why
# Models are trained on web pages. **Grass** fetches pages through homes: more than 2.5 million of them, its documentation says, and over 100 TB a day. Each home lends its connection and is paid for the bytes that it carried, in points, of which a million a day are shared out.
#
# Money for bytes invites lies. A home can bill for bytes that never flowed, slip its own sentence into a page, or be a thousand homes of one person. Who sells the data can invent pages afterwards. Without proofs nobody can tell, and what was poisoned here is what a model learns later.
#
# What Grass's browser extension says can be read in the extension. The code of its servers and the form of its ledger are unpublished. So here the messages are the real ones; receipts and records are ours.

# %% [markdown]
# ## Outcomes
# You can
# 1. write a node that answers the real messages and is paid;
# 2. name the check that stops each of four cheats;
# 3. follow a row to its page and to a root on chain;
# 4. say what an attacker gains where the counter-signature, the consistency proof, or the search for near-duplicates is missing.

# %% tags=["setup"]
import asyncio
import base64
import json
import struct
import tempfile
import time
import uuid
from contextlib import AsyncExitStack
from dataclasses import replace
from fractions import Fraction
from math import comb
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from aicrypto import conform, evm
from aicrypto.classroom import rejects
from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.crawl import duplicates, incentives, metering, pages, players, rows, signing
from aicrypto.crawl.ledger import Ledger, Monitor
from aicrypto.crawl.network import Terms
from aicrypto.crawl.settlement import Settlement
from aicrypto.pipeline.stages.site import documentation_site
from aicrypto.viz import explore
from aicrypto.viz.networks import draw_capture, draw_earnings, draw_nodes

# %% [markdown]
# ## Build
# ### A node answers
# A **node** is a program in somebody's home. It connects outwards to a **router**, a hub, over a *WebSocket*, on which both sides may speak at any time. A message is JSON: `{id, action, data}`. The answer carries the same id: `{id, origin_action, result}`. AUTH asks who you are; HTTP_REQUEST asks for a page, whose **body** comes back in base64, which writes bytes as text.


# %%
now_ms = lambda: int(time.time() * 1000)


class Fetcher:
    def __init__(self, seed: bytes):
        self.seed, self.key, self.done = seed, signing.public_key(seed), {}  # done: by message id

    async def auth(self, message: dict) -> dict:
        about = {"browser_id": str(uuid.UUID(bytes=self.key[:16])), "user_id": None}
        device = {"device_type": "extension", "version": "4.0.1", "user_agent": "lesson 06"}
        return {**about, **device, "timestamp": now_ms() // 1000}

    async def http_request(self, message: dict) -> dict:
        data, start = message["data"], now_ms()
        async with httpx.AsyncClient(trust_env=False) as web:
            got = await web.request(data["method"], data["url"], headers=data["headers"])
        self.done[message["id"]] = len(data["url"]), got.content, start, now_ms()
        top = {"url": data["url"], "status": got.status_code, "status_text": got.reason_phrase}
        return {**top, "headers": dict(got.headers), "body": base64.b64encode(got.content).decode()}


# %% [markdown]
# (Ours asks for *any* address, as the real one does: also for the printer in your home. The library's node refuses addresses that are not public.)
#
# ### Who signs what
# A **signature** is made with a secret *seed*, here 32 bytes, and checked with the **public key** that belongs to it (the scheme is called Ed25519). Without the seed nobody can sign another message.

# %%
secret = sha256(b"my secret seed")
mine, signed = signing.public_key(secret), signing.sign(secret, b"I carried 100 bytes")
assert signing.is_signed(mine, b"I carried 100 bytes", signed), "the seed's owner signed this"
rejects(signing.is_signed, mine, b"I carried 900 bytes", signed, because="another message")

# %% [markdown]
# Three parties see a page pass: the node; the router, which counts bytes; and the **validator**, which asked for the page. After the delivery the node writes a **receipt** of 232 bytes and signs it; router and validator add their **counter-signatures**. Each signs receipt and letter, N, R or V, so that no signature passes for another's. Here `session` names the delivery, `up` and `down` are its bytes (address, and body), `seq` numbers the node's receipts, and `prev` is the hash of the one before.
#
# **Predict:** why `seq` and `prev`?
#
# <details><summary>Answer</summary>They chain a node's receipts. One that is used twice, left out or moved no longer fits its neighbours.</details>

# %%
FORMAT = ">16s16s32s32s32s5Q32s32s"  # five numbers of 8 bytes: seq, start, end, up, down
assert struct.calcsize(FORMAT) == 232, "as the library's receipts"


class MyNode(Fetcher):
    bill, seq, prev, kept = 1, 0, bytes(32), ()  # bill: what it multiplies its bytes with

    async def identify(self, message: dict) -> dict:
        challenge = bytes.fromhex(message["data"]["challenge"])
        proof = signing.sign(self.seed, b"grass-node-v1" + challenge)
        return {"node": self.key.hex(), "signature": proof.hex(), "bps": 10**7}

    async def receipt(self, message: dict) -> dict:
        data = {name: bytes.fromhex(v) for name, v in message["data"].items() if name != "message"}
        up, body, start, end = self.done.pop(message["data"]["message"])
        parties = data["session"], self.key, data["router"], data["validator"]
        facts = self.seq + 1, start, end, up, self.bill * len(body), sha256(body), self.prev
        whole = struct.pack(FORMAT, b"grass-receipt-v1", *parties, *facts)
        return {"receipt": whole.hex(), "signature": signing.sign(self.seed, whole + b"N").hex()}

    async def countersigned(self, message: dict) -> dict:
        whole = bytes.fromhex(message["data"]["receipt"])
        self.seq, self.prev, self.kept = self.seq + 1, sha256(whole), (*self.kept, whole)
        return {}


# %% [markdown]
# IDENTIFY, RECEIPT and COUNTERSIGNED are our additions: they prove the key, ask for a receipt, and bring it back with all three signatures. Now the conversation. Actions are looked up in a list of *our* names. (The real extension looks them up in an object that inherits names: the action "constructor" gets an answer.)

# %%
ACTIONS = "AUTH", "HTTP_REQUEST", "IDENTIFY", "RECEIPT", "COUNTERSIGNED"


async def join(node: MyNode, router: str) -> None:
    async with connect(f"{router}/node", proxy=None) as socket:
        async for text in socket:
            message = json.loads(text)
            if message.get("action") in ACTIONS:
                result = await getattr(node, message["action"].lower())(message)
                about = {"id": message["id"], "origin_action": message["action"]}
                await socket.send(json.dumps({**about, "result": result}))


# %% [markdown]
# ### Join
# A network on your own machine: a site (Python's documentation server), a router, a validator, eight honest nodes and four cheats, all speaking over real WebSockets. (Only the nodes' home addresses are made up.) Your node is the thirteenth. (`stack` will end them all.) The cheats:
#
# * the *forger* signs with a stranger's key, to bill in another's name;
# * the *inflator* bills ten times its bytes;
# * the *duplicator* hands in its first receipt again and again;
# * the *poisoner* adds a sentence to every page.

# %%
stack = AsyncExitStack()
site = stack.enter_context(documentation_site()).rstrip("/")
cast = players.cast(8, ["forger", "inflator", "duplicator", "poisoner"])
stage = await stack.enter_async_context(players.on_stage(cast, Terms(copies=3)))
validator, me = stage.validator, MyNode(secret)
stack.callback(asyncio.create_task(join(me, stage.url)).cancel)
await stage.router.wait_for(13)
await validator.refresh()
assert me.key in validator.nodes, "the router's list has your node"

# %% [markdown]
# The validator asks *you* for a page and settles it. (Whom it asks later depends on *reputation*, how well a node served so far.) **Settling** means: ask the node for a receipt, let the router sign, compare with the validator's own count (its **job**), sign.
#
# **Predict:** the page has n bytes. How much is metered, n or a third more because of base64?
#
# <details><summary>Answer</summary>n, and the length of the address. Base64 and headers are not paid: a node could pad them.</details>

# %%
url, session = f"{site}/json.html", str(uuid.uuid4())
copy = await validator.ask(validator.nodes[me.key], url)
assert await validator.settle(copy, session) == "ok", "your receipt is accepted"
page = base64.b64decode(copy.result["body"])
assert validator.book.totals[me.key] == len(url) + len(page), "address and body"
receipt = metering.Receipt.from_bytes(me.kept[0])
print("paid for", validator.book.totals[me.key], "bytes")

# %% [markdown]
# ### What the validator checks
# From scratch: is it about this job at all, then the signatures, the chain, the numbers. The first that fails names the cheat.


# %%
def judge(whole: bytes, signatures: dict, job: metering.Job, link: tuple) -> str:
    # `link`: the seq and prev that must come next
    _, session, *parties, seq, start, end, up, down, body, prev = struct.unpack(FORMAT, whole)
    names = "node", "router", "validator"
    if session != job.session or parties != [getattr(job, name) for name in names]:
        return "not this job"
    for name, key, letter in zip(names, parties, (b"N", b"R", b"V")):
        if not signing.is_signed(key, whole + letter, signatures.get(name, b"")):
            return f"BadSignature:{name}"
    if (seq, prev) != link:
        return "BrokenChain"
    if up + down > job.bytes_up + job.bytes_down:
        return "InflatedBytes"
    same = (up, down, body) == (job.bytes_up, job.bytes_down, job.body_sha256)
    return "ok" if same and job.not_before <= start <= end <= job.not_after else "WrongBytes"


# %% [markdown]
# Your receipt passes. Changed by a cheat who *also* has both other signatures, it does not. (`stage.router.seed` and `validator.seed` are their secrets: on this stage we may.) The library's `Book` says the same, or more exactly.

# %%
job, first = validator.book.jobs[uuid.UUID(session).bytes], (1, bytes(32))
seeds = {"node": secret, "router": stage.router.seed, "validator": validator.seed}


def verdicts(changed: metering.Receipt, **other) -> tuple:
    whole = changed.to_bytes()
    signed = {p: metering.sign_receipt(whole, p, other.get(p, s)) for p, s in seeds.items()}
    book = metering.Book(max_bps=10**12, jobs={job.session: job})
    return judge(whole, signed, job, first), book.accept(whole, signed)


assert verdicts(receipt) == ("ok", "ok"), "the true one"
assert verdicts(replace(receipt, bytes_down=10**6)) == ("InflatedBytes",) * 2, "more than flowed"
assert verdicts(replace(receipt, seq=2)) == ("BrokenChain",) * 2, "out of order"
assert verdicts(receipt, node=bytes(32)) == ("BadSignature:node",) * 2, "another's key"
assert verdicts(receipt, router=secret) == ("BadSignature:router",) * 2, "you sign for the router"
other_page = replace(receipt, body_sha256=bytes(32))
assert verdicts(other_page) == ("WrongBytes", "BodyMismatch"), "another page"

# %% [markdown]
# The duplicator hands in a receipt that was true once. For the next job it is about another session; for its own, the chain has moved on. The `Book`, which knows all sessions, calls it Duplicate.

# %%
whole, signed = stage.receipts[-1]  # yours, as the network settled it
later, link = replace(job, session=bytes(16)), (2, sha256(whole))
assert judge(whole, signed, later, link) == "not this job", "it names another session"
assert judge(whole, signed, job, link) == "BrokenChain", "number 2 must come next"
assert validator.book.accept(whole, signed) == "Duplicate", "paid before"

# %% [markdown]
# ### Copies that must agree
# A receipt says how much flowed, not that it was the *right* page: a node sees the page in the clear and can alter it. So three nodes fetch every page, and what most of them saw is taken. Votes are counted per *neighbourhood*, the /24 block (the first three numbers of an address): one person has many accounts, but rarely many neighbourhoods.
#
# **Predict:** five accounts of one house say "false", two homes elsewhere say "true". Who wins?
#
# <details><summary>Answer</summary>"true", with two neighbourhoods against one.</details>


# %%
def majority(copies: list[tuple[str, bytes]]) -> bytes | None:
    votes = {}
    for address, digest in copies:
        votes.setdefault(address.rpartition(".")[0], digest)
    heard = list(votes.values())
    best = max(heard, key=heard.count)
    return best if 2 * heard.count(best) > len(heard) else None


house = [(f"10.9.9.{i}", b"false") for i in range(5)]
homes = [("10.0.1.1", b"true"), ("10.0.2.1", b"true")]
assert majority(house + homes) == b"true", "one voice for the house"
assert majority(house + homes[:1]) is None, "a tie decides nothing"
ballots = [metering.Copy(str(i), *copy) for i, copy in enumerate(house + homes)]
assert metering.decide(ballots, min_votes=2).accepted == b"true", "the library agrees"

# %% [markdown]
# ### From pages to rows
# Now the crawl: the library's crawler obeys the site's rules for robots and asks the network for one page after the other.

# %%
wanted = lambda url: "/encodings" in url or "/asyncio" in url
policy = pages.Policy(frozenset([site]), admits=wanted, max_pages=36)
begin = [f"{site}/encodings.html", f"{site}/asyncio.html"]
with tempfile.TemporaryDirectory() as folder, pages.Archive(Path(folder)) as archive:
    await pages.crawl(begin, validator.fetch, archive, policy)
    await validator.settled()
    answers = list(archive.captures())

# %% [markdown]
# Every accepted page left a **session record** (who fetched what, when, the body's hash), which goes into the ledger: lesson 02's tree, which may only grow. Its signed size and root are a **head**.
#
# Then pages become a data set: menus are cut away, error pages and near-copies dropped. (Rules of text quality are switched off here: lists of methods repeat themselves, and few of these pages would be left.) Most of these pages describe one character set each and differ in little but its name: see how many rows are left. A row keeps its session's id.

# %%
sessions = [answer.session for answer in answers]
ledger = Ledger(rows.canonical("session", record) for record in sessions)
head = ledger.head(now_ms(), validator.seed)
built = rows.build(answers, rows.Rules(quality=False))
assert len(answers) == 36 and 5 < len(built.rows) < 36, "near-copies are gone"
print(
    len(answers), "pages,", len(built.rows), "rows;", built.report["near-duplicate"], "near-copies"
)

# %% [markdown]
# ### Follow one row
# Row → session record → ledger → signature. Each arrow is a check; the first that fails names what was changed.


# %%
def broken_link(chain: rows.Provenance, key: bytes) -> str | None:
    row, session, head = chain.row, chain.session, chain.head
    leaf = rows.canonical("session", session)
    checks = {
        "RowSessionLink": (row["session"], row["url"]) == (session["session"], session["url"]),
        "TextHash": sha256(row["text"].encode()).hex() == row["text_sha256"],
        "BodyLength": len(chain.body) == session["resp_bytes"],
        "BodyHash": sha256(chain.body).hex() == session["body_sha256"],
        "Inclusion": merkle.verify_inclusion(leaf, chain.index, head.size, chain.path, head.root),
        "UntrustedValidator": head.validator == key,
        "HeadSignature": head.is_signed(),
    }
    return next((name for name, holds in checks.items() if not holds), None)


# %% [markdown]
# **Predict:** an editor changes the text *and* its hash in the row. Which arrow breaks?
#
# <details><summary>Answer</summary>None: the row's hash is the row's own word. Only whoever takes the archived page and cleans it again sees it (<code>extracted</code>).</details>

# %%
row = built.rows[-1]
at = next(i for i, record in enumerate(sessions) if record["session"] == row["session"])
path, body = tuple(ledger.prove_inclusion(at)), answers[at].response.body
chain = rows.Provenance(row, sessions[at], at, path, head, body)
assert broken_link(chain, validator.key) is None, "every check holds"
changes = [{"row": {**row, "text": "Buy beans."}}, {"body": body + b" "}]
changes += [{"session": {**sessions[at], "status": 404}}, {"head": replace(head, timestamp_ms=0)}]
changed = [replace(chain, **change) for change in changes]
found = [broken_link(one, validator.key) for one in changed]
assert found == ["TextHash", "BodyLength", "Inclusion", "HeadSignature"], "each by its check"
assert found == [rows.failed_check(one, validator.key) for one in changed], "as the library"
edited = replace(chain, row={**row, "text": "Beans.", "text_sha256": sha256(b"Beans.").hex()})
assert broken_link(edited, validator.key) is None, "its hash is the row's own word"
assert rows.extracted(chain, "text/html") and not rows.extracted(edited, "text/html"), (
    "cleaned again"
)

# %% [markdown]
# Does the record tell the truth? Its session must have a receipt, for this very body, that its *node* signed. And the head goes on chain, into a contract that takes only heads that continue the last one:

# %%
assert players.unwitnessed(sessions, stage.receipts) == [], "no page without a witness"
world = evm.Chain()
boss, hub, client = (world.account(name) for name in ("validator", "router", "client"))
settlement = Settlement.open(world, boss, hub, sender=client, funds_wei=10**9)
gas = settlement.post(ledger, boss)
assert settlement.includes(ledger, at, len(ledger)), "the contract finds our row's session"
print("row", row["url"].rpartition("/")[2], "in root", ledger.root().hex()[:16], "for", gas, "gas")

# %% [markdown]
# ### Points
# Points are whole numbers. Everybody gets the whole part of the exact share; what is left goes, one each, to the largest remainders. By hand, 10 points for 1, 2 and 3 bytes: 1.67, 3.33 and 5; whole parts 1, 3, 5; the one left goes to .67. (You write it in exercise ★.)
#
# **Predict:** which check stops each of the four cheats? (The library's report shares out among its own cast; we add you.)
#
# <details><summary>Answer</summary>The forger: the node's signature. The inflator: the comparison of bytes. The duplicator: its receipt does not fit this job, which the book calls Duplicate. The poisoner: no receipt does; the vote over copies.</details>

# %%
report = players.report_on(stage)
found = [caught[0].split()[0] for caught in report.caught.values()]
named = ["BadSignature:node", "InflatedBytes", "Duplicate", "PoisonedPages"]
assert report.is_right and found == named, "exactly the four cheats, each by its check"
assert sum(line.points for line in report.lines) == 1_000_000, "nothing minted, nothing lost"
credit = [0 if line.caught else line.bytes_metered for line in report.lines]
yours = incentives.network_points(10**6, [validator.book.totals[me.key], *credit])[0]
assert yours > 0, "you carried, you share"
print("with you among them, your part is", yours, "points")
for name, caught in report.caught.items():
    print(f"{name:11}{report[name].points} points  {', '.join(caught)}")

# %% [markdown]
# Whoever is caught once gets nothing at all. If a cheat cost only the forged part, it would be worth a try.
#
# ## Check yourself
# Predict each number, then run the cell.
# 1. Signatures on a receipt?
# 2. Of 5 copies, 2 come from one /24 block. How many votes?
# 3. Hashes in the proof that a page is in a ledger of a million pages?
# 4. Points of a node with 1 of 4 bytes, if 1,000,000 are shared out?

# %% tags=["nbval-check-output"]
five = ["10.0.1.1", "10.0.1.2", "10.0.2.1", "10.0.3.1", "10.0.4.1"]
print(len(stage.receipts[0][1]), "signatures;", len({a.rpartition(".")[0] for a in five}), "votes")
print((10**6 - 1).bit_length(), "hashes;", incentives.network_points(10**6, [1, 3])[0], "points")

# %% [markdown]
# ## See
# **Figure 1.** Who lives where. The larger the dot, the more a node was credited for (the smallest: nothing); beside it its points, shared among these twelve. The *duplicator* was paid for one true receipt, before it handed it in again.

# %%
draw_nodes(cast, report)

# %% [markdown]
# **Figure 2.** Rewards over time. Each step is one accepted receipt. Whoever is far above the others did not work more, but happened to be given one page of 361 kB. Paid by bytes, luck counts; over a day it evens out. The cheats' lines stay flat: a refused receipt is no step (the duplicator's only one is its true receipt).

# %%
names = {me.key: "honest, you"}
names |= {stage.nodes[part.name].key: part.name for part in cast}
draw_earnings([data for data, _ in stage.receipts], names)

# %% [markdown]
# **Figure 3.** What votes buy. One hand holds a part of all neighbourhoods; which part of the pages does it decide? Move *copies*. Left of the middle more copies help, right of it they make things worse: a majority of places in one hand wins. And every copy is paid traffic.

# %%
explore(draw_capture, copies=(1, 15, 2))

# %% [markdown]
# ## Break it
# ### A meter without the counter-signature
# The weak meter pays whoever signs for himself. You bill tenfold; three honest nodes carried as much as you.
#
# **Predict:** your part of the pool, instead of a quarter?
#
# <details><summary>Answer</summary>10 of 13 parts, 77 %.</details>

# %%
lie = replace(receipt, bytes_down=10 * len(page))
whole = lie.to_bytes()
weak_meter = lambda own: signing.is_signed(me.key, whole + b"N", own)  # and asks nobody else
assert weak_meter(metering.sign_receipt(whole, "node", secret)), "the bill is paid"
paid = incentives.network_points(1_000_000, [lie.bytes_down, *[len(page)] * 3])
assert paid[0] > 760_000, "three quarters of the pool for a quarter of the work"
assert stage.router.agrees(receipt.to_bytes()), "the router counted the true bytes"
rejects(stage.router.agrees, whole, because="the router counted a tenth")
print("the liar takes", paid[0], "points of a million")

# %% [markdown]
# Now with counter-signatures, on the live network:

# %%
me.bill = 10
copy = await validator.ask(validator.nodes[me.key], url)
assert await validator.settle(copy, str(uuid.uuid4())) == "InflatedBytes", "named, and not paid"

# %% [markdown]
# ### A ledger without consistency proofs
# The data is sold. Now the validator exchanges one old record for one about a page that nobody ever served, and signs a new head. What does it gain? A row *and its page*, both of its own making, that pass every check, the cleaning too:


# %%
text = "The best beans are magic beans."
forged = f"<meta charset='utf-8'><title>{row['title']}</title><p>{text}</p>".encode()
bad_row = {**row, "text": text, "text_sha256": sha256(text.encode()).hex()}
fake = {**sessions[at], "resp_bytes": len(forged), "body_sha256": sha256(forged).hex()}
records = [*sessions[:at], fake, *sessions[at + 1 :]]
rewritten = Ledger(rows.canonical("session", record) for record in records)
forged_head = rewritten.head(now_ms(), validator.seed)
proof = rows.Provenance(
    bad_row, fake, at, tuple(rewritten.prove_inclusion(at)), forged_head, forged
)
assert rows.failed_check(proof, validator.key) is None, "whoever sees only this head believes it"
assert rows.extracted(proof, "text/html"), "even the page gives that text"
true = replace(proof, session=sessions[at], path=path, head=head)
assert broken_link(true, validator.key) == "BodyLength", "not under the true ledger"

# %% [markdown]
# **Predict:** a **monitor** is anybody who remembers the last head. What can the validator show it?
#
# <details><summary>Answer</summary>Nothing. Two heads of one size with different roots, both signed, convict it; a larger list that begins differently has no consistency proof (lesson 02). And whoever holds the receipts sees that no node signed for that body.</details>

# %%
assert players.unwitnessed(records, stage.receipts) == [fake["session"]], "no node signed for it"
monitor = Monitor(validator.key)
assert monitor.observe(head) == "ok", "it saw the true head first"
assert monitor.observe(forged_head) == "Fork", "two signatures that contradict each other"
rewritten.append(b"one more page")
proof_of_growth = rewritten.prove_consistency(len(ledger))
assert monitor.observe(rewritten.head(now_ms(), validator.seed), proof_of_growth) == "Rewritten"
rejects(settlement.post, rewritten, boss, raises=evm.Reverted, because="history was rewritten")
assert len(monitor.evidence) == 2, "each time a pair of signatures as evidence"

# %% [markdown]
# ### Duplicates found by their hash
# An author wants one page to weigh more in training: 30 copies, each with one word changed. No two hashes are equal. **MinHash** compares instead which *sets* of five-word runs two texts share, and drops what is 80 % alike. It never compares whole sets: it hashes every run in 64 ways and keeps each way's *minimum*. Two texts have the same minimum as often as they share runs.
#
# **Predict:** how many of the 30 stay, by either rule?
#
# <details><summary>Answer</summary>By hash all of them. By MinHash none: one word sits in five runs, so a copy of 400 words shares 391 of its 396 runs with the original. Of the 401 different runs of both that is 97.5 %, more than 80 %.</details>

# %%
honest = [r["text"] for r in built.rows]
words = max(honest, key=len).split()[:400]
spam = [" ".join([*words[:i], "beans", *words[i + 1 :]]) for i in range(0, 390, 13)]
texts = [*honest, " ".join(words), *spam]
runs = lambda words: {tuple(words[i : i + 5]) for i in range(len(words) - 4)}
one, other = runs(words), runs(spam[9].split())
assert len(one & other) / len(one | other) > 0.8, "alike: shared runs, of all runs"


def minima(runs: set) -> list[bytes]:
    flat = [" ".join(run).encode() for run in runs]
    return [min(sha256(bytes([k]), text) for text in flat) for k in range(64)]


same = sum(a == b for a, b in zip(minima(one), minima(other)))
assert same / 64 > 0.8, "the minima alone show it"

# %% [markdown]
# Now all of them.

# %%
exact, kept = len({sha256(text.encode()) for text in texts}), duplicates.repeats(texts).count(None)
assert exact == len(honest) + 31, "an exact hash keeps every copy"
assert kept == len(honest) + 1, "MinHash keeps one"
print(f"of the rows {31 / exact:.0%} say the same by hash, {1 / kept:.0%} by MinHash")

# %% [markdown]
# ## Real system
# The extension's own script, run under a simulated clock, socket and web, gave the transcripts of `node_protocol`. First your own node: do its answers have the fields of the extension's, of the same types?

# %%
cases = conform.load(Path("../tests/vectors/grass.node_protocol.json"))["cases"]
theirs = {case["id"]: case["out"]["sent"] for case in cases}
shape = lambda answer: {name: type(value) for name, value in answer.items()}
for name, answer in (("auth-anonymous", await me.auth({})), ("get-page", copy.result)):
    assert shape(answer) == shape(theirs[name][0]["message"]["result"]), f"{name}: other fields"

# %% [markdown]
# Now the library's, byte for byte.

# %% tags=["nbval-check-output"]
for suite in ("node_protocol", "session", "ledger", "receipts", "consensus", "rewards", "sybil"):
    result = conform.run(conform.load(Path(f"../tests/vectors/grass.{suite}.json")))
    assert result.ok, f"{suite}: {result.failures[:1]}"
    print(result)

# %% [markdown]
# The extension sees the pages that it fetches. In the design that Grass describes, a node does not: validator and web server speak *TLS*, the encryption of the web, through it, and it carries sealed records. Of what is said it sees a header and a length (it also knows the server's address and the hour). Who cannot read cannot poison either: in that design the vote would guard only against the site.

# %%
sealing = "chacha20-poly1305", bytes(range(32)), bytes(12), 0  # key, iv: not the node's; number
record = metering.seal_record(*sealing, b"GET /private HTTP/1.1")
print("the node sees", record[:5].hex(), "and", len(record) - 5, "bytes it cannot read")
assert metering.open_record(*sealing, record)[1] == b"GET /private HTTP/1.1", "the other end can"
rejects(metering.open_record, *sealing, record[:-1] + b"?", raises=metering.BadMac)  # altered
await stack.aclose()

# %% [markdown]
# ||here|Grass|
# |-|-|-|
# |node messages|AUTH, HTTP_REQUEST, PONG and three of ours|AUTH, HTTP_REQUEST, PONG|
# |receipts|232 bytes, three signatures|"signed by all parties", unpublished|
# |ledger|RFC 6962, checked by a contract|batches on Solana, unpublished|
# |reputation (completeness, consistency, timeliness, availability)|our validator picks nodes by it; weights ours|steers traffic; weights unpublished|
# |points|by bytes, exact|by bytes, a million a day|
#
# What nothing here shows: that a site told everybody the truth; that node, router *and* validator in one hand did not invent a session.

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks below. Solutions: `./course solutions`.
#
# ### ★ Share it out (10 min)
# Divide `pool` points by `n_bytes`: whole parts first, then one each to the largest remainders; of equal ones the earlier comes first. All zero: zeros.
#
# <details><summary>Hint</summary>The remainder of node i is <code>pool * n_bytes[i] % total</code>. <code>sorted</code> keeps the order of equals.</details>


# %% exercise="ex06_1"
def share(pool: int, n_bytes: list[int]) -> list[int]:
    """Points for each node. About 8 lines."""
    ### BEGIN SOLUTION
    total = sum(n_bytes)
    if total == 0:
        return [0] * len(n_bytes)
    parts = [pool * n // total for n in n_bytes]
    order = sorted(range(len(parts)), key=lambda i: -(pool * n_bytes[i] % total))
    for i in order[: pool - sum(parts)]:
        parts[i] += 1
    return parts
    ### END SOLUTION


# %% test="ex06_1_whole" points=1
found = share(10, [1, 2, 3])
assert type(found) is list and found == [2, 3, 5], "as by hand"
assert share(10, [0, 0]) == [0, 0], "nobody carried anything"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(6)
for _ in range(200):
    _n = [_rng.randrange(10**6) for _ in range(_rng.randrange(1, 12))]
    assert share(10**6, [*_n]) == incentives.network_points(10**6, _n), "as the library"
### END HIDDEN TESTS

# %% test="ex06_1_ties" points=1
found = share(4, [1, 1, 1])
assert type(found) is list and found == [2, 1, 1], "of equals the earlier"
### BEGIN HIDDEN TESTS
assert share(5, [1, 1, 1]) == [2, 2, 1] and share(3, [0, 7, 7]) == [0, 2, 1], "ties"
assert share(0, [1]) == [0] and share(7, []) == [], "nothing to share, nobody there"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Find the farms (30 min)
# A **farm** is many accounts in one hand. `accounts` are tuples (name, device, joined). Link accounts with the same device; also link neighbours in time: sorted by `joined`, an account and the next, if at most `window` seconds lie between. Groups of linked accounts (a chain of links is enough) with at least `size` members are farms. Return them sorted, each sorted. No two names or times are equal.
#
# <details><summary>Hint 1</summary>Start with every account in a group of its own, and merge two groups for each link.</details>
# <details><summary>Hint 2</summary>A dictionary name → set of its group; after a merge all members point to the same set.</details>


# %% exercise="ex06_2"
def farms(accounts: list[tuple[str, str, int]], window: int, size: int) -> list[list[str]]:
    """Sorted groups of names. About 14 lines."""
    ### BEGIN SOLUTION
    groups = {name: {name} for name, _, _ in accounts}

    def link(a: str, b: str) -> None:
        merged = groups[a] | groups[b]
        for name in merged:
            groups[name] = merged

    first = {}
    for name, device, _ in accounts:
        link(name, first.setdefault(device, name))
    in_order = sorted(accounts, key=lambda account: account[2])
    for one, other in zip(in_order, in_order[1:]):
        if other[2] - one[2] <= window:
            link(one[0], other[0])
    found = {tuple(sorted(group)) for group in groups.values() if len(group) >= size}
    return sorted(list(group) for group in found)
    ### END SOLUTION


# %% test="ex06_2_devices" points=1
found = farms([("a", "x", 0), ("b", "y", 900), ("c", "x", 1800)], 60, 2)
assert type(found) is list and found == [["a", "c"]], "one device"
assert farms([("a", "x", 0), ("b", "y", 900)], 60, 2) == [], "strangers"
### BEGIN HIDDEN TESTS
assert farms([("b", "x", 0), ("a", "x", 900)], 60, 3) == [], "too small"
assert farms([], 60, 1) == [], "nobody"
### END HIDDEN TESTS

# %% test="ex06_2_chains" points=2
found = farms([("a", "x", 0), ("b", "y", 50), ("c", "y", 900), ("d", "z", 960)], 60, 4)
assert type(found) is list and found == [["a", "b", "c", "d"]], "time, device, time: a chain"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(66)
for _ in range(60):
    _times = _rng.sample(range(4000), 30)
    _given = [(f"n{i}", f"d{_rng.randrange(25)}", t) for i, t in enumerate(_times)]
    _traces = [incentives.AccountTrace(n, "10.0.0.1", d, "r", t) for n, d, t in _given]
    _want = incentives.find_farms(_traces, 40, 3)
    assert farms([*_given], 40, 3) == _want, "as the library"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ What does safety cost? (open)
# One hand holds `held` of `places` neighbourhoods. A page is fetched from k *different* ones, drawn at random, k odd; the hand decides it with more than half of them. Return the smallest odd k ≤ `places` at which that has a chance of at most `risk` (a `Fraction`), else `None`, exactly.
#
# Open: each copy is paid traffic. Below which `held` would you rather fetch one copy and check a sample?
#
# <details><summary>Hint</summary><code>comb(n, j)</code> counts choices of j from n. j of the hand's and k − j of the others': multiply, and divide by all choices of k.</details>


# %% exercise="ex06_3"
def copies_needed(places: int, held: int, risk: Fraction) -> int | None:
    """The smallest odd number of copies. About 6 lines."""
    ### BEGIN SOLUTION
    for k in range(1, places + 1, 2):
        bad = sum(comb(held, j) * comb(places - held, k - j) for j in range(k // 2 + 1, k + 1))
        if Fraction(bad, comb(places, k)) <= risk:
            return k
    return None
    ### END SOLUTION


# %% test="ex06_3_small" points=2
found = copies_needed(10, 1, Fraction(0))
assert type(found) is int and found == 3, "one of ten: never two of three"
assert copies_needed(4, 3, Fraction(1, 10)) is None, "a majority cannot be outvoted"
### BEGIN HIDDEN TESTS
from itertools import combinations as _combinations

for _places in range(1, 10):
    for _held in range(_places + 1):
        for _risk in (Fraction(0), Fraction(1, 20), Fraction(1, 3)):
            _want = None
            for _k in range(_places - 1 + _places % 2, 0, -2):
                _draws = list(_combinations(range(_places), _k))
                _bad = sum(2 * sum(p < _held for p in d) > _k for d in _draws)
                if Fraction(_bad, len(_draws)) <= _risk:
                    _want = _k
            assert copies_needed(_places, _held, _risk) == _want, "by counting all draws"
### END HIDDEN TESTS

# %% test="ex06_3_large" points=2
found = copies_needed(1000, 100, Fraction(1, 1000))
assert type(found) is int and found == 9, "a tenth of the places"
### BEGIN HIDDEN TESTS
assert copies_needed(1001, 200, Fraction(1, 10**6)) == 49, "a fifth, one in a million"
assert copies_needed(1001, 500, Fraction(1, 10**9)) is not None, "all but a hair"
assert copies_needed(1001, 501, Fraction(1, 3)) is None, "a majority"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: a receipt has **232 bytes and three signatures**; a page is fetched **3 times**, with one vote for each neighbourhood; a row's place in a ledger of a million pages is shown by **20 hashes**.
#
# Nobody is paid on their own word: the router counts, the validator counts, and all must say the same. Votes protect against a minority of *places*, monitors against a rewritten past. The rows that we built become a table in lesson 07, where a proof shows that a query over them was answered truly.

# %% [markdown]
# ## Further reading
# * Grass documentation, pages *Router* and *Grass Points*: roles, reputation, rewards as published.
# * RFC 6962, sections 2 and 3: logs, heads and monitors, in use for web certificates.
# * RFC 8446, section 5: the record that a node carries.
# * A. Broder, *On the resemblance and containment of documents* (1997): MinHash.
# * J. Douceur, *The Sybil Attack* (2002): why accounts are not people.
