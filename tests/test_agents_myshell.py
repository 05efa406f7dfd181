"""Automata of other people's parts: what is refused and where, what runs, who earns."""

import copy
import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.agents import myshell
from aicrypto.agents.myshell import Part, Session, ShellRefusal, economy, evaluate, value_of
from aicrypto.agents.myshell.economy import COIN, Badges, Policy, Purse, publish, total_cost
from aicrypto.agents.refusals import Refusal

SUITE = json.loads((Path(__file__).parent / "vectors" / "myshell.automata.json").read_text())
WORDS = {"context": {"money": 50, "bag": {"gems": 2}}, "dice": 4, "name": "ann", "row": [1, 2, 3]}


# Expressions.


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{context.money > 49 and dice == 4}}", True),
        ("{{context.bag.gems + row[-1] * 2}}", 8),
        ("{{not name == 'bot'}}", True),
        ("{{1 < dice < 4}}", False),
        ("{{'n' in name}}", True),
        ("{{dice in row or name}}", "ann"),
        ("{{[dice, len(row)]}}", [4, 3]),
        ("{{{'a': dice}}}", {"a": 4}),
        ("{{'big' if dice > 3 else 'small'}}", "big"),
        ("{{row[1:]}}", [2, 3]),
        ("{{-dice // 3}}", -2),
        ("You have {{context.money}}, {{ name }}.", "You have 50, ann."),
        ("{{dice}}{{dice}}", "44"),
        ("{{None}} stays", "{{None}} stays"),
        ("context.money > 100", "context.money > 100"),
        ("{{}}", "{{}}"),
        (5, 5),
        (None, None),
    ],
)
def test_expressions_have_their_values(text, value):
    assert value_of(text, WORDS) == value


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "().__class__.__bases__[0].__subclasses__()",
        "context.__class__",
        "name.upper()",
        "'{0.__class__}'.format(dice)",
        "open('/etc/passwd')",
        "eval('1')",
        "[x for x in row]",
        "(lambda: 1)()",
        "f'{dice}'",
        "10 ** 10 ** 10",
        "1 << 99999999999",
        "'a' * 99999999999",
        "'%999999999d' % 1",
        "[0] * 99999999999",
        "(0,) * 99999999999",
        "b'a' * 99999999999",
        "b'%999999999d' % 1",
        "round(1, -999999999)",
        "1j",
        "...",
        "(dice := 5)",
        "unknown",
        "context.unknown",
        "row[9]",
        "1 / 0",
        "1 < 'a'",
        "{[]: 1}",
        "int('x')",
        "len(row, key=1)",
        "str(dice",
        "1\x00",
        "-" * 999 + "1",
        "(" * 400 + ")" * 400,
        "1" * 1001,
        "",
    ],
)
def test_what_is_no_plain_value_is_refused_and_named(expression):
    with pytest.raises(ShellRefusal) as refused:
        evaluate(expression, WORDS, "blocks.s.outputs.x")
    assert refused.value.name == "SHELL-1107"
    assert refused.value.node == "blocks.s.outputs.x"


def test_depth_is_refused_whatever_the_recursion_limit():
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(100_000)
        for deep in ("-" * 999 + "1", "1" + "+1" * 499):
            with pytest.raises(ShellRefusal, match="nested too deep"):
                evaluate(deep, {})
    finally:
        sys.setrecursionlimit(limit)
    assert evaluate("1" + "+1" * 150, {}) == 151


def test_a_variable_is_no_function_even_under_a_functions_name():
    with pytest.raises(ShellRefusal, match="no function that may be called"):
        evaluate("len(row)", {"len": 5, "row": [1]})
    assert evaluate("len + 1", {"len": 5}) == 6


def test_numbers_and_texts_do_not_grow_without_bound():
    big = {"x": 1 << 1000, "t": "a" * 60_000}
    for expression in ("x * x", "t + t", "int('9' + str(x) + str(x))"):
        with pytest.raises(ShellRefusal, match="has more than"):
            evaluate(expression, big)
    with pytest.raises(ShellRefusal, match="grows beyond"):
        value_of("{{t}} and {{t}} and", big)
    hostile = "}}" + "{{" * 200_000  # looked through once, not once from every brace
    assert value_of(hostile, {}) == hostile


def test_a_value_put_in_is_not_an_expression_again():
    seen = {"said": "{{secret}}", "secret": "gold"}
    assert value_of("You said {{said}}. {{secret}}!", seen) == "You said {{secret}}. gold!"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="{}ab+.1'[]() ", max_size=40))
def test_any_text_has_a_value_or_is_refused(text):
    with suppress(ShellRefusal):
        value_of(text, {"a": 1, "b": "x"})


# Documents.


def document(**changes):
    lobby = {
        "type": "state",
        "inputs": {"said": {"type": "text", "source": "IM", "user_input": True}},
        "render": {"text": "Hello", "buttons": [{"content": "Go", "on_click": "go"}]},
        "transitions": {
            "go": "end",
            "CHAT": [{"target": "lobby", "condition": "{{x}}"}, {"target": "end"}],
        },
    }
    base = {
        "type": "automata",
        "initial": "lobby",
        "blocks": {"lobby": lobby, "end": {"type": "state"}},
    }
    return {**base, "context": {"money": 1}, "transitions": {"quit": "end"}, **changes}


def changed(path, value):
    made = copy.deepcopy(document())
    place = made
    for key in path[:-1]:
        place = place[key]
    if value is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


LOBBY = ("blocks", "lobby")


@pytest.mark.parametrize(
    ("path", "value", "node"),
    [
        (("type",), "state", "type"),
        (("initial",), "", "initial"),
        (("initial",), "nowhere", "initial"),
        (("initial",), KeyError, "initial"),
        (("blocks",), {}, "blocks"),
        (("blocks",), None, "blocks"),
        (("blocks", "payload"), {"type": "state"}, "blocks.payload"),
        (("blocks", "end"), [], "blocks.end"),
        (("context",), {"states": 1}, "context.states"),
        (("context",), {"money": "{{unknown}}"}, "context.money"),
        (("transitions",), {"quit": "nowhere"}, "transitions.quit"),
        (("transitions",), {".quit": "end"}, "transitions..quit"),
        (("transitions",), {"quit": 5}, "transitions.quit"),
        ((*LOBBY, "type"), "task", "blocks.lobby.type"),
        ((*LOBBY, "outputs"), {"render": 1}, "blocks.lobby.outputs.render"),
        ((*LOBBY, "inputs", "said"), "text", "blocks.lobby.inputs.said"),
        ((*LOBBY, "inputs", "said", "type"), "tekst", "blocks.lobby.inputs.said.type"),
        ((*LOBBY, "inputs", "said", "source"), "mail", "blocks.lobby.inputs.said.source"),
        ((*LOBBY, "inputs", "more"), {"type": "string", "source": "IM"}, "blocks.lobby.inputs"),
        ((*LOBBY, "render", "text"), 5, "blocks.lobby.render.text"),
        ((*LOBBY, "render", "buttons"), None, "blocks.lobby.render.buttons"),
        ((*LOBBY, "render", "buttons", 0, "content"), "", "blocks.lobby.render.buttons[0].content"),
        (
            (*LOBBY, "render", "buttons", 0, "on_click"),
            "fly",
            "blocks.lobby.render.buttons[0].on_click",
        ),
        (
            (*LOBBY, "render", "buttons", 0, "on_click"),
            {"event": "go"},
            "blocks.lobby.render.buttons[0].on_click.payload",
        ),
        ((*LOBBY, "transitions", "a b"), "end", "blocks.lobby.transitions.a b"),
        ((*LOBBY, "transitions", "go"), "nowhere", "blocks.lobby.transitions.go"),
        ((*LOBBY, "transitions", "go"), ["end"], "blocks.lobby.transitions.go[0]"),
        (
            (*LOBBY, "transitions", "go"),
            {"condition": "{{1}}"},
            "blocks.lobby.transitions.go.target",
        ),
        ((*LOBBY, "transitions"), {"ALWAYS": "lobby"}, "blocks.lobby.render.buttons[0].on_click"),
        (("blocks", "end", "transitions"), {"ALWAYS": "end"}, "blocks.end"),
        (("blocks", "end", "blocks"), {"t": {"type": "state"}}, "blocks.end.blocks.t.type"),
    ],
    ids=str,
)
def test_a_document_that_could_not_work_is_refused_at_its_node(path, value, node):
    with pytest.raises(ShellRefusal) as refused:
        myshell.load(changed(path, value))
    assert refused.value.node == node
    assert refused.value.name in ("SHELL-1100", "SHELL-1107")
    assert not myshell.is_valid(changed(path, value))


def test_what_is_accepted():
    assert myshell.is_valid(document())
    for path, value in [
        ((*LOBBY, "render", "buttons", 0, "on_click"), {"event": "quit", "payload": {}}),
        ((*LOBBY, "transitions", "go"), []),
        ((*LOBBY, "transitions", "go"), {"target": "end", "condition": None}),
        (("blocks", "end", "transitions"), {"ALWAYS": "end", "CHAT": "end"}),
        (("blocks", "end", "transitions"), {"ALWAYS": [{"target": "end"}, {"target": "lobby"}]}),
        (("blocks",), [{"name": "lobby", "type": "state"}, {"name": "end"}]),
    ]:
        assert myshell.is_valid(changed(path, value)), (path, value)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_damage_is_a_refusal_or_a_document(data):
    """Whatever stands in a document's place, nothing but a ShellRefusal comes out."""
    made = document()
    junk = st.sampled_from([None, 5, [], {}, "x", [[]], {"a": None}, True, "{{", "{{1+}}"])
    place, path = made, []
    while isinstance(place, dict | list) and place and (not path or data.draw(st.booleans())):
        key = data.draw(
            st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place)))
        )
        path.append((place, key))
        place = place[key]
    owner, key = path[-1]
    owner[key] = data.draw(junk)
    assert myshell.is_valid(made) in (True, False)


def test_large_and_deep_documents_are_answered_at_once():
    """A chain of states is walked once, not once from each; nesting ends no process."""
    chain = {f"s{i}": {"transitions": {"ALWAYS": f"s{i + 1}"}} for i in range(3000)}
    chain["s3000"] = {}
    assert myshell.is_valid({"type": "automata", "initial": "s0", "blocks": chain})
    chain["s3000"] = {"transitions": {"ALWAYS": "s2999"}}
    assert not myshell.is_valid({"type": "automata", "initial": "s0", "blocks": chain})
    deep: list = []
    for _ in range(20_000):
        deep = [deep]
    with pytest.raises(ShellRefusal, match="nested too deep"):
        myshell.load(document(context={"deep": deep}))
    while deep:  # taken apart from outside: freeing it at once would nest as deep
        deep = deep.pop()


# Order.


def test_tasks_that_wait_for_one_another_are_named():
    with pytest.raises(ShellRefusal, match="b, c wait for one another") as refused:
        myshell.order(["a", "b", "c"], {"a": ["b"], "b": ["c"], "c": ["b"]})
    assert refused.value.name == "SHELL-1110"


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.data())
def test_each_task_comes_after_all_it_waits_for(n, data):
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1])
    names = data.draw(st.permutations([f"t{i}" for i in range(n)]))
    edges: dict[str, list[str]] = {}
    for low, high in data.draw(st.lists(pairs, max_size=20)) if n > 1 else []:
        edges.setdefault(f"t{low}", []).append(f"t{high}")
    done = myshell.order(names, edges)
    assert sorted(done) == sorted(names)
    assert all(done.index(a) < done.index(b) for a, after in edges.items() for b in after)


# Sessions.

PARTS = {
    part.name: part
    for part in (
        Part("Draw", "maker-draw", lambda given_: {"image": f"<{given_['prompt']}>"}),
        Part("Judge", "maker-judge", lambda given_: {"score": len(given_["image"])}),
        Part("Broken", "maker-broken", lambda given_: 1 / 0),
        Part("Silent", "maker-silent", lambda given_: None),
    )
}

STUDIO = {
    "type": "automata",
    "initial": "lobby",
    "context": {"coins": "{{40 + 2}}"},
    "transitions": {"leave": "lobby"},
    "blocks": {
        "lobby": {
            "render": {
                "text": "{{context.coins}} coins",
                "buttons": [{"content": "Rich", "on_click": "rich"}],
            },
            "transitions": {
                "CHAT": "draw",
                "rich": [{"target": "draw", "condition": "{{context.coins > 99}}"}],
            },
        },
        "draw": {
            "inputs": {"wish": {"type": "text", "source": "IM", "user_input": True}},
            "blocks": {
                "picture": {
                    "type": "task",
                    "widget_class_name": "Draw",
                    "inputs": {"prompt": "{{wish}}"},
                },
                "verdict": {
                    "type": "task",
                    "widget_class_name": "Judge",
                    "inputs": {"image": "{{picture.image}}"},
                },
            },
            "outputs": {"context.coins": "{{context.coins - 10}}", "shown": "{{picture.image}}"},
            "transitions": {
                "ALWAYS": [
                    {"target": "praise", "condition": "{{verdict.score > 5}}"},
                    {"target": "lobby"},
                ]
            },
        },
        "praise": {
            "render": {
                "text": "Look: {{draw.shown}}",
                "buttons": [
                    {
                        "content": "Again {{draw.shown}}",
                        "on_click": {"event": "again", "payload": {"n": 7}},
                    },
                    {"content": "Leave", "on_click": "leave"},
                ],
            },
            "transitions": {
                "again": {"target": "draw", "target_inputs": {"wish": "{{payload.n}} more"}}
            },
        },
    },
}


def talk():
    return Session(myshell.load(STUDIO), PARTS)


def test_a_conversation_runs_through_states_tasks_and_memory():
    session = talk()
    first = session.start()
    assert (first.state, first.render, first.used) == ("lobby", {"text": "42 coins"}, ())
    praised = session.say("a cat")
    assert praised.visited == ("draw", "praise")
    assert praised.render["text"] == "Look: <a cat>"
    assert praised.used == ("Draw", "Judge")
    again = session.press("Again <a cat>")
    assert again.render["text"] == "Look: <7 more>"
    assert session.context == {"coins": 22}
    assert session.press("Leave").state == "lobby"
    assert session.say("x").visited == ("draw", "lobby"), "a poor picture leads home"


def test_a_refused_step_changes_nothing():
    session = talk()
    with pytest.raises(ShellRefusal, match="has not been started"):
        session.say("hello")
    session.start()
    with pytest.raises(ShellRefusal, match=r"SHELL-1101 at blocks.lobby.transitions.rich"):
        session.press("Rich")
    with pytest.raises(ShellRefusal, match="no button 'Poor'"):
        session.press("Poor")
    broken = copy.deepcopy(STUDIO)
    broken["blocks"]["draw"]["blocks"]["verdict"]["widget_class_name"] = "Broken"
    session = Session(myshell.load(broken), PARTS)
    session.start()
    with pytest.raises(
        ShellRefusal, match=r"blocks.draw.blocks.verdict: Broken: ZeroDivisionError"
    ):
        session.say("a cat")
    assert (session.state, session.context, session.outputs["lobby"]) == (
        "lobby",
        {"coins": 42},
        {},
    )
    late = copy.deepcopy(STUDIO)  # the first state has written to the memory when the second fails
    late["blocks"]["praise"]["render"]["text"] = "{{unknown}}"
    session = Session(myshell.load(late), PARTS)
    session.start()
    with pytest.raises(ShellRefusal, match=r"blocks.praise.render.text"):
        session.say("a cat")
    assert (session.state, session.context) == ("lobby", {"coins": 42})
    assert "draw" not in session.outputs
    for name, reason in (("Silent", "gave NoneType"), ("Absent", "unknown part 'Absent'")):
        broken["blocks"]["draw"]["blocks"]["verdict"]["widget_class_name"] = name
        session = Session(myshell.load(broken), PARTS)
        session.start()
        with pytest.raises(ShellRefusal, match=reason):
            session.say("a cat")


def test_a_loop_that_the_check_lets_pass_is_stopped():
    """With a second event the deployed check is silent, and the deployed runner runs for ever."""
    loop = {
        "type": "automata",
        "initial": "a",
        "blocks": {"a": {"transitions": {"ALWAYS": "a", "CHAT": "a"}}},
    }
    assert myshell.is_valid(loop)
    with pytest.raises(ShellRefusal, match=r"too many states at blocks.a"):
        Session(myshell.load(loop), {}).start()
    del loop["blocks"]["a"]["transitions"]["CHAT"]
    assert not myshell.is_valid(loop)


def test_values_may_be_written_with_their_type():
    typed = copy.deepcopy(STUDIO)
    typed["context"]["coins"] = {"type": "number", "value": "{{40 + 2}}"}
    assert Session(myshell.load(typed), PARTS).start().render == {"text": "42 coins"}


def test_sessions_do_not_share_their_memory():
    automaton = myshell.load(STUDIO)
    one, two = Session(automaton, PARTS), Session(automaton, PARTS)
    one.start()
    one.say("a cat")
    assert two.start().render["text"] == "42 coins"


def test_a_workflow_within_a_task():
    inner = {
        "type": "workflow",
        "blocks": {
            "verdict": {
                "type": "task",
                "widget_class_name": "Judge",
                "inputs": {"image": "{{picture.image}}"},
            },
            "picture": {
                "type": "task",
                "widget_class_name": "Draw",
                "inputs": {"prompt": "{{wish}}"},
                "transitions": {"ALWAYS": "verdict"},
            },
        },
        "outputs": {"score": "{{verdict.score}}"},
    }
    outputs, used = myshell.run_workflow(myshell.read_workflow(inner), {"wish": "cat"}, PARTS)
    assert (outputs, used) == ({"score": 5}, ["Draw", "Judge"])
    state = {
        "blocks": {
            "art": {"type": "task", "mode": "block", "block": inner, "inputs": {"wish": "dog!"}}
        },
        "render": {"text": "{{art.score}}"},
    }
    app = {"type": "automata", "initial": "a", "blocks": {"a": state}}
    assert Session(myshell.load(app), PARTS).start().render == {"text": 6}
    inner["blocks"]["verdict"]["transitions"] = {"ALWAYS": "picture"}
    with pytest.raises(ShellRefusal, match="wait for one another"):
        myshell.read_workflow(inner)
    inner["blocks"]["verdict"]["transitions"] = {"ALWAYS": "nobody"}
    with pytest.raises(ShellRefusal, match="'nobody' is no task"):
        myshell.read_workflow(inner)
    deep = {"type": "workflow", "blocks": {}}
    for _ in range(9):
        deep = {"type": "workflow", "blocks": {"t": deep}}
    with pytest.raises(ShellRefusal, match="nested deeper"):
        myshell.read_workflow(deep)


# Money.

POLICY = Policy("creator", {"Draw": 1500, "Judge": 500})


def test_three_makers_parts_earn_and_the_sum_is_what_was_paid():
    app = publish(STUDIO, PARTS, POLICY)
    app.badges.buy("pat", 0, 10 * COIN)
    app.badges.buy("ann", 0, 20 * COIN)
    run = app.use("ann", 1001)
    run.take(run.session.start())
    run.take(run.session.say("a cat"))
    run.take(run.session.press("Again <a cat>"))
    shares = app.settle(run)
    # Draw was used twice and earns once; of the patrons only pat, as ann is the user.
    assert shares == {"maker-draw": 150, "maker-judge": 50, "pat": 400, "creator": 401}
    assert app.purse.is_solvent
    with pytest.raises(Refusal, match="settled"):
        app.settle(run)
    assert [app.purse.withdraw(who) for who in shares] == [150, 50, 400, 401]
    assert app.purse.balance == 0
    with pytest.raises(Refusal, match="nothing owed"):
        app.purse.withdraw("pat")


def test_an_app_whose_parts_could_not_be_paid_is_not_published():
    with pytest.raises(ValueError, match="'Judge' is unknown"):
        publish(STUDIO, PARTS, Policy("creator", {"Draw": 100}))
    with pytest.raises(ValueError, match="at most 10000"):
        Policy("creator", {"Draw": 6001})
    with pytest.raises(ValueError, match=">= 0"):
        Policy("creator", {"Draw": -1})
    with pytest.raises(ValueError, match="points is -1"):
        publish(STUDIO, PARTS, POLICY).use("ann", -1)
    with pytest.raises(Refusal, match="unknown part"):
        POLICY.split(10, ["Broken"], {}, [])
    with pytest.raises(ValueError, match="sum to 10"):
        Purse().credit(10, {"ann": 11})


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 10**9),
    st.lists(st.sampled_from(["Draw", "Judge"])),
    st.lists(st.sampled_from("pqr"), max_size=7),
)
def test_no_unit_is_lost_or_made(points, used, patrons):
    makers = {name: part.maker for name, part in PARTS.items()}
    shares = POLICY.split(points, used, makers, patrons)
    assert sum(shares.values()) == points
    assert min(shares.values()) >= 0
    purse = Purse()
    purse.credit(points, shares)
    assert purse.is_solvent


def test_badges_cost_what_the_documentation_says():
    badges, spent, now = Badges(), 0, 0
    for n in range(1, 7):
        price = badges.price
        badges.buy(f"p{n}", now, price)
        spent += price
        assert spent == total_cost(n) == 5 * n * (n + 1) * COIN
    assert badges.give_back("p3", 3) == 27 * COIN
    assert badges.price == 27 * COIN, "the discounted place is sold first"
    assert badges.buy("late", 0, 27 * COIN).number == 3
    assert badges.give_back("late", 3) == 24_300_000
    badges.give_back("p5", 5)
    badges.give_back("p2", 2)
    badges.give_back("p4", 4)
    bought = [badges.buy(f"q{i}", 0, badges.price) for i in range(5)]
    assert [badge.number for badge in bought] == [2, 3, 4, 5, 7], "the cheapest place first"
    assert badges.is_solvent


def test_badges_are_refused_by_name():
    badges = Badges()
    badges.buy("ann", 0, 10 * COIN)
    with pytest.raises(Refusal, match="too soon"):
        badges.buy("ann", 3599, badges.price)
    with pytest.raises(Refusal, match="wrong price"):
        badges.buy("bob", 0, 10 * COIN)
    for hour in (1, 2):
        badges.buy("ann", 3600 * hour, badges.price)
    with pytest.raises(Refusal, match="too many badges"):
        badges.buy("ann", 10**6, badges.price)
    with pytest.raises(Refusal, match="not yours"):
        badges.give_back("bob", 1)
    with pytest.raises(Refusal, match="not yours"):
        badges.give_back("bob", 99)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(0, 5)), max_size=30))
def test_all_badges_could_always_be_returned(steps):
    badges, now, paid, refunded = Badges(), 0, 0, 0
    for who, buys, number in steps:
        now += 3600
        try:
            if buys:
                paid += badges.buy(who, now, badges.price).cost
            else:
                refunded += badges.give_back(who, number)
        except Refusal:
            continue
        assert badges.is_solvent
        assert badges.reserve == paid - refunded
    for badge in list(badges.held.values()):
        refunded += badges.give_back(badge.holder, badge.number)
    assert badges.reserve == paid - refunded >= 0


def test_buying_and_returning_in_a_circle_earns_nothing():
    badges = Badges()
    badges.buy("honest", 0, badges.price)
    spent = 0
    for hour in range(20):
        price = badges.price
        badge = badges.buy("mallory", 3600 * hour, price)
        spent += price - badges.give_back("mallory", badge.number)
    assert spent > 0
    assert badges.sharing("x") == ["honest"]


def test_the_suite_is_the_deployed_systems():
    assert {case["in"]["op"] for case in SUITE["cases"]} == {"validate", "transition", "order"}
    assert economy.PATRONS_BPS == 4000


def keeps(output, rounds, render="{{context.n}}"):
    """A conversation that remembers an output again and again, and then shows it."""
    again = {"target": "grow", "condition": f"{{{{context.n < {rounds}}}}}"}
    return {
        "type": "automata",
        "initial": "grow",
        "context": {"n": 0, "x": [1]},
        "blocks": {
            "grow": {
                "outputs": {"context.x": output, "context.n": "{{context.n + 1}}"},
                "transitions": {"ALWAYS": [again, {"target": "show"}]},
            },
            "show": {"render": {"text": render, "all": "{{context}}"}},
        },
    }


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("{{[context.x, context.x]}}", "more than 100000 items"),
        (["{{context.x}}", "{{context.x}}"], "more than 100000 items"),
        ("{{[context.x]}}", "nested too deep"),
        ("{{context}}", "nested too deep"),
    ],
)
def test_what_doubles_at_every_step_is_refused_before_anybody_prints_it(output, reason):
    """Seventy steps would make 2^70 numbers of one, each a reference to the same two."""
    with pytest.raises(ShellRefusal, match=reason):
        Session(myshell.load(keeps(output, 70)), {}).start()
    Session(myshell.load(keeps(output, 5)), {}).start()


def test_texts_are_counted_where_they_are_written_out():
    seen = {"t": "a" * 60_000}
    assert evaluate("[t, t]", seen) == [seen["t"]] * 2
    for text in ("{{str([t, t])}}", "Look: {{[t, t]}}"):
        with pytest.raises(ShellRefusal, match="more than 100000 items"):
            value_of(text, seen)


def test_a_deep_render_is_a_refusal_and_changes_nothing():
    deep = 1
    for _ in range(3000):
        deep = [deep]
    document = keeps("{{context.x}}", 1)
    document["blocks"]["show"]["render"] = {"picture": deep}
    session = Session(myshell.load(document), {})
    with pytest.raises(ShellRefusal, match="nested too deep"):
        session.start()
    assert session.context == {"n": 0, "x": [1]}


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (lambda: {"image": sys}, "a module, none of JSON's"),
        (lambda: {"image": {"deep": [1, {2, 3}]}}, "a set, none of JSON's"),
        (lambda: {"image": {1: "one"}}, "a key that is no text"),
        (lambda: {"image": b"png"}, "a bytes, none of JSON's"),
    ],
)
def test_what_json_cannot_hold_is_no_output_and_no_input(odd, reason):
    """A module could not even be copied: the next step would end in a TypeError of Python's."""
    parts = {**PARTS, "Draw": Part("Draw", "mallory", lambda _: odd())}
    session = Session(myshell.load(STUDIO), parts)
    session.start()
    with pytest.raises(ShellRefusal, match=f"part failed at blocks.draw.blocks.picture.*{reason}"):
        session.say("a cat")
    assert (session.state, session.context) == ("lobby", {"coins": 42})
    with pytest.raises(ShellRefusal, match=f"SHELL-1100 at blocks.lobby.inputs.*{reason}"):
        talk().start(odd())


def test_an_output_that_holds_itself_does_not_hold_us_up():
    circle = []
    circle.append(circle)
    parts = {**PARTS, "Draw": Part("Draw", "mallory", lambda _: {"image": circle})}
    session = Session(myshell.load(STUDIO), parts)
    session.start()
    with pytest.raises(ShellRefusal, match="nested too deep"):
        session.say("a cat")


def test_only_turns_that_are_taken_pay_makers():
    app = publish(STUDIO, PARTS, POLICY)
    careless, careful = app.use("ann", 1000), app.use("ann", 1000)
    for run, take in ((careless, lambda turn: turn), (careful, careful.take)):
        take(run.session.start())
        take(run.session.say("a cat"))
    assert "maker-draw" not in app.settle(careless)
    assert app.settle(careful)["maker-draw"] == 150
