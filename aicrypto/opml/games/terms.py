"""What a dispute is played for, and how far one game of it has come.

`Terms` are a task's fixed numbers, `Game` is one challenger against the claim. Both the referee in
Python and the contract's reader use them. Times are seconds, money wei, hashes 32 bytes.
"""

from dataclasses import dataclass, field

BASIS_POINTS = 10_000
PROPOSER, CHALLENGER = "proposer", "challenger"
OPEN, VOID = "open", "void"
POST, CHOOSE, STEP = "post", "choose", "step"


@dataclass(frozen=True)
class Terms:
    """What a task's dispute is played for, and at which pace; as `DisputeGame.vy` orders it.

    Attributes:
        s0: hash of the task's start state.
        arity: segments per round, at least 2.
        window_s: time for challenges after the proposal.
        clock_s: each side's time per game.
        extension_s: what is left after a move at least; not more than `clock_s`.
        proposer_bond_wei, challenger_bond_wei: locked by a claim and by a game.
        burn_bps: part of the loser's stake that nobody gets, in 1/10,000.
        move_bond_wei: stake of a post or choice in the first round.
        growth_bps: by how much that grows per round, in 1/10,000.
    """

    s0: bytes
    arity: int = 2
    window_s: int = 604_800
    clock_s: int = 302_400
    extension_s: int = 10_800
    proposer_bond_wei: int = 10**18
    challenger_bond_wei: int = 2 * 10**17
    burn_bps: int = 0
    move_bond_wei: int = 0
    growth_bps: int = 0

    def __post_init__(self) -> None:
        if self.arity < 2:
            raise ValueError(f"arity is {self.arity}, must be >= 2")
        if not 0 <= self.extension_s <= self.clock_s:
            raise ValueError(f"extension_s is {self.extension_s}, must be in 0..{self.clock_s}")
        if not 0 <= self.burn_bps <= BASIS_POINTS:
            raise ValueError(f"burn_bps is {self.burn_bps}, must be in 0..{BASIS_POINTS}")

    def move_bond(self, n_rounds: int) -> int:
        """Stake of a move after so many rounds."""
        bond = self.move_bond_wei
        for _ in range(n_rounds):
            bond = bond * (BASIS_POINTS + self.growth_bps) // BASIS_POINTS
        return bond


@dataclass
class Game:
    """One challenger against the claim; they agree on state `lo` and disagree on state `hi`.

    Attributes:
        left_s: time left by side.
        last: time of the last move.
        turn: the side to move.
        posted: hashes at the points of the present round, once the proposer has posted.
        status: "open", the winner's side, or "void".
        located: the disputed step once it was executed.
        staked_wei: what either side has put up in this game.
    """

    challenger: str
    lo: int
    hi: int
    h_lo: bytes
    h_hi: bytes
    left_s: dict[str, int]
    last: int
    turn: str = PROPOSER
    posted: tuple[bytes, ...] = ()
    rounds: int = 0
    status: str = OPEN
    located: tuple[int, int] | None = None
    staked_wei: dict[str, int] = field(default_factory=dict)

    @property
    def phase(self) -> str:
        """The kind of move that the game waits for."""
        if self.turn == CHALLENGER:
            return CHOOSE
        return STEP if self.hi - self.lo == 1 else POST


def split_points(lo: int, hi: int, arity: int) -> list[int]:
    """Indices that cut [lo, hi] into `arity` segments, or into single steps; ends included.

    >>> split_points(0, 5, 2)
    [0, 2, 5]
    """
    n_segments = min(arity, hi - lo)
    return [lo + (hi - lo) * i // n_segments for i in range(n_segments + 1)]
