"""ERC-8004 reputation: what clients say about an agent, in public and for ever.

Anybody but the agent's own people may say something: a number with some decimals, under two tags.
Nothing proves that the client ever met the agent, so anybody can make a thousand clients. That is
why `summary` demands a list of clients: who is to be believed is the reader's choice.
`paid_clients` is one choice, made by money: those who have paid the agent.

Source: erc-8004/erc-8004-contracts@b9e466c2, ReputationRegistryUpgradeable v2.0.0.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from aicrypto.agents.refusals import demand
from aicrypto.agents.trust.identity import IdentityRegistry
from aicrypto.evm.accounts import NOBODY

MAX_DECIMALS = 18
MAX_VALUE = 10**38
WORD_128 = 2**128


@dataclass
class Feedback:
    """One client's word.

    Attributes:
        client: who says so.
        index: this client's how-manieth word about the agent, from 1.
        value: what, times 10^decimals.
        decimals: digits of it after the point.
        tag1: what it is about.
        tag2: more exactly.
        is_revoked: whether the client has taken it back.
        responses: address and text of whoever answered it, in order.
    """

    client: str
    index: int
    value: int
    decimals: int
    tag1: str
    tag2: str
    is_revoked: bool = False
    responses: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Summary:
    """Average of some feedback: `value` / 10^`decimals`, from `count` entries."""

    count: int
    value: int
    decimals: int


@dataclass
class ReputationRegistry:
    """Feedback by agent and client, in the order of each client's first word."""

    identities: IdentityRegistry
    feedback: dict[int, dict[str, list[Feedback]]] = field(default_factory=dict)

    def give(
        self, sender: str, agent_id: int, value: int, decimals: int, tag1: str = "", tag2: str = ""
    ) -> int:
        """Index of the sender's new feedback."""
        demand(decimals <= MAX_DECIMALS, "too many decimals")
        demand(abs(value) <= MAX_VALUE, "value too large")
        is_own = self.identities.is_authorised(sender, agent_id)
        demand(not is_own, "Self-feedback not allowed")
        said = self.feedback.setdefault(agent_id, {}).setdefault(sender, [])
        said.append(Feedback(sender, len(said) + 1, value, decimals, tag1, tag2))
        return len(said)

    def revoke(self, sender: str, agent_id: int, index: int) -> None:
        """Takes a word of the sender's back."""
        demand(index > 0, "index must be > 0")
        entry = self._entry(agent_id, sender, index)
        demand(not entry.is_revoked, "Already revoked")
        entry.is_revoked = True

    def respond(self, sender: str, agent_id: int, client: str, index: int, uri: str) -> None:
        """Adds a response, by anybody, to a client's word."""
        demand(index > 0, "index must be > 0")
        demand(uri != "", "Empty URI")
        self._entry(agent_id, client, index).responses.append((sender, uri))

    def clients(self, agent_id: int) -> list[str]:
        """Everybody who has said something about the agent."""
        return list(self.feedback.get(agent_id, {}))

    def last_index(self, agent_id: int, client: str) -> int:
        """How many words of the client's there are."""
        return len(self._said(agent_id, client))

    def count_responses(
        self, agent_id: int, client: str, index: int, responders: Sequence[str]
    ) -> int:
        """Responses to a word; client zero, index 0 and no responders mean all of them."""
        if client == NOBODY:
            entries = self.read_all(agent_id, [], "", "", revoked=True)
        else:
            said = self._said(agent_id, client)
            entries = said[index - 1 : index] if index else said
        by = Counter(who for entry in entries for who, _ in entry.responses)
        return sum(by[who] for who in responders) if responders else by.total()

    def read_all(
        self, agent_id: int, clients: Sequence[str], tag1: str, tag2: str, revoked: bool
    ) -> list[Feedback]:
        """The feedback of those clients (none named: of all) under those tags ("": any)."""
        entries = self._entries(agent_id, clients or self.clients(agent_id), tag1, tag2)
        return [entry for entry in entries if revoked or not entry.is_revoked]

    def summary(self, agent_id: int, clients: Sequence[str], tag1: str, tag2: str) -> Summary:
        """The average of what those clients say and still stand by.

        A client named twice counts twice. The decimals are the commonest ones, the fewest on a tie;
        the average is cut off to them and then, as deployed, to 128 bits with wrap-around.
        """
        demand(bool(clients), "clientAddresses required")
        live = self.read_all(agent_id, clients, tag1, tag2, revoked=False)
        if not live:
            return Summary(0, 0, 0)
        total = sum(entry.value * 10 ** (MAX_DECIMALS - entry.decimals) for entry in live)
        often = Counter(entry.decimals for entry in live)
        decimals = min(often, key=lambda d: (-often[d], d))
        average = _towards_zero(total, len(live))
        value = _towards_zero(average, 10 ** (MAX_DECIMALS - decimals))
        return Summary(len(live), _wrap(value), decimals)

    def _said(self, agent_id: int, client: str) -> list[Feedback]:
        return self.feedback.get(agent_id, {}).get(client, [])

    def _entry(self, agent_id: int, client: str, index: int) -> Feedback:
        said = self._said(agent_id, client)
        demand(index <= len(said), "index out of bounds")
        return said[index - 1]

    def _entries(
        self, agent_id: int, clients: Iterable[str], tag1: str, tag2: str
    ) -> Iterator[Feedback]:
        said = (entry for client in clients for entry in self._said(agent_id, client))
        return (e for e in said if tag1 in ("", e.tag1) and tag2 in ("", e.tag2))


def paid_clients(clients: Iterable[str], payers: Iterable[str]) -> list[str]:
    """Those clients, each once, who have paid the agent: a lie about it costs its price.

    `payers` are the senders of settled payments to the agent's wallet.
    """
    paid = set(payers)
    return [client for client in dict.fromkeys(clients) if client in paid]


def _towards_zero(number: int, divisor: int) -> int:
    quotient = abs(number) // divisor
    return -quotient if number < 0 else quotient


def _wrap(number: int) -> int:
    return (number + WORD_128 // 2) % WORD_128 - WORD_128 // 2
