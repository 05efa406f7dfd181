"""Tensor commitments: the definition in plain Python, tamper sweeps, and six attacks."""

import ast
import hashlib
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, NonCanonical, P, m61, m61x2, multilinear
from aicrypto.algebra.fourier import reed_solomon_encode
from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.commit.tensor import columns, evaluation, ligero, soundness
from aicrypto.commit.tensor.ligero import BadRate, Committed, Folds, Shape
from aicrypto.commit.transcript import Transcript

PACKAGE = Path(ligero.__file__).parent
SHAPE = Shape(rows=3, columns=8, inv_rate=4)
BITS = 20  # few queries, so that sweeps are quick; every refusal below holds at any number
SHAPES = st.builds(
    Shape, st.integers(1, 5), st.sampled_from([1, 2, 4, 8]), st.sampled_from([2, 4, 8])
)


def random_values(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(P, (shape.n_values,), generator=generator)


def random_elements(n, random):
    return [Fp2(random.randrange(P), random.randrange(P)) for _ in range(n)]


def honest(shape=SHAPE, seed=1, bits=BITS):
    """A commitment, a random point, the value there and its proof."""
    committed = ligero.commit(random_values(shape, seed), shape)
    point = random_elements(shape.n_variables, Random(seed))
    return committed, point, *evaluation.prove(committed, point, bits)


def with_codewords(committed, codewords):
    """A commitment to any matrix of words, be they codewords or not."""
    return replace(committed, codewords=codewords, levels=columns.tree(columns.leaves(codewords)))


# The definition, in plain Python: no transform, no kernel, no shared step.


def plain_matrix(values, shape):
    pairs = [Fp2(*values[i : i + 2]) for i in range(0, len(values), 2)]
    return [pairs[i : i + shape.columns] for i in range(0, len(pairs), shape.columns)]


def plain_codeword(row, shape):
    omega = m61x2.root_of_unity(shape.n_places.bit_length() - 1)
    return [
        sum((z * omega ** (j * c) for c, z in enumerate(row)), Fp2(0))
        for j in range(shape.n_places)
    ]


def plain_columns(values, shape):
    codewords = [plain_codeword(row, shape) for row in plain_matrix(values, shape)]
    return [
        b"".join(z.re.to_bytes(8, "little") for z in column)
        + b"".join(z.im.to_bytes(8, "little") for z in column)
        for column in zip(*codewords, strict=True)
    ]


def plain_node(leaves):
    """The root over leaf digests, by halves."""
    if len(leaves) == 1:
        return leaves[0]
    half = len(leaves) // 2
    return hashlib.sha256(b"\x01" + plain_node(leaves[:half]) + plain_node(leaves[half:])).digest()


def plain_siblings(leaves, wanted):
    """Level by level: which subtrees hold no wanted leaf, but have a sibling that does."""
    size, siblings = 1, []
    while size < len(leaves):
        known = {index // size for index in wanted}
        siblings += [
            plain_node(leaves[node * size : (node + 1) * size])
            for node in range(len(leaves) // size)
            if node not in known and node ^ 1 in known
        ]
        size *= 2
    return b"".join(siblings)


def plain_folds(matrix, coefficients):
    combined = [
        [
            sum((e * z for e, z in zip(es, column, strict=True)), Fp2(0))
            for column in zip(*matrix, strict=True)
        ]
        for es in (coefficients, [e.conj() for e in coefficients])
    ]
    return b"".join(z.to_bytes() for row in combined for z in row)


@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(0, 2**32), st.data())
def test_the_library_follows_the_definition(shape, seed, data):
    values = random_values(shape, seed)
    shown = plain_columns(values.tolist(), shape)
    leaves = [hashlib.sha256(b"\x00" + column).digest() for column in shown]
    committed = ligero.commit(values, shape)
    assert committed.root == plain_node(leaves)

    places = st.lists(st.integers(0, shape.n_places - 1), min_size=1, max_size=6)
    indices, coefficients = data.draw(places), random_elements(shape.rows, Random(seed))
    opening = b"".join(shown[i] for i in sorted(set(indices))) + plain_siblings(leaves, indices)
    assert ligero.open_columns(committed, indices) == opening
    folds = plain_folds(plain_matrix(values.tolist(), shape), coefficients)
    tensor = m61x2.from_scalars(coefficients)
    assert ligero.fold(committed, tensor).to_bytes() == folds
    assert ligero.check(committed.root, shape, tensor, indices, folds, opening) is True


@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(0, 2**32))
def test_openings_are_values_of_the_multilinear_polynomial(shape, seed):
    committed, point, value, proof = honest(shape, seed)
    table = torch.zeros(1 << shape.n_variables, dtype=torch.int64)
    table[: shape.n_values] = random_values(shape, seed)  # rows left out are zero
    assert value == multilinear.evaluate(m61x2.from_base(table), point)
    data = proof.to_bytes()
    assert evaluation.verify(committed.root, shape, point, value, data, BITS) is True
    assert evaluation.EvaluationProof.from_bytes(data, shape).to_bytes() == data


def conversation(committed, point, value, proof, bits):
    """The indices and the test's point as the format's description has them, word for word."""
    shape = committed.shape
    n_queries = soundness.choose_queries(shape, bits)
    numbers = (shape.rows, shape.columns, shape.inv_rate, n_queries)
    transcript = Transcript("aicrypto.tensor.v1")
    transcript.absorb(1, b"".join(number.to_bytes(8, "little") for number in numbers))
    transcript.absorb(2, committed.root)
    transcript.absorb(3, b"".join(coordinate.to_bytes() for coordinate in point))
    transcript.absorb(4, value.to_bytes())
    test_point = transcript.challenges((shape.rows - 1).bit_length())
    transcript.absorb(0x2F, m61x2.to_bytes(proof.test))
    transcript.absorb(0x30, m61x2.to_bytes(proof.folds.u1) + m61x2.to_bytes(proof.folds.u2))
    return transcript.indices(n_queries, shape.columns * shape.inv_rate), test_point


@settings(max_examples=10, deadline=None)
@given(SHAPES, st.integers(0, 2**32))
def test_challenges_follow_from_everything_said_before(shape, seed):
    committed, point, value, proof = honest(shape, seed)
    indices, test_point = conversation(committed, point, value, proof, BITS)
    assert proof.opening == ligero.open_columns(committed, indices)
    coefficients = multilinear.eq_table(test_point)[:, : shape.rows]
    assert torch.equal(proof.test, ligero.combine(committed, coefficients))


def test_negative_integers_are_taken_modulo_p():
    values = random_values(SHAPE, 1)
    assert ligero.commit(m61.signed(values), SHAPE).root == ligero.commit(values, SHAPE).root


def test_leaves_in_several_blocks_are_the_leaves(monkeypatch):
    codewords = m61x2.random((3, 64), torch.Generator().manual_seed(5))
    at_once = columns.leaves(codewords)
    monkeypatch.setattr(columns, "BLOCK_COLUMNS", 8)
    assert columns.leaves(codewords) == at_once


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_proof_on_cuda_equals_proof_on_cpu():
    committed, point, value, proof = honest()
    on_cuda = ligero.commit(random_values(SHAPE, 1).cuda(), SHAPE)
    assert on_cuda.root == committed.root
    value_on_cuda, proof_on_cuda = evaluation.prove(on_cuda, point, BITS)
    assert (value_on_cuda, proof_on_cuda.to_bytes()) == (value, proof.to_bytes())


# Tamper sweeps.


def segments(proof, shape, n_columns):
    """The proof's bytes cut into its elements, columns and digests."""
    data, n_elements, width = proof.to_bytes(), 3 * shape.columns, 16 * shape.rows
    sizes = [16] * n_elements + [width] * n_columns
    sizes += [32] * ((len(data) - sum(sizes)) // 32)
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    assert ends[-1] == len(data)
    return [data[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def tampered(parts, random):
    """Each part changed, removed, doubled, exchanged with its neighbour; cuts and additions."""
    whole = b"".join(parts)
    yield from (b"", whole[:-1], whole[1:], whole + b"\0", whole + bytes(32), whole[:-32])
    for i, part in enumerate(parts):
        changed = bytearray(part)
        changed[random.randrange(len(part))] ^= 1 << random.randrange(8)
        before, after = b"".join(parts[:i]), b"".join(parts[i + 1 :])
        yield before + changed + after
        yield before + after
        yield before + part + part + after
        if i + 1 < len(parts) and parts[i + 1] != part:
            yield before + parts[i + 1] + part + b"".join(parts[i + 2 :])


def test_every_tampered_part_is_refused():
    committed, point, value, proof = honest()
    indices, _ = conversation(committed, point, value, proof, BITS)
    parts = segments(proof, SHAPE, len(set(indices)))
    accepted = [
        bad
        for bad in tampered(parts, Random(2))
        if evaluation.verify(committed.root, SHAPE, point, value, bytes(bad), BITS) is not False
    ]
    assert accepted == []
    assert evaluation.verify(committed.root, SHAPE, point, value, b"".join(parts), BITS) is True


def test_random_byte_flips_are_refused_without_raising():
    committed, point, value, proof = honest()
    data, random = proof.to_bytes(), Random(3)
    for _ in range(300):
        flipped = bytearray(data)
        flipped[random.randrange(len(data))] ^= random.randrange(1, 256)
        verdict = evaluation.verify(committed.root, SHAPE, point, value, bytes(flipped), BITS)
        assert verdict is False


def test_another_statement_is_refused():
    committed, point, value, proof = honest()
    root, data = committed.root, proof.to_bytes()
    flipped_root = bytes([root[0] ^ 1]) + root[1:]
    exchanged = [point[1], point[0], *point[2:]]
    statements = [
        (flipped_root, SHAPE, point, value),
        (root[:-1], SHAPE, point, value),
        (root, replace(SHAPE, rows=4), point, value),
        (root, replace(SHAPE, columns=4, inv_rate=8), point, value),
        (root, replace(SHAPE, inv_rate=8), point, value),
        (root, SHAPE, exchanged, value),
        (root, SHAPE, point[:-1], value),
        (root, SHAPE, [*point, Fp2(0)], value),
        (root, SHAPE, point, value + 1),
        (root, SHAPE, point, value.conj()),
    ]
    for statement in statements:
        assert evaluation.verify(*statement, data, BITS) is False
    for bits in (BITS - 10, BITS + 10, 100, 200):  # a proof does not choose its strength
        assert evaluation.verify(root, SHAPE, point, value, data, bits) is False
    for no_bytes in (None, "text", 7):
        assert evaluation.verify(root, SHAPE, point, value, no_bytes, BITS) is False


def test_second_encodings_are_refused():
    committed, point, value, proof = honest()
    data = proof.to_bytes()
    for start in range(0, len(data) - 32, 8):
        word = int.from_bytes(data[start : start + 8], "little") + P
        if word < 2**64:
            bad = data[:start] + word.to_bytes(8, "little") + data[start + 8 :]
            assert evaluation.verify(committed.root, SHAPE, point, value, bad, BITS) is False


def test_a_column_committed_to_in_a_second_encoding_is_refused():
    """The tree is the prover's own: only the range of the words can tell."""
    committed, *_ = honest()
    words = committed.codewords.clone()
    words[0, 1, 4] += P
    forged = with_codewords(committed, words)
    shown = words[:, :, 4].numpy().astype("<i8").tobytes() + columns.prove(forged.levels, [4])
    assert columns.authentic(forged.root, 3, SHAPE.n_places, [4], shown) is None
    fine = ligero.open_columns(committed, [4])
    assert columns.authentic(committed.root, 3, SHAPE.n_places, [4], fine) is not None


def test_every_changed_element_of_the_folds_is_refused():
    committed, *_ = honest()
    e, indices = m61x2.from_scalars(random_elements(3, Random(4))), [0, 5, 9]
    folds = bytearray(ligero.fold(committed, e).to_bytes())
    opening = ligero.open_columns(committed, indices)
    for place in range(0, len(folds), 16):
        folds[place] ^= 1
        verdict = ligero.check(committed.root, SHAPE, e, indices, bytes(folds), opening)
        assert verdict is False
        folds[place] ^= 1
    assert ligero.check(committed.root, SHAPE, e, indices, bytes(folds), opening) is True
    assert ligero.check(committed.root, SHAPE, e, indices, bytes(folds[:-16]), opening) is False


@pytest.mark.parametrize("indices", [[], [-1], [32], [0, 32]])
def test_indices_that_are_none_are_refused(indices):
    committed, *_ = honest()
    e = m61x2.from_scalars(random_elements(3, Random(4)))
    folds = ligero.fold(committed, e).to_bytes()
    opening = ligero.open_columns(committed, [0])
    assert ligero.check(committed.root, SHAPE, e, [0], folds, opening) is True
    assert ligero.check(committed.root, SHAPE, e, indices, folds, opening) is False
    assert ligero.check(committed.root, SHAPE, e, indices, folds, b"") is False


def test_combinations_that_do_not_fit_are_refused():
    committed, *_ = honest()
    e = m61x2.from_scalars(random_elements(3, Random(4)))
    row, opening = ligero.combine(committed, e), ligero.open_columns(committed, [0, 5])
    for combinations in ([], [(e[:, :1], row)], [(e, row[:, :4])], [(e, row), (e[:, :2], row)]):
        verdict = ligero.check_combinations(committed.root, SHAPE, combinations, [0, 5], opening)
        assert verdict is False
    assert ligero.check_combinations(committed.root, SHAPE, [(e, row)], [5, 0, 5], opening) is True


def test_no_verdict_depends_on_assert():
    for path in PACKAGE.glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text()))
        assert not any(isinstance(node, ast.Assert) for node in nodes)


# Refusals of the prover's side.


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 4, 4), BadLength, "rows is 0, must be at least 1"),
        ((1, 3, 4), BadLength, "columns is 3, must be a power of two"),
        ((1, 0, 4), BadLength, "columns is 0, must be a power of two"),
        ((1, 4, 1), BadRate, "inv_rate is 1, must be a power of two, at least 2"),
        ((1, 4, 3), BadRate, "inv_rate is 3, must be a power of two, at least 2"),
        ((1, 4, 0), BadRate, "inv_rate is 0"),
    ],
)
def test_shapes_without_a_code_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Shape(*arguments)


def test_what_cannot_be_committed_to_or_opened_is_refused():
    committed, point, _, proof = honest()
    values = random_values(SHAPE, 1)
    for wrong in (values[:-1], values.reshape(2, -1)):
        with pytest.raises(BadLength, match="must be 48 in a row"):
            ligero.commit(wrong, SHAPE)
    for bad in (-P, P):
        values[7] = bad
        with pytest.raises(NonCanonical, match=str(bad)):
            ligero.commit(values, SHAPE)
    with pytest.raises(BadLength, match=r"must be \[2, 3\]"):
        ligero.combine(committed, m61x2.from_scalars(point[:2]))
    with pytest.raises(BadLength, match="not 2"):
        ligero.row_coefficients(SHAPE, point[:1])
    with pytest.raises(IndexError, match=r"an index is 32, must be in 0\.\.31"):
        ligero.open_columns(committed, [1, 32])
    with pytest.raises(BadLength, match="point has 5 coordinates, must have 6"):
        evaluation.prove(committed, point[:-1])
    with pytest.raises(soundness.TargetUnreachable):
        evaluation.prove(committed, point, bits=130)
    with pytest.raises(BadLength, match="must have 16 elements"):
        Folds.from_bytes(proof.folds.to_bytes()[:-16], SHAPE)


# Attacks: each works on the weakened copy and is refused by the real one.


def without(dropped):
    """A careless verifier that does not look at one of the combinations."""
    careful = ligero.check_combinations

    def careless(root, shape, combinations, indices, opening):
        kept = [pair for i, pair in enumerate(combinations) if i != dropped]
        return careful(root, shape, kept, indices, opening)

    return careless


def test_attack_second_fold_unchecked(monkeypatch):
    """With u2 free, the prover moves weight between even and odd places of the vector."""
    committed, point, truth, _ = honest()

    def dishonest(committed, coefficients):
        u1 = ligero.combine(committed, coefficients)
        return Folds(u1, m61x2.random((SHAPE.columns,), torch.Generator().manual_seed(6)))

    with monkeypatch.context() as prover:
        prover.setattr(ligero, "fold", dishonest)
        lie, forged = evaluation.prove(committed, point, BITS)
    statement = (committed.root, SHAPE, point, lie, forged.to_bytes(), BITS)
    assert lie != truth
    assert evaluation.verify(*statement) is False
    monkeypatch.setattr(ligero, "check_combinations", without(2))
    assert evaluation.verify(*statement) is True


def test_attack_value_that_the_folds_do_not_give(monkeypatch):
    """The liar follows the protocol on another value, so all challenges are right."""
    committed, point, truth, _ = honest()
    with monkeypatch.context() as prover:
        honest_value = Folds.value
        prover.setattr(Folds, "value", lambda *arguments: honest_value(*arguments) + 1)
        lie, forged = evaluation.prove(committed, point, BITS)
        careless = evaluation.verify(committed.root, SHAPE, point, lie, forged.to_bytes(), BITS)
    assert lie == truth + 1
    assert careless is True  # a verifier with the liar's formula
    assert evaluation.verify(committed.root, SHAPE, point, lie, forged.to_bytes(), BITS) is False


def two_faced_row(n_columns, inv_rate, seed):
    """A word as near to one codeword as to another, and the messages of both."""
    shape = Shape(1, n_columns, inv_rate)
    n = shape.n_places
    places = Random(seed).sample(range(n), n)
    difference = vanishing(places[: n_columns - 1], n)
    committed = ligero.commit(random_values(shape, seed), shape)
    one, other = committed.matrix, m61x2.add(committed.matrix, difference[:, None])
    word = committed.codewords.clone()
    swapped = places[: n_columns - 1 + (n - n_columns + 1) // 2]
    word[:, :, swapped] = reed_solomon_encode(other, n)[:, :, swapped]
    return with_codewords(committed, word), one, other


def vanishing(places, n):
    """The coefficients of the polynomial whose roots are omega^place for all the places."""
    omega = m61x2.root_of_unity(n.bit_length() - 1)
    coefficients = [Fp2(1)]
    for place in places:
        shifted, scaled = [Fp2(0), *coefficients], [omega**place * c for c in coefficients]
        coefficients = [a - b for a, b in zip(shifted, [*scaled, Fp2(0)], strict=True)]
    return m61x2.from_scalars(coefficients)


def accepted_openings(committed, message, n_queries, n_tries, random):
    """How often a message passes for the committed row."""
    one = m61x2.from_scalars([Fp2(1)])
    shape, folds = committed.shape, Folds(message[:, 0], message[:, 0]).to_bytes()
    accepted = 0
    for _ in range(n_tries):
        indices = [random.randrange(shape.n_places) for _ in range(n_queries)]
        opening = ligero.open_columns(committed, indices)
        accepted += ligero.check(committed.root, shape, one, indices, folds, opening)
    return accepted


def test_attack_guess_the_queries():
    """Eight queries: either of two rows opens with chance 0.625^8 = 2.3 %; with 148, neither."""
    committed, *messages = two_faced_row(n_columns=16, inv_rate=4, seed=7)
    assert not torch.equal(*messages)
    random = Random(8)
    for message in messages:
        assert 1 <= accepted_openings(committed, message, 8, 200, random) <= 12
        assert accepted_openings(committed, message, 148, 10, random) == 0


def test_attack_indices_known_in_advance():
    """Whoever knows the indices first adds a polynomial that vanishes there."""
    shape = Shape(rows=3, columns=16, inv_rate=4)
    committed = ligero.commit(random_values(shape, 9), shape)
    e, known = m61x2.from_scalars(random_elements(3, Random(9))), [3, 14, 15, 41, 62]
    honest_folds = ligero.fold(committed, e)
    bump = torch.nn.functional.pad(vanishing(known, shape.n_places), (0, 10))
    lie = Folds(m61x2.add(honest_folds.u1, bump), honest_folds.u2).to_bytes()

    def accepts(indices):
        opening = ligero.open_columns(committed, indices)
        return ligero.check(committed.root, shape, e, indices, lie, opening)

    assert accepts(known) is True
    assert accepts([*known, 5]) is False


def test_attack_point_chosen_by_the_prover(monkeypatch):
    """Without the random combination, sixteen rows open to zero and their mean does not.

    Row r is wrong in a seventeenth of its places, each row in others. There it holds 16 times the
    codeword of h, so the mean of the rows agrees with that codeword nearly everywhere.
    """
    bits, shape = 20, Shape(rows=16, columns=32, inv_rate=16)
    n, random = shape.n_places, Random(10)
    zeros = ligero.commit(torch.zeros(shape.n_values, dtype=torch.int64), shape)
    h = m61x2.random((shape.columns,), torch.Generator().manual_seed(10))
    places = torch.arange(n) // (n // 17)  # the last seventeenth stays right in every row
    wrong = m61.mul(reed_solomon_encode(h, n), torch.tensor(16))
    words = torch.stack([wrong * (places == row) for row in range(16)], dim=1)
    committed = with_codewords(zeros, words)
    as_mean = replace(committed, matrix=h[:, None].expand(-1, 16, -1).contiguous())

    def forge(prover: Committed, row_point):
        for _ in range(200):
            point = [*row_point, *random_elements(6, random)]
            value, proof = evaluation.prove(prover, point, bits)
            statement = (committed.root, shape, point, value, proof.to_bytes(), bits)
            if evaluation.verify(*statement):
                return statement
        return None

    row_points = [[Fp2(row >> bit & 1) for bit in (3, 2, 1, 0)] for row in range(16)]
    with monkeypatch.context() as weakened:
        weakened.setattr(ligero, "check_combinations", without(0))
        forged = [forge(committed, row_point) for row_point in row_points]
        forged.append(forge(as_mean, [Fp2(1) / 2] * 4))
    assert None not in forged
    assert [statement[3] == Fp2(0) for statement in forged] == [True] * 16 + [False]
    assert [evaluation.verify(*statement) for statement in forged] == [False] * 17


def test_attack_node_as_leaf(monkeypatch):
    """Without prefixes a pair of digests passes for a column of a tree half as wide."""
    digests = [sha256(bytes([i])) for i in range(4)]
    column = digests[0] + digests[1]  # 64 bytes: a column of four rows

    def accepted():
        level = columns.tree(b"".join(digests))
        shown = columns.root_of({0: merkle.leaf_hash(column)}, 2, level[1][32:])
        return shown == level[-1]

    assert accepted() is False
    monkeypatch.setattr(merkle, "LEAF_PREFIX", b"")
    monkeypatch.setattr(merkle, "NODE_PREFIX", b"")
    assert accepted() is True
