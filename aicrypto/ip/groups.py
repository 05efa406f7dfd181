"""Groups: many IPs licensed as one, whose income is split evenly among the members.

A group is an IP without content. Derivatives are linked to it under LRP, its vault belongs to a
reward pool, and the pool owes every member the same: `acc`, the income per member so far, times
1000, so that indivisible amounts are completed by later payments. A member's debt is what was paid
per member before it joined, plus what it got. Members' own ancestors take their cut, as the pool
pays a member like any payer, only without the protocol's fee.
Source: storyprotocol/protocol-core-v1@1e80201 GroupingModule, EvenSplitGroupPool.
"""

from collections.abc import Sequence

from aicrypto.ip.licensing.offers import REGISTRY, config_in_force
from aicrypto.ip.permissions import GROUPING as GROUPING_MODULE
from aicrypto.ip.permissions import demand_permission
from aicrypto.ip.refusals import demand
from aicrypto.ip.royalty.payments import pay
from aicrypto.ip.royalty.vaults import POOL, claimable, ensure_vault, take
from aicrypto.ip.state import HP, Asset, State

MAX_MEMBERS = 1000
PRECISION = 1000  # of `acc`
GROUPING, GROUPS = "GroupingModule__", "GroupIPAssetRegistry__"


def register_group(state: State, group: str, owner: str) -> None:
    """Registers an empty group.

    Deployed, a new group is a newly minted NFT, so that it cannot take the place of another IP.

    Raises:
        ValueError: if there is an IP of this name.
    """
    if state.is_ip(group):
        raise ValueError(f"group is {group!r}, is registered already")
    with state.transaction():
        state.assets[group] = Asset(owner, is_group=True)


def add(state: State, group: str, ips: Sequence[str], by: str, max_share: int = HP) -> None:
    """Lets IPs join. `max_share` is the most that the owner grants any of them.

    Raises:
        Refusal: by the name that the contracts give, in their order.
    """
    demand_permission(state, group, by, GROUPING_MODULE)
    name = GROUPING + "MaxAllowedRewardShareExceeds100Percent"
    demand(max_share <= HP, name, f"{max_share}")
    demand(not state.is_tagged(group), GROUPING + "DisputedGroupCannotAddIp", group)
    demand(bool(state.attached[group]), GROUPING + "GroupIPHasNoLicenseTerms", group)
    terms = state.attached[group][0]
    token = state.terms[terms].currency
    demand(token != "", GROUPING + "GroupIPLicenseHasNotSpecifyRevenueToken", group)
    demand(state.assets[group].is_group, GROUPS + "NotRegisteredGroupIP", group)
    new = [ip for ip in dict.fromkeys(ips) if ip not in state.members[group]]
    for ip in ips:
        demand(state.is_ip(ip), GROUPS + "NotRegisteredIP", ip)
    fits = len(state.members[group]) + len(new) <= MAX_MEMBERS
    demand(fits, GROUPS + "GroupSizeExceedsLimit", group)
    with state.transaction():
        _collect(state, group, token)
        for ip in ips:
            _check_member(state, group, ip, terms, max_share)
            if ip not in state.members[group]:
                _join(state, group, ip, token, config_in_force(state, ip, terms).min_group_share)


def _check_member(state: State, group: str, ip: str, terms: int, max_share: int) -> None:
    """A member offers the group's terms at the group's price, for no less than it may give."""
    demand(not state.assets[ip].is_group, GROUPING + "CannotAddGroupToGroup", ip)
    demand(not state.is_tagged(ip), GROUPING + "CannotAddDisputedIpToGroup", ip)
    demand(terms in state.attached[ip], REGISTRY + "IpHasNoGroupLicenseTerms", ip)
    its, ours = config_in_force(state, ip, terms), config_in_force(state, group, terms)
    demand(not its.disabled, REGISTRY + "IpLicenseDisabled", ip)
    demand(its.group_pool, REGISTRY + "IpExpectGroupRewardPoolNotSet", ip)
    lasts = state.assets[ip].expires_s == 0
    demand(lasts, REGISTRY + "CannotAddIpWithExpirationToGroup", ip)
    same = its.minting_fee == ours.minting_fee
    demand(same, REGISTRY + "IpMintingFeeNotMatchWithGroup", ip)
    covered = its.rev_share <= ours.rev_share
    demand(covered, REGISTRY + "GroupIpCommercialRevShareConfigMustNotLessThanIp", ip)
    modest = its.min_group_share <= max_share
    demand(modest, GROUPING + "IpExpectedShareExceedsMaxAllowedShare", ip)


def _join(state: State, group: str, ip: str, token: str, min_share: int) -> None:
    members = (*state.members[group], ip)
    average = max(state.average_share[group], min_share)
    enough = average * len(members) <= HP
    demand(enough, GROUPING + "TotalGroupRewardShareExceeds100Percent", group)
    state.members[group] = members
    state.average_share[group] = average
    acc, _ = state.pools[group, token]
    state.reward_debts[group, ip, token] = acc // PRECISION


def collect(state: State, group: str, token: str) -> int:
    """Moves the group's income into the pool and shares it out; returns the amount.

    Raises:
        Refusal: `GroupingModule__TokenNotMatchGroupRevenueToken`,
            `...DisputedGroupCannotCollectRoyalties`.
    """
    currencies = [state.terms[number].currency for number in state.attached[group]]
    demand(token in currencies, GROUPING + "TokenNotMatchGroupRevenueToken", token)
    name = GROUPING + "DisputedGroupCannotCollectRoyalties"
    demand(not state.is_tagged(group), name, group)
    with state.transaction():
        return _collect(state, group, token)


def _collect(state: State, group: str, token: str) -> int:
    if not claimable(state, group, POOL, token):
        return 0
    amount = take(state, group, POOL, token)
    acc, waiting = state.pools[group, token]
    if n_members := len(state.members[group]):
        state.pools[group, token] = (acc + (amount + waiting) * PRECISION // n_members, 0)
    else:
        state.pools[group, token] = (acc, waiting + amount)
    return amount


def available(state: State, group: str, token: str, ips: Sequence[str]) -> list[int]:
    """What each IP could be paid now; 0 for who is no member, for all while the group is tagged."""
    acc, _ = state.pools[group, token]
    members = () if state.is_tagged(group) else state.members[group]
    owed = [acc // PRECISION - state.reward_debts[group, ip, token] for ip in ips]
    return [due if ip in members else 0 for ip, due in zip(ips, owed, strict=True)]


def claim_rewards(state: State, group: str, token: str, ips: Sequence[str]) -> None:
    """Pays members what the pool owes them, into their vaults.

    Raises:
        Refusal: `GroupingModule__DisputedGroupCannotClaimReward`, and what `pay` refuses.
    """
    demand(not state.is_tagged(group), GROUPING + "DisputedGroupCannotClaimReward", group)
    with state.transaction():
        _claim_rewards(state, group, token, ips)


def _claim_rewards(state: State, group: str, token: str, ips: Sequence[str]) -> None:
    for ip in ips:
        [reward] = available(state, group, token, [ip])
        if ip in state.members[group]:
            ensure_vault(state, ip)
        if reward:
            state.reward_debts[group, ip, token] += reward
            pay(state, ip, token, reward, by=POOL)


def remove(state: State, group: str, ips: Sequence[str], by: str) -> None:
    """Pays members out and lets them go, as long as nothing depends on the group.

    Raises:
        Refusal: `GroupingModule__GroupFrozenDueToHasDerivativeIps`,
            `...GroupFrozenDueToAlreadyMintLicenseTokens`, and what `pay` refuses.
    """
    demand_permission(state, group, by, GROUPING_MODULE)
    childless = not state.n_children[group]
    demand(childless, GROUPING + "GroupFrozenDueToHasDerivativeIps", group)
    unsold = not state.n_minted[group]
    demand(unsold, GROUPING + "GroupFrozenDueToAlreadyMintLicenseTokens", group)
    with state.transaction():
        for number in state.attached[group][:1]:
            token = state.terms[number].currency
            _collect(state, group, token)
            _claim_rewards(state, group, token, ips)
        state.members[group] = tuple(ip for ip in state.members[group] if ip not in ips)
