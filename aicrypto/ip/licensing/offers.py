"""Registering works and terms, and what an owner offers: terms, settings, approvals.

Terms are registered once for everybody and numbered from 1; an owner attaches numbers to an IP, and
may raise fee and share for that IP, never lower them. A derivative inherits its parents' terms and
attaches none of its own.
Source: storyprotocol/protocol-core-v1@1e80201 IPAssetRegistry, LicensingModule, LicenseRegistry.
"""

from dataclasses import replace

from aicrypto.commit.hashes import keccak256
from aicrypto.ip.permissions import demand_permission
from aicrypto.ip.refusals import demand
from aicrypto.ip.state import NO_CONFIG, Asset, Config, State
from aicrypto.ip.terms.terms import LAP, Terms
from aicrypto.ip.terms.validation import check_terms

LICENSING, REGISTRY = "LicensingModule__", "LicenseRegistry__"


def register(state: State, ip: str, owner: str, metadata_hash: bytes = b"") -> None:
    """Registers a work; a second time does nothing, and anybody may do it for any work."""
    if not state.is_ip(ip):
        with state.transaction():
            state.assets[ip] = Asset(owner, metadata_hash=metadata_hash)


def transfer(state: State, ip: str, to: str) -> None:
    """Gives the work, and with it the IP's account, to somebody else.

    Raises:
        Refusal: `ERC721NonexistentToken` if there is no such work.
    """
    demand(state.is_ip(ip), "ERC721NonexistentToken", ip)
    with state.transaction():
        state.assets[ip] = replace(state.assets[ip], owner=to)


def register_terms(state: State, terms: Terms) -> int:
    """Number of the terms, which equal ones had before.

    Raises:
        Refusal: `PILicenseTemplate__...` as in `check_terms`.
    """
    checkers = [name for name, hook in state.hooks.items() if hook.may_license is not None]
    check_terms(terms, state.listed_policies, state.listed_tokens, checkers)
    key = terms.hash()
    if not state.terms_ids[key]:
        with state.transaction():
            number = len(state.terms) + 1
            state.terms[number] = terms.stored
            state.terms_ids[key] = number
    return state.terms_ids[key]


def find_terms(state: State, terms: Terms) -> int:
    """Number of registered terms, 0 if there are none; the tuple is looked up as it stands.

    Terms whose `uri` was escaped when they were registered are not found by their original tuple.
    """
    return state.terms_ids[keccak256(terms.encoded())]


def attach(state: State, ip: str, terms: int, by: str) -> None:
    """Offers licences of the IP under these terms.

    Raises:
        Refusal: by the name that the contracts give, in their order.
    """
    demand_permission(state, ip, by)
    demand(not state.is_tagged(ip), LICENSING + "DisputedIpId", ip)
    demand(terms in state.terms, LICENSING + "LicenseTermsNotFound", f"{terms}")
    if state.assets[ip].is_group:
        _check_group_terms(state, ip, terms)
    demand(not state.is_expired(ip), REGISTRY + "IpExpired", ip)
    is_new = terms not in state.attached[ip]
    demand(is_new, REGISTRY + "LicenseTermsAlreadyAttached", f"{terms} to {ip}")
    is_root = ip not in state.parents
    demand(is_root, LICENSING + "DerivativesCannotAddLicenseTerms", ip)
    with state.transaction():
        state.attached[ip] = (*state.attached[ip], terms)
        state.uses_template[ip] = True


def _check_group_terms(state: State, group: str, number: int) -> None:
    demand(not state.attached[group], REGISTRY + "GroupIpAlreadyHasLicenseTerms", group)
    terms = state.terms[number]
    fits = not terms.derivatives_approval and terms.royalty_policy != LAP
    demand(fits, REGISTRY + "LicenseTermsCannotAttachToGroupIp", f"{number}")


def configure(state: State, ip: str, terms: int, by: str, config: Config) -> None:
    """Settings of one IP for one of its terms.

    Raises:
        Refusal: by the name that the contracts give, in their order.
    """
    demand_permission(state, ip, by)
    demand(terms != 0, LICENSING + "InvalidLicenseTermsId")
    if state.assets[ip].is_group:
        _check_group_config(state, ip, terms, config)
    rules = state.terms[terms]
    may_override = rules.commercial_use and config.rev_share >= rules.rev_share
    name = LICENSING + "CurrentLicenseNotAllowOverrideRoyaltyPercent"
    demand(config.rev_share == 0 or may_override, name, f"{config.rev_share}")
    below = config.minting_fee < rules.minting_fee
    demand(not below, LICENSING + "LicensingConfigMintingFeeBelowLicenseTerms")
    is_priced = config.minting_fee > 0 and not rules.royalty_policy
    demand(not is_priced, LICENSING + "MintingFeeRequiresRoyaltyPolicy")
    with state.transaction():
        state.configs[ip, terms] = config


def _check_group_config(state: State, group: str, terms: int, config: Config) -> None:
    no_pool = not config.group_pool
    demand(no_pool, LICENSING + "GroupIpCannotSetExpectGroupRewardPool", group)
    if state.members[group]:
        stored = state.configs[group, terms]
        kept = config.is_set == stored.is_set
        demand(kept, LICENSING + "GroupIpCannotChangeIsSet", group)
        kept = config.minting_fee == stored.minting_fee
        demand(kept, LICENSING + "GroupIpCannotChangeMintingFee", group)
        kept = config.rev_share >= stored.rev_share
        demand(kept, LICENSING + "GroupIpCannotDecreaseRoyalty", group)


def approve(state: State, parent: str, terms: int, child: str, by: str, yes: bool = True) -> None:
    """Lets one child derive from the parent under terms that ask for approval.

    Only the IP's account may say so: even the owner is refused when he calls directly, because the
    template that he calls is no registered module.

    Raises:
        Refusal: `AccessControlled__NotIpAccount`, `IPAccountStorage__NotRegisteredModule`.
    """
    demand(state.is_ip(parent), "AccessControlled__NotIpAccount", parent)
    demand(by == parent, "IPAccountStorage__NotRegisteredModule", by)
    with state.transaction():
        state.approved[parent, terms, child] = yes


def config_in_force(state: State, ip: str, terms: int) -> Config:
    """The IP's settings for the terms; all zero if there are none or they are switched off."""
    config = state.configs[ip, terms]
    return config if config.is_set else NO_CONFIG


def share_in_force(state: State, ip: str, terms: int) -> int:
    """What a derivative under these terms owes the IP, in HP."""
    return config_in_force(state, ip, terms).rev_share or state.terms[terms].rev_share


def fee_in_force(state: State, ip: str, terms: int, amount: int, by: str) -> int:
    """Price of so many licences of the IP under these terms for this buyer."""
    config = config_in_force(state, ip, terms)
    hook = state.hooks.get(config.hook)
    if hook and hook.price:
        return hook.price(ip, terms, amount, by)
    return amount * (config.minting_fee if config.is_set else state.terms[terms].minting_fee)
