"""DataLedger: heads that may only grow, proofs on chain, vouchers, and a silent validator."""

from contextlib import suppress

import pytest

from aicrypto.crawl.ledger import Ledger
from aicrypto.crawl.settlement import GRACE_S, Settlement, Voucher
from aicrypto.evm import Chain, Reverted, compile_contract, compile_source
from aicrypto.evm.compiler import CONTRACTS

FUNDS = 10**7
CAP = 10**6


@pytest.fixture
def world():
    """Chain, people by role, and an open settlement."""
    chain = Chain()
    people = {n: chain.account(n) for n in ("validator", "router", "node", "client")}
    settlement = Settlement.open(
        chain, people["validator"], people["router"], sender=people["client"], funds_wei=FUNDS
    )
    return chain, people, settlement


def entries(n, changed=None):
    return [b"changed" if i == changed else b"entry %d" % i for i in range(n)]


def test_every_growth_is_taken_and_every_entry_proven(world):
    _, people, settlement = world
    ledger, sizes = Ledger(), [1, 2, 3, 5, 8, 13, 21, 33]
    for size in sizes:
        for entry in entries(size)[len(ledger) :]:
            ledger.append(entry)
        gas = settlement.post(ledger, people["validator"])
        assert settlement.contract.root_at(size) == ledger.root()
    assert gas < 200_000
    for size in sizes:
        assert all(settlement.includes(ledger, i, size) for i in range(size))
    leaf, path = ledger.leaf(3), ledger.prove_inclusion(3, 21)
    ask = settlement.contract.includes
    wrong = [
        (ledger.leaf(4), 3, 21, path), (leaf, 4, 21, path), (leaf, 3, 22, path),
        (leaf, 3, 13, path), (leaf, 3, 21, path[:-1]), (leaf, 3, 21, [*path, leaf]),
        (leaf, 21, 21, path), (leaf, 3, 21, path[::-1]), (leaf, 3, 0, []), (leaf, 3, 21, []),
    ]  # fmt: skip
    assert not any(ask(*arguments) for arguments in wrong)


@pytest.mark.parametrize(("first", "second"), [(1, 2), (4, 9), (7, 8), (6, 20), (13, 40)])
def test_no_history_can_be_rewritten(world, first, second):
    _, people, settlement = world
    settlement.post(Ledger(entries(first)), people["validator"])
    lie = Ledger(entries(second, changed=first // 2))
    honest = Ledger(entries(second))
    path = honest.prove_consistency(first)
    attempts = [
        (second, lie.root(), lie.prove_consistency(first)),
        (second, lie.root(), path),
        (second, honest.root(), path[:-1]),
        (second, honest.root(), [*path, path[0]]),
        (second + 1, honest.root(), path[::-1] if len(path) > 1 else []),
        (second, honest.root(), []),
    ]
    for attempt in attempts:
        with pytest.raises(Reverted, match="history was rewritten"):
            settlement.contract.post(*attempt, sender=people["validator"])
    settlement.post(honest, people["validator"])


def test_who_may_post_and_what(world):
    _, people, settlement = world
    ledger = Ledger(entries(3))
    with pytest.raises(Reverted, match="only the validator"):
        settlement.post(ledger, people["router"])
    with pytest.raises(Reverted, match="nothing to be consistent with"):
        settlement.contract.post(3, ledger.root(), [bytes(32)], sender=people["validator"])
    settlement.post(ledger, people["validator"])
    for size in (0, 3, 2):
        with pytest.raises(Reverted, match="must grow"):
            settlement.contract.post(size, bytes(32), [], sender=people["validator"])


def test_a_voucher_pays_what_is_missing_to_its_total_once(world):
    chain, people, settlement = world
    node, validator = people["node"], people["validator"]
    before = chain.balance(node)
    first, second = (settlement.voucher(node, n, validator) for n in (1000, 2500))
    assert settlement.claim(second, people["client"]) == 2500
    for old in (first, second):
        with pytest.raises(Reverted, match="already paid"):
            settlement.claim(old, node)
    assert settlement.claim(settlement.voucher(node, 2600, validator), node) == 100
    assert chain.balance(node) == before + 2600
    assert chain.balance(settlement.contract) == FUNDS - 2600
    with pytest.raises(Reverted, match="not enough funds"):
        settlement.claim(settlement.voucher(node, FUNDS + 1, validator), node)
    settlement.contract.fund(sender=people["client"], value=2601)
    assert settlement.claim(settlement.voucher(node, FUNDS + 1, validator), node) > 0


def test_forged_and_moved_vouchers_are_refused(world):
    chain, people, settlement = world
    node, client = people["node"], people["client"]
    true = settlement.voucher(node, 1000, people["validator"])
    forged = [
        settlement.voucher(node, 1000, node),
        Voucher(client.address, 1000, true.signature),
        Voucher(node.address, 1001, true.signature),
        Voucher(node.address, 1000, bytes(65)),
    ]
    for voucher in forged:
        with pytest.raises(Reverted, match="neither validator nor router"):
            settlement.claim(voucher, node)
    with pytest.raises(Reverted, match="65 bytes"):
        settlement.claim(Voucher(node.address, 1000, true.signature[:64]), node)
    another = Settlement.open(
        chain, people["validator"], people["router"], sender=client, funds_wei=FUNDS
    )
    with pytest.raises(Reverted, match="neither validator nor router"):
        another.claim(true, node)


def test_a_dead_validator_does_not_keep_nodes_from_their_pay(world):
    chain, people, settlement = world
    node, router = people["node"], people["router"]
    settlement.post(Ledger(entries(1)), people["validator"])
    settlement.claim(settlement.voucher(node, 1000, people["validator"]), node)
    late = settlement.voucher(node, 5000, router)
    chain.warp(GRACE_S)
    with pytest.raises(Reverted, match="not silent"):
        settlement.claim(late, node)
    chain.warp(1)
    assert settlement.claim(late, node) == 4000
    over = settlement.voucher(node, 1000 + CAP + 1, router)
    with pytest.raises(Reverted, match="more than a router may give"):
        settlement.claim(over, node)
    assert settlement.claim(settlement.voucher(node, 1000 + CAP, router), node) == CAP - 4000
    settlement.post(Ledger(entries(2)), people["validator"])  # it is back
    with pytest.raises(Reverted, match="not silent"):
        settlement.claim(settlement.voucher(node, 1000 + CAP + 9, router), node)
    assert (
        settlement.claim(settlement.voucher(node, 1000 + CAP + 9, people["validator"]), node) == 9
    )


def test_a_router_that_invents_nodes_takes_the_cap_and_not_the_fund(world):
    chain, people, settlement = world

    def loot(settlement):
        """Wei that a hundred invented nodes get on vouchers of the silent validator's router."""
        chain.warp(GRACE_S + 1)
        paid = 0
        for i in range(100):
            with suppress(Reverted):
                voucher = settlement.voucher(f"0x{i + 1:040x}", CAP, people["router"])
                paid += settlement.claim(voucher, people["router"])
        return paid

    # The weakened copy counts each node for itself.
    cap = "self.silent_paid[self.last_post] + paid"
    source = (CONTRACTS / "DataLedger.vy").read_text("utf-8")
    weak = compile_source(source.replace(cap, "paid"), "WeakLedger")
    parties = people["validator"], people["router"], GRACE_S, CAP
    copy = chain.deploy(weak, *parties, sender=people["client"], value=FUNDS)
    assert loot(Settlement(copy, 1)) == FUNDS
    assert loot(settlement) == CAP
    settlement.post(Ledger(entries(1)), people["validator"])
    back = settlement.voucher(people["node"], 7, people["validator"])
    assert settlement.claim(back, people["node"]) == 7


def test_the_constructor_wants_both_parties_and_the_code_fits(world):
    chain, people, _ = world
    nobody = "0x" + 40 * "0"
    for parties in ((nobody, people["router"]), (people["validator"], nobody)):
        with pytest.raises(Reverted, match="no such party"):
            Settlement.open(chain, *parties, sender=people["client"], funds_wei=1)
    assert len(compile_contract("DataLedger").bytecode) < 24_576
