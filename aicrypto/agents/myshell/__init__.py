"""Agents composed of other people's parts (MyShell): automata, workflows, and what makers earn.

`load` reads and checks a document, `Session` talks with it, `economy` pays for it.
"""

from aicrypto.agents.myshell.automata import Automaton, read_automaton, read_workflow
from aicrypto.agents.myshell.checks import check, is_valid, load, next_case
from aicrypto.agents.myshell.expressions import evaluate, value_of, values_in
from aicrypto.agents.myshell.refusals import ShellRefusal
from aicrypto.agents.myshell.session import Session, Turn
from aicrypto.agents.myshell.workflow import Part, Task, Workflow, order, run_workflow

__all__ = [
    "Automaton",
    "Part",
    "Session",
    "ShellRefusal",
    "Task",
    "Turn",
    "Workflow",
    "check",
    "evaluate",
    "is_valid",
    "load",
    "next_case",
    "order",
    "read_automaton",
    "read_workflow",
    "run_workflow",
    "value_of",
    "values_in",
]
