"""Stage 11, claim: a contract is shown that the payouts follow from ranks that it never sees.

The rule that shares out the miners' part of the reward, in proportion to rank and rounded down, is
a circuit. Its publics are a Poseidon digest of the ranks, the payouts and the pot; a Groth16 proof
of 256 bytes settles them in a contract, which checks four pairings whatever the number of miners
and whatever the rule. So the rule can be one that would be dear to compute on chain, or the ranks
secret.

Said honestly: the key is made here, by one party. Whoever makes a key alone can prove anything
under it; a real one comes out of a ceremony (`aicrypto.proof.groth16.ceremony`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.primes import BN254_R
from aicrypto.commit.hashes import sha256
from aicrypto.evm import Artifact, Chain, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.pipeline.job import COORDINATOR, REWARD_WEI
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.shares import SHARES, in_proportion
from aicrypto.pipeline.stages import genuine
from aicrypto.pipeline.state import State
from aicrypto.proof import groth16, r1cs
from aicrypto.proof.groth16 import calldata

NAME = "claim"
VERIFIER, STATEMENT = "Groth16Verifier", "ProvenStatement"
POT_WEI = REWARD_WEI * SHARES["miners"] // 100
RANK_BITS, TOTAL_BITS, WEI_BITS = 32, 34, 60
TAG = int.from_bytes(sha256(b"aicrypto.pipeline.payout"), "big") % BN254_R


@dataclass(frozen=True)
class Claim:
    """What was proven: digest of salt and ranks, payouts in wei, pot."""

    publics: tuple[int, ...]


def payout_circuit(n_miners: int) -> r1cs.Circuit:
    """Publics: digest, a payout for each miner, the pot; private: salt and ranks."""
    circuit = r1cs.Circuit()
    pot, salt = circuit.public("pot"), circuit.private("salt")
    ranks = [circuit.private(f"rank {i}") for i in range(n_miners)]
    for i, rank in enumerate(ranks):
        r1cs.bits(circuit, rank, RANK_BITS, f"rank {i}")
    circuit.output("digest", r1cs.digest_circuit(circuit, [salt, *ranks], TAG))
    total = sum(ranks[1:], ranks[0])
    for i, rank in enumerate(ranks):
        share = circuit.product(pot, rank, f"pot times rank {i}")
        payout = r1cs.floor_divide(circuit, share, total, (WEI_BITS, TOTAL_BITS), f"payout {i}")
        circuit.output(f"payout {i}", payout)
    return circuit


def ranks_of(facts: Facts) -> dict[str, int]:
    """The ranks that are paid for, by miner in alphabetical order; who is deregistered has 0."""
    ranks = facts["rank"]["rank"] | {facts["rank"]["deregistered"]: 0}
    return dict(sorted(ranks.items()))


def publics_of(ranks: dict[str, int], salt: int) -> tuple[int, ...]:
    """The publics that follow from the rule."""
    payouts = in_proportion(ranks, POT_WEI)
    return (r1cs.digest([salt, *ranks.values()], TAG), *payouts.values(), POT_WEI)


def run(state: State) -> State:
    """The state with the payouts proven on chain, and the receipt."""
    rng, ranks = state.rng("claim"), ranks_of(state.facts)
    salt, *secrets = (rng.randrange(2, BN254_R) for _ in range(8))
    circuit = payout_circuit(len(ranks))
    inputs = {f"rank {i}": rank for i, rank in enumerate(ranks.values())}
    witness = circuit.witness({**inputs, "salt": salt, "pot": POT_WEI})
    [key] = state.spread(groth16.setup, [circuit.system()], [groth16.Trapdoor(*secrets[:5])])
    [proof] = state.spread(groth16.prove, [key], [witness], *([s] for s in secrets[5:]))
    publics = groth16.publics_of(key, witness)
    verifier, statement = _settle_on_chain(state.chain, key.verifying, proof, publics)
    evidence = {
        "salt": str(salt),
        "vkey": key.verifying.to_json(),
        "proof": proof.to_json(),
        "verifier": verifier,
        "statement": statement,
        "gas": state.chain.gas_used,
    }
    return state.publish(STAGE, Claim(publics), evidence)


def _settle_on_chain(
    chain: Chain, key: groth16.VerifyingKey, proof: groth16.Proof, publics: Sequence[int]
) -> tuple[str, str]:
    """Addresses of the verifier and of the contract that keeps the statement."""
    sender = chain.account(COORDINATOR)
    arguments = calldata.key_arguments(key)
    verifier = chain.deploy(artifact(VERIFIER, key.n_public), *arguments, sender=sender)
    statement = chain.deploy(artifact(STATEMENT, key.n_public), verifier, sender=sender)
    statement.settle(*calldata.proof_arguments(proof, publics), sender=sender)
    return verifier.address, statement.address


def artifact(name: str, n_public: int) -> Artifact:
    """A contract of the library, written for this number of publics."""
    text = (CONTRACTS / f"{name}.vy").read_text("utf-8")
    return compile_source(calldata.verifier_source(text, n_public), name)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The proof holds for the payouts that the ranks give, under a key without visible weakness."""
    ranks, salt = ranks_of(facts), int(evidence["salt"])
    publics, key = publics_of(ranks, salt), groth16.VerifyingKey.from_json(evidence["vkey"])
    proven = groth16.verify(key, publics, groth16.Proof.from_json(evidence["proof"]))
    demand(proven, "the proof does not hold for these payouts")
    verifier = artifact(VERIFIER, key.n_public)
    creation = genuine.creation(verifier, *calldata.key_arguments(key))
    demand(type(evidence["gas"]) is int, "gas is no integer")
    payouts = dict(zip(ranks, publics[1:-1], strict=True))
    return Conclusion(
        f"a contract was shown that the payouts of {len(ranks)} miners follow from their sealed"
        f" ranks (Groth16, 256 bytes, {evidence['gas']:,} gas)",
        {
            "digest": hex(publics[0]),
            "payouts": payouts,
            "pot": POT_WEI,
            "verifier_data": sha256(creation).hex(),
            "verifier": evidence["verifier"],
            "statement": evidence["statement"],
            "gas": evidence["gas"],
        },
    )


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which these payouts were not settled by the library's contracts."""
    claim = facts[NAME]
    publics = [int(claim["digest"], 16), *claim["payouts"].values(), claim["pot"]]
    ours = artifact(STATEMENT, len(publics))
    data = sha256(genuine.creation(ours, claim["verifier"])).hex()
    for address, digest in (
        (claim["verifier"], claim["verifier_data"]),
        (claim["statement"], data),
    ):
        made = [sha256(r.message.data).hex() for r in chain.receipts if r.created == address]
        demand(made == [digest], f"{address} was not made from the library's code and this key")
    statement = chain.at(ours, claim["statement"])
    kept = [statement.statement(i) for i in range(len(publics))]
    demand(statement.settled() and kept == publics, "another statement was settled on chain")


def _restored(state: State, evidence: Json) -> Claim:
    return Claim(publics_of(ranks_of(state.facts), int(evidence["salt"])))


STAGE = Stage(
    NAME,
    assumes="the key was made here by one party: whoever keeps its trapdoor can prove anything",
    run=run,
    conclude=conclude,
    restore=_restored,
)
