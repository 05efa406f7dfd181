"""Four operators, one of them lying, agree on the run's answer and sign what it is paid for.

Each computes the answer for himself and says its digest; what three of four say alike counts. Then
they go through Olas' settlement rounds: each signs one operation of the account that they share,
and a keeper puts three signatures together, the *certificate*. The operation hands the fee on to
the makers, and behind its arguments, where the contract does not look, stands the digest that was
agreed on: who signs it, signs the answer.

A stranger needs no trust in any of it: every block comes with the votes of three, and whoever feeds
the blocks to a period of his own arrives at the same certificate.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aicrypto.agents.services.consensus import Simulation, replay, unseal
from aicrypto.agents.services.consensus.votes import VOTE, Block, read_decision
from aicrypto.agents.services.fsm import answering
from aicrypto.agents.services.fsm.certificates import operation_digest
from aicrypto.agents.services.fsm.periods import Behaviour, Conclusion, Data, Period, Stage
from aicrypto.agents.services.fsm.rounds import DONE, Members, Round
from aicrypto.agents.services.fsm.settlement import STAGES
from aicrypto.agents.services.fsm.settling import settling
from aicrypto.pipeline.receipts import Json, demand

OPERATORS = ("ann", "ben", "cleo", "dan")
LIAR, THRESHOLD = "dan", 3


def operation(call: Json, answer: str) -> bytes:
    """Calldata of what is signed: the payment, and behind it the digest of the answer."""
    return bytes.fromhex(call["data"]) + bytes.fromhex(answer)


def digest_of(call: Json, answer: str) -> bytes:
    """32 bytes that the operators sign if they agree on this answer."""
    where = call["chain"], call["account"], call["nonce"]
    return operation_digest(*where, call["to"], call["wei"], operation(call, answer))


def period_of(call: Json, signers: Mapping[str, str], beacon: str) -> Period:
    """A service that has not begun; the same for every operator, and for who checks them."""
    stages = {answering.ANSWER: Stage("collect_same_until_threshold", _agree), **STAGES}
    data = {"call": call, "signers": dict(signers), "beacon": beacon}
    return Period(answering.SERVICE, stages, Members(OPERATORS), data)


def _agree(ended: Round, data: Data, event: str) -> Conclusion:
    if event != DONE or ended.agreed is None:
        return event, {}
    answer = str(ended.agreed[0])
    return event, {"answer": answer, "digest": digest_of(data["call"], answer).hex()}


def agree(
    start: Callable[[], Period],
    keys: Mapping[str, bytes],
    seeds: Mapping[str, bytes],
    compute: Callable[[], str],
    rng: random.Random,
    start_ms: int,
) -> tuple[Period, Json]:
    """What the honest operators ended with, and the evidence of how they came to it.

    Args:
        start: a new period.
        keys: of each operator's instance, which signs for the account.
        seeds: of each operator's messages.
        compute: an operator's own computation of the answer's digest, hex.
        rng: draws how long messages take.
        start_ms: when they begin.
    """

    def make(name: str) -> tuple[Period, dict[str, Behaviour]]:
        """An operator's copy of the service, and how it behaves."""
        said: Behaviour = lambda me, period: (compute(),)  # noqa: E731
        return start(), {answering.ANSWER: said, **settling(keys[name])}

    honest = Simulation(make, seeds, {LIAR: "lying"}, rng, start_ms).run()
    caught = next((pair for one in honest for pair in one.replica.evidence), ())
    proofs = honest[0].replica.proofs
    told = {"decisions": [proofs[height] for height in sorted(proofs)], "caught": list(caught)}
    return honest[0].period, told


def checked(told: Json, period: Period, keys: Mapping[str, bytes]) -> Period:
    """The period after the decisions of evidence, each proven by three of the operators."""
    opens = lambda text: unseal(text, keys)  # noqa: E731
    blocks = [_decided(text, opens) for text in told["decisions"]]
    heights = [block.height for block in blocks]
    demand(heights == list(range(len(blocks))), "a decision is missing")
    demand(answering.is_delivered(replay(period, blocks, opens)), "they did not finish")
    return period


def _decided(text: str, opens: Callable[[object], Any]) -> Block:
    """The block of a sealed decision."""
    message = opens(text)
    block = read_decision(message.body, opens, len(OPERATORS)) if message else None
    demand(block is not None, "a decision is not proven")
    assert block is not None
    return block


def liar_in(pair: Sequence[str], keys: Mapping[str, bytes]) -> str:
    """Who cast two votes at once, by the two: nobody else could have signed them."""
    first, second = (unseal(text, keys) for text in pair)
    demand(first is not None and second is not None, "a vote is not signed")
    assert first is not None
    assert second is not None
    demand({first.kind, second.kind} == {VOTE}, "these are no votes")
    same = [first.body[name] == second.body[name] for name in ("step", "height", "attempt")]
    demand(all(same) and first.sender == second.sender, "these votes go together")
    demand(first.body["block"] != second.body["block"], "these votes agree")
    return first.sender
