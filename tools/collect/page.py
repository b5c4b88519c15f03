"""The results as one page without scripts: first the class without names, for the projector, then each student.

Colours are of Okabe and Ito's set, which people tell apart who see colours differently, and no cell says by its colour
alone what it means.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape

from collect.results import Outcome, Result
from collect.submissions import Submission

MARKS = {"right": "✓", "wrong": "✗", "todo": "…", "error": "!"}
WORDS = {"right": "right", "wrong": "not yet", "todo": "to do", "error": "error"}
STYLE = """
:root { color-scheme: light; font: 19px/1.4 system-ui, sans-serif; }
body { max-width: 76rem; margin: 0 auto; padding: 1rem; color: #000; background: #fff; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; margin-top: 2.5rem; } h3 { font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; }
th, td { border: 1px solid #777; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.class th { overflow-wrap: normal; } .class th.status { white-space: nowrap; }
th:first-child { min-width: 7em; } th:last-child, td:last-child { min-width: 5em; }  /* no name letter by letter */
th { background: #f2f2f2; } thead { display: table-header-group; } tr { break-inside: avoid; }
td.right { background: #cfe6f5; } td.wrong { background: #fbe0b8; } td.error { background: #f3d3e3; }
.students { margin-top: 100vh; }  /* no names on the projector by scrolling a little too far */
td.todo { background: #fff; } td.number { text-align: right; }
.mark { font-weight: bold; display: inline-block; width: 1.4em; } small { color: #333; font-size: .8rem; }
@media print {
  :root { font-size: 11px; } body { padding: 0; max-width: none; } .students { break-before: page; margin-top: 0; }
  td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def page(outcomes: list[Outcome], unusable: list[Submission]) -> str:
    """The whole page. Whatever comes from a submission is escaped, names of students and of files too."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in sorted(outcomes, key=lambda o: o.submission.student.casefold()):
        groups[outcome.submission.notebook.stem].append(outcome)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Exercises of the class</title>',
        '<meta name="viewport" content="width=device-width">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<style>{STYLE}</style></head><body><h1>Exercises of the class</h1>",
        f"<p>{', '.join(f'<b>{MARKS[s]}</b> {WORDS[s]}' for s in MARKS)}. This first part names nobody; "
        "the names stand a screen below it.</p>",
        *(text for stem in sorted(groups) for text in _overview(stem, groups[stem])),
        '<div class="students"><h1>Student by student</h1><p>This part names students: keep it to yourself.</p>',
        *(text for stem in sorted(groups) for text in _students(stem, groups[stem])),
        *_unusable(unusable),
        "</div></body></html>",
    ]
    return "\n".join(parts)


def _exercises(outcomes: list[Outcome]) -> list[str]:
    return [exercise.name for exercise in outcomes[0].submission.notebook.exercises]


def _overview(stem: str, outcomes: list[Outcome]) -> Iterator[str]:
    running = sum(outcome.runs == "yes" for outcome in outcomes)
    yield f"<h2>{escape(stem)}</h2><p>{len(outcomes)} handed in; {running} run without an error.</p>"
    heads = "".join(f'<th class="status">{mark} {WORDS[status]}</th>' for status, mark in MARKS.items())
    yield f'<table class="class"><thead><tr><th>exercise</th>{heads}'
    yield "<th>mistakes, the most frequent first</th></tr></thead>"
    for name in _exercises(outcomes):
        results = [r for o in outcomes for r in o.results if r.exercise == name]
        counts = "".join(_count(status, sum(r.status == status for r in results)) for status in MARKS)
        yield f"<tr><th>{escape(name)}</th>{counts}<td>{'<br>'.join(_mistakes(results))}</td></tr>"
    yield "</table>"


def _count(status: str, number: int) -> str:
    return f'<td class="number {status if number else "todo"}">{number}</td>'


def _mistakes(results: Iterable[Result]) -> list[str]:
    """The named ones with what is said about them; others have a message of their own for each student."""
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.status == "wrong":
            found[result.mistake].append(result)
    lines = []
    for name, made in sorted(found.items(), key=lambda item: -len(item[1])):
        said = f"<b>{escape(name)}</b>: <small>{escape(made[0].message)}</small>" if name else "no classic one"
        lines.append(f"{len(made)} × {said}")
    return lines


def _students(stem: str, outcomes: list[Outcome]) -> Iterator[str]:
    heads = "".join(f"<th>{escape(name)}</th>" for name in _exercises(outcomes))
    yield f"<h2>{escape(stem)}</h2><table><thead><tr><th>student</th>{heads}<th>runs</th></tr></thead>"
    for outcome in outcomes:
        cells = "".join(_cell(result) for result in outcome.results)
        runs = f'<td class="{"todo" if outcome.runs == "yes" else "error"}">{escape(outcome.runs)}</td>'
        yield f"<tr><th>{escape(outcome.submission.student)}</th>{cells}{runs}</tr>"
    yield "</table>"


def _cell(result: Result) -> str:
    word = f'<span class="mark">{MARKS[result.status]}</span>{WORDS[result.status]}'
    name = f": <b>{escape(result.mistake)}</b>" if result.mistake else ""
    said = f"<br><small>{escape(result.message[:300])}</small>" if result.status in ("wrong", "error") else ""
    return f'<td class="{result.status}">{word}{name}{said}</td>'


def _unusable(unusable: list[Submission]) -> Iterator[str]:
    if unusable:
        yield "<h2>Not used</h2><table><thead><tr><th>student</th><th>file</th><th>why</th></tr></thead>"
        for one in unusable:
            yield f"<tr><td>{escape(one.student)}</td><td>{escape(one.file)}</td><td>{escape(one.problem)}</td></tr>"
        yield "</table>"
