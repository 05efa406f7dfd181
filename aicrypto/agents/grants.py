"""What an account was told, read for claims on its goods that outlive a sale.

Who may act *for* an account is asked anew at every call. What the account has granted *elsewhere*
is not: `approve` and `setApprovalForAll` are kept by the contract that holds the goods, and it asks
for no owner. An approval from before the offer changes nothing that a market compares.

But an account's state stands for every call since its birth. So a buyer asks for the list, replays
it from 0, and takes the account only if it ends at the state offered and every call is known to
leave nothing behind: plain payments, transfers of tokens, and the account's own settings. Whatever
else the account has called is refused, as no list of harmful calls is complete.

What a signature grants (ERC-2612's `permit`) is no act of the account: of tokens that know it, the
buyer asks the allowances.
Source: calls and state of Tokenbound's AccountV3, as in `aicrypto.agents.ownable`.
"""

from collections.abc import Sequence

from aicrypto.agents.ownable.calldata import (
    EXECUTE,
    EXECUTE_TYPES,
    SAFE_TRANSFER_FROM,
    TRANSFER_FROM,
    pack,
    unpack,
)
from aicrypto.agents.refusals import Refusal
from aicrypto.commit.hashes import keccak256

TRANSFER = bytes.fromhex("a9059cbb")  # transfer(address,uint256)
LOCK = bytes.fromhex("dd467064")  # lock(uint256)
SET_PERMISSIONS = bytes.fromhex("039721b1")  # (address[],bool[]): die with the sale
HARMLESS = (b"", TRANSFER, TRANSFER_FROM, SAFE_TRANSFER_FROM)  # how the data of a call may begin
CALL = 0


def replay(told: Sequence[bytes]) -> int:
    """The state of an account that was told these calls since its birth, and no others.

    >>> replay([])
    0
    """
    state = 0
    for call in told:
        state = int.from_bytes(keccak256(pack(("uint256", "bytes"), (state, call))), "big")
    return state


def grants_nothing(told: Sequence[bytes], state: int) -> bool:
    """Whether these calls are all that led to the state, and none leaves a claim behind.

    Each call is the calldata that the account was sent, selector first. Never raises on bytes.
    """
    return replay(told) == state and all(_leaves_nothing(call) for call in told)


def _leaves_nothing(call: bytes) -> bool:
    if call[:4] in (LOCK, SET_PERMISSIONS):
        return True
    if call[:4] != EXECUTE:
        return False
    try:
        given = unpack(EXECUTE_TYPES, call[4:])
    except Refusal:
        return False
    _, _, data, operation = given
    is_canonical = pack(EXECUTE_TYPES, given) == call[4:]
    return is_canonical and operation == CALL and data[:4] in HARMLESS
