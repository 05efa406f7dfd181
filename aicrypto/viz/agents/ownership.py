"""Accounts of NFTs: what their address hangs on, who may act when, what a circle locks.

All is computed by the library's model of deployed accounts; a permission that dies for good, by the
rule of `AgentAccount.vy`. Times are hours.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from aicrypto.agents import ownable
from aicrypto.agents.ownable import BoundAccount, World
from aicrypto.agents.refusals import Refusal
from aicrypto.evm.token_bound import NO_SALT, TokenBound
from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, SKY, figure

V3_PROXY = "0x55266d75d1a14e4572138116af39863ed6596e7f"  # Tokenbound's program on Ethereum
APES = "0xbc4ca0eda7647a8ab7c2061c2e118a18a936f13d"  # Bored Ape Yacht Club
PARTS = (  # of an account's code: name, first byte, colour
    ("proxy", 0, SKY),
    ("program", 10, BLUE),
    ("proxy", 30, SKY),
    ("salt", 45, GREY),
    ("chain", 77, GREEN),
    ("collection", 109, BLUE),
    ("number", 141, GREEN),
)
CODE_BYTES = 173
ADDRESS_BYTES = 20
HOURS = 24
ALICE, BOB, CAROL = ("0x" + 40 * letter for letter in "abc")
RING = 3  # agents
PLACES = {"Alice": (1, 1.1), "agent 0": (0, 0), "agent 1": (1, 0), "agent 2": (2, 0)}


def draw_address(number: int = 1, salt: int = 0) -> go.Figure:
    """The code of an ape's account in its parts, and below it the address, digit for digit.

    Bytes that differ from those of ape 0's first account (salt 0) are orange.
    """
    first = TokenBound(V3_PROXY, 1, APES, 0, NO_SALT)
    other = TokenBound(V3_PROXY, 1, APES, number, salt.to_bytes(32, "big"))
    codes = [bound.deployed_code for bound in (first, other)]
    ends = [bytes.fromhex(bound.address()[2:]) for bound in (first, other)]
    digits = [
        _bar("address", i, 1, f"{byte:02x}", ORANGE if byte != old else GREY)
        for i, (old, byte) in enumerate(zip(*ends, strict=True))
    ]
    changed = _changed(*codes)
    marks = [_bar("code", i, 1, "", ORANGE) for i in changed]
    title = f"Ape {number}: {len(changed)} of 173 bytes differ from ape 0's, "
    title += f"and {len(_changed(*ends))} of the address's 20"
    drawn = figure(*_parts(), *marks, title=title, x="byte of the code", y=" ", height=330)
    drawn.add_traces([bar.update(xaxis="x2", yaxis="y2") for bar in digits])
    below = {"range": [0, ADDRESS_BYTES], "visible": False, "anchor": "y2"}
    drawn.update_layout(barmode="overlay", showlegend=False, xaxis2=below)
    drawn.update_layout(yaxis_domain=[0.65, 1], yaxis2={"domain": [0, 0.25], "anchor": "x2"})
    return drawn.update_xaxes(range=[0, CODE_BYTES], anchor="y", selector=0)


def _parts() -> list[go.Bar]:
    edges = [*(start for _, start, _ in PARTS), CODE_BYTES]
    return [
        _bar("code", start, end - start, name, colour)
        for (name, start, colour), end in zip(PARTS, edges[1:], strict=True)
    ]


def _bar(row: str, start: float, width: float, text: str, colour: str) -> go.Bar:
    line = {"color": "white", "width": 1 if text else 0}
    return go.Bar(
        y=[row],
        x=[width],
        base=[start],
        orientation="h",
        text=[text],
        textangle=0,
        insidetextanchor="middle",
        marker={"color": colour, "line": line},
        hoverinfo="none",
    )


def _changed(one: bytes, other: bytes) -> list[int]:
    return [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]


def draw_powers(sold: int = 6, away: int = 8, for_good: bool = False) -> go.Figure:
    """Hours in which each may act for an agent that Alice sells to Bob, and buys back later.

    Carol has Alice's permission. `away` is how many hours Bob has it (0: he keeps it); `for_good`
    keeps permissions by owner and by how often the token has changed hands, not by owner alone.
    """
    may_act = _history(sold, away, for_good)
    again = any(may_act["Carol"][sold:])
    title = f"Carol acts again from hour {sold + away}" if again else f"Carol: over at hour {sold}"
    return _hours(may_act, title)


def _history(sold: int, away: int, for_good: bool) -> dict[str, list[bool]]:
    """Who may act in each hour: by the deployed rule, or where Carol's permission counts hands."""
    world, account = _agent(0)
    ownable.set_permissions(world, account, ALICE, [CAROL], [True])
    people = {"Alice": ALICE, "Bob": BOB, "Carol": CAROL}
    may_act: dict[str, list[bool]] = {"Alice": [], "Bob": [], "Carol": []}
    trades = {sold: (ALICE, BOB)} | ({sold + away: (BOB, ALICE)} if away else {})
    n_transfers, permitted = 0, (ALICE, 0)  # owner and transfers when Carol was permitted
    for hour in range(HOURS):
        if hour in trades:
            seller, buyer = trades[hour]
            ownable.transfer(world, seller, seller, buyer, 0)
            n_transfers += 1
        is_asleep = for_good and (world.owners[0], n_transfers) != permitted
        for name, who in people.items():
            able = ownable.is_valid_signer(world, account, who)
            may_act[name].append(able and not (is_asleep and who == CAROL))
    return may_act


def _hours(may_act: Mapping[str, Sequence[bool]], title: str) -> go.Figure:
    colours = {"Alice": BLUE, "Bob": GREEN, "Carol": ORANGE}
    bars = [
        go.Bar(
            y=[name] * sum(row),
            x=[1] * sum(row),
            base=[hour for hour, able in enumerate(row) if able],
            orientation="h",
            marker={"color": colours[name]},
            hoverinfo="none",
        )
        for name, row in may_act.items()
    ]
    drawn = figure(*bars, title=title, x="hour", y="may act", height=280)
    drawn.update_yaxes(categoryorder="array", categoryarray=["Carol", "Bob", "Alice"])
    drawn.update_layout(barmode="overlay", showlegend=False, bargap=0.3)
    return drawn.update_xaxes(range=[0, HOURS], dtick=4)


def draw_circle(gifts: int = 1) -> go.Figure:
    """Three agents of Alice's after so many gifts: each is given to the next one's account.

    An arrow goes from owner to what is owned; an agent that nobody can command is red.
    """
    world, _ = _agent(0)
    accounts = [_agent(n, world)[1] for n in range(RING)]
    for n in range(gifts):
        to = accounts[(n + 1) % RING].address
        ownable.transfer(world, ALICE, ALICE, to, n)
    names = {account.address: f"agent {n}" for n, account in enumerate(accounts)} | {ALICE: "Alice"}
    free = {f"agent {n}": _has_root(world, accounts[n]) for n in range(RING)}
    owners = [f"owned by {names[world.owners[n]]}" for n in range(RING)]
    drawn = figure(_people(free, owners), title=_circle_title(free), height=300)
    for n in range(RING):
        source, target = PLACES[names[world.owners[n]]], PLACES[f"agent {n}"]
        _add_arrow(drawn, source, target)
    return drawn.update_xaxes(range=[-0.5, 2.5]).update_yaxes(range=[-0.5, 1.6])


def _circle_title(free: Mapping[str, bool]) -> str:
    lost = [name for name, is_free in free.items() if not is_free]
    return f"Nobody can act for {len(lost)} of 3 agents" if lost else "Alice commands all three"


def _people(free: Mapping[str, bool], owners: Sequence[str]) -> go.Scatter:
    colours = [GREY, *(BLUE if is_free else RED for is_free in free.values())]
    return go.Scatter(
        x=[x for x, _ in PLACES.values()],
        y=[y for _, y in PLACES.values()],
        text=list(PLACES),
        mode="markers+text",
        textposition=["top center", *["bottom center"] * RING],
        marker={"size": 26, "color": colours},
        hovertext=["", *owners],
        hoverinfo="text",
    )


def _add_arrow(drawn: go.Figure, source: tuple[float, float], target: tuple[float, float]) -> None:
    """From owner to owned; one that goes back past a neighbour is bent by a detour above."""
    if source[1] == target[1] and abs(source[0] - target[0]) > 1:
        high = 0.6
        drawn.add_shape(
            type="path",
            path=f"M {source[0]},0.12 L {source[0]},{high} L {target[0]},{high} V {high / 2}",
            line={"color": GREY, "width": 2},
        )
        source = (target[0], high)
    drawn.add_annotation(
        x=target[0],
        y=target[1],
        ax=source[0],
        ay=source[1],
        axref="x",
        ayref="y",
        showarrow=True,
        arrowhead=2,
        arrowwidth=2,
        arrowcolor=GREY,
        standoff=14,
        startstandoff=14,
    )


def _agent(number: int, world: World | None = None) -> tuple[World, BoundAccount]:
    """An agent of Alice's with its account, in a new world unless there is one."""
    world = world or World(1, 0, APES, {"v3": V3_PROXY})
    if number not in world.owners:
        ownable.mint(world, ALICE, number)
    address = world.create_account("v3", world.bind("v3", number, 1, NO_SALT))
    return world, world.accounts[address]


def _has_root(world: World, account: BoundAccount) -> bool:
    try:
        return ownable.root_owner(world, account) == ALICE
    except Refusal:  # up and up, and round
        return False
