"""The dispute game as a production rollup plays it: positions, bonds by depth, clocks, claims."""

from aicrypto.opml.games.production.bonds import path_bond, required_bond
from aicrypto.opml.games.production.fault_game import Claim, FaultGame, Rules
from aicrypto.opml.games.production.positions import (
    ClaimAboveSplit,
    attack,
    defend,
    depth,
    index_at_depth,
    right_index,
    trace_ancestor,
    trace_ancestor_bounded,
    trace_index,
)
from aicrypto.opml.games.production.refusals import FaultGameRefusal

__all__ = [
    "Claim",
    "ClaimAboveSplit",
    "FaultGame",
    "FaultGameRefusal",
    "Rules",
    "attack",
    "defend",
    "depth",
    "index_at_depth",
    "path_bond",
    "required_bond",
    "right_index",
    "trace_ancestor",
    "trace_ancestor_bounded",
    "trace_index",
]
