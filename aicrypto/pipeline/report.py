"""The report of a run: one HTML file with everything in it, nothing loaded from the network."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from aicrypto.pipeline.receipts import Json, Receipt
from aicrypto.viz import run as pictures

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: #222; background: #fff }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left;
  vertical-align: top }
.true { color: #00624a; font-weight: bold } .false { color: #a33d00; font-weight: bold }
code { font-size: .85em } figure { margin: 2rem 0 }
"""


def render(receipts: Sequence[Receipt], folder: Path) -> str:
    """The page for the receipts of a run whose evidence lies in `folder`."""
    holding = sum(receipt.verified for receipt in receipts)
    figures = "".join(
        _figure(number, drawn) for number, drawn in enumerate(_draw(receipts, folder))
    )
    rows = "".join(map(_row, receipts))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>aicrypto pipeline</title>
<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body>
<h1>From web pages to a paid, proved answer</h1>
<p>{holding} of {len(receipts)} receipts verified. Check them yourself:
<code>python -m aicrypto verify receipts.json</code></p>
<table><tr><th></th><th>stage</th><th>claim</th><th>what it rests on</th><th>evidence</th></tr>
{rows}</table>{figures}</body></html>
"""


def _row(receipt: Receipt) -> str:
    mark = "true" if receipt.verified else "false"
    reason = f"<br><b>{escape(receipt.reason)}</b>" if receipt.reason else ""
    return (
        f'<tr><td class="{mark}">{mark}</td><td>{escape(receipt.stage)}</td>'
        f"<td>{escape(receipt.claim)}{reason}</td><td>{escape(receipt.assumes)}</td>"
        f'<td><a href="{escape(receipt.file)}">{escape(receipt.file)}</a><br>'
        f"<code>{escape(receipt.sha256[:16])}…</code></td></tr>\n"
    )


def _draw(receipts: Sequence[Receipt], folder: Path) -> list[go.Figure]:
    """The figures; one whose evidence cannot be read any more is left out."""
    by_stage = {receipt.stage: receipt for receipt in receipts}
    rank, quantise = by_stage["rank"].facts, by_stage["quantise"].facts
    drawn = [
        pictures.draw_seconds({receipt.stage: receipt.seconds for receipt in receipts}),
        pictures.draw_scores(
            rank["correct"], rank["n_held_out"], {quantise["winner"]: quantise["correct"]}
        ),
        pictures.draw_payouts(by_stage["settle"].facts["payouts"]),
        _family(by_stage["royalty"].facts),
    ]
    if by_stage["rank"].verified:
        evidence = json.loads((folder / by_stage["rank"].file).read_text())
        drawn.insert(2, pictures.draw_weights(evidence["weights"], rank["consensus"]))
    return drawn


def _family(royalty: Json) -> go.Figure:
    parents = {name: work["parents"] for name, work in royalty["works"].items()}
    return pictures.draw_royalty(royalty["earned"], parents)


def _figure(number: int, drawn: go.Figure) -> str:
    data = drawn.to_json().replace("</", "<\\/")  # no text in it can end the script
    return (
        f'<figure id="figure-{number}"></figure>'
        f"<script>Plotly.newPlot('figure-{number}', {data})</script>\n"
    )
