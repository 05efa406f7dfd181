"""JSON from strangers, read so that no text can end the process that reads it.

Python's parser calls itself once for every bracket within a bracket. It stops at the recursion
limit, but where somebody has raised that, a megabyte of `[` overflows the stack, and the process is
gone without an exception. So the brackets are counted first, outside strings. The count reads every
byte once, whatever is in it: a string that never ends must not be looked through again from each of
its quotes.

Messages of a network, headers of a payment and the evidence of a run are read by it.
"""

import json
import re
from itertools import accumulate
from typing import Any, NoReturn

MAX_DEPTH = 64  # our messages need less than 8
STRING = re.compile(rb'"(?:[^"\\]+|\\.)*+"?', re.DOTALL)  # `*+` never goes back; `?` for no end
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse_json(text: str | bytes) -> Any:
    """The value that a JSON text says; bytes are read as UTF-8.

    Raises:
        ValueError: if it is no JSON (Python's own NaN and Infinity are none), or nested deeper
            than `MAX_DEPTH`.

    >>> parse_json(b'{"a": [1]}')
    {'a': [1]}
    """
    data = text.encode() if isinstance(text, str) else text
    depth = _depth(data)
    if depth > MAX_DEPTH:
        raise ValueError(f"text is nested {depth} deep, must be at most {MAX_DEPTH}")
    # Decoded here: the parser would guess the encoding.
    return json.loads(data.decode(), parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"text holds {constant}, which JSON does not have")


def _depth(data: bytes) -> int:
    """How deep arrays and objects are nested, or a number that is not less."""
    n_open = data.count(b"[") + data.count(b"{")
    if n_open <= MAX_DEPTH:  # so nearly every message is, and needs no second look
        return n_open
    brackets = STRING.sub(b"", data).translate(None, NO_BRACKETS)
    return max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0)
