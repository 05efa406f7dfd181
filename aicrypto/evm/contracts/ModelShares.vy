# pragma version ~=0.4.3
"""
@title   Shares of a model's income (ERC-20 with ERC-7641)
@license MIT
@notice  A token whose holders own what a model earns: make this contract the model's receiver at
         the oracle. Whoever comes by takes a snapshot of balances; the money that came in since the
         last one is split: a part is claimed by those who held tokens at that moment, the rest is a
         pool, of which burnt tokens take their share.
@dev     Selling tokens afterwards takes no claim away, and a buyer gets none. Balances of the past
         are kept where they changed. Rounding leaves dust here. Source: ERC-7641.
"""

from ethereum.ercs import IERC20

implements: IERC20

HUNDRED: constant(uint256) = 100


event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256


event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256


event Snapshot:
    snapshotId: indexed(uint256)
    claimable: uint256


event Claimed:
    holder: indexed(address)
    snapshotId: indexed(uint256)
    amount: uint256


# A balance as it was at a snapshot, and since the change before; kept when it changed after it.
struct Past:
    snapshot: uint256
    amount: uint256


name: public(immutable(String[32]))
symbol: public(immutable(String[8]))
decimals: public(constant(uint8)) = 18
PERCENT_CLAIMABLE: public(immutable(uint256))
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
totalSupply: public(uint256)

n_snapshots: public(uint256)
claimable: HashMap[uint256, uint256]  # wei of a snapshot, for all holders
supply_at: HashMap[uint256, uint256]
pasts: HashMap[address, HashMap[uint256, Past]]  # in order
n_pasts: HashMap[address, uint256]
has_claimed: public(HashMap[address, HashMap[uint256, bool]])
unclaimed: uint256  # wei of all snapshots that is not fetched
pool: public(uint256)  # wei for those who burn


@deploy
def __init__(name_: String[32], symbol_: String[8], supply: uint256, percent_claimable: uint256):
    """
    @notice All shares belong to who makes them.
    """
    assert percent_claimable <= HUNDRED, "percentage should be <= 100"
    name = name_
    symbol = symbol_
    PERCENT_CLAIMABLE = percent_claimable
    self.totalSupply = supply
    self.balanceOf[msg.sender] = supply
    log Transfer(sender=empty(address), receiver=msg.sender, value=supply)


@external
@payable
def __default__():
    """
    @notice Takes income.
    """
    pass


@external
def transfer(receiver: address, amount: uint256) -> bool:
    """
    @notice Move tokens of the caller.
    """
    self._move(msg.sender, receiver, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Let somebody move so many tokens of the caller.
    """
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@external
def transferFrom(owner: address, receiver: address, amount: uint256) -> bool:
    """
    @notice Move tokens of somebody who allowed it.
    """
    assert self.allowance[owner][msg.sender] >= amount, "ERC20: insufficient allowance"
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, receiver, amount)
    return True


@external
def snapshot() -> uint256:
    """
    @notice Divide what came in since the last snapshot; snapshots are counted from 1.
    """
    income: uint256 = self.balance - self.unclaimed - self.pool
    assert income > 0, "no revenue"
    number: uint256 = self.n_snapshots + 1
    self.n_snapshots = number
    part: uint256 = income * PERCENT_CLAIMABLE // HUNDRED
    self.claimable[number] = part
    self.supply_at[number] = self.totalSupply
    self.unclaimed += part
    self.pool += income - part
    log Snapshot(snapshotId=number, claimable=part)
    return number


@external
@view
def claimableRevenue(account: address, snapshotId: uint256) -> uint256:
    """
    @notice Wei that somebody may claim of a snapshot.
    """
    return self._share(account, snapshotId)


@external
def claim(snapshotId: uint256):
    """
    @notice Fetch the caller's part of a snapshot, once.
    """
    amount: uint256 = self._share(msg.sender, snapshotId)
    assert amount > 0, "nothing to claim"
    self.has_claimed[msg.sender][snapshotId] = True
    self.unclaimed -= amount
    log Claimed(holder=msg.sender, snapshotId=snapshotId, amount=amount)
    raw_call(msg.sender, b"", value=amount)


@external
@view
def redeemableOnBurn(amount: uint256) -> uint256:
    """
    @notice Wei of the pool for so many tokens.
    """
    return self.pool * amount // self.totalSupply


@external
def burn(amount: uint256):
    """
    @notice Give tokens up for their share of the pool.
    """
    paid: uint256 = self.pool * amount // self.totalSupply
    self._keep_past(msg.sender)
    self.balanceOf[msg.sender] -= amount
    self.totalSupply -= amount
    self.pool -= paid
    log Transfer(sender=msg.sender, receiver=empty(address), value=amount)
    if paid > 0:
        raw_call(msg.sender, b"", value=paid)


@internal
def _move(owner: address, receiver: address, amount: uint256):
    assert receiver not in [empty(address), self], "ERC20: invalid receiver"
    assert self.balanceOf[owner] >= amount, "ERC20: transfer amount exceeds balance"
    self._keep_past(owner)
    self._keep_past(receiver)
    self.balanceOf[owner] -= amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=owner, receiver=receiver, value=amount)


@internal
def _keep_past(account: address):
    """
    @dev Before a balance changes: what it was at the last snapshot.
    """
    last: uint256 = self.n_snapshots
    n: uint256 = self.n_pasts[account]
    if last == 0 or (n > 0 and self.pasts[account][n - 1].snapshot == last):
        return
    self.pasts[account][n] = Past(snapshot=last, amount=self.balanceOf[account])
    self.n_pasts[account] = n + 1


@internal
@view
def _share(account: address, number: uint256) -> uint256:
    assert 0 < number and number <= self.n_snapshots, "no such snapshot"
    if self.has_claimed[account][number]:
        return 0
    low: uint256 = 0  # the first past that is not before the snapshot
    high: uint256 = self.n_pasts[account]
    for step: uint256 in range(256):
        if low == high:
            break
        middle: uint256 = (low + high) // 2
        if self.pasts[account][middle].snapshot >= number:
            high = middle
        else:
            low = middle + 1
    held: uint256 = self.balanceOf[account]
    if low < self.n_pasts[account]:
        held = self.pasts[account][low].amount
    return self.claimable[number] * held // self.supply_at[number]
