"""WARC records: an answer of a web server as archives keep it (ISO 28500, version 1.1).

One record is a block of header lines about the capture, a blank line, and then the HTTP answer as
it came: status line, headers, body. Two SHA-1 digests (of body and of block) let any archive find
corruption and duplicates. The Internet Archive, Common Crawl and every tool of that world read this
format, so what our network collects is of use to people who have never heard of it.

SHA-1 is the format's custom and no protection against a forger; the session record next to it
carries the SHA-256 that is signed.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

VERSION = b"WARC/1.1"
CONTENT_TYPE = "application/http; msgtype=response"
END = b"\r\n\r\n"
MAX_HEADER_BYTES = 1 << 20
STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) ?(.*)")

Headers = tuple[tuple[str, str], ...]


class BadRecord(ValueError):
    """Bytes that are no record of this module, or text that would break out of its line."""


@dataclass(frozen=True)
class Response:
    """A web server's answer: `body` without content-encoding, headers in the order received."""

    url: str
    status: int
    reason: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """The header's first value; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class Record:
    """One WARC record: its bytes and the two digests inside it."""

    data: bytes
    payload_digest: str
    block_digest: str


def record(response: Response, date: str, record_id: str) -> Record:
    """The record of a response.

    Args:
        response: what was received.
        date: when, as ISO 8601 in UTC with a "Z".
        record_id: a UUID.

    Raises:
        BadRecord: if a header, address or reason holds a line end.
    """
    block = _block(response)
    payload_digest, block_digest = _sha1(response.body), _sha1(block)
    head = _lines(
        [
            ("WARC-Type", "response"),
            ("WARC-Record-ID", f"<urn:uuid:{record_id}>"),
            ("WARC-Target-URI", response.url),
            ("WARC-Date", date),
            ("WARC-Payload-Digest", payload_digest),
            ("WARC-Block-Digest", block_digest),
            ("Content-Type", CONTENT_TYPE),
            ("Content-Length", str(len(block))),
        ]
    )
    data = VERSION + b"\r\n" + head + b"\r\n" + block + END
    return Record(data, payload_digest, block_digest)


def read(stream: BinaryIO) -> Response:
    """The response in the record at the stream's position, which then stands behind it.

    Raises:
        BadRecord: if there is none, it is cut short, or a digest does not hold.
    """
    if stream.readline(MAX_HEADER_BYTES) != VERSION + b"\r\n":
        raise BadRecord("no WARC/1.1 record at this place")
    fields = dict(_read_headers(stream))
    length = fields.get("Content-Length", "")
    if not length.isdigit():
        raise BadRecord(f"Content-Length is {length!r:.40}, must be a number")
    block = stream.read(int(length))
    if len(block) != int(length) or stream.read(len(END)) != END:
        raise BadRecord(f"record ends before its {length} bytes do")
    if fields.get("WARC-Block-Digest") != _sha1(block):
        raise BadRecord("WARC-Block-Digest does not hold")
    return _response(fields.get("WARC-Target-URI", ""), block)


def _block(response: Response) -> bytes:
    status = _plain(f"HTTP/1.1 {response.status} {response.reason}")
    return status + b"\r\n" + _lines(response.headers) + b"\r\n" + response.body


def _response(url: str, block: bytes) -> Response:
    head, blank, body = block.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    match = STATUS_LINE.fullmatch(status)
    if match is None or not blank:
        raise BadRecord(f"block begins with {status!r:.60}, must be an HTTP status line")
    headers = tuple(_field(line) for line in lines)
    return Response(url, int(match[1]), match[2].decode("utf-8", "replace"), headers, body)


def _read_headers(stream: BinaryIO) -> Iterable[tuple[str, str]]:
    while (line := stream.readline(MAX_HEADER_BYTES)) != b"\r\n":
        if not line.endswith(b"\r\n"):
            raise BadRecord("record ends within its headers")
        yield _field(line[:-2])


def _field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("utf-8", "replace").partition(": ")
    return name, value


def _lines(headers: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(_plain(f"{name}: {value}") + b"\r\n" for name, value in headers)


def _plain(line: str) -> bytes:
    """The line as bytes; one that holds a line end would let a server write headers of ours."""
    if "\r" in line or "\n" in line:
        raise BadRecord(f"a line end within {line!r:.60}")
    return line.encode("utf-8", "replace")


def _sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()
