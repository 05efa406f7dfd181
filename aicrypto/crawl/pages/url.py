"""Web addresses in one spelling: two links to the same page become the same text.

A crawler asks "have I seen this address?" a million times. `HTTP://Web.test:80/a/../b#top` and
`http://web.test/b` are one page; a crawler that does not know it fetches, pays for and trains on
the page twice. Normalising is resolving against the page that holds the link (RFC 3986 section 5.2)
and then writing what can be written in several ways in one (section 6.2.2): case, escapes, dots,
default ports. What is no http(s) address of a plain host is refused by name.

Used by the frontier of the crawl, by the cleaner for a page's links, and by whoever compares rows.
"""

import re

# RFC 3986 appendix B; a scheme as section 3.1 wants it, so that "1:2" is a path and no scheme.
REFERENCE = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL
)
AUTHORITY = re.compile(r"([a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::([0-9]*))?")
# An escape, a stray "%", or a character that may not stand in an address as it is.
TO_WRITE = re.compile(r"%[0-9A-Fa-f]{2}|[%\"<>\\^`{|}]|[^\x21-\x7e]")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")  # RFC 3986 section 2.3
BLANKS = " \t\r\n\f"
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_PORT, MAX_PORT_DIGITS = 65_535, 5

Parts = tuple[str | None, str | None, str, str | None]  # scheme, authority, path, query


class NotHttp(ValueError):
    """The address is of another scheme: mailto, javascript, file."""


class UserInfo(ValueError):
    """The authority holds a user name: the host is not what the eye reads first."""


class BadUrl(ValueError):
    """No host, a host or port that cannot be, or nothing to resolve against."""


def normalise(href: str, base: str | None = None) -> str:
    """The address that a link means, in its one spelling.

    Args:
        href: the link as the page has it.
        base: the address of the page, for links that are relative.

    Raises:
        NotHttp, UserInfo, BadUrl: what is wrong, tried in this order.

    >>> normalise("../up.html#x", "HTTP://Site.test:80/docs/page.html")
    'http://site.test/up.html'
    """
    parts = _split(href.strip(BLANKS))
    if base is not None:
        parts = _resolve(parts, _split(base.strip(BLANKS)))
    scheme, authority, path, query = parts
    if scheme is None:
        raise BadUrl(f"href {href!r} has no scheme, and there is no base")
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise NotHttp(f"href {href!r} is {scheme}:, must be http: or https:")
    site = _authority(authority, scheme, href)
    # Escaped dots become dots first: %2e%2e must not climb where ".." may not.
    written = remove_dot_segments(_write(path, href)) or "/"
    asked = "" if query is None else f"?{_write(query, href)}"
    return f"{scheme}://{site}{written}{asked}"


def site_of(url: str) -> str:
    """Scheme and authority of a normalised address: what one robots.txt speaks for."""
    return "/".join(url.split("/", 3)[:3])


def path_of(url: str) -> str:
    """Path and query of a normalised address; robots rules are matched against them."""
    return url[len(site_of(url)) :] or "/"


def remove_dot_segments(path: str) -> str:
    """The path with "." and ".." carried out.

    Source: RFC 3986 section 5.2.4, segment by segment.

    >>> remove_dot_segments("/a/b/./../c/..")
    '/a/'
    """
    *folders, last = path.split("/")
    kept: list[str] = []
    for segment in folders:
        _step(kept, segment)
    if last in (".", ".."):
        _step(kept, last)
        last = ""
    rooted = path.startswith("/") and kept[:1] != [""]
    return "/".join(["", *kept, last] if rooted else [*kept, last])


def _step(kept: list[str], segment: str) -> None:
    """One segment more; the empty one before the first slash is never climbed over."""
    if segment == "..":
        if kept and kept != [""]:
            kept.pop()
    elif segment != ".":
        kept.append(segment)


def _split(text: str) -> Parts:
    match = REFERENCE.fullmatch(text)
    assert match is not None, "every text matches"
    return match[1], match[2], match[3], match[4]


def _resolve(link: Parts, base: Parts) -> Parts:
    """The link's parts, what it lacks taken from the base. Source: RFC 3986 section 5.2.2."""
    scheme, authority, path, query = link
    base_scheme, base_authority, base_path, base_query = base
    if scheme is not None:
        return scheme, authority, remove_dot_segments(path), query
    if authority is not None:
        return base_scheme, authority, remove_dot_segments(path), query
    if not path:
        return base_scheme, base_authority, base_path, base_query if query is None else query
    if not path.startswith("/"):
        folder = base_path.rpartition("/")[0]
        path = f"{folder}/{path}" if base_path else f"/{path}"
    return base_scheme, base_authority, remove_dot_segments(path), query


def _authority(authority: str | None, scheme: str, href: str) -> str:
    """Host in lower case, and the port where it is not the scheme's own."""
    authority = authority or ""
    if "@" in authority:
        raise UserInfo(f"href {href!r} names a user: {authority!r}")
    match = AUTHORITY.fullmatch(authority.lower())
    if match is None:
        raise BadUrl(f"href {href!r} has no usable host: {authority!r}")
    port = _port(match[2], href) if match[2] else DEFAULT_PORTS[scheme]
    return match[1] if port == DEFAULT_PORTS[scheme] else f"{match[1]}:{port}"


def _port(digits: str, href: str) -> int:
    if len(digits.lstrip("0")) > MAX_PORT_DIGITS or int(digits) > MAX_PORT:
        raise BadUrl(f"href {href!r:.100} has port {digits:.9}, must be at most {MAX_PORT}")
    return int(digits)


def _write(text: str, href: str) -> str:
    """A path or query with unreserved octets plain and every other escape in upper case."""
    try:
        return TO_WRITE.sub(_escape, text)
    except UnicodeEncodeError:
        raise BadUrl(f"href {href!r} holds half a character") from None


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if len(found) == 3:
        plain = chr(int(found[1:], 16))
        return plain if UNRESERVED.fullmatch(plain) else found.upper()
    return "".join(f"%{octet:02X}" for octet in found.encode())
