"""Ranks as processes: the same bits as in one process, and what a death does to the others."""

import importlib
import json
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch.distributed as dist

from aicrypto.commit.hashes import sha256
from aicrypto.training.federation import Sent, play
from aicrypto.training.federation.peers import HEADER
from aicrypto.training.ranks import GO_ON, STOP, Circle, Plan, RankLost, launch
from aicrypto.training.ranks.launch import LOOPBACK, Ended, variables
from aicrypto.training.ranks.script import DIED, FAILED, heard, join, main, parse

SMALL = ["--inner", "3", "--patience", "20"]
SHORT = ["--inner", "3", "--patience", "4"]


def outcomes(ended):
    return {one.rank: json.loads(one.text) for one in ended if not one.status}


def test_four_processes_compute_what_one_computes():
    arguments = [
        *SMALL,
        "--windows",
        "2",
        "--defence",
        "gauntlet",
        "--characters",
        "honest,poisoner",
    ]
    ended = launch(arguments, 4)
    assert [one.status for one in ended] == [0] * 4, ended
    plan, _ = parse(arguments)
    alone = play(plan.federation(range(4)), plan.n_windows)
    wanted = sha256(alone.thetas[-1].numpy().tobytes()).hex()
    for outcome in outcomes(ended).values():
        assert outcome["weights"] == wanted
        assert outcome["losses"] == alone.losses
        assert outcome["members"] == [0, 1, 2, 3]
        assert outcome["n_bytes"] == 2 * (16 + alone.setting.codec.n_bytes)


def test_a_death_is_survived_by_those_who_go_on():
    ended = launch([*SHORT, "--windows", "2", "--on-loss", GO_ON, "--quits", "0:1"], 3)
    assert [one.status for one in ended] == [DIED, 0, 0], ended
    found = outcomes(ended)
    assert found[1]["members"] == [1, 2]
    assert found[1]["weights"] == found[2]["weights"]


def test_or_ends_the_others_with_a_clear_error():
    ended = launch([*SHORT, "--windows", "2", "--on-loss", STOP, "--quits", "1:1"], 2)
    assert [one.status for one in ended] == [FAILED, DIED]
    assert "rank 0: window 1: rank(s) 1 lost" in ended[0].error


def circle(store, **kwargs):
    return Circle(store, 1, (0, 1, 2), patience_s=0.01, **kwargs)


def test_the_first_list_binds_everybody():
    store = dist.HashStore()
    store.set("window 5, attempt 0: members", json.dumps([0, 2]))
    with pytest.raises(RankLost, match="rank 1 came too late"):
        circle(store, on_loss=GO_ON).exchange(5, b"")


def test_the_missing_are_named():
    store = dist.HashStore()
    store.set("window 5, attempt 0: 2", "here")
    with pytest.raises(RankLost, match=r"window 5: rank\(s\) 0 lost"):
        circle(store).exchange(5, b"")


def test_an_exchange_counts_only_if_all_received():
    store = dist.HashStore()
    one = circle(store)
    assert not one._all_received("call", received=True), "nobody else has confirmed"
    for rank in (0, 2):
        store.set(f"other: received {rank}", "yes")
    assert one._all_received("other", received=True)
    store.set("third: verdict", "repeat")
    for rank in (0, 2):
        store.set(f"third: received {rank}", "yes")
    assert not one._all_received("third", received=True), "who failed has said so first"


def test_alone_in_the_circle_messages_come_back():
    alone = Circle(dist.HashStore(), 3, (3,))
    try:
        assert alone.exchange(0, b"abc") == {3: b"abc"}
        assert alone.exchange(1, b"") == {3: b""}
    finally:
        alone.leave()


def test_a_message_without_envelope_ends_nobody():
    sent = Sent(1.0, 0.0, b"upload")
    assert heard(sent.to_bytes()) == sent
    for bad in (b"abc", HEADER.pack(0, -1e300) + b"upload"):
        assert heard(bad) == Sent(0.0, 0.0, b"")


def test_without_a_store_a_rank_says_so(monkeypatch):
    for name, value in variables(1, 2, port=1).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RankLost, match=f"no store at {LOOPBACK}:1"):
        join(Plan(), limit_s=0.2)


def test_torchrun_starts_the_same_script():
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
    ]
    arguments = ["-m", "aicrypto.training.ranks", *SMALL, "--windows", "1"]
    got = subprocess.run([*command, *arguments], capture_output=True, text=True)
    assert got.returncode == 0, got.stderr
    found = [json.loads(line) for line in got.stdout.splitlines()]
    assert sorted(one["rank"] for one in found) == [0, 1]
    assert len({one["weights"] for one in found}) == 1


def test_a_killed_rank_is_no_success(monkeypatch):
    module = importlib.import_module("aicrypto.training.ranks.launch")
    ended = [Ended(0, 0, "", ""), Ended(1, -signal.SIGKILL, "", "")]
    monkeypatch.setattr(module, "launch", lambda arguments, n_ranks: ended)
    monkeypatch.delenv("RANK", raising=False)
    assert main([]) == 128 + signal.SIGKILL
    ended.pop()
    assert main([]) == 0


def test_plans_and_refusals():
    plan, n_ranks = parse(["--ranks", "3", "--quits", "2:5", "--characters", "honest,lazy"])
    assert (n_ranks, plan.quits, plan.characters) == (3, (2, 5), ("honest", "lazy"))
    assert [p.character for p in plan.federation([0, 1, 2]).peers] == ["honest", "lazy", "honest"]
    assert replace(plan, quits=None).quits is None
    assert Plan().on_loss == STOP
    with pytest.raises(ValueError, match="n_ranks is 0"):
        launch([], 0)
    for wrong in ({"on_loss": "panic"}, {"backend": "pigeon"}):
        with pytest.raises(ValueError, match="unknown"):
            Circle(dist.HashStore(), 0, (0,), **wrong)
    with pytest.raises(ValueError, match="rank is 4"):
        Circle(dist.HashStore(), 4, (0, 1))
