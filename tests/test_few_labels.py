import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots
from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import encode_means
from vae_helpers.few_labels import READERS, label_curves, read_linear, read_nearest, read_one_latent
from vae_helpers.sprites import FACTORS, sprites


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def aligned(generator):
    """Codes whose second latent alone tells the class; the third is noise that is ten times larger."""
    labels = torch.arange(900) % 3
    codes = torch.randn(900, 3, generator=generator)
    codes[:, 1] = labels + 0.1 * codes[:, 1]
    codes[:, 2] *= 10
    return codes, labels


def rotation(generator) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(3, 3, generator=generator)).Q


@pytest.mark.parametrize("read", [read_linear, read_nearest])
def test_a_reader_of_all_latents_does_not_see_a_rotation(aligned, generator, read):
    codes, labels = aligned
    turned = codes.double() @ rotation(generator).double()
    said = read(codes[:60].double(), labels[:60], codes[60:].double())
    assert torch.equal(read(turned[:60], labels[:60], turned[60:]), said)


def test_a_reader_of_one_latent_does(aligned, generator):
    codes, labels = aligned
    turned = codes @ rotation(generator)
    told, unseen = slice(0, 60), slice(60, None)
    straight = (read_one_latent(codes[told], labels[told], codes[unseen]) == labels[unseen]).float().mean()
    mixed = (read_one_latent(turned[told], labels[told], turned[unseen]) == labels[unseen]).float().mean()
    assert straight > 0.99 and mixed < 0.6


def test_the_linear_reader_weighs_latents_by_their_noise(aligned):
    """As the distance to the nearest code does not."""
    codes, labels = aligned
    right = [(read(codes[:60], labels[:60], codes[60:]) == labels[60:]).float().mean() for read in READERS.values()]
    assert right[0] > 0.99 and right[1] < 0.7


@pytest.mark.parametrize("read", READERS.values())
def test_one_label_or_a_class_without_any(read):
    code = torch.tensor([[1.0, 2.0]])
    assert read(code, torch.tensor([5]), torch.zeros(3, 2)).tolist() == [5, 5, 5]
    codes = torch.tensor([[0.0, 0.0], [4.0, 4.0]])
    assert read(codes, torch.tensor([9, 0]), codes + 0.1).tolist() == [9, 0]


@pytest.mark.parametrize("read", READERS.values())
@pytest.mark.parametrize(
    ("codes", "labels", "new", "message"),
    [
        (torch.zeros(0, 2), torch.zeros(0, dtype=torch.long), torch.zeros(1, 2), "codes: want at least one"),
        (torch.zeros(1, 2), torch.zeros(1, dtype=torch.long), torch.zeros(0, 2), "new_codes: want at least one"),
        (torch.zeros(1, 2), torch.zeros(2, dtype=torch.long), torch.zeros(1, 2), "labels: want shape"),
        (torch.zeros(1, 2), torch.zeros(1, dtype=torch.long), torch.zeros(1, 3), "new_codes: want shape"),
        (torch.zeros(1, 2) / 0, torch.zeros(1, dtype=torch.long), torch.zeros(1, 2), "codes: contains NaN"),
        (torch.zeros(1, 2), torch.tensor([-1]), torch.zeros(1, 2), "labels: want classes from 0 on, got -1"),
    ],
)
def test_what_readers_refuse(read, codes, labels, new, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        read(codes, labels, new)


def test_curves_rise_with_labels_and_draw_the_same_images_for_all_codes(aligned):
    codes, labels = aligned
    curves = label_curves(codes, labels, counts=(2, 60), draws=4, new=300)
    assert curves.keys() == READERS.keys() and {curve.shape for curve in curves.values()} == {(4, 2)}
    assert (curves["linear, all latents"][:, 1] > 0.99).all() and (curves["linear, all latents"][:, 0] < 0.7).all()
    again = label_curves(-codes, labels, counts=(2, 60), draws=4, new=300)  # a reflection moves no distance
    assert torch.equal(curves["nearest neighbour"], again["nearest neighbour"])
    other = label_curves(codes, labels, counts=(2, 60), draws=4, new=300, seed=1)
    assert not torch.equal(curves["nearest neighbour"], other["nearest neighbour"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"counts": (700,)}, r"counts: want some, of at most 900 - 300 labels, got \(700,\)"),
        ({"counts": ()}, "counts: want some"),
        ({"counts": (0,)}, r"counts\[0\]: want a whole number >= 1"),
        ({"draws": 0}, "draws: want a whole number >= 1"),
        ({"new": 0}, "new: want a whole number >= 1"),
        ({"seed": None}, "seed: want a whole number"),
    ],
)
def test_what_curves_refuse(aligned, options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        label_curves(*aligned, **({"counts": (2,), "new": 300} | options))


def test_the_picture_has_a_panel_for_each_reader_and_a_line_for_each_kind_of_code():
    curves = {name: {"a": torch.full((3, 2), share), "b": torch.rand(3, 2)} for name, share in (("x", 0.2), ("y", 0.4))}
    fig = plots.few_labels(curves, counts=(5, 50), chance=0.1)
    assert [axis.get_title() for axis in fig.axes] == ["a", "b"]
    lines = fig.axes[0].lines
    assert [line.get_label() for line in lines[:2]] == ["x", "y"] and len(lines) == 3
    assert lines[1].get_ydata().tolist() == pytest.approx([0.4, 0.4])
    assert [text.get_text() for text in fig.legends[0].texts] == ["x", "y"]
    for wrong, message in (
        ({}, "curves: want those of 1 to"),
        (curves | {"z": {"a": torch.rand(3, 2)}}, r"curves\['z'\]: want the readers"),
        ({"x": {"a": torch.rand(3, 4)}}, r"curves\['x'\]\['a'\]: want shape"),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            plots.few_labels(wrong, counts=(5, 50))


@pytest.mark.slow
def test_the_shipped_sprites_models_do_as_notebook_08_tells(generator):
    images, factors = sprites()
    size = factors[:, list(FACTORS).index("size")]
    model = {beta: load_checkpoint(REPO_DATA / "weights" / f"sprites_beta_{beta}.pt").float() for beta in (1, 4)}
    codes = {beta: encode_means(one, images) for beta, one in model.items()}
    codes["turned"] = codes[4] @ torch.linalg.qr(torch.randn(10, 10, generator=generator)).Q
    right = {
        name: {reader: curve.mean(dim=0) for reader, curve in label_curves(z, size, counts=(30, 1000)).items()}
        for name, z in codes.items()
    }
    for reader in ("linear, all latents", "nearest neighbour"):
        torch.testing.assert_close(right["turned"][reader], right[4][reader], atol=0.005, rtol=0)
    one = "linear, one latent"
    assert (right[4][one] > right["turned"][one] + 0.03).all() and (right["turned"][one] > right[1][one]).all()
    assert right[4][one][0] > right[4]["linear, all latents"][0]
    assert (right[4]["nearest neighbour"] > right[1]["nearest neighbour"] + 0.05).all()
    assert right[1]["linear, all latents"][1] > right[4]["linear, all latents"][1] + 0.03
