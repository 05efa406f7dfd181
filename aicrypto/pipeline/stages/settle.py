"""Stage 16, settle: the contract holds data set, model and answer, and pays who worked, to the wei.

The run's whole life on chain is a list of signed transactions. A stranger replays them on a fresh
chain and must find the same data-set root, model digest and result there, the payouts that the
rules give, and not one wei made or lost.
"""

from dataclasses import dataclass

from aicrypto.evm import Chain, Journal
from aicrypto.pipeline.job import CONTRACT, COORDINATOR, REWARD_WEI, SETTLED, Job, Posted
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.shares import SHARES, in_proportion
from aicrypto.pipeline.stages import (
    claim,
    context,
    crawl,
    genuine,
    inference,
    market,
    order,
    own,
    royalty,
    witness,
)
from aicrypto.pipeline.state import State

NAME = "settle"


@dataclass(frozen=True)
class Settlement:
    """Wei paid to each party."""

    payouts: dict[str, int]


def payouts_of(facts: Facts) -> dict[str, int]:
    """What each party is due: nodes by bytes, miners by rank, validators by dividend."""
    work = {
        "nodes": facts["crawl"]["bytes_by_node"],
        "miners": claim.ranks_of(facts),
        "validators": facts["rank"]["dividends"],
    }
    due: dict[str, int] = {}
    for group, percent in SHARES.items():
        due |= in_proportion(work[group], REWARD_WEI * percent // 100)
    return due | {COORDINATOR: REWARD_WEI - sum(due.values())}


def parties_of(facts: Facts) -> dict[str, str]:
    """The address of everybody who worked, from earlier receipts; each party has its own."""
    groups = facts["crawl"]["nodes"], facts["train"]["miners"], facts["rank"]["validators"]
    parties = {name: address for group in groups for name, address in group.items()}
    distinct = len(set(parties.values())) == len(parties) == sum(map(len, groups))
    demand(distinct, "two parties share a name or an address")
    return parties


def run(state: State) -> State:
    """The state with everybody paid, and the receipt."""
    payouts = payouts_of(state.facts)
    state.job.settle(payouts)
    evidence = {
        "contract": state.job.contract.address,
        "job": state.job.number,
        "journal": state.chain.journal.to_bytes().hex(),
    }
    return state.publish(STAGE, Settlement(payouts), evidence)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The replayed transactions leave the published commitments and the payouts of the rules."""
    chain = Chain.replay(Journal.from_bytes(bytes.fromhex(evidence["journal"])))
    job = Job.at(chain, evidence["contract"], evidence["job"])
    made = genuine.is_made(chain, job.contract.address, CONTRACT)
    demand(made, "the contract was not made from the library's code")
    held, payouts = job.posted(), payouts_of(facts)
    _check_commitments(held, facts)
    order.check_on_chain(chain, facts, held)
    crawl.check_on_chain(chain, facts)
    witness.check_on_chain(chain, facts)
    own.check_on_chain(chain, facts)
    claim.check_on_chain(chain, facts)
    market.check_on_chain(chain, facts)
    inference.check_on_chain(chain, facts)
    context.check_on_chain(chain, facts)
    royalty.check_on_chain(chain, facts, held)
    parties = parties_of(facts) | {COORDINATOR: held.coordinator}
    due = {parties[name]: wei for name, wei in payouts.items() if wei}
    demand(job.credited() == due, "the contract shared the reward out otherwise")
    owed = [name for name, address in parties.items() if job.contract.credit(address)]
    demand(not owed, f"not yet paid out: {owed}")
    demand(chain.total_wei() == chain.minted_wei, "wei were made or lost")
    gas = sum(receipt.gas_used for receipt in chain.receipts)
    return Conclusion(
        f"the contract paid {REWARD_WEI} wei to {len(due)} parties, none lost",
        {"payouts": payouts, "contract": evidence["contract"], "job": job.number, "gas": gas},
    )


def _check_commitments(held: Posted, facts: Facts) -> None:
    """The job on chain is this run's: settled, funded in full, with the receipts' digests."""
    data, proof = facts["dataset"], facts["prove"]
    demand((held.stage, held.reward_wei) == (SETTLED, REWARD_WEI), "the job is not settled in full")
    demand((held.root, held.n_rows) == (data["root"], data["n_rows"]), "another data set on chain")
    demand(held.model == facts["quantise"]["digest"], "another model on chain")
    answer = proof["input"], proof["label"], proof["proof"]
    demand((held.input, held.label, held.proof) == answer, "another result on chain")
    demand(facts["inference"]["client"] == held.client, "another client asked the oracle")


STAGE = Stage(
    NAME,
    assumes="the chain is a fresh one in this process: nobody else has confirmed it",
    run=run,
    conclude=conclude,
)
