"""A node's web side: the deployed node's paths, on a real server on this machine.

    GET  /health           {"status": "healthy"}
    GET  /info             containers, jobs under way, the node's address
    POST /api/jobs         a job or a signed order            {"id": ...} or {}
    POST /api/jobs/batch   a list of them; each fails alone   [{"id": ...}, {"error": ...}]
    GET  /api/jobs         own jobs' ids; ?pending=true or false
    GET  /api/jobs?id=...  what became of jobs; &intermediate=true for every container's part
    PUT  /api/status       containers that run jobs by themselves; from this machine only

What the guardian refuses is answered with 405, as the deployed server does (its documentation says
400); what cannot be read with 400, and 404 where there is no such path. A stranger's jobs are as
jobs that do not exist.

Source: ritual-net/infernet-node@3611d2c api.md, @0a5c6cb rest.py; streaming is left out.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aicrypto.commit.untrusted import parse_json
from aicrypto.ritual.node.containers import Result
from aicrypto.ritual.node.guardian import Unwanted
from aicrypto.ritual.node.node import Node
from aicrypto.ritual.node.store import Entry, Status

MAX_BODY_BYTES = 1 << 20
MAX_LENGTH_DIGITS = 16  # of an announced length that is read as a number
PATIENCE_S = 5.0  # for a client that does not send what it has announced
POLL_S = 0.01  # how soon the server notices that it is to stop
UNREADABLE, UNAUTHORISED, UNWANTED, UNKNOWN = 400, 403, 405, 404


@dataclass(frozen=True)
class Reply:
    """What a server answers: a status, and a JSON document."""

    status: int
    document: Any


def answer(node: Node, method: str, target: str, body: bytes, ip: str) -> Reply:
    """The node's answer to one request of a client at an address."""
    try:
        where = urlsplit(target)
        handler = ROUTES.get((method, where.path))
        if handler is None:
            return Reply(UNKNOWN, {"error": f"no {method} {where.path}"})
        asked = parse_qs(where.query) if method == "GET" else parse_json(body)
        return handler(node, asked, ip)
    except Unwanted as unwanted:
        return Reply(UNWANTED, _refusal(unwanted))
    except ValueError as error:
        return Reply(UNREADABLE, {"error": str(error)})


@contextmanager
def serve(node: Node) -> Iterator[str]:
    """URL at which the node answers, as long as the block lasts; on loopback only.

    Every client has a thread, so a slow one keeps nobody waiting; the node answers in turn.
    """
    turn = Lock()

    class Handler(BaseHTTPRequestHandler):
        """Hands every request to the node."""

        timeout = PATIENCE_S

        def do_GET(self) -> None:
            """Answers."""
            self._reply()

        def do_POST(self) -> None:
            """Answers."""
            self._reply()

        def do_PUT(self) -> None:
            """Answers."""
            self._reply()

        def _reply(self) -> None:
            length = self.headers.get("Content-Length") or ""
            is_number = length.isdecimal() and len(length) <= MAX_LENGTH_DIGITS
            n_bytes = min(int(length), MAX_BODY_BYTES) if is_number else 0
            body = self.rfile.read(n_bytes)
            with turn:
                reply = answer(node, self.command, self.path, body, self.client_address[0])
            data = json.dumps(reply.document).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _health(node: Node, asked: Any, ip: str) -> Reply:
    return Reply(200, {"status": "healthy"})


def _info(node: Node, asked: Any, ip: str) -> Reply:
    return Reply(200, node.info())


def _post(node: Node, asked: Any, ip: str) -> Reply:
    return Reply(200, node.submit(asked, ip))


def _post_batch(node: Node, asked: Any, ip: str) -> Reply:
    if not isinstance(asked, list):
        raise ValueError("Expected a list")
    return Reply(200, [_submit(node, one, ip) for one in asked])


def _submit(node: Node, document: Any, ip: str) -> dict[str, Any]:
    try:
        return dict(node.submit(document, ip))
    except Unwanted as unwanted:
        return _refusal(unwanted)
    except ValueError as error:
        return {"error": str(error)}


def _jobs(node: Node, asked: Any, ip: str) -> Reply:
    if "id" not in asked:
        pending = {"true": True, "false": False}.get(asked.get("pending", [""])[0])
        return Reply(200, node.store.ids(ip, pending))
    found = [node.store.get(job_id, ip) for job_id in asked["id"]]
    is_whole = asked.get("intermediate") == ["true"]
    return Reply(200, [_entry(entry, is_whole) for entry in found if entry is not None])


def _put_status(node: Node, asked: Any, ip: str) -> Reply:
    if not ip_address(ip).is_loopback:
        return Reply(UNAUTHORISED, {"error": "Unauthorized"})
    status = asked.get("status") if isinstance(asked, dict) else None
    if status not in list(Status) or not isinstance(asked.get("id"), str):
        raise ValueError("Status is invalid")
    node.store.put(asked["id"], ip, Status(status))
    return Reply(200, {})


ROUTES = {
    ("GET", "/health"): _health,
    ("GET", "/info"): _info,
    ("POST", "/api/jobs"): _post,
    ("POST", "/api/jobs/batch"): _post_batch,
    ("GET", "/api/jobs"): _jobs,
    ("PUT", "/api/status"): _put_status,
}


def _refusal(unwanted: Unwanted) -> dict[str, Any]:
    return {"error": unwanted.reason, "params": unwanted.params}


def _entry(entry: Entry, is_whole: bool) -> dict[str, Any]:
    results = [_result(one) for one in entry.results]
    document = {"id": entry.id, "status": entry.status.value}
    parts = {"intermediate_results": results[:-1]} if is_whole else {}
    return document | {"result": results[-1] if results else None} | parts


def _result(result: Result) -> dict[str, Any]:
    if result.output is None:
        return {"container": result.container, "error": result.error}
    output = {"hex": "0x" + result.output.data.hex(), "proof": "0x" + result.output.proof.hex()}
    return {"container": result.container, "output": output}
