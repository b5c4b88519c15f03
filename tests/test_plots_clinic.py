import math

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex

from vae_helpers import plots
from vae_helpers.clinic import PracticeVAE, find
from vae_helpers.plots.clinic import FINE, OFF


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(axis):
    return [text.get_text() for text in axis.texts]


@pytest.mark.slow
def test_symptoms_of_two(images):
    models = {"healthy": PracticeVAE(), "Jan": find("Jan").model()}
    losses = {"healthy": torch.linspace(500, 100, 48).tolist(), "Jan": [700.0, math.nan, 1e9, -5.0]}
    fig = plots.symptoms(models, losses, images[:100], n=4)
    left, right = fig.axes
    assert [line.get_label() for line in left.lines] == ["healthy", "Jan"]
    first, second = (torch.as_tensor(line.get_ydata()) for line in left.lines)
    assert len(first) == 24 and first[0] == pytest.approx((500 + 500 - 400 / 47) / 2)  # means of two steps
    assert second.tolist() == [700, 800, 800, 60]  # no number, too large, too small: at the edge
    strips = [torch.as_tensor(image.get_array()) for image in right.images]
    assert [strip.shape for strip in strips] == [(28, 112)] * 5  # images; copies and samples of each
    torch.testing.assert_close(strips[0][:, 28:56], 1 - images[1, 0])
    assert strips[3].max() <= 0.5 and strips[3].min() >= 0.26  # what was through two sigmoids is pale on grey
    assert [name for name in texts(right) if ":" in name] == ["healthy: copies", "Jan: copies"]
    numbers = [text for text in texts(right) if "own loss" in text]
    assert len(numbers) == 2 and "active" in numbers[0] and "of 10" in numbers[0]


def test_numbers_are_the_models_own(images):
    from vae_helpers.clinic import order

    ada = find("Ada").model()
    fig = plots.symptoms({"Ada": ada}, {"Ada": [1.0]}, images[:100])
    own = order("honest", ada, images[:100])
    (numbers,) = [text for text in texts(fig.axes[1]) if "own loss" in text]
    assert f"{own['own_reconstruction']:.2g}" in numbers and f"{own['own_kl']:.2g}" in numbers
    assert own["own_reconstruction"] < 1  # not the honest one


@pytest.mark.slow
def test_treated_shows_the_cured_twice(images):
    repairs = {"Finn": lambda self, *given: ..., "Gita": PracticeVAE.kl}
    fig = plots.treated(repairs, images[:128], images[:100])
    assert [line.get_label() for line in fig.axes[0].lines] == ["Finn", "Gita", "Gita, repaired"]
    widths = [line.get_linewidth() for line in fig.axes[0].lines]
    assert widths == sorted(widths, reverse=True) and len(set(widths)) == 3


CHARTS = {
    "healthy": {"a": 1.0, "b": 0.0, "c": 100.0},
    "x": {"a": 1.1, "b": 0.2, "c": 120.0},
    "y": {"a": 8.0, "b": 0.05, "c": math.nan},
    "z": {"a": 0.0013, "b": -0.3, "c": -119984.0},
}


def test_what_differs_is_orange():
    (axis,) = plots.clinic_tests(CHARTS, {"a": "test a", "b": "b", "c": "c"}, "healthy").axes
    colors = [to_hex(patch.get_facecolor()) for patch in axis.patches]
    fine, off, blank = FINE, OFF, "#ffffff"
    assert colors == [fine] * 3 + [fine, off, off] + [off, fine, blank] + [off, off, off]
    assert texts(axis) == ["1", "0", "100", "1.1", "0.2", "120", "8", "0.05", "", "0.0013", "-0.3", "-1e+05"]
    bold = [text.get_text() for text in axis.texts if text.get_weight() == "bold"]
    assert bold == ["0.2", "120", "8", "0.0013", "-0.3", "-1e+05"]
    assert [label.get_text() for label in axis.get_yticklabels()] == list(CHARTS)
    assert [label.get_text() for label in axis.get_xticklabels()] == ["test a", "b", "c"]
    assert axis.get_ylim() == (4, 0)  # the first model stands above


def test_many_tests_show_what_differs_only():
    many = {name: {f"{k}": chart["a"] for k in range(9)} for name, chart in CHARTS.items()}
    (axis,) = plots.clinic_tests(many, {f"{k}": f"{k}" for k in range(9)}, "healthy").axes
    assert texts(axis) == ["1"] * 9 + [""] * 9 + ["8"] * 9 + ["0.0013"] * 9


def test_refused(images):
    model = {"Ada": find("Ada").model()}
    for call, error, message in (
        (lambda: plots.symptoms([], {}, images), TypeError, "models: want a dictionary"),
        (lambda: plots.symptoms(model, {"Bela": [1.0]}, images), ValueError, "losses: want those of Ada, got .*Bela"),
        (lambda: plots.symptoms(model, {"Ada": []}, images), ValueError, "losses: want those of Ada"),
        (lambda: plots.symptoms(model, {"Ada": [1.0]}, images[:9]), ValueError, "images: want at least 64, got 9"),
        (lambda: plots.symptoms(model, {"Ada": [1.0]}, images[0]), ValueError, "images: want shape"),
        (lambda: plots.symptoms(model, {"Ada": [1.0]}, images, n=0), ValueError, "n: want"),
        (lambda: plots.treated({"Nobody": len}, images, images), ValueError, "name: want one of"),
        (lambda: plots.treated({}, images, images), TypeError, "models: want a dictionary"),
        (lambda: plots.clinic_tests({}, {"a": "a"}, "x"), TypeError, "charts, tests: want"),
        (lambda: plots.clinic_tests(CHARTS, {"a": "a"}, "q"), ValueError, "healthy: want one of healthy, x, y, z"),
        (lambda: plots.clinic_tests(CHARTS, {"q": "q"}, "x"), ValueError, "tests: want numbers that x has, got q"),
        (lambda: plots.clinic_tests(CHARTS, {"c": "c"}, "y"), ValueError, "tests: want numbers that y has, got c"),
    ):
        with pytest.raises(error, match=message):
            call()
