# %% [markdown]
# # 04 · Sumcheck
# *You will referee a sum of a trillion terms with forty questions, prove a matrix product in 96 bytes, let a hash ask the questions, and forge sums where it repeats itself or forgets — 75 minutes and exercises, any CPU, needs lessons 01 and 02.*

# %% [markdown]
# ## Why
# `SELECT SUM(price * amount)` over two million rows is a sum of two million products. Whoever asks has neither rows nor time. Space and Time's *Proof of SQL* sends a proof along with the answer: published are 14 seconds on one GPU for two million rows, and about 20 milliseconds to verify, however many they are.
#
# A neural network is sums of products, too (lesson 12). Proof of SQL, Modulus' Remainder, Jolt and zkLLM rest on one protocol of 1992, built here: **sumcheck**. Without it the verifier adds up everything again.

# %% [markdown]
# ## Outcomes
# You can
# 1. play both sides of a sumcheck on paper, and say how often a lie survives;
# 2. check a sum of 2⁴⁰ terms with 40 challenges;
# 3. prove a matrix product, and say who multiplies how much;
# 4. let a hash play the referee, and forge where it repeats or forgets something.

# %% tags=["setup"]
import random
from hashlib import sha256
from math import log2
from pathlib import Path
from unittest import mock

import torch

from aicrypto import conform
from aicrypto.algebra import Fp2, P, m61x2, multilinear
from aicrypto.classroom import rejects
from aicrypto.commit import transcript
from aicrypto.proof import matmul, sumcheck
from aicrypto.viz import explore
from aicrypto.viz.proofs.sumcheck import calls, draw_costs, draw_game, draw_luck

rng = random.Random(4)

# %% [markdown]
# ## Build
# ### One round, on paper
# Two tables, `f` and `g`. A **prover** claims to know the sum of their products, place by place. A **referee** wants to be sure without adding up.
#
# Lesson 01 put a list on the corners of a cube. A **fold** at X walks from the first half `a` of the list towards the second half `b`, to `a + X·(b − a)`: at X = 0 stands the first half, at X = 1 the second.
#
# So let the prover describe the sum *as a function of X*: **h(X)** is the sum of products of the two tables folded at X. Each product is a line times a line, hence h is quadratic: h(X) = c₀ + c₁X + c₂X². And h(0) + h(1) is the sum of both halves, the claim.


# %%
def fold(table: list, x) -> list:
    half = len(table) // 2
    return [a + x * (b - a) for a, b in zip(table[:half], table[half:])]


def total(f: list, g: list):
    return sum(a * b for a, b in zip(f, g))


f, g = [3, 1, 4, 1], [2, 7, 1, 8]
assert total(f, g) == 25, "6 + 7 + 4 + 8"
assert total(fold(f, 0), fold(g, 0)) + total(fold(f, 1), fold(g, 1)) == 25, "h(0) + h(1)"

# %% [markdown]
# Three numbers fix a quadratic. The prover sends two: h(0), and c₂, the **leading** coefficient, the sum of slope times slope. The third follows: h(1) = claim − h(0).
#
# **Predict,** on paper: h(0), c₂, h(1) and h(2) for these tables.
#
# <details><summary>Answer</summary>h(0) = 6 + 7 = 13. Slopes of f: 1, 0; of g: −1, 1; so c₂ = −1. h(1) = 25 − 13 = 12. From h(1) = 13 + c₁ − 1 follows c₁ = 0: h(X) = 13 − X², and h(2) = 9.</details>


# %%
def message(f: list, g: list) -> tuple:
    """h(0) and the leading coefficient."""
    half = len(f) // 2
    slopes = [[b - a for a, b in zip(table[:half], table[half:])] for table in (f, g)]
    return total(f[:half], g[:half]), total(*slopes)


assert message(f, g) == (13, -1), "see the prediction"


# %% [markdown]
# From claim and message everybody can compute h anywhere:


# %%
def next_claim(claim, said: tuple, x):
    """The value h(x) of the quadratic with h(0) + h(1) = claim."""
    at_zero, leading = said
    at_one = claim - at_zero
    return at_zero + x * (at_one - at_zero - leading + x * leading)


assert next_claim(25, (13, -1), 2) == 9 == total(fold(f, 2), fold(g, 2)), "h(2), both ways"

# %% [markdown]
# Now the referee picks a random **challenge** x, and the claim "the tables sum to 25" becomes "the tables folded at x sum to h(x)": half as many terms. Repeat until each table has one number: its multilinear extension at the point of all challenges (lesson 01). The referee evaluates that *once* for each table, and compares. With the challenges 2 and 3:
#
# | round | tables | claim | said: h(0), c₂ | challenge | h there |
# |-|-|-|-|-|-|
# | 1 | (3, 1, 4, 1), (2, 7, 1, 8) | 25 | 13, −1 | 2 | 9 |
# | 2 | (5, 1), (0, 9) | 9 | 0, −36 | 3 | −189 |
# | end | (−7), (27) | −189 | | | −7 · 27 = −189 |
#
# In Python the prover is a *generator*: `yield` says something and waits for the answer, given with `send`. At the end it says the two last values.


# %%
def prover(f: list, g: list):
    while len(f) > 1:
        x = yield message(f, g)
        f, g = fold(f, x), fold(g, x)
    yield f[0], g[0]


# %% [markdown]
# Two functions come from outside: `ask` draws the challenge, `values_at` evaluates both tables at the point, once, at the end.


# %%
def referee(claim, rounds: int, player, ask, values_at) -> bool:
    point, said = [], next(player)
    for _ in range(rounds):
        point.append(ask(said))
        claim = next_claim(claim, said, point[-1])
        said = player.send(point[-1])
    return claim == said[0] * said[1] and said == values_at(point)


# %% [markdown]
# First the game above, then random challenges from lesson 01's `Fp2`: p² exact complex numbers, p = 2⁶¹ − 1.


# %%
def bind(table: list, point: list) -> list:
    for x in point:
        table = fold(table, x)
    return table


def of_tables(f: list, g: list):
    return lambda point: (bind(f, point)[0], bind(g, point)[0])


script = iter([2, 3])
assert referee(25, 2, prover(f, g), lambda said: next(script), of_tables(f, g)), "as in the table"
at_random = lambda said: Fp2(rng.randrange(P), rng.randrange(P))
assert referee(25, 2, prover(f, g), at_random, of_tables(f, g)), "the honest claim is accepted"
rejects(referee, 26, 2, prover(f, g), at_random, of_tables(f, g), because="the sum is 25")

# %% [markdown]
# **Predict:** in which round does the referee notice that 26 is false?
#
# <details><summary>Answer</summary>In none: h(1) is <em>computed</em> from the claim, so every round fits. Only the last comparison fails; a referee who skips it has checked nothing.</details>
#
# ### Forty challenges for a trillion terms
# Toss two coins: 0, 1, 1 or 2 heads. The squares add up to 0 + 1 + 1 + 4 = 6. Now toss 40, and add up (number of heads)² over all 2⁴⁰ = 1,099,511,627,776 outcomes. Statistics knows the average, (n/2)² + n/4 (mean squared plus variance): 410 for 40 coins, 1½ for two.
#
# Nobody writes down this table. Its extension is a formula, x₁ + x₂ + ⋯ + x₄₀, linear in each variable: for the referee 39 additions. The prover needs no table either. Let `fixed` be the sum of the challenges so far, and `free` the number of coins after this one. If this coin shows tails, an outcome's number is fixed + heads among the free; squared and added up, that is h(0). Each slope is 1, so the leading coefficient counts the outcomes.


# %%
def coins(n: int):
    fixed = 0
    for free in reversed(range(n)):
        outcomes = 2**free
        heads = outcomes * free // 2  # each coin shows heads in half of the outcomes
        squares = outcomes * free * (free + 1) // 4  # the average above, times outcomes
        x = yield outcomes * fixed * fixed + 2 * fixed * heads + squares, outcomes
        fixed = fixed + x
    yield fixed, fixed


assert next(coins(2)) == message([0, 1, 1, 2], [0, 1, 1, 2]), "the formula says what tables say"

# %% [markdown]
# **Predict:** how many numbers does the prover send for a trillion terms?
#
# <details><summary>Answer</summary>82: two a round, and the two last values.</details>

# %%
heads_at = lambda point: (sum(point), sum(point))
squared_heads = 410 * 2**40
assert referee(squared_heads, 40, coins(40), at_random, heads_at), "a trillion terms"
rejects(referee, squared_heads + 1, 40, coins(40), at_random, heads_at, because="one too many")

# %% [markdown]
# (All is modulo p; the sum is smaller.)
#
# ### What a liar can do
# For a false claim the prover must send a false h; the true one does not fit. The difference of two quadratics has at most two zeros: of all challenges, **at most two** turn the false claim into a true one. After k rounds the lie survives with a chance of at most 2k/n, with n possible challenges. (40 rounds over p² numbers: below 2⁻¹¹⁵.)
#
# The best liar *chooses* these two, say 2 and 3. By hand, for the claim 26 instead of 25: h(X) = 13 − X² must rise by 1 at 0 and 1 together, and stay as it is at 2 and 3. So add scale·(X − 2)(X − 3). At 0 that is 6·scale, at 1 it is 2·scale; scale = ⅛.

# %%
said = 13 + 6 / Fp2(8), -1 + 1 / Fp2(8)
agrees = [next_claim(26, said, x) == next_claim(Fp2(25), (13, -1), x) for x in range(6)]
assert agrees == [False, False, True, True, False, False], "two lucky challenges"

# %% [markdown]
# The same in every round; `bet` hears the challenges so far, and chooses two.


# %%
def liar(f: list, g: list, claim, bet):
    asked = []
    while len(f) > 1:
        wrong, (at_zero, leading) = claim - total(f, g), message(f, g)
        u, v = bet(asked)
        scale = wrong / (u * v + (1 - u) * (1 - v))
        said = at_zero + scale * u * v, leading + scale
        asked.append((yield said))
        claim = next_claim(claim, said, asked[-1])
        f, g = fold(f, asked[-1]), fold(g, asked[-1])
    yield f[0], g[0]


# %% [markdown]
# **Figure 1.** The liar plays 1,000 games of three rounds against referees who draw from 8, 16, … numbers only. In each round it escapes with 2 of n; the line is 1 − (1 − 2/n)³, and counts waver around it.

# %%
left, right = ([Fp2(rng.randrange(100)) for _ in range(8)] for _ in range(2))
truth, true_values = total(left, right), of_tables(left, right)


def wins(n_challenges: int) -> bool:
    ask, bets = lambda said: Fp2(rng.randrange(n_challenges)), lambda asked: (2, 3)
    return referee(truth + 1, 3, liar(left, right, truth + 1, bets), ask, true_values)


luck = {n: sum(wins(n) for _ in range(1000)) / 1000 for n in (8, 16, 32, 64, 128)}
for n, share in luck.items():
    chance = 1 - (1 - 2 / n) ** 3
    assert abs(share - chance) < 5 * (chance / 1000) ** 0.5, f"two lucky challenges of {n} a round"
draw_luck(luck, n_rounds=3)

# %% [markdown]
# ### A hash plays the referee
# A game convinces only who asks. To convince everybody, let a hash ask: the challenge is computed from everything said so far (Fiat–Shamir, lesson 00). Another message gets another challenge, as unpredictable as a coin. From here on the referee is a program: the **verifier**.
#
# The running hash is the **transcript**. `absorb` hashes its state with a *tag* (the message's name), the length and the data; `challenge` cuts two words of 61 bits off a further hash. (The library skips a word p, the second name of 0; nobody will ever see one.)


# %%
class Transcript:
    def __init__(self, label: str):
        self.state, self.drawn = sha256(label.encode()).digest(), 0

    def absorb(self, tag: int, data: bytes) -> None:
        name = bytes([tag]) + len(data).to_bytes(8, "little")
        self.state, self.drawn = sha256(self.state + name + data).digest(), 0

    def challenge(self) -> Fp2:
        block = sha256(self.state + b"\xff" + self.drawn.to_bytes(4, "little")).digest()
        self.drawn += 1
        return Fp2(*(int.from_bytes(block[i : i + 8], "little") & P for i in (0, 8)))


# %% [markdown]
# `started` gives the transcript that has heard the *statement*, claim and tables. `hash_asks` turns it into the `ask` of our referee: absorb what was said, then draw.


# %%
def encode(rows) -> bytes:
    return b"".join((Fp2(0) + value).to_bytes() for row in rows for value in row)


def started(claim, kind=Transcript):
    t = kind("lesson 04")
    t.absorb(1, encode([(claim,), left, right]))
    return t


def hash_asks(t, tag: int = 2):
    def ask(said):
        t.absorb(tag, encode([said]))
        return t.challenge()

    return ask


# %% [markdown]
# A **proof** is everything the prover says, recorded: a pair each round, and the last two values. For k rounds it has 32·(k + 1) bytes.


# %%
def prove(player, rounds: int, ask) -> list[tuple]:
    proof = [next(player)]
    for _ in range(rounds):
        proof.append(player.send(ask(proof[-1])))
    return proof


def verify(claim, rounds: int, proof: list[tuple], ask, values_at) -> bool:
    recorded = (said for said in proof)  # a player who does not listen
    return len(proof) == rounds + 1 and referee(claim, rounds, recorded, ask, values_at)


# %% [markdown]
# The length comes first: an audit of Remainder called it critical that a verifier did not look at the shape of proofs.


# %%
def judge(claim, proof, kind=Transcript) -> bool:
    return verify(claim, 3, proof, hash_asks(started(claim, kind)), true_values)


proof = prove(prover(left, right), 3, hash_asks(started(truth)))
assert judge(truth, proof), "an honest proof is accepted"
for i, (first, second) in enumerate(proof):
    for other in ((first + 1, second), (first, second + 1)):
        rejects(judge, truth, [*proof[:i], other, *proof[i + 1 :]], because=f"another pair {i}")
rejects(judge, truth, [*proof[:3], (2 * proof[3][0], proof[3][1] / 2)], because="same product")
rejects(judge, truth + 1, proof, because="another claim")
rejects(judge, truth, proof[1:], because="a pair is missing")
rejects(judge, truth, [*proof, proof[0]], because="a pair too many")

# %% [markdown]
# The library says the same bytes:

# %%
theirs = started(truth, transcript.Transcript)
made, _ = sumcheck.prove(m61x2.from_scalars(left), m61x2.from_scalars(right), theirs, 2)
assert made.to_bytes() == encode(proof), "our proof should be the library's"

# %% [markdown]
# ### A matrix product (Thaler)
# C = A·B has m·n entries, each a sum of k products. Read each matrix as a table, row after row: the first variables name the row, the others the column. Then, at *any* point (r, s) of the extensions,
#
# $$C(r, s) = \sum_y A(r, y)\cdot B(y, s),$$
#
# because both sides are multilinear in r and s and agree on all corners. If C is false, they differ at almost every point. So one **random** point replaces all m·n entries. What remains is *one* sum over y, of two tables of length k: A with its rows folded at r, B with its columns folded at s.
#
# **Predict:** (1 2; 3 4)·(5 6; 7 8) = (19 22; 43 50). Fold the rows of the first matrix at r = 2, the columns of the second at s = 3; then C in both ways.
#
# <details><summary>Answer</summary>(1, 2) + 2·(2, 2) = (5, 6). (5, 7) + 3·(1, 1) = (8, 10). And 5·8 + 6·10 = 100. C's rows become (67, 78), and then 67 + 3·11 = 100.</details>

# %%
assert bind([1, 2, 3, 4], [2]) == [5, 6] and bind([5, 7, 6, 8], [3]) == [8, 10], "folded"
assert total([5, 6], [8, 10]) == 100 == bind([19, 22, 43, 50], [2, 3])[0], "C at (2, 3)"

# %% [markdown]
# Sides are padded with zeros to powers of two.


# %%
def flat(matrix: list[list[int]]) -> list[Fp2]:
    tall, wide = (1 << variables(side) for side in (matrix, matrix[0]))
    rows = [[*row, *[0] * (wide - len(row))] for row in matrix]
    rows += [[0] * wide] * (tall - len(matrix))
    return [Fp2(entry % P) for row in rows for entry in row]


variables = lambda side: (len(side) - 1).bit_length()
turned = lambda matrix: [list(column) for column in zip(*matrix)]
assert flat([[1, 2, 3]]) == [Fp2(1), Fp2(2), Fp2(3), Fp2(0)], "padded to four columns"


# %% [markdown]
# The point is drawn when the matrices are fixed: the transcript absorbs shapes, A, B *and* C.


# %%
def random_point(a, b, c):
    """The point (r, s), and a hash that asks on."""
    t = Transcript("aicrypto.matmul.v1")
    shape = [len(a), len(b), len(c[0])]
    for tag, numbers in enumerate([shape, *(sum(matrix, []) for matrix in (a, b, c))], start=1):
        t.absorb(tag, b"".join(n.to_bytes(8, "little", signed=True) for n in numbers))
    r, s = ([t.challenge() for _ in range(variables(side))] for side in (c, c[0]))
    return r, s, hash_asks(t, 0x22)


# %% [markdown]
# The prover folds rows and columns at (r, s); the rest is the game that we know.


# %%
def prove_product(a, b, c) -> list[tuple]:
    r, s, ask = random_point(a, b, c)
    return prove(prover(bind(flat(a), r), bind(flat(turned(b)), s)), variables(b), ask)


# %% [markdown]
# The verifier evaluates each matrix at one point. Before, it looks at the *shapes* (every row's length), as padding hides them, and at the size of the entries: equality is proven modulo p, and 2³¹·2³¹ = 2 modulo p.


# %%
shape = lambda matrix: (len(matrix), *{len(row) for row in matrix})


def verify_product(a, b, c, proof: list[tuple]) -> bool:
    m, k, n = len(a), len(b), len(b[0])
    if [shape(a), shape(b), shape(c)] != [(m, k), (k, n), (m, n)]:
        return False
    big_a, big_b, big_c = (max(abs(v) for row in matrix for v in row) for matrix in (a, b, c))
    if k * big_a * big_b + big_c >= P:
        return False
    r, s, ask = random_point(a, b, c)
    values_at = lambda y: (bind(flat(a), r + y)[0], bind(flat(turned(b)), s + y)[0])
    return verify(bind(flat(c), r + s)[0], variables(b), proof, ask, values_at)


# %% [markdown]
# The matrices are from Remainder's documentation. Then a false entry, and two products that do not exist: one true modulo p only, one with 3 columns for 2 rows, whose prover skips the 99.

# %%
A, B = [[0, 1, 2], [1, 2, 3], [2, 3, 4]], [[3, 4], [4, 5], [5, 6]]
C = [[14, 17], [26, 32], [38, 47]]
product_proof = prove_product(A, B, C)
assert verify_product(A, B, C, product_proof), "a true product is accepted"
assert encode(product_proof) == matmul.prove(*map(torch.tensor, (A, B, C))).to_bytes(), "as ours"
false = A, B, [[14, 17], [26, 32], [38, 48]]
rejects(verify_product, *false, prove_product(*false), because="it should be 47")
wrapped = [[2**31]], [[2**31]], [[2]]
rejects(verify_product, *wrapped, prove_product(*wrapped), because="right only modulo p")
ragged = [[1, 99, 2]], [[5], [6]], [[17]]  # 1·5 + 2·6
skipping = prove(prover([Fp2(1), Fp2(2)], [Fp2(5), Fp2(6)]), 1, random_point(*ragged)[2])
rejects(verify_product, *ragged, skipping, because="3 columns, 2 rows")

# %% [markdown]
# ## Check yourself
# Predict, then run the cell.
# 1. The tables [1, 2] and [3, 4]: what does the prover say, and what is h(10)?
# 2. How many rounds for a billion terms? How often does a lie survive 40 rounds?
# 3. How many bytes prove a product with 3 inner indices? For n × n matrices, n = 32, who multiplies most: prover, verifier, or whoever computes A·B?
# 4. Two provers start with the same tables. Same first challenge for the same claim? For another?

# %% tags=["nbval-check-output"]
said = message([1, 2], [3, 4])
print("1.  [1, 2] and [3, 4]:", said, "and at the challenge 10", next_claim(11, said, 10))
print(f"2.  {variables(range(10**9))} rounds; chance 2 to the {log2(2 * 40) - 2 * log2(P):.1f}")
print("3.  proof of a product with 3 inner indices:", len(encode(product_proof)), "bytes")
counted = {}
for n in (2, 4, 8, 16, 32):
    square = [[1] * n] * n, [[1] * n] * n, [[n] * n] * n
    spent, made = calls(Fp2.__mul__, prove_product, *square)
    paid, accepted = calls(Fp2.__mul__, verify_product, *square, made)
    rounds = paid - 3 * (n * n - 1)
    assert accepted and rounds == 2 * log2(n) + 1, "two products a round, and the last one"
    counted[n] = {"A·B": n**3, "prover": spent, "verifier": paid, "verifier, rounds alone": rounds}
print("    multiplications for n = 32:", counted[32])
first = [started(truth + lie).challenge() == started(truth).challenge() for lie in (0, 1)]
print("4.  same first challenge for the same claim, another claim:", *first)
assert first == [True, False], "the transcript should bind the claim"

# %% [markdown]
# ## See
# **Figure 2.** You are the referee: set three challenges. The prover's curve (orange) must fit its claim at 0 and 1; the true one is blue. In each round two challenges rescue the lie. Which?

# %%
places = (-0.5, 1.5, 0.25)  # from, to, step
explore(draw_game, lie=(0, 80, 8), challenge_1=places, challenge_2=places, challenge_3=places)

# %% [markdown]
# <details><summary>Answer</summary>−¼ and 1¼, where the curves cross. This liar always bets on them.</details>
#
# **Figure 3.** Multiplications, counted in our own code. The verifier reads A, B and C once, 3n². It lies *above* the prover, which does not read C; the n³ that made C are a line of their own. The rounds alone, 2·log₂ n + 1, are all that is left where matrices are committed to, and the values opened (lesson 03).

# %%
draw_costs(counted)

# %% [markdown]
# ## Break it
# ### One challenge for all rounds
# To save hashing, somebody draws *one* challenge for all rounds.
#
# **Predict:** the liar must still send the first message without knowing it. What then?
#
# <details><summary>Answer</summary>From the second round on the challenge is known, and the liar bets on it: a false h that is right exactly there. Any claim passes.</details>


# %%
class Reusing(Transcript):
    def challenge(self) -> Fp2:
        self.first = getattr(self, "first", None) or super().challenge()
        return self.first


# %% [markdown]
# This liar learns from the first answer. Fresh challenges refuse its proof, and itself:


# %%
learns = lambda asked: (asked[-1], 0) if asked else (2, 3)
million = truth + 1_000_000


def forge(kind) -> list[tuple]:
    return prove(liar(left, right, million, learns), 3, hash_asks(started(million, kind)))


assert judge(million, forge(Reusing), Reusing), "a million too many, accepted"
rejects(judge, million, forge(Reusing), because="the same proof, but each round asks anew")
rejects(judge, million, forge(Transcript), because="the same liar against fresh challenges")

# %% [markdown]
# ### The claim is forgotten
# In 2022 several proof systems were found whose transcript left out part of the *statement* ("Frozen Heart"). Let ours absorb the tables and forget the claim. Now the prover may choose the claim *last*: it sends anything first, sees x, and goes on honestly with the tables folded at x. h(x) must be their sum. A claim larger by 1 raises h(1) by 1, hence h(x) by x: solve for the claim.


# %%
class Forgetful(Transcript):
    def absorb(self, tag: int, data: bytes) -> None:
        super().absorb(tag, data[16:] if tag == 1 else data)  # the claim has 16 bytes


ask, nonsense = hash_asks(started(0, Forgetful)), (Fp2(1), Fp2(2))
x = ask(nonsense)
rest = fold(left, x), fold(right, x)
forged = [nonsense, *prove(prover(*rest), 2, ask)]
false_claim = (total(*rest) - next_claim(0, nonsense, x)) / x
assert false_claim != truth and judge(false_claim, forged, Forgetful), "false, and accepted"
rejects(judge, false_claim, forged, because="the claim changes x")

# %% [markdown]
# ## Real system
# Our own format's suite was computed in exact integers, and again with compiled kernels. `sxt.transcript` is Proof of SQL's protocol, recomputed: its state is a Keccak-256 hash, and its challenges have 253 bits.

# %% tags=["nbval-check-output"]
for suite in ("sumcheck", "sxt"):
    print(conform.run(conform.load(Path(f"../tests/vectors/{suite}.transcript.json"))))

# %% [markdown]
# | | this course | Proof of SQL |
# |-|-|-|
# | numbers | F_p[i], 2¹²² | BN254's scalars, 2²⁵⁴ |
# | hash of the transcript | SHA-256 | Keccak-256 |
# | sent in a round | h(0), c₂; the rest follows from the claim | all coefficients, and h(0) + h(1) is compared |
# | first variable | the highest bit, as in Remainder | the lowest bit |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ Half a message (10 min)
# A transcript absorbs h(0) but not the leading coefficient. So x is known before that coefficient is chosen, and *any* claim can be made to fit. Write `fitting(at_zero, claim, x, target)`: the leading coefficient of the quadratic with the given h(0), with h(0) + h(1) = claim and h(x) = target. All are `Fp2`, and x is neither 0 nor 1. The hidden checks forge with it before the library's verifier.
#
# <details><summary>Hint</summary>h(X) = h(0) + X·(h(1) − h(0) − c₂ + X·c₂) with h(1) = claim − h(0). Set X = x, and solve for c₂.</details>


# %% exercise="ex04_1"
def fitting(at_zero: Fp2, claim: Fp2, x: Fp2, target: Fp2) -> Fp2:
    """The leading coefficient that makes a claim fit. About 2 lines."""
    ### BEGIN SOLUTION
    linear = claim - at_zero - at_zero
    return (target - at_zero - x * linear) / (x * x - x)
    ### END SOLUTION


# %% test="ex04_1_fits" points=2
found = fitting(Fp2(13), Fp2(25), Fp2(2), Fp2(9))
assert type(found) is Fp2 and found == Fp2(P - 1), "13 - X² has the value 9 at 2"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(41)
for _ in range(10):
    _zero, _claim, _x, _target = (Fp2(_rng.randrange(P), _rng.randrange(P)) for _ in range(4))
    _found = fitting(_zero, _claim, _x, _target)
    assert type(_found) is Fp2, "a number of Fp2"
    assert sumcheck.Round(_zero, _found).next_claim(_claim, _x) == _target, "h(x) = target"


class _Halved(transcript.Transcript):
    def absorb(self, tag, data):
        super().absorb(tag, data[:16])


_halved, _zero = _Halved("exercise"), Fp2(3)  # about [1, 2] and [3, 4], whose sum is 11
_halved.absorb(2, _zero.to_bytes())
_x = _halved.challenge()
for _claim in (Fp2(1_000_000), Fp2(12), Fp2(0), Fp2(5, 7)):
    _leading = fitting(_zero, _claim, _x, (1 + _x) * (3 + _x))
    assert type(_leading) is Fp2, "a number of Fp2"
    _forged = sumcheck.SumcheckProof((sumcheck.Round(_zero, _leading),), 1 + _x, 3 + _x)
    assert sumcheck.verify(_claim, 1, _forged, _Halved("exercise"), 2) is not None, "any lie passes"
    _full = transcript.Transcript("exercise")
    assert sumcheck.verify(_claim, 1, _forged, _full, 2) is None, "not before a full transcript"
### END HIDDEN TESTS


# %% [markdown]
# ### ★★ A query with a condition (30 min)
# `SELECT SUM(price * amount) WHERE paid` is a sum of products of *three* columns, `paid` being 0 or 1. Now h is cubic, and a message is `(h(0), h(2), h(3))`; again h(1) follows from the claim. Write `cubic_message(f, g, e)` for three lists of `Fp2` of the same length 2^k, k ≥ 1, and `cubic_claim(claim, said, x)`, the value h(x).
#
# <details><summary>Hint 1</summary>Fold all three tables at X = 0, 2, 3, and add up the products.</details>
# <details><summary>Hint 2</summary>Lagrange (lesson 01): h(x) is the sum over j of h(j), times ∏ (x − m)/(j − m) over the other m of 0, 1, 2, 3.</details>


# %% exercise="ex04_2"
def cubic_message(f: list[Fp2], g: list[Fp2], e: list[Fp2]) -> tuple[Fp2, Fp2, Fp2]:
    """h at 0, 2 and 3. About 7 lines."""
    ### BEGIN SOLUTION
    half, said = len(f) // 2, []
    for x in (0, 2, 3):
        value = Fp2(0)
        for i in range(half):
            u, v, w = (t[i] + x * (t[half + i] - t[i]) for t in (f, g, e))
            value += u * v * w
        said.append(value)
    return tuple(said)
    ### END SOLUTION


def cubic_claim(claim: Fp2, said: tuple[Fp2, Fp2, Fp2], x: Fp2) -> Fp2:
    """h(x), where h(0) + h(1) = claim. About 8 lines."""
    ### BEGIN SOLUTION
    total = Fp2(0)
    for j, value in enumerate((said[0], claim - said[0], said[1], said[2])):
        for m in range(4):
            if m != j:
                value *= (x - m) / Fp2((j - m) % P)
        total += value
    return total
    ### END SOLUTION


# %% test="ex04_2_message" points=2
line = [Fp2(1), Fp2(2)]
told = cubic_message(line, line, line)
assert type(told) is tuple and [type(v) for v in told] == [Fp2] * 3, "three numbers of Fp2"
assert told == (Fp2(1), Fp2(27), Fp2(64)), "(1 + X)³ at 0, 2, 3"
### BEGIN HIDDEN TESTS
from aicrypto.proof import polynomial_sumcheck as _general

_poly = _general.Polynomial(3, (_general.Term(Fp2(1), (0, 1, 2)),))
for _n in (2, 4, 16):
    _tables = [m61x2.random((_n,), torch.Generator().manual_seed(_n + k)) for k in range(3)]
    _lists = [m61x2.to_scalars(table) for table in _tables]
    _kept = [list(numbers) for numbers in _lists]
    _told = cubic_message(*_lists)
    assert type(_told) is tuple and [type(v) for v in _told] == [Fp2] * 3, "three of Fp2"
    _proof, _ = _general.prove(_poly, _tables, transcript.Transcript("x"), 1)
    assert _told == _proof.rounds[0], f"h at 0, 2, 3 for tables of {_n}"
    assert _lists == _kept, "the arguments stay as they were"
### END HIDDEN TESTS

# %% test="ex04_2_claim" points=2
value = cubic_claim(Fp2(9), (Fp2(1), Fp2(27), Fp2(64)), Fp2(4))
assert type(value) is Fp2 and value == Fp2(125), "(1 + 4)³"
### BEGIN HIDDEN TESTS
import random as _random

from aicrypto.proof import polynomial_sumcheck as _general

_rng = _random.Random(42)
for _ in range(10):
    _claim, _zero, _two, _three, _x = (Fp2(_rng.randrange(P), _rng.randrange(P)) for _ in range(5))
    for _at in (_x, Fp2(1), Fp2(3)):
        _value = cubic_claim(_claim, (_zero, _two, _three), _at)
        _want = _general.extrapolate([_zero, _claim - _zero, _two, _three], _at)
        assert type(_value) is Fp2, "a number of Fp2"
        assert _value == _want, f"h at {_at}"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ A product that nobody computed (open)
# A verifier of matrix products forgets to absorb C. Then the point (r, s) is known in advance, and C(r, s) is a sum of the entries of C times known weights w, one each. Adding numbers d to the entries changes nothing if Σ d·w = 0: the *same* proof shows another product (second check). To look harmless, the d must be small. Write `small_relation(weights)`: whole numbers d, not all 0, one for each of 12 weights or more, between −2²⁰ and 2²⁰, with Σ d·w = 0 in `Fp2`. (Open end: for 16 × 16 matrices, can all d be −1, 0 or 1?)
#
# <details><summary>Hint</summary>LLL finds short integer combinations of rows. For n weights take n + 2 rows of length n + 2: row j has a 1 at place j and ends in K·re, K·im of weight j; the last two are (0, …, K·P, 0) and (0, …, 0, K·P), with K = 2⁶¹. What is short ends in two zeros. In sympy: <code>DomainMatrix([[ZZ(v) for v in row] for row in rows], (n + 2, n + 2), ZZ).lll().to_list()</code>.</details>


# %% exercise="ex04_3"
def small_relation(weights: list[Fp2]) -> list[int]:
    """Small whole numbers d, not all 0, with sum d·w = 0. About 10 lines."""
    ### BEGIN SOLUTION
    from sympy import ZZ
    from sympy.polys.matrices import DomainMatrix

    n, K = len(weights), 2**61
    rows = [[int(i == j) for j in range(n)] + [K * w.re, K * w.im] for i, w in enumerate(weights)]
    rows += [[0] * n + [K * P, 0], [0] * n + [0, K * P]]
    lattice = DomainMatrix([[ZZ(v) for v in row] for row in rows], (n + 2, n + 2), ZZ)
    return [int(v) for v in lattice.lll().to_list()[0][:n]]
    ### END SOLUTION


# %% test="ex04_3_relation" points=2
weights = transcript.Transcript("weights").challenges(16)
d = small_relation([*weights])
assert type(d) is list and [type(v) for v in d] == [int] * 16, "16 whole numbers"
assert 0 < max(map(abs, d)) < 2**20, "small, and not all 0"
assert sum(v * w for v, w in zip(d, weights)) == Fp2(0), "the weighted sum should vanish"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(43)
for _n in (12, 17):
    _w = [Fp2(_rng.randrange(P), _rng.randrange(P)) for _ in range(_n)]
    _d = small_relation(list(_w))
    assert type(_d) is list and [type(v) for v in _d] == [int] * _n, f"{_n} whole numbers"
    assert 0 < max(map(abs, _d)) < 2**20, "small, and not all 0"
    assert sum((v * w for v, w in zip(_d, _w)), Fp2(0)) == Fp2(0), "the sum vanishes"
### END HIDDEN TESTS


# %% test="ex04_3_forgery" points=2
class ForgetsC(transcript.Transcript):
    def absorb(self, tag, data):
        if tag != matmul.PRODUCT_TAG:
            super().absorb(tag, data)

    def challenge(self):
        asked.append(super().challenge())
        return asked[-1]


asked = []
a, b = torch.tensor([[1, 2, 3, 4]] * 4), torch.tensor([[5, 6, 7, 8]] * 4)
with mock.patch.object(matmul, "Transcript", ForgetsC):
    shown = matmul.prove(a, b, a @ b).to_bytes()
    d = small_relation(m61x2.to_scalars(multilinear.eq_table(asked[:4])))
    false = a @ b + torch.tensor(d).reshape(4, 4)
    assert any(d) and matmul.verify(a, b, false, shown) is True, "another product, proven"
rejects(matmul.verify, a, b, false, shown, because="the right verifier absorbs C")
### BEGIN HIDDEN TESTS
_seeded = torch.Generator().manual_seed(44)
for _ in range(2):
    asked.clear()
    _a, _b = (torch.randint(-99, 99, (4, 4), generator=_seeded) for _ in range(2))
    with mock.patch.object(matmul, "Transcript", ForgetsC):
        _shown = matmul.prove(_a, _b, _a @ _b).to_bytes()
        _d = small_relation(m61x2.to_scalars(multilinear.eq_table(asked[:4])))
        assert type(_d) is list and [type(v) for v in _d] == [int] * 16 and any(_d), "16 numbers"
        _false = _a @ _b + torch.tensor(_d).reshape(4, 4)
        assert matmul.verify(_a, _b, _false, _shown) is True, "the forgetful verifier is fooled"
    assert matmul.verify(_a, _b, _false, _shown) is False, "the right one is not"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **40** challenges for 2⁴⁰ terms; **32·(k + 1)** bytes for k rounds, 352 for matrices of 1,024 rows and columns; **2k/n** bounds the chance that a lie survives k rounds with n possible challenges: 2⁻¹¹⁵ for k = 40 over p².
#
# A sum of products shrinks, one variable a round, to one product at a random point, drawn after everything that must not be fitted to it. Lesson 12 chains sumchecks through a neural network.

# %% [markdown]
# ## Further reading
# * J. Thaler, *Proofs, Arguments, and Zero-Knowledge*: sections 4.1 (sumcheck) and 4.4 (matrix products), beside `aicrypto/proof/sumcheck.py` and `matmul.py`.
# * C. Lund, L. Fortnow, H. Karloff, N. Nisan, *Algebraic Methods for Interactive Proof Systems* (1992): section 3, the protocol's first appearance.
# * Trail of Bits, *Frozen Heart* (2022): what transcripts forgot.
# * Space and Time's talk on Proof of SQL (February 2024), for the 14 s; its published benchmarks (July 2025), for 21 to 24 ms of verifying.
