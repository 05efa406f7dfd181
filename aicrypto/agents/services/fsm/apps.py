"""A service's plan: which round follows which, on which event, and after how long it gives up.

An *app* is a finite-state machine: a transition function (round, event) -> round, rounds in which
it may start, rounds in which it is finished, and events that a clock triggers (timeouts). Apps are
parts: `chain` joins several into one, by saying which start follows which finish.

The refusals are those of the framework, each naming the round or event that is wrong: a machine
that can get stuck is found before it runs.
Source: valory-xyz/open-autonomy@b37bc34d, abstract_round_abci/base.py and abci_app_chain.py.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

Transitions = Mapping[str, Mapping[str, str]]  # round -> event -> round


class InvalidApp(ValueError):
    """A plan in which a round is missing, unreachable, or can't be left."""


@dataclass(frozen=True)
class App:
    """One app.

    Attributes:
        label: its name.
        start: the round that it starts in, unless another is asked for.
        starts: all rounds that it may start in.
        finals: rounds without a way out.
        transitions: what follows each round, by event.
        timeouts: seconds after which an event comes by itself.
    """

    label: str
    start: str
    starts: frozenset[str]
    finals: frozenset[str]
    transitions: Transitions
    timeouts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for complaint in _complaints(self):
            raise InvalidApp(f"{self.label}: {complaint}")

    @property
    def states(self) -> set[str]:
        """All rounds."""
        targets = {target for events in self.transitions.values() for target in events.values()}
        return set(self.transitions) | targets | self.finals

    @property
    def alphabet(self) -> set[str]:
        """All events."""
        return {event for events in self.transitions.values() for event in events}

    def after(self, state: str, event: str) -> str:
        """The round that follows.

        Raises:
            ValueError: if the event means nothing there.
        """
        events = self.transitions.get(state, {})
        if event not in events:
            raise ValueError(f"event {event} in {state}, which knows {sorted(events)}")
        return events[event]

    def timeout(self, state: str) -> tuple[str, float] | None:
        """The event that comes by itself in a round, and after how many seconds."""
        events = self.transitions.get(state, {})
        return next(((e, self.timeouts[e]) for e in events if e in self.timeouts), None)

    def faster(self, factor: float) -> "App":
        """The same app with timeouts divided by the factor, for tests and lessons."""
        timeouts = {event: seconds / factor for event, seconds in self.timeouts.items()}
        return App(self.label, self.start, self.starts, self.finals, self.transitions, timeouts)


def chain(label: str, apps: Sequence[App], follows: Mapping[str, str]) -> App:
    """One app of several: wherever a round leads to a final one in `follows`, its follower stands.

    Raises:
        InvalidApp: if two apps share a round, `follows` maps what is no final round to what is no
            start, or the whole is refused as any app is.
    """
    finals = frozenset().union(*(app.finals for app in apps))
    starts = frozenset().union(*(app.starts for app in apps))
    wrong = sorted(follows.keys() - finals) + sorted(set(follows.values()) - starts)
    if wrong:
        raise InvalidApp(f"{label}: follows leads from a finish to a start, not by {wrong[0]}")
    transitions: dict[str, dict[str, str]] = {}
    timeouts: dict[str, float] = {}
    for app in apps:
        shared = app.transitions.keys() & transitions.keys()
        if shared:
            raise InvalidApp(f"{label}: {min(shared)} is in two apps")
        transitions |= {s: _rerouted(events, follows) for s, events in app.transitions.items()}
        timeouts |= app.timeouts
    first = apps[0]
    return App(label, first.start, first.starts, finals - set(follows), transitions, timeouts)


def _rerouted(events: Mapping[str, str], follows: Mapping[str, str]) -> dict[str, str]:
    return {event: follows.get(target, target) for event, target in events.items()}


def _complaints(app: App) -> list[str]:
    """What is wrong, the worst first."""
    return [*_wrong_ends(app), *_stuck(app), *_orphans(app)]


def _wrong_ends(app: App) -> list[str]:
    found = []
    if app.start not in app.starts:
        found.append(f"default start {app.start} is not among the starts")
    found += [f"start {state} has no transitions" for state in sorted(app.starts - _left(app))]
    found += [f"final {state} has transitions" for state in sorted(app.finals & _left(app))]
    return found


def _stuck(app: App) -> list[str]:
    """Rounds that can't be left, or that two clocks would end."""
    stuck = sorted(app.states - _left(app) - app.finals)
    found = [f"{state} has no transitions and is not final" for state in stuck]
    for state in sorted(_left(app)):
        found += _clocked(state, app.transitions[state].keys(), app.timeouts.keys())
    return found


def _clocked(state: str, events: Set[str], timeouts: Set[str]) -> list[str]:
    clocks = sorted(events & timeouts)
    found = [f"{state} has two timeouts, {' and '.join(clocks)}"] if len(clocks) > 1 else []
    return found if events - timeouts else [*found, f"{state} can only be left by a timeout"]


def _orphans(app: App) -> list[str]:
    """Rounds that no way leads to."""
    seen, todo = set(app.starts), list(app.starts)
    while todo:
        for target in app.transitions.get(todo.pop(), {}).values():
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return [f"{state} is never reached" for state in sorted(app.states - seen)]


def _left(app: App) -> set[str]:
    """Rounds with a way out."""
    return {state for state, events in app.transitions.items() if events}
