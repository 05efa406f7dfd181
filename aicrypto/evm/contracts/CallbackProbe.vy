# pragma version ~=0.4.3
"""
@title   Callback probe
@license MIT
@notice  A receiver of oracle answers that announces each, or refuses, or wants gas: what requests
         are made with where the receiver does not matter.
@dev     It does not ask who calls, as it keeps nothing; see `AiDao` for a receiver that must.
"""

REFUSAL: immutable(String[64])
NEEDED_GAS: immutable(uint256)
SLACK: constant(uint256) = 2_000  # spent before the first line runs


event Answered:
    request: indexed(uint256)
    output: Bytes[4096]
    data: Bytes[1024]


event Refused:
    request: indexed(uint256)
    code: uint8
    message: Bytes[1024]
    data: Bytes[1024]


@deploy
def __init__(refusal: String[64], needed_gas: uint256):
    """
    @notice A probe that always refuses for this reason, if one is given, and fails below that gas.
    """
    REFUSAL = refusal
    NEEDED_GAS = needed_gas


@external
def aiOracleCallback(requestId: uint256, output: Bytes[4096], callbackData: Bytes[1024]):
    """
    @notice Takes an answer.
    """
    if msg.gas + SLACK < NEEDED_GAS:
        raise
    if len(REFUSAL) > 0:
        raise REFUSAL
    log Answered(request=requestId, output=output, data=callbackData)


@external
def aiOracleCallbackError(
    requestId: uint256, code: uint8, message: Bytes[1024], callbackData: Bytes[1024]
):
    """
    @notice Takes the news that there is no answer.
    """
    log Refused(request=requestId, code=code, message=message, data=callbackData)
