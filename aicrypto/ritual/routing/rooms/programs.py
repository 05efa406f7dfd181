"""Programs as a service: a network in the verifiable machine (opML).

Nothing is proven; whoever runs the same program and gets something else opens a game, which ends at
one instruction that a contract executes. The answer's hash is what the game verifier compares, so
the answer itself is the proof that lies on the shelf.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aicrypto.ritual.node import Output
from aicrypto.ritual.routing.ways import Effort

if TYPE_CHECKING:
    from aicrypto.opml.machine import Trace
    from aicrypto.oracle import MachineModel

EFFORT = Effort(0.001, has_game=True)  # of a small job on one core; `bench ritual.rooms`


@dataclass(frozen=True, eq=False)
class Programs:
    """The opML room for one program."""

    model: "MachineModel"
    name: str = "opml"
    effort: Effort = EFFORT

    def work(self, data: bytes) -> Output:
        """The answer, at full speed; ValueError if the data has another length."""
        answer = self.model.answer(data)
        return Output(answer, answer)

    def check(self, data: bytes, output: Output) -> bool:
        """Whether the program gives this answer."""
        try:
            return output.data == self.model.answer(data)
        except ValueError:
            return False

    def run(self, data: bytes) -> "Trace":
        """The same step by step: what a game is about, and where it starts."""
        return self.model.run(data)
