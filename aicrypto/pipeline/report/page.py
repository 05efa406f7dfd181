"""The report's page: the map lit by receipts, the flow of value, costs, and what is believed."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from aicrypto.pipeline.receipts import Facts, Json, Receipt
from aicrypto.pipeline.report import trust, value
from aicrypto.viz import run as pictures
from aicrypto.viz.summit import flow
from aicrypto.viz.systems import draw_lit

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: #222; background: #fff }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left;
  vertical-align: top }
.trust td, .trust th { text-align: center } .trust td.words { text-align: left; font-size: .85em }
.number { text-align: right; white-space: nowrap }
.true { color: #00624a; font-weight: bold } .false { color: #a33d00; font-weight: bold }
code { font-size: .85em } figure { margin: 1rem 0 }
"""
GROTH16_BYTES = 256  # of stage claim's proof in the form that a contract reads


def render(receipts: Sequence[Receipt], folder: Path) -> str:
    """The page for the receipts of a run whose evidence lies in `folder`."""
    holding = sum(receipt.verified for receipt in receipts)
    facts = {receipt.stage: receipt.facts for receipt in receipts}
    parts = [
        _figure("map", draw_lit(trust.lit(receipts))),
        "<h2>Receipts</h2>",
        _receipts(receipts),
        "<h2>Where the money went</h2>",
        _figure("value", flow.draw_value(value.payments(facts))),
        "<h2>What it cost</h2>",
        _costs(receipts, folder),
        "<h2>What must still be believed</h2>",
        _trust(receipts),
        "<h2>Who was better, who was paid</h2>",
        *(_figure(f"more-{i}", drawn) for i, drawn in enumerate(_draw(receipts, facts, folder))),
    ]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>aicrypto pipeline</title>
<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body>
<h1>From an order to a paid, proved answer</h1>
<p>{holding} of {len(receipts)} receipts verified. Check them yourself:
<code>python -m aicrypto verify .</code> in this folder.</p>
{"".join(parts)}</body></html>
"""


def _receipts(receipts: Sequence[Receipt]) -> str:
    head = "<tr><th></th><th>stage</th><th>claim</th><th>evidence</th></tr>"
    return f"<table>{head}\n{''.join(map(_row, receipts))}</table>"


def _row(receipt: Receipt) -> str:
    mark = "true" if receipt.verified else "false"
    reason = f"<br><b>{escape(receipt.reason)}</b>" if receipt.reason else ""
    return (
        f'<tr><td class="{mark}">{mark}</td><td>{escape(receipt.stage)}</td>'
        f"<td>{escape(receipt.claim)}{reason}</td>"
        f'<td><a href="{escape(receipt.file)}">{escape(receipt.file)}</a><br>'
        f"<code>{escape(receipt.sha256[:16])}…</code></td></tr>\n"
    )


def _trust(receipts: Sequence[Receipt]) -> str:
    """The table of assumptions: a dot where a receipt rests on something."""
    heads = "".join(
        f'<th title="{escape(words)}">{escape(kind)}</th>' for kind, words in trust.KINDS.items()
    )
    lines = []
    for stage, rests, words in trust.table(receipts):
        dots = "".join(f"<td>{'●' if one else ''}</td>" for one in rests)
        lines.append(f'<tr><th>{escape(stage)}</th>{dots}<td class="words">{escape(words)}</td>')
    meaning = "; ".join(f"<b>{escape(kind)}</b>: {words}" for kind, words in trust.KINDS.items())
    return (
        f"<p>{meaning}.</p>"
        f'<table class="trust"><tr><th></th>{heads}<th>in words</th></tr>{"".join(lines)}</table>'
    )


def _costs(receipts: Sequence[Receipt], folder: Path) -> str:
    """Time, gas and sizes of every stage."""
    seconds = [(receipt.stage, receipt.seconds) for receipt in receipts]
    gas = [(r.stage, gas_of(r)) for r in receipts if gas_of(r)]
    sizes = [(r.stage, _n_bytes(folder / r.file), proof_bytes_of(r)) for r in receipts]
    steps = _figure("steps", flow.draw_steps(seconds, gas))
    return steps + _figure("sizes", flow.draw_sizes(sizes))


def gas_of(receipt: Receipt) -> int:
    """Gas of the stage's own transactions; settle's figure is of the whole chain, so not one."""
    gas = 0 if receipt.stage == "settle" else receipt.facts.get("gas", 0)
    return gas if type(gas) is int else 0


def proof_bytes_of(receipt: Receipt) -> int:
    """Length of the stage's proof; 0 if it has none."""
    n_bytes = receipt.facts.get("proof_bytes", 0)
    return GROTH16_BYTES if receipt.stage == "claim" else int(n_bytes)


def _n_bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _draw(receipts: Sequence[Receipt], facts: Facts, folder: Path) -> list[go.Figure]:
    """Further figures; one whose evidence cannot be read any more is left out."""
    by_stage = {receipt.stage: receipt for receipt in receipts}
    rank, quantise = facts["rank"], facts["quantise"]
    drawn = [
        pictures.draw_scores(
            rank["correct"], rank["n_held_out"], {quantise["winner"]: quantise["correct"]}
        ),
        pictures.draw_payouts(facts["settle"]["payouts"]),
        _family(facts["royalty"]),
    ]
    if by_stage["rank"].verified:
        evidence = json.loads((folder / by_stage["rank"].file).read_text())
        drawn.insert(1, pictures.draw_weights(evidence["weights"], rank["consensus"]))
    return drawn


def _family(royalty: Json) -> go.Figure:
    parents = {name: work["parents"] for name, work in royalty["works"].items()}
    return pictures.draw_royalty(royalty["earned"], parents)


def _figure(name: str, drawn: go.Figure) -> str:
    data = drawn.to_json().replace("</", "<\\/")  # no text in it can end the script
    return (
        f'<figure id="figure-{name}"></figure>'
        f"<script>Plotly.newPlot('figure-{name}', {data})</script>\n"
    )
