"""An operator: a period of a service, kept in step with the others' by agreeing on blocks.

When a round begins the operator computes what he has to say in it and sends that, sealed, to
everybody. Whoever's turn it is puts such payloads into a block; all agree on the block and feed it
to their own copy of the period. As the copies are alike and the blocks are, the outcomes are.

Honest operators refuse a block that contains a payload which its alleged sender has not sealed, and
one from the future: its time decides about timeouts. A payload is short, so that a block with one
of everybody fits into a message: otherwise one liar's could keep all blocks from being heard.

Like a replica an operator has no socket and no clock: he is told what arrives and when (`now_ms`,
milliseconds since 1970), and `drain` hands out what he wants sent and which alarms he wants set.
"""

from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from aicrypto.agents.services.consensus.replica import Identity, Replica, Timer
from aicrypto.agents.services.consensus.sealed import MAX_BYTES, Message, seal
from aicrypto.agents.services.consensus.votes import MAX_HEIGHT, Block, Opener, is_number
from aicrypto.agents.services.fsm import Payload, Round, TransactionNotValidError
from aicrypto.agents.services.fsm.periods import Behaviour, Period

PAYLOAD = "payload"
PRECISION_MS = 500  # how far clocks may be apart
DELAY_MS = 150  # of the first attempt: several times what a message takes here
MAX_ROUNDS_AHEAD = 8
SPARE = 4  # quoted in a block a payload takes twice its length; half is for votes


class Operator:
    """One operator.

    Attributes:
        me: his keys.
        period: his copy of the service.
        replica: his part in agreeing on blocks.
    """

    def __init__(
        self,
        me: Identity,
        period: Period,
        behaviours: Mapping[str, Behaviour],
        delay_ms: int = DELAY_MS,
    ) -> None:
        self.me, self.period, self.behaviours = me, period, behaviours
        self.replica = Replica(me, self, delay_ms)
        self._now_ms = self._last_ms = 0
        self._waiting: dict[tuple[int, str], Message] = {}  # payloads by round and sender
        self._said = -1  # the last round in which we said something
        self._good: set[str] = set()  # hashes of blocks with genuine payloads
        self._longest = MAX_BYTES // (SPARE * len(me.keys))  # payload, in characters

    def start(self, now_ms: int) -> None:
        """Begins."""
        self._now_ms = now_ms
        self._act()
        self.replica.start()

    def receive(self, text: str, now_ms: int) -> None:
        """Takes a message; what is none of an operator's is passed over."""
        self._now_ms = now_ms
        message = self.me.open(text)
        if message is None:
            return
        if message.kind == PAYLOAD:
            self._take(message)
            self.replica.poke()
        else:
            self.replica.receive(message)

    def alarm(self, timer: Timer, now_ms: int) -> None:
        """A clock that was set runs out."""
        self._now_ms = now_ms
        self.replica.alarm(timer)

    def drain(self) -> tuple[list[str], list[tuple[int, Timer]]]:
        """Messages for everybody else, and alarms to set, since the last call."""
        out = self.replica.outbox, self.replica.timers
        self.replica.outbox, self.replica.timers = [], []
        return out

    @property
    def liars(self) -> set[str]:
        """Who has been caught casting two votes at once."""
        pairs = [self.me.open(one) for one, _ in self.replica.evidence]
        return {message.sender for message in pairs if message is not None}

    # What is replicated (`replica.Machine`)

    def propose(self, height: int, must: bool) -> Block | None:
        """A block of the payloads that the round still lacks."""
        this = self.period.round
        assert this is not None, "a finished period proposes nothing"
        fresh = [
            message.sealed
            for _, message in sorted(self._waiting.items())
            if self._is_wanted(this, message)
        ]
        wanted = 1 if this.kind == "only_keeper_sends" else this.members.needed
        if len(fresh) < wanted and not must:
            return None
        return Block(height, max(self._now_ms, self._last_ms + 1), tuple(fresh))

    def is_valid(self, block: Block) -> bool:
        """Whether the time is possible and every payload is its sender's."""
        is_due = self._last_ms < block.time_ms <= self._now_ms + PRECISION_MS
        if not is_due or len(block.payloads) > len(self.me.keys):
            return False
        if block.hash not in self._good and all(map(self._is_payload, block.payloads)):
            self._good.add(block.hash)
        return block.hash in self._good

    def decide(self, block: Block) -> bool:
        """Feeds the block to the period, and says what there is to say in a new round."""
        self._last_ms = block.time_ms
        self.period.begin_block(block.time_ms)
        for text in block.payloads:
            payload = self._read(self.me.open(text))
            if payload is not None:
                self._deliver(payload)
        self.period.end_block(block.time_ms)
        self._act()
        return not self.period.is_finished

    def _deliver(self, payload: Payload) -> None:
        try:
            self.period.deliver(payload)
        except TransactionNotValidError:
            return  # the block stands, the payload does not count

    def _act(self) -> None:
        """Says, once a round, what there is to say in it."""
        count, behaviour = self.period.round_count, self.behaviours.get(self.period.state)
        ours = self._waiting.get((count, self.me.name))
        if ours is not None:
            self.replica.say(ours.sealed, again=True)
        if self._said == count or self.period.is_finished:
            return
        self._said = count
        self._waiting = {where: m for where, m in self._waiting.items() if where[0] >= count}
        values = behaviour(self.me.name, self.period) if behaviour else None
        if values is not None:
            body = {"round": count, "values": list(values)}
            sealed = seal(self.me.seed, self.me.name, PAYLOAD, body)
            self._take(Message(self.me.name, PAYLOAD, body, sealed))
            self.replica.say(sealed)

    def _take(self, message: Message) -> None:
        payload = self._read(message)
        now = self.period.round_count
        if payload is not None and now <= payload.round_count < now + MAX_ROUNDS_AHEAD:
            self._waiting.setdefault((payload.round_count, payload.sender), message)

    def _is_payload(self, text: str) -> bool:
        return self._read(self.me.open(text)) is not None

    def _is_wanted(self, this: Round, message: Message) -> bool:
        """Whether the round takes it: for what it does not take no block is made."""
        payload = self._read(message)
        if payload is None:
            return False
        try:
            this.check(payload)
        except TransactionNotValidError:
            return False
        return True

    def _read(self, message: Message | None) -> Payload | None:
        """The payload in a message, unless it is too long."""
        is_short = message is not None and len(message.sealed) <= self._longest
        return _read(message) if is_short else None


def replay(period: Period, blocks: Iterable[Block], opens: Opener) -> Period:
    """The period after these blocks: what every operator does, and whoever checks them later."""
    for block in blocks:
        period.begin_block(block.time_ms)
        for payload in filter(None, (_read(opens(text)) for text in block.payloads)):
            with suppress(TransactionNotValidError):
                period.deliver(payload)
        period.end_block(block.time_ms)
    return period


def _read(message: Message | None) -> Payload | None:
    """The payload in a message."""
    if message is None or message.kind != PAYLOAD:
        return None
    count, values = message.body.get("round"), message.body.get("values")
    if not is_number(count, MAX_HEIGHT) or not isinstance(values, list):
        return None
    try:
        return Payload(message.sender, tuple(map(_frozen, values)), count)
    except TypeError:
        return None


def _frozen(value: Any) -> Hashable:
    """A value of JSON that can be counted.

    Raises:
        TypeError: for an object.
    """
    if isinstance(value, dict):
        raise TypeError("values are scalars and lists")
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
