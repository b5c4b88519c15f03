"""Wrong repairs are not cured, right ones written otherwise are; what can't be tested is said."""

import pytest
import torch
from healthy_vaes import HEALTHY, OnePiece

from vae_helpers.clinic import PracticeVAE, diagnose, find, order, treat


def noisy(mu, logvar, generator):
    return mu + logvar * torch.randn(mu.shape, generator=generator)


def stepping(loss, returns=True):
    def step(self, optimizer, x, beta=1.0, generator=None):
        reconstruction, kl = self.loss_terms(x, generator)
        optimizer.zero_grad()
        loss(reconstruction, beta * kl).mean().backward()
        optimizer.step()
        return (reconstruction.detach(), kl.detach()) if returns else None

    return step


WRONG = {
    "a quarter": ("Hugo", lambda self, mu, v, g: noisy(mu, v.mul(0.25).exp(), g), "noise_narrow is 2.7"),
    "draw, swapped": ("Hugo", lambda self, mu, v, g: noisy(v, mu.mul(0.5).exp(), g), "noise_wide is 1."),
    "no half": ("Finn", lambda self, mu, v: -(1 + v - mu**2 - v.exp()).sum(1), "kl_mu is 2, healthy is 1."),
    "kl, swapped": ("Finn", lambda self, mu, v: PracticeVAE.kl(self, v, mu), "kl_mu is 1.1"),
    "abs": ("Finn", lambda self, mu, v: -0.5 * (1 + v - mu.abs() - v.exp()).sum(1), "kl_mu is 0.5"),
    "no exp": ("Finn", lambda self, mu, v: -0.5 * (1 + v - mu**2).sum(1), "kl_mu is 0.75"),
    "minus": ("Vera", stepping(lambda r, k: r - k), "step_beta is -1, healthy is 1."),
    "twice": ("Vera", stepping(lambda r, k: r + 2 * k), "step_beta is 2"),
    "relu": ("Jan", lambda self, z: torch.relu(self.decoder(z)), "pixel_least is 0.5"),
    "tanh": ("Jan", lambda self, z: torch.tanh(self.decoder(z)), "pixel_least is 0.2"),
}


@pytest.mark.slow
@pytest.mark.parametrize("which", WRONG)
def test_a_wrong_repair_is_not_cured(which, images):
    name, repaired, words = WRONG[which]
    result = treat(name, repaired, images)
    assert result.status == "ill" and result.message.startswith(f"the old bug is gone, but {words}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "repaired"),
    [
        ("Hugo", lambda self, mu, v, g: noisy(mu, v.mul(0.5).exp(), g)),
        ("Hugo", lambda self, mu, v, g: torch.distributions.Normal(mu, v.mul(0.5).exp()).rsample()),
        ("Hugo", lambda self, mu, v, g: noisy(mu, -v.mul(0.5).exp(), g)),
        ("Finn", lambda self, mu, v: 0.5 * (mu * mu + v.exp() - 1 - v).sum(-1)),
        ("Vera", stepping(lambda r, k: r + k)),
    ],
)
def test_a_right_repair_written_otherwise_is(name, repaired, images):
    assert treat(name, repaired, images).status == "cured"


def test_a_forgotten_return(images):
    result = treat("Vera", stepping(lambda r, k: r + k, returns=False), images)
    assert result.status == "error" and "want a result, got None: is the return forgotten?" in result.message


def test_one_of_two_terms_given_back(images):
    result = treat("Vera", lambda self, optimizer, x, beta, generator=None: x, images)
    assert result.status == "error" and "step: want two tensors back" in result.message


@pytest.mark.parametrize(
    ("name", "repaired", "wanted"),
    [
        ("Hugo", lambda mu, logvar: mu, "my_draw: want the arguments (self, mu, logvar, generator), got (mu, logvar)"),
        ("Finn", lambda mu, logvar: mu, "my_kl: want the arguments (self, mu, logvar), got (mu, logvar)"),
        ("Vera", lambda self, x: x, "my_step: want the arguments (self, optimizer, x, beta, generator), got (self, x)"),
    ],
)
def test_other_arguments(name, repaired, wanted, images):
    result = treat(name, repaired, images)
    assert (result.status, result.message) == ("error", wanted)


def test_few_tests_are_said_first(images):
    text = " ".join(repr(diagnose(OnePiece(), images)).split())
    assert text.startswith("nothing found in the 3 tests that could be made; not tested: reconstruction, kl, noise,")
    assert text.count("encode and decode") == 1


def test_no_test_at_all(images):
    model = PracticeVAE()
    model.loss_terms = lambda x, generator=None: 1 / 0
    assert repr(diagnose(model, images)) == "no test could be made: ZeroDivisionError: division by zero"


def test_numbers_without_a_known_cause(images):
    class Half(PracticeVAE):
        def kl(self, mu, logvar):
            return -0.5 * (1 + logvar - 2 * mu**2 - logvar.exp()).sum(dim=1)

    assert repr(diagnose(Half(), images)) == "nothing found\noff without a known cause: kl_mu is 2, healthy is 1"


@pytest.mark.slow
@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_models_have_none(name, test_set):
    healthy = HEALTHY[name]()
    data = tuple(part[:200] for part in test_set)[: healthy.parts]
    assert "off without" not in repr(diagnose(healthy.model, data, step=healthy.step))


def test_names_and_order_of_arguments(images):
    with pytest.raises(ValueError, match="is Hugo meant"):
        find("hugo")
    with pytest.raises(TypeError, match="test: want its name, a text, first, got PracticeVAE"):
        order(PracticeVAE(), "noise", images)
