"""One operator as a process: sockets on loopback and a real clock around `Operator`.

    python -m aicrypto.agents.services.consensus.process

reads one line of JSON (who it is, what it runs, what is wrong with it), says the port on which it
listens, reads everybody's ports, and then talks to the others: one message a line. It reports each
round on standard output, and the outcome. It ends when its standard input does, so that no operator
outlives whoever launched it.
"""

import asyncio
import importlib
import json
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from aicrypto.agents.services.consensus.faults import behaving, distortion
from aicrypto.agents.services.consensus.operators import Operator
from aicrypto.agents.services.consensus.replica import Identity, Timer
from aicrypto.agents.services.consensus.sealed import MAX_BYTES

LOOPBACK = "127.0.0.1"


class Station:
    """An operator's connections, alarms and reports."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        keys = {name: bytes.fromhex(key) for name, key in settings["keys"].items()}
        me = Identity(settings["name"], bytes.fromhex(settings["seed"]), keys)
        module, function = settings["job"].split(":")
        make = getattr(importlib.import_module(module), function)
        period, behaviours = make(me.name, settings["arguments"])
        said = behaving(settings["fault"], behaviours)
        self.operator = Operator(me, period, said, settings["delay_ms"])
        self.distort = distortion(settings["fault"], me)
        self._peers: dict[str, asyncio.StreamWriter] = {}
        self._told = 0
        self._is_done = False

    async def run(self) -> None:
        """Listens, connects, begins; returns when standard input ends."""
        server = await asyncio.start_server(self._listen, LOOPBACK, 0, limit=MAX_BYTES)
        say({"port": server.sockets[0].getsockname()[1]})
        loop = asyncio.get_running_loop()
        ports = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
        for name in self.operator.me.keys:
            if name != self.operator.me.name:
                _, self._peers[name] = await asyncio.open_connection(LOOPBACK, ports[name])
        ended = asyncio.Event()
        threading.Thread(target=_wait_for_end, args=(loop, ended), daemon=True).start()
        self.operator.start(_now_ms())
        self._flush()
        await ended.wait()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes one peer's messages, until it goes."""
        try:
            while line := await reader.readline():
                self.operator.receive(line.decode(errors="replace").rstrip("\n"), _now_ms())
                self._flush()
        except (ConnectionError, ValueError):  # gone, or a line longer than any message
            pass
        finally:
            writer.close()

    def _alarm(self, timer: Timer) -> None:
        self.operator.alarm(timer, _now_ms())
        self._flush()

    def _flush(self) -> None:
        """Sends, sets alarms, reports."""
        messages, timers = self.operator.drain()
        for after_ms, timer in timers:
            asyncio.get_running_loop().call_later(after_ms / 1000, self._alarm, timer)
        for name, writer in self._peers.items():
            if not writer.is_closing():
                lines = [told for text in messages for told in self.distort(text, name)]
                writer.writelines(f"{line}\n".encode() for line in lines)
        self._report()

    def _report(self) -> None:
        period = self.operator.period
        for state, event in period.history[self._told :]:
            say({"ended": state, "event": event})
        self._told = len(period.history)
        if period.is_finished and not self._is_done:
            self._is_done = True
            outcome = {"state": period.state, "data": period.data, "digest": period.digest.hex()}
            say({**outcome, "liars": sorted(self.operator.liars)})


def say(document: Mapping[str, Any]) -> None:
    """One line on standard output."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _wait_for_end(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(ended.set)


if __name__ == "__main__":
    asyncio.run(Station(json.loads(sys.stdin.readline())).run())
