"""The games: how a dispute about a run is found, played, paid and settled.

Bisection and lies (`bisection`, `faults`), the referee with clocks and bonds (`referee`, `terms`),
the same on a chain (`court`), players and whole disputes (`players`, `play`); beside them the game
of a production rollup (`production`), the all-versus-all edge game (`edges`), and the question why
anybody should check at all (`incentives`).
"""

from aicrypto.opml.games.bisection import Round, Search, Verdict, choose_segment, dispute, search
from aicrypto.opml.games.court import CLAIMS, ChainCourt
from aicrypto.opml.games.faults import Fault, PaddedRun, Run, lie
from aicrypto.opml.games.play import Action, Court, Settlement, play
from aicrypto.opml.games.players import (
    Challenger,
    GarbagePoster,
    Griefer,
    MalformedProver,
    Proposer,
    SilentChallenger,
    SilentProposer,
    broken_witnesses,
)
from aicrypto.opml.games.referee import Referee, shows_output
from aicrypto.opml.games.refusals import Refusal
from aicrypto.opml.games.terms import Game, Terms, split_points

__all__ = [
    "CLAIMS",
    "Action",
    "ChainCourt",
    "Challenger",
    "Court",
    "Fault",
    "Game",
    "GarbagePoster",
    "Griefer",
    "MalformedProver",
    "PaddedRun",
    "Proposer",
    "Referee",
    "Refusal",
    "Round",
    "Run",
    "Search",
    "Settlement",
    "SilentChallenger",
    "SilentProposer",
    "Terms",
    "Verdict",
    "broken_witnesses",
    "choose_segment",
    "dispute",
    "lie",
    "play",
    "search",
    "shows_output",
    "split_points",
]
