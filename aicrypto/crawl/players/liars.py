"""Routers and validators that lie, and what is left of their lies.

A router's signature is worth nothing by itself: the validator compares every receipt with its own
count. A validator that rewrites its ledger needs a second signature over another history, and
monitors hold both.
"""

from collections.abc import Sequence

from aicrypto.crawl.ledger import Ledger
from aicrypto.crawl.network.router import Router
from aicrypto.crawl.signing import TreeHead


class BlindRouter(Router):
    """Signs whatever its nodes bill: it shares in what they are paid."""

    def agrees(self, data: bytes) -> bool:
        """Always."""
        return True


def rewritten_head(
    entries: Sequence[bytes], index: int, entry: bytes, timestamp_ms: int, seed: bytes
) -> TreeHead:
    """A head, properly signed, over the entries with one of them replaced."""
    changed = [*entries[:index], entry, *entries[index + 1 :]]
    return Ledger(changed).head(timestamp_ms, seed)
