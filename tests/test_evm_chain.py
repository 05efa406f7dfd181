"""The chain: gas to the unit, refusals in words, snapshots, clocks, and replay by a third party."""

import random
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import rlp
from eth_account import Account as Signer
from eth_account.messages import encode_defunct

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import (
    ETHER,
    MAX_TRANSACTION_GAS,
    Artifact,
    Chain,
    Contract,
    Journal,
    Reverted,
    calldata_floor_gas,
    recover_signer,
)
from aicrypto.evm.accounts import GROUP_ORDER, recover_transaction
from aicrypto.evm.journal import Mint, Warp

SAMPLER = Path(__file__).parent / "contracts" / "Sampler.vy"
STORE_GAS, STORE_AGAIN_GAS, COLD_LOAD_GAS = 22_100, 5_000, 2_100  # EIP-2929, EIP-2200


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture
def alice(chain):
    return chain.account("alice")


@pytest.fixture
def sampler(chain, alice) -> Contract:
    return chain.deploy(SAMPLER, 7, sender=alice)


def bare(runtime: str) -> Artifact:
    """A contract of hand-written machine code (PUSH1 n, PUSH1 12, PUSH0... CODECOPY, RETURN)."""
    code = bytes.fromhex(runtime)
    n = len(code)
    return Artifact(
        "Bare", [], bytes([0x60, n, 0x60, 12, 0x60, 0, 0x39, 0x60, n, 0x60, 0, 0xF3]) + code, n
    )


# Gas


def test_plain_transfer_costs_21000(chain, alice):
    receipt = chain.transfer(alice, chain.account("bob"), 5)
    assert (receipt.gas_used, receipt.floor_gas, chain.gas_used) == (21_000, 21_000, 21_000)


@pytest.mark.parametrize("data", [b"\0", b"\1", bytes(100), b"\0\1\2" * 33])
def test_calldata_costs_4_and_16_and_the_floor_stands_beside(chain, alice, data):
    zeros = data.count(0)
    receipt = chain.send(chain.account("bob"), sender=alice, data=data)
    assert receipt.gas_used == 21_000 + 4 * zeros + 16 * (len(data) - zeros)
    assert receipt.floor_gas == 21_000 + 10 * zeros + 40 * (len(data) - zeros)
    assert receipt.floor_gas == calldata_floor_gas(data)


def test_every_transaction_finds_storage_cold(chain, alice):
    # PUSH0 CALLDATALOAD PUSH0 SSTORE STOP: 2 + 3 + 2 gas and the store
    store = chain.deploy(bare("5f355f5500"), sender=alice)
    calldata_gas, code_gas = 31 * 4 + 16, 2 + 3 + 2

    def gas(value: int) -> int:
        data = value.to_bytes(32, "big")
        return chain.send(store, sender=alice, data=data).gas_used - 21_000 - code_gas

    assert gas(1) == STORE_GAS + calldata_gas
    assert gas(2) == STORE_AGAIN_GAS + calldata_gas
    assert gas(3) == STORE_AGAIN_GAS + calldata_gas
    assert gas(3) == COLD_LOAD_GAS + 100 + calldata_gas
    assert gas(0) == STORE_AGAIN_GAS + 32 * 4 - 4_800  # refund of EIP-3529
    assert gas(9) == STORE_GAS + calldata_gas
    assert chain.state.storage == {(store.address, 0): 9}


def test_revert_keeps_gas_counted_from_cold(chain, alice):
    load = chain.deploy(bare("5f545000"), sender=alice)  # PUSH0 SLOAD POP STOP
    cold = 21_000 + 2 + COLD_LOAD_GAS + 2
    assert chain.send(load, sender=alice).gas_used == cold
    chain.revert(chain.snapshot())
    assert chain.send(load, sender=alice).gas_used == cold


def test_creation_pays_for_every_byte_kept(chain, alice):
    def gas(n_bytes: int) -> int:
        chain.deploy(bare("00" * n_bytes), sender=alice)
        return chain.gas_used

    assert gas(2) - gas(1) == 200 + 4  # one byte more of code, a zero byte more of calldata


def test_gas_limit_of_eip_7825(chain, alice, sampler):
    bob = chain.account("bob")
    for gas in (MAX_TRANSACTION_GAS + 1, 20_999, 0, -1):
        with pytest.raises(ValueError, match=r"gas is .*16,777,216 \(EIP-7825\)"):
            chain.send(bob, sender=alice, gas=gas)
    assert chain.send(bob, sender=alice, gas=21_000).gas_used == 21_000
    with pytest.raises(Reverted, match="OutOfGas at a limit of 16,777,216 gas") as stopped:
        sampler.spin(sender=alice)
    assert stopped.value.gas_used == chain.gas_used == MAX_TRANSACTION_GAS
    assert sampler.number() == 7


def test_calldata_beyond_the_gas_limit_is_refused(chain, alice):
    nonce = chain.nonce(alice)
    with pytest.raises(ValueError, match="21016"):
        chain.send(chain.account("bob"), sender=alice, data=b"\1", gas=21_000)
    assert chain.nonce(alice) == nonce


# The machine's rules


def test_bn254_precompile_adds_points(chain):
    # (1, 2) + (1, 2), EIP-196; the doubled generator's coordinates as py_ecc gives them
    one = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
    doubled = chain.call("0x" + "6".zfill(40), one + one)
    assert doubled[:32].hex() == "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
    assert doubled[32:].hex() == "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"


def test_there_is_no_bls12_381_precompile(chain):
    assert chain.call("0x" + "b".zfill(40), bytes(256)) == b""


def test_transient_storage_lasts_one_transaction(alice, sampler):
    assert [sampler.set_scratch(sender=alice) for _ in range(2)] == [1, 1]


def test_nonces_and_contract_addresses_are_ethereums(chain, alice):
    chain.transfer(alice, alice, 0)
    with suppress(Reverted):
        chain.deploy(SAMPLER, 13, sender=alice)
    assert chain.nonce(alice) == 2, "a failed transaction counts too"
    contract = chain.deploy(SAMPLER, 1, sender=alice)
    expected = keccak256(rlp.encode([bytes.fromhex(alice.address[2:]), 2]))[12:]
    assert contract.address == "0x" + expected.hex()
    assert chain.nonce(contract) == 1  # EIP-161


def test_code_is_kept_as_deployed_with_its_last_zeros(chain, alice):
    contract = chain.deploy(bare("5f355f550000000000"), sender=alice)
    assert chain.state.account(contract.address).code == bytes.fromhex("5f355f550000000000")


def test_contract_destroyed_at_birth_leaves_nothing(chain, alice):
    born = chain.send(None, sender=alice, value=5, data=bytes.fromhex("6001600055" + "33ff"))
    assert born.created not in chain.state.accounts
    assert not chain.state.storage
    assert chain.total_wei() == chain.minted_wei


@pytest.mark.parametrize(("heir", "burnt"), [("33", 0), ("30", 55)])  # CALLER, ADDRESS
def test_money_that_waited_for_a_contract_destroyed_at_birth_is_not_doubled(
    chain, alice, heir, burnt
):
    address = "0x" + keccak256(rlp.encode([bytes.fromhex(alice.address[2:]), 0]))[12:].hex()
    chain.mint(address, 50)
    init_code = bytes.fromhex("6001600055" + heir + "ff")
    assert chain.send(None, sender=alice, value=5, data=init_code).created == address
    assert address not in chain.state.accounts
    assert chain.total_wei() == chain.minted_wei - burnt
    chain.transfer(alice, address, 1)
    assert chain.balance(address) == 1, "revm's copy is empty too"


def test_destroyed_contract_stays_and_its_money_goes(chain, alice):
    contract = chain.deploy(bare("33ff"), sender=alice)  # CALLER SELFDESTRUCT, EIP-6780
    chain.mint(contract, 50)
    chain.send(contract, sender=alice, value=3)
    assert chain.state.account(contract.address).code == bytes.fromhex("33ff")
    assert (chain.balance(contract), chain.balance(alice)) == (0, 1000 * ETHER + 50)


def test_a_contract_is_no_sender(chain, sampler):
    with pytest.raises(ValueError, match="RejectCallerWithCode"):
        chain.send(chain.account("bob"), sender=sampler)


# Calling contracts


def test_return_values_and_overloads(alice, sampler):
    assert sampler.number() == 7
    assert sampler.add(sender=alice) == 8
    assert sampler.add(10, sender=alice) == 18
    assert sampler.add(10, 2, sender=alice) == 38
    assert sampler.say("hello", sender=alice) is None
    assert sampler.function("add(uint256)")(2, sender=alice) == 40


def test_structs_arrays_and_parties_are_arguments(alice, sampler):
    assert sampler.pairs((1, alice), [bytes(32)] * 3) == ((2, alice.address), 3)
    assert sampler.pairs((1, sampler), []) == ((2, sampler.address), 0)


def test_views_leave_no_trace(chain, alice, sampler):
    digest, n_receipts = chain.state_digest(), len(chain.receipts)
    assert sampler.clock()[3] == "0x" + 40 * "0"
    assert sampler.clock(sender=alice)[3] == alice.address
    assert (chain.state_digest(), len(chain.receipts)) == (digest, n_receipts)
    with pytest.raises(Reverted, match="StateChangeDuringStaticCall"):
        chain.call(sampler, sampler.add.encode())
    assert chain.state_digest() == digest


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda s, a: s.add(1, 2, 3, sender=a), r"3 arguments for add\(\), add\(uint256\)"),
        (lambda s, a: s.add(-1, sender=a), r"add: amount is -1, must be uint256"),
        (lambda s, a: s.add(True, sender=a), r"add: amount is True, must be uint256"),
        (lambda s, a: s.add(2**256, sender=a), r"must be uint256"),
        (lambda s, a: s.say(b"raw", sender=a), r"say: word is b'raw', must be string"),
        (lambda s, a: s.pairs((1, a), [bytes(31)]), r"hashes is \(b.*must be bytes32\[\]"),
        (lambda s, a: s.pairs((1, "0x12"), []), r"pair is \(1, '0x12'\).*\(uint256,address\)"),
        (lambda s, a: s.add(1), r"sender is missing, add\(uint256\)"),
        (lambda s, a: s.number(value=1), r"value is 1, but number\(\) is a view"),
        (lambda s, a: s.add(1, sender="alice"), r"sender is 'alice', must be"),
        (lambda s, a: s.add(1, sender=a, value=10**30), r"value is 10+, 0x\w+ has \d+ wei"),
        (lambda s, a: s.add(1, sender=a, value=-1), r"value is -1, must be in"),
        (lambda s, a: s.function("gone"), r"no function 'gone'; there are: .*number\(\)"),
        (lambda s, a: s.chain.deploy(SAMPLER, sender=a), r"Sampler\(uint256\) takes 1 arg.* got 0"),
        (lambda s, a: s.chain.at(SAMPLER, a), r"where there is no contract"),
        (lambda s, a: s.chain.account("poor", funds_wei=-1), r"wei is -1"),
        (lambda s, a: s.chain.mint(a, 2**256 - 1), r"wei is \d+, must be in"),
        (lambda s, a: s.chain.warp(-1), r"seconds is -1"),
        (lambda s, a: s.chain.revert(0), r"snapshot is 0, there are 0"),
        (lambda s, a: s.chain.journal, r"record is False"),
        (lambda s, a: Chain(chain_id=-1), r"chain_id is -1"),
        (lambda s, a: Chain(timestamp=2**64), r"timestamp is 18446744073709551616"),
    ],
)
def test_mistakes_are_named_and_change_nothing(chain, alice, sampler, call, complaint):
    digest = chain.state_digest()
    with pytest.raises(ValueError, match=complaint):
        call(sampler, alice)
    assert chain.state_digest() == digest


def test_ambiguous_overload_wants_its_signature(chain, alice, sampler):
    entries = [
        {"type": "function", "name": "f", "inputs": [{"name": "x", "type": kind}]}
        for kind in ("uint256", "bytes32")
    ]
    contract = chain.at(Artifact("Two", entries, b"", 0), sampler)
    with pytest.raises(ValueError, match=r"f\(uint256\), f\(bytes32\): use function\(signature\)"):
        contract.f.encode(1)
    assert len(contract.function("f(bytes32)").encode(bytes(32))) == 36


def test_unknown_attribute_says_what_there_is(sampler):
    with pytest.raises(AttributeError, match=r"no function 'ad'; there are: .*add\(\)"):
        sampler.ad()
    assert not hasattr(sampler, "__array__")
    assert {"add", "address"} <= set(dir(sampler))
    assert repr(sampler) == f"<Sampler at {sampler.address}>"


# Failures


def encoded(selector: str, *words: int) -> bytes:
    return bytes.fromhex(selector) + b"".join(word.to_bytes(32, "big") for word in words)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encoded("4e487b71", 0x11), "panic 0x11: arithmetic overflow"),
        (encoded("4e487b71", 0x99), "panic 0x99: unknown"),
        (encoded("08c379a0", 32, 2), f"0x08c379a0{32:064x}{2:064x}"),
        (b"\xde\xad\xbe\xef\1", "0xdeadbeef01"),
        (b"\1", "0x01"),
        (b"", "no reason given"),
    ],
)
def test_revert_data_is_put_into_words(chain, alice, sampler, data, reason):
    with pytest.raises(Reverted) as failed:
        sampler.fail_raw(data, sender=alice)
    assert (failed.value.reason, failed.value.data) == (reason, data)
    assert failed.value.gas_used == chain.gas_used > 21_000
    assert chain.receipts[-1].halt == "Revert"


def test_reason_strings_and_custom_errors(chain, alice, sampler):
    with pytest.raises(Reverted, match=r"unlucky \(after [\d,]+ gas\)"):
        chain.deploy(SAMPLER, 13, sender=alice)
    with pytest.raises(Reverted, match="no reason given"):
        sampler.fail_silently(sender=alice)
    with pytest.raises(Reverted, match="no reason given"):
        sampler.count_down(11)
    error = {"type": "error", "name": "Bad", "inputs": [{"name": "n", "type": "uint256"}]}
    fail = {"type": "function", "name": "fail_raw", "inputs": [{"name": "data", "type": "bytes"}]}
    foreign = chain.at(Artifact("Foreign", [error, fail], b"", 0), sampler)
    data = keccak256(b"Bad(uint256)")[:4] + (5).to_bytes(32, "big")
    with pytest.raises(Reverted) as failed:
        foreign.fail_raw(data, sender=alice)
    assert failed.value.reason == "Bad(5)"


def test_failed_transaction_changes_only_the_nonce(chain, alice, sampler):
    balance, nonce, storage = chain.balance(alice), chain.nonce(alice), dict(chain.state.storage)
    with pytest.raises(Reverted):
        sampler.fail_silently(sender=alice, value=0)
    assert (chain.balance(alice), chain.nonce(alice)) == (balance, nonce + 1)
    assert chain.state.storage == storage


# Events


def test_events_by_contract_and_by_receipt(chain, alice, sampler):
    other = chain.deploy(SAMPLER, 1, sender=alice)
    sampler.say("hello", sender=alice)
    other.say("there", sender=alice)
    (event,) = sampler.events()
    assert (event.name, event.address) == ("Said", sampler.address)
    word = keccak256(b"hello")  # an indexed string is kept as its hash
    assert event.arguments == {"who": alice.address, "word": word, "number": 7}
    assert sampler.events("Nothing") == []
    assert chain.events(chain.receipts[-1]) == other.events("Said")
    assert [e.address for e in chain.events()] == [sampler.address, other.address]


# Money and time


def test_money_only_moves(chain, alice, sampler):
    bob = chain.account("bob", funds_wei=3)
    assert chain.account("bob", funds_wei=99) is bob
    chain.transfer(alice, bob, 5 * ETHER)
    chain.transfer(bob, sampler, 2)
    chain.transfer(alice, "0x" + 40 * "0", 7)
    assert chain.balance(bob) == 5 * ETHER + 1
    assert chain.balance(sampler) == 2
    assert chain.balance("0x" + 40 * "0") == 7
    assert chain.total_wei() == chain.minted_wei == 1000 * ETHER + 3


def test_clock(chain, sampler):
    start = chain.timestamp
    assert sampler.clock()[:3] == (start, 1, 1337)
    for seconds, number in [(0, 1), (1, 2), (12, 3), (25, 6)]:
        chain.warp(seconds)
        assert sampler.clock()[1] == chain.block.number == number
    assert sampler.clock()[0] == chain.timestamp == start + 38


def test_snapshot_brings_everything_back(chain, alice, sampler):
    first, digest = chain.snapshot(), chain.state_digest()
    sampler.add(5, sender=alice)
    later = chain.snapshot()
    chain.account("carol")
    chain.warp(100)
    sampler.say("lost", sender=alice)
    chain.revert(first)
    assert (chain.state_digest(), sampler.number(), sampler.events()) == (digest, 7, [])
    with pytest.raises(ValueError, match="snapshot is 1, there are 1"):
        chain.revert(later)
    assert chain.balance(chain.account("carol")) == 1000 * ETHER, "funded anew"
    assert sampler.add(1, sender=alice) == 8
    chain.revert(first)
    assert chain.state_digest() == digest


def test_snapshot_brings_back_what_reasons_are_read_with(chain, alice, sampler):
    before = chain.snapshot()
    error = {"type": "error", "name": "Bad", "inputs": []}
    chain.at(Artifact("Foreign", [error], b"", 0), sampler)
    data = keccak256(b"Bad()")[:4]
    for reason in ("Bad()", f"0x{data.hex()}"):
        with pytest.raises(Reverted) as failed:
            sampler.fail_raw(data, sender=alice)
        assert failed.value.reason == reason
        chain.revert(before)


# Signatures, raw transactions, replay


def test_accounts_and_signatures_are_those_of_eth_account(chain, alice):
    assert alice.address == Signer.from_key(alice.private_key).address.lower()
    assert Chain().account("alice") == alice
    assert Chain(seed="other").account("alice") != alice
    assert "private_key" not in repr(alice)
    signature = alice.sign(b"hello")
    assert signature == Signer.sign_message(encode_defunct(b"hello"), alice.private_key).signature
    assert recover_signer(b"hello", signature) == alice.address
    assert recover_signer(b"hullo", signature) != alice.address
    with pytest.raises(ValueError, match="signature 0x00"):
        recover_signer(b"hello", bytes(65))


def test_raw_transaction_of_another_wallet_is_executed(chain, alice, sampler):
    fields = {
        "type": 2,
        "chainId": 1337,
        "nonce": chain.nonce(alice),
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "gas": 100_000,
        "to": Signer.from_key(alice.private_key).address,
        "value": 1,
        "data": b"",
    }
    raw = bytes(Signer.sign_transaction(fields, alice.private_key).raw_transaction)
    assert chain.send_raw(raw).message.sender == alice.address
    raw = chain.sign(alice, sampler, data=sampler.add.encode(5))
    assert int.from_bytes(chain.send_raw(raw).output, "big") == 12


def resigned(alice, **changes: object) -> bytes:
    """Alice's transaction with some fields changed, signed properly."""
    fields = {
        "type": 2,
        "chainId": 1337,
        "nonce": 0,
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "gas": 100_000,
        "to": "0x" + "12" * 20,
        "value": 1,
        "data": b"",
        **changes,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    return bytes(Signer.sign_transaction(fields, alice.private_key).raw_transaction)


def remade(raw: bytes, index: int, change) -> bytes:
    """A raw transaction with field `index` changed and the signature left as it was."""
    fields = list(rlp.decode(raw[1:]))
    fields[index] = change(fields[index])
    return raw[:1] + rlp.encode(fields)


def flip_s(raw: bytes) -> bytes:
    """The other signature of the same message: (r, n - s) with the other parity."""
    raw = remade(raw, 11, lambda s: (GROUP_ORDER - int.from_bytes(s, "big")).to_bytes(32, "big"))
    return remade(raw, 9, lambda v: b"\1" if v == b"" else b"")


LEGACY = {"type": None, "maxFeePerGas": None, "maxPriorityFeePerGas": None, "gasPrice": 0}


@pytest.mark.parametrize(
    ("forge", "complaint"),
    [
        (lambda a: resigned(a, chainId=1), "chain id 1, not 1337"),
        (lambda a: resigned(a, nonce=1), "nonce 1, the next is 0"),
        (lambda a: resigned(a, gas=2**24 + 1), "gas is 16,777,217"),
        (lambda a: resigned(a, gas=20_999), "gas is 20,999"),
        (lambda a: resigned(a, value=10**30), "value is 10+, 0x"),
        (lambda a: resigned(a, maxFeePerGas=1), "maxFeePerGas 1, must be 0"),
        (lambda a: resigned(a, **LEGACY), "not valid"),
        (
            lambda a: resigned(a, accessList=[{"address": "0x" + "1" * 40, "storageKeys": []}]),
            "acc",
        ),
        (lambda a: flip_s(resigned(a)), "has s .* must be <="),
        (lambda a: remade(resigned(a), 9, lambda v: b"\x1b" if v == b"" else b"\x1c"), "v 2[78]"),
        (lambda a: remade(resigned(a), 6, lambda v: b"\2"), "has no account here"),
        (lambda a: remade(resigned(a), 10, lambda r: b""), "not valid"),
        (lambda a: resigned(a) + b"\0", "not valid"),
        (lambda a: resigned(a)[:-1], "not valid"),
        (lambda a: b"", "not valid"),
    ],
)
def test_forged_raw_transactions_are_refused(chain, alice, forge, complaint):
    digest = chain.state_digest()
    with pytest.raises(ValueError, match=complaint):
        chain.send_raw(forge(alice))
    assert chain.state_digest() == digest


def test_nobody_signs_for_another(chain, alice):
    bob = chain.account("bob")
    message = chain.transfer(alice, bob, 1).message
    with pytest.raises(ValueError, match=r"message\.sender is"):
        bob.sign_transaction(message, 1337, 0)


@pytest.fixture(scope="module")
def recorded() -> Chain:
    """A chain with mints, a warp, a deployment, calls, and a failed call in its journal."""
    chain = Chain(record=True)
    alice, bob = chain.account("alice"), chain.account("bob", funds_wei=10)
    # CALLDATASIZE PUSH1 7 JUMPI PUSH0 PUSH0 REVERT; 7: JUMPDEST, then store the calldata's word
    store = chain.deploy(bare("366007575f5ffd" + "5b5f355f5500"), sender=alice)
    chain.send(store, sender=bob, data=b"\7", value=3)
    chain.warp(100)
    with pytest.raises(Reverted):
        chain.send(store, sender=bob)
    chain.transfer(bob, alice, 4)
    return chain


def test_replay_reaches_the_same_state(recorded):
    journal = Journal.from_bytes(recorded.journal.to_bytes())
    assert journal == recorded.journal
    again = Chain.replay(journal)
    assert again.state_digest() == recorded.state_digest()
    assert [r.gas_used for r in again.receipts] == [r.gas_used for r in recorded.receipts]
    assert again.journal.to_bytes() == recorded.journal.to_bytes()
    assert len(journal.transactions) == len(recorded.receipts) == 4


def test_snapshots_take_the_journal_back(recorded):
    chain = Chain.replay(recorded.journal)
    chain.revert(chain.snapshot())
    here = chain.snapshot()
    chain.transfer(recorded.account("alice"), recorded.account("bob"), 1)
    chain.revert(here)
    assert chain.journal == recorded.journal


def test_recording_chain_wants_keys(recorded):
    with pytest.raises(ValueError, match="needs an account's key"):
        recorded.transfer(recorded.account("alice").address, recorded.account("bob"), 1)


def test_no_tampered_journal_passes_for_the_honest_one(recorded, monkeypatch):
    """Random byte changes: a refusal or another state, never silently the same."""
    # Most transactions of a tampered journal are the honest ones: recover each signer once.
    monkeypatch.setattr("aicrypto.evm.chain.recover_transaction", cache(recover_transaction))
    honest, digest, rng = recorded.journal.to_bytes(), recorded.state_digest(), random.Random(7)
    n_refused = 0
    for _ in range(200):
        tampered = bytearray(honest)
        tampered[rng.randrange(len(honest))] ^= rng.randrange(1, 256)
        try:
            assert Chain.replay(Journal.from_bytes(bytes(tampered))).state_digest() != digest
        except ValueError:
            n_refused += 1
    assert n_refused > 100, "most of the journal is signed"


def test_tampered_entries_do_not_pass(recorded):
    journal, digest = recorded.journal, recorded.state_digest()
    entries = list(journal.entries)
    raw = [i for i, entry in enumerate(entries) if isinstance(entry, bytes)]
    removed = [entries[:i] + entries[i + 1 :] for i in range(len(entries))]
    repeated = [[*entries, entries[i]] for i in raw]
    swapped = list(entries)
    swapped[raw[0]], swapped[raw[1]] = swapped[raw[1]], swapped[raw[0]]
    for forged in [*removed, *repeated, swapped, [*entries, Warp(1)], [*entries, Mint(NEMO, 1)]]:
        try:
            assert Chain.replay(replace(journal, entries=tuple(forged))).state_digest() != digest
        except ValueError:
            continue


NEMO = "0x" + "99" * 20


@pytest.mark.parametrize("cut", [0, 7, 27, 28, 33, -1])
def test_truncated_journal_is_refused(recorded, cut):
    with pytest.raises(ValueError, match="journal"):
        Journal.from_bytes(recorded.journal.to_bytes()[:cut])


def test_journal_of_nothing():
    assert Chain.replay(Journal.from_bytes(Chain(record=True).journal.to_bytes())).receipts == []
