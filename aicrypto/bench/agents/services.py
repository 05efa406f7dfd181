"""Rounds per second that operators reach, and what the marketplace's actions cost in gas.

The rounds are those of a service whose operators send one number each and go on to the next as soon
as a threshold agrees: nothing is computed, so the figure is the price of agreement. Each operator
is a process; on one machine they share its cores.
"""

from collections.abc import Iterator
from typing import Any

from aicrypto.agents.services.consensus import run_service
from aicrypto.agents.services.fsm import App, Members, Round, default_threshold
from aicrypto.agents.services.fsm.certificates import assemble, take_apart
from aicrypto.agents.services.fsm.periods import Behaviour, Conclusion, Data, Period, Stage
from aicrypto.agents.services.mech import FIXED_PRICE_NATIVE
from aicrypto.bench import Record
from aicrypto.evm import Chain, Contract
from aicrypto.evm.signing import sign_digest

N_OPERATORS, N_ROUNDS, N_RUNS = 4, 100, 3
BEAT, STOPPED, LAST = "BeatRound", "StoppedRound", "LAST"
BEATS = App(
    "BeatAbciApp",
    BEAT,
    frozenset({BEAT}),
    frozenset({STOPPED}),
    {BEAT: {"DONE": BEAT, "NO_MAJORITY": BEAT, "ROUND_TIMEOUT": BEAT, LAST: STOPPED}},
    {"ROUND_TIMEOUT": 30.0},
)
PRICE = 10**15  # wei


def beats(name: str, arguments: Data) -> tuple[Period, dict[str, Behaviour]]:
    """A service of `rounds` rounds in which all `names` send the same number."""

    def conclude(ended: Round, data: Data, event: str) -> Conclusion:
        """The last round is another event."""
        return (LAST if ended.round_count + 1 >= arguments["rounds"] else event), {}

    def send(me: str, period: Period) -> tuple[int]:
        """The same number from everybody."""
        return (period.round_count,)

    stages = {BEAT: Stage("collect_same_until_threshold", conclude)}
    return Period(BEATS, stages, Members(tuple(arguments["names"])), {}), {BEAT: send}


def rounds() -> Iterator[Record]:
    """`agents.rounds_per_s`: rounds a second of four operators in four processes.

    `agents.rounds_one_silent_per_s`: the same while one of them says nothing, so that every fourth
    block waits for a proposer in vain.
    """
    best = max(_rounds_per_s({}) for _ in range(N_RUNS))
    yield Record("agents.rounds_per_s", best, "1/s")
    silent = _rounds_per_s({"operator-3": "silent"})
    yield Record("agents.rounds_one_silent_per_s", silent, "1/s", "nobody silent", best)


def gas() -> Iterator[Record]:
    """`agents.gas.*`: what hiring, delivering and being paid cost, also when operators deliver."""
    chain = Chain()
    owner, client, mech = (chain.account(name) for name in ("owner", "client", "mech"))
    market = chain.deploy("MechMarketplace", 100, 10, 1000, sender=owner)
    market.register(PRICE, FIXED_PRICE_NATIVE, owner, sender=mech)
    for first in (True, False):  # only the second is the usual case: counters exist by then
        number = _ask(market, client, mech)
        if not first:
            yield Record("agents.gas.request", chain.gas_used, "gas")
        market.deliverMarketplace([number], [PRICE], [b"2 2 3 7"], sender=mech)
    yield Record("agents.gas.deliver", chain.gas_used, "gas")
    market.processPayment(mech, sender=mech)
    yield Record("agents.gas.payment", chain.gas_used, "gas")
    yield from _service_gas(chain, market)


def _service_gas(chain: Chain, market: Contract) -> Iterator[Record]:
    """A delivery by a service's account, against one by a single mech."""
    single = chain.receipts[-2].gas_used
    operators = [chain.account(f"operator-{i}") for i in range(N_OPERATORS)]
    needed = default_threshold(N_OPERATORS)
    safe = chain.deploy("OlasSafe", sender=operators[0])
    safe.setup(operators, needed, sender=operators[0])

    def act(data: bytes) -> None:
        """A call of the marketplace, signed by enough operators."""
        digest = safe.digest(market, 0, data)
        signatures = [sign_digest(digest, o.private_key) for o in operators[:needed]]
        certificate = take_apart(assemble(digest, signatures))
        safe.execute(market, 0, data, certificate, sender=operators[0])

    act(market.register.encode(PRICE, FIXED_PRICE_NATIVE, operators[0]))
    for _ in range(2):
        number = _ask(market, chain.account("client"), safe)
        act(market.deliverMarketplace.encode([number], [PRICE], [b"2 2 3 7"]))
    used = chain.gas_used
    yield Record("agents.gas.service_delivery", used, "gas", "by a single mech", single)


def _ask(market: Contract, client: Any, mech: Any) -> Any:
    terms = PRICE, FIXED_PRICE_NATIVE, mech, 100
    return market.request(bytes(32), *terms, sender=client, value=PRICE)


def _rounds_per_s(faults: dict[str, str]) -> float:
    names = [f"operator-{i}" for i in range(N_OPERATORS)]
    arguments = {name: {"names": names, "rounds": N_ROUNDS} for name in names}
    outcomes = run_service(f"{__name__}:beats", arguments, faults, limit_s=120.0)
    return N_ROUNDS / max(outcome.seconds for outcome in outcomes.values())
