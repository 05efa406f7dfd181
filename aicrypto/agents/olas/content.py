"""Content ids: the name of a file is a hash of the file, so that whoever has the name can check it.

Olas names code, prompts and deliveries by the sha2-256 digest of an IPFS node: the file wrapped as
UnixFS says in a dag-pb node, which for a file of one chunk is a dozen bytes around the data. The
chain stores the 32 bytes; people see them as CIDv0 (`Qm...`) or CIDv1 in base 16 (`f01701220...`).

A digest is 32 bytes, a file at most one chunk of 262,144 bytes.
Source: autonolas-registries@1c5606f3 GenericRegistry.sol; UnixFS and dag-pb as go-ipfs writes them.
"""

from aicrypto.commit.hashes import checked_digest, sha256

MAX_FILE_BYTES = 262_144  # the default chunker's chunk: a longer file is a tree of nodes
CID_PREFIX = "f01701220"  # base 16, CIDv1, dag-pb, sha2-256, 32 bytes
MULTIHASH = b"\x12\x20"  # sha2-256, 32 bytes
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # base 58, Bitcoin's
FILE_TYPE = b"\x08\x02"  # UnixFS field 1: a file
DATA_TAG, SIZE_TAG, NODE_TAG = b"\x12", b"\x18", b"\x0a"


def content_digest(data: bytes) -> bytes:
    """Digest of a file's node.

    Raises:
        ValueError: if the file is longer than one chunk.

    >>> cid_v0(content_digest(b""))
    'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH'
    """
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"data has {len(data)} bytes, a file of one node at most {MAX_FILE_BYTES}")
    content = DATA_TAG + _varint(len(data)) + data if data else b""
    file = FILE_TYPE + content + SIZE_TAG + _varint(len(data))
    return sha256(NODE_TAG + _varint(len(file)) + file)


def is_content(data: bytes, digest: bytes) -> bool:
    """Whether these bytes are what the digest names."""
    return len(data) <= MAX_FILE_BYTES and content_digest(data) == digest


def cid_v0(digest: bytes) -> str:
    """The digest as people write it: base 58 of the multihash."""
    return _base58(MULTIHASH + checked_digest("digest", digest))


def cid_v1(digest: bytes) -> str:
    """The digest as Olas writes it: CIDv1 in base 16."""
    return CID_PREFIX + checked_digest("digest", digest).hex()


def token_uri(base_uri: str, digest: bytes) -> str:
    """Where the description of a unit or service is."""
    return base_uri + cid_v1(digest)


def _varint(number: int) -> bytes:
    """Seven bits a byte, lowest first; the top bit says that more follow."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _base58(data: bytes) -> str:
    """Without the rule for leading zeros: a multihash has none."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
