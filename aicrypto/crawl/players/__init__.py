"""The network as a play: honest nodes, cheats, farms, liars, and the report that names them."""

from aicrypto.crawl.players.cast import Part, Stage, browser_id, cast, on_stage, seed_of
from aicrypto.crawl.players.cheats import CHEATS
from aicrypto.crawl.players.liars import BlindRouter, rewritten_head
from aicrypto.crawl.players.report import (
    Line,
    Report,
    explain_points,
    probe_all,
    report_on,
    unwitnessed,
)

__all__ = [
    "CHEATS",
    "BlindRouter",
    "Line",
    "Part",
    "Report",
    "Stage",
    "browser_id",
    "cast",
    "explain_points",
    "on_stage",
    "probe_all",
    "report_on",
    "rewritten_head",
    "seed_of",
    "unwitnessed",
]
