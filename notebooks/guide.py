"""The facts in INSTRUCTOR.md, taken from the lessons: `python notebooks/guide.py [--check]`.

Whoever teaches needs minutes, outcomes, exercises and points, and two plans. What people judge, as
usual mistakes and questions to discuss, is written there by hand; what the sources know stands
between `<!-- facts NAME -->` and `<!-- /facts -->`, and is written from here.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lesson import EXERCISES, SOLUTION, Cell, Lesson, read

HERE = Path(__file__).resolve().parent
GUIDE = HERE / "INSTRUCTOR.md"
BLOCK = re.compile(r"(<!-- facts (\S+) -->\n)(.*?)(<!-- /facts -->)", re.S)
BUDGET = re.compile(r"[Aa]bout (\d+) lines?")
HEAD = re.compile(
    r"— (?P<minutes>\d+) minutes and exercises, (?P<device>.+?), needs (?P<needs>.+)\.\*$"
)
WEEKS = (
    "00 01",
    "02 03",
    "04",
    "05",
    "06 07",
    "08 09",
    "10 12",
    "13 14",
    "11 15",
    "16 17",
    "18",
    "19",
)
DAYS = ("00 01 02 04", "12 13 14", "06 09 15 19")
# What a short course tells instead of teaching it: 03 before 12; 19 needs everybody's Summary.
TOLD = {"12": "03", "19": "03 05 07 08 10 11 16 17 18"}


def lessons() -> dict[str, Lesson]:
    """All lessons by their numbers."""
    sources = sorted((HERE / "src").glob("[0-9][0-9]_*.py"))
    return {path.stem[:2]: read(path) for path in sources}


def title(lesson: Lesson) -> str:
    """What stands behind `# NN · `."""
    return lesson.cells[0].source.splitlines()[0].partition("· ")[2]


def head(lesson: Lesson) -> dict[str, str]:
    """Minutes, device and needs, as the second line of the lesson promises them."""
    line = lesson.cells[0].source.splitlines()[1]
    found = HEAD.search(line)
    if not found:
        raise ValueError(f"{lesson.slug}: {line!r} does not end in minutes, device and needs")
    return found.groupdict()


def needs(lesson: Lesson) -> list[str]:
    """The numbers of the lessons that must come before; "01 to 04" names four."""
    text = head(lesson)["needs"]
    spans = re.findall(r"(\d\d) to (\d\d)", text)
    between = {f"{n:02}" for low, high in spans for n in range(int(low), int(high) + 1)}
    return sorted(between | set(re.findall(r"\d\d", text)))


def exercises(lesson: Lesson) -> Iterator[str]:
    """Each exercise: stars, title and minutes, points, and lines that its stub allows."""
    name = ""
    for cell in lesson.cells:
        heading = re.search(r"^### (★+ .+)$", cell.source, re.M)
        name = heading[1] if heading and cell.section == EXERCISES else name
        if cell.exercise:
            yield f"`{cell.exercise}` {name}: {worth(lesson, cell.exercise)} points{budget(cell)}"


def worth(lesson: Lesson, exercise: str) -> int:
    """The points of an exercise."""
    return sum(cell.points for cell in lesson.cells if cell.test.startswith(f"{exercise}_"))


def budget(cell: Cell) -> str:
    """How long its stub says that an answer is, if it does."""
    lines = sum(map(int, BUDGET.findall(SOLUTION.sub("", cell.source))))
    return f", about {lines} lines" if lines else ""


def facts(lesson: Lesson) -> str:
    """What the source knows about one lesson."""
    known = head(lesson)
    outcomes = next(cell.source for cell in lesson.cells if cell.section == "Outcomes")
    listed = [line for line in outcomes.splitlines() if re.match(r"\d\. ", line)]
    points = sum(cell.points for cell in lesson.cells)
    return "\n".join(
        [
            f"**{known['minutes']} minutes** and exercises ({points} points); {known['device']}; "
            f"needs {known['needs']}. Learners can then",
            "",
            *listed,
            "",
            *(f"* {line}" for line in exercises(lesson)),
            "",
        ]
    )


def plan(parts: tuple[str, ...], unit: str, known: dict[str, Lesson]) -> str:
    """A table of lessons by week or day, with the minutes that they take in class."""
    rows = [f"| {unit} | lessons | minutes |", "|-|-|-|"]
    for number, part in enumerate(parts, start=1):
        chosen = [known[name] for name in part.split() if name in known]
        links = [f"[{each.slug[:2]} {title(each)}]({each.slug}.ipynb)" for each in chosen]
        minutes = sum(int(head(each)["minutes"]) for each in chosen)
        rows.append(f"| {number} | {' · '.join(links) or 'project'} | {minutes or ''} |")
    return "\n".join([*rows, ""])


def written(text: str) -> str:
    """The guide with all its blocks as the sources have them now."""
    known = lessons()
    plans = {"weeks": plan(WEEKS, "week", known), "days": plan(DAYS, "day", known)}

    def block(match: re.Match[str]) -> str:
        content = plans.get(match[2]) or facts(known[match[2]])
        return f"{match[1]}{content}{match[4]}"

    return BLOCK.sub(block, text)


def main(words: list[str]) -> int:
    """Exit status 1 where the guide is not what the sources say, with `--check`."""
    text = GUIDE.read_text(encoding="utf-8")
    new = written(text)
    if "--check" in words:
        return int(new != text)
    GUIDE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
