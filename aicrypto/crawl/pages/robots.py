"""robots.txt: what a site asks crawlers to leave alone (RFC 9309).

Rules stand in groups, a group belongs to the agents named above it. Every group that names us
counts; the groups for "*" count only where none does. Of all patterns that match an address the
longest decides, and "allow" wins a tie. Addresses and patterns are compared octet by octet, in one
spelling of escapes. Where nothing matches, everything is allowed; where the site fails to answer,
nothing is.

The parser in Python's standard library takes the first rule that matches and knows no "*" inside a
path, so it reads about a third of real files wrongly. The package `protego` agrees with the RFC on
nineteen of twenty hand-made cases; the twentieth (a byte order mark, a version after an agent's
name, an empty group of our own) is what this module exists for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aicrypto.crawl.pages.url import path_of

MAX_CHARS = 512 * 1024  # RFC 9309 section 2.5: at least 500 KiB must be parsed
MAX_REDIRECTS = 5  # section 2.3.1.2
CACHE_S = 24 * 3600  # section 2.4
BYTE_ORDER_MARK = "\ufeff"
PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]*")
LINE_END = re.compile(r"\r\n|\r|\n")
UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}|[\x00-\x20\x7f-\xff]")
BLANKS = " \t\v\f"

Decision = Literal["parse", "allow_all", "disallow_all"]


@dataclass(frozen=True)
class Rule:
    """One line: the pattern in its one spelling (escapes normalised), and what it says."""

    allow: bool
    pattern: bytes

    def matches(self, path: bytes) -> bool:
        """Whether the pattern matches a normalised path from its start."""
        return _matches(self.pattern, path)


@dataclass(frozen=True)
class Group:
    """Agents in lower case ("*" is everybody), their rules, and the pause that is asked for."""

    agents: frozenset[str]
    rules: tuple[Rule, ...]
    delay_s: float | None = None


@dataclass(frozen=True)
class Robots:
    """One robots.txt."""

    groups: tuple[Group, ...]

    @classmethod
    def parse(cls, text: str) -> "Robots":
        """The groups of a file; whatever is no rule is passed over, so nothing is refused."""
        return cls(tuple(_groups(text.removeprefix(BYTE_ORDER_MARK)[:MAX_CHARS])))

    def of(self, agent: str) -> list[Group]:
        """The groups that speak to this product token: its own, or else those for everybody."""
        own = [group for group in self.groups if agent.lower() in group.agents]
        return own or [group for group in self.groups if "*" in group.agents]

    def allows(self, agent: str, url: str) -> bool:
        r"""Whether the agent may fetch a normalised address; /robots.txt itself always.

        >>> Robots.parse("User-agent: *\nDisallow: /docs").allows("me", "http://web.test/docs/a")
        False
        """
        path = path_of(url.partition("#")[0])
        if path == "/robots.txt":
            return True
        octets = _one_spelling(path.encode("utf-8", "replace"), plain=b"")
        found = [rule for group in self.of(agent) for rule in group.rules if rule.matches(octets)]
        return max(((len(r.pattern), r.allow) for r in found), default=(0, True))[1]

    def delay_s(self, agent: str) -> float | None:
        """Seconds between requests that the site asks for; no RFC knows the line, many sites do."""
        asked = [group.delay_s for group in self.of(agent) if group.delay_s is not None]
        return max(asked, default=None)


EVERYTHING_ALLOWED = Robots(())
NOTHING_ALLOWED = Robots((Group(frozenset("*"), (Rule(False, b"/"),)),))


def decide(statuses: Sequence[int | None]) -> Decision:
    """What the answers to /robots.txt (one after each redirect) mean; None is no answer.

    Source: RFC 9309 section 2.3.1.
    """
    for hop, status in enumerate(statuses):
        redirected = status is not None and 300 <= status < 400
        if not redirected:
            return _decide_last(status)
        if hop >= MAX_REDIRECTS:
            break
    return "allow_all"


def rules_after(statuses: Sequence[int | None], body: str | None) -> Robots:
    """The rules that hold after these answers, the last of them with this body."""
    decision = decide(statuses)
    if decision == "parse":
        return Robots.parse(body or "")
    return EVERYTHING_ALLOWED if decision == "allow_all" else NOTHING_ALLOWED


def _decide_last(status: int | None) -> Decision:
    if status is None or status >= 500:
        return "disallow_all"
    return "parse" if 200 <= status < 300 else "allow_all"


def _groups(text: str) -> list[Group]:
    """Lines into groups: user-agent lines open one, the first one after a rule opens the next."""
    groups: list[Group] = []
    agents: set[str] = set()
    rules: list[Rule] = []
    delay: float | None = None
    has_rules = False
    for key, value in _lines(text):
        if key == "user-agent":
            if has_rules:
                groups.append(Group(frozenset(agents), tuple(rules), delay))
                agents, rules, delay, has_rules = set(), [], None, False
            agents |= _agents(value)
        elif key in ("allow", "disallow"):
            has_rules = True
            rules += _rules(key, value)
        elif key == "crawl-delay":
            delay = _seconds(value, delay)
    groups.append(Group(frozenset(agents), tuple(rules), delay))
    return groups


def _lines(text: str) -> list[tuple[str, str]]:
    """Keys in lower case and values; comments and lines without a colon are gone."""
    found = []
    for line in LINE_END.split(text):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            found.append((key.strip(BLANKS).lower(), value.strip(BLANKS)))
    return found


def _agents(value: str) -> set[str]:
    if value[:1] == "*" and value[1:2] in BLANKS:  # nothing behind the star is in BLANKS, too
        return {"*"}
    match = PRODUCT_TOKEN.match(value)
    token = match[0].lower() if match else ""
    return {token} - {""}


def _rules(key: str, value: str) -> list[Rule]:
    """The rule of a line; an empty value is none."""
    pattern = _one_spelling(value.encode("utf-8", "replace"), plain=b"*$")
    return [Rule(key == "allow", pattern)] if value else []


def _seconds(value: str, otherwise: float | None) -> float | None:
    """A pause in seconds; what is no number of them changes nothing."""
    return float(value) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value) else otherwise


def _one_spelling(text: bytes, plain: bytes) -> bytes:
    """Octets with unreserved ones plain and all escapes in upper case; "*", "$" only if `plain`.

    Source: RFC 9309 sections 2.2.2 and 2.2.3.
    """
    written = ESCAPE.sub(_escape, text)
    if not plain:
        return written.replace(b"*", b"%2A").replace(b"$", b"%24")
    return written[:-1].replace(b"$", b"%24") + written[-1:]


def _escape(match: re.Match[bytes]) -> bytes:
    found = match[0]
    octet = int(found[1:], 16) if len(found) == 3 else found[0]
    return bytes([octet]) if octet in UNRESERVED else b"%%%02X" % octet


def _matches(pattern: bytes, path: bytes) -> bool:
    """Greedy from the left: each part between stars at its first place, the last at the end if "$".

    Linear in pattern times path; a regular expression with many ".*" is not.
    """
    anchored = pattern.endswith(b"$")
    first, *rest = (pattern[:-1] if anchored else pattern + b"*").split(b"*")
    if not rest:
        return path == first
    if not path.startswith(first):
        return False
    *middle, last = rest
    at = len(first)
    for part in middle:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return path.endswith(last) and len(path) - len(last) >= at
