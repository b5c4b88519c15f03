import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node

from vae_helpers.hierarchy import kl_of_units
from vae_helpers.models import VAE, HierarchicalVAE
from vae_helpers.widgets import LayerPads, layer_pads
from vae_helpers.widgets.layer_pads import codes_of

NAN = float("nan")
IMAGES = torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(0)).round()
LABELS = torch.arange(40) % 10


def made(inference: str = "ladder", dims=(6, 2), seed: int = 0) -> HierarchicalVAE:
    """Untrained, but for larger weights: p(z_1|z_2) depends on z_2, and the images on z_1."""
    model = HierarchicalVAE(dims, (24, 16), inference, seed=seed).eval()
    for decoder in model.decoders:
        decoder[-1].weight.data *= 4
    return model


@pytest.fixture(scope="module")
def model():
    return made()


@pytest.fixture
def pads(model):
    return LayerPads(model, IMAGES, LABELS)


def floats(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f4")


def in_javascript(network: dict) -> str:
    """What a page gets for a network."""
    data = base64.b64encode(network["weights"]).decode()
    view = f'new DataView(Uint8Array.from(Buffer.from("{data}", "base64")).buffer)'
    return f"{{layers: {json.dumps(network['layers'])}, weights: {view}, half: {json.dumps(network['half'])}}}"


def decoded_in_javascript(pads, z2: torch.Tensor, eps1: torch.Tensor) -> np.ndarray:
    networks = ", ".join(f"{name}: {in_javascript(one)}" for name, one in pads.networks.items())
    code = f"""
    const decode = w.makeLayered({{{networks}}});
    return {json.dumps([[a.tolist(), b.tolist()] for a, b in zip(z2, eps1, strict=True)])}
      .map(([z2, eps1]) => Array.from(decode(z2, eps1).ink));"""
    return np.array(run_in_node(code, "shared/layered.js"))


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("inference", ["ladder", "bottom-up"])
def test_browser_and_torch_decode_alike(inference, half):
    """To 1e-3; weights that were stored in half precision are sent so."""
    model = made(inference, (7, 2), seed=1)
    model = model.half().float() if half else model
    pads = LayerPads(model, IMAGES, LABELS)
    assert {network["half"] for network in pads.networks.values()} == {half}
    generator = torch.Generator().manual_seed(0)
    z2, eps1 = 2 * torch.randn(20, 2, generator=generator), 2 * torch.randn(20, 7, generator=generator)
    with torch.no_grad():
        mu, logvar = model.prior(0, z2)
        wanted = torch.sigmoid(model.decode(mu + (0.5 * logvar).exp() * eps1)).flatten(1)
    assert wanted.std(dim=0).mean() > 0.05  # the images differ
    assert np.abs(decoded_in_javascript(pads, z2, eps1) - wanted.numpy()).max() < 1e-3


def test_image_is_what_the_page_shows(pads):
    pads.z2, pads.eps1 = [0.5, -1.0], np.linspace(-1, 1, 6)
    shown = decoded_in_javascript(pads, torch.tensor([pads.z2]), torch.tensor([pads.eps1]))
    assert np.abs(shown - pads.image.flatten(1).numpy()).max() < 1e-3


@torch.no_grad()
def test_codes_of_a_ladder_give_back_its_merged_mean(model):
    """Where q(z_2|x) is narrow: any draw of z_2 is its mean then."""
    narrow = made()
    narrow.heads[1][-1].bias.data[2:] = -60  # logvar of z_2, after batch norm
    z2, eps1 = codes_of(narrow, IMAGES)
    below, above = narrow.infer(IMAGES, torch.Generator().manual_seed(0))
    torch.testing.assert_close(z2, above.q[0])
    mu, logvar = narrow.prior(0, z2)
    torch.testing.assert_close(mu + (0.5 * logvar).exp() * eps1, below.q[0], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_codes_bottom_up_are_the_means_of_q():
    model = made("bottom-up")
    z2, eps1 = codes_of(model, IMAGES)
    mu_1 = model.infer(IMAGES)[0].q[0]  # q(z_1|x) needs no draw
    read = model.bodies[1](mu_1)
    torch.testing.assert_close(z2, model.heads[1](read)[:, :2])
    mu, logvar = model.prior(0, z2)
    torch.testing.assert_close(mu + (0.5 * logvar).exp() * eps1, mu_1, atol=1e-4, rtol=1e-4)


def test_codes_do_not_depend_on_the_batch():
    """Batch norm uses its running statistics, in training mode too."""
    model = made().train()
    for one, all_of_them in zip(codes_of(model, IMAGES[:1]), codes_of(model, IMAGES), strict=True):
        torch.testing.assert_close(one, all_of_them[:1], atol=1e-4, rtol=1e-4)
    assert model.training


def test_what_goes_to_the_page(pads, model):
    z2, eps1 = codes_of(model, IMAGES)
    assert np.allclose(floats(pads.points), z2.flatten(), atol=1e-6)
    assert np.allclose(floats(pads.noises), eps1[:, pads.plane].flatten(), atol=1e-5)
    assert pads.example_labels == list(range(10)) and len(pads.examples) == 7840
    assert pads.z2 == pads.codes[0][:2] and pads.eps1 == pads.codes[0][2:]
    largest = kl_of_units(model, IMAGES)[0].topk(2).indices
    assert pads.plane == sorted(largest.tolist())
    assert floats(pads.draws).shape == (8 * (2 + 6),)


def test_costs_are_the_models_own(pads, model):
    """z_2's is exact, z_1's a mean over draws of z_2."""
    with torch.no_grad():
        generator = torch.Generator().manual_seed(7)
        wanted = torch.stack([model.layer_terms(IMAGES[:10], generator)[1] for _ in range(300)])
    got = torch.tensor(pads.costs)
    torch.testing.assert_close(got[:, 1], wanted[0, :, 1], atol=1e-4, rtol=1e-4)
    error = 5 * wanted[..., 0].std(dim=0) * (1 / 300 + 1 / 200) ** 0.5
    assert ((got[:, 0] - wanted[..., 0].mean(dim=0)).abs() <= error + 1e-5).all()


def test_an_example_far_out_still_lies_on_its_map(model, monkeypatch):
    many = IMAGES.repeat(50, 1, 1, 1)  # one of so many is too rare to widen the map by itself
    z2, eps1 = codes_of(model, many)
    z2[3], eps1[4] = 50, -70
    monkeypatch.setattr(layer_pads, "codes_of", lambda model, images: (z2, eps1))
    pads = LayerPads(model, many, LABELS.repeat(50))
    for example in range(10):
        pads.start_from(example)
    assert pads.limit > 50 and pads.noise_limit > 70


@pytest.mark.parametrize("frozen", ["", "z2", "eps1"])
def test_start_from_takes_both_layers(pads, frozen):
    """Else the bars would tell of one image and the picture show another."""
    pads.frozen = frozen
    pads.start_from(7)
    assert (pads.z2 + pads.eps1, pads.example, pads.frozen) == (pads.codes[7], 7, frozen)
    with pytest.raises(traitlets.TraitError, match="example"):
        pads.start_from(10)
    assert pads.example == 7


def test_other_draws_are_others_and_the_same_each_time(pads, model):
    first = pads.draws
    pads.draw()
    assert pads.draws != first
    assert LayerPads(model, IMAGES, LABELS).draws == first


def test_what_a_hand_does_arrives(pads):
    seen = []
    pads.observe(lambda change: seen.append(change["new"]), ["z2", "frozen"])
    pads.set_state({"z2": [1, 0.5], "frozen": "eps1"})
    assert seen == [[1.0, 0.5], "eps1"]


def test_training_the_model_further_changes_nothing(model):
    own = made()
    pads = LayerPads(own, IMAGES, LABELS)
    before = pads.image
    own.decoders[0][-1].bias.data += 3
    assert torch.equal(pads.image, before)


def test_the_representation_is_plain(pads):
    assert repr(pads) == "LayerPads(6 + 2 latents)"
    pads.frozen = "z2"
    assert repr(pads) == "LayerPads(6 + 2 latents, frozen: z2)"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("z2", [0.0]),
        ("z2", [0.0, 1e3]),
        ("z2", [NAN, 0.0]),
        ("z2", "ab"),
        ("eps1", [0.0] * 5),
        ("eps1", [1e3] * 6),
        ("eps1", [NAN] * 6),
        ("frozen", "z1"),
        ("frozen", None),
        ("example", -1),
        ("example", 10),
        ("example", True),
        ("draws", b"123"),
    ],
)
def test_refused_when_it_is_set(pads, name, value):
    before = getattr(pads, name)
    with pytest.raises(traitlets.TraitError, match=f"^{name}: want"):
        setattr(pads, name, value)
    assert getattr(pads, name) == before


@pytest.mark.parametrize("dims", [(6,), (6, 3), (6, 1), (1, 2), (6, 4, 2)])
def test_models_whose_top_is_no_pad(dims):
    model = HierarchicalVAE(dims, (8,) * len(dims))
    with pytest.raises(ValueError, match=r"^model: want two layers, .* z_2 with 2, .* got latent_dims \["):
        LayerPads(model, IMAGES, LABELS)


def with_nan(model):
    model.decoders[1][0].weight.data[0, 0] = NAN
    return model


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LayerPads(VAE(2), IMAGES, LABELS), "model: want a HierarchicalVAE, got VAE"),
        (lambda: LayerPads(None, IMAGES, LABELS), "model: want a HierarchicalVAE, got NoneType"),
        (lambda: LayerPads(with_nan(made()), IMAGES, LABELS), "model: its weights contain NaN"),
        (lambda: LayerPads(made(), 255 * IMAGES, LABELS), "images"),
        (lambda: LayerPads(made(), IMAGES, LABELS[:3]), "labels"),
        (lambda: LayerPads(made(), IMAGES, LABELS + 1), "labels"),
        (lambda: LayerPads(made(), IMAGES, LABELS, shown=0), "shown"),
        (lambda: LayerPads(made(), IMAGES, LABELS, frozen="both"), "frozen: want one of"),
    ],
)
def test_refused_at_the_door(call, message):
    with pytest.raises((TypeError, ValueError, traitlets.TraitError), match=f"^{message}"):
        call()
