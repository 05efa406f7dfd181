"""Who judges an answer, at what price: by proof, by dispute, by samples.

    proof       Groth16, inside the delivery; whether the output is the proven one must be looked
                at by the consumer (`RitualProvenConsumer`)
    dispute     valid after a week, unless a game shows another output
    committee   auditors repeat the work; a test says how many must agree

Each is a contract that the coordinator asks; `Market.verifier` makes one that says whatever its
judge does. The deployed coordinator shows a verifier an answer's proof, never the answer.
"""

from collections.abc import Sequence
from dataclasses import replace

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Contract, Party, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.opml.games import Challenger, Proposer, Settlement, Terms, play
from aicrypto.opml.machine import Trace
from aicrypto.oracle import ShownGame, deploy_blueprint, game_terms
from aicrypto.proof.groth16 import Proof, VerifyingKey, calldata
from aicrypto.ritual import tuning
from aicrypto.ritual.market import Market

GROTH16, BY_PROOF, BY_GAME = "Groth16Verifier", "RitualProofVerifier", "RitualGameVerifier"
BY_SAMPLES, PROVEN_CONSUMER = "RitualCommitteeVerifier", "RitualProvenConsumer"

# By proof


def deploy_proof_verifier(
    market: Market, judge: Party, key: VerifyingKey, n_outputs: int
) -> Contract:
    """A verifier of one circuit, whose first `n_outputs` publics are the answer."""
    sources = {}
    for name in (GROTH16, BY_PROOF):
        text = (CONTRACTS / f"{name}.vy").read_text()
        sources[name] = compile_source(calldata.verifier_source(text, key.n_public), name)
    chain = market.chain
    groth16 = chain.deploy(sources[GROTH16], *calldata.key_arguments(key), sender=judge)
    return chain.deploy(sources[BY_PROOF], market.registry, groth16, n_outputs, sender=judge)


def deploy_proven_consumer(market: Market, owner: Party, n_outputs: int) -> Contract:
    """A consumer that takes an output only if the proof beside it is about it."""
    return market.chain.deploy(PROVEN_CONSUMER, market.registry, n_outputs, sender=owner)


def question(publics: Sequence[int]) -> bytes:
    """32 bytes that stand for what is asked: the publics after the outputs."""
    asked = bytes(32)
    for number in publics:
        asked = keccak256(asked, number.to_bytes(32, "big"))
    return asked


def proof_bytes(proof: Proof, publics: Sequence[int]) -> bytes:
    """A proof as it travels in a delivery: 8 words, then the publics."""
    (a, b, c, numbers) = calldata.proof_arguments(proof, publics)
    words = [*a, *b[0], *b[1], *c, *numbers]
    return b"".join(word.to_bytes(32, "big") for word in words)


# By dispute


class Doubt(ShownGame):
    """A game about one delivered answer.

    Attributes:
        verifier: whom the outcome is for.
    """

    def __init__(self, verifier: Contract, game: str, terms: Terms, claimed: Trace) -> None:
        super().__init__(verifier.chain, game, terms, claimed)
        self.verifier = verifier


def deploy_game_verifier(market: Market, judge: Party, terms: Terms) -> Contract:
    """A verifier of the machine's programs; `terms.s0` is ignored, every subscription has its own.

    A game under these terms must be over within the coordinator's week.
    """
    game = deploy_blueprint(market.chain, "DisputeGame", judge)
    arbiter = market.chain.deploy("OneStep", sender=judge)
    return market.chain.deploy(
        *(BY_GAME, market.registry, game, arbiter, game_terms(terms)), sender=judge
    )


def open_doubt(
    verifier: Contract, terms: Terms, answer: tuple[int, int, Party], claimed: Trace, by: str
) -> Doubt:
    """A new game about the answer of (subscription, interval, node).

    Raises:
        Reverted: "NoSuchAnswer".
    """
    game = verifier.open(*answer, sender=verifier.chain.account(by))
    start = replace(terms, s0=claimed.state(0).hash)
    return Doubt(verifier, game, start, claimed)


def settle_doubt(doubt: Doubt, claimant: str, others: Sequence[Challenger]) -> Settlement:
    """The game, played to its end; if its claim stands, the coordinator is told."""
    settlement = play(doubt, Proposer(claimant, doubt.claimed), others, doubt.chain.timestamp)
    if doubt.claim == "final":
        doubt.verifier.close(doubt.contract, sender=doubt.chain.account(claimant))
    return settlement


# By samples


def deploy_committee(
    market: Market, judge: Party, auditors: Sequence[Party], threshold: int
) -> Contract:
    """A verifier in which `threshold` of the auditors must agree."""
    terms = market.registry, list(auditors), threshold
    return market.chain.deploy(BY_SAMPLES, *terms, sender=judge)


def threshold_for(n_auditors: int, chance: float, alpha: float) -> int | None:
    """Fewest agreeing auditors that a lie reaches with probability at most `alpha`.

    `chance` is how likely one auditor agrees with a lie: its sample misses it, or it is bribed.
    None if even all of them are too few.

    >>> threshold_for(7, 0.1, 0.001)
    5
    """
    return tuning.judge([chance] * n_auditors, 0, alpha).threshold
