"""What more images, a wider network and a second process cost: ``make bench-scale`` prints the tables of docs/scale.md.

Without options it prints them; ``--write docs/scale.md`` puts them between that page's marks, ``--quick`` measures
almost nothing, to try the command itself. About four minutes, on a machine with nothing else to do: read the ratios.
Measured is in processes of their own (benchmarks/scale_worker.py), two of them under torchrun, one thread each.
Projected is from the figures as printed (benchmarks/scale_projection.py), so that a reader gets the same.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from scale_projection import Network, data_table, duration, markdown, projection_table, size, two_digits

WORKER = Path(__file__).parent / "scale_worker.py"
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=2"]
LIMIT = 600  # seconds for a part on a busy machine, or it is ended
COURSES = 256  # width of the course's 20-D network; projected are it and the widest


def measure(part: str, quick: bool) -> dict:
    """Run the worker, and return what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        launcher = {"single": [], "together": TORCHRUN, "restart": [*TORCHRUN, "--max-restarts=1"]}[part]
        command = [sys.executable, *launcher, str(WORKER), part, str(result), *["--quick"] * quick]
        run(command)
        if part == "restart":
            return {"times": (Path(folder) / "times.txt").read_text(encoding="utf-8")}
        return json.loads(result.read_text(encoding="utf-8"))


def run(command: list[str]) -> None:
    """To its end, or end it: torchrun ends its workers when it is asked to."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        errors = process.communicate(timeout=LIMIT)[1]
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{errors.decode(errors='replace')}")


def median(rounds: list[float]) -> float:
    return statistics.median(rounds)


def ratio(upper: list[float], lower: list[float], factor: float = 1.0) -> str:
    """The median of the rounds' own ratios."""
    return f"{median([factor * a / b for a, b in zip(upper, lower, strict=True)]):.2f}"


def milliseconds(rounds: list[float]) -> str:
    return two_digits(median(rounds) * 1e3)


def width_table(found: dict) -> str:
    """By width: the rows that the projection takes its figures from."""
    seconds, rows = found["seconds"], []
    for width in found["sizes"]["widths"]:
        sizes, step = found["sizes"]["networks"][str(width)], seconds[f"width {width}"]
        rows.append(
            [
                f"{width}-{width // 2}",
                f"{sizes['weights']:,}",
                f"{sizes['flop'] / 1e6:.2f}",
                two_digits(median(step) * 1e6),
                two_digits(sizes["flop"] / median(step) / 1e9),
                ratio(seconds[f"products {width}"], step),
            ]
        )
    head = ["hidden layers", "weights", "MFLOP an image", "us an image", "GFLOP/s", "products alone take of it"]
    return markdown(head, rows)


def networks(table: str) -> dict[int, Network]:
    """Those of :func:`width_table`, as it prints them, by width."""
    found = {}
    for row in cells(table):
        width = int(row[0].partition("-")[0])
        weights = int(row[1].replace(",", ""))
        found[width] = Network(row[0], weights, float(row[2]), float(row[4]))
    return found


def cells(table: str) -> list[list[str]]:
    """The rows of a Markdown table, without its head."""
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()[2:]]


def calls_line(found: dict) -> str:
    took = f"{median(found['seconds']['calls']) * 1e3:.2f}"
    return f"A step of one image with hidden layers of 8 and 4, which is calls and hardly a product: {took} ms."


def overhead(line: str) -> float:
    """Seconds, as :func:`calls_line` prints them."""
    return float(re.search(r"([\d.]+) ms", line)[1]) / 1e3


def batch_table(found: dict) -> str:
    seconds, batches = found["seconds"], found["sizes"]["batches"]
    rows = [[f"{n:,}", two_digits(median(seconds[f"batch {n}"]) * 1e6)] for n in batches]
    return markdown(["batch", "us an image"], rows)


def images_table(found: dict) -> str:
    rows = []
    for count in found["sizes"]["images"]:
        took = median(found["seconds"][f"images {count}"])
        rows.append([f"{count:,}", f"{took:.2f}", two_digits(took / count * 1e6)])
    return markdown(["images", "seconds of `fit`, one epoch", "us an image"], rows)


def together_table(found: dict) -> str:
    """Milliseconds a step of each setting, and what two processes gain."""
    names = ["one", "two threads", "half alone", "half twice", "no exchange", "together", "all-reduce"]
    rows = []
    for width, batch in found["sizes"]["together"]:
        seconds = {name: found["seconds"][f"{name} {width} {batch}"] for name in names}
        gains = [
            ratio(seconds["one"], seconds["together"]),
            ratio(seconds["half alone"], seconds["together"], factor=2),
        ]
        rows.append([f"{width}-{width // 2}", f"{batch:,}", *[milliseconds(seconds[name]) for name in names], *gains])
    head = [
        "hidden layers",
        "batch",
        "one process",
        "one with two threads",
        "half the batch, alone",
        "two at once, apart",
        "two under Fabric, no exchange",
        "two together",
        "all-reduce alone",
        "gain, same batch",
        "gain, same batch a process",
    ]
    return markdown(head, rows)


def snapshot_table(found: dict) -> str:
    seconds, rows = found["seconds"], []
    for width in found["sizes"]["snapshots"]:
        writing, epoch = median(seconds[f"snapshot {width}"]), 60_000 * median(seconds[f"width {width}"])
        name, bytes_ = f"{width}-{width // 2}", found["sizes"]["networks"][str(width)]["snapshot"]
        rows.append([name, size(bytes_), duration(max(writing, 0)), f"{100 * writing / epoch:.2f} %"])
    return markdown(["hidden layers", "a snapshot", "to write it", "of an epoch of 60,000 images"], rows)


def restart_table(found: dict) -> str:
    """From the kill to the new processes, and on to the end of the training."""
    times = [line.split() for line in found["times"].splitlines()]

    def last(what: str, attempt: str) -> float:
        return max(float(clock) for *event, clock in times if event == [what, attempt])

    epoch = last("epoch_2", "0") - last("epoch_1", "0")
    rows = [
        ["an epoch of 10,000 images, undisturbed", duration(epoch)],
        ["from the kill to two new processes, ready to train", duration(last("ready", "1") - last("killed", "0"))],
        ["from there to the end of the epoch after the snapshot", duration(last("epoch_3", "1") - last("ready", "1"))],
    ]
    return markdown(["restart", "takes"], rows)


def tables(quick: bool) -> dict[str, str]:
    """By name of the page's mark; each is printed as soon as it is known."""
    made: dict[str, str] = {}

    def add(name: str, text: str) -> None:
        made[name] = text
        print(f"## {name}\n\n{text}\n", flush=True)

    found = measure("single", quick)
    makers = {"width": width_table, "calls": calls_line, "batch": batch_table, "images": images_table}
    for name, make in (makers | {"snapshots": snapshot_table}).items():
        add(name, make(found))
    add("processes", together_table(measure("together", quick)))
    add("restart", restart_table(measure("restart", quick)))
    measured = networks(made["width"])
    add("data", data_table())
    add("projection", projection_table(measured[COURSES], measured[max(measured)], overhead(made["calls"])))
    return made


def put_into(page: str, made: dict[str, str]) -> str:
    """The page with each table between its marks."""
    for name, table in made.items():
        before, mark, rest = page.partition(f"<!-- bench-scale: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not (mark and end):
            raise SystemExit(f"the page has no marks for {name}")
        page = f"{before}{mark}{table}\n{end}{after}"
    return page


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="measure almost nothing, to try the command")
    options.add_argument("--write", type=Path, metavar="PAGE", help="put the tables between the page's marks")
    chosen = options.parse_args()
    made = tables(chosen.quick)
    if chosen.write:
        page = chosen.write.read_text(encoding="utf-8")
        chosen.write.write_text(put_into(page, made), encoding="utf-8")


if __name__ == "__main__":
    main()
