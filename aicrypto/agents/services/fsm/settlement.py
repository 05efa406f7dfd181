"""The settlement app: how a service sends one transaction, though its keeper may fail or lie.

    randomness -> keeper -> signatures -> the keeper sends -> the others look whether it is so

Any service ends in this app of 13 rounds. Each detour answers a failure: a keeper who is late is
replaced (and counted as a late message), one without money goes on the blacklist, a transaction
that did not seem to arrive is looked for in the history, and if too many keepers were late, all say
what they have sent after all. Whoever then shows more than he has missed is a suspect.

Shared data: `digest` (what is to be signed, hex), `randomness`, `keepers` (the present one first),
`blacklisted`, `signatures` (by operator), `history` (transactions sent, hex), `missed` (counts),
`late` (transactions by operator), `final` (the transaction that all have seen).

One thing is stricter than deployed: a signature that is not its sender's is refused when it comes.
There any text counts, so one liar's can be among the first three, and then the keeper's transaction
lacks a signature.
Source: valory-xyz/open-autonomy@b37bc34d, transaction_settlement_abci/rounds.py, behaviour only.
"""

from typing import Any, Final

from aicrypto.agents.services.fsm.apps import App
from aicrypto.agents.services.fsm.periods import Conclusion, Data, Stage
from aicrypto.agents.services.fsm.rounds import DONE, FAIL, NEGATIVE, NONE, Payload, Round
from aicrypto.evm.signing import signer_of

TIMEOUT_S = 30.0  # of every round
SYNC_BLOCKS = 3  # to wait for late messages
VERIFIED, NOT_VERIFIED = "VERIFIED", "NOT_VERIFIED"

RANDOMNESS = "RandomnessTransactionSubmissionRound"
KEEPER_A = "SelectKeeperTransactionSubmissionARound"
KEEPER_B = "SelectKeeperTransactionSubmissionBRound"
KEEPER_LATE = "SelectKeeperTransactionSubmissionBAfterTimeoutRound"
SIGNATURES = "CollectSignatureRound"
FINALIZATION = "FinalizationRound"
VALIDATION = "ValidateTransactionRound"
HISTORY = "CheckTransactionHistoryRound"
SYNC = "SynchronizeLateMessagesRound"
LATE_HASHES = "CheckLateTxHashesRound"
RESET = "ResetRound"
FINISHED = "FinishedTransactionSubmissionRound"
FAILED = "FailedRound"

CHECK_HISTORY, CHECK_LATE = "CHECK_HISTORY", "CHECK_LATE_ARRIVING_MESSAGE"
POOR, BROKEN, UNREADABLE = "INSUFFICIENT_FUNDS", "FINALIZATION_FAILED", "INCORRECT_SERIALIZATION"
SUSPICIOUS = "SUSPICIOUS_ACTIVITY"
SELECTED = {DONE: FINALIZATION, "NO_MAJORITY": RESET, UNREADABLE: FAILED}

SETTLEMENT = App(
    "TransactionSubmissionAbciApp",
    RANDOMNESS,
    frozenset({RANDOMNESS}),
    frozenset({FINISHED, FAILED}),
    {
        RANDOMNESS: {
            DONE: KEEPER_A,
            NONE: RANDOMNESS,
            "NO_MAJORITY": RANDOMNESS,
            "ROUND_TIMEOUT": RANDOMNESS,
        },
        KEEPER_A: {**SELECTED, DONE: SIGNATURES, "ROUND_TIMEOUT": KEEPER_A},
        SIGNATURES: {DONE: FINALIZATION, "NO_MAJORITY": RESET, "ROUND_TIMEOUT": SIGNATURES},
        FINALIZATION: {
            DONE: VALIDATION,
            CHECK_HISTORY: HISTORY,
            CHECK_LATE: SYNC,
            BROKEN: KEEPER_B,
            POOR: KEEPER_B,
            "FINALIZE_TIMEOUT": KEEPER_LATE,
        },
        VALIDATION: {
            DONE: FINISHED,
            NEGATIVE: HISTORY,
            NONE: KEEPER_B,
            "NO_MAJORITY": VALIDATION,
            "VALIDATE_TIMEOUT": HISTORY,
        },
        HISTORY: {
            DONE: FINISHED,
            NEGATIVE: KEEPER_B,
            NONE: FAILED,
            CHECK_LATE: SYNC,
            "NO_MAJORITY": HISTORY,
            "CHECK_TIMEOUT": HISTORY,
        },
        KEEPER_B: {**SELECTED, "ROUND_TIMEOUT": KEEPER_B},
        KEEPER_LATE: {
            **SELECTED,
            CHECK_HISTORY: HISTORY,
            CHECK_LATE: SYNC,
            "ROUND_TIMEOUT": KEEPER_LATE,
        },
        SYNC: {DONE: LATE_HASHES, NONE: KEEPER_B, SUSPICIOUS: FAILED, "ROUND_TIMEOUT": SYNC},
        LATE_HASHES: {
            DONE: FINISHED,
            NEGATIVE: FAILED,
            NONE: FAILED,
            CHECK_LATE: SYNC,
            "NO_MAJORITY": FAILED,
            "CHECK_TIMEOUT": LATE_HASHES,
        },
        RESET: {DONE: RANDOMNESS, "NO_MAJORITY": FAILED, "RESET_TIMEOUT": FAILED},
    },
    {f"{name}_TIMEOUT": TIMEOUT_S for name in ("ROUND", "FINALIZE", "VALIDATE", "CHECK", "RESET")},
)


def _randomness(ended: Round, data: Data, event: str) -> Conclusion:
    return event, {"randomness": _agreed(ended)[0]} if event == DONE else {}


def _keeper(ended: Round, data: Data, event: str) -> Conclusion:
    if event != DONE:
        return event, {}
    keepers = list(_agreed(ended))
    if len(set(keepers)) < len(keepers) or set(keepers) - set(ended.members.everybody):
        return UNREADABLE, {}
    return DONE, {"keepers": keepers}


def _late_keeper(ended: Round, data: Data, event: str) -> Conclusion:
    """The present keeper is late; after too many of them, look what has become of their work."""
    if ended.agreed is None:
        return event, {}
    missed = dict(data.get("missed", {}))
    missed[data["keepers"][0]] = missed.get(data["keepers"][0], 0) + 1
    if len(data["keepers"]) > len(ended.members.participants) // 3:
        return CHECK_HISTORY if data.get("history") else CHECK_LATE, {"missed": missed}
    event, changes = _keeper(ended, data, event)
    return event, {"missed": missed, **changes}


def _signatures(ended: Round, data: Data, event: str) -> Conclusion:
    collected = {who: str(values[0]) for who, values in ended.collection.items()}
    return event, {"signatures": collected} if event == DONE else {}


def _is_signature(payload: Payload, data: Data) -> bool:
    """Whether an operator's signature of the digest is by the address that it is known by."""
    try:
        [text] = payload.values
        signature, digest = bytes.fromhex(str(text)), bytes.fromhex(data["digest"])
    except ValueError:
        return False
    is_own: bool = signer_of(digest, signature) == data["signers"].get(payload.sender)
    return is_own


def _finalization(ended: Round, data: Data, event: str) -> Conclusion:
    """The keeper's transaction, or what kept him: (transaction, None) or (None, trouble)."""
    sent, trouble = (*next(iter(ended.collection.values())), None, None)[:2]
    if sent is not None:
        return DONE, {"history": [*data.get("history", []), sent]}
    if trouble == POOR:
        return POOR, {"blacklisted": [*data.get("blacklisted", []), data["keepers"][0]]}
    if event == FAIL or trouble != "ERROR":
        return BROKEN, {}
    if data.get("history"):
        return CHECK_HISTORY, {}
    return CHECK_LATE if any(data.get("missed", {}).values()) else BROKEN, {}


def _validation(ended: Round, data: Data, event: str) -> Conclusion:
    return event, {"final": data["history"][-1]} if event == DONE else {}


def _check(ended: Round, data: Data, event: str) -> Conclusion:
    """What became of transactions sent before: (status, the transaction)."""
    if ended.agreed is None:
        return event, {}
    status, found = (*ended.agreed, None)[:2]
    if status == VERIFIED:
        return DONE, {"final": found}
    if status != NOT_VERIFIED:
        return NONE, {}
    return CHECK_LATE if any(data.get("missed", {}).values()) else NEGATIVE, {}


def _sync(ended: Round, data: Data, event: str) -> Conclusion:
    late = {who: list(values) for who, values in ended.collection.items() if values}
    missed = {who: n - len(late.get(who, ())) for who, n in data.get("missed", {}).items()}
    for who, sent in late.items():
        missed.setdefault(who, -len(sent))
    suspects = sorted(who for who, n in missed.items() if n < 0)
    if suspects:
        return SUSPICIOUS, {"suspects": suspects}
    return event, {"missed": missed, "late": late}


def _reset(ended: Round, data: Data, event: str) -> Conclusion:
    """A new attempt: what this one has collected is forgotten, what was sent is not."""
    return event, {"randomness": None, "signatures": {}} if event == DONE else {}


def _agreed(ended: Round) -> tuple[Any, ...]:
    agreed = ended.agreed
    assert agreed is not None, "concluded without agreement"
    return agreed


SAME: Final = "collect_same_until_threshold"
STAGES = {
    RANDOMNESS: Stage(SAME, _randomness),
    KEEPER_A: Stage(SAME, _keeper),
    KEEPER_B: Stage(SAME, _keeper),
    KEEPER_LATE: Stage(SAME, _late_keeper),
    SIGNATURES: Stage("collect_different_until_threshold", _signatures, _is_signature),
    FINALIZATION: Stage("only_keeper_sends", _finalization),
    VALIDATION: Stage("voting", _validation),
    HISTORY: Stage(SAME, _check),
    LATE_HASHES: Stage(SAME, _check),
    SYNC: Stage("collect_non_empty_until_threshold", _sync, confirmations=SYNC_BLOCKS),
    RESET: Stage(SAME, _reset),
}
