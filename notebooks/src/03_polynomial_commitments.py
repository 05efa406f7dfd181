# %% [markdown]
# # 03 · Polynomial commitments
# *You will fix a polynomial in one point of a curve, open it anywhere with one more, forge an opening, do it all again with nothing but hashes, and let three of five witnesses sign as one — 100 minutes and exercises, any CPU, needs lessons 01 and 02.*

# %% [markdown]
# ## Why
# A Merkle root fixes a list, and an opening shows one entry. Proofs about computations ask more: *the value of the list's polynomial at a place that nobody chose*. Two different polynomials differ almost everywhere (lesson 01), so one random place compares whole tables.
#
# Ethereum has committed to data in this way since EIP-4844. A *blob* is 4,096 numbers of 32 bytes, 131,072 bytes in all; its commitment has **48 bytes**, and checking the blob's value at any place costs 50,000 *gas*, the unit in which Ethereum charges work. Space and Time commits to the columns of its tables with a relative of this scheme: a client with a few points checks the answer to an SQL query. Without them the verifier would have to read everything.
#
# And who vouches that the *right* table was committed to? In Space and Time, k of n registered witnesses sign its root, each for themselves, so that one sees who did. The last part of this lesson makes one signature of k.

# %% [markdown]
# ## Outcomes
# You can
# 1. commit to a polynomial with one point, open it anywhere with another, and verify with two pairings (**KZG**);
# 2. run a setup ceremony, and say who could know its secret and which check refuses a cheat;
# 3. commit with hashes alone, and compute how many columns to open;
# 4. make three of five witnesses sign with one key, and restore a lost share.

# %% tags=["setup"]
import json
import math
import random
import time
from pathlib import Path

import torch

from aicrypto.algebra import Fp2, fourier, m61x2, multilinear
from aicrypto.algebra.curves import bls12_381 as curve
from aicrypto.algebra.primes import BLS12_381_FR
from aicrypto.classroom import rejects
from aicrypto.commit import bls, kzg, merkle
from aicrypto.commit.kzg import deployed
from aicrypto.commit.tensor import evaluation, ligero
from aicrypto.viz import explore
from aicrypto.viz.openings import closest, draw_proof_bytes, draw_secrets, draw_stretched

G1, G2, r = curve.G1, curve.G2, BLS12_381_FR.modulus
rng = random.Random(3)

# %% [markdown]
# ## Build
# ### Numbers in disguise
# A point of the **elliptic curve** BLS12-381 is a pair (x, y) with y² = x³ + 4 modulo a prime of 381 bits; 48 bytes hold x and the sign of y. Points can be added: `P + Q` is again a point, `P − P` is a zero, `2·P` is `P + P`. (What addition does inside, we take from the library, like the pairing below.) The *group* that we use has `r` points, `r` a prime of 255 bits, all multiples of one *generator* G. So `a ↦ a·G` disguises a number; we write `[a]` for it. Coming back, from `a·G` to `a`, is the **discrete logarithm** problem: for these sizes nobody knows a way.
#
# **Predict:** you get the points of a and b, but neither a nor b. Of which of a + b, 5·a and a·b can you make the point?
#
# <details><summary>Answer</summary>a + b by adding the points, 5·a by adding one to itself five times. Not a·b: points cannot be multiplied with each other.</details>
#
# A disguise binds, it does not *hide* as in lesson 02: small numbers can be found by trying. (In the library the zero point is Python's `None`.)


# %%
def disguise(a: int):
    """a·G, a point of the first group."""
    return G1.multiply(G1.generator, a % r)


three, four = disguise(3), disguise(4)
assert G1.add(three, four) == disguise(7), "sums survive the disguise"
assert G1.multiply(three, 5) == disguise(15), "and so do multiples by known numbers"
print(curve.g1_to_bytes(three).hex(), "is [3]")


# %% [markdown]
# ### One multiplication, checked
# There is a second group with a generator of its own, G₂ (we write `[a]₂` for a·G₂), and a **pairing** e that takes a point of each: `e(a·G, b·G₂) = e(G, G₂)^(a·b)`. So hidden numbers can be multiplied *once*, and only to compare: is `e(left) = e(right)`? The library answers whether a product of pairings is 1; the equation turns into that when one side is negated.


# %%
def disguise2(a: int):
    """a·G₂, a point of the second group."""
    return G2.multiply(G2.generator, a % r)


def equal(left, right) -> bool:
    """Whether the pairings of two pairs (P, Q) are the same."""
    (p, q), (s, t) = left, right
    return curve.product_is_one([(p, q), (G1.negate(s), t)])


assert equal((three, disguise2(4)), (disguise(12), G2.generator)), "3·4 = 12·1"
rejects(equal, (three, disguise2(4)), (disguise(13), G2.generator), because="3·4 is not 13")

# %% [markdown]
# ### A polynomial at a place that nobody knows
# Let τ be a number that nobody knows, and let the disguises of its powers be public: `[1], [τ], [τ²], …`. Then anybody can disguise p(τ) for any polynomial p, because `[p(τ)] = c₀·[1] + c₁·[τ] + c₂·[τ²] + …` is sums and multiples. That point is the **commitment**.
#
# It binds: for two polynomials with one commitment, τ would be a zero of their difference, a known polynomial, and zeros can be computed.


# %%
def make_setup(tau: int, n: int):
    """The disguised powers of tau in the first group, and tau in the second."""
    return [disguise(pow(tau, i, r)) for i in range(n)], disguise2(tau)


tau = rng.randrange(2, r)  # for the moment, believe that we forget it
powers, tau_2 = make_setup(tau, 8)


def commit(coefficients: list[int]):
    """[p(τ)]; the coefficient of 1 stands first."""
    assert len(coefficients) <= len(powers), "the setup ends here"
    return G1.sum([G1.multiply(power, c) for power, c in zip(powers, coefficients)])


p = [5, 0, 3, 1]  # 5 + 3X² + X³
C = commit(p)
assert disguise(5 + 3 * tau**2 + tau**3) == C, "the commitment is p(τ) in disguise"


# %% [markdown]
# ### Opening at any place
# We claim p(z) = y. That is so exactly if X − z divides p(X) − y. So the proof is the *quotient*, committed to: π = [q(τ)]. Division by X − z is Horner's rule of lesson 01 that keeps what it carries: from the top coefficient down, the carried numbers are the quotient, the last is the value y.


# %%
def divide(coefficients: list[int], z: int) -> tuple[list[int], int]:
    """Quotient and remainder of division by X - z."""
    quotient, carry = [], 0
    for c in reversed(coefficients):
        quotient.append(carry)
        carry = (c + z * carry) % r
    return quotient[1:][::-1], carry  # without the 0 that the loop starts with, turned round


def open_at(coefficients: list[int], z: int):
    """The value at z, and the proof of it."""
    quotient, y = divide(coefficients, z)
    return y, commit(quotient)


y, proof = open_at(p, 10)
assert y == 5 + 3 * 10**2 + 10**3, "division leaves the value"

# %% [markdown]
# The verifier checks q·(X − z) = p − y at the place τ, in disguise: `e(π, [τ − z]₂) = e(C − [y], G₂)`. On the left stands q(τ)·(τ − z), on the right p(τ) − y. Of the whole setup it needs one point.


# %%
def verify(C, z: int, y: int, proof) -> bool:
    tau_minus_z = G2.add(tau_2, G2.negate(disguise2(z)))
    p_minus_y = G1.add(C, G1.negate(disguise(y)))
    return equal((proof, tau_minus_z), (p_minus_y, G2.generator))


assert verify(C, 10, y, proof), "an honest opening is accepted"
rejects(verify, C, 10, y + 1, proof, because="another value")
rejects(verify, C, 11, y, proof, because="another place")
rejects(verify, commit([5, 0, 3, 2]), 10, y, proof, because="another polynomial")
rejects(verify, C, 10, y, G1.add(proof, three), because="another proof")

# %% [markdown]
# A false y leaves p − y without the factor X − z. Then π would have to be `[(p(τ) − y)/(τ − z)]`, no polynomial in τ any more; that such points cannot be made from `[1], [τ], [τ²], …` is what KZG *assumes*.
#
# **Predict:** p gets a million coefficients. How do commitment, proof and the verifier's work grow?
#
# <details><summary>Answer</summary>Not at all: one point, one point, two pairings. Only the prover's work and the setup grow.</details>

# %%
setup = kzg.Setup.from_secret(kzg.BLS12_381, tau, n_g1=8)
assert kzg.commit(setup, p) == C, "the library's commitment is ours"
assert kzg.open_at(setup, p, 10) == (y, proof), "and so is its opening"


# %% [markdown]
# ### A ceremony
# Whoever knows τ can forge, as we will see. So nobody may pick it: a setup for τ becomes one for s·τ by multiplying its i-th power by sⁱ, without knowing τ. Each participant does this with a secret s and forgets it. The final secret is the product of all; **one honest forgetter is enough**.


# %%
def contribute(powers: list, tau_2, s: int):
    """The setup for s·τ, from that for τ."""
    raised = [G1.multiply(point, pow(s, i, r)) for i, point in enumerate(powers)]
    return raised, G2.multiply(tau_2, s)


secrets_of = {name: rng.randrange(2, r) for name in ("Ann", "Ben", "Mallory")}
powers, tau_2 = make_setup(1, 8)  # the start: everybody knows τ = 1
receipts = []
for s in secrets_of.values():
    before = powers[1]
    powers, tau_2 = contribute(powers, tau_2, s)
    receipts.append((before, disguise2(s), powers[1]))

# %% [markdown]
# Two checks, by anyone and afterwards. *Powers*: each point is τ times the one before. *Chain*: from τ = 1 on, each participant's τ is the one before times their s, and the last is the setup's.


# %%
def are_powers(powers: list, tau_2) -> bool:
    steps = zip(powers, powers[1:])
    return powers[0] == disguise(1) and all(equal((b, G2.generator), (a, tau_2)) for a, b in steps)


def is_chain(receipts: list, powers: list) -> bool:
    links = all(equal((after, G2.generator), (before, s_2)) for before, s_2, after in receipts)
    taus = [disguise(1), *(after for _, _, after in receipts)]
    unbroken = [before for before, _, _ in receipts] == taus[:-1] and taus[-1] == powers[1]
    return links and unbroken and None not in taus  # None would be τ = 0


assert are_powers(powers, tau_2) and is_chain(receipts, powers), "an honest ceremony passes"
for i in range(8):
    spoilt = [*powers[:i], three, *powers[i + 1 :]]
    rejects(are_powers, spoilt, tau_2, because=f"point {i} is no power of τ")
seven = [G1.multiply(point, 7) for point in powers]
rejects(are_powers, seven, tau_2, because="these are 7·τ^i, with the wrong start")

# %% [markdown]
# Five ways to cheat in the chain (s = 0 makes every power but the first zero, `None`):

# %%
first, second, third = receipts
rejects(is_chain, receipts, make_setup(5, 8)[0], because="this is Mallory's own setup")
rejects(is_chain, [first, third], powers, because="a receipt is missing in between")
rejects(
    is_chain, [(three, disguise2(7), disguise(21))], make_setup(21, 8)[0], because="starts at 3"
)
erased = contribute(powers, tau_2, 0)[0]
rejects(is_chain, [*receipts, (powers[1], None, None)], erased, because="s is 0")
another = (second[0], disguise2(9), second[2])
rejects(is_chain, [first, another, third], powers, because="Ben's receipt shows another number")

# %% [markdown]
# The checks cannot know *who* took part: Mallory could throw Ben's work away and go on from Ann's. So each participant looks for their own receipt in the published list.

# %%
ann_only = contribute(*make_setup(1, 8), secrets_of["Ann"])
relinked, _ = contribute(*ann_only, 11)
without_ben = [first, (first[2], disguise2(11), relinked[1])]
assert is_chain(without_ben, relinked) and second not in without_ben, "only Ben can notice"

# %% [markdown]
# Under the ceremony's setup we commit anew:

# %%
C = commit(p)
y, proof = open_at(p, 10)
assert verify(C, 10, y, proof), "the ceremony's setup works like the first one"

# %% [markdown]
# ### Hashing instead of trust
# Now without any secret. Write the numbers as a matrix. Stretch every row with the Reed–Solomon code of lesson 01, so that two different rows differ in most places. Hash the *columns* into a Merkle tree (lesson 02): the root is the commitment. We use the complex numbers modulo 2⁶¹ − 1; the first axis of such a tensor holds real and imaginary parts.


# %%
ROWS, COLUMNS, PLACES = 8, 16, 64  # each row of 16 becomes 64 long: "rate" 1/4


def cut(code) -> list[bytes]:
    return [code[:, :, j].contiguous().numpy().tobytes() for j in range(PLACES)]


def columns_of(matrix) -> list[bytes]:
    return cut(fourier.reed_solomon_encode(matrix, PLACES))


matrix = m61x2.random((ROWS, COLUMNS), torch.Generator().manual_seed(3))
columns = columns_of(matrix)
root = merkle.root(columns)
pairs = matrix.movedim(0, -1).flatten()  # the library commits to integers, two a number
assert ligero.commit(pairs, ligero.Shape(ROWS, COLUMNS, 4)).root == root, "the library's root"

# %% [markdown]
# **Figure 1.** A liar changes some of the 16 numbers of one row, as cleverly as can be. Move the slider: the more numbers, the more columns a liar saves, but at least 49 differ: a polynomial of degree 15 has at most 15 zeros.

# %%
explore(draw_stretched, changed=(1, 16))

# %% [markdown]
# The matrix is the table of a multilinear polynomial, of 3 coordinates for the row and 4 for the column. Folding two rows at x (lesson 01) gives (1 − x)·row₀ + x·row₁: a *weighted sum*.
#
# **Predict:** four rows are folded at x₁, then at x₂. What is the weight of row 2 (binary 10)?
#
# <details><summary>Answer</summary>x₁·(1 − x₂): x₁ for its first bit, 1 − x₂ for its second.</details>
#
# `eq_table` lists such weights. So the value at a point is a · M · b, with weights a for the rows and b for the columns. The prover sends **u = a · M**, the weighted sum of the rows; from u and b the verifier gets the value.
#
# By hand: rows (1, 2) and (3, 4), folded at 3. The weights are −2 and 3, so u = −2·(1, 2) + 3·(3, 4) = (7, 8). Its columns folded at 5, with weights −4 and 5: the value is −4·7 + 5·8 = 12.


# %%
def weighted(weights, elements):
    """Sum of weight·element, over the last axis."""
    return m61x2.to_scalar(m61x2.dot(weights, elements))


def weights_of(point: list):
    """The weights of rows (3 coordinates) and of columns (4)."""
    return multilinear.eq_table(point[:3]), multilinear.eq_table(point[3:])


def sum_rows(weights, matrix):
    return m61x2.sum(m61x2.mul(matrix, weights[:, :, None]), dim=-2)


x1, x2, *_ = point = [Fp2(rng.randrange(2**61 - 1), rng.randrange(2**61 - 1)) for _ in range(7)]
two_bits = m61x2.to_scalars(multilinear.eq_table([x1, x2]))
assert two_bits[2] == x1 * (1 - x2), "the weight of row 10, as predicted"
a, b = weights_of(point)
u = sum_rows(a, matrix)
value = multilinear.evaluate(matrix.flatten(1), point)
assert weighted(u, b) == value, "a·M·b is the polynomial's value"

# %% [markdown]
# Is u true? Stretching a sum of rows gives the sum of the stretched rows. So the verifier stretches u, picks some places, has these columns opened, and compares.


# %%
def check(root: bytes, point, value, u, places: list[int], opened: dict) -> bool:
    """Whether the polynomial is `value` at the point, as far as the columns at `places` tell."""
    a, b = weights_of(point)
    stretched = fourier.reed_solomon_encode(u, PLACES)
    for j in places:
        column, path = opened[j]
        if not merkle.verify_inclusion(column, j, PLACES, path, root):
            return False
        entries = torch.frombuffer(bytearray(column), dtype=torch.int64).reshape(2, ROWS)
        if weighted(a, entries) != m61x2.to_scalar(stretched[:, j]):
            return False
    return weighted(u, b) == value


# %% [markdown]
# An honest opening passes; another value or point does not.

# %%
opened = {j: (columns[j], merkle.prove_inclusion(columns, j)) for j in range(PLACES)}
places = rng.sample(range(PLACES), 6)  # drawn by the verifier, when u is fixed
assert check(root, point, value, u, places, opened), "an honest opening is accepted"
rejects(check, root, point, value + 1, u, places, opened, because="another value")
rejects(check, root, point[::-1], value, u, places, opened, because="another point")

# %% [markdown]
# A false value needs a false u, here one as close to the true one as can be. `closest(16)` is ∏(X − ωʲ) for j < 15, whose code word is zero in the first 15 places and nowhere else: the lie fits there, and each of the other 49 columns tells.

# %%
lie = m61x2.add(u, m61x2.from_scalars(closest(COLUMNS)))
told = lambda j: not check(root, point, weighted(lie, b), lie, [0, j, 1], opened)
assert [j for j in range(PLACES) if told(j)] == list(range(15, 64)), "49 columns tell, at any turn"

# %% [markdown]
# The order is everything: root, then the point, then u, then the places. Whoever knows the places first fits u to them:

# %%
known = list(range(15))  # where the lie does not show
assert check(root, point, weighted(lie, b), lie, known, opened), "known places prove nothing"

# %% [markdown]
# A liar could also open columns of *another* matrix. Only the paths to the root say no:

# %%
matrix_2 = m61x2.random((ROWS, COLUMNS), torch.Generator().manual_seed(4))
u_2, columns_2 = sum_rows(a, matrix_2), columns_of(matrix_2)
foreign = {j: (columns_2[j], opened[j][1]) for j in places}
rejects(check, root, point, weighted(u_2, b), u_2, places, foreign, because="not under the root")

# %% [markdown]
# How many columns? A liar can also commit to a row *half-way between two code words*, and claim later whichever suits. It agrees with both in 15 places, and with each in half of the other 49:

# %%
other = fourier.reed_solomon_encode(m61x2.from_scalars(closest(COLUMNS)), PLACES)
code = torch.zeros(2, ROWS, PLACES, dtype=torch.int64)
code[:, 0] = other * (torch.arange(PLACES) % 2)  # in turn as the code word of 0 and as the other
half = cut(code)
half_root, nothing = merkle.root(half), torch.zeros_like(u)
shown = {j: (half[j], merkle.prove_inclusion(half, j)) for j in range(PLACES)}
fits = [check(half_root, point, Fp2(0), nothing, [j], shown) for j in range(PLACES)]
assert sum(fits) == 39, "39 of 64 places let the claim 0 pass"

# %% [markdown]
# For long codes that is (1 + ¼)/2 = 5/8 of the places, and Ligero's proof shows that no row does better. So m columns leave a lie a chance of 0.625ᵐ.
#
# This follows Ligero (2017), and the zkML of lesson 12 stands on it. Our `check` needs a *random* point: at a corner of the cube the weights are 1 for one row and 0 for the others, which then go untested. Where the point is chosen, `aicrypto.commit.tensor` sends one more sum of the rows, with random weights.
#
# ### Three of five
# Let five witnesses watch a table and sign its root, so that any three suffice and two do not. A **BLS signature** is a disguise again: hash the message, and a *tag* that names the purpose, to a point H of the second group *whose number nobody knows* (else one signature would give all others), and multiply it by the secret key. The key's public form is `[sk]`; everybody checks `e([sk], H) = e(G, sk·H)`.

# %%
message = b"table orders, root " + root
H = bls.hash_to_curve.hash_to_g2(message, bls.ETHEREUM.tag)


def signed(public_key, signature) -> bool:
    return equal((public_key, H), (G1.generator, signature))


sk = rng.randrange(1, r)
signature = G2.multiply(H, sk)
assert signed(disguise(sk), signature), "the key's owner signed"
rejects(signed, disguise(sk + 1), signature, because="another key")
assert curve.g2_to_bytes(signature) == bls.sign(sk.to_bytes(32, "big"), message), "the library's"


# %% [markdown]
# Now share sk. **Shamir:** take a random polynomial s of degree 2 with s(0) = sk and give witness i the number s(i). Three values fix a parabola, hence s(0); two say nothing at all about it (Figure 2). *Lagrange* computes s(0) as a sum: `s(0) = Σ λᵢ·s(i)` with λᵢ = ∏ j/(j − i) over the other two.
#
# Signatures are multiples of H, so the same sum works on *signatures*: nobody puts sk together again. (Here one dealer knew it; in the library's `joint_deal` nobody ever does.) The price: nobody sees *who* signed.


# %%
def at_zero(i: int, ids: list[int]) -> int:
    """The Lagrange coefficient of share i."""
    product = 1
    for j in ids:
        if j != i:
            product = product * j * pow(j - i, -1, r) % r
    return product


parabola = [sk, rng.randrange(r), rng.randrange(r)]
shares = {i: divide(parabola, i)[1] for i in range(1, 6)}
partial = {i: G2.multiply(H, share) for i, share in shares.items()}


def join(ids: list[int]):
    return G2.sum([G2.multiply(partial[i], at_zero(i, ids)) for i in ids])


assert join([1, 2, 4]) == signature, "any three sign as the key itself"
assert join([5, 3, 2]) == signature, "whichever three"
assert join([1, 2, 3, 4]) == signature, "more than three do no harm"
rejects(signed, disguise(sk), join([1, 2]), because="two of five are not enough")

# %% [markdown]
# ## Check yourself
# 1. How many bytes does a KZG proof take, for 4 coefficients and for 4 million?
# 2. At rate 1/4, five of eight columns may fit a lie. How many columns make its chance 2⁻¹⁰⁰?
# 3. Who, in the ceremony above, can compute τ?
# 4. The last participant publishes `make_setup(5, 8)` instead of their work. Which check refuses it?
#
# <details><summary>Answers</summary>48, both times. 148, since log 2⁻¹⁰⁰ / log 0.625 = 147.5. Ann, Ben and Mallory together. The chain: its last τ is not the one in the receipts.</details>

# %%
wide = open_at([1] * 8, 10)[1]
assert len(curve.g1_to_bytes(proof)) == len(curve.g1_to_bytes(wide)) == 48, "one point"
assert 0.625**148 <= 2**-100 < 0.625**147, "148 columns"
assert disguise(math.prod(secrets_of.values()) % r) == powers[1], "the product of all secrets is τ"

# %% [markdown]
# ## See
# **Figure 2.** A toy of the shares, modulo 17: how many parabolas fit, for each secret they could mean. Move the slider: with two shares every secret is *equally* possible; the third decides.

# %%
explore(draw_secrets, shares_seen=(0, 5))

# %% [markdown]
# **Figure 3.** What one opened value costs in bytes, measured on the library's proofs (with that second sum). KZG's line is flat; hashing pays somewhere between 4,096 and 16,384 numbers.

# %%
lines = {"KZG": [], "hashing, 100 bits": [], "the list itself": []}
for log_n in range(8, 17, 2):
    log_columns = log_n // 2 + 2  # close to the best shape
    shape = ligero.Shape(1 << log_n - 1 - log_columns, 1 << log_columns, inv_rate=4)
    committed = ligero.commit(torch.arange(1 << log_n), shape)
    _, opening = evaluation.prove(committed, [Fp2(k) for k in range(log_n)])
    for line, size in zip(lines.values(), (48, len(opening.to_bytes()), 8 << log_n)):
        line.append(size)
crossing = [hashed < plain for _, hashed, plain in zip(*lines.values())]
assert crossing == [False, False, False, True, True], "pays from 2^14, not yet at 2^12"
draw_proof_bytes([1 << k for k in range(8, 17, 2)], lines)

# %% [markdown]
# ## Break it
# ### Toxic waste
# All participants of our ceremony tell Mallory their secrets. Now she knows τ, and the verifier's equation can be solved for π: `π = (C − [y]) / (τ − z)`, for *every* y.
#
# **Predict:** can anybody tell the forged opening from an honest one?
#
# <details><summary>Answer</summary>Not by looking at it. Only a second, contradicting opening would give her away.</details>


# %%
tau_known = math.prod(secrets_of.values()) % r


def forge(C, z: int, y: int, tau: int):
    return G1.multiply(G1.add(C, G1.negate(disguise(y))), pow(tau - z, -1, r))


fake = forge(C, 10, 1_000_000, tau_known)
assert verify(C, 10, 1_000_000, fake), "with τ known, everything can be opened to anything"
print(f"p(10) = {y}, and it was opened to 1,000,000")

# %% [markdown]
# One more participant, Dua, adds her secret and forgets it. From then on Mallory's knowledge is worthless.

# %%
powers, tau_2 = contribute(powers, tau_2, rng.randrange(2, r))  # nobody kept this number
C = commit(p)
y, proof = open_at(p, 10)
assert verify(C, 10, y, proof), "honest openings still work"
rejects(verify, C, 10, 1_000_000, forge(C, 10, 1_000_000, tau_known), because="this τ is not hers")

# %% [markdown]
# ### Errors that cancel
# A hundred openings cost a hundred checks, or one: rewritten, each says `e(π, [τ]₂) = e(C − [y] + z·π, G₂)`, and such equations add up.


# %%
def verify_all(openings: list, weights: list[int]) -> bool:
    """Whether the weighted sum of the equations holds; an opening is (C, z, y, π)."""
    terms = [G1.sum([C, disguise(-y), G1.multiply(pi, z)]) for C, z, y, pi in openings]
    left = [G1.multiply(pi, w) for w, (_, _, _, pi) in zip(weights, openings)]
    right = [G1.multiply(term, w) for w, term in zip(weights, terms)]
    return equal((G1.sum(left), tau_2), (G1.sum(right), G2.generator))


other_p = [7, 7, 0, 2]
D = commit(other_p)
y_q, proof_q = open_at(other_p, 20)
two = [(C, 10, y, proof), (D, 20, y_q, proof_q)]
assert verify_all(two, [1, 1]), "both openings at once"

# %% [markdown]
# **Predict:** the liar may change both values. Which changes survive plain adding?
#
# <details><summary>Answer</summary>Any two that cancel: y + 1 here, y − 1 there.</details>

# %%
cancelling = [(C, 10, y + 1, proof), (D, 20, y_q - 1, proof_q)]
assert verify_all(cancelling, [1, 1]), "two lies, accepted together"
weights = [rng.getrandbits(128) for _ in range(2)]  # drawn after the openings are fixed
assert verify_all(two, weights), "random weights do not disturb honest openings"
rejects(verify_all, cancelling, weights, because="the errors have different weights")

# %% [markdown]
# ### A key that cancels another
# When many sign *one* message, their signatures can be added up and checked under the sum of their keys. Mallory publishes as "her key" the point `[m] − (Ann's key)`, whose number she does not know. The sum of both keys is `[m]`, and for that she can sign alone.

# %%
ann, mallory = rng.randrange(1, r), rng.randrange(1, r)
ann_key = disguise(ann)
rogue_key = G1.add(disguise(mallory), G1.negate(ann_key))
keys = [curve.g1_to_bytes(ann_key), curve.g1_to_bytes(rogue_key)]
alone = bls.sign(mallory.to_bytes(32, "big"), b"Ann and Mallory agree")
assert bls.fast_aggregate_verify(keys, b"Ann and Mallory agree", alone), "Ann has never seen this"
only_ann = (keys[:1], b"Ann and Mallory agree", alone)
rejects(bls.fast_aggregate_verify, *only_ann, because="it is not under Ann's key alone")

# %% [markdown]
# So nobody may register a key without a **proof of possession**: a signature over the key itself. It needs a tag of its own, too. Else Mallory asks Ann to sign a "message" that is the rogue key's 48 bytes, and takes Ann's part away again:

# %%
ann_sk = ann.to_bytes(32, "big")
assert bls.pop_verify(keys[0], bls.pop_prove(ann_sk)), "Ann possesses her key"
H_key = bls.hash_to_curve.hash_to_g2(keys[1], bls.ETHEREUM.tag)  # the tag of messages
asked = curve.g2_from_bytes(bls.sign(ann_sk, keys[1]))
forged = G2.add(G2.multiply(H_key, mallory), G2.negate(asked))
assert equal((rogue_key, H_key), (G1.generator, forged)), "one tag for both: forged"
rejects(bls.pop_verify, keys[1], curve.g2_to_bytes(forged), because="a tag of its own")

# %% [markdown]
# ## Real system
# Ethereum's test cases for EIP-4844 open blobs (polynomials given by their values) under *its* ceremony; our `verify` needs one point of it. All arrives as bytes. Refused must be points off the curve, numbers from r on, and points *beside the group*, for the curve has more than our r points. One, (0, 2), has pairing 1 with everything: added to a proof, or to a ceremony's power, it changes nothing that a pairing sees: one truth, two encodings.

# %%
ethereum = deployed.ethereum(n_g1=64)
powers, tau_2 = list(ethereum.g1), ethereum.g2[1]
assert are_powers(powers[:6], tau_2), "Ethereum's first points are powers of one number"
unhex = lambda text: bytes.fromhex(text[2:])


def verify_bytes(case: dict) -> bool:
    try:
        C, proof = (curve.g1_from_bytes(unhex(case[name])) for name in ("commitment", "proof"))
        z, y = (BLS12_381_FR.from_bytes(unhex(case[name])) for name in ("z", "y"))
    except ValueError:
        return False
    return verify(C, z, y, proof)


# %% tags=["nbval-check-output"]
suite = json.loads(Path("../tests/vectors/kzg.eip4844.json").read_text())["cases"]
verdicts = [case for case in suite if case["in"]["op"] == "verify"]
for case in verdicts:
    assert verify_bytes(case["in"]) is case["out"]["valid"], case["id"]
print(len(verdicts), "verdicts are ours, too")

# %% [markdown]
# 61 of them are Ethereum's own, 17 were made for this suite. Two attacks on one:

# %%
accepted = [c["in"] for c in verdicts if c["out"]["valid"]]
good = next(c for c in accepted if c["proof"][:4] != "0xc0")  # c0: the zero point
C, proof = (curve.g1_from_bytes(unhex(good[name])) for name in ("commitment", "proof"))
twin = G1.add(proof, (0, 2))
assert verify(C, int(good["z"], 16), int(good["y"], 16), twin), "accepted as a point"
as_bytes = "0x" + curve.g1_to_bytes(twin).hex()
rejects(verify_bytes, {**good, "proof": as_bytes}, because="beside the group")
alias = "0x" + (int(good["y"], 16) + r).to_bytes(32, "big").hex()
rejects(verify_bytes, {**good, "y": alias}, because="y + r is another name for y")

# %% [markdown]
# Our commitments and openings under Ethereum's points, beside those of ckzg and py_ecc:

# %% tags=["nbval-check-output"]
answers = [(case["in"], case["out"]) for case in suite if "error" not in case["out"]]
commits = [(given, out) for given, out in answers if given["op"] == "commit"]
opens = [(given, out) for given, out in answers if given["op"] == "open"]
for given, out in commits:
    assert curve.g1_to_bytes(commit(given["coefficients"])) == unhex(out["commitment"]), given
for given, out in opens:
    y, proof = open_at(given["coefficients"], given["z"])
    assert (y, curve.g1_to_bytes(proof)) == (out["y"], unhex(out["proof"])), given
print(len(commits), "commitments and", len(opens), "openings")

# %% [markdown]
# ### What each costs
# To commit to 1,024 numbers of 60 bits, on this machine:

# %% tags=["nbval-ignore-output"]
big, numbers = deployed.ethereum(n_g1=1024), [rng.randrange(2**60) for _ in range(1024)]
start = time.perf_counter()
kzg.commit(big, numbers)
middle = time.perf_counter()
ligero.commit(torch.tensor(numbers), ligero.Shape(8, 64, 4))
end = time.perf_counter()
print(f"KZG {1000 * (middle - start):.0f} ms, hashing {1000 * (end - middle):.1f} ms")

# %% [markdown]
# | | KZG | hashing (Ligero) |
# |-|-|-|
# | commitment | 48 bytes | 32 bytes |
# | opening 1 value of 1,024 | 48 bytes | 20,000 bytes (the list: 8,192) |
# | on Ethereum | 50,000 gas (EIP-4844's precompiled contract) | at least 0.8 million (EIP-7623: 40 gas a byte) |
# | you must believe | that one participant forgot their secret; that `[1/(τ − z)]` cannot be made from `[1], [τ], …` | that SHA-256 has no collisions that anybody finds, and draws places that nobody can predict |
# | a quantum computer | breaks it | does not |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks below it. Solutions: `./course solutions`. Numbers are modulo `r`; polynomials are lists, the coefficient of 1 first.
#
# ### ★ How many columns (10 min)
# A row half-way between two code words fits a lie in (1 + 1/k)/2 of its places, for a code of rate 1/k. `columns_needed(k, bits)` is the smallest number of columns, drawn independently, with which it passes with chance at most 2^(−bits). `escape(fits, n, opened)` is the exact chance that `opened` *different* places of n are all among the `fits` that fit.
#
# <details><summary>Hint</summary>Logarithms: shareᵐ ≤ 2^(−bits) where m ≥ bits / −log₂(share). Without repetition the first place fits with chance fits/n, the next with (fits − 1)/(n − 1), and so on.</details>


# %% exercise="ex03_1"
def columns_needed(k: int, bits: int) -> int:
    """The smallest number of columns for `bits` bits at rate 1/k. About 2 lines."""
    ### BEGIN SOLUTION
    return math.ceil(bits / -math.log2((1 + 1 / k) / 2))
    ### END SOLUTION


def escape(fits: int, n: int, opened: int) -> float:
    """The chance that all of `opened` different places fit. About 4 lines."""
    ### BEGIN SOLUTION
    chance = 1.0
    for i in range(opened):
        chance *= max(fits - i, 0) / (n - i)
    return chance
    ### END SOLUTION


# %% test="ex03_1_columns" points=1
assert type(columns_needed(4, 100)) is int, "a number of columns"
assert columns_needed(4, 100) == 148, "the lesson's number"
### BEGIN HIDDEN TESTS
from aicrypto.commit.tensor import soundness as _soundness

for _k in (2, 4, 8, 16, 32):
    for _bits in (1, 10, 64, 100, 128):
        _got = columns_needed(_k, _bits)
        assert type(_got) is int, "a number of columns"
        assert _got == _soundness.queries(_k, "unique", _bits), f"rate 1/{_k}, {_bits} bits"
### END HIDDEN TESTS

# %% test="ex03_1_escape" points=1
half = escape(2, 4, 1)
assert type(half) is float, "a chance is a float"
assert half == 0.5, "2 of 4 places fit"
assert abs(escape(2, 4, 2) - 1 / 6) < 1e-12, "1/2, then 1/3"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(31)
for _ in range(30):
    _n = _rng.randrange(2, 70)
    _fits, _opened = _rng.randrange(_n + 1), _rng.randrange(_n + 1)
    _want = math.comb(_fits, _opened) / math.comb(_n, _opened)
    _got = escape(_fits, _n, _opened)
    assert type(_got) is float, "a chance is a float"
    assert abs(_got - _want) < 1e-9, f"{_fits} of {_n} fit, {_opened} opened"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ A lost share (20 min)
# Witness 4 of a 3-of-5 group has lost their share. Three others compute s(4), by Lagrange *at 4* instead of at 0. Write `share_at(shares, x)`: given `{id: share}` of enough witnesses, the value s(x) modulo r.
#
# <details><summary>Hint</summary>λᵢ(x) = ∏ (x − j)/(i − j) over the other ids j; division modulo r is <code>pow(…, -1, r)</code>.</details>


# %% exercise="ex03_2"
def share_at(shares: dict[int, int], x: int) -> int:
    """s(x) from the shares {i: s(i)}. About 8 lines."""
    ### BEGIN SOLUTION
    total = 0
    for i, share in shares.items():
        weight = 1
        for j in shares:
            if j != i:
                weight = weight * (x - j) * pow(i - j, -1, r) % r
        total = (total + weight * share) % r
    return total
    ### END SOLUTION


# %% test="ex03_2_share" points=4
line = {1: 12, 2: 14}  # f(x) = 10 + 2x
assert type(share_at(line, 0)) is int, "a share is a number"
assert share_at(line, 0) == 10, "the secret of a line through (1, 12) and (2, 14)"
assert share_at(line, 5) == 20, "any other place works, too"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(33)
for _t in (1, 2, 3, 5):
    _f = [_rng.randrange(r) for _ in range(_t)]
    _value = lambda x, f=_f: sum(c * pow(x, k, r) for k, c in enumerate(f)) % r
    _ids = _rng.sample(range(1, 40), _t)
    _lost = _rng.randrange(40, 60)
    _got = share_at({i: _value(i) for i in _ids}, _lost)
    assert type(_got) is int, "a number"
    assert _got == _value(_lost), "the polynomial through the shares, at the lost one's place"
    assert share_at({i: _value(i) for i in _ids}, 0) == _f[0], "and at zero"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Many places, one proof (open)
# Let I be the polynomial of least degree through all pairs (z, p(z)), and Z the product of all X − z. Z divides p − I; the commitment to the quotient is the *one* proof. Design `open_many(setup, coefficients, places)`, which returns `(ys, proof)`, and `verify_many(setup, C, places, ys, proof)`; the equation is `e(C − [I(τ)], G₂) = e(π, [Z(τ)]₂)`. The setup holds powers in both groups, `setup.g1` and `setup.g2`. Do without `kzg.open_many`, `kzg.verify_many`.
#
# `open_many` raises `ValueError` for repeated places and for more coefficients than `setup.g1` has powers. `verify_many` returns `False` for repeated places, unequal lengths, numbers outside 0 … r − 1, and if `len(places) >= len(setup.g2)`.
#
# <details><summary>Hint</summary><code>polynomials.interpolate(FR, xs, ys)</code>, <code>polynomials.vanishing(FR, xs)</code> and <code>polynomials.evaluate(FR, coefficients, x)</code> of <code>aicrypto.algebra</code> do the algebra, with <code>FR = BLS12_381_FR</code>; dividing by Z is dividing by each X − z in turn with <code>polynomials.divide_by_linear</code>.</details>


# %% exercise="ex03_3"
def open_many(setup, coefficients: list[int], places: list[int]):
    """The values at all places and one proof of them, a point. About 9 lines."""
    ### BEGIN SOLUTION
    from aicrypto.algebra import polynomials

    if len(coefficients) > len(setup.g1):
        raise ValueError(f"{len(coefficients)} coefficients, the setup has {len(setup.g1)} powers")
    ys = [polynomials.evaluate(BLS12_381_FR, coefficients, z) for z in places]
    polynomials.interpolate(BLS12_381_FR, places, ys)  # refuses repeated places
    quotient = coefficients
    for z in places:  # the remainders make up I
        quotient, _ = polynomials.divide_by_linear(BLS12_381_FR, quotient, z)
    return ys, G1.sum([G1.multiply(g, c) for g, c in zip(setup.g1, quotient)])
    ### END SOLUTION


def verify_many(setup, C, places: list[int], ys: list[int], proof) -> bool:
    """Whether the proof shows p(places[k]) = ys[k] for all k. About 12 lines."""
    ### BEGIN SOLUTION
    from aicrypto.algebra import polynomials

    fits = len(ys) == len(places) == len(set(places)) < len(setup.g2)
    if not fits or not all(0 <= x < r for x in [*places, *ys]):
        return False
    through = polynomials.interpolate(BLS12_381_FR, places, ys)
    zero = polynomials.vanishing(BLS12_381_FR, places)
    remainder = G1.sum([G1.multiply(g, c) for g, c in zip(setup.g1, through)])
    Z = G2.sum([G2.multiply(g, c) for g, c in zip(setup.g2, zero)])
    left = (G1.add(C, G1.negate(remainder)), G2.generator)
    return curve.product_is_one([left, (G1.negate(proof), Z)])
    ### END SOLUTION


# %% test="ex03_3_open" points=2
practice = kzg.Setup.from_secret(kzg.BLS12_381, 12345, n_g1=8, n_g2=5)
cubes = [0, 0, 0, 1]
found_ys, found_proof = open_many(practice, cubes, [2, 5])
assert type(found_ys) is list and all(type(v) is int for v in found_ys), "values are integers"
assert found_ys == [8, 125], "X³ at 2 and at 5"
quotient_at_tau = G1.multiply(G1.generator, 12345 + 7)
assert type(found_proof) is tuple and found_proof[0] == quotient_at_tau[0], "quotient is X + 7"
### BEGIN HIDDEN TESTS
import random as _random
from unittest.mock import patch as _patch

_rng = _random.Random(35)
_setup = kzg.Setup.from_secret(kzg.BLS12_381, _rng.randrange(r), n_g1=8, n_g2=5)
_library = kzg.open_many
for _n in (1, 2, 4):
    _p = [_rng.randrange(r) for _ in range(8)]
    _places = _rng.sample(range(r - 2**40, r), _n)
    with _patch.object(kzg, "open_many", None), _patch.object(kzg.scheme, "open_many", None):
        _ys, _proof = open_many(_setup, _p, _places)
    _want_ys, _want_proof = _library(_setup, _p, _places)
    assert type(_ys) is list and [type(v) for v in _ys] == [int] * _n, "integers"
    assert _ys == list(_want_ys), "the values"
    assert type(_proof) is tuple and [type(c) for c in _proof] == [int, int], "a point"
    assert _proof == _want_proof, "the one proof"
for _bad in (([1, 2, 3], [4, 4]), ([1] * 9, [4])):
    try:
        open_many(_setup, *_bad)
    except ValueError:
        pass
    else:
        raise AssertionError(f"{_bad}: ValueError")
### END HIDDEN TESTS

# %% test="ex03_3_verify" points=2
squares = G1.multiply(G1.generator, 12345**2)  # the commitment to X²
seen = verify_many(practice, squares, [3, 4], [9, 16], G1.generator)
assert seen is True, "X² at 3 and 4: the quotient is 1"
assert verify_many(practice, squares, [3, 4], [9, 17], G1.generator) is False, "4² is not 17"
assert verify_many(practice, squares, [3, 3], [9, 9], G1.generator) is False, "a place repeats"
### BEGIN HIDDEN TESTS
import random as _random
from unittest.mock import patch as _patch

from aicrypto.algebra import polynomials as _polynomials

_rng = _random.Random(36)
_tau = _rng.randrange(r)
_setup = kzg.Setup.from_secret(kzg.BLS12_381, _tau, n_g1=8, n_g2=5)
_cases = []
for _n in (1, 3, 4):
    _p = [_rng.randrange(r) for _ in range(8)]
    _places = _rng.sample(range(1, 1000), _n)
    _ys, _proof = kzg.open_many(_setup, _p, _places)
    _cases.append((kzg.commit(_setup, _p), _places, list(_ys), _proof))
_zero = _polynomials.vanishing(BLS12_381_FR, list(range(5)))
_cut = sum(c * pow(_tau, k, r) for k, c in enumerate(_zero[:5])) % r
_trick = G1.multiply(G1.generator, pow(_cut, -1, r) * pow(_tau, 5, r) % r)
_fifth = G1.multiply(G1.generator, pow(_tau, 5, r))
with _patch.object(kzg, "verify_many", None), _patch.object(kzg.scheme, "verify_many", None):
    for _C, _places, _ys, _proof in _cases:
        assert verify_many(_setup, _C, _places, _ys, _proof) is True, "an honest proof"
        _wrong = [(_ys[0] + 1) % r, *_ys[1:]]
        assert verify_many(_setup, _C, _places, _wrong, _proof) is False, "another value"
        _alias = [_ys[0] + r, *_ys[1:]]
        assert verify_many(_setup, _C, _places, _alias, _proof) is False, "y + r is no number"
        _negative = [_places[0] - r, *_places[1:]]
        assert verify_many(_setup, _C, _negative, _ys, _proof) is False, "z - r is no number"
        _other = [1000, *_places[1:]]
        assert verify_many(_setup, _C, _other, _ys, _proof) is False, "another place"
        assert verify_many(_setup, G1.generator, _places, _ys, _proof) is False, "another C"
        assert verify_many(_setup, _C, _places, _ys, G1.generator) is False, "another proof"
        assert verify_many(_setup, _C, _places, [*_ys, 1], _proof) is False, "a value too many"
        assert verify_many(_setup, _C, [*_places, 1001], _ys, _proof) is False, "one is missing"
        _twice = [*_places, _places[0]]
        assert verify_many(_setup, _C, _twice, [*_ys, _ys[0]], _proof) is False, "it repeats"
    _verdict = verify_many(_setup, _fifth, list(range(5)), [0] * 5, _trick)
    assert _verdict is False, "five places need a sixth power in the second group"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: a KZG commitment and each opening take **48 bytes**, whatever the degree; hashing needs no setup, but opens **148 columns** for 100 bits at rate 1/4; **one** honest participant makes a ceremony safe.
#
# Next, lesson 04 lets a prover convince us of a sum of a trillion terms; lesson 05 builds a SNARK on the pairing.

# %% [markdown]
# ## Further reading
# * Kate, Zaverucha, Goldberg, *Constant-Size Commitments to Polynomials* (2010), sections 1–3.
# * EIP-4844: the point evaluation precompile, and why it returns two numbers.
# * *Ligero* (2017; longer version: eprint 2022/1608): section 4, the interleaved code.
# * Boneh, Drijvers, Neven, *Compact Multi-Signatures* (2018): section 1, on rogue keys.
