"""What an honest operator sends in each round of the settlement app.

All are functions of the shared data and of the operator's own key, so that a threshold of honest
operators sends the same wherever the same is wanted. A keeper's transaction is the certificate of
the signatures that all have seen; the others look whether it is one.
"""

from collections.abc import Iterable

from aicrypto.agents.services.fsm import settlement as rounds
from aicrypto.agents.services.fsm.certificates import assemble, is_certificate
from aicrypto.agents.services.fsm.keepers import select_keeper
from aicrypto.agents.services.fsm.periods import Behaviour, Period
from aicrypto.agents.services.fsm.rounds import Values
from aicrypto.commit.hashes import sha256
from aicrypto.evm.signing import sign_digest


def settling(private_key: bytes) -> dict[str, Behaviour]:
    """The behaviours of one operator, by round."""

    def signature(me: str, period: Period) -> Values:
        """The operator's own, of what was agreed."""
        return (sign_digest(bytes.fromhex(period.data["digest"]), private_key).hex(),)

    select = (rounds.KEEPER_A, rounds.KEEPER_B, rounds.KEEPER_LATE)
    return {
        rounds.RANDOMNESS: randomness,
        **dict.fromkeys(select, keepers),
        rounds.SIGNATURES: signature,
        rounds.FINALIZATION: transaction,
        rounds.VALIDATION: validation,
        rounds.HISTORY: history_check,
        rounds.SYNC: late_messages,
        rounds.LATE_HASHES: late_check,
        rounds.RESET: lambda me, period: ("reset",),
    }


def randomness(me: str, period: Period) -> Values:
    """The beacon's number for this attempt, which all can compute and nobody could choose."""
    beacon = bytes.fromhex(period.data["beacon"])
    return (sha256(beacon, period.round_count.to_bytes(8, "big")).hex(),)


def keepers(me: str, period: Period) -> Values:
    """The next keeper, before those that have had their turn."""
    data, tried = period.data, period.data.get("keepers", [])
    blacklisted = data.get("blacklisted", [])
    current = tried[0] if tried and tried[0] not in blacklisted else None
    seed = data["randomness"]
    chosen = select_keeper(period.members.participants, blacklisted, seed, current)
    return (chosen, *(name for name in tried if name != chosen))


def transaction(me: str, period: Period) -> Values | None:
    """The keeper's part: the certificate; nothing from the others."""
    return (_certificate(period),) if period.data["keepers"][0] == me else None


def validation(me: str, period: Period) -> Values:
    """Whether the latest transaction is what was agreed."""
    return (_is_valid(period, period.data["history"][-1]),)


def history_check(me: str, period: Period) -> Values:
    """The first transaction sent before that is what was agreed, if any is."""
    return _first_valid(period, period.data.get("history", []))


def late_check(me: str, period: Period) -> Values:
    """The same, of transactions that came late."""
    late = period.data.get("late", {})
    return _first_valid(period, [text for who in sorted(late) for text in late[who]])


def late_messages(me: str, period: Period) -> Values:
    """What this operator has sent as a keeper without being heard."""
    return (_certificate(period),) if period.data.get("missed", {}).get(me) else ()


def _certificate(period: Period) -> str:
    digest = bytes.fromhex(period.data["digest"])
    signatures = map(bytes.fromhex, period.data["signatures"].values())
    return assemble(digest, signatures).hex()


def _first_valid(period: Period, sent: Iterable[str]) -> Values:
    found = next((text for text in sent if _is_valid(period, text)), None)
    return (rounds.NOT_VERIFIED, None) if found is None else (rounds.VERIFIED, found)


def _is_valid(period: Period, text: str) -> bool:
    try:
        certificate = bytes.fromhex(text)
    except (TypeError, ValueError):
        return False
    digest, owners = bytes.fromhex(period.data["digest"]), period.data["signers"].values()
    return is_certificate(digest, certificate, set(owners), period.members.needed)
