"""All that a live subnet holds between two blocks; the modules beside it change it.

Hotkeys and coldkeys are names. Stake is the alpha that the ledger has on a hotkey, and root TAO
that was assigned to it. Amounts are rao. Source of the defaults: opentensor/subtensor @14bc6f9f.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from aicrypto.subnet.economy import Pool
from aicrypto.subnet.economy.admission import IMMUNITY_BLOCKS, MIN_NON_IMMUNE, START_BURN
from aicrypto.subnet.economy.emission import RAO
from aicrypto.subnet.economy.payout import TAKE_U16
from aicrypto.subnet.network.ledger import TAO, Ledger, alpha
from aicrypto.subnet.network.seats import MAX_UIDS, Seats
from aicrypto.subnet.weights import Queue, WeightRules
from aicrypto.subnet.weights.setting import RATE_LIMIT
from aicrypto.subnet.yuma import Epoch, Rules

POT, POOL = "pot", "pool"
START_RESERVE = 1000 * RAO

Beacon = Callable[[int], bytes | None]  # the signature of a round, once there is one


@dataclass(frozen=True)
class Terms:
    """What an owner decides besides the rules of consensus."""

    max_uids: int = MAX_UIDS
    immunity: int = IMMUNITY_BLOCKS
    min_non_immune: int = MIN_NON_IMMUNE
    start_burn: int = START_BURN
    registration_open: bool = True
    min_allowed_weights: int = 1
    rate_limit: int = RATE_LIMIT
    reveal_period: int = 1
    take_u16: int = TAKE_U16


@dataclass(frozen=True)
class Hidden:
    """Weights under a time-lock: whose, until which round, made in which epoch and block."""

    hotkey: str
    ciphertext: bytes
    round: int
    epoch: int
    block: int


def nothing_signed(number: int) -> bytes | None:
    """A beacon that never speaks."""
    return None


@dataclass
class LiveSubnet:
    """One subnet; several may share a ledger.

    Attributes:
        owner: the coldkey that gets the owner's cut. pool: reserves, held by an account of its own.
        root_tao: TAO on root by validator. pending: rao of groups that wait in the pot.
        owners: coldkeys of hotkeys that have no place.
        lent: what each parent lends, as parts of 2^64 - 1 by child.
        childkey_take_u16: what children keep. root_kept: whether root's part is paid or recycled.
        miner_burned: part of the last incentives that went to the owner's own and was burned,
            32 fractional bits.
        pending_epoch_at: block to which an epoch was put off, or 0.
    """

    ledger: Ledger = field(default_factory=Ledger)
    netuid: int = 1
    owner: str = "owner"
    rules: Rules = field(default_factory=Rules)
    terms: Terms = field(default_factory=Terms)
    pool: Pool = field(default_factory=lambda: Pool(START_RESERVE, START_RESERVE))
    root_tao: dict[str, int] = field(default_factory=dict)
    beacon: Beacon = nothing_signed
    block: int = 0
    last_epoch_block: int = 0
    burn: int = 0
    seats: Seats = field(default_factory=Seats)
    queues: dict[str, Queue] = field(default_factory=dict)
    hidden: list[Hidden] = field(default_factory=list)
    pending: dict[str, int] = field(
        default_factory=lambda: {"server": 0, "validator": 0, "root": 0}
    )
    epochs: list[Epoch] = field(default_factory=list)
    lent: dict[str, dict[str, int]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    childkey_take_u16: int = 0
    root_kept: bool = True
    miner_burned: int = 0
    pending_epoch_at: int = 0

    def __post_init__(self) -> None:
        self.burn = self.burn or self.terms.start_burn
        for token, reserve in ((self.token, self.pool.alpha), (TAO, self.pool.tao)):
            held = self.ledger.balance(token, self.account(POOL))
            self.ledger.mint(token, self.account(POOL), max(0, reserve - held))

    @property
    def token(self) -> str:
        """The name of this subnet's alpha."""
        return alpha(self.netuid)

    @property
    def owner_uid(self) -> int | None:
        """The lowest uid that the owner holds, or None."""
        places = enumerate(self.seats.places)
        return next((uid for uid, place in places if place.coldkey == self.owner), None)

    def account(self, name: str) -> str:
        """An account of the subnet itself."""
        return f"subnet/{self.netuid}/{name}"

    def coldkey_of(self, hotkey: str) -> str:
        """Who owns a hotkey: by its place, or as `owners` says; else itself."""
        uid = self.seats.uid_of(hotkey)
        return self.owners.get(hotkey, hotkey) if uid is None else self.seats.places[uid].coldkey

    def stake_of(self, hotkey: str) -> int:
        """Alpha on a hotkey."""
        return self.ledger.balance(self.token, hotkey)

    def weight_rules(self) -> WeightRules:
        """What this subnet asks of weights now."""
        return WeightRules(
            len(self.seats.places),
            self.netuid,
            self.owner_uid,
            min_allowed=self.terms.min_allowed_weights,
            commit_reveal=self.rules.commit_reveal,
            rate_limit=self.terms.rate_limit,
            reveal_period=self.terms.reveal_period,
        )
