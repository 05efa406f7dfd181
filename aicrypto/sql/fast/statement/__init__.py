"""Queries as statements about columns: constraints and fractions, written once for both sides."""

from aicrypto.sql.fast.statement.selects import Answer, Hints, Public, Statement, build

__all__ = ["Answer", "Hints", "Public", "Statement", "build"]
