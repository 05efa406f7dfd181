"""Gadgets: what a plan means as constraints over committed columns.

`bits` shows signs, `sets` that rows belong together, `expressions` values within rows, `nodes`
whole tables.
"""
