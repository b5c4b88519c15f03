import itertools
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node

from vae_helpers.linear_hierarchy import (
    elbo,
    factorised_gap,
    layer_kls,
    log_evidence,
    mean_layer_kls,
    z1_given_x_and_z2,
    z2_given_x,
)
from vae_helpers.widgets import LayerDial
from vae_helpers.widgets.layer_dial import RANGES

PLACES = list(itertools.product((-3.0, 0.0, 0.7, 2.0), (0.0, 0.5, 0.99), (0.1, 0.6, 2.0)))  # x, a, s


def test_starts_as_asked_and_says_so():
    assert repr(LayerDial()) == "LayerDial(a=0.5, s=0.6, x=2)"
    dial = LayerDial(a=0, s=np.float32(1), x=torch.tensor(-1.0), presenter=True)
    assert (dial.a, dial.s, dial.x, type(dial.x)) == (0.0, 1.0, -1.0, float)
    assert dial._dom_classes == ("vae-stage", "vae-presenter")


@pytest.mark.parametrize("name", RANGES)
def test_numbers_out_of_their_range_are_refused(name):
    dial = LayerDial()
    low, high = RANGES[name]
    for value in (low - 0.01, high + 0.01, float("nan"), "1", True, None):
        with pytest.raises(traitlets.TraitError, match=f"^{name}: want a number from {low:g} to {high:g}"):
            setattr(dial, name, value)
        with pytest.raises(traitlets.TraitError, match=f"^{name}: want a number"):
            LayerDial(**{name: value})


def test_the_browser_has_pythons_figures():
    got = run_in_node(f"return {json.dumps(PLACES)}.map(([x, a, s]) => w.figuresOf(x, a, s));", "layer_dial.js")
    for (place, a, s), figures in zip(PLACES, got, strict=True):
        x = torch.tensor([place], dtype=torch.float64)
        bottom, top = layer_kls(x, a, s)[0].tolist()
        mean_bottom, mean_top = mean_layer_kls(a, s)
        wanted = {"top": top, "bottom": bottom, "meanTop": mean_top, "meanBottom": mean_bottom}
        wanted |= {"evidence": log_evidence(x, s).item(), "elbo": elbo(x, a, s).item()}
        wanted["unlinked"] = wanted["elbo"] - factorised_gap(a, s)
        assert figures == pytest.approx(wanted, abs=1e-6)
        assert LayerDial(a, s, place).kls == (bottom, top)


def test_the_browsers_ellipse_is_pythons_posterior():
    """Its correlation by the slope of z1's mean over z2."""
    got = run_in_node(f"return {json.dumps(PLACES)}.map(([x, a, s]) => w.posteriorOf(x, a, s));", "layer_dial.js")
    for (place, a, s), ellipse in zip(PLACES, got, strict=True):
        x = torch.tensor([place], dtype=torch.float64)
        q2 = z2_given_x(x, a, s)
        means = [z1_given_x_and_z2(x, q2.mean + shift, a, s) for shift in (0.0, 1.0)]
        slope = (means[1].mean - means[0].mean).item()
        variance = means[0].variance.item() + slope**2 * q2.variance.item()
        assert ellipse["middle"] == pytest.approx([q2.mean.item(), means[0].mean.item()], abs=1e-6)
        assert [ellipse["sd2"], ellipse["sd1"] ** 2] == pytest.approx([q2.stddev.item(), variance], abs=1e-6)
        assert ellipse["rho"] * ellipse["sd1"] / ellipse["sd2"] == pytest.approx(slope, abs=1e-6)


def test_the_kernel_sends_nothing_back(monkeypatch):
    """A late echo would pull the dial back from under the hand that turns it."""
    dial, sent = LayerDial(), []
    monkeypatch.setattr(dial, "send_state", lambda key=None: sent.append(key))
    dial.set_state({"a": 0.9, "x": -1.5})
    assert (dial.a, dial.x) == (0.9, -1.5) and not any(sent)
