"""A payment to an IP, and how its ancestors get their part of it.

`pay` takes the protocol's fee, puts what the ancestors are due into one pool per policy, and the
rest into the IP's own vault; nobody above is computed. Later anybody may `push` one ancestor's part
from the pool into that ancestor's vault. So a payment costs the same whatever stands above it, and
an ancestor that nobody pushes for waits.

Each payment's part for the pool is floored, but an ancestor's due is the floor over the sum of all:
by many tiny payments to an IP of one's own, a parent of it becomes due a unit each that never went
into the pool, which all IPs share; who pushes last lacks them. As deployed, where the fee, at least
a unit each, is more than that brings. What no push can reach stays in the pool for ever: dust.
fee + pools + vault = amount, to the unit.
Source: storyprotocol/protocol-core-v1@1e80201 RoyaltyModule, RoyaltyPolicyLAP/LRP.transferToVault.
"""

from dataclasses import dataclass

from aicrypto.ip.refusals import demand
from aicrypto.ip.royalty.links import live_stack, percent
from aicrypto.ip.royalty.vaults import POOL, credit
from aicrypto.ip.state import HP, State
from aicrypto.ip.terms.terms import LRP

TREASURY = "treasury"
ROYALTY = "RoyaltyModule__"


@dataclass(frozen=True)
class Payment:
    """Where a payment went: the protocol's fee, each policy's pool, the IP's vault."""

    fee: int
    pools: dict[str, int]
    vault: int

    @property
    def amount(self) -> int:
        """What was paid."""
        return self.fee + sum(self.pools.values()) + self.vault


def policy_pool(policy: str) -> str:
    """Name of the pocket that holds what ancestors are due under the policy, for all IPs."""
    return f"policy:{policy}"


def pay(state: State, ip: str, token: str, amount: int, by: str = "payer") -> Payment:
    """Pays an IP; returns where the money went. The reward pool pays without fee.

    Raises:
        Refusal: `RoyaltyModule__...`: `ZeroAmount`, `NotWhitelistedRoyaltyToken`, `IpIsTagged`,
            `IpExpired`, `PaymentAmountIsTooLow` (the fee would be 0), `ZeroReceiverVault`.
    """
    demand(amount > 0, ROYALTY + "ZeroAmount", ip)
    demand(token in state.listed_tokens, ROYALTY + "NotWhitelistedRoyaltyToken", token)
    demand(not state.is_tagged(ip), ROYALTY + "IpIsTagged", ip)
    demand(not state.is_expired(ip), ROYALTY + "IpExpired", ip)
    percent_taken = 0 if by == POOL else state.fee_percent
    fee = amount * percent_taken // HP
    demand(fee > 0 or percent_taken == 0, ROYALTY + "PaymentAmountIsTooLow", f"{amount}")
    with state.transaction():
        state.move(token, fee, by, TREASURY)
        pools = _fill_pools(state, ip, token, amount - fee, by)
        left = amount - fee - sum(pools.values())
        if left:
            credit(state, ip, token, left, by)
    return Payment(fee, pools, left)


def _fill_pools(state: State, ip: str, token: str, rest: int, by: str) -> dict[str, int]:
    pools = {}
    for policy in state.policies[ip]:
        if stack := state.stacks[policy, ip]:
            state.accounted[ip, token, policy] += rest
            pools[policy] = rest * stack // HP
            state.move(token, pools[policy], by, policy_pool(policy))
    return pools


def push(state: State, policy: str, ip: str, ancestor: str, token: str) -> int:
    """Moves what an ancestor is due of all payments to the IP into its vault; returns the amount.

    Raises:
        Refusal: `RoyaltyPolicy<P>__SameIpTransfer`, `...ZeroClaimableRoyalty` for a stranger or a
            share of 0, `IpRoyaltyVault__ZeroAmount` if nothing (more) is due.
    """
    name = f"RoyaltyPolicy{policy}__"
    demand(ip != ancestor, name + "SameIpTransfer", ip)
    share = percent(state, policy, ip, ancestor)
    demand(share > 0, name + "ZeroClaimableRoyalty", f"{ancestor} has no share in {ip}")
    sent = state.sent[ip, ancestor, token, policy]
    available = state.cash[policy_pool(policy), token]
    amount = min(due(state, policy, ip, ancestor, token) - sent, available)
    with state.transaction():
        state.sent[ip, ancestor, token, policy] = sent + amount
        credit(state, ancestor, token, amount, policy_pool(policy))
    return amount


def due(state: State, policy: str, ip: str, ancestor: str, token: str) -> int:
    """What an ancestor is due of all payments to the IP so far, pushed or not."""
    share = percent(state, policy, ip, ancestor)
    total = state.accounted[ip, token, policy] * share // HP
    if policy == LRP:  # the ancestor's own ancestors take their part of it directly
        total -= total * live_stack(state, ancestor, LRP) // HP
    return total
