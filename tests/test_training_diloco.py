"""Rare communication: identities with plain training, and torch's own optimisers as witnesses."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.training.diloco import (
    FED_AVG,
    AdamW,
    Moments,
    Outer,
    Sgd,
    average,
    inner_steps,
    outer_step,
    train,
)
from aicrypto.training.layout import Layout


def worker(seed):
    a, b = (torch.randn(*s, dtype=torch.float64, generator=_g(seed)) for s in ((7, 3), (7,)))
    return lambda theta, _: a.T @ (a @ theta - b) / len(b)


def _g(seed):
    return torch.Generator().manual_seed(seed)


THETA = torch.ones(3, dtype=torch.float64)


def last(thetas):
    return list(thetas)[-1]


def test_one_inner_step_of_descent_is_data_parallel_training():
    workers, theta = [worker(i) for i in range(4)], THETA
    for _ in range(10):
        theta = theta - 0.1 * torch.stack([w(theta, 0) for w in workers]).mean(0)
    together = last(train(THETA, workers, 1, 10, Sgd(0.1), FED_AVG))
    assert torch.allclose(together, theta, rtol=0, atol=1e-12)


def test_with_adamw_it_is_not():
    workers = [worker(i) for i in range(4)]

    def everybody(theta, step):
        return torch.stack([w(theta, step) for w in workers]).mean(0)

    one = last(train(THETA, [everybody], 1, 10, AdamW(0.1), FED_AVG))
    assert not torch.allclose(
        one, last(train(THETA, workers, 1, 10, AdamW(0.1), FED_AVG)), atol=1e-3
    )


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adamw_is_torchs(decay):
    gradient, theta = worker(1), THETA.clone().requires_grad_()
    theirs = torch.optim.AdamW([theta], lr=0.02, betas=(0.9, 0.95), weight_decay=decay)
    for step in range(30):
        theta.grad = gradient(theta.detach(), step)
        theirs.step()
    ours, _ = inner_steps(
        THETA, gradient, 30, AdamW(0.02, weight_decay=decay), Moments.fresh(THETA)
    )
    assert torch.allclose(ours, theta.detach(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("nesterov", [True, False])
def test_outer_step_is_torchs_sgd(nesterov):
    theta, velocity = THETA, torch.zeros(3, dtype=torch.float64)
    peer = THETA.clone().requires_grad_()
    theirs = torch.optim.SGD([peer], lr=0.7, momentum=0.9, nesterov=nesterov)
    for i in range(5):
        d = torch.randn(3, dtype=torch.float64, generator=_g(i))
        theta, velocity = outer_step(theta, d, velocity, Outer(0.7, 0.9, nesterov))
        peer.grad = d
        theirs.step()
    assert torch.allclose(theta, peer.detach(), rtol=0, atol=1e-12)


def test_the_inner_state_stays_with_its_worker():
    """Two halves of a life give what one whole gives."""
    rule, gradient = AdamW(0.05), worker(2)
    half, memory = inner_steps(THETA, gradient, 5, rule, Moments.fresh(THETA))
    assert memory.step == 5
    both, _ = inner_steps(half, gradient, 5, rule, memory)
    whole, _ = inner_steps(THETA, gradient, 10, rule, Moments.fresh(THETA))
    assert torch.equal(both, whole)
    reset, _ = inner_steps(half, gradient, 5, rule, Moments.fresh(THETA))
    assert not torch.equal(reset, whole)


def test_fed_avg_weighs_by_samples():
    a, b = torch.tensor([0.0, 0.0]), torch.tensor([3.0, 6.0])
    assert average([a, b], [2, 1]).tolist() == [1.0, 2.0]
    for weights in ([1], [0, 0], [2, -1]):
        with pytest.raises(ValueError, match="weights"):
            average([a, b], weights)
    with pytest.raises(ValueError, match="nothing to average"):
        average([])


def test_refusals():
    with pytest.raises(ValueError, match="n_steps is 0"):
        inner_steps(THETA, worker(0), 0, Sgd(0.1), Moments.fresh(THETA))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=2), min_size=1, max_size=4))
def test_layout_joins_what_it_splits(shapes):
    layout = Layout(tuple((str(i), tuple(s)) for i, s in enumerate(shapes)))
    vector = torch.arange(float(layout.size))
    assert torch.equal(layout.join(layout.split(vector)), vector)
    with pytest.raises(ValueError, match="vector has shape"):
        layout.split(torch.zeros(layout.size + 1))
    with pytest.raises(ValueError, match="do not fit"):
        layout.join({**layout.split(vector), "more": vector})
