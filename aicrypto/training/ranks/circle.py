"""Who takes part, and how messages go round among them; a death is noticed, and agreed upon.

Messages travel by the collectives of torch.distributed (gloo between CPUs, nccl between GPUs). A
collective that waits for a dead process hangs or breaks, and the ranks left would disagree on who
is left. So every exchange is framed by a key-value store that all reach:

1. roll call: each rank says "here" and waits for all others, at most `patience_s`; the first whose
   patience ends writes down who is there, and this list binds everybody;
2. if somebody is missing, all end with `RankLost` (`stop`), or form a new process group without
   them (`go on`);
3. the exchange;
4. receipt: each rank confirms; only if all have, the exchange counts, else it is repeated from 1.

A rank that was too slow finds itself missing from the list, and ends. The store must outlive the
ranks: a launcher or torchrun's agent holds it. With nccl a death inside step 3 ends all ranks
by nccl's own timeout, since a broken communicator can't be left safely; a death anywhere else is
survived.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from torch.distributed import Store  # type: ignore[attr-defined]

STOP, GO_ON = "stop", "go-on"
GLOO, NCCL = "gloo", "nccl"
MAX_ATTEMPTS = 8
DONE, REPEAT = "done", "repeat"


class RankLost(RuntimeError):
    """Ranks that died or were too slow; names them and the window."""


@dataclass
class Circle:
    """The ranks that still take part, as one of them sees it.

    Attributes:
        store: reached by all ranks, held by none of them.
        rank: own number, which never changes.
        members: numbers of all who take part, ascending.
        on_loss: "stop" or "go-on".
        patience_s: how long to wait for others, after arriving oneself.
        backend: "gloo" or "nccl".
    """

    store: "Store"
    rank: int
    members: tuple[int, ...]
    on_loss: str = STOP
    patience_s: float = 30.0
    backend: str = GLOO

    def __post_init__(self) -> None:
        if self.on_loss not in (STOP, GO_ON) or self.backend not in (GLOO, NCCL):
            raise ValueError(f"on_loss is {self.on_loss!r}, backend {self.backend!r}: unknown")
        if self.rank not in self.members:
            raise ValueError(f"rank is {self.rank}, must be one of {self.members}")

    def exchange(self, window: int, message: bytes) -> dict[int, bytes]:
        """Everybody's message by rank, the same for all who get an answer.

        Raises:
            RankLost: if a rank is missing and losses stop the run, if this rank itself was given up
                by the others, or if the store is gone.
        """
        try:
            for attempt in range(MAX_ATTEMPTS):
                call = f"window {window}, attempt {attempt}"
                self._meet(window, call)
                messages = self._gathered(message)
                if self._all_received(call, messages is not None) and messages is not None:
                    return messages
                self.leave()
        except _store_errors() as error:
            raise RankLost(f"window {window}: the store is gone ({error})") from error
        raise RankLost(f"window {window}: {MAX_ATTEMPTS} attempts failed")

    def leave(self) -> None:
        """Gives up the process group, if there is one."""
        import torch.distributed as dist

        if dist.is_initialized():
            dist.destroy_process_group()

    def _meet(self, window: int, call: str) -> None:
        """Roll call, and a process group of those who are there."""
        import torch.distributed as dist

        here = self._roll_call(call)
        lost = sorted(set(self.members) - set(here))
        if self.rank in lost:
            raise RankLost(f"window {window}: rank {self.rank} came too late, the others went on")
        if lost and self.on_loss == STOP:
            raise RankLost(f"window {window}: rank(s) {', '.join(map(str, lost))} lost")
        if lost:
            self.members = tuple(here)
            self.leave()
        if not dist.is_initialized():
            self._form_group(call)

    def _roll_call(self, call: str) -> list[int]:
        keys = [f"{call}: {member}" for member in self.members]
        self.store.set(f"{call}: {self.rank}", "here")
        all_here = self._waited_for(keys)
        pairs = zip(self.members, keys, strict=True)
        here = [member for member, key in pairs if all_here or self.store.check([key])]
        listed: list[int] = json.loads(self._first_word(f"{call}: members", json.dumps(here)))
        return listed

    def _all_received(self, call: str, received: bool) -> bool:
        """Whether the exchange counts: everybody has all messages."""
        verdict = f"{call}: verdict"
        if not received:
            return self._first_word(verdict, REPEAT) == DONE
        self.store.set(f"{call}: received {self.rank}", "yes")
        everybody = self._waited_for([f"{call}: received {member}" for member in self.members])
        return self._first_word(verdict, DONE if everybody else REPEAT) == DONE

    def _first_word(self, key: str, word: str) -> str:
        """What stands at the key, which is `word` if nothing stood there."""
        return bytes(self.store.compare_set(key, "", word)).decode()

    def _waited_for(self, keys: list[str]) -> bool:
        """Whether all keys were there before patience ended."""
        try:
            self.store.wait(keys, timedelta(seconds=self.patience_s))
        except _store_errors():
            self.store.check(keys[:1])  # raises if the store itself is gone
            return False
        return True

    def _form_group(self, call: str) -> None:
        import torch.distributed as dist

        prefixed = dist.PrefixStore(f"{call}: group", self.store)  # type: ignore[attr-defined]
        dist.init_process_group(
            self.backend,
            store=prefixed,
            rank=self.members.index(self.rank),
            world_size=len(self.members),
            timeout=timedelta(seconds=self.patience_s),
        )

    def _gathered(self, message: bytes) -> dict[int, bytes] | None:
        """All messages by rank; None if the exchange broke."""
        try:
            sizes = self._all_gather(torch.tensor([len(message)]))
            longest = max(int(size) for size in sizes)
            padded = torch.zeros(max(longest, 1), dtype=torch.uint8)
            padded[: len(message)] = torch.frombuffer(
                bytearray(message or b"\0"), dtype=torch.uint8
            )[: len(message)]
            rows = self._all_gather(padded)
        except RuntimeError:
            return None
        trimmed = [bytes(r[: int(n)].numpy()) for r, n in zip(rows, sizes, strict=True)]
        return dict(zip(self.members, trimmed, strict=True))

    def _all_gather(self, tensor: Tensor) -> list[Tensor]:
        import torch.distributed as dist

        mine = tensor.cuda() if self.backend == NCCL else tensor
        parts = [torch.empty_like(mine) for _ in self.members]
        dist.all_gather(parts, mine)
        return [part.cpu() for part in parts]


def _store_errors() -> tuple[type[Exception], ...]:
    """What a store raises when time is over, or when it is gone."""
    import torch.distributed as dist

    return (dist.DistStoreError, dist.DistNetworkError, dist.DistBackendError)
