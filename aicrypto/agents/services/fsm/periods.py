"""An app under way: the machine that every operator runs, fed with the same blocks in one order.

A block brings a time and payloads. First the clock is looked at: if the round's timeout has passed,
its event comes. Then payloads are delivered; whatever a round refuses is left out. At the block's
end the round may name an event, its *stage* concludes what that means for the data that all share,
and the app says which round follows. Payloads carry the number of their round, so late ones of an
earlier round do no harm.

Nothing here depends on who runs it or when: same blocks, same state (`digest`). How operators come
to have the same blocks is `aicrypto.agents.services.consensus`. Times are in milliseconds.
Source: valory-xyz/open-autonomy@b37bc34d, abstract_round_abci/base.py, behaviour only.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aicrypto.agents.services.fsm.apps import App
from aicrypto.agents.services.fsm.rounds import (
    Kind,
    Members,
    Payload,
    Round,
    TransactionNotValidError,
    Values,
)
from aicrypto.commit.hashes import sha256

Data = dict[str, Any]  # JSON: what operators have agreed on so far
Conclusion = tuple[str, Data]  # the event, and what changes in the data


def no_change(ended: Round, data: Data, event: str) -> Conclusion:
    """The event as the round named it."""
    return event, {}


def any_payload(payload: Payload, data: Data) -> bool:
    """Takes whatever the round takes."""
    return True


@dataclass(frozen=True)
class Stage:
    """What one round of an app collects and means.

    Attributes:
        kind: how it collects.
        conclude: what its end means; may name another event than the round.
        admits: a payload must also please this.
        confirmations: blocks to wait after the threshold.
    """

    kind: Kind
    conclude: Callable[[Round, Data, str], Conclusion] = no_change
    admits: Callable[[Payload, Data], bool] = any_payload
    confirmations: int = 0


# What an operator sends: (who, the period) -> values, or None for nothing.
Behaviour = Callable[[str, "Period"], Values | None]


@dataclass
class Period:
    """One run of an app.

    Attributes:
        app: the plan.
        stages: what its rounds collect.
        members: the operators.
        data: what they have agreed on.
        state: the round that it is in.
        round: that round, under way; None in a final one.
        round_count: its number, from 0.
        deadline_ms: when its timeout comes; None without one, or before the first block.
        history: rounds that ended, each with its event.
    """

    app: App
    stages: Mapping[str, Stage]
    members: Members
    data: Data
    state: str = ""
    round: Round | None = None
    round_count: int = -1
    deadline_ms: int | None = None
    history: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._enter(self.state or self.app.start, None)

    @property
    def is_finished(self) -> bool:
        """Whether it has come to a final round."""
        return self.round is None

    @property
    def digest(self) -> bytes:
        """32 bytes that two operators share only if they have come to the same state."""
        state = [self.state, self.round_count, self.history, self.data]
        return sha256(json.dumps(state, sort_keys=True).encode())

    def begin_block(self, now_ms: int) -> None:
        """Looks at the clock."""
        if self.round is None:
            return
        if self.deadline_ms is None:
            self._schedule(now_ms)  # the first block of all
        elif now_ms > self.deadline_ms:
            due = self.app.timeout(self.state)
            assert due is not None, "a deadline without a timeout"
            self._leave(due[0], now_ms)

    def deliver(self, payload: Payload) -> None:
        """Takes a payload for the round under way.

        Raises:
            TransactionNotValidError: if the round or its stage refuses it, or there is no round.
        """
        if self.round is None:
            raise TransactionNotValidError(f"{self.state} takes nothing: it is final")
        self.round.check(payload)
        if not self.stages[self.state].admits(payload, self.data):
            raise TransactionNotValidError(f"{payload.sender} sends what {self.state} refuses")
        self.round.deliver(payload)

    def end_block(self, now_ms: int) -> str | None:
        """The event that ends the round at this block, if it ends."""
        if self.round is None:
            return None
        event = self.round.end_block()
        if event is None:
            return None
        event, changes = self.stages[self.state].conclude(self.round, self.data, event)
        self.data = {**self.data, **changes}
        self._leave(event, now_ms)
        return event

    def _leave(self, event: str, now_ms: int) -> None:
        self.history.append((self.state, event))
        self._enter(self.app.after(self.state, event), now_ms)

    def _enter(self, state: str, now_ms: int | None) -> None:
        self.state, self.round_count = state, self.round_count + 1
        self.round, self.deadline_ms = None, None
        if state in self.app.finals:
            return
        stage, keepers = self.stages[state], self.data.get("keepers") or [None]
        count, waits = self.round_count, stage.confirmations
        self.round = Round(stage.kind, self.members, count, keepers[0], waits)
        if now_ms is not None:
            self._schedule(now_ms)

    def _schedule(self, now_ms: int) -> None:
        due = self.app.timeout(self.state)
        self.deadline_ms = None if due is None else now_ms + int(1000 * due[1])
