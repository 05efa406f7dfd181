"""Vaults: where an IP's income waits, and royalty tokens, which own it and can be sold.

Each vault issues 100,000,000 royalty tokens to its IP (a group's to the reward pool), so a token is
10^-8 of the income. Nobody is paid when money comes in: the vault adds it to `income`, and a holder
may claim at any time

    income · tokens − debt      in units of 1/HP of the smallest unit, rounded down,

where the debt is what he has claimed so far. A sale moves debts so that nobody's claim changes:
past income stays with the seller, the buyer earns from the next payment on. Remainders below one
unit are kept, not lost. Invariant: HP · (money in the vault) = sum of all claims in 1/HP.
Source: storyprotocol/protocol-core-v1@1e80201 IpRoyaltyVault.
"""

from aicrypto.ip.refusals import demand
from aicrypto.ip.royalty.graph import ancestors
from aicrypto.ip.state import HP, State

POOL = "pool"  # the even-split reward pool, holder of every group's royalty tokens
VAULT = "IpRoyaltyVault__"


def vault_of(ip: str) -> str:
    """Name of the IP's vault, as a holder and as a pocket."""
    return f"vault:{ip}"


def ensure_vault(state: State, ip: str) -> None:
    """Gives the IP a vault, if it has none, with all royalty tokens in its owner's account."""
    if state.vaults[ip] is None:
        state.vaults[ip] = ()
        state.royalty_tokens[ip, POOL if state.assets[ip].is_group else ip] = HP


def credit(state: State, ip: str, token: str, amount: int, source: str) -> None:
    """Puts money from a pocket into the IP's vault.

    Raises:
        Refusal: `RoyaltyModule__ZeroReceiverVault` if there is no vault,
            `IpRoyaltyVault__ZeroAmount` for nothing.
    """
    seen = state.vaults[ip]
    demand(seen is not None, "RoyaltyModule__ZeroReceiverVault", ip)
    demand(amount > 0, VAULT + "ZeroAmount", ip)
    assert seen is not None
    if token not in seen:
        state.vaults[ip] = (*seen, token)
    state.income[ip, token] += amount
    state.move(token, amount, source, vault_of(ip))


def pending(state: State, ip: str, who: str, token: str) -> int:
    """What a holder could claim, in units of 1/HP."""
    held = state.royalty_tokens[ip, who]
    return state.income[ip, token] * held - state.debts[ip, who, token]


def claimable(state: State, ip: str, who: str, token: str) -> int:
    """What a holder can claim now; nothing while the IP is tagged."""
    return 0 if state.is_tagged(ip) else pending(state, ip, who, token) // HP


def claim(state: State, ip: str, who: str, token: str) -> int:
    """Pays a holder of the IP's royalty tokens; returns the amount.

    Raises:
        Refusal: `IpRoyaltyVault__...`: the pool and vaults have their own ways to claim, and
            `NoClaimableTokens` if nothing is due or the IP is tagged.
    """
    demand(who != POOL, VAULT + "GroupPoolMustClaimViaGroupingModule", ip)
    demand(not who.startswith("vault:"), VAULT + "VaultsMustClaimAsSelf", who)
    with state.transaction():
        return take(state, ip, who, token)


def take(state: State, ip: str, who: str, token: str) -> int:
    """Moves what a holder can claim into its pocket, whoever it is."""
    amount = claimable(state, ip, who, token)
    demand(amount > 0, VAULT + "NoClaimableTokens", f"{who} in the vault of {ip}")
    state.debts[ip, who, token] += amount * HP
    state.move(token, amount, vault_of(ip), who)
    return amount


def claim_as_vault(state: State, ip: str, target: str, token: str) -> int:
    """The vault of an IP claims as a holder of its descendant's royalty tokens; returns the amount.

    Raises:
        Refusal: `IpRoyaltyVault__InvalidTargetIpId` if the target has no vault,
            `...VaultDoesNotBelongToAnAncestor`, or `...NoClaimableTokens`.
    """
    demand(state.vaults[target] is not None, VAULT + "InvalidTargetIpId", target)
    is_ancestor = ip in ancestors(state.parents, target)
    demand(is_ancestor, VAULT + "VaultDoesNotBelongToAnAncestor", f"{ip} of {target}")
    with state.transaction():
        amount = take(state, target, vault_of(ip), token)
        seen = state.vaults[ip] or ()
        if token not in seen:
            state.vaults[ip] = (*seen, token)
        state.income[ip, token] += amount
    return amount


def transfer_royalty_tokens(state: State, ip: str, source: str, target: str, amount: int) -> None:
    """Sells royalty tokens of the IP: what was earned stays, what will be earned goes with them.

    Raises:
        Refusal: `IpRoyaltyVault__SameFromToAddress`, `...ZeroBalance`, `...InsufficientBalance`.
    """
    held = state.royalty_tokens[ip, source]
    demand(source != target, VAULT + "SameFromToAddress", source)
    demand(held > 0, VAULT + "ZeroBalance", source)
    demand(0 <= amount <= held, VAULT + "InsufficientBalance", f"{source} has {held}")
    with state.transaction():
        for token in state.vaults[ip] or ():
            earned = state.income[ip, token] * amount  # of the tokens sold, up to now
            state.debts[ip, target, token] += earned
            state.debts[ip, source, token] -= earned
        state.royalty_tokens[ip, source] -= amount
        state.royalty_tokens[ip, target] += amount
