"""Vaults: a sale moves no claim, remainders survive, and money is conserved in any order."""

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aicrypto import ip
from aicrypto.ip import HP, LAP, WIP, royalty

HOLDERS = ("A", "x", "y")


def vault():
    """A state in which A has a vault and a child B."""
    state = ip.State()
    royalty.link(state, "B", ("A",), LAP, (HP // 10,))
    return state


class Sales(RuleBasedStateMachine):
    """Payments, sales and claims in any order."""

    def __init__(self):
        super().__init__()
        self.state = vault()

    @rule(amount=st.integers(1, 10**20))
    def pay(self, amount):
        ip.pay(self.state, "A", WIP, amount)

    @rule(source=st.sampled_from(HOLDERS), to=st.sampled_from(HOLDERS), amount=st.integers(0, HP))
    def sell(self, source, to, amount):
        before = {who: royalty.claimable(self.state, "A", who, WIP) for who in HOLDERS}
        with suppress(ip.Refusal):
            ip.transfer_royalty_tokens(self.state, "A", source, to, amount)
        assert {who: royalty.claimable(self.state, "A", who, WIP) for who in HOLDERS} == before

    @rule(who=st.sampled_from(HOLDERS))
    def claim(self, who):
        due = royalty.claimable(self.state, "A", who, WIP)
        if due:
            assert ip.claim(self.state, "A", who, WIP) == due
        with pytest.raises(ip.Refusal, match="NoClaimableTokens"):
            ip.claim(self.state, "A", who, WIP)

    @invariant()
    def money_is_conserved(self):
        assert ip.conserved(self.state)
        assert sum(self.state.royalty_tokens["A", who] for who in HOLDERS) == HP


TestSales = Sales.TestCase
TestSales.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def test_past_income_stays_with_the_seller():
    state = vault()
    ip.pay(state, "A", WIP, 10**11)
    ip.transfer_royalty_tokens(state, "A", "A", "x", 30_000_000)
    assert royalty.claimable(state, "A", "A", WIP) == 10**11
    assert [state.debts["A", who, WIP] for who in "Ax"] == [-3 * 10**18, 3 * 10**18]
    ip.pay(state, "A", WIP, 100)
    assert ip.claim(state, "A", "x", WIP) == 30


def test_rounding_away_dust_gains_nothing():
    """One royalty token each to many: nobody can claim, and nobody else gets it."""
    state = vault()
    for i in range(50):
        ip.transfer_royalty_tokens(state, "A", "A", f"sybil{i}", 1)
    ip.pay(state, "A", WIP, 99_999_999)
    assert not any(royalty.claimable(state, "A", f"sybil{i}", WIP) for i in range(50))
    owner = ip.claim(state, "A", "A", WIP)
    assert owner == 99_999_999 * (HP - 50) // HP
    ip.pay(state, "A", WIP, 1)
    assert [ip.claim(state, "A", f"sybil{i}", WIP) for i in range(50)] == [1] * 50
    assert ip.conserved(state)


def test_a_parents_vault_claims_from_its_child():
    state = vault()
    ip.transfer_royalty_tokens(state, "B", "B", royalty.vault_of("A"), HP // 4)
    ip.pay(state, "B", WIP, 1000)
    with pytest.raises(ip.Refusal, match="VaultsMustClaimAsSelf"):
        ip.claim(state, "B", royalty.vault_of("A"), WIP)
    assert royalty.claim_as_vault(state, "A", "B", WIP) == 225
    assert ip.claim(state, "A", "A", WIP) == 225
    assert ip.conserved(state)
    for ip_name, target, name in (
        ("A", "Z", "InvalidTargetIpId"),
        ("B", "A", "VaultDoesNotBelongToAnAncestor"),
    ):
        with pytest.raises(ip.Refusal, match=name):
            royalty.claim_as_vault(state, ip_name, target, WIP)


def test_conservation_notices_a_stolen_wei():
    state = vault()
    ip.pay(state, "A", WIP, 10**6)
    assert ip.conserved(state)
    state.cash["x", WIP] += 1
    assert not ip.conserved(state)
    state.cash["vault:A", WIP] -= 1  # sums to zero again, but the vault is short
    assert not ip.conserved(state)
