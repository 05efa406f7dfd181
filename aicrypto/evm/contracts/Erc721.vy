# pragma version ~=0.4.3
"""
@title   ERC-721 token, as a part of others
@license MIT
@notice  Owners, approvals and transfers of numbered tokens. A token contract imports it, mints and
         says what a token is.
@dev     Reasons are those of OpenZeppelin 4.8.3. Source: ERC-721.
"""


interface Receiver:
    def onERC721Received(
        operator: address, source: address, tokenId: uint256, data: Bytes[1024]
    ) -> bytes4: nonpayable


IERC165: constant(bytes4) = 0x01ffc9a7
IERC721: constant(bytes4) = 0x80ac58cd
IERC721_METADATA: constant(bytes4) = 0x5b5e139f


event Transfer:
    source: indexed(address)
    target: indexed(address)
    tokenId: indexed(uint256)


event Approval:
    owner: indexed(address)
    approved: indexed(address)
    tokenId: indexed(uint256)


event ApprovalForAll:
    owner: indexed(address)
    operator: indexed(address)
    isApproved: bool


name: public(immutable(String[32]))
symbol: public(immutable(String[8]))
owners: HashMap[uint256, address]
balances: HashMap[address, uint256]
approved: HashMap[uint256, address]
isApprovedForAll: public(HashMap[address, HashMap[address, bool]])


@deploy
def __init__(name_: String[32], symbol_: String[8]):
    """
    @notice A collection of this name.
    """
    name = name_
    symbol = symbol_


@external
@view
def balanceOf(owner: address) -> uint256:
    """
    @notice How many tokens somebody has.
    """
    assert owner != empty(address), "ERC721: address zero is not a valid owner"
    return self.balances[owner]


@external
@view
def ownerOf(tokenId: uint256) -> address:
    """
    @notice Who has a token.
    """
    return self._owner_of(tokenId)


@external
@view
def getApproved(tokenId: uint256) -> address:
    """
    @notice Who else may move a token.
    """
    self._check_minted(tokenId)
    return self.approved[tokenId]


@external
def approve(target: address, tokenId: uint256):
    """
    @notice Let somebody move a token.
    """
    owner: address = self._owner_of(tokenId)
    assert target != owner, "ERC721: approval to current owner"
    assert (
        msg.sender == owner or self.isApprovedForAll[owner][msg.sender]
    ), "ERC721: approve caller is not token owner or approved for all"
    self.approved[tokenId] = target
    log Approval(owner=owner, approved=target, tokenId=tokenId)


@external
def setApprovalForAll(operator: address, isApproved: bool):
    """
    @notice Let somebody move all tokens of the caller, or no longer.
    """
    assert operator != msg.sender, "ERC721: approve to caller"
    self.isApprovedForAll[msg.sender][operator] = isApproved
    log ApprovalForAll(owner=msg.sender, operator=operator, isApproved=isApproved)


@external
def transferFrom(source: address, target: address, tokenId: uint256):
    """
    @notice Move a token.
    """
    self._transfer(source, target, tokenId)


@external
def safeTransferFrom(
    source: address, target: address, tokenId: uint256, data: Bytes[1024] = b""
):
    """
    @notice Move a token; a contract must say that it takes it.
    """
    self._transfer(source, target, tokenId)
    if target.is_contract:
        answer: bytes4 = extcall Receiver(target).onERC721Received(
            msg.sender, source, tokenId, data
        )
        assert answer == 0x150b7a02, "ERC721: transfer to non ERC721Receiver implementer"


@internal
@pure
def _is_standard(interfaceId: bytes4) -> bool:
    return interfaceId in [IERC165, IERC721, IERC721_METADATA]


@internal
@view
def _owner_of(tokenId: uint256) -> address:
    self._check_minted(tokenId)
    return self.owners[tokenId]


@internal
@view
def _check_minted(tokenId: uint256):
    assert self.owners[tokenId] != empty(address), "ERC721: invalid token ID"


@internal
def _mint(target: address, tokenId: uint256):
    assert target != empty(address), "ERC721: mint to the zero address"
    assert self.owners[tokenId] == empty(address), "ERC721: token already minted"
    self.owners[tokenId] = target
    self.balances[target] += 1
    log Transfer(source=empty(address), target=target, tokenId=tokenId)


@internal
def _transfer(source: address, target: address, tokenId: uint256):
    owner: address = self._owner_of(tokenId)
    assert (
        msg.sender == owner
        or self.isApprovedForAll[owner][msg.sender]
        or self.approved[tokenId] == msg.sender
    ), "ERC721: caller is not token owner or approved"
    assert owner == source, "ERC721: transfer from incorrect owner"
    assert target != empty(address), "ERC721: transfer to the zero address"
    self.approved[tokenId] = empty(address)
    self.balances[source] -= 1
    self.balances[target] += 1
    self.owners[tokenId] = target
    log Transfer(source=source, target=target, tokenId=tokenId)
