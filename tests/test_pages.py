"""What the pages without a kernel are made of: assets that are what they should be, slide types, speaker notes."""

import re
import stat
import sys
from pathlib import Path

import anywidget
import nbformat
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools" / "pages"))
import assets  # noqa: E402
import executed  # noqa: E402
import front  # noqa: E402
import slides  # noqa: E402

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAME = lambda path: path.name  # noqa: E731
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """An npm that packs something else than was asked for."""
    fake = tmp_path / "bin" / "npm"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho other > some.tgz\n", encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setattr(sys, "executable", str(fake.parent / "python"))
    return fake


def test_an_archive_with_another_hash_is_refused(npm, tmp_path):
    with pytest.raises(RuntimeError, match="requirejs@.*want an archive with the sha512"):
        assets.fetch(tmp_path / "assets")
    assert not list((tmp_path / "assets").glob("**/*.js"))


def test_without_a_network_it_says_so(npm, tmp_path):
    npm.write_text("#!/bin/sh\necho no such host >&2\nexit 1\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="could not fetch requirejs.*is there a network.*\nno such host"):
        assets.fetch(tmp_path / "assets")


def test_what_is_there_is_not_fetched_again(npm, tmp_path):
    for name, package in assets.PACKAGES.items():
        (tmp_path / f".{name.replace('/', '-')}-{package.version}").touch()
    assert assets.fetch(tmp_path) == tmp_path


def test_a_notebook_without_widget_state_is_refused(tmp_path):
    path = tmp_path / "bare.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    with pytest.raises(ValueError, match="executed with its widgets' state"):
        executed.read(path)


def test_titles_get_numbers_and_figures_their_text_and_stderr_goes(tmp_path):
    cell = nbformat.v4.new_code_cell("plot()", metadata={"alt": "a plot"})
    output = nbformat.v4.new_output
    cell.outputs = [output("stream", name="stderr", text="10 %"), output("display_data", {"image/png": "AAAA"})]
    title = nbformat.v4.new_markdown_cell("# A plot\n\n# twice")
    notebook = nbformat.v4.new_notebook(cells=[title, cell], metadata={"widgets": {}})
    nbformat.write(notebook, tmp_path / "05_run.ipynb")
    title, read = executed.read(tmp_path / "05_run.ipynb").cells
    assert title.source == "# 05 A plot\n\n# twice"
    assert len(read.outputs) == 1 and read.outputs[0].metadata["image/png"]["alt"] == "a plot"
    assert read.metadata.mystnb.image.alt == "a plot"


def test_the_front_page_holds_all_that_its_widget_needs():
    class Widget(anywidget.AnyWidget):
        _esm = "export default {}"

    page = front.with_widget("# T\n\nDraw.\n\n<!-- pad -->\n\nMore.\n", Widget(layout={"width": "9px"}))
    above, pad, below = page.cells
    assert (above.source, below.source) == ("# T\n\nDraw.\n\n", "\nMore.\n")
    assert pad.source and pad.metadata.tags == ["remove-input"]
    shown = pad.outputs[0].data["application/vnd.jupyter.widget-view+json"]["model_id"]
    models = page.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert models[shown]["state"]["_esm"] == "export default {}"  # a class's default, too: the page has no classes
    assert models[models[shown]["state"]["layout"].removeprefix("IPY_MODEL_")]["state"]["width"] == "9px"


def test_notes_come_behind_their_heading_and_stay():
    subslide = {"slideshow": {"slide_type": "subslide"}}
    cells = [nbformat.v4.new_markdown_cell("## One\ntext"), nbformat.v4.new_code_cell("## Two")]
    cells.append(nbformat.v4.new_code_cell("more()", metadata=subslide))
    notebook = slides.with_notes(
        nbformat.v4.new_notebook(cells=cells), slides.speaker_notes("# T\n## One\n\nSay it.\n")
    )
    assert [cell.source for cell in notebook.cells] == ["## One\ntext", "Say it.", "## Two", "more()", "Say it."]
    assert notebook.cells[1].metadata.slideshow.slide_type == "notes"
    with pytest.raises(ValueError, match="no such heading in the notebook: Two"):
        slides.with_notes(notebook, {"Two": "in a comment, which is no heading"})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAME)
def test_each_cell_has_its_place_on_the_slides(path):
    cells = nbformat.read(path, as_version=4).cells
    types = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in cells]
    assert set(types) <= SLIDE_TYPES and types[0] == "slide"
    for cell, kind in zip(cells, types, strict=True):
        if cell.cell_type == "markdown" and kind != "skip" and cell.source.startswith("## "):
            assert kind == "slide", cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAME)
def test_speaker_notes(path):
    """Each part that is shown has minutes, a question and the usual wrong answer; the minutes add up."""
    text = (slides.NOTES / f"{path.stem}.md").read_text(encoding="utf-8")
    notes = slides.speaker_notes(text)
    shown = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    parts = re.findall(r"^## (.+)$", "\n".join(cell.source for cell in shown), re.M)
    assert set(parts) - {"Check yourself", "References"} <= set(notes)
    for heading, body in notes.items():
        asked = ["Minutes", "Ask"] if heading == "Summary" else ["Minutes", "Show", "Ask", "Usual wrong answer"]
        assert re.findall(r"^\*\*(.+?):\*\*", body, re.M) == asked, heading
    minutes = [int(re.search(r"\*\*Minutes:\*\* (\d+)$", body, re.M)[1]) for body in notes.values()]
    assert int(re.search(r"(\d+) minutes", text)[1]) == sum(minutes)
