"""The arithmetic of docs/scale.md, by hand and against PyTorch's own count; and the page agrees with itself."""

import doctest
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from vae_helpers.models import VAE
from vae_helpers.training import training_step

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import scale  # noqa: E402
import scale_projection  # noqa: E402
import scale_worker  # noqa: E402
from scale_projection import Case, Network, project  # noqa: E402

PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
MARKED = dict(re.findall(r"<!-- bench-scale: (\w+) -->\n(.*?)<!-- end -->", PAGE, re.S))
TABLES = {name: text.strip() for name, text in MARKED.items() if name != "calls"}
NETWORK = Network("made up", weights=1_000_000, mflop=5.0, gflops=50.0)


def test_examples():
    failed, tried = doctest.testmod(scale_projection)
    assert failed == 0 and tried >= 5


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [(256, 128), (40,), (30, 20, 10)])
def test_flop_of_a_step_as_pytorch_counts_them(hidden):
    model, images = VAE(20, hidden), torch.rand(7, 1, 28, 28)
    optimizer = torch.optim.Adam(model.parameters())
    with FlopCounterMode(display=False) as counter:
        training_step(model, optimizer, images)
    assert counter.get_total_flops() == 7 * scale_worker.flop(model)


def test_a_projection_by_hand():
    """8 processes, 800 images a step, 5 MFLOP each at 1 TFLOP/s; 4 MB of gradients over 7 GB/s; 80,000 images."""
    found = project(Case("", NETWORK, processes=8, batch=800, images=80_000, flops=1e12, link=7e9))
    assert found.products == pytest.approx(100 * 5e6 / 1e12)
    assert found.all_reduce == pytest.approx(2 * 7 / 8 * 4e6 / 7e9)
    assert found.step == pytest.approx(0.0005 + 0.001)
    assert found.epoch == pytest.approx(100 * 0.0015)
    assert found.reading == pytest.approx(80_000 * 784 / 0.15)


def test_calls_count_only_where_they_take_longer():
    case = Case("", NETWORK, processes=1, batch=100, images=100, flops=1e12)
    assert project(case._replace(overhead=0.01)).step == 0.01
    assert project(case._replace(overhead=0.0001)).step == project(case).step == pytest.approx(0.0005)


def test_one_process_sends_nothing():
    assert scale_projection.all_reduce_bytes(1_000_000, 1) == 0


def test_the_page_has_all_tables_of_the_command():
    assert list(MARKED) == [
        "processes",
        "width",
        "calls",
        "batch",
        "images",
        "snapshots",
        "restart",
        "projection",
        "data",
    ]
    for name, table in TABLES.items():
        lengths = {line.count("|") for line in table.splitlines()}
        assert len(table.splitlines()) > 2 and len(lengths) == 1, name


def test_the_page_measures_what_the_command_measures():
    """In full, not with --quick."""
    assert scale_worker.ROUNDS == 3
    assert list(scale.networks(TABLES["width"])) == list(scale_worker.WIDTHS)
    assert [int(row[0].replace(",", "")) for row in scale.cells(TABLES["batch"])] == list(scale_worker.BATCHES)
    assert [int(row[0].replace(",", "")) for row in scale.cells(TABLES["images"])] == list(scale_worker.IMAGES)
    settings = [
        (int(row[0].partition("-")[0]), int(row[1].replace(",", ""))) for row in scale.cells(TABLES["processes"])
    ]
    assert settings == scale_worker.TOGETHER


@pytest.mark.parametrize("width", scale_worker.WIDTHS)
def test_weights_and_flop_of_the_page_are_those_of_the_network(width):
    model, said = scale_worker.network(width), scale.networks(TABLES["width"])[width]
    assert said.weights == sum(weight.numel() for weight in model.parameters())
    assert said.mflop == pytest.approx(scale_worker.flop(model) / 1e6, abs=0.005)


def test_the_pages_projection_is_that_of_its_measured_figures():
    networks = scale.networks(TABLES["width"])
    small, large = networks[scale.COURSES], networks[max(networks)]
    assert TABLES["projection"] == scale_projection.projection_table(small, large, scale.overhead(MARKED["calls"]))
    assert TABLES["data"] == scale_projection.data_table()


def test_rates_follow_from_times():
    """GFLOP/s of the page times seconds an image, to its two digits: so that the first row of the projection holds."""
    for row in scale.cells(TABLES["width"]):
        mflop, microseconds, gflops = (float(row[column]) for column in (2, 3, 4))
        assert gflops == pytest.approx(mflop / microseconds * 1e3, rel=0.11)


def test_gains_follow_from_times():
    for row in scale.cells(TABLES["processes"]):
        one, half, together, same_batch, same_share = (float(row[column]) for column in (2, 4, 7, 9, 10))
        assert same_batch == pytest.approx(one / together, rel=0.2), row  # a median of ratios, not of times
        assert same_share == pytest.approx(2 * half / together, rel=0.2), row


def test_what_the_page_says_of_the_course_network():
    """That two processes gain nothing at its batch, and do at 2,048; products are most of a step only of wider ones."""
    gains = [float(row[9]) for row in scale.cells(TABLES["processes"])]
    assert gains[0] < 1.1 < gains[1]
    shares = [float(row[5]) for row in scale.cells(TABLES["width"])]
    assert max(shares[:2]) < 0.6 < 0.7 < shares[-1] <= 1.05


def test_what_the_page_says_of_its_projection():
    """A GPU waits for calls at 256; more of them gain nothing there, and do with a wide network and a large batch."""
    small, large = (scale.networks(TABLES["width"])[width] for width in (scale.COURSES, 4096))
    calls, found = scale.overhead(MARKED["calls"]), {}
    for case in scale_projection.cases(small, large, calls):
        found[case.where, case.network.name, case.batch] = project(case)
    one, eight = (found[where, "256-128", 256] for where in ("1 GPU", "8 GPUs, NVLink"))
    assert one.products < calls / 10 and eight.epoch == pytest.approx(one.epoch, rel=0.05)
    one, eight = (found[where, "4096-2048", 65_536] for where in ("1 GPU", "8 GPUs, NVLink"))
    assert one.epoch > 2 * eight.epoch


def test_the_page_says_a_straight_line():
    """An image takes about the same time, however many there are."""
    each = [float(row[2]) for row in scale.cells(TABLES["images"])]
    assert max(each) < 1.5 * min(each)


def test_tables_go_between_the_marks_and_nothing_else_changes():
    page = "a\n<!-- bench-scale: data -->\nold\n<!-- end -->\nb\n<!-- bench-scale: calls -->\n<!-- end -->\nc\n"
    tables = {"data": "new", "calls": "line"}
    written = scale.put_into(page, tables)
    first, second = "<!-- bench-scale: data -->\nnew\n", "<!-- bench-scale: calls -->\nline\n"
    assert written == f"a\n{first}<!-- end -->\nb\n{second}<!-- end -->\nc\n"
    assert scale.put_into(written, tables) == written
    with pytest.raises(SystemExit, match="no marks for width"):
        scale.put_into(page, {"width": "new"})


def test_a_part_that_fails_says_why():
    with pytest.raises(SystemExit, match="ended with 3:\nit broke"):
        scale.run([sys.executable, "-c", "import sys; sys.stderr.write('it broke'); sys.exit(3)"])


def test_a_part_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(scale, "LIMIT", 0.5)
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(scale.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[0])
    with pytest.raises(subprocess.TimeoutExpired):
        scale.run([sys.executable, "-c", "import time; time.sleep(60)"])
    assert started[0].poll() is not None


def test_a_restart_is_told_from_the_times_of_both_processes():
    times = "ready 0 1\nready 0 2\nepoch_1 0 3\nepoch_2 0 5\nkilled 0 6\nready 1 10\nready 1 11\nepoch_3 1 14\n"
    rows = scale.cells(scale.restart_table({"times": times}))
    assert [row[1] for row in rows] == ["2 s", "5 s", "3 s"]


@pytest.mark.slow
def test_what_is_measured_in_one_process(tmp_path):
    """The command's own way, with almost nothing to measure."""
    found = scale.measure("single", quick=True)
    assert json.loads(json.dumps(found)) == found
    for make in (scale.width_table, scale.batch_table, scale.images_table, scale.snapshot_table):
        assert len(scale.cells(make(found))) == 2
    assert 0 < scale.overhead(scale.calls_line(found)) < 1
