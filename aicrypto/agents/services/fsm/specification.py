"""`fsm_specification.yaml`: the file in which every deployed service lists its plan.

Seven keys, lists with `- `, and the transition function with one line for each case:

    transition_func:
        (CollectRound, DONE): FinishedRound

The files are generated, so this module reads just that layout, and says where a file departs from
it; what YAML can do besides is not wanted in a file that operators must agree on. Timeouts are not
in the file: they belong to the code of an app.
Source: valory-xyz/open-autonomy@b37bc34d, transaction_settlement_abci/fsm_specification.yaml.
"""

import re
from collections.abc import Mapping

from aicrypto.agents.services.fsm.apps import App, InvalidApp

LISTS = ("alphabet_in", "final_states", "start_states", "states")
WORDS = ("default_start_state", "label")
FUNCTION = "transition_func"
KEY = re.compile(r"(\w+):(?: (\w+))?")
ITEM = re.compile(r"\s*- (\w+)")
CASE = re.compile(r"\s+\((\w+), (\w+)\): (\w+)")
NO_ITEMS = re.compile(r"(\w+): \[\]")


def parse_specification(text: str, timeouts: Mapping[str, float] | None = None) -> App:
    """The app that a specification describes.

    Raises:
        InvalidApp: naming the line, the key or the round that is wrong: the lists must be exactly
            the rounds and events of the transition function.
    """
    lists, words, transitions = _read(text)
    for key in (*LISTS, *WORDS):
        if key not in lists and key not in words:
            raise InvalidApp(f"key {key} is missing")
    app = App(
        words["label"],
        words["default_start_state"],
        frozenset(lists["start_states"]),
        frozenset(lists["final_states"]),
        transitions,
        timeouts or {},
    )
    for name, listed, used in (
        ("states", lists["states"], app.states),
        ("alphabet_in", lists["alphabet_in"], app.alphabet),
    ):
        odd = sorted(set(listed) ^ used)
        if odd:
            raise InvalidApp(f"{app.label}: {name} and {FUNCTION} differ in {', '.join(odd)}")
    return app


def write_specification(app: App) -> str:
    """The specification of an app, sorted as the deployed ones are."""
    cases = sorted((s, e, t) for s, events in app.transitions.items() for e, t in events.items())
    lines = [
        *_listed("alphabet_in", app.alphabet),
        f"default_start_state: {app.start}",
        *_listed("final_states", app.finals),
        f"label: {app.label}",
        *_listed("start_states", app.starts),
        *_listed("states", app.states),
        f"{FUNCTION}:",
        *(f"    ({state}, {event}): {target}" for state, event, target in cases),
    ]
    return "\n".join(lines) + "\n"


def _listed(key: str, items: set[str] | frozenset[str]) -> list[str]:
    return [f"{key}:", *(f"- {item}" for item in sorted(items))] if items else [f"{key}: []"]


def _read(text: str) -> tuple[dict[str, list[str]], dict[str, str], dict[str, dict[str, str]]]:
    """Lists, words and transitions of the file."""
    lists: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    transitions: dict[str, dict[str, str]] = {}
    key = ""
    for number, line in enumerate(text.splitlines(), 1):
        if case := CASE.fullmatch(line):
            state, event, target = case.groups()
            _once(event not in transitions.get(state, {}) and key == FUNCTION, number, line)
            transitions.setdefault(state, {})[event] = target
        elif item := ITEM.fullmatch(line):
            _once(key in LISTS and item[1] not in lists[key], number, line)
            lists[key].append(item[1])
        else:
            key = _heading(line, number, lists, words)
    return lists, words, transitions


def _heading(line: str, number: int, lists: dict[str, list[str]], words: dict[str, str]) -> str:
    """The key that starts here, after it is noted."""
    if empty := NO_ITEMS.fullmatch(line):
        line = f"{empty[1]}:"
    found = KEY.fullmatch(line)
    name, word = found.groups() if found else ("", None)
    is_known = name in WORDS if word else name in (*LISTS, FUNCTION)
    _once(is_known and name not in lists and name not in words, number, line)
    if word:
        words[name] = word
    elif name in LISTS:
        lists[name] = []
    return name


def _once(condition: bool, number: int, line: str) -> None:
    if not condition:
        raise InvalidApp(f"line {number} is {line.strip()!r}, unknown, misplaced or said before")
