# pragma version ~=0.4.3
"""
@title   Registry of the compute market
@license MIT
@notice  Where the market's contracts are. They name each other through it, so it is deployed first,
         with the addresses that the others will have.
"""

COORDINATOR: public(immutable(address))
INBOX: public(immutable(address))
READER: public(immutable(address))
FEE: public(immutable(address))
WALLET_FACTORY: public(immutable(address))


@deploy
def __init__(
    coordinator: address, inbox: address, reader: address, fee: address, walletFactory: address
):
    """
    @notice The five addresses, for ever.
    """
    COORDINATOR = coordinator
    INBOX = inbox
    READER = reader
    FEE = fee
    WALLET_FACTORY = walletFactory
