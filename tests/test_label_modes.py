"""Labels that show classes their places: who is labelled, what is measured, and the table's runs."""

import pytest
import torch
from torch import nn

from vae_helpers import label_modes
from vae_helpers.label_modes import NOT_KNOWN, chosen_images, describe, labelled_set, measure, train
from vae_helpers.models import AdversarialAutoencoder
from vae_helpers.plots import class_ring, labels_needed
from vae_helpers.plots.label_modes import STYLES
from vae_helpers.pretrain.label_modes_table import COLUMNS, runs
from vae_helpers.sampled_priors import RingPrior
from vae_helpers.training import History

LABELS = torch.arange(10).repeat(20)
IMAGES = torch.linspace(0, 1, 200)[:, None, None, None].expand(200, 1, 28, 28).contiguous()  # each one is another


@pytest.mark.parametrize("per_class, different", [(1, 10), (3, 30), ("all", 200)])
def test_as_many_labelled_as_not(per_class, different):
    images, told = labelled_set(IMAGES, LABELS, per_class)
    assert torch.equal(images[:200], IMAGES) and (told[:200] == NOT_KNOWN).all()
    rest, known = images[200:], told[200:]
    assert len(rest) == 200 and len(rest[:, 0, 0, 0].unique()) == different
    which = (rest[:, 0, 0, :1] - IMAGES[:, 0, 0, 0]).abs().argmin(dim=1)
    assert torch.equal(known, LABELS[which])  # each with its own label
    assert known.bincount().max() - known.bincount().min() <= 1  # classes weigh the same


def test_half_as_many():
    assert len(labelled_set(IMAGES, LABELS, 2, repeat=0.5)[0]) == 300


def test_larger_sets_hold_smaller_ones_and_a_seed_draws_others():
    before = torch.get_rng_state()
    few, more, other = (set(chosen_images(LABELS, n, seed).tolist()) for n, seed in ((3, 0), (9, 0), (3, 1)))
    assert few < more and few != other and len(more) == 90
    assert torch.equal(torch.get_rng_state(), before)
    assert LABELS[chosen_images(LABELS, 4)].bincount().tolist() == [4] * 10


@pytest.mark.parametrize("per_class", [21, 0, -1, 1.5, "some"])
def test_so_many_of_each_there_are_not(per_class):
    with pytest.raises(ValueError, match="^per_class: want"):
        chosen_images(LABELS, per_class)


def test_refuses():
    with pytest.raises(ValueError, match="^repeat: want a number > 0"):
        labelled_set(IMAGES, LABELS, 1, repeat=0)
    for call in (lambda: measure("none", 10, 100.0), lambda: train(IMAGES, LABELS, 1, kind="ring")):
        with pytest.raises(ValueError, match="^kind: want"):
            call()
    with pytest.raises(ValueError, match="^weight: want"):
        train(IMAGES, LABELS, 1, weight=-1.0)
    with pytest.raises(ValueError, match="^per_class: want 0, as 'ring' is told no labels, got 10"):
        measure("ring", 10, 10.0)
    for labels, message in ((LABELS + 1, "want classes from 0 to 9, got 1 to 10"), (LABELS[:0], "want at least one")):
        with pytest.raises(ValueError, match=f"^labels: {message}"):
            chosen_images(labels, "all")
    with pytest.raises(ValueError, match="^weight: want"):
        measure("both", 10, -1.0)


class Sorted(nn.Module):
    """An encoder that reads the class off the pixels: image k has k / 10 everywhere; some numbers off."""

    def __init__(self, off: int, aside: float):
        super().__init__()
        self.off, self.aside, self.weight = off, aside, nn.Parameter(torch.zeros(1))

    def forward(self, x):
        k = (10 * x.flatten(1).mean(dim=1)).round().long()
        return RingPrior(10).centres[(k + self.off) % 10] * (1 + self.aside)


@pytest.mark.parametrize("off, aside, own, near", [(0, 0.0, 1.0, 1.0), (1, 0.0, 0.0, 1.0), (0, 0.4, 1.0, 0.0)])
def test_what_is_counted(off, aside, own, near):
    """2.5 * 0.4 = 1 is four standard deviations off the centre."""
    model = AdversarialAutoencoder(2, (8,), classes=10)
    images = (LABELS / 10)[:, None, None, None].expand(-1, 1, 28, 28).contiguous()
    model.encoder = Sorted(off, aside)
    row = describe(model, images, LABELS)
    assert (row["own_mode"], row["near_a_mode"], row["classes"]) == (own, near, [own] * 10)
    assert row["drawn_as_asked"] < 0.3  # the decoder has learnt nothing


class Drawing(nn.Module):
    """A decoder that draws for each mode the image that it is given; some numbers off."""

    def __init__(self, images, off: int):
        super().__init__()
        self.images, self.off = images, off

    def forward(self, z):
        return torch.logit(self.images[(RingPrior(10).modes_of(z) + self.off) % 10], eps=1e-6)


@pytest.mark.parametrize(("off", "as_asked"), [(0, 1.0), (1, 0.0)])
def test_what_is_drawn_is_compared_with_what_was_asked_for(monkeypatch, test_set, off, as_asked):
    monkeypatch.setattr(label_modes, "DRAWS", 3)
    images, labels = test_set
    model = AdversarialAutoencoder(2, (8,), classes=10)
    model.decoder = Drawing(torch.stack([images[labels == k][0] for k in range(10)]), off)
    row = describe(model, IMAGES, LABELS)
    assert (row["drawn_as_asked"], row["holes"]) == (as_asked, 0.0)


def test_readers_that_have_seen_an_image_name_its_class(monkeypatch):
    monkeypatch.setattr(label_modes, "load_mnist", lambda split: (IMAGES, LABELS))
    monkeypatch.setattr(label_modes, "READ", (1, 20))
    found = measure("pixels", 0, 0.0)["nearest"]
    assert found["20"] == 1.0 > found["1"]


def test_a_model_in_double_precision_is_described():
    model, images = AdversarialAutoencoder(2, (8,), classes=10).double(), IMAGES.double()
    assert 0 <= describe(model, images, LABELS)["own_mode"] <= 1


@pytest.mark.parametrize(("kind", "known", "unknown"), [("both", 200, 200), ("half", 100, 200), ("labelled", 400, 0)])
def test_what_each_kind_is_trained_on(monkeypatch, kind, known, unknown):
    seen = {}
    monkeypatch.setattr(
        label_modes, "fit", lambda model, data, **options: seen.update(data=data, **options) or History()
    )
    train(IMAGES, LABELS, 2, weight=30.0, kind=kind)
    labels = seen["data"][1]
    assert ((labels < 10).sum(), (labels == 10).sum()) == (known, unknown)
    assert [seen["beta"](epoch) for epoch in (0, 2, 4, 8)] == [0, 15, 30, 30]


@pytest.mark.parametrize("kind", sorted({*label_modes.KINDS} - {"pixels"}))
def test_no_row_where_training_was_stopped(monkeypatch, kind):
    monkeypatch.setattr(label_modes, "load_mnist", lambda split: (IMAGES, LABELS))
    monkeypatch.setattr(label_modes, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="training was stopped"):
        measure(kind, 2 if kind in label_modes.TOLD else 0, 10.0)


@pytest.fixture
def small(monkeypatch):
    real = label_modes.load_mnist
    monkeypatch.setattr(label_modes, "load_mnist", lambda split: real(split, n=400))
    monkeypatch.setattr(label_modes, "READ", (2,))
    monkeypatch.setattr(label_modes, "RECIPE", label_modes.RECIPE | {"epochs": 1})


@pytest.mark.slow
@pytest.mark.parametrize("kind", label_modes.KINDS)
def test_each_kind_gives_a_row(small, kind):
    told = kind in ("both", "half", "labelled")
    row = measure(kind, 2 if told else 0, 10.0, 3)
    assert tuple(row)[:4] == COLUMNS and row["seed"] == 3
    assert ("own_mode" in row) == told and ("nearest" in row) != told


def test_the_tables_runs_are_each_asked_for_once():
    found = [*runs()]
    assert len(found) == len({*found})
    assert {run[3] for run in found if run[:3] == ("both", 10, 100.0)} == {0, 1, 2, 3, 4}


def rows():
    yield from (
        {"kind": "both", "per_class": n, "weight": 100.0, "seed": s, "own_mode": 0.5}
        for n in (10, "all")
        for s in (0, 1)
    )
    yield {"kind": "labelled", "per_class": 10, "weight": 100.0, "seed": 0, "own_mode": 0.6}
    yield {"kind": "both", "per_class": 1000, "weight": 30.0, "seed": 0, "own_mode": 0.9}  # of another weight
    yield {"kind": "pixels", "per_class": 0, "weight": 0.0, "seed": 0, "nearest": {"10": 0.7, "100": 0.9}}


def test_figures():
    axis = labels_needed([*rows()]).axes[0]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["10", "100", "all"]
    told, alone, pixels = (line for line in axis.lines if line.get_label() in [name for *_, name in STYLES.values()])
    assert [*told.get_ydata()] == [0.5, 0.5] and told.get_xdata()[-1] == 2
    assert [*alone.get_ydata()] == [0.6] and [*pixels.get_ydata()] == [0.7, 0.9]
    with pytest.raises(ValueError, match="^rows: want some of kind 'pixels'"):
        labels_needed([row for row in rows() if row["kind"] != "pixels"])
    prior = RingPrior(10)
    assert len(class_ring(prior.centres, torch.arange(10), prior.centres, torch.rand(10, 1, 28, 28)).axes) == 11
    with pytest.raises(ValueError, match="^labels: want classes from 0 to 9, got 1 to 10"):
        class_ring(prior.centres, torch.arange(1, 11), prior.centres, torch.rand(10, 1, 28, 28))
