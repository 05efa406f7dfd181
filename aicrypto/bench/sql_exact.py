"""Proof of SQL in the deployed format: proving and verifying in Python, verifying on chain."""

import random
from collections.abc import Iterator

from aicrypto.bench import Record, best_seconds
from aicrypto.commit.kzg.deployed import SXT_TAU_G2
from aicrypto.commit.kzg.setup import BN254, Setup
from aicrypto.evm import Chain, Contract
from aicrypto.sql.exact import verify
from aicrypto.sql.exact.protocol import QueryProof
from aicrypto.sql.queries import prove_query
from aicrypto.sql.table import Table
from aicrypto.sql.types import BIGINT

N_ROWS, N_POWERS, TAU = 1000, 1024, 20260724  # own parameters: no file is needed
FILTER = "SELECT b FROM t WHERE a = 7"
SIX_ROWS = {"t": Table.of(a=(BIGINT, [5, 3, 2, 5, 3, 2]), b=(BIGINT, [0, 1, 2, 3, 4, 5]))}
SIX_ROW_FILTER = "SELECT b FROM t WHERE a = 5"
VENDOR_GAS = 300_877  # the deployed contract, its own example (spaceandtimefdn/sxt-proof-of-sql)


def proving() -> Iterator[Record]:
    """`sql.prove_s.exact_1000`, `sql.verify_ms.exact_1000`: a filter over a thousand rows."""
    rng = random.Random(1)
    a, b = ([rng.randrange(high) for _ in range(N_ROWS)] for high in (200, 2000))
    tables = {"t": Table.of(a=(BIGINT, a), b=(BIGINT, b))}
    setup = Setup.from_secret(BN254, TAU, n_g1=N_POWERS)
    proving_s = best_seconds(lambda: prove_query(FILTER, tables, setup=setup), repeats=3)
    yield Record("sql.prove_s.exact_1000", proving_s, "s")
    made = prove_query(FILTER, tables, setup=setup)
    proof = made.proof.to_bytes()
    verifying_s = best_seconds(lambda: verify(made.statement, proof, setup), repeats=3)
    yield Record("sql.verify_ms.exact_1000", 1e3 * verifying_s, "ms")
    yield Record("sql.proof_bytes.exact_1000", len(proof), "B")


def contract() -> Iterator[Record]:
    """`sql.gas.filter_6`, `sql.verify_ms.on_chain`: a filter over six rows, the contract's view."""
    chain = Chain()
    verifier = _deploy(chain)
    made = prove_query(SIX_ROW_FILTER, SIX_ROWS)
    data = verifier.function("verify").encode(*_arguments(made))
    anyone = chain.account("anyone")
    receipt = chain.send(verifier.address, sender=anyone, data=data)
    yield Record("sql.gas.filter_6", receipt.gas_used, "gas", "the deployed contract", VENDOR_GAS)
    call_s = best_seconds(lambda: chain.call(verifier.address, data, sender=anyone))
    yield Record("sql.verify_ms.on_chain", 1e3 * call_s, "ms")


def _deploy(chain: Chain) -> Contract:
    owner = chain.account("owner")
    plans = chain.deploy("SqlPlan", sender=owner)
    x, y = SXT_TAU_G2
    return chain.deploy("SqlVerifier", plans, [x.im, x.re, y.im, y.re], sender=owner)


def _arguments(made: QueryProof) -> tuple[bytes, bytes, bytes, int, bytes, list[int]]:
    statement = made.statement
    points = b"".join(map(BN254.g1_to_bytes, statement.commitments))
    proof, n_rows = made.proof.to_bytes(), statement.table_lengths[0]
    return statement.plan, statement.result, proof, n_rows, points, list(statement.parameters)
