# %% [markdown]
# # 01 · Fields and polynomials
# *You will build numbers that never round, recover a message after any half of it was lost, and forge an equality that a lazy check believes — 75 minutes and exercises, any CPU, needs lesson 00.*

# %% [markdown]
# ## Why
# Remainder, the prover that Modulus built, is published with a proof for 128 decision trees on 128 inputs: under 54 seconds, more than 1 MB. Its verifier looks at 200 *columns* of a table that it never sees in full. How can 200 columns speak for all? The table is *stretched* first, so that one false number shows in a large share of its columns. And its numbers are *exact*.
#
# Floating-point numbers round, so a sum depends on the order of its terms: `(0.1 + 0.2) + 0.3` is not `0.1 + (0.2 + 0.3)`. Two honest machines may disagree in the last digits. Whoever compares them must allow a tolerance, and a cheat hides inside it.

# %% [markdown]
# ## Outcomes
# You can
# 1. add, multiply and divide modulo a prime by hand, and say why this course uses p = 2⁶¹ − 1;
# 2. compute with exact complex numbers, run an FFT that never rounds, and recover a message from any half of its code word;
# 3. compare two long lists at one random point, and say how often that fails;
# 4. follow two forgeries: against a biased challenge, and against a field that is too small.

# %% tags=["setup"]
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from aicrypto.algebra import Fp2, NonCanonical, P, fourier, m61, m61x2, multilinear
from aicrypto.classroom import rejects
from aicrypto.commit.transcript import Transcript, challenge_from_blocks
from aicrypto.viz import explore
from aicrypto.viz.fields import draw_agreements, draw_bias, draw_fold, draw_roots

# %% [markdown]
# ## Build
# ### Seven numbers
# Think of a clock with 7 hours: after 6 comes 0. **Modulo 7** means: keep only the remainder after division by 7, a number from 0 to 6.
#
# **Predict,** on paper, modulo 7: 5 + 4, 3 − 5, 3 · 5, and the number x with 4 · x = 3.
#
# <details><summary>Answer</summary>9 leaves 2. −2 is 5. 15 leaves 1. And x = 6, since 24 = 3 · 7 + 3.</details>

# %%
assert (5 + 4) % 7 == 2 and (3 - 5) % 7 == 5, "sums and differences wrap around"
assert 3 * 5 % 7 == 1 and 4 * 6 % 7 == 3, "so 5 plays the part of 1/3, and 6 of 3/4"

# %% [markdown]
# Division works! Numbers with + − × ÷, where one can divide by everything but 0, form a **field**. The **inverse** of a gives 1 when multiplied by a. Here are all products modulo 7 and modulo 6.


# %% tags=["nbval-check-output"]
def products(m: int) -> list[list[int]]:
    return [[a * b % m for b in range(1, m)] for a in range(1, m)]


for seven, six in zip(products(7), products(6)):
    print(*seven, "   ", *six)
assert all(1 in row for row in products(7)), "modulo 7 everything has an inverse"
assert not all(1 in row for row in products(6)), "modulo 6, 2 and 3 and 4 have none"

# %% [markdown]
# Modulo a *prime* p every row holds each number once. (If a·b and a·c left the same remainder, p would divide a·(b − c); a prime divides no product of smaller numbers.) So every row has a 1.
#
# Multiply up row a: a · 2a · 3a ⋯ = a^(p−1) · (1 · 2 ⋯ (p−1)). It holds the same numbers as the first row, so the products are equal, and **a^(p−1) = 1** (Fermat's little theorem). Hence a^(p−2) is the inverse of a.


# %%
def inverse(a: int, p: int) -> int:
    if a % p == 0:
        raise ZeroDivisionError("0 has no inverse")
    return pow(a, p - 2, p)  # repeated squaring: 2 log2(p) multiplications at most


assert all(inverse(a, 7) * a % 7 == 1 for a in range(1, 7)), "a times its inverse is 1"
rejects(inverse, 0, 7, raises=ZeroDivisionError, because="0 times anything is 0")

# %% [markdown]
# ### Why 2⁶¹ − 1
# Three reasons for the prime p = 2⁶¹ − 1:
# * **A remainder costs no division.** 2⁶¹ = 1 modulo p, so bits above the 61st come in again at the bottom: a shift and an addition.
# * **It fits.** A number takes one 64-bit integer, and the sums inside a network of 8-bit weights do not wrap.
# * **p + 1 = 2⁶¹** is a power of two. We will need to halve something 61 times.
#
# 7 = 2³ − 1 is a small sister. By hand: 5 · 6 = 30 is `11 110` in binary, and 6 + 3 = 9 is `1 001`, and 1 + 1 = 2. Indeed 30 = 4 · 7 + 2.


# %%
def reduce(x: int) -> int:
    """x modulo p, for 0 <= x < 2^122: what a product of two numbers can be."""
    x = (x & P) + (x >> 61)
    x = (x & P) + (x >> 61)
    return 0 if x == P else x  # p is another name for 0


assert P == 2**61 - 1, "the library's prime"
rng = random.Random(1)
for x in (0, P, P * P, (P - 1) ** 2, *(rng.randrange(2**122) for _ in range(1000))):
    assert reduce(x) == x % P, f"wrong remainder of {x}"

# %% [markdown]
# The library does the same to whole tensors, with products cut into pieces that fit 64 bits. The values are equal:

# %% tags=["nbval-ignore-output"]
a, b = ([rng.randrange(P) for _ in range(200_000)] for _ in range(2))
one_by_one = lambda: [reduce(x * y) for x, y in zip(a, b)]
tensor_a, tensor_b = torch.tensor(a), torch.tensor(b)
assert one_by_one() == m61.mul(tensor_a, tensor_b).tolist(), "the library multiplies as we do"


def milliseconds(f, *arguments) -> float:
    start = time.perf_counter()
    f(*arguments)
    return 1000 * (time.perf_counter() - start)


print(f"200,000 products, one by one: {milliseconds(one_by_one):.1f} ms")
print(f"as tensors: {milliseconds(m61.mul, tensor_a, tensor_b):.1f} ms")

# %% [markdown]
# ### Exact complex numbers
# 61 bits are few: with them, lesson 12's proof would leave a liar one chance in 2⁴⁰. We want more, and we want the Fourier transform. Both come from a number i with i² = −1.
#
# **Predict:** is there already a number modulo 7 whose square is −1, that is 6?
#
# <details><summary>Answer</summary>No, the squares are 1, 4, 2. Nor modulo p: such an x would have x^(p−1) = (−1)^((p−1)/2) = −1, because (p−1)/2 is odd. Fermat says 1.</details>

# %%
assert sorted({x * x % 7 for x in range(1, 7)}) == [1, 2, 4], "no square is 6"
assert (P - 1) // 2 % 2 == 1, "the same argument works for p"

# %% [markdown]
# So i is new. Coordinates add and subtract; for a product, multiply out and replace i² by −1.


# %%
@dataclass(frozen=True)
class Exact:
    """re + im·i with i² = -1, both coordinates modulo p."""

    re: int
    im: int = 0
    p: int = P

    def __add__(self, other: "Exact") -> "Exact":
        return Exact((self.re + other.re) % self.p, (self.im + other.im) % self.p, self.p)

    def __sub__(self, other: "Exact") -> "Exact":
        return Exact((self.re - other.re) % self.p, (self.im - other.im) % self.p, self.p)

    def __mul__(self, other: "Exact") -> "Exact":
        re = self.re * other.re - self.im * other.im
        im = self.re * other.im + self.im * other.re
        return Exact(re % self.p, im % self.p, self.p)


# %% [markdown]
# There are p² numbers re + im·i: 122 bits. To divide, do as with ordinary complex numbers: (re + im·i)(re − im·i) = re² + im², the **norm**, has no i in it, and that one we can invert.


# %%
def power(z: Exact, exponent: int) -> Exact:
    if exponent == 0:
        return Exact(1, 0, z.p)
    half = power(z, exponent // 2)
    return half * half * z if exponent % 2 else half * half


def invert(z: Exact) -> Exact:
    back = inverse(z.re**2 + z.im**2, z.p)
    return Exact(z.re * back % z.p, -z.im * back % z.p, z.p)


as_fp2 = lambda z: Fp2(z.re, z.im)  # the library's class for these numbers
z, i = Exact(rng.randrange(P), rng.randrange(P)), Exact(0, 1)
assert i * i == Exact(P - 1) and z * invert(z) == Exact(1), "i² is -1, z/z is 1"
assert as_fp2(z * invert(z + i)) == as_fp2(z) / as_fp2(z + i), "the library divides as we do"

# %% [markdown]
# ### Roots of unity
# Engineers transform with points on the unit circle, e^(2πi·j/n), whose coordinates are rounded. All that is needed of these points is that ω^n = 1 and no earlier power of ω is 1: ω is then a **root of unity of order n**.
#
# Our circle: all numbers with norm 1. Norms multiply, so products stay on it. Count its points modulo 31 = 2⁵ − 1:

# %%
circle = [(x, y) for x in range(31) for y in range(31) if (x * x + y * y) % 31 == 1]
assert len(circle) == 32, "the circle modulo 31 has 2^5 points"
G = Exact(2, 1033321771269002680)  # the constant of the library; lesson 12 uses it, too
assert (G.re**2 + G.im**2) % P == 1, "G lies on the circle"
assert power(G, 2**60) == Exact(P - 1), "halfway round stands -1, so the order is 2^61"


def root(k: int) -> Exact:
    """A root of unity of order 2^k: we walk round the circle in 2^k equal steps."""
    return power(G, 2 ** (61 - k))


assert as_fp2(root(20)) == m61x2.root_of_unity(20), "the library walks as we do"
assert root(2) == i and root(3) == Exact(2**30, 2**30), "i, and (1 + i)/√2: 1/√2 is 2^30 here"

# %% [markdown]
# p + 1 points in both cases, a power of two: that is why such primes have roots of every order 2^k. **Figure 1** (right: modulo 31). Root number j is ω^j on both sides. The right circle does not look round, but it multiplies like the left one: root 1 times root 2 is root 3. Move the slider.

# %%
explore(draw_roots, log_n=(1, 5))

# %% [markdown]
# **Predict:** root 1 of 8 stands at 4 + 4i. What is its square, modulo 31?
#
# <details><summary>Answer</summary>16 + 32i − 16 = 32i = i, and that is root 2.</details>
#
# ### The exact FFT
# A **polynomial** a₀ + a₁X + a₂X² + … is given by its **coefficients** a₀, a₁, …; its **degree** is the highest power in it. We want its values at 1, ω, …, ω^(n−1). One by one, that takes n² multiplications.
#
# Split it into even and odd powers: f(x) = E(x²) + x·O(x²). Then f(−x) = E(x²) − x·O(x²) is nearly free. Roots of unity come in such pairs, because ω^(n/2) = −1, and their squares are the roots of half the order. So one transform becomes two of half the length: the **fast Fourier transform**.


# %%
def fft(a: list, omega: Exact) -> list:
    """The values of sum a[c]·X^c at 1, omega, omega², ...; omega has order len(a) = 2^k."""
    if len(a) == 1:
        return a
    even, odd = fft(a[::2], omega * omega), fft(a[1::2], omega * omega)
    twisted, x = [], power(omega, 0)
    for value in odd:
        twisted.append(x * value)
        x = x * omega
    return [e + t for e, t in zip(even, twisted)] + [e - t for e, t in zip(even, twisted)]


# %% [markdown]
# Compare with the definition, evaluated by Horner's rule:


# %%
def horner(coefficients: list, x):
    """The value at x: ((a2·x + a1)·x + a0)."""
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = total * x + c
    return total


draw = lambda n: [Exact(rng.randrange(P), rng.randrange(P)) for _ in range(n)]
a = draw(32)
slow = [horner(a, power(root(5), j)) for j in range(32)]
assert fft(a, root(5)) == slow, "the fast transform differs from the definition"

# %% [markdown]
# **Predict:** how many multiplications by powers of ω for n = 1,024?
#
# <details><summary>Answer</summary>n/2 on each of log₂ n = 10 levels: 5,120, in place of a million.</details>
#
# Now a longer one, against the library:

# %% tags=["nbval-ignore-output"]
tensor = lambda zs: torch.tensor([[z.re for z in zs], [z.im for z in zs]])
from_tensor = lambda t: [Exact(re, im) for re, im in zip(*t.tolist())]

a = draw(4096)
assert fft(a, root(12)) == from_tensor(fourier.fft(tensor(a))), "the library transforms as we do"
print(f"4,096 values, our recursion: {milliseconds(fft, a, root(12)):.0f} ms")
print(f"the library: {milliseconds(fourier.fft, tensor(a)):.1f} ms")

# %% [markdown]
# Backwards: the same with 1/ω, and every value divided by n. There and back again, numpy's FFT spoils numbers that floats can hold exactly; ours spoils none.


# %%
def inverse_fft(values: list, omega: Exact) -> list:
    shrink = invert(Exact(len(values), 0, omega.p))
    return [value * shrink for value in fft(values, invert(omega))]


numbers = [rng.randrange(2**53) for _ in range(1024)]
back = [round(x) for x in np.fft.ifft(np.fft.fft(np.array(numbers, dtype=float))).real]
assert back != numbers, "rounding errors should be visible at 53 bits"
lifted = [Exact(x) for x in numbers]
assert inverse_fft(fft(lifted, root(10)), root(10)) == lifted, "the exact transform loses nothing"

# %% [markdown]
# ### Lose any half
# A polynomial that is not 0 and has degree d has at most d **zeros**, places where its value is 0: each zero r lets us split off one factor X − r. So two different polynomials of degree below C agree in *fewer than C* places: their difference has no more zeros. In other words: **any C values fix the polynomial.**
#
# So send more values than needed! The coefficients are the message, the n > C values are the **code word**, and any n − C of them may be lost. This is the *Reed–Solomon code* of QR codes and discs. Our message is a sentence; 7 letters fit into each coordinate.

# %%
text = "Whoever has any eight of these sixteen numbers reads this sentence to its end, whichever eight were lost before."
assert len(text) == 112, "8 numbers of 2 coordinates of 7 letters"
chunk = lambda k: int.from_bytes(text[k : k + 7].encode(), "big")
message = [Exact(chunk(k), chunk(k + 7)) for k in range(0, 112, 14)]
code_word = fft(message + [Exact(0)] * 8, root(4))
assert code_word == from_tensor(fourier.reed_solomon_encode(tensor(message), 16)), "the library's"

# %% [markdown]
# To fill a gap, **interpolate**: for each known place take the polynomial that is 1 there and 0 at the others; add these up, weighted by the known values (Lagrange's formula).


# %%
def interpolate(known: dict, x: Exact) -> Exact:
    """The value at x of the polynomial of least degree through the known (place, value)."""
    total = Exact(0)
    for a, value in known.items():
        top = bottom = Exact(1)
        for b in known:
            if b != a:
                top, bottom = top * (x - b), bottom * (a - b)
        total = total + value * top * invert(bottom)
    return total


places = [power(root(4), j) for j in range(16)]


def recover(survivors: list[int]) -> str:
    known = {places[j]: code_word[j] for j in survivors}
    whole = [known[x] if x in known else interpolate(known, x) for x in places]
    found = inverse_fft(whole, root(4))[:8]
    return b"".join(c.to_bytes(7, "big") for z in found for c in (z.re, z.im)).decode()


# %% [markdown]
# Which half we keep makes no difference:

# %% tags=["nbval-check-output"]
for _ in range(5):
    survivors = sorted(rng.sample(range(16), 8))
    assert recover(survivors) == text, f"{survivors} should be enough"
    print("".join("#" if j in survivors else "·" for j in range(16)), recover(survivors)[:38], "…")

# %% [markdown]
# **Predict:** one letter of the message is changed. In how many of the 16 numbers do the two code words differ, at least?
#
# <details><summary>Answer</summary>9: they agree in at most 7. One random look sees the change more often than not, 200 looks practically always.</details>

# %%
typo = [message[0] + Exact(1), *message[1:]]
changed = fft(typo + [Exact(0)] * 8, root(4))
differ = sum(x != y for x, y in zip(code_word, changed))
assert differ >= 9, "two code words agree in fewer than 8 places"

# %% [markdown]
# ### One random point
# The same fact lets us compare two lists of a million numbers by *one* value each: read both as polynomials of degree d, and evaluate them at a random r. Different lists then pass with a chance of **at most d/|F|**, where |F| is the size of the field. With several variables the same bound holds, d being the largest sum of exponents (Schwartz and Zippel).
#
# **Predict:** in how many of 31 places do two random polynomials of degree 8 modulo 31 agree?
#
# <details><summary>Answer</summary>On average in one. The bound, 8, is for the pair that a liar would choose.</details>
#
# **Figure 2.** 2,000 random pairs.

# %%
agreements = []
for _ in range(2000):
    f, g = ([rng.randrange(31) for _ in range(9)] for _ in range(2))
    agreements.append(sum((horner(f, x) - horner(g, x)) % 31 == 0 for x in range(31)))
assert 0.9 < sum(agreements) / 2000 < 1.1, "one agreement on average"
assert max(agreements) <= 8, "never more than the degree"
draw_agreements(agreements, degree=8, p=31)

# %% [markdown]
# ### A list on the corners of a cube
# Most proofs of this course read a list in another way: 8 = 2³ numbers sit on the corners of a cube. Corner (x₁, x₂, x₃) holds the entry whose index has these binary digits. Between two neighbours a and b we walk along a straight line: at r stands a + r·(b − a). This extends the list to *all* points, with degree at most 1 in each variable: the **multilinear extension**.
#
# To evaluate it, set the first variable to r₁: the halves of the list (x₁ = 0 and x₁ = 1) melt into one. Repeat.


# %%
def fold(values: list, r: Exact) -> list:
    half = len(values) // 2
    return [a + r * (b - a) for a, b in zip(values[:half], values[half:])]


def extension(values: list, point: list) -> Exact:
    for r in point:
        values = fold(values, r)
    [value] = values
    return value


values = [Exact(v) for v in (3, 1, 4, 1, 5, 9, 2, 6)]
assert extension(values, [Exact(1), Exact(0), Exact(1)]) == values[5], "corner 101 is entry 5"

# %% [markdown]
# Every fold halves the list, so n numbers take n − 1 multiplications. The library does the same:

# %%
a, point = draw(2**12), draw(12)
value = multilinear.evaluate(tensor(a), [*map(as_fp2, point)])
assert as_fp2(extension(a, point)) == value, "the library folds as we do"

# %% [markdown]
# ## Check yourself
# One line for each outcome. Predict it, then run the cell.

# %% tags=["nbval-check-output"]
print("1.  1/5 modulo 7 is", inverse(5, 7), "and 2^61 + 5 modulo p is", reduce(2**61 + 5))
square = Exact(1, 1) * Exact(1, 1)
print(f"2.  (1 + i)² = {square.re} + {square.im}i; a code word of 16 survives the loss of", 16 - 8)
print("3.  degree 2^20 over p² numbers: missed with a chance of 2 to the", 20 - 122)
print("4.  of 256 bytes,", sum(byte % 199 == 3 for byte in range(256)), "leave the remainder 3")
assert square == Exact(0, 2), "1 + 2i - 1"

# %% [markdown]
# ## See
# **Figure 3.** The digits of π on a cube: the first variable goes into the depth, the second up, the third to the right. Visit a corner, then leave the cube. A random point modulo p lies far outside, under the same rule.

# %%
explore(draw_fold, r1=(-0.5, 1.5, 0.25), r2=(-0.5, 1.5, 0.25), r3=(-0.5, 1.5, 0.25))

# %% [markdown]
# ## Break it
# ### A challenge that is not fair
# The random point is called **challenge**, and comes from a hash, as in lesson 00. Suppose the field has 199 numbers, and somebody takes a byte of the hash modulo 199.
#
# **Predict:** which challenges come up too often, and how will a liar use it?
#
# <details><summary>Answer</summary>0 to 56: each comes from two bytes, 3 from 3 and from 202. The liar's polynomial has its 57 zeros there.</details>

# %%
liars_zeros = range(57)  # a lie of degree 57, for which the bound promises at most 57/199
biased = sum(byte % 199 in liars_zeros for byte in range(256)) / 256
assert biased > 1.5 * 57 / 199, "the remainder helps the liar"
print(f"passes in {biased:.1%} of all cases instead of {57 / 199:.1%}")


# %% [markdown]
# The cure is **rejection**: throw away bytes from 199 on, and draw again. `looks_fair` adds up squared deviations (the χ² test): for fair draws about 198, give or take 20. **Figure 4** counts 80,000 draws of each kind.


# %%
def by_rejection(draw_byte) -> int:
    while (byte := draw_byte()) >= 199:
        pass
    return byte


def looks_fair(counts: list[int]) -> bool:
    fair = sum(counts) / len(counts)
    return sum((count - fair) ** 2 / fair for count in counts) < 198 + 5 * 20


draw_byte = lambda: rng.randrange(256)
remainders, rejections = [0] * 199, [0] * 199
for _ in range(80_000):
    remainders[draw_byte() % 199] += 1
    rejections[by_rejection(draw_byte)] += 1
assert looks_fair(rejections), "draws by rejection should be fair"
assert abs(sum(rejections[:57]) / 80_000 - 57 / 199) < 0.01, "the liar is back at the bound"
rejects(looks_fair, remainders, because="small challenges come twice as often")
draw_bias(remainders, rejections)

# %% [markdown]
# The library takes 61 bits of a hash. One pattern is too many: p itself, a second name for 0. It is skipped when drawn, and refused when sent.

# %%
words = (P, 5, P, 7)
block = b"".join(word.to_bytes(8, "little") for word in words)
assert challenge_from_blocks(iter([block])) == Fp2(5, 7), "the words equal to p are skipped"
rejects(Fp2, P, raises=NonCanonical, because="0 must have one name only")

# %% [markdown]
# In practice, 256 bits modulo BN254's 254-bit prime are off by 0.039 in total. That costs a challenge less than one bit; secret numbers in signatures, drawn that way, can give the key away.
#
# ### A field that is too small
# Does a host still run the 18 weights that were agreed on? A registry draws r from a hash of both lists and compares modulo 17.


# %%
def drawn(agreed: list[int], used: list[int]) -> Fp2:
    transcript = Transcript("lesson 01")
    for weights in (agreed, used):
        transcript.absorb(1, bytes(weights))
    return transcript.challenge()


def careless(agreed: list[int], used: list[int]) -> bool:
    r = drawn(agreed, used).re % 17
    return (horner(agreed, r) - horner(used, r)) % 17 == 0


agreed = [rng.randrange(17) for _ in range(18)]
assert careless(agreed, agreed), "the same weights pass"

# %% [markdown]
# **Predict:** which polynomial is not 0, but has the value 0 *everywhere* modulo 17?
#
# <details><summary>Answer</summary>X¹⁷ − X. Fermat: x¹⁶ = 1 for all x but 0, so x¹⁷ = x for all x. Degree 17 allows 17 zeros, and there are no more places.</details>

# %%
forged = list(agreed)
forged[17] = (forged[17] + 1) % 17  # add X^17 …
forged[1] = (forged[1] - 1) % 17  # … and take X away
assert forged != agreed, "two weights are different"
assert careless(agreed, forged), "and the careless check accepts them"
assert {(horner(agreed, r) - horner(forged, r)) % 17 for r in range(17)} == {0}, "at every point"

# %% [markdown]
# No hash helps: *no* point tells the lists apart. The careful check does not cut the challenge down. Over p² numbers the bound is 17/2¹²². To **grind**, that is to try one lie after another until the hash is kind, would take about 2¹¹⁸ tries.


# %%
def careful(agreed: list[int], used: list[int]) -> bool:
    r = drawn(agreed, used)
    return horner([Fp2(w) for w in agreed], r) == horner([Fp2(w) for w in used], r)


assert careful(agreed, agreed), "the same weights pass"
rejects(careful, agreed, forged, because="X^17 - X has 17 zeros among p² numbers")

# %% [markdown]
# Real systems meet this wall: Remainder's book warns that its argument for table lookups, which counts them, fails over small fields. Modulo a prime of 31 bits, 2³¹ lookups may count as none.

# %% [markdown]
# ## Real system
# Two files hold answers from the definitions, recomputed by a second program. *Our* code answers, modulo p and with complex numbers.


# %% tags=["nbval-check-output"]
def count_answers(suite: str, ours: dict, read) -> int:
    """How many cases of a suite our functions answer; all must be right."""
    answered = 0
    for case in json.loads(Path(f"../tests/vectors/{suite}.json").read_text())["cases"]:
        op, *given = case["in"].values()
        if op in ours and "error" not in case["out"]:
            [expected] = case["out"].values()
            assert ours[op](*map(read, given)) == read(expected), case["id"]
            answered += 1
    return answered


modulo_p = {
    "add": lambda a, b: (a + b) % P,
    "mul": lambda a, b: reduce(a * b),
    "inv": lambda a: inverse(a, P),
    "dot": lambda a, b: sum(map(int.__mul__, a, b)) % P,
}
print(count_answers("field.m61", modulo_p, lambda x: x), "answers modulo p are ours, too")

# %% tags=["nbval-check-output"]
number = lambda v: v if type(v) is int else Exact(*v) if type(v[0]) is int else [*map(number, v)]
full = lambda n: root(n.bit_length() - 1)
complex_numbers = {
    "mul": lambda a, b: a * b,
    "inv": invert,
    "root": root,
    "fft": lambda a: fft(a, full(len(a))),
    "ifft": lambda a: inverse_fft(a, full(len(a))),
    "rs_encode": lambda a, n: fft(a + [Exact(0)] * (n - len(a)), full(n)),
    "mle": extension,
}
print(count_answers("field.m61x2", complex_numbers, number), "complex answers are ours, too")

# %% [markdown]
# The library answers all cases, also those to be refused:

# %% tags=["nbval-check-output"]
from aicrypto import conform

for name in ("field.m61", "field.m61x2"):
    report = conform.run(conform.load(Path(f"../tests/vectors/{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# An independent tool knows our transform: sympy's *number-theoretic transform*, modulo the prime 998,244,353 = 119 · 2²³ + 1. There a power of 3 has order 2²³, without any i.

# %%
from sympy.discrete.transforms import ntt

Q = 998_244_353
plain = [rng.randrange(Q) for _ in range(256)]
omega = power(Exact(3, 0, Q), (Q - 1) // 256)
transformed = fft([Exact(x, 0, Q) for x in plain], omega)
assert [z.re for z in transformed] == ntt(plain, prime=Q), "sympy transforms as we do"

# %% [markdown]
# | | F_p[i], p = 2⁶¹ − 1 | BN254's scalars |
# |-|-|-|
# | used by | this course's own proofs | Remainder, EZKL |
# | numbers | 2¹²² | about 2²⁵⁴ |
# | comparing 2²⁰ entries fails with chance | 2⁻¹⁰² | about 2⁻²³⁴ |
# | why | fast on CPU and GPU | contracts can check it (lesson 03) |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError` by your code, run the checks below it. Stuck? Open the hint, then `./course solutions`.
#
# ### ★ One inversion for all (10 min)
# An inversion modulo P = 2⁶¹ − 1 costs about 120 multiplications. Montgomery's trick inverts a whole list with *one* inversion and three multiplications a number. Write `batch_inverse(values, invert_one)`: the inverses of all values (1 … P−1), in order, for at most one call of `invert_one`.
#
# <details><summary>Hint</summary>1/(abc) times ab is 1/c; times c it is 1/(ab). Keep a, ab, abc, invert the last, walk back.</details>


# %% exercise="ex01_1"
def batch_inverse(values: list[int], invert_one) -> list[int]:
    """All inverses modulo P, for at most one call of invert_one. About 8 lines."""
    ### BEGIN SOLUTION
    before = [1]  # before[k] is the product of the first k values
    for value in values:
        before.append(before[-1] * value % P)
    back, inverses = invert_one(before.pop()), []
    for value in reversed(values):
        inverses.append(back * before.pop() % P)
        back = back * value % P
    return inverses[::-1]
    ### END SOLUTION


# %% test="ex01_1_values" points=1
found = batch_inverse([2, 3, P - 1], lambda x: pow(x, -1, P))
assert type(found) is list and type(found[0]) is int, "a list of integers"
assert found == [2**60, pow(3, -1, P), P - 1], "1/2 is 2^60, and -1 is its own inverse"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(4)
for _n in (0, 1, 2, 50):
    _values = [_rng.randrange(1, P) for _ in range(_n)]
    _kept = list(_values)
    _found = batch_inverse(_values, lambda x: pow(x, -1, P))
    assert type(_found) is list and all(type(x) is int for x in _found), "integers"
    assert _found == [pow(x, -1, P) for x in _kept], "the inverses, in order"
    assert _values == _kept, "the argument stays as it was"
### END HIDDEN TESTS

# %% test="ex01_1_once" points=1
calls = []
counted = lambda x: calls.append(x) or pow(x, -1, P)
found = batch_inverse([5, 6, 7, 8], counted)
assert len(calls) == 1, "one inversion for all"
### BEGIN HIDDEN TESTS
_calls = []
_many = batch_inverse([*range(2, 500)], lambda x: _calls.append(x) or pow(x, -1, P))
assert len(_calls) == 1, "one inversion for 498 numbers"
assert type(_many) is list and _many == [pow(x, -1, P) for x in range(2, 500)], "and all right"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Multiply fast, check faster (30 min)
# The coefficients of a product of polynomials take n² multiplications, its *values* one each: f(x)·g(x). So transform both, multiply place by place, transform back. Write `multiply(a, b)` for tensors of coefficients modulo P (int64, shape `(n,)`) with the library's `fourier.fft`, `fourier.inverse_fft`, `m61x2.from_base` (adds imaginary parts 0) and `m61x2.mul`. The result has `len(a) + len(b) − 1` coefficients.
#
# Then `is_product(a, b, c, r)`: whether `c` (lists of integers now) has the right length and the product's value at the point `r`, an `Fp2`.
#
# <details><summary>Hint 1</summary>Pad both with zeros to a power of two that holds the whole product, or its end wraps round. <code>torch.nn.functional.pad(x, (0, k))</code> appends k zeros.</details>
# <details><summary>Hint 2</summary>Horner's rule works with <code>Fp2</code>; integers mix freely with it. Start from <code>Fp2(0)</code>.</details>


# %% exercise="ex01_2"
def multiply(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The coefficients of the product, by three transforms. About 6 lines."""
    ### BEGIN SOLUTION
    size = len(a) + len(b) - 1
    n = 1 << (size - 1).bit_length()
    padded = [torch.nn.functional.pad(x, (0, n - len(x))) for x in (a, b)]
    left, right = (fourier.fft(m61x2.from_base(x)) for x in padded)
    return fourier.inverse_fft(m61x2.mul(left, right))[0, :size]
    ### END SOLUTION


def is_product(a: list[int], b: list[int], c: list[int], r: Fp2) -> bool:
    """Whether c has the right length and the right value at r. About 7 lines."""

    ### BEGIN SOLUTION
    def value(coefficients: list[int]) -> Fp2:
        total = Fp2(0)
        for coefficient in reversed(coefficients):
            total = total * r + coefficient
        return total

    return len(c) == len(a) + len(b) - 1 and value(a) * value(b) == value(c)
    ### END SOLUTION


# %% test="ex01_2_multiply" points=2
made = multiply(torch.tensor([1, 2]), torch.tensor([3, 4, 5]))
assert type(made) is torch.Tensor and made.dtype == torch.int64, "a tensor of int64"
assert made.tolist() == [3, 10, 13, 10], "(1 + 2X)(3 + 4X + 5X²)"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(6)
for _m, _n in ((1, 1), (1, 7), (4, 4), (5, 8), (8, 9), (30, 31)):
    _a, _b = ([_rng.randrange(P) for _ in range(k)] for k in (_m, _n))
    _want = [0] * (_m + _n - 1)
    for _i, _x in enumerate(_a):
        for _j, _y in enumerate(_b):
            _want[_i + _j] = (_want[_i + _j] + _x * _y) % P
    _made = multiply(torch.tensor(_a), torch.tensor(_b))
    assert type(_made) is torch.Tensor, "a tensor"
    assert tuple(_made.shape) == (_m + _n - 1,), "m + n - 1 coefficients"
    assert _made.tolist() == _want, f"the product of {_m} and {_n} coefficients"
### END HIDDEN TESTS

# %% test="ex01_2_check" points=2
somewhere = Fp2(123456789, 987654321)
assert is_product([1, 2], [3, 4, 5], [3, 10, 13, 10], somewhere) is True, "an honest product"
assert is_product([1, 2], [3, 4, 5], [3, 10, 13, 11], somewhere) is False, "one coefficient off"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(8)
for _ in range(10):
    _a, _b = ([_rng.randrange(P) for _ in range(20)] for _ in range(2))
    _c = [sum(_a[i] * _b[k - i] for i in range(20) if 0 <= k - i < 20) % P for k in range(39)]
    _r = Fp2(_rng.randrange(P), _rng.randrange(P))
    assert is_product(_a, _b, _c, _r) is True, "an honest product"
    assert is_product(_a, _b, [*_c, 0], _r) is False, "a coefficient too many"
    _real = _rng.randrange(P)
    _c[5], _c[6] = (_c[5] - _real) % P, (_c[6] + 1) % P  # adds X^5·(X - real)
    assert is_product(_a, _b, _c, _r) is False, "a wrong product"
    assert is_product(_a, _b, _c, Fp2(_real)) is True, "one point sees no more than one point"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Wrong, not lost (open)
# A lost number says so, a *wrong* one does not. Two code words of n numbers with C coefficients differ in at least n − C + 1 places: room for ⌊(n − C)/2⌋ errors without confusion. Write `correct(received, n_coefficients)`: the code word (a list of `Fp2`) that differs from `received` in at most that many places, or `None`. The places are 1, ω, ω², …, with ω = `m61x2.root_of_unity(k)` of order n = 2^k. As n ≤ 8, trying is allowed. (Open end: Berlekamp and Welch try nothing. Reach n = 256.)
#
# <details><summary>Hint 1</summary>Some C of the numbers are right. <code>itertools.combinations(range(n), C)</code> lists all choices.</details>
# <details><summary>Hint 2</summary>For each choice, interpolate the other places, and count the differences.</details>


# %% exercise="ex01_3"
def correct(received: list[Fp2], n_coefficients: int) -> list[Fp2] | None:
    """The only code word near enough, or None. About 15 lines."""
    ### BEGIN SOLUTION
    from itertools import combinations

    n = len(received)
    omega = m61x2.root_of_unity(n.bit_length() - 1)
    places = [omega**j for j in range(n)]

    def value(chosen: tuple[int, ...], x: Fp2) -> Fp2:
        total = Fp2(0)
        for j in chosen:
            weight = received[j]
            for k in chosen:
                if k != j:
                    weight *= (x - places[k]) / (places[j] - places[k])
            total += weight
        return total

    for chosen in combinations(range(n), n_coefficients):
        word = [value(chosen, x) for x in places]
        if sum(a != b for a, b in zip(word, received)) <= (n - n_coefficients) // 2:
            return word
    return None
    ### END SOLUTION


# %% test="ex01_3_repaired" points=2
line = [Fp2(2), Fp2(1, 1), Fp2(0), Fp2(1, P - 1)]  # 1 + X at 1, i, -1, -i
repaired = correct([line[0], line[1], Fp2(99), line[3]], 2)
assert type(repaired) is list and all(type(x) is Fp2 for x in repaired), "a list of Fp2"
assert repaired == line, "the third number was wrong"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(5)
for _n, _c in ((4, 2), (8, 2), (8, 3), (8, 4), (8, 6), (4, 1)):
    _message = [Fp2(_rng.randrange(P), _rng.randrange(P)) for _ in range(_c)]
    _word = m61x2.to_scalars(fourier.reed_solomon_encode(m61x2.from_scalars(_message), _n))
    for _errors in range((_n - _c) // 2 + 1):
        _received = list(_word)
        for _j in _rng.sample(range(_n), _errors):
            _received[_j] = _received[_j] + Fp2(_rng.randrange(1, P), _rng.randrange(P))
        _repaired = correct(_received, _c)
        assert type(_repaired) is list and all(type(x) is Fp2 for x in _repaired), "Fp2"
        assert _repaired == _word, f"{_errors} errors, {_c} coefficients in {_n} numbers"
### END HIDDEN TESTS

# %% test="ex01_3_hopeless" points=2
assert correct(line, 2) is not None, "nothing was wrong"
assert correct([line[0], line[1], Fp2(99), Fp2(77)], 2) is None, "two errors are too many"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(6)
for _n, _c in ((4, 2), (8, 4), (8, 6)):
    _noise = [Fp2(_rng.randrange(P), _rng.randrange(P)) for _ in range(_n)]
    assert correct(_noise, _c) is None, "noise is near no code word"
    _message = m61x2.from_scalars(_noise[:_c])
    _word = m61x2.to_scalars(fourier.reed_solomon_encode(_message, _n))
    _fixed = correct([_word[0] + Fp2(1), *_word[1:]], _c)
    assert type(_fixed) is list and _fixed == _word, "one error is not too many"
_message = m61x2.from_scalars([Fp2(1, 2), Fp2(3, 4), Fp2(5, 6)])
_word = m61x2.to_scalars(fourier.reed_solomon_encode(_message, 8))
_spoiled = [x + Fp2(1) if j < 3 else x for j, x in enumerate(_word)]
assert correct(_spoiled, 3) is None, "3 coefficients in 8 numbers: 2 errors, not 3"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **2⁶¹ − 1**, the prime whose remainder is a shift and an addition, and whose circle has 2⁶¹ points; **n/2 · log₂ n** multiplications for an FFT, 5,120 instead of a million for n = 1,024; **d/2¹²²**, the chance that one random point misses a difference of degree d.
#
# Next, lesson 02 fixes a list in 32 bytes; lesson 04 proves sums over the cube.

# %% [markdown]
# ## Further reading
# * J. Thaler, *Proofs, Arguments, and Zero-Knowledge*, chapter 2, section 3.5: fingerprints, multilinear extensions.
# * I. S. Reed and G. Solomon, *Polynomial codes over certain finite fields* (1960): five pages, one idea.
# * *Ligero* (eprint 2022/1608): how columns of a stretched table become a proof; section 1.
# * *Circle STARKs* (eprint 2024/278): the same circle as Figure 1, over the prime 2³¹ − 1.
