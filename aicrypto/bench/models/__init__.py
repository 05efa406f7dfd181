"""Benchmarks of language models: fingerprints that are taught, found, and attacked."""
