"""The answer of the pipeline's oracle: paid for, final if true, overturned and fined if false."""

import copy
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import ETHER, Chain, Contract, Reverted
from aicrypto.oracle import NOBODY, Node, shown_output
from aicrypto.pipeline import Receipt
from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.stages import inference, oracle
from aicrypto.pipeline.stages.agent import BUDGET_WEI
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
OUTPUT = NETWORK.run(X).logits[0].numpy().astype("<i4").tobytes()


def state_before(folder: Path, tamper: str | None) -> State:
    state = begin(Options(tamper=tamper), folder, lambda done, total: None)
    state.products[CommittedModel] = commit(NETWORK)
    state.evidence["prove"] = {"x": X.tolist(), "logits": NETWORK.run(X).logits.tolist()}
    state.evidence["quantise"] = {"network": NETWORK.to_bytes().hex()}
    facts: dict[str, dict[str, Any]] = {
        "train": {"miners": {"ada": state.chain.account("ada").address}},
        "quantise": {"winner": "ada", "network": NETWORK.digest.hex()},
    }
    receipts = tuple(Receipt(stage, "", told, "", "", "") for stage, told in facts.items())
    return replace(state, receipts=receipts)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> State:
    return inference.run(state_before(tmp_path_factory.mktemp("honest"), None))


@pytest.fixture(scope="module")
def lied(tmp_path_factory: pytest.TempPathFactory) -> State:
    return inference.run(state_before(tmp_path_factory.mktemp("lied"), "inference"))


def facts_of(after: State) -> dict[str, Any]:
    return {receipt.stage: copy.deepcopy(receipt.facts) for receipt in after.receipts}


def earned(after: State, name: str) -> int:
    return after.chain.balance(after.chain.account(name)) - 1_000 * ETHER


def test_machine_and_network_give_the_same_integers() -> None:
    model = oracle.model_of(NETWORK)
    for row, logits in zip(X, NETWORK.run(X).logits, strict=True):
        data = row.numpy().tobytes()
        assert inference.logits_in(shown_output(model.run(data))[0]) == logits.tolist()
        assert inference.logits_in(model.answer(data)) == logits.tolist()


def test_a_true_answer_becomes_final_and_is_paid(honest: State) -> None:
    facts = facts_of(honest)
    assert facts["inference"]["answers"] == [OUTPUT.hex()]
    inference.check_on_chain(honest.chain, facts)
    fee, part = oracle.FEE_WEI, oracle.FEE_WEI * 80 // 100
    assert earned(honest, "client") == -BUDGET_WEI, "all that the agent may spend"
    left = honest.chain.balance(honest.agent.account)
    assert left == BUDGET_WEI - ETHER - fee, "the job's reward, and the fee"
    assert (earned(honest, "ada"), earned(honest, oracle.OPERATOR)) == (part, fee - part)
    assert honest.get(inference.Inference).answer == OUTPUT
    assert honest.chain.total_wei() == honest.chain.minted_wei


def test_a_false_answer_is_overturned_and_the_bond_pays(lied: State) -> None:
    facts, receipt = facts_of(lied), lied.receipts[-1]
    first, last = facts["inference"]["answers"]
    assert last == OUTPUT.hex()
    false = inference.logits_in(bytes.fromhex(first))
    assert np.argmax(false) != facts["inference"]["label"], "the lie was another class"
    assert "the liar's bond went to the watcher" in receipt.claim
    inference.check_on_chain(lied.chain, facts)
    bond = oracle.TERMS.challenger_bond_wei
    assert (earned(lied, inference.WATCHER), earned(lied, inference.NODE)) == (bond, -bond)
    assert bond > 0
    assert earned(lied, "ada") == oracle.FEE_WEI * 80 // 100
    assert lied.chain.total_wei() == lied.chain.minted_wei
    desk = lied.chain.at("AnswerDesk", facts["inference"]["contracts"]["desk"])
    told = [event.arguments["answer"].hex() for event in desk.events("Answered")]
    assert told == [first, last], "the client was called back twice"


@pytest.mark.parametrize("name", ["honest", "lied"])
def test_a_stranger_finds_the_same_on_a_replayed_chain(
    name: str, request: pytest.FixtureRequest
) -> None:
    after: State = request.getfixturevalue(name)
    inference.check_on_chain(Chain.replay(after.chain.journal), facts_of(after))


CHANGES = {
    "another page": ("x", [0] * 12, "another answer was proven"),
    "another answer": ("logits", [1, 2, 3, 4, 5], "another answer was proven"),
    "another first answer": ("first", "00" * 20, "a false answer became final"),
    "another program": ("program", "00" * 32, "another program was registered"),
    "other numbers": ("model", "00" * 32, "another program was registered"),
    "another length": ("steps", 5, "another number of steps"),
    "a dispute that never was": ("located", [3, 4], "a true answer was overturned"),
    "no interval": ("located", [3], "a true answer was overturned"),
    "no integer": ("gas", "many", "a number is no integer"),
    "no number": ("request", True, "a number is no integer"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_evidence_is_refused(name: str, honest: State) -> None:
    evidence = copy.deepcopy(honest.evidence["inference"])
    field, value, reason = CHANGES[name]
    evidence[field] = value
    with pytest.raises(files.Refused, match=reason):
        inference.conclude(evidence, facts_of(honest), files.Inputs(honest.evidence.get))


def test_an_answer_that_no_machine_gives_is_refused_without_the_proof(honest: State) -> None:
    evidence = copy.deepcopy(honest.evidence["inference"]) | {"logits": [1, 2, 3, 4, 5]}
    known = {"quantise": honest.evidence["quantise"]}
    with pytest.raises(files.Refused, match="the machine gives another answer"):
        inference.conclude(evidence, facts_of(honest), files.Inputs(known.get))


OTHER = "0x" + "11" * 20
CHAIN_CHANGES = {
    "program": ("00" * 32, "another program"),
    "request": (7, "asks something else"),
    "client": (OTHER, "another client asked"),
    "input_hash": ("00" * 32, "asks something else"),
    "answers": (["00" * 20], "announced other answers"),
    "located": ([3, 4], "the court says otherwise"),
    "maker": (OTHER, "the operator did something else"),
    "model": ("00" * 32, "the operator did something else"),
}


@pytest.mark.parametrize("field", CHAIN_CHANGES)
def test_the_chain_is_asked(field: str, honest: State) -> None:
    facts = facts_of(honest)
    value, reason = CHAIN_CHANGES[field]
    facts["inference"][field] = value
    with pytest.raises(files.Refused, match=reason):
        inference.check_on_chain(honest.chain, facts)


@pytest.mark.parametrize("field", ["located", "steps"])
def test_the_chain_is_asked_which_step_decided(field: str, lied: State) -> None:
    facts = facts_of(lied)
    facts["inference"][field] = {"located": [3, 4], "steps": 5}[field]
    with pytest.raises(files.Refused, match="another step"):
        inference.check_on_chain(lied.chain, facts)


@pytest.mark.parametrize("key", ["library", "oracle", "arbiter", "game", "court", "desk"])
def test_every_contract_must_be_the_librarys(key: str, honest: State) -> None:
    facts = facts_of(honest)
    facts["inference"]["contracts"][key] = honest.job.contract.address
    with pytest.raises(files.Refused, match="not"):
        inference.check_on_chain(honest.chain, facts)


def test_an_operator_who_keeps_the_makers_share_is_seen(honest: State) -> None:
    """He lowers the price for the time of the request, and raises it again."""
    chain, model = Chain(), oracle.model_of(NETWORK)
    maker, server, client = (chain.account(name) for name in ("ada", inference.NODE, "client"))
    standing = oracle.stand(chain, model, maker, server, client)
    contract, operator = standing.oracle.contract, standing.oracle.owner
    contract.setModelFee(model.number, 0, sender=operator)
    question = X[0].numpy().tobytes()
    request = standing.desk.ask(question, sender=client, value=oracle.FEE_WEI)
    inference.answer(standing, model, server, model.run(question))
    contract.setModelFee(model.number, oracle.FEE_WEI, sender=operator)
    chain.warp(oracle.WINDOW_S)
    contract.withdraw(NOBODY, sender=operator)
    assert chain.balance(maker) == 1_000 * ETHER, "nothing came to the maker"
    facts = facts_of(honest)
    asked = {"contracts": standing.addresses, "request": request, "client": client.address}
    facts["inference"] |= asked
    facts["inference"]["maker"] = maker.address
    with pytest.raises(files.Refused, match="the operator did something else"):
        inference.check_on_chain(chain, facts)


def test_a_node_that_lets_the_client_wait_is_seen(honest: State) -> None:
    chain, model = Chain(), oracle.model_of(NETWORK)
    maker, server, client = (chain.account(name) for name in ("ada", inference.NODE, "client"))
    standing = oracle.stand(chain, model, maker, server, client)
    question = X[0].numpy().tobytes()
    request = standing.desk.ask(question, sender=client, value=oracle.FEE_WEI)
    chain.warp(60)
    inference.answer(standing, model, server, model.run(question))
    chain.warp(oracle.WINDOW_S)
    oracle.pay_out(standing, model.number)
    facts = facts_of(honest)
    asked = {"contracts": standing.addresses, "request": request, "client": client.address}
    facts["inference"] |= asked
    with pytest.raises(files.Refused, match="the answer came later"):
        inference.check_on_chain(chain, facts)


def test_another_network_is_another_model_at_the_oracle(honest: State) -> None:
    facts = facts_of(honest)
    facts["quantise"]["network"] = small_network(1).digest.hex()
    with pytest.raises(files.Refused, match="desk is not the library's AnswerDesk"):
        inference.check_on_chain(honest.chain, facts)


def test_a_shift_that_the_program_cannot_express_is_refused() -> None:
    layers = [{"W": [[1]], "b": [0], "shift": 2}, {"W": [[1]], "b": [0], "shift": 2}]
    with pytest.raises(ValueError, match="shift 1"):
        oracle.model_of(Network.from_integers(layers))


# The client's contract


@pytest.fixture
def asked() -> tuple[oracle.Standing, int, Node]:
    """A question that nobody has answered, and a node that could."""
    chain, model = Chain(), oracle.model_of(NETWORK)
    maker, server, client = (chain.account(name) for name in ("ada", "server", "client"))
    standing = oracle.stand(chain, model, maker, server, client)
    request = standing.desk.ask(X[0].numpy().tobytes(), sender=client, value=oracle.FEE_WEI)
    node = Node(standing.oracle.contract, server, [model], standing.oracle.library)
    return standing, request, node


def refusal(call: Callable[..., Any], *arguments: Any, **settings: Any) -> str:
    with pytest.raises(Reverted) as caught:
        call(*arguments, **settings)
    return caught.value.reason


def test_an_answer_counts_only_when_it_is_final(asked: tuple[oracle.Standing, int, Node]) -> None:
    standing, request, node = asked
    desk, chain = standing.desk, standing.oracle.chain
    assert refusal(desk.final_answer, request) == "no answer"
    node.work()
    assert desk.answers(request) == OUTPUT
    chain.warp(oracle.WINDOW_S - 1)
    assert refusal(desk.final_answer, request) == "not finalized"
    chain.warp(1)
    assert desk.final_answer(request) == OUTPUT
    with pytest.raises(Reverted, match="insufficient fee"):
        desk.ask(b"x", sender=chain.account("client"), value=oracle.FEE_WEI - 1)


def test_an_overturned_answer_is_not_given_out(asked: tuple[oracle.Standing, int, Node]) -> None:
    """Even if nobody has called back with the true one yet."""
    standing, request, node = asked
    chain, model = standing.oracle.chain, oracle.model_of(NETWORK)
    claimed = inference.lie(model, model.run(X[0].numpy().tobytes()))
    first = inference.answer(standing, model, node.account, claimed)
    contract = ContractWithoutUpdate(standing.oracle.contract)
    careless = replace(standing, oracle=replace(standing.oracle, contract=contract))
    assert inference.watch(careless, model, chain.account("watcher"), claimed) is not None
    chain.warp(oracle.WINDOW_S)
    assert standing.oracle.contract.getOutputHash(request) == keccak256(OUTPUT)
    assert standing.desk.answers(request) == first
    assert refusal(standing.desk.final_answer, request) == "overturned"


class ContractWithoutUpdate(Contract):
    """An oracle as a watcher sees it who forgets to call back."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract.chain, contract.address, contract.interface)

    def updateResult(self, *_: Any, **__: Any) -> None:  # noqa: N802, the contract's name
        """Nothing."""


def test_nobody_else_can_bring_the_desk_an_answer(asked: tuple[oracle.Standing, int, Node]) -> None:
    standing, request, node = asked
    desk, eve = standing.desk, standing.oracle.chain.account("eve")
    assert refusal(desk.aiOracleCallback, request, b"x", b"", sender=eve) == "only oracle"
    assert refusal(desk.aiOracleCallbackError, request, 0, b"x", b"", sender=eve) == "only oracle"
    number = oracle.model_of(NETWORK).number
    asked_by_eve = number, X[1].numpy().tobytes(), desk, 500_000, b""
    other = standing.oracle.contract.requestCallback(
        *asked_by_eve, sender=eve, value=oracle.FEE_WEI
    )
    replies = {reply.request.number: reply.how for reply in node.work()}
    assert replies == {request: "answered", other: "recorded"}, "her callback fails at the desk"
    assert desk.answers(other) == b""


def test_a_question_without_an_answer_is_announced(
    asked: tuple[oracle.Standing, int, Node],
) -> None:
    standing, _, node = asked
    client = standing.oracle.chain.account("client")
    request = standing.desk.ask(b"short", sender=client, value=oracle.FEE_WEI)
    assert [reply.how for reply in node.work()] == ["answered", "refused"]
    [event] = standing.desk.events("Refused")
    assert (event.arguments["request"], event.arguments["code"]) == (request, 0)
