"""The pipeline's parts at growing size: the same whoever works, and a line that foretells."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.pipeline.scale import loads, page
from aicrypto.pipeline.scale.model import LOADS, Growth, fit, measure

Load = Callable[[int, Executor | None], bytes]


@pytest.mark.parametrize(
    ("load", "size", "other"),
    [(loads.appraisals, 50, 26), (loads.rows, 5_000, 4_999), (loads.nodes, 3, 4)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_workers_make_the_same(load: Load, size: int, other: int) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert load(size, executor) == load(size, None)
        assert load(other, executor) != load(size, None)


def test_sizes_are_split_into_all_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(loads, "_region", lambda part: asked.append(part) or b"")
    loads.nodes(2 * loads.REGION_NODES + 1)
    assert asked == [(0, loads.REGION_NODES), (1, loads.REGION_NODES), (2, 1)]
    asked.clear()
    monkeypatch.setattr(loads, "_hour", lambda widths, part: asked.append(part) or b"")
    loads.appraisals(10_000)
    assert len(asked) == loads.HOURS
    assert sum(size for _, size in asked) == 10_000


def test_what_does_not_verify_ends_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicrypto.sql.fast.verify", lambda *_: False)
    with pytest.raises(RuntimeError, match="shard 0 does not verify"):
        loads.rows(1_000)


@given(st.floats(0, 10), st.floats(1e-9, 1), st.lists(st.integers(1, 10**6), min_size=2))
def test_a_true_line_is_found(base: float, each: float, sizes: list[int]) -> None:
    seconds = {size: base + each * size for size in sizes}
    found_base, found_each = fit(seconds)
    assert found_base >= 0
    assert found_each >= 0
    for size, taken in seconds.items():
        assert found_base + found_each * size == pytest.approx(taken, rel=1e-3, abs=1e-9)


def test_a_line_never_slopes_down() -> None:
    assert fit({1: 3.0, 2: 2.0, 3: 1.0})[1] == 0
    assert fit({1: 1.0, 2: 4.0, 3: 9.0})[0] == 0


def test_the_full_size_is_foretold_and_not_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that counts work: linear loads are foretold, another one is seen to be missed."""
    now = [0.0]
    monkeypatch.setattr("time.process_time", lambda: now[0])

    def grown(power: float) -> Growth:
        def work(size: int, executor: Executor | None) -> bytes:
            now[0] += 1 + size**power
            return b""

        load = LOADS["nodes"].__class__("nodes", (10, 20, 30), 100, 10**6, work)
        monkeypatch.setitem(LOADS, "nodes", load)  # type: ignore[arg-type]
        [growth] = measure(("nodes",))
        return growth

    linear, square = grown(1), grown(2)
    assert linear.error == pytest.approx(0)
    assert square.error < -0.5
    assert linear.cores_on_paper == pytest.approx((1 + 10**6) / 86_400)
    [line] = page.lines([linear])
    assert line[3:6] == ("101.00 s", "101.00 s", "+0%")
    html = page.render([linear, square], "one core")
    assert html.count("Plotly.newPlot") == 2
    assert "<script src" not in html
