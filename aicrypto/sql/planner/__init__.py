"""The deployed planner: SQL text into the plan whose bytes a proof begins with.

`plan(sql, schema)` is the way in. What has no proof in that system is refused by name and place.
"""

from aicrypto.sql.plan import Plan
from aicrypto.sql.planner.legacy import plan_legacy
from aicrypto.sql.planner.lexer import UnsupportedSql
from aicrypto.sql.planner.parser import parse
from aicrypto.sql.planner.selects import plan_query
from aicrypto.sql.planner.sources import Header
from aicrypto.sql.table import Schema

__all__ = ["UnsupportedSql", "plan"]


def plan(sql: str, schema: Schema, dialect: str = "current", uppercase: bool = False) -> Plan:
    """The plan of a query over tables with these columns.

    `dialect` is "current" or "legacy"; `uppercase` turns all names into capitals first, as the
    deployed system's client does.

    Raises:
        ValueError: whose class is the deployed system's name for the refusal; `UnsupportedSql` for
            constructs that it does not know, naming construct and position.
    """
    if dialect not in ("current", "legacy"):
        raise ValueError(f"dialect is {dialect!r}, must be 'current' or 'legacy'")
    query = parse(sql, uppercase)
    if dialect == "legacy":
        return plan_legacy(query, schema)
    header = Header(schema, query)
    root = plan_query(query, header)
    outputs = tuple(field.name for field in root.fields)
    return Plan(tuple(header.tables), tuple(header.columns), outputs, root.node)
