"""What the browser tests share: read a canvas, wait for something, take hold of it.

Nothing here waits for a time: all of it waits until something holds, and fails after ``SECONDS`` without it. That is
long, because a machine may have other work; a test that passes does not wait so long.
"""

import base64
import io
import subprocess
import time

import numpy as np
from PIL import Image

SECONDS = 60
PNG = """canvas => new Promise(done => requestAnimationFrame(() => done(canvas.toDataURL('image/png'))))"""
FRAMES = """async count => { for (let k = 0; k < count; k++) await new Promise(requestAnimationFrame); }"""
# All views that the page announces are there, with the sliders and pictures that the state of their widgets says.
COMPLETE = """() => {
    const scripts = type => [...document.querySelectorAll(`script[type="application/vnd.jupyter.widget-${type}+json"]`)]
        .map(script => JSON.parse(script.textContent));
    const models = Object.assign({}, ...scripts('state').map(({state}) => state));
    const withParts = id => [models[id], ...(models[id].state.children ?? [])
        .flatMap(child => withParts(child.replace('IPY_MODEL_', '')))];
    const parts = scripts('view').flatMap(view => withParts(view.model_id));
    const stages = parts.filter(({state}) => state._dom_classes?.includes('vae-stage')).length;
    const sliders = parts.filter(({model_name}) => /Slider/.test(model_name)).length;
    const seen = selector => document.querySelectorAll(selector).length;
    return seen('.vae-stage') === stages && seen('.noUi-handle') === sliders
        && [...document.querySelectorAll('.vae-stage')].every(stage => stage.querySelector('.vae-view canvas'))
        && {stages, sliders};
}"""


def end(process: subprocess.Popen) -> None:
    """Ask a program to end, and make it where it does not listen."""
    process.terminate()
    try:
        process.wait(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def complaints(page) -> list[str]:
    """A list that fills with what goes wrong in a page."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return wrong


def pixels(canvas) -> np.ndarray:
    """The digit on a canvas as probabilities of ink (28, 28)."""
    data = base64.b64decode(canvas.evaluate(PNG).split(",")[1])
    return 1 - np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=float) / 255


def frames(page, count: int = 2) -> None:
    """Until the page has painted so many frames: what was to be drawn has been drawn."""
    page.evaluate(FRAMES, count)


def wait_until_complete(page) -> dict[str, int]:
    """Until a page or slides show all the widgets they announce, and each formula: both come after the page's load.

    Returns how many stages and sliders there are.
    """
    found = page.wait_for_function(COMPLETE, timeout=1000 * SECONDS).json_value()
    page.evaluate("window.MathJax?.startup?.promise?.then(() => null)")
    return found


def wait_until(page, holds):
    """What ``holds()`` says once that is true; it is asked again after each frame."""
    end = time.monotonic() + SECONDS
    while not (found := holds()):
        assert time.monotonic() < end, f"still not after {SECONDS} seconds; {found!r}"
        frames(page, 1)
    return found


def wait_for_change(page, read, before):
    """What ``read()`` says once that is something else."""
    seen = [before]

    def changed() -> bool:
        seen[0] = read()
        return seen[0] != before

    wait_until(page, changed)
    return seen[0]


def steady(page, read, count: int = 5):
    """What ``read()`` says, once it has been the same for so many frames: what stands above may still grow."""
    seen = []
    while len(seen) < count or any(one != seen[-1] for one in seen[-count:]):
        assert len(seen) < 5000, f"it does not come to rest: {seen[-1]!r}"
        seen.append(read())
        frames(page, 1)
    return seen[-1]


def steady_box(page, element) -> dict[str, float]:
    """Where an element is in the window, once it stays there."""
    element.scroll_into_view_if_needed()
    return steady(page, element.bounding_box)


def drag(page, slider, start: float, stop: float) -> None:
    """Take hold of a slider at a fraction of its length, and move to another by mouse."""
    box = steady_box(page, slider)
    page.mouse.move(box["x"] + start * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + stop * box["width"], box["y"] + box["height"] / 2, steps=10)
    page.mouse.up()
