"""The contracts: the verifier's verdicts are the library's, tables are witnessed, queries paid."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.commit.kzg.deployed import SXT_TAU_G2
from aicrypto.commit.kzg.setup import BN254
from aicrypto.conform.encoding import unhex
from aicrypto.evm import ETHER, Chain, Reverted, compile_source
from aicrypto.sql import fast
from aicrypto.sql.exact import commit_table
from aicrypto.sql.exact.protocol import QueryProof, Statement
from aicrypto.sql.queries import prove_query
from aicrypto.sql.table import Table
from aicrypto.sql.types import BIGINT, BOOLEAN, SCALAR, VARBINARY, VARCHAR, decimal, timestamp
from aicrypto.sql.witness import CommitmentChain, Signature, enough_signed, message, tree

VECTORS = Path(__file__).parent / "vectors"
MAX_GAS = 350_000
TABLE = Table.of(a=(BIGINT, [5, 3, 2, 5, 3, 2]), b=(BIGINT, [0, 1, 2, 3, 4, 5]))
FILTER = "SELECT b FROM N.T WHERE a = 5"
NAME = b"N.T"
HOUR = 3600

CLIENT = """
# pragma version ~=0.4.3
interface Router:
    def request(
        plan: Bytes[1024], parameters: DynArray[uint256, 8], deadline: uint256, min_block: uint256
    ) -> uint256: payable

answer: public(Bytes[2048])
fails: public(bool)

@external
@payable
def ask(router: address, plan: Bytes[1024], deadline: uint256, fails: bool) -> uint256:
    self.fails = fails
    return extcall Router(router).request(plan, [], deadline, 0, value=msg.value)

@external
def on_result(query: uint256, result: Bytes[2048]):
    assert not self.fails, "no"
    self.answer = result
"""


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain()


@pytest.fixture(scope="module")
def verifier(chain: Chain):
    owner = chain.account("owner")
    plans = chain.deploy("SqlPlan", sender=owner)
    x, y = SXT_TAU_G2
    return chain.deploy("SqlVerifier", plans, [x.im, x.re, y.im, y.re], sender=owner)


def arguments(statement: Statement, proof: bytes) -> tuple:
    points = b"".join(map(BN254.g1_to_bytes, statement.commitments))
    parameters = list(statement.parameters)
    return statement.plan, statement.result, proof, statement.table_lengths[0], points, parameters


def accepts(verifier, statement: Statement, proof: bytes) -> bool:
    try:
        return verifier.verify(*arguments(statement, proof))
    except (Reverted, ValueError):  # ValueError: it does not fit the ABI
        return False


def made_by(sql: str, table: Table = TABLE) -> QueryProof:
    return prove_query(sql, {"N.T": table})


def gas_of(chain: Chain, verifier, made: QueryProof) -> int:
    data = verifier.verify.encode(*arguments(made.statement, made.proof.to_bytes()))
    return chain.send(verifier.address, sender=chain.account("anyone"), data=data).gas_used


def test_a_filter_of_six_rows_costs_no_more_than_promised(chain: Chain, verifier) -> None:
    assert gas_of(chain, verifier, made_by(FILTER)) <= MAX_GAS
    legacy = prove_query(FILTER, {"N.T": TABLE}, dialect="legacy")
    assert gas_of(chain, verifier, legacy) <= MAX_GAS


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, b FROM N.T WHERE a < b",
        "SELECT a FROM N.T WHERE NOT (a = 3 OR b > 3) AND b <> 1",
        "SELECT b FROM N.T WHERE a * b = 10 AND a + b >= 3",
        "SELECT b FROM N.T WHERE (a - b)::decimal(22,1) < 1.5",
        "SELECT b FROM N.T WHERE b IN (1, 3, 9)",
        "SELECT a, SUM(b) AS s, COUNT(*) AS n FROM N.T GROUP BY a",
        "SELECT a, SUM(a * b) AS s FROM N.T WHERE b > 0 GROUP BY a HAVING COUNT(*) > 1",
        "SELECT SUM(b) AS s, COUNT(*) AS n FROM N.T WHERE a = 99",
        "SELECT b FROM N.T WHERE a = 5 LIMIT 1 OFFSET 1",
        "SELECT a FROM (SELECT a, b FROM N.T WHERE b > 1) WHERE a = 3",
    ],
)
@pytest.mark.parametrize("n_rows", [0, 1, 6])
def test_honest_proofs_are_accepted(verifier, sql: str, n_rows: int) -> None:
    table = Table(tuple(column.take(range(n_rows)) for column in TABLE.columns))
    made = made_by(sql, table)
    assert verifier.verify(*arguments(made.statement, made.proof.to_bytes()))


def test_every_type_is_read_as_the_library_reads_it(verifier) -> None:
    table = Table.of(
        ok=(BOOLEAN, [True, False]),
        d=(decimal(5, 1), [-15, 20]),
        t=(timestamp(1, 3600), [-1, 10**12]),
        s=(VARCHAR, ["é", ""]),
        raw=(VARBINARY, [b"\x00\xff", b""]),
        x=(SCALAR, [-3, 4]),
    )
    for condition in ("ok", "s = 'é'", "raw = 0x00ff", "d = -1.5", "x = x"):
        made = made_by(f"SELECT * FROM N.T WHERE {condition}", table)
        assert made.table.length
        assert verifier.verify(*arguments(made.statement, made.proof.to_bytes()))


def suite_cases(name: str) -> list[dict]:
    return json.loads((VECTORS / f"{name}.json").read_text())["cases"]


@pytest.mark.parametrize("case", suite_cases("sxt.verify"), ids=lambda case: case["id"])
def test_verdicts_are_those_of_the_suite(verifier, case: dict) -> None:
    given = case["in"]
    statement = Statement(
        unhex(given["plan"]),
        unhex(given["result"]),
        tuple(given["table_lengths"]),
        tuple(BN254.g1_from_bytes(unhex(c), "point") for c in given["commitments"]),
        tuple(parameter["value"] for parameter in given["params"]),
    )
    assert accepts(verifier, statement, unhex(given["proof"])) == case["out"]["valid"]


@pytest.mark.parametrize("sql", [FILTER, "SELECT a, SUM(b) AS s FROM N.T GROUP BY a"])
def test_no_byte_may_change(verifier, sql: str) -> None:
    made, rng = made_by(sql), random.Random(3)
    proof = made.proof.to_bytes()
    assert accepts(verifier, made.statement, proof)
    for name, data in (
        *(("proof", proof),) * 60,
        *(("plan", made.statement.plan),) * 25,
        *(("result", made.statement.result),) * 25,
    ):
        changed = bytearray(data)
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        if name == "proof":
            assert not accepts(verifier, made.statement, bytes(changed))
        else:
            other = replace(made.statement, **{name: bytes(changed)})
            assert not accepts(verifier, other, proof)
    assert not accepts(verifier, made.statement, proof + b"\x00")
    assert not accepts(verifier, made.statement, proof[:-32])
    other = replace(made.statement, table_lengths=(7,))
    assert not accepts(verifier, other, proof)


def test_a_point_off_the_curve_costs_little(verifier) -> None:
    made = made_by(FILTER)
    statement = made.statement
    parts = list(arguments(statement, made.proof.to_bytes()))
    parts[2] = parts[2][:-1] + bytes([parts[2][-1] ^ 1])
    with pytest.raises(Reverted, match="InvalidECMulInputs") as refusal:
        verifier.verify(*parts)
    assert refusal.value.gas_used < MAX_GAS


def test_a_plan_that_this_contract_does_not_know_is_refused(verifier) -> None:
    made = prove_query("SELECT a + b AS c FROM N.T", {"N.T": TABLE})
    with pytest.raises(Reverted, match="UnsupportedProofExprVariant"):
        verifier.verify(*arguments(made.statement, made.proof.to_bytes()))


# Witnessed tables

ATTESTORS = 3


@pytest.fixture
def world(verifier) -> dict:
    """A fresh registry of 2 of 3 attestors, a router before it, and the chain that is witnessed."""
    chain = verifier.chain
    signers = sorted(
        (chain.account(f"attestor {i}") for i in range(ATTESTORS)), key=lambda a: a.address
    )
    owner = chain.account("owner")
    registry = chain.deploy("TableRegistry", [s.address for s in signers], 2, sender=owner)
    router = chain.deploy("QueryRouter", verifier, registry, sender=owner)
    tables = CommitmentChain(quorum_size=0)
    tables.create("N.T", TABLE.schema)
    tables.create("N.OTHER", {"s": VARCHAR, "when": timestamp(1), "d": decimal(5, 1)})
    tables.submit("indexer", "N.T", 0, TABLE)
    return {"signers": signers, "registry": registry, "router": router, "tables": tables}


def signatures(world: dict, who: list[int], root: bytes, block: int) -> list[tuple]:
    signed = [world["signers"][i].sign(message(root, block)) for i in who]
    words = [(s[:32], s[32:64], s[64]) for s in signed]
    return [(int.from_bytes(r, "big"), int.from_bytes(s, "big"), v) for r, s, v in words]


def bring(world: dict, block: int, who: tuple[int, ...] = (0, 2)) -> None:
    """Root and table, as somebody brings them to the registry."""
    registry, tables = world["registry"], world["tables"]
    root, anyone = tables.state_root()[1:], registry.chain.account("anyone")
    registry.attest(root, block, signatures(world, list(who), root, block), sender=anyone)
    opened = tables.open("N.T")
    registry.accept(NAME, opened.commitment, list(opened.path), sender=anyone)


def digest(name: bytes) -> bytes:
    return keccak256(name)


def test_a_table_is_accepted_with_enough_signers(world: dict) -> None:
    bring(world, 10)
    registry = world["registry"]
    assert registry.tables(digest(NAME)) == (6, 10)
    for column in commit_table(TABLE).columns:
        assert registry.commitment_of(digest(NAME), digest(column.name.encode())) == column.point
    with pytest.raises(Reverted, match="CommitmentsNotFound"):
        registry.commitment_of(digest(NAME), digest(b"c"))
    opened = world["tables"].open("N.OTHER")  # columns with other types and without bounds
    anyone = registry.chain.account("anyone")
    registry.accept(b"N.OTHER", opened.commitment, list(opened.path), sender=anyone)
    assert registry.tables(digest(b"N.OTHER")) == (0, 10)


def test_a_commitment_of_another_scheme_is_kept_by_its_hash(world: dict) -> None:
    registry = world["registry"]
    anyone = registry.chain.account("anyone")
    public = fast.commit(TABLE).public.to_bytes()
    scheme = bytes([tree.TENSOR])
    grown = tree.build([tree.leaf_bytes("N.T", tree.TENSOR, public), b"another leaf"])
    path = grown.prove(0)
    registry.attest(grown.root, 7, signatures(world, [0, 1], grown.root, 7), sender=anyone)
    for given in (
        (NAME, scheme, public + b" ", path),
        (NAME, bytes([3]), public, path),
        (b"N.X", scheme, public, path),
        (NAME, scheme, public, []),
        (NAME, b"\0", public, path),
    ):
        with pytest.raises(Reverted, match=r"FailureToVerifyMerkleProof|accept reads it"):
            registry.seal(*given, sender=anyone)
    registry.seal(NAME, scheme, public, path, sender=anyone)
    assert registry.sealed(digest(NAME), scheme) == (keccak256(public), 7)
    assert registry.tables(digest(NAME)) == (0, 0), "nothing is read from it"
    with pytest.raises(Reverted, match="up to date"):
        registry.seal(NAME, scheme, public, path, sender=anyone)


@pytest.mark.parametrize("who", [[], [0], [1, 1], [2, 0], [0, 0, 0]])
def test_too_few_signers_are_not_enough(world: dict, who: list[int]) -> None:
    with pytest.raises(Reverted, match="NotEnoughSignatures"):
        bring(world, 10, tuple(who))


def test_a_forged_table_has_no_path(world: dict) -> None:
    bring(world, 10)
    registry, opened = world["registry"], world["tables"].open("N.T")
    fake = commit_table(Table.of(a=(BIGINT, [1]), b=(BIGINT, [1]))).to_bytes()
    anyone = registry.chain.account("anyone")
    for name, commitment in ((NAME, fake), (b"N.X", opened.commitment)):
        with pytest.raises(Reverted, match="FailureToVerifyMerkleProof"):
            registry.accept(name, commitment, list(opened.path), sender=anyone)


def test_an_older_root_does_not_come_back(world: dict) -> None:
    bring(world, 10)
    for block in (10, 9):
        with pytest.raises(Reverted, match="not newer"):
            bring(world, block)


@pytest.mark.parametrize(
    ("attestors", "threshold", "name"),
    [
        ([1, 2], 0, "InvalidThreshold"),
        ([], 1, "EmptyAttestorsList"),
        ([0, 1], 1, "InvalidAttestorAddress"),
        ([1], 2, "AttestorsLengthLessThanThreshold"),
        ([2, 1], 1, "InvalidAttestorList"),
        ([1, 1], 1, "InvalidAttestorList"),
    ],
)
def test_a_registry_is_set_up_soundly(chain, attestors, threshold, name) -> None:
    addresses = [f"0x{number:040x}" for number in attestors]
    with pytest.raises(Reverted, match=name):
        chain.deploy("TableRegistry", addresses, threshold, sender=chain.account("owner"))


def test_the_contract_counts_as_the_library_does(world: dict) -> None:
    addresses, root = [s.address for s in world["signers"]], bytes(32)
    for who in ([0, 1], [1, 0], [0, 0, 1], [2], [1, 2, 2]):
        signed = signatures(world, who, root, 5)
        ours = enough_signed(addresses, 2, root, 5, [Signature(*s) for s in signed])
        assert world["registry"].enough_signed(root, 5, signed) == ours


# Queries for money


@pytest.fixture
def client(world: dict):
    chain = world["router"].chain
    return chain.deploy(compile_source(CLIENT, "SqlClient"), sender=chain.account("owner"))


def test_a_query_from_request_to_callback_and_payment(world: dict, client) -> None:
    bring(world, 10)
    router, made = world["router"], made_by(FILTER)
    chain, prover = router.chain, router.chain.account("prover")
    plan, proof = made.statement.plan, made.proof.to_bytes()
    deadline, payer = chain.timestamp + HOUR, chain.account("payer")
    query = client.ask(router, plan, deadline, False, sender=payer, value=ETHER)
    router.answer(query, plan, [], made.statement.result, proof, sender=prover)
    assert client.answer() == made.statement.result
    assert router.credit(prover) == ETHER
    assert router.events("Answered")[-1].arguments["called_back"]
    before = chain.balance(prover)
    router.withdraw(sender=prover)
    assert chain.balance(prover) == before + ETHER
    assert chain.total_wei() == chain.minted_wei
    with pytest.raises(Reverted, match="wrong stage"):
        router.answer(query, plan, [], made.statement.result, proof, sender=prover)


def test_a_callback_that_fails_does_not_keep_the_payment(world: dict, client) -> None:
    bring(world, 10)
    router, made = world["router"], made_by(FILTER)
    chain, prover = router.chain, router.chain.account("second prover")
    deadline = chain.timestamp + HOUR
    statement = made.statement
    query = client.ask(
        router, statement.plan, deadline, True, sender=chain.account("payer"), value=5
    )
    router.answer(query, statement.plan, [], statement.result, made.proof.to_bytes(), sender=prover)
    assert router.credit(prover) == 5
    assert not router.events("Answered")[-1].arguments["called_back"]


def test_wrong_answers_are_not_paid(world: dict) -> None:
    bring(world, 10)
    router, made = world["router"], made_by(FILTER)
    chain, prover = router.chain, router.chain.account("liar")
    statement, proof = made.statement, made.proof.to_bytes()
    asker, deadline = chain.account("asker"), chain.timestamp + HOUR
    query = router.request(statement.plan, [], deadline, 0, sender=asker, value=7)
    other = made_by("SELECT b FROM N.T WHERE a = 3")
    lies = [
        ("another query", other.statement.plan, [], other.statement.result, other.proof.to_bytes()),
        ("another query", statement.plan, [1], statement.result, proof),
        ("Mismatch", statement.plan, [], other.statement.result, proof),
    ]
    for says, *parts in lies:
        with pytest.raises(Reverted, match=says):
            router.answer(query, *parts, sender=prover)
    assert router.credit(prover) == 0


def test_an_answer_about_a_stale_table_is_refused(world: dict) -> None:
    """The old answer is right for the old commitment; only the block number tells."""
    bring(world, 10)
    router, made = world["router"], made_by(FILTER)
    chain, prover, asker = router.chain, router.chain.account("p"), router.chain.account("asker")
    statement, proof = made.statement, made.proof.to_bytes()
    deadline = chain.timestamp + HOUR
    careless = router.request(statement.plan, [], deadline, 0, sender=asker, value=7)
    careful = router.request(statement.plan, [], deadline, 11, sender=asker, value=7)
    more = Table.of(a=(BIGINT, [5]), b=(BIGINT, [77]))
    world["tables"].submit("indexer", "N.T", 1, more)
    router.answer(careless, statement.plan, [], statement.result, proof, sender=prover)
    with pytest.raises(Reverted, match="stale"):
        router.answer(careful, statement.plan, [], statement.result, proof, sender=prover)
    bring(world, 11)
    with pytest.raises(Reverted):
        router.answer(careful, statement.plan, [], statement.result, proof, sender=prover)
    whole = Table.of(a=(BIGINT, [5, 3, 2, 5, 3, 2, 5]), b=(BIGINT, [0, 1, 2, 3, 4, 5, 77]))
    fresh = made_by(FILTER, whole)
    fresh_proof = fresh.proof.to_bytes()
    router.answer(careful, statement.plan, [], fresh.statement.result, fresh_proof, sender=prover)
    assert router.credit(prover) == 14


def test_money_comes_back_after_the_deadline_and_not_before(world: dict) -> None:
    router, plan = world["router"], made_by(FILTER).statement.plan
    chain, asker = router.chain, router.chain.account("refunded")
    with pytest.raises(Reverted, match="no payment"):
        router.request(plan, [], chain.timestamp + HOUR, 0, sender=asker)
    query = router.request(plan, [], chain.timestamp + HOUR, 0, sender=asker, value=9)
    with pytest.raises(Reverted, match="deadline has not passed"):
        router.refund(query, sender=asker)
    chain.warp(HOUR + 1)
    router.refund(query, sender=asker)
    assert router.credit(asker) == 9
    with pytest.raises(Reverted, match="wrong stage"):
        router.refund(query, sender=asker)
