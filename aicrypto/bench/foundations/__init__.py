"""Benchmarks of fields, curves, commitments, signatures and proofs about sums."""
