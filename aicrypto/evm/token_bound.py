"""ERC-6551: every NFT has an account, whose address is known before anybody deploys it.

An account's code is a proxy to an implementation, followed by the data that names its NFT: chain,
contract, number. The registry creates it by CREATE2, so the address is a hash of registry, salt and
that code: whoever knows the NFT can compute it, pay it and be answered by it later. The account
belongs to whoever owns the NFT; Story's IP accounts and Tokenbound's agents are such accounts.

Addresses that enter are accounts, contracts or 0x-hex in any case; those that leave are lower-case
hex, as everywhere in this room, unless `checksummed` (EIP-55) is asked. Salts are 32 bytes.
Source: ERC-6551; byte code of the registry that is deployed, not of the text's assembly.
"""

from dataclasses import dataclass

from aicrypto.commit.hashes import checked_digest, keccak256
from aicrypto.evm.accounts import Party, address_of
from aicrypto.evm.tries.rlp import encode, integer

REGISTRY = "0x000000006551c19487814612e58fe06813775758"  # the same on every chain
NO_SALT = bytes(32)
CREATION_HEADER = bytes.fromhex("3d60ad80600a3d3981f3")  # returns the 173 bytes that follow
PROXY_HEADER = bytes.fromhex("363d3d373d3d3d363d73")  # EIP-1167: delegate every call ...
PROXY_FOOTER = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")  # ... and hand back the answer
CODE_BYTES = 173
WORD = 2**256
CREATED_TOPIC = bytes.fromhex(  # of ERC6551AccountCreated, which the registry announces once
    "79f19b3655ee38b1ce526556b7731a20c8f218fbda4a3990b6cc4172fdf88722"
)


class InvalidArgument(ValueError):
    """A value that does not fit its ABI type."""


class NotERC6551Account(ValueError):
    """Code that is no token-bound account's."""


@dataclass(frozen=True)
class TokenBound:
    """Which NFT an account belongs to, and which code it runs.

    Attributes:
        implementation: the contract that the account delegates to.
        chain_id: chain of the NFT, which may be another than the account's.
        token_contract: address of the collection.
        token_id: number of the token in it.
        salt: distinguishes several accounts of one NFT.
    """

    implementation: str
    chain_id: int
    token_contract: str
    token_id: int
    salt: bytes = NO_SALT

    def __post_init__(self) -> None:
        for name in ("chain_id", "token_id"):
            if not 0 <= (value := getattr(self, name)) < WORD:
                raise InvalidArgument(f"{name} is {value}, must be in 0..2^256-1")
        for name in ("implementation", "token_contract"):
            try:
                object.__setattr__(self, name, address_of(getattr(self, name), name))
            except ValueError as error:
                raise InvalidArgument(str(error)) from None
        if len(self.salt) != 32:
            raise InvalidArgument(f"salt has {len(self.salt)} bytes, must have 32")

    @property
    def deployed_code(self) -> bytes:
        """The account's 173 bytes of code, once it is deployed."""
        numbers = (self.chain_id, int(self.token_contract, 16), self.token_id)
        data = self.salt + b"".join(number.to_bytes(32, "big") for number in numbers)
        return PROXY_HEADER + bytes.fromhex(self.implementation[2:]) + PROXY_FOOTER + data

    @property
    def creation_code(self) -> bytes:
        """The 183 bytes that a registry creates the account from."""
        return CREATION_HEADER + self.deployed_code

    def address(self, registry: Party = REGISTRY) -> str:
        """Where the account is, or will be.

        >>> TokenBound("0x" + 40 * "0", 0, "0x" + 40 * "0", 0).address()
        '0x023ea3f346f594be674b2b298e23b3a4293cd12e'
        """
        return create2_address(registry, self.salt, keccak256(self.creation_code))


def create2_address(deployer: Party, salt: bytes, code_hash: bytes) -> str:
    """Address of the contract that `deployer` creates from code of that Keccak-256 hash.

    Raises:
        ValueError: if salt or hash have not 32 bytes, or the deployer is no address.

    Source: EIP-1014.
    """
    checked_digest("salt", salt)
    checked_digest("code_hash", code_hash)
    sender = bytes.fromhex(address_of(deployer, "deployer")[2:])
    return "0x" + keccak256(b"\xff", sender, salt, code_hash)[12:].hex()


def created_address(creator: Party, nonce: int) -> str:
    """Address of the contract that `creator` makes by its transaction, or CREATE, of that nonce.

    Raises:
        ValueError: if the nonce is negative, or the creator is no address.
    """
    sender = bytes.fromhex(address_of(creator, "creator")[2:])
    return "0x" + keccak256(encode([sender, integer(nonce)]))[12:].hex()


def parse(code: bytes) -> TokenBound:
    """The account that this deployed code is.

    Raises:
        NotERC6551Account: unless the code has the proxy's length, start and middle.
    """
    is_proxy = code.startswith(PROXY_HEADER) and code[30:45] == PROXY_FOOTER
    if len(code) != CODE_BYTES or not is_proxy:
        raise NotERC6551Account(f"code 0x{code[:16].hex()}... of {len(code)} bytes is no account's")
    chain_id, contract, token_id = (int.from_bytes(code[i : i + 32], "big") for i in (77, 109, 141))
    if contract >> 160:
        raise NotERC6551Account(f"token contract {contract:#x} has more than 20 bytes")
    return TokenBound(
        "0x" + code[10:30].hex(), chain_id, f"0x{contract:040x}", token_id, code[45:77]
    )


def identify(
    address: Party, code: bytes, implementation: Party, registry: Party = REGISTRY
) -> bool:
    """Whether the code at the address is the registry's account of that implementation."""
    try:
        bound = parse(code)
    except NotERC6551Account:
        return False
    is_expected = bound.implementation == address_of(implementation, "implementation")
    return is_expected and bound.address(registry) == address_of(address)


def checksummed(address: str) -> str:
    """The address with EIP-55's capitals, which catch a mistyped digit.

    >>> checksummed("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
    """
    digits = address_of(address)[2:]
    capitals = keccak256(digits.encode()).hex()
    pairs = zip(digits, capitals, strict=False)
    return "0x" + "".join(d.upper() if int(c, 16) > 7 else d for d, c in pairs)
