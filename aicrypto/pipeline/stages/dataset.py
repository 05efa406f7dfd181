"""Stage 2, dataset: pages become labelled rows under one Merkle root, posted on chain.

A row is {path, topic, text}: the page's words, lower case, without numbers and without the topic's
own name, so that a classifier has to read the page and not its title. The root fixes the data set
before anybody trains on it; which rows are held out for scoring follows from the root, so nobody
could have chosen that split either.

Thin on purpose: the data-network room brings quality rules, near-duplicate removal and a proof per
row.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.pipeline.receipts import Evidence, Facts, Json, demand, encode
from aicrypto.pipeline.stages.crawl import Crawl
from aicrypto.pipeline.stages.pages import topic_of, words_of
from aicrypto.pipeline.state import State

NAME = "dataset"
MIN_WORDS, MAX_WORDS = 40, 1500
MIN_ROWS_PER_TOPIC = 8
MAX_TOPICS = 16
HELD_OUT_OF = 256  # a row is held out if the first byte of its lot is below HELD_OUT
HELD_OUT = 77  # about 30 %


@dataclass(frozen=True)
class Row:
    """One page as training data."""

    path: str
    topic: str
    text: str

    def leaf(self) -> bytes:
        """The bytes that the Merkle root commits to."""
        return encode(asdict(self))


@dataclass(frozen=True)
class Dataset:
    """Rows sorted by path, their root, and the topics in order of their class number."""

    rows: tuple[Row, ...]

    @property
    def root(self) -> bytes:
        """RFC 6962 root over the rows."""
        return merkle.root([row.leaf() for row in self.rows])

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics, sorted; the position is the class number."""
        return tuple(sorted({row.topic for row in self.rows}))

    def split(self) -> tuple[list[Row], list[Row]]:
        """Rows to train on and rows held out, by a lot that the root decides."""
        root = self.root
        lots = [sha256(root, row.path.encode())[0] for row in self.rows]
        train = [row for row, lot in zip(self.rows, lots, strict=True) if lot >= HELD_OUT]
        held_out = [row for row, lot in zip(self.rows, lots, strict=True) if lot < HELD_OUT]
        return train, held_out


def extract(url: str, body: str) -> Row:
    """A page's row: words of the visible text, at most `MAX_WORDS` of them."""
    topic = topic_of(url)
    masked = [word for word in words_of(body) if topic.lower() not in word]
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return Row(path, topic, " ".join(masked[:MAX_WORDS]))


def select(bodies: Mapping[str, str]) -> Dataset:
    """The data set of pages by address: enough words, no text twice, topics with enough rows."""
    by_text: dict[str, Row] = {}
    for url in sorted(bodies):
        row = extract(url, bodies[url])
        if len(row.text.split()) >= MIN_WORDS:
            by_text.setdefault(row.text, row)
    rows = by_text.values()
    sizes = Counter(row.topic for row in rows).most_common(MAX_TOPICS)
    kept = {topic for topic, size in sizes if size >= MIN_ROWS_PER_TOPIC}
    return Dataset(tuple(row for row in rows if row.topic in kept))


def run(state: State) -> State:
    """The state with the data set, its root on chain, and its receipt.

    Raises:
        ValueError: if the site has fewer than two topics with enough pages.
    """
    pages = state.get(Crawl).pages
    dataset = select({page.url: page.body for page in pages})
    if len(dataset.topics) < 2:
        counts = Counter(topic_of(page.url) for page in pages).most_common(5)
        raise ValueError(
            f"the site gives {len(dataset.topics)} topics with at least {MIN_ROWS_PER_TOPIC} pages,"
            f" a classifier needs 2; largest: {counts}"
        )
    state.job.post_dataset(dataset.root, len(dataset.rows))
    return state.publish(
        NAME,
        dataset,
        claim=f"{len(dataset.rows)} rows on {len(dataset.topics)} topics, all from crawled pages",
        facts={
            "root": dataset.root.hex(),
            "n_rows": len(dataset.rows),
            "topics": list(dataset.topics),
        },
        evidence={"rows": [asdict(row) for row in dataset.rows]},
        assumes="SHA-256 is collision resistant; near-duplicates are not removed yet",
    )


def load(evidence: Json) -> Dataset:
    """The data set in this stage's evidence."""
    return Dataset(tuple(Row(**row) for row in evidence["rows"]))


def check(evidence: Json, facts: Facts, inputs: Evidence) -> None:
    """The rows have the published root, and are exactly what the crawled pages give."""
    dataset, claimed = load(evidence), facts[NAME]
    demand(dataset.root.hex() == claimed["root"], "the rows do not have the published root")
    demand(len(dataset.rows) == claimed["n_rows"], "another number of rows")
    demand(list(dataset.topics) == claimed["topics"], "other topics")
    if "crawl" in inputs:
        bodies = {page["url"]: page["body"] for page in inputs["crawl"]["pages"]}
        demand(select(bodies) == dataset, "the crawled pages give other rows")
