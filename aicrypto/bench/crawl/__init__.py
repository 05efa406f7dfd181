"""Benchmarks of the crawl room: the network against a plain client, duplicates against a peer."""
