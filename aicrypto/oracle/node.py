"""A node: it watches the oracle, runs models, answers, and defends what is true.

All it needs to know is on the chain. A node that starts, or starts again in the middle of its work,
reads which requests are answered and answers the others, each once; it keeps no record of its own
that could be lost or disagree.

    work      answer every open request for a model it has
    doubt     the requests whose result is not what its model says
    defend    as a challenger in a game whose claim is false

A callback that fails takes the whole answer back, so the node then records the result alone: it
stands, may be disputed, and anybody may retry the callback. `work` is as good as the node is
honest; `doubt` and `defend` are what makes others so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Account, Contract, Reverted
from aicrypto.opml.games import Challenger
from aicrypto.oracle.identifiers import model_id
from aicrypto.oracle.models import MachineModel, Model, Unanswerable
from aicrypto.oracle.requests import Request, answered_in, requests_of

CALLBACK_FAILED = "failed to call selector"


@dataclass(frozen=True)
class Reply:
    """What a node sent for a request.

    Attributes:
        how: "answered", "recorded" where the callback failed, or "refused".
        output: the answer, or why there is none.
    """

    request: Request
    how: str
    output: bytes


class Node:
    """A whitelisted server of an oracle.

    Attributes:
        models: those it can run, by their number at the oracle.
    """

    def __init__(
        self, oracle: Contract, account: Account, models: Sequence[Model], library: Contract
    ) -> None:
        self.oracle, self.account, self.library = oracle, account, library
        self.models = {model_id(model.name): model for model in models}

    def pending(self) -> list[Request]:
        """Requests for its models that nobody has answered, oldest first."""
        done = answered_in(self.oracle)
        return [
            request
            for request in requests_of(self.oracle)
            if request.number not in done and request.model in self.models
        ]

    def work(self, limit: int | None = None) -> list[Reply]:
        """What it sent: one reply for each pending request, or for the first `limit`.

        Raises:
            Reverted: if the oracle refuses the node itself, for instance as not whitelisted.
        """
        return [self.reply(request) for request in self.pending()[:limit]]

    def reply(self, request: Request) -> Reply:
        """The answer to one request, sent; Reverted as `work`."""
        model = self.models[request.model]
        try:
            output = model.answer(request.data, request.n_outputs)
        except Unanswerable as refusal:
            message = str(refusal).encode()
            self.oracle.feedbackError(request.number, refusal.code, message, sender=self.account)
            return Reply(request, "refused", message)
        return self.send(request, output)

    def send(self, request: Request, output: bytes) -> Reply:
        """An output sent as the answer, whatever it is; Reverted as `work`."""
        try:
            self.oracle.invokeCallback(request.number, output, sender=self.account)
        except Reverted as reverted:
            if reverted.reason != CALLBACK_FAILED:
                raise
            self.oracle.recordResult(request.number, output, sender=self.account)
            return Reply(request, "recorded", output)
        return Reply(request, "answered", output)

    def doubt(self) -> list[Request]:
        """Answered requests for its machine models whose result is false and not yet final."""
        return [
            request
            for request in requests_of(self.oracle)
            if isinstance(model := self.models.get(request.model), MachineModel)
            and self._is_doubtful(request, model)
        ]

    def defend(self, request: Request, arrives_s: int = 100) -> Challenger:
        """The node as a challenger in a game about a request: it moves only if the claim is false.

        Raises:
            Unanswerable, ValueError: if its model of the request is none that can be disputed.
        """
        model = self.models.get(request.model)
        if not isinstance(model, MachineModel):
            raise ValueError(f"model {request.model} is no program of the machine")
        return Challenger(self.account.name, model.run(request.data), arrives_s=arrives_s)

    def _is_doubtful(self, request: Request, model: MachineModel) -> bool:
        known = self.library.output_hash(request.number)
        if known == bytes(32) or self.library.is_final(request.number):
            return False
        try:
            return bool(known != keccak256(model.answer(request.data, request.n_outputs)))
        except Unanswerable:
            return False
