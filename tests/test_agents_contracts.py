"""Agents on chain: the account's contract against the model, and what a seller might try."""

from itertools import pairwise

import pytest

from aicrypto.agents import ownable
from aicrypto.agents.agency import Agency
from aicrypto.agents.brain import Brain, HashedWords, Router, RuleVoice, Tool
from aicrypto.agents.grants import grants_nothing, replay
from aicrypto.agents.memory import Memory
from aicrypto.agents.ownable import World
from aicrypto.agents.ownable.calldata import EXECUTE_TYPES, pack_call
from aicrypto.agents.payments import Authorization, ChainToken
from aicrypto.agents.refusals import Refusal
from aicrypto.evm import ETHER, Chain, Reverted
from aicrypto.evm.accounts import NOBODY
from aicrypto.evm.compiler import CONTRACTS, compile_source
from aicrypto.evm.signing import sign_digest
from aicrypto.evm.token_bound import NO_SALT, REGISTRY, identify

DIGEST = bytes(31) + b"\x01"
YES, NO = bytes.fromhex("1626ba7e"), bytes(4)


def weakened(contract, *replacements):
    """A contract of the library with some of its text replaced."""
    text = (CONTRACTS / f"{contract}.vy").read_text()
    for old, new in replacements:
        assert text.count(old) == 1, "nothing to weaken"
        text = text.replace(old, new)
    return compile_source(text, f"Weak{contract}")


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def people(chain):
    return [chain.account(name) for name in ("alice", "bob", "carol")]


@pytest.fixture
def agency(chain, people):
    return Agency.deploy(chain, people[0])


def test_an_account_is_where_the_standard_says(agency, people):
    alice, bob, _ = people
    agent, account = agency.register(alice)
    bound = agency.bound(agent)
    assert account.address == bound.address(agency.registry)
    code = agency.chain.state.account(account.address).code
    assert code == bound.deployed_code
    assert identify(account, code, agency.implementation, agency.registry)
    [made] = agency.registry.events("ERC6551AccountCreated")
    assert agency.open_account(agent, bob).address == account.address
    assert agency.registry.events("ERC6551AccountCreated") == [made], "a second call does nothing"
    assert account.owner() == account.rootOwner() == alice.address


def test_the_contracts_state_is_the_models(agency, people):
    """Calls, locks and permissions hash to the same state; refusals have the same names."""
    alice, bob, carol = people
    agent, account = agency.register(alice)
    chain = agency.chain
    chain.mint(account, 100)
    model = World(
        chain.chain_id, chain.timestamp, agency.identities.address, {"v3": "0x" + 40 * "3"}
    )
    model.owners[agent] = alice.address
    address = model.create_account("v3", model.bind("v3", agent, chain.chain_id, NO_SALT))
    twin = model.accounts[address]
    model.balances[address] = 100
    account.execute(bob, 7, b"", 0, sender=alice)
    ownable.execute(model, twin, alice.address, bob.address, 7)
    account.setPermissions([carol, bob], [True, False], sender=alice)
    who = [carol.address, bob.address]
    ownable.set_permissions(model, twin, alice.address, who, [True, False])
    account.execute(bob, 1, b"note", 0, sender=carol)
    ownable.execute(model, twin, carol.address, bob.address, 1, b"note")
    until = chain.timestamp + 5
    account.lock(until, sender=alice)
    ownable.lock(model, twin, alice.address, until)
    assert account.state() == twin.state != 0
    for sender, name in ((bob, "NotAuthorized"), (alice, "AccountLocked")):
        with pytest.raises(Reverted, match=name):
            account.execute(bob, 1, b"", 0, sender=sender)
    with pytest.raises(Reverted, match="ExceedsMaxLockTime"):
        account.lock(chain.timestamp + 366 * 24 * 3600, sender=alice)
    chain.warp(5)
    with pytest.raises(Reverted, match="InvalidOperation"):
        account.execute(bob, 1, b"", 1, sender=alice)
    with pytest.raises(Reverted, match="InvalidInput"):
        account.setPermissions([carol], [], sender=alice)
    assert account.state() == twin.state, "a refused call leaves the state alone"


def sell(agency, alice, bob, agent):
    agency.identities.transferFrom(alice, bob, agent, sender=alice)


STANDING = "return above, keccak256(abi_encode(path, above))"
BY_ACCOUNT = (STANDING, "return above, empty(bytes32)")
BY_ROOT_OWNER = (STANDING, "return above, convert(above, bytes32)")  # as Tokenbound's V3


@pytest.mark.parametrize(
    ("weakness", "after_sale", "after_return"),
    [((BY_ACCOUNT,), True, True), ((BY_ROOT_OWNER,), False, True), ((), False, False)],
    ids=["kept by account", "kept by root owner", "kept by standing"],
)
def test_permissions_after_a_sale_and_a_sale_back(
    chain, people, weakness, after_sale, after_return
):
    alice, bob, carol = people
    agency = Agency.deploy(chain, alice, account=weakened("AgentAccount", *weakness))
    agent, account = agency.register(alice)
    chain.mint(account, 10)
    account.setPermissions([carol], [True], sender=alice)
    account.execute(carol, 1, b"", 0, sender=carol)
    for giver, taker, is_alive in ((alice, bob, after_sale), (bob, alice, after_return)):
        sell(agency, giver, taker, agent)
        held = chain.balance(account)
        if is_alive:
            account.execute(carol, 1, b"", 0, sender=carol)
        else:
            with pytest.raises(Reverted, match="NotAuthorized"):
                account.execute(carol, 1, b"", 0, sender=carol)
        assert chain.balance(account) == held - is_alive


def test_permissions_die_when_a_token_further_up_is_away(agency, people):
    alice, bob, carol = people
    (outer, top), (inner, low) = agency.register(alice), agency.register(alice)
    agency.give(alice, inner, top)
    low.setPermissions([carol], [True], sender=alice)
    low.execute(carol, 0, b"", 0, sender=carol)
    sell(agency, alice, bob, outer)
    sell(agency, bob, alice, outer)
    assert low.rootOwner() == alice.address
    with pytest.raises(Reverted, match="NotAuthorized"):
        low.execute(carol, 0, b"", 0, sender=carol)


def test_permissions_where_the_collection_does_not_count(chain, people):
    """As deployed then: void with another root owner, and alive again with the old one."""
    alice, bob, carol = people
    agency = Agency.deploy(chain, alice)
    apes = chain.deploy("Collection", "Apes", sender=alice)
    ape = apes.mint(alice, bytes(32), sender=alice)
    given = (agency.implementation, NO_SALT, chain.chain_id, apes, ape)
    account = agency.at(agency.registry.createAccount(*given, sender=alice))
    account.setPermissions([carol], [True], sender=alice)
    apes.transferFrom(alice, bob, ape, sender=alice)
    with pytest.raises(Reverted, match="NotAuthorized"):
        account.execute(carol, 0, b"", 0, sender=carol)
    apes.transferFrom(bob, alice, ape, sender=bob)
    account.execute(carol, 0, b"", 0, sender=carol)


FORGETS_NOBODY = (
    ("state: public(uint256)\n", "state: public(uint256)\nfirst: address\n"),
    (
        "    self._touch(\n        abi_encode(\n            to,",
        "    self.first = msg.sender\n    self._touch(\n        abi_encode(\n            to,",
    ),
    (
        "self._is_signer(signer):\n            return",
        "(signer == self.first or self._is_signer(signer)):\n            return",
    ),
)


def test_signatures_die_on_sale(chain, people):
    """A copy that remembers who has acted, and does not ask the token, honours the old owner's."""
    alice, bob, _ = people
    for code, survives in ((weakened("AgentAccount", *FORGETS_NOBODY), YES), ("AgentAccount", NO)):
        agency = Agency.deploy(chain, alice, account=code)
        agent, account = agency.register(alice)
        account.execute(bob, 0, b"", 0, sender=alice)
        hers, his = (sign_digest(DIGEST, who.private_key) for who in (alice, bob))
        assert account.isValidSignature(DIGEST, hers) == YES
        assert account.isValidSignature(DIGEST, his) == NO
        sell(agency, alice, bob, agent)
        assert account.isValidSignature(DIGEST, hers) == survives
        assert account.isValidSignature(DIGEST, his) == YES
        with pytest.raises(Reverted, match="Panic"):
            account.isValidSignature(DIGEST, his[:64])


def test_the_registry_at_its_own_address(chain, people):
    """Genesis puts our registry where every chain has one: accounts are where mainnet has them."""
    alice = people[0]
    registry = chain.deploy("AccountRegistry", sender=alice).placed_at(REGISTRY)
    agency = Agency.deploy(chain, alice, registry=registry)
    agent, account = agency.register(alice)
    assert registry.address == REGISTRY
    assert account.address == agency.bound(agent).address()
    apes = "0xbc4ca0eda7647a8ab7c2061c2e118a18a936f13d"
    proxy = "0x55266d75d1a14e4572138116af39863ed6596e7f"
    ape = "0x4c0bd3dd48783d5389d9ed472de2b2d93db0e2a4"
    assert registry.account(proxy, NO_SALT, 1, apes, 0) == ape
    assert registry.createAccount(proxy, NO_SALT, 1, apes, 0, sender=alice) == ape
    with pytest.raises(ValueError, match="record"):
        Chain(record=True).deploy("AccountRegistry", sender=alice).placed_at(REGISTRY)


def test_agents_own_agents(agency, people):
    alice, bob, _ = people
    (_, top), (inner, low) = agency.register(alice), agency.register(alice)
    agency.identities.safeTransferFrom(alice, top, inner, sender=alice)
    assert (low.owner(), low.rootOwner()) == (top.address, alice.address)
    agency.chain.mint(low, 5)
    pay = pack_call("execute", EXECUTE_TYPES, (bob.address, 2, b"", 0))
    top.execute(low, 0, pay, 0, sender=alice)
    low.execute(bob, 3, b"", 0, sender=alice)  # the root owner acts directly too
    assert agency.chain.balance(low) == 0
    hers = sign_digest(DIGEST, alice.private_key)
    head = bytes(12) + bytes.fromhex(top.address[2:]) + (65).to_bytes(32, "big") + b"\0"
    assert low.isValidSignature(DIGEST, head + hers) == YES
    assert low.isValidSignature(DIGEST, head + bytes(65)) == NO


LOOK_UP = """        at = self._owner(at)
        assert at != self, "OwnershipCycle"
        if not self._is_account(at):
            return RECEIVED
"""


def test_safe_transfers_close_no_circle(chain, people):
    """A copy that looks at its own token only, as deployed, lets a circle of three through."""
    alice = people[0]
    one_level = weakened("AgentAccount", (LOOK_UP, "        return RECEIVED\n"))
    for code, is_trapped in ((one_level, True), ("AgentAccount", False)):
        agency = Agency.deploy(chain, alice, account=code)
        agents = [agency.register(alice) for _ in range(3)]
        for (_, account), (agent, _) in pairwise(agents):
            agency.identities.safeTransferFrom(alice, account, agent, sender=alice)
        (first, account), (_, last) = agents[0], agents[2]
        if is_trapped:
            agency.identities.safeTransferFrom(alice, last, first, sender=alice)
        else:
            with pytest.raises(Reverted, match="OwnershipCycle"):
                agency.identities.safeTransferFrom(alice, last, first, sender=alice)
            account.execute(alice, 0, b"", 0, sender=alice)
            with pytest.raises(Refusal, match="OwnershipCycle"):
                agency.give(alice, first, last)
            account.execute(alice, 0, b"", 0, sender=alice)
            agency.identities.transferFrom(alice, last, first, sender=alice)  # asks nobody
        assert agency.closes_circle(first, agents[1][1]), "there is one already"
        with pytest.raises(Reverted, match="OwnershipTooDeep"):
            account.execute(alice, 0, b"", 0, sender=alice)


def test_an_account_refuses_its_own_token(agency, people):
    alice = people[0]
    agent, account = agency.register(alice)
    with pytest.raises(Reverted, match="OwnershipCycle"):
        agency.identities.safeTransferFrom(alice, account, agent, sender=alice)


CHECKS = (
    (
        'assert staticcall Account(offered.account).state() == offered.state, "account has acted"',
        "pass",
    ),
    ('assert offered.account.balance >= offered.balance, "account holds less"', "pass"),
)

NAMES_OFFER = 'assert keccak256(abi_encode(offered)) == seen, "another offer"'


def test_emptying_the_account_before_the_sale(chain, people):
    """Works where the market looks at the price alone, is refused where at the state."""
    alice, bob, _ = people
    for market, is_robbed in ((weakened("AgentMarket", *CHECKS), True), ("AgentMarket", False)):
        agency = Agency.deploy(chain, alice, market=market)
        agent, account = agency.register(alice)
        chain.mint(account, 5 * ETHER)
        agency.offer(alice, agent, ETHER)
        seen = agency.offer_hash(agent)
        account.execute(alice, 5 * ETHER, b"", 0, sender=alice)  # a block before the sale
        before = chain.balance(bob)
        if is_robbed:
            agency.buy(bob, agent, ETHER, seen)
            assert (chain.balance(account), chain.balance(bob)) == (0, before - ETHER)
        else:
            with pytest.raises(Reverted, match="account has acted"):
                agency.buy(bob, agent, ETHER, seen)
            assert chain.balance(bob) == before
    agency.offer(alice, agent, ETHER)  # as it is now
    agency.buy(bob, agent, ETHER, agency.offer_hash(agent))
    assert account.owner() == bob.address
    assert chain.total_wei() == chain.minted_wei


def test_offering_it_again_empty(chain, people):
    """The price alone does not say what is bought: the buyer names the offer he has seen."""
    alice, bob, _ = people
    blind = weakened("AgentMarket", (NAMES_OFFER, "pass"))
    for market, is_robbed in ((blind, True), ("AgentMarket", False)):
        agency = Agency.deploy(chain, alice, market=market)
        agent, account = agency.register(alice)
        chain.mint(account, 5 * ETHER)
        agency.offer(alice, agent, ETHER)
        seen = agency.offer_hash(agent)
        account.execute(alice, 5 * ETHER, b"", 0, sender=alice)
        agency.offer(alice, agent, ETHER)  # both before bob's payment comes
        if is_robbed:
            agency.buy(bob, agent, ETHER, seen)
            assert (account.owner(), chain.balance(account)) == (bob.address, 0)
        else:
            with pytest.raises(Reverted, match="another offer"):
                agency.buy(bob, agent, ETHER, seen)
            assert account.owner() == alice.address


def test_the_state_does_not_tell_all(chain, people):
    """A payment by signature empties the account without an act of it: promise the asset too."""
    alice, bob, carol = people
    token = chain.deploy("PaymentToken", "USDC", 10**9, sender=carol)
    for promises in (False, True):
        agency = Agency.deploy(chain, alice)
        agent, account = agency.register(alice)
        token.transfer(account, 500, sender=carol)
        agency.offer(alice, agent, ETHER, token if promises else None)
        state, seen = account.state(), agency.offer_hash(agent)
        nonce = bytes([promises]) * 32
        now = chain.timestamp
        paid = Authorization(account.address, alice.address, 500, now - 1, now + 60, nonce)
        payments = ChainToken(token, carol)
        signature = payments.domain.sign(paid, alice.private_key)
        payments.settle(now, paid, signature, {})
        assert (account.state(), token.balanceOf(account)) == (state, 0)
        if promises:
            with pytest.raises(Reverted, match="account holds less"):
                agency.buy(bob, agent, ETHER, seen)
        else:
            agency.buy(bob, agent, ETHER, seen)


MIND = Brain(
    Router((Tool("look", "look it up", str, {"q": "string"}),), HashedWords()), RuleVoice()
)
PROMISES_RECORD = (
    'assert self._record(collection, tokenId) == offered.record, "another record"',
    "pass",
)


def test_rewriting_its_memory_before_the_sale(chain, people):
    """Diary and registration file are the owner's to change, and no act of the account."""
    alice, bob, _ = people
    blind = weakened("AgentMarket", PROMISES_RECORD)
    for market, is_robbed in ((blind, True), ("AgentMarket", False)):
        agency = Agency.deploy(chain, alice, market=market)
        agent, _ = agency.register(alice, "ipfs://file")
        known = Memory((MIND.act("What do I know?"),))
        agency.identities.setMetadata(agent, "memory", known.head, sender=alice)
        agency.offer(alice, agent, ETHER)
        seen = agency.offer_hash(agent)
        agency.identities.setMetadata(agent, "memory", Memory().head, sender=alice)
        if is_robbed:
            agency.buy(bob, agent, ETHER, seen)
            assert agency.identities.getMetadata(agent, "memory") == Memory().head
            continue
        with pytest.raises(Reverted, match="another record"):
            agency.buy(bob, agent, ETHER, seen)
        agency.identities.setMetadata(agent, "memory", known.head, sender=alice)
        agency.identities.setAgentURI(agent, "ipfs://other", sender=alice)
        with pytest.raises(Reverted, match="another record"):
            agency.buy(bob, agent, ETHER, seen)


def test_only_the_state_sees_what_the_offer_does_not_name(chain, people):
    """Dollars sent away by an act: the balance of ETH is as promised, the state is not."""
    alice, bob, carol = people
    token = chain.deploy("PaymentToken", "USDC", 10**9, sender=carol)
    stateless = weakened("AgentMarket", CHECKS[0])
    for market, is_robbed in ((stateless, True), ("AgentMarket", False)):
        agency = Agency.deploy(chain, alice, market=market)
        agent, account = agency.register(alice)
        chain.mint(account, 5)
        token.transfer(account, 500, sender=carol)
        agency.offer(alice, agent, ETHER)
        seen = agency.offer_hash(agent)
        snapshot = chain.snapshot()
        account.execute(alice, 5, b"", 0, sender=alice)
        reason = "account holds less" if is_robbed else "account has acted"
        with pytest.raises(Reverted, match=reason):
            agency.buy(bob, agent, ETHER, seen)
        chain.revert(snapshot)
        account.execute(token, 0, token.transfer.encode(alice, 500), 0, sender=alice)
        if is_robbed:
            agency.buy(bob, agent, ETHER, seen)
            continue
        with pytest.raises(Reverted, match="account has acted"):
            agency.buy(bob, agent, ETHER, seen)


def test_an_approval_older_than_the_offer(agency, people):
    """The right market sells, the seller takes the goods; who has replayed the calls refuses."""
    alice, bob, carol = people
    chain, agents = agency.chain, agency.identities
    (agent, account), (owned, purse) = agency.register(alice), agency.register(alice)
    chain.mint(purse, 4 * ETHER)
    agency.give(alice, owned, account)
    acts = [
        (carol, 0, b"", 0),
        (agents, 0, agents.setApprovalForAll.encode(alice, True), 0),
        (carol, 0, b"", 0),
    ]
    for act in acts:
        account.execute(*act, sender=alice)
    told = [account.execute.encode(*act) for act in acts]
    agency.offer(alice, agent, ETHER)
    state = account.state()
    assert replay(told) == state
    assert not grants_nothing(told, state), "the buyer reads an approval"
    for left_out in range(3):
        assert not grants_nothing(told[:left_out] + told[left_out + 1 :], state)
    agency.buy(bob, agent, ETHER, agency.offer_hash(agent))
    agents.transferFrom(account, alice, owned, sender=alice)
    purse.execute(alice, 4 * ETHER, b"", 0, sender=alice)
    assert (account.owner(), agents.ownerOf(owned)) == (bob.address, alice.address), "robbed"
    assert chain.balance(purse) == 0


def test_a_history_without_grants(agency, people):
    alice, bob, carol = people
    chain, agents = agency.chain, agency.identities
    token = chain.deploy("PaymentToken", "USDC", 10**9, sender=carol)
    (_, account), (owned, _) = agency.register(alice), agency.register(alice)
    token.transfer(account, 500, sender=carol)
    agency.give(alice, owned, account)
    executed = [
        (bob, 0, b"", 0),
        (token, 0, token.transfer.encode(bob, 5), 0),
        (agents, 0, agents.transferFrom.encode(account, bob, owned), 0),
    ]
    told = [account.setPermissions.encode([carol], [True]), account.lock.encode(chain.timestamp)]
    account.setPermissions([carol], [True], sender=alice)
    account.lock(chain.timestamp, sender=alice)
    for act in executed:
        account.execute(*act, sender=carol)
        told.append(account.execute.encode(*act))
    assert grants_nothing(told, account.state())
    assert grants_nothing([], 0)
    assert not grants_nothing(told[::-1], account.state())
    inner = account.execute.encode(token, 0, token.transfer.encode(bob, 5), 0)
    for call in (
        account.execute.encode(account, 0, inner, 0),  # through an account of the account
        account.execute.encode(token, 0, b"\xa9\x05\x9c", 0),  # three bytes are no selector
        account.execute.encode(bob, 0, b"", 1),  # code of somebody else's
        inner[:-1],
        inner + bytes(32),
        b"",
        bytes(4),
    ):
        assert not grants_nothing([call], replay([call])), call.hex()


def test_a_locked_account_still_signs(chain, people):
    """A lock refuses acts; a payment by signature is none."""
    alice, _, carol = people
    token = chain.deploy("PaymentToken", "USDC", 10**9, sender=carol)
    _, account = Agency.deploy(chain, alice).register(alice)
    token.transfer(account, 500, sender=carol)
    account.lock(chain.timestamp + 3600, sender=alice)
    now = chain.timestamp
    paid = Authorization(account.address, alice.address, 500, now - 1, now + 60, bytes(32))
    payments = ChainToken(token, carol)
    payments.settle(now, paid, payments.domain.sign(paid, alice.private_key), {})
    assert token.balanceOf(account) == 0


def test_a_lock_past_the_sale_protects_where_the_market_does_not(chain, people):
    alice, bob, _ = people
    agency = Agency.deploy(chain, alice, market=weakened("AgentMarket", *CHECKS))
    agent, account = agency.register(alice)
    chain.mint(account, 5 * ETHER)
    agency.offer(alice, agent, ETHER)
    account.lock(chain.timestamp + 3600, sender=alice)
    assert account.isLocked(), "what bob looks at before he pays"
    with pytest.raises(Reverted, match="AccountLocked"):
        account.execute(alice, 5 * ETHER, b"", 0, sender=alice)
    agency.buy(bob, agent, ETHER, agency.offer_hash(agent))
    with pytest.raises(Reverted, match="AccountLocked"):
        account.execute(bob, 5 * ETHER, b"", 0, sender=bob)
    chain.warp(3600)
    account.execute(bob, 5 * ETHER, b"", 0, sender=bob)
    assert chain.balance(account) == 0


def test_what_the_market_refuses(agency, people):
    alice, bob, _ = people
    agent, account = agency.register(alice)
    other, _ = agency.register(alice)
    market, collection, nothing = agency.market, agency.identities, "0x" + 40 * "0"
    with pytest.raises(Reverted, match="not the owner"):
        market.offer(collection, agent, 1, account, nothing, sender=bob)
    with pytest.raises(Reverted, match="not the token's account"):
        market.offer(collection, other, 1, account, nothing, sender=alice)
    with pytest.raises(Reverted, match="not offered"):
        agency.buy(bob, agent, 1, bytes(32))
    agency.offer(alice, agent, 5)
    seen = agency.offer_hash(agent)
    with pytest.raises(Reverted, match="not the price"):
        agency.buy(bob, agent, 4, seen)
    sell(agency, alice, bob, agent)
    with pytest.raises(Reverted, match="ERC721InsufficientApproval"):
        agency.buy(bob, agent, 5, seen)


FOREIGN = """
# pragma version ~=0.4.3
collection: address
number: uint256
maker: address


@deploy
def __init__(collection: address, number: uint256):
    self.collection = collection
    self.number = number
    self.maker = msg.sender


@external
@view
def token() -> (uint256, address, uint256):
    return chain.id, self.collection, self.number


@external
@view
def state() -> uint256:
    return 0


@external
@payable
def __default__():
    pass


@external
def take():
    raw_call(self.maker, b"", value=self.balance)
"""


def test_goods_in_an_account_that_only_says_it_is_the_agents(chain, people):
    """The market believes it; a buyer who looks at the offer's hash alone pays for nothing."""
    alice, bob, _ = people
    agency = Agency.deploy(chain, alice)
    agent, own = agency.register(alice)
    fake = chain.deploy(compile_source(FOREIGN), agency.identities, agent, sender=alice)
    chain.mint(fake, 5 * ETHER)
    agency.identities.approve(agency.market, agent, sender=alice)
    agency.market.offer(agency.identities, agent, ETHER, fake, NOBODY, sender=alice)
    with pytest.raises(Refusal, match="foreign account"):
        agency.offer_hash(agent)
    careless = bytes(agency.market.offerHash(agency.identities, agent))
    agency.buy(bob, agent, ETHER, careless)
    fake.take(sender=alice)
    assert (chain.balance(fake), chain.balance(own)) == (0, 0)
    agency.offer(bob, agent, ETHER)
    honest = bytes(agency.market.offerHash(agency.identities, agent))
    assert agency.offer_hash(agent) == honest
