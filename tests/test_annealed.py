import math

import pytest
import torch
from torch import Generator, nn

from vae_helpers.annealed import (
    Annealed,
    annealed_bound,
    annealed_log_weights,
    decoded,
    find_step_sizes,
    temperatures,
)
from vae_helpers.importance import keep_log_weights, log_mean_weights
from vae_helpers.linear_gaussian import LinearGaussianVAE
from vae_helpers.models import VAE
from vae_helpers.models.gaussians import gaussian_log_prob


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def model():
    directions, _ = torch.linalg.qr(draw(12, 3, seed=1))
    stretch = torch.tensor([2.0, 1.0, 0.5], dtype=torch.float64)
    return LinearGaussianVAE(directions * stretch, draw(12, seed=2), 0.4)


def drawn_from(model, n):
    """x as the model makes it."""
    return model.decode(draw(n, 3, seed=3)) + model.sigma * draw(n, 12, seed=4)


@pytest.mark.parametrize("width", [1.6, 0.625, 0.5])
@pytest.mark.parametrize(("start", "seed"), [("q", 0), ("q", 1), ("prior", 2)])
def test_the_mean_weight_is_p_of_x(model, width, start, seed):
    """Without bias; its log is not above, on average, and nearer than that of as many plain draws."""
    x = drawn_from(model, 400)
    spoiled, exact = model.with_q(width), model.exact_log_prob(x)
    run = annealed_bound(spoiled, x, 10, 2, start, Generator().manual_seed(seed), batch_size=400)
    weights = (run.log_weights - exact[:, None]).exp().mean(dim=1)
    assert abs(weights.mean() - 1) < 4 * weights.std() / 20 and weights.std() < 3
    below = exact - run.bound
    plain = exact - log_mean_weights(keep_log_weights(spoiled, x, 2))
    assert -2 * below.std() / 20 < below.mean() < (plain.mean() if start == "q" else 2)
    assert 0.5 < run.acceptance.mean() < 1


def test_more_steps_are_nearer(model):
    x = drawn_from(model, 300)
    low = [(model.exact_log_prob(x) - annealed_bound(model, x, steps, 2, "prior").bound).mean() for steps in (2, 8, 32)]
    assert low[0] > 2 * low[1] > 4 * low[2] > 0


def test_no_path_comes_back_to_where_it_began(model):
    """A posterior of one width in all dimensions: with paths of one length, more steps make it worse."""
    x = drawn_from(model, 300)
    few, many = (model.exact_log_prob(x) - annealed_bound(model.with_q(0.5), x, n, 2).bound for n in (3, 32))
    assert many.mean() < 0.18 < few.mean()


def test_from_the_exact_posterior_every_walk_is_exact(model):
    """Whatever moves there are: each distribution on the way is the same."""
    x = drawn_from(model, 5)
    run = annealed_bound(model, x, 6, 3)
    torch.testing.assert_close(run.log_weights, model.exact_log_prob(x)[:, None].expand(-1, 3), rtol=0, atol=1e-10)
    torch.testing.assert_close(run.bound, model.exact_log_prob(x), rtol=0, atol=1e-10)


def test_one_step_is_importance_sampling(model):
    x = drawn_from(model, 5)
    spoiled, generator = model.with_q(0.8, 0.3), Generator().manual_seed(4)
    torch.randn(5, 3, generator=generator)  # the trial walk's
    run = annealed_bound(spoiled, x, 1, 2, generator=Generator().manual_seed(4))
    wanted = next(spoiled.log_weights(x.repeat_interleave(2, dim=0), generator))
    torch.testing.assert_close(run.log_weights.flatten(), wanted)
    assert run.acceptance.isnan().all()


def test_a_vae(images):
    """Float32, in eval mode, with weights as they were; the same seed the same, and rows stay with their images."""
    model, x = VAE(2, (16,)), (images[:6] > 0.5).float()
    run = annealed_bound(model, x, 4, 3)
    assert run.log_weights.shape == run.acceptance.shape == (6, 3) and run.log_weights.dtype == torch.float32
    assert torch.equal(annealed_bound(model, x, 4, 3, generator=Generator().manual_seed(0)).bound, run.bound)
    assert not torch.equal(annealed_bound(model, x, 4, 3, generator=Generator().manual_seed(1)).bound, run.bound)
    assert model.training and all(weight.grad is None for weight in model.parameters())
    parts = annealed_bound(model, x, 4, 3, batch_size=2).bound
    other = annealed_bound(model, x.flip(0), 4, 3).bound.flip(0)
    for bound in (parts, other):  # a few walks of a few steps
        assert (bound - run.bound).abs().max() < 15 and not torch.equal(bound, run.bound)


def test_all_is_asked_in_eval_mode(images):
    model, modes = VAE(2, (4,)), set()
    for part in (model.encoder, model.decoder):
        part.register_forward_pre_hook(lambda part, _: modes.add(part.training))
    annealed_bound(model.train(), (images[:2] > 0.5).float(), 2, 1)
    assert modes == {False} and model.training and model.encoder.training


def test_latents_are_decoded_as_often_as_stated(images):
    model, count = VAE(2, (4,)), []
    model.decoder.register_forward_pre_hook(lambda _, z: count.append(len(z[0])))
    annealed_bound(model, (images[:3] > 0.5).float(), 7, 2, leapfrog=4)
    assert sum(count) == 3 * decoded(7, 2, 4) and decoded(1, 4, 5) == 5


@pytest.mark.slow
def test_step_sizes_adapt_to_the_acceptance_and_are_then_kept(model):
    x, betas = drawn_from(model, 20), temperatures(80)
    mu, logvar = model.with_q(0.5).encode(x)

    def log_joint(z):
        return model.log_joint(x, z)

    sizes = find_step_sizes(mu, logvar, log_joint, betas, 5, Generator().manual_seed(0))
    assert sizes.shape == (79, 20) and (sizes > 0).all() and (sizes[0] == sizes[0, 0]).all()
    late = [sizes[-k].mean() for k in (1, 40)]
    assert min(late) > 1.5 * sizes[0, 0]  # a posterior twice as wide as q allows longer steps
    for factor, low, high in ((1.0, 0.5, 0.95), (0.1, 0.97, 1.0), (5.0, 0.0, 0.4)):
        _, acceptance = annealed_log_weights(
            mu, logvar, log_joint, betas, factor * sizes, 5, Generator().manual_seed(1)
        )
        assert low <= acceptance.mean() <= high


def test_temperatures():
    betas = temperatures(10, 2)
    assert (betas[0], betas[-1], len(betas)) == (0, 1, 11) and betas[1] == pytest.approx(0.01)
    assert temperatures(1) == [0, 1]


ONE = torch.zeros(2, 1)


def normal(z):
    return gaussian_log_prob(z, ONE, ONE)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: annealed_bound(VAE(2, (4,)), torch.zeros(1, 1, 28, 28), start="p"), 'start: want "q" or "prior", got'),
        (lambda: temperatures(0), "steps: want a whole number >= 1, got 0"),
        (lambda: temperatures(3, 0), "power: want a number > 0, got 0"),
        (lambda: decoded(3, 0), "chains: want a whole number >= 1, got 0"),
        (lambda: find_step_sizes(ONE, ONE, normal, [0, 0.5]), "betas: want numbers that rise from 0 to 1, got"),
        (lambda: find_step_sizes(ONE, ONE, normal, [0, 0.5, 0.5, 1]), "betas: want numbers that rise from 0 to 1"),
        (lambda: find_step_sizes(ONE, ONE, normal, [1]), "betas: want numbers that rise from 0 to 1"),
        (lambda: find_step_sizes(ONE, ONE[:1], normal, [0, 1]), "mu and logvar: want the same shape"),
        (lambda: find_step_sizes(ONE, ONE, normal, [0, 1], 0), "leapfrog: want a whole number >= 1"),
        (lambda: annealed_log_weights(ONE, ONE, normal, [0], ONE.T[:0]), "betas: want numbers that rise from 0 to 1"),
        (lambda: annealed_log_weights(ONE, ONE, normal, [0, 1, 0.5], ONE.T), "betas: want numbers that rise from 0"),
        (lambda: annealed_log_weights(ONE, ONE, normal, [0, 0.5, 1], ONE.T[:0]), "step_sizes: want 1 rows, one for"),
        (lambda: annealed_log_weights(ONE, ONE, normal, [0, 0.5, 1], torch.ones(1, 3)), "step_sizes: want shape"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_a_model_that_can_not_be_walked():
    with pytest.raises(
        TypeError, match="^model: want an nn.Module with encode and log_joint and loss_terms, got Linear"
    ):
        annealed_bound(nn.Linear(2, 2), torch.zeros(1, 1, 28, 28))


def test_bound_is_the_log_of_the_mean():
    run = Annealed(torch.tensor([[0.0, math.log(3), math.log(2)]]), torch.ones(1, 3))
    assert run.bound.item() == pytest.approx(math.log(2))
