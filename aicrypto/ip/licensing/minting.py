"""Licence tokens: a licence is an NFT that can be bought now and used for a derivative later.

A token freezes the share that was in force when it was minted: a licensor who raises it afterwards
changes nothing for those who bought. (The deployed protocol once did without that.)
Source: storyprotocol/protocol-core-v1@1e80201 LicensingModule.mintLicenseTokens, LicenseToken.
"""

from dataclasses import dataclass, replace

from aicrypto.ip.licensing.offers import (
    LICENSING,
    REGISTRY,
    config_in_force,
    fee_in_force,
    share_in_force,
)
from aicrypto.ip.permissions import LICENSING as LICENSING_MODULE
from aicrypto.ip.permissions import MINT_LICENCES, has_permission
from aicrypto.ip.refusals import demand
from aicrypto.ip.royalty.graph import ancestors
from aicrypto.ip.royalty.links import check_mint
from aicrypto.ip.royalty.payments import pay
from aicrypto.ip.state import HP, MAX_ANCESTORS, LicenceToken, State

TOKEN = "LicenseToken__"
MISSING = "ERC721NonexistentToken"


@dataclass(frozen=True)
class Minted:
    """Number of the first new token, and what was paid for all."""

    first_token: int
    paid: int


def mint(
    state: State,
    ip: str,
    terms: int,
    amount: int,
    by: str,
    to: str | None,
    max_fee: int = 0,
    max_share: int = 0,
) -> Minted:
    """Sells licences of the IP. A limit of 0 means no limit.

    Raises:
        Refusal: by the name that the contracts give, in their order; also what `pay` refuses.
    """
    demand(amount > 0, LICENSING + "MintAmountZero")
    demand(to is not None, LICENSING + "ReceiverZeroAddress")
    _check_licensor(state, ip)
    with state.transaction():
        _check_offer(state, ip, terms, by)
        share, paid = _sell(state, ip, terms, amount, by)
        demand(_may_mint(state, ip, terms, by), LICENSING + "LicenseDenyMintLicenseToken", ip)
        affordable = max_fee == 0 or paid <= max_fee
        demand(affordable, LICENSING + "MintingFeeExceedMaxMintingFee", f"{paid} > {max_fee}")
        modest = max_share == 0 or share <= max_share
        demand(modest, TOKEN + "CommercialRevenueShareExceedMaxRevenueShare", f"{share}")
        demand(share <= HP, TOKEN + "InvalidRoyaltyPercent", f"{share}")
        first = len(state.tokens)
        for number in range(first, first + amount):
            state.tokens[number] = LicenceToken(ip, terms, share, to or "")
        state.n_minted[ip] += amount
    return Minted(first, paid)


def _check_licensor(state: State, ip: str) -> None:
    demand(state.is_ip(ip), LICENSING + "LicensorIpNotRegistered", ip)
    demand(not state.is_tagged(ip), LICENSING + "DisputedIpId", ip)
    is_empty = state.assets[ip].is_group and not state.members[ip]
    demand(not is_empty, REGISTRY + "EmptyGroupCannotMintLicenseToken", ip)
    demand(not state.is_expired(ip), REGISTRY + "ParentIpExpired", ip)


def _check_offer(state: State, ip: str, terms: int, by: str) -> None:
    """An owner may sell under any terms there are, everybody else under those attached."""
    is_owner = has_permission(state, ip, by, LICENSING_MODULE, MINT_LICENCES)
    if is_owner and not state.assets[ip].is_group:
        demand(terms in state.terms, REGISTRY + "LicenseTermsNotExists", f"{terms}")
        state.uses_template[ip] = True
    else:
        is_offered = terms in state.attached[ip]
        demand(is_offered, REGISTRY + "LicensorIpHasNoLicenseTerms", f"{terms} of {ip}")


def _sell(state: State, ip: str, terms: int, amount: int, by: str) -> tuple[int, int]:
    """Share that the licences carry and what was paid for them."""
    rules, share = state.terms[terms], share_in_force(state, ip, terms)
    if rules.derivatives_allowed:
        is_deep = len(ancestors(state.parents, ip)) >= MAX_ANCESTORS
        name = LICENSING + "TooManyAncestorsForMintingLicenseTokenAllowRegisterDerivative"
        demand(not is_deep, name, ip)
    paid = charge(state, ip, terms, amount, by)
    return share, paid


def charge(state: State, ip: str, terms: int, amount: int, by: str) -> int:
    """What was paid for so many licences, which leave the derivative something.

    Raises:
        Refusal: `LicensingModule__LicenseDisabled`, and what `check_mint` and `pay` refuse.
    """
    disabled = config_in_force(state, ip, terms).disabled
    demand(not disabled, LICENSING + "LicenseDisabled", ip)
    rules = state.terms[terms]
    if not rules.royalty_policy:
        return 0
    check_mint(state, ip, rules.royalty_policy, share_in_force(state, ip, terms))
    fee = fee_in_force(state, ip, terms, amount, by)
    if fee:
        pay(state, ip, rules.currency, fee, by)
    return fee


def _may_mint(state: State, ip: str, terms: int, by: str) -> bool:
    """The template's word: a derivative sells only terms it inherited, if they are reciprocal."""
    rules = state.terms[terms]
    if ip in state.parents and not (terms in state.attached[ip] and rules.derivatives_reciprocal):
        return False
    return is_approved_buyer(state, terms, by)


def is_approved_buyer(state: State, terms: int, licensee: str) -> bool:
    """Whether the terms' checker, if they name one, lets the licensee use the work in commerce."""
    rules = state.terms[terms]
    hook = state.hooks.get(rules.commercializer_checker)
    if hook is None or hook.may_license is None:
        return True
    return hook.may_license(licensee, rules.checker_data)


def transfer_token(state: State, token: int, source: str, to: str) -> None:
    """Sells a licence on.

    Raises:
        Refusal: `ERC721NonexistentToken`, `LicenseToken__RevokedLicense` if the licensor is tagged,
            `LicenseToken__NotTransferable` where the terms bind it to its buyer,
            `ERC721InsufficientApproval` if the seller does not hold it.
    """
    held = state.tokens[token]
    demand(held is not None, MISSING, f"{token}")
    assert held is not None
    demand(not state.is_tagged(held.licensor), TOKEN + "RevokedLicense", held.licensor)
    is_free = state.terms[held.terms].transferable or held.holder == held.licensor
    demand(is_free, TOKEN + "NotTransferable", f"{token}")
    demand(source == held.holder, "ERC721InsufficientApproval", f"{source} does not hold {token}")
    with state.transaction():
        state.tokens[token] = replace(held, holder=to)
