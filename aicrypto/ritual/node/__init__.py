"""A node of the market: Python functions as containers, a guardian, a web side, a chain side.

containers  what it can run, and in which order
messages    what reaches it
guardian    what of that it works on
store       what became of jobs
orders      what the chain wants
courier     what it delivers there
node, rest  all of it, and the server before it
"""

from aicrypto.ritual.node.containers import (
    Catalogue,
    Container,
    Output,
    Result,
    line_of,
    order_of,
    run_graph,
)
from aicrypto.ritual.node.courier import Courier, Delivery
from aicrypto.ritual.node.guardian import Guardian, Unwanted
from aicrypto.ritual.node.messages import (
    Created,
    DelegatedJob,
    OffchainJob,
    read_message,
    to_json,
)
from aicrypto.ritual.node.node import Node, Seat
from aicrypto.ritual.node.orders import Known, Order, Signed
from aicrypto.ritual.node.rest import Reply, answer, serve
from aicrypto.ritual.node.store import Entry, Status, Store

__all__ = [
    "Catalogue",
    "Container",
    "Courier",
    "Created",
    "DelegatedJob",
    "Delivery",
    "Entry",
    "Guardian",
    "Known",
    "Node",
    "OffchainJob",
    "Order",
    "Output",
    "Reply",
    "Result",
    "Seat",
    "Signed",
    "Status",
    "Store",
    "Unwanted",
    "answer",
    "line_of",
    "order_of",
    "read_message",
    "run_graph",
    "serve",
    "to_json",
]
