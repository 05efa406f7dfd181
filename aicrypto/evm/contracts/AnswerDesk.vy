# pragma version ~=0.4.3
"""
@title   Answer desk
@license MIT
@notice  Asks one model of an AI oracle, pays its fee, and keeps what it answers.

         ask -> callback: answer -> [callback again: another answer] -> final_answer

@dev     `answers` is what came, at once; `final_answer` is what value may depend on: it waits until
         the oracle calls the result final, and refuses an answer that was overturned since it came.
         Anybody may send the oracle a request that calls back here: only the desk's own count.
"""


interface AIOracle:
    def requestCallback(
        modelId: uint256,
        input: Bytes[MAX_INPUT],
        callbackContract: address,
        gasLimit: uint64,
        callbackData: Bytes[32],
    ) -> uint256: payable
    def isFinalized(requestId: uint256) -> bool: view
    def getOutputHash(requestId: uint256) -> bytes32: view


MAX_INPUT: constant(uint256) = 508  # bytes: what a court of programs can decide about
MAX_OUTPUT: constant(uint256) = 508
CALLBACK_GAS: constant(uint64) = 500_000


event Asked:
    request: indexed(uint256)
    asker: indexed(address)


event Answered:
    request: indexed(uint256)
    answer: Bytes[MAX_OUTPUT]


event Refused:
    request: indexed(uint256)
    code: uint8


ORACLE: public(immutable(AIOracle))
MODEL: public(immutable(uint256))
askers: public(HashMap[uint256, address])  # by request
answers: public(HashMap[uint256, Bytes[MAX_OUTPUT]])


@deploy
def __init__(oracle: address, model: uint256):
    """
    @notice A desk for one model of this oracle.
    """
    ORACLE = AIOracle(oracle)
    MODEL = model


@external
@payable
def ask(input: Bytes[MAX_INPUT]) -> uint256:
    """
    @notice Ask the model; the value sent is the oracle's fee.
    @return The oracle's request.
    """
    request: uint256 = extcall ORACLE.requestCallback(
        MODEL, input, self, CALLBACK_GAS, b"", value=msg.value
    )
    self.askers[request] = msg.sender
    log Asked(request=request, asker=msg.sender)
    return request


@external
def aiOracleCallback(requestId: uint256, output: Bytes[MAX_OUTPUT], callbackData: Bytes[32]):
    """
    @notice The model's answer, from the oracle alone; a later one replaces it.
    """
    self._check_callback(requestId)
    self.answers[requestId] = output
    log Answered(request=requestId, answer=output)


@external
def aiOracleCallbackError(
    requestId: uint256, code: uint8, message: Bytes[1024], callbackData: Bytes[32]
):
    """
    @notice The news that the model has no answer.
    """
    self._check_callback(requestId)
    log Refused(request=requestId, code=code)


@external
@view
def final_answer(request: uint256) -> Bytes[MAX_OUTPUT]:
    """
    @notice The answer, once nothing can change it any more.
    """
    answer: Bytes[MAX_OUTPUT] = self.answers[request]
    assert len(answer) > 0, "no answer"
    assert staticcall ORACLE.isFinalized(request), "not finalized"
    assert keccak256(answer) == staticcall ORACLE.getOutputHash(request), "overturned"
    return answer


@internal
@view
def _check_callback(request: uint256):
    assert msg.sender == ORACLE.address, "only oracle"
    assert self.askers[request] != empty(address), "not our request"
