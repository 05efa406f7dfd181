"""A voice somewhere else: any server that speaks OpenAI's chat completions.

    POST {url}/chat/completions  {"model", "messages", "temperature": 0, "max_tokens"}

Nobody here can run what it runs, so `agrees` says None: a record that such a voice spoke in rests
on the word of whoever asked it. The reply is a stranger's text: its size, form and words are
checked before use.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from aicrypto.agents.brain.voices import MAX_TOKENS, Prompt, Said
from aicrypto.commit.untrusted import parse_json

MAX_REPLY_BYTES = 1 << 20
TIMEOUT_S = 60.0


class BadReply(ValueError):
    """The server's answer is no chat completion; the message says what it is."""


@dataclass(frozen=True)
class Endpoint:
    """A server with a language model.

    Attributes:
        url: up to and without `/chat/completions`.
        model: as the server names it.
        key: sent as a bearer token; it is in no record.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The model and the server that is said to run it."""
        return f"{self.model} at {self.url}"

    @property
    def digest(self) -> str:
        """SHA-256 of the name: of weights that nobody sees there is none."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    def say(self, prompt: Prompt) -> Said:
        """The server's reply.

        Raises:
            BadReply: if it is none, too long or refused.
            httpx.HTTPError: if the server cannot be reached.
        """
        import httpx

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        body = {
            "model": self.model,
            "messages": prompt.messages,
            "temperature": 0,
            "max_tokens": MAX_TOKENS,
        }
        address = f"{self.url.rstrip('/')}/chat/completions"
        with (
            httpx.Client(trust_env=False, timeout=TIMEOUT_S) as client,
            client.stream("POST", address, json=body, headers=headers) as reply,
        ):
            content = b""
            for piece in reply.iter_bytes():
                content += piece
                if len(content) > MAX_REPLY_BYTES:
                    raise BadReply(f"reply is longer than {MAX_REPLY_BYTES} bytes")
        if reply.status_code != 200:
            raise BadReply(f"{address} answered with status {reply.status_code}, must be 200")
        return Said(text_in(content))

    def agrees(self, prompt: Prompt, said: Said) -> None:
        """None: nobody here can run what the server runs."""


def text_in(content: bytes) -> str:
    """The words in a chat completion.

    Raises:
        BadReply: if they are not where they must be.
    """
    try:
        document: Any = parse_json(content)
        text = document["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise BadReply(f"reply is no chat completion: {type(error).__name__}: {error}") from None
    if not isinstance(text, str):
        raise BadReply(f"content is {type(text).__name__}, must be a string")
    return text
