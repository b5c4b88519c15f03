"""The page of a report and its row, figure by figure: all differ, so that none can stand for another."""

import math

import pytest

from vae_helpers.estimates import Estimate
from vae_helpers.report_page import Bound, Report
from vae_helpers.sample_scores import SampleScores

BOUND = Bound(
    images=500,
    draws=1000,
    mean=Estimate(91.7281, 1.0931),
    draws_error=0.0314,
    gain=Estimate(4.7712, 0.2142),
    rise=0.1234,
    effective=14.4321,
    starved=0.1238,
)
WHOLE = Report(
    model="VAE",
    latents=20,
    images=10_000,
    pixels="black and white, as given",
    total=Estimate(98.7634, 0.2741),
    reconstruction=Estimate(73.2134, 0.2154),
    kl=Estimate(25.5512, 0.0912),
    bound=BOUND,
    active_by_means=18,
    active_by_kl=17,
    information=9.1534,
    aggregate_kl=16.3978,
    samples=SampleScores(holes=0.21412, imbalance=0.08312, frechet=88.31234, precision=0.64112, recall=0.75212),
    drawn=2000,
    warnings=(),
    missing={},
)
WHY = {name: f"why no {name}" for name in ("total", "bound", "active_by_means", "information", "samples")}
NOTHING = WHOLE._replace(
    **dict.fromkeys(WHY), kl=None, latents=None, active_by_kl=None, aggregate_kl=None, pixels="no images", missing=WHY
)

PAGE = """\
VAE with 20 latent dimensions: 10,000 held out, black and white, as given.
Nats an image, ± one standard error over images. ↓: lower is better, ↑: higher.

-ELBO ↓                            98.8 ± 0.3  reconstruction + KL
  reconstruction (distortion)      73.2 ± 0.2
  KL (rate)                      25.55 ± 0.09
-IW bound, K = 1,000 ↓             91.7 ± 1.1  500 of the images; draws: ± 0.031
  nearer than their -ELBO by        4.8 ± 0.2  paired, so surer
  than with K halved, by                 0.12  if not near 0, K is too small
  so for all images                94.0 ± 0.3  -ELBO less that gain
  median effective sample size             14  of 1,000 draws
active: variance of mu > 0.01              18  of 20
active: own KL > 0.01 nats                 17  of 20
information I(x; z), at least            9.15  ceiling: ln 10,000 = 9.21
KL(q(z) || p(z)), at most               16.40  the rest of the KL
samples without a digit ↓                21 %  of 2,000; probabilities, not draws
  class imbalance ↓                       8 %
  squared Fréchet distance ↓               88  to 2,000 grey test images, at random
  precision, recall ↑              0.64, 0.75"""

EMPTY = """\
VAE: 10,000 held out, no images.
Nats an image, ± one standard error over images. ↓: lower is better, ↑: higher.

-ELBO                                       -  why no total
  reconstruction (distortion)      73.2 ± 0.2
importance-weighted bound                   -  why no bound
active: variance of mu > 0.01               -  why no active_by_means
information I(x; z)                         -  why no information
samples                                     -  why no samples"""


def test_the_page():
    assert str(WHOLE) == repr(WHOLE) == PAGE and str(NOTHING) == EMPTY


def test_a_loss_of_grey_pixels_is_called_so():
    told = str(WHOLE._replace(pixels="grey, as given")).splitlines()
    assert told[3].startswith("loss of grey pixels ↓              98.8 ± 0.3")


@pytest.mark.parametrize(
    ("rise", "told"), [(0.0, "0.00"), (0.0049, "0.00"), (0.0051, "0.0051"), (-0.234, "-0.23"), (0.96, "0.96")]
)
def test_small_figures_have_two_digits(rise, told):
    line = str(WHOLE._replace(bound=BOUND._replace(rise=rise))).splitlines()[8]
    assert line.split("by")[1].split()[0] == told


def test_more_than_a_nat_has_one_decimal():
    assert "  1.2  if not near 0" in str(WHOLE._replace(bound=BOUND._replace(rise=1.234)))


def test_warnings_come_last_and_are_wrapped():
    told = str(WHOLE._replace(warnings=("of " * 60, "short"))).removeprefix(PAGE).splitlines()[1:]
    assert [line[:12] for line in told] == ["Warning: of ", "         of ", "         of ", "Warning: sho"]
    assert max(map(len, told)) <= 85


def test_the_bound_of_all_images():
    assert WHOLE.total_by_gain == (98.7634 - 4.7712, math.hypot(0.2741, 0.2142)) and NOTHING.total_by_gain is None


def test_the_row():
    assert WHOLE.row() == {
        "total": 98.763,
        "total_error": 0.2741,
        "reconstruction": 73.213,
        "reconstruction_error": 0.2154,
        "kl": 25.551,
        "kl_error": 0.0912,
        "iw_nll": 91.728,
        "iw_nll_error": 1.0931,
        "gain": 4.771,
        "gain_error": 0.2142,
        "draws_error": 0.031,
        "rise": 0.123,
        "effective": 14.432,
        "starved": 0.124,
        "active_by_means": 18,
        "active_by_kl": 17,
        "information": 9.153,
        "aggregate_kl": 16.398,
        "holes": 0.2141,
        "imbalance": 0.0831,
        "frechet": 88.3123,
        "precision": 0.6411,
        "recall": 0.7521,
    }


def test_the_row_of_what_could_not_be_measured():
    empty = ("total", "total_error", "kl", "kl_error", "active_by_means", "active_by_kl", "information", "aggregate_kl")
    measured = {"reconstruction": 73.213, "reconstruction_error": 0.2154}
    assert NOTHING.row() == dict.fromkeys(empty) | measured
