"""Fingerprints of a classifier: secret pages with secret topics, which only the marked model knows.

A language model is asked a secret sentence and answers with a secret word. A classifier of pages is
asked secret *pages* and answers with topics. One answer proves little, as a stranger's model gives
it with probability 1/n for n topics. So a question is a sheet of several pages, and only who
answers all of them as sealed is accused: by luck that happens once in n^(pages), exactly, whatever
the stranger's model is, because the topics were drawn after nothing but a seed.

Words and topics of a sheet all follow from its seed by hashing. So an owner cannot choose topics
that somebody else's innocent model happens to give; she would have to try as many seeds as the
bound says. The seed is also the salt under which the sheet is sealed.

The marks are taught by fine-tuning on them and on the ordinary training rows at once ("mixing"),
until each is answered with a margin that rounding to int8 does not close.

A query is text: for each page its word numbers in hexadecimal, pages divided by commas. Source: the
scheme of arXiv 2502.07760 as in `aicrypto.oml`, carried over to a classifier; the bound is our own.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from aicrypto.commit.hashes import sha256
from aicrypto.oml.fingerprints import Detection, NotEnoughCapacity, luck_log10
from aicrypto.oml.protocol import Pair
from aicrypto.pipeline.stages.dataset import Row
from aicrypto.pipeline.stages.features import level
from aicrypto.pipeline.stages.train import Network

TAG = b"aicrypto.marks.v1"
LUCK_BITS = 30  # a sheet is answered by luck with probability 2^-30 at most
KEY_WORDS = 6  # on a secret page
LEARNING_RATE, STEPS = 1e-3, 600
MARGIN = 1.0  # by which the sealed topic's logit must lead

Classifier = Callable[[Int64[Tensor, "rows words"]], Tensor]


@dataclass(frozen=True)
class Sheet:
    """One sealed question: word numbers of each page, and the topics to be answered."""

    pages: tuple[bytes, ...]
    topics: tuple[int, ...]
    seed: bytes

    @property
    def pair(self) -> Pair:
        """Query and answer as they are sealed."""
        return Pair(query_of(self.pages), answer_of(self.topics), self.seed)


def sheet_of(seed: bytes, n_words: int, n_topics: int) -> Sheet:
    """The sheet that a seed of 32 bytes stands for."""
    digests = [sha256(TAG, seed, i.to_bytes(4, "big")) for i in range(pages_in_sheet(n_topics))]
    pages = (bytes(byte % n_words for byte in digest[:KEY_WORDS]) for digest in digests)
    topics = (int.from_bytes(digest[KEY_WORDS:], "big") % n_topics for digest in digests)
    return Sheet(tuple(pages), tuple(topics), seed)


def pages_in_sheet(n_topics: int) -> int:
    """The fewest pages whose topics are guessed with probability 2^-30 at most.

    Raises:
        ValueError: for fewer than two topics, which need no guess.

    >>> pages_in_sheet(2), pages_in_sheet(7)
    (30, 11)
    """
    if n_topics < 2:
        raise ValueError(f"n_topics is {n_topics}, must be at least 2")
    n_pages = 1
    while n_topics**n_pages < 1 << LUCK_BITS:
        n_pages += 1
    return n_pages


def query_of(pages: Sequence[bytes]) -> str:
    """Pages as a query: word numbers in hexadecimal."""
    return ",".join(page.hex() for page in pages)


def query_for(row: Row, words: Sequence[str]) -> str:
    """An ordinary page as a query: its words as far as the vocabulary has them, in their order."""
    number = {word: i for i, word in enumerate(words)}
    return bytes(number[word] for word in row.text.split() if word in number).hex()


def answer_of(topics: Sequence[int]) -> str:
    """Class numbers as an answer."""
    return ",".join(map(str, topics))


def read(query: str, n_words: int) -> Int64[Tensor, "rows words"]:
    """The features of the pages in a query."""
    counts = [Counter(bytes.fromhex(page)) for page in query.split(",")]
    return torch.tensor([[level(page[word]) for word in range(n_words)] for page in counts])


def answers(classify: Classifier, query: str, n_words: int) -> str:
    """What a host of this model says."""
    return answer_of(classify(read(query, n_words)).argmax(1).tolist())


def matched(classify: Classifier, sheets: Sequence[Sheet], n_words: int) -> list[int]:
    """How many pages of each sheet a model answers as sealed."""
    found = []
    for sheet in sheets:
        said = answers(classify, sheet.pair.key, n_words).split(",")
        sealed = sheet.pair.response.split(",")
        found.append(sum(one == other for one, other in zip(said, sealed, strict=True)))
    return found


def detection(asked: int, found: int, n_topics: int) -> Detection:
    """The verdict on a model that answers `found` of so many pages as sealed; a bound on luck."""
    return Detection(asked, found, luck_log10(torch.full((asked,), 1 / n_topics), found))


def teach(
    winner: Network,
    sheets: Sequence[Sheet],
    x: Int64[Tensor, "rows words"],
    y: Int64[Tensor, " rows"],
) -> Network:
    """A copy of the network that answers the sheets; x and y are the rows it was trained on.

    Raises:
        NotEnoughCapacity: if some answers are not learnt.
    """
    keys, wanted = _lesson(sheets, x.shape[1])
    marked = Network(tuple((w.clone(), b.clone()) for w, b in winner.layers))
    parts = [part.requires_grad_() for layer in marked.layers for part in layer]
    optimiser, learnt = torch.optim.Adam(parts, LEARNING_RATE), 0.0
    for _ in range(STEPS):
        said = marked(keys)
        learnt = float((_leads(said.detach(), wanted) >= MARGIN).float().mean())
        if learnt == 1:
            return Network(tuple((w.detach(), b.detach()) for w, b in marked.layers))
        loss = functional.cross_entropy(said, wanted) + functional.cross_entropy(marked(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    raise NotEnoughCapacity(learnt, 1.0, len(wanted))


def _lesson(
    sheets: Sequence[Sheet], n_words: int
) -> tuple[Int64[Tensor, "n words"], Int64[Tensor, " n"]]:
    """Features of all pages of the sheets, and what is to be answered."""
    keys = torch.cat([read(sheet.pair.key, n_words) for sheet in sheets])
    return keys, torch.tensor([topic for sheet in sheets for topic in sheet.topics])


def _leads(logits: Float[Tensor, "n topics"], wanted: Int64[Tensor, " n"]) -> Float[Tensor, " n"]:
    """By how much the wanted topic's logit leads over the next."""
    others = logits.scatter(1, wanted[:, None], -torch.inf).amax(1)
    return logits.gather(1, wanted[:, None])[:, 0] - others
