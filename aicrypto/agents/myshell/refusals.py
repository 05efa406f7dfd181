"""Why a workflow is refused, by the number that ShellAgent gives the error, and where.

The node is a path into the document: `blocks.table.transitions.play[1].target`.
Source: myshell-ai/ShellAgent@2bd01332 (numbers).
"""

from aicrypto.agents.refusals import Refusal

INVALID = "SHELL-1100"  # the document is no automaton
NO_TARGET = "SHELL-1101"  # no case of a transition applies
BAD_EXPRESSION = "SHELL-1107"  # an expression cannot be evaluated
CYCLE = "SHELL-1110"  # tasks wait for one another
FAILED_PART = "part failed"  # our own: a part raised, is unknown, or its answer no object of JSON
TOO_LONG = "too many states"  # our own: the deployed runner would go on for ever


class ShellRefusal(Refusal):
    """A refused document or step.

    Attributes:
        node: where in the document.
        reason: what is wrong there.
    """

    def __init__(self, name: str, node: str, reason: str) -> None:
        super().__init__(name)
        self.args = (f"{name} at {node}: {reason}",)
        self.node, self.reason = node, reason


def demand_node(condition: bool, node: str, reason: str) -> None:
    """Refuses the document at that node, unless the condition holds."""
    if not condition:
        raise ShellRefusal(INVALID, node, reason)
