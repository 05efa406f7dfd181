"""opML's machine: steps a second of both engines, what a commitment costs, gas of one step."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aicrypto.bench import Record, best_seconds
from aicrypto.evm import Chain
from aicrypto.opml.code import Layer, fit_classifier, image_of
from aicrypto.opml.machine import Image, Trace, run, step

DIGITS = Path(__file__).parents[2] / "data" / "digits.npz"
N_HIDDEN = 6_200  # two million steps for one digit
N_TRAINING = 1_000  # the digit after them is shown
FEATURE_SCALE = 7  # the images' 0..16 as int8
N_READABLE = 300_000
N_QUERIES = 21  # of a dispute over two million steps
MESSAGE_STEPS = 400  # steps of a small network that are sent to the contract


def steps() -> Iterator[Record]:
    """`opml.vm_steps_per_s` and `opml.vm_steps_per_s_readable`: a digit read by an int8 network.

    The compiled machine takes its snapshots on the way; the peer is the readable machine.
    """
    image = digit_image(N_HIDDEN, N_TRAINING, N_TRAINING)
    n_steps = run(image).n_steps
    fast = n_steps / best_seconds(lambda: run(image))
    readable = N_READABLE / best_seconds(lambda: run(image, N_READABLE, "readable"), repeats=3)
    yield Record("opml.vm_steps_per_s", fast, "1/s", "readable interpreter", readable)
    yield Record("opml.vm_steps_per_s_readable", readable, "1/s")


def commitments() -> Iterator[Record]:
    """`opml.commitment_ms`: the state's hash at any of two million steps, snapshots at hand."""
    trace = run(digit_image(N_HIDDEN, N_TRAINING, N_TRAINING))
    places = np.random.default_rng(1).integers(0, trace.n_steps, N_QUERIES).tolist()
    seconds = best_seconds(lambda: [trace.commitment(index) for index in places])
    yield Record("opml.commitment_ms", 1e3 * seconds / N_QUERIES, "ms")


def gas() -> Iterator[Record]:
    """`opml.step_gas_max`, `opml.step_gas_mean`: whole transactions under Cancun's rules.

    Each hash is compared with ours. `opml.step_gas_floor` is what mainnet charges at least since
    Prague for so much calldata, whatever is computed.
    """
    trace, chain = small_trace(), Chain()
    me = chain.account("referee")
    contract = chain.deploy("OneStep", sender=me)
    receipts = []
    for index in range(0, trace.n_steps, max(1, trace.n_steps // MESSAGE_STEPS)):
        witness = trace.witness(index)
        data = contract.step.encode(*witness.call_arguments())
        receipts.append(chain.send(contract.address, sender=me, data=data))
        expected = step(witness.state, witness.insn_proof, witness.mem_proof).hash
        if receipts[-1].output != expected:
            raise ValueError(f"step {index}: contract and referee differ")
    used = [receipt.gas_used for receipt in receipts]
    yield Record("opml.step_gas_max", max(used), "gas")
    yield Record("opml.step_gas_mean", sum(used) / len(used), "gas")
    yield Record("opml.step_gas_floor", max(r.floor_gas for r in receipts), "gas")


def digit_image(n_hidden: int, n_fitted: int, shown: int) -> Image:
    """Digit number `shown` and a network of 64-`n_hidden`-10, fitted to the first `n_fitted`."""
    with np.load(DIGITS) as archive:
        x = (archive["images"].reshape(-1, 64) * FEATURE_SCALE).astype(np.int8)
        labels = archive["labels"]
    rng = np.random.default_rng(0)
    layers = fit_classifier(x[:n_fitted], labels[:n_fitted], n_hidden, rng)
    return image_of(layers, x[shown])


def small_trace() -> Trace:
    """A network of 64-32-10 with drawn weights: loads, stores and products in their usual mix."""
    rng = np.random.default_rng(2)
    layers = [
        Layer(
            rng.integers(-127, 127, (n_out, n_in), np.int8),
            rng.integers(-999, 999, n_out, np.int32),
            1 << 30,
            9,
        )
        for n_in, n_out in ((64, 32), (32, 10))
    ]
    return run(image_of(layers, rng.integers(-128, 127, 64, np.int8)))
