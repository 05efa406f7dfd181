"""What names a request at the mech marketplace: 32 bytes that bind who asks whom for what.

A *mech* is an agent that does tasks for money. A request's id is an EIP-712-like hash over
marketplace, mech, requester, data, price, kind of payment and the requester's running number
(nonce), so a signed request can be charged once, by that mech and at that price only. Data is in
practice the sha2-256 digest under which IPFS has a JSON document {"prompt", "tool", "nonce"}.

One deployed oddity is kept: the version in the domain is hashed as its 96-byte ABI encoding, where
EIP-712 says its plain bytes. A standard library therefore computes another id.
Source: valory-xyz/ai-registry-mech@53811b7e, MechMarketplace.sol v1.1.0.
"""

import json

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.accounts import Party, address_of

NAME, VERSION = "MechMarketplace", "1.1.0"
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
FIXED_PRICE_NATIVE = keccak256(b"FixedPriceNative")  # paid in the chain's own money
FIXED_PRICE_TOKEN = keccak256(b"FixedPriceToken")  # paid in an ERC-20 token
WORD = 32


def domain_separator(chain_id: int, marketplace: Party) -> bytes:
    """32 bytes that stand for one marketplace on one chain."""
    version = _number(WORD) + _number(len(VERSION)) + VERSION.encode().ljust(WORD, b"\0")
    return keccak256(
        keccak256(DOMAIN_TYPE.encode()),
        keccak256(NAME.encode()),
        keccak256(version),
        _number(chain_id),
        _padded(marketplace),
    )


def request_id(
    chain_id: int,
    marketplace: Party,
    mech: Party,
    requester: Party,
    data: bytes,
    rate_wei: int,
    payment_type: bytes,
    nonce: int,
) -> bytes:
    """The 32-byte id of a request, which is also what its requester signs.

    Raises:
        ValueError: if a party is no address, or the payment type has not 32 bytes.
        OverflowError: if a number is not in 0..2^256-1.
    """
    if len(payment_type) != WORD:
        raise ValueError(f"payment_type has {len(payment_type)} bytes, must have {WORD}")
    content = keccak256(
        *(_padded(who) for who in (marketplace, mech, requester)),
        keccak256(data),
        _number(rate_wei),
        payment_type,
        _number(nonce),
    )
    return keccak256(b"\x19\x01", domain_separator(chain_id, marketplace), content)


def task_document(prompt: str, tool: str, nonce: str) -> bytes:
    """The JSON document of a task, in one canonical form.

    >>> task_document("91", "factor", "7")
    b'{"nonce":"7","prompt":"91","tool":"factor"}'
    """
    task = {"prompt": prompt, "tool": tool, "nonce": nonce}
    return json.dumps(task, sort_keys=True, separators=(",", ":")).encode()


def _number(value: int) -> bytes:
    return value.to_bytes(WORD, "big")


def _padded(who: Party) -> bytes:
    return bytes(12) + bytes.fromhex(address_of(who)[2:])
