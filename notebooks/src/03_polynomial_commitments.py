# %% [markdown]
# # 03 · Polynomial commitments
# *You will fix a polynomial of any degree in one point of a curve, open it anywhere with one more, forge an opening with a number that somebody forgot to forget, do it all again with nothing but hashes, and let three of five witnesses sign as one — 80 minutes and exercises, any CPU, needs lessons 01 and 02.*

# %% [markdown]
# ## Why
# A Merkle root fixes a list, and an opening shows one entry of it. Proofs about computations ask more: *the value of the list's polynomial at a place that nobody chose*. Lesson 01 showed why: two different polynomials differ almost everywhere, so one random place compares whole tables.
#
# Ethereum has committed to data in this way since EIP-4844. A *blob* is 4,096 numbers of 32 bytes, 131,072 bytes in all; the chain keeps a commitment of **48 bytes**, and a contract can check the blob's value at any place for 50,000 *gas* (the unit in which Ethereum charges work). Space and Time commits to the columns of its tables with a relative of this scheme, so that a client that holds a few such points can check the answer to an SQL query. Without them the verifier would have to read everything that it verifies.

# %% [markdown]
# ## Outcomes
# You can
# 1. commit to a polynomial with one point, open it anywhere with another, and verify with two pairings (**KZG**);
# 2. run a setup ceremony and check it, and say what one honest participant changes;
# 3. commit with hashes alone, and choose how many columns to open;
# 4. make three of five witnesses sign with one key, and say why every key needs a proof of possession.

# %% tags=["setup"]
import json
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
from aicrypto.viz.openings import draw_escapes, draw_proof_bytes, draw_secrets

G1, G2, r = curve.G1, curve.G2, BLS12_381_FR.modulus
rng = random.Random(3)

# %% [markdown]
# ## Build
# ### Numbers in disguise
# An **elliptic curve** is a set of points that can be added: `P + Q` is again a point, `P − P` is a zero, and `5·P` is `P + P + P + P + P`. Ours, BLS12-381, has `r` points in the group that we use, `r` a prime of 255 bits, all of them multiples of one *generator* G. So `a ↦ a·G` disguises a number. Coming back, from `a·G` to `a`, is the **discrete logarithm** problem: for these sizes nobody knows a way. (How points are added is in `aicrypto/algebra/curves/weierstrass.py`; the lesson only uses that it works.)
#
# **Predict:** you get the disguises of 3 and of 4. Which of 7, 15 and 12 can you disguise without undoing the disguise?
#
# <details><summary>Answer</summary>7 = 3 + 4 by adding the points, 15 = 5·3 by adding one to itself five times. Not 12 = 3·4: points cannot be multiplied with each other. (Knowing the two numbers is not allowed.)</details>


# %%
def hide(a: int):
    """a·G, a point of the first group."""
    return G1.multiply(G1.generator, a % r)


three, four = hide(3), hide(4)
assert G1.add(three, four) == hide(7), "sums survive the disguise"
assert G1.multiply(three, 5) == hide(15), "and so do multiples by known numbers"
print(len(curve.g1_to_bytes(three)), "bytes a point")


# %% [markdown]
# ### One multiplication, checked
# There is a second group with a generator of its own, G₂, and a **pairing** e that takes a point of each: `e(a·G, b·G₂) = e(G, G₂)^(a·b)`. Its value lives in a third group, where nobody can continue. So hidden numbers can be multiplied *once*, and only to compare: is `e(left) = e(right)`? The library answers one question, whether a product of pairings is 1; the equation turns into it when one side is negated.


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
# Let τ be a number that nobody knows, and let the disguises of its powers be public: `[1], [τ], [τ²], …` (square brackets mean "times G"). Then anybody can disguise p(τ) for any polynomial p, because `[p(τ)] = c₀·[1] + c₁·[τ] + c₂·[τ²] + …` is sums and multiples. That point is the **commitment**.
#
# The polynomial could only be changed to another with the same value at τ. Two different ones of degree below n agree in fewer than n of r places (lesson 01), and where τ is, nobody knows.


# %%
def make_setup(tau: int, n: int):
    """The disguised powers of tau in the first group, and tau in the second."""
    return [hide(pow(tau, i, r)) for i in range(n)], hide2(tau)


tau = rng.randrange(2, r)  # for the moment, believe that we forget it
powers, tau_2 = make_setup(tau, 8)


def commit(coefficients: list[int]):
    """[p(τ)]; the coefficient of 1 stands first."""
    return G1.sum([G1.multiply(power, c) for power, c in zip(powers, coefficients)])


p = [5, 0, 3, 1]  # 5 + 3X² + X³
C = commit(p)
assert C == hide(5 + 3 * tau**2 + tau**3), "the commitment hides the value at τ"
print("committed:", curve.g1_to_bytes(C).hex()[:24], "…")


# %% [markdown]
# ### Opening at any place
# We claim p(z) = y. That is so exactly if X − z divides p(X) − y. So the proof is the *quotient*, committed to: π = [q(τ)]. School division by X − z, from the top coefficient down, gives the quotient and leaves the value y as remainder:


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
# The verifier checks q·(X − z) = p − y at the place τ, in disguise: `e(π, [τ − z]₂) = e(C − [y], G₂)`. It needs the commitment, the claim, the proof, and of the whole setup one point.


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
# **Predict:** p gets a million coefficients. How do commitment, proof and the verifier's work grow?
#
# <details><summary>Answer</summary>Not at all: one point, one point, two pairings. Only the prover's work and the setup grow. No hash tree does that.</details>
#
# The library computes the same, with bytes at its doors, and the sums in a smarter way (Pippenger's, fifty times faster at 4,096 coefficients):

# %%
setup = kzg.Setup.from_secret(kzg.BLS12_381, tau, n_g1=8)
assert kzg.commit(setup, p) == C, "the library's commitment is ours"
assert kzg.open_at(setup, p, 10) == (y, proof), "and so is its opening"


# %% [markdown]
# ### A ceremony
# Who picks τ? Whoever knows it can forge, as we will see, so *nobody* may. The trick: a setup for τ becomes one for s·τ by multiplying its i-th power by sⁱ, without knowing τ. Each participant does this with a secret s and forgets it. In the end the secret is the product of all; **one honest forgetter is enough**.


# %%
def contribute(powers: list, tau_2, s: int):
    """The setup for s·τ, from that for τ."""
    raised = [G1.multiply(point, pow(s, i, r)) for i, point in enumerate(powers)]
    return raised, G2.multiply(tau_2, s)


secrets_of = {name: rng.randrange(2, r) for name in ("Ann", "Ben", "Mallory")}
powers, tau_2 = make_setup(1, 8)  # the start: everybody knows τ = 1
receipts = []
for name, s in secrets_of.items():
    before = powers[1]
    powers, tau_2 = contribute(powers, tau_2, s)
    receipts.append((before, hide2(s), powers[1]))

# %% [markdown]
# A participant could cheat: publish points that are no powers of anything, or replace everybody's work by their own. Two checks, by anyone and afterwards. *Powers*: each point is τ times the one before. *Chain*: each participant's τ is the one before times their s.


# %%
def are_powers(powers: list, tau_2) -> bool:
    steps = zip(powers, powers[1:])
    return all(equal((b, G2.generator), (a, tau_2)) for a, b in steps)


def is_chain(receipts: list) -> bool:
    links = all(equal((after, G2.generator), (before, s_2)) for before, s_2, after in receipts)
    unbroken = all(a[2] == b[0] for a, b in zip(receipts, receipts[1:]))
    return links and unbroken and receipts[0][0] == G1.generator


assert are_powers(powers, tau_2) and is_chain(receipts), "an honest ceremony passes"
rejects(are_powers, [*powers[:7], three], tau_2, because="the last point is no power of τ")
rejects(is_chain, receipts[1:], because="Ann's work was thrown away")
C = commit(p)  # the same polynomial, under the class's own setup
y, proof = open_at(p, 10)
assert verify(C, 10, y, proof), "the ceremony's setup works like the first one"

# %% [markdown]
# In the library a receipt also proves that the participant *knows* s (else it could be copied from another), and all powers are checked by one random combination in two pairings instead of 2·(n − 1).
#
# ### Hashing instead of trust
# There is a way without any secret. Write the numbers as a matrix. Stretch every row with the Reed–Solomon code of lesson 01, so that two different rows differ in most places. Hash the *columns* into a Merkle tree (lesson 02): the root is the commitment. We use the complex numbers modulo p = 2⁶¹ − 1.


# %%
ROWS, COLUMNS, PLACES = 8, 16, 64  # each row of 16 becomes 64 long: rate 1/4
matrix = m61x2.random((ROWS, COLUMNS), torch.Generator().manual_seed(3))
code = fourier.reed_solomon_encode(matrix, PLACES)
columns = [m61x2.to_bytes(code[:, :, j]) for j in range(PLACES)]
root = merkle.root(columns)
print(f"{ROWS * COLUMNS} numbers, {len(root)} bytes; a column has {len(columns[0])}")

# %% [markdown]
# The matrix is the table of a multilinear polynomial, and its value at a point is `e · M · f`: a combination of the rows, then of the columns. e and f are the `eq_table`s of the point's two halves. The prover sends **u = e · M**, one row long. From it the verifier gets the value alone.
#
# Is u true? *The code is linear*: the stretched u must be, in every place, the combination of the stretched rows. So the verifier stretches u itself, picks a few places, has these columns opened, and compares.


# %%
def combine(coefficients, elements):
    """Sum of coefficient·element, over the last axis."""
    return m61x2.to_scalar(m61x2.dot(coefficients, elements))


point = [m61x2.to_scalar(m61x2.random((), torch.Generator().manual_seed(i))) for i in range(7)]
e, f = multilinear.eq_table(point[:3]), multilinear.eq_table(point[3:])
u = m61x2.sum(m61x2.mul(matrix, e[:, :, None]), dim=-2)
value = combine(u, f)
assert value == multilinear.evaluate(matrix.flatten(1), point), "e·M·f is the polynomial's value"


# %%
def check(root: bytes, e, u, opened: dict) -> bool:
    """Whether u combines the rows under the root, as far as the opened columns tell."""
    stretched = fourier.reed_solomon_encode(u, PLACES)
    for j, (column, path) in opened.items():
        if not merkle.verify_inclusion(column, j, PLACES, path, root):
            return False
        if combine(e, m61x2.from_bytes(column)) != m61x2.to_scalar(stretched[:, j]):
            return False
    return True


def look_up(places) -> dict:
    return {j: (columns[j], merkle.prove_inclusion(columns, j)) for j in places}


places = rng.sample(range(PLACES), 6)  # the verifier's choice, made after u is fixed
assert check(root, e, u, look_up(places)), "an honest combination is accepted"
lie = m61x2.add(u, m61x2.mul(u, e[:, :1]))
rejects(check, root, e, lie, look_up(places), because="u was changed")
forged = {j: (columns[0], path) for j, (_, path) in look_up(places).items()}
rejects(check, root, e, u, forged, because="column 0 stands in another place")

# %% [markdown]
# This is Ligero's scheme (2022), and our zkML of lesson 12 stands on it. `aicrypto.commit.tensor` packs two integers into each complex number, draws the places from the transcript, and says from *proven* theorems how many columns are enough (`tensor.soundness`).
#
# ### Three of five
# A commitment says nothing about who vouches for it. Let five witnesses watch a table and sign its root, so that any three suffice and two do not. A **BLS signature** is a disguise again: hash the message to a point H of the second group *of which nobody knows the number*, and multiply it by the secret key. The key's public form is `[sk]`; everybody checks `e([sk], H) = e(G, sk·H)`.

# %%
message = b"table orders, root " + root
H = bls.hash_to_curve.hash_to_g2(message, bls.ETHEREUM.tag)


def signed(public_key, signature) -> bool:
    return equal((public_key, H), (G1.generator, signature))


sk = rng.randrange(1, r)
signature = G2.multiply(H, sk)
assert signed(hide(sk), signature), "the key's owner signed"
rejects(signed, hide(sk + 1), signature, because="another key")
assert curve.g2_to_bytes(signature) == bls.sign(sk.to_bytes(32, "big"), message), "Ethereum's own"


# %% [markdown]
# Now share sk. **Shamir:** take a random polynomial f of degree 2 with f(0) = sk and give witness i the number f(i). Three values fix a parabola, hence f(0); two say nothing at all about it (Figure 1). *Lagrange* computes f(0) as a sum: `f(0) = Σ λᵢ·f(i)` with λᵢ = ∏ j/(j − i) over the other two.
#
# Signatures are multiples of H, so the same sum works on *signatures*: nobody ever holds sk.


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
rejects(signed, hide(sk), join([1, 2]), because="two of five are not enough")

# %% [markdown]
# ## Check yourself
# Predict each number, then run the cell.

# %% tags=["nbval-check-output"]
print("a KZG proof, for 4 or 4 million coefficients:", len(curve.g1_to_bytes(proof)), "bytes")
print("the signature of 3 of 5, or 300 of 500:", len(curve.g2_to_bytes(signature)), "bytes")
print("numbers in u for a matrix of 1,024 × 1,024:", 1024)
assert at_zero(1, [1, 2, 3]) == 3, "the coefficients of 1, 2, 3 at zero are 3, -3, 1"

# %% [markdown]
# ## See
# **Figure 1.** A toy of the shares, modulo 17: how many parabolas fit, for each secret they could mean. Move the slider: with two shares every secret is *equally* possible; the third decides.

# %%
explore(draw_secrets, shares_seen=(0, 5))

# %% [markdown]
# **Figure 2.** How many columns must be opened? The strongest liar commits to a row that lies *half-way between two codewords*, and later claims whichever suits. Here is one: the codewords of 0 and of a polynomial with 15 zeros among our places. Where they differ, the row follows each in turn.

# %%
omega = m61x2.root_of_unity(6)  # of order 64
zeros = [Fp2(1)]
for j in range(COLUMNS - 1):  # times X - ω^j
    zeros = [a - omega**j * b for a, b in zip([Fp2(0), *zeros], [*zeros, Fp2(0)])]
other = fourier.reed_solomon_encode(m61x2.from_scalars(zeros), PLACES)
row = other * (torch.arange(PLACES) % 2)  # even places as in the codeword of 0
fits = (row == 0).all(dim=0).tolist()
print(sum(fits), "of", PLACES, "places fit the claim 0")

# %% [markdown]
# The verifier draws k places; the lie passes if all of them fit. We count, and compare with the bound (1 + ¼)/2 = 0.625 a place.

# %%
passed = {}
for k in range(1, 11):
    wins = sum(all(rng.choice(fits) for _ in range(k)) for _ in range(40_000))
    passed[k] = wins / 40_000
assert abs(passed[1] - 0.625) < 0.02, "five places in eight fit"
draw_escapes(passed)

# %% [markdown]
# 100 bits of security, a chance of 2⁻¹⁰⁰, take 148 columns at this rate. **Figure 3** shows what that means in bytes.

# %%
def hashed_bytes(n: int, opened: int = 148) -> int:
    """The row u, the opened columns and their paths, for the best number of columns."""
    shapes = [(n >> k, 1 << k) for k in range(n.bit_length())]
    return min(16 * c + opened * (16 * rows + 32 * (c.bit_length() + 1)) for rows, c in shapes)


sizes = [2**k for k in range(8, 27, 2)]
assert hashed_bytes(2**26) < 2**26 * 16 / 100, "far less than everything"
bytes_of = {
    "KZG (one point)": [48] * len(sizes),
    "hashing, 100 bits": [hashed_bytes(n) for n in sizes],
    "everything": [16 * n for n in sizes],
}
draw_proof_bytes(sizes, bytes_of)

# %% [markdown]
# ## Break it
# ### Toxic waste
# All three participants of our ceremony were friends of Mallory and tell her their secrets. Now she knows τ, and the verifier's equation is a plain equation for π: `π = (C − [y]) / (τ − z)`. It works for *every* y.
#
# **Predict:** can anybody tell the forged opening from an honest one?
#
# <details><summary>Answer</summary>Not by looking at it. Any (C, z, y, π) that satisfies the equation is accepted; only a second, contradicting opening would give her away.</details>

# %%
product = 1
for s in secrets_of.values():
    product = product * s % r


def forge(C, z: int, y: int, tau: int):
    return G1.multiply(G1.add(C, G1.negate(hide(y))), pow(tau - z, -1, r))


fake = forge(C, 10, 1_000_000, product)
assert verify(C, 10, 1_000_000, fake), "with τ known, everything can be opened to anything"

# %% [markdown]
# One more participant, Dua, adds her secret and forgets it. What Mallory knows is worthless from then on.

# %%
powers, tau_2 = contribute(powers, tau_2, rng.randrange(2, r))  # nobody kept this number
C = commit(p)
y, proof = open_at(p, 10)
assert verify(C, 10, y, proof), "honest openings still work"
rejects(verify, C, 10, 1_000_000, forge(C, 10, 1_000_000, product), because="this τ is not hers")

# %% [markdown]
# ### Errors that cancel
# A hundred openings cost a hundred checks, or one: add the equations up. Rewritten so that every point from outside stands in the first group, an opening says `e(π, [τ]₂) = e(C − [y] + z·π, G₂)`. A careless verifier adds up as they are.


# %%
def verify_all(openings: list, weights: list[int]) -> bool:
    """Whether the weighted sum of the equations holds; an opening is (C, z, y, π)."""
    left = G1.sum([G1.multiply(pi, w) for w, (_, _, _, pi) in zip(weights, openings)])
    right = []
    for w, (C, z, y, pi) in zip(weights, openings):
        term = G1.sum([C, hide(-y), G1.multiply(pi, z)])
        right.append(G1.multiply(term, w))
    return equal((left, tau_2), (G1.sum(right), G2.generator))


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
# When many sign *one* message, their signatures can be added to one, to be checked under the sum of their keys. Mallory publishes as "her key" the point `[m] − (Ann's key)`. She does not know its number. The sum of both keys is `[m]`, and for that she can sign alone.

# %%
ann, m = rng.randrange(1, r), rng.randrange(1, r)
ann_key = hide(ann)
rogue_key = G1.add(hide(m), G1.negate(ann_key))
keys = [curve.g1_to_bytes(ann_key), curve.g1_to_bytes(rogue_key)]
alone = bls.sign(m.to_bytes(32, "big"), b"Ann and Mallory agree")
assert bls.fast_aggregate_verify(keys, b"Ann and Mallory agree", alone), "Ann has never seen this"

# %% [markdown]
# So nobody may register a key without a **proof of possession**: a signature over the key itself, under another tag, which needs its number. Ann can make one. Mallory can sign with m, but that is not the number of the key that she wants to register.

# %%
ann_proof = bls.pop_prove(ann.to_bytes(32, "big"))
assert bls.pop_verify(keys[0], ann_proof), "Ann possesses her key"
her_best = bls.pop_prove(m.to_bytes(32, "big"))
rejects(bls.pop_verify, keys[1], her_best, because="nobody knows the rogue key's number")

# %% [markdown]
# ### The invisible point
# On the curve of the first group there are more points than the group's r. One of them is (0, 2): three times it is zero, and its pairing with anything is 1. Added to a proof, nothing changes in our verifier: one truth, several encodings. (Whoever uses a proof as an identifier is fooled.) Bytes from outside must therefore be checked for the *group*, not only for the curve; the library's decoder does.

# %%
odd = (0, 2)
assert G1.contains(odd) and G1.multiply(odd, 3) is None, "on the curve, of order 3"
twin = G1.add(proof, odd)
assert verify(C, 10, y, twin) and twin != proof, "a second proof out of thin air"
rejects(curve.g1_from_bytes, curve.g1_to_bytes(twin), raises=ValueError, because="not in the group")

# %% [markdown]
# ## Real system
# Ethereum's own test cases for EIP-4844 open blobs under *its* ceremony. Our `verify` needs one thing of that ceremony: τ in the second group. Commitment, place, value and proof arrive as bytes; whatever is no point of the group, and no number below r, must be refused.

# %%
ethereum = deployed.ethereum(n_g1=64)
powers, tau_2 = list(ethereum.g1), ethereum.g2[1]
assert are_powers(powers[:4], tau_2), "Ethereum's points are powers of one number"
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
print(len(verdicts), "verdicts on Ethereum's openings are ours, too")

# %% [markdown]
# The other way round: our commitments and openings under Ethereum's points, byte for byte.

# %% tags=["nbval-check-output"]
made = 0
for case in suite:
    given, expected = case["in"], case["out"]
    if given["op"] == "commit" and "error" not in expected:
        made += curve.g1_to_bytes(commit(given["coefficients"])) == unhex(expected["commitment"])
    elif given["op"] == "open" and "error" not in expected:
        y, proof = open_at(given["coefficients"], given["z"])
        made += (y, curve.g1_to_bytes(proof)) == (expected["y"], unhex(expected["proof"]))
print(made, "commitments and openings")

# %% [markdown]
# The library answers all cases, those of Ethereum's BLS signatures and of threshold signing, too:

# %% tags=["nbval-check-output"]
from aicrypto import conform

for name in ("kzg.eip4844", "bls.signature", "bls.threshold", "ligero.commit"):
    report = conform.run(conform.load(Path(f"../tests/vectors/{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# ### What each costs
# The same 1,024 numbers, both ways, on this machine:

# %% tags=["nbval-ignore-output"]
big = deployed.ethereum(n_g1=1024)
numbers = [rng.randrange(2**60) for _ in range(1024)]
values, shape = torch.tensor(numbers), ligero.Shape(rows=8, columns=64, inv_rate=4)
place = [m61x2.to_scalar(m61x2.random((), torch.Generator().manual_seed(i))) for i in range(10)]


def ms(f, *arguments):
    """The result, and how many milliseconds it took."""
    start = time.perf_counter()
    return f(*arguments), 1000 * (time.perf_counter() - start)


C, kzg_commit = ms(kzg.commit, big, numbers)
(y, proof), kzg_open = ms(kzg.open_at, big, numbers, 10)
accepted, kzg_verify = ms(kzg.verify, big, C, 10, y, proof)
committed, tensor_commit = ms(ligero.commit, values, shape)
(v, opening), tensor_open = ms(evaluation.prove, committed, place)
packed = opening.to_bytes()
checked, tensor_verify = ms(evaluation.verify, committed.root, shape, place, v, packed)
assert accepted and checked, "both openings are honest"
print(f"KZG:     commit {kzg_commit:.0f} ms, open {kzg_open:.0f}, verify {kzg_verify:.0f}")
print(f"hashing: commit {tensor_commit:.1f} ms, open {tensor_open:.1f}, verify {tensor_verify:.1f}")
print(f"proof:   {len(curve.g1_to_bytes(proof))} and {len(packed):,} bytes")

# %% [markdown]
# | | KZG | hashing (Ligero) |
# |-|-|-|
# | commitment | 48 bytes | 32 bytes |
# | opening of 1 value among 1,024 | 48 bytes | about 19,600 bytes |
# | on Ethereum | 50,000 gas (EIP-4844's precompiled contract) | 40 gas a byte of input alone (EIP-7623): 0.8 million |
# | you must believe | that one participant forgot their secret; that pairings are hard to invert | that nobody finds collisions of SHA-256 |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks below it. Stuck? Open the hint, then the worked notebooks (`./course solutions`). All numbers are modulo `r`; polynomials are lists, the coefficient of 1 first.
#
# ### ★ One proof for many polynomials (10 min)
# A verifier wants the values of *several* committed polynomials at *one* place z. Instead of a proof each, it sends a random γ, and the prover opens the single polynomial `p₀ + γ·p₁ + γ²·p₂ + …`. Write `fold(polynomials, gamma)`, its coefficients (as many as the longest has), and `fold_points(commitments, gamma)`, the commitment to it, computed from the commitments alone.
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
# Witness 4 of a 3-of-5 group has lost their share. Three others can compute f(4), by Lagrange *at 4* instead of at 0, without ever computing f(0). Write `share_at(shares, x)`: given `{id: share}` of enough witnesses, the value f(x) modulo r.
#
# Then somebody suspects that a thief has one share by now. `refresh(shares, noise)` gives everybody a new share of the *same* secret, so that old and new ones do not fit together: add to each share the value of a random polynomial that is zero at zero. `noise` holds its coefficients from X on: `[a, b]` means a·X + b·X².
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
# A verifier wants p at several places S at once. Let I be the polynomial of degree below |S| through all pairs (z, p(z)), and Z the product of all X − z. Then Z divides p − I, and the commitment to the quotient is the *one* proof. Design `open_many(setup, coefficients, places)`, which returns `(ys, proof)`, and `verify_many(setup, C, places, ys, proof)`, which returns exactly `True` or `False`; the equation is `e(C − [I(τ)], G₂) = e(π, [Z(τ)]₂)`. The setup holds powers in both groups: `setup.g1`, `setup.g2`. Places that repeat: `open_many` raises `ValueError`, `verify_many` says `False`. More places than the setup can hold in the second group: `False`, too.
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
    I = G1.sum([G1.multiply(g, c) for g, c in zip(setup.g1, through)])
    Z = G2.sum([G2.multiply(g, c) for g, c in zip(setup.g2, zero)])
    return equal((G1.add(C, G1.negate(I)), G2.generator), (proof, Z))
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
assert verify_many(practice, _C, list(range(5)), [0] * 5, G1.generator) is False, "too many"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: a KZG commitment and each of its openings take **48 bytes**, whatever the degree; hashing needs no setup, but must open **148 columns** for 100 bits at rate 1/4; **one** honest participant makes a ceremony safe, however many conspire.
#
# KZG moves the work to the prover and the trust to a ceremony; hashing moves the bytes to the proof and the trust to SHA-256. Random weights turn many checks into one, and only *random* ones do. A signature is an opening of the same kind, so it can be shared among witnesses; keys must prove that somebody holds them. Next, lesson 04 lets a prover convince us of a sum of a trillion terms with what you can do now; lesson 05 builds a SNARK on the pairing.

# %% [markdown]
# ## Further reading
# * Kate, Zaverucha, Goldberg, *Constant-Size Commitments to Polynomials* (2010): sections 1 to 3, beside `aicrypto/commit/kzg`.
# * EIP-4844: the section on the point evaluation precompile, and why it returns two numbers.
# * Ames, Hazay, Ishai, Venkitasubramaniam, *Ligero* (eprint 2022/1608): section 4, the interleaved code.
# * Boneh, Drijvers, Neven, *Compact Multi-Signatures* (2018): section 1, on rogue keys.
# * RFC 9380: section 3, how a message becomes a point of which nobody knows the number.
