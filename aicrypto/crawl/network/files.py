"""What the network's programs keep on disk: a secret, a list of places, receipts.

Receipts are JSON lines, appended and flushed one by one: an interruption costs at most the line
under way, which is cut off when the file is opened again.
"""

import json
import secrets
from pathlib import Path
from typing import Any

from aicrypto.crawl.network.router import Place
from aicrypto.crawl.network.wallet import SignedReceipt
from aicrypto.crawl.signing import KEY_BYTES


def load_seed(path: Path) -> bytes:
    """The secret in a key file of 64 hex digits; a new one is made if there is no file.

    Raises:
        ValueError: if the file holds something else.
        OSError: if it cannot be read or written.
    """
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(KEY_BYTES))
    try:
        seed = bytes.fromhex(path.read_text().strip())
    except ValueError:
        seed = b""
    if len(seed) != KEY_BYTES:
        raise ValueError(f"key file {path} must hold {2 * KEY_BYTES} hex digits")
    return seed


def load_places(path: Path | None) -> dict[str, Place]:
    """Places by browser id, from a JSON file {id: {ip, geo, fingerprint}}.

    Raises:
        ValueError: if it holds something else.
    """
    if path is None:
        return {}
    try:
        return {name: Place(**place) for name, place in json.loads(path.read_text()).items()}
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"places file {path}: {error}") from None


def load_receipts(path: Path) -> list[SignedReceipt]:
    """The receipts in a file of JSON lines, none without it; a line cut off at the end is ignored.

    Raises:
        ValueError: if another line is damaged.
    """
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    try:
        return [_signed_receipt(json.loads(line)) for line in lines]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"receipts file {path}: {error}") from None


def _signed_receipt(given: dict[str, Any]) -> SignedReceipt:
    signatures = {party: bytes.fromhex(s) for party, s in given["signatures"].items()}
    return bytes.fromhex(given["receipt"]), signatures


class ReceiptFile:
    """A file to which receipts are added, each at once on disk."""

    def __init__(self, path: Path) -> None:
        whole = path.read_bytes().rfind(b"\n") + 1 if path.exists() else 0
        self._file = path.open("a")
        self._file.truncate(whole)  # a line cut off by an interruption

    def __call__(self, data: bytes, signatures: dict[str, bytes]) -> None:
        """Add a receipt."""
        signed = {party: s.hex() for party, s in signatures.items()}
        self._file.write(json.dumps({"receipt": data.hex(), "signatures": signed}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
