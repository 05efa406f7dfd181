"""A real web site on any machine: Python's documentation server behind a polite proxy.

`python -m pydoc` serves a page for every module of the standard library. Asking for a page imports
the module *in the server*, so the server is a child process, and the proxy's robots.txt forbids
modules with side effects (antigravity opens a browser). Both listen on 127.0.0.1 and stop with the
`with` block.
"""

import contextlib
import functools
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

TOPICS = (
    "asyncio",
    "ctypes",
    "email",
    "encodings",
    "importlib",
    "multiprocessing",
    "unittest",
    "xml",
)
FORBIDDEN = ("antigravity", "this.", "idlelib", "turtledemo", "test.", "*__main__")
ROBOTS = "User-agent: *\nCrawl-delay: 0.005\n" + "".join(
    f"Disallow: /{prefix}\n" for prefix in FORBIDDEN
)
# Without third-party packages the site depends on the Python version alone. The seed of hashes, in
# whose order sets are printed, is fixed, and where objects lie in memory is not passed on.
SERVER = ["-s", "-P", "-S", "-u", "-W", "ignore", "-m", "pydoc", "-n", "127.0.0.1", "-p", "0"]
ADDRESS, NOWHERE = re.compile(rb"(at(?: |&nbsp;))0x[0-9a-fA-F]+"), rb"\g<1>0x0"
PASSED_ON = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "HOME", "USERPROFILE", "TMP", "TEMP")
TIMEOUT_S = 30
PORT = 47_019  # in each page's address, from which all that is drawn by lot follows
LATEST = 16  # pages kept for whoever asks next


@contextlib.contextmanager
def documentation_site() -> Iterator[str]:
    """The address of the running site, for instance `http://127.0.0.1:40123/`.

    Raises:
        OSError: if the server does not start.
    """
    with _pydoc() as origin, _proxy(origin) as address:
        yield address


@contextlib.contextmanager
def _pydoc() -> Iterator[str]:
    """Address of a documentation server in a child process, ended with the block."""
    with (
        tempfile.TemporaryDirectory() as empty,  # the server lists the modules of its folder, too
        subprocess.Popen(
            [sys.executable, *SERVER],
            cwd=empty,
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ}
            | {"PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            if found is None:
                raise OSError("Python's documentation server (python -m pydoc) did not start")
            yield found.group()
        finally:
            process.kill()


@contextlib.contextmanager
def _proxy(origin: str) -> Iterator[str]:
    """Address of a server that passes requests on to `origin` and answers /robots.txt itself.

    A page is asked for once, however many nodes want a copy at the same time: the documentation
    server answers one request after the other.
    """
    client = httpx.Client(base_url=origin, timeout=TIMEOUT_S, trust_env=False)
    one_at_a_time = threading.Lock()

    @functools.lru_cache(maxsize=LATEST)
    def fetch(path: str) -> tuple[int, str, bytes]:
        page = client.get(path)
        body = ADDRESS.sub(NOWHERE, page.content)
        return page.status_code, page.headers["content-type"], body

    class Handler(BaseHTTPRequestHandler):
        """Answers one request."""

        def do_GET(self) -> None:
            if self.path == "/robots.txt":
                self._answer(200, "text/plain", ROBOTS.encode())
                return
            try:
                with one_at_a_time:
                    page = fetch(self.path)
            except httpx.HTTPError as error:
                self._answer(502, "text/plain", f"no answer: {error}".encode())
                return
            self._answer(*page)

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):  # whoever asked may have gone
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing: the crawl keeps the records."""

    with client, _listening(Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def _listening(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    """A server at the usual port, or where that is taken, at any."""
    try:
        return ThreadingHTTPServer(("127.0.0.1", PORT), handler)
    except OSError:
        return ThreadingHTTPServer(("127.0.0.1", 0), handler)
