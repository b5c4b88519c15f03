"""The drawing pad in JupyterLab: drawn by hand, chosen by keys or set by Python, and what a model makes of it."""

import base64
import json
import re

import gallery
import numpy as np
import pytest
import torch
from driving import PNG, frames, pixels, steady_box, wait_for_change, wait_until
from test_presenter import CONTRAST

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.encoding import decode_images
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models.layers import PIXELS
from vae_helpers.widgets.shared.decoder import export_decoder, export_encoder
from vae_helpers.widgets.shared.scripts import linked

CONVOLUTIONS = """
from torch import nn

class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 4, 4), nn.ReLU(), nn.Flatten(), nn.Linear(196, 4))

    def forward(self, images):
        return self.layers(images).chunk(2, dim=1)

import torch
strange = copy.deepcopy(model)
strange.encoder = Convolutional()
"""
BOTH = '{{"autoencoder": load_checkpoint({path!r}), "VAE": model}}'.format(
    path=str(REPO_DATA / "weights" / "autoencoder_2d.pt")
)
CELLS = [
    gallery.SETUP,
    CONVOLUTIONS,
    "pad = DrawPad(model, images, labels)\npad",
    f"both = DrawPad({BOTH}, images, labels)\nboth",
    "kernel = DrawPad(strange, images, labels)\nkernel",
]
TWO = [[(0.3, 0.3), (0.5, 0.18), (0.68, 0.35), (0.3, 0.8)], [(0.3, 0.8), (0.72, 0.8)]]
HOUSE = [
    [(0.2, 0.45), (0.5, 0.15), (0.8, 0.45), (0.2, 0.45), (0.2, 0.9), (0.8, 0.9), (0.8, 0.45)],
    [(0.45, 0.9), (0.45, 0.65), (0.6, 0.65), (0.6, 0.9)],
]
LETTER_M = [[(0.2, 0.85), (0.2, 0.15), (0.5, 0.6), (0.8, 0.15), (0.8, 0.85)]]
# Of each part its place and size, and of the parts of several
BOXES = """stage => [...stage.querySelectorAll('canvas, button, .vae-draw-figures, .vae-draw-nearest-title, .vae-note')]
    .map(e => e.getBoundingClientRect()).map(b => [b.x, b.y, b.width, b.height].map(Math.round).join())"""
STATE = """(() => {
    const { activeCellIndex, widgets } = jupyterapp.shell.currentWidget.content;
    return [activeCellIndex, widgets.length];
})()"""


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(CELLS)
    assert notebook.errors() == []
    return notebook


@pytest.fixture(scope="module")
def model():
    return load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt")


@pytest.fixture(scope="module")
def images():
    return load_mnist("test")[0][:1000]


@pytest.fixture
def cell(notebook):
    """The pad's cell, with test image 0."""
    return at_start(notebook, "pad")


@pytest.fixture
def both(notebook):
    return at_start(notebook, "both")


def at_start(notebook, name: str):
    cell = notebook.show(f"{name} = ")
    cell.locator(".vae-draw-paper").first.focus()
    notebook.page.keyboard.press("Home")
    wait_until(notebook.page, lambda: "test image 0, a 7" in treated(cell))
    wait_until(notebook.page, lambda: notebook.python(f"print({name}.view.index)") == "0")
    return cell


def treated(cell) -> str:
    return cell.locator(".vae-draw-treated figcaption").first.inner_text()


def figures(cell, panel: int = 0) -> str:
    return cell.locator(".vae-draw-figures").nth(panel).inner_text()


def caption(cell, digit: int) -> str:
    return cell.locator(".vae-draw-row figcaption").nth(digit).inner_text()


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]


def seen(cell) -> list[str]:
    """All that shows what a model makes of the image, and the image."""
    canvases = cell.locator(".vae-draw-paper, .vae-draw-treated canvas, .vae-draw-map, .vae-draw-row canvas")
    return [*(canvas.evaluate(PNG) for canvas in canvases.all()), figures(cell)]


def begin(page, paper, stroke) -> None:
    """Draw a stroke with the mouse, and keep its button down."""
    box = steady_box(page, paper)
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)


def draw(notebook, cell, strokes, view: int = 0) -> None:
    for stroke in strokes:
        begin(notebook.page, cell.locator(".vae-draw-paper").nth(view), stroke)
        notebook.page.mouse.up()


def wait_for_python(notebook, name: str, text: str) -> None:
    """Until the kernel knows what the page shows: it is told at most every 120 ms."""
    wait_until(notebook.page, lambda: notebook.python(f"print({name})") == text)


def image_of(notebook, name: str = "pad") -> torch.Tensor:
    pixels = notebook.python(f"import json; print(json.dumps({name}.image.flatten().tolist()))")
    return torch.tensor(json.loads(pixels)).reshape(1, 1, 28, 28)


@torch.no_grad()
def losses(model, image, z) -> tuple[float, float]:
    """Reconstruction and KL in nats, at a given draw of z."""
    logits = model.decoder(torch.tensor([z])).reshape(1, PIXELS)
    return bernoulli_nll(logits, image.flatten(1)).item(), gaussian_kl(*model.encode(image)).item()


def test_a_stroke_changes_everything_on_the_next_frames(notebook, cell):
    page, paper = notebook.page, cell.locator(".vae-draw-paper")
    before = seen(cell)
    begin(page, paper, TWO[0][:2])
    for point in TWO[0][2:]:
        box = paper.bounding_box()
        page.mouse.move(box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"], steps=5)
        frames(page)
        now = seen(cell)
        assert all(a != b for a, b in zip(before, now, strict=True))
        before = now
    page.mouse.up()
    assert (
        treated(cell)
        == "28 × 28 pixels:\nyour drawing, 1 stroke"
        == "28 × 28 pixels:\n" + paper.get_attribute("aria-valuetext")
    )


def test_nothing_moves_while_figures_change(notebook, both):
    page, stage = notebook.page, both.locator(".vae-stage")
    before = stage.evaluate(BOXES)
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        frames(page)
        assert stage.evaluate(BOXES) == before
    for stroke in [*TWO, *HOUSE]:
        begin(page, both.locator(".vae-draw-paper"), stroke)
        assert stage.evaluate(BOXES) == before
        page.mouse.up()


def test_javascript_and_torch_agree_on_a_hundred_test_images(notebook, model, images):
    """mu, logvar, pixels and both terms, by the scripts and weights that the view has, in the browser.

    So too on the same images moved to where MNIST has none: they cost ten times as much, and not less than that.
    """
    images = torch.cat([images[:100], images[:100].roll(7, dims=-1)])
    eps = torch.randn(200, 2, generator=torch.Generator().manual_seed(1))
    networks = [export_encoder(model), export_decoder(model.decoder)]
    got = notebook.page.evaluate(
        """async ({scripts, layers, weights, images, eps}) => {
        const [panel, networks] = await Promise.all(
            scripts.map(script => import('data:text/javascript,' + encodeURIComponent(script))));
        const floats = weights.map(text => new Float32Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer));
        const encode = networks.makeNetwork(layers[0], floats[0]);
        const decode = networks.makeDecoder(layers[1], floats[1]);
        return images.map((image, i) => {
            const code = encode(image);
            const q = panel.readCode(code);
            const ink = decode(panel.drawsOf(q, eps[i])[0]);
            return [Array.from(code), Array.from(ink), panel.crossEntropy(image, ink), q.kl];
        });
    }""",
        {
            "scripts": [linked("shared/coder_panel.js"), linked("shared/decoder.js")],
            "layers": [layers for layers, _ in networks],
            "weights": [base64.b64encode(weights).decode() for _, weights in networks],
            "images": images.flatten(1).tolist(),
            "eps": eps.tolist(),
        },
    )
    codes, inks, reconstructions, kls = (np.array(part) for part in zip(*got, strict=True))
    with torch.no_grad():
        mu, logvar = model.encode(images)
        logits = model.decoder(mu + torch.exp(0.5 * logvar) * eps).flatten(1)
    assert np.abs(codes - torch.cat([mu, logvar], dim=1).numpy()).max() < 1e-3
    assert np.abs(inks - torch.sigmoid(logits).numpy()).max() < 1e-3
    assert np.abs(reconstructions - bernoulli_nll(logits, images.flatten(1)).numpy()).max() < 0.05
    assert reconstructions[100:].max() > 1000
    assert np.abs(kls - gaussian_kl(mu, logvar).numpy()).max() < 1e-3


def test_keys_choose_test_images_and_the_screen_shows_what_torch_says(notebook, cell, model, images):
    page, paper = notebook.page, cell.locator(".vae-draw-paper")
    digits = cell.locator(".vae-draw-row canvas")
    labels = load_mnist("test")[1]
    state = page.evaluate(STATE)
    keys = {
        "ArrowRight": 1,
        "Shift+ArrowDown": 11,
        "PageDown": 21,
        "ArrowLeft": 20,
        "End": 599,
        "PageUp": 589,
        "Home": 0,
    }
    for key, i in keys.items():
        page.keyboard.press(key)
        text = f"test image {i}, a {labels[i]}"
        wait_until(page, lambda: treated(cell).endswith(text))  # noqa: B023
        assert paper.get_attribute("aria-valuetext") == text and paper.get_attribute("aria-valuenow") == str(i)
        image = images[i : i + 1]
        with torch.no_grad():
            mu, logvar = model.encode(image)
        assert np.abs(pixels(cell.locator(".vae-draw-treated canvas")) - image[0, 0].numpy()).max() < 0.6 / 255
        assert caption(cell, 0).startswith("at the mean μ") and caption(cell, 1).startswith("at the draw z")
        assert np.allclose(numbers(caption(cell, 0)), mu[0], atol=0.0051)
        sigma = cell.locator(".vae-draw-map").get_attribute("aria-label").split("sigma")[1]
        assert np.allclose(numbers(sigma), torch.exp(0.5 * logvar)[0], atol=0.0051)
        assert np.abs(pixels(digits.nth(0)) - decode_images(model, mu)[0, 0].numpy()).max() < 0.6 / 255
        wait_for_python(notebook, "pad.view.index", str(i))
        assert (image_of(notebook) - image).abs().max() < 1e-6
        z = json.loads(notebook.python("print(pad.z)"))
        assert np.allclose(numbers(caption(cell, 1)), z, atol=0.0051)
        assert np.abs(pixels(digits.nth(1)) - decode_images(model, torch.tensor([z]))[0, 0].numpy()).max() < 0.6 / 255
        reconstruction, kl = losses(model, image, z)
        assert np.allclose(numbers(figures(cell)), [reconstruction, kl, reconstruction + kl], atol=0.1)
    page.keyboard.press("b")  # in JupyterLab: another cell
    notebook.settle()
    assert page.evaluate(STATE) == state


def test_the_nearest_images(cell, model, images):
    with torch.no_grad():
        codes = model.encode(images[:600])[0]
    nearest = (codes - codes[0]).norm(dim=1).argsort()[:5]
    row = cell.locator(".vae-draw-nearest canvas")
    assert row.count() == 5
    for k, i in enumerate(nearest):
        assert np.abs(pixels(row.nth(k)) - images[i, 0].numpy()).max() < 0.6 / 255


def test_undo_clear_and_draw_again(notebook, cell):
    page = notebook.page
    button = lambda name: cell.get_by_role("button", name=name, exact=True)  # noqa: E731
    assert button("undo").is_disabled()
    draw(notebook, cell, TWO[:1])
    wait_until(page, lambda: treated(cell).endswith("1 stroke"))
    one = cell.locator(".vae-draw-treated canvas").evaluate(PNG)
    draw(notebook, cell, TWO[1:])
    wait_until(page, lambda: treated(cell).endswith("2 strokes"))
    assert cell.locator(".vae-draw-treated canvas").evaluate(PNG) != one
    mean, z = caption(cell, 0), caption(cell, 1)
    button("draw z again").click()
    wait_for_change(page, lambda: caption(cell, 1), z)
    assert caption(cell, 0) == mean
    button("undo").click()
    wait_until(page, lambda: treated(cell).endswith("1 stroke"))
    assert cell.locator(".vae-draw-treated canvas").evaluate(PNG) == one
    button("clear").click()
    wait_until(page, lambda: button("undo").is_disabled())
    assert treated(cell).endswith("an empty sheet")
    assert pixels(cell.locator(".vae-draw-treated canvas")).max() == 0
    wait_for_python(notebook, "pad.strokes, pad.image.sum().item()", "[] 0.0")


def test_python_reads_the_drawing(notebook, cell, model):
    draw(notebook, cell, TWO)
    wait_for_python(notebook, "len(pad.strokes)", "2")
    wait_until(notebook.page, lambda: treated(cell).endswith("2 strokes"))
    notebook.settle()
    strokes = json.loads(notebook.python("print(pad.strokes)"))
    for stroke, drawn in zip(strokes, TWO, strict=True):
        assert np.allclose([stroke[0], stroke[-1]], [drawn[0], drawn[-1]], atol=0.01) and len(stroke) >= 5
    image = image_of(notebook)
    assert np.abs(pixels(cell.locator(".vae-draw-treated canvas")) - image[0, 0].numpy()).max() < 0.6 / 255
    # as MNIST's makers did: 20 pixels, the centre of mass in the middle, grey edges
    rows, columns = (image[0, 0].amax(dim=dim).nonzero().flatten() for dim in (1, 0))
    assert max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1 in (19, 20, 21)
    for dim in (0, 1):
        mass = image[0, 0].sum(dim=1 - dim)
        assert abs((mass * (torch.arange(28) + 0.5)).sum() / mass.sum() - 14) < 1.01
    assert ((image > 0.1) & (image < 0.9)).sum() > 20
    z = json.loads(notebook.python("print(pad.z)"))
    reconstruction, kl = losses(model, image, z)
    assert np.allclose(numbers(figures(cell)), [reconstruction, kl, reconstruction + kl], atol=0.1)


def test_python_sets_the_image_and_z(notebook, cell, model, images):
    page = notebook.page
    draw(notebook, cell, TWO)
    notebook.python("pad.image = images[700:701]")
    wait_until(page, lambda: treated(cell).endswith("an image from Python"))
    assert np.abs(pixels(cell.locator(".vae-draw-treated canvas")) - images[700, 0].numpy()).max() < 0.6 / 255
    assert np.allclose(numbers(caption(cell, 0)), model.encode(images[700:701])[0][0].tolist(), atol=0.0051)
    assert notebook.python("print(pad.strokes, pad.view.index)") == "[] -1"
    notebook.python("pad.z = [0.5, -0.25]")
    wait_until(page, lambda: caption(cell, 1) == "at the draw z\n(0.50, -0.25)")
    wanted = decode_images(model, torch.tensor([[0.5, -0.25]]))[0, 0].numpy()
    assert np.abs(pixels(cell.locator(".vae-draw-row canvas").nth(1)) - wanted).max() < 0.6 / 255
    assert "TraitError" in notebook.python("try: pad.image = None\nexcept Exception as e: print(type(e).__name__)")


def test_python_does_not_take_the_drawing_from_under_the_hand(notebook, cell):
    page, paper = notebook.page, cell.locator(".vae-draw-paper")
    begin(page, paper, TWO[0][:2])
    wait_for_python(notebook, "len(pad.strokes)", "1")
    notebook.python("pad.image = images[5:6]")
    notebook.settle()
    box = paper.bounding_box()
    for x, y in TWO[0][2:]:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
    page.mouse.up()
    wait_until(page, lambda: treated(cell).endswith("your drawing, 1 stroke"))
    wait_for_python(notebook, "len(pad.strokes), pad.view.index", "1 -1")
    [stroke] = json.loads(notebook.python("print(pad.strokes)"))
    assert np.allclose([stroke[0], stroke[-1]], [TWO[0][0], TWO[0][-1]], atol=0.01)


def test_it_answers_while_the_kernel_is_busy_and_nothing_comes_back_late(notebook, cell):
    page = notebook.page
    with notebook.busy():
        before = seen(cell)
        draw(notebook, cell, TWO)
        frames(page)
        now = seen(cell)
        assert all(a != b for a, b in zip(before, now, strict=True))
    wait_for_python(notebook, "len(pad.strokes)", "2")
    notebook.settle()
    assert seen(cell) == now


def test_a_finger_draws_and_the_page_stays(notebook, cell):
    page, paper = notebook.page, cell.locator(".vae-draw-paper")
    before, box = seen(cell), steady_box(page, paper)
    finger = page.context.new_cdp_session(page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, y in (
        ("touchStart", 0.8),
        ("touchMove", 0.6),
        ("touchMove", 0.4),
        ("touchMove", 0.2),
        ("touchEnd", None),
    ):
        touches = [] if y is None else [{"x": box["x"] + 0.5 * box["width"], "y": box["y"] + y * box["height"]}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    wait_until(page, lambda: treated(cell).endswith("your drawing, 1 stroke"))
    wait_for_python(notebook, "[len(stroke) for stroke in pad.strokes]", "[4]")
    assert all(a != b for a, b in zip(before, seen(cell), strict=True))
    assert paper.bounding_box()["y"] == box["y"]


def test_a_point_and_a_cloud(notebook, both, model, images):
    """An autoencoder shows one digit, no KL and no lens; the maps are the models' own."""
    page = notebook.page
    autoencoder = load_checkpoint(REPO_DATA / "weights" / "autoencoder_2d.pt")
    assert both.locator(".vae-title").all_inner_texts() == ["autoencoder", "VAE"]
    panels = both.locator(".vae-draw-panel")
    assert [panels.nth(k).locator(".vae-draw-row .vae-digit").count() for k in (0, 1)] == [1, 2]
    assert "no KL" in figures(both, 0) and " + KL " in figures(both, 1)
    code = autoencoder.encode(images[:1])
    assert caption(both, 0).startswith("at its code z") and np.allclose(
        numbers(caption(both, 0)), code[0].tolist(), atol=0.0051
    )
    shown = pixels(both.locator(".vae-draw-row canvas").first)
    assert np.abs(shown - decode_images(autoencoder, code)[0, 0].numpy()).max() < 0.6 / 255
    cost = bernoulli_nll(autoencoder.decoder(code).flatten(1), images[:1].flatten(1)).item()
    assert np.allclose(numbers(figures(both, 0)), cost, atol=0.1)
    z = json.loads(notebook.python("import json; print(json.dumps(both.z))"))
    assert np.allclose(z["autoencoder"], code[0].tolist(), atol=1e-4)
    assert np.allclose(sum(losses(model, images[:1], z["VAE"])), numbers(figures(both, 1))[2], atol=0.1)
    before = [both.locator(".vae-draw-map").nth(k).evaluate(PNG) for k in (0, 1)]
    both.get_by_role("button", name="draw z again").click()
    frames(page)
    after = [both.locator(".vae-draw-map").nth(k).evaluate(PNG) for k in (0, 1)]
    assert before[0] == after[0] and before[1] != after[1]
    draw(notebook, both, TWO)
    frames(page)
    assert all(both.locator(".vae-draw-map").nth(k).evaluate(PNG) != after[k] for k in (0, 1))


LENS = """(canvas, down) => {
    const paper = canvas.getContext('2d');
    const unit = canvas.clientHeight && parseFloat(getComputedStyle(canvas).fontSize) / 13 * devicePixelRatio;
    const [x, y] = [canvas.width - 50 * unit, down ? canvas.height - 66 * unit : 50 * unit];
    const turns = Array.from({length: 90}, (_, k) => 2 * Math.PI * k / 90);
    const dark = t => paper.getImageData(Math.round(x + 42 * unit * Math.cos(t)) - 1,
        Math.round(y + 42 * unit * Math.sin(t)) - 1, 3, 3).data.some((value, k) => k % 4 === 0 && value < 100);
    return turns.filter(dark).length / 90;
}"""


def test_the_lens_stays_in_its_corner_unless_the_point_is_there(notebook, both, model, images):
    maps = both.locator(".vae-draw-map")
    assert maps.nth(0).evaluate(LENS, False) < 0.5  # a point needs none
    assert maps.nth(1).evaluate(LENS, False) > 0.9 and maps.nth(1).evaluate(LENS, True) < 0.5
    size, limit = (
        maps.nth(1).evaluate("canvas => canvas.clientWidth"),
        json.loads(notebook.python("print(both.view.coders[1]['limit'])")),
    )
    with torch.no_grad():
        codes = model.encode(images)[0]
    there = (codes - limit * (1 - 100 / size)).norm(dim=1).argmin().item()  # the middle of the lens
    notebook.python(f"both.image = images[{there}:{there + 1}]")
    wait_until(notebook.page, lambda: treated(both).endswith("an image from Python"))
    assert maps.nth(1).evaluate(LENS, True) > 0.9 and maps.nth(1).evaluate(LENS, False) < 0.5


@pytest.mark.parametrize("strokes", [HOUSE, LETTER_M], ids=["house", "M"])
def test_what_is_no_digit_is_unusual(notebook, cell, model, strokes):
    draw(notebook, cell, strokes)
    wait_for_python(notebook, "len(pad.strokes)", str(len(strokes)))
    notebook.settle()
    words = figures(cell).splitlines()[2]
    share = re.fullmatch(r"more than (?:(\d+) % of|all) 1,000 test images", words)
    assert share and int(share[1] or 100) >= 95, words
    z = json.loads(notebook.python("print(pad.z)"))
    reconstruction, kl = losses(model, image_of(notebook), z)
    assert np.allclose(numbers(figures(cell)), [reconstruction, kl, reconstruction + kl], atol=0.1)
    assert cell.locator(".vae-draw-bars").get_attribute("aria-label").endswith(words)


def test_an_encoder_that_only_the_kernel_can_evaluate(notebook):
    page, cell = notebook.page, at_start(notebook, "kernel")
    mean = "print('({:.2f}, {:.2f})'.format(*(v + 0.0 for v in strange.encode(kernel.image)[0][0].tolist())))"
    agree = lambda: caption(cell, 0).endswith(notebook.python(mean).replace("-0.00", "0.00"))  # noqa: E731
    wait_until(page, agree)
    before = caption(cell, 0)
    draw(notebook, cell, TWO)
    wait_for_change(page, lambda: caption(cell, 0), before)
    wait_for_python(notebook, "len(kernel.strokes)", "2")
    wait_until(page, agree)
    assert cell.locator(".vae-complaint").count() == 0


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_it_can_be_read_in_a_theme(notebook, both, theme):
    page = notebook.page
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
    draw(notebook, both, TWO)  # so that no button is disabled
    frames(page)
    texts = both.locator(
        ".vae-draw :is(figcaption, .vae-draw-figures, .vae-note, .vae-title, .vae-draw-nearest-title, button)"
    )
    assert texts.count() > 20
    assert all(text.evaluate(CONTRAST) > 4.5 for text in texts.all())


def test_full_screen_and_back(notebook, cell):
    page, paper = notebook.page, cell.locator(".vae-draw-paper")
    width = lambda: paper.evaluate("canvas => canvas.width")  # noqa: E731
    small = width()
    cell.get_by_role("button", name="full screen").click()
    page.wait_for_function("document.fullscreenElement?.classList.contains('vae-draw')")
    wait_until(page, lambda: width() > 1.2 * small)
    draw(notebook, cell, TWO)
    wait_until(page, lambda: treated(cell).endswith("2 strokes"))
    cell.get_by_role("button", name="small again").click()
    page.wait_for_function("!document.fullscreenElement")
    wait_until(page, lambda: width() == small)


def test_two_views_move_together(notebook, cell):
    page = notebook.page
    page.evaluate("""async () => {
        jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource('display(pad, pad)  # pad = ');
        await jupyterapp.commands.execute('notebook:run-cell');
    }""")
    cell.locator(".vae-draw-paper").nth(1).wait_for()
    draw(notebook, cell, TWO[:1], view=0)
    draw(notebook, cell, TWO[1:], view=1)
    texts = lambda: cell.locator(".vae-draw-treated figcaption").all_inner_texts()  # noqa: E731
    wait_until(page, lambda: all(text.endswith("2 strokes") for text in texts()))
    shown = [cell.locator(".vae-draw").nth(k).locator(".vae-draw-figures").inner_text() for k in (0, 1)]
    maps = [cell.locator(".vae-draw-map").nth(k).evaluate(PNG) for k in (0, 1)]
    assert shown[0] == shown[1] and maps[0] == maps[1]


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0


def test_it_lives_on_without_a_kernel_and_says_what_does_not(notebook):
    """Last: the kernel does not come back."""
    page, kernel = notebook.page, at_start(notebook, "kernel")
    at_start(notebook, "pad")
    notebook.close()
    cell = notebook.show("pad = ").locator(".vae-draw").first
    before = seen(cell)
    draw(notebook, cell, TWO)
    frames(page)
    assert all(a != b for a, b in zip(before, seen(cell), strict=True))
    cell.get_by_role("button", name="clear").click()
    wait_until(page, lambda: treated(cell).endswith("an empty sheet"))
    kernel = notebook.show("kernel = ")
    digit = pixels(kernel.locator(".vae-draw-row canvas").first)
    draw(notebook, kernel, TWO)
    wait_until(page, lambda: treated(kernel).endswith("2 strokes"))
    note = kernel.locator(".vae-silent")
    note.wait_for()
    assert "no kernel answers" in note.inner_text()
    assert (pixels(kernel.locator(".vae-draw-row canvas").first) == digit).all()
