"""Proofs whose verifier does far less than the prover.

Here: sums and products of large tables, by sumcheck and lookups. Below: `r1cs` writes computations
as circuits, `groth16` and `plonk` prove them in some hundred bytes that a contract can check.
"""
