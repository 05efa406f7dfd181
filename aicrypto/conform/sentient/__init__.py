"""Answers of the suites sentient.*: fingerprints, attacks, accusations, shares, the ledger."""
