"""The report of a run: one HTML file with everything in it, nothing loaded from the network."""

from aicrypto.pipeline.report.page import render

__all__ = ["render"]
