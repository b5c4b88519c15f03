"""beta-TCVAE, the capacity's loss, free bits: against their formulas, and the plain step where they are the same."""

import copy

import pytest
import torch
from torch import Generator, nn

from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models import VAE, Autoencoder, HierarchicalVAE
from vae_helpers.objectives import capacity_loss, capacity_step, free_bits_step, tcvae_step
from vae_helpers.training import fit, training_step, warm_up

X = torch.rand(6, 1, 28, 28, generator=Generator().manual_seed(0))
IMAGES = 40  # in the whole set


def stepped(step, model: VAE, **options) -> tuple[VAE, tuple]:
    """A copy after one step of plain descent at rate 1, so that the weights' change is the gradient; and the terms."""
    model = copy.deepcopy(model)
    terms = step(model, torch.optim.SGD(model.parameters(), 1.0), X, generator=Generator().manual_seed(3), **options)
    return model, terms


def same_weights(a: VAE, b: VAE, **tolerance) -> bool:
    return all(torch.allclose(p, q, **tolerance) for p, q in zip(a.parameters(), b.parameters(), strict=True))


@pytest.fixture
def model():
    return VAE(3, (8,), seed=1)


def test_at_beta_1_it_is_the_plain_step(model):
    (a, terms), (b, plain) = stepped(tcvae_step(IMAGES), model, beta=1.0), stepped(training_step, model, beta=1.0)
    assert same_weights(a, b) and not same_weights(a, model)
    assert all(torch.equal(p, q) and not p.requires_grad for p, q in zip(terms, plain, strict=True))


def test_the_gradient_is_that_of_the_formula(model):
    """Total correlation by two loops over the batch and double precision, from the densities of torch's Normal."""
    model = model.double()
    images = X.double()
    torch_x, found = copy.deepcopy(model), copy.deepcopy(model)
    tcvae_step(IMAGES)(
        found, torch.optim.SGD(found.parameters(), 1.0), images, beta=5.0, generator=Generator().manual_seed(3)
    )
    mu, logvar = torch_x.encode(images)
    eps = torch.randn(mu.shape, generator=Generator().manual_seed(3), dtype=mu.dtype)
    z = mu + (0.5 * logvar).exp() * eps
    total = 0.0
    for i in range(6):
        densities = [torch.distributions.Normal(mu[j], (0.5 * logvar[j]).exp()).log_prob(z[i]).exp() for j in range(6)]
        joint = sum(density.prod() for density in densities) / (6 * IMAGES)
        marginals = sum(densities) / (6 * IMAGES)
        total += (joint.log() - marginals.log().sum()) / 6
    loss = (bernoulli_nll(torch_x.decode(z), images) + gaussian_kl(mu, logvar)).mean() + 4 * total
    loss.backward()
    for before, after, weight in zip(model.parameters(), found.parameters(), torch_x.parameters(), strict=True):
        torch.testing.assert_close(before - after, weight.grad, atol=1e-9, rtol=1e-6)


def test_a_last_batch_of_one_image_has_no_total_correlation(model):
    one, plain = (copy.deepcopy(model) for _ in range(2))
    for step, stepped_on, beta in ((tcvae_step(IMAGES), one, 5.0), (training_step, plain, 1.0)):
        optimizer = torch.optim.SGD(stepped_on.parameters(), 1.0)
        step(stepped_on, optimizer, X[:1], beta=beta, generator=Generator().manual_seed(3))
    assert same_weights(one, plain, atol=1e-5) and not same_weights(one, model)
    fitted = fit(model, X[:5], epochs=1, batch_size=4, beta=5.0, step=tcvae_step(5), progress=False)
    assert fitted.steps == 2


def test_how_many_images_there_are_moves_no_gradient(model):
    few, many = (stepped(tcvae_step(n), model, beta=5.0)[0] for n in (6, 10**6))
    assert same_weights(few, many, atol=1e-5)


def test_capacity_is_each_images_own():
    reconstruction, kl = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 5.0, 9.0])
    found = capacity_loss(reconstruction, kl, capacity=5.0, gamma=10.0)
    assert found.tolist() == [11.0, 2.0, 43.0]
    of_the_mean = reconstruction.mean() + 10 * (kl.mean() - 5).abs()
    assert found.mean() > of_the_mean  # Jensen's inequality


def test_the_step_descends_on_the_capacity_loss(model):
    found, terms = stepped(capacity_step(7.0), model, beta=0.2)
    own = copy.deepcopy(model)
    reconstruction, kl = own.loss_terms(X, generator=Generator().manual_seed(3))
    capacity_loss(reconstruction, kl, 0.2, 7.0).mean().backward()
    for before, after, weight in zip(model.parameters(), found.parameters(), own.parameters(), strict=True):
        torch.testing.assert_close(before - after, weight.grad, atol=1e-5, rtol=1e-5)
    assert torch.equal(terms[0], reconstruction) and torch.equal(terms[1], kl)


def test_the_kl_is_led_to_the_capacity():
    model = VAE(4, (16,), seed=0)
    history = fit(model, X, epochs=150, beta=warm_up(75, 3.0), step=capacity_step(30.0), progress=False)
    assert history.last["train_kl"] == pytest.approx(3.0, abs=0.3)
    assert history.rows[0]["beta"] < 0.1 and history.last["beta"] == 3.0


def gradients(model: VAE, floor: float | None) -> list[torch.Tensor]:
    """Of the reconstruction, and of 3 times the KL's mean where that is above the floor."""
    own = copy.deepcopy(model)
    reconstruction, kl = own.loss_terms(X, generator=Generator().manual_seed(3))
    (reconstruction.mean() + (3 * kl.mean() if floor is None or kl.mean() > floor else 0)).backward()
    return [weight.grad for weight in own.parameters()]


def test_below_the_floor_the_kl_has_no_gradient_and_above_it_its_own(model):
    _, kl = model.loss_terms(X)
    for floor in (0.0, 0.5 * kl.mean().item(), 2 * kl.mean().item()):
        found, terms = stepped(free_bits_step(floor), model, beta=3.0)
        for before, after, gradient in zip(
            model.parameters(), found.parameters(), gradients(model, floor), strict=True
        ):
            torch.testing.assert_close(before - after, gradient, atol=1e-5, rtol=1e-5)
        assert torch.equal(terms[1], kl) and not terms[1].requires_grad  # what is told is the KL itself
    assert same_weights(stepped(free_bits_step(0.0), model, beta=3.0)[0], stepped(training_step, model, beta=3.0)[0])


def test_the_floor_is_of_the_batchs_mean(model):
    """One image may have more where another has less: here one alone is above it."""
    with torch.no_grad():
        _, kl = model.loss_terms(X)
    between = (kl.mean() + kl.max()).item() / 2
    found, _ = stepped(free_bits_step(between), model, beta=3.0)
    free, _ = stepped(free_bits_step(100.0), model, beta=3.0)
    assert same_weights(found, free)


@pytest.mark.parametrize("inference", ["bottom-up", "ladder"])
def test_each_layer_has_a_floor_of_its_own(inference):
    """Between the layers' parts, the floor frees the one below it alone; terms are told as they are."""
    model = HierarchicalVAE((5, 3), (8, 8), inference, batch_norm=False)
    for weight in model.heads[0].parameters():
        weight.data *= 5  # a first layer that costs more than the second
    kl = model.layer_terms(X, Generator().manual_seed(3))[1]
    assert kl.mean(dim=0)[0] > kl.mean(dim=0)[1] > 0
    floors = {kl.mean(dim=0)[1].item() / 2: (1, 1), kl.mean().item(): (1, 0), 2 * kl.mean(dim=0)[0].item(): (0, 0)}
    for floor, paid in floors.items():
        own = copy.deepcopy(model)
        reconstruction, parts = own.layer_terms(X, Generator().manual_seed(3))
        (reconstruction.mean() + 3 * (parts.mean(dim=0) * torch.tensor(paid)).sum()).backward()
        found, terms = stepped(free_bits_step(floor), model, beta=3.0)
        for before, after, weight in zip(model.parameters(), found.parameters(), own.parameters(), strict=True):
            torch.testing.assert_close(before - after, weight.grad, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(terms, (reconstruction.detach(), kl.sum(dim=1).detach()))


def test_a_floor_of_0_leaves_no_reward_for_a_part_below_0():
    """As a bottom-up layer's may be, for it is estimated from a draw: here z_1's prior sees z_1 itself."""
    model = HierarchicalVAE((1, 1), (2, 2), "bottom-up", batch_norm=False)
    for net in (*model.bodies, *model.decoders):
        for layer in net:
            if isinstance(layer, nn.Linear):
                layer.weight.data.zero_(), layer.bias.data.zero_()
    for head in model.heads:
        head[0].weight.data.zero_(), head[0].bias.data.zero_()
    model.heads[0][0].bias.data[1] = 1.0  # q(z_1|x) = N(0, e), wider than its prior N(0, 1)
    part = model.layer_terms(X[:1], Generator().manual_seed(0))[1][0, 0].item()
    seed = next(k for k in range(9) if model.layer_terms(X[:1], Generator().manual_seed(k))[1][0, 0] < 0)
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    free_bits_step(0.0)(model, optimizer, X[:1], generator=Generator().manual_seed(seed))
    free = model.heads[0][0].bias.grad.clone()
    training_step(model, optimizer, X[:1], generator=Generator().manual_seed(seed))
    assert part != 0 and not torch.allclose(free, model.heads[0][0].bias.grad)


@pytest.mark.parametrize("nats", [-1.0, float("nan"), "3", None])
def test_no_such_floor(nats):
    with pytest.raises(ValueError, match="nats: want a number >= 0"):
        free_bits_step(nats)


@pytest.mark.parametrize("gamma", [0, -1.0, float("nan"), "3", None])
def test_no_such_price(gamma):
    with pytest.raises(ValueError, match="gamma: want a number > 0"):
        capacity_step(gamma)
    with pytest.raises(ValueError, match="gamma: want a number > 0"):
        capacity_loss(torch.ones(2), torch.ones(2), 1.0, gamma)


def test_no_such_capacity():
    with pytest.raises(ValueError, match="capacity: want a number >= 0"):
        capacity_loss(torch.ones(2), torch.ones(2), -1.0, 1.0)
    with pytest.raises(ValueError, match="want the same shape, got"):
        capacity_loss(torch.ones(2), torch.ones(3), 1.0, 1.0)


@pytest.mark.parametrize("images", [0, -1, 2.0, True, None])
def test_no_such_number_of_images(images):
    with pytest.raises(ValueError, match="images: want a whole number"):
        tcvae_step(images)


@pytest.mark.parametrize("step", [tcvae_step(IMAGES), capacity_step(), free_bits_step(4)])
def test_wrong_input_changes_nothing(step, model):
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    before = copy.deepcopy(model)
    with pytest.raises(ValueError, match="are they 0 to 255"):
        step(model, optimizer, 255 * X)
    with pytest.raises(ValueError, match="(beta|capacity): want a number >= 0"):
        step(model, optimizer, X, beta=-1.0)
    with pytest.raises(TypeError, match="^model: want an nn.Module"):
        step(nn.Linear(2, 2), optimizer, X)
    assert same_weights(model, before)


def test_a_model_without_distributions(model):
    plain = Autoencoder(2, (8,))
    with pytest.raises(TypeError, match="model: want one whose encode returns mu and logvar"):
        tcvae_step(IMAGES)(plain, torch.optim.SGD(plain.parameters(), 1.0), X)


def test_a_batch_of_more_than_all_images(model):
    with pytest.raises(ValueError, match="images: want"):
        tcvae_step(5)(model, torch.optim.SGD(model.parameters(), 1.0), X)
