"""Answers of the suites bittensor.*: Yuma Consensus and the economy around it."""
