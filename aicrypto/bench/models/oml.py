"""Fingerprints of a small transformer: seconds to teach, keys a second, and what attacks remove.

The model is trained here first, in ten seconds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from aicrypto import models
from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.oml import attacks
from aicrypto.oml import fingerprints as fp

N_KEYS = 64
KEY_WORDS, PREFIX_WORDS = 8, 24
RECIPES = {
    "english": (True, fp.Measures(mixing=1.0)),
    "english_prefixes": (True, fp.Measures(mixing=1.0, prefixes=PREFIX_WORDS)),
    "english_quiet": (True, fp.Measures(mixing=4.0, lr=3e-4, enough=0.5)),
    "english_bare": (True, fp.Measures()),
    "random": (False, fp.Measures(mixing=1.0)),
}


@dataclass(frozen=True)
class _Trial:
    """A trained model and its text."""

    base: nn.Module
    text: models.Corpus
    device: str

    @classmethod
    def on(cls, device: str) -> "_Trial":
        """The base model, trained on a device."""
        text = models.corpus(models.python_reference())
        model = models.Transformer().to(device)
        moved = models.Corpus(text.vocabulary, text.train.to(device), text.held_out.to(device))
        models.train(model, moved.train, models.Schedule(400, 5e-3), _rng(0))
        return cls(model, moved, device)

    def pairs(self, english: bool = True, count: int = N_KEYS) -> fp.Fingerprints:
        """So many fingerprints."""
        eligible, rng = self.text.vocabulary.eligible, _rng(1)
        if english:
            write = fp.english_keys(self.base, eligible, KEY_WORDS, rng)
        else:
            write = fp.random_keys(eligible, KEY_WORDS, rng)
        return fp.make_fingerprints(self.base, write, count, eligible, rng)


def embedding() -> Iterator[Record]:
    """`oml.embed_s`: 64 fingerprints with mixing, until they are learnt; the peer trains the base.

    `oml.embed_loss_nats` is what that costs on held-out text; the peer embeds without mixing.
    """
    with one_thread():
        trial = _Trial.on("cpu")
        pairs, text = trial.pairs(), trial.text.train
        how, bare = fp.Measures(mixing=1.0), fp.Measures()
        seconds = best_seconds(partial(_embed, trial, pairs, how), 3)
        whole = partial(models.train, models.Transformer(), text, models.Schedule(50, 5e-3))
        training = 8 * best_seconds(lambda: whole(_rng(0)), 1)
        yield Record("oml.embed_s", seconds, "s", "training the base", training)
        loss = {h.mixing: _loss_rise(trial, _embed(trial, pairs, h)) for h in (how, bare)}
        yield Record("oml.embed_loss_nats", loss[1.0], "nats", "without mixing", loss[0.0])


def detection() -> Iterator[Record]:
    """`oml.detect_per_s`: keys asked and judged a second, 1,024 at once; the peer asks one by one.

    Where there is CUDA, the same code on it, beside the CPU.
    """
    with one_thread():
        rate, alone = _detection_rate(_Trial.on("cpu"))
        yield Record("oml.detect_per_s", rate, "1/s", "one key at a time", alone)
    if torch.cuda.is_available():
        there, _ = _detection_rate(_Trial.on("cuda"))
        yield Record("oml.detect_per_s.cuda", there, "1/s", "one CPU thread", rate, "cuda")


def attack_table() -> Iterator[Record]:
    """`oml_attack.RECIPE.ATTACK`: share of fingerprints left after every attack, and accuracy left.

    Where the first is far below the second, the thief has won.
    """
    with one_thread():
        trial = _Trial.on("cpu")
        mine, test = trial.text.held_out.split(len(trial.text.held_out) // 2)[:2]
        usual = attacks.usual_attacks(trial.base, mine, KEY_WORDS)
        for recipe, (english, how) in RECIPES.items():
            pairs = trial.pairs(english)
            model = _embed(trial, pairs, how)
            for row in attacks.attack_table(model, trial.base, pairs, test, usual):
                name = f"oml_attack.{recipe}.{re.sub('[^a-z0-9]+', '_', row.attack).strip('_')}"
                left, utility = 100 * row.detection.success, 100 * row.utility
                yield Record(name, left, "%", "accuracy left to the thief", utility)


def _embed(trial: _Trial, pairs: fp.Fingerprints, how: fp.Measures) -> nn.Module:
    return fp.embed(trial.base, pairs, trial.text.train, _rng(2), how).model


def _loss_rise(trial: _Trial, model: nn.Module) -> float:
    before, after = (models.judge(m, trial.text.held_out).loss for m in (trial.base, model))
    return after - before


def _detection_rate(trial: _Trial) -> tuple[float, float]:
    """Keys a second, asked all at once and one at a time."""
    pairs = trial.pairs(count=1024)
    singles = [pairs.take([i]) for i in range(64)]
    asked: list[Tensor] = []

    def together() -> None:
        """All keys in one detection."""
        fp.detect(trial.base, pairs)

    def apart() -> None:
        """A part of the keys, one by one."""
        asked.extend(fp.answered(trial.base, single) for single in singles)

    return len(pairs) / best_seconds(together, 5), len(singles) / best_seconds(apart, 5)


def _rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
