# pragma version ~=0.4.3
"""
@title   Identity registry of agents
@license MIT
@notice  ERC-8004: every agent is an ERC-721 token with a registration file, metadata and a wallet,
         which has signed that it wants to be the agent's and is forgotten when the agent is sold.
@dev     Reasons are the names of the deployed contract's errors, in its order. `transfers` is ours:
         it lets an account know that its token has been away.
"""

import Signatures


interface Receiver:
    def onERC721Received(
        operator: address, source: address, tokenId: uint256, data: Bytes[1024]
    ) -> bytes4: nonpayable


event Transfer:
    source: indexed(address)
    target: indexed(address)
    tokenId: indexed(uint256)


event Registered:
    agentId: indexed(uint256)
    agentURI: String[256]
    owner: indexed(address)


struct Entry:
    key: String[32]
    value: Bytes[256]


WALLET_KEY: constant(String[32]) = "agentWallet"
MAX_DEADLINE_S: constant(uint256) = 300
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
WALLET_TYPE: constant(bytes32) = keccak256(
    "AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 deadline)"
)

n_agents: public(uint256)
transfers: public(HashMap[uint256, uint256])  # how often a token has changed hands
owners: HashMap[uint256, address]
approvals: HashMap[uint256, address]
isApprovedForAll: public(HashMap[address, HashMap[address, bool]])
uris: HashMap[uint256, String[256]]
getAgentWallet: public(HashMap[uint256, address])
getMetadata: public(HashMap[uint256, HashMap[String[32], Bytes[256]]])


@external
def register(
    agentURI: String[256] = "", metadata: DynArray[Entry, 8] = []
) -> uint256:
    """
    @notice A new agent of the caller's, who is also its wallet.
    """
    agentId: uint256 = self.n_agents
    for entry: Entry in metadata:
        assert entry.key != WALLET_KEY, "reserved key"
        self.getMetadata[agentId][entry.key] = entry.value
    self.n_agents = agentId + 1
    self.owners[agentId] = msg.sender
    self.uris[agentId] = agentURI
    self.getAgentWallet[agentId] = msg.sender
    log Transfer(source=empty(address), target=msg.sender, tokenId=agentId)
    log Registered(agentId=agentId, agentURI=agentURI, owner=msg.sender)
    return agentId


@external
@view
def ownerOf(tokenId: uint256) -> address:
    """
    @notice Whose agent it is.
    """
    return self._owner_of(tokenId)


@external
@view
def tokenURI(tokenId: uint256) -> String[256]:
    """
    @notice Where its registration file is.
    """
    self._owner_of(tokenId)
    return self.uris[tokenId]


@external
@view
def isAuthorizedOrOwner(spender: address, agentId: uint256) -> bool:
    """
    @notice Whether somebody may speak for the agent.
    """
    return self._is_authorised(spender, agentId)


@external
def setMetadata(agentId: uint256, key: String[32], newValue: Bytes[256]):
    """
    @notice Write one entry.
    """
    assert self._is_authorised(msg.sender, agentId), "Not authorized"
    assert key != WALLET_KEY, "reserved key"
    self.getMetadata[agentId][key] = newValue


@external
def setAgentURI(agentId: uint256, newURI: String[256]):
    """
    @notice Name another registration file.
    """
    assert self._is_authorised(msg.sender, agentId), "Not authorized"
    self.uris[agentId] = newURI


@external
def setAgentWallet(
    agentId: uint256, newWallet: address, deadline: uint256, signature: Bytes[1024]
):
    """
    @notice Name another wallet, which has signed that it wants to be it.
    """
    owner: address = self._owner_of(agentId)
    assert self._is_authorised(msg.sender, agentId), "Not authorized"
    assert newWallet != empty(address), "bad wallet"
    assert block.timestamp <= deadline, "expired"
    assert deadline <= block.timestamp + MAX_DEADLINE_S, "deadline too far"
    digest: bytes32 = keccak256(
        concat(
            x"1901",
            self._domain(),
            keccak256(abi_encode(WALLET_TYPE, agentId, newWallet, owner, deadline)),
        )
    )
    assert Signatures._is_signed(newWallet, digest, signature), "invalid wallet sig"
    self.getAgentWallet[agentId] = newWallet


@external
def unsetAgentWallet(agentId: uint256):
    """
    @notice Leave the agent without wallet.
    """
    assert self._is_authorised(msg.sender, agentId), "Not authorized"
    self.getAgentWallet[agentId] = empty(address)


@external
def approve(to: address, agentId: uint256):
    """
    @notice Let one address speak for the agent, until it is transferred.
    """
    owner: address = self._owner_of(agentId)
    assert (
        msg.sender == owner or self.isApprovedForAll[owner][msg.sender]
    ), "ERC721InvalidApprover"
    self.approvals[agentId] = to


@external
def setApprovalForAll(operator: address, approved: bool):
    """
    @notice Let somebody, or no longer, speak for all agents of the caller.
    """
    assert operator != empty(address), "ERC721InvalidOperator"
    self.isApprovedForAll[msg.sender][operator] = approved


@external
def transferFrom(source: address, target: address, agentId: uint256):
    """
    @notice Give the agent away; its wallet and approval are forgotten.
    """
    self._transfer(source, target, agentId)


@external
def safeTransferFrom(
    source: address, target: address, agentId: uint256, data: Bytes[1024] = b""
):
    """
    @notice Give the agent away; a contract must say that it takes it.
    """
    self._transfer(source, target, agentId)
    if target.is_contract:
        answer: bytes4 = extcall Receiver(target).onERC721Received(
            msg.sender, source, agentId, data
        )
        assert answer == 0x150b7a02, "ERC721InvalidReceiver"


@internal
def _transfer(source: address, target: address, agentId: uint256):
    assert target != empty(address), "ERC721InvalidReceiver"
    owner: address = self._owner_of(agentId)
    assert self._is_authorised(msg.sender, agentId), "ERC721InsufficientApproval"
    assert owner == source, "ERC721IncorrectOwner"
    self.owners[agentId] = target
    self.transfers[agentId] += 1
    self.approvals[agentId] = empty(address)
    self.getAgentWallet[agentId] = empty(address)
    log Transfer(source=source, target=target, tokenId=agentId)


@internal
@view
def _owner_of(agentId: uint256) -> address:
    assert agentId < self.n_agents, "ERC721NonexistentToken"
    return self.owners[agentId]


@internal
@view
def _is_authorised(who: address, agentId: uint256) -> bool:
    owner: address = self._owner_of(agentId)
    if who == empty(address):
        return False
    return (
        who == owner or who == self.approvals[agentId] or self.isApprovedForAll[owner][who]
    )


@internal
@view
def _domain() -> bytes32:
    return keccak256(
        abi_encode(
            DOMAIN_TYPE, keccak256("ERC8004IdentityRegistry"), keccak256("1"), chain.id, self
        )
    )
