"""A drawing's treatment, shared/strokes.js, against another program's (Pillow), and against MNIST itself."""

import math

import numpy as np
import pytest
import torch
from javascript import run_in_node
from PIL import Image, ImageDraw

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA

SHEET = 2000  # pixels of its side, for Pillow
TIMES = np.linspace(0, 1, 60)


def curve(x, y):
    """A stroke of 60 points, of functions of a time from 0 to 1."""
    return np.stack([x(TIMES), y(TIMES)], axis=1).round(4).tolist()


def arc(x, y, across, down, start=0.0, turns=1.0):
    """A stroke around (x, y), clockwise from ``start`` turns after the top."""
    angles = 2 * np.pi * (start + turns * TIMES)
    return curve(lambda _: x + across * np.sin(angles), lambda _: y - down * np.cos(angles))


DIGITS = {
    0: [arc(0.5, 0.5, 0.2, 0.33)],
    1: [[[0.38, 0.32], [0.52, 0.15], [0.5, 0.85]]],
    2: [[*arc(0.48, 0.35, 0.2, 0.2, -0.2, 0.6), [0.28, 0.82], [0.74, 0.8]]],
    3: [[*arc(0.47, 0.32, 0.2, 0.16, -0.15, 0.65), *arc(0.47, 0.66, 0.24, 0.18, 0.0, 0.65)]],
    4: [[[0.35, 0.15], [0.27, 0.5], [0.7, 0.5]], [[0.62, 0.2], [0.55, 0.88]]],
    7: [[[0.25, 0.2], [0.75, 0.2], [0.42, 0.85]]],
}
BLOCK = [[0.1 + 0.02 * k, 0.1 if k % 2 else 0.9] for k in range(12)]
DRAWINGS = {f"a {digit}": strokes for digit, strokes in DIGITS.items()} | {
    "a line": [[[0.5, 0.15], [0.5, 0.85]]],
    "a dot": [[[0.5, 0.5]]],
    "in a corner": [[[0.02, 0.0], [0.2, 0.02], [0.09, 0.25]]],
    "across all": [[[0.0, 0.0], [1.0, 0.3], [0.1, 1.0]]],
    "heavy on the left": [BLOCK, [[0.32, 0.5], [0.95, 0.55]]],
    "a scribble": [curve(lambda t: 0.5 + 0.45 * np.sin(23 * t), lambda t: 0.5 + 0.3 * np.sin(31 * t + 1))],
}


@pytest.fixture(scope="module")
def treated():
    """What the pad makes of each drawing, (28, 28)."""
    pixels = run_in_node(
        f"return {[*DRAWINGS.values()]}.map((one) => Array.from(w.toPixels(one)));", "shared/strokes.js"
    )
    return dict(zip(DRAWINGS, np.array(pixels).reshape(-1, 28, 28), strict=True))


@pytest.fixture(scope="module")
def pen():
    return run_in_node("return w.PEN;", "shared/strokes.js")


def center(pixels: np.ndarray) -> np.ndarray:
    """Of mass, across and down, in the numbers of pixels from 0."""
    numbers, mass = np.arange(pixels.shape[-1]), pixels.sum((-2, -1))
    return np.array([pixels.sum(axis) @ numbers / mass for axis in (-2, -1)])


def longer_side(pixels: np.ndarray) -> np.ndarray:
    """Of the box around the ink, in pixels."""
    inked = [(pixels > 0).any(axis) for axis in (-2, -1)]
    return np.max([28 - one.argmax(-1) - one[..., ::-1].argmax(-1) for one in inked], axis=0)


def framed(picture: Image.Image, slack: float) -> np.ndarray:
    """MNIST's rule: what is in the box around the ink, with its longer side 20 pixels and its centre of mass at 14.

    ``slack`` is what a picture may be off a tie; a tie goes to the left and up.
    """
    left, top, right, bottom = picture.getbbox()
    side = max(right - left, bottom - top)
    square = picture.crop((left, top, left + side, top + side))  # so that the shorter side need not be rounded
    small = np.asarray(square.resize((20, 20), Image.Resampling.BOX)) / 255
    rows, columns = (1 + np.flatnonzero(small.any(axis)).max() for axis in (1, 0))
    across, down = (math.ceil(13.5 - slack - middle) for middle in center(small))
    across, down = min(max(across, 0), 28 - columns), min(max(down, 0), 28 - rows)  # not over an edge
    frame = np.zeros((28, 28))
    frame[down : down + rows, across : across + columns] = small[:rows, :columns]
    return frame


def drawn(strokes: list, pen: float) -> Image.Image:
    """By Pillow, on a large sheet with a margin for the pen."""
    picture = Image.new("L", (round((1 + 2 * pen) * SHEET),) * 2)
    brush, radius = ImageDraw.Draw(picture), pen * SHEET / 2
    for stroke in strokes:
        points = [tuple((pen + value) * SHEET for value in point) for point in stroke]
        brush.line(points, fill=255, width=round(2 * radius))
        for x, y in points:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return picture


@pytest.mark.parametrize("name", DRAWINGS)
def test_as_another_program_does_it(name, treated, pen):
    """The edges are not quite the same, above all where many strokes meet in one pixel; a pixel's shift costs more."""
    wanted = framed(drawn(DRAWINGS[name], pen), slack=0.01)
    apart = np.abs(treated[name] - wanted)
    crowded = name == "a scribble"
    assert apart.mean() < (0.012 if crowded else 0.004) and apart.max() < 0.4
    moved = [np.abs(np.roll(treated[name], shift, axis) - wanted).mean() for shift in (1, -1) for axis in (0, 1)]
    assert min(moved) > 5 * apart.mean()


@pytest.mark.parametrize("name", DRAWINGS)
def test_longer_side_and_middle(name, treated):
    assert longer_side(treated[name]) == 20
    if name == "heavy on the left":  # it stops at the edge instead
        assert treated[name][:, -1].any() and center(treated[name])[0] < 13.5
    else:
        assert (center(treated[name]) > 13.5 - 1e-3).all() and (center(treated[name]) < 14.5).all()


def test_the_rule_is_mnists(test_set):
    """Its own images are what the rule makes of what is in their boxes."""
    images = test_set[0][:, 0].numpy()
    centers, sides = center(images.astype(float)), longer_side(images)
    assert centers.min() > 13.5 - 1e-6 and centers.max() < 14.5
    assert (sides == 20).mean() > 0.999 and set(sides) <= {19, 20}
    for image in images[sides == 20][:1000]:
        again = framed(Image.fromarray((255 * image).round().astype(np.uint8)), slack=1e-6)
        assert np.abs(again - image).max() < 1e-6


def test_drawn_digits_could_be_mnists(treated, test_set):
    """They have as much ink, and a classifier that was trained on MNIST's reads them."""
    least, most = test_set[0].sum((1, 2, 3)).quantile(torch.tensor([0.01, 0.99])).tolist()
    drawings = torch.tensor(np.stack([treated[f"a {digit}"] for digit in DIGITS])).float()[:, None]
    assert all(least < ink < most for ink in drawings.sum((1, 2, 3)).tolist())
    with torch.no_grad():
        logits = load_checkpoint(REPO_DATA / "weights" / "classifier.pt")(drawings)
    assert logits.argmax(dim=1).tolist() == [*DIGITS]


def stroke_width(pixels: np.ndarray) -> np.ndarray:
    """In pixels: twice the ink over the length of its edges, which a grey picture's total variation is."""
    down, across = (np.gradient(np.pad(pixels, [(0, 0), (1, 1), (1, 1)]), axis=axis) for axis in (1, 2))
    return 2 * pixels.sum((1, 2)) / np.sqrt(down**2 + across**2).sum((1, 2))


def test_in_place_the_pen_is_as_wide_as_mnists(test_set):
    """A part of a digit can't be scaled as a whole one is: its pen has MNIST's median width."""
    code = f"return {[*DIGITS.values()]}.map((one) => Array.from(w.toPixelsInPlace(one)));"
    drawn = stroke_width(np.array(run_in_node(code, "shared/strokes.js")).reshape(-1, 28, 28))
    wanted = np.quantile(stroke_width(test_set[0][:, 0].numpy()), [0.4, 0.5, 0.6])
    assert wanted[0] < np.median(drawn) < wanted[2] and abs(drawn - wanted[1]).max() < 0.4
