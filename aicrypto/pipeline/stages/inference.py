"""Stage 9, inference: the same answer by the optimistic way, with a bond instead of a proof.

The committed network runs as a program of the virtual machine. The coordinator claims the final
state on chain and locks a bond; a watcher recomputes, and would open a dispute if it found another
state. Nobody proves anything as long as nobody lies: that is why models far too large to prove go
this way. The first held-out page is asked, whose answer the stage `prove` has proven: both ways
must give the same integers.

With `--tamper inference` the coordinator claims a false answer: one weight is another one from the
middle of the run on. Bisection finds that step, the contract executes it, the claim is rejected and
the bond goes to the watcher.

Said honestly: an undisputed claim is only as good as the watchers, one of whom must be awake.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int8, Int32

from aicrypto.evm import Chain, compile_contract
from aicrypto.opml import games, machine
from aicrypto.opml.code import Layer, image_of
from aicrypto.pipeline.job import COORDINATOR
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import quantise
from aicrypto.pipeline.state import State
from aicrypto.zkml import CommittedModel, Network
from aicrypto.zkml import Layer as IntegerLayer

NAME = "inference"
WATCHER = "watcher"
CONTRACT = "DisputeGame"
WINDOW_S, CLOCK_S, EXTENSION_S = 3600, 1800, 60
MULT = 1 << 30  # with it a shift s of the network is a shift s - 1 of the program
FALSE_WEIGHT_AT = 100  # bytes into the model
REJECTED, FINAL = "rejected", "final"


@dataclass(frozen=True)
class Inference:
    """What became of the claim: "final" or "rejected"."""

    claim: str


def machine_image(network: Network, x: Int8[np.ndarray, " n_in"]) -> machine.Image:
    """Program, weights and question in the machine's memory.

    Raises:
        ValueError: if a hidden layer's shift is below 3, which the program cannot express.
    """
    hidden = [Layer(*_arrays(layer), MULT, layer.shift - 1) for layer in network.layers[:-1]]
    return image_of([*hidden, Layer(*_arrays(network.layers[-1]))], x)


def _arrays(
    layer: IntegerLayer,
) -> tuple[Int8[np.ndarray, "n_out n_in"], Int32[np.ndarray, " n_out"]]:
    return layer.weights.numpy().astype(np.int8), layer.bias.numpy().astype(np.int32)


def logits_of(run: machine.Trace) -> list[int]:
    """The answer that a run leaves in memory."""
    output = machine.output_of(run.tree(run.n_steps))
    return [int(value) for value in np.frombuffer(output, "<i4")]


def run(state: State) -> State:
    """The state with the claim settled on chain, and the receipt."""
    question = torch.tensor(state.evidence["prove"]["x"][0]).to(torch.int8).numpy()
    image = machine_image(state.get(CommittedModel).network, question)
    honest = machine.run(image)
    claimed: games.Run = honest
    if state.options.tamper == NAME:
        address = machine.MODEL + FALSE_WEIGHT_AT
        fault = games.Fault("mem", at=honest.n_steps // 2, addr=address, xor=1)
        claimed = games.lie(honest, fault)
    terms = games.Terms(
        image.start.hash, window_s=WINDOW_S, clock_s=CLOCK_S, extension_s=EXTENSION_S
    )
    court = games.ChainCourt.open(state.chain, terms)
    players = games.Proposer(COORDINATOR, claimed), games.Challenger(WATCHER, honest)
    settled = games.play(court, players[0], [players[1]], state.chain.timestamp)
    winner = next(iter(settled.credits_wei))
    court.withdraw(winner)
    evidence = {
        "x": question.tolist(),
        "logits": logits_of(honest),
        "contract": court.contract.address,
        "claim": settled.claim,
        "final": court.final_hash.hex(),
        "steps": court.n_steps,
        "located": list(settled.games[0].located or ()) if settled.games else [],
        "gas": sum(court.gas_used.values()),
    }
    return state.publish(STAGE, Inference(str(settled.claim)), evidence)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The claim's fate is the one that the committed network's run gives it."""
    x, logits, steps = evidence["x"], evidence["logits"], evidence["steps"]
    proven, model = inputs.get("prove"), inputs.get("quantise")
    if proven is not None:
        demand((x, logits) == (proven["x"][0], proven["logits"][0]), "another answer was proven")
    if model is not None:
        network = quantise.load(model).network
        run = machine.run(machine_image(network, np.array(x, np.int8)))
        demand(logits == logits_of(run), "the machine gives another answer")
        is_true = (evidence["final"], steps) == (run.final.hash.hex(), run.n_steps)
        demand(is_true == (evidence["claim"] == FINAL), "the claim met another fate than is due")
    label, gas = int(np.argmax(logits)), evidence["gas"]
    demand(type(steps) is type(gas) is int, "steps or gas is no integer")
    return Conclusion(
        _sentence(evidence["claim"], steps, gas, evidence["located"]),
        {
            "contract": evidence["contract"],
            "claim": evidence["claim"],
            "final": evidence["final"],
            "steps": steps,
            "label": label,
            "gas": gas,
        },
    )


def _sentence(fate: str, steps: int, gas: int, located: list[int]) -> str:
    if fate == FINAL:
        return f"an answer claimed after {steps:,} machine steps stood undisputed ({gas:,} gas)"
    demand(fate == REJECTED and len(located) == 2, f"the claim's fate is {fate!r}")
    return (
        f"a false answer was claimed; of {steps:,} steps number {located[1]:,} was executed on"
        f" chain, and the liar's bond went to the watcher ({gas:,} gas)"
    )


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which the claim met another fate in the library's contract."""
    told = facts[NAME]
    code = compile_contract(CONTRACT).bytecode
    made = [r.message.data for r in chain.receipts if r.created == told["contract"]]
    demand(len(made) == 1 and made[0].startswith(code), "not the library's dispute contract")
    contract = chain.at(CONTRACT, told["contract"])
    held = games.CLAIMS[contract.claim()], contract.final_hash().hex(), contract.n_steps()
    demand(held == (told["claim"], told["final"], told["steps"]), "another claim is on chain")


STAGE = Stage(
    NAME,
    assumes="whoever watches recomputes, and can reach the chain within the window",
    run=run,
    conclude=conclude,
)
