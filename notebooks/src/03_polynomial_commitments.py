# %% [markdown]
# # 03 · Polynomial commitments
# *You will fix a polynomial in 48 bytes, open it anywhere with 48 more, forge an opening, do it again with hashes alone, and let three of five witnesses sign as one — 100 minutes and exercises, any CPU, needs lessons 01 and 02.*

# %% [markdown]
# ## Why
# A Merkle root fixes a list, and an opening shows one entry. Proofs about computations ask more: *the value of the list's polynomial at a place that nobody chose*. Two different polynomials differ almost everywhere (lesson 01), so one random place compares whole tables.
#
# Ethereum has committed to data in this way since EIP-4844. A *blob* is 131,072 bytes, 4,096 numbers; its commitment has **48 bytes**, and checking its value at any place costs 50,000 *gas*, the unit in which Ethereum charges work. Without commitments the verifier would have to read everything.
#
# And who vouches that the *right* table was committed to? In Space and Time, a database that proves its answers, several registered witnesses sign. We make one signature of theirs.

# %% [markdown]
# ## Outcomes
# You can
# 1. commit to a polynomial with one point, open it anywhere with another, and verify with two pairings (**KZG**);
# 2. run a setup ceremony, say which check refuses a cheat, and forge where its secret is known;
# 3. commit with hashes alone, and compute how many columns to open;
# 4. make three of five witnesses sign with one key, and find out who signed wrongly.

# %% tags=["setup"]
import json
import math
import random
from pathlib import Path
from timeit import timeit

import torch

from aicrypto.algebra import Fp2, m61x2
from aicrypto.algebra.curves import bls12_381 as curve
from aicrypto.algebra.primes import BLS12_381_FR
from aicrypto.classroom import rejects
from aicrypto.commit import bls, kzg, merkle
from aicrypto.commit.kzg import deployed
from aicrypto.commit.tensor import ligero
from aicrypto.viz import explore
from aicrypto.viz.openings import draw_columns, draw_proof_bytes, draw_quotient, draw_secrets

G1, G2, r = curve.G1, curve.G2, BLS12_381_FR.modulus
rng = random.Random(3)

# %% [markdown]
# ## Build
# ### Numbers in disguise
# A point of the **elliptic curve** BLS12-381 is a pair (x, y) with y² = x³ + 4 modulo a prime of 381 bits; 48 bytes hold x and the sign of y. Points can be added: `P + Q` is a point, `2·P` is `P + P`. (How, we leave to the library.) Our *group* has `r` points, `r` a prime of 255 bits, all multiples of one *generator* G. So `a ↦ a·G` disguises a number; we write `[a]`. Coming back, from `a·G` to `a`, is the **discrete logarithm** problem: for large random a nobody knows a way.
#
# **Predict:** you get the points of a and b, but neither a nor b. Of which of a + b, 5·a and a·b can you make the point?
#
# <details><summary>Answer</summary>a + b by adding the points, 5·a by adding one five times. Not a·b: points cannot be multiplied with each other.</details>


# %%
def disguise(a: int, group=G1):
    """[a] = a·G, unless another group is told. (Python's None is the zero point.)"""
    return group.multiply(group.generator, a % r)


three, four = disguise(3), disguise(4)
assert G1.add(three, four) == disguise(7), "sums survive the disguise"
assert G1.multiply(three, 5) == disguise(15), "and so do multiples by known numbers"
print(curve.g1_to_bytes(three).hex(), "is [3]")


# %% [markdown]
# ### One multiplication, checked
# There is a second group, G₂ its generator (we write `[b]₂` for `b·G₂`), and a **pairing** e that takes a point of each: `e([a], [b]₂) = e(G, G₂)^(a·b)`. Exponents add up, so e(P, Q + R) = e(P, Q)·e(P, R). And hidden numbers can be multiplied *once*, and only to compare: is `e(left) = e(right)`? (The library answers whether a product of pairings is 1; so one side is negated.)


# %%
def equal(left: tuple, right: tuple) -> bool:
    """Whether the pairings of two pairs of points are the same."""
    return curve.product_is_one([left, (G1.negate(right[0]), right[1])])


assert equal((three, disguise(4, G2)), (disguise(12), G2.generator)), "3·4 = 12·1"
rejects(equal, (three, disguise(4, G2)), (disguise(13), G2.generator), because="3·4 is not 13")

# %% [markdown]
# ### A polynomial at a place that nobody knows
# Let τ be a number that nobody knows, and let the disguises of its powers be public: `[1], [τ], [τ²], …`, the **setup**. Then anybody can disguise p(τ) for any polynomial p, because `[p(τ)] = c₀·[1] + c₁·[τ] + c₂·[τ²] + …` is sums and multiples. That point is the **commitment** C.
#
# It binds: for two polynomials with one commitment, τ would be a zero of their difference, and zeros can be computed. (It does not *hide*: candidates can be tried.)


# %%
def make_setup(tau: int, n: int):
    """The disguised powers of tau in the first group, and tau in the second."""
    return [disguise(pow(tau, i, r)) for i in range(n)], disguise(tau, G2)


def commit(powers: list, coefficients: list[int]):
    """[p(τ)]; the coefficient of 1 stands first."""
    assert len(coefficients) <= len(powers), "the setup ends here"
    return G1.sum([G1.multiply(power, c) for power, c in zip(powers, coefficients)])


# %% [markdown]
# Believe, for now, that we forget τ:

# %%
tau = rng.randrange(2, r)
powers, tau_2 = make_setup(tau, 8)
p = [5, 0, 3, 1]  # 5 + 3X² + X³
C = commit(powers, p)
assert disguise(5 + 3 * tau**2 + tau**3) == C, "the commitment is p(τ) in disguise"


# %% [markdown]
# ### Opening at any place
# We claim p(z) = y. That is so exactly if X − z divides p(X) − y. So the proof is the *quotient* q, committed to: π = [q(τ)].
#
# By hand: 5 + 3X² + X³ at z = 10. Horner's rule (lesson 01) starts at the top coefficient, then always takes times 10 plus the next: 1, 10+3 = 13, 130+0 = 130, 1300+5 = 1305. The last is the value y, the others are the quotient: **X² + 13X + 130**.


# %%
def divide(coefficients: list[int], z: int) -> tuple[list[int], int]:
    """Quotient of the division by X - z, and remainder, which is the value at z."""
    carried = [0]
    for c in reversed(coefficients):
        carried.append((carried[-1] * z + c) % r)
    *quotient, y = carried[1:]
    return quotient[::-1], y


assert divide(p, 10) == ([130, 13, 1], 1305), "as by hand"

# %% [markdown]
# The verifier cannot see polynomials. But it can check q(X)·(X − z) = p(X) − y *at one place*, the hidden τ:
#
# $$e(\pi,\ [\tau - z]_2) = e(C - [y],\ G_2)$$
#
# Of the whole setup it needs one point.


# %%
def open_at(powers: list, coefficients: list[int], z: int):
    """The value at z, and the proof of it."""
    quotient, y = divide(coefficients, z)
    return y, commit(powers, quotient)


def verify(tau_2, C, z: int, y: int, proof) -> bool:
    tau_minus_z = G2.add(tau_2, G2.negate(disguise(z, G2)))
    p_minus_y = G1.add(C, G1.negate(disguise(y)))
    return equal((proof, tau_minus_z), (p_minus_y, G2.generator))


# %% [markdown]
# Each part changed is noticed:

# %%
y, proof = open_at(powers, p, 10)
assert verify(tau_2, C, 10, y, proof), "an honest opening is accepted"
rejects(verify, tau_2, C, 10, y + 1, proof, because="another value")
rejects(verify, tau_2, C, 11, y, proof, because="another place")
rejects(verify, tau_2, G1.add(C, three), 10, y, proof, because="another polynomial")
rejects(verify, tau_2, C, 10, y, G1.add(proof, three), because="another proof")
setup = kzg.Setup.from_secret(kzg.BLS12_381, tau, n_g1=8)
assert kzg.commit(setup, p) == C and kzg.open_at(setup, p, 10) == (y, proof), "the library's"

# %% [markdown]
# Is *one* place enough? **Figure 1** shows both sides at every X, modulo 17. The claimed y is false by `lie`: no quotient exists, and the liar's q makes the sides agree at three places, as many as p's degree allows. Move the slider to 0: for the true y they agree everywhere. Among r places, τ is one of the liar's three with chance 3/r ≈ 2⁻²⁵³.

# %%
explore(draw_quotient, lie=(0, 16))

# %% [markdown]
# For a false y, π would have to be `[(p(τ) − y)/(τ − z)]`. That such points cannot be made from `[1], [τ], [τ²], …` is what KZG *assumes*.
#
# **Predict:** p gets a million coefficients. How do commitment, proof and the verifier's work grow?
#
# <details><summary>Answer</summary>Not at all. Only the prover's work and the setup grow.</details>
#
# ### A ceremony
# Whoever knows τ can forge, so nobody may pick it. A setup for τ becomes one for s·τ by multiplying its i-th power by sⁱ. The start is τ = 1; each participant multiplies by a secret s, forgets it and leaves a *receipt*: `[s]₂` and the new `[τ]`. The final τ is the product of all secrets; **one honest forgetter is enough**.


# %%
def contribute(powers: list, tau_2, s: int):
    """The setup for s·τ, from that for τ."""
    raised = [G1.multiply(point, pow(s, i, r)) for i, point in enumerate(powers)]
    return raised, G2.multiply(tau_2, s)


secret_of = {name: rng.randrange(2, r) for name in ("Ann", "Ben", "Mallory")}
joint_powers, joint_tau_2 = make_setup(1, 8)
receipts = []
for s in secret_of.values():
    joint_powers, joint_tau_2 = contribute(joint_powers, joint_tau_2, s)
    receipts.append((disguise(s, G2), joint_powers[1]))

# %% [markdown]
# Two checks for everybody. *Powers*: each point is τ times the one before.


# %%
def are_powers(powers: list, tau_2) -> bool:
    steps = zip(powers, powers[1:])
    times_tau = all(equal((high, G2.generator), (low, tau_2)) for low, high in steps)
    return times_tau and powers[0] == disguise(1)


assert are_powers(joint_powers, joint_tau_2), "an honest ceremony makes powers"
for spoilt in [*joint_powers[:7], three], [G1.multiply(point, 7) for point in joint_powers]:
    rejects(are_powers, spoilt, joint_tau_2, because="these are not 1, τ, τ², …")


# %% [markdown]
# *Chain*: each participant's τ is the one before times their s, and the last is the setup's.


# %%
def is_chain(receipts: list, powers: list) -> bool:
    before = disguise(1)
    for s_2, after in receipts:
        if after is None or not equal((after, G2.generator), (before, s_2)):
            return False
        before = after
    return before == powers[1]


assert is_chain(receipts, joint_powers), "an honest ceremony leaves an unbroken chain"

# %% [markdown]
# **Predict:** Mallory, who comes last, publishes `make_setup(5, 8)` as the result. Which check refuses it?
#
# <details><summary>Answer</summary>Not <i>powers</i>: these are powers, of 5. The <i>chain</i> does: its last τ is another.</details>

# %%
mallorys, mallorys_tau_2 = make_setup(5, 8)
assert are_powers(mallorys, mallorys_tau_2), "powers, but of a number that she knows"
rejects(is_chain, receipts, mallorys, because="not where the receipts lead")
rejects(is_chain, [receipts[0], receipts[2]], joint_powers, because="Ben's receipt is missing")
erased, _ = contribute(joint_powers, joint_tau_2, 0)
rejects(is_chain, [*receipts, (None, None)], erased, because="s = 0: all but [1] is zero")

# %% [markdown]
# Who took part, no check can know: Mallory could throw Ben's work away and go on from Ann's. So participants look for their receipts.
#
# ### Hashing instead of trust
# Now without any secret. First by hand, in ordinary integers: `1+2X+3X²+4X³+5X⁴+6X⁵` is `(1+2X+3X²) + X³·(4+5X+6X²)`. So write the coefficients as a matrix with two rows. To open at z = 2, add the rows with weights 1 and z³ = 8:
#
# **u** = (1, 2, 3) + 8·(4, 5, 6) = (33, 42, 51), and the value is 33+42·2+51·4 = **321**.
#
# The prover sends u, one row instead of all; from u everybody gets the value.


# %%
def value_at(coefficients, x):
    """Horner's rule, for integers and for the field of lesson 01."""
    total = 0
    for c in reversed(coefficients):
        total = total * x + c
    return total


def add_rows(rows, weight) -> list:
    """row 0 + weight·row 1 + weight²·row 2 + …"""
    return [value_at(column, weight) for column in zip(*rows)]


tiny = [(1, 2, 3), (4, 5, 6)]
assert add_rows(tiny, 2**3) == [33, 42, 51], "u"
assert value_at([33, 42, 51], 2) == value_at([1, 2, 3, 4, 5, 6], 2) == 321, "u has the value"

# %% [markdown]
# Is u true? **Stretch** every row by the Reed–Solomon code of lesson 01: take its values at *six* places, X = 0, 1, …, 5. The value of a sum is the sum of the values, so u, stretched too, must fit in every *column*. At X = 1 the rows have 6 and 15, and u has 126 = 6 + 8·15.
#
# **Predict:** in how many of the six columns can a false u fit?
#
# <details><summary>Answer</summary>In two: its difference from the true u has degree 2, so two zeros at most. Four columns tell.</details>

# %%
stretched = [[value_at(row, x) for x in range(6)] for row in tiny]
assert add_rows(stretched, 2**3) == [value_at([33, 42, 51], x) for x in range(6)], "u fits"

# %% [markdown]
# **Figure 2.** The slider says in how many columns a false u fits; orange cells give the lie away.

# %%
explore(draw_columns, fitting=(0, 2))

# %% [markdown]
# So the commitment is a Merkle root over the stretched *columns*. The prover sends u; *then* the verifier asks for a few random columns. Now 8 rows of 16 exact complex numbers (lesson 01), stretched four times (*rate* 1/4), to the 64 roots of unity ωʲ:

# %%
ROWS, COLUMNS, PLACES = 8, 16, 64
omega = m61x2.root_of_unity(6)
roots = [omega**j for j in range(PLACES)]
number = lambda: Fp2(rng.getrandbits(60), rng.getrandbits(60))
matrix = [[number() for _ in range(COLUMNS)] for _ in range(ROWS)]


def stretch(row: list) -> list:
    return [value_at(row, x) for x in roots]


# %% [markdown]
# A leaf holds a column's real parts, then the imaginary ones:


# %%
def leaf(column) -> bytes:
    parts = [entry.re for entry in column] + [entry.im for entry in column]
    return b"".join(part.to_bytes(8, "little") for part in parts)


def publish(columns: list) -> tuple[bytes, list]:
    """The root, and for each column what opens it: the column and its path."""
    leaves = [leaf(column) for column in columns]
    paths = [merkle.prove_inclusion(leaves, j) for j in range(PLACES)]
    return merkle.root(leaves), list(zip(columns, paths))


root, opened = publish(list(zip(*map(stretch, matrix))))
flat = torch.tensor([part for entry in sum(matrix, []) for part in (entry.re, entry.im)])
assert ligero.commit(flat, ligero.Shape(ROWS, COLUMNS, 4)).root == root, "the library's root"

# %% [markdown]
# Do the columns stand under the root, does u fit in them (with the weights 1, z¹⁶, z³², …), is it one row long, and is its value y?


# %%
def check(root: bytes, z, y, u: list, asked, opened) -> bool:
    """Whether the polynomial is y at z, as far as the columns `asked` tell."""
    for j in asked:
        column, path = opened[j]
        if not merkle.verify_inclusion(leaf(column), j, PLACES, path, root):
            return False
        if value_at(column, z**COLUMNS) != value_at(u, roots[j]):
            return False
    return len(u) == COLUMNS and value_at(u, z) == y


# %%
z = number()
u = add_rows(matrix, z**COLUMNS)
value = value_at(sum(matrix, []), z)  # of all 128 numbers in a row
asked = rng.sample(range(PLACES), 6)  # drawn by the verifier, when u is fixed
assert check(root, z, value, u, asked, opened), "an honest opening is accepted"
rejects(check, root, z, value + 1, u, asked, opened, because="another value")
rejects(check, root, z + 1, value, u, asked, opened, because="another place")

# %% [markdown]
# Other columns, a longer u:

# %%
zeros = [Fp2(0)] * COLUMNS
own = [(zeros[:ROWS], path) for _, path in opened]  # would fit u = 0
rejects(check, root, z, Fp2(0), zeros, asked, own, because="they are not under the root")
long = [u[0] - 1, *u[1:], *[0] * 48, 1]  # u + X^64 - 1, and X^64 - 1 is 0 at every root
rejects(check, root, z, value_at(long, z), long, asked, opened, because="no row has 65 numbers")

# %% [markdown]
# The best lie adds ∏(X − ωʲ) for j < 15, which *vanishes* there (lesson 01). It fits in these 15 columns; the other 49 tell. A liar who knows the columns beforehand is safe. So the order is everything: root, z, u, columns.


# %%
def vanishing(zeros: list) -> list:
    """The coefficients of the product of all X - zero."""
    product = [1]
    for zero in zeros:
        product = [up - zero * same for up, same in zip([0, *product], [*product, 0])]
    return product


lie = [true + off for true, off in zip(u, vanishing(roots[:15]))]
false = value_at(lie, z)
fits = [j for j in range(PLACES) if check(root, z, false, lie, [j], opened)]
assert fits == list(range(15)), "15 columns fit, 49 tell"
assert check(root, z, false, lie, range(15), opened), "columns known beforehand prove nothing"

# %% [markdown]
# A better liar *commits* to a row half-way between two stretched ones, and claims later whichever suits. It fits both in 15 columns and each in half of the others:

# %%
other = stretch(vanishing(roots[:15]))
half = [other[j] if j % 2 else Fp2(0) for j in range(PLACES)]
assert sum(a == b for a, b in zip(half, other)) == 15 + 25, "40 columns fit the one row"
assert half.count(Fp2(0)) == 15 + 24, "and 39 the other, zero"

# %% [markdown]
# For long rows that share is (1+¼)/2 = 5/8; no row does better (eprint 2020/654, up to a chance below 2⁻¹⁰⁰). So 100 random columns leave a lie a chance of 0.625¹⁰⁰.
#
# The place z must be *random*, too: at z = 0 only row 0 is tested. (For a chosen z, the library adds a second sum with random weights. Lesson 12 stands on it.)
#
# ### Three of five
# Five witnesses sign a table's root so that any three suffice and two do not. For a **BLS signature**, hash the message, and a *tag* that names the purpose, to a point H of the second group *whose number nobody knows* (else one signature would give all others). Multiply it by the secret key sk. The public key is `[sk]`; everybody checks `e([sk], H) = e(G, sk·H)`.


# %%
def hashed(message: bytes):
    return bls.hash_to_curve.hash_to_g2(message, bls.ETHEREUM.tag)


def signed(public_key, H, signature) -> bool:
    return equal((public_key, H), (G1.generator, signature))


message = b"table orders, root " + root
H, sk = hashed(message), rng.randrange(1, r)
signature = G2.multiply(H, sk)
assert signed(disguise(sk), H, signature), "the key's owner signed"
rejects(signed, disguise(sk + 1), H, signature, because="another key")
assert curve.g2_to_bytes(signature) == bls.sign(sk.to_bytes(32, "big"), message), "the library's"

# %% [markdown]
# Now share sk (**Shamir**): take a random parabola f with f(0) = sk and give witness i the *share* f(i). Three values fix a parabola, hence f(0); two say nothing about it (Figure 3). *Lagrange*'s interpolation (lesson 01) gives f(0) as a sum of λᵢ·f(i), where λᵢ is the product of j/(j − i) over the other ids j.
#
# The same sum works on *signatures*, multiples of H: nobody puts sk together again. (One dealer knew it; in the library's `joint_deal` nobody does.) The price: nobody sees *who* signed.


# %%
def weight_of(i: int, ids: list[int]) -> int:
    others = [j for j in ids if j != i]
    return math.prod(others) * pow(math.prod(j - i for j in others), -1, r) % r


parabola = [sk, rng.randrange(r), rng.randrange(r)]
partial = {i: G2.multiply(H, divide(parabola, i)[1]) for i in range(1, 6)}
join = lambda ids: G2.sum([G2.multiply(partial[i], weight_of(i, ids)) for i in ids])
assert join([1, 2, 4]) == join([5, 3, 2]) == signature, "any three sign as the key itself"
rejects(signed, disguise(sk), H, join([1, 2]), because="two of five are not enough")

# %% [markdown]
# ## Check yourself
# 1. At rate 1/4, how many columns make a lie's chance 2⁻¹⁰⁰?
# 2. Who, in the ceremony above, can compute τ?
# 3. f(X) = 10 + 2X shares the secret 10. Which sum of f(1) and f(2) is 10?
#
# <details><summary>Answers</summary>148, since log 2⁻¹⁰⁰ / log 0.625 = 147.5. Ann, Ben and Mallory together. 2·12 − 14.</details>

# %%
assert 0.625**148 <= 2**-100 < 0.625**147, "1."
known_tau = math.prod(secret_of.values()) % r
assert disguise(known_tau) == joint_powers[1], "2."
assert [weight_of(1, [1, 2]), weight_of(2, [1, 2])] == [2, r - 1], "3."

# %% [markdown]
# ## See
# **Figure 3.** How many parabolas modulo 17 fit the shares, for each secret. With two shares all secrets are *equally* possible; the third decides.

# %%
explore(draw_secrets, shares_seen=(0, 5))

# %% [markdown]
# **Figure 4.** Bytes to open one value, measured on the library's proofs. KZG's line is flat; for 16,384 numbers hashing pays, for 4,096 not yet.

# %%
draw_proof_bytes(range(8, 17, 2))

# %% [markdown]
# ## Break it
# ### Toxic waste
# The secrets of a ceremony are its *toxic waste*. All participants tell Mallory theirs. Now she knows τ and solves the verifier's equation for π, with *every* y: `π = (C − [y]) / (τ − z)`. In Figure 1, she makes the sides agree at the one place that counts. Her opening looks like any other.


# %%
def forge(C, z: int, y: int, tau: int):
    return G1.multiply(G1.add(C, G1.negate(disguise(y))), pow(tau - z, -1, r))


C_joint = commit(joint_powers, p)
fake = forge(C_joint, 10, 1_000_000, known_tau)
assert verify(joint_tau_2, C_joint, 10, 1_000_000, fake), "with τ known, any value is accepted"

# %% [markdown]
# One more participant, Dua, adds her secret and forgets it. Now Mallory's knowledge is worthless:

# %%
safe_powers, safe_tau_2 = contribute(joint_powers, joint_tau_2, rng.randrange(2, r))
C_safe = commit(safe_powers, p)
assert verify(safe_tau_2, C_safe, 10, *open_at(safe_powers, p, 10)), "openings still work"
fake = forge(C_safe, 10, 1_000_000, known_tau)
rejects(verify, safe_tau_2, C_safe, 10, 1_000_000, fake, because="this τ is not hers")

# %% [markdown]
# ### Errors that cancel
# A hundred openings cost a hundred checks, or one: with −z moved to the other side, each says `e(π, [τ]₂) = e(C − [y] + z·π, G₂)`, and such equations add up.


# %%
def verify_all(tau_2, openings: list, weights: list[int]) -> bool:
    """Whether the weighted sum of the equations holds; an opening is (C, z, y, π)."""
    terms = [G1.sum([C, disguise(-y), G1.multiply(pi, z)]) for C, z, y, pi in openings]
    left = [G1.multiply(pi, w) for w, (_, _, _, pi) in zip(weights, openings)]
    right = [G1.multiply(term, w) for w, term in zip(weights, terms)]
    return equal((G1.sum(left), tau_2), (G1.sum(right), G2.generator))


y_20, proof_20 = open_at(powers, p, 20)
honest = [(C, 10, y, proof), (C, 20, y_20, proof_20)]
assert verify_all(tau_2, honest, [1, 1]), "both openings at once"

# %% [markdown]
# **Predict:** the liar may change both values. Which changes survive plain adding?
#
# <details><summary>Answer</summary>Any two that cancel: y + 1 here, y − 1 there. The cure: random weights, drawn after the openings are fixed.</details>

# %%
cancelling = [(C, 10, y + 1, proof), (C, 20, y_20 - 1, proof_20)]
assert verify_all(tau_2, cancelling, [1, 1]), "two lies, accepted together"
weights = [rng.getrandbits(128) for _ in range(2)]
assert verify_all(tau_2, honest, weights), "random weights do not disturb honest openings"
rejects(verify_all, tau_2, cancelling, weights, because="the errors have different weights")

# %% [markdown]
# ### A key that cancels another
# When many sign *one* message, their signatures are added up and checked under the sum of their keys. Mallory publishes as "her key" the point `[m] − (Ann's key)`. The sum of both keys is `[m]`, and for that she signs alone.

# %%
ann, m = rng.randrange(1, r), rng.randrange(1, r)
ann_key = disguise(ann)
rogue_key = G1.add(disguise(m), G1.negate(ann_key))
alone = G2.multiply(H, m)
assert signed(G1.add(ann_key, rogue_key), H, alone), "signed for both: Ann has never seen this"
rejects(signed, ann_key, H, alone, because="it is not under Ann's key alone")

# %% [markdown]
# So nobody may register a key without a **proof of possession**: a signature over the key's 48 bytes. Let H′ be their hash. Mallory needs (m − ann)·H′ = m·H′ − ann·H′. She computes m·H′; ann·H′ is Ann's *signature*, if Ann can be led to sign 48 odd bytes. Hence possession has its own tag, which gives another H:

# %%
rogue_bytes = curve.g1_to_bytes(rogue_key)
H_rogue = hashed(rogue_bytes)
from_ann = G2.multiply(H_rogue, ann)  # Ann signed these bytes as a message
possession = G2.add(G2.multiply(H_rogue, m), G2.negate(from_ann))
assert signed(rogue_key, H_rogue, possession), "one tag for both: forged"
rejects(bls.pop_verify, rogue_bytes, curve.g2_to_bytes(possession), because="another tag")
honest_proof = bls.pop_prove(ann.to_bytes(32, "big"))
assert bls.pop_verify(curve.g1_to_bytes(ann_key), honest_proof), "Ann possesses her key"

# %% [markdown]
# ## Real system
# Ethereum's test cases open blobs (polynomials given by their values) under *its* ceremony of 141,416 contributions; our `verify` needs one point of it. All arrives as bytes. The decoder must refuse numbers from r on, and points off the curve or *beside the group*, for the curve has more than our r. One, (0, 2), has pairing 1 with everything: added to a proof it goes unseen.

# %%
ethereum = deployed.ethereum(n_g1=64)
eth_powers, eth_tau_2 = list(ethereum.g1), ethereum.g2[1]
assert are_powers(eth_powers[:6], eth_tau_2), "Ethereum's points are powers of one number"
unhex = lambda text: bytes.fromhex(text[2:])
twin = G1.add(proof, (0, 2))
assert verify(tau_2, C, 10, y, twin), "as a point, another proof of the same is accepted"
rejects(curve.g1_from_bytes, curve.g1_to_bytes(twin), raises=ValueError, because="not in the group")


# %% [markdown]
# So decode first, then verify:


# %%
def verify_bytes(case: dict) -> bool:
    try:
        C, proof = (curve.g1_from_bytes(unhex(case[name])) for name in ("commitment", "proof"))
        z, y = (BLS12_381_FR.from_bytes(unhex(case[name])) for name in ("z", "y"))
    except ValueError:
        return False
    return verify(eth_tau_2, C, z, y, proof)


# %% [markdown]
# 61 of the 78 verdicts are Ethereum's own; the openings are those of ckzg and py_ecc.


# %% tags=["nbval-check-output"]
suite = json.loads(Path("../tests/vectors/kzg.eip4844.json").read_text())["cases"]
answered = [(case["in"], case["out"]) for case in suite if "error" not in case["out"]]
about = lambda op: [(given, out) for given, out in answered if given["op"] == op]
for given, out in about("verify"):
    assert verify_bytes(given) is out["valid"], given
for given, out in about("open"):
    opening, pi = open_at(eth_powers, given["coefficients"], given["z"])
    assert (opening, curve.g1_to_bytes(pi)) == (out["y"], unhex(out["proof"])), given
print(len(about("verify")), "verdicts and", len(about("open")), "openings are ours, too")

# %% [markdown]
# ### What each costs
# Committing to 1,024 numbers of 60 bits, here:

# %% tags=["nbval-ignore-output"]
big, numbers = deployed.ethereum(n_g1=1024), [rng.getrandbits(60) for _ in range(1024)]
by_kzg = timeit(lambda: kzg.commit(big, numbers), number=1)
by_hashing = timeit(lambda: ligero.commit(torch.tensor(numbers), ligero.Shape(8, 64, 4)), number=1)
print(f"KZG {1000 * by_kzg:.0f} ms, hashing {1000 * by_hashing:.1f} ms")

# %% [markdown]
# | | KZG | hashing (Ligero) |
# |-|-|-|
# | commitment | 48 bytes | 32 bytes |
# | opening 1 value of 1,024 | 48 bytes | 21,216 bytes (the list: 8,192) |
# | on Ethereum | 50,000 gas (EIP-4844) | over 0.8 million gas (EIP-7623: 40 a byte) |
# | you must believe | that one participant forgot; that KZG's assumption holds | that nobody finds collisions of SHA-256 or predicts its challenges |
# | a quantum computer | breaks it | does not |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks below it. Solutions: `./course solutions`. Polynomials are lists modulo `r`, the coefficient of 1 first.
#
# ### ★ How many columns (10 min)
# Stretched `times` times, a half-way row fits in (1 + 1/times)/2 of its columns. `columns_needed(times, bits)` is the smallest number of columns, drawn independently, with which a lie passes with chance at most 2^(−bits).
#
# <details><summary>Hint</summary>share^n ≤ 2^(−bits) where n ≥ bits / −log₂(share).</details>


# %% exercise="ex03_1"
def columns_needed(times: int, bits: int) -> int:
    """The smallest number of columns for `bits` bits at rate 1/times. About 2 lines."""
    ### BEGIN SOLUTION
    return math.ceil(bits / -math.log2((1 + 1 / times) / 2))
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

# %% [markdown]
# ### ★ A lazy ceremony (15 min)
# Its participants took small secrets, so 0 < τ < `limit`. Write `crack(powers, limit, C, z, y)`: the proof that opens C at z to *any* y, or `None` where no such τ fits the setup. (z is at least `limit`.)
#
# <details><summary>Hint</summary>[1], [2], [3], … by adding G, until it is <code>powers[1]</code>; then forge.</details>


# %% exercise="ex03_2"
def crack(powers: list, limit: int, C, z: int, y: int):
    """The forged proof, a point, or None. About 7 lines."""
    ### BEGIN SOLUTION
    candidate = None
    for tau in range(1, limit):
        candidate = G1.add(candidate, G1.generator)
        if candidate == powers[1]:
            p_minus_y = G1.add(C, G1.multiply(G1.generator, -y % r))
            return G1.multiply(p_minus_y, pow(tau - z, -1, r))
    return None
    ### END SOLUTION


# %% test="ex03_2_crack" points=2
lazy = kzg.Setup.from_secret(kzg.BLS12_381, 77, n_g1=4)
lazy_commitment = kzg.commit(lazy, [1, 2, 3])
forged = crack(list(lazy.g1), 100, lazy_commitment, 500, 1_000_000)
assert type(forged) is tuple, "a point"
assert kzg.verify(lazy, lazy_commitment, 500, 1_000_000, forged) is True, "any value is accepted"
assert crack(list(lazy.g1), 77, lazy_commitment, 500, 5) is None, "τ = 77 is not below 77"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(32)
for _ in range(4):
    _setup = kzg.Setup.from_secret(kzg.BLS12_381, _rng.randrange(1, 300), n_g1=5)
    _C = kzg.commit(_setup, [_rng.randrange(r) for _ in range(5)])
    _z, _y = _rng.randrange(300, r), _rng.randrange(r)
    _got = crack(list(_setup.g1), 300, _C, _z, _y)
    assert type(_got) is tuple and [type(c) for c in _got] == [int, int], "a point"
    assert kzg.verify(_setup, _C, _z, _y, _got) is True, "the forged opening is accepted"
_strong = kzg.Setup.from_secret(kzg.BLS12_381, _rng.randrange(2**200, r), n_g1=5)
assert crack(list(_strong.g1), 300, _C, 300, 1) is None, "a secret that is not small"
_setup = kzg.Setup.from_secret(kzg.BLS12_381, 1, n_g1=5)
_got = crack(list(_setup.g1), 2, _setup.g1[0], 9, 7)
assert kzg.verify(_setup, _setup.g1[0], 9, 7, _got) is True, "τ = 1 can be found, too"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Who signed wrongly? (30 min)
# A joint signature is false: some partial one must be. The dealer has *published* `[c₀], [c₁], [c₂]` for the coefficients of f (**Feldman**); from these everybody computes witness i's public key `[f(i)]`. Write `find_bad(published, H, partial)`: the ids in the dictionary `partial`, `{id: point}`, whose signature of H is wrong.
#
# <details><summary>Hint</summary>[f(i)] = [c₀] + i·[c₁] + i²·[c₂]. Then for each witness <code>curve.product_is_one</code> of two pairs, one point negated.</details>


# %% exercise="ex03_3"
def find_bad(published: list, H, partial: dict) -> list[int]:
    """The ids whose partial signatures are wrong. About 6 lines."""
    ### BEGIN SOLUTION
    bad = []
    for i, signature in partial.items():
        key = G1.sum([G1.multiply(c, pow(i, k, r)) for k, c in enumerate(published)])
        if not curve.product_is_one([(key, H), (G1.negate(G1.generator), signature)]):
            bad.append(i)
    return bad
    ### END SOLUTION


# %% test="ex03_3_bad" points=4
line = [G1.multiply(G1.generator, c) for c in (10, 2)]  # f = 10 + 2X
base = G2.multiply(G2.generator, 99)  # a stand-in for H
claimed = {1: G2.multiply(base, 12), 4: G2.multiply(base, 18), 2: G2.multiply(base, 15)}
assert type(find_bad(line, base, claimed)) is list, "a list of ids"
assert find_bad(line, base, claimed) == [2], "f(2) is 14, not 15"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(33)
for _t in (1, 3):
    _f = [_rng.randrange(r) for _ in range(_t)]
    _published = [G1.multiply(G1.generator, c) for c in _f]
    _H = G2.multiply(G2.generator, _rng.randrange(1, r))
    _ids = _rng.sample(range(1, 1000), 4)
    _value = {i: sum(c * pow(i, k, r) for k, c in enumerate(_f)) % r for i in _ids}
    _partial = {i: G2.multiply(_H, _value[i]) for i in _ids}
    assert find_bad(_published, _H, _partial) == [], "all are right"
    _partial[_ids[3]] = G2.negate(_partial[_ids[3]])
    _partial[_ids[1]] = G2.generator
    _got = find_bad(_published, _H, _partial)
    assert type(_got) is list and [type(i) for i in _got] == [int, int], "ids"
    assert sorted(_got) == sorted([_ids[1], _ids[3]]), "two are wrong"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Many places, one proof (open)
# Let I be the polynomial of least degree through all (z, p(z)), and Z the product of all X − z. The quotient (p − I)/Z, committed to, is *one* proof for all. Write `open_many(setup, coefficients, places)`, which returns `(ys, proof)`, and `verify_many(setup, C, places, ys, proof)`; the equation is `e(C − [I(τ)], G₂) = e(π, [Z(τ)]₂)`. `setup.g1` and `setup.g2` hold the powers. (The library's two are out of bounds.)
#
# `open_many` raises `ValueError` for repeated places and too many coefficients. `verify_many` returns `False` for repeated places, unequal lengths, numbers outside 0 … r − 1, and `len(places) >= len(setup.g2)`.
#
# <details><summary>Hint</summary><code>aicrypto.algebra.polynomials</code> has <code>evaluate</code>, <code>interpolate</code>, <code>vanishing</code> and <code>divide_by_linear</code>; their field is <code>BLS12_381_FR</code>.</details>


# %% exercise="ex03_4"
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


# %% test="ex03_4_open" points=2
practice = kzg.Setup.from_secret(kzg.BLS12_381, 12345, n_g1=8, n_g2=5)
cubes = [0, 0, 0, 1]
found_ys, found_proof = open_many(practice, cubes, [2, 5])
assert type(found_ys) is list and type(found_proof) is tuple, "values, and a point"
assert found_ys == [8, 125], "X³ at 2 and at 5"
assert found_proof == G1.multiply(G1.generator, 12345 + 7), "the quotient is X + 7"
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

# %% test="ex03_4_verify" points=2
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
# Three numbers to remember: a KZG commitment and each opening take **48 bytes**, whatever the degree; hashing needs no setup, but **148 columns** for 100 bits at rate 1/4; **one** honest participant makes a ceremony safe.
#
# Next, lesson 04 proves a sum of a trillion terms.

# %% [markdown]
# ## Further reading
# * Kate, Zaverucha, Goldberg, *Constant-Size Commitments to Polynomials* (2010), sections 1–3.
# * EIP-4844: the point evaluation precompile.
# * *Ligero* (2017; longer: eprint 2022/1608), section 4: the interleaved code.
# * Boneh, Drijvers, Neven, *Compact Multi-Signatures* (2018), section 1: rogue keys.
