"""Benchmarks of language models: fingerprints in them, and how quickly one speaks."""
