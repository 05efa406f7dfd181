# %% [markdown]
# # 15 · An AI oracle
# *Ask a model from a contract, own an image whose maker can be checked, overturn one changed pixel, read the result on another chain, price a stolen layer — 75 minutes and exercises, any CPU, needs lessons 02, 13 and 14.*

# %% [markdown]
# ## Why
# A contract cannot run a model: ORA's paper *opp/ai* counts more than 3 billion gas for *one* 1000 × 1000 matrix product on Ethereum, a hundred full blocks of that time. So ORA's **oracle** takes a question and 0.0003 ETH, a **server** off the chain runs the model, and the oracle *calls back* the contract that asked, with the answer.
#
# That answer is a claim, as in lesson 14: anybody may dispute it while a window is open. A contract that acts in the callback acts on what nobody has checked. We build the oracle, then rob whoever forgets the window.

# %% [markdown]
# ## Outcomes
# You can
# 1. say what a callback promises, and from when on an answer counts;
# 2. mint an image whose maker anybody can check, and overturn a false one;
# 3. prove to another chain what a contract's storage holds, and what it does *not* hold;
# 4. say what a thief has to pay for a private layer.

# %% tags=["setup"]
from pathlib import Path

import numpy as np
from eth_abi import encode

from aicrypto import conform, oracle
from aicrypto.classroom import rejects
from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain, Reverted, compile_source, tries
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.opml.games import Challenger, Fault, Terms, lie
from aicrypto.opml.machine import MODEL
from aicrypto.oracle import split
from aicrypto.viz import explore
from aicrypto.viz.oracle import draw_finality, draw_images, draw_theft, draw_trie

ETH, DAY, FEE = 10**18, 86_400, 3 * 10**14  # wei, seconds, wei

# %% [markdown]
# ## Build
# ### What an oracle promises
# A **request** is answered once. Until its *deadline* a dispute may **overturn** the answer: another takes its place, and the window starts again. From the deadline on the answer is **final**.


# %%
class Answers:
    def __init__(self, window: int):
        self.window, self.now, self.known = window, 0, {}

    def answer(self, request: int, output: bytes, overturns: bool = False) -> None:
        if (request in self.known) != overturns or self.is_final(request):
            raise ValueError("answered already, or final, or nothing to overturn")
        self.known[request] = output, self.now + self.window

    def is_final(self, request: int) -> bool:
        return request in self.known and self.now >= self.known[request][1]


# %% [markdown]
# **Predict:** the window is 24 hours. The answer of hour 0 is overturned at hour 20. When is its successor final?
#
# <details><summary>Answer</summary>At hour 44: it may be wrong as well, so it gets a whole window.</details>

# %%
answers = Answers(24)
answers.answer(1, b"YES")
answers.now = 20
answers.answer(1, b"NO", overturns=True)
answers.now = 43
assert not answers.is_final(1), "one hour is missing"
answers.now = 44
assert answers.is_final(1) and not answers.is_final(2), "what was never answered is never final"
rejects(answers.answer, 1, b"YES", True, raises=ValueError, because="too late")

# %% [markdown]
# **Figure 1.** Move the hour of the overturning. An eager receiver pays at the red line.

# %%
explore(draw_finality, overturned=(1, 24), window=24)

# %% [markdown]
# ### A contract that asks
# A **DAO** is a contract with a treasury. Ours puts each proposal to a model and reads a vote from its answer. The oracle knows a model's fee and which servers are **admitted**. A server's program, `Node`, reads from the chain's events what is still to be answered, so that it may crash at any time. (Our judge stands in for a language model: any function of bytes can answer. No court can judge *it* yet; we come back to that.)
#
# The heart of `AiDao.vy`, shortened:
# ```
# def aiOracleCallback(requestId, output, callbackData):
#     assert msg.sender == ORACLE
#     self.proposals[proposal].vote = self._parse(output)
#     self.proposals[proposal].deadline = block.timestamp + WINDOW
#
# def execute(proposal):
#     assert block.timestamp >= found.deadline                       # its own window
#     assert staticcall AIOracle(ORACLE).isFinalized(found.request)  # and the oracle's word
#     assert found.vote == YES
#     raw_call(found.to, b"", value=found.amount)
# ```

# %%
chain = Chain(timestamp=1_700_000_000)
owner, alice, mallory, server = map(chain.account, ("owner", "alice", "mallory", "server"))
said = lambda text, number: b"YES" if b"lesson" in text else b"NO"
judge = oracle.FunctionModel("aicrypto/judge", said)


def deploy_dao(contract="AiDao"):
    service = oracle.deploy_oracle(chain, owner, window_s=DAY)
    service.register(judge.number, fee_wei=FEE)
    service.admit(server)
    service.admit(mallory)  # who has plans of his own
    rules = service.contract, judge.number, DAY, 5 * ETH  # its own window, largest payment
    return service, chain.deploy(contract, *rules, sender=owner, value=10 * ETH)


# %% [markdown]
# **Predict:** the server has answered YES. What may Alice do at once?
#
# <details><summary>Answer</summary>Wait. The vote is stored; paying is another call, open to anybody once the answer is final.</details>

# %%
service, dao = deploy_dao()
node = oracle.Node(service.contract, server, [judge], service.library)
proposal = dao.propose(alice, ETH, b"for a new lesson", sender=alice)
dao.ask(proposal, sender=alice, value=FEE)
assert [reply.output for reply in node.work()] == [b"YES"], "one request, one answer"
# After a crash, the chain knows what is answered.
assert oracle.Node(service.contract, server, [judge], service.library).work() == [], "nothing new"
rejects(dao.execute, proposal, sender=alice, raises=Reverted, because="a vote, but not final")
chain.warp(DAY)
dao.execute(proposal, sender=alice)
assert chain.balance(dao) == 9 * ETH, "final, and paid"

# %% [markdown]
# ### A painter that anybody can run again
# Our second model draws digits. Its **prompt** is eight bytes: a digit, a space, six letters of style. Two layers read the text; the others are one half of an *autoencoder*, a network trained to squeeze pictures into six numbers and draw them again. All is rounded to int8 and runs in lesson 13's machine: everybody gets the *same* 64 pixels.

# %% tags=["nbval-ignore-output"]
import torch

torch.set_num_threads(1)  # bit for bit the same on every run
layers = oracle.train_painter(**np.load("../data/digits.npz"))  # images, labels
painter = oracle.MachineModel("aicrypto/painter", layers)
prompt = oracle.prompt_of(7, "kitten")
image, run = painter.answer(prompt), painter.run(prompt)
assert oracle.shown_output(run)[0] == image, "the machine leaves the same bytes"
print(f"{prompt} -> {len(image)} bytes, after {run.n_steps:,} instructions")

# %% [markdown]
# **Figure 2.** One style, all digits. (Deployed image models are larger, not of another kind.)

# %%
texts = [oracle.prompt_of(digit, "kitten") for digit in range(10)]
draw_images({f"{text[0]:c}": oracle.pixels_of(painter.answer(text)) for text in texts})

# %% [markdown]
# ### A token that can be checked
# An **NFT** is a numbered token with an owner. **ERC-7007** makes one of generated content: its number is the prompt's hash, and `verify(prompt, content, proof)` says whether the model made it. How does a market learn that it may ask? Contracts answer for an **interface id**, the XOR of the *selectors* of its functions: the first four bytes of each signature's hash.


# %%
def id_of(*signatures: str) -> bytes:
    number = 0
    for signature in signatures:
        number ^= int.from_bytes(keccak256(signature.encode())[:4], "big")
    return number.to_bytes(4, "big")


ERC7007 = id_of("addAigcData(uint256,bytes,bytes,bytes)", "verify(bytes,bytes,bytes)")
assert ERC7007.hex() == "702c55a6", "as the standard says"

# %% [markdown]
# On the chain: the token, its **library** of results (our `Answers`, as a contract), and a **court** that opens lesson 14's games. The court computes the start state of a dispute *itself*, from the prompt and 23 hashes of the painter's memory (`siblings`), bound by a hash of the program that is registered once. Who could choose the start state would choose the model.

# %%
token, library = oracle.deploy_optimistic_token(chain, owner, painter.number, DAY)
# No start state yet (32 zero bytes): each case brings its own.
terms = Terms(bytes(32), window_s=DAY // 2, clock_s=DAY // 4, extension_s=600)
court = oracle.deploy_court(chain, library, owner, terms)
library.appoint(painter.number, court, sender=owner)
court.register(painter.number, painter.program_hash, sender=owner)
assert token.supportsInterface(ERC7007), "a market may ask it"
start = court.start_of(prompt, painter.siblings)
assert start == painter.image(prompt).start.hash, "the contract finds lesson 13's start state"

# %% [markdown]
# Mallory mints the seven with *one pixel changed*. Alice *claims* the true run in court; Mallory *challenges* with a run in which one bit of a weight flips half way. A claim locks a bond of 1 ETH, a challenge 0.2 ETH.
#
# **Predict:** who can notice, and what does Alice get back?
#
# <details><summary>Answer</summary>Anybody who has the painter, for one run of some milliseconds. Alice gets 1.2 ETH: her bond, and the loser's.</details>

# %% tags=["nbval-ignore-output"]
levels = np.frombuffer(image, "<i4").copy()
levels[0] += 4096  # the corner: eight of 16 grey levels
fake = levels.tobytes()
number = token.mint(mallory, prompt, fake, b'"name": "Seven"', b"", sender=mallory)
request = token.requestOf(number)
chain.warp(DAY - 3600)
# Number, who asks, model, input; whom to call back, with how much gas and which data.
minted = oracle.Request(request, mallory.address, painter.number, prompt, oracle.NOBODY, 0, b"")
case = oracle.open_case(court, terms, painter, minted, run, "alice")
# Mallory's run: half way, one bit of a weight flips in memory.
false = lie(run, Fault("mem", at=run.n_steps // 2, addr=MODEL + 2000, xor=64))
ruling = oracle.dispute(case, "alice", [Challenger("mallory", false)])
assert ruling.is_overturned and library.output_hash(request) == keccak256(image), "the true image"
print(ruling.settlement.credits_wei["alice"] / ETH, "ETH;", sum(ruling.gas_used.values()), "gas")

# %% [markdown]
# What happened: bisection found Mallory's false instruction, and the chain executed that one. Meanwhile the court **held** the result: its deadline passed, and it did not become final.
#
# **Figure 3.** What was minted, what the painter makes, and the difference.

# %%
pictures = {"minted": oracle.pixels_of(fake), "true": oracle.pixels_of(image)}
pictures["difference"] = np.abs(pictures["minted"].astype(int) - pictures["true"])
draw_images(pictures, "One pixel, overturned")

# %%
early = oracle.prove_result(library, request)  # for later: the true image, too early
assert not token.verify(prompt, image, b""), "true, but its window has only begun"
chain.warp(DAY)
assert token.verify(prompt, image, b"") and not token.verify(prompt, fake, b""), "now it counts"

# %% [markdown]
# ### One hash for all storage
# Another chain wants this result and will not run the painter. Ethereum hashes *all* accounts and their storage into one **state root**, by a tree that branches at each half byte (**nibble**) of a key. Keys are hashed, so all have 64 nibbles. Three kinds of tree node:
#
# |leaf |extension |branch |
# |-|-|-|
# |rest of the path, value |stretch that all below share, child |16 children, a value (here empty) |
#
# **Predict:** three keys begin with nibbles 1a, 1b, 7c. Which nodes make the tree?
#
# <details><summary>Answer</summary>A branch with children 1 and 7. Under 1 another branch, with children a and b. Three leaves hold the rest of the paths.
# <pre>
# root: branch ─┬─ 1 ─ branch ─┬─ a ─ leaf …
#               │              └─ b ─ leaf …
#               └─ 7 ─ leaf c…
# </pre></details>
#
# First, how lists become bytes. **RLP** puts a length in front, from 0x80 on for strings, from 0xc0 on for lists; from 56 bytes on it first says how long the length is.


# %%
def rlp(item) -> bytes:
    if isinstance(item, bytes) and len(item) == 1 and item[0] < 0x80:
        return item
    is_list = isinstance(item, list)
    body, first = (b"".join(map(rlp, item)), 0xC0) if is_list else (item, 0x80)
    if len(body) < 56:
        return bytes([first + len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([first + 55 + len(length)]) + length + body


assert rlp([b"cat", [], b"\x0f"]).hex() == "c683636174c00f", "as Ethereum writes it"

# %% [markdown]
# A parent names a child by the hash of its bytes, or holds it whole if these are fewer than 32. `tries.pack_path` writes nibbles as bytes, with a flag for leaf or extension.


# %%
def child(item: list, store: dict):
    data = rlp(item)
    if len(data) < 32:
        return item
    store[keccak256(data)] = data
    return keccak256(data)


def node_of(entries: dict, store: dict, depth: int = 0) -> list:
    first, last = min(entries), max(entries)
    if len(entries) == 1:
        return [tries.pack_path(first[depth:], True), entries[first]]
    shared = next(i for i in range(64) if first[i] != last[i])
    if shared > depth:
        piece = tries.pack_path(first[depth:shared], False)
        return [piece, child(node_of(entries, store, shared), store)]
    groups = [{p: v for p, v in entries.items() if p[depth] == k} for k in range(16)]
    return [*(child(node_of(g, store, depth + 1), store) if g else b"" for g in groups), b""]


# %% [markdown]
# Two hundred slots, and the root:

# %%
rng = np.random.default_rng(15)
slots = {rng.bytes(32): rng.bytes(20) for _ in range(200)}
path_of = lambda key: tries.nibbles_of(keccak256(key))
root = keccak256(rlp(node_of({path_of(k): v for k, v in slots.items()}, {})))
trie = tries.Trie(slots.items(), secure=True)
assert root == trie.root, "the library's tree"

# %% [markdown]
# A **proof** is the nodes on the way from the root. Whoever knows the root hashes each, and compares with what its parent names.
#
# **Predict:** how could nodes prove that a key is *absent*?
#
# <details><summary>Answer</summary>They lead to where it would be: an empty child, or a leaf or extension with another path. In the little tree above, 1d… ends at the empty child d, and 7e… at the leaf of 7c…. The root fixes the tree, so there is nowhere else to look.</details>


# %%
def look_up(root: bytes, path: bytes, proof: list):
    # The value, or None where the path provably ends.
    nodes, want = iter(proof), root
    while want:
        data = next(nodes, b"")
        if keccak256(data) != want:
            raise ValueError("not the node that its parent names")
        items = tries.decode(data)
        if len(items) == 17:
            want, path = items[path[0]], path[1:]
            continue
        piece, is_leaf = tries.unpack_path(items[0])
        if not path.startswith(piece):
            return None
        if is_leaf:
            return items[1]
        want, path = items[1], path[len(piece) :]
    return None


for key in [*slots, b"absent", b"nowhere"]:
    assert look_up(root, path_of(key), trie.prove(key)) == slots.get(key), "present or absent"

# %% [markdown]
# **Figure 4.** The tree of keys 0 to 11 (hashed, so in no order). Move to one of them, then beyond 11: the way ends at an empty child, or at another key's leaf.

# %%
dozen = [path_of(bytes([n])) for n in range(12)]
explore(lambda key=17: draw_trie(dozen, path_of(bytes([key]))), key=(0, 24))

# %% [markdown]
# (Real proofs may hold nodes *inside* nodes, and none may be left over: `tries.verify` sees to both.)
#
# ### The result on another chain
# The library keeps three words for a request: **output hash**, **deadline**, and **holds**, the number of open disputes. A word that is 0 is in no tree. So a final result is *two values and an absence*, in a block that is not older than the deadline. The other chain trusts a **bridge** for one thing: which block hashes are real. A block's *header* holds state root and time.
#
# **Predict:** which forgery passes if the contract skips the deadline?
#
# <details><summary>Answer</summary>Mallory's image, one block after its mint. Overturning it here would change nothing there.</details>

# %% tags=["nbval-ignore-output"]
shown = oracle.prove_result(library, request)
header = tries.Header.from_bytes(shown.header)
_, words = tries.verify_account(header.state_root, shown.account)
assert words[0] == int.from_bytes(keccak256(image), "big"), "the true image's hash"
assert header.timestamp >= words[1] and words[2] is None, "time is up; no dispute is open"
there = Chain(chain_id=2)
bridge = there.account("bridge")
mirror = there.deploy("FinalResults", bridge, library, sender=bridge)
for block in (early, shown):  # both are real
    mirror.trust(keccak256(block.header), sender=bridge)
rejects(mirror.accept, *early.arguments, sender=bridge, raises=Reverted, because="window open")
mirror.accept(*shown.arguments, sender=bridge)
assert mirror.is_answer(request, image) and not mirror.is_answer(request, fake)
print(f"{shown.n_bytes:,} bytes and {there.gas_used:,} gas instead of {run.n_steps:,} steps")

# %% [markdown]
# ### A private part
# Some owners will not publish weights. *opp/ai* cuts the network: **private** layers are proven, in a form of lesson 12's proof that shows nothing of the weights; **public** ones may be disputed. The numbers between are published: the private part's proof is about them, and a dispute's start state is computed from them. Whoever changes one has no proof, or another computation (`aicrypto.oracle.split`).
#
# But proofs hide weights, *answers* do not.
#
# **Predict:** one private linear layer, 32 inputs, 10 exact outputs. How many questions are always enough?
#
# <details><summary>Answer</summary>33. Ask 0 for the bias, then each unit vector for one column of weights.</details>

# %%
secret = np.random.default_rng(3).integers(-100, 100, (10, 33))
private = lambda x: secret[:, :32] @ x + secret[:, 32]
bias = private(np.zeros(32, int))
stolen = np.stack([private(unit) - bias for unit in np.eye(32, dtype=int)], axis=1)
assert (stolen == secret[:, :32]).all() and (bias == secret[:, 32]).all(), "all of it, exactly"
assert split.recover_layer(private, 32).n_queries == 33 == split.queries_needed([32, 10])

# %% [markdown]
# **Predict:** weights fit a byte. If inputs have *no limit*, do fewer questions do?
#
# <details><summary>Answer</summary>One does. Ask 256, 256², 256³, …: bias and weights are the digits of the answer in base 256.</details>

# %%
huge = np.array([256**i for i in range(1, 33)], dtype=object)  # integers of any size
raised = private(huge) + 128 * sum(256**i for i in range(33))  # digits 0..255, not -128..127
digits = np.array([list(int(number).to_bytes(33, "little")) for number in raised]) - 128
assert (digits == np.roll(secret, 1, axis=1)).all(), "one answer holds the bias and all weights"

# %% [markdown]
# So a careful server bounds its inputs. What is left is to solve equations: each answer gives one for each output.
#
# **Figure 5.** The last layers of a 64-32-16-10 network are private. An attack by equations needs as many answers as there are unknown numbers for each output. For one layer that is enough; behind a hidden private layer it may take more.

# %%
draw_theft({n: split.queries_needed([64, 32, 16, 10][-n - 1 :]) for n in (1, 2, 3)})

# %% [markdown]
# ## Check yourself
# 1. A callback says YES. What do you know? <details><summary>Answer</summary>That an admitted server said so. Nothing more before <code>isFinalized</code>.</details>
# 2. Why may a claim *equal* to the library's answer not hold it up? <details><summary>Answer</summary>Nobody can refute it, so its bond is safe: it could delay every result for nothing.</details>
# 3. Which of the three words is proven by absence, and what passes if that is skipped? <details><summary>Answer</summary>Holds. A disputed result passes, once its deadline is over.</details>
# 4. A query costs 0.01 ETH, the private layer has 1,000 inputs and is worth 50 ETH. Safe? <details><summary>Answer</summary>No: stealing it costs 1,001 × 0.01 = 10.01 ETH, or less if inputs are unlimited.</details>
# 5. In court Alice *claimed* and Mallory *challenged*, though it was Mallory who minted. Why that way round? <details><summary>Answer</summary>What Mallory minted has no run behind it that a game could cut in half. A claim has one, and whoever disagrees must challenge it: a false image without a defender falls by itself.</details>

# %% [markdown]
# ## Break it
# ### Paid at the callback
# A weakened DAO lacks the first two lines of `execute`: it pays as soon as there is a vote. Mallory runs a server, proposes, and answers himself.


# %%
def bribe(service, dao) -> None:
    proposal = dao.propose(mallory, 5 * ETH, b"a yacht", sender=mallory)
    number = dao.ask(proposal, sender=mallory, value=FEE)
    service.contract.invokeCallback(number, b"YES", sender=mallory)
    dao.execute(proposal, sender=mallory)


text = (CONTRACTS / "AiDao.vy").read_text()
text = text.replace('    assert block.timestamp >= found.deadline, "not finalized"\n', "")
text = text.replace("staticcall AIOracle(ORACLE).isFinalized(found.request)", "True")
service, eager = deploy_dao(compile_source(text))
bribe(service, eager)
assert chain.balance(eager) == 5 * ETH, "half of the treasury is gone"
print(f"Mallory gets {5 - FEE / ETH} ETH, before anybody could look")

# %% [markdown]
# The right DAO waits. Does that suffice?
#
# **Predict:** a day goes by, and nobody objects. What does the right DAO pay?
#
# <details><summary>Answer</summary>The yacht. A window only gives somebody time to object, and there must be a court that can decide.</details>

# %%
service, dao = deploy_dao()
rejects(bribe, service, dao, raises=Reverted, because="a vote, but not final")
chain.warp(DAY)
dao.execute(1, sender=mallory)
assert chain.balance(dao) == 5 * ETH, "nobody objected: the lie is final, and paid"

# %% [markdown]
# Now with a court, and a stranger who runs the judge and objects. (The painter's court is a game; for a judge that no machine runs, a referee stands in.)

# %%
service, dao = deploy_dao()
service.appoint(judge.number, owner)  # the referee
rejects(bribe, service, dao, raises=Reverted, because="a vote, but not final")
ruling = 1, judge.number, keccak256(b"a yacht"), keccak256(judge.answer(b"a yacht"))
service.library.overturn(*ruling, sender=owner)
service.contract.updateResult(1, b"NO", sender=alice)  # the DAO is called back once more
chain.warp(DAY)
rejects(dao.execute, 1, sender=mallory, raises=Reverted, because="final, and NO")
assert chain.balance(dao) == 10 * ETH, "the lie fell, and the treasury is whole"

# %% [markdown]
# ### A proof of another key
# A verifier checks every hash, but not the *rest of the path* in a leaf. Mallory looks for an account that does not exist, and whose way ends in somebody's leaf.


# %%
def careless(root: bytes, path: bytes, proof: list) -> bytes:
    want, items = root, []
    for data in proof:
        assert keccak256(data) == want, "hashes are checked"
        items = tries.decode(data)
        want, path = items[path[0]] if len(items) == 17 else b"", path[1:]
    return items[1] if len(items) == 2 else b""  # but whose leaf is it?


bank = tries.Trie([(bytes([n]), bytes([n])) for n in range(1, 60)], secure=True)
unopened = ((path_of(bytes([n])), bank.prove(bytes([n]))) for n in range(60, 256))
path, proof = next(way for way in unopened if careless(bank.root, *way))
print(f"never opened, and the careless bank pays {careless(bank.root, path, proof)[0]} coins")
assert look_up(bank.root, path, proof) is None, "the same nodes prove that it is absent"

# %% [markdown]
# ### A prompt seen on its way
# Transactions are public before they are in a block. Mallory copies a good prompt, and mints it first.

# %%
idea, salt = oracle.prompt_of(4, "wizard"), rng.bytes(32)
copied = token.mint(mallory, idea, painter.answer(idea), b"", b"", sender=mallory)
rejects(token.mint, alice, idea, b"", b"", b"", sender=alice, raises=Reverted, because="minted")
assert token.ownerOf(copied) == mallory.address, "her idea is his"

# %% [markdown]
# Cure: **commit and reveal**. First a hash of prompt, random *salt* and *sender*; two blocks later the prompt. Whoever copies it then has announced nothing.

# %%
slow, _ = oracle.deploy_optimistic_token(chain, owner, painter.number, DAY, reveal_blocks=2)
hidden = keccak256(encode(["bytes", "bytes32", "address"], [idea, salt, alice.address]))
slow.commit(hidden, sender=alice)
chain.warp(24)
content = idea, painter.answer(idea), b"", b"", salt
rejects(slow.mintCommitted, mallory, *content, sender=mallory, raises=Reverted, because="not his")
assert slow.ownerOf(slow.mintCommitted(alice, *content, sender=alice)) == alice.address, "hers"

# %% [markdown]
# ## Real system
# `ora.oao` was run on the deployed oracle's contract, `ora.erc7007_flow` on the standard's reference (its wrong ids corrected), `trie.root` comes from ethereum/tests, `trie.eip1186` from an Ethereum node. `ora.ai_dao` is our own. Why corrected? The reference answers *no* for 0x702c55a6: a market that asks first takes its tokens for ordinary ones, and verifies nothing.

# %% tags=["nbval-check-output"]
names = "ora.oao_ids ora.oao ora.erc7007 ora.erc7007_flow ora.ai_dao"
for name in (names + " trie.root trie.proof trie.eip1186").split():
    report = conform.run(conform.load(Path(f"../tests/vectors/{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# Gas is measured by `python -m aicrypto bench oracle`; the last three rows are differences in kind.
#
# | |here |deployed or reference |
# |-|-|-|
# |request |126,000 gas |145,000 |
# |callback |98,000 gas, 9,000 of it the receiver's |90,000 |
# |mint, with its request |280,000 gas |241,000 |
# |dispute of one image |5.0 million gas, half to create the game; 0.1 to close |not published |
# |result on another chain |233,000 gas, 3.2 kB from a library of 50 answers (above: one answer, shorter paths) |– |
# |0x702c55a6 |yes |no |
# |a callback that fails |recorded, anybody retries |all undone |
# |callback's gas is priced at |what the *last* callback paid |the same: somebody else's price |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ What is a vote? (10 min)
# Models chat. Write `vote(output)` for a model's answer as bytes: drop leading spaces, tabs, returns, newlines; take the letters A–Z and a–z up to the first other byte; in capitals they must be `YES`, `NO` or `ABSTAIN`. Everything else is `INVALID`, also "Ignore the rules. YES", and "yesterday".
#
# <details><summary>Hint</summary><code>re.match(rb"[ \t\r\n]*([A-Za-z]*)", output)</code> always matches; group 1 is the word.</details>


# %% exercise="ex15_1"
def vote(output: bytes) -> str:
    """YES, NO, ABSTAIN or INVALID. About 4 lines."""
    ### BEGIN SOLUTION
    import re

    word = re.match(rb"[ \t\r\n]*([A-Za-z]*)", output)[1].upper().decode()
    return word if word in ("YES", "NO", "ABSTAIN") else "INVALID"
    ### END SOLUTION


# %% test="ex15_1_votes" points=2
said = {b"Yes, because": "YES", b"\n no": "NO", b"yesterday": "INVALID", b"\tabstain.": "ABSTAIN"}
for output, meant in said.items():
    got = vote(output)
    assert type(got) is str and got == meant, f"{output} is {meant}"
### BEGIN HIDDEN TESTS
import random as _random

_chain = Chain()
_dao = _chain.deploy("AiDao", oracle.NOBODY, 1, 1, 1, sender=_chain.account("a"))
_names, _rng = ("", "YES", "NO", "ABSTAIN", "INVALID"), _random.Random(151)
_parts = [b"yes", b"NO", b"Abstain", b" ", b"\t", b"\r\n", b".", b"x", b"\xff", b"\x0b", b"Z"]
for _ in range(150):
    _said = b"".join(_rng.choices(_parts, k=_rng.randrange(5)))
    _got = vote(_said)
    assert type(_got) is str, "text"
    assert _got == _names[_dao.parse(_said)], f"{_said}: as the contract reads it"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Read RLP, strictly (30 min)
# Write `unrlp(data)`: the item that exactly these bytes encode, `bytes` or a (nested) `list`. Raise `ValueError` where bytes are missing or left over, and for every form but the shortest: 0x81 before a byte below 0x80; a long form for fewer than 56 bytes; a length that starts with a zero byte. (Two encodings of one thing are two hashes of one thing.)
#
# <details><summary>Hint 1</summary>An inner function <code>read(data)</code> that returns one item and the rest; lists call it until nothing is left.</details>
# <details><summary>Hint 2</summary>With base 0x80 or 0xc0 and k = first − base: k &lt; 56 is the length itself, otherwise k − 55 bytes hold it.</details>


# %% exercise="ex15_2"
def unrlp(data: bytes):
    """The item in RLP. About 24 lines."""

    ### BEGIN SOLUTION
    def read(data: bytes):
        if not data:
            raise ValueError("nothing to read")
        first, rest = data[0], data[1:]
        if first < 0x80:
            return data[:1], rest
        base = 0x80 if first < 0xC0 else 0xC0
        n = first - base
        if n > 55:
            digits, rest = rest[: n - 55], rest[n - 55 :]
            n = int.from_bytes(digits, "big")
            if n < 56 or digits[0] == 0 or len(digits) != first - base - 55:
                raise ValueError("length is not the shortest")
        if n > len(rest):
            raise ValueError("bytes are missing")
        body, rest = rest[:n], rest[n:]
        if base == 0x80:
            if n == 1 and body[0] < 0x80:
                raise ValueError("one byte needs no length")
            return body, rest
        items = []
        while body:
            item, body = read(body)
            items.append(item)
        return items, rest

    item, rest = read(data)
    if rest:
        raise ValueError("bytes are left over")
    return item
    ### END SOLUTION


# %% test="ex15_2_reads" points=2
for item in (b"", b"\x0f", b"\x80", b"cat", b"x" * 56, [], [b"cat", [b"", [b"dog"]]], [b"y" * 60]):
    got = unrlp(tries.encode(item))
    assert type(got) is type(item) and got == item, f"{item} is read"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(152)


def _item(depth: int):
    if depth == 0 or _rng.random() < 0.5:
        return _rng.randbytes(_rng.choice([0, 1, 1, 2, 55, 56, 300]))
    return [_item(depth - 1) for _ in range(_rng.randrange(5))]


for _ in range(100):
    _want = _item(3)
    _got = unrlp(tries.encode(_want))
    assert type(_got) is type(_want) and repr(_got) == repr(_want), "random items"
### END HIDDEN TESTS

# %% test="ex15_2_refuses" points=2
got = unrlp(b"\xc0")
assert type(got) is list and got == [], "an empty list is one"
for bad in ("", "8100", "b800", "b90000", "83aabb", "c20080ff", "c3616263ff", "f83c", "c28100"):
    rejects(unrlp, bytes.fromhex(bad), raises=ValueError, because=f"0x{bad} is no RLP")
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(153)
for _ in range(400):
    _data = bytearray(tries.encode([_rng.randbytes(_rng.choice([1, 2, 57])) for _ in range(3)]))
    _data[_rng.choice([0, 1, 2, len(_data) - 1])] ^= 1 << _rng.randrange(8)
    try:
        _want = tries.decode(bytes(_data))
    except ValueError:
        rejects(unrlp, bytes(_data), raises=ValueError, because="a changed byte")
    else:
        _got = unrlp(bytes(_data))
        assert type(_got) is type(_want) and repr(_got) == repr(_want), "still an item"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Steal what stands behind a public part (open)
# The last layer is private: ten exact outputs of `d` activations. The layers before are public, so you cannot choose its inputs, but compute them: `public(x)`. `draw()` gives a random input x, `ask(x)` the outputs. Write `steal(public, ask, draw, d)`: (weights, bias) as integer arrays of shape (outputs, d) and (outputs,). Ask no more than `d + 1` times. (Open end: outputs clamped to 0..127.)
#
# <details><summary>Hint 1</summary>Append 1 to each activation vector: then weights and bias are one unknown matrix.</details>
# <details><summary>Hint 2</summary>Ask about x only if its vector raises <code>np.linalg.matrix_rank</code>; then <code>np.linalg.solve</code> and <code>np.rint</code>.</details>


# %% exercise="ex15_3"
def steal(public, ask, draw, d: int) -> tuple:
    """Weights and bias of the private layer. About 10 lines."""
    ### BEGIN SOLUTION
    rows, outputs = [], []
    while len(rows) <= d:
        x = draw()
        row = np.append(public(x), 1)
        if np.linalg.matrix_rank(np.array([*rows, row])) > len(rows):
            rows.append(row)
            outputs.append(ask(x))
    solved = np.rint(np.linalg.solve(np.array(rows, float), np.array(outputs, float)))
    return solved[:-1].T.astype(int), solved[-1].astype(int)
    ### END SOLUTION


# %% test="ex15_3_steals" points=3
rng = np.random.default_rng(15)
first, second, shift = (rng.integers(-50, 50, shape) for shape in ((8, 6), (10, 8), 10))
public, queries = (lambda x: np.maximum(first @ x, 0)), []
ask = lambda x: queries.append(x) or second @ public(x) + shift
weights, bias = steal(public, ask, lambda: rng.integers(-9, 9, 6), 8)
assert type(weights) is np.ndarray and weights.tolist() == second.tolist(), "all weights"
assert type(bias) is np.ndarray and bias.tolist() == shift.tolist(), "and the bias"
assert len(queries) == 9, "d + 1 questions"
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(154)
for _ in range(5):
    _d = int(_rng.integers(3, 12))
    _a, _w, _b = (_rng.integers(-50, 50, _s) for _s in ((_d, 7), (4, _d), 4))
    _public, _asked = (lambda x, a=_a: np.maximum(a @ x, 0)), []
    _ask = lambda x, w=_w, b=_b, p=_public, q=_asked: q.append(x) or w @ p(x) + b
    _weights, _bias = steal(_public, _ask, lambda: _rng.integers(-9, 9, 7), _d)
    _want = split.recover_behind(_public, _ask, lambda: _rng.integers(-9, 9, 7), _d)
    assert type(_weights) is np.ndarray and type(_bias) is np.ndarray, "two arrays"
    assert _weights.tolist() == _want.weights.tolist() == _w.tolist(), "as the library"
    assert _bias.tolist() == _b.tolist() and len(_asked) == 2 * (_d + 1), "in d + 1 questions"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **126,000 gas** ask a question, and 5 million dispute an answer; **233,000 gas** carry a final result to another chain; **d + 1 queries** are enough to steal a private linear layer with d inputs.
#
# A callback is a claim. What counts is `isFinalized`, and that a stranger *could* object, and a court decide. Next, in lesson 16 any machine may take the job.

# %% [markdown]
# ## Further reading
# * ora-io/OAO, `contracts/AIOracle.sol`: `invokeCallback` and `updateResult`, beside `AIOracle.vy`.
# * ERC-7007, *Verifiable AI-Generated Content Token*: security considerations.
# * *opp/ai*, arXiv 2402.15006, sections 3 and 4: how to cut a model.
# * Ethereum Yellow Paper, appendices B to D: RLP, hex prefix, tries; EIP-1186 for proofs.
# * ora-io/docs, "AI Oracle": what is served, and for how much.
