"""Players of the dispute, honest and not: each a strategy that `tournament.play` asks for moves.

A proposer says what it claims and posts hashes of its own trace; a challenger says whether it
challenges, and which segment it disputes. `None` as a move is silence, which a clock punishes. A
player's `delay_s` is how long it waits before each move.

The opponents: a liar is an honest player whose trace is false (`faults.lie`); the others misbehave
in their moves. None of them can win against an honest player who answers in time.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from aicrypto.opml.games.bisection import choose_segment
from aicrypto.opml.games.faults import Run
from aicrypto.opml.games.terms import Game
from aicrypto.opml.machine import Witness, step

DIGEST_BYTES = 32
DEFAULT_DELAY_S = 60


@dataclass
class Proposer:
    """A proposer that posts the hashes of its trace, true or false."""

    name: str
    run: Run
    delay_s: int = DEFAULT_DELAY_S

    def post(self, game: Game, points: Sequence[int]) -> list[bytes] | None:
        """Hashes at the inner points of the game's interval."""
        return [self.run.commitment(point) for point in points[1:-1]]

    def witnesses(self, game: Game) -> list[Witness]:
        """Proofs of the disputed step to try, in order; none if they would decide against it."""
        return _deciding(self.run, game, holds=True)


@dataclass
class Challenger:
    """A challenger that disputes the first segment whose end differs from its trace.

    Attributes:
        arrives_s: how long after the proposal it looks at the claim.
    """

    name: str
    run: Run
    delay_s: int = DEFAULT_DELAY_S
    arrives_s: int = 100

    def challenges(self, n_steps: int, final_hash: bytes) -> bool:
        """Whether the claim is not what the challenger computed."""
        return self.run.commitment(n_steps) != final_hash

    def choose(self, game: Game, points: Sequence[int], hashes: Sequence[bytes]) -> int | None:
        """The segment it disputes."""
        return choose_segment(self.run.commitment, points, hashes)

    def witnesses(self, game: Game) -> list[Witness]:
        """Proofs of the disputed step to try, in order; none if they would decide against it."""
        return _deciding(self.run, game, holds=False)


@dataclass
class SilentProposer(Proposer):
    """Answers for some rounds, then never again."""

    silent_after: int = 0

    def post(self, game: Game, points: Sequence[int]) -> list[bytes] | None:
        """Hashes as long as it talks."""
        return super().post(game, points) if game.rounds < self.silent_after else None

    def witnesses(self, game: Game) -> list[Witness]:
        """None: it is silent."""
        return []


@dataclass
class GarbagePoster(Proposer):
    """Posts random hashes, so that no trace fits them."""

    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def post(self, game: Game, points: Sequence[int]) -> list[bytes] | None:
        """Random bytes."""
        return [self.rng.randbytes(DIGEST_BYTES) for _ in points[1:-1]]


@dataclass
class SilentChallenger(Challenger):
    """Opens a game, whatever the claim, and never moves in it: the straw man."""

    def challenges(self, n_steps: int, final_hash: bytes) -> bool:
        """Always."""
        return True

    def choose(self, game: Game, points: Sequence[int], hashes: Sequence[bytes]) -> int | None:
        """Silence."""
        return None


@dataclass
class Griefer(Challenger):
    """Challenges a claim it agrees with and goes through all rounds, to waste time and gas."""

    def challenges(self, n_steps: int, final_hash: bytes) -> bool:
        """Always."""
        return True


@dataclass
class MalformedProver(Challenger):
    """Tries every broken witness it can think of before it keeps silent."""

    def witnesses(self, game: Game) -> list[Witness]:
        """Witnesses that are wrong in state, proof or length."""
        return broken_witnesses(self.run.witness(game.lo))


def _deciding(run: Run, game: Game, holds: bool) -> list[Witness]:
    """The witness of the disputed step, if executing it confirms (or refutes) the claim."""
    shown = run.witness(game.lo)
    after = step(shown.state, shown.insn_proof, shown.mem_proof)
    return [shown] if (after.hash == game.h_hi) == holds else []


def broken_witnesses(true: Witness) -> list[Witness]:
    """Copies of a witness with one thing wrong in each."""
    state, proof = true.state, true.insn_proof or b""
    flipped = bytes([proof[0] ^ 1]) + proof[1:] if proof else b""
    return [
        replace(true, state=replace(state, pc=state.pc ^ 4)),
        replace(true, state=replace(state, step=state.step + 1)),
        replace(true, state=replace(state, regs=(1, *state.regs[1:]))),
        replace(true, insn_proof=flipped),
        replace(true, insn_proof=proof[:-DIGEST_BYTES]),
        replace(true, insn_proof=proof[:-1] + bytes([proof[-1] ^ 1]) if proof else b""),
        replace(true, insn_proof=None),
    ]
