"""Tables of figures as JSON: what they were made from, then one row a line, so that a change of one shows as one."""

import json
from pathlib import Path
from typing import Any


def write_table(path: Path, made_from: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """The settings and the rows; complete or not at all."""
    lines = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    replace(path, f'{{\n  "made_from": {json.dumps(made_from)},\n  "rows": [\n{lines}\n  ]\n}}\n')
    print(f"{path}: {len(rows)} rows")


def replace(path: Path, text: str) -> None:
    """Put a file in another's place, with its folder: whoever reads it sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
