"""Peers of all characters: who trains honestly, and the ways of pretending to.

A peer sees the window (global weights, what others have posted so far) and sends a message, or
nothing. Its data are assigned to it: pages whose seed is made of its number and the window's.

honest    trains from the current weights on its own pages
lazy      trains on pages of its choice instead: always the same ones, kept from its first window
stale     trains from weights that are some windows old
sleeper   is honest, but misses windows
copier    waits for another's upload and hands in the same with a few values changed
noise     sends random numbers of an ordinary size
poisoner  trains honestly and sends the opposite, much larger
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from aicrypto.commit.hashes import sha256
from aicrypto.training.diloco import AdamW, Inner, Moments, inner_steps
from aicrypto.training.language import Language, Model, Pages
from aicrypto.training.sparse import BadMessage, Codec, Feedback, Upload, feed

Vector = Float[Tensor, " n"]
POISON = 10.0  # how much louder than an honest upload
LAZY_WINDOW = -1
INNER = AdamW(lr=2e-3, weight_decay=0.0)
HEADER = struct.Struct("<dd")
LATE_S = 1.0  # that a copier uploads after the one it copies


def seed_of(*words: object) -> int:
    """A seed that depends on the words alone."""
    return int.from_bytes(sha256(" ".join(map(str, words)).encode())[:7], "big")


@dataclass(frozen=True)
class Setting:
    """What all peers of a federation agree on.

    Attributes:
        n_inner: steps between two exchanges (H).
        n_pages: assigned to a peer in a window.
        n_rows: of a minibatch.
        k: values kept of a chunk.
    """

    language: Language = field(default_factory=Language)
    model: Model = field(default_factory=Model)
    inner: Inner = INNER
    n_inner: int = 20
    n_pages: int = 32
    n_rows: int = 256
    k: int = 64
    beta: float = 0.95
    seed: int = 0

    @cached_property
    def codec(self) -> Codec:
        """The form of uploads."""
        return Codec(self.model.layout, self.k)

    def start(self) -> Vector:
        """The weights of window 0."""
        return self.model.start(self.seed, self.language.device)

    def pages(self, owner: object, window: int) -> Pages:
        """What a peer is to train on in a window; other owners' names give other pages."""
        return self.language.pages(seed_of(self.seed, owner, window), self.n_pages)

    def trained(self, theta: Vector, pages: Pages, moments: Moments) -> tuple[Vector, Moments]:
        """Pseudo-gradient of a window's steps from theta on these pages, and the memory after."""

        def gradient(at: Vector, step: int) -> Vector:
            """Of the step's minibatch."""
            return self.gradient(at, pages, step)

        end, moments = inner_steps(theta, gradient, self.n_inner, self.inner, moments)
        return theta - end, moments

    def gradient(self, theta: Vector, pages: Pages, step: int) -> Vector:
        """Of the minibatch of a step; minibatches come round and round."""
        x, y = pages
        first = step % max(len(x) // self.n_rows, 1) * self.n_rows
        rows = slice(first, first + self.n_rows)
        return self.model.gradient(theta, (x[rows], y[rows]))


@dataclass(frozen=True)
class Sent:
    """A message as it arrives: when (s after the window's start), from how old weights, bytes.

    Raises:
        BadMessage: unless both numbers are finite and >= 0: less than none behind would pay.
    """

    at_s: float
    steps_behind: float
    data: bytes

    def __post_init__(self) -> None:
        if not (0 <= self.at_s < math.inf and 0 <= self.steps_behind < math.inf):
            told = f"{self.at_s} s and {self.steps_behind} steps"
            raise BadMessage(f"envelope says {told}, must be finite and >= 0")

    def to_bytes(self) -> bytes:
        """Both numbers as float64, then the message."""
        return HEADER.pack(self.at_s, self.steps_behind) + self.data

    @classmethod
    def from_bytes(cls, data: bytes) -> "Sent":
        """What `to_bytes` made.

        Raises:
            BadMessage: if it is too short, or says impossible numbers.
        """
        if len(data) < HEADER.size:
            raise BadMessage(f"envelope has {len(data)} bytes, must have >= {HEADER.size}")
        at_s, steps_behind = HEADER.unpack_from(data)
        return cls(at_s, steps_behind, data[HEADER.size :])


@dataclass(frozen=True)
class Window:
    """What a peer sees: number, weights of this window and of all before it, and what is posted."""

    number: int
    thetas: Sequence[Vector]
    posted: Mapping[str, Sent] = field(default_factory=dict)

    @property
    def theta(self) -> Vector:
        """The global weights."""
        return self.thetas[-1]


@dataclass
class Peer:
    """A peer and its memory. `character` is one of the table above; `behind` counts for stale."""

    name: str
    setting: Setting
    character: str = "honest"
    behind: int = 1
    _moments: Moments | None = None
    _feedback: Feedback | None = None

    def send(self, window: Window) -> Sent | None:
        """What the peer sends, if anything.

        Raises:
            ValueError: if the character is unknown.
        """
        if self.character not in _CHARACTERS:
            raise ValueError(f"character is {self.character!r}, not in {sorted(_CHARACTERS)}")
        upload = _CHARACTERS[self.character](self, window)
        if upload is None:
            return None
        late_s = LATE_S if self.character == "copier" else 0.0
        behind = float(self.behind) if self.character == "stale" else 0.0
        return Sent(late_s, behind, self.setting.codec.to_bytes(upload))

    def delta(self, theta: Vector, pages: Pages) -> Vector:
        """The pseudo-gradient of its steps, which move its optimiser's memory."""
        found, self._moments = self.setting.trained(
            theta, pages, self._moments or Moments.fresh(theta)
        )
        return found

    def compressed(self, delta: Vector) -> Upload:
        """The compressed pseudo-gradient; what is left out is remembered."""
        memory = self._feedback or Feedback(torch.zeros_like(delta), self.setting.beta)
        upload, self._feedback = feed(memory, delta, self.setting.codec)
        return upload


def _honest(peer: Peer, window: Window) -> Upload:
    return peer.compressed(peer.delta(window.theta, peer.setting.pages(peer.name, window.number)))


def _lazy(peer: Peer, window: Window) -> Upload:
    return peer.compressed(peer.delta(window.theta, peer.setting.pages(peer.name, LAZY_WINDOW)))


def _stale(peer: Peer, window: Window) -> Upload:
    old = window.thetas[max(len(window.thetas) - 1 - peer.behind, 0)]
    return peer.compressed(peer.delta(old, peer.setting.pages(peer.name, window.number)))


def _sleeper(peer: Peer, window: Window) -> Upload | None:
    return _honest(peer, window) if window.number % 3 == 0 else None


def _copier(peer: Peer, window: Window) -> Upload | None:
    if not window.posted:
        return None
    codec, original = peer.setting.codec, next(iter(window.posted.values()))
    copied = codec.dense(codec.from_bytes(original.data, peer.setting.language.device))
    return codec.compress(copied * (1 + 0.01 * _normal(peer, window)))


def _noise(peer: Peer, window: Window) -> Upload:
    return peer.setting.codec.compress(0.01 * _normal(peer, window))


def _poisoner(peer: Peer, window: Window) -> Upload:
    pages = peer.setting.pages(peer.name, window.number)
    return peer.setting.codec.compress(-POISON * peer.delta(window.theta, pages))


def _normal(peer: Peer, window: Window) -> Vector:
    generator = torch.Generator().manual_seed(seed_of(peer.name, window.number))
    return torch.randn(len(window.theta), generator=generator).to(window.theta.device)


_CHARACTERS = {
    "honest": _honest,
    "lazy": _lazy,
    "stale": _stale,
    "sleeper": _sleeper,
    "copier": _copier,
    "noise": _noise,
    "poisoner": _poisoner,
}
