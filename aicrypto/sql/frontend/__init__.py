"""SQL text to the small plan, by sqlglot; whatever has no proof is refused by name and place."""

from aicrypto.sql.frontend.names import AmbiguousColumn
from aicrypto.sql.frontend.queries import parse
from aicrypto.sql.frontend.refusals import UnsupportedSql

__all__ = ["AmbiguousColumn", "UnsupportedSql", "parse"]
