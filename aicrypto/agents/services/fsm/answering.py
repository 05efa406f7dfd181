"""A mech run by several operators: they answer a task, agree on the answer, sign and deliver it.

    AnswerRound -> the settlement app -> FinishedTransactionSubmissionRound

Each operator runs the tool for himself, so the tool must be deterministic; a liar's answer is one
vote against the others'. What they sign is one operation of the service's account: the delivery of
that answer to the mech marketplace. The chain then sees one mech that answered once.

The tools here are small, and honest about it: prime factors, and the number of words.
Source of the shape: the same as of any Olas service, an app chained to the settlement app.
"""

from collections.abc import Callable

from aicrypto.agents.services.fsm.apps import App, chain
from aicrypto.agents.services.fsm.certificates import operation_digest
from aicrypto.agents.services.fsm.periods import Behaviour, Conclusion, Data, Period, Stage
from aicrypto.agents.services.fsm.rounds import DONE, NO_MAJORITY, NONE, Members, Round, Values
from aicrypto.agents.services.fsm.settlement import FINISHED, RANDOMNESS, SETTLEMENT, STAGES
from aicrypto.agents.services.fsm.settling import settling
from aicrypto.commit.hashes import keccak256, sha256
from aicrypto.evm.signing import sign_digest

ANSWER, ANSWERED, UNANSWERED = "AnswerRound", "AnsweredRound", "UnansweredRound"
MAX_NUMBER = 2**40  # above it trial division takes seconds
DELIVER = "deliverMarketplace(bytes32[],uint256[],bytes[])"
ANSWERING = App(
    "AnswerAbciApp",
    ANSWER,
    frozenset({ANSWER}),
    frozenset({ANSWERED, UNANSWERED}),
    {ANSWER: {DONE: ANSWERED, NONE: UNANSWERED, NO_MAJORITY: UNANSWERED, "ROUND_TIMEOUT": ANSWER}},
    {"ROUND_TIMEOUT": 30.0},
)
SERVICE = chain("MechServiceAbciApp", [ANSWERING, SETTLEMENT], {ANSWERED: RANDOMNESS})


def factor(prompt: str) -> str:
    """Prime factors of a number, smallest first; "" for what is no number in 2..2^40.

    >>> factor("84")
    '2 2 3 7'
    """
    number = int(prompt) if prompt.isascii() and prompt.isdigit() and len(prompt) < 14 else 0
    if not 2 <= number <= MAX_NUMBER:
        return ""
    found, divisor = [], 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return " ".join(map(str, [*found, number] if number > 1 else found))


def count_words(prompt: str) -> str:
    """How many words a text has."""
    return str(len(prompt.split()))


TOOLS: dict[str, Callable[[str], str]] = {"factor": factor, "words": count_words}


def answer(me: str, period: Period) -> Values:
    """What this operator's tool says; null where it has no answer."""
    task = period.data["task"]
    return (TOOLS[task["tool"]](task["prompt"]) or None,)


def delivery(data: Data, text: str) -> bytes:
    """Calldata of the delivery to the marketplace."""
    from eth_abi.abi import encode

    call = data["call"]
    given = [bytes.fromhex(call["request"])], [call["rate"]], [text.encode()]
    arguments: bytes = encode(["bytes32[]", "uint256[]", "bytes[]"], given)
    return keccak256(DELIVER.encode())[:4] + arguments


def digest_to_sign(data: Data, text: str) -> bytes:
    """What the operators sign: the delivery, or the bare answer where nobody has asked on chain."""
    call = data.get("call")
    if call is None:
        return sha256(text.encode())
    account = call["chain"], call["account"], call["nonce"]
    return operation_digest(*account, call["marketplace"], 0, delivery(data, text))


def _agree(ended: Round, data: Data, event: str) -> Conclusion:
    if event != DONE or ended.agreed is None:
        return event, {}
    text = str(ended.agreed[0])
    return event, {"answer": text, "digest": digest_to_sign(data, text).hex()}


def service(
    names: tuple[str, ...], data: Data, private_key: bytes, faster: float = 1.0
) -> tuple[Period, dict[str, Behaviour]]:
    """The service as one operator runs it, and how he behaves.

    `data` has `task` (prompt, tool), `beacon` (hex), `signers` (address of each name), and `call`
    (chain, account, nonce, marketplace, request, rate) if it is to be delivered.
    """
    stages = {ANSWER: Stage("collect_same_until_threshold", _agree), **STAGES}
    period = Period(SERVICE.faster(faster), stages, Members(names), data)
    return period, {ANSWER: answer, **settling(private_key)}


def is_delivered(period: Period) -> bool:
    """Whether the period has ended well."""
    return period.state == FINISHED


def operate(name: str, arguments: Data) -> tuple[Period, dict[str, Behaviour]]:
    """`service` from JSON: `names`, `data`, `key` (hex), and `faster` if timeouts shall be."""
    key, names = bytes.fromhex(arguments["key"]), tuple(arguments["names"])
    sign_digest(bytes(32), key)  # what signs is loaded now, before clocks run
    return service(names, arguments["data"], key, arguments.get("faster", 1.0))
