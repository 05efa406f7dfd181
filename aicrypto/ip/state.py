"""Everything that the protocol's contracts store, and what it means that a call reverts.

The state is a set of tables, each a mapping from names to immutable values. IPs and people are
names: any strings, addresses for instance. Every write is noted in a journal; `transaction` plays
the notes back when something is refused, so that a refused operation has changed nothing, however
far it had come. That is how the EVM does it, and it costs only what was written.

Units: money in the smallest unit of its token (wei), shares as integers with `HP` = 100 %, time in
seconds. `cash` counts what everybody has received less what they spent: people have no limit, so
the sum over all pockets is zero at any time (`conserved`).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aicrypto.ip.terms.terms import LAP, LRP, USDC, WIP, Terms

HP = 100_000_000  # 100 %
MAX_PARENTS = 16  # LicenseRegistry
MAX_ANCESTORS = 1024  # LicenseRegistry
START_S = 1_800_000_000
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Journal = list[Callable[[], object]]


class Table(Mapping[K, V]):
    """A mapping with a default for what was never written, whose writes can be undone."""

    def __init__(self, journal: Journal, default: V) -> None:
        self._journal = journal
        self._rows: dict[K, V] = {}
        self.default = default

    def __getitem__(self, key: K) -> V:
        return self._rows.get(key, self.default)

    def __setitem__(self, key: K, value: V) -> None:
        rows = self._rows
        if key in rows:
            before = rows[key]
            self._journal.append(lambda: rows.update({key: before}))
        else:
            self._journal.append(lambda: rows.pop(key))
        rows[key] = value

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[K]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True)
class Asset:
    """A registered IP: its owner, whether it is a group, and when it expires (0: never)."""

    owner: str
    is_group: bool = False
    expires_s: int = 0
    metadata_hash: bytes = b""


@dataclass(frozen=True)
class Config:
    """An owner's settings for one of the IP's terms; `is_set` false counts as none.

    Attributes:
        minting_fee: replaces the terms' fee; never below it.
        rev_share: replaces the terms' share unless 0; never below it.
        disabled: no licence is granted.
        min_group_share: the least share of a group's income for which this IP joins.
        group_pool: whether it may join a group at all.
        hook: name of a hook that prices each licence.
    """

    is_set: bool = True
    minting_fee: int = 0
    rev_share: int = 0
    disabled: bool = False
    min_group_share: int = 0
    group_pool: bool = False
    hook: str = ""


@dataclass(frozen=True)
class LicenceToken:
    """A sold licence, its share frozen."""

    licensor: str
    terms: int
    share: int
    holder: str


@dataclass(frozen=True)
class Dispute:
    """A claim against an IP.

    Attributes:
        tag: what the IP is accused of.
        status: "IN_DISPUTE", the tag once upheld, "" after rejection or resolution.
        parent: number of the dispute that it was inherited from, 0 for an original one.
        escrow: the bond, and the counter-bond once there is one.
    """

    ip: str
    initiator: str
    tag: str
    status: str
    raised_s: int = 0
    liveness_s: int = 0
    bond: int = 0
    token: str = WIP
    parent: int = 0
    countered_by: str = ""


@dataclass(frozen=True)
class Hook:
    """A module that the protocol asks before it grants a licence.

    Attributes:
        may_license: licensee and the terms' checker data -> whether the licensee may use it
            commercially.
        price: licensor, terms id, number of licences and buyer -> fee in all.
    """

    may_license: Callable[[str, bytes], bool] | None = None
    price: Callable[[str, int, int, str], int] | None = None


NO_ASSET, NO_CONFIG = Asset(""), Config(is_set=False)


@dataclass
class State:
    """The protocol's world.

    Attributes:
        fee_percent: the protocol's cut of every payment, in HP.
        now_s: the clock.
        hooks: modules by name, which terms and configs may mention.
        listed_policies: policies that terms may use; `listed_tokens` likewise.
    """

    fee_percent: int = 0
    now_s: int = START_S
    hooks: dict[str, Hook] = field(default_factory=dict)
    listed_policies: frozenset[str] = frozenset({LAP, LRP})
    listed_tokens: frozenset[str] = frozenset({WIP, USDC})

    def __post_init__(self) -> None:
        self._journal: Journal = []
        self._open = 0
        # Registry: IPs, their parents (set once), what they offer.
        self.assets: Table[str, Asset] = self._table(NO_ASSET)
        self.parents: Table[str, tuple[str, ...]] = self._table(())
        self.n_children: Table[str, int] = self._table(0)
        self.terms: Table[int, Terms] = self._table(Terms())
        self.terms_ids: Table[bytes, int] = self._table(0)
        self.attached: Table[str, tuple[int, ...]] = self._table(())
        self.uses_template: Table[str, bool] = self._table(False)
        self.configs: Table[tuple[str, int], Config] = self._table(NO_CONFIG)
        self.approved: Table[tuple[str, int, str], bool] = self._table(False)
        self.permissions: Table[tuple[Any, ...], int] = self._table(0)
        # Licences.
        self.tokens: Table[int, LicenceToken | None] = self._table(None)
        self.n_minted: Table[str, int] = self._table(0)
        # Royalties: (child, parent, policy) -> share; (policy, IP) -> stack saved when linked.
        self.edges: Table[tuple[str, str, str], int] = self._table(0)
        self.lap_stacks: Table[str, int] = self._table(0)
        self.policies: Table[str, tuple[str, ...]] = self._table(())
        self.stacks: Table[tuple[str, str], int] = self._table(0)
        self.shares: Table[tuple[str, str], dict[str, int] | None] = self._table(None)
        self.accounted: Table[tuple[str, str, str], int] = self._table(0)
        self.sent: Table[tuple[str, str, str, str], int] = self._table(0)
        # Vaults: royalty tokens by (IP, holder), income by (IP, token), debts in 1/HP.
        self.vaults: Table[str, tuple[str, ...] | None] = self._table(None)
        self.royalty_tokens: Table[tuple[str, str], int] = self._table(0)
        self.income: Table[tuple[str, str], int] = self._table(0)
        self.debts: Table[tuple[str, str, str], int] = self._table(0)
        # Groups and disputes.
        self.members: Table[str, tuple[str, ...]] = self._table(())
        self.pools: Table[tuple[str, str], tuple[int, int]] = self._table((0, 0))
        self.average_share: Table[str, int] = self._table(0)
        self.reward_debts: Table[tuple[str, str, str], int] = self._table(0)
        self.disputes: Table[int, Dispute | None] = self._table(None)
        self.evidence: Table[Hashable, bool] = self._table(False)
        self.n_tags: Table[str, int] = self._table(0)
        self.propagated: Table[tuple[str, int], bool] = self._table(False)
        self.cash: Table[tuple[str, str], int] = self._table(0)

    def _table(self, default: Any) -> Table[Any, Any]:
        return Table(self._journal, default)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: whatever was written inside is undone if the block raises."""
        mark = len(self._journal)
        self._open += 1
        try:
            yield
        except BaseException:
            self._undo(mark)
            raise
        finally:
            self._open -= 1
            if not self._open:
                self._journal.clear()

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Whatever was written inside is undone when the block ends, however it ends."""
        with self.transaction():
            mark = len(self._journal)
            yield
            self._undo(mark)

    def _undo(self, mark: int) -> None:
        while len(self._journal) > mark:
            self._journal.pop()()

    def move(self, token: str, amount: int, source: str, target: str) -> None:
        """Takes money from one pocket and puts it into another."""
        self.cash[source, token] -= amount
        self.cash[target, token] += amount

    def is_ip(self, ip: str) -> bool:
        """Whether the name is a registered IP."""
        return ip in self.assets

    def is_expired(self, ip: str) -> bool:
        """Whether the IP's time is over; its last second still counts."""
        expires_s = self.assets[ip].expires_s
        return expires_s != 0 and expires_s < self.now_s

    def is_tagged(self, ip: str) -> bool:
        """Whether a dispute against the IP was upheld and is not resolved."""
        return self.n_tags[ip] > 0


def conserved(state: State) -> bool:
    """Whether no unit of money was made or lost.

    All pockets sum to zero; the protocol's own are never overdrawn; and every vault holds, to the
    1/HP, what its holders can claim.
    """
    totals: dict[str, int] = defaultdict(int)
    for pocket, token in state.cash:
        totals[token] += state.cash[pocket, token]
    own = ("treasury", "escrow", "pool", "policy:", "vault:")
    overdrawn = any(p.startswith(own) and state.cash[p, t] < 0 for p, t in state.cash)
    return not (any(totals.values()) or overdrawn) and all(
        HP * state.cash[f"vault:{ip}", token] == _owed(state, ip, token)
        for ip, token in state.income
    )


def _owed(state: State, ip: str, token: str) -> int:
    """Sum of all claims on a vault in 1/HP; debts of who sold out count as well."""
    claimed = sum(debt for (its, _, t), debt in state.debts.items() if (its, t) == (ip, token))
    return state.income[ip, token] * HP - claimed
