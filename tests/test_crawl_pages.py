"""Pages: addresses, robots.txt, turns, bounded answers, WARC, cleaning."""

import asyncio
import gzip
import io
import random
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.crawl import pages
from aicrypto.crawl.pages import cleaning, fetching, robots, warc
from aicrypto.crawl.pages.url import remove_dot_segments

LOOPBACK = pages.Limits(allow_loopback=True, max_bytes=10_000, total_s=5)


# Addresses


def literal_dot_segments(path: str) -> str:
    """RFC 3986 section 5.2.4, sentence by sentence."""
    out = ""
    while path:
        if path.startswith(("../", "./")):
            path = path.split("/", 1)[1]
        elif path.startswith("/./") or path == "/.":
            path = "/" + path[3:]
        elif path.startswith("/../") or path == "/..":
            path, out = "/" + path[4:], out.rpartition("/")[0]
        elif path in (".", ".."):
            path = ""
        else:
            cut = path.find("/", 1) if "/" in path[1:] else len(path)
            out, path = out + path[:cut], path[cut:]
    return out


@given(st.lists(st.sampled_from(["/", ".", "..", "a", "b."]), max_size=12).map("".join))
def test_dot_segments_as_the_rfc_says_it(path: str) -> None:
    assert remove_dot_segments("/" + path) == literal_dot_segments("/" + path)


@given(st.text(max_size=40), st.sampled_from([None, "http://web.test/a/b?c", "//", "x:y"]))
def test_normalising_is_a_projection_and_refuses_by_name(href: str, base: str | None) -> None:
    try:
        url = pages.normalise(href, base)
    except (pages.NotHttp, pages.UserInfo, pages.BadUrl):
        return
    assert pages.normalise(url) == url
    assert url.isascii()
    assert url.isprintable()
    assert pages.site_of(url) + pages.path_of(url) == url


@pytest.mark.parametrize(
    ("href", "error"),
    [
        ("http://", pages.BadUrl),
        ("http:///path", pages.BadUrl),
        ("http://web.test:70000/", pages.BadUrl),
        ("http://web.test:" + "9" * 5000, pages.BadUrl),
        ("http://we b.test/", pages.BadUrl),
        ("http://[::1/", pages.BadUrl),
        ("http://caf\u00e9.test/", pages.BadUrl),
        ("http://web.test/\ud800", pages.BadUrl),
        ("page.html", pages.BadUrl),
        ("http://bank.test@evil.test/", pages.UserInfo),
        ("ftp://user@host/", pages.NotHttp),
        ("JavaScript:alert(1)", pages.NotHttp),
    ],
)
def test_what_is_no_address_is_refused_by_name(href: str, error: type[ValueError]) -> None:
    with pytest.raises(error):
        pages.normalise(href)


def test_escaped_dots_do_not_climb_out() -> None:
    assert pages.normalise("http://web.test/a/%2e%2E/%2e./b") == "http://web.test/b"
    assert pages.normalise("/x%zz y?a=%7E%3f", "http://w.test") == "http://w.test/x%25zz%20y?a=~%3F"


# robots.txt


def naive_match(pattern: str, path: str) -> bool:
    """Patterns by trying every length for every star."""
    if not pattern or pattern == "$":
        return not pattern or not path
    if pattern[0] == "*":
        return any(naive_match(pattern[1:], path[i:]) for i in range(len(path) + 1))
    return path[:1] == pattern[0] and naive_match(pattern[1:], path[1:])


@given(st.text("ab*", max_size=7), st.text("ab", max_size=9), st.booleans())
def test_patterns_match_as_the_naive_ones(pattern: str, path: str, anchored: bool) -> None:
    whole = f"/{pattern}" + "$" * anchored
    rule = robots.Rule(True, whole.encode())
    assert rule.matches(b"/" + path.encode()) == naive_match(whole, "/" + path)


@given(st.text(max_size=300), st.text(max_size=20))
def test_no_file_and_no_address_stops_the_parser(text: str, path: str) -> None:
    rules = pages.Robots.parse(text)
    assert rules.allows("me", "http://web.test/robots.txt")
    assert rules.allows("me", f"http://web.test/{path}") in (True, False)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    rule = robots.Rule(False, b"/" + b"*a" * 2000 + b"$")
    assert not rule.matches(b"/" + b"a" * 4000 + b"b")


def test_delay_and_half_a_megabyte() -> None:
    text = "User-agent: me\nCrawl-delay: 2.5\nDisallow: /a\n" + "#\n" * 250_000
    rules = pages.Robots.parse(text + "Disallow: /b")
    assert rules.delay_s("me") == 2.5
    assert rules.delay_s("you") is None
    assert not rules.allows("me", "http://web.test/b")


def test_six_redirects_are_no_rules_and_silence_is_a_no() -> None:
    assert pages.decide([301] * 5 + [200]) == "parse"
    assert pages.decide([301] * 6 + [200]) == "allow_all"
    assert pages.decide([301, None]) == "disallow_all"
    silent = pages.rules_after([None], None)
    assert not silent.allows("me", "http://web.test/")
    assert silent.allows("me", "http://web.test/robots.txt")
    page = pages.rules_after([200], "<html><p>User-agent is a header</p></html>")
    assert page.allows("me", "http://web.test/")


# Turns


def stepwise(requests: list[pages.Request], pauses: pages.Pauses, parallel: int) -> list[int]:
    """The rule, one millisecond at a time."""
    start = [-1] * len(requests)
    now = 0
    while -1 in start:
        for at, request in enumerate(requests):
            before = [i for i, r in enumerate(requests) if r.host == request.host and i != at]
            waits = start[at] >= 0 or request.arrive_ms > now
            behind = any(start[i] < 0 for i in before if i < at)
            paused = any(
                start[i] >= 0 and start[i] + requests[i].takes_ms + pauses.after(request.host) > now
                for i in before
            )
            running = sum(
                s >= 0 and s + r.takes_ms > now for s, r in zip(start, requests, strict=True)
            )
            if not (waits or behind or paused or running >= parallel):
                start[at] = now
        now += 1
    return start


requests_of_hosts = st.lists(
    st.builds(pages.Request, st.sampled_from("abc"), st.integers(0, 30), st.integers(1, 9)),
    max_size=9,
)


@settings(max_examples=60, deadline=None)
@given(requests_of_hosts, st.integers(0, 12), st.integers(1, 3))
def test_schedule_is_the_rule_by_the_millisecond(
    requests: list[pages.Request], pause: int, parallel: int
) -> None:
    pauses = pages.Pauses({"a": pause}, 3)
    assert pages.schedule(requests, pauses, parallel) == stepwise(requests, pauses, parallel)


def test_nothing_starts_without_a_slot() -> None:
    with pytest.raises(ValueError, match="parallel is 0"):
        pages.schedule([], pages.Pauses(), 0)


class JumpingClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def now_s(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def test_turns_of_one_host_keep_order_and_pause() -> None:
    clock, started = JumpingClock(), list[tuple[str, int, float]]()
    turns = pages.Turns(pages.Pauses({"a": 5.0}), 4, clock)

    async def one(host: str, number: int) -> None:
        async with turns.at(host):
            started.append((host, number, clock.now))

    async def all_of_them() -> None:
        await asyncio.gather(one("b", 0), *(one("a", i) for i in range(3)))

    asyncio.run(all_of_them())
    assert [entry for entry in started if entry[0] == "a"] == [
        ("a", i, 1_000.0 + 5 * i) for i in range(3)
    ]
    assert ("b", 0, 1_000.0) in started, "another host waits for nobody"


# Answers


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"),
        *("::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"),
        *("100.64.0.1", "255.255.255.255"),
    ],
)
def test_private_addresses_are_refused_however_they_are_written(address: str) -> None:
    with pytest.raises(pages.PrivateAddress):
        pages.check_address("http://web.test/", False, resolve=lambda host: ["1.1.1.1", address])


def test_loopback_is_a_matter_of_permission_and_the_rest_is_not() -> None:
    assert pages.check_address("http://x/", True, resolve=lambda host: ["127.0.0.1"]) == "127.0.0.1"
    assert pages.check_address("http://x/", False, resolve=lambda host: ["1.1.1.1"]) == "1.1.1.1"
    with pytest.raises(pages.PrivateAddress):
        pages.check_address("http://x/", True, resolve=lambda host: ["192.168.0.1"])
    with pytest.raises(pages.NotFetched):
        pages.check_address("http://x/", True, resolve=lambda host: [])


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    assert fetching._pinned("https://web.test:8443/a?b", "1.2.3.4") == "https://1.2.3.4:8443/a?b"
    assert fetching._pinned("http://web.test/", "::1") == "http://[::1]/"
    fields = fetching._headers("https://web.test:8443/a", "me", {"Host": "evil", "X": "1"})
    assert fields == {
        "user-agent": "me",
        "x": "1",
        "host": "web.test:8443",
        "accept-encoding": "gzip, deflate",
    }


@contextmanager
def raw_server(*answers: bytes, hang: bool = False) -> Iterator[str]:
    """A server that sends these bytes, one answer per connection, and then closes or hangs."""
    done = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with closing(connection):
                    connection.recv(4096)
                    connection.sendall(answer)
                    if hang:
                        done.wait(30)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            done.set()


def received(url: str, limits: pages.Limits = LOOPBACK) -> pages.Response:
    async def ask() -> pages.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await pages.receive(client, url, limits)

    return asyncio.run(ask())


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (HEAD + b"Content-Length: 20000\r\n\r\n" + bytes(20_000), pages.TooLarge),
        (HEAD + b"\r\n" + bytes(500_000), pages.TooLarge),
        (
            HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(10**6), mtime=0),
            pages.TooLarge,
        ),
        (
            HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x", mtime=0)[:-9],
            pages.WrongEncoding,
        ),
        (HEAD + b"Content-Encoding: br\r\n\r\nabc", pages.WrongEncoding),
        (HEAD + b"Content-Length: 50\r\n\r\nshort", pages.NotFetched),
        (b"HTTP/1.1 nonsense\r\n\r\n", pages.NotFetched),
        (b"", pages.NotFetched),
    ],
)
def test_bad_answers_are_refused_by_name(answer: bytes, error: type[Exception]) -> None:
    with raw_server(answer) as url, pytest.raises(error):
        received(url)


def test_an_endless_answer_ends() -> None:
    limits = pages.Limits(allow_loopback=True, total_s=0.2)
    with raw_server(HEAD + b"\r\nabc", hang=True) as url, pytest.raises(pages.TooSlow):
        received(url, limits)


def test_a_good_answer_comes_unpacked_and_redirects_are_not_followed() -> None:
    packed = HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"<p>page</p>", mtime=0)
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
    with raw_server(packed, moved) as url:
        page, redirect = received(url), received(url)
    assert (page.status, page.body) == (200, b"<p>page</p>")
    assert page.header("content-encoding") == ""
    assert (redirect.status, redirect.header("Location")) == (301, "/x")


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_unpacking_undoes_packing(body: bytes, name: str) -> None:
    packed = gzip.compress(body, mtime=0) if name == "gzip" else zlib.compress(body)
    assert pages.unpack(packed, name, 200) == body


# WARC


@given(st.binary(max_size=300), st.lists(st.tuples(st.just("X-A"), st.text("abc: ", max_size=9))))
def test_warc_records_are_read_back(body: bytes, headers: list[tuple[str, str]]) -> None:
    response = pages.Response("http://web.test/", 200, "OK", tuple(headers), body)
    made = pages.warc_record(response, "2026-01-01T00:00:00Z", "0" * 8)
    stream = io.BytesIO(made.data * 2)
    assert warc.read(stream) == response
    assert warc.read(stream) == response


def test_a_flipped_bit_or_a_cut_in_a_warc_record_is_found() -> None:
    response = pages.Response("http://web.test/", 200, "OK", (("A", "b"),), b"<p>body</p>")
    data = pages.warc_record(response, "2026-01-01T00:00:00Z", "0" * 8).data
    block = data.index(b"HTTP/1.1")
    rng = random.Random(1)
    for _ in range(60):
        bad = bytearray(data)
        bad[rng.randrange(block, len(data))] ^= 1 << rng.randrange(8)
        with pytest.raises(warc.BadRecord):
            warc.read(io.BytesIO(bad))
        with pytest.raises(warc.BadRecord):
            warc.read(io.BytesIO(data[: rng.randrange(len(data))]))


def test_a_server_cannot_write_our_headers() -> None:
    answer = pages.Response("http://w.test/", 200, "OK", (("A", "b\r\nWARC-Type: x"),), b"")
    with pytest.raises(warc.BadRecord, match="line end"):
        pages.warc_record(answer, "2026-01-01T00:00:00Z", "0" * 8)


def test_warcio_reads_our_records() -> None:
    warcio = pytest.importorskip("warcio.archiveiterator")
    response = pages.Response("http://web.test/a", 404, "Not Found", (("X", "\u00e9"),), b"gone")
    data = pages.warc_record(response, "2026-01-01T00:00:00Z", "0" * 8).data
    [read] = [
        (record.rec_headers["WARC-Target-URI"], record.content_stream().read())
        for record in warcio.ArchiveIterator(io.BytesIO(data), check_digests="raise")
    ]
    assert read == ("http://web.test/a", b"gone")


# Cleaning


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("caf\u00e9".encode(), "text/html", "caf\u00e9"),
        ("caf\u00e9".encode("latin-1"), "text/html; charset=ISO-8859-1", "caf\u00e9"),
        (
            b'<meta charset="cp1251">' + "\u0434".encode("cp1251"),
            "",
            '<meta charset="cp1251">\u0434',
        ),
        (b"\xff\xfea\x00", "text/html; charset=utf-8", "a"),
        (b"\xef\xbb\xbfa", "", "a"),
    ],
)
def test_encodings_as_pages_declare_them(body: bytes, content_type: str, text: str) -> None:
    assert pages.decode(body, content_type) == text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"abc", "text/html; charset=klingon"),
        (b"abc", "text/html; charset=rot13"),
        (b"abc", "text/html; charset=zlib_codec"),
        (bytes(range(128, 250)), "text/html; charset=utf-8"),
    ],
)
def test_wrong_encodings_are_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(pages.Unreadable):
        pages.decode(body, content_type)


def test_pages_that_stall_parsers_are_not_parsed() -> None:
    for page in ("<div>" * 1000, "<i><b>" * 500 + "</i>" * 500, "x" * 4_000_001):
        with pytest.raises(pages.Unreadable):
            pages.clean(page, "http://web.test/")
    assert cleaning.nesting("<p>" * 5000 + "<ul><li>" * 3) == 3


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("<>/abpdiv hr=\"'&;!-"), max_size=120))
def test_no_page_stops_the_cleaner(html: str) -> None:
    page = pages.clean(html, "http://web.test/")
    assert list(page.links) == sorted(set(page.links))


def test_a_page_without_its_surroundings() -> None:
    html = """<title> A
      page </title><base href="/deep/"><nav><a href=x>a menu of many words, all of them</a></nav>
      <p>This block has <b>bo</b>ld words enough, at 0x7f12ab34cd56.<br>A second line.</p>
      <p>Too short</p><p>Short. Kept.</p><p><a href="#top">most words are linked here</a> not</p>
      <script>var text = "no prose at all in here";</script>"""
    page = pages.clean(html, "http://web.test/docs/")
    assert page.title == "A page"
    assert page.links == ("http://web.test/deep/", "http://web.test/deep/x")
    assert page.text.splitlines() == [
        "This block has bold words enough, at 0x.",
        "A second line.",
        "Short. Kept.",
    ]
