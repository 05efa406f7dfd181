# %% [markdown]
# # 00 · Start here
# *You will see the whole course as one picture, learn how its lessons work, and catch a cheating model host for a small part of the work — 40 minutes and exercises, any CPU, needs Python and a little linear algebra.*

# %% [markdown]
# ## Why
# You send a question to a model on somebody else's machine. An answer comes back. Was it that model? Did it run at all? Who collected its training data, who is paid when it earns, and who says so? Today you trust a company with all of it. **Decentralised AI** replaces that trust, piece by piece, with things that anybody can check.
#
# Checking can be dear. For four small networks, of 67 to 670,000 parameters, proving an answer with the general-purpose tool EZKL took 300,000 to 1,700,000 times as long as computing it (measured for lesson 12, on one machine). Remainder, a prover that Modulus built for one family of models, is published at about 180 times. (A *proof* here is a short string with which a *verifier* checks an answer without redoing the work; a *prover* makes it.) Without cheap checks every mechanism of this course would stay on paper. So each lesson builds one mechanism from nothing, *attacks* it, and then holds it against what the deployed system does.

# %% [markdown]
# ## Outcomes
# You can
# 1. read the map of the eleven systems (Figure 2): who relies on whom, and who is misled if one lies;
# 2. run a lesson, predict before you look, and check an exercise;
# 3. verify a matrix product for a small part of the work, and forge one where a check forgets something.

# %% tags=["setup"]
import hashlib
import random
import secrets
import time

import numpy as np
import torch

from aicrypto.classroom import device_report, rejects
from aicrypto.evm import Chain, Reverted
from aicrypto.proof import matmul
from aicrypto.viz import explore
from aicrypto.viz.chance import draw_misses
from aicrypto.viz.systems import SYSTEMS, downstream, draw_systems, names

# %% [markdown]
# ## Build
# ### How a lesson works
# Run the cells in order with **Shift + Enter**. Where it says **Predict**, answer before you open the fold: being wrong is where the learning happens. Every `assert` states something that must be so; if one fails, its message says what is broken. `rejects(f, ...)` demands that a check says *no*. Each lesson runs alone, from a fresh kernel, within a minute, without a network.
#
# What machine is this? Everything works without a GPU; where there is one, sizes grow.

# %% tags=["nbval-ignore-output"]
print(device_report())

# %% [markdown]
# ### A three-minute taste
# A host sells a model: one layer, 400 numbers in, 300 out. You send a batch of 200 questions, it returns the answers: a matrix product. Whole numbers only, so that "equal" means equal.

# %%
rng = np.random.default_rng(0)
weights = rng.integers(-8, 8, (300, 400))
questions = rng.integers(-8, 8, (400, 200))
answers = weights @ questions
print(f"{weights.size * questions.shape[1]:,} multiplications by the host")


# %% [markdown]
# **Commit.** Before any question is asked, the host publishes a *commitment*: 32 bytes that fit only these weights. Whoever audits it later gets the weights and compares. (Lesson 02 builds commitments properly.)
#
# **Predict:** why does `digest` hash the shape, and refuse anything but 64-bit integers?
#
# <details><summary>Answer</summary>The same 120,000 numbers could be read as 300 × 400 or as 400 × 300. And weights like 3.5 would be cut to 3 on their way into the hash. Each would give two different models one fingerprint.</details>


# %%
def digest(matrix: np.ndarray) -> str:
    if matrix.dtype != np.int64:
        raise ValueError(f"matrix holds {matrix.dtype}, must be int64")
    shape = np.array(matrix.shape, dtype=np.int64)
    return hashlib.sha256(shape.tobytes() + matrix.tobytes()).hexdigest()


published = digest(weights)
assert digest(weights.reshape(400, 300)) != published, "the shape is part of the commitment"
cheaper = weights // 2 * 2  # fewer different numbers: a smaller, coarser model
assert digest(cheaper) != published, "other weights have another fingerprint"
rejects(digest, weights + 0.5, raises=ValueError, because="these are no integers")
print(published[:16], "…")

# %% [markdown]
# **Prove.** How do you check `answers` without redoing the product? Rūsiņš Freivalds' idea of 1977: pick a random column of numbers `r` and compare
#
# $$\text{answers} \cdot r \quad\text{with}\quad \text{weights} \cdot (\text{questions} \cdot r).$$
#
# Both sides multiply a matrix by one *column*, never by a matrix. We compute modulo the prime q = 2³¹ − 1, so that products fit into 64 bits and nothing is ever rounded (lesson 01 finds a better prime).

# %%
Q = 2**31 - 1


def times(matrix: np.ndarray, column: np.ndarray) -> np.ndarray:
    return (matrix % Q * column % Q).sum(axis=1) % Q  # products stay below 2^62


def freivalds(weights, questions, answers, r: np.ndarray) -> bool:
    """Whether answers = weights @ questions modulo q, as far as the column r can tell."""
    return bool((times(answers, r) == times(weights, times(questions, r))).all())


r = np.array([secrets.randbelow(Q) for _ in range(questions.shape[1])])
assert freivalds(weights, questions, answers, r), "honest answers pass"

# %% [markdown]
# `r` comes from `secrets` and not from a seeded generator: a host that could foresee it could cheat, as we will see.
#
# **Predict:** a single answer is wrong. What is the chance that a random `r` fails to notice?
#
# <details><summary>Answer</summary>1/q, about 5 in 10 billion. In the wrong row, (error · r) must be zero modulo q. However the other entries of r fall, exactly one of q values of the decisive entry makes it so.</details>
#
# **Catch a cheat.** A lazy host answers with the coarser model. Another one changes a single answer out of 60,000.

# %%
lazy = cheaper @ questions
rejects(freivalds, weights, questions, lazy, r, because="another model answered")
one_off = answers.copy()
one_off[123, 45] += 1
rejects(freivalds, weights, questions, one_off, r, because="one answer was changed")
print("both cheats were caught")

# %% [markdown]
# What did it cost? Count the multiplications: each matrix is read once.

# %%
rows, inner, batch = *weights.shape, questions.shape[1]
by_host = rows * inner * batch
by_you = rows * batch + inner * batch + rows * inner
assert by_host / by_you > 90, "the check should be about a hundred times cheaper"
print(f"host {by_host:,}, you {by_you:,}: {by_host / by_you:.0f} times less")

# %% [markdown]
# And the clock, on this machine. Be honest about it: a host who multiplies with floating-point numbers, for which processors are made, is faster than our check at this size. Counting shows what happens as sizes grow: the product grows with the third power, the check with the second.

# %% tags=["nbval-ignore-output"]
start = time.perf_counter()
weights @ questions
middle = time.perf_counter()
assert freivalds(weights, questions, answers, r), "honest answers pass"
end = time.perf_counter()
print(f"product {1e3 * (middle - start):.2f} ms, check {1e3 * (end - middle):.2f} ms")

# %% [markdown]
# ### From a conversation to a proof
# So far *you* drew `r`, after seeing the answers. A proof that strangers can check later needs an `r` that nobody chose: take it from a hash of everything that was said. That is the **Fiat–Shamir transform**; what goes into the hash is the **transcript**.


# %%
def challenge(*said: np.ndarray, count: int) -> np.ndarray:
    seed = hashlib.sha256("".join(map(digest, said)).encode()).digest()
    blocks = [hashlib.sha256(seed + i.to_bytes(4, "little")).digest() for i in range(count)]
    return np.array([int.from_bytes(block, "little") % Q for block in blocks])


drawn = challenge(weights, questions, answers, count=200)
assert (drawn == challenge(weights, questions, answers, count=200)).all(), "the same for everybody"
others = [(cheaper, questions, answers), (weights, -questions, answers), (weights, questions, lazy)]
for said in others:
    assert (drawn != challenge(*said, count=200)).any(), "whatever is said differently counts"

# %% [markdown]
# A host at home has all the time in the world: it can change its lie a little, compute the new `r`, and try again until one passes. With a chance of 2⁻³¹ that takes hours. So the audit draws *four* columns. A lie then passes with a chance of 2⁻¹²⁴: it would take about 2¹²⁴ tries, more than anybody has.
#
# One thing more: modulo q, an answer that is wrong by a multiple of q is not wrong at all. The same holds for weights. So look first whether both are as small as they must be: weights from −8 to 7, answers the sum of 400 products. (The questions are your own.)

# %%
BOUND = 400 * 8 * 8


def audit(published: str, weights, questions, answers) -> bool:
    if answers.shape != (len(weights), questions.shape[1]) or digest(weights) != published:
        return False
    if weights.min() < -8 or weights.max() > 7 or answers.min() < -BOUND or answers.max() > BOUND:
        return False
    r = challenge(weights, questions, answers, count=4 * 200).reshape(4, 200)
    return all(freivalds(weights, questions, answers, column) for column in r)


assert audit(published, weights, questions, answers), "honest answers pass"
rejects(audit, published, weights, questions, one_off, because="one answer was changed")
rejects(audit, published, cheaper, questions, lazy, because="these are not the published weights")

# %% [markdown]
# And the lie by a multiple of q:

# %%
far_off = answers.copy()
far_off[0, 0] += Q
assert freivalds(weights, questions, far_off, r), "modulo q this lie is invisible"
rejects(audit, published, weights, questions, far_off, because="no honest answer is that large")
too_large = answers.copy()
too_large[0, 0] = BOUND + 1
rejects(audit, published, weights, questions, too_large, because="one above the bound")
lowest = answers.copy()
lowest[42, 22] = -(2**63)
assert abs(lowest).max() <= BOUND, "64-bit integers overflow: this one has no absolute value"
rejects(
    audit, published, weights, questions, lowest, because="so the bound is checked on both sides"
)

# %% [markdown]
# The same trick with the weights, and an answer that is too short:

# %%
alien = weights.copy()
alien[0, 0] += Q
assert (alien @ questions != answers).any(), "these answers are wrong for the alien weights"
rejects(audit, digest(alien), alien, questions, answers, because="weights must be small, too")
rejects(audit, published, weights, questions, answers[:299], because="a row is missing")

# %% [markdown]
# ## Check yourself
# Predict the lines, then run the cell.
#
# <details><summary>Why the last line?</summary>A 64-bit float keeps 53 binary digits, so 2⁶¹ − 1, the better prime of lesson 01, is rounded up to 2⁶¹. That is why proofs use integers.</details>

# %% tags=["nbval-check-output"]
print(-3 % Q == Q - 3, "- so -3 lives at the upper end, as q - 3")
print(f"{4 * by_you:,} multiplications for the audit's four columns")
print(f"{by_host / (4 * by_you):.0f} times less than the host's work")
print(float(2**61 - 1) == 2**61 - 1, "- so a 64-bit float cannot hold 2^61 - 1")
assert 20 < by_host / (4 * by_you) < 25, "four columns cost four times one"

# %% [markdown]
# ## See
# **Figure 1, the liar's luck.** Over a small prime a lie slips through often; one more random column divides the chance by the prime. One lie, 20,000 draws of four columns each; dots are counted, dotted lines are p⁻ᵏ.

# %%
counting = np.random.default_rng(1)
lie = np.arange(1, 9)  # the errors in one wrong row
missed = {}
for p in (2, 5, 31):
    columns = counting.integers(0, p, (20_000, 4, 8))
    passes = np.cumprod((columns * lie % p).sum(axis=2) % p == 0, axis=1).sum(axis=0)
    missed[p] = [float(count / 20_000) for count in passes if count >= 10]
assert abs(missed[2][0] - 1 / 2) < 0.02, "modulo 2 every other draw misses the lie"
assert abs(missed[31][0] - 1 / 31) < 0.01, "modulo 31 one draw in 31 does"
draw_misses(missed)

# %% [markdown]
# **Figure 2, the map.** An arrow runs from whoever says something to whoever relies on it, in this course's chain of value. Choose who lies: the cross is the liar, diamonds are all those who would be misled, and the title names the mechanism that this course builds against it. Hover over a system to see what it is trusted for.

# %%
explore(draw_systems, liar=names())

# %% [markdown]
# **Predict:** who is misled if the best model was chosen by fraud, that is, if Bittensor lies? Write the names down, then choose it in the figure.
#
# <details><summary>Answer</summary>Everybody who uses that model: Sentient (it is fingerprinted), Modulus and ORA (its answers are proved), Ritual (they are sold), Olas and MyShell (agents act on them). A correct proof of the wrong model's answer is still about the wrong model.</details>

# %%
users_of_the_model = {"Sentient", "Modulus", "ORA", "Ritual", "Olas", "MyShell"}
assert downstream("Bittensor") == users_of_the_model, "all who come after the choice"
assert downstream("Story") == downstream("Bittensor") | {"Bittensor"}, "and who chooses by licence"
assert downstream("MyShell") == set(), "nobody in the chain relies on the last one"

# %% [markdown]
# The same as a table: lesson, system, what it is trusted for, and the mechanism that replaces trust. The words of the last column are explained in their lessons.

# %% tags=["nbval-check-output"]
for system in SYSTEMS:
    print(f"{system.lesson}  {system.name:17} {system.trusted_for:38} {system.caught_by}")

# %% [markdown]
# **How to use the course.** Part one, lessons 01–05, builds the tools: numbers, commitments, proofs. Part two, 06–18, builds the eleven systems. Lesson 19 runs them all as one chain of value. Lesson 00 is enough for several of them; the head of each says what it needs. The chain runs without having read any:
#
# ```
# ./course pipeline                   # crawl, train, rank, prove, pay
# ./course pipeline --tamper dataset  # exactly one receipt must fail
# ```
#
# Each stage leaves a **receipt**: what it claims, and the bytes that let a stranger check it.

# %% [markdown]
# ## Break it
# ### A challenge that comes too early
# Suppose a careless protocol draws `r` from weights and questions alone, *before* the answers exist. Then the host knows `r` while it still chooses what to answer.
#
# **Predict:** which wrong answers pass?
#
# <details><summary>Answer</summary>Any error whose product with r is zero. Two entries of one row are enough: add r₁ to the entry at 0 and subtract r₀ from the entry at 1, because r₁·r₀ − r₀·r₁ = 0.</details>


# %%
def careless(weights, questions, answers) -> bool:
    early = challenge(weights, questions, count=200)  # forgets the answers!
    return freivalds(weights, questions, answers, early)


known = challenge(weights, questions, count=200)
forged = answers.copy()
forged[7, 0] += known[1]
forged[7, 1] -= known[0]
assert (forged != answers).any(), "the forged answers are wrong"
assert careless(weights, questions, forged), "and the careless check accepts them"
print("forged answer:", forged[7, 0], "instead of", answers[7, 0])

# %% [markdown]
# A range check would notice *this* forgery. But small ones exist, too: among 300,000 random combinations of changes from 0 to 3 in one row, two have the same product with `r`, and their *difference* changes nothing. (300,000 tries make 45 billion pairs, each of which agrees with chance 1/q: about 21 do. This is the *birthday effect*.)

# %%
tries = np.random.default_rng(2).integers(0, 4, (300_000, 20))
products = times(tries, known[:20])
order = np.argsort(products)
same = np.flatnonzero(np.diff(products[order]) == 0)[0]  # two neighbours with one product
small = answers.copy()
small[7, :20] += tries[order[same]] - tries[order[same + 1]]
assert 0 < abs(small - answers).max() <= 3, "wrong answers, each by 3 at most"
assert careless(weights, questions, small), "the careless check accepts them, too"

# %% [markdown]
# More columns only make the search longer. The order is what must be right: with the answers inside the transcript, every new lie meets a new `r`.


# %%
def careful(weights, questions, answers) -> bool:
    late = challenge(weights, questions, answers, count=200)
    return freivalds(weights, questions, answers, late)


assert careful(weights, questions, answers), "honest answers pass"
rejects(careful, weights, questions, small, because="r depends on the answers")
rejects(careful, weights, questions, forged, because="r depends on the answers")

# %% [markdown]
# This is no classroom bug. In 2022 auditors of Trail of Bits found proof systems of several projects that left a part of the statement out of the transcript, and named the family *Frozen Heart*.

# %% [markdown]
# ## Real system
# **Sumcheck** (lesson 04) takes the same idea further: a proof of a few hundred bytes, after which the verifier needs only one number from each matrix: a sum of all its entries with random weights (lesson 04 calls it the value at a *point*). Modulus' Remainder proves matrix products this way. We borrow the matrices of its documentation's example (not its proof format): our verifier must accept them, and refuse when any entry is changed.

# %%
a = torch.tensor([[0, 1, 2], [1, 2, 3], [2, 3, 4]])
b = torch.tensor([[3, 4], [4, 5], [5, 6]])
c = torch.tensor([[14, 17], [26, 32], [38, 47]])
proof = matmul.prove(a, b, c).to_bytes()
assert matmul.verify(a, b, c, proof), "the example of Remainder's documentation is accepted"
for i in range(c.numel()):
    changed = c.clone()
    changed.view(-1)[i] += 1
    rejects(matmul.verify, a, b, changed, proof, because=f"entry {i} was changed")

# %% [markdown]
# The host's whole batch, in one proof. On honest and on forged answers it must say what our audit says:

# %% tags=["nbval-check-output"]
statement = [torch.from_numpy(matrix) for matrix in (weights, questions, answers)]
proof = matmul.prove(*statement).to_bytes()
assert matmul.verify(*statement, proof), "the honest product is accepted"
flipped = bytes([proof[0] ^ 1]) + proof[1:]
rejects(matmul.verify, *statement, flipped, because="one bit of the proof was changed")
for lie in (one_off, small, forged, far_off):
    rejects(matmul.verify, *statement[:2], torch.from_numpy(lie), proof, because="a lie")
print(len(proof), "bytes of proof for", answers.size, "answers")

# %% [markdown]
# And the commitment belongs where the host cannot take it back: on a **blockchain**, a public list of transactions that many machines execute and keep. A **contract** is a program that lives there, **gas** the unit in which its work is counted. The library runs Ethereum's virtual machine inside this process. The client opens a job for this host, due in an hour, and pays in advance: 10¹⁸ wei, which is one ether. This registry insists on an order: first what the model was trained on, then the model, and neither can be taken back.

# %% tags=["nbval-check-output"]
chain = Chain()
client, host = chain.account("client"), chain.account("host")
registry = chain.deploy("WorkRegistry", sender=client)
job = registry.open(host, chain.timestamp + 3600, sender=client, value=10**18)
trained_on = hashlib.sha256(b"what the model was trained on").digest()
registry.post_dataset(job, trained_on, 200, sender=host)
registry.post_model(job, bytes.fromhex(published), sender=host)
[event] = registry.events("ModelPosted")
assert event.arguments["commitment"].hex() == published, "the contract holds the commitment"
print(f"posting the commitment took {chain.gas_used:,} gas")
swap = lambda: registry.post_model(job, bytes.fromhex(digest(cheaper)), sender=host)
rejects(swap, raises=Reverted, because="a job takes one model, once")

# %% [markdown]
# | | redo the work | Freivalds (today) | sumcheck (lesson 04) |
# |-|-|-|-|
# | multiplications of the verifier, here | 24,000,000 | 260,000 a column, 1,040,000 with four | 260,000, in a larger field |
# | sent besides the answers | nothing | nothing | 320 bytes |
# | chance that a lie passes | 0 | 2⁻³¹ a column, 2⁻¹²⁴ with four | about 2⁻¹¹⁷ |
# | needed from each matrix | all of it | all of it | one number, which a commitment can open |
#
# The last row is why sumcheck carries the rest of the course: once weights are committed to, the verifier needs them no more.

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
# Modulo 2 a number is only odd or even, and a random column of bits misses an odd error half of the time, so one repeats. Write `confident(a, b, c, rounds, rng)`: Freivalds' check modulo 2 for integer matrices given as lists of rows, with `rounds` fresh random columns whose entries come from `rng.getrandbits(1)`; it returns `False` at the first disagreement. (Errors that are even everywhere are invisible modulo 2, and must pass.) Then `rounds_needed(bits)`: the smallest number of rounds that lets a matrix with an odd error pass with probability at most 2 to the minus `bits`.
#
# <details><summary>Hint 1</summary>Write a small inner function that multiplies a matrix by a column modulo 2, and use it three times.</details>
# <details><summary>Hint 2</summary>Each round halves what is left of the liar's luck.</details>


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
identity, even = [[1, 0], [0, 1]], [[3, 0], [0, 1]]
assert confident(identity, identity, even, 20, random.Random(0)) is True, "modulo 2, 3 is 1"
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
    _c[2][3] += 2
    assert confident(_a, _b, _c, 30, _rng) is True, "an even error is invisible modulo 2"
    _c[2][3] += 1
    assert confident(_a, _b, _c, 60, _rng) is False, "a wrong product"


class _Scripted:
    """Gives the bits of a script: a column must take one fresh bit for each entry."""

    def __init__(self, bits):
        self.bits = list(bits)

    def getrandbits(self, n):
        assert n == 1, "one bit at a time"
        return self.bits.pop(0)


_two = [[1, 1], [0, 0]]  # two odd errors in the first row, against the zero matrix
_zero = [[0, 0], [0, 0]]
assert confident(_zero, _zero, _two, 1, _Scripted([1, 1])) is True, "they cancel for (1, 1)"
assert confident(_zero, _zero, _two, 1, _Scripted([1, 0])) is False, "but not for (1, 0)"
assert confident(_zero, _zero, _two, 2, _Scripted([1, 1, 0, 1])) is False, "a fresh column a round"
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
# The careless check of "Break it" is in use, and the buyer will look at a single answer: the one in row `i`, column `j`. Write `forge(answers, r, i, j, wanted, p)`. It returns a *new* matrix (list of lists of integers in `0 … p−1`, the argument stays as it was) with `wanted` at that place, which passes Freivalds' check for the known column `r` modulo the prime `p`. Change at most two entries; some entries of `r` may be zero, but at least two are not.
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
known_r = [3, 0, 5]
after = forge(before, known_r, 1, 0, 90, 101)
assert type(after) is list and type(after[1][0]) is int, "a list of rows of ints"
assert after[1][0] == 90, "the wanted answer stands there"
assert before == [[1, 2, 3], [4, 5, 6]], "the argument stays as it was"
assert all(0 <= x < 101 for row in after for x in row), "all entries lie in 0..p-1"
assert sum(x * y for x, y in zip(after[1], known_r)) % 101 == (4 * 3 + 6 * 5) % 101, (
    "the check passes"
)
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(9)
for _ in range(30):
    _p = _rng.choice([101, 2**61 - 1])
    _m = [[_rng.randrange(_p) for _ in range(6)] for _ in range(4)]
    _r = [_rng.randrange(_p) for _ in range(6)]
    _r[_rng.randrange(5)] = 0
    _i, _j, _w = _rng.randrange(4), _rng.randrange(6), _rng.randrange(_p)
    _f = forge([row[:] for row in _m], _r, _i, _j, _w, _p)
    assert type(_f) is list and all(type(x) is int for row in _f for x in row), "ints"
    assert _f[_i][_j] == _w, "the wanted answer"
    assert all(0 <= x < _p for row in _f for x in row), "entries in 0..p-1"
    for _old, _new in zip(_m, _f):
        assert (sum((x - y) * z for x, y, z in zip(_old, _new, _r))) % _p == 0, "same product"
    assert sum(x != y for o, n in zip(_m, _f) for x, y in zip(o, n)) <= 2, "as few as you can"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **1/p**, the chance that one random column modulo p misses a lie; **92 times** less work to check this product with one column than to do it, 23 times with four; **180 times**, what a special prover is published to cost for a forest of decision trees, and the order of magnitude that lesson 12 sets out to beat for networks.
#
# The pattern of every lesson: *commit* to what must not change, draw a *challenge* after it is fixed, *check* something small, and attack each step. Next, lesson 01 looks at the numbers themselves, lesson 02 at commitments.

# %% [markdown]
# ## Further reading
# * R. Freivalds, *Probabilistic machines can use less running time* (1977): the check you just used.
# * J. Thaler, *Proofs, Arguments, and Zero-Knowledge*, chapter 2: the same check and why randomness makes checking cheap.
# * Modulus Labs, *The Cost of Intelligence*: what proving a network costs, tool by tool. Lesson 12 checks its sums.
# * Trail of Bits, *The Frozen Heart vulnerability* (2022): the early challenge in deployed systems.
