"""Stage 5, together: a team trains one network without bringing its pages together.

Three peers, each with a third of the training rows, train by compressed messages (`team`). Every
peer signs all that it has sent, and the weights that came out. The team then takes part in the
contest of the next stages as one of the miners: whether training in parts was worth it is for the
validators to say.

Who checks adds up the signed messages, from the first weights on, and must arrive at the network.
Sums of floats depend on the machine in their last bits, so near is enough.
"""

import base64
from collections.abc import Sequence

import torch

from aicrypto.commit.hashes import sha256
from aicrypto.evm import recover_signer
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import team
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import features, labels, vocabulary
from aicrypto.pipeline.stages.team import N_STEPS, N_WINDOWS, Team, Window
from aicrypto.pipeline.state import State
from aicrypto.training.sparse import Codec

NAME = "together"
PEERS = ("peer-1", "peer-2", "peer-3")
NEAR = 1e-4  # how far weights may be from the sum of the messages
FLOAT_BYTES = 4


def run(state: State) -> State:
    """The state with the team's network, and the receipt."""
    data, device = state.get(Dataset), state.options.device
    rows, _ = data.split()
    words = vocabulary(rows)
    x, y = features(rows, words).to(device), labels(rows, data.topics).to(device)
    form = team.codec(len(words), len(data.topics))
    start = team.first_weights(form, state.options.seed).to(device)
    parts = [(x[i :: len(PEERS)], y[i :: len(PEERS)]) for i in range(len(PEERS))]
    windows = team.play(form, start, parts)
    theta = _added_up(form, start, windows)
    made = Team((len(words), team.HIDDEN, len(data.topics)), team.to_bytes(theta))
    evidence = _told(state, team.to_bytes(start), windows, made)
    return state.publish(STAGE, made, evidence)


def _added_up(form: Codec, theta: team.Vector, windows: Sequence[Window]) -> team.Vector:
    """The weights after all windows."""
    for window in windows:
        theta = team.absorb(form, theta, window)
    return theta


def _told(state: State, start: bytes, windows: Sequence[Window], made: Team) -> Json:
    """All that was sent, and the peers' signatures of it."""
    root, signatures = state.get(Dataset).root, []
    accounts = [state.chain.account(name) for name in PEERS]
    for i, account in enumerate(accounts):
        signatures.append(account.sign(_statement(root, start, windows, i, made)).hex())
    return {
        "shape": list(made.shape),
        "start": _text(start),
        "weights": _text(made.weights),
        "windows": [list(map(_text, window.messages)) for window in windows],
        "peers": {account.name: account.address for account in accounts},
        "signatures": signatures,
    }


def load(evidence: Json) -> Team:
    """The team's network in this stage's evidence."""
    return Team(tuple(evidence["shape"]), _bytes(evidence["weights"]))


def _statement(
    root: bytes, start: bytes, windows: Sequence[Window], peer: int, made: Team
) -> bytes:
    """What a peer signs: all that it sent, between these weights, for this data set."""
    sent = sha256(*(sha256(window.messages[peer]) for window in windows))
    return b"aicrypto.team.v1" + root + sha256(start) + sent + made.digest


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The network is what the signed messages add up to."""
    made, start = load(evidence), _bytes(evidence["start"])
    n_words, hidden, n_topics = made.shape
    fits = (hidden, n_topics) == (team.HIDDEN, len(facts["dataset"]["topics"]))
    demand(fits, "the network does not fit")
    whole_bytes = FLOAT_BYTES * team.layout(n_words, n_topics).size
    demand(len(start) == len(made.weights) == whole_bytes, "weights are missing, or too many")
    windows = [Window(tuple(map(_bytes, sent))) for sent in evidence["windows"]]
    whole = all(len(window.messages) == len(PEERS) for window in windows)
    demand(whole and len(windows) == N_WINDOWS, "another number of messages")
    demand(list(evidence["peers"]) == list(PEERS), "another set of peers")
    _check_signed(evidence, facts, windows, made)
    form = team.codec(n_words, n_topics)
    theta = _added_up(form, team.from_bytes(start), windows)
    near = torch.allclose(theta, team.from_bytes(made.weights), rtol=NEAR, atol=NEAR)
    demand(near, "the messages add up to another network")
    return Conclusion(
        f"{len(PEERS)} peers trained one network on a third of the rows each: in {N_WINDOWS}"
        f" windows of {N_STEPS} steps each sent {form.n_bytes:,} bytes a window, where its weights"
        f" have {whole_bytes:,} ({whole_bytes // form.n_bytes} times as many), and signed them",
        {
            "network": made.digest.hex(),
            "shape": list(made.shape),
            "peers": evidence["peers"],
            "windows": N_WINDOWS,
            "message_bytes": form.n_bytes,
            "whole_bytes": whole_bytes,
        },
    )


def _check_signed(evidence: Json, facts: Facts, windows: Sequence[Window], made: Team) -> None:
    """Every peer, each with a key of its own, signed what it sent."""
    addresses = list(evidence["peers"].values())
    demand(len(set(addresses)) == len(addresses), "two peers share an address")
    root, start = bytes.fromhex(facts["dataset"]["root"]), _bytes(evidence["start"])
    for i, signature in enumerate(evidence["signatures"]):
        said = _statement(root, start, windows, i, made)
        signer = recover_signer(said, bytes.fromhex(signature))
        demand(signer == addresses[i], f"{PEERS[i]} did not send these messages")
    demand(len(evidence["signatures"]) == len(PEERS), "a peer did not sign")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


STAGE = Stage(
    NAME,
    assumes="which rows a peer really used is not proved; one process plays all peers",
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: load(evidence),
)
