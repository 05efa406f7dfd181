"""Stage 10, prove: the committed network really gave these answers, and no weight is sent.

One proof of the zkML room (a GKR argument in the manner of Modulus' Remainder) covers a batch of
held-out pages. Who checks it has the 32 bytes that are on chain, questions, answers and proof; he
neither has the model nor runs it, and reads nothing of the evidence of the stage before.

Said honestly: the proof is succinct and sound, **not zero-knowledge**. It opens a few hundred
columns of the encoded weights and activations, and here the network is published anyway, so that
others can see that the winner's own weights were quantised.
"""

import torch
from jaxtyping import Int8
from torch import Tensor

from aicrypto.commit.hashes import sha256
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import dataset, train
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import features
from aicrypto.pipeline.stages.quantise import commitment_in
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State
from aicrypto.zkml import CommittedModel, Proof, pad_batch, prove, verify

NAME = "prove"
N_QUESTIONS = 16
KIND = "succinct, not zero-knowledge"


def run(state: State) -> State:
    """The state with a proof of some held-out pages' classes, the result on chain, the receipt."""
    data, models, model = state.get(Dataset), state.get(Models), state.get(CommittedModel)
    rows = data.split()[1][:N_QUESTIONS]
    x = pad_batch(model.network.inputs(features(rows, models.words)))
    [proof] = state.spread(prove, [model], [x])
    evidence = {
        "paths": [row.path for row in rows],
        "x": x.tolist(),
        "logits": model.network.run(x).logits.tolist(),
        "proof": proof.to_bytes().hex(),
    }
    after = state.publish(STAGE, proof, evidence)
    facts = after.receipts[-1].facts
    digests = bytes.fromhex(facts["input"]), bytes.fromhex(facts["proof"])
    state.job.post_result(digests[0], facts["label"], digests[1])
    return after


def holds(evidence: Json, facts: Facts) -> bool:
    """Whether the proof shows these answers of the committed network."""
    proof = bytes.fromhex(evidence["proof"])
    return verify(commitment_in(facts), evidence["x"], evidence["logits"], proof)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The proof verifies for the commitment alone, and the questions are the held-out rows."""
    commitment, proof = commitment_in(facts), bytes.fromhex(evidence["proof"])
    demand(commitment.digest.hex() == facts["quantise"]["digest"], "another commitment is on chain")
    demand(holds(evidence, facts), "the proof does not verify")
    x = torch.tensor(evidence["x"]).to(torch.int8)
    _check_questions(evidence["paths"], x, inputs)
    label = int(torch.tensor(evidence["logits"][0]).argmax())
    bits = round(Proof.from_bytes(proof, commitment).bits(commitment), 1)
    return Conclusion(
        f"the committed network classified {len(evidence['paths'])} held-out pages, the first,"
        f" {evidence['paths'][0]}, as {facts['dataset']['topics'][label]}"
        f" (GKR proof, {len(proof):,} bytes, {bits} bits; {KIND})",
        {
            "input": sha256(x.numpy().tobytes()).hex(),
            "label": label,
            "proof": sha256(proof).hex(),
            "proof_bytes": len(proof),
            "soundness_bits": bits,
            "kind": KIND,
        },
    )


def _check_questions(paths: list[str], x: Int8[Tensor, "batch words"], inputs: Inputs) -> None:
    """Refuses a batch that is not the first held-out rows; zeros may follow them."""
    rows, trained = inputs.get("dataset"), inputs.get("train")
    if rows is None or trained is None:
        return
    asked = dataset.load(rows).split()[1][:N_QUESTIONS]
    demand([row.path for row in asked] == paths, "these are not the questions")
    wanted = pad_batch(features(asked, train.load(trained).words).to(torch.int8))
    demand(torch.equal(wanted, x), "the questions are not these held-out rows")


def _restored(state: State, evidence: Json) -> Proof:
    return Proof.from_bytes(bytes.fromhex(evidence["proof"]), commitment_in(state.facts))


STAGE = Stage(
    NAME,
    assumes=f"SHA-256 behaves as a random oracle; {KIND}: the proof tells something of the weights",
    run=run,
    conclude=conclude,
    restore=_restored,
)
