import subprocess
import sys
from collections import namedtuple
from importlib.metadata import PackageNotFoundError

import pytest

from vae_helpers import doctor
from vae_helpers.data import archives


@pytest.mark.slow
def test_this_machine_is_well():
    result = subprocess.run([sys.executable, "-m", "vae_helpers.doctor"], capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout
    assert result.stdout.count("[OK]") == len(doctor.CHECKS) and "[FAIL]" not in result.stdout


def test_failures_are_counted_and_come_with_a_cure(capsys):
    def broken():
        raise doctor.Problem("the disk is on fire", "put it out")

    def surprising():
        raise RuntimeError("nobody foresaw this")

    assert doctor.main((broken, doctor.check_python, surprising)) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["[FAIL] the disk is on fire", "       cure: put it out"]
    assert lines[2].startswith("[OK]   Python") and lines[3] == "[FAIL] nobody foresaw this"
    assert lines[-1] == "2 to mend."


def failure(check) -> doctor.Problem:
    with pytest.raises(doctor.Problem) as caught:
        check()
    return caught.value


def test_old_python(monkeypatch):
    version = namedtuple("version", "major minor micro releaselevel serial")(3, 9, 1, "final", 0)
    monkeypatch.setattr(doctor.sys, "version_info", version)
    assert "3.10 or newer" in failure(doctor.check_python).cure


@pytest.mark.slow
def test_torch_and_torchvision_of_different_builds(monkeypatch):
    import torchvision

    def nms(*args):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(torchvision.ops, "nms", nms)
    problem = failure(doctor.check_torch)
    assert "nms does not exist" in str(problem) and "matching pair" in problem.cure


def test_only_text_instead_of_a_slider(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_jupyter_data_folders", lambda: [tmp_path])
    problem = failure(doctor.check_widgets)
    assert "anywidget, jupyterlab-manager" in str(problem) and "ipywidgets" in problem.cure


def test_disabled_extension(monkeypatch):
    monkeypatch.setattr(doctor, "_disabled_extensions", lambda: {"@jupyter-widgets/jupyterlab-manager"})
    assert "labextension enable @jupyter-widgets" in failure(doctor.check_widgets).cure


def test_missing_package(monkeypatch):
    def version(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    assert "jupyterlab is not installed" in str(failure(doctor.check_widgets))


def test_missing_data(monkeypatch):
    def find(archive):
        raise archives.DataError("gone")

    monkeypatch.setattr(archives, "find_archive", find)
    assert "git checkout" in failure(doctor.check_data).cure


def test_no_write_access(monkeypatch, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    monkeypatch.setattr(doctor.Path, "cwd", lambda: folder)
    assert "folder of your own" in failure(doctor.check_write_access).cure


def test_little_memory(monkeypatch):
    monkeypatch.setattr(doctor.os, "sysconf", lambda name: {"SC_PHYS_PAGES": 500_000, "SC_PAGE_SIZE": 4096}[name])
    assert "2.0 GB" in str(failure(doctor.check_memory))


def test_too_many_threads(monkeypatch):
    import torch

    monkeypatch.setattr(torch, "get_num_threads", lambda: 512)
    assert "OMP_NUM_THREADS" in failure(doctor.check_threads).cure
