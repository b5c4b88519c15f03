"""Every figure that two notebooks share. Each function returns a matplotlib ``Figure`` and shows nothing."""

from vae_helpers.plots.colors import CLASS_COLORS
from vae_helpers.plots.curves import convergence, dots, kl_picture, loss_curves, path_lengths, path_profile
from vae_helpers.plots.diagrams import architectures
from vae_helpers.plots.images import compare_images, manifold, show_images
from vae_helpers.plots.maps import add_path, clouds, latent_map, latent_maps

__all__ = [
    "CLASS_COLORS",
    "add_path",
    "architectures",
    "clouds",
    "compare_images",
    "convergence",
    "dots",
    "kl_picture",
    "latent_map",
    "latent_maps",
    "loss_curves",
    "manifold",
    "path_lengths",
    "path_profile",
    "show_images",
]
