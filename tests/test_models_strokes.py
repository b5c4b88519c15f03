"""Models of strokes: one latent a stroke, written by a GRU or all at once, and one latent a point."""

import math

import pytest
import torch
from torch.nn import functional as F

from vae_helpers.evaluation import evaluate
from vae_helpers.losses import gaussian_kl
from vae_helpers.models import VRNN, RecurrentVAE, StrokeVAE
from vae_helpers.models.layers import SIGMA_FLOOR, floored_logvar
from vae_helpers.training import fit, warm_up

STROKES = torch.rand(4, 6, 2, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([6, 1, 3, 5])
Z = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def stirred(model):
    """With weights ten times as large: what should change changes visibly, and what shouldn't would."""
    for weight in model.parameters():
        weight.data *= 10 if weight.ndim > 1 else 1
    return model


def pad(strokes: torch.Tensor, value: float) -> torch.Tensor:
    """Two points behind the end of all."""
    return F.pad(strokes, (0, 0, 0, 2), value=value)


def filled(value: float) -> torch.Tensor:
    """The strokes, with ``value`` behind each one's end."""
    return STROKES.where((torch.arange(6) < LENGTHS[:, None])[..., None], value)


@pytest.fixture
def pen():
    return stirred(RecurrentVAE(3, hidden=16, embedding=4, input_dropout=0.5)).eval()


def test_shapes_of_the_recurrent_vae(pen):
    mu, logvar = pen.encode(STROKES, LENGTHS)
    assert mu.shape == logvar.shape == (4, 3)
    assert [part.shape for part in pen.decode(mu, STROKES)] == [(4, 6, 2)] * 2
    assert [term.shape for term in pen.loss_terms(STROKES, LENGTHS)] == [(4,), (4,)]
    assert pen.write(mu, points=9).shape == (4, 9, 2)
    assert (pen.encoder.gru.weight_ih_l0.shape, pen.encoder.head.weight.shape) == ((48, 4), (6, 16))
    assert (pen.decoder.gru.weight_ih_l0.shape, pen.decoder.head.weight.shape) == ((48, 4 + 3), (4, 16))


def test_without_lengths_all_points_are_real(pen):
    terms = [pen.loss_terms(STROKES, lengths, seeded()) for lengths in (None, torch.full((4,), 6))]
    assert all(torch.equal(a, b) for a, b in zip(*terms, strict=True))


@pytest.mark.parametrize("value", [0.0, 1.0, 50.0])
def test_padding_changes_nothing(pen, value):
    """Not the code, where the state behind the padding would be read; not the loss, where it would be counted."""
    for other in (filled(value), pad(STROKES, value)):
        torch.testing.assert_close(pen.encode(other, LENGTHS), pen.encode(STROKES, LENGTHS))
        terms = [pen.loss_terms(strokes, LENGTHS, seeded()) for strokes in (STROKES, other)]
        torch.testing.assert_close(*terms)
    with pytest.raises(AssertionError):  # had it been counted, it would have been seen
        torch.testing.assert_close(pen.encode(pad(STROKES, value)), pen.encode(STROKES))


def test_a_longer_stroke_goes_on_where_the_shorter_ended(pen):
    """The last real point counts in full, and so does each before it."""
    for lengths in (LENGTHS, LENGTHS.clamp(min=2)):
        mean, logvar = pen.decode(Z, STROKES)
        each = 0.5 * ((STROKES - mean) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(dim=2)
        wanted = torch.stack([row[:length].sum() for row, length in zip(each, lengths, strict=True)])
        torch.testing.assert_close(pen.nll(Z, STROKES, lengths), wanted)


def test_neighbours_in_the_batch_change_nothing(pen):
    """As they would with the batch taken for the time."""
    together = pen.encode(STROKES, LENGTHS)[0]
    for k in range(4):
        one, length = STROKES[k : k + 1], LENGTHS[k : k + 1]
        torch.testing.assert_close(pen.encode(one, length)[0], together[k : k + 1])
        alone = pen.nll(Z[k : k + 1], one, length)
        torch.testing.assert_close(alone, pen.nll(Z, STROKES, LENGTHS)[k : k + 1])


@pytest.mark.parametrize("t", range(6))
def test_a_point_is_predicted_from_those_before_it(pen, t):
    """Where the targets are not shifted, a decoder copies the point that it should predict."""
    changed = STROKES.clone()
    changed[:, t] = 1 - changed[:, t]
    (before, _), (after, _) = (pen.decode(Z, strokes) for strokes in (STROKES, changed))
    torch.testing.assert_close(before[:, : t + 1], after[:, : t + 1])
    assert t == 5 or (before[:, t + 1] - after[:, t + 1]).abs().amax(dim=1).min() > 1e-4


@pytest.mark.parametrize("input_dropout", [0.5, 1.0])
def test_nats_are_those_of_the_points_one_after_another(input_dropout):
    model = stirred(RecurrentVAE(3, hidden=16, embedding=4, input_dropout=input_dropout)).eval()
    nats, state, seen = 0.0, None, torch.zeros(1, 2)
    for point in STROKES[3, :5]:
        told, state = model.decoder.step(seen, Z[:1], state, blind=input_dropout == 1)
        for mean, raw, value in zip(told[0, :2], told[0, 2:], point, strict=True):
            sigma = (raw.exp() + 0.01**2).sqrt()
            nats -= torch.distributions.Normal(mean, sigma).log_prob(value)
        seen = point[None]
    torch.testing.assert_close(model.nll(Z[:1], STROKES[3:], LENGTHS[3:]), nats[None])


def test_points_are_hidden_in_training_only(pen):
    def twice(model):
        return [model.nll(Z, STROKES, LENGTHS, torch.Generator().manual_seed(k)) for k in (0, 1)]

    assert torch.equal(*twice(pen)) and not torch.allclose(*twice(pen.train()))
    forced = RecurrentVAE(3, hidden=16, input_dropout=0).train()
    assert torch.equal(*twice(forced))


@pytest.mark.parametrize("training", [False, True])
def test_a_blind_decoder_sees_no_point(training):
    blind = stirred(RecurrentVAE(3, hidden=16, input_dropout=1)).train(training)
    torch.testing.assert_close(blind.decode(Z, STROKES), blind.decode(Z, STROKES.flip(0)))
    cold, (mean, _) = blind.write(Z, points=6, temperature=0), blind.decode(Z, STROKES)
    torch.testing.assert_close(cold, mean)  # nor what it has written: it says the same in any case
    wild, again = (blind.write(Z, points=6, temperature=t, seed=1) - mean for t in (1.0, 3.0))
    torch.testing.assert_close(again, 3 * wild)


def test_writing_at_temperature_0_chains_the_means(pen):
    written = torch.zeros(4, 0, 2)
    for _ in range(5):
        mean, _ = pen.decode(Z, F.pad(written, (0, 0, 0, 1)))
        written = torch.cat([written, mean[:, -1:]], dim=1)
    torch.testing.assert_close(pen.write(Z, points=5, temperature=0), written)


def test_writing_spreads_as_sigma_and_temperature_say(pen):
    many = Z[:1].expand(4000, 3)
    mean, logvar = pen.decode(Z[:1], STROKES[:1])
    for temperature in (1.0, 0.5):
        first = pen.write(many, points=1, temperature=temperature, seed=3)[:, 0]
        sigma = temperature * torch.exp(0.5 * logvar[0, 0])
        torch.testing.assert_close(first.std(dim=0) / sigma, torch.ones(2), atol=0.05, rtol=0)
        torch.testing.assert_close((first.mean(dim=0) - mean[0, 0]) / sigma, torch.zeros(2), atol=0.06, rtol=0)


def test_writing_follows_its_seed_and_leaves_the_global_generator(pen):
    before = torch.get_rng_state()
    first = pen.write(Z, seed=1)
    assert torch.equal(first, pen.write(Z, seed=1)) and not torch.equal(first, pen.write(Z, seed=2))
    assert torch.equal(torch.get_rng_state(), before) and not first.requires_grad
    pen.train()
    assert torch.equal(first, pen.write(Z, seed=1))  # nothing is hidden from a pen that writes


@pytest.mark.parametrize("kind", [RecurrentVAE, StrokeVAE, VRNN])
def test_the_seed_sets_the_weights_and_leaves_the_global_generator(kind):
    before = torch.get_rng_state()
    one, same, other = (next(kind(2, seed=seed).decoder.parameters()) for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other) and torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("model", [RecurrentVAE(3, hidden=8), StrokeVAE(3, (8,), points=6)], ids=["gru", "mlp"])
def test_the_terms_are_of_a_draw_from_the_posterior(model):
    (reconstruction, kl), (mu, logvar) = model.loss_terms(STROKES, generator=seeded()), model.encode(STROKES)
    z = mu + torch.exp(0.5 * logvar) * torch.randn(4, 3, generator=seeded())
    torch.testing.assert_close(reconstruction, model.nll(z, STROKES))
    torch.testing.assert_close(kl, gaussian_kl(mu, logvar))
    assert kl.requires_grad and reconstruction.requires_grad


def two_kinds(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Strokes from the lower left to the upper right, and from the upper left to the lower right; and which is which.

    The kinds differ from the first point on, by more than the hand trembles.
    """
    which, way = torch.arange(n) % 2, torch.linspace(0.15, 0.85, 5)
    straight = torch.stack([way.expand(n, 5), torch.where(which[:, None] == 0, way, 1 - way)], dim=2)
    return (straight + 0.03 * torch.randn(n, 5, 2, generator=seeded())).clamp(0, 1), which


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [RecurrentVAE(1, 16, 1.0, 8), RecurrentVAE(1, 16, 0.0, 8), StrokeVAE(1, (16,), points=5), VRNN(1, 16, 8)],
    ids=["blind", "forced", "mlp", "vrnn"],
)
def test_two_kinds_of_stroke_are_learnt(model):
    """Better than one Gaussian a number can, but no better than two: ten of sigma 0.03 each, and ln 2 for the kind."""
    strokes, which = two_kinds(400)
    entropy = 0.5 * math.log(2 * math.pi * math.e)
    one = (strokes.std(dim=0).log() + entropy).sum().item()
    two = 10 * (math.log(0.03) + entropy) + math.log(2)
    fit(model, strokes, epochs=60, batch_size=40, learning_rate=1e-2, beta=warm_up(30), progress=False)
    found = evaluate(model, strokes)
    assert two - 0.3 < found.total < one - 2
    if getattr(model, "input_dropout", 1.0) == 1 and hasattr(model, "encode"):  # then only z can tell the kind
        low, high = sorted((model.encode(strokes[which == k])[0] for k in (0, 1)), key=lambda mu: mu.mean())
        assert found.kl > 0.6 and low.max() < high.min()


def test_lengths_in_training():
    """Strokes of which half end after two points: what stands behind isn't learnt."""
    strokes, _ = two_kinds(200)
    lengths = torch.tensor([2, 5]).repeat(50).repeat_interleave(2)
    garbage = strokes.where((torch.arange(5) < lengths[:, None])[..., None], torch.rand(200, 5, 2, generator=seeded()))
    models = [RecurrentVAE(1, 8, 0.0, 4) for _ in range(2)]
    for model, data in zip(models, (strokes, garbage), strict=True):
        fit(model, (data, lengths), epochs=2, batch_size=50, progress=False)
    found = [evaluate(model, (strokes, lengths)).total for model in models]
    assert found[0] == pytest.approx(found[1], abs=1e-4)


def test_shapes_of_the_stroke_vae():
    model = StrokeVAE(3, (8, 4), points=6)
    mu, logvar = model.encode(STROKES)
    assert mu.shape == logvar.shape == (4, 3) and [part.shape for part in model.decode(mu)] == [(4, 6, 2)] * 2
    assert [term.shape for term in model.loss_terms(STROKES)] == [(4,), (4,)]
    assert [layer.weight.shape for layer in model.decoder if isinstance(layer, torch.nn.Linear)] == [
        (4, 3),
        (8, 4),
        (24, 8),
    ]


def test_nats_of_the_stroke_vae_are_those_of_its_gaussians():
    model = stirred(StrokeVAE(3, (8,), points=6))
    mean, logvar = model.decode(Z)
    gaussians = torch.distributions.Normal(mean, logvar.mul(0.5).exp())
    torch.testing.assert_close(model.nll(Z, STROKES), -gaussians.log_prob(STROKES).sum(dim=(1, 2)))
    torch.testing.assert_close(model.decode(Z[:1])[0], mean[:1])


def test_no_sigma_is_below_its_floor():
    """Else a density, and with it -loss, could grow without limit."""
    raw = torch.tensor([-math.inf, -50.0, -2.0, 0.0, 5.0], requires_grad=True)
    sigma = floored_logvar(raw).exp().sqrt()
    torch.testing.assert_close(sigma, torch.sqrt(raw.exp() + SIGMA_FLOOR**2))
    assert sigma.min().item() == pytest.approx(SIGMA_FLOOR) == 0.01
    sigma.sum().backward()
    assert raw.grad.isfinite().all()
    torch.testing.assert_close(
        floored_logvar(torch.tensor([-9.0]), floor=0.5).exp(), torch.tensor([0.25 + math.exp(-9)])
    )
    for model, bias in ((RecurrentVAE(3, hidden=8), "head"), (StrokeVAE(3, (8,), points=6), -1)):
        layer = model.decoder.head if bias == "head" else model.decoder[bias]
        layer.bias.data -= 1000
        assert model.nll(Z, STROKES).isfinite().all()
        parts = model.decode(Z, STROKES) if bias == "head" else model.decode(Z)
        torch.testing.assert_close(parts[1].exp().sqrt(), torch.full((4, 6, 2), 0.01))
    torch.testing.assert_close(
        (lambda model: model.write(Z, points=1) - model.write(Z, points=1, temperature=0))(with_tiny_sigma()),
        0.01 * torch.randn(4, 2, generator=seeded())[:, None],
    )


def with_tiny_sigma() -> RecurrentVAE:
    model = RecurrentVAE(3, hidden=8)
    model.decoder.head.bias.data[2:] -= 1000
    return model


WRONG = [
    (lambda model: model.encode(STROKES[..., :1]), ValueError, r"^strokes: want shape \(N, T, 2\)"),
    (lambda model: model.encode(STROKES.double()), TypeError, "^strokes: want torch.float32, as the model's"),
    (lambda model: model.encode(STROKES[0]), ValueError, r"^strokes: want shape \(N, T, 2\)"),
    (lambda model: model.encode(STROKES, LENGTHS.float()), TypeError, "^lengths: want integers"),
    (lambda model: model.encode(STROKES, LENGTHS[:3]), ValueError, r"^lengths: want shape \(4,?\)"),
    (lambda model: model.encode(STROKES, LENGTHS - 1), ValueError, "^lengths: want from 1 to the 6 points of strokes"),
    (lambda model: model.loss_terms(STROKES, LENGTHS + 1), ValueError, "^lengths: want from 1 .*, got 2 to 7"),
    (lambda model: model.check_data(STROKES, LENGTHS + 1, name="test_images"), ValueError, "6 points of test_images"),
    (lambda model: model.check_data(100 * STROKES, name="train_images"), ValueError, r"^train_images: want .*\[0, 1\]"),
    (lambda model: model.check_data(STROKES / 0), ValueError, "^strokes: "),
    (lambda model: model.check_data(STROKES.long()), TypeError, "^strokes: want floats"),
]


@pytest.mark.parametrize(("call", "error", "said"), WRONG)
def test_bad_strokes(pen, call, error, said):
    with pytest.raises(error, match=said):
        call(pen)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda model: model.nll(Z[:, :2], STROKES), ValueError, r"^z: want shape \(N, 3\)"),
        (lambda model: model.nll(Z[:1], STROKES), ValueError, r"^strokes: want shape \(1, T, 2\)"),
        (lambda model: model.nll(Z, STROKES, LENGTHS[:2]), ValueError, r"^lengths: want shape \(4,?\)"),
        (lambda model: model.decode(Z.double(), STROKES), TypeError, "^z: want torch.float32"),
        (lambda model: model.write(Z[0]), ValueError, r"^z: want shape \(N, 3\)"),
        (lambda model: model.write(Z.half()), TypeError, "^z: want torch.float32"),
        (lambda model: model.write(Z, points=0), ValueError, "^points: want a whole number >= 1"),
        (lambda model: model.write(Z, temperature=-1), ValueError, "^temperature: want a number >= 0"),
        (
            lambda model: RecurrentVAE(input_dropout=1.5),
            ValueError,
            "^input_dropout: want a share from 0 to 1, got 1.5",
        ),
        (lambda model: RecurrentVAE(input_dropout=True), ValueError, "^input_dropout: want a share"),
        (lambda model: RecurrentVAE(0), ValueError, "^latent_dim: want a whole number >= 1"),
        (lambda model: RecurrentVAE(embedding=2.5), ValueError, "^embedding: want a whole number >= 1"),
    ],
)
def test_bad_latents_and_settings(pen, call, error, said):
    with pytest.raises(error, match=said):
        call(pen)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda model: model.encode(STROKES[:, :5]), ValueError, r"^strokes: want shape \(N, 6, 2\)"),
        (lambda model: model.encode(STROKES.double()), TypeError, "^strokes: want torch.float32"),
        (lambda model: model.check_data(-STROKES, name="test_images"), ValueError, r"^test_images: want .*\[0, 1\]"),
        (lambda model: model.check_data(STROKES[:, :3]), ValueError, r"^strokes: want shape \(N, 6, 2\)"),
        (lambda model: model.decode(Z[:, :2]), ValueError, r"^z: want shape \(N, 3\)"),
        (lambda model: model.decode(Z.double()), TypeError, "^z: want torch.float32"),
        (lambda model: StrokeVAE(points=0), ValueError, "^points: want a whole number >= 1"),
        (lambda model: StrokeVAE(latent_dim=0), ValueError, "^latent_dim: want a whole number >= 1"),
        (lambda model: StrokeVAE(hidden=8), ValueError, "^hidden: want whole numbers >= 1"),
    ],
)
def test_bad_input_of_the_stroke_vae(call, error, said):
    with pytest.raises(error, match=said):
        call(StrokeVAE(3, (8,), points=6))


@pytest.fixture
def steps():
    return stirred(VRNN(3, hidden=8, embedding=4)).eval()


def test_shapes_of_the_vrnn(steps):
    assert [term.shape for term in steps.loss_terms(STROKES, LENGTHS)] == [(4,), (4,)]
    assert steps.kl_of_steps(STROKES).shape == (4, 6) and steps.write(5, points=9).shape == (5, 9, 2)
    assert steps.cell.weight_ih.shape == (24, 4 + 3) and steps.prior[-1].weight.shape == (6, 8)


def test_the_terms_of_a_vrnn_are_those_of_its_gaussians_one_after_another(steps):
    """Prior, posterior and decoder of a point read the state that the points and latents before it left."""
    generator, h, nats, costs = seeded(), torch.zeros(1, 8), 0.0, []
    for x in STROKES[3, :5]:
        told = steps.embedding(x[None])
        prior, posterior = (normal(net) for net in (steps.prior(h), steps.encoder(torch.cat([told, h], dim=1))))
        z = posterior.mean + posterior.stddev * torch.randn(1, 3, generator=generator)
        mean, raw = steps.decoder(torch.cat([z, h], dim=1)).chunk(2, dim=1)
        nats -= torch.distributions.Normal(mean, (raw.exp() + 1e-4).sqrt()).log_prob(x).sum()
        costs.append(torch.distributions.kl_divergence(posterior, prior).sum())
        h = steps.cell(torch.cat([told, z], dim=1), h)
    reconstruction, kl = steps.loss_terms(STROKES[3:], LENGTHS[3:], seeded())
    torch.testing.assert_close(reconstruction, nats[None])
    torch.testing.assert_close(
        steps.kl_of_steps(STROKES[3:], LENGTHS[3:], seeded())[0], torch.stack([*costs, 0 * nats])
    )
    torch.testing.assert_close(kl, torch.stack(costs).sum()[None])


def normal(numbers: torch.Tensor) -> torch.distributions.Normal:
    mean, logvar = numbers.chunk(2, dim=1)
    return torch.distributions.Normal(mean, logvar.mul(0.5).exp())


@pytest.mark.parametrize("value", [0.0, 1.0, 50.0])
def test_padding_changes_nothing_in_a_vrnn(steps, value):
    for other in (filled(value), pad(STROKES, value)):
        terms = [steps.loss_terms(strokes, LENGTHS, seeded()) for strokes in (STROKES, other)]
        torch.testing.assert_close(*terms)
        costs = steps.kl_of_steps(other, LENGTHS, seeded())
        torch.testing.assert_close(costs[:, :6], steps.kl_of_steps(STROKES, LENGTHS, seeded()))
        real = torch.arange(other.shape[1]) < LENGTHS[:, None]
        assert (costs[real] > 0).all() and not costs[~real].any()
    with pytest.raises(AssertionError):  # had it been counted, it would have been seen
        torch.testing.assert_close(steps.loss_terms(pad(STROKES, value))[0], steps.loss_terms(STROKES)[0])


@pytest.mark.parametrize("t", range(6))
def test_what_comes_later_costs_nothing_before(steps, t):
    changed = STROKES.clone()
    changed[:, t] = 1 - changed[:, t]
    before, after = (steps.kl_of_steps(strokes, generator=seeded()) for strokes in (STROKES, changed))
    torch.testing.assert_close(before[:, :t], after[:, :t])
    assert (before[:, t] - after[:, t]).abs().min() > 1e-4  # the posterior of a point sees the point itself


def test_neighbours_in_the_batch_change_nothing_in_a_vrnn(steps):
    """Told apart by what is certain: the first point's cost, for which no z was drawn yet."""
    together = steps.kl_of_steps(STROKES)[:, 0]
    alone = [steps.kl_of_steps(STROKES[k : k + 1], LENGTHS[k : k + 1])[0, 0] for k in range(4)]
    torch.testing.assert_close(together, torch.stack(alone))


def test_a_vrnn_writes_from_its_own_prior(steps):
    """At temperature 0 all are alike, the means one after another; its seed decides the rest."""
    h, written = torch.zeros(1, 8), []
    for _ in range(4):
        z = steps.prior(h)[:, :3]
        written.append(steps.decoder(torch.cat([z, h], dim=1))[:, :2])
        h = steps.cell(torch.cat([steps.embedding(written[-1]), z], dim=1), h)
    wanted = torch.stack(written, dim=1).expand(3, 4, 2)
    torch.testing.assert_close(steps.write(3, points=4, temperature=0), wanted)
    before = torch.get_rng_state()
    first = steps.write(3, seed=1)
    assert torch.equal(first, steps.write(3, seed=1)) and not torch.equal(first, steps.write(3, seed=2))
    assert torch.equal(torch.get_rng_state(), before) and not first.requires_grad
    assert (first[0] - first[1]).abs().min() > 1e-4


def test_first_points_of_a_vrnn_follow_prior_and_decoder():
    """By two draws, of z and then of x: the mean and variance of the first point, by many draws of z."""
    model = VRNN(1, hidden=8)
    h = torch.zeros(20_000, 8)
    z = normal(model.prior(h)).sample()
    mean, raw = model.decoder(torch.cat([z, h], dim=1)).chunk(2, dim=1)
    variance = mean.var(dim=0) + raw.exp().mean(dim=0)
    first = model.write(20_000, points=1)[:, 0]
    torch.testing.assert_close(first.mean(dim=0), mean.mean(dim=0), atol=0.04, rtol=0)
    torch.testing.assert_close(first.var(dim=0), variance, atol=0, rtol=0.06)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda model: model.loss_terms(STROKES[0]), ValueError, r"^strokes: want shape \(N, T, 2\)"),
        (lambda model: model.kl_of_steps(STROKES.half()), TypeError, "^strokes: want torch.float32"),
        (lambda model: model.loss_terms(STROKES, LENGTHS - 1), ValueError, "^lengths: want from 1 .*, got 0 to 5"),
        (lambda model: model.kl_of_steps(STROKES, LENGTHS[:2]), ValueError, r"^lengths: want shape \(4,?\)"),
        (lambda model: model.check_data(2 + STROKES, name="test_images"), ValueError, r"^test_images: want .*\[0, 1\]"),
        (lambda model: model.check_data(STROKES, 2 * LENGTHS), ValueError, "^lengths: want from 1 .*, got 2 to 12"),
        (lambda model: model.write(0), ValueError, "^n: want a whole number >= 1"),
        (lambda model: model.write(2, points=0), ValueError, "^points: want a whole number >= 1"),
        (lambda model: model.write(2, temperature=-1), ValueError, "^temperature: want a number >= 0"),
        (lambda model: VRNN(0), ValueError, "^latent_dim: want a whole number >= 1"),
        (lambda model: VRNN(embedding=0), ValueError, "^embedding: want a whole number >= 1"),
    ],
)
def test_bad_input_of_the_vrnn(steps, call, error, said):
    with pytest.raises(error, match=said):
        call(steps)
