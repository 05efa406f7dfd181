"""The dispute on a chain: `DisputeGame.vy` seen as a referee.

`ChainCourt` has the actions and the views of the referee in Python, so the same players meet before
either. Names become accounts, times become block times; every action is a transaction, and a revert
becomes the refusal it names. `gas_used` sums up what the dispute cost, by action.

Times are seconds since 1970 and must not lie before the chain's clock; money is wei.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from aicrypto.evm import Chain, Contract, Reverted
from aicrypto.opml.games import refusals
from aicrypto.opml.games.terms import CHALLENGER, OPEN, PROPOSER, VOID, Game, Terms
from aicrypto.opml.machine import BadState, InsnProof, MemProof, State, Witness

CONTRACT, ARBITER = "DisputeGame", "OneStep"
TREASURY = "treasury"
CLAIMS = (None, "pending", "rejected", "final")
STATUSES = ("", OPEN, PROPOSER, CHALLENGER, VOID)
MACHINE_ERRORS = {error.__name__: error for error in (BadState, InsnProof, MemProof)}
WORD_BYTES = 32


class ChainCourt:
    """One task's dispute before a contract.

    Attributes:
        contract: the deployed `DisputeGame`.
        gas_used: gas of accepted and refused transactions, by action.
    """

    def __init__(self, chain: Chain, contract: Contract, terms: Terms) -> None:
        self.chain, self.contract, self.terms = chain, contract, terms
        self.gas_used: Counter[str] = Counter()
        self.n_sent: Counter[str] = Counter()
        self._names: dict[str, str] = {}

    @classmethod
    def open(cls, chain: Chain, terms: Terms, arbiter: Contract | None = None) -> "ChainCourt":
        """A new contract for a task; the arbiter is deployed unless there is one."""
        sender = chain.account("registrar")
        arbiter = arbiter or chain.deploy(ARBITER, sender=sender)
        treasury = chain.account(TREASURY, 0)
        told = arbiter.address, treasury.address, astuple(terms)
        contract = chain.deploy(CONTRACT, *told, sender=sender)
        court = cls(chain, contract, terms)
        court._names[treasury.address] = TREASURY
        return court

    @property
    def claim(self) -> str | None:
        """None, "pending", "rejected" or "final"."""
        return CLAIMS[self.contract.claim()]

    @property
    def n_steps(self) -> int:
        """Claimed length."""
        return int(self.contract.n_steps())

    @property
    def final_hash(self) -> bytes:
        """Claimed final state's hash."""
        return bytes(self.contract.final_hash())

    @property
    def games(self) -> list[Game]:
        """All games; those that another one's outcome ended are void."""
        return [self._game(number) for number in range(self.contract.n_games())]

    @property
    def credits_wei(self) -> dict[str, int]:
        """What everybody may withdraw, zeros left out."""
        earned = {name: self.contract.credit(who) for who, name in self._names.items()}
        return {name: wei for name, wei in earned.items() if wei}

    @property
    def locked_wei(self) -> int:
        """Bonds and stakes not decided."""
        return int(self.contract.locked())

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
        """The claim; refusals as the referee's."""
        arguments: list[Any] = [s0, n_steps, *final.words()]
        if output is not None:
            arguments += [True, output, [_words(proof) for proof in output_proof]]
        self._send("propose", by, t, wei, *arguments)

    def challenge(self, by: str, t: int, wei: int) -> int:
        """Number of a new game; refusals as the referee's."""
        return int(self._send("challenge", by, t, wei))

    def post(self, by: str, t: int, number: int, hashes: Sequence[bytes], wei: int = 0) -> None:
        """The proposer's hashes; refusals as the referee's."""
        self._send("post", by, t, wei, number, list(hashes))

    def choose(self, by: str, t: int, number: int, segment: int, wei: int = 0) -> None:
        """The challenger's choice; refusals as the referee's."""
        self._send("choose", by, t, wei, number, segment)

    def prove(
        self,
        by: str,
        t: int,
        number: int,
        state: State,
        insn_proof: bytes | None,
        mem_proof: bytes | None,
    ) -> None:
        """The execution of the disputed step; refusals as the referee's."""
        shown = Witness(state, *(_whole(proof) for proof in (insn_proof, mem_proof)))
        self._send("prove", by, t, 0, number, *shown.call_arguments())
        self._reclaim_void(by, t)

    def timeout(self, by: str, t: int, number: int) -> None:
        """The end of a game by silence; refusals as the referee's."""
        self._send("timeout", by, t, 0, number)
        self._reclaim_void(by, t)

    def finalize(self, by: str, t: int) -> None:
        """The end of an unrefuted claim; refusals as the referee's."""
        self._send("finalize", by, t, 0)

    def withdraw(self, by: str) -> int:
        """Wei that somebody fetches."""
        return int(self._send("withdraw", by, self.chain.timestamp, 0))

    def _reclaim_void(self, by: str, t: int) -> None:
        """Closes the games that a rejected claim leaves behind."""
        if self.claim == "rejected":
            for number in range(self.contract.n_games()):
                if STATUSES[self.contract.games(number)[1]] == OPEN:
                    self._send("reclaim", by, t, 0, number)

    def _send(self, action: str, by: str, t: int, wei: int, *arguments: Any) -> Any:
        """Result of a transaction at time t."""
        if t < self.chain.timestamp:
            raise refusals.TimeReversed(f"t is {t}, the chain is at {self.chain.timestamp}")
        self.chain.warp(t - self.chain.timestamp)
        account = self.chain.account(by)
        self._names[account.address] = by
        try:
            return self.contract.function(action)(*arguments, sender=account, value=wei)
        except Reverted as reverted:
            raise _refusal(reverted) from None
        finally:
            self.gas_used[action] += self.chain.gas_used
            self.n_sent[action] += 1

    def _game(self, number: int) -> Game:
        fields = self.contract.games(number)
        challenger, status, is_located, _, h_lo, h_hi, *stakes = fields
        lo, hi, last, left_proposer, left_challenger, rounds, is_choosing = self.contract.place(
            number
        )
        fate = STATUSES[status]
        inner = self.contract.posted_hashes(number)
        return Game(
            self._names.get(challenger, challenger),
            lo,
            hi,
            h_lo,
            h_hi,
            {PROPOSER: left_proposer, CHALLENGER: left_challenger},
            last,
            CHALLENGER if is_choosing else PROPOSER,
            (h_lo, *inner, h_hi) if is_choosing else (),
            rounds,
            VOID if fate == OPEN and self.claim == "rejected" else fate,
            (lo, hi) if is_located else None,
            dict(zip((PROPOSER, CHALLENGER), stakes, strict=True)),
        )


def _refusal(reverted: Reverted) -> Exception:
    """The exception that a revert's reason names."""
    name = reverted.reason
    known = MACHINE_ERRORS.get(name) or getattr(refusals, name, None)
    if isinstance(known, type) and issubclass(known, ValueError):
        return known(f"reverted after {reverted.gas_used:,} gas")
    return reverted


def _words(proof: bytes) -> list[bytes]:
    return [proof[i : i + WORD_BYTES] for i in range(0, len(proof), WORD_BYTES)]


def _whole(proof: bytes | None) -> bytes | None:
    """A proof of the right length, or none: calldata has a place for every sibling."""
    return proof if proof is not None and len(proof) == 28 * WORD_BYTES else None
