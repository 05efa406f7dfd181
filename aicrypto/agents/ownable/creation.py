"""What else a v3 account can do than call: create contracts, and run foreign code in a sandbox.

Foreign code run by DELEGATECALL could rewrite the account's own storage. So it runs in a sandbox, a
contract of the account's own with empty storage, made the first time that it is needed.
"""

from aicrypto.agents.ownable.calldata import OWNER_OF, SAFE_TRANSFER_FROM, TRANSFER_FROM
from aicrypto.agents.ownable.world import UNMINTED, BoundAccount, World
from aicrypto.agents.refusals import REVERT, Refusal, demand
from aicrypto.commit.hashes import keccak256
from aicrypto.evm.token_bound import create2_address, created_address

SANDBOX_SALT = keccak256(b"org.tokenbound.sandbox")
SANDBOX_START = bytes.fromhex("604380600d600039806000f3fe73")
SANDBOX_END = bytes.fromhex(
    "3314601d573d3dfd5b363d3d373d3d6014360360143d5160601c5af43d6000803e80603e573d6000fd5b3d6000f3"
)
FAILED = "ContractCreationFailed"


def sandbox(address: str) -> str:
    """Where an account's sandbox is, or will be."""
    code = SANDBOX_START + bytes.fromhex(address[2:]) + SANDBOX_END
    return create2_address(address, SANDBOX_SALT, keccak256(code))


def create(world: World, account: BoundAccount, wei: int) -> bytes:
    """The 20 bytes of a contract created by CREATE; its address depends on how many came before."""
    return _created(world, account, created_address(account.address, account.nonce), wei)


def create2(world: World, account: BoundAccount, wei: int, data: bytes) -> bytes:
    """The 20 bytes of a contract created by CREATE2 from a salt and the code that follows it."""
    demand(len(data) >= 32, REVERT)
    address = create2_address(account.address, data[:32], keccak256(data[32:]))
    return _created(world, account, address, wei)


def delegate(world: World, account: BoundAccount, to: str, wei: int, data: bytes) -> bytes:
    """What the code of `to` returns, run in the account's sandbox."""
    where = sandbox(account.address)
    if where not in world.created:
        _created(world, account, where, 0)
    world.move(account.address, where, wei)
    if to == world.nft:  # its code, without its storage: no token exists there
        known = data[:4] in (OWNER_OF, TRANSFER_FROM, SAFE_TRANSFER_FROM)
        raise Refusal(UNMINTED if known and not wei else REVERT)
    demand(not data or not world.has_code(to), REVERT)
    return b""


def _created(world: World, account: BoundAccount, address: str, wei: int) -> bytes:
    demand(address not in world.created, FAILED)
    demand(wei <= world.balances.get(account.address, 0), FAILED)
    world.move(account.address, address, wei)
    account.nonce += 1
    world.created.add(address)
    return bytes.fromhex(address[2:])
