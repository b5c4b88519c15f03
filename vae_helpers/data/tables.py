"""The tables of data/tables: what many trainings came to, a row each."""

import json
from pathlib import Path
from typing import Any


def read_rows(path: Path, **wanted: Any) -> list[dict[str, Any]]:
    """The rows of a table; of these, those that say what is wanted.

    >>> from vae_helpers.data import REPO_DATA
    >>> len(read_rows(REPO_DATA / "tables" / "names.json", kind="MLP"))  # three seeds
    3

    Args:
        path: of the table.
        wanted: what a row must say, by column.

    Raises:
        ValueError: a column that the table has not.
    """
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    for name in wanted:
        if not any(name in row for row in rows):
            columns = sorted(set().union(*rows))
            raise ValueError(f"{name}: want a column of {path.name}, {', '.join(columns)}")
    return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]
