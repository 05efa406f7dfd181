# pragma version ~=0.4.3
"""
@title   Protocol fee
@license MIT
@notice  What the market takes of a payment, in 1/10000 and on each side, and who receives it.
@dev     The owner may change it at any time, also for subscriptions that exist.
"""

owner: public(address)
FEE: public(uint16)
FEE_RECIPIENT: public(address)


@deploy
def __init__(feeRecipient: address, fee: uint16):
    """
    @notice A fee; the deployer's successor as owner is the recipient.
    """
    self.owner = feeRecipient
    self.FEE_RECIPIENT = feeRecipient
    self.FEE = fee


@external
def updateFee(newFee: uint16):
    """
    @notice Change the fee.
    """
    self._check_owner()
    self.FEE = newFee


@external
def updateFeeRecipient(newRecipient: address):
    """
    @notice Change who receives it.
    """
    self._check_owner()
    self.FEE_RECIPIENT = newRecipient


@internal
@view
def _check_owner():
    if msg.sender != self.owner:
        raw_revert(method_id("Unauthorized()"))
