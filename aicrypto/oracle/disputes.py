"""Disputes about an oracle's results: a counter-claim with a bond, a game, and the court's word.

Whoever finds that a result is false opens a game about its request and claims there what the
model's program really leaves in memory. While the claim is pending, the result cannot become final.
Whoever thinks the claim false challenges it; bisection finds the one instruction that they disagree
on, and the contract executes it. A claim that stands replaces the result.

The same game protects a true result: against it only a false claim can be made, and everybody who
runs the model can refute that and earn its bond.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aicrypto.evm import Chain, Contract
from aicrypto.opml.games import ChainCourt, Challenger, Proposer, Settlement, Terms, play
from aicrypto.opml.machine import OUTPUT, State, Trace, output_of
from aicrypto.oracle.contracts import GAME
from aicrypto.oracle.models import MachineModel
from aicrypto.oracle.requests import Request

LEAF_BYTES = 32
LENGTH_BYTES = 4


@dataclass(frozen=True)
class Ruling:
    """How a dispute about a result ended.

    Attributes:
        is_overturned: whether the library holds another result now.
        settlement: the game.
        gas_used: of all transactions of the dispute, by action.
    """

    is_overturned: bool
    settlement: Settlement
    gas_used: dict[str, int]


class ShownGame(ChainCourt):
    """A game on a chain in which somebody claims what a program leaves as its output.

    Attributes:
        claimed: the run whose output is claimed.
    """

    def __init__(self, chain: Chain, game: str, terms: Terms, claimed: Trace) -> None:
        super().__init__(chain, chain.at(GAME, game), terms)
        self.claimed = claimed

    def propose(
        self,
        by: str,
        t: int,
        wei: int,
        s0: bytes,
        n_steps: int,
        final: State,
        output: bytes | None = None,
        output_proof: Sequence[bytes] = (),
    ) -> None:
        """The claim, with the claimed run's output; refusals as the referee's."""
        output, output_proof = shown_output(self.claimed)
        super().propose(by, t, wei, s0, n_steps, final, output, output_proof)


class Case(ShownGame):
    """A game about one request: its claim holds the result.

    Attributes:
        court: who opened it.
    """

    def __init__(self, court: Contract, game: str, terms: Terms, claimed: Trace) -> None:
        super().__init__(court.chain, game, terms, claimed)
        self.court = court

    def propose(self, by: str, *claim: Any, **shown: Any) -> None:
        """The claim and the hold; refusals as the referee's.

        Raises:
            Reverted: with the court's reason, if the claim is nothing to hold a result for.
        """
        super().propose(by, *claim, **shown)
        self.court.hold(self.contract, sender=self.chain.account(by))
        self.gas_used["hold"] += self.chain.gas_used


def open_case(
    court: Contract, terms: Terms, model: MachineModel, request: Request, claimed: Trace, by: str
) -> Case:
    """A new game about a request; nothing is claimed yet.

    Raises:
        Reverted: "WrongTask", "WrongProgram": if court, model and request do not belong together.
    """
    chain = court.chain
    game = court.open(
        *(request.number, model.number, request.data, model.siblings), sender=chain.account(by)
    )
    start = replace(terms, s0=model.image(request.data).start.hash)
    case = Case(court, game, start, claimed)
    case.gas_used["open"] += chain.gas_used
    return case


def dispute(case: Case, claimant: str, defenders: Sequence[Challenger], start: int = 0) -> Ruling:
    """The court's ruling after everybody has moved.

    Args:
        case: as `open_case` gives it.
        claimant: name of who stands for the case's claim.
        defenders: who may challenge it.
        start: time of the claim, the chain's if that is later.

    Raises:
        Reverted: with the court's reason, where the claim holds nothing up.
    """
    chain = case.chain
    proposer = Proposer(claimant, case.claimed)
    settlement = play(case, proposer, defenders, max(start, chain.timestamp))
    case.court.close(case.contract, sender=chain.account(claimant))
    case.gas_used["close"] += chain.gas_used
    closed = case.court.events("CaseClosed")[-1].arguments
    return Ruling(closed["is_overturned"], settlement, dict(case.gas_used))


def shown_output(run: Trace) -> tuple[bytes, list[bytes]]:
    """What a run left as its output, and the proof of every leaf that it lies in."""
    tree = run.tree(run.n_steps)
    output = output_of(tree)
    n_leaves = -(-(LENGTH_BYTES + len(output)) // LEAF_BYTES)
    return output, [tree.proof(OUTPUT + LEAF_BYTES * number) for number in range(n_leaves)]
