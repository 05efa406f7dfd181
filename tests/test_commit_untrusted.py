"""What strangers wrote: read as Python reads it, or refused, whatever the recursion limit."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit.untrusted import MAX_DEPTH, parse_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
# Deep in four ways; last a string without an end, a quarter of an hour for who starts over.
READERS = r"""
import base64, sys
from aicrypto.agents.payments.paywall import decode_header
from aicrypto.agents.refusals import Refusal
from aicrypto.commit.untrusted import parse_json
from aicrypto.crawl.network.channel import parse

sys.setrecursionlimit(10**6)
deep_ones = [word * 200_000 for word in (b"[", b'{"a":', b'["\\\\", ', '[["∢", '.encode())]
for deep in (*deep_ones, b"[" * 65 + b'"' + b'\\"' * 200_000):
    assert parse(deep.decode()) == parse(deep) == {}
    for read, refusal in ((parse_json, ValueError), (decode_header, Refusal)):
        try:
            read(deep if read is parse_json else base64.b64encode(deep).decode())
        except refusal:
            continue
        raise SystemExit(f"{read.__name__} reads {deep[:70]}")
print("alive")
"""


@given(VALUES, st.booleans())
def test_it_reads_as_python_does(value, is_ascii):
    text = json.dumps(value, ensure_ascii=is_ascii)
    assert parse_json(text) == parse_json(text.encode()) == json.loads(text)


@given(st.text(alphabet='[]{}"\\,:1a \n', max_size=40))
def test_what_python_refuses_is_refused(text):
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            parse_json(text)
    else:
        assert parse_json(text) == expected


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_only_python_reads_is_refused(constant):
    assert isinstance(json.loads(constant), float)
    for text in (constant, f'{{"a": [{constant}]}}'):
        with pytest.raises(ValueError, match=f"text holds {constant}"):
            parse_json(text)
    assert parse_json(f'"{constant}"') == constant


@pytest.mark.parametrize("brackets", ["[]", '[""]', '["\\"["]', '["\\\\", {}]'])
def test_depth_is_counted_outside_strings(brackets):
    """A hundred arrays side by side are flat, and brackets in strings nest nothing."""
    flat = f"[{', '.join([brackets] * 100)}]"
    assert parse_json(flat) == json.loads(flat)
    assert parse_json(json.dumps("[" * 1000)) == "[" * 1000
    around = MAX_DEPTH - 3  # `brackets` is at most two deep, in the array that `flat` is
    assert parse_json("[" * around + flat + "]" * around) is not None
    with pytest.raises(ValueError, match="deep, must be at most 64"):
        parse_json("[" * MAX_DEPTH + flat + "]" * MAX_DEPTH)


def test_the_limit_itself():
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None
    with pytest.raises(ValueError, match="nested 65 deep"):
        parse_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_other_encodings_are_not_guessed():
    """In UTF-16 the bytes of one letter may look like a quote that hides all brackets after it."""
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig"):
        with pytest.raises(ValueError, match=r"."):
            parse_json('["∢"]'.encode(encoding))


def test_a_raised_recursion_limit_does_not_end_the_process():
    command = [sys.executable, "-c", READERS]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"alive\n", b"")
