"""The float engine stays within one unit of u16 of the exact one, on CPU and on CUDA alike."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from aicrypto.subnet import yuma
from aicrypto.subnet.yuma import Neurons, Rows, Rules, batch
from aicrypto.subnet.yuma.batch import Batch, Settings, batch_epoch

RULES = {
    "classic": Rules(),
    "half penalty": Rules(bonds_penalty=30000),
    "yuma3": Rules(yuma3=True, bonds_penalty=0),
    "yuma3 penalty": Rules(yuma3=True),
    "liquid": Rules(yuma3=True, liquid_alpha=True, bonds_penalty=0),
    "liquid clipped": Rules(yuma3=True, liquid_alpha=True),
    "liquid between": Rules(yuma3=True, liquid_alpha=True, bonds_penalty=20000),
    "kappa": Rules(kappa=52000),
}
N, N_VALIDATORS, N_SUBNETS, N_EPOCHS = 24, 7, 12, 6


def random_subnet(rng: np.random.Generator) -> Neurons:
    permits = tuple(uid < N_VALIDATORS for uid in range(N))
    stake = tuple(int(rng.integers(1, 10**15)) if permit else 0 for permit in permits)
    return replace(Neurons.fresh(stake, permits), last_update=(1000,) * N)


def random_weights(rng: np.random.Generator) -> Rows:
    density = rng.uniform(0.2, 1)
    rows = [
        [[uid, int(w) if rng.random() < density else 0] for uid, w in enumerate(row) if uid != own]
        for own, row in enumerate(rng.integers(0, 65536, (N_VALIDATORS, N)))
    ]
    return Rows.of(rows + [[] for _ in range(N - N_VALIDATORS)])


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_within_one_unit_of_the_exact_engine(rules: Rules) -> None:
    rng = np.random.default_rng(5)
    rules = replace(rules, max_allowed_validators=N_VALIDATORS)
    subnets = [random_subnet(rng) for _ in range(N_SUBNETS)]
    worst = 0.0
    for number in range(N_EPOCHS):
        if number % 2 == 0:
            subnets = [replace(s, weights=random_weights(rng)) for s in subnets]
        got = batch_epoch(Batch.of(subnets, N_VALIDATORS), Settings.of(rules))
        results = [yuma.epoch(s, rules, 1360 + 360 * number, 10**9) for s in subnets]
        for name in ("consensus", "incentive", "dividends", "trust"):
            exact_name = "validator_trust" if name == "trust" else name
            exact = torch.tensor([getattr(r.stored, exact_name) for r in results])
            ours = torch.floor(getattr(got, name) * 65535)
            worst = max(worst, float((ours - exact[:, : ours.shape[1]]).abs().max()))
        subnets = [yuma.after(s, r) for s, r in zip(subnets, results, strict=True)]
        bonds = Batch.of(subnets, N_VALIDATORS).bonds
        worst = max(worst, float((got.bonds - bonds).abs().max()) * 65535)
    assert worst < 1.0001


def test_bonds_passed_on_in_floats_stay_close() -> None:
    rng = np.random.default_rng(6)
    rules = Rules(max_allowed_validators=N_VALIDATORS)
    subnets = [replace(random_subnet(rng), weights=random_weights(rng)) for _ in range(4)]
    state = Batch.of(subnets, N_VALIDATORS)
    for number in range(10):
        got = batch_epoch(state, Settings.of(rules))
        state = replace(state, bonds=got.bonds)
        results = [yuma.epoch(s, rules, 1360 + 360 * number, 10**9) for s in subnets]
        subnets = [yuma.after(s, r) for s, r in zip(subnets, results, strict=True)]
    exact = torch.tensor([r.stored.dividends[:N_VALIDATORS] for r in results])
    assert (torch.floor(got.dividends * 65535) - exact).abs().max() <= 2


def test_a_batch_equals_its_subnets_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    subnets = [replace(random_subnet(rng), weights=random_weights(rng)) for _ in range(5)]
    whole = batch_epoch(Batch.of(subnets, N_VALIDATORS), Settings())
    monkeypatch.setattr(batch, "CACHE_NUMBERS", 1)
    for at, subnet in enumerate(subnets):
        alone = batch_epoch(Batch.of([subnet], N_VALIDATORS), Settings())
        assert torch.equal(alone.bonds[0], whole.bonds[at])
        assert torch.equal(alone.dividends[0], whole.dividends[at])


def test_settings_may_differ_by_subnet() -> None:
    rng = np.random.default_rng(8)
    subnet = replace(random_subnet(rng), weights=random_weights(rng))
    sweep = torch.linspace(0.05, 0.95, 5, dtype=torch.float64)
    got = batch_epoch(Batch.of([subnet] * 5, N_VALIDATORS), Settings(kappa=sweep))
    assert (got.consensus.diff(dim=0) <= 0).all(), "the more must support it, the lower the limit"
    assert got.consensus[0].sum() > got.consensus[-1].sum()


def test_nobody_active_earns_nothing() -> None:
    batch_of_none = Batch(
        torch.ones(2, 3), torch.ones(2, 2, 3), torch.zeros(2, 2, 3), torch.zeros(2, 2).bool()
    )
    got = batch_epoch(batch_of_none, Settings())
    assert not got.incentive.any()
    assert not got.dividends.any()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")
def test_cuda_is_the_same_code() -> None:
    rng = np.random.default_rng(9)
    subnets = [replace(random_subnet(rng), weights=random_weights(rng)) for _ in range(8)]
    here, there = (
        batch_epoch(Batch.of(subnets, N_VALIDATORS, device), Settings())
        for device in ("cpu", "cuda")
    )
    assert torch.allclose(here.dividends, there.dividends.cpu(), atol=1e-9)
