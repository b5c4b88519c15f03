"""From a key press to changed pixels in a real JupyterLab, against ``interact``: ``make bench-live``.

Needs a Chromium, as the browser tests do. All ways are measured in one run, in one page. For each: 120 single key
presses, from the event to the first frame whose picture differs; then 200 presses at 60 a second, and how many
of their pictures were shown, how many frames were blank, and how long after the last press the picture still changed.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from conftest import CHROMIUM_FLAGS, Notebook, find_chromium, running_lab  # noqa: E402

PRESSES, BURST, HERTZ = 120, 200, 60
TURNS = (("Right", 39), ("Left", 37))

SETUP = """
import ipywidgets as widgets, matplotlib.pyplot as plt, torch
from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import load_mnist
from vae_helpers.latent_space import decode_images
from vae_helpers.widgets import InterpolationSlider, LatentPad
model = load_checkpoint({weights!r})
images, labels = (part[:2000] for part in load_mnist("test"))

def draw(z1):
    plt.figure(figsize=(2, 2))
    plt.imshow(decode_images(model, torch.tensor([[z1, 0.5]]))[0, 0], cmap="gray_r")
    plt.axis("off")
    plt.show()
"""

# name, cell, what takes the keys, what shows the picture
WAYS = [
    (
        "interact + matplotlib",
        "_ = widgets.interact(draw, z1=widgets.FloatSlider(min=-3, max=3, step=0.01))",
        ".noUi-handle",
        ".jp-OutputArea-output img",
    ),
    ("InterpolationSlider", "InterpolationSlider(model, images, labels)", ".noUi-handle", ".vae-large canvas"),
    ("LatentPad", "LatentPad(model, images, labels)", ".vae-pad-map", ".vae-large canvas"),
]

# `picture()` names what is seen now: equal pictures, equal names; null where there is none, or a blank one.
WATCH = """([cell, selector]) => {
    const picture = () => {
        const element = cell.querySelector(selector);
        if (!element) return null;
        if (element.tagName === 'IMG') return element.complete && element.naturalWidth ? element.src : null;
        const data = element.getContext('2d').getImageData(0, 0, element.width, element.height).data;
        let [sum, ink] = [0, 0];
        for (let i = 0; i < data.length; i += 4) {
            sum = (sum * 31 + data[i]) % 2147483647;
            ink += 255 - data[i];
        }
        return ink ? sum : null;
    };
    const state = { shown: 0, blank: 0, changed: 0, last: picture(), on: false, single: null };
    window.watched = state;
    let started = 0;
    window.addEventListener('keydown', (event) => { started = event.timeStamp; }, true);
    // A message sent in a frame arrives when all have drawn for it: what it finds is what is seen.
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
        const now = picture();
        if (state.on) state.blank += now === null;
        if (now !== null && now !== state.last) {
            state.last = now;
            state.shown += 1;
            state.changed = performance.now();
            if (started) state.single = performance.now() - started;
            started = 0;
        }
    };
    const frame = () => {
        channel.port2.postMessage(0);
        requestAnimationFrame(frame);
    };
    frame();
}"""


def main() -> None:
    weights = str(ROOT / "data" / "weights" / "vae_2d.pt")
    cells = [nbformat.v4.new_code_cell(SETUP.format(weights=weights))]
    cells += [nbformat.v4.new_code_cell(cell) for _, cell, _, _ in WAYS]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        notebooks = Path(folder) / "notebooks"
        notebooks.mkdir()
        kernel = {"name": "python3", "display_name": "Python 3"}  # without it JupyterLab asks for one
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, notebooks / "live.ipynb")
        with running_lab(Path(folder), notebooks) as lab:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
            notebook = Notebook(browser, lab, "live.ipynb")
            notebook.run_all()
            assert notebook.errors() == [], notebook.errors()
            print(f"{'':22} {'median':>7} {'p95':>6}   shown of {BURST}   blank   settled after")
            for way in WAYS:
                print(measure(notebook, *way), flush=True)
            browser.close()


def measure(notebook: Notebook, name: str, cell: str, keys: str, picture: str) -> str:
    """One line of the table."""
    page, locator = notebook.page, notebook.show(cell)
    locator.locator(picture).first.wait_for()
    handle = locator.element_handle()
    page.evaluate(WATCH, [handle, picture])
    locator.locator(keys).first.focus()
    single = [press(page, "ArrowRight" if k % 40 < 20 else "ArrowLeft") for k in range(PRESSES + 5)][5:]
    shown, blank, settled = burst(page)
    p95 = statistics.quantiles(single, n=20)[-1]
    return f"{name:22} {statistics.median(single):4.0f} ms {p95:3.0f} ms   {shown:12} {blank:7}   {settled:.0f} ms"


def press(page: Page, key: str) -> float:
    """Milliseconds from one key event to the first frame with another picture."""
    page.evaluate("watched.single = null")
    page.keyboard.press(key)
    page.wait_for_function("watched.single !== null", timeout=5000, polling="raf")
    elapsed = page.evaluate("watched.single")
    page.wait_for_timeout(30)
    return elapsed


def burst(page: Page) -> tuple[int, int, float]:
    """Pictures shown, blank frames, and milliseconds from the last press to the last change."""
    page.wait_for_timeout(500)
    page.evaluate("Object.assign(watched, {blank: 0, shown: 0, on: true})")
    session = page.context.new_cdp_session(page)
    keys = [{"key": f"Arrow{way}", "code": f"Arrow{way}", "windowsVirtualKeyCode": n} for way, n in TURNS]
    start = time.perf_counter()
    for k in range(BURST):
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", **keys[k // 20 % 2]})  # there and back: no end stop
        time.sleep(max(0, start + (k + 1) / HERTZ - time.perf_counter()))
    last = page.evaluate("performance.now()")
    page.wait_for_timeout(1500)
    shown, blank, changed = page.evaluate("watched.on = false, [watched.shown, watched.blank, watched.changed]")
    return shown, blank, max(0.0, changed - last)


if __name__ == "__main__":
    main()
