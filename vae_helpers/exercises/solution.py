"""The answer key, one click away: the package's own source, so that there is no second copy to drift."""

import ast
import html
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from vae_helpers.exercises.topics import find


@dataclass(frozen=True)
class Solution:
    """A folded box in a notebook; ``source`` is the code, which runs there."""

    name: str
    source: str
    place: str
    note: str = ""

    def __repr__(self) -> str:
        return f"Solution(of exercise {self.name!r}, folded: open the notebook in JupyterLab to unfold it)"

    def _repr_html_(self) -> str:
        return (
            f"<details><summary><b>Solution</b></summary><pre><code>{html.escape(self.source)}</code></pre>"
            f"<p>This is the package's own <code>{self.place}</code>, without its docstring, its types and the "
            f"checks of its arguments. {html.escape(self.note)} To see that it passes, put it into a cell with "
            f"<code>check(&quot;{self.name}&quot;, {self.place.rsplit('.', 1)[-1]})</code> below it.</p></details>"
        )


def solution(name: str) -> Solution:
    """The source of the function that :func:`check` compares answers with, as a folded box.

    Raises:
        ValueError: there is no exercise of that name.
    """
    exercise = find(name)
    reference = exercise.reference
    place = f"{reference.__module__}.{reference.__qualname__}"
    return Solution(name, _imports(reference) + _essence(reference), place, exercise.note)


def _imports(reference: Callable) -> str:
    """Import the functions and classes of the package that it uses. Modules such as ``torch`` every notebook has."""
    function = inspect.unwrap(reference)
    written = {node.id for node in ast.walk(ast.parse(_essence(reference))) if isinstance(node, ast.Name)}
    found = {}
    for name in sorted(written & set(function.__code__.co_names) & function.__globals__.keys()):
        value = function.__globals__[name]
        if not inspect.ismodule(value):
            found.setdefault(value.__module__, []).append(name)
    lines = [f"from {module} import {', '.join(names)}\n" for module, names in found.items()]
    return "".join(lines) + ("\n\n" if lines else "")


def _essence(reference: Callable) -> str:
    """A function's source as one writes it in a notebook: no ``@checked``, types, docstring, or check of a value."""
    source = textwrap.dedent(inspect.getsource(reference))
    function = ast.parse(source).body[0]
    for node in ast.walk(function.args):
        if isinstance(node, ast.arg):
            node.annotation = None
    arguments = ast.unparse(function.args).replace("'", '"')  # strings as the course writes them
    head = [f"@{ast.unparse(node)}" for node in function.decorator_list if not isinstance(node, ast.Name)]  # no_grad()
    head.append(f"def {function.name}({arguments}):")
    hidden = [node for node in function.body if _is_docstring(node) or _is_check(node)]
    skipped = {line for node in hidden for line in range(node.lineno, node.end_lineno + 1)}
    body = list(enumerate(source.splitlines(), start=1))[function.body[0].lineno - 1 :]  # as written, with its comments
    return "\n".join(head + [line for number, line in body if number not in skipped])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_check(node: ast.stmt) -> bool:
    called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id.startswith(("check_", "_check_"))
