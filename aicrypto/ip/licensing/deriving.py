"""Becoming a derivative: a work names its parents once, pays for the licences, and owes shares.

Two ways lead there. `derive` buys a licence of each parent in the same breath; `derive_with_tokens`
uses licences bought before, whose shares are frozen and whose fee is paid. Either way the registry
checks the family tree, the child takes over the parents' terms, expires with the first of them, and
is linked for royalties.
Source: storyprotocol/protocol-core-v1@1e80201 LicensingModule, LicenseRegistry, LicenseToken.
"""

from collections.abc import Sequence
from dataclasses import replace

from aicrypto.ip.licensing.minting import MISSING, TOKEN, charge, is_approved_buyer
from aicrypto.ip.licensing.offers import LICENSING, REGISTRY, share_in_force
from aicrypto.ip.permissions import LICENSING as LICENSING_MODULE
from aicrypto.ip.permissions import REGISTER_DERIVATIVE, demand_permission
from aicrypto.ip.refusals import demand
from aicrypto.ip.royalty.graph import ancestors
from aicrypto.ip.royalty.links import enter_graph, link
from aicrypto.ip.state import MAX_ANCESTORS, MAX_PARENTS, LicenceToken, State
from aicrypto.ip.terms.validation import Source, may_derive


def derive(
    state: State,
    child: str,
    parents: Sequence[str],
    terms: Sequence[int],
    by: str,
    max_fee: int = 0,
    max_share: int = 0,
) -> int:
    """Registers the child as a derivative under the parents' terms; returns the fees paid.

    A limit of 0 means no limit.

    Raises:
        Refusal: by the name that the contracts give, in their order; also what `pay` and `link`
            refuse.
    """
    demand_permission(state, child, by, LICENSING_MODULE, REGISTER_DERIVATIVE)
    fits = len(parents) == len(terms)
    demand(fits, LICENSING + "LicenseTermsLengthMismatch", f"{len(parents)} != {len(terms)}")
    demand(len(parents) > 0, LICENSING + "NoParentIp", child)
    demand(not state.is_tagged(child), LICENSING + "DisputedIpId", child)
    compatible = _may_derive(state, child, parents, terms, by)
    demand(compatible, LICENSING + "LicenseNotCompatibleForDerivative", child)
    unsold = not state.n_minted[child]
    demand(unsold, LICENSING + "DerivativeAlreadyHasBeenMintedLicenseTokens", child)
    with state.transaction():
        _enter(state, child, parents, terms, bought=False)
        paid = _buy(state, parents, terms, by, max_fee)
        shares = [share_in_force(state, *offer) for offer in zip(parents, terms, strict=True)]
        affordable = max_share == 0 or sum(shares) <= max_share
        demand(affordable, LICENSING + "ExceedMaxRevenueShare", f"{sum(shares)} > {max_share}")
        _link(state, child, parents, state.terms[terms[0]].royalty_policy, shares)
    return paid


def derive_with_tokens(state: State, child: str, tokens: Sequence[int], by: str) -> None:
    """Registers the child as a derivative by licences that the caller or the child holds.

    Raises:
        Refusal: by the name that the contracts give, in their order.
    """
    demand_permission(state, child, by)
    demand(len(tokens) > 0, LICENSING + "NoLicenseToken", child)
    unsold = not state.n_minted[child]
    demand(unsold, TOKEN + "ChildIPAlreadyHasBeenMintedLicenseTokens", child)
    licences = [_held(state, number, child, by) for number in tokens]
    demand(not state.is_tagged(child), LICENSING + "DisputedIpId", child)
    parents, terms = [held.licensor for held in licences], [held.terms for held in licences]
    compatible = _may_derive(state, child, parents, terms, by)
    demand(compatible, LICENSING + "LicenseTokenNotCompatibleForDerivative", child)
    with state.transaction():
        _enter(state, child, parents, terms, bought=True)
        policies = [state.terms[number].royalty_policy for number in terms]
        demand(len(set(policies)) == 1, LICENSING + "RoyaltyPolicyMismatch", f"{policies}")
        _link(state, child, parents, policies[0], [held.share for held in licences])
        for number in tokens:
            state.tokens[number] = None


def _held(state: State, number: int, child: str, by: str) -> LicenceToken:
    held = state.tokens[number]
    demand(held is not None, MISSING, f"{number}")
    assert held is not None
    demand(held.holder in (by, child), TOKEN + "CallerAndChildIPNotTokenOwner", f"{number}")
    demand(not state.is_tagged(held.licensor), TOKEN + "RevokedLicense", held.licensor)
    return held


def _may_derive(
    state: State, child: str, parents: Sequence[str], terms: Sequence[int], by: str
) -> bool:
    offers = list(zip(parents, terms, strict=True))
    sources = [
        Source(n, state.terms[n], p in state.parents, state.approved[p, n, child])
        for p, n in offers
    ]
    return may_derive(sources) and all(is_approved_buyer(state, n, by) for n in terms)


def _enter(
    state: State, child: str, parents: Sequence[str], terms: Sequence[int], bought: bool
) -> None:
    """The registry's part: a sound family tree, inherited terms, the earliest expiry."""
    demand(len(parents) <= MAX_PARENTS, REGISTRY + "TooManyParents", f"{len(parents)}")
    demand(child not in state.parents, REGISTRY + "DerivativeAlreadyRegistered", child)
    demand(not state.n_children[child], REGISTRY + "DerivativeIpAlreadyHasChild", child)
    demand(not state.attached[child], REGISTRY + "DerivativeIpAlreadyHasLicense", child)
    for i, offer in enumerate(zip(parents, terms, strict=True)):
        _check_parent(state, child, *offer, len(parents), bought)
        demand(offer[0] not in parents[:i], REGISTRY + "DuplicateParentIp", offer[0])
    above = ancestors(state.parents, *parents) | set(parents)
    demand(len(above) <= MAX_ANCESTORS, REGISTRY + "TooManyAncestors", f"{len(above)}")
    enter_graph(state, child, parents)
    state.attached[child] = tuple(dict.fromkeys(terms))
    state.uses_template[child] = True
    expiries = [state.assets[parent].expires_s for parent in parents]
    lives = [state.terms[number].expiration_s for number in terms]
    expiries += [state.now_s + life if life else 0 for life in lives]
    expires_s = min((time for time in expiries if time), default=0)
    state.assets[child] = replace(state.assets[child], expires_s=expires_s)


def _check_parent(
    state: State, child: str, parent: str, terms: int, n_parents: int, bought: bool
) -> None:
    asset = state.assets[parent]
    is_alone = not asset.is_group or n_parents == 1
    demand(is_alone, REGISTRY + "GroupMustBeSoleParent", parent)
    demand(state.is_ip(parent), REGISTRY + "ParentIpNotRegistered", parent)
    demand(not state.assets[child].is_group, REGISTRY + "GroupCannotHasParentIp", child)
    is_empty = asset.is_group and not state.members[parent]
    demand(not is_empty, REGISTRY + "ParentIpIsEmptyGroup", parent)
    demand(not state.is_tagged(parent), REGISTRY + "ParentIpTagged", parent)
    demand(parent != child, REGISTRY + "DerivativeIsParent", child)
    demand(not state.is_expired(parent), REGISTRY + "ParentIpExpired", parent)
    if not bought:
        known = state.uses_template[parent]
        demand(known, REGISTRY + "ParentIpUnmatchedLicenseTemplate", parent)
        offered = terms in state.attached[parent]
        demand(offered, REGISTRY + "ParentIpHasNoLicenseTerms", f"{terms} of {parent}")


def _buy(state: State, parents: Sequence[str], terms: Sequence[int], by: str, max_fee: int) -> int:
    """One licence of each parent; returns the fees."""
    total, policy = 0, state.terms[terms[0]].royalty_policy
    for parent, number in zip(parents, terms, strict=True):
        total += charge(state, parent, number, 1, by)
        agrees = state.terms[number].royalty_policy == policy
        demand(agrees, LICENSING + "RoyaltyPolicyMismatch", parent)
        affordable = max_fee == 0 or total <= max_fee
        demand(affordable, LICENSING + "MintingFeeExceedMaxMintingFee", f"{total} > {max_fee}")
    return total


def _link(
    state: State, child: str, parents: Sequence[str], policy: str, shares: Sequence[int]
) -> None:
    """The royalty module's part, where the terms share anything at all."""
    if policy:
        link(state, child, parents, policy, shares)
