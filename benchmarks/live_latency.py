"""From an event to changed pixels in a real JupyterLab, against ``interact``: ``make bench-live``.

Needs a Chromium, as the browser tests do. All ways are measured in one run, in one page. For each:

- how long after its cell has started the first picture is there;
- 120 single key presses and 120 movements of the mouse with its button down, each from the event to the first frame
  with another picture: when all scripts have drawn for it and the page is laid out, before it is painted. On a drawing
  pad the movements are one stroke, a spiral, and the picture is the digit that the last model decodes;
- 200 presses at 60 a second: in how many frames a press arrived, in how many the picture changed, how many frames
  were blank, and how long after the last press the picture still changed.

At the end: how long JavaScript takes to decode one latent, and to treat a drawing, encode it and decode its mean; and
how many bytes the pads send.
"""

import base64
import math
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.widgets.shared.decoder import export_decoder, export_encoder
from vae_helpers.widgets.shared.scripts import linked

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from conftest import CHROMIUM_FLAGS, find_chromium  # noqa: E402
from lab import Notebook, running_lab, write_notebook  # noqa: E402

EVENTS, BURST, HERTZ = 120, 200, 60
TURNS = (("Right", 39), ("Left", 37))

SETUP = """
import copy, ipywidgets as widgets, matplotlib.pyplot as plt, torch
from torch import nn
from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import load_mnist
from vae_helpers.encoding import decode_images
from vae_helpers.widgets import DrawPad, InterpolationSlider, LatentPad
model, autoencoder = load_checkpoint({weights!r}), load_checkpoint({plain!r})
images, labels = (part[:2000] for part in load_mnist("test"))

def draw(z1):
    plt.figure(figsize=(2, 2))
    plt.imshow(decode_images(model, torch.tensor([[z1, 0.5]]))[0, 0], cmap="gray_r")
    plt.axis("off")
    plt.show()

strange = copy.deepcopy(model)  # Tanh after the last layer's logits: nothing that the browser could evaluate
strange.decoder = nn.Sequential(model.decoder, nn.Tanh())
"""

# name, cell, what takes the keys and the mouse, what it is dragged along, what shows the picture
WAYS = [
    (
        "interact + matplotlib",
        "_ = widgets.interact(draw, z1=widgets.FloatSlider(min=-3, max=3, step=0.01))",
        ".noUi-handle",
        ".noUi-base",
        ".jp-OutputArea-output img",
    ),
    ("LatentPad, kernel decodes", "LatentPad(strange, images, labels)", *[".vae-pad-map"] * 2, ".vae-large canvas"),
    (
        "InterpolationSlider",
        "InterpolationSlider(model, images, labels)",
        ".noUi-handle",
        ".noUi-base",
        ".vae-large canvas",
    ),
    ("LatentPad", "LatentPad(model, images, labels)", ".vae-pad-map", ".vae-pad-map", ".vae-large canvas"),
    ("DrawPad", "DrawPad(model, images, labels)", *[".vae-draw-paper"] * 2, ".vae-draw-row canvas"),
    (
        "DrawPad, two models",
        'DrawPad({"autoencoder": autoencoder, "VAE": model}, images, labels)',
        *[".vae-draw-paper"] * 2,
        ".vae-draw-panel:last-of-type .vae-draw-row canvas",
    ),
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
    if (window.watched) window.watched.over = true;
    const state = { shown: 0, pressed: 0, blank: 0, changed: 0, last: picture(), on: false, single: null, over: false };
    window.watched = state;
    let [started, pressed, width] = [0, false, 1];
    const begin = (event) => {
        if (event.type === 'pointermove' && !event.buttons) return;
        started = event.timeStamp;
        pressed = true;
    };
    for (const type of ['keydown', 'pointermove']) window.addEventListener(type, begin, true);
    const look = () => {
        const now = picture();
        if (state.on) state.blank += now === null;
        if (now !== null && now !== state.last) {
            state.last = now;
            state.shown += 1;
            state.changed = performance.now();
            if (started) state.single = state.changed - started;
            started = 0;
        }
        state.pressed += pressed;
        pressed = false;
    };
    // In a frame a browser calls the scripts that draw, lays the page out, and tells who observes sizes: there, in
    // each frame, stands what it is about to paint. (A timer or a message might come only in the next frame.)
    const probe = document.body.appendChild(document.createElement('div'));
    probe.style.cssText = 'position: fixed; height: 1px; visibility: hidden';
    new ResizeObserver(look).observe(probe);
    const frame = () => {
        if (state.over) return probe.remove();
        probe.style.width = `${(width = 3 - width)}px`;
        requestAnimationFrame(frame);
    };
    frame();
}"""

FIRST_PICTURE = """async (selector) => {
    const started = performance.now();
    const notebook = jupyterapp.shell.currentWidget.content;
    const cell = notebook.activeCell.node;
    jupyterapp.commands.execute('notebook:run-cell');
    for (;;) {
        await new Promise(requestAnimationFrame);
        const element = cell.querySelector(selector);
        if (element && (element.tagName === 'IMG' ? element.complete : element.clientWidth)) break;
    }
    return performance.now() - started;
}"""

DECODE = """async ({script, layers, weights}) => {
    const module = await import('data:text/javascript,' + encodeURIComponent(script));
    const bytes = Uint8Array.from(atob(weights), (c) => c.charCodeAt(0));
    const decode = module.makeDecoder(layers, new Float32Array(bytes.buffer));
    const times = Array.from({ length: 300 }, (_, k) => {
        const started = performance.now();
        for (let i = 0; i < 5; i++) decode([Math.sin(k + i), Math.cos(3 * k)]); // five, because the clock is coarse
        return (performance.now() - started) / 5;
    });
    return times.slice(100).sort((a, b) => a - b);
}"""

DRAW = """async ({scripts, layers, weights, strokes}) => {
    const [{ toPixels }, { makeNetwork, makeDecoder }] = await Promise.all(
        scripts.map((script) => import('data:text/javascript,' + encodeURIComponent(script))));
    const floats = weights.map((text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
    const [encode, decode] = [makeNetwork(layers[0], floats[0]), makeDecoder(layers[1], floats[1])];
    const times = Array.from({ length: 300 }, () => {
        const started = performance.now();
        for (let i = 0; i < 5; i++) decode(encode(toPixels(strokes)).slice(0, 2));
        return (performance.now() - started) / 5;
    });
    return times.slice(100).sort((a, b) => a - b);
}"""

BYTES = """
def size(value):
    if isinstance(value, (dict, list)):
        return sum(map(size, value.values() if isinstance(value, dict) else value))
    return len(value if isinstance(value, (bytes, str)) else repr(value))

print(size({call}.view.get_state()))
"""


def main() -> None:
    weights, plain = (str(ROOT / "data" / "weights" / name) for name in ("vae_2d.pt", "autoencoder_2d.pt"))
    cells = [SETUP.format(weights=weights, plain=plain), *(way[1] for way in WAYS)]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, running_lab(Path(folder)) as lab:
        write_notebook(lab.notebooks / "live.ipynb", cells)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        notebook = Notebook(browser.new_page(viewport={"width": 1280, "height": 900}), lab, "live.ipynb")
        notebook.run_all()  # so that imports and first-time costs are not counted below
        assert notebook.errors() == [], notebook.errors()
        print(f"{'':26} first picture   key: median, p95   drag: median, p95   shown of frames   blank   settled")
        for way in WAYS:
            print(measure(notebook, *way), flush=True)
        print(decode_time(notebook.page))
        print(draw_time(notebook.page))
        for name in ("LatentPad", "DrawPad"):
            code = BYTES.format(call=f"{name}(model, images, labels)")
            print(f"sent by {name}: {notebook.python(code)} bytes")
        browser.close()


def measure(notebook: Notebook, name: str, cell: str, keys: str, track: str, picture: str) -> str:
    """One line of the table."""
    page, locator = notebook.page, notebook.show(cell)
    first = page.evaluate(FIRST_PICTURE, picture)
    page.wait_for_timeout(1000)
    page.evaluate(WATCH, [locator.element_handle(), picture])
    locator.locator(keys).first.focus()
    pressed = summary([press(page, "ArrowRight" if k % 40 < 20 else "ArrowLeft") for k in range(EVENTS + 5)][5:])
    dragged = summary(drag(page, locator.locator(track).first, locator.locator(keys).first))
    locator.locator(keys).first.focus()
    shown, frames, blank, settled = burst(page)
    latencies = f"{first:10.0f} ms   {pressed:>16}   {dragged:>17}"
    return f"{name:26} {latencies}   {shown:5} of {frames:<7} {blank:7}   {settled:4.0f} ms"


def summary(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ms, {statistics.quantiles(times, n=20)[-1]:.0f} ms"


def press(page: Page, key: str) -> float:
    """Milliseconds from one key event to the first frame with another picture."""
    anywhere_in_a_frame(page)
    page.keyboard.press(key)
    return single(page)


def drag(page: Page, track: Locator, handle: Locator) -> list[float]:
    """Milliseconds for each movement of a drag that goes there and back, or on paper along a spiral."""
    track.scroll_into_view_if_needed()
    box, grip = track.bounding_box(), handle.bounding_box()
    to = spiral if "vae-draw-paper" in (track.get_attribute("class") or "") else there_and_back
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in map(to, range(EVENTS + 5))]
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    times = []
    for place in places[1:]:
        anywhere_in_a_frame(page)
        page.mouse.move(*place)
        times.append(single(page))
    page.mouse.up()
    return times[4:]


def there_and_back(k: int) -> tuple[float, float]:
    """Place number k, as fractions of the track's width and height."""
    return 0.2 + 0.6 * abs((k % 60) - 30) / 30, 0.5


def spiral(k: int) -> tuple[float, float]:
    """From the middle of the paper outwards in even steps: each adds ink, so each changes the picture."""
    radius = 0.42 * math.sqrt(k / EVENTS)
    return 0.5 + radius * math.cos(15 * radius / 0.42), 0.5 + radius * math.sin(15 * radius / 0.42)


def anywhere_in_a_frame(page: Page) -> None:
    """Wait for a time that has nothing to do with the frames: an event may come early or late in one."""
    page.evaluate("watched.single = null")
    time.sleep(random.uniform(0.030, 0.030 + 1 / HERTZ))


def single(page: Page) -> float:
    """Milliseconds from the last event to its picture; 1000 where none came within a second."""
    for _ in range(50):
        elapsed = page.evaluate("watched.single")
        if elapsed is not None:
            return elapsed
        time.sleep(0.02)
    return 1000.0


def burst(page: Page) -> tuple[int, int, int, float]:
    """Pictures shown, frames in which a press arrived, blank frames, milliseconds from last press to last change."""
    page.wait_for_timeout(500)
    page.evaluate("Object.assign(watched, {blank: 0, shown: 0, pressed: 0, on: true})")
    session = page.context.new_cdp_session(page)
    keys = [{"key": f"Arrow{way}", "code": f"Arrow{way}", "windowsVirtualKeyCode": n} for way, n in TURNS]
    start = time.perf_counter()
    for k in range(BURST):
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", **keys[k // 20 % 2]})  # there and back: no end stop
        time.sleep(max(0, start + (k + 1) / HERTZ - time.perf_counter()))
    last = page.evaluate("performance.now()")
    page.wait_for_timeout(1500)
    watched = page.evaluate("watched.on = false, watched")
    return watched["shown"], watched["pressed"], watched["blank"], max(0.0, watched["changed"] - last)


def decode_time(page: Page) -> str:
    layers, weights = export_decoder(load_checkpoint(ROOT / "data" / "weights" / "vae_2d.pt").decoder)
    argument = {"script": linked("shared/decoder.js"), "layers": layers, "weights": base64.b64encode(weights).decode()}
    times = page.evaluate(DECODE, argument)
    return f"JavaScript decodes one latent in {statistics.median(times):.2f} ms (median; p95 {times[190]:.2f} ms)"


def draw_time(page: Page) -> str:
    model = load_checkpoint(ROOT / "data" / "weights" / "vae_2d.pt")
    networks = [export_encoder(model), export_decoder(model.decoder)]
    argument = {
        "scripts": [linked(f"shared/{name}.js") for name in ("strokes", "decoder")],
        "layers": [layers for layers, _ in networks],
        "weights": [base64.b64encode(weights).decode() for _, weights in networks],
        "strokes": [[spiral(k) for k in range(EVENTS)]],
    }
    times = page.evaluate(DRAW, argument)
    share = f"{statistics.median(times):.2f} ms (median; p95 {times[190]:.2f} ms)"
    return f"JavaScript treats a stroke of {EVENTS} points, encodes it and decodes its mean in {share}"


if __name__ == "__main__":
    main()
