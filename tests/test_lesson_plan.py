"""The plans in docs/instructors.md fit their sessions and show sections of the core path, in order."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTES = ROOT / "docs" / "speaker_notes"
PAGE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")

AFTER_THE_CORE = ("Going further", "References")


def steps(session: str) -> list[tuple[int, str, list[str]]]:
    """Of each row: its minutes, its notebook's file and the sections that it shows."""
    rows = [line for line in session.splitlines() if re.match(r"\| \d+ \|", line)]
    return [
        (
            int(row.split("|")[1]),
            re.search(r"notebooks/(\S+)\.ipynb", row)[1],
            re.findall(r"\*([^*]+)\*", row.split("|")[2]),
        )
        for row in rows
    ]


def sessions(heading: str) -> list[list[tuple[int, str, list[str]]]]:
    """The steps of each session under a heading like this."""
    found = re.findall(rf"^{heading}.*?\n(.*?)(?=^#)", PAGE, re.MULTILINE | re.DOTALL)
    return [steps(session) for session in found]


HOUR = sessions("## One session of 60 minutes")
STEPS = sessions("### (?:First|Second) session")
each_notebook = pytest.mark.parametrize("stem", sorted({stem for session in HOUR + STEPS for _, stem, _ in session}))


def minutes_of(stem: str) -> dict[str, int]:
    """What the speaker notes give to each heading."""
    parts = re.split(r"^##+ (.+)$", (NOTES / f"{stem}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        name: int(re.search(r"\*\*Minutes:\*\* (\d+)", body)[1])
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def sections(stem: str) -> list[str]:
    cells = json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.findall(r"^## (.+)", text, re.MULTILINE)


def test_the_hour_is_all_of_its_notebook():
    (session,) = HOUR
    (stem,) = {stem for _, stem, _ in session}
    assert [name for _, _, names in session for name in names] == [
        name for name in sections(stem) if name not in (*AFTER_THE_CORE, "Check yourself")
    ]
    assert 50 <= sum(minutes for minutes, _, _ in session) <= 60


def test_each_row_of_the_hour_has_the_minutes_of_its_sections():
    for row, stem, names in HOUR[0]:
        assert row == sum(minutes_of(stem)[name] for name in names), names


def test_what_the_hour_saves_is_what_the_speaker_notes_give_it():
    rows = re.findall(r"^\| (\d\d) \| (.*?) \| (\d+) \|", PAGE.partition("### After the hour")[2], re.MULTILINE)
    assert [number for number, *_ in rows] == ["01", "02", "03", "04", "05", "06"]
    for number, seen, saved in rows:
        (notes,) = NOTES.glob(f"{number}_*.md")
        minutes = minutes_of(notes.stem)
        assert sum(minutes[name] for name in re.findall(r"\*([^*]+)\*", seen)) == int(saved), number
    first, second = (
        sum(int(saved) for number, _, saved in rows if number in pair) for pair in ("01 02", "03 04 05 06")
    )
    assert f"\n{first} minutes of the first session and {second} of the second." in PAGE


def test_there_are_two_with_ten_minutes_to_spare():
    assert len(STEPS) == 2
    for session in STEPS:
        assert 60 <= sum(minutes for minutes, _, _ in session) <= 80


@each_notebook
def test_what_is_shown_is_on_the_core_path_and_in_order(stem):
    core = [name for name in sections(stem) if name not in AFTER_THE_CORE]
    shown = [name for session in HOUR + STEPS for _, other, names in session if other == stem for name in names]
    assert shown and set(shown) <= set(core), f"{stem} has {core}"
    assert shown == sorted(shown, key=core.index)


def test_it_takes_no_longer_than_the_core_paths_that_it_shows():
    """As the headers have them, and with ten minutes to spare in each session."""
    shown = {stem for session in STEPS for _, stem, _ in session}
    headers = [(ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8") for stem in shown]
    assert sum(int(re.search(r"(\d+) of them on the core path", header)[1]) for header in headers) <= 160
    assert min(shown).startswith("01") and len(shown) >= 6


@each_notebook
def test_its_minutes_are_those_of_the_speaker_notes(stem):
    notes = (NOTES / f"{stem}.md").read_text(encoding="utf-8")
    minutes = sum(minutes_of(stem).values())
    in_the_plan = sum(minutes for session in HOUR + STEPS for minutes, other, _ in session if other == stem)
    assert notes.splitlines()[2].startswith(f"{minutes} minutes in all")
    assert minutes == in_the_plan


def test_the_homework_is_there():
    """Exercises by their names in ``check``."""
    homework = PAGE.partition("### Homework")[2].partition("\n#")[0]
    named = [name for line in homework.splitlines() if line[:1] == "|" for name in re.findall(r"`(\w+)`", line)]
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "notebooks").glob("*.ipynb"))
    missing = [name for name in named if f'check(\\"{name}\\"' not in code]
    assert named and not missing
