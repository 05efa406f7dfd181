"""Pages as a service: addresses in, one root over the cleaned rows out (`aicrypto.crawl`).

A job is a JSON object with "urls". The answer is the rows' Merkle root and their number; the rows
themselves are the proof, for whoever wants to read them. That these rows were on the web can't be
proven afterwards: other nodes fetch again, and most must have seen the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aicrypto.commit import merkle
from aicrypto.commit.untrusted import parse_json
from aicrypto.ritual.node import Output
from aicrypto.ritual.routing.ways import Effort

if TYPE_CHECKING:
    from aicrypto.crawl.pages import Response

COUNT_BYTES, LENGTH_BYTES = 4, 4
MAX_URLS = 1_000

Web = Callable[[str], "Response"]
EFFORT = Effort(0.01)  # of a small job on one core; `bench ritual.rooms`


@dataclass(frozen=True)
class Pages:
    """The crawl room behind a web of one's own: how a page is brought is the caller's."""

    web: Web
    name: str = "crawl"
    effort: Effort = EFFORT

    def work(self, data: bytes) -> Output:
        """Root and number of the rows, and the rows as proof; ValueError if there are no urls."""
        rows = self._rows(_urls(data))
        return Output(_digest(rows), b"".join(_framed(row) for row in rows))

    def check(self, data: bytes, output: Output) -> bool:
        """Whether the rows are those of the root, and fetched again the same."""
        try:
            rows = _unframed(output.proof)
            return output.data == _digest(rows) and rows == self._rows(_urls(data))
        except (ValueError, OSError):
            return False

    def _rows(self, urls: Sequence[str]) -> list[bytes]:
        from aicrypto.crawl.pages import Fetched, Policy
        from aicrypto.crawl.rows import Rules, build, canonical

        sessions = Policy(frozenset())
        answers = [Fetched(self.web(url), {"session": sessions.session_of(url)}) for url in urls]
        built = build(answers, Rules(quality=False))
        return [canonical("row", row) for row in built.rows]


def _urls(data: bytes) -> list[str]:
    job: Any = parse_json(data)
    urls = job.get("urls") if isinstance(job, dict) else None
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise ValueError("data must be a JSON object with a list of urls")
    if not 0 < len(urls) <= MAX_URLS:
        raise ValueError(f"urls are {len(urls)}, must be in 1..{MAX_URLS}")
    return urls


def _digest(rows: Sequence[bytes]) -> bytes:
    return merkle.root(rows) + len(rows).to_bytes(COUNT_BYTES, "big")


def _framed(row: bytes) -> bytes:
    return len(row).to_bytes(LENGTH_BYTES, "big") + row


def _unframed(data: bytes) -> list[bytes]:
    rows: list[bytes] = []
    while data:
        end = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")
        if len(data) < end:
            raise ValueError(f"proof ends after {len(data)} bytes of a row of {end}")
        rows.append(data[LENGTH_BYTES:end])
        data = data[end:]
    return rows
