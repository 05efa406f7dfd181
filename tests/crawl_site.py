"""A small web site for tests of the crawl: pages with planted faults, served on 127.0.0.1."""

import contextlib
import gzip
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = [f"{a}{b}{c}" for a in "bdfklmnprst" for b in "aeiou" for c in ("la", "rin", "to", "me")]
GLUE = ("the", "of", "and", "to", "that", "with", "be", "have", "in", "is", "for")
ROBOTS = "User-agent: *\nDisallow: /private/\nCrawl-delay: 0\n"

Answer = tuple[int, dict[str, str], bytes]


def prose(seed: int, n_words: int = 120) -> str:
    """Text that the quality rules keep, another one for each seed."""
    rng = random.Random(seed)
    words = [rng.choice(GLUE if i % 3 == 0 else WORDS) for i in range(n_words)]
    return " ".join(words) + "."


def page(title: str, text: str, *links: str) -> bytes:
    anchors = "".join(f"<li><a href='{link}'>{link}</a></li>" for link in links)
    return (
        f"<!doctype html><html><head><title>{title}</title></head>"
        f"<body><nav><ul>{anchors}</ul></nav>"
        f"<main><p>{text}</p></main><footer>All rights reserved</footer></body></html>"
    ).encode()


class Site:
    """Answers by path; counts who was asked for what, and how many at a time."""

    def __init__(self, answers: dict[str, Answer | Callable[[], Answer]]) -> None:
        self.answers = answers
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.url = ""
        self.lock = threading.Lock()

    def answer(self, path: str) -> Answer:
        with self.lock:
            self.asked[path] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            found = self.answers.get(path, (404, {"Content-Type": "text/html"}, b"no such page"))
            return found() if callable(found) else found
        finally:
            with self.lock:
                self.at_once -= 1


@contextlib.contextmanager
def served(site: Site) -> Iterator[str]:
    """The address of the site while it is up."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = site.answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        site.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield site.url
        finally:
            server.shutdown()


def html(body: bytes, **headers: str) -> Answer:
    return 200, {"Content-Type": "text/html; charset=utf-8", **headers}, body


def small_site(n_pages: int = 24) -> Site:
    """An index, linked pages on three topics, near-duplicates, and one of every fault."""
    answers: dict[str, Answer | Callable[[], Answer]] = {}
    paths = [f"/{('birds', 'boats', 'bread')[i % 3]}/{i}.html" for i in range(n_pages)]
    faults = ["/private/a.html", "/moved", "/loop", "/zipped.html", "/not-gzip.html", "/latin.html"]
    faults += [
        "/picture.png",
        "/gone.html",
        "/tower.html",
        "/soft.html",
        "/menu.html",
        "/bomb.html",
    ]
    outside = [
        "http://elsewhere.invalid/",
        "mailto:me@web.test",
        "http://[broken",
        "http://10.0.0.1/",
    ]
    answers["/"] = html(page("index", prose(0), *paths, *faults, *outside))
    answers["/robots.txt"] = (200, {"Content-Type": "text/plain"}, ROBOTS.encode())
    for i, path in enumerate(paths):
        answers[path] = html(page(f"Page {i}", prose(i + 1), "/", paths[(i + 1) % n_pages]))
    for i in range(3):  # near-duplicates: one word added
        answers[f"/copies/{i}.html"] = html(page(f"Copy {i}", prose(1) + f" more{i}."))
    answers["/more.html"] = html(page("More", prose(99), *(f"/copies/{i}.html" for i in range(3))))
    answers["/private/a.html"] = html(page("Private", prose(5000)))
    answers["/moved"] = (301, {"Location": "/more.html"}, b"")
    answers["/loop"] = (302, {"Location": "/loop"}, b"")
    answers["/zipped.html"] = html(
        gzip.compress(page("Zipped", prose(77))), **{"Content-Encoding": "gzip"}
    )
    answers["/not-gzip.html"] = html(b"plain", **{"Content-Encoding": "gzip"})
    answers["/bomb.html"] = html(gzip.compress(bytes(8_000_000)), **{"Content-Encoding": "gzip"})
    answers["/latin.html"] = html(b"<title>caf\xe9</title><p>" + b"\xe9\xe8\xea " * 50)
    answers["/picture.png"] = (200, {"Content-Type": "image/png"}, bytes(100))
    answers["/tower.html"] = html(b"<div>" * 3000)
    answers["/soft.html"] = html(page("Error 404", prose(78)))
    answers["/menu.html"] = html(page("Menu", "short."))
    return Site(answers)
