"""Answers of the suites sxt.* about columns, plans and proofs in the deployed format."""

import os
from pathlib import Path
from typing import Any

from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.commit.hashes import keccak256
from aicrypto.commit.kzg import deployed
from aicrypto.commit.kzg.setup import BN254, Setup
from aicrypto.conform import Unavailable
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.sql import plan as p
from aicrypto.sql.exact import commit, multilinear, prove, range_length, scalar, setup_for, verify
from aicrypto.sql.exact.commitments import N_POWERS
from aicrypto.sql.exact.format import plans
from aicrypto.sql.exact.format.results import Bounds, TableCommitment
from aicrypto.sql.exact.gadgets.bits import distribution
from aicrypto.sql.exact.protocol import QueryProof, Statement
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import ColumnType, Value

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
POWERS_FILE = "vectors/sxt_ppot_0080_10.bin"  # of the ceremony; longer than a repository wants

MASK_BYTES = 32
N_SHOWN_ROWS = 64  # of proofs over longer tables, cases tell length and hash only


def setup_of(n_rows: int) -> Setup:
    """The deployed parameters for so many rows, more than 64 from the ceremony's file.

    That is the file that AICRYPTO_PPOT names, or one in a folder `vectors` next to this project.

    Raises:
        Unavailable: if it is nowhere.
    """
    if n_rows > N_POWERS and deployed.PPOT_VARIABLE not in os.environ:
        for path in sorted(ROOT.parent.glob(f"*/{POWERS_FILE}")):
            return deployed.space_and_time(1 << (n_rows - 1).bit_length(), path)
        raise Unavailable(f"{n_rows} rows need the file that {deployed.PPOT_VARIABLE} names")
    return setup_for(n_rows)


def column_commitment(case: Json) -> Json:
    """Suite sxt.column_commitment: {type, values, offset} -> {scalars, commitment}."""
    column = column_of({"name": "c", **case})
    values = [scalar(value) for value in column.values]
    point = commit(setup_of(case["offset"] + len(values)), values, case["offset"])
    return {"scalars": values, "commitment": enhex(BN254.g1_to_bytes(point))}


def mle(case: Json) -> Json:
    """Suite sxt.mle: values of chi, rho, the truncated equality polynomial, and columns."""
    return {"value": _MLE[case["fn"]](case)}


_MLE = {
    "chi": lambda case: multilinear.chi(case["length"], case["point"]),
    "rho": lambda case: multilinear.rho(case["length"], case["point"]),
    "eq_truncated": lambda case: multilinear.equality(
        case["length"], case["point"], case["point2"]
    ),
    "column": lambda case: multilinear.evaluate(
        [FR.from_int(v) for v in case["values"]], case["point"]
    ),
}


def bit_distribution(case: Json) -> Json:
    """Suite sxt.bit_distribution: {values} -> masks, bit columns and signs."""
    found = distribution([FR.from_int(value) for value in case["values"]])
    varying, leading = (enhex(mask.to_bytes(MASK_BYTES, "big")) for mask in found.masks)
    return {
        "vary_mask": varying,
        "leading_bit_mask": leading,
        "bit_columns": found.bit_columns,
        "negative": found.negative,
    }


def proof(case: Json) -> Json:
    """Suites sxt.filter_proof, aggregate_proof, query_proof: result, commitments and proof."""
    plan = plans.decode(unhex(case["plan"]))
    tables = {name: table_of(columns) for name, columns in case["tables"].items()}
    parameters = [parameter_of(given) for given in case["params"]]
    setup = setup_of(range_length(plan, tables, parameters))
    made = prove(plan, tables, parameters, setup)
    data, statement = made.proof.to_bytes(), made.statement
    answer = {
        "result": enhex(statement.result),
        "columns": columns_json(made),
        "table_lengths": list(statement.table_lengths),
        "commitments": [enhex(BN254.g1_to_bytes(point)) for point in statement.commitments],
        "proof_length": len(data),
        "proof_keccak": enhex(keccak256(data)),
    }
    small = max(statement.table_lengths, default=0) <= N_SHOWN_ROWS
    return answer | ({"proof": enhex(data)} if small else {})


def verification(case: Json) -> Json:
    """Suite sxt.verify: {plan, result, proof, table_lengths, commitments, params} -> {valid}."""
    try:
        points = tuple(BN254.g1_from_bytes(unhex(c), "commitment") for c in case["commitments"])
    except ValueError:
        return {"valid": False}
    statement = Statement(
        unhex(case["plan"]),
        unhex(case["result"]),
        tuple(case["table_lengths"]),
        points,
        tuple(scalar(parameter_of(given).value) for given in case["params"]),
    )
    return {"valid": verify(statement, unhex(case["proof"]))}


def plan_decode(case: Json) -> Json:
    """Suite sxt.plan_decode: {plan} -> {tables, columns, outputs, plan}."""
    plan = plans.decode(unhex(case["plan"]))
    return {
        "tables": list(plan.tables),
        "columns": [[c.table, c.name, c.type.to_json()] for c in plan.columns],
        "outputs": list(plan.outputs),
        "plan": tree(plan.root),
    }


def table_commitment(case: Json) -> Json:
    """Suite sxt.table_commitment: {bytes} -> {rows, columns}."""
    table = TableCommitment.from_bytes(unhex(case["bytes"]))
    columns = [
        {
            "name": c.name,
            "type": c.type.to_json(),
            "bounds": _bounds(c.bounds),
            "commitment": enhex(BN254.g1_to_bytes(c.point)),
        }
        for c in table.columns
    ]
    return {"rows": table.n_rows, "columns": columns}


def _bounds(bounds: Bounds | None) -> list[Any] | None:
    if bounds is None:
        return None
    if bounds.name == "empty":
        return [bounds.name]
    return [bounds.name, bounds.low, bounds.high]


def value_of(type_: ColumnType, value: Any) -> Value:
    """A JSON value as a Python value."""
    return unhex(value) if type_.kind == "varbinary" else value


def column_of(given: Json) -> Column:
    """A column out of {name, type, values}."""
    type_ = ColumnType.from_json(given["type"])
    values = [value_of(type_, value) for value in given["values"]]
    return Column.checked(given["name"], type_, values)


def table_of(columns: list[Json]) -> Table:
    """A table out of a list of columns."""
    return Table(tuple(map(column_of, columns)))


def parameter_of(given: Json) -> p.Literal:
    """A parameter out of {type, value}."""
    type_ = ColumnType.from_json(given["type"])
    return p.Literal(type_, value_of(type_, given["value"]))


def value_json(value: Value) -> Any:
    """A Python value as a JSON value."""
    return enhex(value) if isinstance(value, bytes) else value


def columns_json(made: QueryProof) -> list[Json]:
    """The result's columns as {name, type, values}."""
    return [
        {"name": c.name, "type": c.type.to_json(), "values": [value_json(v) for v in c.values]}
        for c in made.table.columns
    ]


def tree(node: p.Node | p.Expression) -> list[Any]:
    """A plan's tree as nested lists."""
    match node:
        case p.ColumnRef(index):
            return ["column", index]
        case p.Literal(type_, value):
            return ["literal", type_.to_json(), value_json(value)]
        case p.Parameter(index, type_):
            return ["param", index, type_.to_json()]
        case p.Binary(operator, left, right):
            return [operator, tree(left), tree(right)]
        case p.Inequality(left, right, is_less):
            return ["ineq", tree(left), tree(right), is_less]
        case p.Not(operand):
            return ["not", tree(operand)]
    return _tree_of_cast(node)


def _tree_of_cast(node: p.Node | p.Expression) -> list[Any]:
    match node:
        case p.Cast(operand, type_):
            return ["cast", type_.to_json(), tree(operand)]
        case p.Rescale(operand, type_, factor):
            return ["scale", type_.to_json(), tree(operand), factor]
        case p.Empty():
            return ["empty"]
        case p.TableScan(table, columns):
            return ["table", table, list(columns)]
        case p.Projection(source, results):
            return ["projection", tree(source), [*map(tree, results)]]
        case p.Slice(source, skip, limit):
            return ["slice", tree(source), skip, limit]
    return _tree_of_selection(node)


def _tree_of_selection(node: p.Node | p.Expression) -> list[Any]:
    match node:
        case p.Filter(source, where, results):
            return ["filter", tree(source), tree(where), [*map(tree, results)]]
        case p.LegacyFilter(table, where, results):
            return ["legacy_filter", table, tree(where), [*map(tree, results)]]
        case p.GroupBy(table, keys, where, sums, count):
            return ["group_by", table, list(keys), tree(where), [*map(tree, sums)], count]
        case p.Aggregate(source, groups, where, sums, count):
            parts = tree(source), [*map(tree, groups)], tree(where), [*map(tree, sums)]
            return ["aggregate", *parts, count]
        case p.Union(sources):
            return ["union", [*map(tree, sources)]]
        case p.Join(left, right, left_key, right_key, names):
            return ["join", tree(left), tree(right), left_key, right_key, list(names)]
    raise TypeError(f"{node} is no part of a plan")
