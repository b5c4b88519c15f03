import numpy as np
import pytest
import torch

from vae_helpers.encoding import encode_means
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.training import fit
from vae_helpers.widgets import LiveLatentMap


@pytest.fixture
def labels(test_set):
    return test_set[1][:500]


def points_of(watch):
    return np.frombuffer(watch.points, "<f4").reshape(-1, 2)


def test_a_call_shows_where_the_images_are(images, labels):
    watch = LiveLatentMap(images, labels, shown=50)
    assert points_of(watch).shape == (50, 2) and not points_of(watch).any()
    assert (watch.point_labels, watch.limit) == (labels[:50].tolist(), 4.0) and repr(watch) == "LiveLatentMap()"
    for model in (VAE(2, (16,)), Autoencoder(2, (16,))):
        watch(model)
        assert np.array_equal(points_of(watch), encode_means(model, images[:50]).numpy())
        assert watch.caption == "before the first step"


def test_it_looks_before_the_first_step_and_after_every_few(images, labels, monkeypatch):
    watch, seen = LiveLatentMap(images, labels, every=4), []
    watch.observe(lambda change: seen.append(change["new"]), "caption")
    looks = []
    monkeypatch.setattr(watch, "send_state", lambda key=None: looks.append(key))
    fit(VAE(2, (16,)), images[:100], epochs=1, batch_size=10, step=watch.step, progress=False)
    assert seen == ["after 4 steps", "after 8 steps"] and len(looks) == 3  # points and caption in one message


def test_the_first_steps_are_looked_at_more_often(images, labels):
    watch, seen = LiveLatentMap(images, labels, every=12), []
    watch.observe(lambda change: seen.append(int(change["new"].split()[1])), "caption")
    fit(VAE(2, (16,)), images[:250], epochs=1, batch_size=10, step=watch.step, progress=False)
    assert seen == [5, 10, 12, 24]


def test_training_is_the_same_as_without_it(images, labels):
    histories, weights = [], []
    for more in ({}, {"step": LiveLatentMap(images, labels, every=1).step}):
        model = VAE(2, (16,), seed=0)
        histories.append(fit(model, images[:100], epochs=2, batch_size=10, progress=False, beta=0.5, **more))
        weights.append(torch.cat([weight.detach().flatten() for weight in model.parameters()]))
    assert torch.equal(*weights)
    assert histories[0].last["train_total"] == histories[1].last["train_total"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"shown": 0}, "shown"),
        ({"every": 0}, "every"),
        ({"every": 2.5}, "every"),
        ({"limit": 0.0}, "limit"),
        ({"limit": float("nan")}, "limit"),
    ],
)
def test_settings_out_of_range(images, labels, wrong, message):
    with pytest.raises(ValueError, match=message):
        LiveLatentMap(images, labels, **wrong)


def test_unusable_images_labels_and_models(images, labels):
    with pytest.raises(ValueError, match="labels"):
        LiveLatentMap(images, labels[:3])
    with pytest.raises((TypeError, ValueError), match="images"):
        LiveLatentMap(images[0], labels)
    watch = LiveLatentMap(images, labels)
    with pytest.raises(ValueError, match="latent_dim 2"):
        watch(VAE(3, (16,)))
    broken = VAE(2, (16,))
    broken.encoder.head.bias.data[0] = float("nan")
    with pytest.raises(ValueError, match="NaN or infinity"):
        watch(broken)
    assert not points_of(watch).any()
