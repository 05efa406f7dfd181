"""An agent as an automaton: states that do tasks and show buttons, events that lead on.

    {type: "automata", initial, context?, transitions?, blocks: {NAME: state}}
    state: {inputs?, blocks?: tasks, outputs?, render: {text?, buttons?}, transitions?}
    transitions: {EVENT: target | {target, condition?} | list of those}

This module reads the document, which a stranger may have written, into the dataclasses that the
rest of the room works on; what is not of the right form is refused at its node. Whether the
automaton makes sense as a whole is `checks`' affair.
Source: ShellAgent@2bd01332 proconfig/core (behaviour).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aicrypto.agents.myshell.refusals import demand_node
from aicrypto.agents.myshell.workflow import Task, Workflow

ALWAYS, CHAT, DONE = "ALWAYS", "CHAT", "DONE"
TRUE = "{{True}}"
TEXT_KINDS = ("text", "string")
KINDS = (
    *TEXT_KINDS,
    *("number", "integer", "boolean", "array", "object"),
    *("image", "audio", "video", "text_file", "file"),
)
VARIABLE = {"type", "value"}
IM, FORM = "IM", "form"  # where an input comes from: the message, or a form
SHOWN = frozenset(("text", "image", "audio", "video"))  # what a state shows, each a text or URL
MAX_NESTED = 8  # workflows within workflows

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One way that a transition may go: to the target, if the condition is true."""

    target: str
    condition: str | None = TRUE
    inputs: Json = field(default_factory=dict)


Transitions = Mapping[str, tuple[Case, ...]]


@dataclass(frozen=True)
class Button:
    """Something to press.

    Attributes:
        content: what stands on it.
        event: that pressing it is.
        payload: what the event brings along.
    """

    content: str
    event: str
    payload: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """What a state wants to know.

    Attributes:
        kind: `text`, `number`, ...
        source: `IM` for the message, `form`, or None.
        asked: whether the user says it; else it is `value`.
        value: an expression or value.
    """

    kind: str
    source: str | None = None
    asked: bool = False
    value: Any = None


@dataclass(frozen=True)
class State:
    """One state.

    Attributes:
        inputs: by name.
        tasks: done in this order when the state is entered.
        outputs: name to expression; `context.x` is written to the automaton's memory.
        render: what is shown, apart from buttons.
        buttons: what can be pressed.
        transitions: by event; they shadow the automaton's.
    """

    inputs: Mapping[str, Input] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    outputs: Json = field(default_factory=dict)
    render: Json = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    transitions: Transitions = field(default_factory=dict)


@dataclass(frozen=True)
class Automaton:
    """States, where it begins, transitions of all states, and what it remembers at first."""

    initial: str
    states: Mapping[str, State]
    transitions: Transitions = field(default_factory=dict)
    context: Json = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)


def read_automaton(document: Any) -> Automaton:
    """The automaton that a document describes; ShellRefusal names the node that does not fit."""
    _object(document, "automata")
    demand_node(document.get("type") == "automata", "type", "must be 'automata'")
    initial = document.get("initial")
    demand_node(isinstance(initial, str), "initial", "must be the name of a state")
    states = {
        name: _state(state, f"blocks.{name}")
        for name, state in _blocks(document.get("blocks"), "blocks").items()
    }
    return Automaton(
        str(initial),
        states,
        _transitions(document.get("transitions", {}), "transitions"),
        _values(document.get("context", {}), "context"),
        _values(document.get("outputs", {}), "outputs"),
    )


def _state(document: Any, node: str) -> State:
    _object(document, node)
    demand_node(document.get("type", "state") == "state", f"{node}.type", "must be 'state'")
    render = _object(document.get("render", {}), f"{node}.render")
    for name in SHOWN & render.keys():
        demand_node(isinstance(render[name], str | None), f"{node}.render.{name}", "must be a text")
    buttons = _list(render.get("buttons", []), f"{node}.render.buttons")
    inputs = _object(document.get("inputs", {}), f"{node}.inputs")
    tasks = _blocks(document.get("blocks", {}), f"{node}.blocks")
    return State(
        {name: _input(value, f"{node}.inputs.{name}") for name, value in inputs.items()},
        tuple(_task(name, task, f"{node}.blocks.{name}") for name, task in tasks.items()),
        _values(document.get("outputs", {}), f"{node}.outputs"),
        {name: value for name, value in render.items() if name != "buttons"},
        tuple(_button(b, f"{node}.render.buttons[{i}]") for i, b in enumerate(buttons)),
        _transitions(document.get("transitions", {}), f"{node}.transitions"),
    )


def _input(document: Any, node: str) -> Input:
    _object(document, node)
    kind, source = document.get("type"), document.get("source")
    demand_node(kind in KINDS, f"{node}.type", f"{kind!r} is not one of {', '.join(KINDS)}")
    demand_node(source in (None, IM, FORM), f"{node}.source", f"{source!r} is not {IM} or {FORM}")
    asked = document.get("user_input", False)
    demand_node(isinstance(asked, bool), f"{node}.user_input", "must be true or false")
    return Input(kind, source, asked, document.get("value", document.get("default_value")))


def _button(document: Any, node: str) -> Button:
    _object(document, node)
    content, click = document.get("content", ""), document.get("on_click")
    demand_node(isinstance(content, str), f"{node}.content", "must be a text")
    if isinstance(click, str):
        return Button(content, click)
    _object(click, f"{node}.on_click")
    event = click.get("event")
    demand_node(isinstance(event, str), f"{node}.on_click.event", "must be the name of an event")
    return Button(content, event, _object(click.get("payload"), f"{node}.on_click.payload"))


def _task(name: str, document: Any, node: str, depth: int = 0) -> Task:
    _object(document, node)
    kind = document.get("type")
    demand_node(kind in ("task", "workflow"), f"{node}.type", "must be 'task' or 'workflow'")
    demand_node(depth < MAX_NESTED, node, f"workflows are nested deeper than {MAX_NESTED}")
    inputs = _object(document.get("inputs", {}), f"{node}.inputs")
    always = _transitions(document.get("transitions", {}), f"{node}.transitions").get(ALWAYS, ())
    then = tuple(case.target for case in always)
    if kind == "workflow":
        return Task(name, _workflow(document, node, depth + 1), inputs, then)
    if document.get("mode") == "block":
        inner = _object(document.get("block"), f"{node}.block")
        return Task(name, _workflow(inner, f"{node}.block", depth + 1), inputs, then)
    return Task(name, _part_name(document, node), inputs, then)


def _part_name(document: Json, node: str) -> str:
    """A widget's or a published workflow's name; it may be missing until the task is run."""
    fields = ("widget_class_name", "widget_name", "workflow_id")
    part = next((document[name] for name in fields if document.get(name)), "")
    demand_node(isinstance(part, str), node, f"names {part!r}, must be a text")
    return str(part)


def _workflow(document: Json, node: str, depth: int) -> Workflow:
    demand_node(document.get("type") == "workflow", f"{node}.type", "must be 'workflow'")
    blocks = _blocks(document.get("blocks"), f"{node}.blocks")
    tasks = [_task(name, task, f"{node}.blocks.{name}", depth) for name, task in blocks.items()]
    for task in tasks:
        for target in task.then:
            at = f"{node}.blocks.{task.name}.transitions"
            demand_node(target in blocks, at, f"{target!r} is no task of the workflow")
    workflow = Workflow(tuple(tasks), _values(document.get("outputs", {}), f"{node}.outputs"))
    demand_node(len(workflow.sequence) == len(tasks), node, "tasks wait for one another")
    return workflow


def read_workflow(document: Any) -> Workflow:
    """The workflow that a document describes, without an automaton around it.

    Raises:
        ShellRefusal: SHELL-1100 at the node that does not fit; SHELL-1110 for a cycle.
    """
    return _workflow(_object(document, "workflow"), "workflow", 0)


def _transitions(document: Any, node: str) -> Transitions:
    events = _object(document, node)
    return {event: _cases(cases, f"{node}.{event}") for event, cases in events.items()}


def _cases(document: Any, node: str) -> tuple[Case, ...]:
    if isinstance(document, str):
        return (Case(document),)
    if isinstance(document, Mapping):
        return (_case(document, node),)
    demand_node(isinstance(document, list), node, "must be a target, an object or a list of them")
    return tuple(_case(case, f"{node}[{i}]") for i, case in enumerate(document))


def _case(document: Any, node: str) -> Case:
    _object(document, node)
    target, condition = document.get("target"), document.get("condition", TRUE)
    demand_node(isinstance(target, str), f"{node}.target", "must be the name of a state")
    demand_node(isinstance(condition, str | None), f"{node}.condition", "must be a text")
    return Case(target, condition, _object(document.get("target_inputs", {}), f"{node}.inputs"))


def _blocks(document: Any, node: str) -> Json:
    """Blocks by name: an object of them, or a list in which each says its name."""
    if not isinstance(document, list):
        return _object(document, node)
    for number, block in enumerate(document):
        _object(block, f"{node}[{number}]")
    return {str(block.get("name", "")): block for block in document}


def _values(document: Any, node: str) -> Json:
    """Names and what they stand for; a value may be written with its type, {type, value}."""
    written = _object(document, node)
    return {
        name: value["value"] if isinstance(value, Mapping) and value.keys() >= VARIABLE else value
        for name, value in written.items()
    }


def _object(document: Any, node: str) -> Json:
    demand_node(isinstance(document, Mapping), node, "must be an object")
    named = all(isinstance(name, str) for name in document)
    demand_node(named, node, "has a name that is no text")
    content: Json = document
    return content


def _list(document: Any, node: str) -> list[Any]:
    demand_node(isinstance(document, list), node, "must be a list")
    content: list[Any] = document
    return content
