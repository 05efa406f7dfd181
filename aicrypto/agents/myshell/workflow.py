"""Tasks that wait for one another: a graph without cycles, run in the order that it leaves.

A task names a part (a widget in ShellAgent's words) and what goes into it; its outputs are known to
later tasks by its name. Kahn's algorithm gives the order: tasks that wait for nobody, in the order
written, then whoever has become free, first come first served.

`Part` is somebody's building block: a function with a name and a maker. What parts a run has used
is what its makers are paid for (`royalties`).
Source: ShellAgent@2bd01332 proconfig/core/workflow.py, proconfig/utils/dag.py (behaviour).
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from aicrypto.agents.myshell.expressions import PLAIN, values_in
from aicrypto.agents.myshell.refusals import CYCLE, FAILED_PART, ShellRefusal


@dataclass(frozen=True)
class Part:
    """A building block.

    Attributes:
        name: that tasks call it by.
        maker: who is paid for its use.
        run: takes the inputs by name, gives the outputs by name.
    """

    name: str
    maker: str
    run: Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Task:
    """One use of a part.

    Attributes:
        name: under which its outputs are known.
        part: name of the part, or a whole workflow in its place.
        inputs: name to value or expression.
        then: tasks that wait for it.
    """

    name: str
    part: "str | Workflow"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    then: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """Tasks, and what of theirs goes out."""

    tasks: tuple[Task, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sequence(self) -> tuple[Task, ...]:
        """The tasks in the order in which they run; ShellRefusal as `order`."""
        named = {task.name: task for task in self.tasks}
        names = order(list(named), {task.name: task.then for task in self.tasks})
        return tuple(named[name] for name in names if name in named)


def order(tasks: Iterable[str], edges: Mapping[str, Sequence[str]]) -> list[str]:
    """The tasks, each after all that it waits for.

    Args:
        tasks: names; those that wait for nobody come in this order.
        edges: each task's successors.

    Raises:
        ShellRefusal: SHELL-1110, naming tasks that wait for one another.

    >>> order(["d", "a", "b", "c"], {"a": ["b", "c"], "b": ["d"], "c": ["d"]})
    ['a', 'b', 'c', 'd']
    """
    waiting_for = Counter(chain.from_iterable(edges.values()))  # how many others, each task
    names = dict.fromkeys([*tasks, *edges, *waiting_for])
    free = deque(name for name in names if not waiting_for[name])
    done: dict[str, None] = {}
    while free:
        done[task := free.popleft()] = None
        free += _freed(edges.get(task, ()), waiting_for)
    left = [name for name in names if name not in done]
    if left:
        raise ShellRefusal(CYCLE, "edges", f"{', '.join(left)} wait for one another")
    return list(done)


def _freed(successors: Iterable[str], waiting_for: Counter[str]) -> Iterator[str]:
    """Those of a finished task's successors that wait for nobody else; the counts are lowered."""
    for name in successors:
        waiting_for[name] -= 1
        if waiting_for[name] == 0:
            yield name


def run_tasks(
    tasks: Iterable[Task], variables: dict[str, Any], parts: Mapping[str, Part], node: str
) -> list[str]:
    """Names of the parts used; the tasks' outputs are added to the variables.

    Raises:
        ShellRefusal: naming the task whose part is unknown, raises, or gives no object of JSON.
    """
    used: list[str] = []
    for task in tasks:
        at = f"{node}.{task.name}"
        inputs = values_in(task.inputs, variables, f"{at}.inputs")
        if isinstance(task.part, Workflow):
            variables[task.name], inner = run_workflow(task.part, inputs, parts, f"{at}.block")
            used += inner
        else:
            variables[task.name] = _outputs(task.part, inputs, parts, at)
            used.append(task.part)
    return used


def run_workflow(
    workflow: Workflow, inputs: Mapping[str, Any], parts: Mapping[str, Part], node: str = "workflow"
) -> tuple[dict[str, Any], list[str]]:
    """Its outputs, and the parts used; ShellRefusal as `run_tasks` and `order`."""
    variables = dict(inputs)
    used = run_tasks(workflow.sequence, variables, parts, f"{node}.blocks")
    return values_in(workflow.outputs, variables, f"{node}.outputs"), used


def _outputs(
    name: str, inputs: Mapping[str, Any], parts: Mapping[str, Part], node: str
) -> dict[str, Any]:
    if name not in parts:
        raise ShellRefusal(FAILED_PART, node, f"unknown part {name!r}")
    try:
        outputs = parts[name].run(inputs)
    except Exception as error:  # a part is anybody's code
        reason = f"{name}: {type(error).__name__}: {error}"
        raise ShellRefusal(FAILED_PART, node, reason) from error
    if not isinstance(outputs, Mapping):
        raise ShellRefusal(FAILED_PART, node, f"{name} gave {type(outputs).__name__}, no object")
    return demand_plain(dict(outputs), FAILED_PART, node, f"{name} gave")


def demand_plain(document: dict[str, Any], name: str, node: str, whose: str) -> dict[str, Any]:
    """The document, if JSON can hold all in it: what else there is could not be copied or shown.

    Raises:
        ShellRefusal: by that name at that node, with the type of what is none of JSON's.
    """
    waiting: list[Any] = [document]
    seen = set()  # what stands in several places is looked at once
    while waiting:
        value = waiting.pop()
        if isinstance(value, PLAIN) or id(value) in seen:
            continue
        if not isinstance(value, dict | list | tuple):
            raise ShellRefusal(name, node, f"{whose} a {type(value).__name__}, none of JSON's")
        seen.add(id(value))
        if not isinstance(value, dict):
            waiting += value
        elif all(isinstance(key, str) for key in value):
            waiting += value.values()
        else:
            raise ShellRefusal(name, node, f"{whose} an object with a key that is no text")
    return document
