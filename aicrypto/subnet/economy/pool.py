"""A subnet's pool: its token alpha against TAO, at a price that trades move and emission does not.

    price = (w1 / w2) · (tao / alpha),   w1 + w2 = 1:  a weighted product alpha^w1 · tao^w2

With equal weights this is the constant product. Emission adds both sides in any ratio: the weights
move instead of the price. What emission would add beyond a cap buys alpha from the pool.

Weights are parts of 10^18, amounts rao; prices have 64 fractional bits, terms of emission 32.
Source: opentensor/subtensor @14bc6f9f pallets/swap/src/pallet/balancer.rs; pallets/subtensor/src/
coinbase/run_coinbase.rs (get_subnet_terms).
"""

from dataclasses import dataclass, replace
from decimal import Context, Decimal

from aicrypto.subnet.fixed import BITS, U16_MAX, U64_MAX, WIDE, over, times
from aicrypto.subnet.refusals import InvalidValue

PARTS = 10**18
LEAST_WEIGHT = PARTS // 100
HALF_WEIGHT = PARTS // 2
FEE_U16 = 33  # of 65535: 0.05 %
TAO_WEIGHT = 971718665099567868  # of 2^64 - 1: what root TAO counts against alpha
REAL = Context(prec=60)


@dataclass(frozen=True)
class Pool:
    """Reserves in rao, and the weight of the TAO side."""

    alpha: int
    tao: int
    quote_weight: int = HALF_WEIGHT

    @property
    def price(self) -> int:
        """TAO for one alpha, with 64 fractional bits."""
        weights = over(PARTS - self.quote_weight, self.quote_weight, WIDE)
        return times(weights, over(self.tao, self.alpha, WIDE), WIDE)


@dataclass(frozen=True)
class Trade:
    """What a swap takes and gives: `amount_out` before it is floored to whole rao."""

    fee: int
    delta_in: int
    amount_out: Decimal
    pool: Pool


@dataclass(frozen=True)
class Terms:
    """What a block's emission brings a subnet, 32 fractional bits; `excess_tao` buys alpha."""

    tao_in: int
    alpha_in: int
    alpha_out: int
    excess_tao: int


def buy(pool: Pool, tao: int, fee_u16: int = FEE_U16) -> Trade:
    """Alpha for TAO; the fee is taken from what comes in, and does not enter the reserves."""
    fee, paid = _fee(tao, fee_u16)
    base = PARTS - pool.quote_weight
    out = _out(pool.alpha, pool.tao, paid, Decimal(pool.quote_weight) / Decimal(base))
    after = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - int(out))
    return Trade(fee, paid, out, after)


def sell(pool: Pool, alpha: int, fee_u16: int = FEE_U16) -> Trade:
    """TAO for alpha, fee as in `buy`."""
    fee, paid = _fee(alpha, fee_u16)
    base = PARTS - pool.quote_weight
    out = _out(pool.tao, pool.alpha, paid, Decimal(base) / Decimal(pool.quote_weight))
    after = replace(pool, alpha=pool.alpha + paid, tao=pool.tao - int(out))
    return Trade(fee, paid, out, after)


def add_liquidity(pool: Pool, alpha_in: int, tao_in: int) -> Pool:
    """The pool with both amounts added at an unchanged price.

    Raises:
        InvalidValue: if a side's weight would fall below a hundredth.
    """
    alpha, tao = pool.alpha + alpha_in, pool.tao + tao_in
    base_part = _rounded((PARTS - pool.quote_weight) * pool.tao * alpha)
    quote_part = _rounded(pool.quote_weight * pool.alpha * tao)
    total = base_part + quote_part
    weight = quote_part * PARTS // total if total else HALF_WEIGHT
    if min(weight, PARTS - weight) < LEAST_WEIGHT:
        raise InvalidValue(f"weight is {weight} of {PARTS}, a side must keep {LEAST_WEIGHT}")
    return Pool(alpha, tao, weight)


def tao_weight_bits(tao_weight: int = TAO_WEIGHT) -> int:
    """What a root TAO counts, with 32 fractional bits."""
    return over(tao_weight, U64_MAX)


def root_proportion(root_tao: int, alpha_issuance: int, tao_weight: int = TAO_WEIGHT) -> int:
    """Root's part of the stake in a subnet, 32 fractional bits: it shrinks as alpha is minted."""
    weighted = root_tao * tao_weight_bits(tao_weight)
    return over(weighted, weighted + (alpha_issuance << BITS))


def subnet_terms(tao: int, alpha_emission_rao: int, price: int, root: int) -> Terms:
    """How a block's TAO goes into the pool; all with 32 fractional bits but alpha's rao."""
    alpha_out = alpha_emission_rao << BITS
    alpha_in, cap = over(tao, price), times(root, alpha_out)
    if alpha_in <= cap:
        return Terms(tao, alpha_in, alpha_out, 0)
    tao_in = times(cap, price)
    return Terms(tao_in, cap, alpha_out, max(0, tao - tao_in))


def _fee(amount: int, fee_u16: int) -> tuple[int, int]:
    """The fee and what is left."""
    fee = times(amount, over(fee_u16, U16_MAX, WIDE), WIDE)
    return fee, amount - fee


def _out(reserve: int, other: int, paid: int, exponent: Decimal) -> Decimal:
    """Reserve · (1 - (other / (other + paid))^exponent), to 60 digits."""
    ratio = REAL.divide(Decimal(other), Decimal(other + paid))
    return REAL.multiply(Decimal(reserve), REAL.subtract(Decimal(1), REAL.power(ratio, exponent)))


def _rounded(product: int) -> int:
    """A product over 10^18, half rounded up."""
    return (2 * product + PARTS) // (2 * PARTS)
