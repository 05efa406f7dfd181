"""Finding rows: by meaning (`vectors`, `features`), and by a question in English (`questions`)."""

from aicrypto.sql.search.questions import ask, to_sql
from aicrypto.sql.search.vectors import Index, Search, index_table, is_k_nearest, search

__all__ = ["Index", "Search", "ask", "index_table", "is_k_nearest", "search", "to_sql"]
