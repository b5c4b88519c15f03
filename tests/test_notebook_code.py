"""The code that a notebook teaches is the package's: its own definitions, run here, give the same numbers."""

import ast
import copy
import json
import math
from pathlib import Path

import pytest
import torch
from reference.linear_gaussian import fit_linear_gaussian
from reference.losses import free_bits
from torch import Generator, nn
from torch.nn import functional as F

from vae_helpers import gradient_estimators, losses
from vae_helpers.encoding import draw, encode_distributions
from vae_helpers.exercises.topics.gradients import open_paths
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.mmd import squared_mmd
from vae_helpers.models import VAE, AdversarialAutoencoder, ConditionalVAE, HierarchicalVAE, RecurrentVAE
from vae_helpers.models.gaussians import gaussian_log_prob, log_mean_weight, standard_log_weights
from vae_helpers.objectives import tcvae_step
from vae_helpers.total_correlation import kl_parts

FOLDER = Path(__file__).parent.parent / "notebooks"


def definitions(name: str) -> dict:
    """What a notebook imports and defines (functions and classes), without running anything else of it."""
    cells = [
        cell
        for cell in json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    kept = [
        node
        for cell in cells
        for node in ast.parse("".join(cell["source"])).body
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))
    ]
    scope: dict = {}
    exec(compile(ast.Module(kept, []), name, "exec"), scope)
    return scope


def cell_with(name: str, words: str) -> str:
    """The one cell of a notebook in which these words stand."""
    cells = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    (text,) = (text for cell in cells if words in (text := "".join(cell["source"])))
    return text


@pytest.fixture(scope="module")
def loss():
    return definitions("03_vae_loss")


@pytest.fixture(scope="module")
def trick():
    return definitions("04_reparameterization_trick")


@pytest.fixture(scope="module")
def axes():
    return definitions("08_beta_vae")


def test_the_six_steps_of_the_first_hour(images):
    """The lecture's steps, as notebook 00 writes them, are the package's loss terms."""
    steps = cell_with("00_vae_in_one_hour", "# 6 combine")
    model = VAE(2, (8,), seed=0)
    scope = {"torch": torch, "F": F, "vae_2d": model, "test_images": images[:30]}
    exec(steps, scope)
    reconstruction, kl = model.loss_terms(images[20:30], Generator().manual_seed(0))
    torch.testing.assert_close(scope["reconstruction"], reconstruction)
    torch.testing.assert_close(scope["kl"], kl, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(scope["loss"], (reconstruction + kl).mean())


def test_probabilistic_pca(loss):
    generator = Generator().manual_seed(0)
    x = torch.randn(40, 9, generator=generator, dtype=torch.float64)
    model = fit_linear_gaussian(x, 3)
    pixel_sigma = torch.tensor(model.noise_variance, dtype=torch.float64).sqrt()
    loss |= {"W": model.weight, "x_bar": model.mean, "pixel_sigma": pixel_sigma}
    mu, logvar = torch.randn(2, 40, 3, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(loss["log_marginal"](x), model.log_marginal(x))
    torch.testing.assert_close(loss["posterior"](x).mean, model.posterior(x).mean)
    covariance = torch.diag_embed(loss["posterior"](x).variance)  # independent dimensions: the columns are orthogonal
    torch.testing.assert_close(covariance, model.posterior(x).covariance_matrix)
    torch.testing.assert_close(loss["log_joint"](x, mu), model.log_joint(x, mu))
    torch.testing.assert_close(loss["elbo"](x, mu, logvar), model.elbo(x, mu, logvar))


def test_free_bits(loss):
    kl = torch.rand(5, 4, generator=Generator().manual_seed(0))
    for floor in (0.0, 0.3, 0.5, 2.0):
        torch.testing.assert_close(loss["free_bits"](kl, floor), free_bits(kl, floor))


def test_free_bits_model(loss, images):
    model = loss["FreeBitsVAE"](3, (8,), seed=0)
    x = images[:6]
    reconstruction, kl = model.loss_terms(x, Generator().manual_seed(0))
    plain, _ = VAE.loss_terms(model, x, Generator().manual_seed(0))
    mu, logvar = model.encode(x)
    wanted = free_bits(-0.5 * (1 + logvar - mu**2 - logvar.exp()), 0.25)
    torch.testing.assert_close(reconstruction, plain)
    torch.testing.assert_close(kl, wanted.expand(6))
    _, measured = model.eval().loss_terms(x, Generator().manual_seed(0))
    torch.testing.assert_close(measured, gaussian_kl(mu, logvar))  # the plain loss, as for all models


def test_the_slides_loss_read_per_pixel(loss, images):
    model = loss["PixelMeanVAE"](3, (8,), seed=0)
    x = images[:6]
    reconstruction, kl = model.loss_terms(x, Generator().manual_seed(0))
    logits, mu, logvar = model(x, Generator().manual_seed(0))
    torch.testing.assert_close(reconstruction.mean(), F.binary_cross_entropy_with_logits(logits, x))
    torch.testing.assert_close(kl, gaussian_kl(mu, logvar))
    measured, _ = model.eval().loss_terms(x, Generator().manual_seed(0))
    torch.testing.assert_close(measured, 784 * reconstruction)


def test_the_slides_mse_read_per_pixel(loss, images):
    """A scale of s^2 = 392 is a mean over 784 pixels, but for a constant."""
    model = loss["GaussianVAE"](3, (8,), seed=0)
    with torch.no_grad():
        model.log_scale.fill_(0.5 * math.log(392))
    reconstruction, _ = model.loss_terms(images[:6], Generator().manual_seed(0))
    logits, *_ = model(images[:6], Generator().manual_seed(0))
    wanted = (torch.sigmoid(logits) - images[:6]).square().flatten(1).mean(dim=1)
    constant = 784 * math.log(math.sqrt(2 * math.pi * 392))
    torch.testing.assert_close(reconstruction - constant, wanted, rtol=1e-4, atol=2e-3)


def test_learned_scale(loss, images):
    model = loss["GaussianVAE"](3, (8,), seed=0)
    with torch.no_grad():
        model.log_scale.fill_(math.log(0.3))
    reconstruction, _ = model.loss_terms(images[:6], Generator().manual_seed(0))
    logits, *_ = model(images[:6], Generator().manual_seed(0))
    wanted = losses.gaussian_nll(torch.sigmoid(logits), images[:6], 0.3)
    torch.testing.assert_close(reconstruction, wanted, rtol=1e-4, atol=1e-2)


class Given(nn.Module):
    """An encoder that answers with its two parameters."""

    def __init__(self, n, d):
        super().__init__()
        generator = Generator().manual_seed(1)
        self.mu, self.logvar = (nn.Parameter(torch.randn(n, d, generator=generator)) for _ in range(2))

    def forward(self, x):
        return self.mu, self.logvar


@pytest.mark.parametrize(("kind", "count"), [("ScoreVAE", 1), ("BaselineVAE", 2)])
def test_models_trained_by_the_score_function(trick, images, kind, count):
    """The gradient that reaches mu is the package's estimate, from the same draws."""
    model, x = trick[kind](2, (8,), seed=0), images[:1]
    model.encoder = Given(1, 2)
    reconstruction, _ = model.loss_terms(x, Generator().manual_seed(0))
    reconstruction.sum().backward()
    mu, logvar = (p.detach() for p in model.encoder.parameters())
    generator = Generator().manual_seed(0)
    eps = torch.cat([torch.randn(1, 2, generator=generator) for _ in range(count)])
    z = mu + torch.exp(logvar / 2) * eps
    with torch.no_grad():
        values = bernoulli_nll(model.decode(z), x.expand(count, 1, 28, 28))
    if count == 1:
        wanted = gradient_estimators.score_gradients(values, z, mu[0], logvar[0])[0]
    else:
        wanted = gradient_estimators.score_gradient_with_baseline(values, z, mu[0], logvar[0])
    torch.testing.assert_close(model.encoder.mu.grad[0], wanted, rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(reconstruction.item(), values.mean().item())  # its value is untouched
    assert model.decoder.head.weight.grad.abs().sum() > 0


def test_blocked_paths_are_blocked(trick, images):
    model = trick["BlockedVAE"](2, (8,), seed=0)
    reconstruction, kl = model.loss_terms(images[:4], Generator().manual_seed(0))
    reconstruction.sum().backward(retain_graph=True)
    assert model.encoder.head.weight.grad is None and model.decoder.head.weight.grad is not None
    kl.sum().backward()
    assert model.encoder.head.weight.grad is not None


def test_the_answer_key_of_the_three_snippets(trick):
    for name, row in zip("abc", open_paths(), strict=True):
        mu, logvar = (torch.randn(50, requires_grad=True) for _ in range(2))
        z = trick[f"snippet_{name}"](mu, logvar)
        z.square().sum().backward()
        assert [value.grad is not None and bool(value.grad.any()) for value in (mu, logvar)] == row


def test_the_small_conditional_vae(images):
    small = definitions("07_conditional_vae")["SmallCVAE"](3)
    model = ConditionalVAE(3, seed=4)
    small.load_state_dict(model.state_dict())
    x, labels = images[:6], torch.tensor([0, 9, 3, 3, 1, 7])
    wanted = model.loss_terms(x, labels, Generator().manual_seed(0))
    for term, other in zip(small.loss_terms(x, labels, Generator().manual_seed(0)), wanted, strict=True):
        torch.testing.assert_close(term, other)


def test_draws_of_codes(axes, images):
    model = VAE(3, (8,), seed=0)
    wanted = draw(*encode_distributions(model, images), seed=4)
    torch.testing.assert_close(axes["draw_codes"](model, images, seed=4), wanted)


def test_the_kl_in_three_parts(axes, images):
    """Of no more images than the notebook looks at, so that both look at the same draws."""
    models = {1: VAE(3, (8,), seed=0)}
    scope = axes | {"models": models, "images": images, "parts": {}}
    exec(cell_with("08_beta_vae", "differences = [given_x - joint"), scope)
    assert len(images) <= 1000
    assert scope["parts"]["β = 1"] == pytest.approx(kl_parts(*encode_distributions(models[1], images)), abs=1e-4)


def test_beta_tcvae(axes, images):
    """The loss in notebook 08 has the gradient of the step that made the table."""
    by_hand, stepped = (VAE(3, (8,), seed=0) for _ in range(2))
    before = copy.deepcopy(by_hand)
    axes["tcvae_loss"](by_hand, images[:20], 5.0, Generator().manual_seed(0)).backward()
    optimizer = torch.optim.SGD(stepped.parameters(), 1.0)
    tcvae_step(6144)(stepped, optimizer, images[:20], beta=5.0, generator=Generator().manual_seed(0))
    for old, new, weight in zip(before.parameters(), stepped.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(old - new, weight.grad, atol=1e-4, rtol=1e-4)


def test_evidence_by_importance_sampling(axes, images):
    model, x, drawn = VAE(3, (8,), seed=0), images[:1], []

    def nll(z):
        drawn.append(z)
        return bernoulli_nll(model.decode(z), x)

    with torch.no_grad():
        mu, logvar = model.encode(x)
        wanted = log_mean_weight(standard_log_weights(mu, logvar, nll, Generator().manual_seed(0)), 50)
    z = torch.cat(drawn)
    log_q = gaussian_log_prob(z, mu.expand_as(z), logvar.expand_as(z))
    axes |= {"one": x.expand(50, -1, -1, -1), "log_q": log_q}
    assert axes["log_evidence"](model.decode, z) == pytest.approx(wanted.item(), abs=1e-3)


def test_the_small_adversarial_autoencoder(images):
    small = definitions("09_adversarial_autoencoder")["SmallAAE"](2)
    model = AdversarialAutoencoder(2, (128, 64), judges=(64, 64), seed=4)
    small.load_state_dict(dict(zip(small.state_dict(), model.state_dict().values(), strict=True)))
    z = small.encode(images[:6])
    torch.testing.assert_close(z, model.encode(images[:6]))
    torch.testing.assert_close(small.decode(z), model.decode(z))
    torch.testing.assert_close(small.discriminate(z), model.discriminate(z))


def test_mmd_from_its_formula():
    a, b = torch.randn(2, 50, 2, generator=Generator().manual_seed(0))
    scope = definitions("09_adversarial_autoencoder")
    torch.testing.assert_close(scope["mmd2"](a, b + 1), squared_mmd(a, b + 1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("hide", [0.0, 0.25, 1.0])
def test_the_plain_recurrent_vae(hide):
    plain = definitions("10_recurrent_vae")["PlainRecurrentVAE"](2)
    model = RecurrentVAE(2, input_dropout=hide, seed=4)
    plain.load_state_dict(dict(zip(plain.state_dict(), model.state_dict().values(), strict=True)))
    strokes = torch.rand(6, 8, 2, generator=Generator().manual_seed(0))
    found = plain.loss_terms(strokes, hide, Generator().manual_seed(1))
    wanted = model.loss_terms(strokes, generator=Generator().manual_seed(1))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-5)


def test_the_plain_two_layer_vae(images):
    plain = definitions("11_hierarchical_vae")["PlainTwoLayerVAE"]((5, 3), (16, 8))
    model = HierarchicalVAE((5, 3), (16, 8), "bottom-up", batch_norm=False, seed=4)
    order = ("bodies.0", "heads.0", "bodies.1", "heads.1", "decoders.1", "decoders.0")  # q1, q2, p1, px
    weights = model.state_dict()
    wanted = [weights[name] for part in order for name in weights if name.startswith(part)]
    plain.load_state_dict(dict(zip(plain.state_dict(), wanted, strict=True)))
    found = plain.layer_terms(images[:6], Generator().manual_seed(1))
    torch.testing.assert_close(found, model.layer_terms(images[:6], Generator().manual_seed(1)))


def test_the_terms_of_a_ladder(images):
    """The lines of notebook 11 in which a ladder differs, on the package's own networks."""
    model = HierarchicalVAE((5, 3), (16, 8), "ladder", batch_norm=False, seed=4)
    found = definitions("11_hierarchical_vae")["ladder_terms"](model, images[:6], Generator().manual_seed(1))
    torch.testing.assert_close(found, model.layer_terms(images[:6], Generator().manual_seed(1)))
