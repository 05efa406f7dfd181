"""Which pages are trained on: two SQL queries, proven over a table that nobody is sent.

The first names the topics with enough pages, the second the pages of these topics that are prose,
in English, and repeat no other. Who checks has the table's commitment, of a few hundred bytes, and
the proofs; the texts of the queries follow from the rules here and from the first answer.

The proofs are transparent (hashes, no setup) and hide nothing.
"""

from collections import Counter
from dataclasses import dataclass

from aicrypto.pipeline.receipts import Json, demand
from aicrypto.pipeline.stages.table import TABLE
from aicrypto.sql import Table, fast
from aicrypto.sql.fast import CommittedTable, QueryProof, TableCommitment

LANGUAGE = "en"
MIN_ROWS_PER_TOPIC = 8
MAX_TOPICS = 16
HELD_OUT = 77  # of 256 lots: about 30 % of the pages are held out for scoring
USABLE = f"prose AND NOT repeats AND lang = '{LANGUAGE}'"
TOPICS_SQL = (
    f"SELECT topic, COUNT(*) AS n FROM {TABLE} WHERE {USABLE} GROUP BY topic"
    f" HAVING COUNT(*) >= {MIN_ROWS_PER_TOPIC} ORDER BY n DESC, topic LIMIT {MAX_TOPICS}"
)


@dataclass(frozen=True)
class Choice:
    """The two proofs, each with its answer."""

    topics: QueryProof
    rows: QueryProof

    def to_json(self) -> Json:
        """The proofs' bytes in hex."""
        return {"topics": self.topics.to_bytes().hex(), "rows": self.rows.to_bytes().hex()}

    @classmethod
    def from_json(cls, value: Json) -> "Choice":
        """The choice that `to_json` wrote; ValueError if it is none."""
        proofs = [QueryProof.from_bytes(bytes.fromhex(value[name])) for name in ("topics", "rows")]
        return cls(*proofs)

    @property
    def n_bytes(self) -> int:
        """The length of the proofs."""
        return sum(len(text) // 2 for text in self.to_json().values())

    def soundness_bits(self, commitment: TableCommitment) -> float:
        """-log2 of the chance that one of the two answers is false, the weaker proof's."""
        tables = {TABLE: commitment}
        asked = (TOPICS_SQL, self.topics), (rows_sql(topics_in(self.topics)), self.rows)
        return round(min(fast.soundness_bits(sql, tables, proof) for sql, proof in asked), 1)


def topics_in(proof: QueryProof) -> list[str]:
    """The topics of the first answer, largest first."""
    return [str(topic) for topic in proof.result.column("topic").values]


def rows_sql(topics: list[str]) -> str:
    """The second query."""
    return f"SELECT path, topic, session, lot, text_sha256 FROM {TABLE} WHERE {usable(topics)}"


def usable(topics: list[str]) -> str:
    """The condition for a page to be in the data set, as SQL."""
    listed = ", ".join("'" + topic.replace("'", "''") + "'" for topic in topics)
    return f"{USABLE} AND topic IN ({listed})"


def choose(table: CommittedTable) -> Choice:
    """The rows that the rules choose, with proofs.

    Raises:
        ValueError: if fewer than two topics have enough pages.
    """
    tables = {TABLE: table}
    topics = fast.prove(TOPICS_SQL, tables)
    named = topics_in(topics)
    if len(named) < 2:
        counts = Counter(table.table.column("topic").values).most_common(5)
        raise ValueError(
            f"the site gives {len(named)} topics with at least {MIN_ROWS_PER_TOPIC} pages,"
            f" a classifier needs 2; largest: {counts}"
        )
    return Choice(topics, fast.prove(rows_sql(named), tables))


def check(choice: Choice, commitment: TableCommitment) -> Table:
    """The chosen rows, in order, as proven.

    Raises:
        Refused: if a proof does not hold for this commitment.
    """
    tables = {TABLE: commitment}
    shown = fast.verify(TOPICS_SQL, tables, choice.topics)
    demand(shown, "the proof of the topics does not verify")
    demand(len(topics_in(choice.topics)) >= 2, "one topic is nothing to choose from")
    shown = fast.verify(rows_sql(topics_in(choice.topics)), tables, choice.rows)
    demand(shown, "the proof of the rows does not verify")
    return choice.rows.result
