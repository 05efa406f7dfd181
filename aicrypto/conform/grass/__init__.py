"""Suites of the crawl room: the network and what becomes of its pages (grass.md)."""
