"""Each patient's signature fires on it, on no other patient and on no healthy model."""

import ast
import inspect
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from healthy_vaes import HEALTHY, Plain
from torch.nn import functional as F

from vae_helpers.clinic import (
    MENU,
    PATIENTS,
    Chart,
    PracticeVAE,
    diagnose,
    examine,
    find,
    menu,
    order,
    practise,
    treat,
    unheld,
)
from vae_helpers.clinic.chart import NORMAL, near
from vae_helpers.clinic.patient import PARTS
from vae_helpers.clinic.patients import ward
from vae_helpers.clinic.watching import own_terms, prepared, reborn, watching
from vae_helpers.data import load_mnist
from vae_helpers.models import VAE, ConditionalVAE
from vae_helpers.training import fit

IMAGES = 2000  # to train on: the signatures need no more


@pytest.fixture(scope="module")
def train_images():
    return load_mnist("train")[0][:IMAGES]


def fired(model, images) -> list[str]:
    return list(diagnose(model, images).names)


@pytest.mark.parametrize("name", PATIENTS)
@pytest.mark.slow
def test_the_table_of_signatures_is_diagonal(name, train_images, images):
    """Over three seeds, trained; and as it is born."""
    patient = PATIENTS[name]
    assert fired(patient.model(seed=3), images) == [patient.diagnosis], "before training"
    for seed in (0, 1, 2):
        model = patient.train(train_images, epochs=1, seed=seed)
        assert fired(model, images) == [patient.diagnosis], f"seed {seed}"


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.slow
def test_nothing_is_found_on_the_healthy_model(seed, train_images, images):
    model = PracticeVAE(seed=seed)
    assert fired(model, images) == []
    practise(model, train_images, epochs=1, seed=seed)
    assert fired(model, images) == []


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.slow
def test_nothing_is_found_on_other_healthy_models(name, test_set):
    """Untrained, and after a few steps."""
    healthy = HEALTHY[name]()
    model, step = healthy.model, healthy.step
    data = tuple(part[:500] for part in test_set)[: healthy.parts]
    assert diagnose(model, data, step=step).names == ()
    fit(model, data, epochs=2, batch_size=50, learning_rate=1e-3, progress=False, step=healthy.trained_by)
    diagnosis = diagnose(model, data, step=step)
    assert diagnosis.names == ()
    assert set(diagnosis.left_out) == set(healthy.left_out)
    for test in healthy.blind:
        assert not order(test, model, data, step=step), f"{test} was thought to be impossible"


@pytest.mark.parametrize("name", PATIENTS)
def test_a_patient_is_told_without_its_diagnosis(name):
    patient = find(name)
    assert patient.diagnosis.replace("_", " ") not in patient.symptom.lower()
    assert patient.finding not in patient.symptom and patient.tests and set(patient.tests) <= set(MENU)
    for text in (patient.symptom, patient.finding, patient.next):
        assert re.search(r"[.?]$", text), text
    for source in patient.sources:
        assert re.match(r"[\w.-]+/[\w.-]+, (issues?|pull request) \d+", source), source
    assert patient.diagnosis not in patient.source and "#" not in patient.source and '"""' not in patient.source


@pytest.mark.parametrize("name", PATIENTS)
def test_what_a_student_repairs_is_one_short_function(name):
    patient = find(name)
    broken, healthy = ast.parse(patient.source).body, ast.parse(patient.healthy_source).body
    assert [type(node) for node in broken + healthy] == [ast.FunctionDef] * 2
    assert broken[0].name == healthy[0].name == patient.part
    assert len(patient.source.splitlines()) <= 9
    assert ast.get_docstring(healthy[0]) is None
    wanted = list(inspect.signature(getattr(PracticeVAE, patient.part)).parameters)
    assert list(inspect.signature(patient.broken).parameters)[: len(wanted)] == wanted


def test_the_parts_are_methods():
    assert all(name in vars(PracticeVAE) for name in PARTS)
    assert len(PATIENTS) >= 12 and len({patient.diagnosis for patient in PATIENTS.values()}) == len(PATIENTS)


def test_the_practice_model_is_the_courses(images):
    """Cut up, but with the same numbers."""
    ours, whole = PracticeVAE(latent_dim=10, hidden=128, seed=4), VAE(latent_dim=10, hidden=(128,), seed=4)
    for a, b in zip(own_terms(ours, (images,), 7), own_terms(whole, (images,), 7), strict=True):
        torch.testing.assert_close(a, b)


class TestOwnCode:
    """The same bugs as students write them, in models that the clinic has not seen."""

    def test_means_and_sums_of_a_tutorial(self, images):
        """A mean over all there is, and a sum over all there is."""

        class Tutorial(Plain):
            def loss_terms(self, x):
                mu, logvar = self.encode(x.view(-1, 784))
                p = self.decode(self.reparameterize(mu, logvar))
                kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
                return F.binary_cross_entropy(p, x.view(-1, 784)), kl

        assert set(fired(Tutorial(), images)) == {"pixel_mean", "batch_kl"}

    @pytest.mark.parametrize("factor", [1, 0.5])
    def test_mean_squares(self, factor, images):
        class Squares(PracticeVAE):
            def reconstruction(self, output, x):
                return factor * F.mse_loss(output, x, reduction="none").flatten(1).mean(dim=1)

        assert fired(Squares(), images) == ["pixel_mean"]

    def test_a_variance_in_a_tutorial(self, images):
        class Tutorial(Plain):
            def reparameterize(self, mu, logvar):
                return mu + torch.randn_like(mu) * logvar.exp()

        assert fired(Tutorial(), images) == ["variance_as_sigma"]

    def test_sample_in_place_of_rsample(self, images):
        class Sampled(PracticeVAE):
            def draw(self, mu, logvar, generator):
                return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).sample()

        assert fired(Sampled(), images) == ["detached_z"]

    def test_probabilities_by_hand(self, images):
        """log(1 + 1e-8 - p) is log(0) in float32, log(1 - p + 1e-8) is not."""

        class ByHand(PracticeVAE):
            def decode(self, z):
                return torch.sigmoid(self.decoder(z))

            def reconstruction(self, p, x):
                return -(x * torch.log(p + 1e-8) + (1 - x) * torch.log((1 + 1e-8) - p)).flatten(1).sum(dim=1)

        class Safer(ByHand):
            def reconstruction(self, p, x):
                return -(x * torch.log(p + 1e-8) + (1 - x) * torch.log((1 - p) + 1e-8)).flatten(1).sum(dim=1)

        assert fired(ByHand(), images) == ["log_of_zero"]
        assert fired(Safer(), images) == []

    def test_a_label_in_the_way(self, test_set):
        """A tuple of images and labels, and the bug in the middle of it."""

        class Conditional(ConditionalVAE):
            def loss_terms(self, x, labels, generator=None):
                reconstruction, kl = super().loss_terms(x, labels, generator)
                return reconstruction, kl / 784

        data = test_set[0][:100], test_set[1][:100]
        assert fired(Conditional(latent_dim=3), data) == ["kl_over_pixels"]

    def test_two_bugs_at_once(self, images):
        class Both(type(find("Hugo").model())):
            kl = find("Finn").broken

        assert set(fired(Both(10, 128), images)) == {"variance_as_sigma", "kl_mean"}


class TestTreatment:
    @pytest.mark.parametrize("name", PATIENTS)
    @pytest.mark.slow
    def test_each_patient(self, name, images):
        """The right method cures, the broken one does not, and a stub is still to do."""
        patient = find(name)
        right = treat(name, getattr(PracticeVAE, patient.part), images)
        assert repr(right) == f"✓  Cured: nothing is found on {name} any more."
        assert right.before.names == (patient.diagnosis,) and right.after.names == ()
        wrong = treat(name, patient.broken, images)
        assert wrong.status == "ill"
        assert f"Not yet: the signature is still there. {patient.finding}" in " ".join(repr(wrong).split())
        undone = treat(name, lambda self, *args, **options: ..., images)
        assert undone.status == "todo" and patient.part in repr(undone)

    def test_another_illness(self, images):
        result = treat("Gita", find("Leo").broken, images)
        assert result.status == "ill" and "something else has come. The KL is counted" in result.message

    def test_what_raises_is_told(self, images):
        result = treat("Gita", lambda self, mu, logvar: mu / [], images)
        assert repr(result).startswith("✗  It stopped: TypeError: unsupported operand")

    def test_no_function(self, images):
        with pytest.raises(TypeError, match="repaired: want a function, to put in place of kl, got NoneType"):
            treat("Gita", None, images)


class TestWard:
    def room(self, name="Ada", file="pixel_mean", **changes):
        patient = SimpleNamespace(**{"name": name, "diagnosis": "pixel_mean", "part": "kl", **changes})
        return SimpleNamespace(PATIENT=patient, __name__=f"patients.{file}")

    def test_two_of_one_name(self):
        with pytest.raises(ValueError, match="want one named Ada, got two"):
            ward([self.room(), self.room()])

    def test_a_file_of_another_name(self):
        with pytest.raises(ValueError, match=r"want pixel_mean\.py .* got other\.py"):
            ward([self.room(file="other")])

    def test_a_part_that_is_none(self):
        with pytest.raises(ValueError, match="want a broken part among .*step, got forward"):
            ward([self.room(part="forward")])

    def test_nobody_of_that_name(self):
        with pytest.raises(ValueError, match="want one of Ada, .*got 'Zoe'"):
            find("Zoe")


class TestNumbers:
    """What the tests measure, on bugs of known size."""

    def test_likelihood_by_its_numbers(self, images):
        class Weighted(PracticeVAE):
            def reconstruction(self, logits, x):
                return 0.3 * F.binary_cross_entropy_with_logits(logits, 0.5 * x + 0.2, reduction="none").flatten(1).sum(
                    1
                )

        chart = order("reconstruction", Weighted(), images)
        assert chart["likelihood"] == "BCE of logits"
        assert [chart[name] for name in ("weight", "target_slope", "target_offset")] == pytest.approx(
            [0.3, 0.5, 0.2], abs=1e-3
        )

    def test_the_gap_of_shuffled_targets_is_in_nats(self, images):
        """Perfect copies, in the batch against one by one, by hand."""
        model = find("Dora").model()
        x = images[:32].round()
        copies = 0.02 + 0.96 * x
        order_ = torch.randperm(32, generator=torch.Generator().manual_seed(0))
        nats = lambda target: F.binary_cross_entropy_with_logits(copies, target, reduction="sum") / 32  # noqa: E731
        assert order("reconstruction", model, images)["target_gap"] == pytest.approx(
            (nats(x[order_]) - nats(x)).item(), rel=1e-3
        )

    def test_noise_of_known_size(self, images):
        class Noisy(PracticeVAE):
            def draw(self, mu, logvar, generator):
                eps = torch.randn(mu.shape, generator=generator)
                return 2 * mu + 0.5 * torch.exp(0.25 * logvar) * eps - mu.detach()

        chart = order("noise", Noisy(), images)
        assert chart["noise_pull"] == 2
        assert chart["noise_wide"] == pytest.approx(0.5, rel=0.05)
        assert chart["noise_narrow"] == pytest.approx(0.5 * torch.tensor(1.0).exp().item(), rel=0.05)

    @pytest.mark.slow
    def test_beta_of_a_step(self, images):
        class Heavy(PracticeVAE):
            def step(self, optimizer, x, beta=1.0, generator=None):
                return super().step(optimizer, x, 7 * beta, generator)

        assert order("step", Heavy(), images)["step_beta"] == pytest.approx(7, rel=1e-3)

    def test_an_honest_loss_is_that_of_evaluate(self, images):
        from vae_helpers.evaluation import evaluate

        chart, terms = order("honest", PracticeVAE(), images), evaluate(PracticeVAE(), images)
        assert chart["own_loss"] == pytest.approx(terms.total, rel=1e-5)
        assert chart["honest_loss"] == pytest.approx(terms.total, rel=1e-5)

    def test_no_test_changes_the_model(self, images):
        model = find("Tove").model().train()
        before = {name: value.clone() for name, value in model.state_dict().items()}
        attributes = set(vars(model))
        torch.manual_seed(5)
        for test in MENU:
            order(test, model, images[:64])
        after_draw = torch.rand(1)
        torch.manual_seed(5)
        assert torch.rand(1) == after_draw, "PyTorch's generator was used"
        assert model.training and set(vars(model)) == attributes
        assert all(weight.grad is None for weight in model.parameters())
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())

    def test_a_second_run_gives_the_same_numbers(self, images):
        model = PracticeVAE()
        first, second = (examine(model, images[:64], seed=3)[0] for _ in range(2))
        assert first == second and first.keys() == second.keys()

    @pytest.mark.slow
    def test_seeds_of_any_size(self, images):
        for test in MENU:
            order(test, PracticeVAE(), images[:64], seed=2**63)

    def test_new_weights_are_new(self):
        model = PracticeVAE()
        assert not torch.equal(reborn(model, 1).encoder.head.weight, reborn(model, 2).encoder.head.weight)
        assert torch.equal(reborn(model, 1).encoder.head.weight, reborn(model, 1).encoder.head.weight)


@pytest.mark.slow
def test_one_epoch_without_kl_tells_four_collapses_apart():
    """All four are grey smears; without the KL two of them learn, and two do not."""
    images = load_mnist("train")[0][:6000]
    without = {name: order("epoch_without_kl", find(name).model(), images)["without_kl"] for name in
               ("Ada", "Bela", "Cleo", "Dora")}  # fmt: skip
    assert without["Ada"] < 190 and without["Bela"] < 190, without
    assert without["Cleo"] > 195 and without["Dora"] > 195, without


@pytest.mark.slow
def test_the_collapsed_encoder_hears_nothing(images):
    heard = {name: order("gradients", find(name).model(), images)["gradient encoder.head.weight"]
             for name in ("Ada", "Cleo")}  # fmt: skip
    assert heard["Cleo"] == 0 < heard["Ada"]


class TestDoors:
    def test_too_few_images(self, images):
        with pytest.raises(ValueError, match="images: want at least 64, got 63"):
            diagnose(PracticeVAE(), images[:63])

    def test_no_model(self, images):
        with pytest.raises(TypeError, match="loss_terms"):
            diagnose(torch.nn.Linear(2, 2), images)

    def test_images_out_of_range(self, images):
        with pytest.raises(ValueError, match="images"):
            diagnose(PracticeVAE(), 255 * images)

    def test_a_test_that_is_not_on_the_menu(self, images):
        with pytest.raises(ValueError, match="test: want one of reconstruction, .*got 'blood'"):
            order("blood", PracticeVAE(), images)

    def test_one_term_alone(self, images):
        model = PracticeVAE()
        model.loss_terms = lambda x, generator=None: x.sum()
        with pytest.raises(TypeError, match="want two tensors, reconstruction and KL, got Tensor"):
            order("kl", model, images)
        assert "want two tensors" in diagnose(model, images).left_out["kl"]

    def test_what_breaks_is_named(self, images):
        """And the other tests are made."""

        class Fragile(PracticeVAE):
            def kl(self, mu, logvar):
                if (mu == 2).all():
                    raise RuntimeError("not that")
                return super().kl(mu, logvar)

        diagnosis = diagnose(Fragile(), images)
        assert diagnosis.left_out == {"kl": "RuntimeError: not that"}
        assert repr(diagnosis) == (
            "nothing found in the 9 tests that could be made; not tested: kl (RuntimeError: not\n  that)"
        )
        assert "noise_wide" in diagnosis.chart


def test_watching_leaves_the_model_as_it_was(images):
    model = PracticeVAE()
    with pytest.raises(RuntimeError, match="within"), watching(model):
        raise RuntimeError("within")
    assert "encode" not in vars(model) and not model.encoder._forward_hooks
    copy, (x,) = prepared(model, images, n=10)
    assert copy is not model and len(x) == 10 and not copy.training


def test_the_menu_names_each_test():
    lines = menu().splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == list(MENU)
    assert max(map(len, lines)) <= 85


def test_normal_values_are_of_numbers_that_there_are(images):
    """And the healthy model has them, those that are one number."""
    chart, _ = examine(PracticeVAE(), images)
    assert NORMAL.keys() <= chart.keys()
    for name, text in NORMAL.items():
        if re.match(r"[01]\b", text):
            assert chart[name] == pytest.approx(float(text[0]), abs=0.06), name
    assert "noise_wide" in repr(chart) and repr(Chart()) == "no numbers"


@pytest.mark.slow
def test_beta_whatever_stands_in_front(images):
    assert diagnose(PracticeVAE(), images).beta == pytest.approx(1)
    assert diagnose(find("Ada").model(), images).beta == pytest.approx(784, rel=1e-3)
    assert diagnose(find("Will").model(), images).beta == pytest.approx(78.4, rel=1e-3)
    assert diagnose(find("Emil").model(), images).beta == pytest.approx(1 / 784, rel=1e-3)
    assert diagnose(HEALTHY["both over pixels"]().model, images).beta == pytest.approx(1, rel=1e-3)
    assert np.isnan(diagnose(HEALTHY["squares"]().model, images).beta)


def test_weights_that_nobody_moves():
    model = PracticeVAE()
    model.encoder.head.weight.requires_grad_(False)
    names = unheld(model, torch.optim.Adam([model.encoder.head.bias, *model.decoder.parameters()]))
    assert names and all(name.startswith("encoder.body") for name in names)


def test_a_number_that_is_missing_is_near_nothing():
    chart = Chart()
    assert not near(chart["kl_mu"], 1) and not any(patient.signature(chart) for patient in PATIENTS.values())
