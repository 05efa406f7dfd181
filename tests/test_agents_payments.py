"""x402: payments that are replayed, late, of another chain or short; a paid door over HTTP."""

import socket
from dataclasses import replace
from itertools import count

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.agents.agency import Agency
from aicrypto.agents.payments import (
    Authorization,
    ChainToken,
    Domain,
    Facilitator,
    Paywall,
    Token,
    decode_header,
    encode_header,
    pay,
    web,
)
from aicrypto.agents.payments.authorization import PREFIX
from aicrypto.agents.payments.exact import payer_of
from aicrypto.agents.payments.paywall import REQUIRED, RESPONSE, SIGNATURE
from aicrypto.agents.payments.web import buy, serve
from aicrypto.agents.refusals import Refusal
from aicrypto.evm import Chain, Reverted
from aicrypto.evm.accounts import GROUP_ORDER, derive_account
from aicrypto.evm.compiler import CONTRACTS, compile_source
from aicrypto.evm.signing import typed_data

ALICE, BOB, CAROL = (derive_account("test", name) for name in ("alice", "bob", "carol"))
ASSET = "0x036cbd53842c5426634e7929541ec2318f3dcf7e"
NOW = 1_740_672_100
NONCE = bytes(31) + b"\x01"
DOMAIN = Domain("USDC", "2", 84532, ASSET)
OFFER = {
    "scheme": "exact",
    "network": "eip155:84532",
    "amount": "400",
    "asset": ASSET,
    "payTo": BOB.address,
    "maxTimeoutSeconds": 60,
    "extra": {"name": "USDC", "version": "2"},
}
PAID = Authorization(ALICE.address, BOB.address, 400, NOW - 1, NOW + 60, NONCE)


def ledger(**balances):
    return Token(DOMAIN, {ALICE.address: 1000, **balances})


def payload(paid=PAID, domain=DOMAIN, key=ALICE.private_key, accepted=OFFER):
    signature = "0x" + domain.sign(paid, key).hex()
    body = {"signature": signature, "authorization": paid.to_json()}
    return {"x402Version": 2, "accepted": accepted, "payload": body}


def reason(facilitator, document, now=NOW, requirements=OFFER):
    try:
        facilitator.verify(now, document, requirements)
    except Refusal as refusal:
        return refusal.name.removeprefix(PREFIX)
    return None


ATTACKS = {
    "short": (replace(PAID, value=1), {}, "payload_authorization_value_mismatch"),
    "over": (replace(PAID, value=401), {}, "payload_authorization_value_mismatch"),
    "to the payer": (replace(PAID, payee=ALICE.address), {}, "payload_recipient_mismatch"),
    "expired": (replace(PAID, valid_before=NOW + 5), {}, "payload_authorization_valid_before"),
    "early": (replace(PAID, valid_after=NOW + 1), {}, "payload_authorization_valid_after"),
    "on the second": (replace(PAID, valid_after=NOW), {}, "payload_authorization_valid_after"),
    "wrong chain": (PAID, {"domain": replace(DOMAIN, chain_id=1)}, "payload_signature"),
    "wrong token": (PAID, {"domain": replace(DOMAIN, token=BOB.address)}, "payload_signature"),
    "another's money": (PAID, {"key": CAROL.private_key}, "payload_signature"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_facilitator_refuses(attack):
    paid, changed, name = ATTACKS[attack]
    assert reason(Facilitator({ASSET: ledger()}), payload()) is None
    assert reason(Facilitator({ASSET: ledger()}), payload(paid, **changed)) == name


def test_what_else_a_facilitator_refuses():
    facilitator = Facilitator({ASSET: ledger()})
    good = payload()
    for offer, name in [
        ({**OFFER, "scheme": "upto"}, "unsupported_scheme"),
        ({**OFFER, "network": "eip155:1"}, "network_mismatch"),
    ]:
        assert reason(facilitator, payload(accepted=offer)) == name
    solana = {**OFFER, "network": "solana:x"}
    found = reason(facilitator, payload(accepted=solana), requirements=solana)
    assert found == "failed_to_get_network_config"
    assert reason(facilitator, good, requirements={**OFFER, "extra": {}}) == "missing_eip712_domain"
    assert reason(Facilitator({}), good) == "asset_not_deployed_contract"
    for signature, name in [
        ("", "payload_signature"),
        ("0x" + "6492" * 16, "eip6492_factory_not_allowed"),
        ("0x00", "payload_undeployed_smart_wallet"),
        ("0x" + 64 * "11" + "02", "failed_to_verify_signature"),
        ("0x" + 64 * "ff" + "1b", "failed_to_verify_signature"),
    ]:
        good["payload"]["signature"] = signature
        assert reason(facilitator, good) == name


def test_a_payment_is_settled_once():
    token = ledger()
    facilitator = Facilitator({ASSET: token})
    facilitator.settle(NOW, payload(), OFFER)
    with pytest.raises(Refusal, match="nonce_already_used"):
        facilitator.settle(NOW, payload(), OFFER)
    assert token.balances == {ALICE.address: 600, BOB.address: 400}
    token.used.clear()  # a ledger that forgets nonces pays again
    facilitator.settle(NOW, payload(), OFFER)
    assert token.balances == {ALICE.address: 200, BOB.address: 800}
    token.used.clear()
    assert reason(facilitator, payload()) == "insufficient_balance"


def test_the_twin_of_a_signature_is_refused_by_the_token():
    document = payload()
    signature = bytes.fromhex(document["payload"]["signature"][2:])
    s = GROUP_ORDER - int.from_bytes(signature[32:64], "big")
    twin = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    document["payload"]["signature"] = "0x" + twin.hex()
    assert reason(Facilitator({ASSET: ledger()}), document) == "payload_signature"
    assert reason(Facilitator({}), document) == "asset_not_deployed_contract"


def test_wallets_that_are_contracts_sign_through_their_owner():
    wallets = {ALICE.address: CAROL.address}
    facilitator = Facilitator({ASSET: ledger()}, wallets)
    assert reason(facilitator, payload(key=CAROL.private_key)) is None
    assert reason(facilitator, payload()) == "payload_signature"


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(PAID.to_json())), st.integers(1, 2**100))
def test_every_changed_field_is_noticed(field, change):
    document = payload()
    authorization = document["payload"]["authorization"]
    base = 16 if authorization[field].startswith("0x") else 10
    number = int(authorization[field], base) + change
    width = len(authorization[field]) - 2
    text = f"0x{number % 16**width:0{width}x}" if base == 16 else str(number)
    authorization[field] = text
    assert reason(Facilitator({ASSET: ledger()}), document) is not None


def test_headers():
    assert decode_header(encode_header(OFFER)) == OFFER
    for bad in ("%%%", "e30", encode_header(OFFER)[:-3], "W10=", "////"):
        with pytest.raises(Refusal, match="invalid_payload"):
            decode_header(bad)


def door(compares=True, facilitator=None):
    facilitator = facilitator or Facilitator({ASSET: ledger()})
    return Paywall(OFFER, facilitator, lambda body: body.upper(), compares)


def asked(paywall):
    reply = paywall.answer(NOW, "/", {})
    assert reply.status == 402
    return decode_header(reply.headers[REQUIRED])


def test_the_payer_names_his_own_price_at_a_careless_seller():
    cheap = asked(door())
    cheap["accepts"] = [{**OFFER, "amount": "1"}]
    header = pay(cheap, ALICE.address, ALICE.private_key, NOW, NONCE)
    careless, careful = door(compares=False), door()
    assert careless.answer(NOW, "/", header, b"work").body == b"WORK"
    assert careless.facilitator.tokens[ASSET].balances[BOB.address] == 1
    refused = careful.answer(NOW, "/", header, b"work")
    assert (refused.status, refused.body) == (402, b"")
    assert decode_header(refused.headers[REQUIRED])["error"] == "accepted_mismatch"


def test_replayed_and_malformed_requests():
    paywall = door()
    header = pay(asked(paywall), ALICE.address, ALICE.private_key, NOW, NONCE)
    reply = paywall.answer(NOW, "/", header, b"work")
    assert (reply.status, reply.body) == (200, b"WORK")
    assert decode_header(reply.headers[RESPONSE])["payer"] == ALICE.address
    again = paywall.answer(NOW, "/", header, b"work")
    assert decode_header(again.headers[REQUIRED])["error"].endswith("nonce_already_used")
    late = pay(asked(paywall), ALICE.address, ALICE.private_key, NOW - 600, NONCE)
    assert decode_header(paywall.answer(NOW, "/", late).headers[REQUIRED])["error"].endswith(
        "before"
    )
    document = decode_header(header[SIGNATURE])
    for damage in ({"accepted": 5}, {"payload": {}}, {"payload": None}, {"accepted": None}):
        bad = {SIGNATURE: encode_header({**document, **damage})}
        assert paywall.answer(NOW, "/", bad).status in (400, 402)
    assert paywall.answer(NOW, "/", {SIGNATURE.lower(): "%"}).status == 400
    assert len(paywall.receipts) == 1


def test_work_that_fails_is_not_paid_for():
    paywall = Paywall(OFFER, Facilitator({ASSET: ledger()}), lambda body: bytes(1 // len(body)))
    with serve(paywall, lambda: NOW) as url:
        reply = buy(url, b"", ALICE.address, ALICE.private_key, NOW, NONCE, 400)
    assert (reply.status, paywall.receipts) == (500, [])
    assert paywall.facilitator.tokens[ASSET].balances == {ALICE.address: 1000}


@pytest.mark.parametrize("length", ["-1", "many", "\u00b2", "9" * 5000])
def test_a_length_that_is_none_does_not_hold_the_server_up(length):
    with serve(door(), lambda: NOW) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as client:
            client.sendall(f"POST / HTTP/1.0\r\nContent-Length: {length}\r\n\r\n".encode("latin-1"))
            assert client.recv(4096).startswith(b"HTTP/1.0 402")


def test_an_agent_pays_over_http():
    paywall = door()
    nonces = (n.to_bytes(32, "big") for n in count())
    with serve(paywall, lambda: NOW) as url:
        assert httpx.get(url).status_code == 402
        given = (ALICE.address, ALICE.private_key, NOW)
        replies = [buy(url, b"work", *given, next(nonces), 400) for _ in range(3)]
        with pytest.raises(Refusal, match="over_budget"):
            buy(url, b"work", *given, next(nonces), 399)
    assert [reply.status for reply in replies] == [200, 200, 402], "the third finds no money"
    assert paywall.facilitator.tokens[ASSET].balances == {ALICE.address: 200, BOB.address: 800}


@pytest.fixture
def paid_chain():
    chain = Chain()
    people = [chain.account(name) for name in ("alice", "bob", "carol")]
    contract = chain.deploy("PaymentToken", "USDC", 1000, sender=people[0])
    return chain, people, ChainToken(contract, people[2])


def test_an_agents_account_pays_on_chain(paid_chain):
    chain, (alice, bob, carol), token = paid_chain
    agency = Agency.deploy(chain, alice)
    _, account = agency.register(alice)
    token.contract.transfer(account, 700, sender=alice)
    offer = {**OFFER, "network": f"eip155:{chain.chain_id}", "payTo": bob.address}
    offer["asset"] = token.contract.address
    facilitator = Facilitator({token.contract.address: token}, {account.address: alice.address})
    paywall = Paywall(offer, facilitator, bytes.upper)
    unpaid = decode_header(paywall.answer(chain.timestamp, "/", {}).headers[REQUIRED])
    header = pay(unpaid, account.address, alice.private_key, chain.timestamp, NONCE)
    stranger = pay(unpaid, account.address, carol.private_key, chain.timestamp, NONCE)
    assert paywall.answer(chain.timestamp, "/", stranger, b"work").status == 402
    assert paywall.answer(chain.timestamp, "/", header, b"work").body == b"WORK"
    assert paywall.answer(chain.timestamp, "/", header, b"work").status == 402
    held = [token.contract.balanceOf(who) for who in (alice, bob, account)]
    assert held == [300, 400, 300]
    assert sum(held) == token.contract.totalSupply()


def test_the_contract_and_the_model_agree(paid_chain):
    chain, (alice, bob, carol), token = paid_chain
    now = chain.timestamp
    model = Token(token.domain, {alice.address: 1000})
    good = Authorization(alice.address, bob.address, 400, now - 1, now + 60, NONCE)
    other = replace(good, nonce=bytes(32))
    tries = [
        (replace(good, valid_after=now), alice),
        (replace(good, valid_before=now), alice),
        (good, carol),
        (good, alice),
        (good, alice),
        (replace(other, value=601), alice),
        (replace(other, value=600), alice),
    ]
    for paid, signer in tries:
        signature = token.domain.sign(paid, signer.private_key)
        answers = []
        for ledger_ in (model, token):
            try:
                ledger_.check(now, paid, signature, {})
                ledger_.settle(now, paid, signature, {})
                answers.append("")
            except Refusal as refusal:
                answers.append(refusal.name)
        assert answers[0] == answers[1]
    assert model.balances == {alice.address: 0, bob.address: 1000}
    assert token.contract.balanceOf(bob) == 1000


def weakened(*replacements):
    """The token with some of its text replaced."""
    text = (CONTRACTS / "PaymentToken.vy").read_text()
    for old, new in replacements:
        assert text.count(old) == 1, "nothing to weaken"
        text = text.replace(old, new)
    return compile_source(text, "WeakToken")


def replayed(token, paid, signature):
    """Once as it should be, and once more."""
    token.settle(0, paid, signature, {})
    return paid, signature


def expired(token, paid, signature):
    """After its time."""
    token.contract.chain.warp(3600)
    return paid, signature


def twin(token, paid, signature):
    """Once as it should be, and once with the other s, which anybody can compute."""
    token.settle(0, paid, signature, {})
    s = GROUP_ORDER - int.from_bytes(signature[32:64], "big")
    return paid, signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def of_another_chain(token, paid, signature):
    """Signed for the same token, at the same address, of a test network."""
    elsewhere = replace(token.domain, chain_id=84532)
    return paid, elsewhere.sign(paid, ALICE_ON_CHAIN.private_key)


def raised(token, paid, signature):
    """Ten times what the payer has signed."""
    return replace(paid, value=400), signature


NONCE_KEPT = ("self.authorizationState[payer][nonce] = True", "pass")
NONCE_ASKED = ("not self.authorizationState[payer][nonce]", "not self.seen[keccak256(signature)]")
BY_SIGNATURE = (
    "    self.authorizationState[payer][nonce] = True",
    "    self.seen[keccak256(signature)] = True",
)
SEEN = (
    "totalSupply: public(uint256)\n",
    "totalSupply: public(uint256)\nseen: HashMap[bytes32, bool]\n",
)
ANY_S = (
    "assert Signatures._is_signed(payer, digest, signature)",
    "assert payer == ecrecover(digest, convert(slice(signature, 64, 1), uint256), "
    "convert(slice(signature, 0, 32), uint256), convert(slice(signature, 32, 32), uint256))",
)
TIMELESS = ('assert block.timestamp < validBefore, "payload_authorization_valid_before"', "pass")
ANY_CHAIN = (
    "keccak256(version), chain.id, self",
    "keccak256(version), convert(84532, uint256), self",
)
ANY_AMOUNT = (
    "abi_encode(TRANSFER_TYPE, payer, receiver, amount,",
    "abi_encode(TRANSFER_TYPE, payer, receiver, convert(40, uint256),",
)
ON_CHAIN_ATTACKS = [
    (replayed, [NONCE_KEPT], "nonce_already_used", 80),
    (twin, [SEEN, NONCE_ASKED, BY_SIGNATURE, ANY_S], "nonce_already_used", 80),
    (expired, [TIMELESS], "payload_authorization_valid_before", 40),
    (of_another_chain, [ANY_CHAIN], "payload_signature", 40),
    (raised, [ANY_AMOUNT], "payload_signature", 400),
]
ALICE_ON_CHAIN = derive_account("aicrypto", "alice")


@pytest.mark.parametrize(("attack", "weakness", "reason", "loot"), ON_CHAIN_ATTACKS)
def test_what_a_weak_token_pays(paid_chain, attack, weakness, reason, loot):
    """Each attack brings money where one line is missing, and its reason where it is not."""
    chain, (alice, bob, carol), token = paid_chain
    weak = ChainToken(chain.deploy(weakened(*weakness), "USDC", 1000, sender=alice), carol)
    for settles, is_weak in ((weak, True), (token, False)):
        now = chain.timestamp
        paid = Authorization(alice.address, bob.address, 40, now - 1, now + 60, NONCE)
        given = attack(settles, paid, settles.domain.sign(paid, alice.private_key))
        before = settles.contract.balanceOf(bob)
        if is_weak:
            settles.settle(now, *given, {})
            assert settles.contract.balanceOf(bob) == loot
        else:
            with pytest.raises(Refusal, match=reason):
                settles.settle(now, *given, {})
            assert settles.contract.balanceOf(bob) == before
        assert settles.contract.balanceOf(alice) + settles.contract.balanceOf(bob) == 1000


def test_money_moves_with_its_owner_only(paid_chain):
    _, (alice, bob, _), token = paid_chain
    with pytest.raises(Reverted, match="insufficient_balance"):
        token.contract.transfer(alice, 1, sender=bob)


def test_a_nonce_that_is_cut_short_is_no_second_payment(monkeypatch):
    """Filled up with zeros it would be signed for already, and not be the one that was used."""
    payer, payee = (derive_account("short", name) for name in ("payer", "payee"))
    domain = Domain("USD", "2", 1, "0x" + "11" * 20)
    nonce = b"\x07" * 31 + b"\0"
    paid = Authorization(payer.address, payee.address, 40, 0, 10**10, nonce)
    signature = domain.sign(paid, payer.private_key)
    for bad in ({"nonce": nonce[:-1]}, {"nonce": nonce + b"\0"}, {"valid_before": 2**256}):
        with pytest.raises(ValueError, match="must"):
            replace(paid, **bad)
    for inf in ("value", "validBefore"):
        with pytest.raises(ValueError, match="not complete"):
            Authorization.from_json({**paid.to_json(), inf: 1e999})

    class Careless(Authorization):
        """As long as anybody likes."""

        def __post_init__(self):
            pass

    short = Careless(payer.address, payee.address, 40, 0, 10**10, nonce[:-1])
    token = Token(domain, {payer.address: 100})
    token.settle(5, paid, signature, {})
    with pytest.raises(ValueError, match="bytes32 has 31 bytes"):
        token.settle(5, short, signature, {})
    assert token.balances[payee.address] == 40
    monkeypatch.setattr(typed_data, "_fixed_bytes", lambda kind, size, data: data.ljust(32, b"\0"))
    token.settle(5, short, signature, {})
    assert token.balances[payee.address] == 80


def test_who_says_no_more_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(web, "PATIENCE_S", 0.2)
    with serve(door(), lambda: NOW) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as silent:
            silent.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
            assert httpx.get(url, trust_env=False).status_code == 402


INCOMPLETE = [
    {"payload": {}},
    {"payload": None},
    {"accepted": None},
    {"accepted": [OFFER]},
]


@pytest.mark.parametrize("damage", INCOMPLETE)
def test_what_is_not_complete_is_a_value_error(damage):
    facilitator = Facilitator({ASSET: ledger()})
    for asked_for in (facilitator.verify, facilitator.settle):
        with pytest.raises(ValueError, match="not complete"):
            asked_for(NOW, {**payload(), **damage}, OFFER)
    for lacking in ("asset", "payTo", "amount"):
        terms = {name: value for name, value in OFFER.items() if name != lacking}
        with pytest.raises(ValueError, match=f"not complete.*{lacking}"):
            facilitator.verify(NOW, payload(), terms)
    with pytest.raises(ValueError, match="not complete"):
        payer_of({"payload": None})
    assert facilitator.tokens[ASSET].balances == {ALICE.address: 1000}


def test_half_a_body_is_no_work():
    seen = []
    paywall = door()
    paywall.work = lambda body: seen.append(len(body)) or b"done"
    given = (ALICE.address, ALICE.private_key, NOW)
    with serve(paywall, lambda: NOW) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as client:
            length = web.MAX_BODY_BYTES + 1
            client.sendall(f"POST / HTTP/1.0\r\nContent-Length: {length}\r\n\r\n".encode())
            assert client.recv(4096).startswith(b"HTTP/1.0 413")
        assert buy(url, bytes(web.MAX_BODY_BYTES), *given, NONCE, 400).status == 200
    assert seen == [web.MAX_BODY_BYTES]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"asset": BOB.address}, "asset_mismatch"),
        ({"network": "eip155:1"}, "network_mismatch"),
        ({"amount": "401"}, "over_budget"),
        ({"amount": "-1"}, "invalid_payload"),
        ({"amount": "many"}, "invalid_payload"),
        ({"payTo": None}, "invalid_payload"),
        ({"extra": None}, "invalid_payload"),
        ({"maxTimeoutSeconds": "60"}, "invalid_payload"),
    ],
)
def test_a_buyer_pays_what_he_meant_to_or_signs_nothing(change, name):
    """The seller names token and chain: a budget alone says nothing about their worth."""
    paywall = Paywall({**OFFER, **change}, Facilitator({ASSET: ledger()}), bytes.upper)
    given = (b"work", ALICE.address, ALICE.private_key, NOW, NONCE, 400)
    with serve(paywall, lambda: NOW) as url, pytest.raises(Refusal, match=name):
        buy(url, *given, asset=ASSET, network="eip155:84532")
    with serve(door(), lambda: NOW) as url:
        reply = buy(url, *given, asset=ASSET.upper().replace("X", "x"), network="eip155:84532")
    assert reply.status == 200


@pytest.mark.parametrize("headers", [{}, {REQUIRED: "%"}, {REQUIRED: encode_header({})}])
def test_a_402_that_names_no_price_is_refused(headers, monkeypatch):
    paywall = door()
    monkeypatch.setattr(Paywall, "answer", lambda *_: web.Reply(402, headers))
    with serve(paywall, lambda: NOW) as url, pytest.raises(Refusal, match="invalid_payload"):
        buy(url, b"work", ALICE.address, ALICE.private_key, NOW, NONCE, 400)
