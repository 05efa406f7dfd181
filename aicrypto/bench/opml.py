"""Disputes: how long one takes from the run to the contract's verdict, and what it costs at size.

The peer of the digit dispute is the two minutes that the original system's documents give for a
whole challenge (ora-io/docs@d42fdeb, opml.md): another machine's figure, an order of magnitude.
"""

from collections.abc import Iterator

import numpy as np

from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.bench.opml_machine import digit_image
from aicrypto.evm import Chain
from aicrypto.opml import games, machine, phases
from aicrypto.opml.phases.cost import dispute_cost, node_steps
from aicrypto.opml.phases.nodes.shapes import LLAMA_7B, SMOLLM2_135M, Shape, model_graph

N_HIDDEN = 6_000  # makes an inference of two million steps
N_FITTED, SHOWN = 300, 1_500
ORIGINAL_S = 120.0
BEFORE, START = 1_699_999_000, 1_700_000_000
REPEATS = 5
BLOCK_SHAPE = Shape(576, 1536, 1, 9, 64, n_tokens=4)  # one layer of SmolLM2-135M
BIG_SHAPE = Shape(4096, 11_008, 1, 32, 64)  # one layer of LLaMA-7B, one token


def dispute() -> Iterator[Record]:
    """`opml.dispute_s`, `opml.rounds`, gas: an inference of two million steps, a lie in the middle.

    The time covers both parties' runs, 21 rounds and the settlement on chain.
    """
    image = digit_image(N_HIDDEN, N_FITTED, SHOWN)
    settled: list[tuple[games.Settlement, games.ChainCourt]] = []
    seconds = best_seconds(lambda: settled.append(_dispute_digit(image)), REPEATS)
    last, court = settled[-1]
    peer = "the original's documents"
    yield Record("opml.dispute_s", seconds, "s", peer, ORIGINAL_S)
    yield Record("opml.rounds", last.games[0].rounds, "rounds")
    yield Record("opml.dispute_gas", sum(court.gas_used.values()), "gas")
    yield Record("opml.post_gas", court.gas_used["post"] / court.n_sent["post"], "gas")
    yield Record("opml.choose_gas", court.gas_used["choose"] / court.n_sent["choose"], "gas")


def _dispute_digit(image: machine.Image) -> tuple[games.Settlement, games.ChainCourt]:
    """Runs the image twice, once with a changed weight, and settles on a fresh chain."""
    honest = machine.run(image)
    fault = games.Fault("mem", at=honest.n_steps // 2, addr=machine.MODEL + 5_000, xor=64)
    players = games.Proposer("P", games.lie(honest, fault)), games.Challenger("C", honest)
    court = games.ChainCourt.open(Chain(timestamp=BEFORE), games.Terms(image.start.hash))
    return games.play(court, players[0], [players[1]], START), court


def multiphase() -> Iterator[Record]:
    """`opml.multiphase_dispute_s`: a transformer layer's node, then its instruction.

    The layer has the widths of SmolLM2-135M and four tokens; the lie sits in the middle of the
    largest node's run. Both parties' native runs are done before.
    """
    yield from _layer_dispute(BLOCK_SHAPE, "opml.multiphase", REPEATS)


def seven_billion() -> Iterator[Record]:
    """`opml.multiphase_7b_dispute_s`: the same for one layer of a 7-billion-weight model."""
    yield from _layer_dispute(BIG_SHAPE, "opml.multiphase_7b", 1)


def _layer_dispute(shape: Shape, name: str, repeats: int) -> Iterator[Record]:
    graph = model_graph(shape)
    size = shape.n_tokens * shape.width
    residual = np.random.default_rng(0).integers(-3_000, 3_000, size).astype(np.int32)
    inputs = [residual.tobytes()]
    node = max(range(len(graph.nodes)), key=lambda number: node_steps(graph.nodes[number]))
    middle = node_steps(graph.nodes[node]) // 2
    fault = games.Fault("mem", at=middle, addr=phases.slot_address(25), xor=5)
    with one_thread():
        liar = phases.lying_party(graph, inputs, node, fault)
        honest = phases.honest_party(graph, inputs)
        verdicts: list[phases.TwoPhaseVerdict] = []
        seconds = best_seconds(
            lambda: verdicts.append(phases.dispute(graph, inputs, liar, honest)), repeats
        )
        native = best_seconds(lambda: phases.execute(graph, inputs), repeats)
    yield Record(f"{name}_dispute_s", seconds, "s", "one native run", native)
    yield Record(f"{name}_rounds", verdicts[-1].n_rounds, "rounds")


def size() -> Iterator[Record]:
    """Rounds, hashes, calldata and gas of a dispute against model size, from the graphs."""
    for name, shape in (("135m", SMOLLM2_135M), ("7b", LLAMA_7B)):
        cost = dispute_cost(model_graph(shape))
        yield Record(
            f"opml.rounds_{name}", cost.rounds, "rounds", "one phase", cost.rounds_one_phase
        )
        yield Record(f"opml.gas_{name}", cost.gas, "gas")
        yield Record(f"opml.calldata_{name}", cost.calldata_bytes, "bytes")
        yield Record(f"opml.hashes_{name}", cost.n_hashes, "hashes")
        machine_s = cost.machine_s, cost.machine_s_one_phase
        yield Record(f"opml.machine_s_{name}", machine_s[0], "s", "one phase", machine_s[1])
