"""Disputes: anybody may accuse an IP, an oracle decides, and a guilty IP stops earning.

The game is optimistic. The accuser posts a bond and evidence; for two thirds of the waiting time
only the IP itself may contradict, then anybody; who stays silent is guilty. An upheld dispute tags
the IP: it is not paid, licensed, derived from, nor can its vault be claimed, and its licences are
revoked. A tag does not spread by itself: anybody carries it down to a child, or up to a group, one
generation at a time. The accuser resolves a dispute; inherited ones can be resolved by anybody once
the one above is.

The oracle's verdict enters through `judge`. Bonds go to whoever was right; what the deployed oracle
keeps of them is not modelled.
Source: storyprotocol/protocol-core-v1@1e80201 DisputeModule, ArbitrationPolicyUMA.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace

from aicrypto.ip.refusals import Refusal, demand
from aicrypto.ip.state import HP, Dispute, State
from aicrypto.ip.terms.terms import WIP

DAY_S = 86_400
TAGS = frozenset(
    {
        *("IMPROPER_REGISTRATION", "IMPROPER_USAGE", "IMPROPER_PAYMENT"),
        "CONTENT_STANDARDS_VIOLATION",
    }
)
OPEN = "IN_DISPUTE"
MODULE, ORACLE = "DisputeModule__", "ArbitrationPolicyUMA__"
ESCROW = "escrow"


@dataclass(frozen=True)
class Window:
    """The arbitration's limits: seconds, bond in the smallest unit, the owner's part in HP."""

    min_liveness_s: int = 30 * DAY_S
    max_liveness_s: int = 365 * DAY_S
    max_bond: int = 10**18
    owner_percent: int = 66_666_666

    def check(self, liveness_s: int, bond: int) -> None:
        """Refuses a dispute that waits too briefly or too long, or stakes too much.

        Raises:
            Refusal: `ArbitrationPolicyUMA__LivenessBelowMin`, `...LivenessAboveMax`,
                `...BondAboveMax`.
        """
        demand(liveness_s >= self.min_liveness_s, ORACLE + "LivenessBelowMin", f"{liveness_s}")
        demand(liveness_s <= self.max_liveness_s, ORACLE + "LivenessAboveMax", f"{liveness_s}")
        demand(bond <= self.max_bond, ORACLE + "BondAboveMax", f"{bond}")

    def check_counter(self, liveness_s: int, elapsed_s: int, by_ip: bool) -> None:
        """Refuses an answer that comes too early for a stranger, or too late for anybody.

        Raises:
            Refusal: `ArbitrationPolicyUMA__OnlyTargetIpIdCanDisputeWithinTimeWindow`,
                `AssertionExpired`.
        """
        is_owners_time = elapsed_s <= liveness_s * self.owner_percent // HP
        name = ORACLE + "OnlyTargetIpIdCanDisputeWithinTimeWindow"
        demand(by_ip or not is_owners_time, name, f"{elapsed_s} s")
        demand(elapsed_s < liveness_s, "AssertionExpired", f"{elapsed_s} s")


WINDOW = Window()


def raise_dispute(
    state: State,
    ip: str,
    by: str,
    tag: str,
    evidence: Hashable,
    liveness_s: int = WINDOW.min_liveness_s,
    bond: int = 100,
    token: str = WIP,
) -> int:
    """Number of a new dispute against the IP, from 1; the accuser's bond is locked up.

    Args:
        state: the world.
        ip: the accused.
        by: the accuser; not the IP's account, though its owner may.
        tag: one of `TAGS`.
        evidence: hash of the evidence; each is used once, even if it was rejected.
        liveness_s: how long the oracle waits for an answer.
        bond: what the accuser loses if he was wrong.
        token: in what he pays it.

    Raises:
        Refusal: by the name that the contracts give, in their order.
    """
    demand(state.is_ip(ip), MODULE + "NotRegisteredIpId", ip)
    demand(tag in TAGS, MODULE + "NotWhitelistedDisputeTag", tag)
    demand(bool(evidence), MODULE + "ZeroDisputeEvidenceHash")
    demand(not state.evidence[evidence], MODULE + "EvidenceHashAlreadyUsed", f"{evidence!r}")
    demand(by != ip, MODULE + "InvalidDisputeInitiator", by)
    WINDOW.check(liveness_s, bond)
    with state.transaction():
        state.evidence[evidence] = True
        state.move(token, bond, by, ESCROW)
        return _file(state, Dispute(ip, by, tag, OPEN, state.now_s, liveness_s, bond, token))


def _file(state: State, dispute: Dispute) -> int:
    number = len(state.disputes) + 1
    state.disputes[number] = dispute
    return number


def counter(state: State, number: int, by: str, evidence: Hashable) -> None:
    """Contradicts a dispute, against a bond of the same size.

    Raises:
        Refusal: `ArbitrationPolicyUMA__NoCounterEvidence`, `...DisputeNotFound`,
            `...OnlyTargetIpIdCanDisputeWithinTimeWindow`, or `Error` from the oracle if it was
            contradicted before or the time is over.
    """
    demand(bool(evidence), ORACLE + "NoCounterEvidence")
    dispute = state.disputes[number]
    is_original = dispute is not None and not dispute.parent
    demand(is_original, ORACLE + "DisputeNotFound", f"{number}")
    assert dispute is not None
    elapsed_s = state.now_s - dispute.raised_s
    try:
        WINDOW.check_counter(dispute.liveness_s, elapsed_s, by == dispute.ip)
    except Refusal as refusal:
        name = refusal.name if refusal.name.startswith(ORACLE) else "Error"
        raise Refusal(name, str(refusal)) from None
    is_first = not dispute.countered_by and dispute.status == OPEN
    demand(is_first, "Error", f"dispute {number} is answered")
    with state.transaction():
        state.move(dispute.token, dispute.bond, by, ESCROW)
        state.disputes[number] = replace(dispute, countered_by=by)


def judge(state: State, number: int, upheld: bool) -> None:
    """The oracle's verdict: upheld, the IP is tagged; the winner gets the bonds.

    Raises:
        Refusal: `DisputeModule__NotInDisputeState`.
    """
    dispute = _open(state, number)
    stakes = dispute.bond * (2 if dispute.countered_by else 1)
    winner = dispute.initiator if upheld else dispute.countered_by or dispute.ip
    with state.transaction():
        state.move(dispute.token, stakes, ESCROW, winner)
        state.disputes[number] = replace(dispute, status=dispute.tag if upheld else "")
        state.n_tags[dispute.ip] += upheld


def _open(state: State, number: int) -> Dispute:
    dispute = state.disputes[number]
    is_open = dispute is not None and dispute.status == OPEN
    demand(is_open, MODULE + "NotInDisputeState", f"{number}")
    assert dispute is not None
    return dispute


def cancel(state: State, number: int, by: str) -> None:
    """Refuses: an accusation cannot be taken back.

    Raises:
        Refusal: `DisputeModule__NotInDisputeState`, `...NotDisputeInitiator`,
            `ArbitrationPolicyUMA__CannotCancel`.
    """
    dispute = _open(state, number)
    demand(by == dispute.initiator, MODULE + "NotDisputeInitiator", by)
    raise Refusal(ORACLE + "CannotCancel", f"{number}")


def propagate(state: State, ip: str, number: int, by: str) -> int:
    """Number of a new dispute that carries an upheld tag to a child, or to a group of the IP.

    Raises:
        Refusal: `DisputeModule__DisputeWithoutInfringementTag`, `...NotDerivativeOrGroupIp`,
            `...DisputeAlreadyPropagated`.
    """
    dispute = state.disputes[number]
    is_upheld = dispute is not None and dispute.status not in ("", OPEN)
    demand(is_upheld, MODULE + "DisputeWithoutInfringementTag", f"{number}")
    assert dispute is not None
    is_near = dispute.ip in state.parents[ip] or dispute.ip in state.members[ip]
    demand(is_near, MODULE + "NotDerivativeOrGroupIp", f"{ip} of {dispute.ip}")
    is_new = not state.propagated[ip, number]
    demand(is_new, MODULE + "DisputeAlreadyPropagated", f"{number} to {ip}")
    with state.transaction():
        state.propagated[ip, number] = True
        state.n_tags[ip] += 1
        return _file(state, Dispute(ip, by, dispute.tag, dispute.status, parent=number))


def resolve(state: State, number: int, by: str) -> None:
    """Takes a tag away.

    Raises:
        Refusal: `DisputeModule__NotDisputeInitiator`, `...RelatedDisputeNotResolved` for an
            inherited one, `...NotAbleToResolve` if there is no tag.
    """
    dispute = state.disputes[number] or Dispute("", "", "", "")
    if dispute.parent:
        above = state.disputes[dispute.parent]
        is_over = above is None or above.status == ""
        demand(is_over, MODULE + "RelatedDisputeNotResolved", f"{dispute.parent}")
    else:
        demand(by == dispute.initiator, MODULE + "NotDisputeInitiator", by)
    demand(dispute.status not in ("", OPEN), MODULE + "NotAbleToResolve", f"{number}")
    with state.transaction():
        state.disputes[number] = replace(dispute, status="")
        state.n_tags[dispute.ip] -= 1
