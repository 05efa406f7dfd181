"""A published app: an automaton, who made it, who made its parts, who are its patrons.

    app = publish(document, parts, policy)
    run = app.use("ann", 1000)                # she pays 1,000 points for one conversation
    run.take(run.session.start()) ...         # every turn: parts not taken earn nothing
    app.settle(run)                           # the parts used decide who earns what

The document is checked when the app is published, and so is the policy: a part without a rate could
not be paid. A use is settled once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aicrypto.agents.myshell.automata import Automaton
from aicrypto.agents.myshell.checks import load
from aicrypto.agents.myshell.economy.patronage import Badges
from aicrypto.agents.myshell.economy.royalties import Policy, Purse
from aicrypto.agents.myshell.session import Session, Turn
from aicrypto.agents.myshell.workflow import Part, Task, Workflow
from aicrypto.agents.refusals import demand


@dataclass
class Use:
    """One conversation that somebody pays for.

    Attributes:
        user: who.
        points: what it brings.
        session: the conversation.
        used: parts used so far; `take` adds a turn's.
        is_settled: whether it has been paid out.
    """

    user: str
    points: int
    session: Session
    used: list[str] = field(default_factory=list)
    is_settled: bool = False

    def take(self, turn: Turn) -> Turn:
        """The turn; its parts are remembered."""
        self.used += turn.used
        return turn


@dataclass
class App:
    """What users talk with and makers live on."""

    automaton: Automaton
    parts: Mapping[str, Part]
    policy: Policy
    badges: Badges = field(default_factory=Badges)
    purse: Purse = field(default_factory=Purse)

    def use(self, user: str, points: int) -> Use:
        """A new conversation; ValueError for negative points."""
        if points < 0:
            raise ValueError(f"points is {points}, must be >= 0")
        return Use(user, points, Session(self.automaton, self.parts))

    def settle(self, use: Use) -> dict[str, int]:
        """What each earns of a use; Refusal `settled` the second time."""
        demand(not use.is_settled, "settled")
        makers = {name: part.maker for name, part in self.parts.items()}
        patrons = self.badges.sharing(use.user)
        shares = self.policy.split(use.points, use.used, makers, patrons)
        self.purse.credit(use.points, shares)
        use.is_settled = True
        return shares


def publish(document: Any, parts: Mapping[str, Part], policy: Policy) -> App:
    """The app.

    Raises:
        ShellRefusal: if the document is no automaton that could work.
        ValueError: if it uses a part that is not there, or that the policy does not pay.
    """
    automaton = load(document)
    tasks = [task for state in automaton.states.values() for task in state.tasks]
    for name in sorted(part_names(tuple(tasks))):
        if name not in parts or name not in policy.rates_bps:
            raise ValueError(f"part {name!r} is unknown, or the policy has no rate for it")
    return App(automaton, parts, policy)


def part_names(tasks: tuple[Task, ...]) -> set[str]:
    """The parts that tasks use, those of workflows within them too."""
    names: set[str] = set()
    for task in tasks:
        part = task.part
        names |= part_names(part.tasks) if isinstance(part, Workflow) else {part}
    return names
