import pytest
import torch
from torch import nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
from torch.nn import functional as F

from vae_helpers.data.names import spell
from vae_helpers.evaluation import evaluate
from vae_helpers.models import (
    VAE,
    AdversarialAutoencoder,
    Autoencoder,
    Classifier,
    CompletionNet,
    CompletionVAE,
    ConditionalVAE,
    NameVAE,
    PaddedNameVAE,
    RegressionNet,
    reparameterize,
)
from vae_helpers.models.completion import pixel_mask, unseen_nll
from vae_helpers.models.name_vae import write
from vae_helpers.models.priors import LearnedPrior, StandardPrior
from vae_helpers.models.sequences import SequenceDecoder
from vae_helpers.pretrain.classifier import fit_classifier
from vae_helpers.training import fit


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


@pytest.fixture(
    params=[{}, {"prior": "learned"}, {"prior": "learned", "components": 3}], ids=["standard", "one", "three"]
)
def conditional(request):
    return ConditionalVAE(3, hidden=(16,), **request.param)


def test_shapes_of_the_conditional_vae(images, conditional):
    labels = torch.arange(7)
    mu, logvar = conditional.encode(images[:7], labels)
    assert mu.shape == logvar.shape == (7, 3)
    assert conditional.decode(mu, labels).shape == (7, 1, 28, 28)
    assert [term.shape for term in conditional.loss_terms(images[:7], labels)] == [(7,), (7,)]
    samples = conditional.sample(labels)
    assert samples.shape == (7, 1, 28, 28) and samples.min() >= 0 and samples.max() <= 1
    assert torch.equal(samples, conditional.sample(labels)) and not torch.equal(samples, conditional.sample(labels, 1))


def test_a_class_is_its_unit_vector(images, conditional):
    labels = torch.tensor([0, 9, 3, 3])
    vectors = F.one_hot(labels, 10).float()
    noise = [torch.Generator().manual_seed(1) for _ in range(2)]
    by_class = conditional.loss_terms(images[:4], labels, noise[0])
    by_vector = conditional.loss_terms(images[:4], vectors, noise[1])
    assert all(torch.equal(a, b) for a, b in zip(by_class, by_vector, strict=True))
    assert torch.equal(conditional.sample(labels), conditional.sample(vectors))
    assert not torch.allclose(
        conditional.encode(images[:1], labels[:1])[0], conditional.encode(images[:1], labels[1:2])[0]
    )


@pytest.mark.parametrize(
    ("c", "error", "said"),
    [
        (torch.tensor([3.0, 5.0]), ValueError, r"c: want shape \(N, 10\)"),  # a class is a name, not a quantity
        (torch.tensor([3, 10]), ValueError, "c: want classes from 0 to 9, got 3 to 10"),
        (torch.tensor([-1, 3]), ValueError, "c: want classes from 0 to 9, got -1 to 3"),
        (torch.tensor([3]), ValueError, "c: want one for each of the 2 in x, got 1"),
        (torch.zeros(2, 9), ValueError, r"c: want shape \(N, 10\)"),
        (torch.zeros(2, 10).double(), TypeError, "c: want torch.float32"),
        (
            torch.tensor([True, False]),
            TypeError,
            r"c: want a tensor of classes \(.*\) or of vectors \(.*\), got torch.bool",
        ),
        ([3, 5], TypeError, "c: want a tensor of classes .*, got list"),
        (torch.zeros(2, 10).cfloat(), TypeError, "c: want a tensor of classes .*, got torch.complex64"),
    ],
)
def test_a_condition_that_is_none_is_refused(images, conditional, c, error, said):
    with pytest.raises(error, match=said):
        conditional.encode(images[:2], c)


@pytest.mark.parametrize(
    ("c", "said"),
    [
        (torch.tensor([3, 10]), "c: want classes from 0 to 9, got 3 to 10"),
        (torch.tensor([3, 1, 4]), "c: want a condition for each of the 2 examples, got 3"),
        (torch.full((2, 10), float("nan")), "c: contains NaN or infinity"),
        (torch.zeros(1, 10), "c: want a condition for each of the 2 examples, got 1"),
    ],
)
def test_a_condition_of_data_is_read_in_full(images, conditional, c, said):
    with pytest.raises(ValueError, match=said):
        conditional.check_data(images[:2], c)


def test_the_seed_sets_a_learned_prior_too():
    """Several components begin in different places: where, the seed says."""
    settings = {"latent_dim": 2, "hidden": (4,), "prior": "learned", "components": 3}
    a, b, c = (ConditionalVAE(**settings, seed=seed).prior.head.weight for seed in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)


@pytest.mark.parametrize("sizes", [{"components": 20}, {"prior_hidden": (32,)}])
def test_a_standard_prior_has_no_sizes(sizes):
    with pytest.raises(ValueError, match='components, prior_hidden: want them for prior="learned" only'):
        ConditionalVAE(2, hidden=(4,), **sizes)


def test_the_conditional_kl_is_an_integral(conditional):
    """Its mean over many draws of z against log q - log p by another hand."""
    generator = torch.Generator().manual_seed(0)
    c, mu, logvar = (
        torch.eye(10)[:2],
        torch.tensor([[0.5, -1, 0], [2, 0, 1]]),
        torch.tensor([[-1.0, 0, -2], [0, -1, 1]]),
    )
    for weight in conditional.prior.parameters():
        weight.data += 0.3 * torch.randn(weight.shape, generator=generator)
    q = Normal(mu, torch.exp(logvar / 2))
    z = mu + torch.exp(logvar / 2) * torch.randn(100_000, 2, 3, generator=generator)
    if isinstance(conditional.prior, StandardPrior):
        log_p = Normal(0.0, 1.0).log_prob(z).sum(dim=2)
    else:
        log_weights, mu_p, logvar_p = conditional.prior(c)
        parts = Independent(Normal(mu_p, torch.exp(logvar_p / 2)), 1)
        log_p = MixtureSameFamily(Categorical(logits=log_weights), parts).log_prob(z)
    wanted = (q.log_prob(z).sum(dim=2) - log_p).mean(dim=0)
    repeated = (values.expand(len(z), 2, -1).flatten(0, 1) for values in (mu, logvar, z, c))
    got = conditional.prior.kl(*repeated).unflatten(0, (len(z), 2)).mean(dim=0)
    assert torch.allclose(got, wanted, atol=0.05)


def test_a_learned_prior_is_drawn_from_as_it_says():
    prior = LearnedPrior(conditions=2, latent_dim=2, components=4, seed=1)
    c = torch.eye(2)[1].expand(50_000, 2)
    log_weights, mu, logvar = prior(c[:1])
    z = prior.sample(c, torch.Generator().manual_seed(0))
    mean = (log_weights.exp()[..., None] * mu).sum(dim=1)[0]
    second = (log_weights.exp()[..., None] * (mu.square() + logvar.exp())).sum(dim=1)[0]
    assert torch.allclose(z.mean(dim=0), mean, atol=0.02) and torch.allclose(z.square().mean(dim=0), second, atol=0.05)


def test_a_conditional_vae_in_colour(images):
    model = ConditionalVAE(2, conditions=784, hidden=(16,), prior="learned", prior_hidden=(8,), shape=(3, 28, 28))
    grey = images[:5].flatten(1)
    assert model.sample(grey).shape == (5, 3, 28, 28)
    fit(model, (images[:64].expand(-1, 3, -1, -1), images[:64].flatten(1)), epochs=1, progress=False)
    with pytest.raises(ValueError, match=r"want shape \(N, 3, 28, 28\)"):
        fit(model, (images[:64], images[:64].flatten(1)), epochs=1)


def test_a_conditional_vae_learns_what_the_label_says(test_set):
    images, labels = test_set[0][:1000], test_set[1][:1000]
    model = ConditionalVAE(2, hidden=(32,), prior="learned")
    fit(model, (images, labels), epochs=6, batch_size=32, progress=False)
    told, misled = evaluate(model, (images, labels)).total, evaluate(model, (images, (labels + 1) % 10)).total
    assert told < misled - 20


def test_a_regression_net_learns_the_mean_of_the_right_answers():
    """Two targets for one condition: the pixel loss is lowest at their mean, whatever the net."""
    net = RegressionNet(1, (3, 1, 1), hidden=(8,))
    targets = torch.tensor([[0.5, 1.0, 0.7], [1.0, 0.2, 0.5]]).view(2, 3, 1, 1)
    c = torch.ones(2, 1)
    history = fit(net, (targets, c), epochs=60, learning_rate=0.1, progress=False)
    torch.testing.assert_close(net.predict(c[:1])[0], targets.mean(dim=0), atol=0.02, rtol=0)
    assert history["train_kl"][-1] == 0


def test_the_layers_of_a_regression_net_are_a_decoder_without_z():
    net, vae = RegressionNet(4, (3, 2, 2), hidden=(9, 8)), ConditionalVAE(1, 4, hidden=(9, 8), shape=(3, 2, 2))
    wide, narrow = ([tuple(weight.shape) for weight in part.decoder.parameters()] for part in (vae, net))
    assert wide[0] == (8, 5) and narrow[0] == (8, 4) and wide[1:] == narrow[1:]
    labels = torch.tensor([3, 0])
    assert torch.equal(net.predict(labels), net.predict(torch.eye(4)[labels]))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda net, x, c: RegressionNet(0, (3, 2, 2)), ValueError, "conditions: want a whole number >= 1"),
        (lambda net, x, c: RegressionNet(4, (3, 2.5)), ValueError, "shape: want whole numbers >= 1"),
        (lambda net, x, c: net(torch.zeros(1, 5)), ValueError, r"c: want shape \(N, 4\), got \(1, 5\)"),
        (lambda net, x, c: net(c.double()), TypeError, "c: want torch.float32"),
        (lambda net, x, c: fit(net, (255 * x, c)), ValueError, r"train_images: want values in \[0, 1\], got .*255"),
        (lambda net, x, c: fit(net, (x[:, :1], c)), ValueError, r"train_images: want shape \(N, 3, 2, 2\)"),
        (lambda net, x, c: fit(net, (x, c / 0)), ValueError, "c: contains NaN or infinity"),
    ],
)
def test_what_a_regression_net_refuses(call, error, said):
    with pytest.raises(error, match=f"^{said}"):
        call(RegressionNet(4, (3, 2, 2)), torch.ones(2, 3, 2, 2), torch.zeros(2, 4))


NAMES = spell(["nowak", "bergþórs", "li", "gcaba"])
TONGUES = torch.tensor([0, 1, 2, 3])


@pytest.fixture
def speller():
    return NameVAE(3, hidden=16, embedding=4, input_dropout=0.5).eval()


def test_shapes_of_the_name_vae(speller):
    mu, logvar = speller.encode(NAMES, TONGUES)
    assert mu.shape == logvar.shape == (4, 3)
    assert speller.decode(mu, TONGUES, NAMES).shape == (4, 17, 61)
    assert [term.shape for term in speller.loss_terms(NAMES, TONGUES)] == [(4,), (4,)]
    assert [term.shape for term in speller.loss_terms(NAMES.to(torch.uint8), TONGUES)] == [(4,), (4,)]
    assert (speller.decoder.embedding.weight.shape, speller.decoder.head.weight.shape) == ((61, 4), (61, 16))
    assert speller.decoder.gru.weight_ih_l0.shape == (3 * 16, 4 + 3 + 6)  # the letter, z and the language


def test_padding_changes_nothing(speller):
    """Not the code, where the state behind the padding would be read; not the loss, where it would be counted."""
    short, long = spell(["li", "gcaba"], steps=5), F.pad(spell(["li", "gcaba"], steps=5), (0, 7))
    torch.testing.assert_close(speller.encode(short, TONGUES[:2]), speller.encode(long, TONGUES[:2]))
    terms = [speller.loss_terms(names, TONGUES[:2], torch.Generator().manual_seed(0)) for names in (short, long)]
    torch.testing.assert_close(*terms)


def test_neighbours_in_the_batch_change_nothing(speller):
    """As they would with the batch taken for the time."""
    together, z = speller.encode(NAMES, TONGUES)[0], torch.ones(4, 3)
    for k in range(4):
        torch.testing.assert_close(speller.encode(NAMES[k : k + 1], TONGUES[k : k + 1])[0], together[k : k + 1])
        alone = speller.nll(z[:1], TONGUES[k : k + 1], NAMES[k : k + 1])
        torch.testing.assert_close(alone, speller.nll(z, TONGUES, NAMES)[k : k + 1])


def test_a_letter_is_predicted_from_those_before_it(speller):
    """Where the targets are not shifted, a decoder copies the letter that it should predict."""
    z, changed = torch.ones(4, 3), NAMES.clone()
    changed[:, 1] = 30
    before, after = (speller.decode(z, TONGUES, names) for names in (NAMES, changed))
    torch.testing.assert_close(before[:, :2], after[:, :2])
    assert (before[:, 2] - after[:, 2]).abs().amax(dim=1).min() > 1e-4


def test_nats_are_those_of_the_letters_and_the_end_one_after_another(speller):
    z, nats = torch.randn(1, 3, generator=torch.Generator().manual_seed(0)), 0.0
    told, state, seen = torch.cat([z, torch.eye(6)[3:4]], dim=1), None, torch.tensor([0])
    for letter in [*spell(["gcaba"], steps=0)[0].tolist(), 0]:
        logits, state = speller.decoder.step(seen, told, state)
        nats -= logits.log_softmax(dim=1)[0, letter]
        seen = torch.tensor([letter])
    torch.testing.assert_close(speller.nll(z, TONGUES[3:], NAMES[3:]), nats[None])


def test_letters_are_hidden_in_training_only(speller):
    def twice(model):
        z = torch.ones(4, 3)
        return [model.nll(z, TONGUES, NAMES, torch.Generator().manual_seed(k)) for k in (0, 1)]

    assert torch.equal(*twice(speller)) and not torch.allclose(*twice(speller.train()))
    blind = NameVAE(3, hidden=16, input_dropout=1).eval()
    other = blind.decode(torch.ones(1, 3), TONGUES[:1], NAMES[1:2])
    torch.testing.assert_close(blind.decode(torch.ones(1, 3), TONGUES[:1], NAMES[:1]), other)
    assert blind.sample(TONGUES, "ab")[0][2:] == blind.sample(TONGUES, "oh")[0][2:]  # nor sees it those it has drawn


def test_a_share_of_hidden_letters():
    decoder = SequenceDecoder(nn.Identity(), inputs=2, hidden=3, outputs=1)
    heard = []
    decoder.gru.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0][..., 0]))
    decoder(torch.ones(100, 100, 1), torch.ones(100, 1), hide=0.3, generator=torch.Generator().manual_seed(0))
    assert heard[0].mean().item() == pytest.approx(0.7, abs=0.02) and set(heard[0].unique().tolist()) == {0, 1}


def test_drawn_names_begin_as_asked_and_follow_their_seeds(speller):
    names = speller.sample(TONGUES, prefix="þó", seed=1)
    assert len(names) == 4 and all(name.startswith("þó") for name in names)
    assert names == speller.sample(TONGUES, prefix="þó", seed=1) != speller.sample(TONGUES, prefix="þó", seed=2)
    z = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)).repeat_interleave(2, dim=0)
    cold = speller.sample(TONGUES[:1].expand(4), z=z, temperature=1e-6)
    assert cold[0] == cold[1] and cold[2] == cold[3]


def test_letters_of_two_characters_are_forced_as_one(speller):
    """What stands behind the prefix is drawn, and no padding of it taken for the end."""
    assert speller.sample(TONGUES, prefix="c\u0301", seed=1) == speller.sample(TONGUES, prefix="ć", seed=1)


def test_names_are_written_from_what_is_chosen(speller):
    """The letters forced, then those chosen, each read before the next one; 0 ends a name."""
    told, asked = torch.cat([torch.ones(2, 3), torch.eye(6)[:2]], dim=1), []

    def choose(logits, step):
        asked.append((step, logits))
        return torch.tensor([5, 0]) if step == 2 else torch.tensor([0, 7])

    assert write(speller.decoder, told, [1, 2], choose) == ["abe", "ab"]
    assert [step for step, _ in asked] == [*range(2, 24)]
    wanted = speller.decode(torch.ones(2, 3), TONGUES[:2], torch.tensor([[1, 2, 5], [1, 2, 0]]))
    torch.testing.assert_close(asked[0][1], wanted[:, 2])
    torch.testing.assert_close(asked[1][1][0], wanted[0, 3])


def test_a_drawn_name_ends_where_its_end_is_drawn(speller):
    speller.decoder.head.bias.data[0] = 100.0
    assert speller.sample(TONGUES, prefix="li") == ["li"] * 4


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda model: model.encode(NAMES.float(), TONGUES), TypeError, "names: want integers"),
        (lambda model: model.encode(NAMES, TONGUES[:3]), ValueError, "c: want one for each of the 4 in names, got 3"),
        (lambda model: model.encode(NAMES, TONGUES + 3), ValueError, "c: want classes from 0 to 5, got 3 to 6"),
        (lambda model: model.check_data(NAMES + 60, TONGUES), ValueError, "names: want letters from 0 to 60, got 60"),
        (lambda model: model.check_data(NAMES.flip(1), TONGUES), ValueError, "names: want zeros behind the last"),
        (lambda model: model.nll(torch.ones(4, 2), TONGUES, NAMES), ValueError, r"z: want shape \(N, 3\)"),
        (lambda model: model.nll(torch.ones(1, 3), TONGUES[:1], NAMES), ValueError, r"names: want shape \(1, T\)"),
        (lambda model: model.sample(TONGUES, prefix="Š"), ValueError, "^prefix: want small letters of .*, got 'Š'"),
        (lambda model: model.sample(TONGUES, prefix=3), TypeError, "^prefix: want a text, got 3"),
        (lambda model: model.sample(TONGUES, prefix="a" * 25), ValueError, "prefix: want at most 24 letters, got 25"),
        (lambda model: model.sample(TONGUES, temperature=0), ValueError, "temperature: want a number > 0"),
        (lambda model: model.sample(TONGUES, z=torch.ones(3, 3)), ValueError, "c: want one for each of the 3 in z"),
        (lambda model: NameVAE(input_dropout=1.5), ValueError, "input_dropout: want a share from 0 to 1, got 1.5"),
        (lambda model: NameVAE(hidden=0), ValueError, "hidden: want a whole number >= 1"),
    ],
)
def test_bad_names(speller, call, error, said):
    with pytest.raises(error, match=said):
        call(speller)


def test_a_name_vae_learns_what_the_language_says():
    """One language repeats its first letter, the other its second."""
    languages = torch.arange(2).repeat(100)
    names = (languages + 1)[:, None].repeat(1, 3)
    model = NameVAE(1, languages=2, letters=3, hidden=8, embedding=2)
    fit(model, (names, languages), epochs=15, batch_size=40, learning_rate=5e-2, progress=False)
    told, misled = (evaluate(model, (names, c)).total for c in (languages, 1 - languages))
    assert told < 1 and misled > 3
    assert model.sample(torch.tensor([0, 1]), temperature=0.1) == ["aaa", "bbb"]


PADDED = spell(["nowak", "bergþórs", "li", "gcaba"], steps=16)


@pytest.fixture
def padder():
    return PaddedNameVAE(3, hidden=(16,)).eval()


def test_shapes_of_the_padded_name_vae(padder):
    mu, logvar = padder.encode(PADDED, TONGUES)
    assert mu.shape == logvar.shape == (4, 3)
    assert padder.decode(mu, TONGUES).shape == (4, 17, 61)
    assert [term.shape for term in padder.loss_terms(PADDED.to(torch.uint8), TONGUES)] == [(4,), (4,)]


def test_padded_nats_are_those_of_the_letters_and_the_end(padder):
    z = torch.randn(1, 3, generator=torch.Generator().manual_seed(0))
    chances = padder.decode(z, TONGUES[:1])[0].softmax(dim=1)
    wanted = -sum(chances[step, letter].log() for step, letter in enumerate([*PADDED[0][:5].tolist(), 0]))
    torch.testing.assert_close(padder.nll(z, TONGUES[:1], PADDED[:1])[0], wanted)


def test_letters_of_padded_names_are_drawn_each_by_itself(padder):
    """A letter's chances are those of its place, whatever was drawn before it; a name ends at its first end."""
    bias = padder.decoder[-1].bias.data.view(17, 61)
    padder.decoder[-1].weight.data.zero_()
    bias[:] = 0
    bias[torch.arange(17), torch.tensor([13, 1, 0] + 14 * [7])] = 100.0
    assert padder.sample(TONGUES[:2]) == ["ma", "ma"]
    bias[1] = 0
    names = padder.sample(TONGUES[:1].repeat(300), seed=1)
    assert len({name[1:2] for name in names}) > 55 and names != padder.sample(TONGUES[:1].repeat(300), seed=2)
    bias[1] = torch.arange(61) / 61
    cold = padder.sample(TONGUES[:2], z=torch.ones(2, 3), temperature=1e-6)
    assert cold == ["mž", "mž"]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda model: model.check_data(PADDED[:, :15], TONGUES), ValueError, r"names: want shape \(N, 16\)"),
        (lambda model: model.check_data(PADDED + 60, TONGUES), ValueError, "names: want letters from 0 to 60"),
        (lambda model: model.check_data(PADDED.flip(1), TONGUES), ValueError, "names: want zeros behind the last"),
        (lambda model: model.check_data(PADDED, TONGUES[:3]), ValueError, "c: want a condition for each of the 4"),
        (lambda model: model.encode(PADDED.float(), TONGUES), TypeError, "names: want integers"),
        (lambda model: model.encode(PADDED, TONGUES + 3), ValueError, "c: want classes from 0 to 5, got 3 to 6"),
        (lambda model: model.decode(torch.ones(4, 2), TONGUES), ValueError, r"z: want shape \(N, 3\)"),
        (lambda model: model.nll(torch.ones(2, 3), TONGUES[:2], PADDED), ValueError, r"names: want shape \(2, 16\)"),
        (lambda model: model.sample(TONGUES, temperature=0), ValueError, "temperature: want a number > 0"),
        (lambda model: model.sample(TONGUES, z=torch.ones(3, 3)), ValueError, "c: want one for each of the 3 in z"),
    ],
)
def test_bad_padded_names(padder, call, error, said):
    with pytest.raises(error, match=f"^{said}"):
        call(padder)


LEFT_HALF = torch.tensor([[1.0, 0, 1, 0]])


def test_quadrants_are_where_they_are_said_to_be():
    """Top left, top right, bottom left, bottom right."""
    x = torch.arange(784.0).view(1, 1, 28, 28)
    corners = (x[..., :14, :14], x[..., :14, 14:], x[..., 14:, :14], x[..., 14:, 14:])
    for flags, corner in zip(torch.eye(4), corners, strict=True):
        assert torch.equal(x[pixel_mask(flags[None])], corner.flatten())


def test_the_negative_elbo_of_a_completion_by_hand(images):
    """Over the right half's pixels only, with q, the prior and the KL by another hand."""
    model, x, seen = CompletionVAE(3, hidden=(16,)), images[:5], LEFT_HALF.expand(5, 4)
    reconstruction, kl = model.loss_terms(x, seen, torch.Generator().manual_seed(1))
    left = x.clone()
    left[..., 14:] = 0
    condition = torch.cat([left.flatten(1), seen], dim=1)
    mu, logvar = model.encode(x, seen)
    mu_p, logvar_p = model.prior(condition).chunk(2, dim=1)
    q, p = Normal(mu, torch.exp(logvar / 2)), Normal(mu_p, torch.exp(logvar_p / 2))
    z = mu + q.scale * torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    right = torch.sigmoid(model.decoder(torch.cat([z, condition], dim=1))).view(5, 28, 28)[:, :, 14:]
    wanted = F.binary_cross_entropy(right, x[:, 0, :, 14:], reduction="none").sum(dim=(1, 2))
    torch.testing.assert_close(reconstruction, wanted)
    torch.testing.assert_close(kl, torch.distributions.kl_divergence(q, p).sum(dim=1))


def test_a_completion_never_looks_at_the_unseen(images):
    model, net, seen = CompletionVAE(3, hidden=(16,)), CompletionNet((16,)), torch.eye(4)
    x, z = images[:4], torch.zeros(4, 3)
    other = torch.where(pixel_mask(seen), x, 1 - x)
    for told in (model.prior_of, model.complete, net, net.complete, lambda x, seen: [model.decode(z, x, seen)]):
        for a, b in zip(told(x, seen), told(other, seen), strict=True):
            assert torch.equal(a, b)
    assert not torch.equal(model.encode(x, seen)[0], model.encode(other, seen)[0])  # q does, and may


@pytest.mark.parametrize("seen", [torch.eye(4), torch.eye(4).bool()])
def test_completions(images, seen):
    model, x = CompletionVAE(3, hidden=(16,)), images[:4]
    drawn = model.complete(x, seen, count=5, seed=1)
    assert drawn.shape == (4, 5, 1, 28, 28) and drawn.min() >= 0 and drawn.max() <= 1
    mask = pixel_mask(seen)[:, None].expand_as(drawn)
    assert torch.equal(drawn[mask], x[:, None].expand_as(drawn)[mask])
    assert torch.equal(drawn, model.complete(x, seen, count=5, seed=1))
    assert not torch.equal(drawn, model.complete(x, seen, count=5, seed=2))
    assert not torch.equal(drawn[:, 0], drawn[:, 1])


def test_the_loss_of_the_unseen_counts_nothing_else():
    logits, x = torch.full((1, 1, 28, 28), 9.0), torch.zeros(1, 1, 28, 28)
    everything = unseen_nll(logits, x, torch.zeros(1, 4))
    assert unseen_nll(logits, x, torch.tensor([[True, True, False, True]])).item() == pytest.approx(everything / 4)
    assert unseen_nll(logits, x, torch.ones(1, 4)) == 0


@pytest.mark.parametrize(
    ("seen", "error", "said"),
    [
        (torch.ones(2, 3), ValueError, r"seen: want shape \(N, 4\), got \(2, 3\)"),
        (torch.ones(3, 4), ValueError, "seen: want flags for each of the 2 images, got 3"),
        (torch.ones(2, 4).long(), TypeError, "seen: want a tensor of flags, truth values or floats, got torch.int64"),
        ([[1, 0, 0, 0]] * 2, TypeError, "seen: want a tensor of flags, .* got list"),
        (torch.full((2, 4), 0.5), ValueError, "seen: want 0 or 1 for each quadrant"),
    ],
)
@pytest.mark.parametrize("model", [CompletionVAE(2, (4,)), CompletionNet((4,))])
def test_flags_that_are_none_are_refused(images, model, seen, error, said):
    with pytest.raises(error, match=said):
        model.check_data(images[:2], seen)


def test_completing_is_learnt(test_set):
    """Better with what is seen than with another image's."""
    images, seen = test_set[0][:500], LEFT_HALF.expand(500, 4)
    for model in (CompletionVAE(4, (32,)), CompletionNet((32,))):
        fit(model, (images, seen), epochs=8, batch_size=32, progress=False)
        mixed = torch.where(pixel_mask(seen), images.roll(1, dims=0), images)
        told, misled = evaluate(model, (images, seen)).total, evaluate(model, (mixed, seen)).total
        assert told < misled - 4 and told < 120


class TestAdversarialAutoencoder:
    """Its training step is tested in tests/test_adversarial.py."""

    def test_is_an_autoencoder_of_the_same_weights_with_a_discriminator(self):
        plain, model = Autoencoder(2, (16, 8), seed=3), AdversarialAutoencoder(2, (16, 8), judges=(12,), seed=3)
        shared = plain.state_dict()
        assert all(torch.equal(shared[name], model.state_dict()[name]) for name in shared)
        assert [layer.out_features for layer in model.discriminator if isinstance(layer, nn.Linear)] == [12, 1]

    def test_says_the_same_of_a_code_whatever_else_is_in_the_batch(self):
        model, z = AdversarialAutoencoder(3, (8,)), torch.randn(5, 3)
        assert torch.allclose(model.discriminate(z)[2], model.discriminate(z[2:3])[0], atol=1e-6)

    def test_a_class_is_part_of_what_the_discriminator_sees(self):
        model, z = AdversarialAutoencoder(2, (8,), classes=10), torch.zeros(11, 2)
        said = model.discriminate(z, torch.arange(11))  # the last is "not known"
        assert len(said.unique()) == 11

    def test_refuses_labels_that_it_can_not_use(self):
        x = torch.rand(2, 1, 28, 28)
        with pytest.raises(ValueError, match="labels: want none, as the model has classes=0"):
            AdversarialAutoencoder(2, (8,)).discriminate(torch.zeros(2, 2), torch.tensor([0, 1]))
        model = AdversarialAutoencoder(2, (8,), classes=10)
        with pytest.raises(ValueError, match="labels: want one for each code, as the model has classes=10"):
            model.discriminate(torch.zeros(2, 2))
        with pytest.raises(ValueError, match="want labels from 0 to 10, got 0 to 11"):
            model.check_data(x, torch.tensor([0, 11]))
