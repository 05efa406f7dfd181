"""Merkle trees as pictures: which hashes a proof needs, and how slowly proofs grow."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, figure

PATH, SIBLING, OTHER = (
    "the verifier computes it",
    "the proof holds it",
    "the verifier never sees it",
)
COLOURS = {PATH: BLUE, SIBLING: ORANGE, OTHER: GREY}


@dataclass(frozen=True)
class Node:
    """A subtree over leaves low..high-1, drawn at (x, depth)."""

    low: int
    high: int
    depth: int

    @property
    def x(self) -> float:
        """Middle of its leaves."""
        return (self.low + self.high - 1) / 2

    def children(self) -> list["Node"]:
        """Its two halves, split at the largest power of two below its size; none for a leaf."""
        size = self.high - self.low
        if size == 1:
            return []
        middle = self.low + (1 << (size - 1).bit_length() - 1)
        below = self.depth + 1
        return [Node(self.low, middle, below), Node(middle, self.high, below)]


Edge = tuple[Node, Node]


def draw_inclusion(n_leaves: int = 11, leaf: int = 4) -> go.Figure:
    """The RFC 6962 tree of `n_leaves` entries; colours show what a proof of `leaf` needs."""
    leaf = min(leaf, n_leaves - 1)
    nodes, edges = _grow(n_leaves)
    siblings = _siblings(edges, leaf)
    roles = {n: PATH if _holds(n, leaf) else SIBLING if n in siblings else OTHER for n in nodes}
    dots = [_dots([node for node in nodes if roles[node] == role], role) for role in COLOURS]
    proof = f"{len(siblings)} hashes, {32 * len(siblings)} bytes"
    title = f"Proof that entry {leaf} of {n_leaves} is there: {proof}"
    drawn = figure(_lines(edges), *dots, _numbers(nodes), title=title)
    return drawn.update_layout(legend={"orientation": "h", "y": -0.05})


def draw_proof_sizes(n_leaves: Sequence[int]) -> go.Figure:
    """Bytes of the longest inclusion proof, beside sending the whole list of hashes."""
    path = [32 * (n - 1).bit_length() for n in n_leaves]
    everything = [32 * n for n in n_leaves]
    drawn = figure(
        go.Scatter(x=list(n_leaves), y=everything, name="all leaf hashes", line_color=ORANGE),
        go.Scatter(x=list(n_leaves), y=path, name="inclusion proof", line_color=GREEN),
        title="A proof grows with the logarithm of the list",
        x="entries in the list",
        y="sent (bytes)",
    )
    drawn.update_xaxes(type="log", tickformat="~s")
    return drawn.update_yaxes(type="log", tickformat="~s", ticksuffix="B")


def draw_avalanche(flipped: Sequence[int]) -> go.Figure:
    """Histogram: how many of 256 output bits changed when one input bit did."""
    bars = go.Histogram(
        x=list(flipped), xbins={"start": 94, "end": 162, "size": 4}, marker_color=BLUE
    )
    drawn = figure(
        bars,
        title=f"One input bit changes about half of the digest ({len(flipped)} trials)",
        x="output bits changed (of 256)",
        y="trials",
    )
    return drawn.add_vline(
        x=128, line={"color": RED, "dash": "dash"}, annotation_text="half of 256"
    )


def _grow(n_leaves: int) -> tuple[list[Node], list[Edge]]:
    """All nodes, breadth first, and the edges from parents to children, left before right."""
    nodes, edges = [Node(0, n_leaves, 0)], list[Edge]()
    for node in nodes:  # grows while we walk it
        edges += [(node, child) for child in node.children()]
        nodes += node.children()
    return nodes, edges


def _siblings(edges: Sequence[Edge], leaf: int) -> set[Node]:
    """The children beside the path to the leaf: what a proof holds."""
    return {child for parent, child in edges if _holds(parent, leaf) and not _holds(child, leaf)}


def _holds(node: Node, leaf: int) -> bool:
    return node.low <= leaf < node.high


def _lines(edges: Sequence[Edge]) -> go.Scatter:
    xs, ys = list[float | None](), list[float | None]()
    for parent, child in edges:
        xs += [parent.x, child.x, None]
        ys += [-parent.depth, -child.depth, None]
    return go.Scatter(x=xs, y=ys, mode="lines", line_color=GREY, showlegend=False, hoverinfo="skip")


def _numbers(nodes: Sequence[Node]) -> go.Scatter:
    """The index of every entry below its leaf."""
    leaves = [node for node in nodes if node.high - node.low == 1]
    return go.Scatter(
        x=[leaf.x for leaf in leaves],
        y=[-leaf.depth - 0.35 for leaf in leaves],
        mode="text",
        text=[str(leaf.low) for leaf in leaves],
        hoverinfo="skip",
        showlegend=False,
    )


def _dots(nodes: Sequence[Node], role: str) -> go.Scatter:
    names = [f"leaf {n.low}" if n.high - n.low == 1 else f"{n.low}..{n.high - 1}" for n in nodes]
    return go.Scatter(
        x=[node.x for node in nodes],
        y=[-node.depth for node in nodes],
        mode="markers",
        marker={"size": 14, "color": COLOURS[role]},
        name=role,
        text=names,
        hoverinfo="text",
    )
