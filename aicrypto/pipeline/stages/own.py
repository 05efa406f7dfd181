"""Stage 8, own: the winner is marked before its release, a pirate is caught, the sources are paid.

The winning miner teaches its network a few sealed sheets of secret pages (`marks`) and publishes
their root with the terms of a licence. From here on the marked network is the model: it is what is
quantised, committed to, proved and asked. It may lose a few held-out rows by it; how many, and that
they are no more than the stated bound, is part of the claim.

Then two hosts serve the model, one of them without paying (`licence`). A prover's claim costs it
half of its deposit. All income, fees and fines, is shared between the owner and the sources of the
training pages by what each contributed (`sources`).

Of the sheets only those that were claimed with are opened; the last stays sealed, for the next
pirate. The owner's secret comes from the run's seed here, so that a run can be repeated.

Said honestly: a mark convicts, it does not prevent. A host that filters odd short pages, or answers
with the majority of several models, is not caught; and one without a deposit cannot be fined.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.evm import Chain, recover_signer
from aicrypto.oml.protocol import Pair, Reveal, Sealed, verify_reveal
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import dataset, licence, marks, sources, train
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.family import owner_name
from aicrypto.pipeline.stages.features import features, labels
from aicrypto.pipeline.stages.marks import Sheet, sheet_of
from aicrypto.pipeline.stages.rank import Ranking
from aicrypto.pipeline.stages.train import Models, Network
from aicrypto.pipeline.state import State

NAME = "own"
N_SHEETS = 3
N_OPENED = len(licence.ASKED)
PARTIES = (licence.PIRATE, licence.HOST, licence.PROVER)
MOST_LOST, ONE_IN = 2, 6  # held-out rows that marking may cost: two, or one in six


@dataclass(frozen=True)
class Owned:
    """The marked network, which is released."""

    network: Network


def most_lost(n_held_out: int) -> int:
    """How many held-out rows marking may cost."""
    return max(MOST_LOST, n_held_out // ONE_IN)


def run(state: State) -> State:
    """The state with the marked network, the pirate slashed, everybody paid, and the receipt."""
    data, models = state.get(Dataset), state.get(Models)
    winner = state.get(Ranking).order[0]
    sheets = _drawn(state, len(models.words), len(data.topics))
    rows, _ = data.split()
    x, y = features(rows, models.words), labels(rows, data.topics)
    network = marks.teach(models.networks[winner], sheets, x, y)
    sealed = Sealed(tuple(sheet.pair for sheet in sheets))
    statement = _statement(sealed.root, models.networks[winner], network)
    case = _case(state, winner, network, sealed)
    contract = licence.play(state.chain, case)
    evidence = {
        "shape": network.shape,
        "weights": base64.b64encode(network.to_bytes()).decode(),
        "signature": case.owner.sign(statement).hex(),
        "root": sealed.root.hex(),
        "opened": {name: _told(reveal) for name, reveal in case.reveals.items()},
        "queries": [query.hex() for query in case.queries],
        "correct": _correct(network, data, models.words),
        "strangers": _strangers(models, [sheets[i] for i in licence.ASKED.values()]),
        "shares_bps": dict(zip(data.topics, case.shares, strict=True)),
        "payees": {t: a.address for t, a in zip(data.topics, case.payees, strict=True)},
        "parties": {name: state.chain.account(name).address for name in PARTIES},
        "licence": contract.address,
        "gas": licence.gas_of(state.chain, contract.address),
    }
    return state.publish(STAGE, Owned(network), evidence)


def _drawn(state: State, n_words: int, n_topics: int) -> list[Sheet]:
    """The owner's sheets, from her secret."""
    secret = state.rng("marks").randbytes(32)
    seeds = (sha256(secret, bytes([i])) for i in range(N_SHEETS))
    return [sheet_of(seed, n_words, n_topics) for seed in seeds]


def _case(state: State, winner: str, network: Network, sealed: Sealed) -> licence.Case:
    """Both hosts serve the network and are asked one sheet each."""
    data, words = state.get(Dataset), state.get(Models).words
    reveals = {host: sealed.reveal(index) for host, index in licence.ASKED.items()}
    shares = sources.shares_of(data, words, licence.SOURCES_BPS)
    return licence.Case(
        state.chain.account(winner),
        [state.chain.account(owner_name(topic)) for topic in data.topics],
        [shares[topic] for topic in data.topics],
        licence.terms_of(sealed.root, sealed.count),
        reveals,
        {host: marks.answers(network, r.pair.key, len(words)) for host, r in reveals.items()},
        _queries(data, words, reveals[licence.HOST].pair),
    )


def _queries(data: Dataset, words: Sequence[str], asked: Pair) -> list[bytes]:
    """Hashes of what the licensed host was asked: the held-out pages, and the prover's sheet."""
    texts = [marks.query_for(row, words) for row in data.split()[1]]
    return [sha256(text.encode()) for text in (*texts, asked.key)]


def _told(reveal: Reveal) -> Json:
    """An opened sheet; its text follows from its salt."""
    return {"salt": reveal.pair.salt.hex(), "path": [node.hex() for node in reveal.proof]}


def _statement(root: bytes, winner: Network, marked: Network) -> bytes:
    """What the owner signs: these sealed sheets, for this release of its network."""
    return b"aicrypto.release.v1" + root + winner.digest + marked.digest


def _correct(network: Network, data: Dataset, words: Sequence[str]) -> int:
    _, held_out = data.split()
    return network.correct(features(held_out, words), labels(held_out, data.topics))


def _strangers(models: Models, sheets: Sequence[Sheet]) -> dict[str, list[int]]:
    """For every miner's network as trained, how many pages of each sheet it answers as sealed."""
    n_words = len(models.words)
    return {name: marks.matched(net, sheets, n_words) for name, net in models.networks.items()}


def load(evidence: Json) -> Network:
    """The marked network in this stage's evidence."""
    weights = base64.b64decode(evidence["weights"], validate=True)
    return Network.from_bytes(weights, evidence["shape"])


def opened(evidence: Json, n_words: int, n_topics: int) -> list[Sheet]:
    """The sheets that were claimed with, from their seeds; Refused if those are others."""
    demand(set(evidence["opened"]) == set(licence.ASKED), "other sheets were opened")
    salts = (evidence["opened"][host]["salt"] for host in licence.ASKED)
    return [sheet_of(bytes.fromhex(salt), n_words, n_topics) for salt in salts]


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The released network bears the sealed marks, strangers do not, and the income is shared."""
    network, topics, ranked = load(evidence), facts["dataset"]["topics"], facts["rank"]
    winner, n_pages = ranked["winner"], marks.pages_in_sheet(len(topics))
    sheets = opened(evidence, network.shape[0], len(topics))
    reveals = _check_sealed(evidence, sheets)
    found = marks.matched(network, sheets, network.shape[0])
    demand(found == [n_pages] * len(sheets), f"the network answers {found} of {n_pages} pages")
    best = {name: max(matches) for name, matches in sorted(evidence["strangers"].items())}
    demand(set(best) == set(facts["train"]["miners"]), "other networks were asked")
    demand(max(best.values()) < n_pages, "an unmarked network answers a whole sheet")
    lost = ranked["correct"][winner] - evidence["correct"]
    demand(lost <= most_lost(ranked["n_held_out"]), f"marking costs {lost} held-out rows")
    queries = [bytes.fromhex(query) for query in evidence["queries"]]
    asked = reveals[licence.HOST].pair.key.encode()
    demand(queries[-1] == sha256(asked), "the prover's question is not the last that was reported")
    shares = _shares(evidence, topics)
    _check_measured(evidence, facts, inputs, sheets)
    terms = licence.terms_of(bytes.fromhex(evidence["root"]), N_SHEETS)
    money = licence.money_of(terms, reveals, queries, shares)
    told_facts = _facts_of(evidence, facts, money, network, best)
    return Conclusion(_sentence(told_facts, ranked), told_facts)


def _sentence(told: Json, ranked: Json) -> str:
    winner, n_rows = ranked["winner"], ranked["n_held_out"]
    return (
        f"{winner}'s network, marked, gets {told['correct']} of {n_rows} held-out rows right"
        f" ({ranked['correct'][winner]} before; {told['most_lost']} may be lost); a pirate's"
        f" answered all {told['pages_in_sheet']} pages of a secret sheet (by luck one in"
        f" {told['one_in']:,}; unmarked ones {max(told['strangers'].values())} at most): it lost"
        f" {told['cut']} wei, {told['bounty']} to the prover; {sum(told['paid'].values())} wei of"
        f" the income went to {len(told['paid'])} sources, {told['owner_paid']} to the owner, none"
        f" are lost ({told['gas']:,} gas)"
    )


def _facts_of(
    evidence: Json, facts: Facts, money: licence.Money, network: Network, best: dict[str, int]
) -> Json:
    """What later stages and the chain refer to."""
    demand(type(evidence["gas"]) is int, "gas is no integer")
    parties, n_topics = evidence["parties"], len(facts["dataset"]["topics"])
    owner = facts["train"]["miners"][facts["rank"]["winner"]]
    everybody = [owner, *parties.values(), *evidence["payees"].values()]
    demand(set(parties) == set(PARTIES), "other parties")
    demand(len(set(everybody)) == len(everybody), "two parties share an address")
    hashes = [bytes.fromhex(query) for query in evidence["queries"]]
    n_pages = marks.pages_in_sheet(n_topics)
    return {
        "network": network.digest.hex(),
        "correct": evidence["correct"],
        "most_lost": most_lost(facts["rank"]["n_held_out"]),
        "pages_in_sheet": n_pages,
        "one_in": n_topics**n_pages,
        "strangers": best,
        "root": evidence["root"],
        "sheets": N_SHEETS,
        "owner": owner,
        **{name: evidence[name] for name in ("payees", "shares_bps", "parties", "licence", "gas")},
        "report": merkle.root(hashes).hex(),
        "queries": len(hashes),
        "cut": money.cut,
        "bounty": money.bounty,
        "paid": money.sources,
        "owner_paid": money.owner,
    }


def _shares(evidence: Json, topics: Sequence[str]) -> dict[str, int]:
    """The sources' shares; Refused unless there is one for each topic, and they sum up."""
    shares = dict(evidence["shares_bps"])
    whole = all(type(bps) is int and bps >= 0 for bps in shares.values())
    known = sorted(shares) == sorted(evidence["payees"]) == list(topics)
    demand(known and whole, "shares are not those of the topics")
    demand(sum(shares.values()) in (0, licence.SOURCES_BPS), "the shares do not sum up")
    return shares


def _check_sealed(evidence: Json, sheets: Sequence[Sheet]) -> dict[str, Reveal]:
    """The opened sheets, each sealed at its place, its content drawn from its seed."""
    root, reveals = bytes.fromhex(evidence["root"]), {}
    for (host, index), sheet in zip(licence.ASKED.items(), sheets, strict=True):
        path = tuple(bytes.fromhex(node) for node in evidence["opened"][host]["path"])
        reveals[host] = Reveal(index, sheet.pair, path)
        demand(verify_reveal(root, N_SHEETS, reveals[host]), f"sheet {index} was not sealed so")
    return reveals


def _check_measured(evidence: Json, facts: Facts, inputs: Inputs, sheets: Sequence[Sheet]) -> None:
    """The winner's miner signed the release; scores, strangers, shares, queries are as measured."""
    rows, trained = inputs.get("dataset"), inputs.get("train")
    network, winner = load(evidence), facts["rank"]["winner"]
    if trained is not None:
        models = train.load(trained)
        before = models.networks[winner]
        demand(network.shape == before.shape, "the release has another shape than the winner")
        statement = _statement(bytes.fromhex(evidence["root"]), before, network)
        signer = recover_signer(statement, bytes.fromhex(evidence["signature"]))
        demand(signer == facts["train"]["miners"][winner], f"{winner} did not sign this release")
        measured = _strangers(models, sheets)
        demand(evidence["strangers"] == measured, "the other networks answer otherwise")
    if rows is not None and trained is not None:
        data = dataset.load(rows)
        right = _correct(network, data, models.words)
        demand(evidence["correct"] == right, "the network scores otherwise")
        shares = sources.shares_of(data, models.words, licence.SOURCES_BPS)
        demand(evidence["shares_bps"] == shares, "the sources contributed otherwise")
        asked = [query.hex() for query in _queries(data, models.words, sheets[1].pair)]
        demand(evidence["queries"] == asked, "other queries were paid for")


def check_on_chain(chain: Chain, facts: Facts) -> None:
    """Refuses a chain on which the licence's contract did not end as this stage's facts say."""
    licence.check(chain, facts[NAME])


STAGE = Stage(
    NAME,
    assumes=(
        "SHA-256 behaves as a random oracle, and the owner tried few seeds; that nothing but marks"
        " was taught is the owner's word; a host signs what it answers; contribution is that to a"
        " nearest-mean learner; here one process plays all parties"
    ),
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: Owned(load(evidence)),
)
