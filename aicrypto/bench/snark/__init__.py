"""Benchmarks of Groth16 and PLONK, with snarkjs as a peer where it is installed."""
