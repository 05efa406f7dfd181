"""Calls as bytes: selectors and arguments of the account functions, packed and unpacked.

A v3 account hashes the full calldata of what it is told into its state, so these bytes matter to
the last one.
"""

from collections.abc import Sequence
from typing import Any

from aicrypto.agents.refusals import REVERT, Refusal
from aicrypto.commit.hashes import keccak256

EXECUTE_TYPES = ("address", "uint256", "bytes", "uint8")
NESTED_TYPES = (*EXECUTE_TYPES, "(bytes32,address,uint256)[]")
EXECUTE = bytes.fromhex("51945447")  # execute(address,uint256,bytes,uint8)
TRANSFER_FROM = bytes.fromhex("23b872dd")  # transferFrom(address,address,uint256)
SAFE_TRANSFER_FROM = bytes.fromhex("42842e0e")  # safeTransferFrom(address,address,uint256)
OWNER_OF = bytes.fromhex("6352211e")  # ownerOf(uint256)


def pack(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """The ABI encoding of the values."""
    from eth_abi.abi import encode

    return encode(types, values)


def pack_call(name: str, types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Selector of the function of that name and types, then the packed values.

    >>> pack_call("state", (), ()).hex()
    'c19d93fb'
    """
    return keccak256(f"{name}({','.join(types)})".encode())[:4] + pack(types, values)


def unpack(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """The values in ABI-encoded data.

    Raises:
        Refusal: `revert`, as contracts do, if the data is short or does not fit the types.
    """
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    try:
        return decode(types, data, strict=False)
    except (DecodingError, OverflowError, ValueError):
        raise Refusal(REVERT) from None
