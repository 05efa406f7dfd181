"""ERC-1271: an account's signature is whatever its owner signs.

An account has no key. Asked whether a signature of a digest is its own, it recovers the signer and
compares with whoever owns the NFT now; if the owner is itself a contract, it asks that. So all
signatures of a former owner die with the sale, without anybody revoking them.
"""

from aicrypto.agents.ownable.ownership import is_valid_signer, owner
from aicrypto.agents.ownable.world import BoundAccount, World
from aicrypto.agents.refusals import PANIC, REVERT, Refusal, demand
from aicrypto.evm.signing import SIGNATURE_BYTES, signer_of

Asked = frozenset[tuple[str, bytes]]


def is_valid_signature(
    world: World, account: BoundAccount, digest: bytes, signature: bytes, asked: Asked = frozenset()
) -> bool:
    """Whether the account stands by the signature.

    `asked` are the questions on the way here: one that comes up again runs round a circle until
    the contract's gas is gone, which means no.

    Raises:
        Refusal: for a reference account without owner; for v3 `Panic` below 65 bytes and `revert`
            for an offset beyond the end.
    """
    if (account.address, signature) in asked:
        raise Refusal(REVERT)
    asked |= {(account.address, signature)}
    if account.kind == "v3":
        return _v3(world, account, digest, signature, asked)
    above = owner(world, account)
    return signer_of(digest, signature) == above or _ask(world, above, digest, signature, asked)


def _v3(world: World, account: BoundAccount, digest: bytes, signature: bytes, asked: Asked) -> bool:
    demand(len(signature) >= SIGNATURE_BYTES, PANIC)
    if signature[64] != 0:
        signer = signer_of(digest, signature)
        return signer is not None and is_valid_signer(world, account, signer)
    contract = "0x" + signature[12:32].hex()
    if not is_valid_signer(world, account, contract) and contract != account.address:
        return False
    offset = int.from_bytes(signature[32:64], "big")
    demand(offset <= len(signature), REVERT)
    return _ask(world, contract, digest, signature[offset:], asked)


def _ask(world: World, who: str, digest: bytes, signature: bytes, asked: Asked) -> bool:
    """The answer of another contract; failing is no."""
    if who not in world.accounts:
        return False
    try:
        return is_valid_signature(world, world.accounts[who], digest, signature, asked)
    except Refusal:
        return False
