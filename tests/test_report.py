"""The report of a model: each figure is what its name says, with its error; what can't be measured is said."""

import math

import pytest
import torch
from torch import Generator, nn

from vae_helpers import report as module
from vae_helpers.by_image import terms_by_image
from vae_helpers.data import binarize
from vae_helpers.estimates import mean_of
from vae_helpers.importance import effective_sample_size, keep_log_weights, log_mean_weights
from vae_helpers.losses import bernoulli_nll
from vae_helpers.models import VAE, AdversarialAutoencoder, Autoencoder, ConditionalVAE, HierarchicalVAE, StrokeVAE
from vae_helpers.rate import rate_parts
from vae_helpers.report import default_images, report
from vae_helpers.sample_scores import SampleScores

GREY = torch.rand(40, 1, 28, 28, generator=Generator().manual_seed(0))
DRAWN = binarize(GREY, "dynamic", Generator().manual_seed(1))
LABELS = torch.arange(40) % 10
MODEL = VAE(4, (16,), seed=2)
FEW = {"some": 20, "draws": 8, "drawn": 10}
SCORES = SampleScores(holes=0.21, imbalance=0.08, frechet=88.3, precision=0.64, recall=0.75)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """What takes seconds and has tests of its own: which images were compared is kept."""
    asked = []
    monkeypatch.setattr(module, "score_samples", lambda *images: asked.append(images) or SCORES)
    monkeypatch.setattr(module, "could_be_training", lambda images: torch.zeros(len(images), dtype=torch.bool))
    monkeypatch.setattr(module, "load_mnist", lambda split: (GREY, LABELS))
    return asked


def test_the_bound_is_of_the_chosen_images():
    found = report(MODEL, DRAWN, seed=3, **FEW)
    generator = Generator().manual_seed(3)
    chosen = torch.randperm(40, generator=generator)[:20]
    log_weights = keep_log_weights(MODEL, DRAWN[chosen], 8, generator)
    bound = log_mean_weights(log_weights)
    assert found.bound.mean == pytest.approx(-mean_of(bound), rel=1e-6)
    assert found.bound.gain == pytest.approx(mean_of(bound - log_weights.mean(dim=1)), rel=1e-5)
    assert found.bound.effective == pytest.approx(effective_sample_size(log_weights).median().item())
    halves = torch.stack([log_mean_weights(log_weights[:, :4]), log_mean_weights(log_weights[:, 4:])])
    assert found.bound.rise == pytest.approx((bound - halves.mean(dim=0)).mean().item(), abs=1e-4)
    assert (found.bound.images, found.bound.draws) == (20, 8)


def test_the_elbo_is_of_all_images():
    found = report(MODEL, DRAWN, seed=3, **FEW)
    reconstruction, kl = terms_by_image(MODEL, DRAWN, seed=3)
    assert found.images == 40
    assert found.total == mean_of(reconstruction + kl)
    assert (found.reconstruction, found.kl) == (mean_of(reconstruction), mean_of(kl))


class Known(nn.Module):
    """Log weights that are normal: their log mean is known, and how far its draws spread."""

    def __init__(self, sd: float):
        super().__init__()
        self.sd = sd
        self.weight = nn.Parameter(torch.zeros(1))

    def loss_terms(self, x, generator=None):
        return x.mean(dim=1), x[:, 0]

    def log_weights(self, x, generator=None):
        while True:
            yield -x.mean(dim=1) + self.sd * torch.randn(len(x), generator=generator)


def test_the_error_of_the_draws_is_that_of_other_draws():
    x = torch.rand(400, 3, generator=Generator().manual_seed(0))
    told, means = [], []
    for seed in range(60):
        generator = Generator().manual_seed(seed)
        weights = keep_log_weights(Known(0.5), x, 50, generator)
        means.append(log_mean_weights(weights).mean())
        told.append(report(Known(0.5), x, some=400, draws=50, seed=seed).bound.draws_error)
    assert sum(told) / 60 == pytest.approx(torch.stack(means).std().item(), rel=0.2)


def test_the_gain_makes_the_bound_of_all_images_surer():
    """Half a variance of the log weights, where they are normal."""
    x = 30 * torch.rand(4000, 3, generator=Generator().manual_seed(0))
    found = report(Known(0.5), x, some=100, draws=2000)
    gain = found.bound.gain
    assert gain.value == pytest.approx(0.125, abs=0.01)
    assert found.total_by_gain.value == found.total.value - gain.value
    assert found.total_by_gain.error == math.hypot(found.total.error, gain.error) < found.bound.mean.error / 2


def test_latents():
    """Two active dimensions of four by their means, three by their KL: one is far from the prior, but never moves."""
    model = VAE(4, (16,), seed=2)

    def encode(x):
        place = x.flatten(1)[:, :2] * 4
        return torch.cat([place, torch.full((len(x), 1), 3.0), torch.zeros(len(x), 1)], 1), torch.zeros(len(x), 4)

    model.encode = encode
    found = report(model, DRAWN, **FEW)
    assert (found.active_by_means, found.active_by_kl, found.latents) == (2, 3, 4)
    assert found.information + found.aggregate_kl == pytest.approx(found.kl.value, abs=1e-5)
    assert 0 < found.information < math.log(4)  # four places


def fixed_codes(mu, spread):
    """A VAE of black images and white ones, whose means differ by twice so much in each dimension."""
    model = VAE(len(mu), (8,))

    def encode(x):
        signs = 1 - 2 * x.flatten(1)[:, :1]
        return torch.tensor([mu]) + torch.tensor([spread]) * signs, torch.zeros(len(x), len(mu))

    model.encode = encode
    return model


def half_white(n):
    """The white ones last."""
    return (torch.arange(n) >= n // 2).float()[:, None, None, None].expand(n, 1, 28, 28).contiguous()


def test_from_where_a_dimension_counts_as_active():
    """A variance of 0.01, by n - 1; a KL of its own of 0.01: mu^2 / 2."""
    found = report(fixed_codes([0.0, 0.0], spread=[0.09, 0.11]), half_white(400), **FEW)
    assert found.active_by_means == 1
    found = report(fixed_codes([0.13, 0.15], spread=[0.0, 0.0]), half_white(40), **FEW)
    assert (found.active_by_means, found.active_by_kl) == (0, 1)


def test_units_of_layers_are_counted_by_their_kl(monkeypatch):
    asked = []
    kl = [torch.tensor([0.009, 0.011, 5.0]), torch.tensor([0.02, 0.0])]
    monkeypatch.setattr(module, "kl_of_units", lambda *told: asked.append(told) or kl)
    model = HierarchicalVAE((3, 2), (16, 8))
    assert report(model, DRAWN, seed=4, **FEW).active_by_kl == 3
    assert asked[0][0] is model and torch.equal(asked[0][1], DRAWN) and asked[0][2] == 4


def test_information_is_of_all_images():
    """More than a batch, the white ones last; two kinds that are told apart."""
    found = report(fixed_codes([0.0], spread=[10.0]), half_white(4200), **FEW)
    assert found.information == pytest.approx(math.log(2), abs=0.1) and found.active_by_means == 1
    mu, logvar = (part.detach() for part in MODEL.encode(DRAWN))
    wanted = rate_parts(mu, logvar, seed=3).information
    assert report(MODEL, DRAWN, seed=3, **FEW).information == pytest.approx(wanted, abs=1e-5)


def test_all_is_measured_in_eval_mode():
    """This model's batches would tell, and change it."""
    model = HierarchicalVAE((5,), (16,), "bottom-up").train()
    found, before = report(model, DRAWN, **FEW), {name: part.clone() for name, part in model.state_dict().items()}
    assert model.training and found == report(model.eval(), DRAWN, **FEW)
    assert all(torch.equal(part, before[name]) for name, part in model.state_dict().items())


def test_what_is_sampled_and_compared(quick):
    report(MODEL, DRAWN, seed=3, **FEW)
    drawn, real = quick[0]
    assert torch.equal(drawn, MODEL.sample(10, seed=3))
    assert len(real) == 10 and all((image == GREY).all(dim=(1, 2, 3)).any() for image in real)
    assert not torch.equal(real, GREY[:10])  # at random
    report(VAE(2, (8,)).double(), DRAWN.double(), **FEW)
    assert all(part.dtype == torch.float32 for part in quick[1])  # as the classifier has it


def test_a_conditional_model_is_asked_for_the_labels_it_was_given(quick):
    model, asked = ConditionalVAE(2, hidden=(8,)), []
    sample = model.sample
    model.sample = lambda labels, seed: asked.append(labels) or sample(labels, seed=seed)
    found = report(model, (DRAWN, torch.full((40,), 7)), **FEW)
    assert asked[0].tolist() == [7] * 10
    report(model, (DRAWN, LABELS), **FEW | {"drawn": 40})
    assert len({*asked[1].tolist()}) > 6 and asked[1].tolist() != LABELS.tolist()  # as often, at random
    assert found.bound is not None and found.information is not None and not found.missing


def test_a_learned_prior_leaves_information_out():
    found = report(ConditionalVAE(2, hidden=(8,), prior="learned", components=2), (DRAWN, LABELS), **FEW)
    assert found.bound is not None and found.information is found.active_by_means is None
    assert "N(0, I)" in found.missing["information"]


def test_layers():
    one = HierarchicalVAE((5,), (16,), "bottom-up", batch_norm=False)
    found = report(one, DRAWN, **FEW)
    assert found.latents == 5 and not found.missing and found.information is not None
    two = report(HierarchicalVAE((5, 3), (16, 8)), DRAWN, **FEW)
    assert two.latents == 8 and two.information is two.active_by_means is None and two.active_by_kl is not None
    assert {*two.missing} == {"active_by_means", "information"} and two.bound is not None


@pytest.mark.parametrize("kind", [Autoencoder, AdversarialAutoencoder])
def test_without_q_there_is_no_bound(kind):
    found = report(kind(2, (8,)), DRAWN, **FEW)
    assert found.total is found.kl is found.bound is found.total_by_gain is None
    assert {"total", "bound", "information"} <= {*found.missing} and str(found).count("bounds nothing") == 1
    wanted = bernoulli_nll(kind(2, (8,)).eval().decode(kind(2, (8,)).encode(DRAWN)), DRAWN)
    assert found.reconstruction.value == pytest.approx(wanted.mean().item(), rel=1e-5)


def test_other_data():
    strokes = torch.rand(30, 8, 2, generator=Generator().manual_seed(0))
    found = report(StrokeVAE(3, (8,)), strokes, some=20, draws=100)
    assert found.total is not None and found.samples is None and "digits" in found.missing["samples"]
    assert found.pixels == "no images, as given" and found.bound is not None
    assert not any("grey" in warning for warning in found.warnings)


def test_grey_pixels_have_no_bound():
    found = report(MODEL, GREY, **FEW)
    assert found.bound is None and "grey" in found.missing["bound"]
    assert found.warnings[0].startswith("grey pixels: no likelihood")
    assert "-ELBO" not in str(found).split("importance")[0].split("loss of grey pixels")[0]
    assert not any("grey" in warning for warning in report(MODEL, DRAWN, **FEW).warnings)


def test_training_images_are_noticed(monkeypatch):
    for share, wanted in ((0.4, False), (0.6, True)):
        monkeypatch.setattr(module, "could_be_training", lambda x, share=share: torch.arange(len(x)) < share * len(x))
        assert any("not held out" in warning for warning in report(MODEL, DRAWN, **FEW).warnings) is wanted


def test_some_images_are_looked_up_at_random(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "could_be_training", lambda x: asked.append(x) or torch.ones(len(x), dtype=torch.bool))
    warnings = report(MODEL, half_white(300), **FEW).warnings
    assert len(asked[0]) == 100 and 0.3 < asked[0].mean() < 0.7 and warnings[0].startswith("100% of 100 of the images")


def test_few_effective_draws_are_noticed():
    x = torch.rand(50, 3, generator=Generator().manual_seed(0))
    narrow, wide = (report(Known(sd), x, some=50, draws=200).warnings for sd in (0.3, 3.0))
    assert not narrow and any("effective sample size" in warning for warning in wide)


@pytest.mark.parametrize(("starved", "told"), [(1, []), (2, ["in 10 % of the images fewer than 5 of 8 draws count"])])
def test_images_whose_draws_hardly_count_are_noticed(monkeypatch, starved, told):
    """One or two of twenty, where the median is high: more than one in twenty is said."""
    log_weights = torch.zeros(20, 8)
    log_weights[:starved, 0] = 50
    monkeypatch.setattr(module, "keep_log_weights", lambda *_: log_weights)
    monkeypatch.setattr(module, "FEW", 8)  # as many as all draws
    found = report(MODEL, DRAWN, **FEW)
    assert found.bound.effective == pytest.approx(8) and found.bound.starved == starved / 20
    assert [warning.split(":")[0] for warning in found.warnings] == told


def test_default_images_are_drawn_once():
    images = default_images(MODEL)
    assert torch.equal(images, binarize(GREY, "dynamic", Generator().manual_seed(0)))
    assert torch.equal(default_images(ConditionalVAE(2))[1], LABELS)
    found = report(MODEL, **FEW)
    assert found.total == report(MODEL, images, **FEW).total and "drawn once" in found.pixels


def test_the_same_seed_the_same_report():
    assert report(MODEL, DRAWN, **FEW) == report(MODEL, DRAWN, **FEW) != report(MODEL, DRAWN, seed=1, **FEW)


def test_a_few_grey_pixels_are_enough():
    one = DRAWN.clone()
    one[3, 0, 5, 5] = 0.5
    assert report(MODEL, one, **FEW).bound is None


def test_the_mode_and_the_weights_stay():
    model = VAE(4, (16,)).train()
    before = [weight.clone() for weight in model.parameters()]
    report(model, DRAWN, **FEW)
    assert model.training and all(map(torch.equal, before, model.parameters()))


def test_the_page():
    told = str(report(MODEL, DRAWN, **FEW))
    assert all(len(line) <= 85 for line in told.splitlines())
    for wanted in ("-ELBO ↓", "K = 8", "20 of the images", "of 8 draws", "ln 40 = 3.69", "88", "0.64, 0.75", "21 %"):
        assert wanted in told
    assert repr(report(MODEL, DRAWN, **FEW)) == told


def test_the_row_holds_what_the_page_does():
    found = report(MODEL, DRAWN, **FEW)
    row = found.row()
    assert row["total"] == round(found.total.value, 3) and row["total_error"] == round(found.total.error, 4)
    assert row["iw_nll"] == round(found.bound.mean.value, 3) and row["gain"] == round(found.bound.gain.value, 3)
    assert row["frechet"] == 88.3 and row["active_by_kl"] == found.active_by_kl
    assert report(Autoencoder(2, (8,)), DRAWN, **FEW).row()["total"] is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: report(nn.Linear(2, 2), DRAWN), TypeError, "^model: want an nn.Module with loss_terms"),
        (lambda: report(MODEL, DRAWN[:1]), ValueError, "^images: their number: want"),
        (lambda: report(MODEL, DRAWN, draws=1), ValueError, "^draws: want"),
        (lambda: report(MODEL, DRAWN, some=1), ValueError, "^some: want"),
        (lambda: report(MODEL, DRAWN, drawn=3), ValueError, "^drawn: want"),
        (lambda: report(MODEL, DRAWN, drawn=10_001), ValueError, "^drawn: want at most 10,000, .* got 10,001"),
        (lambda: report(VAE(2, (8,)).half(), DRAWN), TypeError, "^images: want torch.float16"),
        (lambda: report(ConditionalVAE(2), DRAWN), TypeError, "^images: want what a ConditionalVAE takes"),
    ],
)
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
