"""The prover of a hidden proof: zkml-1's, before a transcript that pads whatever he says."""

from collections.abc import Sequence

from aicrypto.algebra import multilinear
from aicrypto.algebra.plain import ELEMENT_BYTES, Fp2
from aicrypto.proof.lookup import TABLE_TAGS, WITNESS_TAGS
from aicrypto.zkml.circuit import lookups, opening, products, weights
from aicrypto.zkml.circuit.witness import Witness
from aicrypto.zkml.hidden.following import LAST_TAG
from aicrypto.zkml.hidden.vector import Script
from aicrypto.zkml.network import Network
from aicrypto.zkml.onchain.sums import RecordingTranscript

MESSAGE_TAGS = {
    *(WITNESS_TAGS.root, WITNESS_TAGS.round, WITNESS_TAGS.children),
    *(TABLE_TAGS.root, TABLE_TAGS.round, TABLE_TAGS.children),
    *(lookups.CLAIMS_TAG, products.ROUND_TAG, products.ACTIVATION_TAG),
    *(opening.MERGE_TAG, opening.VALUE_TAG, LAST_TAG),
}


class PaddingTranscript(RecordingTranscript):
    """A transcript that pads every message before it hears it, and keeps both."""

    def __init__(self, label: str, pads: Sequence[Fp2]) -> None:
        super().__init__(label)
        self._pads = iter(pads)
        self.true: list[Fp2] = []
        self.said: list[Fp2] = []

    def absorb(self, tag: int, data: bytes) -> None:
        """Hears messages padded, all else as it is."""
        if tag in MESSAGE_TAGS:
            starts = range(0, len(data), ELEMENT_BYTES)
            true = [Fp2.from_bytes(data[start : start + ELEMENT_BYTES]) for start in starts]
            said = [value + next(self._pads) for value in true]
            self.true += true
            self.said += said
            data = b"".join(value.to_bytes() for value in said)
        super().absorb(tag, data)


def speak(network: Network, found: Witness, script: Script, transcript: PaddingTranscript) -> None:
    """All messages of the script, said to the transcript, which has heard the statement."""
    layout = found.layout
    _, place = lookups.prove(found, transcript)
    folded = found.fold(place.batch)
    lookups.claim(folded, place, transcript)
    outputs = products.draw_outputs(layout, 0, place.neuron, transcript)
    layers = weights.fold_network(network, layout.points(place.neuron, outputs.point))
    n_before = len(transcript.drawn)
    _, stack_point = products.prove(
        layout, found.x, folded.columns[:, 0], layers, place, outputs, transcript
    )
    matrix_point = transcript.drawn[n_before : n_before + len(script.matrix)]
    opening.prove_merge(layout.size, folded, place, stack_point, transcript)
    table = products.weight_table(layout, layers, place, outputs)
    denominators = (transcript.true[sums.total[1]] for sums in (script.witness, script.table))
    last = (multilinear.evaluate(table, matrix_point), *(1 / value for value in denominators))
    transcript.absorb(LAST_TAG, b"".join(value.to_bytes() for value in last))
