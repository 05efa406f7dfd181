"""What growth costs: a line through small measured points, checked on a large one, then on paper.

    seconds(size) = base + each · size

The line is fitted by least squares of *relative* errors, so that a small point counts as much as a
large one. It is fair to carry it on only if it foretells a size that it has not seen, so the full
size of each load is measured as well and compared. Seconds are those of one core, unless workers
were given, then they are of the clock.

On paper means: nobody measured that. It says how many cores a load of the internet's size would
keep busy for a day, if nothing but these costs grew.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from aicrypto.pipeline.scale import loads

DAY_S = 86_400
N_HIDDEN = (256, 512, 1024, 2048)  # widths of the networks whose parameters grow
N_ANSWERS = 1_000  # that each of these networks gives
REPEATS = 2

Work = Callable[[int, Executor | None], bytes]


@dataclass(frozen=True)
class Load:
    """A load with the sizes at which it is measured.

    Attributes:
        unit: what is counted.
        small: sizes through which the line is fitted.
        full: the size on which it is checked.
        paper: a size of the internet's order.
        work: does it.
    """

    unit: str
    small: tuple[int, ...]
    full: int
    paper: int
    work: Work


def _grown(n_hidden: int) -> tuple[int, ...]:
    return (loads.WIDTHS[0], n_hidden, n_hidden, loads.WIDTHS[-1])


WIDTHS_BY_SIZE = {loads.n_parameters(_grown(n)): _grown(n) for n in N_HIDDEN}


def _parameters(n: int, executor: Executor | None) -> bytes:
    return loads.appraisals(N_ANSWERS, executor, WIDTHS_BY_SIZE[n])


LOADS: Mapping[str, Load] = {
    "appraisals": Load("appraisals", (1_250, 2_500, 5_000), 10_000, 10**9, loads.appraisals),
    "parameters": Load(
        "parameters", (*WIDTHS_BY_SIZE,)[:-1], [*WIDTHS_BY_SIZE][-1], 10**9, _parameters
    ),
    "rows": Load("rows", (1 << 18, 1 << 19, 1 << 20), 10_000_000, 10**12, loads.rows),
    "nodes": Load("nodes", (50, 100, 150), 1_000, 10**6, loads.nodes),
}


@dataclass(frozen=True)
class Growth:
    """What was measured of one load, and what follows.

    Attributes:
        seconds: by size, the full size last.
        base: seconds that do not grow; `each` are those of one unit.
    """

    name: str
    load: Load
    seconds: Mapping[int, float]
    base: float
    each: float

    def foretold(self, size: int) -> float:
        """Seconds by the line."""
        return self.base + self.each * size

    @property
    def error(self) -> float:
        """By what part of the measured seconds the line misses the full size; positive: too many.

        The line has not seen that size.
        """
        measured = self.seconds[self.load.full]
        return self.foretold(self.load.full) / measured - 1

    @property
    def cores_on_paper(self) -> float:
        """Cores that the internet's size would keep busy, if it were a day's work."""
        return self.foretold(self.load.paper) / DAY_S


def fit(seconds: Mapping[int, float]) -> tuple[float, float]:
    """Base and slope of the line with the least relative errors; neither is below 0.

    >>> base, each = fit({10: 3.0, 20: 5.0})
    >>> round(base, 6), round(each, 6)
    (1.0, 0.2)
    """
    sizes, taken = (np.array(side, float) for side in (list(seconds), list(seconds.values())))
    columns = np.stack([np.ones_like(sizes), sizes], 1) / taken[:, None]
    base, each = np.linalg.lstsq(columns, np.ones_like(sizes), rcond=None)[0]
    if base < 0:
        ratio = sizes / taken
        base, each = 0.0, ratio.sum() / (ratio**2).sum()
    if each < 0:
        base, each = (1 / taken).sum() / (1 / taken**2).sum(), 0.0
    return float(base), float(each)


def measure(
    names: tuple[str, ...] = tuple(LOADS), executor: Executor | None = None
) -> Iterator[Growth]:
    """Every load's growth, one after the other; a minute in all on one core."""
    for name in names:
        load = LOADS[name]
        load.work(load.small[0], executor)  # loads what is imported and compiled on first use
        seconds = {
            size: min(_taken(partial(load.work, size, executor), executor) for _ in range(REPEATS))
            for size in load.small
        }
        line = fit(seconds)
        seconds[load.full] = _taken(partial(load.work, load.full, executor), executor)
        yield Growth(name, load, seconds, *line)


def _taken(work: Callable[[], bytes], executor: Executor | None) -> float:
    """Seconds of the work: of this process' core if it works alone, otherwise of the clock."""
    clock = time.process_time if executor is None else time.perf_counter
    start = clock()
    work()
    return clock() - start
