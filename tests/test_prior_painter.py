import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from torch import nn

from vae_helpers.adversarial import discriminator_loss, encoder_loss
from vae_helpers.sampled_priors import PointsPrior
from vae_helpers.widgets import PriorPainter
from vae_helpers.widgets.prior_painter import preset_points, principal_components

IMAGES = torch.rand(60, 1, 28, 28, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(60) % 10


@pytest.fixture
def painter():
    return PriorPainter(IMAGES, LABELS, components=8)


def network(sizes, weights) -> nn.Sequential:
    """The page's network in torch, of its list of weights."""
    layers, at = [], 0
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        layer = nn.Linear(inputs, outputs)
        layer.weight.data = torch.tensor(weights[at : at + inputs * outputs]).reshape(inputs, outputs).T.contiguous()
        at += inputs * outputs
        layer.bias.data = torch.tensor(weights[at : at + outputs])
        at += outputs
        layers += [layer, nn.ReLU()]
    assert at == len(weights)
    return nn.Sequential(*layers[:-1])


def gradients(net) -> np.ndarray:
    parts = [part for layer in net[::2] for part in (layer.weight.grad.T.flatten(), layer.bias.grad)]
    return torch.cat(parts).numpy()


def test_the_page_plays_the_game_of_adversarial_step():
    """Same weights, same batch: both losses, the error, and the gradients of all three networks."""
    generator = torch.Generator().manual_seed(1)
    x, real = torch.randn(128, 24, generator=generator), torch.randn(128, 2, generator=generator)
    code = f"""
    const [x, real] = [{x.flatten().tolist()}, {real.flatten().tolist()}].map((one) => Float32Array.from(one));
    const nets = w.makeNets(24, 5);
    const encoded = w.encode(nets, x);
    const judge = w.discriminatorPart(nets, real, encoded.at(-1));
    const coder = w.coderPart(nets, x, encoded, 3);
    const list = (values) => [...values];
    return {{
      weights: Object.fromEntries(Object.entries(nets).map(([name, net]) => [name, list(net.weights)])),
      losses: [judge.loss, coder.error, coder.deceit],
      gradients: [coder.encoder, coder.decoder, judge.gradient].map(list),
    }};"""
    got = run_in_node(code, "shared/tiny_aae.js")
    sizes = {"encoder": (24, 64, 2), "decoder": (2, 64, 24), "discriminator": (2, 32, 32, 1)}
    nets = {name: network(sizes[name], got["weights"][name]) for name in sizes}
    z = nets["encoder"](x)
    loss = discriminator_loss(nets["discriminator"](real)[:, 0], nets["discriminator"](z.detach())[:, 0])
    loss.backward()
    judge = gradients(nets["discriminator"])
    error = (nets["decoder"](z) - x).square().sum(dim=1).mean()
    deceit = encoder_loss(nets["discriminator"](z)[:, 0]).mean()
    (error + 3 * deceit).backward()
    assert got["losses"] == pytest.approx([loss.item(), error.item(), deceit.item()], abs=1e-3)
    for mine, wanted in zip(
        got["gradients"], (gradients(nets["encoder"]), gradients(nets["decoder"]), judge), strict=True
    ):
        assert np.abs(wanted).max() > 1e-3
        assert np.abs(np.array(mine) - wanted).max() < 1e-3 * max(1, np.abs(wanted).max())


def test_start(painter):
    assert painter.prior_name == "heart" and painter.presenter is False and painter.weight == 3
    assert torch.allclose(painter.painting, preset_points()["heart"])
    assert repr(painter) == "PriorPainter(heart, 400 points)"
    assert [one["name"] for one in painter.presets] == ["Gaussian", "ring", "swiss roll", "heart"]
    assert all(points.abs().max() <= 4 for points in preset_points().values())


def test_the_painting_is_the_prior_of_the_next_cell(painter):
    painter.set_state({"points": np.array([1, 2, -3, 0], "<f4").tobytes(), "prior_name": "painted"})  # as the page does
    prior = painter.prior()
    assert isinstance(prior, PointsPrior) and prior.points.tolist() == [[1, 2], [-3, 0]] and prior.spread == 0.12
    painter.painting = [[0.5, 0.5]]
    assert painter.prior().points.tolist() == [[0.5, 0.5]] and repr(painter) == "PriorPainter(painted, 1 points)"
    painter.painting = torch.zeros(0, 2)
    with pytest.raises(ValueError, match="the plane is empty"):
        painter.prior()


def test_pictures_of_the_components():
    numbers, directions, mean = principal_components(IMAGES, 59)
    assert torch.allclose(numbers @ directions + mean, IMAGES.flatten(1), atol=1e-4)  # 60 images span 59 directions
    assert torch.allclose(directions @ directions.T, torch.eye(59), atol=1e-4)


def test_a_page_that_holds_it_stays_small():
    images = torch.rand(1000, 1, 28, 28)
    painter = PriorPainter(images, torch.arange(1000) % 10)
    state = painter.get_state()
    sent = sum(len(base64.b64encode(state[name])) for name in ("points", "numbers", "directions", "mean"))
    presets = sum(len(base64.b64encode(one["points"])) for one in state["presets"])
    assert sent + presets + len(json.dumps(state["labels"])) + len(painter._esm) + len(painter._css) < 300_000


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"images": 255 * IMAGES}, ValueError, "images"),
        ({"labels": LABELS[:5]}, ValueError, "labels"),
        ({"components": 0}, ValueError, "components"),
        ({"components": 61}, ValueError, "components: want at most one an image, 60, got 61"),
        ({"prior": "star"}, ValueError, "prior: want one of"),
        ({"presenter": "large"}, traitlets.TraitError, "presenter"),
    ],
)
def test_bad_input(change, error, message):
    with pytest.raises(error, match=message):
        PriorPainter(**({"images": IMAGES, "labels": LABELS, "components": 8} | change))


@pytest.mark.parametrize("painting", [torch.zeros(3), torch.zeros(3001, 2), [[5.0, 0.0]], [[float("nan"), 0.0]]])
def test_what_can_not_be_painted(painter, painting):
    with pytest.raises(ValueError, match="painting: want"):
        painter.painting = painting


def test_a_weight_that_is_none(painter):
    with pytest.raises(traitlets.TraitError, match="weight: want"):
        painter.weight = -1
