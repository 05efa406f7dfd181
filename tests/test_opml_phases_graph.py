"""Operators give the same bytes natively and in the machine; boundaries are what memory holds."""

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.opml import machine, phases
from aicrypto.opml.phases.cost import dispute_cost, n_rounds, node_steps, output_hashes
from aicrypto.opml.phases.nodes import exact
from aicrypto.opml.phases.nodes.shapes import LLAMA_7B, SMOLLM2_135M, Shape, model_graph

EDGES = [0, 1, -1, 127, -127, -128]


def run_in_machine(graph: phases.Graph, run: phases.GraphRun, number: int) -> tuple[bytes, int]:
    node = graph.nodes[number]
    trace = machine.run(phases.node_image(node, graph.tensors(number, run)))
    assert (trace.final.exited, trace.final.code) == (1, 0)
    size = len(run.outputs[number])
    return trace.tree(trace.n_steps).read(phases.slot_address(25), size), trace.n_steps


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_node_of_a_block_gives_the_same_bytes_in_the_machine(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    block = phases.Block(width=16, n_heads=2, hidden=24, n_tokens=5, seed=seed)
    scale = (300, 30_000, 2_000_000_000)[seed]  # the last one overflows and is clamped everywhere
    x = torch.randint(-scale, scale, (5, 16), generator=rng).int()
    graph = phases.graph_of(block, x)
    run = phases.execute(graph, phases.model_inputs([x]))
    assert run.outputs[-1] == block(x).numpy().tobytes(), "the graph is the torch model"
    for number, node in enumerate(graph.nodes):
        output, n_steps = run_in_machine(graph, run, number)
        assert output == run.outputs[number], node.name
        assert len(output) == node.operator.output_bytes(node.params)
        assert n_steps <= node_steps(node), f"{node.name} takes more steps than the bound"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_operators_agree_on_any_tensors(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["linear", "matmul", "rms_norm", "softmax", "gate", "add"]))
    rows, n, n_out = (data.draw(st.integers(1, 6)) for _ in range(3))
    shift = data.draw(st.integers(2, 31))
    mult = data.draw(st.integers(-(2**31), 2**31 - 1))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))

    def int8(*shape: int) -> bytes:
        return rng.integers(-128, 128, shape, np.int8, endpoint=False).tobytes()

    def int32(*shape: int) -> bytes:
        return rng.integers(-(2**31), 2**31, shape, np.int64).astype(np.int32).tobytes()

    table = rng.integers(0, 2**15, 256).astype(np.int32)
    table[0] = 2**15
    mode, last = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 1))
    inputs, params = {
        "linear": ([int8(n), int8(n_out, n), int32(n_out)], (n, n_out, mult, shift, last)),
        "matmul": (
            [int8(rows, n), int8(n_out, n), int32(n_out)],
            (rows, n, n_out, mult, shift, data.draw(st.sampled_from([0, -127])), mode),
        ),
        "rms_norm": ([int32(rows, n), int32(n)], (rows, n, data.draw(st.integers(0, 16)))),
        "softmax": (
            [int32(rows, n), table.tobytes()],
            (rows, n, data.draw(st.integers(0, 31)), data.draw(st.integers(0, 1))),
        ),
        "gate": ([int8(n), int8(n), int8(256)], (n, data.draw(st.integers(1, 14)))),
        "add": ([int32(n), int32(n)], (n,)),
    }[name]
    refs = tuple(phases.Ref(phases.INPUT, k) for k in range(len(inputs)))
    graph = phases.Graph((phases.Node(phases.operator(name), refs, params),), ())
    run = phases.execute(graph, inputs)
    output, n_steps = run_in_machine(graph, run, 0)
    assert output == run.outputs[0]
    assert n_steps <= node_steps(graph.nodes[0])


def test_a_plain_network_is_traced_from_torch() -> None:
    rng = torch.Generator().manual_seed(1)
    hidden = torch.randint(-90, 90, (8, 12), generator=rng)
    last = torch.randint(-90, 90, (3, 8), generator=rng)
    model = torch.nn.Sequential(
        phases.Linear(hidden, torch.arange(8), mult=1 << 30, shift=8),
        phases.Linear(last, torch.arange(3), last=True),
    )
    x = torch.randint(-128, 128, (1, 12), generator=rng).to(torch.int8)
    graph = phases.graph_of(model, x)
    assert [node.operator.name for node in graph.nodes] == ["linear", "linear"]
    assert graph.nodes[1].descriptor[:4] == bytes([1, 0, 0, 0])
    run = phases.execute(graph, phases.model_inputs([x]))
    assert run.outputs[-1] == model(x).numpy().tobytes()


def test_what_is_no_exact_module_is_refused() -> None:
    class Careless(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x)

    with pytest.raises(ValueError, match="no exact operation"):
        phases.graph_of(Careless(), torch.zeros(2))


def test_graphs_that_read_the_future_are_refused() -> None:
    node = phases.Node(phases.operator("add"), (phases.Ref(phases.NODE, 0),) * 2, (1,))
    with pytest.raises(ValueError, match="node 0 reads"):
        phases.Graph((node,), ())
    with pytest.raises(ValueError, match="nodes is empty"):
        phases.Graph((), ())
    with pytest.raises(ValueError, match="reference"):
        phases.Ref(3, 0)


@given(st.integers(1, 40), st.data())
@settings(max_examples=60, deadline=None)
def test_outputs_are_opened_in_the_graph_root(n_nodes: int, data: st.DataObject) -> None:
    done = data.draw(st.integers(1, n_nodes))
    index = data.draw(st.integers(0, done - 1))
    rng = random.Random(n_nodes)
    roots = [rng.randbytes(32) for _ in range(done)]
    root, proof = phases.graph_root(n_nodes, roots), phases.graph_proof(n_nodes, roots, index)
    assert phases.has_output(n_nodes, root, index, roots[index], proof)
    assert not phases.has_output(n_nodes, root, index, rng.randbytes(32), proof)
    assert not phases.has_output(n_nodes, root, index, roots[index], (*proof, bytes(32)))
    assert not phases.has_output(n_nodes, root, n_nodes + index, roots[index], proof)


def test_digests_of_other_lengths_are_in_no_tree() -> None:
    """Two hashed strings can be cut elsewhere: the tree must not take a shifted pair for it."""
    roots = [bytes([i + 1]) * 32 for i in range(2)]
    root = phases.graph_root(2, roots)
    pair = roots[0] + roots[1]
    assert phases.has_output(2, root, 0, roots[0], [roots[1]])
    for cut in (0, 31, 33, 64):
        assert not phases.has_output(2, root, 0, pair[:cut], [pair[cut:]])
    above = [bytes([9]) * 32] * 6
    memory = machine.fold(roots[1], 25, [roots[0], *above])
    state = machine.State(memory, 0, 1, 1, 0, (0,) * 32)
    assert phases.is_valid_poststate(state, roots[1], [roots[0], *above])
    for cut in (0, 31, 33, 64):
        assert not phases.is_valid_poststate(state, pair[cut:], [pair[:cut], *above])


def test_a_program_is_given_no_empty_tensor() -> None:
    """Loops count down to zero after the first pass: a size of 0 would be 2^32 passes."""
    empty = {
        "matmul": (0, 4, 4, 1, 2, 0, 0),
        "linear": (0, 4, 1, 2, 0),
        "add": (0,),
        "rms_norm": (2, 0, 4),
        "softmax": (0, 2, 4, 0),
        "gate": (0, 2),
    }
    for name, params in empty.items():
        with pytest.raises(ValueError, match="must be >= 1"):
            phases.operator(name).native([b""] * (2 if name == "add" else 3), params, "cpu")


def test_roots_are_the_memory_of_the_machine() -> None:
    data = [bytes([7]) * 100, bytes([9]) * 33]
    segments = [(phases.slot_address(26 + k), piece) for k, piece in enumerate(data)]
    program = phases.operator("add").program
    image = machine.Image([(0x1000, program), *segments])
    before = phases.prestate(
        phases.code_root(program, 0x1000), 0x1000, b"", [phases.tensor_root(d) for d in data]
    )
    assert before.state.hash == image.start.hash


def test_sizes_out_of_range_are_named() -> None:
    with pytest.raises(ValueError, match="slot holds"):
        phases.tensor_root(bytes(2**25 + 1))
    with pytest.raises(ValueError, match="103 inputs"):
        phases.prestate(bytes(32), 0, b"", [bytes(32)] * 103)
    with pytest.raises(ValueError, match="2 outputs of 1"):
        phases.graph_root(1, [bytes(32)] * 2)
    with pytest.raises(IndexError, match="index is 1"):
        phases.graph_proof(4, [bytes(32)], 1)
    with pytest.raises(ValueError, match="shift is 1"):
        exact.rescale(torch.zeros(1), 1, 1)


def test_integer_products_do_not_depend_on_the_order_and_floats_do() -> None:
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(32, 512, generator=rng), torch.randn(512, 32, generator=rng)
    order = torch.randperm(512, generator=rng)
    assert not torch.equal(a @ b, a[:, order] @ b[order]), "BLAS would make honest parties differ"
    assert torch.equal(phases.ordered_matmul(a, b), phases.ordered_matmul(a, b))
    assert torch.allclose(phases.ordered_matmul(a, b), a @ b, atol=1e-3)
    x, w = torch.randint(-128, 128, (4, 512), generator=rng), torch.randint(-128, 128, (8, 512))
    zero = torch.zeros(8)
    sums = [exact.matmul(x[:, p], w[:, p], zero, 1, 2, 0, 1) for p in (order, order.flip(0))]
    assert torch.equal(*sums)


def test_the_ordered_product_is_the_loop_that_the_rule_says() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 40)).astype(np.float32), rng.normal(size=(40, 5)).astype(np.float32)
    expected = np.zeros((3, 5), np.float32)
    for k in range(40):
        for i in range(3):
            for j in range(5):
                product = np.float32(a[i, k] * b[k, j])
                expected[i, j] = np.float32(expected[i, j] + product)
    got = phases.ordered_matmul(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    assert got.tobytes() == expected.tobytes()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_gpu_gives_the_same_bits() -> None:
    x = torch.randint(-3000, 3000, (5, 16)).int()
    block = phases.Block(16, 2, 24, 5)
    graph, inputs = phases.graph_of(block, x), phases.model_inputs([x])
    cpu, gpu = (phases.execute(graph, inputs, device=device) for device in ("cpu", "cuda"))
    assert cpu.outputs == gpu.outputs


def test_the_cost_of_seven_billion_weights_is_a_few_more_rounds() -> None:
    small, large = (dispute_cost(model_graph(shape)) for shape in (SMOLLM2_135M, LLAMA_7B))
    assert LLAMA_7B.n_weights > 6.5e9
    assert large.rounds - small.rounds <= 4
    assert large.rounds < 45
    assert large.gas < 1.2 * small.gas
    assert large.machine_s < large.machine_s_one_phase / 100


def test_costs_are_what_a_real_graph_shows() -> None:
    graph = model_graph(Shape(16, 24, 1, 2, 40, n_tokens=3))
    x = np.arange(48, dtype=np.int32).tobytes()
    run, cost = phases.execute(graph, [x]), dispute_cost(graph)
    steps = [run_in_machine(graph, run, number)[1] for number in range(len(graph.nodes))]
    assert max(steps) <= cost.max_steps <= 1.5 * max(steps)
    assert sum(steps) <= cost.total_steps <= 1.5 * sum(steps)
    assert cost.n_nodes == len(graph.nodes)
    assert graph.weights[4] == model_graph(Shape(16, 24, 1, 2, 40, n_tokens=3)).weights[4]


def test_hash_counts_are_of_the_tree() -> None:
    graph = model_graph(Shape(16, 24, 1, 2, 40, n_tokens=3))
    node = graph.nodes[0]  # 48 bytes: two leaves
    assert output_hashes(node) == 20
    assert [n_rounds(n, 2) for n in (1, 2, 3, 1024, 1025)] == [0, 1, 2, 10, 11]
    with pytest.raises(ValueError, match="size is 0"):
        n_rounds(0, 2)
