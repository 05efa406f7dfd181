"""Benchmarks of training together: what communication costs and saves, and what a referee does."""
