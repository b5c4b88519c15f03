"""What a student has written survives each update of a notebook, and the rest follows the course."""

import copy
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "deploy"))

from merge_notebooks import NOTE, content, in_order, merge, note, parsed, text, with_ids  # noqa: E402


def code(name, source, outputs=(), count=None):
    return {
        "cell_type": "code",
        "id": name,
        "source": source,
        "metadata": {},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": said} for said in outputs],
        "execution_count": count,
    }


def words(name, source):
    return {"cell_type": "markdown", "id": name, "source": source, "metadata": {}}


def notebook(*cells):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


STUB = code("stub", "def f(x):\n    return ...")
CHECK = code("check", 'check("f", f)')
BASE = notebook(words("title", "# Title"), STUB, CHECK)
SOLVED = code("stub", "def f(x):\n    return 2 * x", count=7)
NEW_STUB = code("stub", "def f(x, y):\n    return ...")


def merged(*cells, base=BASE, course=BASE):
    return merge(base, notebook(*cells), course)[0]["cells"]


def test_a_cell_that_was_left_alone_follows():
    new = notebook(words("title", "# Better title"), STUB, CHECK)
    cells, count = merge(BASE, copy.deepcopy(BASE), new)
    assert cells["cells"] == new["cells"]
    assert count == {"new": 0, "renewed": 1, "gone": 0, "kept": 0, "noted": 0}


def test_what_the_course_drops_goes_unless_it_is_the_students():
    new = notebook(words("title", "# Title"))
    assert merged(words("title", "# Title"), STUB, CHECK, course=new) == new["cells"]
    assert merged(words("title", "# Title"), SOLVED, CHECK, course=new) == [words("title", "# Title"), SOLVED]


def test_what_the_student_deleted_stays_deleted():
    new = notebook(words("title", "# Title"), NEW_STUB, CHECK, words("end", "The end"))
    assert merged(STUB, CHECK, course=new) == [NEW_STUB, CHECK, words("end", "The end")]
    assert merged(words("title", "# Title"), CHECK, course=new) == [new["cells"][i] for i in (0, 2, 3)]


def test_new_cells_come_in_at_their_place_and_own_cells_stay_where_they_followed():
    new = notebook(words("first", "Hello"), *BASE["cells"][:2], words("hint", "Hint"), CHECK)
    mine = code("mine", "f(3)")
    assert [c["id"] for c in merged(BASE["cells"][0], SOLVED, mine, CHECK, course=new)] == [
        *("first", "title", "stub", "mine", "hint", "check"),
    ]


def test_own_cell_stays_at_its_place_when_the_cell_above_it_goes():
    new = notebook(words("title", "# Title"), CHECK)
    mine = code("mine", "f(3)")
    assert [c["id"] for c in merged(BASE["cells"][0], STUB, mine, CHECK, course=new)] == ["title", "mine", "check"]


def test_cells_that_the_student_moved_stay_there():
    new = notebook(words("title", "# Title"), NEW_STUB, CHECK, words("end", "The end"))
    assert [c["id"] for c in merged(STUB, words("title", "# Title"), CHECK, course=new)] == [
        *("stub", "title", "check", "end")
    ]


def test_the_course_may_move_cells():
    new = notebook(CHECK, words("title", "# Title"), STUB)
    mine = code("mine", "f(3)")
    assert [c["id"] for c in merged(BASE["cells"][0], SOLVED, mine, CHECK, course=new)] == [
        *("check", "title", "stub", "mine"),
    ]


def test_both_changed_keeps_the_students_and_tells_of_the_courses():
    cells = merged(BASE["cells"][0], SOLVED, CHECK, course=notebook(BASE["cells"][0], NEW_STUB, CHECK))
    assert [c["cell_type"] for c in cells] == ["markdown", "code", "markdown", "code"]
    assert cells[1] == SOLVED
    assert text(cells[2]) == f"{NOTE}\n\n```python\n{NEW_STUB['source']}\n```"


def test_a_note_holds_any_text_of_the_course():
    said = text(note(words("a", "Use\n````\n```python\nx\n```\n````")))
    assert said.count("`````") == 2 and said.endswith("\n`````")


def test_a_note_follows_the_course_until_it_is_heeded_or_thrown_away():
    title = BASE["cells"][0]
    second, third = notebook(title, NEW_STUB, CHECK), notebook(title, code("stub", "def f(x, y, z): ..."), CHECK)
    now = merge(BASE, notebook(title, SOLVED, CHECK), second)[0]
    assert merge(second, now, second)[0] == now
    assert merge(BASE, now, second)[0] == now  # after a run that broke off
    later, count = merge(second, now, third)
    assert [text(c) for c in later["cells"]] == [
        *("# Title", SOLVED["source"], text(note(third["cells"][1])), CHECK["source"])
    ]
    assert count["noted"] == count["kept"] == 1
    # something else changes: the note stays; thrown away, it stays away
    other = notebook(words("title", "# Other"), *third["cells"][1:])
    cells, count = merge(third, later, other)
    assert len(cells["cells"]) == 4 and count["noted"] == 0
    without = notebook(*(c for c in later["cells"] if not text(c).startswith(NOTE)))
    assert len(merge(third, without, other)[0]["cells"]) == 3
    # taken over by the student: it is done
    heeded = copy.deepcopy(later)
    heeded["cells"][1]["source"] = third["cells"][1]["source"]
    assert [c["id"] for c in merge(third, heeded, other)[0]["cells"]] == ["title", "stub", "check"]


def test_a_note_in_which_the_student_wrote_is_theirs():
    title = BASE["cells"][0]
    second, third = notebook(title, NEW_STUB, CHECK), notebook(title, code("stub", "def f(x, y, z): ..."), CHECK)
    now = merge(BASE, notebook(title, SOLVED, CHECK), second)[0]
    now["cells"][2]["source"] = "I prefer mine"
    later = merge(second, now, third)[0]
    assert now["cells"][2] in later["cells"]
    assert len(later["cells"]) == 5
    nbformat.validate(later)


def test_what_was_only_run_follows_and_keeps_its_outputs():
    base = notebook(code("a", "x = 1", ["1\n"], 1), code("b", "y = 2", ["2\n"], 2))
    ran = [code("a", "x = 1", ["1.0\n"], 11), code("b", "y = 2", ["2.0\n"], 12)]
    new = notebook(code("a", "x = 1", ["one\n"], 1), code("b", "y = 3", ["3\n"], 2))
    assert merged(*ran, base=base, course=new) == [ran[0], new["cells"][1]]
    untouched = merge(base, copy.deepcopy(base), new)[0]["cells"]
    assert untouched == new["cells"]


def test_metadata_follow_the_course_where_it_changes_them():
    tagged = {**STUB, "metadata": {"tags": ["mine"]}}
    assert merged(tagged)[0]["metadata"] == {"tags": ["mine"]}
    new = notebook(BASE["cells"][0], {**STUB, "metadata": {"slideshow": {"slide_type": "skip"}}}, CHECK)
    assert merged(tagged, course=new)[0]["metadata"] == {"slideshow": {"slide_type": "skip"}}
    base, mine, new = ({**BASE, "metadata": m} for m in ({"a": 1, "b": 1}, {"a": 1, "b": 1, "c": 3}, {"a": 2}))
    assert merge(base, mine, new)[0]["metadata"] == {"a": 2, "c": 3}


def test_a_cell_of_another_kind_or_with_a_picture_is_changed():
    for mine in (
        {**words("title", "# Title"), "cell_type": "raw"},
        words("title", "# Title") | {"attachments": {"p": {}}},
    ):
        new = notebook(words("title", "# New"), STUB, CHECK)
        assert merged(mine, STUB, CHECK, course=new)[0] == mine


def test_ids_missing_doubled_or_new():
    """From old files, from copies of cells, and from a text that JupyterLab cut and pasted."""
    new = notebook(words("title", "# New"), STUB, CHECK)
    no_ids = [{k: v for k, v in c.items() if k != "id"} for c in BASE["cells"]]
    assert merged(*no_ids, course=new) == new["cells"]
    doubled = merged(BASE["cells"][0], STUB, SOLVED, CHECK, course=new)
    assert [text(c) for c in doubled] == ["# New", STUB["source"], SOLVED["source"], CHECK["source"]]
    pasted = merged(STUB, words("pasted", "# Title"), CHECK, course=new)
    assert [text(c) for c in pasted] == [STUB["source"], "# New", CHECK["source"]]
    strange = with_ids([{**STUB, "id": ["no", "text"]}, {**CHECK, "id": "a b"}, {**CHECK, "id": None}], [])
    nbformat.validate(notebook(*strange))


def test_an_old_file_gets_the_format_that_has_ids():
    old = {**BASE, "nbformat_minor": 4, "cells": [{k: v for k, v in c.items() if k != "id"} for c in BASE["cells"]]}
    result = merge(old, old, {**notebook(words("title", "# New"), STUB), "nbformat_minor": 4})[0]
    assert result["nbformat_minor"] == 5
    nbformat.validate(result)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"[" * 100_000,
        b'{"nbformat": 3, "worksheets": []}',
        b'{"nbformat": 4, "nbformat_minor": 5, "cells": 3}',
        b'{"nbformat": 4, "nbformat_minor": 5, "cells": [3]}',
        b'{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code", "source": [1]}]}',
        b'{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "poem", "source": ""}]}',
        b'{"nbformat": 4, "nbformat_minor": "5", "cells": []}',
        b'{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": 1}',
    ],
)
def test_what_is_no_notebook_is_refused(data):
    with pytest.raises(ValueError):
        parsed(data)


# --- any base, any edits of the student, any edits of the course ---

EXAMPLES = 60
SOURCES = st.sampled_from(["", "x = 1", "x = 2\n", "# Text", "return ...", "```\n", "ä ∑"])


@st.composite
def base_cells(draw):
    size = draw(st.integers(0, 7))
    return [code(f"c{i}", draw(SOURCES)) if draw(st.booleans()) else words(f"c{i}", draw(SOURCES)) for i in range(size)]


@st.composite
def edited(draw, cells, who, moves):
    cells = copy.deepcopy(cells)
    for k in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(cells)))
        does = draw(st.sampled_from(["add", "change", "delete", "run"] + ["move"] * moves))
        own = f"{who} {k}\n{draw(SOURCES)}"  # told apart from all others
        if does == "add":
            cells.insert(place, code(f"{who}{k}", own, [own], k))
        elif place == len(cells):
            continue
        elif does == "change":
            cells[place]["source"] = own
        elif does == "delete":
            del cells[place]
        elif does == "run" and cells[place]["cell_type"] == "code":
            cells[place] = code(cells[place]["id"], cells[place]["source"], [f"ran by {who}"], 99)
        elif does == "move":
            cells.insert(draw(st.integers(0, len(cells) - 1)), cells.pop(place))
    return cells


@st.composite
def histories(draw, course_moves=False, student_moves=True):
    base = draw(base_cells())
    mine = draw(edited(base, "student", student_moves))
    new = draw(edited(base, "course", course_moves))
    return notebook(*base), notebook(*mine), notebook(*new)


def changed(base, cells):
    known = {c["id"]: content(c) for c in base["cells"]}
    return [c for c in cells if c["id"] not in known or content(c) != known[c["id"]]]


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories())
def test_no_cell_of_the_student_is_lost_doubled_altered_or_moved(history):
    base, mine, new = history
    result = merge(base, mine, new)[0]
    own = changed(base, mine["cells"])
    assert [cell for cell in result["cells"] if cell in own] == own
    nbformat.validate(copy.deepcopy(result))


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(course_moves=True))
def test_also_where_the_course_moves_cells_none_is_lost(history):
    base, mine, new = history
    result = merge(base, mine, new)[0]["cells"]
    for cell in changed(base, mine["cells"]):
        assert result.count(cell) == 1


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(course_moves=True))
def test_all_else_is_the_courses(history):
    """Each cell of the result is the student's own, the course's, or a note; and the right ones are there."""
    base, mine, new = history
    result = merge(base, mine, new)[0]["cells"]
    own, old = changed(base, mine["cells"]), [c["id"] for c in base["cells"]]
    has, gets = ({c["id"]: c for c in nb["cells"]} for nb in (mine, new))
    rest = [c for c in result if c not in own and not text(c).startswith(NOTE)]
    assert all(content(c) == content(gets[c["id"]]) for c in rest)
    own_ids = {c["id"] for c in own}
    wanted = {i for i in gets if i not in own_ids and (i in has or i not in old)}
    assert {c["id"] for c in rest} == wanted
    news = {c["id"] for c in changed(base, new["cells"])}
    both = [c["id"] for c in own if c["id"] in news and content(c) != content(gets[c["id"]])]
    ids = [c["id"] for c in result]
    assert [ids[i - 1] for i, c in enumerate(result) if text(c).startswith(NOTE)] == [i for i in ids if i in both]


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(course_moves=True, student_moves=False))
def test_the_order_is_the_courses_where_the_student_moved_nothing(history):
    base, mine, new = history
    result = [c["id"] for c in merge(base, mine, new)[0]["cells"]]
    course = [c["id"] for c in new["cells"] if c["id"] in result]
    assert [name for name in result if name in course] == course


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(course_moves=True))
def test_a_second_time_changes_nothing(history):
    """Nor from the old base, as after a run that broke off; but the order may, if both have moved cells."""
    base, mine, new = history
    once = merge(base, mine, new)[0]
    assert merge(new, once, new)[0] == once
    again = merge(base, once, new)[0]
    assert sorted(again["cells"], key=str) == sorted(once["cells"], key=str)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(), st.data())
def test_update_after_update(history, data):
    """Through three updates the student's cells are there; and whoever has done nothing has the course's notebook."""
    base, mine, new = history
    own, idle = changed(base, mine["cells"]), copy.deepcopy(base)
    for turn in range(3):
        mine, idle = merge(base, mine, new)[0], merge(base, idle, new)[0]
        assert idle["cells"] == new["cells"]
        assert [c for c in mine["cells"] if c in own] == own
        base, new = new, notebook(*data.draw(edited(new["cells"], f"course{turn}", False)))


@settings(max_examples=EXAMPLES, deadline=None)
@given(base_cells(), st.data())
def test_with_ids_is_sound_for_any_ids(cells, data):
    names = st.sampled_from(["c0", "c1", "x", "a b", "", None, 3, "é"])
    rough = [{**cell, "id": data.draw(names)} for cell in copy.deepcopy(cells)]
    result = with_ids(rough, cells)
    nbformat.validate(notebook(*copy.deepcopy(result)))
    assert [content(c) for c in result] == [content(c) for c in rough]
    assert len({c["id"] for c in result}) == len(result)


@given(*(st.lists(st.sampled_from("abcdefgh"), unique=True) for _ in range(3)))
def test_in_order_has_each_id_once(old, mine, new):
    result = in_order(old, mine, new)
    assert sorted(result) == sorted({*mine, *new})
