"""Compiled hashing and conversations: SHA-256, the transcript, sumchecks said and followed."""
