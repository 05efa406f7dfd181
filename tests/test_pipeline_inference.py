"""The optimistic answer of the pipeline: an honest claim stands, a false one costs its bond."""

import copy
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aicrypto.opml import machine
from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.stages import inference
from aicrypto.pipeline.state import Options, State, begin
from aicrypto.zkml import CommittedModel, Network, commit


def small_network(seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    sizes, layers = (12, 8, 5), []
    for n_in, n_out in pairwise(sizes):
        weights = rng.integers(-90, 90, (n_out, n_in)).tolist()
        layers.append({"W": weights, "b": rng.integers(-99, 99, n_out).tolist(), "shift": 7})
    return Network.from_integers(layers)


NETWORK = small_network()
X = torch.randint(-127, 128, (4, 12), generator=torch.Generator().manual_seed(1)).to(torch.int8)


def state_before(folder: Path, tamper: str | None) -> State:
    state = begin(Options(tamper=tamper), folder, lambda done, total: None)
    state.products[CommittedModel] = commit(NETWORK)
    logits = NETWORK.run(X).logits
    state.evidence["prove"] = {"x": X.tolist(), "logits": logits.tolist()}
    state.evidence["quantise"] = {"network": NETWORK.to_bytes().hex()}
    return state


def published(after: State) -> dict[str, Any]:
    return dict(after.receipts[-1].facts)


def test_machine_and_network_give_the_same_integers() -> None:
    for row, logits in zip(X, NETWORK.run(X).logits, strict=True):
        run = machine.run(inference.machine_image(NETWORK, row.numpy()))
        assert inference.logits_of(run) == logits.tolist()


def test_an_honest_claim_becomes_final(tmp_path: Path) -> None:
    before = state_before(tmp_path, None)
    after = inference.run(before)
    facts = published(after)
    assert facts["claim"] == "final"
    inference.check_on_chain(after.chain, {"inference": facts})
    funds = after.chain.balance(after.chain.account("coordinator"))
    assert funds == 1_000 * 10**18, "the bond is back"


def test_a_false_claim_is_caught_and_the_bond_pays(tmp_path: Path) -> None:
    after = inference.run(state_before(tmp_path, "inference"))
    facts = published(after)
    assert facts["claim"] == "rejected"
    assert "the liar's bond went to the watcher" in after.receipts[-1].claim
    inference.check_on_chain(after.chain, {"inference": facts})
    assert after.chain.balance(after.chain.account("watcher")) == 1_001 * 10**18
    assert after.chain.balance(after.chain.account("coordinator")) == 999 * 10**18


CHANGES = {
    "another page": ("x", [0] * 12),
    "another answer": ("logits", [1, 2, 3, 4, 5]),
    "another final state": ("final", "00" * 32),
    "another length": ("steps", 5),
    "another fate": ("claim", "rejected"),
    "no integer": ("gas", "many"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_evidence_shows_something_else(name: str, tmp_path: Path) -> None:
    before = state_before(tmp_path, None)
    after = inference.run(before)
    evidence = copy.deepcopy(after.evidence["inference"])
    field, value = CHANGES[name]
    evidence[field] = value
    with pytest.raises(files.Refused):
        inference.conclude(evidence, {}, files.Inputs(after.evidence.get))


@pytest.mark.parametrize(
    ("field", "value"),
    [("claim", "rejected"), ("final", "00" * 32), ("contract", "0x" + "11" * 20)],
)
def test_the_chain_is_asked(field: str, value: str, tmp_path: Path) -> None:
    after = inference.run(state_before(tmp_path, None))
    facts = published(after) | {field: value}
    with pytest.raises((files.Refused, ValueError)):
        inference.check_on_chain(after.chain, {"inference": facts})


def test_a_shift_that_the_program_cannot_express_is_refused() -> None:
    layers = [{"W": [[1]], "b": [0], "shift": 2}, {"W": [[1]], "b": [0], "shift": 2}]
    with pytest.raises(ValueError, match="shift 1"):
        inference.machine_image(Network.from_integers(layers), np.zeros(1, np.int8))
