"""Random histories for the two worlds: operations that mostly make sense, and sometimes do not.

Mostly means: the owner acts, terms are those on offer, a child is still free, a payee has a vault.
One draw in ten breaks such a rule, so that refusals are compared as well.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from aicrypto.evm import Account
from aicrypto.ip.onchain.twins import MENU, Twins
from aicrypto.ip.royalty.graph import ancestors
from aicrypto.ip.state import HP
from aicrypto.ip.terms.terms import LAP, LRP

N_WORKS = 9
N_ROOTS = 3
ODDITY = 1 / 10
T = TypeVar("T")


def random_history(rng: Random, n_ops: int = 40) -> Twins:
    """Two worlds after a random history of so many operations, money compared at the end.

    Raises:
        Disagreement: at the first difference.
    """
    twins = Twins(fee_percent=rng.choice((0, 2_500_000)))
    for _ in range(N_WORKS):
        twins.register(rng.choice(twins.people))
    favourite = rng.choice((1, 1, 2, 2, 3, 4, 5, 6, 7, 8))
    for ip in twins.works[:N_ROOTS]:
        twins.attach(ip, favourite, owner_of(twins, ip))
    for _ in range(n_ops):
        rng.choice(DRAWS)(twins, rng)
    twins.check_money()
    return twins


def owner_of(twins: Twins, ip: str) -> Account:
    """The person who owns the work."""
    address = twins.state.assets[ip].owner
    return next(person for person in twins.people if person.address == address)


def _sensible(rng: Random, good: Sequence[T], all_there_is: Sequence[T]) -> T:
    """Mostly one of the good ones."""
    return rng.choice(all_there_is if rng.random() < ODDITY or not good else good)


def _actor(twins: Twins, rng: Random, ip: str) -> Account:
    return _sensible(rng, [owner_of(twins, ip)], twins.people)


def _offer(twins: Twins, rng: Random, ip: str) -> int:
    return _sensible(rng, twins.state.attached[ip], range(len(MENU) + 2))


def _limits(rng: Random) -> dict[str, int]:
    return {
        "max_fee": _sensible(rng, (0,), (6, 10**6, 10**9)),
        "max_share": _sensible(rng, (0,), (HP // 100, HP // 8)),
    }


def _draw_attach(twins: Twins, rng: Random) -> None:
    ip = _sensible(rng, twins.works[:N_ROOTS], twins.works)
    twins.attach(ip, rng.randint(0, len(MENU) + 1), _actor(twins, rng, ip))


def _offering(twins: Twins) -> list[str]:
    return [ip for ip in twins.works if twins.state.attached[ip]]


def _free(twins: Twins) -> list[str]:
    """Works that may still become derivatives."""
    state = twins.state
    return [
        ip
        for ip in twins.works
        if not (state.attached[ip] or state.n_children[ip] or state.n_minted[ip])
    ]


def _draw_mint(twins: Twins, rng: Random) -> None:
    ip = _sensible(rng, _offering(twins), twins.works)
    amount = _sensible(rng, (1, 2), (0, 3))
    by = rng.choice(twins.people)
    twins.mint(ip, _offer(twins, rng, ip), amount, by, **_limits(rng))


def _tokens(twins: Twins) -> list[int]:
    return [number for number in twins.state.tokens if twins.state.tokens[number]]


def _draw_transfer(twins: Twins, rng: Random) -> None:
    token = _sensible(rng, _tokens(twins), (0, 1, 99))
    held = twins.state.tokens[token]
    holders = [p for p in twins.people if held and p.address == held.holder]
    twins.transfer_token(token, _sensible(rng, holders, twins.people), rng.choice(twins.people))


def _draw_derive(twins: Twins, rng: Random) -> None:
    child = _sensible(rng, _free(twins), twins.works)
    first = _sensible(rng, _offering(twins), twins.works)
    terms = _offer(twins, rng, first)
    alike = [ip for ip in twins.works if terms in twins.state.attached[ip] and ip != first]
    more = rng.sample(alike, min(len(alike), rng.randint(0, 2)))
    parents = [first, *more, *_sensible(rng, [[]], [[first], [rng.choice(twins.works)]])]
    numbers = [_sensible(rng, [terms], range(len(MENU))) for _ in parents]
    twins.derive(child, parents, numbers, _actor(twins, rng, child), **_limits(rng))


def _draw_derive_with_tokens(twins: Twins, rng: Random) -> None:
    child = _sensible(rng, _free(twins), twins.works)
    by = _actor(twins, rng, child)
    held = [n for n in _tokens(twins) if (t := twins.state.tokens[n]) and t.holder == by.address]
    tokens = [_sensible(rng, held, range(4)) for _ in range(_sensible(rng, (1, 1, 2), (0,)))]
    twins.derive_with_tokens(child, tokens, by)


def _vaulted(twins: Twins) -> list[str]:
    return [ip for ip in twins.works if twins.state.vaults[ip] is not None]


def _draw_pay(twins: Twins, rng: Random) -> None:
    amounts = (99, HP - 1, 10**9 + 7, rng.randrange(1, 10**21))
    ip = _sensible(rng, _vaulted(twins), twins.works)
    twins.pay(ip, _sensible(rng, amounts, (0, 1)), rng.choice(twins.people))


def _draw_push(twins: Twins, rng: Random) -> None:
    state = twins.state
    paid = [ip for ip, _, _ in state.accounted]
    child = _sensible(rng, paid or _vaulted(twins), twins.works)
    ancestor = _sensible(rng, sorted(ancestors(state.parents, child)), twins.works)
    policy = _sensible(rng, state.policies[child], (LAP, LRP))
    twins.push(policy, child, ancestor)


def _draw_claim(twins: Twins, rng: Random) -> None:
    ip = _sensible(rng, [ip for ip, _ in twins.state.income], twins.works)
    twins.claim(ip, _sensible(rng, [ip], [person.address for person in twins.people]))


def _draw_sale(twins: Twins, rng: Random) -> None:
    ip = _sensible(rng, _vaulted(twins), twins.works)
    amount = _sensible(rng, (1, HP // 3, HP // 2), (0, HP, HP + 1))
    tokens = twins.state.royalty_tokens
    holders = [person for person in twins.people if tokens[ip, person.address]]
    if rng.random() < 0.5 or not holders:
        twins.sell_own(ip, owner_of(twins, ip), rng.choice(twins.people), amount)
    else:
        twins.sell(ip, _sensible(rng, holders, twins.people), rng.choice(twins.people), amount)


def _draw_warp(twins: Twins, rng: Random) -> None:
    twins.warp(rng.choice((1, 10, 51)))


DRAWS: tuple[Callable[[Twins, Random], None], ...] = (
    *(_draw_attach, _draw_mint, _draw_transfer, _draw_derive, _draw_derive, _draw_derive),
    *(_draw_derive_with_tokens, _draw_pay, _draw_pay, _draw_push, _draw_push),
    *(_draw_claim, _draw_sale, _draw_warp),
)
