"""Questions and answers over one WebSocket: the frame in which node, router and validator talk.

A question is {id, action, data}, its answer {id, origin_action, result}, as in the extension's
protocol; both ends may ask at any time and answers come in any order. Text that is neither, answers
to nothing and unknown actions are counted and dropped: a stranger's junk ends no conversation. PING
is answered by PONG as the real server does.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from aicrypto.commit.untrusted import parse_json

Json = dict[str, Any]
Handler = Callable[[Json], Awaitable[Any]]
MAX_MESSAGE_BYTES = 1 << 24  # a page of 12 MB in base64; a longer message ends the connection
# What data of another form provokes in code that reads it; Unanswered, an OSError, is apart.
MALFORMED = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


class Socket(Protocol):
    """What a channel needs of a WebSocket."""

    async def send(self, message: str) -> None:
        """Send one text message."""

    async def recv(self) -> str | bytes:
        """The next message."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection."""


class Unanswered(OSError):
    """No answer in time, or the connection ended before it."""


class Channel:
    """One end of a conversation.

    Attributes:
        n_dropped: messages that made no sense.
    """

    def __init__(self, socket: Socket, handlers: Mapping[str, Handler] | None = None) -> None:
        self.n_dropped = 0
        self._socket = socket
        self._handlers = dict(handlers or {})
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, action: str, data: Json, timeout_s: float, name: str | None = None) -> Any:
        """The `result` of the other end's answer, None if it has none; `name` is the question's id.

        Raises:
            Unanswered: if none comes within `timeout_s`, or the connection ends.
        """
        from websockets.exceptions import ConnectionClosed

        key = name or str(uuid.uuid4())
        self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            await self._say({"id": key, "action": action, "data": data})
            return await asyncio.wait_for(self._waiting[key], timeout_s)
        except (TimeoutError, ConnectionClosed) as error:
            raise Unanswered(f"{action}: {type(error).__name__}") from None
        finally:
            del self._waiting[key]

    async def serve(self) -> None:
        """Reads until the connection ends; handlers run beside each other."""
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                self._take(await self._socket.recv())
        except ConnectionClosed:
            pass
        finally:
            self._end()

    async def close(self, reason: str = "") -> None:
        """Ends the connection, with a word why."""
        await self._socket.close(1000 if not reason else 1008, reason[:100])

    def _take(self, text: str | bytes) -> None:
        message = parse(text)
        if "origin_action" in message:
            waiting = self._waiting.get(str(message.get("id")))
            if waiting is None or waiting.done():
                self.n_dropped += message["origin_action"] != "PONG"
            else:
                waiting.set_result(message.get("result"))
        elif message.get("action") == "PING":
            self._start(self._say({"id": message.get("id"), "action": "PONG"}))
        elif str(message.get("action")) in self._handlers and isinstance(message.get("data"), dict):
            self._start(self._answer(message))
        else:
            self.n_dropped += 1

    async def _answer(self, message: Json) -> None:
        envelope = {"id": message.get("id"), "origin_action": message["action"]}
        try:
            result = await self._handlers[message["action"]](message["data"])
        except (*MALFORMED, OSError) as error:  # or it cannot be done
            result = {"error": f"{type(error).__name__}: {error}"}
        await self._say({**envelope, "result": result})

    async def _say(self, message: Json) -> None:
        await self._socket.send(json.dumps(message))

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Unanswered("the connection ended"))
        for task in self._tasks:
            task.cancel()


async def _quietly(work: Awaitable[None]) -> None:
    """Does the work; if the other end is gone meanwhile there is nobody left to tell."""
    from websockets.exceptions import ConnectionClosed

    try:
        await work
    except ConnectionClosed:
        return


def parse(text: str | bytes) -> Json:
    """The JSON object in a message, empty if it holds none."""
    try:
        message = parse_json(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
