"""The report after a play: who served, who is paid, and who was caught at what.

A receipt that fails says what is wrong with it; copies that were outvoted tell of poisoned pages;
probes tell of boasted lines, traces of farms. Whoever is caught by any of these earns nothing at
all: a cheat that costs only the forged part would be worth a try.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from aicrypto.crawl.incentives import (
    DAILY_POINTS,
    Probe,
    find_farms,
    measure,
    network_points,
)
from aicrypto.crawl.metering import Receipt
from aicrypto.crawl.network.delivery import derived_session
from aicrypto.crawl.network.validator import History
from aicrypto.crawl.players.cast import Stage
from aicrypto.crawl.signing import is_signed

# Verdicts that an honest node can come by: its clock may be wrong, its line may break, a receipt
# that was accepted may not come back to it. None but the first is paid.
FORGIVEN = frozenset(("ok", "NoReceipt", "BadTime", "BrokenChain", "BadSignature:router"))
MAX_DISSENT = Fraction(1, 5)  # share of a node's copies that may differ from the majority
MIN_SESSIONS = 3
PROBE_TOLERANCE = Fraction(5, 4)
MIN_PROBES = 3
FARM_SIZE, FARM_WINDOW_S = 3, 3600
MAX_DERIVED = 32  # deliveries of one page that are looked for


@dataclass(frozen=True)
class Line:
    """One node in the report.

    Attributes:
        n_receipts: accepted ones.
        bytes_metered: payload bytes of its accepted receipts.
        points: its part of the day's points; 0 if anything was found.
        reputation: 0..100.
        caught: what was found, with how often where it can be counted.
    """

    name: str
    plays: str
    geo: str
    n_receipts: int
    bytes_metered: int
    points: int
    reputation: int
    caught: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All nodes in the order of the cast, and accusations against routers."""

    lines: tuple[Line, ...]
    router_refusals: int

    def __getitem__(self, name: str) -> Line:
        return next(line for line in self.lines if line.name == name)

    @property
    def caught(self) -> dict[str, tuple[str, ...]]:
        """What was found, by name."""
        return {line.name: line.caught for line in self.lines if line.caught}

    @property
    def is_right(self) -> bool:
        """Whether exactly the cheats were caught: the cast knows who plays what."""
        return all(bool(line.caught) == (line.plays != "honest") for line in self.lines)


def report_on(stage: Stage, probes: Sequence[Probe] = (), pool: int = DAILY_POINTS) -> Report:
    """The report on a play whose receipts are settled; `pool` points are shared out."""
    keys = {part.name: stage.nodes[part.name].key for part in stage.parts}
    histories = {name: stage.validator.history(key) for name, key in keys.items()}
    caught = _caught(histories, _suspects(stage, probes))
    metered = {name: stage.validator.book.totals.get(key, 0) for name, key in keys.items()}
    points = network_points(pool, [0 if caught[n] else metered[n] for n in keys])
    lines = [
        Line(
            part.name,
            part.plays,
            part.place.geo,
            histories[part.name].verdicts["ok"],
            metered[part.name],
            paid,
            _reputation(stage, keys[part.name]),
            caught[part.name],
        )
        for part, paid in zip(stage.parts, points, strict=True)
    ]
    refusals = sum(h.verdicts["BadSignature:router"] for h in histories.values())
    return Report(tuple(lines), refusals)


def _caught(
    histories: Mapping[str, History], suspects: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    return {name: (*_found(h), *suspects.get(name, ())) for name, h in histories.items()}


async def probe_all(stage: Stage, url: str, rounds: int = MIN_PROBES) -> list[Probe]:
    """Times an object of the site through every node, by requests that look like any other."""
    await stage.validator.refresh()
    names = {stage.nodes[part.name].key: part.name for part in stage.parts}
    probes = []
    for _ in range(rounds):
        for key, name in names.items():
            copy = await stage.validator.ask(stage.validator.nodes[key], url)
            probes.append(Probe(name, copy.n_bytes, copy.end_ms - copy.start_ms))
    return probes


def explain_points(
    receipts: Iterable[tuple[bytes, Mapping[str, bytes]]], node: bytes
) -> list[tuple[str, int]]:
    """Session and payload bytes of every receipt behind a node's points, in order."""
    all_receipts = (Receipt.from_bytes(data) for data, _ in receipts)
    own = (receipt for receipt in all_receipts if receipt.node == node)
    return [(str(uuid.UUID(bytes=r.session)), r.payload_bytes) for r in own]


def unwitnessed(
    sessions: Iterable[Mapping[str, Any]],
    receipts: Iterable[tuple[bytes, Mapping[str, bytes]]],
) -> list[str]:
    """Ids of session records without a receipt that their node signed, for that body.

    The receipt may be of the record's session or of one derived from it. A validator that enters a
    page which nobody served, or exchanges the body of one, is found out by whoever compares. A node
    cannot witness the page inside a sealed session, only what it carried: such records are named.
    """
    signed = set()
    for data, signatures in receipts:
        receipt = Receipt.from_bytes(data)
        if is_signed(receipt.node, data + b"N", signatures["node"]):
            signed.add((receipt.session, receipt.node.hex(), receipt.body_sha256.hex()))
    return [record["session"] for record in sessions if signed.isdisjoint(_witnesses(record))]


def _witnesses(record: Mapping[str, Any]) -> Iterator[tuple[bytes, str, str]]:
    """Session, node and body of receipts that would witness a record."""
    for number in range(MAX_DERIVED):
        derived = derived_session(record["session"], number)
        yield uuid.UUID(derived).bytes, record["node"], record["body_sha256"]


def _found(history: History) -> list[str]:
    """What a node's own record shows."""
    counted = sorted(history.verdicts.items())
    found = [f"{verdict} x{n}" for verdict, n in counted if verdict not in FORGIVEN]
    answered = [s for s in history.services if s.delivered]
    dissent = len(answered) - sum(s.agreed for s in answered)
    if len(answered) >= MIN_SESSIONS and dissent > MAX_DISSENT * len(answered):
        found.append(f"PoisonedPages x{dissent}")
    return found


def _suspects(stage: Stage, probes: Sequence[Probe]) -> dict[str, list[str]]:
    """What only a look at many nodes, or at their lines, shows."""
    found: dict[str, list[str]] = {}
    names = {stage.nodes[part.name].key: part.name for part in stage.parts}
    nodes = stage.validator.nodes
    claims = {name: nodes[key].bps for key, name in names.items() if key in nodes}
    _, boasters = measure(claims, probes, PROBE_TOLERANCE, MIN_PROBES)
    for name in boasters:
        found.setdefault(name, []).append("OverstatedBandwidth")
    for farm in find_farms([part.trace for part in stage.parts], FARM_WINDOW_S, FARM_SIZE):
        for name in farm:
            found.setdefault(name, []).append(f"Farm of {len(farm)}")
    return found


def _reputation(stage: Stage, key: bytes) -> int:
    node = stage.validator.nodes.get(key)
    return 0 if node is None else stage.validator.points(node)
