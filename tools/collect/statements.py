"""A student's cells as Python's statements: what each defines, which names it reads, which exercises it checks."""

import ast
import dis
import linecache
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType

from IPython.core.inputtransformer2 import TransformerManager

TIMERS = {"time", "timeit", "capture", "prun"}  # cell magics whose cells hold Python
DEFINITIONS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Assign,
    ast.AnnAssign,
)


@dataclass
class Statement:
    """One statement at a cell's left margin."""

    cell: int
    code: CodeType
    defines: set[str] = field(default_factory=set)  # by a function, a class, an import or a simple assignment
    reads: set[str] = field(default_factory=set)  # names from outside, in functions too
    checks: list[tuple[str, str | None]] = field(default_factory=list)  # exercise, name of the answer


@dataclass
class Cell:
    """A cell of code; ``error`` where it is no Python."""

    text: str
    id: str = ""
    statements: list[Statement] = field(default_factory=list)
    error: str = ""

    @property
    def begins(self) -> str:
        """Its first line with something on it, by which a reader finds it."""
        return next((line.strip()[:60] for line in self.text.splitlines() if line.strip()), "")


def parse(number: int, identifier: str, text: str) -> Cell:
    """Make statements of a cell's text. Magics and shell commands become calls of ``get_ipython()``."""
    cell = Cell(text, identifier)
    name = f"<cell {number}>"
    try:
        python = TransformerManager().transform_cell(_without_cell_magic(text))
        linecache.cache[name] = len(python), None, python.splitlines(keepends=True), name  # for errors to quote
        cell.statements = [_statement(number, name, node) for node in ast.parse(python).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        cell.error = f"{type(error).__name__}: {getattr(error, 'msg', error)}{where}"
    return cell


def _without_cell_magic(text: str) -> str:
    """The Python in it: none in a cell for a shell or for HTML."""
    head, _, body = text.lstrip().partition("\n")
    if not head.startswith("%%"):
        return text
    return body if head[2:].split()[:1] and head[2:].split()[0] in TIMERS else ""


def _statement(number: int, name: str, node: ast.stmt) -> Statement:
    code = compile(ast.Module([node], []), name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    defines = set(_defined(node)) if isinstance(node, DEFINITIONS) else set()
    return Statement(number, code, defines, set(_read(code)), list(_checks(node)))


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and type(n.ctx) is ast.Store)
    else:
        yield node.name


def _read(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _read(constant)


def _checks(node: ast.stmt) -> Iterator[tuple[str, str | None]]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) == "check":
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str):
                yield given[0].value, given[1].id if len(given) > 1 and isinstance(given[1], ast.Name) else None
