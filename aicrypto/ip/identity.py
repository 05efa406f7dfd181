"""Who an IP is: the address of its account, its name, and where the protocol stores what it knows.

An IP's identity is the token-bound account of an NFT, of any chain: the same NFT gives the same
address for everybody, before and after registration. Its name is stored in the account under
readable rules. Contracts keep their data in namespaces far away from each other (ERC-7201), and
the graph of derivatives lives in a precompiled contract whose slots are hashes of addresses.
Source: storyprotocol/protocol-core-v1@1e80201; Chaintable/story-geth@4ccfd54 core/vm/ipgraph.go.
"""

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.accounts import Party, address_of
from aicrypto.evm.token_bound import NO_SALT, REGISTRY, TokenBound, checksummed
from aicrypto.ip.terms.terms import LAP, LRP

MAINNET, AENEID = 1514, 1315
IMPLEMENTATION = "0x00b800138e4d82d1eea48b414d2a2a8aee9a33b1"  # a beacon proxy, on both networks
GRAPH = "0x0000000000000000000000000000000000000101"  # the precompile
POLICY_BYTES = {LAP: b"", LRP: b"\x01"}  # the integer 0 has no bytes in Go
ACCESS_SLOT = bytes.fromhex("af99b37fdaacca72ee7240cb1435cc9e498aee6ef4edc19c8cc0cd787f4e6800")


def ip_account(chain_id: int, token_contract: str, token_id: int) -> TokenBound:
    """The account that an NFT's IP has."""
    return TokenBound(IMPLEMENTATION, chain_id, token_contract, token_id, NO_SALT)


def ip_id(chain_id: int, token_contract: str, token_id: int, registry: Party = REGISTRY) -> str:
    """The IP's id, an address with EIP-55 capitals.

    >>> ip_id(1514, "0x895f3CaC37ecf7bd6E9bA4b4dA1b6CDB9bbb6b6d", 0)
    '0x9fafc05Ee0d3065ceaD13410e565593630b93160'
    """
    return checksummed(ip_account(chain_id, token_contract, token_id).address(registry))


def ip_name(
    block_chain_id: int, chain_id: int, token_contract: str, token_id: int, nft_name: str = ""
) -> str:
    """Name that the registry gives an IP: by its collection's name on the home chain, else by its
    address.

    >>> ip_name(1514, 1514, "0x" + 40 * "0", 7, "Ape")
    '1514: Ape #7'
    """
    collection = nft_name if chain_id == block_chain_id else address_of(token_contract)
    return f"{chain_id}: {collection} #{token_id}"


def namespace_slot(name: str) -> bytes:
    """Where a contract's data of that name begins. Source: ERC-7201.

    >>> namespace_slot("story-protocol.RoyaltyModule").hex()[:8]
    '98dd2c34'
    """
    number = int.from_bytes(keccak256(name.encode()), "big") - 1
    return keccak256(number.to_bytes(32, "big"))[:31] + b"\x00"


def parent_count_slot(ip: str) -> bytes:
    """Where the graph keeps how many parents an IP has."""
    return bytes(12) + _raw(ip)


def parent_slot(ip: str, index: int) -> bytes:
    """Where the graph keeps one parent."""
    first = int.from_bytes(keccak256(_raw(ip)), "big")
    return ((first + index) % 2**256).to_bytes(32, "big")


def royalty_slot(ip: str, parent: str, policy: str) -> bytes:
    """Where the graph keeps an edge's share."""
    return keccak256(_raw(ip), _raw(parent), POLICY_BYTES[policy])


def stack_slot(ip: str, policy: str) -> bytes:
    """Where the graph keeps an IP's stack."""
    return keccak256(_raw(ip), POLICY_BYTES[policy], b"royaltyStack")


def access_slot(caller: str) -> bytes:
    """Where the graph keeps whether a contract may use it (1: yes)."""
    return keccak256(_raw(caller), ACCESS_SLOT)


def _raw(address: str) -> bytes:
    return bytes.fromhex(address_of(address)[2:])
