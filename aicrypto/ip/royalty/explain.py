"""Looking before paying or linking: what each ancestor gets, by which paths, and what is cut off.

The deployed protocol answers none of this: a payer sees the pools, an ancestor sees his vault, and
a stack above 100 % is noticed when a link is refused.
"""

from dataclasses import dataclass

from aicrypto.ip.refusals import Refusal
from aicrypto.ip.royalty.graph import paths
from aicrypto.ip.royalty.links import dag_above, global_stack, link, live_stack, percent
from aicrypto.ip.royalty.payments import Payment, pay
from aicrypto.ip.state import HP, State
from aicrypto.ip.terms.terms import LRP


@dataclass(frozen=True)
class Line:
    """One ancestor's part of a payment.

    Attributes:
        n_paths: ways from the payee up to it.
        share: of the payment after the fee, in HP; under LRP before it passes its parents' on.
        due: what it gets.
        cut: what rounding down took, in units of 1/HP.
    """

    ancestor: str
    policy: str
    n_paths: int
    share: int
    due: int
    cut: int

    def __str__(self) -> str:
        return (
            f"{self.ancestor}: {self.n_paths} path(s), {100 * self.share / HP:.6g} % by"
            f" {self.policy}: {self.due} (rounded down by {self.cut / HP:.3f})"
        )


def explain(state: State, ip: str, token: str, amount: int) -> tuple[Payment, tuple[Line, ...]]:
    """Where a payment would go, and each ancestor's line; nothing is paid.

    The lines are those of this payment alone: floors of real pushes are on the sum of all.

    Raises:
        Refusal: as `pay` would.
    """
    with state.rehearsal():
        payment = pay(state, ip, token, amount)
    rest = payment.amount - payment.fee
    lines = [_lines(state, ip, policy, rest) for policy in payment.pools]
    return payment, tuple(line for found in lines for line in found)


def _lines(state: State, ip: str, policy: str, rest: int) -> list[Line]:
    lines = []
    for ancestor, n_paths in paths(dag_above(state, ip, policy), ip).items():
        share = percent(state, policy, ip, ancestor)
        if ancestor != ip and share:
            passed_on = live_stack(state, ancestor, LRP) if policy == LRP else 0
            total = rest * share // HP
            due = total - total * passed_on // HP
            exact = rest * share * (HP - passed_on)  # in 1/HP^2
            lines.append(Line(ancestor, policy, n_paths, share, due, exact // HP - due * HP))
    return lines


@dataclass(frozen=True)
class Preview:
    """What a link would bring: the child's stack after it, or the refusal's name."""

    stack: int
    refusal: str = ""


def simulate_link(state: State, child: str, promised: dict[str, int], policy: str) -> Preview:
    """What linking the child to these parents at these shares would bring; nothing is linked."""
    try:
        with state.rehearsal():
            link(state, child, tuple(promised), policy, tuple(promised.values()))
            return Preview(global_stack(state, child))
    except Refusal as refusal:
        return Preview(0, refusal.name)
