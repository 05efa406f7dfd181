"""A conversation with an automaton: enter a state, do its tasks, show what it shows, wait.

    session = Session(load(document), parts)
    turn = session.start()                 # the initial state, and on as far as ALWAYS leads
    turn = session.press("Play")           # a button by what stands on it
    turn = session.say("hello")            # the event CHAT, with the message

What a state can see: `context` (which lasts), its inputs, the outputs of its tasks by their names,
and the outputs of states visited before by theirs. A turn says which parts were used, each time, so
that their makers can be paid. A step that is refused leaves the session as it was.
Source: ShellAgent@2bd01332 proconfig/runners/runner.py (behaviour).
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aicrypto.agents.myshell.automata import (
    ALWAYS,
    CHAT,
    IM,
    TEXT_KINDS,
    Automaton,
    Button,
    Input,
    State,
)
from aicrypto.agents.myshell.checks import next_case
from aicrypto.agents.myshell.expressions import value_of, values_in
from aicrypto.agents.myshell.refusals import INVALID, NO_TARGET, TOO_LONG, ShellRefusal
from aicrypto.agents.myshell.workflow import Part, demand_plain, run_tasks

MAX_STATES = 100  # that one event may lead through
CONTEXT = "context."


@dataclass(frozen=True)
class Turn:
    """What became of an event.

    Attributes:
        state: in which the automaton waits now.
        visited: all states of the turn, in order.
        render: what is shown, with values put in.
        buttons: what stands on those that can be pressed.
        used: names of the parts used, one for each use.
    """

    state: str
    visited: tuple[str, ...]
    render: Mapping[str, Any]
    buttons: tuple[str, ...]
    used: tuple[str, ...]


@dataclass
class Session:
    """One user's conversation; the automaton must have been checked (`load`).

    Attributes:
        automaton: that is talked with.
        parts: by name.
        context: what the automaton remembers.
        state: in which it waits, None before the start.
        variables: what can be seen there.
        outputs: of all states visited, by name.
        pressable: the buttons shown.
    """

    automaton: Automaton
    parts: Mapping[str, Part]
    context: dict[str, Any] = field(init=False)
    state: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    pressable: tuple[Button, ...] = ()

    def __post_init__(self) -> None:
        self.context = copy.deepcopy(dict(values_in(self.automaton.context, {}, "context")))

    def start(self, inputs: Mapping[str, Any] | None = None) -> Turn:
        """Enters the initial state; ShellRefusal as `press`."""
        return self._attempt(self.automaton.initial, dict(inputs or {}))

    def press(self, content: str, inputs: Mapping[str, Any] | None = None) -> Turn:
        """Presses the first button with that content, filling in what its target asks for.

        Raises:
            ShellRefusal: naming the node: no such button, no case that applies, an expression or a
                part that fails, an input that is missing, or too many states.
        """
        found = [button for button in self.pressable if button.content == content]
        if not found:
            raise ShellRefusal(NO_TARGET, self._node("render.buttons"), f"no button {content!r}")
        payload = values_in(found[0].payload, self.variables, self._node("render.buttons"))
        return self._follow(found[0].event, dict(inputs or {}), payload)

    def say(self, message: str) -> Turn:
        """Says something; ShellRefusal as `press`, SHELL-1101 where nobody listens."""
        return self._follow(CHAT, {"CHAT_MESSAGE": message}, {})

    def _follow(self, event: str, inputs: dict[str, Any], payload: Mapping[str, Any]) -> Turn:
        if self.state is None:
            raise ShellRefusal(NO_TARGET, "initial", "the session has not been started")
        node, case = next_case(self.automaton, self.state, event, self.variables)
        known = {**self.variables, "payload": payload}
        given = values_in(case.inputs, known, f"{node}.target_inputs")
        return self._attempt(case.target, {**inputs, **given})

    def _attempt(self, target: str, inputs: dict[str, Any]) -> Turn:
        """The turn that begins in a state; everything as before if it is refused."""
        demand_plain(inputs, INVALID, f"blocks.{target}.inputs", "the user gave")
        kept = copy.deepcopy(self.context), copy.deepcopy(self.outputs)
        try:
            return self._run(target, inputs)
        except ShellRefusal:
            self.context, self.outputs = kept
            raise

    def _run(self, target: str, inputs: dict[str, Any]) -> Turn:
        visited, used = [target], []
        while True:
            state = self.automaton.states[target]
            variables = {**inputs, **self.outputs, "context": self.context}
            used += self._enter(target, state, variables)
            if ALWAYS not in state.transitions:
                return self._wait(target, state, variables, visited, used)
            _, case = next_case(self.automaton, target, ALWAYS, variables)
            target = case.target
            visited.append(target)
            if len(visited) > MAX_STATES:
                raise ShellRefusal(TOO_LONG, f"blocks.{target}", f"more than {MAX_STATES} in a row")

    def _enter(self, name: str, state: State, variables: dict[str, Any]) -> list[str]:
        """The parts used; inputs, tasks' outputs and the state's own come to the variables."""
        node = f"blocks.{name}"
        for key, wanted in state.inputs.items():
            variables[key] = _input_value(key, wanted, variables, f"{node}.inputs.{key}")
        used = run_tasks(state.tasks, variables, self.parts, f"{node}.blocks")
        own = {}
        for key, text in state.outputs.items():
            value = values_in(text, variables, f"{node}.outputs.{key}")
            if key.startswith(CONTEXT):
                own_copy = copy.deepcopy(value)  # it may hold the context itself
                self.context[key.removeprefix(CONTEXT)] = own_copy
            else:
                own[key] = value
        variables.update(own)
        self.outputs[name] = own
        return used

    def _wait(
        self,
        name: str,
        state: State,
        variables: dict[str, Any],
        visited: list[str],
        used: list[str],
    ) -> Turn:
        node = f"blocks.{name}.render"
        render = values_in(state.render, variables, node)
        contents = [value_of(b.content, variables, f"{node}.buttons") for b in state.buttons]
        shown = zip(state.buttons, contents, strict=True)
        self.pressable = tuple(Button(str(text), b.event, b.payload) for b, text in shown)
        self.state, self.variables = name, variables
        labels = tuple(button.content for button in self.pressable)
        return Turn(name, tuple(visited), render, labels, tuple(used))

    def _node(self, rest: str) -> str:
        return f"blocks.{self.state}.{rest}"


def _input_value(key: str, wanted: Input, variables: Mapping[str, Any], node: str) -> Any:
    """What an input is: the message, what came with the event, or its own value."""
    is_said = wanted.source == IM and wanted.kind in TEXT_KINDS
    if is_said and "CHAT_MESSAGE" in variables:
        return variables["CHAT_MESSAGE"]
    if key in variables:
        return variables[key]
    if wanted.asked:
        raise ShellRefusal(INVALID, node, "is asked of the user, and was not given")
    return value_of(wanted.value, variables, node)
