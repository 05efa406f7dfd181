"""`explore`: controls above one figure, redrawn in place when a control moves.

The figure is an ordinary output that a display handle updates. Executed without a browser, the
notebook therefore keeps a static figure, and it stores no widget state.
"""

import inspect
import json
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

PLOTLY = "application/vnd.plotly.v1+json"


def explore(draw: Callable[..., go.Figure], **controls: Any) -> None:
    """Nothing; shows `draw(**values)` and one control per keyword.

    A tuple `(low, high)` or `(low, high, step)` makes a slider, a list a dropdown, a bool a
    checkbox; any other value is handed to `draw` as it is. A control starts at the default that
    `draw` declares for the argument, else at its middle or first value. Every control works from
    the keyboard: Tab reaches it, the arrow keys move it, Space ticks a box.

    Raises ValueError for a range or list that holds no value.
    """
    import ipywidgets
    from IPython.display import DisplayHandle, display

    widgets = {name: _widget(draw, name, control) for name, control in controls.items()}
    handle = DisplayHandle()

    def bundle() -> dict[str, Any]:
        values = {name: widget.value for name, widget in widgets.items()}
        picture = draw(**values)
        return {PLOTLY: json.loads(picture.to_json()), "text/plain": picture.layout.title.text}

    first = bundle()  # an error of `draw` shows before any control does
    visible = [w for w in widgets.values() if isinstance(w, ipywidgets.DOMWidget)]
    display(ipywidgets.VBox(visible))
    handle.display(first, raw=True)
    for widget in visible:
        widget.observe(lambda _: handle.update(bundle(), raw=True), names="value")


def _widget(draw: Callable[..., go.Figure], name: str, control: Any) -> Any:
    """The ipywidget (or fixed value) for argument `name` of `draw`."""
    from ipywidgets import fixed, interactive

    if not isinstance(control, tuple | list | bool):
        return fixed(control)
    if len(set(control)) < 2 if isinstance(control, tuple) else control == []:
        raise ValueError(f"explore: {name}={control!r} leaves nothing to choose")
    argument = inspect.signature(draw).parameters.get(name)
    start = argument.default if argument else inspect.Parameter.empty
    widget = interactive.widget_from_abbrev(control, start)
    widget.description = name.replace("_", " ")
    widget.style.description_width = "initial"
    if isinstance(control, tuple):
        widget.continuous_update = False  # one redraw where the handle is let go, not forty
    return widget
