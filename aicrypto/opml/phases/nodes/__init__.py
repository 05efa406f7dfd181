"""Operators of a graph: exact in torch, as programs, as modules; graphs of real shapes."""
