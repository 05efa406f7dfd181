"""The cost model as text for a terminal, and as one HTML page that loads nothing."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from aicrypto.pipeline.scale.model import DAY_S, Growth
from aicrypto.viz.summit.growth import draw_growth

COLUMNS = ("load", "model: seconds", "size to check", "foretold", "measured", "off", "on paper")
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
table { border-collapse: collapse } td, th { border-bottom: 1px solid #ccc; padding: .3rem .6rem;
  text-align: right } td:first-child, th:first-child { text-align: left }
"""


def lines(growths: Sequence[Growth]) -> list[tuple[str, ...]]:
    """A line of text cells for each load, in the order of `COLUMNS`."""
    return [
        (
            growth.name,
            f"{growth.base:.2f} + {growth.each:.2e} n",
            f"{growth.load.full:,} {growth.load.unit}",
            f"{growth.foretold(growth.load.full):.2f} s",
            f"{growth.seconds[growth.load.full]:.2f} s",
            f"{growth.error:+.0%}",
            _on_paper(growth),
        )
        for growth in growths
    ]


def _on_paper(growth: Growth) -> str:
    days = growth.foretold(growth.load.paper) / DAY_S
    return f"{growth.load.paper:.0e} {growth.load.unit}: {days:,.3g} core-days"


def render(growths: Sequence[Growth], workers: str) -> str:
    """The page; `workers` says in words who did the work."""
    heads = "".join(f"<th>{column}</th>" for column in COLUMNS)
    rows = "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines(growths)
    )
    figures = "".join(map(_figure, growths))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>aicrypto: what growth costs</title>
<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body>
<h1>What growth costs</h1>
<p>A line through the small sizes, checked on a size that it has not seen. Work by {workers}. The
last column is on paper: nobody measured it.</p>
<table><tr>{heads}</tr>{rows}</table>
{figures}</body></html>
"""


def _figure(growth: Growth) -> str:
    data = _drawn(growth).to_json().replace("</", "<\\/")
    return (
        f'<figure id="{growth.name}"></figure>'
        f"<script>Plotly.newPlot('{growth.name}', {data})</script>\n"
    )


def _drawn(growth: Growth) -> go.Figure:
    load, seconds = growth.load, growth.seconds
    small = {size: seconds[size] for size in load.small}
    return draw_growth(load.unit, small, (load.full, seconds[load.full]), growth.base, growth.each)
