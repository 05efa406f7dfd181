# pragma version ~=0.4.3
"""
@title   Desk of a verifier
@license MIT
@notice  What all verifiers of the compute market share: for which tokens they work and at what fee,
         where fees go, and how their word reaches the coordinator. How they find it is left to the
         contract that imports this.
"""


interface Coordinator:
    def finalizeProofVerification(
        subscriptionId: uint32, interval: uint32, node: address, valid: bool
    ): nonpayable


interface Registry:
    def COORDINATOR() -> address: view


REGISTRY: immutable(Registry)
judge: public(address)
isSupportedToken: public(HashMap[address, bool])
fee: public(HashMap[address, uint256])


@deploy
def __init__(registry: address):
    """
    @notice A desk whose judge is its deployer.
    """
    REGISTRY = Registry(registry)
    self.judge = msg.sender


@external
@view
def getWallet() -> address:
    """
    @notice Where fees go: here.
    """
    return self


@external
def setToken(token: address, supported: bool, amount: uint256):
    """
    @notice Say whether it works for a token, and for how much.
    """
    self._check_judge()
    self.isSupportedToken[token] = supported
    self.fee[token] = amount


@internal
@view
def _check_judge():
    if msg.sender != self.judge:
        raw_revert(method_id("Unauthorized()"))


@internal
@view
def _check_coordinator():
    if msg.sender != staticcall REGISTRY.COORDINATOR():
        raw_revert(method_id("NotCoordinator()"))


@internal
def _say(subscriptionId: uint32, interval: uint32, node: address, valid: bool):
    extcall Coordinator(staticcall REGISTRY.COORDINATOR()).finalizeProofVerification(
        subscriptionId, interval, node, valid
    )
