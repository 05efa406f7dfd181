"""Two agents close a licence: valid terms, a token, a derivative, and money that comes back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto import ip
from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.ip import HP, LAP, WIP, negotiation
from aicrypto.ip.negotiation import Provider, Seeker, is_unbroken, negotiate

ASKING = ip.terms.commercial_remix(1000, HP // 5, LAP, WIP)
PROVIDER = Provider("data agent", "D", ASKING, least_fee=200, least_share=HP // 20)
SEEKER = Seeker("model agent", 10, HP // 100, most_fee=400, most_share=HP // 10)


def test_a_data_set_from_its_merkle_root_to_its_money():
    state = ip.State()
    rows = [b"row %d" % i for i in range(5)]
    gatherer = ip.Creator("data agent", "0x" + 40 * "2", 100)
    data = ip.Metadata("D", "five rows", 0, (gatherer,), merkle.root(rows))
    ip.register(state, "D", "data agent", data.hash())
    proof = merkle.prove_inclusion(rows, 3)
    assert merkle.verify_inclusion(rows[3], 3, 5, proof, data.media_hash)
    agreement = negotiate(PROVIDER, SEEKER)
    closed = negotiation.close(state, PROVIDER, SEEKER, agreement)
    assert state.terms[closed.terms] == agreement.terms.stored
    assert state.tokens[closed.token].holder == "model agent"
    maker = ip.Creator("model agent", "0x" + 40 * "1", 100)
    root = sha256(b"weights")
    record = ip.Metadata("M", "a model", 0, (maker,), root, negotiation=agreement.log_hash)
    negotiation.use(state, closed, "M", "model agent", record)
    assert state.assets["M"].metadata_hash == record.hash()
    ip.pay(state, "M", WIP, 10**9)
    due = 10**9 * agreement.terms.rev_share // HP
    assert ip.push(state, LAP, "M", "D", WIP) == due
    assert ip.claim(state, "D", "D", WIP) == due + closed.paid
    assert ip.conserved(state)


@given(
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.integers(0, HP // 5),
    st.integers(0, HP // 5),
)
def test_nobody_goes_beyond_his_limit(least_fee, most_fee, least_share, most_share):
    provider = replace(PROVIDER, least_fee=least_fee, least_share=least_share)
    seeker = Seeker("model agent", 0, 0, most_fee, most_share)
    agreement = negotiate(provider, seeker, max_rounds=40)
    assert is_unbroken(agreement.messages)
    possible = least_fee <= most_fee and least_share <= most_share
    assert (agreement.terms is not None) == possible
    if agreement.terms:
        assert least_fee <= agreement.terms.minting_fee <= most_fee
        assert least_share <= agreement.terms.rev_share <= most_share


def test_a_message_changed_afterwards_is_noticed():
    messages = negotiate(PROVIDER, SEEKER).messages
    assert is_unbroken(messages)
    for i, message in enumerate(messages):
        forged = replace(message, terms={**message.terms, "defaultMintingFee": 0})
        changed = (*messages[:i], forged, *messages[i + 1 :])
        same_log = changed[-1].hash() == messages[-1].hash()
        assert not (is_unbroken(changed) and same_log)
        assert not is_unbroken(messages[:i] + messages[i + 1 :]) or i == len(messages) - 1
    assert not is_unbroken(())


def test_what_is_not_agreed_cannot_be_closed():
    state = ip.State()
    ip.register(state, "D", "data agent")
    poor = replace(SEEKER, most_fee=20)
    agreement = negotiate(PROVIDER, poor)
    assert agreement.messages[-1].kind == "reject"
    with pytest.raises(ValueError, match="'reject' ended it"):
        negotiation.close(state, PROVIDER, poor, agreement)


def test_what_nobody_said_cannot_be_closed():
    """A log with forged terms, or with a message left out, mints nothing."""
    state = ip.State()
    ip.register(state, "D", "data agent")
    *said, last = negotiate(PROVIDER, SEEKER).messages
    forged = replace(said[-1], terms={**last.terms, "defaultMintingFee": 0})
    for messages in ((*said[:-1], forged, last), (*said[:-1], last)):
        with pytest.raises(ValueError, match="no unbroken chain"):
            negotiation.close(state, PROVIDER, SEEKER, negotiation.Agreement(messages))
    assert not state.tokens


def test_what_was_not_offered_cannot_be_closed():
    """An unbroken log mints nothing where the last word is not an answer to the other's offer."""
    state = ip.State()
    ip.register(state, "D", "data agent")
    *said, last = negotiate(PROVIDER, SEEKER).messages
    offer = said[-1]
    free = replace(last, terms={**last.terms, "defaultMintingFee": 0})
    to_oneself = replace(last, sender=offer.sender)
    from_stranger = replace(last, sender="eve")
    no_offer = replace(last, previous=said[0].hash())
    replaced = replace(offer, sender="eve", previous=said[-2].hash())
    for messages in (
        (*said, free),
        (*said, to_oneself),
        (*said, from_stranger),
        (said[0], no_offer),
        (*said[:-1], replaced, replace(last, previous=replaced.hash())),
        (replace(last, previous=bytes(32)),),
    ):
        assert is_unbroken(messages)
        with pytest.raises(ValueError, match=r"agreement\.messages"):
            negotiation.close(state, PROVIDER, SEEKER, negotiation.Agreement(messages))
    assert not state.tokens


def test_a_record_names_the_negotiation_of_its_licence():
    state = ip.State()
    ip.register(state, "D", "data agent")
    agreement = negotiate(PROVIDER, SEEKER)
    closed = negotiation.close(state, PROVIDER, SEEKER, agreement)
    maker = ip.Creator("model agent", "0x" + 40 * "1", 100)
    for other in (b"", b"x", agreement.messages[-2].hash()):
        record = ip.Metadata("M", "a model", 0, (maker,), bytes(32), negotiation=other)
        with pytest.raises(ValueError, match="record of 'M' names negotiation"):
            negotiation.use(state, closed, "M", "model agent", record)
    assert not state.is_ip("M")


def test_limits_that_contradict_themselves():
    with pytest.raises(ValueError, match=r"first_fee is 10, must be in 0\.\.9"):
        replace(SEEKER, most_fee=9)
    with pytest.raises(ValueError, match=r"least_share is .*, must be in 0\.\.20000000"):
        replace(PROVIDER, least_share=HP)


def test_metadata_that_does_not_add_up():
    maker = ip.Creator("m", "0x" + 40 * "1", 99)
    with pytest.raises(ValueError, match="contribute 99 %"):
        ip.Metadata("t", "d", 0, (maker,), bytes(32))
    whole = replace(maker, contribution_percent=100)
    with pytest.raises(ValueError, match="media_hash has 3 bytes"):
        ip.Metadata("t", "d", 0, (whole,), b"abc")
    with pytest.raises(ValueError, match=r"creator\.address"):
        ip.Metadata("t", "d", 0, (replace(whole, address="me"),), bytes(32))
    record = ip.Metadata("t", "d", 0, (replace(whole, role="author"),), bytes(32))
    assert '"role":"author"' in record.to_json()
