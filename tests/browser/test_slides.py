"""The slides, from files, with the network cut: each fits its 1280 x 720 pixels, and its widgets live."""

from pathlib import Path

import pytest
from conftest import new_context
from driving import complaints, frames, steady, steady_box, wait_for_change, wait_until, wait_until_complete
from playwright.sync_api import expect

ROOT = Path(__file__).parent.parent.parent
SLIDES = ROOT / "build" / "slides"
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
SEEN = """() => {
    const slide = Reveal.getCurrentSlide();
    const seen = [...slide.querySelectorAll('.jp-Cell *')].filter(e => e.checkVisibility({visibilityProperty: true}));
    const boxes = seen.map(e => e.getBoundingClientRect()).filter(b => b.width > 1 && b.height > 1);
    const holdsText = e => [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const text = seen.filter(e => holdsText(e) && !e.closest('svg, math'));
    return {
        start: slide.innerText.trim().slice(0, 60),
        right: Math.max(...boxes.map(b => b.right)),
        bottom: Math.max(...boxes.map(b => b.bottom)),
        smallest: Math.min(99, ...text.map(e => parseFloat(getComputedStyle(e).fontSize))),
        last: Reveal.isLastSlide() && !Reveal.availableFragments().next,
    };
}"""
PICTURES = """() => [...Reveal.getCurrentSlide().querySelectorAll('.vae-view canvas')].map(c => c.toDataURL()).join()"""


@pytest.fixture(scope="module", params=NOTEBOOKS)
def deck(request, browser):
    path = SLIDES / f"{request.param}.html"
    assert path.exists(), "there are no build/slides: run `make slides` first"
    with new_context(browser, offline=True, viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.wrong = complaints(page)
        page.on("request", lambda asked: page.wrong.append(asked.url) if asked.url.startswith("http") else None)
        page.goto(path.as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        wait_until_complete(page)
        yield page


def to_slide_with(page, selector: str) -> None:
    """Go to the slide that holds the first ``selector``."""
    page.evaluate(
        """(selector) => {
        const {h, v} = Reveal.getIndices(document.querySelector(`.slides ${selector}`).closest('section'));
        Reveal.slide(h, v);
    }""",
        selector,
    )
    steady(page, lambda: page.evaluate(SEEN))


def test_each_slide_fits_and_can_be_read(deck):
    slides = []
    while not slides or not slides[-1]["last"]:
        if slides:
            deck.evaluate("Reveal.next()")
        slides.append(steady(deck, lambda: deck.evaluate(SEEN), count=3))
        assert len(slides) < 200
    deck.evaluate("Reveal.slide(0)")
    assert len(slides) > 15
    assert [s for s in slides if s["right"] > 1280 or s["bottom"] > 720] == []
    assert [s for s in slides if s["smallest"] < 16] == []
    assert deck.wrong == []


def test_each_slide_has_speaker_notes(deck):
    """A slide without any would empty the speaker's window while its part goes on."""
    bare = deck.evaluate("""[...document.querySelectorAll('.slides section:not(:has(section))')]
        .filter(s => !s.querySelector('aside.notes')).map(s => s.innerText.slice(0, 60))""")
    assert len(bare) <= 1, bare  # the title
    notes = deck.locator("aside.notes")
    assert notes.count() > 5 and not any(note.is_visible() for note in notes.all())


def test_the_speakers_window_follows(deck):
    with deck.context.expect_page() as opened:
        deck.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes .value")
    to_slide_with(deck, "aside.notes mjx-container")
    expect(notes).to_contain_text("Ask:")
    expect(notes.locator("svg").first).to_be_visible()  # a formula
    assert notes.locator("mjx-assistive-mml").count() == 0  # it would be seen there, beside the formula
    to_slide_with(deck, "#Summary")
    expect(notes).to_contain_text("Ask:")
    expect(notes).not_to_contain_text("Usual wrong answer:")
    opened.value.close()
    deck.evaluate("Reveal.slide(0)")


def test_widgets_live_and_keep_their_keys(deck):
    if deck.locator(".slides .vae-stage").count() == 0:
        return  # it has none: all that there are have been waited for
    to_slide_with(deck, ".vae-stage")
    keys = (
        deck.locator(".slides section.present").locator(".noUi-handle, .vae-pad-map, .vae-draw-paper, .vae-fader").last
    )
    where, before = deck.evaluate("Reveal.getIndices()"), deck.evaluate(PICTURES)
    keys.focus()
    for key in ("End", "ArrowLeft", "Home"):  # far: a lab shows its models in steps
        before = deck.evaluate(PICTURES)
        deck.keyboard.press(key)
        frames(deck)
        if deck.evaluate(PICTURES) != before:
            break
    assert deck.evaluate(PICTURES) != before and deck.evaluate("Reveal.getIndices()") == where
    keys.blur()
    deck.keyboard.press("PageDown")
    wait_until(deck, lambda: deck.evaluate("Reveal.getIndices()") != where)
    assert deck.locator(".vae-error").count() == 0 and deck.wrong == []


@pytest.mark.parametrize("pad", [".vae-pad-map", ".vae-draw-paper"])
def test_a_drag_moves_the_pad_and_not_the_slides(deck, pad):
    if deck.locator(f".slides {pad}").count() == 0:
        assert pad != ".vae-pad-map" or "06_latent_space.html" not in deck.url
        return
    to_slide_with(deck, pad)
    where, before = deck.evaluate("Reveal.getIndices()"), deck.evaluate(PICTURES)
    box = steady_box(deck, deck.locator(f".slides section.present {pad}").first)
    deck.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    deck.mouse.down()
    deck.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.6 * box["height"], steps=8)
    deck.mouse.up()
    wait_for_change(deck, lambda: deck.evaluate(PICTURES), before)
    assert deck.evaluate("Reveal.getIndices()") == where
