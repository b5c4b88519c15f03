"""What makes an image of a two-layer model, and images of which a part of that is drawn anew."""

import pytest
import torch
from torch import Generator

from vae_helpers.layer_latents import Latents, infer_latents, redraw, redraw_each_way
from vae_helpers.models import VAE, HierarchicalVAE

X = torch.rand(60, 1, 28, 28, generator=Generator().manual_seed(0))


def small(inference: str = "ladder") -> HierarchicalVAE:
    return HierarchicalVAE((3, 2), (8, 8), inference=inference)


def standard(n: int, dims: tuple[int, int] = (3, 2)) -> Latents:
    generator = Generator().manual_seed(5)
    return Latents(*(torch.randn(n, size, generator=generator) for size in reversed(dims)))


@pytest.mark.parametrize("inference", ["ladder", "bottom-up"])
def test_inferred_latents_make_the_reconstruction(inference):
    """eps_1 is under the prior given its own z_2, and with both held nothing is drawn."""
    model = small(inference)
    latents = infer_latents(model, X, seed=4)
    with torch.no_grad():
        below, above = model.eval().infer(X, Generator().manual_seed(4))
        assert torch.equal(latents.z2, above.z)
        torch.testing.assert_close(latents.eps1, (below.z - below.p[0]) / (0.5 * below.p[1]).exp())
        torch.testing.assert_close(redraw(model, latents, "both", seed=1), torch.sigmoid(model.decode(below.z)))
    assert torch.equal(redraw(model, latents, "both", seed=1), redraw(model, latents, "both", seed=2))


@pytest.mark.parametrize("hold", ["z2", "eps1", "neither"])
def test_what_is_not_held_is_drawn_anew(hold):
    model, latents = small(), standard(4)
    one = redraw(model, latents, hold, seed=1)
    assert torch.equal(one, redraw(model, latents, hold, seed=1))
    assert not torch.allclose(one, redraw(model, latents, hold, seed=2))
    other = latents._replace(**{"z2" if hold == "eps1" else "eps1": torch.zeros(4, 2 if hold == "eps1" else 3)})
    assert torch.equal(one, redraw(model, other, hold, seed=1))  # what was not held isn't read


def test_each_way_is_drawn_with_seeds_of_its_own():
    model, latents = small(), standard(4)
    ways = redraw_each_way(model, latents, draws=3, seed=1)
    assert torch.equal(ways["both"], redraw(model, latents, "both")[None])
    drawn = torch.cat([ways[hold] for hold in ("z2", "eps1", "neither")])
    assert drawn.shape == (9, 4, 1, 28, 28) and torch.pdist(drawn.flatten(1)).min() > 0
    assert not torch.equal(ways["z2"], redraw_each_way(model, latents, draws=3, seed=2)["z2"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: infer_latents(VAE(2, (4,)), X), "model: want a HierarchicalVAE, got VAE"),
        (lambda: infer_latents(HierarchicalVAE((2,), (4,)), X), "model: want one with two layers of latents, got 1"),
        (lambda: redraw(HierarchicalVAE((2, 2, 2), (4, 4, 4)), standard(2), "z2"), "model: want one .*, got 3"),
        (lambda: redraw(small(), standard(2), "z1"), 'hold: want "both" or "z2" or "eps1" or "neither", got'),
        (lambda: redraw(small(), tuple(standard(2)), "z2"), "latents: want Latents, as from infer_latents, got tuple"),
        (lambda: redraw(small(), standard(2, (2, 3)), "z2"), r"latents: want shapes \(N, 2\) and \(N, 3\), got"),
        (lambda: redraw(small().double(), standard(2), "z2"), "z2: want torch.float64, as the model's weights are"),
    ],
)
def test_what_does_not_fit(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()
