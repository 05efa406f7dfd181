"""Setting weights: who may weigh whom, in the chain's order of checks, and what is stored.

A validator's call is a list of uids and a list of u16 values. The first check that fails names the
refusal. What is stored is the row in the order of the call, scaled so that its largest value is
65535; it is never sorted.

Blocks are numbers, stake is an integer. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/
src/subnets/weights.rs and epoch/math.rs (vec_u16_max_upscale_to_u16).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aicrypto.subnet import refusals
from aicrypto.subnet.fixed import BITS, ONE, U16_MAX, divide_one, multiply_one
from aicrypto.subnet.refusals import Refusal

ROOT = 0
EXACT_UP_TO = 32768  # up to here the chain multiplies first, above it divides first
RATE_LIMIT = 100
MIN_ALLOWED_WEIGHTS = 1024

Row = tuple[tuple[int, int], ...]  # uid, u16


@dataclass(frozen=True)
class WeightRules:
    """What a subnet asks of weights, with the chain's defaults.

    Attributes:
        netuid: number of the subnet. n: uids in it. owner_uid: the owner's, or None.
        stake_threshold: least stake. version_key: least version of the software; 0 takes any.
        mechanisms: how many score tables the subnet has. min_allowed: least number of entries.
        commit_reveal: whether weights are committed first. rate_limit: blocks between two calls.
        reveal_period: epochs from commit to reveal.
    """

    n: int
    netuid: int = 1
    owner_uid: int | None = None
    stake_threshold: int = 0
    version_key: int = 0
    mechanisms: int = 1
    min_allowed: int = MIN_ALLOWED_WEIGHTS
    commit_reveal: bool = True
    rate_limit: int = RATE_LIMIT
    reveal_period: int = 1


@dataclass(frozen=True)
class Caller:
    """Who sets weights: uid (None without registration), permit, stake, block of the last time."""

    uid: int | None
    permit: bool
    stake: int
    last_update: int


@dataclass(frozen=True)
class Call:
    """What a validator hands in: values[k] is for uids[k]."""

    uids: tuple[int, ...]
    values: tuple[int, ...]
    version_key: int = 0
    mechanism: int = 0


Check = Callable[[WeightRules, Caller, Call, int], bool]


def set_weights(rules: WeightRules, caller: Caller, call: Call, block: int) -> Row:
    """The row to store; whoever keeps it sets last_update to `block`.

    Raises:
        Refusal: the chain's name of the first check that fails.
    """
    if rules.commit_reveal:
        raise refusals.CommitRevealEnabled(f"subnet {rules.netuid} takes commits only")
    return accepted(rules, caller, call, block)


def accepted(rules: WeightRules, caller: Caller, call: Call, block: int) -> Row:
    """The row of a direct call or a reveal, after all checks but the one that tells them apart."""
    for refusal, passes in CHECKS.items():
        if not passes(rules, caller, call, block):
            raise refusal(f"uid {caller.uid} at block {block}: {call}")
    return tuple(zip(call.uids, upscaled(call.values), strict=True))


def upscaled(values: Sequence[int]) -> list[int]:
    """U16 values scaled so that the largest becomes 65535; half a unit is rounded up.

    >>> upscaled([1, 2, 3])
    [21845, 43690, 65535]
    """
    largest = max(values, default=0)
    if largest == 0:
        return list(values)
    top, whole = U16_MAX << BITS, largest << BITS
    if largest > EXACT_UP_TO:
        scaled = [multiply_one(v << BITS, divide_one(top, whole)) for v in values]
    else:
        scaled = [divide_one(multiply_one(v << BITS, top), whole) for v in values]
    return [min((x + ONE // 2) >> BITS, U16_MAX) for x in scaled]


def to_u16_weights(scores: Iterable[float]) -> list[int]:
    """Scores of a validator's own scale as u16, the largest 65535; negative scores count as 0.

    Zeros stay: an explicit 0 lets a bond decay, an omitted uid deletes it (liquid alpha).
    """
    kept = [max(0.0, score) for score in scores]
    largest = max(kept, default=0.0)
    return [round(U16_MAX * score / largest) if largest else 0 for score in kept]


def too_fast(rules: WeightRules, last_update: int, block: int) -> bool:
    """Whether the last call is too recent; block 0 counts as never, so a call in it is free."""
    return last_update != 0 and max(0, block - last_update) < rules.rate_limit


def _is_self_weight(caller: Caller, call: Call) -> bool:
    """A single entry about the caller itself, which needs no permit."""
    return len(call.uids) == 1 and call.uids[0] == caller.uid


def _has_stake(rules: WeightRules, caller: Caller, call: Call, block: int) -> bool:
    return caller.uid == rules.owner_uid or caller.stake >= rules.stake_threshold


def _is_slow_enough(rules: WeightRules, caller: Caller, call: Call, block: int) -> bool:
    return rules.commit_reveal or not too_fast(rules, caller.last_update, block)


def _may_weigh(rules: WeightRules, caller: Caller, call: Call, block: int) -> bool:
    return caller.permit or caller.uid == rules.owner_uid or _is_self_weight(caller, call)


def _is_long_enough(rules: WeightRules, caller: Caller, call: Call, block: int) -> bool:
    enough = len(call.uids) >= min(rules.n, rules.min_allowed)
    return enough or _is_self_weight(caller, call)


# In the chain's order: the first that fails gives the refusal its name.
CHECKS: dict[type[Refusal], Check] = {
    refusals.CanNotSetRootNetworkWeights: lambda rules, *_: rules.netuid != ROOT,
    refusals.WeightVecNotEqualSize: lambda _r, _c, call, _b: len(call.uids) == len(call.values),
    refusals.MechanismDoesNotExist: lambda rules, _c, call, _b: call.mechanism < rules.mechanisms,
    refusals.UidsLengthExceedUidsInSubNet: lambda rules, _c, call, _b: len(call.uids) <= rules.n,
    refusals.HotKeyNotRegisteredInSubNet: lambda _r, caller, *_: caller.uid is not None,
    refusals.NotEnoughStakeToSetWeights: _has_stake,
    refusals.IncorrectWeightVersionKey: (
        lambda rules, _c, call, _b: rules.version_key == 0 or call.version_key >= rules.version_key
    ),
    refusals.SettingWeightsTooFast: _is_slow_enough,
    refusals.NeuronNoValidatorPermit: _may_weigh,
    refusals.DuplicateUids: lambda _r, _c, call, _b: len(set(call.uids)) == len(call.uids),
    refusals.UidVecContainInvalidOne: (
        lambda rules, _c, call, _b: all(0 <= uid < rules.n for uid in call.uids)
    ),
    refusals.WeightVecLengthIsLow: _is_long_enough,
    refusals.MaxWeightExceeded: lambda _r, _c, call, _b: max(call.values, default=0) <= U16_MAX,
}
