"""Agents that pay and are paid over HTTP: signed transfers (ERC-3009) in x402's envelope."""

from aicrypto.agents.payments.authorization import Authorization, Domain, Token
from aicrypto.agents.payments.chain_token import ChainToken
from aicrypto.agents.payments.exact import Facilitator, payer_of
from aicrypto.agents.payments.paywall import Paywall, Reply, decode_header, encode_header, pay

__all__ = [
    "Authorization",
    "ChainToken",
    "Domain",
    "Facilitator",
    "Paywall",
    "Reply",
    "Token",
    "decode_header",
    "encode_header",
    "pay",
    "payer_of",
]
