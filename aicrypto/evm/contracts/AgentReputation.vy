# pragma version ~=0.4.3
"""
@title   Reputation registry of agents
@license MIT
@notice  ERC-8004: what clients say about an agent. Anybody can make clients, so whoever asks for a
         summary names the clients that he believes.
@dev     The summary is cut off to the commonest decimals, and wraps at 128 bits as the deployed
         one does.
"""

interface Identity:
    def isAuthorizedOrOwner(spender: address, agentId: uint256) -> bool: view


struct Feedback:
    value: int128
    decimals: uint8
    tag1: String[32]
    tag2: String[32]
    isRevoked: bool


MAX_VALUE: constant(int128) = 10**38
MAX_CLIENTS: constant(uint256) = 128
MAX_SAID: constant(uint256) = 128  # of one client about one agent

identities: public(Identity)
feedback: HashMap[uint256, HashMap[address, HashMap[uint256, Feedback]]]
getLastIndex: public(HashMap[uint256, HashMap[address, uint256]])
clients: HashMap[uint256, DynArray[address, MAX_CLIENTS]]


@deploy
def __init__(identities: address):
    """
    @notice A registry for the agents of an identity registry.
    """
    self.identities = Identity(identities)


@external
def giveFeedback(
    agentId: uint256, score: int128, valueDecimals: uint8, tag1: String[32], tag2: String[32]
) -> uint256:
    """
    @notice Say something about an agent that is not one's own.
    """
    assert valueDecimals <= 18, "too many decimals"
    assert score >= -MAX_VALUE and score <= MAX_VALUE, "value too large"
    is_own: bool = staticcall self.identities.isAuthorizedOrOwner(msg.sender, agentId)
    assert not is_own, "Self-feedback not allowed"
    index: uint256 = self.getLastIndex[agentId][msg.sender] + 1
    if index == 1:
        self.clients[agentId].append(msg.sender)
    self.getLastIndex[agentId][msg.sender] = index
    self.feedback[agentId][msg.sender][index] = Feedback(
        value=score, decimals=valueDecimals, tag1=tag1, tag2=tag2, isRevoked=False
    )
    return index


@external
def revokeFeedback(agentId: uint256, index: uint256):
    """
    @notice Take a word back.
    """
    assert index > 0, "index must be > 0"
    assert index <= self.getLastIndex[agentId][msg.sender], "index out of bounds"
    assert not self.feedback[agentId][msg.sender][index].isRevoked, "Already revoked"
    self.feedback[agentId][msg.sender][index].isRevoked = True


@external
@view
def readFeedback(agentId: uint256, client: address, index: uint256) -> Feedback:
    """
    @notice One word of a client's.
    """
    assert index > 0, "index must be > 0"
    assert index <= self.getLastIndex[agentId][client], "index out of bounds"
    return self.feedback[agentId][client][index]


@external
@view
def getClients(agentId: uint256) -> DynArray[address, MAX_CLIENTS]:
    """
    @notice Everybody who has said something about the agent.
    """
    return self.clients[agentId]


@external
@view
def getSummary(
    agentId: uint256, clients: DynArray[address, MAX_CLIENTS], tag1: String[32], tag2: String[32]
) -> (uint256, int128, uint8):
    """
    @notice Count, average and its decimals, of what those clients say and still stand by.
    """
    assert len(clients) > 0, "clientAddresses required"
    often: uint256[19] = empty(uint256[19])
    count: uint256 = 0
    total: int256 = 0
    for client: address in clients:
        for i: uint256 in range(self.getLastIndex[agentId][client], bound=MAX_SAID):
            said: Feedback = self.feedback[agentId][client][i + 1]
            is_meant: bool = (tag1 == "" or tag1 == said.tag1) and (
                tag2 == "" or tag2 == said.tag2
            )
            if is_meant and not said.isRevoked:
                count += 1
                often[said.decimals] += 1
                scale: int256 = convert(10 ** convert(18 - said.decimals, uint256), int256)
                total += convert(said.value, int256) * scale
    if count == 0:
        return 0, 0, 0
    decimals: uint256 = 0
    for d: uint256 in range(1, 19):
        if often[d] > often[decimals]:
            decimals = d
    unit: int256 = convert(10 ** (18 - decimals), int256)
    average: int256 = total // convert(count, int256) // unit
    return count, self._wrap(average), convert(decimals, uint8)


@internal
@pure
def _wrap(number: int256) -> int128:
    word: int256 = number & (2**128 - 1)
    if word >= 2**127:
        word -= 2**128
    return convert(word, int128)
