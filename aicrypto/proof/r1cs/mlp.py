"""Small integer networks as circuits: private weights, public input and logits.

    hidden layer   y = relu(W·x + b), n bits        or, with a shift, zkml-1's clamp(acc >> shift)
    last layer     logits = W·y + b                 the last product of a row makes the output

    constraints    I·H + H·(n + 1) + H·O            4-8-3 with 32 bits: 320, 64-32-10: 3,424

Biases are free, as sums are. The cost is linear in the *parameters*, not in the activations as for
GKR: each private weight is a factor of a product. Public weights are constants of the circuit and
cost nothing; but then every model needs a circuit and a setup of its own, and everybody sees it.

Bare, the circuit says "some field elements lead from x to these logits", which a prover can arrange
for almost any logits. The *commitment* makes it a statement about a model: it ties the weights to a
Poseidon hash published before, and its range proofs, 8 bits a weight and 32 a bias, make them small
integers, so that no sum wraps around. The other two forms of publics serve the contract, to which
each costs 7,000 gas. *Packed*, inputs and logits travel side by side in few elements, proven to be
in range; *hashed*, as one SHA-256 digest that the contract recomputes, for 27,000 constraints.

Who uses it: the lesson, the contract `Groth16Verifier`. Counts as compiled by circom2 0.2.23.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from aicrypto.algebra.primes import BN254_R
from aicrypto.commit.hashes import sha256
from aicrypto.proof.r1cs.gadgets import (
    Value,
    inner_product,
    pack,
    packed_integers,
    relu,
    requantise,
    signed_bits,
)
from aicrypto.proof.r1cs.language import Circuit, Linear, linear
from aicrypto.proof.r1cs.poseidon import digest, digest_circuit
from aicrypto.proof.r1cs.sha256 import statement_digest_circuit
from aicrypto.proof.r1cs.system import R1cs

RELU_BITS = 32
WEIGHT_BITS, BIAS_BITS, INPUT_BITS, LOGIT_BITS = 8, 32, 8, 32
TAG = int.from_bytes(sha256(b"aicrypto.r1cs.mlp"), "big") % BN254_R

Publics = Literal["plain", "packed", "hashed"]
PUBLICS: tuple[Publics, ...] = get_args(Publics)
Matrix = Sequence[Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer W·x + b.

    Attributes:
        weights: n_out rows of n_in integers.
        bias: n_out integers.
        shift: of the rule clamp((acc + 2^(shift-1)) >> shift, 0, 127); None is a plain ReLU. The
            last layer's is not used.
    """

    weights: tuple[tuple[int, ...], ...]
    bias: tuple[int, ...]
    shift: int | None = None


@dataclass(frozen=True, slots=True)
class Mlp:
    """An integer network.

    Raises:
        ValueError: if shapes do not fit, or there is no layer.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("layers is empty, must have at least 1")
        widths = [len(self.layers[0].weights[0]), *(len(layer.bias) for layer in self.layers)]
        for k, (layer, (n_in, n_out)) in enumerate(zip(self.layers, pairwise(widths), strict=True)):
            if len(layer.weights) != n_out or any(len(row) != n_in for row in layer.weights):
                raise ValueError(f"layers[{k}].weights must have {n_out} rows of {n_in}")

    @property
    def dims(self) -> tuple[int, ...]:
        """Widths from input to output."""
        return (len(self.layers[0].weights[0]), *(len(layer.bias) for layer in self.layers))

    def logits(self, x: Sequence[int]) -> list[int]:
        """The outputs for an input, in plain integers."""
        values = list(x)
        for k, layer in enumerate(self.layers):
            values = [
                sum(w * v for w, v in zip(row, values, strict=True)) + b
                for row, b in zip(layer.weights, layer.bias, strict=True)
            ]
            if k < len(self.layers) - 1:
                values = [_activate(value, layer.shift) for value in values]
        return values

    def inputs(self, x: Sequence[int], salt: int | None = None) -> dict[str, int]:
        """The circuit's inputs by name; with a salt for circuits that commit."""
        named = {f"x {i}": value for i, value in enumerate(x)}
        for k, layer in enumerate(self.layers):
            for i, row in enumerate(layer.weights):
                named |= {f"W{k} {i} {j}": weight for j, weight in enumerate(row)}
            named |= {f"b{k} {i}": bias for i, bias in enumerate(layer.bias)}
        return named if salt is None else {**named, "salt": salt}

    def commitment(self, salt: int) -> int:
        """The Poseidon hash that the circuit's commitment equals; a random salt hides the weights.

        Raises:
            ValueError: naming a weight outside int8, or a bias outside int32.
        """
        weights = [w for layer in self.layers for row in layer.weights for w in row]
        biases = [b for layer in self.layers for b in layer.bias]
        packed = packed_integers(weights, WEIGHT_BITS) + packed_integers(biases, BIAS_BITS)
        return digest([salt, *self.dims, *packed], TAG)


def _activate(value: int, shift: int | None) -> int:
    if shift is None:
        return max(value, 0)
    return min(max((value + (1 << shift >> 1)) >> shift, 0), 127)


def mlp_circuit(
    model: Mlp, *, n_bits: int = RELU_BITS, committed: bool = False, publics: Publics = "plain"
) -> Circuit:
    """The network as a circuit with private weights; of the model only shape and shifts are used.

    Publics, outputs first: [commitment,] logits, input; or, "packed", `packed_publics` in their
    place; or, "hashed", the `statement_digest` of `statement_bytes`. `model.inputs(x, salt if
    committed)` gives what `witness` wants.

    Raises:
        ValueError: if `publics` is none of these.
    """
    if publics not in PUBLICS:
        raise ValueError(f"publics is {publics!r}, must be one of {', '.join(PUBLICS)}")
    plain = publics == "plain"
    circuit = Circuit()
    x = [(circuit.public if plain else circuit.private)(f"x {i}") for i in range(model.dims[0])]
    weights = [_private_layer(circuit, k, layer) for k, layer in enumerate(model.layers)]
    if committed:
        _commit(circuit, model, weights)
    logits = _layers(circuit, model, weights, x, n_bits, plain)
    if publics == "packed":
        _publish_packed(circuit, x, logits)
    elif publics == "hashed":
        _publish_hashed(circuit, x, logits)
    return circuit


def public_mlp_circuit(model: Mlp, *, n_bits: int = RELU_BITS) -> Circuit:
    """The network with its weights as constants of the circuit: only activations cost."""
    circuit = Circuit()
    x = [circuit.public(f"x {i}") for i in range(model.dims[0])]
    weights: list[tuple[Matrix, Sequence[Value]]] = [(c.weights, c.bias) for c in model.layers]
    _layers(circuit, model, weights, x, n_bits, plain=True)
    return circuit


def packed_publics(x: Sequence[int], logits: Sequence[int]) -> list[int]:
    """The publics of a packed circuit, less the commitment: what a contract recomputes."""
    return packed_integers(x, INPUT_BITS) + packed_integers(logits, LOGIT_BITS)


def statement_bytes(x: Sequence[int], logits: Sequence[int]) -> bytes:
    """Input as int8 and logits as int32, big-endian two's complement: what a hashed circuit hashes.

    Raises:
        ValueError: naming a value that does not fit.
    """
    sized = [(value, INPUT_BITS) for value in x] + [(value, LOGIT_BITS) for value in logits]
    for value, n_bits in sized:
        packed_integers([value], n_bits)
    return b"".join(value.to_bytes(n_bits // 8, "big", signed=True) for value, n_bits in sized)


def counts_by_part(system: R1cs) -> dict[str, int]:
    """Constraints by the first two parts of their names, in order: "layer 1/relu": 264."""
    parts = ("/".join(c.name.split("/")[:2]) for c in system.constraints)
    return dict(Counter(parts))


def n_constraints(dims: Sequence[int], n_bits: int = RELU_BITS) -> int:
    """Constraints of the bare circuit: one a weight, n + 1 a hidden neuron.

    >>> n_constraints((4, 8, 3)), n_constraints((64, 32, 10))
    (320, 3424)
    """
    return sum(a * b for a, b in pairwise(dims)) + sum(dims[1:-1]) * (n_bits + 1)


def _private_layer(
    circuit: Circuit, k: int, layer: Layer
) -> tuple[list[list[Linear]], list[Linear]]:
    shape = range(len(layer.bias)), range(len(layer.weights[0]))
    weights = [[circuit.private(f"W{k} {i} {j}") for j in shape[1]] for i in shape[0]]
    return weights, [circuit.private(f"b{k} {i}") for i in shape[0]]


def _layers(
    circuit: Circuit,
    model: Mlp,
    weights: Sequence[tuple[Matrix, Sequence[Value]]],
    x: Sequence[Linear],
    n_bits: int,
    plain: bool,
) -> list[Linear]:
    """The logits; if plain, as outputs of the circuit."""
    values = list(x)
    for k, (layer, (matrix, bias)) in enumerate(zip(model.layers, weights, strict=True)):
        last = k == len(model.layers) - 1
        with circuit.scope(f"layer {k + 1}"):
            rows = enumerate(zip(matrix, bias, strict=True))
            if last and plain:
                return [_logit(circuit, row, values, b, i) for i, (row, b) in rows]
            sums = [_neuron(circuit, row, values, i) + b for i, (row, b) in rows]
            values = sums if last else _activations(circuit, sums, layer.shift, n_bits)
    return values


def _neuron(circuit: Circuit, row: Sequence[Value], values: Sequence[Value], i: int) -> Linear:
    with circuit.scope("products"):
        return inner_product(circuit, row, values, f"{i}")


def _logit(
    circuit: Circuit, row: Sequence[Value], values: Sequence[Linear], bias: Value, i: int
) -> Linear:
    """An output whose constraint is the row's last product."""
    rest = _neuron(circuit, row[:-1], values[:-1], i) + bias
    with circuit.scope("products"):
        return circuit.output_product(f"logit {i}", row[-1], values[-1], rest)


def _activations(
    circuit: Circuit, sums: Sequence[Linear], shift: int | None, n_bits: int
) -> list[Linear]:
    with circuit.scope("relu"):
        if shift is None:
            return [relu(circuit, value, n_bits, f"{i}") for i, value in enumerate(sums)]
        rounding = 1 << shift >> 1
        rounded = [value + rounding for value in sums]
        return [requantise(circuit, v, n_bits, shift, f"{i}") for i, v in enumerate(rounded)]


def _commit(
    circuit: Circuit, model: Mlp, weights: Sequence[tuple[list[list[Linear]], list[Linear]]]
) -> None:
    """The commitment as first output: range proofs of all parameters, then their hash."""
    with circuit.scope("commitment"):
        salt = circuit.private("salt")
        every = [w for matrix, _ in weights for row in matrix for w in row]
        elements = pack(circuit, every, WEIGHT_BITS, "weights")
        elements += pack(circuit, [b for _, bias in weights for b in bias], BIAS_BITS, "biases")
        hashed = [salt, *map(linear, model.dims), *elements]
        circuit.output("commitment", digest_circuit(circuit, hashed, TAG))


def _publish_packed(circuit: Circuit, x: Sequence[Linear], logits: Sequence[Linear]) -> None:
    """Input and logits as outputs, packed; their bits prove that they are int8 and int32."""
    with circuit.scope("publics"):
        for i, element in enumerate(pack(circuit, x, INPUT_BITS, "x")):
            circuit.output(f"packed x {i}", element)
        for i, element in enumerate(pack(circuit, logits, LOGIT_BITS, "logits")):
            circuit.output(f"packed logits {i}", element)


def _publish_hashed(circuit: Circuit, x: Sequence[Linear], logits: Sequence[Linear]) -> None:
    """One output, the digest of input and logits in two's complement."""
    with circuit.scope("publics"):
        sized = [(value, INPUT_BITS) for value in x] + [(value, LOGIT_BITS) for value in logits]
        data: list[Linear] = []
        for i, (value, n_bits) in enumerate(sized):
            *low, not_negative = signed_bits(circuit, value, n_bits, f"value {i}")
            data += [1 - not_negative, *reversed(low)]
        circuit.output("digest", statement_digest_circuit(circuit, data))
