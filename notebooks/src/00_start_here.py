# %% [markdown]
# # 00 · Start here
# *You will see the whole course as one picture, learn how its lessons work, and catch a cheating model host with a check that is cheaper than redoing the work — 40 minutes, any CPU, needs Python and a little linear algebra.*

# %% [markdown]
# ## Why
# You send a question to a model on somebody else's machine. An answer comes back. Was it that model? Did it run at all? Who collected its training data, who is paid when it earns, and who says so? Today you trust a company with all of it. **Decentralised AI** replaces that trust, piece by piece, with things anybody can check.
#
# Checking can be dear. Remainder, a prover that Modulus built for one kind of model, is published at about 180 times the cost of running it, and general-purpose tools cost tens of thousands of times. Without cheaper checks, every mechanism in this course would stay on paper. So each lesson builds one mechanism from nothing, *attacks* it, and then holds it against the deployed system's own test data.

# %% [markdown]
# ## Outcomes
# You can
# 1. name the eleven systems of the course, what each is trusted for, and what catches it lying;
# 2. run a lesson, predict before you look, and check an exercise;
# 3. verify a matrix product a hundred times larger than the work you put in, and forge one where the challenge comes too early.

# %% tags=["setup"]
import hashlib
import random
import time

import numpy as np
import torch

from aicrypto.classroom import device_report, rejects
from aicrypto.proof import matmul
from aicrypto.viz import explore
from aicrypto.viz.systems import SYSTEMS, draw_systems, names

# %% [markdown]
# ## Build
# ### How a lesson works
# Run the cells in order with **Shift + Enter**. Where it says **Predict**, answer before you open the fold: being wrong is where the learning happens. Every `assert` states something that must be so; if one fails, its message says what is broken. Each lesson runs alone, from a fresh kernel, within a minute, without a network.
#
# What machine is this? Everything works without a GPU; where there is one, sizes grow.

# %% tags=["nbval-ignore-output"]
print(device_report())

# %% [markdown]
# ### A three-minute taste
# A host sells a model: one layer, 400 weights in, 300 out. You send a batch of 200 questions, it returns the answers: a matrix product. Whole numbers only, so that "equal" means equal.

# %%
rng = np.random.default_rng(0)
weights = rng.integers(-8, 8, (300, 400))
questions = rng.integers(-8, 8, (400, 200))
answers = weights @ questions
print(f"{weights.size * questions.shape[1]:,} multiplications by the host")


# %% [markdown]
# **Commit.** Before any question is asked, the host publishes a *commitment*: a short fingerprint that fits only these weights. Lesson 02 builds these properly.


# %%
def digest(matrix: np.ndarray) -> str:
    return hashlib.sha256(matrix.astype("<i8").tobytes()).hexdigest()


published = digest(weights)
assert digest(weights) == published, "the same weights have the same fingerprint"
cheaper = weights.copy()
cheaper[0, 0] += 1
assert digest(cheaper) != published, "one changed weight changes the fingerprint"
print(published[:16], "…")

# %% [markdown]
# **Prove.** How do you check `answers` without redoing the product? Rūsiņš Freivalds' idea of 1977: pick a random column of numbers `r` and compare
#
# $$\text{answers} \cdot r \quad\text{with}\quad \text{weights} \cdot (\text{questions} \cdot r).$$
#
# Both sides multiply a matrix by one *column*, never by a matrix.
#
# **Predict:** if a single answer is wrong, what is the chance that a random `r` fails to notice?
#
# <details><summary>Answer</summary>Take the wrong row: its error times r must come out as zero. If the entries of r are drawn from p values, exactly one value of the decisive entry hides the error: chance 1/p. With p = 2⁶¹ − 1 that is 4 in 10¹⁹.</details>
#
# We count modulo the prime p = 2⁶¹ − 1, so numbers never overflow or round; lesson 01 says why this prime. Python integers are exact, so `dtype=object` is the slow but honest way.

# %%
P = 2**61 - 1


def freivalds(weights, questions, answers, r: list[int]) -> bool:
    """Whether answers = weights @ questions modulo p, as far as the column r can tell."""
    column = np.array(r, dtype=object)
    left = answers.astype(object) @ column % P
    right = weights.astype(object) @ (questions.astype(object) @ column % P) % P
    return bool((left == right).all())


secret = [random.randrange(P) for _ in range(questions.shape[1])]
assert freivalds(weights, questions, answers, secret), "honest answers pass"

# %% [markdown]
# **Catch a cheat.** A lazy host answers with a cheaper model. Another one changes one single answer out of 60,000.

# %%
lazy = cheaper @ questions
rejects(freivalds, weights, questions, lazy, secret, because="another model answered")
one_off = answers.copy()
one_off[123, 45] += 1
rejects(freivalds, weights, questions, one_off, secret, because="one answer was changed")
print("both cheats were caught")

# %% [markdown]
# The check reads each matrix once. Per row of answers you paid one column's worth of work instead of two hundred:

# %%
rows, inner, batch = *weights.shape, questions.shape[1]
by_host = rows * inner * batch
by_you = rows * batch + inner * batch + rows * inner
assert by_host / by_you > 90, "the check should be about a hundred times cheaper"
print(f"host {by_host:,}, you {by_you:,}: {by_host / by_you:.0f} times less")

# %% [markdown]
# ### From a conversation to a proof
# So far *you* drew `r` after seeing the answers. A proof that strangers can check later needs an `r` that nobody chose: take it from a hash of everything said so far. That is the **Fiat–Shamir transform**, and the running hash is the **transcript**.


# %%
def challenge(*said: np.ndarray, count: int) -> list[int]:
    seed = hashlib.sha256(b"".join(bytes.fromhex(digest(m)) for m in said)).digest()
    blocks = [hashlib.sha256(seed + i.to_bytes(4, "little")).digest() for i in range(count)]
    return [int.from_bytes(block, "little") % P for block in blocks]


def check(weights, questions, answers) -> bool:
    r = challenge(weights, questions, answers, count=questions.shape[1])
    return freivalds(weights, questions, answers, r)


assert check(weights, questions, answers), "honest answers pass"
rejects(check, weights, questions, one_off, because="one answer was changed")

# %% [markdown]
# ## Check yourself
# Predict the three lines, then run the cell. The last one is a trap.

# %% tags=["nbval-check-output"]
print(pow(2, 61, P), "= 2^61 modulo p")
print((-3) % P == P - 3, "is how negative numbers live modulo p")
print(round(2**61 - 1.0) == P, "says whether a float can hold p")
assert float(P) != P, "a 64-bit float has 53 bits: it rounds p away"

# %% [markdown]
# ## See
# **Figure 1, the map.** An arrow means "builds on what the other one says". Choose who lies: red is the liar, orange diamonds are all those who would be misled, and the title names the mechanism that catches it. Hover over a system to see what it is trusted for.

# %%
explore(draw_systems, liar=names())

# %% [markdown]
# The same as a table, with the lesson that builds each mechanism:

# %% tags=["nbval-check-output"]
for system in SYSTEMS:
    print(f"{system.lesson}  {system.name:17} {system.trusted_for:38} {system.caught_by}")
assert len(SYSTEMS) == 11, "eleven systems"

# %% [markdown]
# **How to use the course.** Part one, lessons 01–05, builds the tools: fields, commitments, proofs. Part two, 06–18, builds the eleven systems. Lesson 19 runs them all in one chain of value; you can start that chain today from a terminal:
#
# ```
# ./course pipeline                   # crawl, clean, train, rank, prove, pay: about a minute
# ./course pipeline --tamper dataset  # flip one bit there; exactly that receipt must fail
# ```
#
# In a hurry? Lessons 02, 04, 06, 09 and 19.

# %% [markdown]
# ## Break it
# ### A challenge that comes too early
# Suppose a careless protocol draws `r` from the questions alone, *before* the answers exist. Then the host knows `r` while it still chooses what to answer.
#
# **Predict:** which wrong answers pass?
#
# <details><summary>Answer</summary>Any error whose product with r is zero. Two entries of one row are enough: add r₁ to the entry at 0 and subtract r₀ from the entry at 1, because r₁·r₀ − r₀·r₁ = 0.</details>


# %%
def early_check(weights, questions, answers) -> bool:
    r = challenge(weights, questions, count=questions.shape[1])  # forgets the answers!
    return freivalds(weights, questions, answers, r)


known = challenge(weights, questions, count=questions.shape[1])
forged = answers.astype(object)
forged[7, 0] += known[1]
forged[7, 1] -= known[0]
assert (forged != answers).any(), "the forged answers are wrong"
assert early_check(weights, questions, forged), "and the careless check accepts them"
print("forged answer:", forged[7, 0], "instead of", answers[7, 0])

# %% [markdown]
# With the answers inside the transcript the host can still *compute* `r`, but only after fixing the answers; every new lie gives a new `r`. The right check refuses:

# %%
honest_r = challenge(weights, questions, (forged % P).astype(np.uint64), count=200)
rejects(freivalds, weights, questions, forged, honest_r, because="r depends on the answers")

# %% [markdown]
# This is no classroom bug. In 2022 the auditors of Trail of Bits found proof systems of several projects that forgot a part of the statement in the transcript, and named the family *Frozen Heart*.

# %% [markdown]
# ## Real system
# Freivalds' verifier still reads the whole answer. **Sumcheck** (lesson 04) turns the same idea into a proof of a few hundred bytes that leaves just one number to look up in each matrix. The library's version already works; its transcript is the one that the later provers of this course share.

# %%
a, b, c = (torch.from_numpy(m) for m in (weights, questions, answers))
start = time.perf_counter()
proof = matmul.prove(a, b, c).to_bytes()
assert matmul.verify(a, b, c, proof), "the library's verifier accepts the honest product"
seconds = time.perf_counter() - start

# %% tags=["nbval-check-output"]
print(len(proof), "bytes of proof for", answers.size, "answers")
rejects(matmul.verify, a, b, torch.from_numpy(one_off), proof, because="one answer was changed")
flipped = bytes([proof[0] ^ 1]) + proof[1:]
rejects(matmul.verify, a, b, c, flipped, because="one bit of the proof was changed")

# %% [markdown]
# | | redo the work | Freivalds (today) | sumcheck (lesson 04) |
# |-|-|-|-|
# | multiplications of the verifier, here | 24,000,000 | 260,000 | one pass over each matrix |
# | sent besides the answers | nothing | nothing | 320 bytes |
# | chance that a lie passes | 0 | 2⁻⁶¹ | about 2⁻¹¹⁷ |
# | can hide the weights | no | no | yes, with lesson 12 |

# %% [markdown]
# ## Exercises
# Replace the stub, run the checks below it. Untouched exercises say so and do no harm.
#
# ### ★ Modular dot product (10 min)
# Multiply two lists entry by entry and add up, modulo `p`. The result lies in `0 … p−1`, also for negative entries.
#
# <details><summary>Hint</summary>Python's <code>%</code> already gives a non-negative remainder.</details>


# %% exercise="ex00_1"
def dot(a: list[int], b: list[int], p: int) -> int:
    """sum of a[i]*b[i] modulo p. About 1 line."""
    ### BEGIN SOLUTION
    return sum(x * y for x, y in zip(a, b, strict=True)) % p
    ### END SOLUTION


# %% test="ex00_1_dot" points=1
value = dot([1, 2, 3], [4, 5, 6], 7)
assert type(value) is int, "the result is an int"
assert value == 4, "32 modulo 7 is 4"
assert dot([-1], [1], 7) == 6, "-1 is 6 modulo 7"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(1)
for _ in range(30):
    _p = _rng.choice([2, 97, 2**61 - 1])
    _a = [_rng.randrange(-_p, _p) for _ in range(20)]
    _b = [_rng.randrange(-_p, _p) for _ in range(20)]
    _got = dot(_a, _b, _p)
    assert type(_got) is int, "an int"
    assert 0 <= _got < _p, "a remainder"
    assert (_got - sum(x * y for x, y in zip(_a, _b))) % _p == 0, "the right remainder"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ How many rounds over a tiny field? (30 min)
# Modulo 2, a random column misses an error half of the time, so one repeats. Write `confident(a, b, c, rounds, rng)`: Freivalds' check modulo 2 for integer matrices given as lists of rows, with `rounds` fresh random columns from `rng.getrandbits(1)`; it returns `False` at the first disagreement. Then `rounds_needed(bits)`: the smallest number of rounds that lets a lie pass with probability at most 2 to the minus `bits`.
#
# <details><summary>Hint</summary>Each round halves what is left of the liar's luck.</details>


# %% exercise="ex00_2"
def confident(a: list, b: list, c: list, rounds: int, rng: random.Random) -> bool:
    """Whether c = a·b modulo 2 in all rounds. About 8 lines."""

    ### BEGIN SOLUTION
    def times(matrix: list, column: list) -> list:
        return [sum(x * y for x, y in zip(row, column, strict=True)) % 2 for row in matrix]

    for _ in range(rounds):
        r = [rng.getrandbits(1) for _ in c[0]]
        if times(a, times(b, r)) != times(c, r):
            return False
    return True
    ### END SOLUTION


def rounds_needed(bits: int) -> int:
    """Rounds modulo 2 for an error of at most 2^-bits. About 1 line."""
    ### BEGIN SOLUTION
    return bits
    ### END SOLUTION


# %% test="ex00_2_honest" points=1
identity = [[1, 0], [0, 1]]
verdict = confident(identity, identity, identity, 20, random.Random(0))
assert verdict is True, "an honest product passes every round"
assert type(rounds_needed(10)) is int, "a number of rounds"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(5)
for _ in range(10):
    _a = [[_rng.randrange(-9, 9) for _ in range(4)] for _ in range(3)]
    _b = [[_rng.randrange(-9, 9) for _ in range(5)] for _ in range(4)]
    _c = [[sum(x * y for x, y in zip(row, col)) for col in zip(*_b)] for row in _a]
    assert confident(_a, _b, _c, 30, _rng) is True, "an honest product"
    _c[2][3] += 1
    assert confident(_a, _b, _c, 60, _rng) is False, "a wrong product"
for _bits in (1, 7, 128):
    assert type(rounds_needed(_bits)) is int, "an int"
    assert 2 ** -rounds_needed(_bits) <= 2**-_bits < 2 ** -(rounds_needed(_bits) - 1), "smallest"
### END HIDDEN TESTS

# %% test="ex00_2_chance" points=2
wrong = [[1, 0], [0, 0]]
rng2 = random.Random(1)
passed = sum(confident(identity, identity, wrong, 1, rng2) is True for _ in range(2000))
assert 800 < passed < 1200, "one round modulo 2 misses a single error about half of the time"
### BEGIN HIDDEN TESTS
_rng = random.Random(11)
_passed = sum(confident(identity, identity, wrong, 3, _rng) is True for _ in range(4000))
assert 350 < _passed < 650, "three rounds miss it one time in eight"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Forge to order (open)
# The careless check of "Break it" is in use, and the buyer will look at a single answer: the one in row `i`, column `j`. Write `forge(answers, r, i, j, wanted, p)` which returns a new matrix (list of lists of integers in `0 … p−1`) with `wanted` at that place that passes Freivalds' check for the known column `r` modulo the prime `p`. Change as few entries as you can; some entries of `r` may be zero.
#
# <details><summary>Hint 1</summary>You need one more entry of the same row to pay for the change.</details>
# <details><summary>Hint 2</summary>Modulo a prime, every non-zero number has an inverse: <code>pow(x, -1, p)</code>.</details>


# %% exercise="ex00_3"
def forge(answers: list, r: list[int], i: int, j: int, wanted: int, p: int) -> list:
    """Other answers with the same product with r. About 8 lines."""
    ### BEGIN SOLUTION
    forged = [[entry % p for entry in row] for row in answers]
    debt = (wanted - forged[i][j]) * r[j] % p
    forged[i][j] = wanted % p
    if debt:
        k = next(k for k in range(len(r)) if k != j and r[k] % p)
        forged[i][k] = (forged[i][k] - debt * pow(r[k], -1, p)) % p
    return forged
    ### END SOLUTION


# %% test="ex00_3_forge" points=2
before = [[1, 2, 3], [4, 5, 6]]
r = [3, 0, 5]
after = forge(before, r, 1, 0, 90, 101)
assert type(after) is list and type(after[1][0]) is int, "a list of rows of ints"
assert after[1][0] == 90, "the wanted answer stands there"
assert sum(x * y for x, y in zip(after[1], r)) % 101 == (4 * 3 + 6 * 5) % 101, "the check passes"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(9)
for _ in range(30):
    _p = _rng.choice([101, 2**61 - 1])
    _m = [[_rng.randrange(_p) for _ in range(6)] for _ in range(4)]
    _r = [_rng.randrange(_p) for _ in range(6)]
    _r[_rng.randrange(5)] = 0
    _i, _j, _w = _rng.randrange(4), _rng.randrange(6), _rng.randrange(_p)
    _f = forge(_m, _r, _i, _j, _w, _p)
    assert type(_f) is list and all(type(x) is int for row in _f for x in row), "ints"
    assert _f[_i][_j] == _w, "the wanted answer"
    for _old, _new in zip(_m, _f):
        assert (sum((x - y) * z for x, y, z in zip(_old, _new, _r))) % _p == 0, "same product"
    assert sum(x != y for o, n in zip(_m, _f) for x, y in zip(o, n)) <= 2, "as few as you can"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **1/p**, the chance that a random check modulo p misses a lie (2⁻⁶¹ today); about **100 times** less work to check this product than to do it; **180 times** more work, as published, for the prover that this course sets out to beat.
#
# The pattern of every lesson: *commit* to what must not change, draw a *challenge* after it is fixed, *check* something small, and attack each step. Next, lesson 01 looks at the numbers themselves, lesson 02 at commitments.

# %% [markdown]
# ## Further reading
# * R. Freivalds, *Probabilistic machines can use less running time* (1977): the check you just used, in two pages.
# * J. Thaler, *Proofs, Arguments, and Zero-Knowledge*, chapters 1 and 2: why randomness makes checking cheap.
# * Modulus Labs, *The Cost of Intelligence*: what proving a network costs, tool by tool. Lesson 12 checks its sums.
# * Trail of Bits, *The Frozen Heart vulnerability* (2022): the early challenge in deployed systems.
