"""A language model behind any OpenAI-compatible address, as a function from prompt to answer.

The user names address, model and key; nothing is sent anywhere otherwise. The answer is treated as
what it is, a suggestion: it is parsed and planned like SQL typed by hand, and shown before it runs.

Source: the chat-completions interface, POST {base}/chat/completions.
"""

from collections.abc import Callable
from typing import Any

TIMEOUT_S = 60.0


def chat(base_url: str, model: str, key: str = "", transport: Any = None) -> Callable[[str], str]:
    """The function for `questions.ask`.

    `transport` replaces the network in tests (an `httpx` transport).

    Raises:
        ValueError: when called, if the answer is no chat completion.
    """
    import httpx  # loaded by those who ask a model

    headers = {"Authorization": f"Bearer {key}"} if key else {}

    def complete(prompt: str) -> str:
        body = {"model": model, "temperature": 0, "messages": [{"role": "user", "content": prompt}]}
        with httpx.Client(timeout=TIMEOUT_S, transport=transport) as client:
            reply = client.post(
                f"{base_url.rstrip('/')}/chat/completions", json=body, headers=headers
            )
        try:
            return str(reply.raise_for_status().json()["choices"][0]["message"]["content"])
        except (KeyError, IndexError, TypeError, ValueError, httpx.HTTPError) as error:
            raise ValueError(f"{base_url} gave no chat completion: {error}") from None

    return complete
