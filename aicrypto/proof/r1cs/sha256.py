"""SHA-256 as a circuit: 27,000 constraints for 64 bytes, where Poseidon takes some hundred.

Field elements are bad at bits: an exclusive or is a product, a rotation needs every bit as a wire
of its own, an addition modulo 2^32 is decomposed anew. A round costs 294 constraints:

    two sums of rotations 128    choice 32    majority 64    two additions 70      64 rounds
    schedule: two sums 128, one addition 34                                        48 words

And yet one uses it where a contract must hash the same bytes: there SHA-256 is a precompile for 60
gas and 12 a word, while Poseidon costs more than the public inputs that it would save.
`statement_digest` is such a hash: of many public inputs into one, with a domain tag and the length
in front, cut to 253 bits so that it is a canonical field element.

Source: FIPS 180-4.
"""

from collections.abc import Sequence
from itertools import count, islice
from math import isqrt

from aicrypto.algebra.plain import BadLength
from aicrypto.commit.hashes import sha256
from aicrypto.proof.r1cs.gadgets import bits, from_bits
from aicrypto.proof.r1cs.language import Circuit, Linear, linear, total

WORD, BLOCK_BITS = 32, 512
MASK = (1 << WORD) - 1
DIGEST_BITS = 253  # of 256: the rest would exceed the field
STATEMENT_TAG = b"aic1"
LENGTH_BYTES = 2
Word = list[Linear]  # bits, lowest first


def _primes(how_many: int) -> list[int]:
    found = (n for n in count(2) if all(n % d for d in range(2, isqrt(n) + 1)))
    return list(islice(found, how_many))


def _cube_root(value: int) -> int:
    """The integer part of the cube root, by bisection."""
    low, high = 0, 1 << (value.bit_length() // 3 + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= value else (low, middle)
    return low


# The first 32 bits of the fractional parts of square and cube roots of primes.
INITIAL = [isqrt(p << 2 * WORD) & MASK for p in _primes(8)]
ROUND_CONSTANTS = [_cube_root(p << 3 * WORD) & MASK for p in _primes(64)]


def sha256_circuit(circuit: Circuit, message: Sequence[Linear]) -> list[Linear]:
    """The 256 bits of the hash of a message in bits, both in reading order (highest bit first).

    The message's wires must be bits already.

    Raises:
        ValueError: if the message is not whole bytes.
    """
    if len(message) % 8:
        raise ValueError(f"message has {len(message)} bits, must be whole bytes")
    padded = [*message, linear(1)]
    padded += [linear(0)] * (-(len(padded) + 64) % BLOCK_BITS)
    padded += [linear(len(message) >> i & 1) for i in reversed(range(64))]
    state = [_constant(value) for value in INITIAL]
    with circuit.scope("sha256"):
        for start in range(0, len(padded), BLOCK_BITS):
            block = padded[start : start + BLOCK_BITS]
            words = [block[i : i + WORD][::-1] for i in range(0, BLOCK_BITS, WORD)]
            state = _compress(circuit, state, words)
    return [bit for word in state for bit in reversed(word)]


def _compress(circuit: Circuit, state: list[Word], words: list[Word]) -> list[Word]:
    schedule = list(words)
    for i in range(16, 64):
        small_0 = _xor_shifts(circuit, schedule[i - 15], (7, 18), 3)
        small_1 = _xor_shifts(circuit, schedule[i - 2], (17, 19), 10)
        terms = [schedule[i - 16], small_0, schedule[i - 7], small_1]
        schedule.append(_add(circuit, terms, 0, f"word {i}"))
    a, b, c, d, e, f, g, h = state
    for word, constant in zip(schedule, ROUND_CONSTANTS, strict=True):
        sum_0 = _xor_shifts(circuit, a, (2, 13, 22))
        sum_1 = _xor_shifts(circuit, e, (6, 11, 25))
        common = [h, sum_1, _choice(circuit, e, f, g), word]
        new_a = _add(circuit, [*common, sum_0, _majority(circuit, a, b, c)], constant, "a")
        new_e = _add(circuit, [*common, d], constant, "e")
        a, b, c, d, e, f, g, h = new_a, a, b, c, new_e, e, f, g
    after = (a, b, c, d, e, f, g, h)
    return [_add(circuit, [x, y], 0, "state") for x, y in zip(state, after, strict=True)]


def _add(circuit: Circuit, words: Sequence[Word], constant: int, name: str) -> Word:
    """The sum modulo 2^32; what is carried out is decomposed too, and dropped."""
    n_terms = len(words) + bool(constant)
    n_carry = (n_terms - 1).bit_length()
    value = total([from_bits(word) for word in words]) + constant
    return bits(circuit, value, WORD + n_carry, name)[:WORD]


def _xor_shifts(
    circuit: Circuit, word: Word, rotations: Sequence[int], shift: int | None = None
) -> Word:
    """The exclusive or of rotations to the right, and of a shift."""
    turned = [word[k:] + word[:k] for k in rotations]
    if shift is not None:
        turned.append(word[shift:] + [linear(0)] * shift)
    x, y, z = turned
    return [_xor(circuit, _xor(circuit, p, q), s) for p, q, s in zip(x, y, z, strict=True)]


def _xor(circuit: Circuit, x: Linear, y: Linear) -> Linear:
    return x + y - circuit.product(x * 2, y, "xor")


def _choice(circuit: Circuit, x: Word, y: Word, z: Word) -> Word:
    """Bits of y where x is 1, else of z."""
    return [circuit.product(p, q - s, "choice") + s for p, q, s in zip(x, y, z, strict=True)]


def _majority(circuit: Circuit, x: Word, y: Word, z: Word) -> Word:
    """1 where at least two are: y·z, and x where exactly one of y, z is."""
    chosen = []
    for p, q, s in zip(x, y, z, strict=True):
        both = circuit.product(q, s, "both")
        chosen.append(circuit.product(p, q + s - both * 2, "majority") + both)
    return chosen


def _constant(value: int) -> Word:
    return [linear(value >> i & 1) for i in range(WORD)]


def statement_digest(data: bytes) -> int:
    """The one public input that stands for these bytes, at most 65,535.

    Raises:
        BadLength: if there are more.
    """
    hashed = sha256(_head(len(data)), data)
    return int.from_bytes(hashed, "big") >> (256 - DIGEST_BITS)


def statement_digest_circuit(circuit: Circuit, data: Sequence[Linear]) -> Linear:
    """The same as a circuit, from the data's bits in reading order.

    Raises:
        BadLength: if there are more than 65,535 bytes.
        ValueError: if they are not whole bytes.
    """
    head = _head(len(data) // 8)
    prefix = [linear(byte >> i & 1) for byte in head for i in reversed(range(8))]
    return from_bits(sha256_circuit(circuit, [*prefix, *data])[DIGEST_BITS - 1 :: -1])


def _head(n_bytes: int) -> bytes:
    """What is hashed before the data: the tag and the data's length."""
    if n_bytes >> 8 * LENGTH_BYTES:
        raise BadLength(f"data has {n_bytes} bytes, must have at most 65535")
    return STATEMENT_TAG + n_bytes.to_bytes(LENGTH_BYTES, "big")
