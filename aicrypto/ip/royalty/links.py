"""Linking a child to its parents: stacks are added up and must leave something for the child.

Every IP accumulates the policies of its parents. For each of them the stack, what flows out of a
payment to this IP, is saved when the IP is linked; together they may not pass 100 %. Linking, and
granting a licence under a policy, also gives the IPs involved a vault.
Source: storyprotocol/protocol-core-v1@1e80201 RoyaltyModule, RoyaltyPolicyLAP, RoyaltyPolicyLRP.
"""

from collections.abc import Sequence

from aicrypto.ip.refusals import Refusal, demand
from aicrypto.ip.royalty.graph import Dag, ancestors, lap_shares, lrp_shares
from aicrypto.ip.royalty.vaults import ensure_vault
from aicrypto.ip.state import HP, State
from aicrypto.ip.terms.terms import LAP, LRP

MAX_POLICIES = 15  # an admin setting
MAX_SHARE = 2**32 - 1
POLICY_SHARES = {LAP: lap_shares, LRP: lrp_shares}


def check_mint(state: State, licensor: str, policy: str, share: int) -> None:
    """Refuses a licence whose share would leave its derivative less than nothing.

    Raises:
        Refusal: `RoyaltyModule__AboveMaxPercent` for a share above 100 %, or the policy's own
            `..._AboveMaxPercent` if what flows out above the licensor and the share pass it.
    """
    demand(share <= HP, "RoyaltyModule__AboveMaxPercent", f"share {share}")
    above = global_stack(state, licensor) if policy == LAP else state.stacks[LAP, licensor]
    name = f"RoyaltyPolicy{policy}__AboveMaxPercent"
    demand(above + share <= HP, name, f"{above} above {licensor}, {share} for it")
    ensure_vault(state, licensor)


def link(
    state: State, child: str, parents: Sequence[str], policy: str, shares: Sequence[int]
) -> None:
    """Makes the child owe each parent its share under the policy.

    Raises:
        Refusal: `RoyaltyModule__AboveMaxPercent` if all stacks together pass 100 %,
            `RoyaltyModule__AboveAccumulatedRoyaltyPoliciesLimit` for too many policies.
    """
    with state.transaction():
        for ip in (*parents, child):
            ensure_vault(state, ip)
        enter_graph(state, child, parents)
        for parent, share in zip(parents, shares, strict=True):
            state.edges[child, parent, policy] = share
            if policy == LAP:
                state.lap_stacks[child] += state.lap_stacks[parent] + share
        _accumulate(state, child, policy)


def enter_graph(state: State, child: str, parents: Sequence[str]) -> None:
    """Notes the child's parents, once."""
    if child not in state.parents:
        state.parents[child] = tuple(parents)
        for parent in parents:
            state.n_children[parent] += 1


def _accumulate(state: State, child: str, policy: str) -> None:
    """Saves the child's policies and what each of them takes of its payments."""
    found = [p for parent in state.parents[child] for p in (policy, *state.policies[parent])]
    policies = tuple(dict.fromkeys(found))
    limit = "RoyaltyModule__AboveAccumulatedRoyaltyPoliciesLimit"
    demand(len(policies) <= MAX_POLICIES, limit, f"{child} has {len(policies)}")
    state.policies[child] = policies
    for each in policies:
        state.stacks[each, child] = live_stack(state, child, each)
        state.shares[each, child] = None
    total = global_stack(state, child)
    demand(total <= HP, "RoyaltyModule__AboveMaxPercent", f"{child} would pass on {total}")


def live_stack(state: State, ip: str, policy: str) -> int:
    """What the policy takes of a payment to the IP, as the graph has it now."""
    if policy == LAP:
        return state.lap_stacks[ip]
    return sum(state.edges[ip, parent, policy] for parent in state.parents[ip])


def global_stack(state: State, ip: str) -> int:
    """What flows out of a payment to the IP under all its policies, as saved when it was linked."""
    return sum(state.stacks[policy, ip] for policy in state.policies[ip])


def dag_above(state: State, ip: str, policy: str) -> Dag:
    """The graph from the IP upwards with the shares of that policy."""
    works = ancestors(state.parents, ip) | {ip}
    parents = {work: state.parents[work] for work in works if work in state.parents}
    edges = {
        (work, parent): state.edges[work, parent, policy]
        for work, its in parents.items()
        for parent in its
    }
    return Dag(parents, edges)


def shares_above(state: State, ip: str, policy: str) -> dict[str, int]:
    """Shares of all ancestors in payments to the IP; computed once, as links never change."""
    known = state.shares[policy, ip]
    if known is None:
        known = POLICY_SHARES[policy](dag_above(state, ip, policy), ip)
        state.shares[policy, ip] = known
    return known


def percent(state: State, policy: str, ip: str, ancestor: str) -> int:
    """The ancestor's share in payments to the IP; HP for the IP itself, 0 for a stranger.

    Raises:
        Refusal: `Error` for a share that does not fit 32 bits, as the graph's code reverts.
    """
    share = HP if ip == ancestor else shares_above(state, ip, policy).get(ancestor, 0)
    if share > MAX_SHARE:
        raise Refusal("Error", f"share of {ancestor} is {share}, above 2^32-1")
    return share
