"""A report of a model: its figures, a page of text of at most 85 characters a line, and a row of a table."""

import math
import textwrap
from typing import Any, NamedTuple

from vae_helpers.estimates import Estimate
from vae_helpers.sample_scores import SampleScores

WIDTH = 85

Row = dict[str, Any]


class Bound(NamedTuple):
    """The importance-weighted bound of some of the images, negated: at least -log p(x), on average.

    >>> Bound(500, 1000, Estimate(91.7, 1.1), 0.03, Estimate(4.8, 0.05), 0.1, 10.0).rise
    0.1
    """

    images: int  # chosen at random
    draws: int  # K, for each
    mean: Estimate  # its error is over images, and holds that of the draws
    draws_error: float  # what other draws alone would change, as a standard error
    gain: Estimate  # by which it lies below the negative ELBO of the same images: paired
    rise: float  # by which it is nearer than with half of the draws
    effective: float  # median effective sample size, 1 to K
    starved: float = 0.0  # share of the images with one below 5


class Report(NamedTuple):
    """What :func:`vae_helpers.report.report` measured; printed, a page.

    What could not be measured is None, and ``missing`` says why.
    """

    model: str
    latents: int | None
    images: int
    pixels: str  # "black and white" or "grey", or "no images"; and where they come from
    total: Estimate | None  # the negative ELBO
    reconstruction: Estimate
    kl: Estimate | None
    bound: Bound | None
    active_by_means: int | None  # dimensions whose means vary over images by more than 0.01
    active_by_kl: int | None  # dimensions that cost more than 0.01 nats
    information: float | None  # I(x; z), at most log of the number of images
    aggregate_kl: float | None  # KL(q(z) || p(z)): with the information it makes the KL
    samples: SampleScores | None
    drawn: int  # images that the samples' scores rest on, and as many real ones
    warnings: tuple[str, ...]
    missing: dict[str, str]

    @property
    def total_by_gain(self) -> Estimate | None:
        """The bound for *all* images: their negative ELBO, less the gain that some of them showed.

        The gain differs less from image to image than the bound does, so that this is surer than the bound of some.
        """
        if self.bound is None:
            return None
        gain = self.bound.gain
        return Estimate(self.total.value - gain.value, math.hypot(self.total.error, gain.error))

    def row(self) -> Row:
        """All figures by name, rounded, errors beside them: a row of data/tables/reports.json."""
        found: Row = {}
        for name in ("total", "reconstruction", "kl"):
            found |= _with_error(name, getattr(self, name))
        if self.bound is not None:
            found |= _with_error("iw_nll", self.bound.mean) | _with_error("gain", self.bound.gain)
            found |= {
                name: round(getattr(self.bound, name), 3) for name in ("draws_error", "rise", "effective", "starved")
            }
        found |= {"active_by_means": self.active_by_means, "active_by_kl": self.active_by_kl}
        for name in ("information", "aggregate_kl"):
            found[name] = None if getattr(self, name) is None else round(getattr(self, name), 3)
        scores = {} if self.samples is None else self.samples._asdict()
        return found | {name: round(score, 4) for name, score in scores.items()}

    def __str__(self) -> str:
        return "\n".join(report_lines(self))

    __repr__ = __str__


def report_lines(found: Report) -> list[str]:
    """The lines: what was measured, then each figure with its error, what it is, and which way is better."""
    latents = "" if found.latents is None else f" with {found.latents} latent dimensions"
    lines = [
        f"{found.model}{latents}: {found.images:,} held out, {found.pixels}.",
        "Nats an image, ± one standard error over images. ↓: lower is better, ↑: higher.",
        "",
        *_bounds(found),
        *_latents(found),
        *_samples(found),
    ]
    return lines + [line for told in found.warnings for line in _wrapped("Warning: ", told)]


def _line(name: str, value: object, told: str = "") -> str:
    return f"{name:<31}{value!s:>14}  {told}".rstrip()


def _absent(name: str, why: str) -> str:
    return _line(name, "-", why)


def _wrapped(mark: str, text: str) -> list[str]:
    return textwrap.wrap(mark + text, WIDTH, subsequent_indent=" " * len(mark))


def _bounds(found: Report) -> list[str]:
    lines = []
    if found.total is None:
        lines.append(_absent("-ELBO", found.missing["total"]))
    else:
        name = "loss of grey pixels" if found.pixels.startswith("grey") else "-ELBO"
        lines.append(_line(f"{name} ↓", found.total, "reconstruction + KL"))
    lines.append(_line("  reconstruction (distortion)", found.reconstruction))
    if found.kl is not None:
        lines.append(_line("  KL (rate)", found.kl))
    if found.bound is None:
        return [*lines, _absent("importance-weighted bound", found.missing["bound"])]
    bound, k = found.bound, f"{found.bound.draws:,}"
    return [
        *lines,
        _line(
            f"-IW bound, K = {k} ↓", bound.mean, f"{bound.images:,} of the images; draws: ± {_short(bound.draws_error)}"
        ),
        _line("  nearer than their -ELBO by", bound.gain, "paired, so surer"),
        _line("  than with K halved, by", _short(bound.rise), "if not near 0, K is too small"),
        _line("  so for all images", found.total_by_gain, "-ELBO less that gain"),
        _line("  median effective sample size", f"{bound.effective:.0f}", f"of {k} draws"),
    ]


def _latents(found: Report) -> list[str]:
    lines, of = [], "" if found.latents is None else f"of {found.latents}"
    if found.active_by_means is not None:
        lines.append(_line("active: variance of mu > 0.01", found.active_by_means, of))
    elif "active_by_means" in found.missing:
        lines.append(_absent("active: variance of mu > 0.01", found.missing["active_by_means"]))
    if found.active_by_kl is not None:
        lines.append(_line("active: own KL > 0.01 nats", found.active_by_kl, of))
    if found.information is None:
        return [*lines, _absent("information I(x; z)", found.missing["information"])]
    ceiling = math.log(found.images)
    return [
        *lines,
        _line(
            "information I(x; z), at least", f"{found.information:.2f}", f"ceiling: ln {found.images:,} = {ceiling:.2f}"
        ),
        _line("KL(q(z) || p(z)), at most", f"{found.aggregate_kl:.2f}", "the rest of the KL"),
    ]


def _samples(found: Report) -> list[str]:
    if found.samples is None:
        return [_absent("samples", found.missing["samples"])]
    holes, imbalance, frechet, precision, recall = found.samples
    return [
        _line("samples without a digit ↓", f"{100 * holes:.0f} %", f"of {found.drawn:,}; probabilities, not draws"),
        _line("  class imbalance ↓", f"{100 * imbalance:.0f} %"),
        _line("  squared Fréchet distance ↓", f"{frechet:.0f}", f"to {found.drawn:,} grey test images, at random"),
        _line("  precision, recall ↑", f"{precision:.2f}, {recall:.2f}"),
    ]


def _short(value: float) -> str:
    """With two digits."""
    return "0.00" if abs(value) < 0.005 else f"{value:.2g}" if abs(value) < 1 else f"{value:.1f}"


def _with_error(name: str, found: Estimate | None) -> Row:
    if found is None:
        return {name: None, f"{name}_error": None}
    return {name: round(found.value, 3), f"{name}_error": round(found.error, 4)}
