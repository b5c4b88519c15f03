"""Notebook 00 tells the whole lecture in an hour: what it may take, what each section has, and that it is no copy."""

import json
import re
import sys
from pathlib import Path

import pytest

from vae_helpers import widgets
from vae_helpers.kl_derivation import BEYOND, ONE_DIMENSION

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import reading_time  # noqa: E402

PATH = ROOT / "notebooks" / "00_vae_in_one_hour.ipynb"
OTHERS = [path for path in sorted(PATH.parent.glob("*.ipynb")) if path != PATH]
ENDING = ("Summary", "Check yourself", "References")
QUESTION = re.compile(r"\*\*(?:Question|Predict\s+first)\.\*\*")


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def code(path: Path) -> list[str]:
    return ["".join(cell["source"]).strip() for cell in cells(path) if cell["cell_type"] == "code"]


def sections() -> dict[str, list[dict]]:
    """The cells of each section, by its heading; without the ending."""
    found: dict[str, list[dict]] = {}
    name = None
    for cell in cells(PATH):
        if cell["cell_type"] == "markdown":
            name = next(iter(re.findall(r"^## (.+)", "".join(cell["source"]), re.MULTILINE)), name)
        if name is not None and name not in ENDING:
            found.setdefault(name, []).append(cell)
    return found


def prose(section: list[dict]) -> str:
    """Without exercises, folded details, tables, formulas and boxes."""
    texts = ["".join(cell["source"]) for cell in section if cell["cell_type"] == "markdown"]
    text = "\n\n".join(reading_time.without_details(text) for text in texts if not text.startswith("**Exercise"))
    text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
    return re.sub(r"^(?:[>|]|## ).*$", "", text, flags=re.MULTILINE)


SECTIONS = sections()
each_section = pytest.mark.parametrize("name", SECTIONS)


def test_it_is_an_hour():
    _, whole = reading_time.read(PATH)
    assert whole.minutes <= 60 and whole.exercises == 2
    assert len(code(PATH)) <= 31
    assert "## Going further" not in PATH.read_text(encoding="utf-8")


@each_section
def test_each_section_says_its_idea_in_120_words(name):
    """All of its prose but the question, which says how to use the live thing, and the link; a formula is a word."""
    paragraphs = re.split(r"\n\s*\n", prose(SECTIONS[name]))
    idea = " ".join(part for part in paragraphs if not QUESTION.search(part))
    idea = re.sub(r"\[Notebook \d\d\]\([^)]*\)[^.:]*[.:]", "", idea)
    words = re.findall(r"\S*\w\S*", re.sub(r"\$[^$]+\$", "formula", idea))
    assert len(words) <= 120, f"{name}: {len(words)} words"


@each_section
def test_each_section_has_a_picture_a_question_and_a_link(name):
    text = prose(SECTIONS[name])
    pictures = [o for cell in SECTIONS[name] for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
    assert pictures, name
    assert len(QUESTION.findall(text)) == 1, name
    assert len(re.findall(r"\[Notebook (\d\d)\]\(\1_\w+\.ipynb\)\s+takes", text)) == 1, name


def test_it_repeats_no_cell_of_another_notebook():
    taken = {text: path.name for path in OTHERS for text in code(path)}
    assert not [(text, taken[text]) for text in code(PATH) if text in taken]


def test_it_stays_light():
    """Most widgets bring their weights along: few of them, each once."""
    shown = re.findall(rf"\b({'|'.join(widgets.__all__)})\(", "\n".join(code(PATH)))
    assert len(shown) == len(set(shown)) <= 7


def test_the_folded_proof_has_the_verdicts_of_the_slides():
    """Those of notebook 02, line by line; there SymPy proves each of them."""
    (details,) = (
        text
        for cell in cells(PATH)
        for text in re.findall(r"<details.*?</details>", "".join(cell["source"]), re.DOTALL)
        if "proof" in text.partition("</summary>")[0]
    )
    verdicts = re.findall(r"\| \*\*(right|loose|wrong)\*\*", details)
    assert verdicts == [step.verdict for step in (ONE_DIMENSION | BEYOND).values() if step.slide]
