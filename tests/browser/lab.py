"""JupyterLab on a folder, and one notebook of it open in a headless browser."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
START_S = 90
PLOTLY = "application/vnd.plotly.v1+json"
# The name of the open notebook's panel, from which everything below is read.
PANEL = "window.jupyterapp?.shell.currentWidget"
READY = f"{PANEL}?.context?.isReady && {PANEL}.sessionContext.session?.kernel?.status === 'idle'"
BOX = ".jp-OutputArea-output .widget-vbox"  # what `explore` shows
CONTROL = ".noUi-handle, input[type=checkbox]"
# JupyterLab's own race: it takes a figure's picture while a control redraws the figure.
RACE = "Failed to execute 'removeChild' on 'Node'"
PRESSED = {"DIV": "ArrowRight", "INPUT": "Space"}
# How a figure can be read: contrast of its smallest text, that text's size, its right edge.
READABLE = """
() => {
  const luminance = (colour) => {
    const linear = colour.match(/[\\d.]+/g).slice(0, 3).map((n) => n / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const figure = document.querySelector(".js-plotly-plot");
  const page = getComputedStyle(document.querySelector(".jp-Notebook")).backgroundColor;
  const words = [...figure.querySelectorAll(".gtitle, .xtick text, .ytick text, .xtitle, .ytitle")];
  const styles = words.map((word) => getComputedStyle(word));
  const contrasts = styles.map((style) => {
    const [dark, light] = [luminance(style.fill), luminance(page)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  });
  return {
    words: words.length,
    contrast: Math.min(...contrasts),
    size: Math.min(...styles.map((style) => parseFloat(style.fontSize))),
    right: figure.getBoundingClientRect().right,
  };
}
"""
SETTINGS = {
    # every cell stays in the page, also far from the visible part
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    # no pop-up about news, and no request to the network for them
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false"},
}


def browser_path() -> str | None:
    """Where Chromium or Chrome is, if anywhere on PATH."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def served(folder: Path, settings: Path, kernel: Mapping[str, str]) -> Iterator[str]:
    """The address of a JupyterLab on `folder`, which stops with the context.

    `kernel` are the environment variables by which Jupyter finds the kernels to start.
    """
    for name, value in SETTINGS.items():
        path = settings / "lab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(value))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    environment = dict(
        os.environ,
        JUPYTER_CONFIG_DIR=str(settings / "config"),
        JUPYTER_RUNTIME_DIR=str(settings / "runtime"),
        JUPYTERLAB_SETTINGS_DIR=str(settings / "lab"),
        JUPYTERLAB_WORKSPACES_DIR=str(settings / "workspaces"),
        **kernel,
    )
    with (settings / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _await_server(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def _await_server(address: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"JupyterLab did not answer at {address} within {START_S} s")


@contextmanager
def headless() -> Iterator[BrowserContext]:
    """A headless browser that keeps what it loads once for all pages, closed with the context."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        try:
            yield browser.new_context(viewport={"width": 1280, "height": 1000})
        finally:
            browser.close()


class OpenNotebook:
    """A notebook open in JupyterLab with its kernel ready; `errors` are those of the page."""

    def __init__(self, browser: BrowserContext, address: str, path: str) -> None:
        self.page: Page = browser.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self._keep(str(error)))
        self.page.on("console", self._hear)
        self.page.goto(f"{address}/lab/tree/{path}?reset", wait_until="domcontentloaded")
        self.page.wait_for_function(READY, timeout=START_S * 1000)

    def _hear(self, said: ConsoleMessage) -> None:
        """Keeps what the page calls an error."""
        if said.type == "error":
            self._keep(said.text)

    def _keep(self, error: str) -> None:
        if not error.startswith(RACE):
            self.errors.append(error[:300])

    def run_all(self, timeout_s: int) -> list[dict[str, Any]]:
        """The code cells after "Run All Cells", as the notebook file would store them."""
        self._command("jupyterapp.commands.execute('notebook:run-all-cells')", timeout_s)
        return [cell for cell in self._cells() if cell["cell_type"] == "code"]

    def run(self, places: Sequence[int], timeout_s: int) -> list[dict[str, Any]]:
        """The cells at these places after each was run, as the notebook file would store them."""
        run = (
            f"(async () => {{ const panel = {PANEL}; for (const place of {list(places)})"
            " { panel.content.activeCellIndex = place;"
            " await jupyterapp.commands.execute('notebook:run-cell') } })()"
        )
        self._command(run, timeout_s)
        cells = self._cells()
        return [cells[place] for place in places]

    def _command(self, promise: str, timeout_s: int) -> None:
        self.page.evaluate(f"() => {{ {promise}.finally(() => {{ window.done = true }}) }}")
        self.page.wait_for_function("window.done", timeout=timeout_s * 1000)

    def _cells(self) -> list[dict[str, Any]]:
        return self.page.evaluate(f"{PANEL}.content.model.toJSON().cells")

    def figures(self) -> list[str]:
        """What all plotly figures on the page draw, as JSON."""
        return self.page.evaluate(
            "[...document.querySelectorAll('.js-plotly-plot')].map(({ data, layout }) =>"
            " JSON.stringify([data, layout.title, layout.annotations, layout.shapes]))"
        )

    def settle(self) -> None:
        """Waits for the picture that JupyterLab keeps of each figure once it is drawn.

        Until then it works on a copy of the figure, and complains where the page changes.
        """
        self.page.wait_for_function(
            f"{PANEL}.content.model.toJSON().cells.flatMap(cell => cell.outputs ?? [])"
            f".filter(output => output.data?.['{PLOTLY}'])"
            ".every(output => output.data['image/png'])",
            timeout=START_S * 1000,
        )

    def n_boxes(self) -> int:
        """How many figures have controls."""
        return self.page.locator(BOX).count()

    def changes(self, box: int) -> bool:
        """Whether a key, pressed on the first control above a figure, changes a figure.

        The control must be one that Tab reaches.
        """
        self.settle()
        before = self.figures()
        control = self.page.locator(BOX).nth(box).locator(CONTROL).first
        control.focus()
        key = PRESSED[control.evaluate("e => e.tabIndex < 0 ? 'none' : e.tagName")]
        self.page.keyboard.press(key)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            now = self.figures()
            if len(now) == len(before) and now != before:
                return True
            self.page.wait_for_timeout(100)
        return False

    def readable(self, theme: str) -> dict[str, float]:
        """How the first figure can be read in a theme ("Light" or "Dark")."""
        self.settle()
        self.page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })",
            f"JupyterLab {theme}",
        )
        light = str(theme == "Light").lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
        return self.page.evaluate(READABLE)

    def picture(self, path: Path) -> None:
        """Saves what the browser shows, with the first figure in view."""
        self.page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=path)
