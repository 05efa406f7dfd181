"""Figures of networks of parties: who votes for whom, who is paid."""

from aicrypto.viz.networks.crawling import draw_capture, draw_earnings, draw_nodes
from aicrypto.viz.networks.royalties import draw_diamonds, draw_flow, draw_generations
from aicrypto.viz.networks.subnets import draw_cabal, draw_copier, draw_emission, draw_votes
from aicrypto.viz.networks.training import draw_bytes, draw_poison, draw_scores, draw_waiting

__all__ = [
    "draw_bytes",
    "draw_cabal",
    "draw_capture",
    "draw_copier",
    "draw_diamonds",
    "draw_earnings",
    "draw_emission",
    "draw_flow",
    "draw_generations",
    "draw_nodes",
    "draw_poison",
    "draw_scores",
    "draw_votes",
    "draw_waiting",
]
