"""Suites of the compute market: billing on the contracts, signatures, the chain, matching."""
