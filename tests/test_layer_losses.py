import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae_helpers.layer_losses import learned_prior_kl, two_layer_kl
from vae_helpers.losses import gaussian_kl, gaussian_kl_between
from vae_helpers.models import HierarchicalVAE
from vae_helpers.models.precisions import merge_precisions

IMAGES = torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def numbers(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def normal(mu, logvar):
    return Normal(mu, (logvar / 2).exp())


def model(inference):
    return HierarchicalVAE((3, 2), (16, 8), inference=inference, batch_norm=False)


@torch.no_grad()
@pytest.mark.parametrize("inference", ["bottom-up", "ladder"])
def test_it_is_log_q_minus_log_p_of_both(inference):
    """Pairs are what ``infer`` returns: and of one size or another."""
    lower, upper = model(inference).infer(IMAGES, torch.Generator().manual_seed(2))
    log_q = normal(*lower.q).log_prob(lower.z).sum(1) + normal(*upper.q).log_prob(upper.z).sum(1)
    log_p = normal(*lower.p).log_prob(lower.z).sum(1) + Normal(0, 1).log_prob(upper.z).sum(1)
    torch.testing.assert_close(two_layer_kl(lower.z, upper.z, lower.q, upper.q, lower.p), log_q - log_p)


@torch.no_grad()
@pytest.mark.parametrize("inference", ["bottom-up", "ladder"])
def test_its_average_over_draws_is_the_models_kl(inference):
    """Of a ladder and bottom-up alike, whichever part of it has a closed form there."""
    net, x = model(inference), IMAGES[:1].expand(20_000, 1, 28, 28)
    generator = torch.Generator().manual_seed(3)
    lower, upper = net.infer(x, generator)
    drawn = two_layer_kl(lower.z, upper.z, lower.q, upper.q, lower.p)
    other = net.layer_terms(x, generator)[1].sum(dim=1)
    error = (drawn.var() / len(drawn) + other.var() / len(other)).sqrt()
    assert abs(drawn.mean() - other.mean()) < 4 * error and error < 0.05 * drawn.std()


def test_the_closed_form_below_would_be_wrong():
    """Where q is p both ways round, the KL is 0: each draw says so, and two closed forms say 1.78 nats."""
    noise, a = numbers(2, 20_000, 1), 0.8
    z1 = noise[0]
    z2 = a * z1 + (1 - a * a) ** 0.5 * noise[1]
    zero, logvar = torch.zeros_like(z1), torch.full_like(z1, 1 - a * a).log()
    q1, q2, p1 = (zero, zero), (a * z1, logvar), (a * z2, logvar)
    torch.testing.assert_close(two_layer_kl(z1, z2, q1, q2, p1), torch.zeros(20_000), atol=1e-5, rtol=0)
    closed = gaussian_kl_between(*q1, *p1) + gaussian_kl(*q2)
    assert abs(closed.mean() - a * a / (1 - a * a)) < 0.1  # 1.78


@torch.no_grad()
def test_a_ladders_lower_layer():
    net = model("ladder")
    lower, upper = net.infer(IMAGES, torch.Generator().manual_seed(4))
    said = net.heads[0](net.bodies[0](IMAGES.flatten(1))).chunk(2, dim=1)
    kl = learned_prior_kl(*said, net.decoders[1](upper.z))
    torch.testing.assert_close(kl, kl_divergence(normal(*lower.q), normal(*lower.p)).sum(1), atol=1e-5, rtol=1e-4)


def test_where_the_image_says_nothing_the_layer_costs_nothing():
    told = numbers(5, 6)
    kl = learned_prior_kl(numbers(5, 3, seed=2), torch.full((5, 3), 30.0), told)
    torch.testing.assert_close(kl, torch.zeros(5), atol=1e-6, rtol=0)
    mu, logvar = merge_precisions(numbers(5, 3, seed=2), torch.full((5, 3), 30.0), *told.chunk(2, dim=1))
    torch.testing.assert_close(torch.cat([mu, logvar], dim=1), told)


ONE, TWO = torch.zeros(4, 2), torch.zeros(4, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: two_layer_kl(ONE, TWO[:3], (ONE,) * 2, (TWO,) * 2, (ONE,) * 2), ValueError, "z2: want shape .*N is 4"),
        (lambda: two_layer_kl(ONE, TWO, (ONE,) * 2, (ONE,) * 2, (ONE,) * 2), ValueError, r"mu of q2: .* \(4, 3\), got"),
        (lambda: two_layer_kl(ONE, TWO, (ONE,) * 2, (TWO,) * 2, (ONE, TWO)), ValueError, r"logvar of p1: .*\(4, 2\)"),
        (lambda: two_layer_kl(ONE, TWO, ONE, (TWO,) * 2, (ONE,) * 2), ValueError, "q1: want a pair, mu and logvar"),
        (lambda: two_layer_kl(ONE, TWO, None, (TWO,) * 2, (ONE,) * 2), ValueError, "q1: want a pair, .* got NoneType"),
        (lambda: two_layer_kl(ONE, TWO, (ONE, 0.0), (TWO,) * 2, (ONE,) * 2), TypeError, "logvar of q1: want a float"),
        (lambda: two_layer_kl(ONE.int(), TWO, (ONE,) * 2, (TWO,) * 2, (ONE,) * 2), TypeError, "z1: want floats"),
        (lambda: learned_prior_kl(ONE, ONE, TWO), ValueError, r"told: want shape \(N, 4\), got \(4, 3\)"),
        (lambda: learned_prior_kl(ONE, TWO, TWO), ValueError, "mu_x and logvar_x: want the same shape"),
        (lambda: learned_prior_kl(ONE, ONE, torch.zeros(3, 4)), ValueError, "told: want shape .*N is 4"),
        (lambda: learned_prior_kl(ONE, ONE, [ONE, ONE]), TypeError, "told: want a float tensor"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call()
