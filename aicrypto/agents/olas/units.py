"""Components and agents: code registered as tokens that name what they are made of.

Both are ERC-721 tokens with ids 1, 2, ... A component may use earlier components, an agent is made
of components, a service of agents. As dependencies are always earlier ones, there is no cycle, and
what a unit contains in the end (its sub-components) is known when it is registered.

The hash of a unit names its description (`content`); it is not derived from the dependencies.
Source: autonolas-registries@1c5606f3 UnitRegistry.sol, ComponentRegistry.sol, AgentRegistry.sol.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from aicrypto.agents.refusals import demand
from aicrypto.evm.accounts import NOBODY

NO_HASH = bytes(32)


class UnitType(IntEnum):
    """The two kinds, numbered as the contracts do."""

    COMPONENT = 0
    AGENT = 1


@dataclass(frozen=True)
class Unit:
    """A component or an agent.

    Attributes:
        owner: who is paid when it is used.
        unit_hash: digest of its description.
        dependencies: ids of the components that it names, ascending.
        sub_components: ids of all components in it, ascending; a component's end with itself.
    """

    owner: str
    unit_hash: bytes
    dependencies: tuple[int, ...]
    sub_components: tuple[int, ...]


@dataclass
class UnitRegistry:
    """All units. Ids count from 1: component `i` is `components[i - 1]`."""

    components: list[Unit] = field(default_factory=list)
    agents: list[Unit] = field(default_factory=list)

    def create_component(
        self, owner: str, unit_hash: bytes, dependencies: Sequence[int] = ()
    ) -> int:
        """Id of a new component.

        Raises:
            Refusal: `ZeroAddress`, `ZeroValue`, `ComponentNotFound`.
        """
        self._check(owner, unit_hash)
        inside = self._resolve(dependencies)
        unit_id = len(self.components) + 1
        self.components.append(Unit(owner, unit_hash, tuple(dependencies), (*inside, unit_id)))
        return unit_id

    def create_agent(self, owner: str, unit_hash: bytes, dependencies: Sequence[int]) -> int:
        """Id of a new agent, which has at least one component.

        Raises:
            Refusal: as of `create_component`.
        """
        self._check(owner, unit_hash)
        demand(len(dependencies) > 0, "ZeroValue")
        inside = self._resolve(dependencies)
        self.agents.append(Unit(owner, unit_hash, tuple(dependencies), inside))
        return len(self.agents)

    def transfer(self, source: str, to: str, unit_type: UnitType, unit_id: int) -> None:
        """Gives a unit away; what it earns is the new owner's.

        Raises:
            Refusal: `WRONG_FROM`, `INVALID_RECIPIENT`.
        """
        demand(self.owner_of(unit_type, unit_id) == source, "WRONG_FROM")
        demand(to != NOBODY, "INVALID_RECIPIENT")
        units = self._units(unit_type)
        units[unit_id - 1] = replace(units[unit_id - 1], owner=to)

    def sub_components(self, agent_ids: Iterable[int]) -> tuple[int, ...]:
        """Ids of all components in a service of these agents; unknown agents contribute nothing."""
        known = [self.agents[i - 1] for i in agent_ids if 0 < i <= len(self.agents)]
        return _union(unit.sub_components for unit in known)

    def owner_of(self, unit_type: UnitType, unit_id: int) -> str:
        """Who owns a unit; the zero address if there is none."""
        units = self._units(unit_type)
        return units[unit_id - 1].owner if 0 < unit_id <= len(units) else NOBODY

    def _units(self, unit_type: UnitType) -> list[Unit]:
        return self.components if unit_type == UnitType.COMPONENT else self.agents

    def _check(self, owner: str, unit_hash: bytes) -> None:
        demand(owner != NOBODY, "ZeroAddress")
        demand(unit_hash != NO_HASH, "ZeroValue")

    def _resolve(self, dependencies: Sequence[int]) -> tuple[int, ...]:
        """All that the named components contain."""
        last = 0
        for dependency in dependencies:
            demand(last < dependency <= len(self.components), "ComponentNotFound")
            last = dependency
        return _union(self.components[i - 1].sub_components for i in dependencies)


def _union(sets: Iterable[Iterable[int]]) -> tuple[int, ...]:
    return tuple(sorted({member for members in sets for member in members}))
