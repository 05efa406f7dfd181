"""Stage 4, dataset: proven queries choose the pages to train on; one Merkle root, posted on chain.

The rows are the answer of SQL over the witnessed table (`choice`), so whoever holds the table's
commitment can check that no page was slipped in, left out or moved between training and scoring,
and needs no page for it. A row is a record of the crawl room: its text has the digest that the
table has, and it comes with its provenance, the session record that the crawl's ledger holds and
the path to the root on chain. The lot decides whether a row is held out.

Miners train on a row's words without the topic's own name, so that a classifier has to read the
page and not its title. Later, anybody who has the pages can prove more about them, for instance
whether a certain page was trained on (`aicrypto.pipeline.audit`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.crawl import pages, rows
from aicrypto.crawl.rows import Provenance
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
from aicrypto.pipeline.stages import choice, crawl
from aicrypto.pipeline.stages.choice import HELD_OUT, Choice
from aicrypto.pipeline.stages.crawl import Crawl
from aicrypto.pipeline.stages.witness import Witnessed, commitment_in
from aicrypto.pipeline.state import State
from aicrypto.sql import Table

NAME = "dataset"
MAX_WORDS = 1500
WORD = re.compile("[a-z]{2,}")


@dataclass(frozen=True)
class Row:
    """One page as training data: its record, its lot, and the words that are trained on."""

    record: Mapping[str, Any]
    lot: int
    text: str

    @classmethod
    def of(cls, record: Mapping[str, Any], lot: int) -> "Row":
        """The row of a record: its words, lower case, at most `MAX_WORDS`."""
        topic = record["label"].lower()
        words = (word for word in WORD.findall(record["text"].lower()) if topic not in word)
        return cls(record, lot, " ".join(list(words)[:MAX_WORDS]))

    @property
    def path(self) -> str:
        """The page's address on its site."""
        return pages.path_of(self.record["url"])

    @property
    def topic(self) -> str:
        """The page's topic."""
        return str(self.record["label"])


@dataclass(frozen=True)
class Dataset:
    """Rows in the table's order, their root, and the topics in order of their class number."""

    rows: tuple[Row, ...]

    @property
    def root(self) -> bytes:
        """RFC 6962 root over the rows' canonical records."""
        return rows.Build(tuple(dict(row.record) for row in self.rows)).root

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics, sorted; the position is the class number."""
        return tuple(sorted({row.topic for row in self.rows}))

    def split(self) -> tuple[list[Row], list[Row]]:
        """Rows to train on and rows held out, by their lots."""
        train = [row for row in self.rows if row.lot >= HELD_OUT]
        return train, [row for row in self.rows if row.lot < HELD_OUT]


def read(chosen: Table, records: Iterable[Mapping[str, Any]]) -> Dataset:
    """The data set of the lines that a query chose, with the records of their sessions."""
    by_session = {record["session"]: record for record in records}
    sessions, lots = (chosen.column(name).values for name in ("session", "lot"))
    lines = zip(sessions, lots, strict=True)
    return Dataset(tuple(Row.of(by_session[session], lot) for session, lot in lines))


def run(state: State) -> State:
    """The state with the data set, its root on chain, and its receipt.

    Raises:
        ValueError: if the site has fewer than two topics with enough pages.
    """
    witnessed = state.get(Witnessed)
    [chosen] = state.spread(choice.choose, [witnessed.committed])
    dataset = read(chosen.rows.result, witnessed.records)
    state.job.post_dataset(dataset.root, len(dataset.rows))
    rows_told = _with_origin(dataset, state.get(Crawl))
    evidence = {"rows": rows_told, "proofs": chosen.to_json()}
    return state.publish(STAGE, dataset, evidence)


def _with_origin(dataset: Dataset, crawled: Crawl) -> list[Json]:
    """The rows as evidence, each with its session's place in the ledger."""
    ledger, sessions = crawled.ledger, [entry.session for entry in crawled.entries]
    at = {session["session"]: index for index, session in enumerate(sessions)}
    told = []
    for row in dataset.rows:
        index = at[row.record["session"]]
        path = [node.hex() for node in ledger.prove_inclusion(index)]
        place = {"session": sessions[index], "index": index, "path": path}
        told.append({"record": dict(row.record), "lot": row.lot, **place})
    return told


def load(evidence: Json) -> Dataset:
    """The data set in this stage's evidence."""
    return Dataset(tuple(Row.of(told["record"], told["lot"]) for told in evidence["rows"]))


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The rows are what the proven queries give, and each comes from a page of the ledger."""
    dataset, commitment = load(evidence), commitment_in(facts)
    chosen = Choice.from_json(evidence["proofs"])
    expected = choice.check(chosen, commitment)
    _check_rows(dataset, expected)
    for told in evidence["rows"]:
        _check_origin(told, facts)
    n_train, bits = len(dataset.split()[0]), chosen.soundness_bits(commitment)
    return Conclusion(
        f"SQL chose {len(dataset.rows)} of {commitment.rows} pages, on {len(dataset.topics)}"
        f" topics, {n_train} of them to train on (2 proofs, {chosen.n_bytes:,} bytes, {bits} bits);"
        " each row leads to its page's entry in the ledger",
        {
            "root": dataset.root.hex(),
            "n_rows": len(dataset.rows),
            "n_train": n_train,
            "topics": list(dataset.topics),
            "proof": sha256(encode(evidence["proofs"])).hex(),
            "proof_bytes": chosen.n_bytes,
            "soundness_bits": bits,
        },
    )


def _check_rows(dataset: Dataset, expected: Table) -> None:
    """The rows are those that the queries chose; the text's digest is checked with its origin."""
    shown = [
        [row.path, row.topic, row.record["session"], row.lot, row.record["text_sha256"]]
        for row in dataset.rows
    ]
    columns = (column.values for column in expected.columns)
    demand(shown == list(map(list, zip(*columns, strict=True))), "the queries choose other rows")


def _check_origin(told: Json, facts: Facts) -> None:
    """The row leads to the crawl's ledger."""
    head = crawl.head_in(facts[crawl.NAME]["head"])
    path = tuple(bytes.fromhex(node) for node in told["path"])
    origin = Provenance(told["record"], told["session"], told["index"], path, head)
    failed = rows.failed_check(origin, head.validator)
    demand(failed is None, f"the origin of {told['record']['url']} fails: {failed}")


STAGE = Stage(
    NAME,
    assumes="SHA-256 behaves as a random oracle; the indexers cleaned the pages as they should",
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: load(evidence),
)
