"""What lesson 12 measures: a prover's time step by step, and what proving costs beside running.

Times are in seconds, and of the machine at hand: compare only what one call, or calls side by side,
measured. The clock is an argument, so that tests need none.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from cProfile import Profile
from dataclasses import dataclass
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
FORWARD_REPEATS, PROOF_REPEATS, STEP_REPEATS = 50, 8, 25
PROVEN_INPUTS = 128  # small proofs are repeated until so many inputs are proven

Clock = Callable[[], float]


@dataclass(frozen=True)
class Cost:
    """What one proof of so many rows costs.

    Attributes:
        proving_s: seconds of running on integers, committing, sumchecks and opening.
        running_s: seconds of the same rows in the float network.
        proof_bytes: what is sent.
    """

    proving_s: float
    running_s: float
    proof_bytes: int

    @property
    def overhead(self) -> float:
        """Proving over running."""
        return self.proving_s / self.running_s


def fastest(run: Callable[[], object], repeats: int, clock: Clock = time.perf_counter) -> float:
    """The least of several times of `run`, in seconds."""
    times = list[float]()
    for _ in range(repeats):
        start = clock()
        run()
        times.append(clock() - start)
    return min(times)


def time_steps(
    network: Network, x: Int8[Tensor, "rows in"], repeats: int = STEP_REPEATS
) -> dict[str, float]:
    """Seconds of each step of a proof, and of the rest: each the least of several proofs.

    One proof's times waver on a busy machine, and not alike in all steps.
    """
    runs = [_profile(network, x) for _ in range(repeats)]
    return {step: min(run[step] for run in runs) for step in runs[0]}


def costs(
    widths: Sequence[int],
    batches: Sequence[int],
    generator: torch.Generator,
    clock: Clock = time.perf_counter,
) -> dict[int, Cost]:
    """For each number of rows, what proving and running them in float32 costs.

    Weights and rows are random, as no time depends on them.

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
    found = dict[int, Cost]()
    for n in batches:
        n_bytes = len(zkml.prove(integers.network, x[:n]).to_bytes())  # warms up as well
        repeats = max(PROOF_REPEATS, PROVEN_INPUTS // n)
        proving = fastest(partial(zkml.prove, integers.network, x[:n]), repeats, clock)
        with torch.inference_mode():
            running = fastest(partial(model, pixels[:n]), FORWARD_REPEATS, clock)
        found[n] = Cost(proving, running, n_bytes)
    return found


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
