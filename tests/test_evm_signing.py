"""EIP-712 and signatures: as eth-account has them, and what is refused."""

import pytest
from eth_account import Account as Signer
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.accounts import GROUP_ORDER, derive_account
from aicrypto.evm.signing import (
    InvalidSignature,
    Signature,
    TypedData,
    encode_type,
    recover,
    recover_address,
    sign_digest,
    signer_of,
    struct_hash,
)

ALICE = derive_account("test", "alice")
DIGEST = keccak256(b"a message")
TYPES = {
    "Order": [
        {"name": "items", "type": "Item[]"},
        {"name": "pair", "type": "int16[2]"},
        {"name": "note", "type": "bytes"},
        {"name": "seal", "type": "bytes4"},
        {"name": "ok", "type": "bool"},
    ],
    "Item": [{"name": "to", "type": "address"}, {"name": "name", "type": "string"}],
}
DOMAIN = {"name": "Shop", "chainId": 5, "salt": "0x" + 64 * "7"}
ITEM = st.fixed_dictionaries({"to": st.just(ALICE.address), "name": st.text(max_size=5)})
ORDERS = st.fixed_dictionaries(
    {
        "items": st.lists(ITEM, max_size=3),
        "pair": st.lists(st.integers(-(2**15), 2**15 - 1), min_size=2, max_size=2),
        "note": st.binary(max_size=40).map(lambda data: "0x" + data.hex()),
        "seal": st.binary(min_size=4, max_size=4).map(lambda data: "0x" + data.hex()),
        "ok": st.booleans(),
    }
)


@settings(max_examples=25, deadline=None)
@given(ORDERS)
def test_hashes_are_those_of_eth_account(order):
    ours = TypedData(TYPES, "Order", DOMAIN, order)
    theirs = encode_typed_data(DOMAIN, TYPES, order)
    assert ours.domain_separator == theirs.header
    assert ours.struct_hash == theirs.body


def test_types_in_words():
    assert encode_type(TYPES, "Order") == (
        "Order(Item[] items,int16[2] pair,bytes note,bytes4 seal,bool ok)"
        "Item(address to,string name)"
    )
    with pytest.raises(ValueError, match="primary type is 'Bill'"):
        encode_type(TYPES, "Bill")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("int8", 128),
        ("bytes4", "0x0102030405"),
        ("address", "0x12"),
        ("uint8[2]", [1]),
        ("Missing", 1),
        ("uint264", 1),
    ],
)
def test_values_that_do_not_fit(kind, value):
    types = {"T": [{"name": "v", "type": kind}]}
    with pytest.raises(ValueError, match=r"is|has"):
        struct_hash(types, "T", {"v": value})
    with pytest.raises(ValueError, match=r"T\.v is missing"):
        struct_hash(types, "T", {})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("bytes", value) for value in (3, True, [1], None)),
        *(("bytes4", value) for value in (4, [1, 2, 3, 4])),
        *(("uint256", value) for value in (1.5, 1.0, b"1", None)),
        *(("bool", value) for value in ("false", "", 2, 0, None)),
        *(("string", value) for value in (5, b"a", None)),
        ("uint8[]", [1, 2.5]),
    ],
)
def test_values_of_another_kind_are_refused_by_name_not_converted(kind, value):
    types = {"T": [{"name": "inner", "type": "U"}], "U": [{"name": "v", "type": kind}]}
    with pytest.raises(ValueError, match=r"^T\.inner: U\.v: \w+ is .*, must be"):
        struct_hash(types, "T", {"inner": {"v": value}})


def test_every_field_of_the_domain_counts():
    base = TypedData(TYPES, "Item", DOMAIN, {"to": ALICE.address, "name": ""})
    others = [{**DOMAIN, "chainId": 6}, {**DOMAIN, "name": "shop"}, {**DOMAIN, "version": "1"}]
    digests = {TypedData(TYPES, "Item", d, base.message).digest for d in [DOMAIN, *others]}
    assert len(digests) == 4


def test_signatures_are_those_of_eth_account():
    signature = sign_digest(DIGEST, ALICE.private_key)
    assert signature == bytes(Signer.unsafe_sign_hash(DIGEST, ALICE.private_key).signature)
    assert recover_address(DIGEST, signature) == ALICE.address


def test_every_changed_byte_is_noticed():
    signature = sign_digest(DIGEST, ALICE.private_key)
    for i in range(0, 65, 4):
        changed = signature[:i] + bytes([signature[i] ^ 1]) + signature[i + 1 :]
        assert signer_of(DIGEST, changed) != ALICE.address
    assert signer_of(keccak256(DIGEST), signature) != ALICE.address


def test_the_twin_of_a_signature_is_refused():
    signature = sign_digest(DIGEST, ALICE.private_key)
    s = GROUP_ORDER - int.from_bytes(signature[32:64], "big")
    twin = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    assert Signer._recover_hash(DIGEST, signature=twin).lower() == ALICE.address  # others take it
    with pytest.raises(InvalidSignature):
        recover_address(DIGEST, twin)
    assert Signature.from_bytes(twin) == Signature.from_bytes(signature).twin
    assert recover(DIGEST, Signature.from_bytes(twin)) == ALICE.address


@pytest.mark.parametrize("bad", [b"", bytes(64), bytes(65), bytes(66), b"\xff" * 64 + b"\x1b"])
def test_bytes_that_are_no_signature(bad):
    with pytest.raises(InvalidSignature):
        recover_address(DIGEST, bad)
    assert signer_of(DIGEST, bad) is None
