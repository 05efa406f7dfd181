"""Stage 17, service: four operators vouch for the answer, and whoever's work is in it is paid.

What one oracle said once, a bonded service says together. Crawler, brain and prover are registered
as components by their makers, an agent is made of them, and four operators put down bonds to run
it under a threshold of three (Olas). One of them lies. The others agree on the answer's digest and
sign (`agreement`); their certificate lets the service's account pass the client's fee on to the
makers, as the registry divides it. Then the workflow is asked once as an app of three widgets, and
each use pays their makers (MyShell; the rates are ours, `makers`). Both payments come out of the
account of the agent that ordered the run.

Who checks feeds the operators' decisions to a period of his own and must arrive at the certificate;
on the chain of the stage `sale` he finds service, bonds, payments and earnings, to the wei.

Said honestly: the operators are played by this process; here nothing but their bonds keeps three of
them from signing what is false. The liar is named, by two votes that it signed, but not slashed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aicrypto.agents.olas.onchain import ServiceChain
from aicrypto.agents.services.fsm.certificates import is_certificate, take_apart
from aicrypto.agents.services.fsm.periods import Period
from aicrypto.commit.hashes import keccak256, sha256
from aicrypto.evm import Account, Chain
from aicrypto.pipeline.job import COORDINATOR
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import agreement, bonds, makers, quantise
from aicrypto.pipeline.stages.agreement import OPERATORS, THRESHOLD
from aicrypto.pipeline.stages.bonds import FEE_WEI, SAFE
from aicrypto.pipeline.stages.inference import logits_in
from aicrypto.pipeline.stages.makers import AGENT_ID, USE_WEI
from aicrypto.pipeline.state import State
from aicrypto.zkml import CommittedModel

NAME = "service"


@dataclass(frozen=True)
class Served:
    """The service's account."""

    account: str


def run(state: State) -> State:
    """The state with the answer vouched for and its makers paid, and the receipt."""
    chain, facts, agent = state.chain, state.facts, state.agent
    n_before = len(chain.receipts)
    coordinator = chain.account(COORDINATOR)
    units = bonds.register(chain, facts, coordinator)
    net = ServiceChain.deploy(chain, coordinator, coordinator, mended=True)
    number = bonds.bond(net, coordinator)
    multisig = net.multisig(number)
    seeds = {name: state.rng(f"operator {name}").randbytes(32) for name in OPERATORS}
    evidence: Json = {
        "contracts": {"units": units.address, "services": net.services.address},
        "safe": net.safe.address,
        "service": number,
        "account": multisig.address,
        "coordinator": coordinator.address,
        "chain_id": chain.chain_id,
        "operators": {name: bonds.operator(chain, name, seeds[name]) for name in OPERATORS},
        "beacon": state.rng("beacon of the service").randbytes(32).hex(),
    }
    period, said = _agree(state, evidence, seeds)
    evidence |= said | {"certificate": period.data["final"]}
    agent.pay(multisig, FEE_WEI)
    _pay(chain, evidence, period)
    bonds.claim(chain, facts, units, coordinator)
    evidence |= _use(state, coordinator) | {
        "gas": sum(receipt.gas_used for receipt in chain.receipts[n_before:])
    }
    return state.publish(STAGE, Served(multisig.address), evidence)


def paid_in(facts: Facts) -> tuple[int, int]:
    """Wei that left the agent's account for the answer's fee, and for the use of the workflow."""
    return facts[NAME]["fee"], facts[NAME]["use"]


def call_of(evidence: Json) -> Json:
    """The operation that is signed, without the answer: the fee goes on to the makers."""
    from eth_abi.abi import encode

    data = keccak256(b"pay(uint256[])")[:4] + encode(["uint256[]"], [[AGENT_ID]])
    return {
        "chain": evidence["chain_id"],
        "account": evidence["account"],
        "nonce": 0,
        "to": evidence["contracts"]["units"],
        "wei": FEE_WEI,
        "data": data.hex(),
    }


def _start(evidence: Json) -> Period:
    """The operators' period before it begins."""
    signers = {name: told["instance"] for name, told in evidence["operators"].items()}
    return agreement.period_of(call_of(evidence), signers, evidence["beacon"])


def _agree(state: State, evidence: Json, seeds: Mapping[str, bytes]) -> tuple[Period, Json]:
    """What the operators agreed on, each by a computation of his own."""
    network, question = state.get(CommittedModel).network, state.evidence["inference"]["x"]

    def compute() -> str:
        """The digest of the answer, hex."""
        return answer_digest(network.run([question]).logits[0].tolist())

    keys = {name: bonds.accounts(state.chain, name)[1].private_key for name in OPERATORS}
    told = lambda: _start(evidence)  # noqa: E731
    start_ms = 1_000 * state.chain.timestamp
    return agreement.agree(told, keys, seeds, compute, state.rng("messages"), start_ms)


def answer_digest(logits: list[int]) -> str:
    """What the operators say: the digest of the model's output as the oracle gave it."""
    return sha256(b"".join(value.to_bytes(4, "little", signed=True) for value in logits)).hex()


def _pay(chain: Chain, evidence: Json, period: Period) -> None:
    """The keeper takes the certificate to the service's account, which pays."""
    call, account = period.data["call"], chain.at(SAFE, evidence["account"])
    keeper = bonds.accounts(chain, period.data["keepers"][0])[1]
    data = agreement.operation(call, period.data["answer"])
    signatures = take_apart(bytes.fromhex(evidence["certificate"]))
    account.execute(call["to"], call["wei"], data, signatures, sender=keeper)


def _use(state: State, coordinator: Account) -> Json:
    """The workflow is used once, on the recorded question, and the agent pays those it is of."""
    page = state.facts["context"]["page"]
    asked = {page: state.evidence["inference"]["x"]}
    parts = makers.widgets(state.facts, asked, state.get(CommittedModel).network)
    said, shares = makers.use(state.facts, coordinator.address, page, parts)
    for who, wei in shares.items():
        state.agent.account.execute(who, wei, b"", 0, sender=state.agent.key)
    return {"said": said, "shares": shares}


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The decisions lead to the certificate, and both payments divide as the rules say."""
    operators = evidence["operators"]
    demand(sorted(operators) == sorted(OPERATORS), "other operators")
    parties = [told[name] for told in operators.values() for name in ("address", "instance")]
    demand(len(set(parties)) == len(parties), "two operators share an address")
    keys = {name: bytes.fromhex(told["key"]) for name, told in operators.items()}
    period = agreement.checked(evidence, _start(evidence), keys)
    _check_certificate(evidence, facts, period)
    liar = agreement.liar_in(evidence["caught"], keys)
    due = makers.split(facts, evidence["coordinator"], FEE_WEI)
    _check_use(evidence, facts, inputs)
    demand(type(evidence["gas"]) is int, "gas is no integer")
    told = {name: evidence[name] for name in KEPT}
    shared = len(due.by_unit)
    return Conclusion(
        f"{THRESHOLD} of {len(OPERATORS)} bonded operators agreed on the answer and signed, though"
        f" {liar} lied: the service's account passed {FEE_WEI} wei on to the makers of {shared}"
        f" units, {due.left_wei} left by rounding; a use of the workflow, '{evidence['said']}',"
        f" paid {USE_WEI} wei to the makers of {len(makers.RATES_BPS)} widgets and its creator"
        f" ({evidence['gas']:,} gas)",
        {
            **told,
            "answer": period.data["answer"],
            "operation": agreement.operation(period.data["call"], period.data["answer"]).hex(),
            "liar": liar,
            "operators": {
                name: {part: one[part] for part in ("address", "instance")}
                for name, one in operators.items()
            },
            "makers": {component: who for component, (_, who) in makers.makers_of(facts).items()},
            "fee": FEE_WEI,
            "earned": due.by_owner,
            "left": due.left_wei,
            "use": USE_WEI,
        },
    )


KEPT = (
    *("contracts", "safe", "service", "account", "coordinator"),
    *("certificate", "said", "shares", "gas"),
)


def _check_certificate(evidence: Json, facts: Facts, period: Period) -> None:
    """What was agreed on is the run's answer, and three of the four have signed it."""
    output = bytes.fromhex(facts["inference"]["answers"][-1])
    demand(period.data["answer"] == sha256(output).hex(), "they agreed on another answer")
    demand(period.data["final"] == evidence["certificate"], "they made another certificate")
    owners = {told["instance"] for told in evidence["operators"].values()}
    digest = agreement.digest_of(call_of(evidence), period.data["answer"])
    signed = is_certificate(digest, bytes.fromhex(evidence["certificate"]), owners, THRESHOLD)
    demand(signed, "too few have signed")


def _check_use(evidence: Json, facts: Facts, inputs: Inputs) -> None:
    """The workflow says this of the recorded question, and pays so."""
    creator, page = evidence["coordinator"], facts["context"]["page"]
    said = f"{page} is about {facts['context']['topic']}"
    demand(evidence["said"] == said, "the workflow said something else")
    due = makers.shares_of(facts, creator)
    demand(evidence["shares"] == due, "the use was shared out otherwise")
    committed, asked = inputs.get("quantise"), inputs.get("inference")
    if committed is None or asked is None:
        return
    network = quantise.load(committed).network
    parts = makers.widgets(facts, {page: asked["x"]}, network)
    demand(makers.use(facts, creator, page, parts) == (said, due), "a use gives something else")
    output = bytes.fromhex(facts["inference"]["answers"][-1])
    logits = network.run([asked["x"]]).logits[0].tolist()
    demand(logits == logits_in(output), "the network answers otherwise")


STAGE = Stage(
    NAME,
    assumes=(
        "fewer than a third of the operators lie; one process plays them all; what a maker's part"
        " is worth is a rule's opinion (Olas' shares, and rates of ours for MyShell's widgets)"
    ),
    run=run,
    conclude=conclude,
)
