"""What the browser tests share: read a canvas, wait, drag."""

import base64
import io

import numpy as np
from PIL import Image

SLIDERS = {  # how many a notebook has, as a page or as slides
    "01_autoencoder_vs_vae": 1,
    "02_gaussian_kl": 2,
    "03_vae_loss": 1,
    "04_reparameterization_trick": 4,
    "05_train_on_mnist": 0,
    "06_latent_space": 22,
}
PNG = """canvas => new Promise(done => requestAnimationFrame(() => done(canvas.toDataURL('image/png'))))"""


def pixels(canvas) -> np.ndarray:
    """The digit on a canvas as probabilities of ink (28, 28)."""
    data = base64.b64decode(canvas.evaluate(PNG).split(",")[1])
    return 1 - np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=float) / 255


def wait_until_complete(page, stem: str) -> None:
    """Until a page or slides show all widgets of the notebook ``stem`` (another page has none), and each formula.

    Both come only after the page's load.
    """
    page.wait_for_function(
        """wanted => document.querySelectorAll('.vae-stage .noUi-handle').length === wanted
            && [...document.querySelectorAll('.vae-stage')].every(stage => stage.querySelector('.vae-view canvas'))""",
        arg=SLIDERS.get(stem, 0),
        timeout=60_000,
    )
    page.evaluate("window.MathJax?.startup?.promise.then(() => null)")


def wait_for_change(page, read, before, seconds=5.0):
    for _ in range(int(seconds * 20)):
        now = read()
        if now != before:
            return now
        page.wait_for_timeout(50)
    raise AssertionError(f"nothing changed: still {before!r}")


def drag(page, slider, start: float, stop: float) -> None:
    """Take hold of a slider at a fraction of its length, and move to another by mouse."""
    box = slider.bounding_box()
    page.mouse.move(box["x"] + start * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + stop * box["width"], box["y"] + box["height"] / 2, steps=10)
    page.mouse.up()
