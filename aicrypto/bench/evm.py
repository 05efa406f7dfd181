"""Ethereum in process: what a call of a contract and a compilation cost."""

import os
import tempfile
from collections.abc import Callable, Iterator
from unittest.mock import patch

from aicrypto.bench import Record, best_seconds
from aicrypto.evm import Chain, compile_contract

N_CALLS = 200
CONTRACT = "WorkRegistry"


def call() -> Iterator[Record]:
    """`evm.call_us`: microseconds per transaction that opens a job, encoding and receipt included.

    The peer is the same bytecode called through pyrevm alone: calldata made beforehand, answer not
    decoded, and all calls inside one endless transaction.
    """
    chain = Chain()
    client = chain.account("client")
    registry = chain.deploy(CONTRACT, sender=client)
    deadline = chain.timestamp + 3600

    def ours() -> None:
        for _ in range(N_CALLS):
            registry.open(client, deadline, sender=client, value=1)

    bare = _bare_calls(client.address, registry.open.encode(client, deadline))
    ours_us, bare_us = (1e6 / N_CALLS * best_seconds(run) for run in (ours, bare))
    yield Record("evm.call_us", ours_us, "µs", "pyrevm alone", bare_us)


def compilation() -> Iterator[Record]:
    """`evm.compile_s`, `evm.compile_cached_ms`: the first use of a contract and the later ones."""
    cold = best_seconds(_compile_in_empty_cache, repeats=3)
    yield Record("evm.compile_s", cold, "s")
    cached = best_seconds(lambda: compile_contract(CONTRACT))
    yield Record("evm.compile_cached_ms", 1e3 * cached, "ms", "compiling", 1e3 * cold)


def _bare_calls(sender: str, calldata: bytes) -> Callable[[], None]:
    """N_CALLS calls of the contract on a bare pyrevm machine."""
    from pyrevm import EVM

    machine = EVM()
    machine.set_balance(sender, 10**18)
    registry = machine.deploy(sender, compile_contract(CONTRACT).bytecode)

    def run() -> None:
        for _ in range(N_CALLS):
            machine.message_call(sender, registry, calldata, value=1)

    return run


def _compile_in_empty_cache() -> None:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, AICRYPTO_CACHE=folder):
        compile_contract(CONTRACT)
