"""Stage 7, rank: miners and validators live in a subnet for some epochs; the lowest must go.

Each validator tests every miner on its own part of the held-out rows, signs weights for them, and
commits to these in a live subnet; the rows come out an epoch later, when copying them is too late.
Yuma Consensus then pays, epoch by epoch, in the subnet's alpha. One validator is bribed and gives
everything to one miner: what most of the stake does not support is cut, so the bribe lifts nobody,
and the bribed validator's bonds bring it next to nothing.

At the end a newcomer registers in the full subnet and takes the place of the lowest earner. The
validators joined an epoch after the miners and are immune still, so it is a miner who goes.

Weights are integers of at most 65,535 together, emission is rao of alpha; everything follows from
the signed weights, bit for bit. Source: `aicrypto.subnet`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicrypto.evm import recover_signer
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
from aicrypto.pipeline.stages import dataset, train
from aicrypto.pipeline.stages.dataset import Dataset, Row
from aicrypto.pipeline.stages.features import features, labels
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State
from aicrypto.subnet import Call, LiveSubnet, Rules, Terms
from aicrypto.subnet.network import TAO, advance, commit, digest_of, next_to_go, register, reveal

NAME = "rank"
MAX_WEIGHT = 65535
RAO = 10**9
STAKE_UNIT = 10_000 * RAO  # what is earned in a few epochs hardly moves such stakes
STAKES = {"val-1": 40, "val-2": 30, "val-3": 15, "val-4": 15}
BRIBED = "val-4"  # gives its whole weight to the miner that pays it
BRIBING = "drew"
PAID_EPOCHS = 5  # epochs in which the revealed weights count
TEMPO = 360
NEWCOMER, FUNDS = "newcomer", 100 * RAO
SALT_WORDS, SALT_BITS = 8, 16
RANK_UNIT = 1000  # rao; ranks are emission in this unit, which 32 bits hold

Weights = dict[str, dict[str, int]]
Salts = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Ranking:
    """What the subnet made of the weights.

    Attributes:
        consensus: each miner's highest supported weight, of 65,535.
        emission, dividends: rao that each miner and each validator earned.
        deregistered: the miner whose place the newcomer took.
    """

    consensus: dict[str, int]
    emission: dict[str, int]
    dividends: dict[str, int]
    deregistered: str

    @property
    def order(self) -> list[str]:
        """Miners from best to worst; equal ones by name."""
        return sorted(self.emission, key=lambda miner: (-self.emission[miner], miner))


def rank(weights: Weights, salts: Salts) -> Ranking:
    """The subnet's life: miners, then validators, hidden weights, paid epochs, a newcomer."""
    miners = sorted(next(iter(weights.values())))
    subnet = founded(miners)
    vote(subnet, miners, weights, salts)
    before = {name: subnet.stake_of(name) for name in (*miners, *STAKES)}
    advance(subnet, PAID_EPOCHS * TEMPO)
    earned = {name: subnet.stake_of(name) - rao for name, rao in before.items()}
    demand(subnet.ledger.is_conserved(), "rao were made or lost")
    limits = subnet.epochs[-1].stored.consensus
    leaving = miner_to_go(subnet)
    register(subnet, NEWCOMER, NEWCOMER)
    return Ranking(
        dict(zip(miners, limits, strict=False)),
        {miner: earned[miner] for miner in miners},
        {validator: earned[validator] for validator in STAKES},
        leaving,
    )


def vote(subnet: LiveSubnet, miners: Sequence[str], weights: Weights, salts: Salts) -> None:
    """Every validator commits to its row, and reveals it in the epoch after."""
    uids = tuple(range(len(miners)))  # miners came first
    calls = {
        validator: Call(uids, tuple(row[miner] for miner in miners))
        for validator, row in weights.items()
    }
    for validator, call in calls.items():
        commit(subnet, validator, digest_of(subnet, validator, call, salts[validator]))
    advance(subnet, TEMPO)
    for validator, call in calls.items():
        reveal(subnet, validator, call, salts[validator])


def miner_to_go(subnet: LiveSubnet) -> str:
    """Whose place the next newcomer takes."""
    uid = next_to_go(subnet)
    demand(uid is not None, "nobody can be replaced")
    return subnet.seats.places[uid or 0].hotkey


def founded(miners: Sequence[str]) -> LiveSubnet:
    """A full subnet in its third epoch: everybody is registered, validators have their permits."""
    rules = Rules(tempo=TEMPO, commit_reveal=True, max_allowed_validators=len(STAKES))
    life = (2 + 1 + PAID_EPOCHS) * TEMPO
    terms = Terms(max_uids=len(miners) + len(STAKES), immunity=life, min_non_immune=0, take_u16=0)
    subnet = LiveSubnet(rules=rules, terms=terms)
    for joining in (dict.fromkeys(miners, 0), STAKES):  # uids in this order
        for name, stake in joining.items():
            subnet.ledger.mint(TAO, name, FUNDS)
            register(subnet, name, name)
            subnet.ledger.mint(subnet.token, name, stake * STAKE_UNIT)
        advance(subnet, TEMPO)
    subnet.ledger.mint(TAO, NEWCOMER, FUNDS)
    return subnet


def scores(rows: Sequence[Row], topics: Sequence[str], models: Models) -> dict[str, int]:
    """Rows that each miner's network classifies right."""
    x, y = features(rows, models.words), labels(rows, topics)
    return {name: network.correct(x, y) for name, network in models.networks.items()}


def share_of(rows: Sequence[Row], validator: str) -> list[Row]:
    """The held-out rows that a validator tests on: every fourth, another one for each."""
    return list(rows[list(STAKES).index(validator) :: len(STAKES)])


def to_weights(correct: Mapping[str, int]) -> dict[str, int]:
    """Weights that sum to at most 65,535, in proportion to the square of the score."""
    total = sum(n * n for n in correct.values()) or 1
    return {miner: MAX_WEIGHT * n * n // total for miner, n in correct.items()}


def run(state: State) -> State:
    """The state with the ranking and its receipt."""
    data, models = state.get(Dataset), state.get(Models)
    _, held_out = data.split()
    weights: Weights = {}
    for validator in STAKES:
        weights[validator] = to_weights(scores(share_of(held_out, validator), data.topics, models))
    weights[BRIBED] = dict.fromkeys(weights[BRIBED], 0) | {BRIBING: MAX_WEIGHT}
    commitments = state.receipts[-1].facts["commitments"]
    accounts = {name: state.chain.account(name) for name in STAKES}
    rng = state.rng("salts")
    salts = {name: [rng.getrandbits(SALT_BITS) for _ in range(SALT_WORDS)] for name in STAKES}
    evidence = {
        "weights": weights,
        "salts": salts,
        "validators": {name: account.address for name, account in accounts.items()},
        "signatures": {
            name: account.sign(_statement(weights[name], data.root.hex(), commitments)).hex()
            for name, account in accounts.items()
        },
        "correct": scores(held_out, data.topics, models),
        "n_held_out": len(held_out),
    }
    return state.publish(STAGE, rank(weights, salts), evidence)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """Validators signed their weights, most by what they measured; the ranking follows."""
    weights, commitments = evidence["weights"], facts["train"]["commitments"]
    demand(set(weights) == set(evidence["validators"]) == set(STAKES), "other validators")
    for name, address in evidence["validators"].items():
        _check_weights(name, weights[name], set(commitments))
        statement = _statement(weights[name], facts["dataset"]["root"], commitments)
        signer = recover_signer(statement, bytes.fromhex(evidence["signatures"][name]))
        demand(signer == address, f"{name} did not sign these weights")
    _check_scores(evidence, facts, inputs)
    ranking = rank(weights, evidence["salts"])
    best = ranking.order[0]
    right, n_rows = evidence["correct"][best], evidence["n_held_out"]
    return Conclusion(
        f"of {len(commitments)} miners {best} is best, with {right} of {n_rows} held-out rows"
        f" right; after {PAID_EPOCHS} epochs {ranking.deregistered} is deregistered",
        {
            "winner": best,
            "deregistered": ranking.deregistered,
            "consensus": ranking.consensus,
            "rank": {name: rao // RANK_UNIT for name, rao in ranking.emission.items()},
            "dividends": ranking.dividends,
            "validators": evidence["validators"],
            "correct": evidence["correct"],
            "n_held_out": n_rows,
        },
    )


def _check_weights(validator: str, given: Mapping[str, int], miners: set[str]) -> None:
    """Refuses weights that leave a miner out, or are no whole numbers below 65,536 together."""
    demand(set(given) == miners, f"{validator} weighs other miners")
    whole = all(type(weight) is int and weight >= 0 for weight in given.values())
    demand(whole and sum(given.values()) <= MAX_WEIGHT, f"{validator}'s weights are out of range")


def _check_scores(evidence: Json, facts: Facts, inputs: Inputs) -> None:
    """The stated scores can be measured again, and most of the stake weighed by them."""
    rows, trained = inputs.get("dataset"), inputs.get("train")
    if rows is None or trained is None:
        return
    _, held_out = dataset.load(rows).split()
    models, topics = train.load(trained), facts["dataset"]["topics"]
    demand(scores(held_out, topics, models) == evidence["correct"], "the networks score otherwise")
    demand(len(held_out) == evidence["n_held_out"], "another number of held-out rows")

    def measured(validator: str) -> dict[str, int]:
        return to_weights(scores(share_of(held_out, validator), topics, models))

    honest = sum(
        stake for name, stake in STAKES.items() if evidence["weights"][name] == measured(name)
    )
    demand(2 * honest > sum(STAKES.values()), "most of the stake weighed otherwise")


def _statement(weights: Mapping[str, int], root: str, commitments: Mapping[str, str]) -> bytes:
    """What a validator signs: its weights, for these models and this data set."""
    said = {"weights": dict(weights), "root": root, "commitments": dict(commitments)}
    return b"aicrypto.weights.v1" + encode(said)


STAGE = Stage(
    NAME,
    assumes="validators are who they say; most of the stake is honest",
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: rank(evidence["weights"], evidence["salts"]),
)
