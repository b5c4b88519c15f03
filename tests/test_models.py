import pytest
import torch

from vae_helpers.models import VAE, Autoencoder, Classifier, reparameterize
from vae_helpers.pretrain import fit_classifier


@pytest.mark.parametrize("latent_dim", [1, 2, 20])
@pytest.mark.parametrize("layer_norm", [True, False])
def test_shapes_of_the_vae(images, latent_dim, layer_norm):
    model = VAE(latent_dim, (32, 16), layer_norm)
    logits, mu, logvar = model(images[:7])
    assert logits.shape == (7, 1, 28, 28) and mu.shape == logvar.shape == (7, latent_dim)
    assert [term.shape for term in model.loss_terms(images[:7])] == [(7,), (7,)]
    samples = model.sample(5)
    assert samples.shape == (5, 1, 28, 28) and samples.min() >= 0 and samples.max() <= 1


def test_shapes_of_the_autoencoder(images):
    model = Autoencoder(3, (32,))
    logits, z = model(images[:7])
    assert logits.shape == (7, 1, 28, 28) and z.shape == (7, 3)
    reconstruction, kl = model.loss_terms(images[:7])
    assert reconstruction.shape == kl.shape == (7,) and (kl == 0).all()


def test_a_classifier_learns(test_set):
    images, labels = test_set[0][:1500], test_set[1][:1500]
    model = Classifier(channels=4, seed=0)
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    fit_classifier(model, images, labels, epochs=6)
    assert torch.equal(torch.random.get_rng_state(), before) and not model.training
    with torch.no_grad():
        logits = model(images)
    assert logits.shape == (1500, 10)
    assert (logits.argmax(dim=1) == labels).float().mean() > 0.6  # 0.1 by guessing


def test_textbook_network_has_the_textbook_size():
    textbook = VAE(20, (400,), layer_norm=False)
    wanted = (784 * 400 + 400) + (400 * 40 + 40) + (20 * 400 + 400) + (400 * 784 + 784)
    assert sum(p.numel() for p in textbook.parameters()) == wanted


def test_seed_sets_the_weights_and_leaves_the_global_generator():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    a, b, c = VAE(seed=1), VAE(seed=1), VAE(seed=2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(a.encoder.head.weight, b.encoder.head.weight)
    assert not torch.equal(a.encoder.head.weight, c.encoder.head.weight)


def test_samples_and_noise_follow_their_seeds(images):
    model = VAE(latent_dim=4, hidden=(16,))
    assert torch.equal(model.sample(3, seed=1), model.sample(3, seed=1))
    assert not torch.equal(model.sample(3, seed=1), model.sample(3, seed=2))
    draws = [model(images[:2], torch.Generator().manual_seed(k))[0] for k in (0, 0, 1)]
    assert torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])


def test_reparameterized_samples_have_the_right_moments(generator):
    mu, logvar = torch.tensor([[1.5]]), torch.tensor([[-1.0]])
    z = reparameterize(mu.expand(200_000, 1), logvar.expand(200_000, 1), torch.randn(200_000, 1, generator=generator))
    assert z.mean().item() == pytest.approx(1.5, abs=0.01)
    assert z.var().item() == pytest.approx(torch.exp(torch.tensor(-1.0)).item(), abs=0.01)


def test_gradients_reach_mu_and_logvar():
    mu, logvar, eps = (
        torch.ones(1, 1, requires_grad=True),
        torch.zeros(1, 1, requires_grad=True),
        torch.full((1, 1), 2.0),
    )
    reparameterize(mu, logvar, eps).backward()
    assert mu.grad.item() == 1 and logvar.grad.item() == 1  # d/dlogvar of exp(logvar/2) eps = sigma eps / 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: VAE(latent_dim=0), ValueError, "latent_dim: want a whole number >= 1, got 0"),
        (lambda: VAE(hidden=(128, 0)), ValueError, "hidden: want whole numbers"),
        (lambda: Autoencoder(latent_dim=1.5), ValueError, "latent_dim"),
        (lambda: VAE(latent_dim=True), ValueError, "latent_dim: want a whole number >= 1, got True"),
        (lambda: Classifier(channels=0), ValueError, "channels: want a whole number >= 1, got 0"),
        (lambda: VAE().sample(2.5), ValueError, "n: want a whole number >= 1, got 2.5"),
        (lambda: VAE().encode(torch.zeros(2, 784)), ValueError, r"x: want shape \(N, 1, 28, 28\), got \(2, 784\)"),
        (lambda: VAE().encode(torch.zeros(2, 1, 28, 28, dtype=torch.uint8)), TypeError, "x: want floats"),
        (lambda: Autoencoder().encode(torch.zeros(2, 28, 28)), ValueError, "x: want shape"),
        (lambda: Classifier()(torch.zeros(2, 784)), ValueError, r"x: want shape \(N, 1, 28, 28\)"),
        (
            lambda: fit_classifier(Classifier(), torch.zeros(3, 1, 28, 28), torch.zeros(2).long()),
            ValueError,
            r"labels: want shape \(3,\), got \(2,\)",
        ),
        (lambda: VAE().decode(torch.zeros(2, 3)), ValueError, r"z: want shape \(N, 2\), got \(2, 3\)"),
        (lambda: reparameterize(torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(3)), ValueError, "eps: want shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
