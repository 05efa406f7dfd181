"""The extension's messages: what is answered, what is not, and the original's two faults."""

import json

import pytest

from aicrypto.crawl.network import Identity, Protocol, WebAnswer, WebRedirect, WebRequest, answer
from aicrypto.crawl.network.protocol import GRASS_URLS

WHO = Identity("01234567-89ab-4cde-8f01-23456789abcd", None, "test")


def protocol(identity=WHO, **options):
    node = Protocol(identity, iter("abcdef"), **options)
    node.connect()
    node.opened(0)
    return node


def said(text, **options):
    return protocol(**options).received(1, text if isinstance(text, str) else json.dumps(text))


@pytest.mark.parametrize("junk", [
    "", "null", "3", "[]", '"AUTH"', "{", "\0", "[" * 100_000, {}, {"id": 1}, {"action": 3},
    {"action": None}, {"action": ["AUTH"]}, {"id": 1, "action": "auth"},
    {"action": "HTTP_REQUEST"}, {"action": "HTTP_REQUEST", "data": []},
    {"action": "HTTP_REQUEST", "data": {"url": "http://a/", "method": "GET"}},
    {"action": "HTTP_REQUEST", "data": {"url": 3, "method": "GET", "headers": {}}},
    {"action": "HTTP_REQUEST", "data": {"url": "a", "method": "GET", "headers": [], "body": ""}},
    {"action": "HTTP_REQUEST", "data": {"url": "a", "method": "G", "headers": {}, "body": "%%"}},
])  # fmt: skip
def test_junk_gets_no_answer_and_does_no_harm(junk):
    assert said(junk) is None


@pytest.mark.parametrize("action", ["constructor", "toString", "__proto__", "__class__", "hasOwn"])
def test_inherited_names_are_no_actions(action):
    """The original answers "constructor" with an echo of the data."""
    assert said({"id": 1, "action": action, "data": {}}) is None


def test_an_absent_id_stays_absent():
    assert said({"action": "PONG"}) == {"origin_action": "PONG"}
    assert said({"id": None, "action": "PONG"}) == {"id": None, "origin_action": "PONG"}


def test_a_wrong_browser_id_is_not_told():
    short = Identity("too-short", None, "test")
    assert said({"id": 1, "action": "AUTH"}, identity=short) == {"id": 1, "origin_action": "AUTH"}


def test_actions_of_our_own():
    def double(data):
        return {"double": 2 * data["n"]}

    asked = {"id": 1, "action": "DOUBLE", "data": {"n": 3}}
    assert said(asked, extra={"DOUBLE": double})["result"] == {"double": 6}
    assert said(asked) is None
    assert said({**asked, "data": {}}, extra={"DOUBLE": double}) is None
    assert said({**asked, "data": 3}, extra={"DOUBLE": double}) is None


def test_no_connection_without_permission_or_id():
    for who in (Identity(WHO.browser_id, None, "", permissions=False), Identity("", None, "")):
        node = Protocol(who, iter("ab"))
        assert node.connect() is None
        assert node.tick(100) is None


def test_only_unclean_ends_change_the_address():
    node = protocol()
    for clean, expected in ((True, 0), (False, 1), (True, 1), (False, 0)):
        node.closed(clean)
        assert node.tick(5) == GRASS_URLS[expected]
        assert node.tick(5) is None  # connecting
        node.opened(5)


def test_silence_leads_to_a_new_connection_and_junk_is_life():
    node = protocol()
    assert node.tick(29) == {"id": "a", "version": "1.0.0", "action": "PING", "data": {}}
    assert node.received(29, "junk") is None
    assert node.tick(58)["id"] == "b"
    assert node.tick(58.1) == GRASS_URLS[0]


def request(**headers):
    return WebRequest(
        {"id": 1, "origin_action": "HTTP_REQUEST"}, "GET", "http://a/b/", headers, b""
    )


def test_headers_that_need_a_rule():
    assert request(Accept="x").url_filter is None
    ruled = request(Cookie="x", Accept="y", DNT="1")
    assert (ruled.rule_headers, ruled.url_filter) == (["Cookie", "DNT"], "http://a/b")


def test_answers():
    page = WebAnswer(200, "OK", [("X-A", "1"), ("x-a", "2"), ("Content-Encoding", "br")], b"hi")
    assert answer(request(), page)["result"] == {
        "url": "http://a/b/",
        "status": 200,
        "status_text": "OK",
        "headers": {"x-a": "1, 2"},
        "body": "aGk=",
    }
    moved = WebRedirect(301, [("Location", "/x"), ("A", "1"), ("A", "2")], ["c=1"])
    result = answer(request(), moved)["result"]
    assert result["headers"] == {"Location": "/x", "A": "2", "Set-Cookie": ["c=1"]}
    assert (result["status_text"], result["body"]) == ("Redirect", "")
    failed = answer(request(), None)["result"]
    assert (failed["status"], failed["status_text"]) == (400, "Bad Request")
    assert answer(request(), WebAnswer(400, "Bad Request", [], b""))["result"] == failed  # the wart
