"""Figures on proofs: sums (04), SNARKs (05), SQL (07), networks (12), a machine (13)."""
