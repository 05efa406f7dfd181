"""The referee of a dispute: bisection with chess clocks and bonds, any number of challengers.

A task is a program and its input, hence one start hash s0 that everybody can compute. A proposer
claims the final state after n steps and locks a bond. A challenger who computed something else
locks one too and opens a *game* about the interval [0, n]: the proposer posts the state hashes
that cut it into `arity` segments, the challenger chooses the first segment whose end it disputes,
and so on until the interval is one instruction. That instruction the referee executes itself.

What keeps it honest: the claim carries the whole final state, so step count and exit are bound;
each side's clock runs only in its turn, and a move made at the last second still gains `extension`
for the next one, so neither silence nor delay wins; a challenger who loses (on purpose, perhaps)
does not make the claim final, others may still come; a part of the loser's bond is burnt, so
quarrelling with oneself costs.

Beyond the two bonds a move itself can cost: `move_bond_wei` for the first round, growing by
`growth_bps` per round, kept by whoever wins. Zero, the default, is the plain game.

Times are seconds, money wei, hashes 32 bytes; indices of states count from 0. Every action checks
its refusals in the order listed. `games[i]` may be read, not changed. Money: credits and locked
together are everything ever paid in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from aicrypto.opml.games import refusals
from aicrypto.opml.games.terms import (
    BASIS_POINTS,
    CHALLENGER,
    CHOOSE,
    OPEN,
    POST,
    PROPOSER,
    STEP,
    VOID,
    Game,
    Terms,
    split_points,
)
from aicrypto.opml.machine import State, fold, step

OUTPUT_ADDRESS = 0x32000000  # where a program leaves le4(length) ‖ bytes
LEAF_BYTES = 32
PROOF_BYTES = 28 * LEAF_BYTES
TREASURY = "treasury"
PENDING, REJECTED, FINAL = "pending", "rejected", "final"


def shows_output(mem_root: bytes, output: bytes, proofs: Sequence[bytes]) -> bool:
    """Whether memory of that root holds the output, its length before it."""
    written = len(output).to_bytes(4, "little") + output
    if len(proofs) != -(-len(written) // LEAF_BYTES):
        return False
    if any(len(proof) != PROOF_BYTES for proof in proofs):
        return False
    first = OUTPUT_ADDRESS // LEAF_BYTES
    for index, proof in enumerate(proofs, first):
        words = [proof[i : i + LEAF_BYTES] for i in range(0, PROOF_BYTES, LEAF_BYTES)]
        if fold(words[0], index, words[1:]) != mem_root:
            return False
    return b"".join(proof[:LEAF_BYTES] for proof in proofs)[: len(written)] == written


@dataclass
class Referee:
    """The state of one task's dispute.

    Attributes:
        claim: None, "pending", "rejected" or "final".
        n_steps, final_hash, proposed_at, proposer: of the claim.
        credits_wei: what may be withdrawn, by name.
        locked_wei: bonds of the claim and of open games.
        now: time of the latest action.
    """

    terms: Terms
    claim: str | None = None
    proposer: str = ""
    n_steps: int = 0
    final_hash: bytes = b""
    proposed_at: int = 0
    games: list[Game] = field(default_factory=list)
    credits_wei: dict[str, int] = field(default_factory=dict)
    locked_wei: int = 0
    now: int = 0

    def propose(
        self,
        by: str,
        t: int,
        wei: int,
        s0: bytes,
        n_steps: int,
        final: State,
        output: bytes | None = None,
        output_proof: Sequence[bytes] = (),
    ) -> None:
        """Claims that the task ends in `final` after `n_steps`, and with `output` if given.

        Raises:
            Refusal: AlreadyProposed, WrongBond, WrongStart, EmptyTrace, FinalNotHalted,
                StepCountMismatch, OutputProof or TimeReversed.
            BadState: if the state is not well formed.
        """
        self._pass_time(t)
        if self.claim is not None:
            raise refusals.AlreadyProposed(f"the claim is {self.claim}")
        _check_bond(wei, self.terms.proposer_bond_wei)
        if s0 != self.terms.s0:
            raise refusals.WrongStart(f"s0 is {s0.hex()}, the task's is {self.terms.s0.hex()}")
        final.check()
        if n_steps < 1:
            raise refusals.EmptyTrace(f"n_steps is {n_steps}")
        if not final.exited:
            raise refusals.FinalNotHalted(f"pc is {final.pc:#x}, the machine runs")
        if final.step != n_steps:
            raise refusals.StepCountMismatch(f"final.step is {final.step}, n_steps {n_steps}")
        if output is not None and not shows_output(final.mem_root, output, output_proof):
            raise refusals.OutputProof(f"{len(output)} bytes are not in the final memory")
        self.claim, self.proposer, self.proposed_at = PENDING, by, t
        self.n_steps, self.final_hash = n_steps, final.hash
        self.locked_wei += wei

    def challenge(self, by: str, t: int, wei: int) -> int:
        """Number of a new game against the claim.

        Raises:
            Refusal: NoClaim, ClaimClosed, WindowClosed, WrongBond, AlreadyChallenging or
                TimeReversed.
        """
        self._pass_time(t)
        self._check_pending()
        if t >= self.proposed_at + self.terms.window_s:
            raise refusals.WindowClosed(f"{t - self.proposed_at} s after the proposal")
        _check_bond(wei, self.terms.challenger_bond_wei)
        if any(game.status == OPEN and game.challenger == by for game in self.games):
            raise refusals.AlreadyChallenging(f"{by} has an open game")
        left = dict.fromkeys((PROPOSER, CHALLENGER), self.terms.clock_s)
        game = Game(by, 0, self.n_steps, self.terms.s0, self.final_hash, left, t)
        game.staked_wei = {PROPOSER: 0, CHALLENGER: wei}
        self.games.append(game)
        self.locked_wei += wei
        return len(self.games) - 1

    def post(self, by: str, t: int, number: int, hashes: Sequence[bytes], wei: int = 0) -> None:
        """The proposer's state hashes at the inner points of the present interval.

        Raises:
            Refusal: NoSuchGame, GameOver, NotYourRole, NotYourTurn, ClockExpired, WrongSplitCount,
                WrongBond or TimeReversed.
        """
        self._pass_time(t)
        game = self._open_game(number)
        self._check_turn(game, by, self.proposer, POST)
        points = split_points(game.lo, game.hi, self.terms.arity)
        if len(hashes) != len(points) - 2:
            raise refusals.WrongSplitCount(f"{len(hashes)} hashes, not {len(points) - 2}")
        self._stake(game, PROPOSER, wei)
        game.posted = (game.h_lo, *hashes, game.h_hi)
        self._hand_over(game, CHALLENGER)

    def choose(self, by: str, t: int, number: int, segment: int, wei: int = 0) -> None:
        """The challenger's choice: the first segment whose end it disputes.

        Raises:
            Refusal: NoSuchGame, GameOver, NotYourRole, NotYourTurn, ClockExpired, BadSegment,
                WrongBond or TimeReversed.
        """
        self._pass_time(t)
        game = self._open_game(number)
        self._check_turn(game, by, game.challenger, CHOOSE)
        ends = list(pairwise(split_points(game.lo, game.hi, self.terms.arity)))
        if not 0 <= segment < len(ends):
            raise refusals.BadSegment(f"segment is {segment} of {len(ends)}")
        self._stake(game, CHALLENGER, wei)
        game.lo, game.hi = ends[segment]
        game.h_lo, game.h_hi = game.posted[segment : segment + 2]
        game.posted, game.rounds = (), game.rounds + 1
        self._hand_over(game, PROPOSER)

    def prove(
        self,
        by: str,
        t: int,
        number: int,
        state: State,
        insn_proof: bytes | None,
        mem_proof: bytes | None,
    ) -> None:
        """Executes the one disputed step, which decides the game; anybody may call, `by` is noted.

        Raises:
            Refusal: NoSuchGame, GameOver, NotSettled, ClockExpired, WrongPreState or TimeReversed.
            ValueError: BadState, InsnProof, MemProof: the arbiter's.
        """
        self._pass_time(t)
        game = self._open_game(number)
        if game.phase != STEP:
            raise refusals.NotSettled(f"{by}: {game.hi - game.lo} steps are in dispute")
        self._check_clock(game)
        state.check()
        if state.hash != game.h_lo:
            raise refusals.WrongPreState(f"state is {state.hash.hex()}, not {game.h_lo.hex()}")
        after = step(state, insn_proof, mem_proof)
        game.located = game.lo, game.hi
        self._decide(game, PROPOSER if after.hash == game.h_hi else CHALLENGER)

    def timeout(self, by: str, t: int, number: int) -> None:
        """Ends a game whose side to move has no time left; anybody may call, `by` is noted.

        Raises:
            Refusal: NoSuchGame, GameOver, ClockRunning or TimeReversed.
        """
        self._pass_time(t)
        game = self._open_game(number)
        left = game.left_s[game.turn] - (t - game.last)
        if left > 0:
            raise refusals.ClockRunning(f"{by}: the {game.turn} has {left} s left")
        self._decide(game, CHALLENGER if game.turn == PROPOSER else PROPOSER)

    def finalize(self, by: str, t: int) -> None:
        """Makes an unrefuted claim final and returns its bond; anybody may call, `by` is noted.

        Raises:
            Refusal: NoClaim, ClaimClosed, WindowOpen, GamesOpen or TimeReversed.
        """
        self._pass_time(t)
        self._check_pending()
        if t < self.proposed_at + self.terms.window_s:
            raise refusals.WindowOpen(f"{by}: {t - self.proposed_at} s after the proposal")
        if any(game.status == OPEN for game in self.games):
            raise refusals.GamesOpen("a game about the claim is open")
        self.claim = FINAL
        self._release(self.proposer, self.terms.proposer_bond_wei)

    def _pass_time(self, t: int) -> None:
        if t < self.now:
            raise refusals.TimeReversed(f"t is {t}, the last action was at {self.now}")
        self.now = t

    def _check_pending(self) -> None:
        if self.claim is None:
            raise refusals.NoClaim("nothing has been proposed")
        if self.claim != PENDING:
            raise refusals.ClaimClosed(f"the claim is {self.claim}")

    def _open_game(self, number: int) -> Game:
        if not 0 <= number < len(self.games):
            raise refusals.NoSuchGame(f"game {number} of {len(self.games)}")
        game = self.games[number]
        if game.status != OPEN:
            raise refusals.GameOver(f"game {number} is {game.status}")
        return game

    def _check_turn(self, game: Game, by: str, player: str, phase: str) -> None:
        if by != player:
            raise refusals.NotYourRole(f"{by} is not {player}")
        if game.phase != phase:
            raise refusals.NotYourTurn(f"the game waits for {game.phase}, not {phase}")
        self._check_clock(game)

    def _check_clock(self, game: Game) -> None:
        if self.now - game.last >= game.left_s[game.turn]:
            raise refusals.ClockExpired(f"the {game.turn} had {game.left_s[game.turn]} s")

    def _stake(self, game: Game, side: str, wei: int) -> None:
        _check_bond(wei, self.terms.move_bond(game.rounds))
        game.staked_wei[side] += wei
        self.locked_wei += wei

    def _hand_over(self, game: Game, turn: str) -> None:
        """Charges the mover's clock, but leaves it the extension."""
        left = game.left_s[game.turn] - (self.now - game.last)
        game.left_s[game.turn] = max(left, self.terms.extension_s)
        game.turn, game.last = turn, self.now

    def _decide(self, game: Game, winner: str) -> None:
        """Closes a game: the winner's stakes come back, the loser's go to it, less the burn."""
        game.status = winner
        stakes = dict(game.staked_wei)
        if winner == PROPOSER:
            self._pay(self.proposer, stakes[PROPOSER], stakes[CHALLENGER])
            return
        self._pay(
            game.challenger, stakes[CHALLENGER], stakes[PROPOSER] + self.terms.proposer_bond_wei
        )
        self.claim = REJECTED
        for other in self.games:
            if other.status == OPEN:
                other.status = VOID
                self._release(other.challenger, other.staked_wei[CHALLENGER])
                self._release(self.proposer, other.staked_wei[PROPOSER])

    def _pay(self, winner: str, own_wei: int, won_wei: int) -> None:
        burnt = won_wei * self.terms.burn_bps // BASIS_POINTS
        self._release(TREASURY, burnt)
        self._release(winner, own_wei + won_wei - burnt)

    def _release(self, to: str, wei: int) -> None:
        self.locked_wei -= wei
        if wei:
            self.credits_wei[to] = self.credits_wei.get(to, 0) + wei


def _check_bond(wei: int, bond_wei: int) -> None:
    if wei != bond_wei:
        raise refusals.WrongBond(f"sent {wei} wei, the bond is {bond_wei}")
