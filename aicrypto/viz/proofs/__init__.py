"""Figures of the lessons on proofs: sums (04) and networks (12)."""
