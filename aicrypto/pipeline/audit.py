"""Questions to a finished run: was this page trained on? Proven, without a look at any page.

Whoever has the run's pages builds the witnessed table again and proves the answer to any query that
the SQL room can prove. Who asks needs the receipts and the proof alone: they name the commitment
that the indexers attested. Have the receipts verified first; here they are believed.
"""

from pathlib import Path

from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.receipts import Facts
from aicrypto.pipeline.stages import choice, crawl, witness
from aicrypto.pipeline.stages.table import TABLE, records_of, table_of
from aicrypto.sql import Table, fast


def facts_of(receipts: Path) -> Facts:
    """The facts of every receipt in a receipts file; ValueError if it is none."""
    return {receipt.stage: receipt.facts for receipt in files.load(receipts)[0]}


def use_sql(path: str, topics: list[str]) -> str:
    """The query that counts the training rows of a page: 1 if it was trained on, otherwise 0."""
    quoted = path.replace("'", "''")
    condition = f"{choice.usable(topics)} AND lot >= {choice.HELD_OUT}"
    return f"SELECT COUNT(*) AS n FROM {TABLE} WHERE path = '{quoted}' AND {condition}"


def prove(run: Path, sql: str) -> bytes:
    """A proof of the query's answer, from the pages in a run's folder.

    Raises:
        ValueError: if the pages do not give the witnessed commitment, or the query has no proof.
    """
    facts = facts_of(run / files.RECEIPTS_FILE)
    receipts, _ = files.load(run / files.RECEIPTS_FILE)
    [crawled] = [receipt.file for receipt in receipts if receipt.stage == crawl.NAME]
    entries = crawl.load(files.decode((run / crawled).read_bytes())).entries
    table = table_of(records_of(entries), bytes.fromhex(facts["crawl"]["root"]))
    committed = fast.commit(table)
    if committed.public != witness.commitment_in(facts):
        raise ValueError(f"{run}: the pages give another commitment than the witnessed one")
    return fast.prove(sql, {TABLE: committed}).to_bytes()


def answer(receipts: Path, sql: str, proof: bytes) -> Table | None:
    """The proven answer; None if the proof does not hold for the witnessed commitment."""
    tables = {TABLE: witness.commitment_in(facts_of(receipts))}
    if not fast.verify(sql, tables, proof):
        return None
    return fast.QueryProof.from_bytes(proof).result
