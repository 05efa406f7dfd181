"""Royalties of a whole graph at once: shares by levels, payments by the ten thousand.

`Levels` sorts the graph above one payee by longest path. All edges that leave one level are handled
by one multiplication and one `index_add`, so a graph of 1,024 ancestors takes as many steps as it
is deep. Everything is int64 and exact: LAP only adds and multiplies, which wraps around modulo 2^64
without harm, as its results are below 2^63 while stacks are at most 100 %; LRP's products are at
most 10^16.

Amounts of money are wider than 64 bits. They are written in digits of base HP = 10^8, the very unit
of shares: times a share, carry upwards, and rounding the product down to a 10^8th means dropping
its last digit. Shapes: shares [ancestors], digits [n_digits, payments] with the lowest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int64

from aicrypto.ip.royalty.graph import Dag, topological
from aicrypto.ip.state import HP

CHUNK = 64  # payments
Level = tuple[Int64[torch.Tensor, " e"], Int64[torch.Tensor, " e"], Int64[torch.Tensor, " e"]]


@dataclass(frozen=True)
class Levels:
    """The graph above a payee, ready for tensors.

    Attributes:
        works: names in the order of the results, the payee first.
        edges: for every level children, parents (both as indices of works) and shares.
    """

    works: tuple[str, ...]
    edges: tuple[Level, ...]

    @classmethod
    def above(cls, dag: Dag, payee: str, device: str = "cpu") -> "Levels":
        """The levels of all ancestors of the payee."""
        works = topological(dag.parents, payee)
        index = {work: i for i, work in enumerate(works)}
        depth = [0] * len(works)
        rows: list[list[tuple[int, int, int]]] = []
        for i, work in enumerate(works):
            for parent in dag.parents.get(work, ()):
                j = index[parent]
                depth[j] = max(depth[j], depth[i] + 1)
                rows += [[] for _ in range(depth[i] + 1 - len(rows))]
                rows[depth[i]].append((i, j, dag.shares.get((work, parent), 0)))
        columns = (torch.tensor(level, dtype=torch.int64, device=device).T for level in rows)
        return cls(tuple(works), tuple((c[0], c[1], c[2]) for c in columns))

    def _zeros(self) -> Int64[torch.Tensor, " a"]:
        device = self.edges[0][0].device if self.edges else None
        return torch.zeros(len(self.works), dtype=torch.int64, device=device)


def lap_shares(levels: Levels) -> Int64[torch.Tensor, " a"]:
    """LAP's share of every work in a payment to the payee, whose own entry is HP."""
    count, earned = levels._zeros(), levels._zeros()
    count[0] = 1
    for children, parents, shares in levels.edges:
        reaching = count[children]
        count.index_add_(0, parents, reaching)
        earned.index_add_(0, parents, reaching * shares)
    earned[0] = HP
    return earned


def lrp_shares(levels: Levels) -> Int64[torch.Tensor, " a"]:
    """LRP's share of every work before it passes its parents' part on; every edge rounds down."""
    earned = levels._zeros()
    earned[0] = HP
    for children, parents, shares in levels.edges:
        earned.index_add_(0, parents, earned[children] * shares // HP)
    return earned


def lrp_stacks(levels: Levels) -> Int64[torch.Tensor, " a"]:
    """What each work owes its direct parents of what it gets."""
    owed = levels._zeros()
    for children, _, shares in levels.edges:
        owed.index_add_(0, children, shares)
    return owed


def to_digits(amounts: Sequence[int], device: str = "cpu") -> Int64[torch.Tensor, "d n"]:
    """The amounts in base HP, lowest digit first, as many digits as the largest needs.

    Raises:
        ValueError: if an amount is negative.
    """
    if min(amounts, default=0) < 0:
        raise ValueError(f"amounts has {min(amounts)}, must not be negative")
    digits: list[list[int]] = []
    rest = list(amounts)
    while not digits or any(rest):
        digits.append([amount % HP for amount in rest])
        rest = [amount // HP for amount in rest]
    return torch.tensor(digits, dtype=torch.int64, device=device)


def from_digits(digits: Int64[torch.Tensor, "d ..."]) -> list[int]:
    """The amounts, flattened; digits need not be normalised (a sum of some is fine)."""
    total = [0] * digits[0].numel()
    for digit in reversed(digits.unbind()):
        total = [HP * high + low for high, low in zip(total, digit.flatten().tolist(), strict=True)]
    return total


def times_share(
    digits: Int64[torch.Tensor, "d ..."], shares: Int64[torch.Tensor, "..."]
) -> Int64[torch.Tensor, "d ..."]:
    """Amount · share // HP for every pair (shapes broadcast behind the digits), in digits.

    Shares must be in 0..2^32-1; the top digit takes what is left, so shares above HP are fine too.
    """
    carry = torch.div(digits[0] * shares, HP, rounding_mode="floor")
    product = []
    for digit in digits[1:]:
        value = digit * shares + carry
        carry = torch.div(value, HP, rounding_mode="floor")
        product.append(value - carry * HP)
    return torch.stack([*product, carry])


@dataclass(frozen=True)
class Split:
    """Payments to one payee, split: digits [d, payments] each.

    Attributes:
        due: [d, ancestors, payments], without the payee.
    """

    fee: Int64[torch.Tensor, "d n"]
    pool: Int64[torch.Tensor, "d n"]
    vault: Int64[torch.Tensor, "d n"]
    due: Int64[torch.Tensor, "d a n"]


def split(
    amounts: Int64[torch.Tensor, "d n"],
    shares: Int64[torch.Tensor, " a"],
    stack: int,
    fee_percent: int = 0,
    passed_on: Int64[torch.Tensor, " a"] | None = None,
) -> Split:
    """Each payment's fee, pool, vault and parts, as if it were the only one.

    Args:
        amounts: digits of the payments.
        shares: of all works, the payee first (`lap_shares`, `lrp_shares`).
        stack: what flows out of a payment.
        fee_percent: the protocol's cut, in HP.
        passed_on: under LRP what each work owes its parents (`lrp_stacks`).
    """
    scale = torch.tensor([fee_percent, stack], device=amounts.device)
    fee = times_share(amounts, scale[0])
    rest = _normalised(amounts - fee)
    pool = times_share(rest, scale[1])
    due = times_share(rest[:, None], shares[1:, None])
    if passed_on is not None:
        due = _normalised(due - times_share(due, passed_on[1:, None]))
    return Split(fee, pool, _normalised(rest - pool), due)


def total_due(
    amounts: Int64[torch.Tensor, "d n"],
    shares: Int64[torch.Tensor, " a"],
    fee_percent: int = 0,
    passed_on: Int64[torch.Tensor, " a"] | None = None,
) -> list[int]:
    """What each ancestor gets of all the payments together, each payment rounded down by itself.

    Only the lowest digit of an amount makes rounding matter: (A·HP + d)·share // HP is A·share plus
    d·share // HP. So one product per payment and ancestor is enough, whatever the amounts. Works
    through the payments in pieces that stay in a processor's cache. Args as in `split`.
    """
    fee = times_share(amounts, torch.tensor(fee_percent, device=amounts.device))
    rest = _normalised(torch.cat([amounts - fee, torch.zeros_like(amounts[:1])]))
    [whole] = from_digits(rest[1:].sum(-1, keepdim=True))
    size = CHUNK if amounts.device.type == "cpu" else amounts.shape[1]
    ours, theirs = shares[1:, None], None if passed_on is None else passed_on[1:, None]
    sums = torch.zeros(3, len(ours), dtype=torch.int64, device=amounts.device)
    for low, high in zip(rest[0].split(size), rest[1].split(size), strict=True):
        floors = torch.div(low * ours, HP, rounding_mode="floor")
        sums[0] += floors.sum(-1)
        if theirs is not None:
            lowest = (high * ours + floors) % HP
            sums[1] += lowest.sum(-1)
            sums[2] += torch.div(lowest * theirs, HP, rounding_mode="floor").sum(-1)
    totals = [
        whole * share + low
        for share, low in zip(shares[1:].tolist(), sums[0].tolist(), strict=True)
    ]
    if passed_on is None:
        return totals
    rows = zip(totals, passed_on[1:].tolist(), *sums[1:].tolist(), strict=True)
    return [t - ((t - lowest) // HP * share + low) for t, share, lowest, low in rows]


def _normalised(digits: Int64[torch.Tensor, "d ..."]) -> Int64[torch.Tensor, "d ..."]:
    """The same amounts with every digit in 0..HP-1."""
    carry, clean = torch.zeros_like(digits[0]), []
    for digit in digits[:-1]:
        value = digit + carry
        carry = torch.div(value, HP, rounding_mode="floor")
        clean.append(value - carry * HP)
    return torch.stack([*clean, digits[-1] + carry])
