"""A crawl of a small site: what it visits, what it refuses, and that a kill changes nothing."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aicrypto.crawl import pages, rows
from aicrypto.crawl.pages import archive as archives
from tests.crawl_site import Site, html, page, prose, served, small_site

LIMITS = pages.Limits(allow_loopback=True, max_bytes=1_000_000)


class JumpingClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def now_s(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def crawled(
    url: str, folder: Path, seeds: tuple[str, ...] = ("/",), **policy: object
) -> rows.Build:
    """The data set of a crawl into that folder."""

    async def go(archive: pages.Archive) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            clock = JumpingClock()
            fetch = pages.direct(client, LIMITS, clock)
            rules = pages.Policy(frozenset([url]), **policy)  # type: ignore[arg-type]
            await pages.crawl([url + seed for seed in seeds], fetch, archive, rules, clock)

    with pages.Archive(folder) as archive:
        asyncio.run(go(archive))
        return rows.build(archive.captures())


@pytest.fixture
def site() -> Iterator[Site]:
    site = small_site()
    with served(site):
        yield site


def test_what_a_crawl_visits_and_what_it_refuses(site: Site, tmp_path: Path) -> None:
    data = crawled(site.url, tmp_path)
    assert len(data.rows) == data.report["rows"] == 24 + 3
    assert data.report["near-duplicate"] == 3, "page 0 and its three copies"
    assert data.report["soft error"] == data.report["no html"] == data.report["word_count"] == 1
    assert data.report["unreadable"] == 2, "wrong encoding, and a tower of elements"
    assert site.most_at_once == 1, "one request at a time"
    assert set(site.asked.values()) == {1}, "nothing is asked twice"
    assert "/private/a.html" not in site.asked
    with pages.Archive(tmp_path) as archive:
        reasons = {pages.path_of(url): why for url, why in archive.refused().items()}
    assert {path: why.split(":")[0] for path, why in reasons.items()} == {
        "/private/a.html": "robots.txt",
        "/not-gzip.html": "WrongEncoding",
        "/bomb.html": "TooLarge",
    }


def test_a_site_without_rules_is_open_and_a_broken_one_is_closed(tmp_path: Path) -> None:
    open_site, closed = small_site(3), small_site(3)
    del open_site.answers["/robots.txt"]
    closed.answers["/robots.txt"] = (503, {}, b"")
    with served(open_site) as url:
        crawled(url, tmp_path / "a")
        assert open_site.asked["/private/a.html"] == 1
    with served(closed) as url:
        assert crawled(url, tmp_path / "b").rows == ()
        assert dict(closed.asked) == {"/robots.txt": 3}, "asked again, then nothing else"


def test_a_server_in_trouble_is_asked_again_later(tmp_path: Path) -> None:
    good = html(page("Page", prose(1)))
    answers = iter([(503, {"Retry-After": "7"}, b""), (503, {}, b""), good])
    site = Site({"/": lambda: next(answers)})
    with served(site) as url:
        assert len(crawled(url, tmp_path).rows) == 1
    assert site.asked["/"] == 3
    assert site.asked["/robots.txt"] == 1


def test_redirects_end(tmp_path: Path) -> None:
    hops = {f"/{i}": (302, {"Location": f"/{i + 1}"}, b"") for i in range(20)}
    site = Site({**hops, "/to": (301, {"Location": "http://elsewhere.invalid/"}, b"")})
    with served(site) as url:
        crawled(url, tmp_path, ("/0", "/to"))
    assert [path for path in site.asked if path in hops] == [f"/{i}" for i in range(6)]


def test_limits_of_pages_and_labels_hold(site: Site, tmp_path: Path) -> None:
    data = crawled(site.url, tmp_path / "a", max_per_label=2)
    labels = [row["label"] for row in data.rows]
    assert {name: labels.count(name) for name in ("birds", "boats", "bread")} == {
        "birds": 2,
        "boats": 2,
        "bread": 2,
    }
    crawled(site.url, tmp_path / "b", max_pages=5)
    with pages.Archive(tmp_path / "b") as archive:
        assert len(archive) == 5


KILLED = """
import sys; from pathlib import Path
sys.path.insert(0, {root!r})
from tests.test_crawl_archive import crawled
crawled(sys.argv[1], Path(sys.argv[2]))
"""


def test_a_killed_crawl_resumes_to_the_same_root(tmp_path: Path) -> None:
    site = small_site()
    process: list[subprocess.Popen[bytes]] = []

    def fatal() -> archives.Any:
        """The page whose request is the last thing that the crawler ever does."""
        if process:
            process.pop().send_signal(signal.SIGKILL)
        return html(page("Page 7", prose(8)))

    site.answers["/boats/7.html"] = fatal
    with served(site) as url:
        whole = crawled(url, tmp_path / "whole")
        site.asked.clear()
        script = KILLED.format(root=str(Path(__file__).parents[1]))
        command = [sys.executable, "-c", script, url, str(tmp_path / "killed")]
        child = subprocess.Popen(command)
        process.append(child)
        assert child.wait(60) == -signal.SIGKILL
        with pages.Archive(tmp_path / "killed") as archive:
            kept = len(archive)
            assert 3 <= kept < 38, "it was killed in the middle"
        resumed = crawled(url, tmp_path / "killed")
    assert (resumed.root, dict(resumed.report)) == (whole.root, dict(whole.report))
    sessions = [row["session"] for row in resumed.rows]
    assert len(set(sessions)) == len(sessions)
    again = [path for path, times in site.asked.items() if times > 1]
    assert len(again) <= 2, "only what was under way is asked again"


def test_a_record_without_its_line_in_the_index_is_cut_off(site: Site, tmp_path: Path) -> None:
    whole = crawled(site.url, tmp_path)
    size = (tmp_path / "pages.warc").stat().st_size
    with (tmp_path / "pages.warc").open("ab") as file:
        file.write(b"WARC/1.1\r\nhalf a record")
    assert crawled(site.url, tmp_path).root == whole.root
    assert (tmp_path / "pages.warc").stat().st_size == size


def test_a_file_that_lost_its_end_is_fetched_again(site: Site, tmp_path: Path) -> None:
    whole = crawled(site.url, tmp_path)
    os.truncate(tmp_path / "pages.warc", (tmp_path / "pages.warc").stat().st_size - 100)
    resumed = crawled(site.url, tmp_path)
    assert (resumed.root, dict(resumed.report)) == (whole.root, dict(whole.report))


class FullDisk:
    """A file on a disk that takes half a write and no more."""

    def __init__(self, file: archives.Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> archives.Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        self._file.write(data[: len(data) // 2])
        self._file.flush()
        raise OSError(errno.ENOSPC, "no space left on device")


def test_a_full_disk_leaves_nothing_half_written(site: Site, tmp_path: Path) -> None:
    whole = crawled(site.url, tmp_path / "whole")
    folder = tmp_path / "full"
    with pages.Archive(folder) as archive:
        archive.queue([pages.Link(site.url + "/", "")])
        [entry] = archive.waiting(0, 9)
        session = dict.fromkeys(rows.SESSION_FIELDS, "") | {"ts": 0}
        fetched = pages.Fetched(pages.Response(entry.url, 200, "OK", (), b"x" * 999), session)
        archive._warc = FullDisk(archive._warc)
        with pytest.raises(OSError, match="no space"):
            archive.add(entry, fetched)
        assert len(archive) == 0
        assert archive.waiting(0, 9) == [entry]
    assert (folder / "pages.warc").stat().st_size == 0
    assert crawled(site.url, folder).root == whole.root


def test_an_archive_has_one_crawl_at_a_time(tmp_path: Path) -> None:
    with pages.Archive(tmp_path), pytest.raises(OSError, match="locked"):
        pages.Archive(tmp_path)
    with pages.Archive(tmp_path):
        pass


def endless_site(n_pages: int) -> Site:
    """A chain of pages of 20 kB."""
    filler = f"<!-- {'x' * 20_000} -->"
    return Site(
        {
            f"/{i}": html((filler + f"<p>{prose(i, 60)}</p><a href='/{i + 1}'>next</a>").encode())
            for i in range(n_pages)
        }
    )


def test_memory_does_not_grow_with_the_crawl(tmp_path: Path) -> None:
    peaks = []
    for n_pages in (20, 80):
        site = endless_site(n_pages)
        with served(site) as url:
            crawled(url, tmp_path / "warm", ("/0",), max_pages=5)
            tracemalloc.start()
            crawled(url, tmp_path / str(n_pages), ("/0",))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert site.asked[f"/{n_pages - 1}"] == 1
    assert peaks[1] < peaks[0] + 60 * 4_000, "20 kB bodies would show"
