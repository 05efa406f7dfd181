"""Rooms of this library as services: pages, queries, inference, programs, training runs."""

from aicrypto.ritual.routing.rooms.inference import Inference
from aicrypto.ritual.routing.rooms.pages import Pages
from aicrypto.ritual.routing.rooms.programs import Programs
from aicrypto.ritual.routing.rooms.queries import Queries
from aicrypto.ritual.routing.rooms.runs import Runs
from aicrypto.ritual.routing.rooms.workshop import Room, Shelf, container_of, is_right

__all__ = [
    "Inference",
    "Pages",
    "Programs",
    "Queries",
    "Room",
    "Runs",
    "Shelf",
    "container_of",
    "is_right",
]
