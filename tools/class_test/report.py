"""What the test found, for people (a short table) and for programs (JSON)."""

import json
import statistics
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from .lesson import Record
from .memory import MB, Memory

PACKAGES = ("torchvision", "jupyterhub", "jupyterlab", "jupyter_server", "ipykernel")
ASK = """
import json, sys, torch
from importlib.metadata import PackageNotFoundError, version
found = {"torch": f"{torch.__version__} ({f'CUDA {torch.version.cuda}' if torch.version.cuda else 'CPU'} build)"}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        found[name] = "missing"
print(json.dumps(found))
"""


@dataclass
class Result:
    """Everything that was seen."""

    students: int
    cores: int
    records: list[Record]
    accidents: dict[str, float]
    memory: Memory
    seconds: float  # all in all
    broken: list[str]  # failures of no single student
    versions: dict[str, str]

    @property
    def failures(self) -> list[str]:
        """One line each."""
        return [*self.broken, *(f"{record.name}: {text}" for record in self.records for text in record.failures)]


def versions(python: Path) -> dict[str, str]:
    """Of the course's environment, as far as they count for the figures."""
    told = subprocess.run(
        [python, "-c", ASK, *PACKAGES], capture_output=True, text=True, check=True, timeout=120, encoding="utf-8"
    )
    return json.loads(told.stdout)


def spread(values: list[float]) -> str:
    """Median, least and most of some seconds."""
    if not values:
        return "nobody got there"
    return f"{statistics.median(values):6.1f} s median, {min(values):6.1f} s first, {max(values):6.1f} s last"


def table(result: Result) -> str:
    """The short table."""
    unhurt = [record for record in result.records if not {"kernel", "server"} & set(record.accident.split())]
    calm, note = (unhurt, "") if unhurt else (result.records, ", accidents included")
    rows = [("log in, server ready", spread([r.start for r in result.records if r.start is not None]))]
    for path in dict.fromkeys(path for r in result.records for path in r.notebooks):
        rows.append((f"notebook {path[:2]}", spread([r.notebooks[path] for r in calm if path in r.notebooks]) + note))
    for what, seconds in result.accidents.items():
        rows.append((f"{what} killed: well again after", f"{seconds:6.1f} s"))
    rows += _memory_rows(result.memory, result.students)
    rows.append(("connections broken, resumed", f"{sum(r.reconnected for r in result.records)}"))
    rows.append(("cells whose end was not seen", f"{sum(r.replies_lost for r in result.records)}"))
    rows.append(("cells that ran", f"{sum(r.cells for r in result.records)}"))
    rows.append(("failures", f"{len(result.failures)}"))
    width = max(len(name) for name, _ in rows)
    head = f"{result.students} students at once on {result.cores} cores, {result.seconds:.0f} s in all"
    lines = [head, *(f"  {name:{width}}  {value}" for name, value in rows)]
    lines += [f"FAILED  {text}" for text in result.failures]
    return "\n".join([*lines, ", ".join(f"{name} {number}" for name, number in result.versions.items())])


def _memory_rows(memory: Memory, students: int) -> list[tuple[str, str]]:
    peaks = sorted(memory.students.values(), key=lambda peak: peak.pss)
    if not peaks or not memory.sum_pss:
        return []
    middle, most = peaks[(len(peaks) - 1) // 2], peaks[-1]
    share = memory.own_seconds / memory.watched_seconds if memory.watched_seconds else 0
    return [
        (
            "memory (PSS) of one student",
            f"{middle.pss / MB:.0f} MB median, {most.pss / MB:.0f} MB most, each at its peak",
        ),
        ("  of that in the median", f"server {middle.server / MB:.0f} MB, kernels {middle.kernels / MB:.0f} MB"),
        ("  not shared (USS)", f"{middle.uss / MB:.0f} MB in the median, {max(p.uss for p in peaks) / MB:.0f} MB most"),
        (
            "all students at the worst moment",
            f"{memory.sum_pss / MB:.0f} MB: {memory.sum_pss / students / MB:.0f} each",
        ),
        ("hub and proxy (PSS)", f"{memory.hub / MB:.0f} MB"),
        ("the machine's free memory fell by", f"{memory.machine / MB:.0f} MB"),
        ("measuring took", f"{share:.1%} of a core"),
    ]


def write_json(result: Result, path: Path) -> None:
    """All of it, in bytes and seconds."""
    content = {**asdict(result), "failures": result.failures}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
