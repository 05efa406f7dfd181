"""Subnets that rank work and pay for it (Bittensor): consensus, weights, economy, live networks.

yuma       the epoch, bit for bit; `yuma.batch` the same in floats for many subnets at once
weights    who may weigh whom; commits, reveals, and the time-lock
economy    emission, shares between subnets, pools, payouts, child keys, admission
scoring    what validators of six families of subnets compute
network    live subnets: places, blocks, ledger, market
work       contests of miners who do real work, and one who cheats
attacks    a cabal, a copier of weights
"""

from aicrypto.subnet.network import Ledger, LiveSubnet, Market, Terms
from aicrypto.subnet.refusals import Refusal
from aicrypto.subnet.weights import Call, Caller, WeightRules, commit_hash, set_weights
from aicrypto.subnet.yuma import Epoch, Neurons, Rows, Rules, after, epoch

__all__ = [
    "Call",
    "Caller",
    "Epoch",
    "Ledger",
    "LiveSubnet",
    "Market",
    "Neurons",
    "Refusal",
    "Rows",
    "Rules",
    "Terms",
    "WeightRules",
    "after",
    "commit_hash",
    "epoch",
    "set_weights",
]
