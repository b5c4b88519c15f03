"""The pictures of the sweep show what the table holds."""

from statistics import fmean

import matplotlib.pyplot as plt
import pytest

from vae_helpers import plots
from vae_helpers.sweep import load_sweep


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def row(objective, strength, seed, **scores):
    known = {"reconstruction": 70.0 + seed, "kl": 4.0, "active": 3, "mig": 0.2 + seed / 100, "total_correlation": 0.1}
    return {"objective": objective, "strength": strength, "seed": seed} | known | scores


ROWS = [row(kind, k, seed) for kind in ("beta", "tcvae", "capacity") for k in (2, 4) for seed in range(3)]


def test_a_dot_for_each_model_and_a_star_for_each_one_trained_here():
    rows = [*ROWS, row("beta", 16, 0, active=0, kl=0.0)]
    plane, gaps = plots.five_betas(rows, live={2: row("beta", 2, 9), 4: row("beta", 4, 9)}).axes
    dots = [line for line in gaps.lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in dots] == [3, 3, 1]
    assert dots[0].get_ydata() == pytest.approx([0.2, 0.21, 0.22])
    assert [line.get_xdata()[0] for line in gaps.lines if line.get_marker() == "*"] == [2, 4]
    (mean,) = (line for line in gaps.lines if line.get_label() == "mean")
    assert list(mean.get_ydata()) == pytest.approx([0.21, 0.21, 0.2])
    assert [text.get_text() for text in plane.texts] == [
        r"$\beta$ = 2: 3 active",
        r"$\beta$ = 4: 3 active",
        r"$\beta$ = 16: 0 active",
    ]
    assert [text.get_text() for text in gaps.get_legend().get_texts()] == ["mean", "trained here"]


def test_the_lines_go_through_the_means_of_equal_strength():
    table = load_sweep()
    for objective, label in (("tcvae", "beta-TCVAE"), ("capacity", "capacity C")):
        for axis, score in zip(
            plots.equal_reconstruction(table, objective).axes, ("total_correlation", "mig"), strict=True
        ):
            (line,) = (line for line in axis.lines if line.get_label() == label)
            strength = min(r["strength"] for r in table if r["objective"] == objective)
            first = [r for r in table if (r["objective"], r["strength"]) == (objective, strength)]
            expected = fmean(r["reconstruction"] for r in first), fmean(r[score] for r in first)
            assert (line.get_xdata()[0], line.get_ydata()[0]) == pytest.approx(expected)


def test_what_has_collapsed_is_left_out_at_equal_reconstruction():
    _, gaps = plots.equal_reconstruction([*ROWS, row("beta", 16, 0, active=0)], "tcvae").axes
    assert [text.get_text() for text in gaps.texts] == ["β = 2", "β = 4", "β = 2", "β = 4"]


def test_no_such_picture():
    with pytest.raises(ValueError, match='rows: want at least one of the objective "beta", got none'):
        plots.five_betas([])
    with pytest.raises(ValueError, match="rows: want at most 5 values of beta, got 6"):
        plots.five_betas([row("beta", k, 0) for k in range(6)])
    with pytest.raises(ValueError, match='rows: want at least one of the objective "tcvae", got none'):
        plots.equal_reconstruction(ROWS[:3], "tcvae")
    with pytest.raises(ValueError, match='objective: want "tcvae" or "capacity", got \'beta\''):
        plots.equal_reconstruction(ROWS, "beta")
