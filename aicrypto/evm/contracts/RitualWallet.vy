# pragma version ~=0.4.3
"""
@title   Wallet of the compute market
@license MIT
@notice  Holds what consumers pay with and what nodes stand surety with. The owner allows spenders;
         only the coordinator moves, locks and unlocks, and always in some spender's name.

             approve -> cLock -> cUnlock -> cTransfer
             withdraw: the owner takes what is not locked

@dev     Errors are those of the deployed wallet. A plain transfer looks at the allowance only, as
         it does there: where two spenders share a wallet, one can spend what is locked for the
         other. With SAFE set it may only touch what is not locked.
"""

from ethereum.ercs import IERC20


interface Registry:
    def COORDINATOR() -> address: view


event Approved:
    spender: indexed(address)
    token: indexed(address)
    amount: uint256


event Withdrawn:
    token: indexed(address)
    amount: uint256


REGISTRY: immutable(Registry)
SAFE: public(immutable(bool))
owner: public(address)
allowance: public(HashMap[address, HashMap[address, uint256]])  # spender, token
lockedBalance: public(HashMap[address, uint256])  # token; nobody: the chain's own money


@deploy
def __init__(registry: address, initialOwner: address, safe: bool):
    """
    @notice A wallet; the factory makes them.
    """
    REGISTRY = Registry(registry)
    SAFE = safe
    self.owner = initialOwner


@external
@payable
def __default__():
    """
    @notice Anybody may pay in.
    """
    pass


@external
def approve(spender: address, token: address, amount: uint256):
    """
    @notice Let a spender use so much; replaces what it was allowed.
    """
    self._check_owner()
    self.allowance[spender][token] = amount
    log Approved(spender=spender, token=token, amount=amount)


@external
def withdraw(token: address, amount: uint256):
    """
    @notice Take out what is not locked.
    """
    self._check_owner()
    if amount > self._unlocked(token):
        raw_revert(method_id("InsufficientFunds()"))
    self._send(token, msg.sender, amount)
    log Withdrawn(token=token, amount=amount)


@external
@view
def unlockedBalance(token: address) -> uint256:
    """
    @notice What is here and not locked.
    """
    return self._unlocked(token)


@external
def cTransfer(spender: address, token: address, to: address, amount: uint256):
    """
    @notice Pay in a spender's name.
    """
    self._check_coordinator()
    if SAFE and amount > self._unlocked(token):
        raw_revert(method_id("InsufficientFunds()"))
    self._use_allowance(spender, token, amount)
    self._send(token, to, amount)


@external
def cLock(spender: address, token: address, amount: uint256):
    """
    @notice Set aside in a spender's name.
    """
    self._check_coordinator()
    if amount > self._unlocked(token):
        raw_revert(method_id("InsufficientFunds()"))
    self._use_allowance(spender, token, amount)
    self.lockedBalance[token] += amount


@external
def cUnlock(spender: address, token: address, amount: uint256):
    """
    @notice Undo a lock; the spender may use the money again.
    """
    self._check_coordinator()
    if amount > self.lockedBalance[token]:
        raw_revert(method_id("InsufficientFunds()"))
    self.lockedBalance[token] -= amount
    if amount > max_value(uint256) - self.allowance[spender][token]:
        self._panic()
    self.allowance[spender][token] += amount


@internal
@view
def _check_owner():
    if msg.sender != self.owner:
        raw_revert(method_id("Unauthorized()"))


@internal
@view
def _check_coordinator():
    if msg.sender != staticcall REGISTRY.COORDINATOR():
        raw_revert(method_id("NotCoordinator()"))


@internal
@view
def _unlocked(token: address) -> uint256:
    here: uint256 = self.balance
    if token != empty(address):
        here = staticcall IERC20(token).balanceOf(self)
    if here < self.lockedBalance[token]:
        self._panic()
    return here - self.lockedBalance[token]


@internal
def _use_allowance(spender: address, token: address, amount: uint256):
    if self.allowance[spender][token] < amount:
        raw_revert(method_id("InsufficientAllowance()"))
    self.allowance[spender][token] -= amount


@internal
def _send(token: address, to: address, amount: uint256):
    if token == empty(address):
        if not raw_call(to, b"", value=amount, revert_on_failure=False):
            raw_revert(method_id("ETHTransferFailed()"))
        return
    is_sent: bool = False
    answer: Bytes[32] = b""
    is_sent, answer = raw_call(
        token,
        abi_encode(to, amount, method_id=method_id("transfer(address,uint256)")),
        max_outsize=32,
        revert_on_failure=False,
    )
    if not is_sent or not self._is_true(token, answer):
        raw_revert(method_id("TransferFailed()"))


@internal
@view
def _is_true(token: address, answer: Bytes[32]) -> bool:
    if len(answer) == 0:  # old tokens answer nothing
        return token.is_contract
    return len(answer) == 32 and convert(answer, uint256) == 1


@internal
@pure
def _panic():
    raw_revert(abi_encode(convert(17, uint256), method_id=method_id("Panic(uint256)")))
