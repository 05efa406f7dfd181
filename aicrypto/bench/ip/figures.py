"""Royalties of 1,024 ancestors, payments to them by the ten thousand, and a thousand histories.

The peers are the same sums in plain Python integers, in the same run.
"""

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from time import perf_counter
from types import ModuleType

from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.ip import royalty
from aicrypto.ip.state import HP

N_ANCESTORS, N_PAYMENTS, N_SAMPLE = 1024, 10_000, 20
N_HISTORIES = 1_000
FEE = 2_500_000
PAYEE = "w0"


def shares() -> Iterator[Record]:
    """All ancestors' exact shares in a payment, under both policies, from the bare graph."""
    from aicrypto.ip.royalty import tensors

    dag = royalty.random_dag(Random(1), N_ANCESTORS)
    levels = tensors.Levels.above(dag, PAYEE)
    runs = (
        lambda: _both(tensors, tensors.Levels.above(dag, PAYEE)),
        lambda: _both(tensors, levels),
        lambda: _both(royalty, dag, PAYEE),
    )
    with one_thread():
        first, again, plain = (1000 * best_seconds(run) for run in runs)
    yield Record("ip.royalty_1024_ms", first, "ms", "plain Python", plain)
    yield Record("ip.royalty_1024_again_ms", again, "ms", "plain Python", plain)


def _both(shares_by: ModuleType, *graph: object) -> None:
    shares_by.lap_shares(*graph)
    shares_by.lrp_shares(*graph)


def payments() -> Iterator[Record]:
    """Payments per second whose parts for all ancestors are known to the wei, rounding included."""
    from aicrypto.ip.royalty import tensors

    dag = royalty.random_dag(Random(1), N_ANCESTORS, relative=True)
    levels = tensors.Levels.above(dag, PAYEE)
    rng = Random(2)
    amounts = [rng.randrange(1, 10**21) for _ in range(N_PAYMENTS)]
    parts, owed = tensors.lrp_shares(levels), tensors.lrp_stacks(levels)
    plain = list(zip(parts[1:].tolist(), owed[1:].tolist(), strict=True))

    def one_by_one() -> None:
        """A sample of the payments in plain Python."""
        for amount in amounts[:N_SAMPLE]:
            rest = amount - amount * FEE // HP
            for share, passed_on in plain:
                due = rest * share // HP
                due -= due * passed_on // HP

    with one_thread():
        digits = tensors.to_digits(amounts)
        fast = best_seconds(lambda: tensors.total_due(digits, parts, FEE, owed), repeats=5)
        slow = best_seconds(one_by_one, repeats=5)
    figures = N_PAYMENTS / fast, N_SAMPLE / slow
    yield Record("ip.payments_per_s", figures[0], "/s", "plain Python", figures[1])


def histories() -> Iterator[Record]:
    """Random histories on which the engine and the contracts agree; a disagreement raises."""
    from aicrypto.ip.onchain import random_history

    start = perf_counter()
    n_ops = sum(random_history(Random(seed)).n_ops for seed in range(N_HISTORIES))
    seconds = perf_counter() - start
    yield Record("ip.histories_agreeing", N_HISTORIES, "")
    yield Record("ip.operations_per_s", n_ops / seconds, "/s")


def contract_gas() -> Iterator[Record]:
    """Gas of a payment, which no ancestor makes dearer, and of moving all parts in one walk."""
    from aicrypto.evm import Chain
    from aicrypto.ip import LAP, onchain
    from aicrypto.ip.onchain.twins import MENU

    chain = Chain()
    operator = chain.account("operator")
    works = onchain.Works.deploy(chain, operator)
    terms = works.register_terms(MENU[5], operator)
    ips = [works.register(operator, bytes(32), operator) for _ in range(33)]
    works.attach(ips[0], terms, operator)
    for parent, child in pairwise(ips):
        works.derive(child, [parent], [terms], operator)
    works.pay(ips[-1], 10**18, operator)
    yield Record("ip.pay_gas", chain.gas_used, "gas")
    works.push_all(LAP, ips[-1], operator)
    yield Record("ip.push_32_gas", chain.gas_used, "gas")
