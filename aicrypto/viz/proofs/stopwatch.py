"""What lesson 12 measures: a prover's time step by step, and what proving costs beside running.

Times are in seconds, and of the machine at hand: compare only what one call, or calls side by side,
measured. The clock is an argument, so that tests need none.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from cProfile import Profile
from functools import partial
from itertools import pairwise
from types import CodeType

import torch
from jaxtyping import Int8
from torch import Tensor, nn

from aicrypto import zkml
from aicrypto.commit.tensor import ligero
from aicrypto.zkml import Network
from aicrypto.zkml.circuit import lookups, opening, products, weights, witness
from aicrypto.zkml.importing import from_torch
from aicrypto.zkml.quantise import quantise

# The functions of each step of `zkml.prove`. None calls another of them.
STEPS: Mapping[str, tuple[Callable[..., object], ...]] = {
    "running the network": (witness.compute,),
    "commitment": (ligero.commit,),
    "lookups (ReLU)": (lookups.prove, lookups.claim),
    "matrices (linear)": (weights.fold_network, products.prove),
    "opening": (opening.prove_merge, opening.prove_fold, ligero.open_columns),
}
REST = "rest"
FORWARD_REPEATS, PROOF_REPEATS = 50, 3

Clock = Callable[[], float]


def fastest(run: Callable[[], object], repeats: int, clock: Clock = time.perf_counter) -> float:
    """The least of several times of `run`, in seconds."""
    times = list[float]()
    for _ in range(repeats):
        start = clock()
        run()
        times.append(clock() - start)
    return min(times)


def time_steps(
    network: Network, x: Int8[Tensor, "rows in"], repeats: int = PROOF_REPEATS
) -> dict[str, float]:
    """Seconds of each step of a proof, and of the rest; of the quickest of several proofs."""
    runs = [_profile(network, x) for _ in range(repeats)]
    return min(runs, key=lambda steps: sum(steps.values()))


def overheads(
    widths: Sequence[int],
    batches: Sequence[int],
    generator: torch.Generator,
    clock: Clock = time.perf_counter,
) -> dict[int, float]:
    """For each number of rows, proving them over running the network in float32.

    Proving is running on integers, committing, sumchecks and opening. Weights and rows are random,
    as no time depends on them.

    Args:
        widths: of inputs, hidden layers and outputs.
        batches: numbers of rows, powers of two.
        generator: of weights and rows.
        clock: in seconds.
    """
    model = _random_network(widths, generator)
    pixels = torch.rand(max(batches), widths[0], generator=generator)
    integers = quantise(from_torch(model, (widths[0],)), pixels)
    x = integers.encode(pixels)
    ratios = dict[int, float]()
    for n in batches:
        proving = fastest(partial(zkml.prove, integers.network, x[:n]), PROOF_REPEATS, clock)
        with torch.inference_mode():
            ratios[n] = proving / fastest(partial(model, pixels[:n]), FORWARD_REPEATS, clock)
    return ratios


def _random_network(widths: Sequence[int], generator: torch.Generator) -> nn.Sequential:
    """Linear layers with a ReLU between any two."""
    layers = list[nn.Module]()
    for n_in, n_out in pairwise(widths):
        linear = nn.Linear(n_in, n_out)
        with torch.no_grad():
            linear.weight.uniform_(-1, 1, generator=generator).div_(n_in**0.5)
            linear.bias.zero_()
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _profile(network: Network, x: Int8[Tensor, "rows in"]) -> dict[str, float]:
    """One proof under the profiler; a step's time is that of its functions and all they call."""
    profile = Profile()
    profile.runcall(zkml.prove, network, x)
    spent = {entry.code: entry.totaltime for entry in profile.getstats()}
    steps = {
        name: sum(spent.get(_code(f), 0.0) for f in functions) for name, functions in STEPS.items()
    }
    return {**steps, REST: spent[_code(zkml.prove)] - sum(steps.values())}


def _code(function: Callable[..., object]) -> CodeType:
    code: CodeType = function.__code__
    return code
