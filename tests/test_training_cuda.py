"""What a GPU computes: the referee's operators to the bit, messages alike, ranks over nccl."""

import json

import pytest
import torch

from aicrypto.training.diloco import AdamW
from aicrypto.training.language import Language, Model
from aicrypto.training.layout import Layout
from aicrypto.training.ranks import launch
from aicrypto.training.refereed import Job, exp, run_step
from aicrypto.training.refereed.program import PROGRAM, state_hash
from aicrypto.training.sparse import Codec

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
MODEL = Model(16, 64)


def job(device):
    x, y = (t.to(device) for t in Language().pages(5, 4))
    batches = tuple((x[i : i + 32], y[i : i + 32]) for i in range(0, 128, 32))
    return Job(MODEL.layout.split(MODEL.start(0).to(device)), batches, AdamW(lr=2e-3))


def test_every_operator_gives_the_same_bits():
    here, there = job("cpu"), job("cuda")
    mine, theirs = here.start, there.start
    for step in range(1, here.n_steps + 1):
        cpu, cuda = run_step(here, step, mine), run_step(there, step, theirs)
        for number, op in enumerate(PROGRAM, 1):
            assert torch.equal(cpu[number][op.output], cuda[number][op.output].cpu()), op
        mine, theirs = cpu[-1], cuda[-1]
    assert state_hash(mine) == state_hash(theirs)


def test_the_exponential_too():
    x = -torch.rand(1 << 20, generator=torch.Generator().manual_seed(0)) * 100
    assert torch.equal(exp(x), exp(x.cuda()).cpu())


def test_messages_are_read_alike():
    codec = Codec(Layout((("w", (512, 512)), ("b", (64,)))))
    vector = torch.randn(codec.layout.size, generator=torch.Generator().manual_seed(1))
    data = codec.to_bytes(codec.compress(vector.cuda()))
    here, there = codec.from_bytes(data), codec.from_bytes(data, "cuda")
    assert torch.equal(codec.dense(here), codec.dense(there).cpu())
    for a, b in zip(codec.compress(vector).parts, here.parts, strict=True):
        assert torch.equal(a.indices, b.indices)
    total = codec.aggregate([there, there]).cpu()
    assert torch.allclose(total, codec.aggregate([here, here]), atol=1e-6)


@pytest.mark.parametrize("arguments", [["--backend", "nccl"], ["--backend", "gloo"]])
def test_ranks_on_a_gpu(arguments):
    n_ranks = torch.cuda.device_count() if "nccl" in arguments else 2
    told = [*arguments, "--device", "cuda", "--windows", "2", "--inner", "5"]
    ended = launch(told, n_ranks)
    assert [one.status for one in ended] == [0] * n_ranks, ended
    assert len({json.loads(one.text)["weights"] for one in ended}) == 1
