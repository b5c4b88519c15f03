import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node

from vae_helpers.importance import effective_sample_size, log_mean_weights
from vae_helpers.widgets import ImportanceSlider

IMAGES = torch.linspace(0, 1, 3 * 784).reshape(3, 1, 28, 28)


def some_weights(draws: int = 200, spread: float = 3.0) -> torch.Tensor:
    return -90 + spread * torch.randn(3, draws, generator=torch.Generator().manual_seed(0))


def test_starts_as_asked_and_says_so():
    slider = ImportanceSlider(some_weights(), IMAGES)
    assert repr(slider) == "ImportanceSlider(3 images, 200 draws)"
    assert (slider.k, slider.image, slider.which, slider.order, slider.most) == (100, 0, "", 0, 200)
    assert slider.truth == [[]] and slider.names == [""]
    both = {"2-D": some_weights(20), "20-D": some_weights(20) + 1}
    slider = ImportanceSlider(
        both, IMAGES, {"20-D": torch.zeros(3)}, most=np.int64(10), image=2, which="20-D", presenter=True
    )
    assert repr(slider) == "ImportanceSlider(2-D, 20-D, 3 images, 20 draws)"
    assert (slider.k, slider.image, slider.which, slider.most) == (10, 2, "20-D", 10)
    assert slider.truth == [[], [0.0] * 3]
    assert slider._dom_classes == ("vae-stage", "vae-presenter")
    assert repr(ImportanceSlider(torch.zeros(1, 1), IMAGES[:1])) == "ImportanceSlider(1 image, 1 draw)"


def test_the_browser_gets_the_weights_and_the_images():
    both = {"a": some_weights(), "b": some_weights() + 1}
    slider = ImportanceSlider(both, IMAGES)
    sent = np.frombuffer(slider.log_weights, "<f4").reshape(2, 3, 200)
    assert np.array_equal(sent, torch.stack([*both.values()]).numpy())
    assert len(slider.images) == 3 * 784 and slider.images[-1] == 255
    most = ImportanceSlider(torch.zeros(10, 5000), torch.zeros(10, 1, 28, 28))
    assert len(most.log_weights) + len(most.images) < 210_000


@pytest.mark.parametrize(
    ("log_weights", "more", "message"),
    [
        (torch.zeros(3), {}, r"log_weights: want shape \(N, K\), got \(3,\)"),
        (torch.zeros(2, 5), {}, "log_weights: want a row for each of 3 images, got 2"),
        (torch.zeros(3, 0), {}, "log_weights: want at least one example"),
        (torch.zeros(3, 5001), {}, "log_weights: want at most 5,000 draws of an image, got 5,001"),
        (torch.full((3, 5), torch.nan), {}, "log_weights: contains NaN or infinity"),
        (torch.full((3, 5), -torch.inf), {}, "log_weights: contains NaN or infinity"),
        ({}, {}, "log_weights: want at least one model"),
        ({1: torch.zeros(3, 5)}, {}, "log_weights: want at least one model, by its name"),
        ({"a": torch.zeros(3, 5), "b": torch.zeros(3, 6)}, {}, "log_weights: want the same shape for all models"),
        (torch.zeros(3, 5), {"truth": torch.zeros(2)}, "truth: want one for each of 3 images, got 2"),
        (torch.zeros(3, 5), {"truth": torch.zeros(3, 1)}, "truth: want shape"),
        (torch.zeros(3, 5), {"truth": torch.full((3,), torch.nan)}, "truth: contains NaN"),
        ({"a": torch.zeros(3, 5)}, {"truth": torch.zeros(3)}, "truth: want it by the names of the models"),
        (torch.zeros(3, 5), {"most": 6}, "most: want a whole number from 1 to 5, got 6"),
        (torch.zeros(3, 5), {"most": 0}, "most: want a whole number from 1 to 5, got 0"),
        (torch.zeros(3, 5), {"most": 2.5}, "most: want a whole number from 1 to 5, got 2.5"),
        (torch.zeros(3, 5), {"images": torch.zeros(0, 1, 28, 28)}, "images: want shape .* with N >= 1"),
        (torch.zeros(3, 5), {"images": torch.zeros(13, 1, 28, 28)}, "images: want at most 12, got 13"),
        (torch.zeros(3, 5), {"images": 255 * IMAGES}, r"images: want values in \[0, 1\]"),
    ],
)
def test_what_is_refused(log_weights, more, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        ImportanceSlider(log_weights, **{"images": IMAGES} | more)


@pytest.mark.parametrize("log_weights", [[[1.0]], "ab", None, torch.zeros(3, 5, dtype=torch.long)])
def test_no_tensor_of_floats(log_weights):
    with pytest.raises(TypeError, match="^log_weights: want"):
        ImportanceSlider(log_weights, IMAGES)
    with pytest.raises(TypeError, match="^truth: want"):
        ImportanceSlider(some_weights(), IMAGES, [0.0] * 3)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("k", (0, 201, 1.5, True, "1", None)),
        ("image", (-1, 3, 0.5)),
        ("order", (-1, 0.5, None)),
        ("which", ("2-D", 0, None, [])),
    ],
)
def test_numbers_that_there_are_not(name, values):
    slider = ImportanceSlider(some_weights(), IMAGES)
    for value in values:
        with pytest.raises(traitlets.TraitError, match=f"^{name}: want"):
            setattr(slider, name, value)
        if name != "order" and value is not None:
            with pytest.raises(traitlets.TraitError, match=f"^{name}: want"):
                ImportanceSlider(some_weights(), IMAGES, **{name: value})
    slider.order = 1000  # the button can be pressed for long
    slider.k, slider.image, slider.order = np.int64(7), torch.tensor(2), 5
    assert (slider.k, slider.image, slider.order) == (7, 2, 5) and type(slider.k) is int


@pytest.mark.parametrize("spread", [0.0, 3.0, 30.0])
@pytest.mark.parametrize("seed", [0, 3])
def test_the_browser_has_pythons_figures(spread, seed):
    weights = some_weights(spread=spread)[:1].double()
    code = f"""
    const logs = {json.dumps(weights[0].tolist())};
    const order = w.orderOf(logs.length, {seed});
    const path = [...w.pathOf(logs, order, logs.length)];
    const figures = [1, 10, 200].map((k) => w.figuresOf(logs, order, k));
    return {{ order: [...order], path, mean: w.meanOf(logs), figures }};
    """
    got = run_in_node(code, "shared/weights.js")
    ordered = weights[:, got["order"]]
    assert sorted(got["order"]) == [*range(200)] and (got["order"] == [*range(200)]) == (seed == 0)
    assert got["mean"] == pytest.approx(weights.mean().item(), rel=1e-9)
    for k, figures in zip((1, 10, 200), got["figures"], strict=True):
        bound = log_mean_weights(ordered[:, :k]).item()
        assert [figures["bound"], got["path"][k - 1]] == pytest.approx([bound, bound], rel=1e-9)
        assert figures["effective"] == pytest.approx(effective_sample_size(ordered[:, :k]).item(), rel=1e-9)
        assert figures["share"] == pytest.approx(ordered[:, :k].softmax(dim=1).max().item(), rel=1e-9)
        assert weights[0, figures["place"]] == ordered[0, :k].max()


def test_the_kernel_sends_nothing_back(monkeypatch):
    """A late echo would pull the slider back from under the hand that moves it."""
    slider, sent = ImportanceSlider(some_weights(), IMAGES), []
    monkeypatch.setattr(slider, "send_state", lambda key=None: sent.append(key))
    slider.set_state({"k": 17, "image": 1, "order": 4})
    assert (slider.k, slider.image, slider.order) == (17, 1, 4) and not any(sent)
