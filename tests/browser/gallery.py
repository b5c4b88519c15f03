"""One notebook that shows every widget, with the shipped weights and 1,000 test images: nothing is trained.

A new widget is one more entry in ``GALLERY``; all tests of what widgets have in common take it from there, in
JupyterLab, on a page without a kernel, and in every browser.
"""

from typing import NamedTuple

from driving import PNG

from vae_helpers.data import REPO_DATA

# What a hand drags; of several in one widget, the first on the page.
DRAGGED = ".noUi-base, .vae-pad-map, .vae-draw-paper, .vae-painter-plane, .vae-fader"
TERMS = ("reconstruction", "kl", "total")
SETUP = f"""
import copy
from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.code_flow import load_code_flow
from vae_helpers.data import load_mnist, load_pen_digits
from vae_helpers.exercises import solution
from vae_helpers.importance import keep_log_weights
from vae_helpers.models import VAE, CompletionVAE, ConditionalVAE, HierarchicalVAE, NameVAE
from vae_helpers.sprites import sprites
from vae_helpers.training import History
from vae_helpers.widgets import *
model, wide = (load_checkpoint({str(REPO_DATA / "weights")!r} + name) for name in ("/vae_2d.pt", "/vae_20d.pt"))
images, labels = (part[:1000] for part in load_mnist("test"))
paler, collapsed = copy.deepcopy(model), copy.deepcopy(wide)
paler.decoder.head.bias.data -= 1  # the same strokes, thinner
for parameter in collapsed.encoder.head.parameters():
    parameter.data.zero_()  # q(z|x) is the prior for every x
styles = ConditionalVAE(2)
styles.decoder[-1].weight.data *= 10  # untrained: without this, all digits would be nearly the same grey
speller = NameVAE(seed=0)
pens = {{"no input": "/pen_vae_blind.pt", "true points": "/pen_vae_forced.pt"}}
writers = {{name: load_checkpoint({str(REPO_DATA / "weights")!r} + file).float() for name, file in pens.items()}}
strokes, written = load_pen_digits("test")
mapped = load_checkpoint({str(REPO_DATA / "weights")!r} + "/pen_vae_2d.pt").float()
shapes, factors = sprites(1000)
placer = VAE(10, hidden=(96, 64), seed=0)
placer.encoder.head.weight.data *= 3  # untrained: all ten are active, and tell something about the place
placer.decoder.head.weight.data *= 10
layered = HierarchicalVAE((6, 2), (32, 16), seed=0)
for decoder in layered.decoders:
    decoder[-1].weight.data *= 10  # untrained: a place on either pad changes the image
some = (images[:10] > 0.5).float()
two_logs, logs = (keep_log_weights(one, some.repeat_interleave(20, 0), 20).view(10, 400) for one in (model, wide))
speller.decoder.head.bias.data[0] += 3  # it is likelier that a name ends: those of an untrained model never would
"""


EPOCH = dict.fromkeys(("epoch", *(f"{part}_{term}" for part in ("train", "test") for term in TERMS)), 1.0)


class Entry(NamedTuple):
    name: str  # of the variable, by which tests find the cell too
    cell: str  # the call that makes the widget; its last bracket is left open, for `presenter`
    keys: str  # what takes the keys; none for a widget that only shows
    picture: str  # what a key, a drag or `python` must change
    handles: tuple[str, ...] = ()  # the names of its sliders' handles
    python: str = ""  # a statement that changes it, for a widget that takes no keys

    @property
    def widget(self) -> str:
        return self.cell.partition("(")[0]

    def source(self, presenter: bool) -> str:
        large = ", presenter=True" if presenter and self.keys else ""
        return f"{self.name} = {self.cell}{large})\n{self.name}"


GALLERY = (
    Entry("slider", "InterpolationSlider(model, images, labels", ".noUi-handle", ".vae-large canvas", ("t",)),
    Entry(
        "two",
        'InterpolationSlider({"paler": paler, "VAE": model}, images, labels, start=0, end=7',
        ".noUi-handle",
        ".vae-large canvas",
        ("t",),
    ),
    Entry(
        "many",
        "LatentSliders(wide, images=images",
        ".noUi-handle",
        ".vae-large canvas",
        tuple(f"z{k}" for k in range(1, 21)),
    ),
    Entry("kl", "KLDials(mu=1.0, sigma=0.6", ".noUi-handle", ".vae-curves", ("μ", "σ")),
    Entry(
        "lab",
        'ReductionLab({1: wide, 784: collapsed}, images, reconstruction="mean"',
        ".noUi-handle",
        ".vae-reduction-beta",
        ("β",),
    ),
    Entry(
        "dials",
        "ReparameterizationDials(model, sigma=(0.5, 0.5)",
        ".noUi-handle",
        ".vae-large canvas",
        ("μ₁", "σ₁", "μ₂", "σ₂"),
    ),
    Entry(
        "betas", "BetaSlider({1: wide, 16: collapsed}, images", ".vae-beta-latent .vae-fader", ".vae-beta-moved canvas"
    ),
    Entry("pad", "LatentPad(model, images, labels", ".vae-pad-map", ".vae-large canvas"),
    Entry("draw", "DrawPad(model, images, labels", ".vae-draw-paper", ".vae-draw-map"),
    Entry("drawn", 'DrawPad({"paler": paler, "VAE": model}, images, labels', ".vae-draw-paper", ".vae-draw-map"),
    Entry("part", "CompletionPad(CompletionVAE(), images, labels", ".vae-draw-paper", ".vae-completion-grid canvas"),
    Entry("style", "StylePad(styles, images, labels", ".vae-pad-map", ".vae-large canvas"),
    Entry("axes", "AxesDial(placer, shapes, factors, degrees=30", ".vae-fader", ".vae-axes-plane"),
    Entry("flow", "CodeFlow(*load_code_flow()", ".vae-fader", ".vae-flow-map"),
    Entry(
        "pen",
        "MovingPen(writers, strokes[written == 2][0], strokes[written == 7][0], strokes[:20]",
        ".vae-fader",
        ".vae-pen-paper",
    ),
    Entry("scrawl", "StrokePad(mapped, strokes, written", ".vae-draw-paper", ".vae-pad-map"),
    Entry("layer_pads", "LayerPads(layered, images, labels", ".vae-pad-map", ".vae-large canvas"),
    Entry("machine", "NameMachine(speller", ".vae-fader", ".vae-names-bars"),
    Entry("painter", "PriorPainter(images, labels", ".vae-painter-plane", ".vae-painter-plane"),
    Entry("layer_dial", "LayerDial(a=0.5, s=0.6, x=2.0", ".vae-fader", ".vae-layer-dial-plane"),
    Entry(
        "importance",
        'ImportanceSlider({"2-D": two_logs, "20-D": logs}, images[:10], {"2-D": two_logs.logsumexp(1) - 5}, most=200',
        ".vae-fader",
        ".vae-importance-path",
    ),
    Entry("symptoms", 'SymptomBoard("Ada"', ".vae-fader", ".symptom-curve"),
    Entry("watch", "LiveLatentMap(images, labels", "", ".vae-map", python="watch(model)"),
    Entry("curve", "LiveLossCurve(", "", "img", python=f"curve(History([{EPOCH}]))"),
)
LIVE = tuple(entry for entry in GALLERY if entry.keys)
NAMES = tuple(entry.name for entry in LIVE)


def cells(presenter: bool = False) -> list[str]:
    """The cells of the notebook."""
    return [SETUP, *(entry.source(presenter) for entry in GALLERY), 'solution("sample_prior")']


def named(name: str) -> Entry:
    return next(entry for entry in GALLERY if entry.name == name)


def seen(cell, name: str) -> str:
    """What a widget shows: a canvas as it is painted, other elements as their text."""
    shown = cell.locator(named(name).picture).first
    return shown.evaluate(PNG) if shown.evaluate("element => element.tagName") == "CANVAS" else shown.inner_text()
