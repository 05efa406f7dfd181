# %% [markdown]
# # 02 · Commitments
# *You will fix a list of any length in 32 bytes, prove one entry of it with a handful of hashes, and forge an entry in the tree that everybody builds first — 60 minutes and exercises, any CPU, needs lesson 00.*

# %% [markdown]
# ## Why
# Grass, a network of home computers that scrapes the web, publishes that it moves more than 100 TB a day. Nobody can download that to see whether one page is in it. So, its documentation says, records are batched and one digest of each batch goes on a blockchain (lesson 00), which no single party can rewrite. (How the batches are hashed is not published; this lesson shows a way that works.) Such a digest has 32 bytes and fixes every record, and whoever sells a row of data can prove from it that the row was there.
#
# Without such a commitment the network could drop a page after being paid for it, or change one later, and nobody could tell. Everything later in this course stands on this lesson: data sets, models, votes and proofs are first *committed to* and then talked about.

# %% [markdown]
# ## Outcomes
# You can
# 1. commit to a value so that nobody can read it (**hiding**) and you cannot change it (**binding**);
# 2. build the Merkle tree of RFC 6962 and prove that an entry is in it with log₂ n hashes;
# 3. prove that a list has only grown;
# 4. follow how an entry is forged where leaves and nodes are hashed alike, and say what stops it.

# %% tags=["setup"]
import hashlib
import json
import secrets
from pathlib import Path

from aicrypto.classroom import rejects
from aicrypto.commit import merkle
from aicrypto.viz import explore
from aicrypto.viz.trees import draw_avalanche, draw_inclusion, draw_proof_sizes

# %% [markdown]
# ## Build
# ### A hash function
# A **hash function** turns any bytes into a short **digest**; SHA-256 makes 32 bytes. Two properties matter here. *Collision resistance*: nobody can find two inputs with one digest. *Preimage resistance*: from a digest nobody can find an input, unless there are so few possible inputs that one can try them all.
#
# **Predict:** we flip one single bit of the input. How many of the 256 output bits change?
#
# <details><summary>Answer</summary>About 128: every output bit behaves like a fresh coin, so about half of them differ. That is why a digest tells nothing about what is "nearby".</details>


# %%
def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def bits_changed(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


page = b"<html>Grass lends bandwidth</html>"
typo = b"<html>Grass lends bandwidti</html>"  # 'h' is 0x68, 'i' is 0x69: one bit
changed = bits_changed(sha256(page), sha256(typo))
assert 90 < changed < 166, "one input bit should change about half of the digest"
print(changed, "of 256 bits changed")

# %% [markdown]
# **Figure 1.** One trial could be luck. Here are 2,000, each flipping another bit of a longer input.

# %%
message = bytes(250)
flips = []
for bit in range(2000):
    flipped = bytearray(message)
    flipped[bit // 8] ^= 1 << bit % 8
    flips.append(bits_changed(sha256(message), sha256(bytes(flipped))))
assert abs(sum(flips) / len(flips) - 128) < 1, "the average should be half of 256 bits"
draw_avalanche(flips)

# %% [markdown]
# ### Hiding and binding
# To **commit** to a value now and open it later, publish its digest. Changing your mind would need a collision: the commitment is *binding*. But is it *hiding*? Suppose one of several judges of a model commits to its score, a number from 0 to 100, before the others show theirs.
#
# **Predict:** you see only `commitment`. How long until you know the score?
#
# <details><summary>Answer</summary>101 hashes: try them all. A digest hides a value only if there are too many values to try.</details>

# %%
commitment = sha256(b"score 87")
guess = next(s for s in range(101) if sha256(f"score {s}".encode()) == commitment)
assert guess == 87, "trying all scores should find the one that was committed to"
print("the hidden score was", guess)

# %% [markdown]
# The cure is a **nonce**: 32 random bytes hashed along with the value. Now there are 2²⁵⁶ inputs to try, and the commitment stays binding. Whoever opens it shows value *and* nonce.


# %%
def commit(value: bytes, nonce: bytes) -> bytes:
    return sha256(nonce + value)


def opens(commitment: bytes, value: bytes, nonce: bytes) -> bool:
    return len(nonce) == 32 and commit(value, nonce) == commitment


nonce = secrets.token_bytes(32)
hidden = commit(b"score 87", nonce)
assert opens(hidden, b"score 87", nonce), "an honest opening is accepted"
rejects(opens, hidden, b"score 88", nonce, because="the value was changed")

# %% [markdown]
# The length check is not pedantry. Without it, bytes could wander from the value into the nonce, and one commitment would open to two values:

# %%
assert commit(b"score 87", nonce) == commit(b"core 87", nonce + b"s"), "one digest, two readings"
rejects(opens, hidden, b"core 87", nonce + b"s", because="a nonce has exactly 32 bytes")

# %% [markdown]
# ### From one value to a list
# A digest of the whole list commits to it, but proving one entry then means sending all of them. A **Merkle tree** hashes in pairs instead: **leaves** are digests of entries, a **node** is the digest of its two children, and the last node is the **root**.
#
# RFC 6962 fixed the details for *Certificate Transparency*, public lists of all certificates that web sites use: a byte `00` goes before an entry, `01` before a pair (we will see why), and a list whose length is no power of two splits at the *largest power of two below its length*.


# %%
def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def split(n: int) -> int:
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


assert [split(n) for n in (2, 3, 4, 5, 8, 9)] == [1, 2, 2, 4, 4, 8], "largest power below n"


# %% [markdown]
# The definition is its own program: the root of one entry is its leaf, the root of more is the node over both halves; an empty list has the digest of nothing.


# %%
def root(entries: list[bytes]) -> bytes:
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return leaf_hash(entries[0])
    k = split(len(entries))
    return node_hash(root(entries[:k]), root(entries[k:]))


pages = [f"page {i} of the crawl".encode() for i in range(11)]
assert root(pages) == merkle.root(pages), "our tree should be the library's"
print("11 pages in 32 bytes:", root(pages).hex()[:16], "…")

# %% [markdown]
# ### An inclusion proof
# To show that entry `m` is in the list, send the root of every half that does *not* hold it: its **siblings** on the way up. The verifier starts from the entry and hashes its way up.
#
# **Predict:** for 11 entries, how many hashes does the proof of entry 4 hold? And that of entry 10?
#
# <details><summary>Answer</summary>4 for entry 4 (its half has 8 leaves: three siblings, and then the other half) but only 2 for entry 10: the last three leaves form a small tree of their own, 8 + 2 + 1. Move the slider under <b>See</b>.</details>


# %%
def prove(entries: list[bytes], m: int) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*prove(entries[:k], m), root(entries[k:])]
    return [*prove(entries[k:], m - k), root(entries[:k])]


proof = prove(pages, 4)
assert proof == merkle.prove_inclusion(pages, 4), "our proof should be the library's"
assert (len(proof), len(prove(pages, 10))) == (4, 2), "see the prediction above"


# %% [markdown]
# The verifier knows the size `n`, so it knows at every level whether the entry stood left or right. It walks the same recursion down and folds the siblings on the way back up. A proof of any other length is refused.


# %%
def fold(leaf: bytes, m: int, n: int, proof: list[bytes]) -> bytes:
    """The root that entry m of n leads to; hashes stand lowest first, so the last is the highest."""
    if n == 1:
        return leaf
    k, top = split(n), proof[-1]
    if m < k:
        return node_hash(fold(leaf, m, k, proof[:-1]), top)
    return node_hash(top, fold(leaf, m - k, n - k, proof[:-1]))


def depth(m: int, n: int) -> int:
    """How many siblings entry m of n has."""
    if n == 1:
        return 0
    k = split(n)
    return 1 + (depth(m, k) if m < k else depth(m - k, n - k))


# %% [markdown]
# Now the verifier itself: the checks first, then the fold.


# %%
def verify(entry: bytes, m: int, n: int, proof: list[bytes], root: bytes) -> bool:
    if not 0 <= m < n or len(proof) != depth(m, n):
        return False
    return fold(leaf_hash(entry), m, n, proof) == root


top = root(pages)
assert verify(pages[4], 4, 11, proof, top), "the honest proof is accepted"
rejects(verify, b"a page nobody fetched", 4, 11, proof, top, because="another entry")
rejects(verify, pages[4], 5, 11, proof, top, because="another position")
rejects(verify, pages[4], 15, 11, proof, top, because="outside the list")
rejects(verify, pages[4], 4, 11, proof[:-1], top, because="a hash is missing")
rejects(verify, pages[4], 4, 11, [proof[0], *proof], top, because="a hash too many")
for i in range(11):
    assert verify(pages[i], i, 11, prove(pages, i), top), f"the honest proof of entry {i}"
rejects(verify, pages[10], 11, 11, prove(pages, 10), top, because="there is no entry 11")

# %% [markdown]
# **Predict:** which check stopped the proof with a hash too many in front?
#
# <details><summary>Answer</summary>Only the length: <code>fold</code> would never look at the surplus hash, so the root would still come out right. Two proofs for one statement are harmless here, but not where somebody uses a proof as an identifier.</details>
#
# Where does the verifier know `n` from? A root does not say how many entries it stands for, and a wrong `n` moves entries about. So a **log**, a list that its keeper may only extend, always publishes size *and* root together, signed:

# %%
assert verify(pages[10], 6, 7, prove(pages, 10), top), "a lie about n moves the entry"

# %% [markdown]
# Our recursion follows the definition; the library pairs neighbours level by level. Both make 2n − 1 hashes, and both must give the same bytes for every size:

# %%
for n in range(1, 70):
    entries = [bytes([i]) for i in range(n)]
    assert root(entries) == merkle.root(entries), f"roots differ at size {n}"
    assert prove(entries, n // 3) == merkle.prove_inclusion(entries, n // 3), f"proofs, size {n}"
print("equal for all sizes from 1 to 69")

# %% [markdown]
# ### The list only grows
# A log is honest if every new list *begins with* every old one. The two trees share most of their subtrees, so a **consistency proof** sends the roots of shared subtrees, and of what is new. From the same hashes the verifier computes *both* roots.
#
# **Predict:** the list grows from 7 to 11 entries. How many hashes?
#
# <details><summary>Answer</summary>5. The old tree is made of entries 0–3, 4–5 and 6; of the new one, entry 7 and the tree over 8–10 must be known besides.</details>

# %%
a, b, c = root(pages[0:4]), root(pages[4:6]), root(pages[6:7])  # what both trees share
d, e = root(pages[7:8]), root(pages[8:11])  # what is new
assert node_hash(a, node_hash(b, c)) == root(pages[:7]), "three hashes rebuild the old root"
assert node_hash(node_hash(a, node_hash(b, node_hash(c, d))), e) == root(pages), "five the new one"

# %% [markdown]
# How does one find them? Walk down towards the end of the old list. The tree of 11 splits at 8, and 7 ≤ 8: go left, send 8–10 (`e`). Entries 0–7 split at 4: go right, send 0–3 (`a`). Entries 4–7 split at 6: go right, send 4–5 (`b`). Entries 6–7: go left, send 7 (`d`). Entry 6 ends the old list: send it (`c`). Lowest first: c, d, b, a, e.
#
# For any two sizes: we walk down towards the place where the old list ends. There the old list fills a subtree exactly. If that subtree is the *whole* old list, the verifier has its root already and nothing is sent; if it is only the last part of it, its root comes first. (`whole` is true until we have stepped right once.)


# %%
def prove_growth(entries: list[bytes], m: int, whole: bool = True) -> list[bytes]:
    """Hashes that show the first m entries to be the beginning of all; lowest first."""
    n = len(entries)
    if m == n:
        return [] if whole else [root(entries)]
    k = split(n)
    if m <= k:  # the old list lies in the left half; the right half is new
        return [*prove_growth(entries[:k], m, whole), root(entries[k:])]
    return [*prove_growth(entries[k:], m - k, False), root(entries[:k])]


growth = prove_growth(pages, 7)
assert len(growth) == 5, "see the prediction above"
assert growth == merkle.prove_consistency(pages, 7), "our proof should be the library's"

# %% [markdown]
# The verifier walks the same way. Where the right half is new, it belongs to the new root only; where the left half is old, it belongs to both.


# %%
def both_roots(m: int, n: int, proof: list[bytes], old: bytes, whole: bool = True):
    """Old and new root that the proof leads to."""
    if m == n:
        return (old, old) if whole else (proof[0], proof[0])
    k, top = split(n), proof[-1]
    if m <= k:
        before, after = both_roots(m, k, proof[:-1], old, whole)
        return before, node_hash(after, top)
    before, after = both_roots(m - k, n - k, proof[:-1], old, False)
    return node_hash(top, before), node_hash(top, after)


old_root = root(pages[:7])
assert both_roots(7, 11, growth, old_root) == (old_root, root(pages)), "both roots come out"

# %% [markdown]
# As before, the number of hashes follows from the sizes, and anything else is refused. A **monitor**, anybody who keeps old roots, catches every rewriting of history with this:


# %%
def steps(m: int, n: int, whole: bool = True) -> int:
    if m == n:
        return 0 if whole else 1
    k = split(n)
    return 1 + (steps(m, k, whole) if m <= k else steps(m - k, n - k, False))


def verify_growth(m: int, n: int, old: bytes, new: bytes, proof: list[bytes]) -> bool:
    if not 1 <= m <= n or len(proof) != steps(m, n):
        return False
    return both_roots(m, n, proof, old) == (old, new)


assert verify_growth(7, 11, old_root, root(pages), growth), "it has grown honestly"

# %% [markdown]
# Honest growth of every size passes, with proofs made by the library:

# %%
many = [bytes([i]) for i in range(33)]
tops = [merkle.root(many[:i]) for i in range(34)]
for n in range(1, 34):
    for m in range(1, n + 1):
        honest = merkle.prove_consistency(many[:n], m)
        assert verify_growth(m, n, tops[m], tops[n], honest), f"from {m} to {n}"

# %%
rewritten = [b"another page 0", *pages[1:]]  # and what must not pass
lie = prove_growth(rewritten, 7)
rejects(verify_growth, 7, 11, old_root, root(rewritten), lie, because="entry 0 was replaced")
rejects(verify_growth, 7, 11, old_root, root(pages), growth[:-1], because="a hash is missing")
rejects(verify_growth, 7, 11, old_root, root(pages), [*growth, top], because="a hash too many")
rejects(verify_growth, 5, 11, old_root, root(pages), growth, because="the old size is wrong")

# %% [markdown]
# ## Check yourself
# Predict each number, then run the cell.

# %% tags=["nbval-check-output"]
print("digest:", len(sha256(bytes(10**6))), "bytes, however long the input")
print("proof among a million entries:", depth(0, 1_000_000), "hashes")
print("proof among a billion entries:", depth(0, 1_000_000_000), "hashes")
assert depth(0, 10**9) == 30, "2^30 is the first power of two above a billion"

# %% [markdown]
# ## See
# **Figure 2.** The blue nodes are what a verifier computes, the orange ones are all that the proof has to carry. Double the list with the first slider: the longest proof grows by one hash.

# %%
explore(draw_inclusion, n_leaves=(1, 32), leaf=(0, 31))

# %% [markdown]
# **Figure 3.** Both axes are logarithmic. For a billion entries, all leaf hashes are 32 GB; the proof is 960 bytes.

# %%
draw_proof_sizes([10**k for k in range(1, 10)])

# %% [markdown]
# ## Break it
# ### A node that plays an entry
# Leave out the two prefix bytes, and forget the size, as many trees in use do. (A published size would stop the shorter proof below; the prefixes stop it even where the size is forgotten or lied about.) Then a leaf is `H(entry)` and a node is `H(left ‖ right)`: *the same function*. The 64 bytes `left ‖ right` of any inner node (‖ joins bytes) are therefore an "entry" with the node's digest, one level higher up.


# %%
def weak_root(hashes: list[bytes]) -> bytes:
    """The same tree without prefixes, over leaf hashes; the length is a power of two."""
    while len(hashes) > 1:
        hashes = [sha256(a + b) for a, b in zip(hashes[::2], hashes[1::2])]
    return hashes[0]


def weak_verify(entry: bytes, index: int, proof: list[bytes], root: bytes) -> bool:
    digest = sha256(entry)
    for sibling in proof:
        digest = sha256(sibling + digest if index % 2 else digest + sibling)
        index //= 2
    return digest == root


ledger = [b"pay Ann 10", b"pay Ben 20", b"pay Cem 30", b"pay Dua 40"]
leaves = [sha256(entry) for entry in ledger]
public_root = weak_root(leaves)
honest = [leaves[0], sha256(leaves[2] + leaves[3])]
assert weak_verify(ledger[1], 1, honest, public_root), "an honest entry is accepted"

# %% [markdown]
# **Predict:** which 64 bytes will the attacker present as an entry, and how long is the proof?
#
# <details><summary>Answer</summary>The two leaf hashes under one inner node; the proof is one hash shorter than an honest one.</details>

# %%
forged = leaves[0] + leaves[1]  # an entry that nobody ever made
short_proof = [sha256(leaves[2] + leaves[3])]
assert forged not in ledger, "the forged entry is not in the ledger"
assert weak_verify(forged, 0, short_proof, public_root), "and yet the weak verifier accepts it"
other = [forged, leaves[2] + leaves[3]]
assert weak_root([*map(sha256, other)]) == public_root, "another list, the same root"
print("accepted as an entry:", forged.hex()[:32], "…")

# %% [markdown]
# Noise as an entry may look harmless. The other direction is not: hide a payment *below* an entry that looks like noise when it is committed to.

# %%
payload = b"pay Mallory 1,000,000"
record = sha256(payload) + sha256(b"filler")  # 64 bytes that nobody can read
hidden_root = weak_root([leaves[0], sha256(record), *leaves[2:]])
path = [sha256(b"filler"), leaves[0], sha256(leaves[2] + leaves[3])]
assert weak_verify(payload, 2, path, hidden_root), "a payment that nobody ever listed"

# %% [markdown]
# Given one input, another input with the same digest is a **second preimage**; here the input is a whole list. With the prefixes the same trick needs an entry whose `00`-hash equals a `01`-hash: a collision of SHA-256. The library refuses both constructions, though we even lie about the size (2 and 8), so that only the prefixes can say no.

# %%
strong_root = merkle.root(ledger)
inner = merkle.leaf_hash(ledger[0]) + merkle.leaf_hash(ledger[1])
half = [merkle.root(ledger[2:])]
rejects(merkle.verify_inclusion, inner, 0, 2, half, strong_root, because="a node is no leaf")

planted = merkle.leaf_hash(payload) + merkle.leaf_hash(b"filler")  # the same, below an entry
planted_root = merkle.root([ledger[0], planted, *ledger[2:]])
climb = [merkle.leaf_hash(b"filler"), merkle.leaf_hash(ledger[0]), *half]
rejects(merkle.verify_inclusion, payload, 2, 8, climb, planted_root, because="a leaf is no node")

# %% [markdown]
# ### Two lists, one root
# Bitcoin's tree *copies* the last hash where a level is odd. Then `[1, 2, 3]` and `[1, 2, 3, 3]` have one root (CVE-2012-2459): a block could be altered into an invalid one with the same identifier, and Bitcoin's computers would remember the honest block as invalid. RFC 6962 never copies; it splits.


# %%
def copying_root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = hashes + hashes[-1:] * (len(hashes) % 2)
        hashes = [sha256(a + b) for a, b in zip(hashes[::2], hashes[1::2])]
    return hashes[0]


three, four = [b"1", b"2", b"3"], [b"1", b"2", b"3", b"3"]
assert copying_root([*map(sha256, three)]) == copying_root([*map(sha256, four)]), "one root for two"
assert merkle.root(three) != merkle.root(four), "RFC 6962 tells the two lists apart"

# %% [markdown]
# ## Real system
# Certificate Transparency's own test suites use a reference tree of eight entries. Its root must come out of *our* code, bit for bit. So must all other roots and proofs in the file, which were computed from RFC 6962's definitions for more lists.

# %% tags=["nbval-check-output"]
suite = json.loads(Path("../tests/vectors/merkle.rfc6962.json").read_text())
unhex = lambda texts: [bytes.fromhex(text[2:]) for text in texts]
answered = 0
for case in suite["cases"]:
    given, expected = case["in"], case["out"]
    if given["op"] == "root":
        assert [root(unhex(given["leaves"]))] == unhex([expected["root"]]), case["id"]
    elif given["op"] == "prove_inclusion":
        assert prove(unhex(given["leaves"]), given["index"]) == unhex(expected["proof"]), case["id"]
    elif given["op"] == "prove_consistency":
        ours = prove_growth(unhex(given["leaves"]), given["first"])
        assert ours == unhex(expected["proof"]), case["id"]
    else:
        continue
    answered += 1
print(answered, "roots and proofs are ours, too")

# %% [markdown]
# The other cases ask for a verdict, and half of them must be refused: too short, too long, out of range, rewritten. Our own verifiers answer.

# %% tags=["nbval-check-output"]
judged = 0
for case in suite["cases"]:
    given = case["in"]
    if given["op"] == "verify_inclusion":
        leaf, head = unhex([given["leaf"], given["root"]])
        verdict = verify(leaf, given["index"], given["size"], unhex(given["proof"]), head)
    elif given["op"] == "verify_consistency":
        old, new = unhex([given["first_root"], given["second_root"]])
        verdict = verify_growth(given["first"], given["second"], old, new, unhex(given["proof"]))
    else:
        continue
    assert verdict is case["out"]["valid"], case["id"]
    judged += 1
print(judged, "verdicts are ours, too")

# %% [markdown]
# The library agrees, also on OpenZeppelin's trees: contracts on Ethereum use them for lists of who may claim a payment.

# %% tags=["nbval-check-output"]
from aicrypto import conform

for name in ("merkle.rfc6962", "merkle.openzeppelin"):
    report = conform.run(conform.load(Path(f"../tests/vectors/{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# | | RFC 6962 (logs, our ledgers) | OpenZeppelin (contracts) |
# |-|-|-|
# | hash | SHA-256 | Keccak-256, Ethereum's hash |
# | leaf, node kept apart by | a prefix byte | hashing leaves twice |
# | children | in order: proves *position* and *growth* | sorted: proves *membership* only |
# | proof of 1 in 1,000 | at most 10 hashes | at most 10 hashes |
#
# A hash proves nothing about truth: a page that was forged *before* it was committed to stays forged. Lesson 06 makes several parties sign what they saw.

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks below it. Stuck? Open the hint, then the worked notebooks (`./course solutions`).
#
# ### ★ Sealed bids (10 min)
# Three providers bid for a job. `seal` returns the commitment to a bid, a whole number from 0 to 2²⁵⁶ − 1. `winner` gets the commitments and the openings `(bid, nonce)` and returns the index of the *lowest* valid bid (of two equal ones the first), or `None` if no opening is valid. An opening is valid if its nonce has 32 bytes, its bid is in range, and it opens the commitment at the same index. (A rival could copy your commitment and later your opening; real auctions hash the bidder's name along. Leave that out.)
#
# <details><summary>Hint</summary>Encode the bid with a fixed width, for instance <code>bid.to_bytes(32, "big")</code>, so that bytes cannot move between nonce and bid. That call fails for bids out of range: look first.</details>


# %% exercise="ex02_1"
def seal(bid: int, nonce: bytes) -> bytes:
    """SHA-256 over the nonce and the bid as 32 bytes, big-endian. About 1 line."""
    ### BEGIN SOLUTION
    return hashlib.sha256(nonce + bid.to_bytes(32, "big")).digest()
    ### END SOLUTION


def winner(commitments: list[bytes], openings: list[tuple[int, bytes]]) -> int | None:
    """Index of the lowest valid bid. About 6 lines."""
    ### BEGIN SOLUTION
    valid = [
        (bid, index)
        for index, (bid, nonce) in enumerate(openings)
        if len(nonce) == 32 and 0 <= bid < 2**256 and seal(bid, nonce) == commitments[index]
    ]
    return min(valid)[1] if valid else None
    ### END SOLUTION


# %% test="ex02_1_seal" points=1
assert type(seal(7, bytes(32))) is bytes, "a commitment is bytes"
assert seal(7, bytes(32)) != seal(8, bytes(32)), "other bids, other commitments"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(2)
for _ in range(20):
    _bid, _nonce = _rng.getrandbits(90), _rng.randbytes(32)
    _want = hashlib.sha256(_nonce + _bid.to_bytes(32, "big")).digest()
    assert type(seal(_bid, _nonce)) is bytes, "a commitment is bytes"
    assert seal(_bid, _nonce) == _want, "SHA-256 of nonce and 32-byte bid"
### END HIDDEN TESTS

# %% test="ex02_1_winner" points=1
nonces = [bytes([i]) * 32 for i in range(3)]
sealed = [seal(bid, nonce) for bid, nonce in zip((30, 10, 20), nonces)]
found = winner(sealed, [(30, nonces[0]), (10, nonces[1]), (20, nonces[2])])
assert type(found) is int, "the winner is an index"
assert found == 1, "10 is the lowest"
cheated = winner(sealed, [(30, nonces[0]), (9, nonces[1]), (20, nonces[2])])
assert cheated == 2 and type(cheated) is int, "a changed bid is out"
### BEGIN HIDDEN TESTS
assert winner(sealed, [(1, nonces[0]), (1, nonces[1]), (1, nonces[2])]) is None, "nobody is valid"
_swapped = winner(sealed[:2], [(10, nonces[1]), (30, nonces[0])])
assert _swapped is None, "an opening belongs to the commitment at its own index"
_long = hashlib.sha256(bytes(33) + (5).to_bytes(32, "big")).digest()
assert winner([_long], [(5, bytes(33))]) is None, "a nonce has 32 bytes"
_highest = 2**256 - 1
assert winner([seal(_highest, nonces[0])], [(_highest, nonces[0])]) == 0, "the highest bid is valid"
_short = hashlib.sha256(b"x" + (5).to_bytes(32, "big")).digest()
assert winner([_short], [(5, b"x")]) is None, "a nonce has 32 bytes"
for _bad in (-1, 2**256):
    _found = winner([sealed[0], sealed[1]], [(_bad, nonces[0]), (10, nonces[1])])
    assert type(_found) is int and _found == 1, "one bad bid does not stop the auction"
assert winner([sealed[1], sealed[1]], [(10, nonces[1])] * 2) == 0, "the first of equal bids"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ A log without memory (30 min)
# A log with a billion entries must publish a new root after each one, but cannot keep them all. It is enough to keep the roots of the *perfect* subtrees (those with 1, 2, 4, … entries), from left to right: at most 30 hashes. Eleven entries are 8 + 2 + 1, so three hashes.
#
# Write `append(frontier, n, entry)`: given those hashes for `n` entries, return the list for `n + 1` (a new list; the argument stays as it was). And `frontier_root(frontier)`: the RFC 6962 root they stand for.
#
# <details><summary>Hint 1</summary>It is binary counting: a new leaf is a 1; as long as n is odd, it merges with the last hash of the list and carries into the next place.</details>
# <details><summary>Hint 2</summary>For the root, start from the last hash and put each earlier one on its left. An empty list has the root <code>merkle.EMPTY_ROOT</code>.</details>


# %% exercise="ex02_2"
def append(frontier: list[bytes], n: int, entry: bytes) -> list[bytes]:
    """The roots of the perfect subtrees of n + 1 entries. About 6 lines."""
    ### BEGIN SOLUTION
    kept, carried = list(frontier), merkle.leaf_hash(entry)
    while n % 2 == 1:
        carried = merkle.node_hash(kept.pop(), carried)
        n //= 2
    return [*kept, carried]
    ### END SOLUTION


def frontier_root(frontier: list[bytes]) -> bytes:
    """The root of the whole list. About 6 lines."""
    ### BEGIN SOLUTION
    if not frontier:
        return merkle.EMPTY_ROOT
    top = frontier[-1]
    for perfect in reversed(frontier[:-1]):
        top = merkle.node_hash(perfect, top)
    return top
    ### END SOLUTION


# %% test="ex02_2_append" points=2
one = append([], 0, b"a")
two = append(one, 1, b"b")
assert type(two) is list and type(two[0]) is bytes, "a list of hashes"
assert two == [merkle.node_hash(merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b"))], "one perfect tree"
assert one == [merkle.leaf_hash(b"a")], "the argument stays as it was"
### BEGIN HIDDEN TESTS
_unseen = [bytes([200 + i]) for i in range(12)]
_eleven = [merkle.root(_unseen[:8]), merkle.root(_unseen[8:10]), merkle.leaf_hash(_unseen[10])]
_twelve = [merkle.root(_unseen[:8]), merkle.root(_unseen[8:12])]
assert append(_eleven, 11, _unseen[11]) == _twelve, "hashes alone must be enough"
_frontier, _entries = [], []
for _n in range(100):
    _entry = bytes([_n]) * (_n % 5)
    _frontier = append(_frontier, _n, _entry)
    _entries.append(_entry)
    assert type(_frontier) is list and all(type(h) is bytes for h in _frontier), "hashes"
    _sizes = [1 << i for i in range(8) if (_n + 1) >> i & 1][::-1]
    _wanted, _from = [], 0
    for _size in _sizes:
        _wanted.append(merkle.root(_entries[_from : _from + _size]))
        _from += _size
    assert _frontier == _wanted, "the roots of the perfect subtrees"
### END HIDDEN TESTS

# %% test="ex02_2_root" points=2
leaf_a, leaf_b, leaf_c = (merkle.leaf_hash(entry) for entry in (b"a", b"b", b"c"))
assert type(frontier_root([leaf_a])) is bytes, "a root is bytes"
assert frontier_root([leaf_a]) == leaf_a, "the root of one entry is its leaf"
assert frontier_root([]) == merkle.EMPTY_ROOT, "nothing has a root, too"
three_entries = merkle.root([b"a", b"b", b"c"])
assert frontier_root([merkle.node_hash(leaf_a, leaf_b), leaf_c]) == three_entries, "2 + 1"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(7)
for _ in range(20):
    _list = [_rng.randbytes(5) for _ in range(_rng.randrange(1, 90))]
    _parts, _rest = [], _list
    while _rest:
        _size = 1 << len(_rest).bit_length() - 1
        _parts.append(merkle.root(_rest[:_size]))
        _rest = _rest[_size:]
    _before = list(_parts)
    assert type(frontier_root(_parts)) is bytes, "bytes"
    assert frontier_root(_parts) == merkle.root(_list), "the root of the whole list"
    assert _parts == _before, "the argument stays as it was"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Proof of absence (open)
# RFC 6962 proves presence. If the committed list is *sorted*, without repetitions, you can also prove that something is **not** in it: show the two neighbours between which it would stand. Design `prove_absence(entries, wanted)`, which raises `ValueError` if `wanted` is there, and `check_absence(wanted, size, proof, root)`. A proof is a list of triples `(index, entry, inclusion proof)`, in order. Mind the ends of the list: before the first entry and after the last one there is only one neighbour. `check_absence` trusts that the list was sorted when it was committed to, and nothing else.
#
# <details><summary>Hint</summary>Positions are the point: two neighbours must have indices i and i + 1, and inclusion proofs bind positions. Membership trees (OpenZeppelin's) could not do this.</details>


# %% exercise="ex02_3"
def prove_absence(entries: list[bytes], wanted: bytes) -> list[tuple[int, bytes, list[bytes]]]:
    """The neighbours of `wanted` in the sorted entries, with proofs. About 5 lines."""
    ### BEGIN SOLUTION
    if wanted in entries:
        raise ValueError(f"{wanted!r} is in the list")
    after = sum(entry < wanted for entry in entries)
    around = [i for i in (after - 1, after) if 0 <= i < len(entries)]
    return [(i, entries[i], merkle.prove_inclusion(entries, i)) for i in around]
    ### END SOLUTION


def check_absence(wanted: bytes, size: int, proof: list, root: bytes) -> bool:
    """Whether the proof shows that `wanted` is in no place of the sorted list. About 10 lines."""
    ### BEGIN SOLUTION
    if size == 0:
        return not proof and root == merkle.EMPTY_ROOT
    if not all(merkle.verify_inclusion(e, i, size, path, root) for i, e, path in proof):
        return False
    places = [(index, entry) for index, entry, _ in proof]
    if len(places) == 2:
        (i, low), (j, high) = places
        return j == i + 1 and low < wanted < high
    if len(places) != 1:
        return False
    [(i, only)] = places
    return (i == 0 and wanted < only) or (i == size - 1 and only < wanted)
    ### END SOLUTION


# %% test="ex02_3_absent" points=2
sorted_list = sorted([b"ann", b"ben", b"dua", b"eve"])
names_root = merkle.root(sorted_list)
for name in (b"aaa", b"cem", b"zoe"):
    shown = prove_absence(sorted_list, name)
    assert check_absence(name, 4, shown, names_root) is True, "the name is not in the list"
    assert check_absence(b"ben", 4, shown, names_root) is False, "but ben is"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(3)
for _ in range(25):
    _list = sorted({_rng.randbytes(2) for _ in range(_rng.randrange(1, 40))})
    _name = _rng.randbytes(3)
    _proof = prove_absence(_list, _name)
    assert type(_proof) is list and 1 <= len(_proof) <= 2, "one or two neighbours"
    _own = [(i, e, merkle.prove_inclusion(_list, i)) for i, e, _ in _proof]
    assert check_absence(_name, len(_list), _own, merkle.root(_list)) is True, "another's proof"
    assert check_absence(_name, len(_list), _proof, merkle.root(_list)) is True, "absent"
    assert check_absence(_list[0], len(_list), _proof, merkle.root(_list)) is False, "present"
### END HIDDEN TESTS

# %% test="ex02_3_present" points=2
shown_cem = prove_absence(sorted_list, b"cem")
assert check_absence(b"cem", 4, shown_cem, names_root) is True, "an honest proof is accepted"
assert check_absence(b"ben", 4, shown_cem, names_root) is False, "ben is in the list"
alone = check_absence(b"cem", 4, shown_cem[:1], names_root)
assert alone is False, "one neighbour is not enough here"
other_root = merkle.root([b"ann", b"ben", b"dua"])
assert check_absence(b"cem", 4, shown_cem, other_root) is False, "another list"
### BEGIN HIDDEN TESTS
_p = [merkle.prove_inclusion(sorted_list, i) for i in range(4)]
_both = [(1, b"ben", _p[1]), (2, b"dua", _p[2])]
assert check_absence(b"cem", 4, _both, names_root) is True, "a proof made by somebody else"
assert check_absence(b"dua", 4, _both, names_root) is False, "dua is a neighbour, not absent"
assert check_absence(b"x", 0, [], merkle.EMPTY_ROOT) is True, "nothing is in an empty list"
assert check_absence(b"x", 0, [], names_root) is False, "this root is of no empty list"
_far = [(0, b"ann", _p[0]), (2, b"dua", _p[2])]
assert check_absence(b"ben", 4, _far, names_root) is False, "these two are no neighbours"
_moved = [(0, b"ann", _p[0]), (1, b"dua", _p[2])]
assert check_absence(b"ben", 4, _moved, names_root) is False, "dua does not stand at 1"
_invented = [(1, b"bob", _p[1]), (2, b"dua", _p[2])]
assert check_absence(b"cem", 4, _invented, names_root) is False, "bob is not in the list"
assert check_absence(b"cem", 4, shown_cem[::-1], names_root) is False, "wrong order"
assert check_absence(b"cem", 4, [], names_root) is False, "no neighbour at all"
assert check_absence(b"cem", 3, shown_cem, names_root) is False, "another size"
for _i in (0, 1):
    for _j in range(len(shown_cem[_i][2])):
        _path = list(shown_cem[_i][2])
        _path[_j] = bytes(32)
        _bad = list(shown_cem)
        _bad[_i] = (*shown_cem[_i][:2], _path)
        assert check_absence(b"cem", 4, _bad, names_root) is False, "a hash of a path was changed"
try:
    prove_absence(sorted_list, b"ben")
except ValueError:
    pass
else:
    raise AssertionError("ben is in the list: ValueError")
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: a commitment to *anything* takes **32 bytes**; an inclusion proof takes **at most 32 · ⌈log₂ n⌉ bytes** (960 for a billion entries); finding a collision of SHA-256 would take about **2¹²⁸ hashes**, because among that many some two agree.
#
# A commitment is *binding* because collisions cannot be found, and *hiding* only with a nonce. A tree needs leaves and nodes kept apart, and lists must not be padded by copies. Next, lesson 03 commits to *polynomials*, where one short proof opens any point; lesson 06 uses today's tree as a ledger.

# %% [markdown]
# ## Further reading
# * RFC 6962, section 2.1: the definitions. Read them beside `aicrypto/commit/merkle.py`.
# * RFC 9162, sections 2.1.3 to 2.1.5: the same walks without recursion, and an example with a drawing.
# * CVE-2012-2459: how a copied hash could split Bitcoin's network.
# * OpenZeppelin contracts, issue 3091: the leaf–node confusion, reported against a widely used library.
