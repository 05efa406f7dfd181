"""Farms: many accounts, one hand (a Sybil attack on points, referrals and majorities).

One person registers many nodes to collect many uptime rewards, climb the referral ladder or outvote
honest copies. Two traces give a farm away: devices with one fingerprint, and accounts of one block
of addresses invited by one referrer within a short time. Accounts linked by either form a group,
and a group large enough is a farm; a family at home or a student house stays below the size.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from itertools import pairwise

SITE_BITS = 48  # of an IPv6 address: what one site is given (RFC 3177, RFC 6177)


@dataclass(frozen=True)
class AccountTrace:
    """What the network knows of an account; `joined` in seconds since 1970, `ip` as text."""

    id: str
    ip: str
    fingerprint: str
    referrer: str | None
    joined: int


def block(ip: str) -> str:
    """The /24 block of an IPv4 address, the /48 block of an IPv6 address.

    An IPv4 address written as IPv6 is in its own block; texts that are no address may share one.

    >>> block("10.1.2.3"), block("2001:db8:1:7::3")
    ('10.1.2', '2001:db8:1::/48')
    """
    if ":" in ip:
        with suppress(ValueError):
            address = IPv6Address(ip)
            if address.ipv4_mapped is None:
                return str(IPv6Network((int(address), SITE_BITS), strict=False))
            ip = str(address.ipv4_mapped)
    return ip.rpartition(".")[0]


def find_farms(
    accounts: Sequence[AccountTrace], join_window_s: int, min_size: int
) -> list[list[str]]:
    """Groups of at least `min_size` linked accounts, members and groups sorted.

    Linked are accounts of one fingerprint; and among those of one `block` and one referrer, each
    and the next to join if at most `join_window_s` seconds lie between.
    """
    links = _same_device(accounts) + _same_invitation(accounts, join_window_s)
    groups = _components([a.id for a in accounts], links)
    return sorted(sorted(group) for group in groups if len(group) >= min_size)


def _same_device(accounts: Sequence[AccountTrace]) -> list[tuple[str, str]]:
    groups = _grouped((a.fingerprint, a) for a in accounts)
    return [(a.id, b.id) for group in groups for a, b in pairwise(group)]


def _same_invitation(accounts: Sequence[AccountTrace], window_s: int) -> list[tuple[str, str]]:
    invited = (((block(a.ip), a.referrer), a) for a in accounts if a.referrer is not None)
    links = []
    for group in _grouped(invited):
        in_order = sorted(group, key=lambda a: a.joined)
        near = (p for p in pairwise(in_order) if p[1].joined - p[0].joined <= window_s)
        links += [(a.id, b.id) for a, b in near]
    return links


def _grouped(keyed: Iterable[tuple[Hashable, AccountTrace]]) -> list[list[AccountTrace]]:
    groups: dict[Hashable, list[AccountTrace]] = defaultdict(list)
    for key, account in keyed:
        groups[key].append(account)
    return list(groups.values())


def _components(names: Sequence[str], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Connected groups of names (union-find: every name points towards its group's first)."""
    parent = {name: name for name in names}
    for a, b in links:
        parent[_first(parent, a)] = _first(parent, b)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in parent:
        groups[_first(parent, name)].append(name)
    return list(groups.values())


def _first(parent: dict[str, str], name: str) -> str:
    while parent[name] != name:
        parent[name] = name = parent[parent[name]]
    return name
