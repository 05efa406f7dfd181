# pragma version ~=0.4.3
"""
@title   Nested prompts
@license MIT
@notice  One question to two models: what the first answers is asked of the second. A callback may
         send the next request, so no account has to wait in between.

         ask -> callback of model 1: request to model 2 -> callback of model 2: answer
            or an error: the money for the second request goes to the asker's credit

@dev     Answers are kept by question, not by prompt: two who ask the same do not overwrite each
         other. The asker is whoever called `ask`, not the oracle that calls back. A callback that
         comes again finds its question further on and changes nothing. Nothing here is final before
         the oracle says so of both requests, and still has the outputs that came here: a second
         question that was asked with an answer overturned since is never final.
"""


interface AIOracle:
    def requestCallback(
        modelId: uint256,
        input: Bytes[MAX_TEXT],
        callbackContract: address,
        gasLimit: uint64,
        callbackData: Bytes[32],
    ) -> uint256: payable
    def estimateFee(modelId: uint256, gasLimit: uint256) -> uint256: view
    def isFinalized(requestId: uint256) -> bool: view
    def getOutputHash(requestId: uint256) -> bytes32: view


MAX_TEXT: constant(uint256) = 1024  # bytes
FIRST_GAS: constant(uint64) = 600_000  # a callback that asks again costs a request
SECOND_GAS: constant(uint64) = 150_000

# How far a question has come.
ASKED: constant(uint8) = 1
HALFWAY: constant(uint8) = 2
ANSWERED: constant(uint8) = 3
FAILED: constant(uint8) = 4


struct Question:
    asker: address
    second_model: uint256
    requests: uint256[2]
    stage: uint8
    kept: uint256  # wei for the second request
    halfway: bytes32  # hash of the first answer
    answer: Bytes[MAX_TEXT]


event Asked:
    question: indexed(uint256)
    asker: indexed(address)


event Answered:
    question: indexed(uint256)
    answer: Bytes[MAX_TEXT]


event Failed:
    question: indexed(uint256)
    code: uint8


ORACLE: public(immutable(AIOracle))
n_questions: public(uint256)
questions: public(HashMap[uint256, Question])
credit: public(HashMap[address, uint256])


@deploy
def __init__(oracle: address):
    """
    @notice Ask this oracle.
    """
    ORACLE = AIOracle(oracle)


@external
@view
def estimate(first: uint256, second: uint256) -> uint256:
    """
    @notice Wei to send with a question, as prices stand.
    """
    return self._fee(first, FIRST_GAS) + self._fee(second, SECOND_GAS)


@external
@payable
def ask(prompt: Bytes[MAX_TEXT], first: uint256, second: uint256) -> uint256:
    """
    @notice Ask two models in a row; what is sent beyond the first fee is kept for the second.
    @return Number of the question, counted from 1.
    """
    fee: uint256 = self._fee(first, FIRST_GAS)
    assert msg.value >= fee + self._fee(second, SECOND_GAS), "insufficient fee"
    question: uint256 = self.n_questions + 1
    self.n_questions = question
    self.questions[question].asker = msg.sender
    self.questions[question].second_model = second
    self.questions[question].stage = ASKED
    self.questions[question].kept = msg.value - fee
    self.questions[question].requests[0] = self._send(first, prompt, FIRST_GAS, question, fee)
    log Asked(question=question, asker=msg.sender)
    return question


@external
def aiOracleCallback(requestId: uint256, output: Bytes[4096], callbackData: Bytes[32]):
    """
    @notice An answer of either model, from the oracle alone.
    """
    assert msg.sender == ORACLE.address, "UnauthorizedCallbackSource"
    question: uint256 = abi_decode(callbackData, uint256)
    found: Question = self.questions[question]
    text: Bytes[MAX_TEXT] = abi_decode(abi_encode(output), Bytes[MAX_TEXT])
    if found.stage == ASKED and requestId == found.requests[0]:
        fee: uint256 = self._fee(found.second_model, SECOND_GAS)
        assert fee <= found.kept, "insufficient fee"
        self.questions[question].stage = HALFWAY
        self.questions[question].halfway = keccak256(output)
        self.questions[question].kept = 0
        self.credit[found.asker] += found.kept - fee
        self.questions[question].requests[1] = self._send(
            found.second_model, text, SECOND_GAS, question, fee
        )
    elif found.stage >= HALFWAY and requestId == found.requests[1]:
        self.questions[question].stage = ANSWERED
        self.questions[question].answer = text
        log Answered(question=question, answer=text)


@external
def aiOracleCallbackError(
    requestId: uint256, code: uint8, message: Bytes[1024], callbackData: Bytes[32]
):
    """
    @notice The news that a model has no answer.
    """
    assert msg.sender == ORACLE.address, "UnauthorizedCallbackSource"
    question: uint256 = abi_decode(callbackData, uint256)
    found: Question = self.questions[question]
    waiting: bool = found.stage == ASKED and requestId == found.requests[0]
    if found.stage == HALFWAY:
        waiting = requestId == found.requests[1]
    assert waiting, "not waiting"
    self.questions[question].stage = FAILED
    self.questions[question].kept = 0
    self.credit[found.asker] += found.kept
    log Failed(question=question, code=code)


@external
def withdraw() -> uint256:
    """
    @notice Fetch all that is credited to the caller.
    """
    amount: uint256 = self.credit[msg.sender]
    assert amount > 0, "nothing to withdraw"
    self.credit[msg.sender] = 0
    raw_call(msg.sender, b"", value=amount)
    return amount


@external
@view
def is_final(question: uint256) -> bool:
    """
    @notice Whether neither answer can change any more, and they are those that came.
    """
    found: Question = self.questions[question]
    if found.stage != ANSWERED:
        return False
    first: bool = self._stands(found.requests[0], found.halfway)
    return first and self._stands(found.requests[1], keccak256(found.answer))


@internal
@view
def _stands(request: uint256, output_hash: bytes32) -> bool:
    if staticcall ORACLE.getOutputHash(request) != output_hash:
        return False
    return staticcall ORACLE.isFinalized(request)


@internal
@view
def _fee(model: uint256, gas_limit: uint64) -> uint256:
    return staticcall ORACLE.estimateFee(model, convert(gas_limit, uint256))


@internal
def _send(
    model: uint256, text: Bytes[MAX_TEXT], gas_limit: uint64, question: uint256, fee: uint256
) -> uint256:
    return extcall ORACLE.requestCallback(
        model, text, self, gas_limit, abi_encode(question), value=fee
    )
