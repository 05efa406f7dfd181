"""A fetched page as evidence: its session record and the very bytes that its nodes signed for.

Most pages are UTF-8 and stand in the evidence as text, the others in base64. Either way the bytes
come back exactly, and their digest must be the one in the session record.
"""

import base64

from aicrypto.commit.hashes import sha256
from aicrypto.crawl import pages, rows
from aicrypto.crawl.pages import Fetched, Response
from aicrypto.pipeline.receipts import Json, demand

ROBOTS_PATH = "/robots.txt"
CONTENT_TYPE = "content-type"
PASSING = (429, 502, 503, 504)  # such an answer is asked for again, and is no entry of the ledger


def to_json(answer: Fetched) -> Json:
    """The answer as evidence."""
    response = answer.response
    try:
        body = {"text": response.body.decode()}
    except UnicodeDecodeError:
        body = {"base64": base64.b64encode(response.body).decode()}
    told = {"reason": response.reason, "type": response.header(CONTENT_TYPE)}
    return {"session": answer.session, **told, **body}


def from_json(evidence: Json) -> Fetched:
    """The answer in its evidence.

    Raises:
        Refused: if the session record is none, or is about another body or no normalised address.
    """
    session = evidence["session"]
    rows.canonical("session", session)
    if "text" in evidence:
        body = evidence["text"].encode()
    else:
        body = base64.b64decode(evidence["base64"], validate=True)
    url, length, digest = session["url"], session["resp_bytes"], session["body_sha256"]
    demand((length, digest) == (len(body), sha256(body).hex()), f"another body of {url} was signed")
    demand(pages.normalise(url) == url, f"{url!r} is not written as addresses are")
    headers = ((CONTENT_TYPE, evidence["type"]),)
    response = Response(url, session["status"], evidence["reason"], headers, body)
    return Fetched(response, session)


def is_entry(answer: Fetched) -> bool:
    """Whether an answer's session is an entry of the ledger: robots.txt and failures are not."""
    response = answer.response
    return pages.path_of(response.url) != ROBOTS_PATH and response.status not in PASSING
