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
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
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
    return state.publish(STAGE, dataset, {"rows": [asdict(row) for row in dataset.rows]})


def load(evidence: Json) -> Dataset:
    """The data set in this stage's evidence."""
    return Dataset(tuple(Row(**row) for row in evidence["rows"]))


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The rows are exactly what the crawled pages give."""
    dataset = load(evidence)
    crawl = inputs.get("crawl")
    if crawl is not None:
        bodies = {page["url"]: page["body"] for page in crawl["pages"]}
        demand(select(bodies) == dataset, "the crawled pages give other rows")
    n_rows, topics = len(dataset.rows), list(dataset.topics)
    claim = f"{n_rows} rows on {len(topics)} topics, all from crawled pages"
    return Conclusion(claim, {"root": dataset.root.hex(), "n_rows": n_rows, "topics": topics})


STAGE = Stage(
    NAME,
    assumes="SHA-256 is collision resistant; near-duplicates are not removed yet",
    run=run,
    conclude=conclude,
)
