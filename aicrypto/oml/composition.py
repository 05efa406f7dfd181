"""Models made of models: what a user pays for a composed task, and how it flows back.

A task is answered by a tree of models: one plans, others work, one joins the parts. Every node asks
a fee. Every model may also stand on others (fine-tuned from a parent, trained on somebody's data),
to whom it owes a share of whatever it earns. `settle` pays a tree and lets every payment flow over
the graph of debts until it rests, so that the sum received is what the root paid, to the unit.

Amounts are integers in the smallest unit; shares are in 1/10,000 (bps). Source: ROMA (sentient-agi)
for the recursion: plan, execute, aggregate; the flow of value is our own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

BPS = 10_000


class CircularDebt(ValueError):
    """A model stands on itself, directly or not."""


@dataclass(frozen=True)
class Task:
    """A node of the task tree: which model works, its fee, and what it passes on."""

    model: str
    fee: int
    parts: tuple["Task", ...] = ()

    def __post_init__(self) -> None:
        if self.fee < 0:
            raise ValueError(f"fee of {self.model} is {self.fee}, must be at least 0")

    def nodes(self) -> Iterator["Task"]:
        """The node and all below it."""
        yield self
        for part in self.parts:
            yield from part.nodes()

    @property
    def price(self) -> int:
        """What the user pays at the root: all fees together."""
        return sum(node.fee for node in self.nodes())


@dataclass(frozen=True)
class Debts:
    """Per model, the shares (bps) of its income that it owes to those it stands on.

    Raises:
        ValueError: if a model owes more than all, or a negative share.
        CircularDebt: if value would flow in a circle.
    """

    owed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for model, shares in self.owed.items():
            total, least = sum(shares.values()), min(shares.values(), default=0)
            if least < 0 or total > BPS:
                raise ValueError(f"{model} owes {total} bps, must be in 0..{BPS}, each at least 0")
        self.order()

    def order(self) -> list[str]:
        """All models, each before those that it owes to."""
        done: list[str] = []
        for model in self.owed:
            self._visit(model, done, ())
        return done[::-1]

    def _visit(self, model: str, done: list[str], path: tuple[str, ...]) -> None:
        if model in path:
            raise CircularDebt(" -> ".join([*path, model]))
        if model not in done:
            for parent in self.owed.get(model, {}):
                self._visit(parent, done, (*path, model))
            done.append(model)


def settle(task: Task, debts: Debts) -> dict[str, int]:
    """What everybody ends up with; the values sum to `task.price`.

    Shares of parents are rounded down, and the rest stays with the model that earned it.

    >>> settle(Task("planner", 10, (Task("painter", 100),)), Debts({"painter": {"studio": 2500}}))
    {'planner': 10, 'painter': 75, 'studio': 25}
    """
    income: dict[str, int] = {}
    for node in task.nodes():
        income[node.model] = income.get(node.model, 0) + node.fee
    for model in debts.order():
        earned = income.get(model, 0)
        for parent, share in debts.owed.get(model, {}).items():
            passed_on = earned * share // BPS
            income[model] = income.get(model, 0) - passed_on
            income[parent] = income.get(parent, 0) + passed_on
    return income
