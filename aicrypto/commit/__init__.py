"""Commitments: say now, show later. Hashes, Merkle trees, and the transcript of a proof."""
