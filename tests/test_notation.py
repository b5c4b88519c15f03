"""docs/notation.md has each symbol and each term once, and the notebooks use them so."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "notation.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def rows(section: str) -> list[list[str]]:
    text = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"][
        2:
    ]


SYMBOLS, TERMS = rows("Symbols"), rows("Terms")


def source(path: Path, kind: str) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == kind)


def test_each_once_and_terms_in_order():
    symbols = [symbol for row in SYMBOLS for symbol in re.findall(r"\$[^$]+\$", row[0])]
    terms = [row[0] for row in TERMS]
    assert len(set(symbols)) == len(symbols) > 15
    assert terms == sorted(set(terms), key=str.lower) and len(terms) > 25


@pytest.mark.parametrize("term, meaning, number", TERMS, ids=[row[0] for row in TERMS])
def test_the_notebook_named_explains_it(term, meaning, number):
    """There the term is set in bold, in the singular or the plural, or with more words around it."""
    (path,) = (path for path in NOTEBOOKS if path.stem.startswith(number))
    bold = [words.lower() for words in re.findall(r"\*\*([^*\n]+)\*\*", source(path, "markdown"))]
    assert any(re.search(rf"\b{re.escape(term.lower())}s?\b", words) for words in bold), f"{path.name}: **{term}**"
    assert len(meaning) > 20


@each_notebook
def test_the_kl_has_one_arrangement(path):
    """-1/2 (1 + log sigma^2 - mu^2 - sigma^2), as the lecture has it: in formulas and in code."""
    formula = r"\\t?frac12\s*(\\sum_\w+)?\s*(\\big|\\Big|\\left)?[(\[]\s*(\\mu|\\sigma|\\log)[^)]*\\log"
    code = r"0\.5 \* \(\(?(mu|logvar)\b"
    assert not re.search(formula, source(path, "markdown"))
    assert not re.search(code, source(path, "code"))


@each_notebook
def test_active_dimensions_are_counted_by_one_rule(path):
    code = source(path, "code")
    from_a_table = "row['active']"  # of a shipped one, counted so when it was made
    assert "active" not in code or any(way in code for way in ("active_units", "LatentSliders", from_a_table))
    assert not re.search(r"kl\w*\.mean\(dim=0\) >|per_dimension > ", code)


@each_notebook
def test_models_have_telling_names(path):
    assert not re.search(r"^(wide|flat)\b", source(path, "code"), re.MULTILINE)


@each_notebook
def test_it_leads_to_the_glossary(path):
    assert "](../docs/notation.md)" in source(path, "markdown")
