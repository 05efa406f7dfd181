"""Several copies of one page, and the copy that more than half of the neighbourhoods agree on.

A node can alter a page that it fetched in the clear. So k nodes fetch it, and what most of them saw
is taken. One person can run many nodes, but rarely in many places: the copies of one /24 block
count as one vote. A majority of places in one hand still wins; that limit stays.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.crawl.incentives.farms import block


@dataclass(frozen=True)
class Copy:
    """What one node gave: the hash of its page's body, None if it gave none."""

    node: str
    ip: str
    body_sha256: bytes | None


@dataclass(frozen=True)
class Verdict:
    """What became of a vote.

    Attributes:
        status: "ok", "too_few" or "no_majority".
        accepted: hash of the winning body, None without one.
        dissenters: nodes that gave another body, whether their copy voted or not, sorted.
    """

    status: str
    accepted: bytes | None = None
    dissenters: tuple[str, ...] = ()


def decide(copies: Sequence[Copy], min_votes: int) -> Verdict:
    """The verdict over the copies, of which the first of each /24 block votes.

    >>> decide([Copy("a", "10.0.1.1", b"x"), Copy("b", "10.0.1.2", b"x")], min_votes=2).status
    'too_few'
    """
    votes: dict[str, bytes] = {}
    for copy in copies:
        if copy.body_sha256 is not None:
            votes.setdefault(block(copy.ip), copy.body_sha256)
    if len(votes) < min_votes:
        return Verdict("too_few")
    [(best, count), *_] = Counter(votes.values()).most_common(1) or [(b"", 0)]
    if 2 * count <= len(votes):
        return Verdict("no_majority")
    others = (c.node for c in copies if c.body_sha256 not in (None, best))
    return Verdict("ok", best, tuple(sorted(others)))
