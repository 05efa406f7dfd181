"""A compute market (Ritual): any contract orders any computation, nodes compete, money is exact.

market         the contracts, deployed and joined: coordinator, registry, wallets, fee, inbox
subscriptions  what is ordered: containers, intervals, keys
delegation     orders by signature
errors         refusals by name
matching       jobs to nodes by surplus, and what everybody keeps
verifiers      who judges: proof, dispute, samples
tuning         proof of fine-tuning by planted answers
chain          asynchronous and scheduled calls, blocks that replay without executing
node           who runs containers, serves the web and delivers
routing        one job description for all rooms of this library, by price, time and trust
"""

from aicrypto.evm.accounts import NOBODY
from aicrypto.evm.signing import InvalidSignature, Signature, recover
from aicrypto.evm.token_bound import created_address
from aicrypto.ritual.delegation import (
    Delegation,
    Domain,
    Ledger,
    SignatureExpired,
    SignerMismatch,
    sign,
)
from aicrypto.ritual.errors import error_selector, refusal
from aicrypto.ritual.market import Market, deploy_market, seal
from aicrypto.ritual.matching import (
    Matching,
    Offer,
    Prices,
    greedy,
    optimum,
    prices,
    surplus_of,
)
from aicrypto.ritual.subscriptions import (
    Subscription,
    container_id,
    container_line,
    interval_at,
    redundancy_key,
    response_key,
)
from aicrypto.ritual.tuning import Backdoor, Finding, examine, judge, plant, tail_probabilities
from aicrypto.ritual.verifiers import (
    deploy_committee,
    deploy_game_verifier,
    deploy_proof_verifier,
    deploy_proven_consumer,
    open_doubt,
    proof_bytes,
    question,
    settle_doubt,
    threshold_for,
)

__all__ = [
    "NOBODY",
    "Backdoor",
    "Delegation",
    "Domain",
    "Finding",
    "InvalidSignature",
    "Ledger",
    "Market",
    "Matching",
    "Offer",
    "Prices",
    "Signature",
    "SignatureExpired",
    "SignerMismatch",
    "Subscription",
    "container_id",
    "container_line",
    "created_address",
    "deploy_committee",
    "deploy_game_verifier",
    "deploy_market",
    "deploy_proof_verifier",
    "deploy_proven_consumer",
    "error_selector",
    "examine",
    "greedy",
    "interval_at",
    "judge",
    "open_doubt",
    "optimum",
    "plant",
    "prices",
    "proof_bytes",
    "question",
    "recover",
    "redundancy_key",
    "refusal",
    "response_key",
    "seal",
    "settle_doubt",
    "sign",
    "surplus_of",
    "tail_probabilities",
    "threshold_for",
]
