"""opp/ai: a network in two parts, and what it takes to steal the private one."""

import dataclasses

import numpy as np
import pytest

from aicrypto.opml import code, machine
from aicrypto.opml.games import Challenger, Fault, Proposer, Terms, lie, play
from aicrypto.opml.games import Referee as GameReferee
from aicrypto.oracle.split import (
    Answer,
    Split,
    UnprovenMiddle,
    answer_of,
    choose_split,
    distil,
    is_proven,
    output_for,
    queries_needed,
    recover_behind,
    recover_layer,
    split_costs,
    start_of,
)
from aicrypto.zkml import hidden
from tests.oracle_models import random_network

NETWORK = random_network((10, 14, 12, 8, 5), seed=2)
X = bytes(range(20, 30))
SEEDS = (b"weights" * 5, b"proof" * 7)
Answered = tuple[Split, object, hidden.HiddenModel, Answer]


def answered(is_private_first: bool) -> Answered:
    split = Split(NETWORK, 2, is_private_first)
    owner = hidden.commit(split.private, SEEDS[0])
    public = split.publish([owner.commitment])
    return split, public, owner, answer_of(split, public, owner, X, SEEDS[1])


@pytest.fixture(scope="module", params=[False, True], ids=["private last", "private first"])
def both(request) -> Answered:
    return answered(request.param)


def outputs_in(image: machine.Image) -> tuple[int, ...]:
    run = machine.run(image)
    return tuple(map(int, np.frombuffer(machine.output_of(run.tree(run.n_steps)), "<i4")))


def test_both_parts_together_are_the_network(both: Answered) -> None:
    _, public, _, answer = both
    whole = NETWORK.run(np.frombuffer(X, np.int8)[None].astype(int)).logits[0]
    assert list(answer.logits) == whole.tolist()
    assert is_proven(public, answer)
    shown = answer.logits if public.is_private_first else answer.middle
    assert outputs_in(start_of(public, answer)) == shown


def test_a_proof_about_other_numbers_starts_no_dispute(both: Answered) -> None:
    _, public, _, answer = both
    scale = 1 << public.shift
    changes = {
        "middle": tuple(value + 3 * scale for value in answer.middle),
        "logits": (answer.logits[0] + 1, *answer.logits[1:]),
        "x": bytes([answer.x[0] + 1]) + answer.x[1:],
        "query": 1,
        "proof": answer.proof[:-1] + bytes([answer.proof[-1] ^ 1]),
    }
    proven = {"query", "proof", "middle", "x" if public.is_private_first else "logits"}
    for field, value in changes.items():
        false = dataclasses.replace(answer, **{field: value})
        assert is_proven(public, false) == (field not in proven)
        if field in proven:
            with pytest.raises(UnprovenMiddle):
                start_of(public, false)


def test_a_lie_about_the_public_part_is_found_by_bisection(both: Answered) -> None:
    _, public, _, answer = both
    image = start_of(public, answer)
    true = machine.run(image)
    false = lie(true, Fault("mem", at=true.n_steps // 2, addr=machine.MODEL + 100, xor=64))
    court = GameReferee(Terms(image.start.hash))
    settled = play(court, Proposer("liar", false), [Challenger("anybody", true)])
    assert settled.claim == "rejected"


def test_a_submitter_that_swaps_the_middle_wins_where_nobody_asks_for_the_proof() -> None:
    _, public, _, answer = answered(is_private_first=True)
    middle = (answer.middle[0] + (40 << public.shift), *answer.middle[1:])
    data = np.frombuffer(output_for(public, middle), np.int8)
    trusting = code.image_of(public.layers, data)  # a start that the submitter may choose
    logits = outputs_in(trusting)
    assert logits != answer.logits  # and no instruction of that run is wrong
    false = dataclasses.replace(answer, middle=middle, logits=logits)
    with pytest.raises(UnprovenMiddle):
        start_of(public, false)


def test_no_private_weight_is_published(both: Answered) -> None:
    split, public, owner, answer = both
    published = answer.proof + repr((answer.middle, answer.logits, public.commitments)).encode()
    for layer in split.private.layers:
        for row in layer.weights.numpy().astype(np.int8):
            assert row.tobytes() not in published
            assert row[:4].tobytes() not in published
            assert row.astype("<i8").tobytes()[:16] not in published
    for layer in public.layers:  # the search does find what is there
        data = b"".join(part.weights.tobytes() for part in public.layers)
        assert layer.weights[0].tobytes() in data
    assert owner.commitment in public.commitments


def test_cuts_that_do_not_exist() -> None:
    for n_private in (1, 4, 5):
        with pytest.raises(ValueError, match=f"n_private is {n_private}"):
            Split(NETWORK, n_private)
    with pytest.raises(ValueError, match="public shifts are"):
        Split(random_network((4, 5, 6, 7, 3), shift=2), 2)


def test_more_private_layers_cost_more_proof_and_less_dispute() -> None:
    rows = split_costs(NETWORK)
    assert [row.n_private for row in rows] == [2, 3]
    assert rows[0].private_weights < rows[1].private_weights
    assert rows[0].steps > rows[1].steps
    assert rows[0].rounds >= rows[1].rounds
    assert rows[0].queries < rows[1].queries
    assert choose_split(rows, 50 * rows[0].queries, 50) == rows[0]
    assert choose_split(rows, 50 * rows[0].queries + 1, 50) == rows[1]
    with pytest.raises(ValueError, match="query_wei is 1"):
        choose_split(rows, 10**9, 1)


# Extraction


def last_layer(x: np.ndarray) -> np.ndarray:
    layer = NETWORK.layers[-1]
    return layer.weights.numpy().astype(np.int64) @ x + layer.bias.numpy()


def test_a_linear_layer_is_stolen_exactly_with_one_query_more_than_inputs() -> None:
    stolen = recover_layer(last_layer, 8)
    assert (stolen.weights == NETWORK.layers[-1].weights.numpy()).all()
    assert (stolen.bias == NETWORK.layers[-1].bias.numpy()).all()
    assert stolen.n_queries == 9 == queries_needed([8, 5])


def test_a_public_part_before_it_does_not_help() -> None:
    rng = np.random.default_rng(0)
    wide = random_network((10, 30, 8, 5), seed=9, shift=5)
    layer = wide.layers[-1]

    def images(x: np.ndarray) -> np.ndarray:
        return wide.run(x[None]).hidden[-1][0].numpy().astype(np.int64)

    def ask(x: np.ndarray) -> np.ndarray:
        return wide.run(x[None]).logits[0].numpy().astype(np.int64)

    stolen = recover_behind(images, ask, lambda: rng.integers(-100, 100, 10), 8)
    assert (stolen.weights == layer.weights.numpy()).all()
    assert stolen.n_queries == 9


def test_images_that_stay_in_a_plane_or_answers_that_are_not_linear_give_nothing() -> None:
    rng = np.random.default_rng(0)

    def draw() -> np.ndarray:
        return rng.integers(-50, 50, 3)

    with pytest.raises(ValueError, match="span 2 dimensions"):
        recover_behind(lambda x: np.array([x[0], 0, 0]), lambda x: x, draw, 3)
    with pytest.raises(ValueError, match="no linear layer"):
        recover_behind(lambda x: x, lambda x: np.maximum(x, 0) + x[:1] // 3, draw, 3)


def test_labels_alone_take_many_queries_and_give_only_a_copy() -> None:
    rng = np.random.default_rng(1)
    held_out = rng.integers(-60, 100, (500, 10)).astype(float)

    def labels(rows: np.ndarray) -> np.ndarray:
        return NETWORK.run(rows.astype(int)).logits.argmax(dim=1).numpy()

    agreement = []
    for n_queries in (9, 2_000):
        asked = rng.integers(-60, 100, (n_queries, 10)).astype(float)
        copy = distil(asked, labels(asked), 200, rng)
        agreement.append((copy.label(held_out) == labels(held_out)).mean())
    assert agreement[0] < agreement[1]
    assert agreement[1] < 1
    with pytest.raises(ValueError, match="labels has shape"):
        distil(held_out, np.zeros(3, int), 5, rng)
