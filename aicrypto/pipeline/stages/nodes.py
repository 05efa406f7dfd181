"""The network of a run: five nodes, a router and a validator, over real connections on loopback.

One of the nodes bills ten times what it carried. The network's clock moves on with each page and
stands still meanwhile, so that one seed gives one run, byte for byte.
"""

import ipaddress
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from aicrypto.crawl import pages, players
from aicrypto.crawl.network import HttpWeb, Place, Terms
from aicrypto.crawl.pages import Fetched, Limits, Policy
from aicrypto.pipeline.stages.metering import COPIES, MAX_BPS, MIN_COPIES, Keys, Recorder
from aicrypto.pipeline.state import State

AGENT = "aicrypto-course"
NODES = ("node-1", "node-2", "node-3", "node-4", "node-5")
CHEAT, CHEAT_PLAYS = "node-5", "inflator"
PAGE_S = 0.1  # what the clock moves on with each page


class Steps:
    """A clock that moves on when it is told to."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now_s


async def play(
    state: State, seeds: Sequence[str], policy: Policy
) -> tuple[list[Fetched], Recorder, Keys]:
    """Answers in the order of fetching, the receipts that the validator was shown, and all keys.

    Raises:
        OSError: if the network does not come together.
    """
    clock, answers = Steps(float(state.chain.timestamp)), list[Fetched]()
    terms = Terms(copies=COPIES, min_votes=MIN_COPIES, max_bps=MAX_BPS)
    limits = Limits(AGENT, allow_loopback=_is_loopback(seeds[0]))
    stage_of = players.on_stage(
        _parts(), terms, seed=state.options.seed, web=lambda: HttpWeb(limits), clock=clock
    )
    async with stage_of as stage:
        stage.validator.book = recorder = Recorder(MAX_BPS)
        fetch = _recorded(stage.validator.fetch, clock, answers)
        with tempfile.TemporaryDirectory() as folder, pages.Archive(Path(folder)) as archive:
            await pages.crawl(seeds, fetch, archive, policy, progress=state.progress)
        await stage.validator.settled()
        nodes = {name: node.key for name, node in stage.nodes.items()}
        return answers, recorder, Keys(nodes, stage.router.key, stage.validator.key)


def _parts() -> list[players.Part]:
    """The nodes, each in a neighbourhood of its own."""
    return [
        players.Part(
            name, CHEAT_PLAYS if name == CHEAT else "honest", Place(f"10.0.{i}.1", "DE", name)
        )
        for i, name in enumerate(NODES)
    ]


def _is_loopback(url: str) -> bool:
    """Whether a site is on this machine, by its address: a name that only leads here is refused."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _recorded(
    fetch: Callable[[str, str], Awaitable[Fetched]], clock: Steps, answers: list[Fetched]
) -> pages.Fetch:
    """The fetch, its answers noted, and the clock moved on before each."""

    async def noted(url: str, session: str) -> Fetched:
        clock.now_s += PAGE_S
        answers.append(await fetch(url, session))
        return answers[-1]

    return noted
