"""Nodes that cheat, each in one way, and what gives them away.

A cheat is a `Behaviour`: it overrides what an honest node does with a page, with a receipt, or with
the question how fast its line is. None of them is clumsy: every receipt has the right form, every
page the right status.
"""

from dataclasses import replace

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.metering.receipts import Receipt, sign_receipt
from aicrypto.crawl.network.node import Behaviour
from aicrypto.crawl.network.protocol import Outcome, WebAnswer, WebRequest
from aicrypto.crawl.network.wallet import Wallet

POISON = b"<p>Buy magic beans today.</p>"


class Forger(Behaviour):
    """Signs with a key that is not the one it connected with, to bill in another's name."""

    def receipt(self, draft: Receipt, wallet: Wallet) -> tuple[bytes, bytes]:
        """The true receipt under a stranger's signature."""
        data = draft.to_bytes()
        return data, sign_receipt(data, "node", sha256(b"another key", wallet.seed))


class Inflator(Behaviour):
    """Bills ten times the bytes that it carried."""

    def receipt(self, draft: Receipt, wallet: Wallet) -> tuple[bytes, bytes]:
        """A receipt that says ten times as much, properly signed."""
        data = replace(draft, bytes_down=10 * draft.bytes_down + 1).to_bytes()
        return data, sign_receipt(data, "node", wallet.seed)


class Duplicator(Behaviour):
    """Is paid once, then hands in that same receipt for every later page."""

    def receipt(self, draft: Receipt, wallet: Wallet) -> tuple[bytes, bytes]:
        """The first accepted receipt over again, as soon as there is one."""
        if not wallet.receipts:
            return super().receipt(draft, wallet)
        data, signatures = wallet.receipts[0]
        return data, signatures["node"]


class Poisoner(Behaviour):
    """Slips a sentence of its own into every page."""

    def page(self, request: WebRequest, outcome: Outcome) -> Outcome:
        """The page with the sentence before its end."""
        if not isinstance(outcome, WebAnswer):
            return outcome
        return replace(outcome, body=outcome.body.replace(b"</body>", POISON + b"</body>") + b"\n")


class Replayer(Behaviour):
    """Fetches one page and answers every later request with it: bandwidth for nothing."""

    def __init__(self) -> None:
        self._kept: WebAnswer | None = None

    def page(self, request: WebRequest, outcome: Outcome) -> Outcome:
        """The first good page, whatever was asked for."""
        if self._kept is None and isinstance(outcome, WebAnswer) and outcome.status == 200:
            self._kept = outcome
        return outcome if self._kept is None else replace(self._kept, url=request.url)


class Boaster(Behaviour):
    """Claims a hundred times the bandwidth of its line, to be given more work."""

    def claimed_bps(self, measured_bps: int) -> int:
        """A hundred times the truth."""
        return 100 * measured_bps


CHEATS: dict[str, type[Behaviour]] = {
    "forger": Forger,
    "inflator": Inflator,
    "duplicator": Duplicator,
    "poisoner": Poisoner,
    "replayer": Replayer,
    "boaster": Boaster,
}
