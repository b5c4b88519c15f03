"""What names the notebooks by hand agrees with them: README's table, notes, the instructors' table, links, the site.

A notebook's own header is the one truth on its title and its minutes. What can be made from the notebooks is not here:
the Makefile, the site, the slides and the browser tests take every file of the folder.
"""

import json
import re
import runpy
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from ipywidgets import Label

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "pages")]
import reading_time  # noqa: E402
from assets import ICONS  # noqa: E402

README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTES = ROOT / "docs" / "speaker_notes"
HEADER = re.compile(
    r"# (.+?)\n.*?\*\*Time:\*\* (\d+) minutes with the exercises(?:, (\d+) of them on the core path)?; "
    r"about (\d+) seconds to run",
    re.DOTALL,
)
LINK = re.compile(r"\[([^][]*)\]\(([^)#\s]*\.(?:ipynb|html))\)")


class Notebook(NamedTuple):
    """What the header of a notebook says, and all that is written in it."""

    path: Path
    title: str
    minutes: str
    core: str  # of a notebook that is nothing else, all of them
    seconds: str
    prose: str

    @property
    def number(self) -> str:
        return self.path.stem[:2]

    @property
    def name(self) -> str:
        return f"{self.number}, {self.title}"


def read(path: Path) -> Notebook:
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "markdown"]
    prose = "\n\n".join("".join(cell["source"]) for cell in cells)
    found = HEADER.match(prose)
    wanted = "**Time:** NN minutes with the exercises, NN of them on the core path; about NN seconds to run"
    assert found, f"{path.name}: want a header with '{wanted}'; without the core path, where all is on it"
    title, minutes, core, seconds = found.groups()
    return Notebook(path, title, minutes, core or minutes, seconds, prose)


COURSE = [read(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
each_notebook = pytest.mark.parametrize("notebook", COURSE, ids=lambda notebook: notebook.path.stem)


def course_table() -> list[str]:
    """The rows of README's table, without its head."""
    table = README.partition("<!-- course -->\n")[2].partition("<!-- /course -->")[0]
    return [line for line in table.splitlines() if line.startswith("|")][2:]


@each_notebook
def test_readme_has_its_row(notebook):
    rows = [row for row in course_table() if f"(notebooks/{notebook.path.name})" in row]
    assert len(rows) == 1, f"README.md: want one row for {notebook.path.name} in the course's table, got {len(rows)}"
    link, learn, core, minutes = (cell.strip() for cell in rows[0].strip("|").split(" | "))
    assert link == f"[{notebook.number} {notebook.title}](notebooks/{notebook.path.name})"
    assert (core, minutes) == (notebook.core, notebook.minutes), f"README.md: the minutes of {notebook.path.name}"
    assert len(learn) > 30, f"README.md: what does one learn in {notebook.path.name}?"


@each_notebook
def test_its_minutes_are_honest(notebook):
    """Within a tenth of what the words, the code, the formulas and the exercises take: ``tools/reading_time.py``."""
    core, whole = reading_time.read(notebook.path)
    said = f"{notebook.path.name} says {notebook.core} and {notebook.minutes} minutes"
    assert float(notebook.core) == pytest.approx(core.minutes, rel=0.1), f"{said}, its core path has {core.minutes:.0f}"
    assert float(notebook.minutes) == pytest.approx(whole.minutes, rel=0.1), f"{said}, it has {whole.minutes:.0f}"


def test_readmes_sums_are_those_of_the_headers():
    first, last, core = re.search(r"core paths of (\d\d) to (\d\d) together take (\d+) minutes", README).groups()
    in_depth = [notebook for notebook in COURSE if first <= notebook.number <= last]
    assert int(core) == sum(int(notebook.core) for notebook in in_depth)
    assert f"they take {sum(int(notebook.minutes) for notebook in in_depth) / 60:.0f} hours" in README


def test_readme_says_how_long_the_whole_in_one_takes():
    said = re.search(r"\]\(notebooks/(\S+)\)[^|]*? in (\d+) minutes", README)
    assert said[1] == COURSE[0].path.name and said[2] == COURSE[0].minutes, "README.md: the first step"


def test_readmes_table_is_in_order_and_holds_nothing_else():
    found = [target for row in course_table() for _, target in LINK.findall(row)]
    assert found == [f"notebooks/{notebook.path.name}" for notebook in COURSE], "README.md: the course's table"


def test_readme_announces_none_that_is_there():
    announced = re.search(r"More notebooks \((\d\d) (?:to|and) \d\d\) are on their way", README)
    assert announced is None or announced[1] > COURSE[-1].number, f"README.md: {announced[0]}"


@each_notebook
def test_speaker_notes_have_its_title_and_seconds(notebook):
    page = NOTES / f"{notebook.path.stem}.md"
    assert page.exists(), f"docs/speaker_notes: want {page.name}, for {notebook.path.name}"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {notebook.number} {notebook.title}: speaker notes\n"), f"{page.name}: its title"
    assert f"(about {notebook.seconds} seconds on" in text, f"{page.name}: want the seconds of the notebook's header"


def test_each_page_of_speaker_notes_has_its_notebook():
    left_over = {path.stem for path in NOTES.iterdir()} - {notebook.path.stem for notebook in COURSE}
    assert not left_over, f"docs/speaker_notes: no notebook has the name of {left_over}"


@each_notebook
def test_the_page_on_servers_knows_what_it_needs(notebook):
    table = (ROOT / "docs" / "servers.md").read_text(encoding="utf-8").partition("| notebook | seconds")[2]
    rows = [line for line in table.partition("\n\n")[0].splitlines() if line.startswith(f"| {notebook.number} |")]
    assert len(rows) == 1, f"docs/servers.md: want one row '| {notebook.number} | seconds | memory | ... |'"
    seconds = rows[0].split("|")[2].strip()
    assert seconds == notebook.seconds, f"docs/servers.md: want the seconds of {notebook.path.name}'s header"


@each_notebook
def test_it_leads_to_its_neighbours(notebook):
    """At the end: ``**Back:** [01, Title](01_stem.ipynb). **Next:** [03, Title](03_stem.ipynb).``"""
    place = COURSE.index(notebook)
    neighbours = {"Back": COURSE[place - 1 : place] if place else [], "Next": COURSE[place + 1 : place + 2]}
    for way, wanted in neighbours.items():
        found = re.findall(rf"\*\*{way}:\*\* \[([^]]*)\]\(([^)]*)\)", notebook.prose)
        assert found == [(other.name, other.path.name) for other in wanted], f"{notebook.path.name}: its link {way}"


PAGES = [*(n.path for n in COURSE), ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "tools").rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_number_in_a_link_is_that_of_its_notebook(page):
    """Notebooks are renumbered; "notebook 04" must still lead to 04."""
    text = read(page).prose if page.suffix == ".ipynb" else page.read_text(encoding="utf-8")
    for words, target in LINK.findall(text):
        numbers = re.findall(r"\b\d\d\b", words)
        assert set(numbers) <= {Path(target).name[:2]}, f"{page.name}: [{words}]({target})"


@pytest.mark.parametrize("instructors", [True, False])
def test_the_site_has_a_page_for_each(instructors, tmp_path):
    """From notebooks that have run: its index shows README's table, and to instructors slides and notes."""
    executed, assets, slides = (tmp_path / name for name in ("executed", "assets", "slides"))
    for folder in (executed, assets, slides, tmp_path / "site"):
        folder.mkdir()
    (assets / ICONS).touch()
    for notebook in COURSE:
        bare = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T")], metadata={"widgets": {}})
        nbformat.write(bare, executed / notebook.path.name)
    lay_out = runpy.run_path(str(ROOT / "tools" / "pages" / "site.py"))["lay_out"]  # Python has a ``site`` of its own
    lay_out(tmp_path / "site", sorted(executed.iterdir()), assets, slides if instructors else None, Label())
    cells = nbformat.read(tmp_path / "site" / "index.ipynb", as_version=4).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "markdown"]  # the pad comes before all else
    index = "\n".join(cell.source for cell in cells)
    assert "```{include} README.md" in index and "\nnotebooks/*\n" in index
    for notebook in COURSE:
        stem = notebook.path.stem
        assert (tmp_path / "site" / "notebooks" / notebook.path.name).exists()
        assert (f'<a href="slides/{stem}.html">' in index) == instructors, f"tools/pages: slides of {stem}"
        assert (f"(docs/speaker_notes/{stem}.md)" in index) == instructors, f"tools/pages: notes of {stem}"
