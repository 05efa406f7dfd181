"""The payroll: final scores become the weights that a validator writes on the chain.

The best `gather_count` peers share most of the pay along a falling line, the next `reserve_count`
the rest, halved from place to place, and a fixed part is burned: given to a uid that belongs to
nobody who works. Weights add up to 1.

Source: tplr-ai/templar @c2397ac5 neurons/validator.py, hparams/hparams.json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Payroll:
    """The rules of sharing; the defaults are the deployed system's."""

    burn_rate: float = 0.5
    gather_share: float = 0.75
    gather_count: int = 20
    reserve_count: int = 10
    top_ratio: float = 2.0
    decay_ratio: float = 0.5
    burn_uid: int = 1


def payroll(final_scores: Mapping[int, float], n: int, rules: Payroll) -> list[float]:
    """Weights of uids 0..n - 1; who has no positive score gets none.

    Raises:
        IndexError: if the burn uid or an evaluated one is outside.
    """
    uids = [*final_scores, rules.burn_uid]
    if min(uids) < 0 or max(uids) >= n:
        raise IndexError(f"uids {min(uids)}..{max(uids)} are not all in 0..{n - 1}")
    paid = [uid for uid, score in final_scores.items() if score > 0]
    ranked = sorted(paid, key=lambda uid: -final_scores[uid])
    weights = [0.0] * n
    for uid, weight in zip(ranked, _by_place(len(ranked), rules), strict=False):
        weights[uid] = weight
    return _with_burn(weights, rules)


def _by_place(n_paid: int, rules: Payroll) -> list[float]:
    """Weights of the first, second, ... of so many; who comes behind the reserve gets none."""
    n_first = min(n_paid, rules.gather_count)
    n_second = min(n_paid - n_first, rules.reserve_count)
    kept = 1 - rules.burn_rate
    gather = _shared(kept * rules.gather_share, _line(n_first, rules.top_ratio))
    decays = [rules.decay_ratio**place for place in range(n_second)]
    reserve = _shared(kept * (1 - rules.gather_share), decays)
    if reserve and reserve[0] > gather[-1]:
        reserve = [w * gather[-1] / reserve[0] * rules.decay_ratio for w in reserve]
    return gather + reserve


def _line(count: int, top: float) -> list[float]:
    """Numbers that fall evenly from `top` to 1."""
    return [top - (top - 1) * place / max(count - 1, 1) for place in range(count)]


def _shared(total: float, parts: Sequence[float]) -> list[float]:
    return [total * part / sum(parts) for part in parts]


def _with_burn(weights: list[float], rules: Payroll) -> list[float]:
    """The burned part in its place, whoever stood there, and the others scaled to the rest."""
    burn = rules.burn_rate
    weights[rules.burn_uid] = burn
    others = sum(weights) - burn
    if others > 0:
        weights = [weight * (1 - burn) / others for weight in weights]
    weights[rules.burn_uid] = burn if others > 0 else 1.0
    return weights
