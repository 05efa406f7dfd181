"""Subnets that live: places, votes, blocks, money, and a market of many of them."""

from aicrypto.subnet.network.blocks import advance, run_epoch
from aicrypto.subnet.network.ledger import TAO, Ledger, alpha
from aicrypto.subnet.network.lending import set_children
from aicrypto.subnet.network.market import Listed, Market
from aicrypto.subnet.network.registration import next_to_go, register
from aicrypto.subnet.network.seats import Place, Seats
from aicrypto.subnet.network.state import LiveSubnet, Terms
from aicrypto.subnet.network.votes import (
    commit,
    commit_hidden,
    digest_of,
    key_of,
    reveal,
    set_weights,
)

__all__ = [
    "TAO",
    "Ledger",
    "Listed",
    "LiveSubnet",
    "Market",
    "Place",
    "Seats",
    "Terms",
    "advance",
    "alpha",
    "commit",
    "commit_hidden",
    "digest_of",
    "key_of",
    "next_to_go",
    "register",
    "reveal",
    "run_epoch",
    "set_children",
    "set_weights",
]
