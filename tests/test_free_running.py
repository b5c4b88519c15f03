"""Drawing from true points and from one's own, and how far off each is."""

import math

import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots
from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, load_pen_digits
from vae_helpers.free_running import draw_two_ways, point_errors
from vae_helpers.models import RecurrentVAE, StrokeVAE

STROKES = torch.rand(6, 8, 2, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([3, 1, 3, 1, 0, 0])


def shipped(kind: str) -> RecurrentVAE:
    return load_checkpoint(REPO_DATA / "weights" / f"pen_vae_{kind}.pt").float()


def test_both_are_drawn_from_the_code():
    model = shipped("forced").train()
    told, own = draw_two_ways(model, STROKES)
    assert model.training and not told.requires_grad
    mu, _ = model.eval().encode(STROKES)
    torch.testing.assert_close(told, model.decode(mu, STROKES)[0])
    torch.testing.assert_close(own, model.decode(mu, own)[0])  # from its own points it draws those points again
    assert told.shape == own.shape == (6, 8, 2)
    torch.testing.assert_close(told[:, 0], own[:, 0])  # before the first point stands none
    assert (told[:, 1:] - own[:, 1:]).abs().amax(dim=(1, 2)).min() > 0.01


def test_a_part_of_a_stroke_is_drawn_as_long_as_it_is():
    assert [drawn.shape for drawn in draw_two_ways(shipped("forced"), STROKES[:, :3])] == [(6, 3, 2)] * 2


def test_a_blind_model_draws_the_same_in_both_ways():
    torch.testing.assert_close(*draw_two_ways(shipped("blind"), STROKES))


def test_errors_are_root_mean_square_distances_of_each_point():
    strokes, drawn = torch.zeros(2, 3, 2), torch.zeros(2, 3, 2)
    drawn[0, 1], drawn[1, 1], drawn[1, 2] = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 1.0]), torch.tensor([-2.0, 0])
    torch.testing.assert_close(point_errors(drawn, strokes), torch.tensor([0.0, math.sqrt(13), math.sqrt(2)]))


def test_what_the_notebook_says_of_the_shipped_ones():
    """From its own points the forced one ends four times as far off; the blind one as near as the forced one, told."""
    strokes, _ = load_pen_digits("test")
    told, own = (point_errors(drawn, strokes) for drawn in draw_two_ways(shipped("forced"), strokes))
    blind = point_errors(draw_two_ways(shipped("blind"), strokes)[1], strokes)
    assert told[0] == pytest.approx(own[0].item()) and (own / told)[1:].min() > 1.2 and own[-1] / told[-1] > 3
    assert blind[-1] < 1.2 * told[-1] and own[-1] > 0.3


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: draw_two_ways(StrokeVAE(), STROKES), TypeError, "^model: want a RecurrentVAE, got StrokeVAE"),
        (lambda: draw_two_ways(RecurrentVAE(), 100 * STROKES), ValueError, r"^strokes: want values in \[0, 1\]"),
        (lambda: draw_two_ways(RecurrentVAE(), STROKES[0]), ValueError, r"^strokes: want shape \(N, T, 2\)"),
        (lambda: draw_two_ways(RecurrentVAE(), STROKES[:0]), ValueError, "^strokes: want at least one"),
        (lambda: draw_two_ways(RecurrentVAE(), STROKES.double()), TypeError, "^strokes: want torch.float32"),
        (lambda: point_errors(STROKES[:, :7], STROKES), ValueError, "^drawn and strokes: want the same shape"),
        (lambda: point_errors(STROKES[:0], STROKES[:0]), ValueError, "^strokes: want at least one"),
    ],
)
def test_bad_input(call, error, said):
    with pytest.raises(error, match=said):
        call()


@pytest.fixture
def close_figures():
    yield
    plt.close("all")


@pytest.mark.usefixtures("close_figures")
class TestFigures:
    def test_a_line_and_a_row_for_each_way(self):
        drawn = {"one": STROKES.flip(0), "other": 0 * STROKES}
        curves, *rows = plots.free_running(STROKES, LABELS, drawn).axes
        for line, (name, drawing) in zip(curves.lines, drawn.items(), strict=True):
            assert line.get_label() == name and list(line.get_xdata()) == [*range(1, 9)]
            assert list(line.get_ydata()) == pytest.approx(point_errors(drawing, STROKES).tolist())
        assert [row.get_ylabel() for row in rows] == ["strokes", "one", "other"]
        assert [len(row.collections[1].get_offsets()) for row in rows] == [3, 3, 3]  # a start for each class
        first = [STROKES[k, 0] for k in (4, 1, 0)]  # of 0, of 1, of 3
        starts = torch.as_tensor(rows[0].collections[1].get_offsets()) - torch.tensor([[0, 0], [1.4, 0], [2.8, 0]])
        torch.testing.assert_close(starts.float(), torch.stack(first))

    def test_a_bar_for_each_point_and_discs_in_proportion(self):
        kl = torch.rand(6, 8)
        bars, row = plots.kl_of_points(STROKES, kl, kl.mean(dim=0)).axes
        assert [bar.get_height() for bar in bars.patches] == pytest.approx(kl.mean(dim=0).tolist())
        discs = row.collections[-1]
        sizes = torch.as_tensor(discs.get_sizes()).float()
        torch.testing.assert_close(sizes / sizes[0], (kl / kl[0, 0]).flatten())
        places = torch.as_tensor(discs.get_offsets()).float().unflatten(0, (6, 8))
        torch.testing.assert_close(places[0], STROKES[0])
        torch.testing.assert_close(places[4], STROKES[4] + torch.tensor([1.4, -1.4]))  # the second of the second row

    @pytest.mark.parametrize(
        ("call", "said"),
        [
            (lambda: plots.free_running(STROKES, LABELS, {}), "^drawn: want strokes of 1 to 5 ways, got 0"),
            (lambda: plots.free_running(STROKES, LABELS, dict.fromkeys("abcdef", STROKES)), "^drawn: .*, got 6"),
            (lambda: plots.free_running(STROKES, LABELS[:3], {"a": STROKES}), r"^labels: want shape \(6,?\)"),
            (lambda: plots.free_running(STROKES, LABELS, {"a": STROKES[:3]}), r"^drawn\['a'\]: want shape \(6, 8, 2\)"),
            (lambda: plots.free_running(STROKES[:0], LABELS[:0], {"a": STROKES}), "^strokes: want at least one"),
            (lambda: plots.kl_of_points(STROKES, torch.ones(6, 7), torch.ones(8)), r"^kl: want shape \(6, 8\)"),
            (lambda: plots.kl_of_points(STROKES, torch.ones(6, 8), torch.ones(7)), r"^mean_kl: want shape \(8,?\)"),
            (lambda: plots.kl_of_points(STROKES, -torch.ones(6, 8), torch.ones(8)), "^kl, mean_kl: want nats >= 0"),
            (lambda: plots.kl_of_points(STROKES, torch.ones(6, 8), torch.full((8,), math.nan)), "want nats >= 0"),
            (lambda: plots.kl_of_points(STROKES[:0], torch.ones(0, 8), torch.ones(8)), "^strokes: want at least one"),
        ],
    )
    def test_what_can_not_be_drawn(self, call, said):
        with pytest.raises(ValueError, match=said):
            call()
