import math

import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots
from vae_helpers.history import History


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_game_has_its_densities_over_its_discriminator():
    z = torch.linspace(-3, 3, 7)
    p, q, best = z.cos(), z.sin(), z / 10
    fig = plots.best_discriminators(z, p, {"a": (p, 0 * z), "b": (q, best)})
    assert [axis.get_title() for axis in fig.axes] == ["a", "b", "", ""]
    assert [line.get_ydata().tolist() for line in fig.axes[1].lines] == [p.tolist(), q.tolist()]
    assert fig.axes[3].lines[-1].get_ydata().tolist() == best.tolist()


def test_a_loss_is_averaged_over_20_steps_and_beside_ln_2():
    run = torch.arange(50.0)
    (axis,) = plots.game_losses({"one": [run, run + 1], "other": [run]}).axes
    first = axis.lines[0]
    assert first.get_xdata()[[0, -1]].tolist() == [20, 50]
    assert first.get_ydata()[[0, -1]].tolist() == [9.5, 39.5]  # of steps 1 to 20, and of the last 20
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["one", "other"]
    assert axis.lines[3].get_ydata() == pytest.approx([math.log(2)] * 2)


def test_the_reconstruction_stands_beside_if_there_is_a_history():
    history = History(rows=[{"epoch": k, "train_reconstruction": 10.0 * k} for k in (1, 2)])
    left, right = plots.game_losses({"D": [[0.5] * 30]}, history).axes
    assert left.get_legend() is None
    assert right.lines[0].get_ydata().tolist() == [10, 20]


def test_a_walk_is_drawn_for_each_run_and_named_once():
    logits = torch.linspace(-1, 1, 5)
    fig = plots.saturation(logits, {"a": logits.sigmoid(), "b": -logits}, {"a, slow": torch.ones(3, 4)})
    left, right = fig.axes
    assert [line.get_label() for line in left.lines] == ["a", "b"]
    assert len(right.lines) == 3 and right.lines[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["a, slow"]


def test_what_can_not_be_drawn():
    one, run = torch.ones(2), [torch.ones(30)]
    five = dict.fromkeys("abcde", one)
    calls = {
        "losses: want a dict": (TypeError, lambda: plots.game_losses({})),
        "games: want a dict": (TypeError, lambda: plots.best_discriminators(one, one, {})),
        "walks: want a dict": (TypeError, lambda: plots.saturation(one, {"a": one}, [])),
        "losses: want at most 5, got 6": (ValueError, lambda: plots.game_losses({str(k): run for k in range(6)})),
        r"losses\['b'\]: want runs of at least 20": (ValueError, lambda: plots.game_losses({"a": run, "b": [one]})),
        "gradients: want at most 4": (
            ValueError,
            lambda: plots.saturation(one, five, {"a": one}),
        ),
    }
    for message, (error, call) in calls.items():
        with pytest.raises(error, match=f"^{message}"):
            call()
