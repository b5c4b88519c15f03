"""Layers of latents, bottom-up and as a ladder: against torch's own Gaussians, Monte Carlo, and a plain VAE."""

import copy

import pytest
import torch
from torch import Generator
from torch.distributions import Normal, kl_divergence

from vae_helpers.checkpoints import load_checkpoint, save_checkpoint
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models import VAE, HierarchicalVAE
from vae_helpers.models.gaussians import draw_from
from vae_helpers.models.latent_layers import Layer
from vae_helpers.models.precisions import merge_precisions
from vae_helpers.training import fit

X = torch.rand(6, 1, 28, 28, generator=Generator().manual_seed(0))
KINDS = ("bottom-up", "ladder")
EACH = pytest.mark.parametrize("inference", KINDS)
NORMED = pytest.mark.parametrize("batch_norm", [False, True])


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def small(inference: str = "ladder", dims=(5, 3), batch_norm: bool = False, seed: int = 0) -> HierarchicalVAE:
    """In eval mode, with larger weights than a model begins with: each layer's Gaussians are far from its prior."""
    model = HierarchicalVAE(dims, (16, 12, 8)[: len(dims)], inference, batch_norm, seed).eval()
    for weight in model.parameters():
        weight.data *= 1.5 if weight.ndim > 1 else 1
    return model


def normal(mu: torch.Tensor, logvar: torch.Tensor) -> Normal:
    return Normal(mu, (0.5 * logvar).exp())


@EACH
@NORMED
@pytest.mark.parametrize("dims", [(4,), (5, 3), (5, 4, 2)])
def test_shapes(inference, batch_norm, dims):
    model = small(inference, dims, batch_norm)
    layers = model.infer(X)
    assert [part.shape for z, q, p in layers for part in (z, *q, *p)] == [(6, d) for d in dims for _ in range(5)]
    assert [term.shape for term in model.layer_terms(X)] == [(6,), (6, len(dims))]
    assert [term.shape for term in model.loss_terms(X)] == [(6,), (6,)]
    samples = model.sample(7)
    assert samples.shape == (7, 1, 28, 28) and samples.min() >= 0 and samples.max() <= 1
    assert not samples.requires_grad and model.decode(layers[0].z).shape == (6, 1, 28, 28)


@EACH
def test_one_layer_is_a_plain_vae(inference):
    """Of the same weights, with the same draws."""
    model, plain = small(inference, dims=(4,)), VAE(4, (16, 16), layer_norm=False).eval()
    told = iter([*model.bodies[0].state_dict().values(), *model.heads[0].state_dict().values()])
    plain.encoder.load_state_dict({name: next(told) for name in plain.encoder.state_dict()})
    told = iter(model.decoders[0].state_dict().values())
    plain.decoder.load_state_dict({name: next(told) for name in plain.decoder.state_dict()})
    torch.testing.assert_close(model.loss_terms(X, seeded()), plain.loss_terms(X, seeded()))
    torch.testing.assert_close(model.sample(3, seed=1), plain.sample(3, seed=1))


@EACH
def test_all_is_that_of_the_networks_one_after_another(inference):
    """Both ways by hand: which network reads what, whose draw comes first, and each part of the KL."""
    model, generator = small(inference), seeded(3)
    h = model.bodies[0](X.flatten(1))
    if inference == "bottom-up":
        q1 = normal(*model.heads[0](h).chunk(2, dim=1))
        z1 = q1.mean + q1.stddev * torch.randn(6, 5, generator=generator)
        q2 = normal(*model.heads[1](model.bodies[1](z1)).chunk(2, dim=1))
        z2 = q2.mean + q2.stddev * torch.randn(6, 3, generator=generator)
        p1 = normal(*model.decoders[1](z2).chunk(2, dim=1))
        first = (q1.log_prob(z1) - p1.log_prob(z1)).sum(dim=1)
    else:
        q2 = normal(*model.heads[1](model.bodies[1](h)).chunk(2, dim=1))
        z2 = q2.mean + q2.stddev * torch.randn(6, 3, generator=generator)
        p1 = normal(*model.decoders[1](z2).chunk(2, dim=1))
        said = normal(*model.heads[0](h).chunk(2, dim=1))
        precisions = said.variance.reciprocal(), p1.variance.reciprocal()
        mean = (said.mean * precisions[0] + p1.mean * precisions[1]) / sum(precisions)
        q1 = Normal(mean, sum(precisions).rsqrt())
        z1 = q1.mean + q1.stddev * torch.randn(6, 5, generator=generator)
        first = kl_divergence(q1, p1).sum(dim=1)
    top = kl_divergence(q2, Normal(0, 1)).sum(dim=1)
    reconstruction, kl = model.layer_terms(X, seeded(3))
    torch.testing.assert_close(kl, torch.stack([first, top], dim=1))
    torch.testing.assert_close(reconstruction, bernoulli_nll(model.decoders[0](z1).unflatten(1, (1, 28, 28)), X))
    torch.testing.assert_close(model.loss_terms(X, seeded(3)), (reconstruction, first + top))
    for layer, q, p in zip(model.infer(X, seeded(3)), (q1, q2), (p1, Normal(torch.zeros(6, 3), 1.0)), strict=True):
        torch.testing.assert_close((layer.q[0], layer.p[0]), (q.mean, p.mean))
        torch.testing.assert_close(normal(*layer.q).stddev, q.stddev)


def draws(model: HierarchicalVAE, n: int = 20_000) -> tuple[torch.Tensor, torch.Tensor, list[Layer]]:
    """Of one image: each layer's part of the KL, log q(z|x) - log p(z) of all layers together, and the layers."""
    x = X[:1].expand(n, 1, 28, 28)
    with torch.no_grad():
        kl, layers = model.layer_terms(x, seeded())[1], model.infer(x, seeded())
        ratio = sum((normal(*q).log_prob(z) - normal(*p).log_prob(z)).sum(dim=1) for z, q, p in layers)
    return kl, ratio, layers


@EACH
@pytest.mark.parametrize("dims", [(5, 3), (4, 3, 2)])
def test_the_parts_sum_to_the_kl_by_monte_carlo(inference, dims):
    kl, ratio, _ = draws(small(inference, dims))
    error = (kl.sum(dim=1) - ratio).std() / len(ratio) ** 0.5
    assert (kl.sum(dim=1) - ratio).mean().abs() < 4 * error and ratio.mean() > 20 * error


def test_a_closed_form_bottom_up_would_be_another_number():
    """The classic bug: z_2 was drawn given z_1, so KL(q(z_1|x) || p(z_1|z_2)) averages over the wrong z_1."""
    kl, ratio, layers = draws(small("bottom-up"))
    wrong = kl_divergence(normal(*layers[0].q), normal(*layers[0].p)).sum(dim=1) + kl[:, 1]
    assert (wrong - ratio).mean().abs() > 5 * (wrong - ratio).std() / len(ratio) ** 0.5


def test_where_z2_copies_z1_the_first_part_is_negative():
    """q(z_1|x) = N(0, 1); z_2 = z_1, nearly; p(z_1|z_2) knows z_1 but for 0.1: 100 nats too many."""
    z1 = torch.randn(20_000, 1, generator=seeded())
    layer = Layer(
        z1, (torch.zeros_like(z1), torch.zeros_like(z1)), (z1, torch.full_like(z1, 2 * torch.tensor(0.1).log()))
    )
    assert layer.log_ratio().mean().item() == pytest.approx(-0.5 - 2.3026, abs=0.03)
    assert layer.kl().mean().item() == pytest.approx(-0.5 - 2.3026 + 100, abs=3)


@pytest.mark.parametrize("dims", [(5, 3), (4, 3, 2)])
def test_no_part_of_a_ladder_is_negative(dims):
    model = small("ladder", dims)
    assert (model.layer_terms(X)[1] > 0).all() and all(map(model.is_exact, range(len(dims))))
    assert [small("bottom-up", dims).is_exact(k) for k in range(len(dims))] == [*[False] * (len(dims) - 1), True]


def test_merged_is_surer_than_both_and_lies_between():
    z, q, p = small("ladder").infer(X)[0]
    a = small("ladder").heads[0](small("ladder").bodies[0](X.flatten(1))).chunk(2, dim=1)
    assert (q[1] < torch.minimum(a[1], p[1])).all()
    assert ((q[0] - a[0]) * (q[0] - p[0]) <= 0).all()


def test_merged_is_the_product_of_the_densities():
    a, b = (torch.tensor([[1.0]]), torch.tensor([[-1.0]])), (torch.tensor([[-2.0]]), torch.tensor([[0.5]]))
    z = torch.linspace(-12, 12, 4001)
    product = normal(*a).log_prob(z).exp() * normal(*b).log_prob(z).exp()
    merged = normal(*merge_precisions(*a, *b)).log_prob(z).exp()
    torch.testing.assert_close(merged, product / torch.trapezoid(product, z))


@pytest.mark.parametrize("gap", [-300.0, 300.0])
def test_merged_with_one_who_knows_nothing(gap):
    """Without overflow, and with gradients."""
    a, b = torch.tensor([[gap]], requires_grad=True), torch.zeros(1, 1)
    mu, logvar = merge_precisions(torch.ones(1, 1), a, -torch.ones(1, 1), b)
    assert mu.item() == (1 if gap < 0 else -1) and logvar.item() == min(gap, 0)
    (mu + logvar).sum().backward()
    assert a.grad.isfinite().all()


@EACH
@NORMED
def test_gradients_reach_all_weights(inference, batch_norm):
    model = small(inference, (4, 3, 2), batch_norm).train()
    sum(term.mean() for term in model.loss_terms(X)).backward()
    shifts = {f"heads.{k}.0.bias" for k in range(3)} if batch_norm else set()  # the norm takes a shift away again
    for name, weight in model.named_parameters():
        assert name in shifts or weight.grad.abs().max() > 1e-6, name


def first_told(model: HierarchicalVAE, x: torch.Tensor) -> torch.Tensor:
    """mu and logvar of the layer that is inferred first, for which nothing is drawn yet."""
    return torch.cat(model.infer(x)[0 if model.inference == "bottom-up" else -1].q, dim=1)


@EACH
def test_batch_norm_normalises_in_training_and_is_fixed_afterwards(inference):
    """In training the numbers of the encoders have mean 0 and variance 1 over the batch, and depend on it."""
    model = small(inference, batch_norm=True).train()
    told = first_told(model, X)
    torch.testing.assert_close(told.mean(dim=0), torch.zeros(told.shape[1]), atol=1e-5, rtol=0)
    torch.testing.assert_close(told.std(dim=0, correction=0), torch.ones(told.shape[1]), atol=0.02, rtol=0)
    alone, together, training = first_told(model.eval(), X[:1]), first_told(model, X), first_told(model.train(), X[:2])
    torch.testing.assert_close(alone, together[:1])
    assert not torch.allclose(training, together[:2])


@EACH
@NORMED
def test_seeds(inference, batch_norm):
    """Of weights and of draws; torch's own generator stays as it was."""
    before = torch.get_rng_state()
    one, same, other = (small(inference, batch_norm=batch_norm, seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["decoders.1.0.weight"], other["decoders.1.0.weight"])
    model = small(inference, batch_norm=batch_norm)
    assert torch.equal(model.sample(3, seed=1), model.sample(3, seed=1))
    assert not torch.equal(model.sample(3, seed=1), model.sample(3, seed=2))
    a, b, c = (model.infer(X, seeded(k)) for k in (0, 0, 1))
    assert all(torch.equal(p.z, q.z) and not torch.equal(p.z, r.z) for p, q, r in zip(a, b, c, strict=True))
    assert torch.equal(torch.get_rng_state(), before)


@EACH
def test_batch_norm_changes_no_initial_weight(inference):
    """So that with and without differ in one thing."""
    plain, normed = (small(inference, batch_norm=on).state_dict() for on in (False, True))
    assert all(torch.equal(weight, normed[name]) for name, weight in plain.items()) and len(normed) > len(plain)


@pytest.mark.parametrize("dims", [(2,), (3, 2)])
def test_samples_are_drawn_from_the_top_downwards(dims):
    """The mean image, against one of torch's own draws from the priors."""
    model, n = small(dims=dims), 20_000
    z = torch.randn(n, dims[-1], generator=seeded(5))
    if len(dims) == 2:
        p = normal(*model.prior(0, z))
        z = p.mean + p.stddev * torch.randn(n, dims[0], generator=seeded(6))
    wanted = torch.sigmoid(model.decode(z)).mean(dim=0)
    torch.testing.assert_close(model.sample(n).mean(dim=0), wanted, atol=0.02, rtol=0)


@NORMED
def test_a_prior_that_hears_nothing_makes_the_layers_plain(batch_norm):
    """p(z_1|z_2) = N(0, I) whatever z_2 is: then a ladder's z_1 costs the KL of a plain VAE."""
    model = small("ladder", batch_norm=batch_norm)
    model.decoders[1][-1].weight.data.zero_(), model.decoders[1][-1].bias.data.zero_()
    layer, kl = model.infer(X, seeded())[0], model.layer_terms(X, seeded())[1]
    torch.testing.assert_close(kl[:, 0], gaussian_kl(*layer.q))
    assert not layer.p[0].any() and not layer.p[1].any()


@EACH
@NORMED
def test_double_precision_draws_the_same(inference, batch_norm):
    single, double = small(inference, batch_norm=batch_norm), small(inference, batch_norm=batch_norm).double()
    terms = double.layer_terms(X.double(), seeded())
    assert terms[1].dtype == torch.float64
    torch.testing.assert_close([term.float() for term in terms], [*single.layer_terms(X, seeded())])
    torch.testing.assert_close(double.sample(3).float(), single.sample(3))


def test_draws_follow_mean_and_variance():
    mu, logvar = torch.tensor([[2.0, -1.0]]).expand(50_000, 2), torch.tensor([[-2.0, 1.0]]).expand(50_000, 2)
    z = draw_from(mu, logvar, seeded())
    torch.testing.assert_close(z.mean(dim=0), mu[0], atol=0.03, rtol=0)
    torch.testing.assert_close(z.var(dim=0), logvar[0].exp(), atol=0, rtol=0.03)


def test_the_generator_draws_where_it_is_itself(monkeypatch):
    """On another device than the model's, so that draws are the same everywhere."""
    seen, randn = [], torch.randn
    monkeypatch.setattr(torch, "randn", lambda *size, **how: seen.append(how["device"].type) or randn(*size, **how))
    mu = torch.zeros(3, 2, device="meta")
    assert draw_from(mu, mu, seeded()).device.type == "meta" and seen == ["cpu"]
    draw_from(mu, mu, None)
    assert seen == ["cpu", "meta"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@EACH
@NORMED
def test_cuda_agrees_with_the_cpu(inference, batch_norm):
    cpu = small(inference, batch_norm=batch_norm)
    cuda = copy.deepcopy(cpu).cuda()
    terms = cuda.layer_terms(X.cuda(), seeded())  # the CPU's generator draws for both
    torch.testing.assert_close([term.cpu() for term in terms], [*cpu.layer_terms(X, seeded())], atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(cuda.sample(3).cpu(), cpu.sample(3), atol=1e-4, rtol=1e-4)
    assert cuda.layer_terms(X.cuda(), Generator("cuda").manual_seed(0))[1].isfinite().all()


@EACH
@NORMED
def test_in_half_precision_and_back(inference, batch_norm, tmp_path):
    """As weights are shipped. Batch norm counts its batches in whole numbers beside the halves."""
    model = HierarchicalVAE((5, 3), (16, 12), inference, batch_norm)
    for _ in range(6):
        model.loss_terms(X)  # so that batch norm has seen some
    path = save_checkpoint(copy.deepcopy(model).half(), tmp_path / "a.pt")
    loaded = load_checkpoint(path).float()
    for name, weight in model.state_dict().items():
        assert torch.equal(weight.half().float() if weight.is_floating_point() else weight, loaded.state_dict()[name])
    assert loaded.architecture == model.architecture and not loaded.training
    torch.testing.assert_close(
        loaded.layer_terms(X, seeded())[1], model.eval().layer_terms(X, seeded())[1], atol=0.05, rtol=0.01
    )
    counts = [weight for name, weight in loaded.state_dict().items() if name.endswith("num_batches_tracked")]
    assert counts == ([6, 6] if batch_norm else []) and all(count.dtype == torch.int64 for count in counts)


WRONG = [
    (lambda model: model.infer(X[0]), ValueError, r"^x: want shape \(N, 1, 28, 28\), got \(1, 28, 28\)"),
    (lambda model: model.infer(X.flatten(1)), ValueError, r"^x: want shape \(N, 1, 28, 28\)"),
    (lambda model: model.loss_terms(X.double()), TypeError, "^x: want torch.float32, as the model's weights are"),
    (lambda model: model.layer_terms(X.byte()), TypeError, "^x: want floats, got torch.uint8"),
    (lambda model: model.infer(X.to("meta")), ValueError, "^x: want it on cpu, where the model is, got meta"),
    (lambda model: model.decode(torch.zeros(2, 3)), ValueError, r"^z: want shape \(N, 5\), got \(2, 3\)"),
    (lambda model: model.decode(torch.zeros(2, 5).double()), TypeError, "^z: want torch.float32"),
    (lambda model: model.prior(0, torch.zeros(2, 5)), ValueError, r"^above: want shape \(N, 3\), got \(2, 5\)"),
    (lambda model: model.prior(0, torch.zeros(2, 3).half()), TypeError, "^above: want torch.float32"),
    (lambda model: model.prior(-1, torch.zeros(2, 5)), ValueError, "^layer: want a whole number >= 0, got -1"),
    (lambda model: model.sample(0), ValueError, "^n: want a whole number >= 1, got 0"),
    (lambda model: model.sample(2, seed=0.5), ValueError, "^seed: "),
    (lambda model: model.check_data(255 * X, name="images"), ValueError, "^images: .* are they 0 to 255"),
    (lambda model: HierarchicalVAE((5, 3), (8,)), ValueError, r"^hidden: want one width for each .* \(2\), got \(8,\)"),
    (lambda model: HierarchicalVAE((), ()), ValueError, "^hidden: want one width for each"),
    (lambda model: HierarchicalVAE((5, 0), (8, 8)), ValueError, "^latent_dims: want whole numbers >= 1"),
    (lambda model: HierarchicalVAE(5, 8), ValueError, "^latent_dims: want whole numbers >= 1"),
    (lambda model: HierarchicalVAE((5, 3), (8, 2.5)), ValueError, "^hidden: want whole numbers >= 1"),
    (lambda model: HierarchicalVAE(inference="top-down"), ValueError, '^inference: want "bottom-up" or "ladder"'),
    (
        lambda model: merge_precisions(X[:, 0, 0], X[:, 0, 0], X[:, 0, 0, :3], X[:, 0, 0, :3]),
        ValueError,
        "^mu_a and mu_b: want",
    ),
]


@EACH
@pytest.mark.parametrize(("call", "error", "said"), WRONG)
def test_bad_input(inference, call, error, said):
    with pytest.raises(error, match=said):
        call(small(inference))


@pytest.mark.slow
@pytest.mark.parametrize(("inference", "batch_norm"), [("bottom-up", False), ("ladder", True)])
def test_two_layers_are_learnt(inference, batch_norm, test_set):
    """Better than the mean image, which costs 206 nats; and each layer tells something."""
    model = HierarchicalVAE((16, 4), (64, 32), inference, batch_norm)
    history = fit(model, test_set[0][:5000], test_set[0][5000:6000], epochs=5, batch_size=64, progress=False)
    assert history["test_total"][-1] < 195
    assert history["test_kl_1"][-1] > 1 and history["test_kl_2"][-1] > 0.2
