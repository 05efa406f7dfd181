"""Attacks on backend B: each works on a weakened verifier, and the real one refuses it."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from aicrypto.algebra.plain import Fp2, P
from aicrypto.proof.logup import Fraction
from aicrypto.sql import fast
from aicrypto.sql.fast import answers, openings, protocol
from aicrypto.sql.fast.encoding import Part
from aicrypto.sql.fast.openings import Opening
from aicrypto.sql.fast.statement import Answer, Hints, build, gadgets, selects
from aicrypto.sql.fast.statement.builder import Builder, Poly
from aicrypto.sql.frontend import parse
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import BIGINT, INT, VARCHAR

GROUPS = "SELECT a, SUM(b) AS s, COUNT(*) AS n FROM t WHERE c = 1 GROUP BY a"
ROWS = "SELECT a, b FROM t WHERE c = 1"
COMPARED = "SELECT word, MIN(b) AS lo FROM t WHERE b < 40 GROUP BY word"
TOP = "SELECT b FROM t ORDER BY b LIMIT 3"


@pytest.fixture(scope="module")
def owned() -> dict[str, fast.CommittedTable]:
    table = Table.of(
        a=(INT, [1, 2, 1, 3, 2, 1, 1, 3]),
        b=(BIGINT, [10, -20, 30, 40, 50, 60, -70, 80]),
        c=(INT, [1, 1, 1, 0, 1, 1, 0, 1]),
        word=(VARCHAR, list("xyxzyxwz")),
    )
    return {"t": fast.commit(table)}


@pytest.fixture(scope="module")
def commitments(owned: dict[str, fast.CommittedTable]) -> dict[str, fast.TableCommitment]:
    return {"t": owned["t"].public}


def forge(
    sql: str, owned: dict[str, fast.CommittedTable], change: Callable[[Answer], Answer]
) -> fast.QueryProof:
    """What the honest prover's code gives for a changed answer."""
    commitments = {name: table.public for name, table in owned.items()}
    (select,) = parse(sql, {name: table.schema for name, table in commitments.items()})
    statement = build(select, commitments, {}, Hints(), owned)
    part = Part(Hints(), {}, change(statement.answer), b"", b"", ())
    part = protocol.argue(sql, 0, select, statement, owned, part)
    result = answers.finish(select, part.answer, [None] * len(select.answer_types))
    return fast.QueryProof(result, (part,))


def same(answer: Answer) -> Answer:
    return answer


def test_the_forger_proves_what_is_true(
    owned: dict[str, fast.CommittedTable], commitments: dict[str, fast.TableCommitment]
) -> None:
    for sql in (GROUPS, ROWS):
        assert fast.verify(sql, commitments, forge(sql, owned, same))


def cut_first_group(answer: Answer) -> Answer:
    """Group 1 has three rows: one of them, with its value, becomes a group of its own."""
    key, count, total = answer[:, 0].tolist()
    first, second = [key, 1, 10], [key, count - 1, total - 10]
    return torch.cat((torch.tensor([first, second]).T, answer[:, 1:]), dim=1)


def test_a_doubled_group_passes_where_uniqueness_is_not_checked(
    owned: dict[str, fast.CommittedTable],
    commitments: dict[str, fast.TableCommitment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proof = forge(GROUPS, owned, cut_first_group)
    assert proof.result.column("a").values == [1, 1, 2, 3]
    assert not fast.verify(GROUPS, commitments, proof)
    monkeypatch.setattr(answers, "are_distinct", lambda keys: True)
    assert fast.verify(GROUPS, commitments, proof)


def changed_cell(answer: Answer) -> Answer:
    """The last row's last value is one more."""
    changed = answer.clone()
    changed[-1, -1] += 1
    return changed


@pytest.mark.parametrize(
    "change",
    [
        lambda answer: answer[:, 1:],
        lambda answer: torch.cat((answer, answer[:, -1:] + 1), dim=1),
        changed_cell,
    ],
    ids=["a dropped row", "an invented row", "a changed cell"],
)
@pytest.mark.parametrize("sql", [ROWS, GROUPS])
def test_a_false_answer_passes_where_sums_are_not_compared(
    sql: str,
    change: Callable[[Answer], Answer],
    owned: dict[str, fast.CommittedTable],
    commitments: dict[str, fast.TableCommitment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proof = forge(sql, owned, change)
    assert not fast.verify(sql, commitments, proof)
    monkeypatch.setattr(Fraction, "same_value", lambda self, other: True)
    assert fast.verify(sql, commitments, proof)


def test_values_pass_where_they_are_not_opened(
    owned: dict[str, fast.CommittedTable],
    commitments: dict[str, fast.TableCommitment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another table's proof under this table's name: only the opening knows the difference."""
    table = owned["t"].table
    columns = [
        replace(c, values=[v + 1 for v in c.values]) if c.name == "b" else c for c in table.columns
    ]
    other = fast.commit(Table(tuple(columns)))
    impostor = {"t": replace(other, public=commitments["t"])}
    proof = fast.prove("SELECT b FROM t WHERE c = 1", impostor)
    assert proof.result.column("b").values[0] == 11
    assert not fast.verify("SELECT b FROM t WHERE c = 1", commitments, proof)
    monkeypatch.setattr(openings, "verify", lambda *given: True)
    assert fast.verify("SELECT b FROM t WHERE c = 1", commitments, proof)


def test_a_stale_commitment_passes_where_the_old_root_is_kept(
    owned: dict[str, fast.CommittedTable], commitments: dict[str, fast.TableCommitment]
) -> None:
    """A row is inserted; the proof is about the table before."""
    longer = {
        column.name: (column.type, [*column.values, column.values[0]])
        for column in owned["t"].table.columns
    }
    today = {"t": fast.commit(Table.of(**longer)).public}
    stale = fast.prove(ROWS, owned)
    assert fast.verify(ROWS, commitments, stale)
    assert not fast.verify(ROWS, today, stale)


def test_a_limit_passes_too_few_rows_where_they_are_not_counted(
    owned: dict[str, fast.CommittedTable],
    commitments: dict[str, fast.TableCommitment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A threshold so low that only two of three rows are below it."""
    (select,) = parse(TOP, {"t": commitments["t"].schema})
    statement = build(select, commitments, {}, Hints(-20), owned)
    assert statement.answer.shape[1] == 2
    part = Part(Hints(-20), {}, statement.answer, b"", b"", ())
    part = protocol.argue(TOP, 0, select, statement, owned, part)
    proof = fast.QueryProof(answers.finish(select, part.answer, [None]), (part,))
    assert not fast.verify(TOP, commitments, proof)
    monkeypatch.setattr(answers, "_are_enough", lambda *given: True)
    assert fast.verify(TOP, commitments, proof)


@pytest.mark.parametrize("sql", [GROUPS, COMPARED, TOP])
def test_every_flipped_byte_is_refused(
    sql: str,
    owned: dict[str, fast.CommittedTable],
    commitments: dict[str, fast.TableCommitment],
) -> None:
    data = fast.prove(sql, owned).to_bytes()
    assert fast.verify(sql, commitments, data)
    rng = random.Random(7)
    head = min(len(data), 3000)  # result, answer and argument; openings are most of the rest
    places = [rng.randrange(head) for _ in range(80)] + [
        rng.randrange(len(data)) for _ in range(40)
    ]
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << rng.randrange(8)
        assert not fast.verify(sql, commitments, bytes(flipped)), place
    for length in (0, 1, 20, len(data) // 2, len(data) - 1):
        assert not fast.verify(sql, commitments, data[:length])
    assert not fast.verify(sql, commitments, data + b"\0")


def changed_parts(part: Part) -> list[Part]:
    """A part with each of its fields changed, emptied or reordered."""
    first = part.openings[0]
    word = ("t", "word")
    return [
        replace(part, hints=Hints(5)),
        replace(part, hints=Hints(None, (0,))),
        replace(part, dictionaries={}),
        replace(part, dictionaries={word: tuple(reversed(part.dictionaries[word]))}),
        replace(part, dictionaries={word: part.dictionaries[word][:-1]}),
        replace(part, answer=part.answer[:, :-1]),
        replace(part, answer=part.answer[:-1]),
        replace(part, answer=part.answer.flip(1)),
        replace(part, answer=part.answer.double()),
        replace(part, root=b""),
        replace(part, root=bytes(32)),
        replace(part, argument=part.argument[:-16]),
        replace(part, argument=part.argument + bytes(16)),
        replace(part, argument=part.argument[16:] + part.argument[:16]),
        replace(part, openings=()),
        replace(part, openings=part.openings[::-1]),
        replace(part, openings=(*part.openings, first)),
        replace(part, openings=(Opening(first.folds, b""), *part.openings[1:])),
        replace(part, openings=(Opening(b"", first.columns), *part.openings[1:])),
    ]


def test_every_changed_field_is_refused(
    owned: dict[str, fast.CommittedTable], commitments: dict[str, fast.TableCommitment]
) -> None:
    proof = fast.prove(COMPARED, owned)
    assert fast.verify(COMPARED, commitments, proof)
    for place, part in enumerate(changed_parts(proof.parts[0])):
        assert not fast.verify(COMPARED, commitments, replace(proof, parts=(part,))), place
    assert not fast.verify(COMPARED, commitments, replace(proof, parts=()))
    assert not fast.verify(COMPARED, commitments, replace(proof, parts=proof.parts * 2))


def test_every_changed_result_is_refused(
    owned: dict[str, fast.CommittedTable], commitments: dict[str, fast.TableCommitment]
) -> None:
    proof = fast.prove(GROUPS, owned)
    columns = proof.result.columns
    a, s, n = columns
    others: list[tuple[Column, ...]] = [
        (a, s),
        (s, a, n),
        (a.renamed("k"), s, n),
        (replace(a, type=BIGINT), s, n),
        (replace(a, values=[1, 2, True]), s, n),
        (a, replace(s, values=[*s.values[:-1], s.values[-1] + 1]), n),
        tuple(replace(c, values=c.values[1:]) for c in columns),
        tuple(replace(c, values=c.values[::-1]) for c in columns),
    ]
    for place, changed in enumerate(others):
        assert not fast.verify(GROUPS, commitments, replace(proof, result=Table(changed))), place


def test_every_changed_statement_is_refused(
    owned: dict[str, fast.CommittedTable], commitments: dict[str, fast.TableCommitment]
) -> None:
    data = fast.prove(GROUPS, owned).to_bytes()
    for sql in (
        GROUPS.replace("c = 1", "c = 0"),
        GROUPS + " ",
        GROUPS.replace("SUM", "MIN"),
        "nonsense",
    ):
        assert not fast.verify(sql, commitments, data)
    public = commitments["t"]
    first, *others = public.columns
    statements: list[Any] = [
        replace(public, rows=public.rows + 1),
        replace(public, rows=public.rows - 1),
        replace(public, root=bytes(32)),
        replace(public, columns=tuple(others)),
        replace(public, columns=(replace(first, low=-5), *others)),
        replace(public, columns=(replace(first, unique=True), *others)),
        replace(public, columns=(*others, first)),
    ]
    for place, changed in enumerate(statements):
        assert not fast.verify(GROUPS, {"t": changed}, data), place
    assert not fast.verify(GROUPS, {}, data)
    assert not fast.verify(GROUPS, {"u": public}, data)


def test_commitments_are_read_in_one_way(commitments: dict[str, fast.TableCommitment]) -> None:
    public = commitments["t"]
    data = public.to_bytes()
    assert fast.TableCommitment.from_bytes(data) == public
    first, *others = public.columns
    twin = replace(first, name=others[0].name)
    wrong = [
        replace(public, rows=-1),
        replace(public, rows=True),
        replace(public, root=b""),
        replace(public, columns=(twin, *others)),
        replace(public, columns=(replace(first, low=1), *others)),
        replace(public, columns=(replace(first, high=2**60), *others)),
        replace(public, columns=(replace(first, unique=1), *others)),
    ]
    texts = [b"", b"{", b"[1, 2, 3]", b"[" * 10_000, data + b" ", data.replace(b", ", b",")]
    for bad in [*(changed.to_bytes() for changed in wrong), *texts]:
        with pytest.raises(ValueError, match=r"commit|column|Expect|Extra|Unterm|nested"):
            fast.TableCommitment.from_bytes(bad)


@pytest.mark.parametrize("n_rows", [7, 9000])
def test_words_of_either_size_are_looked_up(n_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word beyond its size makes any order provable; few rows have words of 8 bits."""
    sql = "SELECT a FROM t WHERE a < 3"
    tables = {"t": fast.commit(Table.of(a=(INT, list(range(n_rows)))))}
    publics = {"t": tables["t"].public}
    (select,) = parse(sql, {"t": publics["t"].schema})

    def lie() -> fast.QueryProof:
        """Row 5 is said to be below 3: its difference, with the sign set, is one large word."""
        statement = build(select, publics, {}, Hints(), tables)
        b = statement.builder
        columns = [i for i, source in enumerate(b.sources) if source.kind == "witness"]
        chosen = [i for i in columns if b.values[i].nonzero()[:, 0].tolist() == [0, 1, 2]]
        difference, bits = 2, gadgets.width(Poly({}, -3, n_rows, None))
        for column in (columns[0], *chosen):
            b.values[column][5] = 1
        b.values[columns[1]][5] = difference + (1 << bits)
        answer = torch.tensor([[0, 1, 2, 5], [0, 1, 2, 5]])
        part = Part(Hints(), {}, answer, b"", b"", ())
        part = protocol.argue(sql, 0, select, statement, tables, part)
        return fast.QueryProof(answers.finish(select, part.answer, [None]), (part,))

    assert fast.verify(sql, publics, fast.prove(sql, tables))
    assert not fast.verify(sql, publics, lie())
    monkeypatch.setattr(selects.gadgets, "close_words", lambda b: None)
    assert fast.verify(sql, publics, lie())


def test_what_is_no_proof_is_refused(commitments: dict[str, fast.TableCommitment]) -> None:
    nothing: list[Any] = [b"", b"aicrypto.sql.v1\0", None, 7, "proof", (), [Fp2(1)]]
    for proof in nothing:
        assert not fast.verify(GROUPS, commitments, proof)


def test_soundness_is_a_hundred_bits(
    owned: dict[str, fast.CommittedTable], commitments: dict[str, fast.TableCommitment]
) -> None:
    for sql in (GROUPS, ROWS, COMPARED, TOP):
        assert fast.soundness_bits(sql, commitments, fast.prove(sql, owned)) >= 100


def hide_a_row(owned: dict[str, fast.CommittedTable]) -> fast.QueryProof:
    """The witness says that the first row does not qualify, and the answer lacks it."""
    public = owned["t"].public
    (select,) = parse(ROWS, {"t": public.schema})
    statement = build(select, {"t": public}, {}, Hints(), owned)
    b = statement.builder
    chosen = next(i for i, source in enumerate(b.sources) if source.kind == "witness")
    assert int(b.values[chosen][0]) == 1
    b.values[chosen][0] = 0
    part = Part(Hints(), {}, statement.answer[:, 1:], b"", b"", ())
    part = protocol.argue(ROWS, 0, select, statement, owned, part)
    return fast.QueryProof(answers.finish(select, part.answer, [None, None]), (part,))


def test_a_hidden_row_passes_where_constraints_are_forgotten(
    owned: dict[str, fast.CommittedTable],
    commitments: dict[str, fast.TableCommitment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not fast.verify(ROWS, commitments, hide_a_row(owned))
    monkeypatch.setattr(Builder, "require_zero", lambda self, poly: None)
    proof = hide_a_row(owned)
    assert proof.result.length == len(owned["t"].table.column("a")) - 3
    assert fast.verify(ROWS, commitments, proof)


@pytest.mark.parametrize("sql", [ROWS, GROUPS, COMPARED, "SELECT b FROM t JOIN u ON a = k"])
def test_no_column_of_the_witness_is_free(sql: str, owned: dict[str, fast.CommittedTable]) -> None:
    """A column of the witness moved by one, the answer left true: refused."""
    tables = {**owned, "u": fast.commit(Table.of(k=(INT, [1, 2]), w=(INT, [5, 6])))}
    publics = {name: table.public for name, table in tables.items()}
    (select,) = parse(sql, {name: table.schema for name, table in publics.items()})
    words = {("t", "word"): tables["t"].dictionaries["word"]} if "word" in sql else {}
    hints = Hints(None, (0,)) if "JOIN" in sql else Hints()
    whole = build(select, publics, words, hints, tables)
    columns = [i for i, source in enumerate(whole.builder.sources) if source.kind == "witness"]
    for column in columns:
        statement = build(select, publics, words, hints, tables)
        statement.builder.values[column] = (statement.builder.values[column] + 1) % P
        part = Part(hints, words, statement.answer, b"", b"", ())
        part = protocol.argue(sql, 0, select, statement, tables, part)
        proof = fast.QueryProof(fast.prove(sql, tables).result, (part,))
        assert not fast.verify(sql, publics, proof), column
