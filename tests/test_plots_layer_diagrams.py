"""The diagrams of two layers of latents: what is drawn given what."""

import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation

from vae_helpers import plots
from vae_helpers.plots.diagrams import BLUE, ORANGE


def arrows(axis):
    """Colour, start and end of each."""
    return [
        (text.arrow_patch.get_edgecolor()[:3], text.xyann, text.xy)
        for text in axis.texts
        if isinstance(text, Annotation)
    ]


def said(axis):
    return " ".join(text.get_text() for text in axis.texts)


def panels(fig):
    return [axis for axis in fig.axes if axis.texts]


def test_generating_goes_down_and_inference_up(images):
    generate, bottom_up = panels(plots.layer_diagrams(images[0]))
    assert all(start[1] > stop[1] for _, start, stop in arrows(generate)) and len(arrows(generate)) == 2
    assert all(start[1] < stop[1] for _, start, stop in arrows(bottom_up)) and len(arrows(bottom_up)) == 2
    assert "p(z_1|z_2)" in said(generate) and "q(z_2|z_1)" in said(bottom_up)


def test_a_ladder_goes_up_without_a_draw_and_down_by_the_prior(images):
    (ladder,) = panels(plots.layer_diagrams(images[0], ["ladder"]))
    down = [color for color, start, stop in arrows(ladder) if start[1] > stop[1]]
    assert down == [to_rgb(BLUE)]
    assert {color for color, *_ in arrows(ladder)} == {to_rgb(BLUE), to_rgb(ORANGE)}
    assert "no draw" in said(ladder) and "p(z_1|z_2)" in said(ladder)


def test_the_image_is_shown_in_each(images):
    fig = plots.layer_diagrams(images[0], ["generate", "bottom-up", "ladder"])
    shown = [axis.get_images()[0].get_array() for panel in panels(fig) for axis in panel.child_axes]
    assert len(shown) == 3
    for picture in shown:
        torch.testing.assert_close(torch.as_tensor(picture), 1 - images[0, 0])


def test_what_it_refuses(images):
    with pytest.raises(ValueError, match="kinds: want"):
        plots.layer_diagrams(images[0], [])
    with pytest.raises(ValueError, match="kinds"):
        plots.layer_diagrams(images[0], ["top-down"])
    with pytest.raises((TypeError, ValueError), match="image"):
        plots.layer_diagrams(images[:2])
