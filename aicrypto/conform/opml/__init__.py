"""Suites of the opml room: disputes, other games, phases (opml.md)."""
