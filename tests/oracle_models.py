"""What the oracle's tests share: a chain with an oracle, its people, and models small and quick."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from aicrypto.evm import Account, Artifact, Chain, Contract, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.opml.code import Layer
from aicrypto.opml.games import Terms
from aicrypto.opml.machine import OUTPUT, Trace
from aicrypto.oracle import MachineModel, Oracle, deploy_court, deploy_oracle
from aicrypto.zkml import Network

DAY, HOUR = 86_400, 3_600
START = 1_700_000_000
FEE = 3 * 10**14
TERMS = Terms(bytes(32), window_s=12 * HOUR, clock_s=6 * HOUR, extension_s=600)


@dataclass
class World:
    """A chain, an oracle on it, one model of the machine and its court."""

    chain: Chain
    oracle: Oracle
    model: MachineModel
    court: Contract
    probe: Contract

    def who(self, name: str) -> Account:
        return self.chain.account(name)

    def ask(self, data: bytes, callback: Contract | None = None, gas: int = 500_000) -> int:
        receiver = callback or self.probe
        return self.oracle.contract.requestCallback(
            self.model.number, data, receiver, gas, b"", sender=self.who("user"), value=FEE
        )


def world(model: MachineModel | None = None, servers: Sequence[str] = ("server", "liar")) -> World:
    model = model or small_model()
    chain = Chain(timestamp=START)
    owner = chain.account("owner")
    oracle = deploy_oracle(chain, owner, DAY, chain.account("admin"))
    for server in servers:
        oracle.admit(chain.account(server))
    hashes = model.model_hash, model.program_hash
    oracle.register(model.number, FEE, chain.account("lab"), 80, hashes)
    court = deploy_court(chain, oracle.library, owner, TERMS)
    oracle.appoint(model.number, court)
    court.register(model.number, model.program_hash, sender=owner)
    probe = chain.deploy("CallbackProbe", "", 0, sender=owner)
    return World(chain, oracle, model, court, probe)


@cache
def small_model() -> MachineModel:
    rng = np.random.default_rng(0)
    layers = [
        Layer(
            rng.integers(-40, 41, (n_out, n_in), np.int8),
            rng.integers(-500, 500, n_out, np.int32),
            1 << 30,
            7,
        )
        for n_in, n_out in pairwise((8, 12, 6))
    ]
    return MachineModel("tests/small", layers)


def flipped_output(run: Trace) -> Trace:
    """A run that leaves another output, and is true in all else."""

    def change(machine) -> None:
        machine.memory.write(OUTPUT + 4, bytes([machine.memory.read(OUTPUT + 4, 1)[0] ^ 1]))

    return run.altered(run.n_steps - 1, change)


def random_network(dims: Sequence[int], seed: int = 0, shift: int = 8) -> Network:
    rng = np.random.default_rng(seed)
    return Network.from_integers(
        {
            "W": np.clip(rng.normal(0, 30, (n_out, n_in)), -127, 127).astype(int),
            "b": rng.integers(-500, 500, n_out),
            "shift": shift,
        }
        for n_in, n_out in pairwise(dims)
    )


def weakened(name: str, *changes: tuple[str, str]) -> Artifact:
    """A contract of the library with some text replaced, to see what it was good for."""
    text = (CONTRACTS / f"{name}.vy").read_text()
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        text = text.replace(old, new)
    return compile_source(text, name)
