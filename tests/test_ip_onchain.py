"""Engine and contracts: the same answers over random histories, and what only a chain can show."""

from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from aicrypto import ip
from aicrypto.evm import Chain, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.ip import HP, LAP, LRP, onchain, royalty
from aicrypto.ip.onchain.histories import owner_of
from aicrypto.ip.onchain.twins import MENU

WORKS = st.integers(0, 6)
PEOPLE = st.integers(0, 2)
TERMS = st.integers(0, len(MENU) + 1)


class History(RuleBasedStateMachine):
    """Any operation at any time; hypothesis looks for the shortest disagreement."""

    @initialize(fee=st.sampled_from([0, 2_500_000]), terms=st.integers(1, len(MENU)))
    def begin(self, fee, terms):
        self.twins = onchain.Twins(fee)
        for i in range(7):
            self.twins.register(self.twins.people[i % 3])
        self.twins.attach(self.twins.works[0], terms, self.twins.people[0])
        self.twins.derive(self.twins.works[1], [self.twins.works[0]], [terms], self.person(1))

    def work(self, i):
        return self.twins.works[i]

    def person(self, i):
        return self.twins.people[i]

    @rule(work=WORKS, terms=TERMS)
    def attach(self, work, terms):
        self.twins.attach(self.work(work), terms, owner_of(self.twins, self.work(work)))

    @rule(work=WORKS, terms=TERMS, amount=st.integers(0, 3), who=PEOPLE)
    def mint(self, work, terms, amount, who):
        self.twins.mint(self.work(work), terms, amount, self.person(who))

    @rule(child=WORKS, offers=st.lists(st.tuples(WORKS, TERMS), min_size=1, max_size=3))
    def derive(self, child, offers):
        parents, terms = [self.work(work) for work, _ in offers], [number for _, number in offers]
        self.twins.derive(self.work(child), parents, terms, owner_of(self.twins, self.work(child)))

    @rule(child=WORKS, parents=st.sets(WORKS, min_size=1, max_size=3))
    def remix(self, child, parents):
        works = [self.work(parent) for parent in sorted(parents)]
        terms = [(self.twins.state.attached[work] or (1,))[0] for work in works]
        self.twins.derive(self.work(child), works, terms, owner_of(self.twins, self.work(child)))

    @rule(child=WORKS, tokens=st.lists(st.integers(0, 4), max_size=2))
    def derive_with_tokens(self, child, tokens):
        child = self.work(child)
        self.twins.derive_with_tokens(child, tokens, owner_of(self.twins, child))

    @rule(work=WORKS, amount=st.integers(0, 10**21), who=PEOPLE)
    def pay(self, work, amount, who):
        self.twins.pay(self.work(work), amount, self.person(who))

    @rule(policy=st.sampled_from([LAP, LRP]), child=WORKS, ancestor=WORKS)
    def push(self, policy, child, ancestor):
        self.twins.push(policy, self.work(child), self.work(ancestor))

    @rule(work=WORKS, who=st.none() | PEOPLE)
    def claim(self, work, who):
        holder = self.work(work) if who is None else self.person(who).address
        self.twins.claim(self.work(work), holder)

    @rule(work=WORKS, to=PEOPLE, amount=st.integers(0, HP))
    def sell(self, work, to, amount):
        work = self.work(work)
        self.twins.sell_own(work, owner_of(self.twins, work), self.person(to), amount)

    @rule(seconds=st.sampled_from([1, 51]))
    def wait(self, seconds):
        self.twins.warp(seconds)

    @invariant()
    def same_money(self):
        self.twins.check_money()


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=8, stateful_step_count=20, deadline=None)


@pytest.mark.parametrize("seed", range(12))
def test_random_histories_agree(seed):
    twins = onchain.random_history(Random(seed))
    assert twins.n_ops - twins.n_refused >= 8  # enough of it happened to be worth comparing


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("aicrypto.ip.royalty.payments.HP", HP - 1),
        ("aicrypto.ip.licensing.deriving.REGISTRY", "LicenceRegistry__"),
        ("aicrypto.ip.royalty.vaults.HP", 10 * HP),
    ],
)
def test_a_fault_in_either_world_is_found(monkeypatch, where, wrong):
    monkeypatch.setattr(where, wrong)
    with pytest.raises(onchain.Disagreement):
        for_all_seeds()


def for_all_seeds():
    for seed in range(30):
        onchain.random_history(Random(seed))


def three_generations(chain):
    """A <- B <- C under 5 % LAP; each belongs to another person."""
    people = [chain.account(name) for name in ("ann", "bob", "cay")]
    works = onchain.Works.deploy(chain, chain.account("operator"), fee_percent=1_000_000)
    ips = [works.register(person, bytes(32), person) for person in people]
    works.attach(ips[0], works.register_terms(MENU[0], people[0]), people[0])
    for parent, child, person in zip(ips, ips[1:], people[1:], strict=False):
        works.derive(child, [parent], [1], person)
    return works, ips, people


def test_money_reaches_the_people_through_their_works_accounts():
    chain = Chain()
    works, ips, people = three_generations(chain)
    before = [chain.balance(person) for person in people]
    works.pay(ips[2], 10**18, chain.account("buyer"))
    works.push_all(LAP, ips[2], people[0])
    assert works.is_conserved()
    fees = [0, works.royalty.income(ips[0]), works.royalty.income(ips[1])]
    for work, person in zip(ips, people, strict=True):
        works.claim(work, work, chain.account("stranger"))
        works.withdraw(work, person)
    gained = [chain.balance(p) - was for p, was in zip(people, before, strict=True)]
    fifth = (10**18 * 99 // 100) // 20
    assert fees[1] >= fifth
    assert gained[2] == 18 * fifth
    treasury = works.royalty.withdraw_fees(sender=chain.account("operator"))
    assert chain.balance(works.royalty) == works.royalty.pools(royalty_policy())
    assert treasury > 10**16
    assert chain.total_wei() == chain.minted_wei


def test_tiny_payments_take_from_the_shared_pool_what_only_a_fee_makes_dear():
    """The deployed rule, on which engine and contracts agree: floors here, their sum there."""
    share, n_payments = HP // 3, 150
    for fee, tiny in ((0, 2), (HP // 100, 100)):
        twins = onchain.Twins(fee)
        ann, _, cay = twins.people
        parents, children = ([twins.register(who) for who in (ann, cay)] for _ in range(2))
        for parent, child, who in zip(parents, children, (ann, cay), strict=True):
            twins.attach(parent, 3, who)
            twins.derive(child, [parent], [3], who)
        twins.pay(children[0], 300, cay)
        due = 300 * (HP - fee) // HP * share // HP
        for _ in range(n_payments):
            twins.pay(children[1], tiny, cay)
        twins.push(LAP, children[1], parents[1])
        assert twins.push(LAP, children[0], parents[0]) is None  # nothing is left for ann
        twins.check_money()
        fees = n_payments * (tiny * fee // HP)
        assert (due > fees) == (fee == 0)  # what cay took is more than it cost


def royalty_policy():
    return ip.terms.terms.address_value(LAP)


def test_a_works_address_is_the_token_bound_one():
    works, ips, people = three_generations(Chain())
    for token, (work, person) in enumerate(zip(ips, people, strict=True)):
        assert works.account_of(token).address(works.registry) == work
        assert works.owner_of(work) == person.address
    again = onchain.Works.at(works.chain, works.addresses)
    assert list(again.royalty.parents_of(ips[2])) == [ips[1]]


def test_terms_have_the_real_hash_on_chain():
    chain = Chain()
    operator = chain.account("operator")
    works = onchain.Works.deploy(chain, operator)
    menu = [ip.terms.default(), ip.terms.commercial_remix(7, HP // 3, LRP, ip.WIP), *MENU]
    for number, terms in enumerate(menu, 1):
        assert works.register_terms(terms, operator) == number
        assert works.licensing.numbers(terms.hash()) == number
    with pytest.raises(ip.Refusal, match="needs escaping"):
        works.register_terms(ip.Terms(uri='"'), operator)


def test_all_ancestors_at_once_get_what_they_would_get_one_by_one():
    for policy, terms in ((LAP, MENU[5]), (LRP, MENU[1])):
        twins = onchain.Twins()
        ips = [twins.register(twins.people[0]) for _ in range(8)]
        number = MENU.index(terms) + 1
        twins.attach(ips[0], number, twins.people[0])
        for i, child in enumerate(ips[1:], 1):
            parents = ips[max(0, i - 3) : i]
            twins.derive(child, parents, [number] * len(parents), twins.people[0])
        twins.pay(ips[-1], 10**18 + 7, twins.people[1])
        moved = twins.contracts.push_all(policy, ips[-1], twins.people[0])
        assert moved == sum(royalty.push(twins.state, policy, ips[-1], a, ip.WIP) for a in ips[:-1])
        twins.check_money()


def test_only_the_licensing_contract_links():
    chain = Chain()
    works, ips, people = three_generations(chain)
    calls = (
        lambda: works.royalty.enter(ips[0], [ips[2]], sender=people[0]),
        lambda: works.royalty.link(ips[0], royalty_policy(), [1], sender=people[0]),
        lambda: works.royalty.check_mint(ips[0], royalty_policy(), 1, sender=people[0]),
        lambda: works.royalty.set_licensing(people[0], sender=people[0]),
    )
    for call in calls:
        with pytest.raises(Exception, match=r"only the licensing contract|licensing is set"):
            call()


def test_a_claim_cannot_be_entered_twice():
    """A holder whose code claims again while it is being paid finds its debt written already."""
    thief = """
# pragma version ~=0.4.3
interface Royalty:
    def claim(ip: address, holder: address) -> uint256: nonpayable
ip: public(address)
vault: public(address)
@external
def aim(vault: address, ip: address):
    self.vault = vault
    self.ip = ip
@external
@payable
def __default__():
    if self.vault.balance >= msg.value:
        extcall Royalty(self.vault).claim(self.ip, self)
"""
    chain = Chain()
    works, ips, people = three_generations(chain)
    contract = chain.deploy(compile_source(thief, "Thief"), sender=people[2])
    contract.aim(works.royalty, ips[2], sender=people[2])
    works.sell_shares(ips[2], people[2], contract, HP // 2)
    works.pay(ips[2], 10**18, people[0])
    with pytest.raises(ip.Refusal):
        works.claim(ips[2], contract, people[2])
    assert chain.balance(contract) == 0
    # The weakened copy: no lock, and the debt is written after the coin has left.
    source = (CONTRACTS / "IpRoyalty.vy").read_text("utf-8")
    claim = source.index("def claim(")
    head, body = source[:claim], source[claim:]
    debt = "    self.debts[ip][holder] += convert(amount * HP, int256)\n"
    paid = '    raw_call(holder, b"", value=amount)\n'
    body = body.replace(debt, "", 1).replace(paid, paid + debt, 1)
    body = body.replace("    self.in_vaults -= amount\n", "", 1)
    weak_head = head[: head.rindex("@nonreentrant\n")]
    weak = compile_source(weak_head + body, "WeakRoyalty")
    gained = stolen_from(chain, works, weak, contract, ips, people)
    assert gained >= 2 * 10**18  # twice the half that was his


def stolen_from(chain, works, weak, contract, ips, people):
    """Wei that the thief gets from a royalty contract of the weakened code."""
    copy = chain.deploy(weak, 0, sender=people[0])
    licensing = chain.deploy("IpLicensing", works.registry, copy, sender=people[0])
    copy.set_licensing(licensing, sender=people[0])
    weak_works = onchain.Works(
        chain, works.implementation, works.collection, works.registry, copy, licensing
    )
    weak_works.attach(ips[2], weak_works.register_terms(MENU[0], people[2]), people[2])
    weak_works.mint(ips[2], 1, 1, people[0], people[0])
    weak_works.sell_shares(ips[2], people[2], contract, HP // 2)
    weak_works.pay(ips[2], 10**18, people[0])
    weak_works.pay(ips[2], 10**18, people[0])
    contract.aim(copy, ips[2], sender=people[2])
    weak_works.claim(ips[2], contract, people[2])
    return chain.balance(contract)
