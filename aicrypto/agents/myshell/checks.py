"""What must hold of an automaton before anybody runs it, and what follows an event.

`check` refuses what could not work: an unknown initial state or target, a reserved name, a button
without transition, two inputs from one message, and states that lead to each other for ever. The
last check is the deployed system's, and narrow: it looks only at states whose *only* transition is
one ALWAYS case, and ignores its condition. Who adds a second event passes, and his automaton may
still run for ever; `session` counts states therefore.
Source: ShellAgent@2bd01332 proconfig/core/automata.py, state.py, common.py (behaviour).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aicrypto.agents.myshell.automata import (
    ALWAYS,
    CHAT,
    DONE,
    IM,
    TEXT_KINDS,
    Automaton,
    Case,
    State,
    Transitions,
    read_automaton,
)
from aicrypto.agents.myshell.expressions import value_of, values_in
from aicrypto.agents.myshell.refusals import INVALID, NO_TARGET, ShellRefusal, demand_node

RESERVED = frozenset(
    {
        *("type", "id", "properties", "inputs", "outputs", "tasks"),
        *("render", "transitions", "states", "context", "payload"),
    }
)


def load(document: Any) -> Automaton:
    """The automaton that a document describes, checked.

    Raises:
        ShellRefusal: naming the node and what is wrong there.
    """
    try:
        automaton = read_automaton(document)
        check(automaton)
    except RecursionError:
        raise ShellRefusal(INVALID, "automata", "is nested too deep") from None
    return automaton


def is_valid(document: Any) -> bool:
    """Whether a document describes an automaton that could work; never raises on a bad one."""
    try:
        load(document)
    except ShellRefusal:
        return False
    return True


def check(automaton: Automaton) -> None:
    """Refuses an automaton that could not work, at the node that is wrong."""
    states = automaton.states
    demand_node(automaton.initial != "", "initial", "is empty")
    demand_node(len(states) > 0, "blocks", "holds no state")
    demand_node(automaton.initial in states, "initial", f"{automaton.initial!r} is no state")
    _check_names(states, "blocks")
    _check_names(automaton.context, "context")
    _check_names(automaton.outputs, "outputs")
    values_in(automaton.context, {}, "context")
    _check_transitions(automaton.transitions, "transitions", states)
    for name, state in states.items():
        _check_state(state, f"blocks.{name}", automaton)
    _check_loops(states)


def next_case(
    automaton: Automaton, state: str, event: str, variables: Mapping[str, Any]
) -> tuple[str, Case]:
    """Node and case of the first case of an event whose condition is true.

    Raises:
        ShellRefusal: SHELL-1101 if there is none; SHELL-1107 if a condition cannot be evaluated.
    """
    for number, case in enumerate(cases_of(automaton, state, event)):
        node = f"blocks.{state}.transitions.{event}[{number}]"
        if value_of(case.condition, variables, f"{node}.condition"):
            return node, case
    node = f"blocks.{state}.transitions.{event}"
    raise ShellRefusal(NO_TARGET, node, "no case applies")


def cases_of(automaton: Automaton, state: str, event: str) -> tuple[Case, ...]:
    """The cases of an event: the state's own, and where it has none the automaton's.

    Raises:
        ShellRefusal: SHELL-1101 if there is no such state.
    """
    if state not in automaton.states:
        raise ShellRefusal(NO_TARGET, f"blocks.{state}", "is no state")
    own = automaton.states[state].transitions.get(event)
    return own or automaton.transitions.get(event, ())


def _check_state(state: State, node: str, automaton: Automaton) -> None:
    _check_names(state.outputs, f"{node}.outputs")
    _check_transitions(state.transitions, f"{node}.transitions", automaton.states)
    for number, button in enumerate(state.buttons):
        at = f"{node}.render.buttons[{number}]"
        demand_node(button.content != "", f"{at}.content", "is empty")
        is_known = button.event in state.transitions or button.event in automaton.transitions
        demand_node(is_known, f"{at}.on_click", f"event {button.event!r} leads nowhere")
    said = [n for n, i in state.inputs.items() if i.kind in TEXT_KINDS and i.source == IM]
    demand_node(len(said) <= 1, f"{node}.inputs", f"{', '.join(said)} all come from one message")


def _check_names(names: Iterable[str], node: str) -> None:
    for name in names:
        demand_node(name not in RESERVED, f"{node}.{name}", "is a reserved name")


def _check_transitions(transitions: Transitions, node: str, states: Mapping[str, State]) -> None:
    for event, cases in transitions.items():
        if event not in (ALWAYS, CHAT, DONE):
            demand_node(not event.startswith("."), f"{node}.{event}", "begins with a dot")
            demand_node(" " not in event, f"{node}.{event}", "contains a blank")
        for case in cases:
            demand_node(case.target in states, f"{node}.{event}", f"{case.target!r} is no state")


def _check_loops(states: Mapping[str, State]) -> None:
    """Refuses states from which single ALWAYS cases lead back to one already seen."""
    harmless: set[str] = set()
    for start in states:
        seen = {start}
        for target in _forced(start, states):
            demand_node(target not in seen, f"blocks.{start}", f"leads to {target} again, for ever")
            if target in harmless:
                break
            seen.add(target)
        harmless |= seen


def _forced(name: str, states: Mapping[str, State]) -> Iterator[str]:
    """The states that follow one another whatever happens."""
    transitions = states[name].transitions
    while list(transitions) == [ALWAYS] and len(transitions[ALWAYS]) == 1:
        target = transitions[ALWAYS][0].target
        yield target
        transitions = states[target].transitions
