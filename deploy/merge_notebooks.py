"""Merge three versions of a notebook: the course's old one, what a student has made of it, the course's new one.

Whole cells are taken, by their ids. nbdime, the library for it, merges the *lines* of a cell that both have changed,
also when told to use the student's version: a student's code would no longer be what they wrote. The rules are in
``own_copy.py``.
"""

import json
import re
import uuid

NOTE = "**The course has a new version of the cell above.** Yours stays as it is; take from here what you like:"


def text(cell: dict) -> str:
    return "".join(cell["source"])  # a string, or a list of lines


def content(cell: dict) -> tuple:
    """What a student changes when they change a cell: its kind, its source, and pictures pasted into it."""
    return cell["cell_type"], text(cell), cell.get("attachments") or {}


def note(cell: dict) -> dict:
    """The course's version of a cell as a text, to stand below the student's."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text(cell))), default=0))  # longer than any in the cell
    language = "python" if cell["cell_type"] == "code" else "markdown"
    source = f"{NOTE}\n\n{fence}{language}\n{text(cell)}\n{fence}"
    name, metadata = f"new-{cell['id']}"[:64], {"slideshow": {"slide_type": "skip"}}
    return {"cell_type": "markdown", "id": name, "metadata": metadata, "source": source.splitlines(True)}


def with_ids(cells: list[dict], like: list[dict]) -> list[dict]:
    """The cells, each with an id of its own.

    One without an id, with one that is taken or that ``like`` does not know, gets the id of the cell of ``like`` that
    says the same and is missing here: JupyterLab gives a text that was cut and pasted a new one.
    """
    result, taken = [], set()
    for cell in cells:
        name = cell.get("id")
        sound = isinstance(name, str) and re.fullmatch(r"[\w-]{1,64}", name, re.ASCII) and name not in taken
        result.append({**cell, "id": name if sound else None})
        taken.add(result[-1]["id"])
    known = {cell["id"] for cell in like}
    for cell in result:
        if cell["id"] not in known:
            same = (one["id"] for one in like if one["id"] not in taken and content(one) == content(cell))
            cell["id"] = next(same, cell["id"] or uuid.uuid4().hex[:8])
            taken.add(cell["id"])
    return result


def by_id(cells: list[dict]) -> dict[str, dict]:
    return {cell["id"]: cell for cell in cells}


def in_order(old: list[str], mine: list[str], new: list[str]) -> list[str]:
    """All ids, in the course's new order, or in the student's if they have moved cells.

    Those that are only in the other follow the cell that they follow there.
    """
    moved = [name for name in old if name in mine] != [name for name in mine if name in old]
    leading, other = (mine, new) if moved else (new, mine)
    result = list(leading)
    for above, name in zip([None, *other], other, strict=False):
        if name not in result:
            result.insert(0 if above is None else result.index(above) + 1, name)
    return result


def same_source(old: dict | None, mine: dict, new: dict) -> dict:
    """A cell whose source is the course's: what the student has run keeps its outputs."""
    if old is None:
        return mine
    cell = dict(mine)
    if all(mine.get(key) == old.get(key) for key in ("outputs", "execution_count")):
        cell.update({key: new[key] for key in ("outputs", "execution_count") if key in new})
    if new.get("metadata") != old.get("metadata"):
        cell["metadata"] = new.get("metadata", {})
    return cell


def chosen(old: dict | None, mine: dict | None, new: dict | None) -> dict | None:
    """The version of a cell that comes into the merged notebook; None stands for none."""
    if mine is None:
        return new if old is None else None  # the course's new cell, or one that the student has deleted
    if new is not None and content(mine) == content(new):
        return same_source(old, mine, new)
    return mine if old is None or content(mine) != content(old) else new


def untouched_notes(mine: list[dict], versions: list[dict]) -> dict[str, list[str]]:
    """Of the student's cells, the notes of earlier updates that they left alone: on which cells are they?"""
    own = {cell["id"] for cell in mine}
    said = [(cell["id"], content(note(cell))) for cell in versions if cell["id"] in own]
    notes = {cell["id"]: [name for name, words in said if words == content(cell)] for cell in mine}
    return {name: on for name, on in notes.items() if on}


def merge_cells(old: list[dict], mine: list[dict], new: list[dict]) -> tuple[list[dict], dict[str, int]]:
    """The merged cells, and how many are new, renewed, gone, kept as the student's own, and kept with a note."""
    old = with_ids(old, [])
    mine, new = with_ids(mine, old), with_ids(new, old)
    notes = untouched_notes(mine, [*old, *new])  # are taken out, and made again where they are still true
    noted = {name for names in notes.values() for name in names}
    was, gets = by_id(old), by_id(new)
    has = by_id([cell for cell in mine if cell["id"] not in notes])

    result, count = [], dict.fromkeys(["new", "renewed", "gone", "kept", "noted"], 0)
    for name in in_order(list(was), list(has), list(gets)):
        before, own, now = was.get(name), has.get(name), gets.get(name)
        cell = chosen(before, own, now)
        if cell is None:
            count["gone"] += own is not None
            continue
        result.append(cell)
        if own is None:
            count["new"] += 1
        elif cell is own and (before is None or content(own) != content(before)):
            count["kept"] += 1
            news = now is not None and (before is None or content(now) != content(before))
            if now is not None and content(own) != content(now) and (news or name in noted):
                message = note(now)
                result.append({**message, "id": None} if message["id"] in has else message)
                count["noted"] += news
        else:
            count["renewed"] += cell != own
    return with_ids(result, []), count


def merge(old: dict, mine: dict, new: dict) -> tuple[dict, dict[str, int]]:
    """The student's notebook brought up to date, and the counts of ``merge_cells``."""
    cells, count = merge_cells(old["cells"], mine["cells"], new["cells"])
    was, metadata, gets = (dict(notebook.get("metadata", {})) for notebook in (old, mine, new))
    for key in was.keys() | gets.keys():
        if key not in gets and metadata.get(key) == was[key]:
            metadata.pop(key, None)
        elif key in gets and gets[key] != was.get(key):
            metadata[key] = gets[key]
    minor = max(5, mine["nbformat_minor"], new["nbformat_minor"])  # the first with ids
    return {**mine, "cells": cells, "metadata": metadata, "nbformat_minor": minor}, count


def parsed(data: bytes) -> dict:
    """A notebook of format 4; anything else raises ValueError."""
    try:
        notebook = json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not (isinstance(notebook, dict) and notebook.get("nbformat") == 4 and isinstance(notebook.get("cells"), list)):
        raise ValueError("it is no notebook of format 4")
    sound = isinstance(notebook.get("nbformat_minor"), int) and isinstance(notebook.get("metadata", {}), dict)
    if not (sound and all(map(is_cell, notebook["cells"]))):
        raise ValueError("it holds something that is no cell of a notebook")
    return notebook


def is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return False
    source = cell.get("source")
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))
