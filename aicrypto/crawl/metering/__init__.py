"""What flowed and who saw it: sealed records, openings, receipts, copies that must agree."""

from aicrypto.crawl.metering.consensus import Copy, Verdict, decide
from aicrypto.crawl.metering.receipts import Book, Job, Receipt, compare, sign_receipt
from aicrypto.crawl.metering.records import (
    BadMac,
    BadRecord,
    NoContentType,
    RecordTooLarge,
    open_record,
    open_stream,
    seal_record,
    seal_stream,
)
from aicrypto.crawl.metering.reveal import (
    OpenedChunk,
    Opening,
    commit_transcript,
    open_transcript,
    verify_opening,
)

__all__ = [
    "BadMac",
    "BadRecord",
    "Book",
    "Copy",
    "Job",
    "NoContentType",
    "OpenedChunk",
    "Opening",
    "Receipt",
    "RecordTooLarge",
    "Verdict",
    "commit_transcript",
    "compare",
    "decide",
    "open_record",
    "open_stream",
    "open_transcript",
    "seal_record",
    "seal_stream",
    "sign_receipt",
    "verify_opening",
]
