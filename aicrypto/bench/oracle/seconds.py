"""Seconds of work from a request to a final answer, per model; windows pass on the chain's clock.

The painter answers with 64 pixels and becomes final after a day of the chain's time; the digit
network is proven at once.
"""

import random
import warnings
from collections.abc import Iterator

import numpy as np

from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.bench.oracle.setting import DAY, DIGITS, PROMPT, Setting, painter
from aicrypto.evm import tries
from aicrypto.models import available, packages
from aicrypto.oracle import MachineModel, ProvenModel, language_model
from aicrypto.zkml import Network
from aicrypto.zkml.onchain import calldata, clear

N_HIDDEN, SHIFT, SEED = 32, 8, 0
N_KEYS, ROOT_TARGET_S = 10_000, 2.0
QUESTION, N_TOKENS = b"What is the capital of France?", 8


def painted() -> Iterator[Record]:
    """`oracle.painter_s`: request, answer, window, and the question whether it is final."""
    model = painter()
    setting = Setting.of(model)

    def run() -> None:
        """A request, until its window is over."""
        request = setting.ask(model, PROMPT)
        setting.node.reply(request)
        setting.chain.warp(DAY)
        if not setting.oracle.contract.isFinalized(request.number):
            raise RuntimeError(f"request {request.number} is not final after its window")

    yield Record("oracle.painter_s", best_seconds(run), "s")
    yield Record("oracle.painter_steps", model.run(PROMPT).n_steps, "steps")


def proven() -> Iterator[Record]:
    """`oracle.digits_proven_s`, `oracle.prove_gas`: the same, final by a proof instead of a day."""
    model = ProvenModel("aicrypto/digits", digit_network())
    setting = Setting.of(model)
    owner, user = setting.who("owner"), setting.who("user")
    verifier = calldata.deploy(setting.chain, owner, clear.header_of(model.network), model.network)
    court = setting.chain.deploy("ProofCourt", setting.oracle.library, verifier, sender=owner)
    setting.oracle.appoint(model.number, court)
    image = np.load(DIGITS)["images"][0].astype(np.int8).tobytes()

    def run() -> None:
        """A request, until its proof is checked."""
        request = setting.ask(model, image)
        setting.node.reply(request)
        court.prove(request.number, model.number, model.prove(image), sender=user)

    with one_thread():
        yield Record("oracle.digits_proven_s", best_seconds(run, repeats=3), "s")
    yield Record("oracle.prove_gas", setting.chain.gas_used, "gas")


def digit_network() -> Network:
    """A network of the digits' shape, 64-32-10, small enough for a contract to check whole proofs.

    Its weights are drawn: what a proof costs does not depend on them.
    """
    rng = np.random.default_rng(SEED)
    shapes = ((N_HIDDEN, 64), (10, N_HIDDEN))
    return Network.from_integers(
        {"W": rng.integers(-30, 31, shape), "b": rng.integers(-99, 99, shape[0]), "shift": SHIFT}
        for shape in shapes
    )


def tree() -> Iterator[Record]:
    """`oracle.trie_root_s`: the root of 10,000 random keys, beside the target."""
    rng = random.Random(SEED)
    entries = [(rng.randbytes(32), rng.randbytes(32)) for _ in range(N_KEYS)]
    seconds = best_seconds(lambda: tries.Trie(entries, secure=True).root, repeats=3)
    yield Record("oracle.trie_root_s", seconds, "s", "the target", ROOT_TARGET_S)


def answers() -> Iterator[Record]:
    """`oracle.answer_ms`: the painter's answer alone, beside its run in the machine.

    `oracle.smollm2_s`: a language model's answer of eight tokens, where its weights are installed.
    """
    model: MachineModel = painter()
    fast = best_seconds(lambda: model.answer(PROMPT))
    stepwise = best_seconds(lambda: model.run(PROMPT))
    yield Record("oracle.answer_ms", 1e3 * fast, "ms", "in the machine", 1e3 * stepwise)
    if not available()["smollm2"]:
        warnings.warn(f"{packages.SMOLLM2.package} is not installed", stacklevel=2)
        return
    speaking = language_model(N_TOKENS)
    with one_thread():
        seconds = best_seconds(lambda: speaking.answer(QUESTION), repeats=3)
    yield Record("oracle.smollm2_s", seconds, "s")
