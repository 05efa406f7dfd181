"""The connector: one job description for all rooms of this library, by price, time and trust.

ways        what trust costs, by the value at risk
table       which way a job takes, and why not another
rooms       pages, queries, inference, programs, training as services
hall        members, purses, orders
panel       sealed answers of several nodes
connector   all of it, run
"""

from aicrypto.ritual.routing.connector import Connector, Outcome
from aicrypto.ritual.routing.hall import Hall, Post
from aicrypto.ritual.routing.panel import Ballot, count, open_answers, sealed_answers, settle
from aicrypto.ritual.routing.rooms import (
    Inference,
    Pages,
    Programs,
    Queries,
    Room,
    Runs,
    Shelf,
    container_of,
    is_right,
)
from aicrypto.ritual.routing.table import Job, NoRoute, Row, routing_table, taken
from aicrypto.ritual.routing.ways import (
    Economy,
    Effort,
    Quote,
    Way,
    honest_wage,
    majority_chance,
    quote,
    quotes,
)

__all__ = [
    "Ballot",
    "Connector",
    "Economy",
    "Effort",
    "Hall",
    "Inference",
    "Job",
    "NoRoute",
    "Outcome",
    "Pages",
    "Post",
    "Programs",
    "Queries",
    "Quote",
    "Room",
    "Row",
    "Runs",
    "Shelf",
    "Way",
    "container_of",
    "count",
    "honest_wage",
    "is_right",
    "majority_chance",
    "open_answers",
    "quote",
    "quotes",
    "routing_table",
    "sealed_answers",
    "settle",
    "taken",
]
