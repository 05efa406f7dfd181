"""A whole dispute: proposer and challengers move when they want to, until the claim is settled.

`play` works with the referee in Python and with the contract alike: whoever has the same actions
and shows the same games. It never cheats on time: the next action is always the earliest one that
anybody wants to make, and silence lasts until the clock has run out.

Times are seconds, money wei.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aicrypto.opml.games.players import Challenger, Proposer
from aicrypto.opml.games.refusals import Refusal
from aicrypto.opml.games.terms import CHALLENGER, OPEN, PROPOSER, STEP, Game, Terms, split_points
from aicrypto.opml.machine import BadState, InsnProof, MemProof, State

START_S = 1_700_000_000
NEVER_S = 1 << 62
ANYBODY = "anybody"
REFUSALS = (Refusal, BadState, InsnProof, MemProof)


class Court(Protocol):
    """A referee: its actions, and what can be seen of the dispute."""

    terms: Terms

    @property
    def claim(self) -> str | None:
        """None, "pending", "rejected" or "final"."""

    @property
    def n_steps(self) -> int:
        """Claimed length."""

    @property
    def final_hash(self) -> bytes:
        """Claimed final state's hash."""

    @property
    def games(self) -> Sequence[Game]:
        """All games."""

    @property
    def credits_wei(self) -> dict[str, int]:
        """What everybody may withdraw."""

    @property
    def locked_wei(self) -> int:
        """Bonds and stakes not decided."""

    def propose(self, by: str, t: int, wei: int, s0: bytes, n_steps: int, final: State) -> None:
        """The claim."""

    def challenge(self, by: str, t: int, wei: int) -> int:
        """A new game."""

    def post(self, by: str, t: int, number: int, hashes: Sequence[bytes], wei: int = 0) -> None:
        """The proposer's hashes."""

    def choose(self, by: str, t: int, number: int, segment: int, wei: int = 0) -> None:
        """The challenger's choice."""

    def prove(
        self,
        by: str,
        t: int,
        number: int,
        state: State,
        insn_proof: bytes | None,
        mem_proof: bytes | None,
    ) -> None:
        """The execution of the disputed step."""

    def timeout(self, by: str, t: int, number: int) -> None:
        """The end of a game by silence."""

    def finalize(self, by: str, t: int) -> None:
        """The end of an unrefuted claim."""


@dataclass(frozen=True)
class Action:
    """One thing that was tried: who, when, what, and "ok" or the refusal."""

    t: int
    by: str
    act: str
    game: int | None
    result: str


@dataclass(frozen=True)
class Settlement:
    """How a dispute ended.

    Attributes:
        claim: the claim's fate.
        games: all games as they ended.
        timeline: every action in order.
        seconds: from the proposal to the end.
    """

    claim: str | None
    games: tuple[Game, ...]
    credits_wei: dict[str, int]
    locked_wei: int
    timeline: tuple[Action, ...]
    seconds: int

    @property
    def n_moves(self) -> int:
        """Actions that were accepted."""
        return sum(action.result == "ok" for action in self.timeline)


class _Table:
    """The dispute in progress: the court, who plays, and the record."""

    def __init__(
        self, court: Court, proposer: Proposer, challengers: Sequence[Challenger], start: int
    ) -> None:
        self.court, self.proposer, self.now = court, proposer, start
        self.players = {challenger.name: challenger for challenger in challengers}
        self.arrivals = sorted((start + c.arrives_s, c.name) for c in challengers)
        self.timeline: list[Action] = []
        self.stuck: set[int] = set()

    def attempt(
        self, t: int, by: str, act: str, call: Callable[..., Any], game: int | None, *rest: Any
    ) -> bool:
        """Makes an action and notes what became of it."""
        numbers = () if game is None else (game,)
        result = "ok"
        self.now = max(self.now, t)
        try:
            call(by, self.now, *numbers, *rest)
        except REFUSALS as refusal:
            result = type(refusal).__name__
        self.timeline.append(Action(self.now, by, act, game, result))
        return result == "ok"

    def arrive(self) -> None:
        """Lets the next challenger look at the claim."""
        t, name = self.arrivals.pop(0)
        if self.players[name].challenges(self.court.n_steps, self.court.final_hash):
            bond = self.court.terms.challenger_bond_wei
            self.attempt(t, name, "challenge", self.court.challenge, None, bond)

    def next_move(self) -> tuple[int, int | None]:
        """The earliest time at which somebody wants to move, and in which game."""
        waiting = set(range(len(games := self.court.games))) - self.stuck
        due = [(self.due(games[i]), i) for i in waiting if games[i].status == OPEN]
        return min(due, default=(NEVER_S, None))

    def due(self, game: Game) -> int:
        """When the side to move in a game wants to move."""
        mover = self.proposer if game.turn == PROPOSER else self.players[game.challenger]
        waiting = min(mover.delay_s, game.left_s[game.turn])
        if game.phase == STEP:
            waiting = min(waiting, self.players[game.challenger].delay_s)
        return game.last + waiting

    def move(self, number: int, t: int) -> None:
        """One move in a game, or its end by silence; a game that cannot end is left alone."""
        game = self.court.games[number]
        turns = {PROPOSER: self._post, CHALLENGER: self._choose}
        moved = (self._prove if game.phase == STEP else turns[game.turn])(number, game, t)
        if not moved:
            end = game.last + game.left_s[game.turn]
            if not self.attempt(end, ANYBODY, "timeout", self.court.timeout, number):
                self.stuck.add(number)

    def _post(self, number: int, game: Game, t: int) -> bool:
        points = split_points(game.lo, game.hi, self.court.terms.arity)
        hashes = self.proposer.post(game, points)
        wei = self.court.terms.move_bond(game.rounds)
        call, name = self.court.post, self.proposer.name
        return hashes is not None and self.attempt(t, name, "post", call, number, hashes, wei)

    def _choose(self, number: int, game: Game, t: int) -> bool:
        player = self.players[game.challenger]
        points = split_points(game.lo, game.hi, self.court.terms.arity)
        segment = player.choose(game, points, game.posted[1:-1])
        wei = self.court.terms.move_bond(game.rounds)
        call, name = self.court.choose, player.name
        return segment is not None and self.attempt(t, name, "choose", call, number, segment, wei)

    def _prove(self, number: int, game: Game, t: int) -> bool:
        """Either side may show the step; whoever can win by it does."""
        for player in (self.players[game.challenger], self.proposer):
            for shown in player.witnesses(game):
                rest = shown.state, shown.insn_proof, shown.mem_proof
                if self.attempt(t, player.name, "prove", self.court.prove, number, *rest):
                    return True
        return False


def play(
    court: Court,
    proposer: Proposer,
    challengers: Sequence[Challenger],
    start: int = START_S,
    final: State | None = None,
) -> Settlement:
    """The settlement of a claim after everybody has moved.

    Args:
        court: a fresh referee or contract.
        proposer: claims the last state of its run.
        challengers: look at the claim when they arrive.
        start: time of the proposal.
        final: another final state that the proposer claims.
    """
    table = _Table(court, proposer, challengers, start)
    n_steps = proposer.run.n_steps
    final = final or proposer.run.state(n_steps)
    rest = court.terms.proposer_bond_wei, court.terms.s0, n_steps, final
    if table.attempt(start, proposer.name, "propose", court.propose, None, *rest):
        _play_games(table)
    if court.claim == "pending":
        end = max(start + court.terms.window_s, table.now)
        table.attempt(end, ANYBODY, "finalize", court.finalize, None)
    return Settlement(
        court.claim,
        tuple(court.games),
        court.credits_wei,
        court.locked_wei,
        tuple(table.timeline),
        table.now - start,
    )


def _play_games(table: _Table) -> None:
    """Takes the earliest action until no game is open and nobody else arrives."""
    while table.court.claim == "pending":
        due = table.next_move()
        if table.arrivals and table.arrivals[0][0] <= due[0]:
            table.arrive()
        elif due[1] is not None:
            table.move(due[1], due[0])
        else:
            return
