"""Donations to services, and what the owners of their units claim.

A donation is divided among the units of a service; the shares are weights until the epoch is
closed. A claim pays what a unit earned in closed epochs. A refused call changes nothing.
Source: autonolas-tokenomics@ad17cc1e Tokenomics.sol, v1.3.0.
"""

from collections.abc import Sequence

from aicrypto.agents.olas.tokenomics import (
    DonatedService,
    Incentives,
    Tokenomics,
    UnitKey,
    unit_keys,
)
from aicrypto.agents.olas.units import UnitType
from aicrypto.agents.refusals import REVERT, demand
from aicrypto.evm.accounts import NOBODY


def donate(
    economy: Tokenomics,
    donor: str,
    service_ids: Sequence[int],
    amounts: Sequence[int],
    block: int,
) -> None:
    """Records ETH for the units of these services.

    Raises:
        Refusal: `WrongArrayLength`, `ServiceDoesNotExist`, `ServiceNeverDeployed`; `revert` for
            an amount below 0 (they are uint256).
    """
    demand(all(amount >= 0 for amount in amounts), REVERT)
    services = economy.ecosystem.services
    demand(len(service_ids) == len(amounts), "WrongArrayLength")
    demand(all(i in services for i in service_ids), "ServiceDoesNotExist")
    are_deployed = all(services[i].components and services[i].agents for i in service_ids)
    demand(are_deployed, "ServiceNeverDeployed")
    economy.current.donations += sum(amounts)
    for service_id, amount in zip(service_ids, amounts, strict=True):
        service = services[service_id]
        is_eligible = _is_eligible(economy, donor, service)
        for kind in UnitType:
            _share(economy, kind, service.units(kind), amount, is_eligible)
    economy.donation_block = block


def owner_incentives(
    economy: Tokenomics, account: str, unit_types: Sequence[int], unit_ids: Sequence[int]
) -> tuple[int, int]:
    """ETH and OLAS that these units of an owner have earned in closed epochs.

    Raises:
        Refusal: `WrongArrayLength`, `Overflow`, `WrongUnitId`, `OwnerOnly`.
    """
    keys = _check_units(economy, account, unit_types, unit_ids)
    earned = [economy.earned(key) for key in keys]
    return sum(reward for reward, _ in earned), sum(top_up for _, top_up in earned)


def account_owner_incentives(
    economy: Tokenomics, account: str, unit_types: Sequence[int], unit_ids: Sequence[int]
) -> tuple[int, int]:
    """The same, paid out.

    Raises:
        Refusal: as of `owner_incentives`.
    """
    reward, top_up = owner_incentives(economy, account, unit_types, unit_ids)
    for key in unit_keys(unit_types, unit_ids):
        unit = economy.incentives.setdefault(key, Incentives())
        if 0 < unit.last_epoch < economy.epoch:
            economy.finalise(key, last_epoch=0)
        unit = economy.incentives[key]
        unit.reward = unit.top_up = 0
    economy.paid = economy.paid[0] + reward, economy.paid[1] + top_up
    return reward, top_up


def _is_eligible(economy: Tokenomics, donor: str, service: DonatedService) -> bool:
    """Whether the units get top-ups: the service's owner or the donor has votes enough."""
    votes, owners = economy.ecosystem.votes, economy.ecosystem.owners
    if not economy.self_top_ups:
        members = [owners.get((kind, i)) for kind in UnitType for i in service.units(kind)]
        if donor in (service.owner, *members):
            return False
    return max(votes.get(service.owner, 0), votes.get(donor, 0)) >= economy.threshold


def _share(
    economy: Tokenomics, kind: UnitType, ids: Sequence[int], amount: int, is_eligible: bool
) -> None:
    """Gives each unit of a kind the same weight, as far as this epoch pays that kind anything."""
    epoch, weight = economy.current, amount // len(ids)
    pays = epoch.fractions.rewards[kind], epoch.fractions.top_ups[kind]
    reward = weight if pays[0] else 0
    top_up = weight if pays[1] and is_eligible else 0
    for unit_id in ids:
        key = (kind, unit_id)
        if any(pays):
            unit = _in_this_epoch(economy, key)
            unit.pending_reward += reward
            unit.pending_top_up += top_up
            epoch.sum_top_ups[kind] += top_up
        _welcome(economy, key)


def _in_this_epoch(economy: Tokenomics, key: UnitKey) -> Incentives:
    """What a unit has, with all earlier epochs turned into money."""
    unit = economy.incentives.setdefault(key, Incentives())
    if unit.last_epoch < economy.epoch:
        economy.finalise(key, last_epoch=economy.epoch)
    return economy.incentives[key]


def _welcome(economy: Tokenomics, key: UnitKey) -> None:
    """Counts a unit, and its owner, when it is seen for the first time."""
    if key in economy.known_units:
        return
    economy.known_units.add(key)
    economy.current.n_new_units[key[0]] += 1
    owner = economy.ecosystem.owners.get(key, NOBODY)
    if owner not in economy.known_owners:
        economy.known_owners.add(owner)
        economy.current.n_new_owners += 1


def _check_units(
    economy: Tokenomics, account: str, unit_types: Sequence[int], unit_ids: Sequence[int]
) -> list[UnitKey]:
    demand(len(unit_types) == len(unit_ids), "WrongArrayLength")
    last = [0, 0]
    for kind, unit_id in zip(unit_types, unit_ids, strict=True):
        demand(kind in (0, 1), "Overflow")
        demand(last[kind] < unit_id <= economy.ecosystem.n_units, "WrongUnitId")
        last[kind] = unit_id
        owner = economy.ecosystem.owners.get((UnitType(kind), unit_id), NOBODY)
        demand(owner == account, "OwnerOnly")
    return unit_keys(unit_types, unit_ids)
