"""Operators as processes of this machine: started, one or the other killed, and always cleaned up.

Each is a Python process of its own that speaks with the others over loopback sockets; the launcher
only passes on the ports and listens to the reports. It kills who is to be killed in the middle of
the first round that it hears of, and everybody when it leaves, also by an exception.
"""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from aicrypto.agents.services.consensus.operators import DELAY_MS
from aicrypto.commit.hashes import sha256
from aicrypto.crawl.signing import public_key

MODULE = "aicrypto.agents.services.consensus.process"
LIMIT_S = 60.0
Json = dict[str, Any]
Reports = queue.Queue[tuple[str, Json | None]]  # None: the process has ended


@dataclass(frozen=True)
class Outcome:
    """What an honest operator ended with.

    Attributes:
        state: the final round.
        data: what was agreed on.
        digest: of the whole state; alike for all.
        history: the rounds, each with the event that ended it.
        liars: operators of whom he holds two contradictory votes.
        seconds: from the common start to his end.
    """

    state: str
    data: Json
    digest: str
    history: tuple[tuple[str, str], ...]
    liars: tuple[str, ...]
    seconds: float


def run_service(
    job: str,
    arguments: Mapping[str, Json],
    faults: Mapping[str, str] | None = None,
    delay_ms: int = DELAY_MS,
    limit_s: float = LIMIT_S,
) -> dict[str, Outcome]:
    """What each honest operator ends with.

    `job` is "module:function", which makes an operator's period and behaviours of his name and his
    `arguments`; `faults` says who is silent, lying or killed.

    Raises:
        ValueError: if a fault is of nobody.
        TimeoutError: if the honest ones are not done in time.
    """
    faults = faults or {}
    if not set(faults) <= set(arguments):
        raise ValueError(f"faults are of {sorted(faults)}, the operators are {sorted(arguments)}")
    with _processes(len(arguments)) as processes:
        crowd = dict(zip(arguments, processes, strict=True))
        for settings in _settings(job, arguments, faults, delay_ms):
            _tell(crowd[settings["name"]], settings)
        reports: Reports = queue.Queue()
        for name, process in crowd.items():
            threading.Thread(target=_listen, args=(name, process, reports), daemon=True).start()
        return _follow(_Watch(crowd, faults), reports, limit_s)


@dataclass
class _Watch:
    """What is known of the operators so far."""

    crowd: Mapping[str, subprocess.Popen[str]]
    faults: Mapping[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    rounds: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    done: dict[str, Outcome] = field(default_factory=dict)
    begun: float = 0.0

    def take(self, name: str, report: Json | None) -> None:
        """One report, or an operator's end."""
        if report is None:
            if self.faults.get(name) != "killed":
                raise RuntimeError(f"operator {name} ended early")
        elif "port" in report:
            self._connect(name, report["port"])
        elif "ended" in report:
            self.rounds.setdefault(name, []).append((report["ended"], report["event"]))
            if self.faults.get(name) == "killed":
                self.crowd[name].kill()
        elif name not in self.faults:
            self._finish(name, report)

    def _connect(self, name: str, port: int) -> None:
        """Tells everybody the ports, once all are known."""
        self.ports[name], self.begun = port, time.monotonic()
        if len(self.ports) == len(self.crowd):
            for process in self.crowd.values():
                _tell(process, self.ports)

    def _finish(self, name: str, report: Json) -> None:
        what = report["state"], report["data"], report["digest"]
        rounds, liars = tuple(self.rounds[name]), tuple(report["liars"])
        self.done[name] = Outcome(*what, rounds, liars, time.monotonic() - self.begun)


def _follow(watch: _Watch, reports: Reports, limit_s: float) -> dict[str, Outcome]:
    """Listens to the reports until all honest operators are done."""
    deadline = time.monotonic() + limit_s
    while len(watch.done) < len(watch.crowd) - len(watch.faults):
        try:
            watch.take(*reports.get(timeout=max(0.0, deadline - time.monotonic())))
        except queue.Empty:
            raise TimeoutError("the operators did not come to an end in time") from None
    return watch.done


def _settings(
    job: str, arguments: Mapping[str, Json], faults: Mapping[str, str], delay_ms: int
) -> Iterator[Json]:
    """What each operator must know; seeds are derived from names, as nothing is at stake here."""
    seeds = {name: sha256(b"aicrypto.consensus", name.encode()) for name in arguments}
    keys = {name: public_key(seed).hex() for name, seed in seeds.items()}
    for name, given in arguments.items():
        yield {
            "name": name,
            "seed": seeds[name].hex(),
            "keys": keys,
            "job": job,
            "arguments": given,
            "fault": faults.get(name),
            "delay_ms": delay_ms,
        }


@contextmanager
def _processes(n: int) -> Iterator[list[subprocess.Popen[str]]]:
    """That many operators, none of whom is left at the end."""
    with ExitStack() as stack:
        started = []
        for _ in range(n):
            process = subprocess.Popen(
                [sys.executable, "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)  # closes its pipes and waits for it
            stack.callback(process.kill)  # first
            started.append(process)
        yield started


def _tell(process: subprocess.Popen[str], document: object) -> None:
    pipe: IO[str] | None = process.stdin
    assert pipe is not None, "made with a pipe"
    try:
        pipe.write(json.dumps(document) + "\n")
        pipe.flush()
    except OSError:
        return  # it has ended; the reports will say so


def _listen(name: str, process: subprocess.Popen[str], reports: Reports) -> None:
    """Passes an operator's lines on, and None at their end."""
    assert process.stdout is not None, "made with a pipe"
    try:
        for line in process.stdout:
            reports.put((name, json.loads(line)))
    except ValueError:  # cut off, or the pipe was closed
        pass
    reports.put((name, None))
