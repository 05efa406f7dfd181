"""The programs of the network: node, router, validator, and the sealed sessions between them."""

from aicrypto.crawl.network.channel import Channel, Unanswered
from aicrypto.crawl.network.node import Behaviour, Node
from aicrypto.crawl.network.protocol import (
    Identity,
    Protocol,
    WebAnswer,
    WebRedirect,
    WebRequest,
    answer,
)
from aicrypto.crawl.network.relay import FarEnd, far_end_key, open_answer, seal_request
from aicrypto.crawl.network.router import Place, Router
from aicrypto.crawl.network.tunnel import SealedPage, WebOrigin, fetch_sealed, serve_far_end
from aicrypto.crawl.network.validator import Terms, Validator
from aicrypto.crawl.network.wallet import Wallet, payload
from aicrypto.crawl.network.web import HttpWeb, Web

__all__ = [
    "Behaviour",
    "Channel",
    "FarEnd",
    "HttpWeb",
    "Identity",
    "Node",
    "Place",
    "Protocol",
    "Router",
    "SealedPage",
    "Terms",
    "Unanswered",
    "Validator",
    "Wallet",
    "Web",
    "WebAnswer",
    "WebOrigin",
    "WebRedirect",
    "WebRequest",
    "answer",
    "far_end_key",
    "fetch_sealed",
    "open_answer",
    "payload",
    "seal_request",
    "serve_far_end",
]
