"""Answers of the suites sxt.* about text: plans, query results, vector search, plain English."""

from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.conform.encoding import enhex
from aicrypto.conform.sql.exact import setup_of, table_of, value_json
from aicrypto.sql import planner
from aicrypto.sql.exact import execute
from aicrypto.sql.exact.format import plans, results
from aicrypto.sql.search import Index, index_table, search, to_sql
from aicrypto.sql.table import Schema, schema_of
from aicrypto.sql.types import ColumnType

Json = dict[str, Any]


def schema_from(given: Json) -> Schema:
    """A schema out of {table: [[name, type], ...]}."""
    return {
        table: {name: ColumnType.from_json(type_) for name, type_ in columns}
        for table, columns in given.items()
    }


def plan(case: Json) -> Json:
    """Suite sxt.plan: {sql, schema, dialect, uppercase} -> {plan}."""
    schema = schema_from(case["schema"])
    made = planner.plan(case["sql"], schema, case["dialect"], case["uppercase"])
    return {"plan": enhex(plans.encode(made))}


def query_result(case: Json) -> Json:
    """Suite sxt.query_result: {sql, dialect, tables} -> {columns, result}."""
    tables = {name: table_of(columns) for name, columns in case["tables"].items()}
    made = planner.plan(case["sql"], schema_of(tables), case["dialect"])
    columns = execute(made, tables).columns
    listed = [
        {"name": c.name, "type": c.type.to_json(), "values": [value_json(v) for v in c.values]}
        for c in columns
    ]
    return {"columns": listed, "result": enhex(results.encode(columns))}


def text_to_sql(case: Json) -> Json:
    """Suite sxt.text_to_sql: {text, schema} -> {sql}."""
    return {"sql": to_sql(case["text"], schema_from(case["schema"]))}


def vector_search(case: Json) -> Json:
    """Suite sxt.vector_search: {table, id_column, dims, ids, vectors, query, k} -> a search."""
    type_ = ColumnType.from_json(case["vector_type"])
    index = Index(case["table"], case["id_column"], tuple(case["dims"]), type_)
    table = index_table(case["ids"], case["vectors"], index)
    found = search(index, table, case["query"], case["k"], setup_of(table.length))
    data, statement = found.made.proof.to_bytes(), found.made.statement
    return {
        "sql": found.sql,
        "radius": found.radius,
        "ids": found.ids,
        "distances": found.distances,
        "plan": enhex(statement.plan),
        "result": enhex(statement.result),
        "proof_length": len(data),
        "proof_keccak": enhex(keccak256(data)),
    }
