"""Build the static site from executed notebooks: ``make site``. It asks no network for anything, over file:// too.

Without ``--slides`` it is the hand-out, ``make handout``: no slides and no pages for instructors, which hold answers.
"""

import argparse
import shutil
import sys
from pathlib import Path

import nbformat
from assets import fetch, lay_icons
from executed import read
from front import make_pad, with_widget
from ipywidgets import Widget

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
STUDENTS_PAGES = ("notation.md",)
OWN_ASSETS = ("widgets.js", "site.css")


def lay_out(source: Path, notebooks: list[Path], assets: Path, slides: Path | None, pad: Widget) -> None:
    """Sphinx's source folder: pages where the links between them expect them, and all that they load.

    ``pad`` is what the front page opens with.
    """
    shutil.copytree(ROOT / "docs", source / "docs", ignore=None if slides else _for_instructors)
    (source / "notebooks").mkdir()
    for path in notebooks:
        nbformat.write(read(path), source / "notebooks" / path.name)
    shutil.copytree(assets, source / "assets", ignore=shutil.ignore_patterns("reveal", ".*"))
    for name in OWN_ASSETS:
        shutil.copy(HERE / name, source / "assets")
    lay_icons(assets, source / "extra" / "notebooks")
    shutil.copy(HERE / "conf.py", source)
    shutil.copy(ROOT / "README.md", source)  # for its table of the course
    students, instructors = (HERE / "index.md").read_text(encoding="utf-8").split("<!-- instructors -->\n")
    if slides:
        shutil.copytree(slides, source / "extra" / "slides")
        students += instructors.replace("{slides}", "\n".join(map(_links, notebooks)))
    nbformat.write(with_widget(students, pad), source / "index.ipynb")


def _for_instructors(folder: str, names: list[str]) -> set[str]:
    """Of the pages in docs, those that students do not get; the glossary is theirs, too."""
    return {name for name in names if name.endswith(".md") and name not in STUDENTS_PAGES}


def _links(path: Path) -> str:
    """A notebook's line in the list for instructors. The slides are no page of Sphinx's: it would miss them."""
    slides = f'<a href="slides/{path.stem}.html">slides</a>'
    return f"- {path.stem[:2]}: {slides}, [notes](docs/speaker_notes/{path.stem}.md)"


def build(target: Path, notebooks: list[Path], slides: Path | None) -> int:
    """The site in ``target``; returns Sphinx's exit status. A warning, such as a link to nowhere, fails."""
    from sphinx.cmd.build import main as sphinx  # here: tests of the layout do without what only pages need

    source = target.parent / f"{target.name}-source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    source.mkdir(parents=True)
    lay_out(source, notebooks, fetch(target.parent / "assets"), slides, make_pad())
    return sphinx(
        ["-q", "-W", "--keep-going", "-E", "-b", "html", "-d", str(source / ".doctrees"), str(source), str(target)]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("notebooks", type=Path, nargs="+")
    parser.add_argument("--slides", type=Path)
    arguments = parser.parse_args()
    sys.exit(build(arguments.target, arguments.notebooks, arguments.slides))
