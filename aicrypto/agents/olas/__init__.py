"""Agents as services (Olas): registered parts, bonded operators, staking, and a shared economy.

`units` register components and agents and know what a service is made of; `services` and `bonding`
run it with bonds under a threshold; `staking` pays it for being active; `tokenomics` pays the
makers of its parts. `content` names files by their hash. Everything is integers: wei, seconds.
"""

from aicrypto.agents.olas.bonding import (
    activate_registration,
    deploy,
    drain,
    register_agents,
    slash,
    terminate,
    unbond,
)
from aicrypto.agents.olas.content import cid_v0, cid_v1, content_digest, is_content, token_uri
from aicrypto.agents.olas.donations import account_owner_incentives, donate, owner_incentives
from aicrypto.agents.olas.earnings import Split, split
from aicrypto.agents.olas.inflation import (
    actual_inflation,
    actual_supply_cap,
    bond_payout,
    inflation,
    supply_cap,
    votes,
)
from aicrypto.agents.olas.liveness import (
    Checkpoint,
    Pool,
    Stake,
    Terms,
    nonce_ratio,
    paid_work,
    take_checkpoint,
)
from aicrypto.agents.olas.parameters import (
    change_fractions,
    change_parameters,
    change_staking,
    refund_bond,
    refund_staking,
    reserve_bond,
    update_inflation,
)
from aicrypto.agents.olas.services import (
    DEPLOYED,
    MENDED,
    Repairs,
    Service,
    ServiceRegistry,
    Slots,
    State,
    create,
    threshold_bounds,
    transfer,
    update,
)
from aicrypto.agents.olas.settlement import checkpoint
from aicrypto.agents.olas.staking import Distribution, StakedService, Staking, StakingState
from aicrypto.agents.olas.tokenomics import (
    DonatedService,
    Ecosystem,
    Epoch,
    Fractions,
    Tokenomics,
)
from aicrypto.agents.olas.units import Unit, UnitRegistry, UnitType

__all__ = [
    "DEPLOYED",
    "MENDED",
    "Checkpoint",
    "Distribution",
    "DonatedService",
    "Ecosystem",
    "Epoch",
    "Fractions",
    "Pool",
    "Repairs",
    "Service",
    "ServiceRegistry",
    "Slots",
    "Split",
    "Stake",
    "StakedService",
    "Staking",
    "StakingState",
    "State",
    "Terms",
    "Tokenomics",
    "Unit",
    "UnitRegistry",
    "UnitType",
    "account_owner_incentives",
    "activate_registration",
    "actual_inflation",
    "actual_supply_cap",
    "bond_payout",
    "change_fractions",
    "change_parameters",
    "change_staking",
    "checkpoint",
    "cid_v0",
    "cid_v1",
    "content_digest",
    "create",
    "deploy",
    "donate",
    "drain",
    "inflation",
    "is_content",
    "nonce_ratio",
    "owner_incentives",
    "paid_work",
    "refund_bond",
    "refund_staking",
    "register_agents",
    "reserve_bond",
    "slash",
    "split",
    "supply_cap",
    "take_checkpoint",
    "terminate",
    "threshold_bounds",
    "token_uri",
    "transfer",
    "unbond",
    "update",
    "update_inflation",
    "votes",
]
