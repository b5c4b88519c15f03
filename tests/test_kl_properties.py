"""What must hold for every Gaussian, tried by Hypothesis."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from vae_helpers.losses import gaussian_kl, gaussian_kl_between

MEANS = st.floats(-100, 100, allow_subnormal=False)
LOGVARS = st.floats(-30, 30, allow_subnormal=False)
VECTORS = st.lists(st.tuples(MEANS, LOGVARS), min_size=1, max_size=8)
settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")


def tensors(values: list[tuple[float, ...]]) -> tuple[torch.Tensor, ...]:
    """Columns of numbers as rows (1, D), in double precision."""
    return tuple(torch.tensor(column, dtype=torch.float64)[None] for column in zip(*values, strict=True))


@given(VECTORS)
def test_never_negative(values):
    mu, logvar = tensors(values)
    assert gaussian_kl(mu, logvar).item() >= -1e-12 * (1 + logvar.abs().sum().item())


@given(MEANS, LOGVARS)
def test_zero_only_at_the_prior(m, v):
    kl = gaussian_kl(*tensors([(m, v)])).item()
    assert (kl > 0) if max(abs(m), abs(v)) > 1e-5 else (kl < 1e-9)
    assert gaussian_kl(*tensors([(0.0, 0.0)])).item() == 0


@given(VECTORS, VECTORS)
def test_additive_over_dimensions(first, second):
    both = gaussian_kl(*tensors(first + second)).item()
    assert both == pytest.approx(gaussian_kl(*tensors(first)).item() + gaussian_kl(*tensors(second)).item(), rel=1e-12)


@given(VECTORS)
def test_the_same_as_torch_distributions(values):
    mu, logvar = tensors(values)
    wanted = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(1)
    assert gaussian_kl(mu, logvar).item() == pytest.approx(wanted.item(), rel=1e-6, abs=1e-12)


@given(st.lists(st.tuples(MEANS, LOGVARS, MEANS, LOGVARS), min_size=1, max_size=8))
def test_between_two_gaussians(values):
    mu_q, logvar_q, mu_p, logvar_p = tensors(values)
    got = gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p).item()
    wanted = kl_divergence(Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())).sum().item()
    assert got == pytest.approx(wanted, rel=1e-6, abs=1e-9) and got >= -1e-9


@given(VECTORS)
def test_gradients_are_those_of_the_derivation(values):
    mu, logvar = (value.requires_grad_() for value in tensors(values))
    gaussian_kl(mu, logvar).sum().backward()
    torch.testing.assert_close(mu.grad, mu.detach(), rtol=1e-12, atol=0)
    torch.testing.assert_close(logvar.grad, (logvar.detach().exp() - 1) / 2, rtol=1e-9, atol=1e-12)


@given(MEANS, st.floats(-80, 80))
def test_finite_in_32_bits(m, v):
    mu, logvar = (torch.tensor([[value]], requires_grad=True) for value in (m, v))
    kl = gaussian_kl(mu, logvar)
    kl.backward()
    assert torch.isfinite(kl) and torch.isfinite(mu.grad) and torch.isfinite(logvar.grad)
