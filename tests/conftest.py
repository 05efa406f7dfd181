"""What every test shares: one torch thread, as two workers run on two cores; who runs what, when.

Work is dealt out file by file, lesson by lesson where a file tests lessons, and the longest first:
what comes last leaves a worker idle while the other ends.
"""

from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)

# Where the minutes go, the longest first; whatever is not named here follows in its own order.
LONG = ("test_lab.py", "test_grading.py", "test_pipeline.py", ".ipynb", "planted_fault.py")
BY_LESSON = "test_grading.py"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Our own dealing with `--dist loadscope`."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class LongestFirst(LoadScopeScheduling):
        """Deals out files, in the order of collection; a lesson of BY_LESSON by itself."""

        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            return f"{file}[{test.partition('[')[2]}" if file.endswith(BY_LESSON) else file

    config.option.loadscopereorder = False  # by number of tests would put the longest last
    return LongestFirst(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The files of LONG first."""
    items.sort(key=lambda item: _rank(item.path))


def _rank(path: Path) -> int:
    found = [rank for rank, name in enumerate(LONG) if name in path.name]
    return min(found, default=len(LONG))
