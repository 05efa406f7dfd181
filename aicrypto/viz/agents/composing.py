"""What a threshold bears, which way a service went through its rounds, what bought reviews do.

Thresholds and liars are counted in operators, scores run from 0 to 100.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from aicrypto.agents.services.fsm import default_threshold
from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, figure

COLOURS = {"DONE": GREEN, "LAST": GREEN, "NEGATIVE": RED, "NO_MAJORITY": RED, "NONE": RED}
ENDINGS = ("Round", "TransactionSubmission", "Transaction", "Submission", "Messages")
TRUE_SCORE, BEST_SCORE, MOST_FAKES = 20, 100, 60
RIVAL_SCORE = 80  # of the other agent


def draw_thresholds(operators: int = 4) -> go.Figure:
    """How many liars and how many silent operators each threshold bears.

    Up to half of the operators there are two truths without any liar: the first line begins above.
    """
    thresholds = list(range(1, operators + 1))
    lies = [2 * k - operators - 1 if 2 * k > operators else None for k in thresholds]
    silences = [operators - k for k in thresholds]
    traces = [
        go.Scatter(x=thresholds, y=counts, name=name, mode="lines+markers", line={"color": colour})
        for name, counts, colour in (
            ("liars, and still one truth", lies, BLUE),
            ("silent ones, and still an answer", silences, ORANGE),
        )
    ]
    chosen = default_threshold(operators)
    most = min(2 * chosen - operators - 1, silences[chosen - 1])
    title = f"{operators} operators, threshold {chosen}: one truth and an answer, with {most} bad"
    upwards = "bad ones it bears (operators)"
    drawn = figure(*traces, title=title, x="threshold (operators)", y=upwards)
    drawn.add_vline(x=chosen, line={"color": GREY, "dash": "dot"})
    drawn.update_xaxes(dtick=1 if operators <= 16 else 2)
    return drawn.update_yaxes(dtick=1 if operators <= 16 else 2, rangemode="tozero")


def draw_rounds(history: Sequence[tuple[str, str]], title: str) -> go.Figure:
    """The rounds that a service went through, in order; each with the event that ended it."""
    names = [_short(state) for state, _ in history]
    colours = [COLOURS.get(event, ORANGE) for _, event in history]
    path = go.Scatter(
        x=list(range(1, len(history) + 1)),
        y=names,
        mode="lines+markers+text",
        text=[event.lower().replace("_", " ") for _, event in history],
        textposition=_beside(names),
        line={"color": GREY},
        marker={"color": colours, "size": 14},
    )
    drawn = figure(path, title=title, x="round", y=" ", height=420)
    drawn.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=_once(names))
    return drawn.update_xaxes(dtick=1, range=[0.2, len(history) + 0.6])


def draw_reviews(honest: int = 5) -> go.Figure:
    """The score of a bad agent over the number of reviews that it writes itself.

    Scores are averages, rounded down as in the registry. Above the dotted line the agent is hired.
    Reviewers are all, those who have paid, or all again if the inventions pay as well.
    """
    fakes = list(range(MOST_FAKES + 1))
    total = [TRUE_SCORE * honest + BEST_SCORE * n for n in fakes]
    scores = [all_points // (honest + n) for all_points, n in zip(total, fakes, strict=True)]
    traces = [
        go.Scatter(x=fakes, y=scores, name="everybody is asked", line={"color": RED}),
        go.Scatter(
            x=fakes,
            y=[TRUE_SCORE] * len(fakes),
            name="who has paid is asked",
            line={"color": GREEN},
        ),
        go.Scatter(
            x=fakes,
            y=scores,
            name="the same, and inventions pay",
            line={"color": ORANGE, "dash": "dash"},
        ),
        go.Scatter(
            x=fakes,
            y=[RIVAL_SCORE] * len(fakes),
            name=f"the other agent has {RIVAL_SCORE}",
            mode="lines",
            line={"color": GREY, "dash": "dot"},
        ),
    ]
    enough = next((n for n in fakes if scores[n] > RIVAL_SCORE), None)
    effect = (
        f"{MOST_FAKES} invented ones make it {scores[-1]}"
        if enough is None
        else f"{enough} invented ones lift it above {RIVAL_SCORE}"
    )
    title = f"{honest} honest reviews say {TRUE_SCORE}; {effect}"
    drawn = figure(*traces, title=title, x="invented reviews", y="score (0 to 100)")
    return drawn.update_yaxes(range=[0, BEST_SCORE])


def _beside(names: Sequence[str]) -> list[str]:
    """Where each label stands: left of its point, on the side from which the line does not come."""
    rows = [_once(names).index(name) for name in names]
    return ["top left" if i and row < rows[i - 1] else "bottom left" for i, row in enumerate(rows)]


def _short(state: str) -> str:
    for ending in ENDINGS:
        state = state.replace(ending, "")
    return state


def _once(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
