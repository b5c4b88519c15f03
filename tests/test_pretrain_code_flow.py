"""Recording the snapshots of CodeFlow: training stays as it is, and what was stopped is not stored."""

import pytest
import torch
from torch import Generator

from vae_helpers.adversarial import AdversarialStep
from vae_helpers.code_flow import load_code_flow
from vae_helpers.evaluation import evaluate
from vae_helpers.models import AdversarialAutoencoder
from vae_helpers.pretrain import code_flow
from vae_helpers.sampled_priors import GaussianPrior, RingPrior
from vae_helpers.training import History, fit

IMAGES = torch.rand(60, 1, 28, 28, generator=Generator().manual_seed(0))
LABELS = torch.arange(60) % 10


@pytest.fixture
def little(monkeypatch, tmp_path):
    """Four steps of a small model on noise, into an empty folder."""
    monkeypatch.setattr(code_flow, "PATH", tmp_path / "code_flow.pt")
    monkeypatch.setattr(code_flow, "load_mnist", lambda split: (IMAGES, LABELS))
    recipe = code_flow.RECIPE | {"hidden": [8], "judges": [4], "epochs": 4, "warm_up": 2}
    monkeypatch.setattr(code_flow, "RECIPE", recipe)
    monkeypatch.setattr(code_flow, "SHOWN", 2)
    return tmp_path / "code_flow.pt"


def trained(recording):
    """A model, what its discriminator lost, and the recording, if there is one."""
    model = AdversarialAutoencoder(2, (8,), judges=(4,))
    step = AdversarialStep(model, GaussianPrior(2))
    watch = code_flow.Recording(step, IMAGES[:7], at=(0, 1, 4)) if recording else None
    history = fit(model, IMAGES, epochs=2, batch_size=30, beta=10.0, step=watch or step, progress=False)
    return model, step.losses, history["train_total"], watch


def test_recording_changes_nothing_of_a_training(little):
    before = torch.get_rng_state()
    (plain, *said), (seen, *recorded) = trained(recording=False), trained(recording=True)
    assert all(torch.equal(plain.state_dict()[name], value) for name, value in seen.state_dict().items())
    assert said[:2] == recorded[:2]
    assert torch.equal(torch.get_rng_state(), before)


def test_snapshots_are_of_the_steps_asked_for(little):
    model, _, _, watch = trained(recording=True)
    start = AdversarialAutoencoder(2, (8,), judges=(4,))
    assert [one["steps"].item() for one in watch.snapshots] == [0, 1, 4] and watch.done == 4
    for one, of in ((watch.snapshots[0], start), (watch.snapshots[-1], model)):
        with torch.no_grad():
            assert torch.equal(one["codes"], of.encode(IMAGES[:7]))
        weights = torch.cat([value.detach().flatten() for value in of.discriminator.parameters()])
        assert torch.equal(one["discriminators"], weights)
        assert one["reconstruction"].item() == pytest.approx(evaluate(of, IMAGES).reconstruction)
    assert not torch.equal(watch.snapshots[0]["codes"], watch.snapshots[1]["codes"])


def test_a_model_that_is_looked_at_goes_on_learning(little):
    model = AdversarialAutoencoder(2, (8,)).train()
    watch = code_flow.Recording(lambda *batch, **options: (torch.ones(60), torch.ones(60)), IMAGES[:7], at=(0, 1))
    watch(model, None, IMAGES)
    assert len(watch.snapshots) == 2 and all(part.training for part in model.modules())


def test_what_is_stored_is_what_was_recorded(monkeypatch, little):
    monkeypatch.setattr(code_flow, "PRIORS", {"Gaussian": GaussianPrior(2), "ring": RingPrior()})
    monkeypatch.setattr(code_flow, "SNAPSHOTS", (0, 2, 4))
    monkeypatch.setattr(code_flow, "fit", lambda *data, **options: fit(*data, **options, progress=False))
    code_flow.train_code_flow()
    flows, labels = load_code_flow(little)
    assert [*flows] == ["Gaussian", "ring"] and labels.tolist() == [k for k in range(10) for _ in range(2)]
    again = code_flow.train(RingPrior(), code_flow.few_of_each()[0])
    assert again.steps.tolist() == flows["ring"].steps.tolist() == [0, 2, 4]
    torch.testing.assert_close(flows["ring"].codes, again.codes.half().float(), rtol=0, atol=0)
    assert torch.equal(flows["Gaussian"].codes[0], flows["ring"].codes[0])  # all else is the same
    assert not torch.equal(flows["Gaussian"].codes[2], flows["ring"].codes[2])
    assert not torch.equal(flows["Gaussian"].draws, flows["ring"].draws)


def test_the_weight_and_its_warm_up_reach_fit(monkeypatch, little):
    asked = {}

    def stopped(model, data, **options):
        asked.update(options)
        return History(stopped=True)

    monkeypatch.setattr(code_flow, "fit", stopped)
    with pytest.raises(SystemExit, match="code_flow.pt stays as it was: training was stopped"):
        code_flow.train_code_flow()
    assert not little.exists() and asked["epochs"] == 4
    assert [asked["beta"](epoch) for epoch in (0, 1, 2, 4)] == [0, 15, 30, 30]


def test_a_few_images_of_each_digit(test_set):
    images, labels = code_flow.few_of_each()
    assert labels.bincount().tolist() == [40] * 10
    assert torch.equal(images[:40], test_set[0][test_set[1] == 0][:40])
