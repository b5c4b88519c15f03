"""Make one text of a widget's script and all that it imports, and one of all style sheets: so a browser gets them.

Nothing that is installed anyway joins scripts, and a bundler would be a build step. So the scripts keep to the forms of
``import`` and ``export`` that are read here; any other is refused.
"""

import json
import posixpath
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

WIDGETS = Path(__file__).parent.parent
NAME = r"[\w$]+"
IMPORT = re.compile(rf'^import \{{\s*({NAME}(?:,\s*{NAME})*),?\s*\}} from "(\.[^"\n]+)";$\n?', re.M)
EXPORT = re.compile(rf"^export (?=(?:async function|function\*?|class|const) ({NAME})\b)", re.M)
DEFAULT = re.compile(r"^export default ", re.M)
UNREADABLE = re.compile(r"(?:^|[;}])[ \t]*(?:import|export)\b.*|\bimport\s*[.(].*", re.M)


class LinkError(ValueError):
    """A script that can't be linked; the message begins with its name."""


class _Script(NamedTuple):
    imports: dict[str, list[str]]  # names, by the file that they come from
    exports: list[str]
    body: str


@cache
def linked(name: str, folder: Path = WIDGETS) -> str:
    """The script ``name`` (its path in ``folder``) and all that it imports, as one module with the exports of ``name``.

    Each file has a scope of its own, after those it imports from: equal names in two files don't meet.

    Raises:
        LinkError: a file that can't be read, a name that is imported but not exported, imports in a circle, or an
            import or export in another form than ``import { a, b } from "./file.js";`` and ``export`` in front of a
            function, a class, ``const name`` or ``default``. (A ``let`` would not change for those who import it.)
    """
    scripts = {name: _read(name, folder)}
    unseen = list(scripts[name].imports)
    while unseen:
        one = unseen.pop()
        if one not in scripts:
            scripts[one] = _read(one, folder)
            unseen += scripts[one].imports
    _check_names(scripts)
    try:
        order = [*TopologicalSorter({one: script.imports for one, script in scripts.items()}).static_order()]
    except CycleError as error:
        raise LinkError(f"{name}: imports in a circle: {' <- '.join(error.args[1])}") from error
    named = [one for one in scripts[name].exports if one != "default"]
    last = [f"export const {{ {', '.join(named)} }} = {_scope(name)};"] if named else []
    last += [f"export default {_scope(name)}.default;"] if "default" in scripts[name].exports else []
    return "\n".join(["const $files = {};", *(_closed(one, scripts[one]) for one in order), *last, ""])


@cache
def style_sheet() -> str:
    """What all widgets have in common, then each widget's own rules.

    All of them for every widget: each view adds its sheet to the page, so that with sheets of their own a later
    widget's common rules would come after an earlier one's own, and win where both are equally specific.
    """
    paths = [WIDGETS / "shared" / "stage.css", *sorted(WIDGETS.glob("*.css"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _read(name: str, folder: Path) -> _Script:
    if name.startswith(".."):
        raise LinkError(f"{name}: want a script in {folder}")
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except OSError as error:
        raise LinkError(f"{name}: it can't be read: {error}") from error
    imports: dict[str, list[str]] = {}
    for names, path in IMPORT.findall(text):
        other = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        imports.setdefault(other, []).extend(re.findall(NAME, names))
    exports = EXPORT.findall(text) + ["default"] * len(DEFAULT.findall(text))
    body = DEFAULT.sub("const $default = ", EXPORT.sub("", IMPORT.sub("", text)))
    if line := UNREADABLE.search(body):
        raise LinkError(f"{name}: want imports and exports as linked() reads them, got {line[0].strip()!r:.100}")
    return _Script(imports, exports, body)


def _check_names(scripts: dict[str, _Script]) -> None:
    for name, script in scripts.items():
        for other, wanted in script.imports.items():
            if missing := sorted(set(wanted) - set(scripts[other].exports)):
                raise LinkError(f"{name}: it imports {', '.join(missing)} from {other}, which exports no such name")


def _closed(name: str, script: _Script) -> str:
    """A script in its own scope, which ends by handing out what it exports."""
    lines = [f"const {{ {', '.join(names)} }} = {_scope(other)};" for other, names in script.imports.items()]
    exports = ", ".join("default: $default" if one == "default" else one for one in script.exports)
    return "\n".join([f"{_scope(name)} = (() => {{", *lines, script.body, f"return {{ {exports} }};", "})();"])


def _scope(name: str) -> str:
    return f"$files[{json.dumps(name)}]"
