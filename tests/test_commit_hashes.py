"""Hashes: the two are told apart, and nobody slips something past the length checks."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit import hashes


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_parts_are_joined(parts: list[bytes]) -> None:
    joined = b"".join(parts)
    assert hashes.sha256(*parts) == hashlib.sha256(joined).digest()
    assert hashes.keccak256(*parts) == hashes.keccak256(joined)


def test_keccak_is_not_sha3() -> None:
    assert hashes.keccak256(b"") != hashlib.sha3_256(b"").digest()


def test_digests_have_32_bytes() -> None:
    assert hashes.checked_digest("root", bytes(32)) == bytes(32)
    with pytest.raises(ValueError, match="root has 31 bytes, a digest has 32"):
        hashes.checked_digest("root", bytes(31))


def test_what_is_no_digest() -> None:
    assert hashes.are_digests([bytes(32), bytes(32)])
    assert not hashes.are_digests([bytes(32), bytes(33)])
    assert not hashes.are_digests(["a" * 32])  # type: ignore[list-item]
