"""The arithmetic of one proof, step by step: prover and verifier of each step in one module."""
