"""The main job: from web pages to a paid, proved answer, with a receipt for every step.

    crawl -> witness -> dataset -> train -> rank -> own -> quantise -> prove -> claim
    -> inference -> royalty -> settle

`run` does it and leaves a folder; `verify` checks such a folder without trusting whoever ran it.
"""

from aicrypto.pipeline.receipts import Receipt
from aicrypto.pipeline.runner import Result, device_named, run, verify
from aicrypto.pipeline.state import Options

__all__ = ["Options", "Receipt", "Result", "device_named", "run", "verify"]
