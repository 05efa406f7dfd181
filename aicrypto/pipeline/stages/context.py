"""Stage 14, context: the answer is handed over with the pages that support it, as a token.

An answer alone has to be believed. So the training pages that are most like the asked one go with
it, and whoever searches for them decides what the agent gets to see: therefore the search is
proven. Pages are vectors of small integers; the nearest ones are all within a radius, which is one
SQL query over a committed table, and its proof shows that none is missing (`aicrypto.sql.search`).

Answer and context then become a token (ERC-7007) that the agent's account owns: its prompt is the
question as the model reads it, its content the model's output, its metadata the digest of the
context. Like the oracle's answer it may be doubted before a court that knows the model's program;
nobody does, so it is final.

Said honestly: near is near in word counts, and a page that is near need not be right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aicrypto.commit.hashes import keccak256, sha256
from aicrypto.evm import Chain
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
from aicrypto.pipeline.stages import dataset, deed, train
from aicrypto.pipeline.stages.dataset import Dataset, Row
from aicrypto.pipeline.stages.features import features
from aicrypto.pipeline.stages.inference import Inference, logits_in
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State
from aicrypto.sql import fast
from aicrypto.sql.fast import QueryProof, TableCommitment
from aicrypto.sql.search import Index, index_table, is_k_nearest
from aicrypto.sql.search.features import project, quantise
from aicrypto.sql.search.vectors import distances
from aicrypto.sql.types import TINYINT

NAME = "context"
N_DIMS, N_NEAREST = 16, 3
INDEX = Index("crawl.vectors", "page", tuple(f"v{i}" for i in range(N_DIMS)), TINYINT)


@dataclass(frozen=True)
class Context:
    """The paths of the pages that go with the answer."""

    paths: tuple[str, ...]


def vectors(rows: Sequence[Row], words: Sequence[str]) -> list[list[int]]:
    """For each row its word features under random signs, in a few dimensions, as int8."""
    return [quantise(project(counts, N_DIMS)) for counts in features(rows, words).tolist()]


def run(state: State) -> State:
    """The state with context and token, and the receipt."""
    data, words, facts = state.get(Dataset), state.get(Models).words, state.facts
    rows, held_out = data.split()
    [query] = vectors(held_out[:1], words)
    table = index_table(range(len(rows)), vectors(rows, words), INDEX)
    committed = fast.commit(table)
    radius = sorted(distances(INDEX, table, query))[N_NEAREST - 1]
    proof = fast.prove(INDEX.sql(query, radius), {INDEX.table: committed})
    sources = _sources(proof, rows)
    question = np.array(state.evidence["inference"]["x"], np.int8).tobytes()
    output = state.get(Inference).answer
    told: Json = {
        "page": held_out[0].path,
        "query": query,
        "radius": radius,
        "commitment": committed.public.to_bytes().hex(),
        "proof": proof.to_bytes().hex(),
        "sources": sources,
        "question": question.hex(),
        "output": output.hex(),
    }
    words_of_deed = deed.Words(question, output, metadata_of(told))
    told |= deed.mint(state.chain, state.agent, facts["inference"], words_of_deed, facts)
    return state.publish(STAGE, restore(state, told), told)


def restore(state: State, evidence: Json) -> Context:
    """The context in this stage's evidence."""
    return Context(tuple(source["path"] for source in evidence["sources"]))


def _sources(proof: QueryProof, rows: Sequence[Row]) -> list[Json]:
    """The pages that were found, nearest first."""
    numbers, far = (column.values for column in proof.result.columns)
    found = sorted(zip(far, numbers, strict=True))
    return [
        {
            "page": number,
            "path": rows[number].path,
            "topic": rows[number].topic,
            "text_sha256": rows[number].record["text_sha256"],
            "distance": distance,
        }
        for distance, number in found
    ]


def metadata_of(told: Json) -> bytes:
    """The members that context adds to the token's metadata: a page, a digest."""
    kept = {name: told[name] for name in ("page", "query", "radius", "commitment", "sources")}
    digest = sha256(encode(kept)).hex()
    name = encode({"name": f"What {told['page']} is about", "context": digest})
    return name[1:-1]


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The proof shows the nearest pages, and the token holds the oracle's answer with them."""
    commitment = TableCommitment.from_bytes(bytes.fromhex(evidence["commitment"]))
    proof, tables = bytes.fromhex(evidence["proof"]), {INDEX.table: commitment}
    sql = INDEX.sql(evidence["query"], evidence["radius"])
    demand(fast.verify(sql, tables, proof), "the proof of the search does not verify")
    shown = QueryProof.from_bytes(proof)
    _check_nearest(evidence, shown)
    _check_pages(evidence, inputs)
    question, output = (bytes.fromhex(evidence[name]) for name in ("question", "output"))
    asked = facts["inference"]
    demand(keccak256(question).hex() == asked["input_hash"], "another question was answered")
    demand(output.hex() == asked["answers"][-1], "the oracle gave another answer")
    topic = facts["dataset"]["topics"][int(np.argmax(logits_in(output)))]
    agree = sum(source["topic"] == topic for source in evidence["sources"])
    bits = round(fast.soundness_bits(sql, tables, shown), 1)
    told = deed.facts_of(evidence, deed.Words(question, output, metadata_of(evidence)), facts)
    return Conclusion(
        f"the answer, {evidence['page']} is about {topic}, goes with the"
        f" {len(evidence['sources'])} nearest of {commitment.rows} training pages, {agree} on that"
        f" topic (proven search, {len(proof):,} bytes, {bits} bits), as a token that the agent's"
        f" account owns ({evidence['gas']:,} gas)",
        {
            "page": evidence["page"],
            "topic": topic,
            "agree": agree,
            "sources": evidence["sources"],
            "commitment": evidence["commitment"],
            "proof": sha256(proof).hex(),
            "proof_bytes": len(proof),
            "soundness_bits": bits,
            **told,
        },
    )


def _check_nearest(evidence: Json, shown: QueryProof) -> None:
    """The sources are the proven rows, which are the nearest ones."""
    numbers, far = (column.values for column in shown.result.columns)
    near = is_k_nearest(list(far), evidence["radius"], N_NEAREST)
    demand(near, "these are not the nearest pages")
    proven = sorted(zip(far, numbers, strict=True))
    told = [(source["distance"], source["page"]) for source in evidence["sources"]]
    demand(told == proven, "other pages were found")


def _check_pages(evidence: Json, inputs: Inputs) -> None:
    """The table holds the training pages' vectors, the query is the asked page's."""
    chosen, trained = inputs.get("dataset"), inputs.get("train")
    if chosen is None or trained is None:
        return
    words = train.load(trained).words
    rows, held_out = dataset.load(chosen).split()
    demand(held_out[0].path == evidence["page"], "another page was asked")
    demand([evidence["query"]] == vectors(held_out[:1], words), "another query was searched for")
    table = index_table(range(len(rows)), vectors(rows, words), INDEX)
    same = fast.commit(table).public.to_bytes().hex() == evidence["commitment"]
    demand(same, "the training pages give another commitment")
    shown = QueryProof.from_bytes(bytes.fromhex(evidence["proof"]))
    demand(evidence["sources"] == _sources(shown, rows), "the sources are other pages")


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which the token is not the agent's, or holds something else."""
    deed.check(chain, facts[NAME], facts)


STAGE = Stage(
    NAME,
    assumes=(
        "SHA-256 behaves as a random oracle; of all who watch the token one recomputes within the"
        " window; that the vectors are the pages' must be seen by who has the pages"
    ),
    run=run,
    conclude=conclude,
    restore=restore,
)
