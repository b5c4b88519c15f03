import gzip
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from vae_helpers.data import (
    DataError,
    binarize,
    load_fashion_mnist,
    load_kmnist,
    load_mnist,
    load_names,
    load_pen_digits,
    mnist,
    names,
    pen_digits,
)
from vae_helpers.data.archives import REPO_DATA, find_archive
from vae_helpers.data.tables import read_rows

LABELS = "t10k-labels-idx1-ubyte.gz"
REAL = REPO_DATA / "MNIST" / "raw"
MNIST_LABELS, KMNIST_LABELS = (
    next(archive for archive in mnist.archives(dataset) if archive.name == LABELS) for dataset in ("MNIST", "KMNIST")
)


@pytest.fixture
def offline(monkeypatch):
    """Every download fails at once, as it does without a network."""

    def no_network(*args, **kwargs):
        raise OSError("no network in this test")

    monkeypatch.setattr("torchvision.datasets.utils.download_url", no_network)


def put(folder, content=None, name=LABELS):
    """A copy of the real archive, or damaged ``content``, where ``folder`` is a data folder."""
    path = folder / "MNIST" / "raw" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content if content is not None else (REAL / name).read_bytes())
    return path


def test_whole_sets(test_set):
    images, labels = test_set
    assert images.shape == (10_000, 1, 28, 28) and images.dtype == torch.float32
    assert labels.shape == (10_000,) and labels.dtype == torch.int64
    assert images.min() == 0 and images.max() == 1
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]  # the well-known first digits of the test set
    assert torch.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_training_set():
    images, labels = load_mnist("train")
    assert images.shape == (60_000, 1, 28, 28) and labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert images.mean().item() == pytest.approx(0.1307, abs=1e-4)  # the known mean of MNIST


@pytest.mark.slow
def test_same_pixels_as_torchvision(tmp_path, test_set):
    from torchvision.datasets import MNIST

    shutil.copytree(REAL, tmp_path / "MNIST" / "raw")
    theirs = MNIST(tmp_path, train=False, download=True)
    assert torch.equal((test_set[0] * 255).round().byte().squeeze(1), theirs.data)
    assert torch.equal(test_set[1], theirs.targets)


def test_subsets_are_seeded(test_set):
    a, b, c = (load_mnist("test", n=100, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(a[0], b[0]) and not torch.equal(a[0], c[0])
    images, labels = load_mnist("test", digits=(2, 7), n=50)
    assert len(images) == 50 and set(labels.tolist()) == {2, 7}


def test_nothing_is_written(tmp_path):
    before = sorted(p.name for p in REAL.iterdir())
    load_mnist("test")
    assert sorted(p.name for p in REAL.iterdir()) == before


def test_binarizations(test_set):
    grey = test_set[0][:20]
    assert binarize(grey, "none") is grey
    assert torch.equal(binarize(grey, "threshold"), (grey > 0.5).float())
    draws = torch.stack([binarize(grey, "dynamic", torch.Generator().manual_seed(k)) for k in range(200)])
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    assert (draws.mean(0) - grey).abs().max() < 0.2 and (draws.mean(0) - grey).abs().mean() < 0.01
    same = [load_mnist("test", n=50, binarization="dynamic", seed=3)[0] for _ in range(2)]
    assert torch.equal(*same)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "validation"}, 'split: want "train" or "test", got \'validation\''),
        ({"split": "test", "binarization": "otsu"}, 'binarization: want "none" or "threshold" or "dynamic"'),
        ({"split": "test", "n": 0}, "n: want a whole number >= 1, got 0"),
        ({"split": "test", "n": 20_000}, "n: want a whole number from 1 to 10000, got 20000"),
        ({"split": "test", "n": True}, "n: want"),
        ({"split": "test", "n": 2.0}, "n: want"),
        ({"split": "test", "digits": (3, 12)}, "digits: want classes from 0 to 9"),
        ({"split": "test", "digits": ()}, "digits: want classes"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_mnist(**arguments)


def test_environment_variable_comes_first(elsewhere, monkeypatch):
    path = put(elsewhere / "mine")
    put(elsewhere / "repo")
    monkeypatch.setenv("VAE_DATA_DIR", str(elsewhere / "mine"))
    assert find_archive(MNIST_LABELS) == path


@pytest.mark.parametrize("damage", [b"", b"not a gzip file", (REAL / LABELS).read_bytes()[:-100]])
def test_damaged_archive_is_named_and_restored(elsewhere, monkeypatch, offline, damage):
    bad = put(elsewhere / "mine", damage)
    good = put(elsewhere / "repo")
    monkeypatch.setenv("VAE_DATA_DIR", str(elsewhere / "mine"))
    with pytest.warns(UserWarning, match=f"{bad} is damaged"):
        assert find_archive(MNIST_LABELS) == good
    assert bad.read_bytes() == good.read_bytes()


def test_damaged_repository_copy_is_downloaded_again(elsewhere, monkeypatch):
    bad = put(elsewhere / "repo", b"half a file")
    monkeypatch.setattr(
        "torchvision.datasets.utils.download_url", lambda url, root, name, md5: shutil.copy(REAL / name, root)
    )
    with pytest.warns(UserWarning, match="is damaged"):
        assert find_archive(MNIST_LABELS) == bad
    assert gzip.decompress(bad.read_bytes())[:4] == b"\x00\x00\x08\x01"


def test_damaged_and_offline_is_a_clear_error(elsewhere, offline):
    bad = put(elsewhere / "repo", b"half a file")
    with pytest.warns(UserWarning), pytest.raises(DataError, match=r"is damaged.*no network.*git checkout"):
        find_archive(MNIST_LABELS)
    assert bad.read_bytes() == b"half a file"


def test_other_dataset_offline_is_a_clear_error(elsewhere, offline):
    with pytest.raises(DataError, match=r"FashionMNIST.*not on this machine.*connect once, or copy"):
        load_fashion_mnist("test")


def test_download_falls_back_to_the_cache(elsewhere, monkeypatch):
    (elsewhere / "repo").write_text(
        "a file where the folder should be: nobody, not even root, can write below it", encoding="utf-8"
    )
    monkeypatch.setattr(
        "torchvision.datasets.utils.download_url", lambda url, root, name, md5: shutil.copy(REAL / name, root)
    )
    assert find_archive(MNIST_LABELS).is_relative_to(elsewhere / "cache")


def test_nowhere_to_write(elsewhere, monkeypatch):
    (elsewhere / "repo").write_text("", encoding="utf-8")
    (elsewhere / "cache").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="no folder can be written for KMNIST.*VAE_DATA_DIR"):
        find_archive(KMNIST_LABELS)


def test_a_failed_download_leaves_nothing_behind(elsewhere, offline):
    with pytest.raises(DataError):
        find_archive(KMNIST_LABELS)
    assert [p for p in elsewhere.rglob("*") if p.is_file()] == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become another user")
def test_read_only_checkout(tmp_path):
    """As on a shared hub: an ordinary user, a checkout that only root may write."""
    code = (
        "import os; from vae_helpers.data import load_mnist, load_pen_digits; os.setuid(65534); "
        "print(len(load_mnist('test')[0]), len(load_pen_digits('test')[0]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=tmp_path)
    assert result.stdout.split() == ["10000", "2198"], result.stderr


def test_thirty_at_once(elsewhere, monkeypatch):
    """Thirty first loads at the same moment all read the same bytes, and leave no half-written file."""
    put(elsewhere / "mine", b"damaged")
    put(elsewhere / "repo")
    monkeypatch.setenv("VAE_DATA_DIR", str(elsewhere / "mine"))
    with pytest.warns(UserWarning), ThreadPoolExecutor(30) as pool:
        found = list(pool.map(lambda _: find_archive(MNIST_LABELS).read_bytes(), range(30)))
    assert set(found) == {(REAL / LABELS).read_bytes()}
    assert sorted(p.name for p in elsewhere.rglob("*") if p.is_file()) == [LABELS, LABELS]


@pytest.mark.parametrize("dataset", mnist.MD5)
def test_sums_and_mirrors_are_torchvisions(dataset):
    import torchvision

    theirs = getattr(torchvision.datasets, dataset)
    assert dict(theirs.resources) == mnist.MD5[dataset] and theirs.mirrors == mnist.MIRRORS[dataset]


def test_look_alikes_take_the_same_keywords(elsewhere, monkeypatch):
    """From MNIST's archives under another name, since they are not in the repository."""
    monkeypatch.setitem(mnist.MD5, "KMNIST", mnist.MD5["MNIST"])
    target = elsewhere / "repo" / "KMNIST"
    target.mkdir(parents=True)
    (target / "raw").symlink_to(REAL)
    images, labels = load_kmnist("test", n=20, digits=(2, 7), seed=1)
    assert images.shape == (20, 1, 28, 28) and set(labels.tolist()) == {2, 7}
    with pytest.raises(TypeError, match="dataset"):
        load_kmnist("test", dataset="MNIST")


def test_names_are_split_once_and_for_all():
    """A fifth held out; none of it in the other part; the same ones each time, other ones with another seed."""
    (train, spoken), (test, held_out) = load_names("train"), load_names("test")
    assert train.shape == (5075, 16) and test.shape == (1268, 16) and train.dtype == spoken.dtype == torch.int64
    assert (torch.bincount(spoken) + torch.bincount(held_out)).tolist() == [1200, 1200, 1161, 785, 1200, 797]
    texts = names.read_out(train) + names.read_out(test)
    assert len(set(texts)) == len(texts) == 6343 and set("".join(texts)) == set(names.LETTERS)
    assert "".join(sorted(names.LETTERS)) == names.LETTERS and "" not in texts
    by_name = dict(zip(texts, torch.cat([spoken, held_out]).tolist(), strict=True))
    assert names.LANGUAGES[by_name["abramczuk"]] == "Polish" and names.LANGUAGES[by_name["berlusconi"]] == "Italian"
    assert torch.equal(load_names("test", seed=0)[0], test) and not torch.equal(load_names("test", seed=1)[0], test)


def test_spelling_and_reading():
    assert names.read_out(names.spell(["ćao", "", "þorgeirs"])) == ["ćao", "", "þorgeirs"]
    assert names.spell(["c\u0301"], steps=0).tolist() == [[47]]  # a letter of two characters is one all the same
    assert torch.equal(names.spell(["c\u0301"]), names.spell(["ć"]))  # a letter and its mark, as some systems write it
    assert names.spell(["abc"], steps=2).tolist() == [[1, 2, 3]]
    assert names.read_out(torch.tensor([[1, 0, 2]])) == ["a"]  # what stands behind the end is none of the name
    for wrong, error in (("abc", TypeError), ([3], TypeError), (["Ada"], ValueError), (["a b"], ValueError)):
        with pytest.raises(error, match="^names: want"):
            names.spell(wrong)


def test_damaged_names_are_restored_or_named(elsewhere, monkeypatch, offline):
    bad = names.ARCHIVE.below(elsewhere / "mine")
    bad.parent.mkdir(parents=True)
    bad.write_bytes(b"language\tname\nPolish\tnobody\n")
    monkeypatch.setenv("VAE_DATA_DIR", str(elsewhere / "mine"))
    with pytest.warns(UserWarning, match="is damaged"), pytest.raises(DataError, match="git checkout -- data/names"):
        load_names("test")
    shutil.copytree(REPO_DATA / "names", elsewhere / "repo" / "names")
    with pytest.warns(UserWarning, match="is damaged"):
        assert len(load_names("test")[0]) == 1268
    assert bad.read_bytes() == (REPO_DATA / "names" / "names.tsv").read_bytes()


def test_no_such_part_of_the_names():
    with pytest.raises(ValueError, match='split: want "train" or "test", got \'validation\''):
        load_names("validation")


@pytest.fixture(scope="module")
def pen():
    """By the split's name, its strokes and labels; treat them as read-only."""
    return {split: load_pen_digits(split) for split in ("train", "test")}


def test_pen_digits_are_split_once_and_for_all(pen):
    """A fifth held out; the same ones each time, other ones with another seed; nothing else is drawn anew."""
    (train, written), (test, held_out) = pen["train"], pen["test"]
    assert train.shape == (8794, 8, 2) and test.shape == (2198, 8, 2) and train.dtype == test.dtype == torch.float32
    assert written.shape == (8794,) and held_out.shape == (2198,) and written.dtype == held_out.dtype == torch.int64
    counts = [1143, 1143, 1144, 1055, 1144, 1055, 1056, 1142, 1055, 1055]  # as UCI's description has them
    assert (torch.bincount(written) + torch.bincount(held_out)).tolist() == counts
    assert torch.bincount(held_out).min() > 160  # at random: no class is left out of it
    before = torch.get_rng_state()
    again, other = load_pen_digits("test", seed=0), load_pen_digits("test", seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(again[0], test) and torch.equal(again[1], held_out) and not torch.equal(other[1], held_out)


def test_pen_digits_are_those_of_the_file_spread_over_their_steps(pen):
    """Each of them once, in the one part or the other; a few numbers are rounded over the edge of their step."""
    with gzip.open(REPO_DATA / "pen_digits" / "penbased.dat.gz", "rt", encoding="utf-8") as file:
        written = Counter(tuple(map(int, line.split(","))) for line in file)
    strokes, labels = (torch.cat(parts) for parts in zip(*pen.values(), strict=True))
    assert strokes.min() >= 0 and strokes.max() <= 1
    units = strokes.double() * 101
    read = torch.cat([units.floor().long().flatten(1), labels[:, None]], dim=1)
    assert (written - Counter(map(tuple, read.tolist()))).total() <= 5 and len(read) == written.total() == 10_992
    rest = units.frac().flatten()
    assert torch.histc(rest, 10, 0, 1) / len(rest) == pytest.approx(0.1, abs=0.003)
    assert torch.corrcoef(units.frac().flatten(1).T).fill_diagonal_(0).abs().max() < 0.05  # a U for each number
    assert units.amin(dim=1).max() < 1.001 and units.amax(dim=1).min() > 99.999  # each is stretched to all four edges


def test_pen_digits_stand_upright_and_are_in_the_order_of_writing(pen):
    """A 7 begins at the top left, goes to the right and down; a flipped or reversed one doesn't."""
    strokes, labels = pen["test"]
    begin, third, end = strokes[labels == 7].mean(dim=0)[[0, 2, 7]].tolist()
    assert begin[0] < 0.2 and third[0] > 0.6 and begin[1] > 0.7 and end[1] < 0.5


def test_damaged_pen_digits_are_restored_or_named(elsewhere, monkeypatch, offline):
    bad = pen_digits.ARCHIVE.below(elsewhere / "mine")
    bad.parent.mkdir(parents=True)
    bad.write_bytes(gzip.compress(b"47,100,27,81,57,37,26,0,0,23,56,53,100,90,40,98,8\n"))
    monkeypatch.setenv("VAE_DATA_DIR", str(elsewhere / "mine"))
    said = "git checkout -- data/pen_digits"
    with pytest.warns(UserWarning, match="is damaged"), pytest.raises(DataError, match=said):
        load_pen_digits("test")
    shutil.copytree(REPO_DATA / "pen_digits", elsewhere / "repo" / "pen_digits")
    with pytest.warns(UserWarning, match="is damaged"):
        assert len(load_pen_digits("test")[0]) == 2198
    assert bad.read_bytes() == (REPO_DATA / "pen_digits" / "penbased.dat.gz").read_bytes()


def test_missing_pen_digits_are_named(elsewhere, offline):
    with pytest.raises(DataError, match="git checkout -- data/pen_digits"):
        load_pen_digits("train")


def test_no_such_part_of_the_pen_digits():
    with pytest.raises(ValueError, match='split: want "train" or "test", got \'validation\''):
        load_pen_digits("validation")


def test_rows_of_a_table(tmp_path):
    path = tmp_path / "table.json"
    rows = [{"kind": "a", "seed": 0}, {"kind": "b", "seed": 0}, {"kind": "a", "n": 3}]
    path.write_text(json.dumps({"rows": rows}), encoding="utf-8")
    assert [row["kind"] for row in read_rows(path)] == ["a", "b", "a"]
    assert read_rows(path, kind="a", seed=0) == [{"kind": "a", "seed": 0}]
    assert read_rows(path, kind="c") == []
    with pytest.raises(ValueError, match="^sead: want a column of table.json, kind, n, seed"):
        read_rows(path, sead=0)
