# pragma version ~=0.4.3
"""
@title   A collection of works
@license MIT
@notice  Minimal ERC-721: one token per work, with the hash of its content. Anybody mints.
"""

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    token_id: indexed(uint256)


name: public(String[64])
n_tokens: public(uint256)
content: public(HashMap[uint256, bytes32])
owners: HashMap[uint256, address]


@deploy
def __init__(name: String[64]):
    self.name = name


@external
def mint(to: address, content: bytes32) -> uint256:
    """
    @notice Put a work into the collection.
    @param  to Who owns it.
    @param  content Hash of the work.
    @return Number of its token, counted from 0.
    """
    assert to != empty(address), "ERC721: mint to the zero address"
    token: uint256 = self.n_tokens
    self.n_tokens = token + 1
    self.owners[token] = to
    self.content[token] = content
    log Transfer(sender=empty(address), receiver=to, token_id=token)
    return token


@external
@view
def ownerOf(token_id: uint256) -> address:
    """
    @notice Who owns a work.
    """
    owner: address = self.owners[token_id]
    assert owner != empty(address), "ERC721: invalid token ID"
    return owner


@external
def transferFrom(sender: address, to: address, token_id: uint256):
    """
    @notice Give a work away; only its owner can.
    """
    owner: address = self.owners[token_id]
    assert owner != empty(address), "ERC721: invalid token ID"
    assert msg.sender == owner, "ERC721: caller is not token owner or approved"
    assert sender == owner, "ERC721: transfer from incorrect owner"
    assert to != empty(address), "ERC721: transfer to the zero address"
    self.owners[token_id] = to
    log Transfer(sender=owner, receiver=to, token_id=token_id)
