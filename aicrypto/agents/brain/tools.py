"""Tools: what an agent can do, said so that a router, a person and another program understand it.

A tool has one sentence about itself, which questions are compared with; a JSON schema of its
arguments, which strangers' calls are held against; and a pattern that reads the arguments out of a
question, because no small language model does that reliably.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS: dict[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}


class ToolError(ValueError):
    """A call that a tool refuses, or that failed in it; the message names tool and argument."""


@dataclass(frozen=True)
class Tool:
    r"""One thing that an agent can do.

    Attributes:
        name: of the tool, unique among an agent's.
        about: one sentence that says what it does.
        run: takes the arguments by name; gives a value that JSON can write.
        arguments: name to JSON type (`string`, `integer`, `number`, `boolean`); all are required.
        examples: questions that it should answer, beside the sentence.
        pattern: a regular expression with a group for each argument; without one the only
            argument of a tool is the whole question.

    >>> double = Tool("double", "double a number", lambda n: 2 * n, {"n": "integer"},
    ...               pattern=r"(?P<n>\d+)")
    >>> double.call(double.read("what is twice 21?"))
    42
    """

    name: str
    about: str
    run: Callable[..., Any]
    arguments: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    pattern: str = ""

    def __post_init__(self) -> None:
        for name, kind in self.arguments.items():
            if kind not in KINDS:
                raise ValueError(f"{self.name}.{name} is of type {kind!r}, not in {sorted(KINDS)}")
        if not self.pattern and len(self.arguments) > 1:
            raise ValueError(f"{self.name} has {len(self.arguments)} arguments and no pattern")

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return {
            "type": "object",
            "properties": {name: {"type": kind} for name, kind in self.arguments.items()},
            "required": list(self.arguments),
            "additionalProperties": False,
        }

    def read(self, question: str) -> dict[str, Any]:
        """The arguments as a question says them.

        Raises:
            ToolError: if the pattern is not in it.
        """
        if not self.pattern:
            return {name: _as(kind, question, self) for name, kind in self.arguments.items()}
        found = re.search(self.pattern, question, re.IGNORECASE)
        if found is None:
            raise ToolError(f"{self.name}: no arguments in {question[:80]!r}")
        said = found.groupdict()
        return {n: _as(kind, said.get(n) or "", self) for n, kind in self.arguments.items()}

    def call(self, given: Mapping[str, Any]) -> Any:
        """What the tool answers.

        Raises:
            ToolError: for a missing, unknown or mistyped argument, if the tool itself fails, or if
                its answer is nothing that JSON can write.
        """
        if given.keys() != self.arguments.keys():
            wrong = sorted(given.keys() ^ self.arguments.keys())
            raise ToolError(f"{self.name}: arguments {wrong} are missing or unknown")
        for name, value in given.items():
            if not _fits(value, self.arguments[name]):
                raise ToolError(f"{self.name}: {name} is {value!r}, no {self.arguments[name]}")
        try:
            answer = self.run(**given)
            json.dumps(answer, allow_nan=False, sort_keys=True)  # as a record does
        except Exception as error:  # a tool may be anybody's code
            raise ToolError(f"{self.name} failed: {type(error).__name__}: {error}") from error
        return answer


def by_name(tools: Sequence[Tool]) -> dict[str, Tool]:
    """The tools by their names.

    Raises:
        ValueError: if two have the same.
    """
    named = {tool.name: tool for tool in tools}
    if len(named) < len(tools):
        raise ValueError(f"tools are named {[tool.name for tool in tools]}, each must be unique")
    return named


def _fits(value: Any, kind: str) -> bool:
    """Whether a JSON value is of a kind; True and infinity are no numbers, an integer is one."""
    if kind == "number":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (isinstance(value, int) or math.isfinite(value))
    return type(value) is KINDS[kind]


def _as(kind: str, text: str, tool: Tool) -> Any:
    """A word of a question as a value of a kind."""
    try:
        value: Any = text if kind == "string" else KINDS[kind](text.replace(",", ""))
    except ValueError:
        value = None
    if not _fits(value, kind):
        raise ToolError(f"{tool.name}: {text[:80]!r} is no {kind}")
    return value
