"""Tensor commitments in the manner of Ligero: a root for a long vector, opened at any point."""
