"""Names as numbers: what contracts of the AI oracle and of ERC-7007 call things.

A selector is the start of a signature's hash, an interface id the XOR of its functions' selectors,
a model's number the last 20 bytes of its name's hash, a token's the hash of its prompt. A request
that nobody can challenge is named by the hash of all it says.

Source: ora-io/OAO@8f76331 (contracts), ERC-7007, ERC-165.
"""

from collections.abc import Iterable
from functools import reduce
from operator import xor

from aicrypto.commit.hashes import keccak256

SELECTOR_BYTES = 4
ADDRESS_BYTES = 20
ERC7007 = ("addAigcData(uint256,bytes,bytes,bytes)", "verify(bytes,bytes,bytes)")
ERC7007_ENUMERABLE = ("tokenId(bytes)", "prompt(uint256)")
ERC7007_UPDATABLE = ("update(bytes,bytes)",)


def selector(signature: str) -> bytes:
    """The four bytes with which a call of the function begins.

    >>> selector("isFinalized(uint256)").hex()
    '33727c4d'
    """
    return keccak256(signature.encode())[:SELECTOR_BYTES]


def event_topic(signature: str) -> bytes:
    """The 32 bytes with which an event's log begins."""
    return keccak256(signature.encode())


def interface_id(functions: Iterable[str]) -> bytes:
    """The ERC-165 number of an interface with these functions.

    >>> interface_id(ERC7007).hex()
    '702c55a6'
    """
    numbers = (int.from_bytes(selector(signature), "big") for signature in functions)
    return reduce(xor, numbers, 0).to_bytes(SELECTOR_BYTES, "big")


def model_id(name: str) -> int:
    """The number of a model with a name, such as "openai/gpt-4o"."""
    return int.from_bytes(keccak256(name.encode())[-ADDRESS_BYTES:], "big")


def token_id(prompt: bytes) -> int:
    """The ERC-7007 token of a prompt."""
    return int.from_bytes(keccak256(prompt), "big")


def request_id(
    model: int,
    data_in: bytes,
    callback: str,
    gas_limit: int,
    data: bytes,
    sender: str,
    timestamp: int,
) -> int:
    """The number of a request to an unverifiable model.

    Args:
        model: the model's number.
        data_in: the input.
        callback: address in hex, as is `sender`.
        gas_limit: of the callback.
        data: that comes back with the answer.
        sender: who asks.
        timestamp: of the block, in seconds.

    Raises:
        OverflowError: if a number has too many bytes.
        ValueError: if an address is no hex.
    """
    packed = (
        model.to_bytes(32, "big"),
        data_in,
        bytes.fromhex(callback.removeprefix("0x")),
        gas_limit.to_bytes(8, "big"),
        data,
        bytes.fromhex(sender.removeprefix("0x")),
        timestamp.to_bytes(32, "big"),
    )
    return int.from_bytes(keccak256(*packed), "big")


def token_uri(uri: str, prompt: str, aigc_data: str) -> str:
    """A token's metadata: what the minter gave, then prompt and content, nothing escaped.

    >>> token_uri('"name": "n"', "a cat", "ipfs://Qm")
    '{"name": "n", "prompt": "a cat", "aigc_data": "ipfs://Qm"}'
    """
    return f'{{{uri}, "prompt": "{prompt}", "aigc_data": "{aigc_data}"}}'


def public_inputs(prompt: bytes, aigc_data: bytes, is_separated: bool = False) -> bytes:
    """What an ERC-7007 proof is about: both joined, or each hashed for itself, as it should be.

    >>> public_inputs(b"cat", b"picture") == public_inputs(b"catp", b"icture")
    True
    """
    if is_separated:
        return keccak256(prompt) + keccak256(aigc_data)
    return prompt + aigc_data
