"""What one rank does: train its own pages, exchange messages, take the step that all take.

Every rank holds a replica of the federation (`federation.windows`) and hears all messages, so that
weights, scores and losses are equal everywhere without being sent. Under torchrun, or any launcher
that sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, a rank joins the others; without them the
script starts `--ranks` processes on this machine.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import torch

from aicrypto.commit.hashes import sha256
from aicrypto.training.federation import Federation, Peer, Sent, Setting, Window, absorb
from aicrypto.training.language import Language
from aicrypto.training.ranks.circle import GLOO, GO_ON, NCCL, STOP, Circle, RankLost
from aicrypto.training.sparse import BadMessage

if TYPE_CHECKING:
    from torch.distributed import Store  # type: ignore[attr-defined]

ASLEEP = b""
FAILED = 1
KILLED = 128  # a shell shows death by signal n as 128 + n
DIED = 7  # exit status of a rehearsed death
JOIN_S = 60.0


@dataclass(frozen=True)
class Plan:
    """What a run is to do, the same for all ranks.

    Attributes:
        characters: of ranks 0, 1, ...; ranks behind the last one are honest.
        quits: rank and window at whose end that rank dies, for rehearsals.
        device: that weights and gradients live on; "cuda" takes the rank's own GPU.
    """

    n_windows: int = 4
    n_inner: int = 20
    defence: str = "limited"
    characters: tuple[str, ...] = ()
    on_loss: str = STOP
    patience_s: float = 30.0
    quits: tuple[int, int] | None = None
    backend: str = GLOO
    device: str = "cpu"

    def federation(self, members: Sequence[int]) -> Federation:
        """The federation of these ranks, before its first window."""
        setting = Setting(Language(device=self.device), n_inner=self.n_inner)
        names = {rank: f"rank {rank}" for rank in members}
        who = dict(enumerate(self.characters))
        peers = [Peer(name, setting, who.get(rank, "honest")) for rank, name in names.items()]
        return Federation(setting, peers, self.defence)


@dataclass(frozen=True)
class Outcome:
    """What a rank has to show in the end.

    Attributes:
        losses: on test pages, before the first window and after each.
        weights: SHA-256 of the final weights, in hex.
        members: ranks that still took part.
        n_bytes: that this rank sent in all.
    """

    rank: int
    losses: tuple[float, ...]
    weights: str
    members: tuple[int, ...]
    n_bytes: int


def run(plan: Plan, circle: Circle) -> Outcome:
    """A rank's whole run.

    Raises:
        RankLost: as `Circle.exchange` does.
    """
    federation, n_bytes = plan.federation(circle.members), 0
    me = federation.peers[circle.members.index(circle.rank)]
    for number in range(plan.n_windows):
        sent = me.send(Window(number, federation.thetas))
        message = sent.to_bytes() if sent else ASLEEP
        if plan.quits == (circle.rank, number):
            os._exit(DIED)
        everybody = circle.exchange(number, message)
        n_bytes += len(message)
        absorb(federation, {f"rank {r}": heard(m) for r, m in everybody.items() if m})
    weights = federation.thetas[-1].cpu().numpy().tobytes()
    losses = tuple(federation.losses)
    return Outcome(circle.rank, losses, sha256(weights).hex(), circle.members, n_bytes)


def heard(message: bytes) -> Sent:
    """A rank's message; one without a proper envelope is an upload that nobody can open."""
    try:
        return Sent.from_bytes(message)
    except BadMessage:
        return Sent(0.0, 0.0, b"")


def join(plan: Plan, limit_s: float = JOIN_S) -> Circle:
    """The circle that the environment's variables describe.

    Raises:
        RankLost: if the store can't be reached.
    """
    rank, n_ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    members = tuple(range(n_ranks))
    return Circle(_store(rank, limit_s), rank, members, plan.on_loss, plan.patience_s, plan.backend)


def _store(rank: int, limit_s: float) -> "Store":
    """The store of torchrun or of the launcher; without one of these, rank 0 holds it."""
    import torch.distributed as dist

    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    held_elsewhere = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    try:
        return dist.TCPStore(  # type: ignore[attr-defined]
            address,
            port,
            is_master=rank == 0 and not held_elsewhere,
            timeout=timedelta(seconds=limit_s),
            wait_for_workers=False,
        )
    except (dist.DistNetworkError, dist.DistStoreError) as error:
        raise RankLost(f"no store at {address}:{port} ({error})") from error


def parse(arguments: Sequence[str]) -> tuple[Plan, int]:
    """The plan and the number of ranks to start here."""
    parser = argparse.ArgumentParser(prog="python -m aicrypto.training.ranks", description=__doc__)
    parser.add_argument("--ranks", type=int, default=4, help="processes to start on this machine")
    parser.add_argument("--windows", type=int, default=4, help="exchanges")
    parser.add_argument("--inner", type=int, default=20, help="steps between two exchanges")
    parser.add_argument("--defence", default="limited", help="plain, limited or gauntlet")
    parser.add_argument("--characters", default="", help="of ranks 0, 1, ...: honest,poisoner,...")
    parser.add_argument("--on-loss", choices=[STOP, GO_ON], default=STOP)
    parser.add_argument("--patience", type=float, default=30.0, help="seconds to wait for others")
    parser.add_argument("--quits", default="", help="RANK:WINDOW, rehearses that rank's death")
    parser.add_argument("--backend", choices=[GLOO, NCCL], default=GLOO)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    given = parser.parse_args(arguments)
    characters = tuple(filter(None, given.characters.split(",")))
    rank, _, window = given.quits.partition(":")
    quits = (int(rank), int(window)) if window else None
    plan = Plan(given.windows, given.inner, given.defence, characters, given.on_loss)
    plan = replace(plan, patience_s=given.patience, quits=quits)
    return replace(plan, backend=given.backend, device=given.device), given.ranks


def _shown(status: int) -> int:
    """The exit status as a shell shows it, where a signal is no success."""
    return status if status >= 0 else KILLED - status


def main(arguments: Sequence[str]) -> int:
    """Exit status; writes each rank's outcome as one line of JSON, or why it failed."""
    from aicrypto.training.ranks.launch import launch

    plan, n_ranks = parse(arguments)
    if "RANK" not in os.environ:
        ended = launch(arguments, n_ranks)
        for one in ended:
            sys.stdout.write(one.text)
            sys.stderr.write(one.error if one.status else "")
        return max(_shown(one.status) for one in ended)
    torch.set_num_threads(1)
    if plan.device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    try:
        circle = join(plan)
        outcome = run(plan, circle)
    except RankLost as lost:
        sys.stderr.write(f"rank {os.environ['RANK']}: {lost}\n")
        return FAILED
    circle.leave()
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
    return 0
