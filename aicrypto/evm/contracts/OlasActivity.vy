# pragma version ~=0.4.3
"""
@title   Activity of a service
@license MIT
@notice  Whether a service has worked enough: its multisig's transactions in a time reach a ratio.
@dev     That is what the deployed checker counts. With a ledger of work, which is ours, deliveries
         that somebody paid for must reach the ratio, with a transaction for each.
"""

interface Safe:
    def nonce() -> uint256: view


interface Ledger:
    def paidDeliveries(multisig: address) -> uint256: view


ONE: constant(uint256) = 10**18

ratio: public(immutable(uint256))
ledger: public(immutable(address))


@deploy
def __init__(ratio_: uint256, ledger_: address):
    """
    @param  ratio_ Least number per second, 18 decimals.
    @param  ledger_ Who counts paid deliveries; the zero address for nobody.
    """
    ratio = ratio_
    ledger = ledger_


@external
@view
def getMultisigNonces(multisig: address) -> DynArray[uint256, 2]:
    """
    @notice How much the service has done so far.
    """
    counters: DynArray[uint256, 2] = [staticcall Safe(multisig).nonce()]
    if ledger != empty(address):
        counters.append(staticcall Ledger(ledger).paidDeliveries(multisig))
    return counters


@external
@view
def isRatioPass(
    now: DynArray[uint256, 2], before: DynArray[uint256, 2], seconds: uint256
) -> bool:
    """
    @notice Whether what was done since is enough.
    """
    if seconds == 0 or now[0] <= before[0]:
        return False
    done: uint256 = now[0] - before[0]
    if ledger != empty(address):
        if now[1] <= before[1] or now[1] - before[1] > done:
            return False
        done = now[1] - before[1]
    return done * ONE // seconds >= ratio
