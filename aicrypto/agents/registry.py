"""The ERC-6551 registry as a caller sees it: calldata in, an account's address and an event out.

The registry is hand-written byte code, the same on every chain. `aicrypto.evm.token_bound` has the
addresses; this module answers calls as that byte code does, including what it refuses.
Source: erc6551/reference@da16a63f.
"""

from aicrypto.agents.refusals import REVERT, demand
from aicrypto.evm.accounts import Party
from aicrypto.evm.token_bound import CREATED_TOPIC, REGISTRY, TokenBound

ACCOUNT = bytes.fromhex("246a0021")  # account(address,bytes32,uint256,address,uint256)
CREATE_ACCOUNT = bytes.fromhex("8a54c52f")  # createAccount(the same)
ARGUMENT_WORDS = 5  # implementation, salt, chain id, token contract, token id
ADDRESS_SPACE = 2**160


def registry_call(calldata: bytes, wei: int = 0, registry: Party = REGISTRY) -> bytes:
    """The 32 bytes that `account` or `createAccount` return: the account's address.

    Raises:
        Refusal: `revert` for money, another selector, fewer than five words, or an address with
            more than 20 bytes. What follows the fifth word is ignored.
    """
    demand(wei == 0 and calldata[:4] in (ACCOUNT, CREATE_ACCOUNT), REVERT)
    demand(len(calldata) >= 4 + 32 * ARGUMENT_WORDS, REVERT)
    words = [calldata[4 + 32 * i : 36 + 32 * i] for i in range(ARGUMENT_WORDS)]
    implementation, _, chain_id, contract, token_id = (int.from_bytes(w, "big") for w in words)
    demand(implementation < ADDRESS_SPACE and contract < ADDRESS_SPACE, REVERT)
    bound = TokenBound(
        f"0x{implementation:040x}", chain_id, f"0x{contract:040x}", token_id, words[1]
    )
    return _word(bound.address(registry))


def created_topics(bound: TokenBound) -> tuple[bytes, ...]:
    """The four topics of the event that announces a new account."""
    number = bound.token_id.to_bytes(32, "big")
    return CREATED_TOPIC, _word(bound.implementation), _word(bound.token_contract), number


def created_data(bound: TokenBound, address: str) -> bytes:
    """The data of that event: address, salt and chain id."""
    return _word(address) + bound.salt + bound.chain_id.to_bytes(32, "big")


def _word(address: str) -> bytes:
    return bytes(12) + bytes.fromhex(address[2:])
