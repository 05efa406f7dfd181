"""Which terms may be registered, and which terms of several parents a child can satisfy at once.

`check_terms` is the template's examination, in its order. A share above 100 % passes here; it fails
where it is used. `are_compatible` and `may_derive` decide about derivatives: terms that disagree
about commerce or reciprocity cannot meet in one work, and reciprocal ones only with themselves.
Source: storyprotocol/protocol-core-v1@1e80201 PILicenseTemplate, PILTermsVerification.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aicrypto.ip.refusals import Refusal, demand
from aicrypto.ip.terms.terms import Terms

TEMPLATE = "PILicenseTemplate__"


def check_terms(
    terms: Terms,
    policies: Collection[str],
    currencies: Collection[str],
    checkers: Collection[str] = (),
) -> None:
    """Refuses terms that contradict themselves or name what is not listed.

    Args:
        terms: what somebody wants to register.
        policies: royalty policies that are whitelisted or registered as external.
        currencies: whitelisted royalty tokens.
        checkers: modules that can check who may use commercially.

    Raises:
        Refusal: `PILicenseTemplate__...` with the first reason.
    """
    policy, currency = terms.royalty_policy, terms.currency
    for is_wrong, name in (
        (policy and policy not in policies, "RoyaltyPolicyNotWhitelisted"),
        (currency and currency not in currencies, "CurrencyTokenNotWhitelisted"),
        (policy and not currency, "RoyaltyPolicyRequiresCurrencyToken"),
        (terms.minting_fee > 0 and not policy, "MintingFeeRequiresRoyaltyPolicy"),
    ):
        demand(not is_wrong, TEMPLATE + name)
    if terms.commercial_use:
        demand(policy != "", TEMPLATE + "CommercialEnabled_RoyaltyPolicyRequired")
        is_known = terms.commercializer_checker in ("", *checkers)
        demand(is_known, TEMPLATE + "CommercializerCheckerDoesNotSupportHook")
    else:
        _refuse_first(terms, "CommercialDisabled", COMMERCIAL)
    if not terms.derivatives_allowed:
        _refuse_first(terms, "DerivativesDisabled", DERIVATIVE)


COMMERCIAL = {
    "commercial_attribution": "Attribution",
    "commercializer_checker": "Commercializers",
    "rev_share": "RevShare",
    "rev_ceiling": "RevCeiling",
    "derivative_rev_ceiling": "DerivativeRevCeiling",
    "royalty_policy": "RoyaltyPolicy",
}
DERIVATIVE = {
    "derivatives_attribution": "Attribution",
    "derivatives_approval": "Approval",
    "derivatives_reciprocal": "Reciprocal",
    "derivative_rev_ceiling": "DerivativeRevCeiling",
}


def _refuse_first(terms: Terms, what: str, names: dict[str, str]) -> None:
    """Refuses the first of the fields that is set although what it belongs to is disabled."""
    for field, name in names.items():
        if getattr(terms, field):
            raise Refusal(f"{TEMPLATE}{what}_CantAdd{name}", f"{field}={getattr(terms, field)!r}")


@dataclass(frozen=True)
class Source:
    """One parent of a derivative: the terms it comes under, and what the parent is.

    Attributes:
        terms_id: their number.
        is_derivative: whether the parent has parents itself.
        approved: whether the parent has approved this child for these terms.
    """

    terms_id: int
    terms: Terms
    is_derivative: bool = False
    approved: bool = False


def are_compatible(sources: Sequence[Source]) -> bool:
    """Whether the terms of all parents can hold for one child."""
    first = sources[0]
    kind = first.terms.commercial_use, first.terms.derivatives_reciprocal
    same_kind = all(
        (s.terms.commercial_use, s.terms.derivatives_reciprocal) == kind for s in sources
    )
    same_terms = all(s.terms_id == first.terms_id for s in sources)
    return same_kind and (same_terms or not first.terms.derivatives_reciprocal)


def may_derive(sources: Sequence[Source]) -> bool:
    """Whether a child may be derived from these parents under these terms."""
    return are_compatible(sources) and all(map(_permits, sources))


def _permits(source: Source) -> bool:
    terms = source.terms
    passes_on = terms.derivatives_reciprocal or not source.is_derivative
    approved = source.approved or not terms.derivatives_approval
    return terms.derivatives_allowed and passes_on and approved
