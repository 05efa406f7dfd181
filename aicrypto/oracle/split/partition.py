"""One network cut in two: a private part that is proven, a public part that may be disputed.

    private first    x -> [private, proof] -> y -> [public, machine] -> logits
    private last     x -> [public, machine] -> y -> [private, proof] -> logits

y is the first part's accumulators, published; the second part reads them as activations, rounded
and clamped as inside the network, by a rule that everybody applies. So the proof is about one side
of y and the machine's task about the other, and neither can be swapped for that of another y.

A proof of `zkml.hidden` shows nothing of the weights and is final at once; each needs a commitment
of its own, so an owner publishes as many as it will answer queries. The public part is a program of
the verifiable machine: whoever lies about it is caught within a window by anybody who runs it. The
two arithmetics agree exactly: a shift of s here is mult 2^30 and shift s - 1 there.

Who sees what: the owner sees x (privacy of the model, not of the input); everybody else sees x, y,
logits. Source: So, Conway and others, "opp/ai" (arXiv 2402.15006).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aicrypto.opml import code, machine
from aicrypto.oracle.split.extraction import queries_needed
from aicrypto.zkml import Layer, Network
from aicrypto.zkml.hidden import HiddenCommitment, HiddenModel, prove, verify

MULT, SHIFT_LESS = 1 << 30, 1
LAST_SHIFT = 2  # of a last layer, whose scale nobody uses
MIN_SHIFT = 3  # below it the machine's scale does not reach
MIN_PRIVATE = 2  # layers: a proof is about a network with a hidden layer
MAX_ACTIVATION = 127


class UnprovenMiddle(ValueError):
    """What lies between the parts is not what the private part's proof is about."""


@dataclass(frozen=True, eq=False)
class PublicPart:
    """All that is public of a cut network.

    Attributes:
        layers: the public ones, as the machine runs them.
        shift: scale between the parts.
        commitments: to the private part, one for each query.
        is_private_first: which part reads the input.
    """

    layers: Sequence[code.Layer]
    shift: int
    commitments: Sequence[HiddenCommitment]
    is_private_first: bool


@dataclass(frozen=True, eq=False)
class Split:
    """A network and where its owner cuts it.

    Attributes:
        n_private: layers that stay private, the first or the last ones.

    Raises:
        ValueError: if a part would be empty, the private one has less than two layers, or a public
            shift is below 3.
    """

    network: Network
    n_private: int
    is_private_first: bool = False

    def __post_init__(self) -> None:
        n_layers = len(self.network.layers)
        if not MIN_PRIVATE <= self.n_private < n_layers:
            raise ValueError(f"n_private is {self.n_private}, must be in 2..{n_layers - 1}")
        shifts = [layer.shift for layer in self._parts[1][:-1]]
        if any(shift < MIN_SHIFT for shift in shifts):
            raise ValueError(f"public shifts are {shifts}, must be >= {MIN_SHIFT}")

    @property
    def private(self) -> Network:
        """The part that is proven."""
        return Network(self._parts[0])

    def publish(self, commitments: Sequence[HiddenCommitment]) -> PublicPart:
        """What everybody gets to know."""
        layers = [_machine_layer(layer) for layer in self._parts[1]]
        cut = self.n_private if self.is_private_first else len(layers)
        shift = self.network.layers[cut - 1].shift
        return PublicPart(layers, shift, commitments, self.is_private_first)

    @property
    def _parts(self) -> tuple[tuple[Layer, ...], tuple[Layer, ...]]:
        """Private and public layers."""
        layers = tuple(self.network.layers)
        if self.is_private_first:
            return layers[: self.n_private], layers[self.n_private :]
        return layers[-self.n_private :], layers[: -self.n_private]


@dataclass(frozen=True, eq=False)
class Answer:
    """What is published for a query.

    Attributes:
        x: the input, an int8 a byte.
        middle: accumulators between the parts, int32.
        logits: of the second part, int32.
        query: number of the commitment used.
        proof: of the private part.
    """

    x: bytes
    middle: tuple[int, ...]
    logits: tuple[int, ...]
    query: int
    proof: bytes


@dataclass(frozen=True)
class SplitCost:
    """What a cut costs.

    Attributes:
        n_private: layers.
        private_weights: that a proof is about.
        steps: of the public part in the machine.
        rounds: of a dispute about it.
        queries: the fewest answers that determine the private part.
    """

    n_private: int
    private_weights: int
    steps: int
    rounds: int
    queries: int


def answer_of(
    split: Split, public: PublicPart, owner: HiddenModel, x: bytes, seed: bytes
) -> Answer:
    """The owner's answer to an input, with the proof of the private part.

    Args:
        split: the whole network.
        public: what was published of it.
        owner: the private part behind the next unused commitment.
        x: an int8 a byte.
        seed: 32 secret bytes or more, new for every proof.

    Raises:
        ValueError: if owner or input do not fit.
    """
    query = list(public.commitments).index(owner.commitment)
    if split.is_private_first:
        middle = _logits(split.private, x)
        logits = _run_public(public, output_for(public, middle))
        asked = x
    else:
        middle = _run_public(public, x)
        asked = output_for(public, middle)
        logits = _logits(split.private, asked)
    return Answer(x, middle, logits, query, prove(owner, _row(asked), seed).to_bytes())


def output_for(public: PublicPart, middle: Sequence[int]) -> bytes:
    """The second part's input: accumulators rounded and clamped, an int8 a byte."""
    rounded = [(value + (1 << public.shift - 1)) >> public.shift for value in middle]
    return bytes(min(max(value, 0), MAX_ACTIVATION) for value in rounded)


def is_proven(public: PublicPart, answer: Answer) -> bool:
    """Whether the private part's proof holds, for the very numbers between the parts."""
    if not 0 <= answer.query < len(public.commitments):
        return False
    commitment = public.commitments[answer.query]
    if public.is_private_first:
        asked, given = answer.x, answer.middle
    else:
        asked, given = output_for(public, answer.middle), answer.logits
    return verify(commitment, _row(asked), [list(given)], answer.proof)


def start_of(public: PublicPart, answer: Answer) -> machine.Image:
    """The public part's task, which a dispute begins with.

    Its output must be `middle` where the private part is last, else `logits`.

    Raises:
        UnprovenMiddle: if the private part's proof does not hold for this answer.
    """
    if not is_proven(public, answer):
        raise UnprovenMiddle(f"query {answer.query}: proof and middle do not belong together")
    data = output_for(public, answer.middle) if public.is_private_first else answer.x
    return code.image_of(public.layers, np.frombuffer(data, np.int8))


def split_costs(network: Network) -> list[SplitCost]:
    """The cost of every cut with the private part last, cheapest proof first."""
    rows = []
    for n_private in range(MIN_PRIVATE, len(network.layers)):
        split = Split(network, n_private)
        public = split.publish(())
        n_in = public.layers[0].n_in
        steps = machine.run(code.image_of(public.layers, np.zeros(n_in, np.int8))).n_steps
        weights = sum(layer.weights.numel() for layer in split.private.layers)
        rounds, queries = (steps - 1).bit_length(), queries_needed(split.private.dims)
        rows.append(SplitCost(n_private, weights, steps, rounds, queries))
    return rows


def choose_split(costs: Sequence[SplitCost], worth_wei: int, query_wei: int) -> SplitCost:
    """The cut with the cheapest proof whose private part costs a thief at least what it is worth.

    Args:
        costs: as `split_costs` gives them.
        worth_wei: of the private part.
        query_wei: price of an answer.

    Raises:
        ValueError: naming the price that would do, if no cut does.
    """
    for cost in costs:
        if cost.queries * query_wei >= worth_wei:
            return cost
    most = max((cost.queries for cost in costs), default=0)
    raise ValueError(f"query_wei is {query_wei}, {most} queries must cost {worth_wei} or more")


def _machine_layer(layer: Layer) -> code.Layer:
    """The same layer in the machine's arithmetic."""
    weights = layer.weights.cpu().numpy().astype(np.int8)
    shift = max(layer.shift - SHIFT_LESS, LAST_SHIFT)
    return code.Layer(weights, layer.bias.cpu().numpy().astype(np.int32), MULT, shift)


def _run_public(public: PublicPart, data: bytes) -> tuple[int, ...]:
    return tuple(map(int, code.evaluate(public.layers, np.frombuffer(data, np.int8))))


def _logits(network: Network, data: bytes) -> tuple[int, ...]:
    return tuple(map(int, network.run(_row(data)).logits[0]))


def _row(data: bytes) -> Any:
    return np.frombuffer(data, np.int8)[None].astype(np.int64)
