"""Random changes of a run's files: bits, bytes, fields, whole files.

Fields are changed in files that remain good JSON, written as the run writes them, so that no parser
gives the change away. Receipts are changed in what they claim; a bit may hit anything.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicrypto.pipeline.receipts import RECEIPTS_FILE, encode

CLAIMED = ("claim", "facts", "assumes", "file", "sha256")  # what a receipt says; the rest is told


@dataclass(frozen=True)
class Change:
    """One file of a run with other content; `data` is None where it is gone."""

    file: str
    what: str
    data: bytes | None


def draw(files: Mapping[str, bytes], rng: random.Random) -> Change:
    """A random change of a file: of the receipts in one case of four, else of any evidence."""
    others = sorted(set(files) - {RECEIPTS_FILE})
    name = RECEIPTS_FILE if rng.randrange(4) == 0 else rng.choice(others)
    kinds = [_bit, _byte_more, _bytes_less, _field]
    if name != RECEIPTS_FILE:
        kinds += [_gone, _another]
    change = rng.choice(kinds)(name, files, rng)
    return change if change.data != files[name] else draw(files, rng)


def _bit(name: str, files: Mapping[str, bytes], rng: random.Random) -> Change:
    data, bit = bytearray(files[name]), rng.randrange(8)
    at = rng.randrange(len(data))
    data[at] ^= 1 << bit
    return Change(name, f"bit {bit} of byte {at:,} flipped", bytes(data))


def _byte_more(name: str, files: Mapping[str, bytes], rng: random.Random) -> Change:
    data = files[name]
    at = rng.randrange(len(data) + 1)
    return Change(name, f"a byte put in at {at:,}", data[:at] + rng.randbytes(1) + data[at:])


def _bytes_less(name: str, files: Mapping[str, bytes], rng: random.Random) -> Change:
    data = files[name]
    at = rng.randrange(len(data))
    end = min(len(data), at + rng.randint(1, 100))
    return Change(name, f"bytes {at:,} to {end:,} left out", data[:at] + data[end:])


def _gone(name: str, files: Mapping[str, bytes], rng: random.Random) -> Change:
    return Change(name, "file removed", None)


def _another(name: str, files: Mapping[str, bytes], rng: random.Random) -> Change:
    other = rng.choice([one for one in sorted(files) if one != name])
    return Change(name, f"replaced by {other}", files[other])


def _field(name: str, files: Mapping[str, bytes], rng: random.Random) -> Change:
    content = json.loads(files[name])
    if name != RECEIPTS_FILE:
        where = _change_in(content, rng)
        return Change(name, f"field {where} changed", encode(content))
    receipt = rng.choice(content["receipts"])
    field = rng.choice(CLAIMED)
    if field == "facts":
        field += _change_in(receipt[field], rng)
    else:
        receipt[field] = _other(receipt[field], rng)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    return Change(name, f"{receipt['stage']}: {field} changed", text.encode())


def _change_in(value: Any, rng: random.Random) -> str:
    """Where a random leaf of a JSON object was changed, in place."""
    where = ""
    while True:
        keys = sorted(value) if isinstance(value, dict) else range(len(value))
        key = rng.choice(keys)
        where += f"[{key!r:.40}]"
        if not isinstance(value[key], dict | list) or not value[key]:
            value[key] = _other(value[key], rng)
            return where
        value = value[key]


def _other(value: Any, rng: random.Random) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + rng.choice([-1, 1])
    if not isinstance(value, str):
        return [0] if value == [] else "something"
    if not value:
        return "x"
    at = rng.randrange(len(value))
    sign = rng.choice([sign for sign in "0123456789abcdef" if sign != value[at]])
    return value[:at] + sign + value[at + 1 :]
