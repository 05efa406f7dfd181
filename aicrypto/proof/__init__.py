"""Proofs about large sums and products whose verifier does far less than the prover."""
