"""RLP, the one way to write nested lists of byte strings as bytes.

    byte below 0x80                 itself
    string of n < 56 bytes          0x80 + n, then the string
    longer string                   0xb7 + bytes of its length, the length, then the string
    list with n < 56 bytes inside   0xc0 + n, then its items
    longer list                     0xf7 + bytes of its length, the length, then its items

Hashes are taken of these bytes, so nothing may be written in two ways: whoever decodes refuses
every form but the shortest. An integer is a string: big-endian, no leading zeros, 0 is empty.

Source: Ethereum Yellow Paper, appendix B.
"""

SHORT = 56  # lengths below it go into the first byte
STRING, LONG_STRING, LIST, LONG_LIST = 0x80, 0xB7, 0xC0, 0xF7
MAX_DEPTH = 64  # of nested lists; headers, accounts and nodes need less than 32

Item = bytes | list["Item"]


class BadRlp(ValueError):
    """Bytes that encode no item, or not in the only way."""


def integer(value: int) -> bytes:
    """A number of any size as the string that stands for it.

    Raises:
        ValueError: if it is negative.

    >>> integer(1024).hex(), integer(0).hex()
    ('0400', '')
    """
    if value < 0:
        raise ValueError(f"value is {value}, must be at least 0")
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def encode(item: Item) -> bytes:
    """The bytes of a string, or of a list of items.

    >>> encode([b"cat", [], integer(15)]).hex()
    'c683636174c00f'
    """
    if isinstance(item, list):
        return _framed(b"".join(map(encode, item)), LIST, LONG_LIST)
    if len(item) == 1 and item[0] < STRING:
        return bytes(item)
    return _framed(item, STRING, LONG_STRING)


def decode(data: bytes) -> Item:
    """The item that exactly these bytes encode.

    Raises:
        BadRlp: naming the place, if bytes lack or are left over, or a shorter form exists.
    """
    item, end = _read(data, 0, len(data), 0)
    if end != len(data):
        raise BadRlp(f"item ends at byte {end}, there are {len(data)}")
    return item


def _framed(content: bytes, short: int, long: int) -> bytes:
    if len(content) < SHORT:
        return bytes([short + len(content)]) + content
    length = integer(len(content))
    return bytes([long + len(length)]) + length + content


def _read(data: bytes, start: int, limit: int, depth: int) -> tuple[Item, int]:
    """The item that begins at `start` and where it ends, at most at `limit`."""
    if start >= limit:
        raise BadRlp(f"byte {start}: an item is missing")
    first = data[start]
    if first < STRING:
        return data[start : start + 1], start + 1
    if first < LIST:
        begin, end = _content(data, start, limit, STRING, LONG_STRING)
        if end - begin == 1 and data[begin] < STRING:
            raise BadRlp(f"byte {start}: 0x{data[begin]:02x} needs no length")
        return data[begin:end], end
    begin, end = _content(data, start, limit, LIST, LONG_LIST)
    if depth >= MAX_DEPTH:
        raise BadRlp(f"byte {start}: lists are nested deeper than {MAX_DEPTH}")
    items: list[Item] = []
    while begin < end:
        item, begin = _read(data, begin, end, depth + 1)
        items.append(item)
    return items, end


def _content(data: bytes, start: int, limit: int, short: int, long: int) -> tuple[int, int]:
    """Where the content of a string or list begins and ends."""
    first = data[start]
    begin, n_bytes = start + 1, first - short
    if first > long:
        begin = start + 1 + first - long
        length = data[start + 1 : min(begin, limit)]
        n_bytes = int.from_bytes(length, "big")
        if begin > limit or length[0] == 0 or n_bytes < SHORT:
            raise BadRlp(f"byte {start}: length 0x{length.hex()} is cut off or not the shortest")
    if begin + n_bytes > limit:
        raise BadRlp(f"byte {start}: {n_bytes} bytes from {begin} on leave the {limit} there are")
    return begin, begin + n_bytes
