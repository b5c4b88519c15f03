"""The answer key, one click away: the package's own source, so that there is no second copy to drift."""

import ast
import html
import inspect
import textwrap
from dataclasses import dataclass

from vae_helpers.exercises.checking import find


@dataclass(frozen=True)
class Solution:
    """A folded box in a notebook; ``source`` is the code."""

    name: str
    source: str
    place: str
    note: str = ""

    def __repr__(self) -> str:
        return f"Solution(of exercise {self.name!r}, folded: open the notebook in JupyterLab to unfold it)"

    def _repr_html_(self) -> str:
        return (
            f"<details><summary><b>Solution</b></summary><pre><code>{html.escape(self.source)}</code></pre>"
            f"<p>This is the package's own <code>{self.place}</code>, without its docstring and the checks of its "
            f"arguments. {html.escape(self.note)}</p></details>"
        )


def solution(name: str) -> Solution:
    """The source of the function that :func:`check` compares answers with, as a folded box.

    Raises:
        ValueError: there is no exercise of that name.
    """
    exercise = find(name)
    reference = exercise.reference
    place = f"{reference.__module__}.{reference.__qualname__}"
    return Solution(name, _essence(inspect.getsource(reference)), place, exercise.note)


def _essence(source: str) -> str:
    """A function's source without its docstring and without the statements that only check arguments."""
    source = textwrap.dedent(source)
    function = ast.parse(source).body[0]
    left_out = [node for k, node in enumerate(function.body) if _is_check(node) or (k == 0 and _is_docstring(node))]
    hidden = {line for node in left_out for line in range(node.lineno, node.end_lineno + 1)}
    lines = [line for number, line in enumerate(source.splitlines(), start=1) if number not in hidden]
    return "\n".join(lines).strip()


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_check(node: ast.stmt) -> bool:
    """``check_...(...)``, a loop of such calls, or an ``if`` that only raises."""
    if isinstance(node, ast.For):
        return all(_is_check(inner) for inner in node.body)
    if isinstance(node, ast.If):
        return all(isinstance(inner, ast.Raise) for inner in node.body) and not node.orelse
    called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id.lstrip("_").startswith("check_")
