"""The deployed planner: what it refuses and how it says so, and what it makes of odd SQL."""

import pytest

from aicrypto.sql import plan as p
from aicrypto.sql import planner
from aicrypto.sql.planner.lexer import tokens
from aicrypto.sql.types import (
    BIGINT,
    BOOLEAN,
    INT,
    SMALLINT,
    VARBINARY,
    VARCHAR,
    decimal,
    timestamp,
)

SCHEMA = {
    "w.t": {
        "a": BIGINT,
        "b": BIGINT,
        "i": INT,
        "h": SMALLINT,
        "d": decimal(5, 2),
        "s": VARCHAR,
        "raw": VARBINARY,
        "ok": BOOLEAN,
        "sec": timestamp(0),
        "ms": timestamp(1),
    },
    "w.u": {"a": BIGINT, "c": BIGINT, "s": VARCHAR, "i": BIGINT},
}

REFUSALS = [
    ("SELECT a FROM w.t ORDER BY a", "UnsupportedSql", "'order' at position 18"),
    ("SELECT DISTINCT a FROM w.t", "UnsupportedSql", "'distinct' at position 7"),
    ("SELECT a / b AS q FROM w.t", "UnsupportedSql", "position 9"),
    ("SELECT a FROM w.t WHERE s IS NULL", "UnsupportedSql", "'is' at position 26"),
    ("SELECT NULL AS n FROM w.t", "UnsupportedSql", "'null' at position 7"),
    ("SELECT a FROM w.t UNION SELECT a FROM w.t", "UnsupportedSql", "'union' at position 18"),
    ("SELECT a FROM w.t LEFT JOIN w.u ON w.t.a = w.u.a", "UnsupportedSql", "'left'"),
    ("SELECT 5 AS five", "UnsupportedSql", "expected 'from'"),
    ("SELECT -a AS m FROM w.t", "UnsupportedSql", "a minus sign belongs to a number"),
    ("SELECT upper(s) AS u FROM w.t", "UnsupportedSql", r"'\(' at"),
    ("SELECT SUM(SUM(a)) AS x FROM w.t", "UnsupportedSql", "within an aggregate"),
    ("SELECT a FROM w.t WHERE SUM(a) = 1", "UnsupportedSql", "SUM may not stand here"),
    ("SELECT a FROM w.t LIMIT x", "UnsupportedSql", "expected a integer"),
    ("SELECT a FROM w.t WHERE a = 1abc", "UnsupportedSql", "is no token"),
    ("SELECT a FROM w.t;", "UnsupportedSql", "is no token"),
    ("SELECT aa FROM w.t", "ColumnNotFound", "did you mean 'a'"),
    ("SELECT a FROM w.tt", "TableNotFound", "did you mean 'w.t'"),
    ("SELECT a, b FROM w.t GROUP BY a, b", "UnprovableGroupBy", "one number at most"),
    ("SELECT s, COUNT(*) AS n FROM w.t GROUP BY s", "UnprovableGroupBy", "varchar"),
    ("SELECT b, COUNT(*) AS n FROM w.t GROUP BY a", "ColumnNotInGroupBy", "neither grouped"),
    ("SELECT AVG(a) AS m FROM w.t", "UnsupportedAggregateOperation", "avg at position 7"),
    ("SELECT SUM(s) AS m FROM w.t", "InvalidDataType", "SUM takes numbers"),
    ("SELECT a FROM w.t WHERE NOT a", "InvalidDataType", "boolean"),
    ("SELECT a FROM w.t WHERE ok AND a", "DataTypeMismatch", "takes booleans"),
    ("SELECT a FROM w.t WHERE s < 'x'", "DataTypeMismatch", "< does not take"),
    ("SELECT a + s AS x FROM w.t", "DataTypeMismatch", r"\+ or - does not take"),
    ("SELECT a FROM w.t WHERE a = 9223372036854775808", "InvalidLiteral", "64 bits"),
    ("SELECT a FROM w.t WHERE raw = 0x123", "InvalidLiteral", "odd number"),
    ("SELECT a FROM w.t WHERE $1 = $2", "UntypedPlaceholder", r"\$1 and \$2"),
    ("SELECT $1 AS x FROM w.t", "UntypedPlaceholder", r"\$1"),
    ("SELECT a FROM w.t WHERE a = $0", "ZeroPlaceholderId", r"from \$1"),
    ("SELECT a + 1 FROM w.t", "AliasRequired", "has no name"),
    ("SELECT a, b AS a FROM w.t", "DuplicateOutputName", "'a'"),
    ("SELECT a FROM w.t UNION ALL SELECT s FROM w.t", "UnionIncompatibleSchemas", "differ"),
    ("SELECT c FROM w.t JOIN w.u ON w.t.a = w.u.c", "UnsupportedPredicate", "one name"),
    ("SELECT c FROM w.t JOIN w.u ON w.t.s = w.u.s", "JoinIncompatibleTypes", "varchar"),
    ("SELECT i FROM w.t JOIN w.u ON w.t.a = w.u.a", "AmbiguousColumn", "several tables"),
    ("SELECT CAST(s AS bigint) AS x FROM w.t", "DataTypeMismatch", "cast"),
    ("SELECT a::blob AS x FROM w.t", "UnsupportedSql", "no type"),
    ("SELECT a::decimal(10, 2, 7) AS x FROM w.t", "UnsupportedSql", "no type"),
    ("SELECT a FROM w.t WHERE a = 5--3", "UnsupportedSql", "'--3' at position 29"),
    ("SELECT a FROM w.t -- all", "UnsupportedSql", "'-- all' at position 18"),
]


@pytest.mark.parametrize(("sql", "name", "says"), REFUSALS, ids=[r[0] for r in REFUSALS])
def test_a_refusal_names_the_construct(sql: str, name: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refusal:
        planner.plan(sql, SCHEMA)
    assert type(refusal.value).__name__ == name


def where(condition: str) -> p.Expression:
    root = planner.plan(f"SELECT a FROM w.t WHERE {condition}", SCHEMA).root
    node = root if isinstance(root, p.Filter) else root.source
    assert isinstance(node, p.Filter)
    return node.where


def test_two_spellings_of_one_condition_are_one_plan() -> None:
    pairs = [
        ("a BETWEEN 1 AND 3", "NOT (a < 1 OR a > 3)"),
        ("a <> 1", "NOT a = 1"),
        ("a >= 1", "NOT a < 1"),
        ("a <= 1", "not (a > 1)"),
        ("a = CAST($1 AS bigint)", "a = $1::bigint"),
        ("s IN ('x', 'y')", "s = 'x' OR s = 'y'"),
        ("a = 1 OR b = 2 AND ok", "(a = 1) OR ((b = 2) AND ok)"),
        ("NOT a = 1 AND ok", "(NOT a = 1) AND ok"),
        ("s = 'it''s'", "s='it''s'"),
    ]
    for left, right in pairs:
        assert where(left) == where(right)


def test_literals_take_the_types_they_stand_beside() -> None:
    literal = where("h = 7").right
    assert literal == p.Literal(SMALLINT, 7)
    assert where("h = 70000").right == p.Literal(BIGINT, 70000)
    assert where("$1 = h").left == p.Parameter(0, SMALLINT)
    assert where("d = 1.50").right == p.Literal(decimal(3, 2), 150)
    assert where("d > 0.05").right == p.Literal(decimal(2, 2), 5)
    assert where("raw = 0x00fF").right == p.Literal(VARBINARY, b"\x00\xff")


def test_scales_are_raised_to_the_larger() -> None:
    scaled = where("a = d").left
    assert scaled == p.Rescale(p.ColumnRef(0), decimal(21, 2), 100)
    assert where("sec < ms").left == p.Rescale(p.ColumnRef(1), timestamp(1), 1000)
    assert isinstance(where("d * a = d * a"), p.Binary)


def test_casts_take_the_cheapest_way() -> None:
    assert where("a = i::bigint").right == p.Cast(p.ColumnRef(1), BIGINT)
    assert where("d = CAST(i AS decimal(12, 2))").right == p.Rescale(
        p.ColumnRef(1), decimal(12, 2), 100
    )


def test_having_may_use_names_of_items() -> None:
    by_name = planner.plan("SELECT a, SUM(b) AS total FROM w.t GROUP BY a HAVING total > 1", SCHEMA)
    spelled = planner.plan(
        "SELECT a, SUM(b) AS total FROM w.t GROUP BY a HAVING SUM(b) > 1", SCHEMA
    )
    assert by_name == spelled


def test_capitals_are_for_names_not_for_text() -> None:
    schema = {"W.T": {"A": BIGINT, "S": VARCHAR}}
    plan = planner.plan("select a from w.t where s = 'x'", schema, uppercase=True)
    assert plan.outputs == ("A",)
    assert plan.root.where.right == p.Literal(VARCHAR, "x")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM w.t LIMIT 1",
        "SELECT a FROM w.t UNION ALL SELECT b FROM w.t",
        "SELECT COUNT(*) AS n, a FROM w.t GROUP BY a",
        "SELECT a + 1 AS x, COUNT(*) AS n FROM w.t GROUP BY a + 1",
        "SELECT a FROM (SELECT a FROM w.t)",
    ],
)
def test_the_older_dialect_knows_less(sql: str) -> None:
    with pytest.raises(planner.UnsupportedSql, match="legacy dialect"):
        planner.plan(sql, SCHEMA, "legacy")


def test_tokens_know_their_places() -> None:
    found = [(t.kind, t.text, t.position) for t in tokens("SELECT a>=-1")]
    assert found == [
        ("keyword", "select", 0),
        ("word", "a", 7),
        ("operator", ">=", 8),
        ("operator", "-", 10),
        ("integer", "1", 11),
        ("end", "", 12),
    ]
