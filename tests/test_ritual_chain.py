"""Asynchronous and scheduled calls: the life of a call, replay, and what a lie changes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.commit.hashes import sha256
from aicrypto.ritual.chain import (
    AsyncChain,
    BadBlock,
    Block,
    Call,
    Fees,
    Fulfilled,
    Job,
    Life,
    Outcome,
    Scheduler,
    Servants,
    State,
    Status,
    executions,
    payments,
    replay,
    status_of,
)

FEES = Fees(3, 2, 1)
PEOPLE = Servants("executor", "A", "B")


def genesis(wei: int = 100) -> State:
    return State({"user": wei}, FEES)


def model(data: bytes) -> bytes:
    return sha256(b"model" + data)


def checked(call: Call, output: bytes, proof: bytes) -> bool:
    return output == model(call.data) and proof == b"proof"


def history(output: bytes | None = None, ttl: int = 3, delay: int = 0) -> AsyncChain:
    """One call's life, with `delay` empty blocks before its output."""
    chain = AsyncChain(genesis(), "executor")
    key = chain.submit(Call("user", 0, "0x0801", b"prompt", ttl))
    chain.propose("A")
    for _ in range(delay):
        chain.propose("A")
    chain.fulfil(key, output or model(b"prompt"), b"proof")
    chain.propose("B")
    chain.propose("C")
    return chain


def test_a_call_is_committed_included_and_paid_for_in_three_blocks() -> None:
    chain = history()
    assert [len(block.transactions) for block in chain.blocks] == [1, 1, 1]
    assert chain.state.outputs == {"user": model(b"prompt")}
    assert chain.state.wallets == {"user": 94, "executor": 3, "A": 2, "B": 1}
    assert replay(genesis(), chain.blocks, checked) == chain.state.root


def test_replay_executes_nothing_and_a_changed_output_changes_the_root() -> None:
    chain = history()
    [fulfilled] = chain.blocks[1].transactions
    forged = replace(chain.blocks[1], transactions=(replace(fulfilled, output=b"lie"),))
    with pytest.raises(BadBlock, match="another state root"):
        replay(genesis(), [chain.blocks[0], forged, chain.blocks[2]])


def test_a_lying_executor_passes_replay_without_a_check_and_not_with_one() -> None:
    chain = history(output=b"lie")
    assert replay(genesis(), chain.blocks) == chain.state.root  # the weakened copy
    with pytest.raises(BadBlock, match="not proven"):
        replay(genesis(), chain.blocks, checked)


def blocks_with(chain: AsyncChain, index: int, *transactions) -> list[Block]:
    """The blocks with one's transactions replaced, its root as if they were right."""
    blocks = list(chain.blocks)
    blocks[index] = replace(blocks[index], transactions=transactions)
    return blocks


def test_blocks_that_break_the_rules() -> None:
    chain = history()
    [commitment], [fulfilled], [settlement] = [block.transactions for block in chain.blocks]
    broken = [
        blocks_with(chain, 0, commitment, commitment),
        blocks_with(chain, 0, settlement),
        blocks_with(chain, 0, fulfilled),
        blocks_with(chain, 1, fulfilled, fulfilled),
        blocks_with(chain, 1, fulfilled, settlement),  # paid in the same block
        blocks_with(chain, 1, settlement),  # paid before any output
        blocks_with(chain, 1, replace(fulfilled, block=2)),
        blocks_with(chain, 1, replace(fulfilled, block=0)),
        blocks_with(chain, 2, settlement, settlement),
    ]
    for blocks in broken:
        with pytest.raises(BadBlock):
            replay(genesis(), blocks)
    with pytest.raises(BadBlock, match="cannot pay"):
        replay(genesis(wei=5), chain.blocks)
    for i in range(3):
        renamed = [*chain.blocks]
        renamed[i] = replace(renamed[i], proposer="thief")
        if i < 2:  # who settles earns nothing
            with pytest.raises(BadBlock, match="state root"):
                replay(genesis(), renamed)


def test_blocks_are_numbered_one_after_the_other() -> None:
    """A proposer that leaves numbers out would make its rivals' calls expire."""
    chain = history()
    first, *later = chain.blocks
    for blocks in ([replace(first, number=7), *later], [first, *later[1:]], [first, first], later):
        with pytest.raises(BadBlock, match="number"):
            replay(genesis(), blocks)
    waiting = AsyncChain(genesis(), "executor")
    waiting.submit(Call("user", 0, "0x0801", b"", 1))
    state, block = waiting.state, waiting.propose("A")
    state.drop_expired(9)
    with pytest.raises(BadBlock, match="number is 9, must be 2"):
        replay(genesis(), [block, Block(9, "thief", (), state.root)])


def test_an_executor_that_withholds_is_not_paid() -> None:
    late = history(ttl=1, delay=1)
    assert late.state.wallets["user"] == 94  # in the last block that counts
    chain = AsyncChain(genesis(), "executor")
    key = chain.submit(Call("user", 0, "0x0801", b"", 1))
    for _ in range(4):
        chain.propose("A")
    assert chain.state.open == {}
    assert chain.state.wallets == {"user": 100}
    with pytest.raises(ValueError, match="no call on its way"):
        chain.fulfil(key, b"late")
    assert replay(genesis(), chain.blocks) == chain.state.root


def test_a_wallet_pays_for_all_its_calls_on_the_way() -> None:
    chain = AsyncChain(genesis(wei=12), "executor")
    for nonce in range(3):
        chain.submit(Call("user", nonce, "0x0801", b"", 5))
    assert len(chain.propose("A").transactions) == 2
    assert isinstance(chain.blocks[0].transactions[0].call, Call)
    assert not any(isinstance(t, Fulfilled) for t in chain.blocks[0].transactions)


@given(
    ttl=st.integers(0, 6),
    fulfilled=st.none() | st.integers(10, 20),
    inclusion=st.none() | st.integers(10, 25),
    now=st.integers(10, 25),
    wallet=st.integers(0, 12),
)
def test_only_settled_calls_move_money(ttl, fulfilled, inclusion, now, wallet) -> None:
    life = Life(10, ttl, fulfilled, inclusion)
    status = status_of(life, now, wallet, FEES)
    paid = payments(status, FEES, PEOPLE)
    assert (status is Status.REJECTED) == (wallet < 6)
    assert sum(paid.values()) == (6 if status is Status.SETTLED else 0)
    if status is Status.SETTLED:
        assert fulfilled <= 10 + ttl
        assert fulfilled < inclusion <= now


def test_one_who_serves_twice_is_paid_twice() -> None:
    same = Servants("x", "x", "y")
    assert payments(Status.SETTLED, FEES, same) == {"x": 5, "y": 1}


# Scheduled calls


@settings(deadline=None)
@given(
    frequency=st.integers(1, 4),
    length=st.integers(0, 16),
    ttl=st.integers(0, 4),
    full=st.sets(st.integers(100, 120), max_size=12),
    wallet=st.integers(0, 60),
)
def test_the_scheduler_does_what_one_job_alone_would(frequency, length, ttl, full, wallet) -> None:
    job = Job(100, frequency, 100 + length, ttl, wallet, 10, 7)
    expected, left = executions(job, full)
    scheduler = Scheduler()
    scheduler.add("job", job)
    done = []
    for block in range(101, 140):
        room = 0 if block in full else 10**6
        done += [execution for _, execution in scheduler.run(block, room)]
    assert (done, scheduler.wallets_wei["job"]) == (expected, left)


def test_conditions_wait_and_take_no_room() -> None:
    scheduler = Scheduler()
    for name in ("a", "b"):
        scheduler.add(name, Job(0, 1, 3, 1, 100, 10, 7))
    first = scheduler.run(1, 1, condition=lambda name, index: name != "a")
    assert [(name, one.outcome) for name, one in first] == [("b", Outcome.EXECUTED)]
    assert [name for name, _ in scheduler.run(2, 1)] == ["a"]
    with pytest.raises(ValueError, match="taken"):
        scheduler.add("a", Job(0, 1, 3, 1, 100, 10, 7))


def test_jobs_starve_under_congestion() -> None:
    scheduler = Scheduler()
    for i in range(10):
        scheduler.add(str(i), Job(0, 1, 1, 0, 100, 10, 7))
    assert len(scheduler.run(1, 3)) == 3
    skipped = scheduler.run(2, 3)
    assert [one.outcome for _, one in skipped] == [Outcome.SKIPPED] * 7


@pytest.mark.parametrize(("frequency", "fee"), [(0, 7), (1, 11), (1, -1)])
def test_jobs_that_make_no_sense(frequency: int, fee: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        Job(0, frequency, 10, 0, 100, 10, fee)


def test_ten_thousand_jobs_fit_a_block() -> None:
    scheduler = Scheduler()
    for i in range(10_000):
        scheduler.add(str(i), Job(0, 1, 3, 0, 100, 10, 7))
    assert len(scheduler.run(1, 10_000)) == 10_000
