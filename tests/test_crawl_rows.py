"""Rows: canonical records, quality, language, building by any executor, files, provenance."""

import random
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.crawl import pages, rows
from aicrypto.crawl.rows import building, files, provenance
from aicrypto.crawl.signing import TreeHead, public_key
from tests.crawl_site import page, prose

SEED = bytes(range(32))
VALIDATOR = public_key(SEED)


def session_of(url: str, body: bytes, number: int = 0, status: int = 200) -> dict[str, Any]:
    return {
        **{"v": 1, "session": f"session-{number}", "node": "n", "router": "r", "validator": "w"},
        **{"url": url, "method": "GET", "status": status, "ts": 1_800_000_000_000 + number},
        **{"req_bytes": 100, "resp_bytes": len(body), "body_sha256": sha256(body).hex()},
    }


def answer(number: int, body: bytes, status: int = 200, path: str | None = None) -> pages.Fetched:
    url = f"http://web.test/{path or f'topic{number % 2}/{number}.html'}"
    headers = (("content-type", "text/html; charset=utf-8"),)
    response = pages.Response(url, status, "OK", headers, body)
    return pages.Fetched(response, session_of(url, body, number, status))


ANSWERS = [answer(i, page(f"Page {i}", prose(i))) for i in range(40)]


# Records


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 2**53 - 1))
def test_a_record_has_one_spelling(text: str, number: int) -> None:
    record = session_of("http://w.test/", b"") | {"method": text, "ts": number}
    written = rows.canonical("session", record)
    assert rows.canonical("session", dict(reversed(record.items()))) == written


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"zz": 1, "aa": 2}, "UnknownField:aa"),
        ({"status": 200.0}, "BadType:status"),
        ({"method": "\ud800"}, "BadType:method"),
        ({"ts": -1, "url": 3}, "BadType:url"),
        ({"ts": 2**53}, "BadRange:ts"),
        ({"v": 2}, "BadVersion"),
        ({"v": 2, "node": None}, "BadType:node"),
    ],
)
def test_bad_records_are_refused_by_the_first_rule(change: dict[str, Any], name: str) -> None:
    with pytest.raises(rows.BadRecord) as refusal:
        rows.canonical("session", session_of("http://w.test/", b"") | change)
    assert refusal.value.name == name


# Quality and language


@given(st.text("a #.-*\n\u2026 1the", max_size=200))
def test_rules_are_named_in_their_order(text: str) -> None:
    names = ["word_count", "mean_word_length", "symbol_ratio", "bullet_lines"]
    names += ["ellipsis_lines", "alpha_words", "stop_words", "duplicate_lines"]
    failed = rows.failed_rules(text)
    assert failed == [name for name in names if name in failed]


SENTENCES = {
    "en": "The router keeps a count of the bytes that were sent, and it is signed by all of them.",
    "de": "Der Knoten schickt die Seite an den Verteiler, und es wird nicht mehr als eine gezählt.",
    "fr": "Le nœud envoie la page dans un message, et les octets sont comptés par une machine.",
    "es": "El nodo manda la página a una máquina, que no es la del cliente, y se cuenta por él.",
    "it": "Il nodo manda la pagina a una macchina che non è del cliente, e si conta anche questo.",
    "pt": "O servidor não manda a página para uma máquina do cliente, e foi contado por ela.",
    "nl": "De router stuurt het bericht naar een machine die niet van de klant is en telt het.",
}


def test_languages_are_told_apart_and_nonsense_has_none() -> None:
    assert {tag: rows.language_of(text) for tag, text in SENTENCES.items()} == {
        tag: tag for tag in SENTENCES
    }
    for text in ("", "12 34 + 56", "qwx zzk plf", "Δοκιμή κειμένου χωρίς γνωστές λέξεις"):
        assert rows.language_of(text) == "und"


# Building


def test_rows_do_not_depend_on_order_or_on_who_cleans() -> None:
    whole = rows.build(ANSWERS)
    assert len(whole.rows) == 40
    shuffled = random.Random(1).sample(ANSWERS, 40)
    assert rows.build(shuffled).root == whole.root
    executors: list[Executor] = [ThreadPoolExecutor(2), ProcessPoolExecutor(1)]
    for executor in executors:
        with executor:
            assert rows.build(ANSWERS, executor=executor) == whole


def test_dask_cleans_as_well() -> None:
    distributed = pytest.importorskip("distributed")
    with closing(
        distributed.Client(
            processes=False, n_workers=1, dashboard_address=None, protocol="inproc://"
        )
    ) as client:
        executor = client.get_executor()
        assert rows.build(ANSWERS, executor=executor).root == rows.build(ANSWERS).root


def test_only_some_batches_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive is read as rows come back, not all at once."""
    taken, finished = 0, 0

    def source() -> Any:
        nonlocal taken
        for fetched in ANSWERS * 5:
            taken += 1
            assert taken - finished <= building.BATCH * building.UNDER_WAY
            yield fetched

    def progress(done: int) -> None:
        nonlocal finished
        finished = done

    monkeypatch.setattr(building, "UNDER_WAY", 3)
    with ThreadPoolExecutor(1) as executor:
        data = rows.build(source(), executor=executor, progress=progress)
    assert data.report["same address"] == 160


def test_the_report_says_why() -> None:
    answers = [
        answer(0, page("Page", prose(1))),
        answer(1, page("Page", prose(1) + " once more.")),
        answer(2, page("Gone", prose(2)), status=404),
        answer(3, page("Pydoc: Error - nothing", prose(3))),
        answer(4, page("module urllib.error", prose(4))),
        answer(5, page("Short", "A page that is in English, and short.")),
        answer(6, b"<div>" * 999),
        answer(7, page("Deutsch", (SENTENCES["de"] + " ") * 9)),
    ]
    data = rows.build(answers, rows.Rules(languages=frozenset({"en"})))
    assert data.report == {
        **{"answers": 8, "bytes": sum(len(a.response.body) for a in answers), "rows": 2},
        **{"status": 1, "soft error": 1, "word_count": 1, "unreadable": 1, "language": 1},
        "near-duplicate": 1,
    }
    assert [row["title"] for row in data.rows] == ["Page", "module urllib.error"]


def test_the_root_commits_to_every_row() -> None:
    data = rows.build(ANSWERS[:9])
    leaves = [rows.canonical("row", row) for row in data.rows]
    path = merkle.prove_inclusion(leaves, 4)
    assert merkle.verify_inclusion(leaves[4], 4, 9, path, data.root)
    changed = replace(data, rows=(*data.rows[:4], data.rows[4] | {"label": "x"}, *data.rows[5:]))
    assert changed.root != data.root


# Files


def test_files_come_back_and_the_sql_room_takes_the_table(tmp_path: Path) -> None:
    from aicrypto.sql.loading import from_arrow

    data = rows.build(ANSWERS)
    rows.write_parquet(data, tmp_path / "rows.parquet")
    rows.write_json_lines(data, tmp_path / "rows.jsonl")
    assert rows.read_parquet(tmp_path / "rows.parquet") == data
    assert rows.read_json_lines(tmp_path / "rows.jsonl").root == data.root
    table = from_arrow(rows.to_arrow(data))
    assert (table.length, [column.name for column in table.columns]) == (40, list(rows.ROW_FIELDS))
    assert list(table.column("url").values) == [row["url"] for row in data.rows]
    assert {path.name for path in tmp_path.iterdir()} == {"rows.parquet", "rows.jsonl"}


def test_a_table_that_says_another_root_is_refused() -> None:
    table = rows.to_arrow(rows.build(ANSWERS[:5]))
    with pytest.raises(ValueError, match="root of the rows"):
        rows.from_arrow(table.slice(1))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"old")

    def fail(unfinished: Path) -> None:
        unfinished.write_bytes(b"ne")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        files._whole(path, fail)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


# Provenance


def chain_of(number: int = 3) -> rows.Provenance:
    """The provenance of a row of `ANSWERS`, under a ledger of all their sessions."""
    fetched = ANSWERS[number]
    leaves = [rows.canonical("session", answer.session) for answer in ANSWERS]
    row = next(r for r in rows.build([fetched]).rows)
    head = TreeHead.signed(len(leaves), 1_800_000_000_000, merkle.root(leaves), SEED)
    path = tuple(merkle.prove_inclusion(leaves, number))
    return rows.Provenance(row, fetched.session, number, path, head, fetched.response.body)


def test_an_honest_row_proves_where_it_comes_from() -> None:
    chain = chain_of()
    assert rows.failed_check(chain, VALIDATOR) is None
    assert rows.verify_provenance(chain, VALIDATOR)
    assert rows.verify_provenance(replace(chain, body=None), VALIDATOR)
    assert rows.extracted(chain, "text/html; charset=utf-8")


def tampered(chain: rows.Provenance) -> list[tuple[str, rows.Provenance]]:
    """One change for every part of the chain, with the check that must fail."""
    row, session, head = dict(chain.row), dict(chain.session), chain.head
    other = TreeHead.signed(head.size, head.timestamp_ms, head.root, bytes(32))
    return [
        ("RowShape", replace(chain, row=row | {"more": 1})),
        ("SessionShape", replace(chain, session=session | {"status": "200"})),
        ("RowSessionLink", replace(chain, row=row | {"session": "another"})),
        ("RowSessionLink", replace(chain, row=row | {"url": "http://evil.test/"})),
        ("TextHash", replace(chain, row=row | {"text": row["text"] + "!"})),
        ("BodyLength", replace(chain, body=(chain.body or b"") + b"!")),
        ("BodyHash", replace(chain, body=bytes(len(chain.body or b"")))),
        ("Inclusion", replace(chain, session=session | {"node": "thief"})),
        ("Inclusion", replace(chain, index=chain.index + 1)),
        ("Inclusion", replace(chain, path=chain.path[:-1])),
        ("Inclusion", replace(chain, path=(*chain.path, bytes(32)))),
        ("Inclusion", replace(chain, head=replace(head, root=bytes(32)))),
        ("UntrustedValidator", replace(chain, head=other)),
        ("HeadSignature", replace(chain, head=replace(head, timestamp_ms=1))),
        ("HeadSignature", replace(chain, head=replace(head, signature=bytes(64)))),
    ]


def test_every_change_fails_exactly_its_check() -> None:
    for name, chain in tampered(chain_of()):
        assert rows.failed_check(chain, VALIDATOR) == name
        assert not rows.verify_provenance(chain, VALIDATOR)


def test_any_flipped_byte_of_the_proof_is_refused() -> None:
    chain, rng = chain_of(), random.Random(2)
    for _ in range(40):
        at = rng.randrange(len(chain.path))
        node = bytearray(chain.path[at])
        node[rng.randrange(32)] ^= 1 << rng.randrange(8)
        path = (*chain.path[:at], bytes(node), *chain.path[at + 1 :])
        assert rows.failed_check(replace(chain, path=path), VALIDATOR) == "Inclusion"


@pytest.mark.parametrize("junk", [None, 7, "text", b"bytes", [], {}])
def test_parts_of_the_wrong_type_are_refused_and_nothing_raises(junk: Any) -> None:
    chain = chain_of()
    for name in ("row", "session", "index", "path", "head"):
        assert not rows.verify_provenance(replace(chain, **{name: junk}), VALIDATOR)


def test_attack_an_edited_text_hashed_again_passes_and_extraction_finds_it() -> None:
    chain = chain_of()
    text = chain.row["text"].replace("the", "our", 1)
    forged = dict(chain.row) | {"text": text, "text_sha256": sha256(text.encode()).hex()}
    edited = replace(chain, row=forged)
    assert rows.verify_provenance(edited, VALIDATOR), "what the chain does not prove"
    assert not rows.extracted(edited, "text/html; charset=utf-8")
    assert not rows.extracted(replace(chain, body=None))


@pytest.mark.parametrize("weak", ["RowSessionLink", "TextHash", "BodyHash", "Inclusion"])
def test_without_a_check_a_forgery_goes_through(weak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forgeries = [chain for name, chain in tampered(chain_of()) if name == weak]
    monkeypatch.setitem(provenance.CHECKS, weak, lambda chain, trusted: True)
    assert any(rows.verify_provenance(chain, VALIDATOR) for chain in forgeries)


@pytest.mark.parametrize("weak", ["UntrustedValidator", "HeadSignature"])
def test_without_the_validator_anybody_has_a_ledger(
    weak: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgeries = [chain for name, chain in tampered(chain_of()) if name == weak]
    monkeypatch.setitem(provenance.CHECKS, weak, lambda chain, trusted: True)
    assert any(rows.verify_provenance(chain, VALIDATOR) for chain in forgeries)
