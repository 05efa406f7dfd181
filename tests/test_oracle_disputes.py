"""Honest and dishonest nodes before the court: who answers, who doubts, who is paid."""

import random

import numpy as np
import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Reverted
from aicrypto.opml.code import Layer
from aicrypto.opml.code.network import accumulate, rescale
from aicrypto.opml.games import Challenger, Fault, SilentChallenger, lie
from aicrypto.opml.machine import MODEL
from aicrypto.oracle import (
    MachineModel,
    Node,
    Unanswerable,
    deploy_blueprint,
    deploy_oracle,
    dispute,
    game_terms,
    open_case,
    outputs_of,
    pixels_of,
    prompt_of,
    requests_of,
    shown_output,
    train_painter,
)
from aicrypto.oracle.painter import FIRST_LETTER, N_PIXELS
from tests.oracle_models import DAY, TERMS, World, flipped_output, small_model, weakened, world

DATA = bytes(range(8))


def node(w: World, name: str) -> Node:
    return Node(w.oracle.contract, w.who(name), [w.model], w.oracle.library)


def refusal(call, *arguments, **settings) -> str:
    with pytest.raises(Reverted) as caught:
        call(*arguments, **settings)
    return caught.value.reason


def answered(w: World, output: bytes | None = None, by: str = "liar"):
    """A request that somebody answered, falsely unless an output is given."""
    number = w.ask(DATA)
    [request] = [r for r in requests_of(w.oracle.contract) if r.number == number]
    node(w, by).send(request, output or w.model.answer(DATA)[:-1] + b"\x7f")
    return request


# Models and start states


@pytest.mark.parametrize("n_in", [1, 27, 28, 29, 60, 255, 256, 508])
def test_the_court_computes_the_start_of_every_input(n_in: int) -> None:
    w = world()
    layer = Layer(np.ones((2, n_in), np.int8), np.zeros(2, np.int32))
    model = MachineModel("tests/sum", [layer])
    data = random.Random(n_in).randbytes(n_in)
    assert w.court.start_of(data, model.siblings) == model.image(data).start.hash
    assert model.program_hash == keccak256(b"".join(model.siblings))


def test_model_and_machine_give_the_same_bytes() -> None:
    model = small_model()
    assert shown_output(model.run(DATA))[0] == model.answer(DATA)
    with pytest.raises(Unanswerable, match="must have 8"):
        model.answer(b"short")
    with pytest.raises(ValueError, match="must have <= 508"):
        MachineModel("tests/large", [_wide_layer()])


def _wide_layer():
    return Layer(np.zeros((1, 509), np.int8), np.zeros(1, np.int32))


# Nodes


def test_a_node_answers_once_and_goes_on_after_a_restart() -> None:
    w = world()
    numbers = [w.ask(bytes([i]) * 8) for i in range(4)]
    first = node(w, "server")
    assert [reply.request.number for reply in first.work(limit=2)] == numbers[:2]
    del first  # it stops in the middle; the next one knows the chain alone
    again = node(w, "server")
    assert [reply.request.number for reply in again.work()] == numbers[2:]
    assert node(w, "server").work() == []
    assert [len(outputs_of(w.oracle.contract, number)) for number in numbers] == [1, 1, 1, 1]


def test_a_node_that_is_not_admitted_and_a_model_that_it_lacks() -> None:
    w = world()
    w.ask(DATA)
    with pytest.raises(Reverted, match="Address not whitelisted"):
        node(w, "stranger").work()
    without = Node(w.oracle.contract, w.who("server"), [], w.oracle.library)
    assert without.work() == []
    [request] = requests_of(w.oracle.contract)
    with pytest.raises(ValueError, match="no program of the machine"):
        without.defend(request)


# Disputes


def test_a_false_answer_is_overturned_and_its_defender_pays() -> None:
    w = world()
    request = answered(w)
    honest = node(w, "server")
    assert honest.doubt() == [request]
    assert node(w, "liar").doubt() == [request]  # it knows
    true = w.model.run(DATA)
    false = lie(true, Fault("mem", at=true.n_steps // 2, addr=MODEL + 120, xor=64))
    case = open_case(w.court, TERMS, w.model, request, true, "server")
    ruling = dispute(case, "server", [Challenger("liar", false)])
    assert ruling.is_overturned
    assert ruling.settlement.claim == "final"
    assert ruling.settlement.games[0].located
    won = TERMS.proposer_bond_wei + TERMS.challenger_bond_wei
    assert ruling.settlement.credits_wei == {"server": won}
    output = w.model.answer(DATA)
    assert w.oracle.contract.getOutputHash(request.number) == keccak256(output)
    assert not w.oracle.contract.isFinalized(request.number)  # a new window
    w.oracle.contract.updateResult(request.number, output, sender=w.who("anybody"))
    assert [e.arguments["output"] for e in w.probe.events("Answered")][-1] == output
    w.chain.warp(DAY)
    assert w.oracle.contract.isFinalized(request.number)
    assert honest.doubt() == []


def test_nobody_needs_to_defend_a_lie_for_it_to_fall() -> None:
    w = world()
    request = answered(w)
    case = open_case(w.court, TERMS, w.model, request, w.model.run(DATA), "server")
    assert dispute(case, "server", []).is_overturned


def test_a_false_claim_against_a_true_answer_costs_its_bond() -> None:
    w = world()
    request = answered(w, w.model.answer(DATA), "server")
    false = flipped_output(w.model.run(DATA))
    case = open_case(w.court, TERMS, w.model, request, false, "liar")
    ruling = dispute(case, "liar", [node(w, "server").defend(request)])
    assert not ruling.is_overturned
    assert ruling.settlement.claim == "rejected"
    assert set(ruling.settlement.credits_wei) == {"server"}
    w.chain.warp(DAY)
    assert w.oracle.contract.isFinalized(request.number)
    assert w.oracle.contract.getOutputHash(request.number) == keccak256(w.model.answer(DATA))


def test_a_result_is_not_final_while_a_claim_is_pending() -> None:
    w = world()
    request = answered(w)
    true = w.model.run(DATA)
    w.chain.warp(DAY - 3600)
    case = open_case(w.court, TERMS, w.model, request, true, "server")
    now, steps = w.chain.timestamp, true.n_steps
    case.propose("server", now, 10**18, case.terms.s0, steps, true.final)
    w.chain.warp(DAY // 3)
    assert w.oracle.library.deadline(request.number) < w.chain.timestamp
    assert not w.oracle.contract.isFinalized(request.number)
    game = case.contract
    anybody = w.who("anybody")
    assert refusal(w.court.close, game, sender=anybody) == "StillOpen"
    assert refusal(w.court.hold, game, sender=anybody) == "AlreadyHeld"
    w.chain.warp(DAY // 4)
    game.finalize(sender=anybody)
    w.court.close(game, sender=anybody)
    assert w.oracle.contract.getOutputHash(request.number) == keccak256(w.model.answer(DATA))


def test_what_holds_nothing_up() -> None:
    w = world()
    request = answered(w, w.model.answer(DATA), "server")
    eve = w.who("eve")
    true = w.model.run(DATA)
    same = open_case(w.court, TERMS, w.model, request, true, "eve")
    assert refusal(w.court.hold, same.contract, sender=eve) == "NoClaim"
    with pytest.raises(Reverted, match="SameOutput"):
        dispute(same, "eve", [])
    assert refusal(w.court.hold, eve, sender=eve) == "NoSuchGame"
    assert refusal(w.court.close, same.contract, sender=eve) == "NotHeld"
    asked = request.number, w.model.number, DATA
    assert (
        refusal(w.court.open, *asked[:2], b"another", w.model.siblings, sender=eve) == "WrongTask"
    )
    siblings = [bytes(32), *w.model.siblings[1:]]
    assert refusal(w.court.open, *asked, siblings, sender=eve) == "WrongProgram"
    assert refusal(w.court.register, 5, bytes(32), sender=eve) == "NotOwner"
    again = refusal(w.court.register, w.model.number, bytes(32), sender=w.who("owner"))
    assert again == "AlreadyRegistered"
    w.chain.warp(DAY)
    late = open_case(w.court, TERMS, w.model, request, flipped_output(true), "eve")
    with pytest.raises(Reverted, match="AlreadyFinal"):
        dispute(late, "eve", [])


def test_a_court_that_holds_for_any_claim_is_stalled_for_free() -> None:
    """Without the rule against one's own output, a true claim stalls the result free of risk."""
    changes = ('    assert keccak256(output) != known, "SameOutput"\n', "")
    w = world()
    weak = weakened("OpmlCourt", changes)
    owner = w.who("owner")
    oracle = deploy_oracle(w.chain, owner, DAY)
    oracle.admit(w.who("server"))
    oracle.register(w.model.number)
    arbiter = w.chain.deploy("OneStep", sender=owner)
    game = deploy_blueprint(w.chain, "DisputeGame", owner)
    court = w.chain.deploy(weak, oracle.library, game, arbiter, game_terms(TERMS), sender=owner)
    oracle.appoint(w.model.number, court)
    court.register(w.model.number, w.model.program_hash, sender=owner)
    stalled = World(w.chain, oracle, w.model, court, w.probe)
    number = oracle.contract.requestCallback(
        w.model.number, DATA, w.probe, 500_000, b"", sender=w.who("user")
    )
    [request] = requests_of(oracle.contract)
    node(stalled, "server").work()
    case = open_case(court, TERMS, w.model, request, w.model.run(DATA), "eve")
    true = w.model.run(DATA)
    w.chain.warp(DAY - 60)
    case.propose("eve", w.chain.timestamp, 10**18, case.terms.s0, true.n_steps, true.final)
    w.chain.warp(120)
    assert not oracle.contract.isFinalized(number)  # and nobody can take eve's bond


def test_a_silent_challenger_does_not_save_a_lie() -> None:
    w = world()
    request = answered(w)
    case = open_case(w.court, TERMS, w.model, request, w.model.run(DATA), "server")
    ruling = dispute(case, "server", [SilentChallenger("liar", w.model.run(DATA))])
    assert ruling.is_overturned


# The painter


@pytest.fixture(scope="module")
def painter() -> MachineModel:
    import torch

    torch.set_num_threads(1)
    data = np.load("data/digits.npz")
    layers = train_painter(data["images"][:400], data["labels"][:400], epochs=12)
    return MachineModel("aicrypto/painter", layers)


def test_training_a_painter_leaves_the_dice_alone() -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    data = np.load("data/digits.npz")
    one, again = (train_painter(data["images"][:64], data["labels"][:64], 1) for _ in range(2))
    assert torch.equal(torch.rand(3), expected)
    assert all((a.weights == b.weights).all() for a, b in zip(one, again, strict=True))


def test_the_painter_draws_the_same_image_everywhere(painter: MachineModel) -> None:
    prompt = prompt_of(7, "kitten")
    output = painter.answer(prompt)
    assert shown_output(painter.run(prompt))[0] == output
    image = pixels_of(output)
    assert image.shape == (8, 8)
    assert image.max() > 8
    assert (pixels_of(painter.answer(prompt_of(1, "kitten"))) != image).any()
    assert (pixels_of(painter.answer(prompt_of(7, "puppet"))) != image).any()


def test_the_painter_reads_digits_and_letters_exactly(painter: MachineModel) -> None:
    for digit in range(10):
        prompt = np.frombuffer(prompt_of(digit, "amz" + "b" * 3), np.int8)
        first = rescale(accumulate(painter.layers[0], prompt), painter.layers[0])
        second = rescale(accumulate(painter.layers[1], first), painter.layers[1])
        assert second[:10].tolist() == [126 * (k == digit) for k in range(10)]
        assert second[10:].tolist() == [5 * (ord(c) - FIRST_LETTER) for c in "amzbbb"]
    with pytest.raises(ValueError, match="style is 'two'"):
        prompt_of(3, "two")
    with pytest.raises(ValueError, match="digit is 10"):
        prompt_of(10, "kitten")
    with pytest.raises(ValueError, match=f"must have {4 * N_PIXELS}"):
        pixels_of(b"")


def test_one_changed_pixel_of_a_painting_is_overturned(painter: MachineModel) -> None:
    w = world(painter)
    prompt = prompt_of(4, "window")
    number = w.ask(prompt)
    [request] = requests_of(w.oracle.contract)
    output = bytearray(painter.answer(prompt))
    output[1] ^= 4  # two grey levels of the first pixel
    node(w, "liar").send(request, bytes(output))
    case = open_case(w.court, TERMS, painter, request, painter.run(prompt), "server")
    assert dispute(case, "server", []).is_overturned
    assert w.oracle.contract.getOutputHash(number) == keccak256(painter.answer(prompt))
