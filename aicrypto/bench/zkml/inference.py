"""Proofs of inference beside inference itself: the network 784-512-512-10, on one thread.

An overhead is the time of a proof over the time of torch's forward pass. The proof is commitment,
sumchecks and opening, with the integer witness, for a model that is committed to (or digested) and
loops that are compiled. The forward pass is that of the same float network, the quickest of 50.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import torch
from jaxtyping import Float32, Int8
from torch import Tensor

from aicrypto import zkml
from aicrypto.algebra import kernels
from aicrypto.bench import Record, one_thread
from aicrypto.zkml.importing import from_torch
from aicrypto.zkml.quantise import Quantised, quantise

WIDTHS = (784, 512, 512, 10)
SEED, CALIBRATION_ROWS = 1, 256
REPEATS = {1: 50, 64: 20, 1024: 5}
FORWARD_REPEATS = 50
DEFINITION = "torch fp32 forward (min of 50); proof = commit + sumchecks + open + int witness"
INT8_DEFINITION = "int8 forward, torch._int_mm (min of 50); proof as for overhead"


def overhead() -> Iterator[Record]:
    """`zkml.overhead.b*`, `zkml.overhead_int8.b*`: proofs with public weights."""
    yield from _overheads("overhead", _quantised().network)
    for batch in REPEATS:
        network, x = _quantised().network, _inputs(batch)
        inferring = milliseconds(partial(network.run, x), FORWARD_REPEATS)
        proving = milliseconds(partial(zkml.prove, network, x), REPEATS[batch])
        yield _ratio(f"overhead_int8.b{batch}", proving, inferring, INT8_DEFINITION)


def private_overhead() -> Iterator[Record]:
    """`zkml.overhead_private.b*`: proofs with committed weights."""
    yield from _overheads("overhead_private", zkml.commit(_quantised().network))


def sizes() -> Iterator[Record]:
    """`zkml.proof_bytes.b1`, `zkml.proof_bytes_private.b1`, beside the network's own bytes."""
    network, x = _quantised().network, _inputs(1)
    peer, whole = "the network", float(len(network.to_bytes()))
    for name, model in (
        ("proof_bytes", network),
        ("proof_bytes_private", zkml.commit(network)),
    ):
        size = float(len(zkml.prove(model, x).to_bytes()))
        yield Record(f"zkml.{name}.b1", size, "B", peer, whole)


def verification() -> Iterator[Record]:
    """`zkml.verify_ms.b*`: public weights; beside running the network again."""
    network = _quantised().network
    for batch, repeats in REPEATS.items():
        x = _inputs(batch)
        logits, proof = network.run(x).logits, zkml.prove(network, x).to_bytes()
        if not zkml.verify(network, x, logits, proof):
            raise ValueError(f"the proof of a batch of {batch} was refused")
        verifying = milliseconds(partial(zkml.verify, network, x, logits, proof), repeats)
        again = milliseconds(partial(network.run, x), FORWARD_REPEATS)
        yield Record(f"zkml.verify_ms.b{batch}", verifying, "ms", "int8 inference again", again)


def memory() -> Iterator[Record]:
    """`zkml.peak_mb.b1`: what proving adds to the memory of a process that has imported all."""
    program = "from aicrypto.bench.zkml import inference; print(inference.added_megabytes())"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    yield Record("zkml.peak_mb.b1", float(done.stdout), "MB")


def added_megabytes() -> float:
    """How much the first proof of a batch of one raises this process's peak."""
    network, x = _quantised().network, _inputs(1)
    kernels.whole_for(x)  # an import too
    before = _peak_kilobytes()
    with one_thread():
        zkml.prove(network, x)
    return (_peak_kilobytes() - before) / 1024


def _peak_kilobytes() -> int:
    """The peak of this process alone: Linux hands `ru_maxrss` down from the parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def _overheads(name: str, model: zkml.Network | zkml.CommittedModel) -> Iterator[Record]:
    for batch, repeats in REPEATS.items():
        x, pixels = _inputs(batch), _pixels(batch)
        proving = milliseconds(partial(zkml.prove, model, x), repeats)
        with torch.inference_mode():
            inferring = milliseconds(partial(float_network(), pixels), FORWARD_REPEATS)
        yield _ratio(f"{name}.b{batch}", proving, inferring, DEFINITION)


def _ratio(name: str, proving: float, inferring: float, definition: str) -> Record:
    """An overhead, with both times and what they are of."""
    peer = f"{definition}; {proving:.3g} ms over {inferring:.3g} ms"
    return Record(f"zkml.{name}", proving / inferring, "x", peer, 1.0)


def milliseconds(run: Callable[[], object], repeats: int) -> float:
    """The least processor time of several runs, after one not counted: neighbours cost none."""
    run()
    times = list[float]()
    with one_thread():
        for _ in range(repeats):
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
    return 1e3 * min(times)


@cache
def float_network() -> torch.nn.Sequential:
    """The float network; weights are drawn, as no time depends on them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        layers = list[torch.nn.Module]()
        for n_in, n_out in pairwise(WIDTHS):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).eval()


@cache
def _quantised() -> Quantised:
    return quantise(from_torch(float_network(), WIDTHS[:1]), _pixels(CALIBRATION_ROWS))


def _pixels(batch: int) -> Float32[Tensor, "batch pixels"]:
    generator = torch.Generator().manual_seed(SEED)
    return torch.rand(batch, WIDTHS[0], generator=generator)


def _inputs(batch: int) -> Int8[Tensor, "batch pixels"]:
    return (_pixels(batch) / _quantised().input_unit).round().clamp(-128, 127).to(torch.int8)
