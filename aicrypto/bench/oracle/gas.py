"""Gas of the oracle's contracts; the peers are figures of the deployed ones and of the reference.

Deployed: the port of ora-io/OAO@8f76331 measured for this project, about 145,000 gas a request and
90,000 a callback. Reference: the mint of ERC-7007's own contracts, 241,000 gas.
"""

from collections.abc import Iterator

from aicrypto.bench import Record, best_seconds
from aicrypto.bench.oracle.setting import DAY, PROMPT, TERMS, Setting, painter
from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain, tries
from aicrypto.opml.games import Challenger, Fault, lie
from aicrypto.opml.machine import MODEL
from aicrypto.oracle import (
    FunctionModel,
    deploy_optimistic_token,
    dispute,
    open_case,
    prove_result,
    read_result,
)

REQUEST_GAS, CALLBACK_GAS, MINT_GAS = 145_000, 90_000, 241_000
URI = (
    b'"name": "test", "description": "test", "image": "test", "aigc_type": "test", '
    b'"proof_type": "test"'
)
N_NODES, MOST_ACCOUNTS = 5, 4_096  # of the proof whose gas is reported; how many to look through
VERIFY_TARGET_MS = 5.0  # of the specification, for an account and four slots


def requests() -> Iterator[Record]:
    """`oracle.request_gas`, `oracle.callback_gas`: the second of each, when counters exist."""
    echo = FunctionModel("bench/echo", lambda data, number: data)
    setting = Setting.of(echo)
    for _ in range(2):
        setting.ask(echo, b"a cat")
        request_gas = setting.chain.gas_used
        setting.node.work()
        callback_gas = setting.chain.gas_used
    yield Record("oracle.request_gas", request_gas, "gas", "deployed", REQUEST_GAS)
    yield Record("oracle.callback_gas", callback_gas, "gas", "deployed", CALLBACK_GAS)


def mint() -> Iterator[Record]:
    """`oracle.mint_gas`: an ERC-7007 token whose content may be doubted, request included."""
    chain = Chain()
    owner = chain.account("owner")
    token, _ = deploy_optimistic_token(chain, owner, 1, DAY)
    for prompt in (b"test", b"test2"):
        token.mint(owner, prompt, b"test", URI, b"", sender=owner)
    yield Record("oracle.mint_gas", chain.gas_used, "gas", "reference", MINT_GAS)


def disputes() -> Iterator[Record]:
    """`oracle.dispute_gas`, `oracle.finalise_gas`, `oracle.dispute_s`: one painted pixel.

    The dispute is everything from the game's creation to the last move; finalising is the end of
    the claim's window and what the court then tells the library.
    """
    model = painter()
    true = model.run(PROMPT)
    fault = Fault("mem", at=true.n_steps // 2, addr=MODEL + 2_000, xor=64)
    false = lie(true, fault)
    gas: dict[str, int] = {}

    def run() -> None:
        """A dispute on a fresh chain."""
        setting = Setting.of(model)
        court = setting.court(model)
        request = setting.ask(model, PROMPT)
        setting.node.send(request, b"another image")
        case = open_case(court, TERMS, model, request, true, "server")
        gas.update(dispute(case, "server", [Challenger("liar", false)]).gas_used)

    seconds = best_seconds(run, repeats=3)
    finalise = gas.pop("finalize") + gas.pop("close")
    yield Record("oracle.dispute_gas", sum(gas.values()), "gas")
    yield Record("oracle.open_game_gas", gas["open"], "gas")
    yield Record("oracle.finalise_gas", finalise, "gas")
    yield Record("oracle.dispute_s", seconds, "s")


def storage_proof() -> Iterator[Record]:
    """`oracle.storage_proof_gas`, `oracle.takeover_gas` and `_bytes`, `oracle.verify_ms`.

    The first is one proof of five nodes under a known root, the second a whole result: header,
    account, three slots.
    """
    chain = Chain()
    reader = chain.deploy("StorageProof", sender=chain.account("anybody"))
    entries = ((n.to_bytes(32, "big"), bytes([1 + n % 255])) for n in range(MOST_ACCOUNTS))
    trie = tries.Trie(entries, secure=True)
    key, nodes = next(
        (key, nodes)
        for key in (n.to_bytes(32, "big") for n in range(MOST_ACCOUNTS))
        if len(nodes := trie.prove(key)) == N_NODES
    )
    data = reader.value_of.encode(trie.root, keccak256(key), nodes)
    gas = chain.send(reader, sender=chain.account("anybody"), data=data).gas_used
    yield Record("oracle.storage_proof_gas", gas, "gas")
    yield from _takeover()


def _takeover() -> Iterator[Record]:
    echo = FunctionModel("bench/echo", lambda data, number: data)
    setting = Setting.of(echo)
    for _ in range(50):
        setting.ask(echo, b"a cat")
    setting.node.work()
    setting.chain.warp(DAY)
    library = setting.oracle.library
    proof = prove_result(library, 1)
    there = Chain(chain_id=2)
    bridge = there.account("bridge")
    mirror = there.deploy("FinalResults", bridge, library, sender=bridge)
    mirror.trust(keccak256(proof.header), sender=bridge)
    mirror.accept(*proof.arguments, sender=bridge)
    yield Record("oracle.takeover_gas", there.gas_used, "gas")
    yield Record("oracle.takeover_bytes", proof.n_bytes, "bytes")
    known = keccak256(proof.header)
    seconds = best_seconds(lambda: read_result(proof, known, library.address))
    yield Record("oracle.verify_ms", 1e3 * seconds, "ms", "the target", VERIFY_TARGET_MS)
