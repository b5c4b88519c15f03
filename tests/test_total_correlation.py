import math

import pytest
import torch
from torch import Generator
from torch.distributions import MultivariateNormal

from vae_helpers import total_correlation
from vae_helpers.latent_space import log_aggregate_posterior
from vae_helpers.losses import gaussian_kl
from vae_helpers.total_correlation import (
    KINDS,
    KLParts,
    aggregate_log_prob,
    gaussian_total_correlation,
    kl_parts,
    minibatch_log_weights,
    minibatch_total_correlation,
)


def normal(*shape, seed=0):
    seed += 100  # not the draws of kl_parts, which start from 0
    return torch.randn(*shape, generator=Generator().manual_seed(seed))


def correlated(n=2000, rho=0.8, variance=0.1, seed=0):
    """q(z|x) whose aggregate is N(0, [[1, rho], [rho, 1]]) but for the chance of n images."""
    eps = normal(n, 2, seed=seed)
    inner = torch.tensor([[1 - variance, rho], [rho, 1 - variance]])
    return eps @ torch.linalg.cholesky(inner).T, torch.full((n, 2), math.log(variance))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_total_correlation_of_a_gaussian(dtype):
    root = normal(4, 4).to(dtype)
    covariance = root @ root.T + 0.1 * torch.eye(4, dtype=dtype)
    joint = MultivariateNormal(torch.zeros(4, dtype=dtype), covariance)
    entropies = 0.5 * (1 + (2 * math.pi * covariance.diagonal()).log())
    torch.testing.assert_close(gaussian_total_correlation(covariance), entropies.sum() - joint.entropy())
    scale = torch.diag(torch.tensor([0.1, 1, 3, 10], dtype=dtype))  # another unit for each dimension
    torch.testing.assert_close(
        gaussian_total_correlation(scale @ covariance @ scale), gaussian_total_correlation(covariance)
    )
    assert abs(gaussian_total_correlation(torch.diag(torch.tensor([1e-4, 1, 50], dtype=dtype)))) < 1e-6


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        (torch.ones(2, 3), "want shape"),
        (torch.tensor([[1.0, 0.5], [0.0, 1.0]]), "want a symmetric matrix"),
        (torch.tensor([[1.0, 2.0], [2.0, 1.0]]), "want a positive definite matrix"),
        (torch.ones(2, 2), "want a positive definite matrix"),
        (torch.full((2, 2), float("nan")), "contains NaN"),
        (torch.ones(0, 0), "want at least one"),
    ],
)
def test_no_covariance(covariance, message):
    with pytest.raises(ValueError, match=f"^covariance: {message}"):
        gaussian_total_correlation(covariance)


def test_aggregate_is_the_mean_density_however_it_is_cut(monkeypatch):
    z, mu, logvar = normal(30, 3), normal(7, 3, seed=1), normal(7, 3, seed=2)
    each = torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z[:, None])  # (30, 7, 3)
    joint, marginals = each.sum(dim=2).exp().mean(dim=1).log(), each.exp().mean(dim=1).log()
    for cells in (2**19, 50, 1):
        monkeypatch.setattr(total_correlation, "CELLS", cells)
        got = aggregate_log_prob(z, mu, logvar)
        torch.testing.assert_close(got, (joint, marginals))


def test_aggregate_far_from_every_image_is_finite():
    joint, marginals = aggregate_log_prob(torch.full((1, 2), 50.0), torch.zeros(3, 2), torch.full((3, 2), -4.0))
    assert joint.isfinite().all() and marginals.isfinite().all() and joint < -1e4


def test_parts_add_up_to_the_kl():
    mu, logvar = normal(1500, 3), normal(1500, 3, seed=1) - 2
    mu[:, 2], logvar[:, 2] = 0, 0  # asleep
    parts = kl_parts(mu, logvar)
    assert parts.total == sum(parts)
    wanted = gaussian_kl(mu, logvar).mean().item()
    assert abs(parts.total - wanted) < 0.1  # draws vary by about 1 nat, 1500 of them
    assert abs(kl_parts(mu[:, :2], logvar[:, :2]).total - wanted) < 0.1


def test_parts_that_are_known():
    """A Gaussian aggregate: its mutual information, and its total correlation; marginals are the prior's."""
    mu, logvar = correlated()
    parts = kl_parts(mu, logvar)
    total_correlation = gaussian_total_correlation(torch.tensor([[1.0, 0.8], [0.8, 1.0]])).item()
    information = 0.5 * math.log((1 - 0.8**2) / 0.1**2)
    assert abs(parts.total_correlation - total_correlation) < 0.07
    assert abs(parts.mutual_information - information) < 0.07
    assert abs(parts.dimension_wise) < 0.02
    factorial = kl_parts(*correlated(rho=0.0))
    assert abs(factorial.total_correlation) < 0.02 < 0.5 < parts.total_correlation


def test_dimension_wise_part_is_the_marginals_distance_from_the_prior():
    mu, logvar = correlated()
    shifted = kl_parts(mu + 1, logvar)
    assert abs(shifted.dimension_wise - 2 * 0.5) < 0.07  # KL(N(1, 1) || N(0, 1)) = 1/2, twice
    assert abs(shifted.total_correlation - kl_parts(mu, logvar).total_correlation) < 1e-4


def test_information_is_at_most_log_n():
    mu, logvar = normal(50, 5), torch.full((50, 5), -12.0)
    assert abs(kl_parts(mu, logvar).mutual_information - math.log(50)) < 1e-4
    nothing = kl_parts(torch.zeros(50, 5), torch.zeros(50, 5))
    assert max(abs(part) for part in nothing) < 1e-5


def test_some_draws_are_near_all_of_them_and_of_the_whole_mixture():
    mu, logvar = correlated(n=1000)
    some, all_of_them = kl_parts(mu, logvar, draws=300), kl_parts(mu, logvar)
    assert some != all_of_them and max(abs(a - b) for a, b in zip(some, all_of_them, strict=True)) < 0.15
    assert kl_parts(mu, logvar, draws=300) == some != kl_parts(mu, logvar, seed=1, draws=300)


def test_the_global_generator_is_left_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    kl_parts(*correlated(n=20))
    assert torch.equal(torch.get_rng_state(), before)


def test_wrong_draws():
    mu, logvar = correlated(n=20)
    for draws in (0, 21, 2.5, True):
        with pytest.raises(ValueError, match="^draws: want"):
            kl_parts(mu, logvar, draws=draws)
    with pytest.raises(ValueError, match="^mu: contains NaN"):
        kl_parts(mu * float("nan"), logvar)


def test_weights():
    rows = {kind: minibatch_log_weights(4, 100, kind).exp().sum(dim=1) for kind in KINDS}
    torch.testing.assert_close(rows["naive"], torch.ones(4))
    torch.testing.assert_close(rows["stratified"], torch.ones(4))
    torch.testing.assert_close(rows["copied"], torch.ones(4))
    torch.testing.assert_close(rows["weighted"], torch.full((4,), 0.01))


def test_the_slip_is_a_column_in_place_of_the_diagonal():
    right, copied = (minibatch_log_weights(4, 100, kind).exp() for kind in ("stratified", "copied"))
    torch.testing.assert_close(right.diagonal(), torch.full((4,), 0.01))
    torch.testing.assert_close(copied[:, 0], torch.full((4,), 0.01))
    assert torch.equal(copied[:, 1:], right[0, 1:].expand(4, 3)) and (copied[:, 1:] > 0.3).all()


def test_stratified_weights_are_the_expectation_over_batches():
    """From all batches of 3 out of 5 that hold image 0: its density once, the others' in the mean, is q(z) itself."""
    densities = torch.tensor([7.0, 1.0, 2.0, 3.0, 4.0])  # q(z_0|x_k)
    weights = minibatch_log_weights(3, 5, "stratified").exp()[0]
    others = torch.combinations(torch.arange(1, 5), 2)
    estimates = [weights @ densities[[0, *pair]] for pair in others.tolist()]
    torch.testing.assert_close(torch.stack(estimates).mean(), densities.mean())


def test_a_batch_that_is_the_set():
    """Then stratified and naive are exact, and weighted is off by (D - 1) log N."""
    mu, logvar = correlated(n=60)
    z = mu + (logvar / 2).exp() * normal(60, 2, seed=5)
    joint, marginals = aggregate_log_prob(z, mu, logvar)
    exact = (joint - marginals.sum(dim=1)).mean()
    for kind, off in {"naive": 0.0, "stratified": 0.0, "weighted": math.log(60)}.items():
        torch.testing.assert_close(minibatch_total_correlation(z, mu, logvar, 60, kind), exact + off)


def batches(kind, mu, logvar, batch=128, number=40):
    """The mean estimate over some batches."""
    generator = Generator().manual_seed(7)
    estimates = []
    for _ in range(number):
        k = torch.randperm(len(mu), generator=generator)[:batch]
        z = mu[k] + (logvar[k] / 2).exp() * torch.randn(batch, mu.shape[1], generator=generator)
        estimates.append(minibatch_total_correlation(z, mu[k], logvar[k], len(mu), kind))
    return torch.stack(estimates).mean().item()


@pytest.mark.slow
def test_estimates_of_sixty_thousand_images():
    """Codes of 10 independent dimensions: 0 for infinitely many images, but not for these, which are too few for 10-D.

    I(z_j; x) is log(1 / 0.3) for each dimension, 12.0 nats for ten, but I(z; x) at most log 60,000 = 11.0: so the total
    correlation, which is the difference, is at least 1.0.
    """
    mu = math.sqrt(1 - 0.3**2) * normal(60_000, 10)
    logvar = torch.full_like(mu, 2 * math.log(0.3))
    wanted = {"naive": 6.97, "weighted": 105.99, "stratified": 1.35, "copied": 6.93}
    for kind, value in wanted.items():
        assert abs(batches(kind, mu, logvar) - value) < 0.15  # a batch varies by 0.27
    parts = kl_parts(mu, logvar, draws=256)
    assert abs(parts.total_correlation - 1.8) < 0.4 and parts.mutual_information < math.log(60_000)


def test_stratified_is_near_where_a_batch_covers_the_space():
    mu, logvar = correlated(n=3000)
    assert abs(batches("stratified", mu, logvar) - kl_parts(mu, logvar).total_correlation) < 0.1


def test_stratified_is_too_low_and_the_others_too_high_where_it_does_not():
    """Narrow: an image's own density is most of what a batch sees. The slip makes stratified what naive is."""
    mu, logvar = correlated(n=3000, variance=0.01)
    exact = kl_parts(mu, logvar).total_correlation
    estimates = {kind: batches(kind, mu, logvar) for kind in KINDS}
    assert estimates["stratified"] + 0.1 < exact < estimates["copied"] - 0.1
    assert abs(estimates["copied"] - estimates["naive"]) < 0.02
    assert abs(estimates["weighted"] - estimates["naive"] - math.log(3000)) < 1e-3


def gradient(kind, images=1000):
    mu, logvar = (tensor.clone().requires_grad_() for tensor in correlated(n=32))
    z = mu + (logvar / 2).exp() * normal(32, 2, seed=5)
    minibatch_total_correlation(z, mu, logvar, images, kind).backward()
    return torch.cat([mu.grad, logvar.grad])


def test_weighted_has_the_gradient_of_naive_and_stratified_has_not():
    assert gradient("naive").abs().max() > 0.01
    torch.testing.assert_close(gradient("weighted"), gradient("naive"))
    assert (gradient("stratified") - gradient("naive")).abs().max() > 0.01


def test_a_batch_of_one_image_knows_nothing_of_others():
    mu, logvar = (tensor.clone().requires_grad_() for tensor in correlated(n=1))
    z = mu + (logvar / 2).exp()
    for kind, value in {"naive": 0.0, "weighted": math.log(10)}.items():
        estimate = minibatch_total_correlation(z, mu, logvar, 10, kind)
        assert estimate.item() == pytest.approx(value, abs=1e-6)
        for gradient in torch.autograd.grad(estimate, (mu, logvar), retain_graph=True):
            torch.testing.assert_close(gradient, torch.zeros(1, 2), atol=1e-6, rtol=0)


def test_the_joint_is_that_of_the_maps():
    z, mu, logvar = normal(30, 3), normal(7, 3, seed=1), normal(7, 3, seed=2)
    torch.testing.assert_close(aggregate_log_prob(z, mu, logvar)[0], log_aggregate_posterior(z, mu, logvar))


def test_wrong_batches():
    mu, logvar = correlated(n=4)
    with pytest.raises(ValueError, match="^kind: want"):
        minibatch_total_correlation(mu, mu, logvar, 10, "mss")
    with pytest.raises(ValueError, match="^images: want a whole number >= 4, got 3"):
        minibatch_total_correlation(mu, mu, logvar, 3, "naive")
    for kind in ("stratified", "copied"):
        with pytest.raises(ValueError, match="^batch: want a whole number >= 2, got 1"):
            minibatch_total_correlation(mu[:1], mu[:1], logvar[:1], 10, kind)
    with pytest.raises(ValueError, match="want the same shape"):
        minibatch_total_correlation(mu, mu[:3], logvar, 10, "naive")


def test_parts_by_name():
    assert KLParts(1.0, 2.0, 3.0).total == 6.0
