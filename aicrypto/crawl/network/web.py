"""The node's way to the web: one request, no redirects, no cookies, bounded answers.

A node runs in somebody's home, so it refuses what a stranger must not reach through it: addresses
of the home's own network (server-side request forgery), bodies without end, wrong encodings.
`pages.receive` sees to that; here its answer takes the form of the protocol. What is refused is
logged, and the node lives on.
"""

import logging
from typing import Protocol

from aicrypto.crawl.network.protocol import Outcome, WebAnswer, WebRedirect, WebRequest
from aicrypto.crawl.pages import Limits, Response, receive

REDIRECTS = (301, 302, 303, 307, 308)
MAX_REMEMBERED = 100
log = logging.getLogger(__name__)


class Web(Protocol):
    """Whatever makes requests for a node."""

    async def fetch(self, request: WebRequest) -> Outcome:
        """What came of the request; None if nothing did."""

    async def close(self) -> None:
        """Ends all connections."""


class HttpWeb:
    """The real web, through httpx.

    Attributes:
        refused: (address, reason) of the last requests that brought nothing.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        import httpx  # heavy: only those who go to the web load it

        self.refused: list[tuple[str, str]] = []
        self._limits = limits or Limits()
        self._client = httpx.AsyncClient(trust_env=False)

    async def fetch(self, request: WebRequest) -> Outcome:
        """What came of the request; None if it failed or was refused."""
        headers = {k: v for k, v in request.headers.items() if isinstance(v, str)}
        asked = (request.method, headers, request.body)
        try:
            response = await receive(self._client, request.url, self._limits, *asked)
        except (OSError, ValueError) as reason:  # not http(s), private, too large, no answer
            self.refused = [*self.refused[1 - MAX_REMEMBERED :], (request.url, str(reason))]
            log.info("%s: %s", request.url, reason)
            return None
        finally:
            self._client.cookies.clear()  # sent without credentials
        return as_outcome(response)

    async def close(self) -> None:
        """Ends all connections."""
        await self._client.aclose()


def as_outcome(response: Response) -> WebAnswer | WebRedirect:
    """A response in the protocol's terms: cookies apart, redirects by themselves."""
    cookies = [value for name, value in response.headers if name.lower() == "set-cookie"]
    headers = [(k, v) for k, v in response.headers if k.lower() != "set-cookie"]
    if response.status in REDIRECTS:
        return WebRedirect(response.status, headers, cookies)
    url = response.url
    return WebAnswer(response.status, response.reason, headers, response.body, cookies, url)
