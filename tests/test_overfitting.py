import json

import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import overfitting, plots
from vae_helpers.history import History
from vae_helpers.overfitting import KINDS, conditions_of, k_means, load_table, measure, nearest
from vae_helpers.pretrain.overfitting import train_overfitting, trainings

X = torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(40) % 10
DRAWN = [kind for kind in KINDS if kind != "few random"]  # in the picture
TRAIN, TEST = (X[:30], LABELS[:30]), (X[30:], LABELS[30:])


def test_nearest_by_hand():
    wanted = [min(range(5), key=lambda k: (image - X[k]).square().sum().item()) for image in X]
    assert nearest(X, X[:5]).tolist() == wanted


def test_clusters_that_can_be_seen_are_found():
    """Three shades of grey, and a centre for each."""
    images = torch.tensor([0.1, 0.5, 0.9]).repeat_interleave(20)[:, None, None, None] + 0.01 * X[:1].expand(
        60, 1, 28, 28
    )
    centres = max(
        (k_means(images, 3, seed=seed) for seed in range(8)), key=lambda c: c.mean(dim=(1, 2, 3)).std().item()
    )
    ids = nearest(images, centres).view(3, 20)
    assert (ids == ids[:, :1]).all() and ids[:, 0].unique().numel() == 3
    assert all(torch.allclose(centres[k], images[ids.flatten() == k].mean(dim=0)) for k in range(3))


def test_more_rounds_bring_centres_nearer():
    images = torch.rand(200, 1, 1, 1, generator=torch.Generator().manual_seed(1)).expand(200, 1, 28, 28)  # shades

    def error(rounds):
        centres = k_means(images, 6, rounds)
        return (images - centres[nearest(images, centres)]).square().sum().item()

    assert error(1) > error(2) > error(10)


def test_an_empty_cluster_stays_finite():
    same = torch.zeros(6, 1, 28, 28)
    assert torch.equal(k_means(same, 4), same[:4])


def test_images_for_each_cluster_are_wanted():
    with pytest.raises(ValueError, match="clusters: want at most one for each of the 40 images, got 41"):
        k_means(X, 41)


def test_what_each_condition_says():
    for kind in set(KINDS) - {"cluster"}:
        c, c_test, classes = conditions_of(kind, TRAIN, TEST)
        assert len(c) == 30 and len(c_test) == 10 and max(c.max(), c_test.max()) < classes
    assert not any(ids.any() for ids in conditions_of("none", TRAIN, TEST)[:2])
    c, c_test, classes = conditions_of("label", TRAIN, TEST)
    assert c is TRAIN[1] and c_test is TEST[1] and classes == 10
    c, c_test, classes = conditions_of("image", TRAIN, (X[:5], LABELS[:5]))
    assert c.tolist() == list(range(30)) and c_test.tolist() == list(range(5)) and classes == 30


def test_random_numbers_are_drawn_for_each_image():
    """All of the 100 occur; test images have draws of their own; another seed has other ones, the same the same."""
    images, labels = X[:1].expand(2000, -1, -1, -1), LABELS[:1].expand(2000)
    c, c_test, classes = conditions_of("random", (images, labels), (images, labels))
    assert c.unique().tolist() == c_test.unique().tolist() == [*range(classes)] == [*range(100)]
    assert 0 < (c == c_test).float().mean() < 0.03  # one in a hundred, by chance
    assert torch.equal(c, conditions_of("random", (images, labels), (images, labels))[0])
    assert not torch.equal(c, conditions_of("random", (images, labels), (images, labels), seed=1)[0])


def test_clusters_of_the_training_images_name_the_test_images(monkeypatch):
    monkeypatch.setattr(overfitting, "k_means", lambda images, seed: images[:3])
    c, c_test, _ = conditions_of("cluster", TRAIN, TEST)
    assert torch.equal(c_test, nearest(X[30:], X[:3])) and c[:3].tolist() == [0, 1, 2]


def test_another_condition_is_refused():
    with pytest.raises(ValueError, match='kind: want "none" or "label"'):
        conditions_of("digit", TRAIN, TEST)


@pytest.mark.parametrize(("images", "steps"), [(550, 600), (500, 601), (700, 600)])
def test_epochs_are_whole(images, steps):
    with pytest.raises(ValueError, match="steps: want whole epochs in batches of 100"):
        measure("none", images, steps=steps)


@pytest.fixture
def small_data(monkeypatch):
    monkeypatch.setattr(
        overfitting, "load_mnist", lambda split, n=10, seed=0: (X[:1].expand(n, -1, -1, -1), LABELS[:1].expand(n))
    )


def test_a_row_of_the_table(small_data, monkeypatch):
    monkeypatch.setattr(overfitting, "HIDDEN", (4,))
    row, again = (measure("image", 100, seed=3, steps=2) for _ in range(2))
    assert [*row] == ["condition", "images", "seed", "steps", "train", "train_kl", "test", "test_kl"]
    assert row == again and row["train"] > 0


def test_no_row_where_training_was_stopped(small_data, monkeypatch):
    monkeypatch.setattr(overfitting, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="no figures"):
        measure("none", 100)


def test_the_command_writes_the_table(monkeypatch, tmp_path, capsys):
    from vae_helpers.pretrain import overfitting as made

    monkeypatch.setattr(made, "TABLE", tmp_path / "tables" / "overfitting.json")
    monkeypatch.setattr(
        made, "measure", lambda kind, images, seed, steps: {"condition": kind, "train": 1.0, "test": 2.0}
    )
    train_overfitting()
    rows = json.loads(made.TABLE.read_text(encoding="utf-8"))["rows"]
    assert len(rows) == len([*trainings()]) and f"{len(rows)} rows" in capsys.readouterr().out


def test_the_shipped_table_has_each_training_once():
    """In the order in which the command makes them."""
    made = [(row["condition"], row["images"], row["seed"], row["steps"]) for row in load_table()]
    assert made == [*trainings()]


def gaps(kind, images):
    return [r["test"] - r["train"] for r in load_table() if (r["condition"], r["images"]) == (kind, images)]


def test_what_the_notebook_says_of_the_table():
    """With few examples for each condition there is more to overfit, even where it says nothing."""
    for images in (500, 2000):
        none, label, random, cluster, image = (gaps(kind, images) for kind in DRAWN)
        assert max(none) < min(label) < max(label) < min(random + cluster) and max(random + cluster) < min(image)
    assert all(max(gaps(kind, 2000)) < min(gaps(kind, 500)) for kind in DRAWN)
    none, label, random, _, image = (sum(gaps(kind, 500)) / 3 for kind in DRAWN)
    assert abs(sum(gaps("few random", 500)) / 3 - label) < 3  # as many share a number as share a label
    assert random > 3 * none and round(label - none) == 8 and [round(v) for v in (none, random, image)] == [22, 81, 123]
    assert max(gap for kind in DRAWN for gap in gaps(kind, 60_000)) < 0.1  # after five epochs, too


def test_the_picture_has_a_line_for_each_condition():
    fig = plots.overfitting_gaps(load_table())
    (axis,) = fig.axes
    assert [text.get_text() for text in axis.get_legend().get_texts()][-1] == "nothing"
    line = axis.get_lines()[-3]  # of the means of "none"; its dots and the line at 0 follow
    assert line.get_xdata()[0] == 500 and line.get_ydata()[0] == pytest.approx(sum(gaps("none", 500)) / 3)
    plt.close(fig)


def test_a_picture_needs_rows():
    with pytest.raises(ValueError, match="rows: want at least one"):
        plots.overfitting_gaps([])
