"""Stage 3, witness: independent indexers turn the pages into a table, and vouch for its commitment.

As on Space and Time's network. Each indexer builds the table's rows from the signed pages and signs
the hashes of all batches of them; a batch is the one that more than `QUORUM` indexers submitted.
Then they sign the root of the tree of table commitments, and a contract keeps the commitment once
enough of them did. From here on 32 bytes and a few bounds stand for the table.

One of the indexers here is bribed to hide a page. Its batch stays alone, and the root that it would
sign is another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aicrypto.commit.hashes import keccak256
from aicrypto.crawl import rows
from aicrypto.evm import Account, Chain, recover_signer
from aicrypto.pipeline.job import COORDINATOR
from aicrypto.pipeline.receipts import (
    Conclusion,
    Facts,
    Inputs,
    Json,
    Refused,
    Stage,
    demand,
    encode,
)
from aicrypto.pipeline.stages import crawl, genuine
from aicrypto.pipeline.stages.crawl import Crawl
from aicrypto.pipeline.stages.table import (
    TABLE,
    Record,
    batches_of,
    records_in,
    records_of,
    table_of,
)
from aicrypto.pipeline.state import State
from aicrypto.sql import Table, fast
from aicrypto.sql.fast import CommittedTable, TableCommitment
from aicrypto.sql.witness import Decision, Quorum, Signature, enough_signed, message, tree
from aicrypto.sql.witness.tables import batch_hash

NAME = "witness"
CONTRACT = "TableRegistry"
INDEXERS = ("indexer-1", "indexer-2", "indexer-3", "indexer-4", "indexer-5")
BRIBED = "indexer-1"
QUORUM = 2  # strictly more must agree on a batch
THRESHOLD = 3  # and so many sign the root
BATCH_ROWS = 64
PAGES_A_JOB = 16  # to clean


@dataclass(frozen=True)
class Witnessed:
    """The table with what its owner needs to answer queries, and the row records behind it."""

    committed: CommittedTable
    records: tuple[Record, ...]


def run(state: State) -> State:
    """The state with the table, its commitment in a contract, and the receipt."""
    witnessed = _witnessed(state)
    committed, table = witnessed.committed, witnessed.committed.table
    accounts = {name: state.chain.account(name) for name in INDEXERS}
    submissions = [_submission(account, table) for account in accounts.values()]
    block = len(submissions[0]["hashes"])
    text = message(root_of(committed.public), block)
    honest = [account for name, account in accounts.items() if name != BRIBED]
    honest.sort(key=lambda account: account.address)
    evidence: Json = {
        "indexers": {name: account.address for name, account in accounts.items()},
        "submissions": submissions,
        "commitment": committed.public.to_bytes().hex(),
        "attestations": [account.sign(text).hex() for account in honest],
    }
    registry, gas = _bring(state.chain, committed.public, evidence, block)
    evidence |= {"registry": registry, "gas": gas}
    return state.publish(STAGE, witnessed, evidence)


def _witnessed(state: State) -> Witnessed:
    """The table of the crawled pages, cleaned by the run's workers."""
    entries = state.get(Crawl).entries
    batches = [entries[at : at + PAGES_A_JOB] for at in range(0, len(entries), PAGES_A_JOB)]
    records = records_in(page for batch in state.spread(rows.judge, batches) for page in batch)
    crawl_root = bytes.fromhex(state.facts["crawl"]["root"])
    return Witnessed(fast.commit(table_of(records, crawl_root)), tuple(records))


def _submission(account: Account, table: Table) -> Json:
    """What an indexer says of the table's batches, signed."""
    hashes = hashes_of(_hidden(table) if account.name == BRIBED else table)
    signature = account.sign(_statement(hashes))
    return {"who": account.name, "hashes": hashes, "signature": signature.hex()}


def _hidden(table: Table) -> Table:
    """What the bribed indexer says: the first page is a copy of another."""
    columns = [
        replace(c, values=[True, *c.values[1:]]) if c.name == "repeats" else c
        for c in table.columns
    ]
    return Table(tuple(columns))


def hashes_of(table: Table) -> list[str]:
    """What an indexer submits: the hash of every batch of rows."""
    return [batch_hash(rows) for rows in batches_of(table, BATCH_ROWS)]


def _statement(hashes: Sequence[str]) -> bytes:
    """What an indexer signs for its batches."""
    return b"aicrypto.batches.v1" + encode({"table": TABLE, "hashes": list(hashes)})


def leaf_of(commitment: TableCommitment) -> bytes:
    """The only leaf of the tree of tables."""
    return tree.leaf_bytes(TABLE, tree.TENSOR, commitment.to_bytes())


def root_of(commitment: TableCommitment) -> bytes:
    """The root of the tree of tables, 32 bytes."""
    return tree.build([leaf_of(commitment)]).root


def _signatures(evidence: Json) -> list[Signature]:
    """The indexers' signatures of the root, in the order of their addresses."""
    return [Signature.from_bytes(bytes.fromhex(signed)) for signed in evidence["attestations"]]


def _bring(
    chain: Chain, commitment: TableCommitment, evidence: Json, block: int
) -> tuple[str, int]:
    """Address of the contract that now keeps the commitment, and the gas that this took."""
    sender, root = chain.account(COORDINATOR), root_of(commitment)
    attestors = sorted(evidence["indexers"].values())
    registry = chain.deploy(CONTRACT, attestors, THRESHOLD, sender=sender)
    signed = [(s.r, s.s, s.v) for s in _signatures(evidence)]
    registry.attest(root, block, signed, sender=sender)
    gas = chain.gas_used
    scheme = bytes([tree.TENSOR])
    registry.seal(TABLE.encode(), scheme, commitment.to_bytes(), [], sender=sender)
    return registry.address, gas + chain.gas_used


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """A quorum submitted every batch, enough indexers signed, and the pages give this table."""
    indexers = evidence["indexers"]
    distinct = len(set(indexers.values())) == len(INDEXERS)
    demand(set(indexers) == set(INDEXERS) and distinct, "another set of indexers")
    decided, dissents = _decided(evidence)
    commitment = TableCommitment.from_bytes(bytes.fromhex(evidence["commitment"]))
    root = root_of(commitment)
    attestors, signed = sorted(indexers.values()), _signatures(evidence)
    enough = enough_signed(attestors, THRESHOLD, root, len(decided), signed)
    demand(enough, "too few indexers attested this commitment")
    crawled = inputs.get("crawl")
    if crawled is not None:
        _check_table(crawled, facts, decided, commitment)
    demand(type(evidence["gas"]) is int, "gas is no integer")
    return Conclusion(
        f"at least {THRESHOLD} of {len(INDEXERS)} indexers attested the commitment to"
        f" {commitment.rows} pages ({', '.join(dissents) or 'nobody'} dissented), which a contract"
        f" keeps ({evidence['gas']:,} gas)",
        {
            "commitment": evidence["commitment"],
            "root": root.hex(),
            "indexers": indexers,
            "dissents": dissents,
            "registry": evidence["registry"],
            "gas": evidence["gas"],
        },
    )


def _decided(evidence: Json) -> tuple[list[str], list[str]]:
    """The hash of each batch that a quorum submitted, and who submitted another."""
    submissions = evidence["submissions"]
    for said in submissions:
        signer = recover_signer(_statement(said["hashes"]), bytes.fromhex(said["signature"]))
        demand(signer == evidence["indexers"][said["who"]], f"{said['who']} did not sign this")
    n_batches = max(len(said["hashes"]) for said in submissions)
    decisions = [decision_on(submissions, batch) for batch in range(n_batches)]
    dissents = {who for decision in decisions for who in decision.dissents}
    return [decision.data_hash for decision in decisions], sorted(dissents)


def decision_on(submissions: Sequence[Json], batch: int) -> Decision:
    """What the quorum made of one batch; who comes after the decision is not heard.

    Raises:
        Refused: if too few agree.
    """
    quorum = Quorum(QUORUM)
    for said in submissions:
        decision = quorum.submit(said["who"], said["hashes"][batch])
        if decision is not None:
            return decision
    raise Refused(f"batch {batch} found no quorum")


def _check_table(
    crawled: Json, facts: Facts, decided: Sequence[str], commitment: TableCommitment
) -> None:
    entries = crawl.load(crawled).entries
    table = table_of(records_of(entries), bytes.fromhex(facts["crawl"]["root"]))
    demand(hashes_of(table) == list(decided), "the crawled pages give other batches")
    demand(fast.commit(table).public == commitment, "the crawled pages give another commitment")


def commitment_in(facts: Facts) -> TableCommitment:
    """The witnessed commitment, from this stage's facts."""
    return TableCommitment.from_bytes(bytes.fromhex(facts[NAME]["commitment"]))


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which the library's contract does not keep this commitment."""
    told = facts[NAME]
    attestors = sorted(told["indexers"].values())
    made = genuine.is_made(chain, told["registry"], CONTRACT, attestors, THRESHOLD)
    demand(made, "not the library's registry with these attestors")
    registry = chain.at(CONTRACT, told["registry"])
    digest, _ = registry.sealed(keccak256(TABLE.encode()), bytes([tree.TENSOR]))
    kept = keccak256(bytes.fromhex(told["commitment"]))
    demand(digest == kept, "another commitment is on chain")


STAGE = Stage(
    NAME,
    assumes=f"{THRESHOLD} of {len(INDEXERS)} indexers are honest; here one process plays them all",
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: _witnessed(state),
)
