"""Who is paid what: uptime and network points, router shares, referrals, ranks.

Points are whole numbers, stakes and fees exact fractions: no amount is ever rounded twice. The
formulas and figures are those of Grass's documentation (pages Router and Grass Points); where it
says nothing about rounding or cycles, the rule is this course's own and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from aicrypto.crawl.incentives.shares import largest_remainder

DAILY_POINTS = 1_000_000  # network points a day, all nodes together (page Grass Points)
REFERRAL_PERCENT = (20, 10, 5)  # of the uptime points of referees at distance 1, 2, 3
BONUS_HOURS = 100  # uptime after which a referee and its referrer get their bonus
REFEREE_BONUS, REFERRER_BONUS = 5_000, 2_500
# Name, points in hundredths, or invites, and the reward; Silver's amount was not seen.
RANKS = (
    ("Titan", 4_961_693_900, 221, 250_000),
    ("Vanguard", 739_489_999, 185, 100_000),
    ("Conqueror", 276_756_412, 154, 50_000),
    ("Diamond", 37_544_313, 136, 19_000),
    ("Emerald", 11_824_720, 86, 6_000),
    ("Platinum", 3_635_114, 34, 1_800),
    ("Gold", 1_135_130, 17, 565),
    ("Silver", 259_500, 11, None),
)


@dataclass(frozen=True)
class User:
    """A person: uptime points earned alone, hours online, and who invited them."""

    uptime_points: int
    uptime_hours: int
    referrer: str | None


@dataclass(frozen=True)
class Referrals:
    """What every user gets through invitations, and all points together."""

    commission: dict[str, int]
    bonus: dict[str, int]
    total: dict[str, int]


def network_points(pool: int, n_bytes: Sequence[int]) -> list[int]:
    """Points for the bytes that nodes relayed, pro rata by largest remainder; zeros if none did.

    >>> network_points(DAILY_POINTS, [1, 2, 3])
    [166667, 333333, 500000]
    """
    return largest_remainder(pool, n_bytes)


def delegate(
    stakes: Sequence[Fraction | int],
    previous: Sequence[Fraction | int],
    per_slot: Fraction | int,
    n_slots: int,
    total_stake: Fraction | int,
    commission_percent: Fraction | int,
) -> tuple[list[Fraction], list[Fraction], Fraction]:
    """Delegators' accumulated and claimed rewards, and what the router's operator keeps.

    A delegator with stake S gets previous + S * per_slot * n_slots / total_stake, of which the
    operator takes its commission. Claims and commission add up to everything accumulated.

    Raises:
        ValueError: if the total stake is not positive, or the lists differ in length.
    """
    if total_stake <= 0:
        raise ValueError(f"total_stake is {total_stake}, must be positive")
    slots = Fraction(per_slot) * n_slots / Fraction(total_stake)
    accumulated = [p + s * slots for s, p in zip(stakes, previous, strict=True)]
    kept = Fraction(commission_percent) / 100
    return accumulated, [a * (1 - kept) for a in accumulated], sum(accumulated, Fraction()) * kept


def router_reward(
    per_byte: Fraction,
    n_bytes: Fraction | int,
    latency_weight: Fraction,
    node_ms: Fraction | int,
    validator_ms: Fraction | int,
    max_ms: Fraction | int,
    reputation: Fraction,
) -> Fraction:
    """A router's reward kB·B·(1 − kL·(Ln+Lv)/Lmax)·S, never below 0 (that floor is our own).

    Raises:
        ValueError: if `max_ms` is not positive.
    """
    if max_ms <= 0:
        raise ValueError(f"max_ms is {max_ms}, must be positive")
    speed = 1 - latency_weight * (Fraction(node_ms) + Fraction(validator_ms)) / Fraction(max_ms)
    return max(Fraction(0), per_byte * n_bytes * speed * reputation)


def referrals(users: Mapping[str, User]) -> Referrals:
    """Commissions on uptime points up to three steps up, and bonuses for 100 hours.

    Our own rules: each commission is floored, and the climb ends at an unknown name or at one that
    it has met already, so a circle of invitations pays nobody for themselves.
    """
    commission, bonus = dict.fromkeys(users, 0), dict.fromkeys(users, 0)
    for name, user in users.items():
        ancestors = _ancestors(users, name)
        for ancestor, percent in zip(ancestors, REFERRAL_PERCENT, strict=False):
            commission[ancestor] += user.uptime_points * percent // 100
        if ancestors and user.uptime_hours >= BONUS_HOURS:
            bonus[name] += REFEREE_BONUS
            bonus[ancestors[0]] += REFERRER_BONUS
    total = {n: users[n].uptime_points + commission[n] + bonus[n] for n in users}
    return Referrals(commission, bonus, total)


def _ancestors(users: Mapping[str, User], name: str) -> list[str]:
    """Who invited this user, who invited that one, and so on, at most three."""
    chain = [name]
    while len(chain) <= len(REFERRAL_PERCENT):
        above = users[chain[-1]].referrer
        if above is None or above not in users or above in chain:
            break
        chain.append(above)
    return chain[1:]


def rank(points_cents: int, invites: int) -> tuple[str, int | None]:
    """Name and reward of the first rank whose points or invites are reached.

    >>> rank(37_544_313, 0)
    ('Diamond', 19000)
    """
    for name, points, needed_invites, reward in RANKS:
        if points_cents >= points or invites >= needed_invites:
            return name, reward
    return "below Silver", None
