"""What a lesson says to its learner: the verdict on an attempt, a demand for refusal, the machine.

Lessons import these three. `attempt` stands around the checks of an exercise, `rejects` around
every attack of "Break it", `device_report` in the first cell.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def attempt(name: str) -> Iterator[None]:
    """Context around the checks of exercise `name`, which prints one line about them.

    An untouched stub ends in a bare `raise NotImplementedError`; that alone is forgiven. Whatever
    else goes wrong propagates, also a NotImplementedError with a message: torch raises those for
    operations that it lacks on a device.
    """
    try:
        yield
    except NotImplementedError as stub:
        if stub.args:
            raise
        line = f"{name}: not attempted yet, the cell above waits for you"
    else:
        line = f"{name}: passed"
    print(line)  # noqa: T201 (the learner reads it)


def rejects(
    check: Callable[..., object],
    *args: Any,
    because: str = "",
    raises: type[Exception] | None = None,
    **kwargs: Any,
) -> None:
    """Nothing, if `check(*args, **kwargs)` refuses; AssertionError otherwise.

    A verifier refuses by returning exactly `False`: `None`, `0` or an empty list is no verdict,
    and a verifier that raises has met an input that it does not handle. With `raises`, refusing
    means raising that type, as loaders do. `because` says what ought to have been noticed.

    >>> rejects(str.isdigit, "12a", because="a is not a digit")
    >>> rejects(int, "12a", raises=ValueError, because="a is not a digit")
    """
    name = getattr(check, "__qualname__", repr(check))
    wanted = f"raise {raises.__name__}" if raises else "return False"
    reason = f" ({because})" if because else ""
    try:
        verdict = check(*args, **kwargs)
    except Exception as error:
        if raises and isinstance(error, raises):
            return
        got = f"raised {type(error).__name__}: {error}"
        raise AssertionError(f"{name} must {wanted}{reason}, but {got}") from error
    if raises or verdict is not False:
        raise AssertionError(f"{name} must {wanted}{reason}, but returned {verdict!r:.200}")


def device_report() -> str:
    """One line on torch, its CPU threads and the GPU, if there is one."""
    import torch

    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_properties(0)
        accelerator = f"GPU {gpu.name} with {gpu.total_memory / 2**30:.0f} GiB"
    else:
        accelerator = "no GPU: everything here also runs on CPU"
    return f"torch {torch.__version__}, {torch.get_num_threads()} CPU threads, {accelerator}"
