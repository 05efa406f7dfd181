"""Search by meaning and by question: what is found is proved, and what is asked is shown."""

import random

import httpx
import pytest

from aicrypto.sql import planner
from aicrypto.sql.exact import commit_table, verify
from aicrypto.sql.queries import answer_of, verify_query
from aicrypto.sql.search import Index, ask, index_table, is_k_nearest, search, to_sql
from aicrypto.sql.search.endpoint import chat
from aicrypto.sql.search.features import embed
from aicrypto.sql.search.vectors import distances
from aicrypto.sql.types import BIGINT, BOOLEAN, TINYINT, VARBINARY, VARCHAR, OutOfRange

DIMS = tuple(f"x{j}" for j in range(4))
INDEX = Index("emb.docs", "id", DIMS, TINYINT)
TEXTS = [
    "proofs of sql over committed tables",
    "how to bake sourdough bread",
    "a query over a committed table, with a proof",
    "football results of the weekend",
]


def test_the_nearest_rows_are_those_of_brute_force_and_proved() -> None:
    rng = random.Random(1)
    vectors = [[rng.randint(-20, 20) for _ in DIMS] for _ in range(8)]
    table = index_table(range(8), vectors, INDEX)
    query = [rng.randint(-20, 20) for _ in DIMS]
    for k in (1, 3, 8):
        found = search(INDEX, table, query, k)
        brute = sorted(sum((a - b) ** 2 for a, b in zip(v, query, strict=True)) for v in vectors)
        assert sorted(found.distances)[:k] == brute[:k]
        assert is_k_nearest(found.distances, found.radius, k)
        commitments = {INDEX.table: commit_table(table)}
        assert verify_query(found.sql, commitments, answer_of(found.made))


def test_a_radius_that_is_too_small_or_too_large_is_noticed() -> None:
    table = index_table(range(3), [[0] * 4, [1] * 4, [9] * 4], INDEX)
    found = distances(INDEX, table, [0] * 4)
    assert not is_k_nearest([d for d in found if d <= 0], 0, 2)  # too few rows
    assert not is_k_nearest([d for d in found if d <= 5], 5, 2)  # nothing at the radius
    assert not is_k_nearest(found, max(found), 2)  # more than two within


def test_texts_find_their_like() -> None:
    n_dims = 24
    index = Index("pages", "id", tuple(f"v{j}" for j in range(n_dims)), TINYINT)
    vectors = embed([*TEXTS, "committed tables and proofs of queries"], n_dims)
    table = index_table(range(len(TEXTS)), vectors[:-1], index)
    found = search(index, table, vectors[-1], 2)
    assert set(found.ids) == {0, 2}
    assert verify(found.made.statement, found.made.proof.to_bytes())


@pytest.mark.parametrize("n_dims", [-1, 0, 257])
def test_texts_have_1_to_256_dimensions(n_dims: int) -> None:
    for encoder in (None, lambda texts: [[1.0] for _ in texts]):
        with pytest.raises(ValueError, match=rf"n_dims is {n_dims}, must be in 1\.\.256"):
            embed(["a"], n_dims, encoder)
        assert len(embed(["a"], 256, encoder)[0]) == 256


def test_any_encoder_may_make_the_vectors() -> None:
    made = embed(["a", "b"], 5, lambda texts: [[1.0, 0.0, -2.0], [0.0, 0.0, 0.0]])
    assert len(made[0]) == 5
    assert max(map(abs, made[0])) == 127
    assert made[1] == [0] * 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"k": 0}, "k is 0"),
        ({"k": 4}, "k is 4"),
        ({"query": [0] * 3}, "query has 3 numbers"),
        ({"query": [200, 0, 0, 0]}, "200, which is no tinyint"),
    ],
)
def test_a_search_that_cannot_be_is_refused(change: dict, says: str) -> None:
    table = index_table(range(3), [[0] * 4] * 3, INDEX)
    arguments = {"query": [0] * 4, "k": 1} | change
    with pytest.raises((ValueError, OutOfRange), match=says):
        search(INDEX, table, arguments["query"], arguments["k"])


def test_too_many_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"there are 31 dims, must be in 1\.\.30"):
        Index("t", "id", tuple(map(str, range(31))), TINYINT)
    with pytest.raises(ValueError, match="must be tinyint or smallint"):
        Index("t", "id", ("x",), BIGINT)


# Questions

SCHEMA = {
    "sales.orders": {"region": VARCHAR, "amount": BIGINT, "paid": BOOLEAN, "tag": VARBINARY},
    "old.orders": {"id": BIGINT},
    "shop.Visits": {"Day": BIGINT},
}


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("how many rows in sales.orders", "SELECT COUNT(*) AS n FROM sales.orders"),
        (
            "What is the total of amount in sales.orders where paid is TRUE?",
            "SELECT SUM(amount) AS total FROM sales.orders WHERE paid = true",
        ),
        ("count per day in visits!", "SELECT Day, COUNT(*) AS n FROM shop.Visits GROUP BY Day"),
        ("get everything from visits", "SELECT * FROM shop.Visits"),
        (
            "show region and amount from sales.orders where region is 'O''Neill' or amount < 3",
            "SELECT region, amount FROM sales.orders WHERE region = 'O''Neill' OR amount < 3",
        ),
        (
            'show amount of sales.orders where amount between 1 and 5 and region equals "it\'s"',
            "SELECT amount FROM sales.orders WHERE amount BETWEEN 1 AND 5 AND region = 'it''s'",
        ),
        (
            "list amount from sales.orders where amount more than -2.5 and tag is not 0xff limit 2",
            "SELECT amount FROM sales.orders WHERE amount > -2.5 AND tag <> 0xff LIMIT 2",
        ),
    ],
)
def test_questions_become_sql_that_can_be_planned(text: str, sql: str) -> None:
    assert to_sql(text, SCHEMA) == sql
    planner.plan(sql, SCHEMA)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("delete everything", "NoTemplate"),
        ("how many rows in orders", "AmbiguousTable"),
        ("how many rows in nothing", "UnknownTable"),
        ("show colour from visits", "UnknownColumn"),
        ("show day from visits where day is", "NoTemplate"),
        ("show day from visits where day is '3'", "ValueTypeMismatch"),
        ("show day from visits where day is ! 3", "NoTemplate"),
        ("show day from visits where day is 3'", "NoTemplate"),
        ("show region from sales.orders where region > b", "ValueTypeMismatch"),
        ("show region from sales.orders where paid is maybe", "ValueTypeMismatch"),
    ],
)
def test_questions_that_mean_nothing_are_refused(text: str, name: str) -> None:
    with pytest.raises(ValueError, match=r".+") as refusal:
        to_sql(text, SCHEMA)
    assert type(refusal.value).__name__ == name


def test_a_model_may_translate_but_is_planned_like_anybody() -> None:
    seen = {}

    def answer(request: httpx.Request) -> httpx.Response:
        seen["body"] = request.read().decode()
        content = "```sql\nSELECT Day FROM shop.Visits\nWHERE Day > 3;\n```"
        return httpx.Response(200, json={"choices": [{"message": {"content": content}}]})

    complete = chat("http://model/v1", "m", "key", transport=httpx.MockTransport(answer))
    sql = ask("which days after the third?", SCHEMA, complete)
    assert sql == "SELECT Day FROM shop.Visits WHERE Day > 3"
    assert "shop.Visits(Day bigint)" in seen["body"]
    assert planner.plan(sql, SCHEMA).outputs == ("Day",)
    with pytest.raises(ValueError, match="holds no SELECT"):
        ask("x", SCHEMA, lambda _: "I cannot do that")
    broken = chat(
        "http://model/v1", "m", transport=httpx.MockTransport(lambda _: httpx.Response(500))
    )
    with pytest.raises(ValueError, match="gave no chat completion"):
        broken("x")
