"""A fetched page, and what can be read from it: its topic, its links, its words.

Pages come from strangers. What they send is bounded before any parser sees it: length, and depth
of nesting, on which the time of every HTML parser that builds a tree can grow quadratically.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.pipeline.receipts import encode

MAX_CHARS = 2_000_000
MAX_NESTING = 256  # pages of the documentation server reach 10
MAX_URL_CHARS = 2_000
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
# Elements that are closed by the next one of their kind, or have no end: they do not nest.
FLAT = {
    *("area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta"),
    *("option", "p", "source", "tbody", "td", "th", "thead", "tr", "track", "wbr"),
}


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


def is_plain(url: str) -> bool:
    """Whether an address is the one way of writing itself: no fragment, blank or control sign."""
    return (
        url.isascii()
        and url.isprintable()
        and " " not in url
        and len(url) <= MAX_URL_CHARS
        and urldefrag(url).url == url
    )


def is_tame(body: str) -> bool:
    """Whether a body is short and flat enough to be parsed."""
    return len(body) <= MAX_CHARS and _nesting(body) <= MAX_NESTING


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
        if known_scheme and is_plain(url):
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


def _nesting(body: str) -> int:
    """Depth of the deepest element; an end tag counts only where it closes the innermost one."""
    stack, deepest = list[str](), 0
    for slash, tag in TAG.findall(body):
        name = tag.lower()
        if name in FLAT:
            continue
        if not slash:
            stack.append(name)
            deepest = max(deepest, len(stack))
        elif stack and stack[-1] == name:
            stack.pop()
    return deepest
