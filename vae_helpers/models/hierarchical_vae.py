"""The hierarchical VAE: latents above latents, inferred bottom-up (Burda et al. 2015) or by a ladder."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import bernoulli_nll
from vae_helpers.models.gaussians import draw_from
from vae_helpers.models.latent_layers import Gaussian, Layer
from vae_helpers.models.layers import IMAGE_SHAPE, PIXELS, mlp, seeded, whole_numbers
from vae_helpers.models.precisions import merge_precisions
from vae_helpers.validation import as_seed, check_fits, check_goes_into, check_images, check_one_of, check_whole

Images, PerImage = Float[Tensor, "N 1 28 28"], Float[Tensor, " N"]


class HierarchicalVAE(nn.Module):
    """p(z_L) ... p(z_1|z_2) p(x|z_1): Gaussians, and Bernoulli pixels. z_1 stands next to the image x.

    >>> [term.shape for term in HierarchicalVAE((16, 4), (64, 32)).layer_terms(torch.rand(5, 1, 28, 28))]
    [torch.Size([5]), torch.Size([5, 2])]

    Args:
        latent_dims: latent dimensions of each layer, z_1's first. One layer makes a plain VAE.
        hidden: for each layer the width of its networks, which have two hidden layers each.
        inference: how q finds an image's latents. "bottom-up": q(z_1|x) q(z_2|z_1) ..., each from the draw below.
            "ladder": q(z_L|x), then downwards q(z_l|x, z_{l+1}), what x says of z_l merged with p(z_l|z_{l+1})
            (Sonderby et al. 2016, arXiv 1602.02282).
        batch_norm: normalise what the encoders say, mu and logvar, over the batch.
        seed: for the initial weights.

    Raises:
        ValueError: another ``inference``, sizes that are not whole numbers >= 1, or not one width a layer.
    """

    def __init__(
        self,
        latent_dims: Sequence[int] = (50, 20),
        hidden: Sequence[int] = (300, 128),
        inference: str = "ladder",
        batch_norm: bool = True,
        seed: int = 0,
    ):
        super().__init__()
        check_one_of(("bottom-up", "ladder"), inference=inference)
        sizes = whole_numbers(latent_dims=latent_dims, hidden=hidden)
        dims, widths = sizes.values()
        if not len(dims) == len(widths) > 0:
            raise ValueError(f"hidden: want one width for each layer of latents ({len(dims)}), got {hidden!r}")
        self.architecture = {**sizes, "inference": inference, "batch_norm": bool(batch_norm)}
        self.latent_dims, self.inference = dims, inference
        read = [PIXELS, *(dims if inference == "bottom-up" else widths)[:-1]]  # by each layer's encoder
        told = [PIXELS, *(2 * d for d in dims[:-1])]  # by each layer's decoder
        layers = [*zip(dims, widths, read, told, strict=True)]
        with seeded(seed):
            self.bodies = nn.ModuleList(mlp([n, h, h], False) for _, h, n, _ in layers)
            self.heads = nn.ModuleList(nn.Sequential(nn.Linear(h, 2 * d)) for d, h, _, _ in layers)
            self.decoders = nn.ModuleList(mlp([d, h, h], False).append(nn.Linear(h, n)) for d, h, _, n in layers)
        for head in self.heads if batch_norm else ():
            head.append(nn.BatchNorm1d(head[0].out_features))

    check_data = staticmethod(check_images)

    def infer(self, x: Images, generator: Generator | None = None) -> list[Layer]:
        """The layers of latents, z_1's first, with one draw of each z for each image."""
        check_fits(Images, x=x)
        check_goes_into(self.heads[0][0], x=x)
        bottom_up, read, said, zs, layers = self.inference == "bottom-up", x.flatten(1), [], [], []
        for body, head in zip(self.bodies, self.heads, strict=True):
            read = body(read)
            said.append(head(read).chunk(2, dim=1))
            if bottom_up:
                read = draw_from(*said[-1], generator)
                zs.append(read)
        for k in reversed(range(len(said))):
            top = k == len(said) - 1
            p = tuple(map(torch.zeros_like, said[k])) if top else self.prior(k, layers[0].z)
            q = said[k] if bottom_up or top else merge_precisions(*said[k], *p)
            layers.insert(0, Layer(zs[k] if bottom_up else draw_from(*q, generator), q, p))
        return layers

    def is_exact(self, layer: int) -> bool:
        """Whether this layer's part of the KL has a closed form: not where the z above was drawn *given* its own z."""
        return self.inference == "ladder" or layer == len(self.latent_dims) - 1

    def prior(self, layer: int, above: Float[Tensor, "N D"]) -> Gaussian:
        """``mu, logvar`` of p(z_l|z_{l+1}), given z_{l+1}; layers are counted from 0, which is z_1's."""
        check_whole(0, layer=layer)
        check_fits(Float[Tensor, f"N {self.latent_dims[layer + 1]}"], above=above)
        check_goes_into(self.decoders[0][0], above=above)
        return self.decoders[layer + 1](above).chunk(2, dim=1)

    def decode(self, z: Float[Tensor, "N D"]) -> Images:
        """z_1 -> logits."""
        check_fits(Float[Tensor, f"N {self.latent_dims[0]}"], z=z)
        check_goes_into(self.decoders[0][0], z=z)
        return self.decoders[0](z).unflatten(1, IMAGE_SHAPE)

    def layer_terms(self, x: Images, generator: Generator | None = None) -> tuple[PerImage, Float[Tensor, "N L"]]:
        """Reconstruction, and each layer's part of the KL, in nats: log q - log p of the draw where none is exact."""
        layers = self.infer(x, generator)
        kl = [layer.kl() if self.is_exact(k) else layer.log_ratio() for k, layer in enumerate(layers)]
        return bernoulli_nll(self.decode(layers[0].z), x), torch.stack(kl, dim=1)

    def loss_terms(self, x: Images, generator: Generator | None = None) -> tuple[PerImage, PerImage]:
        """The two terms of the negative ELBO, reconstruction and the KL of all layers, in nats."""
        reconstruction, kl = self.layer_terms(x, generator)
        return reconstruction, kl.sum(dim=1)

    def log_weights(self, x: Images, generator: Generator | None = None) -> Iterator[PerImage]:
        """log p(x, z) - log q(z|x) of one draw of all layers after another, without end: its mean is the ELBO."""
        while True:
            layers = self.infer(x, generator)
            nll = bernoulli_nll(self.decode(layers[0].z), x)
            yield -nll - torch.stack([layer.log_ratio() for layer in layers]).sum(dim=0)

    @torch.no_grad()
    def sample(self, n: int, seed: int = 0) -> Images:
        """Pixel probabilities decoded from ``n`` draws: of the top layer from N(0, I), then downwards."""
        check_whole(1, n=n)
        generator = Generator().manual_seed(as_seed(seed))
        z = torch.randn(int(n), self.latent_dims[-1], generator=generator).to(next(self.parameters()))
        for layer in reversed(range(len(self.latent_dims) - 1)):
            z = draw_from(*self.prior(layer, z), generator)
        return torch.sigmoid(self.decode(z))
