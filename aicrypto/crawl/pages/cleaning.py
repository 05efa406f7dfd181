"""A page's own words, without the menus and footers around them.

The text is taken block by block (paragraph, heading, cell, list item). Elements that hold no prose
(scripts, navigation, forms, footers) are skipped; a block is dropped if more than half of its words
are links, or if it is short and does not end like a sentence. Nothing is learned and nothing
depends on the site, so anybody who has the page gets the same text, which is what makes a row
checkable.

Pages come from strangers. Their length, and the depth of nesting, on which parsers that build a
tree can spend quadratic time, are bounded before any parser sees them; the walk keeps its own
stack. Memory addresses (0x7f3a...) are written 0x, because they change from answer to answer.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aicrypto.crawl.pages.url import normalise

MAX_CHARS = 4_000_000
MAX_NESTING = 256
MAX_DAMAGED = 100  # of so many signs at most one may be undecodable
MIN_WORDS = 5
LINE_BREAK = "\0"  # no text of a page holds it: HTML parsers replace it
SENTENCE_ENDS = (".", "!", "?", ":")
NO_PROSE = """script style noscript template nav header footer aside form button select svg iframe
head -comment !doctype"""
BORDERS = """address article blockquote body caption center dd details div dl dt fieldset figcaption
figure h1 h2 h3 h4 h5 h6 hr html legend li main menu ol p pre section summary table tbody td tfoot
th thead tr ul"""
# Elements that are closed by the next one of their kind, or have no end: they do not nest.
FLAT_ONES = """area base br col dd dt embed hr img input li link meta option p source tbody td th
thead tr track wbr"""
SKIPPED, BLOCKS = frozenset(NO_PROSE.split()), frozenset(BORDERS.split())
# A tag that may nest.
TAG = re.compile(rf"<(/?)(?!(?:{'|'.join(FLAT_ONES.split())})[\s/>])([a-z][^\s/>]*)", re.IGNORECASE)
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.I)
IN_HEADER = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_:.-]{1,40})", re.I)
DECLARED_WITHIN = 1024  # bytes of a page in which HTML looks for a charset
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


class Unreadable(ValueError):
    """A body that is no text in its encoding, or too long or too deep to be parsed."""


@dataclass(frozen=True)
class Cleaned:
    """What a page says: title, addresses it links to (sorted, once each), main text by lines."""

    title: str
    links: tuple[str, ...]
    text: str


class Border:
    """Stands between the nodes of a page where a block begins or ends."""

    tag = "-border"


def decode(body: bytes, content_type: str) -> str:
    """A page's text by byte order mark, header or meta element, in this order; UTF-8 without any.

    Raises:
        Unreadable: if the encoding is unknown, or over one sign in a hundred is damaged.
    """
    for mark, name in MARKS.items():
        if body.startswith(mark):
            return _decoded(body[len(mark) :], name)
    in_header = IN_HEADER.search(content_type)
    if in_header:
        return _decoded(body, in_header[1])
    declared = DECLARED.search(body[:DECLARED_WITHIN])
    return _decoded(body, declared[1].decode() if declared else "utf-8")


def clean(html: str, url: str) -> Cleaned:
    """Title, links and main text of a page at a normalised address.

    Raises:
        Unreadable: if the page is longer or deeper nested than a parser should be given.
    """
    tree = _tree(html)
    title = tree.css_first("title")
    return Cleaned(
        " ".join(title.text().split()) if title is not None else "",
        tuple(sorted(_links(tree, url))),
        ADDRESS.sub("0x", "\n".join(filter(None, _blocks(tree.root)))),
    )


def links_of(html: str, url: str) -> tuple[str, ...]:
    """The normalised addresses that a page links to, sorted, once each; `clean`'s error."""
    return tuple(sorted(_links(_tree(html), url)))


def check_tame(html: str) -> None:
    """Refuses what would keep a parser busy; `clean`'s error."""
    if len(html) > MAX_CHARS:
        raise Unreadable(f"page has {len(html)} signs, at most {MAX_CHARS} are read")
    depth = nesting(html)
    if depth > MAX_NESTING:
        raise Unreadable(f"page is nested {depth} deep, at most {MAX_NESTING} are read")


def nesting(html: str) -> int:
    """Depth of the deepest element; an end tag counts only where it closes the innermost one."""
    stack, deepest = list[str](), 0
    for slash, tag in TAG.findall(html):
        name = tag.lower()
        if not slash:
            stack.append(name)
            deepest = max(deepest, len(stack))
        elif stack and stack[-1] == name:
            stack.pop()
    return deepest


def _tree(html: str) -> Any:
    from selectolax.lexbor import LexborHTMLParser

    check_tame(html)
    return LexborHTMLParser(html)


def _decoded(body: bytes, name: str) -> str:
    try:
        text = body.decode(name, "replace")
    except LookupError:
        raise Unreadable(f"encoding {name!r} is unknown") from None
    except (UnicodeError, ValueError):  # codecs that are no text encodings refuse in their own ways
        raise Unreadable(f"body is no text in {name!r}") from None
    damaged = text.count("\ufffd")
    if damaged * MAX_DAMAGED > len(text):
        raise Unreadable(f"{damaged} of {len(text)} signs are damaged in {name!r}")
    return text


def _links(tree: Any, url: str) -> set[str]:
    """Normalised addresses of all links; what cannot be one is passed over."""
    base = _usable(_attribute(tree.css_first("base[href]")), url) or url
    found = (_usable(_attribute(anchor), base) for anchor in tree.css("a[href]"))
    return {link for link in found if link is not None}


def _attribute(node: Any) -> str:
    return "" if node is None else node.attributes.get("href") or ""


def _usable(href: str, base: str) -> str | None:
    try:
        return normalise(href, base)
    except ValueError:  # pages hold addresses of any kind
        return None


def _blocks(root: Any) -> Iterator[str]:
    """The text of each block in page order; a nested block ends the one around it, too."""
    stack: list[tuple[Any, bool]] = [(root, False)]
    pieces: list[str] = []
    n_linked = 0
    while stack:
        node, in_link = stack.pop()
        tag = node.tag
        if tag == "-text":
            pieces.append(node.text_content)
            n_linked += in_link * len(node.text_content.split())
        elif tag == "br":
            pieces.append(LINE_BREAK)
        elif tag != Border.tag:
            if tag not in SKIPPED:
                stack += _parts(node, tag, in_link)
        elif pieces:
            yield _prose(pieces, n_linked)
            pieces, n_linked = [], 0
    yield _prose(pieces, n_linked)


def _parts(node: Any, tag: str, in_link: bool) -> list[tuple[Any, bool]]:
    """An element's children, last one first, between borders if it is a block."""
    in_link = in_link or (tag == "a" and "href" in node.attributes)
    children = [(child, in_link) for child in node.iter(include_text=True)]
    children.reverse()
    return [(Border, False), *children, (Border, False)] if tag in BLOCKS else children


def _prose(pieces: list[str], n_linked: int) -> str:
    """A block's lines with blanks collapsed; nothing if it is too short or mostly links."""
    lines = (" ".join(line.split()) for line in "".join(pieces).split(LINE_BREAK))
    text = "\n".join(filter(None, lines))
    n_words = len(text.split())
    is_short = n_words < MIN_WORDS and not text.endswith(SENTENCE_ENDS)
    return "" if is_short or 2 * n_linked > n_words else text
