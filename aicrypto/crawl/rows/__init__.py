"""Rows: canonical records, quality and language, the data set and its files, provenance."""

from aicrypto.crawl.rows.building import Build, Judged, Rules, build, dataset, judge, row_of
from aicrypto.crawl.rows.files import (
    from_arrow,
    read_json_lines,
    read_parquet,
    to_arrow,
    write_json_lines,
    write_parquet,
)
from aicrypto.crawl.rows.provenance import Provenance, extracted, failed_check, verify_provenance
from aicrypto.crawl.rows.quality import failed_rules, language_of
from aicrypto.crawl.rows.record import (
    FIELDS,
    ROW_FIELDS,
    SESSION_FIELDS,
    BadRecord,
    canonical,
    leaf_hash,
)

__all__ = [
    "FIELDS",
    "ROW_FIELDS",
    "SESSION_FIELDS",
    "BadRecord",
    "Build",
    "Judged",
    "Provenance",
    "Rules",
    "build",
    "canonical",
    "dataset",
    "extracted",
    "failed_check",
    "failed_rules",
    "from_arrow",
    "judge",
    "language_of",
    "leaf_hash",
    "read_json_lines",
    "read_parquet",
    "row_of",
    "to_arrow",
    "verify_provenance",
    "write_json_lines",
    "write_parquet",
]
