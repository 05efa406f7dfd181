"""Memory that a machine works on: pages of 1024 words in one growing array, found by a table.

The table has one entry for each of 2^20 pages: where in the array the page is, 0 for the page of
zeros that stands for everything never written. Both the readable machines (through memoryviews,
which give plain integers) and the compiled loop (through the arrays) work on the same bytes, and
both mark a page that they write to. `tree` takes the marked pages over into a `MemoryTree`.

Words are little-endian, as the host's are; a big-endian machine turns them around.
"""

from collections.abc import Iterable

import numpy as np

from aicrypto.opml.machine.memory.tree import (
    N_PAGES,
    PAGE_BITS,
    PAGE_BYTES,
    MemoryTree,
    Segment,
    check_range,
)

WORDS_BITS = PAGE_BITS - 2
PAGE_WORDS = 1 << WORDS_BITS
IN_PAGE = PAGE_WORDS - 1
FIRST_CAPACITY = 64  # pages


class Memory:
    """The 2^32 bytes of one machine.

    Attributes:
        table: where the page of each number is in `words`, in pages; 0 where nothing is stored.
        words: the pages, the first one empty and never written.
        numbers: page number of each page of `words`.
        dirty: 1 for each page of `words` written since `tree` was last asked.
    """

    def __init__(self, tree: MemoryTree | None = None) -> None:
        self._tree = tree or MemoryTree()
        pages = self._tree.pages()
        self.n_stored = 1 + len(pages)
        self.table = np.zeros(N_PAGES, np.int32)
        self._allocate(max(FIRST_CAPACITY, 2 * self.n_stored))
        for place, (number, page) in enumerate(pages, 1):
            self.table[number], self.numbers[place] = place, number
            start = place << WORDS_BITS
            self.words[start : start + PAGE_WORDS] = np.frombuffer(page.data, "<u4")
        self._view()

    @classmethod
    def of(cls, segments: Iterable[Segment]) -> "Memory":
        """Memory with these bytes at these addresses."""
        return cls(MemoryTree.of(segments))

    def _allocate(self, capacity: int) -> None:
        self.words = np.zeros(capacity << WORDS_BITS, np.uint32)
        self.numbers = np.zeros(capacity, np.int64)
        self.dirty = np.zeros(capacity, np.uint8)

    def _view(self) -> None:
        """Views whose items are plain integers, several times quicker than arrays give them."""
        self._word, self._place = self.words.data, self.table.data
        self._mark = self.dirty.data

    def _grow(self) -> None:
        """Make room for as many pages again."""
        words, numbers, dirty = self.words, self.numbers, self.dirty
        self._allocate(2 * len(numbers))
        self.words[: len(words)], self.numbers[: len(numbers)] = words, numbers
        self.dirty[: len(dirty)] = dirty
        self._view()

    def load(self, address: int) -> int:
        """The word that holds an address, little-endian."""
        return self._word[self._place[address >> PAGE_BITS] << WORDS_BITS | address >> 2 & IN_PAGE]

    fetch = load  # an instruction is a word like any other; with proofs it is not

    def store(self, address: int, word: int) -> None:
        """Replace the word that holds an address."""
        place = self._place[address >> PAGE_BITS] or self._new_page(address >> PAGE_BITS)
        self._mark[place] = 1
        self._word[place << WORDS_BITS | address >> 2 & IN_PAGE] = word

    def provide(self, address: int) -> None:
        """Store the page of an address, if it is not stored yet."""
        if not self._place[address >> PAGE_BITS]:
            self._new_page(address >> PAGE_BITS)

    def _new_page(self, number: int) -> int:
        if self.n_stored == len(self.numbers):
            self._grow()
        place = self.n_stored
        self.n_stored += 1
        self._place[number], self.numbers[place] = place, number
        return place

    def tree(self) -> MemoryTree:
        """Memory as it is now; later changes do not touch what is returned."""
        places = np.flatnonzero(self.dirty).tolist()
        pages = [
            (
                int(self.numbers[place]),
                self.words[place << WORDS_BITS : place + 1 << WORDS_BITS].tobytes(),
            )
            for place in places
        ]
        self.dirty[:] = 0
        self._tree = self._tree.with_pages(pages)
        return self._tree

    def read(self, address: int, n_bytes: int) -> bytes:
        """Bytes of memory.

        Raises:
            ValueError: if they do not lie within 2^32 bytes.
        """
        return self.tree().read(address, n_bytes)

    def write(self, address: int, data: bytes) -> None:
        """Replace bytes of memory.

        Raises:
            ValueError: if they do not lie within 2^32 bytes.
        """
        check_range(address, len(data))
        for at, byte in enumerate(data, address):
            shift = (at & 3) * 8
            self.store(at, self.load(at) & ~(0xFF << shift) | byte << shift)


assert PAGE_BYTES == 4 * PAGE_WORDS
