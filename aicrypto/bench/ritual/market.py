"""Gas of the market's contracts, and how many jobs a second it takes.

Peers: the deployed contracts' gas snapshot (infernet-sdk@b183dc3) for a request, and the bounds of
this project's specification for the rest.
"""

from collections.abc import Iterator
from time import perf_counter

from aicrypto.bench import Record, best_seconds
from aicrypto.bench.ritual.town import Town
from aicrypto.ritual.chain import Job, Scheduler

REQUEST_GAS, DELIVERY_GAS = 142_000, 350_000
N_DELIVERIES, DELIVERIES_S = 1_000, 2.0
N_NODE_JOBS, N_SCHEDULED, SCHEDULE_MS = 200, 10_000, 50.0
ROUNDS = 5


def gas() -> Iterator[Record]:
    """A request; its answer, paid at once; an answer that waits for a verifier, and the word."""
    town = Town.founded()
    for _ in range(2):  # the second of each, when counters exist
        number = town.order()
        request_gas = town.market.chain.gas_used
        delivery_gas = town.deliver(number)
    yield Record("ritual.request_gas", request_gas, "gas", "deployed", REQUEST_GAS)
    yield Record("ritual.delivery_gas", delivery_gas, "gas", "bound", DELIVERY_GAS)
    alice, server = town.who("alice"), town.who("server")
    verifier = town.hired(town.market.verifier(alice, is_atomic=False))
    for _ in range(2):
        number = town.order(verifier)
        judged_gas = town.deliver(number)
        verifier.decide(number, 1, server, True, sender=alice)
        verdict_gas = town.market.chain.gas_used
    yield Record("ritual.judged_delivery_gas", judged_gas, "gas", "bound", DELIVERY_GAS)
    yield Record("ritual.verdict_gas", verdict_gas, "gas")


def jobs() -> Iterator[Record]:
    """1,000 paid deliveries; jobs a second of a node that watches, rehearses, works, delivers."""
    times = []
    for _ in range(ROUNDS):
        town = Town.founded()
        numbers = [town.order() for _ in range(N_DELIVERIES)]
        start = perf_counter()
        for number in numbers:
            town.deliver(number)
        times.append(perf_counter() - start)
    bare = min(times)
    yield Record("ritual.deliveries_1000_s", bare, "s", "bound", DELIVERIES_S)
    times = []
    for _ in range(ROUNDS):
        town = Town.founded()
        for _ in range(N_NODE_JOBS):
            town.order()
        start = perf_counter()
        town.node.work()
        times.append(perf_counter() - start)
    rate = N_NODE_JOBS / min(times)
    yield Record("ritual.node_jobs_per_s", rate, "/s", "deliveries alone", N_DELIVERIES / bare)


def schedule() -> Iterator[Record]:
    """10,000 recurring jobs that are all due in one block."""
    job = Job(0, 1, ROUNDS + 2, 1, 10**18, 10, 5)
    scheduler = Scheduler()
    for i in range(N_SCHEDULED):
        scheduler.add(str(i), job)
    blocks = iter(range(1, ROUNDS + 3))
    seconds = best_seconds(lambda: scheduler.run(next(blocks), N_SCHEDULED), ROUNDS)
    yield Record("ritual.schedule_10k_ms", 1000 * seconds, "ms", "bound", SCHEDULE_MS)
