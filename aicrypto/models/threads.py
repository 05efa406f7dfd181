"""One thread for torch: quicker for one token at a time, and the same sums in the same order.

A product of one row with a matrix is so short that threads wait for each other longer than they
work. With several threads a sum may also be cut into other pieces on another machine, so whoever
wants the same bits again asks for one thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread inside the block, as before after it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
