# pragma version ~=0.4.3
"""
@title   DAO managed by a model
@license MIT
@notice  Proposals to pay somebody are put to a model behind an AI oracle; its vote decides.

         propose -> ask -> callback: vote, window -> execute    a YES that is final
                              or callback again: another vote, and the window begins anew

@dev     A callback stores a vote and pays nothing: the answer is not yet proven. `execute` waits
         for this contract's window, and where the oracle is a contract, until it calls the result
         final; a result that was overturned without a callback is not the one that voted.
         Anybody may send the oracle a request that calls back here with a proposal's number: only
         the DAO's own counts. (An oracle that is an account, as in tests, numbers as it likes.)
         A proposal's text may talk the model into YES, so one payment has a cap.
"""


interface AIOracle:
    def requestCallback(
        modelId: uint256,
        input: Bytes[MAX_TEXT],
        callbackContract: address,
        gasLimit: uint64,
        callbackData: Bytes[32],
    ) -> uint256: payable
    def isFinalized(requestId: uint256) -> bool: view
    def getOutputHash(requestId: uint256) -> bytes32: view


MAX_TEXT: constant(uint256) = 1024  # bytes
MAX_OUTPUT: constant(uint256) = 4096
CALLBACK_GAS: constant(uint64) = 200_000
LONGEST_WORD: constant(uint256) = 7  # ABSTAIN

# Votes; 0 is none.
YES: constant(uint8) = 1
NO: constant(uint8) = 2
ABSTAIN: constant(uint8) = 3
INVALID: constant(uint8) = 4


struct Proposal:
    to: address
    amount: uint256  # wei
    text: Bytes[MAX_TEXT]
    is_asked: bool
    request: uint256
    answer: bytes32  # hash of request and output's hash
    vote: uint8
    deadline: uint256  # seconds
    is_executed: bool


event Proposed:
    proposal: indexed(uint256)
    to: address
    amount: uint256
    text: Bytes[MAX_TEXT]


event Voted:
    proposal: indexed(uint256)
    request: uint256
    vote: uint8
    deadline: uint256


event Executed:
    proposal: indexed(uint256)
    to: address
    amount: uint256


ORACLE: public(immutable(address))
MODEL: public(immutable(uint256))
WINDOW: public(immutable(uint256))  # seconds
CAP: public(immutable(uint256))  # wei of one payment
n_proposals: public(uint256)
proposals: public(HashMap[uint256, Proposal])


@deploy
@payable
def __init__(oracle: address, model: uint256, window: uint256, cap: uint256):
    """
    @notice A DAO whose treasury is what it is sent.
    """
    ORACLE = oracle
    MODEL = model
    WINDOW = window
    CAP = cap


@external
@payable
def __default__():
    """
    @notice Takes money for the treasury.
    """
    pass


@external
def propose(to: address, amount: uint256, text: Bytes[MAX_TEXT]) -> uint256:
    """
    @notice A payment to vote about; proposals are counted from 1.
    """
    assert amount <= CAP, "amount above the cap"
    proposal: uint256 = self.n_proposals + 1
    self.n_proposals = proposal
    self.proposals[proposal].to = to
    self.proposals[proposal].amount = amount
    self.proposals[proposal].text = text
    log Proposed(proposal=proposal, to=to, amount=amount, text=text)
    return proposal


@external
@payable
def ask(proposal: uint256) -> uint256:
    """
    @notice Put a proposal to the model, once; the value sent is the oracle's fee.
    @return The oracle's request.
    """
    self._check_open(proposal)
    assert not self.proposals[proposal].is_asked, "already asked"
    self.proposals[proposal].is_asked = True
    request: uint256 = extcall AIOracle(ORACLE).requestCallback(
        MODEL,
        self.proposals[proposal].text,
        self,
        CALLBACK_GAS,
        abi_encode(proposal),
        value=msg.value,
    )
    self.proposals[proposal].request = request
    return request


@external
def aiOracleCallback(requestId: uint256, output: Bytes[MAX_OUTPUT], callbackData: Bytes[32]):
    """
    @notice The model's answer, from the oracle alone. A new one restarts the window; the same one
            again, which anybody can have sent, changes nothing.
    """
    assert msg.sender == ORACLE, "only oracle"
    proposal: uint256 = abi_decode(callbackData, uint256)
    self._check_open(proposal)
    if ORACLE.is_contract:
        assert requestId == self.proposals[proposal].request, "not our request"
    answer: bytes32 = keccak256(abi_encode(requestId, keccak256(output)))
    if self.proposals[proposal].answer == answer:
        return
    vote: uint8 = self._parse(output)
    self.proposals[proposal].answer = answer
    self.proposals[proposal].vote = vote
    self.proposals[proposal].deadline = block.timestamp + WINDOW
    log Voted(
        proposal=proposal, request=requestId, vote=vote, deadline=block.timestamp + WINDOW
    )


@external
def aiOracleCallbackError(
    requestId: uint256, code: uint8, message: Bytes[1024], callbackData: Bytes[32]
):
    """
    @notice The news that the model has no answer: the proposal may be put to it again.
    """
    assert msg.sender == ORACLE, "only oracle"
    proposal: uint256 = abi_decode(callbackData, uint256)
    self._check_open(proposal)
    assert requestId == self.proposals[proposal].request, "not our request"
    assert self.proposals[proposal].vote == 0, "already answered"
    self.proposals[proposal].is_asked = False


@external
def execute(proposal: uint256):
    """
    @notice Pay what was voted for, once the vote is final; anybody may call.
    """
    self._check_open(proposal)
    found: Proposal = self.proposals[proposal]
    assert found.vote != 0, "no result"
    assert block.timestamp >= found.deadline, "not finalized"
    if ORACLE.is_contract:
        assert staticcall AIOracle(ORACLE).isFinalized(found.request), "not finalized"
        known: bytes32 = staticcall AIOracle(ORACLE).getOutputHash(found.request)
        assert found.answer == keccak256(abi_encode(found.request, known)), "overturned"
    assert found.vote == YES, "rejected"
    assert found.amount <= self.balance, "treasury too small"
    self.proposals[proposal].is_executed = True
    log Executed(proposal=proposal, to=found.to, amount=found.amount)
    raw_call(found.to, b"", value=found.amount)


@external
@pure
def parse(output: Bytes[MAX_OUTPUT]) -> uint8:
    """
    @notice What vote an output is: 1 YES, 2 NO, 3 ABSTAIN, 4 none of them.
    """
    return self._parse(output)


@internal
@view
def _check_open(proposal: uint256):
    assert 0 < proposal and proposal <= self.n_proposals, "no such proposal"
    assert not self.proposals[proposal].is_executed, "already executed"


@internal
@pure
def _parse(output: Bytes[MAX_OUTPUT]) -> uint8:
    """
    @dev The first word, if the output begins with one, decides; "yesterday" is none of the three.
    """
    start: uint256 = 0
    for i: uint256 in range(len(output), bound=MAX_OUTPUT):
        if self._byte(output, i) not in [9, 10, 13, 32]:
            break
        start += 1
    word: uint256 = 0
    n: uint256 = 0
    for i: uint256 in range(LONGEST_WORD + 1):
        if start + i >= len(output):
            break
        upper: uint256 = self._byte(output, start + i) & 223
        if upper < 65 or upper > 90:
            break
        word = (word << 8) | upper
        n += 1
    if word == 5_850_451 and n == 3:  # YES
        return YES
    if word == 20_047 and n == 2:  # NO
        return NO
    if word == 18_368_799_149_476_174 and n == 7:  # ABSTAIN
        return ABSTAIN
    return INVALID


@internal
@pure
def _byte(output: Bytes[MAX_OUTPUT], position: uint256) -> uint256:
    return convert(slice(output, position, 1), uint256)
