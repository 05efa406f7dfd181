"""Rounds, apps, the settlement app with its detours, certificates, and how keepers cheat."""

import hashlib
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.agents.services.fsm import (
    App,
    InvalidApp,
    Members,
    Payload,
    Round,
    TransactionNotValidError,
    chain,
    default_threshold,
    parse_specification,
    select_keeper,
    write_specification,
)
from aicrypto.agents.services.fsm import settlement as s
from aicrypto.agents.services.fsm.answering import ANSWERING, SERVICE, TOOLS, digest_to_sign
from aicrypto.agents.services.fsm.certificates import (
    assemble,
    is_certificate,
    operation_digest,
    take_apart,
)
from aicrypto.agents.services.fsm.periods import Period
from aicrypto.agents.services.fsm.settling import settling
from aicrypto.evm import Chain, Reverted
from aicrypto.evm.accounts import derive_account
from aicrypto.evm.signing import Signature, sign_digest

NAMES = ("ann", "ben", "cleo", "dan")
ACCOUNTS = {name: derive_account("fsm", name) for name in NAMES}
KEYS = {name: account.private_key for name, account in ACCOUNTS.items()}
SIGNERS = {name: account.address for name, account in ACCOUNTS.items()}
DIGEST = bytes(31) + b"\x07"
# Of the file of the deployed app, byte by byte: open-autonomy@0579e30e, Apache-2.0.
DEPLOYED_SPECIFICATION = "ca45d5ed7857125e407e56d37714ee411e36d112e4a54a055616a301306bff59"


def under_way(kind, n=4, **terms):
    names = tuple(f"agent_{i}" for i in range(n))
    return Round(kind, Members(names), **terms), names


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 13), st.data())
def test_few_liars_cannot_change_the_outcome(n, data):
    """With at most n - threshold liars: whatever they send, whenever, DONE means the truth."""
    this, names = under_way("collect_same_until_threshold", n)
    n_liars = data.draw(st.integers(0, n - default_threshold(n)))
    lies = data.draw(st.lists(st.sampled_from("xyz"), min_size=n_liars, max_size=n_liars))
    sent = dict(zip(names, [*lies, *["truth"] * (n - n_liars)], strict=True))
    events = []
    for name in data.draw(st.permutations(names)):
        this.deliver(Payload(name, (sent[name],)))
        events.append(this.end_block())
    assert set(events) <= {None, "DONE"}
    assert events[-1] == "DONE"
    assert this.agreed == ("truth",)


@pytest.mark.parametrize("n", range(1, 14))
def test_two_thresholds_share_an_honest_operator(n):
    needed, n_liars = default_threshold(n), n - default_threshold(n)
    assert 2 * needed - n > n_liars
    for low in range(needed):
        with pytest.raises(ValueError, match=f"must be in {needed}"):
            Members(tuple(map(str, range(n))), threshold=low)


def test_a_low_threshold_lets_one_liar_make_two_truths():
    """With 2 of 4 both halves are sure of their own value; with 3 of 4 neither is."""
    halves = {}
    for needed in (2, 3):
        for half, value in ((("a", "b"), "x"), (("c", "d"), "y")):
            members = Members(("a", "b", "c", "d"), threshold=3)
            object.__setattr__(members, "threshold", needed)  # what Members refuses
            this = Round("collect_same_until_threshold", members)
            this.deliver(Payload(half[0], (value,)))
            this.deliver(Payload(half[1], (value,)))
            halves.setdefault(needed, []).append(this.agreed)
    assert halves == {2: [("x",), ("y",)], 3: [None, None]}


def test_rounds_that_the_suite_leaves_out():
    this, names = under_way("collect_different_until_all", 2)
    this.deliver(Payload(names[0], ("x",)))
    with pytest.raises(TransactionNotValidError, match="there already"):
        this.deliver(Payload(names[1], ("x",)))
    this.deliver(Payload("stranger", ("y",)))
    assert this.end_block() == "THRESHOLD_REACHED"

    this, names = under_way("collect_non_empty_until_threshold", confirmations=1)
    for name in names[:3]:
        this.deliver(Payload(name, (None,)))
    assert [this.end_block() for _ in range(2)] == [None, "NONE"]
    this.deliver(Payload(names[3], ("late",)))
    assert this.end_block() == "DONE", "a late one was worth the wait"

    this, names = under_way("only_keeper_sends", keeper="agent_1")
    this.deliver(Payload("agent_1", (None, None)))
    assert this.end_block() == "FAIL"

    this, names = under_way("voting")
    for name, vote in zip(names, (True, False, None), strict=False):
        this.deliver(Payload(name, (vote,)))
    assert this.end_block() == "NO_MAJORITY"
    assert Round("voting", Members((), ("a",))).end_block() == "NO_MAJORITY", "nobody takes part"


def test_the_settlement_app_is_the_deployed_one():
    text = write_specification(s.SETTLEMENT)
    assert hashlib.sha256(text.encode()).hexdigest() == DEPLOYED_SPECIFICATION
    assert len(s.SETTLEMENT.states) == 13
    assert parse_specification(text, s.SETTLEMENT.timeouts) == s.SETTLEMENT
    assert set(s.STAGES) == s.SETTLEMENT.states - s.SETTLEMENT.finals


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("label: TransactionSubmissionAbciApp\n", "", "label is missing"),
        ("- ResetRound\n", "", "states and transition_func differ in ResetRound"),
        ("- DONE\n", "- DONE\n- DONE\n", "line 6 is '- DONE'"),
        ("- NONE\n", "- NONE\n- NOWHERE\n", "alphabet_in and transition_func differ in NOWHERE"),
        ("    (ResetRound, DONE): R", "    (ResetRound DONE): R", "unknown, misplaced"),
        ("states:\n- C", "states: &x\n- C", "unknown"),
        ("): FailedRound", "): FailRound", "FailRound has no transitions and is not final"),
        ("    (ResetRound, DONE)", "    (ResetRound, NO_MAJORITY)", "said before"),
        ("final_states:\n- FailedRound", "final_states:\n- ResetRound", "final ResetRound has"),
        ("default_start_state: Rand", "default_start_state: Rend", "is not among the starts"),
        ("(ResetRound, DONE): Rand", "(Lost, DONE): Rand", "Lost is never reached"),
    ],
)
def test_a_wrong_specification_is_refused_by_name(old, new, complaint):
    text = write_specification(s.SETTLEMENT)
    assert old in text
    with pytest.raises(InvalidApp, match=complaint.replace("(", r"\(")):
        parse_specification(text.replace(old, new))


def test_apps_are_joined_or_refused():
    assert SERVICE.states == (ANSWERING.states | s.SETTLEMENT.states) - {"AnsweredRound"}
    assert SERVICE.finals == {"UnansweredRound", *s.SETTLEMENT.finals}
    assert SERVICE.timeout("AnswerRound") == ("ROUND_TIMEOUT", 30.0)
    assert parse_specification(write_specification(SERVICE), SERVICE.timeouts) == SERVICE
    with pytest.raises(InvalidApp, match="in two apps"):
        chain("Twice", [ANSWERING, ANSWERING], {})
    with pytest.raises(InvalidApp, match="not by AnswerRound"):
        chain("Wrong", [ANSWERING, s.SETTLEMENT], {"AnswerRound": s.RANDOMNESS})
    with pytest.raises(InvalidApp, match=r"A has two timeouts, T and U"):
        App(
            "Two",
            "A",
            frozenset("A"),
            frozenset("B"),
            {"A": dict.fromkeys("TUV", "B")},
            {"T": 1.0, "U": 1.0},
        )
    with pytest.raises(InvalidApp, match="can only be left by a timeout"):
        App("Clock", "A", frozenset("A"), frozenset("B"), {"A": {"T": "B"}}, {"T": 1.0})
    with pytest.raises(ValueError, match="event DONE in FailedRound"):
        s.SETTLEMENT.after("FailedRound", "DONE")


# The settlement app, driven by hand: a block a second, payloads of whoever takes part.


class Settling:
    def __init__(self, **data):
        given = {"digest": DIGEST.hex(), "beacon": "11" * 32, "signers": SIGNERS, **data}
        self.period = Period(s.SETTLEMENT, s.STAGES, Members(NAMES), given)
        self.now = 0
        self.block()

    def block(self, payloads=None, seconds=1):
        self.now += 1000 * seconds
        self.period.begin_block(self.now)
        count = self.period.round_count
        for name, values in (payloads or {}).items():
            self.period.deliver(Payload(name, values, count))
        self.period.end_block(self.now)
        return self.period.state

    def honest(self, but=(), **instead):
        """A block in which everybody sends what he should, but for some."""
        sent = {}
        for name in NAMES:
            act = settling(KEYS[name]).get(self.period.state)
            values = instead.get(name) or act(name, self.period)
            if name not in but and values is not None:
                sent[name] = values
        return self.block(sent)

    def until(self, state):
        while self.period.state != state:
            self.honest()
        return self

    @property
    def keeper(self):
        return self.period.data["keepers"][0]

    @property
    def certificate(self):
        return bytes.fromhex(self.period.data["final"])


def test_settlement_on_the_straight_way():
    run = Settling().until(s.FINISHED)
    assert [event for _, event in run.period.history] == ["DONE"] * 5
    assert is_certificate(DIGEST, run.certificate, set(SIGNERS.values()), 3)
    with pytest.raises(TransactionNotValidError, match="final"):
        run.period.deliver(Payload("ann", ("x",)))


def test_a_late_keeper_is_replaced_and_his_late_message_is_found():
    run = Settling().until(s.FINALIZATION)
    first = run.keeper
    assert run.block(seconds=31) == s.KEEPER_LATE
    assert run.honest() == s.FINALIZATION
    assert run.keeper != first
    assert run.period.data["missed"] == {first: 1}
    assert run.block(seconds=31) == s.KEEPER_LATE
    assert run.honest() == s.SYNC, "two keepers of four were late: ask what they have sent"
    run.honest()
    assert [run.block() for _ in range(3)][-1] == s.LATE_HASHES
    assert run.honest() == s.FINISHED
    assert is_certificate(DIGEST, run.certificate, set(SIGNERS.values()), 3)


def test_whoever_shows_more_than_he_missed_is_a_suspect():
    run = Settling().until(s.FINALIZATION)
    for _ in range(2):
        run.block(seconds=31)
        run.honest()
    liar = next(name for name in NAMES if name not in run.period.data["missed"])
    run.honest(**{liar: ("made up",)})
    assert [run.block() for _ in range(3)][-1] == s.FAILED
    assert run.period.data["suspects"] == [liar]


def test_a_lying_keeper_is_found_out_and_replaced():
    run = Settling().until(s.FINALIZATION)
    liar = run.keeper
    assert run.honest(**{liar: ("a lie",)}) == s.VALIDATION
    assert run.honest() == s.HISTORY
    assert run.honest() == s.KEEPER_B
    run.until(s.FINISHED)
    assert run.keeper != liar
    assert is_certificate(DIGEST, run.certificate, set(SIGNERS.values()), 3)


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ((None, "INSUFFICIENT_FUNDS"), s.KEEPER_B),
        ((None, None), s.KEEPER_B),
        ((None, "ERROR"), s.KEEPER_B),
    ],
)
def test_what_keeps_a_keeper(sent, state):
    run = Settling().until(s.FINALIZATION)
    poor = run.keeper
    assert run.honest(**{poor: sent}) == state
    is_poor = sent[1] == "INSUFFICIENT_FUNDS"
    assert run.period.data.get("blacklisted", []) == ([poor] if is_poor else [])
    run.until(s.FINISHED)
    assert run.keeper != poor


def test_other_detours():
    run = Settling(history=["ab"]).until(s.FINALIZATION)
    assert run.honest(**{run.keeper: (None, "ERROR")}) == s.HISTORY
    run = Settling(missed={"ann": 1}).until(s.FINALIZATION)
    assert run.honest(**{run.keeper: (None, "ERROR")}) == s.SYNC
    run = Settling().until(s.VALIDATION)
    assert run.block(seconds=31) == s.HISTORY, "it may have been sent"
    assert run.honest() == s.FINISHED
    run = Settling().until(s.KEEPER_A)
    assert run.block(dict.fromkeys(NAMES, ("nobody",))) == s.FAILED, "INCORRECT_SERIALIZATION"
    run = Settling().until(s.KEEPER_A)
    assert run.block(dict(zip(NAMES, [("ann",), ("ben",)] * 2, strict=True))) == s.RESET
    assert run.honest() == s.RANDOMNESS
    assert run.block(dict.fromkeys(NAMES, (None,))) == s.RANDOMNESS, "NONE: once more"
    run.until(s.FINISHED)
    run = Settling(history=["ab"]).until(s.FINALIZATION)
    run.honest(**{run.keeper: (None, "ERROR")})
    assert run.block(dict.fromkeys(NAMES, ("unheard of", None))) == s.FAILED


def test_a_signature_of_another_is_refused_where_it_comes():
    """On a copy that takes any text, as deployed, one liar's can stop the whole settlement."""
    forged = (sign_digest(DIGEST, derive_account("fsm", "nobody").private_key).hex(),)
    weak = {**s.STAGES, s.SIGNATURES: s.Stage("collect_different_until_threshold", s._signatures)}
    for stages, is_stopped in ((weak, True), (s.STAGES, False)):
        run = Settling()
        run.period.stages = stages
        run.until(s.SIGNATURES)
        good = {n: (sign_digest(DIGEST, KEYS[n]).hex(),) for n in NAMES}
        if is_stopped:
            run.block({"ann": forged, **{n: good[n] for n in ("ben", "cleo")}})
        else:
            for text in (forged, ("not hex",), (), ("00" * 65,), good["ben"]):
                with pytest.raises(TransactionNotValidError, match="sends what"):
                    run.block({"ann": text})
            run.block({n: good[n] for n in ("ben", "cleo", "dan")})
        run.honest()
        assert run.honest() == (s.HISTORY if is_stopped else s.FINISHED)


def test_a_keeper_who_chooses_the_randomness_is_always_the_keeper():
    """He tries seeds until he is first. A beacon's numbers, agreed on, give him a quarter."""

    def turns(seeds):
        return sum(select_keeper(NAMES, [], seed) == "dan" for seed in seeds)

    beacon = [hashlib.sha256(bytes([i])).hexdigest() for i in range(200)]
    chosen = [
        next(c for c in (f"{1000 * i + k:064x}"[::-1] for k in range(999)) if turns([c]))
        for i in range(20)
    ]
    assert turns(chosen) == len(chosen)
    assert 25 <= turns(beacon) <= 75
    run = Settling()
    assert run.honest(dan=(chosen[0],)) == s.KEEPER_A, "three honest ones outvote him"
    assert run.period.data["randomness"] != chosen[0]


def test_certificates():
    owners, signatures = set(SIGNERS.values()), {n: sign_digest(DIGEST, KEYS[n]) for n in NAMES}
    for three in combinations(NAMES, 3):
        made = {assemble(DIGEST, [signatures[n] for n in p]) for p in permutations(three)}
        assert len(made) == 1, "in one order, whoever is asked first"
        assert is_certificate(DIGEST, made.pop(), owners, 3)
    good = assemble(DIGEST, signatures.values())
    parts = [good[i : i + 65] for i in range(0, len(good), 65)]
    assert assemble(DIGEST, [*parts, b"", bytes(65), parts[0]]) == good
    twin = Signature.from_bytes(parts[0]).twin
    high_s = b"".join(twin.fields[1:]) + bytes([twin.v])
    for bad in (
        b"",
        good[:130],
        good[:-1],
        good + b"\0",
        parts[0] * 3,
        b"".join(reversed(parts)),
        b"".join([parts[0], parts[0], parts[1]]),
        high_s + b"".join(parts[1:]),
        assemble(bytes(32), [sign_digest(bytes(32), KEYS[n]) for n in NAMES]),
    ):
        assert not is_certificate(DIGEST, bad, owners, 3)
    for i in range(0, len(good), 37):
        flipped = bytearray(good)
        flipped[i] ^= 1
        assert not is_certificate(DIGEST, bytes(flipped), owners, 4)
    stranger = sign_digest(DIGEST, derive_account("fsm", "nobody").private_key)
    assert not is_certificate(DIGEST, assemble(DIGEST, [*parts[:3], stranger]), owners, 3)


def approved(safe, to, wei, data, names=NAMES[:3]):
    digest = safe.digest(to, wei, data)
    where = safe.chain.chain_id, safe, safe.nonce()
    assert digest == operation_digest(*where, to, wei, data)
    return take_apart(assemble(digest, [sign_digest(digest, KEYS[name]) for name in names]))


def account(town, threshold):
    maker = town.account("maker")
    safe = town.deploy("OlasSafe", sender=maker)
    safe.setup(list(SIGNERS.values()), threshold, sender=maker)
    town.mint(safe, 100)
    return safe


def test_the_services_account_does_what_three_of_four_sign():
    town = Chain()
    maker, payee = (town.account(name) for name in ("maker", "payee"))
    safe = account(town, 3)
    good = approved(safe, payee, 10, b"")
    for bad in (good[:2], [*good[1:], good[0]], [good[0]] * 3, approved(safe, payee, 11, b"")):
        with pytest.raises(Reverted):
            safe.execute(payee, 10, b"", bad, sender=maker)
    safe.execute(payee, 10, b"", good, sender=maker)
    with pytest.raises(Reverted):  # a used number: they have signed another digest
        safe.execute(payee, 10, b"", good, sender=maker)
    assert town.balance(safe) == 90


def test_with_two_of_four_a_liar_pays_twice():
    """Two honest halves each agree with him; an account of such a threshold pays both."""
    town = Chain()
    maker, x, y = (town.account(name) for name in ("maker", "x", "y"))
    weak, right = account(town, 2), account(town, 3)
    for safe, half, payee in ((weak, ("ann", "dan"), x), (weak, ("ben", "dan"), y)):
        signed = approved(safe, payee, 50, b"", half)
        safe.execute(payee, 50, b"", signed, sender=maker)
    assert town.balance(weak) == 0
    with pytest.raises(Reverted, match="too few"):
        right.execute(x, 50, b"", approved(right, x, 50, b"", ("ann", "dan")), sender=maker)
    with pytest.raises(ValueError, match="threshold is 2"):
        Members(NAMES, threshold=2)


def test_keepers_edges():
    with pytest.raises(RuntimeError, match="blacklisted"):
        select_keeper(["a"], ["a"], "11")
    with pytest.raises(ValueError, match="not in list"):
        select_keeper(["a", "b"], ["a"], "11", "a")
    assert select_keeper(["a"], [], "11", "a") == "a"


def test_tools_answer_or_say_nothing():
    factor = TOOLS["factor"]
    assert [factor(p) for p in ("84", "97", "1099511627776")] == [
        "2 2 3 7",
        "97",
        " ".join("2" * 40),
    ]
    assert {factor(p) for p in ("", "0", "1", "-4", "2.5", "²", "9" * 14, "1099511627777")} == {""}
    assert TOOLS["words"]("two  words") == "2"
    assert len(digest_to_sign({}, "x")) == 32
