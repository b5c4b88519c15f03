"""Which layer knows what, on models in which the answer is known."""

import math

import pytest
import torch
from torch import Generator

from vae_helpers import layer_knowledge as module
from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, binarize, load_mnist
from vae_helpers.handwriting import slant, stroke_width
from vae_helpers.layer_knowledge import HOLDS, Latents, explained_share, layer_knowledge, redraw, repeat_knowledge
from vae_helpers.models import Classifier, HierarchicalVAE

X = torch.rand(300, 1, 28, 28, generator=Generator().manual_seed(0))
LABELS = torch.arange(300) % 10


def small(inference: str = "ladder") -> HierarchicalVAE:
    return HierarchicalVAE((3, 2), (8, 8), inference=inference)


def with_prior(weight: float = 1.0, logvar: float | None = None) -> HierarchicalVAE:
    """What p(z_1|z_2) hears of z_2 is scaled by ``weight``; its log-variance is set where one is given."""
    model = small()
    last = model.decoders[1][-1]
    with torch.no_grad():
        last.weight.mul_(weight)
        if logvar is not None:
            last.weight[3:] = 0
            last.bias[3:] = logvar
    return model


class Chain(HierarchicalVAE):
    """z_1 = a z_2 + sqrt(1 - a^2) eps_1, each pixel's logit z_1: a^2 of its variance is z_2's, the rest eps_1's."""

    def __init__(self, a: float):
        super().__init__((1, 1), (1, 1))
        self.a = a

    def prior(self, layer, above):
        return self.a * above, torch.full_like(above, math.log(1 - self.a**2))

    def decode(self, z):
        return z[:, :, None, None].expand(-1, 1, 28, 28)


def standard(n: int, dims: tuple[int, int] = (3, 2)) -> Latents:
    generator = Generator().manual_seed(5)
    return Latents(*(torch.randn(n, size, generator=generator) for size in reversed(dims)))


@pytest.mark.parametrize("a", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("draws", [2, 4])
def test_shares_in_the_linear_model_are_those_of_the_formula(a, draws):
    model, latents = Chain(a), standard(4000, (1, 1))
    for hold, share in {"z2": a**2, "eps1": 1 - a**2, "both": 1.0, "neither": 0.0}.items():
        drawn = torch.stack([redraw(model, latents, hold, seed)[:, :, 0, 0] for seed in range(draws)]).logit()
        assert explained_share(drawn).item() == pytest.approx(share, abs=0.06), hold


def test_a_prior_that_ignores_z2():
    found = layer_knowledge(with_prior(weight=0.0), X, LABELS, Classifier())
    for share in found["z2"][1:]:
        assert abs(share) < 0.2
    assert found["eps1"][1:] == (1.0, 1.0, 1.0)


def test_a_prior_without_noise():
    found = layer_knowledge(with_prior(weight=5.0, logvar=-80.0), X, LABELS, Classifier())
    assert found["z2"][1:] == (1.0, 1.0, 1.0)
    for share in found["eps1"][1:]:
        assert abs(share) < 0.2


def test_nothing_held_explains_nothing_and_all_held_explains_all():
    found = layer_knowledge(small(), X, LABELS, Classifier())
    assert set(found) == {*HOLDS, "label"}
    assert found["both"][1:] == (1.0, 1.0, 1.0)
    assert max(map(abs, found["neither"][1:])) < 0.2
    assert found["label"].label == 1 and max(map(abs, found["label"][1:])) < 0.1  # of noise


def test_the_label_is_the_classifiers():
    """One that says 3 of all images is right where the label is 3."""
    classifier = Classifier()
    with torch.no_grad():
        classifier.layers[-1].weight.zero_()
        classifier.layers[-1].bias.copy_(torch.eye(10)[3])
    labels = torch.where(torch.arange(300) < 75, 3, 8)
    for hold, found in layer_knowledge(small(), X, labels, classifier).items():
        assert found.label == (1.0 if hold == "label" else 0.25)


def test_each_share_is_of_its_own_measure():
    model, classifier = small(), Classifier()
    found = layer_knowledge(model, X, LABELS, classifier, seed=3)
    ways = module.redraw_each_way(model, module.infer_latents(model, X, seed=3), seed=3)
    for hold in ("z2", "eps1", "neither"):
        drawn = ways[hold]
        wanted = [drawn, *(torch.stack([f(images) for images in drawn])[..., None] for f in (stroke_width, slant))]
        assert found[hold][1:] == pytest.approx([explained_share(each).item() for each in wanted], abs=1e-6)


def test_labels_are_compared_image_by_image(monkeypatch):
    """All draws of the first kind come before those of the second: a classifier that is right is so in each."""
    monkeypatch.setattr(module, "_classes", lambda classifier, images: torch.cat([LABELS] * (len(images) // 300)))
    for found in layer_knowledge(small(), X, LABELS, Classifier(), draws=3).values():
        assert found.label == 1


def test_a_seed_is_for_the_draws_from_q_too(monkeypatch):
    seeds, infer = [], module.infer_latents
    monkeypatch.setattr(module, "infer_latents", lambda *data: seeds.append(data[2:]) or infer(*data))
    layer_knowledge(small(), X, LABELS, Classifier(), seed=3)
    assert seeds == [(3,)]


def test_each_repeat_has_other_images():
    classifier, seen = Classifier(), []
    classifier.register_forward_hook(lambda layer, given, out: seen.append(len(given[0])))
    runs = repeat_knowledge(small(), X, LABELS, classifier, repeats=3, each=100)
    assert len(runs) == 3 and sum(seen) == 3 * 7 * 100  # two draws of three ways, and the reconstruction
    assert runs == repeat_knowledge(small(), X, LABELS, classifier, repeats=3, each=100)
    order = torch.randperm(300, generator=Generator().manual_seed(0))
    for k, part in enumerate(order.split(100)):
        assert runs[k] == layer_knowledge(small(), X[part], LABELS[part], classifier, seed=k)
    with pytest.raises(ValueError, match="^images: want at least 4 times 100, got 300"):
        repeat_knowledge(small(), X, LABELS, classifier, repeats=4, each=100)


def test_the_model_is_used_in_eval_mode_and_stays_as_it_was():
    model, before = small().train(), torch.random.get_rng_state()
    first = layer_knowledge(model, X[:50], LABELS[:50], Classifier().train())
    assert model.training and torch.equal(torch.random.get_rng_state(), before)
    assert first == layer_knowledge(model.eval(), X[:50], LABELS[:50], Classifier())
    assert first != layer_knowledge(model, X[:50], LABELS[:50], Classifier(), seed=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layer_knowledge(small(), X, LABELS, None), "classifier: want a Classifier, got NoneType"),
        (lambda: layer_knowledge(small(), X, LABELS[:3], Classifier()), "labels: want a tensor of 300 labels"),
        (lambda: layer_knowledge(small(), X, LABELS, Classifier(), draws=1), "draws: want a whole number >= 2"),
    ],
)
def test_what_does_not_fit(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()


@pytest.mark.slow
def test_what_notebook_11_says_of_the_shipped_models():
    """Bottom-up, z_2 has digit and slant; in the ladder with a 2-D z_2, eps_1 has slant and stroke, z_2 the label."""
    images, labels = load_mnist("test")
    images = binarize(images, "dynamic", Generator().manual_seed(0))
    weights = REPO_DATA / "weights"
    judged = images, labels, load_checkpoint(weights / "classifier.pt")
    for name in ("two", "2d"):
        runs = repeat_knowledge(load_checkpoint(weights / f"hierarchical_{name}.pt").float(), *judged)
        above, below = (torch.tensor([run[hold] for run in runs]).mean(dim=0) for hold in ("z2", "eps1"))
        assert abs(sum(run["neither"].label for run in runs) / len(runs) - 0.1) < 0.02
        if name == "two":
            assert (above > torch.tensor([0.74, 0.67, 0.68, 0.88])).all()
            assert (below < torch.tensor([0.16, 0.14, 0.27, 0.12])).all()
        else:
            assert above[0] - below[0] > 0.1 and below[1] > above[1]
            assert (below[2:] - above[2:] > 0.25).all()
