"""Stage 12, market: computations are ordered where nodes compete, and paid for when proven.

The agent describes two jobs, each with what it is worth to it at most and what hangs on it: the
proof of the network's answers, and the proof of the miners' payouts. A routing table compares the
ways to make a result trustworthy (proof, window of doubt, samples, committee) by price and time; a
proof is taken, and every other row says why not. Nodes sign offers. The matching with the greatest
surplus is taken, and each chosen node is paid its cost and what its presence adds to the surplus
(Vickrey, Clarke, Groves): so no node gains by naming another cost than its own. Fees come on top.

The orders then go through a compute market on chain (`compute`, after Ritual's): money is locked,
the node delivers and stands surety, a judge looks at the proof, and only its word releases the pay.

Who checks recomputes the choice from the signed offers, and finds orders, deliveries and payments
on the replayed chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aicrypto import ritual
from aicrypto.evm import ETHER, Chain, recover_signer
from aicrypto.pipeline.job import REWARD_WEI
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
from aicrypto.pipeline.stages import claim, compute, prove
from aicrypto.pipeline.stages.compute import CLAIM, PROVE, Delivery, Order, amount_for, net_of
from aicrypto.pipeline.state import State
from aicrypto.proof import groth16
from aicrypto.ritual import Offer
from aicrypto.ritual.routing import Economy, Effort, Job, routing_table

NAME = "market"
FINNEY = ETHER // 1000
WORTH = {PROVE: 20 * FINNEY, CLAIM: 12 * FINNEY}
NODES = {  # what each node asks: setup, jobs at most, cost of each job
    "compute-1": Offer(2 * FINNEY, 1, {PROVE: 7 * FINNEY, CLAIM: 5 * FINNEY}),
    "compute-2": Offer(FINNEY, 1, {PROVE: 11 * FINNEY, CLAIM: 3 * FINNEY}),
    "compute-3": Offer(0, 2, {PROVE: 13 * FINNEY, CLAIM: 6 * FINNEY}),
}


HANGS_ON = {PROVE: REWARD_WEI, CLAIM: claim.POT_WEI}  # what a false result would bring, in wei
EFFORTS = {  # of an ordinary core; a proof of the answers is checked off chain
    PROVE: Effort(work_s=0.1, prove_s=1.0, has_game=True),
    CLAIM: Effort(work_s=0.1, prove_s=2.0, verify_gas=400_000),
}
WAIT_S = 3600
ECONOMY = Economy(fee_bps=compute.FEE_BPS)


@dataclass(frozen=True)
class Choice:
    """Who does what, and what each job costs in all, in wei."""

    node_of: Mapping[str, str]
    price_of: Mapping[str, int]


def choose(offers: Mapping[str, Offer]) -> Choice:
    """The matching with the greatest surplus, and each chosen node's pay.

    Raises:
        Refused: if a job stays undone, or a node does two.
    """
    found = ritual.prices(WORTH, offers)
    node_of = found.matching.node_of
    demand(set(node_of) == set(WORTH), "a job found no node")
    demand(len(set(node_of.values())) == len(node_of), "one node does both jobs")
    price_of = {
        job: int(offers[node].setup + offers[node].cost[job] + found.node_profit[node])
        for job, node in node_of.items()
    }
    return Choice(node_of, price_of)


def ways_of(job: str) -> list[Json]:
    """The ways to get a job done that can be believed, the taken one first; why not the others."""
    asked = Job(job, b"", HANGS_ON[job], WORTH[job], WAIT_S)
    rows = routing_table(asked, EFFORTS, ECONOMY)
    return [
        {
            "way": row.way.value,
            "wei": row.quote.total_wei if row.quote else None,
            "reason": row.reason,
        }
        for row in rows
    ]


def container_of(job: str, facts: Facts) -> str:
    """What is ordered, in the market's words: the job, and for which run's results."""
    results = {PROVE: facts["prove"]["input"], CLAIM: facts["claim"]["digest"].removeprefix("0x")}
    return f"aicrypto/{job}/{results[job]}"


def deliveries(facts: Facts, claimed: bytes) -> dict[str, Delivery]:
    """What is to be delivered; `claimed` is the payouts' proof as it travels."""
    proven, payouts = facts["prove"], facts["claim"]
    label = proven["label"].to_bytes(32, "big")
    return {
        PROVE: Delivery(
            bytes.fromhex(proven["input"]), label + bytes.fromhex(proven["proof"]), b""
        ),
        CLAIM: Delivery(
            compute.words_of([payouts["pot"]]),
            compute.words_of(compute.outputs_of(payouts)),
            claimed,
        ),
    }


def statement(node: str, offer: Json, facts: Facts) -> bytes:
    """What a node signs: its offer for these jobs."""
    jobs = {job: container_of(job, facts) for job in WORTH}
    return b"aicrypto.offer.v1" + encode({"node": node, "offer": offer, "jobs": jobs})


def run(state: State) -> State:
    """The state with both jobs ordered, delivered and paid, and the receipt."""
    chain, facts, n_before = state.chain, state.facts, len(state.chain.receipts)
    accounts = {name: chain.account(name) for name in NODES}
    offers = {
        name: {"setup": offer.setup, "capacity": offer.capacity, "cost": dict(offer.cost)}
        for name, offer in NODES.items()
    }
    choice = choose(NODES)
    proof = _proof_in(state.evidence["claim"], facts)
    handed = deliveries(facts, proof)
    orders = [
        Order(
            job,
            container_of(job, facts),
            accounts[choice.node_of[job]],
            amount_for(choice.price_of[job]),
            handed[job],
        )
        for job in WORTH
    ]
    is_proven = prove.holds(state.evidence["prove"], facts)
    contracts = compute.play(chain, state.agent, facts["claim"], orders, is_proven)
    evidence: Json = {
        "offers": {
            name: {
                "address": accounts[name].address,
                "offer": offer,
                "signature": accounts[name].sign(statement(name, offer, facts)).hex(),
            }
            for name, offer in offers.items()
        },
        "proof": proof.hex(),
        "contracts": contracts,
        "gas": sum(receipt.gas_used for receipt in chain.receipts[n_before:]),
    }
    return state.publish(STAGE, choice, evidence)


def restore(state: State, evidence: Json) -> Choice:
    """The choice that follows from this stage's evidence."""
    return choose(_offers(evidence))


def _proof_in(claimed: Json, facts: Facts) -> bytes:
    """The payouts' proof as it travels in a delivery."""
    told = facts["claim"]
    publics = [*compute.outputs_of(told), told["pot"]]
    return ritual.proof_bytes(groth16.Proof.from_json(claimed["proof"]), publics)


def _offers(evidence: Json) -> dict[str, Offer]:
    """The nodes' offers; Refused unless they are whole wei for known jobs."""
    offers = {}
    for name, told in evidence["offers"].items():
        said = told["offer"]
        numbers = said["setup"], said["capacity"], *said["cost"].values()
        whole = all(type(number) is int and number >= 0 for number in numbers)
        demand(whole and set(said["cost"]) <= set(WORTH), f"{name} offers something else")
        offers[name] = Offer(said["setup"], said["capacity"], said["cost"])
    return offers


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The nodes were chosen by their signed offers, and delivered this run's proofs."""
    offers = _offers(evidence)
    for name, told in evidence["offers"].items():
        said = statement(name, told["offer"], facts)
        signer = recover_signer(said, bytes.fromhex(told["signature"]))
        demand(signer == told["address"], f"{name} did not sign this offer")
    addresses = [told["address"] for told in evidence["offers"].values()]
    demand(len(set(addresses)) == len(addresses), "two nodes share an address")
    claimed, proof = inputs.get("claim"), bytes.fromhex(evidence["proof"])
    if claimed is not None:
        demand(proof == _proof_in(claimed, facts), "another proof was delivered")
    demand(type(evidence["gas"]) is int, "gas is no integer")
    choice, handed = choose(offers), deliveries(facts, proof)
    jobs = {job: _job(job, choice, handed[job], evidence, facts) for job in WORTH}
    paid = sum(one["amount"] for one in jobs.values())
    return Conclusion(
        f"of {len(offers)} nodes the compute market chose {jobs[PROVE]['node']} for the answers'"
        f" proof ({jobs[PROVE]['net']} wei, released by {compute.THRESHOLD} of"
        f" {len(compute.AUDITORS)} auditors) and {jobs[CLAIM]['node']} for the payouts' proof"
        f" ({jobs[CLAIM]['net']} wei, released by a contract that checked it), by the greatest"
        f" surplus and at prices that no lie improves; {paid} wei in all ({evidence['gas']:,} gas)",
        {
            "jobs": jobs,
            "paid": paid,
            "fees": paid - sum(one["net"] for one in jobs.values()),
            "contracts": evidence["contracts"],
            "gas": evidence["gas"],
        },
    )


def _job(job: str, choice: Choice, handed: Delivery, evidence: Json, facts: Facts) -> Json:
    """What a chain must hold of one job."""
    node, amount = choice.node_of[job], amount_for(choice.price_of[job])
    return {
        "container": container_of(job, facts),
        "worth": WORTH[job],
        "node": node,
        "address": evidence["offers"][node]["address"],
        "ways": ways_of(job),
        "price": choice.price_of[job],
        "amount": amount,
        "net": net_of(amount),
        "question": handed.question.hex(),
        "output": handed.output.hex(),
        "proof": handed.proof.hex(),
    }


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which the jobs were ordered, delivered or paid otherwise."""
    compute.check(chain, facts[NAME], facts["claim"], facts["order"]["account"])


STAGE = Stage(
    NAME,
    assumes=(
        f"fewer than {compute.THRESHOLD} of {len(compute.AUDITORS)} auditors are bribed; nodes do"
        " not agree on their offers; here one process plays them all"
    ),
    run=run,
    conclude=conclude,
    restore=restore,
)
