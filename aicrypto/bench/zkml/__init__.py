"""Proofs of inference: time beside inference and beside EZKL, claims about many rows, gas."""
