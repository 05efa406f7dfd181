# pragma version ~=0.4.3
"""
@title   Factory of wallets
@license MIT
@notice  Makes the wallets that the coordinator trusts: it pays to and from no others.
"""


event WalletCreated:
    caller: indexed(address)
    owner: indexed(address)
    wallet: address


REGISTRY: immutable(address)
WALLET: immutable(address)  # blueprint
SAFE: immutable(bool)
isValidWallet: public(HashMap[address, bool])


@deploy
def __init__(registry: address, wallet: address, safe: bool):
    """
    @notice A factory.
    @param  wallet Blueprint of `RitualWallet`.
    @param  safe Whether its wallets guard locked money against plain transfers.
    """
    REGISTRY = registry
    WALLET = wallet
    SAFE = safe


@external
def createWallet(initialOwner: address) -> address:
    """
    @notice A new wallet for somebody.
    """
    wallet: address = create_from_blueprint(WALLET, REGISTRY, initialOwner, SAFE)
    self.isValidWallet[wallet] = True
    log WalletCreated(caller=msg.sender, owner=initialOwner, wallet=wallet)
    return wallet
