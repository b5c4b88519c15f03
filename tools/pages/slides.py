"""Build reveal.js slides from executed notebooks: ``make slides``.

A cell's ``slideshow.slide_type`` says where it goes. The tags ``slides-hide-input`` and ``slides-hide-output`` leave
a part of a cell out. Speaker notes come from docs/speaker_notes, by the heading that they stand under;
they stay until the next one.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat
from assets import fetch, lay_icons
from executed import read
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from traitlets.config import Config

HERE = Path(__file__).parent
NOTES = HERE.parent.parent / "docs" / "speaker_notes"
HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)

SETTINGS = {
    "SlidesExporter": {
        "template_name": "slides",
        "extra_template_basedirs": [str(HERE / "templates")],
        "reveal_url_prefix": "assets/reveal",
        "reveal_theme": "white",
        "widget_renderer_url": "assets/embed-amd.js",
        "exclude_input_prompt": True,
        "exclude_output_prompt": True,
    },
    "TagRemovePreprocessor": {
        "enabled": True,
        "remove_input_tags": ["slides-hide-input"],
        "remove_all_outputs_tags": ["slides-hide-output"],
    },
}


def speaker_notes(text: str) -> dict[str, str]:
    """The text below each heading of level 2 or 3, by heading."""
    parts = HEADING.split(text)
    return {heading: body.strip() for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def with_notes(notebook: NotebookNode, notes: dict[str, str]) -> NotebookNode:
    """The notebook with a cell of notes on each slide: those of its own headings, else of the last one before.

    Raises:
        ValueError: notes for a heading that the notebook does not have.
    """
    cells, left, current = [], dict(notes), ""
    for cell in notebook.cells:
        cells.append(cell)
        headings = HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
        own = [left.pop(heading) for heading in headings if heading in left]
        current = "\n\n".join(own) or current
        begins = cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide")
        if own or (begins and current):
            aside = nbformat.v4.new_markdown_cell(current)
            aside.metadata["slideshow"] = {"slide_type": "notes"}
            cells.append(aside)
    if left:
        raise ValueError(f"speaker notes: no such heading in the notebook: {', '.join(left)}")
    return NotebookNode(notebook | {"cells": cells})


def for_the_back_row(notebook: NotebookNode) -> NotebookNode:
    """The notebook with every widget in presenter size, whatever its cell says."""
    for model in notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values():
        state = model["state"]
        if "vae-stage" in state.get("_dom_classes", []):
            state["_dom_classes"] = [*state["_dom_classes"], "vae-presenter"]
            state["presenter"] = True
    return notebook


def build(notebooks: list[Path], folder: Path, assets: Path) -> None:
    """A page of slides for each notebook in ``folder``, and the assets they share."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(assets, folder / "assets")
    for name in ("widgets.js", "slides.js", "slides.css"):
        shutil.copy(HERE / name, folder / "assets")
    lay_icons(assets, folder)
    exporter = SlidesExporter(config=Config(SETTINGS))
    for path in notebooks:
        notes = speaker_notes((NOTES / f"{path.stem}.md").read_text(encoding="utf-8"))
        page, _ = exporter.from_notebook_node(with_notes(for_the_back_row(read(path)), notes))
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
        print(f"{folder / path.stem}.html")


if __name__ == "__main__":
    target, *executed = map(Path, sys.argv[1:])
    build(executed, target, fetch(target.parent / "assets"))
