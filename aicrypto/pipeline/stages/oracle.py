"""The AI oracle on a run's chain: deployed and joined, and recognised again by a stranger.

    AnswerDesk -> AIOracle -> ResultLibrary <- OpmlCourt -> games from a DisputeGame blueprint

The desk asks for whoever pays, and keeps the answer that the oracle calls it back with. The model
is offered by its committed network, so its number at the oracle follows from the quantised winner,
and the winner earns most of each fee. Times are seconds, money is wei.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int8, Int32

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain, Contract, Party, Receipt, compile_contract
from aicrypto.evm.accounts import address_of
from aicrypto.opml.code import Layer
from aicrypto.opml.games import Terms
from aicrypto.oracle import (
    NOBODY,
    MachineModel,
    Oracle,
    deploy_court,
    deploy_oracle,
    game_terms,
    model_id,
    outputs_of,
)
from aicrypto.oracle.contracts import ARBITER, BLUEPRINT, COURT, GAME, LIBRARY, ORACLE
from aicrypto.pipeline.receipts import Json, demand
from aicrypto.pipeline.stages import genuine
from aicrypto.pipeline.stages.agent import paid_to
from aicrypto.zkml import Layer as IntegerLayer
from aicrypto.zkml import Network

DESK = "AnswerDesk"
OPERATOR = "oracle-operator"
WINDOW_S = 2 * 3600  # so long a result may be doubted
TERMS = Terms(bytes(32), window_s=3600, clock_s=1800, extension_s=60)
FEE_WEI, MAKERS_PERCENT = 10**15, 80
MULT = 1 << 30  # with it a shift s of the network is a shift s - 1 of the program


@dataclass(frozen=True)
class Standing:
    """What stands on the chain: the oracle, the model's court, the client's desk.

    Attributes:
        addresses: of all their contracts, of who operates the oracle, and of the node that answers.
    """

    oracle: Oracle
    court: Contract
    desk: Contract
    addresses: dict[str, str]


def name_of(digest: str) -> str:
    """What the network of that digest is called at the oracle."""
    return f"aicrypto/pages/{digest}"


def model_of(network: Network) -> MachineModel:
    """The network as a program of the verifiable machine.

    Raises:
        ValueError: if a hidden layer's shift is below 3, which the program cannot express.
    """
    hidden = [Layer(*_arrays(layer), MULT, layer.shift - 1) for layer in network.layers[:-1]]
    layers = [*hidden, Layer(*_arrays(network.layers[-1]))]
    return MachineModel(name_of(network.digest.hex()), layers)


def _arrays(
    layer: IntegerLayer,
) -> tuple[Int8[np.ndarray, "n_out n_in"], Int32[np.ndarray, " n_out"]]:
    return layer.weights.numpy().astype(np.int8), layer.bias.numpy().astype(np.int32)


def stand(
    chain: Chain, model: MachineModel, maker: Party, server: Party, client: Party
) -> Standing:
    """A new oracle that offers the model and admits the server, and the client's desk."""
    operator = chain.account(OPERATOR)
    oracle = deploy_oracle(chain, operator, WINDOW_S)
    oracle.admit(server)
    hashes = model.model_hash, model.program_hash
    oracle.register(model.number, FEE_WEI, maker, MAKERS_PERCENT, hashes)
    court = deploy_court(chain, oracle.library, operator, TERMS)
    arbiter, game = (receipt.created or NOBODY for receipt in chain.receipts[-3:-1])
    oracle.appoint(model.number, court)
    court.register(model.number, model.program_hash, sender=operator)
    desk = chain.deploy(DESK, oracle.contract, model.number, sender=client)
    addresses = {
        "operator": operator.address,
        "node": address_of(server, "server"),
        "library": oracle.library.address,
        "oracle": oracle.contract.address,
        "arbiter": arbiter,
        "game": game,
        "court": court.address,
        "desk": desk.address,
    }
    return Standing(oracle, court, desk, addresses)


def pay_out(standing: Standing, number: int) -> None:
    """Pays the fees: to the model's maker its share, the rest to the operator."""
    oracle, operator = standing.oracle.contract, standing.oracle.owner
    oracle.claimModelRevenue(number, sender=operator)
    oracle.withdraw(NOBODY, sender=operator)


def check_on_chain(chain: Chain, told: Json, digest: str) -> None:
    """Refuses a chain on which something else stands, was asked, answered, decided or paid.

    Args:
        chain: a chain after the run.
        told: facts of the stage that asked.
        digest: of the committed network, in hex.
    """
    number = model_id(name_of(digest))
    _check_contracts(chain, told["contracts"], number)
    kinds = {"oracle": ORACLE, "library": LIBRARY, "court": COURT, "desk": DESK}
    at = {key: chain.at(name, told["contracts"][key]) for key, name in kinds.items()}
    _check_offer(at, told, number)
    _check_answer(at, told, number)
    _check_case(chain, at["court"], told)
    _check_fee(chain, at, told, number)


def _check_contracts(chain: Chain, where: Mapping[str, str], number: int) -> None:
    """All were made from the library's own code, with each other's addresses."""
    terms = game_terms(TERMS)
    made: dict[str, tuple[str, tuple[Any, ...]]] = {
        "library": (LIBRARY, (WINDOW_S,)),
        "oracle": (ORACLE, (where["library"], where["operator"])),
        "arbiter": (ARBITER, ()),
        "court": (COURT, (where["library"], where["game"], where["arbiter"], terms)),
        "desk": (DESK, (where["oracle"], number)),
    }
    for key, (name, arguments) in made.items():
        is_ours = genuine.is_made(chain, where[key], name, *arguments)
        demand(is_ours, f"{key} is not the library's {name}")
    code = chain.state.account(where["game"]).code
    demand(code == BLUEPRINT + compile_contract(GAME).bytecode, f"games are not from {GAME}")


def _check_offer(at: Mapping[str, Contract], told: Json, number: int) -> None:
    """The library listens to oracle and court alone, which know the committed program."""
    heard = at["library"].client(), at["library"].courts(number)
    demand(heard == (at["oracle"].address, at["court"].address), "the library hears somebody else")
    program = at["court"].programs(number).hex()
    demand(program == told["program"], "the court knows another program")


def _check_answer(at: Mapping[str, Contract], told: Json, number: int) -> None:
    """This input was asked, these answers came, and the last one is final."""
    request, output = told["request"], bytes.fromhex(told["answers"][-1])
    task = keccak256(number.to_bytes(32, "big") + bytes.fromhex(told["input_hash"]))
    demand(at["library"].task(request) == task, "the request asks something else")
    announced = [output.hex() for output in outputs_of(at["oracle"], request)]
    demand(announced == told["answers"], "the oracle announced other answers")
    demand(at["oracle"].isFinalized(request), "the answer is not final")
    demand(at["desk"].final_answer(request) == output, "the client has another answer")


def _check_case(chain: Chain, court: Contract, told: Json) -> None:
    """The court decided about a result exactly if the receipt says so, at that step."""
    cases = [event.arguments for event in court.events("CaseClosed")]
    decided = [(case["request"], case["is_overturned"]) for case in cases]
    demand(decided == [(told["request"], True)] * bool(told["located"]), "the court says otherwise")
    for case in cases:
        game = chain.at(GAME, case["game"])
        held = game.n_steps(), list(game.place(0)[:2])
        demand(held == (told["steps"], told["located"]), "another step was executed on chain")


def _check_fee(chain: Chain, at: Mapping[str, Contract], told: Json, number: int) -> None:
    """The client paid the fee once; the operator let one node answer, shared out, and no more."""
    desk = at["desk"]
    demand(desk.askers(told["request"]) == told["client"], "another client asked")
    asked = paid_to(chain, desk.address, told["client"])
    demand([act.wei for act in asked] == [FEE_WEI], "the client did not pay the fee once")
    if not told["located"]:
        answered = at["library"].deadline(told["request"]) - WINDOW_S
        demand(answered == asked[0].receipt.block.timestamp, "the answer came later")
    oracle, operator = at["oracle"], told["contracts"]["operator"]
    hashes = bytes.fromhex(told["model"]), bytes.fromhex(told["program"])
    terms = FEE_WEI, told["maker"], MAKERS_PERCENT, NOBODY, False
    due = [
        oracle.setWhitelist.encode(told["contracts"]["node"], True),
        oracle.uploadModel.encode(number, *hashes, *terms),
        oracle.claimModelRevenue.encode(number),
        oracle.withdraw.encode(NOBODY),
    ]
    done = [r.message.data for r in _sent_to(chain, oracle) if r.message.sender == operator]
    demand(oracle.owner() == operator and done == due, "the operator did something else")
    demand(chain.balance(oracle) == 0, "the fee is still at the oracle")


def _sent_to(chain: Chain, contract: Contract) -> list[Receipt]:
    """What was sent to a contract and succeeded."""
    return [r for r in chain.receipts if r.message.to == contract.address and not r.halt]
