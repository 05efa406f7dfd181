"""Zero-knowledge proofs of inference with a hidden model: zkml-1 with every message padded.

    model = commit(network, seed)               once, and for one proof
    proof = prove(model, x, seed)               x and logits are public, the weights are not
    verify(model.commitment, x, logits, proof)

The prover runs zkml-1 as it is, but adds to every number that he says a random one, a pad. Pads,
weights, witness, multiplicities are one vector that he commits to first, so that nothing shows
(`commit.tensor.hiding`). The verifier's checks become linear equations about that vector
(`following`, `equations`), all of them one combination of it, and only that one is opened.

**Sound**: pads are fixed by the root before the first challenge, so what is heard fixes what is
said, in zkml-1's order; its errors are those of `soundness` without openings. To these come 1/|F|
for every product, (number of weights)/|F| for weights other than the model's, for joining all
equations twice their number and the vector's length over |F|, and the errors of `hiding`, twice. A
sum's denominator is not 0, since an inverse is committed to.

`hiding` is binding if no polynomial that the root has fixed divides the opened combination, read as
a polynomial in X. At a root z of one, the combination is a polynomial in tau, and what stands with
its highest power is s·z^(n-1) + ... + s^(n-1)·z + 1, as the last number's factor is 1: it is 0 for
less than n values of s, and the whole then for no more values of tau than there are equations.

**Zero-knowledge** (honest verifier, random oracle; hence non-interactive): a simulator that knows
widths, shifts, x and logits draws all padded messages, all e and f, D and both evaluations at
random. Each of them has a committed random number of its own that nothing else is padded with
(message i: pad i; e and f: a triple's x and y; D and the evaluation of the weights: the model's pad
and the last but one entry; that of the whole vector: the last entry), so in a real proof they are
random and independent as well. The one combination's value follows from them by public rules, and
an opening with that value says nothing more, nor does that of the model's commitment, which is
simulated along: `hiding` argues why, and a test runs the simulator. What a proof tells, beside the
statement: nothing but that quotients fit the profile, which the batch's size chooses.

**One proof for each commitment**: `hiding` opens one combination. `prove` takes the model's seed
from the commitment's owner, who must not use it twice. Not proven, as in zkml-1: that weights are
int8. Costs grow with the number of weights, not its root: for small networks.

Own design from known parts: pads as in Google's longfellow-zk and Hyrax (eprint 2017/1132),
sacrificed triples as in SPDZ (eprint 2011/535). zkml-1 of this project, section 13, asks for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from operator import mul
from typing import Any

from jaxtyping import Int8, Int32
from torch import Tensor

from aicrypto.algebra import m61x2
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.hashes import sha256
from aicrypto.commit.tensor import hiding
from aicrypto.commit.tensor import soundness as tensor_soundness
from aicrypto.commit.transcript import Transcript
from aicrypto.zkml import soundness
from aicrypto.zkml.circuit import refusal, witness
from aicrypto.zkml.circuit.layout import PROFILES, SMALL_PROFILE_PLACES, Layout
from aicrypto.zkml.circuit.witness import pad_batch
from aicrypto.zkml.hidden import equations
from aicrypto.zkml.hidden.following import follow
from aicrypto.zkml.hidden.message import HiddenProof, Pair
from aicrypto.zkml.hidden.model import OPENING_BITS, HiddenCommitment, HiddenModel
from aicrypto.zkml.hidden.speaking import PaddingTranscript, speak
from aicrypto.zkml.hidden.vector import Places, Script, assemble, n_drawn
from aicrypto.zkml.soundness import Opening
from aicrypto.zkml.statement import read_rows

LABEL = "aicrypto.zkml.hidden.v1"
MODEL_TAG, INPUTS_TAG, LOGITS_TAG, ROOT_TAG, DIFFERENCE_TAG = 1, 2, 3, 4, 6
MASKED_TAG, EVALUATIONS_TAG = 0x41, 0x42


@dataclass(frozen=True, eq=False)
class Statement:
    """What is proved, and the circuit for it."""

    model: HiddenCommitment
    layout: Layout
    x: Int8[Tensor, "batch in"]
    logits: Int32[Tensor, "batch out"]

    @classmethod
    def of(
        cls,
        model: HiddenCommitment,
        x: Int8[Tensor, "batch in"],
        logits: Int32[Tensor, "batch out"],
    ) -> "Statement":
        """The statement about a whole batch."""
        return cls(model, layout_of(model, len(x)), x, logits)

    @property
    def script(self) -> Script:
        """The messages of a proof."""
        return Script.of(self.layout.size)

    def told(self, root: bytes, difference: Fp2, transcript: Transcript) -> None:
        """Binds what follows to statement and commitment."""
        transcript.absorb(MODEL_TAG, self.model.digest)
        transcript.absorb(INPUTS_TAG, self.x.cpu().numpy().tobytes())
        transcript.absorb(LOGITS_TAG, self.logits.cpu().numpy().astype("<i4").tobytes())
        transcript.absorb(ROOT_TAG, root)
        transcript.absorb(DIFFERENCE_TAG, difference.to_bytes())


@dataclass(frozen=True, eq=False)
class Combinations:
    """What both openings are about.

    Attributes:
        vector: factors of the vector, and `value`, what they must give.
        powers: of s, factors of the evaluations.
    """

    vector: list[Fp2]
    value: Fp2
    powers: list[Fp2]

    def of_weights(self, places: Places) -> list[Fp2]:
        """Factors of the model's vector."""
        return [*self.powers[: places.columns], Fp2(1)]


def prove(model: HiddenModel, x: Any, seed: bytes) -> HiddenProof:
    """The proof of a batch's logits, which `network.run(pad_batch(x)).logits` are.

    Args:
        model: committed to for this proof alone.
        x: rows of int8; rows of zeros are added up to a power of two.
        seed: 32 secret bytes or more, drawn for this proof alone.

    Raises:
        ShapeMismatch, InputRange: if x is no batch for the network.
        QuantRange: naming the neuron whose quotient leaves the table of the batch's profile.
        ValueError: if the seed is shorter.
        TargetUnreachable: if there are too many numbers to hide.
    """
    hiding.check_seed(seed)
    network = model.network.to("cpu")
    x = pad_batch(network.inputs(x))
    found = witness.compute(network, layout_of(model.commitment, len(x)), x)
    statement = Statement.of(model.commitment, x, found.logits)
    script = statement.script
    places = Places.of(statement.layout, script)
    about = sha256(model.commitment.digest, x.numpy().tobytes())  # a seed used again still serves
    drawn = hiding.uniform(sha256(seed, b"proof vector", about), n_drawn(script))
    vector = assemble(network, found, script, drawn)
    hidden = hiding.commit(vector, sha256(seed, b"proof code", about), OPENING_BITS)
    secrets = m61x2.to_scalars(vector)
    difference = model.pad - secrets[places.evaluations]
    transcript = PaddingTranscript(LABEL, secrets[places.pads : places.products])
    statement.told(hidden.root, difference, transcript)
    speak(network, found, script, transcript)

    def mask(rho: Fp2) -> list[Pair]:
        return _mask(script, places, secrets, rho)

    def evaluate(powers: Sequence[Fp2]) -> Pair:
        weights = _dot(secrets[: places.columns], powers) + secrets[places.evaluations]
        return weights, _dot(secrets[:-1], powers) + secrets[-1]

    said, heard = transcript.said, Transcript(LABEL)  # from here on as the verifier hears it
    statement.told(hidden.root, difference, heard)
    joined, masked, evaluations = _join(statement, said, mask, evaluate, heard)
    return HiddenProof(
        hidden.root,
        difference,
        said,
        masked,
        evaluations,
        hiding.prove(hidden, joined.vector, heard),
        hiding.prove(model.hidden, joined.of_weights(places), heard),
    )


def verify(model: HiddenCommitment, x: Any, logits: Any, proof: HiddenProof | bytes) -> bool:
    """Whether the proof shows that the hidden model has these logits for these inputs.

    A false statement passes with the chance of 2^-`bits`, for each attempt.

    Args:
        model: the commitment.
        x: rows of int8; rows of zeros are added up to a power of two.
        logits: a row of int32 for each, those of the added rows included.
        proof: as an object or as bytes.
    """

    def check() -> None:
        data = proof.to_bytes() if isinstance(proof, HiddenProof) else bytes(proof)
        statement = Statement.of(model, *read_rows(model, x, logits))
        shapes = (shape_of(statement.layout), model.shape)
        message = HiddenProof.from_bytes(data, statement.script, *shapes)
        refusal.demand(_opened(statement, message), "Opening")

    return refusal.reason_of(check) is None


def bits(model: HiddenCommitment, batch: int) -> float:
    """The security of a proof for so many rows, a power of two."""
    layout = layout_of(model, batch)
    size, script = layout.size, Script.of(layout.size)
    anything = Opening(size.shape(1, soundness.DEFAULT_INV_RATE), 1)
    errors = soundness.errors(size, anything).items()
    plain = [error for name, error in errors if not name.startswith("witness")]
    n_secrets, n_products = Places.of(layout, script).n_secrets, len(script.products)
    n_equations = 3 * n_products + size.log_leaves + size.log_table + 16
    joining = (n_products + 2 * n_secrets + 2 * n_equations) / tensor_soundness.FIELD_SIZE
    openings = [error for shape in (shape_of(layout), model.shape) for error in shape.errors]
    return tensor_soundness.bits([*plain, joining, *openings])


def layout_of(model: HiddenCommitment, batch: int) -> Layout:
    """The circuit: the small profile for few places, whatever the values in them."""
    small, large = (Layout.of(model.dims, model.shifts, batch, profile) for profile in PROFILES)
    return small if small.size.stack * batch <= SMALL_PROFILE_PLACES else large


def shape_of(layout: Layout) -> hiding.Shape:
    """The form of the commitment to the vector."""
    return hiding.choose_shape(Places.of(layout, Script.of(layout.size)).n_secrets, OPENING_BITS)


def _opened(statement: Statement, proof: HiddenProof) -> bool:
    """Whether both openings are right, and of what the messages demand."""
    transcript = Transcript(LABEL)
    statement.told(proof.root, proof.difference, transcript)
    joined, _, (of_weights, _) = _join(
        statement, proof.said, lambda _: proof.masked, lambda _: proof.evaluations, transcript
    )
    weights = joined.of_weights(Places.of(statement.layout, statement.script))
    of_model = of_weights + proof.difference
    model, shape = statement.model, shape_of(statement.layout)
    return hiding.verify(
        proof.root, shape, joined.vector, joined.value, proof.opening, transcript
    ) and hiding.verify(model.root, model.shape, weights, of_model, proof.model_opening, transcript)


def _join(
    statement: Statement,
    said: Sequence[Fp2],
    mask: Callable[[Fp2], Sequence[Pair]],
    evaluate: Callable[[Sequence[Fp2]], Pair],
    transcript: Transcript,
) -> tuple[Combinations, Sequence[Pair], Pair]:
    """All that follows from the padded messages; `mask` and `evaluate` say the rest of them."""
    layout, script = statement.layout, statement.script
    places = Places.of(layout, script)
    left = follow(layout, statement.x, statement.logits, said, transcript)
    rho = transcript.challenge()
    masked = mask(rho)
    _hear(MASKED_TAG, [value for pair in masked for value in pair], transcript)
    powers = _powers(transcript.challenge(), places.n_secrets - 1)
    evaluations = evaluate(powers)
    _hear(EVALUATIONS_TAG, evaluations, transcript)
    forms = [*left.equations, *equations.triples(script, rho, masked)]
    *taus, of_weights, of_all = _powers(transcript.challenge(), len(forms) + 2)
    combination, value = equations.join(
        places, forms, equations.sums_of(layout, places, left), taus
    )
    for place, power in enumerate(powers):
        combination[place] += of_all * power
        if place < places.columns:
            combination[place] += of_weights * power
    combination[places.evaluations] += of_weights
    combination[-1] += of_all
    value += of_weights * evaluations[0] + of_all * evaluations[1]
    return Combinations(combination, value, powers), masked, evaluations


def _mask(script: Script, places: Places, secrets: Sequence[Fp2], rho: Fp2) -> list[Pair]:
    """For every product a·b, e = rho·a - x and f = b - y."""
    masked = list[Pair]()
    for number, (i, j) in enumerate(script.products):
        x, y = secrets[places.triples + 3 * number :][:2]
        masked.append((rho * secrets[places.pads + i] - x, secrets[places.pads + j] - y))
    return masked


def _powers(base: Fp2, count: int) -> list[Fp2]:
    """base, base², base³, ..."""
    return list(accumulate(repeat(base, count), mul))


def _dot(numbers: Sequence[Fp2], factors: Sequence[Fp2]) -> Fp2:
    return sum((a * b for a, b in zip(numbers, factors, strict=False)), Fp2(0))


def _hear(tag: int, elements: Sequence[Fp2], transcript: Transcript) -> None:
    transcript.absorb(tag, b"".join(element.to_bytes() for element in elements))
