# pragma version ~=0.4.3
"""
@title   Market for agents
@license MIT
@notice  Sells an NFT together with what its account holds. The offer names the account's state, and
         the sale fails if the account has acted since: a seller can't empty it before the sale. Nor
         can he offer it again then, empty: the buyer names the offer that he has seen. The agent's
         registration file and the hash of its memory are promised as well.
@dev     The seller approves the market for the token. Balances are promised as well, as the state
         does not tell all: the account's signature moves an ERC-3009 token without any act of it.
"""

interface Collection:
    def ownerOf(tokenId: uint256) -> address: view
    def tokenURI(tokenId: uint256) -> String[256]: view
    def getMetadata(tokenId: uint256, key: String[32]) -> Bytes[256]: view
    def safeTransferFrom(source: address, target: address, tokenId: uint256): nonpayable


interface Money:
    def balanceOf(owner: address) -> uint256: view


interface Account:
    def state() -> uint256: view
    def token() -> (uint256, address, uint256): view


event Sold:
    tokenId: indexed(uint256)
    seller: indexed(address)
    buyer: indexed(address)
    price: uint256


struct Offer:
    seller: address
    price: uint256
    account: address
    state: uint256
    balance: uint256
    asset: address
    asset_balance: uint256
    record: bytes32


offers: public(HashMap[address, HashMap[uint256, Offer]])


@external
def offer(
    collection: address, tokenId: uint256, price: uint256, account: address, asset: address
):
    """
    @notice Offer a token of the caller's with its account as it is now.
    @param  asset ERC-20 whose balance is promised too; the zero address for none.
    """
    assert staticcall Collection(collection).ownerOf(tokenId) == msg.sender, "not the owner"
    chain_id: uint256 = 0
    bound: address = empty(address)
    number: uint256 = 0
    chain_id, bound, number = staticcall Account(account).token()
    assert (
        chain_id == chain.id and bound == collection and number == tokenId
    ), "not the token's account"
    self.offers[collection][tokenId] = Offer(
        seller=msg.sender,
        price=price,
        account=account,
        state=staticcall Account(account).state(),
        balance=account.balance,
        asset=asset,
        asset_balance=self._balance(asset, account),
        record=self._record(collection, tokenId),
    )


@external
@view
def offerHash(collection: address, tokenId: uint256) -> bytes32:
    """
    @notice What stands for the offer as it is now.
    """
    return keccak256(abi_encode(self.offers[collection][tokenId]))


@external
@payable
def buy(collection: address, tokenId: uint256, seen: bytes32):
    """
    @notice Pay the price and take the token, if its account is as it was offered.
    @param  seen `offerHash` of the offer that the buyer has looked at.
    """
    offered: Offer = self.offers[collection][tokenId]
    assert offered.seller != empty(address), "not offered"
    assert keccak256(abi_encode(offered)) == seen, "another offer"
    assert msg.value == offered.price, "not the price"
    assert staticcall Account(offered.account).state() == offered.state, "account has acted"
    assert offered.account.balance >= offered.balance, "account holds less"
    assert (
        self._balance(offered.asset, offered.account) >= offered.asset_balance
    ), "account holds less"
    assert self._record(collection, tokenId) == offered.record, "another record"
    self.offers[collection][tokenId] = empty(Offer)
    extcall Collection(collection).safeTransferFrom(offered.seller, msg.sender, tokenId)
    send(offered.seller, msg.value)
    log Sold(tokenId=tokenId, seller=offered.seller, buyer=msg.sender, price=msg.value)


@internal
@view
def _record(collection: address, tokenId: uint256) -> bytes32:
    """
    @dev Hash of what the registry says about the agent that only its owner may change.
    """
    uri: String[256] = staticcall Collection(collection).tokenURI(tokenId)
    remembered: Bytes[256] = staticcall Collection(collection).getMetadata(tokenId, "memory")
    return keccak256(abi_encode(uri, remembered))


@internal
@view
def _balance(asset: address, account: address) -> uint256:
    if asset == empty(address):
        return 0
    return staticcall Money(asset).balanceOf(account)
