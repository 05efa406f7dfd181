"""A fetched page, and what can be read from it: its topic, its links, its words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.pipeline.receipts import encode


@dataclass(frozen=True)
class Page:
    """One fetched page; `body` is the decoded text of the answer."""

    url: str
    node: str
    body: str

    def record(self) -> bytes:
        """What the node signs: the canonical record with the body's digest."""
        digest = sha256(self.body.encode()).hex()
        return encode({"node": self.node, "url": self.url, "body_sha256": digest})


def topic_of(url: str) -> str:
    """A page's topic: first folder of its path, or first dotted part of its name.

    >>> topic_of("http://host/asyncio.locks.html"), topic_of("http://host/blog/today.html")
    ('asyncio', 'blog')
    """
    return urlsplit(url).path.strip("/").split("/")[0].split(".")[0]


def links_of(page: Page) -> list[str]:
    """Absolute http(s) addresses that a page links to, without fragments, in order, once each."""
    found: dict[str, None] = {}
    for anchor in LexborHTMLParser(page.body).css("a[href]"):
        try:
            url = urldefrag(urljoin(page.url, anchor.attributes["href"] or "")).url
            known_scheme = urlsplit(url).scheme in ("http", "https")
        except ValueError:  # documentation strings hold broken links
            continue
        if known_scheme:
            found[url] = None
    return list(found)


def words_of(body: str) -> list[str]:
    """Words of a page's visible text, lower case; numbers and memory addresses are no words."""
    tree = LexborHTMLParser(body)
    tree.strip_tags(["script", "style", "head"])
    return re.findall(r"[a-z]{2,}", re.sub(r"\b0x[0-9a-f]+", "", tree.text(separator=" ").lower()))


def text_digest(page: Page) -> str:
    """Digest of a page's words: equal for two copies that differ in addresses or numbers alone."""
    return sha256(" ".join(words_of(page.body)).encode()).hex()


def root_of(pages: Iterable[Page]) -> bytes:
    """RFC 6962 root over the pages' records."""
    return merkle.root([page.record() for page in pages])
