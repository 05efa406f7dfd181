"""What an oracle's events say: who asked what, and what became of it.

Everything a node must know after a restart is here: requests come from `AICallbackRequest`, in
either of its two forms, answers from `AICallbackResult` and `AIFeedbackError`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aicrypto.evm import Contract, Event
from aicrypto.evm.abi import Interface

ANSWERS = ("AICallbackResult", "AIFeedbackError")
WIDE_FIELDS = (  # of the form with the ways of data and the size of the batch
    *(("account", "address"), ("requestId", "uint256"), ("modelId", "uint256")),
    *(("input", "bytes"), ("callbackContract", "address"), ("gasLimit", "uint64")),
    *(("callbackData", "bytes"), ("inputDA", "uint8"), ("outputDA", "uint8")),
    ("batchSize", "uint256"),
)
N_INDEXED = 2


@dataclass(frozen=True)
class Request:
    """A question to a model.

    Attributes:
        number: as the oracle counts, or a hash where nobody can challenge the answer.
        data: the input.
        n_outputs: how many the answer holds.
    """

    number: int
    account: str
    model: int
    data: bytes
    callback: str
    gas_limit: int
    callback_data: bytes
    n_outputs: int = 1

    @classmethod
    def of(cls, event: Event) -> "Request":
        """The request that an event announces."""
        said = event.arguments
        return cls(
            said["requestId"],
            said["account"],
            said["modelId"],
            said["input"],
            said["callbackContract"],
            said["gasLimit"],
            said["callbackData"],
            said.get("batchSize", 1),
        )


def requests_of(oracle: Contract) -> list[Request]:
    """All requests that an oracle ever took, in order."""
    return [Request.of(event) for event in _events(oracle) if event.name == "AICallbackRequest"]


def answered_in(oracle: Contract) -> set[int]:
    """Numbers of the requests that were answered, be it by an error."""
    events = [event for name in ANSWERS for event in oracle.events(name)]
    return {event.arguments["requestId"] for event in events}


def outputs_of(oracle: Contract, number: int) -> list[bytes]:
    """The outputs that an oracle announced for a request: after a dispute more than one."""
    events = oracle.events("AICallbackResult")
    return [e.arguments["output"] for e in events if e.arguments["requestId"] == number]


def _events(oracle: Contract) -> Iterator[Event]:
    """Everything that the oracle announced, its requests in either form."""
    interfaces = oracle.interface, _wide_interface()
    for log in (log for receipt in oracle.chain.receipts for log in receipt.logs):
        if log.address == oracle.address:
            yield from filter(None, (interface.decode_log(log) for interface in interfaces))


def _wide_interface() -> Interface:
    inputs: list[dict[str, Any]] = [
        {"name": name, "type": kind, "indexed": place < N_INDEXED}
        for place, (name, kind) in enumerate(WIDE_FIELDS)
    ]
    return Interface("wide", [{"type": "event", "name": "AICallbackRequest", "inputs": inputs}])
