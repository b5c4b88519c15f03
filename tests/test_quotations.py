"""What the notebooks quote of the lecture stands in the lecture, word for word."""

import json
import re
from pathlib import Path

import pytest

DECK = (Path(__file__).parent / "data" / "lecture.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
BOX = re.compile(r"^> \*\*What the slide says / what is true\.\*\*(.*?)(?=^[^>]|\Z)", re.MULTILINE | re.DOTALL)


def plain(text: str) -> str:
    """Without marks of emphasis, line breaks and the form of quotation marks and dashes."""
    text = re.sub(r"^>\s?", "", text, flags=re.MULTILINE)
    text = text.replace("’", "'").replace("*", "").replace("$", "")
    return re.sub(r"\s+", " ", text)


def quotations(text: str) -> list[str]:
    """What stands in double quotation marks in the boxes; a mark of the sentence around it is cut off."""
    return [quoted.strip(" ,.;:?") for box in BOX.findall(text) for quoted in re.findall(r'"([^"]+)"', plain(box))]


QUOTED = [
    (path.stem, q)
    for path in NOTEBOOKS
    for q in quotations(
        "\n\n".join(
            "".join(cell["source"])
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
            if cell["cell_type"] == "markdown"
        )
    )
]


@pytest.mark.parametrize("notebook, quotation", QUOTED)
def test_it_stands_in_the_lecture(notebook, quotation):
    for part in re.split(r"\s*(?:\.\.\.|…)\s*", quotation):
        assert plain(part).lower() in plain(DECK).lower(), f"{notebook}: the lecture does not say {part!r}"
