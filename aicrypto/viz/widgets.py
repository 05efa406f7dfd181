"""`explore`: controls above one figure, redrawn in place when a control moves.

The figure is an ordinary output that a display handle updates. Executed without a browser, the
notebook therefore keeps a static figure, and it stores no widget state.
"""

import inspect
import json
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from aicrypto.viz.theme import described

PLOTLY = "application/vnd.plotly.v1+json"


def explore(draw: Callable[..., go.Figure], **controls: Any) -> None:
    """Nothing; shows `draw(**values)` and one control per keyword.

    A tuple `(low, high)` or `(low, high, step)` makes a slider, a list a slider over its entries, a
    bool a checkbox; any other value is handed to `draw` as it is. A control starts at the default
    that `draw` declares for the argument, else at its middle or first value. Every control works
    from the keyboard: Tab reaches it, the arrow keys move it, Space ticks a box. (That rules out
    dropdowns: JupyterLab takes their keys for its own and moves to the next cell, or copies it.)

    Raises ValueError for a range or list that holds no value.
    """
    from IPython.display import DisplayHandle, display
    from ipywidgets import DOMWidget, VBox

    widgets = {name: _widget(draw, name, control) for name, control in controls.items()}
    visible = [widget for widget in widgets.values() if isinstance(widget, DOMWidget)]

    def current() -> go.Figure:
        """The figure for what the controls say now."""
        return draw(**{name: widget.value for name, widget in widgets.items()})

    first = current()  # an error of `draw` shows before any control does
    display(VBox(visible))
    handle = DisplayHandle()
    handle.display(_bundle(first), raw=True)

    def redraw(_: Any) -> None:
        """Puts the current figure in the place of the last one."""
        picture = current()
        # Plotly's renderer draws once and ignores updates. Output of another type in between makes
        # JupyterLab throw that renderer away; with the same height, nothing on the page moves.
        space = f'<div style="height: {picture.layout.height or 360}px"></div>'
        handle.update({"text/html": space}, raw=True)
        handle.update(_bundle(picture), raw=True)

    for widget in visible:
        widget.observe(redraw, names="value")


def _bundle(picture: go.Figure) -> dict[str, Any]:
    """The figure as an output, and in words where plotly is missing."""
    content = json.loads(picture.to_json())
    return {PLOTLY: content, "text/plain": described(content)}


def _widget(draw: Callable[..., go.Figure], name: str, control: Any) -> Any:
    """The ipywidget (or fixed value) for argument `name` of `draw`."""
    from ipywidgets import SelectionSlider, fixed, interactive

    if not isinstance(control, tuple | list | bool):
        return fixed(control)
    if len(set(control)) < 2 if isinstance(control, tuple) else control == []:
        raise ValueError(f"explore: {name}={control!r} leaves nothing to choose")
    argument = inspect.signature(draw).parameters.get(name)
    start = argument.default if argument else inspect.Parameter.empty
    if isinstance(control, list):
        first = start if start in control else control[0]
        widget = SelectionSlider(options=control, value=first)
    else:
        widget = interactive.widget_from_abbrev(control, start)
    widget.description = name.replace("_", " ")
    widget.style.description_width = "initial"
    if isinstance(control, tuple | list):
        widget.continuous_update = False  # one redraw where the handle is let go, not forty
    return widget
