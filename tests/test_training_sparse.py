"""Compression: nothing is lost but what is owed, every message is canonical, nobody is too loud."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.training.layout import Layout
from aicrypto.training.sparse import (
    BadMessage,
    Codec,
    Feedback,
    IndexTooLarge,
    OddCount,
    aggregate,
    chunk_shape,
    dequantise,
    feed,
    from_chunks,
    kept_count,
    pack_12bit,
    quantise,
    to_chunks,
    top_k,
    unpack_12bit,
)

LAYOUT = Layout((("w", (64, 128)), ("b", (10,))))
CODEC = Codec(LAYOUT)


def normal(seed, n=LAYOUT.size):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=2), st.integers(1, 12))
def test_chunks_give_the_tensor_back(shape, target):
    tensor = torch.arange(torch.Size(shape).numel()).view(*shape)
    chunks = to_chunks(tensor, target)
    assert chunks.shape[1] == torch.Size(chunk_shape(shape, target)).numel()
    assert torch.equal(from_chunks(chunks, shape, target), tensor)


def test_chunk_refusals():
    for shape in ((), (2, 2, 2), (0,)):
        with pytest.raises(ValueError, match="1 or 2 sides"):
            chunk_shape(shape, 4)
    with pytest.raises(ValueError, match="chunks have shape"):
        from_chunks(torch.zeros(2, 3), (4, 4), 2)
    with pytest.raises(ValueError, match="a chunk has 1 value"):
        kept_count(1, 64)


def test_selection_takes_the_largest_and_breaks_ties_by_position():
    kept = top_k(torch.tensor([[1.0, -3.0, 3.0, 0.5, -1.0, 1.0]]), 4)
    assert kept.indices.tolist() == [[0, 1, 2, 4]]
    assert kept.values.tolist() == [[1.0, -3.0, 3.0, -1.0]]


def test_two_sided_values_become_sign_and_mean_size():
    values = top_k(normal(0, 4096)[None], 64).values
    coded = quantise(values)
    assert set(coded.codes.flatten().tolist()) <= {1, 2, 3}
    assert torch.equal(dequantise(coded).sign(), values.sign())


@pytest.mark.parametrize("values", [[1.0, 1.0], [0.0, 0.0]])
def test_equal_values_are_sent_exactly(values):
    coded = quantise(torch.tensor([values]))
    assert coded.scale == 1.0
    assert dequantise(coded).tolist() == [values]


def test_a_matrix_is_146_times_smaller():
    matrix = Layout((("w", (4096, 4096)),))
    codec = Codec(matrix)
    assert round(4 * matrix.size / codec.n_bytes) == 146


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 1.0), st.floats(0.1, 2.0))
def test_error_feedback_owes_exactly_what_was_not_sent(seed, beta, lr):
    memory = Feedback(normal(seed), beta, lr)
    delta = normal(seed + 1)
    upload, after = feed(memory, delta, CODEC)
    wanted = beta * memory.error + lr * delta
    assert torch.allclose(after.error + CODEC.dense(upload), wanted, atol=1e-5)


def test_what_is_small_but_steady_is_sent_in_the_end():
    steady = torch.full((64,), 0.01)
    steady[:4] = torch.tensor([1.0, -1.0, 1.0, -1.0])
    codec = Codec(Layout((("x", (64,)),)), k=4)
    memory, total = Feedback(torch.zeros(64), beta=1.0), torch.zeros(64)
    for _ in range(400):
        upload, memory = feed(memory, steady, codec)
        total += codec.dense(upload)
    assert (total[4:] > 0).float().mean() > 0.9
    without = codec.dense(codec.compress(steady))
    assert not without[4:].any()


def test_a_null_round_forgets():
    upload, after = feed(Feedback(normal(3)), normal(4), CODEC, null_round=True)
    assert not CODEC.dense(upload).any()
    assert not after.error.any()


def test_packing():
    numbers = list(range(0, 4096, 7)) + [4095] * (len(range(0, 4096, 7)) % 2)
    assert unpack_12bit(pack_12bit(numbers)) == numbers
    for bad in ([4096, 1, 2], [-1, 2]):
        with pytest.raises(IndexTooLarge):
            pack_12bit(bad)
    with pytest.raises(OddCount):
        pack_12bit([1])
    with pytest.raises(BadMessage):
        unpack_12bit(b"1234")


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_messages_come_back(seed):
    upload = CODEC.compress(normal(seed))
    data = CODEC.to_bytes(upload)
    again = CODEC.from_bytes(data)
    assert len(data) == CODEC.n_bytes
    assert CODEC.to_bytes(again) == data
    assert torch.equal(CODEC.dense(again), CODEC.dense(upload))


def test_every_flipped_byte_changes_the_upload_or_is_refused():
    data = CODEC.to_bytes(CODEC.compress(normal(1)))
    refused = 0
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        try:
            assert CODEC.to_bytes(CODEC.from_bytes(bytes(changed))) == bytes(changed)
        except BadMessage:
            refused += 1
    assert 0 < refused < len(data)


def test_messages_that_are_not_canonical_are_refused():
    data = CODEC.to_bytes(CODEC.compress(normal(1)))
    floats = 20  # bytes of the first tensor's numbers; its positions follow
    nan = b"\x00\x00\xc0\x7f" + data[4:]
    twice = data[:floats] + pack_12bit([5, 5]) + data[floats + 3 :]
    falling = data[:floats] + pack_12bit([4000, 1]) + data[floats + 3 :]
    largest = b"\xff\xff\x7f\x7f"  # finite, but shift and lookup together are not
    for bad in (b"", data[:-1], data + b"\0", nan, 5 * largest + data[20:], twice, falling):
        with pytest.raises(BadMessage):
            CODEC.from_bytes(bad)
    outside = Codec(Layout((("b", (10,)),)), k=2)
    message = outside.to_bytes(outside.compress(torch.arange(10.0)))
    with pytest.raises(BadMessage, match="must ascend"):
        outside.from_bytes(message[:floats] + pack_12bit([3, 10]) + message[floats + 3 :])


def test_codecs_refuse_blocks_without_12_bit_positions():
    with pytest.raises(ValueError, match="must have <= 4096"):
        Codec(Layout((("w", (128, 128)),)), target=128)
    with pytest.raises(ValueError, match="a chunk has 1 value"):
        Codec(Layout((("b", (67,)),)))  # a prime has no divisor up to 64


def test_aggregation_brings_the_loud_down():
    quiet = [(torch.tensor([0, 1]), torch.tensor([1.0, 1.0])) for _ in range(3)]
    loud = (torch.tensor([0, 1]), torch.tensor([-1000.0, -1000.0]))
    got = aggregate(2, [*quiet, loud])
    assert torch.allclose(got, torch.tensor([0.5, 0.5]))  # (3 - 1) / 4


def test_one_alone_at_a_position_keeps_full_weight():
    common = [(torch.tensor([0]), torch.tensor([1.0])) for _ in range(9)]
    alone = (torch.tensor([7]), torch.tensor([1.0]))
    assert aggregate(8, [*common, alone])[7] == pytest.approx(1.0)
    assert aggregate(8, [*common, alone], per_sender=False)[7] == pytest.approx(0.1)


def test_aggregation_refusals():
    with pytest.raises(ValueError, match="peers is empty"):
        aggregate(3, [])
    for index in (-1, 3):
        with pytest.raises(IndexError, match="outside"):
            aggregate(3, [(torch.tensor([index]), torch.tensor([1.0]))])
