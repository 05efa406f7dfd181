"""Window by window: everybody uploads, the validator judges, everybody takes the same outer step.

In a window each peer that is awake hands in a message. The validator measures what every message
does to the loss, on the peer's pages and on random ones, scores and slashes (`gauntlet`), and names
the uploads to aggregate. From these all replicas compute the same new weights, so a late joiner
catches up by taking the steps of the windows it missed (`replay`).

A defence is the answer to two questions: whose uploads count, and how they become one vector.

    plain      all uploads, their mean
    limited    all uploads, norms cut to the median peer's, mean over senders (the deployed rule)
    gauntlet   only uploads that lowered the loss on random pages and copy nobody's; then limited
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import torch

from aicrypto.training import gauntlet
from aicrypto.training.federation.peers import Peer, Sent, Setting, Vector, Window
from aicrypto.training.gauntlet import Evaluation, Event
from aicrypto.training.gauntlet.overlap import THRESHOLD
from aicrypto.training.gauntlet.scores import EVALUATION_SCALE
from aicrypto.training.language import Pages
from aicrypto.training.sparse import BadMessage, Upload

PLAIN, LIMITED, JUDGED = DEFENCES = ("plain", "limited", "gauntlet")
TEST_OWNER, RANDOM_OWNER = "test", "random"
N_TEST_PAGES = 128


@dataclass(frozen=True)
class Record:
    """One window.

    Attributes:
        loss: on test pages, after it.
        used: names whose uploads were aggregated.
        scores: what the validator remembers of each peer, after it.
        copies: overlap of each offender.
        n_bytes: sent by one peer.
    """

    loss: float
    used: tuple[str, ...]
    scores: Mapping[str, gauntlet.Peer]
    copies: Mapping[str, float]
    n_bytes: int


@dataclass
class Federation:
    """A federation as it stands: weights of all windows, records, scores.

    `copy_from` is the overlap of two uploads from which on the later one is taken for a copy.
    """

    setting: Setting
    peers: Sequence[Peer]
    defence: str = JUDGED
    copy_from: float = THRESHOLD
    thetas: list[Vector] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    steps: list[Vector] = field(default_factory=list)
    scores: dict[str, gauntlet.Peer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.defence not in DEFENCES:
            raise ValueError(f"defence is {self.defence!r}, must be one of {', '.join(DEFENCES)}")
        self.thetas.append(self.setting.start())

    @property
    def losses(self) -> list[float]:
        """On test pages: before the first window, and after each."""
        return [test_loss(self.setting, self.thetas[0]), *(r.loss for r in self.records)]


def play(federation: Federation, n_windows: int) -> Federation:
    """The federation after some more windows."""
    for _ in range(n_windows):
        absorb(federation, collect(federation))
    return federation


def test_loss(setting: Setting, theta: Vector) -> float:
    """On pages that nobody trains on."""
    return float(setting.model.loss(theta, test_pages(setting)))


def test_pages(setting: Setting) -> Pages:
    """The pages that nobody trains on."""
    return replace(setting, n_pages=N_TEST_PAGES).pages(TEST_OWNER, 0)


def replay(theta: Vector, steps: Iterable[Vector]) -> Vector:
    """The weights of somebody who joins late, from older weights and the steps since then."""
    for step in steps:
        theta = theta - step
    return theta


def collect(federation: Federation) -> dict[str, Sent]:
    """What arrives in the next window, by peer; who copies comes last."""
    number, posted = len(federation.records), dict[str, Sent]()
    for peer in sorted(federation.peers, key=lambda p: p.character == "copier"):
        sent = peer.send(Window(number, federation.thetas, posted))
        if sent is not None:
            posted[peer.name] = sent
    return posted


def absorb(federation: Federation, sent: Mapping[str, Sent]) -> None:
    """Judges, if that is the defence, and aggregates what arrived: every replica does the same."""
    setting, uploads = federation.setting, _opened(federation.setting, sent)
    copies: dict[str, float] = {}
    if federation.defence == JUDGED:
        at_s = {name: sent[name].at_s for name in uploads}
        copies = copies_among(setting, uploads, at_s, federation.copy_from)
        federation.scores = _judged(federation, sent, uploads, copies)
    used = [name for name in uploads if _counts(federation, name, copies)]
    step = _step(federation, [uploads[name] for name in used])
    federation.steps.append(step)
    federation.thetas.append(federation.thetas[-1] - step)
    loss = test_loss(setting, federation.thetas[-1])
    record = Record(loss, tuple(used), federation.scores, copies, setting.codec.n_bytes)
    federation.records.append(record)


def _opened(setting: Setting, sent: Mapping[str, Sent]) -> dict[str, Upload]:
    """The uploads in messages, in the order of names; those that are not canonical are left out."""
    uploads = {}
    for name in sorted(sent):
        with suppress(BadMessage):
            device = setting.language.device
            uploads[name] = setting.codec.from_bytes(sent[name].data, device)
    return uploads


def _judged(
    federation: Federation,
    sent: Mapping[str, Sent],
    uploads: Mapping[str, Upload],
    copies: Mapping[str, float],
) -> dict[str, gauntlet.Peer]:
    """The scores after the window: a match, then slashes for what is missing, invalid or copied."""
    names = sorted(peer.name for peer in federation.peers)
    evaluations = {
        names.index(name): evaluate(federation, name, upload, sent[name].steps_behind)
        for name, upload in uploads.items()
    }
    known = {names.index(name): peer for name, peer in federation.scores.items()}
    known |= gauntlet.score_window(known, evaluations)
    for uid in sorted(known.keys() - evaluations.keys()):
        kind = "invalid_gradient" if names[uid] in sent else "missing_gradient"
        known[uid] = gauntlet.slash(known[uid], Event(kind))
    for name, overlap in copies.items():
        uid = names.index(name)
        known[uid] = gauntlet.slash(known[uid], Event("overlap", overlap=overlap))
    return {names[uid]: known[uid] for uid in sorted(known)}


def evaluate(federation: Federation, name: str, upload: Upload, behind: float = 0.0) -> Evaluation:
    """Losses before and after a fifth of the upload, on the peer's own pages and on random ones."""
    setting, theta, number = federation.setting, federation.thetas[-1], len(federation.records)
    moved = theta - EVALUATION_SCALE * setting.codec.dense(upload)
    own, other = setting.pages(name, number), setting.pages(RANDOM_OWNER, number)
    before, after = (
        [_measured(setting, at, pages) for pages in (own, other)] for at in (theta, moved)
    )
    return Evaluation(before[0], after[0], before[1], after[1], behind)


def _measured(setting: Setting, theta: Vector, pages: Pages) -> float:
    """The loss; infinite where it can't be computed, since a match ranks NaN first."""
    loss = float(setting.model.loss(theta, pages))
    return math.inf if math.isnan(loss) else loss


def copies_among(
    setting: Setting,
    uploads: Mapping[str, Upload],
    at_s: Mapping[str, float],
    threshold: float = THRESHOLD,
) -> dict[str, float]:
    """The overlap of everybody whose upload repeats an earlier one's positions in the matrices."""
    names = list(uploads)
    shapes = [shape for _, shape in setting.model.layout.shapes]
    matrices = [number for number, shape in enumerate(shapes) if len(shape) > 1]
    picked = [_picked(uploads, number) for number in matrices]
    times = [at_s[name] for name in names]
    found = gauntlet.find_overlaps(range(len(names)), times, picked, threshold)
    return {names[uid]: offence.overlap for uid, offence in found.offenders.items()}


def _picked(uploads: Mapping[str, Upload], number: int) -> dict[int, list[list[int]]]:
    """Positions that each upload picked in a tensor's chunks."""
    parts = [upload.parts[number] for upload in uploads.values()]
    return {uid: part.indices.tolist() for uid, part in enumerate(parts)}


def _counts(federation: Federation, name: str, copies: Mapping[str, float]) -> bool:
    if federation.defence != JUDGED:
        return True
    return federation.scores[name].gradient_score > 0 and name not in copies


def _step(federation: Federation, uploads: Sequence[Upload]) -> Vector:
    """What everybody subtracts from the weights."""
    codec = federation.setting.codec
    if not uploads:
        return torch.zeros_like(federation.thetas[-1])
    if federation.defence == PLAIN:
        return torch.stack([codec.dense(upload) for upload in uploads]).mean(0)
    return codec.aggregate(uploads)
