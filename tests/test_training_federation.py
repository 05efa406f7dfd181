"""A federation of strangers: it learns, and who poisons, copies or sleeps gains nothing by it."""

from dataclasses import replace

import pytest
import torch

from aicrypto.subnet import work
from aicrypto.training import federation as fed
from aicrypto.training.federation import Federation, Peer, Sent, Setting, TrainingContest, play
from aicrypto.training.federation.peers import HEADER
from aicrypto.training.language import Language, Model
from aicrypto.training.sparse import BadMessage

SETTING = Setting(model=Model(8, 64), n_inner=10, n_pages=16)
N_WINDOWS = 6


def members(*characters, setting=SETTING):
    return [Peer(f"{i} {character}", setting, character) for i, character in enumerate(characters)]


def trained(defence, *characters):
    return play(Federation(SETTING, members(*characters), defence), N_WINDOWS)


@pytest.fixture(scope="module")
def mixed():
    return trained("gauntlet", "honest", "honest", "poisoner", "copier", "sleeper", "lazy")


def test_pages_follow_from_their_seed_and_have_the_languages_entropy():
    language = Language()
    one, again, other = (language.pages(seed, 64) for seed in (1, 1, 2))
    assert torch.equal(one[0], again[0])
    assert not torch.equal(one[0], other[0])
    assert language.floor(one) == pytest.approx(language.floor(other), abs=0.05)
    assert 1.5 < language.floor(one) < 1.8


def test_together_they_learn_more_than_alone():
    alone, four = trained("limited", "honest"), trained("limited", *["honest"] * 4)
    assert alone.losses[0] == four.losses[0] > 3.4
    assert four.losses[-1] < alone.losses[-1] - 0.05
    assert four.losses[-1] > SETTING.language.floor(SETTING.language.pages(0, 64))


def test_one_poisoner_ruins_the_plain_mean_and_not_the_defended():
    honest, poison = ["honest"] * 3, [*["honest"] * 3, "poisoner"]
    plain, limited, scored = (trained(d, *poison) for d in fed.DEFENCES)
    best = trained("gauntlet", *honest)
    assert plain.losses[-1] > plain.losses[0]
    assert plain.losses[-1] > limited.losses[-1] > scored.losses[-1] + 0.1
    assert scored.losses[-1] == best.losses[-1], "as if the poisoner had never come"


def test_only_work_is_rewarded(mixed):
    finals = {name: peer.final for name, peer in mixed.records[-1].scores.items()}
    honest = [finals["0 honest"], finals["1 honest"]]
    for name in ("2 poisoner", "3 copier", "4 sleeper", "5 lazy"):
        assert finals[name] < min(honest), name
    assert max(finals["2 poisoner"], finals["3 copier"]) <= 0
    assert all(record.copies.keys() == {"3 copier"} for record in mixed.records)
    used = {name for record in mixed.records for name in record.used}
    assert not used & {"2 poisoner", "3 copier"}


def test_ratings_order_the_characters():
    """The experiment of the specification: honest > stale > lazy > noise."""
    setting = Setting(n_pages=16)
    cast = members("honest", "stale", "lazy", "noise", setting=setting)
    group = play(Federation(setting, cast, "gauntlet"), 10)
    skills = [group.scores[name].rating.mu for name in sorted(group.scores)]
    assert skills == sorted(skills, reverse=True), skills
    assert skills[0] > skills[3] + 5


def test_the_payroll_goes_through_consensus(mixed):
    outcome = work.play(TrainingContest(mixed, "2 poisoner"), n_epochs=4)
    assert outcome.total("2 poisoner") == outcome.total("3 copier") == 0
    assert min(outcome.total("0 honest"), outcome.total("1 honest")) > 0
    assert outcome.subnet.ledger.is_conserved()


def test_a_copy_earns_like_its_original_where_nobody_looks():
    peers = members("honest", "honest", "copier", "noise")
    blind = play(Federation(SETTING, peers, "gauntlet", copy_from=2.0), N_WINDOWS)
    scores = blind.records[-1].scores
    assert "2 copier" in blind.records[-1].used
    assert scores["2 copier"].rating.mu > scores["3 noise"].rating.mu + 2


def test_a_late_joiner_catches_up():
    whole = trained("limited", "honest", "honest")
    late = fed.replay(whole.thetas[2], whole.steps[2:])
    assert torch.equal(late, whole.thetas[-1])


def test_messages_that_are_none_cost_the_score():
    group = Federation(SETTING, members("honest", "honest"))
    play(group, 2)
    sent = fed.collect(group)
    sent["0 honest"] = replace(sent["0 honest"], data=b"nonsense")
    known = replace(group.scores["0 honest"], final=3.0)
    group.scores = {**group.scores, "0 honest": known}
    fed.absorb(group, sent)
    assert group.records[-1].used == ("1 honest",)
    assert group.scores["0 honest"].final == 0


def test_a_window_in_which_everybody_sleeps_changes_nothing():
    group = Federation(SETTING, members("honest"))
    fed.absorb(group, {})
    assert torch.equal(*group.thetas)


def test_envelopes():
    sent = Sent(1.5, 2.0, b"data")
    assert Sent.from_bytes(sent.to_bytes()) == sent
    with pytest.raises(BadMessage, match="envelope has 3 bytes"):
        Sent.from_bytes(b"abc")
    for numbers in ((0, -1), (0, float("nan")), (0, -1e300), (-1, 0), (float("inf"), 0)):
        with pytest.raises(BadMessage, match="must be finite and >= 0"):
            Sent.from_bytes(HEADER.pack(*numbers) + b"data")


def test_weights_too_large_for_a_loss_rank_last():
    group = Federation(SETTING, members("honest", "honest", "honest"))
    sent = fed.collect(group)
    codec, name = SETTING.codec, "2 honest"
    huge = codec.compress(1e20 * codec.dense(codec.from_bytes(sent[name].data)))
    sent[name] = replace(sent[name], data=codec.to_bytes(huge))
    fed.absorb(group, sent)
    skills = {peer: score.rating.mu for peer, score in group.scores.items()}
    assert min(skills, key=skills.__getitem__) == name
    assert name not in group.records[-1].used


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="defence is 'hope'"):
        Federation(SETTING, [], "hope")
    group = Federation(SETTING, members("genius"))
    with pytest.raises(ValueError, match="character is 'genius'"):
        play(group, 1)
