"""The network on loopback: honest nodes are paid, cheats are named, strangers do no harm."""

import asyncio
import json
import socket
import threading
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosedOK

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.incentives import Candidate
from aicrypto.crawl.ledger import Ledger
from aicrypto.crawl.metering import Receipt
from aicrypto.crawl.metering.records import BadRecord
from aicrypto.crawl.network import (
    FarEnd,
    Router,
    Terms,
    Validator,
    WebOrigin,
    fetch_sealed,
    relay,
    serve_far_end,
)
from aicrypto.crawl.network import validator as validating
from aicrypto.crawl.network.channel import Channel
from aicrypto.crawl.network.dealing import Dealer
from aicrypto.crawl.network.delivery import Delivered, Listed, is_page
from aicrypto.crawl.network.node import Behaviour
from aicrypto.crawl.network.programs import Tls, connected
from aicrypto.crawl.network.protocol import WebAnswer
from aicrypto.crawl.network.relay import CIPHER, open_answer, seal_request
from aicrypto.crawl.network.wallet import payload
from aicrypto.crawl.pages import Archive, Limits, Policy, crawl
from aicrypto.crawl.players import (
    CHEATS,
    BlindRouter,
    cast,
    explain_points,
    on_stage,
    probe_all,
    report_on,
    unwitnessed,
)
from aicrypto.crawl.players import report as reporting
from aicrypto.crawl.players.cast import LOOPBACK
from aicrypto.crawl.rows import canonical
from aicrypto.crawl.signing import public_key
from tests.crawl_web import N_PAGES, page, serve

LISTED_NODE = {
    **{"node": "00", "browser_id": "b", "ip": "10.0.0.1", "geo": "DE"},
    **{"bps": 1, "live_s": 1.0, "known_s": 1.0},
}
FOUR_CHEATS = ["forger", "inflator", "duplicator", "poisoner"]


def session(name):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


async def fetch_pages(stage, site, n=40):
    """The pages that came."""
    found = []
    for i in range(n):
        url = f"{site}/page-{i % N_PAGES}.html"
        try:
            found.append(await stage.validator.fetch(url, session(f"{url} {i}")))
        except OSError:
            continue
    await stage.validator.settled()
    return found


@pytest.fixture(scope="module")
def site():
    with serve() as address:
        yield address


@pytest.fixture(scope="module")
def headline(site, tmp_path_factory):
    """A crawl with 8 honest and 4 cheating nodes: report, sessions, receipts, wallets."""

    async def play():
        parts = cast(8, FOUR_CHEATS)
        with Archive(tmp_path_factory.mktemp("archive")) as archive:
            async with on_stage(parts) as stage:
                policy = Policy(frozenset([site]))
                await crawl([f"{site}/"], stage.validator.fetch, archive, policy)
                await fetch_pages(stage, site, 30)
            wallets = {name: node.wallet for name, node in stage.nodes.items()}
            return report_on(stage), list(archive.sessions()), stage.receipts, wallets

    return asyncio.run(play())


def test_the_report_of_eight_honest_and_four_cheats_is_right(headline):
    report, *_ = headline
    assert report.is_right
    found = {name: caught[0].split()[0] for name, caught in report.caught.items()}
    assert found == {
        "forger": "BadSignature:node",
        "inflator": "InflatedBytes",
        "duplicator": "Duplicate",
        "poisoner": "PoisonedPages",
    }


def test_cheats_earn_nothing_and_the_pool_is_paid_out_whole(headline):
    report, *_ = headline
    assert sum(line.points for line in report.lines) == 1_000_000
    for line in report.lines:
        assert (line.points > 0) == (line.plays == "honest")


def test_nodes_hold_every_receipt_that_they_are_paid_for(headline):
    report, _, receipts, wallets = headline
    for line in report.lines:
        wallet = wallets[line.name]
        assert wallet.earned_bytes == line.bytes_metered
        numbers = [Receipt.from_bytes(data).seq for data, _ in wallet.receipts]
        assert numbers == list(range(1, line.n_receipts + 1))
        explained = explain_points(receipts, public_key(wallet.seed))
        assert len(explained) == wallet.n_receipts
        assert sum(n_bytes for _, n_bytes in explained) == line.bytes_metered
    assert sum(line.n_receipts for line in report.lines) == len(receipts)


def test_every_session_has_a_witness_and_an_invented_one_has_none(headline):
    _, sessions, receipts, _ = headline
    assert len(sessions) == N_PAGES + 1
    assert unwitnessed(sessions, receipts) == []
    invented = {**sessions[0], "session": session("nobody served this")}
    borrowed = {**sessions[0], "node": sessions[0]["router"]}
    altered = {**sessions[0], "body_sha256": sha256(b"nobody sent this").hex()}
    stranger = sha256(b"a stranger")
    forged = [(data, {**signatures, "node": stranger * 2}) for data, signatures in receipts]
    assert unwitnessed([*sessions, invented], receipts) == [invented["session"]]
    assert unwitnessed([borrowed], receipts) == [borrowed["session"]]
    assert unwitnessed([altered], receipts) == [altered["session"]]
    assert len(unwitnessed(sessions, forged)) == len(sessions)
    assert Ledger(canonical("session", record) for record in sessions).root()


def test_without_the_body_an_exchanged_page_would_have_a_witness(headline, monkeypatch):
    """Weakened: a comparison of session and node alone believes the validator's new body."""
    _, sessions, receipts, _ = headline
    altered = {**sessions[0], "body_sha256": sha256(b"nobody sent this").hex()}
    assert unwitnessed([altered], receipts) == [altered["session"]]
    witnesses = reporting._witnesses
    served = sessions[0]["body_sha256"]
    monkeypatch.setattr(
        reporting, "_witnesses", lambda record: witnesses({**record, "body_sha256": served})
    )
    assert unwitnessed([altered], receipts) == []


def test_the_other_cheats_are_named_too(site):
    """Farms, boasters and replayers; without consequences, a replayer would be paid like anyone."""

    async def play():
        async with on_stage(cast(5, ["replayer", "boaster"], farm_size=3)) as stage:
            await fetch_pages(stage, site)
            probes = await probe_all(stage, f"{site}/large")
        return report_on(stage, probes)

    report = asyncio.run(play())
    assert report.is_right, report.caught
    found = {name: [c.split(" x")[0] for c in caught] for name, caught in report.caught.items()}
    assert found == {
        "replayer": ["PoisonedPages", "OverstatedBandwidth"],  # a page of its own for the probe
        "boaster": ["OverstatedBandwidth"],
        **{f"farm-{i}": ["Farm of 3"] for i in (1, 2, 3)},
    }
    assert sum(line.points for line in report.lines if line.caught) == 0
    assert report["farm-1"].bytes_metered > 0


def test_a_router_in_league_with_a_node_gains_nothing(site):
    async def play():
        parts = cast(2, ["inflator"])
        async with on_stage(parts, Terms(copies=2), router=BlindRouter) as stage:
            await fetch_pages(stage, site, 10)
        return report_on(stage)

    line = asyncio.run(play())["inflator"]
    assert (line.bytes_metered, line.points) == (0, 0)
    assert line.caught[0].startswith("InflatedBytes")


def test_a_router_that_will_not_sign_is_seen(site):
    class Mute(BlindRouter):
        def agrees(self, data):
            return False

    async def play():
        async with on_stage(cast(2), Terms(copies=1, min_votes=1), router=Mute) as stage:
            await fetch_pages(stage, site, 3)
        return report_on(stage)

    report = asyncio.run(play())
    assert report.router_refusals == 3
    assert not report.caught  # the nodes are not to blame


def test_a_router_that_talks_nonsense_stops_pages_and_not_the_validator(site):
    nonsense = []

    class Babbler(BlindRouter):
        async def _fetch(self, data):
            return nonsense[0] if nonsense else await super()._fetch(data)

        async def _settle(self, data):
            told = await super()._settle(data)
            return {**told, "signatures": list(told["signatures"])}

    async def play():
        async with on_stage(cast(2), Terms(copies=1, min_votes=1), router=Babbler) as stage:
            assert await fetch_pages(stage, site, 2) == []  # every refusal is an OSError
            for answer in ([], "page", None, 7, {"result": {"headers": []}}):
                nonsense[:] = [answer]
                assert await fetch_pages(stage, site, 1) == []
            return stage.validator.book.totals

    assert not asyncio.run(play())


def test_an_accepted_receipt_that_does_not_reach_its_node_is_accepted(site, monkeypatch):
    monkeypatch.setattr(validating, "SETTLE_TIMEOUT_S", 0.5)

    class Keeper(BlindRouter):
        async def _countersigned(self, data):
            await asyncio.Event().wait()

    async def play():
        async with on_stage(cast(3), Terms(copies=2, min_votes=2), router=Keeper) as stage:
            pages = await fetch_pages(stage, site, 2)
            return pages, stage.validator.histories.values()

    pages, histories = asyncio.run(play())
    assert len(pages) == 2
    assert sum((history.verdicts for history in histories), Counter())["NoReceipt"] == 0


def test_one_poisoner_among_two_copies_stops_the_page(site):
    async def play():
        async with on_stage(cast(1, ["poisoner"]), Terms(copies=2)) as stage:
            with pytest.raises(OSError, match="no_majority"):
                await stage.validator.fetch(f"{site}/page-1.html", session("a"))
        async with on_stage(cast(1, ["poisoner"]), Terms(copies=1, min_votes=1)) as stage:
            pages = await fetch_pages(stage, site, 4)  # the weak copy takes what comes
            return [p.response.body for p in pages]

    assert any(b"magic beans" in body for body in asyncio.run(play()))


def test_what_a_page_may_be(site):
    async def play():
        async with on_stage(cast(3)) as stage:
            for path in ("/broken", "/page-404", "/moved", "/cookie", "/page-1.html"):
                yield path, await stage.validator.fetch(f"{site}{path}", session(path))
            for bad in (f"{site}/zipped", "http://127.0.0.1:1/", "http://[", "file:///page-1.html"):
                with pytest.raises(OSError, match="too_few"):
                    await stage.validator.fetch(bad, session(bad))
            good = await stage.validator.fetch(f"{site}/page-2.html", session("after"))
            yield "/page-2.html", good

    async def collect():
        return {path: fetched async for path, fetched in play()}

    found = asyncio.run(collect())
    assert {path: f.response.status for path, f in found.items()} == {
        **{"/broken": 500, "/page-404": 200, "/moved": 302, "/cookie": 200},
        **{"/page-1.html": 200, "/page-2.html": 200},
    }
    assert found["/moved"].response.header("location") == "/page-1.html"
    assert found["/page-2.html"].response.body == page("/page-2.html")
    record = found["/page-2.html"].session
    assert canonical("session", record)
    assert record["resp_bytes"] == len(page("/page-2.html"))
    assert record["body_sha256"] == sha256(page("/page-2.html")).hex()


def test_homes_are_not_opened_and_bodies_end(site):
    """Private addresses and long bodies are refused, and the node lives on."""
    from aicrypto.crawl.network import HttpWeb

    limits = Limits(max_bytes=10_000)

    async def play():
        one = Terms(copies=1, min_votes=1)
        webs = []

        def web(allow):
            webs.append(HttpWeb(replace(limits, allow_loopback=allow)))
            return webs[-1]

        async with on_stage(cast(1), one, web=lambda: web(False)) as stage:
            with pytest.raises(OSError, match="too_few"):
                await stage.validator.fetch(f"{site}/page-1.html", session("private"))
        assert "not a public address" in webs[0].refused[0][1]
        async with on_stage(cast(1), one, web=lambda: web(True)) as stage:
            with pytest.raises(OSError, match="too_few"):
                await stage.validator.fetch(f"{site}/large", session("large"))
            await stage.validator.fetch(f"{site}/page-1.html", session("small"))
        assert "10000 bytes" in webs[1].refused[0][1]

    asyncio.run(play())


# Strangers


def test_strangers_are_turned_away(site):
    from websockets.asyncio.client import connect

    async def play():
        async with on_stage(cast(2), Terms(copies=2)) as stage:
            [url] = [node._protocol._urls[0] for node in list(stage.nodes.values())[:1]]
            async with connect(url, proxy=None) as socket:  # knows the protocol, has no key
                for reply in ({"browser_id": "x" * 36}, {"node": "00" * 32, "signature": "00"}):
                    asked = json.loads(await socket.recv())
                    await socket.send("junk")
                    envelope = {"id": asked["id"], "origin_action": asked["action"]}
                    await socket.send(json.dumps({**envelope, "result": reply}))
                await socket.wait_closed()
                assert socket.close_code == 1008
            async with connect(url.replace("/node", "/elsewhere"), proxy=None) as socket:
                await socket.wait_closed()
            async with connect(url.replace("/node", "/validator"), proxy=None) as socket:
                for junk in ("junk", "[]", '{"action": "FETCH", "data": 3}', '{"action": "X"}'):
                    await socket.send(junk)
                await socket.send('{"id": 1, "action": "FETCH", "data": {"node": "ff"}}')
                refused = json.loads(await socket.recv())
                assert "not connected" in refused["result"]["error"]
                await socket.send('{"id": 2, "action": "PING"}')
                assert json.loads(await socket.recv()) == {"id": 2, "action": "PONG"}
            assert stage.router.n_turned_away == 1
            assert len(await fetch_pages(stage, site, 2)) == 2

    asyncio.run(play())


@pytest.mark.parametrize("bad", [
    None, 3, [], {}, {"router": "00", "nodes": 3}, {"router": "no hex", "nodes": []},
    {"router": "00", "nodes": [[]]}, {"router": "00", "nodes": [{"node": "00"}]},
    {"router": "00", "nodes": [{**LISTED_NODE, "live_s": "long"}]},
    {"router": "00", "nodes": [{**LISTED_NODE, "bps": float("inf")}]},
])  # fmt: skip
def test_a_list_that_is_none_costs_a_page_and_not_the_crawl(site, bad):
    class Babbler(Router):
        async def _nodes(self, data):
            return bad

    async def play():
        async with on_stage(cast(1), router=Babbler) as stage:
            with pytest.raises(OSError, match="NODES"):
                await stage.validator.fetch(f"{site}/page-1.html", session("a"))

    asyncio.run(play())


def test_junk_ends_no_conversation():
    """Whatever the other end says, the next question is answered."""
    asked = json.dumps({"id": 1, "action": "ECHO", "data": {}})
    deep = "[" * 100_000
    odd = [{"action": []}, {"action": {}, "data": {}}, {"action": None, "data": {}}]
    words = ["", "[]", b"\xff", deep, f'{{"action": {deep}', *map(json.dumps, odd), asked]
    said = []

    class Pipe:
        async def recv(self):
            if words:
                return words.pop(0)
            await asyncio.sleep(0)  # lets the answer go out
            raise ConnectionClosedOK(None, None)

        async def send(self, message):
            said.append(json.loads(message))

    async def echo(data):
        return data

    async def play():
        channel = Channel(Pipe(), {"ECHO": echo})
        await channel.serve()
        return channel.n_dropped

    assert asyncio.run(play()) == 8
    assert said == [{"id": 1, "origin_action": "ECHO", "result": {}}]


def test_a_node_comes_back_after_its_connection_is_lost(site):
    async def play():
        async with on_stage(cast(1), Terms(copies=1, min_votes=1)) as stage:
            node = stage.nodes["honest-1"]
            node._tick_s = 0.01
            await stage.router.members[node.key].channel.close("restart")
            stage.router.changed.clear()
            while node.key in stage.router.members:
                await stage.router.changed.wait()
                stage.router.changed.clear()
            while node.key not in stage.router.members:
                await stage.router.changed.wait()
                stage.router.changed.clear()
            assert len(await fetch_pages(stage, site, 1)) == 1
            assert node._protocol.retries == 1

    asyncio.run(play())


def test_a_node_that_missed_its_receipt_catches_up(site):
    """A validator that dies between its note and the node's leaves the node one receipt behind."""

    async def play():
        async with on_stage(cast(1), Terms(copies=1, min_votes=1)) as stage:
            wallet = stage.nodes["honest-1"].wallet
            await fetch_pages(stage, site, 2)
            missed = wallet.receipts.pop()
            last = Receipt.from_bytes(wallet.receipts[-1][0])
            wallet.links = {last.validator: (last.seq, sha256(wallet.receipts[-1][0]))}
            assert len(await fetch_pages(stage, site, 1)) == 0
            assert wallet.receipts[-1] == missed
            assert len(await fetch_pages(stage, site, 2)) == 2
            verdicts = stage.validator.history(stage.nodes["honest-1"].key).verdicts
            assert verdicts == {"ok": 4, "BrokenChain": 1}
            assert report_on(stage).is_right, "an honest node may come by it"
            with pytest.raises(ValueError, match="does not follow"):
                wallet.file(*missed)

    asyncio.run(play())


def test_one_validator_uses_the_nodes_of_several_routers(site):
    async def play():
        one = Terms(copies=1, min_votes=1)
        async with on_stage(cast(1), one) as first, on_stage(cast(1), one, seed=1) as second:
            async with connected([first.url, second.url], Tls()) as channels:
                validator = Validator(bytes(32), channels, Terms(copies=1, min_votes=1))
                found = [
                    await validator.fetch(f"{site}/page-{i}.html", session(f"{i}"))
                    for i in range(2)
                ]
                await validator.settled()
            assert {f.session["router"] for f in found} == {
                first.router.key.hex(),
                second.router.key.hex(),
            }

    asyncio.run(play())


# Sealed sessions


class Peeper(Behaviour):
    """Keeps what it carries, and flips a bit of it if told to."""

    def __init__(self, flip=False):
        self.seen = []
        self.flip = flip

    def page(self, request, outcome):
        self.seen.append((request, outcome))
        if self.flip and isinstance(outcome, WebAnswer):
            body = bytearray(outcome.body)
            body[-1] ^= 1
            return replace(outcome, body=bytes(body))
        return outcome


@pytest.fixture(scope="module")
def far_end(site):
    end = FarEnd(sha256(b"far end"), WebOrigin(LOOPBACK))
    with serve_far_end(end) as address:
        yield address, end.key


def test_a_node_carries_what_it_cannot_read(site, far_end):
    url = f"{site}/page-3.html"

    async def play(peeper):
        async with on_stage(cast(1), Terms(copies=1, min_votes=1)) as stage:
            stage.nodes["honest-1"]._behaviour = peeper
            got = await fetch_sealed(stage.validator, far_end, url, session("s"), sha256(b"fresh"))
        return got, stage

    peeper = Peeper()
    got, stage = asyncio.run(play(peeper))
    assert got.fetched.response.body == page("/page-3.html")
    assert got.fetched.session["body_sha256"] == sha256(page("/page-3.html")).hex()
    assert canonical("session", got.fetched.session)
    [(request, outcome)] = peeper.seen
    for secret in (b"page-3", b"<html>", b"GET"):
        assert secret in got.transcript
        assert secret not in request.body + outcome.body
    [(data, _)] = stage.receipts
    assert Receipt.from_bytes(data).bytes_down == len(outcome.body)  # paid for what it carried


def test_a_node_that_alters_a_sealed_page_is_named(site, far_end):
    async def play():
        async with on_stage(cast(1), Terms(copies=1, min_votes=1)) as stage:
            stage.nodes["honest-1"]._behaviour = Peeper(flip=True)
            with pytest.raises(OSError, match="does not open"):
                await fetch_sealed(
                    stage.validator, far_end, f"{site}/page-3.html", session("s"), bytes(32)
                )
            with pytest.raises(OSError, match="did not answer"):
                await fetch_sealed(
                    stage.validator, (far_end[0], bytes(range(32))), site, session("t"), bytes(32)
                )
        return report_on(stage), stage.receipts

    report, receipts = asyncio.run(play())
    assert report["honest-1"].caught == ("BadMac x1",)
    assert receipts == []


def test_an_answer_cannot_be_cut_moved_or_used_again():
    end = FarEnd(bytes(range(32)), lambda request: WebAnswer(200, "OK", [], bytes(20_000)))
    first = seal_request("GET", "http://a/", {}, end.key, sha256(b"1"))
    second = seal_request("GET", "http://a/", {}, end.key, sha256(b"2"))
    sealed = end.answer(first.sealed)
    assert open_answer(first, sealed).body == bytes(20_000)
    for request, wrong in (
        (first, sealed[:-1]), (first, sealed[:16406]), (first, b""), (first, sealed + sealed),
        (second, sealed),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            open_answer(request, wrong)
    with pytest.raises(ValueError, match=r"."):
        end.answer(first.sealed[:-1])


@pytest.mark.parametrize("head", [
    b"[" * 100_000, b"[]", b"{}", b'{"headers": [1], "status": 1, "reason": ""}',
    b'{"headers": [["a"]], "status": 1, "reason": ""}', b'{"headers": []}', b"\xff",
])  # fmt: skip
def test_a_sealed_head_that_makes_no_sense_is_refused(head, monkeypatch):
    end = FarEnd(bytes(range(32)), lambda request: WebAnswer(200, "OK", [], b""))
    framed = relay.LENGTH.pack(len(head)) + head + relay.LENGTH.pack(0)
    monkeypatch.setattr(relay, "_frame", lambda outcome: framed)
    request = seal_request("GET", "http://a/", {}, end.key, sha256(b"1"))
    with pytest.raises(BadRecord):
        open_answer(request, end.answer(request.sealed))
    odd = relay.seal_stream(CIPHER, request.secrets.request_key, request.secrets.request_iv, head)
    with pytest.raises((ValueError, KeyError, TypeError)):
        end.answer(request.sealed[: relay.KEY_BYTES] + odd)


# Small parts


PAGE = {"status": 200, "status_text": "OK", "headers": {"Content-Type": "text/html"}, "body": ""}


def test_copies_vote_on_the_kind_of_page():
    """Of two equal names the first is read, so every one of them is voted on."""
    node = Listed(bytes(32), *("b", "10.0.0.1", "DE"), 1, 1.0, 1.0, bytes(32), Channel(None))
    honest, dated, other, doubled, lowered = (
        Delivered(node, {"url": "http://a/"}, "t", {**PAGE, "headers": headers}, 0, 1).vote
        for headers in (
            {"Content-Type": "text/html"},
            {"Content-Type": "text/html", "Date": "today"},
            {"Content-Type": "text/plain"},
            {"Content-Type": "text/plain", "content-type": "text/html"},
            {"content-type": "text/html"},
        )
    )
    assert honest == dated == lowered
    assert len({honest, other, doubled}) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"status_text": "OK\r\nX: y"},
        {"headers": {"X": "y\nZ: w"}},
        {"headers": {"X\r": "y"}},
        {"status": 7},
        {"status": 1000},
        {"status": True},
    ],
)
def test_what_no_archive_could_hold_is_no_page(wrong):
    request = {"url": "http://a/"}
    assert is_page(request, PAGE)
    assert is_page(request, {**PAGE, "headers": {"X": ["several"]}})
    assert not is_page(request, {**PAGE, **wrong})


class Breaker(Behaviour):
    """Answers the pages of one site with a header that goes on in a second line."""

    def page(self, request, outcome):
        return replace(outcome, headers=[("X", "y\r\nZ: w")])


def test_a_header_of_two_lines_costs_a_page_and_not_the_crawl(site, tmp_path):
    async def play():
        with Archive(tmp_path) as archive:
            async with on_stage(cast(1), Terms(copies=1, min_votes=1)) as stage:
                stage.nodes["honest-1"]._behaviour = Breaker()
                await crawl([f"{site}/"], stage.validator.fetch, archive, Policy(frozenset([site])))
            return list(archive.sessions())

    assert asyncio.run(play()) == []


@pytest.mark.parametrize("length", ["ten", "-1", "1e3", "9" * 5000, "+5", "1_0"])
def test_a_far_end_answers_a_length_that_is_none(far_end, length):
    host, port = far_end[0].split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(f"POST /relay HTTP/1.0\r\nContent-Length: {length}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(4096), b""))
    assert answer.split()[1] == b"413"


def test_a_far_end_stops_when_its_user_fails():
    end = FarEnd(bytes(range(32)), lambda request: WebAnswer(200, "OK", [], b""))
    before = set(threading.enumerate())
    with suppress(RuntimeError), serve_far_end(end):
        [server] = set(threading.enumerate()) - before
        raise RuntimeError
    server.join(5)
    assert not server.is_alive()


def test_payload_counts_what_cannot_be_padded():
    request = {"url": "http://ä/", "body": "YWJj"}
    assert payload(request, {"body": "aGVsbG8="}) == (13, 5, sha256(b"hello"))
    with pytest.raises(ValueError, match=r"."):
        payload(request, {"body": "no base64!"})


def test_hands_are_dealt_by_reputation_over_regions_and_blocks():
    points = {"a": ("DE", 90), "b": ("DE", 30), "c": ("FR", 50), "low": ("FR", 1), "d": ("JP", 50)}
    nodes = [Candidate(name, geo, n, True) for name, (geo, n) in points.items()]
    ips = {name: f"10.0.{i}.1" for i, name in enumerate(points)}
    dealer = Dealer(min_reputation=10)
    dealt = Counter(name for _ in range(64) for name in dealer.choose(nodes, ips, 2))
    assert dealt.total() == 128
    assert "low" not in dealt
    assert dealt["a"] == pytest.approx(3 * dealt["b"], abs=3)
    assert len(dealer.choose(nodes, ips, 9)) == 4
    one_block = {name: f"10.0.0.{i}" for i, name in enumerate(points)}
    assert len(dealer.choose(nodes, one_block, 3)) == 1
    nobody_first = [Candidate("none", "AA", 0, True), *nodes[2:3]]
    assert dealer.choose(nobody_first, {**ips, "none": "1.1.1.1"}, 1) == ["c"]
    assert dealer.choose([], {}, 3) == []


def test_casts():
    with pytest.raises(ValueError, match="cheat is 'saint'"):
        cast(1, ["saint"])
    names = [part.name for part in cast(1, ["forger", "poisoner", "poisoner"])]
    assert names == ["honest-1", "forger", "poisoner-1", "poisoner-2"]
    assert set(FOUR_CHEATS) < set(CHEATS)
