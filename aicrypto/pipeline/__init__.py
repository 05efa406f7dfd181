"""The main job: from web pages to a paid, proved answer, with a receipt for every step.

    order -> crawl -> witness -> dataset -> together -> train -> rank -> own -> quantise -> prove
    -> claim -> market -> inference -> context -> royalty -> settle -> service -> sale

`run` does it and leaves a folder; `verify` checks such a folder without trusting whoever ran it.
"""

from aicrypto.pipeline.receipts import Memory, Receipt
from aicrypto.pipeline.runner import Result, device_named, resume, run, verify
from aicrypto.pipeline.state import Options

__all__ = ["Memory", "Options", "Receipt", "Result", "device_named", "resume", "run", "verify"]
