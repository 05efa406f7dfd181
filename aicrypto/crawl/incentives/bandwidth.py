"""What a node's line really carries: probes that look like any other request.

Nodes say how fast they are, and faster nodes get more work. So the network fetches objects of
known size through them and takes the *lower median* of the rates: one lucky or bribed probe moves
nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Probe:
    """One measurement: payload bytes moved through a node in a time in milliseconds."""

    node: str
    n_bytes: int
    ms: int

    @property
    def bps(self) -> int:
        """Bits per second, rounded down; less than a millisecond counts as one."""
        return self.n_bytes * 8000 // max(self.ms, 1)


def measure(
    claims_bps: Mapping[str, int], probes: Iterable[Probe], tolerance: Fraction, min_probes: int
) -> tuple[dict[str, int | None], list[str]]:
    """The measured rate of every claimant (None below `min_probes`), and who overstates, sorted.

    A claim is overstated above `tolerance` times the measured rate.
    """
    rates: dict[str, list[int]] = defaultdict(list)
    for probe in probes:
        rates[probe.node].append(probe.bps)
    measured = {
        node: sorted(rates[node])[(len(rates[node]) - 1) // 2]
        if rates[node] and len(rates[node]) >= min_probes
        else None
        for node in claims_bps
    }
    liars = sorted(
        node
        for node, bps in measured.items()
        if bps is not None and claims_bps[node] > tolerance * bps
    )
    return measured, liars
