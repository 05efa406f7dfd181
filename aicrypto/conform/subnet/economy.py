"""Answers of the suite bittensor.economy: `fn` names the function."""

from collections.abc import Callable
from typing import Any

from aicrypto.subnet import economy as e
from aicrypto.subnet.fixed import BITS

Json = dict[str, Any]


def economy(case: Json) -> Json:
    """Suite bittensor.economy; fixed-point answers are raw bits."""
    given = {name: value for name, value in case.items() if name != "fn"}
    return _FUNCTIONS[case["fn"]](given)


def _subnet_emissions(c: Json) -> Json:
    subnets = [
        e.Subnet(s["moving_price_bits"], s["miner_burned_bits"], s["emission_enabled"])
        for s in c["subnets"]
    ]
    shares = e.burn_aware_shares(subnets)
    enabled = e.among_enabled(shares, [subnet.emission_enabled for subnet in subnets])
    bits = e.emissions(c["block_emission_rao"], enabled)
    return {
        "share_bits": shares,
        "emission_bits": bits,
        "emission_rao": [emission >> BITS for emission in bits],
    }


def _subnet_terms(c: Json) -> Json:
    terms = e.subnet_terms(
        c["tao_emission_bits"],
        c["alpha_emission_rao"],
        c["price_bits"],
        c["root_proportion_bits"],
    )
    names = ("tao_in", "alpha_in", "alpha_out", "excess_tao")
    return {f"{name}_bits": getattr(terms, name) for name in names}


def _alpha_split(c: Json) -> Json:
    split = e.alpha_split(
        c["alpha_out"], c["root_proportion_bits"], c["owner_cut_u16"], c["owner_cut_enabled"]
    )
    return vars(split)


def _validator_dividends(c: Json) -> Json:
    paid = e.validator_dividends(
        [e.Hotkey(**hotkey) for hotkey in c["hotkeys"]],
        c["pending_validator_alpha"],
        c["pending_root_alpha"],
        c["take_u16"],
        c["tao_weight"],
    )
    names = e.Dividend.__dataclass_fields__
    return {name: [getattr(dividend, name) for dividend in paid] for name in names}


def _childkey_dividends(c: Json) -> Json:
    child = e.Child(
        c["self_root"],
        c["self_alpha"],
        tuple(c["child_proportions"]),
        c["childkey_take_u16"],
        c["ck_burn"],
    )
    parents = [e.Parent(**parent) for parent in c["parents"]]
    return vars(e.childkey_dividends(c["dividend"], child, parents, c["tao_weight"]))


def _inherited_stake(c: Json) -> Json:
    parents = [(parent["proportion"], parent["stake"]) for parent in c["parents"]]
    return {"stake": e.inherited_stake(c["stake"], c["child_proportions"], parents)}


def _stake_weight(c: Json) -> Json:
    return {
        "bits_i64f64": e.stake_weight(c["alpha_stake"], c["tao_stake"], c["tao_weight"]),
        "tao_weight_bits": e.tao_weight_bits(c["tao_weight"]),
    }


def _prune_uid(c: Json) -> Json:
    seats = [e.Seat(**uid) for uid in c["uids"]]
    rules = c["immunity_period"], c["min_non_immune_uids"], c["immortal_uids"]
    return {"uid": e.prune_uid(seats, c["current_block"], *rules)}


def _prune_subnet(c: Json) -> Json:
    listings = [
        e.Listing(s["netuid"], s["moving_price_bits"], s["registered"]) for s in c["subnets"]
    ]
    return {"netuid": e.prune_subnet(listings, c["current_block"], c["immunity_period"])}


def _pool(c: Json) -> e.Pool:
    return e.Pool(c["alpha"], c["tao"], c["quote_weight"])


def _pool_swap(c: Json) -> Json:
    trade = {"buy": e.buy, "sell": e.sell}[c["side"]](_pool(c), c["amount"], c["fee_rate_u16"])
    return {
        "fee": trade.fee,
        "delta_in": trade.delta_in,
        "amount_out": float(trade.amount_out),
    }


def _add_liquidity(c: Json) -> Json:
    return {"quote_weight": e.add_liquidity(_pool(c), c["alpha_in"], c["tao_in"]).quote_weight}


_FUNCTIONS: dict[str, Callable[[Json], Json]] = {
    "block_emission": lambda c: {"rao": e.block_emission(**c)},
    "decay_factor_q32": lambda c: {"factor": e.decay_factor(**c)},
    "burn_decay": lambda c: {"burn": e.burn_after(**c)},
    "burn_bump": lambda c: {
        "burn": e.burn_bumped(c["burn"], c["mult_bits"], c["min_burn"], c["max_burn"])
    },
    "lock_cost": lambda c: {
        "cost": e.lock_cost(
            c["last_lock"],
            c["last_lock_block"],
            c["current_block"],
            c["min_lock"],
            c["reduction_interval"],
        )
    },
    "subnet_emissions": _subnet_emissions,
    "moving_price": lambda c: {
        "moving_price_bits": e.moving_price(
            c["moving_price_bits"], c["price_bits"], c["blocks_since_start"], c["halving_blocks"]
        )
    },
    "root_proportion": lambda c: {"bits": e.root_proportion(**c)},
    "subnet_terms": _subnet_terms,
    "alpha_split": _alpha_split,
    "validator_dividends": _validator_dividends,
    "childkey_dividends": _childkey_dividends,
    "inherited_stake": _inherited_stake,
    "stake_weight": _stake_weight,
    "mechanism_split": lambda c: {"parts": e.mechanism_split(**c)},
    "mechanism_accumulate": lambda c: {"value": e.mechanism_accumulate(**c)},
    "prune_uid": _prune_uid,
    "prune_subnet": _prune_subnet,
    "pool_price": lambda c: {"price_bits": _pool(c).price},
    "pool_swap": _pool_swap,
    "pool_add_liquidity": _add_liquidity,
    "activity_cutoff": lambda c: {"blocks": e.activity_cutoff(**c)},
    "epoch_due": lambda c: {
        "due": e.epoch_due(
            c["tempo"],
            c["pending_epoch_at"],
            c["blocks_since_last_step"],
            c["last_epoch_block"],
            c["current_block"],
        )
    },
}
