"""A small site on loopback for tests of the data network."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = "the node of a network that relays and meters pages to be paid with points for it"
WORDS = TEXT.split()
N_PAGES = 12

Answer = tuple[int, dict[str, str], bytes]


def page(path: str) -> bytes:
    """A page of its own words for every path, with links to the other pages."""
    rng = random.Random(path)
    text = " ".join(rng.choices(WORDS, k=150)) + f" {path}."
    links = " ".join(f'<a href="/page-{i}.html">page {i}</a>' for i in range(N_PAGES))
    html = f"<html><head><title>{path}</title></head><body><p>{text}</p>{links}</body></html>"
    return html.encode()


def answer(path: str) -> Answer:
    """Pages, a redirect, an error, a large object; everything else is missing."""
    html = {"content-type": "text/html; charset=utf-8"}
    known: dict[str, Answer] = {
        "/moved": (302, {"location": "/page-1.html"}, b""),
        "/broken": (500, html, b"<p>no</p>"),
        "/large": (200, {"content-type": "application/octet-stream"}, bytes(200_000)),
        "/cookie": (200, {**html, "set-cookie": "id=7"}, b"<p>with a cookie</p>"),
        "/zipped": (200, {**html, "content-encoding": "gzip"}, b"no gzip at all"),
        "/robots.txt": (200, {"content-type": "text/plain"}, b"User-agent: *\nDisallow: /private"),
    }
    if path in known:
        return known[path]
    found = path == "/" or path.startswith("/page-")
    return (200, html, page(path)) if found else (404, html, b"<p>missing</p>")


@contextmanager
def serve(respond: Callable[[str], Answer] = answer) -> Iterator[str]:
    """The address of a running site, without the slash at its end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            status, headers, body = respond(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
