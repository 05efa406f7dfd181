"""Stage 13, inference: a contract asks the committed network through an AI oracle, and pays for it.

The agent's desk sends the oracle a question with the fee; a node runs the network and answers at
once by calling the contract back. For two hours the answer may be doubted: a watcher recomputes it
from the oracle's events, and if it is false, claims the true one in a dispute game with a bond. An
answer that nobody disputes becomes final, and only then does the client give it out. Nobody proves
anything as long as nobody lies: that is why models far too large to prove go this way. The first
held-out page is asked, whose answer the stage `prove` has proven: both ways must give the same
integers.

With `--tamper inference` the node answers falsely, and stands by it: from the middle of its run on,
one bias is another one. Bisection finds that step, the contract executes it, the court overturns
the answer, the node's bond goes to the watcher, and the client is called back with the truth.

Said honestly: an undisputed answer is only as good as the watchers, one of whom must be awake; and
the answer that a callback brings is not final yet.
"""

from dataclasses import dataclass

import numpy as np
import torch

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Account, Chain
from aicrypto.opml import machine
from aicrypto.opml.code.network import offsets_of
from aicrypto.opml.games import Challenger
from aicrypto.oracle import MachineModel, Node, Ruling, dispute, open_case, shown_output
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import oracle, quantise
from aicrypto.pipeline.stages.oracle import FEE_WEI, MAKERS_PERCENT, TERMS, WINDOW_S, Standing
from aicrypto.pipeline.state import State
from aicrypto.zkml import CommittedModel

NAME = "inference"
NODE, WATCHER = "oracle-node", "watcher"
FALSE_BIAS = 1 << 24  # above any sum of a layer's 256 products


@dataclass(frozen=True)
class Inference:
    """The final answer, as the client's contract holds it."""

    answer: bytes


def logits_in(output: bytes) -> list[int]:
    """The numbers in an answer."""
    return [int(value) for value in np.frombuffer(output, "<i4")]


def run(state: State) -> State:
    """The state with a final answer in the client's contract, and the receipt."""
    chain, facts = state.chain, state.facts
    question = torch.tensor(state.evidence["prove"]["x"][0]).to(torch.int8).numpy()
    model = oracle.model_of(state.get(CommittedModel).network)
    node, client = chain.account(NODE), state.agent
    standing = oracle.stand(chain, model, maker_in(facts), node, client.key)
    n_before = len(chain.receipts)
    request = client.act(standing.desk.ask, question.tobytes(), value=FEE_WEI)
    honest = model.run(question.tobytes())
    claimed = lie(model, honest) if state.options.tamper == NAME else honest
    first = answer(standing, model, node, claimed)
    ruling = watch(standing, model, chain.account(WATCHER), claimed)
    chain.warp(WINDOW_S)
    final = standing.desk.final_answer(request)
    oracle.pay_out(standing, model.number)
    evidence = {
        "x": question.tolist(),
        "logits": logits_in(final),
        "contracts": standing.addresses,
        "request": request,
        "client": client.address,
        "first": first.hex(),
        "steps": honest.n_steps,
        "located": list(ruling.settlement.games[0].located or ()) if ruling else [],
        "program": model.program_hash.hex(),
        "model": model.model_hash.hex(),
        "gas": sum(receipt.gas_used for receipt in chain.receipts[n_before:]),
    }
    return state.publish(STAGE, Inference(final), evidence)


def maker_in(facts: Facts) -> str:
    """Who made the model and earns its fees: the winning miner's address."""
    return str(facts["train"]["miners"][facts["quantise"]["winner"]])


def lie(model: MachineModel, honest: machine.Trace) -> machine.Trace:
    """A run whose answer is another class, by one bias of the last layer."""
    logits = logits_in(shown_output(honest)[0])
    wanted = (int(np.argmax(logits)) + 1) % len(logits)
    bias = machine.MODEL + offsets_of(model.layers)[-1][1] + 4 * wanted
    changed = FALSE_BIAS.to_bytes(4, "little")
    return honest.altered(honest.n_steps // 2, lambda m: m.memory.write(bias, changed))


def answer(
    standing: Standing, model: MachineModel, account: Account, claimed: machine.Trace
) -> bytes:
    """What the node answered the open request with: the output of the run it claims."""
    contract, library = standing.oracle.contract, standing.oracle.library
    node = Node(contract, account, [model], library)
    [request] = node.pending()
    return node.send(request, shown_output(claimed)[0]).output


def watch(
    standing: Standing, model: MachineModel, watcher: Account, claimed: machine.Trace
) -> Ruling | None:
    """What came of the watcher's doubts; the node defends its claim. None if there are none."""
    contract, library = standing.oracle.contract, standing.oracle.library
    doubts = Node(contract, watcher, [model], library).doubt()
    if not doubts:
        return None
    [request] = doubts
    true = model.run(request.data)
    case = open_case(standing.court, TERMS, model, request, true, watcher.name)
    ruling = dispute(case, watcher.name, [Challenger(NODE, claimed)])
    case.withdraw(watcher.name)
    contract.updateResult(request.number, shown_output(true)[0], sender=watcher)
    return ruling


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The final answer is the committed network's, and was disputed only if the first was not."""
    x, logits, steps, gas = (evidence[key] for key in ("x", "logits", "steps", "gas"))
    question, output = np.array(x, np.int8).tobytes(), np.array(logits, "<i4").tobytes()
    proven, model = inputs.get("prove"), inputs.get("quantise")
    if proven is not None:
        demand((x, logits) == (proven["x"][0], proven["logits"][0]), "another answer was proven")
    if model is not None:
        _check_run(oracle.model_of(quantise.load(model).network), evidence, question, output)
    answers = [evidence["first"]] if not evidence["located"] else [evidence["first"], output.hex()]
    demand(answers[-1] == output.hex(), "a false answer became final")
    demand(len(set(answers)) == len(answers), "a true answer was overturned")
    demand({type(steps), type(gas), type(evidence["request"])} == {int}, "a number is no integer")
    return Conclusion(
        _sentence(steps, gas, evidence["located"]),
        {
            "contracts": evidence["contracts"],
            "request": evidence["request"],
            "client": evidence["client"],
            "input_hash": keccak256(question).hex(),
            "program": evidence["program"],
            "model": evidence["model"],
            "answers": answers,
            "located": evidence["located"],
            "steps": steps,
            "label": int(np.argmax(logits)),
            "maker": maker_in(facts),
            "fee": FEE_WEI,
            "gas": gas,
        },
    )


def _check_run(model: MachineModel, evidence: Json, question: bytes, output: bytes) -> None:
    """Refuses evidence of another program, answer or number of steps than the network's."""
    hashes = model.model_hash.hex(), model.program_hash.hex()
    demand(hashes == (evidence["model"], evidence["program"]), "another program was registered")
    true = model.run(question)
    demand(shown_output(true)[0] == output, "the machine gives another answer")
    demand(true.n_steps == evidence["steps"], "the machine takes another number of steps")


def _sentence(steps: int, gas: int, located: list[int]) -> str:
    paid = f"the fee of {FEE_WEI:,} wei is paid, {MAKERS_PERCENT} % to the model's maker"
    if not located:
        return (
            f"a contract asked the committed network through an AI oracle; the answer of {steps:,}"
            f" machine steps came at once, nobody disputed it, it is final; {paid} ({gas:,} gas)"
        )
    demand(len(located) == 2, f"located is {located!r}")
    return (
        f"an AI oracle gave a contract a false answer; of {steps:,} steps number {located[1]:,} was"
        f" executed on chain, the true answer replaced it and is final, and the liar's bond went to"
        f" the watcher; {paid} ({gas:,} gas)"
    )


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which the library's contracts tell something else of the answer."""
    oracle.check_on_chain(chain, facts[NAME], facts["quantise"]["network"])


STAGE = Stage(
    NAME,
    assumes="of all who watch the oracle one recomputes, and can reach the chain within the window",
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: Inference(np.array(evidence["logits"], "<i4").tobytes()),
)
