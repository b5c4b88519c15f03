"""What runs on this machine, as the system itself tells it. A number of a process that was noted down proves nothing:
the process may have ended, and another may have got its number.
"""

from contextlib import suppress
from pathlib import Path


def owner(pid: int) -> int | None:
    """The account number of a process; None if there is no such process, or it has ended and nobody has asked yet."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        if not fields["State"].startswith(("Z", "X")):
            return int(fields["Uid"].split()[0])
    return None


def words(pid: int) -> str:
    """The command that started a process; "" if there is none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace", encoding="utf-8").replace("\0", " ")
    return ""


def running(uids: set[int]) -> list[int]:
    """The numbers of the processes of these accounts."""
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if owner(int(folder.name)) in uids]
