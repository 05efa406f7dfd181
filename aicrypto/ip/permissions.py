"""Who may act for an IP: its owner, the account itself, and whom the owner has allowed.

A permission says that `signer` may call the function `func` of `to` in the IP's name: ABSTAIN,
ALLOW or DENY. The current owner is part of the key it is stored under, so a sale voids all
permissions at once, and buying the IP back revives them. The narrowest entry decides: function,
then module, then everything. Functions are named by their 4-byte selector.
Source: storyprotocol/protocol-core-v1@1e80201 AccessController.
"""

from aicrypto.ip.refusals import Refusal, demand
from aicrypto.ip.state import State

ABSTAIN, ALLOW, DENY = 0, 1, 2
CONTROLLER = "ACCESS_CONTROLLER"
LICENSING, ROYALTY, DISPUTES = "LICENSING_MODULE", "ROYALTY_MODULE", "DISPUTE_MODULE"
GROUPING = "GROUPING_MODULE"
MODULES = frozenset({LICENSING, ROYALTY, DISPUTES, GROUPING})
ACCESS = "AccessController__"
REGISTER_DERIVATIVE, MINT_LICENCES = "0x4a4d56c5", "0x02bf96a5"  # licensing module's selectors


def set_permission(
    state: State,
    ip: str,
    by: str,
    signer: str | None,
    to: str | None,
    func: str | None,
    permission: int,
) -> None:
    """Allows or denies one function of `to`, or all of them if `func` is None.

    Raises:
        Refusal: `AccessController__...`: `ToAndFuncAreZeroAddressShouldCallSetAllPermissions`,
            `SignerIsZeroAddress`, `PermissionIsNotValid`, `CallerIsNotIPAccountOrOwner`.
    """
    is_wide = to is None and func is None
    demand(not is_wide, ACCESS + "ToAndFuncAreZeroAddressShouldCallSetAllPermissions")
    _store(state, ip, by, (signer, to, func), permission)


def set_all_permissions(
    state: State, ip: str, by: str, signer: str | None, permission: int
) -> None:
    """Allows everything that no narrower entry denies; refusals as in `set_permission`."""
    _store(state, ip, by, (signer, None, None), permission)


def _store(state: State, ip: str, by: str, entry: tuple[str | None, ...], permission: int) -> None:
    demand(entry[0] is not None, ACCESS + "SignerIsZeroAddress")
    demand(0 <= permission <= DENY, ACCESS + "PermissionIsNotValid", f"{permission}")
    owner = state.assets[ip].owner
    demand(by in (ip, owner), ACCESS + "CallerIsNotIPAccountOrOwner", f"{by} for {ip}")
    with state.transaction():
        state.permissions[owner, ip, *entry] = permission


def check_permission(state: State, ip: str, signer: str, to: str, func: str | None) -> None:
    """Refuses unless the signer may call the function in the IP's name.

    Raises:
        Refusal: `AccessController__PermissionDenied`, or
            `...BothCallerAndRecipientAreNotRegisteredModule` where no permission could help.
    """
    owner = state.assets[ip].owner
    if signer == owner:
        return
    concerns_module = to in {*MODULES, CONTROLLER} or signer in MODULES
    demand(concerns_module, ACCESS + "BothCallerAndRecipientAreNotRegisteredModule")
    for narrow in ((to, func), (to, None)):
        entry = state.permissions[owner, ip, signer, *narrow]
        if entry == ALLOW:
            return
        demand(entry != DENY, ACCESS + "PermissionDenied", f"{signer} for {ip}")
    everything = state.permissions[owner, ip, signer, None, None]
    demand(everything == ALLOW, ACCESS + "PermissionDenied", f"{signer} for {ip}")


def demand_permission(
    state: State, ip: str, by: str, to: str = LICENSING, func: str | None = None
) -> None:
    """Refuses whoever may not act for the IP in a module.

    Raises:
        Refusal: `AccessControlled__NotIpAccount` if there is no such IP,
            `AccessController__PermissionDenied`.
    """
    demand(state.is_ip(ip), "AccessControlled__NotIpAccount", ip)
    if by != ip:
        check_permission(state, ip, by, to, func)


def has_permission(
    state: State, ip: str, by: str, to: str = LICENSING, func: str | None = None
) -> bool:
    """Whether `demand_permission` lets the caller pass."""
    try:
        demand_permission(state, ip, by, to, func)
    except Refusal:
        return False
    return True
