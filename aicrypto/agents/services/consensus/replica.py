"""One operator's part in agreeing on the next block, although some lie (Tendermint).

At each height there are attempts; each has a proposer, in turn:

    propose    the proposer sends a block
    prevote    everybody votes for it if it is valid, and for none otherwise
    precommit  whoever sees a threshold of prevotes for it locks on it and votes again
    decide     a threshold of precommits decides; everybody passes them on as the proof

The threshold is more than two thirds, so two of them share an honest operator: two blocks cannot
both be decided. The lock is what carries this across attempts: an operator that has precommitted a
block votes for no other, unless a threshold has since prevoted it. When a proposer is silent a
clock ends the attempt, and clocks run longer with every one, so that slow networks end it as well.
A block that is proposed again brings the prevotes it had: a liar may have sent his to one only.
Messages may get lost: whoever does not get on repeats what he said, and whoever hears from somebody
who is behind sends him the proofs of what was decided.

No sockets and no clock here: `receive` and `alarm` are told what happens, `outbox` has the messages
to send to everybody, `timers` the alarms to set: (delay in ms, (step, height, attempt)).
Source: Buchman, Kwon, Milosevic, arXiv 1807.04938, algorithm 1; repetition and proofs are ours, in
place of the gossip that it builds on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from aicrypto.agents.services.consensus.sealed import Json, Message, remembering, seal
from aicrypto.agents.services.consensus.votes import (
    DECISION,
    PRECOMMIT,
    PREVOTE,
    PROPOSAL,
    VOTE,
    Block,
    Proposal,
    Vote,
    read_decision,
)
from aicrypto.agents.services.fsm import default_threshold

PROPOSE, WAIT, RESEND = "propose", "wait", "resend"
AHEAD = 4  # heights beyond our own of which votes are remembered
MAX_EVIDENCE = 100
Timer = tuple[str, int, int]


class Machine(Protocol):
    """What is replicated."""

    def propose(self, height: int, must: bool) -> Block | None:
        """The next block, if there is enough to say or it must be."""

    def is_valid(self, block: Block) -> bool:
        """Whether the block may be the next one."""

    def decide(self, block: Block) -> bool:
        """Executes the block; says whether there is more to come."""


@dataclass(frozen=True)
class Identity:
    """An operator's name, secret seed, and everybody's public keys in the order of their turns.

    `open` unseals a message, and remembers it for a while: most come more than once.
    """

    name: str
    seed: bytes = field(repr=False)
    keys: Mapping[str, bytes]
    open: Callable[[object], Message | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "open", remembering(self.keys))

    @property
    def order(self) -> Sequence[str]:
        """Who proposes after whom."""
        return list(self.keys)


class Replica:
    """One operator's state in the agreement.

    Attributes:
        height: of the block that is being agreed on.
        attempt: how many have failed at this height.
        outbox: sealed messages to be sent to everybody.
        timers: alarms to be set, (delay in ms, what to call `alarm` with).
        evidence: pairs of contradictory votes by one operator, sealed.
        proofs: of decisions, by height, sealed.
    """

    def __init__(self, me: Identity, machine: Machine, delay_ms: int) -> None:
        self.me, self.machine, self.delay_ms = me, machine, delay_ms
        self.needed = default_threshold(len(me.keys))
        self.height, self.attempt, self.step = 0, 0, PROPOSE
        self.outbox: list[str] = []
        self.timers: list[tuple[int, Timer]] = []
        self.evidence: list[tuple[str, str]] = []
        self.is_running = True
        self._proposals: dict[tuple[int, int], Proposal] = {}
        self._votes: dict[Timer, dict[str, Message]] = {}
        self._decisions: dict[int, Block] = {}
        self._locked: tuple[str | None, int] = (None, -1)
        self._valid: Proposal | None = None  # with the proof, to be proposed again
        self._armed: set[Timer] = set()
        self._said: list[str] = []  # at this height
        self.proofs: dict[int, str] = {}
        self._proven: set[int] = set()  # heights whose proof was sent lately

    def start(self) -> None:
        """Begins the first height."""
        self._begin(0)
        self._advance()

    def receive(self, message: Message) -> None:
        """Takes a proposal, a vote or a decision."""
        if message.kind == PROPOSAL:
            self._take_proposal(message)
        elif message.kind == VOTE:
            self._take_vote(message)
        elif message.kind == DECISION:
            self._take_decision(message)
        self._advance()

    def alarm(self, timer: Timer) -> None:
        """What happens when a clock that was set runs out."""
        step, height, attempt = timer
        if (height, attempt) == (self.height, self.attempt) and self.is_running:
            self._ring(step)
        self._advance()

    def say(self, sealed: str, again: bool = False) -> None:
        """Sends a message of the machine's, to be repeated as long as this height lasts.

        What was said at an earlier height (`again`) is only repeated.
        """
        self.outbox += [] if again else [sealed]
        self._said.append(sealed)

    def poke(self) -> None:
        """Something new can be proposed."""
        self._propose(must=False)
        self._advance()

    @property
    def proposer(self) -> str:
        """Whose turn it is."""
        return self.me.order[(self.height + self.attempt) % len(self.me.keys)]

    def _begin(self, attempt: int) -> None:
        self.attempt, self.step = attempt, PROPOSE
        if self.proposer == self.me.name:
            self._arm(WAIT)
            self._propose(must=False)
        self._arm(PROPOSE)
        self._arm(RESEND)

    def _ring(self, step: str) -> None:
        """A clock of this height and attempt."""
        if step == WAIT:
            self._propose(must=True)
        elif step == self.step == PROPOSE:
            self._vote(PREVOTE, None)
        elif step == self.step == PREVOTE:
            self._vote(PRECOMMIT, None)
        elif step == PRECOMMIT:
            self._begin(self.attempt + 1)
        elif step == RESEND:
            self.outbox += self._said
            self._proven.clear()
            self._armed.discard((RESEND, self.height, self.attempt))
            self._arm(RESEND)

    def _propose(self, must: bool) -> None:
        """Sends a block, if it is our turn and we have not."""
        where = self.height, self.attempt
        is_ours = self.proposer == self.me.name and self.step == PROPOSE and self.is_running
        if not is_ours or where in self._proposals:
            return
        if self._valid is not None:
            ours: Proposal | None = replace(self._valid, attempt=self.attempt)
        else:
            block = self.machine.propose(self.height, must)
            ours = Proposal(self.attempt, -1, block) if block else None
        if ours is not None:
            self._proposals[where] = ours
            self._send(PROPOSAL, ours.body)

    def _take_proposal(self, message: Message) -> None:
        found = Proposal.read(message.body)
        if found is None or not self._is_near(found.block.height):
            return
        where = found.block.height, found.attempt
        if message.sender == self.me.order[sum(where) % len(self.me.keys)]:
            self._proposals.setdefault(where, found)

    def _take_vote(self, message: Message) -> None:
        vote = Vote.read(message.body)
        if vote is not None and vote.height < self.height:
            self._prove(vote.height)
        if vote is not None and self._is_near(vote.height):
            self._note(message)

    def _note(self, message: Message) -> None:
        """Counts a vote, or keeps it as evidence if the same operator has cast another one."""
        step, height, attempt = (message.body[name] for name in ("step", "height", "attempt"))
        votes = self._votes.setdefault((step, height, attempt), {})
        earlier = votes.setdefault(message.sender, message)
        if earlier.body != message.body and len(self.evidence) < MAX_EVIDENCE:
            self.evidence.append((earlier.sealed, message.sealed))

    def _take_decision(self, message: Message) -> None:
        given = Block.read(message.body.get("block"))
        if given is None or given.height < self.height - 1 or given.height in self._decisions:
            return
        block = read_decision(message.body, self.me.open, len(self.me.keys))
        if block is not None:
            self._keep(block, message)

    def _keep(self, block: Block, message: Message) -> None:
        """A decision that is proven, with the votes that prove it."""
        if block.height >= self.height:
            self._decisions[block.height] = block
            self.proofs[block.height] = message.sealed
        for vote in map(self.me.open, message.body["votes"]):
            if vote is not None and Vote.read(vote.body) is not None:
                self._note(vote)  # does it agree with what we have heard?

    def _prove(self, height: int) -> None:
        """Somebody is behind; the proof goes out, once until we repeat ourselves."""
        if height in self.proofs and height not in self._proven:
            self._proven.add(height)
            self.outbox.append(self.proofs[height])

    def _is_near(self, height: int) -> bool:
        """Whether to remember what is said of it: floods of votes for far heights are not."""
        return self.height <= height < self.height + AHEAD

    # The rules of algorithm 1; each says whether it did something.

    def _advance(self) -> None:
        rules = (self._decide, self._skip, self._prevote, self._lock, self._precommit_none)
        while self.is_running and any(rule() for rule in rules):
            pass
        if self.is_running:
            self._arm_where_enough()

    def _decide(self) -> bool:
        block = self._decisions.pop(self.height, None) or self._decided()
        if block is None:
            return False
        self._armed, self._said = set(), []
        self.is_running = self.machine.decide(block)
        self.height += 1
        self._locked, self._valid = (None, -1), None
        self._proposals = {w: p for w, p in self._proposals.items() if w[0] >= self.height}
        self._votes = {w: v for w, v in self._votes.items() if w[1] >= self.height - 1}
        if self.is_running:
            self._begin(0)
        return True

    def _decided(self) -> Block | None:
        """A block with enough precommits, which are passed on as the proof."""
        for (height, attempt), proposal in self._proposals.items():
            votes = self._counted(PRECOMMIT, attempt, proposal.block.hash)
            if height == self.height and len(votes) >= self.needed:
                sealed = [message.sealed for message in votes][: self.needed]
                body = {"attempt": attempt, "block": proposal.block.body, "votes": sealed}
                self.proofs[height] = self._send(DECISION, body)
                return proposal.block
        return None

    def _skip(self) -> bool:
        """Others are further: at least one honest operator among them."""
        honest = len(self.me.keys) - self.needed + 1
        further: dict[int, set[str]] = {}
        for (_, height, attempt), votes in self._votes.items():
            if height == self.height and attempt > self.attempt:
                further.setdefault(attempt, set()).update(votes)
        reached = [attempt for attempt, who in further.items() if len(who) >= honest]
        if reached:
            self._begin(max(reached))
        return bool(reached)

    def _prevote(self) -> bool:
        proposal = self._proposals.get((self.height, self.attempt))
        if self.step != PROPOSE or proposal is None:
            return False
        block, (locked, since) = proposal.block, self._locked
        is_free = locked in (None, block.hash) or since <= proposal.valid_attempt
        is_good = is_free and proposal.is_proven(self.me.open, self.needed)
        is_good = is_good and self.machine.is_valid(block)
        self._vote(PREVOTE, block.hash if is_good else None)
        return True

    def _lock(self) -> bool:
        proposal = self._proposals.get((self.height, self.attempt))
        if proposal is None or self.step == PROPOSE or self._is_proven():
            return False
        block = proposal.block
        votes = self._counted(PREVOTE, self.attempt, block.hash)
        if len(votes) < self.needed or not self.machine.is_valid(block):
            return False
        proof = tuple(message.sealed for message in votes[: self.needed])
        self._valid = Proposal(self.attempt, self.attempt, block, proof)
        if self.step == PREVOTE:
            self._locked = block.hash, self.attempt
            self._vote(PRECOMMIT, block.hash)
        return True

    def _is_proven(self) -> bool:
        """Whether we know already that a block of this attempt has enough prevotes."""
        return self._valid is not None and self._valid.valid_attempt == self.attempt

    def _precommit_none(self) -> bool:
        enough = len(self._counted(PREVOTE, self.attempt, None)) >= self.needed
        if self.step != PREVOTE or not enough:
            return False
        self._vote(PRECOMMIT, None)
        return True

    def _arm_where_enough(self) -> None:
        """Clocks for votes that a threshold has cast, but not for one block."""
        for step in (PREVOTE, PRECOMMIT):
            cast = self._votes.get((step, self.height, self.attempt), {})
            if len(cast) >= self.needed and (step == PRECOMMIT or self.step == PREVOTE):
                self._arm(step)

    def _counted(self, step: str, attempt: int, block: str | None) -> list[Message]:
        votes = self._votes.get((step, self.height, attempt), {}).values()
        return [message for message in votes if message.body["block"] == block]

    def _vote(self, step: str, block: str | None) -> None:
        self.step = step
        self._send(VOTE, Vote(step, self.height, self.attempt, block).body)

    def _arm(self, step: str) -> None:
        timer = step, self.height, self.attempt
        if timer not in self._armed:
            self._armed.add(timer)
            steady = {WAIT: self.delay_ms // 8, RESEND: 2 * self.delay_ms}
            delay = steady.get(step, self.delay_ms * (1 + self.attempt))
            self.timers.append((delay, timer))

    def _send(self, kind: str, body: Json) -> str:
        """The message as it goes to everybody, ourselves included."""
        sealed = seal(self.me.seed, self.me.name, kind, body)
        self.outbox.append(sealed)
        self._said.append(sealed)
        if kind == VOTE:
            self._take_vote(Message(self.me.name, kind, body, sealed))
        return sealed
