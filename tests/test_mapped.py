"""The file of float32 pixels that all kernels map: made once, verified, and never in the way."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from vae_helpers.data import load_mnist, mapped
from vae_helpers.data.archives import REPO_DATA, Archive
from vae_helpers.data.mapped import map_images

SHAPE = (7, 1, 28, 28)
ARCHIVE = Archive("Small", "raw", "images.gz", md5="0123")
PIXELS = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)
WANTED = torch.from_numpy(PIXELS.astype(np.float32)).div_(255)


def read():
    return PIXELS


def must_not_read():
    raise AssertionError("the archive was unpacked again")


def file_of(folder):
    return folder / "Small" / "mapped" / "images.gz.float32"


def test_made_once_and_then_mapped(elsewhere):
    assert torch.equal(map_images(ARCHIVE, SHAPE, read), WANTED)
    assert file_of(elsewhere / "repo").stat().st_size == 4 * PIXELS.size
    assert torch.equal(map_images(ARCHIVE, SHAPE, must_not_read), WANTED)
    assert sorted(p.name for p in file_of(elsewhere / "repo").parent.iterdir()) == [
        "images.gz.float32", "images.gz.json", "images.gz.lock",
    ]  # fmt: skip


def test_what_one_changes_nobody_else_sees(elsewhere):
    mine, other = (map_images(ARCHIVE, SHAPE, read) for _ in range(2))
    mine.zero_()
    assert torch.equal(other, WANTED) and torch.equal(map_images(ARCHIVE, SHAPE, must_not_read), WANTED)


@pytest.mark.parametrize("damage", ["flipped", "truncated", "note", "no note", "another archive"])
def test_a_damaged_file_is_made_again(elsewhere, damage):
    map_images(ARCHIVE, SHAPE, read)
    path = file_of(elsewhere / "repo")
    note = path.with_suffix(".json")
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[1000] ^= 1
        path.write_bytes(content)
    elif damage == "truncated":
        path.write_bytes(content[:-4])
    elif damage == "note":
        note.write_text('{"md5": "0123"', encoding="utf-8")
    elif damage == "no note":
        note.unlink()
    else:
        note.write_text(json.dumps(json.loads(note.read_text(encoding="utf-8")) | {"md5": "another"}), encoding="utf-8")
    assert torch.equal(map_images(ARCHIVE, SHAPE, read), WANTED)
    assert path.read_bytes() == WANTED.numpy().tobytes()
    assert torch.equal(map_images(ARCHIVE, SHAPE, must_not_read), WANTED)


def test_a_copied_file_is_verified_once(elsewhere, monkeypatch):
    """Another date, the same bytes: read through once, then believed."""
    map_images(ARCHIVE, SHAPE, read)
    os.utime(file_of(elsewhere / "repo"), ns=(1, 1))
    sums = []
    real = mapped._sha256
    monkeypatch.setattr(mapped, "_sha256", lambda path: sums.append(path) or real(path))
    for _ in range(3):
        assert torch.equal(map_images(ARCHIVE, SHAPE, must_not_read), WANTED)
    assert len(sums) == 1


def test_the_cache_serves_where_the_repository_cannot_be_written(elsewhere):
    (elsewhere / "repo").write_text(
        "a file where the folder should be: nobody, not even root, can write below it", encoding="utf-8"
    )
    assert torch.equal(map_images(ARCHIVE, SHAPE, read), WANTED)
    assert file_of(elsewhere / "cache").is_file()


def test_nowhere_to_write(elsewhere):
    for name in ("repo", "cache"):
        (elsewhere / name).write_text("", encoding="utf-8")
    assert torch.equal(map_images(ARCHIVE, SHAPE, read), WANTED)


def test_a_full_disk(elsewhere, monkeypatch):
    """Half of it is written when the space ends: nothing is left behind, and the images come all the same."""

    def full(path, images):
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mapped, "_write", full)
    assert torch.equal(map_images(ARCHIVE, SHAPE, read), WANTED)
    assert [p.name for p in elsewhere.rglob("*") if p.is_file() and p.suffix != ".lock"] == []


def test_a_file_system_without_locks(elsewhere, monkeypatch):
    def no_lock(*args, **kwargs):
        raise NotImplementedError

    monkeypatch.setattr(mapped, "FileLock", no_lock)
    assert torch.equal(map_images(ARCHIVE, SHAPE, read), WANTED)


def test_thirty_at_once(elsewhere, monkeypatch):
    written = []
    real = mapped._write
    monkeypatch.setattr(mapped, "_write", lambda path, images: written.append(path) or real(path, images))
    with ThreadPoolExecutor(30) as pool:
        found = list(pool.map(lambda _: map_images(ARCHIVE, SHAPE, read), range(30)))
    assert all(torch.equal(images, WANTED) for images in found) and len(written) == 1


@pytest.mark.slow
def test_four_kernels_at_once_make_one_file(tmp_path):
    """Real processes, real archives, and a cache that is empty for all of them."""
    (tmp_path / "MNIST").mkdir()
    (tmp_path / "MNIST" / "raw").symlink_to(REPO_DATA / "MNIST" / "raw")
    code = f"""
from pathlib import Path
from vae_helpers.data import archives, load_mnist
archives.REPO_DATA = Path({str(tmp_path)!r})
x, y = load_mnist("test")
print(x.double().sum().item(), len(y))
"""
    environment = os.environ | {"VAE_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(4)]
    answers = {process.communicate(timeout=120)[0] for process in running}
    images, labels = load_mnist("test")
    assert answers == {f"{images.double().sum().item()} {len(labels)}\n"}
    made = sorted(path.suffix for path in (tmp_path / "MNIST" / "mapped").iterdir())
    assert made == [".float32", ".json", ".lock"]


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads Linux's own account of memory")
def test_data_costs_a_kernel_no_memory_of_its_own():
    code = """
import torch
from vae_helpers.data import load_mnist
def own():
    lines = open("/proc/self/status", encoding="utf-8").read().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem"))) / 1000
load_mnist("train"); before = own()
kept = load_mnist("train"); kept[0].sum()
print(own() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert float(done.stdout) < 10  # MB, of 188; labels and what sum() needs


@pytest.mark.slow
def test_torchvision_is_imported_only_to_download():
    code = (
        "import sys; from vae_helpers.data import load_mnist; load_mnist('test'); print('torchvision' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "False\n"
