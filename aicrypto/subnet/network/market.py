"""Many subnets under one emission of TAO: shares by price, pools that fill, places that are lost.

Each block mints TAO; the burn-aware rule (or another) shares it between subnets; it enters their
pools with alpha at the price, or buys alpha beyond the cap. A new subnet locks TAO; when all places
are taken, it replaces the one with the lowest moving price.

Amounts are rao. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/coinbase/
run_coinbase.rs, subnets/subnet.rs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aicrypto.subnet import refusals
from aicrypto.subnet.economy import (
    Listing,
    Pool,
    Subnet,
    add_liquidity,
    among_enabled,
    block_emission,
    burn_aware_shares,
    buy,
    emissions,
    lock_cost,
    moving_price,
    prune_subnet,
    root_proportion,
    subnet_terms,
)
from aicrypto.subnet.economy.admission import MAX_SUBNETS, MIN_LOCK, SUBNET_IMMUNITY_BLOCKS
from aicrypto.subnet.economy.schedule import MAX_EPOCHS_PER_BLOCK
from aicrypto.subnet.fixed import BITS, ONE, WIDE
from aicrypto.subnet.network.blocks import next_block
from aicrypto.subnet.network.ledger import TAO, Ledger
from aicrypto.subnet.network.state import POOL, LiveSubnet

ShareRule = Callable[[Sequence[Subnet]], list[int]]


@dataclass
class Listed:
    """A subnet on the market: since when, its moving price, and whether it takes part."""

    subnet: LiveSubnet
    registered: int
    moving_price: int = 0
    emission_enabled: bool = True


@dataclass
class Market:
    """All subnets of a chain; `share_rule` is one of the eras'."""

    ledger: Ledger = field(default_factory=Ledger)
    share_rule: ShareRule = burn_aware_shares
    limit: int = MAX_SUBNETS
    immunity: int = SUBNET_IMMUNITY_BLOCKS
    block: int = 0
    listed: dict[int, Listed] = field(default_factory=dict)
    last_lock: int = MIN_LOCK
    last_lock_block: int = 0
    next_netuid: int = 1

    def register(self, coldkey: str, emission_enabled: bool = True) -> LiveSubnet:
        """A new subnet; its lock becomes the pool's TAO.

        Raises:
            Refusal: SubnetLimitReached or NotEnoughBalanceToStake.
        """
        leaving = self._to_prune() if len(self.listed) >= self.limit else None
        cost = lock_cost(self.last_lock, self.last_lock_block, self.block)
        self.ledger.move(TAO, coldkey, f"subnet/{self.next_netuid}/{POOL}", cost)
        self.listed.pop(leaving or 0, None)
        pool = Pool(self._alpha_for(cost), cost)
        subnet = LiveSubnet(self.ledger, self.next_netuid, coldkey, pool=pool, block=self.block)
        subnet.last_epoch_block = self.block
        self.listed[self.next_netuid] = Listed(subnet, self.block, 0, emission_enabled)
        self.last_lock, self.last_lock_block = cost, self.block
        self.next_netuid += 1
        return subnet

    def advance(self, blocks: int = 1) -> None:
        """Lets blocks pass in all subnets."""
        for _ in range(blocks):
            self._next_block()

    def _next_block(self) -> None:
        """TAO into the pools, prices averaged, and a block of each subnet; two epochs at most."""
        self.block += 1
        root_kept = sum(one.moving_price for one in self.listed.values()) > ONE
        n_epochs = 0
        for listed, bits in zip(self.listed.values(), self.emission(), strict=True):
            subnet, age = listed.subnet, self.block - listed.registered
            subnet.root_kept = root_kept
            _inject(subnet, bits)
            listed.moving_price = moving_price(listed.moving_price, subnet.pool.price, age)
            n_epochs += next_block(subnet, may_run=n_epochs < MAX_EPOCHS_PER_BLOCK)

    def emission(self) -> list[int]:
        """What a block brings each subnet: rao of TAO with 32 fractional bits."""
        everybody = [
            Subnet(one.moving_price, one.subnet.miner_burned, one.emission_enabled)
            for one in self.listed.values()
        ]
        enabled = [one.emission_enabled for one in everybody]
        shares = among_enabled(self.share_rule(everybody), enabled)
        return emissions(block_emission(self.ledger.issued(TAO)), shares)

    def _to_prune(self) -> int:
        listings = [
            Listing(netuid, one.moving_price, one.registered) for netuid, one in self.listed.items()
        ]
        netuid = prune_subnet(listings, self.block, self.immunity)
        if netuid is None:
            raise refusals.SubnetLimitReached(f"{self.limit} subnets, none to be replaced")
        return netuid

    def _alpha_for(self, tao: int) -> int:
        """Alpha for a new pool, at the median price of the others, or one for one."""
        prices = sorted(one.subnet.pool.price for one in self.listed.values())
        price = prices[len(prices) // 2] if prices else 1 << WIDE
        return (tao << WIDE) // price if price else tao


def _inject(subnet: LiveSubnet, tao_bits: int) -> None:
    """A block's TAO into a pool, with alpha at the price; what is too much buys alpha."""
    ledger, account = subnet.ledger, subnet.account(POOL)
    issued = ledger.issued(subnet.token)
    root = root_proportion(sum(subnet.root_tao.values()), issued)
    price = subnet.pool.price >> (WIDE - BITS)
    terms = subnet_terms(tao_bits, block_emission(issued), price, root)
    tao, alpha, excess = (x >> BITS for x in (terms.tao_in, terms.alpha_in, terms.excess_tao))
    ledger.mint(TAO, account, tao + excess)
    ledger.mint(subnet.token, account, alpha)
    subnet.pool = add_liquidity(subnet.pool, alpha, tao)
    if excess:
        subnet.pool = buy(subnet.pool, excess, fee_u16=0).pool
        bought = ledger.balance(subnet.token, account) - subnet.pool.alpha
        ledger.burn(subnet.token, account, bought)
