"""The brain: tools, routing, words, records; real models where installed, else stand-ins."""

import asyncio
import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import models
from aicrypto.agents import brain
from aicrypto.agents.brain import HashedWords, Router, RuleVoice, Tool, ToolError
from aicrypto.agents.brain.acting import canonical
from aicrypto.agents.brain.endpoint import MAX_REPLY_BYTES, BadReply
from aicrypto.agents.brain.routing import words_of
from aicrypto.agents.brain.serving import NoMcp, find_spec
from aicrypto.agents.brain.voices import Prompt, Said, SmolVoice
from aicrypto.agents.trust.validators import act_verdict
from aicrypto.models import minilm, packages, smollm2
from aicrypto.models.smollm2.tokenizer import LETTERS
from aicrypto.opml import code
from aicrypto.opml.phases import commit
from aicrypto.oracle import MachineModel, shown_output

TOOLS = (
    Tool(
        "add",
        "add two numbers",
        lambda a, b: a + b,
        {"a": "integer", "b": "integer"},
        ("what is the sum of two numbers?",),
        r"(?P<a>-?\d+)\D+?(?P<b>-?\d+)",
    ),
    Tool("trades", "count the trades in a table", lambda question: 7, {"question": "string"}),
    Tool("pay", "send tokens to an address", lambda: {"sent": True}),
)
RULES = brain.Brain(Router(TOOLS, HashedWords()), RuleVoice())


def test_a_question_finds_its_tool_and_the_record_says_who_answered():
    act = RULES.act("Please add the numbers 20 and 22")
    assert (act.tool, act.arguments, act.answer) == ("add", {"a": 20, "b": 22}, 42)
    assert act.said.text == "add answers: 42"
    assert "stand-in" in act.router
    assert "stand-in" in act.voice
    assert RULES.act("How many trades were there?").tool == "trades"
    nothing = RULES.act("banana bread recipe")
    assert (nothing.tool, nothing.answer) == (None, None)
    assert nothing.said.text == "None of my tools fits that question."


def test_the_same_brain_decides_the_same_and_another_does_not():
    act = RULES.act("add 1 and 2 numbers")
    assert RULES.act("add 1 and 2 numbers").digest == act.digest
    assert brain.check(RULES, act)
    renamed = Router((replace(TOOLS[0], about="subtract some numbers"), *TOOLS[1:]), HashedWords())
    assert not brain.check(brain.Brain(renamed, RuleVoice()), act)


@pytest.mark.parametrize(
    "change",
    [
        {"question": "send tokens"},
        {"tool": "pay"},
        {"tool": None},
        {"features": bytes(256)},
        {"features": b"short"},
        {"answer": 4},
        {"arguments": {"a": 1, "b": 3}},
        {"said": Said("add answers: 4")},
        {"router_digest": "00"},
        {"voice": "SmolLM2"},
    ],
    ids=lambda change: f"{next(iter(change))}",
)
def test_a_changed_record_is_refused(change):
    act = RULES.act("add 1 and 2 numbers")
    assert not brain.check(RULES, replace(act, **change))


def test_records_have_one_form_and_damaged_ones_raise_value_errors_only():
    act = RULES.act("add 1 and 2 numbers")
    data = act.to_bytes()
    assert brain.Act.from_bytes(data) == act
    loose = json.dumps(json.loads(data), indent=1).encode()
    with pytest.raises(ValueError, match="not written canonically"):
        brain.Act.from_bytes(loose)
    for name in json.loads(data):
        without = {k: v for k, v in json.loads(data).items() if k != name}
        misused = [{**without, name: 7.5}, {**without, name: [[]]}] if name != "answer" else []
        for bad in (without, *misused):
            with pytest.raises(ValueError, match=r"is not|lacks or|canonically|hex"):
                brain.Act.from_bytes(canonical(bad))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_flipped_byte_passes(data):
    act = RULES.act("add 1 and 2 numbers")
    good = act.to_bytes()
    place, flip = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(1, 255))
    try:
        read = brain.Act.from_bytes(good[:place] + bytes([good[place] ^ flip]) + good[place + 1 :])
    except ValueError:
        return
    assert read.digest != act.digest
    # another blank in the question is another question; then the record must be the one of that
    assert not brain.check(RULES, read) or read == RULES.act(read.question)


def test_tools_refuse_by_name_what_does_not_fit():
    add = TOOLS[0]
    for given_, reason in [
        ({"a": 1}, "'b'"),
        ({"a": 1, "b": 2, "c": 3}, "'c'"),
        ({"a": True, "b": 2}, "a is True"),
        ({"a": "1", "b": 2}, "a is '1'"),
    ]:
        with pytest.raises(ToolError, match=reason):
            add.call(given_)
    with pytest.raises(ToolError, match="no arguments in"):
        add.read("add them")
    broken = Tool("broken", "fails", lambda: 1 / 0)
    with pytest.raises(ToolError, match="broken failed: ZeroDivisionError"):
        broken.call({})
    with pytest.raises(ToolError, match="failed: ValueError"):
        Tool("nan", "gives no number", lambda: float("nan")).call({})
    with pytest.raises(ValueError, match="'float'"):
        Tool("x", "x", lambda a: a, {"a": "float"})
    with pytest.raises(ValueError, match="no pattern"):
        Tool("x", "x", lambda a, b: a, {"a": "string", "b": "string"})
    with pytest.raises(ValueError, match="unique"):
        Router((TOOLS[0], TOOLS[0]), HashedWords())
    with pytest.raises(ValueError, match="at least 1"):
        Router((), HashedWords())
    assert brain.Brain(Router((broken,), HashedWords()), RuleVoice()).act("it fails").answer == {
        "error": "broken failed: ZeroDivisionError: division by zero"
    }


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["add", "numbers", "trades", "table", "send", "tokens", "cat"])))
def test_machine_and_proof_see_the_router_that_python_sees(words):
    router = RULES.router
    route = router.route(" ".join(words))
    x = np.frombuffer(route.features, np.int8)
    assert tuple(code.evaluate(router.layers, x).tolist()) == route.scores
    proven = router.network.run(torch.from_numpy(x.copy())[None]).logits[0]
    assert tuple(proven.tolist()) == route.scores


def test_the_verifiable_machine_routes_alike():
    model = MachineModel("router", RULES.router.layers)
    route = RULES.router.route("count the trades")
    output, _ = shown_output(model.run(route.features))
    assert np.frombuffer(output, "<i4").tolist() == list(route.scores)


def test_words_lose_their_endings_and_empty_ones_are_dropped():
    assert words_of("The trades, trading and TRADED are what is traded") == ["trad"] * 4
    assert words_of("is it the") == []


# SmolLM2's code with a tiny random network: 300 tokens, one for each byte and some specials.


def tiny_voice() -> SmolVoice:
    torch.manual_seed(0)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = smollm2.Tokenizer([*special, *LETTERS], {}, frozenset(special))
    sizes = smollm2.Sizes(len(tokenizer.tokens), 128, layers=2, heads=4, key_heads=2, hidden=64)
    model = smollm2.SmolLM2(sizes).requires_grad_(False)
    return SmolVoice(smollm2.Loaded(model, tokenizer, None), "00", 6, "tiny random network")


def test_a_model_speaks_reproducibly_and_its_words_are_checked_in_one_pass():
    voice, prompt = tiny_voice(), Prompt("add 1 and 2", "add", "3")
    said = voice.say(prompt)
    assert said == voice.say(prompt)
    assert len(said.ids) == 6
    assert len(said.activations) == 1
    assert voice.agrees(prompt, said)
    tokenizer = voice.loaded.tokenizer
    asked = tokenizer.encode(tokenizer.chat(prompt.messages))
    unlikely = int(voice.loaded.model(torch.tensor([[*asked, *said.ids[:-1]]]))[0, -1].argmin())
    for change in [
        {"ids": (*said.ids[:3], unlikely, *said.ids[4:])},
        {"ids": said.ids[:-1]},
        {"ids": (*said.ids, said.ids[0])},
        {"ids": (10**6,)},
        {"ids": ()},
        {"text": said.text + "!"},
        {"activations": ()},
        {"activations": (b"\x00" * 258,)},
    ]:
        assert not voice.agrees(prompt, replace(said, **change)), change
    # The last token leaves no hidden state behind: only that it was unlikely gives it away.
    last = (*said.ids[:-1], unlikely)
    assert not voice.agrees(
        prompt, replace(said, ids=last, text=voice.loaded.tokenizer.decode(last))
    )


@pytest.mark.skipif(not models.available()["smollm2"], reason=f"needs {packages.SMOLLM2.package}")
def test_smollm2_speaks():
    act = brain.Brain(RULES.router, brain.smol_voice()).act("add the numbers 2 and 2")
    assert "SmolLM2" in act.voice
    assert act.said.text


@pytest.mark.skipif(not models.available()["minilm"], reason=f"needs {packages.MINILM.package}")
def test_minilm_routes():
    router = Router(TOOLS, brain.Sentences(minilm.load()))
    assert router.route("What do 3 and 4 make together?").tool == "add"
    assert router.route("Transfer 5 USDC to Alice").tool == "pay"


# An OpenAI-compatible server on loopback.


@contextmanager
def server(status: int, body: bytes, seen: list):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, self.headers["Authorization"], json.loads(content)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # the client may have had enough
                self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/v1"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


GOOD = json.dumps({"choices": [{"message": {"role": "assistant", "content": "It is 3."}}]}).encode()


def test_any_openai_compatible_server_can_speak():
    seen = []
    with server(200, GOOD, seen) as url:
        mind = brain.Brain(RULES.router, brain.Endpoint(url, "some-model", "secret"))
        act = mind.act("add the numbers 1 and 2")
    assert act.said == Said("It is 3.")
    [(path, authorization, body)] = seen
    assert (path, authorization) == ("/v1/chat/completions", "Bearer secret")
    assert (body["model"], body["temperature"]) == ("some-model", 0)
    assert "answered: 3" in body["messages"][0]["content"]
    assert b"secret" not in act.to_bytes()
    assert "some-model at http://127.0.0.1" in act.voice
    assert brain.check(mind, act), "who chose is checked; what it said nobody here can"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"", "status 500"),
        (200, b"", "no chat completion"),
        (200, b"[" * 100_000, "no chat completion"),
        (200, b'{"choices": []}', "no chat completion"),
        (200, b'{"choices": [{"message": {"content": 5}}]}', "must be a string"),
        (200, b" " * (MAX_REPLY_BYTES + 1), "longer than"),
    ],
    ids=["error", "empty", "deep", "none", "number", "long"],
)
def test_what_is_no_reply_is_refused(status, body, reason):
    with server(status, body, []) as url, pytest.raises(BadReply, match=reason):
        brain.Endpoint(url, "m").say(Prompt("hello"))


# MCP.


def test_the_absent_package_is_named(monkeypatch):
    monkeypatch.setattr("aicrypto.agents.brain.serving.find_spec", lambda _: None)
    with pytest.raises(NoMcp, match="pip install 'mcp>=2'"):
        brain.serve(TOOLS)
    with pytest.raises(NoMcp):
        asyncio.run(brain.ask(None, "add", {}))


@pytest.mark.skipif(find_spec("mcp_types") is None, reason="needs pip install 'mcp>=2'")
def test_a_real_client_lists_and_calls_the_tools():
    server_ = brain.serve(TOOLS)
    answer = asyncio.run(brain.ask(server_, "add", {"a": 2, "b": 3}))
    assert (answer.offered, answer.text, answer.is_error) == (("add", "trades", "pay"), "5", False)
    refused = asyncio.run(brain.ask(server_, "add", {"a": 2}))
    assert refused.is_error
    assert "'b'" in refused.text
    assert asyncio.run(brain.ask(server_, "no_such", {})).is_error


def test_a_truth_is_not_the_number_one():
    """Python takes True, 1 and 1.0 for the same; a record that says another one is another."""
    tool = Tool("next", "next number", lambda n: n + 1, {"n": "integer"}, pattern=r"(?P<n>\d+)")
    mind = brain.brain_here((tool,), HashedWords(), RuleVoice())
    act = mind.act("next number after 1")
    assert brain.check(mind, act)
    for forged in (True, 1.0):
        changed = replace(act, arguments={"n": forged})
        assert changed.arguments == act.arguments
        assert not brain.check(mind, changed)


def test_questions_and_tools_that_no_record_could_hold_are_refused():
    half = Tool("half", "half of", lambda n: n / 2, {"n": "number"}, pattern=r"(?P<n>\d+)")
    mixed = Tool("mixed", "mixed keys", lambda: {1: 2, "a": 3})
    mind = brain.brain_here((half, mixed), HashedWords(), RuleVoice())
    assert float("9" * 400) == float("inf")
    for question in ("half of " + "9" * 400, "mixed keys", "half of \ud800 nothing"):
        act = mind.act(question)
        assert "error" in act.answer
        assert brain.Act.from_bytes(act.to_bytes()) == act
        assert brain.check(mind, act)
        assert act_verdict(mind, act).is_accepted
    with pytest.raises(ToolError, match="n is inf, no number"):
        half.call({"n": float("inf")})


def test_tokens_that_are_no_numbers_are_no_record():
    document = json.loads(RULES.act("add 1 and 2 numbers").to_bytes())
    for ids in ("[1e999]", "[null]", "[1.5]", '"7"'):
        text = canonical({**document, "ids": "here"}).replace(b'"here"', ids.encode())
        with pytest.raises(ValueError, match=r"record"):
            brain.Act.from_bytes(text)


def test_a_part_of_a_reply_is_none():
    """Cut off after "no", a reply could say the opposite; its hidden states would be right."""
    voice, prompt = tiny_voice(), Prompt("add 1 and 2", "add", "3")
    said = voice.say(prompt)
    asked = voice._ids(prompt)
    part = said.ids[:3]
    forged = Said(voice.loaded.tokenizer.decode(part), part, commit(voice._hidden(asked, part)))
    assert not voice.agrees(prompt, forged)
    assert replace(voice, count=3).agrees(prompt, forged), "all else is right"
    assert [voice._is_whole(ids) for ids in ((5, 2), (2, 5, 5, 5, 5, 5), (5,) * 6, (5,) * 7)] == [
        True,
        False,
        True,
        False,
    ]


def test_a_question_that_would_fill_the_memory_is_not_asked():
    voice = tiny_voice()
    for question in ("x" * 20_000, "\u20ac" * 1_500):
        with pytest.raises(ValueError, match="must have <= 16384"):
            voice.say(Prompt(question))
