"""Figures of the lessons on proofs: sums (04), SNARKs (05), networks (12), a machine (13)."""
