"""What the makers of a service's parts are owed when the service earns.

The money is divided as the protocol divides a donation: a part for the components and a part for
the agents, in each of them the same for every unit, whatever its place in the graph. Each division
rounds down; what is left by rounding, and the part of neither, is nobody's yet. Units: wei.
Source: autonolas-tokenomics@ad17cc1e Tokenomics.sol, v1.3.0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aicrypto.agents.olas.units import UnitRegistry, UnitType

FRACTIONS = (83, 17)  # percent for components and for agents, as initializeTokenomics sets them
HUNDRED = 100

Part = tuple[UnitType, int]  # which unit


@dataclass(frozen=True)
class Split:
    """An amount, divided.

    Attributes:
        wei: all of it.
        by_unit: what each component and agent has earned.
        by_owner: the same, by who owns them.
        left_wei: what no unit got; `wei` is the sum of it and of either table.
    """

    wei: int
    by_unit: dict[Part, int]
    by_owner: dict[str, int]
    left_wei: int


def split(
    units: UnitRegistry,
    agent_ids: Iterable[int],
    wei: int,
    fractions: Sequence[int] = FRACTIONS,
) -> Split:
    """What a service of these agents owes to the units in it.

    Raises:
        ValueError: if the amount is negative, the fractions are not two that make 100 at most, or
            no agent of the list is registered.
    """
    if wei < 0:
        raise ValueError(f"wei is {wei}, must be at least 0")
    if len(fractions) != len(UnitType) or min(fractions) < 0 or sum(fractions) > HUNDRED:
        raise ValueError(f"fractions are {fractions}, must be two of 0..100, together at most 100")
    agents = sorted(set(agent_ids) & set(range(1, len(units.agents) + 1)))
    if not agents:
        raise ValueError("agent_ids has no registered agent")
    components = units.sub_components(agents)
    shares = _shares(UnitType.COMPONENT, components, wei, fractions[UnitType.COMPONENT])
    shares |= _shares(UnitType.AGENT, agents, wei, fractions[UnitType.AGENT])
    by_owner: dict[str, int] = {}
    for (kind, unit_id), share in shares.items():
        owner = units.owner_of(kind, unit_id)
        by_owner[owner] = by_owner.get(owner, 0) + share
    return Split(wei, shares, by_owner, wei - sum(shares.values()))


def _shares(kind: UnitType, ids: Sequence[int], wei: int, percent: int) -> dict[Part, int]:
    share = wei // len(ids) * percent // HUNDRED
    return {(kind, unit_id): share for unit_id in ids}
