"""The web pages, built without a network or a kernel: they draw, tell, link, and run nothing."""

from pathlib import Path

import lab
import pytest
import reference
import webpages

ROOT = Path(__file__).parents[2]
SLUG = "00_start_here"  # has formulas, tables, folded answers and figures
ROOM = ROOT / "aicrypto" / "classroom.py"
pytestmark = pytest.mark.filterwarnings("ignore::sphinx.deprecation.RemovedInSphinx11Warning")
needs_browser = pytest.mark.skipif(not lab.browser_path(), reason=f"none of {lab.BROWSERS} on PATH")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of one lesson and one room; `./course site` makes those of all."""
    folder = tmp_path_factory.mktemp("site")
    webpages.stage([SLUG], [ROOM], folder / "source")
    assert webpages.write(folder / "source", folder / "pages", whole=False) == 0
    return folder / "pages"


@pytest.fixture(scope="module")
def visited(site):
    """Opens a page by name, as a reader would from the disk; gives it with what went wrong."""
    with lab.headless() as browser:

        def visit(name):
            page, wrong = browser.new_page(), []
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
            page.on("request", lambda sent: sent.url.startswith("http") and wrong.append(sent.url))
            page.goto((site / f"{name}.html").as_uri())
            return page, wrong

        yield visit


@pytest.mark.browser
@needs_browser
def test_the_first_page_leads_to_lessons_and_library(visited):
    page, wrong = visited("index")
    assert page.title() == "Decentralised AI from scratch"
    listed = page.locator("article li", has_text="00 · Start here")
    assert "40 minutes" in listed.inner_text()
    listed.locator("a").click()
    assert page.url.endswith(f"/{SLUG}.html")
    page.get_by_role("link", name="aicrypto.classroom").first.click()
    assert page.locator("h1").inner_text().startswith("aicrypto.classroom")
    assert wrong == []
    page.close()


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lesson_has_its_figures_formulas_and_outputs(visited, scheme):
    page, wrong = visited(SLUG)
    page.emulate_media(color_scheme=scheme)
    page.wait_for_selector(".course-figure .main-svg")
    figures = page.locator(".course-figure")
    assert figures.count() == 2
    assert page.locator(".course-figure .js-plotly-plot").count() == 2, "drawn"
    said = figures.first.get_attribute("aria-label")
    assert "Across: random columns tried." in said
    assert "share of lies that pass" in said
    assert page.locator("math").count() >= 1
    assert page.get_by_text("all of it").first.is_visible(), "the table"
    answer = page.locator("details").first
    assert answer.get_attribute("open") is None, "an answer is folded"
    answer.locator("summary").press("Enter")
    assert answer.get_attribute("open") is not None, "the keyboard opens it"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280, "wider than the window"
    assert wrong == []
    page.close()


def test_the_reference_has_signatures_and_examples(site):
    text = (site / "aicrypto.classroom.html").read_text()
    assert 'id="aicrypto.classroom.rejects"' in text
    assert "because" in text
    assert "gp" in text, "a doctest is set as a session"


def test_pages_need_no_server_of_others(site):
    for path in site.rglob("*.html"):
        text = path.read_text()
        assert 'src="http' not in text, path
        assert 'rel="stylesheet" type="text/css" href="http' not in text, path


def test_glossary_and_guide_have_pages(site):
    assert "multilinear extension" in (site / "GLOSSARY.html").read_text()
    assert "Twelve weeks" in (site / "INSTRUCTOR.html").read_text()


def test_an_unknown_lesson_is_named(capsys):
    with pytest.raises(SystemExit):
        webpages.main(["99_nothing"])
    assert "unknown lesson '99_nothing'" in capsys.readouterr().err


# Reading the library


SOURCE = '''"""A *module* with x < y and `code`.

    indented = 1

The end.
"""

class Thing:
    """Doc.

    >>> Thing().half
    1

    After it.
    """

    size: int = 2
    _hidden: int = 3

    @property
    def half(self) -> int:
        """Half of [size]."""

    @classmethod
    def make(cls, n: int, *, fast: bool = False) -> "Thing":
        """Made."""

    def _secret(self) -> None:
        """Not shown."""


def free(a: int) -> None:
    """Free."""
'''


def test_a_page_of_the_reference(tmp_path):
    room = tmp_path / "package" / "room"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text('"""The room."""')
    (room / "thing.py").write_text(SOURCE)
    assert reference.rooms(tmp_path / "package") == [room]
    page = reference.page(room, tmp_path / "package")
    lines = page.splitlines()
    assert lines[0] == "# package.room"
    assert "## package.room.thing" in lines
    assert "A *module* with x \\< y and `code`." in lines
    assert "```text\nindented = 1\n```" in page
    assert "```pycon\n>>> Thing().half\n1\n```" in page
    assert "{py:property} half\n:type: int" in page
    assert "{py:classmethod} make(n: int, *, fast: bool=False) -> 'Thing'" in page
    assert "Half of \\[size\\]." in lines
    assert "```python\nsize: int = 2\n```" in page
    assert "secret" not in page
    assert "::::::{py:function} free(a: int) -> None" in lines
