"""What bisection asks, who runs out of time, who checks at all, and how long liars can delay.

All figures are computed by the library's own games. Steps are counted from 0, times are hours (in
`draw_delay` multiples of one clock), rates percent, money any one unit.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from aicrypto.commit.hashes import keccak256
from aicrypto.opml.games import Referee, Search, Terms, edges, search, split_points
from aicrypto.opml.games.incentives import Market, equilibrium
from aicrypto.opml.machine import EMPTY_ROOTS, State
from aicrypto.viz.theme import BLUE, ORANGE, figure

HOUR_S = 3600
N_CLOCKED, CLOCKED_ROUNDS = 256, 8
SIDES = {"proposer": ORANGE, "challenger": BLUE}
CHECK_COST, CHEAT_GAIN = 1, 20
BONDS = range(5, 205, 5)
RATES = {"false": ORANGE, "checked by somebody": BLUE}
SMALLEST_SHOWN = 0.1  # percent: the axis is logarithmic, and a rate may be zero
EDGE_HEIGHT, PERIOD, MAX_LIARS, LIARS_WAIT = 16, 100, 8, 7  # steps, blocks, parties, blocks


def draw_search(lie: int = 41, segments: int = 2, n_steps: int = 64) -> go.Figure:
    """The interval in dispute, round by round, when the states from number `lie` on are false."""
    found = search(lambda i: bytes([i, i >= lie]), lambda i: bytes([i, 0]), n_steps, segments)
    chosen = [(one.points[one.segment], one.points[one.segment + 1]) for one in found.rounds]
    n_rounds, lines = len(chosen), [(0, n_steps), *chosen]
    traces = [
        _bars(lines, "in dispute"),
        _asked(found, "same hash", BLUE, [i < lie for i in range(n_steps)]),
        _asked(found, "another hash", ORANGE, [i >= lie for i in range(n_steps)]),
    ]
    title = f"Step {found.hi} of {n_steps} is false: found in {n_rounds} rounds"
    drawn = figure(*traces, title=title, x="state (steps done)", y="round")
    drawn.update_yaxes(range=[n_rounds + 0.5, -0.5], dtick=1)
    return drawn.update_xaxes(range=[-1, n_steps + 1])


def _bars(lines: Sequence[tuple[int, int]], name: str) -> go.Scatter:
    """Thick lines, one a row; None lifts the pen between them."""
    return go.Scatter(
        x=[x for line in lines for x in (*line, None)],
        y=[y for row in range(len(lines)) for y in (row, row, None)],
        mode="lines",
        name=name,
        line={"color": "rgba(230,159,0,0.35)", "width": 14},
    )


def _asked(found: Search, name: str, colour: str, wanted: Sequence[bool]) -> go.Scatter:
    """Points that the proposer posted, those of one kind, on the row of their round's outcome."""
    asked = [(p, row) for row, one in enumerate(found.rounds, 1) for p in one.points[1:-1]]
    shown = [(point, row) for point, row in asked if wanted[point]]
    return go.Scatter(
        x=[point for point, _ in shown],
        y=[row for _, row in shown],
        mode="markers",
        name=name,
        marker={"color": colour, "size": 10},
    )


def draw_clocks(
    proposer_waits: int = 40, challenger_waits: int = 2, clock: int = 84, extension: int = 3
) -> go.Figure:
    """Time left to both sides of a game of eight rounds, when each waits so many hours a move."""
    waits = {"proposer": proposer_waits, "challenger": challenger_waits}
    terms = Terms(
        EMPTY_ROOTS[0], clock_s=clock * HOUR_S, extension_s=min(extension, clock) * HOUR_S
    )
    moments, title = _timed(Referee(terms), waits)
    hours = [t / HOUR_S for t, _ in moments]
    traces = [
        go.Scatter(
            x=hours,
            y=[left[side] / HOUR_S for _, left in moments],
            mode="lines+markers",
            name=side,
            line={"color": colour},
        )
        for side, colour in SIDES.items()
    ]
    drawn = figure(*traces, title=title, x="time since the challenge (h)", y="time left (h)")
    return drawn.update_yaxes(rangemode="tozero")


def _timed(
    referee: Referee, waits: Mapping[str, int]
) -> tuple[list[tuple[int, dict[str, int]]], str]:
    """Time and what is left to both sides after each move, and how the game ends."""
    terms, end = referee.terms, State(EMPTY_ROOTS[27], 0, N_CLOCKED, 1, 0, (0,) * 32)
    referee.propose("P", 0, terms.proposer_bond_wei, terms.s0, N_CLOCKED, end)
    referee.challenge("C", 0, terms.challenger_bond_wei)
    game = referee.games[0]
    moments = [(0, dict(game.left_s))]
    while game.phase != "step":
        side, wait = game.turn, waits[game.turn] * HOUR_S
        if wait >= game.left_s[side]:
            ended = game.last + game.left_s[side]
            referee.timeout("anybody", ended, 0)
            moments.append((ended, {**game.left_s, side: 0}))
            return moments, f"The {game.status} wins after {ended / HOUR_S:.4g} h: silence"
        _move(referee, game.last + wait)
        moments.append((game.last, dict(game.left_s)))
    return moments, f"After {game.last / HOUR_S:.4g} h one step is left: whoever is right wins"


def _move(referee: Referee, t: int) -> None:
    """The next move of a game in which every hash is zero: only its time matters."""
    game = referee.games[0]
    if game.turn == "proposer":
        inner = split_points(game.lo, game.hi, referee.terms.arity)[1:-1]
        referee.post("P", t, 0, [bytes(32)] * len(inner))
    else:
        referee.choose("C", t, 0, 0)


def draw_market(bond: int = 50, verifiers: int = 1, attention: int = 0) -> go.Figure:
    """Rates of false and of checked claims at which nobody gains by changing, over the bond.

    `bond` is marked and named in the title; `attention` is the expected penalty of a verifier that
    does not check, in percent of what checking costs. Rates below 0.1 % lie on the axis.
    """
    shown = [_at_rest(one, verifiers, attention) for one in (*BONDS, bond)]
    traces = [
        go.Scatter(
            x=list(BONDS),
            y=[max(pair[i], SMALLEST_SHOWN) for pair in shown[:-1]],
            mode="lines",
            name=name,
            line={"color": colour},
        )
        for i, (name, colour) in enumerate(RATES.items())
    ]
    marked = go.Scatter(
        x=[bond] * 2,
        y=[max(rate, SMALLEST_SHOWN) for rate in shown[-1]],
        mode="markers+text",
        text=[f"{rate:.3g} %" for rate in shown[-1]],
        textposition="top right",
        name="this bond",
        marker={"color": list(RATES.values()), "size": 12},
    )
    false, checked = shown[-1]
    title = f"With a bond of {bond}: {false:.3g} % are false, {checked:.3g} % are checked"
    drawn = figure(*traces, marked, title=title, x="bond (costs of one check)", y="claims (%)")
    ticks = {"tickvals": [SMALLEST_SHOWN, 1, 10, 100], "ticktext": ["≤ 0.1", "1", "10", "100"]}
    return drawn.update_yaxes(type="log", range=[-1.1, 2.3], **ticks)


def _at_rest(bond: int, verifiers: int, attention: int) -> tuple[float, float]:
    """False claims, and claims that at least one verifier checks (%)."""
    penalty = CHECK_COST * attention / 100
    market = Market(verifiers, CHECK_COST, bond, CHEAT_GAIN, bond, penalty)
    cheat, check = equilibrium(market)
    return 100 * cheat, 100 * market.caught(check)


def draw_delay(answer: int = 3) -> go.Figure:
    """How long 1 to 8 liars delay a true claim (in clocks), in turn and in BoLD's game of edges.

    `answer` is how many hundredths of a clock the honest party takes to answer a rival.
    """
    truth = edges.honest_history(bytes(32), keccak256, EDGE_HEIGHT)
    crowd = range(1, MAX_LIARS + 1)
    outcomes = [_quarrel(truth, n_liars, answer) for n_liars in crowd]
    lines = {
        "one after the other": [edges.tournament_delay(n, PERIOD) for n in crowd],
        "all at once": [outcome.confirmed_at for outcome in outcomes],
    }
    traces = [
        go.Scatter(
            x=list(crowd),
            y=[blocks / PERIOD for blocks in line],
            mode="lines+markers",
            name=name,
            line={"color": colour},
        )
        for colour, (name, line) in zip((ORANGE, BLUE), lines.items(), strict=True)
    ]
    title = "In turn each liar costs time; all at once they cost it once"
    bound = _bound([outcome.bound / PERIOD for outcome in outcomes])
    drawn = figure(*traces, bound, title=title, x="liars", y="time to a verdict (clocks)")
    return drawn.update_xaxes(dtick=1).update_yaxes(rangemode="tozero")


def _bound(clocks: Sequence[float]) -> go.Scatter:
    """A broad pale line without points that says what it is: what was played may lie on it."""
    name = "bound, all at once"
    return go.Scatter(
        x=list(range(1, MAX_LIARS + 1)),
        y=list(clocks),
        mode="lines+text",
        name=name,
        text=["" for _ in clocks[1:]] + [name],
        textposition="top left",
        line={"color": "rgba(128,128,128,0.4)", "width": 9},
    )


def _quarrel(truth: Sequence[bytes], n_liars: int, answer: int) -> edges.Outcome:
    """An all-versus-all challenge in which every liar differs from a height of its own."""
    liars = [
        edges.Party(
            f"liar {i}",
            edges.lying_history(truth, keccak256, 2 * i + 1, bytes([i + 1] * 32)),
            LIARS_WAIT,
        )
        for i in range(n_liars)
    ]
    genesis_root = edges.history_root(truth[:1])
    challenge = edges.EdgeChallenge(EDGE_HEIGHT, keccak256, PERIOD, genesis_root)
    return edges.play(challenge, [edges.Party("honest", tuple(truth), answer)], liars)
