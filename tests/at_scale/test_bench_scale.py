"""The part of ``make bench-scale`` that needs two processes, with almost nothing to measure."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import scale  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("lightning")]


def test_two_processes_are_measured():
    (row,) = scale.cells(scale.together_table(scale.measure("together", quick=True)))
    assert row[:2] == ["64-32", "64"] and all(float(cell) > 0 for cell in row[2:])
