"""Figures of networks of parties: who votes for whom, who is paid."""

from aicrypto.viz.networks.subnets import draw_cabal, draw_copier, draw_emission, draw_votes

__all__ = ["draw_cabal", "draw_copier", "draw_emission", "draw_votes"]
