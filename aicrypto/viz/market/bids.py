"""What a node keeps of one job, by the cost that it claims: under two rules of payment.

Everything is computed by the exact matching. Costs and money are in units of the lesson's choice.
"""

import plotly.graph_objects as go

from aicrypto.ritual import Offer, prices
from aicrypto.viz.theme import BLUE, GREY, ORANGE, figure

VALUE, STEP = 100, 1
JOB, OURS, RIVAL = "job", "our node", "the rival"


def draw_bids(cost: int = 30, rival: int = 60) -> go.Figure:
    """What our node keeps, over the cost that it claims; the job is worth 100 to its user."""
    claims = range(0, VALUE + 1, STEP)
    kept = [keeps(claim, cost, rival) for claim in claims]
    traces = [
        go.Scatter(x=list(claims), y=[pair[i] for pair in kept], name=name, line=line)
        for i, name, line in (
            (0, "paid what it claims", {"color": ORANGE, "width": 3}),
            (1, "paid by its contribution", {"color": BLUE, "width": 3, "dash": "dash"}),
        )
    ]
    best = max(claims, key=lambda claim: kept[claim][0])
    lie = f"claims {best}" if best > cost else "has nothing to gain"
    title = f"Paid its claim, a node of cost {cost} {lie}; by its contribution, the truth"
    drawn = figure(*traces, title=title, x="cost that it claims", y="what it keeps")
    mark = {"annotation_text": "the truth", "annotation_position": "bottom right"}
    drawn.add_vline(x=cost, line={"color": GREY, "dash": "dot"}, **mark)
    return drawn.update_layout(legend={"orientation": "h", "y": -0.38})


def keeps(claim: int, cost: int, rival: int) -> tuple[int, int]:
    """What a node of that cost keeps if it claims another: paid its claim, paid by contribution."""
    offers = {OURS: Offer(0, 1, {JOB: claim}), RIVAL: Offer(0, 1, {JOB: rival})}
    found = prices({JOB: VALUE}, offers)
    if found.matching.node_of.get(JOB) != OURS:
        return 0, 0
    return claim - cost, int(claim + found.node_profit[OURS]) - cost
