"""INSTRUCTOR.md and GLOSSARY.md say what the lessons say, and go on doing so."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
sys.path.insert(0, str(NOTEBOOKS))
guide = importlib.import_module("guide")
LESSONS = guide.lessons()
TEXT = guide.GUIDE.read_text()
ENTRY = re.compile(
    r"\* \*\*(?P<term>.+?)\*\*(?P<which> \(.+?\))?: (?P<text>.+\.) "
    r"\[(?P<number>\d\d)\]\((?P<file>\S+)\)"
)


def entries():
    """The lines of the glossary, taken apart."""
    lines = (NOTEBOOKS / "GLOSSARY.md").read_text().splitlines()
    found = [(line, ENTRY.fullmatch(line)) for line in lines if line.startswith("*")]
    assert [line for line, match in found if not match] == [], "not of the form of an entry"
    return [match for _, match in found]


def markdown(lesson):
    """What a lesson says in words."""
    return "\n".join(cell.source for cell in lesson.cells if cell.kind == "markdown")


# The guide


def test_the_facts_are_those_of_the_sources():
    assert guide.written(TEXT) == TEXT, "run: python notebooks/guide.py"


def test_a_changed_lesson_is_noticed():
    head = guide.head(LESSONS["02"])
    assert head["minutes"] in TEXT
    assert guide.written(TEXT.replace("minutes**", "hours**")) == TEXT
    assert guide.written(TEXT.replace("| 1 | [00", "| 1 | [99")) == TEXT


@pytest.mark.parametrize("number", LESSONS)
def test_every_lesson_has_its_part(number):
    """A heading with the lesson's own title, its facts, and what only a teacher knows."""
    heading = f"### {number} {guide.title(LESSONS[number])}\n"
    assert TEXT.count(heading) == 1
    part = TEXT.split(heading)[1].split("\n### ")[0]
    assert f"<!-- facts {number} -->" in part
    for what in ("Usual mistakes.", "To discuss.", "Grading."):
        assert f"* **{what}** " in part, what
    assert part.split("**To discuss.**")[1].split("* **")[0].count("?") >= 2


def test_both_plans_teach_what_a_lesson_needs_before_it():
    for parts in (guide.WEEKS, guide.DAYS):
        order = " ".join(parts).split()
        assert len(set(order)) == len(order)
        for number in (one for one in order if one in LESSONS):
            before = {*order[: order.index(number)], *guide.TOLD.get(number, "").split()}
            assert set(guide.needs(LESSONS[number])) <= before, number
    assert set(LESSONS) <= set(" ".join(guide.WEEKS).split()), "a lesson that no week teaches"


def test_needs_read_spans():
    assert guide.needs(LESSONS["12"]) == ["01", "02", "03", "04"]
    assert guide.needs(LESSONS["15"]) == ["02", "13", "14"]


def test_the_commands_of_the_guide_exist():
    course = (ROOT / "course").read_text()
    named = set(re.findall(r"\./course (\w+)", TEXT))
    assert named >= {"assignments", "grade", "site", "lab"}
    assert all(f'"{name}":' in course for name in named), named


# The glossary


def test_terms_are_sorted_and_stand_once():
    keys = [(match["term"].lower(), match["which"] or "") for match in entries()]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    for term in {term for term, _ in keys}:
        senses = [which for other, which in keys if other == term]
        assert len(senses) == 1 or all(senses), f"{term}: two meanings, one without a name"


def test_a_term_stands_in_its_lesson():
    words = {number: markdown(lesson) for number, lesson in LESSONS.items()}
    for match in entries():
        lesson = LESSONS.get(match["number"])
        assert lesson, f"{match['term']}: no such lesson"
        assert match["file"] == f"{lesson.slug}.ipynb"
        found = re.search(rf"\b{re.escape(match['term'])}", words[match["number"]], re.I)
        assert found, f"{match['term']}: not a word of {lesson.slug}"


def test_lessons_link_to_it():
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    heads = {path.stem: json.loads(path.read_text())["cells"][0]["source"] for path in paths}
    assert [slug for slug, head in heads.items() if "(GLOSSARY.md)" not in "".join(head)] == []


def test_every_lesson_defines_terms():
    named = {match["number"] for match in entries()}
    assert set(LESSONS) <= named
