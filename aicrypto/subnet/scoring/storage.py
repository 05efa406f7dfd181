"""Storage (FileTAO): tiers by a cautious success rate, rewards by latency, proofs of holding.

A commitment hides H(chunk, seed) on P-256; a Merkle root over all chunks binds a file. To be asked
for a chunk and show it with its path proves that it is held. The deployed check takes *everything*
from the answer (chunk, points, path and root) and only the seed from the validator: unless the root
is compared with the one stored when the file was handed over, a miner that kept nothing passes.
`check` can do both; the second is what a validator must do.

Another weakness of the deployed parameters: g and h are random multiples of one generator, so who
made them can open a commitment to anything.

Times in seconds, sizes in bytes. Source: sai-synapse-labs/filetao-main @a1db08ca.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Z = 0.6744897501960817  # three quarters of a normal distribution lie below
# name, least Wilson score, least number of successes, factor, factor of the fastest two over it
TIERS = (
    ("Super Saiyan", 0.85, 15_000, 1.0, 1.02),
    ("Ruby", 0.8, 10_000, 0.9, 1.04),
    ("Emerald", 0.75, 7_000, 0.85, 1.05),
    ("Diamond", 0.7, 5_000, 0.8, 1.08),
    ("Platinum", 0.65, 3_000, 0.75, 1.1),
    ("Gold", 0.6, 2_000, 0.7, 1.12),
    ("Silver", 0.55, 500, 0.65, 1.16),
)
LOWEST_TIER = ("Bronze", 0.6, 1.2)
FAILURES = {"retrieval": -0.01, "monitor": -0.005}
CURVE_STEEPNESS, CURVE_SHIFT, CURVE_WIDTH = 7, 0.3, 2
MOVING_AVERAGE = 0.05


def wilson_score(successes: int, total: int) -> float:
    """The middle of Wilson's interval for a success rate: a half if nothing is known."""
    if total == 0:
        return 0.5
    rate, squared = successes / total, Z * Z
    centre = rate + squared / (2 * total)
    spread = Z * math.sqrt((rate * (1 - rate) + squared / (4 * total)) / total)
    lower, upper = ((centre + side) / (1 + squared / total) for side in (-spread, spread))
    return (max(0.0, lower) + min(upper, 1.0)) / 2


def tier(
    successes: int, total: int, total_successes: int, in_top_2: bool = False
) -> tuple[str, float]:
    """Name and reward factor of the highest tier whose two bounds are met."""
    score = wilson_score(successes, total)
    for name, least_score, least_successes, factor, bonus in TIERS:
        if score >= least_score and total_successes >= least_successes:
            return name, factor * bonus if in_top_2 else factor
    name, factor, bonus = LOWEST_TIER
    return name, factor * bonus if in_top_2 else factor


def scaled_rewards(
    process_times: Sequence[float | None],
    data_sizes: Sequence[float],
    rewards: Sequence[float],
    pair_sizes: bool = False,
) -> list[float]:
    """Rewards scaled by latency, their total unchanged; None is no answer, and counts as slowest.

    As deployed, times are sorted before they are divided by the logarithm of the sizes, and sizes
    are not: a miner's time meets another miner's file. `pair_sizes` keeps them together.

    Raises:
        ValueError: if a size is not positive.
    """
    if min(data_sizes, default=1) <= 0:
        raise ValueError(f"data_sizes holds {min(data_sizes)}, must be above 0")
    times = _with_missing(process_times)
    order = sorted(range(len(times)), key=times.__getitem__)
    sizes = [data_sizes[miner] for miner in order] if pair_sizes else data_sizes
    relative = [times[m] / math.log(1 + size) for m, size in zip(order, sizes, strict=True)]
    factors = dict(zip(order, _latency_factors(relative), strict=True))
    scaled = [reward * factors[miner] for miner, reward in enumerate(rewards)]
    rescale = sum(rewards) / (sum(scaled) or 1.0)
    return [part * rescale for part in scaled]


def _with_missing(times: Sequence[float | None]) -> list[float]:
    """The times, where no answer counts as the slowest one, or a second if there is none."""
    slowest = max((time for time in times if time is not None), default=1.0)
    return [slowest if time is None else time for time in times]


def _latency_factors(times: Sequence[float]) -> list[float]:
    """A falling curve around a little more than the mean; 1 for everybody if nobody took time."""
    width = CURVE_WIDTH * max(times, default=0.0)
    if width == 0:
        return [1.0] * len(times)
    middle = sum(times) / len(times) + CURVE_SHIFT * width
    return [1 / (1 + math.exp(CURVE_STEEPNESS / width * (x - middle))) for x in times]


def reward(success: bool, factor: float, kind: str = "retrieval") -> float:
    """One answer's reward: the tier's factor, or that much of the penalty."""
    return factor if success else FAILURES.get(kind, 0.0) * factor


@dataclass(frozen=True)
class Parameters:
    """Two points of P-256 nobody should know a relation of."""

    g: Any
    h: Any


@dataclass(frozen=True)
class Holding:
    """An answer to a challenge: the chunk, what it is committed with, and the path to the root."""

    chunk: bytes
    blinding: int
    index: int
    path: tuple[bytes, ...]
    root: bytes


def parameters(label: bytes = b"aicrypto.storage.v1") -> Parameters:
    """G, and a second point hashed from a label: nobody knows its logarithm."""
    from Crypto.PublicKey import ECC

    generator = ECC.construct(curve="p256", d=1).pointQ
    counter = 0
    while True:
        x = int.from_bytes(hashlib.sha3_256(label + bytes([counter])).digest(), "big")
        point = _point_with(x)
        if point is not None:
            return Parameters(generator, point)
        counter += 1


def commit(parameters: Parameters, chunk: bytes, seed: bytes, blinding: int) -> bytes:
    """H(chunk, seed)·g + blinding·h, 64 bytes."""
    message = int.from_bytes(hashlib.sha3_256(chunk + seed).digest(), "big")
    point = parameters.g * message + parameters.h * blinding
    return int(point.x).to_bytes(32, "big") + int(point.y).to_bytes(32, "big")


def tree(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The layers of a Merkle tree over commitments, leaves first; an odd node goes up alone."""
    layers = [[hashlib.sha3_256(b"\0" + leaf).digest() for leaf in leaves]]
    while len(layers[-1]) > 1:
        below = layers[-1]
        pairs = [below[i : i + 2] for i in range(0, len(below), 2)]
        layers.append([_parent(*p) if len(p) == 2 else p[0] for p in pairs])
    return layers


def hold(
    parameters: Parameters, chunks: Sequence[bytes], seed: bytes, blindings: Sequence[int], at: int
) -> Holding:
    """What an honest miner answers when it is asked for a chunk."""
    pairs = zip(chunks, blindings, strict=True)
    layers = tree([commit(parameters, chunk, seed, blinding) for chunk, blinding in pairs])
    return Holding(chunks[at], blindings[at], at, path_to(layers, at), layers[-1][0])


def path_to(layers: Sequence[Sequence[bytes]], at: int) -> tuple[bytes, ...]:
    """The siblings from a leaf to the root; empty bytes where a node goes up alone."""
    path, place = [], at
    for layer in layers[:-1]:
        sibling = place ^ 1
        path.append(layer[sibling] if sibling < len(layer) else b"")
        place //= 2
    return tuple(path)


def check(
    parameters: Parameters,
    answer: Holding,
    seed: bytes,
    at: int,
    stored_root: bytes | None,
    n_chunks: int | None = None,
) -> bool:
    """Whether the chunk hangs below the root; `stored_root` None believes the answer's own root.

    `n_chunks` None believes the path's shape too, as deployed: with empty siblings for layers that
    have none, one chunk and its path then pass for other chunks. A validator that knows how many
    there are gives their number.
    """
    if stored_root is not None and (answer.root != stored_root or answer.index != at):
        return False
    if n_chunks is not None and not _has_shape(answer, n_chunks):
        return False
    if answer.blinding < 0:
        return False
    leaf = commit(parameters, answer.chunk, seed, answer.blinding)
    return _root_over(leaf, answer) == answer.root


def chained(previous: bytes, seed: bytes) -> bytes:
    """The hash that links a proof to the one before."""
    return hashlib.sha3_256(previous + seed).digest()


def _root_over(leaf: bytes, answer: Holding) -> bytes:
    """Where a leaf's path leads; an empty sibling moves the place and hashes nothing."""
    node, place = hashlib.sha3_256(b"\0" + leaf).digest(), answer.index
    for sibling in answer.path:
        if sibling:
            node = _parent(sibling, node) if place & 1 else _parent(node, sibling)
        place //= 2
    return node


def _has_shape(answer: Holding, n_chunks: int) -> bool:
    """Whether the path has a sibling wherever a tree over so many chunks has one, and no more."""
    place, width, lonely = answer.index, n_chunks, []
    if not 0 <= place < width:
        return False
    while width > 1:
        lonely.append(place ^ 1 >= width)
        place, width = place // 2, (width + 1) // 2
    return [sibling == b"" for sibling in answer.path] == lonely


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha3_256(b"\1" + left + right).digest()


def _point_with(x: int) -> Any | None:
    """A point of P-256 with this x, if there is one."""
    from Crypto.PublicKey import ECC

    try:
        key = ECC.import_key(b"\2" + x.to_bytes(32, "big"), curve_name="P-256")
    except ValueError:
        return None
    return key.pointQ
