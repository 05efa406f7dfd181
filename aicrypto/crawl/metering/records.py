"""Records of TLS 1.3: what a node relays and cannot read.

Validator and far end share a key that the node does not have. Each record is five bytes in the
clear, which say "application data" and a length, then the data under authenticated encryption: the
node sees how much flows and when, nothing else, and a changed bit makes the record void.

    record = 17 03 03 || length (2 bytes) || AEAD(data || type || zeros)
    nonce  = iv XOR record number          additional data = the five bytes

Records are numbered and the number is in the nonce, so a record cannot be moved, repeated or left
out. Zeros after the type hide the true length. Sources: RFC 8446 sections 5.2 and 5.3, RFC 8439.
"""

from typing import Protocol

CIPHERS = ("chacha20-poly1305", "aes-128-gcm")
HEADER = b"\x17\x03\x03"
HEADER_BYTES = 5
TAG_BYTES = 16
IV_BYTES = 12
MAX_DATA_BYTES = 1 << 14  # RFC 8446 section 5.1
MAX_SEALED_BYTES = MAX_DATA_BYTES + 256  # RFC 8446 section 5.2
APPLICATION_DATA = 23


class RecordTooLarge(ValueError):
    """More than 16,384 bytes of data and padding for one record."""


class BadRecord(ValueError):
    """Bytes that are no record: wrong header, wrong length, too short or too long."""


class BadMac(ValueError):
    """A record that was not sealed with this key, number and header, or was changed since."""


class NoContentType(ValueError):
    """A record of zeros only: the type is missing."""


class Aead(Protocol):
    """An authenticated cipher with its key."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The data; InvalidTag if anything was changed."""


def seal_record(
    cipher: str,
    key: bytes,
    iv: bytes,
    seq: int,
    data: bytes,
    *,
    content_type: int = APPLICATION_DATA,
    pad: int = 0,
) -> bytes:
    """One record: 22 bytes more than the data and `pad` zeros.

    Args:
        cipher: one of CIPHERS; its key has 32 bytes, or 16 for AES.
        key: the traffic key.
        iv: 12 bytes.
        seq: number of the record under this key, from 0.
        data: at most 16,384 bytes together with `pad`.
        content_type: 1..255.
        pad: zeros that hide the length.

    Raises:
        RecordTooLarge: if data and padding are longer.
        ValueError: if another argument does not fit.
    """
    if pad < 0 or not 0 < content_type < 256:
        raise ValueError(f"content_type {content_type} must be in 1..255 and pad {pad} not below 0")
    if len(data) + pad > MAX_DATA_BYTES:
        raise RecordTooLarge(f"data and pad have {len(data) + pad} bytes, limit {MAX_DATA_BYTES}")
    inner = data + bytes([content_type]) + bytes(pad)
    header = HEADER + (len(inner) + TAG_BYTES).to_bytes(2, "big")
    return header + _aead(cipher, key).encrypt(_nonce(iv, seq), inner, header)


def open_record(cipher: str, key: bytes, iv: bytes, seq: int, record: bytes) -> tuple[int, bytes]:
    """Type and data of a record; arguments as in `seal_record`.

    Raises:
        BadRecord: if these bytes are no record.
        BadMac: if it does not open.
        NoContentType: if it holds zeros only.
        ValueError: if key, iv or number do not fit the cipher.
    """
    from cryptography.exceptions import InvalidTag

    header, sealed = record[:HEADER_BYTES], record[HEADER_BYTES:]
    if len(sealed) <= TAG_BYTES or len(sealed) > MAX_SEALED_BYTES:
        raise BadRecord(f"record has {len(record)} bytes, must have 22..{5 + MAX_SEALED_BYTES}")
    if header != HEADER + len(sealed).to_bytes(2, "big"):
        raise BadRecord(f"header is {header.hex()}, of a record with {len(sealed)} bytes after it")
    try:
        inner = _aead(cipher, key).decrypt(_nonce(iv, seq), sealed, header)
    except InvalidTag:
        raise BadMac(f"record {seq} does not open with this key") from None
    data = inner.rstrip(b"\0")
    if not data:
        raise NoContentType(f"record {seq} holds zeros only")
    return data[-1], data[:-1]


def seal_stream(cipher: str, key: bytes, iv: bytes, data: bytes) -> bytes:
    """The data as records 0, 1, ... one after the other; no data is one empty record."""
    starts = range(0, max(len(data), 1), MAX_DATA_BYTES)
    parts = [data[start : start + MAX_DATA_BYTES] for start in starts]
    return b"".join(seal_record(cipher, key, iv, seq, part) for seq, part in enumerate(parts))


def open_stream(cipher: str, key: bytes, iv: bytes, stream: bytes) -> bytes:
    """What `seal_stream` sealed.

    A stream cut between two records opens: whoever sealed it says the length inside.

    Raises:
        BadRecord, BadMac, NoContentType: as `open_record`, for the first record that is not right.
    """
    data, seq = [], 0
    while stream:
        length = HEADER_BYTES + int.from_bytes(stream[3:HEADER_BYTES], "big")
        content_type, part = open_record(cipher, key, iv, seq, stream[:length])
        if content_type != APPLICATION_DATA:
            raise BadRecord(f"record {seq} has type {content_type}, not application data")
        data.append(part)
        stream, seq = stream[length:], seq + 1
    return b"".join(data)


def _nonce(iv: bytes, seq: int) -> bytes:
    if len(iv) != IV_BYTES or not 0 <= seq < 2**64:
        raise ValueError(f"iv has {len(iv)} bytes and seq is {seq}: must be 12, and in 0..2^64-1")
    return bytes(a ^ b for a, b in zip(iv, seq.to_bytes(IV_BYTES, "big"), strict=True))


def _aead(cipher: str, key: bytes) -> Aead:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

    if cipher not in CIPHERS:
        raise ValueError(f"cipher is {cipher!r}, must be one of {', '.join(CIPHERS)}")
    if cipher == "chacha20-poly1305":
        return ChaCha20Poly1305(key)
    if len(key) != 16:
        raise ValueError(f"key has {len(key)} bytes, aes-128-gcm wants 16")
    return AESGCM(key)
