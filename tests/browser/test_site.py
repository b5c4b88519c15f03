"""The static site, from files and with the network cut: nothing is missing, and its widgets live."""

import re
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote, urlparse

import nbformat
import numpy as np
import pytest
import torch
from conftest import new_context
from driving import PNG, complaints, drag, frames, pixels, steady_box, wait_for_change, wait_until, wait_until_complete
from gallery import LIVE

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import decode_images

ROOT = Path(__file__).parent.parent.parent
SITE, HANDOUT = ROOT / "build" / "site", ROOT / "build" / "handout"
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
PAGES = ["index", "search", *(f"notebooks/{stem}" for stem in NOTEBOOKS)]
PAGES += [path.relative_to(ROOT).with_suffix("").as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
A_SEVEN = [(0.25, 0.2), (0.5, 0.2), (0.75, 0.2), (0.6, 0.5), (0.45, 0.85)]  # of the square's width and height
PICTURES = """el => [...el.closest('.vae-stage').querySelectorAll('.vae-view canvas')].map(c => c.toDataURL()).join()"""


@pytest.fixture
def offline(browser):
    """``open(page, **context)``: a page of the site in a browser without a network; it notes all that goes wrong."""
    assert SITE.exists() and HANDOUT.exists(), "there is no build/site or build/handout: run `make site handout` first"
    contexts = ExitStack()

    def visit(page: str, site: Path = SITE, **settings):
        tab = contexts.enter_context(new_context(browser, offline=True, **settings)).new_page()
        tab.wrong = complaints(tab)
        tab.on("requestfailed", lambda request: tab.wrong.append(f"failed: {request.url}"))
        tab.on("request", lambda request: tab.wrong.append(request.url) if request.url.startswith("http") else None)
        tab.goto((site / f"{page}.html").as_uri())
        return tab

    with contexts:
        yield visit


def has_formulas(page: str) -> bool:
    """Whether the notebook or the Markdown that the page is made of writes any. (Two pages have no such source.)"""
    sources = [path for end in (".ipynb", ".md") if (path := ROOT / f"{page}{end}").exists()]
    return any(re.search(r"\$[^$\n]+\$", path.read_text(encoding="utf-8")) for path in sources)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_no_network_for_anything(page, offline):
    tab = offline(page)
    wait_until_complete(tab)
    tab.wait_for_load_state("networkidle")  # for what a page might still ask for
    assert tab.wrong == []
    assert (
        tab.evaluate("[...document.images].filter(i => !i.alt || !i.complete || !i.naturalWidth).map(i => i.src)") == []
    )
    assert not any(bar.is_visible() for bar in tab.locator(".widget-hprogress").all())  # they are full
    raw = tab.evaluate(
        "['$$', '\\\\frac', '\\\\mathbb', '|---|'].filter(sign => document.body.innerText.includes(sign))"
    )
    assert raw == []  # formulas and tables that nobody has rendered
    formulas, drawn = (tab.locator(selector).count() for selector in (".math", "mjx-container"))
    assert drawn >= formulas and (formulas > 0) == has_formulas(page)


@pytest.mark.parametrize("page", ["index", "docs/instructors", *(f"notebooks/{stem}" for stem in NOTEBOOKS)])
def test_its_links_lead_somewhere(page, offline):
    links = offline(page).evaluate("[...document.links].map(a => a.href.split('#')[0])")
    local = {link for link in links if link.startswith("file:")}
    missing = [link for link in local if not Path(unquote(urlparse(link).path)).exists()]
    assert len(local) > 8 and missing == []


def test_the_handout_holds_no_answers_for_instructors(offline):
    pages = {path.relative_to(HANDOUT).as_posix(): path.read_text(encoding="utf-8") for path in HANDOUT.rglob("*.html")}
    assert {"docs/notation.html", *(f"notebooks/{stem}.html" for stem in NOTEBOOKS)} <= pages.keys()
    assert not [name for name, page in pages.items() if "instructor" in (name + page).lower() or "Usual wrong" in page]
    tab = offline("index", HANDOUT)
    links = tab.evaluate("[...document.links].map(a => a.href.split('#')[0])")
    assert all(Path(unquote(urlparse(link).path)).exists() for link in links if link.startswith("file:"))
    tab = offline("notebooks/06_latent_space", HANDOUT)
    wait_until_complete(tab)
    assert tab.title().startswith("06 Explore") and tab.wrong == []


@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_a_page_shows_every_widget_that_its_notebook_makes(stem, offline):
    cells = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    made = re.findall(rf"\b({'|'.join(entry.widget for entry in LIVE)})\(", source)
    tab = offline(f"notebooks/{stem}")
    assert wait_until_complete(tab)["stages"] == len(made)


@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_every_slider_moves_its_picture(stem, offline):
    tab = offline(f"notebooks/{stem}")
    sliders = wait_until_complete(tab)["sliders"]
    handles = tab.locator(".vae-stage .noUi-handle").all()
    assert len(handles) == sliders
    dead = 0
    for handle in handles:
        before = handle.evaluate(PICTURES)
        handle.focus()
        moved = False
        for key in ("End", "Home"):  # it may stand at one of them
            tab.keyboard.press(key)
            frames(tab)
            moved |= handle.evaluate(PICTURES) != before
        dead += not moved
    assert dead == 0  # even a dimension that is not in use changes some grey levels
    assert tab.locator(".vae-error").count() == 0 and tab.wrong == []


def draw(tab, paper, by_finger: bool) -> None:
    """A 7, in one stroke."""
    box = steady_box(tab, paper)
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in A_SEVEN]
    if by_finger:
        screen = tab.context.new_cdp_session(tab)
        for k, (x, y) in enumerate(places):
            kind = "touchMove" if k else "touchStart"
            screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    else:
        tab.mouse.move(*places[0])
        tab.mouse.down()
        for place in places[1:]:
            tab.mouse.move(*place, steps=4)
        tab.mouse.up()


@pytest.mark.parametrize("site", [SITE, HANDOUT], ids=lambda site: site.name)
@pytest.mark.parametrize("by_finger", [False, True], ids=["mouse", "finger"])
def test_the_front_page_opens_with_a_pad_that_answers_the_hand(site, by_finger, offline):
    tab = offline("index", site, **(PHONE if by_finger else {"viewport": {"width": 1280, "height": 720}}))
    assert wait_until_complete(tab)["stages"] == 1
    stage = tab.locator(".vae-stage.vae-draw")
    paper = stage.locator(".vae-draw-paper")
    square, window = paper.bounding_box(), tab.viewport_size
    assert square["y"] + square["height"] < window["height"]  # nobody has to scroll to it
    seen = [stage.locator(part).first for part in (".vae-draw-paper", ".vae-draw-map", ".vae-draw-results canvas")]
    before = [part.evaluate(PNG) for part in seen]
    draw(tab, paper, by_finger)
    for part, old in zip(seen, before, strict=True):
        wait_for_change(tab, lambda part=part: part.evaluate(PNG), old)
    assert tab.evaluate("scrollY") == 0  # the finger has drawn, and not moved the page
    assert "your drawing, 1 stroke" in stage.inner_text()
    assert tab.locator(".vae-error").count() == 0 and tab.wrong == []


def test_pad_by_mouse_and_keys_agrees_with_torch(offline):
    tab = offline("notebooks/06_latent_space")
    wait_until_complete(tab)
    stage = tab.locator(".vae-stage.vae-pad")
    pad, caption = stage.locator(".vae-pad-map"), stage.locator(".vae-large figcaption")
    before = caption.inner_text()
    drag(tab, pad, 0.5, 0.7)
    wait_for_change(tab, caption.inner_text, before)
    pad.focus()
    for key in ("Home", "Shift+ArrowRight", "Shift+ArrowRight", "ArrowUp"):
        tab.keyboard.press(key)
    wait_until(tab, lambda: caption.inner_text().startswith("z = (1.00, 0.05)"))
    model = load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt")
    wanted = decode_images(model, torch.tensor([[1.0, 0.05]]))[0, 0].numpy()
    assert np.abs(pixels(stage.locator(".vae-large canvas")) - wanted).max() < 0.6 / 255


def test_what_cells_have_made_of_formulas_and_tables_is_set(offline):
    tab = offline("notebooks/02_gaussian_kl")
    wait_until_complete(tab)
    assert tab.evaluate("[...document.querySelectorAll('table')].map(table => table.rows.length)") == [19]
    assert tab.locator(".cell_output mjx-container").count() > 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sliders_and_their_labels_stand_on_white_paper(scheme, offline):
    tab = offline("notebooks/06_latent_space", color_scheme=scheme)
    wait_until_complete(tab)
    colors = tab.locator(".vae-stage .widget-hslider label").evaluate_all("""labels => labels.map(label => [
        getComputedStyle(label.closest('.widget-subarea')).backgroundColor, getComputedStyle(label).color])""")
    assert len(colors) == 22 and all(paper == "rgb(255, 255, 255)" for paper, _ in colors)
    assert all(max(map(int, ink[4:-1].split(","))) < 60 for _, ink in colors)


def test_nothing_that_needs_a_kernel_is_offered(offline):
    tab = offline("notebooks/06_latent_space")
    wait_until_complete(tab)
    boxes = tab.locator(".vae-needs-kernel")
    assert boxes.count() > 0 and not any(box.is_visible() for box in boxes.all())


@pytest.mark.parametrize("page", ["index", *(f"notebooks/{stem}" for stem in NOTEBOOKS)])
def test_a_phone_shows_it_without_scrolling_sideways(page, offline):
    tab = offline(page, **PHONE)
    wait_until_complete(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    # left, right and width of each slider's track: a finger has to find its place on it
    tracks = tab.locator(".vae-stage .noUi-base").evaluate_all(
        "all => all.map(track => track.getBoundingClientRect()).map(box => [box.left, box.right, box.width])"
    )
    assert [track for track in tracks if track[0] < 0 or track[1] > 390 or track[2] < 40] == []


def test_it_prints(offline):
    tab = offline("notebooks/06_latent_space")
    wait_until_complete(tab)
    assert tab.pdf().count(b"/Type /Page\n") > 5
    tab.emulate_media(media="print")
    assert tab.locator(".vae-pad-map").is_visible() and not tab.locator(".mobile-header").is_visible()
