"""The node: containers in order, strangers kept out, and deliveries that the coordinator takes."""

import socket
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.evm import ETHER, Chain, Reverted, compile_source
from aicrypto.evm.tries import encode
from aicrypto.ritual import (
    NOBODY,
    Delegation,
    Domain,
    Subscription,
    container_id,
    deploy_market,
    refusal,
    sign,
)
from aicrypto.ritual.node import (
    Catalogue,
    Container,
    DelegatedJob,
    Node,
    Output,
    Seat,
    Unwanted,
    answer,
    line_of,
    order_of,
    orders,
    read_message,
    run_graph,
    serve,
    store,
    to_json,
)
from aicrypto.ritual.node import node as node_module
from tests.ritual_market import PRICE, START, Town, town

HOME, STRANGER = "127.0.0.1", "203.0.113.7"


def reverse(data: bytes) -> Output:
    return Output(data[::-1])


def double(data: bytes) -> Output:
    return Output(data * 2, b"twice")


def broken(data: bytes) -> Output:
    raise RuntimeError("out of paper")


PARTS = {
    "reverse": Container("reverse", reverse),
    "double": Container("double", double, proves=True),
    "inner": Container("inner", double, is_external=False),
    "broken": Container("broken", broken),
}


def node_of(*parts: Container, seed: int = 1, **settings) -> Node:
    return Node(parts or PARTS.values(), Random(seed), **settings)


# Containers in order


def test_a_line_and_a_graph() -> None:
    results = run_graph(line_of(["reverse", "double"]), PARTS, b"ab")
    assert [one.output.data for one in results] == [b"ba", b"baba"]
    graph = {"double": ["reverse", "inner"], "inner": ["reverse"], "reverse": []}
    assert run_graph(graph, PARTS, b"ab")[-1].output.data == encode([b"ba", b"baba"]) * 2


@given(
    st.permutations(["a", "b", "c", "d"]), st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)))
)
def test_everything_comes_after_what_it_reads(names, edges) -> None:
    graph = {
        name: [names[i] for i, k in sorted(edges) if i < k and names[k] == name] for name in names
    }
    graph["end"] = list(names)
    order = order_of(graph)
    assert all(order.index(source) < order.index(name) for name in graph for source in graph[name])


@pytest.mark.parametrize(
    "graph", [{}, {"a": ["a"]}, {"a": ["b"], "b": ["a"]}, {"a": ["z"]}, {"a": [], "b": []}]
)
def test_graphs_without_an_order_or_an_end(graph) -> None:
    with pytest.raises(ValueError, match=r"."):
        order_of(graph)


def test_a_container_is_tried_again() -> None:
    moods = iter([RuntimeError("busy"), RuntimeError("busy"), Output(b"at last")])

    def moody(data: bytes) -> Output:
        mood = next(moods)
        if isinstance(mood, RuntimeError):
            raise mood
        return mood

    parts = {"moody": Container("moody", moody), **PARTS}
    [result] = run_graph(line_of(["moody"]), parts, b"", retries=2)
    assert (result.output.data, result.attempts) == (b"at last", 3)
    results = run_graph(line_of(["broken", "reverse"]), parts, b"", retries=1)
    assert [(one.error, one.attempts) for one in results] == [("RuntimeError: out of paper", 2)]


def test_a_container_must_return_an_output() -> None:
    parts = {"odd": Container("odd", lambda data: b"bytes")}
    [result] = run_graph(line_of(["odd"]), parts, b"")
    assert result.error == "TypeError: work returned bytes, must return Output"


def test_a_catalogue_knows_every_line_by_its_hash() -> None:
    catalogue = Catalogue(PARTS.values())
    assert catalogue.line(container_id("double,reverse")) == ("double", "reverse")
    assert catalogue.line(container_id("double,double")) == ()
    for wrong in (
        [*PARTS.values(), PARTS["double"]],
        [Container(f"c{i}", reverse) for i in range(7)],
    ):
        with pytest.raises(ValueError, match="containers"):
            Catalogue(wrong)
    with pytest.raises(ValueError, match="name"):
        Container("a,b", reverse)


# The web side


def test_jobs_over_a_real_server() -> None:
    node = node_of()
    with serve(node) as url, httpx.Client(trust_env=False, base_url=url) as client:
        assert client.get("/health").json() == {"status": "healthy"}
        job = {"containers": ["reverse", "double"], "data": {"hex": "0x0102"}}
        posted = client.post("/api/jobs", json=job).json()
        assert client.get("/api/jobs").json() == [posted["id"]]
        [done] = client.get("/api/jobs", params={"id": posted["id"], "intermediate": "true"}).json()
        assert done["status"] == "success"
        assert done["result"]["output"] == {"hex": "0x02010201", "proof": "0x7477696365"}
        assert [one["output"]["hex"] for one in done["intermediate_results"]] == ["0x0201"]
        batch = [job, {"containers": ["nothing"], "data": {}}, 7]
        first, second, third = client.post("/api/jobs/batch", json=batch).json()
        assert "id" in first
        assert second["error"] == "Container not supported"
        assert third["error"]
        refused = client.post("/api/jobs", json={"containers": ["inner"], "data": {}})
        assert (refused.status_code, refused.json()["params"]) == (
            405,
            {"first_container": "inner"},
        )
        assert client.get("/api").status_code == 404
        for body in (b"[" * 10**5, b"{", b"", b"\xff", b'{"containers": 3}', b'{"signature": {}}'):
            assert client.post("/api/jobs", content=body).status_code == 400
        assert client.get("/info").json()["pending"] == {"offchain": 0, "onchain": 0}


def test_unreadable_requests_are_answered_and_a_silent_client_stops_nobody() -> None:
    assert answer(node_of(), "GET", "http://[", b"", HOME).status == 400
    with serve(node_of()) as url:
        where = "127.0.0.1", int(url.rpartition(":")[2])

        def status_of(length: str) -> bytes:
            with socket.create_connection(where, timeout=10) as client:
                head = f"POST /api/jobs HTTP/1.0\r\nContent-Length: {length}\r\n\r\n"
                client.sendall(head.encode())
                client.shutdown(socket.SHUT_WR)
                return client.recv(64).split(b" ")[1]

        assert status_of("9" * 5_000) == b"400"
        assert status_of("-1") == b"400"
        with socket.create_connection(where), httpx.Client(trust_env=False, timeout=2) as client:
            assert client.get(f"{url}/health").status_code == 200


def test_jobs_run_in_an_executor_while_the_server_answers() -> None:
    gate = Event()

    def slow(data: bytes) -> Output:
        gate.wait(20)
        return Output(data)

    with ThreadPoolExecutor(1) as pool:
        node = node_of(Container("slow", slow), executor=pool)
        job = node.submit({"containers": ["slow"], "data": {"q": 1}}, HOME)["id"]
        assert (node.store.ids(HOME, True), node.store.ids(HOME, False)) == ([job], [])
        assert node.info()["pending"]["offchain"] == 1
        gate.set()
    assert node.store.get(job, HOME).results[-1].output.data == b'{"q":1}'
    assert node.store.ids(HOME, False) == [job]


def test_a_failed_job_says_why_and_belongs_to_its_owner() -> None:
    node = node_of(retries=1)
    job = node.submit({"containers": ["broken"], "data": {}}, STRANGER)["id"]
    entry = answer(node, "GET", f"/api/jobs?id={job}", b"", STRANGER).document[0]
    assert entry["status"] == "failed"
    assert entry["result"] == {"container": "broken", "error": "RuntimeError: out of paper"}
    assert answer(node, "GET", f"/api/jobs?id={job}", b"", HOME).document == []
    assert answer(node, "GET", "/api/jobs", b"", HOME).document == []


def test_strangers_cannot_fill_the_store(monkeypatch) -> None:
    monkeypatch.setattr(store, "MAX_KEPT", 5)
    node = node_of()
    node.store.put("mine", HOME, store.Status.RUNNING)
    document = {"containers": ["reverse"], "data": {}}
    ids = [node.submit(document, STRANGER)["id"] for _ in range(20)]
    assert len(node.store.entries) <= 6
    assert ids[-1] in node.store.ids(STRANGER)
    assert node.store.ids(HOME) == ["mine"]  # what runs is kept


def test_foreign_jobs_are_noted_from_this_machine_only() -> None:
    node = node_of()
    body = b'{"id": "x", "status": "running", "containers": []}'
    assert answer(node, "PUT", "/api/status", body, STRANGER).status == 403
    assert answer(node, "PUT", "/api/status", body, HOME).status == 200
    assert answer(node, "GET", "/api/jobs?pending=true", b"", HOME).document == ["x"]
    assert answer(node, "PUT", "/api/status", b'{"id": "x", "status": "odd"}', HOME).status == 400


# The guardian

ALICE = "0x" + 40 * "a"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"containers": []}, "No containers specified"),
        ({"containers": ["reverse", "what"]}, "Container not supported"),
        ({"containers": ["inner"]}, "First container must be external"),
        ({"containers": ["reverse"], "requires_proof": True}, "Container does not generate proof"),
        ({"containers": ["home"]}, "Container not allowed for address"),
        ({"containers": ["reverse", "inner"]}, None),
        ({"graph": {"home": [], "double": ["home"]}}, "Container not allowed for address"),
    ],
)
def test_what_the_guardian_lets_in(document, reason) -> None:
    home = Container("home", reverse, allowed_ips=("127.0.0.0/8", "10.1.0.0/16"))
    node = node_of(*PARTS.values(), home)
    if reason is None:
        node.submit({**document, "data": {}}, STRANGER)
        return
    with pytest.raises(Unwanted) as caught:
        node.submit({**document, "data": {}}, STRANGER)
    assert caught.value.reason == reason


def test_networks_are_looked_at() -> None:
    node = node_of(Container("home", reverse, allowed_ips=("10.1.0.0/16",)))
    node.submit({"containers": ["home"], "data": {}}, "10.1.200.9")
    with pytest.raises(Unwanted):
        node.submit({"containers": ["home"], "data": {}}, "10.2.0.1")


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"nonce": -1},
            {"nonce": 2**32},
            {"expiry": True},
            {"v": 256},
            {"r": 2**256},
            {"s": None},
        ),
        *({"owner": "0x12"}, {"lazy": 1}, {"containers": "0xzz"}, {"redundancy": 2**16}),
        *({"payment_amount": 1.5}, {"wallet": None}),
    ],
)
def test_signed_orders_are_read_field_by_field(change) -> None:
    document = to_json(signed_order(town()))
    assert read_message(document, "", "") == read_message(document, "", "")
    for part in ("signature", "subscription"):
        document[part] |= {k: v for k, v in change.items() if k in document[part]}
    with pytest.raises(ValueError, match=next(iter(change))):
        read_message(document, "", "")


# The chain side


def seated(t: Town, name: str = "n1", parts=None, trail: int = 0, **settings) -> Node:
    seat = Seat(t.market, t.who(name), t.purse, trail)
    return node_of(*(parts or PARTS.values()), seat=seat, **settings)


def ask(t: Town, containers: str = "reverse", data: bytes = b"abc", **changes) -> int:
    terms = {
        "redundancy": 1,
        "token": NOBODY,
        "amount": PRICE,
        "wallet": t.payer,
        "verifier": NOBODY,
    }
    terms |= changes
    return t.consumer.requestCompute(containers, data, *terms.values(), sender=t.who("alice"))


def outputs(t: Town) -> list[bytes]:
    return [event.arguments["output"] for event in t.consumer.events("Received")]


def test_a_request_is_computed_and_delivered() -> None:
    t = town()
    node, sub = seated(t), ask(t, "reverse,double")
    [done] = node.work()
    assert (done.key, done.error, done.output) == (sub, "", Output(b"cbacba", b"twice"))
    assert outputs(t) == [b"cbacba"]
    assert 0 < done.gas < 350_000
    assert node.work() == []
    assert node.courier.ignored == {sub: "answered"}
    assert seated(t).work() == []  # started again, it knows from the chain


def test_a_node_trails_the_newest_block() -> None:
    t = town()
    node = seated(t, trail=5)
    ask(t)
    t.chain.warp(48)
    assert node.work() == []
    t.chain.warp(12)
    assert len(node.work()) == 1


def test_many_subscriptions_are_read_in_batches(monkeypatch) -> None:
    monkeypatch.setattr(orders, "BATCH", 2)
    t = town()
    subs = [ask(t, amount=0) for _ in range(5)]
    assert [done.key for done in seated(t).work()] == subs


def test_recurring_jobs_are_answered_once_in_each_interval() -> None:
    t = town()
    sub = t.order(container="reverse", frequency=3, period=60)
    t.consumer.setInput(sub, b"12", sender=t.who("alice"))
    node = seated(t)
    assert node.work() == []  # the first interval begins after a period
    for _ in range(3):
        t.chain.warp(60)
        assert [done.error for done in node.work()] == [""]
        assert node.work() == []
    t.chain.warp(60)
    assert node.work() == []
    assert outputs(t) == [b"21"] * 3
    assert not node.courier.orders


def test_redundancy_is_shared_by_nodes() -> None:
    t = town()
    sub = ask(t, redundancy=2)
    nodes = [seated(t, name) for name in ("n1", "n2", "n3")]
    assert [len(node.work()) for node in nodes] == [1, 1, 0]
    assert nodes[2].courier.ignored == {sub: "answered"}


def test_reasons_to_leave_a_subscription_alone() -> None:
    t = town()
    cancelled = ask(t)
    t.consumer.cancel(cancelled, sender=t.who("alice"))
    poor, elsewhere = ask(t, amount=11 * ETHER), ask(t, wallet=t.who("eve"))
    foreign, internal, unproven = ask(t, "unknown"), ask(t, "inner"), ask(t, verifier=t.who("eve"))
    node = seated(t)
    assert node.work() == []
    assert node.courier.ignored == {
        cancelled: "cancelled",
        poor: "cannot pay",
        elsewhere: "cannot pay",
        foreign: "Container-set not supported",
        internal: "First container must be external",
        unproven: "Container does not generate proof",
    }


def test_locked_money_pays_nobody() -> None:
    """The escrow raid's second half: a node that looks at locks does not work for what is gone."""
    t = town(funds=PRICE)
    verifier = t.market.verifier(t.who("judge"), False)
    verifier.setToken(NOBODY, True, 0, sender=t.who("judge"))
    t.deliver("n2", t.order(verifier=verifier))
    raid = ask(t, amount=PRICE // 2)
    node = seated(t)
    assert node.work() == []
    assert node.courier.ignored[raid] == "cannot pay"


def test_prices_and_owners_that_a_container_accepts() -> None:
    t = town()
    dear = Container("dear", reverse, least_payment={NOBODY: PRICE})
    club = Container("club", reverse, allowed_addresses=(ALICE,))
    fans = Container("fans", reverse, allowed_addresses=(t.consumer.address.upper(),))
    cheap, foreign = ask(t, "dear", amount=PRICE - 1), ask(t, "club")
    token = ask(t, "dear", token=t.who("eve"))
    good = {ask(t, "dear"), ask(t, "fans")}
    node = seated(t, parts=[dear, club, fans])
    assert {done.key for done in node.work()} == good
    assert node.courier.ignored[cheap] == node.courier.ignored[token] == "Invalid payment"
    assert node.courier.ignored[foreign] == "Container not allowed for address"


def test_nothing_is_computed_that_the_coordinator_would_refuse() -> None:
    t, runs = town(), []
    busy = Container("busy", lambda data: runs.append(data) or Output(data))
    t.payer.approve(t.consumer, NOBODY, 0, sender=t.who("alice"))
    sub = ask(t, "busy")
    node = seated(t, parts=[busy])
    for _ in range(3):
        assert [done.error for done in node.work()] == ["InsufficientAllowance"]
    assert node.work() == []
    assert node.courier.ignored == {sub: "failed too often"}
    assert runs == []


@pytest.mark.parametrize(
    ("work", "error"),
    [(broken, "RuntimeError: out of paper"), (lambda data: Output(bytes(4097)), "over 4096 bytes")],
)
def test_work_that_fails_is_not_delivered(work, error) -> None:
    t = town()
    ask(t, "odd")
    node = seated(t, parts=[Container("odd", work)])
    for _ in range(3):
        [done] = node.work()
        assert error in done.error
    assert node.work() == []
    assert outputs(t) == []


STRANGE = """
# pragma version ~=0.4.3
interface Coordinator:
    def createSubscription(
        containers: String[64], frequency: uint32, period: uint32, redundancy: uint16, lazy: bool,
        token: address, amount: uint256, wallet: address, verifier: address
    ) -> uint32: nonpayable

COORDINATOR: immutable(address)

@deploy
def __init__(coordinator: address):
    COORDINATOR = coordinator

@external
def order():
    nobody: address = empty(address)
    extcall Coordinator(COORDINATOR).createSubscription(
        "reverse", 1, 0, 1, False, nobody, 0, nobody, nobody
    )

@external
@view
@raw_return
def getContainerInputs(a: uint32, b: uint32, c: uint32, d: address) -> Bytes[128]:
    {said}

@external
def rawReceiveCompute(
    a: uint32, b: uint32, c: uint16, d: address, e: Bytes[64], f: Bytes[64], g: Bytes[64],
    h: bytes32, i: uint256
):
    pass
"""


@pytest.mark.parametrize("said", ["", "00" * 31, "ff" * 64, f"{32:064x}{2**40:064x}", "raise"])
def test_a_strange_consumer_cannot_stop_a_node(said: str) -> None:
    """Whatever a consumer says of its input: the node works on nothing, and goes on."""
    t = town()
    line = said if said == "raise" else f'return x"{said}"' if said else 'return b""'
    strange = compile_source(STRANGE.format(said=line), "Strange")
    t.chain.deploy(strange, t.market.coordinator, sender=t.who("eve")).order(sender=t.who("eve"))
    good = ask(t)
    assert [(done.key, done.error) for done in seated(t).work()] == [(1, ""), (good, "")]


# Signed orders


def signed_order(t: Town, signer: str = "signer", expiry_s: int = START + 600, **changes):
    terms = (
        t.consumer.address,
        START,
        0,
        1,
        1,
        container_id("reverse"),
        False,
        NOBODY,
        PRICE,
        NOBODY,
    )
    delegation = Delegation(0, expiry_s, Subscription(*terms, t.payer.address))
    place = Domain(t.chain.chain_id, t.market.coordinator.address)
    return DelegatedJob("", "", delegation, sign(delegation, place, t.who(signer)), b"abc")


def test_a_signed_order_comes_in_over_the_web_and_goes_on_chain() -> None:
    t = town()
    node = seated(t)
    assert node.submit(to_json(signed_order(t)), HOME) == {}
    assert node.info()["pending"]["onchain"] == 1
    [done] = node.work()
    assert (done.key, done.error) == ((t.consumer.address, 0), "")
    assert outputs(t) == [b"cba"]
    assert t.market.coordinator.lastId() == 1
    node.submit(to_json(signed_order(t)), HOME)  # once more: it is answered already
    assert node.work() == []
    assert outputs(t) == [b"cba"]


@pytest.mark.parametrize("case", ["signer", "signature", "expired"])
def test_signed_orders_that_are_not_taken(case: str) -> None:
    t = town()
    job = signed_order(t, "eve" if case == "signer" else "signer", START + 600)
    node, document = seated(t), to_json(job)
    if case == "expired":
        t.chain.warp(START + 600 - t.chain.timestamp)
        with pytest.raises(Unwanted, match="Signature expired"):
            node.submit(document, HOME)
        return
    if case == "signature":
        document["signature"]["v"] = 29
    node.submit(document, HOME)
    assert node.work() == []
    [(_, reason)] = node.refused
    assert reason == {"signer": "SignerMismatch", "signature": "InvalidSignature"}[case]


def test_a_replayed_nonce_gets_no_other_work() -> None:
    """The coordinator takes the second order for the first; the node looks."""
    t = town()
    first = seated(t, "n1")
    first.submit(to_json(signed_order(t)), HOME)
    first.work()
    document = to_json(signed_order(t))
    document["subscription"]["containers"] = "0x" + container_id("double").hex()
    careful = seated(t, "n2")
    careful.submit(document, HOME)
    assert careful.work() == []
    assert [reason for _, reason in careful.refused] == ["Nonce used for another subscription"]
    # Who does not look works for nothing: the number is the old order's, and that is answered.
    old = signed_order(t).delegation
    said = old.nonce, old.expiry_s, old.subscription.fields
    call = t.market.coordinator.createSubscriptionDelegatee
    assert call(*said, 0, bytes(32), bytes(32), sender=t.who("n2")) == 1
    with pytest.raises(Reverted) as caught:
        t.deliver("n2", 1)
    assert refusal(caught.value) == "IntervalCompleted"


@pytest.mark.parametrize("owner", ["0x" + 40 * "1", "0x" + 39 * "0" + "1"])
def test_signed_orders_of_nobodys_contract(owner: str) -> None:
    """An account or a precompile as owner has no signer, and does no harm."""
    t = town()
    document, node = to_json(signed_order(t)), seated(t)
    document["subscription"]["owner"] = owner
    node.submit(document, HOME)
    assert node.work() == []
    assert [reason for _, reason in node.refused] == ["SignerMismatch"]


def test_orders_wait_in_a_queue_of_limited_length(monkeypatch) -> None:
    monkeypatch.setattr(node_module, "MAX_WAITING", 2)
    t = town()
    node, document = seated(t), to_json(signed_order(t))
    for _ in range(2):
        node.submit(document, HOME)
    with pytest.raises(Unwanted, match="waiting"):
        node.submit(document, HOME)
    assert len(node.work()) == 1


def test_a_chain_that_records_has_the_node_s_signed_transactions() -> None:
    chain = Chain(timestamp=START, record=True)
    owner, alice, ned = (chain.account(name) for name in ("owner", "alice", "ned"))
    market = deploy_market(chain, owner, 0)
    consumer, purse = market.consumer(alice), market.wallet(ned)
    consumer.requestCompute("reverse", b"ab", 1, NOBODY, 0, purse, NOBODY, sender=alice)
    [done] = node_of(seat=Seat(market, ned, purse, 0)).work()
    assert done.output.data == b"ba"
    assert Chain.replay(chain.journal).state_digest() == chain.state_digest()


def test_a_node_without_a_market() -> None:
    with pytest.raises(ValueError, match="seat"):
        node_of().work()
    with pytest.raises(Unwanted, match="Chain not enabled"):
        node_of().submit(to_json(signed_order(town())), HOME)
