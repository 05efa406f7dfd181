# %% [markdown]
# # 03 · Polynomial commitments
# *You will fix a polynomial in one point of a curve, open it anywhere with one more, forge an opening with a number that somebody should have forgotten, do it again with nothing but hashes, and let three of five witnesses sign as one — 80 minutes and exercises, any CPU, needs lessons 01 and 02.*

# %% [markdown]
# ## Why
# A Merkle root fixes a list, and an opening shows one entry. Proofs about computations ask more: *the value of the list's polynomial at a place that nobody chose*. Two different polynomials differ almost everywhere (lesson 01), so one random place compares whole tables.
#
# Ethereum has committed to data in this way since EIP-4844. A *blob* is 4,096 numbers of 32 bytes, 131,072 bytes in all; its commitment has **48 bytes** (a contract sees a hash of them), and checking the blob's value at any place costs 50,000 *gas*, the unit in which Ethereum charges work. Space and Time commits to the columns of its tables with a relative of this scheme, so that a client that holds a few points can check the answer to an SQL query. Without them the verifier would have to read everything.
#
# And who vouches that the *right* table was committed to? There, k of n registered witnesses sign the root, and the verifier checks k signatures. The last part of this lesson makes one signature of them.

# %% [markdown]
# ## Outcomes
# You can
# 1. commit to a polynomial with one point, open it anywhere with another, and verify with two pairings (**KZG**);
# 2. run a setup ceremony, check it, and forge where nobody was honest;
# 3. commit with hashes alone, and compute how many columns to open;
# 4. make three of five witnesses sign with one key, and say why every key needs a proof of possession.

# %% tags=["setup"]
import json
import math
import random
import re
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
from aicrypto.viz.openings import closest, draw_escapes, draw_secrets, draw_stretched

G1, G2, r = curve.G1, curve.G2, BLS12_381_FR.modulus
rng = random.Random(3)

# %% [markdown]
# ## Build
# ### Numbers in disguise
# An **elliptic curve** is a set of points that can be added: `P + Q` is again a point, `P − P` is a zero, and `5·P` is `P + P + P + P + P`. Ours, BLS12-381, has `r` points in the group that we use, `r` a prime of 255 bits, all of them multiples of one *generator* G. So `a ↦ a·G` disguises a number; we write `[a]` for it. Coming back, from `a·G` to `a`, is the **discrete logarithm** problem: for these sizes nobody knows a way. (How points are added: `aicrypto/algebra/curves/weierstrass.py`.)
#
# **Predict:** you get the points of a and b, but neither a nor b. Of which of a + b, 5·a and a·b can you make the point?
#
# <details><summary>Answer</summary>a + b by adding the points, 5·a by adding one to itself five times. Not a·b: points cannot be multiplied with each other.</details>
#
# (A *small* number can be found by trying, like the score in lesson 02. In the library zero, the point that changes nothing, is Python's `None`.)


# %%
def hide(a: int):
    """a·G, a point of the first group."""
    return G1.multiply(G1.generator, a % r)


three, four = hide(3), hide(4)
assert G1.add(three, four) == hide(7), "sums survive the disguise"
assert G1.multiply(three, 5) == hide(15), "and so do multiples by known numbers"


# %% [markdown]
# ### One multiplication, checked
# There is a second group with a generator of its own, G₂, and a **pairing** e that takes a point of each: `e(a·G, b·G₂) = e(G, G₂)^(a·b)`. So hidden numbers can be multiplied *once*, and only to compare: is `e(left) = e(right)`? The library answers whether a product of pairings is 1; the equation turns into that when one side is negated.


# %%
def hide2(a: int):
    """a·G₂, a point of the second group."""
    return G2.multiply(G2.generator, a % r)


def equal(left, right) -> bool:
    """Whether the pairings of two pairs (P, Q) are the same."""
    (p, q), (s, t) = left, right
    return curve.product_is_one([(p, q), (G1.negate(s), t)])


assert equal((three, hide2(4)), (hide(12), G2.generator)), "3·4 = 12·1"
rejects(equal, (three, hide2(4)), (hide(13), G2.generator), because="3·4 is not 13")

# %% [markdown]
# ### A polynomial at a place that nobody knows
# Let τ be a number that nobody knows, and let the disguises of its powers be public: `[1], [τ], [τ²], …`. Then anybody can disguise p(τ) for any polynomial p, because `[p(τ)] = c₀·[1] + c₁·[τ] + c₂·[τ²] + …` is sums and multiples. That point is the **commitment**.
#
# Only a polynomial with the same value at τ would fit as well. Two different ones of degree below n agree in fewer than n of r places, and where τ is, nobody knows.


# %%
def make_setup(tau: int, n: int):
    """The disguised powers of tau in the first group, and tau in the second."""
    return [hide(pow(tau, i, r)) for i in range(n)], hide2(tau)


tau = rng.randrange(2, r)  # for the moment, believe that we forget it
powers, tau_2 = make_setup(tau, 8)


def commit(coefficients: list[int]):
    """[p(τ)]; the coefficient of 1 stands first."""
    assert len(coefficients) <= len(powers), "the setup ends here"
    return G1.sum([G1.multiply(power, c) for power, c in zip(powers, coefficients)])


p = [5, 0, 3, 1]  # 5 + 3X² + X³
C = commit(p)
assert hide(5 + 3 * tau**2 + tau**3) == C, "the commitment hides the value at τ"


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
    return quotient[:0:-1], carry


def open_at(coefficients: list[int], z: int):
    """The value at z, and the proof of it."""
    quotient, y = divide(coefficients, z)
    return y, commit(quotient)


y, proof = open_at(p, 10)
assert y == 5 + 3 * 10**2 + 10**3, "division leaves the value"

# %% [markdown]
# The verifier checks q·(X − z) = p − y at the place τ, in disguise: `e(π, [τ − z]₂) = e(C − [y], G₂)`. Of the whole setup it needs one point.


# %%
def verify(C, z: int, y: int, proof) -> bool:
    tau_minus_z = G2.add(tau_2, G2.negate(hide2(z)))
    p_minus_y = G1.add(C, G1.negate(hide(y)))
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
#
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
    receipts.append((before, hide2(s), powers[1]))

# %% [markdown]
# A participant could publish points that are no powers of anything, or throw away everybody's work. Two checks, by anyone and afterwards. *Powers*: each point is τ times the one before. *Chain*: from τ = 1 on, each participant's τ is the one before times their s, and the last one is the setup's.


# %%
def are_powers(powers: list, tau_2) -> bool:
    steps = zip(powers, powers[1:])
    return powers[0] == hide(1) and all(equal((b, G2.generator), (a, tau_2)) for a, b in steps)


def is_chain(receipts: list, powers: list) -> bool:
    links = all(equal((after, G2.generator), (before, s_2)) for before, s_2, after in receipts)
    taus = [hide(1), *(after for _, _, after in receipts)]
    unbroken = [before for before, _, _ in receipts] == taus[:-1] and taus[-1] == powers[1]
    return links and unbroken and None not in taus  # None would be τ = 0


assert are_powers(powers, tau_2) and is_chain(receipts, powers), "an honest ceremony passes"
spoilt = [*powers[:4], three, *powers[5:]]
rejects(are_powers, spoilt, tau_2, because="a point is no power of τ")
rejects(is_chain, receipts, make_setup(5, 8)[0], because="this is Mallory's own setup")
rejects(is_chain, [receipts[0], receipts[2]], powers, because="Ben's work was thrown away")
wrong = [receipts[0], (receipts[1][0], hide2(9), receipts[1][2]), receipts[2]]
rejects(is_chain, wrong, powers, because="Ben's receipt shows another number")

# %% [markdown]
# (The library's receipts also prove that the participant *knows* s.) The polynomial is committed to anew, under the class's own setup:

# %%
C = commit(p)
y, proof = open_at(p, 10)
assert verify(C, 10, y, proof), "the ceremony's setup works like the first one"

# %% [markdown]
# ### Hashing instead of trust
# Now without any secret. Write the numbers as a matrix. Stretch every row with the Reed–Solomon code of lesson 01, so that two different rows differ in most places. Hash the *columns* into a Merkle tree (lesson 02): the root is the commitment. We use the complex numbers modulo p = 2⁶¹ − 1; the first axis of such a tensor holds real and imaginary parts.


# %%
ROWS, COLUMNS, PLACES = 8, 16, 64  # each row of 16 becomes 64 long: rate 1/4


def columns_of(matrix) -> list[bytes]:
    code = fourier.reed_solomon_encode(matrix, PLACES)
    return [m61x2.to_bytes(code[:, :, j]) for j in range(PLACES)]


matrix = m61x2.random((ROWS, COLUMNS), torch.Generator().manual_seed(3))
columns = columns_of(matrix)
root = merkle.root(columns)

# %% [markdown]
# **Figure 1.** What stretching is good for. A liar changes some of the 16 numbers of one row, as cleverly as can be. Move the slider: however many, at least 49 of 64 columns differ.

# %%
explore(draw_stretched, changed=(1, 16))

# %% [markdown]
# The matrix is the table of a multilinear polynomial. Folding it by the first three coordinates (lesson 01) *is* a weighted sum of the 8 rows; the weights are products of r or 1 − r, and `eq_table` lists them. So the value at a point is e · M · f, with weights e for the rows and f for the columns.
#
# The prover sends the weighted sum of the rows, **u = e · M**, and from it the verifier gets the value alone.


# %%
def weighted(weights, elements):
    """Sum of weight·element, over the last axis."""
    return m61x2.to_scalar(m61x2.dot(weights, elements))


def sum_rows(e, matrix):
    return m61x2.sum(m61x2.mul(matrix, e[:, :, None]), dim=-2)


point = [m61x2.to_scalar(m61x2.random((), torch.Generator().manual_seed(i))) for i in range(7)]
e, f = multilinear.eq_table(point[:3]), multilinear.eq_table(point[3:])
u = sum_rows(e, matrix)
value = multilinear.evaluate(matrix.flatten(1), point)
assert weighted(u, f) == value, "e·M·f is the polynomial's value"

# %% [markdown]
# Is u true? Stretching a sum of rows gives the sum of the stretched rows. So the verifier stretches u itself, picks some places, has these columns opened, and compares.


# %%
def check(root: bytes, e, u, places: list[int], opened: dict) -> bool:
    """Whether u is the weighted sum of the rows, as far as the columns at `places` tell."""
    stretched = fourier.reed_solomon_encode(u, PLACES)
    for j in places:
        column, path = opened[j]
        if not merkle.verify_inclusion(column, j, PLACES, path, root):
            return False
        if weighted(e, m61x2.from_bytes(column)) != m61x2.to_scalar(stretched[:, j]):
            return False
    return True


paths = {j: merkle.prove_inclusion(columns, j) for j in range(PLACES)}
honest = {j: (columns[j], paths[j]) for j in range(PLACES)}
places = rng.sample(range(PLACES), 6)  # drawn by the verifier, when u is fixed
assert check(root, e, u, places, honest), "an honest sum is accepted"
lie = m61x2.add(u, e[:, :1])
rejects(check, root, e, lie, places, honest, because="u was changed")

# %% [markdown]
# A liar could send a u of *another* matrix, with that matrix's columns. Only the paths to the root say no:

# %%
matrix_2 = m61x2.random((ROWS, COLUMNS), torch.Generator().manual_seed(4))
swapped = {j: (column, paths[j]) for j, column in enumerate(columns_of(matrix_2))}
u_2 = sum_rows(e, matrix_2)
assert check(merkle.root(columns_of(matrix_2)), e, u, [], {}), "without places nothing is checked"
rejects(check, root, e, u_2, places, swapped, because="these columns are not under the root")

# %% [markdown]
# This follows Ligero (2017), and the zkML of lesson 12 stands on it. The order is everything: root, then the point, then u, then the places. `aicrypto.commit.tensor` draws all of them from the transcript (lesson 04), and adds one more random sum where the prover may choose the point.
#
# ### Three of five
# Let five witnesses watch a table and sign its root, so that any three suffice and two do not. A **BLS signature** is a disguise again: hash the message, and a *tag* that names the purpose, to a point H of the second group *of which nobody knows the number*, and multiply it by the secret key. The key's public form is `[sk]`; everybody checks `e([sk], H) = e(G, sk·H)`.

# %%
message = b"table orders, root " + root
H = bls.hash_to_curve.hash_to_g2(message, bls.ETHEREUM.tag)


def signed(public_key, signature) -> bool:
    return equal((public_key, H), (G1.generator, signature))


sk = rng.randrange(1, r)
signature = G2.multiply(H, sk)
assert signed(hide(sk), signature), "the key's owner signed"
rejects(signed, hide(sk + 1), signature, because="another key")
assert curve.g2_to_bytes(signature) == bls.sign(sk.to_bytes(32, "big"), message), "the library's"


# %% [markdown]
# Now share sk. **Shamir:** take a random polynomial f of degree 2 with f(0) = sk and give witness i the number f(i). Three values fix a parabola, hence f(0); two say nothing at all about it (Figure 1). *Lagrange* computes f(0) as a sum: `f(0) = Σ λᵢ·f(i)` with λᵢ = ∏ j/(j − i) over the other two.
#
# Signatures are multiples of H, so the same sum works on *signatures*: nobody puts sk together again. (Here one dealer knew it; in the library's `joint_deal` nobody ever does.)


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
rejects(signed, hide(sk), join([1, 2]), because="two of five are not enough")

# %% [markdown]
# ## Check yourself
# Predict each number, then run the cell.

# %% tags=["nbval-check-output"]
print("a KZG proof, for 4 or 4 million coefficients:", len(curve.g1_to_bytes(proof)), "bytes")
print("the signature of 3 of 5, or 300 of 500:", len(curve.g2_to_bytes(signature)), "bytes")
columns_needed = math.ceil(100 / -math.log2((1 + 1 / 4) / 2))
print("columns for 100 bits, if 5/8 of them fit a lie:", columns_needed)
assert columns_needed == 148, "2^-100 is about 0.625^148"
assert at_zero(1, [1, 2, 3, 4]) == 4, "the coefficients of 1, 2, 3, 4 at zero: 4, -6, 4, -1"
tau_known = math.prod(secrets_of.values()) % r
assert hide(tau_known) == powers[1], "all participants together know τ"

# %% [markdown]
# ## See
# **Figure 2.** A toy of the shares, modulo 17: how many parabolas fit, for each secret they could mean. Move the slider: with two shares every secret is *equally* possible; the third decides.

# %%
explore(draw_secrets, shares_seen=(0, 5))

# %% [markdown]
# **Figure 3.** How many columns? The best that a liar can commit to is a row *half-way between two codewords*, to claim later whichever suits: it agrees with both where they agree (15 places of 64), and with each in half of the rest. We build one, between the codewords of 0 and of `closest(16)`, and count how often k random places all fit the claim 0.

# %%
other = fourier.reed_solomon_encode(m61x2.from_scalars(closest(COLUMNS)), PLACES)
row = other * (torch.arange(PLACES) % 2)  # even places as in the codeword of 0
fits = (row == 0).all(dim=0).tolist()
assert sum(fits) == 39, "15 common places and half of the other 49"
passed = {}
for k in range(1, 11):
    wins = sum(all(rng.choice(fits) for _ in range(k)) for _ in range(40_000))
    passed[k] = wins / 40_000
assert abs(passed[1] - 39 / 64) < 0.02, "39 places of 64 fit"
draw_escapes(passed)

# %% [markdown]
# For long codes the share tends to (1 + ¼)/2 = 0.625, the dotted line: 148 columns for 100 bits.

# %% [markdown]
# ## Break it
# ### Toxic waste
# All participants of our ceremony tell Mallory their secrets. Now she knows τ, and the verifier's equation can be solved for π: `π = (C − [y]) / (τ − z)`, for *every* y.
#
# **Predict:** can anybody tell the forged opening from an honest one?
#
# <details><summary>Answer</summary>Not by looking at it. Only a second, contradicting opening would give her away.</details>


# %%
def forge(C, z: int, y: int, tau: int):
    return G1.multiply(G1.add(C, G1.negate(hide(y))), pow(tau - z, -1, r))


fake = forge(C, 10, 1_000_000, tau_known)
assert verify(C, 10, 1_000_000, fake), "with τ known, everything can be opened to anything"

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
# A hundred openings cost a hundred checks, or one: add the equations up. Rewritten, an opening says `e(π, [τ]₂) = e(C − [y] + z·π, G₂)`: the second group's points are the same for all.


# %%
def verify_all(openings: list, weights: list[int]) -> bool:
    """Whether the weighted sum of the equations holds; an opening is (C, z, y, π)."""
    terms = [G1.sum([C, hide(-y), G1.multiply(pi, z)]) for C, z, y, pi in openings]
    left = [G1.multiply(pi, w) for w, (_, _, _, pi) in zip(weights, openings)]
    right = [G1.multiply(term, w) for w, term in zip(weights, terms)]
    return equal((G1.sum(left), tau_2), (G1.sum(right), G2.generator))


q = [7, 7, 0, 2]
D = commit(q)
y_q, proof_q = open_at(q, 20)
honest = [(C, 10, y, proof), (D, 20, y_q, proof_q)]
assert verify_all(honest, [1, 1]), "both openings at once"

# %% [markdown]
# **Predict:** the liar may change both values. Which changes survive plain adding?
#
# <details><summary>Answer</summary>Any two that cancel: y + 1 here, y − 1 there.</details>

# %%
cancelling = [(C, 10, y + 1, proof), (D, 20, y_q - 1, proof_q)]
assert verify_all(cancelling, [1, 1]), "two lies, accepted together"
weights = [rng.getrandbits(128) for _ in range(2)]  # drawn after the openings are fixed
assert verify_all(honest, weights), "random weights do not disturb honest openings"
rejects(verify_all, cancelling, weights, because="the errors have different weights")

# %% [markdown]
# ### A key that cancels another
# When many sign *one* message, their signatures can be added up and checked under the sum of their keys. Mallory publishes as "her key" the point `[m] − (Ann's key)`, whose number she does not know. The sum of both keys is `[m]`, and for that she can sign alone.

# %%
ann, m = rng.randrange(1, r), rng.randrange(1, r)
ann_key = hide(ann)
rogue_key = G1.add(hide(m), G1.negate(ann_key))
keys = [curve.g1_to_bytes(ann_key), curve.g1_to_bytes(rogue_key)]
alone = bls.sign(m.to_bytes(32, "big"), b"Ann and Mallory agree")
assert bls.fast_aggregate_verify(keys, b"Ann and Mallory agree", alone), "Ann has never seen this"

# %% [markdown]
# So nobody may register a key without a **proof of possession**: a signature over the key itself, under another tag. Ann can make one. Mallory can sign with m, but that is not the number of her key.

# %%
ann_proof = bls.pop_prove(ann.to_bytes(32, "big"))
assert bls.pop_verify(keys[0], ann_proof), "Ann possesses her key"
her_best = bls.pop_prove(m.to_bytes(32, "big"))
rejects(bls.pop_verify, keys[1], her_best, because="nobody knows the rogue key's number")

# %% [markdown]
# ## Real system
# Ethereum's test cases for EIP-4844 open blobs under *its* ceremony; our `verify` needs one point of it. All arrives as bytes. Refused must be points off the curve, numbers from r on, and points *beside the group*: the curve has more points than our r. One, (0, 2), has pairing 1 with everything; added to a proof, it would give one truth two encodings.

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
theirs = [
    case["id"] for case in verdicts if re.match("verify_(correct|incorrect|invalid)_", case["id"])
]
print(len(verdicts), "verdicts are ours, too;", len(theirs), "of them Ethereum's own test cases")
good = next(case["in"] for case in verdicts if case["out"]["valid"])
alias = "0x" + (int(good["y"], 16) + r).to_bytes(32, "big").hex()
rejects(verify_bytes, {**good, "y": alias}, because="y + r is another name for y")
odd = curve.g1_to_bytes(G1.add(curve.g1_from_bytes(unhex(good["proof"])), (0, 2)))
rejects(verify_bytes, {**good, "proof": "0x" + odd.hex()}, because="beside the group")

# %% [markdown]
# The other way round: our commitments and openings under Ethereum's points, as a second program made them for this suite.

# %% tags=["nbval-check-output"]
made = 0
for case in suite:
    given, expected = case["in"], case["out"]
    if given["op"] == "commit" and "error" not in expected:
        assert curve.g1_to_bytes(commit(given["coefficients"])) == unhex(expected["commitment"])
    elif given["op"] == "open" and "error" not in expected:
        y, proof = open_at(given["coefficients"], given["z"])
        assert (y, curve.g1_to_bytes(proof)) == (expected["y"], unhex(expected["proof"]))
    else:
        continue
    made += 1
print(made, "commitments and openings")

# %% [markdown]
# ### What each costs
# The time to commit to 1,024 numbers, on this machine:

# %% tags=["nbval-ignore-output"]
big, numbers = deployed.ethereum(n_g1=1024), [rng.randrange(2**60) for _ in range(1024)]
shape = ligero.Shape(rows=8, columns=64, inv_rate=4)
start = time.perf_counter()
kzg.commit(big, numbers)
middle = time.perf_counter()
ligero.commit(torch.tensor(numbers), shape)
end = time.perf_counter()
print(f"KZG {1000 * (middle - start):.0f} ms, hashing {1000 * (end - middle):.1f} ms")

# %% [markdown]
# | | KZG | hashing (Ligero) |
# |-|-|-|
# | commitment | 48 bytes | 32 bytes |
# | opening 1 value of 1,024 | 48 bytes | 20,000 bytes (the list itself: 8,192; it pays from about 8,000 numbers on) |
# | on Ethereum | 50,000 gas (EIP-4844's precompiled contract) | 40 gas a byte of input alone (EIP-7623): 0.8 million |
# | you must believe | that one participant forgot their secret; that `[1/(τ − z)]` cannot be made from `[1], [τ], …` | that SHA-256 has no collisions that anybody finds, and draws places that nobody can predict |
#

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks below it. Worked notebooks: `./course solutions`. Numbers are modulo `r`; polynomials are lists, the coefficient of 1 first. Two functions of the lesson, once more, so that the exercises run without it:


# %%
def hide(a: int):
    return G1.multiply(G1.generator, a % r)


def equal(left, right) -> bool:
    (p, q), (s, t) = left, right
    return curve.product_is_one([(p, q), (G1.negate(s), t)])


# %% [markdown]
# ### ★ One proof for many polynomials (10 min)
# A verifier wants the values of *several* committed polynomials at *one* place z. Instead of a proof each, it sends a random γ *after the values are fixed*, and the prover opens the single polynomial `p₀ + γ·p₁ + γ²·p₂ + …`. Write `fold(polynomials, gamma)`, its coefficients (as many as the longest has), and `fold_points(commitments, gamma)`, the commitment to it, computed from the commitments alone.
#
# <details><summary>Hint</summary>Both are the same sum: once over numbers modulo r, coefficient by coefficient, once over points with <code>G1.sum</code> and <code>G1.multiply</code>. Shorter polynomials count as padded with zeros.</details>


# %% exercise="ex03_1"
def fold(polynomials: list[list[int]], gamma: int) -> list[int]:
    """The coefficients of the sum of gamma^k·polynomials[k]. About 5 lines."""
    ### BEGIN SOLUTION
    total = [0] * max(map(len, polynomials))
    for k, polynomial in enumerate(polynomials):
        for i, c in enumerate(polynomial):
            total[i] = (total[i] + pow(gamma, k, r) * c) % r
    return total
    ### END SOLUTION


def fold_points(commitments: list, gamma: int):
    """The sum of gamma^k·commitments[k], a point of G1. About 2 lines."""
    ### BEGIN SOLUTION
    return G1.sum([G1.multiply(C, pow(gamma, k, r)) for k, C in enumerate(commitments)])
    ### END SOLUTION


# %% test="ex03_1_numbers" points=1
folded = fold([[1, 2], [3, 4, 5]], 10)
assert type(folded) is list and all(type(c) is int for c in folded), "a list of integers"
assert folded == [31, 42, 50], "1 + 10·3, 2 + 10·4, 10·5"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(31)
for _ in range(10):
    _many = [[_rng.randrange(r) for _ in range(_rng.randrange(1, 6))] for _ in range(4)]
    _gamma = _rng.randrange(r)
    _width = max(map(len, _many))
    _padded = [_p + [0] * (_width - len(_p)) for _p in _many]
    _want = [sum(pow(_gamma, k, r) * c for k, c in enumerate(col)) % r for col in zip(*_padded)]
    _got = fold(_many, _gamma)
    assert type(_got) is list and all(type(c) is int for c in _got), "a list of integers"
    assert _got == _want, "powers of gamma, coefficient by coefficient, modulo r"
### END HIDDEN TESTS

# %% test="ex03_1_points" points=1
seven = fold_points([hide(1), hide(2)], 3)
assert type(seven) is tuple and len(seven) == 2, "a point is a pair of coordinates"
assert G1.contains(seven) and seven[0] == hide(7)[0] and seven[1] == hide(7)[1], "1 + 3·2"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(32)
for _n in (1, 2, 5):
    _hidden = [_rng.randrange(r) for _ in range(_n)]
    _gamma = _rng.randrange(r)
    _want = hide(sum(pow(_gamma, k, r) * h for k, h in enumerate(_hidden)))
    _got = fold_points([hide(h) for h in _hidden], _gamma)
    assert type(_got) is tuple and [type(c) for c in _got] == [int, int], "a point"
    assert _got == _want, "the same sum, in disguise"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ A lost share, and new shares for all (30 min)
# Witness 4 of a 3-of-5 group has lost their share. Three others compute f(4), by Lagrange *at 4* instead of at 0. (Whoever collects three shares could compute f(0) as well; real repair protocols mask them.) Write `share_at(shares, x)`: given `{id: share}` of enough witnesses, the value f(x) modulo r.
#
# Then a thief may have one share. `refresh(shares, noise)` gives everybody a new share of the *same* secret, so that old and new ones do not fit together: add to each the value of a random polynomial that is zero at zero. `noise` holds its coefficients from X on: `[a, b]` means a·X + b·X².
#
# <details><summary>Hint 1</summary>λᵢ(x) = ∏ (x − j)/(i − j) over the other ids j; division modulo r is <code>pow(…, -1, r)</code>.</details>
# <details><summary>Hint 2</summary>The value of the noise at i is a·i + b·i² + …, modulo r. Return a new dictionary.</details>


# %% exercise="ex03_2"
def share_at(shares: dict[int, int], x: int) -> int:
    """f(x) from the shares {i: f(i)}. About 8 lines."""
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


def refresh(shares: dict[int, int], noise: list[int]) -> dict[int, int]:
    """New shares of the same secret. About 4 lines."""
    ### BEGIN SOLUTION
    added = {i: sum(c * i ** (k + 1) for k, c in enumerate(noise)) for i in shares}
    return {i: (share + added[i]) % r for i, share in shares.items()}
    ### END SOLUTION


# %% test="ex03_2_share" points=2
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

# %% test="ex03_2_refresh" points=2
old = {1: 12, 2: 14, 3: 16}
new = refresh(old, [7])
assert type(new) is dict and all(type(share) is int for share in new.values()), "new shares"
assert new == {1: 19, 2: 28, 3: 37}, "7·1, 7·2, 7·3 were added"
assert old == {1: 12, 2: 14, 3: 16}, "the argument stays as it was"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(34)
for _t in (2, 3, 4):
    _f = [_rng.randrange(r) for _ in range(_t)]
    _noise = [_rng.randrange(r) for _ in range(_t - 1)]
    _sum = [_f[0], *(a + b for a, b in zip(_f[1:], _noise))]
    _old = {i: sum(c * i**k for k, c in enumerate(_f)) % r for i in range(1, 6)}
    _want = {i: sum(c * i**k for k, c in enumerate(_sum)) % r for i in range(1, 6)}
    _got = refresh(_old, _noise)
    assert type(_got) is dict and all(type(v) is int for v in _got.values()), "numbers"
    assert _got == _want, "the same secret, other shares, modulo r"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Many places, one proof (open)
# A verifier wants p at several places at once. Let I be the polynomial of least degree through all pairs (z, p(z)), and Z the product of all X − z. Z divides p − I; the commitment to the quotient is the *one* proof. Design `open_many(setup, coefficients, places)`, which returns `(ys, proof)`, and `verify_many(setup, C, places, ys, proof)`, which returns exactly `True` or `False`; the equation is `e(C − [I(τ)], G₂) = e(π, [Z(τ)]₂)`. The setup holds powers in both groups: `setup.g1`, `setup.g2`. Repeated places: `open_many` raises `ValueError`, `verify_many` says `False`. More places than Z has powers for in `setup.g2`: `False`. (Open end: several polynomials, each at its own places, in one proof.)
#
# <details><summary>Hint</summary><code>polynomials.interpolate(FR, xs, ys)</code>, <code>polynomials.vanishing(FR, xs)</code> and <code>polynomials.evaluate(FR, coefficients, x)</code> of <code>aicrypto.algebra</code> do the algebra, with <code>FR = BLS12_381_FR</code>; dividing by Z is dividing by each X − z in turn with <code>polynomials.divide_by_linear</code>.</details>


# %% exercise="ex03_3"
def open_many(setup, coefficients: list[int], places: list[int]):
    """The values at all places and one proof of them, a point. About 8 lines."""
    ### BEGIN SOLUTION
    from aicrypto.algebra import polynomials

    ys = [polynomials.evaluate(BLS12_381_FR, coefficients, z) for z in places]
    polynomials.interpolate(BLS12_381_FR, places, ys)  # refuses repeated places
    quotient = coefficients
    for z in places:  # the remainders make up I
        quotient, _ = polynomials.divide_by_linear(BLS12_381_FR, quotient, z)
    return ys, G1.sum([G1.multiply(g, c) for g, c in zip(setup.g1, quotient)])
    ### END SOLUTION


def verify_many(setup, C, places: list[int], ys: list[int], proof) -> bool:
    """Whether the proof shows p(places[k]) = ys[k] for all k. About 10 lines."""
    ### BEGIN SOLUTION
    from aicrypto.algebra import polynomials

    repeated = len(set(places)) < len(places) or len(ys) != len(places)
    if repeated or not len(places) < len(setup.g2):
        return False
    through = polynomials.interpolate(BLS12_381_FR, places, ys)
    zero = polynomials.vanishing(BLS12_381_FR, places)
    remainder = G1.sum([G1.multiply(g, c) for g, c in zip(setup.g1, through)])
    Z = G2.sum([G2.multiply(g, c) for g, c in zip(setup.g2, zero)])
    return equal((G1.add(C, G1.negate(remainder)), G2.generator), (proof, Z))
    ### END SOLUTION


# %% test="ex03_3_open" points=2
practice = kzg.Setup.from_secret(kzg.BLS12_381, 12345, n_g1=8, n_g2=5)
cubes = [0, 0, 0, 1]
found_ys, found_proof = open_many(practice, cubes, [2, 5])
assert type(found_ys) is list and all(type(v) is int for v in found_ys), "values are integers"
assert found_ys == [8, 125], "X³ at 2 and at 5"
assert type(found_proof) is tuple and found_proof[0] == hide(12345 + 7)[0], "quotient is X + 7"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(35)
for _n in (1, 2, 4):
    _p = [_rng.randrange(r) for _ in range(8)]
    _places = _rng.sample(range(r - 2**40, r), _n)
    _ys, _proof = open_many(practice, _p, _places)
    _want_ys, _want_proof = kzg.open_many(practice, _p, _places)
    assert type(_ys) is list and [type(v) for v in _ys] == [int] * _n, "integers"
    assert _ys == list(_want_ys), "the values"
    assert type(_proof) is type(_want_proof) and _proof == _want_proof, "the one proof"
try:
    open_many(practice, [1, 2, 3], [4, 4])
except ValueError:
    pass
else:
    raise AssertionError("a place repeats: ValueError")
### END HIDDEN TESTS

# %% test="ex03_3_verify" points=2
squares = G1.multiply(G1.generator, 12345**2)  # the commitment to X²
seen = verify_many(practice, squares, [3, 4], [9, 16], G1.generator)
assert seen is True, "X² at 3 and 4: the quotient is 1"
assert verify_many(practice, squares, [3, 4], [9, 17], G1.generator) is False, "4² is not 17"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(36)
for _n in (1, 3, 4):
    _p = [_rng.randrange(r) for _ in range(8)]
    _places = _rng.sample(range(1000), _n)
    _C = kzg.commit(practice, _p)
    _ys, _proof = kzg.open_many(practice, _p, _places)
    _ys = list(_ys)
    assert verify_many(practice, _C, _places, _ys, _proof) is True, "an honest proof"
    _wrong = [(_ys[0] + 1) % r, *_ys[1:]]
    assert verify_many(practice, _C, _places, _wrong, _proof) is False, "another value"
    _other = [1000, *_places[1:]]
    assert verify_many(practice, _C, _other, _ys, _proof) is False, "another place"
    assert verify_many(practice, G1.generator, _places, _ys, _proof) is False, "another C"
    assert verify_many(practice, _C, _places, _ys, G1.generator) is False, "another proof"
assert verify_many(practice, _C, [3, 3], [1, 1], G1.generator) is False, "a place repeats"
assert verify_many(practice, _C, [3, 4], [1], G1.generator) is False, "a value is missing"
from aicrypto.algebra import polynomials as _polynomials

_zero = _polynomials.vanishing(BLS12_381_FR, list(range(5)))
_cut = sum(c * pow(12345, k, r) for k, c in enumerate(_zero[:5])) % r
_trick = hide(pow(_cut, -1, r) * 12345**5)  # fits where the sixth power is left out
_verdict = verify_many(practice, hide(12345**5), list(range(5)), [0] * 5, _trick)
assert _verdict is False, "five places need a sixth power in the second group"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: a KZG commitment and each of its openings take **48 bytes**, whatever the degree; hashing needs no setup, but must open **148 columns** for 100 bits at rate 1/4; **one** honest participant makes a ceremony safe, however many conspire.
#
# KZG moves trust to a ceremony, hashing moves bytes into the proof. Next, lesson 04 lets a prover convince us of a sum of a trillion terms; lesson 05 builds a SNARK on the pairing.

# %% [markdown]
# ## Further reading
# * Kate, Zaverucha, Goldberg, *Constant-Size Commitments to Polynomials* (2010): sections 1 to 3.
# * EIP-4844: the point evaluation precompile, and why it returns two numbers.
# * *Ligero* (2017; longer version: eprint 2022/1608): section 4, the interleaved code.
# * Boneh, Drijvers, Neven, *Compact Multi-Signatures* (2018): section 1, on rogue keys.
# * RFC 9380: section 3, how a message becomes a point of which nobody knows the number.
